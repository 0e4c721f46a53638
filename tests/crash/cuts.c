/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Going through the cuts of a recorded workload. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/packet_stack.h"
#include "crash.h"
#include "vol/vol.h"

static void release_all(struct crash_run *run)
{
	int i;

	for (i = 0; i < run->n_held; i++)
		if (run->held[i])
			udf_forget(run->m.fs, run->held[i], 1);
	run->n_held = 0;
}

/* What happened since everything was durable. */
static void print_steps(struct crash_run *run, int last)
{
	int i = last;

	while (i && run->steps[i].promise != PROMISE_ALL)
		i--;
	for (; i < run->n_steps && i <= last + 1; i++)
		fprintf(stderr, "# step %d: %s (object %d, data of %d)\n", i, run->steps[i].what,
			run->steps[i].object, run->steps[i].touched);
}

/* The end of the workload; is everything as the model has it, and after a mount again? */
static bool end_run(struct crash_run *run)
{
	bool good = same_as_model(run->model, &run->m);
	struct mounted m;

	run->is_waiting = true;		/* nothing more is done */
	release_all(run);
	crash_need(unmount_volume(&run->m), "unmount", "");
	if (!good) {
		print_steps(run, run->n_steps - 1);
		fprintf(stderr, "# the volume does not hold what was done to it\n");
		return false;
	}
	mount_volume(run->fault, NULL, &m);
	good = same_as_model(run->model, &m);
	if (!good)
		fprintf(stderr, "# and so it is after a mount\n");
	crash_need(unmount_volume(&m), "unmount", "");
	return good && crash_check_is_content(run->fault);
}

size_t crash_n_events(struct crash_run *run)
{
	const struct bio_event *events;
	size_t n_events;

	bio_fault_log(run->fault, &events, &n_events);
	return n_events;
}

struct bio *crash_state(struct crash_run *run, size_t n_events_taken, uint64_t seed)
{
	const struct bio_event *events;
	size_t n_events;
	struct bio *state;

	bio_fault_log(run->fault, &events, &n_events);
	crash_need(bio_fault_crash_state(events, n_events, n_events_taken, seed, BIO_TEAR_NONE, run->base, &state),
	     "state", "");
	return state;
}

/* How many subsets to try of a cut: all where they are fewer than SUBSETS, else so many just before the flush. */
static unsigned n_subsets(const struct bio_event *events, size_t n_events, size_t cut, unsigned subsets)
{
	size_t pending = 0, i;

	for (i = cut; i > 0 && events[i - 1].kind != BIO_EVENT_FLUSH; i--)
		pending += events[i - 1].kind == BIO_EVENT_WRITE;
	/* every prefix has its own cut */
	if (pending == 0 || (cut < n_events && events[cut].kind != BIO_EVENT_FLUSH && pending >= 2))
		return 1;
	return pending < 6 && 1u << pending < subsets ? 1u << pending : subsets;
}

bool crash_try_all(struct crash_run *run, unsigned subsets, uint64_t *n_states)
{
	const struct bio_event *events;
	struct bio_crash_walker *walker;
	size_t n_events, cut;
	int last = 0;
	bool good = end_run(run);

	bio_fault_log(run->fault, &events, &n_events);
	crash_need(bio_crash_walker_new(events, n_events, run->base, &walker), "walker", "");
	for (cut = 0; cut <= n_events && good; cut++) {
		unsigned n, k;

		if (cut && events[cut - 1].kind == BIO_EVENT_MARK) {
			last = (int)events[cut - 1].mark;
			continue;
		}
		n = n_subsets(events, n_events, cut, subsets);
		for (k = 0; k < 2 * n && good; k++) {
			struct bio_crash_info info;
			struct bio *state;

			crash_need(bio_crash_walker_state(walker, cut, k / 2, k % 2 ? BIO_TEAR_BLOCK : BIO_TEAR_NONE,
						    &info, &state),
			     "state", "");
			if (k % 2 == 0 || info.torn) {
				good = crash_state_is_good(run, state, cut, last, k);
				++*n_states;
			}
			if (!good) {
				print_steps(run, last);
				fprintf(stderr, "# cut %zu of %zu, subset %u, torn %d, after step %d\n", cut,
					n_events, k / 2, k % 2 && info.torn, last);
			}
			bio_close(state);
		}
	}
	bio_crash_walker_free(walker);
	return good;
}

/* A cut in a write: what can be left of it */
struct cut {
	size_t n_events;	/* that were recorded before it */
	int last;		/* the last step that had ended */
	uint64_t seed;
	bool torn;		/* something that was written is damaged */
};

typedef bool judge_fn(struct crash_run *run, struct bio *state, const struct cut *cut, void *ctx);

