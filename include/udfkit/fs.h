/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filesystem: one call for each operation.  The FUSE driver, the image tool and populate use the same calls.
 *
 * Calls on one udf_fs must not run at the same time, except as udf_fs_share() describes.  Names are UTF-8.  A
 * name that comes with a length needs no NUL.  An inode number is the packed address of the object's ICB; it
 * stays the same while the object exists.  A call that "takes a reference" on an inode counts it; the caller
 * gives the reference back with udf_forget().
 *
 * Errors that are not repeated for each call:
 *  - any call may return UDF_E_NOMEM;
 *  - a call that reads the volume may return UDF_E_IO, UDF_E_MEDIUM and UDF_E_CORRUPT;
 *  - a call that changes the volume may return UDF_E_NOSPC and UDF_E_READ_ONLY.  UDF_E_READ_ONLY is also
 *    returned for a directory that was reached by a name that is not its parent's (R10 of doc/CRASH.md).
 *
 * A call that fails has changed nothing that another call could see.  udf_write() and udf_fallocate() are the
 * exceptions: they may have done a part.  A failed write of metadata makes the volume read-only (R9), and so
 * does running out of memory in the middle of a change.
 */
#ifndef UDFKIT_FS_H
#define UDFKIT_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/env.h>
#include <udfkit/error.h>

struct udf_fs;
struct udf_vol;
typedef uint64_t udf_ino;

#define UDF_ID_NONE 0xFFFFFFFFu	/* uid or gid: not recorded on the volume */
#define UDF_MAX_LINKS 65000u	/* names of a file, or links of a directory */

struct udf_attr {
	udf_ino ino;
	uint32_t mode;		/* S_IFMT and permission bits, as in stat(2) */
	uint32_t nlink;		/* as in stat(2): a directory has 2 + its subdirectories */
	uint32_t uid, gid;	/* or UDF_ID_NONE */
	uint64_t size_bytes;
	uint64_t allocated_bytes;	/* the blocks of the object; see "Blocks of a file" in doc/ONDISK.md */
	uint32_t rdev_major, rdev_minor;
	struct udf_time atime, mtime, ctime, btime;
	uint64_t unique_id;
};

struct udf_fs_options {
	bool read_only;		/* open it for reading only */
	bool reads_contents;	/* the caller will read the files that it lists: keep their ICBs, and read ahead */
	bool space_checked;	/* it was found open, but a check has made the bitmap safe to allocate from */
	bool bulk;		/* the volume is new and is being filled: see udf_fs_bulk_end() */
	/*
	 * Walk the whole volume, and call USED for every run of blocks that is in use in partition reference
	 * PART_REF.  lib/fs calls this when the space set lists a block as free that is in use.  NULL: such a
	 * volume becomes read-only.  chk_find_used() is an implementation.
	 *
	 * *RET_SAFE false means that the volume is damaged in another way too; USED was not called then.
	 * *RET_NEXT_ID is one more than the highest unique id.
	 */
	enum udf_err (*find_used)(struct udf_vol *vol, uint16_t part_ref,
				  enum udf_err (*used)(void *ctx, uint32_t lbn, uint32_t n_blocks), void *ctx,
				  uint64_t *ret_next_id, bool *ret_safe);
	uint32_t cache_bytes;	/* for nodes, indexes and blocks; 0 means the default of 32 MiB */
	/* udf_fs_tick() commits changes of this age; 0 means the default of 30, or 120 on a medium that wears out */
	uint32_t commit_seconds;
	/* udf_fs_tick() also commits when nothing has changed for about a second; not on a medium that wears out */
	bool commits_when_idle;
};

/* ---- open and close ---- */

/**
 * Open the filesystem of VOL.  VOL is borrowed and must outlive it.
 *
 * It is read-only where OPTIONS ask for that or the volume can't be written; udf_fs_why_read_only() says why.
 * Nothing is written before the first change.
 *
 * @options  Copied.  NULL means all zero.
 * @ret_fs   Close it with udf_fs_close().
 */
enum udf_err udf_fs_open(struct udf_vol *vol, const struct udf_fs_options *options,
			 struct udf_fs **ret_fs);

/**
 * Commit everything, close the integrity descriptor, and free FS.  FS is freed on failure too.  The descriptor
 * of a volume that was found open stays open (R10).  NULL is allowed.
 * Returns the first error of the commit, or the error that made the volume read-only.
 */
