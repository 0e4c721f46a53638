/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file layer on regular files; block devices are tested where there are loop devices. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>
#include <cmocka.h>
#include <udfkit/bio.h>

#include "alloc.h"

/*
 * The host's calls, on their way through here (the linker's --wrap): each transfers at most
 * max_bytes, and every so many is interrupted first.
 */
static struct {
	size_t max_bytes;
	unsigned interrupt_every;
	int fail_errno; /* every call fails so */
	unsigned n_calls;
} host;

/* Where sizes are made 64 bits wide, the calls have other names. */
#ifdef __USE_FILE_OFFSET64
#define NAMED(prefix, name) __asm__("__" prefix "_" name "64")
#else
#define NAMED(prefix, name) __asm__("__" prefix "_" name)
#endif
ssize_t __real_pread(int fd, void *buf, size_t n_bytes, off_t at_bytes) NAMED("real", "pread");
ssize_t __real_pwrite(int fd, const void *buf, size_t n_bytes, off_t at_bytes) NAMED("real", "pwrite");
int __real_fdatasync(int fd);
ssize_t __wrap_pread(int fd, void *buf, size_t n_bytes, off_t at_bytes) NAMED("wrap", "pread");
ssize_t __wrap_pwrite(int fd, const void *buf, size_t n_bytes, off_t at_bytes) NAMED("wrap", "pwrite");
int __wrap_fdatasync(int fd);
int __wrap_sync_file_range(int fd, off_t at, off_t n_bytes, unsigned flags);	/* has no other name there */

static bool host_fails(void)
{
	errno = host.fail_errno;
	if (host.interrupt_every && ++host.n_calls % host.interrupt_every == 0)
		errno = EINTR;
	return errno != 0;
}

ssize_t __wrap_pread(int fd, void *buf, size_t n_bytes, off_t at_bytes)
{
	if (host_fails())
		return -1;
	if (host.max_bytes && n_bytes > host.max_bytes)
		n_bytes = host.max_bytes;
	return __real_pread(fd, buf, n_bytes, at_bytes);
}

ssize_t __wrap_pwrite(int fd, const void *buf, size_t n_bytes, off_t at_bytes)
{
	if (host_fails())
		return -1;
	if (host.max_bytes && n_bytes > host.max_bytes)
		n_bytes = host.max_bytes;
	return __real_pwrite(fd, buf, n_bytes, at_bytes);
}

int __wrap_fdatasync(int fd)
{
	return host_fails() ? -1 : __real_fdatasync(fd);
}

/* What the host is told to begin writing; the real call would depend on the machine. */
static struct {
	unsigned n_calls;
	int fail_errno;
} begun;

int __wrap_sync_file_range(int fd, off_t at, off_t n_bytes, unsigned flags)
{
	(void)fd;
	assert_true(at == 0 && n_bytes == 0);	/* all of the file */
	assert_int_equal(flags, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE);
	begun.n_calls++;
	errno = begun.fail_errno;
	return errno ? -1 : 0;
}

struct fixture {
	char dir[64];
	char path[96];
};

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct fixture *f = test_calloc(1, sizeof(*f));

	memset(&host, 0, sizeof(host));
	snprintf(f->dir, sizeof(f->dir), "%.40s/udfkit-bio.XXXXXX", tmp ? tmp : "/tmp");
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

static void make_file(const struct fixture *f, off_t n_bytes)
{
	int fd = open(f->path, O_RDWR | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, n_bytes), 0);
	close(fd);
}

static struct bio *open_file(const struct fixture *f, const struct bio_file_options *options)
{
	struct bio *bio = NULL;
	int host_errno = -1;

	assert_int_equal(bio_file_open(f->path, options, &bio, &host_errno), UDF_OK);
	assert_int_equal(host_errno, 0);
	return bio;
}

static void bytes_after_the_last_whole_block_are_ignored(void **state)
{
	struct bio *bio;

	make_file(*state, 10 * 2048 + 2047);
	bio = open_file(*state, &(struct bio_file_options){ .block_bytes = 2048 });
	assert_int_equal(bio->geometry.n_blocks, 10);
	assert_int_equal(bio->geometry.block_bytes, 2048);
	assert_int_equal(bio->geometry.access, BIO_OVERWRITE);
	bio_close(bio);
}

