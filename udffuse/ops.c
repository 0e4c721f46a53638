/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which requests the driver serves, and what it asks of the kernel at the beginning. */
#include "config.h"

#include "mounted.h"

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	struct mounted *m = userdata;
	unsigned wanted = FUSE_CAP_WRITEBACK_CACHE | FUSE_CAP_READDIRPLUS | FUSE_CAP_ASYNC_READ |
			  FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_CACHE_SYMLINKS | FUSE_CAP_SPLICE_WRITE |
			  FUSE_CAP_IOCTL_DIR | FUSE_CAP_EXPORT_SUPPORT;

	/*
	 * open() must send truncation as a setattr, because opens are not sent to us.  The kernel clears set-user-id
	 * bits itself.  Nobody else changes the volume, so the kernel need not invalidate what it has cached.
	 *
	 * FUSE_CAP_ASYNC_DIO stays off.  With it the kernel keeps old pages in its cache after an asynchronous direct
	 * write, and shows them.
	 */
	conn->want = conn->capable & wanted;
	conn->time_gran = 1000;		/* the precision that is recorded, so that the kernel shows no other before */
	m->can_splice = conn->want & FUSE_CAP_SPLICE_WRITE;
	conn->max_write = conn->capable & FUSE_CAP_SPLICE_READ ? (unsigned)receive_init(m) : MAX_IO_BYTES;
	m->has_no_open = conn->capable & FUSE_CAP_NO_OPEN_SUPPORT;
	m->has_no_opendir = conn->capable & FUSE_CAP_NO_OPENDIR_SUPPORT;
}

/*
 * libfuse answers requests that are not listed here with ENOSYS, and the kernel never sends them again.  These are
 * flush and release (we keep nothing for an open file), create (mknod does its work and needs no release), access (the
 * kernel checks modes), extended attributes, and locks (the kernel has its own).
 */
const struct fuse_lowlevel_ops mounted_ops = {
	.init = op_init,
	.ioctl = op_ioctl,
	.destroy = op_destroy,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.readlink = op_readlink,
	.mknod = op_mknod,
	.mkdir = op_mkdir,
	.symlink = op_symlink,
	.link = op_link,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.rename = op_rename,
	.open = op_open,
	.opendir = op_opendir,
	.read = op_read,
	.write_buf = op_write,
	.fsync = op_fsync,
	.fsyncdir = op_fsync,
	.readdir = op_readdir,
	.readdirplus = op_readdirplus,
	.statfs = op_statfs,
	.fallocate = op_fallocate,
	.lseek = op_lseek,
};
