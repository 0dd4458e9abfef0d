/* SPDX-License-Identifier: MIT */
#include "spawn_image.h"

#include <elf.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "spawn_listener.h"
#include "hide_vdso.h"
#include "spawn_proc.h"

static const uint64_t trap_bit = (uint64_t)1 << (SIGTRAP - 1);

/* strerror() may load translations, with malloc(). */
static const char *reason(int error)
{
	const char *text = strerrordesc_np(-error);

	return text ? text : "unknown error";
}

/*
 * A step on the stopped program went wrong. If somebody has killed it meanwhile, that is no
 * fault: the loop sees its end.
 */
static int checked(struct tracer *t, int error, const char *step)
{
	uint64_t mask;

	if (error >= 0 || t->shared->result.message[0])
		return error;
	if (ptrace(PTRACE_GETSIGMASK, t->child, (void *)sizeof(mask), &mask) < 0 &&
	    errno == ESRCH) {
		if (!t->tracees.main_ended)
			kill(t->child, SIGKILL);
		return 0;
	}
	if (error == -EACCES || error == -EPERM)
		return spawn_fail(t, -EPERM,
				  "the kernel does not let us %s (%s): the program's file must be "
				  "readable "
				  "by this user, and no set-user-ID program of another",
				  step, reason(error));
	return spawn_fail(t, -EIO, "cannot %s: %s", step, reason(error));
}

static int count_filters(struct tracer *t, pid_t tid, int *count)
{
	uint64_t value;
	int error = proc_status_number(t->child, tid, "Seccomp_filters", 10, &value);

	if (error == -ENOENT)
		error = -ESRCH;
	if (error == 0)
		*count = (int)value;
	return error;
}

/* Load a filter and see in /proc that it is on; *answer: seccomp(2)'s. -ESRCH: it was killed. */
static int load_filter(struct tracer *t, const struct sock_fprog *filter, unsigned int flags,
		       int64_t *answer)
{
	int before = 0, after = 0, error;

	*answer = 0;
	error = count_filters(t, t->child, &before);
	if (error < 0)
		return error;
	error = inject_filter(&t->tracees, t->child, filter, flags, answer);
	if (error == 0)
		error = count_filters(t, t->child, &after);
	if (error < 0)
		return error;
	if (after == before + 1)
		return 0;
	if (*answer > 0 && flags & SECCOMP_FILTER_FLAG_TSYNC)
		return spawn_fail(t, -ESRCH,
				  "thread %d of the program has loaded a filter of its own; "
				  "no thread was filtered",
				  (int)*answer);
	if (*answer == -EBUSY)
		return spawn_fail(t, -EBUSY,
				  "the program has inherited a filter with a listener: there is "
				  "one supervisor for each chain of filters");
	return spawn_fail(t, -EIO,
			  "the kernel did not load the filter: seccomp(2) answered %d, "
			  "%d filters before, %d after",
			  (int)*answer, before, after);
}

/* The filter with a listener, which goes to the caller: the program keeps no copy of it. */
static int load_notifying(struct tracer *t, unsigned int flags)
{
	const struct spawn_filters *filters = &t->request->filters;
	int64_t number = -1;
	int error;

	flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER | filters->listener_flags;
	if (flags & SECCOMP_FILTER_FLAG_TSYNC)
		flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH; /* else the answer would be a thread */
	error = load_filter(t, filters->notifying, flags, &number);
	return error ? error : spawn_take_listener(t, (int)number);
}

static int stop_others(struct tracer *t)
{
	pid_t tid;
	int status;

	for (size_t i = 0; i < t->tracees.count; i++) {
		struct tracee *other = &t->tracees.all[i];

		if (other->tid != t->child)
			ptrace(PTRACE_INTERRUPT, other->tid, NULL, NULL);
	}
	for (;;) {
		bool all_stopped = true;
		int error;

		for (size_t i = 0; i < t->tracees.count; i++)
			all_stopped &= t->tracees.all[i].stopped;
		if (all_stopped)
			return 0;
		error = tracees_next(&t->tracees, &tid, &status);
		if (error < 0)
			return error == -ECHILD ? -ESRCH : error;
		if (!WIFSTOPPED(status)) {
			if (tid == t->child)
				return -ESRCH;
			continue;
		}
		if (stop_event(status) == PTRACE_EVENT_EXEC)
			return spawn_fail(t, -ECHILD,
					  "a thread executed another program "
					  "while this one was being sandboxed");
		/* At once: its parent may wait, unstoppable, for what a vfork makes. */
		if (!proc_is_thread(t->child, tid))
			return spawn_fail(t, -ECHILD,
					  "process %d, which the program made before its "
					  "entry point, still runs: it would not be sandboxed",
					  tid);
		/* Answered now: once nobody traces it the call would simply be made. */
		if (stop_event(status) == PTRACE_EVENT_SECCOMP) {
			error = spawn_answer_call(tid);
			if (error < 0 && error != -ESRCH)
				return error;
		}
	}
}

