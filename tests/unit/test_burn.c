/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sources burned onto simulated discs, through the buffer in memory, and read back. */
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "burn/burn.h"
#include "burn/fifo.h"
#include "sim_fixture.h"

#define BLOCK 2048u

static struct drive d;		/* of sim_fixture.h */
static struct mmc_drive *drive;

/* A source of a pattern, which gives odd pieces, and may fail. */
struct source {
	size_t n_bytes, at, piece, fails_at;
};

static uint8_t pattern_at(size_t at)
{
	return (uint8_t)(at * 7 + at / 4096);
}

static enum udf_err source_read(void *ctx, void *ret_data, size_t n_bytes, size_t *ret_n_bytes)
{
	struct source *s = ctx;
	uint8_t *to = ret_data;
	size_t n = s->n_bytes - s->at;

	if (s->fails_at && s->at >= s->fails_at)
		return UDF_E_IO;
	n = n > n_bytes ? n_bytes : n;
	n = n > s->piece ? s->piece : n;
	for (size_t i = 0; i < n; i++)
		to[i] = pattern_at(s->at + i);
	s->at += n;
	*ret_n_bytes = n;
	return UDF_OK;
}

static void begin(const char *media)
{
	const struct sim_create_options options = { .media = media };
	struct mmc_failure failure = { 0 };

	drive_create(&d, &options);
	if (mmc_drive_open(d.transport, NULL, NULL, &drive, &failure))
		fail_msg("%s", failure.text);
}

static void end(void)
{
	d.transport = NULL;
	mmc_drive_close(drive);
	SIM_OK(sim_close(d.sim));
	d.sim = NULL;
	drive_end(&d);
}

static enum udf_err burn(const struct burn_plan *plan, struct source *s, struct burn_report *report)
{
	const struct burn_source source = { .ctx = s, .read = source_read };

	return burn_run(drive, plan, &source, report);
}

static void what_is_burned_is_read_back(void **state)
{
	static const char *const media[] = { "cd-r", "dvd-r", "dvd+r", "bd-r" };
	const struct burn_plan plan = { .track.ending = PKT_END_SESSION, .verify = true, .n_pad_blocks = 150 };
	uint8_t block[BLOCK];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct source s = { .n_bytes = 3000001, .piece = 4097 };
		struct burn_report report;

		begin(media[i]);
		if (burn(&plan, &s, &report))
			fail_msg("%s: %s", media[i], report.text);
		assert_true(report.was_verified);
		assert_int_equal(report.n_bytes, 3000001);
		assert_int_equal(report.track.n_blocks, 1465 + 150);
		/* the last block ends with zeros, and zeros follow */
		assert_int_equal(mmc_drive_read(drive, 1464, 1, block), UDF_OK);
		assert_int_equal(block[3000000 - 1464 * BLOCK], pattern_at(3000000));
		assert_int_equal(block[BLOCK - 1], 0);
		assert_int_equal(mmc_drive_read(drive, 1600, 1, block), UDF_OK);
		assert_int_equal(block[0], 0);
		end();
	}
}

static void a_source_that_fails_at_once_leaves_the_disc_untouched(void **state)
{
	const struct burn_plan plan = { .track.ending = PKT_END_SESSION };
	struct source empty = { .piece = 1 }, dead = { .n_bytes = 100000, .piece = 50000, .fails_at = 50000 };
	struct burn_report report;

	(void)state;
	begin("cd-r");
	assert_int_equal(burn(&plan, &empty, &report), UDF_E_NO_DATA);
	assert_false(report.track.is_touched);
	assert_string_equal(report.text, "the source is empty; the CD-R is as it was");
	/* it fails before the buffer is full the first time */
	assert_int_equal(burn(&plan, &dead, &report), UDF_E_IO);
	assert_true(report.source_failed);
	assert_int_equal(mmc_drive_refresh(drive), UDF_OK);
	assert_int_equal(mmc_drive_disc(drive)->state, MMC_STATE_BLANK);
	end();
}

static void a_source_that_fails_later_leaves_the_track_open(void **state)
{
	const struct burn_plan plan = { .track.ending = PKT_END_SESSION };
	struct source s = { .n_bytes = 4000000, .piece = 5000, .fails_at = 3000000 };
	struct burn_report report;

	(void)state;
	begin("dvd+r");
	assert_int_equal(burn(&plan, &s, &report), UDF_E_IO);
	assert_true(report.source_failed);
	assert_non_null(strstr(report.text, "the source can't be read"));
	assert_int_equal(report.track.state, MMC_STATE_APPENDABLE);
	assert_true(report.track.track_is_open);
	end();
}

static void what_cannot_be_read_back_is_reported(void **state)
{
	const struct burn_plan plan = { .track.ending = PKT_END_SESSION, .verify = true };
	struct source s = { .n_bytes = 2000000, .piece = 100000 };
	struct burn_report report;

	(void)state;
	begin("dvd-r");
	SIM_OK(sim_set_defect(d.sim, 320, SIM_DEFECT_READ, SIM_DEFECT_FOR_GOOD));
	assert_int_equal(burn(&plan, &s, &report), UDF_E_CORRUPT);
	assert_int_equal(report.n_different, 1);
	assert_int_equal(report.first_different_lba, 320);
	assert_non_null(strstr(report.text, "from 320 on"));
	end();
}

