/* SPDX-License-Identifier: MIT */
/* Calls that wait at a listener, and answers to them. */
#include "listener.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

#include <stile/notify.h>

#include "public.h"

/* Linux 6.6's, which older headers do not have; the flags are the argument itself. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

#define MAX_ERRNO 4095 /* the kernel's, which it cuts greater ones to */

STILE_PUBLIC int stile_set_sync_wake_up(int listener)
{
	int error = listener_request(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
				     /* the request takes a number */
				     (void *)SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);

	return error == -EINVAL ? -ENOSYS : error;
}

/* The kernel's struct is ours; what it calls flags, and always is 0, is a hole. */
_Static_assert(sizeof(struct stile_notification) == sizeof(struct seccomp_notif) &&
		       offsetof(struct stile_notification, id) ==
			       offsetof(struct seccomp_notif, id) &&
		       offsetof(struct stile_notification, thread) ==
			       offsetof(struct seccomp_notif, pid) &&
		       offsetof(struct stile_notification, data) ==
			       offsetof(struct seccomp_notif, data),
	       "received as it is");

STILE_PUBLIC int stile_receive_notification(int listener, struct stile_notification *notification)
{
	if (!notification)
		return -EINVAL;
	memset(notification, 0, sizeof(*notification)); /* the kernel insists on that */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, notification) < 0)
		return errno == ENOTTY ? -EBADF : -errno;
	return 0;
}

STILE_PUBLIC int stile_check_notification(int listener, uint64_t id)
{
	return listener_request(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id);
}

static int respond(int listener, struct seccomp_notif_resp response)
{
	return listener_request(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

STILE_PUBLIC int stile_respond_value(int listener, uint64_t id, int64_t value)
{
	return respond(listener, (struct seccomp_notif_resp){ .id = id, .val = value });
}

STILE_PUBLIC int stile_respond_errno(int listener, uint64_t id, int errno_value)
{
	if (errno_value < 1 || errno_value > MAX_ERRNO)
		return -EINVAL;
	return respond(listener, (struct seccomp_notif_resp){ .id = id, .error = -errno_value });
}

STILE_PUBLIC int stile_respond_continue(int listener, uint64_t id)
{
	return respond(listener, (struct seccomp_notif_resp){
					 .id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE });
}
