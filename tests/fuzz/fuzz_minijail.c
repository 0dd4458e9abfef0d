/* SPDX-License-Identifier: MIT */
/* Any bytes as a policy of minijail's; the first says for which ABI. */
#include "format_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct read_options options = { .abi = size ? data[0] % STILE_ABI_COUNT : 0 };

	if (size > 0 && size <= SOURCE_BYTES_MAX)
		(void)check_format(&format_minijail, &options, data + 1, size - 1);
	return 0;
}
