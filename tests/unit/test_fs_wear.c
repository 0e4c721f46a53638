/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Media that wear out: how often a working day writes each packet.  A packet of a CD-RW lives for about 1,000
 * rewrites.  The figures are printed; tests/bench/wear.sh shows them.
 */
#include "../common/packets.h"
#include "fs_fixture.h"
#include "fs/state.h"
#include "mkfs/mkfs.h"

#define BLOCK 2048u
#define N_SAVES 480u
#define MOST_REWRITES 300u

struct day {
	struct fsx x;
	struct bio *bio;		/* the medium under the cache */
	uint64_t lvid, bitmap;		/* blocks in their packets */
	uint32_t tick_in;		/* seconds until the next tick; 0: none is needed */
};

struct habit {				/* how somebody works */
	uint32_t packet_blocks;
	unsigned n_documents;		/* saved in turn */
	unsigned n_others;		/* other files in the directory; 0: 40, so that it has two blocks */
	bool syncs;			/* the editor calls fsync(2) */
	bool same_name;			/* the new file has the same name each time */
};

/* Nobody else waits for the volume. */
static void no_lock(void *ctx)
{
	(void)ctx;
}

/* A volume as mkudffs lays it out for packets of PACKET_BLOCKS, with a few files in directories, mounted by udffuse. */
static void begin(struct day *day, uint32_t packet_blocks, unsigned n_others)
{
	struct fsx *x = &day->x;
	struct bio *memory, *top;
	char name[32];
	udf_ino dir;
	unsigned i;

	memset(day, 0, sizeof(*day));
	OK(bio_memory_new(BLOCK, 64u << 10, &memory));
	day->bio = packets_new(memory, packet_blocks, &top);
	OK(bio_hold_new(top, &top));
	fsx_init_packets(x, top, 0x0201, packet_blocks);
	dir = fsx_make(x, x->root, "documents", S_IFDIR | 0755);
	for (i = 0; i < n_others; i++) {
		snprintf(name, sizeof(name), "other-%u", i);
		fsx_write(x, fsx_make(x, dir, name, S_IFREG | 0644), 0, 5000, (uint8_t)i);
	}
	fsx_remount(x);
	udf_fs_share(x->fs, no_lock, no_lock, NULL);
	day->lvid = x->vol->lvid_lsn;
	day->bitmap = x->vol->parts[0].start_lsn + x->vol->parts[0].header.unallocated_bitmap.lbn;
	packets_reset(day->bio);
}

static void tick(struct day *day)
{
	OK(udf_fs_tick(day->x.fs, &day->tick_in));
}

static void pass(struct day *day, uint32_t n_seconds)
{
	while (n_seconds--) {
		day->x.now.seconds++;
		if (day->tick_in && --day->tick_in == 0)
			tick(day);
	}
}

/* As an editor saves: a new file that then takes the document's name. */
static void save(struct day *day, unsigned n, const struct habit *habit)
{
	struct fsx *x = &day->x;
	udf_ino dir = fsx_find(x, x->root, "documents"), ino;
	char document[32], new_name[48];

	snprintf(document, sizeof(document), "document-%u.txt", n % habit->n_documents);
	if (habit->same_name)
		snprintf(new_name, sizeof(new_name), "%s~", document);
	else
		snprintf(new_name, sizeof(new_name), ".save-%06X", n * 7919 % 0xFFFFFF);
	ino = fsx_make(x, dir, new_name, S_IFREG | 0644);
	fsx_write(x, ino, 0, 6000 + 100 * (n % 50), (uint8_t)n);
	if (habit->syncs)
		OK(udf_fsync(x->fs, ino, false));
	OK(fsx_rename(x, dir, new_name, dir, document, 0));
	if (!day->tick_in)
		tick(day);
}

static void work_a_day(struct day *day, const struct habit *habit)
{
	unsigned n;

	begin(day, habit->packet_blocks, habit->n_others ? habit->n_others : 40);
	for (n = 0; n < N_SAVES; n++) {
		save(day, n, habit);
		pass(day, 60);
	}
	fsx_unmount(&day->x);
}

static void a_day(const struct habit *habit)
{
	struct day day;
	uint64_t n_bitmap, n_lvid, n_worst;

	work_a_day(&day, habit);
	n_bitmap = packets_n_writes(day.bio, day.bitmap);
	n_lvid = packets_n_writes(day.bio, day.lvid);
	n_worst = packets_n_writes(day.bio, packets_worst(day.bio, (uint64_t[]){ day.lvid, day.bitmap }, 2));
	printf("# %u saves of %u documents, packets of %2u blocks, %s%s: bitmap %llu, integrity descriptor %llu, "
	       "worst of the others %llu, %.1f packets a save\n",
	       N_SAVES, habit->n_documents, habit->packet_blocks, habit->syncs ? "fsync" : "no fsync",
	       habit->same_name ? ", one new name" : "", (unsigned long long)n_bitmap, (unsigned long long)n_lvid,
	       (unsigned long long)n_worst, (double)packets_n_all(day.bio) / N_SAVES);
	assert_true(n_bitmap < MOST_REWRITES);
	assert_true(n_lvid < MOST_REWRITES);
	assert_true(n_worst < (habit->syncs ? N_SAVES * 11 / 10 : MOST_REWRITES));
	fsx_check_clean(&day.x);
	fsx_mount(&day.x);
	fsx_done(&day.x);
}

