/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recording a workload, step by step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "../common/packet_stack.h"
#include "crash.h"
#include "pkt/spare.h"
#include "vol/vol.h"

#define PATTERN_MARK 0xA0000000u

void crash_need(enum udf_err err, const char *what, const char *path)
{
	if (!err)
		return;
	fail_msg("%s %s: %s", what, path, udf_strerror(err));
}

/* ---- names ---- */

static unsigned hash_path(const char *path)
{
	unsigned h = 2166136261u;

	while (*path)
		h = (h ^ (uint8_t)*path++) * 16777619u;
	return h;
}

static void grow_names(struct crash_names *names)
{
	unsigned size = names->table_size ? names->table_size * 2 : 256, at;
	int i;

	free(names->table);
	names->table = calloc(size, sizeof(*names->table));
	names->table_size = size;
	names->cap = (int)size / 2;
	names->path = realloc(names->path, (size_t)names->cap * sizeof(*names->path));
	for (i = 0; i < names->n; i++) {
		for (at = hash_path(names->path[i]) % size; names->table[at]; at = (at + 1) % size)
			;
		names->table[at] = i + 1;
	}
}

int crash_name(struct crash_names *names, const char *path, bool add)
{
	unsigned at;

	if (names->n == names->cap)
		grow_names(names);
	for (at = hash_path(path) % names->table_size; names->table[at];
	     at = (at + 1) % names->table_size)
		if (strcmp(names->path[names->table[at] - 1], path) == 0)
			return names->table[at] - 1;
	if (!add)
		return -1;
	snprintf(names->path[names->n], sizeof(names->path[0]), "%s", path);
	names->table[at] = ++names->n;
	return names->n - 1;
}

/* ---- recording ---- */

void fill_pattern(uint8_t *data, size_t n_bytes, int mark, uint64_t *state)
{
	size_t i;

	for (i = 0; i + 4 <= n_bytes; i += 4) {
		uint32_t word = PATTERN_MARK | (uint32_t)mark << 12 | (uint32_t)(rnd(state) & 0xFFF);

		memcpy(data + i, &word, 4);
	}
	memset(data + i, 0, n_bytes - i);
}

static void begin_step(struct crash_run *run)
{
	if (run->n_steps == CRASH_MAX_STEPS)
		abort();
}

static struct step *end_step(struct crash_run *run, enum promise promise, int object, int touched)
{
	struct model_path *paths = calloc(CRASH_MAX_PATHS, sizeof(*paths));
	struct step *step = &run->steps[run->n_steps];
	size_t i;

	*step = (struct step){ .after = model_copy(run->model),
			       .promise = promise,
			       .object = object,
			       .promised_at = crash_n_events(run),
			       .touched = touched };
	step->n_paths = model_paths(run->model, paths, CRASH_MAX_PATHS);
	step->paths = calloc(step->n_paths + 1, sizeof(*step->paths));
	for (i = 0; i < step->n_paths; i++)
		step->paths[i] = (struct crash_path){ crash_name(&run->names, paths[i].path, true),
						      paths[i].object };
	free(paths);
	snprintf(step->what, sizeof(step->what), "%s", run->what);
	run->what[0] = 0;
	crash_need(bio_fault_mark(run->fault, (uint64_t)run->n_steps), "mark", "");
	run->n_steps++;
	return step;
}

/*
 * A sync.  Where work goes on meanwhile it is a step of its own that changes nothing, and its promise is
 * for what there was when it began; it is made when it has returned.
 */
static int begin_sync(struct crash_run *run, const char *what, const char *path)
{
	begin_step(run);
	snprintf(run->what, sizeof(run->what), "%s %s", what, path);
	if (run->shares)
		end_step(run, PROMISE_NOTHING, -1, -1);
	return run->n_steps - 1;
}

static void end_sync(struct crash_run *run, int begun, enum promise promise, int object)
{
	struct step *step = &run->steps[begun];

	if (!run->shares) {
		end_step(run, promise, object, -1);
		return;
	}
	step->promise = promise;
	step->object = object;
	step->promised_at = crash_n_events(run);
	crash_need(bio_fault_mark(run->fault, (uint64_t)run->n_steps - 1), "mark", "");
}

/*
 * A sync gives back the lock: random work, with a part of what it waits for written in between.  Every other time no
 * part is, so that all of it can be written together.
 */
