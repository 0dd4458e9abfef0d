/* SPDX-License-Identifier: MIT */
#include "lint_output.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_words.h"
#include "say.h"

#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

static const char *file_of(const struct lint_result *result, const struct lint_finding *finding)
{
	return *finding->file ? finding->file : result->name;
}

/* The sentence and, if it does not hold on all ABIs alike, where it does. */
static void write_sentence(FILE *stream, const struct lint_finding *finding)
{
	bool is_first = true;

	write_safely(stream, finding->text);
	if (!finding->has_witness && (finding->abis & (finding->abis - 1)) == 0)
		return;
	(void)fputs(" (", stream);
	if (finding->has_witness) {
		write_call(stream, &finding->witness);
		is_first = false;
	}
	for (int abi = 0; abi < STILE_ABI_COUNT; abi++) {
		const enum stile_abi witness = abi_of_call(&finding->witness);

		if (!(finding->abis & (1u << abi)) ||
		    (finding->has_witness && (enum stile_abi)abi == witness))
			continue;
		(void)fprintf(stream, "%s%s", is_first ? "on " : ", ",
			      stile_abi_name((enum stile_abi)abi));
		is_first = false;
	}
	(void)fputc(')', stream);
}

void print_findings(const struct lint_result *results, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < results[i].findings.count; k++) {
			const struct lint_finding *finding = &results[i].findings.items[k];

			write_safely(stdout, file_of(&results[i], finding));
			if (finding->line)
				(void)printf(":%u", finding->line);
			(void)printf(": %s: ", lint_severity_name(finding->severity));
			write_sentence(stdout, finding);
			(void)printf(" [%s]\n", finding->check->id);
		}
}

void print_checks(void)
{
	for (const struct lint_check *check = lint_checks; check->id; check++)
		(void)printf("%-22s %-8s %s\n", check->id, lint_severity_name(check->severity),
			     check->summary);
}

