/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DVD-R, and DVD-RW that isn't formatted. */
#ifndef UDF_SIM_BORDER_H
#define UDF_SIM_BORDER_H

#include "sim/sequence.h"

struct sim_seq_rules sim_border_rules(const struct sim *sim);
sim_sense sim_border_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span);
sim_sense sim_border_sync(struct sim *sim, struct sim_command *cmd);
sim_sense sim_border_reserve(struct sim *sim, struct sim_command *cmd, uint32_t n_blocks);
sim_sense sim_border_close(struct sim *sim, struct sim_command *cmd, unsigned function, unsigned track, bool immed);
sim_sense sim_border_check_page05(const struct sim *sim, struct sim_command *cmd, const uint8_t *page, uint16_t at);
/** The structures of DVD-R and DVD-RW; BOOK is their first byte. */
sim_sense sim_border_structure(const struct sim *sim, uint8_t book, unsigned format, uint8_t *ret,
			       uint32_t *ret_n_bytes);
extern const uint8_t sim_border_structures[];

#endif
