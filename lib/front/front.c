/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front/internal.h"

#include "check/check.h"
#include "cli/cli.h"
#include "medium/medium.h"
#include "medium/tray.h"
#include "vol/vol.h"

/* What an opening needs, and what its messages name. */
struct opening {
	const char *tool, *path;
	const struct udf_env *env;
	const struct front_options *options;
	struct front *front;
};

static void say_read_only(struct front *front, const char *why)
{
	snprintf(front->why_read_only, sizeof(front->why_read_only), "%s", why);
}

static enum udf_err fail(const struct opening *o, const char *what, enum udf_err err, int host_errno)
{
	udf_log(o->env, UDF_LOG_ERROR, "%s: %s%s%s", o->path, what ? what : "", what ? ": " : "",
		host_errno ? strerror(host_errno) : udf_strerror(err));
	return err;
}

static enum udf_err refuse(const struct opening *o, const char *why, enum udf_err err)
{
	udf_log(o->env, UDF_LOG_ERROR, "%s: %s", o->path, why);
	return err;
}

/* Report a failure to open.  If the volume is damaged, name the check. */
static enum udf_err fail_open(const struct opening *o, const char *what, enum udf_err err)
{
	char quoted[UDF_QUOTED_BYTES];

	if (err != UDF_E_CORRUPT)
		return fail(o, what, err, 0);
	udf_log(o->env, UDF_LOG_ERROR, "%s: %s: %s; 'udffsck -n %s' reports more", o->path, what,
		udf_strerror(err), udf_quoted(o->path, quoted));
	return err;
}

/* The kernel gives up a write that a drive needs longer for, and resets the drive. */
static void say_short_timeout(const struct opening *o)
{
	const struct medium_info *medium = &o->front->medium;

	if (medium->short_timeout_s && o->options->shares)
		udf_log(o->env, UDF_LOG_NOTICE, "%s: the kernel gives up a write after %u seconds, and some discs need "
			"longer; root can change that: echo 200 >%s", o->path, medium->short_timeout_s,
			medium->timeout_file);
}

/* BESIDE: a stack on the same path, or NULL. */
static enum udf_err open_medium(const struct opening *o, const struct medium_info *beside)
{
	struct medium_options how = { .read_only = o->options->read_only,
				      .beside = beside,
				      .exclusive = !o->options->read_only && !o->options->override &&
						   !o->options->is_claimed,
				      .holds_writes = o->options->shares && !o->options->read_only };
	struct medium_refusal refusal = { 0 };
	char why[CLI_OPEN_BYTES];
	enum udf_err err;

	err = medium_open(o->path, &how, &o->front->bio, &o->front->medium, &refusal);
	if (!how.read_only && (err == UDF_E_NO_PERMISSION || err == UDF_E_READ_ONLY ||
			       refusal.host_errno == ETXTBSY)) {
		snprintf(o->front->why_read_only, sizeof(o->front->why_read_only),
			 "cannot be opened for writing: %s", refusal.why ? refusal.why : strerror(refusal.host_errno));
		how = (struct medium_options){ .read_only = true, .beside = beside };
		err = medium_open(o->path, &how, &o->front->bio, &o->front->medium, &refusal);
	}
	o->front->is_exclusive = !err && how.exclusive && o->front->medium.is_device;
	if (!err) {
		say_short_timeout(o);
		return UDF_OK;
	}
	cli_open_text(o->path, err, refusal.host_errno, why);
	return refuse(o, refusal.why ? refusal.why : why, err);
}

/* There is no UDF volume, or none that can be read: report what is there instead. */
static void say_no_volume(const struct front *front, const struct udf_vol_options *how, enum udf_err err)
{
	char text[UDF_QUOTED_BYTES + 256];

	front_no_volume_text(front->tool, front->path, front->bio, how, err, text, sizeof(text));
	udf_log(front->env, UDF_LOG_ERROR, "%s: %s", front->path, text);
}

enum udf_err front_open_volume(struct front *front, const struct udf_vol_options *how, struct udf_sink *sink)
{
	bool was_open = front->vol;
	struct udf_vol *vol = NULL;
	enum udf_err err;

