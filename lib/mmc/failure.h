/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why something could not be done: what the drive was asked, what it said, what that means, and what to do. */
#ifndef UDF_MMC_FAILURE_H
#define UDF_MMC_FAILURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#include "mmc/sense.h"
#include "mmc/transport.h"

#define MMC_TEXT_BYTES 200u

struct mmc_failure {
	enum udf_err err;
	char text[MMC_TEXT_BYTES];	/* what happened, in lower case and without a full stop */
	const char *advice;		/* what to do: a sentence, or NULL */

	bool has_lba;			/* the block that it is about */
	uint32_t lba;

	/* the command that failed; n_cdb_bytes is 0 if it was refused before any was sent */
	uint8_t cdb[MMC_MAX_CDB_BYTES];
	uint8_t n_cdb_bytes;
	struct mmc_reply reply;
	struct mmc_sense sense;
};

/** A refusal before any command was sent.  FORMAT makes the text, as printf does.  Returns ERR. */
enum udf_err mmc_failure_refuse(struct mmc_failure *ret_failure, enum udf_err err, const char *advice,
				const char *format, ...) __attribute__((format(printf, 4, 5)));

/** What the reply to COMMAND means as a failure; SENSE is what was read out of it.  Returns the error. */
enum udf_err mmc_failure_from_reply(struct mmc_failure *ret_failure, const struct mmc_command *command,
				    const struct mmc_reply *reply, const struct mmc_sense *sense);

/**
 * Command, status, sense and time in one line for people who look for the cause:
 * "WRITE(10) 2A 00 00 00 12 34 00 00 20 00: status 02, sense 3/0C/00 (medium error): write error; 120 ms".
 */
void mmc_command_describe(const struct mmc_command *command, const struct mmc_reply *reply, char *ret_text,
			  size_t n_bytes);

#endif
