/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/wait.h"

#include <stdlib.h>
#include <time.h>

void udf_wait_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

static struct timespec time_after(unsigned ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	t.tv_sec += (time_t)(ms / 1000) + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}

bool udf_wait_ms(pthread_cond_t *condition, pthread_mutex_t *lock, unsigned ms)
{
	struct timespec until = time_after(ms);

	return pthread_cond_timedwait(condition, lock, &until) == 0;
}

/* A call that may outlive its caller.  Who of the two leaves last frees it. */
struct call {
	void (*call)(void *ctx);
	void *ctx;
	pthread_mutex_t lock;
	pthread_cond_t returned;
	bool has_returned, was_left;
};

static void call_free(struct call *c)
{
	pthread_cond_destroy(&c->returned);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static void *call_run(void *arg)
{
	struct call *c = arg;
	bool was_left;

	c->call(c->ctx);
	pthread_mutex_lock(&c->lock);
	c->has_returned = true;
	was_left = c->was_left;
	pthread_cond_signal(&c->returned);
	pthread_mutex_unlock(&c->lock);
	if (was_left)
		call_free(c);
	return NULL;
}

/* Nobody else signals, so one wait is enough, unless it wakes for nothing. */
static bool call_await(struct call *c, unsigned ms)
{
	bool has_returned;

	pthread_mutex_lock(&c->lock);
	while (!c->has_returned && udf_wait_ms(&c->returned, &c->lock, ms))
		;
	has_returned = c->has_returned;
	c->was_left = !has_returned;
	pthread_mutex_unlock(&c->lock);
	return has_returned;
}

bool udf_call_within_ms(void (*call)(void *ctx), void *ctx, unsigned ms)
{
	struct call *c = calloc(1, sizeof(*c));
	pthread_t thread;

	if (!c) {
		call(ctx);
		return true;
	}
	c->call = call;
	c->ctx = ctx;
	pthread_mutex_init(&c->lock, NULL);
	udf_wait_init(&c->returned);
	if (pthread_create(&thread, NULL, call_run, c)) {
		call_free(c);
		call(ctx);
		return true;
	}
	if (!call_await(c, ms)) {
		pthread_detach(thread);
		return false;
	}
	pthread_join(thread, NULL);
	call_free(c);
	return true;
}
