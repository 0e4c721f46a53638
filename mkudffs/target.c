/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"
#include "base/bytes.h"
#include "front/front.h"
#include "medium/medium.h"

#define MAX_GROWTH 100u

static void __attribute__((noreturn)) cannot_open(const char *path, enum udf_err err,
						  const struct medium_refusal *refusal)
{
	if (refusal->why)
		die("%s: %s", path, refusal->why);
	die("%s: cannot open: %s", path, refusal->host_errno ? strerror(refusal->host_errno) : udf_strerror(err));
}

void target_inspect(struct target *target, const char *path)
{
	struct medium_shape shape;
	struct medium_refusal refusal;
	enum udf_err err = medium_inspect(path, &shape, &refusal);

	*target = (struct target){ .path = path };
	if (refusal.host_errno == ENOENT)
		return;
	if (err)
		cannot_open(path, err, &refusal);
	target->exists = true;
	target->dev = shape.dev;
	target->ino = shape.ino;
	target->is_block = shape.info.is_device;
	target->is_zero = shape.is_zero;
	target->size_bytes = shape.size_bytes;
	target->sector_bytes = shape.info.is_device ? shape.info.sector_bytes : 0;
	target->is_partition = shape.is_partition;
	target->is_fixed_disk = shape.is_fixed_disk;
	target->is_optical = shape.info.is_optical;
}

bool target_is_empty(const struct target *target)
{
	return !target->is_block && target->size_bytes == 0;
}

bool target_goes_on(const struct target *target, uint64_t n_blocks, uint32_t block_bytes)
{
	return target->size_bytes / block_bytes > n_blocks;
}

/* A file that holds something and would become more than MAX_GROWTH times as large: is that meant? */
static void must_want_growth(const struct target *target, const struct request *req, uint64_t size_bytes)
{
	char question[160];

	if (target->is_block || !target->size_bytes || req->n_forced || size_bytes / MAX_GROWTH <= target->size_bytes)
		return;
	snprintf(question, sizeof(question), "would grow from %" PRIu64 " to %" PRIu64 " bytes, more than %u times; %s",
		 target->size_bytes, size_bytes, MAX_GROWTH,
		 cli_can_ask() ? "is that meant" : "use --force if that is meant");
	if (!cli_can_ask())
		die("%s: %s", target->path, question);
	if (!cli_agrees("mkudffs", target->path, question))
		exit(1);
}

void target_claim(struct target *target, const struct request *req, uint64_t size_bytes)
{
	if (target->exists && req->new_file)
		die("%s: cannot make the image file: %s", target->path, strerror(EEXIST));
	if (!target->exists)
		return;
	/* Before anything is asked or said of what will be overwritten. */
	if (faccessat(AT_FDCWD, target->path, W_OK, AT_EACCESS) != 0)
		die("%s: cannot open: %s", target->path, strerror(errno));
	if (cli_guard("mkudffs", target->path, CLI_WRITE, CLI_FORCE_IN_USE, req->n_forced > 1, &target->guard))
		exit(1);
	must_want_growth(target, req, size_bytes);
	if (!target->is_zero && front_may_overwrite("mkudffs", target->path, req->n_forced > 0, "--force"))
		exit(1);
}

/* ---- a new image file ---- */

static char *volatile unfinished;	/* the file to remove where a signal ends us */

static void remove_unfinished(int signal_number)
{
	const char *path = unfinished;

	if (path)
		unlink(path);
	raise(signal_number);	/* SA_RESETHAND: now it ends us */
}

/*
 * A symbolic link to a file that isn't there means that file, as with mke2fs(8) or truncate(1): the
 * image is made there.  Not with --new-file, which asks for a new name.
 */
static void create_file(struct target *target, bool new_file)
{
	struct stat st;
	bool is_link = lstat(target->path, &st) == 0 && S_ISLNK(st.st_mode);
	int fd;

	if (is_link && new_file)
		die("%s: cannot make the image file: it is a symbolic link to a file that does not exist; "
		    "without --new-file that file is made", target->path);
	fd = open(target->path, O_RDWR | O_CREAT | (is_link ? 0 : O_EXCL) | O_CLOEXEC, 0666);
	if (fd < 0 || fstat(fd, &st) != 0)
		die("%s: cannot make the %s: %s", target->path,
		    is_link ? "file that this symbolic link points to" : "image file", strerror(errno));
	close(fd);
	if (!S_ISREG(st.st_mode) || st.st_size != 0)
		die("%s: cannot make the image file: somebody else has just made it", target->path);
	target->dev = st.st_dev;
	target->ino = st.st_ino;
	target->is_created = true;
	target->created_path = realpath(target->path, NULL);
	unfinished = target->created_path;
	cli_on_interrupt(remove_unfinished);
	target->is_zero = true;
	target->size_bytes = 0;
}

void target_open(struct target *target, const struct request *req, uint64_t size_bytes)
{
	struct medium_options options = { .exclusive = target->is_block && req->n_forced < 2, .block_bytes = 512 };
	struct medium_refusal refusal;
	enum udf_err err;
	int host_errno = 0;

	if (!target->exists) {
		create_file(target, req->new_file);
		if (cli_guard("mkudffs", target->path, CLI_WRITE, CLI_FORCE_IN_USE, req->n_forced > 1,
			      &target->guard)) {
			target_close(target, true);
			exit(1);
		}
	}
	if (!target->is_block && target->size_bytes < size_bytes &&
	    truncate(target->path, (off_t)size_bytes) != 0) {
		host_errno = errno;
		target_close(target, true);
		die("%s: cannot give it its size: %s", target->path, strerror(host_errno));
	}
	err = medium_open(target->path, &options, &target->bio, NULL, &refusal);
	if (err) {
		target_close(target, true);
		cannot_open(target->path, err, &refusal);
	}
}

enum udf_err target_wipe(struct target *target, const struct request *req)
{
	if (!req->n_forced || target->is_zero || req->start_lsn || req->boot_area == UDF_BOOT_PRESERVE)
		return UDF_OK;
	return cli_wipe_foreign(target->path);
}

uint32_t target_mbr_signature(struct target *target)
{
	uint8_t sector[512];

	if (bio_read(target->bio, 0, 1, sector) || get_le16(sector + 510) != 0xAA55)
		return 0;
	return get_le32(sector + 440);
}

/* Nothing but zeros, as it was. */
static void restore_zeros(const struct target *target)
{
	if (truncate(target->path, 0) != 0 || truncate(target->path, (off_t)target->size_bytes) != 0)
		warn("%s: cannot empty it again: %s", target->path, strerror(errno));
}

void target_close(struct target *target, bool failed)
{
	bio_close(target->bio);
	target->bio = NULL;
	if (failed && target->is_created && target->created_path)
		unlink(target->created_path);
	else if (failed && target->is_zero)
		restore_zeros(target);
	cli_guard_done(target->guard);
	target->guard = NULL;
	unfinished = NULL;
	free(target->created_path);
	target->created_path = NULL;
}
