/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tree/populate.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/cs0.h"
#include "tree/dir_room.h"
#include "tree/host_walk.h"
#include "tree/ino_map.h"
#include "tree/populate_data.h"

struct populate {
	struct udf_fs *fs;
	const struct tree_populate_options *options;
	struct tree_totals totals;
	struct tree_ino_map *links;	/* one for each device: file number to inode */
	dev_t *link_devs;
	size_t n_devs;
	struct copy_buffer buffer;
	enum udf_err first_err;
	const char *name;		/* on the volume, of the object that is being copied */
	char own_name[UDF_VOLUME_NAME_CAP];
};

/* ---- failures ---- */

/* Does this error mean that nothing more can be written? */
static bool is_final(enum udf_err err)
{
	return err == UDF_E_NOSPC || err == UDF_E_HOST_FULL || err == UDF_E_NOMEM || err == UDF_E_READ_ONLY ||
	       err == UDF_E_MEDIUM || err == UDF_E_CANCELLED;
}

/* Is the object left out because of this error?  It must be the object's own fault, not the volume's. */
static bool is_skipped(const struct populate *p, enum udf_err err, int host_errno)
{
	if (!p->options->skips)
		return false;
	return host_errno || err == UDF_E_BAD_NAME || err == UDF_E_NAME_TOO_LONG || err == UDF_E_EXISTS ||
	       err == UDF_E_TOO_MANY_LINKS || err == UDF_E_FILE_TOO_BIG || err == UDF_E_UNSUPPORTED ||
	       err == UDF_E_RANGE || err == UDF_E_INVAL;
}

/* Report a failure.  Returns it if it ends the walk. */
static enum udf_err fail(struct populate *p, const char *path, enum udf_err err, int host_errno)
{
	if (strcmp(path, ".") != 0 && is_skipped(p, err, host_errno)) {
		p->options->failed(p->options->ctx, path, err, host_errno);
		return UDF_OK;
	}
	if (!p->first_err)
		p->first_err = err;
	if (host_errno || (!p->options->skips && !is_final(err)))
		p->options->failed(p->options->ctx, path, err, host_errno);
	return p->options->skips || (is_final(err) && !host_errno) ? err : UDF_OK;
}

static void walk_failed(void *ctx, const char *path, enum udf_err err, int host_errno)
{
	(void)fail(ctx, path, err, host_errno);
}

/* ---- attributes ---- */

static bool is_later(const struct udf_time *a, const struct udf_time *b)
{
	return a->seconds != b->seconds ? a->seconds > b->seconds : a->microseconds > b->microseconds;
}

static struct udf_time host_time(const struct populate *p, const struct timespec *ts)
{
	struct udf_time time = { .seconds = ts->tv_sec,
				 .microseconds = (uint32_t)(ts->tv_nsec / 1000),
				 .zone_minutes = p->options->latest.zone_minutes };

	return is_later(&time, &p->options->latest) ? p->options->latest : time;
}

static uint32_t owner(const struct populate *p, uint32_t id)
{
	return p->options->all_root ? 0 : id;
}

/* Set the times of an object, and owner and mode if MASK says so.  Everything else is done. */
static enum udf_err set_attributes(struct populate *p, udf_ino ino, const struct stat *st, unsigned mask)
{
	const unsigned times = UDF_SET_ATIME | UDF_SET_MTIME | UDF_SET_CTIME | UDF_SET_BTIME;
	struct udf_attr set = { .mode = st->st_mode, .uid = owner(p, st->st_uid),
				.gid = owner(p, st->st_gid) }, attr;

	set.mtime = host_time(p, &st->st_mtim);
	set.atime = p->options->mtime_only ? set.mtime : host_time(p, &st->st_atim);
	set.ctime = p->options->mtime_only ? set.mtime : host_time(p, &st->st_ctim);
	/* No time is before the creation.  stat(2) has no creation time, so it is the earliest of the others. */
	set.btime = is_later(&set.mtime, &set.atime) ? set.atime : set.mtime;
	if (is_later(&set.btime, &set.ctime))
		set.btime = set.ctime;
	return udf_setattr(p->fs, ino, &set, mask | times, &attr);
}

/* The name was made, and ERR came after that.  If it is skipped, nothing of it may stay. */
static enum udf_err take_back(struct populate *p, udf_ino parent, enum udf_err err, int *ret_errno)
{
	enum udf_err remove_err;

