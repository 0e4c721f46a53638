/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is a crash state one that the contract allows?  See doc/CRASH.md. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check/check.h"
#include "crash.h"
#include "vol/vol.h"

#define PATTERN_MARK 0xA0000000u
#define MAX_NEEDS 4096

/* An object that must be there, under one of the names that it had since FROM. */
struct need {
	int object, from;
	bool touched;			/* its contents were changed since */
	bool moved;			/* and directories, so that only the last component counts */
	int first_name, n_names;	/* in judge.pool */
};

struct visited {
	char path[512];
	int name;			/* -1: none of the run's */
	bool is_dir, is_symlink, is_special;
	uint8_t *data;			/* contents, or the symlink's target */
	size_t n_bytes;
};

struct judge {
	struct crash_run *run;
	int last, flight;		/* last step that returned; the one that may be under way */
	size_t cut;
	int n_promises;			/* made before the cut */
	int sync;			/* the last PROMISE_ALL at or before last */
	bool moved;
	struct crash_path *allowed;	/* by name; what some state since then had */
	size_t n_allowed;
	int *first_allowed;		/* of each name, -1: none */
	bool *always;			/* names that every state since then had */
	struct need *needs;
	size_t n_needs;
	int *pool;
	size_t n_pool, cap_pool;
	int *visited_of;		/* name to visited, -1: none */
	struct visited *visited;	/* what the volume holds */
	size_t n_visited;
	struct mounted m;
	bool quiet;
	bool torn;			/* inside a block: the weaker contract */
	bool met_error;			/* a file can't be read, and reading it reports that */
};

static bool fails(const struct judge *j, const char *path, const char *what)
{
	if (!j->quiet)
		fprintf(stderr, "# %s: %s\n", path, what);
	return false;
}

/* ---- what is promised ---- */

static bool has_name(const struct step *step, int object)
{
	size_t i;

	for (i = 0; i < step->n_paths; i++)
		if (step->paths[i].object == object)
			return true;
	return false;
}

static void add_need(struct judge *j, int object, int from)
{
	struct need *need = &j->needs[j->n_needs];
	size_t i;
	int s;

	/* an fsync of a file need not move the directories above it */
	*need = (struct need){ .object = object, .from = from, .moved = j->moved, .first_name = (int)j->n_pool };
	for (s = from; s <= j->flight; s++) {
		const struct step *step = &j->run->steps[s];

		if (!has_name(step, object))
			return;		/* removed, or being removed */
		need->touched |= s > from && step->touched == object;
		for (i = 0; i < step->n_paths; i++) {
			if (step->paths[i].object != object)
				continue;
			if (j->n_pool == j->cap_pool) {
				j->cap_pool = j->cap_pool ? j->cap_pool * 2 : 1024;
				j->pool = realloc(j->pool, j->cap_pool * sizeof(*j->pool));
			}
			j->pool[j->n_pool++] = step->paths[i].name;
			need->n_names++;
		}
	}
	if (j->n_needs < MAX_NEEDS - 1)
		j->n_needs++;
}

/* Had step S made PROMISE when the cut came?  While a sync waits, other steps return before it. */
static bool has_promised(const struct judge *j, int s, enum promise promise)
{
	const struct step *step = &j->run->steps[s];

	return step->promise == promise && step->promised_at <= j->cut;
}

static void collect_needs(struct judge *j)
{
	const struct step *steps = j->run->steps;
	size_t i, k;
	int s;

	j->needs = calloc(MAX_NEEDS, sizeof(*j->needs));
	for (i = 0; i < steps[j->sync].n_paths; i++) {
		for (k = 0; k < i; k++)
			if (steps[j->sync].paths[k].object == steps[j->sync].paths[i].object)
				break;
		if (k == i)
			add_need(j, steps[j->sync].paths[i].object, j->sync);
	}
	for (s = j->sync + 1; s <= j->last; s++)
		if (has_promised(j, s, PROMISE_FILE))
			add_need(j, steps[s].object, s);
}

