/* SPDX-License-Identifier: MIT */
#include "policy.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const bench_policies[] = {
	"60",	       "150",	    "300",	  "350",	 "60+12",     "300+12",
	"200-values",  "200-rules", "1000-rules", "1000-values", "container",
#if defined(__x86_64__)
	"container-3",
#endif
	NULL,
};

/* What a small server calls, and the benchmarks themselves, which run under these policies. */
static const char *const usual[] = {
	"read",
	"write",
	"close",
	"exit_group",
	"exit",
	"rt_sigreturn",
	"getppid",
	"clock_gettime",
	"restart_syscall",
	"futex",
	"brk",
	"munmap",
	"mremap",
	"rt_sigaction",
	"rt_sigprocmask",
	"sigaltstack",
	"gettid",
	"getpid",
	"tgkill",
	"poll",
	"epoll_create1",
	"epoll_ctl",
	"epoll_wait",
	"epoll_pwait",
	"eventfd2",
	"accept4",
	"bind",
	"listen",
	"connect",
	"recvfrom",
	"sendto",
	"recvmsg",
	"sendmsg",
	"shutdown",
	"getsockname",
	"getpeername",
	"readv",
	"writev",
	"pread64",
	"pwrite64",
	"newfstatat",
	"statx",
	"fstat",
	"getdents64",
	"pipe2",
	"dup",
	"dup3",
	"nanosleep",
	"clock_nanosleep",
	"getrandom",
	"sched_yield",
	"set_robust_list",
	"rseq",
	"prlimit64",
	"getuid",
	"geteuid",
	"getgid",
	"getegid",
	"uname",
	"seccomp",
};
#define USUAL (sizeof(usual) / sizeof(*usual))

/* Calls that the same policies give conditions, and two whose flags stand behind a pointer. */
static const char *const not_plain[] = { "fcntl",   "ioctl",	  "lseek",	 "mprotect",
					 "madvise", "setsockopt", "getsockopt",	 "socket",
					 "prctl",   "clone",	  "personality", "openat",
					 "openat2", "clone3",	  "mmap" };

#define ONE(name, index, argument, value)                               \
	{                                                               \
		(name), 1, { { (argument), STILE_EQUAL, 0, (value) } }, \
		{                                                       \
			(index)                                         \
		}                                                       \
	}
#define MASK(name, index, argument, mask, value)                                    \
	{                                                                           \
		(name), 1, { { (argument), STILE_MASKED_EQUAL, (mask), (value) } }, \
		{                                                                   \
			(index)                                                     \
		}                                                                   \
	}
#define TWO(name, index, argument, value, index2, argument2, value2)   \
	{                                                              \
		(name), 2,                                             \
			{ { (argument), STILE_EQUAL, 0, (value) },     \
			  { (argument2), STILE_EQUAL, 0, (value2) } }, \
		{                                                      \
			(index), (index2)                              \
		}                                                      \
	}

/* Twelve calls with conditions. */
static const struct bench_rule twelve[] = {
	ONE("fcntl", 1, "cmd", 1),
	ONE("fcntl", 1, "cmd", 2),
	ONE("fcntl", 1, "cmd", 3),
	ONE("fcntl", 1, "cmd", 4),
	ONE("ioctl", 1, "request", 0x5401),
	ONE("ioctl", 1, "request", 0x5421),
	ONE("ioctl", 1, "request", 0x541b),
	ONE("lseek", 2, "whence", 0),
	ONE("lseek", 2, "whence", 1),
	ONE("lseek", 2, "whence", 2),
	MASK("mprotect", 2, "prot", 4, 0),
	ONE("madvise", 2, "advice", 4),
	ONE("madvise", 2, "advice", 8),
	TWO("setsockopt", 1, "level", 1, 2, "optname", 2),
	TWO("setsockopt", 1, "level", 6, 2, "optname", 1),
	TWO("getsockopt", 1, "level", 1, 2, "optname", 4),
	ONE("socket", 0, "domain", 1),
	ONE("socket", 0, "domain", 2),
	ONE("socket", 0, "domain", 10),
	ONE("prctl", 0, "option", 3),
	ONE("prctl", 0, "option", 15),
	MASK("clone", 0, "flags", 0x7e020000, 0),
	ONE("personality", 0, "persona", 0xffffffff),
	MASK("openat", 2, "flags", 3, 0),
};

/* Calls with an int or a descriptor, and where it stands. */
static const struct {
	const char *syscall, *argument;
	unsigned int index;
} fifty[] = {
	{ "accept", "sockfd", 0 },
	{ "accept4", "flags", 3 },
	{ "access", "mode", 1 },
	{ "alarm", "seconds", 0 },
	{ "bind", "sockfd", 0 },
	{ "clock_getres", "clockid", 0 },
	{ "clock_nanosleep", "clockid", 0 },
	{ "connect", "sockfd", 0 },
	{ "dup", "oldfd", 0 },
	{ "dup2", "newfd", 1 },
	{ "dup3", "flags", 2 },
	{ "epoll_create1", "flags", 0 },
	{ "epoll_ctl", "op", 1 },
	{ "epoll_wait", "maxevents", 2 },
	{ "eventfd2", "flags", 1 },
	{ "fallocate", "mode", 1 },
	{ "fchdir", "fd", 0 },
	{ "fcntl", "cmd", 1 },
	{ "fdatasync", "fd", 0 },
	{ "flock", "operation", 1 },
	{ "fstat", "fd", 0 },
	{ "fsync", "fd", 0 },
	{ "ftruncate", "fd", 0 },
	{ "getdents64", "fd", 0 },
	{ "getitimer", "which", 0 },
	{ "getpeername", "sockfd", 0 },
	{ "getpgid", "pid", 0 },
	{ "getpriority", "which", 0 },
	{ "getrlimit", "resource", 0 },
	{ "getrusage", "who", 0 },
	{ "getsid", "pid", 0 },
	{ "getsockname", "sockfd", 0 },
	{ "getsockopt", "optname", 2 },
	{ "inotify_add_watch", "fd", 0 },
	{ "ioctl", "request", 1 },
	{ "ioprio_get", "which", 0 },
	{ "kill", "sig", 1 },
	{ "listen", "backlog", 1 },
	{ "lseek", "whence", 2 },
	{ "madvise", "advice", 2 },
	{ "membarrier", "cmd", 0 },
	{ "mlockall", "flags", 0 },
	{ "msync", "flags", 2 },
	{ "prctl", "option", 0 },
	{ "setsockopt", "optname", 2 },
	{ "shutdown", "how", 1 },
	{ "socket", "domain", 0 },
	{ "socketpair", "type", 1 },
	{ "splice", "flags", 5 },
	{ "umask", "mask", 0 },
};
#define FIFTY (sizeof(fifty) / sizeof(*fifty))

