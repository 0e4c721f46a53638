/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The track writer with simulated drives: every medium that is written in order, and every way in which that ends
 * badly.
 * What the writer says of the disc is compared with what the drive says when the disc was out and in again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmc/append.h"
#include "mmc/recover.h"
#include "pkt/track.h"
#include "sim_fixture.h"

#define BLOCK 2048u

static struct drive d;		/* of sim_fixture.h */
static struct mmc_drive *drive;
static uint8_t data[256 * BLOCK], back[256 * BLOCK];

static void open_drive(void)
{
	struct mmc_failure failure = { 0 };

	if (mmc_drive_open(d.transport, NULL, NULL, &drive, &failure))
		fail_msg("%s", failure.text);
}

static void begin(const char *media, const char *quirks)
{
	const struct sim_create_options options = { .media = media, .quirks = quirks };

	drive_create(&d, &options);
	open_drive();
}

static void end(void)
{
	d.transport = NULL;	/* closed with the drive */
	mmc_drive_close(drive);
	SIM_OK(sim_close(d.sim));
	d.sim = NULL;
	drive_end(&d);
}

/* Another program looks at the disc. */
static void reopen(void)
{
	mmc_drive_close(drive);
	SIM_OK(sim_close(d.sim));
	drive_open(&d);
	open_drive();
}

static void succeeds(enum udf_err err)
{
	if (err)
		fail_msg("%s: %s", udf_strerror(err), mmc_drive_failure(drive)->text);
}

static void pattern(uint32_t from, uint32_t n_blocks)
{
	for (uint32_t i = 0; i < n_blocks; i++)
		for (uint32_t j = 0; j < BLOCK; j++)
			data[i * BLOCK + j] = (uint8_t)((from + i) * 31 + j);
}

static enum udf_err write_pattern(struct pkt_track *track, uint32_t n_blocks)
{
	enum udf_err err = UDF_OK;

	for (uint32_t done = 0, n; !err && done < n_blocks; done += n) {
		n = n_blocks - done < 50 ? n_blocks - done : 50;
		pattern(done, n);
		err = pkt_track_write(track, data, n);
	}
	return err;
}

static void holds_pattern(uint32_t lba, uint32_t n_blocks)
{
	for (uint32_t done = 0, n; done < n_blocks; done += n) {
		n = n_blocks - done < 200 ? n_blocks - done : 200;
		succeeds(mmc_drive_read(drive, lba + done, n, back));
		pattern(done, n);
		assert_memory_equal(back, data, n * BLOCK);
	}
}

static struct pkt_track_report burn(const struct pkt_track_plan *plan, uint32_t n_blocks)
{
	struct pkt_track_report report;
	struct pkt_track *track;

	succeeds(pkt_track_new(drive, plan, &track));
	succeeds(write_pattern(track, n_blocks));
	succeeds(pkt_track_end(track, &report));
	pkt_track_free(track);
	assert_int_equal(report.n_blocks, n_blocks);
	return report;
}

static const struct medium {
	const char *name;
	uint32_t unit_blocks, second_lba;	/* of a session after one of 1000 blocks */
} media[] = {
	{ "cd-r", 1, 1000 + 2 + 11400 }, { "cd-rw", 1, 1000 + 2 + 11400 }, { "dvd-r", 16, 1008 + 39072 },
	{ "dvd-rw", 16, 1008 + 39072 }, { "dvd+r", 16, 1008 + 2048 }, { "dvd+r-dl", 16, 1008 + 2048 },
	{ "bd-r", 32, 1024 }, { "bd-r-dl", 32, 1024 },
};
#define N_MEDIA (sizeof(media) / sizeof(*media))

