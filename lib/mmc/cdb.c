/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command descriptor blocks (MMC-6, SPC-4). */
#include "base/bytes.h"
#include "mmc/cdb.h"

#define SECONDS(n) ((n) * 1000u)
/*
 * Commands that take long have the time that they need without Immed: some drives ignore Immed, and a command that the
 * host gives up is followed by a reset in the middle of the work.
 */
#define QUERY_MS SECONDS(60)		/* a medium that was just inserted may have to spin up first */
#define MOVE_MS SECONDS(60)
#define READ_MS SECONDS(60)
#define WRITE_MS SECONDS(200)		/* the first write may calibrate the laser and write a lead-in */
#define FLUSH_MS SECONDS(900)
#define OPC_MS SECONDS(120)
#define CLOSE_MS SECONDS(1800)
#define BLANK_MS SECONDS(9600)

const char *mmc_op_name(uint8_t op)
{
	static const struct {
		uint8_t op;
		const char *name;
	} names[] = {
		{ MMC_TEST_UNIT_READY, "TEST UNIT READY" },
		{ MMC_REQUEST_SENSE, "REQUEST SENSE" },
		{ MMC_FORMAT_UNIT, "FORMAT UNIT" },
		{ MMC_INQUIRY, "INQUIRY" },
		{ MMC_START_STOP_UNIT, "START STOP UNIT" },
		{ MMC_PREVENT_ALLOW, "PREVENT ALLOW MEDIUM REMOVAL" },
		{ MMC_READ_FORMAT_CAPACITIES, "READ FORMAT CAPACITIES" },
		{ MMC_READ_CAPACITY, "READ CAPACITY" },
		{ MMC_READ_10, "READ(10)" },
		{ MMC_WRITE_10, "WRITE(10)" },
		{ MMC_VERIFY_10, "VERIFY(10)" },
		{ MMC_SYNCHRONIZE_CACHE, "SYNCHRONIZE CACHE" },
		{ MMC_READ_TOC, "READ TOC/PMA/ATIP" },
		{ MMC_GET_CONFIGURATION, "GET CONFIGURATION" },
		{ MMC_GET_EVENT_STATUS, "GET EVENT STATUS NOTIFICATION" },
		{ MMC_READ_DISC_INFORMATION, "READ DISC INFORMATION" },
		{ MMC_READ_TRACK_INFORMATION, "READ TRACK INFORMATION" },
		{ MMC_RESERVE_TRACK, "RESERVE TRACK" },
		{ MMC_SEND_OPC_INFORMATION, "SEND OPC INFORMATION" },
		{ MMC_MODE_SELECT_10, "MODE SELECT(10)" },
		{ MMC_REPAIR_TRACK, "REPAIR TRACK" },
		{ MMC_MODE_SENSE_10, "MODE SENSE(10)" },
		{ MMC_CLOSE_TRACK_SESSION, "CLOSE TRACK/SESSION" },
		{ MMC_READ_BUFFER_CAPACITY, "READ BUFFER CAPACITY" },
		{ MMC_SEND_CUE_SHEET, "SEND CUE SHEET" },
		{ MMC_BLANK, "BLANK" },
		{ MMC_READ_12, "READ(12)" },
		{ MMC_WRITE_12, "WRITE(12)" },
		{ MMC_GET_PERFORMANCE, "GET PERFORMANCE" },
		{ MMC_READ_DISC_STRUCTURE, "READ DISC STRUCTURE" },
		{ MMC_SET_STREAMING, "SET STREAMING" },
		{ MMC_SET_CD_SPEED, "SET CD SPEED" },
		{ MMC_SEND_DISC_STRUCTURE, "SEND DISC STRUCTURE" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].op == op)
			return names[i].name;
	return "command";
}

static struct mmc_command no_data(enum mmc_op op, uint8_t n_cdb_bytes, uint32_t timeout_ms)
{
	return (struct mmc_command){ .cdb = { (uint8_t)op }, .n_cdb_bytes = n_cdb_bytes,
				     .direction = MMC_NO_DATA, .timeout_ms = timeout_ms };
}

static struct mmc_command from_drive(enum mmc_op op, uint8_t n_cdb_bytes, void *data, uint32_t n_bytes,
				     uint32_t timeout_ms)
{
	struct mmc_command command = no_data(op, n_cdb_bytes, timeout_ms);

	if (n_bytes) {
		command.direction = MMC_FROM_DRIVE;
		command.data = data;
		command.n_data_bytes = n_bytes;
	}
	return command;
}

