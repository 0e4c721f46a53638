/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "names.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static const char *called_name = "isowrite";

enum called names_take(const char *argv0)
{
	static const struct {
		const char *name;
		enum called called;
	} names[] = {
		{ "mkisofs", CALLED_MKISOFS }, { "genisoimage", CALLED_MKISOFS }, { "cdrecord", CALLED_CDRECORD },
		{ "wodim", CALLED_CDRECORD }, { "dvdrecord", CALLED_CDRECORD }, { "growisofs", CALLED_GROWISOFS },
	};
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL, *name = slash ? slash + 1 : argv0;

	for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i].name) == 0) {
			called_name = names[i].name;
			return names[i].called;
		}
	}
	return CALLED_ISOWRITE;
}

const char *own_name(void)
{
	return called_name;
}

void say(const char *format, ...)
{
	char *line = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&line, format, args) < 0)
		line = NULL;
	va_end(args);
	cli_say("%s: %s", called_name, line ? line : format);
	free(line);
}
