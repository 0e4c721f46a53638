/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Formatting rewritable media.  What was on them is lost, apart from mmc_format_restart() and mmc_format_grow().
 *
 * | medium              | quick                                  | full                                      |
 * |---------------------|----------------------------------------|-------------------------------------------|
 * | CD-RW               | -                                      | every packet is written, 20 to 80 minutes |
 * | DVD-RAM             | the known defects are kept             | every block is tested, about an hour      |
 * | DVD+RW              | as full; a formatted one is restarted  | from the start, in the background         |
 * | DVD-RW              | to be written in order until closed    | every block is written, about an hour     |
 * | BD-RE               | without a test                         | every block is tested, 1 to 3 hours       |
 */
#ifndef UDF_MMC_FORMAT_H
#define UDF_MMC_FORMAT_H

#include "mmc/cdb.h"
#include "mmc/drive.h"

enum mmc_format_how {
	MMC_HOW_USUAL,			/* what the medium is mostly used with: quick where there is such a thing */
	MMC_HOW_QUICK,
	MMC_HOW_FULL,
};

enum mmc_spares {
	MMC_SPARES_DEFAULT,		/* as the drive offers first; a formatted DVD-RAM keeps what it has */
	MMC_SPARES_NONE,		/* as few as the medium can have */
	MMC_SPARES_MIN,			/* the fewest of those above none */
	MMC_SPARES_MAX,
};

struct mmc_format_options {
	enum mmc_format_how how;
	enum mmc_spares spares;		/* DVD-RAM and BD-RE; on others MIN and MAX are refused */
	bool is_test_wanted;		/* with MMC_HOW_FULL: refuse what the drive does not test while it formats it */
	uint32_t n_blocks;		/* 0: as many as there are.  A CD-RW or DVD-RW can be formatted in part */
	bool is_mode_1;			/* CD-RW: data mode 1 instead of 2 */
	uint8_t multi_session;		/* CD-RW: that field of mode page 05h, 0, 1 or 3 */
	bool waits_for_background;	/* DVD+RW: until all of it is formatted; it can be used long before */
};

/**
 * Format the disc and find out what it is then; see struct mmc_disc.
 *
 * @options  NULL: the usual way.
 * Returns UDF_E_UNSUPPORTED, with the reason in the failure, for what medium or drive can't do; UDF_E_INVAL for a size
 * that the medium can't have, the failure names those that it can; UDF_E_READ_ONLY if it is protected; UDF_E_CANCELLED
 * if waiting was cancelled, while the drive goes on.
 */
enum udf_err mmc_format(struct mmc_drive *drive, const struct mmc_format_options *options);

/** Go on with the formatting of a DVD+RW that was stopped.  What is on it stays.  With nothing to do, no error. */
enum udf_err mmc_format_restart(struct mmc_drive *drive);

/**
 * Stop formatting a DVD+RW in the background, so that it can be ejected soon, and write what other drives need to read
 * it.  No error if there is nothing to stop.
 */
enum udf_err mmc_format_stop(struct mmc_drive *drive);

/** Wait until a DVD+RW is formatted whole. */
enum udf_err mmc_format_wait(struct mmc_drive *drive);

/** Let a DVD-RW that was formatted in part be extended.  It must be closed afterwards. */
enum udf_err mmc_format_grow(struct mmc_drive *drive);

/*
 * What FORMAT UNIT is to be asked for, without asking it.  Some drives refuse a variant that others insist on, so it is
 * a list, the best first.
 */
#define MMC_MAX_CHOICES 8u
struct mmc_format_choices {
	uint32_t n_choices;
	struct mmc_format_choice {
		struct mmc_format_list list;
		bool is_complete_list;
	} choices[MMC_MAX_CHOICES];
};

/** The choices for DISC; errors as mmc_format(), and FAILURE is set. */
enum udf_err mmc_format_choose(const struct mmc_disc *disc, const struct mmc_format_options *options,
			       struct mmc_format_choices *ret_choices, struct mmc_failure *ret_failure);

#endif
