/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What replies say of a disc. */
#ifndef UDF_SIM_VIEW_H
#define UDF_SIM_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/disc.h"

/* The features whose Current bit moves with the medium.  Also the columns of the families' tables. */
enum sim_feature {
	F04, F10, F1E, F1F, F20, F21, F23, F24, F25, F26, F28, F2A, F2B, F2C, F2D, F2E, F2F, F37, F38, F3B, F40, F41,
	F106, F107, SIM_N_FEATURES
};
#define FEATURE(f) (1u << (f))

struct sim_track {
	uint8_t number, session;
	uint8_t mode, data_mode, valid;	/* bytes 5 to 7 of READ TRACK INFORMATION */
	uint32_t start_lba, next_lba, free_blocks, packet_blocks, n_blocks, last_lba;
};

struct sim_format_row {
	uint32_t n_blocks;
	uint8_t type;			/* format type << 2 */
	uint32_t parameter;
};
#define SIM_MAX_FORMAT_ROWS 8u

/* What the replies of READ DISC INFORMATION and others are made from. */
struct sim_view {
	uint16_t profile;
	uint32_t features;		/* that are current */
	uint8_t disc_status, background, disc_type;	/* bytes 2, 7 and 8 */
	uint8_t n_sessions, first_track, last_track;	/* tracks of the last session */
	uint32_t lead_in, lead_out;	/* bytes 16 to 23 */
	uint32_t lead_in_of_disc;	/* MM SS FF of the first lead-in of a CD */
	struct sim_track tracks[SIM_MAX_TRACKS + 1];
	uint8_t n_tracks;
	uint8_t toc_control;		/* 0: there is no table of contents */
	uint8_t capacity_type;
	uint32_t capacity_blocks;
	struct sim_format_row formats[SIM_MAX_FORMAT_ROWS];
	uint8_t n_formats;
	uint32_t readable_blocks;	/* READ CAPACITY + 1; 0: nothing yet */
};

#endif
