/* SPDX-License-Identifier: MIT */
/* How long libseccomp's filter of a profile is: the kernel takes 4096 instructions. */
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/filter.h>

#include "oci_export.h"
#include "oci_libseccomp.h"

#define RULES_MAX 8192

static bool add_line(scmp_filter_ctx context, const struct oci_group *group,
		     const struct oci_line *line)
{
	struct scmp_arg_cmp comparisons[OCI_ARGUMENTS];
	unsigned int count = 0;

	for (unsigned int i = 0; i < OCI_ARGUMENTS; i++) {
		const struct oci_comparison *from = &line->arguments[i];
		const struct stile_table_condition condition = { .argument = (uint8_t)i,
								 .comparison = from->comparison,
								 .mask = from->mask,
								 .value = from->value };

		if (line->compared & 1u << i)
			comparisons[count++] = oci_libseccomp_comparison(&condition);
	}
	for (size_t i = 0; i < group->count; i++) {
		const int number = seccomp_syscall_resolve_name(group->names[i]);

		if (number != __NR_SCMP_ERROR &&
		    seccomp_rule_add_array(context, oci_libseccomp_action(line->action), number,
					   count, comparisons))
			return false;
	}
	return true;
}

static bool add_abis(scmp_filter_ctx context, const struct oci_export *profile)
{
	for (size_t i = 0; i < profile->abi_count; i++) {
		const uint32_t arch = oci_libseccomp_arch(profile->abis[i]);

		if (seccomp_arch_exist(context, arch) && seccomp_arch_add(context, arch))
			return false;
	}
	return true;
}

/* libseccomp takes its time for many rules. */
static bool has_too_many(const struct oci_export *profile)
{
	size_t count = 0;

	for (size_t i = 0; i < profile->count; i++) {
		count += profile->groups[i].count * profile->groups[i].lines.count;
		if (profile->groups[i].lines.count > OCI_LINES_FEW)
			return true;
	}
	return count > RULES_MAX;
}

size_t oci_filter_length(const struct oci_export *profile)
{
	scmp_filter_ctx context = seccomp_init(oci_libseccomp_action(profile->default_action));
	const int file = memfd_create("filter", MFD_CLOEXEC);
	bool is_good = !has_too_many(profile) && context && file >= 0 && add_abis(context, profile);
	struct stat status;

	for (size_t i = 0; is_good && i < profile->count; i++)
		for (size_t k = 0; is_good && k < profile->groups[i].lines.count; k++)
			is_good = add_line(context, &profile->groups[i],
					   &profile->groups[i].lines.items[k]);
	is_good = is_good && seccomp_export_bpf(context, file) == 0 && fstat(file, &status) == 0;
	if (context)
		seccomp_release(context);
	if (file >= 0)
		close(file);
	return is_good ? (size_t)status.st_size / sizeof(struct sock_filter) : 0;
}
