/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A power cut on a medium that is written in packets: the packet that was being written comes back unreadable.  The
 * integrity descriptor and the space bitmap are made anew when the volume is mounted and changed.  Nothing new is
 * written to packets in which anything else is lost.
 */
#include "../common/packet_stack.h"
#include "check/check.h"
#include "fs_fixture.h"
#include "vol/extent_map.h"

#define BLOCK 2048u
#define PACKET 32u
#define N_BLOCKS (64u << 10)

struct volume {
	struct fsx x;
	struct bio *medium;		/* under the cache, and outlives it */
	struct bio *fault;		/* under the medium */
	unsigned n_warnings;
	char warning[256];
};

/* ---- the volume ---- */

static void hear(void *ctx, enum udf_log_level level, const char *text)
{
	struct volume *v = ctx;		/* x is its first member */

	if (level > UDF_LOG_WARNING)
		return;
	v->n_warnings++;
	snprintf(v->warning, sizeof(v->warning), "%s", text);
}

static void mount_it(struct volume *v)
{
	v->x.env.log = hear;
	v->x.options.find_used = chk_find_used;
	fsx_mount(&v->x);
}

static void begin(struct volume *v)
{
	const struct bio_packet_options options = { .unit_blocks = PACKET, .wears = true, .whole_only = true };
	struct bio *memory;

	memset(v, 0, sizeof(*v));
	OK(bio_memory_new(BLOCK, N_BLOCKS, &memory));
	OK(bio_fault_new(memory, &v->fault));
	OK(bio_packet_new(v->fault, &options, &v->medium));
	fsx_init_packets(&v->x, packet_stack_new(v->medium), 0x0201, PACKET);
	fsx_write(&v->x, fsx_file(&v->x, "old"), 0, 100000, 7);
	fsx_make(&v->x, v->x.root, "dir", S_IFDIR | 0755);
}

/* Nothing can be read from the journal. */
static void lose_journal(struct volume *v)
{
	static const uint8_t zeros[PACKET * BLOCK];
	const struct udf_vol_journal journal = v->x.vol->journal;

	for (uint32_t at = 0; at < journal.n_blocks; at += PACKET)
		OK(bio_write(v->medium, journal.lsn + at, PACKET, zeros));
}

/* Pull the plug when everything is in place.  The packet of LSN was being written, and the journal is lost as well. */
static void cut(struct volume *v, uint64_t lsn)
{
	OK(bio_settle(v->x.bio));
	if (v->x.vol->journal.n_blocks)
		lose_journal(v);
	udf_fs_abandon(v->x.fs);
	udf_vol_close(v->x.vol);
	bio_close(v->x.bio);
	OK(bio_packet_set_unreadable(v->medium, lsn));
	v->x.bio = packet_stack_new(v->medium);
}

static void end(struct volume *v)
{
	fsx_unmount(&v->x);
	bio_close(v->x.bio);
	bio_close(v->medium);
}

/* The sector of the block with byte AT of a file. */
static uint64_t block_of(struct volume *v, udf_ino ino, uint64_t at)
{
	struct udf_lb_addr addr = { .lbn = (uint32_t)ino };
	struct udf_extent_map map;
	uint8_t icb[BLOCK];
	uint64_t lsn = 0;

	OK(udf_vol_read(v->x.vol, 0, addr.lbn, 1, icb));
	OK(udf_extent_map_read(v->x.vol, icb, addr, NULL, &map));
	for (size_t i = 0; i < map.n_extents && !lsn; i++) {
		if (at < map.extents[i].n_bytes)
			lsn = v->x.vol->parts[0].start_lsn + map.extents[i].lbn + at / BLOCK;
		else
			at -= map.extents[i].n_bytes;
	}
	udf_extent_map_done(&map);
	assert_int_not_equal(lsn, 0);
	return lsn;
}

struct listener {
	struct udf_sink sink;
	unsigned n;
};

