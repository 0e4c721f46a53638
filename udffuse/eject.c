/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drive's button.  While a disc is mounted the drive keeps it, and since we hold the drive nobody else hears of
 * the button.  So the drive is asked once a second: a volume that nobody uses is unmounted, and the disc comes out.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/wait.h"
#include "front/front.h"
#include "medium/tray.h"
#include "mounted.h"

extern char **environ;

struct ejector {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
	struct medium_watch *watch;
	bool told_busy, told_gone;
};

/* Wait a second; false where the mount ends. */
static bool wait_a_second(struct ejector *e)
{
	bool goes_on;

	pthread_mutex_lock(&e->lock);
	while (!e->stop && udf_wait_ms(&e->wake, &e->lock, 1000))
		;
	goes_on = !e->stop;
	pthread_mutex_unlock(&e->lock);
	return goes_on;
}

/* Unmount, unless programs use the volume. */
static bool unmount_idle(const char *mountpoint)
{
	char *argv[] = { "fusermount3", "-u", "-q", "--", NULL, NULL };
	int status = -1;
	pid_t pid;

	if (geteuid() == 0)
		return umount2(mountpoint, 0) == 0;
	argv[4] = strdup(mountpoint);
	if (argv[4] && posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) == 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	free(argv[4]);
	return status == 0;
}

/* What is written first is not written while the mount ends. */
static void let_out(struct mounted *m, struct ejector *e)
{
	enum udf_err err = m->fs ? udf_fs_sync(m->fs) : UDF_OK;

	if (!m->fs || err)
		return;		/* the library has reported it, and the disc stays */
	m->front->ejects = true;
	pthread_mutex_unlock(&m->lock);
	if (!unmount_idle(m->mountpoint)) {
		if (!e->told_busy)
			say(UDF_LOG_WARNING, "%s: the disc stays in the drive, because programs use %s "
			    "('fuser -vm %s' shows which); end them, and press the button again",
			    m->device, m->mountpoint, m->mountpoint);
		e->told_busy = true;
		pthread_mutex_lock(&m->lock);
		if (m->fs)
			m->front->ejects = false;
		return;
	}
	pthread_mutex_lock(&m->lock);
}

static void *watch(void *arg)
{
	struct mounted *m = arg;
	struct ejector *e = m->ejector;

	while (wait_a_second(e)) {
		enum medium_wish wish;

		pthread_mutex_lock(&m->lock);
		wish = m->fs ? medium_watch_poll(e->watch) : MEDIUM_WISH_NONE;
		if (wish == MEDIUM_WISH_EJECT)
			let_out(m, e);
		pthread_mutex_unlock(&m->lock);
		if (wish == MEDIUM_WISH_GONE && !e->told_gone)
			say(UDF_LOG_ERROR, "%s: the disc was taken out while it was mounted, and changes that "
			    "were not written are lost; unmount it, and check the disc", m->device);
		e->told_gone |= wish == MEDIUM_WISH_GONE;
	}
	return NULL;
}

/* Signals are the loop's. */
void eject_watch(struct mounted *m)
{
	struct ejector *e = m->front->medium.drive ? calloc(1, sizeof(*e)) : NULL;
	sigset_t all, before;

	if (!e)
		return;
	if (medium_watch_new(&m->front->medium, &e->watch)) {
		free(e);
		return;
	}
	pthread_mutex_init(&e->lock, NULL);
	udf_wait_init(&e->wake);
	m->ejector = e;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&e->thread, NULL, watch, m)) {
		medium_watch_free(e->watch);
		free(e);
		m->ejector = NULL;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void eject_stop(struct mounted *m)
{
	struct ejector *e = m->ejector;

	if (!e)
		return;
	pthread_mutex_lock(&e->lock);
	e->stop = true;
	pthread_cond_signal(&e->wake);
	pthread_mutex_unlock(&e->lock);
	pthread_join(e->thread, NULL);
	pthread_cond_destroy(&e->wake);
	pthread_mutex_destroy(&e->lock);
	medium_watch_free(e->watch);
	free(e);
	m->ejector = NULL;
}
