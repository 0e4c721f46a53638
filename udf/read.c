/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cat and get. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "tree/extract.h"
#include "tree/ino_map.h"

#define BUFFER_BYTES (1u << 20)

/* ---- cat ---- */

static void cat_file(struct command *c, const char *path, uint8_t *buffer)
{
	uint64_t at = 0;
	struct udf_attr attr;
	enum udf_err err = path_find(c->fs, path, true, &attr);

	if (!err && S_ISDIR(attr.mode))
		err = UDF_E_IS_DIR;
	while (!err && at < attr.size_bytes) {
		size_t n = 0;

		err = udf_read(c->fs, attr.ino, at, BUFFER_BYTES, buffer, &n);
		if (err || n == 0)
			break;
		if (fwrite(buffer, 1, n, stdout) != n)
			return;		/* command_close() reports it */
		at += n;
	}
	if (err && err != UDF_END)
		command_fail(c, path, err, 0);
}

/* Files one after the other to standard output; returns the exit status. */
static int cat_all(struct command *c, char **paths, int n_paths)
{
	uint8_t *buffer = malloc(BUFFER_BYTES);

	if (!buffer)
		command_fail(c, "standard output", UDF_E_NOMEM, 0);
	for (int i = 0; i < n_paths && buffer; i++)
		cat_file(c, paths[i], buffer);
	free(buffer);
	return command_close(c);
}

int run_cat(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	struct common_options common = { 0 };
	struct command c;
	char **operands;
	const char *arg;
	int id, n;

	while ((id = cli_next(parser, &arg)) != -1)
		take_common(&common, tool, id, arg);
	n = cli_operands(parser, &operands);
	cli_parser_free(parser);
	if (n < 2)
		cli_bad_usage(tool, "needs an image and a path");
	if (!command_open(&c, tool, operands[0], &common, false))
		return EXIT_FAILURE;
	return cat_all(&c, operands + 1, n - 1);
}

/* ---- get ---- */

struct get {
	struct command c;
	struct cli_progress progress;
	struct tree_extract *extract;
	const char *target;	/* as it was given */
	char dir[PATH_MAX];	/* everything goes below it; ends in '/', or is empty */
	bool verbose;
	pthread_mutex_t lock;	/* protects what follows, and PROGRESS, while threads copy */
	uint64_t done_bytes;
	uint64_t total_bytes;	/* 0: not known */
};

/* ---- progress ---- */

/* More of a file has been copied, by any thread. */
static void get_progress(void *ctx, uint64_t n_bytes)
{
	struct get *get = ctx;

	pthread_mutex_lock(&get->lock);
	get->done_bytes += n_bytes;
	cli_progress_bytes(&get->progress, "copying", get->done_bytes, get->total_bytes);
	pthread_mutex_unlock(&get->lock);
}

/* Before a message. */
static void end_line(struct get *get)
{
	pthread_mutex_lock(&get->lock);
	cli_progress_done(&get->progress);
	pthread_mutex_unlock(&get->lock);
}

/* Add the data of OBJECT to the total, but only once.  Holes are not copied. */
static void measure_object(struct get *get, udf_ino ino, struct tree_ino_map *links)
{
	struct udf_attr attr;

	if (udf_getattr(get->c.fs, ino, &attr) || !S_ISREG(attr.mode))
		return;
	if (attr.nlink > 1 && (tree_ino_map_find(links, ino, NULL) || tree_ino_map_add(links, ino, 0)))
		return;
	/* What is embedded in the ICB needs no block of its own. */
	get->total_bytes += attr.allocated_bytes && attr.allocated_bytes < attr.size_bytes ? attr.allocated_bytes :
											      attr.size_bytes;
}

/* How much there is to copy, as far as the volume can be read. */
static void measure_path(struct get *get, const char *path, struct tree_ino_map *links)
{
	struct walk_entry entry;
	struct udf_attr attr;
	struct walk *walk;

	if (path_find(get->c.fs, path, false, &attr))
		return;
	measure_object(get, attr.ino, links);
	if (!S_ISDIR(attr.mode) || walk_new(get->c.fs, attr.ino, path, &walk))
		return;
	while (walk_next(walk, &entry) == UDF_OK && !command_is_interrupted())
		if (!entry.is_directory)
			measure_object(get, entry.ino, links);
	walk_free(walk);
}

/* ---- what is reported ---- */

/* If the host is at fault, the message names the file on the host too. */
static void get_failed(void *ctx, const char *path, enum udf_err err, int host_errno)
{
	struct get *get = ctx;
	char *what = NULL;

	if (err == UDF_E_CANCELLED) {
		get->c.failed = true;	/* command_close() reports it */
		return;
	}
	end_line(get);
	if (host_errno && asprintf(&what, "%s: cannot be copied to %s%s", path, get->dir,
				   tree_extract_host_path(get->extract)) < 0)
		what = NULL;
	command_fail(&get->c, what ? what : path, err, host_errno);
	free(what);
}

/* A copy has another name than its source: report which one, and why. */
static void get_renamed(void *ctx, const char *path, bool is_shortened)
{
	struct get *get = ctx;

	end_line(get);
	get->c.failed |= !is_shortened;
	cli_say("%s: %s: %s: %s%s%s", get->c.tool->name, get->c.image, path,
		is_shortened ? "its name is too long for the host; copied to " :
			       "its name on the host was taken by another object of this run; copied to ",
		get->dir, tree_extract_host_path(get->extract));
}

