/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disc in a drive, as it is served to the kernel: the stack of lib/medium, written out when nobody writes for a
 * while, and watched for its button.  The kernel's NBD sends no flush when a volume is unmounted, so that nothing
 * else would say when writing has ended.
 */
#ifndef UDF_PKTSETUP_EXPORT_H
#define UDF_PKTSETUP_EXPORT_H

#include <stdint.h>
#include <udfkit/error.h>

#include "medium/medium.h"

struct export;

/*
 * What is written to the status descriptor: lines, each a word and what the table says; never the same twice in a
 * row.
 *
 *	ready BYTES DISC	the disc can be written
 *	pending			something is in memory that is not on the disc yet
 *	clean			no more
 *	failing WHY		what is pending can't be written; it is tried again
 *	eject			the drive's button was pressed; what was pending has been written if it could be
 *	gone			the disc is out
 *	lost WHY		a write was refused; or at the end: what was pending is lost
 *	session TEXT		at the end: how much was written
 */
#define EXPORT_LINE_BYTES 512u

/**
 * Open the disc in DEVICE, a drive or "sim:FILE", for writing; the tray is locked.  Threads are started, so no process
 * may fork after this.
 *
 * @status_fd  Where to tell what happens; -1: nowhere.
 * @unheard    Called about once a second while nobody listens there any more; may be NULL.
 * @ret_why    On failure, a phrase that says why and what to do.
 */
enum udf_err export_open(const char *device, int status_fd, void (*unheard)(void), struct export **ret,
			 char ret_why[MEDIUM_WHY_BYTES]);

/** Write out what is pending, and close the drive.  What can't be written is lost, and told.  NULL is allowed. */
void export_close(struct export *export);

uint64_t export_size_bytes(const struct export *export);

/** The size of what the medium writes at once. */
uint32_t export_unit_bytes(const struct export *export);

#define EXPORT_BLOCK_BYTES 2048u

/**
 * Read or write whole blocks.  Several threads may do so at once.
 * Returns UDF_E_INVAL for what is not a multiple of EXPORT_BLOCK_BYTES, and the errors of bio_read() and bio_write().
 */
enum udf_err export_read(struct export *export, uint64_t offset_bytes, uint32_t n_bytes, void *ret_data);
enum udf_err export_write(struct export *export, uint64_t offset_bytes, uint32_t n_bytes, const void *data);

/** Make everything durable that was written before this call. */
enum udf_err export_flush(struct export *export);

#endif
