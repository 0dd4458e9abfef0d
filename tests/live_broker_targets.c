/* SPDX-License-Identifier: MIT */
/* Targets that are not like their broker, that see other files, or that are killed. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker_support.h"
#include "test_support.h"

static bool is_root(void)
{
	if (getuid() == 0)
		return true;
	(void)puts("skip: for root only");
	return false;
}

/* ---- Rights ---- */

static void expect_all_refused(void)
{
	expect(open_error("allowed/file", O_RDONLY) == EPERM);
	expect(open_error("secret/file", O_RDONLY) == EPERM);
	expect(open_error("allowed/none", O_RDONLY) == EPERM);
}

static void target_changes_ids(void)
{
	const gid_t groups[] = { 5, 7 };

	expect(open_error("allowed/file", O_RDONLY) == 0);
	expect(setresuid(-1, 65534, 0) == 0);
	expect_all_refused();
	expect(setresuid(-1, 0, 0) == 0 && open_error("allowed/file", O_RDONLY) == 0);
	expect(setresgid(-1, 65534, -1) == 0);
	expect_all_refused();
	expect(setresgid(-1, 0, -1) == 0 && open_error("allowed/file", O_RDONLY) == 0);
	expect(syscall(SYS_setfsuid, 65534) == 0);
	expect_all_refused();
	expect(syscall(SYS_setfsuid, 0) == 65534 && open_error("allowed/file", O_RDONLY) == 0);
	expect(setgroups(2, groups) == 0);
	expect_all_refused();
}

START_TEST(other_ids_are_refused)
{
	if (is_root())
		check_under_broker(may_read, target_changes_ids);
}
END_TEST

static void target_drops_capability(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	expect(syscall(SYS_capget, &header, data) == 0);
	data[0].effective &= ~(1u << CAP_KILL);
	expect(syscall(SYS_capset, &header, data) == 0);
	expect_all_refused();
	data[0].effective |= 1u << CAP_KILL;
	expect(syscall(SYS_capset, &header, data) == 0);
	expect(open_error("allowed/file", O_RDONLY) == 0);
}

START_TEST(other_capabilities_are_refused)
{
	if (is_root())
		check_under_broker(may_read, target_drops_capability);
}
END_TEST

/* ---- Why: the supervisor can tell ---- */

static void *open_as_another(void *data)
{
	struct stile_supervisor **supervisor = data;
	struct stile_broker *broker = stile_broker_new();
	struct stile *s = stile_new_allowing();

	may_read(broker);
	expect(stile_use_broker(s, broker) == 0);
	expect(stile_supervise_thread(s, supervisor) == 0);
	expect(open_error("allowed/file", O_RDONLY) == 0);
	expect(open_error("secret/file", O_RDONLY) == EACCES);
	expect(stile_supervisor_message(*supervisor, NULL, 0) == 0);
	/* of this thread alone */
	expect(syscall(SYS_setfsuid, 65534) == 0);
	expect(open_error("allowed/file", O_RDONLY) == EPERM);
	expect(syscall(SYS_setfsuid, 0) == 65534 && open_error("allowed/file", O_RDONLY) == 0);
	stile_free(s);
	return broker;
}

static void target_is_told_apart(void)
{
	struct stile_supervisor *supervisor = NULL;
	char message[512];
	pthread_t thread;
	void *broker;

	expect(pthread_create(&thread, NULL, open_as_another, &supervisor) == 0);
	expect(pthread_join(thread, &broker) == 0);
	expect(stile_supervisor_message(supervisor, message, sizeof(message)) == 1);
	expect(strstr(message, "openat: the target runs as another user or in other groups"));
	stile_supervisor_free(supervisor);
	stile_broker_free(broker);
}

START_TEST(a_refused_target_is_a_fault_with_a_sentence)
{
	if (is_root())
		check_child(target_is_told_apart);
}
END_TEST

static void target_has_user_namespace(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	expect(open_error("allowed/file", O_RDONLY) == 0);
	expect(syscall(SYS_capget, &header, data) == 0);
	if (unshare(CLONE_NEWUSER) < 0)
		return; /* not here: nothing to see */
	/* Nothing else is to be another than before. */
	expect(syscall(SYS_capset, &header, data) == 0);
	expect_all_refused();
}

