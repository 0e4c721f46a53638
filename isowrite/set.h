/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --span: what is to be on each disc of a set.  lib/iso/span.h plans it; images and discs are made from set_disc(). */
#ifndef ISOWRITE_SET_H
#define ISOWRITE_SET_H

#include "request.h"

struct set {
	const struct request *req;
	uint64_t extra_blocks;
	uint64_t least_blocks;		/* of a disc without files */
	struct set_view view;		/* of ONE */
	struct request one;		/* what is asked for, for one disc */
	char *label, *output;		/* of ONE */
	char id[UDF_DISC_LIST_ID_BYTES];
	struct udf_disc_list older;	/* the plan that was made before, if HAS_OLDER */
	bool has_older;
	struct cli_progress progress;
};

/**
 * Plan the set that REQ asks for, and compare it with an older plan where there is one.
 *
 * @set		 Stays where it is until set_done(), which releases it in any case.
 * @size_blocks  What --span=media found; NULL: the sizes that REQ gives.
 * @extra_blocks  What every disc gets after its image.
 * False, after a message, if there can be no such set.
 */
bool set_plan(struct set *set, const struct request *req, const uint64_t *size_blocks, uint64_t extra_blocks);

unsigned set_n_discs(const struct set *set);

/**
 * The request for DISC alone, from 1 on: its files, the list of the set, and what it boots from if it is the first.
 * It is valid until the next call.  NULL, after a message, without memory.
 */
struct request *set_disc(struct set *set, unsigned disc);

/** -print-size: how large the image of each disc will be. */
void set_print_sizes(const struct set *set);

/** Report the images after the last one, which another set has left and which would be taken for discs of this one. */
void set_report_others(struct set *set);

#define SET_GO_ON_BYTES (UDF_QUOTED_BYTES + 512u)

/** DISC was not made, or IS_INCOMPLETE: how to go on with it.  Returns TEXT. */
const char *set_how_to_go_on(const struct set *set, unsigned disc, bool is_incomplete, char text[SET_GO_ON_BYTES]);

/** The same as a message. */
void set_say_how_to_go_on(const struct set *set, unsigned disc, bool is_incomplete);

void set_done(struct set *set);

#endif
