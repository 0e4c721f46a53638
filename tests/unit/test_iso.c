/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib/iso: what a caller of the library sees; tests/cli/isowrite*.sh compare the images with other readers. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <udfkit/bio.h>

#include "iso/iso.h"

#define MAX_BLOCKS 4096u

static char dir[64];		/* of this test; the current directory */

struct seen {
	unsigned n_failed;
	char failed[256], why[128];
	char log[1024];
};

static void fixed_now(void *ctx, struct udf_time *ret_now)
{
	(void)ctx;
	*ret_now = (struct udf_time){ .seconds = 1700000000 };
}

static void fixed_random(void *ctx, void *ret_bytes, size_t n_bytes)
{
	(void)ctx;
	memset(ret_bytes, 0x5A, n_bytes);
}

static void to_log(void *ctx, enum udf_log_level level, const char *line)
{
	struct seen *seen = ctx;
	size_t n = strlen(seen->log);

	snprintf(seen->log + n, sizeof(seen->log) - n, "%d %s\n", (int)level, line);
}

static void note_failed(void *ctx, const char *path, enum udf_err err, int host_errno, const char *why)
{
	struct seen *seen = ctx;

	(void)err;
	seen->n_failed++;
	snprintf(seen->failed, sizeof(seen->failed), "%s", path);
	snprintf(seen->why, sizeof(seen->why), "%s", why ? why : strerror(host_errno));
}

static void put_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

struct made {
	struct udf_iso_plan plan;
	struct udf_iso_listener listener;
	struct udf_env env;
	struct seen seen;
	struct udf_iso_image *image;
	uint8_t *data;		/* the whole image */
	uint64_t n_blocks;
};

static void begin(struct made *m)
{
	char why[UDF_ISO_WHY_BYTES];

	m->env = (struct udf_env){ &m->seen, fixed_now, fixed_random, to_log };
	m->listener = (struct udf_iso_listener){ .failed = note_failed, .ctx = &m->seen };
	assert_int_equal(udf_iso_image_new(&m->plan, &m->listener, &m->env, &m->image, why), UDF_OK);
}

static void add(struct made *m, const char *target, const char *path)
{
	char why[UDF_ISO_WHY_BYTES];

	assert_int_equal(udf_iso_add(m->image, target, path, why), UDF_OK);
}

static void finish(struct made *m)
{
	char why[UDF_ISO_WHY_BYTES];
	struct udf_iso_stream *stream;
	uint32_t n;

	assert_int_equal(udf_iso_stream_new(m->image, false, &stream, why), UDF_OK);
	m->n_blocks = udf_iso_stream_blocks(stream);
	assert_true(m->n_blocks < MAX_BLOCKS);
	m->data = malloc((size_t)m->n_blocks * UDF_ISO_BLOCK_BYTES);
	assert_non_null(m->data);
	for (uint64_t at = 0; at < m->n_blocks; at += n) {
		assert_int_equal(udf_iso_stream_read(stream, 7, m->data + at * UDF_ISO_BLOCK_BYTES, &n), UDF_OK);
		assert_true(n > 0);
	}
	assert_int_equal(udf_iso_stream_read(stream, 7, m->data, &n), UDF_OK);
	assert_int_equal(n, 0);
	udf_iso_stream_free(stream);
}

static void done(struct made *m)
{
	udf_iso_image_free(m->image);
	free(m->data);
}

static struct bio *as_medium(const struct made *m)
{
	struct bio *bio;

	assert_int_equal(bio_memory_new(UDF_ISO_BLOCK_BYTES, m->n_blocks, &bio), UDF_OK);
	assert_int_equal(bio_write(bio, 0, (uint32_t)m->n_blocks, m->data), UDF_OK);
	return bio;
}

/* The first place in the image where TEXT is stored. */
static uint8_t *find(const struct made *m, const char *text)
{
	uint8_t *at = memmem(m->data, (size_t)m->n_blocks * UDF_ISO_BLOCK_BYTES, text, strlen(text));

	assert_non_null(at);
	return at;
}

static void plan_of(struct made *m)
{
	memset(m, 0, sizeof(*m));
	udf_iso_plan_init(&m->plan);
	m->plan.rock_ridge = true;
	m->plan.checksums = true;
	m->plan.is_reproducible = true;
}

