/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where lib/fs takes blocks on media that are written in packets: how much the medium writes for what a user writes,
 * and what shares a packet.  The figures are printed; tests/bench/wear.sh shows them.
 */
#include "../common/packets.h"
#include "fs_fixture.h"
#include "vol/extent_map.h"

#define BLOCK 2048u
#define PACKET 32u

static struct bio *begin(struct fsx *x, uint32_t n_blocks, uint32_t packet_blocks)
{
	struct bio *memory, *bio, *top;

	OK(bio_memory_new(BLOCK, n_blocks, &memory));
	bio = packets_new(memory, packet_blocks, &top);
	fsx_init_packets(x, top, 0x0201, packet_blocks);
	return bio;
}

static void make_files(struct fsx *x, unsigned n, size_t n_bytes)
{
	char name[16];
	unsigned i;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "file-%u", i);
		fsx_write(x, fsx_file(x, name), 0, n_bytes, (uint8_t)i);
	}
}

/* Bytes that the medium writes for each byte of the user. */
static double amplification(struct bio *bio, uint32_t packet_blocks, uint64_t n_user_bytes)
{
	return (double)packets_n_all(bio) * packet_blocks * BLOCK / (double)n_user_bytes;
}

static void small_files_cost_at_most_a_quarter_more_than_their_blocks(void **state)
{
	static const uint32_t packet_blocks[] = { 16, PACKET };
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct fsx x;
		struct bio *bio = begin(&x, 64u << 10, packet_blocks[i]);
		double bytes;

		packets_reset(bio);
		make_files(&x, 1000, 4096);
		OK(udf_fs_sync(x.fs));
		bytes = amplification(bio, packet_blocks[i], 1000 * 4096);
		printf("# 1,000 files of 4 KiB and one sync, packets of %u blocks: %.2f bytes a byte\n",
		       packet_blocks[i], bytes);
		assert_true(bytes <= 1.75);
		fsx_done(&x);
	}
}

static void a_large_file_costs_hardly_more_than_its_blocks(void **state)
{
	struct fsx x;
	struct bio *bio = begin(&x, 64u << 10, PACKET);
	udf_ino ino;
	double bytes;
	unsigned i;

	(void)state;
	make_files(&x, 50, 3000);
	fsx_remount(&x);
	packets_reset(bio);
	ino = fsx_file(&x, "large");
	for (i = 0; i < 256; i++)
		fsx_write(&x, ino, (uint64_t)i * (128u << 10), 128u << 10, (uint8_t)i);
	OK(udf_fs_sync(x.fs));
	bytes = amplification(bio, PACKET, 32u << 20);
	printf("# 32 MiB in one file and one sync, packets of %u blocks: %.2f bytes a byte\n", PACKET, bytes);
	assert_true(bytes <= 1.05);
	fsx_done(&x);
}

enum { HAS_ICB = 1, HAS_DIRECTORY = 2, HAS_DATA = 4 };

/* Note what is in the packets of the object INO and of its blocks. */
static void note(struct fsx *x, udf_ino ino, bool is_dir, uint8_t *packets)
{
	uint32_t start = x->vol->parts[0].start_lsn;
	struct udf_lb_addr addr = { .lbn = (uint32_t)ino };
	struct udf_extent_map map;
	uint8_t block[BLOCK];
	size_t i;

	packets[(start + addr.lbn) / PACKET] |= is_dir ? HAS_DIRECTORY : HAS_ICB;
	OK(udf_vol_read(x->vol, 0, addr.lbn, 1, block));
	OK(udf_extent_map_read(x->vol, block, addr, NULL, &map));
	for (i = 0; i < map.n_extents; i++)
		for (uint32_t at = 0; at < map.extents[i].n_bytes; at += BLOCK)
			packets[(start + map.extents[i].lbn + at / BLOCK) / PACKET] |=
				is_dir ? HAS_DIRECTORY : HAS_DATA;
	udf_extent_map_done(&map);
}

