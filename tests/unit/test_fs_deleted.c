/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What deleted names and fillers leave in a directory, as each revision wants it (UDF 2.1.1, ECMA-167 4/8.6). */
#include "fs_fixture.h"

#include "../common/model.h"
#include "ecma/codec.h"

#define BS 2048u

static const uint16_t revisions[] = { 0x0102, 0x0150, 0x0200, 0x0201 };

#define N_REVISIONS (sizeof(revisions) / sizeof(revisions[0]))

/* The FIDs of the root directory, which lies in its ICB, after its parent's. */
struct fids {
	uint8_t icb[BS];
	struct udf_fid fids[64];
	unsigned n;
};

static void read_fids(struct fsx *x, struct fids *ret)
{
	struct udf_fe fe;
	uint32_t at, n_bytes;

	OK(udf_vol_read(x->vol, 0, (uint32_t)x->root, 1, ret->icb));
	udf_fe_decode(ret->icb, &fe);
	at = (uint32_t)udf_fe_fixed_bytes(fe.tag.id) + fe.ea_bytes;
	ret->n = 0;
	for (uint32_t end = at + fe.ad_bytes; at < end; at += n_bytes) {
		struct udf_fid fid;

		OK(udf_fid_decode(ret->icb + at, end - at, &fid, &n_bytes));
		if (!(fid.characteristics & UDF_FID_PARENT))
			ret->fids[ret->n++] = fid;
	}
}

static void make_and_delete(struct fsx *x, const char *name)
{
	fsx_file(x, name);
	fsx_remount(x);
	OK(fsx_unlink(x, x->root, name));
}

/* Compression ID and length of the only entry's name after NAME was deleted at REVISION. */
static void assert_deleted(uint16_t revision, const char *name, uint8_t want_id)
{
	struct fids dir;
	struct fsx x;

	fsx_init(&x, BS, 2000, revision);
	make_and_delete(&x, name);
	fsx_remount(&x);
	read_fids(&x, &dir);
	assert_int_equal(dir.n, 1);
	assert_true(dir.fids[0].characteristics & UDF_FID_DELETED);
	assert_int_equal(dir.fids[0].icb.length, 0);
	assert_int_equal(dir.fids[0].name[0], want_id);
	if (revision == 0x0200 && want_id >= 254)
		assert_true(dir.fids[0].name_bytes >= (want_id == 254 ? 5 : 9));
	fsx_done(&x);
}

static void deleted_name_has_the_compression_id_of_its_revision(void **state)
{
	(void)state;
	assert_deleted(0x0102, "abcdef", 8);
	assert_deleted(0x0150, "abcdef", 8);
	assert_deleted(0x0200, "abcdef", 254);
	assert_deleted(0x0201, "abcdef", 254);
	assert_deleted(0x0201, "\xE2\x82\xAC", 255);
	assert_deleted(0x0201, "a", 254);
}

/* There 254 and 255 are followed by 4 and 8 bytes. */
static void short_deleted_name_has_no_id_of_a_longer_one_in_200(void **state)
{
	(void)state;
	assert_deleted(0x0200, "a", 8);
	assert_deleted(0x0200, "ab", 8);
	assert_deleted(0x0200, "abc", 8);
	assert_deleted(0x0200, "abcd", 254);
	assert_deleted(0x0200, "\xE2\x82\xAC", 8);
	assert_deleted(0x0200, "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC", 8);
	assert_deleted(0x0200, "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC", 254);
}

