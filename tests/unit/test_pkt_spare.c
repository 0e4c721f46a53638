/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that can't be written move to spare ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <udfkit/bio.h>

#include "alloc.h"
#include "pkt/spare.h"

/* Packets of 4 blocks from block 8 to 49 (the last one is cut off), and three spares from 52 on. */
#define BLOCK 512u
#define N_BLOCKS 64u
#define PACKET 4u
#define FIRST 8u
#define N_MOVABLE 42u
#define N_SPARES 3u

struct fixture {
	struct bio *fault, *bio;
	struct bio_spare spares[N_SPARES];
	/* what the last store was given, and what it answers */
	struct bio_spare stored[N_SPARES];
	unsigned n_stores;
	enum udf_err store_err;
	uint8_t spare_byte;	/* what the spare that is used held when the table was stored */
	uint64_t free_at;	/* the block that is free, if any */
};

static enum udf_err store(void *ctx, struct bio *direct, const struct bio_spare *spares, size_t n_spares)
{
	struct fixture *f = ctx;
	uint8_t data[BLOCK];

	assert_int_equal(n_spares, N_SPARES);
	assert_ptr_equal(direct, f->fault);
	memcpy(f->stored, spares, sizeof(f->stored));
	f->n_stores++;
	for (size_t i = 0; i < n_spares; i++) {
		if (spares[i].state == BIO_SPARE_USED) {
			assert_int_equal(bio_read(direct, spares[i].mapped, 1, data), UDF_OK);
			f->spare_byte = data[0];
		}
	}
	return f->store_err;
}

static bool is_free(void *ctx, uint64_t at, uint32_t n_blocks, enum bio_free_when when)
{
	struct fixture *f = ctx;

	(void)when;
	return f->free_at && at == f->free_at && n_blocks == 1;
}

static enum udf_err fill(struct bio *bio, uint64_t at, uint32_t n_blocks, uint8_t byte)
{
	uint8_t data[16 * BLOCK];

	memset(data, byte, sizeof(data));
	return bio_write(bio, at, n_blocks, data);
}

static uint8_t byte_at(struct bio *bio, uint64_t at)
{
	uint8_t data[BLOCK];

	assert_int_equal(bio_read(bio, at, 1, data), UDF_OK);
	for (size_t i = 1; i < BLOCK; i++)
		assert_int_equal(data[i], data[0]);
	return data[0];
}

static struct bio_remap remap_of(struct fixture *f)
{
	return (struct bio_remap){ .first = FIRST,
				   .n_blocks = N_MOVABLE,
				   .packet_blocks = PACKET,
				   .spares = f->spares,
				   .n_spares = N_SPARES,
				   .store = store,
				   .ctx = f };
}

/* Block N is filled with the byte N. */
static void setup(struct fixture *f)
{
	struct bio *memory = NULL;

	*f = (struct fixture){ 0 };
	assert_int_equal(bio_memory_new(BLOCK, N_BLOCKS, &memory), UDF_OK);
	for (uint8_t i = 0; i < N_BLOCKS; i++)
		assert_int_equal(fill(memory, i, 1, i), UDF_OK);
	assert_int_equal(bio_fault_new(memory, &f->fault), UDF_OK);
	assert_int_equal(pkt_spare_new(f->fault, &f->bio), UDF_OK);
	for (uint32_t i = 0; i < N_SPARES; i++)
		f->spares[i] = (struct bio_spare){ 0, 52 + i * PACKET, BIO_SPARE_FREE };
}

static void setup_remap(struct fixture *f)
{
	struct bio_remap remap;

	setup(f);
	remap = remap_of(f);
	assert_int_equal(bio_set_remap(f->bio, &remap), UDF_OK);
}

static void bad_write(struct fixture *f, uint64_t at)
{
	assert_int_equal(bio_fault_bad_block(f->fault, at, false, true), UDF_OK);
}