	if (!err || !is_skipped(p, err, *ret_errno))
		return err;
	remove_err = udf_unlink(p->fs, parent, p->name, strlen(p->name));
	if (!remove_err)
		return err;
	p->first_err = remove_err;	/* half a file is on the volume, whatever kind of error this is */
	*ret_errno = 0;
	return remove_err;
}

/* ---- hard links ---- */

static enum udf_err links_of(struct populate *p, dev_t dev, struct tree_ino_map **ret_map)
{
	size_t i = 0;

	while (i < p->n_devs && p->link_devs[i] != dev)
		i++;
	if (i == p->n_devs) {
		struct tree_ino_map *maps = realloc(p->links, (i + 1) * sizeof(*maps));
		dev_t *devs;

		if (!maps)
			return UDF_E_NOMEM;
		p->links = maps;
		devs = realloc(p->link_devs, (i + 1) * sizeof(*devs));
		if (!devs)
			return UDF_E_NOMEM;
		p->link_devs = devs;
		p->links[i] = (struct tree_ino_map){ .n_slots = 0 };
		p->link_devs[i] = dev;
		p->n_devs++;
	}
	*ret_map = &p->links[i];
	return UDF_OK;
}

/* Give a file that was copied already another name; UDF_E_NOT_FOUND if it was not. */
static enum udf_err add_link(struct populate *p, const struct host_entry *entry, udf_ino parent,
			     int *ret_errno)
{
	struct tree_ino_map *map;
	struct udf_attr attr;
	uint64_t ino;
	enum udf_err err = links_of(p, entry->st.st_dev, &map);

	if (err)
		return err;
	if (!tree_ino_map_find(map, entry->st.st_ino, &ino))
		return UDF_E_NOT_FOUND;
	err = udf_link(p->fs, ino, parent, p->name, strlen(p->name), &attr);
	if (err == UDF_E_TOO_MANY_LINKS && !p->options->locate)
		return UDF_E_NOT_FOUND;		/* it is copied again, and the copy gets the next links */
	if (err)
		return err;
	err = set_attributes(p, ino, &entry->st, 0);
	udf_forget(p->fs, ino, 1);
	if (!err)
		p->totals.n_links++;
	return take_back(p, parent, err, ret_errno);
}

static enum udf_err remember_link(struct populate *p, const struct stat *st, udf_ino ino)
{
	struct tree_ino_map *map;
	enum udf_err err = links_of(p, st->st_dev, &map);

	return err ? err : tree_ino_map_set(map, st->st_ino, ino);
}

/* ---- names ---- */

/* Which name the volume gets for ENTRY. */
static void choose_name(struct populate *p, const struct host_entry *entry)
{
	p->name = entry->name;
	if (p->options->renamed && udf_volume_name(entry->name, strlen(entry->name), p->own_name))
		p->name = p->own_name;
}

/* Names in the path TARGET of a symlink become those that objects of these names have. */
static enum udf_err change_target(const char *target, char ret[PATH_MAX], bool *ret_changed)
{
	size_t n = 0;

	*ret_changed = false;
	for (const char *at = target; *at;) {
		size_t n_slashes = strspn(at, "/"), n_name = strcspn(at + n_slashes, "/");
		char name[UDF_VOLUME_NAME_CAP];
		bool changes = n_name && udf_volume_name(at + n_slashes, n_name, name);
		int n_more = snprintf(ret + n, PATH_MAX - n, "%.*s%.*s", (int)n_slashes, at,
				      (int)(changes ? strlen(name) : n_name), changes ? name : at + n_slashes);

		if (n_more >= (int)(PATH_MAX - n))
			return UDF_E_NAME_TOO_LONG;
		n += (size_t)n_more;
		at += n_slashes + n_name;
		*ret_changed |= changes;
	}
	return UDF_OK;
}

/* ---- objects ---- */

static enum udf_err make_object(struct populate *p, const struct host_entry *entry, udf_ino parent,
				const char *target, struct udf_attr *ret_attr)
{
	struct udf_new what = {
		.mode = entry->st.st_mode,
		.uid = owner(p, entry->st.st_uid), .gid = owner(p, entry->st.st_gid),
		.rdev_major = major(entry->st.st_rdev), .rdev_minor = minor(entry->st.st_rdev),
		.symlink_target = target, .symlink_target_bytes = target ? strlen(target) : 0,
	};

	return udf_create(p->fs, parent, p->name, strlen(p->name), &what, ret_attr);
}

