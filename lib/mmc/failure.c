/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "mmc/cdb.h"
#include "mmc/failure.h"

enum udf_err mmc_failure_refuse(struct mmc_failure *ret_failure, enum udf_err err, const char *advice,
				const char *format, ...)
{
	va_list args;

	memset(ret_failure, 0, sizeof(*ret_failure));
	ret_failure->err = err;
	ret_failure->advice = advice;
	va_start(args, format);
	vsnprintf(ret_failure->text, sizeof(ret_failure->text), format, args);
	va_end(args);
	return err;
}

/* Words for what happened on the way, before a drive said anything. */
static const char *delivery_text(const struct mmc_reply *reply, enum udf_err *ret_err, const char **ret_advice)
{
	*ret_err = UDF_E_IO;
	*ret_advice = "Check the cable, the USB adapter and the power of the drive.";
	switch (reply->delivery) {
	case MMC_TIMED_OUT:
		return "the drive did not answer in time";
	case MMC_DRIVE_GONE:
		return "the drive is gone";
	case MMC_NOT_PERMITTED:
		*ret_err = UDF_E_NO_PERMISSION;
		*ret_advice = "Join the group that owns the device, or become root.";
		return "the kernel does not let this user send the command";
	case MMC_HOST_FAILED:
		return "the host could not send the command";
	case MMC_DELIVERED:
		break;
	}
	return NULL;
}

/* The block that a command is about: the one that the drive names if it is one of the command's, else the first. */
static bool block_of(const struct mmc_command *command, const struct mmc_sense *sense, uint32_t *ret_lba)
{
	uint32_t lba = get_be32(command->cdb + 2), n_blocks = get_be16(command->cdb + 7);

	switch (command->cdb[0]) {
	case MMC_READ_10:
	case MMC_WRITE_10:
	case MMC_VERIFY_10:
		break;
	case MMC_READ_12:
	case MMC_WRITE_12:
		n_blocks = get_be32(command->cdb + 6);
		break;
	default:
		return false;
	}
	if (sense->is_present && sense->has_information && sense->information >= lba &&
	    sense->information < (uint64_t)lba + n_blocks)
		lba = (uint32_t)sense->information;
	*ret_lba = lba;
	return true;
}

enum udf_err mmc_failure_from_reply(struct mmc_failure *ret_failure, const struct mmc_command *command,
				    const struct mmc_reply *reply, const struct mmc_sense *sense)
{
	struct mmc_failure *f = ret_failure;
	struct mmc_sense_meaning meaning = mmc_sense_meaning(sense);
	const char *text;

	memset(f, 0, sizeof(*f));
	text = delivery_text(reply, &f->err, &f->advice);
	if (!text && reply->status == MMC_STATUS_BUSY) {
		text = "the drive stays busy";
		f->err = UDF_E_BUSY;
	} else if (!text) {
		text = meaning.text;
		f->err = meaning.err == UDF_OK ? UDF_E_IO : meaning.err;
		f->advice = meaning.advice;
	}
	f->has_lba = block_of(command, sense, &f->lba);
	memcpy(f->cdb, command->cdb, sizeof(f->cdb));
	f->n_cdb_bytes = command->n_cdb_bytes;
	f->reply = *reply;
	f->sense = *sense;
	if (sense->is_present && reply->delivery == MMC_DELIVERED)
		snprintf(f->text, sizeof(f->text), "%s failed: %s (%X/%02X/%02X)", mmc_op_name(command->cdb[0]), text,
			 sense->key, sense->asc, sense->ascq);
	else
		snprintf(f->text, sizeof(f->text), "%s failed: %s", mmc_op_name(command->cdb[0]), text);
	return f->err;
}

/* Append to a text that is cut at its end. */
static void append(char *text, size_t n_bytes, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void append(char *text, size_t n_bytes, const char *format, ...)
{
	size_t at = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + at, n_bytes - at, format, args);
	va_end(args);
}

void mmc_command_describe(const struct mmc_command *command, const struct mmc_reply *reply, char *ret_text,
			  size_t n_bytes)
{
	struct mmc_sense sense;
	const char *advice;
	enum udf_err err;

	snprintf(ret_text, n_bytes, "%s", mmc_op_name(command->cdb[0]));
	for (unsigned i = 0; i < command->n_cdb_bytes; i++)
		append(ret_text, n_bytes, " %02X", command->cdb[i]);
	if (reply->delivery != MMC_DELIVERED) {
		append(ret_text, n_bytes, ": %s", delivery_text(reply, &err, &advice));
		if (reply->host_errno)
			append(ret_text, n_bytes, " (errno %d)", reply->host_errno);
	} else {
		append(ret_text, n_bytes, ": status %02X", reply->status);
		if (mmc_sense_parse(reply->sense, reply->n_sense_bytes, &sense)) {
			append(ret_text, n_bytes, ", %ssense %X/%02X/%02X (%s): %s, bytes",
			       sense.is_deferred ? "deferred " : "",
			       sense.key, sense.asc, sense.ascq, mmc_sense_key_name(sense.key),
			       mmc_sense_meaning(&sense).text);
			for (unsigned i = 0; i < reply->n_sense_bytes && i < 32; i++)
				append(ret_text, n_bytes, " %02X", reply->sense[i]);
		}
	}
	append(ret_text, n_bytes, "; %u ms", (unsigned)reply->duration_ms);
}
