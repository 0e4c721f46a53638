/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "patterns.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "names.h"

static void __attribute__((noreturn)) no_memory(void)
{
	cli_error(own_name(), NULL, NULL, UDF_E_NOMEM, 0);
	exit(1);
}

void patterns_add(struct patterns *patterns, const char *text, int weight)
{
	size_t n = strlen(text);
	struct pattern *more;

	if (patterns->n == patterns->cap) {
		patterns->cap = patterns->cap ? patterns->cap * 2 : 16;
		more = reallocarray(patterns->list, patterns->cap, sizeof(*more));
		if (!more)
			no_memory();
		patterns->list = more;
	}
	while (n > 1 && text[n - 1] == '/')
		n--;
	patterns->list[patterns->n] = (struct pattern){ strndup(text, n), weight };
	if (!patterns->list[patterns->n++].text)
		no_memory();
}

FILE *list_open(const char *file)
{
	FILE *list = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");

	if (!list) {
		cli_error(own_name(), file, "cannot open", UDF_E_IO, errno);
		exit(1);
	}
	return list;
}

char *list_next(FILE *list, const char *file, char **line, size_t *cap)
{
	ssize_t n;

	while (errno = 0, (n = getline(line, cap, list)) > 0) {
		while (n && ((*line)[n - 1] == '\n' || (*line)[n - 1] == '\r'))
			(*line)[--n] = '\0';
		if (n)
			return *line;
	}
	if (ferror(list) || errno) {
		cli_error(own_name(), file, "cannot read", UDF_E_IO, errno);
		exit(1);
	}
	if (list != stdin)
		fclose(list);
	free(*line);
	return NULL;
}

void patterns_add_file(struct patterns *patterns, const char *file)
{
	FILE *list = list_open(file);
	char *line = NULL, *text;
	size_t cap = 0;

	while ((text = list_next(list, file, &line, &cap)))
		patterns_add(patterns, text, 0);
}

void patterns_add_sort_file(struct patterns *patterns, const char *file)
{
	FILE *list = list_open(file);
	char *line = NULL, *text, *end;
	size_t cap = 0;
	long weight;

	while ((text = list_next(list, file, &line, &cap))) {
		char *gap = text + strlen(text);

		while (gap > text && gap[-1] != ' ' && gap[-1] != '\t')
			gap--;
		errno = 0;
		weight = strtol(gap, &end, 10);
		if (gap == text || *end || end == gap || errno || weight < -1000000000 || weight > 1000000000) {
			say("%s: '%s' is not a line of a sort file: give a path, a space and a whole number",
				file, text);
			exit(1);
		}
		while (gap > text && (gap[-1] == ' ' || gap[-1] == '\t'))
			gap--;
		*gap = '\0';
		patterns_add(patterns, text, (int)weight);
	}
}

bool patterns_match(const struct patterns *patterns, const char *path, const char *name)
{
	for (size_t i = 0; i < patterns->n; i++)
		if (fnmatch(patterns->list[i].text, name, FNM_PATHNAME) == 0 ||
		    fnmatch(patterns->list[i].text, path, FNM_PATHNAME) == 0)
			return true;
	return false;
}

int patterns_weight(const struct patterns *patterns, const char *path)
{
	char *above = strdup(path), *slash;
	int weight = 0;

	if (!above)
		no_memory();
	do {
		for (size_t i = 0; i < patterns->n; i++) {
			if (fnmatch(patterns->list[i].text, above, FNM_PATHNAME) == 0) {
				weight = patterns->list[i].weight;
				goto out;
			}
		}
		slash = strrchr(above, '/');
		if (slash)
			*slash = '\0';
	} while (slash);
out:
	free(above);
	return weight;
}

void patterns_done(struct patterns *patterns)
{
	for (size_t i = 0; i < patterns->n; i++)
		free(patterns->list[i].text);
	free(patterns->list);
}
