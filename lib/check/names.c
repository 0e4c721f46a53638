/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Are the names of a directory unique as texts (UDF 2.3.4.6)?  A name takes 16 bytes of memory while its directory is
 * checked.  Names with the same hash are read again and compared.  Up to UDF 2.00 the names of deleted entries must be
 * unique, too.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cs0.h"
#include "check/chk.h"

struct chk_name {
	uint64_t hash;
	uint64_t at : 63;	/* byte of the FID */
	uint64_t is_deleted : 1;
};

/* Text of an identifier as 16-bit units, big endian; a name is at most 254 units. */
static size_t units_of(const uint8_t *name, size_t n_bytes, uint8_t *ret_units)
{
	size_t n = 0;

	if (n_bytes < 2)
		return 0;
	if (name[0] == 16 || name[0] == 255) {
		memcpy(ret_units, name + 1, n_bytes - 1);
		return n_bytes - 1;
	}
	for (size_t i = 1; i < n_bytes; i++) {
		ret_units[n++] = 0;
		ret_units[n++] = name[i];
	}
	return n;
}

static uint64_t hash_of(const struct chk *ck, const uint8_t *units, size_t n_bytes)
{
	uint64_t h = 0xCBF29CE484222325u ^ ck->objects.seed;

	for (size_t i = 0; i < n_bytes; i++)
		h = (h ^ units[i]) * 0x100000001B3u;
	h ^= h >> 33;
	h *= 0xFF51AFD7ED558CCDu;
	return h ^ h >> 33;
}

enum udf_err chk_names_add(struct chk *ck, const struct udf_fid *fid, uint64_t at)
{
	uint8_t units[2 * UDF_CS0_NAME_MAX_BYTES];
	struct chk_name *name;

	if (fid->name_bytes < 2)
		return UDF_OK;		/* reported as a bad name */
	name = chk_array_add(&ck->names, sizeof(*name));
	if (!name)
		return UDF_E_NOMEM;
	name->at = at & (UINT64_MAX >> 1);
	name->is_deleted = !!(fid->characteristics & UDF_FID_DELETED);
	name->hash = hash_of(ck, units, units_of(fid->name, fid->name_bytes, units));
	return UDF_OK;
}

static int by_hash(const void *a, const void *b)
{
	const struct chk_name *p = a, *q = b;

	if (p->hash != q->hash)
		return p->hash < q->hash ? -1 : 1;
	if (p->is_deleted != q->is_deleted)
		return p->is_deleted ? 1 : -1;
	return p->at < q->at ? -1 : p->at > q->at;
}

/* Do the FIDs at FIRST_AT and AT have the same name?  Then PROBLEM is reported. */
static bool check_pair(struct chk *ck, struct chk_data *data, uint64_t first_at, uint64_t at,
		       enum udf_problem problem)
{
	uint8_t a[UDF_CS0_NAME_MAX_BYTES], b[UDF_CS0_NAME_MAX_BYTES];
	uint8_t a_units[2 * UDF_CS0_NAME_MAX_BYTES], b_units[2 * UDF_CS0_NAME_MAX_BYTES];
	char text[UDF_HOST_NAME_MAX_BYTES + 1];
	size_t n_a = chk_data_fid_name(ck, data, first_at, a), n_b = chk_data_fid_name(ck, data, at, b), n_text;
	size_t n_a_units = units_of(a, n_a, a_units), n_b_units = units_of(b, n_b, b_units);
	struct udf_lb_addr block;

	if (!n_a_units || n_a_units != n_b_units || memcmp(a_units, b_units, n_a_units))
		return false;
	block = chk_data_block(ck, data, at);
	if (!udf_host_name(b, n_b, text, &n_text))
		ck->about_name = text;
	chk_report(ck, problem, chk_place(block.part_ref, block.lbn, NULL), at, first_at);
	ck->about_name = NULL;
	return true;
}

void chk_names_check(struct chk *ck, struct chk_data *data)
{
	struct chk_name *names = ck->names.rows;
	size_t n = ck->names.n, first = 0;
	bool deleted_reported = false;	/* once for each directory, because some writers have many of them */

	if (n > 1)
		qsort(names, n, sizeof(*names), by_hash);
	for (size_t i = 1; i < n; i++) {
		if (names[i].hash != names[first].hash)
			first = i;
		else if (!names[i].is_deleted)
			check_pair(ck, data, names[first].at, names[i].at, UDF_P_NAME_DUPLICATE);
		else if (!deleted_reported)
			deleted_reported = check_pair(ck, data, names[first].at, names[i].at,
						      UDF_P_DELETED_NAME_DUPLICATE);
	}
	/* The memory for a large directory is not kept for the small ones after it. */
	ck->names.n = 0;
	if (ck->names.cap > 4096) {
		free(ck->names.rows);
		ck->names = (struct chk_array){ 0 };
	}
}
