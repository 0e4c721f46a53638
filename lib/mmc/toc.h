/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replies to READ TOC/PMA/ATIP (MMC-6 6.26): the table of contents, and what is moulded into CD-R and CD-RW. */
#ifndef UDF_MMC_TOC_H
#define UDF_MMC_TOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#define MMC_MAX_TOC_ENTRIES 100u	/* 99 tracks and the lead-out */
#define MMC_TOC_LEAD_OUT 0xAA

struct mmc_toc {
	uint32_t n_entries;
	struct mmc_toc_entry {
		uint8_t track;		/* MMC_TOC_LEAD_OUT for the end */
		uint8_t control;	/* a nibble; drives differ in it for the same disc */
		uint32_t start_lba;
	} entries[MMC_MAX_TOC_ENTRIES];
};

/** Format 0, with addresses as LBA.  Returns UDF_E_CORRUPT if the reply has no header. */
enum udf_err mmc_toc_parse(const uint8_t *reply, size_t n_bytes, struct mmc_toc *ret_toc);

/** Format 1: where the last complete session starts, which multi-session readers look for. */
enum udf_err mmc_toc_sessions_parse(const uint8_t *reply, size_t n_bytes, uint32_t *ret_last_session_lba);

#define MMC_MAX_CD_SESSIONS 99u

/* Format 2, of CDs: what the lead-ins of all sessions say. */
struct mmc_full_toc {
	uint32_t n_sessions;
	struct mmc_toc_session {
		uint8_t number, first_track, last_track;
		uint8_t disc_type;	/* 00h data or audio, 10h CD-I, 20h XA */
		uint32_t lead_out_lba;
		bool has_next;		/* B0: where the next session's program area can begin */
		uint32_t next_lba;
	} sessions[MMC_MAX_CD_SESSIONS];
	uint32_t n_tracks;
	struct mmc_toc_track {
		uint8_t number, session, control;
		uint32_t start_lba;
	} tracks[MMC_MAX_TOC_ENTRIES];
	bool has_max_lead_out;
	uint32_t max_lead_out_lba;	/* of the medium, from B0 */
};

/** Entries that make no sense are left out.  Returns UDF_E_CORRUPT if the reply has no session. */
enum udf_err mmc_full_toc_parse(const uint8_t *reply, size_t n_bytes, struct mmc_full_toc *ret_toc);

enum mmc_cd_rw_subtype { MMC_CD_RW_NORMAL, MMC_CD_RW_HIGH, MMC_CD_RW_ULTRA, MMC_CD_RW_ULTRA_PLUS };

struct mmc_atip {
	bool is_rewritable;
	uint8_t subtype;		/* of a CD-RW: an enum mmc_cd_rw_subtype, or more */
	int32_t lead_in_lba;		/* negative; tells who made the medium */
	uint32_t lead_out_lba;		/* the last possible one: the size of the medium */
	uint8_t lead_in_msf[3];
	bool has_speeds;		/* A1 */
	uint8_t lowest_speed, highest_speed;	/* in 1x of CD; 0 if the code means nothing */
};

/** Format 4.  Returns UDF_E_CORRUPT if the reply has no lead-out. */
enum udf_err mmc_atip_parse(const uint8_t *reply, size_t n_bytes, struct mmc_atip *ret_atip);

#endif