static void a_file_that_vanishes_is_named_and_replaced_by_zeros(void **state)
{
	struct made m;

	(void)state;
	plan_of(&m);
	put_file("stays", "the one that stays");
	put_file("goes", "the one that goes");
	begin(&m);
	add(&m, NULL, "stays");
	add(&m, NULL, "goes");
	unlink("goes");
	finish(&m);
	assert_int_equal(m.seen.n_failed, 1);
	assert_string_equal(m.seen.failed, "goes");
	assert_string_equal(m.seen.why, "No such file or directory");
	assert_int_equal(udf_iso_counts(m.image)->n_failed, 1);
	find(&m, "the one that stays");
	assert_null(memmem(m.data, (size_t)m.n_blocks * UDF_ISO_BLOCK_BYTES, "the one that goes", 17));
	assert_string_equal(m.seen.log, "");
	done(&m);
}

static void a_file_that_changes_its_size_is_named(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = { { "short", "shorter" }, { "much longer than the text that was there", "grew" } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct made m;

		plan_of(&m);
		put_file("file", "a text of some length");
		begin(&m);
		add(&m, NULL, "file");
		put_file("file", rows[i].text);
		finish(&m);
		assert_int_equal(m.seen.n_failed, 1);
		assert_non_null(strstr(m.seen.why, rows[i].why));
		done(&m);
	}
}

static void a_stream_can_be_given_up_at_any_time(void **state)
{
	char why[UDF_ISO_WHY_BYTES];
	uint8_t block[UDF_ISO_BLOCK_BYTES];
	struct udf_iso_stream *stream;
	struct made m;
	uint32_t n;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		plan_of(&m);
		put_file("file", "text");
		begin(&m);
		add(&m, NULL, "file");
		assert_int_equal(udf_iso_stream_new(m.image, i == 0, &stream, why), UDF_OK);
		assert_true(udf_iso_stream_blocks(stream) > 150);
		if (i == 2)
			assert_int_equal(udf_iso_stream_read(stream, 1, block, &n), UDF_OK);
		udf_iso_stream_free(stream);
		assert_string_equal(m.seen.log, "");
		done(&m);
	}
}

static void note_damaged(void *ctx, const char *path, enum udf_err err)
{
	note_failed(ctx, path, err, 0, udf_strerror(err));
}

static enum udf_err check(struct bio *bio, struct seen *seen, struct udf_iso_check_result *ret)
{
	const struct udf_iso_check_options options = { .damaged = note_damaged, .ctx = seen };
	const struct udf_env env = { seen, fixed_now, fixed_random, to_log };
	char why[UDF_ISO_WHY_BYTES];

	memset(seen, 0, sizeof(*seen));
	return udf_iso_check(bio, &options, &env, ret, why);
}

static void a_changed_byte_is_found_and_its_file_named(void **state)
{
	struct udf_iso_check_result r;
	struct seen seen;
	struct made m;
	struct bio *bio;

	(void)state;
	plan_of(&m);
	put_file("first", "contents of the first file");
	put_file("second", "contents of the second file");
	begin(&m);
	add(&m, "deep/down/", "first");
	add(&m, NULL, "second");
	finish(&m);
	bio = as_medium(&m);
	assert_int_equal(check(bio, &seen, &r), UDF_OK);
	assert_true(r.has_session && r.session_matches && r.n_checked == 2 && r.n_damaged == 0);
	bio_close(bio);

	*find(&m, "contents of the first") ^= 1;
	bio = as_medium(&m);
	assert_int_equal(check(bio, &seen, &r), UDF_OK);
	assert_false(r.session_matches);
	assert_int_equal(r.n_damaged, 1);
	assert_string_equal(seen.failed, "/deep/down/first");
	bio_close(bio);
	done(&m);
}

static void a_block_that_can_not_be_read_is_found_and_its_file_named(void **state)
{
	struct udf_iso_check_result r;
	struct seen seen;
	struct made m;
	struct bio *bio;
	uint64_t at;

	(void)state;
	plan_of(&m);
	put_file("first", "contents of the first file");
	begin(&m);
	add(&m, NULL, "first");
	finish(&m);
	at = (uint64_t)(find(&m, "contents of the first") - m.data) / UDF_ISO_BLOCK_BYTES;
	assert_int_equal(bio_fault_new(as_medium(&m), &bio), UDF_OK);
	assert_int_equal(bio_fault_bad_block(bio, at, true, false), UDF_OK);
	assert_int_equal(check(bio, &seen, &r), UDF_OK);
	assert_int_equal(r.n_damaged, 1);
	assert_string_equal(seen.failed, "/first");
	assert_string_equal(seen.why, udf_strerror(UDF_E_MEDIUM));
	bio_close(bio);
	done(&m);
}

