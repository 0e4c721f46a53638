/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm, mkdir, mv and put. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "tree/insert.h"

/* Why path_find_parent() refuses "/", "." and "..". */
static const char no_name[] = "cannot be removed or moved by this name; name the object itself, not '/', '.' or '..'";

/* ---- rm ---- */

/* Remove everything in directory DIR, but not DIR itself. */
static void rm_below(struct command *c, const char *path, udf_ino dir)
{
	struct walk_entry entry;
	struct walk *walk;
	enum udf_err err = walk_new(c->fs, dir, path, &walk);

	if (err) {
		command_fail(c, path, err, 0);
		return;
	}
	while ((err = walk_next(walk, &entry)) == UDF_OK) {
		if (command_is_interrupted()) {
			c->failed = true;
			break;
		}
		if (entry.is_directory && !entry.is_leaving)
			continue;
		if (entry.is_directory)
			err = udf_rmdir(c->fs, entry.dir, entry.name, strlen(entry.name));
		else
			err = udf_unlink(c->fs, entry.dir, entry.name, strlen(entry.name));
		if (err)
			command_fail(c, entry.path, entry.err ? entry.err : err, 0);
	}
	if (err && err != UDF_END)
		command_fail(c, path, err, 0);
	walk_free(walk);
}

static void rm_path(struct command *c, const char *path, bool recursive, bool ignore_missing)
{
	struct udf_attr dir, attr;
	char name[NAME_CAP];
	enum udf_err err = path_find_parent(c->fs, path, &dir, name);

	if (!err)	/* and not its object, which may be damaged */
		err = udf_lookup_name(c->fs, dir.ino, name, strlen(name), &attr);
	if (err == UDF_E_NOT_FOUND && ignore_missing)
		return;
	if (err == UDF_E_INVAL) {
		command_say(c, path, no_name);
		return;
	}
	if (!err && S_ISDIR(attr.mode) && !recursive) {
		command_say(c, path, "is a directory; -r removes it, with all that is in it");
		return;
	}
	if (err) {
		command_fail(c, path, err, 0);
		return;
	}
	if (S_ISDIR(attr.mode)) {
		bool failed_before = c->failed;

		c->failed = false;
		err = udf_rmdir(c->fs, dir.ino, name, strlen(name));
		if (err == UDF_E_NOT_EMPTY) {
			err = UDF_OK;
			rm_below(c, path, attr.ino);
			if (!c->failed)
				err = udf_rmdir(c->fs, dir.ino, name, strlen(name));
		}
		c->failed |= failed_before;
	} else {
		err = udf_unlink(c->fs, dir.ino, name, strlen(name));
	}
	if (err)
		command_fail(c, path, err, 0);
}

int run_rm(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	bool recursive = false, ignore_missing = false;
	struct common_options common = { 0 };
	struct command c;
	char **operands;
	const char *arg;
	int id, n;

	while ((id = cli_next(parser, &arg)) != -1) {
		if (take_common(&common, tool, id, arg))
			continue;
		recursive |= id == 'r';
		ignore_missing |= id == 'f';
	}
	n = cli_operands(parser, &operands);
	cli_parser_free(parser);
	if (n < 2)
		cli_bad_usage(tool, "needs an image and a path");
	if (!command_open(&c, tool, operands[0], &common, true))
		return EXIT_FAILURE;
	for (int i = 1; i < n && !command_is_interrupted(); i++)
		rm_path(&c, operands[i], recursive, ignore_missing);
	return command_close(&c);
}

/* ---- mkdir ---- */

static enum udf_err make_directory(struct udf_fs *fs, const char *path, uint32_t mode)
{
	struct udf_new new = { .mode = S_IFDIR | mode, .uid = getuid(), .gid = getgid() };
	struct udf_attr dir, attr;
	char name[NAME_CAP];
	enum udf_err err = path_find_parent(fs, path, &dir, name);

	if (err)
		return err == UDF_E_INVAL ? UDF_E_EXISTS : err;	/* "/" and "." are there */
	if (dir.mode & S_ISGID) {
		new.gid = dir.gid;
		new.mode |= S_ISGID;
	}
	err = udf_create(fs, dir.ino, name, strlen(name), &new, &attr);
	if (!err)
		udf_forget(fs, attr.ino, 1);
	return err;
}

