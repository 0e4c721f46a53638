/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that a drive says about itself and the medium.
 *
 * Each reply is asked for twice: its first bytes, which say how long it is, and then as much as there is.  Some
 * adapters hang when they are asked for more than the drive has.  A reply that does not come is missing, and no error.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "mmc/private.h"

#define MAX_REPLY_BYTES 8192u
#define MOST_REFUSED 8u		/* tracks in a row */
#define INVISIBLE_TRACK 0xFF

/* One round of questions.  The first error that makes further ones useless ends it. */
struct round {
	struct mmc_drive *drive;
	struct mmc_facts *facts;
	enum udf_err err;
	bool has_inquiry;
	bool was_in_vain;	/* the last question got no answer in time */
	uint8_t reply[MAX_REPLY_BYTES];
};

/* Send a question.  Returns false if there is no reply of at least MIN_BYTES. */
static bool ask(struct round *r, struct mmc_command command, uint32_t min_bytes, uint32_t *ret_n_bytes)
{
	enum udf_err err;

	if (r->err)
		return false;
	memset(r->reply, 0, command.n_data_bytes);
	err = mmc_exec(r->drive, &command, &mmc_query_policy, ret_n_bytes);
	r->was_in_vain = err && r->drive->failure.reply.delivery == MMC_TIMED_OUT;
	if (err == UDF_E_NOT_FOUND || err == UDF_E_CANCELLED || err == UDF_E_NO_PERMISSION || r->drive->is_dead)
		r->err = err;
	return !err && *ret_n_bytes >= min_bytes;
}

/* Ask with QUESTION.  What follows from it would be wrong without a reply, so a drive that is late is asked again. */
static void must_ask(struct round *r, void (*question)(struct round *r))
{
	bool has_medium;

	r->was_in_vain = false;
	question(r);
	if (r->err || !r->was_in_vain)
		return;
	r->err = mmc_ready_wait(r->drive, &has_medium);
	r->was_in_vain = false;
	question(r);
	if (!r->err && r->was_in_vain)
		r->err = r->drive->failure.err;
}

static uint16_t limited(uint64_t n_bytes)
{
	return (uint16_t)udf_min64(n_bytes, MAX_REPLY_BYTES);
}

static void inquiry_ask(struct round *r)
{
	uint32_t n_bytes;

	if (ask(r, mmc_cdb_inquiry(r->reply, 36), 5, &n_bytes))
		r->has_inquiry = mmc_inquiry_parse(r->reply, n_bytes, &r->facts->inquiry) == UDF_OK;
}

static void configuration_ask(struct round *r)
{
	uint32_t n_bytes;

	if (ask(r, mmc_cdb_get_configuration(0, r->reply, 8), 8, &n_bytes) &&
	    ask(r, mmc_cdb_get_configuration(0, r->reply, limited(mmc_configuration_size(r->reply))), 8, &n_bytes))
		r->facts->has_configuration =
			mmc_configuration_parse(r->reply, n_bytes, &r->facts->configuration) == UDF_OK;
}

static void disc_information_ask(struct round *r)
{
	uint32_t n_bytes;

	if (ask(r, mmc_cdb_read_disc_information(0, r->reply, 4), 4, &n_bytes) &&
	    ask(r, mmc_cdb_read_disc_information(0, r->reply, limited(get_be16(r->reply) + 2u)), 4, &n_bytes))
		r->facts->has_disc_information =
			mmc_disc_information_parse(r->reply, n_bytes, &r->facts->disc_information) == UDF_OK;
}

static void capacity_ask(struct round *r)
{
	uint32_t n_bytes;

	if (!ask(r, mmc_cdb_read_capacity(r->reply), 8, &n_bytes))
		return;
	r->facts->has_capacity = mmc_capacity_parse(r->reply, n_bytes, &r->facts->capacity_blocks,
						    &r->facts->capacity_block_bytes) == UDF_OK;
	r->facts->is_capacity_lost = get_be32(r->reply) >= MMC_LBA_LIMIT;
}

static void format_capacities_ask(struct round *r)
{
	uint32_t n_bytes;

	if (ask(r, mmc_cdb_read_format_capacities(r->reply, 12), 12, &n_bytes) &&
	    ask(r, mmc_cdb_read_format_capacities(r->reply, limited(udf_max64(r->reply[3] + 4u, 12))), 12, &n_bytes))
		r->facts->has_format_capacities =
			mmc_format_capacities_parse(r->reply, n_bytes, &r->facts->format_capacities) == UDF_OK;
}

