/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a medium without UDF holds, where that is ISO 9660: label, size and, of a disc in a drive, the sessions. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/iso9660.h"
#include "front/front.h"
#include "info.h"
#include "medium/medium.h"

#define MAX_DESCRIPTORS 16u
#define MAX_SESSIONS 256u

struct session {
	uint32_t number;
	uint64_t first, end;		/* in sectors: what is recorded of it */
	bool has_volume;
	struct iso_volume volume;
};

struct iso_info {
	struct iso_volume volume;	/* the newest one: systems show that */
	uint64_t n_missing_blocks;	/* of an image that was cut off */
	unsigned n_sessions;		/* 0: unknown */
	struct session sessions[MAX_SESSIONS];
};

static enum udf_err read_sector(struct bio *bio, uint64_t sector, uint8_t ret[ISO_SECTOR_BYTES])
{
	uint32_t block_bytes = bio->geometry.block_bytes;
	uint64_t at_bytes = sector * ISO_SECTOR_BYTES, first = at_bytes / block_bytes;
	uint32_t n_blocks = (uint32_t)((at_bytes + ISO_SECTOR_BYTES - 1) / block_bytes - first + 1);
	enum udf_err err = UDF_E_NOMEM;
	uint8_t *blocks = malloc((size_t)n_blocks * block_bytes);

	if (blocks)
		err = bio_read(bio, first, n_blocks, blocks);
	if (!err)
		memcpy(ret, blocks + at_bytes % block_bytes, ISO_SECTOR_BYTES);
	free(blocks);
	return err;
}

/* Find the volume of the session that begins at sector FIRST.  Returns false if there is none. */
static bool find_volume(struct bio *bio, uint64_t first, struct iso_volume *ret_volume)
{
	uint8_t sector[ISO_SECTOR_BYTES];

	for (unsigned i = 0; i < MAX_DESCRIPTORS; i++) {
		if (read_sector(bio, first + ISO_FIRST_DESCRIPTOR + i, sector))
			return false;
		switch (iso_descriptor_decode(sector, ret_volume)) {
		case ISO_PRIMARY:
			return true;
		case ISO_OTHER:
			break;
		case ISO_NO_DESCRIPTOR:
		case ISO_TERMINATOR:
		default:
			return false;
		}
	}
	return false;
}

/* The sector after the last one that is recorded in TRACK. */
static uint64_t end_of_track(const struct bio_track *track)
{
	if (track->next_writable != BIO_NO_BLOCK)
		return track->next_writable;
	return track->last_recorded != BIO_NO_BLOCK ? track->last_recorded + 1 : track->first + track->n_blocks;
}

/* Tracks come in the order of their sessions.  What is reserved or still free is part of none. */
static void add_track(struct iso_info *iso, const struct bio_track *track, uint64_t recorded_end)
{
	uint64_t end = udf_min64(end_of_track(track), recorded_end);
	struct session *last = iso->n_sessions ? &iso->sessions[iso->n_sessions - 1] : NULL;

	if (end <= track->first)
		return;
	if (last && last->number == track->session)
		last->end = udf_max64(last->end, end);
	else if (iso->n_sessions < MAX_SESSIONS)
		iso->sessions[iso->n_sessions++] =
			(struct session){ .number = track->session, .first = track->first, .end = end };
}

/* Only the drive knows the sessions; DISC is read through it. */
static bool gather_sessions(struct bio *disc, struct iso_info *iso)
{
	struct bio_media_info media;
	bool found = false;

	if (bio_media_info(disc, &media))
		return false;
	for (size_t i = 0; i < media.n_tracks; i++)
		add_track(iso, &media.tracks[i], media.recorded_end);
	for (unsigned i = 0; i < iso->n_sessions; i++) {
		struct session *session = &iso->sessions[i];

		session->has_volume = find_volume(disc, session->first, &session->volume);
		if (session->has_volume)
			iso->volume = session->volume;
		found |= session->has_volume;
	}
	return found;
}

/* A drive of the host that is only read was opened as a block device, which has no sessions. */
static bool gather_from_drive(const struct front *front, struct iso_info *iso)
{
	const struct medium_options by_commands = { .read_only = true, .by_commands = true };
	struct bio *disc = NULL;
	bool found;

	if (!front->medium.is_optical || !front->medium.is_device)
		return gather_sessions(front->bio, iso);
	if (medium_open(front->path, &by_commands, &disc, NULL, NULL))
		return false;
	found = gather_sessions(disc, iso);
	bio_close(disc);
	return found;
}

static bool gather(const struct front *front, struct iso_info *iso)
{
	const struct bio_geometry *geometry = &front->bio->geometry;
	uint64_t n_here;

	if (gather_from_drive(front, iso))
		return true;
	iso->n_sessions = 0;
	if (!find_volume(front->bio, 0, &iso->volume))
		return false;
	n_here = geometry->n_blocks * geometry->block_bytes / iso->volume.block_bytes;
	if (iso->volume.n_blocks > n_here)
		iso->n_missing_blocks = iso->volume.n_blocks - n_here;
	return true;
}

static void print_messages(const char *path, const struct iso_info *iso)
{
	const struct iso_volume *volume = &iso->volume;
	char size[CLI_SIZE_BYTES];

	cli_size_text((uint64_t)volume->n_blocks * volume->block_bytes, size);
	cli_say("udfinfo: %s: ISO 9660 volume '%s': %" PRIu32 " blocks of %" PRIu32 " bytes (%s)", path, volume->label,
		volume->n_blocks, volume->block_bytes, size);
	if (iso->n_missing_blocks)
		cli_say("udfinfo: %s: it is cut off: the last %" PRIu64 " of these blocks are missing", path,
			iso->n_missing_blocks);
	for (unsigned i = 0; i < iso->n_sessions; i++) {
		const struct session *session = &iso->sessions[i];

		cli_say("udfinfo: %s: session %" PRIu32 ": blocks %" PRIu64 " to %" PRIu64 ", %s%s%s", path,
			session->number, session->first, session->end - 1,
			session->has_volume ? "ISO 9660 volume '" : "no ISO 9660 volume",
			session->has_volume ? session->volume.label : "", session->has_volume ? "'" : "");
	}
}

static void print_json(const char *path, const struct iso_info *iso)
{
	struct cli_json json = { .out = stdout };

	cli_json_object(&json, NULL);
	cli_json_text(&json, "filename", path);
	cli_json_object(&json, "iso9660");
	cli_json_text(&json, "label", iso->volume.label);
	cli_json_number(&json, "block_size", iso->volume.block_bytes);
	cli_json_number(&json, "blocks", iso->volume.n_blocks);
	cli_json_number(&json, "missing_blocks", iso->n_missing_blocks);
	cli_json_list(&json, "sessions");
	for (unsigned i = 0; i < iso->n_sessions; i++) {
		const struct session *session = &iso->sessions[i];

		cli_json_object(&json, NULL);
		cli_json_number(&json, "number", session->number);
		cli_json_number(&json, "start", session->first);
		cli_json_number(&json, "blocks", session->end - session->first);
		cli_json_text(&json, "label", session->has_volume ? session->volume.label : NULL);
		cli_json_object_end(&json);
	}
	cli_json_list_end(&json);
	cli_json_object_end(&json);
	cli_json_object_end(&json);
}

void info_show_iso(const struct front *front, bool json)
{
	struct iso_info *iso = calloc(1, sizeof(*iso));

	if (iso && gather(front, iso)) {
		if (json)
			print_json(front->path, iso);
		else
			print_messages(front->path, iso);
	}
	free(iso);
}
