/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracks and sessions of a disc that is written in order.
 *
 * One track is written at most.  Others may be reserved before it, and after the last one there is an invisible
 * track, in which the next WRITE may begin, until the last session has been closed for good.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "sim/sequence.h"

#define PACKET_BLOCKS 32u

static struct sim_recorded *last_track(struct sim_disc *disc)
{
	return disc->n_tracks ? &disc->tracks[disc->n_tracks - 1] : NULL;
}

struct sim_recorded *sim_open_track(struct sim_disc *disc)
{
	struct sim_recorded *last = last_track(disc);

	for (uint32_t i = 0; i < disc->n_tracks; i++)
		if (disc->tracks[i].flags & TRACK_OPEN && disc->tracks[i].flags & TRACK_CURRENT)
			return &disc->tracks[i];
	return last && last->flags & TRACK_OPEN ? last : NULL;
}

struct sim_recorded *sim_open_track_at(struct sim_disc *disc, unsigned number)
{
	if (number == 0xff)
		return sim_open_track(disc);
	if (number == 0 || number > disc->n_tracks || !(disc->tracks[number - 1].flags & TRACK_OPEN))
		return NULL;
	return &disc->tracks[number - 1];
}

bool sim_has_reserved_tracks(const struct sim_disc *disc)
{
	for (uint32_t i = 0; i < disc->n_tracks; i++)
		if (disc->tracks[i].flags & TRACK_OPEN && disc->tracks[i].flags & TRACK_RESERVED)
			return true;
	return false;
}

/* It is there unless the last track is being written. */
bool sim_has_invisible_track(const struct sim_disc *disc)
{
	const struct sim_recorded *last = disc->n_tracks ? &disc->tracks[disc->n_tracks - 1] : NULL;

	return !last || !(last->flags & TRACK_OPEN) || last->flags & TRACK_RESERVED;
}

bool sim_session_is_open(const struct sim_disc *disc)
{
	return disc->n_tracks && !(disc->tracks[disc->n_tracks - 1].flags & TRACK_SESSION_CLOSED);
}

uint32_t sim_n_closed_sessions(const struct sim_disc *disc)
{
	for (uint32_t i = disc->n_tracks; i-- > 0;)
		if (disc->tracks[i].flags & TRACK_SESSION_CLOSED)
			return disc->tracks[i].session;
	return 0;
}

sim_sense sim_seq_may_close(struct sim_disc *disc)
{
	const struct sim_recorded *open = sim_open_track(disc);

	if (open && !(open->flags & TRACK_RESERVED))
		return SENSE(5, 0x72, 0x03);
	return sim_has_reserved_tracks(disc) ? SENSE(5, 0x72, 0x04) : 0;
}

/* Where the medium is free after a track.  The link blocks of fixed packets have no addresses inside it. */
static uint32_t end_on_medium(const struct sim_recorded *track, const struct sim_seq_rules *rules)
{
	uint32_t end = track->flags & TRACK_RESERVED && track->flags & TRACK_OPEN ? track->reserved_end_lba :
										     track->end_lba;

	if (track->flags & TRACK_FIXED_PACKETS)
		end += (end - track->start_lba) / PACKET_BLOCKS * rules->link_blocks;
	return end;
}

/* Tracks at once end with run-out blocks; sessions at once do not. */
static uint32_t end_with_run_out(const struct sim_recorded *track, const struct sim_seq_rules *rules)
{
	return end_on_medium(track, rules) + (track->flags & TRACK_AT_ONCE ? 0 : rules->run_out_blocks);
}

uint32_t sim_lead_out(const struct sim_disc *disc, const struct sim_seq_rules *rules)
{
	for (uint32_t i = disc->n_tracks; i-- > 0;)
		if (disc->tracks[i].flags & TRACK_SESSION_CLOSED)
			return end_with_run_out(&disc->tracks[i], rules);
	return 0;
}

static uint32_t align_up(uint32_t lba, uint32_t align)
{
	return (lba + align - 1) / align * align;
}

uint32_t sim_next_start(const struct sim_disc *disc, const struct sim_seq_rules *rules)
{
	const struct sim_recorded *last = disc->n_tracks ? &disc->tracks[disc->n_tracks - 1] : NULL;
	uint32_t at;

	if (!last)
		return 0;
	if (sim_session_is_open(disc))
		return align_up(end_on_medium(last, rules), rules->align_blocks) + rules->track_gap_blocks;
	at = align_up(end_with_run_out(last, rules), rules->align_blocks);
	return at + (last->session == 1 ? rules->first_gap_blocks : rules->later_gap_blocks);
}

