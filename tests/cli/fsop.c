/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fsop OPERATION ARGUMENT...: file operations that no command of the host makes, for tests of mounts.
 * Prints what came of it: "ok", a number, or the error's name.
 *
 *   rename noreplace|exchange|whiteout OLD NEW
 *   seek data|hole FILE OFFSET
 *   dirty-seek FILE        makes FILE with fresh data at 50 MiB in a hole of 100 MiB; where is it?
 *   unlinked FILE TEXT     makes and unlinks FILE, then writes and reads TEXT; prints "TEXT, N links"
 *   hold FILE TEXT         writes TEXT to FILE, prints "ok", keeps it open until standard input ends
 *   write-and-hold FILE N buffered|fsync   writes N bytes, prints "written", keeps FILE open in the same way
 *   mmap FILE TEXT         writes TEXT through a mapping
 *   xattr FILE             sets an extended attribute
 *   make-many DIR N        makes the empty files 0 to N - 1
 *   peak COMMAND...        runs it, its output thrown away; the most memory that it took, in KiB
 *   open-lvid IMAGE LSN BLOCK-BYTES   has the integrity descriptor say "open"
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/bytes.h"
#include "ecma/codec.h"

static const char *error_name(void)
{
	static char text[32];

	switch (errno) {
	case EEXIST:
		return "EEXIST";
	case EINVAL:
		return "EINVAL";
	case ENXIO:
		return "ENXIO";
	case ENOSPC:
		return "ENOSPC";
	case EIO:
		return "EIO";
	case EROFS:
		return "EROFS";
	case EOPNOTSUPP:
		return "EOPNOTSUPP";
	default:
		snprintf(text, sizeof(text), "errno %d", errno);
		return text;
	}
}

static const char *do_rename(char **arg)
{
	unsigned flags = strcmp(arg[0], "noreplace") == 0  ? 1
			 : strcmp(arg[0], "exchange") == 0 ? 2
							   : 4;

	if (syscall(SYS_renameat2, AT_FDCWD, arg[1], AT_FDCWD, arg[2], flags))
		return error_name();
	return "ok";
}

static const char *number(off_t n)
{
	static char text[32];

	if (n < 0)
		return error_name();
	snprintf(text, sizeof(text), "%lld", (long long)n);
	return text;
}

static const char *do_seek(char **arg)
{
	int fd = open(arg[1], O_RDONLY);

	return number(fd < 0 ? -1 : lseek(fd, atoll(arg[2]), arg[0][0] == 'd' ? SEEK_DATA : SEEK_HOLE));
}

static const char *do_dirty_seek(char **arg)
{
	char block[4096] = "data";
	int fd = open(arg[0], O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || ftruncate(fd, 100 << 20) ||
	    pwrite(fd, block, sizeof(block), 50 << 20) != sizeof(block))
		return error_name();
	return number(lseek(fd, 0, SEEK_DATA));
}

static const char *do_unlinked(char **arg)
{
	static char text[128];
	char got[64] = "";
	struct stat st;
	int fd = open(arg[0], O_RDWR | O_CREAT | O_EXCL, 0644);

	if (fd < 0 || unlink(arg[0]) || pwrite(fd, arg[1], strlen(arg[1]), 0) < 0 || fsync(fd) ||
	    pread(fd, got, sizeof(got) - 1, 0) < 0 || fstat(fd, &st))
		return error_name();
	snprintf(text, sizeof(text), "%s, %lu links", got, (unsigned long)st.st_nlink);
	return text;
}

static const char *do_hold(char **arg)
{
	int fd = open(arg[0], O_WRONLY | O_CREAT, 0644);

	if (fd < 0 || write(fd, arg[1], strlen(arg[1])) < 0)
		return error_name();
	puts("ok");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return close(fd) ? error_name() : "closed";
}

/* Write N random bytes, sync them where HOW is "fsync", say so, and keep the file open until the input ends. */
static const char *do_write_and_hold(char **arg)
{
	uint8_t *bytes;
	size_t n = (size_t)atoll(arg[1]);
	int fd = open(arg[0], O_CREAT | O_TRUNC | O_RDWR, 0666);
	char c;

	if (fd < 0)
		return error_name();
	bytes = malloc(n);
	if (!bytes)
		return error_name();
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(i * 2654435761u >> 13 | 1);
	if (write(fd, bytes, n) != (ssize_t)n || (strcmp(arg[2], "fsync") == 0 && fsync(fd)))
		return error_name();
	puts("written");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	free(bytes);
	return "ok";
}

static const char *do_mmap(char **arg)
{
	size_t n = strlen(arg[1]);
	int fd = open(arg[0], O_RDWR | O_CREAT, 0644);
	char *map;

	if (fd < 0 || ftruncate(fd, (off_t)n))
		return error_name();
	map = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return error_name();
	memcpy(map, arg[1], n);
	return munmap(map, n) || close(fd) ? error_name() : "ok";
}

static const char *do_xattr(char **arg)
{
	return setxattr(arg[0], "user.test", "x", 1, 0) ? error_name() : "ok";
}

static const char *do_make_many(char **arg)
{
	char name[32];

	if (chdir(arg[0]))
		return error_name();
	for (int i = 0; i < atoi(arg[1]); i++) {
		int fd;

		snprintf(name, sizeof(name), "%d", i);
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
		if (fd < 0 || close(fd))
			return error_name();
	}
	return "ok";
}

static const char *do_open_lvid(char **arg)
{
	uint8_t block[4096];
	size_t n = (size_t)atoi(arg[2]);
	off_t at = atoll(arg[1]) * (off_t)n;
	int fd = open(arg[0], O_RDWR);

	if (fd < 0 || n > sizeof(block) || pread(fd, block, n, at) != (ssize_t)n)
		return error_name();
	if (get_le16(block) != UDF_TAG_LVID)
		return "not there";
	put_le32(block + 28, UDF_LVID_OPEN);
	udf_tag_reseal(block);
	return pwrite(fd, block, n, at) != (ssize_t)n ? error_name() : "ok";
}

static const char *do_peak(char **arg)
{
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(126);
		execvp(arg[0], arg);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		return error_name();
	return status ? "failed" : number(usage.ru_maxrss);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int n_args;		/* negative: or more */
		const char *(*run)(char **arg);
	} operations[] = {
		{ "rename", 3, do_rename },	{ "seek", 3, do_seek },
		{ "dirty-seek", 1, do_dirty_seek }, { "unlinked", 2, do_unlinked },
		{ "hold", 2, do_hold },		{ "mmap", 2, do_mmap },
		{ "make-many", 2, do_make_many }, { "open-lvid", 3, do_open_lvid },
		{ "write-and-hold", 3, do_write_and_hold },
		{ "xattr", 1, do_xattr },	{ "peak", -1, do_peak },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(operations) / sizeof(operations[0]); i++) {
		int n = operations[i].n_args;

		if (strcmp(argv[1], operations[i].name) == 0 && (n < 0 ? argc >= 2 - n : argc == 2 + n)) {
			puts(operations[i].run(argv + 2));
			return 0;
		}
	}
	fprintf(stderr, "fsop: no such operation\n");
	return 2;
}
