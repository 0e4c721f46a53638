/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is called of libarchive, which is loaded when an archive is read: it brings twelve more libraries, and every
 * start of mkudffs would take longer, and more memory, for an option that few use.
 */
#ifndef UDF_TAR_LIBARCHIVE_H
#define UDF_TAR_LIBARCHIVE_H

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stdint.h>

#define LIBARCHIVE_CALLS(X) \
	X(archive_entry_atime) \
	X(archive_entry_atime_is_set) \
	X(archive_entry_atime_nsec) \
	X(archive_entry_ctime) \
	X(archive_entry_ctime_is_set) \
	X(archive_entry_ctime_nsec) \
	X(archive_entry_gid) \
	X(archive_entry_hardlink) \
	X(archive_entry_hardlink_utf8) \
	X(archive_entry_mode) \
	X(archive_entry_mtime) \
	X(archive_entry_mtime_is_set) \
	X(archive_entry_mtime_nsec) \
	X(archive_entry_pathname) \
	X(archive_entry_pathname_utf8) \
	X(archive_entry_rdevmajor) \
	X(archive_entry_rdevminor) \
	X(archive_entry_size) \
	X(archive_entry_symlink) \
	X(archive_entry_symlink_utf8) \
	X(archive_entry_uid) \
	X(archive_errno) \
	X(archive_error_string) \
	X(archive_read_data_block) \
	X(archive_read_free) \
	X(archive_read_new) \
	X(archive_read_next_header) \
	X(archive_read_open_fd) \
	X(archive_read_support_filter_bzip2) \
	X(archive_read_support_filter_compress) \
	X(archive_read_support_filter_gzip) \
	X(archive_read_support_filter_lz4) \
	X(archive_read_support_filter_lzma) \
	X(archive_read_support_filter_xz) \
	X(archive_read_support_filter_zstd) \
	X(archive_read_support_format_tar)

struct libarchive {
#define X(name) __typeof__(name) *name;
	LIBARCHIVE_CALLS(X)
#undef X
};
extern struct libarchive la;

struct libarchive_time {
	bool is_set;
	int64_t seconds;		/* since 1970 */
	long nanoseconds;
};

struct libarchive_times {
	struct libarchive_time modified, accessed, changed;
};

/** The times of ENTRY.  Nothing else has a time_t of libarchive's: see libarchive.c. */
void libarchive_times(struct archive_entry *entry, struct libarchive_times *ret_times);

/** Load it, once, for the rest of the process.  False: it is missing. */
bool libarchive_load(void);

#endif
