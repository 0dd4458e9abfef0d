/* SPDX-License-Identifier: MIT */
/* A thousand starts leave nothing behind, and threads of the supervisor are in nobody's way. */
#include <check.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

#include "worker_support.h"

#define STARTS 1000
#define STARTS_WITH_THREADS 300
#define THREADS 2

static int end_at_once(struct stile_worker *worker, void *data)
{
	(void)worker;
	(void)data;
	return 3;
}

static unsigned int mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned int count = 0;
	int c;

	expect(maps != NULL);
	while ((c = getc(maps)) != EOF)
		count += c == '\n';
	(void)fclose(maps);
	return count;
}

static size_t used_memory(void)
{
#ifdef HAS_ADDRESS_SANITIZER
	return 0;
#else
	return mallinfo2().uordblks;
#endif
}

static void starts_often(void)
{
	const unsigned int before = open_descriptors();
	struct stile *s = worker_context();
	struct stile_worker *worker;
	unsigned int count = 0, maps = 0;
	size_t memory = 0;

	for (unsigned int i = 0; i < STARTS / 10; i++) {
		worker = new_worker(end_at_once, NULL, s, 9);
		expect(stile_worker_start(worker) == 0);
		do {
			wait_for_end(worker);
			count++;
		} while (stile_worker_ended(worker, NULL) == 1);
		stile_worker_free(worker);
		if (i == 10) { /* malloc keeps some of what was freed first */
			maps = mappings();
			memory = used_memory();
		}
	}
	expect(count == STARTS);
	expect_no_child();
	expect(open_descriptors() == before);
	expect(used_memory() <= memory + 1000); /* 90 workers were freed since */
#ifndef HAS_ADDRESS_SANITIZER
	expect(mappings() == maps);
#endif
	(void)maps;
	stile_free(s);
}

START_TEST(a_thousand_starts)
{
	check_child(starts_often);
}
END_TEST

/* ---- Threads that hold malloc's locks while the supervisor forks */

static atomic_bool is_over;
static atomic_uint busy;

static void *allocate_all_the_time(void *data)
{
	busy++;
	while (!is_over) {
		void *memory[64];

		for (size_t i = 0; i < 64; i++)
			memory[i] = malloc(i * 977 % 5000 + 1);
		for (size_t i = 0; i < 64; i++)
			free(memory[i]);
	}
	return data;
}

static int allocate_some(struct stile_worker *worker, void *data)
{
	char text[64];

	(void)data;
	for (size_t i = 0; i < 100; i++) {
		void *memory = malloc(i * 977 % 5000 + 1);

		expect(memory != NULL);
		free(memory);
	}
	/* stdio's locks are free too */
	expect(snprintf(text, sizeof(text), "%d\n", stile_worker_pid(worker)) > 1);
	return 0;
}

static void forks_beside_threads(void)
{
	struct stile *s = worker_context();
	struct stile_worker *worker = new_worker(allocate_some, NULL, s, 0);
	pthread_t threads[THREADS];

	/* One arena for all threads: its lock is the one that the worker will need. */
	expect(mallopt(M_ARENA_MAX, 1) == 1);
	for (size_t i = 0; i < THREADS; i++)
		expect(pthread_create(&threads[i], NULL, allocate_all_the_time, NULL) == 0);
	while (busy < THREADS)
		(void)sched_yield();
	for (unsigned int i = 0; i < STARTS_WITH_THREADS; i++) {
		expect(stile_worker_start(worker) == 0);
		expect(end_status(worker) == 0);
	}
	is_over = true;
	for (size_t i = 0; i < THREADS; i++)
		expect(pthread_join(threads[i], NULL) == 0);
	stile_worker_free(worker);
	stile_free(s);
	expect_no_child();
}

START_TEST(threads_that_allocate)
{
#ifdef HAS_ADDRESS_SANITIZER
	(void)forks_beside_threads;
	printf("skip: this sanitizer's own locks are not for fork()\n");
#else
	check_child(forks_beside_threads);
#endif
}
END_TEST

/* ---- Many at once */

static int answer_once(struct stile_worker *worker, void *data)
{
	struct stile_channel *channel = stile_worker_channel(worker);
	char byte;

	(void)data;
	expect(open_descriptors() == 4); /* nothing of the others */
	if (stile_channel_receive(channel, &byte, 1, NULL, NULL) != 1)
		return 0;
	expect(stile_channel_send(channel, &byte, 1, NULL, 0) == 0);
	return 0;
}

#define AT_ONCE 60

static void run_at_once(void)
{
	struct stile_worker *workers[AT_ONCE];
	char byte;

	for (int i = 0; i < AT_ONCE; i++)
		workers[i] = start_worker(answer_once, NULL);
	for (int i = 0; i < AT_ONCE; i++) {
		byte = (char)i;
		expect(stile_channel_send(stile_worker_channel(workers[i]), &byte, 1, NULL, 0) ==
		       0);
	}
	for (int i = 0; i < AT_ONCE; i++) {
		expect(stile_channel_receive(stile_worker_channel(workers[i]), &byte, 1, NULL,
					     NULL) == 1 &&
		       byte == (char)i);
		expect(end_status(workers[i]) == 0);
		stile_worker_free(workers[i]);
	}
	expect_no_child();
}

START_TEST(many_at_once)
{
	check_child(run_at_once);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("worker_many");
	TCase *cases = tcase_create("worker_many");

	tcase_set_timeout(cases, 120);
	tcase_add_test(cases, a_thousand_starts);
	tcase_add_test(cases, threads_that_allocate);
	tcase_add_test(cases, many_at_once);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
