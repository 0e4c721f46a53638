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
	const char *override_option;	/* the option that overrides the guard, for its message; NULL: there is none */
	bool override;			/* this option was given: open the path even if it is in use */
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
 * A volume that can't be written is opened for reading, and ret->why_read_only says why.  If PATH is not a UDF volume,
 * the message names what it holds.  A volume that another system left open is written only after the space pass of
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
 * Make FRONT, which is open for reading, writable, with every check of front_open().  References to objects are kept.
 * If that fails, FRONT is unchanged, and the log says why.  OPTIONS are those for opening it for writing.
 */
enum udf_err front_make_writable(struct front *front, const char *tool, const char *path, const struct udf_env *env,
				 const struct front_options *options);

/** Commit and close the volume on the medium, refuse changes from then on, and let others read it. */
enum udf_err front_make_read_only(struct front *front, const char *tool, const char *path);

/**
 * Hold the device exclusively, or stop doing so: see medium_claim().  Nothing is done if it was not opened exclusively,
 * such as an image or a device that is only read.
 */
enum udf_err front_claim(struct front *front, const char *path, bool exclusive);

/**
 * Say where the medium is in use, if FRONT is unguarded or the guard was overridden: the results that a tool has just
 * printed may be wrong because the volume changed while it was read.
 */
void front_say_in_use(const struct front *front);

/** Is the volume marked as open on the medium?  A volume that was found open stays so until a check closes it. */
bool front_is_marked_open(const struct front *front);

/** As front_close(), but the guard is left to the caller, who may have more to say to those that wait for it. */
enum udf_err front_close_guarded(struct front *front, struct cli_guard **ret_guard);

/** Commit the volume, close everything and free it; nothing is printed.  A front of all zero is allowed. */
enum udf_err front_close(struct front *front);

/**
 * May the contents of PATH be destroyed?  If it holds nothing, yes.  If it has a signature other than that of UDF, only
 * with FORCE; OPTION is the name of that option for the message ("--force").  If it holds a UDF volume, and standard
 * input and standard error are a terminal, the user is asked.  Without a terminal the answer is yes for a sound volume,
 * which is named in one line, and a damaged volume needs FORCE.
 * Returns UDF_E_EXISTS if this is refused (with a message on stderr), and UDF_E_CANCELLED if the user said no.
 */
enum udf_err front_may_overwrite(const char *tool, const char *path, bool force, const char *option);

#endif