/* Data that are made for another place than that where writing would begin, such as a session of ISO 9660. */
static void data_for_another_place_are_refused(void **state)
{
	struct burn_plan plan = { .track.ending = PKT_END_SESSION, .has_first_lba = true, .first_lba = 5000 };
	struct source s = { .n_bytes = 1000000, .piece = 100000 };
	struct burn_report report;

	(void)state;
	begin("cd-r");
	assert_int_equal(burn(&plan, &s, &report), UDF_E_INVAL);
	assert_false(report.track.is_touched);
	assert_int_equal(s.at, 0);
	assert_non_null(strstr(report.text, "are made for block 5000, and writing would begin at block 0"));
	plan.first_lba = 0;
	assert_int_equal(burn(&plan, &s, &report), UDF_OK);
	assert_int_equal(report.track.first_lba, 0);
	end();
}

static bool stop_at_once(void *ctx, const struct burn_progress *progress)
{
	unsigned *n_calls = ctx;

	assert_in_range(progress->fifo_percent, 0, 100);
	return ++*n_calls < 3;
}

static void the_user_can_stop_it(void **state)
{
	unsigned n_calls = 0;
	const struct burn_plan plan = { .track.ending = PKT_END_SESSION, .progress = stop_at_once, .ctx = &n_calls };
	struct source s = { .n_bytes = 40000000, .piece = 100000 };
	struct burn_report report;

	(void)state;
	begin("bd-r");
	assert_int_equal(burn(&plan, &s, &report), UDF_E_CANCELLED);
	assert_int_equal(n_calls, 3);
	assert_true(report.track.track_is_open);
	end();
}

/* A source that waits for a pipe into which nobody writes. */
struct silent {
	int pipe[2];
	bool looks_up;			/* it heeds stop() */
	atomic_bool must_stop, has_returned;
};

static enum udf_err silent_read(void *ctx, void *ret_data, size_t n_bytes, size_t *ret_n_bytes)
{
	struct silent *s = ctx;
	struct pollfd waiting = { .fd = s->pipe[0], .events = POLLIN };

	(void)ret_data;
	(void)n_bytes;
	*ret_n_bytes = 0;
	while (!(s->looks_up && s->must_stop) && poll(&waiting, 1, 20) == 0)
		;
	s->has_returned = true;
	return UDF_OK;
}

static void silent_stop(void *ctx)
{
	((struct silent *)ctx)->must_stop = true;
}

/* A thread that was cancelled or left behind with what is freed is found by the sanitizers. */
static void the_user_can_stop_a_source_that_says_nothing(void **state)
{
	static struct silent s;
	const struct burn_source source = { .ctx = &s, .read = silent_read, .stop = silent_stop };
	struct burn_report report;

	(void)state;
	for (int looks_up = 1; looks_up >= 0; looks_up--) {
		unsigned n_calls = 0;
		const struct burn_plan plan = { .track.ending = PKT_END_SESSION, .progress = stop_at_once,
						.ctx = &n_calls };

		s = (struct silent){ .looks_up = looks_up != 0 };
		assert_int_equal(pipe(s.pipe), 0);
		begin("dvd-r");
		assert_int_equal(burn_run(drive, &plan, &source, &report), UDF_E_CANCELLED);
		assert_int_equal(report.source_hangs, !looks_up);
		assert_false(report.source_failed);
		assert_string_equal(report.text, "reading the source was cancelled; the DVD-R is as it was");
		close(s.pipe[1]);
		while (!s.has_returned)
			(void)poll(NULL, 0, 5);
		close(s.pipe[0]);
		end();
	}
}

/* What goes in comes out, whatever the sizes. */
static void the_buffer_keeps_the_order(void **state)
{
	static uint8_t got[5000];

	(void)state;
	for (size_t piece = 1; piece < 200000; piece = piece * 7 + 3) {
		struct source s = { .n_bytes = 1000000, .piece = piece };
		const struct burn_source source = { .ctx = &s, .read = source_read };
		struct burn_fifo *fifo;
		size_t at = 0, n;

		if (piece < 10)
			s.n_bytes = 20000;
		assert_int_equal(burn_fifo_new(&source, 1, NULL, &fifo), UDF_OK);
		do {
			assert_int_equal(burn_fifo_take(fifo, got, sizeof(got), &n), UDF_OK);
			for (size_t i = 0; i < n; i++)
				if (got[i] != pattern_at(at + i))
					fail_msg("byte %zu", at + i);
			at += n;
		} while (n);
		assert_int_equal(at, s.n_bytes);
		assert_true(burn_fifo_free(fifo));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_burned_is_read_back),
		cmocka_unit_test(a_source_that_fails_at_once_leaves_the_disc_untouched),
		cmocka_unit_test(a_source_that_fails_later_leaves_the_track_open),
		cmocka_unit_test(what_cannot_be_read_back_is_reported),
		cmocka_unit_test(data_for_another_place_are_refused),
		cmocka_unit_test(the_user_can_stop_it),
		cmocka_unit_test(the_user_can_stop_a_source_that_says_nothing),
		cmocka_unit_test(the_buffer_keeps_the_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
