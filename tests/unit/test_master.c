/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read-only volumes of directories, as streams: that they are as large as was said, and what changes under them. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <udfkit/bio.h>
#include <udfkit/fs.h>

#include "alloc.h"
#include "check/check.h"
#include "master/master.h"
#include "mkfs_fixture.h"
#include "tree/host_walk.h"
#include "vol/vol.h"

#define BLOCK 2048u
#define LARGE_BYTES 3000001u

/* ---- directories of the host ---- */

static char dirs[2][40];		/* sources */
static int dir_fds[2];

static uint8_t pattern_at(uint64_t at)
{
	return (uint8_t)(at * 7 + at / 4096 + 1);
}

static void put_file(size_t source, const char *name, size_t n_bytes)
{
	uint8_t *data = malloc(n_bytes + 1);
	int fd = openat(dir_fds[source], name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	for (size_t i = 0; i < n_bytes; i++)
		data[i] = pattern_at(i);
	assert_int_equal(write(fd, data, n_bytes), n_bytes);
	close(fd);
	free(data);
}

static int make_dirs(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		strcpy(dirs[i], "/tmp/udfkit-master.XXXXXX");
		if (!mkdtemp(dirs[i]) || (dir_fds[i] = open(dirs[i], O_RDONLY | O_DIRECTORY)) < 0)
			return -1;
	}
	return 0;
}

/* The names that the cases give. */
static int remove_dirs(void **state)
{
	static const char *const names[] = { "large", "block", "small", "empty", "sub/more", "sub" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < N_OF(names); j++)
			if (unlinkat(dir_fds[i], names[j], 0) != 0)
				unlinkat(dir_fds[i], names[j], AT_REMOVEDIR);
		close(dir_fds[i]);
		if (rmdir(dirs[i]) != 0)
			return -1;
	}
	return 0;
}

/* ---- a volume of them ---- */

static struct {
	struct udf_master_source sources[2];
	struct udf_master_options options;
	struct udf_master *master;
	unsigned n_failed;
	size_t failed_source;
	char failed_path[64];
	int failed_errno;
	enum udf_err failed_err;
	struct bio *bio;		/* what was read, as a volume */
} m;

static void failed(void *ctx, size_t source, const char *path, enum udf_err err, int host_errno)
{
	(void)ctx;
	m.n_failed++;
	m.failed_source = source;
	m.failed_err = err;
	m.failed_errno = host_errno;
	snprintf(m.failed_path, sizeof(m.failed_path), "%s", path);
}

static enum udf_err try_new(size_t n_sources)
{
	struct udf_mkfs_params params = fixture_params(UDF_MEDIA_DVD, 0x0201, BLOCK, 0);

	memset(&m, 0, sizeof(m));
	for (size_t i = 0; i < n_sources; i++)
		m.sources[i].dir_fd = dir_fds[i];
	m.options = (struct udf_master_options){ .sources = m.sources, .n_sources = n_sources, .failed = failed,
						 .tree = { .latest = fixture_time, .skips = true } };
	return udf_master_new(&params, &m.options, NULL, &m.master, NULL);
}

static void begin(size_t n_sources)
{
	assert_int_equal(try_new(n_sources), UDF_OK);
}

/* Read N_BLOCKS of the stream to AT.  Returns how many came. */
static uint32_t read_blocks(uint64_t at, uint32_t n_blocks)
{
	static uint8_t chunk[64 * BLOCK];
	uint32_t n = 0;

	assert_int_equal(udf_master_read(m.master, n_blocks, chunk, &n), UDF_OK);
	assert_true(n <= n_blocks);
	if (n)
		assert_int_equal(bio_write(m.bio, at, n, chunk), UDF_OK);
	return n;
}

static void new_bio(void)
{
	assert_int_equal(bio_memory_new(BLOCK, udf_master_blocks(m.master), &m.bio), UDF_OK);
}

/* All of the stream, from FIRST on. */
static void read_all(uint64_t first, uint32_t chunk_blocks)
{
	uint64_t at = first;
	uint32_t n;

	do {
		n = read_blocks(at, chunk_blocks);
		at += n;
	} while (n);
	assert_int_equal(at, udf_master_blocks(m.master));
}

static void hear(struct udf_sink *sink, const struct udf_finding *finding)
{
	(void)sink;
	fail_msg("%s", udf_problem_name(finding->problem));
}

