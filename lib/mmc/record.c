/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmc/cdb.h"
#include "mmc/record.h"

/* ---- recording ---- */

struct record {
	struct mmc_transport transport;
	struct mmc_transport *below;
	void (*line)(void *ctx, const char *text);
	void *ctx;
	char *text;			/* the line that is being made; NULL: out of memory, so nothing is recorded */
	size_t n_bytes, max_bytes;
};

static void put(struct record *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct record *r, const char *format, ...)
{
	char piece[64];
	va_list args;
	size_t n_bytes;

	va_start(args, format);
	vsnprintf(piece, sizeof(piece), format, args);
	va_end(args);
	n_bytes = strlen(piece);
	if (r->n_bytes + n_bytes + 1 > r->max_bytes) {
		char *text = realloc(r->text, 2 * (r->max_bytes + sizeof(piece)));

		if (!text)
			return;		/* the line is cut, which a replay will notice */
		r->text = text;
		r->max_bytes = 2 * (r->max_bytes + sizeof(piece));
	}
	memcpy(r->text + r->n_bytes, piece, n_bytes + 1);
	r->n_bytes += n_bytes;
}

static void put_bytes(struct record *r, const uint8_t *bytes, uint32_t n_bytes)
{
	uint32_t n_same;

	for (uint32_t i = 0; i < n_bytes; i += n_same) {
		for (n_same = 1; i + n_same < n_bytes && bytes[i + n_same] == bytes[i]; n_same++)
			;
		if (n_same > 2) {
			put(r, " %02X*%u", bytes[i], n_same);
		} else {
			put(r, " %02X", bytes[i]);
			n_same = 1;
		}
	}
}

static void line_end(struct record *r)
{
	if (r->text)
		r->line(r->ctx, r->text);
	r->n_bytes = 0;
}

static void reply_put(struct record *r, const struct mmc_command *command, const struct mmc_reply *reply)
{
	static const char *const undelivered[] = {
		[MMC_TIMED_OUT] = " timeout", [MMC_DRIVE_GONE] = " gone", [MMC_NOT_PERMITTED] = " refused",
		[MMC_HOST_FAILED] = " failed",
	};

	put(r, "<");
	if (reply->delivery != MMC_DELIVERED) {
		put(r, "%s", undelivered[reply->delivery]);
	} else {
		if (command->direction == MMC_FROM_DRIVE)
			put_bytes(r, command->data, reply->n_data_bytes);
		if (reply->n_sense_bytes) {
			put(r, " sense");
			put_bytes(r, reply->sense, reply->n_sense_bytes);
		}
		if (reply->status != (reply->n_sense_bytes ? MMC_STATUS_CHECK : MMC_STATUS_GOOD))
			put(r, " status %02X", reply->status);
	}
	if (reply->duration_ms)
		put(r, " ms %u", (unsigned)reply->duration_ms);
	line_end(r);
}

static void record_run(struct mmc_transport *transport, const struct mmc_command *command,
		       struct mmc_reply *ret_reply)
{
	struct record *r = (struct record *)transport;

	put(r, ">");
	for (unsigned i = 0; i < command->n_cdb_bytes; i++)
		put(r, " %02X", command->cdb[i]);
	if (command->direction == MMC_TO_DRIVE) {
		put(r, " :");
		put_bytes(r, command->data, command->n_data_bytes);
	}
	put(r, "  # %s", mmc_op_name(command->cdb[0]));
	line_end(r);
	mmc_run(r->below, command, ret_reply);
	reply_put(r, command, ret_reply);
}

static void record_wait(struct mmc_transport *transport, uint32_t wait_ms)
{
	mmc_wait(((struct record *)transport)->below, wait_ms);
}

static uint64_t record_now_ms(struct mmc_transport *transport)
{
	return mmc_now_ms(((struct record *)transport)->below);
}

static void record_close(struct mmc_transport *transport)
{
	struct record *r = (struct record *)transport;

	mmc_transport_close(r->below);
	free(r->text);
	free(r);
}

static const struct mmc_transport_ops record_ops = {
	.run = record_run, .wait = record_wait, .now_ms = record_now_ms, .close = record_close,
};

enum udf_err mmc_record_new(struct mmc_transport *below, void (*line)(void *ctx, const char *text), void *ctx,
			    struct mmc_transport **ret_transport)
{
	struct record *r = calloc(1, sizeof(*r));

	if (!r)
		return UDF_E_NOMEM;
	r->transport = (struct mmc_transport){ .ops = &record_ops, .max_data_bytes = below->max_data_bytes };
	r->below = below;
	r->line = line;
	r->ctx = ctx;
	*ret_transport = &r->transport;
	return UDF_OK;
}
