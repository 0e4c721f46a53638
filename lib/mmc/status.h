/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replies to what a host asks while it works: READ BUFFER CAPACITY, GET EVENT STATUS NOTIFICATION (MMC-6 6.18, 6.8). */
#ifndef UDF_MMC_STATUS_H
#define UDF_MMC_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

/** Sizes in bytes.  What contradicts itself is refused: some drives return nonsense. */
enum udf_err mmc_buffer_parse(const uint8_t *reply, size_t n_bytes, uint32_t *ret_all_bytes,
			      uint32_t *ret_free_bytes);

#define MMC_EVENT_CLASS_MEDIA 0x10	/* a bit of the request */

enum mmc_event {
	MMC_EVENT_NONE = 0,
	MMC_EVENT_EJECT_REQUEST = 1,	/* somebody pressed the button */
	MMC_EVENT_NEW_MEDIUM = 2,
	MMC_EVENT_REMOVAL = 3,
	MMC_EVENT_CHANGED = 4,
	MMC_EVENT_FORMAT_DONE = 5,	/* formatting in the background */
	MMC_EVENT_FORMAT_RESTARTED = 6,
};

struct mmc_media_status {
	enum mmc_event event;
	bool has_medium, is_tray_open;
};

/** Returns UDF_E_UNSUPPORTED if the drive has no media events. */
enum udf_err mmc_media_status_parse(const uint8_t *reply, size_t n_bytes, struct mmc_media_status *ret_status);

#endif
