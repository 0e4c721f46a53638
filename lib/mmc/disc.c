/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conclusions from the replies of a drive. */
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "mmc/disc.h"

#define CD_LINK_BLOCKS 7u		/* link, run-in and run-out of a packet */
#define CD_RUN_OUT_BLOCKS 2u		/* after the last packet */
#define CD_MAX_LBA (99u * 60 * 75)
#define BLOCK_BYTES 2048u

const char *mmc_state_name(enum mmc_state state)
{
	static const char *const names[] = {
		[MMC_STATE_NO_MEDIUM] = "no medium", [MMC_STATE_UNKNOWN] = "unknown",
		[MMC_STATE_UNFORMATTED] = "unformatted", [MMC_STATE_BLANK] = "blank",
		[MMC_STATE_APPENDABLE] = "appendable", [MMC_STATE_COMPLETE] = "complete",
		[MMC_STATE_FORMATTED] = "formatted", [MMC_STATE_INTERMEDIATE] = "formatted, not closed",
		[MMC_STATE_DAMAGED] = "damaged",
	};

	return names[state];
}

uint32_t mmc_cd_packets_blocks(uint32_t lead_out_lba, uint32_t packet_blocks)
{
	if (!packet_blocks || packet_blocks > 128 || lead_out_lba < CD_RUN_OUT_BLOCKS || lead_out_lba > CD_MAX_LBA)
		return 0;
	return (lead_out_lba - CD_RUN_OUT_BLOCKS + CD_LINK_BLOCKS) / (packet_blocks + CD_LINK_BLOCKS) * packet_blocks;
}

/* ---- which medium ---- */

/* Drives from before MMC-2 know no profiles: what is moulded into the disc tells CD-R from CD-RW. */
static uint16_t profile_number(const struct mmc_facts *facts)
{
	if (!facts->has_medium)
		return MMC_PROFILE_NONE;
	if (facts->has_configuration)
		return facts->configuration.profile;
	if (facts->has_atip)
		return facts->atip.is_rewritable ? MMC_CD_RW : MMC_CD_R;
	return UINT16_MAX;
}

static bool has_feature(const struct mmc_facts *facts, enum mmc_feature feature)
{
	return facts->has_configuration && mmc_feature_is_current(&facts->configuration, feature);
}

/* Whether the drive can write anything at all; a drive that does not say so is believed to. */
static bool drive_writes(const struct mmc_facts *facts)
{
	static const enum mmc_feature writing[] = {
		MMC_FEATURE_RANDOM_WRITABLE, MMC_FEATURE_INCREMENTAL, MMC_FEATURE_RESTRICTED_OVERWRITE,
		MMC_FEATURE_DVD_PLUS_RW, MMC_FEATURE_RIGID_OVERWRITE, MMC_FEATURE_CD_TAO, MMC_FEATURE_CD_SAO,
		MMC_FEATURE_DVD_R_WRITE, MMC_FEATURE_BD_WRITE, MMC_FEATURE_MRW,
	};

	if (!facts->has_configuration || !facts->configuration.is_complete)
		return true;
	for (size_t i = 0; i < sizeof(writing) / sizeof(writing[0]); i++)
		if (mmc_feature_is_present(&facts->configuration, writing[i]))
			return true;
	return false;
}

/* A CD-RW for high speeds can't be written slowly; drives list the classes that they can write. */
static bool speed_class_fits(const struct mmc_facts *facts)
{
	if (!facts->has_atip || !facts->atip.is_rewritable || !facts->configuration.cd_rw_subtypes)
		return true;
	return facts->configuration.cd_rw_subtypes >> facts->atip.subtype & 1;
}

static const struct mmc_track *last_track(const struct mmc_facts *facts)
{
	return facts->n_tracks ? &facts->tracks[facts->n_tracks - 1] : NULL;
}

/* ---- sizes ---- */

