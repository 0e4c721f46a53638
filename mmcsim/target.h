/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A SCSI device of this kernel whose commands come to this process: target_core_user has the ring, and the loopback
 * target attaches it to the kernel itself.  Both are made and removed in configfs, which needs root.
 *
 * What fails prints a line on stderr.  target_remove() removes what there is, however far it came.
 */
#ifndef MMCSIM_TARGET_H
#define MMCSIM_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#define TARGET_NODE_BYTES 32u

struct target {
	unsigned hba, device;		/* names of this process's own in configfs: user_HBA/DEVICE */
	unsigned n_steps;		/* how many of the things that target_remove() removes exist */
	int uio_fd;			/* readable when there are commands; -1: none */
	void *map;
	size_t n_map_bytes;
	char block_node[TARGET_NODE_BYTES];	/* "/dev/sr0" */
	char generic_node[TARGET_NODE_BYTES];	/* "/dev/sg0" */
};

/** Load the kernel's modules and mount configfs, where that has not been done. */
enum udf_err target_prepare(void);

/** Remove the devices of processes that ended without doing so. */
void target_remove_abandoned(void);

/**
 * Make the end that is served: after this, uio_fd and the memory can be used.
 *
 * @device  Which of this process's drives this is, from 0 to 255.
 */
enum udf_err target_create(struct target *target, unsigned device);

/**
 * Attach it to this kernel, and wait until it has its nodes.  The kernel sends the first commands before this
 * returns, so another thread must be serving them already.
 *
 * @max_data_bytes  The most that the kernel may transfer in one command of its own.
 */
enum udf_err target_attach(struct target *target, uint32_t max_data_bytes);

/** Detach it: its nodes vanish.  Commands are still sent while this runs. */
void target_detach(struct target *target);

/** Remove all of it.  Nobody uses uio_fd or the memory any more. */
void target_remove(struct target *target);

#endif
