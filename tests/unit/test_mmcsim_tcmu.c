/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ring of target_core_user.  The kernel's side is built here with the structs of the kernel's own header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <linux/target_core_user.h>

#include "../../mmcsim/tcmu.h"
#include "vectors.h"

#define RING_OFFSET 128u
#define RING_BYTES 1024u
#define DATA_OFFSET (RING_OFFSET + RING_BYTES)
#define DATA_BYTES 8192u
#define MAP_BYTES (DATA_OFFSET + DATA_BYTES)
#define MAX_BYTES 4096u
#define ENTRY_BYTES 192u	/* a command with two pieces, and its CDB after them */

union memory {
	struct tcmu_mailbox mailbox;
	uint64_t aligned;
	uint8_t bytes[MAP_BYTES];
};

/* ---- a drive that remembers what it was asked, and answers as it was told ---- */

struct drive {
	unsigned n_commands;
	struct mmc_command last;
	uint8_t written[MAX_BYTES];
	struct mmc_reply reply;
	uint8_t data[MAX_BYTES];	/* of which reply.n_data_bytes are read */
};

static void drive_run(void *ctx, const struct mmc_command *command, struct mmc_reply *ret_reply)
{
	struct drive *drive = ctx;

	drive->n_commands++;
	drive->last = *command;
	assert_true(command->n_data_bytes <= MAX_BYTES);
	if (command->direction == MMC_TO_DRIVE)
		memcpy(drive->written, command->data, command->n_data_bytes);
	*ret_reply = drive->reply;
	if (command->direction != MMC_FROM_DRIVE)
		return;
	if (ret_reply->n_data_bytes > command->n_data_bytes)
		ret_reply->n_data_bytes = command->n_data_bytes;
	memcpy(command->data, drive->data, ret_reply->n_data_bytes);
}

struct fixture {
	union memory *memory;
	struct drive drive;
	struct tcmu_ring ring;
};

static void setup(struct fixture *f, uint16_t flags)
{
	memset(f, 0, sizeof(*f));
	f->memory = calloc(1, sizeof(*f->memory));
	f->memory->mailbox.version = TCMU_MAILBOX_VERSION;
	f->memory->mailbox.flags = flags;
	f->memory->mailbox.cmdr_off = RING_OFFSET;
	f->memory->mailbox.cmdr_size = RING_BYTES;
	for (unsigned i = 0; i < MAX_BYTES; i++)
		f->drive.data[i] = (uint8_t)(i * 7 + 1);
	memset(f->memory->bytes + DATA_OFFSET, 0xEE, DATA_BYTES);
	assert_int_equal(tcmu_ring_init(&f->ring, f->memory, MAP_BYTES,
					&(struct tcmu_drive){ drive_run, &f->drive, MAX_BYTES }), UDF_OK);
}

static void teardown(struct fixture *f)
{
	tcmu_ring_done(&f->ring);
	free(f->memory);
}

static struct tcmu_cmd_entry *entry_at(struct fixture *f, unsigned offset)
{
	return (void *)(f->memory->bytes + RING_OFFSET + offset);
}

/* What the kernel does for a command: an entry at its head, with two pieces of data.  Returns where it stands. */
static unsigned put_command(struct fixture *f, uint8_t opcode, size_t first_bytes, size_t second_bytes)
{
	unsigned at = f->memory->mailbox.cmd_head;
	struct tcmu_cmd_entry *entry = entry_at(f, at);
	uint8_t *cdb = (uint8_t *)entry + ENTRY_BYTES - 16;

	memset(entry, 0, ENTRY_BYTES);
	entry->hdr.len_op = ENTRY_BYTES | TCMU_OP_CMD;
	entry->hdr.cmd_id = 77;
	entry->req.iov_cnt = second_bytes ? 2 : first_bytes ? 1 : 0;
	/* the second piece stands before the first: blocks of the data area come in any order */
	entry->req.iov[0] = (struct iovec){ (void *)(uintptr_t)(DATA_OFFSET + 4096), first_bytes };
	entry->req.iov[1] = (struct iovec){ (void *)(uintptr_t)DATA_OFFSET, second_bytes };
	cdb[0] = opcode;
	cdb[9] = 0x99;
	entry->req.cdb_off = (uint64_t)(cdb - f->memory->bytes);
	f->memory->mailbox.cmd_head = (at + ENTRY_BYTES) % RING_BYTES;
	return at;
}