static void check_clean(void)
{
	struct udf_sink sink = { .report = hear };
	struct chk_result result;
	struct udf_vol *vol;

	assert_int_equal(udf_vol_open(m.bio, NULL, NULL, &sink, &vol), UDF_OK);
	assert_int_equal(chk_volume(vol, NULL, &sink, &result), UDF_OK);
	udf_vol_close(vol);
}

/* NAME has N_BYTES of the pattern, and then N_ZEROS zeros. */
static void check_file(const char *name, size_t n_bytes, size_t n_zeros)
{
	uint8_t *data = malloc(n_bytes + n_zeros + 1);
	struct udf_attr attr;
	struct udf_vol *vol;
	struct udf_fs *fs;
	size_t n;

	assert_int_equal(udf_vol_open(m.bio, NULL, NULL, NULL, &vol), UDF_OK);
	assert_int_equal(udf_fs_open(vol, NULL, &fs), UDF_OK);
	assert_int_equal(udf_lookup(fs, udf_fs_root(fs), name, strlen(name), &attr), UDF_OK);
	assert_int_equal(attr.size_bytes, n_bytes + n_zeros);
	assert_int_equal(udf_read(fs, attr.ino, 0, n_bytes + n_zeros, data, &n), UDF_OK);
	assert_int_equal(n, n_bytes + n_zeros);
	for (size_t i = 0; i < n; i++)
		if (data[i] != (i < n_bytes ? pattern_at(i) : 0))
			fail_msg("byte %zu of %s", i, name);
	udf_forget(fs, attr.ino, 1);
	udf_fs_abandon(fs);
	udf_vol_close(vol);
	free(data);
}

static void end(void)
{
	udf_master_free(m.master);
	bio_close(m.bio);
}

static void put_some_files(void)
{
	put_file(0, "large", LARGE_BYTES);
	put_file(0, "block", BLOCK);
	put_file(0, "small", 100);
	put_file(0, "empty", 0);
	assert_int_equal(mkdirat(dir_fds[0], "sub", 0755), 0);
	put_file(0, "sub/more", 5000);
}

/* ---- sizes ---- */

static void as_much_is_written_as_was_said_however_it_is_read(void **state)
{
	static const uint32_t chunks[] = { 64, 1, 7 };
	static uint8_t first[BLOCK], again[BLOCK];
	struct bio *kept = NULL;

	(void)state;
	put_some_files();
	for (size_t i = 0; i < N_OF(chunks); i++) {
		begin(1);
		new_bio();
		read_all(0, chunks[i]);
		assert_int_equal(read_blocks(0, 1), 0);
		assert_int_equal(m.n_failed, 0);
		check_clean();
		check_file("large", LARGE_BYTES, 0);
		check_file("block", BLOCK, 0);
		check_file("small", 100, 0);
		check_file("empty", 0, 0);
		for (uint64_t at = 0; kept && at < udf_master_blocks(m.master); at++) {
			assert_int_equal(bio_read(kept, at, 1, first), UDF_OK);
			assert_int_equal(bio_read(m.bio, at, 1, again), UDF_OK);
			assert_memory_equal(first, again, BLOCK);
		}
		bio_close(kept);
		kept = m.bio;
		m.bio = NULL;
		end();
	}
	bio_close(kept);
}

static void an_empty_directory_is_an_empty_volume(void **state)
{
	(void)state;
	begin(1);
	assert_in_range(udf_master_blocks(m.master), 300, 1000);
	new_bio();
	read_all(0, 64);
	check_clean();
	assert_int_equal(udf_master_totals(m.master)->n_files, 0);
	end();
}

/* ---- what changes after the volume was laid out ---- */

static void check_stale(const char *name, size_t n_left, size_t n_bytes)
{
	uint64_t n_blocks = udf_master_blocks(m.master);

	new_bio();
	read_all(0, 64);
	assert_int_equal(udf_master_blocks(m.master), n_blocks);
	assert_int_equal(m.n_failed, 1);
	assert_string_equal(m.failed_path, name);
	check_clean();
	check_file(name, n_left, n_bytes - n_left);
	check_file("block", BLOCK, 0);
	end();
}

static void a_file_that_shrinks_ends_with_zeros(void **state)
{
	(void)state;
	put_some_files();
	begin(1);
	assert_int_equal(truncate(strcat(strcpy((char[64]){ 0 }, dirs[0]), "/large"), 1000001), 0);
	check_stale("large", 1000001, LARGE_BYTES);
	assert_int_equal(m.failed_errno, ESTALE);
}

