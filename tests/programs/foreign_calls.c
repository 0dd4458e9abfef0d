/* SPDX-License-Identifier: MIT */
/*
 * A program of this machine's ABI that makes i386's calls, before its entry point and behind it,
 * and writes what they answered. For live_abis.c; where the machine is not x86_64 it does nothing.
 */
#if defined(__x86_64__) && !defined(__ILP32__)
#include <linux/prctl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* i386's numbers */
enum { I386_EXIT = 1, I386_GETPID = 20, I386_CLONE = 120, I386_PRCTL = 172, I386_GETUID = 199 };
enum { I386_SECCOMP = 354, I386_CLONE3 = 435 };

static long seccomp, prctl, clone, clone3;

static inline long call(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c), "S"(0L), "D"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

static int nothing(void)
{
	return 0;
}

/* The loader asks it for an address, before the entry point. */
__attribute__((used, no_stack_protector)) static int (*resolver(void))(void)
{
	seccomp = call(I386_SECCOMP, 1, 0, 0);
	prctl = call(I386_PRCTL, PR_SET_SECCOMP, 2, 0);
	clone3 = call(I386_CLONE3, 0, 0, 0);
	clone = call(I386_CLONE, CLONE_UNTRACED | SIGCHLD, 0, 0);
	if (clone == 0)
		(void)call(I386_EXIT, 0, 0, 0);
	return nothing;
}

static int resolved(void) __attribute__((ifunc("resolver")));

int main(void)
{
	char text[200];
	int length = snprintf(text, sizeof(text),
			      "early: seccomp %ld, prctl %ld, clone3 %ld, clone %ld\n"
			      "late: getpid %d, getuid %ld, seccomp %ld\n",
			      seccomp, prctl, clone3, clone,
			      call(I386_GETPID, 0, 0, 0) == (long)getpid(),
			      call(I386_GETUID, 0, 0, 0), call(I386_SECCOMP, 1, 0, 0));

	return resolved() || write(1, text, (size_t)length) != length;
}
#else
int main(void)
{
	return 0;
}
#endif
