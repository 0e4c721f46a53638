/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Simulated drives are made, opened and closed here, and looked at. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/attention.h"
#include "sim/cache.h"
#include "sim/clock.h"
#include "sim/state.h"

/* ---- making ---- */

static enum udf_err check_options(const struct sim_create_options *options, struct sim_image *image, char *ret_why)
{
	const char *traits = options->drive ? sim_family_quirks(options->drive) : NULL;
	enum udf_err err;

	image->disc.kind = sim_find_kind(options->media);
	if (!image->disc.kind)
		return sim_refuse(ret_why, UDF_E_INVAL, "this version simulates no medium '%.64s'; "
				  "'mmcsim list' shows what it does", options->media);
	if (options->drive && !traits)
		return sim_refuse(ret_why, UDF_E_INVAL, "this version simulates no drive '%.64s'; "
				  "'mmcsim list' shows what it does", options->drive);
	if (options->write_protected && !image->disc.kind->has_cartridge)
		return sim_refuse(ret_why, UDF_E_INVAL, "a disc of this kind has no cartridge with a tab");
	err = sim_quirks_parse(&image->drive.quirks, traits, ret_why);
	return err ? err : sim_quirks_parse(&image->drive.quirks, options->quirks, ret_why);
}

static enum udf_err must_not_exist(const char *path, const char *suffix, char *ret_why)
{
	struct sim_text name = { .bytes = NULL };
	struct stat st;
	enum udf_err err = UDF_OK;

	sim_text_add(&name, "%s%s", path, suffix);
	if (name.failed)
		err = UDF_E_NOMEM;
	else if (lstat(name.bytes, &st) == 0)
		err = sim_refuse(ret_why, UDF_E_EXISTS, *suffix ? "its state exists already; remove that first: rm %s" :
				 "it exists already", name.bytes);
	sim_text_done(&name);
	return err;
}

static void make_disc(struct sim_image *image, const struct sim_create_options *options)
{
	struct sim_disc *disc = &image->disc;

	if (disc->kind->family->make)
		disc->kind->family->make(disc, options->unformatted);
	disc->tab = options->write_protected;
	disc->endurance = options->endurance;
	image->drive.random = options->seed;
	image->drive.clean = true;
}

enum udf_err sim_create(const char *path, const struct sim_create_options *options, char *ret_why)
{
	struct sim_image *image = sim_image_new(path);
	struct sim sim = { .home = image, .log_fd = -1 };
	enum udf_err err = image ? UDF_OK : UDF_E_NOMEM;

	if (ret_why)
		*ret_why = 0;
	if (!err)
		err = check_options(options, image, ret_why);
	if (!err)
		err = must_not_exist(path, "", ret_why);
	if (!err)
		err = must_not_exist(path, ".state", ret_why);
	if (!err)
		err = sim_units_new(&image->disc);
	if (!err) {
		image->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		err = image->fd < 0 ? udf_err_from_errno(errno) : UDF_OK;
	}
	if (!err) {
		make_disc(image, options);
		sim.drive = &image->drive;
		sim_power_on(&sim);
		sim_data_clear(&sim);
		err = sim_image_save(image);
		if (err)
			(void)unlink(path);
	}
	sim_image_free(image);
	return err;
}

/* ---- opening and closing ---- */

static enum udf_err load_other(struct sim *sim, enum sim_access access, char *ret_why)
{
	const char *path = sim->drive->other_disc;

	if (!*path)
		return UDF_OK;
	sim->other = sim_image_new(path);
	return sim->other ? sim_image_load(sim->other, access, ret_why) : UDF_E_NOMEM;
}

/* A process that ended without closing was a power cut, in which nothing that waited in the cache survived. */
static enum udf_err begin_use(struct sim *sim)
{
	struct sim_drive *drive = sim->drive;
	enum udf_err err;

	if (drive->powered && !drive->clean)
		sim_power_fail(sim);
	if (!drive->powered)
		sim_power_on(sim);
	drive->clean = false;
	sim_log_open(sim);
	err = sim_image_save(sim->home);
	if (!err && sim->other)
		err = sim_image_save(sim->other);
	sim->must_save = false;
	return err;
}

static void free_sim(struct sim *sim)
{
	while (sim->n_cached)
		free(sim->cache[--sim->n_cached].data);
	if (sim->log_fd >= 0)
		(void)close(sim->log_fd);
	free(sim->request_path);
	sim_image_free(sim->other);
	sim_image_free(sim->home);
	free(sim);
}

enum udf_err sim_open(const char *path, enum sim_access access, char *ret_why, struct sim **ret_sim)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	char *real = realpath(path, NULL);
	enum udf_err err = sim ? UDF_OK : UDF_E_NOMEM;

	if (ret_why)
		*ret_why = 0;
	if (!err && !real)
		err = udf_err_from_errno(errno);
	if (!err) {
		sim->log_fd = -1;
		sim->only_looks = access == SIM_LOOK;
		sim->home = sim_image_new(real);
		err = sim->home ? sim_image_load(sim->home, access, ret_why) : UDF_E_NOMEM;
	}
	free(real);
	if (!err) {
		sim->drive = &sim->home->drive;
		err = load_other(sim, access, ret_why);
	}
	if (!err) {
		sim_find_disc(sim);
		err = access == SIM_USE ? begin_use(sim) : UDF_OK;
	}
	if (err) {
		if (sim)
			free_sim(sim);
		return err;
	}
	*ret_sim = sim;
	return UDF_OK;
}