static void files_directories_and_data_have_packets_of_their_own(void **state)
{
	uint8_t *packets = calloc(1, 65536 / PACKET);
	struct fsx x;
	char name[16];
	unsigned i, k;

	(void)state;
	(void)begin(&x, 64u << 10, PACKET);
	for (i = 0; i < 30; i++) {
		udf_ino dir;

		snprintf(name, sizeof(name), "dir-%u", i);
		dir = fsx_make(&x, x.root, name, S_IFDIR | 0755);
		for (k = 0; k < i; k++) {
			snprintf(name, sizeof(name), "file-%u-%u", i, k);
			fsx_write(&x, fsx_make(&x, dir, name, S_IFREG | 0644), 0, 1000 * (size_t)(1 + k), 1);
		}
		if (i % 5 == 4)
			fsx_remount(&x);
		else if (i % 3 == 2)
			OK(udf_fs_sync(x.fs));
	}
	fsx_remount(&x);
	for (i = 0; i < 30; i++) {
		udf_ino dir;

		snprintf(name, sizeof(name), "dir-%u", i);
		dir = fsx_find(&x, x.root, name);
		note(&x, dir, true, packets);
		for (k = 0; k < i; k++) {
			snprintf(name, sizeof(name), "file-%u-%u", i, k);
			note(&x, fsx_find(&x, dir, name), false, packets);
		}
	}
	for (i = 0; i < 65536 / PACKET; i++)
		assert_true((packets[i] & (packets[i] - 1)) == 0);
	free(packets);
	fsx_done(&x);
}

/* So small a volume has no journal.  A power cut spoils the packet that is being written. */
static void work_in_a_directory_does_not_endanger_the_root_where_there_is_no_journal(void **state)
{
	struct fsx x;
	struct bio *bio = begin(&x, 128 * PACKET, PACKET);
	uint64_t root = x.vol->parts[0].start_lsn + x.root, n_writes;
	udf_ino dir;

	(void)state;
	dir = fsx_make(&x, x.root, "dir", S_IFDIR | 0755);
	fsx_write(&x, fsx_file(&x, "file"), 0, 5000, 1);
	OK(udf_fs_sync(x.fs));
	assert_int_equal(x.vol->journal.n_blocks, 0);
	n_writes = packets_n_writes(bio, root);
	for (unsigned i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "file-%u", i);
		fsx_write(&x, fsx_make(&x, dir, name, S_IFREG | 0644), 0, 3000, (uint8_t)i);
		fsx_write(&x, fsx_find(&x, x.root, "file"), 0, 4000, (uint8_t)i);
		OK(udf_fs_sync(x.fs));
	}
	assert_int_equal(packets_n_writes(bio, root), n_writes);
	fsx_done(&x);
}

static void a_volume_can_be_filled_to_its_last_block(void **state)
{
	uint8_t *data = calloc(1, 40 * BLOCK);
	struct fsx x;
	char name[16];
	size_t n_bytes;
	unsigned i;

	(void)state;
	(void)begin(&x, 4096, PACKET);
	for (i = 0; i < 4000; i++) {
		udf_ino ino;

		snprintf(name, sizeof(name), "file-%u", i);
		if (fsx_try_make(&x, x.root, name, S_IFREG | 0644, &ino))
			break;
		if (udf_write(x.fs, ino, 0, (size_t)(1 + i % 40) * BLOCK, data, &n_bytes))
			break;
	}
	/* what is left are single blocks; a file takes one after the other until none is free */
	for (i = 0; fsx_n_free(&x) > 0 && i < 200; i++) {
		udf_ino ino = fsx_find(&x, x.root, "file-0");

		if (udf_write(x.fs, ino, fsx_attr(&x, ino).size_bytes, BLOCK, data, &n_bytes))
			break;
	}
	assert_int_equal(fsx_n_free(&x), 0);
	free(data);
	fsx_done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_files_cost_at_most_a_quarter_more_than_their_blocks),
		cmocka_unit_test(a_large_file_costs_hardly_more_than_its_blocks),
		cmocka_unit_test(files_directories_and_data_have_packets_of_their_own),
		cmocka_unit_test(work_in_a_directory_does_not_endanger_the_root_where_there_is_no_journal),
		cmocka_unit_test(a_volume_can_be_filled_to_its_last_block),
	};

	return cmocka_run_group_tests_name("fs_packets", tests, NULL, NULL);
}
