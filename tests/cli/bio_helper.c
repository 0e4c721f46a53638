/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib/medium and the file layer for shell tests:
 *	bio_helper PATH ro|rw BLOCK-BYTES|0 OPERATION...
 * Operations, in order: "geometry" prints block size, blocks and kind; "write AT N BYTE"; "read AT"
 * prints the block's byte; "discard AT N"; "flush".  The first failure ends it with 1 and a line.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "medium/medium.h"

static char **next; /* argument */

static uint64_t number(void)
{
	uint64_t n = 0;

	if (!*next || cli_parse_number(*next++, 0, UINT64_MAX, &n))
		exit(2);
	return n;
}

static enum udf_err do_write(struct bio *bio)
{
	uint64_t at = number();
	uint32_t n = (uint32_t)number();
	int byte = (int)number();
	size_t n_bytes = (size_t)n * bio->geometry.block_bytes;
	uint8_t *data = malloc(n_bytes);
	enum udf_err err = UDF_E_NOMEM;

	if (data) {
		memset(data, byte, n_bytes);
		err = bio_write(bio, at, n, data);
	}
	free(data);
	return err;
}

static enum udf_err do_read(struct bio *bio)
{
	uint8_t data[32768] = { 0 };
	enum udf_err err = bio_read(bio, number(), 1, data);

	for (uint32_t i = 1; i < bio->geometry.block_bytes; i++)
		if (data[i] != data[0])
			err = UDF_E_CORRUPT;
	if (!err)
		printf("%u\n", data[0]);
	return err;
}

static enum udf_err operate(struct bio *bio, const struct medium_info *info)
{
	const char *name = *next++;
	uint64_t at;

	if (strcmp(name, "geometry") == 0) {
		printf("%" PRIu32 " %" PRIu64 " %s %" PRIu32 "\n", bio->geometry.block_bytes,
		       bio->geometry.n_blocks, info->is_device ? "device" : "file",
		       info->sector_bytes);
		return UDF_OK;
	}
	if (strcmp(name, "write") == 0)
		return do_write(bio);
	if (strcmp(name, "read") == 0)
		return do_read(bio);
	if (strcmp(name, "flush") == 0)
		return bio_flush(bio);
	if (strcmp(name, "discard") != 0)
		exit(2);
	at = number();
	return bio_discard(bio, at, number());
}

int main(int argc, char **argv)
{
	struct medium_options options = { 0 };
	struct medium_refusal refusal = { 0 };
	struct medium_info info = { 0 };
	struct bio *bio = NULL;
	enum udf_err err;

	if (argc < 4)
		return 2;
	options.read_only = strcmp(argv[2], "ro") == 0;
	next = argv + 3;
	options.block_bytes = (uint32_t)number();
	err = medium_open(argv[1], &options, &bio, &info, &refusal);
	if (err)
		cli_error("helper", argv[1], refusal.why ? refusal.why : "cannot open", err,
			  refusal.host_errno);
	while (!err && *next) {
		const char *what = *next;

		err = operate(bio, &info);
		if (err)
			cli_error("helper", argv[1], what, err, bio_host_errno(bio));
	}
	bio_close(bio);
	return err ? 1 : 0;
}
