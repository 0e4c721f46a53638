/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions as text: what is recorded can be replayed, and a replay notices what differs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mmc/cdb.h"
#include "mmc/failure.h"
#include "mmc/record.h"

static uint8_t data[65536];

static void line_add(void *ctx, const char *text)
{
	strcat(ctx, text);
	strcat(ctx, "\n");
}

/* Commands with every kind of outcome */
static void session_run(struct mmc_transport *transport, struct mmc_reply replies[6])
{
	struct mmc_command commands[6];

	memset(data, 0xAB, sizeof(data));
	data[65535] = 1;
	commands[0] = mmc_cdb_inquiry(data, 36);
	commands[1] = mmc_cdb_write(32, 32, data);
	commands[2] = mmc_cdb_test_unit_ready();
	commands[3] = mmc_cdb_test_unit_ready();
	commands[4] = mmc_cdb_read(0, 1, data);
	commands[5] = mmc_cdb_test_unit_ready();
	for (int i = 0; i < 6; i++) {
		mmc_run(transport, &commands[i], &replies[i]);
		if (i == 0)
			memset(data, 0xAB, 36);
	}
}

static const char session[] =
	"> 12 00 00 00 24 00  # INQUIRY\n"
	"< 05 80 00 32 1F 00*3 41*28\n"
	"> 2A 00 00 00 00 20 00 00 20 00 : AB*65535 01  # WRITE(10)\n"
	"< sense 70 00 03 00*4 0A 00*4 0C 00*5 ms 120\n"
	"> 00 00 00 00 00 00  # TEST UNIT READY\n"
	"< status 08\n"
	"> 00 00 00 00 00 00  # TEST UNIT READY\n"
	"< timeout ms 30000\n"
	"> 28 00 00 00 00 00 00 00 01 00  # READ(10)\n"
	"< 07*2048\n"
	"> 00 00 00 00 00 00  # TEST UNIT READY\n"
	"<\n";

static void what_is_recorded_replays(void **state)
{
	struct mmc_transport *replay = NULL, *record = NULL;
	struct mmc_reply replies[6];
	char recorded[4096] = "";

	(void)state;
	assert_int_equal(mmc_replay_new(session, 65536, &replay), UDF_OK);
	assert_int_equal(mmc_record_new(replay, line_add, recorded, &record), UDF_OK);
	assert_int_equal(mmc_now_ms(record), 0);
	session_run(record, replies);
	assert_null(mmc_replay_mismatch(replay));
	assert_string_equal(recorded, session);
	assert_int_equal(replies[0].n_data_bytes, 36);
	assert_int_equal(replies[1].status, MMC_STATUS_CHECK);
	assert_int_equal(replies[1].n_sense_bytes, 18);
	assert_int_equal(replies[1].sense[12], 0x0C);
	assert_int_equal(replies[2].status, MMC_STATUS_BUSY);
	assert_int_equal(replies[3].delivery, MMC_TIMED_OUT);
	assert_int_equal(data[2047], 7);
	assert_int_equal(mmc_now_ms(record), 30120);
	mmc_wait(record, 1000);
	assert_int_equal(mmc_now_ms(record), 31120);
	mmc_transport_close(record);
}

static void a_replay_notices_what_differs(void **state)
{
	static const struct {
		const char *text, *word;
	} rows[] = {
		{ "> 00*6\n<\n", "another command was sent: INQUIRY 12 00 00 00 24 00" },
		{ "> 12 00*3 24 00\n< 00*36\n> 2A 00*4 20 00 00 20 00 : AB*65536\n<\n",
		  "line 3: WRITE(10) was sent with other data" },
		{ "> 12 00*3 24 00\n< 00*36\n> 2A 00*4 20 00 00 20 00 : AB*65535\n<\n", "other data" },
		{ "> 12 00*3 24 00\n< 00*36\n> 2A 00*4 20 00 00 20 00\n<\n", "with and without data" },
		{ "> 12 00*3 24 00\n< 00*36\n", "after the end" },
		{ "> 12 00*3 24 00\n> 00*6\n", "no valid reply" },
		{ "> 12 00*3 24 00\n< nonsense\n", "no valid reply" },
		{ "< 00\n", "a command is missing here" },
		{ "", "after the end" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mmc_transport *replay = NULL;
		struct mmc_reply replies[6];

		assert_int_equal(mmc_replay_new(rows[i].text, 65536, &replay), UDF_OK);
		session_run(replay, replies);
		assert_int_equal(replies[5].delivery, MMC_HOST_FAILED);
		assert_non_null(mmc_replay_mismatch(replay));
		print_message("%s\n", mmc_replay_mismatch(replay));
		assert_non_null(strstr(mmc_replay_mismatch(replay), rows[i].word));
		mmc_transport_close(replay);
	}
}

static void commands_that_were_not_sent_are_noticed(void **state)
{
	struct mmc_transport *replay = NULL;

	(void)state;
	assert_int_equal(mmc_replay_new("# nothing\n> 00*6\n<\n", 65536, &replay), UDF_OK);
	assert_string_equal(mmc_replay_mismatch(replay), "line 2: this command was not sent: > 00*6");
	mmc_transport_close(replay);
}

/* What -V prints */
static void a_command_is_described_in_one_line(void **state)
{
	struct mmc_command command = mmc_cdb_write(0x1234, 32, data);
	struct mmc_reply reply = { .delivery = MMC_DELIVERED, .status = MMC_STATUS_CHECK, .n_sense_bytes = 18,
				   .sense = { 0x70, 0, 3, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x0C }, .duration_ms = 120 };
	char text[400], small[20];

	(void)state;
	mmc_command_describe(&command, &reply, text, sizeof(text));
	assert_string_equal(text,
			    "WRITE(10) 2A 00 00 00 12 34 00 00 20 00: status 02, sense 3/0C/00 (medium error): "
			    "write error, bytes 70 00 03 00 00 00 00 0A 00 00 00 00 0C 00 00 00 00 00; 120 ms");
	mmc_command_describe(&command, &reply, small, sizeof(small));
	assert_string_equal(small, "WRITE(10) 2A 00 00 ");
	reply = (struct mmc_reply){ .delivery = MMC_NOT_PERMITTED, .host_errno = 1 };
	mmc_command_describe(&command, &reply, text, sizeof(text));
	assert_non_null(strstr(text, "the kernel does not let this user send the command (errno 1)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_recorded_replays),
		cmocka_unit_test(a_replay_notices_what_differs),
		cmocka_unit_test(commands_that_were_not_sent_are_noticed),
		cmocka_unit_test(a_command_is_described_in_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
