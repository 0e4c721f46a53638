/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command's first byte tells: how long the command is, and which way its data go. */
#ifndef MMCSIM_CDB_H
#define MMCSIM_CDB_H

#include <stdint.h>

#include "mmc/transport.h"

/** How many bytes a command with this operation code has (SPC-3 4.3.4.1); 12 where the standard does not say. */
uint8_t cdb_n_bytes(uint8_t opcode);

/** Which way the data of this command go, if it has any. */
enum mmc_direction cdb_direction(uint8_t opcode);

#endif