static void bad_read_and_write(struct fixture *f, uint64_t at)
{
	assert_int_equal(bio_fault_bad_block(f->fault, at, true, true), UDF_OK);
}

/* ---- before there is a table ---- */

static void without_a_table_all_calls_are_passed_on(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	bad_write(&f, 13);
	assert_int_equal(byte_at(f.bio, 63), 63);
	assert_int_equal(fill(f.bio, 20, 4, 0xAA), UDF_OK);
	assert_int_equal(byte_at(f.fault, 23), 0xAA);
	assert_int_equal(fill(f.bio, 12, 4, 0xAA), UDF_E_MEDIUM);
	bio_fault_fail_flush(f.fault, 1, UDF_E_IO);
	assert_int_equal(bio_flush(f.bio), UDF_E_IO);
	assert_int_equal(bio_discard(f.bio, 20, 4), UDF_OK);
	assert_int_equal(byte_at(f.fault, 20), 0);
	bio_close(f.bio);
}

/* ---- packets that moved earlier ---- */

static void moved_packets_are_read_and_written_at_their_new_place(void **state)
{
	struct fixture f;
	struct bio_remap remap;
	uint8_t data[16 * BLOCK];

	(void)state;
	setup(&f);
	f.spares[0] = (struct bio_spare){ 20, 52, BIO_SPARE_USED };
	f.spares[2] = (struct bio_spare){ 12, 60, BIO_SPARE_USED };
	remap = remap_of(&f);
	remap.store = NULL;
	assert_int_equal(bio_set_remap(f.bio, &remap), UDF_OK);
	assert_int_equal(bio_read(f.bio, 10, 16, data), UDF_OK);
	for (uint8_t i = 0; i < 16; i++) {
		uint8_t at = (uint8_t)(10 + i);
		uint8_t want = at >= 12 && at < 16 ? (uint8_t)(at + 48) : at >= 20 && at < 24 ? (uint8_t)(at + 32) : at;

		assert_int_equal(data[i * BLOCK], want);
	}
	assert_int_equal(fill(f.bio, 14, 8, 0xBB), UDF_OK);
	assert_int_equal(byte_at(f.fault, 62), 0xBB);
	assert_int_equal(byte_at(f.fault, 63), 0xBB);
	assert_int_equal(byte_at(f.fault, 14), 14);
	assert_int_equal(byte_at(f.fault, 16), 0xBB);
	assert_int_equal(byte_at(f.fault, 53), 0xBB);
	assert_int_equal(byte_at(f.fault, 54), 54);
	assert_int_equal(byte_at(f.fault, 20), 20);
	assert_int_equal(f.n_stores, 0);
	bio_close(f.bio);
}

/* The partition ends in the middle of the last packet, which an entry may name all the same. */
static void blocks_outside_the_range_are_never_moved(void **state)
{
	struct fixture f;
	struct bio_remap remap;
	uint8_t data[4 * BLOCK];

	(void)state;
	setup(&f);
	f.spares[0] = (struct bio_spare){ 4, 52, BIO_SPARE_USED };
	f.spares[1] = (struct bio_spare){ 48, 56, BIO_SPARE_USED };
	remap = remap_of(&f);
	assert_int_equal(bio_set_remap(f.bio, &remap), UDF_OK);
	assert_int_equal(byte_at(f.bio, 4), 4);
	assert_int_equal(byte_at(f.bio, 7), 7);
	assert_int_equal(byte_at(f.bio, 49), 57);
	assert_int_equal(bio_read(f.bio, 48, 4, data), UDF_OK);
	assert_int_equal(data[BLOCK], 57);
	assert_int_equal(data[2 * BLOCK], 50);
	bad_write(&f, 7);
	bad_write(&f, 50);
	assert_int_equal(fill(f.bio, 4, 4, 1), UDF_E_MEDIUM);
	assert_int_equal(fill(f.bio, 50, 1, 1), UDF_E_MEDIUM);
	assert_int_equal(fill(f.bio, 44, 8, 1), UDF_E_MEDIUM);
	assert_int_equal(f.n_stores, 0);
	bio_close(f.bio);
}

