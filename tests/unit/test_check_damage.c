/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every problem of files, directories and space is found on a volume damaged on purpose, and nothing
 * but the damage.
 */
#include "chk_damage.h"

static bool fired[UDF_N_PROBLEMS];

static bool is_as_expected(const struct damage *d, const struct fx_findings *found)
{
	for (int i = 0; i < UDF_N_PROBLEMS; i++) {
		bool wanted = i == (int)d->problem || (d->also && i == (int)d->also);

		if ((wanted && !found->n[i]) ||
		    (!wanted && found->n[i] && udf_problem_severity((enum udf_problem)i) > UDF_SEV_INFO))
			return false;
	}
	return true;
}

static void damage(struct volume *v, const struct damage *d)
{
	int node = d->kind == EDIT_ROOT ? 0 : *(int *)(void *)((char *)v + d->node);
	uint8_t bytes[4];

	put_le32(bytes, d->value);
	switch (d->kind) {
	case EDIT_NOTHING:
		if (d->edit)
			d->edit(v);
		break;
	case EDIT_ICB:
	case EDIT_ROOT:
		fx_set(&v->fx, icb(v, node), d->at, bytes, d->n_bytes);
		break;
	case EDIT_SIZE:
		set_size(v, node, d->value);
		break;
	case EDIT_FID:
		tree_set_fid(&v->t, node, d->fid, d->at, bytes, d->n_bytes);
		break;
	}
}

static void one_damage(const struct damage *d, unsigned *n_bad)
{
	static struct volume v;

	volume_make(&v, d->revision ? d->revision : "2.01", BS, d->extra, d->before ? d->edit : NULL);
	if (!d->before)
		damage(&v, d);
	volume_check(&v);
	for (int i = 0; i < UDF_N_PROBLEMS; i++)
		fired[i] |= v.fx.findings.n[i] > 0;
	if (!is_as_expected(d, &v.fx.findings)) {
		print_message("%s: wanted %s%s%s, found:\n%s", d->what, udf_problem_name(d->problem),
			      d->also ? " and " : "", d->also ? udf_problem_name(d->also) : "",
			      v.fx.findings.text);
		++*n_bad;
	}
	fx_done(&v.fx);
}

static void every_damage_is_found_and_nothing_else(void **state)
{
	const struct damages *const all[] = { &damages_of_objects, &damages_of_names, &damages_of_space };
	unsigned n_bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (size_t j = 0; j < all[i]->n; j++)
			one_damage(&all[i]->rows[j], &n_bad);
	assert_int_equal(n_bad, 0);
}

/* Fails when a problem is added without a row in chk_damage_*.c. */
static void every_problem_of_files_and_space_was_reported_once_at_least(void **state)
{
	unsigned n_missing = 0;

	(void)state;
	for (int i = UDF_P_AD_LENGTH; i < UDF_N_PROBLEMS; i++) {
		/* Costs a volume of its own: test_check_hostile. */
		if (fired[i] || i == UDF_P_CHECK_LIMIT)
			continue;
		print_message("%s has not fired\n", udf_problem_name((enum udf_problem)i));
		n_missing++;
	}
	assert_int_equal(n_missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_damage_is_found_and_nothing_else),
		cmocka_unit_test(every_problem_of_files_and_space_was_reported_once_at_least),
	};

	fx_need(FX_MKUDFFS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
