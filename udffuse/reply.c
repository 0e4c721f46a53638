/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers to requests: attributes, entries, errors. */
#include "config.h"

#include <errno.h>
#include <sys/sysmacros.h>

#include "base/time.h"
#include "mounted.h"

static mode_t shown_mode(const struct presentation *show, uint32_t mode)
{
	if (S_ISDIR(mode) ? show->has_dmode : show->has_mode)
		mode = (mode & S_IFMT) | (S_ISDIR(mode) ? show->dmode : show->mode);
	return mode & ~show->umask;
}

void attr_to_stat(const struct mounted *m, const struct udf_attr *attr, struct stat *ret_stat)
{
	*ret_stat = (struct stat){
		.st_ino = node_of(m, attr->ino),
		.st_mode = shown_mode(&m->show, attr->mode),
		.st_nlink = attr->nlink,
		.st_uid = m->show.has_uid || attr->uid == UDF_ID_NONE ? m->show.uid : attr->uid,
		.st_gid = m->show.has_gid || attr->gid == UDF_ID_NONE ? m->show.gid : attr->gid,
		.st_rdev = makedev(attr->rdev_major, attr->rdev_minor),
		.st_size = (off_t)attr->size_bytes,
		.st_blksize = 4096,
		.st_blocks = (blkcnt_t)((attr->allocated_bytes + 511) / 512),
		.st_atim = udf_time_to_timespec(attr->atime),
		.st_mtim = udf_time_to_timespec(attr->mtime),
		.st_ctim = udf_time_to_timespec(attr->ctime),
	};
}

void attr_to_entry(const struct mounted *m, const struct udf_attr *attr,
		   struct fuse_entry_param *ret_entry)
{
	*ret_entry = (struct fuse_entry_param){
		.ino = node_of(m, attr->ino),
		/*
		 * It goes into file handles, so that the handle of a removed object is not valid for the next object
		 * with its number.
		 */
		.generation = attr->ino == m->root ? 0 : (uint32_t)attr->unique_id,
		.attr_timeout = TIMEOUT_SECONDS,
		.entry_timeout = TIMEOUT_SECONDS,
	};
	attr_to_stat(m, attr, &ret_entry->attr);
}

void reply_err(fuse_req_t req, enum udf_err err)
{
	/* A block beyond the end of the device is treated as any other block that can't be read. */
	fuse_reply_err(req, err == UDF_E_RANGE ? EIO : udf_errno(err));
}

void reply_entry(fuse_req_t req, enum udf_err err, const struct udf_attr *attr)
{
	struct mounted *m = mounted_of(req);
	struct fuse_entry_param entry;

	if (err) {
		reply_err(req, err);
		return;
	}
	attr_to_entry(m, attr, &entry);
	if (wide_time_is_needed() ? wide_time_reply_entry(req, &entry, attr) : fuse_reply_entry(req, &entry))
		udf_forget(m->fs, attr->ino, 1);
}

void reply_attr(fuse_req_t req, enum udf_err err, const struct udf_attr *attr)
{
	struct stat st;

	if (err) {
		reply_err(req, err);
		return;
	}
	attr_to_stat(mounted_of(req), attr, &st);
	if (wide_time_is_needed())
		wide_time_reply_attr(req, &st, attr);
	else
		fuse_reply_attr(req, &st, TIMEOUT_SECONDS);
}