enum udf_err udf_fs_close(struct udf_fs *fs);

/**
 * Free FS without writing anything.  The volume is left as a killed process would leave it.  Used for a new
 * volume that is given up, and by tests.
 */
void udf_fs_abandon(struct udf_fs *fs);

/** Why it is read-only: a phrase, or NULL where it can be written. */
const char *udf_fs_why_read_only(const struct udf_fs *fs);

/**
 * Commit everything, close the integrity descriptor (as udf_fs_close() does), and refuse changes from now on.
 * Objects that have lost their last name are freed, whoever has references to them: nobody may have one open.
 * On failure the volume stays as it was, unless the failure itself made it read-only.
 */
enum udf_err udf_fs_make_read_only(struct udf_fs *fs);

/**
 * Move the references that callers hold from FROM to TO.  TO is the same volume, opened again, and has no
 * references yet.  FROM has none afterwards.
 */
void udf_fs_move_references(struct udf_fs *from, struct udf_fs *to);

/* ---- commits ---- */

/** Make everything durable, by a commit up to phase UNLINK of doc/CRASH.md. */
enum udf_err udf_fs_sync(struct udf_fs *fs);

/**
 * Do the work of a timer: commit changes that are commit_seconds old (with commits_when_idle, also changes after
 * which nothing has changed for about a second), and close the integrity descriptor of a volume that has been
 * idle for commit_seconds.
 *
 * @ret_next_seconds  May be NULL.  Receives the seconds until the next call is needed; 0 means no call is needed.
 */
enum udf_err udf_fs_tick(struct udf_fs *fs, uint32_t *ret_next_seconds);

/**
 * Is udf_fs_tick() to be called at once?  This is true when the batch is large, and when a call had to end the
 * batch, which is ready to be written.
 */
bool udf_fs_is_due(const struct udf_fs *fs);

/**
 * Let other threads continue while udf_fsync(), udf_fs_sync() and udf_fs_tick() wait for the medium.
 *
 * The caller makes all calls on FS under one lock.  lib/fs calls RELEASE to give that lock back before it waits,
 * and ACQUIRE to take it again afterwards.  Changes that are made in between belong to the next batch.  Only one
 * batch is written at a time, so a call that needs the next one written waits.
 *
 * This needs a medium that can hold writes back, bio_hold_new().  On any other medium every call waits.
 */
void udf_fs_share(struct udf_fs *fs, void (*release)(void *ctx), void (*acquire)(void *ctx), void *ctx);

/* ---- the volume ---- */

struct udf_statfs {
	uint32_t block_bytes;
	uint64_t n_blocks, n_free_blocks;	/* of the partition; 0 free blocks where that is not known */
	uint64_t n_files, n_directories;
	uint32_t name_max_bytes;
};

/** Sizes and counts as of now.  Only the first count of free blocks reads the volume. */
void udf_fs_statfs(struct udf_fs *fs, struct udf_statfs *ret);

/** The root directory.  It needs no reference. */
udf_ino udf_fs_root(const struct udf_fs *fs);

/* ---- names ---- */

/**
 * Find NAME in directory DIR, and take a reference on the result.  The caller handles "." and "..".
 * Returns UDF_E_NOT_FOUND, UDF_E_NOT_DIR, UDF_E_NAME_TOO_LONG.
 */
enum udf_err udf_lookup(struct udf_fs *fs, udf_ino dir, const char *name, size_t name_bytes,
			struct udf_attr *ret_attr);

/**
 * Find NAME in DIR without reading the object.  This also works where udf_lookup() fails because the object
 * can't be read.  Only ino and the S_IFMT of mode are set, as in udf_readdir().  Takes no reference.
 *
 * udf_unlink(), udf_rmdir() and udf_rename() can remove such a name.  The blocks of the object stay in use.
 */
enum udf_err udf_lookup_name(struct udf_fs *fs, udf_ino dir, const char *name, size_t name_bytes,
			     struct udf_attr *ret_attr);

/** Find the directory that DIR's parent FID names, and take a reference on it. */
enum udf_err udf_lookup_parent(struct udf_fs *fs, udf_ino dir, struct udf_attr *ret_attr);