/* As an integrity descriptor, without which nothing on the volume can change. */
static void what_can_not_move_is_tried_again(void **state)
{
	struct fixture f;

	(void)state;
	setup_remap(&f);
	bio_fault_fail_write(f.fault, 1, UDF_E_MEDIUM);
	assert_int_equal(fill(f.bio, 4, 4, 0xAA), UDF_OK);
	assert_int_equal(byte_at(f.fault, 7), 0xAA);
	assert_int_equal(f.n_stores, 0);
	/* without spares that is all of the disc */
	for (unsigned i = 0; i < N_SPARES; i++)
		bad_write(&f, 52 + i * PACKET);
	bio_fault_fail_write(f.fault, 1, UDF_E_MEDIUM);
	assert_int_equal(fill(f.bio, 12, 4, 0xBB), UDF_OK);
	assert_int_equal(byte_at(f.fault, 15), 0xBB);
	assert_int_equal(byte_at(f.bio, 15), 0xBB);
	bio_close(f.bio);
}

static void a_packet_that_moved_is_not_written_in_its_old_place(void **state)
{
	struct fixture f;

	(void)state;
	setup_remap(&f);
	f.store_err = UDF_E_MEDIUM;
	bio_fault_fail_write(f.fault, 1, UDF_E_MEDIUM);
	assert_int_equal(fill(f.bio, 12, 4, 0xBB), UDF_E_MEDIUM);
	assert_int_equal(byte_at(f.fault, 12), 12);
	assert_int_equal(byte_at(f.bio, 12), 0xBB);
	f.store_err = UDF_OK;
	assert_int_equal(fill(f.bio, 12, 4, 0xCC), UDF_OK);
	assert_int_equal(byte_at(f.bio, 12), 0xCC);
	bio_close(f.bio);
}

static void a_packet_that_is_cut_off_does_not_move(void **state)
{
	struct fixture f;

	(void)state;
	setup_remap(&f);
	bad_write(&f, 49);
	assert_int_equal(fill(f.bio, 48, 2, 1), UDF_E_MEDIUM);
	assert_int_equal(fill(f.bio, 49, 1, 1), UDF_E_MEDIUM);
	assert_int_equal(f.n_stores, 0);
	bad_write(&f, 45);
	assert_int_equal(fill(f.bio, 44, 4, 0xAA), UDF_OK);
	bio_close(f.bio);
}

static void without_a_store_no_packet_moves(void **state)
{
	struct fixture f;
	struct bio_remap remap;

	(void)state;
	setup(&f);
	remap = remap_of(&f);
	remap.store = NULL;
	assert_int_equal(bio_set_remap(f.bio, &remap), UDF_OK);
	bad_write(&f, 13);
	assert_int_equal(fill(f.bio, 12, 4, 0xAA), UDF_E_MEDIUM);
	assert_int_equal(byte_at(f.fault, 52), 52);
	bio_close(f.bio);
}

static void null_ends_the_replacement(void **state)
{
	struct fixture f;
	struct bio_remap remap;

	(void)state;
	setup(&f);
	f.spares[0] = (struct bio_spare){ 20, 52, BIO_SPARE_USED };
	remap = remap_of(&f);
	assert_int_equal(bio_set_remap(f.bio, &remap), UDF_OK);
	assert_int_equal(bio_set_remap(f.bio, NULL), UDF_OK);
	assert_int_equal(byte_at(f.bio, 20), 20);
	bio_close(f.bio);
}

/* ---- packets that move ---- */

