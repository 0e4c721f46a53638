/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "cli/mount_table.h"
#include "nbd.h"

#define MAX_NODES 256u
#define NAME_WAIT_MS 5000u	/* how long udev may take to make a node */

/*
 * Above the slowest request: a packet is written again and again, the drive does its own error recovery, and then a
 * whole cache of packets follows.  The kernel gives up the connection after that, and with it everything.
 */
#define REQUEST_SECONDS "1800"

bool nbd_is_there(void)
{
	static const char *const load[] = { "modprobe", "-q", "nbd", NULL };

	if (access("/sys/block/nbd0", F_OK) == 0)
		return true;
	(void)child_run(load, NULL, 0);
	return access("/sys/block/nbd0", F_OK) == 0;
}

static const char *base_name(const char *node)
{
	const char *slash = strrchr(node, '/');

	return slash ? slash + 1 : node;
}

/* The kernel shows the process that has connected it. */
bool nbd_is_connected(const char *node)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/block/%.32s/pid", base_name(node));
	return access(path, F_OK) == 0;
}

static bool wait_for_node(const char *node, dev_t *ret_number)
{
	struct stat st;

	for (unsigned ms = 0; stat(node, &st) < 0 || !S_ISBLK(st.st_mode); ms += 50) {
		if (ms >= NAME_WAIT_MS)
			return false;
		poll(NULL, 0, 50);
	}
	*ret_number = st.st_rdev;
	return true;
}

bool nbd_connect(const char *socket, char ret_node[NBD_NODE_BYTES], dev_t *ret_number, char ret_why[WHY_BYTES])
{
	char said[512] = "", node[NBD_NODE_BYTES], dir[64];
	unsigned n_tried = 0;

	for (unsigned i = 0; i < MAX_NODES; i++) {
		const char *const client[] = { "nbd-client", "-unix", socket, node, "-block-size", "2048",
					       "-timeout", REQUEST_SECONDS, NULL };

		snprintf(dir, sizeof(dir), "/sys/block/nbd%u", i);
		snprintf(node, sizeof(node), "/dev/nbd%u", i);
		if (access(dir, F_OK) < 0)
			break;
		if (nbd_is_connected(node) || !wait_for_node(node, ret_number))
			continue;
		n_tried++;
		if (child_run(client, said, sizeof(said)) == 0 && nbd_is_connected(node)) {
			snprintf(ret_node, NBD_NODE_BYTES, "%s", node);
			return true;
		}
	}
	if (n_tried)
		snprintf(ret_why, WHY_BYTES, "nbd-client could not connect a device: %s",
			 said[0] ? said : "it does not say why");
	else
		snprintf(ret_why, WHY_BYTES,
			 "all NBD devices are in use; 'modprobe -r nbd; modprobe nbd nbds_max=64' makes more");
	return false;
}

int nbd_sync(const char *node)
{
	int fd = open(node, O_RDWR | O_CLOEXEC), failed = 0;

	if (fd < 0)
		return errno;
	if (fsync(fd) < 0)
		failed = errno;
	close(fd);
	return failed;
}

void nbd_disconnect(const char *node)
{
	const char *const client[] = { "nbd-client", "-d", node, NULL };

	(void)child_run(client, NULL, 0);
	/* Disconnecting goes on after the command has returned. */
	for (unsigned ms = 0; nbd_is_connected(node) && ms < NAME_WAIT_MS; ms += 20)
		poll(NULL, 0, 20);
}

/* The mount that came last is to be unmounted first. */
static bool find_mount(dev_t number, char ret[PATH_MAX])
{
	struct cli_table table;
	struct cli_mount mount;
	bool found = false;

	cli_table_open_mounts(&table, "self");
	while (cli_table_next_mount(&table, &mount)) {
		if (mount.dev != number)
			continue;
		snprintf(ret, PATH_MAX, "%s", mount.target);
		found = true;
	}
	cli_table_close(&table);
	return found;
}

void nbd_let_go(dev_t number)
{
	char target[PATH_MAX];
	int fd;

	while (find_mount(number, target) && umount2(target, 0) == 0)
		;
	if (!find_mount(number, target))
		return;
	fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)syncfs(fd);
	close(fd);
}

bool nbd_is_in_use(const char *node, dev_t number, bool unmounts, char ret_use[WHY_BYTES])
{
	char target[PATH_MAX];
	int fd;

	while (find_mount(number, target)) {
		if (unmounts && umount2(target, 0) == 0)
			continue;
		snprintf(ret_use, WHY_BYTES, "it is mounted on %s", target);
		return true;
	}
	fd = open(node, O_RDONLY | O_EXCL | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 || errno != EBUSY)
		return false;
	snprintf(ret_use, WHY_BYTES, "a program has opened it exclusively, or it is mounted elsewhere");
	return true;
}
