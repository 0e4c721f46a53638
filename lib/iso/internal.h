/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of lib/iso share.  libisofs is used nowhere else. */
#ifndef UDF_ISO_INTERNAL_H
#define UDF_ISO_INTERNAL_H

#define LIBISOFS_WITHOUT_LIBBURN
#include <pthread.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <libisofs/libisofs.h>

#include "iso/iso.h"
#include "iso/times.h"

/* ---- messages.c ---- */

/** The error that stands for CODE, a negative result of libisofs. */
enum udf_err udf_iso_err(int code);

/** Put "WHAT: what CODE means" into RET_WHY.  Returns udf_iso_err(). */
enum udf_err udf_iso_why(int code, const char *what, char ret_why[UDF_ISO_WHY_BYTES]);

/** Start libisofs, with messages kept for udf_iso_log(). */
enum udf_err udf_iso_start(char ret_why[UDF_ISO_WHY_BYTES]);

/** Log what libisofs has said since the last call.  Returns how many of the lines were errors. */
unsigned udf_iso_log(const struct udf_env *env);

/* ---- host_path.c: paths below directories, each of which is stored once ---- */

struct udf_iso_dir {
	const struct udf_iso_dir *parent;	/* NULL: NAME is a path of its own */
	struct udf_iso_dir *next;		/* in the list of all, for freeing */
	dev_t dev;
	ino_t ino;
	char name[];
};

/** The path of NAME in DIR (NULL: NAME is the path).  The caller frees it; NULL without memory. */
char *udf_iso_path(const struct udf_iso_dir *dir, const char *name);

/** open(2) for reading, also where PATH is longer than the host takes at once.  -1 with errno. */
int udf_iso_open(const char *path, int flags);

/* ---- source.c: a file of the host as a stream of libisofs ---- */

/* Files that failed in libisofs's thread, until the caller's thread takes them. */
struct udf_iso_failure {
	struct udf_iso_failure *next;
	const char *why;		/* static, or NULL */
	int host_errno;
	char path[];
};

#define UDF_ISO_READ_BYTES ((size_t)128 << 10)

/* What libisofs's thread uses while it reads files, one after another. */
struct udf_iso_reading {
	uint8_t *buffer;		/* UDF_ISO_READ_BYTES: libisofs asks for single blocks */
	pthread_mutex_t lock;
	struct udf_iso_failure *first, **last;
	bool lost;			/* there was no memory for one */
};

/**
 * @ino	 The same for names of the same file; begins at 1.
 * The stream refers to DIR and READING, which must outlive it.
 */
enum udf_err udf_iso_source_new(const struct udf_iso_dir *dir, const char *name, uint64_t n_bytes, uint64_t ino,
				bool follow, struct udf_iso_reading *reading, IsoStream **ret_stream);

/** The same for N_BYTES at TEXT in memory, which is borrowed. */
enum udf_err udf_iso_text_source_new(const char *text, uint64_t n_bytes, uint64_t ino, struct udf_iso_reading *reading,
				     IsoStream **ret_stream);

/** The number of a stream that udf_iso_source_new() has made; 0: it is another one. */
uint64_t udf_iso_source_ino(const IsoStream *stream);

/* ---- attributes.c ---- */

struct udf_iso_image;

/** Give NODE the mode, owner and times that an object with ST gets. */
void udf_iso_set_stat(const struct udf_iso_image *image, IsoNode *node, const struct stat *st);

/** Read access control lists and extended attributes of PATH into NODE.  A negative code of libisofs if that fails. */
int udf_iso_set_attributes(const struct udf_iso_image *image, IsoNode *node, const char *path);

/* ---- inodes.c: which names are of one file ---- */

struct udf_iso_inodes;

struct udf_iso_inodes *udf_iso_inodes_new(void);
void udf_iso_inodes_free(struct udf_iso_inodes *inodes);

/** A number for the file ST: the next one, or that of another name of it.  0 without memory. */
uint64_t udf_iso_inode(struct udf_iso_inodes *inodes, const struct stat *st, bool share);

/** The last number that was given. */
uint64_t udf_iso_inodes_last(const struct udf_iso_inodes *inodes);

/* ---- order.c: images that are the same each time ---- */

struct udf_iso_order {
	uintptr_t last;			/* address of the node that was made last; not that of a regular file */
	unsigned n_tries;
	IsoNode **aside;
	size_t n_aside;
};

/**
 * NODE was just added to the tree.  True: its address is too low, so it was taken out again, and the caller adds
 * another one.
 */
bool udf_iso_must_be_made_again(struct udf_iso_order *order, IsoNode *node);

/** Free the nodes that were taken out. */
void udf_iso_order_done(struct udf_iso_order *order);

/* ---- the image ---- */

#define UDF_ISO_MD5_BYTES 16u

/* What the previous session is like, before anything is added to it. */
struct udf_iso_previous {
	bool is_known;
	bool rock_ridge, joliet, iso_1999, checksums;
	uint8_t md5[UDF_ISO_MD5_BYTES];		/* of its names, attributes and places; see fingerprint.c */
};

struct udf_iso_image {
	const struct udf_iso_plan *plan;
	const struct udf_iso_listener *listener;
	const struct udf_env *env;
	IsoImage *iso;
	time_t now;
	struct udf_iso_counts counts;
	struct udf_iso_dir *dirs;	/* all of them */
	struct udf_iso_inodes *inodes;
	struct udf_iso_reading reading;
	struct udf_iso_order order;
	bool has_boots;			/* boot.c has added the boot images */
	struct udf_iso_previous previous;
	bool root_is_set;		/* the root directory has the attributes of a directory of the host */
};

