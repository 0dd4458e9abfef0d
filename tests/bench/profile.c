/* SPDX-License-Identifier: MIT */
/*
 * A container profile from its file to the filter in force, in microseconds: by this library, and
 * by the same JSON reader followed by libseccomp. Each time in a new process.
 *
 *   profile [--only profile|profile-3] [--rounds NUMBER] [--filter NAME=FILE]
 *
 * FILE is a profile as moby has them; without it one is made of the calls that containers need.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile.h>

#include "document.h"
#include "format.h"
#include "policy.h"
#include "workers.h"

enum variant { BY_US, BY_US_UNPROVED, BY_LIBSECCOMP, BY_LIBSECCOMP_2, BY_NOBODY, VARIANTS };

/* The last reads the file and loads a filter that was there before: no compiler can be faster. */
static const char *const names[VARIANTS] = { "ours", "ours-unproved", "libseccomp-O1",
					     "libseccomp-O2", "ready-made" };

struct profile {
	char *path; /* of a file that is removed at the end */
	size_t abis;
	struct sock_fprog ready; /* ours, made beforehand */
};

static void read_source(const struct profile *profile, struct source *source)
{
	char *bytes = malloc(SOURCE_BYTES_MAX + 1);
	const int fd = open(profile->path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (!bytes || fd < 0)
		err(1, "%s", profile->path);
	got = read(fd, bytes, SOURCE_BYTES_MAX);
	if (got < 0)
		err(1, "%s", profile->path);
	bytes[got] = '\0';
	*source = (struct source){ profile->path, bytes, (size_t)got, -1 };
	(void)close(fd);
}

static struct stile_policy *read_policy(const struct profile *profile)
{
	static const char *const none[] = { NULL };
	const struct read_options options = { .abi = STILE_ABI_NATIVE,
					      .capabilities = none,
					      .kernel = 6 << 16 };
	struct diagnostics diagnostics = { 0 };
	struct stile_policy *p;
	struct source source;

	read_source(profile, &source);
	p = format_oci.read(&source, &options, &diagnostics);
	if (!p)
		errx(1, "%s", diagnostics.count ? diagnostics.items[0].text : "no policy");
	return p;
}

static void load_ours(const struct profile *profile, bool is_proved)
{
	struct stile *s = stile_new();

	if (stile_set_flags(s, is_proved ? 0 : STILE_APPLY_UNPROVED) < 0 ||
	    stile_use_policy(s, read_policy(profile)) < 0 || stile_apply_to_current_thread(s) < 0)
		errx(1, "%s", stile_message(s));
}

/* Whether an entry is for a container without capabilities, as moby's engine decides. */
static bool is_included(const struct node *entry)
{
	const struct node *includes = node_find(entry, "includes");
	const struct node *arches = includes ? node_find(includes, "arches") : NULL;

	if (includes && node_find(includes, "caps") && node_find(includes, "caps")->count)
		return false;
	for (size_t i = 0; arches && i < arches->count; i++)
		if (strcmp(arches->children[i].text, "amd64") == 0)
			return true;
	return !arches || !arches->count;
}

static uint32_t action_of(const struct node *entry, const char *key)
{
	const struct node *action = node_find(entry, key), *number = node_find(entry, "errnoRet");
	uint64_t value = EPERM;

	if (strcmp(action->text, "SCMP_ACT_ALLOW") == 0)
		return SCMP_ACT_ALLOW;
	if (number)
		(void)node_unsigned(number, false, &value);
	return SCMP_ACT_ERRNO((uint32_t)value);
}

static uint64_t number_of(const struct node *argument, const char *key)
{
	const struct node *number = node_find(argument, key);
	uint64_t value = 0;

	if (number)
		(void)node_unsigned(number, false, &value);
	return value;
}

static unsigned int comparisons_of(const struct node *entry, struct scmp_arg_cmp comparisons[6])
{
	static const struct {
		const char *name;
		enum scmp_compare compare;
	} all[] = { { "SCMP_CMP_NE", SCMP_CMP_NE },
		    { "SCMP_CMP_EQ", SCMP_CMP_EQ },
		    { "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ } };
	const struct node *arguments = node_find(entry, "args");
	unsigned int count = 0;

	for (size_t i = 0; arguments && i < arguments->count && count < 6; i++) {
		const struct node *argument = &arguments->children[i];
		struct scmp_arg_cmp *c = &comparisons[count++];

		*c = (struct scmp_arg_cmp){ (unsigned int)number_of(argument, "index"), SCMP_CMP_EQ,
					    number_of(argument, "value"),
					    number_of(argument, "valueTwo") };
		for (size_t k = 0; k < sizeof(all) / sizeof(*all); k++)
			if (strcmp(all[k].name, node_find(argument, "op")->text) == 0)
				c->op = all[k].compare;
	}
	return count;
}

static void add_entry(scmp_filter_ctx context, const struct node *entry, uint32_t default_action)
{
	const struct node *calls = node_find(entry, "names");
	const uint32_t action = action_of(entry, "action");
	struct scmp_arg_cmp comparisons[6];
	const unsigned int count = comparisons_of(entry, comparisons);

	if (!is_included(entry) || action == default_action)
		return;
	for (size_t i = 0; i < calls->count; i++) {
		const int number = seccomp_syscall_resolve_name(calls->children[i].text);

		if (number != __NR_SCMP_ERROR)
			(void)seccomp_rule_add_array(context, action, number, count, comparisons);
	}
}

static void load_libseccomp(const struct profile *profile, uint32_t optimisation)
{
	struct diagnostics diagnostics = { 0 };
	struct document document;
	struct source source;
	const struct node *entries;
	scmp_filter_ctx context;
	uint32_t default_action;

	read_source(profile, &source);
	if (!json_document_read(&source, &document, &diagnostics))
		errx(1, "%s", diagnostics.items[0].text);
	default_action = action_of(document.root, "defaultAction");
	context = seccomp_init(default_action);
	if (!context || seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, optimisation) < 0 ||
	    (profile->abis == 3 && (seccomp_arch_add(context, SCMP_ARCH_X86) < 0 ||
				    seccomp_arch_add(context, SCMP_ARCH_X32) < 0)))
		errx(1, "libseccomp");
	entries = node_find(document.root, "syscalls");
	for (size_t i = 0; i < entries->count; i++)
		add_entry(context, &entries->children[i], default_action);
	if (seccomp_load(context) < 0)
		errx(1, "seccomp_load");
}

static void load_ready(const struct profile *profile)
{
	struct diagnostics diagnostics = { 0 };
	struct document document;
	struct source source;

	read_source(profile, &source);
	if (!json_document_read(&source, &document, &diagnostics))
		errx(1, "%s", diagnostics.items[0].text);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &profile->ready) < 0)
		err(1, "seccomp");
}

