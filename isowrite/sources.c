/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "sources.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cs0.h"
#include "names.h"

/* "image.iso", and "image.iso_00" with -split-output, as far as they are there from an earlier run. */
static void note_output(struct sources *sources, const char *path)
{
	struct stat_id *more;
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	more = reallocarray(sources->outputs, sources->n_outputs + 1, sizeof(*more));
	if (!more)
		return;
	sources->outputs = more;
	sources->outputs[sources->n_outputs++] = (struct stat_id){ st.st_dev, st.st_ino };
}

/* "image.iso"; of a set "set-" of "set-01.iso" */
static char *output_stem(const struct request *req)
{
	const char *slash = strrchr(req->output, '/'), *name = slash ? slash + 1 : req->output, *end;

	end = req->set ? strrchr(name, '-') : NULL;
	return end ? strndup(name, (size_t)(end - name) + 1) : strdup(name);
}

static char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strdup(slash ? slash + 1 : path);
}

/* PATH and its parts */
static void note_outputs(struct sources *sources, const char *path)
{
	char *part;

	note_output(sources, path);
	for (unsigned i = 0; sources->req->split_output && i < 100; i++) {
		if (asprintf(&part, "%s_%02u", path, i) < 0)
			return;
		note_output(sources, part);
		free(part);
	}
}

/* "set-01.iso", "set-02.iso", ... */
static void note_set(struct sources *sources)
{
	const char *output = sources->req->output, *dash = strrchr(output, '-');
	char *path;

	for (unsigned i = 1; dash && i <= UDF_DISC_LIST_MAX_DISCS; i++) {
		if (asprintf(&path, "%.*s-%02u%s", (int)(dash - output), output, i, dash + 3) < 0)
			return;
		note_outputs(sources, path);
		free(path);
	}
}

void sources_init(struct sources *sources, const struct request *req)
{
	*sources = (struct sources){ .req = req };
	cli_progress_init(&sources->progress, stderr, !req->quiet);
	if (req->span_plan) {
		note_output(sources, req->span_plan);
		sources->plan = last_component(req->span_plan);
	}
	if (!req->output)
		return;
	sources->stem = output_stem(req);
	if (req->set)
		note_set(sources);
	else
		note_outputs(sources, req->output);
}

void sources_done(struct sources *sources)
{
	cli_progress_done(&sources->progress);
	free(sources->outputs);
	free(sources->stem);
	free(sources->plan);
}

bool sources_is_output(const struct sources *sources, const struct stat *st)
{
	for (size_t i = 0; i < sources->n_outputs; i++)
		if (sources->outputs[i].dev == st->st_dev && sources->outputs[i].ino == st->st_ino)
			return true;
	return false;
}

static bool is_output(const struct sources *sources, const char *path)
{
	struct stat st;

	return sources->n_outputs && lstat(path, &st) == 0 && sources_is_output(sources, &st);
}

static bool begins_with(const char *name, const char *stem)
{
	return stem && *stem && strncmp(name, stem, strlen(stem)) == 0;
}

/* Could it be, by its name?  A file is looked at only then. */
static bool may_be_output(const struct sources *sources, const char *name)
{
	return sources->n_outputs && (begins_with(name, sources->stem) || begins_with(name, sources->plan));
}

static bool is_excluded(void *ctx, const char *path, const char *name)
{
	struct sources *s = ctx;

	if (!patterns_match(&s->req->excludes, path, name) && !(may_be_output(s, name) && is_output(s, path)))
		return false;
	if (s->req->verbose) {
		cli_progress_done(&s->progress);
		say("%s: left out", path);
	}
	return true;
}

static void hides(void *ctx, const char *path, const char *name, bool *ret_iso, bool *ret_joliet)
{
	const struct sources *s = ctx;

	*ret_iso = patterns_match(&s->req->hidden, path, name);
	*ret_joliet = patterns_match(&s->req->hidden_joliet, path, name);
}

static int weight(void *ctx, const char *path)
{
	const struct sources *s = ctx;

	return patterns_weight(&s->req->sorted, path);
}

static void failed(void *ctx, const char *path, enum udf_err err, int host_errno, const char *why)
{
	struct sources *s = ctx;

	cli_progress_done(&s->progress);
	if (why)
		say("%s: %s", path, why);
	else
		cli_error(own_name(), path, NULL, err, host_errno);
}

static void renamed(void *ctx, const char *path, const char *name)
{
	struct sources *s = ctx;

	cli_progress_done(&s->progress);
	say("%s: warning: UDF can't record a name; the UDF volume has %s instead", path, name);
}

bool sources_can_name(const struct request *req, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	uint8_t cs0[UDF_CS0_NAME_MAX_BYTES];
	size_t n_bytes;

	if ((!req->udf && !req->bridge) || !udf_cs0_from_utf8(name, strlen(name), cs0, sizeof(cs0), &n_bytes))
		return true;
	say("%s: has a name that UDF can't record", path);
	req->set->n_bad_names++;
	return false;
}

