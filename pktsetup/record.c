/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "place.h"
#include "record.h"

static const char *const state_names[] = {
	[RECORD_CLEAN] = "clean", [RECORD_PENDING] = "pending", [RECORD_FAILING] = "failing", [RECORD_LOST] = "lost",
	[RECORD_DONE] = "done",
};

#define N_STATES (sizeof(state_names) / sizeof(state_names[0]))

const char *record_state_name(enum record_state state)
{
	return state_names[state];
}

/* Everybody may read what is in it, whatever the umask is. */
static bool make_dir(const char *path)
{
	if (mkdir(path, 0755) == 0)
		return chmod(path, 0755) == 0;
	return errno == EEXIST;
}

const char *record_dir(void)
{
	static char dir[PATH_MAX];
	const char *run = getenv("UDFKIT_RUN_DIR");

	if (dir[0])
		return dir;
	if (!run || run[0] != '/' || strlen(run) > 512)
		run = "/run/udfkit";
	snprintf(dir, sizeof(dir), "%s/pktsetup", run);
	if (make_dir(run) && make_dir(dir))
		return dir;
	dir[0] = '\0';
	return NULL;
}

bool record_path(const char *name, char ret[PATH_MAX])
{
	const char *dir = record_dir();

	return dir && snprintf(ret, PATH_MAX, "%s/%s", dir, name) < PATH_MAX;
}

static bool slot_path(unsigned slot, const char *suffix, char ret[PATH_MAX])
{
	char name[32];

	snprintf(name, sizeof(name), "%u%s", slot, suffix);
	return record_path(name, ret);
}

static void take_text(char *to, size_t cap, const char *value)
{
	snprintf(to, cap, "%s", value);
}

static void take_line(struct record *r, const char *key, const char *value)
{
	if (strcmp(key, "path") == 0)
		take_text(r->path, sizeof(r->path), value);
	else if (strcmp(key, "node") == 0)
		take_text(r->node, sizeof(r->node), value);
	else if (strcmp(key, "device") == 0)
		take_text(r->device, sizeof(r->device), value);
	else if (strcmp(key, "disc") == 0)
		take_text(r->disc, sizeof(r->disc), value);
	else if (strcmp(key, "note") == 0)
		take_text(r->note, sizeof(r->note), value);
	else if (strcmp(key, "session") == 0)
		take_text(r->session, sizeof(r->session), value);
	else if (strcmp(key, "node_number") == 0)
		(void)place_numbers(value, &r->node_number);
	else if (strcmp(key, "device_number") == 0)
		(void)place_numbers(value, &r->device_number);
	else if (strcmp(key, "released") == 0)
		r->is_released = strcmp(value, "yes") == 0;
	else if (strcmp(key, "state") == 0)
		for (size_t i = 0; i < N_STATES; i++)
			if (strcmp(value, state_names[i]) == 0)
				r->state = (enum record_state)i;
}

bool record_load_last(unsigned slot, struct record *ret)
{
	struct record r = { .slot = slot, .state = RECORD_DONE };
	char path[PATH_MAX], line[PATH_MAX + 64];
	FILE *f = slot_path(slot, "", path) ? fopen(path, "re") : NULL;

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		char *value = strchr(line, '=');

		line[strcspn(line, "\n")] = '\0';
		if (!value)
			continue;
		*value = '\0';
		take_line(&r, line, value + 1);
	}
	fclose(f);
	*ret = r;
	return true;
}

bool record_load(unsigned slot, struct record *ret)
{
	struct record r;

	if (!record_load_last(slot, &r) || r.state == RECORD_DONE)
		return false;
	*ret = r;
	return true;
}

