/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Civil dates, without the host's time zone data; struct udf_time from and to the times of stat(2). */
#ifndef UDF_BASE_TIME_H
#define UDF_BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <udfkit/env.h>

/* The first and last second that a timestamp of UDF can record: 0001-01-01 00:00:00 and 9999-12-31 23:59:59. */
#define UDF_FIRST_SECOND INT64_C(-62135596800)
#define UDF_LAST_SECOND INT64_C(253402300799)

/** Days since 1970-01-01 of a date in the Gregorian calendar (any year), and the date of a day. */
int64_t udf_days_from_civil(int64_t year, unsigned month, unsigned day);
void udf_civil_from_days(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day);

/** Does the day exist in that month? */
bool udf_date_is_valid(int64_t year, unsigned month, unsigned day);

/** Convert to a host time.  Where host times have 32 bits, a time that does not fit becomes the nearest that does. */
static inline struct timespec udf_time_to_timespec(struct udf_time time)
{
	if (sizeof(time_t) < 8 && time.seconds > INT32_MAX)
		return (struct timespec){ .tv_sec = INT32_MAX };
	if (sizeof(time_t) < 8 && time.seconds < INT32_MIN)
		return (struct timespec){ .tv_sec = INT32_MIN };
	return (struct timespec){ .tv_sec = (time_t)time.seconds, .tv_nsec = (long)time.microseconds * 1000 };
}

/** Convert from a host time, with zone UTC. */
static inline struct udf_time udf_time_from_timespec(struct timespec ts)
{
	return (struct udf_time){ .seconds = ts.tv_sec,
				  .microseconds = (uint32_t)(ts.tv_nsec / 1000),
				  .zone_minutes = 0 };
}

#endif
