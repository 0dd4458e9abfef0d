/* SPDX-License-Identifier: MIT */
/* systemd's filters of system calls: what they mean, as systemd 252 makes filters of them. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "policy_text.h"
#include "systemd_groups.h"

static const struct format *const format = &format_systemd;
static char groups_file[] = "/tmp/stile-groups-XXXXXX";
static struct read_options x86_64 = { .abi = STILE_ABI_X86_64, .systemd_groups = groups_file };

static const char groups[] = "@default\n"
			     "    # System calls that are always permitted\n"
			     "    execve\n"
			     "    exit\n"
			     "    mmap\n"
			     "    riscv_flush_icache\n"
			     "\n"
			     "@io\n"
			     "    @plain\n"
			     "    readv\n"
			     "@loop\n"
			     "    @loop\n"
			     "    @io\n"
			     "    @lost\n"
			     "@plain\n"
			     "    read\n"
			     "    write\n"
			     "\n"
			     "# Ungrouped System Calls:\n"
			     "#   acct\n";

static void write_groups(void)
{
	const int file = mkstemp(groups_file);

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(write(file, groups, strlen(groups)), (ssize_t)strlen(groups));
	ck_assert_int_eq(close(file), 0);
}

static void remove_groups(void)
{
	ck_assert_int_eq(unlink(groups_file), 0);
}

struct answer {
	const char *syscall, *action; /* NULL: no more */
};

#define FILTER "[Service]\nSystemCallFilter="

static const struct {
	const char *unit, *others;
	struct answer answers[5];
} cases[] = {
	{ FILTER "read write",
	  "kill the process",
	  { { "read", "allow" }, { "write", "allow" }, { "execve", "allow" } } },
	{ FILTER "~mount", "allow", { { "mount", "kill the process" }, { "execve", "allow" } } },
	{ FILTER "~mount:EPERM umount2:kill chroot sync:0\nSystemCallErrorNumber=EACCES",
	  "allow",
	  { { "mount", "fail with EPERM" },
	    { "umount2", "kill the process" },
	    { "chroot", "fail with EACCES" },
	    { "sync", "seem to succeed" } } },
	{ FILTER "read\nSystemCallErrorNumber=13",
	  "fail with EACCES",
	  { { "read", "allow" }, { "mmap", "allow" } } },
	{ FILTER "read write\nSystemCallFilter=~write close",
	  "kill the process",
	  { { "read", "allow" }, { "write", "kill the process" } } },
	{ FILTER "~read write\nSystemCallFilter=write",
	  "allow",
	  { { "read", "kill the process" }, { "write", "allow" } } },
	{ FILTER "read write:EPERM", "kill the process", { { "read", "allow" } } },
	{ FILTER "~read:EPERM\nSystemCallFilter=~read:EAGAIN",
	  "allow",
	  { { "read", "fail with EAGAIN" } } },
	{ FILTER "~read:EPERM\nSystemCallFilter=~read",
	  "allow",
	  { { "read", "kill the process" } } },
	{ FILTER "read\nSystemCallFilter=~close:EPERM execve mmap:kill",
	  "kill the process",
	  { { "read", "allow" },
	    { "close", "fail with EPERM" },
	    { "exit", "allow" },
	    { "execve", "kill the process" } } },
	{ FILTER "read\nSystemCallFilter=~mmap:EPERM\nSystemCallFilter=mmap",
	  "kill the process",
	  { { "mmap", "allow" } } },
	{ FILTER "read\nSystemCallFilter=~read @default",
	  "kill the process",
	  { { "exit", "kill the process" } } },
	{ FILTER "~read\nSystemCallFilter=\nSystemCallFilter=write",
	  "kill the process",
	  { { "write", "allow" }, { "exit", "allow" } } },
	{ FILTER "~\nSystemCallFilter=read", "allow", { { "read", "allow" } } },
	{ FILTER "~@io:eperm @plain",
	  "allow",
	  { { "read", "kill the process" },
	    { "write", "kill the process" },
	    { "readv", "fail with EPERM" } } },
	{ "[Service]\n\t SystemCallFilter = ~ read\\\n# comment\n write \\\n;\n close\n",
	  "allow",
	  { { "read", "kill the process" },
	    { "write", "kill the process" },
	    { "close", "kill the process" } } },
	{ "[Service]\nSystemCallLog=read", "allow", { { "read", "log" } } },
	{ "[Service]\nSystemCallLog=~read", "log", { { "read", "allow" } } },
	{ "[Service]\nSystemCallLog=~", "allow", { { "read", "allow" } } },
	{ "[Service]\nSystemCallLog=~read\nSystemCallLog=read write",
	  "allow",
	  { { "read", "allow" }, { "write", "allow" } } },
	{ "[Service]\nSystemCallLog=read\nSystemCallLog=\nSystemCallLog=~write",
	  "log",
	  { { "read", "log" }, { "write", "allow" } } },
	{ FILTER "~read\nSystemCallLog=read write",
	  "allow",
	  { { "read", "kill the process" }, { "write", "log" } } },
	{ FILTER "~read\nSystemCallErrorNumber=EPERM\nSystemCallErrorNumber=",
	  "allow",
	  { { "read", "kill the process" } } },
	{ FILTER "~read\nSystemCallErrorNumber=EPERM\nSystemCallErrorNumber=0",
	  "allow",
	  { { "read", "fail with EPERM" } } },
	{ FILTER "~read nosuchcall read,write\n[Unit]\nSystemCallFilter=~write",
	  "allow",
	  { { "read", "kill the process" }, { "write", "allow" } } },
};

