/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shell patterns for names and paths, as mkisofs(8) takes them. */
#ifndef ISOWRITE_PATTERNS_H
#define ISOWRITE_PATTERNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct patterns {
	struct pattern {
		char *text;
		int weight;
	} *list;
	size_t n, cap;
};

/** Add TEXT (copied).  Ends the program without memory. */
void patterns_add(struct patterns *patterns, const char *text, int weight);

/** Add each line of FILE ("-": standard input).  What can't be read ends the program. */
void patterns_add_file(struct patterns *patterns, const char *file);

/** The same, of lines "PATTERN WEIGHT". */
void patterns_add_sort_file(struct patterns *patterns, const char *file);

/** Is NAME, or PATH as a whole, one of the patterns? */
bool patterns_match(const struct patterns *patterns, const char *path, const char *name);

/** The weight of PATH, or of the nearest directory above it that has one; else 0. */
int patterns_weight(const struct patterns *patterns, const char *path);

void patterns_done(struct patterns *patterns);

/** Open FILE for reading; "-" is standard input.  What can't be opened ends the program. */
FILE *list_open(const char *file);

/**
 * The next line of LIST, without its end; empty ones are passed over.  LINE and CAP as for getline(3).  NULL at the
 * end; a read error ends the program.
 */
char *list_next(FILE *list, const char *file, char **line, size_t *cap);

#endif
