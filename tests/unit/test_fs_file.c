/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file holds: embedded or in extents, with holes, cut and extended, before and after a remount. */
#include <unistd.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "fs_fixture.h"

#define KIB 1024u
#define TIB (1ull << 40)

static void a_small_file_takes_only_the_block_of_its_icb(void **state)
{
	struct fsx x;
	udf_ino f;
	uint64_t n_free;

	(void)state;
	fsx_init(&x, 2048, 2000, 0x0201);
	f = fsx_file(&x, "f");
	fsx_remount(&x);
	n_free = fsx_n_free(&x);
	fsx_write(&x, f, 0, 1000, 1);
	/* but it is no hole, and must not look like one */
	assert_int_equal(fsx_attr(&x, f).allocated_bytes, 2048);	/* the block of the ICB */
	fsx_remount(&x);
	assert_int_equal(fsx_n_free(&x), n_free);
	fsx_assert_pattern(&x, f, 0, 1000, 1);
	fsx_done(&x);
}

static void embedded_file_that_grows_keeps_its_bytes(void **state)
{
	struct fsx x;
	udf_ino f;

	(void)state;
	fsx_init(&x, 2048, 2000, 0x0201);
	f = fsx_file(&x, "f");
	fsx_write(&x, f, 0, 1500, 1);
	fsx_remount(&x);
	fsx_write(&x, f, 1500, 5000, 1);
	fsx_assert_pattern(&x, f, 0, 6500, 1);
	assert_int_equal(fsx_attr(&x, f).allocated_bytes, (1 + 4) * 2048);
	fsx_remount(&x);
	fsx_assert_pattern(&x, f, 0, 6500, 1);
	assert_int_equal(fsx_attr(&x, f).size_bytes, 6500);
	fsx_done(&x);
}

static void overwriting_takes_no_space(void **state)
{
	struct fsx x;
	udf_ino f;
	uint64_t n_free;

	(void)state;
	fsx_init(&x, 512, 4000, 0x0201);
	f = fsx_file(&x, "f");
	fsx_write(&x, f, 0, 20000, 1);
	OK(udf_fs_sync(x.fs));
	n_free = fsx_n_free(&x);
	fsx_write(&x, f, 777, 3000, 2);
	fsx_write(&x, f, 5120, 512, 3);
	assert_int_equal(fsx_n_free(&x), n_free);
	fsx_remount(&x);
	fsx_assert_pattern(&x, f, 0, 777, 1);
	fsx_assert_pattern(&x, f, 777, 3000, 2);
	fsx_assert_pattern(&x, f, 3777, 5120 - 3777, 1);
	fsx_assert_pattern(&x, f, 5120, 512, 3);
	fsx_assert_pattern(&x, f, 5632, 20000 - 5632, 1);
	fsx_done(&x);
}

static void hole_reads_as_zero_and_takes_no_space(void **state)
{
	struct fsx x;
	udf_ino f;
	uint64_t n_free;

	(void)state;
	fsx_init(&x, 1024, 3000, 0x0201);
	f = fsx_file(&x, "f");
	fsx_remount(&x);
	n_free = fsx_n_free(&x);
	fsx_write(&x, f, 1000 * KIB, 1 * KIB, 1);
	assert_int_equal(fsx_n_free(&x), n_free - 1);
	assert_int_equal(fsx_attr(&x, f).allocated_bytes, (1 + 1) * KIB);
	fsx_remount(&x);
	assert_int_equal(fsx_attr(&x, f).allocated_bytes, (1 + 1) * KIB);
	fsx_assert_zero(&x, f, 0, 1000 * KIB);
	fsx_assert_pattern(&x, f, 1000 * KIB, 1 * KIB, 1);
	fsx_done(&x);
}

static void hole_filled_in_its_middle_keeps_both_sides_zero(void **state)
{
	struct fsx x;
	udf_ino f;

	(void)state;
	fsx_init(&x, 512, 3000, 0x0201);
	f = fsx_file(&x, "f");
	OK(fsx_truncate(&x, f, 64 * KIB));
	fsx_remount(&x);
	fsx_write(&x, f, 30001, 100, 1);
	fsx_remount(&x);
	fsx_assert_zero(&x, f, 0, 30001);
	fsx_assert_pattern(&x, f, 30001, 100, 1);
	fsx_assert_zero(&x, f, 30101, 64 * KIB - 30101);
	fsx_done(&x);
}

