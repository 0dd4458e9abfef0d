/* SPDX-License-Identifier: MIT */
/* One entry of "syscalls": names, an action, and what arguments must be. */
#include <string.h>

#include "document_memory.h"
#include "oci_profile.h"
#include "oci_words.h"

#define ARGUMENTS 6
#define ENTRY_ARGUMENTS_MAX 256 /* of one entry, if they are alternatives */

bool oci_action(const struct oci_reader *reader, const struct node *word, uint32_t errno_value,
		struct stile_action *action)
{
	const int kind = oci_find_action(word->text);

	if (kind < 0)
		return oci_unknown_word(reader, word, "action", oci_nearest_action(word->text),
					"one like \"SCMP_ACT_ERRNO\"");
	action->kind = (enum stile_action_kind)kind;
	action->errno_value = 0;
	if (kind == STILE_ACTION_ERRNO || kind == STILE_ACTION_TRACE)
		action->errno_value = errno_value == OCI_NO_ERRNO ? EPERM : errno_value;
	else if (errno_value != OCI_NO_ERRNO && errno_value != 0)
		return oci_error(reader, word, "%s has no errno, but one stands beside it",
				 word->text);
	return true;
}

/* containers/common has errnos by name, which go before numbers. */
static uint32_t read_errno(const struct oci_reader *reader, const struct node *node, bool *is_good)
{
	const struct node *name = oci_member(reader, node, "errno", NODE_STRING, is_good);
	uint64_t value = OCI_NO_ERRNO;

	if (!oci_integer(reader, node, "errnoRet", UINT16_MAX, &value, is_good))
		value = OCI_NO_ERRNO;
	if (!name || *name->text == '\0')
		return (uint32_t)value;
	value = oci_find_errno(name->text);
	if (value == 0 && strspn(name->text, "0123456789") == strlen(name->text) &&
	    node_unsigned(&(struct node){ .kind = NODE_NUMBER, .text = name->text }, false,
			  &value) &&
	    value <= UINT16_MAX)
		return (uint32_t)value;
	if (value == 0 || value > UINT16_MAX)
		*is_good = oci_unknown_word(reader, name, "errno", oci_nearest_errno(name->text),
					    "a name like \"EPERM\"");
	return (uint32_t)value;
}

static bool read_names(const struct oci_reader *reader, const struct node *node,
		       struct oci_entry *entry)
{
	bool is_good = true;
	const struct node *name = oci_member(reader, node, "name", NODE_STRING, &is_good);
	const struct node *names = oci_strings(reader, node, "names", &is_good);
	const struct node *found = node_find(node, "names");

	if (!is_good)
		return false;
	if (name && *name->text != '\0') {
		if (names && names->count)
			return oci_error(reader, name,
					 "found \"name\" beside \"names\", expected "
					 "one of the two");
		entry->names = name;
		entry->name_count = 1;
		return true;
	}
	if (!names || names->count == 0)
		return oci_error(reader, found ? found : node,
				 "found no names, expected \"names\" with at least one syscall");
	entry->names = names->children;
	entry->name_count = names->count;
	return true;
}

static bool read_comparison(const struct oci_reader *reader, const struct node *argument,
			    uint8_t *comparison)
{
	const struct node *word = oci_needed_string(reader, argument, "op",
						    "a comparison like \"SCMP_CMP_EQ\"");
	const int found = word ? oci_find_comparison(word->text) : -1;

	*comparison = (uint8_t)found;
	if (word && found < 0)
		return oci_unknown_word(reader, word, "comparison",
					oci_nearest_comparison(word->text),
					"one like \"SCMP_CMP_EQ\"");
	return word;
}

/* libseccomp compares registers of the ABI's size, and values with the bits that fit there. */
static struct stile_table_condition narrowed(struct stile_table_condition condition)
{
	condition.bits = 32;
	condition.value &= UINT32_MAX;
	condition.mask &= UINT32_MAX;
	return condition;
}

static bool read_argument(const struct oci_reader *reader, const struct node *node,
			  struct stile_table_condition *condition)
{
	static const char *const keys[] = { "index", "value", "valueTwo", "op", NULL };
	uint64_t index = 0, value = 0, second = 0;
	bool is_good = true;

	if (node->kind != NODE_OBJECT)
		return oci_error(reader, node, "found %s in \"args\", expected an object",
				 node_kind_name(node->kind));
	is_good = oci_known_keys(reader, node, keys);
	is_good = oci_needed_integer(reader, node, "index", ARGUMENTS - 1, "an argument's, 0 to 5",
				     &index) &&
		  is_good;
	is_good = oci_needed_integer(reader, node, "value", UINT64_MAX, "one to compare with",
				     &value) &&
		  is_good;
	(void)oci_integer(reader, node, "valueTwo", UINT64_MAX, &second, &is_good);
	*condition = (struct stile_table_condition){
		.argument = (uint8_t)index, .bits = 64, .parameter = -1, .value = value
	};
	if (!read_comparison(reader, node, &condition->comparison) || !is_good)
		return false;
	if (condition->comparison == STILE_MASKED_EQUAL) { /* the first value is the mask */
		condition->mask = value;
		condition->value = second & value;
	} else if (second) {
		oci_warning(reader, node, "\"valueTwo\" means nothing to this comparison");
	}
	return true;
}

static bool read_arguments(const struct oci_reader *reader, const struct node *node,
			   struct oci_entry *entry)
{
	bool is_good = true;
	const struct node *arguments = oci_member(reader, node, "args", NODE_ARRAY, &is_good);
	const size_t count = arguments ? arguments->count : 0;
	struct stile_table_condition *wide, *narrow;
	unsigned int seen = 0;

	if (count == 0)
		return is_good;
	if (count > ENTRY_ARGUMENTS_MAX)
		return oci_error(reader, arguments, "found %zu comparisons, expected at most %d",
				 count, ENTRY_ARGUMENTS_MAX);
	wide = document_allocate(reader->document, 2 * count * sizeof(*wide));
	if (!wide)
		return document_no_memory(reader->source, reader->diagnostics);
	narrow = wide + count;
	for (size_t i = 0; i < count; i++) {
		const unsigned int before = seen;

		if (!read_argument(reader, &arguments->children[i], &wide[i])) {
			is_good = false;
			continue;
		}
		narrow[i] = narrowed(wide[i]);
		seen |= 1u << wide[i].argument;
		if (seen != before || entry->is_any)
			continue;
		entry->is_any = true;
		oci_warning(reader, &arguments->children[i],
			    "argument %u is compared a second time: runtimes then make a rule of "
			    "its own of each comparison, so that one of them suffices",
			    wide[i].argument);
	}
	entry->wide = wide;
	entry->narrow = narrow;
	entry->condition_count = count;
	return is_good;
}

bool oci_read_entry(const struct oci_reader *reader, const struct node *node,
		    struct oci_entry *entry)
{
	static const char *const keys[] = { "names", "name",	"action",   "errnoRet", "errno",
					    "args",  "comment", "includes", "excludes", NULL };
	const struct node *action;
	uint32_t errno_value;
	bool is_good = oci_known_keys(reader, node, keys);

	*entry = (struct oci_entry){ .node = node };
	(void)oci_member(reader, node, "comment", NODE_STRING, &is_good);
	action = oci_needed_string(reader, node, "action", "one like \"SCMP_ACT_ALLOW\"");
	errno_value = read_errno(reader, node, &is_good);
	is_good = action && oci_action(reader, action, errno_value, &entry->action) && is_good;
	is_good = read_names(reader, node, entry) && is_good;
	return read_arguments(reader, node, entry) && is_good;
}
