/* SPDX-License-Identifier: MIT */
/*
 * What a call costs at which its program is stopped by ptrace for a handler, in nanoseconds: at its
 * entry, and at its entry and its exit. Held against a loop that does only that.
 *
 *   intercept [--only intercept] [--rounds NUMBER]
 */
#include <err.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile.h>

#include "workers.h"

#define CALLS_A_ROUND 2000
#define SECCOMP_STOP (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)
#define SYSCALL_STOP (SIGTRAP | 0x80)

/* One way to trace the target, which asks and answers by pipes. */
struct subject {
	bool has_exit;
	int ask, answer;
	pid_t target;
};

/* The program that is traced: for each question so many calls; says how long they took. */
static int be_target(void)
{
	char question;

	while (read(0, &question, 1) == 1) {
		const double start = microseconds();
		double value;

		for (int i = 0; i < CALLS_A_ROUND; i++)
			(void)syscall(SYS_getppid);
		value = (microseconds() - start) * 1e3 / CALLS_A_ROUND;
		if (write(1, &value, sizeof(value)) != sizeof(value))
			return 1;
	}
	return 0;
}

/* The target's ends become its standard input and output. */
static void make_pipes(struct subject *subject)
{
	int ask[2], answer[2];

	if (pipe(ask) < 0 || pipe(answer) < 0)
		err(1, "pipe");
	if (dup2(ask[0], 0) < 0 || dup2(answer[1], 1) < 0)
		err(1, "dup2");
	subject->ask = ask[1];
	subject->answer = answer[0];
}

static char *const target_argv[] = { (char *)"intercept", (char *)"--target", NULL };

static double measure_other(void *data)
{
	const struct subject *subject = data;
	double value;

	if (write(subject->ask, "", 1) != 1 ||
	    read(subject->answer, &value, sizeof(value)) != sizeof(value))
		errx(1, "the target has ended");
	return value;
}

static struct stile_answer allow(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	return stile_answer_allow();
}

static void prepare_ours(void *data)
{
	struct subject *subject = data;
	struct stile_supervisor *supervisor = stile_supervisor_new();
	struct stile *s = stile_new_allowing();

	make_pipes(subject);
	(void)stile_intercept(s, "getppid", allow, subject->has_exit ? allow : NULL, NULL);
	if (stile_supervisor_spawn(supervisor, s, "/proc/self/exe", target_argv, NULL, NULL,
				   &subject->target))
		errx(1, "%s", stile_message(s));
	stile_free(s); /* the supervisor stays, until this process ends */
}

static void stop_at_getppid(void)
{
	const struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	set_no_new_privs();
	(void)load_filter(filter, sizeof(filter) / sizeof(*filter));
}

static void prepare_loop(void *data)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD;
	struct subject *subject = data;
	int status;

	make_pipes(subject);
	subject->target = fork();
	if (subject->target < 0)
		err(1, "fork");
	if (subject->target == 0) {
		(void)raise(SIGSTOP);
		stop_at_getppid();
		(void)execv("/proc/self/exe", target_argv);
		_exit(127);
	}
	if (waitpid(subject->target, &status, WUNTRACED) < 0 ||
	    ptrace(PTRACE_SEIZE, subject->target, NULL, options) < 0)
		err(1, "ptrace");
	(void)kill(subject->target, SIGCONT);
}

static void expect_stop(const struct subject *subject, int wanted, int request)
{
	struct __ptrace_syscall_info info;
	int status, number;
	pid_t tid;

	while ((tid = waitpid(-1, &status, __WALL)) > 0 && status >> 8 != wanted) {
		if (!WIFSTOPPED(status))
			errx(1, "the target has ended");
		number = status >> 16 == 0 ? WSTOPSIG(status) : 0; /* as it starts */
		(void)ptrace(PTRACE_CONT, tid, NULL, (long)(number == SIGCONT ? 0 : number));
	}
	if (tid != subject->target ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info) <= 0 ||
	    ptrace((enum __ptrace_request)request, tid, NULL, NULL) < 0)
		err(1, "ptrace");
}

static double measure_loop(void *data)
{
	const struct subject *subject = data;
	double value;

	if (write(subject->ask, "", 1) != 1)
		err(1, "write");
	for (int i = 0; i < CALLS_A_ROUND; i++) {
		expect_stop(subject, SECCOMP_STOP,
			    subject->has_exit ? PTRACE_SYSCALL : PTRACE_CONT);
		if (subject->has_exit)
			expect_stop(subject, SYSCALL_STOP, PTRACE_CONT);
	}
	if (read(subject->answer, &value, sizeof(value)) != sizeof(value))
		errx(1, "the target has ended");
	return value;
}

static void compare(const char *measure, bool has_exit, size_t rounds)
{
	static const char *const names[] = { "loop", "ours" };
	struct subject subjects[] = { { .has_exit = has_exit }, { .has_exit = has_exit } };
	double *values = calloc(2 * rounds, sizeof(*values)), middle[2];
	struct worker workers[] = {
		worker_start(prepare_loop, measure_loop, &subjects[0]),
		worker_start(prepare_ours, measure_other, &subjects[1]),
	};

	if (!values)
		err(1, "values");
	for (size_t i = 0; i < 2; i++)
		(void)worker_measure(&workers[i]); /* warm */
	for (size_t round = 0; round < rounds; round++)
		for (size_t i = 0; i < 2; i++)
			values[i * rounds + round] = worker_measure(&workers[i]);
	for (size_t i = 0; i < 2; i++) {
		middle[i] = median(&values[i * rounds], rounds);
		bench_line("intercept", measure, names[i], middle[i], "ns", middle[0], names[0]);
		worker_end(&workers[i]);
	}
	free(values);
}

int main(int argc, char **argv)
{
	struct bench_options options;

	if (argc == 2 && strcmp(argv[1], "--target") == 0)
		return be_target();
	options = bench_options(argc, argv, 51);
	if (options.only && strcmp(options.only, "intercept") != 0)
		errx(2, "there is no case %s", options.only);
	compare("entry", false, options.rounds);
	compare("entry-and-exit", true, options.rounds);
	return 0;
}
