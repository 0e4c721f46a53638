/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report as udftools prints it, and as JSON. */
#include <inttypes.h>
#include <stdio.h>

#include "info.h"

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

static const struct {
	enum udf_label_field field;
	const char *key, *json_key;
} rows[] = {
	{ UDF_LABEL_LVID, "lvid", "lvid" },
	{ UDF_LABEL_VID, "vid", "vid" },
	{ UDF_LABEL_VSID, "vsid", "vsid" },
	{ UDF_LABEL_FSID, "fsid", "fsid" },
	{ UDF_LABEL_FULL_VSID, "fullvsid", "full_vsid" },
	{ UDF_LABEL_OWNER, "owner", "owner" },
	{ UDF_LABEL_ORGANIZATION, "organization", "organization" },
	{ UDF_LABEL_CONTACT, "contact", "contact" },
	{ UDF_LABEL_APPLICATION, "appid", "app_id" },
	{ UDF_LABEL_IMPLEMENTATION, "impid", "imp_id" },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

void info_print_text(const struct info *info, enum cli_encoding encoding)
{
	const struct udf_labels *labels = &info->labels;

	printf("filename=%s\nlabel=", info->filename);
	cli_put_text(stdout, encoding, labels->texts[UDF_LABEL_LVID]);
	printf("\nuuid=%s\n", labels->texts[UDF_LABEL_UUID]);
	for (size_t i = 0; i < N_ROWS; i++) {
		printf("%s=", rows[i].key);
		cli_put_text(stdout, encoding, labels->texts[rows[i].field]);
		putchar('\n');
	}
	printf("winserialnum=0x%08" PRIx32 "\nblocksize=%" PRIu32 "\nblocks=%" PRIu64 "\n", info->win_serial,
	       info->block_bytes, info->n_blocks);
	printf("usedblocks=%" PRIu64 "\nfreeblocks=%" PRIu64 "\nbehindblocks=%" PRIu64 "\n",
	       info->n_used_blocks, info->n_free_blocks, info->n_behind_blocks);
	printf("numfiles=%" PRIu32 "\nnumdirs=%" PRIu32 "\n", info->n_files, info->n_directories);
	printf("udfrev=%x.%02x\nudfwriterev=%x.%02x\n", (unsigned)info->read_revision >> 8,
	       (unsigned)info->read_revision & 0xFF, (unsigned)info->write_revision >> 8,
	       (unsigned)info->write_revision & 0xFF);
	if (info->start_block)
		printf("startblock=%" PRIu64 "\n", info->start_block);
	if (info->last_block_is_odd)
		printf("lastblock=%" PRIu64 "\n", info->last_block);
	printf("integrity=%s\naccesstype=%s\nsoftwriteprotect=%s\nhardwriteprotect=%s\n", info->integrity,
	       info->access_type, yes_no(info->labels.soft_protect), yes_no(info->labels.hard_protect));
	for (unsigned i = 0; i < info->n_extents; i++)
		printf("start=%" PRIu64 ", blocks=%" PRIu64 ", type=%s\n", info->extents[i].start,
		       info->extents[i].n_blocks, info->extents[i].type);
}

static void json_revision(struct cli_json *json, const char *key, uint16_t revision)
{
	cli_json_format(json, key, "%x.%02x", (unsigned)revision >> 8, (unsigned)revision & 0xFF);
}

void info_print_json(const struct info *info, struct cli_json *json)
{
	cli_json_text(json, "filename", info->filename);
	cli_json_text(json, "label", info->labels.texts[UDF_LABEL_LVID]);
	cli_json_text(json, "uuid", info->labels.texts[UDF_LABEL_UUID]);
	for (size_t i = 0; i < N_ROWS; i++)
		cli_json_text(json, rows[i].json_key, info->labels.texts[rows[i].field]);
	cli_json_format(json, "win_serial_num", "0x%08" PRIx32, info->win_serial);
	cli_json_number(json, "block_size", info->block_bytes);
	cli_json_number(json, "blocks", info->n_blocks);
	cli_json_number(json, "used_blocks", info->n_used_blocks);
	cli_json_number(json, "free_blocks", info->n_free_blocks);
	cli_json_number(json, "behind_blocks", info->n_behind_blocks);
	cli_json_number(json, "num_files", info->n_files);
	cli_json_number(json, "num_dirs", info->n_directories);
	json_revision(json, "udf_rev", info->read_revision);
	json_revision(json, "udf_write_rev", info->write_revision);
	cli_json_number(json, "start_block", info->start_block);
	cli_json_number(json, "last_block", info->last_block);
	cli_json_text(json, "integrity", info->integrity);
	cli_json_text(json, "access_type", info->access_type);
	cli_json_bool(json, "soft_write_protect", info->labels.soft_protect);
	cli_json_bool(json, "hard_write_protect", info->labels.hard_protect);
	if (info->is_sparable) {
		cli_json_object(json, "sparing");
		cli_json_number(json, "packet_blocks", info->packet_blocks);
		cli_json_number(json, "tables", info->n_sparing_tables);
		cli_json_number(json, "readable_tables", info->n_readable_sparing_tables);
		cli_json_number(json, "sequence_number", info->sparing_sequence_number);
		cli_json_number(json, "used_packets", info->spares.n_used);
		cli_json_number(json, "free_packets", info->spares.n_free);
		cli_json_number(json, "bad_packets", info->spares.n_bad);
		cli_json_object_end(json);
	}
	cli_json_list(json, "extents");
	for (unsigned i = 0; i < info->n_extents; i++) {
		cli_json_object(json, NULL);
		cli_json_number(json, "start", info->extents[i].start);
		cli_json_number(json, "blocks", info->extents[i].n_blocks);
		cli_json_text(json, "type", info->extents[i].type);
		cli_json_object_end(json);
	}
	cli_json_list_end(json);
}
