/* SPDX-License-Identifier: MIT */
#include "policy_file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "say.h"

#define VALUE_SHOWN 64
#define CAPABILITY_MAX 64 /* bytes of its name */

/* "6.1" or "6.1.12", with whatever comes behind it if that may be: "6.1.12-generic". */
static bool parse_kernel(const char *text, bool is_exact, uint32_t *kernel)
{
	unsigned int parts[3] = { 0 }, count = 0;

	while (count < 3 && *text >= '0' && *text <= '9') {
		for (; *text >= '0' && *text <= '9'; text++) {
			parts[count] = 10 * parts[count] + (unsigned int)(*text - '0');
			if (parts[count] > UINT16_MAX)
				return false;
		}
		count++;
		if (count == 3 || *text != '.')
			break;
		text++;
	}
	/* patches above 255 are one, as in the kernel's own KERNEL_VERSION */
	*kernel = parts[0] << 16 | parts[1] << 8 | (parts[2] > 255 ? 255 : parts[2]);
	return count >= 2 && parts[0] <= 255 && parts[1] <= 255 && (!is_exact || *text == '\0');
}

void policy_file_options_start(struct policy_file_options *options, const char *verb)
{
	struct utsname machine;

	*options = (struct policy_file_options){ .verb = verb };
	options->read.abi = STILE_ABI_NATIVE;
	if (uname(&machine) < 0 || !parse_kernel(machine.release, false, &options->read.kernel))
		options->read.kernel = 0;
}

void policy_file_options_end(struct policy_file_options *options)
{
	for (size_t i = 0; i < options->capability_count; i++)
		free(options->capabilities[i]);
	free(options->capabilities);
}

static enum option_result take_format(struct policy_file_options *options, const char *value)
{
	char names[FORMAT_NAMES_MAX];

	options->format = format_find(value);
	if (options->format)
		return OPTION_TAKEN;
	format_names(false, names);
	say(options->verb, NULL, "--from: there is no format '%.*s': give one of %s", VALUE_SHOWN,
	    value, names);
	return OPTION_WRONG;
}

static enum option_result take_kernel(struct policy_file_options *options, const char *value)
{
	if (parse_kernel(value, true, &options->read.kernel))
		return OPTION_TAKEN;
	say(options->verb, NULL, "--kernel '%.*s': give a kernel version such as 6.1", VALUE_SHOWN,
	    value);
	return OPTION_WRONG;
}

/* "CAP_SYS_ADMIN", which may be written sys_admin. */
static bool normalise_capability(const char *value, char name[CAPABILITY_MAX])
{
	const bool has_prefix = strncasecmp(value, "cap_", 4) == 0;
	const int length = snprintf(name, CAPABILITY_MAX, "CAP_%s", has_prefix ? value + 4 : value);

	if (length <= 4 || length >= CAPABILITY_MAX)
		return false;
	for (char *next = name; *next; next++) {
		if (*next >= 'a' && *next <= 'z')
			*next = (char)(*next - 'a' + 'A');
		if ((*next < 'A' || *next > 'Z') && *next != '_')
			return false;
	}
	return true;
}

static enum option_result take_capability(struct policy_file_options *options, const char *value)
{
	char name[CAPABILITY_MAX], *copy, **grown;

	if (!normalise_capability(value, name)) {
		say(options->verb, NULL, "--cap '%.*s': give a capability such as CAP_SYS_ADMIN",
		    VALUE_SHOWN, value);
		return OPTION_WRONG;
	}
	copy = strdup(name);
	grown = realloc(options->capabilities, (options->capability_count + 2) * sizeof(*grown));
	if (grown)
		options->capabilities = grown;
	if (!copy || !grown) {
		free(copy);
		say(options->verb, NULL, "out of memory");
		return OPTION_WRONG;
	}
	grown[options->capability_count++] = copy;
	grown[options->capability_count] = NULL;
	options->read.capabilities = (const char *const *)grown;
	return OPTION_TAKEN;
}

enum option_result policy_file_options_take(struct policy_file_options *options, int option,
					    const char *value)
{
	switch (option) {
	case OPTION_FROM:
		return take_format(options, value);
	case OPTION_SECTION:
		options->read.section = value;
		return OPTION_TAKEN;
	case OPTION_KERNEL_WIDTHS:
		options->use_kernel_widths = true;
		return OPTION_TAKEN;
	case OPTION_CAP:
		return take_capability(options, value);
	case OPTION_KERNEL:
		return take_kernel(options, value);
	case OPTION_SYSTEMD_GROUPS:
		options->read.systemd_groups = value;
		return OPTION_TAKEN;
	default:
		return OPTION_OTHER;
	}
}
