/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lib/fs answers a medium that asks which blocks are free (bio_set_free_query()). */
#include "fs_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define BLOCK 2048u
#define N_BLOCKS 4096u

struct asking {				/* a layer that asks */
	struct bio bio;
	struct bio *below;
	pthread_mutex_t lock;		/* as a medium with a thread of its own: replacing waits for calls under way */
	bio_free_query is_free;
	enum bio_free_when when;
	void *ctx;
	uint64_t n_wrong;		/* blocks that were written and are called free */
};

static bool ask(struct asking *a, uint64_t at, uint32_t n_blocks)
{
	bool answer;

	(void)pthread_mutex_lock(&a->lock);
	answer = a->is_free && a->is_free(a->ctx, at, n_blocks, a->when);
	(void)pthread_mutex_unlock(&a->lock);
	return answer;
}

static enum udf_err asking_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	return bio_read(((struct asking *)bio)->below, at, n_blocks, ret_data);
}

static enum udf_err asking_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct asking *a = (struct asking *)bio;
	uint32_t i;

	for (i = 0; i < n_blocks; i++)
		a->n_wrong += ask(a, at + i, 1);
	return bio_write(a->below, at, n_blocks, data);
}

static enum udf_err asking_set(struct bio *bio, bio_free_query is_free, void *ctx)
{
	struct asking *a = (struct asking *)bio;

	(void)pthread_mutex_lock(&a->lock);
	a->is_free = is_free;
	a->ctx = ctx;
	(void)pthread_mutex_unlock(&a->lock);
	return UDF_OK;
}

static void asking_close(struct bio *bio)
{
	struct asking *a = (struct asking *)bio;

	assert_null(a->is_free);
	(void)pthread_mutex_destroy(&a->lock);
	bio_close(a->below);
	free(a);
}

static struct asking *begin(struct fsx *x)
{
	static const struct bio_ops ops = { .read = asking_read, .write = asking_write,
					    .set_free_query = asking_set, .close = asking_close };
	struct asking *a = calloc(1, sizeof(*a));

	assert_non_null(a);
	OK(bio_memory_new(BLOCK, N_BLOCKS, &a->below));
	a->bio.ops = &ops;
	a->bio.geometry = a->below->geometry;
	OK(pthread_mutex_init(&a->lock, NULL));
	memset(x, 0, sizeof(*x));
	fsx_init_bio(x, &a->bio, 0x0201);
	return a;
}

static uint64_t count_free(struct asking *a)
{
	uint64_t n = 0, at;

	for (at = 0; at < N_BLOCKS; at++)
		n += ask(a, at, 1);
	return n;
}

static void work(struct fsx *x, char prefix)
{
	char name[16];
	int i;

	for (i = 0; i < 200; i++) {
		udf_ino ino;

		snprintf(name, sizeof(name), "%c%d", prefix, i);
		ino = fsx_file(x, name);
		fsx_write(x, ino, 0, (size_t)(i % 9) * 1500, (uint8_t)i);
		if (i % 7 == 6)
			OK(udf_fs_sync(x->fs));
		if (i % 3 == 2) {
			snprintf(name, sizeof(name), "%c%d", prefix, i - 1);
			OK(fsx_unlink(x, x->root, name));
		}
	}
}

static void answers_with_the_free_blocks_of_the_volume(void **state)
{
	struct fsx x;
	struct asking *a = begin(&x);

	(void)state;
	assert_int_equal(count_free(a), 0);	/* the set has not been compared with what is in use */
	work(&x, 'a');
	OK(udf_fs_sync(x.fs));
	assert_int_equal(count_free(a), fsx_n_free(&x));
	assert_false(ask(a, 0, N_BLOCKS));
	assert_false(ask(a, N_BLOCKS - 1, 1));	/* an anchor, after the partition */
	fsx_done(&x);
}