static void truncated_data_do_not_come_back(void **state)
{
	struct fsx x;
	udf_ino f, g;

	(void)state;
	fsx_init(&x, 2048, 2000, 0x0201);
	f = fsx_file(&x, "f");
	g = fsx_file(&x, "embedded");
	fsx_write(&x, f, 0, 10000, 1);
	fsx_write(&x, g, 0, 1000, 1);
	fsx_remount(&x);
	OK(fsx_truncate(&x, f, 5001));
	OK(fsx_truncate(&x, g, 501));
	fsx_remount(&x);
	OK(fsx_truncate(&x, f, 20000));
	OK(fsx_truncate(&x, g, 1000));
	fsx_assert_pattern(&x, f, 0, 5001, 1);
	fsx_assert_zero(&x, f, 5001, 20000 - 5001);
	fsx_assert_zero(&x, g, 501, 499);
	OK(fsx_truncate(&x, f, 5001));
	fsx_write(&x, f, 6000, 10, 2);
	fsx_assert_zero(&x, f, 5001, 999);
	fsx_remount(&x);
	fsx_assert_zero(&x, f, 5001, 999);
	fsx_done(&x);
}

static void a_file_cut_to_nothing_frees_its_blocks_and_is_embedded_again(void **state)
{
	struct fsx x;
	udf_ino f;
	uint64_t n_free;

	(void)state;
	fsx_init(&x, 2048, 2000, 0x0201);
	f = fsx_file(&x, "f");
	fsx_remount(&x);
	n_free = fsx_n_free(&x);
	fsx_write(&x, f, 0, 100000, 1);
	OK(fsx_truncate(&x, f, 0));
	fsx_write(&x, f, 0, 10, 3);
	fsx_remount(&x);
	assert_int_equal(fsx_n_free(&x), n_free);
	fsx_assert_pattern(&x, f, 0, 10, 3);
	fsx_done(&x);
}

static void sparse_file_holds_data_at_both_ends_of_5_tib(void **state)
{
	struct fsx x;
	udf_ino f;
	uint64_t at;

	(void)state;
	fsx_init(&x, 4096, 4ull << 20, 0x0201);
	f = fsx_file(&x, "f");
	fsx_write(&x, f, 0, 5000, 1);
	fsx_write(&x, f, 5 * TIB - 3000, 3000, 2);
	fsx_remount(&x);
	assert_int_equal(fsx_attr(&x, f).size_bytes, 5 * TIB);
	fsx_assert_pattern(&x, f, 0, 5000, 1);
	fsx_assert_zero(&x, f, 4 * TIB - 1000, 10000);
	fsx_assert_pattern(&x, f, 5 * TIB - 3000, 3000, 2);
	OK(udf_seek(x.fs, f, 8192, true, &at));
	assert_int_equal(at, 5 * TIB - 4096);
	fsx_write(&x, f, 4 * TIB + 5, 10, 3);
	fsx_remount(&x);
	fsx_assert_pattern(&x, f, 4 * TIB + 5, 10, 3);
	OK(fsx_truncate(&x, f, 4 * TIB + 10));
	fsx_remount(&x);
	fsx_assert_pattern(&x, f, 4 * TIB + 5, 5, 3);
	fsx_done(&x);
}

static void size_limit_is_refused_and_changes_nothing(void **state)
{
	struct fsx x;
	udf_ino f;
	size_t n;

	(void)state;
	fsx_init(&x, 2048, 2000, 0x0201);
	f = fsx_file(&x, "f");
	fsx_write(&x, f, 0, 10, 1);
	FAILS(UDF_E_FILE_TOO_BIG, udf_write(x.fs, f, UINT64_MAX - 4, 10, "0123456789", &n));
	assert_int_equal(n, 0);
	FAILS(UDF_E_FILE_TOO_BIG, fsx_truncate(&x, f, UINT64_MAX));
	FAILS(UDF_E_FILE_TOO_BIG, udf_fallocate(x.fs, f, 0, UINT64_MAX - 4, 10));
	assert_int_equal(fsx_attr(&x, f).size_bytes, 10);
	fsx_assert_pattern(&x, f, 0, 10, 1);
	fsx_done(&x);
}

