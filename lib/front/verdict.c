/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Says what is there when no volume opens, and decides whether it may be overwritten. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/cs0.h"
#include "base/quoted.h"
#include "cli/cli.h"
#include "front/internal.h"
#include "medium/medium.h"

#define LABEL_BYTES 520u

/* The beginning of PATH, or all places of an anchor, can't be read: nobody knows what it holds. */
static void unreadable_text(enum udf_err err, char *ret_text, size_t cap)
{
	snprintf(ret_text, cap, "cannot be read: %s%s", udf_strerror(err),
		 err == UDF_E_MEDIUM || err == UDF_E_IO ? "; the kernel's log (dmesg) may say more" : "");
}

/* "a", "a and b", "a, b and c". */
static void join(const char *const *words, unsigned n, char *ret, size_t cap)
{
	size_t used = 0;

	ret[0] = '\0';
	for (unsigned i = 0; i < n && used < cap; i++)
		used += (size_t)snprintf(ret + used, cap - used, "%s%s", i == 0 ? "" : i + 1 == n ? " and " : ", ",
					 words[i]);
}

/* The label in a dstring, for a message.  False, and RET_LABEL is not changed, where it can't be read. */
static bool read_label(const uint8_t *dstring, size_t n_bytes, char ret_label[LABEL_BYTES])
{
	char label[LABEL_BYTES];

	if (udf_dstring_to_utf8(dstring, n_bytes, label, sizeof(label)))
		return false;
	udf_replace_controls(label);
	memcpy(ret_label, label, LABEL_BYTES);
	return true;
}

/* "a damaged UDF volume 'label': it has lost its anchors, and still has its recognition sequence ...". */
static void damaged_text(const struct udf_traces *t, char *ret_text, size_t cap)
{
	const struct {
		bool is_there;
		const char *name;
	} parts[] = {
		{ t->has_recognition, "recognition sequence" },
		{ t->n_anchors > 0, t->n_anchors == 1 ? "anchor" : "anchors" },
		{ t->n_sequences > 0, t->n_sequences == 1 ? "descriptor sequence" : "descriptor sequences" },
		{ t->has_file_set, "file set descriptor" },
	};
	const char *there[4], *missing[4];
	unsigned n_there = 0, n_missing = 0;
	char label[LABEL_BYTES] = "", quoted[LABEL_BYTES + 8] = "", there_text[128], missing_text[128];

	for (unsigned i = 0; i < 4; i++) {
		if (parts[i].is_there)
			there[n_there++] = parts[i].name;
		else
			missing[n_missing++] = parts[i].name;
	}
	join(there, n_there, there_text, sizeof(there_text));
	join(missing, n_missing, missing_text, sizeof(missing_text));
	if (t->n_sequences && read_label(t->label, sizeof(t->label), label) && label[0])
		snprintf(quoted, sizeof(quoted), " '%s'", label);
	snprintf(ret_text, cap, "a damaged UDF volume%s: it has %s%s%s%s", quoted,
		 n_missing ? "lost its " : "every structure by which a volume is found, but they are not consistent",
		 n_missing ? missing_text : "", n_there && n_missing ? ", and still has its " : "",
		 n_missing ? there_text : "");
}

/* What to do with it.  TOOL need not name itself. */
static void advice_text(const char *tool, const char *path, const struct udf_traces *t, char *ret_text, size_t cap)
{
	bool wants_recognition = !t->has_recognition && t->n_anchors && t->n_sequences;
	char quoted[UDF_QUOTED_BYTES];

	if (wants_recognition)
		snprintf(ret_text, cap, "; do not change it, and copy off what you need: "
			 "udffuse -o ro,novrs %s DIRECTORY", udf_quoted(path, quoted));
	else if (strcmp(tool, "udffsck") == 0)
		snprintf(ret_text, cap, "; do not change it, and work on a copy of it (made with dd or ddrescue)");
	else
		snprintf(ret_text, cap, "; do not change it, and work on a copy of it (made with dd or ddrescue); "
			 "'udffsck -n %s' reports more", udf_quoted(path, quoted));
}

