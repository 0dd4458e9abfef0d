/* SPDX-License-Identifier: MIT */
/* Any bytes as Firecracker's JSON. */
#include "format_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const sections[] = { NULL, "vmm", "api", "vcpu" };
	const struct read_options options = { .abi = size % 2 ? STILE_ABI_X86_64 :
								STILE_ABI_AARCH64,
					      .section = sections[size / 2 % 4] };

	(void)check_format(&format_firecracker, &options, data, size);
	return 0;
}