static void go_on(void *ctx)
{
	struct crash_run *run = ctx;
	bool in_parts = ++run->n_waits % 2;
	int i;

	if (run->is_waiting)
		return;
	run->is_waiting = true;
	for (i = 0; i < 3; i++) {
		uint64_t n = rnd(&run->meanwhile_seed) % 3;

		while (n-- && run->n_steps < CRASH_MAX_STEPS - 8)
			step_random(run, &run->meanwhile_seed);
		if (in_parts)
			crash_need(bio_let_go(run->top, (size_t)(rnd(&run->meanwhile_seed) % 6), NULL), "write",
				   "what is held");
	}
	run->is_waiting = false;
}

static void take_lock(void *ctx)
{
	(void)ctx;
}

static void mount_top(struct crash_run *run)
{
	mount_volume(run->top, &run->options, &run->m);
	if (run->shares)
		udf_fs_share(run->m.fs, go_on, take_lock, run);
}

/* A step that changed names. */
static void end_names(struct crash_run *run, enum udf_err err, const char *what, const char *a,
		      const char *b, bool moves_dir)
{
	if (what != run->what)
		snprintf(run->what, sizeof(run->what), "%s %s %s: %s", what, a, b, udf_strerror(err));
	if (err == UDF_E_NOSPC && run->may_fill_up)
		run->n_full++;
	else if (err != UDF_E_READ_ONLY || !run->may_be_frozen || udf_fs_why_read_only(run->m.fs))
		crash_need(err, what, a);
	end_step(run, PROMISE_NOTHING, -1, -1)->moves_dir = moves_dir && !err;
}

/* A step that changed the contents of OBJECT, which has PATH. */
static void end_contents(struct crash_run *run, enum udf_err err, const char *what, const char *path,
			 int object)
{
	if (what != run->what)
		snprintf(run->what, sizeof(run->what), "%s %s: %s", what, path, udf_strerror(err));
	if (err == UDF_E_NOSPC && run->may_fill_up) {
		run->n_full++;
		model_reload(run->model, &run->m, object, path);
	} else {
		crash_need(err, what, path);
	}
	end_step(run, PROMISE_NOTHING, -1, object);
}

/* Some packets of the partition can't be written; a layer that moves them comes above. */
static void add_bad_packets(struct crash_run *run)
{
	struct udf_vol *vol;
	uint32_t step, lbn;

	crash_need(udf_vol_open(run->base, NULL, NULL, NULL, &vol), "open", "");
	step = vol->sparing->packet_blocks * run->bad_every;
	lbn = vol->sparing->packet_blocks * (run->number % run->bad_every);
	for (; lbn < vol->parts[0].n_blocks; lbn += step)
		crash_need(bio_fault_bad_block(run->fault, vol->parts[0].start_lsn + lbn, false, true), "bad", "");
	udf_vol_close(vol);
	if (!run->is_cached)
		crash_need(pkt_spare_new(run->fault, &run->top), "spare", "");
}

static struct crash_run *start_on_base(struct crash_run *run)
{
	static unsigned n_runs;
	struct bio *overlay;

	run->number = ++n_runs;
	crash_need(bio_overlay_new(run->base, false, &overlay), "overlay", "");
	crash_need(bio_fault_new(overlay, &run->fault), "fault", "");
	run->fault->geometry.write_unit_blocks = run->base->geometry.write_unit_blocks;
	/* Without the cache all structures are written often, so that each of them is cut off often. */
	run->fault->geometry.wears = run->is_cached;
	run->top = run->fault;
	if (run->bad_every)
		add_bad_packets(run);
	if (run->is_cached)
		run->top = packet_stack_new(run->fault);
	if (run->shares)
		crash_need(bio_hold_new(run->top, &run->top), "hold", "");
	mount_top(run);
	if (!run->model)
		run->model = model_read(&run->m);
	if (!run->model) {
		abandon_volume(&run->m);
		crash_free(run);
		return NULL;
	}
	bio_fault_record(run->fault, true);
	end_step(run, PROMISE_ALL, -1, -1);
	return run;
}

struct crash_run *crash_start_on(const struct crash_volume *volume)
{
	struct crash_run *run = calloc(1, sizeof(*run));

