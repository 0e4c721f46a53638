/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <poll.h>
#include <scsi/sg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"
#include "mmc/sg.h"
#include "mmc/sg_device.h"

#define SENSE_BYTES 64u			/* drives send 18; some adapters more */
#define BUSY_POLL_MS 100u
#define BUSY_LIMIT_MS 5000u
#define AGAIN_POLL_MS 500u
#define AGAIN_LIMIT_MS 15000u		/* until the host has found it, and made its node */

/* Bytes of struct sg_io_hdr.host_status and driver_status (Linux, include/scsi/scsi_status.h) */
#define HOST_OK 0x00
#define HOST_NO_CONNECT 0x01
#define HOST_BUS_BUSY 0x02
#define HOST_TIME_OUT 0x03
#define HOST_BAD_TARGET 0x04
#define HOST_IMM_RETRY 0x0C
#define DRIVER_MASK 0x0F
#define DRIVER_TIMEOUT 0x06
#define STATUS_TASK_SET_FULL 0x28

struct sg {
	struct mmc_transport transport;
	int fd;
	char name[MMC_DEVICE_NAME_BYTES];	/* see mmc_device_name(); "": it is not looked for when it is gone */
	uint64_t now_ms;		/* the sum of all that took time: no clock of the host is read */
};

static bool has_sense(const struct sg_io_hdr *hdr)
{
	return hdr->sb_len_wr && (hdr->sbp[0] & 0x7F) >= 0x70 && (hdr->sbp[0] & 0x7F) <= 0x73;
}

/*
 * What came back, in the order that counts: sense data first, whatever the status says; then the host's trouble; then
 * the status.
 */
static void reply_fill(const struct sg_io_hdr *hdr, struct mmc_reply *reply)
{
	reply->duration_ms = hdr->duration;
	reply->delivery = MMC_DELIVERED;
	reply->status = hdr->status & 0x3E;
	if (hdr->resid >= 0 && (unsigned)hdr->resid <= hdr->dxfer_len)
		reply->n_data_bytes = hdr->dxfer_len - (unsigned)hdr->resid;
	if (has_sense(hdr)) {
		reply->n_sense_bytes = (uint8_t)udf_min64(hdr->sb_len_wr, sizeof(reply->sense));
		memcpy(reply->sense, hdr->sbp, reply->n_sense_bytes);
		return;
	}
	if (hdr->host_status == HOST_TIME_OUT || (hdr->driver_status & DRIVER_MASK) == DRIVER_TIMEOUT)
		reply->delivery = MMC_TIMED_OUT;
	else if (hdr->host_status == HOST_NO_CONNECT || hdr->host_status == HOST_BAD_TARGET)
		reply->delivery = MMC_DRIVE_GONE;
	else if (hdr->host_status == HOST_BUS_BUSY || hdr->host_status == HOST_IMM_RETRY)
		reply->status = MMC_STATUS_BUSY;
	else if (hdr->host_status != HOST_OK)
		reply->delivery = MMC_HOST_FAILED;
	else if (reply->status == STATUS_TASK_SET_FULL)
		reply->status = MMC_STATUS_BUSY;
}

static enum mmc_delivery delivery_of(int host_errno)
{
	switch (host_errno) {
	case EPERM:
	case EACCES:
		return MMC_NOT_PERMITTED;
	case ENODEV:
	case ENXIO:
		return MMC_DRIVE_GONE;
	case ETIMEDOUT:
		return MMC_TIMED_OUT;
	default:
		return MMC_HOST_FAILED;
	}
}

