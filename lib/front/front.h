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
	const char *override_option;	/* for the guard's message: what overrides it; NULL: nothing */
	bool override;			/* that was given: open what is in use */
	bool is_claimed;		/* a device that the kernel has claimed for us, because it has mounted it */
	bool shares;			/* udf_fs_share() will be used */
	struct udf_vol_options vol;	/* block size, session, anchor, last block, where they are not to be detected */
	bool commits_when_idle;		/* fs.commits_when_idle, except on an optical medium, which writing wears out */
	bool volume_only;		/* leave the filesystem closed: front.fs stays NULL */
	struct udf_fs_options fs;	/* read_only and space_checked are set here */
};

#define FRONT_WHY_BYTES 8448u	/* a reason may suggest a command with a path */

struct front {
	struct cli_guard *guard;
	struct cli_about *about;	/* whose log lines name PATH */
	struct bio *bio;
	struct medium_info medium;
	bool is_exclusive;		/* a device that was opened so: see front_claim() */
	bool is_given_up;		/* and is open to others for now */
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
 * @tool  Name of the program, for the guard's messages.
 * @path, @env   Borrowed until front_close(); the log gets one line with what failed and why.
 * Returns what failed; RET then needs no closing.
 */
enum udf_err front_open(const char *tool, const char *path, const struct udf_env *env,
			const struct front_options *options, struct front *ret);

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
 * Say where PATH is in use, if GUARD had to be overridden to read it: what a tool has just reported may come from a
 * change that happened while it read.
 */
void front_say_in_use(const char *tool, const char *path, const struct cli_guard *guard);

/** Does the medium call the volume open?  One that was found so stays so until a check closes it. */
bool front_is_marked_open(const struct front *front);

/** As front_close(), but the guard is left to the caller, who may have more to say to those that wait for it. */
enum udf_err front_close_guarded(struct front *front, struct cli_guard **ret_guard);

/** Commit, close and give everything back; prints nothing.  A front of all zero is allowed. */
enum udf_err front_close(struct front *front);

/**
 * Say why udf_vol_open() failed with ERR on BIO, which is PATH opened, and what to do.  If there is something else than
 * a UDF volume, the text names it.  If there are traces of a volume, it lists what is lost and what is still there.
 * HOW are the options that it was opened with.
 */
void front_no_volume_text(const char *tool, const char *path, struct bio *bio, const struct udf_vol_options *how,
			  enum udf_err err, char *ret_text, size_t cap);

/** Does libblkid find another file system than UDF in PATH, or a partition table? */
bool front_is_foreign(const char *path);

/**
 * May what PATH holds be destroyed?  If it holds nothing, yes.  If it has another signature than UDF, only with FORCE;
 * OPTION is its name for the message ("--force").  If it holds a UDF volume, and standard input and error are a
 * terminal, the user is asked.  Without a terminal a sound volume is named in one line and the answer is yes; a damaged
 * volume needs FORCE.
 * Returns UDF_E_EXISTS where refused (message on stderr), UDF_E_CANCELLED where the user said no.
 */
enum udf_err front_may_overwrite(const char *tool, const char *path, bool force, const char *option);

#endif
