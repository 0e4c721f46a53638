/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests about names and attributes. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "base/time.h"
#include "mounted.h"

/* Answer with NAME in directory DIR, whatever object it has. */
static void reply_name(fuse_req_t req, enum udf_err err, udf_ino dir, const char *name,
		       const struct udf_attr *attr)
{
	struct mounted *m = mounted_of(req);

	if (err || !S_ISREG(attr->mode) || !unwritten_names(m, req, dir, name, strlen(name), attr))
		reply_entry(req, err, attr);
}

/*
 * "." asks for the node itself, of which the kernel has only the number from a file handle.  ".." asks for the
 * directory above it.  The root always has the same number.
 */
static void look_up_node(fuse_req_t req, fuse_ino_t node, bool parent)
{
	struct mounted *m = mounted_of(req);
	struct udf_attr attr;
	enum udf_err err = UDF_E_NOT_FOUND;

	if (parent)
		err = udf_lookup_parent(m->fs, ino_of(m, node), &attr);
	else if (node == node_of(m, ino_of(m, node)))
		err = udf_lookup_ino(m->fs, ino_of(m, node), &attr);
	reply_entry(req, err, &attr);
}

void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	static const struct fuse_entry_param none = { .entry_timeout = TIMEOUT_SECONDS };
	struct mounted *m = mounted_of(req);
	struct udf_attr attr;
	udf_ino dir = ino_of(m, parent);
	enum udf_err err;

	if (lost_is(parent)) {
		lost_lookup(req, parent, name);
		return;
	}
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		look_up_node(req, parent, name[1] == '.');
		return;
	}
	err = udf_lookup(m->fs, dir, name, strlen(name), &attr);
	if (err == UDF_E_NOT_FOUND || err == UDF_E_BAD_NAME)
		fuse_reply_entry(req, &none);	/* the directory in which it was looked up, until the name is made */
	else if (!err || !lost_reply_entry(req, parent, name))
		reply_name(req, err, dir, name, &attr);
}

void op_forget(fuse_req_t req, fuse_ino_t node, uint64_t n_refs)
{
	struct mounted *m = mounted_of(req);

	m->needs_tick = true;
	udf_forget(m->fs, ino_of(m, node), n_refs);
	unwritten_forget(m, ino_of(m, node));
	fuse_reply_none(req);
}

void op_forget_multi(fuse_req_t req, size_t n_nodes, struct fuse_forget_data *nodes)
{
	struct mounted *m = mounted_of(req);

	m->needs_tick = true;
	for (size_t i = 0; i < n_nodes; i++) {
		udf_forget(m->fs, ino_of(m, nodes[i].ino), nodes[i].nlookup);
		unwritten_forget(m, ino_of(m, nodes[i].ino));
	}
	fuse_reply_none(req);
}

void op_getattr(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	struct mounted *m = mounted_of(req);
	struct udf_attr attr;
	udf_ino ino = ino_of(m, node);
	enum udf_err err = UDF_OK;

	if (lost_is(node)) {
		lost_getattr(req, node, fi);
		return;
	}
	if (!fi && unwritten_shows(m, req, ino))
		return;
	if (!fi || !unwritten_refuses(m, ino, &err))
		err = udf_getattr(m->fs, ino, &attr);
	reply_attr(req, err, &attr);
}

void op_setattr(fuse_req_t req, fuse_ino_t node, struct stat *st, int to_set,
		struct fuse_file_info *fi)
{
	static const struct {
		int fuse;
		unsigned udf;
	} bits[] = {
		{ FUSE_SET_ATTR_MODE, UDF_SET_MODE },
		{ FUSE_SET_ATTR_UID, UDF_SET_UID },
		{ FUSE_SET_ATTR_GID, UDF_SET_GID },
		{ FUSE_SET_ATTR_SIZE, UDF_SET_SIZE },
		{ FUSE_SET_ATTR_ATIME, UDF_SET_ATIME },
		{ FUSE_SET_ATTR_MTIME, UDF_SET_MTIME },
		{ FUSE_SET_ATTR_ATIME_NOW, UDF_SET_ATIME_NOW },
		{ FUSE_SET_ATTR_MTIME_NOW, UDF_SET_MTIME_NOW },
		{ FUSE_SET_ATTR_CTIME, UDF_SET_CTIME },
	};
	struct mounted *m = mounted_of(req);
	struct udf_attr attr;
	unsigned mask = 0;
	int64_t asked_seconds;
	enum udf_err err;

