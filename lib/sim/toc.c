/* SPDX-License-Identifier: GPL-2.0-or-later */
/* READ TOC/PMA/ATIP.  Discs other than CDs have no table of contents: the drive makes one up. */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/family.h"

#define LEAD_OUT_TRACK 0xAAu

static void put_address(uint8_t *p, uint32_t lba, bool as_msf)
{
	uint32_t frames = lba + 150;

	if (!as_msf) {
		put_be32(p, lba);
		return;
	}
	p[0] = 0;
	/* minutes end at 255 */
	p[1] = (uint8_t)(frames / 4500 > 255 ? 255 : frames / 4500);
	p[2] = (uint8_t)(frames / 75 % 60);
	p[3] = (uint8_t)(frames % 75);
}

static void put_entry(uint8_t *p, uint8_t control, uint8_t track, uint32_t lba, bool as_msf)
{
	p[1] = control;
	p[2] = track;
	put_address(p + 4, lba, as_msf);
}

/* Tracks of closed sessions: those that can be read. */
static unsigned n_closed_tracks(const struct sim_view *view)
{
	unsigned n = 0;

	while (n < view->n_tracks && view->tracks[n].start_lba < view->readable_blocks &&
	       !(view->tracks[n].data_mode & 0x40))
		n++;
	return n;
}

static sim_sense reply_tracks(struct sim *sim, struct sim_command *cmd, const struct sim_view *view)
{
	uint8_t reply[4 + 8 * (SIM_MAX_TRACKS + 1)] = { 0 };
	unsigned n_tracks = n_closed_tracks(view), wanted = cmd->cdb[6];
	bool as_msf = cmd->cdb[1] & 2;
	uint32_t at = 4;

	if (wanted > n_tracks && wanted != LEAD_OUT_TRACK)
		return sim_bad_field(cmd, 6, 8);
	for (unsigned i = wanted ? wanted - 1 : 0; i < n_tracks; i++, at += 8)
		put_entry(reply + at, view->toc_control, (uint8_t)(i + 1), view->tracks[i].start_lba, as_msf);
	put_entry(reply + at, view->profile == 0x001A && sim_has(sim, QUIRK_AA17) ? 0x17 : view->toc_control,
		  LEAD_OUT_TRACK, view->readable_blocks, as_msf);
	at += 8;
	put_be16(reply, (uint16_t)(at - 2));
	reply[2] = 1;
	reply[3] = (uint8_t)(n_tracks ? n_tracks : 1);
	return sim_reply(sim, cmd, reply, at, get_be16(cmd->cdb + 7));
}

static sim_sense reply_session(struct sim *sim, struct sim_command *cmd, const struct sim_view *view)
{
	unsigned n_tracks = n_closed_tracks(view), first = 0;
	uint8_t reply[12] = { 0, 10, 1 };

	for (unsigned i = 1; i < n_tracks; i++)
		if (view->tracks[i].session != view->tracks[i - 1].session)
			first = i;
	reply[3] = view->tracks[first].session;
	put_entry(reply + 4, view->toc_control, view->tracks[first].number, view->tracks[first].start_lba,
		  cmd->cdb[1] & 2);
	return sim_reply(sim, cmd, reply, sizeof(reply), get_be16(cmd->cdb + 7));
}

/* ---- full table of contents, of CDs only ---- */

#define POINT_BYTES 11u

static uint8_t *put_point(uint8_t *p, uint8_t session, uint8_t control, uint8_t point, uint32_t msf, uint32_t pmsf)
{
	p[0] = session;
	p[1] = control;
	p[3] = point;
	put_be24(p + 4, msf);
	put_be24(p + 8, pmsf);
	return p + POINT_BYTES;
}

static uint32_t msf_of(uint32_t lba)
{
	uint8_t address[4];

	put_address(address, lba, true);
	return get_be24(address + 1);
}

struct session {
	uint8_t number, first, last;	/* tracks */
	uint32_t lead_out;
};

