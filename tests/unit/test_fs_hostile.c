/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every field of the descriptors that a driver meets, through the field tables, gets values that an
 * attacker would choose, with CRC and checksum made right again: whatever can be mounted is walked,
 * read and changed, within a bounded number of reads.
 */
#include "base/bytes.h"
#include "ecma/codec.h"
#include "ecma/layout.h"
#include "fs_fixture.h"

#define SEED 20260922u
#define BS 512u
#define N_BLOCKS 1200u
#define MAX_READS 200000u
#define MAX_OBJECTS 300u
#define MAX_PLACES 64u
#define FRAME_BYTES (65536u + 4096u)

/* A layer that counts what is read. */
struct counter {
	struct bio bio;			/* first */
	struct bio *below;
	uint64_t n_reads;
};

static enum udf_err count_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct counter *c = (struct counter *)(void *)bio;

	c->n_reads++;
	return bio_read(c->below, at, n_blocks, ret_data);
}

static enum udf_err count_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	return bio_write(((struct counter *)(void *)bio)->below, at, n_blocks, data);
}

static const struct bio_ops count_ops = { .read = count_read, .write = count_write };

/* A descriptor in a block of the volume. */
struct place {
	uint32_t lsn, at;
	const struct udf_layout *layout;
};

struct hostile {
	struct fsx x;			/* unmounted */
	struct place places[MAX_PLACES];
	unsigned n_places, n_cases, n_mounted;
	uint64_t most_reads, seed;
};

/* ---- everything that a user may do ---- */

struct walk {
	struct udf_fs *fs;
	udf_ino todo[MAX_OBJECTS];
	unsigned n, n_names;
};

static bool seen(void *ctx, const struct udf_dirent *entry)
{
	struct walk *w = ctx;

	if (++w->n_names > MAX_OBJECTS * 4)
		return false;
	if (w->n < MAX_OBJECTS)
		w->todo[w->n++] = entry->attr->ino;
	if (entry->attr->mode)
		udf_forget(w->fs, entry->attr->ino, 0);
	return true;
}

static void change_file(struct udf_fs *fs, udf_ino ino, uint64_t size_bytes, unsigned turn)
{
	struct udf_attr set = { .size_bytes = turn % 2 ? 100 : 3000, .mode = 0600 }, attr;
	uint64_t at;
	size_t n;

	(void)udf_write(fs, ino, size_bytes < 10000 ? size_bytes : 700, 5, "12345", &n);
	(void)udf_write(fs, ino, 0, 5, "12345", &n);
	(void)udf_setattr(fs, ino, &set, turn % 3 ? UDF_SET_MODE : UDF_SET_SIZE, &attr);
	(void)udf_fallocate(fs, ino, UDF_FALLOC_PUNCH_HOLE | UDF_FALLOC_KEEP_SIZE, 600, 2000);
	(void)udf_seek(fs, ino, 0, true, &at);
}

static void use_object(struct walk *w, udf_ino ino, unsigned turn)
{
	const struct udf_new what = { .mode = turn % 2 ? S_IFREG | 0644 : S_IFDIR | 0755 };
	static uint8_t data[8192];
	struct udf_attr attr, other;
	size_t n;

	if (udf_getattr(w->fs, ino, &attr))
		return;
	switch (attr.mode & S_IFMT) {
	case S_IFDIR:
		(void)udf_readdir(w->fs, ino, 0, true, seen, w);
		(void)udf_lookup_parent(w->fs, ino, &other);
		(void)udf_create(w->fs, ino, "new", 3, &what, &other);
		(void)udf_rename(w->fs, ino, "file 3", 6, ino, "another, longer name", 20, 0);
		(void)udf_rename(w->fs, ino, "file 4", 6, udf_fs_root(w->fs), "moved", 5, 0);
		(void)udf_unlink(w->fs, ino, "file 5", 6);
		(void)udf_rmdir(w->fs, ino, "empty", 5);
		break;
	case S_IFLNK:
		(void)udf_readlink(w->fs, ino, (char *)data, sizeof(data));
		break;
	default:
		(void)udf_read(w->fs, ino, 0, sizeof(data), data, &n);
		(void)udf_read(w->fs, ino, attr.size_bytes - 1, 100, data, &n);
		if (turn % 4 < 2)
			change_file(w->fs, ino, attr.size_bytes, turn);
	}
}