	(void)fi;
	/*
	 * If -o uid= or gid= sets the owner that is shown, it can't be changed.  Setting it to the same value
	 * succeeds.
	 */
	if (((to_set & FUSE_SET_ATTR_UID) && m->show.has_uid && st->st_uid != m->show.uid) ||
	    ((to_set & FUSE_SET_ATTR_GID) && m->show.has_gid && st->st_gid != m->show.gid)) {
		fuse_reply_err(req, EPERM);
		return;
	}
	if (m->show.has_uid)
		to_set &= ~FUSE_SET_ATTR_UID;
	if (m->show.has_gid)
		to_set &= ~FUSE_SET_ATTR_GID;
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (to_set & bits[i].fuse)
			mask |= bits[i].udf;
	if (mask & UDF_SET_ATIME_NOW)
		mask &= ~UDF_SET_ATIME;
	if (mask & UDF_SET_MTIME_NOW)
		mask &= ~UDF_SET_MTIME;
	attr = (struct udf_attr){
		.mode = st->st_mode,
		.uid = m->show.forgets_uid ? UDF_ID_NONE : st->st_uid,
		.gid = m->show.forgets_gid ? UDF_ID_NONE : st->st_gid,
		.size_bytes = (uint64_t)st->st_size,
		.atime = udf_time_from_timespec(st->st_atim),
		.mtime = udf_time_from_timespec(st->st_mtim),
		.ctime = udf_time_from_timespec(st->st_ctim),
	};
	wide_time_asked(m, &attr);
	asked_seconds = attr.mtime.seconds;
	m->needs_tick = true;
	err = udf_setattr(m->fs, ino_of(m, node), &attr, mask, &attr);
	if (!err && (mask & UDF_SET_SIZE))
		unwritten_cut(m, attr.ino);
	/* The disc can't record every time, and the kernel would otherwise show the time that was asked for. */
	if (!err && (mask & UDF_SET_MTIME) && S_ISREG(attr.mode) && attr.mtime.seconds != asked_seconds &&
	    unwritten_differs(m, req, attr.ino))
		return;
	reply_attr(req, err, &attr);
	if (!err)
		unwritten_shows(m, NULL, attr.ino);
}

void op_readlink(fuse_req_t req, fuse_ino_t node)
{
	struct mounted *m = mounted_of(req);
	enum udf_err err = udf_readlink(m->fs, ino_of(m, node), (char *)m->data, PATH_MAX);

	if (err)
		reply_err(req, err);
	else
		fuse_reply_readlink(req, (const char *)m->data);
}

/*
 * Make the object that NEW describes.  Its owner is the caller; in a set-group-id directory it gets the directory's
 * group.
 */
static void make(fuse_req_t req, fuse_ino_t parent, const char *name, struct udf_new *new)
{
	struct mounted *m = mounted_of(req);
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	struct udf_attr attr;
	enum udf_err err = udf_getattr(m->fs, ino_of(m, parent), &attr);

	if (err) {
		reply_err(req, err);
		return;
	}
	new->uid = ctx->uid;
	new->gid = ctx->gid;
	if (attr.mode & S_ISGID) {
		new->gid = attr.gid;
		if (S_ISDIR(new->mode))
			new->mode |= S_ISGID;
	}
	if (m->show.forgets_uid)
		new->uid = UDF_ID_NONE;
	if (m->show.forgets_gid)
		new->gid = UDF_ID_NONE;
	m->needs_tick = true;
	err = udf_create(m->fs, ino_of(m, parent), name, strlen(name), new, &attr);
	if (!err)
		unwritten_made(m, attr.ino);
	reply_name(req, err, ino_of(m, parent), name, &attr);
}

