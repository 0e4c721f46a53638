/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What FORMAT UNIT is to be asked for: chosen from the formats that the drive lists for the medium. */
#include <stdio.h>
#include <string.h>

#include "mmc/format.h"

#define CD_PACKET_BLOCKS 32u
#define DVD_RW_UNIT_BLOCKS 16u
#define BLOCK_BYTES 2048u

/* The table being filled, with all that it depends on. */
struct choice {
	const struct mmc_disc *disc;
	const struct mmc_format_options *options;
	struct mmc_format_choices *choices;
	struct mmc_failure *failure;
};

static struct mmc_format_choice *add(struct choice *c, uint8_t type, uint8_t subtype, uint32_t n_blocks,
				     uint32_t parameter)
{
	struct mmc_format_choice *choice = &c->choices->choices[c->choices->n_choices++];

	*choice = (struct mmc_format_choice){
		.list = { .is_immediate = true, .type = type, .subtype = subtype, .n_blocks = n_blocks,
			  .parameter = parameter },
	};
	return choice;
}

static const struct mmc_format *listed(const struct choice *c, enum mmc_format_type type)
{
	for (uint32_t i = 0; i < c->disc->n_formats; i++)
		if (c->disc->formats[i].type == type)
			return &c->disc->formats[i];
	return NULL;
}

static enum udf_err sizes_refuse(const struct choice *c)
{
	char sizes[120] = "";
	size_t n_bytes = 0;

	for (uint32_t i = 0; i < c->disc->n_formats && n_bytes < sizeof(sizes) - 12; i++)
		if (c->disc->formats[i].n_blocks)
			n_bytes += (size_t)snprintf(sizes + n_bytes, sizeof(sizes) - n_bytes, "%s%u",
						    n_bytes ? ", " : "", c->disc->formats[i].n_blocks);
	return mmc_failure_refuse(c->failure, UDF_E_INVAL, NULL,
				  "this %s can't be formatted to %u blocks; it can have %s",
				  c->disc->profile->name, c->options->n_blocks, sizes);
}

/* The number of blocks for media that can be formatted in part: whole units, and no more than MAX_BLOCKS. */
static enum udf_err partial_size(const struct choice *c, uint32_t max_blocks, uint32_t unit, uint32_t *ret_n_blocks)
{
	uint32_t n_blocks = c->options->n_blocks ? c->options->n_blocks : max_blocks;

	n_blocks -= n_blocks % unit;
	if (!max_blocks)
		return mmc_failure_refuse(c->failure, UDF_E_UNSUPPORTED, NULL,
					  "the drive does not say how large the %s is",
					  c->disc->profile->name);
	if (!n_blocks || n_blocks > max_blocks)
		return mmc_failure_refuse(c->failure, UDF_E_INVAL, NULL,
					  "this %s can't be formatted to %u blocks, only to %u",
					  c->disc->profile->name, c->options->n_blocks, max_blocks);
	*ret_n_blocks = n_blocks;
	return UDF_OK;
}

static enum udf_err cd_rw(struct choice *c)
{
	uint32_t n_blocks = 0;
	enum udf_err err;

	if (c->options->how == MMC_HOW_QUICK)
		return mmc_failure_refuse(c->failure, UDF_E_UNSUPPORTED, "Format it fully, or blank it.",
					  "a CD-RW can't be formatted quickly");
	err = partial_size(c, c->disc->max_blocks, CD_PACKET_BLOCKS, &n_blocks);
	if (err)
		return err;
	add(c, MMC_FORMAT_PACKETS, 0, n_blocks, CD_PACKET_BLOCKS);
	if (listed(c, MMC_FORMAT_FULL))	/* some drives have this number for it, and take the packets from page 05h */
		add(c, MMC_FORMAT_FULL, 0, n_blocks, BLOCK_BYTES);
	return UDF_OK;
}

static enum udf_err dvd_rw(struct choice *c)
{
	uint32_t n_blocks = 0;
	enum udf_err err;