/* A reader sees the old file or the new one. */
bool record_save(const struct record *r)
{
	char path[PATH_MAX], made[PATH_MAX];
	FILE *f;
	bool ok;

	if (!slot_path(r->slot, "", path) || !slot_path(r->slot, ".new", made))
		return false;
	f = fopen(made, "we");
	if (!f)
		return false;
	(void)fchmod(fileno(f), 0644);
	fprintf(f, "state=%s\nreleased=%s\npath=%s\nnode=%s\nnode_number=%u:%u\n", state_names[r->state],
		r->is_released ? "yes" : "no", r->path, r->node, major(r->node_number), minor(r->node_number));
	fprintf(f, "device=%s\ndevice_number=%u:%u\ndisc=%s\nnote=%s\nsession=%s\n", r->device, major(r->device_number),
		minor(r->device_number), r->disc, r->note, r->session);
	ok = !ferror(f);
	ok = fclose(f) == 0 && ok && rename(made, path) == 0;
	if (!ok)
		unlink(made);
	return ok;
}

void record_remove(unsigned slot)
{
	char path[PATH_MAX];

	if (slot_path(slot, "", path))
		unlink(path);
}

static int open_lock(const char *name, mode_t mode)
{
	char path[PATH_MAX];
	int fd;

	if (!record_path(name, path))
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd >= 0)
		(void)fchmod(fd, mode);
	/* Who may not lock can still ask who has. */
	return fd >= 0 ? fd : open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static int open_slot_lock(unsigned slot)
{
	char name[32];

	snprintf(name, sizeof(name), "%u.lock", slot);
	return open_lock(name, 0644);
}

/* Only root can: else anybody could take a lock for reading, and keep us out. */
static int lock_file(const char *name, bool wait)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open_lock(name, 0600), failed;

	while (fd >= 0 && fcntl(fd, wait ? F_SETLKW : F_SETLK, &lock) < 0) {
		if (errno == EINTR)
			continue;
		failed = errno;
		close(fd);
		errno = failed;
		return -1;
	}
	return fd;
}

int record_lock_all(void)
{
	return lock_file("lock", true);
}

int record_lock_release(unsigned slot, bool wait)
{
	char name[32];

	snprintf(name, sizeof(name), "%u.release", slot);
	return lock_file(name, wait);
}

void record_leave_word(int lock_fd, const char *text)
{
	if (ftruncate(lock_fd, 0) < 0 || pwrite(lock_fd, text, strlen(text), 0) < 0)
		return;		/* they learn that it was released, and not how */
}

void record_take_word(int lock_fd, char ret[RECORD_NOTE_BYTES])
{
	ssize_t n = pread(lock_fd, ret, RECORD_NOTE_BYTES - 1, 0);

	ret[n > 0 ? n : 0] = '\0';
}

/* A lock of flock() passes to the program that is executed. */
void record_hold_server(unsigned slot)
{
	char path[PATH_MAX];
	int fd = slot_path(slot, ".server", path) ? open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600) : -1;

	if (fd >= 0)
		(void)flock(fd, LOCK_EX | LOCK_NB);
}

bool record_wait_server(unsigned slot, unsigned ms)
{
	char path[PATH_MAX];
	int fd = slot_path(slot, ".server", path) ? open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC) : -1;
	bool has_ended = fd < 0;

	for (unsigned waited = 0; !has_ended && waited <= ms; waited += 50) {
		has_ended = flock(fd, LOCK_EX | LOCK_NB) == 0;
		if (!has_ended)
			poll(NULL, 0, 50);
	}
	if (fd >= 0)
		close(fd);
	return has_ended;
}

bool record_hold(unsigned slot)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open_slot_lock(slot);

	if (fd >= 0 && fcntl(fd, F_SETLK, &lock) == 0)
		return true;	/* it stays open, for the lock ends with it */
	if (fd >= 0)
		close(fd);
	return false;
}

pid_t record_holder(unsigned slot)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open_slot_lock(slot);
	/* Anybody can have a lock for reading; an open file description's has -1 for the process. */
	bool is_held = fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_WRLCK && lock.l_pid > 0;

	if (fd >= 0)
		close(fd);
	return is_held ? lock.l_pid : 0;
}

bool record_wait(unsigned slot, unsigned ms)
{
	for (unsigned waited = 0; record_holder(slot); waited += 20) {
		if (waited >= ms)
			return false;
		poll(NULL, 0, 20);
	}
	return true;
}