/* Nothing is added: only what there is. */
static bool collect(const struct sources *s, const char *path, const char *target, const struct stat *st)
{
	struct set_view *set = s->req->set;
	bool is_dir = S_ISDIR(st->st_mode);

	if (set->err)
		return false;
	if (strcmp(target, UDF_DISC_LIST_NAME) == 0)
		set->err = UDF_E_EXISTS;
	else if (!sources_can_name(s->req, path))
		return false;
	else if (is_dir || S_ISREG(st->st_mode) || s->req->plan.rock_ridge)
		set->err = udf_span_add(set->span, target, path, st, s->req->plan.hard_links);
	return is_dir && !set->err;
}

static bool wants(void *ctx, const char *path, const char *target, const struct stat *st)
{
	const struct sources *s = ctx;
	struct set_view *set = s->req->set;

	if (s->req->contents) {
		*s->req->contents_failed |= udf_iso_contents_add(s->req->contents, target, st) != UDF_OK;
		return S_ISDIR(st->st_mode);
	}
	if (set->collects)
		return collect(s, path, target, st);
	if (set->looks)
		udf_span_look(set->span, target, st);
	return udf_span_wants(set->span, set->disc, target, S_ISDIR(st->st_mode));
}

static void changed(void *ctx, const char *host_path, bool is_there)
{
	struct cli_progress *progress = ctx;

	cli_progress_done(progress);
	say("%s: %s since the set was planned", host_path, is_there ? "has changed" : "has been removed");
}

static void added(void *ctx, uint64_t n_objects)
{
	struct sources *s = ctx;

	cli_progress_show(&s->progress, "files found", n_objects, 0);
}

struct udf_iso_listener sources_listener(struct sources *sources)
{
	const struct request *req = sources->req;

	return (struct udf_iso_listener){
		.is_excluded = req->excludes.n || sources->n_outputs ? is_excluded : NULL,
		.wants = req->set || req->contents ? wants : NULL,
		.hides = req->hidden.n || req->hidden_joliet.n ? hides : NULL,
		.weight = req->sorted.n ? weight : NULL,
		.failed = failed,
		.renamed = renamed,
		.added = added,
		.ctx = sources,
	};
}

/* "a\=b=c": the target "a=b", and RET_PATH "c".  NULL where there is no target. */
static char *take_target(char *operand, char **ret_path)
{
	char *to = operand, *from = operand;

	for (; *from && *from != '='; from++) {
		if (*from == '\\' && (from[1] == '=' || from[1] == '\\'))
			from++;
		*to++ = *from;
	}
	if (!*from) {			/* no target; the path's escapes are gone as well */
		*to = '\0';
		*ret_path = operand;
		return NULL;
	}
	*to = '\0';
	*ret_path = to = from + 1;
	for (from = to; *from; from++) {
		if (*from == '\\' && (from[1] == '=' || from[1] == '\\'))
			from++;
		*to++ = *from;
	}
	*to = '\0';
	return operand;
}

/* Below -root: "root/target", or "root/". */
static char *below_root(const char *root, const char *target)
{
	char *text;

	if (!root)
		return target ? strdup(target) : NULL;
	return asprintf(&text, "%s/%s", root, target ? target : "") < 0 ? NULL : text;
}

static bool add(struct sources *s, struct udf_iso_image *image, const char *operand)
{
	char *copy = strdup(operand), *path = copy, *target = NULL, *below;
	char why[UDF_ISO_WHY_BYTES];
	enum udf_err err;

	if (!copy) {
		cli_error(own_name(), NULL, NULL, UDF_E_NOMEM, 0);
		return false;
	}
	if (s->req->graft_points)
		target = take_target(copy, &path);
	below = below_root(s->req->root, target);
	err = udf_iso_add(image, below, path, why);
	if (err) {
		cli_progress_done(&s->progress);
		say("%s: %s", path, why);
	}
	free(below);
	free(copy);
	return !err;
}

static bool add_list(struct sources *s, struct udf_iso_image *image, const char *file)
{
	FILE *list = list_open(file);
	char *line = NULL, *text;
	size_t cap = 0;
	bool ok = true;

	while (ok && (text = list_next(list, file, &line, &cap)))
		ok = add(s, image, text);
	if (!ok) {
		free(line);
		if (list != stdin)
			fclose(list);
	}
	return ok;
}

static bool add_set_list(struct sources *s, struct udf_iso_image *image)
{
	struct set_view *set = s->req->set;
	char why[UDF_ISO_WHY_BYTES];

	if (!set->list || udf_iso_add_text(image, UDF_DISC_LIST_NAME, set->list, set->n_list_bytes, why) == UDF_OK)
		return true;
	say("%s", why);
	return false;
}

bool sources_are_as_planned(const struct request *req, struct cli_progress *progress)
{
	struct set_view *set = req->set;

	if (!set || !set->looks || !udf_span_changes(set->span, set->disc, changed, progress))
		return true;
	set->has_changed = true;
	say("nothing was written to disc %02u, because its files are not as they were when the set was planned",
	    set->disc);
	return false;
}

bool sources_add(struct sources *sources, struct udf_iso_image *image)
{
	const struct request *req = sources->req;
	bool ok = true;

	for (int i = 0; i < req->n_operands && ok; i++)
		ok = add(sources, image, req->operands[i]);
	if (ok && req->path_list)
		ok = add_list(sources, image, req->path_list);
	if (ok && req->set)
		ok = add_set_list(sources, image);
	cli_progress_done(&sources->progress);
	return ok;
}