static void a_packet_that_fails_moves_and_the_table_is_stored(void **state)
{
	struct fixture f;

	(void)state;
	setup_remap(&f);
	bad_write(&f, 14);
	assert_int_equal(fill(f.bio, 12, 4, 0xAA), UDF_OK);
	assert_int_equal(f.n_stores, 1);
	assert_int_equal(f.stored[0].state, BIO_SPARE_USED);
	assert_int_equal(f.stored[0].original, 12);
	assert_int_equal(f.stored[0].mapped, 52);
	assert_int_equal(f.stored[1].state, BIO_SPARE_FREE);
	assert_int_equal(f.spare_byte, 0xAA);
	assert_int_equal(byte_at(f.bio, 15), 0xAA);
	assert_int_equal(byte_at(f.fault, 55), 0xAA);
	assert_int_equal(fill(f.bio, 13, 1, 0xBB), UDF_OK);
	assert_int_equal(byte_at(f.fault, 53), 0xBB);
	assert_int_equal(f.n_stores, 1);
	bio_close(f.bio);
}

static void the_spare_is_durable_before_the_table_names_it(void **state)
{
	struct fixture f;
	const struct bio_event *events;
	size_t n_events;

	(void)state;
	setup_remap(&f);
	bad_write(&f, 14);
	bio_fault_record(f.fault, true);
	assert_int_equal(fill(f.bio, 12, 4, 0xAA), UDF_OK);
	bio_fault_log(f.fault, &events, &n_events);
	assert_int_equal(n_events, 2);
	assert_int_equal(events[0].at, 52);
	assert_int_equal(events[1].kind, BIO_EVENT_FLUSH);

	bad_write(&f, 18);
	bio_fault_fail_flush(f.fault, 1, UDF_E_IO);
	assert_int_equal(fill(f.bio, 16, 4, 0xAA), UDF_E_IO);
	assert_int_equal(f.n_stores, 1);
	/* The error also reaches the one who wrote other packets before, and only once. */
	assert_int_equal(bio_flush(f.bio), UDF_E_IO);
	assert_int_equal(bio_flush(f.bio), UDF_OK);
	bio_close(f.bio);
}

static void only_the_packets_that_fail_move(void **state)
{
	struct fixture f;

	(void)state;
	setup_remap(&f);
	bad_write(&f, 14);
	bad_write(&f, 20);
	assert_int_equal(fill(f.bio, 6, 16, 0xAA), UDF_OK);
	assert_int_equal(f.n_stores, 2);
	for (uint64_t at = 6; at < 22; at++)
		assert_int_equal(byte_at(f.bio, at), 0xAA);
	assert_int_equal(byte_at(f.bio, 22), 22);
	assert_int_equal(byte_at(f.fault, 12), 12);
	assert_int_equal(byte_at(f.fault, 16), 0xAA);
	assert_int_equal(f.stored[0].original, 12);
	assert_int_equal(f.stored[1].original, 20);
	bio_close(f.bio);
}

static void a_part_of_a_packet_moves_with_its_other_blocks(void **state)
{
	struct fixture f;

	(void)state;
	setup_remap(&f);
	bad_write(&f, 13);
	assert_int_equal(fill(f.bio, 13, 1, 0xAA), UDF_OK);
	assert_int_equal(byte_at(f.bio, 12), 12);
	assert_int_equal(byte_at(f.bio, 13), 0xAA);
	assert_int_equal(byte_at(f.bio, 14), 14);
	assert_int_equal(byte_at(f.bio, 15), 15);
	bio_close(f.bio);
}

static void a_block_that_cannot_be_read_keeps_its_packet_from_moving(void **state)
{
	struct fixture f;

	(void)state;
	setup_remap(&f);
	bio_set_free_query(f.bio, is_free, &f);
	bad_write(&f, 13);
	bad_read_and_write(&f, 15);
	assert_int_equal(fill(f.bio, 13, 1, 0xAA), UDF_E_MEDIUM);
	assert_int_equal(f.n_stores, 0);
	assert_int_equal(byte_at(f.fault, 53), 53);
	f.free_at = 14;
	assert_int_equal(fill(f.bio, 13, 1, 0xAA), UDF_E_MEDIUM);
	f.free_at = 15;
	assert_int_equal(fill(f.bio, 13, 1, 0xAA), UDF_OK);
	assert_int_equal(byte_at(f.bio, 14), 14);
	assert_int_equal(byte_at(f.bio, 15), 0);
	/* The whole packet needs no reading. */
	bad_read_and_write(&f, 30);
	assert_int_equal(fill(f.bio, 28, 4, 0xAA), UDF_OK);
	bio_close(f.bio);
}

