/* SPDX-License-Identifier: MIT */
#ifndef CLI_POLICY_WORDS_H
#define CLI_POLICY_WORDS_H

/* Parts of policies in words and as JSON. All of it is safe to be shown. */

#include <stdbool.h>
#include <stdio.h>

#include <stile.h>

#define ACTION_WORDS_MAX 64

bool is_same_action(struct stile_action a, struct stile_action b);

/* "profile.json:12", or the name of a grant; false, and nothing is written: there is none. */
bool write_origin(FILE *stream, const struct stile_policy *policy, int origin);

/* "allow if flags & O_ACCMODE == O_RDONLY", without the origin. */
void write_rule(FILE *stream, const struct stile_policy_rule *rule);

/* Why a call gets its answer, in words. */
void write_reason(FILE *stream, const struct stile_policy *policy, const struct seccomp_data *data,
		  const struct stile_decision *decision);

/* The ABI by which a call is made; STILE_ABI_COUNT: by none that the table knows. */
enum stile_abi abi_of_call(const struct seccomp_data *data);

/* The syscall's name, or its number in text (at least 16 bytes), which is then returned. */
const char *call_name(enum stile_abi abi, uint32_t number, char *text, size_t size);

/* A call in words, to a stream: stile_call_text(). */
void write_call(FILE *stream, const struct seccomp_data *data);

/* A string of JSON with its quotes. Bytes that are not printable ASCII become \\xNN in it. */
void write_json_string(FILE *stream, const char *text);

/* "origin": {...} of JSON, or "origin": null. */
void write_json_origin(FILE *stream, const struct stile_policy *policy, int origin);

/* "action": "fail with EPERM", "conditions": "..." of JSON. */
void write_json_rule(FILE *stream, const struct stile_policy_rule *rule);
void write_json_action(FILE *stream, const char *key, struct stile_action action);

#endif
