/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "plan_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "iso/disc_list.h"
#include "names.h"

static bool no_memory(void)
{
	cli_error(own_name(), NULL, NULL, UDF_E_NOMEM, 0);
	return false;
}

bool plan_file_read(const char *path, char **ret_text, size_t *ret_n_bytes)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);		/* a FIFO must not hold us up */
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	struct stat st;
	bool ok;

	*ret_text = NULL;
	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd >= 0 && !file)
		close(fd);
	ok = file && fstat(fileno(file), &st) == 0;
	if (ok && (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > UDF_DISC_LIST_MAX_BYTES)) {
		say("%s: is not a list of a set of discs", path);
		fclose(file);
		return false;
	}
	*ret_text = ok ? malloc((size_t)st.st_size + 1) : NULL;
	if (*ret_text) {
		*ret_n_bytes = fread(*ret_text, 1, (size_t)st.st_size, file);
		ok = !ferror(file);
	}
	if (!ok)
		cli_error(own_name(), path, "cannot read", UDF_E_IO, errno);
	else if (!*ret_text)
		ok = no_memory();
	if (file)
		fclose(file);
	return ok;
}

/* "dir/.plan.XXXXXX" for "dir/plan"; RET_DIR_BYTES is the length of "dir/". */
static char *temporary_of(const char *path, int *ret_dir_bytes)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char *text;

	*ret_dir_bytes = (int)(name - path);
	return asprintf(&text, "%.*s.%.200s.XXXXXX", *ret_dir_bytes, path, name) < 0 ? NULL : text;
}

static bool write_all(int fd, const char *text, size_t n_bytes)
{
	while (n_bytes) {
		ssize_t n = write(fd, text, n_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text += n;
		n_bytes -= (size_t)n;
	}
	return fsync(fd) == 0;
}

/* Some file systems, such as vfat, can't tell whether the new name is taken: then that is looked at before. */
static bool give_name(const char *temporary, const char *path)
{
	struct stat st;

	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	if (lstat(path, &st) == 0) {
		errno = EEXIST;
		return false;
	}
	return rename(temporary, path) == 0;
}

/* The name itself is on the disk.  Where a directory can't be flushed there is nothing more to do. */
static void flush_directory(char *temporary, int dir_bytes)
{
	int fd;

	temporary[dir_bytes] = '\0';
	fd = open(dir_bytes ? temporary : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

bool plan_file_write(const char *path, const char *text, size_t n_bytes)
{
	int dir_bytes, fd, host_errno = 0;
	char *temporary = temporary_of(path, &dir_bytes);
	mode_t mask = umask(0);

	umask(mask);
	if (!temporary)
		return no_memory();
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0 || !write_all(fd, text, n_bytes) || fchmod(fd, 0666 & ~mask) != 0)
		host_errno = errno;
	if (fd >= 0 && close(fd) != 0 && !host_errno)
		host_errno = errno;
	if (!host_errno && !give_name(temporary, path))
		host_errno = errno;
	if (host_errno)
		cli_error(own_name(), path, "cannot write the plan", UDF_E_IO, host_errno);
	if (host_errno && fd >= 0)
		unlink(temporary);
	if (!host_errno)
		flush_directory(temporary, dir_bytes);
	free(temporary);
	return !host_errno;
}