static void a_day_without_fsync_stays_under_300_rewrites(void **state)
{
	(void)state;
	a_day(&(struct habit){ .packet_blocks = 32, .n_documents = 1 });
	a_day(&(struct habit){ .packet_blocks = 32, .n_documents = 4 });
	a_day(&(struct habit){ .packet_blocks = 16, .n_documents = 1 });
	a_day(&(struct habit){ .packet_blocks = 32, .n_documents = 1, .same_name = true });
}

static void a_day_with_fsync_writes_directories_and_icbs_once_a_save(void **state)
{
	(void)state;
	a_day(&(struct habit){ .packet_blocks = 32, .n_documents = 1, .syncs = true });
	a_day(&(struct habit){ .packet_blocks = 32, .n_documents = 4, .syncs = true });
	a_day(&(struct habit){ .packet_blocks = 16, .n_documents = 1, .syncs = true });
	a_day(&(struct habit){ .packet_blocks = 32, .n_documents = 1, .n_others = 20, .syncs = true,
			      .same_name = true });
}

/* A cut may leave blocks marked as used that are free, never the other way round; closing puts that right. */
static void the_disc_never_calls_a_block_free_that_is_used(void **state)
{
	struct day day;
	struct fsx *x = &day.x;
	uint8_t before[4 * BLOCK], after[4 * BLOCK];
	uint64_t n_free;

	(void)state;
	begin(&day, 32, 40);
	fsx_write(x, fsx_file(x, "first"), 0, 9000, 1);
	OK(udf_fs_sync(x->fs));
	OK(bio_read(x->bio, day.bitmap, 4, before));
	fsx_write(x, fsx_file(x, "second"), 0, 9000, 2);
	OK(udf_fs_sync(x->fs));
	OK(bio_read(x->bio, day.bitmap, 4, after));
	assert_memory_equal(before, after, sizeof(after));	/* marked ahead of need */
	n_free = fsx_n_free(x);
	udf_fs_abandon(x->fs);
	udf_vol_close(x->vol);
	fsx_mount(x);
	assert_in_range(fsx_n_free(x), n_free - n_free / 8, n_free - 1);
	fsx_drop(x);
}

static void an_idle_volume_is_not_closed(void **state)
{
	struct day day;

	(void)state;
	begin(&day, 32, 40);
	fsx_file(&day.x, "file");
	tick(&day);
	pass(&day, 119);
	assert_int_equal(packets_n_writes(day.bio, day.lvid), 1);
	assert_int_equal(packets_n_all(day.bio), 1);
	pass(&day, 3600);
	assert_int_equal(packets_n_writes(day.bio, day.lvid), 1);
	assert_true(packets_n_all(day.bio) > 1);
	fsx_unmount(&day.x);
	assert_int_equal(packets_n_writes(day.bio, day.lvid), 2);
	fsx_mount(&day.x);
	fsx_done(&day.x);
}

static void a_name_that_is_replaced_twice_before_a_commit_needs_none(void **state)
{
	struct habit habit = { .packet_blocks = 32, .n_documents = 1 };
	struct day day;
	unsigned n;

	(void)state;
	begin(&day, 32, 40);
	for (n = 0; n < 10; n++)
		save(&day, n, &habit);
	assert_int_equal(packets_n_all(day.bio), 1);	/* the integrity descriptor */
	OK(udf_fs_sync(day.x.fs));
	fsx_remount(&day.x);
	fsx_assert_pattern(&day.x, fsx_find(&day.x, fsx_find(&day.x, day.x.root, "documents"), "document-0.txt"), 0,
			   6000 + 900, 9);
	fsx_done(&day.x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_idle_volume_is_not_closed),
		cmocka_unit_test(the_disc_never_calls_a_block_free_that_is_used),
		cmocka_unit_test(a_name_that_is_replaced_twice_before_a_commit_needs_none),
		cmocka_unit_test(a_day_without_fsync_stays_under_300_rewrites),
		cmocka_unit_test(a_day_with_fsync_writes_directories_and_icbs_once_a_save),
	};

	return cmocka_run_group_tests_name("fs_wear", tests, NULL, NULL);
}
