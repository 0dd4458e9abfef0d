/* SPDX-License-Identifier: MIT */
#include "formats.h"

#include <stdio.h>
#include <string.h>

/* Instructions first: no other format has bytes that are no text. */
const struct format *const formats[] = { &format_bpf,	      &format_kubernetes, &format_oci,
					 &format_firecracker, &format_systemd,	  &format_tiny_jail,
					 &format_minijail,    &format_kafel,	  NULL };

const struct format *format_find(const char *name)
{
	for (size_t i = 0; formats[i]; i++)
		if (strcmp(formats[i]->name, name) == 0)
			return formats[i];
	return NULL;
}

const struct format *format_detect(const struct source *source)
{
	for (size_t i = 0; formats[i]; i++)
		if (formats[i]->is_likely(source))
			return formats[i];
	return NULL;
}

void format_names(bool is_written, char text[FORMAT_NAMES_MAX])
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; formats[i]; i++) {
		int added;

		if (is_written && !formats[i]->write)
			continue;
		added = snprintf(text + length, FORMAT_NAMES_MAX - length, "%s%s",
				 length ? ", " : "", formats[i]->name);
		if (added < 0 || (size_t)added >= FORMAT_NAMES_MAX - length)
			return;
		length += (size_t)added;
	}
}
