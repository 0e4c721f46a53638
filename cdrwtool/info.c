/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdio.h>

#include "describe.h"
#include "info.h"
#include "mmc/write_mode.h"

static void print_speeds(const struct mmc_speeds *speeds)
{
	if (speeds->n_speeds == 0)
		return;
	printf("write speeds:");
	for (uint32_t i = 0; i < speeds->n_speeds; i++)
		printf(" %u", speeds->speeds[i].write_kbs);
	printf(" kB/s\n");
}

static void print_formats(const struct mmc_disc *disc)
{
	for (uint32_t i = 0; i < disc->n_formats; i++)
		printf("can be formatted to: %u blocks (type %02Xh, parameter %u)\n", disc->formats[i].n_blocks,
		       disc->formats[i].type, disc->formats[i].parameter);
}

static void print_track(const struct mmc_track *track)
{
	printf("track %u: session %u, start %u, %u blocks", track->number, track->session, track->start_lba,
	       track->n_blocks);
	if (track->is_fixed_packet)
		printf(", packets of %u", track->packet_blocks);
	else if (track->is_packet)
		printf(", variable packets");
	if (track->is_blank)
		printf(", blank");
	if (track->is_reserved)
		printf(", reserved");
	if (track->is_damaged)
		printf(", damaged");
	if (track->has_next_writable)
		printf(", next writable %u, %u free", track->next_writable_lba, track->n_free_blocks);
	printf("\n");
}

static void print_text(const struct work *work)
{
	const struct mmc_inquiry *inquiry = mmc_drive_inquiry(work->drive);
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	char text[DESCRIBE_BYTES];

	printf("drive: %s %s, firmware %s\n", inquiry->vendor, inquiry->product, inquiry->revision);
	describe_disc(disc, text);
	printf("disc: %s\n", text);
	if (disc->state == MMC_STATE_NO_MEDIUM)
		return;
	if (disc->medium_id[0])
		printf("made by: %s\n", disc->medium_id);
	printf("blocks: %u of 2048 bytes\n", disc->n_blocks);
	if (disc->write_unit_blocks)
		printf("written in units of: %u blocks\n", disc->write_unit_blocks);
	if (disc->has_spare)
		printf("spare blocks: %u left\n", disc->spare.n_primary_left + disc->spare.n_left);
	print_speeds(&disc->speeds);
	print_formats(disc);
	for (uint32_t i = 0; i < disc->n_tracks; i++)
		print_track(&disc->tracks[i]);
	if (disc->trouble)
		printf("trouble: %s\n", disc->trouble);
	printf("use: %s\n", describe_use(disc));
}

static void print_track_json(struct cli_json *json, const struct mmc_track *track)
{
	cli_json_object(json, NULL);
	cli_json_number(json, "track", track->number);
	cli_json_number(json, "session", track->session);
	cli_json_number(json, "start", track->start_lba);
	cli_json_number(json, "blocks", track->n_blocks);
	if (track->is_fixed_packet)
		cli_json_number(json, "packet_blocks", track->packet_blocks);
	cli_json_bool(json, "blank", track->is_blank);
	cli_json_bool(json, "damaged", track->is_damaged);
	if (track->has_next_writable) {
		cli_json_number(json, "next_writable", track->next_writable_lba);
		cli_json_number(json, "free_blocks", track->n_free_blocks);
	}
	cli_json_object_end(json);
}

static void print_disc_json(struct cli_json *json, const struct mmc_disc *disc)
{
	cli_json_text(json, "medium", disc->state == MMC_STATE_NO_MEDIUM ? NULL : disc->profile->name);
	cli_json_text(json, "state", mmc_state_name(disc->state));
	cli_json_text(json, "medium_id", disc->medium_id[0] ? disc->medium_id : NULL);
	cli_json_number(json, "blocks", disc->n_blocks);
	cli_json_number(json, "write_unit_blocks", disc->write_unit_blocks);
	cli_json_bool(json, "overwritable", disc->can_overwrite);
	cli_json_bool(json, "write_protected", disc->protection != MMC_PROTECTION_NONE);
	if (disc->has_spare)
		cli_json_number(json, "free_spare_blocks", disc->spare.n_primary_left + disc->spare.n_left);
	cli_json_list(json, "write_speeds");
	for (uint32_t i = 0; i < disc->speeds.n_speeds; i++)
		cli_json_number(json, NULL, disc->speeds.speeds[i].write_kbs);
	cli_json_list_end(json);
	cli_json_list(json, "formats");
	for (uint32_t i = 0; i < disc->n_formats; i++) {
		cli_json_object(json, NULL);
		cli_json_number(json, "type", disc->formats[i].type);
		cli_json_number(json, "blocks", disc->formats[i].n_blocks);
		cli_json_number(json, "parameter", disc->formats[i].parameter);
		cli_json_object_end(json);
	}
	cli_json_list_end(json);
	cli_json_list(json, "tracks");
	for (uint32_t i = 0; i < disc->n_tracks; i++)
		print_track_json(json, &disc->tracks[i]);
	cli_json_list_end(json);
	cli_json_text(json, "trouble", disc->trouble);
	cli_json_text(json, "use", describe_use(disc));
}

static void print_json(const struct work *work)
{
	const struct mmc_inquiry *inquiry = mmc_drive_inquiry(work->drive);
	struct cli_json json = { .out = stdout };

	cli_json_object(&json, NULL);
	cli_json_text(&json, "device", work->req->device);
	cli_json_text(&json, "vendor", inquiry->vendor);
	cli_json_text(&json, "product", inquiry->product);
	cli_json_text(&json, "firmware", inquiry->revision);
	print_disc_json(&json, mmc_drive_disc(work->drive));
	cli_json_object_end(&json);
}

void info_print(const struct work *work)
{
	if (work->req->json)
		print_json(work);
	else
		print_text(work);
}

static const char *write_type_name(uint8_t type)
{
	static const char *const names[] = { "packets", "track at once", "session at once", "raw" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}

enum udf_err info_print_parameters(struct work *work)
{
	struct mmc_write_parameters parameters;
	enum udf_err err = mmc_write_mode_get(work->drive, &parameters);

	if (err) {
		work_failed(work, "cannot read its write parameters", err);
		return err;
	}
	printf("write type: %s\n", write_type_name(parameters.write_type));
	printf("packets: %s", parameters.is_fixed_packet ? "fixed" : "variable");
	if (parameters.is_fixed_packet)
		printf(", %u blocks", parameters.packet_blocks);
	printf("\ntrack mode: %u\n", parameters.track_mode);
	printf("data block type: %u (mode %s)\n", parameters.data_block_type,
	       parameters.data_block_type == 8 ? "1" : parameters.data_block_type == 10 ? "2 form 1" : "other");
	printf("session format: %02Xh\n", parameters.session_format);
	printf("multi-session field: %u\n", parameters.multi_session);
	printf("test write: %s\n", parameters.is_test ? "on" : "off");
	printf("protection against buffer underrun: %s\n", parameters.is_underrun_free ? "on" : "off");
	return UDF_OK;
}
