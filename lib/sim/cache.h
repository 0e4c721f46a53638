/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The write cache. */
#ifndef UDF_SIM_CACHE_H
#define UDF_SIM_CACHE_H

#include "sim/command.h"
#include "sim/family.h"

sim_sense sim_cache_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span, const uint8_t *data);
sim_sense sim_cache_read(struct sim *sim, struct sim_command *cmd, const struct sim_span *span, uint8_t *ret_data);
/** Write out everything.  CMD NULL, or not the first error: errors are deferred. */
sim_sense sim_cache_flush(struct sim *sim, struct sim_command *cmd);
uint32_t sim_cached_bytes(const struct sim *sim);
/** The power fails now. */
void sim_power_fail(struct sim *sim);

#endif
