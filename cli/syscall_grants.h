/* SPDX-License-Identifier: MIT */
#ifndef CLI_SYSCALL_GRANTS_H
#define CLI_SYSCALL_GRANTS_H

#include <stddef.h>

#include <stile/table.h>

#define GRANT_NAME_MAX 128

/* "system_io.read_fd(fd)" */
void format_grant(const struct stile_table *table, const struct stile_table_ruleset *ruleset,
		  const struct stile_table_grant *grant, char text[GRANT_NAME_MAX]);

/*
 * Prints the grants that hold a syscall, given by its name or its number on this machine's
 * ABI, and on which conditions. The exit status.
 */
int show_syscall_grants(const struct stile_table *table, const char *syscall);

#endif
