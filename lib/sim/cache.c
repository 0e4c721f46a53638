/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The write cache, and what becomes of a unit when it is written to the medium: it wears, may fail, may be
 * replaced, or the power fails at that moment.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "sim/attention.h"
#include "sim/cache.h"
#include "sim/clock.h"
#include "sim/mode.h"
#include "sim/text.h"

static uint32_t unit_blocks(const struct sim *sim)
{
	return sim->disc->kind->unit_blocks;
}

/* The last unit of a disc may be shorter. */
static uint32_t blocks_of_unit(const struct sim *sim, uint32_t unit)
{
	uint32_t first = unit * unit_blocks(sim), left = sim->disc->kind->max_blocks - first;

	return left < unit_blocks(sim) ? left : unit_blocks(sim);
}

static uint32_t mask_of(uint32_t first, uint32_t n_blocks)
{
	uint64_t mask = ((uint64_t)1 << n_blocks) - 1;

	return (uint32_t)(mask << first);
}

static struct sim_cached *find_cached(struct sim *sim, uint32_t unit)
{
	for (uint32_t i = 0; i < sim->n_cached; i++)
		if (sim->cache[i].unit == unit)
			return &sim->cache[i];
	return NULL;
}

static void forget_cached(struct sim *sim, struct sim_cached *cached)
{
	free(cached->data);
	*cached = sim->cache[--sim->n_cached];
}

uint32_t sim_cached_bytes(const struct sim *sim)
{
	return sim->disc ? sim->n_cached * unit_blocks(sim) * SIM_BLOCK_BYTES : 0;
}

/* ---- one unit on its way to the medium ---- */

static uint32_t n_spare_blocks(const struct sim_disc *disc)
{
	uint32_t all = disc->kind->n_primary_spare_blocks + disc->n_supplementary_blocks;
	uint64_t used = ((uint64_t)disc->n_listed_units + disc->n_replaced_units) * disc->kind->unit_blocks;

	return used < all ? all - (uint32_t)used : 0;
}

/* One spare unit instead of a bad one.  Spares below a tenth are worth a warning, once. */
static bool replace(struct sim *sim)
{
	struct sim_disc *disc = sim->disc;
	uint32_t all = disc->kind->n_primary_spare_blocks + disc->n_supplementary_blocks;

	if (n_spare_blocks(disc) < disc->kind->unit_blocks)
		return false;
	disc->n_replaced_units++;
	if (n_spare_blocks(disc) < all / 10 && !sim->drive->warned_spares) {
		sim->drive->warned_spares = true;
		sim_attention_add(sim, SENSE(6, 0x5D, 0x03));
	}
	return true;
}

/* Does the attempt to write UNIT fail?  It counts. */
static bool write_fails(struct sim *sim, uint32_t unit)
{
	struct sim_disc *disc = sim->disc;
	struct sim_defect *defect = sim_find_defect(disc, unit);
	uint32_t *n_times = defect ? &defect->n_times[SIM_DEFECT_WRITE] : NULL;

	if (disc->endurance && disc->units[unit].n_writes > disc->endurance)
		return true;
	if (!n_times || *n_times == 0)
		return false;
	if (*n_times != SIM_DEFECT_FOR_GOOD)
		(void)sim_put_defect(disc, unit, SIM_DEFECT_WRITE, *n_times - 1);
	return true;
}

static void heal(struct sim *sim, uint32_t unit)
{
	for (int kind = 0; kind < SIM_N_DEFECT_KINDS; kind++)
		(void)sim_put_defect(sim->disc, unit, (enum sim_defect_kind)kind, 0);
	sim->disc->units[unit].n_writes = 1;
}

/* The write of UNIT failed.  RET_MOVED: the drive has put it elsewhere.  A drive may fail and say nothing. */
static sim_sense fail_write(struct sim *sim, uint32_t unit, bool *ret_moved)
{
	struct sim_disc *disc = sim->disc;
	bool replaces = disc->kind->family->replaces_defects && sim_page_byte(sim, 1, 2) & 0x80 /* AWRE */ &&
			disc->kind->n_primary_spare_blocks + disc->n_supplementary_blocks;
	bool had_spares = !disc->exhausted;

	*ret_moved = replaces && replace(sim);
	if (*ret_moved) {
		heal(sim, unit);
		return 0;
	}
	disc->units[unit].flags |= UNIT_UNREADABLE;
	sim_unit_changed(disc, unit);
	if (!replaces)
		return sim_has(sim, QUIRK_SILENT_WRITE) ? 0 : SENSE(3, 0x0C, 0x00);
	disc->exhausted = true;
	return had_spares ? SENSE(3, 0x0C, 0x02) : SENSE(3, 0x32, 0x00);
}

