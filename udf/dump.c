/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dump: descriptors field by field. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "ecma/codec.h"
#include "front/item_json.h"
#include "vol/extent_map.h"
#include "vol/vol.h"

#define MAX_DIRECTORY_BYTES (64u << 20)	/* whose entries are dumped */

struct dump {
	struct command c;
	struct udf_vol *vol;
	bool as_json, began;
	struct cli_json json;
	uint8_t *block;
};

static void print_item(void *ctx, const struct udf_item *item)
{
	char text[UDF_ITEM_MAX_BYTES];
	struct dump *d = ctx;

	if (d->as_json) {
		front_item_to_json(&d->json, "descriptor", item);
		return;
	}
	udf_item_to_text(item, text);
	if (text[0])
		puts(text);
}

/* Print where the next descriptor is.  PART_REF UDF_PART_VOLUME: a sector of the volume. */
static void print_place(struct dump *d, unsigned part_ref, uint64_t block)
{
	if (d->as_json) {
		cli_json_object(&d->json, NULL);
		if (part_ref != UDF_PART_VOLUME)
			cli_json_number(&d->json, "partition", part_ref);
		cli_json_number(&d->json, part_ref != UDF_PART_VOLUME ? "block" : "sector", block);
	} else {
		if (d->began)
			putchar('\n');
		if (part_ref != UDF_PART_VOLUME)
			printf("partition %u block %" PRIu64 "\n", part_ref, block);
		else
			printf("sector %" PRIu64 "\n", block);
	}
	d->began = true;
}

/* Dump the descriptor at P.  A block without a tag is reported only if WANTED, and skipped otherwise. */
static void dump_at(struct dump *d, unsigned part_ref, uint64_t block, const uint8_t *p, size_t n_bytes,
		    unsigned ad_kind, bool wanted)
{
	struct udf_tag tag;

	udf_tag_decode(p, &tag);
	if (!udf_layout_by_tag(tag.id) || (tag.id == 0 && (!wanted || tag.version == 0))) {
		if (wanted) {
			fprintf(stderr, "%s: %s: block %" PRIu64 ": no descriptor\n", d->c.tool->name,
				d->c.image, block);
			d->c.failed = true;
		}
		return;
	}
	print_place(d, part_ref, block);
	if (udf_descriptor_dump(p, n_bytes, ad_kind, print_item, d) && d->as_json)
		cli_json_text(&d->json, "descriptor", NULL);
	if (d->as_json)
		cli_json_object_end(&d->json);
}

static void dump_sector(struct dump *d, uint64_t lsn, bool wanted)
{
	char where[32];
	enum udf_err err = udf_vol_read_lsn(d->vol, lsn, 1, d->block);

	snprintf(where, sizeof(where), "sector %" PRIu64, lsn);
	if (err)
		command_fail(&d->c, where, err, 0);
	else
		dump_at(d, UDF_PART_VOLUME, lsn, d->block, d->vol->block_bytes, UDF_AD_SHORT, wanted);
}

/* The volume's own: anchors, both sequences, the integrity sequence, the file set. */
static void dump_volume(struct dump *d)
{
	const struct udf_vol *vol = d->vol;
	enum udf_err err;

	for (unsigned i = 0; i < vol->n_structures; i++) {
		const struct udf_vol_extent *e = &vol->structures[i];

		if (e->what == UDF_STRUCTURE_VRS || e->what == UDF_STRUCTURE_PARTITION ||
		    e->what == UDF_STRUCTURE_SPARE_PACKETS)
			continue;
		for (uint64_t n = 0; n < e->n_used_blocks; n++)
			dump_sector(d, e->lsn + n, e->what == UDF_STRUCTURE_SPARING_TABLE);	/* its tag is 0 */
	}
	err = udf_vol_read(d->vol, vol->fsd_at.part_ref, vol->fsd_at.lbn, 1, d->block);
	if (err)
		command_fail(&d->c, "file set descriptor", err, 0);
	else
		dump_at(d, vol->fsd_at.part_ref, vol->fsd_at.lbn, d->block, vol->block_bytes,
			UDF_AD_SHORT, true);
}

