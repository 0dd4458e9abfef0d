/* SPDX-License-Identifier: MIT */
/* Which of the judgements that wait are begun. */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "judges.h"
#include "test_support.h"
#include "trace_deferred.h"

#define JUDGEMENTS 8 /* of a program */

/* What begins, and is done, says its program's number here; it goes on for a byte. */
static int begun[2], finished[2], gate[2];
static atomic_uint most;
static struct judges judges;

struct program {
	struct deferred deferred;
	char number;
	struct judgement judgements[JUDGEMENTS];
};

static struct stile_answer judge(struct stile_call *call, void *data)
{
	const struct program *program = data;
	char byte;

	(void)call;
	(void)!write(begun[1], &program->number, 1);
	(void)!read(gate[0], &byte, 1);
	return stile_answer_fail(1);
}

static void note_done(struct judgement *judgement)
{
	const struct program *program = judgement->data;

	(void)!write(finished[1], &program->number, 1);
}

static void ignore(void *data)
{
	(void)data;
}

static void note_fault(void *data, const char *sentence)
{
	(void)data;
	(void)sentence;
}

static unsigned int most_at_once(void *data)
{
	(void)data;
	return most;
}

static const struct tracing_settings settings = {
	.fault = note_fault, .enter = ignore, .leave = ignore, .most = most_at_once
};

static void set_up(void)
{
	ck_assert_int_eq(pipe2(begun, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(finished, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(gate, O_CLOEXEC), 0);
	most = 8;
	judges_init(&judges, &settings);
}

static void tear_down(void)
{
	judges_end(&judges);
	ck_assert_uint_eq(judges.running, 0);
}

static void ask(struct program *program, char number)
{
	memset(program, 0, sizeof(*program));
	program->number = number;
	for (int i = 0; i < JUDGEMENTS; i++) {
		struct judgement *judgement = &program->judgements[i];

		judgement->handler = judge;
		judgement->data = program;
		judgement->deferred = &program->deferred;
		judgement->done = note_done;
		ck_assert(judges_ask(&judges, judgement));
	}
}

static void expect_numbers(const int pipe[2], char number, int count)
{
	char said;

	for (int i = 0; i < count; i++) {
		ck_assert_int_eq(read(pipe[0], &said, 1), 1);
		ck_assert_int_eq(said, number);
	}
}

static void expect_silence(void)
{
	struct pollfd poller = { .fd = begun[0], .events = POLLIN };

	ck_assert_int_eq(poll(&poller, 1, 0), 0);
}

static void let_go(int count)
{
	for (int i = 0; i < count; i++)
		ck_assert_int_eq(write(gate[1], "", 1), 1);
}

/* Lets so many go on, which are then done. */
static void finish(int count)
{
	char said;

	let_go(count);
	for (int i = 0; i < count; i++)
		ck_assert_int_eq(read(finished[0], &said, 1), 1);
}

START_TEST(a_program_gets_half_of_what_others_leave)
{
	struct program first, second, third;

	ask(&first, 1);
	expect_numbers(begun, 1, 4);
	ask(&second, 2);
	expect_numbers(begun, 2, 2);
	ask(&third, 3);
	expect_numbers(begun, 3, 1);
	expect_silence();
	finish(3 * JUDGEMENTS);
}
END_TEST

START_TEST(the_next_one_follows)
{
	struct program program;

	ask(&program, 1);
	expect_numbers(begun, 1, 4);
	for (int i = 4; i < JUDGEMENTS; i++) {
		let_go(1);
		expect_numbers(finished, 1, 1);
		expect_numbers(begun, 1, 1);
		expect_silence();
	}
	finish(4);
	expect_silence();
}
END_TEST

START_TEST(more_at_once)
{
	struct program program;

	most = 1;
	ask(&program, 1);
	expect_numbers(begun, 1, 1);
	most = 12;
	judges_limit_changed(&judges);
	expect_numbers(begun, 1, 5);
	expect_silence();
	finish(JUDGEMENTS);
}
END_TEST

/* Only what is not begun. */
START_TEST(some_are_withdrawn)
{
	struct program program;
	int withdrawn = 0;

	ask(&program, 1);
	expect_numbers(begun, 1, 4);
	/* the last of all, and one in the middle */
	withdrawn += judges_withdraw(&judges, &program.judgements[7]);
	withdrawn += judges_withdraw(&judges, &program.judgements[5]);
	ck_assert_int_eq(withdrawn, 2);
	for (int i = 0; i < 4; i++)
		ck_assert(!judges_withdraw(&judges, &program.judgements[i]));
	ck_assert(!judges_withdraw(&judges, &program.judgements[7]));
	/* one more at the end */
	ck_assert(judges_ask(&judges, &program.judgements[7]));
	finish(7);
	expect_numbers(begun, 1, 3);
	expect_silence();
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("judges");
	TCase *cases = tcase_create("judges");

	tcase_set_timeout(cases, 60);
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, a_program_gets_half_of_what_others_leave);
	tcase_add_test(cases, the_next_one_follows);
	tcase_add_test(cases, more_at_once);
	tcase_add_test(cases, some_are_withdrawn);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
