/* SPDX-License-Identifier: MIT */
/*
 * A filter that was compiled ahead of time comes into force. Nothing else of the library may be
 * called from here: a program that is linked statically then has this object alone.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <stile/abi.h>
#include <stile/compiled.h>

#include "hash.h"
#include "public.h"

/* Whether it is for calls of this program, and as it was compiled and proved. */
static bool is_whole(const struct stile_compiled *compiled)
{
	return compiled && compiled->version == STILE_COMPILED_VERSION &&
	       (compiled->abis & 1u << STILE_ABI_NATIVE) && compiled->instructions &&
	       compiled->count > 0 && compiled->count <= FILTER_INSTRUCTIONS_MAX &&
	       compiled->filter_hash == hash_instructions(compiled->instructions, compiled->count);
}

STILE_PUBLIC int stile_load_compiled(const struct stile_compiled *compiled)
{
	struct sock_fprog program;
	long result;

	if (!is_whole(compiled))
		return -EINVAL;
	program.len = (unsigned short)compiled->count;
	program.filter = (struct sock_filter *)compiled->instructions; /* only read */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	/* Without a program the kernel answers EFAULT; a filter that fakes success does not. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, NULL) == 0)
		return -EALREADY;
	result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
	if (result < 0)
		return -errno;
	/* With TSYNC a thread that stands in the way is a positive number (seccomp(2)). */
	return result > 0 ? -ESRCH : 0;
}