static void every_medium_takes_sessions_and_is_closed(void **state)
{
	const struct pkt_track_plan session = { .ending = PKT_END_SESSION }, last = { .ending = PKT_END_DISC };
	struct mmc_session_addresses addresses;
	struct pkt_track_report report;

	(void)state;
	for (size_t i = 0; i < N_MEDIA; i++) {
		const struct medium *m = &media[i];

		begin(m->name, NULL);
		assert_int_equal(mmc_session_addresses_read(drive, &addresses), UDF_E_INVAL);
		report = burn(&session, 1000);
		assert_int_equal(report.first_lba, 0);
		assert_int_equal(report.state, MMC_STATE_APPENDABLE);
		assert_int_equal((1000 + report.n_padding) % m->unit_blocks, 0);
		assert_int_equal(report.next_writable_lba, m->second_lba);
		reopen();
		holds_pattern(0, 1000);
		succeeds(mmc_session_addresses_read(drive, &addresses));
		assert_int_equal(addresses.last_lba, 0);
		assert_int_equal(addresses.next_lba, m->second_lba);
		report = burn(&session, 500);
		succeeds(mmc_session_addresses_read(drive, &addresses));
		assert_int_equal(addresses.last_lba, m->second_lba);
		report = burn(&last, 400);
		assert_int_equal(report.state, MMC_STATE_COMPLETE);
		reopen();
		assert_int_equal(mmc_drive_disc(drive)->state, MMC_STATE_COMPLETE);
		holds_pattern(m->second_lba, 500);
		holds_pattern(report.first_lba, 400);
		end();
	}
}

static void cd_and_dvd_are_written_at_once(void **state)
{
	static const char *const names[] = { "cd-r", "cd-rw", "dvd-r", "dvd-rw", "dvd-r-dl" };
	struct pkt_track_plan plan = { .recording = PKT_RECORD_AT_ONCE, .ending = PKT_END_DISC };
	struct pkt_track *track;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		begin(names[i], NULL);
		plan.has_size = false;
		assert_int_equal(pkt_track_new(drive, &plan, &track), UDF_E_UNSUPPORTED);
		plan.has_size = true;
		plan.n_blocks = 1000;
		/* less than announced: zeros follow */
		assert_int_equal(burn(&plan, 990).state, MMC_STATE_COMPLETE);
		reopen();
		assert_int_equal(mmc_drive_disc(drive)->n_blocks, i < 2 ? 1000 : 1008);
		holds_pattern(0, 990);
		succeeds(mmc_drive_read(drive, 995, 1, back));
		assert_int_equal(back[5], 0);
		end();
	}
	/* a session at once, and another one behind it */
	begin("cd-r", NULL);
	plan.ending = PKT_END_SESSION;
	assert_int_equal(burn(&plan, 1000).state, MMC_STATE_APPENDABLE);
	assert_int_equal(burn(&plan, 1000).first_lba, 12400);
	holds_pattern(12400, 1000);
	end();
	begin("dvd+r", NULL);
	assert_int_equal(pkt_track_new(drive, &plan, &track), UDF_E_UNSUPPORTED);
	end();
}

static void packets_move_the_next_address(void **state)
{
	struct pkt_track_plan plan = { .recording = PKT_RECORD_PACKETS, .ending = PKT_END_SESSION };
	static const struct { const char *name; uint32_t next; } rows[] = {
		{ "cd-r", 57 }, { "dvd-r", 64 }, { "dvd+r", 64 }, { "bd-r", 64 },
	};
	struct pkt_track_report report;
	struct pkt_track *track;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		begin(rows[i].name, NULL);
		succeeds(pkt_track_new(drive, &plan, &track));
		succeeds(write_pattern(track, 50));
		succeeds(pkt_track_sync(track));
		assert_int_equal(pkt_track_next_lba(track), rows[i].next);
		succeeds(write_pattern(track, 50));
		assert_int_equal(pkt_track_next_lba(track), rows[i].next + 50);
		succeeds(pkt_track_end(track, &report));
		pkt_track_free(track);
		reopen();
		holds_pattern(0, 50);
		holds_pattern(rows[i].next, 50);
		end();
	}
	begin("cd-r", NULL);
	plan.recording = PKT_RECORD_FIXED_PACKETS;
	succeeds(pkt_track_new(drive, &plan, &track));
	succeeds(write_pattern(track, 50));
	succeeds(pkt_track_sync(track));
	assert_int_equal(pkt_track_next_lba(track), 64);
	succeeds(write_pattern(track, 300));
	succeeds(pkt_track_end(track, NULL));
	pkt_track_free(track);
	holds_pattern(64, 300);
	plan.recording = PKT_RECORD_TRACK;
	succeeds(pkt_track_new(drive, &plan, &track));
	succeeds(write_pattern(track, 50));
	assert_int_equal(pkt_track_sync(track), UDF_E_UNSUPPORTED);
	pkt_track_free(track);
	end();
}