START_TEST(meaning)
{
	static const enum stile_abi abis[] = { STILE_ABI_X86_64, STILE_ABI_I386, STILE_ABI_X32 };
	struct stile_policy *policy = taken(format, cases[_i].unit, &x86_64);

	for (size_t a = 0; a < 3; a++) {
		const uint32_t arch = stile_audit_arch(abis[a]);
		const uint32_t bit = abis[a] == STILE_ABI_X32 ? 0x40000000 : 0;

		ck_assert_str_eq(policy_answer(policy, abis[a], "acct", 0, 0), cases[_i].others);
		ck_assert_str_eq(number_answer(policy, arch, 1000 | bit, 0, 0), cases[_i].others);
		for (const struct answer *answer = cases[_i].answers; answer->syscall; answer++)
			ck_assert_str_eq(policy_answer(policy, abis[a], answer->syscall, 0, 0),
					 answer->action);
	}
	stile_policy_free(policy);
}
END_TEST

/* Which of x86_64, i386, x32 and another machine's calls are let through, in this order. */
static const struct {
	const char *unit, *answers[4];
} abi_cases[] = {
	{ FILTER "~mount", { "allow", "allow", "allow", "allow" } },
	{ "[Service]\nSystemCallArchitectures=native",
	  { "allow", "kill the thread", "kill the thread", "kill the thread" } },
	{ "[Service]\nSystemCallArchitectures=x86",
	  { "allow", "allow", "kill the thread", "kill the thread" } },
	{ "[Service]\nSystemCallArchitectures=arm\nSystemCallArchitectures=x32",
	  { "allow", "kill the thread", "allow", "kill the thread" } },
	{ "[Service]\nSystemCallArchitectures=arm64",
	  { "allow", "kill the thread", "kill the thread", "kill the thread" } },
	{ "[Service]\nSystemCallArchitectures=x86\nSystemCallArchitectures=",
	  { "allow", "allow", "allow", "allow" } },
	{ "[Service]\nSystemCallArchitectures=bogus", { "allow", "allow", "allow", "allow" } },
	{ FILTER "getpid\nSystemCallArchitectures=native",
	  { "kill the process", "kill the thread", "kill the thread", "kill the thread" } },
};

START_TEST(abis)
{
	struct stile_policy *policy = taken(format, abi_cases[_i].unit, &x86_64);
	static const enum stile_abi asked[] = { STILE_ABI_X86_64, STILE_ABI_I386, STILE_ABI_X32,
						STILE_ABI_AARCH64 };

	for (size_t a = 0; a < 4; a++)
		ck_assert_str_eq(policy_answer(policy, asked[a], "acct", 0, 0),
				 abi_cases[_i].answers[a]);
	stile_policy_free(policy);
}
END_TEST

