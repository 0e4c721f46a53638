/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timestamps (ECMA-167 1/7.3) and permissions (4/14.9.5), to the host's forms and back. */
#include "base/time.h"
#include "ecma/codec.h"

#define TYPE_UTC 0
#define TYPE_LOCAL 1
#define ZONE_MAX_MINUTES 1440
#define DAY_SECONDS 86400

static bool is_all_zero(const struct udf_timestamp *ts)
{
	return !ts->type_and_zone && !ts->year && !ts->month && !ts->day && !ts->hour &&
	       !ts->minute && !ts->second && !ts->centiseconds && !ts->hundreds_of_microseconds &&
	       !ts->microseconds;
}

enum udf_err udf_timestamp_to_time(const struct udf_timestamp *ts, struct udf_time *ret_time)
{
	int zone = ts->type_and_zone & 0xFFF;
	int64_t seconds;

	if (is_all_zero(ts))
		return UDF_END;
	if (zone & 0x800)
		zone -= 0x1000;
	if (ts->type_and_zone >> 12 == TYPE_UTC)
		zone = 0;
	if (zone != UDF_ZONE_UNKNOWN && (zone < -ZONE_MAX_MINUTES || zone > ZONE_MAX_MINUTES))
		return UDF_E_CORRUPT;
	if (ts->year < 1 || ts->year > 9999 || !udf_date_is_valid(ts->year, ts->month, ts->day))
		return UDF_E_CORRUPT;
	if (ts->hour > 23 || ts->minute > 59 || ts->second > 59 || ts->centiseconds > 99 ||
	    ts->hundreds_of_microseconds > 99 || ts->microseconds > 99)
		return UDF_E_CORRUPT;
	seconds = udf_days_from_civil(ts->year, ts->month, ts->day) * DAY_SECONDS +
		  ts->hour * 3600 + ts->minute * 60 + ts->second;
	if (zone != UDF_ZONE_UNKNOWN)
		seconds -= zone * 60;
	ret_time->seconds = seconds;
	ret_time->microseconds = ts->centiseconds * 10000u + ts->hundreds_of_microseconds * 100u +
				 ts->microseconds;
	ret_time->zone_minutes = (int16_t)zone;
	return UDF_OK;
}

void udf_timestamp_from_time(const struct udf_time *time, struct udf_timestamp *ret)
{
	int zone = time->zone_minutes;
	uint32_t micros = time->microseconds <= 999999 ? time->microseconds : 999999;
	int64_t local, year, days;
	unsigned month, day, second_of_day;

	if (zone < -ZONE_MAX_MINUTES || zone > ZONE_MAX_MINUTES)
		zone = UDF_ZONE_UNKNOWN;
	local = time->seconds;
	if (local < UDF_FIRST_SECOND - DAY_SECONDS)
		local = UDF_FIRST_SECOND - DAY_SECONDS;
	if (local > UDF_LAST_SECOND + DAY_SECONDS)
		local = UDF_LAST_SECOND + DAY_SECONDS;
	if (zone != UDF_ZONE_UNKNOWN)
		local += zone * 60;
	if (local < UDF_FIRST_SECOND) {
		local = UDF_FIRST_SECOND;
		micros = 0;
	}
	if (local > UDF_LAST_SECOND) {
		local = UDF_LAST_SECOND;
		micros = 999999;
	}
	days = (local - UDF_FIRST_SECOND) / DAY_SECONDS + UDF_FIRST_SECOND / DAY_SECONDS;
	second_of_day = (unsigned)(local - days * DAY_SECONDS);
	udf_civil_from_days(days, &year, &month, &day);
	*ret = (struct udf_timestamp){
		.type_and_zone = (uint16_t)(TYPE_LOCAL << 12 | (zone & 0xFFF)),
		.year = (int16_t)year,
		.month = (uint8_t)month,
		.day = (uint8_t)day,
		.hour = (uint8_t)(second_of_day / 3600),
		.minute = (uint8_t)(second_of_day / 60 % 60),
		.second = (uint8_t)(second_of_day % 60),
		.centiseconds = (uint8_t)(micros / 10000),
		.hundreds_of_microseconds = (uint8_t)(micros / 100 % 100),
		.microseconds = (uint8_t)(micros % 100),
	};
}

#define ACCESS_OTHER 0x07
#define WRITE_OTHER 0x02
#define DELETE_OTHER 0x10
#define CHATTR_OWNER (0x08 << 10)

uint32_t udf_permissions_from_mode(uint32_t mode)
{
	uint32_t permissions = CHATTR_OWNER;

	/* Other, group, owner: each has three bits of the mode and five of the permissions. */
	for (unsigned class = 0; class < 3; class++) {
		uint32_t bits = mode >> class * 3 & ACCESS_OTHER;

		if (bits & WRITE_OTHER)
			bits |= DELETE_OTHER;
		permissions |= bits << class * 5;
	}
	return permissions;
}

uint32_t udf_permissions_to_mode(uint32_t permissions)
{
	uint32_t mode = 0;

	for (unsigned class = 0; class < 3; class++)
		mode |= (permissions >> class * 5 & ACCESS_OTHER) << class * 3;
	return mode;
}
