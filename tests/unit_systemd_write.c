/* SPDX-License-Identifier: MIT */
/* Drop-ins that are written: they mean the policy, or it is said what cannot be said. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy_text.h"
#include "systemd_groups.h"

static const struct format *const format = &format_systemd;
static char groups_file[] = "/tmp/stile-groups-XXXXXX";
static struct read_options x86_64 = { .abi = STILE_ABI_X86_64, .systemd_groups = groups_file };

static void write_groups(void)
{
	static const char groups[] = "@default\n    execve\n    exit\n    mmap\n";
	const int file = mkstemp(groups_file);

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(write(file, groups, strlen(groups)), (ssize_t)strlen(groups));
	ck_assert_int_eq(close(file), 0);
}

static void remove_groups(void)
{
	ck_assert_int_eq(unlink(groups_file), 0);
}

#define ALL "SystemCallArchitectures=x86-64 x86 x32\n"

/* A unit, and what is written of what it means; NULL: the same. */
static const struct {
	const char *unit, *written;
} rounds[] = {
	{ "[Service]\nSystemCallFilter=~mount\n", "[Service]\nSystemCallFilter=~mount\n" },
	{ "[Service]\nSystemCallFilter=read\n",
	  "[Service]\nSystemCallFilter=exit\nSystemCallFilter=~@default exit\n"
	  "SystemCallFilter=execve exit mmap read\n" },
	{ "[Service]\nSystemCallFilter=read\nSystemCallErrorNumber=EPERM\n"
	  "SystemCallFilter=~mount:kill sync:ENOSYS exit\nSystemCallLog=read kill\n",
	  "[Service]\nSystemCallFilter=exit\nSystemCallFilter=~@default exit\n"
	  "SystemCallFilter=execve mmap read\nSystemCallFilter=~mount:kill sync:ENOSYS\n"
	  "SystemCallErrorNumber=EPERM\nSystemCallLog=read\n" },
	{ "[Service]\nSystemCallFilter=~mount:1 umount2:EPERM chroot:2 sync acct:0\n",
	  "[Service]\nSystemCallFilter=~acct:0 chroot:ENOENT mount sync:kill umount2\n"
	  "SystemCallErrorNumber=EPERM\n" },
	{ "[Service]\nSystemCallArchitectures=native\n",
	  "[Service]\nSystemCallArchitectures=x86-64\n" },
	{ "[Service]\nSystemCallArchitectures=x32 x86\nSystemCallFilter=~acct\n",
	  "[Service]\n" ALL "SystemCallFilter=~acct\n" },
	{ "[Service]\nSystemCallLog=~read\nSystemCallFilter=~write\n",
	  "[Service]\nSystemCallFilter=~write\nSystemCallLog=~read\n" },
	{ "[Service]\nSystemCallLog=~write\nSystemCallFilter=~write\n",
	  "[Service]\nSystemCallFilter=~write\nSystemCallLog=~write\n" },
	{ "[Service]\nSystemCallFilter=~socket:EPERM send shmget\n",
	  "[Service]\nSystemCallFilter=~send shmget socket:EPERM\n" },
	{ "[Service]\nSystemCallFilter=~socketcall\n",
	  "[Service]\nSystemCallFilter=~socketcall\n" },
	{ "[Service]\nSystemCallFilter=read\nSystemCallFilter=~read @default",
	  "[Service]\nSystemCallFilter=exit\nSystemCallFilter=~@default exit\n" },
};

