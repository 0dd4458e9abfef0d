/* SPDX-License-Identifier: MIT */
#ifndef STILE_FILTER_H
#define STILE_FILTER_H

/*
 * Filters: classic BPF programs as seccomp(2) takes them, made of a context or from elsewhere.
 * Functions without a context set no stile_message(); what they have to say is in their return
 * value, or in a buffer of the caller.
 */

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stile/abi.h>

struct stile;

/* What makes the filter of a policy. Whichever it is, the same proof holds its work against it. */
enum stile_backend { STILE_BACKEND_OWN, STILE_BACKEND_LIBSECCOMP };

/* Chooses the back end; at first STILE_BACKEND_OWN. */
int stile_set_backend(struct stile *s, enum stile_backend backend);

/*
 * Sets the ABIs by which calls may be made, with the same rules for each; calls by others get the
 * action of stile_set_foreign_abi(). At first the native one alone. A filter without the native
 * ABI can be compiled and proved but not applied. Comes before anything is granted or
 * refused; later ABIs can only be left out.
 */
int stile_set_abis(struct stile *s, const enum stile_abi *abis, size_t count);

/*
 * Says how often the program makes a call, beside others: calls that are made often are then found
 * with fewer instructions. Changes no answer. Matters only for calls that have conditions, since
 * the kernel remembers the answers of all others.
 */
int stile_set_weight(struct stile *s, const char *syscall, uint64_t calls);

/*
 * Compiles the context into a program for seccomp(2) with SECCOMP_SET_MODE_FILTER, and proves it.
 * *instructions is allocated and freed by the caller.
 */
int stile_compile(struct stile *s, struct sock_filter **instructions, size_t *count);

/*
 * What the kernel would answer to a call by this filter: a SECCOMP_RET_* value with its
 * data in *answer. -EINVAL for a program that the kernel would not load.
 */
int stile_simulate(const struct sock_filter *instructions, size_t count,
		   const struct seccomp_data *data, uint32_t *answer);

/*
 * Whether the kernel would load the program: 0, or -EINVAL with the index of the instruction that
 * it would refuse in *where and the reason in *why (static memory); both may be NULL.
 */
int stile_check_filter(const struct sock_filter *instructions, size_t count, size_t *where,
		       const char **why);

enum stile_verdict { STILE_VERDICT_EQUAL, STILE_VERDICT_DIFFERENT, STILE_VERDICT_UNDECIDED };

struct stile_proof {
	enum stile_verdict verdict;
	uint64_t paths;	      /* ways through the filter that were followed */
	uint64_t nanoseconds; /* that it took */
	/* If different: a call on which they differ, and what either answers (SECCOMP_RET_* with
	 * data; what the kernel makes of it, e.g. of an errno over 4095). */
	struct seccomp_data witness;
	uint32_t filter_answer, policy_answer;
	/* If undecided: the instruction at which, and what it does; static memory. */
	size_t where;
	const char *why;
};

/*
 * Holds any filter against the context's policy, exactly: for every architecture, number and
 * argument. 0 whatever the verdict is; -EINVAL for a program that the kernel would not load, which
 * sets no message and is no error of the context (stile_check_filter() says why); or the context's
 * error.
 */
int stile_prove(struct stile *s, const struct sock_filter *instructions, size_t count,
		struct stile_proof *proof);

/*
 * The program as text, a line an instruction, with labels for jump targets and the names of
 * calls, arguments and constants in comments. abi: what to take numbers for where the program
 * does not test the architecture. Any bytes can be printed, also those of programs that the
 * kernel refuses. Allocated; to be freed by the caller. NULL: out of memory.
 */
char *stile_disassemble(const struct sock_filter *instructions, size_t count, enum stile_abi abi);

/* The same as pseudo code: what is asked and answered, by call. Allocated; NULL: out of memory, or
 * a program that the kernel would not load. */
char *stile_pseudo_code(const struct sock_filter *instructions, size_t count, enum stile_abi abi);

/*
 * A call as a filter sees it, in words: "openat(AT_FDCWD, NULL, O_RDWR, 0) on x86_64", with what
 * stands in registers beside what the call uses. Long lists of flags are numbers: the text is
 * always the whole call. Allocated; NULL: out of memory, or data is NULL.
 */
char *stile_call_text(const struct seccomp_data *data);

/*
 * The opposite of stile_disassemble(): text to instructions, which are allocated and freed by the
 * caller. -EINVAL and a sentence with the line in message (size bytes) if it is not understood.
 */
int stile_assemble(const char *text, struct sock_filter **instructions, size_t *count,
		   char *message, size_t size);

/* What a filter answers, SECCOMP_RET_* with its data, as the disassembly has it: "ERRNO(EPERM)". At
 * most size bytes with the NUL; 40 suffice. */
void stile_format_answer(uint32_t answer, char *text, size_t size);

/*
 * A call as people write it to what a filter sees of it. The syscall is a name or a number, an
 * argument "AT_FDCWD", "O_RDONLY|O_CLOEXEC", "0x10", "-1" (with the bits that a C compiler passes),
 * or for a pointer NULL, an address, or any text, which stands at some address. Arguments that are
 * not given are 0, and so is the instruction pointer. 0, or -ENOENT or -EINVAL and a sentence in
 * message (size bytes).
 */
int stile_parse_call(enum stile_abi abi, const char *syscall, const char *const *arguments,
		     size_t count, struct seccomp_data *data, char *message, size_t size);

#endif