/* ---- node.c: single objects in the tree ---- */

/* An object of the host that goes into the image. */
struct udf_iso_object {
	const char *path;		/* for messages; also where it is */
	const struct udf_iso_dir *dir;	/* what it is in; NULL: NAME is PATH */
	const char *name;		/* its last component on the host */
	const char *as;			/* its name in the image */
	const struct stat *st;
	uint64_t ino;			/* of a regular file: see udf_iso_inode() */
	const char *link;		/* where a symbolic link leads */
};

/** Does the listener want PATH of the host as NAME in PARENT?  UDF_OK with RET_WANTED, or UDF_E_NOMEM. */
enum udf_err udf_iso_ask(const struct udf_iso_image *image, IsoDir *parent, const char *name, const char *path,
			 const struct stat *st, bool *ret_wanted);

/** The directory NAME in PARENT; it is made if it isn't there.  UDF_E_EXISTS: something else has that name. */
enum udf_err udf_iso_make_dir(struct udf_iso_image *image, IsoDir *parent, const char *name, IsoDir **ret_dir);

/** The directory of the image that the first N_BYTES of PATH name, made with all above it.  RET_WHY is set. */
enum udf_err udf_iso_make_path(struct udf_iso_image *image, const char *path, size_t n_bytes, IsoDir **ret_dir,
			       char *ret_why);

/**
 * Put OBJECT, which is no directory, into PARENT.  What can't be put there is reported as failed.
 * Returns UDF_E_NOMEM, or UDF_E_EXISTS where a directory has its name.
 */
enum udf_err udf_iso_put(struct udf_iso_image *image, IsoDir *parent, const struct udf_iso_object *object);

/** Hide NODE, and give it its weight, as the listener wants it for PATH. */
void udf_iso_mark(const struct udf_iso_image *image, IsoNode *node, const char *path, const char *name);

/* ---- boot.c ---- */

/** Once; later calls do nothing. */
enum udf_err udf_iso_add_boots(struct udf_iso_image *image, char ret_why[UDF_ISO_WHY_BYTES]);

/* ---- tree.c ---- */

struct udf_iso_tree_item {
	IsoNode *node;
	uint32_t first, n;
	uint32_t block;			/* as the directory records have it */
	bool is_there;
	bool has_more;			/* the record says that another one continues it */
	uint64_t n_bytes;
};

struct udf_iso_tree {
	struct udf_iso_tree_item *items;
	uint32_t n, cap;
	uint8_t *n_names;		/* by inode number: 0, 1, or 2 for more */
};

/** The object NAME in the directory DIR, or NULL. */
struct udf_iso_tree_item *udf_iso_tree_find(struct udf_iso_tree *tree, const struct udf_iso_tree_item *dir,
					    const char *name);

/** Is it a regular file?  The boot catalog is one, too. */
bool udf_iso_is_file(IsoNode *node);

/* ---- write_options.c ---- */

/** The caller frees the options with iso_write_opts_free(). */
enum udf_err udf_iso_write_options(const struct udf_iso_image *image, IsoWriteOpts **ret_opts);

/* ---- previous.c ---- */

/** BIO, of UDF_ISO_BLOCK_BYTES a block, as libisofs reads it.  Borrowed; released with iso_data_source_unref(). */
enum udf_err udf_iso_data_source_new(struct bio *bio, IsoDataSource **ret_source);

/**
 * Read the tree of the session at BLOCK into ISO.
 *
 * @ret_previous    May be NULL; else gets the forms in which the session is recorded.
 * @ret_is_damaged  NULL: a tree that is not as its checksum says is UDF_E_CORRUPT.  Else that is set, and the tree is
 *		    read as it is.
 */
enum udf_err udf_iso_import(IsoImage *iso, struct bio *bio, uint32_t block, struct udf_iso_previous *ret_previous,
			    bool *ret_is_damaged, char ret_why[UDF_ISO_WHY_BYTES]);

/* ---- newest.c ---- */

/**
 * Where the newest session of the image in BIO begins and ends, whose own descriptors at block 0 can't be read.
 *
 * @search  May be NULL.
 * Returns UDF_E_NOT_FOUND, UDF_E_CANCELLED.
 */
enum udf_err iso_newest_find(struct bio *bio, const struct udf_iso_search *search, uint32_t *ret_block,
			     uint32_t *ret_end_block);

/* ---- fingerprint.c ---- */

/** The checksum of all names, attributes and places of data in the tree.  False where it can't be made. */
bool udf_iso_fingerprint_take(const struct udf_iso_image *image, uint8_t ret_md5[UDF_ISO_MD5_BYTES]);

/* ---- stream.c ---- */

/** Where the image begins on the medium. */
uint64_t udf_iso_stream_start_bytes(const struct udf_iso_stream *stream);

/**
 * Copy N_BYTES from byte AT of the medium to RET_DATA, for struct iso_reader; CTX is the stream.  All that comes
 * before is kept for udf_iso_stream_read(), which was not called yet.
 * Returns UDF_E_RANGE for what is not in the image.
 */
enum udf_err udf_iso_stream_peek(void *ctx, uint64_t at, size_t n_bytes, uint8_t *ret_data);

#endif