struct thread_check {
	struct tracer *tracer;
	int filters; /* that each must have; -1: any number */
	int threads;
};

static int check_thread(void *context, pid_t tid)
{
	struct thread_check *check = context;
	struct tracer *t = check->tracer;
	int filters = 0, error;

	if (!tracees_find(&t->tracees, tid))
		return spawn_fail(t, -ECHILD,
				  "thread %d of the program cannot be traced: "
				  "it was made with CLONE_UNTRACED",
				  tid);
	error = count_filters(t, tid, &filters);
	if (error < 0)
		return error;
	if (check->filters >= 0 && filters != check->filters)
		return spawn_fail(t, -EIO, "thread %d of the program has %d filters instead of %d",
				  tid, filters, check->filters);
	check->threads++;
	return 0;
}

static int check_threads(struct tracer *t, int filters, int *threads)
{
	struct thread_check check = { t, filters, 0 };
	int error = proc_each_thread(t->child, check_thread, &check);

	if (threads)
		*threads = check.threads;
	return error == -ENOENT ? -ESRCH : error;
}

static int detach_all(struct tracer *t)
{
	while (t->tracees.count) {
		struct tracee *last = &t->tracees.all[t->tracees.count - 1];
		int signal = stop_signal(last->status);

		/* ESRCH: it has been killed by someone. Then there is nothing to let go. */
		if (ptrace(PTRACE_DETACH, last->tid, NULL, (long)signal) < 0 && errno != ESRCH)
			return -errno;
		t->tracees.count--;
	}
	return SPAWN_SANDBOXED;
}

/* Its other threads could go on before somebody traces them. */
static int hold(struct tracer *t, int threads)
{
	if (threads > 1)
		return spawn_fail(t, -ECHILD,
				  "the program had %d threads before its entry point: with "
				  "intercepts it must have one",
				  threads);
	return spawn_hold(t->child, &t->shared->result.hold);
}

/* The program is at its first instruction, nothing is left to do but this. */
static int finish(struct tracer *t)
{
	const struct spawn_filters *filters = &t->request->filters;
	struct spawn_result *result = &t->shared->result;
	unsigned int flags = filters->flags;
	int now = 0, threads = 0;
	int64_t answer;
	int error;

	error = stop_others(t);
	if (error == 0)
		error = count_filters(t, t->child, &now);
	/* Without a permit no filter but ours can be there. */
	if (error == 0)
		error = check_threads(t, t->request->may_narrow ? -1 : t->filters, &threads);
	if (error < 0)
		return error;
	if (threads > 1)
		flags |= SECCOMP_FILTER_FLAG_TSYNC;
	if (filters->notifying) {
		error = load_notifying(t, flags);
		now++;
	}
	if (error == 0)
		error = load_filter(t, filters->final, flags, &answer);
	if (error == 0)
		error = check_threads(t, now + 1, NULL);
	if (error < 0)
		return error;
	result->filters_after = now + 1;
	if (error == 0 && t->request->is_held)
		error = hold(t, threads);
	if (error < 0)
		return error;
	/* Nothing has run at the entry point when it is let go, so it stops before that. */
	if (t->request->is_stopped && kill(t->child, SIGSTOP) < 0)
		return -errno;
	return detach_all(t);
}

static int check_kind(struct tracer *t)
{
	int elf_class = 0, machine = 0;
	int error = proc_elf_kind(t->child, &elf_class, &machine);

	if (error < 0)
		return error;
	if (elf_class == ELFCLASS64 && machine == INJECT_ELF_MACHINE)
		return 0;
	t->shared->result.exec_errno = ENOEXEC;
	return spawn_fail(t, -ENOEXEC,
			  "the program is for another ABI (%d-bit, ELF machine %d), "
			  "which would be killed: use a native build of it",
			  elf_class == ELFCLASS32 ? 32 : 64, machine);
}

/* How SIGTRAP stood: a trap resets both if it finds them so. */
static int note_trap_signal(struct tracer *t)
{
	uint64_t blocked, ignored;
	int error;

	if (ptrace(PTRACE_GETSIGMASK, t->child, (void *)sizeof(blocked), &blocked) < 0)
		return -errno;
	error = proc_status_number(t->child, t->child, "SigIgn", 16, &ignored);
	if (error < 0)
		return error == -ENOENT ? -ESRCH : error;
	t->trap_blocked = blocked & trap_bit;
	t->trap_ignored = ignored & trap_bit;
	return 0;
}

