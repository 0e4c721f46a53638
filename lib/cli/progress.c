/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line on a terminal that tells how far long work has come. */
#include "config.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

#define INTERVAL_MS 100u

static uint64_t now_ms(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void cli_progress_init(struct cli_progress *p, FILE *out, bool wanted)
{
	*p = (struct cli_progress){ .out = out, .on = wanted && isatty(fileno(out)) };
}

void cli_progress_show(struct cli_progress *p, const char *what, uint64_t done, uint64_t total)
{
	uint64_t ms;

	if (!p->on)
		return;
	ms = now_ms();
	/* A new subject is shown at once. */
	if (p->what == what && ms - p->last_ms < INTERVAL_MS)
		return;
	p->what = what;
	p->last_ms = ms;
	if (total) {
		/* Rounded down, and so that nothing overflows. */
		uint64_t percent = total < 1000 ? done * 100 / total : done / (total / 100);

		if (done < total && percent > 99)
			percent = 99;
		fprintf(p->out, "\r%s: %3" PRIu64 "%%\033[K", what, done < total ? percent : 100);
	} else {
		fprintf(p->out, "\r%s: %" PRIu64 "\033[K", what, done);
	}
	fflush(p->out);
}

void cli_progress_done(struct cli_progress *p)
{
	if (!p->on || !p->what)
		return;
	fputs("\r\033[K", p->out);
	fflush(p->out);
	p->what = NULL;
}