/**
 * Find the object with the number INO, and take a reference on it.  INO need not be valid: it may come from an
 * old file handle, or be made up.  A number is used again after its object was removed, so the caller compares
 * unique_id.  The object is found only if a directory has its name.  To find out, directories are read, each at most
 * once while FS is open, those that are near the object first.
 * Returns UDF_E_NOT_FOUND where there is no such object.
 */
enum udf_err udf_lookup_ino(struct udf_fs *fs, udf_ino ino, struct udf_attr *ret_attr);

/** Give back N_REFS references.  An object without names and references is freed on the disc. */
void udf_forget(struct udf_fs *fs, udf_ino ino, uint64_t n_refs);

/** Does INO have references that have not been given back? */
bool udf_is_referenced(const struct udf_fs *fs, udf_ino ino);

struct udf_new {			/* the object that udf_create() makes */
	uint32_t mode;			/* S_IFREG, _IFDIR, _IFLNK, _IFBLK, _IFCHR, _IFIFO, _IFSOCK | bits */
	uint32_t uid, gid;		/* or UDF_ID_NONE */
	uint32_t rdev_major, rdev_minor;	/* S_IFBLK, S_IFCHR */
	const char *symlink_target;	/* S_IFLNK; borrowed, needs no NUL */
	size_t symlink_target_bytes;
};

/**
 * Make a file, directory, symlink or device node, and take a reference on it.
 * Returns UDF_E_EXISTS, UDF_E_BAD_NAME, UDF_E_NAME_TOO_LONG, UDF_E_INVAL for a mode of no known type,
 * UDF_E_TOO_MANY_LINKS for a subdirectory of a directory that has 65000 links.
 */
enum udf_err udf_create(struct udf_fs *fs, udf_ino dir, const char *name, size_t name_bytes,
			const struct udf_new *what, struct udf_attr *ret_attr);

/**
 * Give INO another name, and take a reference on it.
 * Returns the errors of udf_create(), UDF_E_NO_PERMISSION for a directory, UDF_E_NOT_FOUND where INO has no
 * names left, UDF_E_TOO_MANY_LINKS for the 65001st name.
 */
enum udf_err udf_link(struct udf_fs *fs, udf_ino ino, udf_ino dir, const char *name, size_t name_bytes,
		      struct udf_attr *ret_attr);

/**
 * Remove a name.  The object is freed after its last name and its last reference are gone.
 * Returns UDF_E_NOT_FOUND.  udf_unlink() returns UDF_E_IS_DIR for a directory; udf_rmdir() returns UDF_E_NOT_DIR
 * for anything else, and UDF_E_NOT_EMPTY.
 */
enum udf_err udf_unlink(struct udf_fs *fs, udf_ino dir, const char *name, size_t name_bytes);
enum udf_err udf_rmdir(struct udf_fs *fs, udf_ino dir, const char *name, size_t name_bytes);

#define UDF_RENAME_NOREPLACE 1u	/* UDF_E_EXISTS where the new name exists */
#define UDF_RENAME_EXCHANGE 2u	/* UDF_E_INVAL unless both names are in one block */

/**
 * Rename, as rename(2) does.  An object that already has the new name is replaced; a directory is replaced only
 * by a directory, and only if it is empty.  Where both names belong to one file, both stay.
 * Returns UDF_E_INVAL for a directory that would move below itself.
 */
enum udf_err udf_rename(struct udf_fs *fs, udf_ino old_dir, const char *old_name, size_t old_name_bytes,
			udf_ino new_dir, const char *new_name, size_t new_name_bytes, unsigned flags);

/**
 * The target of a symlink, as a path that ends with a NUL.
 * Returns UDF_E_NAME_TOO_LONG if CAP bytes are too few, UDF_E_INVAL if INO is not a symlink.
 */
enum udf_err udf_readlink(struct udf_fs *fs, udf_ino ino, char *ret_target, size_t cap);

struct udf_dirent {
	const char *name;		/* borrowed for the call */
	size_t name_bytes;
	bool is_damaged;		/* the identifier is malformed: NAME was made from its bytes */
	uint64_t next_cookie;		/* the cookie that continues after this entry */
	const struct udf_attr *attr;	/* complete with with_attr; else only ino and the S_IFMT of mode are set
					 * (S_IFMT 0: not a directory, and only the ICB says what it is) */
};