static int by_name(const void *a, const void *b)
{
	const struct crash_path *x = a, *y = b;

	return x->name != y->name ? x->name - y->name : x->object - y->object;
}

static void collect_allowed(struct judge *j)
{
	const struct step *steps = j->run->steps;
	int n_names = j->run->names.n, s, *count = calloc((size_t)n_names + 1, sizeof(*count));
	size_t n = 0, i, k;

	for (s = j->sync; s <= j->flight; s++)
		n += steps[s].n_paths;
	j->allowed = calloc(n + 1, sizeof(*j->allowed));
	for (s = j->sync; s <= j->flight; s++) {
		memcpy(j->allowed + j->n_allowed, steps[s].paths, steps[s].n_paths * sizeof(*j->allowed));
		j->n_allowed += steps[s].n_paths;
		j->moved |= s > j->sync && steps[s].moves_dir;
		for (i = 0; i < steps[s].n_paths; i++)
			count[steps[s].paths[i].name]++;
	}
	qsort(j->allowed, j->n_allowed, sizeof(*j->allowed), by_name);
	j->first_allowed = malloc(((size_t)n_names + 1) * sizeof(int));
	j->always = calloc((size_t)n_names + 1, sizeof(bool));
	memset(j->first_allowed, 0xFF, ((size_t)n_names + 1) * sizeof(int));
	for (i = k = 0; i < j->n_allowed; i++) {
		if (k && by_name(&j->allowed[k - 1], &j->allowed[i]) == 0)
			continue;
		j->allowed[k] = j->allowed[i];
		if (j->first_allowed[j->allowed[k].name] < 0)
			j->first_allowed[j->allowed[k].name] = (int)k;
		k++;
	}
	j->n_allowed = k;
	for (s = 0; s < n_names; s++)
		j->always[s] = !j->moved && count[s] == j->flight - j->sync + 1;
	free(count);
}

/* What was promised does not change while the cuts go through one step, but by a sync that returns. */
static struct judge *judge_for(struct crash_run *run, size_t cut, int last)
{
	static struct judge cached;
	static unsigned of_run;	/* its number: the next run may be at the same address */
	struct judge *j = &cached;
	int n_promises = 0, s;

	for (s = 0; s <= last; s++)
		n_promises += run->steps[s].promise != PROMISE_NOTHING && run->steps[s].promised_at <= cut;
	if (of_run == run->number && j->last == last && j->n_promises == n_promises)
		return j;
	free(j->allowed);
	free(j->first_allowed);
	free(j->always);
	free(j->needs);
	free(j->pool);
	free(j->visited_of);
	*j = (struct judge){ .run = run, .last = last, .flight = last, .cut = cut, .n_promises = n_promises };
	of_run = run->number;
	if (j->flight + 1 < run->n_steps)
		j->flight++;
	for (j->sync = last; !has_promised(j, j->sync, PROMISE_ALL); j->sync--)
		;
	collect_allowed(j);
	collect_needs(j);
	j->visited_of = calloc((size_t)run->names.n + 1, sizeof(int));
	return j;
}

/* ---- what is there ---- */

/* A word that was torn: its upper two bytes are old or new, as far as they tell the mark. */
static bool is_own_torn(uint32_t word, uint32_t own)
{
	return (word >> 24 == 0 || word >> 24 == own >> 24) &&
	       ((word >> 16 & 0xFF) == 0 || (word >> 16 & 0xFF) == (own >> 16 & 0xFF));
}

/* Is every word of DATA zero or of the object with MARK? */
static bool is_own_data(const uint8_t *data, size_t n_bytes, int mark, bool may_be_torn)
{
	uint32_t own = PATTERN_MARK | (uint32_t)mark << 12;
	size_t i;

	for (i = 0; i + 4 <= n_bytes; i += 4) {
		uint32_t word;

		memcpy(&word, data + i, 4);
		if (word && (word & ~0xFFFu) != own && !(may_be_torn && is_own_torn(word, own)))
			return false;
	}
	return true;
}

/*
 * A directory that was being moved may be seen at both places and what moved within it under either:
 * then only the last component and the object count.
 */
