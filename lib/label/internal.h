/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of lib/label only. */
#ifndef UDF_LABEL_INTERNAL_H
#define UDF_LABEL_INTERNAL_H

#include "ecma/codec.h"
#include "label/label.h"

struct udf_label_plan {
	struct udf_vol *vol;		/* borrowed */
	struct udf_vds_pair *pair;
	struct udf_pvd pvd;		/* the descriptors as they will be */
	struct udf_lvd lvd;
	struct udf_iuvd iuvd;
	struct udf_fsd fsd;
	bool changes_vds, changes_fsd;
	bool moves_fsd;			/* a guess, until the plan has been written */
	const char *warning;		/* see udf_label_plan_warning() */
};

/* The descriptors that record labels. */
struct label_sources {
	const struct udf_pvd *pvd;
	const struct udf_lvd *lvd;
	const struct udf_iuvd *iuvd;
	const struct udf_fsd *fsd;
};

/** The labels that these descriptors record.  A text that can't be read is "". */
void labels_from(const struct label_sources *sources, struct udf_labels *ret_labels);

#endif
