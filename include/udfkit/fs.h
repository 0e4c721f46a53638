/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filesystem: one call an operation, for the FUSE driver, the image tool and populate alike.
 *
 * Calls on one udf_fs must not run at the same time, but see udf_fs_share().  Names are UTF-8, not
 * NUL-terminated where a length goes with them.  An inode number is the packed address of the
 * object's ICB; it stays the same while the object exists.  Calls that hand out an inode with "takes a
 * reference" count it, until udf_forget().
 *
 * Any call may return UDF_E_NOMEM; what reads the volume UDF_E_IO, UDF_E_MEDIUM and UDF_E_CORRUPT; what
 * changes it UDF_E_READ_ONLY (also for a directory that was reached by a name that is not its
 * parent's, R10 of doc/CRASH.md) and UDF_E_NOSPC.  A call that fails has changed nothing that another
 * call could see, but for udf_write() and udf_fallocate(), which may have done a part; and a failed
 * write of metadata, or want of memory in the middle of a change, makes the volume read-only (R9).
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

struct udf_attr {
	udf_ino ino;
	uint32_t mode;		/* S_IFMT and permission bits, as in stat(2) */
	uint32_t nlink;		/* as stat(2) has it: directories 2 + subdirectories */
	uint32_t uid, gid;	/* or UDF_ID_NONE */
	uint64_t size_bytes;
	uint64_t allocated_bytes;	/* the blocks of the object; see "Blocks of a file" in doc/ONDISK.md */
	uint32_t rdev_major, rdev_minor;
	struct udf_time atime, mtime, ctime, btime;
	uint64_t unique_id;
};

struct udf_fs_options {
	bool read_only;
	bool reads_contents;	/* what is listed will be read: what is read with it is kept in the cache */
	bool space_checked;	/* found open, but a check has made the bitmap safe to allocate from */
	bool bulk;		/* the volume is new and is filled: see udf_fs_bulk_end() */
	/*
	 * Walk the whole volume and call USED with every run of blocks in use of partition reference PART_REF.
	 * Needed where a space set calls a block free that is in use.  *RET_SAFE false: the volume is damaged
	 * besides, and USED was not called.  *RET_NEXT_ID: one more than the highest unique id.
	 * NULL: such a volume becomes read-only.  chk_find_used() does it.
	 */
	enum udf_err (*find_used)(struct udf_vol *vol, uint16_t part_ref,
				  enum udf_err (*used)(void *ctx, uint32_t lbn, uint32_t n_blocks), void *ctx,
				  uint64_t *ret_next_id, bool *ret_safe);
	uint32_t cache_bytes;	/* of nodes, indexes and blocks; 0: 32 MiB */
	uint32_t commit_seconds;	/* dirty age at which udf_fs_tick() commits; 0: 30 */
	bool commits_when_idle;		/* it also commits when nothing has changed for about a second */
};

/**
 * Open the filesystem of VOL (borrowed; must outlive it).
 * Opened read-only when asked, or where the volume can't be written: udf_fs_why_read_only() tells.
 * Nothing is written before the first change.
 *
 * @options  Copied; NULL: all zero.
 * @ret_fs   Close with udf_fs_close().
 */
enum udf_err udf_fs_open(struct udf_vol *vol, const struct udf_fs_options *options,
			 struct udf_fs **ret_fs);

/**
 * Commit everything, close the integrity descriptor (but not that of a volume that was found open, R10), free FS
 * in any case.  NULL is allowed.
 * Returns the first error of the commit, or the one that made the volume read-only.
 */
enum udf_err udf_fs_close(struct udf_fs *fs);

/** Free FS without writing anything: what a killed process leaves.  For a new volume that is given up, and tests. */
void udf_fs_abandon(struct udf_fs *fs);

/** Why it is read-only: a phrase, or NULL where it can be written. */
const char *udf_fs_why_read_only(const struct udf_fs *fs);

/**
 * Commit everything, close the integrity descriptor (as udf_fs_close()), and refuse changes from then on.  Where
 * that fails the volume stays as it is, or is read-only by the failure.
 */
enum udf_err udf_fs_make_read_only(struct udf_fs *fs);

/**
 * TO is the same volume, opened again: the references that callers hold in FROM are TO's from now on, and FROM has
 * none.  TO has been given none before.
 */
void udf_fs_move_references(struct udf_fs *from, struct udf_fs *to);

/** Make everything durable: a commit up to phase UNLINK of doc/CRASH.md. */
enum udf_err udf_fs_sync(struct udf_fs *fs);

/**
 * Timer work: commit what has been dirty for commit_seconds (or what has rested, with commits_when_idle), close
 * the integrity descriptor after idling.  *RET_NEXT_SECONDS (may be NULL): when to call again, 0 for no need.
 */
enum udf_err udf_fs_tick(struct udf_fs *fs, uint32_t *ret_next_seconds);

/** Should udf_fs_tick() be called at once?  The batch is large, or a call had to end it, so that it can be written. */
bool udf_fs_is_due(const struct udf_fs *fs);

/**
 * Let others go on while udf_fsync(), udf_fs_sync() and udf_fs_tick() wait for the medium: RELEASE is
 * called before they wait and ACQUIRE behind it, to give back and take again the lock under which all
 * calls on FS are made.  What is changed meanwhile belongs to the next batch.  One batch is written at a
 * time: a call that can't go on without the next waits for it.
 *
 * Needs a medium that can hold writes back, bio_hold_new(); with another everybody waits.
 */
void udf_fs_share(struct udf_fs *fs, void (*release)(void *ctx), void (*acquire)(void *ctx), void *ctx);

struct udf_statfs {
	uint32_t block_bytes;
	uint64_t n_blocks, n_free_blocks;	/* of the partition; 0 free where that is not known */
	uint64_t n_files, n_directories;
	uint32_t name_max_bytes;
};

/** Sizes and counts as of now, without reading the volume but for the first count of free blocks. */
void udf_fs_statfs(struct udf_fs *fs, struct udf_statfs *ret);

/** The root directory; needs no reference. */
udf_ino udf_fs_root(const struct udf_fs *fs);

/* ---- names ---- */

/**
 * Find NAME in directory DIR ("." and ".." are the caller's).  Takes a reference on the result.
 * UDF_E_NOT_FOUND, UDF_E_NOT_DIR, UDF_E_NAME_TOO_LONG.
 */
enum udf_err udf_lookup(struct udf_fs *fs, udf_ino dir, const char *name, size_t name_bytes,
			struct udf_attr *ret_attr);

/**
 * What stands as NAME in DIR, also where udf_lookup() fails because the object can't be read: ino, and the
 * S_IFMT of mode as in udf_readdir().  Takes no reference.  udf_unlink(), udf_rmdir() and udf_rename() remove
 * such a name; what the object occupies stays in use.
 */
enum udf_err udf_lookup_name(struct udf_fs *fs, udf_ino dir, const char *name, size_t name_bytes,
			     struct udf_attr *ret_attr);

/** The directory that DIR's parent FID names; takes a reference. */
enum udf_err udf_lookup_parent(struct udf_fs *fs, udf_ino dir, struct udf_attr *ret_attr);

/**
 * The object with the number INO, which may come from anywhere: a file handle that was kept, or made up.  Takes a
 * reference.  UDF_E_NOT_FOUND where there is no object (any more), or none that can have a name.  The caller compares
 * unique_id, as a number is used again.
 */
enum udf_err udf_lookup_ino(struct udf_fs *fs, udf_ino ino, struct udf_attr *ret_attr);

/** Give back N_REFS references; an object without names and references is freed on disc. */
void udf_forget(struct udf_fs *fs, udf_ino ino, uint64_t n_refs);

/** Are there references on INO that have not been given back? */
bool udf_is_referenced(const struct udf_fs *fs, udf_ino ino);

struct udf_new {			/* what udf_create() makes */
	uint32_t mode;			/* S_IFREG, _IFDIR, _IFLNK, _IFBLK, _IFCHR, _IFIFO, _IFSOCK | bits */
	uint32_t uid, gid;		/* or UDF_ID_NONE */
	uint32_t rdev_major, rdev_minor;	/* S_IFBLK, S_IFCHR */
	const char *symlink_target;	/* S_IFLNK; borrowed, no NUL needed */
	size_t symlink_target_bytes;
};

/**
 * Make a file, directory, symlink or node.  Takes a reference on it.
 * UDF_E_EXISTS, UDF_E_BAD_NAME, UDF_E_NAME_TOO_LONG, UDF_E_INVAL for a mode of no known type,
 * UDF_E_TOO_MANY_LINKS for one directory too many (65000).
 */
enum udf_err udf_create(struct udf_fs *fs, udf_ino dir, const char *name, size_t name_bytes,
			const struct udf_new *what, struct udf_attr *ret_attr);

/**
 * Another name for INO.  Takes a reference.
 * As udf_create(); UDF_E_NO_PERMISSION for a directory, UDF_E_NOT_FOUND where INO has no names left.
 */
enum udf_err udf_link(struct udf_fs *fs, udf_ino ino, udf_ino dir, const char *name, size_t name_bytes,
		      struct udf_attr *ret_attr);

/**
 * Remove a name; the object goes with its last name and reference.  UDF_E_NOT_FOUND; UDF_E_IS_DIR from
 * udf_unlink(), UDF_E_NOT_DIR and UDF_E_NOT_EMPTY from udf_rmdir().
 */
enum udf_err udf_unlink(struct udf_fs *fs, udf_ino dir, const char *name, size_t name_bytes);
enum udf_err udf_rmdir(struct udf_fs *fs, udf_ino dir, const char *name, size_t name_bytes);

#define UDF_RENAME_NOREPLACE 1u	/* UDF_E_EXISTS where the new name is there */
#define UDF_RENAME_EXCHANGE 2u	/* UDF_E_INVAL unless both names lie in one block */

/**
 * Rename as rename(2): what has the new name is replaced, a directory only if it is empty and by a
 * directory; two names of one file stay both.  UDF_E_INVAL for a directory moved below itself.
 */
enum udf_err udf_rename(struct udf_fs *fs, udf_ino old_dir, const char *old_name, size_t old_name_bytes,
			udf_ino new_dir, const char *new_name, size_t new_name_bytes, unsigned flags);

/**
 * Target of a symlink as a NUL-terminated path; UDF_E_NAME_TOO_LONG if CAP is too small, UDF_E_INVAL if
 * INO is no symlink.
 */
enum udf_err udf_readlink(struct udf_fs *fs, udf_ino ino, char *ret_target, size_t cap);

struct udf_dirent {
	const char *name;		/* borrowed for the call */
	size_t name_bytes;
	uint64_t next_cookie;		/* where reading goes on after this one */
	const struct udf_attr *attr;	/* with_attr: whole; else only ino and the S_IFMT of mode are set
					 * (S_IFMT 0 where only the ICB knows: not a directory) */
};

/**
 * Read directory DIR from COOKIE (0: the start; "." and ".." are the caller's).  EMIT returns false
 * when it has no room: that entry is given again by its own cookie.  With with_attr each emitted
 * entry takes a reference (only when EMIT returned true).  An entry whose ICB can't be read is
 * emitted with mode 0.
 */
enum udf_err udf_readdir(struct udf_fs *fs, udf_ino dir, uint64_t cookie, bool with_attr,
			 bool (*emit)(void *ctx, const struct udf_dirent *entry), void *ctx);

/* ---- attributes ---- */

/** All attributes of INO, which needs no reference as long as it has a name. */
enum udf_err udf_getattr(struct udf_fs *fs, udf_ino ino, struct udf_attr *ret_attr);

#define UDF_SET_MODE 0x01u
#define UDF_SET_UID 0x02u
#define UDF_SET_GID 0x04u
#define UDF_SET_SIZE 0x08u
#define UDF_SET_ATIME 0x10u
#define UDF_SET_MTIME 0x20u
#define UDF_SET_ATIME_NOW 0x40u
#define UDF_SET_MTIME_NOW 0x80u
#define UDF_SET_CTIME 0x100u	/* from SET; else ctime becomes now */
#define UDF_SET_BTIME 0x200u	/* where the volume can record it: see doc/ONDISK.md */

/**
 * Change those members of SET that MASK (UDF_SET_...) names; modes without S_IFMT.  A size cuts a file
 * off or makes it longer by a hole: UDF_E_IS_DIR, UDF_E_INVAL for other objects, UDF_E_FILE_TOO_BIG.
 */
enum udf_err udf_setattr(struct udf_fs *fs, udf_ino ino, const struct udf_attr *set, unsigned mask,
			 struct udf_attr *ret_attr);

/* ---- file data ---- */

/**
 * Read up to N_BYTES from byte AT; *RET_N_BYTES is short only at the end of the file.  Changes no time.
 * UDF_E_IS_DIR, UDF_E_INVAL for what has no data.
 */
enum udf_err udf_read(struct udf_fs *fs, udf_ino ino, uint64_t at, size_t n_bytes, void *ret_data,
		      size_t *ret_n_bytes);

/** Write all of N_BYTES at AT, or fail with nothing of the size changed beyond what was written. */
enum udf_err udf_write(struct udf_fs *fs, udf_ino ino, uint64_t at, size_t n_bytes, const void *data,
		       size_t *ret_n_bytes);

/** Data that is not in memory; each call takes the next N_BYTES of it, all of them or fails. */
struct udf_source {
	enum udf_err (*read)(void *ctx, void *ret_data, size_t n_bytes);
	enum udf_err (*move)(void *ctx, int fd, uint64_t at_bytes, size_t n_bytes);	/* to AT_BYTES of FD */
	void *ctx;
};

/**
 * udf_write() of what FROM gives: moved to where it lies in a file of the host, if it does, else read.
 * After a short count FROM may have given more than was written.
 */
enum udf_err udf_write_from(struct udf_fs *fs, udf_ino ino, uint64_t at, size_t n_bytes,
			    const struct udf_source *from, size_t *ret_n_bytes);

/**
 * Where do bytes [AT, AT + N_BYTES) lie?  One piece: *RET_N_BYTES of it, in descriptor *RET_FD at
 * *RET_OFFSET_BYTES; fd -1: a hole, reads as zero.  UDF_E_UNSUPPORTED where only udf_read() serves
 * (embedded data, a bio without descriptors); UDF_END at or past the end of the file.
 */
enum udf_err udf_file_range(struct udf_fs *fs, udf_ino ino, uint64_t at, uint64_t n_bytes, int *ret_fd,
			    uint64_t *ret_offset_bytes, uint64_t *ret_n_bytes);

#define UDF_FALLOC_KEEP_SIZE 1u
#define UDF_FALLOC_PUNCH_HOLE 2u	/* with KEEP_SIZE */
#define UDF_FALLOC_ZERO_RANGE 4u

/**
 * Give bytes [AT, AT + N_BYTES) blocks, or with PUNCH_HOLE take them away; as fallocate(2), whose
 * flags these are.  UDF_E_INVAL for N_BYTES 0 and other flags, UDF_E_FILE_TOO_BIG.
 */
enum udf_err udf_fallocate(struct udf_fs *fs, udf_ino ino, unsigned flags, uint64_t at, uint64_t n_bytes);

/** SEEK_DATA (DATA true) or SEEK_HOLE from byte AT; UDF_E_NO_DATA as lseek(2)'s ENXIO. */
enum udf_err udf_seek(struct udf_fs *fs, udf_ino ino, uint64_t at, bool data, uint64_t *ret_at);

/** Make a file (data and name) or directory durable; DATA_ONLY: fdatasync. */
enum udf_err udf_fsync(struct udf_fs *fs, udf_ino ino, bool data_only);

/* ---- bulk: making a volume (populate); see lib/tree ---- */

/**
 * With the option bulk there are no phases and no flushes; the caller promises that nobody needs the
 * volume before it is whole.  ICBs of strategy 4096 and freed space sets are written then, too.  This
 * writes what is left and closes the integrity descriptor; then the caller closes FS and flushes.
 */
enum udf_err udf_fs_bulk_end(struct udf_fs *fs);

/** DIR will grow to about N_BYTES: room for that is taken in one piece, where there is one. */
enum udf_err udf_bulk_expect(struct udf_fs *fs, udf_ino dir, uint64_t n_bytes);

/**
 * In bulk mode: make the regular file INO, whose size is whole blocks, longer by up to N_BYTES (rounded
 * down to blocks) in one run, *RET_N_BYTES.  What those blocks hold is the caller's to write, through
 * the descriptor that udf_file_range() gives for them.
 */
enum udf_err udf_bulk_extend(struct udf_fs *fs, udf_ino ino, uint64_t n_bytes, uint64_t *ret_n_bytes);

/* ---- labels: lib/label ---- */

/**
 * Can the file set descriptor be given another block?  FS must be writable, and the descriptor alone in its
 * extent, in the partition that FS allocates from.
 */
bool udf_fs_can_move_file_set(const struct udf_fs *fs);

/**
 * Put a new file set descriptor into a free block, have SWITCH_OVER make the volume refer to it, and free the
 * block of the old one.  A power cut leaves a volume that refers to the old one or to the new one; the block of
 * the other may stay marked as used then.
 *
 * @fsd_block    One block: the descriptor, sealed.  Its location is set here.
 * @switch_over  Called when the new descriptor is durable in block LBN of the partition; what it writes is
 *		 durable when it returns.
 * Returns UDF_E_NOSPC where no block can be had (nothing has changed then), what SWITCH_OVER returned, and what
 * operations on FS return.
 */
enum udf_err udf_fs_move_file_set(struct udf_fs *fs, uint8_t *fsd_block,
				  enum udf_err (*switch_over)(void *ctx, uint32_t lbn), void *ctx);

#endif
