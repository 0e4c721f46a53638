/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "burn/fifo.h"

#define READ_BYTES 65536u		/* at most so much is read at once */

struct burn_fifo {
	struct burn_source source;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint8_t *bytes;
	size_t size, at, n;		/* n bytes from at on are waiting */
	bool has_ended, must_stop;
	enum udf_err err;		/* of the source */
};

/* Room for the next read: where, and how much in one piece.  Waits for it; false: stop. */
static bool wait_for_room(struct burn_fifo *fifo, size_t *ret_at, size_t *ret_n_bytes)
{
	size_t end;

	pthread_mutex_lock(&fifo->lock);
	while (!fifo->must_stop && fifo->size - fifo->n < READ_BYTES)
		pthread_cond_wait(&fifo->changed, &fifo->lock);
	end = (fifo->at + fifo->n) % fifo->size;
	*ret_at = end;
	*ret_n_bytes = udf_min64(udf_min64(fifo->size - end, fifo->size - fifo->n), READ_BYTES);
	pthread_mutex_unlock(&fifo->lock);
	return !fifo->must_stop;
}

/* Only the source can be cancelled: everything else ends by itself. */
static void *read_all(void *arg)
{
	struct burn_fifo *fifo = arg;
	size_t at, n_bytes, n;
	enum udf_err err = UDF_OK;
	bool has_ended = false;
	int old;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	while (!has_ended && wait_for_room(fifo, &at, &n_bytes)) {
		n = 0;
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
		err = fifo->source.read(fifo->source.ctx, fifo->bytes + at, n_bytes, &n);
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
		has_ended = err || n == 0;
		pthread_mutex_lock(&fifo->lock);
		fifo->n += n;
		fifo->has_ended = has_ended;
		fifo->err = err;
		pthread_cond_broadcast(&fifo->changed);
		pthread_mutex_unlock(&fifo->lock);
	}
	return NULL;
}

enum udf_err burn_fifo_new(const struct burn_source *source, size_t n_bytes, struct burn_fifo **ret_fifo)
{
	struct burn_fifo *fifo = calloc(1, sizeof(*fifo));

	if (!fifo)
		return UDF_E_NOMEM;
	fifo->source = *source;
	fifo->size = n_bytes < BURN_MIN_FIFO_BYTES ? BURN_MIN_FIFO_BYTES : n_bytes;
	fifo->bytes = malloc(fifo->size);
	pthread_mutex_init(&fifo->lock, NULL);
	pthread_cond_init(&fifo->changed, NULL);
	if (!fifo->bytes || pthread_create(&fifo->thread, NULL, read_all, fifo)) {
		pthread_cond_destroy(&fifo->changed);
		pthread_mutex_destroy(&fifo->lock);
		free(fifo->bytes);
		free(fifo);
		return UDF_E_NOMEM;
	}
	*ret_fifo = fifo;
	return UDF_OK;
}

void burn_fifo_free(struct burn_fifo *fifo)
{
	if (!fifo)
		return;
	pthread_mutex_lock(&fifo->lock);
	fifo->must_stop = true;
	pthread_cond_broadcast(&fifo->changed);
	pthread_mutex_unlock(&fifo->lock);
	pthread_cancel(fifo->thread);
	pthread_join(fifo->thread, NULL);
	pthread_cond_destroy(&fifo->changed);
	pthread_mutex_destroy(&fifo->lock);
	free(fifo->bytes);
	free(fifo);
}

enum udf_err burn_fifo_take(struct burn_fifo *fifo, void *ret_data, size_t n_bytes, size_t *ret_n_bytes)
{
	uint8_t *to = ret_data;
	size_t done = 0;
	enum udf_err err;

	pthread_mutex_lock(&fifo->lock);
	while (done < n_bytes) {
		size_t n = udf_min64(udf_min64(fifo->n, fifo->size - fifo->at), n_bytes - done);

		if (!n && fifo->has_ended)
			break;
		if (!n) {
			pthread_cond_wait(&fifo->changed, &fifo->lock);
			continue;
		}
		memcpy(to + done, fifo->bytes + fifo->at, n);
		done += n;
		fifo->at = (fifo->at + n) % fifo->size;
		fifo->n -= n;
		pthread_cond_broadcast(&fifo->changed);
	}
	/* what came before an error counts */
	err = done ? UDF_OK : fifo->err;
	pthread_mutex_unlock(&fifo->lock);
	*ret_n_bytes = done;
	return err;
}

enum udf_err burn_fifo_fill(struct burn_fifo *fifo, bool *ret_is_empty)
{
	enum udf_err err;

	pthread_mutex_lock(&fifo->lock);
	while (!fifo->has_ended && fifo->size - fifo->n >= READ_BYTES)
		pthread_cond_wait(&fifo->changed, &fifo->lock);
	*ret_is_empty = fifo->n == 0;
	err = fifo->err;
	pthread_mutex_unlock(&fifo->lock);
	return err;
}

unsigned burn_fifo_percent(struct burn_fifo *fifo)
{
	unsigned percent;

	pthread_mutex_lock(&fifo->lock);
	percent = (unsigned)((uint64_t)fifo->n * 100 / fifo->size);
	pthread_mutex_unlock(&fifo->lock);
	return percent;
}
