/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of an undamaged volume the checker finds nothing wrong, in every revision and block size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "chk_volume.h"

static void undamaged_trees_are_clean(void **state)
{
	static const char *const revisions[] = { "1.02", "1.50", "2.00", "2.01" };
	static const char *const spaces[] = { NULL, "--space=unalloctable", "--space=freedbitmap" };
	static struct volume v;

	(void)state;
	for (int r = 0; r < 4; r++)
		for (uint32_t bs = 512; bs <= 4096; bs *= 2)
			for (int s = 0; s < 3; s++) {
				struct chk_result result;

				volume_make(&v, revisions[r], bs, spaces[s], NULL);
				result = volume_check(&v);
				print_message("%s %u %s\n", revisions[r], bs, spaces[s] ? spaces[s] : "");
				assert_clean(&v.fx);
				assert_int_equal(result.n_files, v.t.n_files);
				assert_int_equal(result.n_directories, v.t.n_directories);
				assert_false(result.was_open);
				fx_done(&v.fx);
			}
}

static void space_sets_of_either_strategy_are_clean(void **state)
{
	static const char *const options[] = {
		"--strategy=4096 --space=unallocbitmap", "--strategy=4096 --space=unalloctable",
		"--strategy=4096 --space=freedbitmap", "--strategy=4096 --space=freedtable",
		"--space=freedtable",
	};
	struct chk_result result;
	struct fixture fx;

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		print_message("%s\n", options[i]);
		fx_mkudffs(&fx, "hd", "1.50", 2048, 1000, options[i]);
		assert_int_equal(fx_check(&fx), UDF_OK);
		assert_int_equal(chk_volume(fx.vol, NULL, &fx.findings.sink, &result), UDF_OK);
		assert_clean(&fx);
		fx_done(&fx);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undamaged_trees_are_clean),
		cmocka_unit_test(space_sets_of_either_strategy_are_clean),
	};

	fx_need(FX_MKUDFFS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