static void seek_finds_data_and_holes(void **state)
{
	struct fsx x;
	udf_ino f, e;
	uint64_t at;

	(void)state;
	fsx_init(&x, 512, 3000, 0x0201);
	f = fsx_file(&x, "f");
	fsx_write(&x, f, 1024, 512, 1);
	fsx_write(&x, f, 4096, 1000, 1);
	OK(fsx_truncate(&x, f, 10000));
	fsx_remount(&x);
	OK(udf_seek(x.fs, f, 0, true, &at));
	assert_int_equal(at, 1024);
	OK(udf_seek(x.fs, f, 0, false, &at));
	assert_int_equal(at, 0);
	OK(udf_seek(x.fs, f, 1100, false, &at));
	assert_int_equal(at, 1536);
	OK(udf_seek(x.fs, f, 1600, true, &at));
	assert_int_equal(at, 4096);
	OK(udf_seek(x.fs, f, 4100, true, &at));
	assert_int_equal(at, 4100);
	OK(udf_seek(x.fs, f, 4100, false, &at));
	assert_int_equal(at, 5120);
	FAILS(UDF_E_NO_DATA, udf_seek(x.fs, f, 5120, true, &at));
	FAILS(UDF_E_NO_DATA, udf_seek(x.fs, f, 10000, true, &at));
	FAILS(UDF_E_NO_DATA, udf_seek(x.fs, f, 10000, false, &at));
	e = fsx_file(&x, "embedded");
	fsx_write(&x, e, 0, 20, 1);
	OK(udf_seek(x.fs, e, 5, true, &at));
	assert_int_equal(at, 5);
	OK(udf_seek(x.fs, e, 5, false, &at));
	assert_int_equal(at, 20);
	fsx_done(&x);
}

static void preallocated_space_reads_as_zero_and_is_used_by_later_writes(void **state)
{
	struct fsx x;
	udf_ino f;
	uint64_t n_free;

	(void)state;
	fsx_init(&x, 1024, 3000, 0x0201);
	f = fsx_file(&x, "f");
	fsx_write(&x, f, 0, 3000, 1);
	OK(udf_fallocate(x.fs, f, 0, 2000, 100000));
	assert_int_equal(fsx_attr(&x, f).size_bytes, 102000);
	fsx_remount(&x);
	n_free = fsx_n_free(&x);
	fsx_assert_pattern(&x, f, 0, 3000, 1);
	fsx_assert_zero(&x, f, 3000, 99000);
	fsx_write(&x, f, 50000, 5000, 2);
	fsx_remount(&x);
	assert_int_equal(fsx_n_free(&x), n_free);
	fsx_assert_zero(&x, f, 49000, 1000);
	fsx_assert_pattern(&x, f, 50000, 5000, 2);
	fsx_assert_zero(&x, f, 55000, 1000);
	fsx_done(&x);
}

static void space_kept_after_the_end_survives_and_is_cut_with_the_file(void **state)
{
	struct fsx x;
	udf_ino f;
	uint64_t n_free;

	(void)state;
	fsx_init(&x, 1024, 3000, 0x0201);
	f = fsx_file(&x, "f");
	fsx_write(&x, f, 0, 3000, 1);
	fsx_remount(&x);
	n_free = fsx_n_free(&x);
	OK(udf_fallocate(x.fs, f, UDF_FALLOC_KEEP_SIZE, 0, 50 * KIB));
	assert_int_equal(fsx_attr(&x, f).size_bytes, 3000);
	assert_int_equal(fsx_n_free(&x), n_free - 47);
	fsx_unmount(&x);
	fsx_check_clean(&x);
	fsx_mount(&x);
	fsx_write(&x, f, 3000, 20 * KIB, 1);
	assert_int_equal(fsx_n_free(&x), n_free - 47);
	fsx_remount(&x);
	fsx_assert_pattern(&x, f, 0, 3000 + 20 * KIB, 1);
	OK(fsx_truncate(&x, f, 3000));
	fsx_remount(&x);
	assert_int_equal(fsx_n_free(&x), n_free);
	fsx_done(&x);
}