/* The blocks of UNIT that the host didn't send, from the medium; zeros where nothing was ever written. */
static enum udf_err complete(struct sim *sim, struct sim_cached *cached)
{
	uint32_t first = cached->unit * unit_blocks(sim), n_blocks = blocks_of_unit(sim, cached->unit);
	uint8_t *old;
	enum udf_err err;

	if (cached->blocks == mask_of(0, n_blocks))
		return UDF_OK;
	old = malloc((size_t)n_blocks * SIM_BLOCK_BYTES);
	if (!old)
		return UDF_E_NOMEM;
	err = sim_data_read(sim, first, n_blocks, old);
	for (uint32_t i = 0; !err && i < n_blocks; i++)
		if (!(cached->blocks & 1u << i))
			memcpy(cached->data + (size_t)i * SIM_BLOCK_BYTES, old + (size_t)i * SIM_BLOCK_BYTES,
			       SIM_BLOCK_BYTES);
	free(old);
	return err;
}

static enum udf_err put_data(struct sim *sim, const struct sim_cached *cached)
{
	uint32_t first = cached->unit * unit_blocks(sim), n_blocks = blocks_of_unit(sim, cached->unit);

	return sim_data_write(sim, first, n_blocks, cached->data);
}

static sim_sense put_unit(struct sim *sim, struct sim_cached *cached)
{
	struct sim_unit *unit = &sim->disc->units[cached->unit];
	uint32_t n_blocks = blocks_of_unit(sim, cached->unit);
	bool moved = false;

	sim_busy_for(sim, (uint64_t)n_blocks * SIM_BLOCK_BYTES * 1000 / sim->disc->kind->kbytes_per_s);
	if (unit->n_writes < UINT32_MAX)
		unit->n_writes++;
	sim_unit_changed(sim->disc, cached->unit);
	sim->disc->n_unit_writes++;
	if (write_fails(sim, cached->unit)) {
		sim_sense sense = fail_write(sim, cached->unit, &moved);

		if (!moved)
			return sense;
	}
	if (complete(sim, cached) || put_data(sim, cached))
		return SENSE(4, 0x44, 0x00);	/* the host's fault looks like the drive's */
	(void)sim_put_defect(sim->disc, cached->unit, SIM_DEFECT_READ, 0);
	unit->flags = (uint8_t)((unit->flags & ~UNIT_UNREADABLE) | UNIT_WRITTEN);
	return 0;
}

/* ---- power cut ---- */

/* What the medium makes of the unit at which the power failed. */
static void tear(struct sim *sim, struct sim_cached *cached, enum sim_torn torn)
{
	if (torn == SIM_TORN_NEW)
		(void)put_unit(sim, cached);
	if (torn != SIM_TORN_UNREADABLE)
		return;
	sim->disc->units[cached->unit].flags |= UNIT_UNREADABLE;
	sim_unit_changed(sim->disc, cached->unit);
}

/* IN_FLIGHT NULL: nothing was being written. */
static void fail_power(struct sim *sim, struct sim_cached *in_flight)
{
	struct sim_drive *drive = sim->drive;
	uint64_t seed = drive->cut_seed;

	drive->cut_announced = false;
	drive->powered = false;
	if (in_flight) {
		tear(sim, in_flight, (enum sim_torn)drive->cut_torn);
		forget_cached(sim, in_flight);
	}
	while (sim->n_cached) {
		if (sim_random(&seed) & 1)
			(void)put_unit(sim, sim->cache);
		forget_cached(sim, sim->cache);
	}
	if (sim->disc)
		sim->disc->kind->family->cut(sim, (enum sim_op)drive->op.kind);
	drive->op.kind = OP_NONE;
	sim->must_save = true;
}

void sim_power_fail(struct sim *sim)
{
	if (sim->drive->powered)
		fail_power(sim, NULL);
}

/* Write CACHED to the medium and forget it.  RET_LBA: its first block. */
static sim_sense destage(struct sim *sim, struct sim_cached *cached, uint32_t *ret_lba)
{
	struct sim_drive *drive = sim->drive;
	sim_sense sense;

	*ret_lba = cached->unit * unit_blocks(sim);
	if (drive->cut_announced && drive->cut_after == 0) {
		fail_power(sim, cached);
		return 0;
	}
	if (drive->cut_announced)
		drive->cut_after--;
	sense = put_unit(sim, cached);
	forget_cached(sim, cached);
	return sense;
}

/* ---- commands ---- */

