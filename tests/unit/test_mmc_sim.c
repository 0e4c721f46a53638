/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/mmc with simulated drives: whole jobs, with every family of drives and every quirk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "mmc/blank.h"
#include "mmc/cdb.h"
#include "mmc/close.h"
#include "mmc/drive.h"
#include "mmc/format.h"
#include "mmc/protect.h"
#include "mmc/recover.h"
#include "sim/sim.h"

static char folder[32], path[64], state_path[72];
static struct sim *sim;
static struct mmc_hooks hooks;
static uint8_t data[64 * 2048], back[64 * 2048];

static void file_remove(void)
{
	unlink(path);
	unlink(state_path);
}

static struct mmc_drive *drive_with(struct sim_create_options options)
{
	struct mmc_transport *transport = NULL;
	struct mmc_drive *drive = NULL;
	struct mmc_failure failure = { 0 };
	char why[SIM_WHY_BYTES] = "";

	file_remove();
	if (!options.media)
		options.media = "dvd-ram";
	if (sim_create(path, &options, why) || sim_open(path, SIM_USE, why, &sim))
		fail_msg("%s", why);
	assert_int_equal(sim_transport_new(sim, true, &transport), UDF_OK);
	if (mmc_drive_open(transport, NULL, &hooks, &drive, &failure))
		fail_msg("%s", failure.text);
	return drive;
}

static void succeeds(struct mmc_drive *drive, enum udf_err err)
{
	if (err)
		fail_msg("%s: %s", udf_strerror(err), mmc_drive_failure(drive)->text);
}

static void pattern_fill(uint8_t seed)
{
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 2048 + seed);
}

static void writes_and_reads_back(struct mmc_drive *drive, uint32_t lba, uint32_t n_blocks, uint8_t seed)
{
	pattern_fill(seed);
	memset(back, 0, sizeof(back));
	succeeds(drive, mmc_drive_write(drive, lba, n_blocks, data));
	succeeds(drive, mmc_drive_sync(drive));
	succeeds(drive, mmc_drive_read(drive, lba, n_blocks, back));
	assert_memory_equal(back, data, n_blocks * 2048);
}

/* The media one after the other, without those that are written once: these are for the track writer's tests. */
static const char *rewritable_at(size_t index)
{
	static const char *const once[] = { "cd-r", "cd-r-8cm", "dvd-r", "dvd-r-dl", "dvd+r", "dvd+r-dl", "bd-r",
					    "bd-r-dl" };
	const struct sim_medium *medium;

	for (size_t i = 0; (medium = sim_medium_at(i)); i++) {
		bool is_once = false;

		for (size_t j = 0; j < sizeof(once) / sizeof(*once); j++)
			is_once |= strcmp(medium->name, once[j]) == 0;
		if (!is_once && index-- == 0)
			return medium->name;
	}
	return NULL;
}

static void a_disc_as_bought_is_identified(void **state)
{
	struct mmc_drive *drive = drive_with((struct sim_create_options){ 0 });
	const struct mmc_disc *disc = mmc_drive_disc(drive);

	(void)state;
	assert_int_equal(disc->profile->number, MMC_DVD_RAM);
	assert_int_equal(disc->state, MMC_STATE_FORMATTED);
	assert_int_equal(disc->n_blocks, 2236704);
	assert_true(disc->can_overwrite && disc->has_defect_management && !disc->needs_whole_units);
	assert_int_equal(disc->n_formats, 4);
	assert_true(disc->has_spare && disc->speeds.n_speeds > 0);
	mmc_drive_close(drive);
}

static void unformatted_is_formatted_and_written(void **state)
{
	struct mmc_drive *drive = drive_with((struct sim_create_options){ .unformatted = true });

	(void)state;
	assert_int_equal(mmc_drive_disc(drive)->state, MMC_STATE_UNFORMATTED);
	assert_int_equal(mmc_drive_write(drive, 0, 1, data), UDF_E_READ_ONLY);
	assert_non_null(strstr(mmc_drive_failure(drive)->text, "must be formatted"));
	succeeds(drive, mmc_format(drive, NULL));
	assert_int_equal(mmc_drive_disc(drive)->n_blocks, 2236704);
	writes_and_reads_back(drive, 5, 40, 1);
	mmc_drive_close(drive);
}

