/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "check/check.h"
#include "crash.h"
#include "vol/vol.h"

#define PATTERN_MARK 0xA0000000u
#define MAX_PATHS 1024

static void need(enum udf_err err, const char *what, const char *path)
{
	if (!err)
		return;
	fprintf(stderr, "# %s %s: %s\n", what, path, udf_strerror(err));
	abort();
}

/* ---- recording ---- */

void fill_pattern(uint8_t *data, size_t n_bytes, int object, uint64_t *state)
{
	size_t i;

	for (i = 0; i + 4 <= n_bytes; i += 4) {
		uint32_t word = PATTERN_MARK | (uint32_t)object << 12 | (uint32_t)(rnd(state) & 0xFFF);

		memcpy(data + i, &word, 4);
	}
}

static void begin_step(struct crash_run *run)
{
	if (run->n_steps == CRASH_MAX_STEPS)
		abort();
}

static void end_step(struct crash_run *run, enum promise promise, int object, int touched)
{
	run->steps[run->n_steps] = (struct step){ .after = model_copy(run->model),
						  .promise = promise,
						  .object = object,
						  .touched = touched };
	run->steps[run->n_steps].paths = calloc(MAX_PATHS, sizeof(struct model_path));
	run->steps[run->n_steps].n_paths =
		model_paths(run->model, run->steps[run->n_steps].paths, MAX_PATHS);
	run->steps[run->n_steps].paths =
		realloc(run->steps[run->n_steps].paths,
			(run->steps[run->n_steps].n_paths + 1) * sizeof(struct model_path));
	snprintf(run->steps[run->n_steps].what, sizeof(run->steps[0].what), "%s", run->what);
	run->what[0] = 0;
	need(bio_fault_mark(run->fault, (uint64_t)run->n_steps), "mark", "");
	run->n_steps++;
}

struct crash_run *crash_start(uint32_t block_bytes, uint32_t n_blocks,
			      void (*setup)(struct model *model, struct mounted *m))
{
	return crash_start_on(UDF_SPACE_UNALLOC_BITMAP, block_bytes, n_blocks, setup);
}

struct crash_run *crash_start_on(enum udf_space_kind space, uint32_t block_bytes, uint32_t n_blocks,
				 void (*setup)(struct model *model, struct mounted *m))
{
	struct crash_run *run = calloc(1, sizeof(*run));
	struct bio *overlay;

	run->block_bytes = block_bytes;
	run->steps = calloc(CRASH_MAX_STEPS, sizeof(*run->steps));
	run->model = model_new();
	need(bio_memory_new(block_bytes, n_blocks, &run->base), "memory", "");
	make_volume_with(run->base, 0x0201, space);
	if (setup) {
		mount_volume(run->base, NULL, &run->m);
		setup(run->model, &run->m);
		need(unmount_volume(&run->m), "unmount", "");
	}
	need(bio_overlay_new(run->base, false, &overlay), "overlay", "");
	need(bio_fault_new(overlay, &run->fault), "fault", "");
	mount_volume(run->fault, NULL, &run->m);
	bio_fault_record(run->fault, true);
	end_step(run, PROMISE_ALL, -1, -1);
	return run;
}

static int object_of(struct crash_run *run, const char *path)
{
	struct model_path *paths = calloc(MAX_PATHS, sizeof(*paths));
	size_t n = model_paths(run->model, paths, MAX_PATHS), i;
	int object = -1;

	for (i = 0; i < n; i++)
		if (strcmp(paths[i].path, path) == 0)
			object = paths[i].object;
	free(paths);
	return object;
}

/* What fsync of an object promises; the root directory is none of the model's objects (-1). */
static enum promise promise_of_fsync(const struct crash_run *run, int object)
{
	return object < 0 || run->model->objects[object].is_dir ? PROMISE_ALL : PROMISE_FILE;
}

void step_create(struct crash_run *run, const char *path)
{
	begin_step(run);
	need(do_create(run->model, &run->m, path, false), "create", path);
	end_step(run, PROMISE_NOTHING, -1, -1);
}