static struct mmc_command to_drive(enum mmc_op op, uint8_t n_cdb_bytes, const void *data, uint32_t n_bytes,
				   uint32_t timeout_ms)
{
	struct mmc_command command = no_data(op, n_cdb_bytes, timeout_ms);

	if (n_bytes) {
		command.direction = MMC_TO_DRIVE;
		command.data = (void *)(uintptr_t)data;	/* only read in this direction */
		command.n_data_bytes = n_bytes;
	}
	return command;
}

/* A 10-byte query, with its allocation length in bytes 7 and 8. */
static struct mmc_command query10(enum mmc_op op, void *data, uint16_t n_bytes)
{
	struct mmc_command command = from_drive(op, 10, data, n_bytes, QUERY_MS);

	put_be16(command.cdb + 7, n_bytes);
	return command;
}

struct mmc_command mmc_cdb_test_unit_ready(void)
{
	return no_data(MMC_TEST_UNIT_READY, 6, QUERY_MS);
}

struct mmc_command mmc_cdb_request_sense(void *ret_data, uint8_t n_bytes)
{
	struct mmc_command command = from_drive(MMC_REQUEST_SENSE, 6, ret_data, n_bytes, QUERY_MS);

	command.cdb[4] = n_bytes;
	return command;
}

struct mmc_command mmc_cdb_inquiry(void *ret_data, uint8_t n_bytes)
{
	struct mmc_command command = from_drive(MMC_INQUIRY, 6, ret_data, n_bytes, QUERY_MS);

	command.cdb[4] = n_bytes;
	return command;
}

struct mmc_command mmc_cdb_start_stop_unit(enum mmc_motion motion, bool is_immediate)
{
	struct mmc_command command = no_data(MMC_START_STOP_UNIT, 6, MOVE_MS);

	command.cdb[1] = is_immediate;
	command.cdb[4] = (uint8_t)motion;
	return command;
}

struct mmc_command mmc_cdb_prevent_allow(bool is_prevented, bool is_persistent)
{
	struct mmc_command command = no_data(MMC_PREVENT_ALLOW, 6, QUERY_MS);

	command.cdb[4] = (uint8_t)(is_persistent << 1 | is_prevented);
	return command;
}

struct mmc_command mmc_cdb_read_capacity(void *ret_data8)
{
	return from_drive(MMC_READ_CAPACITY, 10, ret_data8, 8, QUERY_MS);
}

struct mmc_command mmc_cdb_read_format_capacities(void *ret_data, uint16_t n_bytes)
{
	return query10(MMC_READ_FORMAT_CAPACITIES, ret_data, n_bytes);
}

struct mmc_command mmc_cdb_get_configuration(uint16_t first_feature, void *ret_data, uint16_t n_bytes)
{
	struct mmc_command command = query10(MMC_GET_CONFIGURATION, ret_data, n_bytes);

	put_be16(command.cdb + 2, first_feature);
	return command;
}

struct mmc_command mmc_cdb_get_event_status(uint8_t classes, void *ret_data, uint16_t n_bytes)
{
	struct mmc_command command = query10(MMC_GET_EVENT_STATUS, ret_data, n_bytes);

	command.cdb[1] = 1;		/* polled */
	command.cdb[4] = classes;
	return command;
}

struct mmc_command mmc_cdb_read_disc_information(uint8_t data_type, void *ret_data, uint16_t n_bytes)
{
	struct mmc_command command = query10(MMC_READ_DISC_INFORMATION, ret_data, n_bytes);

	command.cdb[1] = data_type & 7;
	return command;
}

struct mmc_command mmc_cdb_read_track_information(uint16_t track, void *ret_data, uint16_t n_bytes)
{
	struct mmc_command command = query10(MMC_READ_TRACK_INFORMATION, ret_data, n_bytes);

	command.cdb[1] = 1;		/* the address is a track number */
	put_be32(command.cdb + 2, track);
	return command;
}

struct mmc_command mmc_cdb_read_toc(uint8_t format, uint8_t first, void *ret_data, uint16_t n_bytes)
{
	struct mmc_command command = query10(MMC_READ_TOC, ret_data, n_bytes);

