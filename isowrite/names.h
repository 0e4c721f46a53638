/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names by which isowrite may be called: each brings the command line of the program that had it first. */
#ifndef ISOWRITE_NAMES_H
#define ISOWRITE_NAMES_H

enum called {
	CALLED_ISOWRITE,
	CALLED_MKISOFS,			/* or genisoimage */
	CALLED_CDRECORD,		/* or wodim or dvdrecord */
	CALLED_GROWISOFS,
};

/** What ARGV0 (argv[0], NULL is allowed) calls us.  Messages, help and usage errors bear that name from now on. */
enum called names_take(const char *argv0);

/** The name: "isowrite", or that of the link. */
const char *own_name(void);

/** One line on standard error, "NAME: ...". */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