	run->steps = calloc(CRASH_MAX_STEPS, sizeof(*run->steps));
	run->options = volume->options;
	if (!run->options.commit_seconds)
		run->options.commit_seconds = 30;	/* what the ticks expect, also on media that wear */
	run->shares = volume->shares;
	run->bad_every = volume->bad_every;
	run->is_cached = volume->is_cached;
	run->meanwhile_seed = 5;
	run->model = model_new();
	crash_need(bio_memory_new(volume->block_bytes, volume->n_blocks, &run->base), "memory", "");
	if (volume->packet_blocks) {
		run->base->geometry.wears = true;
		run->base->geometry.write_unit_blocks = volume->packet_blocks;
	}
	make_volume_for(run->base, volume->media, volume->revision ? volume->revision : 0x0201,
			volume->has_table ? UDF_SPACE_UNALLOC_TABLE : UDF_SPACE_UNALLOC_BITMAP);
	if (volume->fill || volume->left_open) {
		mount_volume(run->base, NULL, &run->m);
		if (volume->fill)
			volume->fill(run->model, &run->m);
		if (volume->left_open) {
			crash_need(udf_fs_sync(run->m.fs), "sync", "");
			abandon_volume(&run->m);
		} else {
			crash_need(unmount_volume(&run->m), "unmount", "");
		}
	}
	if (volume->alter)
		volume->alter(run->base);
	return start_on_base(run);
}

struct crash_run *crash_start(uint32_t block_bytes, uint32_t n_blocks,
			      void (*fill)(struct model *model, struct mounted *m))
{
	return crash_start_on(&(struct crash_volume){
		.block_bytes = block_bytes, .n_blocks = n_blocks, .fill = fill });
}

struct crash_run *crash_start_after(struct bio *state)
{
	struct crash_run *run = calloc(1, sizeof(*run));
	uint8_t *block = malloc(state->geometry.block_bytes);
	uint64_t i;

	run->steps = calloc(CRASH_MAX_STEPS, sizeof(*run->steps));
	run->may_be_frozen = true;
	run->options.commit_seconds = 30;
	crash_need(bio_memory_new(state->geometry.block_bytes, state->geometry.n_blocks, &run->base), "memory", "");
	run->base->geometry.wears = state->geometry.wears;
	run->base->geometry.write_unit_blocks = state->geometry.write_unit_blocks;
	for (i = 0; i < state->geometry.n_blocks; i++) {
		crash_need(bio_read(state, i, 1, block), "read", "");
		crash_need(bio_write(run->base, i, 1, block), "write", "");
	}
	free(block);
	return start_on_base(run);
}

static int object_of(struct crash_run *run, const char *path)
{
	return model_lookup(run->model, path);
}

/* A file that could not be made because the volume was full. */
static bool is_missing(struct crash_run *run, const char *path)
{
	return run->may_fill_up && object_of(run, path) < 0;
}

static bool is_dir(struct crash_run *run, const char *path)
{
	int object = object_of(run, path);

	return object >= 0 && run->model->objects[object].is_dir;
}

void step_create(struct crash_run *run, const char *path)
{
	begin_step(run);
	end_names(run, do_create(run->model, &run->m, path, false), "create", path, "", false);
}

void step_mkdir(struct crash_run *run, const char *path)
{
	begin_step(run);
	end_names(run, do_create(run->model, &run->m, path, true), "mkdir", path, "", false);
}

void step_create_many(struct crash_run *run, const char *prefix, unsigned n)
{
	char path[512];
	unsigned i;

	begin_step(run);
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s%u", prefix, i);
		crash_need(do_create(run->model, &run->m, path, false), "create", path);
	}
	end_names(run, UDF_OK, "create many", prefix, "", false);
}

void step_symlink(struct crash_run *run, const char *target, const char *path)
{
	begin_step(run);
	end_names(run, do_symlink(run->model, &run->m, target, path), "symlink", path, target, false);
}

void step_special(struct crash_run *run, const char *path, uint32_t kind, uint32_t rdev_minor)
{
	begin_step(run);
	end_names(run, do_special(run->model, &run->m, path, kind, rdev_minor), "mknod", path, "", false);
}

