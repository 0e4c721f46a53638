/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random writes and flushes on a medium that is written in packets, with a journal.  The power is cut at each write, in
 * the packet that is being written.  What was flushed must be there, also where the power is cut again while that is
 * written in place.  Of what was written together all must be there, with everything before it, or nothing.
 * "test_pkt_cuts FIRST_SEED N_SEEDS" tries more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <udfkit/bio.h>

#include "../common/packet_stack.h"

#define BLOCK 512u
#define UNIT 4u
#define N_PACKETS 64u
#define N_BLOCKS (N_PACKETS * UNIT)
#define AREA 160u		/* of at most 10 packets */
#define FRESH 200u		/* from here on all blocks were free */
#define N_OPS 90u
#define N_SEEDS 40u

struct run {
	uint64_t seed, rnd;
	struct bio *base, *fault;
	struct bio_journal journal;
	bool fails;			/* some writes and flushes fail */
	uint32_t n_hot;			/* most writes go to that many blocks */
	uint32_t wrote[N_OPS + 1][N_BLOCKS];	/* the version that operation I wrote to a block; 0: none */
	bool flushed[N_OPS + 1];
	bool together[N_OPS + 1];	/* its blocks were written together */
	unsigned n_together;
	bool was_whole;			/* the last operation wrote a whole packet */
	unsigned n_states, n_torn, n_recovered;
};

static bool is_free(void *ctx, uint64_t at, uint32_t n_blocks, enum bio_free_when when)
{
	(void)ctx;
	return when == BIO_FREE_BEFORE && at >= FRESH && n_blocks > 0;
}

static uint32_t draw(struct run *run, uint32_t below)
{
	run->rnd = run->rnd * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(run->rnd >> 33) % below;
}

/* Version 0 is what was there before: zeros in a third of the blocks. */
static void fill_block(uint8_t *block, uint64_t at, uint32_t version)
{
	memset(block, 0, BLOCK);
	if (version % 5 == 4 || (version == 0 && at % 3 == 0))
		return;		/* zeros are a version, too */
	for (unsigned i = 0; i < BLOCK; i += 8) {
		memcpy(block + i, &version, 4);
		block[i + 4] = (uint8_t)at;
		block[i + 5] = 1;
	}
}

static struct bio *open_stack(struct bio *medium, size_t n_bytes)
{
	struct bio *top = packet_stack_small(medium, n_bytes);

	assert_int_equal(bio_set_free_query(top, is_free, NULL), UDF_OK);
	return top;
}

/* ---- the work ---- */

static uint32_t draw_place(struct run *run)
{
	switch (draw(run, 8)) {
	case 0:
		return FRESH + draw(run, N_BLOCKS - FRESH);
	case 1:
		return UNIT + draw(run, AREA - UNIT);
	case 2:
		return draw(run, 3) ? UNIT : 0;	/* the packet that says where the journal is */
	default:
		return 2 * UNIT + draw(run, run->n_hot);
	}
}

static void write_some(struct run *run, struct bio *top, unsigned op)
{
	uint32_t n = 1 + draw(run, draw(run, 6) ? 2 : 3 * UNIT), at = draw_place(run);
	uint8_t block[BLOCK];

	for (; n && at != AREA && at < N_BLOCKS; n--, at++) {
		fill_block(block, at, op);
		if (bio_write(top, at, 1, block))
			assert_true(run->fails);	/* the cache is full of what could not be written */
		else
			run->wrote[op][at] = op;
	}
}

/* A packet that is written in place first.  What is written together often follows. */
static void write_whole(struct run *run, struct bio *top, unsigned op)
{
	uint32_t at = draw(run, 2) ? 2 * UNIT + draw(run, run->n_hot) : FRESH + draw(run, N_BLOCKS - FRESH);
	uint8_t block[BLOCK];

	at -= at % UNIT;
	for (uint32_t i = 0; i < UNIT; i++) {
		fill_block(block, at + i, op);
		if (bio_write(top, at + i, 1, block))
			assert_true(run->fails);
		else
			run->wrote[op][at + i] = op;
	}
}

/* A block may be in several parts. */
static void write_together(struct run *run, struct bio *top, unsigned op)
{
	static uint8_t data[6][BLOCK];
	struct bio_part parts[6];
	size_t n = 2 + draw(run, 5);
	enum udf_err err;

	for (size_t i = 0; i < n; i++) {
		uint32_t at = draw_place(run);

		fill_block(data[i], at, op);
		parts[i] = (struct bio_part){ .at = at, .n_blocks = 1, .data = data[i] };
	}
	err = bio_write_together(top, parts, n);
	assert_true(!err || err == UDF_E_UNSUPPORTED || run->fails);
	for (size_t i = 0; i < n && err != UDF_E_UNSUPPORTED; i++)
		run->wrote[op][parts[i].at] = op;
	run->flushed[op] = !err;
	run->together[op] = err != UDF_E_UNSUPPORTED;
	run->n_together += !err;
}