/* Where the next session's program area begins: 2:30:00 after the lead-out of the first, 1:30:00 after later ones. */
static uint8_t *put_session(uint8_t *p, const struct sim_view *view, const struct session *session, bool is_last)
{
	uint8_t control = view->toc_control;
	uint32_t next = msf_of(session->lead_out + (session->number == 1 ? 11250 : 6750));

	p = put_point(p, session->number, control, 0xA0, 0,
		      (uint32_t)session->first << 16 | (uint32_t)view->disc_type << 8);
	p = put_point(p, session->number, control, 0xA1, 0, (uint32_t)session->last << 16);
	p = put_point(p, session->number, control, 0xA2, 0, msf_of(session->lead_out));
	for (unsigned i = session->first; i <= session->last; i++)
		p = put_point(p, session->number, control, (uint8_t)i, 0, msf_of(view->tracks[i - 1].start_lba));
	if (is_last && view->lead_out == 0xffffffff)
		return p;	/* there will be no next session */
	p = put_point(p, session->number, 0x50 | (control & 15), 0xB0, next, view->lead_out & 0xffffff);
	p[-4] = session->number == 1 ? 2 : 1;
	if (session->number == 1)
		p = put_point(p, 1, 0x50 | (control & 15), 0xC0, 0xA00040, view->lead_in_of_disc);
	return p;
}

static sim_sense reply_full(struct sim *sim, struct sim_command *cmd, const struct sim_view *view)
{
	uint8_t reply[4 + POINT_BYTES * (6 * (SIM_MAX_TRACKS + 1))] = { 0 }, *p = reply + 4;
	unsigned n_tracks = n_closed_tracks(view);
	uint32_t n_bytes;

	for (unsigned i = 0; i < n_tracks;) {
		struct session session = { .number = view->tracks[i].session, .first = (uint8_t)(i + 1) };

		while (i < n_tracks && view->tracks[i].session == session.number)
			i++;
		session.last = (uint8_t)i;
		session.lead_out = i == n_tracks ? view->readable_blocks :
			view->tracks[i - 1].start_lba + view->tracks[i - 1].n_blocks + 2;
		p = put_session(p, view, &session, i == n_tracks);
	}
	n_bytes = (uint32_t)(p - reply);
	put_be16(reply, (uint16_t)(n_bytes - 2));
	reply[2] = 1;
	reply[3] = view->tracks[n_tracks - 1].session;
	return sim_reply(sim, cmd, reply, n_bytes, get_be16(cmd->cdb + 7));
}

/* The program memory area: tracks that were written, closed or not. */
static sim_sense reply_pma(struct sim *sim, struct sim_command *cmd, const struct sim_view *view)
{
	uint8_t reply[4 + POINT_BYTES * (SIM_MAX_TRACKS + 1)] = { 0 }, *p = reply + 4;

	for (unsigned i = 0; i < view->n_tracks; i++)
		if (!(view->tracks[i].data_mode & 0x40))
			p = put_point(p, 0, 0x10 | (view->tracks[i].mode & 15), (uint8_t)(i + 1),
				      msf_of(view->tracks[i].start_lba + view->tracks[i].n_blocks),
				      msf_of(view->tracks[i].start_lba));
	put_be16(reply, (uint16_t)(p - reply - 2));
	return sim_reply(sim, cmd, reply, (uint32_t)(p - reply), get_be16(cmd->cdb + 7));
}

static sim_sense reply_atip(struct sim *sim, struct sim_command *cmd)
{
	const struct sim_family *family = sim->disc->kind->family;
	uint8_t reply[64] = { 0 };

	if (!family->atip)
		return sim_bad_field(cmd, 2, 2);
	return sim_reply(sim, cmd, reply, family->atip(sim, reply), get_be16(cmd->cdb + 7));
}

sim_sense cmd_toc(struct sim *sim, struct sim_command *cmd)
{
	unsigned format = cmd->cdb[2] & 15;
	struct sim_view view;

	if (format == 0)
		format = cmd->cdb[9] >> 6;	/* where it stood in the drives of 1996 */
	memset(&view, 0, sizeof(view));
	sim->disc->kind->family->describe(sim, &view);
	if (format == 4)
		return reply_atip(sim, cmd);
	if (format == 3 && sim->disc->kind->is_cd)
		return reply_pma(sim, cmd, &view);
	if (format == 0 && !view.toc_control && !sim->disc->kind->is_cd && sim_has(sim, QUIRK_TOC_DVD_BLANK)) {
		view.toc_control = 0x14;
		return reply_tracks(sim, cmd, &view);
	}
	if (!view.toc_control || n_closed_tracks(&view) == 0)
		return sim_has(sim, QUIRK_TOC_5700) ? SENSE(3, 0x57, 0x00) : sim_bad_field(cmd, 2, 8);
	switch (format) {
	case 0:
		return reply_tracks(sim, cmd, &view);
	case 1:
		return reply_session(sim, cmd, &view);
	case 2:
		if (sim->disc->kind->is_cd)
			return reply_full(sim, cmd, &view);
		return sim_bad_field(cmd, 2, 3);
	default:
		return sim_bad_field(cmd, 2, 3);
	}
}