void step_mkdir(struct crash_run *run, const char *path)
{
	begin_step(run);
	need(do_create(run->model, &run->m, path, true), "mkdir", path);
	end_step(run, PROMISE_NOTHING, -1, -1);
}

void step_write(struct crash_run *run, const char *path, uint64_t at, size_t n_bytes)
{
	uint8_t *data = malloc(n_bytes);
	uint64_t state = (uint64_t)run->n_steps;
	int object = object_of(run, path);

	begin_step(run);
	fill_pattern(data, n_bytes, object, &state);
	need(do_write(run->model, &run->m, path, at, data, n_bytes), "write", path);
	end_step(run, PROMISE_NOTHING, -1, object);
	free(data);
}

void step_truncate(struct crash_run *run, const char *path, uint64_t n_bytes)
{
	int object = object_of(run, path);

	begin_step(run);
	need(do_truncate(run->model, &run->m, path, n_bytes), "truncate", path);
	end_step(run, PROMISE_NOTHING, -1, object);
}

void step_unlink(struct crash_run *run, const char *path)
{
	begin_step(run);
	need(do_unlink(run->model, &run->m, path), "unlink", path);
	end_step(run, PROMISE_NOTHING, -1, -1);
}

void step_rmdir(struct crash_run *run, const char *path)
{
	begin_step(run);
	need(do_rmdir(run->model, &run->m, path), "rmdir", path);
	end_step(run, PROMISE_NOTHING, -1, -1);
}

void step_link(struct crash_run *run, const char *from, const char *to)
{
	begin_step(run);
	need(do_link(run->model, &run->m, from, to), "link", to);
	end_step(run, PROMISE_NOTHING, -1, -1);
}

void step_rename(struct crash_run *run, const char *from, const char *to)
{
	begin_step(run);
	need(do_rename(run->model, &run->m, from, to), "rename", from);
	end_step(run, PROMISE_NOTHING, -1, -1);
}

void step_fsync(struct crash_run *run, const char *path)
{
	int object = object_of(run, path);

	begin_step(run);
	need(do_fsync(&run->m, path), "fsync", path);
	end_step(run, promise_of_fsync(run, object), object, -1);
}

void step_sync(struct crash_run *run)
{
	begin_step(run);
	need(udf_fs_sync(run->m.fs), "sync", "");
	end_step(run, PROMISE_ALL, -1, -1);
}

void step_remount(struct crash_run *run)
{
	begin_step(run);
	need(unmount_volume(&run->m), "unmount", "");
	mount_volume(run->fault, NULL, &run->m);
	end_step(run, PROMISE_ALL, -1, -1);
}

static void random_path(uint64_t *seed, bool want_dir, char path[64])
{
	static const char *const dirs[] = { "", "/d1", "/d2", "/d1/e1" };
	uint64_t r = rnd(seed);

	if (want_dir)
		snprintf(path, 64, "%s", dirs[1 + r % 3]);
	else
		snprintf(path, 64, "%s/%s%u", dirs[r % 4], r / 4 % 3 ? "f" : "a-longer-name-than-that",
			 (unsigned)(r / 16 % 8));
}

