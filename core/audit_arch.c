/* SPDX-License-Identifier: MIT */
#include "audit_arch.h"

#include <stdbool.h>

#include "public.h"

STILE_PUBLIC uint32_t stile_audit_arch(enum stile_abi abi)
{
	return audit_arch(abi);
}

enum stile_abi call_abi(const struct seccomp_data *data)
{
	const bool is_x32 = data->nr != -1 && ((uint32_t)data->nr & X32_SYSCALL_BIT);

	for (unsigned int abi = 0; abi < STILE_ABI_COUNT; abi++) {
		if (audit_arch(abi) != data->arch)
			continue;
		if (data->arch == AUDIT_ARCH_X86_64 && is_x32 != (abi == STILE_ABI_X32))
			continue;
		return abi;
	}
	return STILE_ABI_COUNT;
}
