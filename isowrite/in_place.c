/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "in_place.h"

#include <stdio.h>

#include "names.h"

/* A mistyped device would become a file. */
static enum udf_err inspect(const struct in_place *job, struct front_target *target)
{
	enum udf_err err = front_target_inspect(own_name(), job->target, target);

	if (!err && !target->exists) {
		say("%s: there is no such device or file", job->target);
		err = UDF_E_NOT_FOUND;
	}
	return err;
}

static void say_what_is_left(const struct in_place *job, const struct front_stream_report *report)
{
	if (job->head && !report->is_cleared)
		say("%s: its old contents are unchanged", job->target);
	else if (job->head)
		say("%s: its descriptors may be incomplete; the new session begins at block %u", job->target,
		    (unsigned)job->first_block);
	else
		say("%s: has only a part of the image%s; the same command with %s writes it again", job->target,
		    report->is_cleared ? ", and nothing that can be mounted" : "", job->force_option);
}

enum udf_err in_place_write(const struct in_place *job, struct front_stream_report *ret_report)
{
	const struct front_target_options options = { .n_forced = job->force, .force_option = job->force_option,
						      .adds = job->head != NULL };
	struct front_stream stream = job->stream;
	struct front_target target = { .tool = NULL };
	enum udf_err err;

	*ret_report = (struct front_stream_report){ .n_bytes = 0 };
	err = inspect(job, &target);
	if (err)
		return err;
	stream.target = &target;
	stream.options = &options;
	stream.at_bytes = (uint64_t)job->first_block * UDF_ISO_BLOCK_BYTES;
	if (job->head) {
		stream.head_at_bytes = job->has_system_area ? 0 : UDF_ISO_SYSTEM_AREA_BYTES;
		stream.head = job->head + stream.head_at_bytes;
		stream.n_head_bytes = (size_t)(UDF_ISO_FRONT_BYTES - stream.head_at_bytes);
	}
	if (job->check_only)
		return front_stream_check(&stream, ret_report);
	err = front_target_claim(&target, &options, stream.n_bytes);
	if (!err)
		err = front_stream_write(&stream, ret_report);
	if (ret_report->is_partial)
		say_what_is_left(job, ret_report);
	front_target_close(&target, err != UDF_OK && !ret_report->is_written);
	return err;
}
