/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "names.h"

#define PART_BYTES ((uint64_t)1 << 30)
#define MAX_PARTS 100		/* two digits */

struct part {
	char *path, *temporary;
};

struct output {
	char *path;		/* without symbolic links; NULL: standard output */
	bool split;
	bool is_direct;		/* no regular file: written where it is */
	bool is_finished;
	int fd;
	uint64_t at_bytes;	/* in the current part */
	bool ends_with_hole;
	struct part parts[MAX_PARTS];
	size_t n_parts;
	struct cli_guard *guard;
	struct cli_holes direct;
};

static struct output *volatile unfinished;	/* what a signal that ends us removes */

static void remove_parts(int signal_number)
{
	struct output *out = unfinished;

	for (size_t i = 0; out && i < out->n_parts; i++)
		unlink(out->parts[i].temporary);
	raise(signal_number);	/* SA_RESETHAND: now it ends us */
}

static void no_memory(void)
{
	cli_error(own_name(), NULL, NULL, UDF_E_NOMEM, 0);
}

/* May PATH be written?  Says why not. */
static bool may_write(struct output *out, const char *path)
{
	char quoted[UDF_QUOTED_BYTES];
	struct stat st;

	if (strncmp(path, "sim:", 4) == 0) {
		say("%s: -o writes files only; to burn an image, use 'isowrite dev=%s FILE'",
		    path, udf_quoted(path, quoted));
		return false;
	}
	if (stat(path, &st) < 0) {
		if (cli_is_device_name(path))
			say("%s: there is no such device", path);
		return !cli_is_device_name(path);
	}
	if (S_ISBLK(st.st_mode)) {
		const char *device = udf_quoted(path, quoted);

		say("%s: is a device; write a file, and burn that: 'isowrite dev=%s FILE', or "
			"'udf dd FILE %s' where the disc is written like a disk", path, device, device);
		return false;
	}
	if (S_ISDIR(st.st_mode)) {
		cli_error(own_name(), path, "cannot write", UDF_E_IS_DIR, 0);
		return false;
	}
	out->is_direct = !S_ISREG(st.st_mode);
	return out->is_direct || !cli_guard(own_name(), path, CLI_WRITE, NULL, false, &out->guard);
}

/* A file that a symbolic link leads to is the one that is made. */
static char *without_links(const char *path)
{
	char *real = realpath(path, NULL), target[PATH_MAX];
	ssize_t n;

	if (real)
		return real;
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return strdup(path);
	target[n] = '\0';
	if (target[0] == '/' || !strrchr(path, '/'))
		return strdup(target);
	if (asprintf(&real, "%.*s/%s", (int)(strrchr(path, '/') - path), path, target) < 0)
		return NULL;
	return real;
}

static bool name_part(struct output *out, struct part *part)
{
	const char *slash = strrchr(out->path, '/'), *name = slash ? slash + 1 : out->path;
	int dir_bytes = (int)(name - out->path);

	if (asprintf(&part->path, out->split ? "%s_%02zu" : "%s", out->path, out->n_parts) < 0)
		part->path = NULL;
	if (!part->path || asprintf(&part->temporary, "%.*s.%.200s.XXXXXX", dir_bytes, out->path, name) < 0)
		part->temporary = NULL;
	return part->temporary != NULL;
}

static bool begin_part(struct output *out)
{
	struct part *part = &out->parts[out->n_parts];

	if (out->n_parts == MAX_PARTS) {
		say("%s: the image needs more than %d files of 1 GiB", out->path, MAX_PARTS);
		return false;
	}
	if (!name_part(out, part)) {
		no_memory();
		return false;
	}
	out->fd = mkostemp(part->temporary, O_CLOEXEC);
	if (out->fd < 0) {
		cli_error(own_name(), part->path, "cannot make the file", UDF_E_IO, errno);
		return false;
	}
	out->n_parts++;
	out->at_bytes = 0;
	out->ends_with_hole = false;
	return true;
}

static bool open_direct(struct output *out)
{
	out->fd = out->path ? open(out->path, O_WRONLY | O_CLOEXEC) : STDOUT_FILENO;
	if (out->fd < 0)
		cli_error(own_name(), out->path, "cannot open", UDF_E_IO, errno);
	else
		cli_holes_begin(&out->direct, out->fd);
	return out->fd >= 0;
}

