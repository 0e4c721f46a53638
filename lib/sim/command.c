/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of commands, and the order in which a drive finds out what is wrong: unit attention, opcode,
 * medium, not ready, deferred error, fields of the CDB.  What comes after is the command's own.
 */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/attention.h"
#include "sim/cache.h"
#include "sim/clock.h"
#include "sim/sequence.h"

/* How a command fares while a long operation runs. */
enum class {
	FREE,				/* always executed */
	READY,				/* TEST UNIT READY */
	INFORMATION,			/* READ DISC and TRACK INFORMATION */
	READS,				/* and everything else about the medium */
	WRITES,
	TRAY,
	N_CLASSES
};

#define EXEMPT 1u			/* neither reports nor clears a unit attention */
#define MEDIUM 2u			/* needs a medium */
#define NO_DEFERRED 4u			/* leaves errors of earlier writes to others */

struct row {
	uint8_t opcode, n_cdb_bytes;
	enum class class;
	uint8_t flags;
	enum mmc_direction direction;
	sim_sense (*run)(struct sim *sim, struct sim_command *cmd);
	uint8_t allowed[10];		/* bits that bytes 1 to 10 may have; the LUN of old in byte 1 always */
};

static sim_sense cmd_test_unit_ready(struct sim *sim, struct sim_command *cmd);
static sim_sense cmd_request_sense(struct sim *sim, struct sim_command *cmd);

