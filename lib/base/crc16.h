/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CRC-16 of descriptor tags (ECMA-167 3/7.2.6): polynomial 0x1021, start 0, no reflection. */
#ifndef UDF_BASE_CRC16_H
#define UDF_BASE_CRC16_H

#include <stddef.h>
#include <stdint.h>

/** The CRC of N_BYTES bytes that follow the bytes whose CRC is CRC (0 at the start). */
uint16_t udf_crc16(uint16_t crc, const void *data, size_t n_bytes);

#endif
