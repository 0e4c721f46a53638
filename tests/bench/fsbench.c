/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fsbench OPERATION ARGUMENT...: does one piece of work on a mounted filesystem.  It prints the elapsed
 * seconds and the CPU seconds that it used itself.
 *
 *   stat FILE N            round trips: statx() that asks the filesystem each time
 *   create DIR N BYTES     N files of BYTES each, in directories of 500
 *   tree DIR N BYTES       N files of 0 to BYTES, in directories of 100
 *   flat DIR N             N empty files in one directory
 *   age DIR PERCENT        files of 4 to 64 KiB until so much of the volume is in use; then every second one goes
 *   list DIR               names and attributes of everything below
 *   readall DIR            contents of everything below
 *   delete DIR             remove everything below
 *   write FILE MIB         in pieces of 1 MiB, then fsync
 *   read FILE
 *   randread FILE N        N reads of 4 KiB, always at the same places
 *   randwrite FILE N       N writes of 4 KiB, then fsync
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

static uint8_t buffer[1 << 20];

static void die(const char *what)
{
	fprintf(stderr, "fsbench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags, 0644);

	if (fd < 0)
		die(path);
	return fd;
}

static void do_stat(char **arg)
{
	struct statx st;

	for (long i = 0; i < atol(arg[1]); i++)
		if (statx(AT_FDCWD, arg[0], AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &st))
			die(arg[0]);
}

static void make_file(const char *path, size_t n_bytes)
{
	int fd = open_or_die(path, O_WRONLY | O_CREAT | O_EXCL);

	if ((n_bytes && write(fd, buffer, n_bytes) != (ssize_t)n_bytes) || close(fd))
		die(path);
}

static uint64_t random_below(uint64_t limit)
{
	static uint64_t seed = 1;

	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (seed >> 33) % limit;
}

static void make_tree(char **arg, long n_in_directory, bool random_sizes)
{
	size_t n_bytes = (size_t)atol(arg[2]);
	char path[64];

	if (chdir(arg[0]))
		die(arg[0]);
	for (long i = 0; i < atol(arg[1]); i++) {
		snprintf(path, sizeof(path), "d%ld", i / n_in_directory);
		if (i % n_in_directory == 0 && mkdir(path, 0755))
			die(path);
		snprintf(path, sizeof(path), "d%ld/file%ld", i / n_in_directory, i);
		make_file(path, random_sizes ? (size_t)random_below(n_bytes + 1) : n_bytes);
	}
}

static void do_create(char **arg)
{
	make_tree(arg, 500, false);
}

static void do_tree(char **arg)
{
	make_tree(arg, 100, true);
}

static void do_flat(char **arg)
{
	char path[64];

	if (chdir(arg[0]))
		die(arg[0]);
	for (long i = 0; i < atol(arg[1]); i++) {
		snprintf(path, sizeof(path), "file%ld", i);
		make_file(path, 0);
	}
}

static void walk(char *dir, int options, void (*each)(FTSENT *ent))
{
	char *paths[] = { dir, NULL };
	FTS *fts = fts_open(paths, FTS_PHYSICAL | options, NULL);
	FTSENT *ent;

	while (fts && (ent = fts_read(fts)))
		each(ent);
	if (!fts || fts_close(fts))
		die(dir);
}

static void nothing(FTSENT *ent)
{
	if (ent->fts_info == FTS_ERR || ent->fts_info == FTS_NS || ent->fts_info == FTS_DNR) {
		errno = ent->fts_errno;
		die(ent->fts_path);
	}
}

static void read_fd(int fd)
{
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		;
	if (n < 0 || close(fd))
		die("read");
}

static void read_each(FTSENT *ent)
{
	if (ent->fts_info == FTS_F)
		read_fd(open_or_die(ent->fts_accpath, O_RDONLY));
}

static void delete_each(FTSENT *ent)
{
	if (ent->fts_level > 0 && ent->fts_info == FTS_DP && rmdir(ent->fts_accpath))
		die(ent->fts_path);
	if (ent->fts_info == FTS_NSOK && unlink(ent->fts_accpath))
		die(ent->fts_path);
	if (ent->fts_info == FTS_F && unlink(ent->fts_accpath))
		die(ent->fts_path);
}

static void do_list(char **arg)
{
	walk(arg[0], 0, nothing);
}

static void do_readall(char **arg)
{
	walk(arg[0], 0, read_each);
}

static void do_delete(char **arg)
{
	walk(arg[0], FTS_NOSTAT, delete_each);
}

static void sync_volume(const char *dir)
{
	int fd = open_or_die(dir, O_RDONLY | O_DIRECTORY);

	if (syncfs(fd) || close(fd))
		die(dir);
}

static void do_age(char **arg)
{
	struct statvfs vfs;
	uint64_t n_left;
	char path[64];
	long n = 0;

	if (chdir(arg[0]) || statvfs(".", &vfs))
		die(arg[0]);
	n_left = (uint64_t)vfs.f_bavail * vfs.f_frsize / 100 * (uint64_t)atol(arg[1]);
	for (;; n++) {
		size_t n_bytes = 4096 + (size_t)random_below(61441);

		if (n_bytes + 4096 > n_left)
			break;
		n_left -= (n_bytes + vfs.f_frsize - 1) / vfs.f_frsize * vfs.f_frsize + vfs.f_frsize;
		snprintf(path, sizeof(path), "aged%ld", n);
		make_file(path, n_bytes);
	}
	sync_volume(".");
	for (long i = 0; i < n; i += 2) {
		snprintf(path, sizeof(path), "aged%ld", i);
		if (unlink(path))
			die(path);
	}
	sync_volume(".");
}

static void do_write(char **arg)
{
	int fd = open_or_die(arg[0], O_WRONLY | O_CREAT | O_TRUNC);

	for (long i = 0; i < atol(arg[1]); i++)
		if (write(fd, buffer, sizeof(buffer)) != sizeof(buffer))
			die(arg[0]);
	if (fsync(fd) || close(fd))
		die(arg[0]);
}

static void do_read(char **arg)
{
	read_fd(open_or_die(arg[0], O_RDONLY));
}

static off_t random_place(off_t n_bytes)
{
	return (off_t)random_below((uint64_t)n_bytes / 4096) * 4096;
}

static void do_randread(char **arg)
{
	int fd = open_or_die(arg[0], O_RDONLY);
	off_t n_bytes = lseek(fd, 0, SEEK_END);

	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	for (long i = 0; i < atol(arg[1]); i++)
		if (pread(fd, buffer, 4096, random_place(n_bytes)) != 4096)
			die(arg[0]);
	close(fd);
}

static void do_randwrite(char **arg)
{
	int fd = open_or_die(arg[0], O_WRONLY);
	off_t n_bytes = lseek(fd, 0, SEEK_END);

	for (long i = 0; i < atol(arg[1]); i++)
		if (pwrite(fd, buffer, 4096, random_place(n_bytes)) != 4096)
			die(arg[0]);
	if (fsync(fd) || close(fd))
		die(arg[0]);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int n_args;
		void (*run)(char **arg);
	} operations[] = {
		{ "stat", 2, do_stat },		{ "create", 3, do_create },
		{ "flat", 2, do_flat },		{ "list", 1, do_list },
		{ "readall", 1, do_readall },	{ "delete", 1, do_delete },
		{ "write", 2, do_write },	{ "read", 1, do_read },
		{ "randread", 2, do_randread }, { "randwrite", 2, do_randwrite },
		{ "tree", 3, do_tree },		{ "age", 2, do_age },
	};
	struct timespec from, to, cpu;

	memset(buffer, 'x', sizeof(buffer));
	for (size_t i = 0; argc > 1 && i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (strcmp(argv[1], operations[i].name) != 0 || argc != 2 + operations[i].n_args)
			continue;
		clock_gettime(CLOCK_MONOTONIC, &from);
		operations[i].run(argv + 2);
		clock_gettime(CLOCK_MONOTONIC, &to);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
		printf("%.6f %.6f\n",
		       (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9,
		       (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
		return 0;
	}
	fprintf(stderr, "fsbench: no such operation\n");
	return 2;
}