START_TEST(another_user_namespace_is_refused)
{
	check_under_broker(may_read, target_has_user_namespace);
}
END_TEST

/* ---- Other files ---- */

static void target_changes_root(void)
{
	expect(is_file(open("allowed/file", O_RDONLY), "allowed/file"));
	expect(chroot("allowed") == 0);
	/* The working folder is outside of it. */
	expect(is_file(open("allowed/file", O_RDONLY), "allowed/file"));
	expect(is_file(open("/file", O_RDONLY), "/file"));
	expect(is_file(open("/../../file", O_RDONLY), "/file"));
	expect(is_file(open("/link", O_RDONLY), "/file"));
	expect(open_error("/etc/passwd", O_RDONLY) == ENOENT);
	expect(chdir("/sub") == 0);
	expect(is_file(open("../../../file", O_RDONLY), "/file"));
	expect(open_error("../secret/file", O_RDONLY) == ENOENT);
	expect(open_error("/out", O_RDONLY) == ENOENT);
}

START_TEST(a_targets_root_is_where_its_paths_start)
{
	if (!is_root())
		return;
	ck_assert_int_eq(symlink("/../file", "allowed/link"), 0);
	check_under_broker(may_read, target_changes_root);
}
END_TEST

/* Before there is a supervisor: its mounts are the target's. */
static void mount_and_read(struct stile_broker *broker)
{
	expect(unshare(CLONE_NEWNS) == 0);
	expect(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	expect(mkdir("allowed/mounted", 0755) == 0 && mkdir("secret/view", 0755) == 0);
	expect(mount("secret", "allowed/mounted", NULL, MS_BIND, NULL) == 0);
	expect(mount("allowed", "secret/view", NULL, MS_BIND, NULL) == 0);
	may_read(broker);
}

/* What is mounted in a folder is in it; a folder that is mounted elsewhere is another. */
static void target_has_mounts(void)
{
	expect(is_file(open("allowed/mounted/file", O_RDONLY), "secret/file"));
	expect(open_error("allowed/mounted/../../secret/file", O_RDONLY) == EACCES);
	expect(open_error("secret/view/file", O_RDONLY) == EACCES);
	expect(open_error("secret/file", O_RDONLY) == EACCES);
	expect(is_file(open("allowed/file", O_RDONLY), "allowed/file"));
	expect(mount("secret", "allowed/sub", NULL, MS_BIND, NULL) == 0);
	expect(is_file(open("allowed/sub/file", O_RDONLY), "secret/file"));
	expect(mount("secret", "allowed", NULL, MS_BIND, NULL) == 0);
	expect(chdir(".") == 0);
	expect(open_error("allowed/file", O_RDONLY) == EACCES); /* laid over it */
	expect(umount("allowed") == 0);
	expect(is_file(open("allowed/file", O_RDONLY), "allowed/file"));
	expect(unshare(CLONE_NEWNS) == 0);
	expect(open_error("allowed/file", O_RDONLY) == EACCES); /* copies of the mounts */
}

START_TEST(mounts_are_places)
{
	if (is_root())
		check_under_broker(mount_and_read, target_has_mounts);
}
END_TEST

/* ---- Descriptors, threads, killed targets ---- */

static unsigned int count_descriptors(DIR *folder)
{
	unsigned int count = 0;

	rewinddir(folder);
	while (readdir(folder))
		count++;
	return count;
}

static void open_all_kinds(void)
{
	(void)open_error("allowed/file", O_RDONLY);
	(void)open_error("allowed/file", O_PATH);
	(void)open_error("allowed/in", O_RDONLY);
	(void)open_error("allowed/none/x", O_RDONLY);
	(void)open_error("allowed/loop", O_RDONLY);
	(void)open_error("allowed/out", O_RDONLY);
	(void)open_error("allowed/outside/../allowed/sub/../file", O_RDONLY);
	(void)open_error("secret/file", O_WRONLY);
	(void)open_error("/proc/self/status", O_RDONLY);
	(void)open_error("/dev/null", O_RDONLY);
	(void)open_error(NULL, O_RDONLY);
	(void)open_error("allowed/new", O_RDWR | O_CREAT | O_EXCL);
	(void)unlink("allowed/new");
	(void)open_error("allowed", O_RDWR | O_TMPFILE);
	(void)openat(1000, "x", O_RDONLY);
}

static void use_descriptors_up(void)
{
	while (open("allowed/file", O_RDONLY) >= 0)
		;
	expect(errno == EMFILE);
}

static void use_up_and_be_killed(DIR *folder, unsigned int before)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		use_descriptors_up();
		(void)raise(SIGKILL);
	}
	expect(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
	/* The last copy is closed a moment after the child had it. */
	while (count_descriptors(folder) > before)
		open_all_kinds();
}

