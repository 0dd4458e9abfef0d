/* SPDX-License-Identifier: MIT */
#include "profile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "filter_file.h"
#include "input_file.h"
#include "say.h"

#define WORDS_MAX 7 /* of a line; strace -c has six at most */
#define WORD_SHOWN 64
#define LINE_BYTES_MAX 254
#define CALLS_NAMED_MAX 1024 /* more than the table has */

struct total {
	char name[48];
	uint64_t calls;
};

struct profile {
	const char *verb, *path;
	unsigned long line; /* that is being read, from 1 */
	struct total totals[CALLS_NAMED_MAX];
	size_t count;
};

static const char blanks[] = " \t\r\n";

static int complain(const struct profile *profile, const char *word, const char *sentence)
{
	say(profile->verb, profile->path, "line %lu: '%.*s' %s", profile->line, WORD_SHOWN, word,
	    sentence);
	return STATUS_USAGE;
}

static size_t split(char *line, char *words[WORDS_MAX])
{
	size_t count = 0;
	char *rest = NULL;

	for (char *word = strtok_r(line, blanks, &rest); word && count < WORDS_MAX;
	     word = strtok_r(NULL, blanks, &rest))
		words[count++] = word;
	return count;
}

static bool parse_count(const char *text, uint64_t *count)
{
	unsigned long long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	*count = value;
	return *end == '\0' && errno == 0;
}

/* strace -c: "% time  seconds  usecs/call  calls  errors  syscall", a rule, and a total. */
static bool is_frame(char *const *words, size_t count)
{
	return strcmp(words[0], "%") == 0 || strncmp(words[0], "------", 6) == 0 ||
	       (count >= 4 && strcmp(words[count - 1], "total") == 0);
}

/* Which words of a line are the call and its count. */
static bool choose(char *const *words, size_t count, const char **name, const char **calls)
{
	if (count == 2) {
		const bool is_first = words[0][strspn(words[0], "-+0123456789")] == '\0';

		*calls = words[is_first ? 0 : 1];
		*name = words[is_first ? 1 : 0];
		return true;
	}
	if ((count != 5 && count != 6) || !strchr(words[0], '.')) /* errors are often left out */
		return false;
	*calls = words[3];
	*name = words[count - 1];
	return true;
}

/* A call may stand there many times: profiles are put together with cat(1). NULL: no room. */
static struct total *find_total(struct profile *profile, const char *name)
{
	struct total *total = profile->totals;

	while (total < profile->totals + profile->count && strcmp(total->name, name) != 0)
		total++;
	if (total < profile->totals + profile->count)
		return total;
	if (profile->count == CALLS_NAMED_MAX || strlen(name) >= sizeof(total->name))
		return NULL;
	(void)strcpy(total->name, name);
	total->calls = 0;
	profile->count++;
	return total;
}

static int read_line(struct profile *profile, char *line, struct stile *s)
{
	const char *name, *calls;
	struct total *total;
	char *words[WORDS_MAX];
	uint64_t more;
	size_t count;

	line[strcspn(line, "#")] = '\0';
	count = split(line, words);
	if (count == 0 || is_frame(words, count))
		return 0;
	if (!choose(words, count, &name, &calls))
		return complain(profile, words[0],
				"begins no line of a profile: write a call and its count");
	if (!parse_count(calls, &more))
		return complain(profile, calls,
				"is no count: write a number from 0 to 18446744073709551615");
	total = find_total(profile, name);
	if (!total)
		return complain(profile, name, "is no system call that is known");
	if (__builtin_add_overflow(total->calls, more, &total->calls))
		return complain(profile, name, "comes to more calls than fit into 64 bits");
	if (stile_set_weight(s, name, total->calls) < 0) {
		say(profile->verb, profile->path, "line %lu: %s", profile->line, stile_message(s));
		return STATUS_USAGE;
	}
	return 0;
}

static int read_lines(struct profile *profile, char *text, struct stile *s)
{
	int status = 0;

	while (!status && *text) {
		const size_t length = strcspn(text, "\n");
		char *line = text;

		text += length + (text[length] == '\n');
		line[length] = '\0';
		profile->line++;
		if (length >= LINE_BYTES_MAX) {
			line[strcspn(line, blanks)] = '\0';
			status = complain(profile, line, "begins a line that is too long");
		} else {
			status = read_line(profile, line, s);
		}
	}
	if (!status && profile->count == 0) {
		say(profile->verb, profile->path,
		    "no call is in this profile: write a call and its count on each line");
		status = STATUS_USAGE;
	}
	return status;
}

int read_profile(const char *verb, const char *path, struct stile *s)
{
	struct profile *profile;
	char *text;
	int status = read_text_file(verb, path, "profile", &text);

	if (status)
		return status;
	profile = calloc(1, sizeof(*profile));
	if (profile) {
		profile->verb = verb;
		profile->path = input_name(path);
		status = read_lines(profile, text, s);
	} else {
		say(verb, NULL, "out of memory");
		status = STATUS_FAILED;
	}
	free(profile);
	free(text);
	return status;
}
