// SPDX-License-Identifier: GPL-2.0-or-later
/* The volume recognition sequence (ECMA-167 2/8.3, UDF 2.1.7). */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "vol/internal.h"

#define VRS_OFFSET_BYTES 32768u
#define VSD_BYTES 2048u
#define VSD_DATA_AT 7u
#define MAX_VSDS 256u		/* bridge discs have a few */

/* Read N_BYTES from a byte offset of the device; BUF is scratch of bio blocks. */
static enum udf_err read_bytes(struct udf_vol *vol, uint64_t at_byte, uint32_t n_bytes, uint8_t *scratch,
			       uint8_t *ret_data)
{
	uint32_t bio_bytes = vol->bio->geometry.block_bytes;
	uint64_t first = at_byte / bio_bytes;
	uint64_t last = (at_byte + n_bytes - 1) / bio_bytes;
	enum udf_err err;

	if (last >= vol->bio->geometry.n_blocks)
		return UDF_E_RANGE;
	err = bio_read(vol->bio, first, (uint32_t)(last - first + 1), scratch);
	if (err)
		return err;
	memcpy(ret_data, scratch + at_byte % bio_bytes, n_bytes);
	return UDF_OK;
}

static bool id_is(const uint8_t *vsd, const char *id)
{
	return memcmp(vsd + 1, id, 5) == 0;
}

/* Count one descriptor.  Returns false if the sequence has ended before it. */
static bool take_vsd(const uint8_t *vsd, uint32_t lsn, struct vol_vrs *vrs)
{
	bool inside = vrs->n_bea > vrs->n_tea;
	bool plain = true;	/* BEA01, NSR, TEA01: type 0, version 1, no data */

	if (id_is(vsd, "BEA01")) {
		vrs->n_bea++;
	} else if (id_is(vsd, "TEA01")) {
		vrs->n_tea++;
		vrs->nsr_outside |= !inside;
	} else if (id_is(vsd, "NSR02")) {
		vrs->n_nsr02++;
		vrs->nsr_outside |= !inside;
	} else if (id_is(vsd, "NSR03")) {
		vrs->n_nsr03++;
		vrs->nsr_outside |= !inside;
	} else if (id_is(vsd, "BOOT2")) {
		vrs->n_boot++;
		vrs->nsr_outside |= !inside;
		plain = false;
	} else if (id_is(vsd, "CD001") || id_is(vsd, "CDW02")) {
		vrs->ends_with_tea = false;
		return true;
	} else {
		return false;
	}
	vrs->ends_with_tea = id_is(vsd, "TEA01");
	if ((vsd[0] != 0 || vsd[6] != 1 ||
	     (plain && !bytes_are_zero(vsd + VSD_DATA_AT, VSD_BYTES - VSD_DATA_AT))) && !vrs->bad_field) {
		vrs->bad_field = true;
		vrs->bad_field_at = lsn;
	}
	return true;
}

/* Walk the sequence with descriptors STEP bytes apart. */
static enum udf_err scan(struct udf_vol *vol, uint64_t start_byte, uint32_t step_bytes, uint8_t *scratch,
			 struct vol_vrs *ret_vrs)
{
	struct vol_vrs vrs = { .first_byte = start_byte, .end_byte = start_byte };
	uint8_t vsd[VSD_BYTES];
	uint32_t tail_bytes = (uint32_t)udf_min64(vol->block_bytes, VSD_BYTES);
	unsigned n;
	enum udf_err err = UDF_OK;

	for (n = 0; n < MAX_VSDS; n++) {
		err = read_bytes(vol, vrs.end_byte, VSD_BYTES, scratch, vsd);
		if (err || !take_vsd(vsd, (uint32_t)(vrs.end_byte / vol->block_bytes), &vrs))
			break;
		vrs.end_byte += step_bytes;
	}
	/* If what follows the sequence can't be read, it was never recorded, and counts as blank. */
	if (!err)
		vrs.tail_blank = bytes_are_zero(vsd, tail_bytes);
	else
		vrs.tail_blank = true;
	if (err == UDF_E_RANGE || (err == UDF_E_MEDIUM && n > 0))
		err = UDF_OK;
	*ret_vrs = vrs;
	return err;
}

enum udf_err vol_recognize(struct udf_vol *vol, uint32_t session_lsn, struct vol_vrs *ret_vrs)
{
	uint32_t bio_bytes = vol->bio->geometry.block_bytes;
	uint64_t session_byte = (uint64_t)session_lsn * vol->block_bytes;
	/* The first sector that begins at or after byte 32768 (ECMA-167 2/8.3). */
	uint64_t start_byte = session_byte +
		udf_ceil_div(VRS_OFFSET_BYTES, vol->block_bytes) * vol->block_bytes;
	uint32_t step_bytes = (uint32_t)udf_max64(vol->block_bytes, VSD_BYTES);
	uint8_t *scratch = malloc((size_t)bio_bytes * 2 + VSD_BYTES);
	struct vol_vrs vrs, narrow;
	enum udf_err err;

	if (!scratch)
		return UDF_E_NOMEM;
	err = scan(vol, start_byte, step_bytes, scratch, &vrs);
	if (!err && step_bytes > VSD_BYTES) {
		err = scan(vol, session_byte + VRS_OFFSET_BYTES, VSD_BYTES, scratch, &narrow);
		if (!err && vol_vrs_is_udf(&narrow) && !vol_vrs_is_udf(&vrs)) {
			vrs = narrow;
			vrs.wide_spacing_missed = true;
		}
		vrs.is_narrow = !err && vol_vrs_is_udf(&narrow);
	}
	free(scratch);
	if (!err)
		*ret_vrs = vrs;
	return err;
}
