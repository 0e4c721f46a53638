/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layer over the kernel's block device of a drive: what it flushes, with a file in place of the device. */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "medium/block_path.h"
#include "mmc/drive.h"
#include "sim_fixture.h"

#define BLOCK 2048u

static struct drive d;	/* of sim_fixture.h */

/* A file as a device.  Another thread's flush comes while it takes a write. */
struct device {
	struct bio bio;
	int fd;
	struct bio *flush_while_writing;	/* or NULL */
	unsigned n_flushes;
};

static enum udf_err device_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct device *device = (struct device *)(void *)bio;

	(void)at;
	(void)n_blocks;
	(void)data;
	if (device->flush_while_writing)
		SIM_OK(bio_flush(device->flush_while_writing));
	return UDF_OK;
}

static enum udf_err device_flush(struct bio *bio)
{
	((struct device *)(void *)bio)->n_flushes++;
	return UDF_OK;
}

static enum udf_err device_fd_range(struct bio *bio, uint64_t at, uint64_t n_blocks, int *ret_fd,
				    uint64_t *ret_offset_bytes)
{
	(void)n_blocks;
	*ret_fd = ((struct device *)(void *)bio)->fd;
	*ret_offset_bytes = at * BLOCK;
	return UDF_OK;
}

static void device_close(struct bio *bio)
{
	close(((struct device *)(void *)bio)->fd);
}

static struct bio *begin(struct device *device)
{
	static const struct bio_ops ops = { .write = device_write, .flush = device_flush, .fd_range = device_fd_range,
					    .close = device_close };
	struct mmc_transport *transport = NULL;
	struct mmc_drive *mmc = NULL;
	struct pkt_held *held;
	struct bio *bio;

	drive_start(&d, "dvd-ram", NULL);
	SIM_OK(sim_transport_new(d.sim, false, &transport));
	SIM_OK(mmc_drive_open(transport, NULL, NULL, &mmc, NULL));
	SIM_OK(pkt_held_new(mmc, &held));
	*device = (struct device){ .bio = { .ops = &ops, .geometry = { .block_bytes = BLOCK, .n_blocks = 1000,
							     .access = BIO_OVERWRITE } },
				   .fd = open("/dev/null", O_RDWR | O_CLOEXEC) };
	SIM_OK(medium_block_path_new(&device->bio, held, &bio));
	pkt_held_unref(held);
	return bio;
}

static void end(struct bio *bio)
{
	bio_close(bio);
	drive_end(&d);
}

static void a_flush_that_nothing_was_written_for_is_left_out(void **state)
{
	static const uint8_t block[BLOCK];
	struct device device;
	struct bio *bio = begin(&device);

	(void)state;
	SIM_OK(bio_flush(bio));
	assert_int_equal(device.n_flushes, 0);
	SIM_OK(bio_write(bio, 5, 1, block));
	assert_true(medium_block_path_is_dirty(bio));
	SIM_OK(bio_flush(bio));
	assert_false(medium_block_path_is_dirty(bio));
	SIM_OK(bio_flush(bio));
	assert_int_equal(device.n_flushes, 1);
	end(bio);
}

/* It may have come before the kernel had the data. */
static void a_flush_in_the_middle_of_a_write_is_not_enough_for_it(void **state)
{
	static const uint8_t block[BLOCK];
	struct device device;
	struct bio *bio = begin(&device);

	(void)state;
	device.flush_while_writing = bio;
	SIM_OK(bio_write(bio, 5, 1, block));
	device.flush_while_writing = NULL;
	assert_int_equal(device.n_flushes, 1);
	assert_true(medium_block_path_is_dirty(bio));
	SIM_OK(bio_flush(bio));
	assert_int_equal(device.n_flushes, 2);
	assert_false(medium_block_path_is_dirty(bio));
	end(bio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flush_that_nothing_was_written_for_is_left_out),
		cmocka_unit_test(a_flush_in_the_middle_of_a_write_is_not_enough_for_it),
	};

	return cmocka_run_group_tests_name("block_path", tests, NULL, NULL);
}
