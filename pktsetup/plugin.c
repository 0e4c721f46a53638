/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plugin that nbdkit loads: a disc that is written in packets, as an NBD export.
 *
 *	nbdkit -U SOCKET packets.so device=/dev/sr0 [status=FD]
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "export.h"

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#endif

/* nbdkit has no pointer of ours before it opens a connection. */
static char *device;
static int status_fd = -1;
static struct export *export;
static unsigned n_connections;

static int packets_config(const char *key, const char *value)
{
	if (strcmp(key, "status") == 0)
		return nbdkit_parse_int("status", value, &status_fd);
	if (strcmp(key, "device") != 0) {
		nbdkit_error("unknown parameter '%s'; there are device and status", key);
		return -1;
	}
	free(device);
	/* A relative path is one of the caller's directory, which nbdkit may leave. */
	device = strchr(value, ':') ? strdup(value) : nbdkit_absolute_path(value);
	return device ? 0 : -1;
}

static int packets_config_complete(void)
{
	if (device)
		return 0;
	nbdkit_error("which drive? device=/dev/sr0, or device=sim:FILE");
	return -1;
}

/* pktsetup's process was killed.  Who is connected is served until he disconnects; then this ends. */
static void end_unless_connected(void)
{
	if (__atomic_load_n(&n_connections, __ATOMIC_RELAXED) == 0)
		nbdkit_shutdown();
}

/* Threads are started here: nbdkit forks no more after this. */
static int packets_after_fork(void)
{
	char why[MEDIUM_WHY_BYTES] = "";
	enum udf_err err;

	/* The kernel may need memory to write to us, and must not wait for us to free some.  Only root can say so. */
	(void)prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
	/* pktsetup's process blocks SIGTERM here.  nbdkit has set this to SIGTERM.  A process that has died already is
	   noticed by its pipe. */
	if (status_fd >= 0)
		(void)prctl(PR_SET_PDEATHSIG, SIGQUIT);
	err = export_open(device, status_fd, end_unless_connected, &export, why);
	if (!err)
		return 0;
	nbdkit_error("%s: %s", device, why[0] ? why : udf_strerror(err));
	return -1;
}

static void packets_cleanup(void)
{
	export_close(export);
	export = NULL;
}

static void packets_unload(void)
{
	packets_cleanup();
	free(device);
}

static void *packets_open(int readonly)
{
	(void)readonly;
	__atomic_add_fetch(&n_connections, 1, __ATOMIC_RELAXED);
	return export;
}

static int failed(enum udf_err err)
{
	nbdkit_error("%s: %s", device, udf_strerror(err));
	nbdkit_set_error(udf_errno(err));
	return -1;
}

/* Who disconnects has written what he wanted to write. */
static void packets_close(void *handle)
{
	enum udf_err err = export_flush(handle);

	if (err)
		(void)failed(err);
	__atomic_sub_fetch(&n_connections, 1, __ATOMIC_RELAXED);
}

static int64_t packets_get_size(void *handle)
{
	return (int64_t)export_size_bytes(handle);
}

static int packets_block_size(void *handle, uint32_t *minimum, uint32_t *preferred, uint32_t *maximum)
{
	*minimum = EXPORT_BLOCK_BYTES;
	*preferred = export_unit_bytes(handle);
	*maximum = UINT32_MAX;
	return 0;
}

static int packets_is_rotational(void *handle)
{
	(void)handle;
	return 1;
}

static int packets_pread(void *handle, void *data, uint32_t n_bytes, uint64_t offset, uint32_t flags)
{
	enum udf_err err = export_read(handle, offset, n_bytes, data);

	(void)flags;
	return err ? failed(err) : 0;
}

static int packets_pwrite(void *handle, const void *data, uint32_t n_bytes, uint64_t offset, uint32_t flags)
{
	enum udf_err err = export_write(handle, offset, n_bytes, data);

	(void)flags;
	return err ? failed(err) : 0;
}

static int packets_flush(void *handle, uint32_t flags)
{
	enum udf_err err = export_flush(handle);

	(void)flags;
	return err ? failed(err) : 0;
}

static struct nbdkit_plugin plugin = {
	.name = "packets",
	.longname = "udfkit: a disc that is written in packets",
	.version = PACKAGE_VERSION,
	.config = packets_config,
	.config_complete = packets_config_complete,
	.config_help = "device=DEVICE   the drive: /dev/sr0, or sim:FILE\n"
		       "status=FD       tell there what happens (pktsetup uses this)",
	.magic_config_key = "device",
	.after_fork = packets_after_fork,
	.cleanup = packets_cleanup,
	.unload = packets_unload,
	.open = packets_open,
	.close = packets_close,
	.get_size = packets_get_size,
	.block_size = packets_block_size,
	.is_rotational = packets_is_rotational,
	.pread = packets_pread,
	.pwrite = packets_pwrite,
	.flush = packets_flush,
};

/* nbdkit's header does not declare what this defines. */
struct nbdkit_plugin *plugin_init(void);
NBDKIT_REGISTER_PLUGIN(plugin)
