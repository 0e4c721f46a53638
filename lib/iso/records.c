/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iso/records.h"

#include <string.h>

#include "base/bytes.h"

#define BLOCK_BYTES 2048u
#define FIXED_BYTES 33u			/* of a record, before its name */
#define FLAG_DIR 0x02u
#define FLAG_MORE 0x80u
#define ROOT_RECORD_AT 156u		/* in the volume descriptor */

#define SUSP_HEADER_BYTES 4u
#define CE_BYTES 28u
#define NM_NAME_AT 5u
#define NM_CONTINUES 0x01u
#define NM_SELF_OR_PARENT 0x06u
#define MAX_AREAS 64u			/* continued from one to the next; a loop ends there */
#define MAX_AREA_BYTES (16u << 20)	/* extended attributes are there, too */

struct area {				/* of system use entries, in the volume */
	uint64_t at, end;
};

struct names {
	struct iso_record *record;
	struct area next;		/* where the entries continue; AT is 0: nowhere */
	bool are_whole;
};

static void decode(const uint8_t *p, struct iso_record *ret_record)
{
	*ret_record = (struct iso_record){ .block = get_le32(p + 2) + p[1], .n_bytes = get_le32(p + 10),
					   .is_dir = p[25] & FLAG_DIR, .has_more = p[25] & FLAG_MORE,
					   .is_self_or_parent = p[32] == 1 && p[33] <= 1 };
}

void iso_root_record(const uint8_t *sector, struct iso_record *ret_record)
{
	decode(sector + ROOT_RECORD_AT, ret_record);
}

static enum udf_err add_name(struct iso_record *record, const uint8_t *text, size_t n_bytes)
{
	size_t n = strlen(record->name);

	if (n + n_bytes >= sizeof(record->name) || memchr(text, 0, n_bytes))
		return UDF_E_CORRUPT;
	memcpy(record->name + n, text, n_bytes);
	record->name[n + n_bytes] = '\0';
	return UDF_OK;
}

/* One entry: a piece of the name, where the entries continue, or another one. */
static enum udf_err take_entry(const uint8_t *entry, struct names *names)
{
	size_t n_bytes = entry[2];

	if (memcmp(entry, "NM", 2) == 0 && n_bytes >= NM_NAME_AT && !(entry[4] & NM_SELF_OR_PARENT)) {
		names->are_whole = !(entry[4] & NM_CONTINUES);
		return add_name(names->record, entry + NM_NAME_AT, n_bytes - NM_NAME_AT);
	}
	if (memcmp(entry, "CE", 2) == 0 && n_bytes >= CE_BYTES) {
		names->next.at = (uint64_t)get_le32(entry + 4) * BLOCK_BYTES + get_le32(entry + 12);
		names->next.end = names->next.at + get_le32(entry + 20);
	}
	return UDF_OK;
}

/* The entries of one area, as far as they are needed. */
static enum udf_err read_area(const struct iso_reader *reader, struct area area, struct names *names)
{
	uint8_t entry[256];
	enum udf_err err = UDF_OK;

	while (!err && !names->are_whole && area.end - area.at >= SUSP_HEADER_BYTES) {
		err = reader->read(reader->ctx, area.at, SUSP_HEADER_BYTES, entry);
		if (err || entry[2] < SUSP_HEADER_BYTES || entry[2] > area.end - area.at)
			break;		/* padding */
		err = reader->read(reader->ctx, area.at, entry[2], entry);
		if (!err)
			err = take_entry(entry, names);
		area.at += entry[2];
	}
	return err;
}

static enum udf_err read_names(const struct iso_reader *reader, struct area area, struct iso_record *record)
{
	struct names names = { .record = record };
	uint64_t n_bytes = 0;
	enum udf_err err = UDF_OK;

	for (unsigned n_areas = 0; area.at < area.end && !names.are_whole && !err; n_areas++) {
		n_bytes += area.end - area.at;
		if (n_areas == MAX_AREAS || n_bytes > MAX_AREA_BYTES)
			return UDF_E_CORRUPT;
		err = read_area(reader, area, &names);
		area = names.next;
		names.next = (struct area){ 0, 0 };
	}
	return err;
}

enum udf_err iso_record_next(const struct iso_reader *reader, const struct iso_record *dir, uint64_t *at,
			     struct iso_record *ret_record)
{
	uint64_t start = (uint64_t)dir->block * BLOCK_BYTES;
	uint8_t record[256] = { 0 };
	struct area area;
	enum udf_err err;

	for (;;) {
		if (*at >= dir->n_bytes)
			return UDF_END;
		err = reader->read(reader->ctx, start + *at, 1, record);
		if (err)
			return err;
		if (record[0])
			break;
		*at = (*at / BLOCK_BYTES + 1) * BLOCK_BYTES;	/* no record crosses the end of a block */
	}
	if (record[0] <= FIXED_BYTES || record[0] > dir->n_bytes - *at || *at % BLOCK_BYTES + record[0] > BLOCK_BYTES)
		return UDF_E_CORRUPT;
	err = reader->read(reader->ctx, start + *at, record[0], record);
	if (err)
		return err;
	if (FIXED_BYTES + record[32] > record[0])
		return UDF_E_CORRUPT;
	decode(record, ret_record);
	/* The name has an even place after it. */
	area.at = start + *at + FIXED_BYTES + record[32] + !(record[32] & 1);
	area.end = start + *at + record[0];
	*at += record[0];
	return read_names(reader, area, ret_record);
}
