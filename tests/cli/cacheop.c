/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cacheop OPERATION ARGUMENT...: what programs do with the kernel's page cache, for tests of mounts.
 * Prints what came of it.
 *
 *   fill FILE start|append|mmap CHUNK-BYTES MAX-BYTES
 *       writes until it is refused; prints "accepted N, ERROR, then ERROR" (of writing and of closing)
 *   watch FILE    looks at FILE in every way that needs no right to write, until standard input ends;
 *                 prints "N refused", and the first error
 *   again FILE    reads, seeks and overwrites through one descriptor; prints "N refused", and the first error
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIN(a, b) ((a) < (b) ? (a) : (b))

static const char *error_name(int error)
{
	return error == 0 ? "ok" : error == ENOSPC ? "ENOSPC" : strerror(error);
}

static int do_fill(char **arg)
{
	bool appends = strcmp(arg[1], "append") == 0, maps = strcmp(arg[1], "mmap") == 0;
	size_t chunk_bytes = (size_t)atoll(arg[2]);
	long long max_bytes = atoll(arg[3]), accepted = 0;
	char *chunk = malloc(chunk_bytes), *map = NULL;
	int error = 0, fd;

	fd = open(arg[0], O_RDWR | O_CREAT | (appends ? O_APPEND : 0), 0644);
	if (fd < 0 || !chunk) {
		printf("accepted 0, %s, then ok\n", error_name(errno));
		return 0;
	}
	memset(chunk, 'x', chunk_bytes);
	if (maps) {
		if (ftruncate(fd, max_bytes))
			error = errno;
		else
			map = mmap(NULL, (size_t)max_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED)
			error = errno;
	}
	while (!error && accepted < max_bytes) {
		size_t want = (size_t)MIN((long long)chunk_bytes, max_bytes - accepted);
		ssize_t n = (ssize_t)want;

		if (maps)
			memcpy(map + accepted, chunk, want);
		else
			n = write(fd, chunk, want);
		if (n < 0)
			error = errno;
		else
			accepted += n;
	}
	printf("accepted %lld, %s, ", accepted, error_name(error));
	error = 0;
	if (map && map != MAP_FAILED && msync(map, (size_t)max_bytes, MS_SYNC))
		error = errno;
	if (close(fd) && !error)
		error = errno;
	printf("then %s\n", error_name(error));
	return 0;
}

static bool input_ended(void)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };

	return poll(&in, 1, 0) != 0;
}

struct count {
	long n_refused;
	int error;
};

static void count(struct count *c, bool worked)
{
	if (worked)
		return;
	if (c->n_refused++ == 0)
		c->error = errno;
}

static int do_watch(char **arg)
{
	struct count c = { 0 };
	int fd = open(arg[0], O_RDONLY);
	struct stat st;
	char buf[4096];

	count(&c, fd >= 0);
	do {
		off_t end;

		count(&c, stat(arg[0], &st) == 0);
		count(&c, fstat(fd, &st) == 0);
		count(&c, pread(fd, buf, sizeof(buf), 0) >= 0);
		end = lseek(fd, 0, SEEK_END);
		count(&c, end >= 0);
		count(&c, pread(fd, buf, sizeof(buf), end) >= 0);
		count(&c, pread(fd, buf, sizeof(buf), end > 10 ? end - 10 : 0) >= 0);
	} while (!input_ended());
	printf("%ld refused", c.n_refused);
	printf(c.error ? ": %s\n" : "\n", error_name(c.error));
	return 0;
}

static int do_again(char **arg)
{
	struct count c = { 0 };
	int fd = open(arg[0], O_RDWR);
	char buf[4096];

	for (int i = 0; i < 10; i++) {
		off_t end = lseek(fd, 0, SEEK_END);

		count(&c, end >= 0);
		count(&c, pread(fd, buf, sizeof(buf), 0) >= 0);
		count(&c, pread(fd, buf, sizeof(buf), end) >= 0);
		count(&c, pwrite(fd, buf, sizeof(buf), 0) == sizeof(buf));
	}
	count(&c, fsync(fd) == 0);
	printf("%ld refused", c.n_refused);
	printf(c.error ? ": %s\n" : "\n", error_name(c.error));
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int n_args;
		int (*run)(char **arg);
	} operations[] = {
		{ "fill", 4, do_fill },
		{ "watch", 1, do_watch },
		{ "again", 1, do_again },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(operations) / sizeof(operations[0]); i++)
		if (strcmp(argv[1], operations[i].name) == 0 && argc == 2 + operations[i].n_args)
			return operations[i].run(argv + 2);
	fprintf(stderr, "cacheop: no such operation\n");
	return 2;
}