static void capabilities_ask(struct round *r)
{
	const uint8_t *page;
	uint32_t n_bytes, n_page_bytes;

	if (ask(r, mmc_cdb_mode_sense(MMC_PAGE_CURRENT, MMC_PAGE_CAPABILITIES, r->reply, 8), 8, &n_bytes) &&
	    ask(r, mmc_cdb_mode_sense(MMC_PAGE_CURRENT, MMC_PAGE_CAPABILITIES, r->reply,
				      limited(get_be16(r->reply) + 2u)), 8, &n_bytes) &&
	    mmc_mode_page_find(r->reply, n_bytes, MMC_PAGE_CAPABILITIES, &page, &n_page_bytes) == UDF_OK)
		r->facts->has_capabilities =
			mmc_capabilities_parse(page, n_page_bytes, &r->facts->capabilities) == UDF_OK;
}

static void atip_ask(struct round *r)
{
	uint32_t n_bytes;

	if (ask(r, mmc_cdb_read_toc(4, 0, r->reply, 4), 4, &n_bytes) &&
	    ask(r, mmc_cdb_read_toc(4, 0, r->reply, limited(get_be16(r->reply) + 2u)), 4, &n_bytes))
		r->facts->has_atip = mmc_atip_parse(r->reply, n_bytes, &r->facts->atip) == UDF_OK;
}

static void speeds_ask(struct round *r)
{
	uint32_t n_bytes;
	uint16_t n_speeds;

	if (!ask(r, mmc_cdb_get_performance(3, 0, r->reply, MMC_SPEEDS_HEADER_BYTES), 8, &n_bytes))
		return;
	n_speeds = mmc_speeds_count(r->reply);
	if (n_speeds && ask(r, mmc_cdb_get_performance(3, n_speeds, r->reply,
						       MMC_SPEEDS_HEADER_BYTES + n_speeds * MMC_SPEED_BYTES),
			    MMC_SPEEDS_HEADER_BYTES, &n_bytes))
		r->facts->has_speeds = mmc_speeds_parse(r->reply, n_bytes, &r->facts->speeds) == UDF_OK;
}

static bool structure_ask(struct round *r, bool is_bd, uint8_t format, uint32_t *ret_n_bytes)
{
	return ask(r, mmc_cdb_read_disc_structure(is_bd, format, r->reply, 4), 4, ret_n_bytes) &&
	       ask(r, mmc_cdb_read_disc_structure(is_bd, format, r->reply, limited(get_be16(r->reply) + 2u)), 5,
		   ret_n_bytes);
}

static void protection_ask(struct round *r, bool is_bd)
{
	uint32_t n_bytes;

	if (structure_ask(r, is_bd, MMC_STRUCTURE_WRITE_PROTECTION, &n_bytes))
		r->facts->has_protection =
			mmc_write_protection_parse(r->reply, n_bytes, &r->facts->protection) == UDF_OK;
	if (!is_bd && structure_ask(r, is_bd, MMC_STRUCTURE_MEDIUM_STATUS, &n_bytes))
		r->facts->has_medium_status =
			mmc_medium_status_parse(r->reply, n_bytes, &r->facts->medium_status) == UDF_OK;
	if (structure_ask(r, is_bd, MMC_STRUCTURE_SPARE, &n_bytes))
		r->facts->has_spare = mmc_spare_parse(is_bd, r->reply, n_bytes, &r->facts->spare) == UDF_OK;
}

static void medium_id_ask(struct round *r, const struct mmc_profile *profile)
{
	bool is_bd = profile->family == MMC_FAMILY_BD;
	uint8_t format = is_bd ? MMC_STRUCTURE_BD_DISC_INFORMATION : MMC_STRUCTURE_DVD_LEAD_IN;
	uint32_t n_bytes;

	switch (profile->number) {
	case MMC_DVD_PLUS_RW:
	case MMC_DVD_PLUS_R:
	case MMC_DVD_PLUS_RW_DL:
	case MMC_DVD_PLUS_R_DL:
		format = MMC_STRUCTURE_ADIP;
		break;
	default:
		break;
	}
	if (structure_ask(r, is_bd, format, &n_bytes))
		mmc_medium_id_parse(is_bd, format, r->reply, n_bytes, r->facts->medium_id);
}