/* The drive with a number of its own, if it comes back. */
static bool found_again(struct sg *s)
{
	char path[MMC_DEVICE_PATH_BYTES];

	for (uint32_t waited_ms = 0; s->name[0] && waited_ms < AGAIN_LIMIT_MS; waited_ms += AGAIN_POLL_MS) {
		int fd = mmc_device_find_again(s->name, s->fd, path) ? -1
			 : open(path, O_RDWR | O_EXCL | O_NONBLOCK | O_CLOEXEC);

		if (fd >= 0) {
			close(s->fd);
			s->fd = fd;
			return true;
		}
		poll(NULL, 0, AGAIN_POLL_MS);
		s->now_ms += AGAIN_POLL_MS;
	}
	s->name[0] = 0;		/* not again for each command */
	return false;
}

/* Nothing is known of the command; the drive has been reset for all that we know. */
static void reply_reset(struct mmc_reply *reply)
{
	static const uint8_t sense[18] = { 0x70, 0, 0x06, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x29, 0x00 };

	*reply = (struct mmc_reply){ .delivery = MMC_DELIVERED, .status = MMC_STATUS_CHECK,
				     .n_sense_bytes = sizeof(sense) };
	memcpy(reply->sense, sense, sizeof(sense));
}

static void sg_send(struct mmc_transport *transport, const struct mmc_command *command, struct mmc_reply *ret_reply)
{
	struct sg *s = (struct sg *)transport;
	uint8_t cdb[MMC_MAX_CDB_BYTES], sense[SENSE_BYTES] = { 0 };
	struct sg_io_hdr hdr = {
		.interface_id = 'S',
		.dxfer_direction = command->direction == MMC_NO_DATA ? SG_DXFER_NONE
				   : command->direction == MMC_TO_DRIVE ? SG_DXFER_TO_DEV : SG_DXFER_FROM_DEV,
		.cmd_len = command->n_cdb_bytes,
		.cmdp = cdb,
		.dxferp = command->data,
		.dxfer_len = command->n_data_bytes,
		.sbp = sense,
		.mx_sb_len = sizeof(sense),
		.timeout = command->timeout_ms,
	};

	memcpy(cdb, command->cdb, sizeof(cdb));
	*ret_reply = (struct mmc_reply){ .delivery = MMC_HOST_FAILED };
	if (ioctl(s->fd, SG_IO, &hdr) < 0) {
		ret_reply->host_errno = errno;
		ret_reply->delivery = delivery_of(errno);
		return;
	}
	reply_fill(&hdr, ret_reply);
	s->now_ms += ret_reply->duration_ms;
}

/* A USB adapter that is reset may come back under another number. */
static void sg_run(struct mmc_transport *transport, const struct mmc_command *command, struct mmc_reply *ret_reply)
{
	sg_send(transport, command, ret_reply);
	if (ret_reply->delivery == MMC_DRIVE_GONE && found_again((struct sg *)transport))
		reply_reset(ret_reply);
}

static void sg_wait(struct mmc_transport *transport, uint32_t wait_ms)
{
	struct sg *s = (struct sg *)transport;

	poll(NULL, 0, wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms);
	s->now_ms += wait_ms;
}

static uint64_t sg_now_ms(struct mmc_transport *transport)
{
	return ((struct sg *)transport)->now_ms;
}

/* What the host has cached of the disc may be stale: these commands went past its cache. */
static void sg_close(struct mmc_transport *transport)
{
	struct sg *s = (struct sg *)transport;

	if (ioctl(s->fd, BLKFLSBUF, 0))
		posix_fadvise(s->fd, 0, 0, POSIX_FADV_DONTNEED);
	close(s->fd);
	free(s);
}

/* The drive alone; where the host's adapter can't do that, the bus. */
static int sg_reset(struct mmc_transport *transport)
{
	static const int hows[] = { SG_SCSI_RESET_DEVICE, SG_SCSI_RESET_BUS };
	struct sg *s = (struct sg *)transport;
	int host_errno = 0;

	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		int how = hows[i];

		if (ioctl(s->fd, SG_SCSI_RESET, &how) == 0)
			return 0;
		host_errno = errno;
	}
	return host_errno;
}

static const struct mmc_transport_ops sg_ops = {
	.run = sg_run, .wait = sg_wait, .now_ms = sg_now_ms, .close = sg_close, .reset = sg_reset,
};