static void punched_range_is_zero_and_gives_its_blocks_back(void **state)
{
	const unsigned flags = UDF_FALLOC_PUNCH_HOLE | UDF_FALLOC_KEEP_SIZE;
	struct fsx x;
	udf_ino f, e;
	uint64_t n_free;

	(void)state;
	fsx_init(&x, 1024, 3000, 0x0201);
	f = fsx_file(&x, "f");
	e = fsx_file(&x, "embedded");
	fsx_write(&x, e, 0, 100, 1);
	fsx_write(&x, f, 0, 100 * KIB, 1);
	fsx_remount(&x);
	n_free = fsx_n_free(&x);
	FAILS(UDF_E_INVAL, udf_fallocate(x.fs, f, UDF_FALLOC_PUNCH_HOLE, 0, 10));
	OK(udf_fallocate(x.fs, f, flags, 10 * KIB + 100, 10 * KIB));
	OK(udf_fallocate(x.fs, f, flags, 40 * KIB + 10, 100));
	OK(udf_fallocate(x.fs, f, flags, 95 * KIB, 100 * KIB));
	OK(udf_fallocate(x.fs, e, flags, 10, 20));
	fsx_remount(&x);
	assert_int_equal(fsx_attr(&x, f).size_bytes, 100 * KIB);
	assert_int_equal(fsx_n_free(&x), n_free + 9 + 5);
	fsx_assert_pattern(&x, f, 0, 10 * KIB + 100, 1);
	fsx_assert_zero(&x, f, 10 * KIB + 100, 10 * KIB);
	fsx_assert_pattern(&x, f, 20 * KIB + 100, 20 * KIB - 90, 1);
	fsx_assert_zero(&x, f, 40 * KIB + 10, 100);
	fsx_assert_pattern(&x, f, 40 * KIB + 110, 55 * KIB - 110, 1);
	fsx_assert_zero(&x, f, 95 * KIB, 5 * KIB);
	fsx_assert_pattern(&x, e, 0, 10, 1);
	fsx_assert_zero(&x, e, 10, 20);
	fsx_assert_pattern(&x, e, 30, 70, 1);
	fsx_done(&x);
}

static void zeroed_range_keeps_its_blocks(void **state)
{
	struct fsx x;
	udf_ino f;
	uint64_t n_free;

	(void)state;
	fsx_init(&x, 1024, 3000, 0x0201);
	f = fsx_file(&x, "f");
	fsx_write(&x, f, 0, 50 * KIB, 1);
	fsx_remount(&x);
	n_free = fsx_n_free(&x);
	OK(udf_fallocate(x.fs, f, UDF_FALLOC_ZERO_RANGE, 5000, 20000));
	fsx_remount(&x);
	assert_int_equal(fsx_n_free(&x), n_free);
	fsx_assert_pattern(&x, f, 0, 5000, 1);
	fsx_assert_zero(&x, f, 5000, 20000);
	fsx_assert_pattern(&x, f, 25000, 50 * KIB - 25000, 1);
	OK(udf_fallocate(x.fs, f, UDF_FALLOC_ZERO_RANGE, 49 * KIB, 10 * KIB));
	assert_int_equal(fsx_attr(&x, f).size_bytes, 59 * KIB);
	fsx_assert_zero(&x, f, 49 * KIB, 10 * KIB);
	fsx_done(&x);
}

