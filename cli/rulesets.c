/* SPDX-License-Identifier: MIT */
/* stile rulesets: what there is to grant. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <stile.h>
#include <stile/table.h>

#include "commands.h"

#define GRANT_WIDTH 44

static const char help[] =
	"usage: stile rulesets [RULESET[.GRANT]...]\n"
	"       stile rulesets --syscall NAME\n"
	"\n"
	"Without arguments: all rulesets. With names: their grants, with the rules, the notes and\n"
	"a mark at those that open a way round the sandbox (danger).\n"
	"\n"
	"  -s, --syscall NAME  the grants that hold this system call\n"
	"  -h, --help          this text\n"
	"\n"
	"Exit status: 0; 1 for a name that does not exist; 2 for wrong usage.\n";

/* "read_fd(fd)" */
static void format_grant(const struct stile_table *table, const struct stile_table_ruleset *ruleset,
			 const struct stile_table_grant *grant, char text[128])
{
	int length = snprintf(text, 128, "%s.%s", ruleset->name, grant->name);

	for (unsigned int i = 0; i < grant->parameter_count && length < 128; i++)
		length += snprintf(text + length, (size_t)(128 - length), "%s%s%s", i ? ", " : "(",
				   table->parameters[grant->parameters + i].name,
				   i + 1u == grant->parameter_count ? ")" : "");
}

static void list_rulesets(const struct stile_table *table)
{
	for (uint32_t i = 0; i < table->ruleset_count; i++) {
		const struct stile_table_ruleset *ruleset = &table->rulesets[i];

		(void)printf("%-16s %s\n", ruleset->name, ruleset->summary);
	}
}

/* Lines of text, each behind the same indent. */
static void print_lines(const char *text, const char *indent)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		(void)printf("%s%.*s\n", indent, (int)length, text);
		text += length;
		text += *text == '\n';
	}
}

static void show_grant(const struct stile_table *table, const struct stile_table_ruleset *ruleset,
		       const struct stile_table_grant *grant)
{
	char name[128];

	format_grant(table, ruleset, grant, name);
	(void)printf("\n%s%s\n    %s\n", name, grant->danger ? "  [danger]" : "", grant->summary);
	for (unsigned int i = 0; i < grant->parameter_count; i++) {
		const struct stile_table_parameter *parameter =
			&table->parameters[grant->parameters + i];

		(void)printf("    %s: %d to %d\n", parameter->name, parameter->lowest,
			     parameter->highest);
	}
	for (const char *const *line = grant->sources; *line; line++)
		(void)printf("        %s\n", *line);
	print_lines(grant->notes, "    ");
}

/* One ruleset, or one grant of it. False: there is none such. */
static bool show(const struct stile_table *table, const char *name)
{
	size_t length = strcspn(name, ".");
	bool is_found = false;

	for (uint32_t i = 0; i < table->ruleset_count; i++) {
		const struct stile_table_ruleset *ruleset = &table->rulesets[i];

		if (strlen(ruleset->name) != length || memcmp(name, ruleset->name, length) != 0)
			continue;
		if (name[length] == '\0') {
			is_found = true;
			(void)printf("%s: %s\n", ruleset->name, ruleset->summary);
			print_lines(ruleset->notes, "    ");
		}
		for (uint32_t g = 0; g < ruleset->grant_count; g++) {
			const struct stile_table_grant *grant =
				&table->grants[ruleset->grants + g];

			if (name[length] == '.' && strcmp(name + length + 1, grant->name) != 0)
				continue;
			is_found = true;
			show_grant(table, ruleset, grant);
		}
	}
	return is_found;
}

/* Whether a grant holds a syscall on this machine's ABI, and with conditions only. */
static bool holds(const struct stile_table *table, const struct stile_table_grant *grant,
		  const char *syscall, bool *is_conditional)
{
	bool is_held = false;

	*is_conditional = true;
	for (uint32_t i = grant->rules; i < grant->rules + grant->rule_count; i++) {
		const struct stile_table_rule *rule = &table->rules[i];

		if (strcmp(table->syscalls[rule->syscall], syscall) != 0)
			continue;
		is_held = true;
		if (rule->condition_count == 0)
			*is_conditional = false;
	}
	return is_held;
}

static bool is_known(const struct stile_table *table, const char *syscall)
{
	for (uint32_t i = 0; i < table->syscall_count; i++)
		if (strcmp(table->syscalls[i], syscall) == 0)
			return true;
	return false;
}

static int find_syscall(const struct stile_table *table, const char *syscall)
{
	if (!is_known(table, syscall)) {
		/* the library has the sentence, with what was meant */
		struct stile *s = stile_new();

		(void)stile_allow(s, syscall);
		(void)fprintf(stderr, "stile rulesets: %s\n", stile_message(s));
		stile_free(s);
		return STATUS_FAILED;
	}
	for (uint32_t i = 0; i < table->ruleset_count; i++) {
		const struct stile_table_ruleset *ruleset = &table->rulesets[i];

		for (uint32_t g = 0; g < ruleset->grant_count; g++) {
			const struct stile_table_grant *grant =
				&table->grants[ruleset->grants + g];
			bool is_conditional;
			char name[128];

			if (!holds(table, grant, syscall, &is_conditional))
				continue;
			format_grant(table, ruleset, grant, name);
			(void)printf("%-*s  %s%s\n", GRANT_WIDTH, name,
				     is_conditional ? "some calls: " : "every call: ",
				     grant->summary);
		}
	}
	return STATUS_OK;
}

int command_rulesets(int argc, char **argv)
{
	static const struct option options[] = { { "syscall", required_argument, NULL, 's' },
						 { "help", no_argument, NULL, 'h' },
						 { NULL, 0, NULL, 0 } };
	const struct stile_table *table = stile_builtin_table();
	const char *syscall = NULL;
	int status = STATUS_OK, option;

	while ((option = getopt_long(argc, argv, "s:h", options, NULL)) != -1) {
		switch (option) {
		case 's':
			syscall = optarg;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return STATUS_OK;
		default:
			(void)fputs("stile rulesets: see 'stile rulesets --help'\n", stderr);
			return STATUS_USAGE;
		}
	}
	if (syscall && optind < argc) {
		(void)fputs("stile rulesets: --syscall stands alone: leave the names out\n",
			    stderr);
		return STATUS_USAGE;
	}
	if (syscall)
		return find_syscall(table, syscall);
	if (optind == argc)
		list_rulesets(table);
	for (int i = optind; i < argc; i++) {
		if (i > optind)
			(void)putchar('\n');
		if (!show(table, argv[i])) {
			struct stile *s = stile_new();
			char grant[160];

			(void)snprintf(grant, sizeof(grant), "%s%s", argv[i],
				       strchr(argv[i], '.') ? "" : ".x");
			(void)stile_grant(s, grant);
			(void)fprintf(stderr, "stile rulesets: %s\n", stile_message(s));
			stile_free(s);
			status = STATUS_FAILED;
		}
	}
	return status;
}