static void count_finding(struct udf_sink *sink, const struct udf_finding *finding)
{
	struct listener *l = (struct listener *)(void *)sink;

	if (finding->problem == UDF_P_LVID_OPEN || finding->problem == UDF_P_SPACE_LEAKED ||
	    finding->problem == UDF_P_COUNTS_STALE)
		return;
	print_message("# found: %s at %lu\n", udf_problem_name(finding->problem),
		      (unsigned long)finding->place.block_no);
	l->n++;
}

/* The volume is whole, apart from what a volume may have that is marked open. */
static void check_it(struct volume *v)
{
	struct listener l = { .sink.report = count_finding };
	struct chk_result result;
	struct udf_vol *vol;

	OK(udf_vol_open(v->x.bio, NULL, NULL, &l.sink, &vol));
	OK(chk_volume(vol, NULL, &l.sink, &result));
	udf_vol_close(vol);
	assert_int_equal(l.n, 0);
}

/* Change the volume, and find everything again after the next mount. */
static void use_it(struct volume *v)
{
	struct fsx *x = &v->x;

	assert_null(udf_fs_why_read_only(x->fs));
	fsx_write(x, fsx_file(x, "new"), 0, 50000, 8);
	OK(udf_fs_sync(x->fs));
	assert_null(udf_fs_why_read_only(x->fs));
	fsx_unmount(x);
	check_it(v);
	mount_it(v);
	fsx_assert_pattern(x, fsx_find(x, x->root, "old"), 0, 100000, 7);
	fsx_assert_pattern(x, fsx_find(x, x->root, "new"), 0, 50000, 8);
	assert_int_not_equal(fsx_find(x, x->root, "dir"), 0);
}

static void a_lost_integrity_descriptor_is_written_anew(void **state)
{
	struct volume v;
	uint64_t old_id;

	(void)state;
	begin(&v);
	OK(udf_fs_sync(v.x.fs));
	old_id = fsx_attr(&v.x, fsx_find(&v.x, v.x.root, "dir")).unique_id;
	cut(&v, v.x.vol->lvid_lsn);
	mount_it(&v);
	fsx_file(&v.x, "first");
	assert_int_equal(v.n_warnings, 1);
	assert_string_equal(v.warning, "a power cut has made the integrity descriptor unreadable; it is written anew");
	assert_true(fsx_attr(&v.x, fsx_find(&v.x, v.x.root, "first")).unique_id > old_id);
	use_it(&v);
	assert_int_equal(v.n_warnings, 1);
	end(&v);
}

static void a_lost_part_of_the_bitmap_is_written_anew(void **state)
{
	struct volume v;
	uint64_t lsn;

	(void)state;
	begin(&v);
	OK(udf_fs_sync(v.x.fs));
	lsn = v.x.vol->parts[0].start_lsn + v.x.vol->parts[0].header.unallocated_bitmap.lbn;
	cut(&v, lsn);
	mount_it(&v);
	fsx_file(&v.x, "first");
	assert_string_equal(v.warning,
			    "a power cut has made a part of the space bitmap unreadable; it is written anew");
	use_it(&v);
	end(&v);
}

static void a_lost_integrity_descriptor_stays_lost_on_a_volume_that_is_damaged(void **state)
{
	struct volume v;
	udf_ino ino;
	uint64_t icb;

	(void)state;
	begin(&v);
	OK(udf_fs_sync(v.x.fs));
	icb = v.x.vol->parts[0].start_lsn + (uint32_t)fsx_find(&v.x, v.x.root, "old");
	cut(&v, v.x.vol->lvid_lsn);
	OK(bio_packet_set_unreadable(v.medium, icb));
	mount_it(&v);
	FAILS(UDF_E_READ_ONLY, fsx_try_make(&v.x, v.x.root, "new", S_IFREG | 0644, &ino));
	assert_non_null(udf_fs_why_read_only(v.x.fs));
	(void)udf_fs_close(v.x.fs);
	udf_vol_close(v.x.vol);
	bio_close(v.x.bio);
	bio_close(v.medium);
}

