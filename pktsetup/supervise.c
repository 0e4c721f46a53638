/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "link.h"
#include "nbd.h"
#include "record.h"
#include "release.h"
#include "request.h"
#include "server.h"
#include "supervise.h"

struct supervisor {
	struct record record;
	struct server server;
	int signal_fd;
	bool must_end;		/* somebody wants it released */
	bool must_eject;	/* so that the disc can be taken out */
	char last_error[EXPORT_LINE_BYTES];	/* of nbdkit */
};

/* ---- what is known ---- */

static void save(struct supervisor *s)
{
	if (!record_save(&s->record))
		syslog(LOG_ERR, "%s: what is known of it can't be stored: %s", s->record.path, strerror(errno));
}

static void note(struct supervisor *s, int priority, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void note(struct supervisor *s, int priority, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->record.note, sizeof(s->record.note), format, args);
	va_end(args);
	syslog(priority, "%s: %s", s->record.path, s->record.note);
}

/* From now on the record says so, whatever comes. */
static void note_loss(struct supervisor *s, const char *what)
{
	char when[32];
	struct tm tm;
	time_t now = time(NULL);

	if (s->record.state == RECORD_LOST)
		return;
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", localtime_r(&now, &tm));
	note(s, LOG_ERR, "%s, at %s: check the volume, and copy again what was written before that", what, when);
	s->record.state = RECORD_LOST;
}

/* Returns the text after WORD, or NULL. */
static const char *after(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncmp(line, word, n) == 0 && (line[n] == ' ' || !line[n]) ? line + n + (line[n] == ' ') : NULL;
}

static void take_state(struct supervisor *s, enum record_state state)
{
	if (s->record.state != RECORD_LOST)
		s->record.state = state;
}

/* See export.h for the lines. */
static void take_status(struct supervisor *s, const char *line)
{
	char text[RECORD_NOTE_BYTES];
	const char *arg;

	if (after(line, "pending")) {
		take_state(s, RECORD_PENDING);
	} else if (after(line, "clean")) {
		if (s->record.state == RECORD_FAILING)
			s->record.note[0] = '\0';
		take_state(s, RECORD_CLEAN);
	} else if ((arg = after(line, "failing"))) {
		if (s->record.state != RECORD_LOST)
			note(s, LOG_ERR, "what was written can't be brought to the disc (%s); it is tried again", arg);
		take_state(s, RECORD_FAILING);
	} else if ((arg = after(line, "lost"))) {
		snprintf(text, sizeof(text), "what was still in memory could not be written and is lost (%s)", arg);
		note_loss(s, text);
	} else if ((arg = after(line, "session"))) {
		snprintf(s->record.session, sizeof(s->record.session), "%s", arg);
	} else if (after(line, "gone")) {
		if (s->record.state != RECORD_LOST)
			note(s, LOG_ERR, "the disc has been taken out of the drive");
	} else if (after(line, "eject")) {
		s->must_eject = true;
	} else {
		return;
	}
	save(s);
}

/* ---- waiting ---- */

static void take_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			s->must_end = true;
}

/* Wait for the server or a signal, and take what they say.  RET_READY: the text after "ready", if it came. */
static void wait_and_take(struct supervisor *s, int timeout_ms, char *ret_ready)
{
	struct pollfd fds[] = {
		{ .fd = s->signal_fd, .events = POLLIN },
		{ .fd = s->server.status.fd, .events = POLLIN },
		{ .fd = s->server.errors.fd, .events = POLLIN },
	};
	char line[EXPORT_LINE_BYTES];
	const char *ready;

	(void)poll(fds, 3, timeout_ms);
	take_signals(s);
	if (fds[1].revents)
		lines_fill(&s->server.status);
	if (fds[2].revents)
		lines_fill(&s->server.errors);
	while (lines_next(&s->server.status, line)) {
		ready = after(line, "ready");
		if (ready && ret_ready)
			snprintf(ret_ready, EXPORT_LINE_BYTES, "%s", ready);
		else
			take_status(s, line);
	}
	while (lines_next(&s->server.errors, line)) {
		snprintf(s->last_error, sizeof(s->last_error), "%s", line);
		syslog(LOG_ERR, "%s: %s", s->record.path, line);
	}
}

