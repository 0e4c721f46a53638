/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much space a tree needs on a volume, without making the volume. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/cs0.h"
#include "ecma/codec.h"
#include "tree/dir_room.h"
#include "tree/host_walk.h"
#include "tree/ino_map.h"
#include "tree/populate.h"
#include "tree/populate_data.h"
#include "vol/ad_chain.h"

struct measure {
	const struct tree_populate_options *options;
	uint32_t block_bytes, icb_blocks, icb_fixed_bytes;
	struct tree_totals totals;
	struct tree_ino_map seen;	/* files with several names, by a mix of device and number */
	uint64_t directory_bytes;	/* of the directory that is being read */
};

/*
 * How many blocks a file needs: N_DATA_BLOCKS in N_ADS pieces and holes, and the chain of descriptors that do not
 * fit into the ICB.  A file that fits into the ICB needs none.
 */
static uint64_t data_blocks(const struct measure *m, uint64_t n_data_blocks, uint64_t n_ads, uint64_t size_bytes)
{
	const struct udf_ad_list list = { .kind = UDF_AD_SHORT, .block_bytes = m->block_bytes,
					  .area_bytes = m->block_bytes - m->icb_fixed_bytes };

	if (size_bytes <= list.area_bytes)
		return 0;
	/* Some pieces will be split, because free space is in pieces too. */
	n_ads += n_data_blocks / udf_ad_max_blocks(m->block_bytes) + 4;
	return n_data_blocks + udf_ad_list_n_aeds(&list, n_ads);
}

/* A file whose data are on the volume already, in one piece: blocks for its descriptors. */
static uint64_t located_file_blocks(const struct measure *m, uint64_t size_bytes)
{
	const struct udf_ad_list list = { .kind = UDF_AD_SHORT, .block_bytes = m->block_bytes,
					  .area_bytes = m->block_bytes - m->icb_fixed_bytes };

	return udf_ad_list_n_aeds(&list, udf_ceil_div(udf_ceil_div(size_bytes, m->block_bytes),
						      udf_ad_max_blocks(m->block_bytes)));
}

static uint64_t file_blocks(struct measure *m, const struct host_entry *entry)
{
	uint64_t size_bytes = (uint64_t)entry->st.st_size, n_blocks = 0, n_ads = 1, at = 0, first, end;
	uint64_t max_extent_bytes = (uint64_t)udf_ad_max_blocks(m->block_bytes) * m->block_bytes;
	int fd = entry->fd;

	if (!copy_may_have_holes(&entry->st) ||
	    (fd < 0 && (fd = host_open_file(entry->dir_fd, entry->name)) < 0)) {
		m->totals.n_bytes += size_bytes;
		return data_blocks(m, udf_ceil_div(size_bytes, m->block_bytes), 1, size_bytes);
	}
	for (; copy_next_data(fd, entry->data_at_bytes, at, size_bytes, &first, &end) == UDF_OK; at = end) {
		n_blocks += udf_ceil_div(end, m->block_bytes) - first / m->block_bytes;
		n_ads += 2 + (first - at) / max_extent_bytes;	/* with the hole before it */
		m->totals.n_bytes += end - first;
	}
	if (fd != entry->fd)
		close(fd);
	n_ads += (size_bytes - at) / max_extent_bytes;
	return data_blocks(m, n_blocks, n_ads, size_bytes);
}

/* Path components: four bytes more than their text, each character at most two bytes. */
static uint64_t symlink_blocks(const struct measure *m, const struct stat *st)
{
	uint64_t n_bytes = (uint64_t)st->st_size * 5 + 8;

	return data_blocks(m, udf_ceil_div(n_bytes, m->block_bytes), 1, n_bytes);
}

static void measure_failed(void *ctx, const char *path, enum udf_err err, int host_errno)
{
	const struct measure *m = ctx;

	if (m->options->failed)
		m->options->failed(m->options->ctx, path, err, host_errno);
}