/* Make PATH and those of its parents that are missing. */
static enum udf_err make_directories(struct udf_fs *fs, const char *path, uint32_t mode)
{
	char *part = strdup(path);
	struct udf_attr attr;
	enum udf_err err = part ? UDF_OK : UDF_E_NOMEM;

	for (size_t at = 0; !err && path[at];) {
		bool is_last;

		at += strspn(path + at, "/");
		at += strcspn(path + at, "/");
		is_last = path[at + strspn(path + at, "/")] == '\0';
		memcpy(part, path, at);
		part[at] = '\0';
		err = path_find(fs, part, true, &attr);
		if (err == UDF_E_NOT_FOUND)
			err = make_directory(fs, part, is_last ? mode : 0755);
		else if (!err && !S_ISDIR(attr.mode))
			err = UDF_E_NOT_DIR;
	}
	free(part);
	return err;
}

int run_mkdir(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	struct common_options common = { 0 };
	bool parents = false;
	unsigned long mode = 0755;
	struct command c;
	char **operands, *end;
	const char *arg;
	int id, n;

	while ((id = cli_next(parser, &arg)) != -1) {
		if (take_common(&common, tool, id, arg))
			continue;
		parents |= id == 'p';
		if (id == 'm') {
			mode = strtoul(arg, &end, 8);
			if (!arg[0] || arg[strspn(arg, "01234567")] || mode > 07777)
				cli_bad_usage(tool, "not an octal mode: '%s'", arg);
		}
	}
	n = cli_operands(parser, &operands);
	cli_parser_free(parser);
	if (n < 2)
		cli_bad_usage(tool, "needs an image and a path");
	if (!command_open(&c, tool, operands[0], &common, true))
		return EXIT_FAILURE;
	for (int i = 1; i < n; i++) {
		enum udf_err err = parents ? make_directories(c.fs, operands[i], (uint32_t)mode) :
					     make_directory(c.fs, operands[i], (uint32_t)mode);

		if (err)
			command_fail(&c, operands[i], err, 0);
	}
	return command_close(&c);
}

/* ---- where something goes: into a directory that is there, or to a name in one ---- */

struct destination {
	udf_ino dir;
	const char *path;	/* as it was given */
	bool has_name;		/* false: it keeps its own */
	bool wants_directory;	/* "name/": what gets that name must be one */
	char name[NAME_CAP];
};

/* Is PATH the name of a file, though nothing of the file can be read? */
static bool is_name_of_file(struct udf_fs *fs, const char *path)
{
	struct udf_attr dir, attr;
	char name[NAME_CAP];

	return path_find_parent(fs, path, &dir, name) == UDF_OK &&
	       udf_lookup_name(fs, dir.ino, name, strlen(name), &attr) == UDF_OK && !S_ISDIR(attr.mode);
}

static enum udf_err find_destination(struct udf_fs *fs, const char *path, bool several,
				     struct destination *ret)
{
	struct udf_attr attr;
	enum udf_err err = path_find(fs, path, true, &attr);

	*ret = (struct destination){ .dir = attr.ino, .path = path };
	if (!err && S_ISDIR(attr.mode))
		return UDF_OK;
	if (!err && several)
		return UDF_E_NOT_DIR;
	if (err && (several || (err != UDF_E_NOT_FOUND && !is_name_of_file(fs, path))))
		return err;
	ret->has_name = true;
	ret->wants_directory = path[0] && path[strlen(path) - 1] == '/';
	err = path_find_parent(fs, path, &attr, ret->name);
	ret->dir = attr.ino;
	return err;
}

/* ---- mv ---- */