#define FF4 0xff, 0xff, 0xff, 0xff
static const struct row rows[] = {
	{ 0x00, 6, READY, MEDIUM | NO_DEFERRED, MMC_NO_DATA, cmd_test_unit_ready, { 0 } },
	{ 0x03, 6, FREE, EXEMPT, MMC_FROM_DRIVE, cmd_request_sense, { 0x01, 0, 0, 0xff } },
	{ 0x04, 6, WRITES, MEDIUM, MMC_TO_DRIVE, cmd_format, { 0x1f, FF4 } },
	{ 0x12, 6, FREE, EXEMPT, MMC_FROM_DRIVE, cmd_inquiry, { 0x03, 0xff, 0xff, 0xff } },
	{ 0x1B, 6, TRAY, 0, MMC_NO_DATA, cmd_start_stop, { 0x01, 0, 0x0f, 0xff } },
	{ 0x1E, 6, FREE, 0, MMC_NO_DATA, cmd_prevent, { 0, 0, 0, 0x03 } },
	{ 0x23, 10, READS, MEDIUM, MMC_FROM_DRIVE, cmd_format_capacities, { 0, 0, 0, 0, 0, 0, 0xff, 0xff } },
	{ 0x25, 10, READS, MEDIUM, MMC_FROM_DRIVE, cmd_capacity, { 0x01, FF4, 0, 0, 0x01 } },
	{ 0x28, 10, READS, MEDIUM, MMC_FROM_DRIVE, cmd_read, { 0x18, FF4, 0, 0xff, 0xff } },
	{ 0x2A, 10, WRITES, MEDIUM, MMC_TO_DRIVE, cmd_write, { 0x18, FF4, 0, 0xff, 0xff } },
	{ 0x2B, 10, READS, MEDIUM, MMC_NO_DATA, cmd_seek, { 0, FF4 } },
	{ 0x2E, 10, WRITES, MEDIUM, MMC_TO_DRIVE, cmd_write_verify, { 0x1a, FF4, 0, 0xff, 0xff } },
	{ 0x2F, 10, READS, MEDIUM, MMC_TO_DRIVE, cmd_verify, { 0x12, FF4, 0, 0xff, 0xff } },
	{ 0x35, 10, WRITES, MEDIUM, MMC_NO_DATA, cmd_sync, { 0x02, FF4, 0, 0xff, 0xff } },
	{ 0x43, 10, READS, MEDIUM, MMC_FROM_DRIVE, cmd_toc, { 0x02, 0x0f, 0, 0, 0, 0xff, 0xff, 0xff } },
	{ 0x46, 10, FREE, EXEMPT, MMC_FROM_DRIVE, cmd_configuration, { 0x03, 0xff, 0xff, 0, 0, 0, 0xff, 0xff } },
	{ 0x4A, 10, FREE, EXEMPT, MMC_FROM_DRIVE, cmd_event_status, { 0x01, 0, 0, 0xff, 0, 0, 0xff, 0xff } },
	{ 0x51, 10, INFORMATION, MEDIUM | NO_DEFERRED, MMC_FROM_DRIVE, cmd_disc_information,
	  { 0x1f, 0, 0, 0, 0, 0, 0xff, 0xff } },
	{ 0x52, 10, INFORMATION, MEDIUM | NO_DEFERRED, MMC_FROM_DRIVE, cmd_track_information,
	  { 0x07, FF4, 0, 0xff, 0xff } },
	{ 0x53, 10, WRITES, MEDIUM, MMC_NO_DATA, cmd_reserve, { 0x03, FF4, 0xff, 0xff, 0xff } },
	{ 0x54, 10, WRITES, MEDIUM, MMC_TO_DRIVE, cmd_opc, { 0x01, 0, 0, 0, 0, 0, 0xff, 0xff } },
	{ 0x55, 10, READS, 0, MMC_TO_DRIVE, cmd_mode_select, { 0x11, 0, 0, 0, 0, 0, 0xff, 0xff } },
	{ 0x58, 10, WRITES, MEDIUM, MMC_NO_DATA, cmd_repair, { 0x01, 0, 0, 0xff, 0xff } },
	{ 0x5A, 10, FREE, 0, MMC_FROM_DRIVE, cmd_mode_sense, { 0x18, 0xff, 0xff, 0, 0, 0, 0xff, 0xff } },
	{ 0x5B, 10, WRITES, MEDIUM, MMC_NO_DATA, cmd_close, { 0x01, 0x07, 0, 0xff, 0xff } },
	{ 0x5C, 10, FREE, 0, MMC_FROM_DRIVE, cmd_buffer_capacity, { 0x01, 0, 0, 0, 0, 0, 0xff, 0xff } },
	{ 0x5D, 10, WRITES, MEDIUM, MMC_TO_DRIVE, cmd_cue_sheet, { 0, 0, 0, 0, 0, 0xff, 0xff, 0xff } },
	{ 0xA0, 12, FREE, EXEMPT, MMC_FROM_DRIVE, cmd_report_luns, { 0, 0xff, 0, 0, 0, FF4 } },
	{ 0xA1, 12, WRITES, MEDIUM, MMC_NO_DATA, cmd_blank, { 0x17, FF4 } },
	{ 0xA8, 12, READS, MEDIUM, MMC_FROM_DRIVE, cmd_read, { 0x18, FF4, FF4, 0x80 } },
	{ 0xAA, 12, WRITES, MEDIUM, MMC_TO_DRIVE, cmd_write, { 0x18, FF4, FF4, 0x80 } },
	{ 0xAC, 12, READS, MEDIUM, MMC_FROM_DRIVE, cmd_performance, { 0x1f, FF4, 0, 0, 0xff, 0xff, 0xff } },
	{ 0xAD, 12, READS, MEDIUM, MMC_FROM_DRIVE, cmd_read_structure, { 0x0f, FF4, 0xff, 0xff, 0xff, 0xff, 0xc0 } },
	{ 0xB6, 12, FREE, 0, MMC_TO_DRIVE, cmd_set_streaming, { 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff } },
	{ 0xBB, 12, FREE, 0, MMC_NO_DATA, cmd_set_speed, { 0x03, FF4 } },
	{ 0xBD, 12, FREE, 0, MMC_FROM_DRIVE, cmd_mechanism, { 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff } },
	{ 0xBF, 12, WRITES, MEDIUM, MMC_TO_DRIVE, cmd_send_structure, { 0x0f, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff } },
};
#define N_ROWS (sizeof(rows) / sizeof(*rows))

/* ---- while a long operation runs ---- */

#define LOADING SENSE(2, 0x04, 0x01)
#define FORMATTING SENSE(2, 0x04, 0x04)
#define OPERATING SENSE(2, 0x04, 0x07)
#define WRITING SENSE(2, 0x04, 0x08)
#define REMOVAL_PREVENTED SENSE(5, 0x53, 0x02)