enum udf_err sim_close(struct sim *sim)
{
	enum udf_err err = UDF_OK;

	if (!sim)
		return UDF_OK;
	if (!sim->only_looks) {
		if (sim->drive->powered)
			(void)sim_cache_flush(sim, NULL);
		sim->drive->clean = true;
		err = sim_image_save(sim->home);
		if (sim->other) {
			enum udf_err other_err = sim_image_save(sim->other);

			err = err ? err : other_err;
		}
	}
	free_sim(sim);
	return err;
}

/* ---- looking ---- */

static const char *state_text(const struct sim *sim)
{
	const char *operation = sim_op_text(sim);

	if (!sim->drive->powered)
		return "off";
	if (sim->drive->tray_open)
		return "open";
	if (!sim->disc)
		return "empty";
	return operation ? operation : sim->disc->kind->family->state_names[sim->disc->state];
}

static void count_units(const struct sim_disc *disc, struct sim_status *status)
{
	status->n_packets = (uint32_t)(((uint64_t)disc->n_blocks + disc->kind->unit_blocks - 1) /
				       disc->kind->unit_blocks);
	for (uint32_t i = 0; i < disc->n_units; i++) {
		const struct sim_unit *unit = &disc->units[i];

		status->n_written_packets += unit->flags & UNIT_WRITTEN ? 1 : 0;
		status->n_unreadable_packets += unit->flags & UNIT_UNREADABLE ? 1 : 0;
		if (unit->n_writes > status->most_rewrites) {
			status->most_rewrites = unit->n_writes;
			status->most_rewritten_lba = i * disc->kind->unit_blocks;
		}
	}
}

static void count_spares(const struct sim_disc *disc, struct sim_status *status)
{
	uint64_t used = ((uint64_t)disc->n_listed_units + disc->n_replaced_units) * disc->kind->unit_blocks;

	if (!disc->kind->family->replaces_defects)
		return;
	status->n_spare_blocks = disc->kind->n_primary_spare_blocks + disc->n_supplementary_blocks;
	if (used < status->n_spare_blocks)
		status->n_free_spare_blocks = status->n_spare_blocks - (uint32_t)used;
}

static bool is_in_use(const struct sim *sim)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = INT64_MAX - 2 };

	return sim->only_looks && fcntl(sim->home->fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

void sim_get_status(const struct sim *sim, struct sim_status *ret_status)
{
	const struct sim_drive *drive = sim->drive;
	struct sim_view view = { .profile = 0 };

	*ret_status = (struct sim_status){
		.state = state_text(sim), .quirks = drive->quirks.text, .powered = drive->powered,
		.tray_open = drive->tray_open, .locked = drive->locked || drive->persistent,
		.write_protected = sim_write_protection(sim) != 0, .in_use = is_in_use(sim),
		.clock_ms = drive->clock_us / 1000, .n_pending_attentions = drive->n_attentions,
		.n_cached_packets = sim->n_cached };
	if (!sim->disc)
		return;
	sim->disc->kind->family->describe(sim, &view);
	ret_status->profile = view.profile;
	ret_status->media = sim->disc->kind->medium.name;
	ret_status->media_text = sim->disc->kind->medium.text;
	ret_status->disc_path = sim->disc_image->path;
	ret_status->n_blocks = sim->disc->n_blocks;
	ret_status->packet_blocks = sim->disc->kind->unit_blocks;
	ret_status->n_packet_writes = sim->disc->n_unit_writes;
	ret_status->n_defects = sim->disc->n_defects;
	ret_status->n_sessions = view.n_sessions;
	ret_status->n_tracks = view.n_tracks;
	ret_status->n_calibrations = sim->disc->n_calibrations;
	count_units(sim->disc, ret_status);
	count_spares(sim->disc, ret_status);
}

bool sim_get_track(const struct sim *sim, uint32_t index, struct sim_track_status *ret_track)
{
	struct sim_view view = { .profile = 0 };
	const struct sim_track *track = &view.tracks[index < SIM_MAX_TRACKS ? index : 0];
	bool is_writable;

	if (sim->disc)
		sim->disc->kind->family->describe(sim, &view);
	if (index >= view.n_tracks)
		return false;
	is_writable = track->valid & 1;
	*ret_track = (struct sim_track_status){
		.number = track->number, .session = track->session, .first_lba = track->start_lba,
		.n_blocks = is_writable ? track->next_lba - track->start_lba : track->n_blocks,
		.is_empty = track->data_mode & 0x40, .is_damaged = track->mode & 0x20,
		.is_reserved = track->data_mode & 0x80 && is_writable, .is_packet = track->data_mode & 0x20,
		.is_fixed_packet = track->data_mode & 0x10, .has_next_writable = is_writable,
		.next_writable_lba = is_writable ? track->next_lba : 0,
		.n_free_blocks = is_writable ? track->free_blocks : 0 };
	return true;
}

uint32_t sim_packet_writes(const struct sim *sim, uint32_t packet)
{
	return sim->disc && packet < sim->disc->n_units ? sim->disc->units[packet].n_writes : 0;
}
