/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CD-R, and CD-RW that isn't formatted. */
#ifndef UDF_SIM_CD_H
#define UDF_SIM_CD_H

#include "sim/sequence.h"

enum { SIM_CD_LOST = SIM_OTHER_STATES, SIM_OTHER_CD_STATES };	/* see sim_cd_lose() */

struct sim_seq_rules sim_cd_rules(const struct sim *sim);
uint32_t sim_msf(uint32_t lba);	/* 00 MM SS FF */
uint32_t sim_cd_last_lead_out(const struct sim_disc *disc);
#define SIM_LEAD_IN_OF_ATIP 0x00610F23u	/* 97:15:35 */
/**
 * Describe a CD that isn't formatted.  The caller sets its profile and capacities, and, before the call, the features
 * of its state.
 */
void sim_cd_describe(const struct sim *sim, struct sim_view *view);
sim_sense sim_cd_may_write(const struct sim *sim);
sim_sense sim_cd_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span);
sim_sense sim_cd_sync(struct sim *sim, struct sim_command *cmd);
sim_sense sim_cd_cue_sheet(struct sim *sim, struct sim_command *cmd);
sim_sense sim_cd_close(struct sim *sim, struct sim_command *cmd, unsigned function, unsigned track, bool immed);
void sim_cd_finish_close(struct sim *sim);
sim_sense sim_cd_reserve(struct sim *sim, struct sim_command *cmd, uint32_t n_blocks);
sim_sense sim_cd_check_page05(const struct sim *sim, struct sim_command *cmd, const uint8_t *page, uint16_t at);
/** The disc is SIM_CD_LOST: it can't be read, and it can't be written, but CD-RW can still be blanked. */
void sim_cd_lose(struct sim *sim);
void sim_cd_cut(struct sim *sim, enum sim_op op);
void sim_cd_load(struct sim *sim);
uint32_t sim_cd_atip(const struct sim *sim, uint8_t *ret);

#endif
