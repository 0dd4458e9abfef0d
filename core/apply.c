/* SPDX-License-Identifier: MIT */
/* A context comes into force in the calling process. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "apply.h"
#include "compile.h"
#include "public.h"

/* What the kernel says before the filter is on: afterwards /proc may be out of reach. */
struct before {
	unsigned int threads; /* 0: unknown */
	int filters;	      /* -1: unknown */
};

/* uretprobe and uprobe: the kernel lets them through before it asks any filter
 * (kernel/seccomp.c), since uprobes put them into programs that know nothing of it. */
#if defined(__x86_64__)
static const int unfiltered_numbers[] = { 335, 336 };
#define UNFILTERED_COUNT 2
#else
static const int *const unfiltered_numbers = NULL;
#define UNFILTERED_COUNT 0
#endif

void fill_receipt(struct stile *s, size_t instructions)
{
	memset(&s->receipt, 0, sizeof(s->receipt));
	s->receipt.instructions = (unsigned int)instructions;
	s->receipt.kernel_cost = s->kernel_cost;
	s->receipt.flags = s->flags;
	s->receipt.no_new_privs = true;
	s->receipt.syscalls_simple = s->simple_count;
	s->receipt.syscalls_conditional = s->conditional_count;
	s->receipt.is_proved = !(s->flags & STILE_APPLY_UNPROVED);
	s->receipt.proof_paths = s->proof.paths;
	s->receipt.proof_nanoseconds = s->proof.nanoseconds;
	s->receipt.policy_hash = s->policy_hash;
	s->receipt.unfiltered_numbers = unfiltered_numbers;
	s->receipt.unfiltered_count = UNFILTERED_COUNT;
	s->has_receipt = true;
	s->is_applied = true;
}

static unsigned int count_threads(void)
{
	DIR *directory = opendir("/proc/self/task");
	unsigned int count = 0;
	struct dirent *entry;

	if (!directory)
		return 0;
	while ((entry = readdir(directory)))
		count += isdigit((unsigned char)entry->d_name[0]) != 0;
	(void)closedir(directory);
	return count;
}

/* Filters that the calling thread has already, as the kernel counts them (Linux 5.9). */
static int count_filters(void)
{
	FILE *status = fopen("/proc/thread-self/status", "re");
	char line[256];
	int count = -1;

	if (!status)
		return -1;
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "Seccomp_filters: %d", &count) == 1)
			break;
	(void)fclose(status);
	return count;
}

/* "1234 (name)", for the message about a thread that diverged. */
static void name_thread(long thread, char text[64])
{
	char path[64], name[32] = "";
	ssize_t length;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%ld/comm", thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, name, sizeof(name) - 1);
		if (length > 0 && name[length - 1] == '\n')
			name[length - 1] = '\0';
		(void)close(fd);
	}
	(void)snprintf(text, 64, "%ld%s%s%s", thread, *name ? " (" : "", name, *name ? ")" : "");
}

static int report_load(struct stile *s, int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
		/* no_new_privs is on, so it is not that: a filter answered */
		return context_fail(s, -EALREADY,
				    "seccomp: %s: a filter that is on this thread already does not "
				    "permit another: grant sandbox.narrow in the first context "
				    "(no_new_privs stays set)",
				    strerrordesc_np(error));
	case EBUSY:
		return context_fail(
			s, -EBUSY,
			"seccomp: a filter on this thread has a listener already: there "
			"is one supervisor for each chain of filters (no_new_privs stays "
			"set)");
	case ENOSYS:
		return context_fail(s, -ENOSYS,
				    "seccomp: this kernel has no seccomp filters (CONFIG_SECCOMP_"
				    "FILTER), or a filter hides the call: nothing is sandboxed "
				    "(no_new_privs stays set)");
	case ENOMEM:
		return context_fail(s, -ENOMEM,
				    "seccomp: the kernel has no memory for this filter, or the "
				    "filters of this thread are too long together: merge them into "
				    "one context (no_new_privs stays set)");
	case EINVAL:
		return context_fail(s, -ENOSYS,
				    "seccomp: the kernel does not know a flag or refuses the "
				    "filter: "
				    "see stile_probe_kernel() (no_new_privs stays set)");
	default:
		return context_fail(s, -EIO, "seccomp: %s (no_new_privs stays set)",
				    strerrordesc_np(error) ? strerrordesc_np(error) : "?");
	}
}

