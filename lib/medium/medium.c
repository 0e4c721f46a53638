/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/major.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "medium/medium.h"
#include "medium/optical.h"
#include "mmc/sg_device.h"
#include "pkt/spare.h"

static enum udf_err failed(struct medium_refusal *refusal, int host_errno)
{
	refusal->host_errno = host_errno;
	return udf_err_from_errno(host_errno);
}

static void return_refusal(const struct medium_refusal *refusal, struct medium_refusal *ret_refusal)
{
	if (!ret_refusal)
		return;
	*ret_refusal = *refusal;
	if (refusal->why == refusal->text)
		ret_refusal->why = ret_refusal->text;
}

/* A new sparse file; nothing of it stays where it can't have that size. */
static enum udf_err create_image(const char *path, uint64_t n_bytes, struct medium_refusal *refusal)
{
	int fd, host_errno = 0;

	if (n_bytes > INT64_MAX)
		return failed(refusal, EFBIG);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return failed(refusal, errno);
	while (ftruncate(fd, (off_t)n_bytes) < 0) {
		host_errno = errno;
		if (host_errno != EINTR)
			break;
		host_errno = 0;
	}
	if (close(fd) < 0 && !host_errno)
		host_errno = errno;
	if (!host_errno)
		return UDF_OK;
	unlink(path);
	return failed(refusal, host_errno);
}

/* The block device of the drive whose generic device PATH is; else PATH itself. */
static const char *block_device_of(const char *path, char ret_path[MMC_DEVICE_PATH_BYTES])
{
	if (medium_is_simulated(path) || mmc_device_find(path, ret_path))
		return path;
	return ret_path;
}

/* What the path is, before anything is opened; refuses by name what there are no layers for. */
static enum udf_err look_at(const char *path, struct medium_info *info,
			    struct medium_refusal *refusal)
{
	struct stat st;

	if (medium_is_simulated(path)) {
		info->is_optical = true;
		return UDF_OK;
	}
	if (stat(path, &st) < 0)
		return failed(refusal, errno);
	if (S_ISCHR(st.st_mode) && major(st.st_rdev) == SCSI_GENERIC_MAJOR) {
		refusal->why = "this SCSI device is not an optical drive";
		return UDF_E_UNSUPPORTED;
	}
	if (S_ISDIR(st.st_mode))
		return UDF_E_IS_DIR;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
		refusal->why = "neither an image file nor a block device";
		return UDF_E_UNSUPPORTED;
	}
	info->is_device = S_ISBLK(st.st_mode);
	info->rdev = info->is_device ? st.st_rdev : 0;
	info->is_optical = info->is_device && major(st.st_rdev) == SCSI_CDROM_MAJOR;
	return UDF_OK;
}

