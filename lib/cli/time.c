/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times as people and scripts read them. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/cli.h"

#define SECONDS_PER_MINUTE 60

void cli_time_text(struct udf_time when, char ret[CLI_TIME_BYTES])
{
	time_t seconds = (time_t)when.seconds, shown;
	struct tm tm;
	long zone_minutes = 0;

	/* Zones before 1900 have seconds, which RFC 3339 has no place for: the whole minutes of such a zone serve. */
	if (localtime_r(&seconds, &tm))
		zone_minutes = tm.tm_gmtoff / SECONDS_PER_MINUTE;
	shown = seconds + zone_minutes * SECONDS_PER_MINUTE;
	/* A year has four digits.  Where the zone makes it 10000 or -1, the time is shown in UTC. */
	if (!gmtime_r(&shown, &tm) || tm.tm_year + 1900 < 0 || tm.tm_year + 1900 > 9999) {
		zone_minutes = 0;
		if (!gmtime_r(&seconds, &tm)) {
			snprintf(ret, CLI_TIME_BYTES, "?");
			return;
		}
	}
	snprintf(ret, CLI_TIME_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d.%06u%c%02ld:%02ld", tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned)when.microseconds,
		 zone_minutes < 0 ? '-' : '+', labs(zone_minutes) / 60, labs(zone_minutes) % 60);
}
