/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/wait.h"
#include "burn/fifo.h"

#define READ_BYTES 65536u		/* at most so much is read at once */
#define ASK_MS 200			/* how often the taker is asked whether it still waits */
#define HANG_MS 1000			/* a source that was stopped and has not returned after this hangs */

struct burn_fifo {
	struct burn_source source;
	struct burn_fifo_patience patience;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint8_t *bytes;
	size_t size, at, n;		/* n bytes from at on are waiting */
	bool has_ended, must_stop;
	bool has_returned;		/* the thread touches the source no more */
	bool is_abandoned;		/* the thread frees the buffer */
	enum udf_err err;		/* of the source */
};

/* Of the taker, with the lock held.  It may ask the buffer things, so that it is asked without the lock. */
static enum udf_err wait_for_source(struct burn_fifo *fifo)
{
	bool goes_on = true;

	if (udf_wait_ms(&fifo->changed, &fifo->lock, ASK_MS) || !fifo->patience.goes_on)
		return UDF_OK;
	pthread_mutex_unlock(&fifo->lock);
	goes_on = fifo->patience.goes_on(fifo->patience.ctx);
	pthread_mutex_lock(&fifo->lock);
	return goes_on ? UDF_OK : UDF_E_CANCELLED;
}

/* Room for the next read: where, and how much in one piece.  Waits for it; false: stop. */
static bool wait_for_room(struct burn_fifo *fifo, size_t *ret_at, size_t *ret_n_bytes)
{
	size_t end;

	pthread_mutex_lock(&fifo->lock);
	while (!fifo->must_stop && fifo->size - fifo->n < READ_BYTES)
		pthread_cond_wait(&fifo->changed, &fifo->lock);
	end = (fifo->at + fifo->n) % fifo->size;
	*ret_at = end;
	*ret_n_bytes = (size_t)udf_min64(udf_min64(fifo->size - end, fifo->size - fifo->n), READ_BYTES);
	pthread_mutex_unlock(&fifo->lock);
	return !fifo->must_stop;
}

static void destroy(struct burn_fifo *fifo)
{
	pthread_cond_destroy(&fifo->changed);
	pthread_mutex_destroy(&fifo->lock);
	free(fifo->bytes);
	free(fifo);
}

static void *read_all(void *arg)
{
	struct burn_fifo *fifo = arg;
	size_t at, n_bytes, n;
	enum udf_err err = UDF_OK;
	bool has_ended = false, is_abandoned;

	while (!has_ended && wait_for_room(fifo, &at, &n_bytes)) {
		n = 0;
		err = fifo->source.read(fifo->source.ctx, fifo->bytes + at, n_bytes, &n);
		has_ended = err || n == 0;
		pthread_mutex_lock(&fifo->lock);
		fifo->n += n;
		fifo->has_ended = has_ended;
		fifo->err = err;
		pthread_cond_broadcast(&fifo->changed);
		pthread_mutex_unlock(&fifo->lock);
	}
	pthread_mutex_lock(&fifo->lock);
	fifo->has_returned = true;
	is_abandoned = fifo->is_abandoned;
	pthread_cond_broadcast(&fifo->changed);
	pthread_mutex_unlock(&fifo->lock);
	if (is_abandoned)
		destroy(fifo);
	return NULL;
}

enum udf_err burn_fifo_new(const struct burn_source *source, size_t n_bytes, const struct burn_fifo_patience *patience,
			   struct burn_fifo **ret_fifo)
{
	struct burn_fifo *fifo = calloc(1, sizeof(*fifo));

	if (!fifo)
		return UDF_E_NOMEM;
	fifo->source = *source;
	if (patience)
		fifo->patience = *patience;
	fifo->size = n_bytes < BURN_MIN_FIFO_BYTES ? BURN_MIN_FIFO_BYTES : n_bytes;
	fifo->bytes = malloc(fifo->size);
	pthread_mutex_init(&fifo->lock, NULL);
	udf_wait_init(&fifo->changed);
	if (!fifo->bytes || pthread_create(&fifo->thread, NULL, read_all, fifo)) {
		destroy(fifo);
		return UDF_E_NOMEM;
	}
	*ret_fifo = fifo;
	return UDF_OK;
}

/* A thread is never cancelled: what it holds then (locks, memory, frames of other libraries) is nobody's any more. */
bool burn_fifo_free(struct burn_fifo *fifo)
{
	bool has_returned;

	if (!fifo)
		return true;
	pthread_mutex_lock(&fifo->lock);
	fifo->must_stop = true;
	pthread_cond_broadcast(&fifo->changed);
	if (!fifo->has_returned && fifo->source.stop)
		fifo->source.stop(fifo->source.ctx);
	/* nothing else can change any more */
	while (!fifo->has_returned && udf_wait_ms(&fifo->changed, &fifo->lock, HANG_MS))
		;
	has_returned = fifo->has_returned;
	fifo->is_abandoned = !has_returned;
	if (!has_returned)
		pthread_detach(fifo->thread);
	pthread_mutex_unlock(&fifo->lock);
	if (has_returned) {
		pthread_join(fifo->thread, NULL);
		destroy(fifo);
	}
	return has_returned;
}

enum udf_err burn_fifo_take(struct burn_fifo *fifo, void *ret_data, size_t n_bytes, size_t *ret_n_bytes)
{
	uint8_t *to = ret_data;
	size_t done = 0;
	enum udf_err err = UDF_OK;

	pthread_mutex_lock(&fifo->lock);
	while (!err && done < n_bytes) {
		size_t n = (size_t)udf_min64(udf_min64(fifo->n, fifo->size - fifo->at), n_bytes - done);

		if (!n && fifo->has_ended)
			break;
		if (!n) {
			err = wait_for_source(fifo);
			continue;
		}
		memcpy(to + done, fifo->bytes + fifo->at, n);
		done += n;
		fifo->at = (fifo->at + n) % fifo->size;
		fifo->n -= n;
		pthread_cond_broadcast(&fifo->changed);
	}
	/* what came before an error of the source counts */
	if (!err && !done)
		err = fifo->err;
	pthread_mutex_unlock(&fifo->lock);
	*ret_n_bytes = done;
	return err;
}

enum udf_err burn_fifo_fill(struct burn_fifo *fifo, bool *ret_is_empty)
{
	enum udf_err err = UDF_OK;

	pthread_mutex_lock(&fifo->lock);
	while (!err && !fifo->has_ended && fifo->size - fifo->n >= READ_BYTES)
		err = wait_for_source(fifo);
	*ret_is_empty = fifo->n == 0;
	if (!err)
		err = fifo->err;
	pthread_mutex_unlock(&fifo->lock);
	return err;
}

const uint8_t *burn_fifo_begin(struct burn_fifo *fifo, size_t *ret_n_bytes)
{
	pthread_mutex_lock(&fifo->lock);
	*ret_n_bytes = fifo->n;
	pthread_mutex_unlock(&fifo->lock);
	return fifo->bytes;
}

unsigned burn_fifo_percent(struct burn_fifo *fifo)
{
	unsigned percent;

	pthread_mutex_lock(&fifo->lock);
	percent = (unsigned)((uint64_t)fifo->n * 100 / fifo->size);
	pthread_mutex_unlock(&fifo->lock);
	return percent;
}
