/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet cache with its thread, and with several callers. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <udfkit/bio.h>

#include "pkt/cache.h"
#include "pkt_drive.h"

#define UNIT 4u
#define N_BLOCKS 256u
#define PACKET_BYTES (UNIT * DRIVE_BLOCK)
#define N_CACHED 16u

/* A gate at which the drive's calls wait. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool closed;
	unsigned n_arrived;
	uint64_t last_at;
};

static struct gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void wait_at_gate(struct drive *drive, uint64_t at)
{
	(void)drive;
	pthread_mutex_lock(&gate.lock);
	gate.n_arrived++;
	gate.last_at = at;
	pthread_cond_broadcast(&gate.changed);
	while (gate.closed)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static void close_gate(void)
{
	pthread_mutex_lock(&gate.lock);
	gate.closed = true;
	gate.n_arrived = 0;
	pthread_mutex_unlock(&gate.lock);
}

static void open_gate(void)
{
	pthread_mutex_lock(&gate.lock);
	gate.closed = false;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.lock);
}

static uint64_t wait_for_arrival(unsigned n)
{
	uint64_t at;

	pthread_mutex_lock(&gate.lock);
	while (gate.n_arrived < n)
		pthread_cond_wait(&gate.changed, &gate.lock);
	at = gate.last_at;
	pthread_mutex_unlock(&gate.lock);
	return at;
}

static struct bio *cache_new(struct drive *drive)
{
	struct pkt_cache_options options = { .cache_bytes = N_CACHED * PACKET_BYTES };
	struct bio *bio = NULL;

	assert_int_equal(pkt_cache_new(&drive->bio, &options, &bio), UDF_OK);
	return bio;
}

static enum udf_err fill(struct bio *bio, uint64_t at, uint32_t n_blocks, uint8_t byte)
{
	uint8_t data[16 * DRIVE_BLOCK];

	memset(data, byte, sizeof(data));
	return bio_write(bio, at, n_blocks, data);
}

static uint8_t byte_at(struct bio *bio, uint64_t at)
{
	uint8_t data[DRIVE_BLOCK];

	assert_int_equal(bio_read(bio, at, 1, data), UDF_OK);
	return data[0];
}

static uint8_t on_medium(struct drive *drive, uint64_t at)
{
	uint8_t byte;

	pthread_mutex_lock(&drive->lock);
	byte = drive->durable[at * DRIVE_BLOCK];
	pthread_mutex_unlock(&drive->lock);
	return byte;
}

/* Three packets are whole, which is more than an eighth of the cache. */
static void a_slow_packet_does_not_stop_the_callers(void **state)
{
	struct drive *drive = drive_new(UNIT, N_BLOCKS);
	struct bio *bio = cache_new(drive);
	uint64_t at;

	(void)state;
	drive->before_write = wait_at_gate;
	close_gate();
	assert_int_equal(fill(bio, 0, 3 * UNIT, 1), UDF_OK);
	at = wait_for_arrival(1);
	/* The packet in flight and others are read and written. */
	assert_int_equal(byte_at(bio, at), 1);
	assert_int_equal(fill(bio, at, 1, 2), UDF_OK);
	assert_int_equal(byte_at(bio, at), 2);
	assert_int_equal(fill(bio, 100, 1, 3), UDF_OK);
	assert_int_equal(byte_at(bio, 101), 101);
	assert_int_equal(byte_at(bio, 200), 200);
	open_gate();
	assert_int_equal(bio_flush(bio), UDF_OK);
	assert_int_equal(on_medium(drive, at), 2);
	assert_int_equal(on_medium(drive, at + 1), 1);
	assert_int_equal(on_medium(drive, 100), 3);
	bio_close(bio);
	drive_free(drive);
}

