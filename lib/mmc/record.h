/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions with a drive as text, and drives that are such a text.
 *
 * Each command is a line, each reply another; '#' begins a comment:
 *
 *     > 51 00 00 00 00 00 00 00 22 00           # READ DISC INFORMATION
 *     < 00 20 1E 01 01 01 01 20 20 00*7 FF*8 00*10
 *     > 2A 00 00 00 00 20 00 00 20 00 : AB*65536    # WRITE(10)
 *     < sense F0 00 03 00 00 00 20 0A 00 00 00 00 0C 00 00 00 00 00 ms 120
 *
 * A command has its bytes and, after a colon, the data that it carries; AB*65536 is the byte ABh 65536 times.  A reply
 * has the data that came; sense data mean CHECK CONDITION, unless "status XX" says another status; "ms" is how long it
 * took.  In place of all that, "timeout", "gone", "refused" and "failed" say that the command did not get there.
 */
#ifndef UDF_MMC_RECORD_H
#define UDF_MMC_RECORD_H

#include <udfkit/error.h>

#include "mmc/transport.h"

/**
 * A transport that passes commands on to BELOW, which it owns from then on, and hands each line to LINE, without a
 * newline.
 */
enum udf_err mmc_record_new(struct mmc_transport *below, void (*line)(void *ctx, const char *text), void *ctx,
			    struct mmc_transport **ret_transport);

/**
 * A drive that expects the commands of TEXT, in this order, and gives its replies.  Its clock is its own: it advances
 * by the times of the replies and by waits.  TEXT is copied.  A command that does not match, or comes after the end, is
 * "failed", and so are all after it.
 */
enum udf_err mmc_replay_new(const char *text, uint32_t max_data_bytes, struct mmc_transport **ret_transport);

/** What did not match, or which line was never reached; NULL if TEXT was followed to its end. */
const char *mmc_replay_mismatch(struct mmc_transport *replay);

#endif
