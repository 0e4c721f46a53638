/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vol_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "ecma/codec.h"

#define BIO_BLOCK 512u
#define YEAR_2100 4102444800	/* seconds */

void fx_need(const char *peer)
{
	const char *name = strrchr(peer, '/');

	if (access(peer, X_OK) == 0)
		return;
	printf("1..0 # SKIP needs command %s\n", name ? name + 1 : peer);
	exit(0);
}

static void now(void *ctx, struct udf_time *ret_now)
{
	(void)ctx;
	*ret_now = (struct udf_time){ YEAR_2100, 0, 0 };
}

static void fixed_random(void *ctx, void *ret_bytes, size_t n_bytes)
{
	(void)ctx;
	memset(ret_bytes, 0x5A, n_bytes);
}

static void keep_log(void *ctx, enum udf_log_level level, const char *line)
{
	struct fixture *fx = ctx;

	(void)level;
	snprintf(fx->log, sizeof(fx->log), "%s", line);
}

static void collect(struct udf_sink *sink, const struct udf_finding *f)
{
	struct fx_findings *all = (struct fx_findings *)(void *)sink;
	size_t used = strlen(all->text);

	all->n[f->problem]++;
	if (udf_problem_severity(f->problem) > UDF_SEV_INFO)
		all->n_all++;
	snprintf(all->text + used, sizeof(all->text) - used, "%s at %u:%u %s (%" PRIu64 ", %" PRIu64 ")\n",
		 udf_problem_name(f->problem), f->place.part_ref, f->place.block_no,
		 f->place.field ? f->place.field : "", f->found, f->expected);
}

static void init(struct fixture *fx, uint32_t block_bytes)
{
	memset(fx, 0, sizeof(*fx));
	fx->block_bytes = block_bytes;
	fx->env = (struct udf_env){ fx, now, fixed_random, keep_log };
	fx->findings.sink.report = collect;
}

/* Read the image at PATH into memory. */
static void load(struct fixture *fx, const char *path)
{
	const struct bio_file_options options = { .read_only = true, .block_bytes = BIO_BLOCK };
	static uint8_t buf[128 * BIO_BLOCK];
	struct bio *file;
	uint64_t at;

	assert_int_equal(bio_file_open(path, &options, &file, NULL), UDF_OK);
	assert_int_equal(bio_memory_new(BIO_BLOCK, file->geometry.n_blocks, &fx->bio), UDF_OK);
	for (at = 0; at < file->geometry.n_blocks; at += 128) {
		uint64_t left = file->geometry.n_blocks - at;
		uint32_t n = left < 128 ? (uint32_t)left : 128;

		assert_int_equal(bio_read(file, at, n, buf), UDF_OK);
		if (buf[0] || memcmp(buf, buf + 1, (size_t)n * BIO_BLOCK - 1))
			assert_int_equal(bio_write(fx->bio, at, n, buf), UDF_OK);
	}
	bio_close(file);
}

static void run(const char *command)
{
	if (system(command))
		fail_msg("failed: %s", command);
}

void fx_mkudffs(struct fixture *fx, const char *media, const char *revision, uint32_t block_bytes,
		uint32_t n_blocks, const char *extra)
{
	char dir[] = "/tmp/udfkit-vol.XXXXXX", command[512], path[64];

	init(fx, block_bytes);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/image", dir);
	snprintf(command, sizeof(command),
		 FX_MKUDFFS " --utf8 -m %s -r %s -b %u --uuid=0123456789abcdef %s --new-file %s %u >%s/log 2>&1",
		 media, revision, block_bytes, extra ? extra : "", path, n_blocks, dir);
	run(command);
	load(fx, path);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	run(command);
}

void fx_genisoimage(struct fixture *fx)
{
	char dir[] = "/tmp/udfkit-vol.XXXXXX", command[512], path[64];

	init(fx, 2048);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/image", dir);
	snprintf(command, sizeof(command),
		 "mkdir %s/d && echo hello >%s/d/hello.txt && " FX_GENISOIMAGE
		 " -quiet -udf -V BRIDGE -o %s %s/d >%s/log 2>&1", dir, dir, path, dir, dir);
	run(command);
	load(fx, path);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	run(command);
}

void fx_empty(struct fixture *fx, uint32_t block_bytes, uint32_t n_blocks)
{
	init(fx, block_bytes);
	assert_int_equal(bio_memory_new(BIO_BLOCK, (uint64_t)n_blocks * (block_bytes / BIO_BLOCK), &fx->bio),
			 UDF_OK);
}

