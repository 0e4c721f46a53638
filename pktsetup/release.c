/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link.h"
#include "medium/drive.h"
#include "nbd.h"
#include "place.h"
#include "release.h"

#define SOON_MS 5000u		/* after that long, it is said what is waited for */
#define END_MS 3600000u

void release_traces(const struct record *record)
{
	if (record->node[0])
		link_remove(record->path, record->node);
	link_mark(record->node_number, false);
	link_mark(record->device_number, false);
}

void release_eject(const char *device)
{
	struct mmc_transport *transport = NULL;
	struct mmc_drive *drive = NULL;
	char why[MEDIUM_WHY_BYTES];

	if (medium_drive_open(device, &transport, why))
		return;
	if (mmc_drive_open(transport, NULL, NULL, &drive, NULL)) {
		mmc_transport_close(transport);
		return;
	}
	(void)mmc_drive_lock(drive, false);
	(void)mmc_drive_eject(drive);
	mmc_drive_close(drive);
}

static bool is_named(const struct record *r, const char *text)
{
	char path[PATH_MAX], why[WHY_BYTES];
	struct drive_place drive;
	struct stat st;
	dev_t number;

	if (place_packet_path(text, path) && strcmp(path, r->path) == 0)
		return true;
	if (place_numbers(text, &number))
		return number && (number == r->node_number || number == r->device_number);
	if (strncmp(text, "sim:", 4) == 0)
		return place_find_drive(text, &drive, why) && strcmp(drive.path, r->device) == 0;
	return stat(text, &st) == 0 && S_ISBLK(st.st_mode) &&
	       (st.st_rdev == r->node_number || st.st_rdev == r->device_number);
}

/* Several records may be about the same drive: one that is in use comes before what is only left to be told. */
bool release_find(const char *text, struct record *ret)
{
	struct record r;
	bool found = false;

	for (unsigned slot = 0; slot < RECORD_SLOTS; slot++) {
		if (!record_load(slot, &r) || !is_named(&r, text) || (found && r.is_released))
			continue;
		*ret = r;
		found = true;
		if (!r.is_released)
			break;
	}
	return found;
}

/* Its supervisor was killed.  The server has written what it had, and answers no more; or it was killed, too. */
static void clear_up(struct record *r)
{
	char name[32], socket[PATH_MAX];
	int failed;

	if (r->is_released)
		return;
	failed = nbd_sync(r->node);
	nbd_disconnect(r->node);
	if (!failed && !record_wait_server(r->slot, END_MS))
		failed = ETIMEDOUT;
	/* A server that was killed has left it. */
	snprintf(name, sizeof(name), "%u.socket", r->slot);
	if (record_path(name, socket))
		(void)unlink(socket);
	release_traces(r);
	if (failed && r->state != RECORD_LOST)
		snprintf(r->note, sizeof(r->note),
			 "the process that kept it was killed, and what was not on the disc yet is lost (%s): "
			 "check the volume", strerror(failed));
	if (failed)
		r->state = RECORD_LOST;
	r->is_released = true;
}

static bool wait_for_supervisor(const struct record *r)
{
	if (record_wait(r->slot, SOON_MS))
		return true;
	cli_say(TOOL ": %s: waiting until everything is on the disc...", r->path);
	return record_wait(r->slot, END_MS);
}

/* FD: the lock on releasing it. */
static int release_locked(const struct record *record, int fd)
{
	struct record r = *record;
	char use[WHY_BYTES];
	pid_t pid = record_holder(r.slot);

	if (!r.is_released && nbd_is_in_use(r.node, r.node_number, false, use)) {
		cli_say(TOOL ": %s: %s; end that first", r.path, use);
		return 1;
	}
	if (pid == 0) {
		clear_up(&r);
	} else if (kill(pid, SIGTERM) < 0) {
		cli_say(TOOL ": %s: %s", r.path, strerror(errno));
		return 1;
	} else if (!wait_for_supervisor(&r)) {
		cli_say(TOOL ": %s: the drive does not come to an end; process %ld waits for it", r.path, (long)pid);
		return 1;
	} else if (!record_load_last(r.slot, &r)) {
		cli_say(TOOL ": %s: nothing is known of how it ended; check the volume", r.path);
		return 1;
	}
	record_leave_word(fd, r.state == RECORD_LOST ? r.note : "");
	record_remove(r.slot);
	if (r.session[0])
		printf("%s: %s.\n", r.path, r.session);
	if (r.state != RECORD_LOST)
		return 0;
	cli_say(TOOL ": %s: %s", r.path, r.note);
	return 1;
}

/* Another process has released it: what was lost then was lost for this caller, too. */
static int tell_word(const struct record *record, int fd)
{
	char word[RECORD_NOTE_BYTES] = "";

	if (fd >= 0)
		record_take_word(fd, word);
	cli_say(TOOL ": %s: another " TOOL " has released it%s%s", record->path, word[0] ? ": " : "", word);
	return word[0] != '\0';
}

int release_run(const struct record *record)
{
	int fd = record_lock_release(record->slot, false), status = 0;
	struct record now;

	if (fd < 0 && (errno == EAGAIN || errno == EACCES) && geteuid() == 0) {
		cli_say(TOOL ": %s: another " TOOL " is releasing it; waiting...", record->path);
		fd = record_lock_release(record->slot, true);
	}
	if (record_load(record->slot, &now) && strcmp(now.path, record->path) == 0)
		status = release_locked(&now, fd);
	else
		status = tell_word(record, fd);
	if (fd >= 0)
		close(fd);
	return status;
}