/* One random operation that the model allows; anything else is passed over. */
void step_random(struct crash_run *run, uint64_t *seed)
{
	uint64_t kind = rnd(seed) % 20, size = rnd(seed), state = rnd(seed);
	enum promise promise = PROMISE_NOTHING;
	int object = -1, touched = -1;
	char path[64], other[64];
	uint8_t data[8192];

	begin_step(run);
	random_path(seed, kind >= 2 && kind <= 4, path);
	random_path(seed, kind == 15 && size % 2, other);
	if (kind == 15 && size % 2)
		random_path(seed, true, path);
	snprintf(run->what, sizeof(run->what), "kind %u %s %s %llu", (unsigned)kind, path, other,
		 (unsigned long long)size);
	if (kind < 2) {
		(void)do_create(run->model, &run->m, path, false);
	} else if (kind < 5) {
		(void)do_create(run->model, &run->m, path, true);
	} else if (kind < 10) {
		size_t n = (size % 3 == 0 ? 40 : size % 3 == 1 ? 700 : 5000) & ~(size_t)3;

		touched = object_of(run, path);
		if (touched >= 0 && !run->model->objects[touched].is_dir) {
			fill_pattern(data, n, touched, &state);
			(void)do_write(run->model, &run->m, path, size / 8 % 2 ? 0 : size / 16 % 9000 & ~3ull,
				       data, n);
		}
	} else if (kind == 10) {
		touched = object_of(run, path);
		(void)do_truncate(run->model, &run->m, path, size % 6000 & ~3ull);
	} else if (kind < 13) {
		(void)do_unlink(run->model, &run->m, path);
	} else if (kind == 13) {
		(void)do_rmdir(run->model, &run->m, path);
	} else if (kind == 14) {
		(void)do_link(run->model, &run->m, path, other);
	} else if (kind < 18) {
		(void)do_rename(run->model, &run->m, path, other);
	} else if (kind == 18) {
		object = object_of(run, path);
		if (object >= 0) {
			need(do_fsync(&run->m, path), "fsync", path);
			promise = promise_of_fsync(run, object);
		}
	} else if (size % 3 == 0) {
		need(udf_fs_sync(run->m.fs), "sync", "");
		promise = PROMISE_ALL;
	}
	end_step(run, promise, object, touched);
}

/* ---- judging a state ---- */

struct visited {
	char path[512];
	bool is_dir;
	uint8_t *data;			/* regular files */
	size_t n_bytes;
};

struct judge {
	struct crash_run *run;
	int last, flight;		/* last step that returned; the one that may be under way */
	int sync;			/* the last PROMISE_ALL at or before last */
	struct model_path *allowed;	/* every path that some state since then had */
	size_t n_allowed;
	struct visited *visited;	/* what the volume holds */
	size_t n_visited;
	struct mounted m;
	bool bad;
};

static bool judge_fails(struct judge *j, const char *path, const char *what)
{
	fprintf(stderr, "# %s: %s\n", path, what);
	j->bad = true;
	return false;
}

static void collect_allowed(struct judge *j)
{
	size_t i, k;
	int s;

	j->allowed = calloc(4 * MAX_PATHS, sizeof(*j->allowed));
	for (s = j->sync; s <= j->flight; s++) {
		const struct model_path *paths = j->run->steps[s].paths;

		for (i = 0; i < j->run->steps[s].n_paths; i++) {
			for (k = 0; k < j->n_allowed; k++)
				if (j->allowed[k].object == paths[i].object &&
				    strcmp(j->allowed[k].path, paths[i].path) == 0)
					break;
			if (k == j->n_allowed && k < 4 * MAX_PATHS)
				j->allowed[j->n_allowed++] = paths[i];
		}
	}
}

/* Is every word of DATA zero or the object's own? */
static bool is_own_data(const uint8_t *data, size_t n_bytes, int object)
{
	size_t i;

	for (i = 0; i + 4 <= n_bytes; i += 4) {
		uint32_t word;

		memcpy(&word, data + i, 4);
		if (word && (word & ~0xFFFu) != (PATTERN_MARK | (uint32_t)object << 12))
			return false;
	}
	return true;
}

/*
 * A directory that was being moved may be seen at both places and what moved within it under either:
 * only the last component and the object count below a path of several components.
 */
static const char *last_name(const char *path)
{
	return strrchr(path, '/');
}