static const char *last_name(const char *path)
{
	return strrchr(path, '/');
}

static bool fits(const struct judge *j, const struct visited *v, int object)
{
	const struct model_object *o = &j->run->steps[j->flight].after->objects[object];

	if (o->is_dir != v->is_dir || o->is_symlink != v->is_symlink || (o->special != 0) != v->is_special)
		return false;
	if (o->is_symlink)
		return v->n_bytes == o->n_bytes && memcmp(v->data, o->data, v->n_bytes) == 0;
	return !v->data || is_own_data(v->data, v->n_bytes, o->mark, j->torn);
}

static bool is_known(const struct judge *j, const struct visited *v)
{
	size_t k;

	if (v->name >= 0 && j->first_allowed[v->name] >= 0)
		for (k = (size_t)j->first_allowed[v->name];
		     k < j->n_allowed && j->allowed[k].name == v->name; k++)
			if (fits(j, v, j->allowed[k].object))
				return true;
	for (k = 0; j->moved && k < j->n_allowed; k++)
		if (strcmp(last_name(j->run->names.path[j->allowed[k].name]), last_name(v->path)) == 0 &&
		    fits(j, v, j->allowed[k].object))
			return true;
	return false;
}

static bool see(void *ctx, const char *path, const struct udf_attr *attr)
{
	struct judge *j = ctx;
	struct visited *v = &j->visited[j->n_visited];
	char target[4096];

	if (j->n_visited == CRASH_MAX_PATHS)
		return fails(j, path, "one too many");
	j->n_visited++;
	*v = (struct visited){ .is_dir = S_ISDIR(attr->mode), .is_symlink = S_ISLNK(attr->mode) };
	v->is_special = !v->is_dir && !v->is_symlink && !S_ISREG(attr->mode);
	snprintf(v->path, sizeof(v->path), "%s", path);
	v->name = crash_name(&j->run->names, path, false);
	if (S_ISREG(attr->mode)) {
		v->data = read_path(&j->m, path, &v->n_bytes);
		if (!v->data) {
			j->met_error = true;
			return fails(j, path, "cannot be read");
		}
	} else if (v->is_symlink) {
		if (udf_readlink(j->m.fs, attr->ino, target, sizeof(target)))
			return fails(j, path, "link cannot be read");
		v->data = (uint8_t *)strdup(target);
		v->n_bytes = strlen(target);
	}
	if (v->name >= 0) {
		if (j->visited_of[v->name] >= 0)
			return fails(j, path, "is there twice");
		j->visited_of[v->name] = (int)(v - j->visited);
	}
	return is_known(j, v) ? true : fails(j, path, "was never there, or holds another file's data");
}

/* Is V what OBJECT was as of step FROM? */
static bool is_as_it_was(const struct judge *j, const struct visited *v, const struct need *need)
{
	const struct model_object *then = &j->run->steps[need->from].after->objects[need->object];

	if (!fits(j, v, need->object))
		return false;
	if (then->is_dir || then->is_symlink || then->special || need->touched)
		return true;
	return v->data && v->n_bytes == then->n_bytes &&
	       (v->n_bytes == 0 || memcmp(v->data, then->data, v->n_bytes) == 0);
}

static void print_need(const struct judge *j, const struct need *need)
{
	const struct model_object *then = &j->run->steps[need->from].after->objects[need->object];
	size_t i;
	int k;

	fprintf(stderr, "# object %d as of step %d%s%s: %zu bytes\n", need->object, need->from,
		need->touched ? ", changed since" : "", need->moved ? ", directories moved" : "",
		then->n_bytes);
	for (k = 0; k < need->n_names; k++)
		fprintf(stderr, "#   may be %s\n", j->run->names.path[j->pool[need->first_name + k]]);
	for (i = 0; i < j->n_visited; i++)
		if (fits(j, &j->visited[i], need->object))
			fprintf(stderr, "#   could be %s, %zu bytes\n", j->visited[i].path,
				j->visited[i].n_bytes);
}

