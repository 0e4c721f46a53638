/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ring of jobs.  [settled, taken) are in it; the threads, and the caller where it would have to wait,
 * take the oldest that waits.  Counters only grow; a job lies at its number modulo the size.
 */
#include "config.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#include "tree/extract_queue.h"

#define N_JOBS 64u
#define N_THREADS_MAX 3		/* beside the caller's */
#define N_WAITING_FOR_THREADS 4	/* so much work is worth starting them */

struct worker {
	struct tree_queue *queue;
	pthread_t thread;
	uint8_t *buffer;
};

struct tree_queue {
	void (*settle)(void *ctx, struct tree_job *job);
	void *ctx;
	uint8_t *buffer;		/* of the caller's thread */
	struct tree_job jobs[N_JOBS];
	size_t n_settled, n_taken;	/* the caller's thread's */
	struct worker workers[N_THREADS_MAX];
	size_t n_workers;
	bool have_started;
	/* Under the lock, as all states are: */
	pthread_mutex_t lock;
	pthread_cond_t work, ran;
	size_t n_put, n_looked_at;	/* none before this one waits */
	size_t n_idle;			/* workers waiting for work */
	bool ending;
};

enum udf_err tree_queue_new(void (*settle)(void *ctx, struct tree_job *job), void *ctx,
			    struct tree_queue **ret_queue)
{
	struct tree_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return UDF_E_NOMEM;
	q->settle = settle;
	q->ctx = ctx;
	q->buffer = malloc(TREE_BUFFER_BYTES);
	if (!q->buffer) {
		free(q);
		return UDF_E_NOMEM;
	}
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->work, NULL);
	pthread_cond_init(&q->ran, NULL);
	*ret_queue = q;
	return UDF_OK;
}

void tree_queue_free(struct tree_queue *q)
{
	if (!q)
		return;
	pthread_mutex_lock(&q->lock);
	q->ending = true;
	pthread_cond_broadcast(&q->work);
	pthread_mutex_unlock(&q->lock);
	for (size_t i = 0; i < q->n_workers; i++) {
		pthread_join(q->workers[i].thread, NULL);
		free(q->workers[i].buffer);
	}
	for (size_t i = 0; i < N_JOBS; i++) {
		free(q->jobs[i].path.text);
		free(q->jobs[i].host_path.text);
		free(q->jobs[i].data);
	}
	pthread_cond_destroy(&q->ran);
	pthread_cond_destroy(&q->work);
	pthread_mutex_destroy(&q->lock);
	free(q->buffer);
	free(q);
}

/* Run the oldest job that waits, with the lock given back meanwhile; false if none does. */
static bool run_one(struct tree_queue *q, uint8_t *buffer)
{
	struct tree_job *job;

	while (q->n_looked_at < q->n_put && q->jobs[q->n_looked_at % N_JOBS].state != TREE_JOB_WAITS)
		q->n_looked_at++;
	if (q->n_looked_at == q->n_put)
		return false;
	job = &q->jobs[q->n_looked_at++ % N_JOBS];
	job->state = TREE_JOB_RUNS;
	pthread_mutex_unlock(&q->lock);
	tree_job_run(job, buffer);
	pthread_mutex_lock(&q->lock);
	job->state = TREE_JOB_RAN;
	pthread_cond_signal(&q->ran);
	return true;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct tree_queue *q = worker->queue;

	pthread_mutex_lock(&q->lock);
	while (!q->ending) {
		if (run_one(q, worker->buffer))
			continue;
		q->n_idle++;
		pthread_cond_wait(&q->work, &q->lock);
		q->n_idle--;
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

/* One thread fewer than there are processors for us; signals are the caller's thread's. */
static void start_workers(struct tree_queue *q)
{
	sigset_t all, before;
	cpu_set_t cpus;
	size_t n_wanted = 0;

	q->have_started = true;
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		n_wanted = (size_t)CPU_COUNT(&cpus) - 1;
	if (n_wanted > N_THREADS_MAX)
		n_wanted = N_THREADS_MAX;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (q->n_workers < n_wanted) {
		struct worker *worker = &q->workers[q->n_workers];

		worker->queue = q;
		worker->buffer = malloc(TREE_BUFFER_BYTES);
		if (!worker->buffer)
			break;
		if (pthread_create(&worker->thread, NULL, work, worker)) {
			free(worker->buffer);
			break;		/* those there are do it */
		}
		q->n_workers++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Settle until at most N_JOBS_LEFT are in the queue, and whatever more has been done by then. */
static void settle_down_to(struct tree_queue *q, size_t n_jobs_left)
{
	pthread_mutex_lock(&q->lock);
	while (q->n_settled < q->n_taken) {
		struct tree_job *oldest = &q->jobs[q->n_settled % N_JOBS];

		if (oldest->state == TREE_JOB_RAN) {
			pthread_mutex_unlock(&q->lock);
			q->settle(q->ctx, oldest);
			pthread_mutex_lock(&q->lock);
			q->n_settled++;
		} else if (q->n_taken - q->n_settled <= n_jobs_left) {
			break;
		} else if (!run_one(q, q->buffer)) {
			pthread_cond_wait(&q->ran, &q->lock);
		}
	}
	pthread_mutex_unlock(&q->lock);
}

struct tree_job *tree_queue_take(struct tree_queue *q)
{
	struct tree_job *job, old;

	settle_down_to(q, N_JOBS - 1);
	job = &q->jobs[q->n_taken++ % N_JOBS];
	old = *job;
	*job = (struct tree_job){
		.path = old.path, .host_path = old.host_path,
		.data = old.data, .cap_data_bytes = old.cap_data_bytes,
		.dir_fd = -1, .fd = -1,
	};
	return job;
}

void tree_queue_put(struct tree_queue *q, struct tree_job *job)
{
	size_t n_waiting;

	pthread_mutex_lock(&q->lock);
	job->state = TREE_JOB_WAITS;
	q->n_put = q->n_taken;
	n_waiting = q->n_put - q->n_looked_at;
	if (q->n_idle)
		pthread_cond_signal(&q->work);
	pthread_mutex_unlock(&q->lock);
	if (!q->have_started && n_waiting >= N_WAITING_FOR_THREADS)
		start_workers(q);
}

void tree_queue_put_done(struct tree_queue *q, struct tree_job *job)
{
	pthread_mutex_lock(&q->lock);
	job->state = TREE_JOB_RAN;
	q->n_put = q->n_taken;
	pthread_mutex_unlock(&q->lock);
}

void tree_queue_drain(struct tree_queue *q)
{
	settle_down_to(q, 0);
}
