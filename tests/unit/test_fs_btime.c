/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The creation time of a File Entry (UDF before 2.00) lies in an attribute, if anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <sys/stat.h>

#include "../common/model.h"
#include "base/bytes.h"
#include "check/check.h"
#include "ecma/codec.h"
#include "vol/vol.h"

#define BS 2048u
#define LENGTH_OF_EAS 168		/* in a File Entry */
#define CREATED 1000000000		/* 2001-09-09 01:46:40 UTC */

static const struct udf_timestamp created = { 0x1000, 2001, 9, 9, 1, 46, 40, 0, 0, 0 };

/* A volume of UDF 1.02 with an empty file "f", which has the attribute if WITH is true. */
static struct bio *file_volume(bool with)
{
	struct udf_new file = { .mode = S_IFREG | 0644 };
	struct udf_attr attr;
	struct mounted m;
	uint8_t icb[BS];
	struct bio *bio;

	assert_int_equal(bio_memory_new(BS, 2048, &bio), UDF_OK);
	make_volume(bio, 0x0102);
	mount_volume(bio, NULL, &m);
	assert_int_equal(udf_create(m.fs, udf_fs_root(m.fs), "f", 1, &file, &attr), UDF_OK);
	assert_int_equal(unmount_volume(&m), UDF_OK);
	if (!with)
		return bio;
	assert_int_equal(udf_vol_open(bio, NULL, NULL, NULL, &m.vol), UDF_OK);
	assert_int_equal(udf_vol_read(m.vol, 0, (uint32_t)attr.ino, 1, icb), UDF_OK);
	put_le32(icb + LENGTH_OF_EAS, UDF_CREATION_EA_BYTES);
	udf_creation_ea_encode(&created, 2, 1, (uint32_t)attr.ino, 0x0102, icb + UDF_FE_FIXED_BYTES);
	udf_tag_seal(icb, UDF_TAG_FE, 2, 1, (uint32_t)attr.ino,
		     UDF_FE_FIXED_BYTES + UDF_CREATION_EA_BYTES - UDF_TAG_BYTES);
	assert_int_equal(udf_vol_write(m.vol, 0, (uint32_t)attr.ino, 1, icb), UDF_OK);
	udf_vol_close(m.vol);
	return bio;
}

static struct udf_attr look(struct mounted *m)
{
	struct udf_attr attr;

	assert_int_equal(udf_lookup(m->fs, udf_fs_root(m->fs), "f", 1, &attr), UDF_OK);
	return attr;
}

static void creation_time_comes_from_the_attribute(void **state)
{
	struct bio *bio = file_volume(true);
	struct mounted m;

	(void)state;
	mount_volume(bio, NULL, &m);
	assert_int_equal(look(&m).btime.seconds, CREATED);
	assert_int_not_equal(look(&m).mtime.seconds, CREATED);
	assert_int_equal(unmount_volume(&m), UDF_OK);
	bio_close(bio);
}

static void setting_the_creation_time_changes_the_attribute(void **state)
{
	struct bio *bio = file_volume(true);
	struct udf_attr set = { .btime.seconds = CREATED + 5 }, attr;
	struct chk_result result;
	struct mounted m;

	(void)state;
	mount_volume(bio, NULL, &m);
	attr = look(&m);
	assert_int_equal(udf_setattr(m.fs, attr.ino, &set, UDF_SET_BTIME, &attr), UDF_OK);
	assert_int_equal(unmount_volume(&m), UDF_OK);
	mount_volume(bio, NULL, &m);
	assert_int_equal(look(&m).btime.seconds, CREATED + 5);
	assert_int_equal(unmount_volume(&m), UDF_OK);
	assert_int_equal(udf_vol_open(bio, NULL, NULL, NULL, &m.vol), UDF_OK);
	assert_int_equal(chk_volume(m.vol, NULL, NULL, &result), UDF_OK);
	assert_int_equal(result.n_findings[UDF_SEV_ERROR] + result.n_findings[UDF_SEV_FATAL], 0);
	udf_vol_close(m.vol);
	bio_close(bio);
}

/* ---- creation is not later than the other times ---- */

/* A volume with the empty file "f": of UDF 2.01, or of 1.02 with a creation time in an attribute. */
static struct bio *volume_of(uint16_t revision)
{
	struct udf_new file = { .mode = S_IFREG | 0644 };
	struct udf_attr attr;
	struct mounted m;
	struct bio *bio;

	if (revision < 0x0200)
		return file_volume(true);
	assert_int_equal(bio_memory_new(BS, 2048, &bio), UDF_OK);
	make_volume(bio, revision);
	mount_volume(bio, NULL, &m);
	assert_int_equal(udf_create(m.fs, udf_fs_root(m.fs), "f", 1, &file, &attr), UDF_OK);
	assert_int_equal(unmount_volume(&m), UDF_OK);
	return bio;
}

static void count_late(struct udf_sink *sink, const struct udf_finding *finding)
{
	struct {
		struct udf_sink sink;
		unsigned n;
	} *late = (void *)sink;

	late->n += finding->problem == UDF_P_FILE_CREATION_LATE;
}