/* Every second block recorded: as many extents, in descriptors over several blocks. */
static void many_extents(uint32_t block_bytes, uint16_t revision, unsigned n_pieces)
{
	struct fsx x;
	udf_ino f;
	uint64_t n_free;
	unsigned i;

	fsx_init(&x, block_bytes, 8000, revision);
	f = fsx_file(&x, "f");
	fsx_remount(&x);
	n_free = fsx_n_free(&x);
	for (i = 0; i < n_pieces; i++) {
		fsx_write(&x, f, (uint64_t)i * 2 * block_bytes, block_bytes, (uint8_t)i);
		if (i % 100 == 50)
			OK(udf_fs_sync(x.fs));
	}
	fsx_unmount(&x);
	fsx_check_clean(&x);
	fsx_mount(&x);
	for (i = 0; i < n_pieces; i++) {
		fsx_assert_pattern(&x, f, (uint64_t)i * 2 * block_bytes, block_bytes, (uint8_t)i);
		if (i + 1 < n_pieces)
			fsx_assert_zero(&x, f, (uint64_t)(i * 2 + 1) * block_bytes, block_bytes);
	}
	OK(fsx_truncate(&x, f, (uint64_t)(n_pieces / 2) * 2 * block_bytes + 7));
	fsx_write(&x, f, (uint64_t)n_pieces * 4 * block_bytes, 10, 9);
	fsx_unmount(&x);
	fsx_check_clean(&x);
	fsx_mount(&x);
	for (i = 0; i < n_pieces / 2; i++)
		fsx_assert_pattern(&x, f, (uint64_t)i * 2 * block_bytes, block_bytes, (uint8_t)i);
	fsx_assert_pattern(&x, f, (uint64_t)n_pieces / 2 * 2 * block_bytes, 7, (uint8_t)i);
	fsx_assert_zero(&x, f, (uint64_t)n_pieces / 2 * 2 * block_bytes + 7, 3 * block_bytes);
	fsx_assert_pattern(&x, f, (uint64_t)n_pieces * 4 * block_bytes, 10, 9);
	OK(fsx_truncate(&x, f, 0));
	fsx_remount(&x);
	assert_int_equal(fsx_n_free(&x), n_free);
	fsx_done(&x);
}

static void hundreds_of_extents_in_chained_descriptors_are_read_back(void **state)
{
	(void)state;
	many_extents(512, 0x0201, 700);
	many_extents(512, 0x0102, 400);
	many_extents(1024, 0x0150, 400);
	many_extents(2048, 0x0200, 900);
}

static void attributes_of_a_file_in_chained_descriptors_change_alone(void **state)
{
	struct udf_attr set = { .mode = 0600 };
	struct fsx x;
	udf_ino f;
	unsigned i;

	(void)state;
	fsx_init(&x, 512, 4000, 0x0201);
	f = fsx_file(&x, "f");
	for (i = 0; i < 200; i++)
		fsx_write(&x, f, i * 1024, 512, (uint8_t)i);
	fsx_remount(&x);
	OK(udf_setattr(x.fs, f, &set, UDF_SET_MODE, &set));
	fsx_remount(&x);
	OK(fsx_link(&x, f, x.root, "g"));
	fsx_remount(&x);
	for (i = 0; i < 200; i++)
		fsx_assert_pattern(&x, f, i * 1024, 512, (uint8_t)i);
	assert_int_equal(fsx_attr(&x, f).mode, S_IFREG | 0600);
	fsx_done(&x);
}

/* Move the last N_MOVED descriptors from the ICB to the front of the AED that follows. */
static void chain_otherwise(struct fsx *x, udf_ino ino, uint32_t n_moved)
{
	uint8_t icb[512], aed[512], *ads = icb + UDF_EFE_FIXED_BYTES, next[8];
	uint64_t icb_lsn = x->vol->parts[0].start_lsn + (uint32_t)ino, aed_lsn;
	uint32_t n_bytes, moved_bytes = n_moved * 8;

	assert_int_equal(bio_read(x->bio, icb_lsn, 1, icb), UDF_OK);
	n_bytes = get_le32(icb + 212);
	memcpy(next, ads + n_bytes - 8, 8);
	assert_int_equal(get_le32(next) >> 30, UDF_EXTENT_NEXT);
	aed_lsn = x->vol->parts[0].start_lsn + get_le32(next + 4);
	assert_int_equal(bio_read(x->bio, aed_lsn, 1, aed), UDF_OK);
	memmove(aed + 24 + moved_bytes, aed + 24, get_le32(aed + 20));
	memcpy(aed + 24, ads + n_bytes - 8 - moved_bytes, moved_bytes);
	put_le32(aed + 20, get_le32(aed + 20) + moved_bytes);
	memcpy(ads + n_bytes - 8 - moved_bytes, next, 8);
	memset(ads + n_bytes - moved_bytes, 0, moved_bytes);
	put_le32(icb + 212, n_bytes - moved_bytes);
	put_le16(icb + 10, (uint16_t)(get_le16(icb + 10) - moved_bytes));
	udf_tag_seal(aed, UDF_TAG_AED, x->vol->tag_version, x->vol->tag_serial,
		     (uint32_t)(aed_lsn - x->vol->parts[0].start_lsn), 8 + get_le32(aed + 20));
	udf_tag_reseal(icb);
	assert_int_equal(bio_write(x->bio, icb_lsn, 1, icb), UDF_OK);
	assert_int_equal(bio_write(x->bio, aed_lsn, 1, aed), UDF_OK);
}

