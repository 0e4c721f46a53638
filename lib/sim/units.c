/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The units of a disc (packets, ECC blocks, clusters): how often they were written, what is wrong with them,
 * their data.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/drive.h"

enum udf_err sim_units_new(struct sim_disc *disc)
{
	const struct sim_kind *kind = disc->kind;

	disc->n_units = (kind->max_blocks + kind->unit_blocks - 1u) / kind->unit_blocks;
	disc->units = calloc(disc->n_units, sizeof(*disc->units));
	return disc->units ? UDF_OK : UDF_E_NOMEM;
}

void sim_units_free(struct sim_disc *disc)
{
	free(disc->units);
	free(disc->defects);
	free(disc->links);
	disc->links = NULL;
	disc->units = NULL;
	disc->defects = NULL;
	disc->n_units = disc->n_defects = 0;
}

void sim_unit_changed(struct sim_disc *disc, uint32_t unit)
{
	if (disc->units[unit].flags & UNIT_CHANGED)
		return;
	disc->units[unit].flags |= UNIT_CHANGED;
	if (disc->n_changed < SIM_MAX_CHANGED)
		disc->changed[disc->n_changed] = unit;
	if (disc->n_changed <= SIM_MAX_CHANGED)
		disc->n_changed++;
}

void sim_units_reset(struct sim_disc *disc)
{
	for (uint32_t i = 0; i < disc->n_units; i++) {
		if (!(disc->units[i].flags & (UNIT_WRITTEN | UNIT_UNREADABLE)))
			continue;
		disc->units[i].flags &= UNIT_CHANGED;
		sim_unit_changed(disc, i);
	}
}

uint32_t sim_certify_defects(struct sim_disc *disc)
{
	uint32_t n_found = 0;

	for (uint32_t i = disc->n_defects; i-- > 0;) {
		struct sim_defect *defect = &disc->defects[i];

		if (defect->n_times[SIM_DEFECT_WRITE] || defect->n_times[SIM_DEFECT_READ]) {
			*defect = disc->defects[--disc->n_defects];
			n_found++;
		}
	}
	return n_found;
}

void sim_units_count(struct sim *sim, uint32_t from_lba, uint32_t end_lba)
{
	struct sim_disc *disc = sim->disc;
	uint32_t n = disc->kind->unit_blocks;

	for (uint32_t unit = from_lba / n; unit * n < end_lba && unit < disc->n_units; unit++) {
		disc->units[unit].flags = (uint8_t)((disc->units[unit].flags & UNIT_CHANGED) | UNIT_WRITTEN);
		sim_unit_changed(disc, unit);
		if (unit * n >= from_lba) {
			disc->units[unit].n_writes++;
			disc->n_unit_writes++;
		}
	}
}

struct sim_defect *sim_find_defect(struct sim_disc *disc, uint32_t unit)
{
	for (uint32_t i = 0; i < disc->n_defects; i++)
		if (disc->defects[i].unit == unit)
			return &disc->defects[i];
	return NULL;
}

static bool is_healed(const struct sim_defect *defect)
{
	for (int kind = 0; kind < SIM_N_DEFECT_KINDS; kind++)
		if (defect->n_times[kind])
			return false;
	return true;
}

enum udf_err sim_put_defect(struct sim_disc *disc, uint32_t unit, enum sim_defect_kind kind, uint32_t n_times)
{
	struct sim_defect *defect = sim_find_defect(disc, unit);

	if (!defect) {
		if (n_times == 0)
			return UDF_OK;
		if (disc->n_defects == SIM_MAX_DEFECTS)
			return UDF_E_NOSPC;
		defect = realloc(disc->defects, (disc->n_defects + 1u) * sizeof(*defect));
		if (!defect)
			return UDF_E_NOMEM;
		disc->defects = defect;
		defect += disc->n_defects++;
		memset(defect, 0, sizeof(*defect));
		defect->unit = unit;
	}
	defect->n_times[kind] = n_times;
	if (is_healed(defect))
		*defect = disc->defects[--disc->n_defects];
	return UDF_OK;
}

enum udf_err sim_data_read(const struct sim *sim, uint32_t lba, uint32_t n_blocks, uint8_t *ret_data)
{
	size_t left = (size_t)n_blocks * SIM_BLOCK_BYTES;
	off_t at = (off_t)lba * SIM_BLOCK_BYTES;

	while (left) {
		ssize_t n = pread(sim->disc_image->fd, ret_data, left, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return UDF_E_IO;
		if (n == 0) {
			memset(ret_data, 0, left);
			return UDF_OK;
		}
		ret_data += n;
		at += n;
		left -= (size_t)n;
	}
	return UDF_OK;
}

enum udf_err sim_data_write(const struct sim *sim, uint32_t lba, uint32_t n_blocks, const uint8_t *data)
{
	size_t left = (size_t)n_blocks * SIM_BLOCK_BYTES;
	off_t at = (off_t)lba * SIM_BLOCK_BYTES;

	while (left) {
		ssize_t n = pwrite(sim->disc_image->fd, data, left, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return UDF_E_IO;
		data += n;
		at += n;
		left -= (size_t)n;
	}
	return UDF_OK;
}

/* If the host refuses, FILE keeps its size: nothing reads what is after the end of the disc. */
void sim_data_resize(const struct sim *sim)
{
	if (ftruncate(sim->disc_image->fd, (off_t)sim->disc->n_blocks * SIM_BLOCK_BYTES))
		return;
}

void sim_data_clear(const struct sim *sim)
{
	if (ftruncate(sim->disc_image->fd, 0) == 0)
		sim_data_resize(sim);
}