struct output *output_open(const char *path, bool split)
{
	struct output *out = calloc(1, sizeof(*out));
	bool ok;

	if (!out) {
		no_memory();
		return NULL;
	}
	out->fd = -1;
	out->is_direct = !path;
	out->split = split;
	ok = !path || may_write(out, path);
	if (ok && path && !(out->path = out->is_direct ? strdup(path) : without_links(path))) {
		no_memory();
		ok = false;
	}
	if (ok && !out->is_direct) {
		unfinished = out;
		cli_on_interrupt(remove_parts);
	}
	ok = ok && (out->is_direct ? open_direct(out) : begin_part(out));
	if (ok)
		return out;
	output_close(out);
	return NULL;
}

static bool write_failed(const struct output *out)
{
	cli_error(own_name(), out->path ? out->path : "standard output", "cannot write", UDF_E_IO, errno);
	return false;
}

static bool write_all(struct output *out, const uint8_t *data, size_t n_bytes)
{
	while (n_bytes) {
		ssize_t n = write(out->fd, data, n_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return write_failed(out);
		data += n;
		n_bytes -= (size_t)n;
	}
	return true;
}

static bool is_zero(const uint8_t *data, size_t n_bytes)
{
	return data[0] == 0 && memcmp(data, data + 1, n_bytes - 1) == 0;
}

/* The end of a part: it gets its size where it ends with a hole. */
static bool end_part(struct output *out)
{
	int fd = out->fd;

	if (out->ends_with_hole && ftruncate(fd, (off_t)out->at_bytes) < 0)
		return write_failed(out);
	out->fd = -1;
	if (close(fd) < 0)
		return write_failed(out);
	return true;
}

bool output_write(struct output *out, const void *data, size_t n_bytes)
{
	const uint8_t *at = data;

	if (out->is_direct)
		return cli_holes_write(&out->direct, at, n_bytes) || write_failed(out);
	while (n_bytes) {
		size_t n = n_bytes;

		if (out->split && out->at_bytes == PART_BYTES && (!end_part(out) || !begin_part(out)))
			return false;
		if (out->split && n > PART_BYTES - out->at_bytes)
			n = (size_t)(PART_BYTES - out->at_bytes);
		out->ends_with_hole = is_zero(at, n);
		if (out->ends_with_hole ? lseek(out->fd, (off_t)n, SEEK_CUR) < 0 : !write_all(out, at, n))
			return out->ends_with_hole ? write_failed(out) : false;
		out->at_bytes += n;
		at += n;
		n_bytes -= n;
	}
	return true;
}

/* A new file has the mode that open(2) would have given it; one that is replaced keeps its own. */
static mode_t mode_of(const char *path)
{
	mode_t mask = umask(0);
	struct stat st;

	umask(mask);
	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0666 & ~mask;
}

static bool show_part(const struct part *part)
{
	if (chmod(part->temporary, mode_of(part->path)) == 0 && rename(part->temporary, part->path) == 0)
		return true;
	cli_error(own_name(), part->path, "cannot give the file its name", UDF_E_IO, errno);
	return false;
}

bool output_finish(struct output *out)
{
	if (out->is_direct) {
		int fd = out->fd;

		out->fd = -1;
		out->is_finished = true;
		return (cli_holes_end(&out->direct) && close(fd) == 0) || write_failed(out);
	}
	if (!end_part(out))
		return false;
	for (size_t i = 0; i < out->n_parts; i++)
		if (!show_part(&out->parts[i]))
			return false;
	out->is_finished = true;
	return true;
}

void output_close(struct output *out)
{
	if (!out)
		return;
	if (out->fd > STDERR_FILENO)
		close(out->fd);
	for (size_t i = 0; i < out->n_parts; i++)
		if (!out->is_finished)
			unlink(out->parts[i].temporary);
	unfinished = NULL;
	for (size_t i = 0; i < MAX_PARTS; i++) {
		free(out->parts[i].path);
		free(out->parts[i].temporary);
	}
	cli_guard_done(out->guard);
	free(out->path);
	free(out);
}