static void serve(struct fixture *f, enum udf_err wanted, unsigned n_wanted)
{
	unsigned n_done;

	assert_int_equal(tcmu_ring_serve(&f->ring, &n_done), wanted);
	assert_int_equal(n_done, n_wanted);
}

/* The drive did not see it, and the kernel reads this sense. */
static void assert_refused(struct fixture *f, const struct tcmu_cmd_entry *entry, uint8_t key, uint8_t code)
{
	assert_int_equal(f->drive.n_commands, 0);
	assert_int_equal(entry->rsp.scsi_status, 2);
	assert_int_equal(entry->rsp.sense_buffer[0], 0x70);
	assert_int_equal(entry->rsp.sense_buffer[2], key);
	assert_int_equal(entry->rsp.sense_buffer[12], code);
}

/* ---- commands ---- */

static void data_that_are_read_are_spread_over_the_pieces(void **state)
{
	struct fixture f;
	unsigned at;

	(void)state;
	setup(&f, TCMU_MAILBOX_FLAG_CAP_READ_LEN);
	f.drive.reply.n_data_bytes = MAX_BYTES;
	at = put_command(&f, 0x28, 2048, 1024);
	serve(&f, UDF_OK, 1);
	assert_int_equal(f.drive.last.direction, MMC_FROM_DRIVE);
	assert_int_equal(f.drive.last.n_cdb_bytes, 10);
	assert_int_equal(f.drive.last.cdb[9], 0x99);
	assert_int_equal(f.drive.last.n_data_bytes, 3072);
	assert_memory_equal(f.memory->bytes + DATA_OFFSET + 4096, f.drive.data, 2048);
	assert_memory_equal(f.memory->bytes + DATA_OFFSET, f.drive.data + 2048, 1024);
	assert_int_equal(f.memory->bytes[DATA_OFFSET + 1024], 0xEE);
	assert_int_equal(entry_at(&f, at)->rsp.scsi_status, 0);
	assert_int_equal(entry_at(&f, at)->hdr.cmd_id, 77);
	assert_int_equal(f.memory->mailbox.cmd_tail, f.memory->mailbox.cmd_head);
	teardown(&f);
}

static void data_that_are_written_reach_the_drive_in_order(void **state)
{
	struct fixture f;
	unsigned at;

	(void)state;
	setup(&f, TCMU_MAILBOX_FLAG_CAP_READ_LEN);
	at = put_command(&f, 0x2A, 2048, 1024);
	memset(f.memory->bytes + DATA_OFFSET + 4096, 0x11, 2048);
	memset(f.memory->bytes + DATA_OFFSET, 0x22, 1024);
	serve(&f, UDF_OK, 1);
	assert_int_equal(f.drive.last.direction, MMC_TO_DRIVE);
	assert_int_equal(f.drive.written[0], 0x11);
	assert_int_equal(f.drive.written[2047], 0x11);
	assert_int_equal(f.drive.written[2048], 0x22);
	assert_int_equal(f.drive.written[3071], 0x22);
	assert_int_equal(entry_at(&f, at)->hdr.uflags, 0);
	teardown(&f);
}

static void a_short_answer_has_its_length(void **state)
{
	struct fixture f;
	unsigned at;

	(void)state;
	setup(&f, TCMU_MAILBOX_FLAG_CAP_READ_LEN);
	f.drive.reply.n_data_bytes = 36;
	at = put_command(&f, 0x12, 255, 0);
	serve(&f, UDF_OK, 1);
	assert_int_equal(entry_at(&f, at)->hdr.uflags, TCMU_UFLAG_READ_LEN);
	assert_int_equal(entry_at(&f, at)->rsp.read_len, 36);
	teardown(&f);
}