static void do_op(struct run *run, struct bio *top, unsigned op)
{
	enum udf_err err;

	switch (run->was_whole ? 5 : draw(run, 10)) {
	case 0: case 1: case 2: case 3:
		err = bio_flush(top);
		assert_true(!err || run->fails);
		run->flushed[op] = !err;
		break;
	case 4:
		if (draw(run, 4) == 0)
			assert_true(!bio_settle(top) || run->fails);
		else if (run->fails && draw(run, 2))
			bio_fault_fail_flush(run->fault, 1 + draw(run, 3), UDF_E_IO);
		else if (run->fails)
			bio_fault_fail_write(run->fault, 1 + draw(run, 5), UDF_E_MEDIUM);
		break;
	case 5:
		write_together(run, top, op);
		run->was_whole = false;
		break;
	case 6:
		write_whole(run, top, op);
		run->was_whole = true;
		break;
	default:
		write_some(run, top, op);
	}
	assert_int_equal(bio_fault_mark(run->fault, op), UDF_OK);
}

static void work(struct run *run)
{
	uint8_t block[BLOCK];
	struct bio *overlay, *top;

	assert_int_equal(bio_memory_new(BLOCK, N_BLOCKS, &run->base), UDF_OK);
	run->base->geometry.write_unit_blocks = UNIT;
	run->base->geometry.wears = true;
	for (unsigned at = 0; at < N_BLOCKS; at++) {
		fill_block(block, at, 0);
		assert_int_equal(bio_write(run->base, at, 1, block), UDF_OK);
	}
	assert_int_equal(bio_overlay_new(run->base, false, &overlay), UDF_OK);
	assert_int_equal(bio_fault_new(overlay, &run->fault), UDF_OK);
	run->fault->geometry.write_unit_blocks = UNIT;
	run->rnd = run->seed * 77777;
	run->fails = run->seed % 3 == 0;
	run->n_hot = 8 + draw(run, 60);
	run->journal = (struct bio_journal){ .first = AREA, .n_blocks = (3 + draw(run, 8)) * UNIT, .id = 7 };
	top = open_stack(run->fault, (4 + draw(run, 20)) * UNIT * BLOCK);
	assert_int_equal(bio_set_journal(top, &run->journal), UDF_OK);
	/* In some runs no place takes one of the packets, so that it stays in the journal. */
	if (run->seed % 6 == 3)
		(void)bio_fault_bad_block(run->fault, 2 * UNIT + draw(run, run->n_hot), false, true);
	bio_fault_record(run->fault, true);
	for (unsigned op = 1; op <= N_OPS; op++)
		do_op(run, top, op);
	bio_close(top);
}

/* ---- after a cut ---- */

/* Was operation OP written together, and is any of its blocks there? */
static bool is_there_together(const struct run *run, struct bio *stack, unsigned op)
{
	uint8_t block[BLOCK], found[BLOCK];

	for (uint64_t at = 0; at < N_BLOCKS && op <= N_OPS && run->together[op]; at++) {
		fill_block(block, at, op);
		if (run->wrote[op][at] && block[5] && bio_read(stack, at, 1, found) == UDF_OK &&
		    memcmp(found, block, BLOCK) == 0)
			return true;
	}
	return false;
}

/* May block AT hold this, when LAST is the last operation that had ended, and BEGAN the last one that had begun? */
static bool may_be(const struct run *run, const uint8_t *found, uint64_t at, unsigned last, unsigned began)
{
	uint8_t block[BLOCK];
	uint32_t durable = 0;
	unsigned flush = last;

	while (flush && !run->flushed[flush])
		flush--;
	for (unsigned op = 1; op <= flush; op++)
		durable = run->wrote[op][at] ? run->wrote[op][at] : durable;
	if (at >= FRESH && durable == 0)
		return true;	/* nobody needs what was there */
	fill_block(block, at, durable);
	if (found && memcmp(found, block, BLOCK) == 0)
		return true;
	for (unsigned op = flush + 1; op <= N_OPS && op <= began; op++) {
		fill_block(block, at, op);
		if (found && run->wrote[op][at] && memcmp(found, block, BLOCK) == 0)
			return true;
	}
	return false;
}

static void judge(struct run *run, struct bio *stack, unsigned last, bool anchor_is_lost, const char *when)
{
	uint8_t block[BLOCK];
	unsigned began = last + 1;

	if (last < N_OPS && run->together[last + 1] && !anchor_is_lost) {
		/* what failed may become durable later, and not at once */
		bool is_durable = run->flushed[last + 1];
		bool is_there = is_there_together(run, stack, last + 1);

		last += is_durable && is_there;
		began -= is_durable && !is_there && (last + 1) % 5 != 4;
	}
	for (uint64_t at = anchor_is_lost ? UNIT : 0; at < N_BLOCKS; at++) {
		bool is_there;

		if (at == AREA)
			at += run->journal.n_blocks;
		is_there = bio_read(stack, at, 1, block) == UDF_OK;
		if (may_be(run, is_there ? block : NULL, at, last, began))
			continue;
		print_message("# seed %llu, after operation %u, %s: block %llu %s\n", (unsigned long long)run->seed,
			      last, when, (unsigned long long)at, is_there ? "is wrong" : "can't be read");
		fail();
	}
}

