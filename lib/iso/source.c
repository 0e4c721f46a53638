/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of the host as libisofs reads it.  The size is that of the time when the file was found: the image has been
 * laid out by then.  What can't be read is noted for the caller; libisofs writes zeros in its place.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iso/internal.h"

#define SOURCE_FS_ID 0x75646669u	/* one namespace of inode numbers, that no other file system of libisofs has */

struct source {			/* allocated together with its IsoStream */
	const struct udf_iso_dir *dir;
	struct udf_iso_reading *reading;
	uint64_t n_bytes, ino;
	uint64_t at;		/* what has been read from the file */
	size_t n_buffered, buffer_at;
	int fd;
	bool follow;
	bool noted;		/* that it failed */
	const char *text;	/* in memory, and no file of the host; NULL: a file */
	char name[];
};

static struct source *source_of(IsoStream *stream)
{
	return stream->data;
}

/* libisofs opens a file twice where it checks whether it is stable; it is reported once. */
static void note(struct source *s, int host_errno, const char *why)
{
	char *path = udf_iso_path(s->dir, s->name);
	size_t n = path ? strlen(path) + 1 : 0;
	struct udf_iso_failure *f = path ? malloc(sizeof(*f) + n) : NULL;

	pthread_mutex_lock(&s->reading->lock);
	if (f && !s->noted) {
		*f = (struct udf_iso_failure){ .why = why, .host_errno = host_errno };
		memcpy(f->path, path, n);
		*s->reading->last = f;
		s->reading->last = &f->next;
		f = NULL;
	} else if (!path) {
		s->reading->lost = true;
	}
	s->noted = true;
	pthread_mutex_unlock(&s->reading->lock);
	free(f);
	free(path);
}

static int source_open(IsoStream *stream)
{
	struct source *s = source_of(stream);
	char *path;
	int flags = O_RDONLY | O_NONBLOCK | (s->follow ? 0 : O_NOFOLLOW);
	struct stat st;

	s->at = 0;
	s->n_buffered = s->buffer_at = 0;
	if (s->text)
		return 1;
	path = udf_iso_path(s->dir, s->name);
	if (!path)
		return (int)ISO_OUT_OF_MEM;
	s->fd = udf_iso_open(path, flags | O_NOATIME);
	if (s->fd < 0 && errno == EPERM)
		s->fd = udf_iso_open(path, flags);
	free(path);
	if (s->fd < 0 || fstat(s->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		note(s, s->fd < 0 ? errno : 0, "was replaced by something else meanwhile");
		if (s->fd >= 0)
			close(s->fd);
		s->fd = -1;
		return (int)ISO_FILE_ERROR;
	}
	if ((uint64_t)st.st_size > s->n_bytes)
		note(s, 0, "grew meanwhile: the image has only its first part");
	posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return 1;
}

static int source_close(IsoStream *stream)
{
	struct source *s = source_of(stream);

	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	return 1;
}

static off_t source_size(IsoStream *stream)
{
	return (off_t)source_of(stream)->n_bytes;
}

/* Fill the buffer; with nothing at the end of the file, or where it is shorter than it was. */
static int fill(struct source *s)
{
	size_t wanted = UDF_ISO_READ_BYTES;
	ssize_t n;

	if (wanted > s->n_bytes - s->at)
		wanted = (size_t)(s->n_bytes - s->at);
	s->n_buffered = s->buffer_at = 0;
	if (!wanted)
		return 1;
	if (s->text) {
		memcpy(s->reading->buffer, s->text + s->at, wanted);
		s->n_buffered = wanted;
		s->at += wanted;
		return 1;
	}
	do
		n = read(s->fd, s->reading->buffer, wanted);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		note(s, errno, NULL);
		return (int)ISO_FILE_READ_ERROR;
	}
	if (n == 0)
		note(s, 0, "became shorter meanwhile: zeros are at its end in the image");
	s->n_buffered = (size_t)n;
	s->at += (size_t)n;
	return 1;
}

static int source_read(IsoStream *stream, void *buf, size_t count)
{
	struct source *s = source_of(stream);
	size_t done = 0;
	int ret;

	while (done < count) {
		size_t n = s->n_buffered - s->buffer_at;

		if (n == 0) {
			ret = fill(s);
			if (ret < 0)
				return ret;
			n = s->n_buffered;
			if (n == 0)
				break;
		}
		if (n > count - done)
			n = count - done;
		memcpy((char *)buf + done, s->reading->buffer + s->buffer_at, n);
		s->buffer_at += n;
		done += n;
	}
	return (int)done;
}

static int source_is_repeatable(IsoStream *stream)
{
	(void)stream;
	return 1;
}

static void source_id(IsoStream *stream, unsigned int *fs_id, dev_t *dev_id, ino_t *ino_id)
{
	*fs_id = SOURCE_FS_ID;
	*dev_id = 1;
	*ino_id = (ino_t)source_of(stream)->ino;
}

static void source_free(IsoStream *stream)
{
	(void)source_close(stream);
}

static int source_update_size(IsoStream *stream)
{
	(void)stream;
	return 1;
}

static IsoStream *source_input(IsoStream *stream, int flag)
{
	(void)stream;
	(void)flag;
	return NULL;
}

static IsoStreamIface source_class = {
	.version = 3,
	.type = { 'u', 's', 'e', 'r' },
	.open = source_open,
	.close = source_close,
	.get_size = source_size,
	.read = source_read,
	.is_repeatable = source_is_repeatable,
	.get_id = source_id,
	.free = source_free,
	.update_size = source_update_size,
	.get_input_stream = source_input,
};

enum udf_err udf_iso_source_new(const struct udf_iso_dir *dir, const char *name, uint64_t n_bytes, uint64_t ino,
				bool follow, struct udf_iso_reading *reading, IsoStream **ret_stream)
{
	size_t n = strlen(name) + 1;
	IsoStream *stream = malloc(sizeof(*stream) + sizeof(struct source) + n);
	struct source *s;

	if (!stream)
		return UDF_E_NOMEM;
	*stream = (IsoStream){ .class = &source_class, .refcount = 1, .data = stream + 1 };
	s = stream->data;
	*s = (struct source){ .dir = dir, .reading = reading, .n_bytes = n_bytes, .ino = ino, .fd = -1,
			      .follow = follow };
	memcpy(s->name, name, n);
	*ret_stream = stream;
	return UDF_OK;
}

enum udf_err udf_iso_text_source_new(const char *text, uint64_t n_bytes, uint64_t ino, struct udf_iso_reading *reading,
				     IsoStream **ret_stream)
{
	IsoStream *stream = NULL;
	enum udf_err err = udf_iso_source_new(NULL, "", n_bytes, ino, false, reading, &stream);

	if (err)
		return err;
	source_of(stream)->text = text;
	*ret_stream = stream;
	return UDF_OK;
}

uint64_t udf_iso_source_ino(const IsoStream *stream)
{
	return stream->class == &source_class ? ((const struct source *)stream->data)->ino : 0;
}
