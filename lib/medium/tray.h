/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the user of an open disc has to know of its drive.  While a disc is open, the drive keeps it: who presses the
 * button only asks for it.
 *
 * The drive tells that to whoever asks first.  While it is held the kernel does not ask by itself, but it does when
 * somebody opens the device, and then it sends a message to everybody.  So both are listened to.
 */
#ifndef UDF_MEDIUM_TRAY_H
#define UDF_MEDIUM_TRAY_H

#include "medium/medium.h"

enum medium_wish {
	MEDIUM_WISH_NONE,
	MEDIUM_WISH_EJECT,		/* somebody has pressed the button */
	MEDIUM_WISH_GONE,		/* the disc has been taken out */
};

struct medium_watch;

/**
 * Begin to watch the drive of INFO, which must stay open until medium_watch_free().
 * Returns UDF_E_UNSUPPORTED where there is no drive.
 */
enum udf_err medium_watch_new(const struct medium_info *info, struct medium_watch **ret_watch);

/** What has happened since the last call.  Never waits for the drive's work.  Tray and drive are locked again. */
enum medium_wish medium_watch_poll(struct medium_watch *watch);

/** NULL is allowed. */
void medium_watch_free(struct medium_watch *watch);

/** Let the disc out.  Everything has been written and flushed, and nothing is read any more. */
enum udf_err medium_eject(const struct medium_info *info);

/**
 * What was written to a disc that is written in packets, as a sentence without its full stop.
 * Returns false where nothing was, or the medium has no packets.
 */
bool medium_session_text(const struct medium_info *info, char *ret_text, size_t cap);

/**
 * Which packets the disc does not take, and what to do, as a sentence without its full stop.
 * Returns false where there are none.
 */
bool medium_bad_text(const struct medium_info *info, char *ret_text, size_t cap);

#endif