static void use(struct hostile *h, struct bio *bio)
{
	struct udf_fs_options options = { .cache_bytes = 65536 };
	struct counter counter = { .bio = { .ops = &count_ops, .geometry = bio->geometry }, .below = bio };
	struct walk *w = calloc(1, sizeof(*w));
	struct udf_vol *vol;
	unsigned i;

	h->n_cases++;
	if (udf_vol_open(&counter.bio, NULL, &h->x.env, NULL, &vol) == UDF_OK) {
		if (udf_fs_open(vol, &options, &w->fs) == UDF_OK) {
			h->n_mounted++;
			w->todo[w->n++] = udf_fs_root(w->fs);
			for (i = 0; i < w->n; i++)
				use_object(w, w->todo[i], i + h->n_cases);
			(void)udf_fs_sync(w->fs);
			(void)udf_unlink(w->fs, udf_fs_root(w->fs), "chained", 7);
			(void)udf_fs_close(w->fs);
		}
		udf_vol_close(vol);
	}
	free(w);
	if (counter.n_reads > h->most_reads)
		h->most_reads = counter.n_reads;
	assert_true(counter.n_reads <= MAX_READS);
}

/* ---- the volume ---- */

static void add_place(struct hostile *h, uint32_t lsn, uint32_t at, uint16_t tag_id)
{
	if (h->n_places < MAX_PLACES)
		h->places[h->n_places++] = (struct place){ lsn, at, udf_layout_by_tag(tag_id) };
}

static void find_places(struct hostile *h, uint32_t first_lsn)
{
	unsigned n_icbs = 0, n_aeds = 0, n_fids = 0;
	uint8_t block[BS];
	uint32_t lsn;

	for (lsn = first_lsn; lsn < N_BLOCKS - 300; lsn++) {
		uint16_t id;

		assert_int_equal(bio_read(h->x.bio, lsn, 1, block), UDF_OK);
		id = get_le16(block);
		if ((id == UDF_TAG_FE || id == UDF_TAG_EFE) && n_icbs++ < 12)
			add_place(h, lsn, 0, id);
		else if (id == UDF_TAG_AED && n_aeds++ < 3)
			add_place(h, lsn, 0, id);
		else if (id == UDF_TAG_SBD || id == UDF_TAG_FSD)
			add_place(h, lsn, 0, id);
		else if (id == UDF_TAG_FID && n_fids++ < 2)
			add_place(h, lsn, 0, id);
		if (id == UDF_TAG_FE || id == UDF_TAG_EFE) {	/* embedded directory: its parent FID */
			uint32_t at = (uint32_t)udf_fe_fixed_bytes(id);

			if (get_le16(block + at) == UDF_TAG_FID) {
				add_place(h, lsn, at, UDF_TAG_FID);
				add_place(h, lsn, at + 40, UDF_TAG_FID);
			}
		}
	}
}

static void hostile_init(struct hostile *h, uint16_t revision)
{
	struct fsx *x = &h->x;
	udf_ino dir, f;
	char name[32];
	unsigned i;

	memset(h, 0, sizeof(*h));
	h->seed = SEED;
	fsx_init(x, BS, N_BLOCKS, revision);
	fsx_write(x, fsx_file(x, "file 5"), 0, 2000, 1);
	dir = fsx_make(x, x->root, "dir", S_IFDIR | 0755);
	fsx_make(x, x->root, "empty", S_IFDIR | 0755);
	fsx_make(x, dir, "fifo", S_IFIFO | 0644);
	fsx_make(x, dir, "device", S_IFCHR | 0644);
	f = fsx_file(x, "chained");
	for (i = 0; i < 120; i++)
		fsx_write(x, f, i * 2 * BS, 10, 1);
	for (i = 0; i < 25; i++) {
		snprintf(name, sizeof(name), "file %u", i);
		fsx_write(x, fsx_make(x, dir, name, S_IFREG | 0644), 0, 10 + i % 3 * 600, 1);
	}
	fsx_unmount(x);
	find_places(h, 257);
}

static void put_number(uint8_t *p, unsigned n_bytes, uint64_t value)
{
	for (; n_bytes; n_bytes--, value >>= 8)
		*p++ = (uint8_t)value;
}

static uint64_t get_number(const uint8_t *p, unsigned n_bytes)
{
	uint64_t value = 0;

	while (n_bytes--)
		value = value << 8 | p[n_bytes];
	return value;
}

static uint64_t next_random(struct hostile *h)
{
	h->seed ^= h->seed << 13;
	h->seed ^= h->seed >> 7;
	h->seed ^= h->seed << 17;
	return h->seed;
}

