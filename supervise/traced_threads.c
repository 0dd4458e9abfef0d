/* SPDX-License-Identifier: MIT */
#include "traced_threads.h"

#include <stdlib.h>

#define BUCKETS_AT_FIRST 16

static struct traced_thread **bucket(const struct traced_threads *threads, pid_t tid)
{
	return &threads->buckets[(size_t)tid & (threads->bucket_count - 1)];
}

/* Where the pointer to it is; *that is NULL: it is not known. */
static struct traced_thread **place(const struct traced_threads *threads, pid_t tid)
{
	struct traced_thread **at = bucket(threads, tid);

	while (*at && (*at)->tid != tid)
		at = &(*at)->next;
	return at;
}

struct traced_thread *threads_find(const struct traced_threads *threads, pid_t tid)
{
	return threads->bucket_count ? *place(threads, tid) : NULL;
}

static bool grow(struct traced_threads *threads)
{
	const size_t wanted = threads->bucket_count ? 2 * threads->bucket_count : BUCKETS_AT_FIRST;
	struct traced_threads larger = *threads;

	larger.bucket_count = wanted;
	larger.buckets = calloc(wanted, sizeof(struct traced_thread *));
	if (!larger.buckets)
		return false;
	for (size_t i = 0; i < threads->bucket_count; i++)
		for (struct traced_thread *t = threads->buckets[i], *next; t; t = next) {
			struct traced_thread **to = bucket(&larger, t->tid);

			next = t->next;
			t->next = *to;
			*to = t;
		}
	free(threads->buckets);
	*threads = larger;
	return true;
}

struct traced_thread *threads_add(struct traced_threads *threads, pid_t tid, pid_t process)
{
	struct traced_thread *t, **to;

	/* Without memory for more buckets they only become fuller. */
	if (threads->count >= threads->bucket_count && !grow(threads) && !threads->bucket_count)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	to = bucket(threads, tid);
	t->tid = tid;
	t->process = process;
	t->next = *to;
	*to = t;
	threads->count++;
	threads->processes += tid == process;
	return t;
}

void threads_remove(struct traced_threads *threads, pid_t tid)
{
	struct traced_thread **at, *t;

	if (!threads_find(threads, tid))
		return;
	at = place(threads, tid);
	t = *at;
	*at = t->next;
	threads->processes -= tid == t->process;
	free(t);
	threads->count--;
}

void threads_remove_process(struct traced_threads *threads, pid_t process)
{
	for (size_t i = 0; i < threads->bucket_count; i++)
		for (struct traced_thread *t = threads->buckets[i], *next; t; t = next) {
			next = t->next;
			if (t->process == process)
				threads_remove(threads, t->tid);
		}
}

struct traced_thread *threads_find_leader(const struct traced_threads *threads,
					  bool (*is_it)(pid_t process, pid_t tid), pid_t tid)
{
	for (size_t i = 0; i < threads->bucket_count; i++)
		for (struct traced_thread *t = threads->buckets[i]; t; t = t->next)
			if (t->tid == t->process && is_it(t->process, tid))
				return t;
	return NULL;
}

void threads_each(const struct traced_threads *threads, void (*visit)(pid_t tid))
{
	for (size_t i = 0; i < threads->bucket_count; i++)
		for (const struct traced_thread *t = threads->buckets[i]; t; t = t->next)
			visit(t->tid);
}

void threads_free(struct traced_threads *threads)
{
	for (size_t i = 0; i < threads->bucket_count; i++)
		for (struct traced_thread *t = threads->buckets[i], *next; t; t = next) {
			next = t->next;
			free(t);
		}
	free(threads->buckets);
	*threads = (struct traced_threads){ 0 };
}