static void formats_give_the_sizes_that_are_listed(void **state)
{
	static const struct {
		struct mmc_format_options options;
		uint32_t n_blocks;
	} rows[] = {
		{ { .how = MMC_HOW_FULL, .spares = MMC_SPARES_NONE }, 2295072 },
		{ { .how = MMC_HOW_FULL }, 2295072 },
		{ { .how = MMC_HOW_QUICK, .n_blocks = 2236704 }, 2236704 },
		{ { .spares = MMC_SPARES_MAX }, 2217248 },
	};
	struct mmc_drive *drive = drive_with((struct sim_create_options){ 0 });

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		succeeds(drive, mmc_format(drive, &rows[i].options));
		assert_int_equal(mmc_drive_disc(drive)->n_blocks, rows[i].n_blocks);
		writes_and_reads_back(drive, rows[i].n_blocks - 17, 17, (uint8_t)i);
	}
	mmc_drive_close(drive);
}

/* From whatever a new disc is to one that is written in place, out of the drive and in again */
static void work(const char *media, struct sim_create_options options, const char *name)
{
	struct mmc_media_status status;
	const struct mmc_disc *disc;
	struct mmc_drive *drive;
	uint32_t unit;

	print_message("%s, %s\n", media, name);
	options.media = media;
	drive = drive_with(options);
	disc = mmc_drive_disc(drive);
	succeeds(drive, mmc_format(drive, NULL));
	assert_int_equal(disc->state, MMC_STATE_FORMATTED);
	assert_true(disc->can_overwrite && disc->n_blocks > 270000 && disc->write_unit_blocks >= 16);
	unit = disc->write_unit_blocks;
	succeeds(drive, mmc_drive_lock(drive, true));
	writes_and_reads_back(drive, 8 * unit, 64, 3);
	writes_and_reads_back(drive, disc->n_blocks - disc->n_blocks % unit - unit, unit, 4);
	if (disc->needs_whole_units)
		assert_int_equal(mmc_drive_write(drive, 1, unit, data), UDF_E_INVAL);
	else
		writes_and_reads_back(drive, 8 * unit + 1, 3, 4);
	mmc_drive_poll(drive, &status);
	mmc_drive_set_speed(drive, 2770);
	succeeds(drive, mmc_drive_eject(drive));
	assert_int_equal(disc->state, MMC_STATE_NO_MEDIUM);
	assert_int_equal(mmc_drive_read(drive, 0, 1, back), UDF_E_NOT_FOUND);
	succeeds(drive, mmc_drive_load(drive));
	pattern_fill(3);
	succeeds(drive, mmc_drive_read(drive, 8 * unit + 16, 16, back));
	assert_memory_equal(back, data + 16 * 2048, 16 * 2048);
	if (disc->can_blank) {
		succeeds(drive, mmc_blank(drive, MMC_BLANK_MINIMAL, 0));
		assert_int_equal(disc->state, MMC_STATE_BLANK);
	}
	mmc_drive_close(drive);
}

static void every_drive_works(void **state)
{
	(void)state;
	for (size_t i = 0; rewritable_at(i); i++)
		for (const struct sim_trait *trait = sim_drive_families(); trait->name; trait++)
			work(rewritable_at(i), (struct sim_create_options){ .drive = trait->name },
			     trait->name);
}

static void every_quirk_is_coped_with(void **state)
{
	(void)state;
	for (size_t i = 0; rewritable_at(i); i++)
		for (const struct sim_trait *trait = sim_quirks(); trait->name; trait++)
			work(rewritable_at(i), (struct sim_create_options){
				.quirks = strcmp(trait->name, "unw") ? trait->name : "unw=1105" }, trait->name);
}