/* The copy of a directory has a temporary name, which it can't lose. */
static void get_stays_hidden(void *ctx, const char *path, int host_errno)
{
	struct get *get = ctx;

	end_line(get);
	get->c.failed = true;
	cli_say("%s: %s: %s: its name cannot be made on the host: %s; its copy is %s%s", get->c.tool->name,
		get->c.image, path, strerror(host_errno), get->dir, tree_extract_host_path(get->extract));
}

/* An object with a damaged name is copied too, and is reported. */
static void get_bad_name(void *ctx, const char *path)
{
	struct get *get = ctx;

	end_line(get);
	get->c.failed = true;
	cli_say("%s: %s: %s: its name is damaged on the volume; copied to %s%s", get->c.tool->name, get->c.image, path,
		get->dir, tree_extract_host_path(get->extract));
}

static bool get_is_cancelled(void *ctx)
{
	(void)ctx;
	return command_is_interrupted();
}

static void get_done(void *ctx, const char *path, uint64_t n_bytes)
{
	struct get *get = ctx;

	(void)n_bytes;
	if (get->verbose && !command_is_interrupted()) {
		print_name(path);
		putchar('\n');
	}
}

/* May what TARGET names be replaced?  Devices and FIFOs may not: "udf get ... /dev/null" is a mistake. */
static bool is_file(const char *target)
{
	struct stat st;

	return target[0] && target[strlen(target) - 1] != '/' && stat(target, &st) == 0 && S_ISREG(st.st_mode);
}

/*
 * Where does TARGET send the copies?  Opens a directory, whose path is left in get->dir, and gives the name in it, or
 * "" if each object keeps its own.
 */
static int open_target(struct get *get, const char *target, bool several, char ret_name[NAME_CAP])
{
	int fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t n = strlen(target);

	get->target = target;
	ret_name[0] = '\0';
	if (fd >= 0)
		snprintf(get->dir, sizeof(get->dir), "%s%s", target, target[n - 1] == '/' ? "" : "/");
	if (fd >= 0 || several || n == 0 || n >= sizeof(get->dir))
		return fd;
	if (errno != ENOENT && !(errno == ENOTDIR && is_file(target)))
		return fd;
	path_last(target, ret_name, NAME_CAP);
	strcpy(get->dir, target);
	while (n > 0 && get->dir[n - 1] == '/')
		n--;
	get->dir[n - strlen(ret_name)] = '\0';
	return open(get->dir[0] ? get->dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* NAME NULL: the object keeps its own name.  The contents of "/", which has none, go into the target itself. */
static void get_path(struct get *get, const char *path, const char *name)
{
	char last[NAME_CAP];
	struct udf_attr attr;
	enum udf_err err = path_find(get->c.fs, path, false, &attr);

	if (err) {
		get_failed(get, path, err, 0);
		return;
	}
	path_last(path, last, sizeof(last));
	/* "name/" asks for a directory */
	if (name && !S_ISDIR(attr.mode) && get->target[strlen(get->target) - 1] == '/') {
		get->c.failed = true;
		cli_error(get->c.tool->name, get->target, NULL, UDF_E_NOT_DIR, ENOTDIR);
		return;
	}
	if (!name && last[0] && strcmp(last, ".") && strcmp(last, ".."))
		name = last;
	(void)tree_extract_object(get->extract, &attr, path, name);	/* get_failed() reports it */
}

static int get_all(struct get *get, char **paths, int n_paths, const char *target)
{
	struct tree_extract_options options = { .keep_owners = geteuid() == 0,
						.failed = get_failed,
						.renamed = get_renamed,
						.stays_hidden = get_stays_hidden,
						.bad_name = get_bad_name,
						.cancelled = get_is_cancelled,
						.done = get_done,
						.ctx = get };
	char name[NAME_CAP];
	int fd = open_target(get, target, n_paths > 1, name);
	enum udf_err err;

	if (fd < 0) {
		get->c.failed = true;
		cli_error(get->c.tool->name, target, NULL, UDF_E_IO, errno);
		return command_close(&get->c);
	}
	/* Only who looks at the progress pays for one more walk. */
	if (get->progress.on) {
		struct tree_ino_map links = { 0 };

		options.progress = get_progress;
		for (int i = 0; i < n_paths; i++)
			measure_path(get, paths[i], &links);
		tree_ino_map_done(&links);
	}
	err = tree_extract_new(get->c.fs, fd, &options, &get->extract);
	if (err)
		command_fail(&get->c, NULL, err, 0);
	for (int i = 0; i < n_paths && !err && !command_is_interrupted(); i++)
		get_path(get, paths[i], name[0] ? name : NULL);
	tree_extract_free(get->extract);
	cli_progress_done(&get->progress);
	close(fd);
	return command_close(&get->c);
}

int run_get(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	struct common_options common = { 0 };
	struct get get = { .lock = PTHREAD_MUTEX_INITIALIZER };
	char **operands;
	const char *arg;
	int id, n;

	while ((id = cli_next(parser, &arg)) != -1)
		if (!take_common(&common, tool, id, arg))
			get.verbose |= id == 'v';
	n = cli_operands(parser, &operands);
	cli_parser_free(parser);
	if (n < 3)
		cli_bad_usage(tool, "needs an image, a path in it, and where to copy it");
	cli_progress_init(&get.progress, stderr, !get.verbose);
	if (!command_open(&get.c, tool, operands[0], &common, false))
		return EXIT_FAILURE;
	if (strcmp(operands[n - 1], "-") == 0)
		return cat_all(&get.c, operands + 1, n - 2);
	command_catch_signals();
	return get_all(&get, operands + 1, n - 2, operands[n - 1]);
}
