/* SPDX-License-Identifier: MIT */
#ifndef STILE_ERROR_H
#define STILE_ERROR_H

#include <errno.h>

/*
 * The closed set of errors. stile_message() says in a sentence what happened,
 * where, and what to do; the number is for programs.
 *
 *	-EINVAL		a value, condition or option that cannot be meant
 *	-ENOENT		an unknown ruleset, grant, syscall or argument
 *	-EEXIST		two rules that cannot stand together
 *	-ENODATA	an empty context: nothing was granted or refused
 *	-E2BIG		the filter would be longer than the kernel takes, or cannot be proved
 *	-ENOMEM		out of memory
 *	-EALREADY	the context was applied, or a filter on this thread refuses another
 *	-ESRCH		a thread has a filter of its own (TSYNC); no thread was filtered
 *	-ENOSYS		this kernel cannot do it (no seccomp filters, an unknown action)
 *	-EPERM		the kernel does not permit it (ptrace, no_new_privs)
 *	-ENOEXEC	the program could not be executed; stile_exec_errno() says why
 *	-ECHILD		the program ended, or was killed by us, before it was sandboxed
 *	-EIO		the kernel or libseccomp did something that we do not expect
 */

#endif