static void of_a_file_that_grows_the_first_part_is_kept(void **state)
{
	(void)state;
	put_some_files();
	begin(1);
	put_file(0, "large", LARGE_BYTES + 500000);
	check_stale("large", LARGE_BYTES, LARGE_BYTES);
	assert_int_equal(m.failed_errno, ESTALE);
}

static void a_file_that_is_gone_is_zeros(void **state)
{
	(void)state;
	put_some_files();
	begin(1);
	assert_int_equal(unlinkat(dir_fds[0], "large", 0), 0);
	check_stale("large", 0, LARGE_BYTES);
	assert_int_equal(m.failed_errno, ENOENT);
}

static void what_takes_the_place_of_a_file_is_not_read(void **state)
{
	(void)state;
	put_some_files();
	begin(1);
	assert_int_equal(unlinkat(dir_fds[0], "large", 0), 0);
	assert_int_equal(symlinkat("block", dir_fds[0], "large"), 0);
	check_stale("large", 0, LARGE_BYTES);
	assert_int_equal(unlinkat(dir_fds[0], "large", 0), 0);
	put_file(0, "large", LARGE_BYTES);
	begin(1);
	put_file(0, "other", LARGE_BYTES);
	assert_int_equal(renameat(dir_fds[0], "other", dir_fds[0], "large"), 0);
	check_stale("large", 0, LARGE_BYTES);
	assert_int_equal(m.failed_errno, ESTALE);
	/* nobody waits for a FIFO */
	begin(1);
	assert_int_equal(unlinkat(dir_fds[0], "large", 0), 0);
	assert_int_equal(mkfifoat(dir_fds[0], "large", 0644), 0);
	check_stale("large", 0, LARGE_BYTES);
}

static void a_file_that_shrinks_while_it_is_read_is_reported(void **state)
{
	uint64_t at = 0;
	uint8_t block[BLOCK] = { 0 };

	(void)state;
	put_some_files();
	begin(1);
	new_bio();
	/* until its first bytes have come */
	while (block[0] != pattern_at(0) || block[1] != pattern_at(1) || block[BLOCK - 1] != pattern_at(BLOCK - 1) ||
	       at % 2) {
		assert_int_equal(read_blocks(at, 1), 1);
		assert_int_equal(bio_read(m.bio, at++, 1, block), UDF_OK);
		assert_true(at < udf_master_blocks(m.master));
	}
	put_file(0, "large", 20000);
	read_all(at, 64);
	assert_int_equal(m.n_failed, 1);
	assert_string_equal(m.failed_path, "large");
	check_clean();
	end();
}

/* ---- several sources, and limits ---- */

static void what_comes_twice_is_reported_with_its_source(void **state)
{
	(void)state;
	put_some_files();
	put_file(1, "small", 50);
	assert_int_equal(mkdirat(dir_fds[1], "sub", 0755), 0);
	begin(2);
	assert_int_equal(m.n_failed, 1);
	assert_int_equal(m.failed_source, 1);
	assert_string_equal(m.failed_path, "small");
	new_bio();
	read_all(0, 64);
	check_clean();
	check_file("small", 100, 0);
	end();
}

/* A source that claims things: N names of one file of N_BYTES. */
static struct claim {
	unsigned n_names;
	off_t n_bytes;
	int fd;
} claim;

static enum udf_err walk_claim(void *ctx, const struct host_walk *walk, uint64_t root_tag)
{
	const struct stat dir = { .st_mode = S_IFDIR | 0755 };
	char name[16];
	struct host_entry entry = { .dir_fd = -1, .name = name, .path = name, .fd = claim.fd, .is_archived = true };
	enum udf_err err = UDF_OK;
	uint64_t tag;

	(void)ctx;
	entry.st = (struct stat){ .st_mode = S_IFREG | 0644, .st_ino = 1, .st_nlink = claim.n_names,
				  .st_size = claim.n_bytes, .st_blocks = claim.n_bytes / 512 + 1 };
	for (unsigned i = 0; i < claim.n_names && !err; i++) {
		snprintf(name, sizeof(name), "%08u", i);
		err = walk->entry(walk->ctx, &entry, root_tag, &tag);
	}
	return err ? err : walk->leave(walk->ctx, root_tag, &dir);
}