static void mv_path(struct command *c, const char *path, const struct destination *to, unsigned flags)
{
	const char *new_name;
	struct udf_attr dir, attr;
	char name[NAME_CAP];
	enum udf_err err = path_find_parent(c->fs, path, &dir, name);

	if (err == UDF_E_INVAL) {
		command_say(c, path, no_name);
		return;
	}
	new_name = to->has_name ? to->name : name;
	if (!err && to->wants_directory) {
		err = path_find_in(c->fs, dir.ino, name, &attr);
		if (!err && !S_ISDIR(attr.mode)) {
			command_fail(c, to->path, UDF_E_NOT_DIR, 0);
			return;
		}
	}
	if (!err)
		err = udf_rename(c->fs, dir.ino, name, strlen(name), to->dir, new_name,
				 strlen(new_name), flags);
	if (err == UDF_E_INVAL)
		command_say(c, path, "a directory cannot be moved into itself");
	else if (err)
		command_fail(c, path, err, 0);
}

int run_mv(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	struct common_options common = { 0 };
	struct destination to;
	unsigned flags = 0;
	struct command c;
	enum udf_err err;
	char **operands;
	const char *arg;
	int id, n;

	while ((id = cli_next(parser, &arg)) != -1)
		if (!take_common(&common, tool, id, arg) && id == 'n')
			flags |= UDF_RENAME_NOREPLACE;
	n = cli_operands(parser, &operands);
	cli_parser_free(parser);
	if (n < 3)
		cli_bad_usage(tool, "needs an image, a path in it, and its new path");
	if (!command_open(&c, tool, operands[0], &common, true))
		return EXIT_FAILURE;
	err = find_destination(c.fs, operands[n - 1], n > 3, &to);
	if (err)
		command_fail(&c, operands[n - 1], err, 0);
	for (int i = 1; i < n - 1 && !err; i++)
		mv_path(&c, operands[i], &to, flags);
	return command_close(&c);
}

/* ---- put ---- */

struct put {
	struct command c;
	struct cli_progress progress;
	struct tree_insert *insert;
	struct destination to;
	uint64_t total_bytes;	/* 0: not known */
	bool verbose;
};

/*
 * Report that the volume has no space for the new file beside the old one.  KEPT: the path of the old one below the
 * destination.
 */
static void say_kept(struct put *put, const char *path, const char *kept)
{
	char name[NAME_CAP], *old = NULL, *why = NULL;
	char image_quoted[UDF_QUOTED_BYTES], old_quoted[UDF_QUOTED_BYTES];
	const char *to = put->to.path;
	size_t n = strlen(to);

	if (put->to.has_name) {
		path_last(to, name, sizeof(name));
		while (n > 0 && to[n - 1] == '/')
			n--;
		n -= strlen(name);
	}
	if (asprintf(&old, "%.*s%s%s", (int)n, to, n && to[n - 1] != '/' ? "/" : "", kept) < 0)
		old = NULL;
	if (old && asprintf(&why, "no space on the volume for it beside the old one, which is kept; "
			    "to remove the old one first: udf rm %s %s", udf_quoted(put->c.image, image_quoted),
			    udf_quoted(old, old_quoted)) < 0)
		why = NULL;
	command_say(&put->c, path, why ? why : "no space on the volume for it beside the old one, which is kept");
	free(why);
	free(old);
}

static void put_failed(void *ctx, const char *path, enum udf_err err, int host_errno)
{
	struct put *put = ctx;
	const char *kept = tree_insert_kept(put->insert);

	cli_progress_done(&put->progress);
	if (err == UDF_E_CANCELLED)
		put->c.failed = true;	/* command_close() reports it */
	else if (kept)
		say_kept(put, path, kept);
	else
		command_fail(&put->c, path, err, host_errno);
}

static bool put_is_cancelled(void *ctx)
{
	(void)ctx;
	return command_is_interrupted();
}

static void put_done(void *ctx, const char *path, uint64_t n_bytes)
{
	struct put *put = ctx;

	(void)n_bytes;
	if (put->verbose) {
		print_name(path);
		putchar('\n');
	}
}

static void put_progress(void *ctx, uint64_t n_bytes)
{
	struct put *put = ctx;

	cli_progress_bytes(&put->progress, "copying", n_bytes, put->total_bytes);
}

