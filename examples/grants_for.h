/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_GRANTS_FOR_H
#define EXAMPLES_GRANTS_FOR_H

#include <stdio.h>

#include "try_call.h"

/* Prints the grants that would allow this very call, with these arguments. */
void print_grants_for(FILE *out, const struct try_call *call);

#endif
