/* SPDX-License-Identifier: MIT */
/* What /proc tells about a task that is being started. No memory is allocated. */
#ifndef CORE_SPAWN_PROC_H
#define CORE_SPAWN_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A number of /proc/PID/task/TID/status ("Seccomp_filters", "TracerPid"). 0 or a negative
 * errno; -ENODATA: there is no such line. */
int proc_status_number(pid_t pid, pid_t tid, const char *name, int base, uint64_t *value);

/* AT_ENTRY of the running image. -ENODATA: it is not that of a 64-bit program. */
int proc_entry_point(pid_t pid, uint64_t *entry);

/* Class and machine of the file that runs (EI_CLASS, e_machine). */
int proc_elf_kind(pid_t pid, int *elf_class, int *machine);

/* The task tid is a thread of pid. */
bool proc_is_thread(pid_t pid, pid_t tid);

/* Call visit for each thread until it answers other than 0: that, 0 or a negative errno. */
int proc_each_thread(pid_t pid, int (*visit)(void *context, pid_t tid), void *context);

/* Is all of this range in mappings of the process that no other process can share? */
int proc_is_private(pid_t pid, uint64_t start, uint64_t end, bool *is_private);

#endif
