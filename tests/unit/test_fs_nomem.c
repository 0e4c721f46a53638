/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every allocation of every operation fails in turn.  An operation that fails returns the error, has changed
 * nothing, and works when it is tried again; only in a commit may it end with a volume that turns read-only.
 * Nothing that was durable is ever lost.
 */
#include "alloc.h"
#include "../common/pack.h"
#include "fs_fixture.h"

#define BLOCK_BYTES 512u
#define N_BLOCKS 4096u
#define MAX_ALLOCATIONS 2000u

/* ---- a volume with some of everything, as bytes ---- */

static uint8_t *volume_bytes;

static struct bio *filled_bio(void)
{
	struct bio *bio;

	/* all of it: later writes need no memory */
	OK(bio_memory_new(BLOCK_BYTES, N_BLOCKS, &bio));
	OK(bio_write(bio, 0, N_BLOCKS, volume_bytes));
	return bio;
}

static void fill(struct fsx *x)
{
	udf_ino d, frag, other;
	char name[16];

	d = fsx_make(x, x->root, "d", S_IFDIR | 0755);
	fsx_make(x, x->root, "empty", S_IFDIR | 0755);
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "file%02d", i);
		fsx_write(x, fsx_make(x, d, name, S_IFREG | 0644), 0, 100, (uint8_t)i);
	}
	fsx_write(x, fsx_file(x, "small"), 0, 100, 1);
	fsx_write(x, fsx_file(x, "large"), 0, 20000, 2);
	OK(fsx_link(x, fsx_find(x, x->root, "large"), d, "second"));
	frag = fsx_file(x, "fragments");
	other = fsx_file(x, "other");
	for (uint64_t i = 0; i < 120; i++) {
		fsx_write(x, frag, i * BLOCK_BYTES, BLOCK_BYTES, 3);
		OK(udf_fsync(x->fs, frag, false));
		fsx_write(x, other, i * BLOCK_BYTES, BLOCK_BYTES, 4);
	}
	OK(udf_fs_sync(x->fs));
}

/* What no operation here changes is as it was. */
static void assert_kept(struct fsx *x)
{
	udf_ino d = fsx_find(x, x->root, "d");

	assert_int_not_equal(d, 0);
	fsx_assert_pattern(x, fsx_find(x, d, "file07"), 0, 100, 7);
	fsx_assert_pattern(x, fsx_find(x, d, "second"), 0, 20000, 2);
	fsx_assert_pattern(x, fsx_find(x, x->root, "other"), 0, 120 * BLOCK_BYTES, 4);
}

static struct fsx base;		/* its clock and options, without a volume */
static udf_ino file29;		/* the number of d/file29 */
static const char *victim = "d/file03";	/* a name that operations take away */

static void read_volume_bytes(struct bio *bio)
{
	OK(bio_read(bio, 0, N_BLOCKS, volume_bytes));
}

static void make_volume_bytes(void)
{
	fsx_init(&base, BLOCK_BYTES, N_BLOCKS, 0x0201);
	fill(&base);
	file29 = fsx_find(&base, fsx_find(&base, base.root, "d"), "file29");
	fsx_unmount(&base);
	fsx_check_clean(&base);
	volume_bytes = malloc((size_t)N_BLOCKS * BLOCK_BYTES);
	read_volume_bytes(base.bio);
	bio_close(base.bio);
}

/* From here on names lie over block boundaries, as Linux lays them; VICTIM is one of them. */
static void pack_volume_bytes(void)
{
	static char path[300];
	struct bio *bio = filled_bio();

	pack_directories(bio);
	read_volume_bytes(bio);
	bio_close(bio);
	for (unsigned i = 0; i < n_packed; i++) {
		const char *name = packed[i].name;

		if (strncmp(name, "file", 4) == 0 && strcmp(name, "file07") && strcmp(name, "file04"))
			snprintf(path, sizeof(path), "d/%.255s", name);
	}
	assert_true(path[0]);
	victim = path;
}

/* ---- operations: on a volume just mounted; each gives its error, and is seen to be done by is_done ---- */

struct op {
	const char *name;
	enum udf_err (*run)(struct fsx *x);
	bool (*is_done)(struct fsx *x);		/* NULL: changes nothing */
	bool may_tear;				/* may end with a volume that is read-only */
};

/* ERR, but for what a second try may meet */
static enum udf_err unless(enum udf_err err, enum udf_err met)
{
	return err == met ? UDF_OK : err;
}

static enum udf_err find(struct fsx *x, udf_ino dir, const char *name, udf_ino *ret_ino)
{
	struct udf_attr attr;
	enum udf_err err = udf_lookup(x->fs, dir, name, strlen(name), &attr);

