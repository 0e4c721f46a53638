/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of lib/label only. */
#ifndef UDF_LABEL_INTERNAL_H
#define UDF_LABEL_INTERNAL_H

#include "ecma/codec.h"
#include "label/label.h"

struct udf_label_plan {
	struct udf_vol *vol;		/* borrowed */
	struct udf_vds_pair *pair;
	struct udf_pvd pvd;		/* as they shall be */
	struct udf_lvd lvd;
	struct udf_iuvd iuvd;
	struct udf_fsd fsd;
	bool changes_vds, changes_fsd;
	bool moves_fsd;			/* as far as is known before it is written */
	const char *warning;
};

/* What carries labels. */
struct label_sources {
	const struct udf_pvd *pvd;
	const struct udf_lvd *lvd;
	const struct udf_iuvd *iuvd;
	const struct udf_fsd *fsd;
};

void labels_from(const struct label_sources *sources, struct udf_labels *ret_labels);

#endif