/* The data of the new file INO: copied, or where they are already. */
static enum udf_err add_data(struct populate *p, const struct host_entry *entry, udf_ino ino, uint64_t *ret_n_bytes,
			     int *ret_errno)
{
	uint64_t lsn = 0;
	enum udf_err err;

	if (!p->options->locate)
		return copy_file(p->fs, ino, entry, &p->buffer, ret_n_bytes, ret_errno);
	err = p->options->locate(p->options->ctx, entry, &lsn);
	*ret_n_bytes = (uint64_t)entry->st.st_size;
	return err ? err : udf_bulk_refer(p->fs, ino, lsn, *ret_n_bytes);
}

static enum udf_err add_regular(struct populate *p, const struct host_entry *entry, udf_ino parent,
				int *ret_errno)
{
	struct udf_attr attr;
	uint64_t n_bytes = 0;
	enum udf_err err;

	if (entry->fd < 0 && !p->options->locate) {
		*ret_errno = entry->fd_errno;
		return udf_err_from_errno(entry->fd_errno);
	}
	err = make_object(p, entry, parent, NULL, &attr);
	if (err)
		return err;
	if (entry->st.st_size > 0)
		err = add_data(p, entry, attr.ino, &n_bytes, ret_errno);
	if (!err)
		err = set_attributes(p, attr.ino, &entry->st, 0);
	if (!err && entry->st.st_nlink > 1)
		err = remember_link(p, &entry->st, attr.ino);
	udf_forget(p->fs, attr.ino, 1);
	if (err)
		return take_back(p, parent, err, ret_errno);
	p->totals.n_files++;
	p->totals.n_bytes += n_bytes;
	return UDF_OK;
}

/* Symlinks, devices, FIFOs and sockets, which need only an ICB. */
static enum udf_err add_other(struct populate *p, const struct host_entry *entry, udf_ino parent,
			      int *ret_errno)
{
	char target[PATH_MAX], changed[PATH_MAX];
	bool is_changed = false;
	struct udf_attr attr;
	enum udf_err err = UDF_OK;

	target[0] = 0;
	if (entry->link_target) {
		if (snprintf(target, sizeof(target), "%s", entry->link_target) >= (int)sizeof(target))
			return UDF_E_NAME_TOO_LONG;
	} else if (S_ISLNK(entry->st.st_mode)) {
		ssize_t n = readlinkat(entry->dir_fd, entry->name, target, sizeof(target) - 1);

		if (n < 0) {
			*ret_errno = errno;
			return udf_err_from_errno(errno);
		}
		target[n] = 0;
	}
	if (p->options->renamed)
		err = change_target(target, changed, &is_changed);
	if (!err)
		err = make_object(p, entry, parent, is_changed ? changed : target, &attr);
	if (err)
		return err;
	err = set_attributes(p, attr.ino, &entry->st, 0);
	if (!err && entry->st.st_nlink > 1)
		err = remember_link(p, &entry->st, attr.ino);
	udf_forget(p->fs, attr.ino, 1);
	if (err)
		return take_back(p, parent, err, ret_errno);
	if (is_changed)
		p->options->renamed(p->options->ctx, entry->path, changed);
	p->totals.n_files++;
	return UDF_OK;
}

/* There is something of the name of the directory: if it is a directory too, both become one. */
static enum udf_err merge_directory(struct populate *p, udf_ino parent, uint64_t *ret_tag)
{
	struct udf_attr attr;
	enum udf_err err = udf_lookup_name(p->fs, parent, p->name, strlen(p->name), &attr);

	if (err)
		return err;
	if (!S_ISDIR(attr.mode))
		return UDF_E_EXISTS;
	*ret_tag = attr.ino;
	return UDF_OK;
}

static enum udf_err add_directory(struct populate *p, const struct host_entry *entry, udf_ino parent,
				  uint64_t *ret_tag, int *ret_errno)
{
	struct udf_attr attr;
	enum udf_err err;

	if (p->options->skips && !entry->is_archived) {
		*ret_tag = HOST_WALK_LEAVE_OUT;
		*ret_errno = host_try_directory(entry->dir_fd, entry->name);
		if (*ret_errno)
			return udf_err_from_errno(*ret_errno);
	}
	err = make_object(p, entry, parent, NULL, &attr);
	if (err == UDF_E_EXISTS && p->options->merges)
		return merge_directory(p, parent, ret_tag);
	if (err)
		return err;
	*ret_tag = attr.ino;
	udf_forget(p->fs, attr.ino, 1);
	p->totals.n_directories++;
	return UDF_OK;
}

