/* SPDX-License-Identifier: MIT */
/* stile_call_text(): a call as a filter sees it, in words. */
#include <inttypes.h>

#include <stile/filter.h>

#include "audit_arch.h"
#include "call_text.h"
#include "public.h"
#include "syscalls.h"
#include "text.h"

/* Of what is in a register and not in the text of the call: unused bits, and unused arguments. */
static void add_unused(struct text *text, const struct seccomp_data *data, int syscall,
		       enum stile_abi abi)
{
	const struct syscall_argument *arguments = NULL;
	const char *before = " with";
	unsigned int count = 0;

	if (syscall >= 0)
		arguments = syscall_argument_list((uint16_t)syscall, abi, &count);
	for (unsigned int i = 0; i < 6; i++) {
		const unsigned int bits = i < count ? arguments[i].bits : 0;

		if (bits == 64 || data->args[i] >> bits == 0)
			continue;
		text_add(text, "%s args[%u] = 0x%" PRIx64, before, i, (uint64_t)data->args[i]);
		before = ",";
	}
	if (data->instruction_pointer)
		text_add(text, " from address 0x%" PRIx64, (uint64_t)data->instruction_pointer);
}

STILE_PUBLIC char *stile_call_text(const struct seccomp_data *data)
{
	struct text text = { 0 };
	char call[CALL_TEXT_MAX];
	enum stile_abi abi;
	uint64_t words[6];
	int syscall;

	if (!data)
		return NULL;
	abi = call_abi(data);
	syscall = abi == STILE_ABI_COUNT ? -1 : syscall_find_number(abi, data->nr);
	for (unsigned int i = 0; i < 6; i++)
		words[i] = data->args[i];
	if (syscall >= 0) {
		call_text(call, (uint16_t)syscall, abi, words);
		text_add(&text, "%s on %s", call, stile_abi_name(abi));
	} else if (abi != STILE_ABI_COUNT) {
		text_add(&text, "call number %d on %s", data->nr, stile_abi_name(abi));
	} else {
		text_add(&text, "call number %d on the architecture 0x%08" PRIx32, data->nr,
			 (uint32_t)data->arch);
	}
	add_unused(&text, data, syscall, abi);
	return text_take(&text);
}
