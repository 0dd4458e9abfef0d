/* SPDX-License-Identifier: MIT */
#include "oci_runtime.h"

#include <check.h>
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stile.h>

#define ARGUMENTS 6

static const char *string_of(struct json_object *object, const char *key)
{
	struct json_object *member = NULL;

	return json_object_object_get_ex(object, key, &member) && member ?
		       json_object_get_string(member) :
		       "";
}

static struct json_object *array_of(struct json_object *object, const char *key)
{
	struct json_object *member = NULL;

	return object && json_object_object_get_ex(object, key, &member) ? member : NULL;
}

static size_t length_of(struct json_object *array)
{
	return array ? json_object_array_length(array) : 0;
}

/* An integer, or `absent`. */
static uint64_t integer_of(struct json_object *object, const char *key, uint64_t absent)
{
	struct json_object *member = NULL;

	return json_object_object_get_ex(object, key, &member) && member ?
		       json_object_get_uint64(member) :
		       absent;
}

/* Also by x32, of which old tables lack calls. */
static bool is_known(const char *name)
{
	return seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR &&
	       (stile_syscall_number(STILE_ABI_X32, name) < 0 ||
		seccomp_syscall_resolve_name_arch(SCMP_ARCH_X32, name) >= 0);
}

static void forget_in(struct json_object *entry)
{
	struct json_object *names = array_of(entry, "names"), *kept = json_object_new_array();
	const char *name = string_of(entry, "name");

	for (size_t i = 0; i < length_of(names); i++) {
		struct json_object *item = json_object_array_get_idx(names, i);

		if (is_known(json_object_get_string(item)))
			json_object_array_add(kept, json_object_get(item));
	}
	if (length_of(kept) == 0 && (*name == '\0' || !is_known(name))) {
		json_object_object_del(entry, "name");
		json_object_array_add(kept, json_object_new_string("read"));
		json_object_object_del(entry, "action");
		json_object_object_add(entry, "action", json_object_new_string("SCMP_ACT_LOG"));
		json_object_object_del(entry, "args");
		json_object_object_del(entry, "errnoRet");
		json_object_object_del(entry, "errno");
	}
	json_object_object_del(entry, "names");
	if (length_of(kept))
		json_object_object_add(entry, "names", kept);
	else
		json_object_put(kept);
}

void oci_forget_unknown_names(struct json_object *profile)
{
	struct json_object *entries = array_of(profile, "syscalls");

	for (size_t i = 0; i < length_of(entries); i++)
		forget_in(json_object_array_get_idx(entries, i));
}

static uint32_t errno_of(struct json_object *object, const char *name_key, const char *key)
{
	const char *name = string_of(object, name_key);

	if (strcmp(name, "ENOSYS") == 0)
		return ENOSYS;
	if (strcmp(name, "EINVAL") == 0)
		return EINVAL;
	if (strcmp(name, "EPERM") == 0)
		return EPERM;
	ck_assert_msg(*name == '\0', "errno %s", name);
	return (uint32_t)integer_of(object, key, EPERM);
}

static uint32_t action_of(const char *word, uint32_t errno_value)
{
	if (strcmp(word, "SCMP_ACT_ALLOW") == 0)
		return SCMP_ACT_ALLOW;
	if (strcmp(word, "SCMP_ACT_ERRNO") == 0)
		return SCMP_ACT_ERRNO(errno_value);
	if (strcmp(word, "SCMP_ACT_LOG") == 0)
		return SCMP_ACT_LOG;
	if (strcmp(word, "SCMP_ACT_TRAP") == 0)
		return SCMP_ACT_TRAP;
	if (strcmp(word, "SCMP_ACT_TRACE") == 0)
		return SCMP_ACT_TRACE(errno_value);
	if (strcmp(word, "SCMP_ACT_NOTIFY") == 0)
		return SCMP_ACT_NOTIFY;
	if (strcmp(word, "SCMP_ACT_KILL_PROCESS") == 0)
		return SCMP_ACT_KILL_PROCESS;
	ck_assert_msg(strcmp(word, "SCMP_ACT_KILL") == 0 ||
			      strcmp(word, "SCMP_ACT_KILL_THREAD") == 0,
		      "action %s", word);
	return SCMP_ACT_KILL;
}

static void add_arch(scmp_filter_ctx context, const char *word)
{
	uint32_t arch = 0;

	if (strcmp(word, "SCMP_ARCH_X86") == 0)
		arch = SCMP_ARCH_X86;
	else if (strcmp(word, "SCMP_ARCH_X32") == 0)
		arch = SCMP_ARCH_X32;
	else if (strcmp(word, "SCMP_ARCH_AARCH64") == 0)
		arch = SCMP_ARCH_AARCH64;
	if (arch)
		ck_assert_int_eq(seccomp_arch_add(context, arch), 0);
}

static void add_archs(scmp_filter_ctx context, struct json_object *profile)
{
	struct json_object *archs = array_of(profile, "architectures");
	struct json_object *map = array_of(profile, "archMap");

	for (size_t i = 0; i < length_of(archs); i++)
		add_arch(context, json_object_get_string(json_object_array_get_idx(archs, i)));
	for (size_t i = 0; i < length_of(map); i++) {
		struct json_object *entry = json_object_array_get_idx(map, i);
		struct json_object *others = array_of(entry, "subArchitectures");

		if (strcmp(string_of(entry, "architecture"), "SCMP_ARCH_X86_64") != 0)
			continue;
		for (size_t k = 0; k < length_of(others); k++)
			add_arch(context,
				 json_object_get_string(json_object_array_get_idx(others, k)));
	}
}

