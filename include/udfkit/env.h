/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The library's access to the outside: clock, random numbers, log.  The rest of lib/ never asks the host itself. */
#ifndef UDFKIT_ENV_H
#define UDFKIT_ENV_H

#include <stddef.h>
#include <stdint.h>

#define UDF_ZONE_UNKNOWN (-2047)

/* A point in time, with the time zone to record it in (ECMA-167 1/7.3). */
struct udf_time {
	int64_t seconds;	/* since 1970-01-01 00:00:00 UTC */
	uint32_t microseconds;	/* 0 to 999999 */
	int16_t zone_minutes;	/* minutes east of UTC, or UDF_ZONE_UNKNOWN */
};

enum udf_log_level { UDF_LOG_ERROR, UDF_LOG_WARNING, UDF_LOG_NOTICE, UDF_LOG_DEBUG };

struct udf_env {
	void *ctx;
	void (*now)(void *ctx, struct udf_time *ret_now);
	void (*random)(void *ctx, void *ret_bytes, size_t n_bytes);
	/* LINE has no newline.  NULL: log lines are dropped. */
	void (*log)(void *ctx, enum udf_log_level level, const char *line);
};

/** The host's clock, random source and standard error, for tools.  It is defined in lib/cli. */
const struct udf_env *cli_host_env(void);

/** Log one line through ENV, as printf does.  A line is cut after 1023 bytes.  ENV and its log may be NULL. */
void udf_log(const struct udf_env *env, enum udf_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
