/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of drive and disc as lines of text, and back. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/family.h"
#include "sim/state.h"

/* Numbers that are saved under their names. */
struct field {
	const char *name;
	size_t offset;
	bool is_64_bits;
};
#define FIELD(of, name, member) { name, offsetof(struct of, member), sizeof(((struct of *)0)->member) == 8 }

static const struct field disc_fields[] = {
	FIELD(sim_disc, "disc.blocks", n_blocks),
	FIELD(sim_disc, "disc.front", front_lba),
	FIELD(sim_disc, "disc.synced", synced_lba),
	FIELD(sim_disc, "disc.listed-defects", n_listed_units),
	FIELD(sim_disc, "disc.replaced-defects", n_replaced_units),
	FIELD(sim_disc, "disc.supplementary-spare-blocks", n_supplementary_blocks),
	FIELD(sim_disc, "disc.tab", tab),
	FIELD(sim_disc, "disc.protected", pwp),
	FIELD(sim_disc, "disc.spares-exhausted", exhausted),
	FIELD(sim_disc, "disc.endurance", endurance),
	FIELD(sim_disc, "disc.track-mode", track_mode),
	FIELD(sim_disc, "disc.data-mode", data_mode),
	FIELD(sim_disc, "disc.session-format", session_format),
	FIELD(sim_disc, "disc.session-is-open", session_is_open),
	FIELD(sim_disc, "disc.fresh-format", fresh_format),
	FIELD(sim_disc, "disc.dirty", dirty_bit),
	FIELD(sim_disc, "disc.packet-writes", n_unit_writes),
	FIELD(sim_disc, "disc.calibrations", n_calibrations),
};
static const struct field drive_fields[] = {
	FIELD(sim_drive, "drive.clean", clean),
	FIELD(sim_drive, "drive.powered", powered),
	FIELD(sim_drive, "drive.clock-us", clock_us),
	FIELD(sim_drive, "drive.random", random),
	FIELD(sim_drive, "drive.tray-open", tray_open),
	FIELD(sim_drive, "drive.disc-is-out", disc_is_out),
	FIELD(sim_drive, "drive.stopped", stopped),
	FIELD(sim_drive, "drive.locked", locked),
	FIELD(sim_drive, "drive.locked-persistently", persistent),
	FIELD(sim_drive, "drive.media-event", media_event),
	FIELD(sim_drive, "drive.change-event", change_event),
	FIELD(sim_drive, "drive.write-kbytes", write_kbytes),
	FIELD(sim_drive, "drive.read-kbytes", read_kbytes),
	FIELD(sim_drive, "drive.warned-spares", warned_spares),
	FIELD(sim_drive, "drive.cut-announced", cut_announced),
	FIELD(sim_drive, "drive.cut-after", cut_after),
	FIELD(sim_drive, "drive.cut-seed", cut_seed),
	FIELD(sim_drive, "drive.cut-torn", cut_torn),
	FIELD(sim_drive, "drive.log", log_on),
	FIELD(sim_drive, "operation.kind", op.kind),
	FIELD(sim_drive, "operation.start-us", op.start_us),
	FIELD(sim_drive, "operation.end-us", op.end_us),
	FIELD(sim_drive, "operation.poll-us", op.poll_us),
	FIELD(sim_drive, "operation.parameter", op.parameter),
	FIELD(sim_drive, "operation.blocks", op.blocks),
	FIELD(sim_drive, "operation.no-progress", op.no_progress),
	FIELD(sim_drive, "operation.showed-end", op.showed_end),
	FIELD(sim_drive, "operation.hides-start", op.hides_start),
};
#define N_FIELDS(fields) (sizeof(fields) / sizeof(*(fields)))

static void put_fields(struct sim_text *text, const void *of, const struct field *fields, size_t n_fields)
{
	for (size_t i = 0; i < n_fields; i++) {
		uint64_t value = 0;
		uint32_t small;

		if (fields[i].is_64_bits) {
			memcpy(&value, (const char *)of + fields[i].offset, sizeof(value));
		} else {
			memcpy(&small, (const char *)of + fields[i].offset, sizeof(small));
			value = small;
		}
		sim_text_add(text, "%s %" PRIu64 "\n", fields[i].name, value);
	}
}

