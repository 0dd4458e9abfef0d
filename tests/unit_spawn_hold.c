/* SPDX-License-Identifier: MIT */
/* What holds a program between two tracers: a trap and a mask, on a child of the test. */
#include <check.h>
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inject.h"
#include "spawn_hold.h"
#include "spawn_support.h"
#include "test_support.h"

#define WORDS 64 /* of registers: more than any machine has */

/* All that can be blocked: the kernel leaves these two out. */
static const uint64_t all_signals = ~(UINT64_C(1) << (SIGKILL - 1) | UINT64_C(1) << (SIGSTOP - 1));
static const uint64_t mask_of_child = UINT64_C(1) << (SIGUSR1 - 1) | UINT64_C(1) << 63;

static volatile sig_atomic_t caught;
static pid_t child;

struct state {
	uint64_t registers[WORDS], code, mask;
};

static void count_signal(int number)
{
	(void)number;
	caught++;
}

static uint64_t own_mask(void)
{
	uint64_t mask = 0;
	sigset_t set;

	(void)sigprocmask(SIG_SETMASK, NULL, &set);
	for (int number = 1; number <= 64; number++)
		if (sigismember(&set, number) == 1)
			mask |= UINT64_C(1) << (number - 1);
	return mask;
}

/* Ends with how many signals it has caught since it stopped; as 100 if its mask has changed. */
static void be_child(void)
{
	const struct sigaction action = { .sa_handler = count_signal };
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigaddset(&set, 64);
	(void)sigprocmask(SIG_SETMASK, &set, NULL);
	(void)sigaction(SIGUSR2, &action, NULL);
	(void)sigaction(SIGTRAP, &action, NULL);
	(void)sigaction(SIGCONT, &action, NULL);
	(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	(void)raise(SIGSTOP);
	_exit(own_mask() == mask_of_child ? caught : 100);
}

static void set_up(void)
{
	int status;

	child = fork();
	if (child == 0)
		be_child();
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
}

static int status_of_child(void)
{
	int status;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

/* Of the stopped child; the code at this address. */
static struct state look(uint64_t address)
{
	struct state state = { 0 };
	struct iovec io = { state.registers, sizeof(state.registers) };

	ck_assert_int_eq(ptrace(PTRACE_GETREGSET, child, (void *)NT_PRSTATUS, &io), 0);
	ck_assert_uint_lt(io.iov_len, sizeof(state.registers));
	ck_assert_int_eq(ptrace(PTRACE_GETSIGMASK, child, (void *)sizeof(state.mask), &state.mask),
			 0);
	errno = 0;
	state.code = (uint64_t)ptrace(PTRACE_PEEKDATA, child, (void *)address, NULL);
	ck_assert_int_eq(errno, 0);
	return state;
}

static uint64_t counter(void)
{
	struct inject_registers registers;

	ck_assert_int_eq(inject_get_registers(child, &registers), 0);
	return inject_pc(&registers);
}

static void expect_registers(const struct state *now, const struct state *before)
{
	for (int i = 0; i < WORDS; i++)
		ck_assert_uint_eq(now->registers[i], before->registers[i]);
}

/* The code with a trap at its beginning. */
static uint64_t with_trap(uint64_t code)
{
	memcpy(&code, inject_trap_code, sizeof(inject_trap_code));
	return code;
}

START_TEST(a_trap_stands_there_and_signals_are_blocked)
{
	const uint64_t entry = counter();
	const struct state before = look(entry);
	struct spawn_hold hold;
	struct state held;

	ck_assert_int_eq(spawn_hold(child, &hold), 0);
	held = look(entry);
	ck_assert_uint_eq(held.code, with_trap(before.code));
	ck_assert_uint_ne(held.code, before.code);
	ck_assert_uint_eq(held.mask, all_signals);
	expect_registers(&held, &before);
	ck_assert_uint_eq(hold.entry, entry);
	ck_assert_uint_eq(hold.mask, mask_of_child);
	ck_assert_mem_eq(hold.code, &before.code, sizeof(inject_trap_code));
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(status_of_child(), SIGKILL);
}
END_TEST

START_TEST(release_leaves_nothing_of_it)
{
	const uint64_t entry = counter();
	const struct state before = look(entry);
	struct spawn_hold hold;
	struct state after;

	ck_assert_int_eq(spawn_hold(child, &hold), 0);
	ck_assert_int_eq(kill(child, SIGUSR2), 0);
	ck_assert_int_eq(spawn_release(child, &hold), 0);
	after = look(entry);
	ck_assert_uint_eq(after.code, before.code);
	ck_assert_uint_eq(after.mask, mask_of_child);
	expect_registers(&after, &before);
	/* the signal comes now, for its handler */
	ck_assert_int_eq(ptrace(PTRACE_DETACH, child, NULL, NULL), 0);
	ck_assert_int_eq(status_of_child(), 1 << 8);
}
END_TEST

/* None of the signals, which have handlers, gets it past the trap. */
START_TEST(whoever_goes_on_is_dead)
{
	static const int sent[] = { 0, SIGUSR2, SIGTRAP, SIGCONT };
	struct spawn_hold hold;

	ck_assert_int_eq(spawn_hold(child, &hold), 0);
	if (sent[_i])
		ck_assert_int_eq(kill(child, sent[_i]), 0);
	ck_assert_int_eq(ptrace(PTRACE_DETACH, child, NULL, NULL), 0);
	/* maybe with a core file */
	ck_assert_int_eq(WTERMSIG(status_of_child()), SIGTRAP);
}
END_TEST

START_TEST(whoever_has_moved_stays_held)
{
	struct inject_registers registers;
	struct spawn_hold hold;
	struct state held;

	ck_assert_int_eq(spawn_hold(child, &hold), 0);
	ck_assert_int_eq(inject_get_registers(child, &registers), 0);
	inject_set_pc(&registers, hold.entry + sizeof(inject_trap_code));
	ck_assert_int_eq(inject_set_registers(child, &registers), 0);
	ck_assert_int_eq(spawn_release(child, &hold), -EIO);
	held = look(hold.entry);
	ck_assert_uint_eq(held.code, with_trap(held.code));
	ck_assert_uint_eq(held.mask, all_signals);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(status_of_child(), SIGKILL);
}
END_TEST

START_TEST(the_dead)
{
	struct spawn_hold hold, none;

	ck_assert_int_eq(spawn_hold(child, &hold), 0);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(status_of_child(), SIGKILL);
	ck_assert_int_eq(spawn_hold(child, &none), -ESRCH);
	ck_assert_uint_eq(none.entry, 0);
	ck_assert_int_eq(spawn_release(child, &hold), -ESRCH);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("spawn_hold");
	TCase *cases = tcase_create("spawn_hold");

	tcase_add_checked_fixture(cases, set_up, expect_no_children);
	tcase_add_test(cases, a_trap_stands_there_and_signals_are_blocked);
	tcase_add_test(cases, release_leaves_nothing_of_it);
	tcase_add_loop_test(cases, whoever_goes_on_is_dead, 0, 4);
	tcase_add_test(cases, whoever_has_moved_stays_held);
	tcase_add_test(cases, the_dead);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