/* A drive that needs the page and refuses it in this state of the disc: people found a way, which is reported. */
static void a_way_around_is_reported(void **state)
{
	struct mmc_drive *drive = drive_with((struct sim_create_options){
		.media = "cd-rw", .quirks = "fp-select-closed,fmt-needs-page05,no-legacy" });

	(void)state;
	assert_int_equal(mmc_format(drive, NULL), UDF_E_UNSUPPORTED);
	assert_non_null(strstr(mmc_drive_failure(drive)->advice, "small session"));
	assert_int_equal(mmc_drive_failure(drive)->cdb[0], 0x04);
	mmc_drive_close(drive);
}

static void packets_that_cannot_be_written_are_named(void **state)
{
	static const char *const quirks[] = { NULL, "write-through", "deferred-tur" };

	(void)state;
	for (size_t i = 0; i < sizeof(quirks) / sizeof(quirks[0]); i++) {
		struct mmc_drive *drive = drive_with((struct sim_create_options){ .media = "cd-rw",
										 .quirks = quirks[i] });
		struct mmc_lost lost = { 0 };
		enum udf_err err;

		succeeds(drive, mmc_format(drive, NULL));
		assert_int_equal(sim_set_defect(sim, 320, SIM_DEFECT_WRITE, SIM_DEFECT_FOR_GOOD), UDF_OK);
		err = mmc_drive_write(drive, 320, 32, data);
		if (err) {		/* at once ... */
			assert_int_equal(err, UDF_E_MEDIUM);
			assert_int_equal(mmc_drive_failure(drive)->lba / 32, 10);
		} else {		/* ... or late */
			assert_int_equal(mmc_drive_sync(drive), UDF_E_MEDIUM);
			assert_true(mmc_drive_take_lost(drive, &lost));
			assert_int_equal(lost.lba, 320);
		}
		writes_and_reads_back(drive, 352, 32, 7);
		mmc_drive_close(drive);
	}
}

/* What was asked for has not come about. */
static void a_size_that_the_drive_keeps_is_no_success(void **state)
{
	struct mmc_drive *drive = drive_with((struct sim_create_options){ .quirks = "ram-no-resize" });

	(void)state;
	assert_int_equal(mmc_format(drive, &(struct mmc_format_options){ .how = MMC_HOW_QUICK, .n_blocks = 2295072 }),
			 UDF_E_UNSUPPORTED);
	assert_string_equal(mmc_drive_failure(drive)->advice, "Format it fully to change its size.");
	succeeds(drive, mmc_format(drive, &(struct mmc_format_options){ .how = MMC_HOW_FULL, .n_blocks = 2295072 }));
	assert_int_equal(mmc_drive_disc(drive)->n_blocks, 2295072);
	mmc_drive_close(drive);
}

/* The power fails soon after FORMAT UNIT began. */
static void format_cut(const struct mmc_disc *disc)
{
	struct mmc_transport *transport = NULL;
	struct mmc_format_choices choices;
	uint8_t list[MMC_FORMAT_LIST_BYTES];
	struct mmc_failure failure;
	struct mmc_command format;
	struct mmc_reply reply;

	assert_int_equal(mmc_format_choose(disc, &(struct mmc_format_options){ 0 }, &choices, &failure), UDF_OK);
	mmc_format_list_encode(&choices.choices[0].list, list);
	format = mmc_cdb_format_unit(list, choices.choices[0].is_complete_list);
	assert_int_equal(sim_transport_new(sim, false, &transport), UDF_OK);
	mmc_run(transport, &format, &reply);
	assert_int_equal(reply.status, MMC_STATUS_GOOD);
	sim_cut_power(sim, &(struct sim_cut){ 0 });
	sim_power_on(sim);
	mmc_transport_close(transport);
}

