/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "say.h"
#include "base/bytes.h"
#include "front/front.h"

#define SCSI_CDROM_MAJOR 11
#define MAX_GROWTH 100u

/* Does /sys/dev/block/MAJOR:MINOR/NAME exist?  With RET_TEXT, its first byte. */
static bool sysfs_has(dev_t dev, const char *name, char *ret_text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s", major(dev), minor(dev), name);
	if (!ret_text)
		return access(path, F_OK) == 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, ret_text, 1) != 1)
		*ret_text = 0;
	close(fd);
	return true;
}

static void inspect_block_device(struct target *target, int fd, dev_t dev)
{
	int sector_bytes = 0;
	char removable = 0;

	target->is_block = true;
	if (ioctl(fd, BLKGETSIZE64, &target->size_bytes) != 0)
		die("%s: cannot find its size: %s", target->path, strerror(errno));
	if (ioctl(fd, BLKSSZGET, &sector_bytes) == 0 && sector_bytes > 0)
		target->sector_bytes = (uint32_t)sector_bytes;
	target->is_partition = sysfs_has(dev, "partition", NULL);
	target->is_fixed_disk = !target->is_partition && sysfs_has(dev, "removable", &removable) &&
				removable == '0';
	target->is_optical = major(dev) == SCSI_CDROM_MAJOR;
}

void target_inspect(struct target *target, const char *path)
{
	struct stat st;
	int fd;

	memset(target, 0, sizeof(*target));
	target->path = path;
	if (strncmp(path, "sim:", 4) == 0)
		die("%s: simulated drives are not supported by this version", path);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 || fstat(fd, &st) != 0)
		die("%s: cannot open: %s", path, strerror(errno));
	target->exists = true;
	target->dev = st.st_dev;
	target->ino = st.st_ino;
	if (S_ISBLK(st.st_mode)) {
		inspect_block_device(target, fd, st.st_rdev);
	} else if (S_ISREG(st.st_mode)) {
		target->size_bytes = (uint64_t)st.st_size;
		target->is_zero = lseek(fd, 0, SEEK_DATA) < 0 && errno == ENXIO;
	} else {
		die("%s: cannot open: %s", path, S_ISDIR(st.st_mode) ? strerror(EISDIR) :
		    "it is neither a block device nor a regular file");
	}
	close(fd);
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
 * A symbolic link to a file that isn't there stands for that file, as with mke2fs(8) or truncate(1): the
 * image is wanted there.  Not with --new-file, which asks for a new name.
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
	struct bio_file_options options = { .exclusive = target->is_block && req->n_forced < 2,
					    .block_bytes = 512 };
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
	err = bio_file_open(target->path, &options, &target->bio, &host_errno);
	if (err) {
		target_close(target, true);
		die("%s: cannot open: %s", target->path,
		    host_errno ? strerror(host_errno) : udf_strerror(err));
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