static void a_block_that_is_removed_is_free_only_when_that_is_durable(void **state)
{
	struct fsx x;
	struct asking *a = begin(&x);
	uint64_t n_free;

	(void)state;
	fsx_write(&x, fsx_file(&x, "file"), 0, (size_t)20 * BLOCK, 1);
	OK(udf_fs_sync(x.fs));
	n_free = count_free(a);
	OK(fsx_unlink(&x, x.root, "file"));
	assert_int_equal(count_free(a), n_free);
	OK(udf_fs_sync(x.fs));
	assert_int_equal(count_free(a), n_free + 21);
	fsx_done(&x);
}

static void blocks_taken_since_it_was_opened_count_as_free_before(void **state)
{
	struct fsx x;
	struct asking *a = begin(&x);
	uint64_t n_free;

	(void)state;
	fsx_write(&x, fsx_file(&x, "old"), 0, (size_t)20 * BLOCK, 1);
	fsx_unmount(&x);
	a->bio.geometry.wears = true;
	fsx_mount(&x);
	fsx_write(&x, fsx_file(&x, "first"), 0, BLOCK, 1);	/* now the set has been compared */
	n_free = count_free(a);
	a->when = BIO_FREE_BEFORE;
	assert_in_range(count_free(a), n_free + 2, n_free + 100);
	n_free = count_free(a);
	fsx_write(&x, fsx_file(&x, "new"), 0, (size_t)50 * BLOCK, 1);
	OK(udf_fs_sync(x.fs));
	assert_int_equal(count_free(a), n_free);
	OK(fsx_unlink(&x, x.root, "old"));
	OK(udf_fs_sync(x.fs));
	assert_int_equal(count_free(a), n_free + 21);
	a->when = BIO_FREE_NOW;
	fsx_write(&x, fsx_file(&x, "again"), 0, (size_t)(count_free(a) - 10) * BLOCK, 1);
	OK(udf_fs_sync(x.fs));
	a->when = BIO_FREE_BEFORE;
	assert_int_equal(count_free(a), n_free + 21);	/* also those of "old" that were taken again */
	OK(fsx_unlink(&x, x.root, "again"));
	OK(udf_fs_sync(x.fs));
	a->when = BIO_FREE_NOW;
	assert_in_range(count_free(a), n_free - 100, n_free - 30);
	fsx_done(&x);
}

static void no_block_is_written_that_is_called_free(void **state)
{
	struct fsx x;
	struct asking *a = begin(&x);

	(void)state;
	a->n_wrong = 0;		/* whoever makes a volume calls everything free */
	work(&x, 'a');
	fsx_remount(&x);
	work(&x, 'b');
	assert_int_equal(a->n_wrong, 0);
	fsx_done(&x);
}

struct asker {
	struct asking *a;
	atomic_bool ends;
	atomic_bool asks;
};

static void *ask_on(void *ctx)
{
	struct asker *asker = ctx;

	while (!atomic_load(&asker->ends))
		for (uint64_t at = 0; at + 32 <= N_BLOCKS; at += 32) {
			(void)ask(asker->a, at, 32);
			atomic_store(&asker->asks, true);
		}
	return NULL;
}

static void another_thread_may_ask_at_any_time(void **state)
{
	struct fsx x;
	struct asker asker = { .a = begin(&x) };
	pthread_t thread;

	(void)state;
	OK(pthread_create(&thread, NULL, ask_on, &asker));
	while (!atomic_load(&asker.asks))
		(void)sched_yield();
	work(&x, 'a');
	fsx_remount(&x);
	fsx_write(&x, fsx_file(&x, "last"), 0, 5000, 3);
	fsx_unmount(&x);
	atomic_store(&asker.ends, true);
	OK(pthread_join(thread, NULL));
	fsx_mount(&x);
	fsx_done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_with_the_free_blocks_of_the_volume),
		cmocka_unit_test(a_block_that_is_removed_is_free_only_when_that_is_durable),
		cmocka_unit_test(blocks_taken_since_it_was_opened_count_as_free_before),
		cmocka_unit_test(no_block_is_written_that_is_called_free),
		cmocka_unit_test(another_thread_may_ask_at_any_time),
	};

	return cmocka_run_group_tests_name("fs_free_query", tests, NULL, NULL);
}
