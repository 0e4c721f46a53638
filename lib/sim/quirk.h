/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quirks: how a drive departs from the rules. */
#ifndef UDF_SIM_QUIRK_H
#define UDF_SIM_QUIRK_H

#include <stdbool.h>
#include <stdint.h>
#include <udfkit/error.h>

#include "sim/command.h"

enum sim_quirk {
#define QUIRK(id, name, text) QUIRK_##id,
#include "sim/quirks.def"
#undef QUIRK
	SIM_N_QUIRKS
};
#define SIM_QUIRKS_BYTES 1024u

struct sim_quirks {
	bool on[SIM_N_QUIRKS];
	sim_sense unwritten;		/* of {unw}; 0: zeros */
	char text[SIM_QUIRKS_BYTES];	/* as given, families resolved */
};

/* ---- quirk.c ---- */

/** Parse TEXT ("a,b=c"; NULL is allowed) on top of RET_QUIRKS, which begins as zeros or as another set. */
enum udf_err sim_quirks_parse(struct sim_quirks *ret_quirks, const char *text, char *ret_why);
/** The quirks of family NAME; NULL: there is none of this name. */
const char *sim_family_quirks(const char *name);

#endif
