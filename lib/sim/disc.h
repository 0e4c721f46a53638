/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disc: its kind, the table of its units, its tracks, its data. */
#ifndef UDF_SIM_DISC_H
#define UDF_SIM_DISC_H

#include <stdbool.h>
#include <stdint.h>
#include <udfkit/error.h>

#include "sim/sim.h"

struct sim;

#define SIM_BLOCK_BYTES 2048u
#define SIM_MAX_UNIT_BLOCKS 32u
#define SIM_MAX_DEFECTS 65536u
#define SIM_MAX_TRACKS 254u		/* 99 on CD; a drive may have more on DVD and BD */
#define SIM_CD_TRACKS 99u
#define SIM_MAX_LINKS 65536u

/* Flags of a unit: a packet, ECC block or cluster, in which the medium is written. */
#define UNIT_WRITTEN 0x01u		/* by a host, since the disc was formatted */
#define UNIT_UNREADABLE 0x02u		/* until it is written whole again */
#define UNIT_CHANGED 0x80u		/* since the state was saved; in memory only */

#define SIM_MAX_CHANGED 128u

struct sim_unit {
	uint32_t n_writes;
	uint8_t flags;
};

struct sim_defect {
	uint32_t unit;
	uint32_t n_times[SIM_N_DEFECT_KINDS];
};

/* A track that is or was written in order, or is reserved for that. */
struct sim_recorded {
	uint32_t session;
	uint32_t start_lba, end_lba;	/* of what is recorded; without run-out */
	uint32_t mode;			/* bytes 6 and 5 of READ TRACK INFORMATION, the first one above */
	uint32_t flags;
	uint32_t reserved_end_lba;	/* with TRACK_RESERVED */
};
#define TRACK_OPEN 0x01u
#define TRACK_SESSION_CLOSED 0x02u	/* of the track's session */
#define TRACK_DAMAGED 0x04u		/* the power failed while it was written */
#define TRACK_RESERVED 0x08u
#define SIM_RUN_OUT_BLOCKS 2u		/* after a track of a CD; a full disc has them beyond its capacity */
#define TRACK_AT_ONCE 0x10u		/* its session was: no run-out blocks follow */
#define TRACK_CURRENT 0x20u		/* open, and written last: some of it may not be synced */
#define TRACK_FIXED_PACKETS 0x40u	/* of a CD: link blocks without addresses lie between them */

/* Room for them is kept for good on write-once media. */
#define SIM_CALIBRATIONS 100u
#define SIM_FEW_CALIBRATIONS 3u

struct sim_family;

/* A kind of disc that one can buy. */
struct sim_kind {
	struct sim_medium medium;
	const struct sim_family *family;
	uint32_t max_blocks;		/* without any spare area that can be given up */
	uint32_t default_blocks;	/* as sold, or as formatted by default */
	uint32_t n_primary_spare_blocks;
	uint16_t unit_blocks;
	uint16_t kbytes_per_s;		/* of reading; writing may be slower */
	uint32_t buffer_bytes;		/* of the drive, with this kind of disc in it */
	bool is_cd;
	bool has_cartridge;
	uint8_t version;		/* of the format, where it makes a difference */
	uint16_t profile;		/* where a family has several; else 0 */
};

/* Everything here but the table of units is saved by the names in state_fields.c. */
struct sim_disc {
	const struct sim_kind *kind;
	uint32_t state;			/* an index of the family's state names */
	uint32_t n_blocks;		/* formatted: what READ and WRITE may address */
	uint32_t front_lba;		/* the end of what is formatted or recorded so far */
	uint32_t synced_lba;		/* of a DVD-RW in the intermediate state: front_lba after a power cut */
	uint32_t n_listed_units, n_replaced_units;	/* defects found by formatting, and in use */
	uint32_t n_supplementary_blocks;	/* spare area that can be given up */
	uint32_t tab, pwp;		/* write protection of the cartridge, and of structure C0h */
	uint32_t exhausted;		/* no spare block was left when one was needed */
	uint32_t endurance;
	uint32_t track_mode, data_mode, session_format;	/* of a formatted CD-RW */
	uint32_t session_is_open;	/* of a formatted CD-RW */
	uint32_t fresh_format;		/* the disc was not reloaded since it was formatted or closed */
	uint32_t dirty_bit;		/* of background formatting */
	uint64_t n_unit_writes;
	struct sim_unit *units;		/* n_units */
	uint32_t changed[SIM_MAX_CHANGED];	/* units with UNIT_CHANGED, where these are few */
	uint32_t n_changed;		/* more than SIM_MAX_CHANGED: any */
	uint32_t n_units;		/* for max_blocks */
	struct sim_defect *defects;
	uint32_t n_defects;
	struct sim_recorded tracks[SIM_MAX_TRACKS];
	uint32_t n_tracks;
	uint32_t *links;		/* of packets of variable length: the first block of each, rising */
	uint32_t n_links, n_saved_links;
	uint32_t n_calibrations;	/* of the laser, each of which takes room */
};

/* ---- units.c: the table of units, and the user data ---- */

enum udf_err sim_units_new(struct sim_disc *disc);
void sim_units_free(struct sim_disc *disc);
/** UNIT is to be saved. */
void sim_unit_changed(struct sim_disc *disc, uint32_t unit);
/** Forget what hosts have written; how often stays. */
void sim_units_reset(struct sim_disc *disc);
struct sim_defect *sim_find_defect(struct sim_disc *disc, uint32_t unit);
/** Forget the defects that a certification finds, which puts them on the drive's list.  Returns how many. */
uint32_t sim_certify_defects(struct sim_disc *disc);
enum udf_err sim_put_defect(struct sim_disc *disc, uint32_t unit, enum sim_defect_kind kind, uint32_t n_times);
/** A host has written the blocks from FROM_LBA to before END_LBA. */
void sim_units_count(struct sim *sim, uint32_t from_lba, uint32_t end_lba);
/** User data of the disc at LBA; what is after the end of FILE is zeros.  The host's errors are UDF_E_IO. */
enum udf_err sim_data_read(const struct sim *sim, uint32_t lba, uint32_t n_blocks, uint8_t *ret_data);
enum udf_err sim_data_write(const struct sim *sim, uint32_t lba, uint32_t n_blocks, const uint8_t *data);
/** All zeros, and as large as the disc is now. */
void sim_data_clear(const struct sim *sim);
/** As large as the disc is now. */
void sim_data_resize(const struct sim *sim);

/* ---- media.c ---- */

const struct sim_kind *sim_find_kind(const char *name);

#endif
