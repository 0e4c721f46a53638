/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reply to READ DISC INFORMATION: sessions, tracks, and the state of the disc as a whole (MMC-6 6.22). */
#ifndef UDF_MMC_DISC_INFORMATION_H
#define UDF_MMC_DISC_INFORMATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

enum mmc_disc_status { MMC_STATUS_EMPTY, MMC_STATUS_INCOMPLETE, MMC_STATUS_COMPLETE, MMC_STATUS_OTHER };
enum mmc_session_state { MMC_SESSION_EMPTY, MMC_SESSION_INCOMPLETE, MMC_SESSION_DAMAGED, MMC_SESSION_COMPLETE };

/* Of DVD+RW and MRW, which format themselves while the host works with them */
enum mmc_background { MMC_BACKGROUND_NONE, MMC_BACKGROUND_STOPPED, MMC_BACKGROUND_RUNNING, MMC_BACKGROUND_DONE };

struct mmc_disc_information {
	bool is_erasable;		/* not a reliable bit: some drives clear it on formatted CD-RW */
	enum mmc_disc_status status;
	enum mmc_session_state last_session;
	uint16_t first_track, n_sessions, first_track_of_last_session, last_track;
	enum mmc_background background;
	bool is_dirty;			/* the defect structures on the medium are not up to date */
	uint8_t disc_type;		/* 00h, 10h, 20h (XA), FFh */
	bool has_disc_id;
	uint32_t disc_id;
	/* minutes, seconds and frames on a CD, anything else on other media; FFFFFFFFh if not there */
	uint32_t lead_in, lead_out;
	uint16_t n_opc_entries;
};

/** Takes replies of 12 bytes and more.  Returns UDF_E_CORRUPT if shorter, or if it is not the standard reply. */
enum udf_err mmc_disc_information_parse(const uint8_t *reply, size_t n_bytes,
					struct mmc_disc_information *ret_information);

/**
 * The block address of minutes, seconds and frames (00 MM SS FF).  From 90 minutes on they mean negative addresses, as
 * of lead-ins.  Returns false if these are no such numbers.
 */
bool mmc_msf_to_lba(uint32_t msf, int32_t *ret_lba);

#endif
