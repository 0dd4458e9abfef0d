/* SPDX-License-Identifier: MIT */
#include "broker_support.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TARGET_SECONDS 120

static char folder[] = "/tmp/stile-broker-XXXXXX";
static void (*add_rules)(struct stile_broker *broker);
static void (*run_target)(void);
static stile_handler other_handler;

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

void make_files(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_int_eq(mkdir("allowed", 0755), 0);
	ck_assert_int_eq(mkdir("allowed/sub", 0755), 0);
	ck_assert_int_eq(mkdir("secret", 0755), 0);
	write_file("allowed/file", "allowed\n");
	write_file("allowed/sub/deep", "allowed\n");
	write_file("secret/file", "secret\n");
	ck_assert_int_eq(symlink("file", "allowed/in"), 0);
	ck_assert_int_eq(symlink("../secret/file", "allowed/out"), 0);
	ck_assert_int_eq(symlink("../secret", "allowed/outside"), 0);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	return remove(path);
}

void remove_files(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static struct stile *context_with_broker(void)
{
	struct stile *s = stile_new_allowing();
	struct stile_broker *broker = stile_broker_new();

	add_rules(broker);
	if (stile_use_broker(s, broker) < 0)
		(void)fprintf(stderr, "%s\n", stile_message(s));
	return s;
}

static void run_under_broker(void)
{
	struct stile *s = other_handler ? stile_new_allowing() : context_with_broker();

	if (other_handler)
		expect(stile_on(s, "openat", other_handler, NULL) == 0);
	expect(stile_error(s) == 0);
	expect(stile_supervise_self(s) == 0);
	stile_free(s);
	(void)alarm(TARGET_SECONDS);
	run_target();
}

void check_under_broker(void (*rules)(struct stile_broker *broker), void (*target)(void))
{
	add_rules = rules;
	run_target = target;
	other_handler = NULL;
	check_child(run_under_broker);
}

void check_under_handler(stile_handler handler, void (*target)(void))
{
	other_handler = handler;
	run_target = target;
	check_child(run_under_broker);
}

void allow(struct stile_broker *broker, const char *path, unsigned int access)
{
	expect(stile_broker_allow_path(broker, path, access) == 0);
}

void may_read(struct stile_broker *broker)
{
	allow(broker, "allowed", STILE_BROKER_READ);
}

void may_all(struct stile_broker *broker)
{
	allow(broker, "allowed", STILE_BROKER_READ | STILE_BROKER_WRITE | STILE_BROKER_CREATE);
}

int open_error(const char *path, int flags)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0644); /* NULL too */

	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

ino_t inode_of(const char *path)
{
	struct stat status;

	expect(lstat(path, &status) == 0);
	return status.st_ino;
}

bool is_file(int fd, const char *path)
{
	struct stat status;

	if (fd < 0)
		return false;
	expect(fstat(fd, &status) == 0);
	(void)close(fd);
	return status.st_ino == inode_of(path);
}
