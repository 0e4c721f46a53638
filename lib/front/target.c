/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "front/target.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "front/front.h"
#include "medium/medium.h"

#define MAX_GROWTH 100u

/* "TOOL: PATH: ...".  Returns ERR. */
__attribute__((format(printf, 3, 4)))
static enum udf_err refuse(const struct front_target *target, enum udf_err err, const char *format, ...)
{
	char text[FRONT_WHY_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	cli_say("%s: %s: %s", target->tool, target->path, text);
	return err;
}

static enum udf_err cannot_open(const struct front_target *target, enum udf_err err,
				const struct medium_refusal *refusal)
{
	char why[CLI_OPEN_BYTES];

	cli_open_text(target->path, err, refusal->host_errno, why);
	return refuse(target, err, "%s", refusal->why ? refusal->why : why);
}

/* A disc that can't be overwritten is refused before its size matters, and before a message advises --force. */
static enum udf_err must_be_writable(const struct front_target *target)
{
	const struct medium_options how = { .exclusive = true };
	struct medium_refusal refusal;
	struct bio *bio = NULL;
	enum udf_err err;

	if (!target->is_optical || !target->disc_name || target->can_overwrite)
		return UDF_OK;
	err = medium_open(target->path, &how, &bio, NULL, &refusal);
	bio_close(bio);
	return err ? cannot_open(target, err, &refusal) : UDF_OK;
}

enum udf_err front_target_inspect(const char *tool, const char *path, struct front_target *ret)
{
	struct front_target target = { .tool = tool, .path = path };
	struct medium_refusal refusal;
	struct medium_shape shape;
	enum udf_err err = medium_inspect(path, &shape, &refusal);

	if (refusal.host_errno == ENOENT) {
		*ret = target;
		return UDF_OK;
	}
	if (err)
		return cannot_open(&target, err, &refusal);
	target.exists = true;
	target.dev = shape.dev;
	target.ino = shape.ino;
	target.is_block = shape.info.is_device || medium_is_simulated(path);
	target.is_zero = shape.is_zero;
	target.size_bytes = shape.size_bytes;
	target.sector_bytes = target.is_block ? shape.info.sector_bytes : 0;
	target.is_partition = shape.is_partition;
	target.is_fixed_disk = shape.is_fixed_disk;
	target.is_optical = shape.info.is_optical;
	target.disc_name = shape.info.disc_name;
	target.write_unit_blocks = shape.info.write_unit_blocks;
	target.can_overwrite = shape.info.can_overwrite;
	target.needs_whole_units = shape.info.needs_whole_units;
	*ret = target;
	return must_be_writable(&target);
}

bool front_target_is_empty(const struct front_target *target)
{
	return !target->is_block && target->size_bytes == 0;
}

bool front_target_goes_on(const struct front_target *target, uint64_t n_blocks, uint32_t block_bytes)
{
	return target->size_bytes / block_bytes > n_blocks;
}

/* A file that holds something and would become more than MAX_GROWTH times as large: is that meant? */
static enum udf_err must_want_growth(const struct front_target *target, bool forced, uint64_t size_bytes)
{
	char question[160];

