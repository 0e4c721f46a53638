/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "master.h"

#include <stdlib.h>

#include "names.h"

bool master_find(struct master *master, struct request *req)
{
	char why[UDF_ISO_WHY_BYTES];

	*master = (struct master){ .req = req };
	req->plan.fine_times = req->bridge;
	sources_init(&master->sources, req);
	master->listener = sources_listener(&master->sources);
	if (udf_iso_image_new(&req->plan, &master->listener, cli_host_env(), &master->image, why)) {
		if (req->plan.previous)
			say("%s: %s", req->previous, why);
		else
			say("%s", why);
		return false;
	}
	return sources_add(&master->sources, master->image) && 
	       sources_are_as_planned(req, &master->sources.progress);
}

bool master_lay_out(struct master *master, bool size_only)
{
	char why[UDF_ISO_WHY_BYTES];

	if (mastered_new(&master->mastered, master->req, master->image, cli_host_env(), size_only, why) == UDF_OK)
		return true;
	cli_progress_done(&master->sources.progress);
	say("%s", why);
	return false;
}

void master_done(struct master *master)
{
	if (!mastered_done(&master->mastered))
		exit(1);	/* a thread that waits for a file uses all this */
	udf_iso_image_free(master->image);
	sources_done(&master->sources);
}