static uint32_t session_of_next(const struct sim_disc *disc)
{
	return sim_session_is_open(disc) ? disc->tracks[disc->n_tracks - 1].session :
					   sim_n_closed_sessions(disc) + 1;
}

sim_sense sim_seq_may_begin(const struct sim_disc *disc, const struct sim_seq_rules *rules)
{
	uint32_t session = session_of_next(disc), n_tracks = 0;

	for (uint32_t i = 0; i < disc->n_tracks; i++)
		n_tracks += disc->tracks[i].session == session;
	if (disc->n_tracks >= (rules->max_tracks ? rules->max_tracks : SIM_MAX_TRACKS) ||
	    (rules->max_sessions && session > rules->max_sessions) ||
	    (rules->max_session_tracks && n_tracks >= rules->max_session_tracks))
		return SENSE(5, 0x72, 0x05);
	return 0;
}

struct sim_recorded *sim_seq_begin(struct sim_disc *disc, uint32_t mode, const struct sim_seq_rules *rules)
{
	uint32_t start = sim_next_start(disc, rules), session = session_of_next(disc);
	struct sim_recorded *track = &disc->tracks[disc->n_tracks++];

	*track = (struct sim_recorded){ .session = session, .start_lba = start, .end_lba = start, .mode = mode,
					.flags = TRACK_OPEN };
	disc->state = SIM_SEQUENTIAL;
	return track;
}

void sim_seq_reset(struct sim_disc *disc)
{
	free(disc->links);
	disc->links = NULL;
	disc->n_tracks = disc->n_links = 0;
}

/* ---- reading ---- */

/* The first link block at or after LBA; UINT32_MAX: none.  RET_PREVIOUS: the one before it. */
static uint32_t next_link(const struct sim_disc *disc, uint32_t lba, uint32_t *ret_previous)
{
	uint32_t from = 0, to = disc->n_links;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (disc->links[middle] < lba)
			from = middle + 1;
		else
			to = middle;
	}
	*ret_previous = from ? disc->links[from - 1] : UINT32_MAX;
	return from < disc->n_links ? disc->links[from] : UINT32_MAX;
}

/* Blocks between packets of variable length have addresses, and no user data. */
static sim_sense check_links(const struct sim_disc *disc, struct sim_command *cmd, const struct sim_span *span,
			     const struct sim_seq_rules *rules)
{
	uint32_t previous, next = next_link(disc, span->lba, &previous);

	if (previous != UINT32_MAX && span->lba - previous < rules->link_blocks)
		return sim_bad_lba(cmd, rules->gap_sense, span->lba);
	if (next < span->lba + span->n_blocks)
		return sim_bad_lba(cmd, rules->gap_sense, next);
	return 0;
}

/* Tracks are readable when they are closed; the blocks between them hold no user data. */
sim_sense sim_seq_check_read(const struct sim *sim, struct sim_command *cmd, const struct sim_span *span,
			     const struct sim_seq_rules *rules)
{
	const struct sim_disc *disc = sim->disc;
	uint32_t lba = span->lba, end = span->lba + span->n_blocks;

	for (uint32_t i = 0; i < disc->n_tracks && lba < end; i++) {
		const struct sim_recorded *track = &disc->tracks[i];
		bool is_written = track->flags & TRACK_OPEN &&
				  (track->flags & TRACK_CURRENT || i + 1 == disc->n_tracks);

		if (lba < track->start_lba || lba >= track->end_lba)
			continue;
		if (is_written && !rules->reads_open_tracks && !(track->mode & 0x2000))
			return WRONG_SEQUENCE;
		if (is_written && end > disc->front_lba)
			return sim_bad_lba(cmd, OUT_OF_RANGE, lba > disc->front_lba ? lba : disc->front_lba);
		lba = track->end_lba;
	}
	if (lba < end)
		return sim_bad_lba(cmd, rules->gap_sense, lba);
	return check_links(disc, cmd, span, rules);
}

/* The end of all that is recorded. */
uint32_t sim_seq_limit(const struct sim_disc *disc, const struct sim_seq_rules *rules)
{
	uint32_t limit = 0;

	for (uint32_t i = 0; i < disc->n_tracks; i++) {
		const struct sim_recorded *track = &disc->tracks[i];

		if (!(track->flags & TRACK_OPEN))
			limit = end_with_run_out(track, rules);
		else if (track->end_lba > track->start_lba)
			limit = track->end_lba;
	}
	return limit;
}

