/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TRACER_SUPPORT_H
#define TESTS_TRACER_SUPPORT_H

/* Programs under a policy that leaves some calls to a tracer, and their tracer. */

#include <stdatomic.h>
#include <stdbool.h>

#include <stile/intercept.h>

#include "spawn_support.h"
#include "test_support.h"
#include "tracing.h"

/* A call by its name and who is asked about it. */
struct intercept {
	const char *call;
	stile_handler entry, exit;
	void *data;
};

struct traced {
	const struct intercept *intercepts; /* up to one without a name */
	stile_handler on_exec;
	bool hides_vdso;
	bool with_i386;	     /* the same for calls by that ABI */
	const char *refused; /* a call that fails with EDOM; NULL: none */
	const char *program; /* NULL: traced_target */
};

/* Faults, and how many handlers ran at once at most. */
extern atomic_int faults, running, most_running;
extern const char *_Atomic last_fault;

/* From now on programs have a second process, so that other threads run their handlers. */
void set_beside(void);

/* Each of the cases twice: the second time beside one another. */
Suite *traced_suite(const char *name, TCase *(*make_tcase)(const char *name));

struct tracing *new_tracing(void);

/* Starts one of the tests' programs (arguments: its verb and more, NULL at the end), which is
 * traced then. */
pid_t start_traced(struct tracing *tracing, const struct traced *traced,
		   const char *const arguments[]);

/* The same, waits, and frees the tracer: the status. Nothing may be left. */
int status_traced(const struct traced *traced, const char *const arguments[]);

/* It must end with status 0 and without faults. */
void check_traced(const struct traced *traced, const char *const arguments[]);

/* A handler that returns 4242, as traced_target wants it of getppid(). */
struct stile_answer answer_parent(struct stile_call *call, void *data);
extern const struct traced parent_answered;

#define INTERCEPTS(...) ((const struct intercept[]){ __VA_ARGS__, { NULL, NULL, NULL, NULL } })

#endif
