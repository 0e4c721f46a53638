/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times as lib/fs holds them, in microseconds since 1970, from and to the forms of the host and the disc. */
#include "base/time.h"
#include "ecma/codec.h"
#include "fs/node.h"
#include "fs/state.h"

/* A time that the disc can't record is shown as it will be shown after a remount. */
int64_t time_to_us(const struct udf_time *time)
{
	if (time->seconds < UDF_FIRST_SECOND)
		return UDF_FIRST_SECOND * 1000000;
	if (time->seconds > UDF_LAST_SECOND)
		return UDF_LAST_SECOND * 1000000 + 999999;
	return time->seconds * 1000000 + time->microseconds;
}

int64_t fs_now_us(struct udf_fs *fs)
{
	struct udf_time now = { 0 };

	if (fs->env && fs->env->now)
		fs->env->now(fs->env->ctx, &now);
	return time_to_us(&now);
}

int64_t fs_now_seconds(struct udf_fs *fs)
{
	return fs_now_us(fs) / 1000000;
}

void us_to_time(int64_t us, struct udf_time *ret)
{
	int64_t seconds = us / 1000000, rest = us % 1000000;

	if (rest < 0) {
		rest += 1000000;
		seconds--;
	}
	*ret = (struct udf_time){ .seconds = seconds, .microseconds = (uint32_t)rest };
}

void us_to_timestamp(int64_t us, struct udf_timestamp *ret)
{
	struct udf_time time;

	us_to_time(us, &time);
	udf_timestamp_from_time(&time, ret);
}

int64_t timestamp_to_us(const struct udf_timestamp *ts, int64_t otherwise)
{
	struct udf_time time;

	return udf_timestamp_to_time(ts, &time) ? otherwise : time_to_us(&time);
}