static void try_value(struct hostile *h, const struct place *place, uint32_t at, unsigned n_bytes,
		      uint64_t value)
{
	static uint8_t frame[FRAME_BYTES];
	struct bio *overlay;

	assert_int_equal(bio_overlay_new(h->x.bio, false, &overlay), UDF_OK);
	memset(frame, 0, sizeof(frame));
	assert_int_equal(bio_read(overlay, place->lsn, 1, frame), UDF_OK);
	put_number(frame + place->at + at, n_bytes, value);
	udf_tag_reseal(frame + place->at);
	if (place->at)
		udf_tag_reseal(frame);
	assert_int_equal(bio_write(overlay, place->lsn, 1, frame), UDF_OK);
	use(h, overlay);
	bio_close(overlay);
}

static void try_field(struct hostile *h, const struct place *place, uint32_t at, unsigned n_bytes)
{
	uint64_t all = n_bytes >= 8 ? UINT64_MAX : (1ull << (n_bytes * 8)) - 1, own;
	uint8_t block[BS];
	unsigned i;

	if (place->at + at + n_bytes > BS)
		return;
	assert_int_equal(bio_read(h->x.bio, place->lsn, 1, block), UDF_OK);
	own = get_number(block + place->at + at, n_bytes);
	{
		const uint64_t values[] = { 0, 1, all, all >> 1, (own + 1) & all, (own - 1) & all,
					    own ^ 0x40, place->lsn - 257, next_random(h) & all };

		for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
			if (values[i] != own)
				try_value(h, place, at, n_bytes, values[i]);
	}
}

/* Tables are ours and three deep, not an attacker's. */
static void try_layout(struct hostile *h, const struct place *place, const struct udf_layout *layout,
		       uint32_t at)
{
	unsigned i;

	for (i = 0; i < layout->n_rows; i++) {
		const struct udf_row *row = &layout->rows[i];

		if (row->kind == UDF_ROW_STRUCT && row->sub)
			try_layout(h, place, row->sub, at + row->at);
		else if (row->n_bytes <= 8)
			try_field(h, place, at + row->at, row->n_bytes);
	}
}

static void mutate_all(uint16_t revision)
{
	static struct hostile h;
	unsigned i, word;

	hostile_init(&h, revision);
	for (i = 0; i < h.n_places; i++) {
		const struct place *place = &h.places[i];

		try_layout(&h, place, place->layout, 0);
		for (word = 0; word < 6; word++)	/* attributes, descriptors, names after it */
			try_field(&h, place, place->layout->n_bytes + word * 4, 4);
	}
	print_message("# seed %u, revision %x: %u descriptors, %u cases, %u mounted, at most %llu reads\n",
		      SEED, revision, h.n_places, h.n_cases, h.n_mounted, (unsigned long long)h.most_reads);
	assert_true(h.n_places > 15);
	assert_true(h.n_mounted > h.n_cases / 2);
	bio_close(h.x.bio);
}

static void hostile_fields_of_201_are_survived(void **state)
{
	(void)state;
	mutate_all(0x0201);
}

static void hostile_fields_of_102_are_survived(void **state)
{
	(void)state;
	mutate_all(0x0102);
}

/* ---- shapes ---- */

/* Let the FID at byte AT of the embedded directory DIR name LBN. */
static void retarget(struct hostile *h, udf_ino dir, uint32_t at, udf_ino to)
{
	uint32_t lsn = 257 + (uint32_t)dir;
	uint8_t block[FRAME_BYTES] = { 0 };
	uint32_t fid = UDF_EFE_FIXED_BYTES + at;

	assert_int_equal(bio_read(h->x.bio, lsn, 1, block), UDF_OK);
	assert_int_equal(get_le16(block + fid), UDF_TAG_FID);
	put_le32(block + fid + 24, (uint32_t)to);
	udf_tag_reseal(block + fid);
	udf_tag_reseal(block);
	assert_int_equal(bio_write(h->x.bio, lsn, 1, block), UDF_OK);
}

/* /a/b/c, all embedded. */
static void three_deep(struct hostile *h, udf_ino ino[4])
{
	static const char *const names[] = { "a", "b", "c" };
	unsigned i;

	memset(h, 0, sizeof(*h));
	fsx_init(&h->x, BS, N_BLOCKS, 0x0201);
	assert_int_equal(h->x.vol->parts[0].start_lsn, 257);
	ino[0] = h->x.root;
	for (i = 0; i < 3; i++)
		ino[i + 1] = fsx_make(&h->x, ino[i], names[i], S_IFDIR | 0755);
	fsx_unmount(&h->x);
}