enum udf_err mmc_sg_from_fd(int fd, uint32_t max_data_bytes, struct mmc_transport **ret_transport)
{
	struct sg *s = calloc(1, sizeof(*s));

	if (!s)
		return UDF_E_NOMEM;
	s->transport = (struct mmc_transport){ .ops = &sg_ops, .max_data_bytes = max_data_bytes };
	s->fd = fd;
	*ret_transport = &s->transport;
	return UDF_OK;
}

int mmc_sg_fd(struct mmc_transport *transport)
{
	return transport->ops == &sg_ops ? ((struct sg *)transport)->fd : -1;
}

bool mmc_sg_is_drive(const char *path)
{
	char device[MMC_DEVICE_PATH_BYTES];

	return mmc_device_find(path, device) == UDF_OK;
}

/* Open the node, and wait for those who hold it for a moment only. */
static int node_open(const char *device, bool is_read_only)
{
	int flags = (is_read_only ? O_RDONLY : O_RDWR) | O_EXCL | O_NONBLOCK | O_CLOEXEC;
	uint32_t waited_ms = 0;
	int fd;

	for (;;) {
		fd = open(device, flags);
		if (fd >= 0 || errno != EBUSY || waited_ms >= BUSY_LIMIT_MS)
			return fd;
		poll(NULL, 0, BUSY_POLL_MS);
		waited_ms += BUSY_POLL_MS;
	}
}

/* Name the group whose members may use the node: that is what most people lack. */
static enum udf_err refused(const char *device, struct mmc_failure *ret_failure)
{
	struct group group, *found = NULL;
	char buffer[1024];
	struct stat st;

	if (!stat(device, &st) && (st.st_mode & S_IWGRP) &&
	    !getgrgid_r(st.st_gid, &group, buffer, sizeof(buffer), &found) && found)
		return mmc_failure_refuse(ret_failure, UDF_E_NO_PERMISSION, "Join that group, or become root.",
					  "permission denied; the drive may be used by group %s", found->gr_name);
	return mmc_failure_refuse(ret_failure, UDF_E_NO_PERMISSION, "Become root.", "permission denied");
}

static enum udf_err open_failed(const char *device, int host_errno, struct mmc_failure *ret_failure)
{
	switch (host_errno) {
	case EBUSY:
		return mmc_failure_refuse(ret_failure, UDF_E_BUSY, "Unmount it, or end the program that uses it.",
					  "another program uses the drive");
	case EACCES:
	case EPERM:
		return refused(device, ret_failure);
	default:
		return mmc_failure_refuse(ret_failure, udf_err_from_errno(host_errno), NULL,
					  "the drive can't be opened: %s",
					  strerror(host_errno));
	}
}

enum udf_err mmc_sg_open(const char *path, bool is_read_only, struct mmc_transport **ret_transport,
			 struct mmc_failure *ret_failure)
{
	char device[MMC_DEVICE_PATH_BYTES];
	struct mmc_failure unused;
	enum udf_err err;
	int fd;

	if (!ret_failure)
		ret_failure = &unused;
	err = mmc_device_find(path, device);
	if (err == UDF_E_UNSUPPORTED)
		return mmc_failure_refuse(ret_failure, err, NULL, "it is not an optical drive");
	if (err)
		return mmc_failure_refuse(ret_failure, err, NULL, "there is no such drive: %s", udf_strerror(err));
	fd = node_open(device, is_read_only);
	if (fd < 0)
		return open_failed(device, errno, ret_failure);
	err = mmc_sg_from_fd(fd, mmc_device_max_bytes(fd), ret_transport);
	if (err) {
		close(fd);
		return mmc_failure_refuse(ret_failure, err, NULL, "out of memory");
	}
	if (!is_read_only)
		mmc_device_name(fd, ((struct sg *)*ret_transport)->name);
	return UDF_OK;
}