static void sequential_reads_find_the_next_packets_read(void **state)
{
	struct drive *drive = drive_new(UNIT, N_BLOCKS);
	struct bio *bio = cache_new(drive);

	(void)state;
	assert_int_equal(byte_at(bio, 40), 40);
	drive->before_read = wait_at_gate;
	close_gate();
	open_gate();
	assert_int_equal(byte_at(bio, 44), 44);
	assert_int_equal(wait_for_arrival(3), 52);	/* 44 itself, then 48 and 52 */
	close_gate();
	assert_int_equal(byte_at(bio, 48), 48);	/* the drive would not answer */
	open_gate();
	bio_close(bio);
	drive_free(drive);
}

/* What is read ahead in vain is no error, and neither is the end of the device. */
static void what_cannot_be_read_ahead_is_reported_only_to_who_asks_for_it(void **state)
{
	struct drive *drive = drive_new(UNIT, N_BLOCKS);
	struct bio *bio = cache_new(drive);
	uint8_t data[DRIVE_BLOCK];

	(void)state;
	memset(drive->bad_read + 48, true, UNIT);
	assert_int_equal(byte_at(bio, 40), 40);
	assert_int_equal(byte_at(bio, 44), 44);
	assert_int_equal(bio_read(bio, 49, 1, data), UDF_E_MEDIUM);
	assert_int_equal(byte_at(bio, 52), 52);
	for (uint64_t at = 240; at < N_BLOCKS; at++)
		assert_int_equal(byte_at(bio, at), at);
	bio_close(bio);
	drive_free(drive);
}

static void note_52(struct drive *drive, uint64_t at)
{
	wait_at_gate(drive, at);
	if (at == 52)
		*(bool *)drive->ctx = true;
}

static void reading_ahead_ends_at_what_cannot_be_read(void **state)
{
	struct drive *drive = drive_new(UNIT, N_BLOCKS);
	struct bio *bio = cache_new(drive);
	bool was_read = false;

	(void)state;
	memset(drive->bad_read + 48, true, UNIT);
	drive->ctx = &was_read;
	assert_int_equal(byte_at(bio, 40), 40);
	drive->before_read = note_52;
	close_gate();
	open_gate();
	assert_int_equal(byte_at(bio, 44), 44);
	wait_for_arrival(2);
	for (unsigned i = 0; i < 2000; i++)
		sched_yield();
	bio_close(bio);
	assert_false(was_read);
	drive_free(drive);
}

/* ---- several callers ---- */

#define N_WRITERS 4u
#define REGION (N_BLOCKS / N_WRITERS)

struct writer {
	pthread_t thread;
	struct bio *bio;
	uint64_t first;
	uint8_t model[REGION];
	bool writes_together;
	bool good;
};

/* Two blocks become durable together, or (where they can't) one after the other. */
static bool fill_two(struct writer *w, const uint32_t at[2], uint8_t byte)
{
	uint8_t data[DRIVE_BLOCK];
	const struct bio_part parts[] = { { (w->first + at[0]) % N_BLOCKS, 1, data },
					  { (w->first + at[1]) % N_BLOCKS, 1, data } };
	enum udf_err err;

	memset(data, byte, sizeof(data));
	err = bio_write_together(w->bio, parts, 2);
	w->model[at[0]] = w->model[at[1]] = byte;
	if (err == UDF_E_UNSUPPORTED)
		err = bio_write(w->bio, parts[0].at, 1, data) ? UDF_E_IO : bio_write(w->bio, parts[1].at, 1, data);
	return err == UDF_OK;
}

/* The regions are no whole packets apart, so that writers meet in some of them. */
static void *writer_main(void *arg)
{
	struct writer *w = arg;
	uint32_t seed = (uint32_t)w->first + 1;

	w->good = true;
	for (unsigned step = 0; step < 3000 && w->good; step++) {
		uint8_t data[DRIVE_BLOCK];
		uint32_t at;

		seed = seed * 1664525u + 1013904223u;
		at = (seed >> 8) % REGION;
		if (seed >> 30 == 0) {
			w->good = bio_read(w->bio, (w->first + at) % N_BLOCKS, 1, data) == UDF_OK &&
				  data[0] == w->model[at] && data[DRIVE_BLOCK - 1] == w->model[at];
		} else if (seed >> 24 == 64) {
			w->good = bio_flush(w->bio) == UDF_OK;
		} else if (w->writes_together && seed >> 26 == 20) {
			w->good = fill_two(w, (uint32_t[]){ at, (at + 7) % REGION }, (uint8_t)step);
		} else {
			w->model[at] = (uint8_t)step;
			w->good = fill(w->bio, (w->first + at) % N_BLOCKS, 1, (uint8_t)step) == UDF_OK;
		}
	}
	return NULL;
}

