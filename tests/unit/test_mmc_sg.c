/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SG_IO transport, with a kernel that this test plays. */
#include <errno.h>
#include <fcntl.h>
#include <scsi/sg.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "mmc/cdb.h"
#include "mmc/sg.h"

/* What the kernel does with the next command, and what it was given */
static struct {
	int host_errno;
	uint8_t status, host_status, driver_status;
	uint8_t sense[64];
	uint8_t n_sense_bytes;
	int resid;
	unsigned duration_ms;
	struct sg_io_hdr given;
	uint8_t cdb[16];
} kernel;

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct sg_io_hdr *hdr;
	va_list args;

	(void)fd;
	if (request != SG_IO)
		return 0;
	va_start(args, request);
	hdr = va_arg(args, struct sg_io_hdr *);
	va_end(args);
	kernel.given = *hdr;
	memcpy(kernel.cdb, hdr->cmdp, hdr->cmd_len);
	if (kernel.host_errno) {
		errno = kernel.host_errno;
		return -1;
	}
	hdr->status = kernel.status;
	hdr->host_status = kernel.host_status;
	hdr->driver_status = kernel.driver_status;
	hdr->resid = kernel.resid;
	hdr->duration = kernel.duration_ms;
	memcpy(hdr->sbp, kernel.sense, kernel.n_sense_bytes);
	hdr->sb_len_wr = kernel.n_sense_bytes;
	return 0;
}

/* The call's name where times are made 64 bits wide. */
int __wrap___ioctl_time64(int fd, unsigned long request, ...) __attribute__((alias("__wrap_ioctl")));

static struct mmc_reply run(struct mmc_command command)
{
	int fd = open("/dev/null", O_RDWR);
	struct mmc_transport *transport = NULL;
	struct mmc_reply reply;

	assert_int_equal(mmc_sg_from_fd(fd, 65536, &transport), UDF_OK);
	mmc_run(transport, &command, &reply);
	assert_int_equal(mmc_now_ms(transport), reply.duration_ms);
	mmc_transport_close(transport);
	return reply;
}

static const uint8_t write_error[18] = { 0xF0, 0, 3, 0, 0, 0, 0x20, 10, 0, 0, 0, 0, 0x0C };

static void kernel_reset(void)
{
	memset(&kernel, 0, sizeof(kernel));
}

static void commands_arrive_whole(void **state)
{
	static uint8_t data[65536];
	struct mmc_reply reply;

	(void)state;
	kernel_reset();
	kernel.duration_ms = 70;
	reply = run(mmc_cdb_write(32, 32, data));
	assert_int_equal(kernel.given.interface_id, 'S');
	assert_int_equal(kernel.given.dxfer_direction, SG_DXFER_TO_DEV);
	assert_int_equal(kernel.given.cmd_len, 10);
	assert_int_equal(kernel.given.dxfer_len, 65536);
	assert_true(kernel.given.timeout >= 180000);
	assert_memory_equal(kernel.cdb, "\x2A\0\0\0\0\x20\0\0\x20\0", 10);
	assert_int_equal(reply.delivery, MMC_DELIVERED);
	assert_int_equal(reply.status, MMC_STATUS_GOOD);
	assert_int_equal(reply.n_data_bytes, 65536);
	assert_int_equal(reply.duration_ms, 70);
	run(mmc_cdb_test_unit_ready());
	assert_int_equal(kernel.given.dxfer_direction, SG_DXFER_NONE);
	run(mmc_cdb_inquiry(data, 36));
	assert_int_equal(kernel.given.dxfer_direction, SG_DXFER_FROM_DEV);
}

static void short_replies_are_measured(void **state)
{
	uint8_t data[252];

	(void)state;
	kernel_reset();
	kernel.resid = 240;
	assert_int_equal(run(mmc_cdb_read_format_capacities(data, 252)).n_data_bytes, 12);
	kernel.resid = -5;		/* nonsense */
	assert_int_equal(run(mmc_cdb_read_format_capacities(data, 252)).n_data_bytes, 0);
	kernel.resid = 300;
	assert_int_equal(run(mmc_cdb_read_format_capacities(data, 252)).n_data_bytes, 0);
}

