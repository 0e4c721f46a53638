/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A simulated drive in a folder of its own, commands as hexadecimal text, and what is expected of the replies. */
#ifndef SIM_FIXTURE_H
#define SIM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/sim.h"

#define SIM_OK(call) assert_int_equal(call, UDF_OK)

struct drive {
	char dir[64], path[96];
	struct sim *sim;
	struct mmc_transport *transport;
	struct mmc_reply reply;
	uint8_t data[1 << 19];		/* of the last reply */
};

/** A disc MEDIA in a drive with QUIRKS (NULL: none), ready: the unit attentions are fetched. */
void drive_start(struct drive *d, const char *media, const char *quirks);
/** The same with all options, and with unit attentions and spin-up still to come. */
void drive_create(struct drive *d, const struct sim_create_options *options);
void drive_open(struct drive *d);
void drive_close(struct drive *d);
/** Close, and remove the files. */
void drive_end(struct drive *d);

/** Send CDB ("51 00 00 00 00 00 00 00 22 00"), receive up to N_BYTES.  Returns key << 16 | ASC << 8 | ASCQ; 0: GOOD. */
uint32_t drive_in(struct drive *d, const char *cdb, uint32_t n_bytes);
uint32_t drive_out(struct drive *d, const char *cdb, const void *bytes, uint32_t n_bytes);
uint32_t drive_do(struct drive *d, const char *cdb);
/** The list as hexadecimal text. */
uint32_t drive_out_hex(struct drive *d, const char *cdb, const char *list);

/** Blocks filled with BYTE, by WRITE(10) and READ(10). */
uint32_t drive_write(struct drive *d, uint32_t lba, uint32_t n_blocks, uint8_t byte);
uint32_t drive_read(struct drive *d, uint32_t lba, uint32_t n_blocks);
uint32_t drive_sync(struct drive *d);
/** READ works and every byte of the blocks is BYTE. */
void assert_blocks(struct drive *d, uint32_t lba, uint32_t n_blocks, uint8_t byte);

/** TEST UNIT READY until it is GOOD, passing over UNIT ATTENTION and NOT READY.  Returns how often it wasn't. */
unsigned drive_wait(struct drive *d);

/** The data of the last reply are HEX: "00 20 1F", "00*20" for 20 zeros. */
void assert_reply_(struct drive *d, const char *hex, const char *file, int line);
#define assert_reply(d, hex) assert_reply_(d, hex, __FILE__, __LINE__)
/** CDB is refused with SENSE, such as 0x052100. */
#define assert_refused(d, cdb, sense) assert_int_equal(drive_do(d, cdb), sense)

#endif
