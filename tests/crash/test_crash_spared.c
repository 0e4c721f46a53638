/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mixed workload on volumes for CD-RW and DVD-RW, in images: as many states as on a disk.  Then on a medium that
 * can't write some packets: a cut at each step of moving one leaves the packet where it was, or where it is.
 * "test_crash_spared FIRST_SEED N_SEEDS" tries more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "check/check.h"
#include "fixture.h"
#include "vol/vol.h"

#define MIN_STATES 20000
#define N_STEPS 160
#define N_RUNS 12u
#define N_BAD_RUNS 8u
#define N_DRIVE_RUNS 8u

static struct crash_run *spared_work(uint64_t seed, unsigned bad_every)
{
	static const uint16_t revisions[] = { 0x0201, 0x0150, 0x0200 };
	struct crash_volume volume = {
		.block_bytes = 2048, .n_blocks = 1600,
		.media = seed % 2 ? UDF_MEDIA_CDRW : UDF_MEDIA_DVDRW,
		.revision = revisions[seed / 2 % 3],
		.has_table = seed % 7 == 0,
		.fill = seed % 3 ? setup_names : setup_names_in_blocks,
		.left_open = seed % 5 == 4,
		.shares = seed / 2 % 2,
		.bad_every = bad_every,
	};
	struct crash_run *run = crash_start_on(&volume);

	print_message("# %s, revision %x, seed %llu%s%s%s\n", udf_media_name(volume.media), volume.revision,
		      (unsigned long long)seed, volume.has_table ? ", space table" : "",
		      volume.shares ? ", shared" : "", bad_every ? ", bad packets" : "");
	step_mkdir(run, "/d1");
	step_mkdir(run, "/d2");
	step_mkdir(run, "/d1/e1");
	for (int i = 0; i < N_STEPS && run->n_steps < CRASH_MAX_STEPS - 8; i++)
		step_random(run, &seed);
	return run;
}

static void mixed_work_survives_every_cut(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= N_RUNS; seed += crash_stride())
		finish(spared_work(seed * 1000 + seed, 0));
}

static void packets_that_move_survive_every_cut(void **state)
{
	struct crash_run *run;
	size_t n_moved = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= N_BAD_RUNS; seed += crash_stride()) {
		run = spared_work(seed * 100 + seed, 2);
		n_moved += udf_vol_count_spares(run->m.vol->sparing).n_used;
		finish(run);
	}
	print_message("# %zu packets moved\n", n_moved);
	assert_true(n_moved >= N_BAD_RUNS / crash_stride());
}

/* As a drive is used: the packet cache is over the medium, and the volume large enough to keep a journal. */
static struct crash_run *work_on_a_drive(uint64_t seed)
{
	static const struct {
		enum udf_media_type media;
		uint32_t packet_blocks;
	} media[] = { { UDF_MEDIA_CDRW, 32 }, { UDF_MEDIA_DVDRW, 16 }, { UDF_MEDIA_DVDRAM, 16 } };
	/* The journal has 7, 3 or 32 packets. */
	static const uint32_t n_packets[] = { 500, 250, 2100, 500 };
	unsigned which = (unsigned)(seed % 3);
	struct crash_volume volume = {
		.block_bytes = 2048, .n_blocks = n_packets[seed % 4] * media[which].packet_blocks,
		.media = media[which].media,
		.revision = 0x0201,
		.fill = seed % 2 ? setup_names : setup_names_in_blocks,
		.left_open = seed % 5 == 4,
		.shares = seed / 2 % 2,
		.packet_blocks = media[which].packet_blocks,
		.is_cached = true,
		.bad_every = which < 2 && seed % 4 == 3 ? 4 : 0,	/* there are few spare packets */
		.options.find_used = chk_find_used,
	};
	struct crash_run *run = crash_start_on(&volume);

	print_message("# %s, seed %llu%s%s\n", udf_media_name(volume.media), (unsigned long long)seed,
		      volume.shares ? ", shared" : "", volume.bad_every ? ", bad packets" : "");
	step_mkdir(run, "/d1");
	step_mkdir(run, "/d2");
	step_mkdir(run, "/d1/e1");
	for (int i = 0; i < N_STEPS && run->n_steps < CRASH_MAX_STEPS - 8; i++)
		step_random(run, &seed);
	return run;
}

static void try_on_a_drive(uint64_t seed, uint64_t *n, uint64_t *n_torn)
{
	struct crash_run *run = work_on_a_drive(seed);

	assert_true(crash_try_cut_packets(run, n, n_torn));
	crash_free(run);
}

static void nothing_durable_is_lost_with_the_packet_that_was_being_written(void **state)
{
	uint64_t n = 0, n_torn = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= N_DRIVE_RUNS; seed += crash_stride())
		try_on_a_drive(seed * 7, &n, &n_torn);
	print_message("# %llu states on drives, %llu of them with an unreadable packet\n", (unsigned long long)n,
		      (unsigned long long)n_torn);
	assert_true(n_torn > 1000 / crash_stride());
}

static void at_least_as_many_crash_states_as_required_were_tried(void **state)
{
	(void)state;
	print_message("# %llu crash states in all\n", (unsigned long long)n_states);
	assert_true(n_states >= MIN_STATES / crash_stride());
}

static uint64_t first_seed, n_seeds;

static void mixed_work_of_the_given_seeds_survives_every_cut(void **state)
{
	(void)state;
	for (uint64_t seed = first_seed; seed < first_seed + n_seeds; seed++) {
		uint64_t n = 0, n_torn = 0;

		finish(spared_work(seed, seed % 3 ? 0 : 2));
		try_on_a_drive(seed, &n, &n_torn);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mixed_work_survives_every_cut),
		cmocka_unit_test(packets_that_move_survive_every_cut),
		cmocka_unit_test(nothing_durable_is_lost_with_the_packet_that_was_being_written),
		cmocka_unit_test(at_least_as_many_crash_states_as_required_were_tried),
	};
	const struct CMUnitTest more[] = {
		cmocka_unit_test(mixed_work_of_the_given_seeds_survives_every_cut),
	};

	keep_the_heap();
	if (argc == 3) {
		first_seed = strtoull(argv[1], NULL, 10);
		n_seeds = strtoull(argv[2], NULL, 10);
		return cmocka_run_group_tests(more, NULL, NULL);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
