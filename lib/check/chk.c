/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/chk.h"

#include <stdlib.h>
#include <string.h>

#define SPARE_BYTES (64ull * 1024 * 1024)
#define SPARE_AEDS (1ull << 16)
#define PATH_READS (1ull << 18)

/* Count the finding, find out which object it is about, and pass it on. */
static void forward(struct udf_sink *sink, const struct udf_finding *finding)
{
	struct chk *ck = (struct chk *)(void *)sink;

	ck->result.n_findings[udf_finding_severity(finding)]++;
	ck->n_by_problem[finding->problem]++;
	ck->hides_space |= udf_finding_hides_space(finding);
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
	ck->about = ck->non_allocatable = CHK_NONE;
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
		err = chk_check_spared(ck);
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
	ck->result.was_open = udf_vol_is_marked_open(vol);
	err = run(ck);
	if (!err)
		err = chk_check_space(ck);
	if (err)
		goto out;
	chk_check_counts(ck);
	ck->result.next_unique_id = ck->highest_id + 1;
	/* What nothing refers to on a read-only partition may be another file system's, in an image that is both. */
	if (vol->parts[0].access_type != UDF_ACCESS_READ_ONLY)
		ck->result.n_free_blocks = ck->spaces[0].used.n_blocks - ck->spaces[0].used.n_set;
	*ret_result = ck->result;
out:
	done(ck);
	return err;
}

/* Can't the record of what is in use be trusted, whatever the bitmap says? */
static bool is_unsure(const struct chk *ck)
{
	return ck->hides_space || ck->incomplete;
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
	if (!err && !is_unsure(ck)) {
		err = chk_mark_used(ck, ret_n_marked);
		*ret_safe = !err && !is_unsure(ck);
	}
	/* Linux records it only when it unmounts */
	if (*ret_safe && ck->highest_id < INT64_MAX)
		udf_vol_raise_next_id(vol, ck->highest_id + 1);
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
	if (!err && !is_unsure(ck)) {
		err = chk_map_each_run(&chk_space_of(ck, part_ref)->used, used, ctx);
		*ret_safe = !err;
		*ret_next_id = ck->highest_id < INT64_MAX ? ck->highest_id + 1 : 0;
	}
	done(ck);
	return err;
}