static void chain_of_another_system_is_kept_when_attributes_change(void **state)
{
	struct udf_attr set = { .mode = 0600 };
	struct fsx x;
	udf_ino f;
	unsigned i;

	(void)state;
	fsx_init(&x, 512, 4000, 0x0201);
	f = fsx_file(&x, "f");
	for (i = 0; i < 30; i++)
		fsx_write(&x, f, i * 1024, 512, (uint8_t)i);
	OK(udf_fs_sync(x.fs));
	chain_otherwise(&x, f, 10);
	fsx_unmount(&x);
	fsx_check_clean(&x);
	fsx_mount(&x);
	OK(udf_setattr(x.fs, f, &set, UDF_SET_MODE, &set));
	OK(fsx_link(&x, f, x.root, "g"));
	fsx_remount(&x);
	for (i = 0; i < 30; i++)
		fsx_assert_pattern(&x, f, i * 1024, 512, (uint8_t)i);
	fsx_write(&x, f, 30 * 1024, 512, 30);
	fsx_remount(&x);
	for (i = 0; i < 31; i++)
		fsx_assert_pattern(&x, f, i * 1024, 512, (uint8_t)i);
	fsx_done(&x);
}

static void a_file_range_gives_the_position_of_the_bytes_in_the_image(void **state)
{
	char path[] = "/tmp/udfkit-test-XXXXXX";
	const struct bio_file_options options = { .block_bytes = 512 };
	uint8_t from_file[3000], wanted[3000];
	uint64_t at, n;
	struct fsx x;
	struct bio *bio;
	udf_ino f, e;
	size_t got;
	int fd = mkstemp(path), range_fd;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 2 << 20), 0);
	OK(bio_file_open(path, &options, &bio, NULL));
	fsx_init_bio(&x, bio, 0x0201);
	f = fsx_file(&x, "f");
	e = fsx_file(&x, "e");
	fsx_write(&x, e, 0, 10, 1);
	fsx_write(&x, f, 0, 5000, 1);
	OK(fsx_truncate(&x, f, 20000));
	OK(udf_file_range(x.fs, f, 1000, 3000, &range_fd, &at, &n));
	assert_int_equal(n, 3000);
	assert_int_equal(pread(range_fd, from_file, sizeof(from_file), (off_t)at), 3000);
	OK(udf_read(x.fs, f, 1000, sizeof(wanted), wanted, &got));
	assert_memory_equal(from_file, wanted, sizeof(wanted));
	OK(udf_file_range(x.fs, f, 8000, 100000, &range_fd, &at, &n));
	assert_int_equal(range_fd, -1);
	assert_int_equal(n, 12000);
	FAILS(UDF_END, udf_file_range(x.fs, f, 20000, 1, &range_fd, &at, &n));
	FAILS(UDF_E_UNSUPPORTED, udf_file_range(x.fs, e, 0, 10, &range_fd, &at, &n));
	fsx_done(&x);
	close(fd);
	unlink(path);
}

/* Files are read together with those that follow, where the volume was opened in order to read all of them. */
static void a_bad_block_damages_one_of_many_small_files(void **state)
{
	struct fsx x = { 0 };
	struct bio *memory, *fault;
	uint8_t data[3000];
	udf_ino files[40];
	char name[16];
	size_t n;

	(void)state;
	OK(bio_memory_new(2048, 2000, &memory));
	OK(bio_fault_new(memory, &fault));
	fsx_init_bio(&x, fault, 0x0201);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "%d", i);
		files[i] = fsx_file(&x, name);
		fsx_write(&x, files[i], 0, sizeof(data), (uint8_t)i);
	}
	x.options = (struct udf_fs_options){ .read_only = true, .reads_contents = true };
	fsx_unmount(&x);
	fsx_mount(&x);
	for (int i = 0; i < 40; i++)
		fsx_assert_pattern(&x, files[i], 0, sizeof(data), (uint8_t)i);
	/* and in no order */
	for (int i = 0; i < 40; i++)
		fsx_assert_pattern(&x, files[i * 7 % 40], 0, sizeof(data), (uint8_t)(i * 7 % 40));
	OK(udf_read(x.fs, files[17], 2048, 900, data, &n));
	for (uint64_t at = 0; at < 2000; at++) {
		uint8_t block[2048];

		OK(bio_read(memory, at, 1, block));
		if (memcmp(block, data, n) == 0)
			OK(bio_fault_bad_block(fault, at, true, false));
	}
	fsx_unmount(&x);
	fsx_mount(&x);
	for (int i = 0; i < 40; i++) {
		if (i != 17)
			fsx_assert_pattern(&x, files[i], 0, sizeof(data), (uint8_t)i);
		else
			FAILS(UDF_E_MEDIUM, udf_read(x.fs, files[i], 0, sizeof(data), data, &n));
	}
	fsx_done(&x);
}

