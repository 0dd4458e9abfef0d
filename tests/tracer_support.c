/* SPDX-License-Identifier: MIT */
#include "tracer_support.h"

#include <string.h>
#include <sys/wait.h>

#include <stile/spawn.h>

#define HANDLERS_MOST 8

atomic_int faults, running, most_running;
const char *_Atomic last_fault;

static bool is_beside;

void set_beside(void)
{
	is_beside = true;
}

Suite *traced_suite(const char *name, TCase *(*make_tcase)(const char *name))
{
	Suite *suite = suite_create(name);
	TCase *beside = make_tcase("with two processes");

	suite_add_tcase(suite, make_tcase("with one process"));
	tcase_add_checked_fixture(beside, set_beside, NULL);
	suite_add_tcase(suite, beside);
	return suite;
}

static void note_fault(void *data, const char *sentence)
{
	(void)data;
	last_fault = sentence;
	faults++;
}

static void note_enter(void *data)
{
	const int now = ++running;
	int most = most_running;

	(void)data;
	while (now > most && !atomic_compare_exchange_weak(&most_running, &most, now))
		;
}

static void note_leave(void *data)
{
	(void)data;
	running--;
}

struct tracing *new_tracing(void)
{
	const struct tracing_settings settings = { note_fault, note_enter, note_leave,
						   NULL,       NULL,	   NULL };
	struct tracing *tracing = tracing_new(&settings);

	ck_assert_ptr_nonnull(tracing);
	return tracing;
}

static void add_rule(struct stile_policy *policy, enum stile_abi abi, const char *call,
		     struct stile_action action)
{
	const struct stile_policy_rule rule = {
		.abi = abi,
		.number = (uint32_t)stile_syscall_number(abi, call),
		.action = action,
		.origin = -1,
	};

	ck_assert_int_eq(stile_policy_add_rule(policy, &rule), 0);
}

/* All is permitted but what is intercepted, or refused. */
static struct stile *context_for(const struct traced *traced, struct handlers *handlers)
{
	struct stile_policy *policy = stile_policy_new();
	struct stile *s = stile_new();

	ck_assert_int_eq(stile_policy_add_abi(policy, STILE_ABI_NATIVE), 0);
	ck_assert_int_eq(stile_policy_set_default(policy,
						  (struct stile_action){ STILE_ACTION_ALLOW, 0 }),
			 0);
	if (traced->with_i386)
		ck_assert_int_eq(stile_policy_add_abi(policy, STILE_ABI_I386), 0);
	for (const struct intercept *i = traced->intercepts; i && i->call; i++) {
		const struct stile_action trace = { STILE_ACTION_TRACE, ++handlers->count };

		add_rule(policy, STILE_ABI_NATIVE, i->call, trace);
		if (traced->with_i386)
			add_rule(policy, STILE_ABI_I386, i->call, trace);
		ck_assert_uint_le(handlers->count, HANDLERS_MOST);
		handlers->all[handlers->count - 1] = (struct handler){ i->entry, i->exit, i->data,
								       true };
	}
	if (traced->refused)
		add_rule(policy, STILE_ABI_NATIVE, traced->refused,
			 (struct stile_action){ STILE_ACTION_ERRNO, EDOM });
	ck_assert_msg(stile_use_policy(s, policy) == 0, "%s", stile_message(s));
	ck_assert_int_eq(stile_set_flags(s, STILE_SPAWN_STOPPED), 0);
	if (traced->hides_vdso)
		ck_assert_int_eq(stile_hide_vdso(s), 0);
	stile_policy_free(policy);
	return s;
}

pid_t start_traced(struct tracing *tracing, const struct traced *traced,
		   const char *const arguments[])
{
	struct handler all[HANDLERS_MOST];
	struct handlers handlers = { .all = all,
				     .on_exec = traced->on_exec,
				     .hides_vdso = traced->hides_vdso };
	const char *path = test_program(traced->program ? traced->program : "traced_target");
	const char *argv[16] = { path, "beside" };
	const int first = is_beside ? 2 : 1;
	struct stile *s = context_for(traced, &handlers);
	pid_t pid;

	argv[first] = NULL;
	for (int i = 0; i < 12 && arguments[i]; i++)
		argv[i + first] = arguments[i];
	ck_assert_msg(stile_spawn(s, path, (char *const *)argv, NULL, NULL, &pid) == 0, "%s",
		      stile_message(s));
	stile_free(s);
	ck_assert_int_eq(tracing_attach(tracing, pid, &handlers, NULL), 0);
	return pid;
}

int status_traced(const struct traced *traced, const char *const arguments[])
{
	struct tracing *tracing = new_tracing();
	pid_t pid = start_traced(tracing, traced, arguments);
	int status;

	ck_assert_int_eq(tracing_wait(tracing, pid, false, &status), 0);
	ck_assert_int_eq(tracing_wait(tracing, pid, false, &status), -ECHILD);
	tracing_free(tracing);
	expect_no_children();
	ck_assert_int_eq(running, 0);
	return status;
}

void check_traced(const struct traced *traced, const char *const arguments[])
{
	const int status = status_traced(traced, arguments);

	ck_assert_msg(WIFEXITED(status), "signal %d", WTERMSIG(status));
	ck_assert_msg(status == 0, "line %d", WEXITSTATUS(status));
	ck_assert_msg(faults == 0, "%s", last_fault);
}

struct stile_answer answer_parent(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	return stile_answer_return(4242);
}

static const struct intercept parents[] = { { "getppid", answer_parent, NULL, NULL }, { 0 } };
const struct traced parent_answered = { .intercepts = parents };