#define HALF (3 * PACKET / 2 * BLOCK)
#define MIDDLE (HALF / 2)		/* its packet has nothing of another file */

/* The blocks after the end of the file would be the next ones. */
static void what_is_appended_goes_to_a_packet_that_can_be_read(void **state)
{
	struct volume v;
	udf_ino ino;

	(void)state;
	begin(&v);
	ino = fsx_file(&v.x, "half");
	fsx_write(&v.x, ino, 0, HALF, 3);
	fsx_remount(&v.x);	/* now no more blocks are marked as used than are in use */
	cut(&v, block_of(&v, ino, HALF - 1));
	mount_it(&v);
	ino = fsx_find(&v.x, v.x.root, "half");
	fsx_write(&v.x, ino, HALF, 5000, 4);
	OK(udf_fs_sync(v.x.fs));
	assert_int_equal(v.n_warnings, 1);
	assert_non_null(strstr(v.warning, "can't be read, so its packet is left alone"));
	use_it(&v);
	ino = fsx_find(&v.x, v.x.root, "half");
	fsx_assert_pattern(&v.x, ino, 0, PACKET * BLOCK, 3);
	fsx_assert_pattern(&v.x, ino, HALF, 5000, 4);
	end(&v);
}

static void what_is_written_to_preallocated_blocks_does_too(void **state)
{
	struct volume v;
	uint64_t lsn;
	udf_ino ino;

	(void)state;
	begin(&v);
	ino = fsx_file(&v.x, "prepared");
	OK(udf_fallocate(v.x.fs, ino, 0, 0, HALF));
	OK(udf_fs_sync(v.x.fs));
	lsn = block_of(&v, ino, MIDDLE);
	cut(&v, lsn);
	mount_it(&v);
	ino = fsx_find(&v.x, v.x.root, "prepared");
	fsx_write(&v.x, ino, MIDDLE + 7, 5000, 4);
	OK(udf_fs_sync(v.x.fs));
	assert_int_not_equal(block_of(&v, ino, MIDDLE), lsn);
	use_it(&v);
	ino = fsx_find(&v.x, v.x.root, "prepared");
	fsx_assert_zero(&v.x, ino, 0, MIDDLE + 7);
	fsx_assert_pattern(&v.x, ino, MIDDLE + 7, 5000, 4);
	fsx_assert_zero(&v.x, ino, MIDDLE + 5007, HALF - MIDDLE - 5007);
	end(&v);
}

/* Neither does the volume become read-only where a part of a block is written. */
static void a_file_that_was_lost_is_written_again_block_by_block(void **state)
{
	struct volume v;
	uint64_t lsn;
	udf_ino ino;
	size_t n;

	(void)state;
	begin(&v);
	ino = fsx_file(&v.x, "half");
	fsx_write(&v.x, ino, 0, HALF, 3);
	OK(udf_fs_sync(v.x.fs));
	lsn = block_of(&v, ino, MIDDLE);
	cut(&v, lsn);
	mount_it(&v);
	ino = fsx_find(&v.x, v.x.root, "half");
	FAILS(UDF_E_MEDIUM, udf_write(v.x.fs, ino, MIDDLE + 7, 5, "bytes", &n));
	fsx_write(&v.x, ino, MIDDLE, (size_t)2 * BLOCK, 4);
	OK(udf_fs_sync(v.x.fs));
	assert_int_not_equal(block_of(&v, ino, MIDDLE), lsn);
	use_it(&v);
	ino = fsx_find(&v.x, v.x.root, "half");
	fsx_assert_pattern(&v.x, ino, MIDDLE, (size_t)2 * BLOCK, 4);
	FAILS(UDF_E_MEDIUM, udf_read(v.x.fs, ino, MIDDLE + 2 * BLOCK, 1, &(uint8_t){ 0 }, &n));
	fsx_write(&v.x, ino, 0, HALF - 5, 5);
	OK(udf_fs_sync(v.x.fs));
	fsx_assert_pattern(&v.x, ino, 0, HALF - 5, 5);
	end(&v);
}

