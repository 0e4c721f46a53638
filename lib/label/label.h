/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading and changing the labels of an existing volume.
 *
 *	struct udf_label_change change = { .label = "Holiday" };
 *	struct udf_label_plan *plan;
 *	err = udf_label_plan_new(vol, &change, &plan, why);
 *	err = udf_label_write(plan, NULL);
 *	udf_label_plan_free(plan);
 *
 * A power cut at any moment leaves a volume with the old labels or with the new ones (doc/CRASH.md, "Labels").
 */
#ifndef UDF_LABEL_LABEL_H
#define UDF_LABEL_LABEL_H

#include <udfkit/fs.h>

#include "vol/vds_rewrite.h"

enum udf_label_field {
	UDF_LABEL_LVID,			/* logical volume identifier: what systems show as the label */
	UDF_LABEL_VID,			/* volume identifier */
	UDF_LABEL_FSID,			/* file set identifier */
	UDF_LABEL_OWNER,
	UDF_LABEL_ORGANIZATION,
	UDF_LABEL_CONTACT,
	UDF_LABEL_APPLICATION,		/* application identifier: "", or '*' and a name; ASCII, at most 23 bytes */
	UDF_LABEL_IMPLEMENTATION,	/* the same for the implementation, in the primary volume descriptor */
	UDF_LABEL_UUID,			/* 16 hexadecimal digits in lower case */
	UDF_LABEL_VSID,			/* volume set identifier after the uuid */
	UDF_LABEL_FULL_VSID,		/* the complete volume set identifier */
	UDF_LABEL_N_FIELDS
};

#define UDF_LABEL_TEXT_BYTES 257u	/* UTF-8 of the longest field, and its NUL */

struct udf_labels {
	char texts[UDF_LABEL_N_FIELDS][UDF_LABEL_TEXT_BYTES];	/* UTF-8 */
	bool soft_protect, hard_protect;	/* set by either descriptor; hard implies soft */
};

/** The labels of VOL, which may be opened with allow_partial.  A text that can't be read is "". */
void udf_labels_read(const struct udf_vol *vol, struct udf_labels *ret_labels);

enum udf_label_protect { UDF_LABEL_PROTECT_KEEP, UDF_LABEL_PROTECT_ON, UDF_LABEL_PROTECT_OFF };

struct udf_label_change {
	const char *texts[UDF_LABEL_N_FIELDS];	/* UTF-8; NULL: does not change */
	const char *label;		/* for LVID, and as much of it as fits for VID; NULL: for neither */
	bool text_8bit;			/* record Latin-1 with 8 bits for each character: see udf_dstring_set() */
	enum udf_label_protect protect;	/* the soft write protection of the logical volume and the file set */
	bool force;			/* also change a volume that is protected or read-only */
};

#define UDF_LABEL_WHY_BYTES 256u

struct udf_label_plan;

/**
 * Make the new descriptors in memory, and find out whether they can be written.  Writes nothing.
 *
 * @vol      Borrowed until udf_label_plan_free().  If it was opened for reading, the plan can't be written.
 * @ret_why  On failure, a phrase that says why; "" where the error alone says that.
 * Returns UDF_E_READ_ONLY for a volume that is not to be written, UDF_E_INVAL for a text or uuid that can't be
 * recorded, UDF_E_NAME_TOO_LONG, UDF_E_CORRUPT and UDF_E_UNSUPPORTED for descriptors that can't be changed.
 */
enum udf_err udf_label_plan_new(struct udf_vol *vol, const struct udf_label_change *change,
				struct udf_label_plan **ret_plan, char ret_why[UDF_LABEL_WHY_BYTES]);
void udf_label_plan_free(struct udf_label_plan *plan);	/* NULL is allowed */

/** The labels that the volume has after the plan has been written. */
void udf_label_plan_labels(const struct udf_label_plan *plan, struct udf_labels *ret_labels);

/** A phrase about what force overrode, for a warning, or NULL. */
const char *udf_label_plan_warning(const struct udf_label_plan *plan);

/** The descriptor sequences with the changes of the plan. */
const struct udf_vds_pair *udf_label_plan_pair(const struct udf_label_plan *plan);

/**
 * Does the plan change the file set descriptor?
 *
 * @ret_lsn    The sector of the descriptor; after the plan has been written, its new one.
 * @ret_moves  Does the descriptor move to another block?
 */
bool udf_label_plan_file_set(const struct udf_label_plan *plan, uint64_t *ret_lsn, bool *ret_moves);

/**
 * Write the plan.  It is durable when this returns.  On failure the volume has all old labels or all new ones.  On
 * a volume with only one descriptor sequence, or without a free block, they may be mixed then; calling this again
 * completes them.
 *
 * @options  The options for opening lib/fs, which takes the block for the file set descriptor.  NULL means all zero.
 */
enum udf_err udf_label_write(struct udf_label_plan *plan, const struct udf_fs_options *options);

#endif
