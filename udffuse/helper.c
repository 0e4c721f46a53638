/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread for work that the loop must not wait for: the kernel answers some of our requests only after it has sent
 * requests to us.
 */
#include "config.h"

#include <signal.h>

#include "mounted.h"

static void *helper_main(void *arg)
{
	struct helper *h = arg;

	pthread_mutex_lock(&h->m->lock);
	for (;;) {
		struct job *job;

		while (!h->first && !h->stop)
			pthread_cond_wait(&h->wake, &h->m->lock);
		job = h->first;
		if (!job)
			break;
		h->first = job->next;
		if (!h->first)
			h->last = &h->first;
		pthread_mutex_unlock(&h->m->lock);
		job->run(h->m, job);
		pthread_mutex_lock(&h->m->lock);
	}
	pthread_mutex_unlock(&h->m->lock);
	return NULL;
}

/* Signals are handled by the loop. */
static bool start(struct helper *h, struct mounted *m)
{
	sigset_t all, before;

	*h = (struct helper){ .m = m };
	h->last = &h->first;
	pthread_cond_init(&h->wake, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	h->runs = pthread_create(&h->thread, NULL, helper_main, h) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!h->runs)
		pthread_cond_destroy(&h->wake);
	return h->runs;
}

bool helper_add(struct helper *h, struct mounted *m, struct job *job)
{
	if (!h->runs && !start(h, m))
		return false;
	job->next = NULL;
	*h->last = job;
	h->last = &job->next;
	pthread_cond_signal(&h->wake);
	return true;
}

void helper_stop(struct helper *h)
{
	if (!h->runs)
		return;
	pthread_mutex_lock(&h->m->lock);
	h->stop = true;
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->m->lock);
	pthread_join(h->thread, NULL);
	pthread_cond_destroy(&h->wake);
	h->runs = false;
}
