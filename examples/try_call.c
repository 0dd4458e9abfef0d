/* SPDX-License-Identifier: MIT */
#include "try_call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <stile.h>

int try_call(const struct try_call *call)
{
	const unsigned long *a = call->arguments;
	long number = stile_syscall_number(STILE_ABI_NATIVE, call->syscall);
	long result;

	if (number < 0)
		return ENOSYS;
	result = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (result == 0 && strcmp(call->syscall, "clone") == 0)
		_exit(0); /* it was not refused, and this is the child */
	return result < 0 ? errno : 0;
}

int is_refusal(int error)
{
	/* EPERM is the default. ENOSYS is for what hides its flags behind a pointer (clone3,
	 * openat2): libc then takes a call whose flags a filter can see. */
	return error == EPERM || error == ENOSYS;
}

const char *errno_name(int error)
{
	switch (error) {
	case 0:
		return "not refused";
	case EPERM:
		return "EPERM";
	case ENOSYS:
		return "ENOSYS";
	default:
		return strerror(error);
	}
}

size_t try_calls(const char *who, const struct try_call *calls, size_t count, char *text,
		 size_t size)
{
	size_t length = 0, made = 0;

	for (size_t i = 0; i < count; i++) {
		int error = try_call(&calls[i]);

		made += !is_refusal(error);
		if (length < size)
			length += (size_t)snprintf(text + length, size - length, "%s: %s: %s\n",
						   who, calls[i].text, errno_name(error));
	}
	return made;
}
