/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing in order: the stream that empties the buffer, what stops it, and what closes a track.
 *
 * What can't be written is found out after the drive has accepted it, and reported by the next command.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "sim/attention.h"
#include "sim/cache.h"
#include "sim/clock.h"
#include "sim/mode.h"
#include "sim/sequence.h"
#include "sim/text.h"

#define PACKET_BLOCKS 32u
#define TEST_WRITE 0x10u		/* of page 05, byte 2 */
#define UNDERRUN_FREE 0x40u
#define LOSS_OF_STREAMING SENSE(3, 0x0C, 0x09)
#define WRITE_ERROR SENSE(3, 0x0C, 0x00)
#define TRACK_IS_FULL SENSE(5, 0x63, 0x00)
#define RESERVED_TRACK_LEFT SENSE(5, 0x72, 0x04)
#define AREA_ALMOST_FULL SENSE(1, 0x73, 0x01)
#define AREA_FULL SENSE(3, 0x73, 0x02)

bool sim_is_test(const struct sim *sim)
{
	return sim_page_byte(sim, 5, 2) & TEST_WRITE;
}

bool sim_may_underrun(const struct sim *sim)
{
	return !(sim_page_byte(sim, 5, 2) & UNDERRUN_FREE);
}

uint32_t sim_write_kbytes(const struct sim *sim)
{
	uint32_t most = sim->disc->kind->kbytes_per_s, set = sim->drive->write_kbytes;

	return set && set < most ? set : most;
}

sim_sense sim_calibrate(struct sim *sim)
{
	struct sim_disc *disc = sim->disc;
	uint32_t n = sim_has(sim, QUIRK_PCA_N) ? SIM_FEW_CALIBRATIONS : SIM_CALIBRATIONS;

	if (!disc->kind->family->calibrates)
		return 0;
	if (disc->n_calibrations >= n)
		return AREA_FULL;
	disc->n_calibrations++;
	sim->is_calibrated = true;
	sim->must_save = true;
	sim_busy_for(sim, 2000000);
	return disc->n_calibrations == n ? AREA_ALMOST_FULL : 0;
}

/* ---- writing ---- */

/* A stream empties the buffer at the speed of writing.  False: there is no room yet. */
static bool fits_in_buffer(struct sim *sim, const struct sim_span *span)
{
	uint32_t kbytes_per_s = sim_write_kbytes(sim);
	uint64_t now_us = sim->drive->clock_us, bytes = (uint64_t)span->n_blocks * SIM_BLOCK_BYTES;
	uint64_t waiting;

	if (sim->stream_end_us < now_us)
		sim->stream_end_us = now_us;
	waiting = (sim->stream_end_us - now_us) * kbytes_per_s / 1000;
	if (waiting && waiting + bytes > sim->disc->kind->buffer_bytes) {
		sim_busy_for(sim, 20000);
		return false;
	}
	sim->stream_end_us += bytes * 1000 / kbytes_per_s;
	sim->is_streaming = true;
	return true;
}

/* A power cut that was announced comes when its packet is due. */
static bool power_fails(struct sim *sim, uint32_t n_blocks)
{
	struct sim_drive *drive = sim->drive;
	uint32_t n_packets = (n_blocks + sim->disc->kind->unit_blocks - 1) / sim->disc->kind->unit_blocks;

	if (!drive->cut_announced)
		return false;
	if (drive->cut_after < n_packets) {
		sim_power_fail(sim);
		return true;
	}
	drive->cut_after -= n_packets;
	return false;
}

/* The track that goes on at LBA; NULL: none. */
static struct sim_recorded *track_at(struct sim_disc *disc, uint32_t lba)
{
	for (uint32_t i = 0; i < disc->n_tracks; i++)
		if (disc->tracks[i].flags & TRACK_OPEN && disc->tracks[i].end_lba == lba)
			return &disc->tracks[i];
	return NULL;
}

static uint32_t room_end(const struct sim_recorded *track, const struct sim_seq_rules *rules)
{
	uint32_t limit = track && track->flags & TRACK_RESERVED ? track->reserved_end_lba : rules->n_blocks;

	if (track && track->flags & TRACK_FIXED_PACKETS)
		limit = track->start_lba + (limit - track->start_lba + rules->link_blocks) /
						   (PACKET_BLOCKS + rules->link_blocks) * PACKET_BLOCKS;
	return limit;
}