/* By class; 0: the command is executed.  The column TRAY is about ejecting. */
static const struct {
	sim_sense sense[N_CLASSES];
	sim_sense requested;		/* by REQUEST SENSE */
	bool has_progress;
	bool waits;			/* who is executed waits for the end */
} busy[SIM_N_OPS] = {
	[OP_LOAD] = { { 0, LOADING, LOADING, LOADING, LOADING, 0 }, LOADING, false, false },
	[OP_FORMAT] = { { 0, FORMATTING, FORMATTING, FORMATTING, FORMATTING, REMOVAL_PREVENTED }, FORMATTING, true,
			false },
	[OP_BLANK] = { { 0, OPERATING, OPERATING, OPERATING, OPERATING, REMOVAL_PREVENTED }, OPERATING, true, false },
	[OP_CLOSE] = { { 0, OPERATING, OPERATING, OPERATING, WRITING, REMOVAL_PREVENTED }, OPERATING, true, false },
	[OP_SYNC] = { { 0, WRITING, OPERATING, 0, 0, 0 }, WRITING, false, true },
	[OP_OPC] = { { 0, OPERATING, OPERATING, OPERATING, OPERATING, 0 }, OPERATING, false, true },
};

static void add_progress(const struct sim *sim, struct sim_command *cmd)
{
	const struct sim_operation *op = &sim->drive->op;

	cmd->has_progress = busy[op->kind].has_progress && !op->no_progress;
	cmd->progress = sim_op_progress(sim);
}

/* TEST UNIT READY says GOOD although the drive isn't ready. */
static bool hides_operation(struct sim *sim)
{
	struct sim_operation *op = &sim->drive->op;

	if (op->hides_start && op->kind != OP_LOAD) {
		op->hides_start = false;
		return true;
	}
	return (op->kind == OP_CLOSE && sim_has(sim, QUIRK_TUR_GOOD_CLOSE)) ||
	       (op->kind == OP_SYNC && sim_has(sim, QUIRK_TUR_GOOD_SYNC));
}

static sim_sense check_busy(struct sim *sim, struct sim_command *cmd, const struct row *row)
{
	const struct sim_operation *op = &sim->drive->op;
	bool ejects = row->class == TRAY && (cmd->cdb[4] & 3) == 2 && !(cmd->cdb[4] >> 4);
	sim_sense sense;

	if (op->kind == OP_NONE || row->class == FREE || (row->class == TRAY && !ejects))
		return 0;
	sense = busy[op->kind].sense[row->class];
	if (ejects && sim_has(sim, QUIRK_EJECT_ABORTS))
		return 0;
	if (!sense && busy[op->kind].waits) {
		sim->drive->clock_us = op->end_us > sim->drive->clock_us ? op->end_us : sim->drive->clock_us;
		sim_op_finish(sim);
	}
	if (!sense)
		return 0;
	if (row->class == READY && hides_operation(sim)) {
		sim_op_poll(sim);
		return 0;
	}
	sim_op_poll(sim);
	if (row->class == READY)
		add_progress(sim, cmd);
	return sense;
}

static sim_sense cmd_test_unit_ready(struct sim *sim, struct sim_command *cmd)
{
	(void)sim;
	(void)cmd;
	return 0;
}

/* The sense is the reply here. */
static sim_sense cmd_request_sense(struct sim *sim, struct sim_command *cmd)
{
	struct sim_operation *op = &sim->drive->op;
	sim_sense sense = sim_attention_take(sim);
	uint8_t reply[18];

	if (!sense && op->kind != OP_NONE) {
		sense = busy[op->kind].requested;
		sim_op_poll(sim);
		add_progress(sim, cmd);
	} else if (!sense && sim->disc && sim->disc->kind->family->background &&
		   sim->disc->kind->family->background(sim, &cmd->progress)) {
		sense = SENSE(0, 0x04, 0x04);
		cmd->has_progress = true;
	}
	sim_sense_bytes(cmd, sense, reply);
	cmd->has_progress = false;
	return sim_reply(sim, cmd, reply, sizeof(reply), cmd->cdb[4]);
}

/* ---- the order ---- */

static const struct row *find_row(uint8_t opcode)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].opcode == opcode)
			return &rows[i];
	return NULL;
}