void step_write(struct crash_run *run, const char *path, uint64_t at, size_t n_bytes)
{
	uint8_t *data;
	uint64_t state = (uint64_t)run->n_steps;
	int object = object_of(run, path);

	begin_step(run);
	if (is_missing(run, path))
		return;
	data = malloc(n_bytes);
	fill_pattern(data, n_bytes, run->model->objects[object].mark, &state);
	end_contents(run, do_write(run->model, &run->m, path, at, data, n_bytes), "write", path, object);
	free(data);
}

void step_truncate(struct crash_run *run, const char *path, uint64_t n_bytes)
{
	int object = object_of(run, path);

	begin_step(run);
	if (is_missing(run, path))
		return;
	end_contents(run, do_truncate(run->model, &run->m, path, n_bytes), "truncate", path, object);
}

void step_fallocate(struct crash_run *run, const char *path, unsigned flags, uint64_t at, uint64_t n_bytes)
{
	int object = object_of(run, path);
	udf_ino ino = path_ino(&run->m, path);
	enum udf_err err;

	begin_step(run);
	if (is_missing(run, path))
		return;
	err = udf_fallocate(run->m.fs, ino, flags, at, n_bytes);
	put_ino(&run->m, ino);
	if (!err)
		model_reload(run->model, &run->m, object, path);
	end_contents(run, err, "fallocate", path, object);
}

void step_set_mtime(struct crash_run *run, const char *path)
{
	udf_ino ino = path_ino(&run->m, path);
	struct udf_attr attr = { .mtime = { .seconds = 1000000000 } };

	begin_step(run);
	crash_need(udf_setattr(run->m.fs, ino, &attr, UDF_SET_MTIME, &attr), "set mtime", path);
	put_ino(&run->m, ino);
	end_step(run, PROMISE_NOTHING, -1, -1);
}

void step_unlink(struct crash_run *run, const char *path)
{
	begin_step(run);
	end_names(run, do_unlink(run->model, &run->m, path), "unlink", path, "", false);
}

void step_rmdir(struct crash_run *run, const char *path)
{
	begin_step(run);
	end_names(run, do_rmdir(run->model, &run->m, path), "rmdir", path, "", false);
}

void step_link(struct crash_run *run, const char *from, const char *to)
{
	begin_step(run);
	end_names(run, do_link(run->model, &run->m, from, to), "link", from, to, false);
}

void step_rename(struct crash_run *run, const char *from, const char *to)
{
	bool moves_dir = is_dir(run, from);

	begin_step(run);
	end_names(run, do_rename(run->model, &run->m, from, to), "rename", from, to, moves_dir);
}

void step_exchange(struct crash_run *run, const char *a, const char *b)
{
	bool moves_dir = is_dir(run, a) || is_dir(run, b);

	begin_step(run);
	end_names(run, do_exchange(run->model, &run->m, a, b), "exchange", a, b, moves_dir);
}

void step_fsync(struct crash_run *run, const char *path)
{
	int object = object_of(run, path), begun = begin_sync(run, "fsync", path);
	bool is_all = object < 0 || run->model->objects[object].is_dir;

	crash_need(do_fsync(&run->m, path), "fsync", path);
	end_sync(run, begun, is_all ? PROMISE_ALL : PROMISE_FILE, object);
}

void step_fdatasync(struct crash_run *run, const char *path)
{
	int object = object_of(run, path), begun = begin_sync(run, "fdatasync", path);
	udf_ino ino = path_ino(&run->m, path);

	crash_need(udf_fsync(run->m.fs, ino, true), "fdatasync", path);
	put_ino(&run->m, ino);
	end_sync(run, begun, PROMISE_FILE, object);
}

void step_sync(struct crash_run *run)
{
	int begun = begin_sync(run, "sync", "");

	crash_need(udf_fs_sync(run->m.fs), "sync", "");
	end_sync(run, begun, PROMISE_ALL, -1);
}

void step_remount(struct crash_run *run)
{
	begin_step(run);
	crash_need(unmount_volume(&run->m), "unmount", "");
	mount_top(run);
	end_step(run, PROMISE_ALL, -1, -1);
}

void step_tick(struct crash_run *run, int64_t seconds, bool all)
{
	int begun = begin_sync(run, "tick", "");

	clock_advance(seconds);
	crash_need(udf_fs_tick(run->m.fs, NULL), "tick", "");
	end_sync(run, begun, all ? PROMISE_ALL : PROMISE_NOTHING, -1);
}

