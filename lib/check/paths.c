/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths of objects, for findings.  Names are not kept in memory.  They are read again from the directories; the
 * directory that was read last stays open.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cs0.h"
#include "check/chk.h"

struct chk_path_cache {
	uint32_t dir;			/* the directory that is open, or CHK_NONE */
	uint8_t *image;
	struct chk_data data;
	char path[CHK_PATH_BYTES];
};

static void close_dir(struct chk_path_cache *cache)
{
	if (cache->dir != CHK_NONE)
		chk_data_done(&cache->data);
	cache->dir = CHK_NONE;
}

void chk_path_done(struct chk *ck)
{
	struct chk_path_cache *cache = ck->path_cache;

	if (!cache)
		return;
	close_dir(cache);
	free(cache->image);
	free(cache);
	ck->path_cache = NULL;
}

static struct chk_path_cache *cache_of(struct chk *ck)
{
	struct chk_path_cache *cache = ck->path_cache;

	if (cache)
		return cache;
	cache = calloc(1, sizeof(*cache));
	if (!cache)
		return NULL;
	cache->dir = CHK_NONE;
	cache->image = malloc(ck->bs);
	if (!cache->image) {
		free(cache);
		return NULL;
	}
	ck->path_cache = cache;
	return cache;
}

static bool open_dir(struct chk *ck, struct chk_path_cache *cache, uint32_t dir)
{
	struct chk_icb icb;

	if (cache->dir == dir)
		return true;
	close_dir(cache);
	if (!chk_icb_load(ck, dir, cache->image, &icb) || chk_data_init(ck, &icb, &cache->data))
		return false;
	cache->dir = dir;
	return true;
}

/* The name in the FID of DIR at FID_AT (bytes / 4). */
static bool name_in(struct chk *ck, struct chk_path_cache *cache, uint32_t dir, uint32_t fid_at,
		    char *ret_name)
{
	uint8_t id[UDF_CS0_NAME_MAX_BYTES];
	size_t n_id, n;

	if (!ck->path_reads || !open_dir(ck, cache, dir))
		return false;
	ck->path_reads--;
	n_id = chk_data_fid_name(ck, &cache->data, (uint64_t)fid_at * 4, id);
	return n_id && !udf_host_name(id, n_id, ret_name, &n);
}

/* Put TEXT before the text that begins at *START. */
static bool put_before(char *buf, size_t *start, const char *text)
{
	size_t n = strlen(text);

	if (n > *start)
		return false;
	*start -= n;
	memcpy(buf + *start, text, n);
	return true;
}

/* Go up from object INDEX: put its name before the path.  Returns false if it can't be read or there is no room. */
static bool put_component(struct chk *ck, struct chk_path_cache *cache, uint32_t index, char *buf,
			  size_t *start)
{
	const struct chk_object *o = chk_object_at(&ck->objects, index);
	char name[UDF_HOST_NAME_MAX_BYTES + 1];

	switch ((enum chk_role)o->role) {
	case CHK_ROLE_NAMED:
	case CHK_ROLE_STREAM:
		if (!name_in(ck, cache, o->parent, o->fid_at, name) || !put_before(buf, start, name))
			return false;
		return o->role == CHK_ROLE_STREAM || put_before(buf, start, "/");
	case CHK_ROLE_STREAM_DIRECTORY:
		return put_before(buf, start, ":");
	case CHK_ROLE_EA_FILE:
		return put_before(buf, start, " (extended attributes)");
	case CHK_ROLE_SYSTEM_STREAMS:
		return put_before(buf, start, "(system streams):");
	case CHK_ROLE_ROOT:
		break;
	}
	return true;
}

/* Put the path of an object into BUF.  "..." stands for what is too far up. */
static void put_path(struct chk *ck, struct chk_path_cache *cache, uint32_t index, char *buf,
		     size_t *start)
{
	size_t end = *start;

	for (;;) {
		const struct chk_object *o = chk_object_at(&ck->objects, index);

		if (!put_component(ck, cache, index, buf, start)) {
			if (*start < 3)
				*start = 3;
			put_before(buf, start, "...");
			return;
		}
		if (o->parent == index)
			break;
		index = o->parent;
	}
	if (*start == end)
		put_before(buf, start, "/");
}

const char *chk_path(struct chk *ck, uint32_t index, const char *entry)
{
	struct chk_path_cache *cache = cache_of(ck);
	size_t start = CHK_PATH_BYTES - 1;
	bool is_stream_dir;

	if (index == CHK_NONE || !cache)
		return NULL;
	cache->path[start] = '\0';
	if (!entry) {
		put_path(ck, cache, index, cache->path, &start);
		return cache->path + start;
	}
	is_stream_dir = chk_object_at(&ck->objects, index)->role == CHK_ROLE_STREAM_DIRECTORY ||
			chk_object_at(&ck->objects, index)->role == CHK_ROLE_SYSTEM_STREAMS;
	put_before(cache->path, &start, entry);
	if (!is_stream_dir)
		put_before(cache->path, &start, "/");
	if (is_stream_dir || chk_object_at(&ck->objects, index)->role != CHK_ROLE_ROOT)
		put_path(ck, cache, index, cache->path, &start);
	return cache->path + start;
}
