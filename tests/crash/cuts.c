/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Going through the cuts of a recorded workload. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "crash.h"

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

/* How many subsets to try of a cut: all where they are few, else SUBSETS just before the flush. */
static unsigned n_subsets(const struct bio_event *events, size_t n_events, size_t cut, unsigned subsets)
{
	size_t pending = 0, i;

	for (i = cut; i > 0 && events[i - 1].kind != BIO_EVENT_FLUSH; i--)
		pending += events[i - 1].kind == BIO_EVENT_WRITE;
	/* every prefix has its own cut */
	if (pending == 0 || (cut < n_events && events[cut].kind != BIO_EVENT_FLUSH && pending >= 2))
		return 1;
	return pending < 6 ? 1u << pending : subsets;
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

bool crash_try_torn_inside(struct crash_run *run, uint64_t *n_states)
{
	const struct bio_event *events;
	struct bio_crash_walker *walker;
	size_t n_events, cut;
	int last = 0;
	bool good = end_run(run);
	uint64_t seed;

	bio_fault_log(run->fault, &events, &n_events);
	crash_need(bio_crash_walker_new(events, n_events, run->base, &walker), "walker", "");
	for (cut = 1; cut <= n_events && good; cut++) {
		if (events[cut - 1].kind == BIO_EVENT_MARK)
			last = (int)events[cut - 1].mark;
		if (events[cut - 1].kind != BIO_EVENT_WRITE)
			continue;
		for (seed = 0; seed < 3 && good; seed++) {
			struct bio *state;

			crash_need(bio_crash_walker_state(walker, cut, seed, BIO_TEAR_INSIDE, NULL, &state), "state",
			     "");
			good = crash_state_is_bearable(run, state, cut, last);
			++*n_states;
			if (!good) {
				print_steps(run, last);
				fprintf(stderr, "# cut %zu of %zu, torn inside, seed %llu\n", cut, n_events,
					(unsigned long long)seed);
			}
			bio_close(state);
		}
	}
	bio_crash_walker_free(walker);
	return good;
}