/* Take NAME VALUE if it is one of FIELDS.  RET_OK: VALUE is a number that fits. */
static bool get_field(void *of, const struct field *fields, size_t n_fields, const char *name, char *rest, bool *ret_ok)
{
	for (size_t i = 0; i < n_fields; i++) {
		uint64_t value;
		uint32_t small;

		if (strcmp(fields[i].name, name) != 0)
			continue;
		*ret_ok = sim_number(sim_word(&rest), fields[i].is_64_bits ? UINT64_MAX : UINT32_MAX, &value);
		small = (uint32_t)value;
		if (*ret_ok && fields[i].is_64_bits)
			memcpy((char *)of + fields[i].offset, &value, sizeof(value));
		else if (*ret_ok)
			memcpy((char *)of + fields[i].offset, &small, sizeof(small));
		return true;
	}
	return false;
}

/* ---- writing ---- */

static const char *const defect_words[SIM_N_DEFECT_KINDS] = { "write", "read", "weak" };

static bool same_unit(const struct sim_unit *a, const struct sim_unit *b)
{
	return a->n_writes == b->n_writes && ((a->flags ^ b->flags) & ~UNIT_CHANGED) == 0;
}

static void put_run(struct sim_text *text, const struct sim_disc *disc, uint32_t from, uint32_t to)
{
	const struct sim_unit *unit = &disc->units[from];

	sim_text_add(text, "disc.units %u-%u %u%s%s\n", from, to, unit->n_writes,
		     unit->flags & UNIT_WRITTEN ? " written" : "", unit->flags & UNIT_UNREADABLE ? " unreadable" : "");
}

/* Runs of units that are alike: "disc.units 0-31 3 written". */
static void put_all_units(struct sim_text *text, struct sim_disc *disc, bool changed_only)
{
	for (uint32_t i = 0, next; i < disc->n_units; i = next) {
		const struct sim_unit *unit = &disc->units[i];
		bool is_new = unit->n_writes == 0 && !(unit->flags & ~UNIT_CHANGED);
		bool wanted = changed_only ? unit->flags & UNIT_CHANGED : !is_new;

		for (next = i + 1; next < disc->n_units && same_unit(unit, &disc->units[next]) &&
		     (!changed_only || !(unit->flags & UNIT_CHANGED) == !(disc->units[next].flags & UNIT_CHANGED));)
			next++;
		if (wanted)
			put_run(text, disc, i, next - 1);
	}
	for (uint32_t i = 0; i < disc->n_units; i++)
		disc->units[i].flags &= (uint8_t)~UNIT_CHANGED;
}

static void put_units(struct sim_text *text, struct sim_disc *disc, bool changed_only)
{
	if (changed_only && disc->n_changed <= SIM_MAX_CHANGED) {
		for (uint32_t i = 0; i < disc->n_changed; i++) {
			put_run(text, disc, disc->changed[i], disc->changed[i]);
			disc->units[disc->changed[i]].flags &= (uint8_t)~UNIT_CHANGED;
		}
	} else {
		put_all_units(text, disc, changed_only);
	}
	disc->n_changed = 0;
}

/* Links are only added, until all of them go. */
static void put_links(struct sim_text *text, struct sim_disc *disc, bool changed_only)
{
	if (!changed_only || disc->n_links < disc->n_saved_links) {
		sim_text_add(text, "disc.no-links\n");
		disc->n_saved_links = 0;
	}
	for (; disc->n_saved_links < disc->n_links; disc->n_saved_links++)
		sim_text_add(text, "disc.link %u\n", disc->links[disc->n_saved_links]);
}