/* The laser is off.  The addresses are checked as they would be. */
static sim_sense write_test(struct sim *sim, struct sim_command *cmd, const struct sim_span *span,
			    const struct sim_recorded *track, const struct sim_seq_rules *rules)
{
	struct sim_test *test = &sim->test;
	uint32_t limit = test->reserved_end_lba ? test->reserved_end_lba : room_end(track, rules);

	if (!test->is_on) {
		test->is_on = true;
		test->next_lba = track ? track->end_lba : sim_next_start(sim->disc, rules);
	}
	if (span->lba != test->next_lba)
		return sim_bad_lba(cmd, BAD_WRITE_ADDRESS, span->lba);
	if (limit < span->lba || span->n_blocks > limit - span->lba)
		return sim_bad_lba(cmd, TRACK_IS_FULL, limit);
	if (!fits_in_buffer(sim, span))
		return SENSE(2, 0x04, 0x08);
	test->next_lba += span->n_blocks;
	cmd->n_done_bytes = span->n_blocks * SIM_BLOCK_BYTES;
	return 0;
}

/* The first unit of the span that can't be written; UINT32_MAX: all can.  The drive may put it elsewhere. */
static uint32_t find_bad_unit(struct sim *sim, const struct sim_span *span)
{
	struct sim_disc *disc = sim->disc;
	uint32_t n = disc->kind->unit_blocks;

	for (uint32_t unit = span->lba / n; disc->n_defects && unit * n < span->lba + span->n_blocks; unit++) {
		struct sim_defect *defect = sim_find_defect(disc, unit);
		uint32_t n_times = defect ? defect->n_times[SIM_DEFECT_WRITE] : 0;

		if (n_times == 0)
			continue;
		if (disc->n_replaced_units < disc->n_supplementary_blocks / n) {
			disc->n_replaced_units++;
			(void)sim_put_defect(disc, unit, SIM_DEFECT_WRITE, 0);
			continue;
		}
		if (n_times != SIM_DEFECT_FOR_GOOD)
			(void)sim_put_defect(disc, unit, SIM_DEFECT_WRITE, n_times - 1);
		return unit;
	}
	return UINT32_MAX;
}

/* The stream breaks off.  The track has its good blocks, and a hole up to END_LBA. */
static void break_off(struct sim *sim, struct sim_recorded *track, uint32_t end_lba, const struct sim_seq_rules *rules)
{
	track->end_lba = end_lba;
	if (!rules->never_damaged)
		track->flags |= TRACK_DAMAGED;
	sim->disc->front_lba = track->end_lba;
	sim->stream_end_us = 0;
	sim->is_streaming = false;
	sim->must_save = true;
}

static sim_sense fail_unit(struct sim *sim, struct sim_command *cmd, struct sim_recorded *track, uint32_t unit,
			   const struct sim_seq_rules *rules)
{
	struct sim_disc *disc = sim->disc;
	uint32_t n = disc->kind->unit_blocks, first = unit * n > track->start_lba ? unit * n : track->start_lba;
	uint32_t end = (unit + 1) * n < rules->n_blocks ? (unit + 1) * n : rules->n_blocks;

	disc->units[unit].flags |= UNIT_UNREADABLE;
	sim_unit_changed(disc, unit);
	break_off(sim, track, end > track->end_lba ? end : track->end_lba, rules);
	if (sim_has(sim, QUIRK_WRITE_THROUGH))
		return sim_bad_lba(cmd, WRITE_ERROR, first);
	sim_deferred_add(sim, WRITE_ERROR, first);
	return 0;
}

/* Without protection from underruns the disc doesn't wait for data. */
static bool ran_dry(struct sim *sim, const struct sim_recorded *track)
{
	return track && sim->is_streaming && !(track->mode & 0x2000) && sim->disc->kind->family->uses_page05 &&
	       sim_may_underrun(sim) && sim->stream_end_us < sim->drive->clock_us;
}

static sim_sense put_blocks(struct sim *sim, struct sim_command *cmd, const struct sim_span *span,
			    struct sim_recorded *track, const struct sim_seq_rules *rules)
{
	struct sim_disc *disc = sim->disc;
	uint32_t bad = find_bad_unit(sim, span), n_good = span->n_blocks, n = disc->kind->unit_blocks;

	if (bad != UINT32_MAX)
		n_good = bad * n > span->lba ? bad * n - span->lba : 0;
	if (n_good && sim_data_write(sim, span->lba, n_good, cmd->data))
		return SENSE(4, 0x44, 0x00);
	sim_units_count(sim, span->lba, span->lba + n_good);
	track->end_lba += n_good;
	cmd->n_done_bytes = span->n_blocks * SIM_BLOCK_BYTES;
	return bad == UINT32_MAX ? 0 : fail_unit(sim, cmd, track, bad, rules);
}