static bool need_is_met(const struct judge *j, const struct need *need)
{
	int k;
	size_t i;

	for (k = 0; k < need->n_names; k++) {
		int name = j->pool[need->first_name + k];

		if (j->visited_of[name] >= 0 && is_as_it_was(j, &j->visited[j->visited_of[name]], need))
			return true;
		for (i = 0; need->moved && i < j->n_visited; i++)
			if (strcmp(last_name(j->visited[i].path), last_name(j->run->names.path[name])) == 0 &&
			    is_as_it_was(j, &j->visited[i], need))
				return true;
	}
	if (!j->quiet)
		print_need(j, need);
	return fails(j, "", "a durable object is gone or changed");
}

static bool promises_are_kept(const struct judge *j)
{
	size_t i;
	int name;

	for (i = 0; i < j->n_needs; i++)
		if (!need_is_met(j, &j->needs[i]))
			return false;
	for (name = 0; name < j->run->names.n; name++)
		if (j->always[name] && j->visited_of[name] < 0)
			return fails(j, j->run->names.path[name], "a name that was never free is gone");
	return true;
}

static bool holds_what_it_should(struct judge *j)
{
	bool good;

	j->visited = calloc(CRASH_MAX_PATHS, sizeof(*j->visited));
	memset(j->visited_of, 0xFF, ((size_t)j->run->names.n + 1) * sizeof(int));
	j->n_visited = 0;
	good = walk_volume(&j->m, see, j) && promises_are_kept(j);
	while (j->n_visited)
		free(j->visited[--j->n_visited].data);
	free(j->visited);
	return good;
}

/* ---- the check, with a sink that allows what the contract allows ---- */

struct allow_sink {
	struct udf_sink sink;
	unsigned n_bad, n_any;
	bool quiet;
};

static bool is_allowed(enum udf_problem problem)
{
	static const char *const names[] = { "LVID_OPEN", "COUNTS_STALE", "SPACE_LEAKED", "ORPHAN_ICB",
					     "FILE_LINK_COUNT_HIGH", "DIRECTORY_LINK_COUNT_STALE",
					     "DIRECTORY_PARENT_STALE", "DIRECTORY_LINKED_TWICE",
					     "ALLOCATION_PAST_END", "OBJECT_SIZE_STALE",
					     "SPARING_COPIES_DIFFER" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(udf_problem_name(problem), names[i]) == 0)
			return true;
	return udf_problem_severity(problem) == UDF_SEV_INFO;
}

static void print_finding(const struct udf_finding *f)
{
	fprintf(stderr, "# %s at %u:%u %s: %s (found %llu, expected %llu)\n", udf_problem_name(f->problem),
		f->place.part_ref, f->place.block_no, f->place.field ? f->place.field : "",
		udf_problem_text(f->problem), (unsigned long long)f->found,
		(unsigned long long)f->expected);
}

static void report(struct udf_sink *sink, const struct udf_finding *f)
{
	struct allow_sink *a = (struct allow_sink *)sink;

	if (udf_problem_severity(f->problem) != UDF_SEV_INFO)
		a->n_any++;
	if (is_allowed(f->problem))
		return;
	a->n_bad++;
	if (!a->quiet)
		print_finding(f);
}

static void report_all(struct udf_sink *sink, const struct udf_finding *f)
{
	(void)sink;
	if (udf_problem_severity(f->problem) != UDF_SEV_INFO)
		print_finding(f);
}

static enum udf_err check(struct bio *bio, struct udf_sink *sink, bool *ret_is_open)
{
	struct chk_result result;
	struct udf_vol *vol;
	enum udf_err err = udf_vol_open(bio, NULL, NULL, sink, &vol);

	if (err)
		return err;
	*ret_is_open = vol->lvid.type != UDF_LVID_CLOSED;
	err = chk_volume(vol, NULL, sink, &result);
	udf_vol_close(vol);
	return err;
}

