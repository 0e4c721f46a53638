/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target: a drive that lies.  Byte 0 of the input chooses what is done with the drive, byte 1 the kind of
 * medium; then each command takes a byte, which says how it is answered:
 *	bits 7-6: 0 a good reply for this medium, 1 the same with changed bytes, 2 sense data, 3 something else
 * Changed bytes are a count and pairs of offset and byte; sense data are key, ASC, ASCQ and four bytes of information.
 * When the input ends, all replies are good, or the drive is gone.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "fuzz.h"
#include "mmc/blank.h"
#include "mmc/close.h"
#include "mmc/format.h"
#include "mmc/protect.h"
#include "mmc/recover.h"

#define MAX_COMMANDS 200000u		/* that any job may send; whole formats are waited for second by second */

struct liar {
	struct mmc_transport transport;
	const uint8_t *at, *end;
	uint64_t now_ms;
	uint32_t n_commands;
	uint8_t medium;
};

/* What a good drive answers: MEDIUM 0 DVD-RAM, 1 CD-RW formatted, 2 CD-RW blank, 3 DVD+RW, 4 DVD-RW, 5 BD-RE */
static const struct medium {
	uint16_t profile;
	uint8_t disc_byte_2, disc_byte_7, track_byte_6, track_byte_7, capacity_type, format_type;
	uint32_t n_blocks, packet_blocks;
} media[] = {
	{ 0x0012, 0x1F, 0, 0x01, 2, 2, 0x00, 2236704, 16 }, { 0x000A, 0x1E, 0x20, 0xB2, 0, 2, 0x10, 295264, 32 },
	{ 0x000A, 0x10, 0x20, 0x4F, 1, 1, 0x10, 295264, 0 }, { 0x001A, 0x1E, 0x01, 0x21, 0, 2, 0x26, 2295104, 16 },
	{ 0x0013, 0x15, 0x20, 0x71, 1, 3, 0x10, 2297888, 16 }, { 0x0043, 0x1E, 0, 0x01, 2, 2, 0x30, 11826176, 32 },
};

static uint8_t next(struct liar *l)
{
	return l->at < l->end ? *l->at++ : 0;
}

/* The reply of a good drive, in as many bytes as it has; returns how many. */
static uint32_t good_reply(const struct liar *l, const struct mmc_command *command, uint8_t reply[256])
{
	const struct medium *m = &media[l->medium];

	memset(reply, 0, 256);
	switch (command->cdb[0]) {
	case MMC_INQUIRY:
		reply[0] = 5;
		return 36;
	case MMC_GET_CONFIGURATION:
		put_be32(reply, 28);
		put_be16(reply + 6, m->profile);
		memcpy(reply + 8, "\x00\x20\x05\x0C\0\0\0\0\0\0\x08\0\0\x10\x01\0\x00\x23\x05\x04\x0B\0\0\0", 24);
		return 32;
	case MMC_READ_DISC_INFORMATION:
		memcpy(reply, "\0\x20\0\x01\x01\x01\x01", 7);
		reply[2] = m->disc_byte_2;
		reply[7] = m->disc_byte_7;
		put_be32(reply + 20, 0x004F3B4A);
		return 34;
	case MMC_READ_TRACK_INFORMATION:
		memcpy(reply, "\0\x22\x01\x01\0\x04", 6);
		reply[6] = m->track_byte_6;
		reply[7] = m->track_byte_7;
		put_be32(reply + 20, m->packet_blocks);
		put_be32(reply + 24, m->n_blocks);
		return 36;
	case MMC_READ_CAPACITY:
		put_be32(reply, m->n_blocks - 1);
		put_be32(reply + 4, 2048);
		return 8;
	case MMC_READ_FORMAT_CAPACITIES:
		reply[3] = 24;
		put_be32(reply + 4, m->n_blocks);
		put_be32(reply + 8, (uint32_t)m->capacity_type << 24 | 2048);
		put_be32(reply + 12, m->n_blocks);
		put_be32(reply + 16, (uint32_t)m->format_type << 26 | 32);
		put_be32(reply + 20, m->n_blocks - 32);
		return 28;
	case MMC_MODE_SENSE_10:
		put_be16(reply, 58);
		reply[8] = command->cdb[2] & 0x3F;
		reply[9] = 50;
		return 60;
	case MMC_GET_EVENT_STATUS:
		memcpy(reply, "\0\x06\x04\x10\0\x02", 6);
		return 8;
	default:
		return 256;
	}
}

static void data_give(const struct mmc_command *command, const uint8_t reply[256], uint32_t n_bytes,
		      struct mmc_reply *ret_reply)
{
	ret_reply->n_data_bytes = command->n_data_bytes;
	if (command->direction != MMC_FROM_DRIVE)
		return;
	memset(command->data, 0, command->n_data_bytes);
	if (n_bytes > command->n_data_bytes)
		n_bytes = command->n_data_bytes;
	memcpy(command->data, reply, n_bytes);
	ret_reply->n_data_bytes = n_bytes;
}

static void sense_give(struct liar *l, uint8_t how, struct mmc_reply *ret_reply)
{
	uint8_t *s = ret_reply->sense;

	ret_reply->status = how & 1 ? MMC_STATUS_GOOD : MMC_STATUS_CHECK;
	ret_reply->n_sense_bytes = 18;
	s[0] = (uint8_t)(0x70 | (how >> 1 & 3) | (how & 8 ? 0x80 : 0));
	s[2] = next(l);
	s[12] = next(l);
	s[13] = next(l);
	if (how & 16)
		for (int i = 3; i < 7; i++)
			s[i] = next(l);
	if (how & 32) {
		s[15] = 0x80;
		s[16] = next(l);
	}
}