/*
 * The size of a medium that is overwritten in place.  Two replies give it; where both do and differ, the smaller one is
 * the one that can be trusted to exist.
 */
static uint32_t overwritable_blocks(const struct mmc_facts *facts)
{
	uint32_t formatted = 0;

	if (facts->has_format_capacities && facts->format_capacities.type == MMC_CAPACITY_FORMATTED)
		formatted = facts->format_capacities.n_blocks;
	if (!facts->has_capacity || !facts->capacity_blocks)
		return formatted;
	return formatted && formatted < facts->capacity_blocks ? formatted : facts->capacity_blocks;
}

static uint32_t lead_out_lba(const struct mmc_facts *facts)
{
	int32_t lba;

	if (facts->has_atip)
		return facts->atip.lead_out_lba;
	if (facts->has_disc_information && mmc_msf_to_lba(facts->disc_information.lead_out, &lba) && lba > 0)
		return (uint32_t)lba;
	return 0;
}

/* The largest size that the list of formats offers, or that an unformatted medium is said to have. */
static uint32_t largest_format(const struct mmc_facts *facts)
{
	const struct mmc_format_capacities *c = &facts->format_capacities;
	uint32_t n_blocks = 0;

	if (!facts->has_format_capacities)
		return 0;
	for (uint32_t i = 0; i < c->n_formats; i++)
		if (c->formats[i].n_blocks < MMC_LBA_LIMIT && c->formats[i].type != MMC_FORMAT_MRW)
			n_blocks = (uint32_t)udf_max64(n_blocks, c->formats[i].n_blocks);
	return n_blocks ? n_blocks : c->n_blocks;
}

static uint32_t max_blocks(const struct mmc_facts *facts, const struct mmc_profile *profile)
{
	const struct mmc_track *track = last_track(facts);
	const struct mmc_format *packets;

	if (profile->number == MMC_CD_RW) {
		packets = facts->has_format_capacities
				? mmc_format_find(&facts->format_capacities, MMC_FORMAT_PACKETS) : NULL;
		if (packets && packets->n_blocks && packets->n_blocks < profile->nominal_blocks * 2)
			return packets->n_blocks;
		return mmc_cd_packets_blocks(lead_out_lba(facts), profile->write_unit_blocks);
	}
	if (profile->is_rewritable)
		return largest_format(facts);
	if (track && track->has_next_writable)
		return (uint32_t)udf_min64((uint64_t)track->next_writable_lba + track->n_free_blocks, UINT32_MAX);
	return 0;
}

/* ---- states ---- */

static enum mmc_state sequential_state(const struct mmc_facts *facts)
{
	const struct mmc_disc_information *d = &facts->disc_information;

	if (!facts->has_disc_information)
		return MMC_STATE_UNKNOWN;
	if (d->last_session == MMC_SESSION_DAMAGED || facts->is_capacity_lost)
		return MMC_STATE_DAMAGED;
	if (d->status == MMC_STATUS_EMPTY)
		return MMC_STATE_BLANK;
	if (d->status == MMC_STATUS_COMPLETE)
		return MMC_STATE_COMPLETE;
	if (!d->last_track)		/* an unfinished session without tracks */
		return MMC_STATE_DAMAGED;
	/* a BD-R that was only formatted */
	if (d->last_session == MMC_SESSION_EMPTY && d->n_sessions <= 1 && facts->has_capacity &&
	    !facts->capacity_blocks)
		return MMC_STATE_BLANK;
	return MMC_STATE_APPENDABLE;
}

/* The track of a CD-RW that was formatted: fixed packets that are all there, and no next writable address. */
static bool is_packet_formatted(const struct mmc_track *track)
{
	return track && track->is_packet && track->is_fixed_packet && !track->is_blank && !track->has_next_writable &&
	       track->packet_blocks && track->packet_blocks <= 128 && track->n_blocks >= track->packet_blocks &&
	       (uint64_t)track->start_lba + track->n_blocks <= CD_MAX_LBA;
}