/* A file whose middle is lost.  Returns where in the file the packet with it begins. */
static uint64_t begin_with_lost_middle(struct volume *v, udf_ino *ret_ino)
{
	udf_ino ino;
	uint64_t lsn;

	begin(v);
	ino = fsx_file(&v->x, "half");
	fsx_write(&v->x, ino, 0, HALF, 3);
	OK(udf_fs_sync(v->x.fs));
	lsn = block_of(v, ino, MIDDLE);
	assert_int_equal(block_of(v, ino, MIDDLE - lsn % PACKET * BLOCK), lsn - lsn % PACKET);
	cut(v, lsn);
	mount_it(v);
	*ret_ino = fsx_find(&v->x, v->x.root, "half");
	return MIDDLE - lsn % PACKET * BLOCK;
}

static void all_of_a_lost_packet_but_some_bytes_can_be_written(void **state)
{
	static uint8_t bytes[PACKET * BLOCK - 5];
	struct volume v;
	udf_ino ino;
	size_t n = 0;
	uint64_t at;

	(void)state;
	at = begin_with_lost_middle(&v, &ino);
	(void)udf_write(v.x.fs, ino, at, sizeof(bytes), bytes, &n);
	assert_int_equal(n, (PACKET - 1) * BLOCK);
	OK(udf_fs_sync(v.x.fs));
	use_it(&v);
	end(&v);
}

static void a_lost_packet_that_is_written_whole_can_be_changed_again(void **state)
{
	struct volume v;
	udf_ino ino;
	size_t n;
	uint64_t at;

	(void)state;
	at = begin_with_lost_middle(&v, &ino);
	FAILS(UDF_E_MEDIUM, udf_write(v.x.fs, ino, at + 7, 5, "bytes", &n));
	fsx_write(&v.x, ino, at, (size_t)PACKET * BLOCK, 4);
	OK(udf_fs_sync(v.x.fs));
	OK(udf_write(v.x.fs, ino, at + 7, 5, "bytes", &n));
	OK(udf_fs_sync(v.x.fs));
	use_it(&v);
	end(&v);
}

/* Nobody needs a block of the packet then. */
static void a_file_that_was_lost_can_be_removed_and_its_blocks_used_again(void **state)
{
	struct volume v;
	udf_ino ino;
	size_t n_bytes;

	(void)state;
	begin(&v);
	ino = fsx_file(&v.x, "half");
	fsx_write(&v.x, ino, 0, HALF, 3);
	OK(udf_fs_sync(v.x.fs));
	cut(&v, block_of(&v, ino, MIDDLE));
	mount_it(&v);
	OK(fsx_unlink(&v.x, v.x.root, "half"));
	OK(udf_fs_sync(v.x.fs));
	n_bytes = (size_t)(fsx_n_free(&v.x) - 100) * BLOCK;
	fsx_write(&v.x, fsx_file(&v.x, "large"), 0, n_bytes, 5);
	OK(udf_fs_sync(v.x.fs));
	assert_int_equal(v.n_warnings, 0);
	OK(fsx_unlink(&v.x, v.x.root, "large"));
	use_it(&v);
	end(&v);
}

/* ---- single blocks that are lost ---- */

/* Unmount in order; then the block LSN can't be read any more.  Mount again. */
static void lose_block(struct volume *v, uint64_t lsn)
{
	fsx_unmount(&v->x);
	bio_close(v->x.bio);
	OK(bio_fault_bad_block(v->fault, lsn, true, false));
	v->x.bio = packet_stack_new(v->medium);
	mount_it(v);
}

static uint64_t icb_of(struct volume *v, const char *name)
{
	return v->x.vol->parts[0].start_lsn + (uint32_t)fsx_find(&v->x, v->x.root, name);
}