static double load_in_child(const struct profile *profile, enum variant variant, double *shared)
{
	pid_t child;

	*shared = -1;
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		const double begin = microseconds();

		if (variant <= BY_US_UNPROVED)
			load_ours(profile, variant == BY_US);
		else if (variant == BY_NOBODY)
			load_ready(profile);
		else
			load_libseccomp(profile, variant == BY_LIBSECCOMP ? 1 : 2);
		*shared = microseconds() - begin;
		_exit(0);
	}
	if (waitpid(child, NULL, 0) != child || *shared < 0)
		errx(1, "a profile was not loaded");
	return *shared;
}

/* The container policy's calls and conditions as a profile. */
static void write_profile(FILE *file, size_t abis)
{
	const char *separator = "";

	(void)fprintf(file,
		      "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1,"
		      "\"architectures\":[\"SCMP_ARCH_X86_64\"%s],\"syscalls\":[{\"names\":[",
		      abis == 3 ? ",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"" : "");
	for (size_t i = 0; container_calls[i]; i++) {
		(void)fprintf(file, "%s\"%s\"", separator, container_calls[i]);
		separator = ",";
	}
	(void)fprintf(file, "],\"action\":\"SCMP_ACT_ALLOW\"}");
	for (size_t i = 0; i < container_rule_count; i++) {
		const struct bench_rule *rule = &container_rules[i];

		(void)fprintf(file,
			      ",{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{"
			      "\"index\":%u,\"value\":%llu,\"op\":\"SCMP_CMP_EQ\"}]}",
			      rule->syscall, rule->arguments[0],
			      (unsigned long long)rule->conditions[0].value);
	}
	(void)fprintf(file, "]}");
}

/* For one ABI moby's map of ABIs is hidden: a name that nobody knows is passed over. */
static void copy_profile(FILE *file, const char *path, size_t abis)
{
	struct source source;
	char *map;

	read_source(&(struct profile){ (char *)path, abis, { 0 } }, &source);
	map = strstr(source.bytes, "\"archMap\"");
	if (map && abis == 1)
		map[7] = 'q';
	(void)fwrite(source.bytes, 1, source.length, file);
}

static struct profile make_profile(const char *path, size_t abis)
{
	char name[] = "/tmp/stile-profile-XXXXXX";
	const int fd = mkstemp(name);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	struct profile profile = { .abis = abis };
	struct stile_policy *policy;
	size_t count = 0;

	if (!file)
		err(1, "%s", name);
	if (path)
		copy_profile(file, path, abis);
	else
		write_profile(file, abis);
	if (fclose(file) != 0)
		err(1, "%s", name);
	profile.path = strdup(name);
	policy = read_policy(&profile);
	if (stile_policy_compile(policy, &profile.ready.filter, &count) < 0)
		errx(1, "%s", stile_policy_message(policy));
	profile.ready.len = (unsigned short)count;
	stile_policy_free(policy);
	return profile;
}

static void run(const char *name, size_t abis, double *shared, const struct bench_options *options)
{
	const struct profile profile = make_profile(options->filter_file, abis);
	const size_t rounds = options->rounds;
	double *values = calloc(VARIANTS * rounds, sizeof(*values)), middle[VARIANTS];

	if (!values)
		err(1, "values");
	for (size_t round = 0; round < rounds; round++)
		for (enum variant v = 0; v < VARIANTS; v++)
			values[v * rounds + round] = load_in_child(&profile, v, shared);
	for (enum variant v = 0; v < VARIANTS; v++)
		middle[v] = median(&values[v * rounds], rounds);
	for (enum variant v = 0; v < VARIANTS; v++)
		bench_line(name, "enforce", names[v], middle[v], "us", middle[BY_LIBSECCOMP],
			   names[BY_LIBSECCOMP]);
	(void)unlink(profile.path);
	free(profile.path);
	free(profile.ready.filter);
	free(values);
}

int main(int argc, char **argv)
{
	const struct bench_options options = bench_options(argc, argv, 101);
	double *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		err(1, "mmap");
	pin_to_one_cpu();
	if (!options.only || strcmp(options.only, "profile") == 0)
		run("profile", 1, shared, &options);
	if (!options.only || strcmp(options.only, "profile-3") == 0)
		run("profile-3", 3, shared, &options);
	return 0;
}
