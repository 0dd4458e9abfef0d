/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_YAML_SCALAR_H
#define FORMATS_YAML_SCALAR_H

#include <stdbool.h>

#include "document.h"

/*
 * What a scalar without quotes is: null, true or false, a number, else a string. False: versions
 * of YAML do not agree about it ("yes", "0777").
 */
bool yaml_plain_kind(const char *text, enum node_kind *kind, bool *boolean);

#endif
