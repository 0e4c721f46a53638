/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host's clock, random bytes and standard error. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "cli/internal.h"

/*
 * A process has one clock and one standard error, so this is their state.  It is set before there are threads, except
 * for the counter.
 */
static struct {
	const char *tool_name;
	bool is_ready;
	bool is_fixed; /* SOURCE_DATE_EPOCH */
	int64_t fixed_seconds;
	uint32_t n_random; /* of the reproducible bytes, eight at a time */
} host;

void cli_set_tool_name(const char *name)
{
	host.tool_name = name;
}

static int16_t zone_minutes_at(time_t at)
{
	struct tm tm;

	tzset();
	if (!localtime_r(&at, &tm))
		return UDF_ZONE_UNKNOWN;
	if (tm.tm_gmtoff % (15 * 60))
		return 0;	/* recorded zones are multiples of 15 minutes; for others UTC gives the same moment */
	return (int16_t)(tm.tm_gmtoff / 60);
}

static void host_now(void *ctx, struct udf_time *ret_now)
{
	struct timespec ts = { 0 };

	(void)ctx;
	if (host.is_fixed) {
		*ret_now = (struct udf_time){ .seconds = host.fixed_seconds };
		return;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	ret_now->seconds = ts.tv_sec;
	ret_now->microseconds = (uint32_t)(ts.tv_nsec / 1000);
	ret_now->zone_minutes = zone_minutes_at(ts.tv_sec);
}

/* splitmix64, by its counter. */
static uint64_t fixed_random(uint32_t nth)
{
	uint64_t z = (nth + (uint64_t)1) * 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

static void host_random(void *ctx, void *ret_bytes, size_t n_bytes)
{
	unsigned char *out = ret_bytes;

	(void)ctx;
	while (n_bytes && host.is_fixed) {
		uint64_t r = fixed_random(__atomic_fetch_add(&host.n_random, 1, __ATOMIC_RELAXED));

		for (unsigned i = 0; i < 8 && n_bytes; i++, n_bytes--)
			*out++ = (unsigned char)(r >> (8 * i));
	}
	while (n_bytes) {
		ssize_t n = getrandom(out, n_bytes, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) { /* a kernel that does not have it: before 3.17 */
			fprintf(stderr, "%s: no random bytes: %s\n", host.tool_name,
				strerror(errno));
			exit(1);
		}
		out += n;
		n_bytes -= (size_t)n;
	}
}

static void host_log(void *ctx, enum udf_log_level level, const char *line)
{
	static const char *const words[] = {
		[UDF_LOG_ERROR] = "",
		[UDF_LOG_WARNING] = "warning: ",
		[UDF_LOG_NOTICE] = "",
		[UDF_LOG_DEBUG] = "",
	};

	(void)ctx;
	if (level > UDF_LOG_NOTICE)
		return;
	cli_say("%s: %s%s", host.tool_name, words[level], line);
}

/* reproducible-builds.org: a value that is not a number of seconds ends the program. */
static void read_source_date_epoch(void)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	char *end;
	long long seconds;

	if (!text)
		return;
	errno = 0;
	seconds = strtoll(text, &end, 10);
	if (errno || end == text || *end || seconds < 0) {
		fprintf(stderr,
			"%s: SOURCE_DATE_EPOCH: '%s' is no number of seconds since 1970; "
			"unset it or set a number\n",
			host.tool_name, text);
		exit(1);
	}
	host.is_fixed = true;
	host.fixed_seconds = seconds;
}

const char *cli_spool_dir(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/var/tmp";
}

const struct udf_env *cli_host_env(void)
{
	static const struct udf_env env = { .now = host_now,
					    .random = host_random,
					    .log = host_log };

	if (!host.tool_name)
		host.tool_name = program_invocation_short_name;
	if (!host.is_ready) {
		read_source_date_epoch();
		host.is_ready = true;
	}
	return &env;
}
