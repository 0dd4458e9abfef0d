/* SPDX-License-Identifier: MIT */
#include "oci_words.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define ERRNO_MAX 4095
#define WORD_MAX 40 /* longer words are near to none */

static const struct oci_architecture architectures[] = {
	{ "SCMP_ARCH_X86_64", "amd64", STILE_ABI_X86_64 },
	{ "SCMP_ARCH_X86", "x86", STILE_ABI_I386 },
	{ "SCMP_ARCH_X32", "x32", STILE_ABI_X32 },
	{ "SCMP_ARCH_AARCH64", "arm64", STILE_ABI_AARCH64 },
	{ "SCMP_ARCH_RISCV64", "riscv64", STILE_ABI_RISCV64 },
	{ "SCMP_ARCH_ARM", "arm", -1 },
	{ "SCMP_ARCH_LOONGARCH64", "loong64", -1 },
	{ "SCMP_ARCH_M68K", "m68k", -1 },
	{ "SCMP_ARCH_MIPS", "mips", -1 },
	{ "SCMP_ARCH_MIPS64", "mips64", -1 },
	{ "SCMP_ARCH_MIPS64N32", "mips64n32", -1 },
	{ "SCMP_ARCH_MIPSEL", "mipsel", -1 },
	{ "SCMP_ARCH_MIPSEL64", "mipsel64", -1 },
	{ "SCMP_ARCH_MIPSEL64N32", "mipsel64n32", -1 },
	{ "SCMP_ARCH_PARISC", "parisc", -1 },
	{ "SCMP_ARCH_PARISC64", "parisc64", -1 },
	{ "SCMP_ARCH_PPC", "ppc", -1 },
	{ "SCMP_ARCH_PPC64", "ppc64", -1 },
	{ "SCMP_ARCH_PPC64LE", "ppc64le", -1 },
	{ "SCMP_ARCH_S390", "s390", -1 },
	{ "SCMP_ARCH_S390X", "s390x", -1 },
	{ "SCMP_ARCH_SH", "sh", -1 },
	{ "SCMP_ARCH_SHEB", "sheb", -1 },
};