static enum udf_err change_mode(struct volume *v, udf_ino ino)
{
	const struct udf_attr set = { .mode = 0600 };
	struct udf_attr attr;

	return udf_setattr(v->x.fs, ino, &set, UDF_SET_MODE, &attr);
}

static void an_object_beside_a_lost_one_can_be_removed_but_not_changed(void **state)
{
	struct volume v;
	struct fsx *x = &v.x;
	udf_ino a;
	size_t n;

	(void)state;
	begin(&v);
	fsx_write(x, fsx_file(x, "a"), 0, 100, 3);
	fsx_file(x, "lost");
	assert_int_equal(icb_of(&v, "lost") / PACKET, icb_of(&v, "a") / PACKET);
	lose_block(&v, icb_of(&v, "lost"));
	a = fsx_find(x, x->root, "a");
	fsx_assert_pattern(x, a, 0, 100, 3);
	FAILS(UDF_E_MEDIUM, udf_write(x->fs, a, 0, 5, "bytes", &n));
	FAILS(UDF_E_MEDIUM, fsx_truncate(x, a, 0));
	FAILS(UDF_E_MEDIUM, udf_fallocate(x->fs, a, 0, 0, 5000));
	FAILS(UDF_E_MEDIUM, change_mode(&v, a));
	FAILS(UDF_E_MEDIUM, fsx_link(x, a, x->root, "second"));
	FAILS(UDF_E_MEDIUM, fsx_rename(x, x->root, "a", x->root, "b", 0));
	/* A program that writes a copy, and renames it over the old file, can change it. */
	fsx_write(x, fsx_file(x, "copy"), 0, 100, 4);
	OK(fsx_rename(x, x->root, "copy", x->root, "a", 0));
	fsx_assert_pattern(x, fsx_find(x, x->root, "a"), 0, 100, 4);
	OK(fsx_unlink(x, x->root, "a"));
	OK(fsx_unlink(x, x->root, "old"));
	assert_int_equal(v.n_warnings, 1);
	assert_non_null(strstr(v.warning, "can't be changed, because blocks in use next to it can't be read"));
	OK(udf_fs_sync(x->fs));
	assert_null(udf_fs_why_read_only(x->fs));
	fsx_write(x, fsx_file(x, "new"), 0, 50000, 8);
	OK(change_mode(&v, fsx_find(x, x->root, "new")));
	fsx_remount(x);
	assert_int_equal(fsx_find(x, x->root, "a"), 0);
	assert_int_equal(fsx_find(x, x->root, "old"), 0);
	fsx_assert_pattern(x, fsx_find(x, x->root, "new"), 0, 50000, 8);
	end(&v);
}

static void a_file_beside_a_lost_one_that_has_two_names_keeps_both(void **state)
{
	struct volume v;
	struct fsx *x = &v.x;

	(void)state;
	begin(&v);
	OK(fsx_link(x, fsx_file(x, "a"), x->root, "b"));
	fsx_file(x, "lost");
	lose_block(&v, icb_of(&v, "lost"));
	FAILS(UDF_E_MEDIUM, fsx_unlink(x, x->root, "a"));
	fsx_file(x, "c");
	FAILS(UDF_E_MEDIUM, fsx_rename(x, x->root, "c", x->root, "b", 0));
	OK(udf_fs_sync(x->fs));
	fsx_remount(x);
	assert_int_equal(fsx_attr(x, fsx_find(x, x->root, "a")).nlink, 2);
	assert_int_equal(fsx_find(x, x->root, "b"), fsx_find(x, x->root, "a"));
	assert_int_not_equal(fsx_find(x, x->root, "c"), 0);
	end(&v);
}

#define N_NAMES 900			/* more than 32 blocks of the directory have */

static void make_names(struct volume *v, char letter)
{
	for (int i = 0; i < N_NAMES; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%c is a name which is not short at all %d", letter, i);
		fsx_file(&v->x, name);
	}
}

