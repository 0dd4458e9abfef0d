/* SPDX-License-Identifier: MIT */
#include "number_parse.h"

#include <errno.h>
#include <stdlib.h>

bool number_parse(const char *text, uint64_t *number, bool *is_too_large)
{
	bool is_negative = *text == '-';
	unsigned long long value;
	char *end;

	if (is_too_large)
		*is_too_large = false;
	text += is_negative;
	/* strtoull() skips blanks and takes a sign, two of them too */
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (*end)
		return false;
	if (errno || (is_negative && value > UINT64_C(1) << 63)) {
		if (is_too_large)
			*is_too_large = true;
		return false;
	}
	*number = is_negative ? -(uint64_t)value : (uint64_t)value;
	return true;
}

bool number_parse_32(const char *text, uint32_t *number)
{
	uint64_t value;

	if (!number_parse(text, &value, NULL))
		return false;
	*number = (uint32_t)value;
	if (*text == '-')
		return value == 0 || value >= (uint64_t)INT32_MIN;
	return value <= UINT32_MAX;
}