/* Report reasons that would stop a copy and can be seen without copying.  Returns true if there is one. */
static bool has_obstacle(struct measure *m, const struct host_entry *entry)
{
	int host_errno = 0;
	uint8_t cs0[UDF_CS0_NAME_MAX_BYTES];
	size_t cs0_bytes;
	enum udf_err err = udf_cs0_from_utf8(entry->name, strlen(entry->name), cs0, sizeof(cs0), &cs0_bytes);

	if (err && !m->options->renamed) {
		measure_failed(m, entry->path, err, 0);
		return true;
	}
	if (entry->is_archived)
		return false;
	if (S_ISREG(entry->st.st_mode) && faccessat(entry->dir_fd, entry->name, R_OK, AT_EACCESS) != 0)
		host_errno = errno;
	else if (S_ISDIR(entry->st.st_mode) && m->options->skips)
		host_errno = host_try_directory(entry->dir_fd, entry->name);
	if (host_errno)
		measure_failed(m, entry->path, udf_err_from_errno(host_errno), host_errno);
	return host_errno != 0;
}

static enum udf_err measure_entry(void *ctx, const struct host_entry *entry, uint64_t parent_tag,
				  uint64_t *ret_tag)
{
	struct measure *m = ctx;
	enum udf_err err;

	(void)parent_tag;
	*ret_tag = 1;
	if (entry->st.st_ino == m->options->skip_ino && entry->st.st_dev == m->options->skip_dev)
		return UDF_OK;
	m->directory_bytes = tree_dir_bytes_with(m->directory_bytes, m->block_bytes, entry->name);
	if ((m->options->failed || m->options->skips) && has_obstacle(m, entry) && m->options->skips) {
		*ret_tag = HOST_WALK_LEAVE_OUT;
		return UDF_OK;
	}
	if (S_ISDIR(entry->st.st_mode)) {
		m->totals.n_directories++;
		m->totals.n_blocks += m->icb_blocks;
		return UDF_OK;
	}
	if (entry->st.st_nlink > 1) {
		/* inode numbers may use all 64 bits: the device is spread over them */
		uint64_t key = (uint64_t)entry->st.st_ino ^ (uint64_t)entry->st.st_dev * 0x9E3779B97F4A7C15u, n = 0;

		/* a file of more names than UDF has room for is copied again */
		(void)tree_ino_map_find(&m->seen, key, &n);
		err = tree_ino_map_set(&m->seen, key, n + 1);
		if (err)
			return err;
		if (n % UDF_MAX_LINKS) {
			m->totals.n_links++;
			return UDF_OK;
		}
	}
	m->totals.n_files++;
	m->totals.n_blocks += m->icb_blocks;
	if (S_ISREG(entry->st.st_mode) && m->options->locate)
		m->totals.n_blocks += located_file_blocks(m, (uint64_t)entry->st.st_size);
	else if (S_ISREG(entry->st.st_mode))
		m->totals.n_blocks += file_blocks(m, entry);
	else if (S_ISLNK(entry->st.st_mode))
		m->totals.n_blocks += symlink_blocks(m, &entry->st);
	return UDF_OK;
}

static enum udf_err measure_leave(void *ctx, uint64_t tag, const struct stat *st)
{
	struct measure *m = ctx;
	uint64_t n_bytes = m->directory_bytes;

	(void)tag;
	(void)st;
	m->totals.n_blocks += data_blocks(m, udf_ceil_div(n_bytes, m->block_bytes), 1, n_bytes);
	/* After its blocks there may be free blocks that are too few for an ICB. */
	m->totals.n_blocks += m->icb_blocks - 1;
	m->directory_bytes = TREE_PARENT_FID_BYTES;
	return UDF_OK;
}

enum udf_err tree_measure(int dir_fd, const struct tree_medium *medium,
			  const struct tree_populate_options *options, struct tree_totals *ret_totals)
{
	struct measure m = { .options = options, .block_bytes = medium->block_bytes,
			     .icb_blocks = medium->icb_blocks, .icb_fixed_bytes = medium->icb_fixed_bytes,
			     .directory_bytes = TREE_PARENT_FID_BYTES };
	const struct host_walk walk = {
		.entry = measure_entry, .leave = measure_leave, .failed = measure_failed, .ctx = &m,
		.excludes = options->excludes, .n_excludes = options->n_excludes,
	};
	enum udf_err err = options->walk ? options->walk(options->walk_ctx, &walk, 1) : host_walk(&walk, dir_fd, 1);

	tree_ino_map_done(&m.seen);
	if (!err)
		*ret_totals = m.totals;
	return err;
}
