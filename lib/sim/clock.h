/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual time, and operations that take long. */
#ifndef UDF_SIM_CLOCK_H
#define UDF_SIM_CLOCK_H

#include "sim/drive.h"

void sim_busy_for(struct sim *sim, uint64_t us);
/** Begin.  IMMED false: the command takes that long, and it is complete on return. */
void sim_op_begin(struct sim *sim, enum sim_op kind, uint64_t total_ms, uint32_t n_polls, bool immed);
/** End the operation if its time has come. */
void sim_op_update(struct sim *sim);
void sim_op_poll(struct sim *sim);
uint16_t sim_op_progress(const struct sim *sim);
void sim_op_finish(struct sim *sim);
/** Does an operation run that leaves the disc unusable if it doesn't come to its end? */
bool sim_op_changes_disc(const struct sim *sim);
/** The text of "formatting", ...; NULL: none. */
const char *sim_op_text(const struct sim *sim);

#endif
