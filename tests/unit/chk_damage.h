/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Damages of a volume, as tables: one row is one damage, and the problem that the check must report for it. */
#ifndef TESTS_UNIT_CHK_DAMAGE_H
#define TESTS_UNIT_CHK_DAMAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "chk_volume.h"

#define BS 2048u

struct damage {
	const char *what;
	enum udf_problem problem;	/* that is found */
	/* An edit, or a number in an ICB or FID: */
	edit_fn edit;
	bool before;			/* EDIT changes the tree before it is written */
	enum { EDIT_NOTHING, EDIT_ICB, EDIT_ROOT, EDIT_SIZE, EDIT_FID } kind;
	size_t node;			/* offset of its number in struct volume */
	const char *fid;
	uint32_t at, n_bytes, value;
	enum udf_problem also;		/* that the first one causes; 0: nothing */
	const char *extra;		/* for mkudffs */
	const char *revision;		/* NULL: 2.01 */
};

#define D(text, name, ...) { .what = (text), .problem = UDF_P_##name, __VA_ARGS__ }
#define ICB(name, offset, n, number) \
	.kind = EDIT_ICB, .node = offsetof(struct volume, name), .at = (offset), .n_bytes = (n), .value = (number)
#define ROOT(offset, n, number) .kind = EDIT_ROOT, .at = (offset), .n_bytes = (n), .value = (number)
#define SIZE(name, number) .kind = EDIT_SIZE, .node = offsetof(struct volume, name), .value = (number)
#define FID(name, text, offset, n, number) \
	.kind = EDIT_FID, .node = offsetof(struct volume, name), .fid = (text), .at = (offset), \
	.n_bytes = (n), .value = (number)

struct damages {
	const struct damage *rows;
	size_t n;
};

extern const struct damages damages_of_objects, damages_of_names, damages_of_space;

#endif