/* The first word of a kind is the one to write. */
static const struct {
	const char *word;
	enum stile_action_kind kind;
} actions[] = {
	{ "SCMP_ACT_ALLOW", STILE_ACTION_ALLOW },
	{ "SCMP_ACT_ERRNO", STILE_ACTION_ERRNO },
	{ "SCMP_ACT_KILL_PROCESS", STILE_ACTION_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD", STILE_ACTION_KILL_THREAD },
	{ "SCMP_ACT_KILL", STILE_ACTION_KILL_THREAD },
	{ "SCMP_ACT_LOG", STILE_ACTION_LOG },
	{ "SCMP_ACT_NOTIFY", STILE_ACTION_NOTIFY },
	{ "SCMP_ACT_TRACE", STILE_ACTION_TRACE },
	{ "SCMP_ACT_TRAP", STILE_ACTION_TRAP },
};

static const struct {
	const char *word;
	enum stile_comparison comparison;
} comparisons[] = {
	{ "SCMP_CMP_EQ", STILE_EQUAL },
	{ "SCMP_CMP_NE", STILE_NOT_EQUAL },
	{ "SCMP_CMP_LT", STILE_LESS },
	{ "SCMP_CMP_LE", STILE_LESS_OR_EQUAL },
	{ "SCMP_CMP_GT", STILE_GREATER },
	{ "SCMP_CMP_GE", STILE_GREATER_OR_EQUAL },
	{ "SCMP_CMP_MASKED_EQ", STILE_MASKED_EQUAL },
};

/* All but the first have an effect, which stile leaves out. */
static const char *const flags[] = { "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG",
				     "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
				     "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", NULL };

const struct oci_architecture *oci_find_architecture(const char *word)
{
	for (size_t i = 0; i < COUNT(architectures); i++)
		if (strcmp(word, architectures[i].word) == 0)
			return &architectures[i];
	return NULL;
}

const struct oci_architecture *oci_architecture_of(enum stile_abi abi)
{
	for (size_t i = 0; i < COUNT(architectures); i++)
		if (architectures[i].abi == (int)abi)
			return &architectures[i];
	return NULL;
}

int oci_find_action(const char *word)
{
	for (size_t i = 0; i < COUNT(actions); i++)
		if (strcmp(word, actions[i].word) == 0)
			return (int)actions[i].kind;
	return -1;
}

int oci_find_comparison(const char *word)
{
	for (size_t i = 0; i < COUNT(comparisons); i++)
		if (strcmp(word, comparisons[i].word) == 0)
			return (int)comparisons[i].comparison;
	return -1;
}

int oci_find_flag(const char *word)
{
	for (size_t i = 0; flags[i]; i++)
		if (strcmp(word, flags[i]) == 0)
			return i > 0;
	return -1;
}

const char *oci_action_word(enum stile_action_kind kind)
{
	for (size_t i = 0; i < COUNT(actions); i++)
		if (actions[i].kind == kind)
			return actions[i].word;
	return NULL;
}

const char *oci_comparison_word(enum stile_comparison comparison)
{
	for (size_t i = 0; i < COUNT(comparisons); i++)
		if (comparisons[i].comparison == comparison)
			return comparisons[i].word;
	return NULL;
}

unsigned int oci_find_errno(const char *name)
{
	for (int number = 1; number <= ERRNO_MAX; number++) {
		const char *known = strerrorname_np(number);

		if (known && strcmp(known, name) == 0)
			return (unsigned int)number;
	}
	return 0;
}

/* How many letters must be changed, added or left out. */
static size_t distance(const char *a, const char *b)
{
	const size_t length = strlen(b);
	size_t row[WORD_MAX + 1];

	if (length > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (; *a; a++) {
		size_t diagonal = row[0]++;

		for (size_t j = 1; j <= length; j++) {
			size_t least = diagonal + (*a != b[j - 1]);

			diagonal = row[j];
			if (least > row[j] + 1)
				least = row[j] + 1;
			if (least > row[j - 1] + 1)
				least = row[j - 1] + 1;
			row[j] = least;
		}
	}
	return row[length];
}

struct nearest {
	const char *wanted, *word;
	size_t distance;
};

static void start(struct nearest *nearest, const char *wanted)
{
	const size_t length = strnlen(wanted, WORD_MAX + 1);

	nearest->wanted = wanted;
	nearest->word = NULL;
	nearest->distance = length > WORD_MAX ? 0 : length / 4 + 2;
}

static void offer(struct nearest *nearest, const char *word)
{
	size_t found;

	if (nearest->distance == 0)
		return;
	found = distance(nearest->wanted, word);
	if (found < nearest->distance) {
		nearest->distance = found;
		nearest->word = word;
	}
}

const char *oci_nearest(const char *word, const char *const *words)
{
	struct nearest nearest;

	start(&nearest, word);
	for (; *words; words++)
		offer(&nearest, *words);
	return nearest.word;
}

const char *oci_nearest_architecture(const char *word)
{
	struct nearest nearest;

	start(&nearest, word);
	for (size_t i = 0; i < COUNT(architectures); i++)
		offer(&nearest, architectures[i].word);
	return nearest.word;
}

const char *oci_nearest_action(const char *word)
{
	struct nearest nearest;

	start(&nearest, word);
	for (size_t i = 0; i < COUNT(actions); i++)
		offer(&nearest, actions[i].word);
	return nearest.word;
}

const char *oci_nearest_comparison(const char *word)
{
	struct nearest nearest;

	start(&nearest, word);
	for (size_t i = 0; i < COUNT(comparisons); i++)
		offer(&nearest, comparisons[i].word);
	return nearest.word;
}

const char *oci_nearest_flag(const char *word)
{
	return oci_nearest(word, flags);
}

const char *oci_nearest_errno(const char *word)
{
	struct nearest nearest;

	start(&nearest, word);
	for (int number = 1; number <= ERRNO_MAX; number++) {
		const char *name = strerrorname_np(number);

		if (name)
			offer(&nearest, name);
	}
	return nearest.word;
}