static void left_out(void *ctx, const char *path)
{
	const struct populate *p = ctx;

	if (p->options->left_out)
		p->options->left_out(p->options->ctx, path);
}

static enum udf_err populate_entry(void *ctx, const struct host_entry *entry, uint64_t parent_tag,
				   uint64_t *ret_tag)
{
	struct populate *p = ctx;
	enum udf_err err = UDF_E_NOT_FOUND;
	int host_errno = 0;

	if (entry->st.st_ino == p->options->skip_ino && entry->st.st_dev == p->options->skip_dev) {
		left_out(p, entry->path);
		return UDF_OK;
	}
	*ret_tag = 0;
	if (parent_tag == 0)
		return UDF_OK;		/* its directory could not be made, which was reported */
	choose_name(p, entry);
	if (S_ISDIR(entry->st.st_mode)) {
		err = add_directory(p, entry, parent_tag, ret_tag, &host_errno);
	} else {
		if (entry->st.st_nlink > 1)
			err = add_link(p, entry, parent_tag, &host_errno);
		if (err == UDF_E_NOT_FOUND)
			err = S_ISREG(entry->st.st_mode) ? add_regular(p, entry, parent_tag, &host_errno) :
							   add_other(p, entry, parent_tag, &host_errno);
	}
	if (err)
		return fail(p, entry->path, err, host_errno);
	if (p->name == p->own_name)
		p->options->renamed(p->options->ctx, entry->path, p->name);
	if (p->options->done)
		p->options->done(p->options->ctx, entry->path, p->totals.n_bytes);
	return UDF_OK;
}

/* Keep the blocks of the directory together, no matter how many blocks are taken between its names. */
static enum udf_err populate_begin(void *ctx, uint64_t tag, const struct host_names *names)
{
	struct populate *p = ctx;
	uint64_t n_bytes = TREE_PARENT_FID_BYTES;
	struct udf_statfs st;
	const char *name;

	if (tag == 0)
		return UDF_OK;
	udf_fs_statfs(p->fs, &st);
	for (size_t i = 0; (name = host_name_at(names, i)); i++)
		n_bytes = tree_dir_bytes_with(n_bytes, st.block_bytes, name);
	return udf_bulk_expect(p->fs, tag, n_bytes);
}

static enum udf_err populate_leave(void *ctx, uint64_t tag, const struct stat *st)
{
	struct populate *p = ctx;
	unsigned mask = 0;

	if (tag == 0)
		return UDF_OK;
	if (tag == udf_fs_root(p->fs))
		mask = p->options->root_mask;
	return set_attributes(p, tag, st, mask);
}

enum udf_err tree_populate(struct udf_fs *fs, int dir_fd, const struct tree_populate_options *options,
			   struct tree_totals *ret_totals)
{
	struct populate p = { .fs = fs, .options = options,
			      .buffer = { .progress = options->progress, .progress_ctx = options->ctx,
					  .refer = options->refer, .refer_ctx = options->ctx } };
	const struct host_walk walk = {
		.begin = populate_begin,
		.entry = populate_entry,
		.leave = populate_leave,
		.failed = walk_failed,
		.ctx = &p,
		.excludes = options->excludes,
		.n_excludes = options->n_excludes,
		.left_out = left_out,
		.open_files = true,
	};
	struct udf_statfs st;
	enum udf_err err;

	udf_fs_statfs(fs, &st);
	p.buffer.block_bytes = st.block_bytes;
	err = options->walk ? options->walk(options->walk_ctx, &walk, udf_fs_root(fs)) :
			      host_walk(&walk, dir_fd, udf_fs_root(fs));

	for (size_t i = 0; i < p.n_devs; i++)
		tree_ino_map_done(&p.links[i]);
	free(p.links);
	free(p.link_devs);
	copy_buffer_done(&p.buffer);
	if (!err)
		*ret_totals = p.totals;
	return err ? err : p.first_err;
}