/* The names in a directory, as they are stored in its data. */
static void dump_names(struct dump *d, const char *path, struct udf_lb_addr icb)
{
	struct udf_extent_map map;
	uint8_t *data = NULL;
	size_t at = 0, n = 0;
	enum udf_err err = udf_extent_map_read(d->vol, d->block, icb, NULL, &map);

	if (err) {
		command_fail(&d->c, path, err, 0);
		return;
	}
	if (map.embedded)
		map.body_bytes = map.embedded_bytes;
	n = map.body_bytes < MAX_DIRECTORY_BYTES ? (size_t)map.body_bytes : MAX_DIRECTORY_BYTES;
	data = malloc(n + 1);
	err = data ? udf_extent_map_pread(d->vol, &map, d->block, 0, n, data) : UDF_E_NOMEM;
	while (!err && at < n) {
		uint64_t block = icb.lbn, part_ref = icb.part_ref, start = 0;
		struct udf_fid fid;
		uint32_t n_bytes;

		err = udf_fid_decode(data + at, n - at, &fid, &n_bytes);
		if (err)
			break;
		for (size_t i = 0; i < map.n_extents; start += map.extents[i++].n_bytes) {
			if (at - start >= map.extents[i].n_bytes)
				continue;
			part_ref = map.extents[i].part_ref;
			block = map.extents[i].lbn + (at - start) / d->vol->block_bytes;
			break;
		}
		dump_at(d, (unsigned)part_ref, block, data + at, n_bytes, UDF_AD_SHORT, true);
		at += n_bytes;
	}
	if (err)
		command_fail(&d->c, path, err, 0);
	free(data);
	udf_extent_map_done(&map);
}

static void dump_path(struct dump *d, const char *path)
{
	struct udf_extent_map map = { 0 };
	struct udf_icbtag icbtag;
	struct udf_lb_addr icb;
	struct udf_attr attr;
	enum udf_err err = path_find(d->c.fs, path, false, &attr);

	icb = (struct udf_lb_addr){ .lbn = (uint32_t)attr.ino, .part_ref = (uint16_t)(attr.ino >> 32) };
	if (!err)
		err = udf_vol_read(d->vol, icb.part_ref, icb.lbn, 1, d->block);
	if (err) {
		command_fail(&d->c, path, err, 0);
		return;
	}
	dump_at(d, icb.part_ref, icb.lbn, d->block, d->vol->block_bytes, UDF_AD_SHORT, true);
	if (S_ISDIR(attr.mode))
		dump_names(d, path, icb);
	if (udf_extent_map_read(d->vol, d->block, icb, NULL, &map))
		return;		/* the dump has shown what is wrong with it */
	udf_icbtag_decode(d->block + UDF_TAG_BYTES, &icbtag);
	for (size_t i = 0; i < map.n_aeds; i++) {
		uint8_t *aed = malloc(d->vol->block_bytes);

		err = aed ? udf_vol_read(d->vol, map.aeds[i].part_ref, map.aeds[i].lbn, 1, aed) :
			    UDF_E_NOMEM;
		if (err)
			command_fail(&d->c, path, err, 0);
		else
			dump_at(d, map.aeds[i].part_ref, map.aeds[i].lbn, aed, d->vol->block_bytes,
				icbtag.flags & UDF_ICB_AD_MASK, true);
		free(aed);
	}
	udf_extent_map_done(&map);
}

int run_dump(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	struct common_options common = { 0 };
	struct dump d = { .json.out = stdout };
	uint64_t sector = 0;
	bool has_sector = false;
	char **operands;
	const char *arg;
	int id, n;

	while ((id = cli_next(parser, &arg)) != -1) {
		if (take_common(&common, tool, id, arg))
			continue;
		d.as_json |= id == OPTION_JSON;
		if (id == OPTION_SECTOR && cli_parse_number(arg, 0, UINT32_MAX, &sector))
			cli_bad_usage(tool, "not a sector number: '%s'", arg);
		has_sector |= id == OPTION_SECTOR;
	}
	n = cli_operands(parser, &operands);
	cli_parser_free(parser);
	if (n < 1)
		cli_bad_usage(tool, "needs an image");
	if (!command_open(&d.c, tool, operands[0], &common, false))
		return EXIT_FAILURE;
	d.vol = d.c.front.vol;
	d.block = malloc(d.vol->block_bytes);
	if (!d.block) {
		command_fail(&d.c, NULL, UDF_E_NOMEM, 0);
		return command_close(&d.c);
	}
	if (d.as_json)
		cli_json_list(&d.json, NULL);
	if (has_sector)
		dump_sector(&d, sector, true);
	else if (n == 1)
		dump_volume(&d);
	for (int i = 1; i < n; i++)
		dump_path(&d, operands[i]);
	if (d.as_json)
		cli_json_list_end(&d.json);
	free(d.block);
	return command_close(&d.c);
}