/* Sockets and System V IPC of i386 have two ways. */
START_TEST(multiplexed)
{
	struct stile_policy *policy = taken(format, FILTER "~socket:EPERM send shmget", &x86_64);

	ck_assert_str_eq(policy_answer(policy, STILE_ABI_I386, "socket", 0, 0), "fail with EPERM");
	ck_assert_str_eq(policy_answer(policy, STILE_ABI_I386, "socketcall", 1, 0),
			 "fail with EPERM");
	ck_assert_str_eq(policy_answer(policy, STILE_ABI_I386, "socketcall", 9, 0),
			 "kill the process");
	ck_assert_str_eq(policy_answer(policy, STILE_ABI_I386, "socketcall", 2, 0), "allow");
	ck_assert_str_eq(policy_answer(policy, STILE_ABI_I386, "ipc", 23, 0), "kill the process");
	ck_assert_str_eq(policy_answer(policy, STILE_ABI_I386, "ipc", 24, 0), "allow");
	stile_policy_free(policy);
	policy = taken(format, FILTER "~socket:EPERM socketcall:EACCES", &x86_64);
	ck_assert_str_eq(policy_answer(policy, STILE_ABI_I386, "socketcall", 1, 0),
			 "fail with EACCES");
	stile_policy_free(policy);
}
END_TEST

static const struct {
	const char *unit, *sentence;
} refused[] = {
	{ FILTER "read @lost", "2:23: there is no group @lost: did you mean @loop?" },
	{ FILTER "~@plan", "2:18: there is no group @plan: did you mean @plain?" },
	{ FILTER "~@loop", "2:18: there is no group @lost: did you mean @loop?" },
	{ "[Service\n", "1:9: found the end of the line, expected ']'" },
	{ FILTER "~read\n[Socket]\nSystemCallFilter=~write",
	  "4:1: found [Socket] beside [Service], expected one of them" },
	{ "\xff", "1:1: found what is not UTF-8 (byte 0xff), expected text in UTF-8" },
};

START_TEST(refusals)
{
	ck_refused(format, refused[_i].unit, &x86_64, refused[_i].sentence);
}
END_TEST

static const struct {
	const char *unit, *sentence;
} warned[] = {
	{ FILTER "~read\nNoNewPrivileges=yes", "" },
	{ FILTER "~opennat", "2:18: \"opennat\" is no syscall that stile knows, so it is left out; "
			     "did you mean \"openat\"?" },
	{ FILTER "read:1", "2:18: systemd ignores \"read:1\": calls that are let through have no "
			   "errno" },
	{ FILTER "~read:4096", "2:18: systemd ignores \"~read:4096\": \"4096\" is neither \"kill\" "
			       "nor an errno" },
	{ "[Service]\nSystemCallLog=read:1", "2:15: systemd ignores \"read:1\": calls that are "
					     "logged have no errno" },
	{ FILTER "~read\nRestrictNamespaces=yes", "3:1: RestrictNamespaces= may refuse more calls: "
						  "that is not part of the policy" },
	{ "[Service]\nSystemcallFilter=~read", "2:1: systemd knows no setting SystemcallFilter=" },
	{ "[Unit]\nSystemCallFilter=~read", "2:1: systemd ignores SystemCallFilter= here: it "
					    "belongs into [Service]" },
	{ "[Service]\nread\nSystemCallFilter=~read", "2:1: found neither \"Key=value\" nor "
						     "\"[Section]\": systemd ignores this line" },
	{ "[Service]\nType=oneshot", "0:0: this unit filters no calls" },
};

START_TEST(warnings)
{
	ck_warned(format, warned[_i].unit, &x86_64, warned[_i].sentence);
}
END_TEST

START_TEST(aarch64)
{
	struct read_options options = x86_64;
	struct stile_policy *policy;

	options.abi = STILE_ABI_AARCH64;
	policy = taken(format, FILTER "~mount\nSystemCallArchitectures=native", &options);
	ck_assert_uint_eq(said.count, 0);
	ck_assert_str_eq(policy_answer(policy, STILE_ABI_AARCH64, "mount", 0, 0),
			 "kill the process");
	ck_assert_str_eq(policy_answer(policy, STILE_ABI_X86_64, "read", 0, 0), "kill the thread");
	stile_policy_free(policy);
	policy = taken(format, FILTER "~mount", &options);
	ck_assert_uint_eq(said.count, 1);
	stile_policy_free(policy);
	options.abi = STILE_ABI_I386;
	ck_assert_ptr_null(read_policy(format, FILTER "~mount", &options));
}
END_TEST

