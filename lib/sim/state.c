/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FILE and FILE.state: opened and locked, loaded, saved.
 *
 * FILE.state is replaced by rename when it is written whole.  In between, what changes is appended with one
 * write(), so a process that is killed leaves a usable state; a last line without its end is ignored.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/state.h"

#define MAX_STATE_BYTES (64u << 20)
#define MAX_APPENDED_BYTES (256u << 10)

static char *path_with(const char *path, const char *suffix)
{
	size_t n_bytes = strlen(path) + strlen(suffix) + 1;
	char *joined = malloc(n_bytes);

	if (joined)
		(void)snprintf(joined, n_bytes, "%s%s", path, suffix);
	return joined;
}

struct sim_image *sim_image_new(const char *path)
{
	struct sim_image *image = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	image->fd = image->state_fd = -1;
	image->path = strdup(path);
	if (!image->path) {
		free(image);
		return NULL;
	}
	return image;
}

void sim_image_free(struct sim_image *image)
{
	if (!image)
		return;
	if (image->fd >= 0)
		(void)close(image->fd);
	if (image->state_fd >= 0)
		(void)close(image->state_fd);
	sim_units_free(&image->disc);
	free(image->path);
	free(image);
}

/*
 * Other programs respect this lock too: udfkit's own tools don't change an image that somebody has locked.  The last
 * two bytes that can be locked stay free: lib/cli/guard.c marks with them that a holder is about to end.
 */
static enum udf_err lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = INT64_MAX - 2 };

	if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
		return UDF_OK;
	return errno == EAGAIN || errno == EACCES ? UDF_E_BUSY : udf_err_from_errno(errno);
}

static enum udf_err read_all(const char *path, char **ret_text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum udf_err err = UDF_OK;
	struct stat st;
	char *text = NULL;
	size_t n = 0;

	if (fd < 0)
		return udf_err_from_errno(errno);
	if (fstat(fd, &st) != 0)
		err = udf_err_from_errno(errno);
	else if (!S_ISREG(st.st_mode) || st.st_size > (off_t)MAX_STATE_BYTES)
		err = UDF_E_CORRUPT;
	if (!err && !(text = malloc((size_t)st.st_size + 1)))
		err = UDF_E_NOMEM;
	while (!err && n < (size_t)st.st_size) {
		ssize_t got = read(fd, text + n, (size_t)st.st_size - n);

		if (got < 0 && errno != EINTR)
			err = udf_err_from_errno(errno);
		if (got == 0)
			break;
		n += got > 0 ? (size_t)got : 0;
	}
	(void)close(fd);
	if (err) {
		free(text);
		return err;
	}
	text[n] = 0;
	*ret_text = text;
	return UDF_OK;
}

static enum udf_err parse(struct sim_image *image, char *text, char *ret_why)
{
	enum udf_err err = UDF_OK;
	unsigned n_lines = 0;
	char *end;

	for (char *line = text; !err && (end = strchr(line, '\n')); line = end + 1) {
		char word[32];

		*end = 0;
		n_lines++;
		(void)snprintf(word, sizeof(word), "%.*s", (int)strcspn(line, " "), line);
		err = sim_state_get(image, line, ret_why);
		if (err && !(ret_why && *ret_why))
			(void)sim_refuse(ret_why, err, "line %u of its state (%s) can't be understood", n_lines, word);
	}
	if (!err && !sim_state_is_sane(image))
		err = sim_refuse(ret_why, UDF_E_CORRUPT, "its state contradicts itself");
	return err;
}

enum udf_err sim_image_load(struct sim_image *image, enum sim_access access, char *ret_why)
{
	char *state_path = path_with(image->path, ".state"), *text = NULL;
	enum udf_err err = state_path ? UDF_OK : UDF_E_NOMEM;

	if (!err) {
		image->fd = open(image->path, (access == SIM_USE ? O_RDWR : O_RDONLY) | O_CLOEXEC);
		if (image->fd < 0)
			err = udf_err_from_errno(errno);
	}
	if (!err && access == SIM_USE)
		err = lock(image->fd);
	if (!err)
		err = read_all(state_path, &text);
	if (err == UDF_E_NOT_FOUND)
		(void)sim_refuse(ret_why, err, "there is no simulated disc; mmcsim create makes one");
	if (!err)
		err = parse(image, text, ret_why);
	free(text);
	free(state_path);
	return err;
}

static enum udf_err write_all(int fd, const char *bytes, size_t n_bytes)
{
	while (n_bytes) {
		ssize_t n = write(fd, bytes, n_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == ENOSPC ? UDF_E_HOST_FULL : udf_err_from_errno(errno);
		bytes += n;
		n_bytes -= (size_t)n;
	}
	return UDF_OK;
}

/* The new file takes the old one's place when it is complete. */
static enum udf_err replace(struct sim_image *image, const struct sim_text *text)
{
	char *state_path = path_with(image->path, ".state"), *new_path = path_with(image->path, ".state.new");
	enum udf_err err = state_path && new_path ? UDF_OK : UDF_E_NOMEM;
	int fd = -1;

	if (!err) {
		fd = open(new_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
		err = fd < 0 ? udf_err_from_errno(errno) : write_all(fd, text->bytes, text->n_bytes);
	}
	if (!err && rename(new_path, state_path) != 0)
		err = udf_err_from_errno(errno);
	if (!err) {
		if (image->state_fd >= 0)
			(void)close(image->state_fd);
		image->state_fd = fd;
	} else if (fd >= 0) {
		(void)close(fd);
		(void)unlink(new_path);
	}
	free(state_path);
	free(new_path);
	return err;
}

enum udf_err sim_image_save(struct sim_image *image)
{
	struct sim_text text = { .bytes = NULL };
	enum udf_err err;

	sim_state_put(&text, image, false);
	err = text.failed ? UDF_E_NOMEM : replace(image, &text);
	image->whole_bytes = text.n_bytes;
	image->appended_bytes = 0;
	sim_text_done(&text);
	return err;
}

enum udf_err sim_image_append(struct sim_image *image)
{
	struct sim_text text = { .bytes = NULL };
	enum udf_err err;

	if (image->state_fd < 0 || image->appended_bytes > MAX_APPENDED_BYTES + 2 * image->whole_bytes)
		return sim_image_save(image);
	sim_state_put(&text, image, true);
	err = text.failed ? UDF_E_NOMEM : write_all(image->state_fd, text.bytes, text.n_bytes);
	image->appended_bytes += text.n_bytes;
	sim_text_done(&text);
	if (err) {	/* maybe in the middle of a line: nothing more is appended */
		(void)close(image->state_fd);
		image->state_fd = -1;
	}
	return err;
}