/**
 * Read directory DIR from COOKIE on.  COOKIE 0 is the start.  The caller adds "." and "..".
 *
 * EMIT returns false when it has no room for an entry; reading from that entry's own cookie then returns it
 * again.  With WITH_ATTR each entry for which EMIT returned true takes a reference.  An entry whose ICB can't
 * be read is emitted with mode 0.
 */
enum udf_err udf_readdir(struct udf_fs *fs, udf_ino dir, uint64_t cookie, bool with_attr,
			 bool (*emit)(void *ctx, const struct udf_dirent *entry), void *ctx);

/* ---- attributes ---- */

/** All attributes of INO.  INO needs no reference while it has a name. */
enum udf_err udf_getattr(struct udf_fs *fs, udf_ino ino, struct udf_attr *ret_attr);

#define UDF_SET_MODE 0x01u
#define UDF_SET_UID 0x02u
#define UDF_SET_GID 0x04u
#define UDF_SET_SIZE 0x08u
#define UDF_SET_ATIME 0x10u
#define UDF_SET_MTIME 0x20u
#define UDF_SET_ATIME_NOW 0x40u
#define UDF_SET_MTIME_NOW 0x80u
#define UDF_SET_CTIME 0x100u	/* from SET; without it ctime becomes now */
#define UDF_SET_BTIME 0x200u	/* where the volume can record it: see doc/ONDISK.md */

/**
 * Change those members of SET that MASK (UDF_SET_...) names.  The S_IFMT of mode is ignored.  A smaller size
 * truncates the file; a larger one adds a hole at its end.
 * Returns for UDF_SET_SIZE: UDF_E_IS_DIR for a directory, UDF_E_INVAL for an object that is not a regular file,
 * UDF_E_FILE_TOO_BIG.
 */
enum udf_err udf_setattr(struct udf_fs *fs, udf_ino ino, const struct udf_attr *set, unsigned mask,
			 struct udf_attr *ret_attr);

/* ---- file data ---- */

/**
 * Read up to N_BYTES from byte AT.  No time stamp changes.
 *
 * @ret_n_bytes  How many bytes were read: fewer than N_BYTES at the end of the file, or before a part that
 *		 can't be read.
 * Returns UDF_E_IS_DIR, UDF_E_INVAL for an object that has no data.
 */
enum udf_err udf_read(struct udf_fs *fs, udf_ino ino, uint64_t at, size_t n_bytes, void *ret_data,
		      size_t *ret_n_bytes);

/**
 * Write N_BYTES at byte AT.  Where only a part of them can be written, the call writes that part and succeeds.
 * The size of the file covers only what was written.
 *
 * @ret_n_bytes  How many bytes were written.
 */
enum udf_err udf_write(struct udf_fs *fs, udf_ino ino, uint64_t at, size_t n_bytes, const void *data,
		       size_t *ret_n_bytes);

/** Data that is not in memory.  Each call takes the next N_BYTES of it; it takes all of them or fails. */
struct udf_source {
	enum udf_err (*read)(void *ctx, void *ret_data, size_t n_bytes);
	enum udf_err (*move)(void *ctx, int fd, uint64_t at_bytes, size_t n_bytes);	/* to AT_BYTES of FD */
	void *ctx;
};

/**
 * Write the data of FROM, as udf_write() does.  The data is moved directly to its place where that is in a file
 * of the host, and read otherwise.  After a short count FROM may have given more than was written.
 */
enum udf_err udf_write_from(struct udf_fs *fs, udf_ino ino, uint64_t at, size_t n_bytes,
			    const struct udf_source *from, size_t *ret_n_bytes);

/**
 * Find where bytes [AT, AT + N_BYTES) are stored, so that the caller can read them there.
 *
 * @ret_n_bytes       How many of them, from AT on, are in one piece.
 * @ret_fd            The descriptor that holds them; -1 for a hole, which reads as zero.
 * @ret_offset_bytes  Where they begin in that descriptor.
 * Returns UDF_E_UNSUPPORTED where only udf_read() can read them (embedded data, a bio without descriptors),
 * UDF_END at or after the end of the file.
 */
enum udf_err udf_file_range(struct udf_fs *fs, udf_ino ino, uint64_t at, uint64_t n_bytes, int *ret_fd,
			    uint64_t *ret_offset_bytes, uint64_t *ret_n_bytes);