static bool has_capability(const struct oci_container *container, const char *name)
{
	for (const char *const *held = container->capabilities; *held; held++)
		if (strcmp(*held, name) == 0)
			return true;
	return false;
}

static bool applies(struct json_object *entry, const struct oci_container *container)
{
	struct json_object *in = array_of(entry, "includes"), *out = array_of(entry, "excludes");
	struct json_object *list;
	unsigned int major, minor;
	bool has_arch = false;

	list = array_of(in, "caps");
	for (size_t i = 0; i < length_of(list); i++)
		if (!has_capability(container,
				    json_object_get_string(json_object_array_get_idx(list, i))))
			return false;
	list = array_of(out, "caps");
	for (size_t i = 0; i < length_of(list); i++)
		if (has_capability(container,
				   json_object_get_string(json_object_array_get_idx(list, i))))
			return false;
	list = array_of(in, "arches");
	for (size_t i = 0; i < length_of(list); i++)
		has_arch |= !strcmp(json_object_get_string(json_object_array_get_idx(list, i)),
				    "amd64");
	if (length_of(list) && !has_arch)
		return false;
	list = array_of(out, "arches");
	for (size_t i = 0; i < length_of(list); i++)
		if (!strcmp(json_object_get_string(json_object_array_get_idx(list, i)), "amd64"))
			return false;
	return !in || sscanf(string_of(in, "minKernel"), "%u.%u", &major, &minor) != 2 ||
	       container->major > major || (container->major == major && container->minor >= minor);
}

static enum scmp_compare operator_of(const char *word)
{
	static const char *const words[] = { "", "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ" };

	for (int i = 1; i <= SCMP_CMP_MASKED_EQ; i++)
		if (strcmp(word + strlen("SCMP_CMP_"), words[i]) == 0)
			return (enum scmp_compare)i;
	ck_abort_msg("operator %s", word);
}

static bool add_call(scmp_filter_ctx context, const char *name, uint32_t action,
		     struct json_object *args)
{
	struct scmp_arg_cmp comparisons[20];
	const unsigned int count = (unsigned int)length_of(args);
	const int number = seccomp_syscall_resolve_name(name);
	unsigned int counts[ARGUMENTS] = { 0 };
	bool is_repeated = false;

	if (number == __NR_SCMP_ERROR)
		return true;
	ck_assert_uint_le(count, 20);
	for (unsigned int i = 0; i < count; i++) {
		struct json_object *arg = json_object_array_get_idx(args, i);
		const unsigned int index = (unsigned int)integer_of(arg, "index", 0);

		is_repeated = is_repeated || counts[index]++;
		comparisons[i] = (struct scmp_arg_cmp){ index, operator_of(string_of(arg, "op")),
							integer_of(arg, "value", 0),
							integer_of(arg, "valueTwo", 0) };
	}
	if (!is_repeated)
		return seccomp_rule_add_array(context, action, number, count, comparisons) == 0;
	for (unsigned int i = 0; i < count; i++)
		if (seccomp_rule_add_array(context, action, number, 1, &comparisons[i]))
			return false;
	return true;
}

static bool add_entry(scmp_filter_ctx context, struct json_object *entry, uint32_t action)
{
	struct json_object *names = array_of(entry, "names"), *args = array_of(entry, "args");
	const char *name = string_of(entry, "name");

	if (*name != '\0' && !add_call(context, name, action, args))
		return false;
	for (size_t i = 0; i < length_of(names); i++)
		if (!add_call(context, json_object_get_string(json_object_array_get_idx(names, i)),
			      action, args))
			return false;
	return true;
}

static void export_filter(scmp_filter_ctx context, struct sock_filter **instructions, size_t *count)
{
	const size_t size = 65536 * sizeof(**instructions);
	const int file = memfd_create("filter", MFD_CLOEXEC);
	ssize_t length;

	*instructions = malloc(size);
	ck_assert(*instructions && file >= 0);
	ck_assert_int_eq(seccomp_export_bpf(context, file), 0);
	length = pread(file, *instructions, size, 0);
	ck_assert(length > 0);
	close(file);
	*count = (size_t)length / sizeof(**instructions);
}

bool oci_runtime_filter(struct json_object *profile, const struct oci_container *container,
			struct sock_filter **instructions, size_t *count)
{
	const uint32_t default_action =
		action_of(string_of(profile, "defaultAction"),
			  errno_of(profile, "defaultErrno", "defaultErrnoRet"));
	struct json_object *entries = array_of(profile, "syscalls");
	scmp_filter_ctx context = seccomp_init(default_action);
	bool is_good = true;

	ck_assert_ptr_nonnull(context);
	add_archs(context, profile);
	for (size_t i = 0; is_good && i < length_of(entries); i++) {
		struct json_object *entry = json_object_array_get_idx(entries, i);
		const uint32_t action = action_of(string_of(entry, "action"),
						  errno_of(entry, "errno", "errnoRet"));

		if (action != default_action && applies(entry, container))
			is_good = add_entry(context, entry, action);
	}
	if (is_good)
		export_filter(context, instructions, count);
	seccomp_release(context);
	return is_good;
}
