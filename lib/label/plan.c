// SPDX-License-Identifier: GPL-2.0-or-later
/* Making new descriptors in memory from the requested changes, and why labels can't be changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cs0.h"
#include "label/internal.h"

#define UUID_DIGITS 16u

/* ---- may it be changed? ---- */

/* A reason in the state of the volume, or NULL.  Force does not override it. */
static const char *why_state_forbids(const struct udf_vol *vol)
{
	if (vol->bio->geometry.access == BIO_SEQUENTIAL)
		return "the medium can only be appended to";
	if (vol->lvid_lsn == 0)
		return "no integrity descriptor can be read, so whether the volume is whole is not known";
	if (udf_vol_is_marked_open(vol) && !udf_vol_is_ours(vol))
		return "another system left the volume open; have that system mount and unmount it first";
	if (vol->revision > UDF_REVISION_WRITE || (vol->lvid.impl_use_bytes >= UDF_LVID_IMPL_BYTES &&
						   vol->lvid_impl.min_write_revision > UDF_REVISION_WRITE))
		return "its UDF revision is above 2.01";
	if (vol->fsd.tag.id == 0)
		return "no file set descriptor can be read";
	return NULL;
}

/* A reason in the access type of a partition, or NULL. */
static const char *why_access_forbids(const struct udf_vol *vol, enum udf_label_protect protect)
{
	unsigned i;

	for (i = 0; i < vol->n_parts; i++) {
		switch (vol->parts[i].access_type) {
		case UDF_ACCESS_REWRITABLE:
		case UDF_ACCESS_OVERWRITABLE:
			break;
		case UDF_ACCESS_READ_ONLY:
			if (protect == UDF_LABEL_PROTECT_OFF)
				return "the partition is read-only by its access type, and has no record of free "
				       "space: clearing the write protection would not make it writable";
			return "the partition is read-only by its access type";
		case UDF_ACCESS_WRITE_ONCE:
			return "the partition is write-once by its access type";
		case UDF_ACCESS_PSEUDO_OVERWRITABLE:
			return "the partition is pseudo-overwritable, which this version can't write";
		default:
			return "the access type of the partition is unknown";
		}
	}
	return NULL;
}

static const char why_soft[] = "the volume is write-protected (soft)";

static const char *why_protected(const struct udf_vol *vol, enum udf_label_protect protect)
{
	uint8_t flags = vol->lvd.domain.suffix[2] | vol->fsd.domain.suffix[2];

	if (flags & UDF_DOMAIN_HARD_PROTECT)
		return "the volume is write-protected (hard)";
	if ((flags & UDF_DOMAIN_SOFT_PROTECT) && protect == UDF_LABEL_PROTECT_KEEP)
		return why_soft;
	return NULL;
}

/* Why VOL can't be changed, or NULL.  *RET_OVERRIDDEN: a reason that force overrides, or NULL. */
static const char *why_refused(const struct udf_vol *vol, const struct udf_label_change *change,
			       const char **ret_overridden)
{
	const char *why = why_state_forbids(vol);

	*ret_overridden = NULL;
	if (why)
		return why;
	why = why_access_forbids(vol, change->protect);
	if (!why)
		why = why_protected(vol, change->protect);
	if (why && change->force) {
		*ret_overridden = why;
		return NULL;
	}
	return why;
}

/* ---- texts ---- */

/* Record TEXT in a field of FIELD_BYTES, which holds the compression id, the text and its length. */
static enum udf_err set_text(const struct udf_label_change *change, const char *text, const char *what,
			     uint8_t *field, size_t field_bytes, char *ret_why)
{
	uint8_t bytes[128];
	enum udf_err err;

	if (!text)
		return UDF_OK;
	err = udf_dstring_set(text, change->text_8bit, bytes, field_bytes);
	if (err == UDF_E_NAME_TOO_LONG)
		snprintf(ret_why, UDF_LABEL_WHY_BYTES, "the %s is too long: at most %zu characters, or %zu if not all "
			 "of them are Latin-1", what, field_bytes - 2, (field_bytes - 2) / 2);
	else if (err)
		snprintf(ret_why, UDF_LABEL_WHY_BYTES, "the %s has a character that UDF can't record", what);
	else
		memcpy(field, bytes, field_bytes);
	return err;
}

static enum udf_err set_regid(const char *text, const char *what, struct udf_regid *id, char *ret_why)
{
	size_t n, i;

	if (!text)
		return UDF_OK;
	n = strlen(text);
	if (n > 0 && (n < 2 || text[0] != '*')) {
		snprintf(ret_why, UDF_LABEL_WHY_BYTES, "the %s does not begin with '*' and a name", what);
		return UDF_E_INVAL;
	}
	if (n > sizeof(id->id)) {
		snprintf(ret_why, UDF_LABEL_WHY_BYTES, "the %s is too long: at most %zu characters", what,
			 sizeof(id->id));
		return UDF_E_NAME_TOO_LONG;
	}
	for (i = 0; i < n; i++) {
		if ((unsigned char)text[i] >= 0x80) {
			snprintf(ret_why, UDF_LABEL_WHY_BYTES, "the %s is not in ASCII", what);
			return UDF_E_INVAL;
		}
	}
	memset(id->id, 0, sizeof(id->id));
	memcpy(id->id, text, n);
	return UDF_OK;
}