#define UDF_FALLOC_KEEP_SIZE 1u
#define UDF_FALLOC_PUNCH_HOLE 2u	/* only together with KEEP_SIZE */
#define UDF_FALLOC_ZERO_RANGE 4u

/**
 * Allocate blocks for bytes [AT, AT + N_BYTES), or free them with PUNCH_HOLE, as fallocate(2) does.
 * Returns UDF_E_INVAL for N_BYTES 0 and for other flags, UDF_E_FILE_TOO_BIG.
 */
enum udf_err udf_fallocate(struct udf_fs *fs, udf_ino ino, unsigned flags, uint64_t at, uint64_t n_bytes);

/**
 * Find the next data (DATA true) or the next hole (DATA false) from byte AT on, as lseek(2) does.
 * Returns UDF_E_NO_DATA where lseek(2) gives ENXIO.
 */
enum udf_err udf_seek(struct udf_fs *fs, udf_ino ino, uint64_t at, bool data, uint64_t *ret_at);

/** Make a file (its data and name) or a directory durable.  DATA_ONLY: as fdatasync(2). */
enum udf_err udf_fsync(struct udf_fs *fs, udf_ino ino, bool data_only);

/* ---- bulk: making a volume (populate); see lib/tree ---- */

/**
 * End the filling of a new volume: write everything that is still in memory, and close the integrity descriptor.
 * The caller closes FS afterwards, and then flushes.
 *
 * With the option bulk there are no phases and no flushes, because nobody needs the volume before it is complete.
 * Bulk mode can also write ICBs of strategy 4096, and freed space sets.
 */
enum udf_err udf_fs_bulk_end(struct udf_fs *fs);

/** Expect directory DIR to grow to about N_BYTES: its blocks are then taken in one run where there is one. */
enum udf_err udf_bulk_expect(struct udf_fs *fs, udf_ino dir, uint64_t n_bytes);

/**
 * Extend the regular file INO by one run of blocks.  Only in bulk mode, and only for a file whose size is a
 * multiple of the block size.  The caller writes the contents of the new blocks, through the descriptor that
 * udf_file_range() gives, or to the sectors of the volume that begin with *RET_LSN.
 *
 * @n_bytes      At most this many, rounded down to blocks.
 * @ret_n_bytes  How many were added.
 * @ret_lsn      May be NULL.
 */
enum udf_err udf_bulk_extend(struct udf_fs *fs, udf_ino ino, uint64_t n_bytes, uint64_t *ret_n_bytes,
			     uint64_t *ret_lsn);

/**
 * The sectors of the volume from LSN to the end of the partition hold something already: no blocks are taken there.
 * Only in bulk mode, before anything else is done.
 */
enum udf_err udf_bulk_set_aside(struct udf_fs *fs, uint64_t lsn);

/**
 * The contents of the regular file INO, which is empty, are the N_BYTES from sector LSN on, which were set aside.
 * Only in bulk mode.  They are not taken: that no two files have them is the caller's business.
 * Returns UDF_E_RANGE where they are not in the partition.
 */
enum udf_err udf_bulk_refer(struct udf_fs *fs, udf_ino ino, uint64_t lsn, uint64_t n_bytes);

/* ---- labels: lib/label ---- */

/**
 * Can the file set descriptor move to another block?  This needs a writable FS.  The descriptor must be the only
 * one in its extent, and in the partition that FS allocates from.
 */
bool udf_fs_can_move_file_set(const struct udf_fs *fs);

/**
 * Write a new file set descriptor to a free block, call SWITCH_OVER to make the volume refer to it, and free the
 * block of the old one.  After a power cut the volume refers to the old one or to the new one; the block of the
 * other may stay marked as used.
 *
 * @fsd_block    One block: the sealed descriptor.  This function sets its location.
 * @switch_over  Called when the new descriptor is durable in block LBN of the partition.  Everything that it
 *		 writes must be durable when it returns.
 * Returns UDF_E_NOSPC where there is no free block (nothing has changed then), the error of SWITCH_OVER, and the
 * errors that operations on FS return.
 */
enum udf_err udf_fs_move_file_set(struct udf_fs *fs, uint8_t *fsd_block,
				  enum udf_err (*switch_over)(void *ctx, uint32_t lbn), void *ctx);

#endif
