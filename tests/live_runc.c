/* SPDX-License-Identifier: MIT */
/* Written container profiles, enforced by runc: a container sees what runs and what is refused. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "format.h"
#include "test_support.h"

#define OUTPUT_MAX 4096

static char bundle[] = "/tmp/stile-runc-XXXXXX";

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static void write_file(const char *name, const char *bytes, size_t length, mode_t mode)
{
	char path[200];
	int file;

	(void)snprintf(path, sizeof(path), "%s/%s", bundle, name);
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(write(file, bytes, length), (ssize_t)length);
	close(file);
}

/* A folder with the program as its only file. */
static void make_bundle(void)
{
	static const char *const folders[] = { "rootfs", "state", "rootfs/proc", "rootfs/dev" };
	const char *build = getenv("STILE_BUILD");
	static char program[4u << 20];
	char path[200];
	size_t length;
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(bundle));
	ck_assert_int_eq(chmod(bundle, 0755), 0);
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", bundle, folders[i]);
		ck_assert_int_eq(mkdir(path, 0755), 0);
	}
	(void)snprintf(path, sizeof(path), "%s/tests/programs/contained", build ? build : "build");
	file = fopen(path, "re");
	ck_assert_msg(file, "%s: %m", path);
	length = fread(program, 1, sizeof(program), file);
	fclose(file);
	write_file("rootfs/contained", program, length, 0755);
}

/* seccomp: the text of a profile, or NULL. */
static void write_config(const char *seccomp)
{
	char *text = NULL;
	const int length = asprintf(
		&text,
		"{\"ociVersion\": \"1.0.2\",\n"
		"\"process\": {\"user\": {\"uid\": 0, \"gid\": 0}, \"args\": [\"/contained\"],\n"
		" \"cwd\": \"/\", \"env\": [], \"noNewPrivileges\": true,\n"
		" \"capabilities\": {\"bounding\": [\"CAP_SYS_CHROOT\", \"CAP_SYS_ADMIN\"],\n"
		"  \"effective\": [\"CAP_SYS_CHROOT\", \"CAP_SYS_ADMIN\"],\n"
		"  \"permitted\": [\"CAP_SYS_CHROOT\", \"CAP_SYS_ADMIN\"]}},\n"
		"\"root\": {\"path\": \"rootfs\", \"readonly\": true},\n"
		"\"mounts\": [{\"destination\": \"/proc\", \"type\": \"proc\", \"source\": "
		"\"proc\"}],\n"
		"\"linux\": {\"namespaces\": [{\"type\": \"pid\"}, {\"type\": \"mount\"}, "
		"{\"type\": \"uts\"}]%s%s}}\n",
		seccomp ? ",\n\"seccomp\": " : "", seccomp ? seccomp : "");

	ck_assert_int_gt(length, 0);
	write_file("config.json", text, (size_t)length, 0644);
	free(text);
}

/* What the container and runc write; the status of runc. */
static int run_container(char output[OUTPUT_MAX])
{
	char state[200], name[40];
	char *words[] = { "runc", "--root", state, "run", "--bundle", bundle, name, NULL };
	int ends[2], status;
	size_t length = 0;
	ssize_t part;
	pid_t child;

	(void)snprintf(state, sizeof(state), "%s/state", bundle);
	(void)snprintf(name, sizeof(name), "stile-test-%d", (int)getpid());
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		if (dup2(ends[1], 1) == 1 && dup2(ends[1], 2) == 2)
			execvp(words[0], words);
		_exit(127);
	}
	close(ends[1]);
	while (length < OUTPUT_MAX - 1 &&
	       (part = read(ends[0], output + length, OUTPUT_MAX - 1 - length)) > 0)
		length += (size_t)part;
	output[length] = '\0';
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* Whether containers run here at all, without a profile. */
static bool can_run(void)
{
	char output[OUTPUT_MAX];

	write_config(NULL);
	if (run_container(output) == 0 && strstr(output, "socket(AF_INET) runs\n") &&
	    strstr(output, "chroot runs\n"))
		return true;
	printf("runc: %.200s\n", output);
	return false;
}