static sim_sense check_place(struct sim *sim, struct sim_command *cmd, const struct sim_span *span,
			     const struct sim_recorded *track, const struct sim_seq_rules *rules)
{
	struct sim_disc *disc = sim->disc;
	uint32_t limit = room_end(track, rules);
	sim_sense sense;

	if (span->lba >= rules->n_blocks)
		return sim_bad_lba(cmd, OUT_OF_RANGE, span->lba);
	if (!track && (!sim_has_invisible_track(disc) || span->lba != sim_next_start(disc, rules)))
		return sim_bad_lba(cmd, BAD_WRITE_ADDRESS, span->lba);
	if (!track && (sense = sim_seq_may_begin(disc, rules)))
		return sense;
	if (span->n_blocks > limit - span->lba)
		return sim_bad_lba(cmd, track && track->mode & 0x2000 && disc->kind->is_cd ? SENSE(5, 0x63, 0x01) :
											     TRACK_IS_FULL, limit);
	return 0;
}

/* TRACK is written from now on. */
static void make_current(struct sim *sim, struct sim_recorded *track)
{
	struct sim_disc *disc = sim->disc;

	if (track->flags & TRACK_CURRENT)
		return;
	for (uint32_t i = 0; i < disc->n_tracks; i++)
		disc->tracks[i].flags &= ~TRACK_CURRENT;
	track->flags |= TRACK_CURRENT;
	disc->front_lba = track->end_lba;
}

sim_sense sim_seq_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span,
			const struct sim_seq_rules *rules, uint32_t mode)
{
	struct sim_disc *disc = sim->disc;
	struct sim_recorded *open = sim_open_track(disc), *track = track_at(disc, span->lba);
	sim_sense sense;

	if (open && open->flags & TRACK_DAMAGED && !rules->repairs_itself)
		return WRONG_SEQUENCE;
	if (rules->uses_page05 && sim_is_test(sim))
		return write_test(sim, cmd, span, open, rules);
	if (ran_dry(sim, open)) {
		break_off(sim, open, open->end_lba, rules);
		return LOSS_OF_STREAMING;
	}
	sense = check_place(sim, cmd, span, track, rules);
	if (sense)
		return sense;
	if (!sim->is_calibrated && SENSE_KEY(sense = sim_calibrate(sim)) > 1)
		return sense;
	if (open && track != open)
		sim_seq_flush(sim, rules);
	if (!fits_in_buffer(sim, span))
		return SENSE(2, 0x04, 0x08);
	if (power_fails(sim, span->n_blocks))
		return 0;
	if (!track)
		track = sim_seq_begin(disc, mode, rules);
	if ((mode & 0x3000) == 0x3000 && disc->kind->is_cd)
		track->flags |= TRACK_FIXED_PACKETS;
	if (track->flags & TRACK_RESERVED && track->end_lba == track->start_lba)
		track->mode = mode;
	track->flags &= ~TRACK_DAMAGED;
	make_current(sim, track);
	return put_blocks(sim, cmd, span, track, rules);
}

/* ---- the end of a packet, of a track, of a session ---- */

/* A packet of variable length ends with run-out blocks, and the next one begins after a link. */
static void end_packet(struct sim_disc *disc, struct sim_recorded *track, const struct sim_seq_rules *rules)
{
	uint32_t *links;

	if (!disc->kind->is_cd || (track->mode & 0x3000) != 0x2000 || track->end_lba == disc->front_lba ||
	    disc->n_links == SIM_MAX_LINKS)
		return;
	links = realloc(disc->links, (disc->n_links + 1u) * sizeof(*links));
	if (!links)
		return;
	disc->links = links;
	links[disc->n_links++] = track->end_lba;
	track->end_lba += rules->link_blocks;
}

void sim_seq_flush(struct sim *sim, const struct sim_seq_rules *rules)
{
	struct sim_recorded *track = sim_open_track(sim->disc);

	if (sim->stream_end_us > sim->drive->clock_us)
		sim_busy_for(sim, sim->stream_end_us - sim->drive->clock_us);
	sim->is_streaming = false;
	if (!track)
		return;
	end_packet(sim->disc, track, rules);
	track->end_lba = (track->end_lba + rules->align_blocks - 1) / rules->align_blocks * rules->align_blocks;
	sim->disc->front_lba = track->end_lba;
	sim->must_save = true;
}

