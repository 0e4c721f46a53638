/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines that say which file or device they are about. */
#include "config.h"

#include "cli/cli.h"

static void about_now(void *ctx, struct udf_time *ret_now)
{
	const struct cli_about *about = ctx;

	about->below->now(about->below->ctx, ret_now);
}

static void about_random(void *ctx, void *ret_bytes, size_t n_bytes)
{
	const struct cli_about *about = ctx;

	about->below->random(about->below->ctx, ret_bytes, n_bytes);
}

static void about_log(void *ctx, enum udf_log_level level, const char *line)
{
	struct cli_about *about = ctx;

	about->logged_error |= level == UDF_LOG_ERROR;
	udf_log(about->below, level, "%s: %s", about->path, line);
}

void cli_about_init(struct cli_about *about, const struct udf_env *below, const char *path)
{
	*about = (struct cli_about){
		.env = { about, about_now, about_random, about_log },
		.below = below,
		.path = path,
	};
}
