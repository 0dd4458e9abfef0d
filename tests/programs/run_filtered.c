/* SPDX-License-Identifier: MIT */
/*
 * run_filtered PROGRAM [ARGUMENT...]: run a program as `stile run` does, under hand-made
 * filters that refuse next to nothing. For test_run_program.py.
 */
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/wait.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../cli/run_program.c"
#include "../../cli/watch.c"
#include "../../cli/say.c"
#include "spawn.h"

int main(int argc, char **argv)
{
	struct sock_filter start[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_filter final[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_personality, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog start_program = { sizeof(start) / sizeof(*start), start };
	struct sock_fprog final_program = { sizeof(final) / sizeof(*final), final };
	struct run_signals signals;
	struct spawn_request request = {
		.path = argv[1],
		.argv = argv + 1,
		.envp = environ,
		.filters = { .start = &start_program, .final = &final_program },
		.blocked = &signals.blocked,
		.ignored = &signals.ignored,
	};
	struct spawn_result result;
	int ended;

	if (argc < 2 || run_signals_block(&signals) < 0)
		return 2;
	if (spawn_filtered(&request, &result) < 0) {
		(void)fprintf(stderr, "%s\n", result.message);
		return 2;
	}
	ended = run_program(result.pid, argv[1], NULL);
	return WIFSIGNALED(ended) ? 128 + WTERMSIG(ended) : WEXITSTATUS(ended);
}
