/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The current mode pages. */
#ifndef UDF_SIM_MODE_H
#define UDF_SIM_MODE_H

#include <stdbool.h>
#include <stdint.h>

struct sim;

void sim_pages_reset(struct sim *sim);
void sim_page_reset(struct sim *sim, unsigned code);
/** Does mode page 05 have an effect on this disc? */
bool sim_uses_page05(const struct sim *sim);
/** Byte AT of the current mode page CODE. */
uint8_t sim_page_byte(const struct sim *sim, unsigned code, unsigned at);
void sim_page_set(struct sim *sim, unsigned code, unsigned at, uint8_t byte);

#endif