static void put_disc(struct sim_text *text, struct sim_disc *disc, bool changed_only)
{
	if (!changed_only)
		sim_text_add(text, "disc.media %s\n", disc->kind->medium.name);
	sim_text_add(text, "disc.state %s\n", disc->kind->family->state_names[disc->state]);
	put_fields(text, disc, disc_fields, N_FIELDS(disc_fields));
	put_units(text, disc, changed_only);
	sim_text_add(text, "disc.no-defects\n");
	for (uint32_t i = 0; i < disc->n_defects; i++)
		for (int kind = 0; kind < SIM_N_DEFECT_KINDS; kind++)
			if (disc->defects[i].n_times[kind])
				sim_text_add(text, "disc.defect %u %s %u\n", disc->defects[i].unit,
					     defect_words[kind], disc->defects[i].n_times[kind]);
	sim_text_add(text, "disc.no-tracks\n");
	for (uint32_t i = 0; i < disc->n_tracks; i++) {
		const struct sim_recorded *track = &disc->tracks[i];

		sim_text_add(text, "disc.track %u %u %u 0x%04x 0x%x %u\n", track->session, track->start_lba,
			     track->end_lba, track->mode, track->flags, track->reserved_end_lba);
	}
	put_links(text, disc, changed_only);
}

static void put_drive(struct sim_text *text, const struct sim_drive *drive)
{
	put_fields(text, drive, drive_fields, N_FIELDS(drive_fields));
	sim_text_add(text, "drive.attentions");
	for (uint32_t i = 0; i < drive->n_attentions; i++)
		sim_text_add(text, " 0x%06x", drive->attentions[i]);
	sim_text_add(text, "\ndrive.deferred");
	for (uint32_t i = 0; i < drive->n_deferred; i++)
		sim_text_add(text, " 0x%06x %u", drive->deferred[i], drive->deferred_lba[i]);
	sim_text_add(text, "\ndrive.pages ");
	for (uint32_t i = 0; i < SIM_PAGES_BYTES; i++)
		sim_text_add(text, "%02x", drive->pages[i]);
	sim_text_add(text, "\ndrive.other-disc %s\ndrive.no-answers\n", drive->other_disc);
	for (uint32_t i = 0; i < drive->n_answers; i++) {
		sim_text_add(text, "drive.answer ");
		sim_answer_put(text, &drive->answers[i]);
		sim_text_add(text, "\n");
	}
}

void sim_state_put(struct sim_text *text, struct sim_image *image, bool changed_only)
{
	if (!changed_only)
		sim_text_add(text, "# The state of a simulated drive and of its disc: see mmcsim(1).\n"
			     "# Of several lines that say the same, the last one counts.\n"
			     "udfkit-sim 1\ndrive.quirks %s\n", image->drive.quirks.text);
	put_drive(text, &image->drive);
	put_disc(text, &image->disc, changed_only);
}

/* ---- reading ---- */

static bool get_media(struct sim_image *image, const char *name, char *ret_why, enum udf_err *ret_err)
{
	struct sim_disc *disc = &image->disc;

	if (!name || disc->kind)
		return false;
	disc->kind = sim_find_kind(name);
	if (!disc->kind) {
		*ret_err = sim_refuse(ret_why, UDF_E_UNSUPPORTED, "this version knows no medium '%.64s'", name);
		return true;
	}
	*ret_err = sim_units_new(disc);
	return true;
}

static bool get_state(struct sim_disc *disc, const char *name)
{
	for (uint32_t i = 0; name && disc->kind->family->state_names[i]; i++) {
		if (strcmp(disc->kind->family->state_names[i], name) == 0) {
			disc->state = i;
			return true;
		}
	}
	return false;
}

static bool get_units(struct sim_disc *disc, char *rest)
{
	char *range = sim_word(&rest), *times = sim_word(&rest), *last, *word;
	uint64_t from, to, n_writes;
	uint8_t flags = 0;

	if (!range || !(last = strchr(range, '-')))
		return false;
	*last++ = 0;
	if (!sim_number(range, disc->n_units - 1, &from) || !sim_number(last, disc->n_units - 1, &to) || from > to ||
	    !sim_number(times, UINT32_MAX, &n_writes))
		return false;
	while ((word = sim_word(&rest))) {
		if (strcmp(word, "written") == 0)
			flags |= UNIT_WRITTEN;
		else if (strcmp(word, "unreadable") == 0)
			flags |= UNIT_UNREADABLE;
		else
			return false;
	}
	for (uint64_t i = from; i <= to; i++)
		disc->units[i] = (struct sim_unit){ .n_writes = (uint32_t)n_writes, .flags = flags };
	return true;
}

