/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which blocks of the partitions something refers to. */
#include "check/chk.h"

enum udf_err chk_spaces_init(struct chk *ck)
{
	const struct udf_vol *vol = ck->vol;

	for (uint16_t ref = 0; ref < vol->n_parts; ref++) {
		const struct udf_part *part = &vol->parts[ref];
		struct chk_space *space;
		enum udf_err err;
		unsigned i;

		for (i = 0; i < ck->n_spaces; i++) {
			const struct udf_part *other = &vol->parts[ck->spaces[i].part_ref];

			if (other->start_lsn == part->start_lsn && other->n_blocks == part->n_blocks)
				break;
		}
		ck->space_of[ref] = (uint8_t)i;
		if (i < ck->n_spaces)
			continue;
		space = &ck->spaces[ck->n_spaces++];
		space->part_ref = ref;
		udf_extent_set_init(&space->twice);
		err = chk_map_init(&space->used, part->n_blocks);
		if (err)
			return err;
	}
	return ck->n_spaces ? UDF_OK : UDF_E_UNSUPPORTED;
}

void chk_spaces_done(struct chk *ck)
{
	for (unsigned i = 0; i < ck->n_spaces; i++) {
		chk_map_done(&ck->spaces[i].used);
		chk_map_done(&ck->spaces[i].table);
		udf_extent_set_done(&ck->spaces[i].twice);
	}
}

struct chk_space *chk_space_of(struct chk *ck, uint16_t part_ref)
{
	return &ck->spaces[ck->space_of[part_ref]];
}

bool chk_is_inside(const struct chk *ck, uint16_t part_ref, uint32_t lbn, uint64_t n_blocks)
{
	return part_ref < ck->vol->n_parts && lbn < ck->vol->parts[part_ref].n_blocks &&
	       n_blocks <= ck->vol->parts[part_ref].n_blocks - lbn;
}

struct twice {
	struct chk_space *space;
	bool any;
	enum udf_err err;
};

static void note_twice(void *ctx, uint64_t first, uint64_t n)
{
	struct twice *twice = ctx;
	struct chk_space *space = twice->space;

	twice->any = true;
	if (space->twice.n_ranges >= CHK_MAX_RANGES &&
	    !udf_extent_set_has_all(&space->twice, first, n))
		space->n_twice_unlisted += n;
	else if (!twice->err)
		twice->err = udf_extent_set_add(&space->twice, first, n, NULL);
}

enum udf_err chk_claim(struct chk *ck, uint16_t part_ref, uint32_t lbn, uint64_t n_blocks,
		       bool *ret_twice)
{
	struct twice twice = { .space = chk_space_of(ck, part_ref) };
	enum udf_err err = UDF_OK;

	/* If the same blocks are claimed a third time, this costs no more than a look. */
	if (udf_extent_set_has_all(&twice.space->twice, lbn, n_blocks))
		twice.any = true;
	else
		err = chk_map_set(&twice.space->used, lbn, n_blocks, note_twice, &twice);
	if (ret_twice)
		*ret_twice = twice.any;
	return err ? err : twice.err;
}
