/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files on volumes for CD-RW: packets of 32 blocks, some of which can't be written. */
#include "base/bytes.h"
#include "ecma/codec.h"
#include "fs_fixture.h"
#include "pkt/spare.h"

#define BS 2048u
#define PACKET 32u
#define N_BLOCKS 6000u
#define TABLE_1 160u

static struct bio *fault;		/* below the spare layer; owned by it */

/* With SPARE the stack can move packets. */
static void init(struct fsx *x, uint16_t revision, bool spare)
{
	struct bio *memory, *bio;

	OK(bio_memory_new(BS, N_BLOCKS, &memory));
	OK(bio_fault_new(memory, &fault));
	bio = fault;
	if (spare)
		OK(pkt_spare_new(fault, &bio));
	fsx_init_media(x, bio, UDF_MEDIA_CDRW, revision);
}

static uint64_t lsn_of(struct fsx *x, uint32_t lbn)
{
	return x->vol->parts[0].start_lsn + (uint64_t)lbn;
}

static void bad_packets(struct fsx *x, uint32_t first_lbn, uint32_t end_lbn, bool bad)
{
	for (uint32_t lbn = first_lbn; lbn < end_lbn; lbn += PACKET)
		OK(bio_fault_bad_block(fault, lsn_of(x, lbn + 7), false, bad));
}

static void packets_that_can_not_be_written_move_and_are_found_again(void **state)
{
	struct udf_spare_counts counts;
	struct fsx x;
	udf_ino ino;

	(void)state;
	init(&x, 0x0201, true);
	/* Of the packets after the root directory's, three in a row are bad. */
	bad_packets(&x, 5 * PACKET, 8 * PACKET, true);
	ino = fsx_file(&x, "file");
	fsx_write(&x, ino, 0, 600 * 1024, 3);
	OK(udf_fs_sync(x.fs));
	fsx_remount(&x);
	counts = udf_vol_count_spares(x.vol->sparing);
	assert_int_equal(counts.n_used, 3);
	ino = fsx_find(&x, x.root, "file");
	fsx_assert_pattern(&x, ino, 0, 600 * 1024, 3);
	/* It is changed at its new place. */
	fsx_write(&x, ino, 100000, 5000, 9);
	fsx_remount(&x);
	ino = fsx_find(&x, x.root, "file");
	fsx_assert_pattern(&x, ino, 100000, 5000, 9);
	fsx_assert_pattern(&x, ino, 0, 100000, 3);
	fsx_done(&x);
}

/* A stack that can't move packets reads and writes what another one has moved. */
static void moved_packets_are_read_and_written_without_that_layer(void **state)
{
	struct bio *memory, *spare, *copy;
	struct fsx x, y;
	udf_ino ino;

	(void)state;
	OK(bio_memory_new(BS, N_BLOCKS, &memory));
	OK(bio_fault_new(memory, &fault));
	OK(pkt_spare_new(fault, &spare));
	fsx_init_media(&x, spare, UDF_MEDIA_CDRW, 0x0150);
	bad_packets(&x, 5 * PACKET, 8 * PACKET, true);
	ino = fsx_file(&x, "file");
	fsx_write(&x, ino, 0, 600 * 1024, 3);
	fsx_unmount(&x);
	bio_fault_bad_block(fault, 0, false, false);
	OK(bio_overlay_new(memory, false, &copy));	/* not through the spare layer */
	y = x;
	y.env.ctx = &y;
	y.bio = copy;
	fsx_mount(&y);
	assert_null(udf_fs_why_read_only(y.fs));
	assert_true(y.vol->sparing->is_mapped_here);
	ino = fsx_find(&y, y.root, "file");
	fsx_assert_pattern(&y, ino, 0, 600 * 1024, 3);
	fsx_write(&y, ino, 0, 300 * 1024, 8);
	fsx_write(&y, fsx_file(&y, "other"), 0, 100000, 5);
	fsx_remount(&y);
	fsx_assert_pattern(&y, fsx_find(&y, y.root, "file"), 0, 300 * 1024, 8);
	fsx_assert_pattern(&y, fsx_find(&y, y.root, "file"), 300 * 1024, 300 * 1024, 3);
	fsx_done(&y);
	bio_close(spare);
}

static void when_no_spare_packet_remains_the_error_is_given(void **state)
{
	static uint8_t data[PACKET * BS];
	struct udf_spare_counts counts;
	enum udf_err err = UDF_OK;
	uint64_t at;
	struct fsx x;
	udf_ino ino;
	size_t n = 0;

	(void)state;
	init(&x, 0x0201, true);
	bad_packets(&x, 6 * PACKET, x.vol->parts[0].n_blocks, true);
	ino = fsx_file(&x, "file");
	for (at = 0; !err; at += n)
		err = udf_write(x.fs, ino, at, sizeof(data), data, &n);
	assert_int_equal(err, UDF_E_MEDIUM);
	assert_in_range(at, 30 * PACKET * BS, 40 * PACKET * BS);
	counts = udf_vol_count_spares(x.vol->sparing);
	assert_int_equal(counts.n_free, 0);
	fsx_drop(&x);
}

/* ---- spare packets in the partition ---- */

static void set_table(struct fsx *x, uint32_t at, uint32_t value)
{
	static uint8_t block[BS];
	struct udf_sparing *sparing = x->vol->sparing;

	for (unsigned i = 0; i < sparing->n_tables; i++) {
		OK(bio_read(x->bio, sparing->table_lsn[i], 1, block));
		put_le32(block + at, value);
		udf_tag_reseal(block);
		OK(bio_write(x->bio, sparing->table_lsn[i], 1, block));
	}
}

static void freed_spare_packets_are_not_given_to_files(void **state)
{
	static uint8_t spare[PACKET * BS], again[PACKET * BS];
	const uint32_t lbn = 40 * PACKET;
	uint64_t n_before;
	struct fsx x;
	udf_ino ino;
	size_t n;

	(void)state;
	init(&x, 0x0150, false);
	/* One of its packets becomes the first spare one. */
	ino = fsx_file(&x, "Non-Allocatable Space");
	OK(udf_fallocate(x.fs, ino, 0, 0, 64 * PACKET * BS));
	fsx_unmount(&x);
	fsx_mount(&x);
	memset(spare, 0x77, sizeof(spare));
	set_table(&x, 60, (uint32_t)lsn_of(&x, lbn));
	OK(bio_write(x.bio, lsn_of(&x, lbn), PACKET, spare));
	fsx_unmount(&x);
	fsx_mount(&x);
	assert_null(udf_fs_why_read_only(x.fs));
	OK(fsx_unlink(&x, x.root, "Non-Allocatable Space"));
	OK(udf_fs_sync(x.fs));
	n_before = fsx_n_free(&x);
	ino = fsx_file(&x, "file");
	do {
		enum udf_err err = udf_write(x.fs, ino, fsx_attr(&x, ino).size_bytes, sizeof(again), again, &n);

		if (err == UDF_E_NOSPC)
			break;
		OK(err);
	} while (n == sizeof(again));
	OK(udf_fs_sync(x.fs));
	assert_true(n_before > fsx_n_free(&x));
	OK(bio_read(x.bio, lsn_of(&x, lbn), PACKET, again));
	assert_memory_equal(again, spare, sizeof(spare));
	fsx_drop(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_that_can_not_be_written_move_and_are_found_again),
		cmocka_unit_test(moved_packets_are_read_and_written_without_that_layer),
		cmocka_unit_test(when_no_spare_packet_remains_the_error_is_given),
		cmocka_unit_test(freed_spare_packets_are_not_given_to_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
