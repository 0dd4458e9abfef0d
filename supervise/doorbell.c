/* SPDX-License-Identifier: MIT */
#include "doorbell.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_BYTES 65536

/*
 * Not libc's: the doorbell has its thread-local memory, errno with it, in common with the thread
 * that made it.
 */
#if defined(__x86_64__)

static inline long bare(long number, long a, long b, long c, long d)
{
	register long fourth __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
			 : "rcx", "r11", "memory");
	return result;
}

/* clone(2) with a stack of its own, on which the new process runs a function that never returns. */
static inline long bare_clone(long flags, void *stack, void (*function)(void *), void *data)
{
	register long fourth __asm__("r10") = 0, fifth __asm__("r8") = 0;
	long result;

	__asm__ volatile("syscall\n\t"
			 "testq %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "movq %[data], %%rdi\n\t"
			 "xorl %%ebp, %%ebp\n\t"
			 "callq *%[function]\n\t"
			 "hlt\n"
			 "1:"
			 : "=a"(result)
			 : "a"((long)SYS_clone), "D"(flags), "S"(stack), "d"(0L), "r"(fourth),
			   "r"(fifth), [function] "b"(function), [data] "r"(data)
			 : "rcx", "r11", "memory");
	return result;
}

#elif defined(__aarch64__)

static inline long bare(long number, long a, long b, long c, long d)
{
	register long which __asm__("x8") = number;
	register long first __asm__("x0") = a;
	register long second __asm__("x1") = b;
	register long third __asm__("x2") = c;
	register long fourth __asm__("x3") = d;

	__asm__ volatile("svc #0"
			 : "+r"(first)
			 : "r"(which), "r"(second), "r"(third), "r"(fourth)
			 : "memory");
	return first;
}

static inline long bare_clone(long flags, void *stack, void (*function)(void *), void *data)
{
	register long which __asm__("x8") = SYS_clone;
	register long first __asm__("x0") = flags;
	register void *second __asm__("x1") = stack;
	register long third __asm__("x2") = 0, fourth __asm__("x3") = 0, fifth __asm__("x4") = 0;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x0, %[data]\n\t"
			 "blr %[function]\n\t"
			 "brk #0\n"
			 "1:"
			 : "+r"(first)
			 : "r"(which), "r"(second), "r"(third), "r"(fourth),
			   "r"(fifth), [function] "r"(function), [data] "r"(data)
			 : "memory");
	return first;
}

#endif

/* In the doorbell. It ends with the thread that made it, and whenever something goes wrong. */
__attribute__((no_sanitize("address", "undefined", "thread"))) static void be_doorbell(void *data)
{
	struct doorbell *doorbell = data;
	/* No atomic_uint: sanitizers would look at it, in memory of the other thread's. */
	volatile unsigned int *is_rung = (volatile unsigned int *)&doorbell->is_rung;
	long self;

	if (bare(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0) != 0 ||
	    bare(SYS_getppid, 0, 0, 0, 0) != doorbell->parent ||
	    bare(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0) != 0)
		bare(SYS_exit, 1, 0, 0, 0);
	self = bare(SYS_getpid, 0, 0, 0, 0);
	/* Cannot be blocked; and as it is traced, it only stops. */
	while (bare(SYS_kill, self, SIGSTOP, 0, 0) == 0) {
		while (!*is_rung)
			bare(SYS_futex, (long)is_rung, FUTEX_WAIT_PRIVATE, 0, 0);
		*is_rung = 0; /* whoever rings before the stop is heard by it */
	}
	bare(SYS_exit, 1, 0, 0, 0);
}

static void forget(struct doorbell *doorbell)
{
	(void)munmap(doorbell->stack, STACK_BYTES);
	doorbell->stack = NULL;
	doorbell->pid = 0;
}

static pid_t wait_for(const struct doorbell *doorbell, int *status)
{
	pid_t pid;

	do {
		pid = waitpid(doorbell->pid, status, __WALL);
	} while (pid < 0 && errno == EINTR);
	return pid;
}

int doorbell_start(struct doorbell *doorbell)
{
	void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	int status = 0;
	int error;
	long pid;

	if (stack == MAP_FAILED)
		return -errno;
	doorbell->stack = stack;
	doorbell->parent = getpid();
	atomic_store(&doorbell->is_rung, 0);
	/* No signal tells of its end: so it is no child that others look for. */
	pid = bare_clone(CLONE_VM | CLONE_FS | CLONE_FILES, (char *)stack + STACK_BYTES,
			 be_doorbell, doorbell);
	doorbell->pid = (pid_t)pid;
	if (pid < 0) {
		error = (int)pid;
		forget(doorbell);
		return error;
	}
	/* Its first stop. */
	if (wait_for(doorbell, &status) < 0 || !WIFSTOPPED(status)) {
		forget(doorbell);
		return -EPERM;
	}
	doorbell_resume(doorbell);
	return 0;
}

void doorbell_ring(struct doorbell *doorbell)
{
	atomic_store(&doorbell->is_rung, 1);
	(void)syscall(SYS_futex, &doorbell->is_rung, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void doorbell_resume(struct doorbell *doorbell)
{
	(void)!ptrace(PTRACE_CONT, doorbell->pid, NULL, NULL);
}

void doorbell_has_ended(struct doorbell *doorbell)
{
	forget(doorbell);
}

void doorbell_stop(struct doorbell *doorbell)
{
	int status = 0;

	if (!doorbell->pid)
		return;
	if (kill(doorbell->pid, SIGKILL) < 0)
		(void)!ptrace(PTRACE_KILL, doorbell->pid, NULL, NULL);
	while (wait_for(doorbell, &status) > 0 && WIFSTOPPED(status))
		doorbell_resume(doorbell);
	forget(doorbell);
}
