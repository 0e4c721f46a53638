/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line of udflabel asks for.  The order of options has no meaning. */
#ifndef UDFLABEL_REQUEST_H
#define UDFLABEL_REQUEST_H

#include "cli/cli.h"
#include "label/label.h"

#define REQUEST_TEXT_BYTES 1024u	/* more than any field holds */

struct request {
	const char *device;
	struct udf_vol_options vol;	/* block size, session, last block */
	enum cli_encoding encoding;
	const char *args[UDF_LABEL_N_FIELDS];	/* as given; NULL: not given */
	const char *label_arg;
	bool changes;			/* something is to be changed; else the label is shown */
	unsigned n_force;		/* how often --force was given */
	bool no_write, json;
	/* What the arguments mean, in UTF-8 */
	char texts[UDF_LABEL_N_FIELDS][REQUEST_TEXT_BYTES], label[REQUEST_TEXT_BYTES];
	struct udf_label_change change;
};

extern const struct cli_tool udflabel_tool;

/** Read the command line into REQ; what makes no sense ends the program with one line. */
void request_read(struct request *req, int argc, char **argv);

/* ---- print.c ---- */

void print_label(const struct request *req, const struct udf_labels *labels);

/** "Using new ..." for what REQ asks for. */
void print_new(const struct request *req, const struct udf_labels *labels);

/** "Updating ... at block N" for what the plan writes, or would write. */
void print_writes(const struct request *req, const struct udf_label_plan *plan);

void print_json(const struct request *req, const struct udf_labels *labels, bool changed);

#endif