bool crash_check_is_content(struct bio *bio)
{
	struct udf_sink all = { .report = report_all };
	struct allow_sink a = { .sink.report = report };
	bool is_open = false;
	enum udf_err err = check(bio, &a.sink, &is_open);

	if (err)
		fprintf(stderr, "# check: %s\n", udf_strerror(err));
	if (err || a.n_bad)
		return false;
	if (is_open || a.n_any == 0)
		return true;
	fprintf(stderr, "# the volume is closed, so that nobody would look for this:\n");
	(void)check(bio, &all, &is_open);
	return false;
}

/* ---- using a volume after a crash ---- */

static bool use_failed(const char *what, enum udf_err err)
{
	fprintf(stderr, "# after the crash: %s: %s\n", what, udf_strerror(err));
	return false;
}

#define MAX_USED 64

struct found_paths {
	char path[MAX_USED][512];
	bool is_dir[MAX_USED];
	size_t n;
};

static bool note_path(void *ctx, const char *path, const struct udf_attr *attr)
{
	struct found_paths *f = ctx;

	if (f->n < MAX_USED) {
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

/* One name that the crash left is removed, moved, changed, or gets company. */
static enum udf_err use_path(struct mounted *m, const char *path, bool is_dir, udf_ino into, uint64_t *seed)
{
	struct udf_new file = { .mode = S_IFREG | 0644 };
	uint8_t data[3000];
	uint64_t state = 1, what = rnd(seed) % 7;
	const char *last;
	udf_ino parent = parent_ino(m, path, &last), ino = path_ino(m, path);
	struct udf_attr attr;
	enum udf_err err = UDF_OK;
	size_t n;

	if (!parent || !ino)
		return UDF_OK;
	fill_pattern(data, sizeof(data), 1000, &state);
	if (what == 0) {
		err = is_dir ? udf_rmdir(m->fs, parent, last, strlen(last)) :
			       udf_unlink(m->fs, parent, last, strlen(last));
	} else if (what == 1) {
		err = udf_rename(m->fs, parent, last, strlen(last), into, last, strlen(last), 0);
	} else if (what == 2 && is_dir) {
		err = udf_create(m->fs, ino, "guest", 5, &file, &attr);
		if (!err)
			put_ino(m, attr.ino);
	} else if (what == 2) {
		err = udf_write(m->fs, ino, 8, 600, data, &n);
	} else if (what == 3 && !is_dir) {
		attr.size_bytes = 100;
		err = udf_setattr(m->fs, ino, &attr, UDF_SET_SIZE, &attr);
	} else if (what == 4) {
		err = udf_rename(m->fs, parent, last, strlen(last), parent, "another-name", 12, 0);
	} else if (what == 5 && !is_dir) {
		err = udf_link(m->fs, ino, into, last, strlen(last), &attr);
		if (!err)
			put_ino(m, attr.ino);
	}
	put_ino(m, parent);
	put_ino(m, ino);
	return err;
}

/* Could an operation on a sound volume say this too? */
static bool is_usual(enum udf_err err)
{
	return !err || err == UDF_E_NOT_EMPTY || err == UDF_E_NOT_FOUND || err == UDF_E_INVAL ||
	       err == UDF_E_READ_ONLY || err == UDF_E_EXISTS || err == UDF_E_IS_DIR || err == UDF_E_NOT_DIR ||
	       err == UDF_E_NOSPC;
}

static bool make_new_ones(struct mounted *m, udf_ino dir)
{
	struct udf_new file = { .mode = S_IFREG | 0644 };
	struct udf_attr made;
	uint8_t data[3000];
	uint64_t state = 1;
	size_t i, n;

	fill_pattern(data, sizeof(data), 1000, &state);
	for (i = 0; i < 12; i++) {
		enum udf_err err;
		char name[16];

		snprintf(name, sizeof(name), "new%zu", i);
		err = udf_create(m->fs, dir, name, strlen(name), &file, &made);
		if (!err) {
			err = udf_write(m->fs, made.ino, 0, i % 2 ? sizeof(data) : 100, data, &n);
			udf_forget(m->fs, made.ino, 1);
		}
		if (err == UDF_E_NOSPC)
			break;
		if (err)
			return use_failed("create", err);
	}
	return true;
}

/* Create, write, rename and delete, so that whatever is half done comes to bear. */
static bool use_volume(struct mounted *m, uint64_t seed, bool may_fail)
{
	struct found_paths *f = calloc(1, sizeof(*f));
	struct udf_new dir = { .mode = S_IFDIR | 0755 };
	struct udf_attr attr;
	size_t i;
	enum udf_err err = udf_create(m->fs, udf_fs_root(m->fs), "after", 5, &dir, &attr);
	bool good = true;

	if (err == UDF_E_NOSPC || (err && may_fail))
		attr.ino = udf_fs_root(m->fs);
	else
		good = err ? use_failed("mkdir", err) : make_new_ones(m, attr.ino);
	good = good && walk_volume(m, note_path, f);
	for (i = 0; i < f->n && good; i++) {
		if (strncmp(f->path[i], "/after", 6) == 0)
			continue;
		err = use_path(m, f->path[i], f->is_dir[i], attr.ino, &seed);
		if (!may_fail && !is_usual(err))
			good = use_failed(f->path[i], err);
		if (!may_fail && udf_fs_why_read_only(m->fs))
			good = use_failed("it turned read-only", err);
	}
	put_ino(m, attr.ino);
	if (good) {
		err = udf_fs_sync(m->fs);
		if (err && !may_fail)
			good = use_failed("sync", err);
	}
	free(f);
	return good;
}

/* ---- verdicts ---- */

static bool print_path(void *ctx, const char *path, const struct udf_attr *attr)
{
	(void)ctx;
	fprintf(stderr, "#   %s: block %u, %u links, %llu bytes\n", path, (unsigned)attr->ino, attr->nlink,
		(unsigned long long)attr->size_bytes);
	return true;
}

static void print_volume(struct bio *bio)
{
	struct udf_fs_options options = { .read_only = true };
	struct mounted m;

	if (try_mount(bio, &options, &m))
		return;
	(void)walk_volume(&m, print_path, NULL);
	abandon_volume(&m);
}

bool crash_state_is_mended(struct crash_run *run, struct bio *state, size_t cut, int last, uint64_t seed)
{
	struct judge *j = judge_for(run, cut, last);
	bool good = true;

	j->quiet = j->torn = false;
	mount_volume(state, &run->options, &j->m);
	if (udf_fs_why_read_only(j->m.fs))
		good = fails(j, "", udf_fs_why_read_only(j->m.fs));
	good = good && holds_what_it_should(j) && use_volume(&j->m, seed, false);
	if (unmount_volume(&j->m) && good)
		good = fails(j, "", "unmount after use");
	if (good && !crash_check_is_content(state))
		good = fails(j, "", "check after use");
	return good;
}

bool crash_state_is_good(struct crash_run *run, struct bio *state, size_t cut, int last, uint64_t seed)
{
	struct judge *j = judge_for(run, cut, last);

	j->quiet = j->torn = false;
	if (!crash_check_is_content(state)) {
		print_volume(state);
		return fails(j, "", "check before use");
	}
	return crash_state_is_mended(run, state, cut, last, seed);
}

bool crash_state_is_bearable(struct crash_run *run, struct bio *state, size_t cut, int last)
{
	struct judge *j = judge_for(run, cut, last);
	struct allow_sink a = { .sink.report = report, .quiet = true };
	bool is_open, kept = false;
	enum udf_err err = check(state, &a.sink, &is_open);
	bool named = err || a.n_bad;

	j->torn = true;
	j->met_error = false;
	j->quiet = true;
	model_be_quiet(true);
	err = try_mount(state, &run->options, &j->m);
	if (!err) {
		kept = holds_what_it_should(j);
		if (!udf_fs_why_read_only(j->m.fs))
			(void)use_volume(&j->m, 1, true);
		(void)unmount_volume(&j->m);
	}
	model_be_quiet(false);
	if (kept || named || j->met_error)
		return true;
	j->quiet = false;
	return fails(j, "", "broken, and the check does not see it");
}