static bool track_ask(struct round *r, uint16_t number, struct mmc_track *ret_track)
{
	uint32_t n_bytes;

	return ask(r, mmc_cdb_read_track_information(number, r->reply, 4), 4, &n_bytes) &&
	       ask(r, mmc_cdb_read_track_information(number, r->reply, limited(get_be16(r->reply) + 2u)), 4,
		   &n_bytes) &&
	       mmc_track_parse(r->reply, n_bytes, ret_track) == UDF_OK;
}

/*
 * There is always a track 1, whatever a drive that lost its way counts.  The last track is always among those kept.
 * Where none of several tracks is known to the drive, it has counted wrong, and only the last one is asked for.
 */
static void tracks_ask(struct round *r)
{
	const struct mmc_disc_information *d = &r->facts->disc_information;
	uint16_t last = r->facts->has_disc_information && d->last_track ? d->last_track : 1;
	uint16_t first = r->facts->has_disc_information && d->first_track ? d->first_track : 1;
	struct mmc_facts *facts = r->facts;
	unsigned n_refused = 0;

	if (first > last)
		first = 1;
	facts->n_tracks = 0;
	for (uint32_t number = first; number <= last && !r->err && !r->was_in_vain; number++) {
		if (facts->n_tracks == MMC_MAX_TRACKS - 1 || n_refused == MOST_REFUSED)
			number = last;
		n_refused++;
		if (track_ask(r, (uint16_t)number, &facts->tracks[facts->n_tracks]) ||
		    (number == last && !r->was_in_vain &&
		     track_ask(r, INVISIBLE_TRACK, &facts->tracks[facts->n_tracks]))) {
			facts->n_tracks++;
			n_refused = 0;
		}
	}
}

static void medium_ask(struct round *r)
{
	const struct mmc_profile *profile = mmc_profile_find(r->facts->configuration.profile);

	must_ask(r, disc_information_ask);
	must_ask(r, tracks_ask);
	capacity_ask(r);
	format_capacities_ask(r);
	if (!r->facts->has_configuration || profile->family == MMC_FAMILY_CD)
		atip_ask(r);
	if (profile->number == MMC_DVD_RAM || profile->number == MMC_BD_RE || profile->number == MMC_BD_R ||
	    profile->number == MMC_BD_R_RANDOM)
		protection_ask(r, profile->family == MMC_FAMILY_BD);
	if (profile->write_unit_blocks > 1 && profile->number != MMC_DVD_RAM && profile->family != MMC_FAMILY_CD)
		medium_id_ask(r, profile);
	if (profile->write_unit_blocks)
		speeds_ask(r);
}

enum udf_err mmc_facts_gather(struct mmc_drive *drive, struct mmc_facts *ret_facts)
{
	struct round r = { .drive = drive, .facts = ret_facts };

	memset(ret_facts, 0, sizeof(*ret_facts));
	must_ask(&r, inquiry_ask);
	if (!r.has_inquiry)
		return r.err ? r.err : mmc_refuse(drive, UDF_E_UNSUPPORTED, NULL,
						  "the device does not say what it is");
	if (!ret_facts->inquiry.is_optical)
		return mmc_refuse(drive, UDF_E_UNSUPPORTED, NULL, "the device is not an optical drive");
	r.err = mmc_ready_wait(drive, &ret_facts->has_medium);
	must_ask(&r, configuration_ask);
	capabilities_ask(&r);
	if (ret_facts->has_medium)
		medium_ask(&r);
	if (r.err == UDF_E_NOT_FOUND) {		/* it was taken out meanwhile */
		ret_facts->has_medium = false;
		r.err = UDF_OK;
	}
	return r.err;
}

enum udf_err mmc_track_read(struct mmc_drive *drive, uint16_t number, struct mmc_track *ret_track)
{
	struct round r = { .drive = drive };

	if (track_ask(&r, number, ret_track))
		return UDF_OK;
	return r.err ? r.err : drive->failure.err ? drive->failure.err : UDF_E_CORRUPT;
}

enum udf_err mmc_background_read(struct mmc_drive *drive, enum mmc_background *ret_background)
{
	struct mmc_facts facts = { 0 };
	struct round r = { .drive = drive, .facts = &facts };

	disc_information_ask(&r);
	if (!facts.has_disc_information)
		return r.err ? r.err : drive->failure.err ? drive->failure.err : UDF_E_CORRUPT;
	*ret_background = facts.disc_information.background;
	return UDF_OK;
}
