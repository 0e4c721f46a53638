/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/wait.h"
#include "export.h"
#include "medium/tray.h"
#include "unused.h"

#define LOOK_MS 250u		/* how often the thread looks */
#define IDLE_MS 1000u		/* after that long without a write, everything is written out */
#define POLL_MS 1000u		/* how often the drive is asked for its button */
#define RETRY_MS 30000u		/* after that long, what failed is tried again */

struct export {
	struct bio *bio;
	struct medium_info medium;
	struct medium_watch *watch;
	struct unused *unused;
	int status_fd;
	void (*unheard)(void);
	pthread_t thread;
	bool has_thread;

	pthread_mutex_t lock;	/* protects what follows */
	pthread_cond_t wake;
	bool stops;
	uint64_t n_writes, n_durable;	/* writes so far, and how many of them are on the disc for sure */
	uint64_t last_write_ms, last_poll_ms;
	uint64_t retry_ms;		/* not before; 0: nothing has failed */
	const char *told;		/* "pending", "clean" or "failing" */
	bool told_gone;
	bool told_refused;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* One line.  Nobody may be listening any more. */
static void tell(const struct export *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void tell(const struct export *e, const char *format, ...)
{
	char line[EXPORT_LINE_BYTES];
	va_list args;
	size_t n;

	if (e->status_fd < 0)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	n = strlen(line);
	for (size_t i = 0; i < n; i++)
		if (line[i] == '\n')
			line[i] = ' ';
	line[n] = '\n';
	(void)!write(e->status_fd, line, n + 1);
}

/* With the lock.  WHY belongs to "failing". */
static void tell_state(struct export *e, const char *state, const char *why)
{
	if (e->told == state)
		return;
	e->told = state;
	tell(e, "%s%s%s", state, why ? " " : "", why ? why : "");
}

static const char pending[] = "pending", clean[] = "clean", failing[] = "failing";

enum udf_err export_read(struct export *export, uint64_t offset_bytes, uint32_t n_bytes, void *ret_data)
{
	if (offset_bytes % EXPORT_BLOCK_BYTES || n_bytes % EXPORT_BLOCK_BYTES)
		return UDF_E_INVAL;
	return bio_read(export->bio, offset_bytes / EXPORT_BLOCK_BYTES, n_bytes / EXPORT_BLOCK_BYTES, ret_data);
}

/* The status line says that something is pending before the writer learns that it has been taken. */
enum udf_err export_write(struct export *export, uint64_t offset_bytes, uint32_t n_bytes, const void *data)
{
	enum udf_err err;

	if (offset_bytes % EXPORT_BLOCK_BYTES || n_bytes % EXPORT_BLOCK_BYTES)
		return UDF_E_INVAL;
	err = bio_write(export->bio, offset_bytes / EXPORT_BLOCK_BYTES, n_bytes / EXPORT_BLOCK_BYTES, data);
	if (err) {
		/* The kernel forgets what it could not write, and few programs hear of it. */
		pthread_mutex_lock(&export->lock);
		if (!export->told_refused)
			tell(export, "lost %s", udf_strerror(err));
		export->told_refused = true;
		pthread_mutex_unlock(&export->lock);
		return err;
	}
	pthread_mutex_lock(&export->lock);
	export->n_writes++;
	export->last_write_ms = now_ms();
	if (export->told != failing)
		tell_state(export, pending, NULL);
	pthread_mutex_unlock(&export->lock);
	return UDF_OK;
}

enum udf_err export_flush(struct export *export)
{
	uint64_t n_writes;
	enum udf_err err;

	pthread_mutex_lock(&export->lock);
	n_writes = export->n_writes;
	pthread_mutex_unlock(&export->lock);
	err = bio_flush(export->bio);
	pthread_mutex_lock(&export->lock);
	if (err) {
		export->retry_ms = now_ms() + RETRY_MS;
		tell_state(export, failing, udf_strerror(err));
	} else {
		export->retry_ms = 0;
		if (export->n_durable < n_writes)
			export->n_durable = n_writes;
		if (export->n_durable < export->n_writes)
			tell_state(export, pending, NULL);
		else if (export->told)
			tell_state(export, clean, NULL);
	}
	pthread_mutex_unlock(&export->lock);
	return err;
}

/* With the lock: is it time to write out? */
static bool is_due(const struct export *e)
{
	uint64_t now = now_ms();

	return e->n_durable < e->n_writes && now - e->last_write_ms >= IDLE_MS &&
	       (e->retry_ms <= now || e->last_write_ms + RETRY_MS > e->retry_ms);
}

static void look_at_button(struct export *e)
{
	enum medium_wish wish = medium_watch_poll(e->watch);

	if (wish == MEDIUM_WISH_EJECT) {
		(void)export_flush(e);
		tell(e, "eject");
	}
	if (wish == MEDIUM_WISH_GONE && !e->told_gone)
		tell(e, "gone");
	e->told_gone = wish == MEDIUM_WISH_GONE;
}

/* A pipe that nobody reads any more is in error. */
static void look_for_listener(const struct export *e)
{
	struct pollfd fd = { .fd = e->status_fd };

	if (e->unheard && e->status_fd >= 0 && poll(&fd, 1, 0) == 1 && (fd.revents & POLLERR))
		e->unheard();
}

static void *watch(void *arg)
{
	struct export *e = arg;

	pthread_mutex_lock(&e->lock);
	while (!e->stops) {
		bool must_write = is_due(e), must_poll = now_ms() - e->last_poll_ms >= POLL_MS;

		if (must_poll)
			e->last_poll_ms = now_ms();
		pthread_mutex_unlock(&e->lock);
		if (must_write)
			(void)export_flush(e);
		if (must_poll) {
			look_at_button(e);
			look_for_listener(e);
		}
		pthread_mutex_lock(&e->lock);
		if (!e->stops)
			(void)udf_wait_ms(&e->wake, &e->lock, LOOK_MS);
	}
	pthread_mutex_unlock(&e->lock);
	return NULL;
}

static enum udf_err start_watching(struct export *e)
{
	sigset_t all, before;
	int failed;

	pthread_mutex_init(&e->lock, NULL);
	udf_wait_init(&e->wake);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&e->thread, NULL, watch, e);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	e->has_thread = !failed;
	return failed ? udf_err_from_errno(failed) : UDF_OK;
}

enum udf_err export_open(const char *device, int status_fd, void (*unheard)(void), struct export **ret,
			 char ret_why[MEDIUM_WHY_BYTES])
{
	const struct medium_options options = { .by_commands = true, .drive_completes = true };
	struct medium_refusal refusal = { 0 };
	struct export *e = calloc(1, sizeof(*e));
	enum udf_err err;

	if (!e)
		return UDF_E_NOMEM;
	e->status_fd = status_fd;
	e->unheard = unheard;
	err = medium_open(device, &options, &e->bio, &e->medium, &refusal);
	if (!err && !e->medium.cache) {
		snprintf(refusal.text, sizeof(refusal.text),
			 "the drive does not say how large the packets of its disc are");
		refusal.why = refusal.text;
		err = UDF_E_UNSUPPORTED;
	}
	if (err)
		snprintf(ret_why, MEDIUM_WHY_BYTES, "%s", refusal.why ? refusal.why : udf_strerror(err));
	else
		err = medium_watch_new(&e->medium, &e->watch);
	if (!err) {
		e->unused = unused_begin(e->bio);
		err = start_watching(e);
	}
	if (err) {
		unused_end(e->unused, e->bio);
		medium_watch_free(e->watch);
		bio_close(e->bio);
		free(e);
		return err;
	}
	tell(e, "ready %llu %s", (unsigned long long)export_size_bytes(e), e->medium.disc_name);
	*ret = e;
	return UDF_OK;
}

void export_close(struct export *export)
{
	char text[EXPORT_LINE_BYTES - 16];
	enum udf_err err;

	if (!export)
		return;
	pthread_mutex_lock(&export->lock);
	export->stops = true;
	pthread_cond_signal(&export->wake);
	pthread_mutex_unlock(&export->lock);
	pthread_join(export->thread, NULL);
	err = export->n_durable < export->n_writes || export->retry_ms ? export_flush(export) : UDF_OK;
	if (err)
		tell(export, "lost %s", udf_strerror(err));
	if (medium_session_text(&export->medium, text, sizeof(text)))
		tell(export, "session %s", text);
	pthread_cond_destroy(&export->wake);
	pthread_mutex_destroy(&export->lock);
	unused_end(export->unused, export->bio);
	medium_watch_free(export->watch);
	bio_close(export->bio);
	free(export);
}

uint64_t export_size_bytes(const struct export *export)
{
	return export->bio->geometry.n_blocks * EXPORT_BLOCK_BYTES;
}

uint32_t export_unit_bytes(const struct export *export)
{
	return export->medium.write_unit_blocks * EXPORT_BLOCK_BYTES;
}