	if (target->is_block || !target->size_bytes || forced || size_bytes / MAX_GROWTH <= target->size_bytes)
		return UDF_OK;
	snprintf(question, sizeof(question), "would grow from %" PRIu64 " to %" PRIu64 " bytes, more than %u times; %s",
		 target->size_bytes, size_bytes, MAX_GROWTH,
		 cli_can_ask() ? "is that meant" : "use --force if that is meant");
	if (!cli_can_ask())
		return refuse(target, UDF_E_EXISTS, "%s", question);
	return cli_agrees(target->tool, target->path, question) ? UDF_OK : UDF_E_CANCELLED;
}

static enum udf_err guard(struct front_target *target, const struct front_target_options *options)
{
	return cli_guard(target->tool, medium_host_path(target->path), CLI_WRITE, CLI_FORCE_IN_USE,
			 options->n_forced > 1, &target->guard);
}

enum udf_err front_target_claim(struct front_target *target, const struct front_target_options *options,
				uint64_t size_bytes)
{
	bool forced = options->n_forced > 0;
	char why[CLI_OPEN_BYTES];
	enum udf_err err;

	if (target->exists && options->new_file)
		return refuse(target, UDF_E_EXISTS, "cannot make the image file: %s", strerror(EEXIST));
	if (!target->exists && !medium_is_simulated(target->path) && cli_is_device_name(target->path)) {
		cli_open_text(target->path, UDF_E_NOT_FOUND, ENOENT, why);
		return refuse(target, UDF_E_NOT_FOUND, "%s", why);
	}
	if (!target->exists)
		return UDF_OK;
	/* Before anything is asked or said of what will be overwritten. */
	if (faccessat(AT_FDCWD, medium_host_path(target->path), W_OK, AT_EACCESS) != 0)
		return refuse(target, udf_err_from_errno(errno), "cannot open: %s", strerror(errno));
	err = guard(target, options);
	if (!err && !options->adds)
		err = must_want_growth(target, forced, size_bytes);
	if (!err && !options->adds && !target->is_zero)
		err = front_may_overwrite(target->tool, target->path, forced,
					  options->force_option ? options->force_option : "--force");
	return err;
}

enum udf_err front_target_create(struct front_target *target, const struct front_target_options *options)
{
	struct stat st;
	bool is_link = lstat(target->path, &st) == 0 && S_ISLNK(st.st_mode);
	int fd;

	if (medium_is_simulated(target->path))
		return refuse(target, UDF_E_NOT_FOUND,
			      "there is no simulated drive of this name; 'mmcsim create' makes one");
	if (is_link && options->new_file)
		return refuse(target, UDF_E_EXISTS, "cannot make the image file: it is a symbolic link to a file that "
			      "does not exist; without --new-file that file is made");
	fd = open(target->path, O_RDWR | O_CREAT | (is_link ? 0 : O_EXCL) | O_CLOEXEC, 0666);
	if (fd < 0 || fstat(fd, &st) != 0)
		return refuse(target, udf_err_from_errno(errno), "cannot make the %s: %s",
			      is_link ? "file that this symbolic link points to" : "image file", strerror(errno));
	close(fd);
	if (!S_ISREG(st.st_mode) || st.st_size != 0)
		return refuse(target, UDF_E_EXISTS, "cannot make the image file: somebody else has just made it");
	target->dev = st.st_dev;
	target->ino = st.st_ino;
	target->exists = target->is_created = true;
	target->created_path = realpath(target->path, NULL);
	target->is_zero = true;
	target->size_bytes = 0;
	return UDF_OK;
}

enum udf_err front_target_open(struct front_target *target, const struct front_target_options *options,
			       uint64_t size_bytes)
{
	struct medium_options how = { .exclusive = target->is_block && options->n_forced < 2, .block_bytes = 512 };
	struct medium_refusal refusal;
	enum udf_err err = UDF_OK;

	if (target->is_created)
		err = guard(target, options);
	if (!err && !target->is_block && target->size_bytes < size_bytes &&
	    truncate(target->path, (off_t)size_bytes) != 0)
		err = refuse(target, udf_err_from_errno(errno), "cannot give it its size: %s", strerror(errno));
	if (!err) {
		err = medium_open(target->path, &how, &target->bio, NULL, &refusal);
		if (err)
			(void)cannot_open(target, err, &refusal);
	}
	if (err)
		front_target_close(target, true);
	return err;
}

/* Nothing but zeros, as it was. */
static void restore_zeros(const struct front_target *target)
{
	if (truncate(target->path, 0) != 0 || truncate(target->path, (off_t)target->size_bytes) != 0)
		cli_say("%s: warning: %s: cannot empty it again: %s", target->tool, target->path, strerror(errno));
}

void front_target_close(struct front_target *target, bool failed)
{
	bio_close(target->bio);
	target->bio = NULL;
	if (failed && target->is_created && target->created_path)
		unlink(target->created_path);
	else if (failed && target->is_zero)
		restore_zeros(target);
	cli_guard_done(target->guard);
	target->guard = NULL;
	free(target->created_path);
	target->created_path = NULL;
}
