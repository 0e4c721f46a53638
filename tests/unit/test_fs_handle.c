/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects by their number alone, as file handles have it: found if and only if they have a name. */
#include "ecma/codec.h"
#include "fs_fixture.h"

#define N_DIRS 40u

static enum udf_err look(struct fsx *x, udf_ino ino)
{
	struct udf_attr attr;
	enum udf_err err = udf_lookup_ino(x->fs, ino, &attr);

	if (!err) {
		assert_int_equal(attr.ino, ino);
		udf_forget(x->fs, ino, 1);
	}
	return err;
}

/* Give all free blocks but a few to a file, without writing them. */
static void preallocate_all(struct fsx *x, udf_ino taker)
{
	for (uint64_t n = fsx_n_free(x); udf_fallocate(x->fs, taker, 0, 0, n * x->vol->block_bytes); n--)
		assert_true(n > 1000);
	assert_true(fsx_n_free(x) < 3);
	OK(udf_fs_sync(x->fs));
}

/* The ICB of a removed file is still on the disc: preallocation writes nothing. */
static void a_removed_file_is_not_found_when_its_block_is_preallocated(void **state)
{
	for (int remounts = 0; remounts < 2; remounts++) {
		struct fsx x;
		udf_ino old, taker;

		(void)state;
		fsx_init(&x, 512, 1500, 0x0201);
		old = fsx_file(&x, "old");
		taker = fsx_file(&x, "taker");
		fsx_write(&x, old, 0, 5000, 1);
		fsx_remount(&x);
		OK(look(&x, old));
		OK(fsx_unlink(&x, x.root, "old"));
		OK(udf_fs_sync(x.fs));
		FAILS(UDF_E_NOT_FOUND, look(&x, old));
		if (remounts)
			fsx_remount(&x);
		preallocate_all(&x, taker);
		FAILS(UDF_E_NOT_FOUND, look(&x, old));
		fsx_remount(&x);
		FAILS(UDF_E_NOT_FOUND, look(&x, old));
		OK(look(&x, taker));
		OK(look(&x, x.root));
		fsx_done(&x);
	}
}

static uint64_t lsn_of_copy(struct fsx *x, const uint8_t *block, uint64_t except)
{
	uint8_t other[2048];

	for (uint64_t lsn = 0; lsn < x->vol->n_sectors; lsn++) {
		OK(bio_read(x->bio, lsn, 1, other));
		if (lsn != except && memcmp(other, block, sizeof(other)) == 0)
			return lsn;
	}
	fail_msg("the contents of the file are not on the disc");
	return 0;
}

/* The contents of a file, which anyone can write, are a valid ICB. */
static void contents_that_imitate_a_file_or_directory_are_not_found(void **state)
{
	static const char *const victims[] = { "file", "dir" };
	struct fsx x;

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint8_t block[2048];
		udf_ino victim, liar;
		uint64_t icb_lsn, lsn;
		size_t n;

		fsx_init(&x, 2048, 2000, 0x0201);
		fsx_file(&x, "file");
		fsx_make(&x, x.root, "dir", S_IFDIR | 0755);
		liar = fsx_file(&x, "liar");
		OK(udf_fs_sync(x.fs));
		victim = fsx_find(&x, x.root, victims[i]);
		icb_lsn = x.vol->parts[0].start_lsn + (uint32_t)victim;
		OK(bio_read(x.bio, icb_lsn, 1, block));
		fsx_write(&x, liar, 0, 5000, 1);
		OK(udf_write(x.fs, liar, 0, sizeof(block), block, &n));
		OK(udf_fs_sync(x.fs));
		lsn = lsn_of_copy(&x, block, icb_lsn);
		udf_tag_move(block, (uint32_t)(lsn - x.vol->parts[0].start_lsn));
		OK(udf_write(x.fs, liar, 0, sizeof(block), block, &n));
		OK(udf_fs_sync(x.fs));
		FAILS(UDF_E_NOT_FOUND, look(&x, lsn - x.vol->parts[0].start_lsn));
		OK(look(&x, victim));
		/* The block gets an ICB of its own later. */
		OK(fsx_unlink(&x, x.root, "liar"));
		OK(udf_fs_sync(x.fs));
		FAILS(UDF_E_NOT_FOUND, look(&x, lsn - x.vol->parts[0].start_lsn));
		fsx_done(&x);
	}
}