/* Take what the server has still said, until it has ended. */
static void wait_for_end(struct supervisor *s)
{
	while (!server_has_ended(&s->server) || s->server.status.fd >= 0)
		wait_and_take(s, server_has_ended(&s->server) ? 0 : 500, NULL);
	while (s->server.errors.fd >= 0)
		wait_and_take(s, 0, NULL);
}

/* ---- binding ---- */

/* What nbdkit says of the plugin's error, without its own name. */
static const char *plain(const char *error)
{
	const char *const prefix = "nbdkit: error: ";

	return strncmp(error, prefix, strlen(prefix)) == 0 ? error + strlen(prefix) : error;
}

static bool start_server(struct supervisor *s, char *ret_why)
{
	char ready[EXPORT_LINE_BYTES] = "", name[32];
	unsigned long long n_bytes;

	s->server.slot = s->record.slot;
	snprintf(name, sizeof(name), "%u.socket", s->record.slot);
	if (!record_path(name, s->server.socket) || !server_start(s->record.device, &s->server, ret_why))
		return false;
	while (!ready[0] && !s->must_end && !(server_has_ended(&s->server) && s->server.status.fd < 0))
		wait_and_take(s, 500, ready);
	if (sscanf(ready, "%llu %63[^\n]", &n_bytes, s->record.disc) == 2)
		return true;
	server_stop(&s->server);
	wait_for_end(s);
	snprintf(ret_why, WHY_BYTES, "%s", s->last_error[0] ? plain(s->last_error) : "nbdkit could not be started");
	return false;
}

/* Is the drive or the name taken?  If not, the slot for it. */
static const char *find_slot(struct supervisor *s, char *ret_text)
{
	struct record other;
	bool has_slot = false;

	for (unsigned slot = 0; slot < RECORD_SLOTS; slot++) {
		bool is_there = record_load(slot, &other);

		if (is_there && !other.is_released && strcmp(other.device, s->record.device) == 0) {
			snprintf(ret_text, ANSWER_BYTES,
				 "%s is bound already, as %s", other.device, other.path);
			return ANSWER_ALREADY;
		}
		if (is_there && !other.is_released && strcmp(other.path, s->record.path) == 0) {
			snprintf(ret_text, ANSWER_BYTES, "%s is a packet device already, for %s; 'pktsetup -d %s' "
				 "releases it",
				 other.path, other.device, other.path);
			return ANSWER_FAILED;
		}
		if (!is_there && !has_slot && !record_holder(slot)) {
			s->record.slot = slot;
			has_slot = true;
		}
	}
	if (has_slot)
		return NULL;
	snprintf(ret_text, ANSWER_BYTES, "there are %u packet devices already; 'pktsetup -s' lists them", RECORD_SLOTS);
	return ANSWER_FAILED;
}

static bool connect_kernel(struct supervisor *s, char *ret_why)
{
	if (!link_is_free(s->record.path)) {
		snprintf(ret_why, WHY_BYTES, "%s is something else already; give another name", s->record.path);
		return false;
	}
	if (!nbd_connect(s->server.socket, s->record.node, &s->record.node_number, ret_why))
		return false;
	if (link_make(s->record.path, s->record.node))
		return true;
	snprintf(ret_why, WHY_BYTES, "%s can't be made: %s", s->record.path, strerror(errno));
	return false;
}

/* All that is done under the lock of those who bind.  Returns the answer's word. */
static const char *bind_drive(struct supervisor *s, char ret_text[ANSWER_BYTES])
{
	char why[WHY_BYTES] = "";
	const char *answer;

	if (!s->record.path[0] && !link_find_free(s->record.path)) {
		snprintf(ret_text, ANSWER_BYTES, "no name is free in " PACKET_DIR);
		return ANSWER_FAILED;
	}
	answer = find_slot(s, ret_text);
	if (answer)
		return answer;
	if (!record_hold(s->record.slot) || !start_server(s, why)) {
		snprintf(ret_text, ANSWER_BYTES, "%s", why[0] ? why : "another pktsetup is at work; try again");
		return ANSWER_FAILED;
	}
	link_mark(s->record.device_number, true);
	if (connect_kernel(s, why) && record_save(&s->record)) {
		link_mark(s->record.node_number, true);
		snprintf(ret_text, ANSWER_BYTES, "%s: the %s in %s, through %s", s->record.path, s->record.disc,
			 s->record.device, s->record.node);
		return ANSWER_BOUND;
	}
	snprintf(ret_text, ANSWER_BYTES, "%s", why[0] ? why : strerror(errno));
	if (s->record.node[0])	/* else the server would wait for the kernel */
		nbd_disconnect(s->record.node);
	server_stop(&s->server);
	wait_for_end(s);
	release_traces(&s->record);
	return ANSWER_FAILED;
}

