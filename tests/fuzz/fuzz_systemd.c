/* SPDX-License-Identifier: MIT */
/* Any bytes as a unit; if they contain "\n%%\n", what stands behind it is what systemd-analyze
 * printed. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_groups(int file, const void *text, size_t length)
{
	check(ftruncate(file, 0) == 0);
	check(pwrite(file, text, length, 0) == (ssize_t)length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char usual[] = "@default\n    exit\n    execve\n@io\n    read\n    @default\n";
	static const char mark[] = "\n%%\n";
	static int file = -1;
	static char name[64];
	const struct read_options options = { .abi = size % 4 ? STILE_ABI_X86_64 :
								STILE_ABI_AARCH64,
					      .systemd_groups = name };
	const uint8_t *groups = memmem(data, size, mark, strlen(mark));

	if (file < 0) {
		file = memfd_create("groups", MFD_CLOEXEC);
		check(file >= 0);
		(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
	}
	if (groups) {
		const size_t before = (size_t)(groups - data) + strlen(mark);

		write_groups(file, data + before, size - before);
		size = (size_t)(groups - data);
	} else {
		write_groups(file, usual, strlen(usual));
	}
	(void)check_format(&format_systemd, &options, data, size);
	return 0;
}