static int report_divergence(struct stile *s, long thread)
{
	char name[64];

	name_thread(thread, name);
	return context_fail(s, -ESRCH,
			    "seccomp: thread %s has a filter of its own, so the threads cannot be "
			    "synchronised: no thread has the new filter: apply to all threads "
			    "before "
			    "any of them applies one (no_new_privs stays set)",
			    name);
}

/* no_new_privs first: without it the kernel takes a filter from the privileged alone, and a
 * setuid program would run under one that it does not expect. */
int apply_no_new_privs(struct stile *s)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		return 0;
	if (errno == EPERM || errno == EACCES)
		return context_fail(s, -EALREADY,
				    "prctl(PR_SET_NO_NEW_PRIVS): %s: a filter that is on this "
				    "thread "
				    "already does not permit another: grant sandbox.narrow in the "
				    "first context",
				    strerrordesc_np(errno));
	return context_fail(s, -ENOSYS, "prctl(PR_SET_NO_NEW_PRIVS): %s: nothing is sandboxed",
			    strerrordesc_np(errno) ? strerrordesc_np(errno) : "?");
}

int apply_load_filter(struct stile *s, const struct filter *filter, unsigned int flags,
		      long *result)
{
	struct sock_fprog program = { .len = (unsigned short)filter->count,
				      .filter = filter->instructions };

	/* Without a program the kernel answers EFAULT; a filter that fakes success for
	 * seccomp(2) does not, and would let us believe that ours is on. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) == 0)
		return context_fail(s, -EALREADY,
				    "seccomp: a filter on this thread answers seccomp(2) in the "
				    "kernel's place: nothing is sandboxed (no_new_privs stays "
				    "set)");
	*result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	return *result < 0 ? report_load(s, errno) : 0;
}

static int load(struct stile *s, const struct filter *filter, bool all_threads)
{
	unsigned int flags = seccomp_flags(s);
	long result = 0;
	int error;

	if (all_threads)
		flags |= SECCOMP_FILTER_FLAG_TSYNC;
	error = apply_load_filter(s, filter, flags, &result);
	/* With TSYNC a thread that stands in the way is a positive number (seccomp(2)). */
	return !error && result > 0 ? report_divergence(s, result) : error;
}

/*
 * Only a thread without a filter looks into /proc: where one is on, open may be what kills.
 * (PR_GET_SECCOMP is among what sandbox.narrow permits.)
 */
static struct before look(bool all_threads)
{
	struct before before = { .threads = all_threads ? 0 : 1, .filters = -1 };

	if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0)
		return before;
	if (all_threads)
		before.threads = count_threads();
	before.filters = count_filters();
	return before;
}

static int apply(struct stile *s, bool all_threads)
{
	struct before before;
	int error = context_ready(s);

	if (!error && (s->is_notified || s->is_intercepted))
		error = context_fail(s, -EINVAL,
				     "this context has handlers, and nobody would answer: use "
				     "stile_supervise_self(), stile_supervise_thread() or "
				     "stile_apply_with_listener()");
	if (!error)
		error = policy_check_native(s);
	if (!error)
		error = compile_prepare(s);
	if (error)
		return error;
	before = look(all_threads);
	error = apply_no_new_privs(s);
	if (!error)
		error = load(s, &s->prepared, all_threads);
	if (error)
		return error;
	fill_receipt(s, s->prepared.count);
	s->receipt.threads = before.threads;
	s->receipt.filters = (unsigned int)(before.filters + 1);
	s->receipt.all_threads = all_threads;
	return 0;
}

STILE_PUBLIC int stile_apply_to_current_thread(struct stile *s)
{
	return apply(s, false);
}

STILE_PUBLIC int stile_apply_to_all_threads(struct stile *s)
{
	return apply(s, true);
}

STILE_PUBLIC const struct stile_receipt *stile_receipt(const struct stile *s)
{
	return s && s->has_receipt ? &s->receipt : NULL;
}

STILE_PUBLIC int stile_apply_strict(struct stile *s)
{
	int error = context_ready(s);

	if (error)
		return error;
	if (s->is_touched)
		return context_fail(s, -EINVAL,
				    "strict mode has no grants: apply it with a context in which "
				    "nothing was granted or refused");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL) == 0) {
		s->is_applied = true;
		return 0;
	}
	if (errno == EINVAL)
		return context_fail(s, -EALREADY,
				    "strict mode: a filter is on this thread already, or the "
				    "kernel "
				    "has no seccomp");
	return report_load(s, errno);
}
