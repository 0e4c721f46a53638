/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Write an image of any file system to a device, to a disc that is written in place, or to an image file.
 * An image that does not fit, or could not be mounted there, is refused before anything is written.
 */
#ifndef UDF_FRONT_IMAGE_H
#define UDF_FRONT_IMAGE_H

#include "front/target.h"

struct front_image {
	const char *tool;		/* for the messages, which are in one line each on standard error */
	const char *image;		/* a regular file; NULL: zeros over the whole target */
	const char *target;		/* must be there, because a mistyped device would become a file ... */
	bool makes_file;		/* ... but for this, and never below /dev */
	struct front_target_options options;
	bool may_grow;			/* a regular file becomes as large as the image */
	bool verify;			/* read everything back and compare it */
	bool check_only;		/* nothing is written */
	bool (*is_interrupted)(void);	/* called now and then; may be NULL */
};

/** Write it.  Returns UDF_E_CANCELLED if interrupted or if the user said no, and UDF_E_NOSPC if it is too large. */
enum udf_err front_image_write(const struct front_image *job);

/** False, after a message, if IMAGE is a UDF volume whose blocks the readers of optical discs don't look for. */
bool front_image_suits_disc(const char *tool, const char *image);

/**
 * The same of an image of which only the N_BYTES at its beginning are known, such as one from a pipe.  Returns why it
 * doesn't suit, or NULL where it does or too little is known.
 */
const char *front_image_start_unsuited(const uint8_t *data, size_t n_bytes);

#endif