static void a_directory_that_is_its_own_child_is_survived(void **state)
{
	static struct hostile h;
	udf_ino ino[4];

	(void)state;
	three_deep(&h, ino);
	retarget(&h, ino[2], 40, ino[2]);
	fsx_mount(&h.x);
	FAILS(UDF_E_INVAL, fsx_rename(&h.x, ino[2], "c", ino[2], "d/", 0));
	(void)fsx_rename(&h.x, h.x.root, "a", ino[2], "inside", 0);
	(void)fsx_rmdir(&h.x, ino[2], "c");
	(void)fsx_rename(&h.x, ino[2], "c", h.x.root, "c", 0);
	(void)udf_fs_close(h.x.fs);
	udf_vol_close(h.x.vol);
	use(&h, h.x.bio);
	bio_close(h.x.bio);
}

static void directories_in_a_circle_are_survived(void **state)
{
	static struct hostile h;
	udf_ino ino[4], other;

	(void)state;
	three_deep(&h, ino);
	retarget(&h, ino[3], 0, ino[3]);	/* c is its own parent */
	retarget(&h, ino[1], 0, ino[2]);	/* a's parent is its child b */
	retarget(&h, ino[2], 40, ino[1]);	/* and b holds a */
	fsx_mount(&h.x);
	other = fsx_make(&h.x, h.x.root, "other", S_IFDIR | 0755);
	FAILS(UDF_E_CORRUPT, fsx_rename(&h.x, h.x.root, "other", ino[2], "other", 0));
	assert_int_equal(fsx_find(&h.x, h.x.root, "other"), other);
	fsx_unmount(&h.x);
	use(&h, h.x.bio);
	bio_close(h.x.bio);
}

/* The ICB of INO becomes zeroes, a descriptor of another kind, or noise. */
static void spoil_icb(struct hostile *h, udf_ino ino, unsigned how)
{
	uint8_t block[FRAME_BYTES] = { 0 };

	if (how == 1)
		assert_int_equal(bio_read(h->x.bio, 256, 1, block), UDF_OK);	/* an anchor: a wrong tag */
	if (how == 2)
		memset(block, 0xA5, sizeof(block));
	assert_int_equal(bio_write(h->x.bio, 257 + (uint32_t)ino, 1, block), UDF_OK);
}

static void names_of_unreadable_objects_can_be_removed(void **state)
{
	static struct hostile h;

	(void)state;
	for (unsigned how = 0; how < 4; how++) {
		udf_ino file, dir, other, gone, long_named[20];
		char name[200];

		memset(&h, 0, sizeof(h));
		fsx_init(&h.x, BS, N_BLOCKS, 0x0201);
		file = fsx_file(&h.x, "file");
		dir = fsx_make(&h.x, h.x.root, "dir", S_IFDIR | 0755);
		gone = fsx_file(&h.x, "replaced");
		other = fsx_file(&h.x, "other");
		for (unsigned i = 0; i < 20; i++) {	/* names over the ends of blocks */
			snprintf(name, sizeof(name), "%0150u", i);
			long_named[i] = fsx_file(&h.x, name);
		}
		fsx_write(&h.x, other, 0, 5000, 7);
		fsx_unmount(&h.x);
		spoil_icb(&h, file, how % 3);
		spoil_icb(&h, dir, how % 3);
		spoil_icb(&h, gone, how % 3);
		if (how == 3)	/* and every second of the others */
			for (unsigned i = 0; i < 20; i += 2)
				spoil_icb(&h, long_named[i], 0);
		fsx_mount(&h.x);
		FAILS(UDF_E_NOT_DIR, fsx_rmdir(&h.x, h.x.root, "file"));
		FAILS(UDF_E_IS_DIR, fsx_unlink(&h.x, h.x.root, "dir"));
		OK(fsx_unlink(&h.x, h.x.root, "file"));
		OK(fsx_rmdir(&h.x, h.x.root, "dir"));
		FAILS(UDF_E_NOT_FOUND, fsx_unlink(&h.x, h.x.root, "file"));
		OK(fsx_rename(&h.x, h.x.root, "other", h.x.root, "replaced", 0));
		for (unsigned i = 0; how == 3 && i < 20; i += 2) {
			snprintf(name, sizeof(name), "%0150u", i);
			OK(fsx_unlink(&h.x, h.x.root, name));
		}
		fsx_file(&h.x, "file");
		fsx_remount(&h.x);
		assert_int_equal(fsx_find(&h.x, h.x.root, "replaced"), other);
		fsx_assert_pattern(&h.x, other, 0, 5000, 7);
		assert_int_not_equal(fsx_find(&h.x, h.x.root, "file"), file);
		FAILS(UDF_E_NOT_FOUND, fsx_rmdir(&h.x, h.x.root, "dir"));
		snprintf(name, sizeof(name), "%0150u", 19u);
		OK(fsx_unlink(&h.x, h.x.root, name));
		fsx_unmount(&h.x);
		bio_close(h.x.bio);
	}
}

