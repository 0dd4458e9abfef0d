/* SPDX-License-Identifier: MIT */
#include "broker_request.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

#include <stile/supervise.h>

#ifdef __O_LARGEFILE
#define LARGE_FILE __O_LARGEFILE
#else
#define LARGE_FILE O_LARGEFILE
#endif

#define TEMPORARY (O_TMPFILE & ~O_DIRECTORY) /* the bit that only O_TMPFILE has */
#define PATH_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define KNOWN_FLAGS                                                                              \
	((uint64_t)(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK |  \
		    O_SYNC | O_DSYNC | O_ASYNC | O_DIRECT | LARGE_FILE | O_NOATIME | TEMPORARY | \
		    PATH_FLAGS))
#define KNOWN_RESOLVE                                                                      \
	(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | \
	 RESOLVE_IN_ROOT | RESOLVE_CACHED)
#define MODE_BITS 07777
#define HOW_SIZE_FIRST 24 /* of the first struct open_how */
#define HOW_SIZE_MAX 4096 /* that the kernel takes, whatever its pages are */

static bool creates(uint64_t flags)
{
	return flags & (O_CREAT | TEMPORARY);
}

static bool writes(uint64_t flags)
{
	return (flags & O_ACCMODE) != O_RDONLY;
}

/* What the kernel says to flags that cannot be meant together. */
static int check_flags(const struct open_request *request)
{
	const uint64_t flags = request->flags;

	if (flags & TEMPORARY && (!(flags & O_DIRECTORY) || !writes(flags)))
		return -EINVAL;
	if (flags & O_CREAT && flags & O_DIRECTORY)
		return -EINVAL; /* older kernels make a file and then fail */
	if (flags & O_PATH && flags & ~(uint64_t)PATH_FLAGS)
		return -EINVAL;
	return 0;
}

static int check_how(const struct open_request *request)
{
	const uint64_t both = RESOLVE_BENEATH | RESOLVE_IN_ROOT;

	if (request->flags & ~KNOWN_FLAGS || request->resolve & ~(uint64_t)KNOWN_RESOLVE)
		return -EINVAL;
	if ((request->resolve & both) == both)
		return -EINVAL;
	if (request->mode & ~(uint64_t)(creates(request->flags) ? MODE_BITS : 0))
		return -EINVAL;
	/* "Only if it takes no time": with a supervisor it always does. */
	return request->resolve & RESOLVE_CACHED ? -EAGAIN : 0;
}

/* -ESRCH: the target is gone, and what it is answered does not matter. */
static int read_path(struct stile_call *call, uint64_t address, struct open_request *request)
{
	ssize_t length = stile_call_read_string(call, address, request->path,
						sizeof(request->path));

	if (length == -ENOENT)
		return -ESRCH;
	if (length == 0)
		return -ENOENT;
	return length < 0 ? (int)length : 0;
}

int open_request_plain(struct stile_call *call, int folder, uint64_t path, uint32_t flags,
		       uint32_t mode, struct open_request *request)
{
	int error;

	request->folder = folder;
	request->resolve = 0;
	request->flags = flags & KNOWN_FLAGS;
	if (flags & O_PATH)
		request->flags &= PATH_FLAGS;
	request->mode = creates(request->flags) ? mode & MODE_BITS : 0;
	request->is_closed_on_exec = request->flags & O_CLOEXEC;
	error = check_flags(request);
	return error ? error : read_path(call, path, request);
}

static int read_how(struct stile_call *call, uint64_t address, uint64_t size, struct open_how *how)
{
	unsigned char bytes[HOW_SIZE_MAX];
	int error;

	if (size < HOW_SIZE_FIRST)
		return -EINVAL;
	if (size > sizeof(bytes))
		return -E2BIG;
	error = stile_call_read(call, address, bytes, (size_t)size);
	if (error)
		return error == -ENOENT ? -ESRCH : error;
	/* What is behind the struct that we know says something that we do not, unless it is 0. */
	for (size_t i = sizeof(*how); i < size; i++)
		if (bytes[i])
			return -E2BIG;
	memset(how, 0, sizeof(*how));
	memcpy(how, bytes, size < sizeof(*how) ? (size_t)size : sizeof(*how));
	return 0;
}

int open_request_how(struct stile_call *call, int folder, uint64_t path, uint64_t how,
		     uint64_t size, struct open_request *request)
{
	struct open_how copy;
	int error = read_how(call, how, size, &copy);

	if (error)
		return error;
	request->folder = folder;
	request->flags = copy.flags;
	request->mode = copy.mode;
	request->resolve = copy.resolve;
	request->is_closed_on_exec = copy.flags & O_CLOEXEC;
	error = check_how(request);
	if (error == 0)
		error = check_flags(request);
	return error ? error : read_path(call, path, request);
}
