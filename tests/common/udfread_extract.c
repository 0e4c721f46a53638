/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udfread_extract IMAGE DIR: extracts every file of IMAGE to DIR with libudfread.  "udf get" is compared with it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <udfread/udfread.h>
#include <unistd.h>

static char buffer[1 << 20];

static void die(const char *what)
{
	fprintf(stderr, "udfread_extract: %s\n", what);
	exit(1);
}

static void extract_file(udfread *udf, const char *from, const char *to)
{
	UDFFILE *file = udfread_file_open(udf, from);
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL, 0644);
	ssize_t n;

	if (!file || fd < 0)
		die(from);
	while ((n = udfread_file_read(file, buffer, sizeof(buffer))) > 0)
		if (write(fd, buffer, (size_t)n) != n)
			die(to);
	if (n < 0 || close(fd))
		die(from);
	udfread_file_close(file);
}

static void extract_dir(udfread *udf, const char *from, const char *to)
{
	UDFDIR *dir = udfread_opendir(udf, from);
	struct udfread_dirent ent;

	if (!dir)
		die(from);
	while (udfread_readdir(dir, &ent)) {
		char sub_from[4096], sub_to[4096];

		if (!strcmp(ent.d_name, ".") || !strcmp(ent.d_name, ".."))
			continue;
		snprintf(sub_from, sizeof(sub_from), "%s/%s", from, ent.d_name);
		snprintf(sub_to, sizeof(sub_to), "%s/%s", to, ent.d_name);
		if (ent.d_type != UDF_DT_DIR) {
			extract_file(udf, sub_from, sub_to);
			continue;
		}
		if (mkdir(sub_to, 0755))
			die(sub_to);
		extract_dir(udf, sub_from, sub_to);
	}
	udfread_closedir(dir);
}

int main(int argc, char **argv)
{
	udfread *udf = udfread_init();

	if (argc != 3 || !udf || udfread_open(udf, argv[1]))
		die("usage: udfread_extract IMAGE DIR");
	extract_dir(udf, "", argv[2]);
	udfread_close(udf);
	return 0;
}