	if (c->options->how == MMC_HOW_QUICK) {
		add(c, MMC_FORMAT_QUICK, 0, c->options->n_blocks - c->options->n_blocks % DVD_RW_UNIT_BLOCKS,
		    DVD_RW_UNIT_BLOCKS);
		return UDF_OK;
	}
	err = partial_size(c, c->disc->max_blocks, DVD_RW_UNIT_BLOCKS, &n_blocks);
	if (err)
		return err;
	add(c, MMC_FORMAT_PACKETS, 0, n_blocks, DVD_RW_UNIT_BLOCKS);
	add(c, MMC_FORMAT_FULL, 0, n_blocks, BLOCK_BYTES);
	return UDF_OK;
}

/* A size of DVD-RAM must be one that is listed.  More blocks mean fewer spare ones. */
static const struct mmc_format *dvd_ram_format(const struct choice *c)
{
	const struct mmc_format *found = NULL;

	for (uint32_t i = 0; i < c->disc->n_formats; i++) {
		const struct mmc_format *f = &c->disc->formats[i];

		if ((f->type != MMC_FORMAT_FULL && f->type != MMC_FORMAT_SPARE) || !f->n_blocks)
			continue;
		if (c->options->n_blocks) {
			if (f->n_blocks == c->options->n_blocks)
				return f;
		} else if (c->options->spares == MMC_SPARES_DEFAULT) {
			/* as it is; else the smallest full format, which is the one with the usual spares */
			if (f->type == MMC_FORMAT_FULL && f->n_blocks == c->disc->n_blocks)
				return f;
			if (f->type == MMC_FORMAT_FULL && (!found || f->n_blocks < found->n_blocks))
				found = f;
		} else if (c->options->spares == MMC_SPARES_MAX) {
			if (!found || f->n_blocks < found->n_blocks)
				found = f;
		} else if (f->type == MMC_FORMAT_FULL && (!found || f->n_blocks > found->n_blocks)) {
			found = f;
		}
	}
	return found;
}

static enum udf_err dvd_ram(struct choice *c)
{
	const struct mmc_format *f = dvd_ram_format(c);
	struct mmc_format_choice *choice;

	if (!f)
		return c->options->n_blocks ? sizes_refuse(c)
					    : mmc_failure_refuse(c->failure, UDF_E_UNSUPPORTED, NULL,
								 "the drive offers no format for this DVD-RAM");
	choice = add(c, f->type, 0, f->n_blocks, f->parameter);
	choice->list.has_options = true;
	if (c->options->how == MMC_HOW_FULL || f->type == MMC_FORMAT_SPARE)
		return UDF_OK;
	choice->list.is_certification_off = true;
	choice->is_complete_list = true;
	/* drives that know no list of defects kept, but can leave out the test */
	choice = add(c, f->type, 0, f->n_blocks, f->parameter);
	choice->list.has_options = choice->list.is_certification_off = true;
	return UDF_OK;
}

static enum udf_err dvd_plus_rw(struct choice *c)
{
	if (c->options->n_blocks && c->options->n_blocks != c->disc->max_blocks)
		return mmc_failure_refuse(c->failure, UDF_E_UNSUPPORTED, NULL, "a %s is always formatted whole",
					  c->disc->profile->name);
	add(c, MMC_FORMAT_DVD_PLUS_RW, 0, UINT32_MAX, 0);
	return UDF_OK;
}

/* The listed format of a BD-RE, by its spares or by its size. */
static const struct mmc_format *bd_re_format(const struct choice *c)
{
	const struct mmc_format *found = NULL;

	for (uint32_t i = 0; i < c->disc->n_formats; i++) {
		const struct mmc_format *f = &c->disc->formats[i];

		if (c->options->n_blocks) {
			if (f->n_blocks == c->options->n_blocks && f->type != MMC_FORMAT_FULL)
				return f;
			if (f->n_blocks == c->options->n_blocks)
				found = f;
		} else if (c->options->spares == MMC_SPARES_NONE) {
			if (f->type == MMC_FORMAT_NO_SPARES)
				return f;
		} else if (f->type == MMC_FORMAT_SPARES) {
			if (c->options->spares == MMC_SPARES_DEFAULT)
				return f;	/* the first is the default */
			if (!found || (c->options->spares == MMC_SPARES_MAX ? f->n_blocks < found->n_blocks
									    : f->n_blocks > found->n_blocks))
				found = f;
		}
	}
	if (!found && !c->options->n_blocks && c->options->spares == MMC_SPARES_DEFAULT)
		found = listed(c, MMC_FORMAT_FULL);
	return found;
}