	if (err)
		return err;
	udf_forget(x->fs, attr.ino, 1);
	*ret_ino = attr.ino;
	return UDF_OK;
}

/* "d/file" or "file" */
static enum udf_err path(struct fsx *x, const char *text, udf_ino *ret_dir, const char **ret_name)
{
	const char *slash = strchr(text, '/');

	*ret_dir = x->root;
	*ret_name = slash ? slash + 1 : text;
	return slash ? find(x, x->root, "d", ret_dir) : UDF_OK;
}

static enum udf_err ino_at(struct fsx *x, const char *text, udf_ino *ret_ino)
{
	const char *name;
	udf_ino dir;
	enum udf_err err = path(x, text, &dir, &name);

	return err ? err : find(x, dir, name, ret_ino);
}

static bool is_there(struct fsx *x, const char *text)
{
	udf_ino ino;
	enum udf_err err = ino_at(x, text, &ino);

	assert_true(err == UDF_OK || err == UDF_E_NOT_FOUND);
	return !err;
}

static uint64_t size_of(struct fsx *x, const char *text)
{
	udf_ino ino;

	OK(ino_at(x, text, &ino));
	return fsx_attr(x, ino).size_bytes;
}

static enum udf_err make(struct fsx *x, const char *text, uint32_t mode)
{
	const char *name;
	udf_ino dir;
	enum udf_err err = path(x, text, &dir, &name);

	return err ? err : fsx_try_make(x, dir, name, mode, NULL);
}

static enum udf_err rename_to(struct fsx *x, const char *from, const char *to, unsigned flags)
{
	const char *name, *to_name;
	udf_ino dir, to_dir;
	enum udf_err err = path(x, from, &dir, &name);

	if (!err)
		err = path(x, to, &to_dir, &to_name);
	return err ? err : fsx_rename(x, dir, name, to_dir, to_name, flags);
}

static enum udf_err write_at(struct fsx *x, const char *text, uint64_t at, size_t n_bytes)
{
	static const uint8_t zeros[4096];
	size_t n = 0;
	udf_ino ino;
	enum udf_err err = ino_at(x, text, &ino);

	if (!err)
		err = udf_write(x->fs, ino, at, n_bytes, zeros, &n);
	return err ? err : n == n_bytes ? UDF_OK : UDF_E_NOMEM;
}

static enum udf_err set_size(struct fsx *x, const char *text, uint64_t n_bytes)
{
	udf_ino ino;
	enum udf_err err = ino_at(x, text, &ino);

	return err ? err : fsx_truncate(x, ino, n_bytes);
}

static enum udf_err fallocate_at(struct fsx *x, const char *text, unsigned flags, uint64_t at, uint64_t n_bytes)
{
	udf_ino ino;
	enum udf_err err = ino_at(x, text, &ino);

	return err ? err : udf_fallocate(x->fs, ino, flags, at, n_bytes);
}

static bool take_entry(void *ctx, const struct udf_dirent *entry)
{
	(void)ctx;
	(void)entry;
	return true;
}

static enum udf_err op_lookup(struct fsx *x)
{
	udf_ino ino;

	return ino_at(x, "d/file29", &ino);
}
static enum udf_err op_list(struct fsx *x)
{
	udf_ino d;
	enum udf_err err = find(x, x->root, "d", &d);

	return err ? err : udf_readdir(x->fs, d, 0, false, take_entry, x);
}
static enum udf_err op_read(struct fsx *x)
{
	static uint8_t data[120 * BLOCK_BYTES];
	size_t n = 0;
	udf_ino ino;
	enum udf_err err = ino_at(x, "fragments", &ino);

	if (!err)
		err = udf_read(x->fs, ino, 0, sizeof(data), data, &n);
	return err;
}
static enum udf_err op_handle(struct fsx *x)
{
	struct udf_attr attr;
	enum udf_err err = udf_lookup_ino(x->fs, file29, &attr);

	if (!err)
		udf_forget(x->fs, file29, 1);
	return err;
}
static enum udf_err op_create(struct fsx *x) { return make(x, "d/new", S_IFREG | 0644); }
static bool created(struct fsx *x) { return is_there(x, "d/new"); }
static enum udf_err op_mkdir(struct fsx *x) { return make(x, "d/new", S_IFDIR | 0755); }
static enum udf_err op_symlink(struct fsx *x)
{
	static char target[700];
	const struct udf_new what = { .mode = S_IFLNK | 0777, .symlink_target = target,
				      .symlink_target_bytes = sizeof(target) };
	struct udf_attr attr;
	udf_ino d;
	enum udf_err err = find(x, x->root, "d", &d);

