/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operands and path lists -> the tree of the image. */
#ifndef ISOWRITE_SOURCES_H
#define ISOWRITE_SOURCES_H

#include "request.h"

/* What the walk asks; the ctx of the listener. */
struct sources {
	const struct request *req;
	struct cli_progress progress;
	struct stat_id {		/* files that the output replaces: they are no part of it */
		dev_t dev;
		ino_t ino;
	} *outputs;
	size_t n_outputs;
	char *stem, *plan;		/* how the names of such files begin */
};

void sources_init(struct sources *sources, const struct request *req);
void sources_done(struct sources *sources);

struct udf_iso_listener sources_listener(struct sources *sources);

/** Is what was added as it was when the set was planned?  False, after messages, if not. */
bool sources_are_as_planned(const struct request *req, struct cli_progress *progress);

/** Has PATH, which goes to the set, a name for UDF, or needs it none?  Else that is said, and counted. */
bool sources_can_name(const struct request *req, const char *path);

/** Is the file ST one that the output replaces? */
bool sources_is_output(const struct sources *sources, const struct stat *st);

/** Add everything, and the list of the set; false, after a message, if that fails. */
bool sources_add(struct sources *sources, struct udf_iso_image *image);

#endif
