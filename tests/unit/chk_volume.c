/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "chk_volume.h"

void volume_put_free_ea(struct volume *v, int node)
{
	static const uint8_t ea[] = {
		0x00, 0x08, 0, 0, 1, 0, 0, 0, 0x34, 0, 0, 0, 4, 0, 0, 0,
		0, '*', 'U', 'D', 'F', ' ', 'F', 'r', 'e', 'e', 'E', 'A', 'S', 'p', 'a', 'c',
		'e', 0, 0, 0, 0, 0, 0, 0, 0x01, 0x02, 4, 5, 0, 0, 0, 0, 0x6A, 0x05, 0, 0,
	};
	struct tree_node *n = &v->t.nodes[node];

	put_le32(n->eas + 16, UDF_EAHD_BYTES);
	put_le32(n->eas + 20, v->t.revision < 0x0200 ? UDF_EAHD_BYTES + sizeof(ea) : UDF_EA_NONE);
	memcpy(n->eas + UDF_EAHD_BYTES, ea, sizeof(ea));
	n->n_ea_bytes = UDF_EAHD_BYTES + sizeof(ea);
}

/* The EAHDs of the tree, whose tags say where the ICB lies, once that is known. */
static void seal_eas(struct volume *v)
{
	uint8_t *block = malloc(v->bs);
	uint32_t fixed = v->t.revision < 0x0200 ? UDF_FE_FIXED_BYTES : UDF_EFE_FIXED_BYTES;

	for (int i = 0; i < v->t.n_nodes; i++) {
		const struct tree_node *n = &v->t.nodes[i];

		if (!n->n_ea_bytes)
			continue;
		fx_read(&v->fx, tree_lsn(&v->t, n->lbn), 1, block);
		udf_tag_seal(block + fixed, UDF_TAG_EAHD, v->t.revision < 0x0200 ? 2 : 3, 1, n->lbn, 8);
		udf_tag_reseal(block);
		fx_write(&v->fx, tree_lsn(&v->t, n->lbn), 1, block);
	}
	free(block);
}

static void add_streams(struct volume *v)
{
	struct tree *t = &v->t;

	v->streams = tree_add(t, 0, "streams", UDF_FT_REGULAR, TREE_EMBEDDED, 9);
	v->s1 = tree_stream(t, v->streams, "s1", 20);
	tree_stream(t, v->streams, "*UDF UNIX ACL", 30);
	v->stream_of_dir = tree_stream(t, v->dir, "of dir", 5);
}

static void make_tree(struct volume *v)
{
	struct tree *t = &v->t;
	uint32_t bs = v->bs;
	const struct udf_timestamp time = { 0x1000, 2001, 9, 9, 1, 46, 40, 0, 0, 0 };
	uint16_t version = t->revision < 0x0200 ? 2 : 3;

	v->file = tree_add(t, 0, "file", UDF_FT_REGULAR, TREE_EMBEDDED, 6);
	v->data = tree_add(t, 0, "data", UDF_FT_REGULAR, TREE_SHORT, 2 * bs + 10);
	v->single = tree_add(t, 0, "single", UDF_FT_REGULAR, TREE_SHORT, 10);
	v->gaps = tree_add(t, 0, "gaps", UDF_FT_REGULAR, TREE_LONG, 5 * bs + 100);
	v->chain = tree_add(t, 0, "chain", UDF_FT_REGULAR, TREE_CHAIN, 3 * bs + 100);
	v->dir = tree_add(t, 0, "dir", UDF_FT_DIRECTORY, TREE_SHORT, 0);
	v->in_dir = tree_add(t, v->dir, "a", UDF_FT_REGULAR, TREE_EMBEDDED, 7);
	tree_add(t, v->dir, "b", UDF_FT_REGULAR, TREE_EMBEDDED, 8);
	v->sub = tree_add(t, v->dir, "sub", UDF_FT_DIRECTORY, TREE_EMBEDDED, 0);
	tree_add(t, v->sub, "x", UDF_FT_REGULAR, TREE_EMBEDDED, 1);
	v->big = tree_add(t, 0, "big", UDF_FT_DIRECTORY, TREE_SHORT, 0);
	for (int i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "name%03d", i);
		tree_link(t, v->big, name, v->in_dir);
	}
	v->link = tree_add(t, 0, "link", UDF_FT_SYMLINK, TREE_EMBEDDED, 10);
	v->slink = tree_add(t, 0, "slink", UDF_FT_SYMLINK, TREE_SHORT, 10);
	v->fifo = tree_add(t, v->dir, "fifo", UDF_FT_FIFO, TREE_EMBEDDED, 0);
	v->device = tree_add(t, v->dir, "device", UDF_FT_CHAR_DEVICE, TREE_EMBEDDED, 0);
	udf_device_ea_encode(5, 1, version, 1, 0, t->revision, t->nodes[v->device].eas);
	t->nodes[v->device].n_ea_bytes = UDF_DEVICE_EA_BYTES;
	v->times = tree_add(t, v->dir, "times", UDF_FT_REGULAR, TREE_EMBEDDED, 3);
	udf_creation_ea_encode(&time, version, 1, 0, t->revision, t->nodes[v->times].eas);
	t->nodes[v->times].n_ea_bytes = UDF_CREATION_EA_BYTES;
	v->ea = tree_add(t, v->dir, "ea", UDF_FT_REGULAR, TREE_EMBEDDED, 3);
	volume_put_free_ea(v, v->ea);
	v->with_ea_file = tree_add(t, v->dir, "with ea file", UDF_FT_REGULAR, TREE_EMBEDDED, 3);
	tree_ea_file(t, v->with_ea_file);
	v->old = tree_add(t, v->dir, "old", UDF_FT_REGULAR, TREE_EMBEDDED, 3);
	t->nodes[v->old].strategy = 4096;
	if (t->revision >= 0x0200)
		add_streams(v);
	t->next_unique_id += 10;	/* ids that nobody has */
}

void volume_make(struct volume *v, const char *revision, uint32_t bs, const char *extra, edit_fn prepare)
{
	memset(v, 0, sizeof(*v));
	v->bs = bs;
	fx_mkudffs(&v->fx, "hd", revision, bs, 8192, extra);
	tree_init(&v->t, &v->fx);
	make_tree(v);
	if (prepare)
		prepare(v);
	tree_write(&v->t);
	seal_eas(v);
}

struct chk_result volume_check(struct volume *v)
{
	struct chk_result result = { 0 };

	assert_int_equal(fx_check(&v->fx), UDF_OK);
	assert_int_equal(chk_volume(v->fx.vol, NULL, &v->fx.findings.sink, &result), UDF_OK);
	return result;
}