/* The check's opinion of what lies on the volume. */
static unsigned n_created_late(struct bio *bio)
{
	struct {
		struct udf_sink sink;
		unsigned n;
	} late = { .sink.report = count_late };
	struct chk_result result;
	struct udf_vol *vol;

	assert_int_equal(udf_vol_open(bio, NULL, NULL, NULL, &vol), UDF_OK);
	assert_int_equal(chk_volume(vol, NULL, &late.sink, &result), UDF_OK);
	udf_vol_close(vol);
	return late.n;
}

static struct udf_attr set_and_remount(struct bio *bio, const struct udf_attr *set, unsigned mask)
{
	struct udf_attr attr, shown;
	struct mounted m;

	mount_volume(bio, NULL, &m);
	attr = look(&m);
	assert_int_equal(udf_setattr(m.fs, attr.ino, set, mask, &shown), UDF_OK);
	assert_int_equal(unmount_volume(&m), UDF_OK);
	mount_volume(bio, NULL, &m);
	attr = look(&m);
	assert_int_equal(unmount_volume(&m), UDF_OK);
	assert_int_equal(attr.btime.seconds, shown.btime.seconds);
	assert_int_equal(n_created_late(bio), 0);
	return attr;
}

static void creation_is_lowered_to_the_earliest(uint16_t revision)
{
	static const unsigned each[] = { UDF_SET_ATIME, UDF_SET_MTIME, UDF_SET_CTIME };
	struct bio *bio = volume_of(revision);

	for (unsigned i = 0; i < 3; i++) {
		int64_t early = 900000000 - (int64_t)i * 1000;
		struct udf_attr set = { .atime.seconds = early, .mtime.seconds = early, .ctime.seconds = early };
		struct udf_attr attr = set_and_remount(bio, &set, each[i]);

		assert_int_equal(attr.btime.seconds, early);
		/* it does not follow when the other is set to a later time again */
		set.atime.seconds = set.mtime.seconds = set.ctime.seconds = 1000000000;
		attr = set_and_remount(bio, &set, each[i]);
		assert_int_equal(attr.btime.seconds, early);
	}
	bio_close(bio);
}

static void setting_a_time_lowers_the_creation_time(void **state)
{
	(void)state;
	creation_is_lowered_to_the_earliest(0x0201);
	creation_is_lowered_to_the_earliest(0x0102);
}

static void a_creation_time_after_the_others_is_lowered_to_them(void **state)
{
	static const uint16_t revisions[] = { 0x0201, 0x0102 };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct bio *bio = volume_of(revisions[i]);
		struct udf_attr set = { .atime.seconds = 3000, .mtime.seconds = 2000, .ctime.seconds = 4000,
					.btime.seconds = 5000 };
		struct udf_attr attr = set_and_remount(bio, &set, UDF_SET_ATIME | UDF_SET_MTIME |
							       UDF_SET_CTIME | UDF_SET_BTIME);

		assert_int_equal(attr.atime.seconds, 3000);
		assert_int_equal(attr.mtime.seconds, 2000);
		assert_int_equal(attr.ctime.seconds, 4000);
		assert_int_equal(attr.btime.seconds, 2000);
		bio_close(bio);
	}
}

/* Renaming sets the attribute time by a clock that has been put back, as writing does the modification time. */
static void a_clock_put_back_lowers_the_creation_time(void **state)
{
	struct bio *bio = volume_of(0x0201);
	struct udf_attr attr;
	struct mounted m;
	int64_t created_at;
	size_t n;

	(void)state;
	mount_volume(bio, NULL, &m);
	created_at = look(&m).btime.seconds;
	clock_advance(-10000);
	assert_int_equal(udf_rename(m.fs, udf_fs_root(m.fs), "f", 1, udf_fs_root(m.fs), "g", 1, 0), UDF_OK);
	assert_int_equal(udf_rename(m.fs, udf_fs_root(m.fs), "g", 1, udf_fs_root(m.fs), "f", 1, 0), UDF_OK);
	attr = look(&m);
	assert_true(attr.ctime.seconds < created_at);
	assert_true(attr.btime.seconds <= attr.ctime.seconds);
	assert_int_equal(udf_write(m.fs, attr.ino, 0, 4, "text", &n), UDF_OK);
	assert_int_equal(unmount_volume(&m), UDF_OK);
	clock_advance(10000);
	assert_int_equal(n_created_late(bio), 0);
	bio_close(bio);
}

static void without_an_attribute_the_creation_time_is_the_modification_time(void **state)
{
	struct bio *bio = file_volume(false);
	struct mounted m;

	(void)state;
	mount_volume(bio, NULL, &m);
	assert_int_equal(look(&m).btime.seconds, look(&m).mtime.seconds);
	assert_int_equal(unmount_volume(&m), UDF_OK);
	bio_close(bio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(creation_time_comes_from_the_attribute),
		cmocka_unit_test(setting_the_creation_time_changes_the_attribute),
		cmocka_unit_test(without_an_attribute_the_creation_time_is_the_modification_time),
		cmocka_unit_test(setting_a_time_lowers_the_creation_time),
		cmocka_unit_test(a_creation_time_after_the_others_is_lowered_to_them),
		cmocka_unit_test(a_clock_put_back_lowers_the_creation_time),
	};

	return cmocka_run_group_tests_name("fs_btime", tests, NULL, NULL);
}
