/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * many IMAGE N: a directory "many" of N empty files, made through the library as udffuse does it, with
 * a reference kept to each; listed and looked up; every third deleted, in no order.  Prints what came
 * of it, and how much memory it took at most.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <udfkit/bio.h>
#include <udfkit/fs.h>

#include "vol/vol.h"

#define STRIDE 7919u	/* a prime that does not divide N: visits each in no order */

static void now(void *ctx, struct udf_time *ret_now)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_REALTIME, &ts);
	*ret_now = (struct udf_time){ .seconds = ts.tv_sec, .microseconds = (uint32_t)(ts.tv_nsec / 1000) };
}

static void check(const char *what, enum udf_err err)
{
	if (!err)
		return;
	printf("%s: %s\n", what, udf_strerror(err));
	exit(1);
}

static size_t put_name(char *name, size_t cap, unsigned number)
{
	return (size_t)snprintf(name, cap, "file-%07u", number);
}

static long peak_kb(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

struct listing {
	uint8_t *seen;
	unsigned n, n_limit;
};

static bool take(void *ctx, const struct udf_dirent *entry)
{
	struct listing *l = ctx;
	unsigned number;

	if (sscanf(entry->name, "file-%u", &number) == 1 && number < l->n_limit && !l->seen[number]++)
		l->n++;
	return true;
}

static void make(struct udf_fs *fs, udf_ino dir, unsigned n)
{
	const struct udf_new file = { .mode = S_IFREG | 0644 };
	struct udf_attr attr;
	char name[32];
	unsigned i;

	for (i = 0; i < n; i++)
		check("create", udf_create(fs, dir, name, put_name(name, sizeof(name), i), &file, &attr));
	printf("%u made\n", n);
}

static void list(struct udf_fs *fs, udf_ino dir, unsigned n)
{
	struct listing l = { calloc(n, 1), 0, n };

	if (!l.seen)
		exit(1);
	check("list", udf_readdir(fs, dir, 0, false, take, &l));
	for (unsigned i = 0; i < n; i++)
		if (l.seen[i] > 1)
			printf("file-%07u was listed %u times\n", i, l.seen[i]);
	printf("%u listed\n", l.n);
	free(l.seen);
}

static void look_up(struct udf_fs *fs, udf_ino dir, unsigned n)
{
	struct udf_attr attr;
	char name[32];
	unsigned i;

	for (i = 0; i < 20000; i++) {
		unsigned number = (unsigned)((uint64_t)i * STRIDE * 13 % n);

		check("look up", udf_lookup(fs, dir, name, put_name(name, sizeof(name), number), &attr));
		udf_forget(fs, attr.ino, 1);
	}
}

static void delete_third(struct udf_fs *fs, udf_ino dir, unsigned n)
{
	char name[32];
	unsigned i, n_deleted = 0;

	for (i = 0; i < n; i++) {
		unsigned number = (unsigned)((uint64_t)i * STRIDE % n);
		size_t n_bytes = put_name(name, sizeof(name), number);
		struct udf_attr attr;

		if (number % 3)
			continue;
		check("look up", udf_lookup(fs, dir, name, n_bytes, &attr));
		check("delete", udf_unlink(fs, dir, name, n_bytes));
		udf_forget(fs, attr.ino, 2);
		n_deleted++;
	}
	printf("%u deleted\n", n_deleted);
}

int main(int argc, char **argv)
{
	const struct udf_new directory = { .mode = S_IFDIR | 0755 };
	const struct udf_env env = { .now = now };
	const struct bio_file_options how = { .exclusive = true };
	unsigned n = argc == 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	long before = peak_kb();
	struct udf_attr dir;
	struct udf_vol *vol;
	struct udf_fs *fs;
	struct bio *bio;
	int host_errno;

	if (n == 0)
		return 2;
	check("open", bio_file_open(argv[1], &how, &bio, &host_errno));
	check("open", udf_vol_open(bio, NULL, &env, NULL, &vol));
	check("open", udf_fs_open(vol, NULL, &fs));
	check("create", udf_create(fs, udf_fs_root(fs), "many", 4, &directory, &dir));
	make(fs, dir.ino, n);
	look_up(fs, dir.ino, n);
	printf("%ld KB\n", peak_kb() - before);
	list(fs, dir.ino, n);
	before += (long)(n / 1024);	/* what list() itself took */
	delete_third(fs, dir.ino, n);
	check("close", udf_fs_close(fs));
	printf("%ld KB\n", peak_kb() - before);
	udf_vol_close(vol);
	bio_close(bio);
	return 0;
}