static void a_spare_that_fails_is_bad_and_the_next_is_taken(void **state)
{
	struct fixture f;

	(void)state;
	setup_remap(&f);
	bad_write(&f, 14);
	bad_write(&f, 55);
	assert_int_equal(fill(f.bio, 12, 4, 0xAA), UDF_OK);
	assert_int_equal(f.n_stores, 1);
	assert_int_equal(f.stored[0].state, BIO_SPARE_BAD);
	assert_int_equal(f.stored[1].state, BIO_SPARE_USED);
	assert_int_equal(byte_at(f.fault, 56), 0xAA);
	bio_close(f.bio);
}

/* The medium takes whole units only, and two of the spares do not begin at one. */
static void spares_that_the_medium_cannot_write_whole_are_left_alone(void **state)
{
	struct bio_packet_options options = { .unit_blocks = PACKET, .whole_only = true };
	struct bio *medium = NULL;
	struct fixture f;
	struct bio_remap remap;

	(void)state;
	setup(&f);
	bio_close(f.bio);
	assert_int_equal(bio_memory_new(BLOCK, N_BLOCKS, &medium), UDF_OK);
	assert_int_equal(bio_packet_new(medium, &options, &medium), UDF_OK);
	assert_int_equal(bio_fault_new(medium, &f.fault), UDF_OK);
	assert_int_equal(pkt_spare_new(f.fault, &f.bio), UDF_OK);
	f.spares[0].mapped = 53;
	f.spares[1].mapped = 49;
	remap = remap_of(&f);
	assert_int_equal(bio_set_remap(f.bio, &remap), UDF_OK);
	bad_write(&f, 14);
	assert_int_equal(fill(f.bio, 12, 4, 0xAA), UDF_OK);
	assert_int_equal(f.stored[0].state, BIO_SPARE_FREE);
	assert_int_equal(f.stored[1].state, BIO_SPARE_FREE);
	assert_int_equal(f.stored[2].state, BIO_SPARE_USED);
	assert_int_equal(byte_at(f.fault, 60), 0xAA);
	bio_close(f.bio);
}

static void a_spare_that_fails_later_is_replaced_too(void **state)
{
	struct fixture f;

	(void)state;
	setup_remap(&f);
	bad_write(&f, 14);
	assert_int_equal(fill(f.bio, 12, 4, 0xAA), UDF_OK);
	bad_write(&f, 53);
	assert_int_equal(fill(f.bio, 13, 1, 0xBB), UDF_OK);
	assert_int_equal(f.stored[0].state, BIO_SPARE_BAD);
	assert_int_equal(f.stored[1].state, BIO_SPARE_USED);
	assert_int_equal(f.stored[1].original, 12);
	assert_int_equal(byte_at(f.bio, 12), 0xAA);
	assert_int_equal(byte_at(f.bio, 13), 0xBB);
	bio_close(f.bio);
}

static void without_a_free_spare_the_write_fails(void **state)
{
	struct fixture f;

	(void)state;
	setup_remap(&f);
	for (uint64_t at = 52; at < 64; at++)
		bad_write(&f, at);
	bad_write(&f, 14);
	assert_int_equal(fill(f.bio, 12, 4, 0xAA), UDF_E_MEDIUM);
	assert_int_equal(f.n_stores, 1);
	for (size_t i = 0; i < N_SPARES; i++)
		assert_int_equal(f.stored[i].state, BIO_SPARE_BAD);
	assert_int_equal(fill(f.bio, 12, 4, 0xAA), UDF_E_MEDIUM);
	assert_int_equal(byte_at(f.bio, 12), 12);
	assert_int_equal(fill(f.bio, 20, 4, 0xAA), UDF_OK);
	bio_close(f.bio);
}