static void one_life(uint32_t block_bytes, uint16_t revision)
{
	struct fsx x;
	udf_ino f;
	uint32_t bs = block_bytes;

	print_message("# block size %u, revision %x\n", bs, revision);
	fsx_init(&x, bs, (4u << 20) / bs + 600, revision);
	f = fsx_file(&x, "f");
	fsx_write(&x, f, 0, bs / 4, 1);
	fsx_write(&x, f, bs / 4, 5 * bs, 1);
	fsx_write(&x, f, 10 * bs + 3, bs, 1);
	fsx_remount(&x);
	fsx_assert_pattern(&x, f, 0, bs / 4 + 5 * bs, 1);
	fsx_assert_zero(&x, f, bs / 4 + 5 * bs, 10 * bs + 3 - (bs / 4 + 5 * bs));
	fsx_assert_pattern(&x, f, 10 * bs + 3, bs, 1);
	OK(fsx_truncate(&x, f, 2 * bs + 1));
	OK(fsx_truncate(&x, f, 4 * bs));
	OK(udf_fallocate(x.fs, f, UDF_FALLOC_KEEP_SIZE, 3 * bs, 5 * bs));
	fsx_remount(&x);
	fsx_assert_pattern(&x, f, 0, 2 * bs + 1, 1);
	fsx_assert_zero(&x, f, 2 * bs + 1, 2 * bs - 1);
	fsx_done(&x);
}

static void file_contents_are_right_in_every_block_size_and_revision(void **state)
{
	static const uint16_t revisions[] = { 0x0102, 0x0150, 0x0200, 0x0201 };
	uint32_t bs;
	unsigned i;

	(void)state;
	for (bs = 512; bs <= 32768; bs *= 2)
		for (i = 0; i < 4; i++)
			one_life(bs, revisions[i]);
}

static uint64_t n_blocks(struct fsx *x, udf_ino ino)
{
	return fsx_attr(x, ino).allocated_bytes / x->vol->block_bytes;
}

static void an_empty_file_takes_only_the_block_of_its_icb(void **state)
{
	struct fsx x;
	udf_ino f;

	(void)state;
	fsx_init(&x, 512, 4000, 0x0150);
	f = fsx_file(&x, "f");
	assert_int_equal(n_blocks(&x, f), 1);
	OK(fsx_truncate(&x, f, 1 << 20));
	assert_int_equal(n_blocks(&x, f), 1);
	fsx_remount(&x);
	assert_int_equal(n_blocks(&x, f), 1);
	fsx_done(&x);
}

/* A change, a sync, a remount and a read: none of them may change what is counted. */
static void assert_blocks_stay(struct fsx *x, udf_ino ino, uint64_t n)
{
	uint8_t byte;
	size_t got;

	assert_int_equal(n_blocks(x, ino), n);
	OK(udf_fs_sync(x->fs));
	assert_int_equal(n_blocks(x, ino), n);
	fsx_remount(x);
	assert_int_equal(n_blocks(x, ino), n);
	OK(udf_read(x->fs, ino, 0, 1, &byte, &got));
	assert_int_equal(n_blocks(x, ino), n);
}