static void set_up_signals(struct supervisor *s)
{
	sigset_t taken;

	sigemptyset(&taken);
	sigaddset(&taken, SIGTERM);
	sigaddset(&taken, SIGINT);
	sigaddset(&taken, SIGCHLD);
	sigprocmask(SIG_BLOCK, &taken, NULL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	s->signal_fd = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* ---- the end ---- */

/* Nothing uses the packet device any more, or the system goes down. */
static void release(struct supervisor *s)
{
	char text[256];
	int failed;

	if (s->server.pid)
		nbd_let_go(s->record.node_number);
	failed = s->server.pid ? nbd_sync(s->record.node) : 0;
	if (failed && s->server.pid) {
		snprintf(text, sizeof(text), "the kernel could not write what it held (%s)", strerror(failed));
		note_loss(s, text);
	}
	nbd_disconnect(s->record.node);
	server_stop(&s->server);
	wait_for_end(s);
	release_traces(&s->record);
	s->record.is_released = true;
	if (s->record.state != RECORD_LOST)
		s->record.state = RECORD_DONE;
	save(s);
}

/* Somebody has pressed the button, and what the server held has been written. */
static bool let_out(struct supervisor *s)
{
	char use[WHY_BYTES];

	s->must_eject = false;
	if (nbd_is_in_use(s->record.node, s->record.node_number, true, use)) {
		note(s, LOG_WARNING, "the disc stays in the drive, because %.600s; unmount it, and press the button "
		     "again", use);
		save(s);
		return false;
	}
	release(s);
	if (s->record.state == RECORD_DONE)
		release_eject(s->record.device);
	return true;
}

/* The server has ended, and nobody has asked it to. */
static void note_end_of_server(struct supervisor *s)
{
	bool was_pending = s->record.state != RECORD_CLEAN;
	char text[RECORD_NOTE_BYTES];
	int status = s->server.exit_status;

	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "the server was killed by signal %d", WTERMSIG(status));
	else
		snprintf(text, sizeof(text), "the server ended with status %d (%.400s)", WEXITSTATUS(status),
			 plain(s->last_error));
	strncat(text, was_pending ? ", and what was not on the disc yet is lost" :
		", and what the kernel had not sent to it yet is lost", sizeof(text) - strlen(text) - 1);
	note_loss(s, text);
	save(s);
}

static void serve(struct supervisor *s)
{
	bool is_noted = false, is_out = false;

	while (!s->must_end && !is_out) {
		wait_and_take(s, -1, NULL);
		if (server_has_ended(&s->server) && !is_noted) {
			wait_for_end(s);
			note_end_of_server(s);	/* only release() stops it */
			is_noted = true;
		}
		if (s->must_eject && !s->must_end)
			is_out = let_out(s);
	}
	if (!is_out)
		release(s);
}

static void answer(int fd, const char *word, const char *text)
{
	(void)!dprintf(fd, "%s %s\n", word, text);
	close(fd);
}

int supervise(const struct drive_place *drive, const char *path, int answer_fd)
{
	struct supervisor *s = calloc(1, sizeof(*s));
	char text[ANSWER_BYTES] = "";
	const char *word;
	int lock_fd;

	if (!s)
		return 1;
	snprintf(s->record.path, sizeof(s->record.path), "%s", path);
	snprintf(s->record.device, sizeof(s->record.device), "%s", drive->path);
	s->record.device_number = drive->number;
	s->server.status.fd = s->server.errors.fd = -1;
	umask(077);
	openlog(TOOL, LOG_PID, LOG_DAEMON);
	set_up_signals(s);
	lock_fd = record_lock_all();
	if (lock_fd < 0) {
		snprintf(text, sizeof(text), "its state can't be stored: %s", strerror(errno));
		word = ANSWER_FAILED;
	} else {
		word = bind_drive(s, text);
		close(lock_fd);
	}
	answer(answer_fd, word, text);
	if (strcmp(word, ANSWER_BOUND) == 0)
		serve(s);
	free(s);
	return strcmp(word, ANSWER_FAILED) == 0;
}
