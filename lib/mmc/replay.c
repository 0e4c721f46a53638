/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmc/cdb.h"
#include "mmc/record.h"

#define MAX_RUN 0x1000000ul		/* of a byte that is repeated */

struct replay {
	struct mmc_transport transport;
	char *text;
	const char *at;			/* the next line */
	unsigned line_number;
	uint64_t now_ms;
	bool has_failed;
	char mismatch[300];
};

static void mismatch(struct replay *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void mismatch(struct replay *r, const char *format, ...)
{
	size_t n_bytes;
	va_list args;

	if (r->has_failed)
		return;
	r->has_failed = true;
	n_bytes = (size_t)snprintf(r->mismatch, sizeof(r->mismatch), "line %u: ", r->line_number);
	va_start(args, format);
	vsnprintf(r->mismatch + n_bytes, sizeof(r->mismatch) - n_bytes, format, args);
	va_end(args);
}

/* The next line that says something, without its comment; "" at the end.  RET_LINE has MAX_BYTES. */
static const char *line_next(struct replay *r, const char **ret_end)
{
	while (*r->at) {
		const char *line = r->at, *end = line + strcspn(line, "\n");
		const char *comment = memchr(line, '#', (size_t)(end - line));

		r->at = *end ? end + 1 : end;
		r->line_number++;
		if (comment)
			end = comment;
		line += strspn(line, " \t");
		while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		if (end > line) {
			*ret_end = end;
			return line;
		}
	}
	*ret_end = r->at;
	return r->at;
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

static bool is_hex(char c)
{
	return c && strchr("0123456789ABCDEFabcdef", c);
}

/* Read "AB" or "AB*N" at *P.  Returns false, and leaves *P, if there is none. */
static bool run_next(const char **p, const char *end, uint8_t *ret_byte, unsigned long *ret_n)
{
	const char *q = skip_blanks(*p, end);
	char *after;

	if (end - q < 2 || !is_hex(q[0]) || !is_hex(q[1]) || (end - q > 2 && !strchr(" \t*", q[2])))
		return false;
	*ret_byte = (uint8_t)strtoul((char[]){ q[0], q[1], 0 }, NULL, 16);
	*ret_n = 1;
	q += 2;
	if (q < end && *q == '*') {
		*ret_n = strtoul(q + 1, &after, 10);
		if (*ret_n > MAX_RUN)
			*ret_n = MAX_RUN;
		q = after;
	}
	*p = q;
	return true;
}

/* Read bytes up to what is none.  Returns how many there were; only MAX_BYTES of them are stored. */
static uint32_t bytes_next(const char **p, const char *end, uint8_t *ret_bytes, uint32_t max_bytes)
{
	uint32_t n_bytes = 0;
	unsigned long n;
	uint8_t byte;

	while (run_next(p, end, &byte, &n))
		for (; n; n--, n_bytes++)
			if (n_bytes < max_bytes)
				ret_bytes[n_bytes] = byte;
	return n_bytes;
}

static bool data_match(const char **p, const char *end, const uint8_t *data, uint32_t n_bytes)
{
	uint32_t at = 0;
	unsigned long n;
	uint8_t byte;

	while (run_next(p, end, &byte, &n))
		for (; n; n--, at++)
			if (at >= n_bytes || data[at] != byte)
				return false;
	return at == n_bytes;
}

/* Compare with the line of a command, from after its '>'. */
static bool command_match(struct replay *r, const char *p, const char *end, const struct mmc_command *command)
{
	uint8_t cdb[MMC_MAX_CDB_BYTES];
	uint32_t n_cdb_bytes = bytes_next(&p, end, cdb, sizeof(cdb));
	char sent[3 * MMC_MAX_CDB_BYTES + 1] = "";

	if (n_cdb_bytes != command->n_cdb_bytes || memcmp(cdb, command->cdb, n_cdb_bytes)) {
		for (unsigned i = 0; i < command->n_cdb_bytes; i++)
			snprintf(sent + 3 * i, 4, " %02X", command->cdb[i]);
		mismatch(r, "another command was sent: %s%s", mmc_op_name(command->cdb[0]), sent);
		return false;
	}
	p = skip_blanks(p, end);
	if ((p < end && *p == ':') != (command->direction == MMC_TO_DRIVE)) {
		mismatch(r, "%s with and without data", mmc_op_name(command->cdb[0]));
		return false;
	}
	if (command->direction == MMC_TO_DRIVE) {
		p++;
		if (!data_match(&p, end, command->data, command->n_data_bytes)) {
			mismatch(r, "%s was sent with other data", mmc_op_name(command->cdb[0]));
			return false;
		}
	}
	return true;
}

static bool word_next(const char **p, const char *end, const char *word)
{
	const char *q = skip_blanks(*p, end);
	size_t n_bytes = strlen(word);

	if ((size_t)(end - q) < n_bytes || memcmp(q, word, n_bytes))
		return false;
	*p = q + n_bytes;
	return true;
}

/* Read the line of a reply, from after its '<'. */
static bool reply_read(const char *p, const char *end, const struct mmc_command *command, struct mmc_reply *reply)
{
	bool has_data = command->direction == MMC_FROM_DRIVE;
	char *after;

	*reply = (struct mmc_reply){ .delivery = MMC_DELIVERED };
	reply->n_data_bytes = bytes_next(&p, end, command->data, has_data ? command->n_data_bytes : 0);
	for (;;) {
		if (word_next(&p, end, "sense")) {
			reply->status = MMC_STATUS_CHECK;
			reply->n_sense_bytes = (uint8_t)bytes_next(&p, end, reply->sense, sizeof(reply->sense));
		} else if (word_next(&p, end, "status")) {
			bytes_next(&p, end, &reply->status, 1);
		} else if (word_next(&p, end, "ms")) {
			reply->duration_ms = (uint32_t)strtoul(p, &after, 10);
			p = after;
		} else if (word_next(&p, end, "timeout")) {
			reply->delivery = MMC_TIMED_OUT;
		} else if (word_next(&p, end, "gone")) {
			reply->delivery = MMC_DRIVE_GONE;
		} else if (word_next(&p, end, "refused")) {
			reply->delivery = MMC_NOT_PERMITTED;
		} else if (word_next(&p, end, "failed")) {
			reply->delivery = MMC_HOST_FAILED;
		} else {
			break;
		}
	}
	if (command->direction == MMC_TO_DRIVE && reply->status == MMC_STATUS_GOOD)
		reply->n_data_bytes = command->n_data_bytes;
	return skip_blanks(p, end) == end;
}

static void replay_run(struct mmc_transport *transport, const struct mmc_command *command,
		       struct mmc_reply *ret_reply)
{
	struct replay *r = (struct replay *)transport;
	const char *end, *line;

	*ret_reply = (struct mmc_reply){ .delivery = MMC_HOST_FAILED };
	if (r->has_failed)
		return;
	line = line_next(r, &end);
	if (line == end)
		mismatch(r, "a command after the end: %s", mmc_op_name(command->cdb[0]));
	else if (*line != '>')
		mismatch(r, "a command is missing here");
	else if (command_match(r, line + 1, end, command)) {
		line = line_next(r, &end);
		if (line == end || *line != '<' || !reply_read(line + 1, end, command, ret_reply)) {
			*ret_reply = (struct mmc_reply){ .delivery = MMC_HOST_FAILED };
			mismatch(r, "no valid reply");
		}
		r->now_ms += ret_reply->duration_ms;
	}
}

static void replay_wait(struct mmc_transport *transport, uint32_t wait_ms)
{
	((struct replay *)transport)->now_ms += wait_ms;
}

static uint64_t replay_now_ms(struct mmc_transport *transport)
{
	return ((struct replay *)transport)->now_ms;
}

static void replay_close(struct mmc_transport *transport)
{
	struct replay *r = (struct replay *)transport;

	free(r->text);
	free(r);
}

static const struct mmc_transport_ops replay_ops = {
	.run = replay_run, .wait = replay_wait, .now_ms = replay_now_ms, .close = replay_close,
};

enum udf_err mmc_replay_new(const char *text, uint32_t max_data_bytes, struct mmc_transport **ret_transport)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (!r)
		return UDF_E_NOMEM;
	r->text = strdup(text);
	if (!r->text) {
		free(r);
		return UDF_E_NOMEM;
	}
	r->at = r->text;
	r->transport = (struct mmc_transport){ .ops = &replay_ops, .max_data_bytes = max_data_bytes };
	*ret_transport = &r->transport;
	return UDF_OK;
}

const char *mmc_replay_mismatch(struct mmc_transport *replay)
{
	struct replay *r = (struct replay *)replay;
	const char *end, *line;

	if (!r->has_failed) {
		line = line_next(r, &end);
		if (line != end)
			mismatch(r, "this command was not sent: %.*s", (int)(end - line > 80 ? 80 : end - line),
				 line);
	}
	return r->has_failed ? r->mismatch : NULL;
}
