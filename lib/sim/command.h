/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One command at work, the verdict on it, and the commands. */
#ifndef UDF_SIM_COMMAND_H
#define UDF_SIM_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "mmc/transport.h"

struct sim;

#define SIM_MAX_TRANSFER_BYTES (4u << 20)

/* A verdict on a command: 0 is GOOD, else key, ASC and ASCQ. */
typedef uint32_t sim_sense;
#define SENSE(key, asc, ascq) ((sim_sense)(key) << 16 | (sim_sense)(asc) << 8 | (sim_sense)(ascq))
#define SENSE_KEY(sense) ((uint8_t)((sense) >> 16))
#define INVALID_OPCODE SENSE(5, 0x20, 0x00)
#define INVALID_IN_CDB SENSE(5, 0x24, 0x00)
#define BAD_LIST_LENGTH SENSE(5, 0x1A, 0x00)
#define INVALID_IN_LIST SENSE(5, 0x26, 0x00)
#define OUT_OF_RANGE SENSE(5, 0x21, 0x00)
#define BAD_WRITE_ADDRESS SENSE(5, 0x21, 0x02)
#define WRONG_SEQUENCE SENSE(5, 0x2C, 0x00)
#define WRONG_MODE SENSE(5, 0x64, 0x00)
#define BAD_PACKET_SIZE SENSE(5, 0x64, 0x01)
#define CANNOT_WRITE SENSE(5, 0x30, 0x05)
#define CANNOT_FORMAT SENSE(5, 0x30, 0x06)
#define NOT_FORMATTED SENSE(5, 0x30, 0x10)
#define FORMAT_CORRUPTED SENSE(3, 0x31, 0x00)
#define UNREADABLE SENSE(3, 0x11, 0x05)

/* A command at work. */
struct sim_command {
	uint8_t cdb[MMC_MAX_CDB_BYTES];
	uint8_t *data;			/* to or from the drive */
	uint32_t n_data_bytes;
	enum mmc_direction direction;
	uint32_t n_done_bytes;		/* of the data */
	/* details of the sense */
	bool has_lba, has_field, has_progress, is_deferred;
	bool field_is_in_list;
	uint32_t lba;
	uint16_t field;
	uint8_t field_bit;		/* 8: not given */
	uint16_t progress;
};

/* ---- reply.c: parts of commands ---- */

/** Refuse a CDB (or parameter list) for byte FIELD; BIT 0 to 7, or 8. */
sim_sense sim_bad_field(struct sim_command *cmd, uint16_t field, uint8_t bit);
sim_sense sim_bad_list(struct sim_command *cmd, uint16_t field);
sim_sense sim_bad_lba(struct sim_command *cmd, sim_sense sense, uint32_t lba);
/** Send the first ALLOC bytes of REPLY. */
sim_sense sim_reply(struct sim *sim, struct sim_command *cmd, const uint8_t *reply, uint32_t n_bytes, uint32_t alloc);
void sim_sense_bytes(const struct sim_command *cmd, sim_sense sense, uint8_t ret[18]);

/* ---- the commands; each lies in the file of its subject ---- */

sim_sense cmd_inquiry(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_report_luns(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_configuration(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_mode_sense(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_mode_select(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_disc_information(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_track_information(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_format_capacities(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_capacity(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_toc(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_read_structure(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_send_structure(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_performance(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_set_speed(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_set_streaming(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_buffer_capacity(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_opc(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_read(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_write(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_write_verify(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_verify(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_seek(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_sync(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_format(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_blank(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_close(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_reserve(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_repair(struct sim *sim, struct sim_command *cmd);

/* ---- command.c ---- */

/**
 * Execute CMD in the drive's present state.  RET_SENSE is set where the verdict isn't 0, and where it is
 * deferred.
 */
sim_sense sim_execute(struct sim *sim, struct sim_command *cmd, uint8_t ret_sense[18]);

/* ---- log.c ---- */

void sim_log_open(struct sim *sim);
void sim_log_command(struct sim *sim, const struct sim_command *cmd, uint8_t n_cdb_bytes, sim_sense sense);

#endif