static const struct {
	const char *text, *sentence;
} bad_groups[] = {
	{ "", "0: there is no group @default: expected what systemd-analyze syscall-filter "
	      "prints" },
	{ "@default\nread\n", "2: expected what systemd-analyze syscall-filter prints: a group's "
			      "name, or behind blanks a call's" },
	{ "   read\n@default", "1: expected what systemd-analyze syscall-filter prints: a group's "
			       "name, or behind blanks a call's" },
	{ "@default\n@default", "2: expected what systemd-analyze syscall-filter prints: a "
				"group's name, or behind blanks a call's" },
	{ "@default\n  re\x1b"
	  "ad",
	  "2: expected what systemd-analyze syscall-filter prints: a group's name, or behind "
	  "blanks a call's" },
};

START_TEST(group_texts)
{
	const char *text = bad_groups[_i].text;
	const struct source source = { "groups", text, strlen(text), -1 };
	struct systemd_groups *parsed = calloc(1, sizeof(*parsed));
	struct document memory = { 0 };
	char sentence[500];

	ck_assert_ptr_nonnull(parsed);
	ck_assert(!systemd_groups_parse(parsed, &source, &memory, &said));
	(void)snprintf(sentence, sizeof(sentence), "%u: %s", said.items[0].line,
		       said.items[0].text);
	ck_assert_str_eq(sentence, bad_groups[_i].sentence);
	diagnostics_free(&said);
	document_free(&memory);
	free(parsed);
}
END_TEST

START_TEST(groups_cannot_be_read)
{
	struct read_options options = x86_64;

	options.systemd_groups = "/nonexistent";
	ck_assert_ptr_null(read_policy(format, FILTER "read @io", &options));
	ck_assert_uint_eq(said.count, 1);
	ck_assert_str_eq(said.items[0].text, "cannot read: No such file or directory");
	options.systemd_groups = "/";
	ck_assert_ptr_null(read_policy(format, FILTER "read", &options));
	options.systemd_groups = "/dev/zero";
	ck_assert_ptr_null(read_policy(format, FILTER "read", &options));
	stile_policy_free(taken(format, FILTER "~read", &options)); /* needs none */
}
END_TEST

/* The systemd of this machine. */
START_TEST(machine)
{
	struct read_options options = x86_64;
	struct stile_policy *policy;

	if (access(SYSTEMD_ANALYZE, X_OK) < 0) {
		printf("skip: there is no %s\n", SYSTEMD_ANALYZE);
		return;
	}
	options.systemd_groups = NULL;
	policy = taken(format, FILTER "@system-service", &options);
	ck_assert_str_eq(policy_answer(policy, STILE_ABI_X86_64, "read", 0, 0), "allow");
	ck_assert_str_eq(policy_answer(policy, STILE_ABI_X86_64, "reboot", 0, 0),
			 "kill the process");
	stile_policy_free(policy);
}
END_TEST

START_TEST(likely)
{
	static const struct {
		const char *text;
		bool is_likely;
	} texts[] = {
		{ FILTER "x", true },
		{ "SystemCallLog=x", true },
		{ " \tSystemCallLog", true },
		{ "# SystemCallFilter", false },
		{ "", false },
		{ "{\"SystemCallFilter\": 1}", false },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const struct source source = { "test", texts[i].text, strlen(texts[i].text), -1 };

		ck_assert_int_eq(format->is_likely(&source), texts[i].is_likely);
	}
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof(*(array)))

static Suite *make_suite(void)
{
	Suite *suite = suite_create("systemd");
	TCase *tests = tcase_create("systemd");

	tcase_add_unchecked_fixture(tests, write_groups, remove_groups);
	tcase_add_loop_test(tests, meaning, 0, COUNT(cases));
	tcase_add_loop_test(tests, abis, 0, COUNT(abi_cases));
	tcase_add_test(tests, multiplexed);
	tcase_add_loop_test(tests, refusals, 0, COUNT(refused));
	tcase_add_loop_test(tests, warnings, 0, COUNT(warned));
	tcase_add_test(tests, aarch64);
	tcase_add_loop_test(tests, group_texts, 0, COUNT(bad_groups));
	tcase_add_test(tests, groups_cannot_be_read);
	tcase_add_test(tests, machine);
	tcase_add_test(tests, likely);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
