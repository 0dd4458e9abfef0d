/* SPDX-License-Identifier: MIT */
#include "spawn_hold.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>

#include "inject.h"

static_assert(sizeof(inject_trap_code) <= SPAWN_HOLD_CODE, "a trap has room");

int spawn_hold(pid_t pid, struct spawn_hold *hold)
{
	struct inject_registers registers;
	uint64_t all = UINT64_MAX;
	int error = inject_get_registers(pid, &registers);

	memset(hold, 0, sizeof(*hold));
	if (error)
		return error;
	if (ptrace(PTRACE_GETSIGMASK, pid, (void *)sizeof(hold->mask), &hold->mask) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, pid, (void *)sizeof(all), &all) < 0)
		return -errno;
	hold->entry = inject_pc(&registers);
	error = inject_read(pid, hold->entry, hold->code, sizeof(inject_trap_code));
	if (!error)
		error = inject_write(pid, hold->entry, inject_trap_code, sizeof(inject_trap_code));
	return error;
}

int spawn_release(pid_t pid, const struct spawn_hold *hold)
{
	struct inject_registers registers;
	int error = inject_get_registers(pid, &registers);

	if (!error && inject_pc(&registers) != hold->entry)
		return -EIO;
	if (!error)
		error = inject_write(pid, hold->entry, hold->code, sizeof(inject_trap_code));
	if (!error && ptrace(PTRACE_SETSIGMASK, pid, (void *)sizeof(hold->mask), &hold->mask) < 0)
		error = -errno;
	return error;
}
