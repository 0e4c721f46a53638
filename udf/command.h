/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of udf share: an opened image, paths in it, listings of its directories. */
#ifndef UDF_COMMAND_H
#define UDF_COMMAND_H

#include <stdio.h>
#include <udfkit/fs.h>

#include "cli/cli.h"
#include "front/front.h"

#define NAME_CAP 512u		/* the longest name on a volume, in UTF-8, and a NUL */
#define EXIT_USAGE 2

/* A command at work. */
struct command {
	const struct cli_tool *tool;
	const char *image;
	struct front front;
	struct udf_fs *fs;
	bool failed;		/* a problem was reported on standard error: exit status 1 */
};

/* Options that every command has. */
struct common_options {
	uint32_t block_bytes;
	unsigned n_forced;	/* how often --force was given */
	bool mounted;		/* --mounted */
};
enum { OPTION_FORCE = 256, OPTION_JSON, OPTION_SECTOR, OPTION_MOUNTED, OPTION_NO_VERIFY };
#define COMMON_OPTIONS \
	{ .short_name = 'b', .long_name = "blocksize", .arg_name = "BYTES", \
	  .help = "block size of the volume (default: detected)" }
#define MOUNTED_OPTION CLI_READ_IN_USE_OPTION(OPTION_MOUNTED)
#define FORCE_OPTION \
	{ .long_name = "force", .help = "given twice: write even if the image is in use", \
	  .id = OPTION_FORCE }

/** Take ID if it is a common option. */
bool take_common(struct common_options *common, const struct cli_tool *tool, int id, const char *arg);

/** Open IMAGE.  Reports why and returns false if it can't be opened, or if WRITE is set and it can't be written. */
bool command_open(struct command *c, const struct cli_tool *tool, const char *image,
		  const struct common_options *common, bool write);

/** Close the image, and report what failed.  Returns the exit status of the command. */
int command_close(struct command *c);

/** Print "udf ls: IMAGE: PATH: reason" on standard error, and set c->failed. */
void command_fail(struct command *c, const char *path, enum udf_err err, int host_errno);

/** From now on an interrupted command continues to command_close(), which then ends as the signal would have. */
void command_catch_signals(void);

/** Was the command interrupted?  It should call command_close() soon then. */
bool command_is_interrupted(void);

/** End a command that had no volume open: as the signal that interrupted it would have, or with the exit status. */
int command_end(enum udf_err err);

/** As command_fail(), with the reason WHY as text.  PATH may be NULL. */
void command_say(struct command *c, const char *path, const char *why);

/* ---- path.c ---- */

/**
 * Find PATH on the volume.  Symlinks on the way are followed within the volume, and the last one too if FOLLOW is set
 * or if PATH ends in '/'.  Nothing stays referenced: the object must not be removed while it is in use.
 * UDF_E_TOO_MANY_LINKS for more than 40 symlinks.
 */
enum udf_err path_find(struct udf_fs *fs, const char *path, bool follow, struct udf_attr *ret_attr);

/**
 * Find the directory that holds PATH's last component, and that component, which has no slash.
 * UDF_E_INVAL for "/", "." and "..", which are no names in a directory.
 */
enum udf_err path_find_parent(struct udf_fs *fs, const char *path, struct udf_attr *ret_dir,
			      char ret_name[NAME_CAP]);

/** NAME in directory DIR itself, not followed. */
enum udf_err path_find_in(struct udf_fs *fs, udf_ino dir, const char *name, struct udf_attr *ret_attr);

/** The last component of PATH, without the slashes at its end; "" for the root. */
void path_last(const char *path, char *ret_name, size_t cap);

/** DIR and NAME joined by one slash; owned by the caller, NULL without memory. */
char *path_join(const char *dir, const char *name);

/* ---- listing.c ---- */

struct listing_item {
	char *name;
	udf_ino ino;
	bool is_directory;
};

struct listing {
	struct listing_item *items;	/* sorted by name, in bytes */
	size_t n_items, cap;
};

/** The entries of directory DIR; call listing_done() on RET in any case. */
enum udf_err listing_load(struct udf_fs *fs, udf_ino dir, struct listing *ret);
void listing_done(struct listing *listing);

/* Going through a tree; see walk_next(). */
struct walk;

struct walk_entry {
	const char *path;		/* begins with the start's path; valid until the next call */
	const char *name;
	udf_ino dir, ino;		/* dir: the directory that holds its name */
	bool is_directory;
	bool is_leaving;		/* a directory, returned again after everything in it */
	unsigned depth;			/* 1 for what is in the start itself */
	enum udf_err err;		/* reading the directory failed, or it was entered before */
};

/** Begin a walk below directory START.  PATH: the path of START, with which the entries' paths begin. */
enum udf_err walk_new(struct udf_fs *fs, udf_ino start, const char *path, struct walk **ret_walk);

/**
 * The next entry.  A directory comes before what is in it, and once more after that.  UDF_END at the end.
 * A directory that was entered before is not entered again: its entry has UDF_E_CORRUPT.
 */
enum udf_err walk_next(struct walk *walk, struct walk_entry *ret_entry);

/** Is the entry given last the last one in its directory?  And that of the levels above? */
bool walk_is_last(const struct walk *walk, unsigned depth);
void walk_free(struct walk *walk);

/* ---- show.c ---- */

void mode_to_text(uint32_t mode, char ret_text[11]);	/* "drwxr-xr-x" */
const char *type_name(uint32_t mode);			/* "directory" */
/** As ls -l shows it: "2026-11-28 10:20", in the host's zone. */
void time_to_columns(struct udf_time time, char *ret_text, size_t cap);

/** NAME for people: on a terminal, control characters become '?'. */
void print_name(const char *name);

/** What ATTR says about the object at PATH, as members of the object that JSON is in. */
void json_attr(struct cli_json *json, struct udf_fs *fs, const char *path, const struct udf_attr *attr);

/* ---- commands: each takes its own words, argv[0] being its name, and returns the exit status ---- */

int run_ls(const struct cli_tool *tool, int argc, char **argv);
int run_tree(const struct cli_tool *tool, int argc, char **argv);
int run_cat(const struct cli_tool *tool, int argc, char **argv);
int run_get(const struct cli_tool *tool, int argc, char **argv);
int run_put(const struct cli_tool *tool, int argc, char **argv);
int run_rm(const struct cli_tool *tool, int argc, char **argv);
int run_mkdir(const struct cli_tool *tool, int argc, char **argv);
int run_mv(const struct cli_tool *tool, int argc, char **argv);
int run_stat(const struct cli_tool *tool, int argc, char **argv);
int run_dump(const struct cli_tool *tool, int argc, char **argv);
int run_dd(const struct cli_tool *tool, int argc, char **argv);

#endif