/* Directory "full" with 100 names, of which nothing has been read but what FIND names, and directory "empty". */
static struct bio *full_and_empty(struct fsx *x, const char *find)
{
	struct bio *memory, *fault;
	char name[16];
	udf_ino full;

	OK(bio_memory_new(2048, 4000, &memory));
	OK(bio_fault_new(memory, &fault));
	fsx_init_bio(x, fault, 0x0201);
	full = fsx_make(x, x->root, "full", S_IFDIR | 0755);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		fsx_make(x, full, name, S_IFREG | 0644);
	}
	fsx_make(x, x->root, "empty", S_IFDIR | 0755);
	fsx_remount(x);
	assert_int_not_equal(fsx_find(x, x->root, find), 0);
	fsx_file(x, "new");	/* what comes before the first change is done */
	return fault;
}

static void directories_that_fail_to_be_read_are_not_removed(void **state)
{
	static const enum udf_err errs[] = { UDF_E_IO, UDF_E_MEDIUM };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct fsx x;
		struct bio *fault = full_and_empty(&x, "full");

		bio_fault_fail_read(fault, 1, errs[i]);
		bio_fault_stay(fault, true);
		FAILS(errs[i], fsx_rmdir(&x, x.root, "full"));
		bio_fault_stay(fault, false);
		bio_fault_fail_read(fault, 0, UDF_OK);
		FAILS(UDF_E_NOT_EMPTY, fsx_rmdir(&x, x.root, "full"));
		fsx_done(&x);

		fault = full_and_empty(&x, "empty");
		bio_fault_fail_read(fault, 1, errs[i]);
		bio_fault_stay(fault, true);
		FAILS(errs[i], fsx_rename(&x, x.root, "empty", x.root, "full", 0));
		bio_fault_stay(fault, false);
		bio_fault_fail_read(fault, 0, UDF_OK);
		FAILS(UDF_E_NOT_EMPTY, fsx_rename(&x, x.root, "empty", x.root, "full", 0));
		fsx_done(&x);
	}
}

static void one_failed_read_does_not_remove_a_directory(void **state)
{
	static const enum udf_err errs[] = { UDF_E_IO, UDF_E_MEDIUM };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		uint64_t n_given = 1;

		for (unsigned nth = 1; n_given; nth++) {
			struct fsx x;
			struct bio *fault = full_and_empty(&x, "empty");
			enum udf_err err;

			(void)bio_fault_n_given(fault);
			bio_fault_fail_read(fault, nth, errs[i]);
			err = fsx_rmdir(&x, x.root, "full");
			assert_true(err == errs[i] || err == UDF_E_NOT_EMPTY);
			n_given = bio_fault_n_given(fault);
			bio_fault_fail_read(fault, 0, UDF_OK);
			FAILS(UDF_E_NOT_EMPTY, fsx_rmdir(&x, x.root, "full"));
			fsx_done(&x);
		}
	}
}

static void files_on_the_same_blocks_are_survived(void **state)
{
	static struct hostile h;
	uint8_t block[FRAME_BYTES] = { 0 };
	uint32_t lbn;
	udf_ino a, b;

	(void)state;
	memset(&h, 0, sizeof(h));
	fsx_init(&h.x, BS, N_BLOCKS, 0x0201);
	a = fsx_file(&h.x, "a");
	b = fsx_file(&h.x, "b");
	fsx_write(&h.x, a, 0, 3000, 1);
	fsx_write(&h.x, b, 0, 3000, 2);
	fsx_unmount(&h.x);
	assert_int_equal(bio_read(h.x.bio, 257 + (uint32_t)a, 1, block), UDF_OK);
	lbn = get_le32(block + UDF_EFE_FIXED_BYTES + 4);
	assert_int_equal(bio_read(h.x.bio, 257 + (uint32_t)b, 1, block), UDF_OK);
	put_le32(block + UDF_EFE_FIXED_BYTES + 4, lbn);
	udf_tag_reseal(block);
	assert_int_equal(bio_write(h.x.bio, 257 + (uint32_t)b, 1, block), UDF_OK);
	fsx_mount(&h.x);
	OK(fsx_unlink(&h.x, h.x.root, "a"));
	OK(udf_fs_sync(h.x.fs));
	OK(fsx_unlink(&h.x, h.x.root, "b"));	/* its blocks are free already */
	fsx_unmount(&h.x);
	fsx_mount(&h.x);
	assert_true(fsx_n_free(&h.x) < N_BLOCKS);
	fsx_unmount(&h.x);
	use(&h, h.x.bio);
	bio_close(h.x.bio);
}

