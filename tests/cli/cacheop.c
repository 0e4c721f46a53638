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
 *   cycle FILE async|sync read|mmap N
 *       writes 1 MiB directly, N times, beside three readers of the page cache; after each time it must hold what
 *       was written; prints "N stale, ERROR"
 *   handle PATH   prints its file handle
 *   open-handle DIRECTORY HANDLE    prints what is in the file, "directory", or the error
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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
		free(chunk);
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
	free(chunk);
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

/* ---- direct writes beside the page cache ---- */

#define CYCLE_BYTES (1u << 20)
#define CYCLE_PIECE_BYTES 65536u
#define CYCLE_PIECES (CYCLE_BYTES / CYCLE_PIECE_BYTES)

/* All pieces of BUF are on their way at once. */
static int write_async(int fd, char *buf)
{
	struct iocb all[CYCLE_PIECES], *list[CYCLE_PIECES];
	struct io_event events[CYCLE_PIECES];
	aio_context_t ctx = 0;
	int error = 0;

	if (syscall(SYS_io_setup, CYCLE_PIECES, &ctx))
		return errno;
	for (unsigned i = 0; i < CYCLE_PIECES; i++) {
		all[i] = (struct iocb){ .aio_fildes = (uint32_t)fd, .aio_lio_opcode = IOCB_CMD_PWRITE,
					.aio_buf = (uintptr_t)(buf + i * CYCLE_PIECE_BYTES),
					.aio_nbytes = CYCLE_PIECE_BYTES,
					.aio_offset = (int64_t)i * CYCLE_PIECE_BYTES };
		list[i] = &all[i];
	}
	if (syscall(SYS_io_submit, ctx, CYCLE_PIECES, list) != CYCLE_PIECES ||
	    syscall(SYS_io_getevents, ctx, CYCLE_PIECES, CYCLE_PIECES, events, NULL) != CYCLE_PIECES)
		error = errno ? errno : EIO;
	for (unsigned i = 0; i < CYCLE_PIECES && !error; i++)
		if (events[i].res != CYCLE_PIECE_BYTES)
			error = EIO;
	syscall(SYS_io_destroy, ctx);
	return error;
}

/* Reads all the time, by read() or from a mapping, until it is killed. */
static pid_t start_reader(const char *path, bool maps)
{
	pid_t pid = fork();
	char *map = NULL;
	static char got[CYCLE_BYTES];
	int fd;

	if (pid)
		return pid;
	fd = open(path, O_RDONLY);
	if (maps)
		map = mmap(NULL, CYCLE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	for (;;) {
		if (map)
			memcpy(got, map, CYCLE_BYTES);
		else if (pread(fd, got, CYCLE_BYTES, 0) < 0)
			_exit(1);
	}
}

static int do_cycle(char **arg)
{
	bool async = strcmp(arg[1], "async") == 0, maps = strcmp(arg[2], "mmap") == 0;
	static char got[CYCLE_BYTES];
	long n_stale = 0;
	char *buf = aligned_alloc(4096, CYCLE_BYTES), *map = NULL;
	int fd = open(arg[0], O_RDWR | O_CREAT | O_DIRECT, 0644), cached = open(arg[0], O_RDONLY), error = 0;
	pid_t readers[3];

	if (fd < 0 || cached < 0 || !buf || ftruncate(fd, CYCLE_BYTES))
		return 1;
	if (maps)
		map = mmap(NULL, CYCLE_BYTES, PROT_READ, MAP_SHARED, cached, 0);
	for (int i = 0; i < 3; i++)
		readers[i] = start_reader(arg[0], maps);
	for (int cycle = 0; cycle < atoi(arg[3]) && !error; cycle++) {
		memset(buf, cycle, CYCLE_BYTES);
		if (async)
			error = write_async(fd, buf);
		else if (pwrite(fd, buf, CYCLE_BYTES, 0) != CYCLE_BYTES)
			error = errno;
		if (!map && pread(cached, got, CYCLE_BYTES, 0) != CYCLE_BYTES)
			error = errno;
		n_stale += memcmp(buf, map ? map : got, CYCLE_BYTES) != 0;
	}
	for (int i = 0; i < 3; i++) {
		kill(readers[i], SIGKILL);
		waitpid(readers[i], NULL, 0);
	}
	free(buf);
	printf("%ld stale, %s\n", n_stale, error_name(error));
	return 0;
}

/* ---- file handles ---- */

#define HANDLE_BYTES 32u

static int do_handle(char **arg)
{
	union {
		struct file_handle head;
		char room[sizeof(struct file_handle) + HANDLE_BYTES];
	} h = { .head.handle_bytes = HANDLE_BYTES };
	int mount_id;

	if (name_to_handle_at(AT_FDCWD, arg[0], &h.head, &mount_id, 0)) {
		puts(error_name(errno));
		return 0;
	}
	printf("%d:", h.head.handle_type);
	for (unsigned i = 0; i < h.head.handle_bytes; i++)
		printf("%02x", h.head.f_handle[i]);
	putchar('\n');
	return 0;
}

static int do_open_handle(char **arg)
{
	union {
		struct file_handle head;
		char room[sizeof(struct file_handle) + HANDLE_BYTES];
	} h = { .head.handle_bytes = 0 };
	int mount_fd = open(arg[0], O_RDONLY), used = 0, fd;
	char got[64] = "";
	unsigned byte;
	struct stat st;
	const char *p;

	if (sscanf(arg[1], "%d:%n", &h.head.handle_type, &used) < 1)
		return 1;
	for (p = arg[1] + used; sscanf(p, "%2x", &byte) == 1 && h.head.handle_bytes < HANDLE_BYTES; p += 2)
		h.head.f_handle[h.head.handle_bytes++] = (unsigned char)byte;
	fd = open_by_handle_at(mount_fd, &h.head, O_RDONLY);
	if (fd < 0 || fstat(fd, &st)) {
		puts(errno == ESTALE ? "ESTALE" : error_name(errno));
		return 0;
	}
	if (S_ISREG(st.st_mode) && read(fd, got, sizeof(got) - 1) < 0)
		puts(error_name(errno));
	else
		puts(S_ISDIR(st.st_mode) ? "directory" : got);
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
		{ "handle", 1, do_handle },
		{ "open-handle", 2, do_open_handle },
		{ "cycle", 4, do_cycle },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(operations) / sizeof(operations[0]); i++)
		if (strcmp(argv[1], operations[i].name) == 0 && argc == 2 + operations[i].n_args)
			return operations[i].run(argv + 2);
	fprintf(stderr, "cacheop: no such operation\n");
	return 2;
}
