/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the drive is and can do: INQUIRY, REPORT LUNS, GET CONFIGURATION.
 *
 * Every feature that the drive supports is listed always; its Current bit moves with the medium.
 */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/family.h"

sim_sense cmd_inquiry(struct sim *sim, struct sim_command *cmd)
{
	uint8_t reply[36] = { 0x05, 0x80, 0x05, 0x32, 0x1F };

	if (cmd->cdb[1] & 1)
		return sim_bad_field(cmd, 1, 0);
	memcpy(reply + 8, "UDFKIT  SIMULATED DRIVE 1.00", 28);
	return sim_reply(sim, cmd, reply, sizeof(reply), get_be16(cmd->cdb + 3));
}

sim_sense cmd_report_luns(struct sim *sim, struct sim_command *cmd)
{
	static const uint8_t reply[16] = { 0, 0, 0, 8 };

	return sim_reply(sim, cmd, reply, sizeof(reply), get_be32(cmd->cdb + 6));
}

static const uint16_t profiles[] = {
	0x0043, 0x0042, 0x0041, 0x0040, 0x002B, 0x002A, 0x001B, 0x001A, 0x0015, 0x0014, 0x0013, 0x0012, 0x0011, 0x0010,
	0x000A, 0x0009, 0x0008,
};
#define N_PROFILES (sizeof(profiles) / sizeof(*profiles))

#define PERSISTENT 0xff		/* in place of an enum sim_feature: always current */

/* Byte 2 without Current; the data after the 4 bytes of the head. */
static const struct feature {
	uint16_t code;
	uint8_t column, byte2, n_data_bytes;
	uint8_t data[28];
} features[] = {
	{ 0x0001, PERSISTENT, 0x0A, 8, { 0, 0, 0, 7, 1 } },
	{ 0x0002, PERSISTENT, 0x06, 4, { 2 } },
	{ 0x0003, PERSISTENT, 0x06, 4, { 0x29 } },
	{ 0x0004, F04, 0x08, 4, { 2 } },
	{ 0x0010, F10, 0x00, 8, { 0, 0, 8, 0, 0, 1, 1 } },
	{ 0x001D, PERSISTENT, 0x00, 0, { 0 } },
	{ 0x001E, F1E, 0x08, 4, { 3 } },
	{ 0x001F, F1F, 0x04, 4, { 1, 0, 1 } },
	{ 0x0020, F20, 0x04, 12, { 0, 0, 0, 0, 0, 0, 8, 0, 0, 1, 1 } },
	{ 0x0021, F21, 0x0C, 8, { 0x01, 0x00, 0x01, 1, 16 } },
	{ 0x0023, F23, 0x04, 8, { 0, 0x80 } },
	{ 0x0024, F24, 0x04, 4, { 0x80 } },
	{ 0x0025, F25, 0x00, 8, { 0, 0, 8, 0, 0, 32, 1 } },
	{ 0x0026, F26, 0x00, 0, { 0 } },
	{ 0x002A, F2A, 0x04, 4, { 1 } },
	{ 0x002B, F2B, 0x00, 4, { 1 } },
	{ 0x002C, F2C, 0x00, 4, { 0x0D } },
	{ 0x002D, F2D, 0x08, 4, { 0x46, 0, 0x3F, 0x0F } },
	{ 0x002E, F2E, 0x00, 4, { 0x66, 0, 0x0F, 0xFF } },
	{ 0x002F, F2F, 0x08, 4, { 0x46 } },
	{ 0x0037, F37, 0x00, 4, { 0, 0x0F } },
	{ 0x0038, F38, 0x00, 4, { 0 } },
	{ 0x003B, F3B, 0x00, 4, { 1 } },
	{ 0x0040, F40, 0x04, 28, { 0, 0, 0, 0, 0, 2, 0, 2, 0, 2, 0, 2, 0, 2, 0, 2, 0, 2, 0, 2, 0, 2 } },
	{ 0x0041, F41, 0x04, 24, { 0, 0, 0, 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 2 } },
	{ 0x0100, PERSISTENT, 0x00, 0, { 0 } },
	{ 0x0105, PERSISTENT, 0x04, 4, { 0 } },
	{ 0x0106, F106, 0x00, 4, { 0, 0, 0, 1 } },
	{ 0x0107, F107, 0x10, 4, { 0x1F } },
	{ 0x0108, PERSISTENT, 0x00, 12, "SIM000000001" },
	{ 0x010C, PERSISTENT, 0x00, 16, "20261130120000" },
};
#define N_FEATURES (sizeof(features) / sizeof(*features))
#define MAX_REPLY_BYTES 1024u

