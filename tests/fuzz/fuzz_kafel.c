/* SPDX-License-Identifier: MIT */
/* Any bytes as a policy of Kafel's. Whatever is read from Kafel's words can be said in them. */
#include "format_fuzz.h"
#include "kafel_trial.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Proofs take long. Linked in place of the library's own. */
void kafel_try(const struct kafel_trial *trial, const struct kafel_call *calls, size_t count)
{
	(void)trial;
	(void)calls;
	(void)count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum stile_abi abis[] = { STILE_ABI_X86_64, STILE_ABI_I386,
					       STILE_ABI_AARCH64 };
	const struct read_options options = { .abi = abis[size % 3] };

	check(check_format(&format_kafel, &options, data, size));
	return 0;
}
