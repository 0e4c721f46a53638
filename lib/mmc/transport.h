/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way to a drive: one command goes out, one reply comes back.
 *
 * A transport knows no command.  It may be the SG_IO of the kernel, a simulated drive, or a recording of either.
 */
#ifndef UDF_MMC_TRANSPORT_H
#define UDF_MMC_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <udfkit/error.h>

#define MMC_MAX_CDB_BYTES 16u
#define MMC_MAX_SENSE_BYTES 96u

enum mmc_direction { MMC_NO_DATA, MMC_FROM_DRIVE, MMC_TO_DRIVE };

struct mmc_command {
	uint8_t cdb[MMC_MAX_CDB_BYTES];
	uint8_t n_cdb_bytes;		/* 6, 10, 12 or 16 */
	enum mmc_direction direction;
	void *data;			/* n_data_bytes; only read with MMC_TO_DRIVE */
	uint32_t n_data_bytes;
	uint32_t timeout_ms;
};

/* What became of a command on its way, apart from what the drive said. */
enum mmc_delivery {
	MMC_DELIVERED,			/* the drive answered: see status and sense */
	MMC_TIMED_OUT,			/* the host gave up and may have reset the drive */
	MMC_DRIVE_GONE,			/* unplugged, or the transport is dead */
	MMC_NOT_PERMITTED,		/* the host does not let this user send this command */
	MMC_HOST_FAILED,		/* any other failure of the host: see host_errno */
};

#define MMC_STATUS_GOOD 0x00
#define MMC_STATUS_CHECK 0x02
#define MMC_STATUS_BUSY 0x08

struct mmc_reply {
	enum mmc_delivery delivery;
	int host_errno;			/* of the host call that failed, or 0 */
	uint8_t status;			/* SCSI status byte; valid if delivered */
	uint8_t sense[MMC_MAX_SENSE_BYTES];
	uint8_t n_sense_bytes;		/* 0: no sense, even if status is not good */
	uint32_t n_data_bytes;		/* how much of the data was transferred */
	uint32_t duration_ms;
};

struct mmc_transport;

struct mmc_transport_ops {
	void (*run)(struct mmc_transport *transport, const struct mmc_command *command, struct mmc_reply *ret_reply);
	void (*wait)(struct mmc_transport *transport, uint32_t wait_ms);
	uint64_t (*now_ms)(struct mmc_transport *transport);
	void (*close)(struct mmc_transport *transport);	/* frees it */
	int (*reset)(struct mmc_transport *transport);	/* 0, or an errno value of the host; or NULL */
};

/* The first member of every transport's own struct. */
struct mmc_transport {
	const struct mmc_transport_ops *ops;
	uint32_t max_data_bytes;	/* the most that one command can transfer */
};

/**
 * Send COMMAND and wait for the reply.  Every outcome stands in RET_REPLY, which is always set whole.
 * Only one thread may use a transport at a time.
 */
void mmc_run(struct mmc_transport *transport, const struct mmc_command *command, struct mmc_reply *ret_reply);

/** Let WAIT_MS milliseconds of the transport's own time pass.  A simulated drive does not sleep. */
void mmc_wait(struct mmc_transport *transport, uint32_t wait_ms);

/** The transport's own time in milliseconds, from any point in the past; it never goes back. */
uint64_t mmc_now_ms(struct mmc_transport *transport);

/**
 * Reset the drive, or else the bus that it is on.  Its next answer is a unit attention.
 *
 * @ret_errno  Of the host, where it failed.
 * UDF_E_UNSUPPORTED: the transport can't; UDF_E_NO_PERMISSION: this user may not.
 */
enum udf_err mmc_reset(struct mmc_transport *transport, int *ret_errno);

/** Close and free.  NULL is allowed. */
void mmc_transport_close(struct mmc_transport *transport);

#endif