/* A format that was cut off leaves nothing that could be read; only another one helps. */
static void a_format_that_was_cut_off_is_mended(void **state)
{
	(void)state;
	for (size_t i = 0; rewritable_at(i); i++) {
		const char *media = rewritable_at(i), *what = NULL;
		struct mmc_drive *drive = drive_with((struct sim_create_options){ .media = media });

		format_cut(mmc_drive_disc(drive));
		succeeds(drive, mmc_drive_refresh(drive));
		print_message("%s: %s\n", media, mmc_state_name(mmc_drive_disc(drive)->state));
		assert_false(mmc_drive_disc(drive)->can_overwrite);
		if (mmc_drive_disc(drive)->state != MMC_STATE_BLANK) {
			assert_int_equal(mmc_recover(drive, false, &what), UDF_E_CORRUPT);
			assert_null(what);
			assert_non_null(mmc_drive_failure(drive)->advice);
			succeeds(drive, mmc_recover(drive, true, &what));
		}
		if (!mmc_drive_disc(drive)->can_overwrite)	/* DVD-RW goes back to being blank */
			succeeds(drive, mmc_format(drive, NULL));
		writes_and_reads_back(drive, 64, 32, 1);
		mmc_drive_close(drive);
	}
}

static void what_is_whole_is_left_alone(void **state)
{
	(void)state;
	for (size_t i = 0; rewritable_at(i); i++) {
		struct mmc_drive *drive = drive_with((struct sim_create_options){ .media = rewritable_at(i) });
		const char *what = NULL;

		succeeds(drive, mmc_format(drive, NULL));
		writes_and_reads_back(drive, 64, 32, 1);
		succeeds(drive, mmc_recover(drive, true, &what));
		print_message("%s: %s\n", rewritable_at(i), what);
		succeeds(drive, mmc_drive_read(drive, 64, 32, back));
		assert_memory_equal(back, data, 32 * 2048);
		mmc_drive_close(drive);
	}
}

/* A DVD-RW that is formatted quickly, written in order and never closed; then it grows. */
static void a_dvd_rw_that_was_not_closed_is_closed(void **state)
{
	struct mmc_drive *drive = drive_with((struct sim_create_options){ .media = "dvd-rw" });
	const struct mmc_disc *disc = mmc_drive_disc(drive);
	const char *what = NULL;

	(void)state;
	succeeds(drive, mmc_format(drive, &(struct mmc_format_options){ .how = MMC_HOW_QUICK }));
	assert_int_equal(disc->state, MMC_STATE_INTERMEDIATE);
	pattern_fill(1);
	succeeds(drive, mmc_drive_write(drive, 0, 64, data));
	succeeds(drive, mmc_drive_sync(drive));
	succeeds(drive, mmc_recover(drive, false, &what));
	assert_string_equal(what, "The disc was closed.");
	assert_int_equal(disc->state, MMC_STATE_FORMATTED);
	assert_int_equal(disc->n_blocks, 64);
	succeeds(drive, mmc_drive_read(drive, 0, 64, back));
	assert_memory_equal(back, data, sizeof(data));
	succeeds(drive, mmc_format_grow(drive));
	assert_int_equal(disc->state, MMC_STATE_INTERMEDIATE);
	succeeds(drive, mmc_drive_write(drive, 64, 32, data));
	succeeds(drive, mmc_close_session(drive));
	assert_int_equal(disc->n_blocks, 96);
	writes_and_reads_back(drive, 32, 64, 2);
	mmc_drive_close(drive);
}

