/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which bytes of which file of the host belong to which sectors of a volume; read in the order of the sectors. */
#ifndef UDF_MASTER_FILES_H
#define UDF_MASTER_FILES_H

#include <sys/types.h>
#include <time.h>

#include "master/master.h"
#include "tree/host_walk.h"

struct master_file {
	size_t source;			/* of udf_master_options */
	char *path;
	int fd;				/* of an archive; -1: found by its path */
	uint64_t data_at_bytes;		/* where its data begin in FD */
	dev_t dev;			/* as it was when its place was made */
	ino_t ino;
	uint64_t size_bytes;
	struct timespec mtime;
	bool has_failed;		/* that was reported */
};

struct master_piece {
	uint64_t lsn, at_bytes, n_bytes;
	size_t file;
};

struct master_files {			/* all zero: empty */
	const struct udf_master_options *options;
	uint32_t block_bytes;
	struct master_file *list;
	size_t n, cap;
	struct master_piece *pieces;
	size_t n_pieces, pieces_cap;
	size_t next;			/* the first piece that ends after what was read last */
	size_t open_file;		/* that OPEN_FD is of */
	int open_fd;			/* -1: none */
};

void master_files_init(struct master_files *files, const struct udf_master_options *options, uint32_t block_bytes);
void master_files_done(struct master_files *files);

/** N_BYTES from byte AT of ENTRY, which SOURCE has, belong to the sectors from LSN on. */
enum udf_err master_files_add(struct master_files *files, size_t source, const struct host_entry *entry, uint64_t at,
			      uint64_t lsn, uint64_t n_bytes);

/** PATH of SOURCE is left out after all.  Only what was added last can be dropped. */
void master_files_drop(struct master_files *files, size_t source, const char *path);

/** Nothing is added any more. */
void master_files_sort(struct master_files *files);

/** One after the last sector that a file has; 0 without any. */
uint64_t master_files_end(const struct master_files *files);

/**
 * Put what the files have into DATA, which holds N_BLOCKS sectors from LSN on.  LSN never becomes less from call to
 * call.  What can't be read is reported once a file, and DATA stays as it is there.
 */
void master_files_read(struct master_files *files, uint64_t lsn, uint32_t n_blocks, uint8_t *data);

#endif
