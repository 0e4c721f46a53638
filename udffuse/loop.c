/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop: one thread that reads a request, serves it, and reads the next one.
 *
 * It waits in read() and not in poll(), because poll() would cost one more system call for each request.  Timers and
 * signals interrupt the read.  A signal may also arrive just before the read; therefore the timer repeats until the
 * loop has noticed it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mounted.h"

/* ---- unmounting, on a signal ---- */

extern char **environ;

struct unmounting {
	struct mounted *m;
	pthread_t thread, loop;
	bool started, unmounted;
};

static bool run(char *argv[])
{
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ))
		return false;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/*
 * Users other than root need a program to unmount: fusermount3, or umount(8) where /etc/mtab is missing, which
 * fusermount3 needs.
 */
static bool unmount(const char *mountpoint, bool lazy)
{
	char *target = (char *)(uintptr_t)mountpoint;
	char *by_fusermount[] = { "fusermount3", "-u", "-q", lazy ? "-z" : "-u", "--", target, NULL };
	char *by_umount[] = { "umount", "-i", "-q", lazy ? "-l" : "-i", "--", target, NULL };

	if (geteuid() == 0)
		return umount2(mountpoint, UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0)) == 0;
	return run(access("/etc/mtab", F_OK) == 0 ? by_fusermount : by_umount);
}

/*
 * Runs beside the loop, because the kernel writes back its dirty pages before it unmounts: ending udffuse must not
 * lose what programs have written.  Programs that still have files open find that the mount is gone.
 */
static void *unmount_main(void *arg)
{
	struct unmounting *u = arg;
	const char *mountpoint = u->m->mountpoint;
	int fd = open(mountpoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs st = { .f_type = 0 };

	if (fd >= 0) {
		syncfs(fd);
		fstatfs(fd, &st);
		close(fd);
	}
	/* Not if somebody else has unmounted it already, and another filesystem is mounted there now. */
	if (st.f_type == FUSE_SUPER_MAGIC)
		u->unmounted = unmount(mountpoint, false) || unmount(mountpoint, true);
	fuse_session_exit(u->m->session);
	pthread_kill(u->loop, SIGALRM);
	return NULL;
}

static void unmount_start(struct unmounting *u, struct mounted *m)
{
	sigset_t all, before;

	if (u->started)
		return;
	u->m = m;
	u->loop = pthread_self();
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	u->started = pthread_create(&u->thread, NULL, unmount_main, u) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!u->started)
		fuse_session_exit(m->session);
}

/* ---- the loop ---- */

bool loop_run(struct mounted *m, bool *ret_unmounted)
{
	struct unmounting unmounting = { .started = false };
	struct fuse_buf request = { .mem = NULL };
	int n = 1;

	m->is_serving = true;
	while (!fuse_session_exited(m->session)) {
		if (timer_caught_signal())
			unmount_start(&unmounting, m);
		if (timer_has_rung()) {
			pthread_mutex_lock(&m->lock);
			if (m->fs)
				commit_tick(m);
			pthread_mutex_unlock(&m->lock);
		}
		n = receive(m, &request);
		if (n == -EINTR)
			continue;
		if (n <= 0)
			break;
		pthread_mutex_lock(&m->lock);
		m->receiver.has_large_writes = false;
		fuse_session_process_buf(m->session, &request);
		receive_done(m, &request);
		if (m->fs && udf_fs_is_due(m->fs))
			commit_tick(m);
		if (m->fs)
			timer_arm(m);
		pthread_mutex_unlock(&m->lock);
	}
	m->is_serving = false;
	/* The connection is gone, or nobody can reach the mount any more: the helper has nothing left to wait for. */
	if (unmounting.started)
		pthread_join(unmounting.thread, NULL);
	timer_stop();
	free(request.mem);
	receive_stop(m);
	*ret_unmounted = unmounting.started ? unmounting.unmounted : n == 0;
	return n >= 0 || n == -EINTR;
}
