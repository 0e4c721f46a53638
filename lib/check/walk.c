/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks the tree level by level.  All ICBs that the directories of one level name are read together, in the order of
 * their places on the medium.
 */
#include <stdlib.h>

#include "base/checked.h"
#include "check/chk.h"

#define MAX_GAP_BLOCKS 16u	/* such a gap is read too, which is better than a second read */

/* The key of an object that has not been visited: its place, then its index. */
static uint64_t key_of(const struct chk_object *o, uint32_t in_wave)
{
	return (uint64_t)o->part_ref << 62 | (uint64_t)o->lbn << 30 | in_wave;
}

#define MAX_WAVE (1u << 30)
#define KEY_LBN(key) ((uint32_t)((key) >> 30))
#define KEY_PART(key) ((uint16_t)((key) >> 62))
#define KEY_INDEX(key) ((uint32_t)((key) & (MAX_WAVE - 1)))

static int by_key(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* How many of the sorted keys one read serves.  *RET_N_BLOCKS is the length of that read. */
static uint32_t run_of(const struct chk *ck, const uint64_t *keys, uint32_t n, uint32_t *ret_n_blocks)
{
	uint32_t max_blocks = CHK_RUN_BYTES / ck->bs, first = KEY_LBN(keys[0]), i;

	for (i = 1; i < n; i++) {
		if (KEY_PART(keys[i]) != KEY_PART(keys[0]) ||
		    KEY_LBN(keys[i]) - first >= max_blocks ||
		    KEY_LBN(keys[i]) - KEY_LBN(keys[i - 1]) > MAX_GAP_BLOCKS)
			break;
	}
	*ret_n_blocks = KEY_LBN(keys[i - 1]) - first + 1;
	return i;
}

/* Read one run.  If a block in it can't be read, only the object in that block is lost. */
static enum udf_err visit_run(struct chk *ck, uint32_t first_index, const uint64_t *keys, uint32_t n,
			      uint32_t n_blocks)
{
	uint16_t part_ref = KEY_PART(keys[0]);
	uint32_t lbn = KEY_LBN(keys[0]);
	bool whole = udf_vol_read(ck->vol, part_ref, lbn, n_blocks, ck->run) == UDF_OK;
	enum udf_err err = UDF_OK;

	for (uint32_t i = 0; !err && i < n; i++) {
		uint32_t index = first_index + KEY_INDEX(keys[i]);
		uint8_t *image = ck->run + (size_t)(KEY_LBN(keys[i]) - lbn) * ck->bs;
		bool is_read = whole || !udf_vol_read(ck->vol, part_ref, KEY_LBN(keys[i]), 1, image);

		ck->about = index;
		err = chk_visit(ck, index, is_read ? image : NULL);
		ck->about = CHK_NONE;
	}
	return err;
}

static enum udf_err visit_wave(struct chk *ck, uint32_t first_index, uint32_t n)
{
	uint64_t *keys = malloc(n * sizeof(*keys));
	bool is_sorted = true;
	enum udf_err err = UDF_OK;

	if (!keys)
		return UDF_E_NOMEM;
	for (uint32_t i = 0; i < n; i++) {
		keys[i] = key_of(chk_object_at(&ck->objects, first_index + i), i);
		is_sorted &= i == 0 || keys[i - 1] < keys[i];
	}
	if (!is_sorted)
		qsort(keys, n, sizeof(*keys), by_key);
	for (uint32_t i = 0; !err && i < n;) {
		uint32_t n_blocks, n_run = run_of(ck, keys + i, n - i, &n_blocks);

		err = visit_run(ck, first_index, keys + i, n_run, n_blocks);
		i += n_run;
		ck->n_visited += n_run;
		chk_progress(ck, "files", ck->n_visited, ck->objects.n);
		if (!err && ck->no_memory)
			err = UDF_E_NOMEM;
		if (!err && chk_is_cancelled(ck))
			err = UDF_E_CANCELLED;
	}
	free(keys);
	return err;
}

/* An object that the file set descriptor names. */
static enum udf_err add_top(struct chk *ck, const struct udf_long_ad *icb, enum chk_role role,
			    const char *field)
{
	struct udf_place place = chk_place(ck->vol->fsd_at.part_ref, ck->vol->fsd_at.lbn, field);
	struct udf_lb_addr at = icb->addr;
	uint32_t index;
	bool is_new;
	enum udf_err err;

	if (!chk_icb_pointer(ck, icb, place)) {
		ck->incomplete = true;
		return UDF_OK;
	}
	err = chk_name_object(ck, &at, role, CHK_NONE, &index, &is_new);
	if (!err && is_new)
		chk_object_at(&ck->objects, index)->parent = index;
	else if (!err)
		chk_report(ck, UDF_P_OWNED_TWICE, place, at.lbn, 0);
	return err;
}

enum udf_err chk_walk(struct chk *ck)
{
	const struct udf_fsd *fsd = &ck->vol->fsd;
	uint32_t done = 0;
	enum udf_err err;

	ck->result.n_directories = 1;
	err = add_top(ck, &fsd->root_icb, CHK_ROLE_ROOT, "FSD root directory ICB");
	if (!err && ck->revision >= 0x0200 && fsd->system_stream_icb.length)
		err = add_top(ck, &fsd->system_stream_icb, CHK_ROLE_SYSTEM_STREAMS,
			      "FSD system stream directory ICB");
	while (!err && done < ck->objects.n) {
		uint32_t n = (uint32_t)udf_min64(ck->objects.n - done, MAX_WAVE);

		err = visit_wave(ck, done, n);
		done += n;
	}
	return err;
}