/* Find out how much there is to copy.  Standard input does not tell. */
static uint64_t measure_all(char **paths, int n_paths)
{
	uint64_t n_bytes = 0;

	for (int i = 0; i < n_paths; i++) {
		if (strcmp(paths[i], "-") == 0)
			return 0;
		n_bytes += tree_insert_measure(paths[i]);
	}
	return n_bytes;
}

/* "-": copy standard input to a file. */
static enum udf_err put_input(struct put *put)
{
	mode_t mask = umask(0);
	struct stat st = { .st_mode = S_IFREG | (0666 & ~mask), .st_uid = getuid(), .st_gid = getgid() };

	umask(mask);
	if (!put->to.has_name) {
		command_say(&put->c, "-", "standard input has no name: give the path of the file to be made");
		return UDF_E_INVAL;
	}
	return tree_insert_stream(put->insert, STDIN_FILENO, &st, "standard input", put->to.dir, put->to.name);
}

static enum udf_err put_path(struct put *put, const char *path)
{
	const struct destination *to = &put->to;
	char last[NAME_CAP];
	const char *name = to->has_name ? to->name : last;

	if (strcmp(path, "-") == 0)
		return put_input(put);
	path_last(path, last, sizeof(last));
	/* "." and "/" have no name of their own, so their contents are copied into the destination. */
	if (!to->has_name && (!last[0] || !strcmp(last, ".") || !strcmp(last, "..")))
		name = NULL;
	return tree_insert_path(put->insert, path, to->dir, name);
}

/* "name/" asks for a directory, and a directory does not replace a file. */
static enum udf_err check_name(struct put *put, const char *source, const struct destination *to)
{
	struct stat st = { .st_mode = S_IFREG };	/* of "-" */
	struct udf_attr attr;

	if (!to->has_name || (strcmp(source, "-") != 0 && lstat(source, &st)))
		return UDF_OK;
	if (!S_ISDIR(st.st_mode))
		return to->wants_directory ? UDF_E_NOT_DIR : UDF_OK;
	return path_find(put->c.fs, to->path, true, &attr) == UDF_OK ? UDF_E_NOT_DIR : UDF_OK;
}

static int put_all(struct put *put, char **paths, int n_paths, const char *target)
{
	struct tree_insert_options options = { .failed = put_failed, .done = put_done,
						.cancelled = put_is_cancelled, .ctx = put };
	struct stat st;
	enum udf_err err = find_destination(put->c.fs, target, n_paths > 1, &put->to);

	if (!err)
		err = check_name(put, paths[0], &put->to);
	if (stat(put->c.image, &st) == 0) {
		options.skip_dev = st.st_dev;
		options.skip_ino = st.st_ino;
	}
	if (err)
		command_fail(&put->c, target, err, 0);
	if (!err) {
		err = tree_insert_new(put->c.fs, &options, &put->insert);
		if (err)
			command_fail(&put->c, NULL, err, 0);
	}
	/* Only who looks at the progress pays for one more walk. */
	if (!err && put->progress.on) {
		options.progress = put_progress;
		put->total_bytes = measure_all(paths, n_paths);
	}
	/* Without space, all remaining files would fail too. */
	for (int i = 0; i < n_paths && !err && !command_is_interrupted(); i++) {
		err = put_path(put, paths[i]);
		if (err != UDF_E_NOSPC && err != UDF_E_HOST_FULL)
			err = UDF_OK;	/* other files may still succeed */
	}
	tree_insert_free(put->insert);
	cli_progress_done(&put->progress);
	return command_close(&put->c);
}

int run_put(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	struct common_options common = { 0 };
	struct put put = { .verbose = false };
	char **operands;
	const char *arg;
	int id, n;

	while ((id = cli_next(parser, &arg)) != -1)
		if (!take_common(&common, tool, id, arg))
			put.verbose |= id == 'v';
	n = cli_operands(parser, &operands);
	cli_parser_free(parser);
	if (n < 3)
		cli_bad_usage(tool, "needs an image, a file, and where to copy it in the image");
	cli_progress_init(&put.progress, stderr, !put.verbose);
	if (!command_open(&put.c, tool, operands[0], &common, true))
		return EXIT_FAILURE;
	return put_all(&put, operands + 1, n - 2, operands[n - 1]);
}
