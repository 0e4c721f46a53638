/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A long mixed workload, replayed at every cut.  "test_crash_mixed FIRST_SEED N_SEEDS" tries more of
 * it than the suite has time for.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "check/check.h"
#include "fixture.h"

#define MIN_STATES 20000
#define N_STEPS 160

/*
 * The root directory is embedded, or in blocks; the volume is roomy, or fills up, or is found open; work
 * waits while a sync does, or goes on; the medium is a disk, or written in packets.
 */
static struct crash_run *mixed_work(uint32_t block_bytes, uint16_t revision, uint64_t seed, int n_steps,
				    bool shares, uint32_t packet_blocks)
{
	uint64_t kind = seed % 5;
	bool has_table = seed / 16 % 3 == 0;
	struct crash_run *run = crash_start_on(&(struct crash_volume){
		.block_bytes = block_bytes,
		/* in packets: so many that each structure has its own */
		.n_blocks = kind == 3 ? 600 : (packet_blocks ? 4u << 20 : 2u << 20) / block_bytes,
		.revision = revision,
		.has_table = has_table,
		.fill = has_table && kind != 3 ? setup_pieces : setups[seed / 8 % 2],
		.left_open = kind == 4,
		.shares = shares,
		.packet_blocks = packet_blocks,
		.options.find_used = packet_blocks ? chk_find_used : NULL,
		.options.cache_bytes = kind == 2 ? 16384 : 0 });
	int i;

	print_message("# block size %u, revision %x, seed %llu%s%s%s\n", block_bytes, revision,
		      (unsigned long long)seed, has_table ? ", space table" : "", shares ? ", shared" : "",
		      packet_blocks ? ", packets" : "");
	run->may_fill_up = kind == 3;
	step_mkdir(run, "/d1");
	step_mkdir(run, "/d2");
	step_mkdir(run, "/d1/e1");
	for (i = 0; i < n_steps && run->n_steps < CRASH_MAX_STEPS - 8; i++)
		step_random(run, &seed);
	return run;
}

static const uint32_t block_sizes[] = { 512, 512, 2048, 1024, 4096 };
static const uint16_t revisions[] = { 0x0201, 0x0102, 0x0200, 0x0150 };

static void mixed_work_survives_every_cut(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= 20; seed += crash_stride())
		finish(mixed_work(block_sizes[seed % 5], revisions[seed / 5 % 4], seed * 1000 + seed % 5,
				  N_STEPS, false, 0));
}

static void work_while_a_sync_waits_survives_every_cut(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 21; seed <= 40; seed += crash_stride())
		finish(mixed_work(block_sizes[seed % 5], revisions[seed / 5 % 4], seed * 1000 + seed % 5,
				  N_STEPS, true, 0));
}

static void work_on_a_medium_in_packets_survives_every_cut(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 41; seed <= 52; seed += crash_stride())
		finish(mixed_work(block_sizes[seed % 5], revisions[seed / 5 % 4], seed * 1000 + seed % 5,
				  N_STEPS, seed % 2, 8));
}

/* The power is cut, work continues on the state that is left, and the power is cut again. */
static void crash_after_crash(uint64_t seed)
{
	struct crash_run *first = mixed_work(512, 0x0201, seed, 150, seed % 3 == 0, seed % 200 == 0 ? 8 : 0), *run;
	struct bio *state = crash_state(first, (size_t)(rnd(&seed) % crash_n_events(first)), rnd(&seed) % 64);
	int i;

	run = crash_start_after(state);
	bio_close(state);
	abandon_volume(&first->m);
	crash_free(first);
	if (!run)
		return;
	for (i = 0; i < 150 && run->n_steps < CRASH_MAX_STEPS - 4; i++)
		step_random(run, &seed);
	finish(run);
}

static void mixed_work_after_a_crash_survives_a_second_cut(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= 10; seed += crash_stride())
		crash_after_crash(seed * 100);
}

static void blocks_torn_inside_are_detected(void **state)
{
	uint64_t seed, n = 0;

	(void)state;
	for (seed = 1; seed <= 4; seed += crash_stride()) {
		struct crash_run *run = mixed_work(block_sizes[seed], 0x0201, seed * 10, 120, false, 0);

		assert_true(crash_try_torn_inside(run, &n));
		crash_free(run);
	}
	print_message("# %llu states torn inside a block\n", (unsigned long long)n);
}

static void a_packet_that_a_cut_makes_unreadable_is_mended_or_detected(void **state)
{
	uint64_t seed, n = 0, n_mended = 0;

	(void)state;
	for (seed = 1; seed <= 8; seed += crash_stride()) {
		struct crash_run *run = mixed_work(block_sizes[seed % 5], revisions[seed % 4], seed * 110 + 16, 120,
						   false, 8);

		assert_true(crash_try_torn_packets(run, &n, &n_mended));
		crash_free(run);
	}
	print_message("# %llu states with an unreadable packet, %llu of them mended\n", (unsigned long long)n,
		      (unsigned long long)n_mended);
	assert_true(n_mended > 100 / crash_stride());
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
	uint64_t seed;

	(void)state;
	for (seed = first_seed; seed < first_seed + n_seeds; seed++) {
		if (seed % 4 == 0)
			crash_after_crash(seed);
		finish(mixed_work(block_sizes[seed % 5], revisions[seed / 5 % 4], seed, N_STEPS, seed % 2,
				  seed % 3 == 0 ? 8 : 0));
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mixed_work_survives_every_cut),
		cmocka_unit_test(work_while_a_sync_waits_survives_every_cut),
		cmocka_unit_test(work_on_a_medium_in_packets_survives_every_cut),
		cmocka_unit_test(mixed_work_after_a_crash_survives_a_second_cut),
		cmocka_unit_test(blocks_torn_inside_are_detected),
		cmocka_unit_test(a_packet_that_a_cut_makes_unreadable_is_mended_or_detected),
		cmocka_unit_test(at_least_as_many_crash_states_as_required_were_tried),
	};
	const struct CMUnitTest more[] = { cmocka_unit_test(mixed_work_of_the_given_seeds_survives_every_cut) };

	keep_the_heap();
	if (argc == 2)
		cmocka_set_test_filter(argv[1]);
	if (argc == 3) {
		first_seed = strtoull(argv[1], NULL, 0);
		n_seeds = strtoull(argv[2], NULL, 0);
		return cmocka_run_group_tests_name("crash: more seeds", more, NULL, NULL);
	}
	return cmocka_run_group_tests_name("crash: mixed", tests, NULL, NULL);
}