bool sim_defect_word(const char *word, enum sim_defect_kind *ret_kind)
{
	for (int kind = 0; word && kind < SIM_N_DEFECT_KINDS; kind++) {
		if (strcmp(defect_words[kind], word) == 0) {
			*ret_kind = (enum sim_defect_kind)kind;
			return true;
		}
	}
	return false;
}

static bool get_defect(struct sim_disc *disc, char *rest)
{
	enum sim_defect_kind kind;
	uint64_t unit, n_times;

	return sim_number(sim_word(&rest), disc->n_units - 1, &unit) && sim_defect_word(sim_word(&rest), &kind) &&
	       sim_number(sim_word(&rest), UINT32_MAX, &n_times) &&
	       sim_put_defect(disc, (uint32_t)unit, kind, (uint32_t)n_times) == UDF_OK;
}

static bool get_track(struct sim_disc *disc, char *rest)
{
	uint32_t previous_end = disc->n_tracks ? disc->tracks[disc->n_tracks - 1].end_lba : 0;
	uint64_t values[6];

	for (int i = 0; i < 6; i++)
		if (!sim_number(sim_word(&rest), UINT32_MAX, &values[i]))
			return false;
	if (disc->n_tracks == SIM_MAX_TRACKS || values[0] == 0 || values[0] > SIM_MAX_TRACKS ||
	    values[1] < previous_end || values[1] > values[2] || values[2] > disc->kind->max_blocks ||
	    values[5] > disc->kind->max_blocks || (values[4] & TRACK_RESERVED && values[5] < values[2]))
		return false;
	disc->tracks[disc->n_tracks++] = (struct sim_recorded){
		.session = (uint32_t)values[0], .start_lba = (uint32_t)values[1], .end_lba = (uint32_t)values[2],
		.mode = (uint32_t)values[3], .flags = (uint32_t)values[4],
		.reserved_end_lba = (uint32_t)values[5] };
	return true;
}

static bool get_link(struct sim_disc *disc, char *rest)
{
	uint64_t lba;
	uint32_t *links;

	if (!sim_number(sim_word(&rest), disc->kind->max_blocks, &lba) || disc->n_links == SIM_MAX_LINKS ||
	    (disc->n_links && lba <= disc->links[disc->n_links - 1]))
		return false;
	links = realloc(disc->links, (disc->n_links + 1u) * sizeof(*links));
	if (!links)
		return false;
	disc->links = links;
	links[disc->n_links++] = (uint32_t)lba;
	disc->n_saved_links = disc->n_links;
	return true;
}

static bool get_senses(struct sim_drive *drive, char *rest, bool deferred)
{
	uint32_t *n = deferred ? &drive->n_deferred : &drive->n_attentions;
	uint64_t sense, lba = 0;
	char *word;

	*n = 0;
	while ((word = sim_word(&rest))) {
		if (!sim_number(word, 0x0fffff, &sense) ||
		    (deferred && !sim_number(sim_word(&rest), UINT32_MAX, &lba)) ||
		    *n == (deferred ? SIM_MAX_DEFERRED : SIM_MAX_ATTENTIONS))
			return false;
		if (deferred)
			drive->deferred_lba[*n] = (uint32_t)lba;
		(deferred ? drive->deferred : drive->attentions)[(*n)++] = (sim_sense)sense;
	}
	return true;
}

static bool get_pages(struct sim_drive *drive, char *rest)
{
	for (uint32_t i = 0; i < SIM_PAGES_BYTES; i++) {
		char digits[3] = { 0 }, *end;

		if (strlen(rest) < 2)
			return false;
		memcpy(digits, rest, 2);
		drive->pages[i] = (uint8_t)strtoul(digits, &end, 16);
		if (*end)
			return false;
		rest += 2;
	}
	return *rest == 0;
}