static void nothing_text(const struct udf_traces *t, char *ret_text, size_t cap)
{
	if (t->is_zero && t->was_read_whole)
		snprintf(ret_text, cap, "not a UDF volume: it is empty, nothing but zeros; mkudffs makes a volume");
	else if (t->is_zero)
		snprintf(ret_text, cap, "not a UDF volume: it is empty, its first and last 10 MiB are zeros; "
			 "mkudffs makes a volume");
	else
		snprintf(ret_text, cap, "no UDF volume found: there is no trace of one in its first and last 10 MiB, "
			 "and libblkid does not know what it holds");
}

/* Were other blocks asked for than the volume has? */
static bool has_other_blocks(struct bio *bio, const struct udf_vol_options *how, uint32_t *ret_block_bytes)
{
	struct udf_vol_options any = *how;
	struct udf_vol *vol = NULL;

	any.block_bytes = 0;
	if (!how->block_bytes || udf_vol_open(bio, &any, NULL, NULL, &vol))
		return false;
	*ret_block_bytes = vol->block_bytes;
	udf_vol_close(vol);
	return true;
}

bool front_is_foreign(const char *path)
{
	char type[64] = "", label[256] = "", contents[MEDIUM_PATH_BYTES];

	return !cli_probe(medium_contents_path(path, contents), type, label) && type[0] && strcmp(type, "udf") != 0;
}

void front_no_volume_text(const char *tool, const char *path, struct bio *bio, const struct udf_vol_options *how,
			  enum udf_err err, char *ret_text, size_t cap)
{
	char type[64] = "", label[256] = "", what[CLI_SIGNATURE_BYTES], quoted[UDF_QUOTED_BYTES];
	char contents[MEDIUM_PATH_BYTES];
	struct udf_traces traces;
	uint32_t block_bytes;
	enum udf_err look_err, probe_err;

	if (err == UDF_E_NOMEM || err == UDF_E_UNSUPPORTED || err == UDF_E_INVAL) {
		snprintf(ret_text, cap, "cannot open the volume: %s", udf_strerror(err));
		return;
	}
	if (err == UDF_E_MEDIUM || err == UDF_E_IO) {
		unreadable_text(err, ret_text, cap);
		return;
	}
	if (how->block_bytes && bio->geometry.n_blocks < how->block_bytes / bio->geometry.block_bytes) {
		snprintf(ret_text, cap, "no UDF volume with blocks of %u bytes: it is smaller than one of them",
			 how->block_bytes);
		return;
	}
	if (has_other_blocks(bio, how, &block_bytes)) {
		snprintf(ret_text, cap, "no UDF volume with blocks of %u bytes: its blocks have %u bytes",
			 how->block_bytes, block_bytes);
		return;
	}
	/* What is there now may have left traces of a volume that was there before. */
	probe_err = cli_probe(medium_contents_path(path, contents), type, label);
	if (probe_err && probe_err != UDF_E_UNSUPPORTED) {
		unreadable_text(probe_err, ret_text, cap);
		return;
	}
	if (type[0] && strcmp(type, "udf") != 0) {
		cli_signature_text(type, label, what);
		if (strcmp(type, "iso9660") == 0 && !medium_is_simulated(path))
			snprintf(ret_text, cap, "not a UDF volume: it holds %s; 'mount -o ro %s DIRECTORY' mounts that",
				 what, udf_quoted(path, quoted));
		else
			snprintf(ret_text, cap, "not a UDF volume: it holds %s", what);
		return;
	}
	look_err = udf_vol_look(bio, &traces);
	if (look_err) {
		snprintf(ret_text, cap, "cannot open the volume: %s", udf_strerror(look_err));
	} else if (udf_traces_are_any(&traces)) {
		damaged_text(&traces, ret_text, cap);
		advice_text(tool, path, &traces, ret_text + strlen(ret_text), cap - strlen(ret_text));
	} else if (traces.is_unreadable) {
		unreadable_text(UDF_E_MEDIUM, ret_text, cap);
	} else {
		nothing_text(&traces, ret_text, cap);
	}
}

