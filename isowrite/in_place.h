/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is mastered, or an image, onto a disc that is written in place, or into an image file. */
#ifndef ISOWRITE_IN_PLACE_H
#define ISOWRITE_IN_PLACE_H

#include "front/stream.h"
#include "iso/iso.h"

struct in_place {
	const char *target;
	bool force;			/* what is there is overwritten unasked */
	const char *force_option;	/* the user's name for that */
	/*
	 * The first block of the image: 0, or after the image that is there.  Then HEAD, of UDF_ISO_FRONT_BYTES, which
	 * is complete when the source has been read, takes the place of that one's beginning at last: of its
	 * descriptors, and with HAS_SYSTEM_AREA of all.
	 */
	uint32_t first_block;
	const uint8_t *head;
	bool has_system_area;
	struct front_stream stream;	/* all but its target, options, place and head */
	bool check_only;		/* whether it fits; nothing is written */
};

/** Do it.  What fails has been said, unless it is the source; see front_stream_write(). */
enum udf_err in_place_write(const struct in_place *job, struct front_stream_report *ret_report);

#endif
