/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "medium/drive.h"
#include "medium/kernel.h"
#include "mmc/sg.h"
#include "sim/sim.h"

#define SIM_PREFIX "sim:"

bool medium_is_simulated(const char *path)
{
	return strncmp(path, SIM_PREFIX, strlen(SIM_PREFIX)) == 0;
}

const char *medium_host_path(const char *path)
{
	return medium_is_simulated(path) ? path + strlen(SIM_PREFIX) : path;
}

const char *medium_contents_path(const char *path, char *buffer)
{
	const char *host_path = medium_host_path(path);
	struct sim_status status = { .disc_path = NULL };
	struct sim *sim = NULL;
	char why[SIM_WHY_BYTES];

	if (medium_is_simulated(path) && sim_open(host_path, SIM_LOOK, why, &sim) == UDF_OK)
		sim_get_status(sim, &status);
	snprintf(buffer, MEDIUM_PATH_BYTES, "%s", status.disc_path ? status.disc_path : host_path);
	if (sim)
		(void)sim_close(sim);
	return buffer;
}

static const char *why_text(enum udf_err err, const char *why)
{
	if (why[0])
		return why;
	if (err == UDF_E_NOT_FOUND)
		return "there is no simulated drive of this name; 'mmcsim create' makes one";
	if (err == UDF_E_BUSY)
		return "another program is using the simulated drive; unmount it, or wait until that program ends";
	return udf_strerror(err);
}

static enum udf_err open_simulated(const char *file, struct mmc_transport **ret_transport, char *ret_why)
{
	char why[SIM_WHY_BYTES] = "";
	struct sim *sim = NULL;
	enum udf_err err = sim_open(file, SIM_USE, why, &sim);

	if (!err) {
		err = sim_transport_new(sim, true, ret_transport);
		if (err)
			(void)sim_close(sim);
	}
	if (err)
		snprintf(ret_why, MEDIUM_WHY_BYTES, "%s", why_text(err, why));
	return err;
}

enum udf_err medium_drive_open(const char *path, struct mmc_transport **ret_transport, char ret_why[MEDIUM_WHY_BYTES])
{
	struct mmc_failure failure = { .text = "" };
	enum udf_err err;

	if (medium_is_simulated(path))
		return open_simulated(medium_host_path(path), ret_transport, ret_why);
	err = mmc_sg_open(path, false, ret_transport, &failure);
	if (err)
		snprintf(ret_why, MEDIUM_WHY_BYTES, "%s%s%s", failure.text, failure.advice ? ".  " : "",
			 failure.advice ? failure.advice : "");
	return err;
}

static bool is_stale(const char *path, const struct mmc_drive *drive)
{
	uint64_t bytes;

	/* the kernel looks when the device is opened */
	return medium_kernel_size(path, &bytes) && bytes != (uint64_t)mmc_drive_disc(drive)->n_blocks * 2048;
}

enum udf_err medium_drive_renew(const char *path, struct mmc_drive *drive)
{
	enum udf_err err;

	if (medium_is_simulated(path) || !is_stale(path, drive))
		return UDF_OK;
	err = mmc_drive_reload(drive);
	if (!is_stale(path, drive))
		return UDF_OK;
	/* It does not open its tray, or can't close it. */
	if (mmc_drive_disc(drive)->state != MMC_STATE_NO_MEDIUM) {
		medium_kernel_reset_drive(path);
		if (!is_stale(path, drive))
			return UDF_OK;
	}
	return err ? err : UDF_E_IO;
}