static sim_sense check_reserved(struct sim_command *cmd, const struct row *row)
{
	for (unsigned i = 1; i + 1 < row->n_cdb_bytes; i++) {
		uint8_t wrong = (uint8_t)(cmd->cdb[i] & ~row->allowed[i - 1] & (i == 1 ? 0x1f : 0xff));

		for (unsigned bit = 0; bit < 8; bit++)
			if (wrong & 1u << bit)
				return sim_bad_field(cmd, (uint16_t)i, (uint8_t)bit);
	}
	return 0;
}

static sim_sense check_medium(const struct sim *sim, const struct row *row)
{
	if (sim->disc || !(row->flags & MEDIUM))
		return 0;
	if (sim_has(sim, QUIRK_3A00))
		return SENSE(2, 0x3A, 0x00);
	return sim->drive->tray_open ? SENSE(2, 0x3A, 0x02) : SENSE(2, 0x3A, 0x01);
}

/* What only some drives are not ready for. */
static sim_sense check_quirks(struct sim *sim, const struct row *row)
{
	if (!(row->flags & MEDIUM))
		return 0;
	if (sim->drive->stopped && sim_has(sim, QUIRK_STOP_NEEDS_START))
		return SENSE(2, 0x04, 0x02);
	if (row->class != INFORMATION || !sim->n_cached || !sim_has(sim, QUIRK_RTI_BUSY))
		return 0;
	(void)sim_cache_flush(sim, NULL);
	return OPERATING;
}

static sim_sense check(struct sim *sim, struct sim_command *cmd, const struct row *row)
{
	bool is_exempt = row && row->flags & EXEMPT;
	sim_sense sense;

	if (is_exempt)
		return check_reserved(cmd, row);
	if (!row && sim_has(sim, QUIRK_OPCODE_FIRST))
		return INVALID_OPCODE;
	if (row && sim_has(sim, QUIRK_NOMEDIUM_FIRST)) {
		sense = check_medium(sim, row);
		if (sense)
			return sense;
	}
	sense = sim_attention_take(sim);
	if (sense)
		return sense;
	if (!row)
		return INVALID_OPCODE;
	sense = check_medium(sim, row);
	if (!sense)
		sense = check_busy(sim, cmd, row);
	if (!sense)
		sense = check_quirks(sim, row);
	if (sense)
		return sense;
	if (row->flags & MEDIUM && (!(row->flags & NO_DEFERRED) ||
				    (row->class == READY && sim_has(sim, QUIRK_DEFERRED_TUR))) &&
	    sim_deferred_take(sim, cmd, &sense))
		return sense;
	return check_reserved(cmd, row);
}

sim_sense sim_execute(struct sim *sim, struct sim_command *cmd, uint8_t ret_sense[18])
{
	const struct row *row = find_row(cmd->cdb[0]);
	sim_sense sense;

	if (cmd->cdb[0] == 0x46 && sim_has(sim, QUIRK_NO_CONFIGURATION) && (!sim->disc || sim->disc->kind->is_cd))
		row = NULL;
	sim_op_update(sim);
	if (row && cmd->direction != row->direction)
		cmd->n_data_bytes = 0;
	sense = check(sim, cmd, row);
	if (!sense && row->flags & MEDIUM)
		sim->drive->stopped = false;
	if (!sense)
		sense = row->run(sim, cmd);
	if (SENSE_KEY(sense) == 2 && (sense >> 8 & 0xff) == 0x04 && sim_has(sim, QUIRK_NOT_REPORTABLE)) {
		sense = SENSE(2, 0x04, 0x00);
		cmd->has_progress = false;
	}
	if (SENSE_KEY(sense) == 7 && sim_has(sim, QUIRK_WP_KEY5))
		sense = SENSE(5, sense >> 8 & 0xff, sense & 0xff);
	if (!sense)
		return 0;
	sim_sense_bytes(cmd, sense, ret_sense);
	if (sim_has(sim, QUIRK_VENDOR_SENSE))
		memcpy(ret_sense + 8, "\x2A\x30\x02\x80", 4);
	if (sim_has(sim, QUIRK_LBA_NOT_VALID))
		ret_sense[0] &= 0x7f;
	return sense;
}