static void other_errors_do_not_use_up_spares(void **state)
{
	struct fixture f;

	(void)state;
	setup_remap(&f);
	bio_fault_fail_write(f.fault, 1, UDF_E_IO);
	assert_int_equal(fill(f.bio, 12, 4, 0xAA), UDF_E_IO);
	assert_int_equal(f.n_stores, 0);
	bad_write(&f, 14);
	bio_fault_fail_write(f.fault, 2, UDF_E_IO);
	assert_int_equal(fill(f.bio, 12, 4, 0xAA), UDF_E_IO);
	assert_int_equal(fill(f.bio, 12, 4, 0xAA), UDF_OK);
	assert_int_equal(f.stored[0].state, BIO_SPARE_USED);
	bio_close(f.bio);
}

/* Were the spare taken for another packet, an older copy of the table could show that one's blocks. */
static void a_write_succeeds_only_once_the_table_is_stored(void **state)
{
	struct fixture f;

	(void)state;
	setup_remap(&f);
	bad_write(&f, 14);
	f.store_err = UDF_E_IO;
	assert_int_equal(fill(f.bio, 12, 4, 0xAA), UDF_E_IO);
	assert_int_equal(fill(f.bio, 12, 4, 0xBB), UDF_E_IO);
	assert_int_equal(f.n_stores, 2);
	assert_int_equal(byte_at(f.bio, 12), 0xBB);
	assert_int_equal(fill(f.bio, 16, 4, 0xCC), UDF_OK);
	f.store_err = UDF_OK;
	assert_int_equal(fill(f.bio, 12, 4, 0xDD), UDF_OK);
	assert_int_equal(f.n_stores, 3);
	assert_int_equal(f.spare_byte, 0xDD);
	assert_int_equal(f.stored[1].state, BIO_SPARE_FREE);
	bio_close(f.bio);
}

/* ---- tables that make no sense ---- */

static void tables_that_contradict_themselves_are_refused(void **state)
{
	struct fixture f;
	struct bio_remap remap;

	(void)state;
	setup_remap(&f);
	remap = remap_of(&f);
	f.spares[2].mapped = 55;	/* overlaps the first */
	assert_int_equal(bio_set_remap(f.bio, &remap), UDF_E_INVAL);
	f.spares[2].mapped = 60;
	f.spares[0] = (struct bio_spare){ 20, 52, BIO_SPARE_USED };
	f.spares[2] = (struct bio_spare){ 20, 60, BIO_SPARE_USED };
	assert_int_equal(bio_set_remap(f.bio, &remap), UDF_E_INVAL);
	f.spares[2].original = 21;
	assert_int_equal(bio_set_remap(f.bio, &remap), UDF_E_INVAL);
	f.spares[2] = (struct bio_spare){ 24, 61, BIO_SPARE_USED };
	assert_int_equal(bio_set_remap(f.bio, &remap), UDF_E_INVAL);
	assert_int_equal(byte_at(f.bio, 20), 20);	/* the earlier table holds */
	bio_close(f.bio);
}

/* ---- descriptors of the host ---- */

