/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of udffuse, also as mount(8) calls it. */
#ifndef UDFFUSE_OPTIONS_H
#define UDFFUSE_OPTIONS_H

#include <stdarg.h>

#include "mounted.h"
#include "vol/vol.h"

struct cli_tool;

#define TOOL "udffuse"

enum modes { MODES_AS_USUAL, MODES_CHECKED, MODES_UNCHECKED };	/* by the kernel, on each access */
enum others { OTHERS_AS_USUAL, OTHERS_ALLOWED, OTHERS_KEPT_OUT };	/* users that have not mounted it */

struct options {
	const char *given_device, *given_mountpoint;
	char *device, *mountpoint;	/* absolute, by options_find_places() */
	struct presentation show;
	bool read_only;
	bool no_symlinks;		/* nosymfollow: the kernel follows none of its symbolic links */
	enum others others;
	enum modes modes;
	bool foreground, debug;
	unsigned n_forced;		/* how often --force was given: twice overrides the guard */
	bool remount;			/* -o remount: nothing is mounted, but a mount changed */
	bool fake;			/* mount(8)'s -f: everything but the mount */
	struct udf_vol_options vol;	/* where it is, where that is not found out */
	uint32_t cache_bytes, commit_seconds;	/* 0: the library's own */
	char *kernel_flags;		/* "nosuid,nodev": for the kernel, or NULL */
};

/** Fill OPTIONS.  Bad usage is reported, and ends the program with 2. */
void options_parse(struct options *options, int argc, char **argv);

/** Make both paths absolute.  Returns false, and reports why, if one can't be used. */
bool options_find_places(struct options *options);

void options_done(struct options *options);

/* ---- mount_options.c ---- */

/** LIST is the argument of -o.  TOOL is for bad usage, which ends the program. */
void options_take_words(struct options *options, const char *list, const struct cli_tool *tool);

/* ---- utab.c ---- */

/**
 * Have umount(8) look for umount.fuse.udffuse when root unmounts MOUNTPOINT: given an absolute path it looks at
 * nothing but what statfs(2) says, where every FUSE filesystem is the same, unless libmount's own table of mounts
 * (/run/mount/utab) has an entry for it.  To be called before it is mounted: mount(8), which makes the entry, may
 * look into the directory, and nobody would answer.  Where that can't be done umount(8) does not wait.
 */
void utab_note(const struct options *options);

/**
 * Remove that entry if it is still there: umount(8) does so, and nothing else does that unmounts.  To be called
 * before the device is given back, as who mounts it next may count on the same entry.
 */
void utab_forget(const struct options *options);

/* ---- mount.c ---- */

/** Make the path of the mount point absolute.  Returns false, and reports why, if nothing can be mounted there. */
bool mount_find_place(struct options *options);

/** Mount.  Returns false if that failed; mount_tell_why_failed() then reports why. */
bool mount_session(const struct options *options, struct fuse_session *session);
void mount_tell_why_failed(const struct options *options);

/** Apply nosymfollow, after mounting. */
void mount_forbid_symlinks(const struct options *options);

/** Takes libfuse's messages; for fuse_set_log_func(). */
void mount_log(enum fuse_log_level level, const char *format, va_list args);

/* ---- remount.c ---- */

/** Do what -o remount asks for.  Returns false, and reports why, if that failed. */
bool remount(const struct options *options);

/* ---- session.c ---- */

/**
 * With the volume open: mount, call MOUNTED, serve, unmount.  Returns false, and reports why, if that failed.
 * The volume may be closed afterwards, or still be open: ending_close() is for both.
 */
bool session_serve(struct mounted *m, const struct options *options, void (*mounted)(void *ctx), void *ctx);

#endif