	udf_vol_close(front->vol);
	front->vol = NULL;
	if (!front->about)
		front->about = malloc(sizeof(*front->about));
	if (!front->about) {
		udf_log(front->env, UDF_LOG_ERROR, "%s: %s", front->path, udf_strerror(UDF_E_NOMEM));
		return UDF_E_NOMEM;
	}
	cli_about_init(front->about, front->env, front->path);
	if (sink && !was_open && udf_vol_open(front->bio, how, NULL, NULL, &vol) && front_is_foreign(front->path)) {
		say_no_volume(front, how, UDF_E_NOT_UDF);
		return UDF_E_NOT_UDF;
	}
	udf_vol_close(vol);
	err = udf_vol_open(front->bio, how, &front->about->env, sink, &front->vol);
	/* A sink has been given the details, but not what is missing and what to do. */
	if (err && ((err == UDF_E_CORRUPT && sink) || !front->about->logged_error))
		say_no_volume(front, how, err);
	return err;
}

/*
 * Another system left the volume open: its bitmap may call blocks free that are in use.  If the space pass finds other
 * damage, the volume is not made safe, and the user is asked to check it.
 */
static enum udf_err make_safe(const struct opening *o, bool *ret_safe)
{
	uint64_t n_marked = 0;
	enum udf_err err = chk_make_space_safe(o->front->vol, NULL, ret_safe, &n_marked);

	if (err == UDF_E_NOMEM)
		return fail(o, "cannot check its space", err, 0);
	if (err)
		*ret_safe = false;
	if (*ret_safe && n_marked)
		udf_log(o->env, UDF_LOG_NOTICE, "%s: another system left it open; %llu blocks in use "
			"were marked free; they are now marked as in use", o->path, (unsigned long long)n_marked);
	return UDF_OK;
}

static enum udf_err open_fs(const struct opening *o)
{
	struct front *front = o->front;
	struct udf_fs_options how = o->options->fs;
	const struct udf_vol *vol = front->vol;
	bool was_open = udf_vol_is_marked_open(vol);
	char quoted[UDF_QUOTED_BYTES];
	const char *why;
	enum udf_err err;

	how.read_only = front->why_read_only[0] != '\0';
	how.find_used = chk_find_used;
	how.commits_when_idle = o->options->commits_when_idle;
	if (!how.read_only && was_open && !udf_vol_is_ours(vol) && !udf_vol_why_read_only(vol)) {
		err = make_safe(o, &how.space_checked);
		if (err)
			return err;
		if (!how.space_checked) {
			how.read_only = true;
			snprintf(front->why_read_only, sizeof(front->why_read_only),
				 "another system left it open, and it is damaged; check it: "
				 "udffsck -n %s", udf_quoted(o->path, quoted));
		}
	}
	err = udf_fs_open(front->vol, &how, &front->fs);
	if (err)
		return fail_open(o, "cannot read the root directory", err);
	why = udf_fs_why_read_only(front->fs);
	if (why && !how.read_only)
		say_read_only(front, why);
	return UDF_OK;
}

void front_say_in_use(const struct front *front)
{
	const char *in_use = front->guard ? cli_guard_in_use(front->guard) : NULL;
	char text[CLI_IN_USE_BYTES];

	if (!front->guard && cli_is_changing(medium_host_path(front->path), text))
		in_use = text;
	if (in_use)
		cli_say("%s: %s: %s: it may have changed while it was read", front->tool, front->path, in_use);
}

enum udf_err front_open_medium(const char *tool, const char *path, const struct udf_env *env,
			       const struct front_options *options, struct front *ret)
{
	struct front front = { .tool = tool, .path = path, .env = env };
	struct opening o = { tool, path, env, options, &front };
	enum udf_err err = UDF_OK;

	if (options->read_only)
		say_read_only(&front, "asked for");
	/* The guard would not find the file, and the name of a drive is more than that of its file. */
	if (medium_is_simulated(path) && access(medium_host_path(path), F_OK))
		err = open_medium(&o, NULL);
	if (!err && !options->unguarded)
		err = cli_guard(tool, medium_host_path(path), options->read_only ? CLI_READ : CLI_WRITE,
				options->override_option,
				options->override, &front.guard);
	if (!err && !front.bio)
		err = open_medium(&o, NULL);
	if (!err) {
		*ret = front;
		return UDF_OK;
	}
	if (front.guard)
		front_say_in_use(&front);
	(void)front_close(&front);
	return err;
}

enum udf_err front_open(const char *tool, const char *path, const struct udf_env *env,
			const struct front_options *options, struct front *ret)
{
	struct front front;
	enum udf_err err = front_open_medium(tool, path, env, options, &front);

	if (err)
		return err;
	err = front_open_volume(&front, &options->vol, NULL);
	if (!err && !options->volume_only)
		err = open_fs(&(struct opening){ tool, path, env, options, &front });
	if (!err) {
		*ret = front;
		return UDF_OK;
	}
	front_say_in_use(&front);
	(void)front_close(&front);
	return err;
}

