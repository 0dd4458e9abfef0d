/* SPDX-License-Identifier: MIT */
/* stile run: a program under grants. */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <stile.h>

#include "commands.h"
#include "context_options.h"
#include "find_program.h"
#include "run_listener.h"
#include "run_options.h"
#include "run_policy.h"
#include "run_program.h"
#include "run_report.h"
#include "say.h"
#include "start_failure.h"
#include "watch.h"

static const char help[] =
	"usage: stile run [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
	"\n"
	"Runs PROGRAM so that it can make the system calls that are granted and no others, for\n"
	"itself and all that it starts. For example: cat may read files and write to its\n"
	"standard output, and do nothing else:\n"
	"\n"
	"    stile run --pledge 'stdio rpath' -- cat /etc/hostname\n"
	"    stile run -g system_io.open_readonly -g system_io.read -g system_io.close \\\n"
	"        -g system_io.metadata -g system_io.advice -g system_io.stdout \\\n"
	"        -- cat /etc/hostname\n"
	"    stile run --policy profile.json --deny socket -- cat /etc/hostname\n"
	"\n" CONTEXT_HELP
	"      --policy POLICY     in place of grants: a file of any format, or what else\n"
	"                          'stile explain' takes; grants and the default then change it\n"
	"      --policy-fd N       the same from descriptor N, which PROGRAM does not get\n"
	"      --bpf-fd N          the same for a filter: raw instructions\n" POLICY_FILE_HELP
	"      --allow WHAT        change what happens to a call or to what a grant holds, and\n"
	"      --deny WHAT         say what that replaces: allow it; refuse it as the policy\n"
	"      --errno WHAT=ERRNO  refuses others; let it fail with an errno;\n"
	"      --kill WHAT         kill the process for it;\n"
	"      --log WHAT          allow it, and let the kernel log it\n"
	"      --permissive        refuse nothing: what would be refused is logged by the kernel\n"
	"  -l, --log-refused       let the kernel log what it refuses\n"
	"      --status-fd N       tell start, kill and end in JSON lines on descriptor N\n"
	"      --violation-exit N  exit with N if the policy kills PROGRAM\n"
	"      --print             print the rules of the grants and run nothing\n"
	"  -h, --help              this text\n"
	"\n"
	"'stile rulesets' lists what there is to grant, 'stile rulesets pledge' the words. Which\n"
	"calls does a program make? 'stile trace' shows them, and 'stile rulesets --syscall NAME'\n"
	"the grants that hold one. The start of PROGRAM needs no grant: exec and what the loader\n"
	"does are over when the filter is complete, and are not permitted afterwards.\n"
	"\n"
	"If the policy kills PROGRAM, the last line says for which call, by which line of the\n"
	"policy, and which grants would permit it.\n"
	"\n"
	"Exit status: PROGRAM's own; 128 + the number of the signal that ended it; 125 if stile\n"
	"failed or was used wrongly, and PROGRAM was not run; 126 if PROGRAM cannot be executed;\n"
	"127 if there is no such program; with --violation-exit its N if the policy killed it.\n";

static int fail(struct stile *s)
{
	say_message("run", stile_message(s));
	return STATUS_RUN_FAILED;
}

static int print_rules(struct stile *s)
{
	char *text = stile_print(s);

	if (!text)
		return fail(s);
	(void)fputs(text, stdout);
	free(text);
	return STATUS_OK;
}

static int not_executed(struct stile *s, const char *name, const char *path)
{
	const int error = stile_exec_errno(s);

	if (error == ENOEXEC && is_elf(path)) { /* of another machine or ABI */
		say_message("run", stile_message(s));
		return STATUS_NOT_EXECUTABLE;
	}
	return say_not_executed("run", name, path, error);
}

static void be_traceable(void)
{
	(void)prctl(PR_SET_DUMPABLE, 1);
}

/*
 * Nobody of the same user may write into this process, or a program that may open files for
 * writing would open our /proc/PID/mem and leave its sandbox that way. The child that becomes the
 * program has to be traced for its start; it is no copy of a secret.
 */
static int shut_off(void)
{
	int error = pthread_atfork(NULL, NULL, be_traceable);

	if (error == 0 && prctl(PR_SET_DUMPABLE, 0) < 0)
		error = errno;
	if (error)
		say("run", NULL, "cannot shut tracers off: %s", strerror(error));
	return error;
}

/* The library takes for the reason that we are not dumpable, but the child is. */
static int not_started(struct stile *s, const char *name)
{
	if (stile_error(s) != -EPERM || !strstr(stile_message(s), "the caller is not dumpable"))
		return fail(s);
	say("run", name,
	    "ptrace is not permitted: a seccomp filter that is on already, a security module or "
	    "the "
	    "container's profile must allow it");
	return STATUS_RUN_FAILED;
}