static bool judge_one(struct crash_run *run, struct bio_crash_walker *walker, struct cut *cut, enum bio_tear tear,
		      judge_fn *judge, void *ctx)
{
	struct bio_crash_info info;
	struct bio *state;
	bool good;

	crash_need(bio_crash_walker_state(walker, cut->n_events, cut->seed, tear, &info, &state), "state", "");
	cut->torn = info.torn;
	good = judge(run, state, cut, ctx);
	bio_close(state);
	if (!good) {
		print_steps(run, cut->last);
		fprintf(stderr, "# cut %zu, torn %d, seed %llu\n", cut->n_events, cut->torn,
			(unsigned long long)cut->seed);
	}
	return good;
}

/* JUDGE the states after cuts in each write, for N_SEEDS seeds.  Even seeds tear by TEAR, odd ones by ODD_TEAR. */
static bool judge_each_write(struct crash_run *run, unsigned n_seeds, enum bio_tear tear, enum bio_tear odd_tear,
			     judge_fn *judge, void *ctx, uint64_t *n_states)
{
	const struct bio_event *events;
	struct bio_crash_walker *walker;
	struct cut cut = { .last = 0 };
	bool good = end_run(run);
	size_t n_events;

	bio_fault_log(run->fault, &events, &n_events);
	crash_need(bio_crash_walker_new(events, n_events, run->base, &walker), "walker", "");
	for (cut.n_events = 1; cut.n_events <= n_events && good; cut.n_events++) {
		const struct bio_event *event = &events[cut.n_events - 1];

		if (event->kind == BIO_EVENT_MARK)
			cut.last = (int)event->mark;
		for (cut.seed = 0; event->kind == BIO_EVENT_WRITE && cut.seed < n_seeds && good; cut.seed++) {
			good = judge_one(run, walker, &cut, cut.seed % 2 ? odd_tear : tear, judge, ctx);
			++*n_states;
		}
	}
	bio_crash_walker_free(walker);
	return good;
}

static bool judge_torn_inside(struct crash_run *run, struct bio *state, const struct cut *cut, void *ctx)
{
	(void)ctx;
	return crash_state_is_bearable(run, state, cut->n_events, cut->last);
}

bool crash_try_torn_inside(struct crash_run *run, uint64_t *n_states)
{
	return judge_each_write(run, 3, BIO_TEAR_INSIDE, BIO_TEAR_INSIDE, judge_torn_inside, NULL, n_states);
}

static bool judge_packets(struct crash_run *run, struct bio *state, const struct cut *cut, void *ctx)
{
	struct bio *stack = packet_stack_new(state);
	bool good = crash_state_is_mended(run, stack, cut->n_events, cut->last, cut->seed);
	uint64_t *n_torn = ctx;

	*n_torn += cut->torn;
	bio_close(stack);
	return good;
}

bool crash_try_cut_packets(struct crash_run *run, uint64_t *n_states, uint64_t *n_torn)
{
	return judge_each_write(run, 4, BIO_TEAR_PACKET, BIO_TEAR_NONE, judge_packets, n_torn, n_states);
}

/* Where the integrity descriptor and the space bitmap are. */
struct mendable {
	uint64_t lvid, bitmap;
	uint32_t n_bitmap;
	uint64_t n_mended;	/* states in which one of them was lost */
};

static struct mendable find_mendable(struct bio *base)
{
	struct mendable m = { .n_mended = 0 };
	struct udf_vol *vol;

	crash_need(udf_vol_open(base, NULL, NULL, NULL, &vol), "open", "");
	m.lvid = vol->lvid_lsn;
	m.bitmap = vol->parts[0].start_lsn + vol->parts[0].header.unallocated_bitmap.lbn;
	m.n_bitmap = UDF_EXTENT_BYTES(vol->parts[0].header.unallocated_bitmap.length) / vol->block_bytes;
	udf_vol_close(vol);
	return m;
}

static bool is_mendable(struct bio *state, const struct mendable *m)
{
	uint8_t *block = malloc(state->geometry.block_bytes);
	bool is_lost = bio_read(state, m->lvid, 1, block) == UDF_E_MEDIUM;
	uint32_t i;

	for (i = 0; i < m->n_bitmap && !is_lost; i++)
		is_lost = bio_read(state, m->bitmap + i, 1, block) == UDF_E_MEDIUM;
	free(block);
	return is_lost;
}

static bool judge_torn_packets(struct crash_run *run, struct bio *state, const struct cut *cut, void *ctx)
{
	struct bio *stack = packet_stack_new(state);
	struct mendable *mendable = ctx;
	bool good;

	if (cut->torn && is_mendable(state, mendable)) {
		good = crash_state_is_mended(run, stack, cut->n_events, cut->last, cut->seed);
		mendable->n_mended++;
	} else {
		good = crash_state_is_bearable(run, stack, cut->n_events, cut->last);
	}
	bio_close(stack);
	return good;
}

bool crash_try_torn_packets(struct crash_run *run, uint64_t *n_states, uint64_t *n_mended)
{
	struct mendable mendable = find_mendable(run->base);
	bool good = judge_each_write(run, 3, BIO_TEAR_PACKET, BIO_TEAR_PACKET, judge_torn_packets, &mendable, n_states);

	*n_mended += mendable.n_mended;
	return good;
}