/* Directories in directories, with a file in each; numbers in NUMBERS, two for each directory. */
static void make_tree(struct fsx *x, udf_ino *numbers)
{
	char name[16];

	for (unsigned i = 0; i < N_DIRS; i++) {
		udf_ino parent = i ? numbers[2 * ((i - 1) / 3)] : x->root;

		snprintf(name, sizeof(name), "dir%u", i);
		numbers[2 * i] = fsx_make(x, parent, name, S_IFDIR | 0755);
		numbers[2 * i + 1] = fsx_make(x, numbers[2 * i], "file", S_IFREG | 0644);
	}
}

static void every_object_of_a_tree_is_found_after_a_remount(void **state)
{
	udf_ino numbers[2 * N_DIRS];
	struct fsx x;

	(void)state;
	for (unsigned first = 0; first < 2 * N_DIRS; first += 13) {
		fsx_init(&x, 2048, 3000, 0x0150);
		make_tree(&x, numbers);
		fsx_remount(&x);
		for (unsigned i = 0; i < 2 * N_DIRS; i++)
			OK(look(&x, numbers[(first + i) % (2 * N_DIRS)]));
		fsx_done(&x);
	}
}

/* One handle makes all directories known; the others follow what changes. */
static void names_that_change_after_the_first_handle_are_followed(void **state)
{
	udf_ino numbers[2 * N_DIRS], file, made, dir;
	struct fsx x;

	(void)state;
	for (int all_are_read = 0; all_are_read < 2; all_are_read++) {
		fsx_init(&x, 2048, 3000, 0x0201);
		make_tree(&x, numbers);
		file = fsx_file(&x, "top");
		fsx_remount(&x);
		for (unsigned i = 0; all_are_read && i < 2 * N_DIRS; i++)
			OK(look(&x, numbers[i]));
		OK(look(&x, file));	/* the root directory is read, and perhaps no other */
		/* A directory that has not been read moves up, and a file in it gets a name outside. */
		OK(fsx_rename(&x, numbers[0], "dir1", x.root, "moved", 0));
		OK(fsx_link(&x, numbers[2 * 2 + 1], x.root, "link"));
		OK(fsx_unlink(&x, numbers[2 * 2], "file"));
		dir = fsx_make(&x, x.root, "new dir", S_IFDIR | 0755);
		made = fsx_make(&x, dir, "new", S_IFREG | 0644);
		OK(fsx_unlink(&x, numbers[2 * 3], "file"));
		FAILS(UDF_E_NOT_FOUND, look(&x, numbers[2 * 3 + 1]));
		OK(udf_fs_sync(x.fs));
		FAILS(UDF_E_NOT_FOUND, look(&x, numbers[2 * 3 + 1]));
		for (unsigned i = 0; i < 2 * N_DIRS; i++)
			assert_int_equal(look(&x, numbers[i]), i == 2 * 3 + 1 ? UDF_E_NOT_FOUND : UDF_OK);
		OK(look(&x, dir));
		OK(look(&x, made));
		OK(fsx_unlink(&x, dir, "new"));
		OK(fsx_rmdir(&x, x.root, "new dir"));
		FAILS(UDF_E_NOT_FOUND, look(&x, dir));
		FAILS(UDF_E_NOT_FOUND, look(&x, made));
		fsx_done(&x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_removed_file_is_not_found_when_its_block_is_preallocated),
		cmocka_unit_test(contents_that_imitate_a_file_or_directory_are_not_found),
		cmocka_unit_test(every_object_of_a_tree_is_found_after_a_remount),
		cmocka_unit_test(names_that_change_after_the_first_handle_are_followed),
	};

	return cmocka_run_group_tests_name("fs_handle", tests, NULL, NULL);
}