/* The packet that was being written is lost; the disc is as before, and the packet can be written again. */
static void a_torn_packet_is_written_again(void **state)
{
	struct mmc_drive *drive = drive_with((struct sim_create_options){ .media = "cd-rw",
									 .quirks = "write-through" });
	struct mmc_transport *transport = NULL;
	const char *what = NULL;
	struct sim *same;

	(void)state;
	succeeds(drive, mmc_format(drive, NULL));
	writes_and_reads_back(drive, 320, 32, 1);
	sim_cut_power(sim, &(struct sim_cut){ .n_packets = 1 });
	mmc_drive_write(drive, 320, 32, data);
	assert_int_equal(mmc_drive_sync(drive), UDF_E_IO);
	mmc_drive_close(drive);
	assert_int_equal(sim_open(path, SIM_USE, (char[SIM_WHY_BYTES]){ 0 }, &same), UDF_OK);
	assert_int_equal(sim_transport_new(same, true, &transport), UDF_OK);
	assert_int_equal(mmc_drive_open(transport, NULL, NULL, &drive, NULL), UDF_OK);
	assert_int_equal(mmc_drive_read(drive, 320, 32, back), UDF_E_MEDIUM);
	succeeds(drive, mmc_recover(drive, false, &what));
	assert_string_equal(what, "Nothing had to be done.");
	writes_and_reads_back(drive, 320, 32, 2);
	mmc_drive_close(drive);
}

static void protection_is_set_and_lifted(void **state)
{
	struct mmc_drive *drive = drive_with((struct sim_create_options){ 0 });

	(void)state;
	succeeds(drive, mmc_protect(drive, true));
	assert_int_equal(mmc_drive_disc(drive)->protection, MMC_PROTECTION_PERSISTENT);
	assert_int_equal(mmc_drive_write(drive, 0, 16, data), UDF_E_READ_ONLY);
	assert_int_equal(mmc_format(drive, NULL), UDF_E_READ_ONLY);
	succeeds(drive, mmc_protect(drive, false));
	writes_and_reads_back(drive, 0, 16, 9);
	mmc_drive_close(drive);
	drive = drive_with((struct sim_create_options){ .write_protected = true });
	assert_int_equal(mmc_drive_disc(drive)->protection, MMC_PROTECTION_CARTRIDGE);
	assert_int_equal(mmc_protect(drive, false), UDF_E_READ_ONLY);
	mmc_drive_close(drive);
}

static void a_block_that_cannot_be_read_is_named(void **state)
{
	struct mmc_drive *drive = drive_with((struct sim_create_options){ 0 });

	(void)state;
	writes_and_reads_back(drive, 0, 64, 5);
	assert_int_equal(sim_set_defect(sim, 33, SIM_DEFECT_READ, SIM_DEFECT_FOR_GOOD), UDF_OK);
	assert_int_equal(mmc_drive_read(drive, 0, 64, back), UDF_E_MEDIUM);
	assert_true(mmc_drive_failure(drive)->has_lba);
	assert_int_equal(mmc_drive_failure(drive)->lba, 32);
	/* what is read with retries is read */
	assert_int_equal(sim_set_defect(sim, 33, SIM_DEFECT_READ, 2), UDF_OK);
	succeeds(drive, mmc_drive_read(drive, 0, 64, back));
	assert_memory_equal(back, data, sizeof(data));
	mmc_drive_close(drive);
}

static int n_asked;
static bool is_same;

static bool answer(void *ctx)
{
	struct mmc_drive **drive = ctx;

	n_asked++;
	return is_same && mmc_drive_read(*drive, 0, 1, back) == UDF_OK;
}

