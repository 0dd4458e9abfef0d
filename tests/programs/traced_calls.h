/* SPDX-License-Identifier: MIT */
#ifndef TESTS_PROGRAMS_TRACED_CALLS_H
#define TESTS_PROGRAMS_TRACED_CALLS_H

/* Calls of traced_target that C cannot say: with values in registers that calls do not use, and by
 * another ABI. */

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)

static void registers(void)
{
	register uint64_t in __asm__("r12") = 0x1122334455667788;
	register uint64_t out __asm__("r13") = 0;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result), "+r"(out), "+r"(in)
			 : "a"((long)SYS_getppid)
			 : "rcx", "r11", "memory");
	expect(result == 5 && in == 0x1122334455667788 && out == 0x8877665544332211);
}

/* Calls by i386's numbers. Of getpgid(1) the handler makes getpgid(0). */
static void other_abi(void)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(64L)
			 : "r8", "r9", "r10", "r11", "memory");
	expect(result == PARENT);
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(132L), "b"(1L)
			 : "r8", "r9", "r10", "r11", "memory");
	expect(result == (long)syscall(SYS_getpgrp));
}

#else

static void other_abi(void)
{
	expect(0);
}

static void registers(void)
{
	register uint64_t number __asm__("x8") = SYS_getppid;
	register uint64_t result __asm__("x0");
	register uint64_t in __asm__("x20") = 0x1122334455667788;
	register uint64_t out __asm__("x21") = 0;

	__asm__ volatile("svc #0" : "=r"(result), "+r"(out), "+r"(in) : "r"(number) : "memory");
	expect(result == 5 && in == 0x1122334455667788 && out == 0x8877665544332211);
}

#endif

#endif
