/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue of extraction: what is settled when, and that each file has its own bytes, whoever made it. */
#include "config.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tree/extract_queue.h"

#define N_OBJECTS 3000
#define N_FILES_A_DIRECTORY 40

struct fixture {
	char path[64];
	int base_fd;
	struct tree_queue *queue;
	struct tree_places *places;
	uint64_t n_settled;
};

static uint32_t size_of(uint64_t n)
{
	if (n >= N_OBJECTS)
		return (uint32_t)(n % 100);
	return n % 7 == 0 ? 0 : n % 5 == 0 ? TREE_DATA_BYTES : (uint32_t)(n * 2654435761u >> 7) % TREE_DATA_BYTES;
}

static uint8_t byte_of(uint64_t n, size_t at)
{
	return (uint8_t)(n * 31 + at * 7 + at / 256);
}

static void name_of(uint64_t n, char *ret_name)
{
	snprintf(ret_name, TREE_NAME_CAP, "f%llu", (unsigned long long)n);
}

/* In their order, and not before it is there. */
static void on_settled(void *ctx, struct tree_job *job)
{
	struct fixture *f = ctx;
	struct stat st;

	assert_int_equal(job->ino, f->n_settled++);
	assert_int_equal(job->err, UDF_OK);
	if (job->kind == TREE_JOB_LEAVE) {
		assert_int_equal(close(job->dir_fd), 0);
	} else if (job->kind == TREE_JOB_FILE) {
		assert_int_equal(fstatat(job->dir_fd, job->name, &st, 0), 0);
		assert_int_equal(st.st_size, size_of(job->ino));
		assert_int_equal(st.st_mtime, 1000000000 + job->ino);
		assert_int_equal(job->fd, -1);
	}
}

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	snprintf(f->path, sizeof(f->path), "%.40s/udfkit-queue.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(f->path) || tree_places_new(NULL, NULL, &f->places) ||
	    tree_queue_new(on_settled, f, &f->queue))
		return -1;
	f->base_fd = open(f->path, O_RDONLY | O_DIRECTORY);
	*state = f;
	return f->base_fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	tree_queue_free(f->queue);
	tree_places_free(f->places);
	close(f->base_fd);
	snprintf(command, sizeof(command), "rm -rf '%s'", f->path);
	free(f);
	return system(command) ? -1 : 0;
}

static void put_file(struct fixture *f, uint64_t n, int dir_fd)
{
	struct tree_job *job = tree_queue_take(f->queue);

	job->kind = TREE_JOB_FILE;
	job->ino = n;
	job->dir_fd = dir_fd;
	job->places = f->places;
	free(job->host_path.text);
	job->host_path.text = calloc(1, TREE_NAME_CAP);
	assert_non_null(job->host_path.text);
	name_of(n, job->host_path.text);
	job->name = job->host_path.text;
	job->size_bytes = size_of(n);
	job->wanted = (struct tree_wanted){ .uid = (uid_t)-1, .gid = (gid_t)-1, .mode = 0640 };
	job->wanted.times[0].tv_sec = job->wanted.times[1].tv_sec = 1000000000 + (time_t)n;
	if (n % 3 == 0)
		assert_true(tree_job_make(job));
	if (job->size_bytes)
		tree_queue_give_data(f->queue, job, (size_t)job->size_bytes);
	for (size_t at = 0; at < job->n_data_bytes; at++)
		job->data[at] = byte_of(n, at);
	tree_queue_put(f->queue, job);
}

static void put_end(struct fixture *f, uint64_t n, int dir_fd)
{
	struct tree_job *job = tree_queue_take(f->queue);

	job->kind = TREE_JOB_LEAVE;
	job->ino = n;
	job->dir_fd = dir_fd;
	tree_queue_put_done(f->queue, job);
}

/* Objects [FIRST, END) in directories below the base, named by their first. */
static void put_all(struct fixture *f, uint64_t first, uint64_t end)
{
	char name[TREE_NAME_CAP];
	int dir_fd = -1;

	for (uint64_t n = first; n < end; n++) {
		if (dir_fd < 0) {
			name_of(n, name);
			name[0] = 'd';
			assert_int_equal(mkdirat(f->base_fd, name, 0755), 0);
			dir_fd = openat(f->base_fd, name, O_RDONLY | O_DIRECTORY);
			assert_true(dir_fd >= 0);
		}
		if (n % N_FILES_A_DIRECTORY == N_FILES_A_DIRECTORY - 1) {
			put_end(f, n, dir_fd);
			dir_fd = -1;
		} else {
			put_file(f, n, dir_fd);
		}
	}
	tree_queue_drain(f->queue);
	assert_int_equal(f->n_settled, end);
}

static void assert_contents(struct fixture *f, uint64_t n)
{
	static uint8_t got[TREE_DATA_BYTES + 1];
	char path[TREE_NAME_CAP * 2];
	int fd;

	snprintf(path, sizeof(path), "d%llu/f%llu",
		 (unsigned long long)(n / N_FILES_A_DIRECTORY * N_FILES_A_DIRECTORY), (unsigned long long)n);
	fd = openat(f->base_fd, path, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, got, sizeof(got)), size_of(n));
	for (size_t at = 0; at < size_of(n); at++)
		assert_int_equal(got[at], byte_of(n, at));
	close(fd);
}

/* Many times the bytes and the jobs that it holds. */
static void every_file_has_its_bytes_and_all_are_settled_in_order(void **state)
{
	struct fixture *f = *state;

	put_all(f, 0, N_OBJECTS);
	for (uint64_t n = 0; n < N_OBJECTS; n++) {
		if (n % N_FILES_A_DIRECTORY != N_FILES_A_DIRECTORY - 1)
			assert_contents(f, n);
	}
}

/* On one processor nothing is made before it has to be. */
static void queued_objects_fit_a_limit_of_100_file_descriptors(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, few = { .rlim_cur = 100 };
	cpu_set_t all, one;
	int cpu = sched_getcpu();

	CPU_ZERO(&one);
	CPU_SET(cpu < 0 ? 0 : (unsigned)cpu, &one);
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	f->n_settled = N_OBJECTS;
	put_all(f, N_OBJECTS, N_OBJECTS + 1000);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
	assert_contents(f, N_OBJECTS + 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_file_has_its_bytes_and_all_are_settled_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(queued_objects_fit_a_limit_of_100_file_descriptors, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
