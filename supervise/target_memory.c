/* SPDX-License-Identifier: MIT */
/*
 * A target's memory, by process_vm_readv(2). /proc/TID/mem would be bound to the target by its
 * descriptor, but writes to pages that the target may not write, its code for one.
 */
#include "target_memory.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>

#include <stile/notify.h>

#include "public.h"

/* The smallest that there is: borders of larger pages are borders of these, too. */
#define PAGE_BYTES 4096
/* In one request; the kernel copies at most 2 GiB in one. */
#define PIECE_BYTES ((size_t)1 << 20)

typedef ssize_t (*transfer)(pid_t process, const struct iovec *local, unsigned long local_count,
			    const struct iovec *remote, unsigned long remote_count,
			    unsigned long flags);

/* process_vm_readv() and process_vm_writev() stop before the first page that they cannot reach. */
static int transfer_all(transfer one, pid_t thread, uint64_t address, char *buffer, size_t size)
{
	if (thread <= 0)
		return -EPERM; /* not in the caller's PID namespace */
	if (size > UINT64_MAX - address || address + size > UINTPTR_MAX)
		return -EFAULT;
	while (size > 0) {
		size_t piece = size < PIECE_BYTES ? size : PIECE_BYTES;
		struct iovec local = { .iov_base = buffer, .iov_len = piece };
		struct iovec remote = { .iov_base = (void *)(uintptr_t)address, .iov_len = piece };
		ssize_t done = one(thread, &local, 1, &remote, 1, 0);

		if (done < 0)
			return errno == ESRCH ? -ENOENT : -errno;
		if (done == 0)
			return -EFAULT;
		buffer += done;
		address += (uint64_t)done;
		size -= (size_t)done;
	}
	return 0;
}

int thread_memory_read(pid_t thread, uint64_t address, void *buffer, size_t size)
{
	return transfer_all(process_vm_readv, thread, address, buffer, size);
}

int thread_memory_write(pid_t thread, uint64_t address, const void *buffer, size_t size)
{
	/* an iovec's base is never const; what is written from is only read */
	return transfer_all(process_vm_writev, thread, address, (char *)(uintptr_t)buffer, size);
}

ssize_t thread_memory_read_string(pid_t thread, uint64_t address, char *buffer, size_t size)
{
	size_t have = 0;

	while (have < size) {
		size_t piece = PAGE_BYTES - (address + have) % PAGE_BYTES;
		const char *end;
		int error;

		if (piece > size - have)
			piece = size - have;
		if (have > UINT64_MAX - address)
			return -EFAULT;
		error = thread_memory_read(thread, address + have, buffer + have, piece);
		if (error)
			return error;
		end = memchr(buffer + have, '\0', piece);
		if (end)
			return end - buffer;
		have += piece;
	}
	return -ENAMETOOLONG;
}

static bool is_given(const struct stile_notification *notification, const void *buffer, size_t size)
{
	return notification && (buffer || size == 0);
}

/* Whose memory it was decides first: what is nobody's is not shown either. */
static int check_read(int listener, const struct stile_notification *notification, int error,
		      void *buffer, size_t size)
{
	int gone = stile_check_notification(listener, notification->id);

	if (gone)
		error = gone;
	if (error && size > 0)
		memset(buffer, 0, size);
	return error;
}

STILE_PUBLIC int stile_read_target(int listener, const struct stile_notification *notification,
				   uint64_t address, void *buffer, size_t size)
{
	int error;

	if (!is_given(notification, buffer, size))
		return -EINVAL;
	error = thread_memory_read(notification->thread, address, buffer, size);
	return check_read(listener, notification, error, buffer, size);
}

/*
 * Asked before, too, so that no other's memory is written: what is left is a target that is killed
 * and whose number comes round to another process between the two requests.
 */
STILE_PUBLIC int stile_write_target(int listener, const struct stile_notification *notification,
				    uint64_t address, const void *buffer, size_t size)
{
	int error, gone;

	if (!is_given(notification, buffer, size))
		return -EINVAL;
	error = stile_check_notification(listener, notification->id);
	if (error)
		return error;
	error = thread_memory_write(notification->thread, address, buffer, size);
	gone = stile_check_notification(listener, notification->id);
	return gone ? gone : error;
}

STILE_PUBLIC ssize_t stile_read_target_string(int listener,
					      const struct stile_notification *notification,
					      uint64_t address, char *buffer, size_t size)
{
	ssize_t length;
	int error;

	if (!is_given(notification, buffer, size))
		return -EINVAL;
	length = thread_memory_read_string(notification->thread, address, buffer, size);
	error = check_read(listener, notification, length < 0 ? (int)length : 0, buffer, size);
	return error ? error : length;
}

STILE_PUBLIC int stile_read_target_address(int listener,
					   const struct stile_notification *notification,
					   uint64_t address, uint64_t length,
					   struct sockaddr_storage *copy)
{
	if (!notification || !copy)
		return -EINVAL;
	memset(copy, 0, sizeof(*copy));
	if (length > sizeof(*copy))
		return -EINVAL;
	return stile_read_target(listener, notification, address, copy, (size_t)length);
}