static bool see(void *ctx, const char *path, const struct udf_attr *attr)
{
	struct judge *j = ctx;
	size_t k, n_bytes;
	bool known = false;
	uint8_t *data;

	data = S_ISREG(attr->mode) ? read_path(&j->m, path, &n_bytes) : NULL;
	if (S_ISREG(attr->mode) && !data)
		return judge_fails(j, path, "cannot be read");
	for (k = 0; k < j->n_allowed && !known; k++) {
		const struct model_object *o =
			&j->run->steps[j->flight].after->objects[j->allowed[k].object];

		if (strcmp(last_name(j->allowed[k].path), last_name(path)) != 0 ||
		    o->is_dir != S_ISDIR(attr->mode))
			continue;
		known = !data || is_own_data(data, n_bytes, j->allowed[k].object);
	}
	if (j->n_visited < MAX_PATHS) {
		struct visited *v = &j->visited[j->n_visited++];

		snprintf(v->path, sizeof(v->path), "%s", path);
		v->is_dir = S_ISDIR(attr->mode);
		v->data = data;
		v->n_bytes = data ? n_bytes : 0;
	} else {
		free(data);
	}
	return known ? true : judge_fails(j, path, "was never there, or holds another file's data");
}

static bool has_name(const struct step *step, int object)
{
	size_t i;

	for (i = 0; i < step->n_paths; i++)
		if (step->paths[i].object == object)
			return true;
	return false;
}

/* OBJECT was durable as of step FROM: is it there, and as it was unless it was changed since? */
static bool is_kept(struct judge *j, int object, int from)
{
	const struct model_object *then = &j->run->steps[from].after->objects[object];
	bool touched = false, always_named = true;
	size_t k, i;
	int s;

	for (s = from; s <= j->flight; s++) {
		if (s > from && j->run->steps[s].touched == object)
			touched = true;
		if (!has_name(&j->run->steps[s], object))
			always_named = false;
	}
	if (!always_named)
		return true;	/* removed, or being removed */
	for (k = 0; k < j->n_allowed; k++) {
		if (j->allowed[k].object != object)
			continue;
		for (i = 0; i < j->n_visited; i++) {
			const struct visited *v = &j->visited[i];

			if (strcmp(last_name(v->path), last_name(j->allowed[k].path)) != 0 ||
			    v->is_dir != then->is_dir)
				continue;
			if (then->is_dir || then->is_symlink || touched)
				return true;
			if (v->data && v->n_bytes == then->n_bytes &&
			    (v->n_bytes == 0 || memcmp(v->data, then->data, v->n_bytes) == 0))
				return true;
		}
	}
	fprintf(stderr, "# object %d as of step %d\n", object, from);
	return judge_fails(j, "", "a durable object is gone or changed");
}

static bool promises_are_kept(struct judge *j)
{
	const struct step *steps = j->run->steps;
	bool good = true;
	size_t i;
	int s;

	for (i = 0; i < steps[j->sync].n_paths && good; i++)
		good = is_kept(j, steps[j->sync].paths[i].object, j->sync);
	for (s = j->sync + 1; s <= j->last && good; s++)
		if (steps[s].promise == PROMISE_FILE && has_name(&steps[s], steps[s].object))
			good = is_kept(j, steps[s].object, s);
	return good;
}

/* ---- the check, with a sink that allows what the contract allows ---- */

struct allow_sink {
	struct udf_sink sink;
	unsigned n_bad;
};

static bool is_allowed(enum udf_problem problem)
{
	static const char *const names[] = { "LVID_OPEN", "COUNTS_STALE", "SPACE_LEAKED", "ORPHAN_ICB",
					     "FILE_LINK_COUNT_HIGH", "DIRECTORY_LINK_COUNT_STALE",
					     "DIRECTORY_PARENT_STALE", "DIRECTORY_LINKED_TWICE",
					     "ALLOCATION_PAST_END", "OBJECT_SIZE_STALE" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(udf_problem_name(problem), names[i]) == 0)
			return true;
	return false;
}

static void report(struct udf_sink *sink, const struct udf_finding *f)
{
	struct allow_sink *a = (struct allow_sink *)sink;

	if (is_allowed(f->problem))
		return;
	a->n_bad++;
	fprintf(stderr, "# %s at %u:%u %s: %s (found %llu, expected %llu)\n", udf_problem_name(f->problem),
		f->place.part_ref, f->place.block_no, f->place.field ? f->place.field : "",
		udf_problem_text(f->problem), (unsigned long long)f->found,
		(unsigned long long)f->expected);
}

