/* SPDX-License-Identifier: MIT */
/* Names of architectures and errnos in units. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "systemd.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct {
	const char *name;
	int abi;
} architectures[] = {
	{ "x86-64", STILE_ABI_X86_64 }, { "x86", STILE_ABI_I386 },	  { "x32", STILE_ABI_X32 },
	{ "arm64", STILE_ABI_AARCH64 }, { "riscv64", STILE_ABI_RISCV64 },
};

/* systemd.unit(5), ConditionArchitecture=, and systemd.exec(5) */
static const char *const others[] = {
	"alpha",  "arc",       "arc-be",      "arm",	  "arm-be",	"arm64-be",
	"cris",	  "ia64",      "loongarch64", "m68k",	  "mips",	"mips-le",
	"mips64", "mips64-le", "parisc",      "parisc64", "ppc",	"ppc-le",
	"ppc64",  "ppc64-le",  "riscv32",     "s390",	  "s390x",	"sh",
	"sh64",	  "sparc",     "sparc64",     "tilegx",	  "mips64-n32", "mips64-le-n32",
};

int systemd_architecture(const char *name, enum stile_abi native)
{
	if (strcmp(name, "native") == 0)
		return (int)native;
	for (size_t i = 0; i < COUNT(architectures); i++)
		if (strcmp(name, architectures[i].name) == 0)
			return architectures[i].abi;
	for (size_t i = 0; i < COUNT(others); i++)
		if (strcmp(name, others[i]) == 0)
			return -1;
	return -2;
}

const char *systemd_architecture_name(enum stile_abi abi)
{
	for (size_t i = 0; i < COUNT(architectures); i++)
		if (architectures[i].abi == (int)abi)
			return architectures[i].name;
	return NULL;
}

/* Names that the C library does not print, because it prints others of the same number. */
static const struct {
	const char *name;
	int value;
} second_names[] = {
	{ "EWOULDBLOCK", EWOULDBLOCK },
	{ "EDEADLOCK", EDEADLOCK },
	{ "ENOTSUP", ENOTSUP },
};

int systemd_errno(const char *text)
{
	char *end;
	long number;

	if (*text >= '0' && *text <= '9') {
		number = strtol(text, &end, 10);
		return *end == '\0' && number <= 4095 ? (int)number : -1;
	}
	for (int value = 1; value < 4096; value++) {
		const char *name = strerrorname_np(value);

		if (name && strcasecmp(name, text) == 0)
			return value;
	}
	for (size_t i = 0; i < COUNT(second_names); i++)
		if (strcasecmp(second_names[i].name, text) == 0)
			return second_names[i].value;
	return -1;
}