static DIR *supervisor_descriptors;

/* The target sees those of its supervisor: it is root, and that folder was opened before. */
static void target_counts_descriptors(void)
{
	unsigned int before;

	open_all_kinds();
	before = count_descriptors(supervisor_descriptors);
	for (int i = 0; i < 300; i++)
		open_all_kinds();
	expect(open_error("allowed/none", O_RDONLY) == ENOENT);
	expect(count_descriptors(supervisor_descriptors) <= before);
	use_up_and_be_killed(supervisor_descriptors, before);
}

static void open_supervisor_descriptors(struct stile_broker *broker)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", getpid());
	supervisor_descriptors = opendir(path);
	expect(supervisor_descriptors);
	may_all(broker);
}

START_TEST(descriptors_never_leak)
{
	if (!is_root())
		return;
	ck_assert_int_eq(symlink("loop", "allowed/loop"), 0);
	check_under_broker(open_supervisor_descriptors, target_counts_descriptors);
}
END_TEST

static void *open_often(void *data)
{
	(void)data;
	for (;;)
		open_all_kinds();
	return NULL;
}

/* Wherever the supervisor is with a call when its thread dies. */
static void target_is_killed_often(void)
{
	for (int i = 0; i < 300; i++) {
		pid_t child = fork();
		pthread_t thread;
		int status;

		if (child == 0) {
			(void)pthread_create(&thread, NULL, open_often, NULL);
			(void)open_often(NULL);
		}
		expect(child > 0);
		for (int j = 0; j < i % 7; j++)
			expect(is_file(open("allowed/file", O_RDONLY), "allowed/file"));
		expect(kill(child, SIGKILL) == 0);
		expect(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
	}
	expect(is_file(open("allowed/file", O_RDONLY), "allowed/file"));
}

START_TEST(targets_can_be_killed_at_any_time)
{
	ck_assert_int_eq(symlink("loop", "allowed/loop"), 0);
	check_under_broker(may_all, target_is_killed_often);
}
END_TEST

static void *be_another_thread(void *data)
{
	(void)data;
	expect(unshare(CLONE_FS | CLONE_FILES) == 0);
	expect(chdir("allowed/sub") == 0);
	expect(is_file(open("deep", O_RDONLY), "deep"));
	expect(open_error("../../secret/file", O_RDONLY) == EACCES);
	expect(dup2(open("..", O_RDONLY), 200) == 200);
	expect(is_file(openat(200, "file", O_RDONLY), "../file"));
	return NULL;
}

/* A thread may have a working folder and descriptors of its own. */
static void target_has_threads(void)
{
	pthread_t thread;

	expect(pthread_create(&thread, NULL, be_another_thread, NULL) == 0);
	expect(pthread_join(thread, NULL) == 0);
	expect(openat(200, "file", O_RDONLY) < 0 && errno == EBADF);
	expect(is_file(open("allowed/file", O_RDONLY), "allowed/file"));
}

START_TEST(a_thread_is_asked_for_itself)
{
	check_under_broker(may_read, target_has_threads);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("broker, targets");
	TCase *tcase = tcase_create("targets");

	tcase_add_checked_fixture(tcase, make_files, remove_files);
	tcase_add_test(tcase, other_ids_are_refused);
	tcase_add_test(tcase, other_capabilities_are_refused);
	tcase_add_test(tcase, a_refused_target_is_a_fault_with_a_sentence);
	tcase_add_test(tcase, another_user_namespace_is_refused);
	tcase_add_test(tcase, a_targets_root_is_where_its_paths_start);
	tcase_add_test(tcase, mounts_are_places);
	tcase_add_test(tcase, descriptors_never_leak);
	tcase_add_test(tcase, targets_can_be_killed_at_any_time);
	tcase_add_test(tcase, a_thread_is_asked_for_itself);
	tcase_set_timeout(tcase, 0);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