static enum mmc_state cd_rw_state(const struct mmc_facts *facts)
{
	if (has_feature(facts, MMC_FEATURE_MRW) || is_packet_formatted(facts->n_tracks ? &facts->tracks[0] : NULL))
		return MMC_STATE_FORMATTED;
	return sequential_state(facts);
}

static enum mmc_state dvd_rw_overwrite_state(const struct mmc_facts *facts)
{
	const struct mmc_track *track = last_track(facts);

	if (facts->has_disc_information && facts->disc_information.last_session == MMC_SESSION_DAMAGED)
		return MMC_STATE_DAMAGED;
	if (track && track->is_damaged && !track->n_blocks)
		return MMC_STATE_DAMAGED;
	if (facts->has_format_capacities && facts->format_capacities.type == MMC_CAPACITY_UNKNOWN)
		return MMC_STATE_INTERMEDIATE;
	if (facts->has_disc_information && facts->disc_information.status == MMC_STATUS_INCOMPLETE)
		return MMC_STATE_INTERMEDIATE;
	return overwritable_blocks(facts) ? MMC_STATE_FORMATTED : MMC_STATE_DAMAGED;
}

/* DVD-RAM, DVD+RW, BD-RE: written anywhere once they are formatted.  Status 3 is normal on DVD-RAM. */
static enum mmc_state random_state(const struct mmc_facts *facts)
{
	if (facts->has_format_capacities && facts->format_capacities.type == MMC_CAPACITY_UNFORMATTED)
		return MMC_STATE_UNFORMATTED;
	if (facts->has_disc_information && facts->disc_information.status == MMC_STATUS_EMPTY)
		return MMC_STATE_UNFORMATTED;
	if (overwritable_blocks(facts))
		return MMC_STATE_FORMATTED;
	return facts->has_capacity ? MMC_STATE_UNFORMATTED : MMC_STATE_UNKNOWN;
}

static enum mmc_state state(const struct mmc_facts *facts, const struct mmc_profile *profile)
{
	if (!facts->has_medium)
		return MMC_STATE_NO_MEDIUM;
	switch (profile->number) {
	case MMC_CD_RW:
		return cd_rw_state(facts);
	case MMC_DVD_RW_OVERWRITE:
		return dvd_rw_overwrite_state(facts);
	case MMC_DVD_RAM:
	case MMC_DVD_PLUS_RW:
	case MMC_DVD_PLUS_RW_DL:
	case MMC_BD_RE:
		return random_state(facts);
	default:
		break;
	}
	if (profile->is_rewritable || profile->is_write_once)
		return sequential_state(facts);
	return profile->family == MMC_FAMILY_OTHER && !facts->capacity_blocks ? MMC_STATE_UNKNOWN : MMC_STATE_COMPLETE;
}

/* ---- what can be done ---- */

static enum mmc_protection protection(const struct mmc_facts *facts)
{
	const struct mmc_write_protection *p = &facts->protection;

	if (facts->has_protection && p->is_by_medium)
		return MMC_PROTECTION_MEDIUM;
	if (facts->has_protection && p->is_by_cartridge)
		return MMC_PROTECTION_CARTRIDGE;
	if (facts->has_protection && p->is_persistent)
		return MMC_PROTECTION_PERSISTENT;
	if (facts->has_protection && p->is_by_software)
		return MMC_PROTECTION_SOFTWARE;
	if (!facts->has_protection && facts->has_medium_status && facts->medium_status.is_write_protected)
		return MMC_PROTECTION_CARTRIDGE;
	return MMC_PROTECTION_NONE;
}