static void a_file_has_blocks_of_512_bytes_by_default(void **state)
{
	struct bio *bio;

	make_file(*state, 1024);
	bio = open_file(*state, &(struct bio_file_options){ 0 });
	assert_int_equal(bio->geometry.block_bytes, 512);
	assert_int_equal(bio->geometry.n_blocks, 2);
	bio_close(bio);
}

static void an_empty_file_has_no_blocks(void **state)
{
	struct bio *bio;
	uint8_t block[512];

	make_file(*state, 0);
	bio = open_file(*state, &(struct bio_file_options){ 0 });
	assert_int_equal(bio->geometry.n_blocks, 0);
	assert_int_equal(bio_read(bio, 0, 1, block), UDF_E_RANGE);
	bio_close(bio);
}

static void blocks_are_written_at_their_byte_offset(void **state)
{
	struct fixture *f = *state;
	uint8_t block[1024], got[1024];
	struct bio *bio;
	int fd;

	memset(block, 0x5A, sizeof(block));
	make_file(f, 64 * 1024);
	bio = open_file(f, &(struct bio_file_options){ .block_bytes = 1024 });
	assert_int_equal(bio_write(bio, 7, 1, block), UDF_OK);
	assert_int_equal(bio_flush(bio), UDF_OK);
	bio_close(bio);
	fd = open(f->path, O_RDONLY);
	assert_int_equal(pread(fd, got, 1024, 7 * 1024), 1024);
	assert_memory_equal(got, block, 1024);
	assert_int_equal(pread(fd, got, 1, 8 * 1024), 1);
	assert_int_equal(got[0], 0);
	close(fd);
}

static void holes_beyond_2_to_32_blocks_read_as_zero(void **state)
{
	struct fixture *f = *state;
	uint8_t block[512] = { 1 }, zero[512] = { 0 };
	uint64_t n_blocks = ((uint64_t)1 << 32) + 100;
	struct bio *bio;

	make_file(f, (off_t)(n_blocks * 512));
	bio = open_file(f, &(struct bio_file_options){ 0 });
	assert_true(bio->geometry.n_blocks == n_blocks);
	assert_int_equal(bio_read(bio, n_blocks - 1, 1, block), UDF_OK);
	assert_memory_equal(block, zero, 512);
	memset(block, 7, sizeof(block));
	assert_int_equal(bio_write(bio, ((uint64_t)1 << 32) + 5, 1, block), UDF_OK);
	assert_int_equal(bio_read(bio, 5, 1, block), UDF_OK);
	assert_memory_equal(block, zero, 512);
	bio_close(bio);
}

static void a_file_opened_for_reading_refuses_writes(void **state)
{
	struct fixture *f = *state;
	uint8_t block[512] = { 0 };
	struct bio *bio;

	make_file(f, 4096);
	assert_int_equal(chmod(f->path, 0400), 0);
	bio = open_file(f, &(struct bio_file_options){ .read_only = true });
	assert_int_equal(bio_write(bio, 0, 1, block), UDF_E_READ_ONLY);
	assert_int_equal(bio_flush(bio), UDF_OK);
	bio_close(bio);
}

static void reading_a_file_truncated_meanwhile_is_an_error(void **state)
{
	struct fixture *f = *state;
	uint8_t blocks[1024];
	struct bio *bio;

	make_file(f, 4096);
	bio = open_file(f, &(struct bio_file_options){ 0 });
	assert_int_equal(truncate(f->path, 512 + 100), 0);
	assert_int_equal(bio_read(bio, 0, 1, blocks), UDF_OK);
	assert_int_equal(bio_read(bio, 0, 2, blocks), UDF_E_IO);
	assert_int_equal(bio_host_errno(bio), 0);
	bio_close(bio);
}

