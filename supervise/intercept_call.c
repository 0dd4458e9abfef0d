/* SPDX-License-Identifier: MIT */
/* What a handler can learn and change of a call at which its thread is stopped. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <stile/intercept.h>

#include "call.h"
#include "public.h"
#include "thread_registers.h"

/* In the program that is executed the kernel has its own use for registers at this moment. */
static bool is_entry(const struct stile_call *call)
{
	return call && call->registers && !call->is_exit && !call->is_exec;
}

STILE_PUBLIC bool stile_call_is_exit(const struct stile_call *call)
{
	return call && call->is_exit;
}

STILE_PUBLIC int64_t stile_call_result(const struct stile_call *call)
{
	return call && call->is_exit ? call->result : 0;
}

STILE_PUBLIC int stile_call_set_argument(struct stile_call *call, unsigned int index,
					 uint64_t value)
{
	int error = is_entry(call) ? registers_read(call->registers) : -EINVAL;

	if (!error)
		error = registers_set_argument(call->registers, index, value);
	if (!error)
		call->notification.data.args[index] = call->abi == STILE_ABI_I386 ?
							      (uint32_t)value :
							      value;
	return error;
}

STILE_PUBLIC int stile_call_set_number(struct stile_call *call, long number)
{
	int error = is_entry(call) ? registers_read(call->registers) : -EINVAL;

	if (!error)
		error = registers_set_number(call->registers, number);
	if (error)
		return error;
	call->notification.data.nr = (int)number;
	call_describe(call);
	return 0;
}

STILE_PUBLIC int stile_call_set_result(struct stile_call *call, int64_t value)
{
	if (!call || !call->is_exit)
		return -EINVAL;
	call->result = value;
	call->has_set_result = true;
	return 0;
}

STILE_PUBLIC int stile_call_register(const struct stile_call *call, const char *name,
				     uint64_t *value)
{
	const int error = call && call->registers && value ? registers_read(call->registers) :
							     -EINVAL;

	return error ? error : registers_get(call->registers, name, value);
}

STILE_PUBLIC int stile_call_set_register(struct stile_call *call, const char *name, uint64_t value)
{
	int error;

	if (!call || !call->registers || call->is_exec)
		return -EINVAL;
	error = registers_read(call->registers);
	return error ? error : registers_set(call->registers, name, value);
}

STILE_PUBLIC const char *const *stile_register_names(enum stile_abi abi)
{
	const struct register_layout *layout = register_layout(abi);

	return layout ? layout->names : NULL;
}

STILE_PUBLIC ssize_t stile_call_program(struct stile_call *call, char *buffer, size_t size)
{
	char link[64];
	ssize_t length;

	if (!call || (!buffer && size > 0))
		return -EINVAL;
	if (size == 0)
		return -ENAMETOOLONG;
	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)call->notification.thread);
	length = readlink(link, buffer, size);
	if (length < 0)
		length = errno == ENAMETOOLONG ? -ENAMETOOLONG : -ENOENT;
	else if ((size_t)length == size)
		length = -ENAMETOOLONG;
	if (call->listener >= 0 && stile_check_notification(call->listener, call->notification.id))
		length = -ENOENT;
	buffer[length < 0 ? 0 : length] = '\0';
	return length;
}
