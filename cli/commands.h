/* SPDX-License-Identifier: MIT */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

/* The verbs of the command: each takes its own arguments, argv[0] being the verb, and returns the
 * exit status. */

enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_DIFFERENT = 1,	 /* of `prove`, `diff`, `check`, ... */
	STATUS_UNDECIDED = 3,	 /* ... whose failures must not look like a verdict: */
	STATUS_NO_VERDICT = 4,	 /* no filter, no policy, no memory */
	STATUS_RUN_FAILED = 125, /* of `run`, `trace`: ours, not the program's */
	STATUS_NOT_EXECUTABLE = 126,
	STATUS_NOT_FOUND = 127
};

int command_asm(int argc, char **argv);
int command_check(int argc, char **argv);
int command_compile(int argc, char **argv);
int command_convert(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_disasm(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_intersect(int argc, char **argv);
int command_lint(int argc, char **argv);
int command_merge(int argc, char **argv);
int command_minus(int argc, char **argv);
int command_prove(int argc, char **argv);
int command_run(int argc, char **argv);
int command_rulesets(int argc, char **argv);
int command_simulate(int argc, char **argv);
int command_trace(int argc, char **argv);

#endif