static bool check_is_content(struct bio *bio)
{
	struct allow_sink a = { .sink.report = report };
	struct chk_result result;
	struct udf_vol *vol;
	enum udf_err err = udf_vol_open(bio, NULL, NULL, &a.sink, &vol);

	if (!err) {
		err = chk_volume(vol, NULL, &a.sink, &result);
		udf_vol_close(vol);
	}
	if (err)
		fprintf(stderr, "# check: %s\n", udf_strerror(err));
	return !err && a.n_bad == 0;
}

/* ---- using a volume after a crash ---- */

static bool use_failed(const char *what, enum udf_err err)
{
	fprintf(stderr, "# after the crash: %s: %s\n", what, udf_strerror(err));
	return false;
}

struct found_paths {
	char path[64][512];
	bool is_dir[64];
	size_t n;
};

static bool note_path(void *ctx, const char *path, const struct udf_attr *attr)
{
	struct found_paths *f = ctx;

	if (f->n < 64) {
		snprintf(f->path[f->n], sizeof(f->path[0]), "%s", path);
		f->is_dir[f->n++] = S_ISDIR(attr->mode);
	}
	return true;
}

static udf_ino parent_ino(struct mounted *m, const char *path, const char **ret_last)
{
	char dir[512];
	char *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	*slash = 0;
	*ret_last = path + (slash - dir) + 1;
	return path_ino(m, dir);
}

/* Create, write, rename and delete, so that whatever is half done comes to bear. */
static bool use_volume(struct mounted *m, uint64_t seed)
{
	struct found_paths *f = calloc(1, sizeof(*f));
	struct udf_new dir = { .mode = S_IFDIR | 0755 }, file = { .mode = S_IFREG | 0644 };
	struct udf_attr attr, made;
	uint8_t data[3000];
	uint64_t state = 1;
	size_t i, n;
	bool good = true;
	enum udf_err err = udf_create(m->fs, udf_fs_root(m->fs), "after", 5, &dir, &attr);

	fill_pattern(data, sizeof(data), 1000, &state);
	if (err)
		good = use_failed("mkdir", err);
	for (i = 0; i < 12 && good; i++) {
		char name[16];

		snprintf(name, sizeof(name), "new%zu", i);
		err = udf_create(m->fs, attr.ino, name, strlen(name), &file, &made);
		if (!err)
			err = udf_write(m->fs, made.ino, 0, i % 2 ? sizeof(data) : 100, data, &n);
		if (err)
			good = use_failed("create", err);
		else
			udf_forget(m->fs, made.ino, 1);
	}
	good = good && walk_volume(m, note_path, f);
	for (i = 0; i < f->n && good; i++) {
		const char *last;
		udf_ino parent = parent_ino(m, f->path[i], &last);

		if (!parent || strncmp(f->path[i], "/after", 6) == 0)
			continue;
		switch (rnd(&seed) % 4) {
		case 0:
			err = f->is_dir[i] ? udf_rmdir(m->fs, parent, last, strlen(last)) :
					     udf_unlink(m->fs, parent, last, strlen(last));
			break;
		case 1:
			err = udf_rename(m->fs, parent, last, strlen(last), attr.ino, last, strlen(last), 0);
			break;
		case 2: {
			udf_ino ino = path_ino(m, f->path[i]);

			err = ino && !f->is_dir[i] ? udf_write(m->fs, ino, 8, 600, data, &n) : UDF_OK;
			break;
		}
		default:
			err = UDF_OK;
			break;
		}
		if (err && err != UDF_E_NOT_EMPTY && err != UDF_E_NOT_FOUND && err != UDF_E_INVAL &&
		    err != UDF_E_READ_ONLY && err != UDF_E_EXISTS && err != UDF_E_IS_DIR)
			good = use_failed(f->path[i], err);
		if (udf_fs_why_read_only(m->fs))
			good = use_failed("it turned read-only", err);
	}
	if (good) {
		err = udf_fs_sync(m->fs);
		if (err)
			good = use_failed("sync", err);
	}
	free(f);
	return good;
}

