/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of objects that stands in for lib/fs, and a target directory on the host, for the tests of extraction.  The
 * table may hold what no volume that means well would.
 */
#ifndef TESTS_UNIT_EXTRACT_FIXTURE_H
#define TESTS_UNIT_EXTRACT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tree/extract.h"

#define MAX_OBJECTS 16
#define MAX_ENTRIES 300

struct object {
	uint32_t mode, nlink;
	const char *data;		/* of a file, or a symlink's target */
	uint64_t size_bytes;		/* 0: of data; beyond that a hole */
	int host_fd;			/* not 0: its data lie there, from HOST_AT */
	uint64_t host_at;
	uint64_t bad_at;		/* not 0: reading that byte fails */
	bool is_whole;			/* no holes */
};

struct entry {
	udf_ino dir;
	const char *name;
	size_t name_bytes;
	udf_ino ino;
};

struct udf_fs {
	struct object objects[MAX_OBJECTS];
	struct entry entries[MAX_ENTRIES];
	size_t n_entries;
	long n_refs;
};

struct fixture {
	struct udf_fs fs;
	char base[64];
	int base_fd, target_fd;
	struct tree_extract_options options;
	size_t n_failed;
	enum udf_err last_err;
	char last_path[512];
	size_t n_renamed, n_shortened;
	char renamed_to[512];		/* the last one, from the target directory */
	struct tree_extract *extract;
	const char *watched;		/* a path; how long it was when it was first seen, and in which call */
	off_t seen_bytes;
	size_t seen_at;
	size_t n_asked, cancel_at;	/* calls of is_cancelled(), and the one that says yes; 0: none */
	void (*meanwhile)(struct fixture *f);	/* what another program does at the sixth of these calls */
	size_t n_hidden;
	int hidden_errno;
	char hidden_path[512];		/* the last one, from the target directory */
	size_t n_done;
	char done_paths[MAX_ENTRIES][16];
};

/** A case: a fixture of its own, in *STATE. */
int extract_setup(void **state);
int extract_teardown(void **state);
#define EXTRACT_CASE(name) cmocka_unit_test_setup_teardown(name, extract_setup, extract_teardown)

/** Directory DIR of the volume has an entry NAME for the object INO.  0 is the root directory. */
void add_bytes(struct fixture *f, udf_ino dir, const char *name, size_t name_bytes, udf_ino ino);
void add(struct fixture *f, udf_ino dir, const char *name, udf_ino ino);

/** Extract the whole volume to "target". */
enum udf_err extract_root(struct fixture *f);

/* What is on the host.  Paths begin in the directory that holds "target" and "outside". */
bool exists(struct fixture *f, const char *path);
struct stat stat_of(struct fixture *f, const char *path);
void assert_contents(struct fixture *f, const char *path, const char *want);
void put_on_host(struct fixture *f, const char *path, const char *text);

#endif