/* With a journal, some blocks are written together. */
static void write_at_the_same_time(const struct bio_journal *journal)
{
	struct drive *drive = drive_new(UNIT, N_BLOCKS + (journal ? journal->n_blocks : 0));
	struct bio *bio = cache_new(drive);
	struct writer writers[N_WRITERS];

	assert_int_equal(bio_set_journal(bio, journal), UDF_OK);
	for (uint32_t i = 0; i < N_WRITERS; i++) {
		struct writer *w = &writers[i];

		*w = (struct writer){ .bio = bio, .first = i * REGION + 2, .writes_together = journal };
		for (uint32_t at = 0; at < REGION; at++)
			w->model[at] = (uint8_t)((w->first + at) % N_BLOCKS);
		assert_int_equal(pthread_create(&w->thread, NULL, writer_main, w), 0);
	}
	for (uint32_t i = 0; i < N_WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
	assert_int_equal(bio_flush(bio), UDF_OK);
	assert_int_equal(bio_settle(bio), UDF_OK);
	for (uint32_t i = 0; i < N_WRITERS; i++) {
		assert_true(writers[i].good);
		for (uint32_t at = 0; at < REGION; at++)
			assert_int_equal(on_medium(drive, (writers[i].first + at) % N_BLOCKS), writers[i].model[at]);
	}
	bio_close(bio);
	drive_free(drive);
}

static void callers_at_the_same_time_do_not_lose_each_others_blocks(void **state)
{
	(void)state;
	write_at_the_same_time(NULL);
}

static void blocks_written_together_beside_other_callers_are_not_lost(void **state)
{
	const struct bio_journal journal = { .first = N_BLOCKS, .n_blocks = 12 * UNIT, .id = 5 };

	(void)state;
	write_at_the_same_time(&journal);
}

/* ---- an error that another thread meets during a flush ---- */

struct other {
	pthread_t thread;
	struct bio *bio;
	bool started;
};

/* With these packets the cache is nearly full, so this caller syncs, in turn with the flush. */
static void *other_main(void *arg)
{
	struct other *other = arg;

	for (uint64_t at = 40; at < 40 + 8 * UNIT; at += UNIT)
		(void)fill(other->bio, at, 1, 7);
	return NULL;
}

static void start_other_and_fail_its_sync(struct drive *drive, uint64_t at)
{
	struct other *other = drive->ctx;

	if (at != 6 * UNIT || other->started)
		return;
	other->started = true;
	drive->n_fail_flushes = 1;
	assert_int_equal(pthread_create(&other->thread, NULL, other_main, other), 0);
	/* Give it time to queue; the test holds whether it does or not. */
	for (unsigned i = 0; i < 2000; i++)
		sched_yield();
}

static void a_flush_does_not_succeed_with_what_another_thread_saw_lost(void **state)
{
	struct pkt_cache_options options = { .cache_bytes = N_CACHED * PACKET_BYTES, .no_thread = true };
	struct drive *drive = drive_new(UNIT, N_BLOCKS);
	struct other other = { 0 };

	(void)state;
	assert_int_equal(pkt_cache_new(&drive->bio, &options, &other.bio), UDF_OK);
	for (uint64_t at = 0; at < 8 * UNIT; at += UNIT)
		assert_int_equal(fill(other.bio, at, 1, 0xAA), UDF_OK);
	drive->ctx = &other;
	drive->before_write = start_other_and_fail_its_sync;
	assert_int_equal(bio_flush(other.bio), UDF_OK);
	for (uint64_t at = 0; at < 8 * UNIT; at += UNIT)
		assert_int_equal(on_medium(drive, at), 0xAA);
	pthread_join(other.thread, NULL);
	bio_close(other.bio);
	drive_free(drive);
}

/* ---- who answers which blocks are free ---- */

static bool answer_at_gate(void *ctx, uint64_t at, uint32_t n_blocks, enum bio_free_when when)
{
	(void)n_blocks;
	(void)when;
	wait_at_gate(ctx, at);
	return true;
}

static void *flush_main(void *arg)
{
	(void)bio_flush(arg);
	return NULL;
}

struct leaver {
	pthread_t thread;
	struct bio *bio;
	bool has_left;
};

static void *leaver_main(void *arg)
{
	struct leaver *leaver = arg;

	bio_set_free_query(leaver->bio, NULL, NULL);
	__atomic_store_n(&leaver->has_left, true, __ATOMIC_RELEASE);
	return NULL;
}

static void who_is_asked_can_leave_only_after_the_answer(void **state)
{
	struct drive *drive = drive_new(UNIT, N_BLOCKS);
	struct leaver leaver = { .bio = cache_new(drive) };
	pthread_t flusher;

	(void)state;
	memset(drive->bad_read, true, UNIT);
	assert_int_equal(fill(leaver.bio, 0, 1, 0xAA), UDF_OK);
	bio_set_free_query(leaver.bio, answer_at_gate, drive);
	close_gate();
	assert_int_equal(pthread_create(&flusher, NULL, flush_main, leaver.bio), 0);
	wait_for_arrival(1);
	assert_int_equal(pthread_create(&leaver.thread, NULL, leaver_main, &leaver), 0);
	for (unsigned i = 0; i < 2000; i++)
		sched_yield();
	assert_false(__atomic_load_n(&leaver.has_left, __ATOMIC_ACQUIRE));
	open_gate();
	pthread_join(flusher, NULL);
	pthread_join(leaver.thread, NULL);
	bio_close(leaver.bio);
	drive_free(drive);
}

/* ---- a writer that never rests ---- */

struct restless {
	pthread_t thread;
	struct bio *bio;
	bool stop;
};

static void *restless_main(void *arg)
{
	struct restless *r = arg;

	for (uint64_t at = 0; !__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE); at = (at + 1) % 128)
		(void)fill(r->bio, at, 1, 7);
	return NULL;
}