static bool state_is_good(struct crash_run *run, struct bio *state, int last, bool whole_blocks, uint64_t seed)
{
	struct judge j = { .run = run, .last = last, .flight = last };
	bool good = true;

	if (j.flight + 1 < run->n_steps)
		j.flight++;
	for (j.sync = last; run->steps[j.sync].promise != PROMISE_ALL; j.sync--)
		;
	if (whole_blocks && !check_is_content(state))
		return judge_fails(&j, "", "check before use");
	mount_volume(state, NULL, &j.m);
	if (udf_fs_why_read_only(j.m.fs))
		good = judge_fails(&j, "", udf_fs_why_read_only(j.m.fs));
	collect_allowed(&j);
	j.visited = calloc(MAX_PATHS, sizeof(*j.visited));
	good = good && walk_volume(&j.m, see, &j) && promises_are_kept(&j) && use_volume(&j.m, seed);
	free(j.allowed);
	while (j.n_visited)
		free(j.visited[--j.n_visited].data);
	free(j.visited);
	if (unmount_volume(&j.m) && good)
		good = judge_fails(&j, "", "unmount after use");
	if (good && !check_is_content(state))
		good = judge_fails(&j, "", "check after use");
	return good && !j.bad;
}

bool crash_try_all(struct crash_run *run, unsigned subsets, uint64_t *n_states)
{
	const struct bio_event *events;
	struct bio_crash_walker *walker;
	size_t n_events, cut;
	int last = 0;
	bool good = true;

	need(unmount_volume(&run->m), "unmount", "");
	bio_fault_log(run->fault, &events, &n_events);
	need(bio_crash_walker_new(events, n_events, run->base, &walker), "walker", "");
	for (cut = 0; cut <= n_events && good; cut++) {
		size_t pending = 0, i;
		unsigned n, k;

		if (cut && events[cut - 1].kind == BIO_EVENT_MARK) {
			last = (int)events[cut - 1].mark;
			continue;
		}
		for (i = cut; i > 0 && events[i - 1].kind != BIO_EVENT_FLUSH; i--)
			pending += events[i - 1].kind == BIO_EVENT_WRITE;
		/* all subsets where they are few; every prefix has its own cut */
		n = pending == 0 ? 1 : pending < 6 ? 1u << pending : subsets;
		/* the many subsets are drawn where the phase is complete, just before its flush */
		if (cut < n_events && events[cut].kind != BIO_EVENT_FLUSH && pending >= 2)
			n = 1;
		for (k = 0; k < 2 * n && good; k++) {
			struct bio_crash_info info;
			struct bio *state;

			need(bio_crash_walker_state(walker, cut, k / 2, k % 2 ? BIO_TEAR_BLOCK : BIO_TEAR_NONE,
						    &info, &state),
			     "state", "");
			if (k % 2 == 0 || info.torn) {
				good = state_is_good(run, state, last, true, k);
				++*n_states;
				for (i = 0; !good && (int)i < run->n_steps && (int)i <= last + 1; i++)
					fprintf(stderr, "# step %zu: %s (object %d, data of %d)\n", i,
						run->steps[i].what, run->steps[i].object,
						run->steps[i].touched);
				if (!good)
					fprintf(stderr, "# cut %zu of %zu, subset %u, torn %d, after step %d\n",
						cut, n_events, k / 2, info.torn, last);
			}
			bio_close(state);
		}
	}
	bio_crash_walker_free(walker);
	return good;
}

void crash_free(struct crash_run *run)
{
	int i;

	for (i = 0; i < run->n_steps; i++) {
		model_free(run->steps[i].after);
		free(run->steps[i].paths);
	}
	model_free(run->model);
	bio_close(run->fault);
	bio_close(run->base);
	free(run->steps);
	free(run);
}
