/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line on a terminal that says how far long work has come. */
#include "config.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

#define INTERVAL_MS 100u
#define MAX_RATE 1.8e19	/* less than UINT64_MAX */
#define MAX_SECONDS 359999.0	/* 99:59:59; what takes longer is not predicted */

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

/* Is a line to be shown now?  A new subject is shown at once. */
static bool is_due(struct cli_progress *p, const char *what, uint64_t ms)
{
	if (p->what == what && ms - p->last_ms < INTERVAL_MS)
		return false;
	p->what = what;
	p->last_ms = ms;
	return true;
}

/* Rounded down, so that 100 means all, and so that nothing overflows.  TOTAL is not 0. */
static unsigned percent_of(uint64_t done, uint64_t total)
{
	uint64_t percent = total < 1000 ? done * 100 / total : done / (total / 100);

	if (done >= total)
		return 100;
	return percent > 99 ? 99 : (unsigned)percent;
}

void cli_progress_show(struct cli_progress *p, const char *what, uint64_t done, uint64_t total)
{
	if (!p->on || !is_due(p, what, now_ms()))
		return;
	if (total)
		fprintf(p->out, "\r%s: %3u%%\033[K", what, percent_of(done, total));
	else
		fprintf(p->out, "\r%s: %" PRIu64 "\033[K", what, done);
	fflush(p->out);
}

/* "1.5MiB", "12B" */
static void put_bytes(FILE *out, uint64_t n_bytes)
{
	char text[CLI_SIZE_BYTES];

	cli_size_text(n_bytes, text);
	fprintf(out, "%s%s", text, n_bytes < 1024 ? "B" : "iB");
}

/* "0:07", "1:02:03" */
static void put_duration(FILE *out, uint64_t seconds)
{
	if (seconds >= 3600)
		fprintf(out, "%" PRIu64 ":%02u:%02u", seconds / 3600, (unsigned)(seconds / 60 % 60),
			(unsigned)(seconds % 60));
	else
		fprintf(out, "%u:%02u", (unsigned)(seconds / 60), (unsigned)(seconds % 60));
}

/* A rate says little before a second has passed. */
static void put_rate(FILE *out, uint64_t done, uint64_t total, uint64_t ms)
{
	double bytes_per_s = (double)done * 1000 / (double)ms;

	if (ms < 1000 || done == 0)
		return;
	fputs(", ", out);
	put_bytes(out, bytes_per_s < MAX_RATE ? (uint64_t)bytes_per_s : UINT64_MAX);
	fputs("/s", out);
	if (total <= done || (double)(total - done) / bytes_per_s > MAX_SECONDS)
		return;
	fputs(", ", out);
	put_duration(out, (uint64_t)((double)(total - done) / bytes_per_s));
	fputs(" left", out);
}

void cli_progress_bytes(struct cli_progress *p, const char *what, uint64_t done_bytes, uint64_t total_bytes)
{
	uint64_t ms = p->on ? now_ms() : 0;

	if (!p->on || !is_due(p, what, ms))
		return;
	if (p->timed != what) {
		p->timed = what;
		p->start_ms = ms;
	}
	fprintf(p->out, "\r%s: ", what);
	if (total_bytes) {
		fprintf(p->out, "%u%% of ", percent_of(done_bytes, total_bytes));
		put_bytes(p->out, total_bytes);
	} else {
		put_bytes(p->out, done_bytes);
	}
	put_rate(p->out, done_bytes, total_bytes, ms - p->start_ms);
	fputs("\033[K", p->out);
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
