/* SPDX-License-Identifier: MIT */
/*
 * What lies at the stack pointer of a new program: the count of its arguments, pointers to them,
 * NULL, pointers to its environment, NULL, pairs of numbers up to AT_NULL.
 */
#include "hide_vdso.h"

#include <elf.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "inject.h"

/* The kernel permits arguments of a quarter of the stack, and itself never has more pairs. */
#define POINTERS_MAX (UINT64_C(1) << 26)
#define PAIRS_MAX 256

#define BLOCK_BYTES 4096

/* Words of the new program, read by blocks. */
struct reader {
	pid_t tid;
	uint64_t at; /* of the next word */
	unsigned int width;
	unsigned char block[BLOCK_BYTES];
	uint64_t start; /* of what is in the block */
	size_t size;
};

/* To the end of a page, so that nothing behind the stack is touched. */
static int fill(struct reader *r)
{
	const size_t size = BLOCK_BYTES - r->at % BLOCK_BYTES;
	struct iovec local = { r->block, size };
	struct iovec remote = { (void *)(uintptr_t)r->at, size };

	r->start = r->at;
	r->size = size;
	if (process_vm_readv(r->tid, &local, 1, &remote, 1, 0) == (ssize_t)size)
		return 0;
	return inject_read(r->tid, r->at, r->block, size);
}

static int next_word(struct reader *r, uint64_t *word)
{
	uint32_t half;
	int error = 0;

	if (r->at < r->start || r->at + r->width > r->start + r->size)
		error = fill(r);
	if (error)
		return error;
	if (r->width == sizeof(half)) {
		memcpy(&half, r->block + (r->at - r->start), sizeof(half));
		*word = half;
	} else {
		memcpy(word, r->block + (r->at - r->start), sizeof(*word));
	}
	r->at += r->width;
	return 0;
}

static int skip_pointers(struct reader *r)
{
	uint64_t word = 1;
	int error = 0;

	for (uint64_t i = 0; !error && word && i < POINTERS_MAX; i++)
		error = next_word(r, &word);
	if (error)
		return error;
	return word ? -EIO : 0;
}

#if defined(__x86_64__)

static int start(struct reader *r)
{
	struct user_regs_struct registers;
	struct iovec view = { &registers, sizeof(registers) };

	if (ptrace(PTRACE_GETREGSET, r->tid, (void *)NT_PRSTATUS, &view) < 0)
		return -errno;
	r->width = view.iov_len == sizeof(registers) ? 8 : 4; /* those of i386 are smaller */
	if (ptrace(PTRACE_GETREGS, r->tid, NULL, &registers) < 0)
		return -errno;
	r->at = registers.rsp;
	return 0;
}

#else

static int start(struct reader *r)
{
	struct inject_registers registers;
	int error = inject_get_registers(r->tid, &registers); /* -EIO: code of 32 bits */

	r->width = 8;
	if (!error)
		r->at = inject_sp(&registers);
	return error;
}

#endif

int hide_vdso(pid_t tid)
{
	static const uint64_t ignored = AT_IGNORE; /* the lower half first: of either width */
	struct reader r = { .tid = tid };
	uint64_t type = AT_NULL, value;
	int error = start(&r);

	if (!error)
		error = next_word(&r, &value); /* how many arguments */
	if (!error)
		error = skip_pointers(&r);
	if (!error)
		error = skip_pointers(&r);
	for (int i = 0; !error && i < PAIRS_MAX; i++) {
		error = next_word(&r, &type);
		if (error || type == AT_NULL)
			break;
		if (type == AT_SYSINFO_EHDR)
			return inject_write(tid, r.at - r.width, &ignored, r.width);
		error = next_word(&r, &value);
	}
	return error || type == AT_NULL ? error : -EIO;
}
