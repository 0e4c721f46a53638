/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inode numbers of the image.  They are counted in the order in which files are found, not taken from the host, so
 * that the same tree makes the same image wherever it is stored.
 */
#include "config.h"

#include <stdlib.h>

#include "iso/internal.h"

struct known {			/* a file with several names; .number 0: none */
	uint64_t dev, ino, number;
};

struct udf_iso_inodes {
	uint64_t n_given;
	struct known *table;	/* a hash table with a power of two of places */
	size_t n_known, n_places;
};

struct udf_iso_inodes *udf_iso_inodes_new(void)
{
	return calloc(1, sizeof(struct udf_iso_inodes));
}

void udf_iso_inodes_free(struct udf_iso_inodes *inodes)
{
	if (!inodes)
		return;
	free(inodes->table);
	free(inodes);
}

static struct known *place_of(struct known *table, size_t n_places, uint64_t dev, uint64_t ino)
{
	uint64_t hash = (ino * 0x9E3779B97F4A7C15u) ^ (dev * 0xC2B2AE3D27D4EB4Fu);

	for (size_t i = (size_t)(hash >> 20);; i++) {
		struct known *k = &table[i & (n_places - 1)];

		if (!k->number || (k->dev == dev && k->ino == ino))
			return k;
	}
}

static bool grow(struct udf_iso_inodes *inodes)
{
	size_t n_places = inodes->n_places ? inodes->n_places * 2 : 256;
	struct known *table = calloc(n_places, sizeof(*table));

	if (!table)
		return false;
	for (size_t i = 0; i < inodes->n_places; i++)
		if (inodes->table[i].number)
			*place_of(table, n_places, inodes->table[i].dev, inodes->table[i].ino) = inodes->table[i];
	free(inodes->table);
	inodes->table = table;
	inodes->n_places = n_places;
	return true;
}

uint64_t udf_iso_inode(struct udf_iso_inodes *inodes, const struct stat *st, bool share)
{
	struct known *k;

	if (!share || st->st_nlink < 2)
		return ++inodes->n_given;
	if (inodes->n_known >= inodes->n_places / 2 && !grow(inodes))
		return 0;
	k = place_of(inodes->table, inodes->n_places, st->st_dev, st->st_ino);
	if (!k->number) {
		*k = (struct known){ st->st_dev, st->st_ino, ++inodes->n_given };
		inodes->n_known++;
	}
	return k->number;
}

uint64_t udf_iso_inodes_last(const struct udf_iso_inodes *inodes)
{
	return inodes->n_given;
}