static void a_disc_that_was_out_must_prove_itself(void **state)
{
	struct mmc_drive *drive = NULL;
	struct mmc_lost lost;

	(void)state;
	hooks = (struct mmc_hooks){ .ctx = &drive, .is_same_disc = answer };
	drive = drive_with((struct sim_create_options){ 0 });
	n_asked = 0;
	is_same = true;
	succeeds(drive, mmc_drive_write(drive, 160, 16, data));
	assert_int_equal(sim_eject(sim, true, NULL), UDF_OK);
	assert_int_equal(mmc_drive_write(drive, 160, 16, data), UDF_E_NOT_FOUND);
	assert_int_equal(sim_insert(sim, NULL, NULL), UDF_OK);
	succeeds(drive, mmc_drive_write(drive, 320, 16, data));
	assert_true(n_asked > 0);
	/* what was not synced before is not to be trusted */
	assert_int_equal(mmc_drive_sync(drive), UDF_E_MEDIUM);
	assert_true(mmc_drive_take_lost(drive, &lost) && lost.is_all);
	succeeds(drive, mmc_drive_sync(drive));
	is_same = false;
	assert_int_equal(sim_eject(sim, true, NULL), UDF_OK);
	assert_int_equal(sim_insert(sim, NULL, NULL), UDF_OK);
	assert_int_equal(mmc_drive_write(drive, 160, 16, data), UDF_E_IO);
	assert_int_equal(mmc_drive_read(drive, 160, 16, back), UDF_E_IO);
	succeeds(drive, mmc_drive_refresh(drive));
	succeeds(drive, mmc_drive_read(drive, 160, 16, back));
	mmc_drive_close(drive);
	hooks = (struct mmc_hooks){ 0 };
}

/* Discs of the same kind and size, with other contents: nobody has to tell them apart for us. */
static void discs_are_told_apart_by_their_blocks(void **state)
{
	char other[64], other_state[72], why[SIM_WHY_BYTES] = "";
	struct mmc_drive *drive = drive_with((struct sim_create_options){ 0 });
	struct mmc_lost lost;

	(void)state;
	snprintf(other, sizeof(other), "%s/o.disc", folder);
	snprintf(other_state, sizeof(other_state), "%s.state", other);
	assert_int_equal(sim_create(other, &(struct sim_create_options){ .media = "dvd-ram", .seed = 7 }, why),
			 UDF_OK);
	writes_and_reads_back(drive, 256, 16, 1);
	/* out and in again: the same, also after it was changed */
	for (uint8_t round = 2; round < 4; round++) {
		assert_int_equal(sim_eject(sim, true, why), UDF_OK);
		assert_int_equal(sim_insert(sim, NULL, why), UDF_OK);
		writes_and_reads_back(drive, 256, 16, round);
	}
	/* changed and not synced: the old print would lie */
	succeeds(drive, mmc_drive_write(drive, 256, 16, data + 2048));
	assert_int_equal(sim_eject(sim, true, why), UDF_OK);
	assert_int_equal(sim_insert(sim, NULL, why), UDF_OK);
	succeeds(drive, mmc_drive_read(drive, 256, 16, back));
	assert_int_equal(mmc_drive_sync(drive), UDF_E_MEDIUM);
	while (mmc_drive_take_lost(drive, &lost))
		;
	writes_and_reads_back(drive, 256, 16, 5);
	/* the other disc */
	assert_int_equal(sim_eject(sim, true, why), UDF_OK);
	assert_int_equal(sim_insert(sim, other, why), UDF_OK);
	assert_int_equal(mmc_drive_write(drive, 256, 16, data), UDF_E_IO);
	assert_string_equal(mmc_drive_failure(drive)->text, "another medium is in the drive");
	mmc_drive_close(drive);
	unlink(other);
	unlink(other_state);
}

/* A program that was killed left the tray locked, so that not even the button opens it. */
static void a_lock_that_was_left_behind_is_taken_off(void **state)
{
	struct mmc_drive *drive = drive_with((struct sim_create_options){ 0 });
	struct mmc_command lock = mmc_cdb_prevent_allow(true, true);
	struct mmc_transport *transport = NULL;
	struct mmc_reply reply;

	(void)state;
	assert_int_equal(sim_transport_new(sim, false, &transport), UDF_OK);
	mmc_run(transport, &lock, &reply);
	assert_int_equal(reply.status, MMC_STATUS_GOOD);
	mmc_transport_close(transport);
	assert_int_equal(sim_eject(sim, false, (char[SIM_WHY_BYTES]){ 0 }), UDF_E_BUSY);
	succeeds(drive, mmc_drive_eject(drive));
	assert_int_equal(mmc_drive_disc(drive)->state, MMC_STATE_NO_MEDIUM);
	mmc_drive_close(drive);
}