static void liar_run(struct mmc_transport *transport, const struct mmc_command *command, struct mmc_reply *ret_reply)
{
	struct liar *l = (struct liar *)transport;
	bool is_over = l->at == l->end;
	uint8_t reply[256], how = next(l);
	uint32_t n_bytes = good_reply(l, command, reply);

	MUST(++l->n_commands <= MAX_COMMANDS);
	*ret_reply = (struct mmc_reply){ .delivery = MMC_DELIVERED, .duration_ms = how & 7 };
	l->now_ms += how & 7;
	if (is_over || how >> 6 == 0) {
		data_give(command, reply, n_bytes, ret_reply);
	} else if (how >> 6 == 1) {
		for (unsigned n = how & 0x0F; n; n--) {
			uint8_t at = next(l);

			reply[at] = next(l);
		}
		if (how & 0x10)
			n_bytes = next(l);
		data_give(command, reply, n_bytes, ret_reply);
	} else if (how >> 6 == 2) {
		sense_give(l, how & 0x3F, ret_reply);
	} else {
		static const enum mmc_delivery deliveries[] = {
			MMC_DELIVERED, MMC_DELIVERED, MMC_TIMED_OUT, MMC_DRIVE_GONE, MMC_NOT_PERMITTED, MMC_HOST_FAILED,
		};

		ret_reply->delivery = deliveries[(how & 0x3F) % 6];
		ret_reply->status = how & 0x20 ? MMC_STATUS_BUSY : MMC_STATUS_CHECK;
	}
}

static void liar_wait(struct mmc_transport *transport, uint32_t wait_ms)
{
	((struct liar *)transport)->now_ms += wait_ms;
}

static uint64_t liar_now_ms(struct mmc_transport *transport)
{
	return ((struct liar *)transport)->now_ms;
}

static void liar_close(struct mmc_transport *transport)
{
	(void)transport;
}

/* Whatever a drive says, the conclusions fit together. */
static void disc_check(const struct mmc_disc *disc)
{
	MUST(disc->profile && disc->n_tracks <= MMC_MAX_TRACKS && disc->n_formats <= MMC_MAX_FORMATS);
	MUST(!disc->can_overwrite || (disc->n_blocks && disc->write_unit_blocks && disc->profile->is_rewritable));
	MUST(!disc->needs_whole_units || disc->write_unit_blocks);
	MUST(disc->can_overwrite || disc->can_append || disc->trouble);
	MUST(strnlen(disc->medium_id, sizeof(disc->medium_id)) < sizeof(disc->medium_id));
}

static void jobs_do(struct mmc_drive *drive, uint8_t jobs)
{
	static uint8_t data[64 * 2048];
	const struct mmc_disc *disc = mmc_drive_disc(drive);
	struct mmc_format_options options = { .how = (enum mmc_format_how)(jobs % 3),
					     .spares = (enum mmc_spares)(jobs >> 2 & 3),
					      .waits_for_background = jobs & 16 };
	struct mmc_media_status status;
	struct mmc_lost lost;
	const char *what;

	mmc_drive_read(drive, 0, 40, data);
	mmc_drive_write(drive, 32, 64, data);
	if (mmc_drive_sync(drive) == UDF_OK)
		MUST(!mmc_drive_take_lost(drive, &lost));
	while (mmc_drive_take_lost(drive, &lost))
		MUST(lost.is_all || !disc->n_blocks || lost.lba < disc->n_blocks);
	mmc_drive_poll(drive, &status);
	mmc_drive_set_speed(drive, 4000);
	switch (jobs & 7) {
	case 0:
		mmc_blank(drive, MMC_BLANK_MINIMAL, 0);
		break;
	case 1:
		mmc_close_session(drive);
		mmc_reserve_track(drive, 1000);
		break;
	case 2:
		mmc_protect(drive, true);
		break;
	case 3:
		mmc_format_stop(drive);
		mmc_format_grow(drive);
		break;
	case 4:
		mmc_drive_lock(drive, true);
		mmc_drive_eject(drive);
		mmc_drive_load(drive);
		break;
	case 5:
		mmc_recover(drive, jobs & 8, &what);
		mmc_drive_reload(drive);
		break;
	default:
		mmc_format(drive, &options);
		break;
	}
	disc_check(disc);
	mmc_drive_write(drive, 0, 16, data);
	mmc_drive_sync(drive);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	static const struct mmc_transport_ops ops = {
		.run = liar_run, .wait = liar_wait, .now_ms = liar_now_ms, .close = liar_close,
	};
	struct liar liar = { .transport = { .ops = &ops, .max_data_bytes = 65536 } };
	struct mmc_drive *drive = NULL;
	struct mmc_failure failure;

	if (n_bytes < 2)
		return 0;
	liar.medium = data[1] % (sizeof(media) / sizeof(media[0]));
	liar.at = data + 2;
	liar.end = data + n_bytes;
	if (mmc_drive_open(&liar.transport, NULL, NULL, &drive, &failure)) {
		MUST(failure.err && failure.text[0]);
		return 0;
	}
	disc_check(mmc_drive_disc(drive));
	jobs_do(drive, data[0]);
	mmc_drive_close(drive);
	return 0;
}
