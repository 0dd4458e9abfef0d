/* SPDX-License-Identifier: MIT */
#ifndef TESTS_OCI_RUNTIME_H
#define TESTS_OCI_RUNTIME_H

/* What a container runtime makes of a profile, by libseccomp. Knows nothing of formats/. */

#include <json-c/json.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the container and its machine, which is x86_64. */
struct oci_container {
	const char *const *capabilities; /* NULL-ended */
	unsigned int major, minor;	 /* of the kernel */
};

/* Takes out the names that this libseccomp does not know, and so would leave out. */
void oci_forget_unknown_names(struct json_object *profile);

/*
 * The filter of a profile; *instructions is freed by the caller. False: libseccomp refused
 * something, and runtimes would.
 */
bool oci_runtime_filter(struct json_object *profile, const struct oci_container *container,
			struct sock_filter **instructions, size_t *count);

#endif