static void fillers_of_a_directory_have_names_of_their_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_REVISIONS; i++) {
		struct fids dir;
		struct fsx x;

		fsx_init(&x, BS, 2000, revisions[i]);
		fsx_file(&x, "a name that has room for a short name and for a filler");
		fsx_file(&x, "b name that has room for a short name and for a filler");
		fsx_remount(&x);
		OK(fsx_unlink(&x, x.root, "a name that has room for a short name and for a filler"));
		OK(fsx_unlink(&x, x.root, "b name that has room for a short name and for a filler"));
		fsx_remount(&x);
		fsx_file(&x, "c");
		fsx_file(&x, "d");
		fsx_remount(&x);
		read_fids(&x, &dir);
		assert_int_equal(dir.n, 4);
		assert_true(dir.fids[1].characteristics & UDF_FID_DELETED);
		assert_true(dir.fids[3].characteristics & UDF_FID_DELETED);
		if (revisions[i] <= 0x0200) {
			assert_int_equal(dir.fids[1].name_bytes, dir.fids[3].name_bytes);
			assert_memory_not_equal(dir.fids[1].name, dir.fids[3].name, dir.fids[1].name_bytes);
		}
		fsx_done(&x);
	}
}

static void recreating_and_deleting_names_leaves_no_duplicate_deleted_names(void **state)
{
	static const char *const names[] = { "a", "b", "abc", "longer name" };

	(void)state;
	for (unsigned i = 0; i < N_REVISIONS; i++) {
		struct fsx x;

		fsx_init(&x, BS, 2000, revisions[i]);
		/* The place that was freed last is taken first: "a" would go where "b" was. */
		for (unsigned round = 0; round < 4; round++) {
			for (unsigned n = 0; n < 4; n++)
				fsx_file(&x, names[round % 2 ? n : 3 - n]);
			fsx_remount(&x);
			for (unsigned n = 0; n < 4; n++)
				OK(fsx_unlink(&x, x.root, names[n]));
			fsx_unmount(&x);
			fsx_check_clean(&x);
			fsx_mount(&x);
		}
		/* Renaming keeps the entry: it must not get the name of the deleted one. */
		fsx_file(&x, "c");
		fsx_remount(&x);
		OK(fsx_rename(&x, x.root, "c", x.root, "a", 0));
		fsx_done(&x);
	}
}

/* Directories of several blocks, with all that fills them up; the check counts deleted names that are not unique. */
static void deleted_names_stay_unique_whatever_is_done(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < 2 * N_REVISIONS; i++) {
		uint32_t block_bytes = i % 2 ? 512 : 2048;
		char name[64], to[64];
		struct fsx x;

		fsx_init(&x, block_bytes, 8000, revisions[i / 2]);
		for (unsigned n = 0; n < 4000; n++) {
			unsigned length = (unsigned)(rnd(&seed) % (rnd(&seed) % 2 ? 4 : 50) + 1);

			memset(name, (int)('a' + rnd(&seed) % 26), length);
			name[length] = 0;
			length = (unsigned)(rnd(&seed) % 4 + 1);
			memset(to, (int)('a' + rnd(&seed) % 26), length);
			to[length] = 0;
			switch (rnd(&seed) % 8) {
			case 0: case 1: case 2: case 3:
				if (!fsx_find(&x, x.root, name))
					fsx_file(&x, name);
				break;
			case 4: case 5: case 6:
				if (fsx_find(&x, x.root, name))
					OK(fsx_unlink(&x, x.root, name));
				break;
			default:
				if (fsx_find(&x, x.root, name))
					OK(fsx_rename(&x, x.root, name, x.root, to, 0));
			}
			if (n % 500 == 499) {
				fsx_unmount(&x);
				fsx_check_clean(&x);
				fsx_mount(&x);
			} else if (n % 50 == 49) {
				OK(udf_fs_sync(x.fs));
			}
		}
		fsx_done(&x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deleted_name_has_the_compression_id_of_its_revision),
		cmocka_unit_test(short_deleted_name_has_no_id_of_a_longer_one_in_200),
		cmocka_unit_test(fillers_of_a_directory_have_names_of_their_own),
		cmocka_unit_test(recreating_and_deleting_names_leaves_no_duplicate_deleted_names),
		cmocka_unit_test(deleted_names_stay_unique_whatever_is_done),
	};

	return cmocka_run_group_tests_name("fs_deleted", tests, NULL, NULL);
}