void fx_done(struct fixture *fx)
{
	udf_vol_close(fx->vol);
	bio_close(fx->bio);
	memset(fx, 0, sizeof(*fx));
}

enum udf_err fx_open_with(struct fixture *fx, const struct udf_vol_options *options, struct udf_sink *sink)
{
	udf_vol_close(fx->vol);
	fx->vol = NULL;
	return udf_vol_open(fx->bio, options, &fx->env, sink, &fx->vol);
}

enum udf_err fx_open(struct fixture *fx)
{
	return fx_open_with(fx, NULL, NULL);
}

enum udf_err fx_check(struct fixture *fx)
{
	memset(fx->findings.n, 0, sizeof(fx->findings.n));
	fx->findings.n_all = 0;
	fx->findings.text[0] = 0;
	return fx_open_with(fx, NULL, &fx->findings.sink);
}

void fx_read(struct fixture *fx, uint64_t lsn, uint32_t n_blocks, uint8_t *ret)
{
	uint32_t ratio = fx->block_bytes / BIO_BLOCK;

	assert_int_equal(bio_read(fx->bio, lsn * ratio, n_blocks * ratio, ret), UDF_OK);
}

void fx_write(struct fixture *fx, uint64_t lsn, uint32_t n_blocks, const uint8_t *data)
{
	uint32_t ratio = fx->block_bytes / BIO_BLOCK;

	assert_int_equal(bio_write(fx->bio, lsn * ratio, n_blocks * ratio, data), UDF_OK);
}

void fx_zero(struct fixture *fx, uint64_t lsn, uint32_t n_blocks)
{
	uint8_t *zeros = calloc(n_blocks, fx->block_bytes);

	assert_non_null(zeros);
	fx_write(fx, lsn, n_blocks, zeros);
	free(zeros);
}

void fx_set(struct fixture *fx, uint64_t lsn, uint32_t at, const void *bytes, size_t n_bytes)
{
	uint8_t *block = malloc(fx->block_bytes);

	assert_non_null(block);
	fx_read(fx, lsn, 1, block);
	memcpy(block + at, bytes, n_bytes);
	udf_tag_reseal(block);
	fx_write(fx, lsn, 1, block);
	free(block);
}

void fx_set8(struct fixture *fx, uint64_t lsn, uint32_t at, uint8_t value)
{
	fx_set(fx, lsn, at, &value, 1);
}

void fx_set16(struct fixture *fx, uint64_t lsn, uint32_t at, uint16_t value)
{
	uint8_t bytes[2];

	put_le16(bytes, value);
	fx_set(fx, lsn, at, bytes, sizeof(bytes));
}

void fx_set32(struct fixture *fx, uint64_t lsn, uint32_t at, uint32_t value)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	fx_set(fx, lsn, at, bytes, sizeof(bytes));
}

void fx_break(struct fixture *fx, uint64_t lsn, uint32_t at)
{
	uint8_t *block = malloc(fx->block_bytes);

	assert_non_null(block);
	fx_read(fx, lsn, 1, block);
	block[at] ^= 0x40;
	fx_write(fx, lsn, 1, block);
	free(block);
}

uint64_t fx_find(struct fixture *fx, uint64_t first, uint16_t id)
{
	uint8_t *block = malloc(fx->block_bytes);
	uint64_t lsn;

	assert_non_null(block);
	for (lsn = first; lsn < first + 64; lsn++) {
		fx_read(fx, lsn, 1, block);
		if (get_le16(block) == id && get_le32(block + 12) != 0)
			break;
	}
	free(block);
	if (lsn == first + 64)
		fail_msg("no descriptor %u after sector %" PRIu64, id, first);
	return lsn;
}

void fx_assert_only(struct fixture *fx, enum udf_problem problem, const char *file, int line)
{
	bool wanted = problem == UDF_N_PROBLEMS || fx->findings.n[problem] > 0;
	unsigned n_wanted = 0;

	if (problem != UDF_N_PROBLEMS && udf_problem_severity(problem) > UDF_SEV_INFO)
		n_wanted = fx->findings.n[problem];
	if (wanted && fx->findings.n_all == n_wanted)
		return;
	print_message("found:\n%s", fx->findings.text);
	print_message("%s:%d: wanted only %s\n", file, line,
		      problem == UDF_N_PROBLEMS ? "nothing" : udf_problem_name(problem));
	fail();
}
