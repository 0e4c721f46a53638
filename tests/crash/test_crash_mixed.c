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

#include "fixture.h"

#define MIN_STATES 20000
#define N_STEPS 160

/*
 * The root directory is embedded, or in blocks; the volume is roomy, or fills up, or is found open; work
 * waits while a sync does, or goes on.
 */
static struct crash_run *mixed_work(uint32_t block_bytes, uint16_t revision, uint64_t seed, int n_steps,
				    bool shares)
{
	uint64_t kind = seed % 5;
	bool has_table = seed / 16 % 3 == 0;
	struct crash_run *run = crash_start_on(&(struct crash_volume){
		.block_bytes = block_bytes,
		.n_blocks = kind == 3 ? 600 : (2u << 20) / block_bytes,
		.revision = revision,
		.has_table = has_table,
		.fill = has_table && kind != 3 ? setup_pieces : setups[seed / 8 % 2],
		.left_open = kind == 4,
		.shares = shares,
		.options.cache_bytes = kind == 2 ? 16384 : 0 });
	int i;

	print_message("# block size %u, revision %x, seed %llu%s%s\n", block_bytes, revision,
		      (unsigned long long)seed, has_table ? ", space table" : "", shares ? ", shared" : "");
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
	for (seed = 1; seed <= 20; seed++)
		finish(mixed_work(block_sizes[seed % 5], revisions[seed / 5 % 4], seed * 1000 + seed % 5,
				  N_STEPS, false));
}

static void work_while_a_sync_waits_survives_every_cut(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 21; seed <= 40; seed++)
		finish(mixed_work(block_sizes[seed % 5], revisions[seed / 5 % 4], seed * 1000 + seed % 5,
				  N_STEPS, true));
}

/* The power is cut, work continues on the state that is left, and the power is cut again. */
static void crash_after_crash(uint64_t seed)
{
	struct crash_run *first = mixed_work(512, 0x0201, seed, 150, seed % 3 == 0), *run;
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
	for (seed = 1; seed <= 10; seed++)
		crash_after_crash(seed * 100);
}

static void blocks_torn_inside_are_detected(void **state)
{
	uint64_t seed, n = 0;

	(void)state;
	for (seed = 1; seed <= 4; seed++) {
		struct crash_run *run = mixed_work(block_sizes[seed], 0x0201, seed * 10, 120, false);

		assert_true(crash_try_torn_inside(run, &n));
		crash_free(run);
	}
	print_message("# %llu states torn inside a block\n", (unsigned long long)n);
}

static void at_least_as_many_crash_states_as_required_were_tried(void **state)
{
	(void)state;
	print_message("# %llu crash states in all\n", (unsigned long long)n_states);
	assert_true(n_states >= MIN_STATES);
}

static uint64_t first_seed, n_seeds;

static void mixed_work_of_the_given_seeds_survives_every_cut(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = first_seed; seed < first_seed + n_seeds; seed++) {
		if (seed % 4 == 0)
			crash_after_crash(seed);
		finish(mixed_work(block_sizes[seed % 5], revisions[seed / 5 % 4], seed, N_STEPS, seed % 2));
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mixed_work_survives_every_cut),
		cmocka_unit_test(work_while_a_sync_waits_survives_every_cut),
		cmocka_unit_test(mixed_work_after_a_crash_survives_a_second_cut),
		cmocka_unit_test(blocks_torn_inside_are_detected),
		cmocka_unit_test(at_least_as_many_crash_states_as_required_were_tried),
	};
	const struct CMUnitTest more[] = { cmocka_unit_test(mixed_work_of_the_given_seeds_survives_every_cut) };

	keep_the_heap();
	if (argc == 3) {
		first_seed = strtoull(argv[1], NULL, 0);
		n_seeds = strtoull(argv[2], NULL, 0);
		return cmocka_run_group_tests_name("crash: more seeds", more, NULL, NULL);
	}
	return cmocka_run_group_tests_name("crash: mixed", tests, NULL, NULL);
}
