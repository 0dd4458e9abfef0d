/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_OCI_LIBSECCOMP_H
#define FORMATS_OCI_LIBSECCOMP_H

/* Parts of a profile in the words of libseccomp. */

#include <seccomp.h>
#include <stdint.h>

#include <stile.h>

uint32_t oci_libseccomp_action(struct stile_action action);
uint32_t oci_libseccomp_arch(enum stile_abi abi);
struct scmp_arg_cmp oci_libseccomp_comparison(const struct stile_table_condition *condition);

#endif
