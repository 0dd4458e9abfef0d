/* SPDX-License-Identifier: MIT */
/* The names of calls in a profile, all of them, whatever else is wrong with it. */
#include <seccomp.h>
#include <string.h>

#include "oci_rules.h"

/* A name that no ABI of the table has: libseccomp may know it for other machines. */
static void check_call(const struct oci_reader *reader, const struct node *name)
{
	const char *nearest;

	if (stile_syscall_since(name->text) ||
	    seccomp_syscall_resolve_name(name->text) != __NR_SCMP_ERROR)
		return;
	nearest = stile_nearest_syscall(name->text);
	oci_warning(reader, name, "there is no syscall \"%s\": runtimes leave it out%s%s%s",
		    name->text, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
		    nearest ? "\"?" : "");
}

static bool check_name(const struct oci_reader *reader, const struct node *entry,
		       const struct node *name)
{
	const struct node *arguments = node_find(entry, "args");

	if (name->kind != NODE_STRING || *name->text == '\0')
		return true;
	if (strchr(name->text, '.'))
		return oci_check_grant(reader, name,
				       arguments && arguments->kind == NODE_ARRAY &&
					       arguments->count);
	check_call(reader, name);
	return true;
}

bool oci_check_names(const struct oci_reader *reader, const struct node *entries)
{
	bool is_good = true;

	for (size_t i = 0; i < entries->count; i++) {
		const struct node *entry = &entries->children[i], *name, *names;

		if (entry->kind != NODE_OBJECT)
			continue;
		name = node_find(entry, "name");
		names = node_find(entry, "names");
		if (name)
			is_good = check_name(reader, entry, name) && is_good;
		for (size_t k = 0; names && names->kind == NODE_ARRAY && k < names->count; k++)
			is_good = check_name(reader, entry, &names->children[k]) && is_good;
	}
	return is_good;
}
