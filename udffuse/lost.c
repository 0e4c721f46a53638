/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names whose object can't be read.  The kernel shows one type for each name, and it sends unlink only for files and
 * rmdir only for directories.  The type is what the directory entry says.  Attributes are answered, because programs
 * that remove trees ask for them first.  Nothing else of the object works, so that no program takes it for an empty
 * one and copies that:
 *
 *  - A file has one byte, and a block, so that a reader must read, which fails.  The kernel asks for attributes of an
 *    open file before it writes to its cache, and we refuse that, so that no write is lost.
 *  - A directory shows one name, and that is such a file.  Removing it succeeds and changes nothing.  Without it a
 *    copy of the directory would be empty and without an error; with an error in place of the list, many programs
 *    would not go on to remove the directory.
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "mounted.h"

#define LOST_FILE (UINT64_C(1) << 60)	/* bits in the number of a node */
#define LOST_DIR (UINT64_C(1) << 61)
#define NUMBER_MASK ((UINT64_C(1) << 48) - 1)
#define CONTENTS_NAME "unreadable"	/* what a directory shows */

bool lost_is(fuse_ino_t node)
{
	return node & (LOST_FILE | LOST_DIR);
}

/*
 * The number comes from the name (FNV-1a), because the address in the directory entry is not to be relied on: if two
 * directories had one number, the kernel would take one for the other.
 */
static fuse_ino_t number_of(fuse_ino_t parent, const char *name, bool is_dir)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ parent;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
	return (is_dir ? LOST_DIR : LOST_FILE) | ((hash ^ hash >> 48) & NUMBER_MASK);
}

static void show(const struct mounted *m, fuse_ino_t node, struct stat *ret_stat)
{
	bool is_dir = node & LOST_DIR;
	struct udf_attr attr = {
		/* Everybody who may change the directory above it may remove the name. */
		.mode = is_dir ? S_IFDIR | 0777 : S_IFREG | 0666,
		.nlink = is_dir ? 2 : 1,
		.uid = UDF_ID_NONE,
		.gid = UDF_ID_NONE,
		.size_bytes = 1,
		.allocated_bytes = 512,
	};

	attr_to_stat(m, &attr, ret_stat);
	ret_stat->st_ino = node;
}

/* The kernel asks again each time, since a read may succeed later. */
static void reply_node(fuse_req_t req, fuse_ino_t node)
{
	struct fuse_entry_param entry = { .ino = node, .generation = 1 };

	show(mounted_of(req), node, &entry.attr);
	fuse_reply_entry(req, &entry);
}

bool lost_reply_entry(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct mounted *m = mounted_of(req);
	struct udf_attr attr;

	if (udf_lookup_name(m->fs, ino_of(m, parent), name, strlen(name), &attr))
		return false;
	reply_node(req, number_of(parent, name, S_ISDIR(attr.mode)));
	return true;
}

void lost_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	if ((parent & LOST_DIR) && strcmp(name, CONTENTS_NAME) == 0)
		reply_node(req, number_of(parent, name, false));
	else
		fuse_reply_err(req, ENOENT);
}

void lost_getattr(fuse_req_t req, fuse_ino_t node, bool is_open)
{
	struct stat st;

	if (is_open && (node & LOST_FILE)) {
		fuse_reply_err(req, EIO);
		return;
	}
	show(mounted_of(req), node, &st);
	fuse_reply_attr(req, &st, 0);
}

void lost_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	fuse_reply_err(req, (parent & LOST_DIR) && strcmp(name, CONTENTS_NAME) == 0 ? 0 : ENOENT);
}

void lost_readdir(fuse_req_t req, fuse_ino_t node, size_t n_bytes, uint64_t at, bool plus)
{
	static const char *const names[] = { ".", "..", CONTENTS_NAME };
	char reply[1024];
	size_t n_reply = 0, cap = n_bytes < sizeof(reply) ? n_bytes : sizeof(reply);

	for (; at < sizeof(names) / sizeof(names[0]); at++) {
		/* Node 0: the kernel looks the name up when somebody uses it. */
		struct fuse_entry_param entry = { .ino = 0 };
		size_t n;

		entry.attr.st_ino = at < 2 ? node : number_of(node, names[at], false);
		entry.attr.st_mode = at < 2 ? S_IFDIR : S_IFREG;
		if (plus)
			n = fuse_add_direntry_plus(req, reply + n_reply, cap - n_reply, names[at], &entry,
						   (off_t)(at + 1));
		else
			n = fuse_add_direntry(req, reply + n_reply, cap - n_reply, names[at], &entry.attr,
					      (off_t)(at + 1));
		if (n > cap - n_reply)
			break;
		n_reply += n;
	}
	fuse_reply_buf(req, reply, n_reply);
}
