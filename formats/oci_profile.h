/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_OCI_PROFILE_H
#define FORMATS_OCI_PROFILE_H

/* A seccomp profile of the OCI's runtime-spec, Docker or containers/common as it was read; the
 * format of Kubernetes has the same. */

#include <errno.h>

#include <stile.h>

#include "document.h"
#include "format.h"

#define OCI_ENTRIES_MAX 4096
#define OCI_NO_ERRNO UINT32_MAX /* none is said */

/* One entry of "syscalls", or several of its names with the same action. */
struct oci_entry {
	const struct node *node;
	const struct node *names; /* strings */
	size_t name_count;
	struct stile_action action;
	/* Of 64 and of 32 bits: libseccomp compares registers of the ABI's size. */
	const struct stile_table_condition *wide, *narrow;
	size_t condition_count;
	bool is_any; /* each condition is a rule of its own */
};

struct oci_profile {
	struct stile_action default_action;
	enum stile_abi abis[STILE_ABI_COUNT]; /* the native one first */
	size_t abi_count;
	struct oci_entry *entries;
	size_t count;
	const char *listener_path, *listener_metadata; /* NULL: not said */
	bool has_default;			       /* default_action could be read */
};

/* What all parts of the reader need. */
struct oci_reader {
	const struct source *source;
	const struct read_options *options;
	struct diagnostics *diagnostics;
	struct document *document; /* for memory that lives as long as the profile */
	struct oci_origin *origin; /* the last that was added to the policy */
};

struct oci_origin {
	const struct node *place; /* NULL: none yet */
	int index;
};

/*
 * Reads an object with defaultAction and syscalls; false: it has errors. Then the profile has what
 * could be read, for oci_policy() to say what else is wrong, if has_default.
 */
bool oci_read_profile(const struct oci_reader *reader, const struct node *object,
		      struct oci_profile *profile);

/* Reads one entry of "syscalls" that applies to the container; false: it has errors. */
bool oci_read_entry(const struct oci_reader *reader, const struct node *node,
		    struct oci_entry *entry);

/* Whether "includes" and "excludes" of an entry let it apply; *is_good: they have no errors. */
bool oci_entry_applies(const struct oci_reader *reader, const struct node *node, bool *is_good);

/* Warns of names that are no syscalls, in all entries of "syscalls". False: one is a grant's, and
 * there is something wrong with that. */
bool oci_check_names(const struct oci_reader *reader, const struct node *entries);

/* The policy of a profile; NULL: it has errors. */
struct stile_policy *oci_policy(const struct oci_reader *reader, const struct oci_profile *profile);

/* The policy of the member "stile"; NULL: it has errors. */
struct stile_policy *oci_read_grants(const struct oci_reader *reader, const struct node *object);

/* Whether the policy of the member "stile" (own) and that of "syscalls" beside it mean the same, as
 * far as libseccomp could; false: it was said on which call they do not. */
bool oci_check_same(const struct oci_reader *reader, const struct node *own,
		    const struct stile_policy *grants, const struct stile_policy *profile);

/* The action of a word, and of an errno that stands beside it or OCI_NO_ERRNO. */
bool oci_action(const struct oci_reader *reader, const struct node *word, uint32_t errno_value,
		struct stile_action *action);

/* ---- Members of objects ---- */

/* Says an error, or a warning, that is about a value, or about its key. False. */
bool oci_error(const struct oci_reader *reader, const struct node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void oci_warning(const struct oci_reader *reader, const struct node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The value of a key, if it is there and not null. If it is of another kind, that is said, and
 * *is_good becomes false.
 */
const struct node *oci_member(const struct oci_reader *reader, const struct node *object,
			      const char *key, enum node_kind kind, bool *is_good);

/* The same for an array of strings. */
const struct node *oci_strings(const struct oci_reader *reader, const struct node *object,
			       const char *key, bool *is_good);

/* Warns of keys that are not in a list that NULL ends. False: there is one that some readers take
 * for another. */
bool oci_known_keys(const struct oci_reader *reader, const struct node *object,
		    const char *const *keys);

/* An integer of an object, at most `most`; false: it is not there. */
bool oci_integer(const struct oci_reader *reader, const struct node *object, const char *key,
		 uint64_t most, uint64_t *value, bool *is_good);

/* Says that a member is not there, or null: at its null, or else at the object. False. */
bool oci_missing(const struct oci_reader *reader, const struct node *object, const char *key,
		 const char *expected);

/* Members that must be there. False, or NULL: they are not, or of another kind, which was said. */
bool oci_needed_integer(const struct oci_reader *reader, const struct node *object, const char *key,
			uint64_t most, const char *expected, uint64_t *value);
const struct node *oci_needed_string(const struct oci_reader *reader, const struct node *object,
				     const char *key, const char *expected);

/* Says that a word is none of its kind ("action"), with the nearest one (NULL: none), or else what
 * was expected. False. */
bool oci_unknown_word(const struct oci_reader *reader, const struct node *word, const char *kind,
		      const char *nearest, const char *expected);

#endif
