/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target: a tar archive becomes a read-only volume.  The input is the archive, compressed or not.
 *
 * The checksums of headers are set right, so that other bytes of them can be anything.  Whatever it holds, reading it
 * ends, and a volume that is made of it has the size that was announced and nothing that the check finds.  Volumes of
 * more than MAX_BLOCKS are laid out and not written.
 */
#include "config.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/checked.h"
#include "check/check.h"
#include "fuzz.h"
#include "master/master.h"
#include "tar/tar.h"
#include "vol/vol.h"
#include "volume.h"

#define HEADER_BYTES 512u		/* of a file in an archive; where in it: */
#define SIZE_AT 124u
#define SUM_AT 148u
#define TYPE_AT 156u
#define BLOCK 2048u
#define CHUNK_BLOCKS 31u
#define MAX_BLOCKS 4096u

static void hear_left_out(void *ctx, const char *path, const char *why)
{
	(void)ctx;
	MUST(path[0] && why[0]);
}

static void hear_failed(void *ctx, size_t source, const char *path, enum udf_err err, int host_errno)
{
	(void)ctx;
	(void)host_errno;
	MUST(source == 0 && path[0] && err);
}

static void hear_finding(struct udf_sink *sink, const struct udf_finding *finding)
{
	(void)sink;
	fprintf(stderr, "found: %s\n", udf_problem_name(finding->problem));
	abort();
}

static void check(struct bio *bio)
{
	struct udf_sink sink = { .report = hear_finding };
	struct chk_result result;
	struct udf_vol *vol;

	MUST(!udf_vol_open(bio, NULL, &fuzz_env, &sink, &vol));
	MUST(!chk_volume(vol, NULL, &sink, &result));
	udf_vol_close(vol);
}

static void write_and_check(struct udf_master *master)
{
	static uint8_t chunk[CHUNK_BLOCKS * BLOCK];
	uint64_t n_blocks = udf_master_blocks(master), at = 0;
	struct bio *bio;
	uint32_t n;

	MUST(!bio_memory_new(BLOCK, n_blocks, &bio));
	do {
		MUST(!udf_master_read(master, CHUNK_BLOCKS, chunk, &n));
		MUST(n <= n_blocks - at);
		MUST(!n || !bio_write(bio, at, n, chunk));
		at += n;
	} while (n);
	MUST(at == n_blocks);
	check(bio);
	bio_close(bio);
}

static void master(struct udf_tar *tar)
{
	const struct udf_master_source source = { .dir_fd = -1, .walk = udf_tar_walk, .walk_ctx = tar };
	struct udf_master_options options = { .sources = &source, .n_sources = 1, .failed = hear_failed,
					      .tree.skips = true };
	struct udf_mkfs_params params;
	struct udf_master *m;

	udf_mkfs_defaults(&params, UDF_MEDIA_DVD, 0x0201);
	params.block_bytes = BLOCK;
	udf_mkfs_stamp(&params, &fuzz_env);
	options.tree.latest = params.time;
	if (udf_master_new(&params, &options, &fuzz_env, &m, NULL))
		return;
	if (udf_master_blocks(m) <= MAX_BLOCKS)
		write_and_check(m);
	udf_master_free(m);
}

static uint64_t octal(const uint8_t *at, size_t n_bytes)
{
	uint64_t number = 0;

	for (size_t i = 0; i < n_bytes && at[i] >= '0' && at[i] <= '7'; i++)
		number = number * 8 + at[i] - '0';
	return number;
}

static void mend_header(uint8_t *header)
{
	char text[8];
	unsigned sum = 0;

	memset(header + SUM_AT, ' ', sizeof(text));
	for (size_t i = 0; i < HEADER_BYTES; i++)
		sum += header[i];
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(header + SUM_AT, text, 7);
}

/* What is no archive without compression becomes something else that is none. */
static void mend(uint8_t *archive, size_t n_bytes)
{
	size_t at = 0;

	while (n_bytes - at >= HEADER_BYTES) {
		bool has_data = !archive[at + TYPE_AT] || !strchr("123456", archive[at + TYPE_AT]);
		uint64_t n_data = has_data ? octal(archive + at + SIZE_AT, 12) : 0;

		if (archive[at])
			mend_header(archive + at);
		at += HEADER_BYTES;
		if (n_data > n_bytes - at)
			return;
		at += (size_t)udf_min64(udf_ceil_div(n_data, HEADER_BYTES) * HEADER_BYTES, n_bytes - at);
	}
}

/* The input in a file; as it is where it has the first bytes of gzip and such. */
static int archive_of(const uint8_t *data, size_t n_bytes)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);
	uint8_t *copy = malloc(n_bytes + 1);

	MUST(fd >= 0 && copy);
	memcpy(copy, data, n_bytes);
	if (n_bytes && data[0] < 0x7F && data[0] != 0x1F && data[0] != 'B')
		mend(copy, n_bytes);
	MUST(write(fd, copy, n_bytes) == (ssize_t)n_bytes && lseek(fd, 0, SEEK_SET) == 0);
	free(copy);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	const struct udf_tar_options options = { .spool_dir = "/tmp", .failed = hear_left_out };
	char why[UDF_TAR_WHY_BYTES] = "";
	int fd = archive_of(data, n_bytes);
	struct udf_tar *tar;

	if (udf_tar_open(fd, &options, &tar, why) == UDF_OK) {
		master(tar);
		udf_tar_close(tar);
	} else {
		MUST(why[0]);
	}
	close(fd);
	return 0;
}
