/* SPDX-License-Identifier: MIT */
#include "broker_judge.h"

#include <string.h>

#include "broker.h"

struct judgement {
	const struct stile_broker *broker;
	unsigned int wanted, access;
};

/* A folder that the object lies in. */
static bool add_folder(const struct place *place, void *data)
{
	struct judgement *j = data;

	for (size_t i = 0; i < j->broker->path_count; i++) {
		const struct path_rule *rule = &j->broker->paths[i];

		if (rule->is_folder && place_equal(&rule->place, place))
			j->access |= rule->access;
	}
	return (j->access & j->wanted) == j->wanted;
}

/* Of a file its folder counts, so that a link to it elsewhere is not it. */
static void add_file(struct judgement *j, int folder, int object)
{
	struct place place, holder;

	if (place_of(object, &place) < 0 || place_of(folder, &holder) < 0)
		return;
	for (size_t i = 0; i < j->broker->path_count; i++) {
		const struct path_rule *rule = &j->broker->paths[i];

		if (!rule->is_folder && place_equal(&rule->place, &place) &&
		    place_equal(&rule->holder, &holder))
			j->access |= rule->access;
	}
}

unsigned int judge_path(const struct stile_broker *broker, int folder, int object, bool is_folder,
			unsigned int wanted)
{
	struct judgement j = { .broker = broker, .wanted = wanted };

	if (object >= 0 && !is_folder)
		add_file(&j, folder, object);
	/* What cannot be climbed has no more rules that could be found. */
	if ((j.access & wanted) != wanted)
		(void)place_climb(is_folder ? object : folder, add_folder, &j);
	if (j.access && object >= 0 && place_is_of_process(object, is_folder ? object : folder))
		return 0;
	return j.access;
}

struct socket_judgement {
	const struct socket_rules *rules;
	bool is_permitted;
};

static bool add_socket_folder(const struct place *place, void *data)
{
	struct socket_judgement *j = data;

	for (size_t i = 0; i < j->rules->count; i++) {
		const struct socket_rule *rule = &j->rules->all[i];

		if (rule->kind == SOCKET_FOLDER && place_equal(&rule->folder, place))
			j->is_permitted = true;
	}
	return j->is_permitted;
}

bool judge_socket(const struct socket_rules *rules, int folder, const char *name)
{
	struct socket_judgement j = { .rules = rules };
	struct place holder;

	if (place_of(folder, &holder) < 0)
		return false;
	for (size_t i = 0; i < rules->count; i++) {
		const struct socket_rule *rule = &rules->all[i];

		if (rule->kind == SOCKET_NAME && strcmp(rule->name, name) == 0 &&
		    place_equal(&rule->folder, &holder))
			return true;
	}
	(void)place_climb(folder, add_socket_folder, &j);
	return j.is_permitted;
}