/* PATH may lead to another file by now. */
static bool is_the_same(const struct front *front, const char *path)
{
	uint64_t offset_bytes;
	struct stat now, then;
	int fd;

	if (bio_fd_range(front->bio, 0, 0, &fd, &offset_bytes) || fstat(fd, &then) < 0 || stat(path, &now) < 0)
		return false;
	if (S_ISBLK(then.st_mode))
		return S_ISBLK(now.st_mode) && then.st_rdev == now.st_rdev;
	return then.st_dev == now.st_dev && then.st_ino == now.st_ino;
}

enum udf_err front_claim(struct front *front, const char *path, bool exclusive)
{
	enum udf_err err;

	if (!front->is_exclusive || exclusive == !front->is_given_up)
		return UDF_OK;
	err = medium_claim(front->bio, path, exclusive);
	if (!err)
		front->is_given_up = !exclusive;
	return err;
}

enum udf_err front_make_writable(struct front *front, const char *tool, const char *path, const struct udf_env *env,
				 const struct front_options *options)
{
	struct front fresh = { .tool = tool, .path = path, .env = env };
	struct opening o = { tool, path, env, options, &fresh };
	enum udf_err err;

	if (!front->why_read_only[0])
		return UDF_OK;
	if (!front->medium.drive && !is_the_same(front, path))
		return fail(&o, "it has been moved away, or replaced by another", UDF_E_BUSY, 0);
	err = cli_guard_change(front->guard, tool, medium_host_path(path), CLI_WRITE, medium_is_simulated(path));
	if (err)
		return err;
	/* While we hold the device exclusively, we can't open it so once more.  A drive is shared by both. */
	if (!front->medium.drive)
		err = front_claim(front, path, false);
	if (err)
		err = fail(&o, "cannot be opened again", err, 0);
	if (!err)
		err = open_medium(&o, front->medium.drive ? &front->medium : NULL);
	if (!err)
		err = front_open_volume(&fresh, &options->vol, NULL);
	if (!err)
		err = open_fs(&o);
	if (!err && fresh.why_read_only[0]) {
		err = UDF_E_READ_ONLY;
		udf_log(env, UDF_LOG_ERROR, "%s: stays read-only: %s", path, fresh.why_read_only);
	}
	if (err) {
		(void)front_close(&fresh);
		if (!front->medium.drive)
			(void)front_claim(front, path, true);
		(void)cli_guard_change(front->guard, tool, medium_host_path(path), CLI_READ, false);
		return err;
	}
	fresh.guard = front->guard;
	fresh.tells_writes = front->tells_writes;
	front->guard = NULL;
	udf_fs_move_references(front->fs, fresh.fs);
	(void)front_close(front);
	*front = fresh;
	return UDF_OK;
}

enum udf_err front_make_read_only(struct front *front, const char *tool, const char *path)
{
	enum udf_err err;

	if (front->why_read_only[0])
		return UDF_OK;
	err = udf_fs_make_read_only(front->fs);
	if (err)
		return err;
	say_read_only(front, "remounted read-only");
	return cli_guard_change(front->guard, tool, medium_host_path(path), CLI_READ, false);
}

bool front_is_marked_open(const struct front *front)
{
	return udf_vol_is_marked_open(front->vol);
}

enum udf_err front_close_guarded(struct front *front, struct cli_guard **ret_guard)
{
	char text[512];
	enum udf_err err;

	cli_guard_ending(front->guard);
	err = udf_fs_close(front->fs);
	udf_vol_close(front->vol);
	if (medium_bad_text(&front->medium, text, sizeof(text)))
		udf_log(front->env, UDF_LOG_ERROR, "%s: %s", front->path, text);
	if (front->tells_writes && medium_session_text(&front->medium, text, sizeof(text)))
		udf_log(front->env, UDF_LOG_NOTICE, "%s: %s", front->path, text);
	if (front->ejects && medium_eject(&front->medium))
		udf_log(front->env, UDF_LOG_WARNING, "%s: the drive does not let the disc out", front->path);
	bio_close(front->bio);
	free(front->about);
	*ret_guard = front->guard;
	*front = (struct front){ .guard = NULL };
	return err;
}

enum udf_err front_close(struct front *front)
{
	struct cli_guard *guard;
	enum udf_err err = front_close_guarded(front, &guard);

	cli_guard_done(guard);
	return err;
}