/* The lowest bits of the type say how thoroughly; drives that don't offer a way refuse it, or take it for another. */
static enum udf_err bd_re(struct choice *c)
{
	static const uint8_t full[] = { 2 }, spares_quickly[] = { 3, 1, 0 }, quickly[] = { 0, 1 }, only[] = { 0 };
	bool is_full = c->options->how == MMC_HOW_FULL;
	const struct mmc_format *f = bd_re_format(c);
	const uint8_t *subtypes = only;
	size_t n_subtypes = 1;

	if (!f)
		return c->options->n_blocks ? sizes_refuse(c)
					    : mmc_failure_refuse(c->failure, UDF_E_UNSUPPORTED, NULL,
								 "the drive offers no such format for this BD-RE");
	if (is_full && !c->disc->can_certify)
		return mmc_failure_refuse(c->failure, UDF_E_UNSUPPORTED, "Format it quickly.",
					  "this drive can't test a BD-RE while it formats");
	if (f->type == MMC_FORMAT_FULL && is_full)
		return mmc_failure_refuse(c->failure, UDF_E_UNSUPPORTED, "Format it quickly.",
					  "the drive offers no format with a test for this BD-RE");
	if (f->type != MMC_FORMAT_FULL && is_full) {
		subtypes = full;
		n_subtypes = 1;
	} else if (f->type == MMC_FORMAT_SPARES) {
		subtypes = spares_quickly + !c->disc->can_certify_quickly;
		n_subtypes = sizeof(spares_quickly) - !c->disc->can_certify_quickly;
	} else if (f->type == MMC_FORMAT_NO_SPARES) {
		subtypes = quickly;
		n_subtypes = sizeof(quickly);
	}
	for (size_t i = 0; i < n_subtypes; i++)
		add(c, f->type, subtypes[i], f->n_blocks, f->parameter)->list.has_options = true;
	return UDF_OK;
}

/* Only these media have spare blocks and a test by the drive. */
static enum udf_err check_wishes(const struct choice *c)
{
	uint16_t number = c->disc->profile->number;
	bool has_spares = c->options->spares == MMC_SPARES_MIN || c->options->spares == MMC_SPARES_MAX;

	if (number == MMC_DVD_RAM || number == MMC_BD_RE)
		return UDF_OK;
	if (has_spares)
		return mmc_failure_refuse(c->failure, UDF_E_UNSUPPORTED, NULL,
					  "a drive keeps no spare blocks on a %s", c->disc->profile->name);
	if (c->options->is_test_wanted)
		return mmc_failure_refuse(c->failure, UDF_E_UNSUPPORTED, NULL,
					  "a drive does not test a %s while it formats it", c->disc->profile->name);
	return UDF_OK;
}

enum udf_err mmc_format_choose(const struct mmc_disc *disc, const struct mmc_format_options *options,
			       struct mmc_format_choices *ret_choices, struct mmc_failure *ret_failure)
{
	struct choice c = { .disc = disc, .options = options, .choices = ret_choices, .failure = ret_failure };

	enum udf_err err = check_wishes(&c);

	ret_choices->n_choices = 0;
	if (err)
		return err;
	switch (disc->profile->number) {
	case MMC_CD_RW:
		return cd_rw(&c);
	case MMC_DVD_RAM:
		return dvd_ram(&c);
	case MMC_DVD_RW_SEQUENTIAL:
	case MMC_DVD_RW_OVERWRITE:
		return dvd_rw(&c);
	case MMC_DVD_PLUS_RW:
	case MMC_DVD_PLUS_RW_DL:
		return dvd_plus_rw(&c);
	case MMC_BD_RE:
		return bd_re(&c);
	default:
		return mmc_failure_refuse(ret_failure, UDF_E_UNSUPPORTED, NULL, "a %s can't be formatted",
					  disc->profile->name);
	}
}
