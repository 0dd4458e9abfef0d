/* SPDX-License-Identifier: MIT */
/*
 * Every combination of the named open flags against every grant that opens files, in each
 * spelling of open; interpreted. What each combination does is worked out here from open(2),
 * not from the rules.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#include "audit_arch.h"
#include "interpreter.h"
#include "test_support.h"

/* What a call of open would do. */
struct effect {
	bool writes, creates, truncates, makes_setuid, must_be_new, is_odd;
};

struct expectation {
	const char *grant;
	bool (*is_permitted)(struct effect effect);
};

#define TMPFILE_BIT 020000000 /* __O_TMPFILE, asm-generic/fcntl.h: O_TMPFILE without O_DIRECTORY */
#define LARGEFILE 0100000     /* the kernel's bit; glibc's O_LARGEFILE is 0 on 64-bit ABIs */

static const int named_flags[] = {
	O_WRONLY,   O_RDWR,    O_CREAT,		  O_EXCL,   O_NOCTTY,	 O_TRUNC,     O_APPEND,
	O_NONBLOCK, O_DSYNC,   O_ASYNC,		  O_DIRECT, LARGEFILE,	 O_DIRECTORY, O_NOFOLLOW,
	O_NOATIME,  O_CLOEXEC, O_SYNC & ~O_DSYNC, O_PATH,   TMPFILE_BIT,
};

#define FLAG_COUNT (sizeof(named_flags) / sizeof(*named_flags))

static struct effect effect_of(unsigned int set_flags, unsigned int mode)
{
	int flags = (int)set_flags;
	int access = flags & O_ACCMODE;
	struct effect effect = { 0 };

	/* Both bits: no access, but the kernel asks for the right to write (open(2)). */
	effect.is_odd = access == 3;
	effect.writes = access == O_WRONLY || access == O_RDWR;
	effect.creates = (flags & O_CREAT) || (flags & TMPFILE_BIT);
	effect.must_be_new = ((flags & O_CREAT) && (flags & O_EXCL)) ||
			     (!(flags & O_CREAT) && (flags & TMPFILE_BIT));
	effect.truncates = (flags & O_TRUNC) != 0;
	effect.makes_setuid = effect.creates && (mode & 06000);
	return effect;
}

static bool readonly(struct effect e)
{
	return !e.writes && !e.creates && !e.truncates && !e.is_odd;
}

static bool existing_for_writing(struct effect e)
{
	return e.writes && !e.creates;
}

static bool creating(struct effect e)
{
	return e.creates && !e.makes_setuid && !e.is_odd;
}

static bool creating_new(struct effect e)
{
	return creating(e) && e.must_be_new;
}

static const struct expectation expectations[] = {
	{ "system_io.open_readonly", readonly },
	{ "system_io.open_write", existing_for_writing },
	{ "system_io.create", creating },
	{ "system_io.create_new", creating_new },
};

static void check_call(const struct expectation *e, const struct sock_filter *filter,
		       struct seccomp_data *data, const char *spelling, unsigned int flags,
		       unsigned int mode)
{
	struct effect effect = effect_of(flags, mode);
	bool is = is_permitted(filter_run(filter, data));

	/* O_TMPFILE without access for writing fails in the kernel: either answer is right. */
	if (!(flags & O_CREAT) && (flags & TMPFILE_BIT) && !effect.writes)
		return;
	/* With O_PATH the kernel ignores what would create or write: strictness is right too. */
	if (is != e->is_permitted(effect) && !((flags & O_PATH) && !is))
		ck_abort_msg("%s: %s with flags 0%o and mode 0%o is %s", e->grant, spelling, flags,
			     mode, is ? "permitted" : "refused");
}

static void check_spelling(const struct expectation *e, const struct sock_filter *filter,
			   const char *spelling, unsigned int argument)
{
	static const unsigned int modes[] = { 0, 0644, 0777, 04755, 02755, 06000, 01777 };
	struct seccomp_data data = { .arch = audit_arch(STILE_ABI_NATIVE) };
	long number = stile_syscall_number(STILE_ABI_NATIVE, spelling);

	if (number < 0)
		return; /* aarch64 and riscv64 have openat alone */
	data.nr = (int)number;
	for (unsigned int set = 0; set < 1u << FLAG_COUNT; set++) {
		unsigned int flags = 0, mode = modes[set % 7];

		for (unsigned int i = 0; i < FLAG_COUNT; i++)
			if (set & 1u << i)
				flags |= (unsigned int)named_flags[i];
		data.args[argument] = flags;
		data.args[argument + 1] = mode;
		check_call(e, filter, &data, spelling, flags, mode);
		/* neither the upper half of flags nor bits above 16 of mode change anything */
		data.args[argument] |= UINT64_C(0xdeadbeef00000000);
		data.args[argument + 1] |= UINT64_C(0xffffffffffff0000);
		check_call(e, filter, &data, spelling, flags, mode);
	}
}

START_TEST(every_flag_combination)
{
	const struct expectation *e = &expectations[_i];
	struct stile *s = stile_new();
	struct sock_filter *filter;
	size_t count;

	ck_assert_msg(stile_grant(s, e->grant) == 0, "%s", stile_message(s));
	ck_assert_msg(stile_compile(s, &filter, &count) == 0, "%s", stile_message(s));
	ck_assert_int_eq(filter_check(filter, count, NULL, NULL), 0);
	check_spelling(e, filter, "open", 1);
	check_spelling(e, filter, "openat", 2);
	free(filter);
	stile_free(s);
}
END_TEST

START_TEST(creat_is_creation)
{
	const struct expectation *e = &expectations[_i];
	struct stile *s = stile_new();
	bool should = e->is_permitted(effect_of(O_CREAT | O_WRONLY | O_TRUNC, 0644));

	ck_assert_int_eq(stile_grant(s, e->grant), 0);
	if (stile_syscall_number(STILE_ABI_NATIVE, "creat") >= 0) {
		ck_assert_int_eq(is_permitted(answer(s, "creat", 0, 0644, 0, 0, 0, 0)), should);
		ck_assert(!is_permitted(answer(s, "creat", 0, 04755, 0, 0, 0, 0)));
	}
	/* its flags are behind a pointer: libc must fall back to openat */
	ck_assert_uint_eq(answer(s, "openat2", 0, 0, 0, 0, 0, 0), SECCOMP_RET_ERRNO | ENOSYS);
	stile_free(s);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("open");
	TCase *flags = tcase_create("flags");

	tcase_set_timeout(flags, 120);
	tcase_add_loop_test(flags, every_flag_combination, 0,
			    sizeof(expectations) / sizeof(*expectations));
	tcase_add_loop_test(flags, creat_is_creation, 0,
			    sizeof(expectations) / sizeof(*expectations));
	suite_add_tcase(all, flags);
	return all;
}

TEST_MAIN(suite)