int step_hold(struct crash_run *run, const char *path)
{
	if (run->n_held == CRASH_MAX_HELD)
		abort();
	run->held[run->n_held] = path_ino(&run->m, path);
	run->held_object[run->n_held] = object_of(run, path);
	return run->n_held++;
}

void step_write_held(struct crash_run *run, int held, uint64_t at, size_t n_bytes)
{
	uint8_t *data = malloc(n_bytes);
	uint64_t state = (uint64_t)run->n_steps;
	size_t done = 0, n;

	begin_step(run);
	fill_pattern(data, n_bytes, run->model->objects[run->held_object[held]].mark, &state);
	for (; done < n_bytes; done += n)
		crash_need(udf_write(run->m.fs, run->held[held], at + done, n_bytes - done, data + done, &n),
		     "write", "an open file");
	snprintf(run->what, sizeof(run->what), "write to an open file");
	free(data);
	end_step(run, PROMISE_NOTHING, -1, run->held_object[held]);
}

void step_fsync_held(struct crash_run *run, int held)
{
	begin_step(run);
	crash_need(udf_fsync(run->m.fs, run->held[held], false), "fsync", "an open file");
	end_step(run, PROMISE_NOTHING, -1, -1);
}

void step_release(struct crash_run *run, int held)
{
	begin_step(run);
	udf_forget(run->m.fs, run->held[held], 1);
	run->held[held] = 0;
	end_step(run, PROMISE_NOTHING, -1, -1);
}

/* ---- random work ---- */

/* A path out of few, so that names meet; WANT_DIR: one that begins as a directory. */
static void random_path(uint64_t *seed, bool want_dir, char path[512])
{
	static const char *const dirs[] = { "", "/d1", "/d2", "/d1/e1" };
	uint64_t r = rnd(seed);

	if (want_dir)
		snprintf(path, 512, "%s", dirs[1 + r % 3]);
	else
		snprintf(path, 512, "%s/%s%u", dirs[r % 4], r / 4 % 3 ? "f" : "a-longer-name-than-that",
			 (unsigned)(r / 16 % 8));
}

/* One that is there, a directory or not; any random one where there is none. */
static void existing_path(struct crash_run *run, uint64_t *seed, bool want_dir, char path[512])
{
	const struct step *step = &run->steps[run->n_steps - 1];
	size_t n = step->n_paths, at = n ? (size_t)(rnd(seed) % n) : 0, i;

	for (i = 0; i < n; i++, at = (at + 1) % n) {
		if (run->model->objects[step->paths[at].object].is_dir != want_dir)
			continue;
		snprintf(path, 512, "%s", run->names.path[step->paths[at].name]);
		return;
	}
	random_path(seed, want_dir, path);
}

/* What a random operation may say: that there is nothing to do it on. */
static enum udf_err usual(struct crash_run *run, enum udf_err err)
{
	switch ((unsigned)err) {
	case UDF_E_NOT_FOUND:
	case UDF_E_EXISTS:
	case UDF_E_NOT_DIR:
	case UDF_E_IS_DIR:
	case UDF_E_NOT_EMPTY:
	case UDF_E_INVAL:
		snprintf(run->what + strlen(run->what), sizeof(run->what) - strlen(run->what), ": %s",
			 udf_strerror(err));
		return UDF_OK;
	default:
		return err;
	}
}

static void random_names(struct crash_run *run, uint64_t *seed)
{
	uint64_t kind = rnd(seed) % 16;
	char path[512], other[512];
	bool moves = false;
	enum udf_err err;

	if (kind < 5 || kind == 10)
		random_path(seed, kind == 4, path);
	else
		existing_path(run, seed, kind == 5 || kind >= 14, path);
	if ((kind == 11 || kind == 13 || kind == 15) && rnd(seed) % 2)
		existing_path(run, seed, kind == 15, other);
	else
		random_path(seed, kind == 15, other);
	snprintf(run->what, sizeof(run->what), "names %u %.60s %.60s", (unsigned)kind, path, other);
	if (kind < 3) {
		err = do_create(run->model, &run->m, path, false);
	} else if (kind < 5) {
		err = do_create(run->model, &run->m, path, true);
	} else if (kind < 6) {
		err = do_rmdir(run->model, &run->m, path);
	} else if (kind < 8) {
		err = do_unlink(run->model, &run->m, path);
	} else if (kind < 10) {
		err = do_link(run->model, &run->m, path, other);
	} else if (kind == 10) {
		err = rnd(seed) % 2 ? do_symlink(run->model, &run->m, "../x/some-where", path) :
				      do_special(run->model, &run->m, path, S_IFCHR, (uint32_t)rnd(seed) % 9);
	} else if (kind == 11) {
		moves = is_dir(run, path) || is_dir(run, other);
		err = do_exchange(run->model, &run->m, path, other);
	} else {
		moves = is_dir(run, path);
		err = do_rename(run->model, &run->m, path, other);
	}
	end_names(run, usual(run, err), run->what, path, other, moves && !err);
}