static const char *protection_text(enum mmc_protection protection)
{
	switch (protection) {
	case MMC_PROTECTION_CARTRIDGE:
		return "The tab of its cartridge protects it from writing.";
	case MMC_PROTECTION_PERSISTENT:
		return "It is write protected; cdrwtool --write-protect=off lifts this.";
	case MMC_PROTECTION_SOFTWARE:
		return "Writing is switched off until the drive is switched off and on.";
	case MMC_PROTECTION_MEDIUM:
		return "It is write protected for good.";
	case MMC_PROTECTION_NONE:
		break;
	}
	return NULL;
}

static const char *state_text(const struct mmc_disc *disc)
{
	switch (disc->state) {
	case MMC_STATE_NO_MEDIUM:
		return "There is no medium in the drive.";
	case MMC_STATE_UNKNOWN:
		return "The drive does not say what is recorded on it.";
	case MMC_STATE_UNFORMATTED:
		return "It must be formatted first.";
	case MMC_STATE_DAMAGED:
		return disc->profile->is_write_once
			       ? "Writing was cut off, and it is write-once."
			       : "Writing, erasing or formatting was cut off; it must be blanked or formatted again.";
	case MMC_STATE_INTERMEDIATE:
		return "It was formatted quickly and not closed since.";
	case MMC_STATE_COMPLETE:
		return disc->profile->is_rewritable ? "It is closed; blank or format it to write it again."
		     : disc->profile->is_write_once ? "It is closed and can be written only once; take another one."
						    : "It is a read-only medium.";
	case MMC_STATE_BLANK:
	case MMC_STATE_APPENDABLE:
		if (!disc->can_append)
			return "It can't be written piece by piece; blank it fully or format it.";
		break;
	case MMC_STATE_FORMATTED:
		break;
	}
	return NULL;
}

/* A DVD-RW that was blanked minimally lacks the feature; where the drive lists no features, the state is enough. */
static bool can_append(const struct mmc_facts *facts, const struct mmc_disc *disc)
{
	const struct mmc_profile *profile = disc->profile;

	if (disc->state != MMC_STATE_BLANK && disc->state != MMC_STATE_APPENDABLE &&
	    disc->state != MMC_STATE_INTERMEDIATE)
		return false;
	if (!disc->has_next_writable)
		return false;
	if (profile->number == MMC_DVD_RW_SEQUENTIAL || profile->number == MMC_DVD_R)
		return !facts->has_configuration || !facts->configuration.is_complete ||
		       has_feature(facts, MMC_FEATURE_INCREMENTAL);
	return profile->number != MMC_BD_R_RANDOM;
}

static void abilities_conclude(const struct mmc_facts *facts, struct mmc_disc *disc)
{
	const struct mmc_profile *profile = disc->profile;
	const struct mmc_track *track = last_track(facts);
	bool writes = drive_writes(facts) && speed_class_fits(facts);

	if (track && track->has_next_writable && disc->state != MMC_STATE_FORMATTED) {
		disc->has_next_writable = true;
		disc->next_writable_lba = track->next_writable_lba;
		disc->n_free_blocks = track->n_free_blocks;
	}
	disc->protection = protection(facts);
	disc->wears = profile->is_rewritable;
	disc->has_defect_management = has_feature(facts, MMC_FEATURE_DEFECT_MANAGEMENT) || disc->is_mrw ||
				      profile->number == MMC_DVD_RAM;
	disc->needs_whole_units = !disc->is_mrw && (profile->number == MMC_CD_RW ||
						    profile->number == MMC_DVD_RW_OVERWRITE);
	if (!writes)
		disc->trouble = drive_writes(facts) ? "This drive can't write CD-RW of this speed class."
						    : "This drive can't write any medium.";
	else if (disc->protection)
		disc->trouble = protection_text(disc->protection);
	else if (disc->is_mrw)
		disc->trouble = "It is formatted for Mount Rainier, which udfkit does not write yet.";
	if (writes && !disc->protection) {
		disc->can_overwrite = disc->state == MMC_STATE_FORMATTED && !disc->is_mrw && profile->is_rewritable;
		disc->can_append = can_append(facts, disc);
		disc->can_blank = profile->number == MMC_CD_RW || profile->number == MMC_DVD_RW_SEQUENTIAL ||
				  profile->number == MMC_DVD_RW_OVERWRITE;
		disc->can_format = profile->is_rewritable && profile->family != MMC_FAMILY_OTHER;
	}
	if (!disc->trouble)
		disc->trouble = state_text(disc);
}