static int plant_trap(struct tracer *t, uint64_t entry)
{
	int error = inject_read(t->child, entry, t->entry_code, sizeof(t->entry_code));

	if (error == 0)
		error = inject_write(t->child, entry, inject_trap_code, sizeof(inject_trap_code));
	if (error == 0)
		t->entry = entry;
	return error;
}

/* The first stop after an exec, before the first instruction. */
int spawn_on_new_image(struct tracer *t)
{
	struct spawn_result *result = &t->shared->result;
	bool first = !t->has_execed;
	struct inject_registers registers;
	uint64_t entry;
	int64_t answer;
	int error;

	t->image_is_new = false;
	t->has_execed = true;
	t->entry = 0;
	error = check_kind(t);
	if (error == 0)
		error = proc_entry_point(t->child, &entry);
	if (error == 0)
		error = inject_get_registers(t->child, &registers);
	if (error == 0 && t->request->hides_vdso)
		error = hide_vdso(t->child);
	if (error < 0)
		return checked(t, error, "look at the program");
	if (first) {
		error = count_filters(t, t->child, &result->filters_before);
		if (error < 0)
			return checked(t, error, "read Seccomp_filters in /proc/PID/status");
		t->filters = result->filters_before;
	}
	if (inject_pc(&registers) == entry) /* no loader */
		return checked(t, finish(t), "load the final filter");

	error = note_trap_signal(t);
	/* A later exec has inherited the start filter. */
	if (error == 0 && first)
		error = load_filter(t, t->request->filters.start, t->request->filters.flags,
				    &answer);
	if (error < 0)
		return checked(t, error, "load the start filter");
	if (first)
		t->filters++;
	error = plant_trap(t, entry);
	if (error < 0)
		return checked(t, error, "write to the program's memory");
	return spawn_resume(t, t->child, tracees_find(&t->tracees, t->child)->status);
}

bool spawn_is_trap(struct tracer *t, pid_t tid, int status)
{
	struct inject_registers registers;
	siginfo_t info;

	if (!t->entry || stop_signal(status) != SIGTRAP ||
	    ptrace(PTRACE_GETSIGINFO, tid, NULL, &info) < 0)
		return false;
	if (info.si_code != SI_KERNEL && info.si_code != TRAP_BRKPT)
		return false;
	return inject_get_registers(tid, &registers) == 0 &&
	       inject_pc(&registers) == t->entry + INJECT_AFTER_TRAP;
}

/* The trap made the kernel forget that SIGTRAP was ignored. */
static int ignore_trap_again(struct tracer *t)
{
	/* The kernel's struct sigaction: handler, flags, restorer, mask. */
	const uint64_t action[4] = { (uint64_t)(uintptr_t)SIG_IGN };
	struct inject_registers registers;
	int64_t answer;
	int error;

	error = inject_get_registers(t->child, &registers);
	if (error < 0)
		return error;

	uint64_t address = inject_scratch(&registers, sizeof(action));
	const uint64_t arguments[6] = { SIGTRAP, address, 0, sizeof(uint64_t) };

	error = inject_write(t->child, address, action, sizeof(action));
	/* If the start filter refuses it, SIGTRAP has its default action: no harm. */
	if (error == 0)
		error = inject_call(&t->tracees, t->child, __NR_rt_sigaction, arguments, &answer);
	return error;
}

int spawn_on_entry(struct tracer *t, pid_t tid)
{
	struct inject_registers registers;
	uint64_t mask;
	int error;

	if (tid != t->child)
		return spawn_fail(t, -ECHILD,
				  "task %d, not the main thread, reached the entry point", tid);
	error = inject_write(tid, t->entry, t->entry_code, sizeof(t->entry_code));
	if (error == 0)
		error = inject_get_registers(tid, &registers);
	if (error == 0) {
		inject_set_pc(&registers, t->entry);
		error = inject_set_registers(tid, &registers);
	}
	if (error == 0 && t->trap_blocked) {
		if (ptrace(PTRACE_GETSIGMASK, tid, (void *)sizeof(mask), &mask) < 0)
			error = -errno;
		mask |= trap_bit;
		if (error == 0 && ptrace(PTRACE_SETSIGMASK, tid, (void *)sizeof(mask), &mask) < 0)
			error = -errno;
	}
	t->entry = 0;
	if (error == 0 && t->trap_ignored)
		error = ignore_trap_again(t);
	if (error < 0)
		return checked(t, error, "restore the program's entry point");
	return checked(t, finish(t), "load the final filter");
}
