/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people do to a drive: eject and insert, scratch the disc, pull the plug.  Also by request of another
 * process.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/attention.h"
#include "sim/clock.h"
#include "sim/state.h"

#define MAX_REQUEST_BYTES 65536u
#define MAX_REQUEST_TRIES 100u

enum udf_err sim_eject(struct sim *sim, bool force, char *ret_why)
{
	struct sim_drive *drive = sim->drive;

	if (drive->tray_open)
		return UDF_OK;
	if (!drive->powered)
		return sim_refuse(ret_why, UDF_E_INVAL, "the drive has no power");
	if (!force && (drive->locked || drive->persistent)) {
		drive->media_event = 1;
		if (sim_has(sim, QUIRK_UA_5A01))
			sim_attention_add(sim, SENSE(6, 0x5A, 0x01));
		sim->must_save = true;
		return sim_refuse(ret_why, UDF_E_BUSY, "the drive is locked; the program that uses it was told about "
				  "the eject button");
	}
	if (!force && sim_op_changes_disc(sim))
		return sim_refuse(ret_why, UDF_E_BUSY, "the drive is %s and does not obey the button",
				  sim_op_text(sim));
	drive->locked = drive->persistent = false;
	sim_tray_open(sim);
	return UDF_OK;
}

static enum udf_err change_disc(struct sim *sim, const char *path, char *ret_why)
{
	struct sim_image *image = NULL;
	char *real = NULL;
	enum udf_err err = UDF_OK;

	if (path) {
		real = realpath(path, NULL);
		if (!real)
			return udf_err_from_errno(errno);
		if (strlen(real) >= sizeof(sim->drive->other_disc) || strchr(real, '\n'))
			err = sim_refuse(ret_why, UDF_E_NAME_TOO_LONG, "the path of the disc is not usable");
		if (!err && strcmp(real, sim->home->path) != 0) {
			image = sim_image_new(real);
			err = image ? sim_image_load(image, SIM_USE, ret_why) : UDF_E_NOMEM;
		}
	}
	if (!err) {
		if (sim->other)
			err = sim_image_append(sim->other);
		sim_image_free(sim->other);
		sim->other = image;
		strcpy(sim->drive->other_disc, image ? real : "");
	} else {
		sim_image_free(image);
	}
	free(real);
	return err;
}

enum udf_err sim_insert(struct sim *sim, const char *path, char *ret_why)
{
	enum udf_err err;

	if (!sim->drive->tray_open)
		return sim_refuse(ret_why, UDF_E_BUSY, "there is a disc in the drive; mmcsim eject takes it out");
	err = change_disc(sim, path, ret_why);
	if (err)
		return err;
	sim->drive->disc_is_out = false;
	if (sim->drive->powered)
		sim_load(sim);
	else
		sim->drive->tray_open = false;
	sim->must_save = true;
	return UDF_OK;
}

enum udf_err sim_set_tab(struct sim *sim, bool write_protected, char *ret_why)
{
	struct sim_disc *disc = &(sim->other ? sim->other : sim->home)->disc;

	if (!disc->kind->has_cartridge)
		return sim_refuse(ret_why, UDF_E_UNSUPPORTED, "a disc of this kind has no cartridge with a tab");
	if (!sim->drive->tray_open)
		return sim_refuse(ret_why, UDF_E_BUSY, "the disc is in the drive; eject it first");
	disc->tab = write_protected;
	sim->must_save = true;
	return UDF_OK;
}

enum udf_err sim_set_defect(struct sim *sim, uint32_t lba, enum sim_defect_kind kind, uint32_t n_times)
{
	struct sim_disc *disc = &(sim->other ? sim->other : sim->home)->disc;

	sim->must_save = true;
	if (lba >= disc->kind->max_blocks)
		return UDF_E_RANGE;
	return sim_put_defect(disc, lba / disc->kind->unit_blocks, kind, n_times);
}

enum udf_err sim_set_log(struct sim *sim, bool on)
{
	sim->drive->log_on = on;
	sim->must_save = true;
	sim_log_open(sim);
	return on && sim->log_fd < 0 ? UDF_E_IO : UDF_OK;
}

/* ---- as text ---- */

static enum udf_err do_defect(struct sim *sim, char *rest, char *ret_why)
{
	enum sim_defect_kind kind;
	uint64_t lba, n_times = SIM_DEFECT_FOR_GOOD;
	char *word;
	enum udf_err err;

	if (!sim_number(sim_word(&rest), UINT32_MAX, &lba) || !sim_defect_word(sim_word(&rest), &kind))
		return sim_refuse(ret_why, UDF_E_INVAL, "a defect is: LBA write|read|weak [TIMES]");
	word = sim_word(&rest);
	if (word && !sim_number(word, UINT32_MAX, &n_times))
		return sim_refuse(ret_why, UDF_E_INVAL, "'%.32s' is no number of times", word);
	err = sim_set_defect(sim, (uint32_t)lba, kind, (uint32_t)n_times);
	if (err == UDF_E_RANGE)
		return sim_refuse(ret_why, err, "the disc has no block %llu", (unsigned long long)lba);
	return err;
}

static enum udf_err do_cut(struct sim *sim, char *rest, char *ret_why)
{
	static const char *const torn[SIM_N_TORN] = { "unreadable", "old", "new" };
	struct sim_cut cut = { .n_packets = 0 };
	char *packets = sim_word(&rest), *seed = sim_word(&rest), *word = sim_word(&rest);
	int kind = 0;