static void a_write_that_the_host_refuses_returns_its_reason(void **state)
{
	struct fixture *f = *state;
	struct rlimit old, limit;
	uint8_t block[4096] = { 0 };
	struct bio *bio;

	make_file(f, 1 << 20);
	bio = open_file(f, &(struct bio_file_options){ .block_bytes = 4096 });
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = 6000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	/* 6000 bytes are in the middle of block 1: a short count first, then the error. */
	assert_int_equal(bio_write(bio, 0, 1, block), UDF_OK);
	assert_int_not_equal(bio_write(bio, 1, 1, block), UDF_OK);
	assert_int_equal(bio_host_errno(bio), EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(bio_write(bio, 1, 1, block), UDF_OK);
	bio_close(bio);
}

static void discard_punches_a_hole(void **state)
{
	struct fixture *f = *state;
	uint8_t block[4096], got[4096], zero[4096] = { 0 };
	struct bio *bio;
	enum udf_err err, want;
	struct stat st;
	int fd;

	memset(block, 1, sizeof(block));
	make_file(f, 3 * 4096);
	/* Can this file system do it? */
	fd = open(f->path, O_RDWR);
	want = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) < 0
		   ? UDF_E_UNSUPPORTED
		   : UDF_OK;
	close(fd);
	bio = open_file(f, &(struct bio_file_options){ .block_bytes = 4096 });
	for (uint64_t at = 0; at < 3; at++)
		assert_int_equal(bio_write(bio, at, 1, block), UDF_OK);
	err = bio_discard(bio, 1, 1);
	assert_int_equal(err, want);
	assert_int_equal(bio_read(bio, 1, 1, got), UDF_OK);
	assert_memory_equal(got, err ? block : zero, 4096);
	assert_int_equal(bio_read(bio, 2, 1, got), UDF_OK);
	assert_memory_equal(got, block, 4096);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_size, 3 * 4096);
	bio_close(bio);
}

static void fd_range_gives_the_file_and_offset(void **state)
{
	struct fixture *f = *state;
	uint8_t block[2048], got[2048];
	uint64_t offset = 0;
	struct bio *bio;
	int fd = -1;

	memset(block, 0x33, sizeof(block));
	make_file(f, 10 * 2048);
	bio = open_file(f, &(struct bio_file_options){ .block_bytes = 2048 });
	assert_int_equal(bio_write(bio, 3, 1, block), UDF_OK);
	assert_int_equal(bio_fd_range(bio, 3, 7, &fd, &offset), UDF_OK);
	assert_int_equal(offset, 3 * 2048);
	assert_int_equal(pread(fd, got, sizeof(got), (off_t)offset), 2048);
	assert_memory_equal(got, block, 2048);
	assert_int_equal(bio_fd_range(bio, 3, 8, &fd, &offset), UDF_E_RANGE);
	bio_close(bio);
}

static enum udf_err open_fails(const char *path, const struct bio_file_options *options,
			       int want_errno)
{
	struct bio *bio = NULL;
	int host_errno = -1;
	enum udf_err err = bio_file_open(path, options, &bio, &host_errno);

	assert_null(bio);
	assert_int_equal(host_errno, want_errno);
	return err;
}

static void missing_files_directories_and_fifos_are_refused(void **state)
{
	struct fixture *f = *state;
	struct bio_file_options options = { 0 };

	assert_int_equal(open_fails(f->path, &options, ENOENT), udf_err_from_errno(ENOENT));
	assert_int_equal(open_fails(f->dir, &options, 0), UDF_E_IS_DIR);
	assert_int_equal(open_fails("/dev/null", &options, 0), UDF_E_UNSUPPORTED);
	assert_int_equal(mkfifo(f->path, 0600), 0);
	/* Would wait for ever if it were opened. */
	assert_int_equal(open_fails(f->path, &(struct bio_file_options){ .read_only = true }, 0),
			 UDF_E_UNSUPPORTED);
}

static void invalid_block_sizes_are_refused(void **state)
{
	static const uint32_t bad[] = { 1, 100, 256, 511, 513, 1000, 65536, 0x80000000u };
	struct fixture *f = *state;

	make_file(f, 1 << 20);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bio_file_options options = { .block_bytes = bad[i] };

		assert_int_equal(open_fails(f->path, &options, 0), UDF_E_INVAL);
	}
}

static void transfers_continue_after_short_counts_and_signals(void **state)
{
	uint8_t out[4096], in[4096];
	struct bio *bio;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 7 + i / 256);
	make_file(*state, 16384);
	bio = open_file(*state, &(struct bio_file_options){ .block_bytes = 1024 });
	host.max_bytes = 700;
	host.interrupt_every = 2;
	assert_int_equal(bio_write(bio, 3, 4, out), UDF_OK);
	assert_int_equal(bio_read(bio, 3, 4, in), UDF_OK);
	assert_memory_equal(in, out, sizeof(out));
	assert_int_equal(bio_flush(bio), UDF_OK);
	bio_close(bio);
}