static void writers_cannot_hold_off_a_flush(void **state)
{
	struct drive *drive = drive_new(UNIT, N_BLOCKS);
	struct bio *bio = cache_new(drive);
	struct restless r = { .bio = bio };

	(void)state;
	assert_int_equal(pthread_create(&r.thread, NULL, restless_main, &r), 0);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(fill(bio, 200, 1, (uint8_t)i), UDF_OK);
		assert_int_equal(bio_flush(bio), UDF_OK);
		assert_int_equal(on_medium(drive, 200), i);
	}
	__atomic_store_n(&r.stop, true, __ATOMIC_RELEASE);
	pthread_join(r.thread, NULL);
	bio_close(bio);
	drive_free(drive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_packet_does_not_stop_the_callers),
		cmocka_unit_test(sequential_reads_find_the_next_packets_read),
		cmocka_unit_test(what_cannot_be_read_ahead_is_reported_only_to_who_asks_for_it),
		cmocka_unit_test(reading_ahead_ends_at_what_cannot_be_read),
		cmocka_unit_test(callers_at_the_same_time_do_not_lose_each_others_blocks),
		cmocka_unit_test(blocks_written_together_beside_other_callers_are_not_lost),
		cmocka_unit_test(a_flush_does_not_succeed_with_what_another_thread_saw_lost),
		cmocka_unit_test(who_is_asked_can_leave_only_after_the_answer),
		cmocka_unit_test(writers_cannot_hold_off_a_flush),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