/* Open what a cut left.  Without its anchor the journal can't be found. */
static struct bio *recover(struct run *run, struct bio *state, bool *ret_anchor_is_lost)
{
	struct bio *stack = open_stack(state, 0);
	uint8_t block[BLOCK];
	unsigned n = 0;

	*ret_anchor_is_lost = bio_read(state, 0, 1, block) == UDF_E_MEDIUM;
	if (!*ret_anchor_is_lost)
		assert_int_equal(bio_recover(stack, &run->journal, &n), UDF_OK);
	run->n_recovered += n;
	return stack;
}

/* The power is cut again while what was recovered is written in place. */
static void cut_again(struct run *run, struct bio *state, unsigned last, uint64_t seed)
{
	const struct bio_event *events;
	struct bio *overlay, *fault, *stack, *second;
	size_t n_events;
	bool is_lost;

	assert_int_equal(bio_overlay_new(state, false, &overlay), UDF_OK);
	assert_int_equal(bio_fault_new(overlay, &fault), UDF_OK);
	fault->geometry.write_unit_blocks = UNIT;
	bio_fault_record(fault, true);
	stack = recover(run, fault, &is_lost);
	assert_int_equal(bio_flush(stack), UDF_OK);
	judge(run, stack, last, is_lost, "in place");
	bio_close(stack);
	stack = open_stack(fault, 0);
	judge(run, stack, last, is_lost, "without the journal");
	bio_close(stack);
	bio_fault_log(fault, &events, &n_events);
	for (size_t cut = 1; cut <= n_events; cut++) {
		if (events[cut - 1].kind != BIO_EVENT_WRITE)
			continue;
		assert_int_equal(bio_fault_crash_state(events, n_events, cut, seed + cut, BIO_TEAR_PACKET, state,
						       &second), UDF_OK);
		stack = recover(run, second, &is_lost);
		judge(run, stack, last, is_lost, "cut again");
		bio_close(stack);
		bio_close(second);
		run->n_states++;
	}
	bio_close(fault);
}

static void try_cut(struct run *run, struct bio_crash_walker *walker, size_t cut, unsigned last, uint64_t seed)
{
	struct bio_crash_info info;
	struct bio *state, *stack;
	bool is_lost;

	assert_int_equal(bio_crash_walker_state(walker, cut, seed, seed & 2 ? BIO_TEAR_NONE : BIO_TEAR_PACKET, &info,
						&state), UDF_OK);
	stack = recover(run, state, &is_lost);
	judge(run, stack, last, is_lost, "recovered");
	bio_close(stack);
	run->n_torn += info.torn;
	run->n_states++;
	if (!is_lost && seed == 0)
		cut_again(run, state, last, seed);
	bio_close(state);
}

static void try_seed(uint64_t seed, unsigned *n_states, unsigned *n_recovered, unsigned *n_together)
{
	struct run *run = calloc(1, sizeof(*run));
	const struct bio_event *events;
	struct bio_crash_walker *walker;
	size_t n_events;
	unsigned last = 0;

	run->seed = seed;
	work(run);
	bio_fault_log(run->fault, &events, &n_events);
	assert_int_equal(bio_crash_walker_new(events, n_events, run->base, &walker), UDF_OK);
	for (size_t cut = 1; cut <= n_events; cut++) {
		if (events[cut - 1].kind == BIO_EVENT_MARK)
			last = (unsigned)events[cut - 1].mark;
		for (uint64_t k = 0; events[cut - 1].kind == BIO_EVENT_WRITE && k < 6; k++)
			try_cut(run, walker, cut, last, k);
	}
	bio_crash_walker_free(walker);
	*n_states += run->n_states;
	*n_recovered += run->n_recovered;
	*n_together += run->n_together;
	bio_close(run->fault);
	bio_close(run->base);
	free(run);
}

static uint64_t first_seed = 1, n_seeds = N_SEEDS;

static void what_was_flushed_survives_every_cut(void **state)
{
	unsigned n_states = 0, n_recovered = 0, n_together = 0;

	(void)state;
	for (uint64_t seed = first_seed; seed < first_seed + n_seeds; seed++)
		try_seed(seed, &n_states, &n_recovered, &n_together);
	print_message("# %u states, %u packets recovered, %u times written together\n", n_states, n_recovered,
		      n_together);
	if (n_seeds == N_SEEDS)
		assert_true(n_states > 20000 && n_recovered > 20000 && n_together > 100);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_flushed_survives_every_cut),
	};

	if (argc == 3) {
		first_seed = strtoull(argv[1], NULL, 10);
		n_seeds = strtoull(argv[2], NULL, 10);
	}
	return cmocka_run_group_tests_name("pkt_cuts", tests, NULL, NULL);
}
