/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A path -> a stack; devices are in tests/cli/guard.sh. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "medium/medium.h"

struct fixture {
	char dir[64];
	char path[96];
};

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct fixture *f = test_calloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "%.40s/udfkit-medium.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/image", f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	rmdir(f->dir);
	test_free(f);
	return 0;
}

static struct bio *create(const struct fixture *f, uint64_t n_bytes)
{
	struct medium_options options = { .create_bytes = n_bytes };
	struct medium_info info = { 0 };
	struct bio *bio = NULL;

	assert_int_equal(medium_open(f->path, &options, &bio, &info, NULL), UDF_OK);
	assert_true(info.is_new);
	return bio;
}

static void a_new_image_has_the_given_size_and_no_allocated_blocks(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	struct bio *bio = create(f, (uint64_t)1 << 40);

	assert_int_equal(bio->geometry.n_blocks, (uint64_t)1 << 31);
	assert_int_equal(bio->geometry.access, BIO_OVERWRITE);
	bio_close(bio);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_size, (off_t)1 << 40);
	assert_in_range(st.st_blocks, 0, 64);
}

static void an_image_is_opened_with_the_blocks_asked_for(void **state)
{
	struct medium_options options = { .block_bytes = 2048, .read_only = true };
	struct medium_info info;
	struct bio *bio = create(*state, 1 << 20);
	struct fixture *f = *state;

	bio_close(bio);
	assert_int_equal(medium_open(f->path, &options, &bio, &info, NULL), UDF_OK);
	assert_int_equal(bio->geometry.block_bytes, 2048);
	assert_int_equal(bio->geometry.access, BIO_READ_ONLY);
	assert_false(info.is_new || info.is_device || info.is_optical);
	assert_int_equal(info.sector_bytes, 512);
	bio_close(bio);
}

static void an_image_opened_without_options_is_writable(void **state)
{
	struct bio *bio = create(*state, 4096);
	struct fixture *f = *state;
	uint8_t block[512] = { 1 };

	bio_close(bio);
	assert_int_equal(medium_open(f->path, NULL, &bio, NULL, NULL), UDF_OK);
	assert_int_equal(bio_write(bio, 7, 1, block), UDF_OK);
	bio_close(bio);
}

static void an_existing_file_is_not_created_again(void **state)
{
	struct medium_options options = { .create_bytes = 8192 };
	struct fixture *f = *state;
	struct medium_refusal refusal;
	struct bio *bio = create(f, 4096);
	struct stat st;

	bio_close(bio);
	bio = NULL;
	assert_int_equal(medium_open(f->path, &options, &bio, NULL, &refusal), UDF_E_EXISTS);
	assert_int_equal(refusal.host_errno, EEXIST);
	assert_null(bio);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_size, 4096);
}

static void an_image_that_cannot_be_made_leaves_no_file(void **state)
{
	static const struct medium_options bad[] = {
		{ .create_bytes = UINT64_MAX },
		{ .create_bytes = (uint64_t)INT64_MAX }, /* more than file systems here hold */
		{ .create_bytes = 1 << 20, .block_bytes = 1000 },
	};
	struct fixture *f = *state;
	struct medium_refusal refusal;
	struct bio *bio = NULL;
	struct stat st;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		enum udf_err err = medium_open(f->path, &bad[i], &bio, NULL, &refusal);

		/* Some file systems do take the largest file. */
		if (i == 1 && err == UDF_OK) {
			bio_close(bio);
			unlink(f->path);
			bio = NULL;
			continue;
		}
		assert_int_equal(err, i < 2 ? UDF_E_FILE_TOO_BIG : UDF_E_INVAL);
		assert_int_equal(refusal.host_errno, i < 2 ? EFBIG : 0);
		assert_null(bio);
		assert_int_equal(stat(f->path, &st), -1);
	}
}

static void unsupported_media_are_refused_with_the_reason(void **state)
{
	struct medium_options make = { .create_bytes = 4096 };
	struct medium_refusal refusal;
	struct bio *bio = NULL;
	struct stat st;

	(void)state;
	assert_int_equal(medium_open("sim:disc", NULL, &bio, NULL, &refusal), UDF_E_NOT_FOUND);
	assert_string_equal(refusal.why, "there is no simulated drive of this name; 'mmcsim create' makes one");
	assert_int_equal(medium_open("sim:disc", &make, &bio, NULL, &refusal), UDF_E_NOT_FOUND);
	assert_int_equal(stat("disc", &st), -1);
	assert_int_equal(medium_open("/dev/null", NULL, &bio, NULL, &refusal), UDF_E_UNSUPPORTED);
	assert_string_equal(refusal.why, "neither an image file nor a block device");
	assert_null(bio);
}

static void a_path_that_cannot_be_opened_gives_the_reason(void **state)
{
	struct fixture *f = *state;
	struct medium_refusal refusal;
	struct bio *bio = NULL;

	assert_int_equal(medium_open(f->path, NULL, &bio, NULL, &refusal), UDF_E_NOT_FOUND);
	assert_int_equal(refusal.host_errno, ENOENT);
	assert_null(refusal.why);
	assert_int_equal(medium_open(f->dir, NULL, &bio, NULL, &refusal), UDF_E_IS_DIR);
	assert_null(bio);
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(a_new_image_has_the_given_size_and_no_allocated_blocks),
		FILE_TEST(an_image_is_opened_with_the_blocks_asked_for),
		FILE_TEST(an_image_opened_without_options_is_writable),
		FILE_TEST(an_existing_file_is_not_created_again),
		FILE_TEST(an_image_that_cannot_be_made_leaves_no_file),
		FILE_TEST(unsupported_media_are_refused_with_the_reason),
		FILE_TEST(a_path_that_cannot_be_opened_gives_the_reason),
	};

	return cmocka_run_group_tests_name("medium", tests, NULL, NULL);
}