static void an_eject_request_is_seen(void **state)
{
	struct mmc_drive *drive = drive_with((struct sim_create_options){ 0 });
	struct mmc_media_status status;

	(void)state;
	succeeds(drive, mmc_drive_lock(drive, true));
	mmc_drive_poll(drive, &status);		/* what happened before */
	assert_int_equal(sim_eject(sim, false, NULL), UDF_E_BUSY);
	succeeds(drive, mmc_drive_poll(drive, &status));
	assert_int_equal(status.event, MMC_EVENT_EJECT_REQUEST);
	assert_true(status.has_medium);
	mmc_drive_close(drive);
}

/* As udev's cdrom_id --lock-media does whenever a medium comes in */
static void the_tray_opens_though_somebody_else_locked_it(void **state)
{
	const struct mmc_command prevent = { .cdb = { 0x1E, 0, 0, 0, 1 }, .n_cdb_bytes = 6 };
	struct mmc_drive *drive = drive_with((struct sim_create_options){ 0 });
	struct mmc_transport *other;
	struct mmc_reply reply;

	(void)state;
	assert_int_equal(sim_transport_new(sim, false, &other), UDF_OK);
	mmc_run(other, &prevent, &reply);
	assert_int_equal(reply.status, MMC_STATUS_GOOD);
	succeeds(drive, mmc_drive_reload(drive));
	assert_true(mmc_drive_disc(drive)->can_overwrite);
	mmc_transport_close(other);
	mmc_drive_close(drive);
}

static void a_power_cut_ends_it_at_once(void **state)
{
	struct sim_cut cut = { .n_packets = 2 };
	struct mmc_drive *drive = drive_with((struct sim_create_options){ 0 });
	enum udf_err err;

	(void)state;
	sim_cut_power(sim, &cut);
	err = mmc_drive_write(drive, 0, 64, data);
	if (!err)
		err = mmc_drive_sync(drive);
	assert_int_equal(err, UDF_E_IO);
	assert_int_equal(mmc_drive_read(drive, 0, 1, back), UDF_E_IO);
	mmc_drive_close(drive);
}

/* ---- a drive that lies ---- */

#define MOST_COMMANDS 3000u	/* of one session; a drive that never gets ready is waited for */
#define MOST_BYTES 64u		/* of a reply, that are changed */

/* Passes commands on to a good drive, and changes one byte of one reply. */
struct liar {
	struct mmc_transport transport;
	struct mmc_transport *below;
	uint32_t n_commands, lie_in, lie_at;
	uint8_t lie;
	uint32_t n_bytes;	/* of the reply that is changed */
};

static void liar_run(struct mmc_transport *transport, const struct mmc_command *command, struct mmc_reply *ret_reply)
{
	struct liar *l = (struct liar *)(void *)transport;
	uint32_t n = l->n_commands++;

	assert_true(n < MOST_COMMANDS);
	mmc_run(l->below, command, ret_reply);
	if (n != l->lie_in || command->direction != MMC_FROM_DRIVE)
		return;
	l->n_bytes = ret_reply->n_data_bytes;
	if (l->lie_at < ret_reply->n_data_bytes)
		((uint8_t *)command->data)[l->lie_at] = l->lie;
}

static void liar_wait(struct mmc_transport *transport, uint32_t wait_ms)
{
	mmc_wait(((struct liar *)(void *)transport)->below, wait_ms);
}

static uint64_t liar_now(struct mmc_transport *transport)
{
	return mmc_now_ms(((struct liar *)(void *)transport)->below);
}

static void liar_close(struct mmc_transport *transport)
{
	(void)transport;
}