static void descriptors_are_lent_only_where_nothing_can_move(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char path[64];
	struct bio_file_options options = { .block_bytes = BLOCK };
	struct bio *file = NULL, *bio = NULL;
	struct fixture f;
	struct bio_remap remap;
	uint64_t offset = 0;
	int fd, lent = -1;

	(void)state;
	snprintf(path, sizeof(path), "%.40s/udfkit-spare.XXXXXX", tmp ? tmp : "/tmp");
	fd = mkstemp(path);
	setup(&f);
	assert_int_equal(ftruncate(fd, N_BLOCKS * BLOCK), 0);
	assert_int_equal(bio_file_open(path, &options, &file, NULL), UDF_OK);
	assert_int_equal(pkt_spare_new(file, &bio), UDF_OK);
	assert_int_equal(bio_fd_range(bio, 0, N_BLOCKS, &lent, &offset), UDF_OK);
	f.spares[0] = (struct bio_spare){ 20, 52, BIO_SPARE_USED };
	remap = remap_of(&f);
	remap.store = NULL;
	assert_int_equal(bio_set_remap(bio, &remap), UDF_OK);
	assert_int_equal(bio_fd_range(bio, 0, 20, &lent, &offset), UDF_OK);
	assert_int_equal(bio_fd_range(bio, 24, 40, &lent, &offset), UDF_OK);
	assert_int_equal(offset, 24 * BLOCK);
	assert_int_equal(bio_fd_range(bio, 23, 2, &lent, &offset), UDF_E_UNSUPPORTED);
	assert_int_equal(bio_fd_range(bio, 0, 21, &lent, &offset), UDF_E_UNSUPPORTED);
	remap.store = store;
	assert_int_equal(bio_set_remap(bio, &remap), UDF_OK);
	assert_int_equal(bio_fd_range(bio, 0, 1, &lent, &offset), UDF_E_UNSUPPORTED);
	bio_close(bio);
	bio_close(f.bio);
	close(fd);
	unlink(path);
}

/* ---- out of memory ---- */

static void a_move_without_memory_fails_and_changes_nothing(void **state)
{
	struct fixture f;
	struct bio_remap remap;
	uint64_t nth = 1;

	(void)state;
	setup_remap(&f);
	bad_write(&f, 14);
	remap = remap_of(&f);
	for (;; nth++) {
		alloc_fail_nth(nth);
		if (bio_set_remap(f.bio, &remap) == UDF_OK)
			break;
		assert_true(alloc_has_failed());
	}
	assert_int_equal(nth, 4);
	alloc_fail_nth(1);
	assert_int_equal(fill(f.bio, 12, 4, 0xAA), UDF_E_NOMEM);
	assert_int_equal(f.n_stores, 0);
	assert_int_equal(fill(f.bio, 12, 4, 0xAA), UDF_OK);
	bio_close(f.bio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_table_all_calls_are_passed_on),
		cmocka_unit_test(moved_packets_are_read_and_written_at_their_new_place),
		cmocka_unit_test(blocks_outside_the_range_are_never_moved),
		cmocka_unit_test(what_can_not_move_is_tried_again),
		cmocka_unit_test(a_packet_that_moved_is_not_written_in_its_old_place),
		cmocka_unit_test(a_packet_that_is_cut_off_does_not_move),
		cmocka_unit_test(without_a_store_no_packet_moves),
		cmocka_unit_test(null_ends_the_replacement),
		cmocka_unit_test(a_packet_that_fails_moves_and_the_table_is_stored),
		cmocka_unit_test(the_spare_is_durable_before_the_table_names_it),
		cmocka_unit_test(only_the_packets_that_fail_move),
		cmocka_unit_test(a_part_of_a_packet_moves_with_its_other_blocks),
		cmocka_unit_test(a_block_that_cannot_be_read_keeps_its_packet_from_moving),
		cmocka_unit_test(a_spare_that_fails_is_bad_and_the_next_is_taken),
		cmocka_unit_test(spares_that_the_medium_cannot_write_whole_are_left_alone),
		cmocka_unit_test(a_spare_that_fails_later_is_replaced_too),
		cmocka_unit_test(without_a_free_spare_the_write_fails),
		cmocka_unit_test(other_errors_do_not_use_up_spares),
		cmocka_unit_test(a_write_succeeds_only_once_the_table_is_stored),
		cmocka_unit_test(tables_that_contradict_themselves_are_refused),
		cmocka_unit_test(descriptors_are_lent_only_where_nothing_can_move),
		cmocka_unit_test(a_move_without_memory_fails_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
