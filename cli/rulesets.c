/* SPDX-License-Identifier: MIT */
/* stile rulesets: what there is to grant. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <stile.h>
#include <stile/table.h>

#include "commands.h"
#include "say.h"
#include "syscall_grants.h"

#define NAME_SHOWN 64

static const char help[] =
	"usage: stile rulesets [RULESET[.GRANT]...]\n"
	"       stile rulesets --syscall NAME\n"
	"\n"
	"Without arguments: all rulesets. With names: their grants, with the rules, the notes and\n"
	"a mark at those that open a way round the sandbox (danger). For example:\n"
	"\n"
	"    stile rulesets system_io\n"
	"    stile rulesets system_io.read_fd\n"
	"    stile rulesets --syscall openat\n"
	"\n"
	"  -s, --syscall NAME  the grants that hold this system call, and on which conditions;\n"
	"                      NAME may be a number\n"
	"  -h, --help          this text\n"
	"\n"
	"Exit status: 0; 1 for a name that does not exist, or if the output cannot be written;\n"
	"2 for wrong usage.\n";

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
	char name[GRANT_NAME_MAX];

	format_grant(table, ruleset, grant, name);
	(void)printf("%s%s\n    %s\n", name, grant->danger ? "  [danger]" : "", grant->summary);
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

static bool is_named(const char *name, const char *text, size_t length)
{
	return strlen(name) == length && memcmp(name, text, length) == 0;
}

/* One ruleset, or one grant of it, with or without values. False: there is none such. */
static bool show(const struct stile_table *table, const char *name)
{
	size_t length = strcspn(name, ".");
	const char *wanted = name[length] ? name + length + 1 : NULL;
	bool is_found = false;

	for (uint32_t i = 0; i < table->ruleset_count; i++) {
		const struct stile_table_ruleset *ruleset = &table->rulesets[i];

		if (!is_named(ruleset->name, name, length))
			continue;
		if (!wanted) {
			is_found = true;
			(void)printf("%s: %s\n", ruleset->name, ruleset->summary);
			print_lines(ruleset->notes, "    ");
		}
		for (uint32_t g = 0; g < ruleset->grant_count; g++) {
			const struct stile_table_grant *grant = &table->grants[ruleset->grants + g];

			if (wanted && !is_named(grant->name, wanted, strcspn(wanted, "(")))
				continue;
			if (is_found)
				(void)putchar('\n');
			is_found = true;
			show_grant(table, ruleset, grant);
		}
	}
	return is_found;
}

/* A grant's name without its ruleset is easily given. */
static bool say_grants_meant(const struct stile_table *table, const char *name)
{
	char found[512] = "";
	size_t length = 0;

	for (uint32_t i = 0; i < table->ruleset_count; i++) {
		const struct stile_table_ruleset *ruleset = &table->rulesets[i];

		for (uint32_t g = 0; g < ruleset->grant_count && length < sizeof(found); g++)
			if (strcmp(table->grants[ruleset->grants + g].name, name) == 0)
				length += (size_t)snprintf(found + length, sizeof(found) - length,
							   "%s'%s.%s'", length ? " or " : "",
							   ruleset->name, name);
	}
	if (length)
		say("rulesets", NULL, "there is no ruleset '%s': did you mean %s?", name, found);
	return length > 0;
}

/* The library has the sentence, with what was meant; before it stands what we gave it. */
static void say_unknown(const char *name)
{
	struct stile *s = stile_new();
	const char *message;
	char grant[256];

	(void)snprintf(grant, sizeof(grant), "%s%s", name, strchr(name, '.') ? "" : ".x");
	(void)stile_grant(s, grant);
	message = strstr(stile_message(s), "there is no ruleset '");
	if (!message && strchr(name, '.'))
		message = strstr(stile_message(s), "ruleset ");
	if (message)
		say_message("rulesets", message);
	else
		say("rulesets", NULL, "there is no %s '%.*s': see 'stile rulesets'",
		    strchr(name, '.') ? "grant" : "ruleset", NAME_SHOWN, name);
	stile_free(s);
}

int command_rulesets(int argc, char **argv)
{
	static const struct option options[] = { { "syscall", required_argument, NULL, 's' },
						 { "help", no_argument, NULL, 'h' },
						 { NULL, 0, NULL, 0 } };
	const struct stile_table *table = stile_builtin_table();
	const char *syscall = NULL;
	int status = STATUS_OK, option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":s:h", options, NULL)) != -1) {
		switch (option) {
		case 's':
			syscall = optarg;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return STATUS_OK;
		default:
			say_bad_option("rulesets", option, argv, options);
			return STATUS_USAGE;
		}
	}
	if (syscall && optind < argc) {
		say("rulesets", NULL, "--syscall stands alone: leave the names out");
		return STATUS_USAGE;
	}
	if (syscall)
		return show_syscall_grants(table, syscall);
	if (optind == argc)
		list_rulesets(table);
	for (int i = optind; i < argc; i++) {
		if (i > optind)
			(void)putchar('\n');
		if (!show(table, argv[i])) {
			if (!say_grants_meant(table, argv[i]))
				say_unknown(argv[i]);
			status = STATUS_FAILED;
		}
	}
	return status;
}