sim_sense sim_cache_flush(struct sim *sim, struct sim_command *cmd)
{
	sim_sense first = 0;

	while (sim->n_cached && sim->drive->powered) {
		uint32_t which = (uint32_t)(sim_random(&sim->drive->random) % sim->n_cached), lba;
		sim_sense sense = destage(sim, &sim->cache[which], &lba);

		if (!sense)
			continue;
		if (cmd && !first)
			first = sim_bad_lba(cmd, sense, lba);
		else
			sim_deferred_add(sim, sense, lba);
	}
	return first;
}

/* At most three quarters of the buffer wait. */
static void make_room(struct sim *sim)
{
	uint32_t unit_bytes = unit_blocks(sim) * SIM_BLOCK_BYTES;
	uint32_t most = sim->disc->kind->buffer_bytes / 4 * 3 / unit_bytes;

	if (most >= SIM_MAX_CACHED)
		most = SIM_MAX_CACHED - 1;
	while (sim->n_cached && sim->n_cached >= most && sim->drive->powered) {
		uint32_t which = (uint32_t)(sim_random(&sim->drive->random) % sim->n_cached), lba;
		sim_sense sense = destage(sim, &sim->cache[which], &lba);

		if (sense)
			sim_deferred_add(sim, sense, lba);
	}
}

static bool is_unreadable(const struct sim *sim, uint32_t unit)
{
	const struct sim_defect *defect = sim_find_defect(sim->disc, unit);

	return (sim->disc->units[unit].flags & UNIT_UNREADABLE) || (defect && defect->n_times[SIM_DEFECT_READ]);
}

/* A part of a unit that can't be read can't be replaced, unless all of it waits in the cache already. */
static sim_sense may_change(struct sim *sim, struct sim_command *cmd, uint32_t unit, uint32_t blocks)
{
	const struct sim_cached *cached = find_cached(sim, unit);
	uint32_t all = mask_of(0, blocks_of_unit(sim, unit));

	if (((cached ? cached->blocks : 0) | blocks) == all || !is_unreadable(sim, unit))
		return 0;
	return sim_bad_lba(cmd, UNREADABLE, unit * unit_blocks(sim));
}

static struct sim_cached *get_cached(struct sim *sim, uint32_t unit)
{
	struct sim_cached *cached = find_cached(sim, unit);
	uint8_t *data;

	if (cached)
		return cached;
	make_room(sim);
	data = calloc(unit_blocks(sim), SIM_BLOCK_BYTES);
	if (!data || !sim->drive->powered) {
		free(data);
		return NULL;
	}
	cached = &sim->cache[sim->n_cached++];
	*cached = (struct sim_cached){ .unit = unit, .data = data };
	return cached;
}

/* The part of a span that lies in one unit: from its block FIRST on, after N_BEFORE blocks of the span. */
struct part {
	uint32_t unit, first, n_blocks, n_before;
};

static bool next_part(const struct sim *sim, const struct sim_span *span, struct part *part)
{
	uint32_t lba;

	part->n_before += part->n_blocks;
	if (part->n_before >= span->n_blocks)
		return false;
	lba = span->lba + part->n_before;
	part->unit = lba / unit_blocks(sim);
	part->first = lba % unit_blocks(sim);
	part->n_blocks = unit_blocks(sim) - part->first;
	if (part->n_blocks > span->n_blocks - part->n_before)
		part->n_blocks = span->n_blocks - part->n_before;
	return true;
}

/* The units of SPAN at once, with their errors. */
static sim_sense write_through(struct sim *sim, struct sim_command *cmd, const struct sim_span *span)
{
	struct part part = { .n_blocks = 0 };
	sim_sense first = 0;

	while (sim->drive->powered && next_part(sim, span, &part)) {
		struct sim_cached *cached = find_cached(sim, part.unit);
		sim_sense sense = 0;
		uint32_t lba = 0;

		if (cached)
			sense = destage(sim, cached, &lba);
		if (sense && !first)
			first = sim_bad_lba(cmd, sense, lba);
		else if (sense)
			sim_deferred_add(sim, sense, lba);
	}
	sim->must_save = true;
	return first;
}

sim_sense sim_cache_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span, const uint8_t *data)
{
	struct part part = { .n_blocks = 0 };
	sim_sense sense;

	while (next_part(sim, span, &part)) {
		sense = may_change(sim, cmd, part.unit, mask_of(part.first, part.n_blocks));
		if (sense)
			return sense;
	}
	part = (struct part){ .n_blocks = 0 };
	while (next_part(sim, span, &part)) {
		struct sim_cached *cached = get_cached(sim, part.unit);

		if (!sim->drive->powered)
			return 0;
		if (!cached)
			return SENSE(4, 0x44, 0x00);
		memcpy(cached->data + (size_t)part.first * SIM_BLOCK_BYTES,
		       data + (size_t)part.n_before * SIM_BLOCK_BYTES, (size_t)part.n_blocks * SIM_BLOCK_BYTES);
		cached->blocks |= mask_of(part.first, part.n_blocks);
	}
	cmd->n_done_bytes = span->n_blocks * SIM_BLOCK_BYTES;
	return span->now ? write_through(sim, cmd, span) : 0;
}