static bool is_in(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static struct bench_rule *add(struct bench_policy *policy, const char *syscall)
{
	struct bench_rule *rule = &policy->rules[policy->count];
	bool is_known = false;

	for (size_t i = 0; i < policy->abi_count; i++)
		is_known |= stile_syscall_number(policy->abis[i], syscall) >= 0;
	if (!is_known)
		return NULL;
	memset(rule, 0, sizeof(*rule));
	rule->syscall = syscall;
	policy->count++;
	return rule;
}

static void add_rules(struct bench_policy *policy, const struct bench_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bench_rule *rule = add(policy, rules[i].syscall);

		if (rule)
			*rule = rules[i];
	}
}

static int by_hash(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a * 2654435761u,
		       y = *(const uint32_t *)b * 2654435761u;

	return x < y ? -1 : x > y;
}

/*
 * So many calls without conditions: the usual ones, and then others as a hash of their numbers
 * chooses them, so that gaps are left between the numbers as in the policies of real programs.
 */
static void add_plain(struct bench_policy *policy, size_t wanted)
{
	uint32_t numbers[1024];
	const size_t count = sizeof(numbers) / sizeof(*numbers);

	for (size_t i = 0; i < USUAL && policy->count < wanted; i++)
		(void)add(policy, usual[i]);
	for (uint32_t i = 0; i < count; i++)
		numbers[i] = i;
	qsort(numbers, count, sizeof(*numbers), by_hash);
	for (size_t i = 0; i < count && policy->count < wanted; i++) {
		const char *name = stile_syscall_name(STILE_ABI_NATIVE, (long)numbers[i]);

		if (name && !is_in(name, usual, USUAL) &&
		    !is_in(name, not_plain, sizeof(not_plain) / sizeof(*not_plain)))
			(void)add(policy, name);
	}
}

/* Values with gaps, so that no run of them is one range. */
static void add_values(struct bench_policy *policy, const char *syscall, const char *argument,
		       unsigned int index, unsigned int first, unsigned int values)
{
	for (unsigned int i = 0; i < values; i++) {
		struct bench_rule *rule = add(policy, syscall);

		if (!rule)
			return;
		rule->condition_count = 1;
		rule->conditions[0] = (struct stile_condition){ argument, STILE_EQUAL, 0,
								first + 3 * i };
		rule->arguments[0] = index;
	}
}

/* No two calls with the same values: their conditions cannot be shared. */
static void add_fifty(struct bench_policy *policy, unsigned int values)
{
	for (size_t i = 0; i < FIFTY; i++)
		add_values(policy, fifty[i].syscall, fifty[i].argument, fifty[i].index,
			   (unsigned int)i * 100, values);
}

static void fill(struct bench_policy *policy, const char *name)
{
	const char *plus = strchr(name, '+');

	if (strcmp(name, "200-values") == 0 || strcmp(name, "1000-values") == 0) {
		add_plain(policy, USUAL);
		add_values(policy, "ioctl", "request", 1, 0, (unsigned int)atoi(name));
	} else if (strcmp(name, "200-rules") == 0 || strcmp(name, "1000-rules") == 0) {
		add_fifty(policy, (unsigned int)atoi(name) / (unsigned int)FIFTY);
	} else if (strncmp(name, "container", 9) == 0) {
		for (size_t i = 0; container_calls[i]; i++)
			(void)add(policy, container_calls[i]);
		add_rules(policy, container_rules, container_rule_count);
	} else {
		add_plain(policy, (size_t)atoi(name));
		if (plus)
			add_rules(policy, twelve, sizeof(twelve) / sizeof(*twelve));
	}
}

#define RULES_MAX 1200

struct bench_policy bench_policy(const char *name)
{
	struct bench_policy policy = { .abis = { STILE_ABI_NATIVE }, .abi_count = 1 };
	size_t i = 0;

	while (bench_policies[i] && strcmp(bench_policies[i], name) != 0)
		i++;
	policy.name = bench_policies[i];
	if (!policy.name)
		errx(2, "there is no policy %s", name);
#if defined(__x86_64__)
	if (strcmp(name, "container-3") == 0) {
		policy.abis[policy.abi_count++] = STILE_ABI_I386;
		policy.abis[policy.abi_count++] = STILE_ABI_X32;
	}
#endif
	policy.rules = calloc(RULES_MAX, sizeof(*policy.rules));
	if (!policy.rules)
		err(1, "policy");
	fill(&policy, name);
	return policy;
}

void bench_policy_free(struct bench_policy *policy)
{
	free(policy->rules);
}
