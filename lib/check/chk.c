/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/chk.h"

#include <stdlib.h>
#include <string.h>

#define SPARE_BYTES (64ull * 1024 * 1024)
#define SPARE_AEDS (1ull << 16)
#define PATH_READS (1ull << 18)

/* Counts, finds the path, hands on. */
static void forward(struct udf_sink *sink, const struct udf_finding *finding)
{
	struct chk *ck = (struct chk *)(void *)sink;

	ck->result.n_findings[udf_finding_severity(finding)]++;
	ck->n_by_problem[finding->problem]++;
	if (!ck->out)
		return;
	if (ck->options && ck->options->ret_path)
		*ck->options->ret_path = chk_path(ck, ck->about, ck->about_name);
	ck->out->report(ck->out, finding);
	if (ck->options && ck->options->ret_path)
		*ck->options->ret_path = NULL;
}

static void done(struct chk *ck)
{
	chk_path_done(ck);
	chk_objects_done(&ck->objects);
	chk_spaces_done(ck);
	free(ck->links.rows);
	free(ck->other_parents.rows);
	free(ck->object_sizes.rows);
	free(ck->own_ids.rows);
	free(ck->names.rows);
	free(ck->run);
	free(ck->entry);
	free(ck->window);
	free(ck);
}

static enum udf_err new_run(struct udf_vol *vol, const struct chk_options *options,
			    struct udf_sink *sink, struct chk **ret_ck)
{
	struct chk *ck = calloc(1, sizeof(*ck));
	uint64_t seed = 0x9E3779B97F4A7C15u;
	enum udf_err err;

	if (!ck)
		return UDF_E_NOMEM;
	ck->sink.report = forward;
	ck->out = sink;
	ck->vol = vol;
	ck->options = options;
	ck->about = CHK_NONE;
	ck->bs = vol->block_bytes;
	ck->revision = vol->revision;
	ck->spare_bytes = SPARE_BYTES;
	ck->spare_aeds = SPARE_AEDS;
	ck->path_reads = PATH_READS;
	if (vol->env && vol->env->random)
		vol->env->random(vol->env->ctx, &seed, sizeof(seed));
	chk_objects_init(&ck->objects, seed);
	chk_note_closing_time(ck);
	ck->run = malloc(CHK_RUN_BYTES);
	ck->window = malloc(CHK_RUN_BYTES);
	ck->entry = malloc(ck->bs);
	err = ck->run && ck->window && ck->entry ? chk_spaces_init(ck) : UDF_E_NOMEM;
	if (err)
		done(ck);
	else
		*ret_ck = ck;
	return err;
}

static enum udf_err run(struct chk *ck)
{
	enum udf_err err;

	err = chk_claim_volume(ck);
	if (!err)
		err = chk_walk(ck);
	if (!err)
		err = chk_report_owners(ck);
	if (!err)
		err = chk_check_links(ck);
	if (!err)
		err = chk_check_unique_ids(ck);
	return err;
}

enum udf_err chk_volume(struct udf_vol *vol, const struct chk_options *options,
			struct udf_sink *sink, struct chk_result *ret_result)
{
	struct chk *ck;
	enum udf_err err;

	err = new_run(vol, options, sink, &ck);
	if (err)
		return err;
	ck->result.was_open = vol->lvid_lsn && vol->lvid.type != UDF_LVID_CLOSED;
	err = run(ck);
	if (!err)
		err = chk_check_space(ck);
	if (err)
		goto out;
	chk_check_counts(ck);
	ck->result.next_unique_id = ck->highest_id + 1;
	ck->result.n_free_blocks = ck->spaces[0].used.n_blocks - ck->spaces[0].used.n_set;
	*ret_result = ck->result;
out:
	done(ck);
	return err;
}

/* Problems that make it unsafe to let anybody write, whatever the bitmap says. */
static bool is_worse(const struct chk *ck)
{
	static const enum udf_problem worse[] = {
		UDF_P_CROSS_LINKED, UDF_P_ICB_INVALID, UDF_P_FID_BAD, UDF_P_BLOCK_UNREADABLE,
		UDF_P_AD_LOCATION, UDF_P_AED_LOOP, UDF_P_AED_LENGTH, UDF_P_FID_TARGET,
		UDF_P_SPACE_BITMAP, UDF_P_SPACE_TABLE, UDF_P_DATA_NOT_RECORDED,
		UDF_P_DIRECTORY_CYCLE, UDF_P_TAG_CHECKSUM, UDF_P_TAG_CRC, UDF_P_TAG_CRC_LENGTH,
		UDF_P_TAG_ID, UDF_P_TAG_LOCATION,
		UDF_P_FILE_LINK_COUNT_LOW,	/* with one name removed, the other's blocks would be free */
	};

	for (size_t i = 0; i < sizeof(worse) / sizeof(worse[0]); i++)
		if (ck->n_by_problem[worse[i]])
			return true;
	return ck->incomplete;
}

enum udf_err chk_make_space_safe(struct udf_vol *vol, struct udf_sink *sink, bool *ret_safe,
				 uint64_t *ret_n_marked)
{
	struct chk *ck;
	enum udf_err err;

	err = new_run(vol, NULL, sink, &ck);
	if (err)
		return err;
	*ret_safe = false;
	*ret_n_marked = 0;
	err = run(ck);
	if (!err && !is_worse(ck)) {
		err = chk_mark_used(ck, ret_n_marked);
		*ret_safe = !err && !is_worse(ck);
	}
	/* Linux writes it at the end only */
	if (*ret_safe && ck->highest_id >= vol->lvid.next_unique_id && ck->highest_id < INT64_MAX)
		vol->lvid.next_unique_id = ck->highest_id + 1;
	done(ck);
	return err;
}

enum udf_err chk_find_used(struct udf_vol *vol, uint16_t part_ref,
			   enum udf_err (*used)(void *ctx, uint32_t lbn, uint32_t n_blocks), void *ctx,
			   uint64_t *ret_next_id, bool *ret_safe)
{
	struct chk *ck;
	enum udf_err err;

	err = new_run(vol, NULL, NULL, &ck);
	if (err)
		return err;
	*ret_safe = false;
	*ret_next_id = 0;
	err = run(ck);
	if (!err && !is_worse(ck)) {
		err = chk_map_each_run(&chk_space_of(ck, part_ref)->used, used, ctx);
		*ret_safe = !err;
		*ret_next_id = ck->highest_id < INT64_MAX ? ck->highest_id + 1 : 0;
	}
	done(ck);
	return err;
}
