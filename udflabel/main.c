/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udflabel: show or change the label of a UDF volume. */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "check/check.h"
#include "front/front.h"
#include "request.h"

/* "udflabel: DEVICE: WHY" */
static int refuse(const struct request *req, const char *why)
{
	cli_say("udflabel: %s: %s", req->device, why);
	return 1;
}

/* Report what damage prevents the change, and how to learn more. */
static int refuse_damaged(const struct request *req, const char *why)
{
	char quoted[UDF_QUOTED_BYTES];

	cli_say("udflabel: %s: %s; 'udffsck -n %s' reports what is wrong", req->device, why,
		udf_quoted(req->device, quoted));
	return 1;
}

/* A volume that is in use may be looked at: nothing is written. */
static int show(const struct request *req)
{
	struct front_options how = { .read_only = true, .unguarded = true, .vol = req->vol, .volume_only = true };
	struct udf_labels labels;
	struct front front;

	how.vol.allow_partial = true;
	if (front_open("udflabel", req->device, cli_host_env(), &how, &front))
		return 1;
	udf_labels_read(front.vol, &labels);
	if (req->json)
		print_json(req, &labels, false);
	else
		print_label(req, &labels);
	(void)front_close(&front);
	return 0;
}

/* Write PLAN, and print what was written. */
static int write_plan(const struct request *req, struct udf_label_plan *plan)
{
	const struct udf_fs_options options = { .find_used = chk_find_used };
	const char *warning = udf_label_plan_warning(plan);
	struct udf_labels labels;
	enum udf_err err;

	udf_label_plan_labels(plan, &labels);
	if (warning)
		cli_say("udflabel: %s: warning: %s; --force changes it anyway", req->device, warning);
	if (!req->json)
		print_new(req, &labels);
	err = req->no_write ? UDF_OK : udf_label_write(plan, &options);
	if (err) {
		cli_error("udflabel", req->device, "cannot write the new labels", err, 0);
		return 1;
	}
	if (req->json)
		print_json(req, &labels, true);
	else
		print_writes(req, plan);
	return 0;
}

static int change(const struct request *req)
{
	const struct front_options how = { .read_only = req->no_write,
					   .override_option = req->no_write ? NULL : CLI_FORCE_IN_USE,
					   .override = req->n_force > 1, .vol = req->vol, .volume_only = true };
	char why[UDF_LABEL_WHY_BYTES];
	struct udf_label_plan *plan = NULL;
	struct front front = { .guard = NULL };
	enum udf_err err;
	int status = 1;

	err = front_open("udflabel", req->device, cli_host_env(), &how, &front);
	if (err)
		return 1;
	if (!req->no_write && front.why_read_only[0]) {
		refuse(req, front.why_read_only);
	} else {
		err = udf_label_plan_new(front.vol, &req->change, &plan, why);
		if (!err)
			status = write_plan(req, plan);
		else if (why[0] && err == UDF_E_CORRUPT)
			refuse_damaged(req, why);
		else if (why[0])
			refuse(req, why);
		else
			cli_error("udflabel", req->device, "cannot change its labels", err, 0);
	}
	udf_label_plan_free(plan);
	if (front_close(&front))
		status = 1;
	return status;
}

int main(int argc, char **argv)
{
	static struct request req;
	int status;

	setlocale(LC_CTYPE, "");
	request_read(&req, argc, argv);
	status = req.changes ? change(&req) : show(&req);
	return cli_flush_output("udflabel") ? status : 1;
}