static bool is_uuid(const char *text)
{
	return strlen(text) == UUID_DIGITS && strspn(text, "0123456789abcdef") == UUID_DIGITS;
}

/* The volume set identifier: a complete new one, or the old one with another uuid or another text after the uuid. */
static enum udf_err set_vsid(const struct udf_label_change *change, const struct udf_vol *vol,
			     struct udf_pvd *pvd, char *ret_why)
{
	const char *uuid = change->texts[UDF_LABEL_UUID], *vsid = change->texts[UDF_LABEL_VSID];
	const char *full = change->texts[UDF_LABEL_FULL_VSID];
	char text[UUID_DIGITS + 1024];
	struct udf_labels old;

	if (uuid && !is_uuid(uuid)) {
		snprintf(ret_why, UDF_LABEL_WHY_BYTES, "the uuid is not 16 hexadecimal digits in lower case");
		return UDF_E_INVAL;
	}
	if (full)
		return set_text(change, full, "volume set identifier", pvd->volume_set_id, 128, ret_why);
	if (!uuid && !vsid)
		return UDF_OK;
	udf_labels_read(vol, &old);
	if ((!uuid || !vsid) && strspn(old.texts[UDF_LABEL_FULL_VSID], "0123456789abcdefABCDEF") < UUID_DIGITS) {
		snprintf(ret_why, UDF_LABEL_WHY_BYTES, "the volume set identifier does not begin with a uuid of 16 "
			 "hexadecimal digits; give both --uuid and --vsid");
		return UDF_E_INVAL;
	}
	snprintf(text, sizeof(text), "%s%s", uuid ? uuid : old.texts[UDF_LABEL_UUID],
		 vsid ? vsid : old.texts[UDF_LABEL_VSID]);
	return set_text(change, text, "volume set identifier", pvd->volume_set_id, 128, ret_why);
}

static enum udf_err set_lvid(const struct udf_label_change *change, struct udf_label_plan *plan, char *ret_why)
{
	const char *lvid = change->label ? change->label : change->texts[UDF_LABEL_LVID];
	enum udf_err err;

	if (!lvid)
		return UDF_OK;
	err = set_text(change, lvid, "label", plan->lvd.logical_volume_id, 128, ret_why);
	memcpy(plan->iuvd.logical_volume_id, plan->lvd.logical_volume_id, 128);
	memcpy(plan->fsd.logical_volume_id, plan->lvd.logical_volume_id, 128);
	return err;
}

static enum udf_err set_vid(const struct udf_label_change *change, struct udf_label_plan *plan, char *ret_why)
{
	if (change->label)
		return udf_dstring_set_cut(change->label, change->text_8bit, plan->pvd.volume_id, 32);
	return set_text(change, change->texts[UDF_LABEL_VID], "volume identifier", plan->pvd.volume_id, 32, ret_why);
}

static enum udf_err set_texts(const struct udf_label_change *change, struct udf_label_plan *plan, char *ret_why)
{
	const char *const *texts = change->texts;
	struct udf_iuvd *iuvd = &plan->iuvd;
	enum udf_err err = set_lvid(change, plan, ret_why);

	if (!err)
		err = set_vid(change, plan, ret_why);
	if (!err)
		err = set_vsid(change, plan->vol, &plan->pvd, ret_why);
	if (!err)
		err = set_text(change, texts[UDF_LABEL_FSID], "file set identifier", plan->fsd.file_set_id, 32,
			       ret_why);
	if (!err && !iuvd->tag.id &&
	    (texts[UDF_LABEL_OWNER] || texts[UDF_LABEL_ORGANIZATION] || texts[UDF_LABEL_CONTACT])) {
		snprintf(ret_why, UDF_LABEL_WHY_BYTES, "the volume has no descriptor that holds owner, organization "
			 "and contact");
		return UDF_E_UNSUPPORTED;
	}
	if (!err)
		err = set_text(change, texts[UDF_LABEL_OWNER], "owner", iuvd->lv_info1, 36, ret_why);
	if (!err)
		err = set_text(change, texts[UDF_LABEL_ORGANIZATION], "organization", iuvd->lv_info2, 36, ret_why);
	if (!err)
		err = set_text(change, texts[UDF_LABEL_CONTACT], "contact", iuvd->lv_info3, 36, ret_why);
	if (!err)
		err = set_regid(texts[UDF_LABEL_APPLICATION], "application identifier", &plan->pvd.application,
				ret_why);
	if (!err)
		err = set_regid(texts[UDF_LABEL_IMPLEMENTATION], "implementation identifier", &plan->pvd.impl,
				ret_why);
	return err;
}