	for (size_t i = 0; i < sizeof(target); i++)
		target[i] = i % 8 == 7 ? '/' : 'x';
	if (!err)
		err = udf_create(x->fs, d, "new", 3, &what, &attr);
	if (!err)
		udf_forget(x->fs, attr.ino, 1);
	return err;
}
static enum udf_err op_node(struct fsx *x) { return make(x, "d/new", S_IFCHR | 0600); }
static enum udf_err op_link(struct fsx *x)
{
	udf_ino ino, d;
	enum udf_err err = ino_at(x, "small", &ino);

	if (!err)
		err = find(x, x->root, "d", &d);
	return err ? err : fsx_link(x, ino, d, "new");
}
static enum udf_err op_rename_home(struct fsx *x) { return rename_to(x, victim, "d/new", 0); }
static enum udf_err op_rename_across(struct fsx *x) { return rename_to(x, "small", "d/new", 0); }
static enum udf_err op_rename_over(struct fsx *x) { return rename_to(x, victim, "d/file04", 0); }
static bool renamed_over(struct fsx *x) { return !is_there(x, victim); }
static enum udf_err op_rename_over_fragments(struct fsx *x) { return rename_to(x, victim, "fragments", 0); }
static enum udf_err op_rename_dir(struct fsx *x) { return rename_to(x, "empty", "d/new", 0); }
static enum udf_err op_exchange(struct fsx *x) { return rename_to(x, "small", "large", UDF_RENAME_EXCHANGE); }
static bool exchanged(struct fsx *x) { return size_of(x, "small") == 20000; }
static enum udf_err op_unlink(struct fsx *x)
{
	const char *name;
	udf_ino d;
	enum udf_err err = path(x, victim, &d, &name);

	return err ? err : fsx_unlink(x, d, name);
}
static enum udf_err op_unlink_fragments(struct fsx *x) { return fsx_unlink(x, x->root, "fragments"); }
static bool fragments_gone(struct fsx *x) { return !is_there(x, "fragments"); }
static enum udf_err op_rmdir(struct fsx *x) { return fsx_rmdir(x, x->root, "empty"); }
static bool rmdir_done(struct fsx *x) { return !is_there(x, "empty"); }
static enum udf_err op_grow_small(struct fsx *x) { return write_at(x, "small", 100, 4000); }
static bool small_grown(struct fsx *x) { return size_of(x, "small") == 4100; }
static enum udf_err op_overwrite(struct fsx *x) { return write_at(x, "fragments", 700, 3000); }
static enum udf_err op_append(struct fsx *x) { return write_at(x, "fragments", 120 * BLOCK_BYTES, 3000); }
static bool appended(struct fsx *x) { return size_of(x, "fragments") == 120 * BLOCK_BYTES + 3000; }
static enum udf_err op_write_far(struct fsx *x) { return write_at(x, "fragments", 1000000, 100); }
static bool written_far(struct fsx *x) { return size_of(x, "fragments") == 1000100; }
static enum udf_err op_cut(struct fsx *x) { return set_size(x, "fragments", 3000); }
static bool cut(struct fsx *x) { return size_of(x, "fragments") == 3000; }
static enum udf_err op_fallocate(struct fsx *x) { return fallocate_at(x, "fragments", 0, 61000, 9000); }
static bool fallocated(struct fsx *x) { return size_of(x, "fragments") == 70000; }
static enum udf_err op_punch(struct fsx *x)
{
	return fallocate_at(x, "fragments", UDF_FALLOC_PUNCH_HOLE | UDF_FALLOC_KEEP_SIZE, 5000, 30000);
}
static enum udf_err op_chmod(struct fsx *x)
{
	struct udf_attr attr = { .mode = 0600 };
	udf_ino ino;
	enum udf_err err = ino_at(x, "fragments", &ino);

	return err ? err : udf_setattr(x->fs, ino, &attr, UDF_SET_MODE, &attr);
}
static enum udf_err op_sync(struct fsx *x)
{
	enum udf_err err = unless(op_create(x), UDF_E_EXISTS);

	if (!err)
		err = op_append(x);
	if (!err)
		err = op_punch(x);
	if (!err)
		err = unless(op_unlink(x), UDF_E_NOT_FOUND);
	return err ? err : udf_fs_sync(x->fs);
}
static enum udf_err op_fsync(struct fsx *x)
{
	udf_ino ino;
	enum udf_err err = unless(op_create(x), UDF_E_EXISTS);

	if (!err)
		err = write_at(x, "d/new", 0, 3000);
	if (!err)
		err = ino_at(x, "d/new", &ino);
	return err ? err : udf_fsync(x->fs, ino, false);
}

