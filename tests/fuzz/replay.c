/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a libFuzzer target over its kept corpus in a plain build: replay_NAME takes the files of
 * $top_srcdir/tests/fuzz/corpus/NAME, or those named on the command line.  Speaks TAP.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

static uint8_t *shrink(uint8_t *data, size_t n_bytes)
{
	uint8_t *smaller = realloc(data, n_bytes ? n_bytes : 1);

	return smaller ? smaller : data;
}

static int run(const char *path, unsigned number)
{
	FILE *file = fopen(path, "rb");
	size_t cap = 1u << 20, n = 0;
	uint8_t *data = malloc(cap);

	if (file && data)
		n = fread(data, 1, cap, file);
	if (!file || !data || ferror(file)) {
		printf("not ok %u - %s can be read\n", number, path);
		return 1;
	}
	fclose(file);
	data = shrink(data, n);		/* so that a sanitizer watches its end */
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	printf("ok %u - %s\n", number, strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	fflush(stdout);
	return 0;
}

static int is_plain(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int run_corpus(const char *name)
{
	const char *top = getenv("top_srcdir");
	struct dirent **entries;
	char dir[4096], path[8192];
	int n, i, status = 0;

	snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s", top ? top : ".", name);
	n = scandir(dir, &entries, is_plain, alphasort);
	printf("1..%d\n", n > 0 ? n : 1);
	if (n <= 0) {
		printf("not ok 1 - %s has inputs\n", dir);
		return 1;
	}
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		status |= run(path, (unsigned)i + 1);
		free(entries[i]);
	}
	free(entries);
	return status;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	int i, status = 0;

	if (argc > 1) {
		printf("1..%d\n", argc - 1);
		for (i = 1; i < argc; i++)
			status |= run(argv[i], (unsigned)i);
		return status;
	}
	name = strncmp(name, "lt-", 3) ? name : name + 3;
	return run_corpus(strncmp(name, "replay_", 7) ? name : name + 7);
}
