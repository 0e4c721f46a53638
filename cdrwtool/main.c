/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cdrwtool: blank, format and prepare rewritable discs. */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "drive.h"
#include "file.h"
#include "info.h"
#include "jobs.h"
#include "list.h"
#include "quick.h"
#include "recover.h"
#include "request.h"

static enum udf_err run_info(struct work *work)
{
	info_print(work);
	return UDF_OK;
}

static enum udf_err (*const jobs[])(struct work *work) = {
	[JOB_INFO] = run_info,
	[JOB_GET_PARAMETERS] = info_print_parameters,
	[JOB_SET_PARAMETERS] = job_set_parameters,
	[JOB_QUICK] = job_quick,
	[JOB_BLANK] = job_blank,
	[JOB_FORMAT] = job_format,
	[JOB_UDF] = job_udf,
	[JOB_CLOSE_TRACK] = job_close_track,
	[JOB_CLOSE_SESSION] = job_close_session,
	[JOB_RESERVE] = job_reserve,
	[JOB_WRITE_FILE] = job_write_file,
	[JOB_PROTECT] = job_protect,
	[JOB_EJECT] = job_eject,
	[JOB_LOAD] = job_load,
	[JOB_REOPEN] = job_reopen,
	[JOB_RECOVER] = job_recover,
};

/* The drive needs these to blank, reserve and close tracks; other jobs set by themselves what they need. */
static enum udf_err set_parameters_for(const struct request *req, struct work *work)
{
	bool takes_them = req->job == JOB_BLANK || req->job == JOB_RESERVE || req->job == JOB_CLOSE_TRACK ||
			  req->job == JOB_CLOSE_SESSION;

	return takes_them && req->has_parameters ? job_set_parameters(work) : UDF_OK;
}

int main(int argc, char **argv)
{
	static struct work work;
	struct request req;
	int status;

	setlocale(LC_CTYPE, "");
	request_read(&req, argc, argv);
	if (req.job == JOB_LIST) {
		status = list_drives(&req);
	} else {
		status = work_open(&req, &work) || set_parameters_for(&req, &work) || jobs[req.job](&work) ? 1 : 0;
		work_close(&work);
	}
	if (fflush(stdout) != 0) {
		cli_say("cdrwtool: cannot write to standard output: %s", strerror(errno));
		return 1;
	}
	return status;
}