static char *write_profile(const struct stile_policy *policy)
{
	const struct write_options options = { 0 };
	struct diagnostics said = { 0 };
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	ck_assert_msg(format_oci.write(stream, policy, &options, &said) == 0, "%s",
		      said.count ? said.items[0].text : "");
	fclose(stream);
	return text;
}

/* Grants for the program, and for what runc does between loading the filter and its last exec. */
static const char *const grants[] = {
	"networking.unix_socket",
	"processes.danger_exec",
	"system_io.metadata",
	"system_io.close",
	"system_io.descriptor_flags",
	"system_io.descriptor_metadata",
	"system_io.epoll",
	"system_io.list_directories",
	"system_io.open_readonly",
	"system_io.open_write",
	"system_io.read",
	"system_io.status_flags",
	"system_io.write",
	"threads.create",
	"threads.synchronise",
};

static struct stile_policy *grants_policy(void)
{
	struct stile *s = stile_new();
	struct stile_policy *policy;

	(void)stile_set_foreign_abi(s, (struct stile_action){ STILE_ACTION_KILL_THREAD, 0 });
	for (size_t i = 0; i < sizeof(grants) / sizeof(*grants); i++)
		(void)stile_grant(s, grants[i]);
	policy = stile_policy_from_context(s);
	ck_assert_msg(policy, "%s", stile_message(s));
	stile_free(s);
	return policy;
}

static struct stile_policy *read_policy(const char *text)
{
	const struct source source = { "test", text, strlen(text), -1 };
	const struct read_options options = { .abi = STILE_ABI_NATIVE };
	struct diagnostics said = { 0 };
	struct stile_policy *policy = format_oci.read(&source, &options, &said);

	ck_assert_msg(policy, "%s", said.count ? said.items[0].text : "");
	return policy;
}

static bool is_possible; /* else it was said why not */

static void check_container(struct stile_policy *policy, const char *expected)
{
	char *profile = write_profile(policy), output[OUTPUT_MAX];

	if (!is_possible) {
		puts("skip: runc cannot run containers here");
		return;
	}
	write_config(profile);
	ck_assert_msg(run_container(output) == 0, "%s\n%.2000s", output, profile);
	ck_assert_str_eq(output, expected);
	free(profile);
	stile_policy_free(policy);
}

/* Numbers that nobody knows fail with ENOSYS; an int is compared with 32 bits. */
START_TEST(granted)
{
	check_container(grants_policy(), "getpid runs\n"
					 "socket(AF_UNIX) runs\n"
					 "socket(AF_UNIX|1<<32) runs\n"
					 "socket(AF_INET) EPERM\n"
					 "chroot EPERM\n"
					 "sethostname EPERM\n"
					 "unknown ENOSYS\n");
}
END_TEST

/* Entries for some calls alone, with errnos of their own, and 64 bits compared. */
START_TEST(refused)
{
	check_container(read_policy("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": ["
				    "{\"names\": [\"chroot\"], \"action\": \"SCMP_ACT_ERRNO\","
				    " \"errnoRet\": 13},"
				    "{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ERRNO\","
				    " \"errnoRet\": 97, \"args\": [{\"index\": 0, \"value\": 1,"
				    " \"op\": \"SCMP_CMP_EQ\"}]}]}"),
			"getpid runs\n"
			"socket(AF_UNIX) EAFNOSUPPORT\n"
			"socket(AF_UNIX|1<<32) runs\n"
			"socket(AF_INET) runs\n"
			"chroot EACCES\n"
			"sethostname runs\n"
			"unknown ENOSYS\n");
}
END_TEST

static void set_up(void)
{
	make_bundle();
	is_possible = can_run();
}

static void take_down(void)
{
	(void)nftw(bundle, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static Suite *make_suite(void)
{
	Suite *suite = suite_create("runc");
	TCase *tests = tcase_create("runc");

	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, set_up, take_down);
	tcase_add_test(tests, granted);
	tcase_add_test(tests, refused);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
