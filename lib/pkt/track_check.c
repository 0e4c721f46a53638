/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the disc in a drive allows a track to be.  The drive is not asked; what it said before counts. */
#include "base/checked.h"
#include "pkt/track_state.h"

#define CD_LINK_BLOCKS 7u
#define MAX_CD_TRACKS 99u
#define MAX_DVD_PLUS_R_SESSIONS 153u
#define MAX_DVD_PLUS_R_DL_SESSIONS 127u
#define MAX_DVD_PLUS_R_FRAGMENTS 15u

static bool can_be_at_once(const struct mmc_disc *disc)
{
	switch (disc->profile->number) {
	case MMC_CD_R:
	case MMC_CD_RW:
		return true;
	case MMC_DVD_R:
	case MMC_DVD_R_DL:
	case MMC_DVD_RW_SEQUENTIAL:
		return disc->state == MMC_STATE_BLANK;
	default:
		return false;
	}
}

static const char *like_a_disk_advice(const struct mmc_disc *disc)
{
	if (disc->can_blank)
		return "Write an image with 'udf dd IMAGE DEVICE', as to a disk, or blank it first (blank=fast).";
	if (disc->state == MMC_STATE_UNFORMATTED)
		return "Format it with 'cdrwtool -d DEVICE --format'; then the same command works.";
	return "Write an image to it with 'udf dd IMAGE DEVICE', as to a disk.";
}

enum udf_err pkt_track_medium_check(struct mmc_drive *drive)
{
	const struct mmc_disc *disc = mmc_drive_disc(drive);
	const char *name = disc->profile->name;

	if (disc->state == MMC_STATE_NO_MEDIUM)
		return mmc_drive_refuse(drive, UDF_E_NOT_FOUND, "Insert a medium.", "no medium is in the drive");
	if (disc->state == MMC_STATE_FORMATTED && disc->trouble)
		return mmc_drive_refuse(drive, UDF_E_READ_ONLY, disc->trouble, "the %s can't be written now", name);
	if (!mmc_profile_is_sequential(disc->profile) || disc->state == MMC_STATE_FORMATTED)
		return mmc_drive_refuse(drive, UDF_E_UNSUPPORTED, like_a_disk_advice(disc),
					"this %s is not written in order", name);
	if (disc->state != MMC_STATE_BLANK && disc->state != MMC_STATE_APPENDABLE)
		return mmc_drive_refuse(drive, UDF_E_READ_ONLY,
					disc->state == MMC_STATE_COMPLETE && disc->can_blank ?
					"It is closed; blank=fast blanks it first." :
					disc->trouble ? disc->trouble :
					disc->profile->is_rewritable ? "Blank it first." : "Take another one.",
					"nothing can be added to the %s", name);
	if (!disc->has_next_writable)
		return mmc_drive_refuse(drive, UDF_E_READ_ONLY,
					"It is full, or was cut off; isowrite --finalize closes it.",
					"the %s has no address where writing can continue", name);
	return UDF_OK;
}

/* What decides how a track can be written. */
struct ability {
	const char *name;
	bool is_cd, can_append, can_be_at_once;
};

bool pkt_track_is_at_once_only(const struct mmc_disc *disc)
{
	return disc->profile->family != MMC_FAMILY_CD && !disc->can_append && can_be_at_once(disc);
}

static struct ability ability_of(const struct mmc_disc *disc)
{
	return (struct ability){ .name = disc->profile->name, .is_cd = disc->profile->family == MMC_FAMILY_CD,
				 .can_append = disc->can_append, .can_be_at_once = can_be_at_once(disc) };
}

/* At once: the end of the data is the end of the session, and on a DVD of the disc. */
static enum udf_err at_once_check(struct mmc_drive *drive, const struct pkt_track_plan *plan, const struct ability *a)
{
	bool is_forced = !a->can_append && !a->is_cd;

	if (!a->can_be_at_once)
		return mmc_drive_refuse(drive, UDF_E_UNSUPPORTED, "Write it as a track.",
					"this %s can't be written at once", a->name);
	if (plan->is_xa && a->is_cd)
		return mmc_drive_refuse(drive, UDF_E_UNSUPPORTED, "Write it as a track (-tao).",
					"blocks of mode 2 can't be written at once");
	if (plan->ending < (a->is_cd ? PKT_END_SESSION : PKT_END_DISC))
		return mmc_drive_refuse(drive, UDF_E_UNSUPPORTED, is_forced ?
					"Leave out -multi, and give one image; or blank it fully (blank=all)." : NULL,
					"a %s that is written at once is closed by that%s", a->name, is_forced ?
					", and a minimally blanked one can't be written otherwise" : "");
	if (!plan->has_size)
		return mmc_drive_refuse(drive, UDF_E_UNSUPPORTED, is_forced ?
					"Give the size with tsize=, or blank it fully (blank=all)." :
					"Give the size with tsize=.",
					"the size must be known before a %s is written at once%s", a->name, is_forced ?
					", and a minimally blanked one can't be written otherwise" : "");
	return UDF_OK;
}