/* ---- a chain of allocation descriptors that leads back to itself ---- */

static void count_log(void *ctx, enum udf_log_level level, const char *line)
{
	(void)level;
	if (strstr(line, "allocation descriptors"))
		++*(unsigned *)ctx;
}

static enum udf_err read_first(struct udf_fs *fs, udf_ino ino)
{
	uint8_t data[16];
	size_t n;

	return udf_read(fs, ino, 0, sizeof(data), data, &n);
}

static void a_looping_chain_is_an_error_and_is_not_read_again(void **state)
{
	struct counter c = { .bio = { .ops = &count_ops } };
	unsigned n_logged = 0;
	struct udf_env env = { .ctx = &n_logged, .log = count_log };
	struct udf_vol *vol;
	struct udf_fs *fs;
	struct fsx x;
	udf_ino ino;
	uint8_t block[BS];
	uint32_t first_lbn = 0;
	uint64_t n_reads;

	(void)state;
	fsx_init(&x, BS, 4000, 0x0201);
	ino = fsx_file(&x, "chained");
	for (unsigned i = 0; i < 200; i++)
		fsx_write(&x, ino, (uint64_t)i * 2 * BS, BS, (uint8_t)i);
	fsx_unmount(&x);
	/* Each AED goes on in the first one: their last descriptors are made to say so. */
	OK(udf_vol_open(x.bio, NULL, NULL, NULL, &vol));
	for (uint32_t lbn = 0; lbn < vol->parts[0].n_blocks; lbn++) {
		struct udf_aed aed;

		OK(udf_vol_read(vol, 0, lbn, 1, block));
		if (get_le16(block) != UDF_TAG_AED)
			continue;
		if (!first_lbn)
			first_lbn = lbn;
		udf_aed_decode(block, &aed);
		udf_short_ad_encode(&(struct udf_short_ad){ 3u << 30 | BS, first_lbn },
				    block + UDF_AED_FIXED_BYTES + aed.ad_bytes - UDF_SHORT_AD_BYTES);
		udf_tag_reseal(block);
		OK(udf_vol_write(vol, 0, lbn, 1, block));
	}
	udf_vol_close(vol);
	assert_int_not_equal(first_lbn, 0);
	c.below = x.bio;
	c.bio.geometry = x.bio->geometry;
	OK(udf_vol_open(&c.bio, NULL, &env, NULL, &vol));
	OK(udf_fs_open(vol, NULL, &fs));
	n_reads = c.n_reads;
	assert_int_equal(read_first(fs, ino), UDF_E_CORRUPT);
	assert_true(c.n_reads - n_reads < 100);
	assert_int_equal(n_logged, 1);
	n_reads = c.n_reads;
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(read_first(fs, ino), UDF_E_CORRUPT);
	assert_int_equal(c.n_reads, n_reads);
	assert_int_equal(n_logged, 1);
	OK(udf_fs_close(fs));
	udf_vol_close(vol);
	bio_close(x.bio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_looping_chain_is_an_error_and_is_not_read_again),
		cmocka_unit_test(hostile_fields_of_201_are_survived),
		cmocka_unit_test(hostile_fields_of_102_are_survived),
		cmocka_unit_test(a_directory_that_is_its_own_child_is_survived),
		cmocka_unit_test(directories_in_a_circle_are_survived),
		cmocka_unit_test(names_of_unreadable_objects_can_be_removed),
		cmocka_unit_test(directories_that_fail_to_be_read_are_not_removed),
		cmocka_unit_test(one_failed_read_does_not_remove_a_directory),
		cmocka_unit_test(files_on_the_same_blocks_are_survived),
	};

	return cmocka_run_group_tests_name("fs_hostile", tests, NULL, NULL);
}