/* ---- reading ---- */

/* A defect of reading counts down with each attempt. */
static sim_sense read_defect(struct sim *sim, uint32_t unit)
{
	struct sim_defect *defect = sim_find_defect(sim->disc, unit);

	if (!defect)
		return 0;
	if (defect->n_times[SIM_DEFECT_READ]) {
		if (defect->n_times[SIM_DEFECT_READ] != SIM_DEFECT_FOR_GOOD)
			(void)sim_put_defect(sim->disc, unit, SIM_DEFECT_READ, defect->n_times[SIM_DEFECT_READ] - 1);
		sim_busy_for(sim, 500000);	/* retries */
		return UNREADABLE;
	}
	if (!defect->n_times[SIM_DEFECT_WEAK])
		return 0;
	sim_busy_for(sim, 100000);
	if ((sim_page_byte(sim, 1, 2) & 0x40) && sim->disc->kind->family->replaces_defects && replace(sim))
		(void)sim_put_defect(sim->disc, unit, SIM_DEFECT_WEAK, 0);	/* ARRE: moved */
	return sim_page_byte(sim, 1, 2) & 0x04 ? SENSE(1, 0x17, 0x01) : 0;
}

/* 0, or why blocks of UNIT can't be read from the medium.  Key 1: they can. */
static sim_sense read_unit(struct sim *sim, uint32_t unit)
{
	uint8_t flags = sim->disc->units[unit].flags;
	sim_sense sense = flags & UNIT_UNREADABLE ? UNREADABLE : read_defect(sim, unit);

	if (sense == UNREADABLE && sim_has(sim, QUIRK_RFAIL_1100))
		return SENSE(3, 0x11, 0x00);
	if (SENSE_KEY(sense) > 1 || (flags & UNIT_WRITTEN))
		return sense;
	if (sim_has(sim, QUIRK_UNW))
		return sim->drive->quirks.unwritten;
	return sim->disc->kind->family->unwritten_is_unreadable ? UNREADABLE : sense;
}

static sim_sense read_part(struct sim *sim, const struct part *part, uint32_t lba, uint8_t *ret_data)
{
	const struct sim_cached *cached = sim_has(sim, QUIRK_STALE_READ) ? NULL : find_cached(sim, part->unit);
	uint32_t wanted = mask_of(part->first, part->n_blocks);
	sim_sense sense = 0;

	if (!cached || (cached->blocks & wanted) != wanted) {
		sense = read_unit(sim, part->unit);
		if (SENSE_KEY(sense) > 1)
			return sense;
		if (!(sim->disc->units[part->unit].flags & UNIT_WRITTEN) && sim_has(sim, QUIRK_UNW))
			memset(ret_data, 0, (size_t)part->n_blocks * SIM_BLOCK_BYTES);
		else if (sim_data_read(sim, lba, part->n_blocks, ret_data))
			return SENSE(4, 0x44, 0x00);
	}
	for (uint32_t i = 0; cached && i < part->n_blocks; i++)
		if (cached->blocks & 1u << (part->first + i))
			memcpy(ret_data + (size_t)i * SIM_BLOCK_BYTES,
			       cached->data + (size_t)(part->first + i) * SIM_BLOCK_BYTES, SIM_BLOCK_BYTES);
	return sense;
}

/* Blocks before one that can't be read are transferred. */
sim_sense sim_cache_read(struct sim *sim, struct sim_command *cmd, const struct sim_span *span, uint8_t *ret_data)
{
	struct part part = { .n_blocks = 0 };
	sim_sense recovered = 0;

	while (next_part(sim, span, &part)) {
		sim_sense sense = read_part(sim, &part, span->lba + part.n_before,
					    ret_data + (size_t)part.n_before * SIM_BLOCK_BYTES);

		if (SENSE_KEY(sense) > 1)
			return sim_bad_lba(cmd, sense, span->lba + part.n_before);
		if (sense && !recovered)
			recovered = sim_bad_lba(cmd, sense, span->lba + part.n_before);
		cmd->n_done_bytes = (part.n_before + part.n_blocks) * SIM_BLOCK_BYTES;
	}
	sim_busy_for(sim, (uint64_t)span->n_blocks * SIM_BLOCK_BYTES * 1000 / sim->disc->kind->kbytes_per_s);
	return recovered;
}