static void preallocated_blocks_are_counted_before_and_after_a_remount(void **state)
{
	static const uint32_t sizes[] = { 512, 2048, 4096 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint32_t bs = sizes[i];
		struct fsx x;
		udf_ino f, keep;

		fsx_init(&x, bs, 4000, 0x0201);
		f = fsx_file(&x, "f");
		OK(udf_fallocate(x.fs, f, 0, 0, 100 * bs));
		assert_blocks_stay(&x, f, 1 + 100);
		fsx_write(&x, f, 7 * bs, 10, 1);
		assert_blocks_stay(&x, f, 1 + 100);
		keep = fsx_file(&x, "keep");
		fsx_write(&x, keep, 0, 3 * bs, 1);
		OK(udf_fallocate(x.fs, keep, UDF_FALLOC_KEEP_SIZE, 0, 50 * bs));
		assert_blocks_stay(&x, keep, 1 + 50);
		OK(udf_fallocate(x.fs, keep, UDF_FALLOC_KEEP_SIZE | UDF_FALLOC_PUNCH_HOLE, bs, bs));
		assert_blocks_stay(&x, keep, 1 + 49);
		OK(fsx_truncate(&x, keep, 3 * bs));
		assert_blocks_stay(&x, keep, 1 + 2);
		fsx_done(&x);
	}
}

/* Of a file with a chain of descriptors those count that lie in the ICB, however it grows and shrinks. */
static void preallocated_blocks_of_a_long_chain_are_counted_by_one_rule(void **state)
{
	struct fsx x;
	udf_ino f;

	(void)state;
	fsx_init(&x, 512, 8000, 0x0201);
	f = fsx_file(&x, "f");
	OK(udf_fallocate(x.fs, f, 0, 0, 100 * 512));
	/* from here to a chain, and back */
	for (unsigned n = 0; n < 60; n++) {
		fsx_write(&x, f, (200ull + 2 * n) * 512, 512, 1);
		assert_blocks_stay(&x, f, 1 + 100 + n + 1);
	}
	OK(udf_fallocate(x.fs, f, UDF_FALLOC_KEEP_SIZE, 1000 * 512, 30 * 512));
	assert_blocks_stay(&x, f, 1 + 100 + 60);	/* these lie in the chain */
	fsx_write(&x, f, 3 * 512, 512, 1);
	assert_blocks_stay(&x, f, 1 + 100 + 60);
	OK(fsx_truncate(&x, f, 210 * 512));
	assert_blocks_stay(&x, f, 1 + 100 + 5);
	fsx_done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_file_takes_only_the_block_of_its_icb),
		cmocka_unit_test(embedded_file_that_grows_keeps_its_bytes),
		cmocka_unit_test(overwriting_takes_no_space),
		cmocka_unit_test(hole_reads_as_zero_and_takes_no_space),
		cmocka_unit_test(hole_filled_in_its_middle_keeps_both_sides_zero),
		cmocka_unit_test(truncated_data_do_not_come_back),
		cmocka_unit_test(a_file_cut_to_nothing_frees_its_blocks_and_is_embedded_again),
		cmocka_unit_test(sparse_file_holds_data_at_both_ends_of_5_tib),
		cmocka_unit_test(size_limit_is_refused_and_changes_nothing),
		cmocka_unit_test(seek_finds_data_and_holes),
		cmocka_unit_test(preallocated_space_reads_as_zero_and_is_used_by_later_writes),
		cmocka_unit_test(space_kept_after_the_end_survives_and_is_cut_with_the_file),
		cmocka_unit_test(punched_range_is_zero_and_gives_its_blocks_back),
		cmocka_unit_test(zeroed_range_keeps_its_blocks),
		cmocka_unit_test(hundreds_of_extents_in_chained_descriptors_are_read_back),
		cmocka_unit_test(attributes_of_a_file_in_chained_descriptors_change_alone),
		cmocka_unit_test(chain_of_another_system_is_kept_when_attributes_change),
		cmocka_unit_test(a_file_range_gives_the_position_of_the_bytes_in_the_image),
		cmocka_unit_test(a_bad_block_damages_one_of_many_small_files),
		cmocka_unit_test(file_contents_are_right_in_every_block_size_and_revision),
		cmocka_unit_test(an_empty_file_takes_only_the_block_of_its_icb),
		cmocka_unit_test(preallocated_blocks_are_counted_before_and_after_a_remount),
		cmocka_unit_test(preallocated_blocks_of_a_long_chain_are_counted_by_one_rule),
	};

	return cmocka_run_group_tests_name("fs_file", tests, NULL, NULL);
}