static enum udf_err try_claim(unsigned n_names, off_t n_bytes)
{
	struct udf_mkfs_params params = fixture_params(UDF_MEDIA_DVD, 0x0201, BLOCK, 0);

	memset(&m, 0, sizeof(m));
	claim = (struct claim){ .n_names = n_names, .n_bytes = n_bytes, .fd = memfd_create("claim", MFD_CLOEXEC) };
	m.sources[0] = (struct udf_master_source){ .dir_fd = -1, .walk = walk_claim };
	m.options = (struct udf_master_options){ .sources = m.sources, .n_sources = 1, .failed = failed,
						 .tree = { .latest = fixture_time, .skips = true } };
	assert_int_equal(write(claim.fd, "ten bytes ", 10), 10);
	return udf_master_new(&params, &m.options, NULL, &m.master, NULL);
}

static void a_file_of_many_names_is_copied_as_often_as_it_must(void **state)
{
	(void)state;
	assert_int_equal(try_claim(UDF_MAX_LINKS + 2, 10), UDF_OK);
	assert_int_equal(m.n_failed, 0);
	assert_int_equal(udf_master_totals(m.master)->n_files, 2);
	assert_int_equal(udf_master_totals(m.master)->n_links, UDF_MAX_LINKS);
	new_bio();
	read_all(0, 64);
	check_clean();
	close(claim.fd);
	end();
}

/* What each try took is given back, and nothing of it stays. */
static void a_file_that_cannot_be_read_is_reported_by_all_its_names(void **state)
{
	(void)state;
	assert_int_equal(try_claim(UDF_MAX_LINKS, 20), UDF_OK);
	assert_int_equal(m.n_failed, UDF_MAX_LINKS);
	assert_int_equal(m.failed_errno, ESTALE);
	assert_string_equal(m.failed_path, "00064999");
	new_bio();
	read_all(0, 64);
	check_clean();
	close(claim.fd);
	end();
}

static void a_volume_has_so_many_blocks_at_most(void **state)
{
	const uint64_t n_blocks = (UINT64_C(100) << 30) / BLOCK;

	(void)state;
	/* two layers of the largest disc; what is missing of it is reported when it is read */
	assert_int_equal(try_claim(1, (off_t)100 << 30), UDF_OK);
	assert_in_range(udf_master_blocks(m.master), n_blocks, n_blocks + 1000);
	udf_master_free(m.master);
	close(claim.fd);
	assert_int_equal(try_claim(1, (off_t)1 << 43), UDF_E_RANGE);
	close(claim.fd);
	assert_int_equal(try_claim(1, (off_t)1 << 50), UDF_E_RANGE);
	close(claim.fd);
}

/* Or something that can be done without was not done. */
static void without_memory_there_is_an_error_or_a_whole_volume(void **state)
{
	bool has_failed;
	uint64_t n = 0;
	enum udf_err err;

	(void)state;
	put_file(0, "small", 100);
	put_file(0, "large", 10000);
	do {
		alloc_fail_nth(++n);
		err = try_new(1);
		has_failed = alloc_has_failed();
		if (err) {
			assert_true(has_failed);
			assert_int_equal(err, UDF_E_NOMEM);
			continue;
		}
		alloc_fail_nth(0);
		assert_int_equal(m.n_failed, 0);
		new_bio();
		read_all(0, 64);
		check_file("large", 10000, 0);
		end();
	} while (has_failed);
	assert_true(n > 20);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make_dirs, remove_dirs)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(as_much_is_written_as_was_said_however_it_is_read),
		CASE(an_empty_directory_is_an_empty_volume),
		CASE(a_file_that_shrinks_ends_with_zeros),
		CASE(of_a_file_that_grows_the_first_part_is_kept),
		CASE(a_file_that_is_gone_is_zeros),
		CASE(what_takes_the_place_of_a_file_is_not_read),
		CASE(a_file_that_shrinks_while_it_is_read_is_reported),
		CASE(what_comes_twice_is_reported_with_its_source),
		cmocka_unit_test(a_file_of_many_names_is_copied_as_often_as_it_must),
		cmocka_unit_test(a_file_that_cannot_be_read_is_reported_by_all_its_names),
		cmocka_unit_test(a_volume_has_so_many_blocks_at_most),
		CASE(without_memory_there_is_an_error_or_a_whole_volume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