static void set_protection(enum udf_label_protect protect, struct udf_label_plan *plan)
{
	uint8_t *const flags[] = { &plan->lvd.domain.suffix[2], &plan->fsd.domain.suffix[2] };
	unsigned i;

	for (i = 0; i < 2; i++) {
		if (protect == UDF_LABEL_PROTECT_ON)
			*flags[i] |= UDF_DOMAIN_SOFT_PROTECT;
		else if (protect == UDF_LABEL_PROTECT_OFF)
			*flags[i] &= (uint8_t)~UDF_DOMAIN_SOFT_PROTECT;
	}
}

/* ---- the plan ---- */

static enum udf_err read_pair(struct udf_label_plan *plan, char *ret_why)
{
	const char *why = NULL;
	enum udf_err err = udf_vds_pair_read(plan->vol, &plan->pair, &why);

	if (why)
		snprintf(ret_why, UDF_LABEL_WHY_BYTES, "%s", why);
	return err;
}

/* Compare as bytes: two equal descriptors may differ in the padding of their structs. */
static bool fsd_differs(const struct udf_fsd *a, const struct udf_fsd *b)
{
	uint8_t a_bytes[UDF_DESCRIPTOR_BYTES], b_bytes[UDF_DESCRIPTOR_BYTES];

	memset(a_bytes, 0, sizeof(a_bytes));
	memset(b_bytes, 0, sizeof(b_bytes));
	udf_fsd_encode(a, a_bytes);
	udf_fsd_encode(b, b_bytes);
	return memcmp(a_bytes, b_bytes, sizeof(a_bytes)) != 0;
}

static void compare(struct udf_label_plan *plan)
{
	const struct udf_vds_contents contents = { &plan->pvd, &plan->lvd, plan->iuvd.tag.id ? &plan->iuvd : NULL };
	struct udf_vds_write writes[UDF_VDS_MAX_WRITES];

	udf_vds_pair_set(plan->pair, &contents);
	plan->changes_vds = udf_vds_pair_writes(plan->pair, UDF_VDS_MAIN, writes) > 0;
	plan->changes_fsd = fsd_differs(&plan->fsd, &plan->vol->fsd);
	/*
	 * A single block is old or new by itself.  Where other blocks change too, it has to move, so that it changes
	 * together with them.  On a device that was opened for reading this says what a write would try.
	 */
	plan->moves_fsd = plan->changes_vds && plan->changes_fsd &&
			  (plan->vol->bio->geometry.access == BIO_READ_ONLY || !udf_vol_why_read_only(plan->vol));
}

enum udf_err udf_label_plan_new(struct udf_vol *vol, const struct udf_label_change *change,
				struct udf_label_plan **ret_plan, char ret_why[UDF_LABEL_WHY_BYTES])
{
	const char *why, *overridden;
	struct udf_label_plan *plan;
	enum udf_err err;

	ret_why[0] = 0;
	why = why_refused(vol, change, &overridden);
	if (why) {
		snprintf(ret_why, UDF_LABEL_WHY_BYTES, "%s%s", why,
			 why == why_soft ? "; --read-only=off clears that" : "");
		return UDF_E_READ_ONLY;
	}
	plan = calloc(1, sizeof(*plan));
	if (!plan)
		return UDF_E_NOMEM;
	plan->vol = vol;
	plan->warning = overridden;
	err = read_pair(plan, ret_why);
	if (err)
		goto out;
	plan->pvd = vol->pvd;
	plan->lvd = vol->lvd;
	plan->iuvd = vol->iuvd;
	plan->fsd = vol->fsd;
	err = set_texts(change, plan, ret_why);
	if (err)
		goto out;
	set_protection(change->protect, plan);
	compare(plan);
out:
	if (err)
		udf_label_plan_free(plan);
	else
		*ret_plan = plan;
	return err;
}

void udf_label_plan_free(struct udf_label_plan *plan)
{
	if (!plan)
		return;
	udf_vds_pair_free(plan->pair);
	free(plan);
}

const char *udf_label_plan_warning(const struct udf_label_plan *plan)
{
	return plan->warning;
}

const struct udf_vds_pair *udf_label_plan_pair(const struct udf_label_plan *plan)
{
	return plan->pair;
}

bool udf_label_plan_file_set(const struct udf_label_plan *plan, uint64_t *ret_lsn, bool *ret_moves)
{
	uint32_t n;

	*ret_moves = plan->moves_fsd;
	if (udf_vol_map(plan->vol, plan->vol->fsd_at.part_ref, plan->vol->fsd_at.lbn, 1, ret_lsn, &n))
		*ret_lsn = 0;
	return plan->changes_fsd;
}