static enum udf_err recording_choose(struct mmc_drive *drive, const struct pkt_track_plan *plan,
				     const struct ability *a, enum mmc_recording *ret_recording)
{
	enum pkt_recording wanted = plan->recording;
	enum udf_err err;

	if (wanted == PKT_RECORD_BY_MEDIUM)
		wanted = a->can_append || a->is_cd ? PKT_RECORD_TRACK : PKT_RECORD_AT_ONCE;
	if (wanted == PKT_RECORD_AT_ONCE) {
		err = at_once_check(drive, plan, a);
		if (!err)
			*ret_recording = MMC_RECORD_AT_ONCE;
		return err;
	}
	if (!a->can_append)
		return mmc_drive_refuse(drive, UDF_E_UNSUPPORTED, "Write it at once, or blank it fully (blank=all).",
					"this %s can't be written piece by piece", a->name);
	*ret_recording = wanted == PKT_RECORD_FIXED_PACKETS && a->is_cd ? MMC_RECORD_FIXED_PACKETS
		       : wanted == PKT_RECORD_PACKETS || !a->is_cd ? MMC_RECORD_PACKETS : MMC_RECORD_TRACK;
	return UDF_OK;
}

enum udf_err pkt_track_blanked_check(struct mmc_drive *drive, enum mmc_blanking blanking,
				     const struct pkt_track_plan *plan)
{
	const struct mmc_disc *disc = mmc_drive_disc(drive);
	enum mmc_recording recording;
	struct ability a = { .is_cd = disc->profile->family == MMC_FAMILY_CD, .can_be_at_once = true };

	if ((blanking != MMC_BLANK_DISC && blanking != MMC_BLANK_MINIMAL) || !disc->profile->is_rewritable)
		return UDF_OK;
	a.name = a.is_cd ? "CD-RW" : "DVD-RW";
	a.can_append = a.is_cd || blanking == MMC_BLANK_DISC;
	return recording_choose(drive, plan, &a, &recording);
}

/* Limits of the kind of disc, which a drive would only report at the first block. */
static enum udf_err limits_check(struct mmc_drive *drive)
{
	const struct mmc_disc *disc = mmc_drive_disc(drive);
	const struct mmc_track *next = &disc->tracks[disc->n_tracks ? disc->n_tracks - 1 : 0];
	uint32_t n_in_session = 0, max_sessions;

	for (uint32_t i = 0; i < disc->n_tracks; i++)
		n_in_session += disc->tracks[i].session == next->session;
	switch (disc->profile->number) {
	case MMC_CD_R:
	case MMC_CD_RW:
		if (next->number > MAX_CD_TRACKS)
			return mmc_drive_refuse(drive, UDF_E_NOSPC, "Take another disc.",
						"the disc has 99 tracks, and no CD has more");
		return UDF_OK;
	case MMC_DVD_PLUS_R:
	case MMC_DVD_PLUS_R_DL:
		max_sessions = disc->profile->number == MMC_DVD_PLUS_R ? MAX_DVD_PLUS_R_SESSIONS
									: MAX_DVD_PLUS_R_DL_SESSIONS;
		if (next->session > max_sessions)
			return mmc_drive_refuse(drive, UDF_E_NOSPC, "Take another disc.",
						"the disc has %u sessions, and no %s has more", max_sessions,
						disc->profile->name);
		if (n_in_session > MAX_DVD_PLUS_R_FRAGMENTS)
			return mmc_drive_refuse(drive, UDF_E_NOSPC, "Close the session first (-fix).",
						"the session has %u tracks, and none on a %s has more",
						MAX_DVD_PLUS_R_FRAGMENTS, disc->profile->name);
		return UDF_OK;
	default:
		return UDF_OK;
	}
}

uint32_t pkt_fixed_packets_room(uint32_t n_blocks)
{
	return (uint32_t)(((uint64_t)n_blocks + CD_LINK_BLOCKS) / (PKT_CD_PACKET_BLOCKS + CD_LINK_BLOCKS) *
			  PKT_CD_PACKET_BLOCKS);
}

static enum udf_err size_check(struct pkt_track *t)
{
	const struct mmc_disc *disc = mmc_drive_disc(t->drive);
	bool is_fixed = t->recording == MMC_RECORD_FIXED_PACKETS;
	uint32_t n_free = is_fixed ? pkt_fixed_packets_room(disc->n_free_blocks) : disc->n_free_blocks;

	t->end_lba = t->plan.may_overburn ? UINT32_MAX : t->next_lba + n_free;
	if (pkt_track_is_at_once(t) && !t->plan.may_overburn)
		t->end_lba = t->next_lba + udf_min64(n_free, t->plan.n_blocks);
	if (!t->plan.may_overburn && t->plan.n_blocks > n_free)
		return mmc_drive_refuse(t->drive, UDF_E_NOSPC, "Take a larger or an emptier disc; "
					"isowrite --span=media splits files over several.",
					"%u blocks don't fit: %u are free on the %s%s", t->plan.n_blocks, n_free,
					disc->profile->name, is_fixed ? " in packets of 32" : "");
	return UDF_OK;
}

static enum udf_err test_check(struct pkt_track *t)
{
	const struct mmc_profile *profile = mmc_drive_disc(t->drive)->profile;

	if (!t->plan.is_test || mmc_has_write_mode(profile))
		return UDF_OK;
	return mmc_drive_refuse(t->drive, UDF_E_UNSUPPORTED, "Leave the test out.",
				"no drive can write a %s with its laser off", profile->name);
}

enum udf_err pkt_track_plan_check(struct pkt_track *t)
{
	const struct ability ability = ability_of(mmc_drive_disc(t->drive));
	enum udf_err err = recording_choose(t->drive, &t->plan, &ability, &t->recording);

	if (!err)
		err = test_check(t);
	if (!err)
		err = limits_check(t->drive);
	return err ? err : size_check(t);
}
