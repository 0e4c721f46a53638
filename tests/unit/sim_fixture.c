/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim_fixture.h"

#define BLOCK 2048u

void drive_create(struct drive *d, const struct sim_create_options *options)
{
	char why[SIM_WHY_BYTES] = "";

	memset(d, 0, sizeof(*d));
	snprintf(d->dir, sizeof(d->dir), "%s/udfkit-sim.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(d->dir));
	snprintf(d->path, sizeof(d->path), "%s/d.disc", d->dir);
	if (sim_create(d->path, options, why))
		fail_msg("sim_create: %s", why);
	drive_open(d);
}

void drive_open(struct drive *d)
{
	char why[SIM_WHY_BYTES] = "";

	if (sim_open(d->path, SIM_USE, why, &d->sim))
		fail_msg("sim_open: %s", why);
	SIM_OK(sim_transport_new(d->sim, false, &d->transport));
}

void drive_start(struct drive *d, const char *media, const char *quirks)
{
	const struct sim_create_options options = { .media = media, .quirks = quirks };

	drive_create(d, &options);
	drive_wait(d);
}

void drive_close(struct drive *d)
{
	mmc_transport_close(d->transport);
	SIM_OK(sim_close(d->sim));
	d->transport = NULL;
	d->sim = NULL;
}

void drive_end(struct drive *d)
{
	char command[160];

	if (d->sim)
		drive_close(d);
	snprintf(command, sizeof(command), "rm -rf '%s'", d->dir);
	assert_int_equal(system(command), 0);
}

static uint32_t hex_bytes(const char *hex, uint8_t *ret)
{
	uint32_t n = 0;

	for (char *end; *hex; hex = end) {
		unsigned long value = strtoul(hex, &end, 16), times = 1;

		if (end == hex)
			break;
		if (*end == '*')
			times = strtoul(end + 1, &end, 10);
		while (times--)
			ret[n++] = (uint8_t)value;
	}
	return n;
}

static uint32_t run(struct drive *d, const char *cdb, enum mmc_direction direction, void *data, uint32_t n_bytes)
{
	struct mmc_command command = { .direction = direction, .data = data, .n_data_bytes = n_bytes,
				       .timeout_ms = 0 };
	const uint8_t *s = d->reply.sense;

	command.n_cdb_bytes = (uint8_t)hex_bytes(cdb, command.cdb);
	mmc_run(d->transport, &command, &d->reply);
	if (d->reply.delivery != MMC_DELIVERED)
		return 0xff0000u + d->reply.delivery;
	if (d->reply.status == MMC_STATUS_GOOD)
		return 0;
	assert_int_equal(d->reply.n_sense_bytes, 18);
	return (uint32_t)(s[2] & 15) << 16 | (uint32_t)s[12] << 8 | s[13];
}

uint32_t drive_in(struct drive *d, const char *cdb, uint32_t n_bytes)
{
	memset(d->data, 0xEE, n_bytes);
	return run(d, cdb, MMC_FROM_DRIVE, d->data, n_bytes);
}

uint32_t drive_out(struct drive *d, const char *cdb, const void *bytes, uint32_t n_bytes)
{
	static uint8_t copy[1 << 19];

	memcpy(copy, bytes, n_bytes);
	return run(d, cdb, MMC_TO_DRIVE, copy, n_bytes);
}

uint32_t drive_out_hex(struct drive *d, const char *cdb, const char *list)
{
	uint8_t bytes[256];
	uint32_t n = hex_bytes(list, bytes);

	return drive_out(d, cdb, bytes, n);
}

uint32_t drive_do(struct drive *d, const char *cdb)
{
	return run(d, cdb, MMC_NO_DATA, NULL, 0);
}

static const char *rw_cdb(const char *opcode, uint32_t lba, uint32_t n_blocks)
{
	static char cdb[64];

	snprintf(cdb, sizeof(cdb), "%s 00 %02x %02x %02x %02x 00 %02x %02x 00", opcode, lba >> 24, lba >> 16 & 255,
		 lba >> 8 & 255, lba & 255, n_blocks >> 8, n_blocks & 255);
	return cdb;
}

uint32_t drive_write(struct drive *d, uint32_t lba, uint32_t n_blocks, uint8_t byte)
{
	static uint8_t bytes[1 << 19];

	memset(bytes, byte, n_blocks * BLOCK);
	return drive_out(d, rw_cdb("2A", lba, n_blocks), bytes, n_blocks * BLOCK);
}

uint32_t drive_read(struct drive *d, uint32_t lba, uint32_t n_blocks)
{
	return drive_in(d, rw_cdb("28", lba, n_blocks), n_blocks * BLOCK);
}

uint32_t drive_sync(struct drive *d)
{
	return drive_do(d, "35 00 00 00 00 00 00 00 00 00");
}

void assert_blocks(struct drive *d, uint32_t lba, uint32_t n_blocks, uint8_t byte)
{
	assert_int_equal(drive_read(d, lba, n_blocks), 0);
	assert_int_equal(d->reply.n_data_bytes, n_blocks * BLOCK);
	for (uint32_t i = 0; i < n_blocks * BLOCK; i++)
		if (d->data[i] != byte)
			fail_msg("block %u has 0x%02x, not 0x%02x", lba + i / BLOCK, d->data[i], byte);
}

unsigned drive_wait(struct drive *d)
{
	unsigned n = 0;

	for (uint32_t sense; (sense = drive_do(d, "00 00 00 00 00 00")); n++) {
		assert_true(sense >> 16 == 6 || sense >> 16 == 2);
		assert_true(n < 1000);
	}
	return n;
}

void assert_reply_(struct drive *d, const char *hex, const char *file, int line)
{
	uint8_t want[512];
	uint32_t n = hex_bytes(hex, want);

	_assert_int_equal(d->reply.n_data_bytes, n, file, line);
	_assert_memory_equal(d->data, want, n, file, line);
}
