/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What udflabel prints: udftools' lines, and JSON. */
#include "config.h"

#include <stdio.h>

#include "request.h"

/* In the order in which udftools prints them; keys of JSON as udfinfo has them. */
static const struct {
	enum udf_label_field field;
	const char *name, *key;
} rows[] = {
	{ UDF_LABEL_LVID, "Logical Volume Identifier", "lvid" },
	{ UDF_LABEL_VID, "Volume Identifier", "vid" },
	{ UDF_LABEL_FSID, "File Set Identifier", "fsid" },
	{ UDF_LABEL_OWNER, "Owner name", "owner" },
	{ UDF_LABEL_ORGANIZATION, "Organization name", "organization" },
	{ UDF_LABEL_CONTACT, "Contact information", "contact" },
	{ UDF_LABEL_APPLICATION, "Application Identifier", "app_id" },
	{ UDF_LABEL_IMPLEMENTATION, "Implementation Identifier", "imp_id" },
	{ UDF_LABEL_UUID, "UUID", "uuid" },
	{ UDF_LABEL_VSID, "Volume Set Identifier", "vsid" },
	{ UDF_LABEL_FULL_VSID, "full Volume Set Identifier", "full_vsid" },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

void print_label(const struct request *req, const struct udf_labels *labels)
{
	cli_put_text(stdout, req->encoding, labels->texts[UDF_LABEL_LVID]);
	putchar('\n');
}

/* Does REQ change FIELD?  The three parts of the volume set identifier go together. */
static bool is_asked_for(const struct request *req, enum udf_label_field field)
{
	const char *const *texts = req->change.texts;

	if (field == UDF_LABEL_LVID || field == UDF_LABEL_VID)
		return req->change.label || texts[field];
	if (field == UDF_LABEL_UUID || field == UDF_LABEL_VSID || field == UDF_LABEL_FULL_VSID)
		return texts[UDF_LABEL_UUID] || texts[UDF_LABEL_VSID] || texts[UDF_LABEL_FULL_VSID];
	return texts[field] != NULL;
}

void print_new(const struct request *req, const struct udf_labels *labels)
{
	if (req->no_write)
		puts("Note: Not writing to device, just simulating");
	printf("Updating device: ");
	cli_put_name(stdout, req->device);
	putchar('\n');
	for (size_t i = 0; i < N_ROWS; i++) {
		if (!is_asked_for(req, rows[i].field))
			continue;
		printf("Using new %s: ", rows[i].name);
		cli_put_text(stdout, req->encoding, labels->texts[rows[i].field]);
		putchar('\n');
	}
	if (req->change.protect != UDF_LABEL_PROTECT_KEEP)
		printf("Using new Write Protection: %s\n", labels->soft_protect ? "on" : "off");
}

static const char *descriptor_name(uint16_t tag_id)
{
	switch (tag_id) {
	case UDF_TAG_PVD:
		return "Primary Volume Descriptor";
	case UDF_TAG_LVD:
		return "Logical Volume Descriptor";
	case UDF_TAG_IUVD:
		return "Implementation Use Volume Descriptor";
	case UDF_TAG_PD:
		return "Partition Descriptor";
	case UDF_TAG_USD:
		return "Unallocated Space Descriptor";
	default:
		return "Volume Descriptor";
	}
}

static void print_copy(const struct udf_label_plan *plan, enum udf_vds_copy copy, const char *name)
{
	struct udf_vds_write writes[UDF_VDS_MAX_WRITES];
	unsigned n = udf_vds_pair_writes(udf_label_plan_pair(plan), copy, writes);

	for (unsigned i = 0; i < n; i++)
		printf("Updating %s %s...\n  ... at block %lu\n", name, descriptor_name(writes[i].tag_id),
		       (unsigned long)writes[i].lsn);
}

void print_writes(const struct request *req, const struct udf_label_plan *plan)
{
	uint64_t lsn;
	bool moves;

	if (udf_label_plan_file_set(plan, &lsn, &moves)) {
		puts("Updating File Set Descriptor...");
		if (moves && req->no_write)
			puts("  ... in a free block");
		else
			printf("  ... at block %llu\n", (unsigned long long)lsn);
	}
	print_copy(plan, UDF_VDS_RESERVE, "Reserve");
	print_copy(plan, UDF_VDS_MAIN, "Main");
	puts("Done");
}

void print_json(const struct request *req, const struct udf_labels *labels, bool changed)
{
	struct cli_json json = { .out = stdout };

	cli_json_object(&json, NULL);
	cli_json_text(&json, "filename", req->device);
	cli_json_text(&json, "label", labels->texts[UDF_LABEL_LVID]);
	for (size_t i = 0; i < N_ROWS; i++)
		cli_json_text(&json, rows[i].key, labels->texts[rows[i].field]);
	cli_json_bool(&json, "soft_write_protect", labels->soft_protect);
	cli_json_bool(&json, "hard_write_protect", labels->hard_protect);
	cli_json_bool(&json, "changed", changed);
	cli_json_bool(&json, "written", changed && !req->no_write);
	cli_json_object_end(&json);
}
