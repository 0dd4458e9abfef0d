/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_FORMATS_H
#define FORMATS_FORMATS_H

/* All formats that there are. */

#include "format.h"

/* NULL-ended, in the order in which files are asked whether they look like them. */
extern const struct format *const formats[];

/* The format of this name; NULL: there is none such. */
const struct format *format_find(const char *name);

/* The format that a file looks like; NULL: like none. */
const struct format *format_detect(const struct source *source);

/* Their names in one line, "bpf, oci", for messages; is_written: of those that can be written. */
#define FORMAT_NAMES_MAX 128
void format_names(bool is_written, char text[FORMAT_NAMES_MAX]);

#endif