static void random_contents(struct crash_run *run, uint64_t *seed)
{
	uint64_t kind = rnd(seed) % 8, size = rnd(seed), state = rnd(seed);
	enum udf_err err = UDF_OK;
	uint8_t data[8192];
	char path[512];
	int object;

	existing_path(run, seed, false, path);
	object = object_of(run, path);
	snprintf(run->what, sizeof(run->what), "contents %u %.60s %llu", (unsigned)kind, path,
		 (unsigned long long)size);
	if (object < 0 || run->model->objects[object].is_dir || run->model->objects[object].is_symlink ||
	    run->model->objects[object].special) {
		end_step(run, PROMISE_NOTHING, -1, -1);
	} else if (kind < 5) {
		size_t n = (size % 3 == 0 ? 40 : size % 3 == 1 ? 700 : 5000) & ~(size_t)3;

		fill_pattern(data, n, run->model->objects[object].mark, &state);
		err = do_write(run->model, &run->m, path, size / 8 % 2 ? 0 : size / 16 % 9000 & ~3ull, data,
			       n);
		end_contents(run, err, run->what, path, object);
	} else if (kind < 7) {
		err = do_truncate(run->model, &run->m, path, kind == 5 ? 0 : size % 9000 & ~3ull);
		end_contents(run, err, run->what, path, object);
	} else {
		static const unsigned flags[] = { 0, UDF_FALLOC_KEEP_SIZE, UDF_FALLOC_ZERO_RANGE,
						  UDF_FALLOC_KEEP_SIZE | UDF_FALLOC_PUNCH_HOLE };

		step_fallocate(run, path, flags[size % 4], size / 4 % 8000 & ~3ull,
			       (size / 65536 % 5000 & ~3ull) + 4);
	}
}

static void random_sync(struct crash_run *run, uint64_t *seed)
{
	uint64_t kind = rnd(seed) % 12;
	char path[512];
	int i;

	existing_path(run, seed, kind < 2, path);
	if (kind < 6 && object_of(run, path) >= 0) {
		step_fsync(run, path);
	} else if (kind == 6 && object_of(run, path) >= 0) {
		step_fdatasync(run, path);
	} else if (kind == 7 && object_of(run, path) >= 0 && run->n_held < CRASH_MAX_HELD) {
		(void)step_hold(run, path);
	} else if (kind == 8) {
		for (i = 0; i < run->n_held && !run->held[i]; i++)
			;
		if (i < run->n_held)
			step_release(run, i);
	} else if (kind == 9) {
		step_sync(run);
	} else if (kind == 10) {
		step_tick(run, 31, !run->is_waiting);	/* what another sync is writing it leaves to that */
	}
}

void step_random(struct crash_run *run, uint64_t *seed)
{
	uint64_t kind = rnd(seed) % 16;

	begin_step(run);
	/* a batch that an operation had to end is written some time */
	if (run->shares && kind % 4 == 1)
		crash_need(bio_let_go(run->top, rnd(seed) % 4, NULL), "write", "what is held");
	if (kind < 9)
		random_names(run, seed);
	else if (kind < 14)
		random_contents(run, seed);
	else
		random_sync(run, seed);
}

void crash_free(struct crash_run *run)
{
	int i;

	for (i = 0; i < run->n_steps; i++) {
		model_free(run->steps[i].after);
		free(run->steps[i].paths);
	}
	if (run->model)
		model_free(run->model);
	bio_close(run->top);
	if (run->is_cached)
		bio_close(run->fault);	/* the cache only borrows it */
	bio_close(run->base);
	free(run->names.path);
	free(run->names.table);
	free(run->steps);
	free(run);
}
