/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <libudev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "medium/block_path.h"
#include "medium/tray.h"
#include "mmc/drive.h"
#include "pkt/cache.h"
#include "pkt/held.h"

struct medium_watch {
	struct medium_info info;
	struct udev *udev;
	struct udev_monitor *monitor;	/* of the kernel's messages; NULL: none can be had, or the drive is simulated */
	bool cannot_lock;
};

/* ---- the kernel's messages ---- */

static void listen(struct medium_watch *w)
{
	w->udev = udev_new();
	w->monitor = w->udev ? udev_monitor_new_from_netlink(w->udev, "kernel") : NULL;
	if (!w->monitor)
		return;
	if (udev_monitor_filter_add_match_subsystem_devtype(w->monitor, "block", NULL) < 0 ||
	    udev_monitor_enable_receiving(w->monitor) < 0) {
		udev_monitor_unref(w->monitor);
		w->monitor = NULL;
	}
}

static bool kernel_says_eject(struct medium_watch *w)
{
	struct udev_device *device;
	bool found = false;

	while (w->monitor && (device = udev_monitor_receive_device(w->monitor))) {
		const char *request = udev_device_get_property_value(device, "DISK_EJECT_REQUEST");

		found |= request && strcmp(request, "1") == 0 && udev_device_get_devnum(device) == w->info.rdev;
		udev_device_unref(device);
	}
	return found;
}

/* ---- the drive ---- */

/* Other programs unlock the tray when they end.  A disc that is gone needs no lock. */
static void lock_again(struct medium_watch *w, struct mmc_drive *drive)
{
	/* The command would take the unit attention that keeps the kernel from writing to another disc. */
	if (w->cannot_lock || (w->info.block_path && medium_block_path_is_dirty(w->info.block_path)))
		return;
	w->cannot_lock = mmc_drive_lock(drive, true) != UDF_OK;
}

enum udf_err medium_watch_new(const struct medium_info *info, struct medium_watch **ret_watch)
{
	struct medium_watch *w;

	if (!info->drive)
		return UDF_E_UNSUPPORTED;
	w = calloc(1, sizeof(*w));
	if (!w)
		return UDF_E_NOMEM;
	w->info = *info;
	if (info->is_device)
		listen(w);
	*ret_watch = w;
	return UDF_OK;
}

enum medium_wish medium_watch_poll(struct medium_watch *w)
{
	bool is_asked = kernel_says_eject(w);
	struct mmc_drive *drive = pkt_held_try_take(w->info.drive);
	struct mmc_media_status status;
	enum udf_err err;

	if (!drive)
		return is_asked ? MEDIUM_WISH_EJECT : MEDIUM_WISH_NONE;
	err = mmc_drive_poll(drive, &status);
	is_asked |= !err && status.event == MMC_EVENT_EJECT_REQUEST;
	if (!err && !is_asked && status.has_medium && !status.event)
		lock_again(w, drive);
	pkt_held_give_back(w->info.drive);
	if (is_asked)
		return MEDIUM_WISH_EJECT;
	return !err && (status.event == MMC_EVENT_REMOVAL || !status.has_medium) ? MEDIUM_WISH_GONE : MEDIUM_WISH_NONE;
}

void medium_watch_free(struct medium_watch *w)
{
	if (!w)
		return;
	if (w->monitor)
		udev_monitor_unref(w->monitor);
	if (w->udev)
		udev_unref(w->udev);
	free(w);
}

enum udf_err medium_eject(const struct medium_info *info)
{
	struct mmc_drive *drive;
	enum udf_err err;

	if (!info->drive)
		return UDF_E_UNSUPPORTED;
	drive = pkt_held_take(info->drive);
	(void)mmc_drive_lock(drive, false);
	err = mmc_drive_eject(drive);
	pkt_held_give_back(info->drive);
	return err;
}

bool medium_session_text(const struct medium_info *info, char *ret_text, size_t cap)
{
	struct pkt_stats stats;

	if (!info->cache)
		return false;
	pkt_cache_stats(info->cache, &stats);
	if (!stats.n_packets_written)
		return false;
	snprintf(ret_text, cap, "%llu packets of %u KiB were written, %.2f bytes for each byte; the one at block %llu "
		 "was written most often, %u times", (unsigned long long)stats.n_packets_written,
		 stats.unit_blocks * stats.block_bytes / 1024, pkt_stats_amplification(&stats),
		 (unsigned long long)stats.max_rewrites_at, stats.max_rewrites);
	return true;
}

bool medium_bad_text(const struct medium_info *info, char *ret_text, size_t cap)
{
	struct pkt_stats stats;
	const char *was = "what was to be written there is lost; copy the files to another disc";

	if (!info->cache)
		return false;
	pkt_cache_stats(info->cache, &stats);
	if (!stats.n_bad)
		return false;
	if (stats.bad_is_logged)
		was = "what was synced stays in the volume's journal, where only udfkit finds it; copy the files to "
		      "another disc, with udf get or from a mount by udffuse";
	snprintf(ret_text, cap, "the disc is worn out or damaged: %llu packet%s of %u KiB can't be written, "
		 "%s at block %llu; %s", (unsigned long long)stats.n_bad, stats.n_bad == 1 ? "" : "s",
		 stats.unit_blocks * stats.block_bytes / 1024, stats.n_bad == 1 ? "which begins" : "the first one",
		 (unsigned long long)stats.first_bad_at, was);
	return true;
}
