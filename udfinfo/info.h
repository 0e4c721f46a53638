/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What udfinfo reports about a volume.  It is complete before the first line is printed. */
#ifndef UDFINFO_INFO_H
#define UDFINFO_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/cli.h"
#include "label/label.h"
#include "vol/vol.h"

#define INFO_MAX_EXTENTS 256

struct info_extent {
	uint64_t start, n_blocks;
	const char *type;		/* "VRS", "PSPACE" */
};

struct info {
	const char *filename;
	struct udf_labels labels;
	uint32_t win_serial;
	uint32_t block_bytes;
	uint64_t n_blocks, n_used_blocks, n_free_blocks, n_behind_blocks;
	uint32_t n_files, n_directories;
	uint16_t read_revision, write_revision;
	uint64_t start_block, last_block;
	bool last_block_is_odd;		/* not the last one of the device */
	const char *integrity, *access_type;
	bool is_sparable;
	uint32_t packet_blocks;		/* of a sparable partition, like what follows */
	unsigned n_sparing_tables, n_readable_sparing_tables;
	uint32_t sparing_sequence_number;
	struct udf_spare_counts spares;
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

struct front;

/**
 * Where FRONT's medium, which has no UDF volume, holds ISO 9660: print its label, its size and the sessions of the
 * disc, as messages on standard error or as JSON on standard output.  Prints nothing otherwise.
 */
void info_show_iso(const struct front *front, bool json);

/** Every volume and file set descriptor, field by field: as lines, or as elements of the list that JSON is in. */
void info_dump(struct udf_vol *vol, struct cli_json *json);

#endif
