/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One mount from its beginning to its end.
 *
 * root mounts disks and sticks as "fuseblk", as ntfs-3g does.  The kernel then claims the device itself, lists the
 * mount under the device's number, and makes umount(2) wait until FUSE_DESTROY has been answered.  We answer when
 * everything is committed and the device is closed.  The kernel can't claim a device that we hold, so O_EXCL is given
 * up just before mounting.
 *
 * Everything else is mounted as plain "fuse": images, mounts by ordinary users, and optical drives, which we hold
 * ourselves.  There umount(2) does not wait, but umount.fuse.udffuse does.
 */
#include "config.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "front/front.h"
#include "options.h"

/* In a user namespace of its own even root can't mount block devices. */
static bool is_real_root(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	unsigned long first = 0, outside = 0, n = UINT32_MAX;
	FILE *map;

	if (geteuid() != 0 || syscall(SYS_capget, &head, caps) ||
	    !(caps[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN)))
		return false;
	map = fopen("/proc/self/uid_map", "re");
	if (map) {
		if (fscanf(map, "%lu %lu %lu", &first, &outside, &n) != 3)
			n = UINT32_MAX;
		fclose(map);
	}
	return n == UINT32_MAX;
}

/*
 * The block size that the kernel will set for its cache of the device.  We pass the present one: another size would
 * drop what is cached, and a small one makes writing slow.  It is always a multiple of the sector size.
 */
static int block_bytes_of(const struct front *front)
{
	uint64_t offset_bytes;
	int fd, n_bytes = 0;

	if (bio_fd_range(front->bio, 0, 0, &fd, &offset_bytes) || ioctl(fd, BLKBSZGET, &n_bytes) < 0 ||
	    n_bytes < (int)front->medium.sector_bytes)
		n_bytes = (int)front->medium.sector_bytes;
	return n_bytes;
}

/* May the kernel claim the device?  A device that is only read may be in use by others. */
static bool is_for_kernel(const struct options *options, const struct front *front)
{
	int fd;

	if (!front->medium.is_device || front->medium.is_optical || !is_real_root())
		return false;
	if (front->is_exclusive)
		return true;
	fd = open(options->device, O_RDONLY | O_EXCL | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* BLOCK_BYTES 0: plain fuse. */
static struct fuse_session *new_session(const struct options *options, int block_bytes, struct mounted *m)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct fuse_session *session = NULL;
	char *list = NULL, *fsname = NULL, block[48];

	snprintf(block, sizeof(block), "blkdev,blksize=%d", block_bytes);
	if (asprintf(&fsname, "fsname=%s", options->device) < 0) {
		fsname = NULL;
		goto out;
	}
	if (fuse_opt_add_arg(&args, TOOL) || fuse_opt_add_opt(&list, "subtype=" TOOL) ||
	    fuse_opt_add_opt_escaped(&list, fsname) || (block_bytes && fuse_opt_add_opt(&list, block)) ||
	    fuse_opt_add_opt(&list, m->front->why_read_only[0] ? "ro" : "rw") ||
	    (options->kernel_flags && fuse_opt_add_opt(&list, options->kernel_flags)) ||
	    (options->modes == MODES_CHECKED &&
	     fuse_opt_add_opt(&list, "default_permissions")) ||
	    (options->others == OTHERS_ALLOWED && fuse_opt_add_opt(&list, "allow_other")) ||
	    (options->debug && fuse_opt_add_arg(&args, "-d")) || fuse_opt_add_arg(&args, "-o") ||
	    fuse_opt_add_arg(&args, list))
		goto out;
	session = fuse_session_new(&args, &mounted_ops, sizeof(mounted_ops), m);
out:
	if (!session)
		say(UDF_LOG_ERROR, "%s: cannot set up a mount", options->device);
	free(fsname);
	free(list);
	fuse_opt_free_args(&args);
	return session;
}

/* Mount as "fuseblk".  Returns false where that is not possible; nothing has changed then. */
static bool mount_for_kernel(struct mounted *m, const struct options *options)
{
	struct front *front = m->front;

	m->session = new_session(options, block_bytes_of(front), m);
	if (!m->session)
		return false;
	if (!front_claim(front, options->device, false) && mount_session(options, m->session)) {
		m->is_claimed = true;
		return true;
	}
	fuse_session_destroy(m->session);
	m->session = NULL;
	return false;
}

static bool mount_plain(struct mounted *m, const struct options *options)
{
	/* somebody else may have claimed it meanwhile */
	if (front_claim(m->front, options->device, true)) {
		say(UDF_LOG_ERROR, "%s: another program has opened it exclusively or mounted it; end that first",
		    options->device);
		return false;
	}
	m->session = new_session(options, 0, m);
	if (!m->session)
		return false;
	utab_note(options);
	if (mount_session(options, m->session))
		return true;
	mount_tell_why_failed(options);
	return false;
}

bool session_serve(struct mounted *m, const struct options *options, void (*mounted)(void *ctx), void *ctx)
{
	bool worked = false, unmounted = false;

	pthread_mutex_init(&m->lock, NULL);
	m->data = malloc(MAX_IO_BYTES);
	if (!m->data) {
		say(UDF_LOG_ERROR, "%s", udf_strerror(UDF_E_NOMEM));
		goto out;
	}
	m->dirty.sys_fd = -1;
	unwritten_start(m);
	timer_catch_signals();
	if (!(is_for_kernel(options, m->front) && mount_for_kernel(m, options)) && !mount_plain(m, options))
		goto out;
	if (options->no_symlinks)
		mount_forbid_symlinks(options);
	dirty_limit_init(m);
	mounted(ctx);
	eject_watch(m);
	worked = loop_run(m, &unmounted);
	ending_begins(m);
	if (!unmounted)
		fuse_session_unmount(m->session);
out:
	eject_stop(m);
	commit_stop(m);
	helper_stop(&m->seeker);
	unwritten_stop(m);
	dirty_limit_stop(m);
	if (m->session)
		fuse_session_destroy(m->session);
	if (!m->is_claimed)
		utab_forget(options);
	free(m->data);
	pthread_mutex_destroy(&m->lock);
	return worked;
}
