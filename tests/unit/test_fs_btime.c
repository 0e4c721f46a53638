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

static void creation_time_is_changed_in_the_attribute(void **state)
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

static void without_the_attribute_it_is_the_time_of_modification(void **state)
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
		cmocka_unit_test(creation_time_is_changed_in_the_attribute),
		cmocka_unit_test(without_the_attribute_it_is_the_time_of_modification),
	};

	return cmocka_run_group_tests_name("fs_btime", tests, NULL, NULL);
}
