/* SPDX-License-Identifier: MIT */
#include "say.h"

#include <getopt.h>
#include <stdarg.h>
#include <string.h>

#define SUBJECT_MAX 256 /* bytes of it that are shown */
#define TEXT_MAX 1024

/* Copies up to most bytes of text; says how many more there are. */
static void escape(char *to, size_t size, const char *text, size_t most)
{
	size_t length = strlen(text), used = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (i == most || used + 40 > size) {
			(void)snprintf(to + used, size - used, "... (%zu bytes more)", length - i);
			return;
		}
		if (byte >= ' ' && byte <= '~')
			to[used++] = (char)byte;
		else
			used += (size_t)snprintf(to + used, size - used, "\\x%02x", byte);
	}
	to[used] = '\0';
}

static void print(const char *verb, const char *subject, const char *sentence)
{
	(void)fprintf(stderr, "stile%s%s: %s%s%s\n", verb ? " " : "", verb ? verb : "",
		      subject ? subject : "", subject ? ": " : "", sentence);
}

void say(const char *verb, const char *subject, const char *format, ...)
{
	char shown[4 * SUBJECT_MAX + 64], text[TEXT_MAX], sentence[4 * TEXT_MAX + 64];
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(text, sizeof(text), format, arguments) < 0)
		text[0] = '\0';
	va_end(arguments);
	escape(sentence, sizeof(sentence), text, sizeof(text));
	if (subject)
		escape(shown, sizeof(shown), subject, SUBJECT_MAX);
	print(verb, subject ? shown : NULL, sentence);
}

void say_message(const char *verb, const char *message)
{
	print(verb, NULL, message);
}

void write_safely(FILE *stream, const char *text)
{
	for (; *text; text++) {
		const unsigned char byte = (unsigned char)*text;

		if (byte >= ' ' && byte <= '~')
			(void)fputc(byte, stream);
		else
			(void)fprintf(stream, "\\x%02x", byte);
	}
}

/* How many options a word can stand for that is cut short; their names, divided by commas. */
static size_t find_meant(const char *word, size_t length, const struct option *options, char *names,
			 size_t size)
{
	size_t count = 0, used = 0;

	*names = '\0';
	for (; options->name && used < size; options++) {
		if (strncmp(options->name, word, length) != 0)
			continue;
		used += (size_t)snprintf(names + used, size - used, "%s--%s", count ? ", " : "",
					 options->name);
		count++;
	}
	return count;
}

void say_bad_option(const char *verb, int returned, char *const *argv, const struct option *options)
{
	const char *word = argv[optind - 1];
	const struct option *const all = options;
	char letter[] = { '-', (char)optopt, '\0' }, names[256];
	size_t length;

	if (returned == ':') {
		say(verb, NULL, "%s needs a value: see 'stile %s --help'",
		    strncmp(word, "--", 2) == 0 ? word : letter, verb);
		return;
	}
	/* A letter that is none of ours, or a long option that is. */
	for (; options->name; options++)
		if (optopt && options->val == optopt) {
			say(verb, NULL, "--%s takes no value: see 'stile %s --help'", options->name,
			    verb);
			return;
		}
	if (optopt)
		word = letter;
	length = strcspn(word, "=");
	if (!optopt && length > 2 &&
	    find_meant(word + 2, length - 2, all, names, sizeof(names)) > 1) {
		say(verb, NULL, "'%.*s' may be any of %s: write it out",
		    (int)(length < SUBJECT_MAX ? length : SUBJECT_MAX), word, names);
		return;
	}
	say(verb, NULL, "there is no option '%.*s': see 'stile %s --help'",
	    (int)(length < SUBJECT_MAX ? length : SUBJECT_MAX), word, verb);
}
