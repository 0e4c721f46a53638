/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line of isowrite asks for. */
#ifndef ISOWRITE_REQUEST_H
#define ISOWRITE_REQUEST_H

#include <sys/types.h>

#include "cli/cli.h"
#include "iso/choose.h"
#include "iso/iso.h"
#include "iso/span.h"
#include "names.h"
#include "patterns.h"

#define MAX_BOOTS 32
#define EXIT_INCOMPLETE 3	/* the image was made, but something of it could not be read */

/* One disc of the set that --span makes, while something is made for it. */
struct set_view {
	struct udf_span *span;
	uint32_t disc;			/* or UDF_SPAN_ALL, UDF_SPAN_NOTHING */
	bool collects;			/* no files are added; what there is goes into SPAN */
	bool looks, has_changed;	/* what has changed since then is reported; there was something */
	const char *id;			/* of the set */
	char *list;			/* the list of the set; NULL: none is added */
	size_t n_list_bytes;
	const uint64_t *size_blocks;
	unsigned n_sizes;
	enum udf_err err;		/* of collecting; UDF_E_EXISTS: there is a file of the list's name */
	uint64_t n_bad_names;		/* that UDF can't record, though it should */
};

struct request {
	struct udf_iso_plan plan;
	struct udf_iso_boot boots[MAX_BOOTS];
	struct patterns excludes, hidden, hidden_joliet;
	struct patterns sorted;		/* with weights */
	const char *output;		/* NULL: standard output */
	const char *root;		/* everything goes below this directory of the image; NULL: its root */
	const char *path_list;		/* "-": standard input */
	const char *session, *previous;	/* -C and -M */
	const char *mbr;		/* a file for the beginning of the image; NULL when it was read */
	bool graft_points, split_output, print_size, quiet, verbose, json;
	bool udf;			/* a UDF volume, of this revision */
	bool bridge;			/* the image is one, too */
	uint16_t udf_revision;
	const char *tar;		/* an archive for it; "-": standard input; NULL: directories */
	char *not_for_udf;		/* the first option that doesn't go with it; NULL: none */
	char *not_for_bridge;
	bool check;			/* the operands are images to check */
	bool check_set;			/* they are what there is of a set of discs */
	bool md5;
	bool has_check_block;
	uint32_t check_block;
	bool chooses;			/* --auto */
	struct udf_iso_contents *contents;	/* no files are added, but noted there; NULL: an image is made */
	bool *contents_failed;		/* for want of memory; with CONTENTS */
	/* --span */
	uint64_t span_blocks[UDF_DISC_LIST_MAX_DISCS];
	unsigned n_span;		/* 0: no set, unless SPANS_MEDIA */
	bool spans_media;		/* the drive says how large the discs are */
	const char *span_plan, *next_disc;
	unsigned first_disc;		/* 0: not given */
	bool no_md5;			/* --no-md5: the list has no checksums */
	struct set_view *set;		/* NULL: it is one image alone */
	char **operands;
	int n_operands;
	char **listed;			/* OPERANDS with those of a path list, where that was read; else NULL */
	int n_listed_first;		/* from here on they are of the list */
};

extern struct cli_tool isowrite_tool;	/* its name is that by which the program was called */

/** Read the command line into REQ; what makes no sense, or isn't done, ends the program with status 2. */
void request_read(struct request *req, enum called called, int argc, char **argv);

/** Set the ids that are not given, as mkisofs(8) has them.  A session after another one has that one's. */
void request_default_ids(struct udf_iso_ids *ids);

/** Does it ask for a set of discs? */
bool request_spans(const struct request *req);

/** Free what request_read() has allocated. */
void request_done(struct request *req);

/* ---- boot.c ---- */

/** Take the boot option ID, one of table.h's. */
void boot_option(struct request *req, int id, const char *arg);
/** After all options: every boot image has a path. */
void boot_finish(struct request *req);
/** Read the file of REQ->mbr into the plan.  What can't be read ends the program. */
void boot_read_mbr(struct request *req);

#endif
