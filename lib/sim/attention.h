/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unit attentions, errors that are reported late, events, write protection. */
#ifndef UDF_SIM_ATTENTION_H
#define UDF_SIM_ATTENTION_H

#include "sim/command.h"

struct sim;

void sim_attention_add(struct sim *sim, sim_sense sense);
sim_sense sim_attention_take(struct sim *sim);	/* 0: none */
void sim_attention_drop(struct sim *sim, sim_sense sense);
void sim_deferred_add(struct sim *sim, sim_sense sense, uint32_t lba);
bool sim_deferred_take(struct sim *sim, struct sim_command *cmd, sim_sense *ret_sense);
sim_sense cmd_event_status(struct sim *sim, struct sim_command *cmd);
/** Does the drive protect the medium, for WRITE?  0: no. */
sim_sense sim_write_protection(const struct sim *sim);

#endif
