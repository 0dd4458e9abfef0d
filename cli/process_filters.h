/* SPDX-License-Identifier: MIT */
#ifndef CLI_PROCESS_FILTERS_H
#define CLI_PROCESS_FILTERS_H

#include <stile.h>

/*
 * What all seccomp filters of a live process, or of a thread, say together, as the kernel puts
 * their answers together. The process is stopped for the moment of reading. NULL: it was said why.
 */
struct stile_policy *policy_of_process(const char *verb, const char *pid);

#endif
