/* SPDX-License-Identifier: MIT */
/* Memory and descriptors of a target while a handler judges a call of it. */
#include "call_memory.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "public.h"
#include "syscalls.h"
#include "target_descriptor.h"
#include "target_memory.h"

/* In a stop of ptrace: the thread stands still, and its number stays its own. */
static bool is_stop(const struct stile_call *call)
{
	return call->listener < 0;
}

/* Whether there is a call, and a buffer for what is to be read or written. */
static bool is_given(const struct stile_call *call, const void *buffer, size_t size)
{
	return call && (buffer || size == 0);
}

STILE_PUBLIC int stile_call_read(struct stile_call *call, uint64_t address, void *buffer,
				 size_t size)
{
	int error;

	if (!is_given(call, buffer, size))
		return -EINVAL;
	call->has_looked = true;
	if (!is_stop(call))
		return stile_read_target(call->listener, &call->notification, address, buffer,
					 size);
	error = thread_memory_read(call->notification.thread, address, buffer, size);
	if (error && size > 0)
		memset(buffer, 0, size);
	return error;
}

/* Nothing is learnt by that (but whether it is mapped). */
STILE_PUBLIC int stile_call_write(struct stile_call *call, uint64_t address, const void *buffer,
				  size_t size)
{
	if (!is_given(call, buffer, size))
		return -EINVAL;
	if (!is_stop(call))
		return stile_write_target(call->listener, &call->notification, address, buffer,
					  size);
	return thread_memory_write(call->notification.thread, address, buffer, size);
}

ssize_t call_read_string_part(struct stile_call *call, uint64_t address, char *buffer, size_t size)
{
	ssize_t length;
	int error = 0;

	call->has_looked = true;
	length = thread_memory_read_string(call->notification.thread, address, buffer, size);
	if (!is_stop(call))
		error = stile_check_notification(call->listener, call->notification.id);
	if (error)
		return error;
	return length == -ENAMETOOLONG ? (ssize_t)size : length;
}

STILE_PUBLIC ssize_t stile_call_read_string(struct stile_call *call, uint64_t address, char *buffer,
					    size_t size)
{
	ssize_t length;

	if (!is_given(call, buffer, size))
		return -EINVAL;
	length = call_read_string_part(call, address, buffer, size);
	if (length == (ssize_t)size)
		length = -ENAMETOOLONG;
	if (length < 0 && size > 0)
		memset(buffer, 0, size);
	return length;
}

int call_pointer(const struct stile_call *call, const char *name, uint64_t *value)
{
	unsigned int count;
	int index = -1;

	if (call->syscall >= 0 && name)
		index = syscall_find_argument((uint16_t)call->syscall, call->abi, name);
	if (index < 0 ||
	    !syscall_argument_list((uint16_t)call->syscall, call->abi, &count)[index].is_pointer)
		return -ENOENT;
	return stile_call_argument_by_name(call, name, value);
}

STILE_PUBLIC ssize_t stile_call_path(struct stile_call *call, const char *argument, char *buffer,
				     size_t size)
{
	uint64_t address;
	int error = is_given(call, buffer, size) ? call_pointer(call, argument, &address) : -EINVAL;

	return error ? error : stile_call_read_string(call, address, buffer, size);
}

/* struct msghdr's first two members, as a 64-bit and as a 32-bit program has them. */
struct wide_message {
	uint64_t name;
	uint32_t name_length;
};

struct narrow_message {
	uint32_t name;
	uint32_t name_length;
};

static int message_address(struct stile_call *call, uint64_t *address, uint64_t *length)
{
	struct narrow_message narrow;
	struct wide_message wide;
	uint64_t message;
	int error = call_pointer(call, "msg", &message);

	if (error)
		return error;
	if (call->abi == STILE_ABI_I386 || call->abi == STILE_ABI_X32) {
		error = stile_call_read(call, message, &narrow, sizeof(narrow));
		*address = narrow.name;
		*length = narrow.name_length;
	} else {
		error = stile_call_read(call, message, &wide, sizeof(wide));
		*address = wide.name;
		*length = wide.name_length;
	}
	return error;
}

int call_find_address(struct stile_call *call, uint64_t *address, uint64_t *length)
{
	int error;

	if (strcmp(call->name, "sendmsg") == 0)
		error = message_address(call, address, length);
	else if (strcmp(call->name, "connect") == 0 || strcmp(call->name, "bind") == 0)
		error = call_pointer(call, "addr", address);
	else if (strcmp(call->name, "sendto") == 0)
		error = call_pointer(call, "dest_addr", address);
	else
		return -ENOENT;
	if (!error && strcmp(call->name, "sendmsg") != 0)
		error = stile_call_argument_by_name(call, "addrlen", length);
	/* what is sent without an address: the kernel does not look at the length then */
	if (!error && *address == 0 && strncmp(call->name, "send", 4) == 0)
		*length = 0;
	return error;
}

STILE_PUBLIC int stile_call_address(struct stile_call *call, struct sockaddr_storage *address,
				    socklen_t *length)
{
	uint64_t where, size;
	int error;

	if (!call || !address || !length)
		return -EINVAL;
	memset(address, 0, sizeof(*address));
	*length = 0;
	error = call_find_address(call, &where, &size);
	if (error)
		return error;
	if (size > sizeof(*address))
		return -EINVAL;
	if (size > 0)
		error = stile_call_read(call, where, address, (size_t)size);
	if (!error)
		*length = (socklen_t)size;
	return error;
}

STILE_PUBLIC int stile_call_give_descriptor(struct stile_call *call, int fd, bool close_on_exec)
{
	const struct stile_descriptor_options options = { .number = -1,
							  .close_on_exec = close_on_exec,
							  .is_answer = true };
	int number;

	if (!call || is_stop(call) || call->is_answered)
		return -EINVAL;
	number = stile_give_descriptor(call->listener, call->notification.id, fd, &options);
	if (number < 0)
		return number;
	call->is_answered = true;
	return 0;
}

/* Which descriptor a number stands for the target can change, too. */
STILE_PUBLIC int stile_call_take_descriptor(struct stile_call *call, int number)
{
	int pidfd, fd;

	if (!call)
		return -EINVAL;
	call->has_looked = true;
	if (!is_stop(call))
		return stile_take_target_descriptor(call->listener, &call->notification, number);
	pidfd = thread_descriptors_open(call->notification.thread);
	if (pidfd < 0)
		return pidfd;
	fd = thread_descriptor_take(pidfd, number);
	close(pidfd);
	return fd;
}