void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	struct udf_new new = { .mode = mode, .rdev_major = major(rdev), .rdev_minor = minor(rdev) };

	make(req, parent, name, &new);
}

void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct udf_new new = { .mode = S_IFDIR | (mode & 07777) };

	make(req, parent, name, &new);
}

void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct udf_new new = { .mode = S_IFLNK | 0777,
			       .symlink_target = target,
			       .symlink_target_bytes = strlen(target) };

	make(req, parent, name, &new);
}

void op_link(fuse_req_t req, fuse_ino_t node, fuse_ino_t parent, const char *name)
{
	struct mounted *m = mounted_of(req);
	struct udf_attr attr;
	enum udf_err err;

	m->needs_tick = true;
	err = udf_link(m->fs, ino_of(m, node), ino_of(m, parent), name, strlen(name), &attr);
	reply_name(req, err, ino_of(m, parent), name, &attr);
}

void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct mounted *m = mounted_of(req);

	if (lost_is(parent)) {
		lost_unlink(req, parent, name);
		return;
	}
	m->needs_tick = true;
	reply_err(req, udf_unlink(m->fs, ino_of(m, parent), name, strlen(name)));
}

void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct mounted *m = mounted_of(req);

	m->needs_tick = true;
	reply_err(req, udf_rmdir(m->fs, ino_of(m, parent), name, strlen(name)));
}

void op_rename(fuse_req_t req, fuse_ino_t old_parent, const char *old_name, fuse_ino_t new_parent,
	       const char *new_name, unsigned flags)
{
	struct mounted *m = mounted_of(req);
	unsigned how = 0;
	enum udf_err err;

	if (flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE)) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	if (flags & RENAME_NOREPLACE)
		how |= UDF_RENAME_NOREPLACE;
	if (flags & RENAME_EXCHANGE)
		how |= UDF_RENAME_EXCHANGE;
	m->needs_tick = true;
	err = udf_rename(m->fs, ino_of(m, old_parent), old_name, strlen(old_name), ino_of(m, new_parent),
			 new_name, strlen(new_name), how);
	reply_err(req, err);
	if (err)
		return;
	unwritten_renamed(m, ino_of(m, new_parent), new_name, strlen(new_name));
	if (how & UDF_RENAME_EXCHANGE)
		unwritten_renamed(m, ino_of(m, old_parent), old_name, strlen(old_name));
}

/*
 * The inode number is all that we need, so open does nothing.  A kernel that supports this never sends the request
 * again.
 */
void op_open(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	(void)node;
	if (mounted_of(req)->has_no_open) {
		fuse_reply_err(req, ENOSYS);
		return;
	}
	fi->keep_cache = 1;
	fuse_reply_open(req, fi);
}

void op_opendir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi)
{
	(void)node;
	if (mounted_of(req)->has_no_opendir) {
		fuse_reply_err(req, ENOSYS);
		return;
	}
	fi->keep_cache = 1;
	fi->cache_readdir = 1;
	fuse_reply_open(req, fi);
}

void op_statfs(fuse_req_t req, fuse_ino_t node)
{
	struct mounted *m = mounted_of(req);
	struct udf_statfs st;
	uint64_t n_objects;

	(void)node;
	udf_fs_statfs(m->fs, &st);
	n_objects = st.n_files + st.n_directories;
	fuse_reply_statfs(req, &(struct statvfs){
		.f_bsize = st.block_bytes,
		.f_frsize = st.block_bytes,
		.f_blocks = st.n_blocks,
		.f_bfree = st.n_free_blocks,
		.f_bavail = st.n_free_blocks,
		.f_files = n_objects + st.n_free_blocks,	/* a new file takes a block */
		.f_ffree = st.n_free_blocks,
		.f_favail = st.n_free_blocks,
		.f_namemax = st.name_max_bytes,
	});
}
