/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quirks by name, and the families of drives, which are sets of them. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "sim/family.h"
#include "sim/text.h"

static const struct sim_trait quirks[] = {
#define QUIRK(id, name, text) { name, text },
#include "sim/quirks.def"
#undef QUIRK
	{ NULL, NULL },
};

/* Each family has a row in both tables. */
static const struct sim_trait families[] = {
	{ "asus-lg-2019", "ASUS and LG drives of about 2019: page 05 takes fixed packets only on complete discs" },
	{ "pioneer-r11", "Pioneer DVR-111: formats CD-RW as page 05 says, and seems ready while it is closing" },
	{ "bdr203", "Pioneer BDR-203, which writes BD-RE too" },
	{ "lg-gsa", "HL-DT-ST GSA and GH drives, whose sense data have bytes of their own" },
	{ "old-cdrw", "a CD writer of about 2000" },
	{ "sony-crx", "Sony CRX140E and CRX160E: CD writers that can't be asked for features" },
	{ "usb-bridge", "a drive at a USB bridge that hides what the drive is waiting for" },
	{ NULL, NULL },
};
static const char *const quirks_of_families[] = {
	"fp-select-closed,fp-select-reloaded,page05-forgotten",
	("tur-good-close,tur-good-sync,3a00,fmt-needs-page05,link-strict,plus-no-packet,"
	 "rti-busy,rt-closed"),
	"3a00,fmt-needs-page05,link-strict,re-sub01,no-event3",
	"vendor-sense",
	"fp-open,fp-no-toc,rti-1a,no-immed",
	"no-configuration,wp-key5,rti-1a",
	"not-reportable,short-replies",
};

static const struct {
	const char *name;
	sim_sense sense;
} unwritten[] = {
	{ "zero", 0 },
	{ "1105", SENSE(3, 0x11, 0x05) },
	{ "2100", SENSE(5, 0x21, 0x00) },
	{ "6400", SENSE(5, 0x64, 0x00) },
	{ "0200", SENSE(3, 0x02, 0x00) },
	{ "blank", SENSE(8, 0x00, 0x00) },
};

const struct sim_trait *sim_quirks(void)
{
	return quirks;
}

const struct sim_trait *sim_drive_families(void)
{
	return families;
}

const char *sim_family_quirks(const char *name)
{
	for (size_t i = 0; families[i].name; i++)
		if (strcmp(families[i].name, name) == 0)
			return quirks_of_families[i];
	return NULL;
}

static enum udf_err parse_unwritten(struct sim_quirks *ret_quirks, const char *value, char *ret_why)
{
	for (size_t i = 0; i < sizeof(unwritten) / sizeof(*unwritten); i++) {
		if (value && strcmp(value, unwritten[i].name) == 0) {
			ret_quirks->unwritten = unwritten[i].sense;
			return UDF_OK;
		}
	}
	return sim_refuse(ret_why, UDF_E_INVAL, "the quirk unw needs a value: zero, 1105, 2100, 6400, 0200 or blank");
}

static enum udf_err parse_one(struct sim_quirks *ret_quirks, char *word, char *ret_why)
{
	char *value = strchr(word, '=');
	size_t i = 0;

	if (value)
		*value++ = 0;
	while (i < SIM_N_QUIRKS && strcmp(quirks[i].name, word) != 0)
		i++;
	if (i == SIM_N_QUIRKS)
		return sim_refuse(ret_why, UDF_E_INVAL, "this version knows no quirk '%.64s'", word);
	if (i == QUIRK_UNW)
		return parse_unwritten(ret_quirks, value, ret_why) ? UDF_E_INVAL :
			(ret_quirks->on[i] = true, UDF_OK);
	if (value)
		return sim_refuse(ret_why, UDF_E_INVAL, "the quirk %s takes no value", word);
	ret_quirks->on[i] = true;
	return UDF_OK;
}

enum udf_err sim_quirks_parse(struct sim_quirks *ret_quirks, const char *text, char *ret_why)
{
	struct sim_quirks parsed = *ret_quirks;
	size_t n_before = strlen(parsed.text);
	char copy[SIM_QUIRKS_BYTES], *rest = copy, *word;

	if (!text || !*text)
		return UDF_OK;
	if (n_before + strlen(text) + 2 > sizeof(copy))
		return sim_refuse(ret_why, UDF_E_INVAL, "there are too many quirks");
	(void)snprintf(parsed.text + n_before, sizeof(parsed.text) - n_before, "%s%s", n_before ? "," : "", text);
	strcpy(copy, text);
	while ((word = strsep(&rest, ","))) {
		enum udf_err err = *word ? parse_one(&parsed, word, ret_why) : UDF_OK;

		if (err)
			return err;
	}
	*ret_quirks = parsed;
	return UDF_OK;
}