static const struct op ops[] = {
	{ "lookup", op_lookup, NULL, false },
	{ "lookup of a file handle", op_handle, NULL, false },
	{ "list", op_list, NULL, false },
	{ "read over a chain", op_read, NULL, false },
	{ "create", op_create, created, false },
	{ "mkdir", op_mkdir, created, false },
	{ "symlink", op_symlink, created, false },
	{ "mknod", op_node, created, false },
	{ "link", op_link, created, true },
	{ "rename at home", op_rename_home, created, true },
	{ "rename across", op_rename_across, created, true },
	{ "rename over", op_rename_over, renamed_over, true },
	{ "rename over a chain", op_rename_over_fragments, renamed_over, true },
	{ "rename of a directory", op_rename_dir, created, true },
	{ "exchange", op_exchange, exchanged, true },
	{ "unlink", op_unlink, renamed_over, true },
	{ "unlink of a chain", op_unlink_fragments, fragments_gone, true },
	{ "rmdir", op_rmdir, rmdir_done, true },
	{ "embedded to extents", op_grow_small, small_grown, true },
	{ "overwrite", op_overwrite, NULL, true },
	{ "append to a chain", op_append, appended, true },
	{ "write beyond the end", op_write_far, written_far, true },
	{ "cut a chain", op_cut, cut, true },
	{ "fallocate", op_fallocate, fallocated, true },
	{ "punch a hole", op_punch, NULL, true },
	{ "chmod", op_chmod, NULL, false },
	{ "sync", op_sync, NULL, true },
	{ "fsync", op_fsync, NULL, true },
};

/* ---- the loop ---- */

static void mount_bytes(struct fsx *x)
{
	*x = base;
	x->env.ctx = x;
	x->bio = filled_bio();
	fsx_mount(x);
}

/* True: the NTH allocation of OP was made to fail. */
static bool try_one(const struct op *op, uint64_t nth)
{
	bool failed, torn;
	enum udf_err err;
	struct fsx x;

	mount_bytes(&x);
	alloc_fail_nth(nth);
	err = op->run(&x);
	failed = alloc_has_failed();
	alloc_fail_nth(0);
	if (!failed)
		assert_int_equal(err, UDF_OK);
	torn = udf_fs_why_read_only(x.fs) != NULL;
	if (torn && !op->may_tear)
		fail_msg("%s: allocation %llu: the volume turned read-only", op->name, (unsigned long long)nth);
	if (!torn) {
		if (err && op->is_done && op->is_done(&x))
			fail_msg("%s: allocation %llu: failed, but done", op->name, (unsigned long long)nth);
		if (err)
			OK(op->run(&x));
		assert_kept(&x);
		fsx_remount(&x);
		assert_true(!op->is_done || op->is_done(&x));
	} else {
		assert_int_equal(udf_fs_close(x.fs), UDF_E_NOMEM);
		udf_vol_close(x.vol);
		fsx_mount(&x);
		assert_null(udf_fs_why_read_only(x.fs));
		OK(unless(op->run(&x), UDF_E_NOT_FOUND));
	}
	assert_kept(&x);
	if (torn)
		fsx_drop(&x);
	else
		fsx_done(&x);
	return failed;
}

static void a_failed_allocation_in_an_operation_leaves_the_volume_consistent(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		uint64_t nth = 1;

		while (nth < MAX_ALLOCATIONS && try_one(&ops[i], nth))
			nth++;
		print_message("# %s: %llu allocations\n", ops[i].name, (unsigned long long)nth - 1);
		assert_true(nth < MAX_ALLOCATIONS);
	}
}

static void a_failed_allocation_in_a_mount_leaves_the_volume_unharmed(void **state)
{
	bool failed = true;

	(void)state;
	for (uint64_t nth = 1; failed; nth++) {
		struct udf_vol *vol = NULL;
		struct udf_fs *fs = NULL;
		struct fsx x = base;
		enum udf_err err;

		x.env.ctx = &x;
		x.bio = filled_bio();
		alloc_fail_nth(nth);
		err = udf_vol_open(x.bio, NULL, &x.env, NULL, &vol);
		if (!err)
			err = udf_fs_open(vol, &x.options, &fs);
		if (!err)
			err = udf_fs_close(fs);
		failed = alloc_has_failed();
		alloc_fail_nth(0);
		if (!failed)
			assert_int_equal(err, UDF_OK);
		udf_vol_close(vol);
		fsx_mount(&x);
		assert_null(udf_fs_why_read_only(x.fs));
		assert_kept(&x);
		fsx_done(&x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_allocation_in_an_operation_leaves_the_volume_consistent),
		cmocka_unit_test(a_failed_allocation_in_a_mount_leaves_the_volume_unharmed),
	};
	int n_failed;

	make_volume_bytes();
	n_failed = cmocka_run_group_tests_name("fs_nomem", tests, NULL, NULL);
	pack_volume_bytes();
	n_failed += cmocka_run_group_tests_name("fs_nomem, packed directories", tests, NULL, NULL);
	free(volume_bytes);
	return n_failed;
}