	if (packets && strcmp(packets, "off") == 0) {
		sim_cut_power(sim, NULL);
		return UDF_OK;
	}
	if ((packets && !sim_number(packets, UINT64_MAX, &cut.n_packets)) ||
	    (seed && !sim_number(seed, UINT64_MAX, &cut.seed)))
		return sim_refuse(ret_why, UDF_E_INVAL, "a cut is: [PACKETS [SEED [unreadable|old|new]]]");
	while (word && kind < SIM_N_TORN && strcmp(torn[kind], word) != 0)
		kind++;
	if (kind == SIM_N_TORN)
		return sim_refuse(ret_why, UDF_E_INVAL, "a torn packet is unreadable, old or new");
	cut.torn = (enum sim_torn)kind;
	sim_cut_power(sim, &cut);
	return UDF_OK;
}

static bool get_switch(char *rest, bool *ret_on)
{
	char *word = sim_word(&rest);

	*ret_on = word && strcmp(word, "on") == 0;
	return word && (*ret_on || strcmp(word, "off") == 0);
}

static enum udf_err do_switch(struct sim *sim, const char *verb, char *rest, char *ret_why)
{
	bool on;

	if (!get_switch(rest, &on))
		return sim_refuse(ret_why, UDF_E_INVAL, "%s needs on or off", verb);
	return strcmp(verb, "tab") == 0 ? sim_set_tab(sim, on, ret_why) : sim_set_log(sim, on);
}

static enum udf_err do_answer(struct sim *sim, char *rest, char *ret_why)
{
	struct sim_answer answer;
	enum udf_err err;

	if (!sim_answer_get(rest, &answer))
		return sim_refuse(ret_why, UDF_E_INVAL, "an answer is: OPCODE sense KEY/ASC/ASCQ|BYTES|none [TIMES], "
				  "or OPCODE busy|timeout|lost [TIMES]");
	err = sim_set_answer(sim, &answer);
	sim->must_save = true;
	return err == UDF_E_NOSPC ? sim_refuse(ret_why, err, "there are too many answers") : err;
}

enum udf_err sim_do(struct sim *sim, const char *line, char *ret_why)
{
	char *copy = strdup(line), *rest = copy, *verb;
	enum udf_err err = copy ? UDF_OK : UDF_E_NOMEM;
	uint64_t ms;

	verb = copy ? sim_word(&rest) : NULL;
	if (!copy)
		;
	else if (verb && strcmp(verb, "eject") == 0)
		err = sim_eject(sim, strcmp(rest, "force") == 0, ret_why);
	else if (verb && strcmp(verb, "insert") == 0)
		err = sim_insert(sim, *rest ? rest : NULL, ret_why);
	else if (verb && strcmp(verb, "defect") == 0)
		err = do_defect(sim, rest, ret_why);
	else if (verb && strcmp(verb, "cut") == 0)
		err = do_cut(sim, rest, ret_why);
	else if (verb && (strcmp(verb, "tab") == 0 || strcmp(verb, "log") == 0))
		err = do_switch(sim, verb, rest, ret_why);
	else if (verb && strcmp(verb, "answer") == 0)
		err = do_answer(sim, rest, ret_why);
	else if (verb && strcmp(verb, "power") == 0)
		sim_power_on(sim);
	else if (verb && strcmp(verb, "advance") == 0 && sim_number(sim_word(&rest), UINT32_MAX, &ms))
		sim_advance(sim, ms);
	else
		err = sim_refuse(ret_why, UDF_E_INVAL, "there is no such request");
	free(copy);
	return err;
}

/* ---- requests of other processes ---- */

static char *request_path(const char *path)
{
	struct sim_text text = { .bytes = NULL };

	sim_text_add(&text, "%s.request", path);
	return text.failed ? NULL : text.bytes;
}

/*
 * The file of requests, locked: or else what is written here could go into a file that the drive has just removed.
 * Negative, with errno: it can't be opened.
 */
static int open_for_request(const char *name)
{
	struct stat opened, named;

	for (unsigned i = 0; i < MAX_REQUEST_TRIES; i++) {
		int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX) == 0 && fstat(fd, &opened) == 0 && stat(name, &named) == 0 &&
		    opened.st_ino == named.st_ino)
			return fd;
		(void)close(fd);
	}
	errno = EBUSY;
	return -1;
}

enum udf_err sim_request(const char *path, const char *line)
{
	char *real = realpath(path, NULL), *name = real ? request_path(real) : NULL;
	struct sim_text text = { .bytes = NULL };
	enum udf_err err = UDF_OK;
	int fd = -1;

	if (!real)
		return udf_err_from_errno(errno);
	sim_text_add(&text, "%s\n", line);
	if (!name || text.failed)
		err = UDF_E_NOMEM;
	else if ((fd = open_for_request(name)) < 0)
		err = udf_err_from_errno(errno);
	else if (write(fd, text.bytes, text.n_bytes) != (ssize_t)text.n_bytes)
		err = UDF_E_IO;
	if (fd >= 0)
		(void)close(fd);
	sim_text_done(&text);
	free(name);
	free(real);
	return err;
}

void sim_take_requests(struct sim *sim)
{
	char text[MAX_REQUEST_BYTES + 1], *rest = text, *line;
	ssize_t n;
	int fd;

	if (!sim->request_path) {
		sim->request_path = request_path(sim->home->path);
		if (!sim->request_path)
			return;
	}
	fd = open(sim->request_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {	/* somebody is writing it */
		(void)close(fd);
		return;
	}
	n = read(fd, text, MAX_REQUEST_BYTES);
	(void)unlink(sim->request_path);
	(void)close(fd);
	text[n > 0 ? n : 0] = 0;
	while ((line = strsep(&rest, "\n")))
		if (*line)
			(void)sim_do(sim, line, NULL);
}
