/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Times after 2038 where time_t has 32 bits.  The kernel's protocol has 64 bits for them, but libfuse passes them in
 * struct stat and cuts them off.  So the times of a request are read before libfuse sees it, and answers with
 * attributes are made here.
 */
#include "config.h"

#include <linux/fuse.h>
#include <string.h>

#include "mounted.h"

bool wide_time_is_needed(void)
{
	return sizeof(time_t) < 8;
}

static struct udf_time time_of(uint64_t seconds, uint32_t nanoseconds)
{
	return (struct udf_time){ .seconds = (int64_t)seconds, .microseconds = nanoseconds / 1000 };
}

void wide_time_receive(struct mounted *m, const struct fuse_buf *request)
{
	const uint8_t *bytes = request->mem;
	struct fuse_in_header header;
	struct fuse_setattr_in set;

	m->asked.has_times = false;
	if (!wide_time_is_needed() || request->size < sizeof(header) + sizeof(set))
		return;
	memcpy(&header, bytes, sizeof(header));
	if (header.opcode != FUSE_SETATTR)
		return;
	memcpy(&set, bytes + sizeof(header), sizeof(set));
	m->asked.has_times = true;
	m->asked.atime = time_of(set.atime, set.atimensec);
	m->asked.mtime = time_of(set.mtime, set.mtimensec);
	m->asked.ctime = time_of(set.ctime, set.ctimensec);
}

void wide_time_asked(const struct mounted *m, struct udf_attr *attr)
{
	if (!m->asked.has_times)
		return;
	attr->atime = m->asked.atime;
	attr->mtime = m->asked.mtime;
	attr->ctime = m->asked.ctime;
}

static void set_times(struct fuse_attr *out, const struct udf_attr *attr)
{
	out->atime = (uint64_t)attr->atime.seconds;
	out->mtime = (uint64_t)attr->mtime.seconds;
	out->ctime = (uint64_t)attr->ctime.seconds;
	out->atimensec = attr->atime.microseconds * 1000;
	out->mtimensec = attr->mtime.microseconds * 1000;
	out->ctimensec = attr->ctime.microseconds * 1000;
}

static struct fuse_attr attr_of(const struct stat *st, const struct udf_attr *attr)
{
	struct fuse_attr out = {
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.blocks = (uint64_t)st->st_blocks,
		.mode = st->st_mode,
		.nlink = (uint32_t)st->st_nlink,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.rdev = (uint32_t)st->st_rdev,
		.blksize = (uint32_t)st->st_blksize,
	};

	set_times(&out, attr);
	return out;
}

int wide_time_reply_attr(fuse_req_t req, const struct stat *st, const struct udf_attr *attr)
{
	const struct fuse_attr_out out = { .attr_valid = TIMEOUT_SECONDS, .attr = attr_of(st, attr) };

	return fuse_reply_buf(req, (const char *)&out, sizeof(out));
}

int wide_time_reply_entry(fuse_req_t req, const struct fuse_entry_param *entry, const struct udf_attr *attr)
{
	const struct fuse_entry_out out = {
		.nodeid = entry->ino,
		.generation = entry->generation,
		.entry_valid = TIMEOUT_SECONDS,
		.attr_valid = TIMEOUT_SECONDS,
		.attr = attr_of(&entry->attr, attr),
	};

	return fuse_reply_buf(req, (const char *)&out, sizeof(out));
}

void wide_time_set_in_entry(char *direntplus, const struct udf_attr *attr)
{
	struct fuse_entry_out out;

	if (!wide_time_is_needed())
		return;
	memcpy(&out, direntplus + offsetof(struct fuse_direntplus, entry_out), sizeof(out));
	set_times(&out.attr, attr);
	memcpy(direntplus + offsetof(struct fuse_direntplus, entry_out), &out, sizeof(out));
}
