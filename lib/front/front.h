/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a path to an open filesystem, as every tool that works through lib/fs does it: guard, block
 * devices, volume, and whether it may be written.
 */
#ifndef UDF_FRONT_FRONT_H
#define UDF_FRONT_FRONT_H

#include <udfkit/fs.h>

#include "vol/vol.h"
#include "medium/medium.h"

struct bio;
struct cli_about;
struct cli_guard;

struct front_options {
	bool read_only;			/* open for reading, share it with other readers */
	bool unguarded;			/* with read_only: look at it even while it is in use */
	const char *override_option;	/* for the guard's message: what overrides it; NULL: nothing */
	bool override;			/* that was given: open what is in use */
	bool is_claimed;		/* a device that the kernel has claimed for us, because it has mounted it */
	bool shares;			/* udf_fs_share() will be used */
	struct udf_vol_options vol;	/* block size, session, anchor, last block, where they are not to be detected */
	bool commits_when_idle;		/* fs.commits_when_idle */
	bool volume_only;		/* leave the filesystem closed: front.fs stays NULL */
	struct udf_fs_options fs;	/* read_only and space_checked are set here */
};

#define FRONT_WHY_BYTES 8448u	/* a reason may suggest a command with a path */

struct front {
	const char *tool, *path;	/* borrowed */
	const struct udf_env *env;
	struct cli_guard *guard;	/* NULL: unguarded */
	struct cli_about *about;	/* whose log lines name PATH */
	struct bio *bio;
	struct medium_info medium;
	bool is_exclusive;		/* a device that was opened so: see front_claim() */
	bool is_given_up;		/* and is open to others for now */
	bool ejects;			/* let the disc out when everything is closed; set by the caller */
	bool tells_writes;		/* log what was written to a disc in packets; the same */
	struct udf_vol *vol;
	struct udf_fs *fs;
	char why_read_only[FRONT_WHY_BYTES];	/* "" where it can be written */
};

/**
 * Open the filesystem in PATH (a device or an image).
 *
 * What can't be written is opened for reading, and ret->why_read_only says why.  If it is no UDF volume, the
 * message names what is there.  A volume that another system left open is written only after the space pass of
 * lib/check has made its bitmap safe.
 *
 * @tool  Name of the program, for the messages.  Borrowed until front_close(), as PATH and ENV are.
 * @env   The log gets one line with what failed and why.
 * Returns what failed; RET then needs no closing.
 */
enum udf_err front_open(const char *tool, const char *path, const struct udf_env *env,
			const struct front_options *options, struct front *ret);

/** The first half of front_open(): take the guard and open the medium.  RET->vol and RET->fs are NULL then. */
enum udf_err front_open_medium(const char *tool, const char *path, const struct udf_env *env,
			       const struct front_options *options, struct front *ret);

/**
 * Find the volume on the medium of FRONT, or read again the one that is open.
 *
 * @sink  NULL: as front_open() does it.  Otherwise every violation is reported to it, and what remains of a volume
 *	  under another filesystem is not read: a tool that repaired it would destroy the newer one.
 * The log gets one line with what failed and why.  FRONT stays open then, without a volume.
 */
enum udf_err front_open_volume(struct front *front, const struct udf_vol_options *how, struct udf_sink *sink);

/**
 * Open for writing what is open for reading, with every check of front_open(); references to objects are kept.
 * FRONT is not changed where that fails, and the log says why.  OPTIONS as they would be for writing.
 */
enum udf_err front_make_writable(struct front *front, const char *tool, const char *path, const struct udf_env *env,
				 const struct front_options *options);

/** Commit and close the volume on the medium, refuse changes from then on, and let others read it. */
enum udf_err front_make_read_only(struct front *front, const char *tool, const char *path);

/**
 * Hold the device exclusively, or no longer: see medium_claim().  Nothing is done for what was not opened so, as an
 * image or what is only read.
 */
enum udf_err front_claim(struct front *front, const char *path, bool exclusive);

/**
 * Say where the medium is in use, if that was overridden to read it or FRONT is unguarded: what a tool has just
 * reported may come from a change that happened while it read.
 */
void front_say_in_use(const struct front *front);

/** Does the medium call the volume open?  One that was found so stays so until a check closes it. */
bool front_is_marked_open(const struct front *front);

/** As front_close(), but the guard is left to the caller, who may have more to say to those that wait for it. */
enum udf_err front_close_guarded(struct front *front, struct cli_guard **ret_guard);

/** Commit, close and give everything back; prints nothing.  A front of all zero is allowed. */
enum udf_err front_close(struct front *front);

/**
 * May what PATH holds be destroyed?  If it holds nothing, yes.  If it has another signature than UDF, only with FORCE;
 * OPTION is its name for the message ("--force").  If it holds a UDF volume, and standard input and error are a
 * terminal, the user is asked.  Without a terminal a sound volume is named in one line and the answer is yes; a damaged
 * volume needs FORCE.
 * Returns UDF_E_EXISTS where refused (message on stderr), UDF_E_CANCELLED where the user said no.
 */
enum udf_err front_may_overwrite(const char *tool, const char *path, bool force, const char *option);

#endif