static void a_short_answer_ends_in_zeros_for_a_kernel_that_takes_no_length(void **state)
{
	struct fixture f;
	unsigned at;

	(void)state;
	setup(&f, 0);
	f.drive.reply.n_data_bytes = 36;
	at = put_command(&f, 0x12, 40, 0);
	serve(&f, UDF_OK, 1);
	assert_int_equal(entry_at(&f, at)->hdr.uflags, 0);
	assert_memory_equal(f.memory->bytes + DATA_OFFSET + 4096, f.drive.data, 36);
	assert_memory_equal(f.memory->bytes + DATA_OFFSET + 4096 + 36, "\0\0\0\0\xEE", 5);
	teardown(&f);
}

static void a_command_without_data_has_no_direction(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f, TCMU_MAILBOX_FLAG_CAP_READ_LEN);
	put_command(&f, 0xA1, 0, 0);
	serve(&f, UDF_OK, 1);
	assert_int_equal(f.drive.last.direction, MMC_NO_DATA);
	assert_int_equal(f.drive.last.n_cdb_bytes, 12);
	teardown(&f);
}

static void sense_reaches_the_kernel(void **state)
{
	static const uint8_t sense[18] = { 0x70, 0, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x3A, 2 };
	struct fixture f;
	unsigned at;

	(void)state;
	setup(&f, TCMU_MAILBOX_FLAG_CAP_READ_LEN);
	f.drive.reply.status = MMC_STATUS_CHECK;
	f.drive.reply.n_sense_bytes = sizeof(sense);
	memcpy(f.drive.reply.sense, sense, sizeof(sense));
	at = put_command(&f, 0x28, 2048, 0);
	serve(&f, UDF_OK, 1);
	assert_int_equal(entry_at(&f, at)->rsp.scsi_status, 2);
	assert_memory_equal(entry_at(&f, at)->rsp.sense_buffer, sense, sizeof(sense));
	assert_int_equal(entry_at(&f, at)->rsp.sense_buffer[18], 0);
	/* with a length the kernel would take the failed read for a good one */
	assert_int_equal(entry_at(&f, at)->hdr.uflags, 0);
	teardown(&f);
}

static void a_drive_without_power_fails_every_command(void **state)
{
	struct fixture f;
	unsigned at;

	(void)state;
	setup(&f, TCMU_MAILBOX_FLAG_CAP_READ_LEN);
	f.drive.reply.delivery = MMC_DRIVE_GONE;
	at = put_command(&f, 0x28, 2048, 0);
	serve(&f, UDF_OK, 1);
	assert_int_equal(entry_at(&f, at)->rsp.scsi_status, 2);
	assert_int_equal(entry_at(&f, at)->rsp.sense_buffer[2], 4);
	teardown(&f);
}

/* ---- the ring ---- */

static void padding_fills_the_ring_to_its_end(void **state)
{
	struct fixture f;
	unsigned at;

	(void)state;
	setup(&f, TCMU_MAILBOX_FLAG_CAP_READ_LEN);
	for (unsigned i = 0; i < 5; i++)	/* 5 * 192 = 960: 64 bytes remain */
		put_command(&f, 0x00, 0, 0);
	serve(&f, UDF_OK, 5);
	entry_at(&f, 960)->hdr.len_op = 64 | TCMU_OP_PAD;
	f.memory->mailbox.cmd_head = 0;
	at = put_command(&f, 0x1B, 0, 0);
	assert_int_equal(at, 0);
	serve(&f, UDF_OK, 2);
	assert_int_equal(f.drive.n_commands, 6);
	assert_int_equal(f.drive.last.cdb[0], 0x1B);
	assert_int_equal(f.memory->mailbox.cmd_tail, ENTRY_BYTES);
	teardown(&f);
}