static void an_unreadable_block_is_a_medium_error(void **state)
{
	uint8_t block[512] = { 0 };
	struct bio *bio;

	make_file(*state, 4096);
	bio = open_file(*state, &(struct bio_file_options){ 0 });
	host.fail_errno = EIO;
	assert_int_equal(bio_read(bio, 0, 1, block), UDF_E_MEDIUM);
	assert_int_equal(bio_host_errno(bio), EIO);
	assert_int_equal(bio_write(bio, 0, 1, block), UDF_E_MEDIUM);
	host.fail_errno = ENOSPC;
	assert_int_equal(bio_write(bio, 0, 1, block), UDF_E_HOST_FULL);
	assert_int_equal(bio_host_errno(bio), ENOSPC);
	bio_close(bio);
}

/* The host may have dropped the pages that it could not write and succeed at the next try. */
static void a_flush_that_failed_never_succeeds_again(void **state)
{
	uint8_t block[512] = { 0 };
	struct bio *bio;

	make_file(*state, 4096);
	bio = open_file(*state, &(struct bio_file_options){ 0 });
	assert_int_equal(bio_write(bio, 0, 1, block), UDF_OK);
	host.fail_errno = EIO;
	assert_int_equal(bio_flush(bio), UDF_E_MEDIUM);
	host.fail_errno = 0;
	assert_int_equal(bio_flush(bio), UDF_E_IO);
	assert_int_equal(bio_read(bio, 0, 1, block), UDF_OK);
	bio_close(bio);
}

/* Half of the limit is being written while the other half is filled. */
static void with_a_limit_writing_begins_after_each_half(void **state)
{
	struct bio_file_options options = { .max_dirty_bytes = 8192 };
	uint8_t blocks[2048] = { 0 };
	struct bio *bio;

	make_file(*state, 65536);
	memset(&begun, 0, sizeof(begun));
	bio = open_file(*state, &options);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(bio_write(bio, i * 4, 4, blocks), UDF_OK);
		assert_int_equal(begun.n_calls, (i + 1) / 2);
	}
	assert_int_equal(bio_flush(bio), UDF_OK);
	/* the host tells this error only once */
	begun.fail_errno = EIO;
	assert_int_equal(bio_write(bio, 0, 4, blocks), UDF_OK);
	assert_int_equal(bio_write(bio, 4, 4, blocks), UDF_OK);
	assert_int_equal(bio_flush(bio), UDF_E_IO);
	bio_close(bio);
	begun.n_calls = 0;
	options.max_dirty_bytes = 0;
	bio = open_file(*state, &options);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(bio_write(bio, i * 4, 4, blocks), UDF_OK);
	assert_int_equal(begun.n_calls, 0);
	bio_close(bio);
}

static void opening_without_memory_leaves_nothing_open(void **state)
{
	struct fixture *f = *state;
	struct bio_file_options options = { 0 };
	struct bio *bio = NULL;
	int before, after;

	make_file(f, 4096);
	before = dup(0);
	close(before);
	alloc_fail_nth(1);
	assert_int_equal(bio_file_open(f->path, &options, &bio, NULL), UDF_E_NOMEM);
	assert_true(alloc_has_failed());
	assert_null(bio);
	after = dup(0);
	close(after);
	assert_int_equal(after, before);
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(bytes_after_the_last_whole_block_are_ignored),
		FILE_TEST(a_file_has_blocks_of_512_bytes_by_default),
		FILE_TEST(an_empty_file_has_no_blocks),
		FILE_TEST(blocks_are_written_at_their_byte_offset),
		FILE_TEST(holes_beyond_2_to_32_blocks_read_as_zero),
		FILE_TEST(a_file_opened_for_reading_refuses_writes),
		FILE_TEST(reading_a_file_truncated_meanwhile_is_an_error),
		FILE_TEST(a_write_that_the_host_refuses_returns_its_reason),
		FILE_TEST(discard_punches_a_hole),
		FILE_TEST(fd_range_gives_the_file_and_offset),
		FILE_TEST(missing_files_directories_and_fifos_are_refused),
		FILE_TEST(invalid_block_sizes_are_refused),
		FILE_TEST(transfers_continue_after_short_counts_and_signals),
		FILE_TEST(an_unreadable_block_is_a_medium_error),
		FILE_TEST(a_flush_that_failed_never_succeeds_again),
		FILE_TEST(with_a_limit_writing_begins_after_each_half),
		FILE_TEST(opening_without_memory_leaves_nothing_open),
	};

	return cmocka_run_group_tests_name("bio_file", tests, NULL, NULL);
}
