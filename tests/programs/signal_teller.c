/* SPDX-License-Identifier: MIT */
/*
 * signal_teller: a target of live_intercept_signals. Says "r" on standard output when it is ready,
 * then one byte for each signal that it catches: its number, or the value that it was queued with.
 * SIGTERM, SIGUSR2, SIGPIPE and what stops it stay as they were. In between it asks getppid(),
 * which comes to 4242.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static void tell(int number, siginfo_t *info, void *context)
{
	const int before = errno;
	const unsigned char byte =
		(unsigned char)(info->si_code == SI_QUEUE ? info->si_value.sival_int : number);

	(void)context;
	if (syscall(SYS_getppid) != 4242 || write(1, &byte, 1) != 1)
		_exit(1);
	errno = before;
}

int main(void)
{
	const int caught[] = { SIGUSR1, SIGHUP, SIGTRAP, SIGALRM,
			       SIGSEGV, SIGSYS, SIGCHLD, SIGRTMIN + 3 };
	struct sigaction action = { .sa_sigaction = tell, .sa_flags = SA_SIGINFO | SA_RESTART };

	/* one handler after the other, so that the order can be seen */
	(void)sigfillset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(caught) / sizeof(*caught); i++)
		if (sigaction(caught[i], &action, NULL) < 0)
			return 1;
	if (write(1, "r", 1) != 1)
		return 1;
	while (syscall(SYS_getppid) == 4242)
		;
	return 2;
}
