/* SPDX-License-Identifier: MIT */
#include "corpus.h"

#include <check.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source.h"

static const char *wanted_end; /* nftw() hands nothing on */
static void (*check_path)(const char *path);
static int count;

static char *in_corpus(const char *path)
{
	const char *folder = getenv("STILE_CORPUS");
	char *name;

	ck_assert_int_gt(asprintf(&name, "%s/%s", folder ? folder : "../shared/corpus", path), 0);
	return name;
}

static bool is_there(const char *name)
{
	if (access(name, R_OK) == 0)
		return true;
	printf("skip: there is no %s\n", name);
	return false;
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	const size_t length = strlen(path), size = strlen(wanted_end);

	(void)status;
	(void)where;
	if (kind != FTW_F || length < size || strcmp(path + length - size, wanted_end) != 0)
		return 0;
	count++;
	check_path(path);
	return 0;
}

int each_corpus_file(const char *folder, const char *end, void (*check)(const char *path))
{
	char *name = in_corpus(folder);

	count = -1;
	if (is_there(name)) {
		count = 0;
		wanted_end = end;
		check_path = check;
		ck_assert_int_eq(nftw(name, visit, 8, FTW_PHYS), 0);
	}
	free(name);
	return count;
}

char *corpus_text(const char *path)
{
	char *name = in_corpus(path), *text = is_there(name) ? read_whole(name) : NULL;

	free(name);
	return text;
}

char *read_whole(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = calloc(1, SOURCE_BYTES_MAX + 1);

	ck_assert_msg(file && text, "%s", path);
	(void)!fread(text, 1, SOURCE_BYTES_MAX, file);
	ck_assert_msg(!ferror(file), "%s", path);
	ck_assert_int_eq(fclose(file), 0);
	return text;
}
