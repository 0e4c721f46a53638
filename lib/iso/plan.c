/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What image is wanted: defaults, and what can't be. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "iso/iso.h"

#define MAX_BOOTS 32u

void udf_iso_plan_init(struct udf_iso_plan *plan)
{
	*plan = (struct udf_iso_plan){
		.level = 3,
		.hard_links = true,
		.owners = { .uid = -1, .gid = -1, .dir_mode = -1, .file_mode = -1, .new_dir_mode = -1 },
		.pad_blocks = UDF_ISO_PAD_BLOCKS,
	};
}

static enum udf_err __attribute__((format(printf, 2, 3))) wrong(char *ret_why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ret_why, UDF_ISO_WHY_BYTES, format, args);
	va_end(args);
	return UDF_E_INVAL;
}

/* The fields of the primary volume descriptor (ECMA-119 8.4), in bytes. */
static enum udf_err check_ids(const struct udf_iso_ids *ids, char *ret_why)
{
	const struct {
		const char *text, *name;
		size_t cap;
	} fields[] = {
		{ ids->volume, "the volume id", 32 },
		{ ids->system, "the system id", 32 },
		{ ids->volume_set, "the volume set id", 128 },
		{ ids->publisher, "the publisher", 128 },
		{ ids->preparer, "the preparer", 128 },
		{ ids->application, "the application id", 128 },
		{ ids->copyright, "the name of the copyright file", 37 },
		{ ids->abstract, "the name of the abstract file", 37 },
		{ ids->bibliography, "the name of the bibliography file", 37 },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].text && strlen(fields[i].text) > fields[i].cap)
			return wrong(ret_why, "%s '%s' has %zu bytes; at most %zu fit", fields[i].name,
				     fields[i].text, strlen(fields[i].text), fields[i].cap);
	return UDF_OK;
}

enum udf_err udf_iso_plan_check(const struct udf_iso_plan *plan, char ret_why[UDF_ISO_WHY_BYTES])
{
	enum udf_err err = check_ids(&plan->ids, ret_why);

	if (err)
		return err;
	if (plan->level < 1 || plan->level > 3)
		return wrong(ret_why, "there is no ISO level %u", plan->level);
	if (plan->n_boots > MAX_BOOTS)
		return wrong(ret_why, "%zu boot images are too many; a boot catalog has room for %u", plan->n_boots,
			     MAX_BOOTS);
	if (plan->isohybrid && !plan->system_area)
		return wrong(ret_why, "there is no MBR for isohybrid");
	if (plan->isohybrid && plan->n_boots == 0)
		return wrong(ret_why, "isohybrid needs isolinux as boot image");
	if ((plan->acls || plan->xattrs) && !plan->rock_ridge)
		return wrong(ret_why, "access control lists and extended attributes are recorded with Rock Ridge only");
	if (plan->previous && plan->start_block <= plan->previous_block)
		return wrong(ret_why, "the new session would begin at block %u, which is not after the previous one "
			     "at block %u", (unsigned)plan->start_block, (unsigned)plan->previous_block);
	return UDF_OK;
}
