/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is there anything in the tree that the previous session does not have? */
#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "iso/internal.h"

#define IMAGE_ID_BYTES 128u

struct taking {
	const struct udf_iso_image *image;
	void *md5;
	IsoDir **stack;			/* directories that are still to be read */
	size_t n, cap;
	bool failed;
};

static void take(struct taking *t, const void *data, size_t n_bytes)
{
	if (!t->failed && iso_md5_compute(t->md5, (char *)(uintptr_t)data, (int)n_bytes) < 0)
		t->failed = true;
}

static void take_number(struct taking *t, uint64_t n)
{
	take(t, &n, sizeof(n));
}

static void take_text(struct taking *t, const char *text)
{
	take(t, text ? text : "", text ? strlen(text) + 1 : 1);
}

/* As it is recorded: capital letters, digits and '_'. */
static void take_id(struct taking *t, const char *id)
{
	char text[IMAGE_ID_BYTES];
	size_t n = 0;

	for (; id && *id && n + 1 < sizeof(text); id++)
		text[n++] = isalnum((unsigned char)*id) ? (char)toupper((unsigned char)*id) : '_';
	while (n && text[n - 1] == '_')
		n--;
	text[n] = '\0';
	take_text(t, text);
}

static void take_ids(struct taking *t)
{
	IsoImage *iso = t->image->iso;

	take_text(t, iso_image_get_volume_id(iso));
	take_text(t, iso_image_get_volset_id(iso));
	take_id(t, iso_image_get_publisher_id(iso));
	take_id(t, iso_image_get_data_preparer_id(iso));
	take_id(t, iso_image_get_application_id(iso));
	take_id(t, iso_image_get_system_id(iso));
	take_id(t, iso_image_get_copyright_file_id(iso));
	take_id(t, iso_image_get_abstract_file_id(iso));
	take_id(t, iso_image_get_biblio_file_id(iso));
}

static void take_attributes(struct taking *t, IsoNode *node)
{
	size_t n = 0, *lengths = NULL;
	char **names = NULL, **values = NULL;

	if (iso_node_get_attrs(node, &n, &names, &lengths, &values, 0) < 0)
		t->failed = true;
	for (size_t i = 0; i < n && !t->failed; i++) {
		take_text(t, names[i]);
		take_number(t, lengths[i]);
		take(t, values[i], lengths[i]);
	}
	(void)iso_node_get_attrs(node, &n, &names, &lengths, &values, 1 << 15);
}

/* Where the previous session has the data; of what was added: 0. */
static uint32_t old_block(IsoNode *node)
{
	uint32_t lba = 0;

	return iso_node_get_old_image_lba(node, &lba, 0) == 1 ? lba : 0;
}

static void push(struct taking *t, IsoDir *dir)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 64;
		IsoDir **more = reallocarray(t->stack, cap, sizeof(IsoDir *));

		t->failed |= !more;
		if (!more)
			return;
		t->stack = more;
		t->cap = cap;
	}
	t->stack[t->n++] = dir;
}

static void take_node(struct taking *t, IsoNode *node)
{
	struct udf_iso_times times;
	dev_t dev;

	take_text(t, iso_node_get_name(node));
	take_number(t, (uint64_t)iso_node_get_type(node));
	udf_iso_times_get(node, &times);
	take_number(t, (uint64_t)times.modified);
	if (t->image->plan->rock_ridge) {
		take_number(t, iso_node_get_mode(node));
		take_number(t, iso_node_get_uid(node));
		take_number(t, iso_node_get_gid(node));
	}
	if (t->image->plan->acls || t->image->plan->xattrs)
		take_attributes(t, node);
	if (ISO_NODE_IS_DIR(node)) {
		push(t, (IsoDir *)node);
	} else if (ISO_NODE_IS_FILE(node)) {
		take_number(t, (uint64_t)iso_file_get_size((IsoFile *)node));
		take_number(t, old_block(node));
	} else if (ISO_NODE_IS_SYMLINK(node)) {
		take_text(t, iso_symlink_get_dest((IsoSymlink *)node));
	} else if (ISO_NODE_IS_SPECIAL(node)) {
		dev = iso_special_get_dev((IsoSpecial *)node);
		take(t, &dev, sizeof(dev));
	}
}

static void take_tree(struct taking *t)
{
	IsoDirIter *iter;
	IsoNode *node;

	take_node(t, (IsoNode *)iso_image_get_root(t->image->iso));
	while (t->n && !t->failed) {
		IsoDir *dir = t->stack[--t->n];

		take_number(t, (uint64_t)iso_dir_get_children_count(dir));
		if (iso_dir_get_children(dir, &iter) < 0) {
			t->failed = true;
			break;
		}
		while (!t->failed && iso_dir_iter_next(iter, &node) == 1)
			take_node(t, node);
		iso_dir_iter_free(iter);
	}
}

bool udf_iso_fingerprint_take(const struct udf_iso_image *image, uint8_t ret_md5[UDF_ISO_MD5_BYTES])
{
	struct taking t = { .image = image };

	if (iso_md5_start(&t.md5) < 0)
		return false;
	take_ids(&t);
	take_tree(&t);
	free(t.stack);
	if (iso_md5_end(&t.md5, (char *)ret_md5) < 0)
		t.failed = true;
	return !t.failed;
}

bool udf_iso_is_unchanged(const struct udf_iso_image *image)
{
	const struct udf_iso_plan *plan = image->plan;
	const struct udf_iso_previous *previous = &image->previous;
	uint8_t now[UDF_ISO_MD5_BYTES];

	if (!previous->is_known || image->counts.n_files || plan->n_boots || plan->system_area ||
	    plan->rock_ridge != previous->rock_ridge || plan->joliet != previous->joliet ||
	    plan->iso_1999 != previous->iso_1999 || (plan->checksums && !previous->checksums))
		return false;
	return udf_iso_fingerprint_take(image, now) && memcmp(now, previous->md5, sizeof(now)) == 0;
}