	command.cdb[1] = format >= 2 ? 2 : 0;	/* MSF, which formats from 2 up have anyway */
	command.cdb[2] = format & 0x0F;
	command.cdb[6] = first;
	return command;
}

struct mmc_command mmc_cdb_mode_sense(enum mmc_page_control control, uint8_t page, void *ret_data, uint16_t n_bytes)
{
	struct mmc_command command = query10(MMC_MODE_SENSE_10, ret_data, n_bytes);

	command.cdb[1] = 0x08;		/* no block descriptors */
	command.cdb[2] = (uint8_t)((unsigned)control << 6 | (page & 0x3F));
	return command;
}

struct mmc_command mmc_cdb_mode_select(const void *data, uint16_t n_bytes)
{
	struct mmc_command command = to_drive(MMC_MODE_SELECT_10, 10, data, n_bytes, QUERY_MS);

	command.cdb[1] = 0x10;		/* the page has the standard's format */
	put_be16(command.cdb + 7, n_bytes);
	return command;
}

struct mmc_command mmc_cdb_read(uint32_t lba, uint16_t n_blocks, void *ret_data)
{
	struct mmc_command command = from_drive(MMC_READ_10, 10, ret_data, n_blocks * MMC_BLOCK_BYTES, READ_MS);

	put_be32(command.cdb + 2, lba);
	put_be16(command.cdb + 7, n_blocks);
	return command;
}

struct mmc_command mmc_cdb_write(uint32_t lba, uint16_t n_blocks, const void *data)
{
	struct mmc_command command = to_drive(MMC_WRITE_10, 10, data, n_blocks * MMC_BLOCK_BYTES, WRITE_MS);

	put_be32(command.cdb + 2, lba);
	put_be16(command.cdb + 7, n_blocks);
	return command;
}

struct mmc_command mmc_cdb_write_streaming(uint32_t lba, uint32_t n_blocks, const void *data)
{
	struct mmc_command command = to_drive(MMC_WRITE_12, 12, data, n_blocks * MMC_BLOCK_BYTES, WRITE_MS);

	put_be32(command.cdb + 2, lba);
	put_be32(command.cdb + 6, n_blocks);
	command.cdb[10] = 0x80;
	return command;
}

struct mmc_command mmc_cdb_verify(uint32_t lba, uint16_t n_blocks)
{
	struct mmc_command command = no_data(MMC_VERIFY_10, 10, READ_MS);

	put_be32(command.cdb + 2, lba);
	put_be16(command.cdb + 7, n_blocks);
	return command;
}

struct mmc_command mmc_cdb_synchronize_cache(bool is_immediate)
{
	struct mmc_command command = no_data(MMC_SYNCHRONIZE_CACHE, 10, FLUSH_MS);

	command.cdb[1] = (uint8_t)(is_immediate << 1);
	return command;
}

struct mmc_command mmc_cdb_read_buffer_capacity(void *ret_data12)
{
	return query10(MMC_READ_BUFFER_CAPACITY, ret_data12, 12);
}

struct mmc_command mmc_cdb_blank(enum mmc_blanking type, uint32_t start, bool is_immediate)
{
	struct mmc_command command = no_data(MMC_BLANK, 12, BLANK_MS);

	command.cdb[1] = (uint8_t)((unsigned)is_immediate << 4 | (unsigned)type);
	put_be32(command.cdb + 2, start);
	return command;
}

struct mmc_command mmc_cdb_close(enum mmc_closing function, uint16_t track, bool is_immediate)
{
	struct mmc_command command = no_data(MMC_CLOSE_TRACK_SESSION, 10, CLOSE_MS);

	command.cdb[1] = is_immediate;
	command.cdb[2] = (uint8_t)function;
	put_be16(command.cdb + 4, track);
	return command;
}

struct mmc_command mmc_cdb_send_cue_sheet(const void *sheet, uint32_t n_bytes)
{
	struct mmc_command command = to_drive(MMC_SEND_CUE_SHEET, 10, sheet, n_bytes, QUERY_MS);

	put_be24(command.cdb + 6, n_bytes);
	return command;
}

struct mmc_command mmc_cdb_reserve_track(uint32_t n_blocks)
{
	struct mmc_command command = no_data(MMC_RESERVE_TRACK, 10, CLOSE_MS);

