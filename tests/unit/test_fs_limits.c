/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reaches a limit is refused before anything changes, and the volume stays writable. */
#include "fs_fixture.h"

#include <sys/stat.h>

#include "ecma/codec.h"
#include "fs/state.h"

/* Make every second block of a file of N_BLOCKS a hole, until that is refused.  Returns what refused it. */
static enum udf_err punch_until_refused(struct fsx *x, udf_ino f, uint32_t block_bytes, uint64_t n_blocks)
{
	enum udf_err err = UDF_OK;
	size_t n;

	OK(udf_write(x->fs, f, 0, 5, "hello", &n));
	OK(udf_fallocate(x->fs, f, 0, 0, n_blocks * block_bytes));
	OK(udf_fs_sync(x->fs));
	for (uint64_t i = 1; i < n_blocks && !err; i += 2)
		err = udf_fallocate(x->fs, f, UDF_FALLOC_PUNCH_HOLE | UDF_FALLOC_KEEP_SIZE, i * block_bytes,
				    block_bytes);
	return err;
}

static void file_with_too_many_extents_is_refused_and_stays_readable(uint32_t block_bytes, uint64_t n_blocks)
{
	struct fsx x;
	uint8_t data[5];
	udf_ino f, g;
	size_t n;

	fsx_init(&x, block_bytes, (uint32_t)(n_blocks + n_blocks / 14), 0x0201);
	f = fsx_file(&x, "f");
	assert_int_equal(punch_until_refused(&x, f, block_bytes, n_blocks), UDF_E_FILE_TOO_BIG);
	for (uint64_t i = 0; i < 600; i++)
		FAILS(UDF_E_FILE_TOO_BIG, udf_fallocate(x.fs, f, UDF_FALLOC_PUNCH_HOLE | UDF_FALLOC_KEEP_SIZE,
							(n_blocks - 1 - 2 * i) * block_bytes, block_bytes));
	g = fsx_file(&x, "precious");
	OK(udf_write(x.fs, g, 0, 5, "data!", &n));
	OK(udf_fs_sync(x.fs));
	assert_null(udf_fs_why_read_only(x.fs));
	fsx_remount(&x);
	OK(udf_read(x.fs, fsx_find(&x, x.root, "f"), 0, sizeof(data), data, &n));
	assert_memory_equal(data, "hello", sizeof(data));
	assert_true(fsx_find(&x, x.root, "precious") != 0);
	fsx_done(&x);
}

static void chain_as_long_as_may_be_read_is_not_made_longer(void **state)
{
	(void)state;
	file_with_too_many_extents_is_refused_and_stays_readable(512, 4100000);
}

static void as_many_extents_as_may_be_read_are_not_made_more(void **state)
{
	(void)state;
	file_with_too_many_extents_is_refused_and_stays_readable(2048, 4300000);
}

static void removed_file_is_freed_before_the_volume_is_closed_read_only(void **state)
{
	static const uint8_t data[100 * 512];
	const struct udf_new what = { .mode = S_IFREG | 0644 };
	struct udf_attr attr;
	struct fsx x;
	size_t n;

	(void)state;
	fsx_init(&x, 512, 4000, 0x0201);
	OK(udf_create(x.fs, x.root, "f", 1, &what, &attr));
	OK(udf_write(x.fs, attr.ino, 0, sizeof(data), data, &n));
	OK(udf_fs_sync(x.fs));
	OK(fsx_unlink(&x, x.root, "f"));
	/* the kernel forgets it only now */
	OK(udf_fs_make_read_only(x.fs));
	udf_forget(x.fs, attr.ino, 1);
	fsx_unmount(&x);
	fsx_check_clean(&x);
	fsx_mount(&x);
	fsx_done(&x);
}

/* The FID of NAME_BYTES bytes in the embedded root gets IMPL_USE_BYTES of implementation use. */
static void enlarge_fid(struct fsx *x, uint8_t name_bytes, uint16_t impl_use_bytes)
{
	static uint8_t icb[8192], fids[8192], impl_use[8192];
	struct udf_lb_addr at;
	uint32_t from = 0, to = 0;
	struct udf_fe fe;
	uint8_t *p;

	OK(udf_vol_open(x->bio, NULL, &x->env, NULL, &x->vol));
	at = x->vol->fsd.root_icb.addr;
	OK(udf_vol_read(x->vol, at.part_ref, at.lbn, 1, icb));
	udf_fe_decode(icb, &fe);
	p = icb + udf_fe_fixed_bytes(fe.tag.id) + fe.ea_bytes;
	while (from < fe.ad_bytes) {
		struct udf_fid fid;
		uint32_t n_bytes;

		OK(udf_fid_decode(p + from, fe.ad_bytes - from, &fid, &n_bytes));
		from += n_bytes;
		if (fid.name_bytes == name_bytes) {
			fid.impl_use = impl_use;
			fid.impl_use_bytes = impl_use_bytes;
		}
		udf_fid_encode(&fid, fids + to);
		to += udf_fid_n_bytes(fid.name_bytes, fid.impl_use_bytes);
	}
	memcpy(p, fids, to);
	fe.information_bytes = fe.object_bytes = fe.ad_bytes = to;
	udf_fe_encode(&fe, icb);
	udf_tag_reseal(icb);
	OK(udf_vol_write(x->vol, at.part_ref, at.lbn, 1, icb));
	udf_vol_close(x->vol);
}

static void name_with_much_implementation_use_can_be_removed(void **state)
{
	struct fsx x;

	(void)state;
	fsx_init(&x, 8192, 1000, 0x0201);
	fsx_file(&x, "victim");
	fsx_file(&x, "other");
	fsx_unmount(&x);
	enlarge_fid(&x, 1 + strlen("victim"), 4200);
	fsx_mount(&x);
	OK(fsx_unlink(&x, x.root, "victim"));
	OK(udf_fs_sync(x.fs));
	assert_null(udf_fs_why_read_only(x.fs));
	fsx_remount(&x);
	assert_int_equal(fsx_find(&x, x.root, "victim"), 0);
	assert_true(fsx_find(&x, x.root, "other") != 0);
	fsx_done(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chain_as_long_as_may_be_read_is_not_made_longer),
		cmocka_unit_test(as_many_extents_as_may_be_read_are_not_made_more),
		cmocka_unit_test(removed_file_is_freed_before_the_volume_is_closed_read_only),
		cmocka_unit_test(name_with_much_implementation_use_can_be_removed),
	};

	return cmocka_run_group_tests_name("fs: limits", tests, NULL, NULL);
}