/* Whether some call, by whatever ABI, is killed for: else there is nothing to watch for. */
static bool may_kill(const struct stile_policy *p)
{
	enum stile_abi abis[STILE_ABI_COUNT];
	const size_t count = stile_policy_abis(p, abis);
	struct stile_policy_call call;
	struct stile_policy_rule rule;

	for (size_t a = 0; a < count; a++) {
		if (stile_policy_unknown(p, abis[a]).kind >= STILE_ACTION_TRAP)
			return true;
		for (size_t i = 0; stile_policy_get_call(p, abis[a], i, &call); i++) {
			if (call.rest.kind >= STILE_ACTION_TRAP)
				return true;
			for (size_t k = 0; stile_policy_get_rule(p, &call, k, &rule); k++)
				if (rule.action.kind >= STILE_ACTION_TRAP)
					return true;
		}
	}
	return false;
}

/* The program runs. To its end, and the status for ours. */
static int stand_in(const struct run_options *options, struct run_report *report,
		    struct watch *watch, pid_t pid)
{
	const int ended = run_program(pid, report->program, watch);
	bool is_violation = false;

	if (ended < 0)
		return STATUS_RUN_FAILED;
	if (WIFSIGNALED(ended) && WTERMSIG(ended) == SIGSYS)
		is_violation = report_killed(report, watch->calls, watch->call_count);
	else
		report_threads(report, watch->calls, watch->call_count);
	report_end(report, ended);
	if (!WIFSIGNALED(ended))
		return WEXITSTATUS(ended);
	if (is_violation && options->violation_exit >= 0)
		return options->violation_exit;
	return 128 + WTERMSIG(ended);
}

/* The program starts, and if the policy notifies the agent gets its listener. */
static int spawn_program(const struct run_sandbox *sandbox, const char *path, char **argv,
			 const struct stile_spawn_signals *signals, int connection, pid_t *pid)
{
	int listener, error;

	if (connection < 0)
		return stile_spawn(sandbox->s, path, argv, NULL, signals, pid);
	error = stile_spawn_with_listener(sandbox->s, path, argv, NULL, signals, pid, &listener);
	if (error || run_listener_send(connection, sandbox->policy, *pid, listener) == 0)
		return error;
	(void)kill(*pid, SIGKILL);
	return 0; /* it is waited for like any other */
}

static int spawn(const struct run_sandbox *sandbox, const struct run_options *options,
		 const char *path, char **argv, int connection)
{
	struct run_report report = { .fd = options->status_fd,
				     .program = argv[0],
				     .policy = sandbox->policy };
	struct watch watch = { 0 };
	struct run_signals signals;
	struct stile_spawn_signals spawn_signals;
	int error;
	pid_t pid;

	if (run_signals_block(&signals) < 0) {
		say("run", NULL, "cannot block signals: %s", strerror(errno));
		return STATUS_RUN_FAILED;
	}
	spawn_signals = run_signals_kept(&signals);
	run_signals_start(&signals);
	error = spawn_program(sandbox, path, argv, &spawn_signals, connection, &pid);
	run_signals_started(&signals);
	if (error == -ENOEXEC && stile_exec_errno(sandbox->s) != 0)
		return not_executed(sandbox->s, argv[0], path);
	if (error)
		return not_started(sandbox->s, argv[0]);
	report_start(&report, pid, sandbox->s);
	report.is_watched = may_kill(sandbox->policy);
	if (report.is_watched)
		watch_start(&watch, pid);
	return stand_in(options, &report, &watch, pid);
}

static int start(const struct run_sandbox *sandbox, const struct run_options *options, char **argv)
{
	unsigned int flags = options->logs_refusals ? STILE_APPLY_LOG : 0;
	bool has_skipped;
	int status, connection = -1;
	char *path;

	if (may_kill(sandbox->policy))
		flags |= STILE_SPAWN_STOPPED;
	if (stile_set_flags(sandbox->s, flags) < 0)
		return fail(sandbox->s);
	path = find_program(argv[0], &has_skipped);
	if (!path)
		return say_not_found("run", argv[0], errno, has_skipped);
	if (sandbox->is_notified)
		connection = run_listener_connect(sandbox->policy);
	if (shut_off() || (sandbox->is_notified && connection < 0))
		status = STATUS_RUN_FAILED;
	else
		status = spawn(sandbox, options, path, argv, connection);
	if (connection >= 0)
		(void)close(connection);
	free(path);
	return status;
}

static int run(struct run_options *options, char **argv)
{
	struct run_sandbox sandbox;
	int status;

	if (!options->is_print && !*argv) {
		say("run", NULL, "no program is given: see 'stile run --help'");
		return STATUS_RUN_FAILED;
	}
	if (options->is_print && options->policy) {
		say("run", NULL, "--print is for grants: 'stile explain FILE' shows a policy");
		return STATUS_RUN_FAILED;
	}
	status = run_sandbox_make(&sandbox, options);
	if (status == 0)
		status = options->is_print ? print_rules(sandbox.s) :
					     start(&sandbox, options, argv);
	run_sandbox_end(&sandbox);
	return status;
}

int command_run(int argc, char **argv)
{
	struct run_options options;
	int status = run_options_read(&options, argc, argv);

	if (status == 0 && options.is_help)
		(void)fputs(help, stdout);
	else if (status == 0)
		status = run(&options, argv + optind);
	run_options_end(&options);
	return status;
}