/* Does /sys/dev/block/MAJOR:MINOR/NAME exist?  With RET_TEXT, its first byte. */
static bool sysfs_has(dev_t rdev, const char *name, char *ret_text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s", major(rdev), minor(rdev), name);
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

static enum udf_err inspect_device(int fd, dev_t rdev, struct medium_shape *shape, struct medium_refusal *refusal)
{
	int sector_bytes = 0;
	char removable = 0;

	if (ioctl(fd, BLKGETSIZE64, &shape->size_bytes) < 0) {
		refusal->why = "the kernel does not say how large it is";
		return failed(refusal, errno);
	}
	if (ioctl(fd, BLKSSZGET, &sector_bytes) == 0 && sector_bytes > 0)
		shape->info.sector_bytes = (uint32_t)sector_bytes;
	shape->is_partition = sysfs_has(rdev, "partition", NULL);
	shape->is_fixed_disk = !shape->is_partition && sysfs_has(rdev, "removable", &removable) && removable == '0';
	return UDF_OK;
}

/* The disc must be readable: one that is not formatted can't hold a volume. */
static enum udf_err inspect_simulated(const char *path, struct medium_shape *shape, struct medium_refusal *refusal)
{
	const struct medium_options read_only = { .read_only = true };
	struct bio *bio = NULL;
	enum udf_err err = medium_optical_open(path, &read_only, &bio, &shape->info, refusal);

	if (err)
		return err;
	shape->size_bytes = bio->geometry.n_blocks * bio->geometry.block_bytes;
	bio_close(bio);
	return UDF_OK;
}

enum udf_err medium_inspect(const char *path, struct medium_shape *ret, struct medium_refusal *ret_refusal)
{
	struct medium_refusal refusal = { 0 };
	struct medium_shape shape = { .size_bytes = 0 };
	char device[MMC_DEVICE_PATH_BYTES];
	struct stat st;
	enum udf_err err;
	int fd = -1;

	path = block_device_of(path, device);
	err = look_at(path, &shape.info, &refusal);
	if (err)
		goto out;
	if (medium_is_simulated(path))
		err = inspect_simulated(path, &shape, &refusal);
	else if (shape.info.is_optical)
		err = medium_optical_inspect(path, &shape.info, &refusal);
	if (err)
		goto out;
	fd = open(medium_host_path(path), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0) {
		err = failed(&refusal, errno);
		goto out;
	}
	shape.dev = st.st_dev;
	shape.ino = st.st_ino;
	if (S_ISBLK(st.st_mode)) {
		err = inspect_device(fd, st.st_rdev, &shape, &refusal);
	} else if (!shape.info.is_optical) {
		shape.info.sector_bytes = 512;
		shape.size_bytes = (uint64_t)st.st_size;
		shape.is_zero = lseek(fd, 0, SEEK_DATA) < 0 && errno == ENXIO;
	}
out:
	if (fd >= 0)
		close(fd);
	if (refusal.text[0])
		refusal.why = refusal.text;
	return_refusal(&refusal, ret_refusal);
	if (!err)
		*ret = shape;
	return err;
}

static uint32_t sector_bytes_of(struct bio *bio)
{
	uint64_t offset_bytes;
	int fd, n_bytes = 0;

	if (bio_fd_range(bio, 0, 0, &fd, &offset_bytes) || ioctl(fd, BLKSSZGET, &n_bytes) < 0)
		return 512;
	return (uint32_t)n_bytes;
}

/* A file, or a device that the kernel writes block by block.  Packets that have moved are found in images, too. */
static enum udf_err open_blocks(const char *path, const struct medium_options *options, const struct medium_info *info,
				struct bio **ret_bio, struct medium_refusal *refusal)
{
	struct bio_file_options file_options = { .read_only = options->read_only,
						 .exclusive = options->exclusive,
						 .block_bytes = options->block_bytes,
						 .write_unit_blocks = info->write_unit_blocks,
						 .wears = info->is_optical };
	struct bio *file = NULL;
	enum udf_err err = bio_file_open(path, &file_options, &file, &refusal->host_errno);

	if (info->is_optical && refusal->host_errno == EROFS) {
		refusal->why = "this disc can't be written in place; 'cdrwtool -i' shows what can be done with it";
		return UDF_E_UNSUPPORTED;
	}
	if (err)
		return err;
	err = pkt_spare_new(file, ret_bio);
	if (err)
		bio_close(file);
	return err;
}

static enum udf_err open_stack(const char *path, const struct medium_options *options, struct medium_info *info,
			       struct bio **ret_bio, struct medium_refusal *refusal)
{
	bool is_drive = medium_is_simulated(path) || options->by_commands ||
			(info->is_device && info->is_optical && !options->read_only);
	struct bio *bio = NULL;
	enum udf_err err = UDF_END;

	if (is_drive)
		err = medium_optical_open(path, options, &bio, info, refusal);
	if (err == UDF_END)
		err = open_blocks(path, options, info, &bio, refusal);
	if (err && refusal->text[0])
		refusal->why = refusal->text;
	*ret_bio = bio;
	if (!err && options->holds_writes) {
		err = bio_hold_new(bio, ret_bio);
		if (err)
			bio_close(bio);
	}
	return err;
}

enum udf_err medium_open(const char *path, const struct medium_options *options,
			 struct bio **ret_bio, struct medium_info *ret_info,
			 struct medium_refusal *ret_refusal)
{
	static const struct medium_options plain = { 0 };
	struct medium_refusal refusal = { 0 };
	struct medium_info info = { 0 };
	char device[MMC_DEVICE_PATH_BYTES];
	struct bio *bio = NULL;
	enum udf_err err = UDF_OK;

	path = block_device_of(path, device);
	if (!options)
		options = &plain;
	if (options->create_bytes && !medium_is_simulated(path)) {
		err = create_image(path, options->create_bytes, &refusal);
		info.is_new = !err;
	}
	if (!err)
		err = look_at(path, &info, &refusal);
	if (!err)
		err = open_stack(path, options, &info, &bio, &refusal);
	if (!err) {
		if (!info.sector_bytes)
			info.sector_bytes = sector_bytes_of(bio);
		if (ret_info)
			*ret_info = info;
		*ret_bio = bio;
	} else if (info.is_new) {
		unlink(path);
	}
	return_refusal(&refusal, ret_refusal);
	return err;
}

enum udf_err medium_claim(struct bio *bio, const char *path, bool exclusive)
{
	uint64_t offset_bytes;
	struct stat old, new;
	int fd, flags, new_fd;
	enum udf_err err = bio_fd_range(bio, 0, 0, &fd, &offset_bytes);

	if (err)
		return err;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return udf_err_from_errno(errno);
	new_fd = open(path, (flags & O_ACCMODE) | O_CLOEXEC | O_NOCTTY | (exclusive ? O_EXCL : 0));
	if (new_fd < 0)
		return udf_err_from_errno(errno);
	if (fstat(fd, &old) < 0 || fstat(new_fd, &new) < 0 || !S_ISBLK(new.st_mode) || old.st_rdev != new.st_rdev)
		err = UDF_E_BUSY;
	else if (dup3(new_fd, fd, O_CLOEXEC) < 0)
		err = udf_err_from_errno(errno);
	close(new_fd);
	return err;
}
