/* SPDX-License-Identifier: MIT */
#include "audit_arch.h"

#include "public.h"

STILE_PUBLIC uint32_t stile_audit_arch(enum stile_abi abi)
{
	return audit_arch(abi);
}