static void a_source_without_a_block_leaves_the_disc_untouched(void **state)
{
	const struct pkt_track_plan plan = { .ending = PKT_END_SESSION };
	struct pkt_track_report report;
	struct pkt_track *track;
	struct sim_status status;

	(void)state;
	for (size_t i = 0; i < N_MEDIA; i++) {
		begin(media[i].name, NULL);
		succeeds(pkt_track_new(drive, &plan, &track));
		assert_int_equal(pkt_track_end(track, &report), UDF_E_NO_DATA);
		assert_false(report.is_touched);
		pkt_track_free(track);
		reopen();
		assert_int_equal(mmc_drive_disc(drive)->state, MMC_STATE_BLANK);
		sim_get_status(d.sim, &status);
		assert_int_equal(status.n_calibrations, 0);
		end();
	}
}

static void a_test_changes_nothing(void **state)
{
	static const char *const names[] = { "cd-r", "dvd-r" };
	struct pkt_track_plan plan = { .ending = PKT_END_DISC, .is_test = true, .has_size = true, .n_blocks = 1000 };
	struct sim_status status;
	struct pkt_track *track;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		begin(names[i / 2], NULL);
		plan.recording = i % 2 ? PKT_RECORD_AT_ONCE : PKT_RECORD_TRACK;
		assert_int_equal(burn(&plan, 1000).state, MMC_STATE_BLANK);
		reopen();
		assert_int_equal(mmc_drive_disc(drive)->state, MMC_STATE_BLANK);
		sim_get_status(d.sim, &status);
		assert_int_equal(status.n_calibrations, 0);
		assert_int_equal(status.n_packet_writes, 0);
		/* and the real thing after it */
		plan.is_test = false;
		assert_int_equal(burn(&plan, 1000).state, MMC_STATE_COMPLETE);
		plan.is_test = true;
		end();
	}
	begin("bd-r", NULL);
	assert_int_equal(pkt_track_new(drive, &plan, &track), UDF_E_UNSUPPORTED);
	end();
}

static void the_laser_is_calibrated_once_a_session(void **state)
{
	const struct pkt_track_plan track = { .ending = PKT_END_TRACK }, session = { .ending = PKT_END_SESSION };
	struct sim_status status;

	(void)state;
	begin("cd-r", NULL);
	burn(&track, 300);
	burn(&track, 300);
	burn(&session, 300);
	sim_get_status(d.sim, &status);
	assert_int_equal(status.n_calibrations, 1);
	burn(&session, 300);
	sim_get_status(d.sim, &status);
	assert_int_equal(status.n_calibrations, 2);
	assert_int_equal(mmc_drive_disc(drive)->n_sessions, 3);
	end();
	begin("cd-r", "pca-n");
	burn(&session, 300);
	burn(&session, 300);
	burn(&session, 300);	/* the last place: a warning */
	{
		struct pkt_track *refused;

		succeeds(pkt_track_new(drive, &session, &refused));
		assert_int_equal(write_pattern(refused, 300), UDF_E_MEDIUM);
		assert_non_null(strstr(mmc_drive_failure(drive)->text, "calibration area is full"));
		pkt_track_free(refused);
	}
	end();
}

static void a_full_buffer_is_waited_for(void **state)
{
	const struct pkt_track_plan plan = { .ending = PKT_END_SESSION };
	struct pkt_track_report report;

	(void)state;
	for (size_t i = 0; i < N_MEDIA; i++) {
		begin(media[i].name, i % 2 ? "rbc-bogus" : NULL);
		report = burn(&plan, 8000);
		assert_true(report.n_waits > 0);
		holds_pattern(0, 8000);
		end();
	}
}

static void without_protection_the_lowest_speed_is_set(void **state)
{
	const struct pkt_track_plan plan = { .ending = PKT_END_SESSION };
	struct pkt_track_report report;

	(void)state;
	begin("cd-r", "no-bufe");
	report = burn(&plan, 1000);
	assert_false(report.was_protected);
	assert_int_equal(mmc_drive_disc(drive)->state, MMC_STATE_APPENDABLE);
	end();
}

/* ---- what goes wrong ---- */