static void assert_names(struct volume *v, char letter)
{
	for (int i = 0; i < N_NAMES; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%c is a name which is not short at all %d", letter, i);
		assert_int_not_equal(fsx_find(&v->x, v->x.root, name), 0);
	}
}

/* The last blocks of the root directory are in one packet with the entry of "far", which is lost. */
static uint64_t begin_beside_lost_directory(struct volume *v)
{
	uint64_t lsn, last;

	begin(v);
	make_names(v, 'a');
	fsx_make(&v->x, v->x.root, "far", S_IFDIR | 0755);
	OK(udf_fs_sync(v->x.fs));
	last = fsx_attr(&v->x, v->x.root).size_bytes - 1;
	lsn = block_of(v, v->x.root, last);
	assert_int_equal(lsn / PACKET, icb_of(v, "far") / PACKET);
	assert_int_not_equal(lsn / PACKET, (v->x.vol->parts[0].start_lsn + v->x.root) / PACKET);
	lose_block(v, icb_of(v, "far"));
	return last;
}

static void a_directory_moves_away_from_lost_blocks(void **state)
{
	struct volume v;
	struct fsx *x = &v.x;
	uint64_t lsn, last;

	(void)state;
	last = begin_beside_lost_directory(&v);
	lsn = block_of(&v, x->root, last);
	OK(fsx_unlink(x, x->root, "a is a name which is not short at all 899"));
	fsx_file(x, "a is a name which is not short at all 899");
	OK(fsx_rename(x, x->root, "old", x->root, "new", 0));
	OK(fsx_rename(x, x->root, "new", x->root, "old", 0));
	make_names(&v, 'b');
	OK(udf_fs_sync(x->fs));
	assert_null(udf_fs_why_read_only(x->fs));
	assert_int_not_equal(block_of(&v, x->root, last) / PACKET, lsn / PACKET);
	fsx_remount(x);
	assert_names(&v, 'a');
	assert_names(&v, 'b');
	end(&v);
}

static void a_power_cut_while_it_moves_costs_no_name(void **state)
{
	enum udf_err err = UDF_E_IO;

	(void)state;
	for (unsigned nth = 1; err; nth++) {
		struct volume v;
		udf_ino ino;

		assert_true(nth < 30);
		(void)begin_beside_lost_directory(&v);
		bio_fault_stay(v.fault, true);
		bio_fault_fail_write(v.fault, nth, UDF_E_IO);
		(void)fsx_try_make(&v.x, v.x.root, "first", S_IFREG | 0644, &ino);
		(void)fsx_unlink(&v.x, v.x.root, "old");
		err = udf_fs_sync(v.x.fs);
		udf_fs_abandon(v.x.fs);
		udf_vol_close(v.x.vol);
		bio_close(v.x.bio);
		bio_fault_fail_write(v.fault, 0, UDF_OK);
		v.x.bio = packet_stack_new(v.medium);
		mount_it(&v);
		assert_null(udf_fs_why_read_only(v.x.fs));
		assert_names(&v, 'a');
		fsx_file(&v.x, "second");
		fsx_remount(&v.x);
		assert_names(&v, 'a');
		end(&v);
	}
}

/* Two blocks and a part of one are in the last packet, and the first of them is lost. */
static void a_last_block_that_can_be_read_is_copied_forward(void **state)
{
	size_t size = (size_t)PACKET * BLOCK + 2 * BLOCK + 1000;
	uint64_t lsn;
	struct volume v;
	struct fsx *x = &v.x;
	udf_ino a, b;
	size_t n;

	(void)state;
	begin(&v);
	a = fsx_file(x, "a");
	fsx_write(x, a, 0, size, 3);
	OK(udf_fs_sync(x->fs));
	lsn = block_of(&v, a, size - 1);
	assert_int_equal(block_of(&v, a, size - 1 - 2 * BLOCK) / PACKET, lsn / PACKET);
	lose_block(&v, lsn - 2);
	a = fsx_find(x, x->root, "a");
	fsx_write(x, a, size, 3000, 4);
	fsx_write(x, a, size - 1500, 100, 5);
	FAILS(UDF_E_MEDIUM, udf_write(x->fs, a, size - 2 * BLOCK, 5, "bytes", &n));
	OK(udf_fs_sync(x->fs));
	assert_int_not_equal(block_of(&v, a, size) / PACKET, lsn / PACKET);
	use_it(&v);
	a = fsx_find(x, x->root, "a");
	fsx_assert_pattern(x, a, size - 1500, 100, 5);
	fsx_assert_pattern(x, a, size, 3000, 4);
	b = fsx_find(x, x->root, "new");
	assert_int_not_equal(b, 0);
	end(&v);
}