/* Gives one object to another; false: memory is out. */
static bool put(struct json_object *object, const char *key, struct json_object *value)
{
	if (object && value && json_object_object_add(object, key, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

static bool append(struct json_object *array, struct json_object *value)
{
	if (array && value && json_object_array_add(array, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

/* Text of others with \xNN for bytes that are not printable ASCII. */
static struct json_object *safe_string(const char *text)
{
	struct json_object *string = NULL;
	char *safe = NULL;
	size_t size;
	FILE *stream = open_memstream(&safe, &size);

	if (!stream)
		return NULL;
	write_safely(stream, text);
	if (fclose(stream) == 0)
		string = json_object_new_string(safe);
	free(safe);
	return string;
}

static struct json_object *sentence(const struct lint_finding *finding)
{
	struct json_object *string = NULL;
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	write_sentence(stream, finding);
	if (fclose(stream) == 0)
		string = json_object_new_string(text);
	free(text);
	return string;
}

static struct json_object *abis_of(const struct lint_finding *finding)
{
	struct json_object *array = json_object_new_array();

	for (int abi = 0; abi < STILE_ABI_COUNT && array; abi++)
		if ((finding->abis & (1u << abi)) &&
		    !append(array, json_object_new_string(stile_abi_name((enum stile_abi)abi)))) {
			json_object_put(array);
			return NULL;
		}
	return array;
}

/* json_object_new_null() is NULL: what has no witness has no member of that name. */
static bool put_witness(struct json_object *object, const struct lint_finding *finding)
{
	char *text;
	bool is_put;

	if (!finding->has_witness)
		return true;
	text = stile_call_text(&finding->witness);
	is_put = text && put(object, "witness", safe_string(text));
	free(text);
	return is_put;
}

static bool put_finding(struct json_object *array, const struct lint_result *result,
			const struct lint_finding *finding)
{
	struct json_object *object = json_object_new_object();

	if (put(object, "policy", safe_string(result->name)) &&
	    put(object, "id", json_object_new_string(finding->check->id)) &&
	    put(object, "severity",
		json_object_new_string(lint_severity_name(finding->severity))) &&
	    put(object, "file", safe_string(file_of(result, finding))) &&
	    put(object, "line", json_object_new_int64(finding->line)) &&
	    put(object, "sentence", safe_string(finding->text)) &&
	    put(object, "abis", abis_of(finding)) && put_witness(object, finding))
		return append(array, object);
	json_object_put(object);
	return false;
}

static void print_object(struct json_object *object)
{
	const char *text = json_object_to_json_string_ext(object,
							  JSON_C_TO_STRING_PRETTY |
								  JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text)
		(void)puts(text);
}

bool print_findings_json(const struct lint_result *results, size_t count)
{
	struct json_object *root = json_object_new_object(), *array = json_object_new_array();
	bool is_good = root && array;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; is_good && k < results[i].findings.count; k++)
			is_good = put_finding(array, &results[i], &results[i].findings.items[k]);
	is_good = put(root, "findings", array) && is_good;
	if (is_good)
		print_object(root);
	json_object_put(root);
	return is_good;
}

/* A file's name as a relative URI. */
static struct json_object *uri(const char *file)
{
	struct json_object *string;
	char *text = malloc(3 * strlen(file) + 1), *next = text;

	if (!text)
		return NULL;
	for (; *file; file++) {
		const unsigned char byte = (unsigned char)*file;
		const char letter[] = { *file, '\0' };

		if (strpbrk(letter, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~/"))
			*next++ = *file;
		else
			next += sprintf(next, "%%%02X", byte);
	}
	*next = '\0';
	string = json_object_new_string(text);
	free(text);
	return string;
}

/* {"text": ...} */
static struct json_object *message(struct json_object *text)
{
	struct json_object *object = json_object_new_object();

	if (put(object, "text", text))
		return object;
	json_object_put(object);
	return NULL;
}

static struct json_object *location(const char *file, unsigned int line)
{
	struct json_object *outer = json_object_new_object(), *inner = json_object_new_object();
	struct json_object *artifact = json_object_new_object(), *region = NULL;
	bool is_good = put(artifact, "uri", uri(file));

	is_good = put(inner, "artifactLocation", artifact) && is_good;
	if (line) {
		region = json_object_new_object();
		is_good = put(region, "startLine", json_object_new_int64(line)) && is_good;
		is_good = put(inner, "region", region) && is_good;
	}
	is_good = put(outer, "physicalLocation", inner) && is_good;
	if (is_good)
		return outer;
	json_object_put(outer);
	return NULL;
}

static bool put_result(struct json_object *array, const struct lint_result *result,
		       const struct lint_finding *finding)
{
	struct json_object *object = json_object_new_object();
	struct json_object *locations = json_object_new_array();
	bool is_good = true;

	if (result->is_file)
		is_good = append(locations, location(file_of(result, finding), finding->line));
	is_good = put(object, "ruleId", json_object_new_string(finding->check->id)) && is_good;
	is_good = put(object, "level",
		      json_object_new_string(lint_severity_name(finding->severity))) &&
		  is_good;
	is_good = put(object, "message", message(sentence(finding))) && is_good;
	is_good = put(object, "locations", locations) && is_good;
	if (is_good)
		return append(array, object);
	json_object_put(object);
	return false;
}

static bool put_rule(struct json_object *array, const struct lint_check *check)
{
	struct json_object *object = json_object_new_object();
	struct json_object *how = json_object_new_object();
	bool is_good = put(how, "level",
			   json_object_new_string(lint_severity_name(check->severity)));

	is_good = put(object, "id", json_object_new_string(check->id)) && is_good;
	is_good = put(object, "shortDescription",
		      message(json_object_new_string(check->summary))) &&
		  is_good;
	is_good = put(object, "defaultConfiguration", how) && is_good;
	if (is_good)
		return append(array, object);
	json_object_put(object);
	return false;
}

/* Who found it. */
static struct json_object *tool(void)
{
	struct json_object *outer = json_object_new_object(), *driver = json_object_new_object();
	struct json_object *rules = json_object_new_array();
	bool is_good = true;

	for (const struct lint_check *check = lint_checks; check->id; check++)
		is_good = is_good && put_rule(rules, check);
	is_good = put(driver, "name", json_object_new_string("stile lint")) && is_good;
	is_good = put(driver, "version", json_object_new_string(STILE_VERSION)) && is_good;
	is_good = put(driver, "rules", rules) && is_good;
	is_good = put(outer, "driver", driver) && is_good;
	if (is_good)
		return outer;
	json_object_put(outer);
	return NULL;
}

bool print_findings_sarif(const struct lint_result *results, size_t count)
{
	struct json_object *root = json_object_new_object(), *runs = json_object_new_array();
	struct json_object *run = json_object_new_object(), *found = json_object_new_array();
	bool is_good = put(root, "$schema", json_object_new_string(SARIF_SCHEMA)) &&
		       put(root, "version", json_object_new_string("2.1.0"));

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; is_good && k < results[i].findings.count; k++)
			is_good = put_result(found, &results[i], &results[i].findings.items[k]);
	is_good = put(run, "tool", tool()) && is_good;
	is_good = put(run, "results", found) && is_good;
	is_good = append(runs, run) && is_good;
	is_good = put(root, "runs", runs) && is_good;
	if (is_good)
		print_object(root);
	json_object_put(root);
	return is_good;
}