/* The state that was reported is the one that is found. */
static void state_is_as_reported(const struct pkt_track_report *report)
{
	const struct mmc_disc *disc;
	const struct mmc_track *last;

	reopen();
	disc = mmc_drive_disc(drive);
	last = &disc->tracks[disc->n_tracks ? disc->n_tracks - 1 : 0];
	assert_int_equal(report->state, disc->state);
	assert_int_equal(report->has_next_writable, disc->has_next_writable);
	if (disc->has_next_writable)
		assert_int_equal(report->next_writable_lba, disc->next_writable_lba);
	assert_int_equal(report->track_is_damaged, last->is_damaged);
	assert_int_equal(report->track_is_open, !last->is_blank && (last->has_next_writable || last->is_damaged));
}

static void a_block_that_fails_is_named_and_nothing_is_closed(void **state)
{
	static const uint32_t bad[] = { 0, 500, 992 };
	const struct pkt_track_plan plan = { .ending = PKT_END_DISC };
	char text[PKT_TRACK_TEXT_BYTES];
	struct pkt_track_report report;
	struct pkt_track *track;
	enum udf_err err;

	(void)state;
	for (size_t i = 0; i < N_MEDIA * 3; i++) {
		begin(media[i / 3].name, NULL);
		SIM_OK(sim_set_defect(d.sim, bad[i % 3], SIM_DEFECT_WRITE, SIM_DEFECT_FOR_GOOD));
		succeeds(pkt_track_new(drive, &plan, &track));
		err = write_pattern(track, 1000);
		if (!err)
			err = pkt_track_end(track, NULL);
		assert_int_equal(err, UDF_E_MEDIUM);
		pkt_track_stop(track, &report, text);
		assert_int_equal(pkt_track_write(track, data, 1), UDF_E_IO);
		assert_int_equal(pkt_track_end(track, NULL), UDF_E_IO);
		pkt_track_free(track);
		assert_true(report.has_bad_lba);
		assert_in_range(report.bad_lba, bad[i % 3] & ~31u, bad[i % 3]);
		assert_non_null(strstr(text, "writing stopped at block "));
		assert_int_not_equal(report.state, MMC_STATE_COMPLETE);
		state_is_as_reported(&report);
		end();
	}
}

static void an_underrun_breaks_off(void **state)
{
	const struct pkt_track_plan plan = { .ending = PKT_END_DISC };
	char text[PKT_TRACK_TEXT_BYTES];
	struct pkt_track_report report;
	struct pkt_track *track;

	(void)state;
	begin("cd-r", "no-bufe");
	succeeds(pkt_track_new(drive, &plan, &track));
	succeeds(write_pattern(track, 100));
	sim_advance(d.sim, 5000);
	assert_int_equal(write_pattern(track, 100), UDF_E_MEDIUM);
	pkt_track_stop(track, &report, text);
	pkt_track_free(track);
	assert_non_null(strstr(text, "loss of streaming"));
	assert_true(report.track_is_damaged);
	state_is_as_reported(&report);
	end();
}

static void a_disc_that_is_full_says_so_before(void **state)
{
	struct pkt_track_plan plan = { .ending = PKT_END_SESSION, .has_size = true, .n_blocks = 100000 };
	struct pkt_track *track;

	(void)state;
	begin("cd-r-8cm", NULL);
	assert_int_equal(pkt_track_new(drive, &plan, &track), UDF_E_NOSPC);
	assert_non_null(strstr(mmc_drive_failure(drive)->text, "94348 are free"));
	/* so many will come at least */
	plan.has_size = false;
	assert_int_equal(pkt_track_new(drive, &plan, &track), UDF_E_NOSPC);
	plan.n_blocks = 0;
	succeeds(pkt_track_new(drive, &plan, &track));
	succeeds(write_pattern(track, 94340));
	assert_int_equal(write_pattern(track, 20), UDF_E_NOSPC);
	/* what was written is a good track */
	succeeds(pkt_track_end(track, NULL));
	pkt_track_free(track);
	holds_pattern(0, 94340);
	end();
	/* more than was announced */
	begin("cd-r", NULL);
	plan.has_size = true;
	plan.n_blocks = 310;
	succeeds(pkt_track_new(drive, &plan, &track));
	succeeds(write_pattern(track, 300));
	assert_int_equal(write_pattern(track, 11), UDF_E_NOSPC);
	pkt_track_free(track);
	end();
}

