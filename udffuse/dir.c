/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading directories.  The entries "." and ".." are made here and have the offsets 0 and 1.  Offset N + 2 is the
 * library's cookie N.
 */
#include "config.h"

#include <string.h>

#include "mounted.h"

#define COOKIE_BASE 2u
#define NAME_CAP 512u		/* the longest name, of 508 bytes, and a NUL */

struct filling {
	fuse_req_t req;
	struct mounted *m;
	udf_ino dir;
	bool plus;
	char *reply;
	size_t n_bytes, cap;
	udf_ino *taken;			/* with attributes: the objects on which references were taken */
	size_t n_taken;
};

static bool add(struct filling *f, const char *name, const struct fuse_entry_param *entry,
		uint64_t next)
{
	size_t left = f->cap - f->n_bytes, n;

	if (f->plus)
		n = fuse_add_direntry_plus(f->req, f->reply + f->n_bytes, left, name, entry,
					   (off_t)next);
	else
		n = fuse_add_direntry(f->req, f->reply + f->n_bytes, left, name, &entry->attr,
				      (off_t)next);
	if (n > left)
		return false;
	f->n_bytes += n;
	return true;
}

static bool emit(void *ctx, const struct udf_dirent *dirent)
{
	struct filling *f = ctx;
	const struct udf_attr *attr = dirent->attr;
	/* Node 0: only the name is known.  The kernel looks it up when somebody uses it. */
	struct fuse_entry_param entry = { .ino = 0 };
	char name[NAME_CAP], *made = f->reply + f->n_bytes;

	if (dirent->name_bytes >= sizeof(name))
		return true;		/* the host can't use this name, so nobody can reach the object by it */
	memcpy(name, dirent->name, dirent->name_bytes);
	name[dirent->name_bytes] = '\0';
	if (f->plus && (attr->mode & S_IFMT)) {
		attr_to_entry(f->m, attr, &entry);
	} else {
		entry.attr.st_ino = node_of(f->m, attr->ino);
		entry.attr.st_mode = attr->mode & S_IFMT;
	}
	if (!add(f, name, &entry, dirent->next_cookie + COOKIE_BASE))
		return false;
	if (entry.ino) {
		wide_time_set_in_entry(made, attr);
		f->taken[f->n_taken++] = attr->ino;
		if (S_ISREG(attr->mode))
			unwritten_names(f->m, NULL, f->dir, name, dirent->name_bytes, attr);
	}
	return true;
}

/* "." and "..", if they come after offset AT and fit. */
static bool add_dots(struct filling *f, udf_ino dir, uint64_t at)
{
	struct fuse_entry_param entry = { .attr = { .st_mode = S_IFDIR } };
	struct udf_attr parent;

	if (at == 0) {
		entry.attr.st_ino = node_of(f->m, dir);
		if (!add(f, ".", &entry, 1))
			return false;
	}
	entry.attr.st_ino = FUSE_ROOT_ID;
	if (dir != f->m->root && udf_lookup_parent(f->m->fs, dir, &parent) == UDF_OK) {
		entry.attr.st_ino = node_of(f->m, parent.ino);
		udf_forget(f->m->fs, parent.ino, 1);
	}
	return add(f, "..", &entry, COOKIE_BASE);
}

static void read_directory(fuse_req_t req, fuse_ino_t node, size_t n_bytes, off_t at, bool plus)
{
	struct mounted *m = mounted_of(req);
	udf_ino dir = ino_of(m, node);
	enum udf_err err = UDF_OK;
	/*
	 * One half of the buffer is the reply.  The other half lists the references that must be dropped if the reply
	 * fails; it is large enough because each entry takes more than 8 bytes of the reply.
	 */
	struct filling f = {
		.req = req,
		.m = m,
		.dir = dir,
		.plus = plus,
		.reply = (char *)m->data,
		.cap = n_bytes < MAX_IO_BYTES / 2 ? n_bytes : MAX_IO_BYTES / 2,
		.taken = (udf_ino *)(void *)(m->data + MAX_IO_BYTES / 2),
	};

	if (lost_is(node)) {
		lost_readdir(req, node, n_bytes, (uint64_t)at, plus);
		return;
	}
	if ((uint64_t)at >= COOKIE_BASE || add_dots(&f, dir, (uint64_t)at))
		err = udf_readdir(m->fs, dir,
				  (uint64_t)at >= COOKIE_BASE ? (uint64_t)at - COOKIE_BASE : 0, plus,
				  emit, &f);
	if (err && err != UDF_END && f.n_bytes == 0) {
		reply_err(req, err);
		return;
	}
	if (fuse_reply_buf(req, f.reply, f.n_bytes))
		for (size_t i = 0; i < f.n_taken; i++)
			udf_forget(m->fs, f.taken[i], 1);
}

void op_readdir(fuse_req_t req, fuse_ino_t node, size_t n_bytes, off_t at, struct fuse_file_info *fi)
{
	(void)fi;
	read_directory(req, node, n_bytes, at, false);
}

void op_readdirplus(fuse_req_t req, fuse_ino_t node, size_t n_bytes, off_t at,
		    struct fuse_file_info *fi)
{
	(void)fi;
	read_directory(req, node, n_bytes, at, true);
}
