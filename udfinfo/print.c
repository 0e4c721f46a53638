/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report as udftools prints it, and as JSON. */
#include <inttypes.h>
#include <stdio.h>

#include "info.h"

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

void info_print_text(const struct info *info, enum cli_encoding encoding)
{
	const struct { const char *key, *text; } texts[] = {
		{ "lvid", info->lvid }, { "vid", info->vid }, { "vsid", info->vsid }, { "fsid", info->fsid },
		{ "fullvsid", info->full_vsid }, { "owner", info->owner },
		{ "organization", info->organization }, { "contact", info->contact },
		{ "appid", info->application }, { "impid", info->implementation },
	};

	printf("filename=%s\nlabel=", info->filename);
	cli_put_text(stdout, encoding, info->lvid);
	printf("\nuuid=%s\n", info->uuid);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		printf("%s=", texts[i].key);
		cli_put_text(stdout, encoding, texts[i].text);
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
	       info->access_type, yes_no(info->soft_protect), yes_no(info->hard_protect));
	for (unsigned i = 0; i < info->n_extents; i++)
		printf("start=%" PRIu64 ", blocks=%" PRIu64 ", type=%s\n", info->extents[i].start,
		       info->extents[i].n_blocks, info->extents[i].type);
}

static void json_text(const char *key, const char *text)
{
	printf("\"%s\": ", key);
	cli_json_string(stdout, text);
	printf(", ");
}

void info_print_json(const struct info *info)
{
	json_text("filename", info->filename);
	json_text("label", info->lvid);
	json_text("uuid", info->uuid);
	json_text("lvid", info->lvid);
	json_text("vid", info->vid);
	json_text("vsid", info->vsid);
	json_text("fsid", info->fsid);
	json_text("fullvsid", info->full_vsid);
	json_text("owner", info->owner);
	json_text("organization", info->organization);
	json_text("contact", info->contact);
	json_text("appid", info->application);
	json_text("impid", info->implementation);
	printf("\"winserialnum\": \"0x%08" PRIx32 "\", \"blocksize\": %" PRIu32 ", \"blocks\": %" PRIu64,
	       info->win_serial, info->block_bytes, info->n_blocks);
	printf(", \"usedblocks\": %" PRIu64 ", \"freeblocks\": %" PRIu64 ", \"behindblocks\": %" PRIu64,
	       info->n_used_blocks, info->n_free_blocks, info->n_behind_blocks);
	printf(", \"numfiles\": %" PRIu32 ", \"numdirs\": %" PRIu32, info->n_files, info->n_directories);
	printf(", \"udfrev\": \"%x.%02x\", \"udfwriterev\": \"%x.%02x\"", (unsigned)info->read_revision >> 8,
	       (unsigned)info->read_revision & 0xFF, (unsigned)info->write_revision >> 8,
	       (unsigned)info->write_revision & 0xFF);
	printf(", \"startblock\": %" PRIu64 ", \"lastblock\": %" PRIu64, info->start_block, info->last_block);
	printf(", \"integrity\": \"%s\", \"accesstype\": \"%s\"", info->integrity, info->access_type);
	printf(", \"softwriteprotect\": %s, \"hardwriteprotect\": %s, \"extents\": [",
	       info->soft_protect ? "true" : "false", info->hard_protect ? "true" : "false");
	for (unsigned i = 0; i < info->n_extents; i++)
		printf("%s{\"start\": %" PRIu64 ", \"blocks\": %" PRIu64 ", \"type\": \"%s\"}", i ? ", " : "",
		       info->extents[i].start, info->extents[i].n_blocks, info->extents[i].type);
	putchar(']');
}
