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
	bool failed;		/* something was told on standard error: exit status 1 */
};

/* Options that every command has. */
struct common_options {
	uint32_t block_bytes;
	unsigned n_forced;	/* how often --force was given */
	bool mounted;		/* --mounted */
};
enum { OPTION_FORCE = 256, OPTION_JSON, OPTION_SECTOR, OPTION_MOUNTED };
#define COMMON_OPTIONS \
	{ .short_name = 'b', .long_name = "blocksize", .arg_name = "BYTES", \
	  .help = "block size of the volume, where it is not found out" }
#define MOUNTED_OPTION CLI_READ_IN_USE_OPTION(OPTION_MOUNTED)
#define FORCE_OPTION \
	{ .long_name = "force", .help = "given twice: write though the image is in use", \
	  .id = OPTION_FORCE }

/** Take ID if it is a common option. */
bool take_common(struct common_options *common, const struct cli_tool *tool, int id, const char *arg);

/** Open IMAGE; false, and told why, if it can't be, or WRITE is wanted and it can't be written. */
bool command_open(struct command *c, const struct cli_tool *tool, const char *image,
		  const struct common_options *common, bool write);

/** Close it; returns the exit status. */
int command_close(struct command *c);

/** "udf ls: IMAGE: PATH: reason" on standard error, and remembered. */
void command_fail(struct command *c, const char *path, enum udf_err err, int host_errno);

/** From here on an interrupted command goes on to command_close(), which then ends as the signal would have. */
void command_catch_signals(void);

/** Has somebody interrupted it?  It should come to command_close() then, soon. */
bool command_is_interrupted(void);

/** As command_fail() with a reason of its own; PATH may be NULL. */
void command_say(struct command *c, const char *path, const char *why);

/* ---- path.c ---- */

/**
 * Find PATH on the volume, symlinks on the way followed within it, the last one if FOLLOW or if PATH
 * ends in '/'.  Nothing stays referenced: the object must not be removed while it is in use.
 * UDF_E_TOO_MANY_LINKS for more than 40 symlinks.
 */
enum udf_err path_find(struct udf_fs *fs, const char *path, bool follow, struct udf_attr *ret_attr);

/**
 * The directory that PATH's last component lies in, and that component, which has no slash.
 * UDF_E_INVAL for "/", "." and "..", which are no names in a directory.
 */
enum udf_err path_find_parent(struct udf_fs *fs, const char *path, struct udf_attr *ret_dir,
			      char ret_name[NAME_CAP]);

/** NAME in directory DIR itself, not followed. */
enum udf_err path_find_in(struct udf_fs *fs, udf_ino dir, const char *name, struct udf_attr *ret_attr);

/** The last component of PATH, slashes at the end apart; "" for the root. */
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

/** The entries of directory DIR; RET is to be given back with listing_done() in any case. */
enum udf_err listing_load(struct udf_fs *fs, udf_ino dir, struct listing *ret);
void listing_done(struct listing *listing);

/* Going through a tree; see walk_next(). */
struct walk;

struct walk_entry {
	const char *path;		/* from the start on; valid until the next call */
	const char *name;
	udf_ino dir, ino;		/* dir: where its name stands */
	bool is_directory;
	bool is_leaving;		/* a directory, for the second time: all in it was given */
	unsigned depth;			/* 1 for what lies in the start itself */
	enum udf_err err;		/* reading the directory failed, or it was entered before */
};

/** Below directory START, which PATH leads to (for what the entries' paths begin with). */
enum udf_err walk_new(struct udf_fs *fs, udf_ino start, const char *path, struct walk **ret_walk);

/**
 * The next entry, directories before what is in them and once more after it.  UDF_END at the end.
 * A directory that was entered before gives no second contents but UDF_E_CORRUPT in its entry.
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

#endif