static bool get_drive_line(struct sim_drive *drive, const char *name, char *rest)
{
	struct sim_answer answer;

	if (strcmp(name, "drive.no-answers") == 0) {
		drive->n_answers = 0;
		return true;
	}
	if (strcmp(name, "drive.answer") == 0)
		return sim_answer_get(rest, &answer) && sim_drive_set_answer(drive, &answer) == UDF_OK;
	if (strcmp(name, "drive.attentions") == 0)
		return get_senses(drive, rest, false);
	if (strcmp(name, "drive.deferred") == 0)
		return get_senses(drive, rest, true);
	if (strcmp(name, "drive.pages") == 0)
		return get_pages(drive, rest);
	if (strcmp(name, "drive.other-disc") == 0 && strlen(rest) < sizeof(drive->other_disc)) {
		strcpy(drive->other_disc, rest);
		return true;
	}
	return false;
}

static bool get_disc_line(struct sim_disc *disc, const char *name, char *rest)
{
	if (strcmp(name, "disc.state") == 0)
		return get_state(disc, sim_word(&rest));
	if (strcmp(name, "disc.units") == 0)
		return get_units(disc, rest);
	if (strcmp(name, "disc.defect") == 0)
		return get_defect(disc, rest);
	if (strcmp(name, "disc.no-defects") == 0) {
		disc->n_defects = 0;
		return true;
	}
	if (strcmp(name, "disc.no-tracks") == 0) {
		disc->n_tracks = 0;
		return true;
	}
	if (strcmp(name, "disc.no-links") == 0) {
		disc->n_links = disc->n_saved_links = 0;
		return true;
	}
	if (strcmp(name, "disc.link") == 0)
		return get_link(disc, rest);
	return strcmp(name, "disc.track") == 0 && get_track(disc, rest);
}

enum udf_err sim_state_get(struct sim_image *image, char *line, char *ret_why)
{
	char *rest = line, *name = sim_word(&rest);
	enum udf_err err = UDF_OK;
	uint64_t version;
	bool good = false;

	if (!name || *name == '#')
		return UDF_OK;
	if (strcmp(name, "udfkit-sim") == 0)
		return sim_number(sim_word(&rest), 1, &version) && version == 1 ? UDF_OK : UDF_E_UNSUPPORTED;
	if (strcmp(name, "drive.quirks") == 0)
		return sim_quirks_parse(&image->drive.quirks, rest, ret_why) ? UDF_E_CORRUPT : UDF_OK;
	if (strcmp(name, "disc.media") == 0)
		return get_media(image, sim_word(&rest), ret_why, &err) ? err : UDF_E_CORRUPT;
	if (get_field(&image->drive, drive_fields, N_FIELDS(drive_fields), name, rest, &good))
		return good ? UDF_OK : UDF_E_CORRUPT;
	if (strncmp(name, "drive.", 6) == 0)
		return get_drive_line(&image->drive, name, rest) ? UDF_OK : UDF_E_CORRUPT;
	if (!image->disc.kind)
		return UDF_E_CORRUPT;
	if (get_field(&image->disc, disc_fields, N_FIELDS(disc_fields), name, rest, &good))
		return good ? UDF_OK : UDF_E_CORRUPT;
	return get_disc_line(&image->disc, name, rest) ? UDF_OK : UDF_E_CORRUPT;
}

/* What lines alone can't show.  A state may have been edited by hand. */
bool sim_state_is_sane(const struct sim_image *image)
{
	const struct sim_disc *disc = &image->disc;
	const struct sim_drive *drive = &image->drive;

	return disc->kind && disc->n_blocks <= disc->kind->max_blocks + SIM_RUN_OUT_BLOCKS &&
	       disc->front_lba <= disc->kind->max_blocks &&
	       disc->synced_lba <= disc->kind->max_blocks &&
	       disc->n_supplementary_blocks <= disc->kind->max_blocks && drive->op.kind < SIM_N_OPS &&
	       drive->op.start_us <= drive->op.end_us && drive->op.blocks <= disc->kind->max_blocks &&
	       drive->cut_torn < SIM_N_TORN;
}