static void an_entry_of_an_unknown_kind_is_marked(void **state)
{
	struct fixture f;
	unsigned at;

	(void)state;
	setup(&f, TCMU_MAILBOX_FLAG_CAP_READ_LEN);
	at = put_command(&f, 0x00, 0, 0);
	entry_at(&f, at)->hdr.len_op = ENTRY_BYTES | 7;
	put_command(&f, 0x00, 0, 0);
	serve(&f, UDF_OK, 2);
	assert_int_equal(entry_at(&f, at)->hdr.uflags, TCMU_UFLAG_UNKNOWN_OP);
	assert_int_equal(f.drive.n_commands, 1);
	teardown(&f);
}

static void a_mailbox_that_makes_no_sense_is_refused(void **state)
{
	struct fixture f;
	const struct tcmu_drive drive = { drive_run, &f.drive, MAX_BYTES };
	struct tcmu_mailbox *mailbox, good;

	(void)state;
	setup(&f, 0);
	mailbox = &f.memory->mailbox;
	good = *mailbox;
	mailbox->version = 1;
	assert_int_equal(tcmu_ring_init(&f.ring, mailbox, MAP_BYTES, &drive), UDF_E_UNSUPPORTED);
	*mailbox = good;
	mailbox->cmdr_size = MAP_BYTES;
	assert_int_equal(tcmu_ring_init(&f.ring, mailbox, MAP_BYTES, &drive), UDF_E_CORRUPT);
	*mailbox = good;
	mailbox->cmdr_off = 0;
	assert_int_equal(tcmu_ring_init(&f.ring, mailbox, MAP_BYTES, &drive), UDF_E_CORRUPT);
	*mailbox = good;
	assert_int_equal(tcmu_ring_init(&f.ring, mailbox, 64, &drive), UDF_E_CORRUPT);
	teardown(&f);
}

/* ---- values that lie ---- */