/* ---- what the replies are made from ---- */

static uint32_t first_track_of(const struct sim_disc *disc, uint32_t session)
{
	uint32_t i = 0;

	while (i < disc->n_tracks && disc->tracks[i].session != session)
		i++;
	return i + 1;
}

/* The link blocks of fixed packets take room. */
static uint32_t limit_of(const struct sim_recorded *track, const struct sim_seq_rules *rules)
{
	uint32_t limit = track->flags & TRACK_RESERVED ? track->reserved_end_lba : rules->n_blocks;

	if (track->flags & TRACK_FIXED_PACKETS && limit > track->start_lba)
		limit = track->start_lba + (limit - track->start_lba + rules->link_blocks) /
						   (PACKET_BLOCKS + rules->link_blocks) * PACKET_BLOCKS;
	return limit;
}

static void describe_track(const struct sim_recorded *track, uint8_t number, const struct sim_seq_rules *rules,
			   struct sim_track *ret)
{
	uint32_t limit = limit_of(track, rules);
	bool is_open = track->flags & TRACK_OPEN, is_reserved = is_open && track->flags & TRACK_RESERVED;

	*ret = (struct sim_track){ .number = number, .session = (uint8_t)track->session,
				   .mode = (uint8_t)(track->mode & 0x0f), .data_mode = (uint8_t)(track->mode >> 8),
				   .start_lba = track->start_lba, .packet_blocks = rules->packet_blocks };
	if (track->flags & TRACK_FIXED_PACKETS)
		ret->packet_blocks = PACKET_BLOCKS;
	if (track->flags & TRACK_DAMAGED)
		ret->mode |= 0x20;
	if (is_reserved)
		ret->data_mode |= track->end_lba == track->start_lba ? rules->reserved_bits : 0x80;
	ret->n_blocks = (is_open ? limit : track->end_lba) - track->start_lba;
	if (is_open) {
		ret->next_lba = track->end_lba;
		ret->free_blocks = limit > track->end_lba ? limit - track->end_lba : 0;
		/* after a cut the place where writing goes on isn't known */
		ret->valid = track->flags & TRACK_DAMAGED && rules->loses_place ? 0 : 1;
	} else if (rules->has_last_lba && track->end_lba > track->start_lba) {
		ret->valid = 2;
		ret->last_lba = track->end_lba - 1;
	}
}

static void describe_invisible(const struct sim_disc *disc, const struct sim_seq_rules *rules, uint32_t session,
			       struct sim_view *view)
{
	uint32_t start = sim_next_start(disc, rules);
	uint32_t n_free = start < rules->n_blocks ? rules->n_blocks - start : 0;
	struct sim_track *track = &view->tracks[view->n_tracks++];

	*track = (struct sim_track){ .number = (uint8_t)view->n_tracks, .session = (uint8_t)session,
				     .mode = rules->blank_mode, .data_mode = rules->blank_data_mode,
				     .start_lba = start, .next_lba = start, .free_blocks = n_free,
				     .n_blocks = n_free, .packet_blocks = rules->packet_blocks };
	track->valid = n_free >= rules->min_track_blocks && n_free ? 1 : 0;
}

void sim_seq_describe(const struct sim_disc *disc, const struct sim_seq_rules *rules, bool is_final,
		      struct sim_view *view)
{
	bool is_open = sim_session_is_open(disc);
	uint32_t session = is_open || (is_final && disc->n_tracks) ? disc->tracks[disc->n_tracks - 1].session :
						 sim_n_closed_sessions(disc) + 1;

	for (uint32_t i = 0; i < disc->n_tracks; i++)
		describe_track(&disc->tracks[i], (uint8_t)(i + 1), rules, &view->tracks[i]);
	view->n_tracks = (uint8_t)disc->n_tracks;
	if (!is_final && sim_has_invisible_track(disc))
		describe_invisible(disc, rules, session, view);
	view->n_sessions = (uint8_t)session;
	view->first_track = (uint8_t)first_track_of(disc, session);
	view->last_track = view->n_tracks;
	view->readable_blocks = sim_lead_out(disc, rules);
	if (is_final)
		view->disc_status = 0x0E;
	else if (is_open)
		view->disc_status = 0x05;
	else
		view->disc_status = disc->n_tracks ? 0x01 : 0x00;
	if (!rules->is_write_once)
		view->disc_status |= 0x10;
}
