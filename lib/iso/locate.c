/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where libisofs has put the files.  It does not say so, but its directory records do.
 */
#include "config.h"

#include <stdio.h>

#include "base/iso9660.h"
#include "iso/internal.h"
#include "iso/records.h"

/* A record of ITEM; of a large file there are several. */
static enum udf_err take_record(struct udf_iso_tree_item *item, const struct iso_record *record)
{
	if (record->is_dir != ISO_NODE_IS_DIR(item->node))
		return UDF_E_CORRUPT;
	if (!item->is_there) {
		item->is_there = true;
		item->block = record->block;
	} else if (!item->has_more || item->n_bytes % UDF_ISO_BLOCK_BYTES ||
		   record->block != item->block + item->n_bytes / UDF_ISO_BLOCK_BYTES) {
		return UDF_E_CORRUPT;
	}
	item->n_bytes += record->n_bytes;
	item->has_more = record->has_more;
	return UDF_OK;
}

static enum udf_err read_dir(const struct iso_reader *reader, struct udf_iso_tree *tree,
			     const struct udf_iso_tree_item *dir)
{
	const struct iso_record self = { .block = dir->block, .n_bytes = (uint32_t)dir->n_bytes };
	struct iso_record record;
	struct udf_iso_tree_item *item;
	uint64_t at = 0;
	enum udf_err err;

	while (!(err = iso_record_next(reader, &self, &at, &record))) {
		if (record.is_self_or_parent)
			continue;
		item = udf_iso_tree_find(tree, dir, record.name);
		err = item ? take_record(item, &record) : UDF_E_CORRUPT;
		if (err)
			return err;
	}
	return err == UDF_END ? UDF_OK : err;
}

/* Do the records agree with what was asked for? */
static bool are_whole(const struct udf_iso_tree *tree)
{
	for (uint32_t i = 0; i < tree->n; i++) {
		const struct udf_iso_tree_item *item = &tree->items[i];

		if (item->is_there && (item->has_more ||
				       (ISO_NODE_IS_FILE(item->node) &&
					item->n_bytes != (uint64_t)iso_file_get_size((IsoFile *)item->node))))
			return false;
	}
	return true;
}

enum udf_err udf_iso_stream_locate(struct udf_iso_stream *stream, struct udf_iso_tree *tree,
				   char ret_why[UDF_ISO_WHY_BYTES])
{
	const struct iso_reader reader = { udf_iso_stream_peek, stream };
	uint8_t descriptor[UDF_ISO_BLOCK_BYTES];
	struct iso_record root;
	enum udf_err err = udf_iso_stream_peek(stream, udf_iso_stream_start_bytes(stream) +
					       ISO_FIRST_DESCRIPTOR * ISO_SECTOR_BYTES, sizeof(descriptor), descriptor);

	if (!err) {
		iso_root_record(descriptor, &root);
		tree->items[0].is_there = true;
		tree->items[0].block = root.block;
		tree->items[0].n_bytes = root.n_bytes;
	}
	for (uint32_t i = 0; i < tree->n && !err; i++)
		if (tree->items[i].is_there && ISO_NODE_IS_DIR(tree->items[i].node))
			err = read_dir(&reader, tree, &tree->items[i]);
	if (!err && !are_whole(tree))
		err = UDF_E_CORRUPT;
	if (err)
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "the ISO 9660 directories don't say where the files are: %s",
			 udf_strerror(err));
	return err;
}