/* systemd itself understands every word. */
static void ck_verified(const char *text)
{
	char folder[] = "/tmp/stile-unit-XXXXXX", name[100], said_there[1000];
	int ends[2], status;
	ssize_t length;
	FILE *file;
	pid_t pid;

	if (access(SYSTEMD_ANALYZE, X_OK) < 0) {
		printf("skip: there is no %s\n", SYSTEMD_ANALYZE);
		return;
	}
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(name, sizeof(name), "%s/stile-test.service", folder);
	file = fopen(name, "we");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "%sType=oneshot\nExecStart=/bin/true\n", text);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(ends[1], STDERR_FILENO);
		(void)execl(SYSTEMD_ANALYZE, SYSTEMD_ANALYZE, "verify", name, NULL);
		_exit(127);
	}
	ck_assert_int_eq(close(ends[1]), 0);
	length = read(ends[0], said_there, sizeof(said_there) - 1);
	ck_assert_int_ge((int)length, 0);
	said_there[length] = '\0';
	(void)close(ends[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	(void)unlink(name);
	(void)rmdir(folder);
	ck_assert_str_eq(said_there, "");
	ck_assert_int_eq(status, 0);
}

START_TEST(round_trips)
{
	struct stile_policy *policy = taken(format, rounds[_i].unit, &x86_64), *again;
	char *text = written(format, policy, false);

	ck_assert_msg(text != NULL, "%s", said.count ? said.items[0].text : "");
	ck_assert_uint_eq(said.count, 0);
	ck_assert_str_eq(text, rounds[_i].written);
	again = taken(format, text, &x86_64);
	ck_same(policy, again);
	ck_verified(text);
	free(text);
	stile_policy_free(again);
	stile_policy_free(policy);
}
END_TEST

/* All calls of the table: many lines. */
START_TEST(long_lists)
{
	const struct stile_action kill = { .kind = STILE_ACTION_KILL_PROCESS };
	const struct stile_action thread = { .kind = STILE_ACTION_KILL_THREAD };
	struct stile_policy *policy = stile_policy_new(), *again;
	char *text;

	(void)stile_policy_add_abi(policy, STILE_ABI_X86_64);
	(void)stile_policy_set_default(policy, kill);
	(void)stile_policy_set_foreign_abi(policy, thread);
	for (uint32_t number = 0; number < 300; number++) {
		const struct stile_policy_rule rule = { .number = number, .origin = -1 };

		ck_assert_int_eq(stile_policy_add_rule(policy, &rule), 0);
	}
	text = written(format, policy, false);
	ck_assert_ptr_nonnull(text);
	for (const char *line = text; *line; line = strchr(line, '\n') + 1)
		ck_assert_int_le((int)strcspn(line, "\n"), 100);
	again = taken(format, text, &x86_64);
	ck_same(policy, again);
	ck_verified(text);
	free(text);
	stile_policy_free(again);
	stile_policy_free(policy);
}
END_TEST

/* For x86_64, where everything else that is beside it can be said. */
static struct stile_policy *plain_policy(enum stile_action_kind others)
{
	const struct stile_action thread = { .kind = STILE_ACTION_KILL_THREAD };
	struct stile_policy *policy = stile_policy_new();

	(void)stile_policy_add_abi(policy, STILE_ABI_X86_64);
	(void)stile_policy_set_default(policy, (struct stile_action){ .kind = others });
	(void)stile_policy_set_foreign_abi(policy, thread);
	return policy;
}

static void ck_lost(struct stile_policy *policy, const char *sentence, const char *warning)
{
	char *text = written(format, policy, false);
	struct stile_difference *differences;
	struct stile_policy *again;
	size_t count;

	ck_assert_ptr_null(text);
	ck_assert_str_eq(said.items[0].text, sentence);
	text = written(format, policy, true);
	if (!warning) {
		ck_assert_ptr_null(text);
		stile_policy_free(policy);
		return;
	}
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(said.items[0].text, warning);
	again = taken(format, text, &x86_64);
	ck_assert_int_eq(stile_policy_compare(policy, again, &differences, &count), 0);
	ck_assert_uint_ge(count, 1);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_ne(differences[i].change, STILE_CHANGE_WIDER);
	free(differences);
	free(text);
	stile_policy_free(again);
	stile_policy_free(policy);
}

START_TEST(cannot_be_said)
{
	const struct stile_table_condition condition = {
		.bits = 32, .comparison = STILE_EQUAL, .parameter = -1, .value = 3
	};
	struct stile_policy *policy = plain_policy(STILE_ACTION_KILL_PROCESS);
	struct stile_policy_rule rule = { .conditions = &condition,
					  .condition_count = 1,
					  .origin = -1 };

	(void)stile_policy_add_rule(policy, &rule);
	ck_lost(policy, "read, whose answer depends on arguments: systemd cannot say that",
		"read, whose answer depends on arguments: written as kill the process");
	policy = plain_policy(STILE_ACTION_KILL_PROCESS);
	rule.condition_count = 0;
	rule.number = 5000;
	(void)stile_policy_add_rule(policy, &rule);
	ck_lost(policy, "the call 5000 of x86_64, which has no name: systemd cannot say that",
		"the call 5000 of x86_64, which has no name: written as kill the process");
	policy = plain_policy(STILE_ACTION_ALLOW);
	rule.action.kind = STILE_ACTION_KILL_PROCESS;
	(void)stile_policy_add_rule(policy, &rule);
	ck_lost(policy, "the call 5000 of x86_64, which has no name: systemd cannot say that",
		NULL);
	policy = plain_policy(STILE_ACTION_ALLOW);
	rule.action.kind = STILE_ACTION_TRAP;
	rule.number = 0;
	(void)stile_policy_add_rule(policy, &rule);
	ck_lost(policy, "read: systemd cannot say that", "read: written as kill the process");
	policy = plain_policy(STILE_ACTION_TRAP);
	ck_lost(policy, "what calls get that are not in the table: systemd cannot say that",
		"what calls get that are not in the table: written as kill the process");
	policy = plain_policy(STILE_ACTION_LOG);
	ck_lost(policy, "all calls are logged: systemd can only say that with exceptions", NULL);
	policy = plain_policy(STILE_ACTION_ALLOW);
	(void)stile_policy_set_foreign_abi(policy, (struct stile_action){
							   .kind = STILE_ACTION_KILL_PROCESS });
	ck_lost(policy, "what calls by other ABIs get: systemd cannot say that",
		"what calls by other ABIs get: written as kill the thread");
}
END_TEST

/* A name that means two things on two ABIs. */
START_TEST(abis_differ)
{
	struct stile_policy *policy = plain_policy(STILE_ACTION_KILL_PROCESS);
	const struct stile_policy_rule read = { .abi = STILE_ABI_I386, .number = 3, .origin = -1 };

	(void)stile_policy_add_abi(policy, STILE_ABI_I386);
	(void)stile_policy_add_rule(policy, &read);
	ck_lost(policy, "read, whose answer depends on the ABI: systemd cannot say that",
		"read, whose answer depends on the ABI: written as kill the process");
	policy = plain_policy(STILE_ACTION_ALLOW);
	(void)stile_policy_add_abi(policy, STILE_ABI_AARCH64);
	ck_lost(policy, "calls by aarch64 beside those by x86_64: systemd cannot say that",
		"calls by aarch64 beside those by x86_64: written as kill the thread");
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof(*(array)))

static Suite *make_suite(void)
{
	Suite *suite = suite_create("systemd write");
	TCase *tests = tcase_create("systemd write");

	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, write_groups, remove_groups);
	tcase_add_loop_test(tests, round_trips, 0, COUNT(rounds));
	tcase_add_test(tests, long_lists);
	tcase_add_test(tests, cannot_be_said);
	tcase_add_test(tests, abis_differ);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