static void limits_are_told_before_they_are_hit(void **state)
{
	const struct pkt_track_plan one_track = { .ending = PKT_END_TRACK }, session = { .ending = PKT_END_SESSION };
	struct pkt_track *track;

	(void)state;
	begin("cd-r", NULL);
	for (unsigned i = 0; i < 99; i++)
		burn(&one_track, 300);
	assert_int_equal(pkt_track_new(drive, &one_track, &track), UDF_E_NOSPC);
	assert_non_null(strstr(mmc_drive_failure(drive)->text, "99 tracks"));
	end();
	begin("dvd+r", NULL);
	for (unsigned i = 0; i < 15; i++)
		burn(&one_track, 16);
	assert_int_equal(pkt_track_new(drive, &one_track, &track), UDF_E_NOSPC);
	assert_non_null(strstr(mmc_drive_failure(drive)->text, "15 tracks"));
	end();
	begin("dvd+r", NULL);
	for (unsigned i = 0; i < 153; i++)
		burn(&session, 16);
	assert_int_equal(pkt_track_new(drive, &session, &track), UDF_E_NOSPC);
	assert_non_null(strstr(mmc_drive_failure(drive)->text, "153 sessions"));
	end();
}

/* The power fails at a packet; what the disc is afterwards is what lib/mmc concludes, and it goes on or is closed. */
static void a_cut_leaves_what_can_be_gone_on_with_or_closed(void **state)
{
	const struct pkt_track_plan plan = { .recording = PKT_RECORD_PACKETS, .ending = PKT_END_SESSION };

	(void)state;
	for (size_t i = 0; i < N_MEDIA; i++) {
		const struct sim_cut cut = { .n_packets = 20, .seed = i };
		struct pkt_track *track;
		const char *what;
		enum udf_err err;

		begin(media[i].name, NULL);
		succeeds(pkt_track_new(drive, &plan, &track));
		succeeds(write_pattern(track, 64));
		succeeds(pkt_track_sync(track));
		sim_cut_power(d.sim, &cut);
		err = write_pattern(track, 2000);
		assert_int_equal(err, UDF_E_IO);
		pkt_track_free(track);
		mmc_drive_close(drive);
		sim_power_on(d.sim);
		SIM_OK(sim_close(d.sim));
		drive_open(&d);
		open_drive();
		assert_int_equal(mmc_drive_disc(drive)->state, MMC_STATE_APPENDABLE);
		assert_true(mmc_drive_disc(drive)->n_tracks >= 1);
		assert_in_range(mmc_drive_disc(drive)->tracks[0].next_writable_lba, 64, 64 + 7 + 2000);
		/* the drive has forgotten that more sessions may follow */
		succeeds(mmc_recover(drive, false, &what));
		holds_pattern(0, 64);
		burn(&plan, 100);
		end();
	}
}

static void discs_that_are_not_written_in_order_are_refused(void **state)
{
	const struct pkt_track_plan plan = { .ending = PKT_END_SESSION };
	static const char *const names[] = { "dvd-ram", "dvd+rw", "bd-re" };
	struct pkt_track *track;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		begin(names[i], NULL);
		assert_int_equal(pkt_track_new(drive, &plan, &track), UDF_E_UNSUPPORTED);
		end();
	}
	begin("dvd-r", NULL);
	burn(&(struct pkt_track_plan){ .ending = PKT_END_DISC }, 100);
	assert_int_equal(pkt_track_new(drive, &plan, &track), UDF_E_READ_ONLY);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_medium_takes_sessions_and_is_closed),
		cmocka_unit_test(cd_and_dvd_are_written_at_once),
		cmocka_unit_test(packets_move_the_next_address),
		cmocka_unit_test(a_source_without_a_block_leaves_the_disc_untouched),
		cmocka_unit_test(a_test_changes_nothing),
		cmocka_unit_test(the_laser_is_calibrated_once_a_session),
		cmocka_unit_test(a_full_buffer_is_waited_for),
		cmocka_unit_test(without_protection_the_lowest_speed_is_set),
		cmocka_unit_test(a_block_that_fails_is_named_and_nothing_is_closed),
		cmocka_unit_test(an_underrun_breaks_off),
		cmocka_unit_test(a_disc_that_is_full_says_so_before),
		cmocka_unit_test(limits_are_told_before_they_are_hit),
		cmocka_unit_test(a_cut_leaves_what_can_be_gone_on_with_or_closed),
		cmocka_unit_test(discs_that_are_not_written_in_order_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
