/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What udfinfo reports about a volume.  It is complete before the first line is printed. */
#ifndef UDFINFO_INFO_H
#define UDFINFO_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/cli.h"
#include "vol/vol.h"

/* Room for the UTF-8 of a dstring field. */
#define INFO_TEXT_BYTES(field_bytes) ((field_bytes) * 2 + 1)
#define INFO_MAX_EXTENTS 256

struct info_extent {
	uint64_t start, n_blocks;
	const char *type;		/* "VRS", "PSPACE" */
};

struct info {
	const char *filename;
	/* UTF-8 */
	char lvid[INFO_TEXT_BYTES(128)], full_vsid[INFO_TEXT_BYTES(128)], vsid[INFO_TEXT_BYTES(128)];
	char vid[INFO_TEXT_BYTES(32)], fsid[INFO_TEXT_BYTES(32)];
	char owner[INFO_TEXT_BYTES(36)], organization[INFO_TEXT_BYTES(36)], contact[INFO_TEXT_BYTES(36)];
	char application[INFO_TEXT_BYTES(23)], implementation[INFO_TEXT_BYTES(23)];
	char uuid[17];
	uint32_t win_serial;
	uint32_t block_bytes;
	uint64_t n_blocks, n_used_blocks, n_free_blocks, n_behind_blocks;
	uint32_t n_files, n_directories;
	uint16_t read_revision, write_revision;
	uint64_t start_block, last_block;
	bool last_block_is_odd;		/* not the last one of the device */
	const char *integrity, *access_type;
	bool soft_protect, hard_protect;
	unsigned n_extents;
	struct info_extent extents[INFO_MAX_EXTENTS];	/* by start */
};

/** OPTIONS: as VOL was opened with; FILENAME is borrowed. */
enum udf_err info_gather(struct udf_vol *vol, const struct udf_vol_options *options,
			 const char *filename, struct info *ret_info);

/** Free blocks of partition reference REF by its space sets, unallocated and freed. */
enum udf_err info_count_free(struct udf_vol *vol, unsigned ref, uint64_t *ret_n_blocks);

/** "key=value" lines, then the extents: udftools' form. */
void info_print_text(const struct info *info, enum cli_encoding encoding);
/** The members of the object that JSON is in. */
void info_print_json(const struct info *info, struct cli_json *json);

/** Every volume and file set descriptor, field by field: as lines, or as elements of the list that JSON is in. */
void info_dump(struct udf_vol *vol, struct cli_json *json);

#endif