/* ---- overwriting ---- */

/*
 * Does a volume open there?  Also where this version can't read all of it, as with partition maps that it doesn't know:
 * that is no damage.  RET_LABEL is its own label; it is not changed where none can be read.
 */
static bool is_whole_volume(struct bio *bio, char ret_label[LABEL_BYTES])
{
	const struct udf_vol_options partial = { .allow_partial = true };
	struct udf_vol *vol = NULL;
	enum udf_err err = udf_vol_open(bio, &partial, NULL, NULL, &vol);
	bool is_whole = err == UDF_E_UNSUPPORTED;

	if (!err) {
		is_whole = vol->fsd.tag.id != 0;
		for (unsigned i = 0; i < vol->n_parts; i++)
			is_whole |= vol->parts[i].kind != UDF_MAP_PHYSICAL && vol->parts[i].kind != UDF_MAP_SPARABLE;
		(void)read_label(vol->lvd.logical_volume_id, sizeof(vol->lvd.logical_volume_id), ret_label);
	}
	udf_vol_close(vol);
	return is_whole;
}

/* UDF_OK and RET_WHAT "" where nothing is there; "the UDF volume 'label'", "a damaged UDF volume: ...". */
static enum udf_err find_volume(const char *path, const char *probed_label, char *ret_what, size_t cap,
				bool *ret_damaged)
{
	const struct medium_options read_only = { .read_only = true };
	char label[LABEL_BYTES];
	struct udf_traces traces;
	struct bio *bio = NULL;
	enum udf_err err = medium_open(path, &read_only, &bio, NULL, NULL);

	*ret_damaged = false;
	ret_what[0] = '\0';
	if (err)
		return err;
	snprintf(label, sizeof(label), "%s", probed_label);
	if (is_whole_volume(bio, label)) {
		snprintf(ret_what, cap, "the UDF volume '%s'", label);
	} else {
		err = udf_vol_look(bio, &traces);
		*ret_damaged = !err && udf_traces_are_any(&traces);
		if (*ret_damaged)
			damaged_text(&traces, ret_what, cap);
	}
	bio_close(bio);
	return err;
}

enum udf_err front_may_overwrite(const char *tool, const char *path, bool force, const char *option)
{
	char type[64] = "", label[256] = "", signature[CLI_SIGNATURE_BYTES], contents[MEDIUM_PATH_BYTES];
	char what[FRONT_WHY_BYTES], question[FRONT_WHY_BYTES + 32];
	bool is_damaged;
	enum udf_err err;

	if (force)
		return UDF_OK;
	err = cli_probe(medium_contents_path(path, contents), type, label);
	if (!err && type[0] && strcmp(type, "udf") != 0) {
		cli_signature_text(type, label, signature);
		cli_say("%s: %s: holds %s; use %s to overwrite it", tool, path, signature, option);
		return UDF_E_EXISTS;
	}
	if (!err)
		err = find_volume(path, label, what, sizeof(what), &is_damaged);
	if (err) {
		cli_error(tool, path, "cannot find out what it holds", err, 0);
		return err;
	}
	if (!what[0])
		return UDF_OK;
	if (cli_can_ask()) {
		snprintf(question, sizeof(question), "holds %s; overwrite it", what);
		return cli_agrees(tool, path, question) ? UDF_OK : UDF_E_CANCELLED;
	}
	if (is_damaged) {
		cli_say("%s: %s: holds %s; use %s to overwrite it", tool, path, what, option);
		return UDF_E_EXISTS;
	}
	cli_say("%s: %s: overwriting %s", tool, path, what);
	return UDF_OK;
}
