/* SPDX-License-Identifier: MIT */
#ifndef CORE_HIDE_VDSO_H
#define CORE_HIDE_VDSO_H

#include <sys/types.h>

/*
 * Takes the address of the vDSO (AT_SYSINFO_EHDR) out of what the kernel has put onto the stack of
 * a new program, of either width. The caller traces it, and it has stopped at its exec
 * (PTRACE_EVENT_EXEC or behind that) and not run since. 0, also if there is no vDSO; -ESRCH: it is
 * being killed; or a negative errno. No memory is allocated.
 */
int hide_vdso(pid_t tid);

#endif
