/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_JSON_LOCATOR_H
#define FORMATS_JSON_LOCATOR_H

/* Where the values of a JSON text are: what json-c cannot say. */

#include "document.h"

/*
 * Makes the tree. It is as strict as RFC 8259, and so stricter than json-c: numbers stay as they
 * were written, keys may stand once, there are no NULs and no halves of surrogate pairs. False:
 * it was said what is wrong.
 */
bool json_locate(const struct source *source, struct document *document,
		 struct diagnostics *diagnostics);

#endif