static void what_is_no_image_is_refused(void **state)
{
	struct udf_iso_check_result r;
	struct seen seen;
	struct made m;
	struct bio *bio;

	(void)state;
	assert_int_equal(bio_memory_new(UDF_ISO_BLOCK_BYTES, 100, &bio), UDF_OK);
	assert_int_equal(check(bio, &seen, &r), UDF_E_CORRUPT);
	bio_close(bio);
	plan_of(&m);
	m.plan.checksums = false;
	put_file("first", "text");
	begin(&m);
	add(&m, NULL, "first");
	finish(&m);
	bio = as_medium(&m);
	assert_int_equal(check(bio, &seen, &r), UDF_E_NOT_FOUND);
	bio_close(bio);
	done(&m);
}

/* Every byte of the descriptors and directories, and what follows them, may have any value. */
static void check_damaged(struct made *m)
{
	struct udf_iso_check_result r;
	struct seen seen;
	struct bio *bio;
	unsigned seed = 1;

	for (unsigned i = 0; i < 400; i++) {
		uint8_t kept[4];
		size_t at[4];

		for (unsigned k = 0; k < 4; k++) {
			at[k] = (16 + (size_t)rand_r(&seed) % 24) * UDF_ISO_BLOCK_BYTES + (size_t)rand_r(&seed) % 300;
			kept[k] = m->data[at[k]];
			m->data[at[k]] = (uint8_t)rand_r(&seed);
		}
		bio = as_medium(m);
		(void)check(bio, &seen, &r);
		bio_close(bio);
		for (unsigned k = 4; k-- > 0;)
			m->data[at[k]] = kept[k];
	}
}

/* In a process that does not look for leaks at its end: libisofs has a small one where directories are damaged. */
static void damaged_images_are_checked_without_a_crash(void **state)
{
	struct made m;
	int status = -1;
	pid_t pid;

	(void)state;
	plan_of(&m);
	put_file("first", "text");
	begin(&m);
	add(&m, "a/b/c/", "first");
	add(&m, NULL, "first");
	finish(&m);
	pid = fork();
	if (pid == 0) {
		check_damaged(&m);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	done(&m);
}

static void what_does_not_go_together_is_refused(void **state)
{
	char why[UDF_ISO_WHY_BYTES];
	struct made m;

	(void)state;
	plan_of(&m);
	assert_int_equal(udf_iso_plan_check(&m.plan, why), UDF_OK);
	m.plan.ids.volume = "a label that has more than the 32 bytes";
	assert_int_equal(udf_iso_plan_check(&m.plan, why), UDF_E_INVAL);
	assert_non_null(strstr(why, "at most 32 fit"));
	plan_of(&m);
	m.plan.isohybrid = true;
	assert_int_equal(udf_iso_plan_check(&m.plan, why), UDF_E_INVAL);
	plan_of(&m);
	m.plan.rock_ridge = false;
	m.plan.xattrs = true;
	assert_int_equal(udf_iso_plan_check(&m.plan, why), UDF_E_INVAL);
}

static int enter(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "%s", "/tmp/udfkit-iso.XXXXXX");
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	(void)state;
	unlink("stays");
	unlink("goes");
	unlink("file");
	unlink("first");
	unlink("second");
	return chdir("/") == 0 && rmdir(dir) == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_vanishes_is_named_and_replaced_by_zeros),
		cmocka_unit_test(a_file_that_changes_its_size_is_named),
		cmocka_unit_test(a_stream_can_be_given_up_at_any_time),
		cmocka_unit_test(a_changed_byte_is_found_and_its_file_named),
		cmocka_unit_test(a_block_that_can_not_be_read_is_found_and_its_file_named),
		cmocka_unit_test(what_is_no_image_is_refused),
		cmocka_unit_test(damaged_images_are_checked_without_a_crash),
		cmocka_unit_test(what_does_not_go_together_is_refused),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