/* Sense data count, whatever else the kernel says. */
static void sense_comes_first(void **state)
{
	struct mmc_reply reply;

	(void)state;
	kernel_reset();
	memcpy(kernel.sense, write_error, sizeof(write_error));
	kernel.n_sense_bytes = sizeof(write_error);
	kernel.host_status = 7;
	kernel.driver_status = 8;
	kernel.status = 2;
	reply = run(mmc_cdb_test_unit_ready());
	assert_int_equal(reply.delivery, MMC_DELIVERED);
	assert_int_equal(reply.status, MMC_STATUS_CHECK);
	assert_int_equal(reply.n_sense_bytes, 18);
	/* deferred errors come with a good status too */
	kernel.sense[0] = 0xF1;
	kernel.status = 0;
	kernel.host_status = 0;
	assert_int_equal(run(mmc_cdb_test_unit_ready()).n_sense_bytes, 18);
	/* bytes that are no sense */
	kernel.sense[0] = 0;
	assert_int_equal(run(mmc_cdb_test_unit_ready()).n_sense_bytes, 0);
}

static void what_the_host_says_is_kept_apart(void **state)
{
	static const struct {
		int host_errno;
		uint8_t host_status, driver_status, status;
		enum mmc_delivery delivery;
		uint8_t status_wanted;
	} rows[] = {
		{ EPERM, 0, 0, 0, MMC_NOT_PERMITTED, 0 },
		{ EACCES, 0, 0, 0, MMC_NOT_PERMITTED, 0 },
		{ ENODEV, 0, 0, 0, MMC_DRIVE_GONE, 0 },
		{ ENXIO, 0, 0, 0, MMC_DRIVE_GONE, 0 },
		{ EINVAL, 0, 0, 0, MMC_HOST_FAILED, 0 },
		{ 0, 3, 0, 0, MMC_TIMED_OUT, 0 },
		{ 0, 0, 6, 0, MMC_TIMED_OUT, 0 },
		{ 0, 1, 0, 0, MMC_DRIVE_GONE, 0 },
		{ 0, 2, 0, 0, MMC_DELIVERED, MMC_STATUS_BUSY },
		{ 0, 7, 0, 0, MMC_HOST_FAILED, 0 },
		{ 0, 0, 0, 8, MMC_DELIVERED, MMC_STATUS_BUSY },
		{ 0, 0, 0, 0x28, MMC_DELIVERED, MMC_STATUS_BUSY },
		{ 0, 0, 8, 2, MMC_DELIVERED, MMC_STATUS_CHECK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mmc_reply reply;

		kernel_reset();
		kernel.host_errno = rows[i].host_errno;
		kernel.host_status = rows[i].host_status;
		kernel.driver_status = rows[i].driver_status;
		kernel.status = rows[i].status;
		reply = run(mmc_cdb_test_unit_ready());
		print_message("row %zu\n", i);
		assert_int_equal(reply.delivery, rows[i].delivery);
		assert_int_equal(reply.host_errno, rows[i].host_errno);
		if (reply.delivery == MMC_DELIVERED)
			assert_int_equal(reply.status, rows[i].status_wanted);
	}
}

static void waiting_advances_its_own_clock(void **state)
{
	struct mmc_transport *transport = NULL;

	(void)state;
	kernel_reset();
	assert_int_equal(mmc_sg_from_fd(open("/dev/null", O_RDWR), 65536, &transport), UDF_OK);
	mmc_wait(transport, 5);
	assert_int_equal(mmc_now_ms(transport), 5);
	mmc_transport_close(transport);
}

static void what_is_no_drive_is_refused(void **state)
{
	struct mmc_transport *transport = NULL;
	struct mmc_failure failure;

	(void)state;
	assert_false(mmc_sg_is_drive("/dev/null"));
	assert_int_equal(mmc_sg_open("/dev/null", false, &transport, &failure), UDF_E_UNSUPPORTED);
	assert_string_equal(failure.text, "it is not an optical drive");
	assert_int_equal(mmc_sg_open("/nonexistent/sr0", false, &transport, &failure), UDF_E_NOT_FOUND);
	assert_int_equal(mmc_sg_open("/", true, &transport, NULL), UDF_E_UNSUPPORTED);
	assert_null(transport);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_arrive_whole),
		cmocka_unit_test(short_replies_are_measured),
		cmocka_unit_test(sense_comes_first),
		cmocka_unit_test(what_the_host_says_is_kept_apart),
		cmocka_unit_test(waiting_advances_its_own_clock),
		cmocka_unit_test(what_is_no_drive_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