/* A drive is identified, asked for its disc again, and read from.  Returns how many commands that took. */
static uint32_t use_liar(struct liar *l, struct mmc_transport *below)
{
	static const struct mmc_transport_ops ops = {
		.run = liar_run, .wait = liar_wait, .now_ms = liar_now, .close = liar_close,
	};
	struct mmc_failure failure = { 0 };
	struct mmc_drive *drive = NULL;

	l->transport = (struct mmc_transport){ .ops = &ops, .max_data_bytes = below->max_data_bytes };
	l->below = below;
	l->n_commands = l->n_bytes = 0;
	if (mmc_drive_open(&l->transport, NULL, NULL, &drive, &failure))
		return l->n_commands;
	(void)mmc_drive_refresh(drive);
	(void)mmc_drive_read(drive, 0, 1, back);
	mmc_drive_close(drive);
	return l->n_commands;
}

static void a_lie_in_any_byte_of_any_reply_is_survived(void **state)
{
	static const char *const media[] = { "dvd-ram", "cd-rw", "dvd+rw", "dvd-rw", "bd-re" };
	static const uint8_t lies[] = { 0x00, 0x7F, 0xFF };
	uint64_t n_sessions = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(media) / sizeof(media[0]); i++) {
		struct mmc_drive *drive = drive_with((struct sim_create_options){ .media = media[i] });
		struct liar l = { .lie_in = UINT32_MAX };
		struct mmc_transport *below = NULL;
		uint32_t n_commands;

		assert_int_equal(sim_transport_new(sim, false, &below), UDF_OK);
		n_commands = use_liar(&l, below);
		for (l.lie_in = 0; l.lie_in < n_commands; l.lie_in++)
			for (size_t k = 0; k < sizeof(lies); k++) {
				l.lie = lies[k];
				for (l.lie_at = 0; l.lie_at < MOST_BYTES; l.lie_at++) {
					(void)use_liar(&l, below);
					n_sessions++;
					if (l.lie_at + 1 >= l.n_bytes)
						break;
				}
			}
		mmc_transport_close(below);
		mmc_drive_close(drive);
	}
	print_message("# %llu sessions with a drive that lies\n", (unsigned long long)n_sessions);
	assert_true(n_sessions > 5000);
}

static int folder_make(void **state)
{
	(void)state;
	/* hundreds of small files, each flushed: in memory where there is a place for that */
	snprintf(folder, sizeof(folder), "%s/udfkit-mmc-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/d.disc", folder);
	snprintf(state_path, sizeof(state_path), "%s.state", path);
	return 0;
}

static int folder_remove(void **state)
{
	(void)state;
	file_remove();
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disc_as_bought_is_identified),
		cmocka_unit_test(unformatted_is_formatted_and_written),
		cmocka_unit_test(formats_give_the_sizes_that_are_listed),
		cmocka_unit_test(every_drive_works),
		cmocka_unit_test(every_quirk_is_coped_with),
		cmocka_unit_test(a_way_around_is_reported),
		cmocka_unit_test(packets_that_cannot_be_written_are_named),
		cmocka_unit_test(a_size_that_the_drive_keeps_is_no_success),
		cmocka_unit_test(a_format_that_was_cut_off_is_mended),
		cmocka_unit_test(what_is_whole_is_left_alone),
		cmocka_unit_test(a_dvd_rw_that_was_not_closed_is_closed),
		cmocka_unit_test(a_torn_packet_is_written_again),
		cmocka_unit_test(protection_is_set_and_lifted),
		cmocka_unit_test(a_block_that_cannot_be_read_is_named),
		cmocka_unit_test(a_disc_that_was_out_must_prove_itself),
		cmocka_unit_test(discs_are_told_apart_by_their_blocks),
		cmocka_unit_test(a_lock_that_was_left_behind_is_taken_off),
		cmocka_unit_test(an_eject_request_is_seen),
		cmocka_unit_test(the_tray_opens_though_somebody_else_locked_it),
		cmocka_unit_test(a_power_cut_ends_it_at_once),
		cmocka_unit_test(a_lie_in_any_byte_of_any_reply_is_survived),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
