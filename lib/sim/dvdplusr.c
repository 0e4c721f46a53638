/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DVD+R, of one layer and of two: fragments in sessions.  After a power cut the drive finds the end of what is recorded
 * by itself.
 */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/sequence.h"

static const char *const state_names[] = { "blank", "appendable", "complete", NULL };

#define DUAL_LAYER 0x002Bu
#define ECC_BLOCKS 16u
#define GAP_BLOCKS 2048u		/* between sessions, as discs of two makers have it */
#define MAX_SESSIONS 153u
#define MAX_SESSIONS_DL 127u
#define MAX_FRAGMENTS 15u		/* of a session */
#define LAST_ECC_BLOCKS 65u		/* with fewer left, some drives close the disc */

static bool is_dual_layer(const struct sim *sim)
{
	return sim->disc->kind->profile == DUAL_LAYER;
}

static struct sim_seq_rules rules_of(const struct sim *sim)
{
	struct sim_seq_rules rules = {
		.n_blocks = sim->disc->kind->max_blocks, .first_gap_blocks = GAP_BLOCKS,
		.later_gap_blocks = GAP_BLOCKS, .align_blocks = ECC_BLOCKS, .packet_blocks = ECC_BLOCKS,
		.max_sessions = is_dual_layer(sim) ? MAX_SESSIONS_DL : MAX_SESSIONS,
		.max_session_tracks = MAX_FRAGMENTS, .blank_mode = 4, .blank_data_mode = 0x61,
		.reserved_bits = 0xC0, .is_write_once = true, .never_damaged = true, .reads_open_tracks = true,
		.gap_sense = OUT_OF_RANGE };

	return rules;
}

static void describe(const struct sim *sim, struct sim_view *view)
{
	const struct sim_disc *disc = sim->disc;
	struct sim_seq_rules rules = rules_of(sim);

	view->profile = is_dual_layer(sim) ? DUAL_LAYER : 0x001B;
	view->features = FEATURE(F1F) | FEATURE(F107);
	sim_ordered_describe(sim, view);
	if (disc->state != SIM_COMPLETE)
		view->lead_in = sim_next_start(disc, &rules);
	if (disc->state != SIM_COMPLETE)
		view->features |= FEATURE(F2B) | (sim_has(sim, QUIRK_PLUSR_21) ? FEATURE(F21) : 0);
	for (unsigned i = 0; sim_has(sim, QUIRK_PLUS_NO_PACKET) && i < view->n_tracks; i++)
		view->tracks[i].data_mode &= 0xCF;
}

static sim_sense reserve(struct sim *sim, struct sim_command *cmd, uint32_t n_blocks)
{
	struct sim_seq_rules rules = rules_of(sim);

	if (sim->disc->state == SIM_COMPLETE)
		return WRONG_SEQUENCE;
	/* one fragment is left for what is not reserved */
	rules.max_session_tracks = MAX_FRAGMENTS - 1;
	return sim_seq_reserve(sim, cmd, n_blocks, SIM_INCREMENTAL, &rules);
}

/* ---- closing ---- */

static sim_sense close_session(struct sim *sim, bool is_final, bool immed)
{
	struct sim_disc *disc = sim->disc;
	struct sim_seq_rules rules = rules_of(sim);
	sim_sense sense = sim_seq_may_close(disc);

	if (sense || (!is_final && !sim_session_is_open(disc)))
		return sense;
	if (sim_has(sim, QUIRK_PLUS_FINALIZES) &&
	    sim_next_start(disc, &rules) + LAST_ECC_BLOCKS * ECC_BLOCKS > rules.n_blocks)
		is_final = true;
	if (is_dual_layer(sim) && sim_n_closed_sessions(disc) + 1 >= MAX_SESSIONS_DL)
		is_final = true;
	return sim_ordered_begin_close(sim, is_final ? SIM_CLOSE_FINAL : 0, is_final ? 600000 : 60000, immed);
}

static sim_sense close_disc(struct sim *sim, struct sim_command *cmd, unsigned function, unsigned number, bool immed)
{
	const struct sim_disc *disc = sim->disc;
	bool is_final = function == 5 || function == 6 || (function == 4 && is_dual_layer(sim));

	if (function != 1 && function != 2 && !is_final)
		return sim_bad_field(cmd, 2, 2);
	if (disc->state == SIM_COMPLETE)
		return is_final ? 0 : WRONG_SEQUENCE;
	if (is_final && disc->n_tracks == 0)
		return WRONG_SEQUENCE;
	return function == 1 ? sim_ordered_close_track(sim, number, 10000, immed) : close_session(sim, is_final, immed);
}

/* ---- structures ---- */

static const uint8_t structures[] = { 0x00, 0x01, 0x04, 0x10, 0x11, 0xFF };
static const uint8_t structures_dl[] = { 0x00, 0x01, 0x04, 0x10, 0x11, 0x20, 0xFF };

static void put_format(const struct sim *sim, uint8_t *ret)
{
	const struct sim_disc *disc = sim->disc;
	uint32_t n_blocks = disc->state == SIM_COMPLETE ? disc->n_blocks : disc->kind->max_blocks;

	ret[0] = is_dual_layer(sim) ? 0xE1 : 0xA1;
	ret[1] = 0x0F;
	ret[2] = is_dual_layer(sim) ? 0x22 : 0x02;
	ret[3] = 0x10;
	put_be24(ret + 5, 0x030000);
	put_be24(ret + 9, 0x030000 + n_blocks - 1);
}

static sim_sense structure(const struct sim *sim, unsigned format, uint8_t *ret, uint32_t *ret_n_bytes)
{
	*ret_n_bytes = 0;
	switch (format) {
	case 0x10:
		if (sim->disc->n_tracks == 0)
			return 0;
		/* fallthrough */
	case 0x00:
		put_format(sim, ret);
		*ret_n_bytes = 2048;
		return 0;
	case 0x11:
		put_format(sim, ret);
		memcpy(ret + 19, "SIMULATR001", 12);
		*ret_n_bytes = 256;
		return 0;
	case 0x01:
		*ret_n_bytes = 4;
		return 0;
	case 0x04:
		*ret_n_bytes = 2048;
		return 0;
	case 0x20:	/* the size of the first layer */
		if (is_dual_layer(sim)) {
			put_be32(ret + 4, sim->disc->kind->max_blocks / 2);
			*ret_n_bytes = 8;
		}
		return 0;
	default:
		return 0;
	}
}

#define OPERATIONS \
	.state_names = state_names, \
	.describe = describe, \
	.rules = rules_of, \
	.read_limit = sim_ordered_read_limit, \
	.check_read = sim_ordered_check_read, \
	.may_write = sim_ordered_may_write, \
	.write = sim_ordered_write, \
	.sync = sim_ordered_sync, \
	.reserve = reserve, \
	.close = close_disc, \
	.structure = structure, \
	.finish = sim_ordered_finish_close, \
	.cut = sim_ordered_cut

const struct sim_family sim_dvdplusr = { OPERATIONS, .structures = structures };
const struct sim_family sim_dvdplusr_dl = { OPERATIONS, .structures = structures_dl };
