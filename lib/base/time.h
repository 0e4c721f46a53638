/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Civil dates and struct udf_time, without the host's time zone data. */
#ifndef UDF_BASE_TIME_H
#define UDF_BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>
#include <udfkit/env.h>

/** Days since 1970-01-01 of a date of the Gregorian calendar (any year). */
int64_t udf_days_from_civil(int64_t year, unsigned month, unsigned day);
void udf_civil_from_days(int64_t days, int64_t *ret_year, unsigned *ret_month, unsigned *ret_day);

/** Does the day exist in that month? */
bool udf_date_is_valid(int64_t year, unsigned month, unsigned day);

#endif
