/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in the drive, and what can be done with it: conclusions from the replies of a drive.
 *
 * Drives contradict themselves and leave replies out, so each conclusion names what it is drawn from; what real drives
 * answered is a table in the tests.  Nothing is sent from here.
 */
#ifndef UDF_MMC_DISC_H
#define UDF_MMC_DISC_H

#include <stdbool.h>
#include <stdint.h>

#include "mmc/capacities.h"
#include "mmc/configuration.h"
#include "mmc/disc_information.h"
#include "mmc/inquiry.h"
#include "mmc/mode_page.h"
#include "mmc/profile.h"
#include "mmc/speeds.h"
#include "mmc/structure.h"
#include "mmc/toc.h"
#include "mmc/track_information.h"

#define MMC_MAX_TRACKS 100u

/* The replies that a drive gave.  What has no has_ field is all zeros where the drive did not answer. */
struct mmc_facts {
	struct mmc_inquiry inquiry;
	bool has_medium;
	bool has_configuration, has_disc_information, has_capacity, has_format_capacities, has_atip;
	bool has_capabilities, has_protection, has_spare, has_speeds, has_medium_status;
	struct mmc_configuration configuration;
	struct mmc_disc_information disc_information;
	uint32_t capacity_blocks, capacity_block_bytes;
	bool is_capacity_lost;		/* READ CAPACITY reported FFFD0000h or the like */
	struct mmc_format_capacities format_capacities;
	struct mmc_atip atip;
	struct mmc_capabilities capabilities;
	struct mmc_write_protection protection;
	struct mmc_medium_status medium_status;
	struct mmc_spare spare;
	struct mmc_speeds speeds;
	char medium_id[MMC_MEDIUM_ID_BYTES];
	uint32_t n_tracks;		/* if there are more than fit, the last one is the last of the disc */
	struct mmc_track tracks[MMC_MAX_TRACKS];
};

enum mmc_state {
	MMC_STATE_NO_MEDIUM,
	MMC_STATE_UNKNOWN,		/* there is a medium, and the drive does not say enough about it */
	MMC_STATE_UNFORMATTED,		/* rewritable; nothing can be written before it is formatted */
	MMC_STATE_BLANK,		/* nothing is recorded; it is written in order, or formatted first */
	MMC_STATE_APPENDABLE,
	MMC_STATE_COMPLETE,		/* nothing can be appended */
	MMC_STATE_FORMATTED,		/* can be overwritten in place */
	MMC_STATE_INTERMEDIATE,		/* DVD-RW after a quick format: written in order until it is closed */
	MMC_STATE_DAMAGED,		/* writing, erasing or formatting was cut off */
};

enum mmc_protection {
	MMC_PROTECTION_NONE,
	MMC_PROTECTION_CARTRIDGE,	/* its tab */
	MMC_PROTECTION_PERSISTENT,	/* until somebody lifts it */
	MMC_PROTECTION_SOFTWARE,	/* until the drive is switched off */
	MMC_PROTECTION_MEDIUM,		/* for good */
};

struct mmc_disc {
	const struct mmc_profile *profile;	/* never NULL */
	enum mmc_state state;
	bool is_mrw;			/* formatted for Mount Rainier */
	enum mmc_background background;
	bool is_dirty;			/* of a background format: must be closed before other drives read all of it */

	uint32_t n_blocks;		/* that can be read: the formatted or the recorded size, 2048 bytes a block */
	uint32_t max_blocks;		/* that the medium could hold after it was formatted or written, or 0 */
	uint32_t write_unit_blocks;	/* of a packet or an ECC block; 0 where nothing is ever written */

	bool can_overwrite;		/* in place, now */
	bool needs_whole_units;		/* overwriting takes whole, aligned write units only */
	bool can_append;		/* in order, from next_writable_lba on */
	bool has_next_writable;
	uint32_t next_writable_lba, n_free_blocks;
	bool can_blank, can_format;	/* drive and medium both */
	bool wears;			/* each block bears a limited number of rewrites */
	enum mmc_protection protection;
	const char *trouble;		/* why it can't be written now: a sentence, or NULL */

	bool has_defect_management;	/* the drive replaces bad blocks */
	bool has_spare;
	struct mmc_spare spare;

	uint16_t n_sessions;
	uint32_t n_tracks;
	struct mmc_track tracks[MMC_MAX_TRACKS];
	uint32_t n_formats;
	struct mmc_format formats[MMC_MAX_FORMATS];
	bool can_certify, can_certify_quickly;
	struct mmc_speeds speeds;
	char medium_id[MMC_MEDIUM_ID_BYTES];	/* maker and type; the start of the lead-in of a CD; or empty */
	bool has_disc_id;
	uint32_t disc_id;		/* random, of CD-RW and CD-R that were written */
};

/** Draw conclusions from FACTS.  It always comes to some: see state and trouble. */
void mmc_disc_conclude(const struct mmc_facts *facts, struct mmc_disc *ret_disc);

/** The name of a state in lower case ("blank", "formatted"); never NULL. */
const char *mmc_state_name(enum mmc_state state);

/**
 * How many blocks a CD-RW holds in fixed packets of PACKET_BLOCKS, if its lead-out can start at LEAD_OUT_LBA at the
 * latest: each packet takes 7 blocks more for links and runs.  0 if not even one fits.
 */
uint32_t mmc_cd_packets_blocks(uint32_t lead_out_lba, uint32_t packet_blocks);

#endif