static void data_outside_the_data_area_are_not_touched(void **state)
{
	static const struct iovec bad[] = {
		{ (void *)(uintptr_t)MAP_BYTES, 1 },
		{ (void *)(uintptr_t)(MAP_BYTES - 8), 9 },
		{ (void *)(uintptr_t)0, 128 },			/* the mailbox */
		{ (void *)(uintptr_t)RING_OFFSET, 192 },	/* the ring */
		{ (void *)(uintptr_t)DATA_OFFSET, SIZE_MAX },
		{ (void *)UINTPTR_MAX, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fixture f;
		unsigned at;

		setup(&f, TCMU_MAILBOX_FLAG_CAP_READ_LEN);
		at = put_command(&f, 0x28, 8, 8);
		entry_at(&f, at)->req.iov[1] = bad[i];
		serve(&f, UDF_OK, 1);
		assert_refused(&f, entry_at(&f, at), 0x04, 0x44);
		teardown(&f);
	}
}

static void a_command_outside_the_memory_is_not_read(void **state)
{
	static const uint64_t bad[] = { 0, MAP_BYTES, MAP_BYTES - 1, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fixture f;
		unsigned at;

		setup(&f, TCMU_MAILBOX_FLAG_CAP_READ_LEN);
		at = put_command(&f, 0x28, 8, 0);
		entry_at(&f, at)->req.cdb_off = bad[i];
		serve(&f, UDF_OK, 1);
		assert_refused(&f, entry_at(&f, at), 0x04, 0x44);
		teardown(&f);
	}
}

static void more_pieces_than_the_entry_holds_are_refused(void **state)
{
	struct fixture f;
	unsigned at;

	(void)state;
	setup(&f, TCMU_MAILBOX_FLAG_CAP_READ_LEN);
	at = put_command(&f, 0x28, 8, 8);
	entry_at(&f, at)->req.iov_cnt = UINT32_MAX;
	serve(&f, UDF_OK, 1);
	assert_refused(&f, entry_at(&f, at), 0x04, 0x44);
	teardown(&f);
}

static void more_data_than_the_drive_takes_are_an_invalid_field(void **state)
{
	struct fixture f;
	unsigned at;

	(void)state;
	setup(&f, TCMU_MAILBOX_FLAG_CAP_READ_LEN);
	at = put_command(&f, 0x28, MAX_BYTES, 1);
	serve(&f, UDF_OK, 1);
	assert_refused(&f, entry_at(&f, at), 0x05, 0x24);
	teardown(&f);
}

static void a_ring_that_leads_nowhere_ends_the_work(void **state)
{
	static const struct {
		uint32_t head, tail, len_op;
	} bad[] = {
		{ ENTRY_BYTES, 0, 0 | TCMU_OP_PAD },			/* would never get on */
		{ ENTRY_BYTES, 0, RING_BYTES + 8 },			/* past the end of the ring */
		{ ENTRY_BYTES, 0, (ENTRY_BYTES + 8) | TCMU_OP_PAD },	/* past the head */
		{ ENTRY_BYTES, 0, 64 | TCMU_OP_CMD },			/* no room for an answer */
		{ RING_BYTES, 0, ENTRY_BYTES | TCMU_OP_PAD },
		{ 4, 0, 8 | TCMU_OP_PAD },
		{ 0, RING_BYTES, ENTRY_BYTES | TCMU_OP_PAD },
		{ 0, UINT32_MAX, ENTRY_BYTES | TCMU_OP_PAD },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fixture f;

		setup(&f, TCMU_MAILBOX_FLAG_CAP_READ_LEN);
		f.memory->mailbox.cmd_head = bad[i].head;
		f.memory->mailbox.cmd_tail = bad[i].tail;
		entry_at(&f, 0)->hdr.len_op = bad[i].len_op;
		serve(&f, UDF_E_CORRUPT, 0);
		teardown(&f);
	}
}

static void random_damage_is_survived(void **state)
{
	(void)state;
	random_start();
	for (unsigned round = 0; round < 20000; round++) {
		struct fixture f;
		unsigned n_done;

		setup(&f, round & 3);
		f.drive.reply.n_data_bytes = MAX_BYTES;
		for (unsigned i = 0; i < 4; i++)
			put_command(&f, (uint8_t)random_next(), 2048, 1024);
		for (unsigned i = 0; i < 1 + round % 4; i++)
			f.memory->bytes[RING_OFFSET + random_next() % (4 * ENTRY_BYTES)] = (uint8_t)random_next();
		tcmu_ring_serve(&f.ring, &n_done);
		assert_true(n_done <= RING_BYTES / 8);
		teardown(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_that_are_read_are_spread_over_the_pieces),
		cmocka_unit_test(data_that_are_written_reach_the_drive_in_order),
		cmocka_unit_test(a_short_answer_has_its_length),
		cmocka_unit_test(a_short_answer_ends_in_zeros_for_a_kernel_that_takes_no_length),
		cmocka_unit_test(a_command_without_data_has_no_direction),
		cmocka_unit_test(sense_reaches_the_kernel),
		cmocka_unit_test(a_drive_without_power_fails_every_command),
		cmocka_unit_test(padding_fills_the_ring_to_its_end),
		cmocka_unit_test(an_entry_of_an_unknown_kind_is_marked),
		cmocka_unit_test(a_mailbox_that_makes_no_sense_is_refused),
		cmocka_unit_test(data_outside_the_data_area_are_not_touched),
		cmocka_unit_test(a_command_outside_the_memory_is_not_read),
		cmocka_unit_test(more_pieces_than_the_entry_holds_are_refused),
		cmocka_unit_test(more_data_than_the_drive_takes_are_an_invalid_field),
		cmocka_unit_test(a_ring_that_leads_nowhere_ends_the_work),
		cmocka_unit_test(random_damage_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