void sim_seq_close_track(struct sim *sim, struct sim_recorded *track, const struct sim_seq_rules *rules)
{
	struct sim_disc *disc = sim->disc;

	sim_seq_flush(sim, rules);
	if (!track)
		track = sim_open_track(disc);
	if (!track)
		return;
	if (track->end_lba - track->start_lba < rules->min_track_blocks)
		track->end_lba = track->start_lba + rules->min_track_blocks;
	if (track->flags & TRACK_RESERVED)
		track->end_lba = track->reserved_end_lba;
	track->flags &= ~(TRACK_OPEN | TRACK_DAMAGED | TRACK_CURRENT);
	disc->front_lba = track->end_lba;
	sim->must_save = true;
}

void sim_seq_close_session(struct sim *sim, const struct sim_seq_rules *rules)
{
	struct sim_disc *disc = sim->disc;
	uint32_t session = disc->n_tracks ? disc->tracks[disc->n_tracks - 1].session : 0;

	for (uint32_t i = 0; i < disc->n_tracks; i++)
		if (disc->tracks[i].session == session)
			disc->tracks[i].flags |= TRACK_SESSION_CLOSED;
	disc->n_blocks = sim_lead_out(disc, rules);
	sim_data_resize(sim);
	sim->is_calibrated = false;	/* the next session asks for it again */
	sim->must_save = true;
}

sim_sense sim_seq_reserve(struct sim *sim, struct sim_command *cmd, uint32_t n_blocks, uint32_t mode,
			  const struct sim_seq_rules *rules)
{
	struct sim_disc *disc = sim->disc;
	uint32_t start = sim_next_start(disc, rules), align = rules->align_blocks;
	struct sim_recorded *track;
	sim_sense sense;

	if (!sim_has_invisible_track(disc))
		return WRONG_SEQUENCE;
	if (n_blocks == 0 || start >= rules->n_blocks || n_blocks > rules->n_blocks - start)
		return sim_bad_lba(cmd, OUT_OF_RANGE, n_blocks);
	if (n_blocks < rules->min_track_blocks)
		n_blocks = rules->min_track_blocks;
	n_blocks = (n_blocks + align - 1) / align * align;
	if (rules->uses_page05 && sim_is_test(sim)) {
		sim->test = (struct sim_test){ .is_on = true, .next_lba = start,
					       .reserved_end_lba = start + n_blocks };
		return 0;
	}
	sense = sim_seq_may_begin(disc, rules);
	if (sense)
		return sense;
	track = sim_seq_begin(disc, mode, rules);
	track->flags |= TRACK_RESERVED;
	track->reserved_end_lba = start + n_blocks;
	disc->front_lba = start;
	sim->must_save = true;
	return 0;
}

/* What was cut off is padded. */
sim_sense sim_seq_repair(struct sim *sim, struct sim_command *cmd, unsigned number, const struct sim_seq_rules *rules)
{
	struct sim_recorded *track = sim_open_track_at(sim->disc, number);

	if (sim->disc->n_tracks == 0)
		return sim_bad_field(cmd, 4, 8);
	if (track) {
		sim_seq_flush(sim, rules);
		track->flags &= ~TRACK_DAMAGED;
	}
	return 0;
}

/* What wasn't synced is lost in part; the track stays open. */
void sim_seq_cut(struct sim *sim, const struct sim_seq_rules *rules)
{
	struct sim_disc *disc = sim->disc;
	struct sim_recorded *track = sim_open_track(disc);
	uint64_t seed = sim->drive->cut_seed;
	uint32_t n_unsynced;

	sim->stream_end_us = 0;
	sim->is_streaming = false;
	memset(&sim->test, 0, sizeof(sim->test));
	if (!track || (track->flags & TRACK_RESERVED && track->end_lba == track->start_lba))
		return;
	if (disc->kind->is_cd && track->mode & 0x2000)	/* of the open packet nothing is left */
		track->end_lba = disc->front_lba;
	n_unsynced = track->end_lba > disc->front_lba ? track->end_lba - disc->front_lba : 0;
	if (n_unsynced)
		track->end_lba = disc->front_lba + (uint32_t)(sim_random(&seed) % n_unsynced);
	if (rules->never_damaged) {	/* the drive searches for the last whole unit */
		track->end_lba -= (track->end_lba - track->start_lba) % rules->align_blocks;
		disc->front_lba = track->end_lba;
	} else {
		track->flags |= TRACK_DAMAGED;
	}
}