static void a_file_that_ends_beside_a_lost_block_can_be_made_longer(void **state)
{
	size_t size = (size_t)PACKET * BLOCK + 2 * BLOCK + 1000;
	struct volume v;
	struct fsx *x = &v.x;
	udf_ino a;

	(void)state;
	begin(&v);
	a = fsx_file(x, "a");
	fsx_write(x, a, 0, size, 3);
	OK(fsx_truncate(x, a, size - 500));
	OK(udf_fs_sync(x->fs));
	lose_block(&v, block_of(&v, a, size - 501) - 2);
	a = fsx_find(x, x->root, "a");
	OK(fsx_truncate(x, a, size + 10 * BLOCK));
	OK(udf_fs_sync(x->fs));
	use_it(&v);
	a = fsx_find(x, x->root, "a");
	fsx_assert_pattern(x, a, size - 1000, 500, 3);
	fsx_assert_zero(x, a, size - 500, 500 + (size_t)10 * BLOCK);
	end(&v);
}

/* There a power cut loses one block at most, which the reserve and the check deal with. */
static void a_disk_without_an_integrity_descriptor_is_not_written(void **state)
{
	static const uint8_t zeros[BLOCK];
	struct fsx x;

	(void)state;
	fsx_init(&x, BLOCK, 4096, 0x0201);
	x.options.find_used = chk_find_used;
	fsx_file(&x, "file");
	OK(udf_fs_sync(x.fs));
	OK(bio_write(x.bio, x.vol->lvid_lsn, 1, zeros));
	udf_fs_abandon(x.fs);
	udf_vol_close(x.vol);
	fsx_mount(&x);
	assert_string_equal(udf_fs_why_read_only(x.fs), "no integrity descriptor can be read");
	fsx_drop(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lost_integrity_descriptor_is_written_anew),
		cmocka_unit_test(a_lost_part_of_the_bitmap_is_written_anew),
		cmocka_unit_test(a_lost_integrity_descriptor_stays_lost_on_a_volume_that_is_damaged),
		cmocka_unit_test(what_is_appended_goes_to_a_packet_that_can_be_read),
		cmocka_unit_test(what_is_written_to_preallocated_blocks_does_too),
		cmocka_unit_test(a_file_that_was_lost_is_written_again_block_by_block),
		cmocka_unit_test(all_of_a_lost_packet_but_some_bytes_can_be_written),
		cmocka_unit_test(a_lost_packet_that_is_written_whole_can_be_changed_again),
		cmocka_unit_test(a_file_that_was_lost_can_be_removed_and_its_blocks_used_again),
		cmocka_unit_test(an_object_beside_a_lost_one_can_be_removed_but_not_changed),
		cmocka_unit_test(a_file_beside_a_lost_one_that_has_two_names_keeps_both),
		cmocka_unit_test(a_directory_moves_away_from_lost_blocks),
		cmocka_unit_test(a_power_cut_while_it_moves_costs_no_name),
		cmocka_unit_test(a_last_block_that_can_be_read_is_copied_forward),
		cmocka_unit_test(a_file_that_ends_beside_a_lost_block_can_be_made_longer),
		cmocka_unit_test(a_disk_without_an_integrity_descriptor_is_not_written),
	};

	return cmocka_run_group_tests_name("fs_lost", tests, NULL, NULL);
}
