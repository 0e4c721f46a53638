/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ring of jobs, and a ring of the bytes that they hold.  Jobs [n_settled, n_taken) are in the ring.  The threads
 * take waiting jobs, and so does the caller where it would have to wait.  Counters only grow; a job is stored at
 * its number modulo the size.
 *
 * A host makes only one file at a time in a directory.  So each thread prefers jobs in a directory in which no
 * other thread is working.
 */
#include "config.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#include "tree/extract_queue.h"

#define N_JOBS 512u
#define DATA_BYTES (4u << 20)
#define N_FDS 64u		/* how many descriptors jobs may hold open */
#define N_WORKERS_MAX 3u	/* threads, without the caller's */
#define N_WAITING_FOR_WORKERS 4u	/* threads are started when this many jobs wait */

/* A thread that makes files; the first is the caller's. */
struct maker {
	struct tree_queue *queue;
	pthread_t thread;
	uint8_t *buffer;
	int dir_fd;			/* where it made the last one; -1 */
	size_t next;			/* the job after that one */
};

struct tree_queue {
	void (*settle)(void *ctx, struct tree_job *job);
	void *ctx;
	struct tree_job jobs[N_JOBS];
	/* Used only by the caller's thread: */
	size_t n_settled, n_taken;
	size_t n_fds;			/* held by jobs */
	uint8_t *data;			/* DATA_BYTES, of which [data_settled, data_taken) are in use */
	uint64_t data_settled, data_taken;
	size_t data_wanted;		/* bytes, including unused ones at the end of the ring */
	struct maker makers[1 + N_WORKERS_MAX];
	size_t n_makers;
	bool have_started;
	/* Protected by the lock, as all states are: */
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
	q->makers[0] = (struct maker){ .queue = q, .buffer = malloc(TREE_BUFFER_BYTES), .dir_fd = -1 };
	q->n_makers = 1;
	q->data = malloc(DATA_BYTES);
	if (!q->makers[0].buffer || !q->data) {
		free(q->makers[0].buffer);
		free(q->data);
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
	for (size_t i = 0; i < q->n_makers; i++) {
		if (i > 0)
			pthread_join(q->makers[i].thread, NULL);
		free(q->makers[i].buffer);
	}
	for (size_t i = 0; i < N_JOBS; i++) {
		free(q->jobs[i].path.text);
		free(q->jobs[i].host_path.text);
	}
	pthread_cond_destroy(&q->ran);
	pthread_cond_destroy(&q->work);
	pthread_mutex_destroy(&q->lock);
	free(q->data);
	free(q);
}

/* ---- making ---- */

static bool waits_in(const struct tree_queue *q, size_t n, int dir_fd)
{
	const struct tree_job *job = &q->jobs[n % N_JOBS];

	return n < q->n_put && job->state == TREE_JOB_WAITS && (dir_fd < 0 || job->dir_fd == dir_fd);
}

static bool is_others(const struct maker *maker, int dir_fd)
{
	for (size_t i = 0; i < maker->queue->n_makers; i++) {
		const struct maker *other = &maker->queue->makers[i];

		if (other != maker && other->dir_fd == dir_fd)
			return true;
	}
	return false;
}

/* The number of a job that waits, for MAKER; false if none does. */
static bool find_job(const struct maker *maker, size_t *ret_n)
{
	struct tree_queue *q = maker->queue;
	size_t n;

	if (maker->dir_fd >= 0 && maker->next >= q->n_looked_at && waits_in(q, maker->next, maker->dir_fd)) {
		*ret_n = maker->next;
		return true;
	}
	while (q->n_looked_at < q->n_put && !waits_in(q, q->n_looked_at, -1))
		q->n_looked_at++;
	for (n = q->n_looked_at; n < q->n_put; n++) {
		if (waits_in(q, n, -1) && !is_others(maker, q->jobs[n % N_JOBS].dir_fd))
			break;
	}
	*ret_n = n < q->n_put ? n : q->n_looked_at;
	return *ret_n < q->n_put;
}

/* Make one file, without the lock.  Returns false if no job waits. */
static bool make_one(struct maker *maker)
{
	struct tree_queue *q = maker->queue;
	struct tree_job *job;
	size_t n;

	if (!find_job(maker, &n)) {
		maker->dir_fd = -1;
		return false;
	}
	job = &q->jobs[n % N_JOBS];
	maker->dir_fd = job->dir_fd;
	maker->next = n + 1;
	job->state = TREE_JOB_RUNS;
	pthread_mutex_unlock(&q->lock);
	tree_job_run(job, maker->buffer);
	pthread_mutex_lock(&q->lock);
	job->state = TREE_JOB_RAN;
	pthread_cond_signal(&q->ran);
	return true;
}

static void *work(void *arg)
{
	struct maker *maker = arg;
	struct tree_queue *q = maker->queue;

	pthread_mutex_lock(&q->lock);
	while (!q->ending) {
		if (make_one(maker))
			continue;
		q->n_idle++;
		pthread_cond_wait(&q->work, &q->lock);
		q->n_idle--;
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

/* Start one thread fewer than there are processors for us.  Only the caller's thread receives signals. */
static void start_workers(struct tree_queue *q)
{
	sigset_t all, before;
	cpu_set_t cpus;
	size_t n_wanted = 1;

	q->have_started = true;
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		n_wanted = (size_t)CPU_COUNT(&cpus);
	if (n_wanted > 1 + N_WORKERS_MAX)
		n_wanted = 1 + N_WORKERS_MAX;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_mutex_lock(&q->lock);
	while (q->n_makers < n_wanted) {
		struct maker *maker = &q->makers[q->n_makers];

		*maker = (struct maker){ .queue = q, .buffer = malloc(TREE_BUFFER_BYTES), .dir_fd = -1 };
		if (!maker->buffer)
			break;
		if (pthread_create(&maker->thread, NULL, work, maker)) {
			free(maker->buffer);
			break;		/* the existing threads have to do */
		}
		q->n_makers++;
	}
	pthread_mutex_unlock(&q->lock);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- the caller's side ---- */

static bool has_room(const struct tree_queue *q)
{
	return q->n_taken - q->n_settled < N_JOBS && q->n_fds < N_FDS;
}

static bool is_empty(const struct tree_queue *q)
{
	return q->n_settled == q->n_taken;
}

/* Settle jobs until ENOUGH is true, and then those that are done already. */
static void settle_until(struct tree_queue *q, bool (*enough)(const struct tree_queue *q))
{
	pthread_mutex_lock(&q->lock);
	while (!is_empty(q)) {
		struct tree_job *oldest = &q->jobs[q->n_settled % N_JOBS];

		if (oldest->state == TREE_JOB_RAN) {
			pthread_mutex_unlock(&q->lock);
			q->settle(q->ctx, oldest);
			q->n_fds -= oldest->n_fds;
			if (oldest->data_end)
				q->data_settled = oldest->data_end;
			q->n_settled++;
			pthread_mutex_lock(&q->lock);
		} else if (enough(q)) {
			break;
		} else if (!make_one(&q->makers[0])) {
			pthread_cond_wait(&q->ran, &q->lock);
		}
	}
	q->makers[0].dir_fd = -1;	/* the caller reads again */
	pthread_mutex_unlock(&q->lock);
}

struct tree_job *tree_queue_take(struct tree_queue *q)
{
	struct tree_job *job, old;

	settle_until(q, has_room);
	job = &q->jobs[q->n_taken++ % N_JOBS];
	old = *job;
	*job = (struct tree_job){ .path = old.path, .host_path = old.host_path, .dir_fd = -1, .fd = -1 };
	return job;
}

static bool has_data_room(const struct tree_queue *q)
{
	return q->data_wanted <= DATA_BYTES - (q->data_taken - q->data_settled);
}

void tree_queue_give_data(struct tree_queue *q, struct tree_job *job, size_t n_bytes)
{
	size_t left = DATA_BYTES - (size_t)(q->data_taken % DATA_BYTES);

	q->data_wanted = n_bytes <= left ? n_bytes : left + n_bytes;	/* in one piece */
	settle_until(q, has_data_room);
	q->data_taken += q->data_wanted;
	job->data_end = q->data_taken;
	job->data = q->data + (q->data_taken - n_bytes) % DATA_BYTES;
	job->n_data_bytes = n_bytes;
}

static void put(struct tree_queue *q, struct tree_job *job)
{
	job->n_fds = job->fd >= 0 || job->kind == TREE_JOB_SHOW || job->kind == TREE_JOB_LEAVE ||
		     job->kind == TREE_JOB_CLOSE;
	q->n_fds += job->n_fds;
	q->n_put = q->n_taken;
}

void tree_queue_put(struct tree_queue *q, struct tree_job *job)
{
	size_t n_waiting;

	pthread_mutex_lock(&q->lock);
	put(q, job);
	job->state = TREE_JOB_WAITS;
	n_waiting = q->n_put - q->n_looked_at;
	if (q->n_idle)
		pthread_cond_signal(&q->work);
	pthread_mutex_unlock(&q->lock);
	if (!q->have_started && n_waiting >= N_WAITING_FOR_WORKERS)
		start_workers(q);
}

void tree_queue_put_done(struct tree_queue *q, struct tree_job *job)
{
	pthread_mutex_lock(&q->lock);
	put(q, job);
	job->state = TREE_JOB_RAN;
	pthread_mutex_unlock(&q->lock);
}

void tree_queue_drain(struct tree_queue *q)
{
	settle_until(q, is_empty);
}