/* Writing is the business of many features; without a disc the numbers are those of a CD. */
static void adapt(const struct sim *sim, const struct sim_view *view, uint16_t code, uint8_t *data)
{
	uint16_t unit = sim->disc && !sim->disc->kind->is_cd ? sim->disc->kind->unit_blocks : 1;

	switch (code) {
	case 0x0010:
		put_be16(data + 4, unit);
		break;
	case 0x0020:
		if (view->features & FEATURE(F20))
			put_be32(data, view->readable_blocks ? view->readable_blocks - 1 : 0);
		put_be16(data + 8, unit);
		break;
	case 0x0021:
		data[0] = sim->disc && sim->disc->kind->is_cd ? 0x3F : 0x01;
		data[4] = sim->disc && sim->disc->kind->is_cd ? 7 : (uint8_t)(unit > 1 ? unit : 16);
		break;
	case 0x0023:
		if (view->features & FEATURE(F41))
			data[0] = 0x0F;
		break;
	default:
		break;
	}
}

static uint32_t put_feature(const struct sim *sim, const struct sim_view *view, const struct feature *feature,
			    uint8_t *p)
{
	bool is_current = feature->column == PERSISTENT || (view->features >> feature->column & 1);

	put_be16(p, feature->code);
	p[2] = (uint8_t)(feature->byte2 | (feature->column == PERSISTENT ? 2 : 0) | (is_current ? 1 : 0));
	p[3] = feature->n_data_bytes;
	memcpy(p + 4, feature->data, feature->n_data_bytes);
	adapt(sim, view, feature->code, p + 4);
	return 4u + feature->n_data_bytes;
}

static uint32_t put_profiles(const struct sim_view *view, uint8_t *p)
{
	put_be16(p, 0x0000);
	p[2] = 0x03;
	p[3] = (uint8_t)(4 * N_PROFILES);
	for (size_t i = 0; i < N_PROFILES; i++) {
		put_be16(p + 4 + 4 * i, profiles[i]);
		p[4 + 4 * i + 2] = profiles[i] == view->profile;
	}
	return 4u + p[3];
}

sim_sense cmd_configuration(struct sim *sim, struct sim_command *cmd)
{
	unsigned type = cmd->cdb[1] & 3, start = get_be16(cmd->cdb + 2);
	uint8_t reply[MAX_REPLY_BYTES] = { 0 };
	struct sim_view view;
	uint32_t at = 8;

	if (type == 3)
		return sim_bad_field(cmd, 1, 1);
	memset(&view, 0, sizeof(view));
	if (sim->disc && sim->drive->op.kind != OP_LOAD)
		sim->disc->kind->family->describe(sim, &view);
	put_be16(reply + 6, view.profile);
	if (start == 0)
		at += put_profiles(&view, reply + at);
	for (size_t i = 0; i < N_FEATURES; i++) {
		const struct feature *feature = &features[i];
		bool is_current = feature->column == PERSISTENT || (view.features >> feature->column & 1);

		if (type == 2 ? feature->code == start : feature->code >= start && (type == 0 || is_current))
			at += put_feature(sim, &view, feature, reply + at);
	}
	put_be32(reply, at - 4);
	return sim_reply(sim, cmd, reply, at, get_be16(cmd->cdb + 7));
}
