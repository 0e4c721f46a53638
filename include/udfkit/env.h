/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The outside world as the library sees it: clock, randomness, log.  Nothing in lib/ asks the host itself. */
#ifndef UDFKIT_ENV_H
#define UDFKIT_ENV_H

#include <stddef.h>
#include <stdint.h>

#define UDF_ZONE_UNKNOWN (-2047)

/* An instant, with the zone it is to be recorded in (ECMA-167 1/7.3). */
struct udf_time {
	int64_t seconds;	/* since 1970-01-01 00:00:00 UTC */
	uint32_t microseconds;	/* 0 to 999999 */
	int16_t zone_minutes;	/* east of UTC, or UDF_ZONE_UNKNOWN */
};

enum udf_log_level { UDF_LOG_ERROR, UDF_LOG_WARNING, UDF_LOG_NOTICE, UDF_LOG_DEBUG };

struct udf_env {
	void *ctx;
	void (*now)(void *ctx, struct udf_time *ret_now);
	void (*random)(void *ctx, void *ret_bytes, size_t n_bytes);
	/* One line without newline; NULL: nobody listens. */
	void (*log)(void *ctx, enum udf_log_level level, const char *line);
};

/** The host's clock, random source and standard error; for tools.  Defined in lib/cli. */
const struct udf_env *cli_host_env(void);

/** Log one line through ENV (printf-like, cut behind 1023 bytes); ENV and its log may be NULL. */
void udf_log(const struct udf_env *env, enum udf_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