static void medium_id_conclude(const struct mmc_facts *facts, struct mmc_disc *disc)
{
	const uint8_t *msf = facts->atip.lead_in_msf;

	if (facts->has_atip && disc->profile->family == MMC_FAMILY_CD)
		snprintf(disc->medium_id, sizeof(disc->medium_id), "%02u:%02u:%02u", msf[0], msf[1], msf[2]);
	else
		memcpy(disc->medium_id, facts->medium_id, sizeof(disc->medium_id));
}

static void lists_conclude(const struct mmc_facts *facts, struct mmc_disc *disc)
{
	disc->n_tracks = facts->n_tracks;
	memcpy(disc->tracks, facts->tracks, facts->n_tracks * sizeof(disc->tracks[0]));
	if (facts->has_format_capacities) {
		disc->n_formats = facts->format_capacities.n_formats;
		memcpy(disc->formats, facts->format_capacities.formats, disc->n_formats * sizeof(disc->formats[0]));
	}
	if (facts->has_speeds)
		disc->speeds = facts->speeds;
	if (facts->has_configuration) {
		disc->can_certify = facts->configuration.can_certify;
		disc->can_certify_quickly = facts->configuration.can_certify_quickly;
	}
	disc->has_spare = facts->has_spare;
	disc->spare = facts->spare;
	if (facts->has_disc_information) {
		disc->n_sessions = facts->disc_information.n_sessions;
		disc->has_disc_id = facts->disc_information.has_disc_id;
		disc->disc_id = facts->disc_information.disc_id;
		disc->background = facts->disc_information.background;
		disc->is_dirty = facts->disc_information.is_dirty;
	}
}

void mmc_disc_conclude(const struct mmc_facts *facts, struct mmc_disc *ret_disc)
{
	struct mmc_disc *disc = ret_disc;

	memset(disc, 0, sizeof(*disc));
	disc->profile = mmc_profile_find(profile_number(facts));
	disc->state = state(facts, disc->profile);
	if (disc->state == MMC_STATE_NO_MEDIUM) {
		disc->trouble = state_text(disc);
		return;
	}
	disc->is_mrw = has_feature(facts, MMC_FEATURE_MRW);
	disc->write_unit_blocks = disc->profile->write_unit_blocks;
	disc->max_blocks = max_blocks(facts, disc->profile);
	lists_conclude(facts, disc);
	medium_id_conclude(facts, disc);
	disc->n_blocks = facts->has_capacity ? facts->capacity_blocks : 0;
	if (disc->state == MMC_STATE_FORMATTED && disc->profile->number == MMC_CD_RW && !disc->is_mrw) {
		disc->n_blocks = facts->tracks[0].start_lba + facts->tracks[0].n_blocks;
		disc->write_unit_blocks = facts->tracks[0].packet_blocks;
	} else if (disc->state == MMC_STATE_FORMATTED && !disc->is_mrw) {
		disc->n_blocks = overwritable_blocks(facts);
	} else if (disc->state == MMC_STATE_BLANK || disc->state == MMC_STATE_UNFORMATTED) {
		disc->n_blocks = 0;
	}
	abilities_conclude(facts, disc);
	if (facts->has_capacity && facts->capacity_block_bytes && facts->capacity_block_bytes != BLOCK_BYTES) {
		disc->can_overwrite = disc->can_append = false;
		disc->trouble = "Its blocks do not have 2048 bytes.";
	}
	if (profile_number(facts) == UINT16_MAX)
		disc->trouble = "The drive is too old to say which medium it is.";
}