	put_be32(command.cdb + 5, n_blocks);
	return command;
}

struct mmc_command mmc_cdb_send_opc(void)
{
	struct mmc_command command = no_data(MMC_SEND_OPC_INFORMATION, 10, OPC_MS);

	command.cdb[1] = 1;		/* calibrate now */
	return command;
}

struct mmc_command mmc_cdb_repair_track(uint16_t track, bool is_immediate)
{
	struct mmc_command command = no_data(MMC_REPAIR_TRACK, 10, CLOSE_MS);

	command.cdb[1] = is_immediate;
	put_be16(command.cdb + 4, track);
	return command;
}

void mmc_format_list_encode(const struct mmc_format_list *list, uint8_t ret_bytes[MMC_FORMAT_LIST_BYTES])
{
	memset(ret_bytes, 0, MMC_FORMAT_LIST_BYTES);
	ret_bytes[1] = (uint8_t)(list->has_options << 7 | list->is_certification_off << 5 | list->is_immediate << 1);
	ret_bytes[3] = 8;		/* bytes of the descriptor */
	put_be32(ret_bytes + 4, list->n_blocks);
	ret_bytes[8] = (uint8_t)(list->type << 2 | (list->subtype & 3));
	put_be24(ret_bytes + 9, list->parameter);
}

struct mmc_command mmc_cdb_format_unit(const void *list12, bool is_complete_list)
{
	struct mmc_command command = to_drive(MMC_FORMAT_UNIT, 6, list12, MMC_FORMAT_LIST_BYTES, BLANK_MS);

	command.cdb[1] = is_complete_list ? 0x19 : 0x11;	/* FmtData, format code 1 */
	return command;
}

void mmc_format_list_encode_old(uint32_t n_blocks, uint8_t ret_bytes[MMC_FORMAT_LIST_BYTES])
{
	memset(ret_bytes, 0, MMC_FORMAT_LIST_BYTES);
	ret_bytes[1] = 0x02;		/* Immed */
	ret_bytes[3] = 8;
	put_be32(ret_bytes + 8, n_blocks);
}

struct mmc_command mmc_cdb_format_unit_old(const void *list12)
{
	struct mmc_command command = to_drive(MMC_FORMAT_UNIT, 6, list12, MMC_FORMAT_LIST_BYTES, BLANK_MS);

	command.cdb[1] = 0x17;		/* FmtData, format code 7 */
	return command;
}

struct mmc_command mmc_cdb_set_cd_speed(uint16_t read_kbs, uint16_t write_kbs)
{
	struct mmc_command command = no_data(MMC_SET_CD_SPEED, 12, QUERY_MS);

	put_be16(command.cdb + 2, read_kbs);
	put_be16(command.cdb + 4, write_kbs);
	return command;
}

struct mmc_command mmc_cdb_set_streaming(const void *data28)
{
	struct mmc_command command = to_drive(MMC_SET_STREAMING, 12, data28, MMC_STREAMING_BYTES, QUERY_MS);

	put_be16(command.cdb + 9, MMC_STREAMING_BYTES);
	return command;
}

struct mmc_command mmc_cdb_get_performance(uint8_t type, uint16_t n_descriptors, void *ret_data, uint32_t n_bytes)
{
	struct mmc_command command = from_drive(MMC_GET_PERFORMANCE, 12, ret_data, n_bytes, QUERY_MS);

	put_be16(command.cdb + 8, n_descriptors);
	command.cdb[10] = type;
	return command;
}

struct mmc_command mmc_cdb_read_disc_structure(bool is_bd, uint8_t format, void *ret_data, uint16_t n_bytes)
{
	struct mmc_command command = from_drive(MMC_READ_DISC_STRUCTURE, 12, ret_data, n_bytes, QUERY_MS);

	command.cdb[1] = is_bd;
	command.cdb[7] = format;
	put_be16(command.cdb + 8, n_bytes);
	return command;
}

struct mmc_command mmc_cdb_send_disc_structure(uint8_t format, const void *data, uint16_t n_bytes)
{
	struct mmc_command command = to_drive(MMC_SEND_DISC_STRUCTURE, 12, data, n_bytes, QUERY_MS);

	command.cdb[7] = format;
	put_be16(command.cdb + 8, n_bytes);
	return command;
}
