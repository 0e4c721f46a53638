/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A SCSI device of this kernel, made and removed in configfs (Linux, Documentation/target/scripts.rst). */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "target.h"

#define CONFIGFS "/sys/kernel/config"
#define CORE CONFIGFS "/target/core"
#define LOOPBACK CONFIGFS "/target/loopback"
#define PATH_BYTES 256u
#define BLOCK_BYTES 2048u
#define WAIT_SECONDS 20u
#define ANSWER_SECONDS "20"

/* What exists when n_steps has this value; target_detach() and target_remove() go down this list. */
enum step { STEP_NOTHING, STEP_HBA, STEP_DEVICE, STEP_MAP, STEP_TARGET, STEP_GROUP, STEP_NEXUS, STEP_LUN, STEP_LINK };

/* ---- small calls ---- */

static enum udf_err failed(const char *path, const char *what)
{
	int host_errno = errno;
	enum udf_err err = udf_err_from_errno(host_errno);

	cli_error("mmcsim serve", path, what, err, host_errno);
	return err ? err : UDF_E_IO;
}

/* Read the first line of a small file; "" where that fails. */
static void read_line(const char *path, char *ret, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, cap - 1);

	ret[n > 0 ? n : 0] = 0;
	ret[strcspn(ret, "\n")] = 0;
	if (fd >= 0)
		close(fd);
}

static bool write_line(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), saved;
	ssize_t n = fd < 0 ? -1 : write(fd, line, strlen(line));

	saved = errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
	return n == (ssize_t)strlen(line);
}

static enum udf_err set(const char *path, const char *line)
{
	return write_line(path, line) ? UDF_OK : failed(path, "cannot be set");
}

static enum udf_err make_dir(const char *path)
{
	return mkdir(path, 0755) ? failed(path, "cannot be made") : UDF_OK;
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Wait a twentieth of a second; false if it has been done for WAIT_SECONDS. */
static bool wait_again(unsigned *n_waits)
{
	poll(NULL, 0, 50);
	return ++*n_waits < WAIT_SECONDS * 20;
}

/* ---- names: this process's own, so that several can serve at once ---- */

static void hba_path(const struct target *target, char ret[PATH_BYTES])
{
	snprintf(ret, PATH_BYTES, CORE "/user_%u", target->hba);
}

static void device_path(const struct target *target, const char *rest, char ret[PATH_BYTES])
{
	snprintf(ret, PATH_BYTES, CORE "/user_%u/mmcsim%u%s", target->hba, target->device, rest);
}

/* An NAA address: the prefix that Linux's own targets have, the process, the drive, and which END of the cable. */
static void naa_name(const struct target *target, unsigned end, char ret[32])
{
	snprintf(ret, 32, "naa.6001405%06x%02x%x", target->hba & 0xFFFFFFu, target->device & 0xFFu, end & 0xFu);
}

static void loopback_path(const struct target *target, const char *rest, char ret[PATH_BYTES])
{
	char name[32];

	naa_name(target, 0, name);
	snprintf(ret, PATH_BYTES, LOOPBACK "/%s%s", name, rest);
}

/* ---- the kernel ---- */

static void load_module(const char *module)
{
	char program[PATH_BYTES], quiet[] = "-q", name[32];
	char *argv[] = { program, quiet, name, NULL };
	char *envp[] = { NULL };
	pid_t pid;
	int status;

	/* The same program that the kernel itself would start. */
	read_line("/proc/sys/kernel/modprobe", program, sizeof(program));
	snprintf(name, sizeof(name), "%s", module);
	if (program[0] && posix_spawn(&pid, program, NULL, NULL, argv, envp) == 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
}

enum udf_err target_prepare(void)
{
	static const struct {
		const char *path, *module;
	} needed[] = {
		{ "/sys/module/target_core_mod", "target_core_mod" },
		{ "/sys/module/target_core_user", "target_core_user" },
		{ "/sys/module/tcm_loop", "tcm_loop" },
		{ "/sys/bus/scsi/drivers/sr", "sr_mod" },
		{ "/sys/class/scsi_generic", "sg" },
	};

	if (geteuid() != 0) {
		cli_say("mmcsim serve: only root can give a drive to the kernel; other users can give sim:FILE to "
			"the tools of udfkit");
		return UDF_E_NO_PERMISSION;
	}
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!exists(needed[i].path))
			load_module(needed[i].module);
		if (!exists(needed[i].path)) {
			cli_say("mmcsim serve: this kernel has no module %s", needed[i].module);
			return UDF_E_UNSUPPORTED;
		}
	}
	if (!exists(CONFIGFS "/target") && mount("none", CONFIGFS, "configfs", 0, NULL))
		return failed(CONFIGFS, "cannot be mounted");
	if (!exists(CORE)) {
		cli_say("mmcsim serve: " CORE " does not exist; is configfs mounted on " CONFIGFS "?");
		return UDF_E_UNSUPPORTED;
	}
	return UDF_OK;
}

/* ---- the end that is served ---- */

/* The uio device that serves TARGET: its number in RET; -1 if there is none. */
static int find_uio(const struct target *target)
{
	char wanted[PATH_BYTES], path[PATH_BYTES], name[PATH_BYTES];
	struct dirent *entry;
	int found = -1, number;
	DIR *dir = opendir("/sys/class/uio");

	snprintf(wanted, sizeof(wanted), "tcm-user/%u/mmcsim%u/mmcsim", target->hba, target->device);
	while (dir && found < 0 && (entry = readdir(dir))) {
		if (sscanf(entry->d_name, "uio%d", &number) != 1)
			continue;
		snprintf(path, sizeof(path), "/sys/class/uio/uio%d/name", number);
		read_line(path, name, sizeof(name));
		if (strcmp(name, wanted) == 0)
			found = number;
	}
	if (dir)
		closedir(dir);
	return found;
}

static enum udf_err map_uio(struct target *target)
{
	char path[PATH_BYTES], size[32];
	unsigned n_waits = 0;
	int number;
	void *map;

	while ((number = find_uio(target)) < 0 && wait_again(&n_waits))
		;
	snprintf(path, sizeof(path), "/dev/uio%d", number);
	while (!exists(path) && wait_again(&n_waits))
		;
	target->uio_fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (target->uio_fd < 0)
		return failed(path, "cannot be opened");
	snprintf(path, sizeof(path), "/sys/class/uio/uio%d/maps/map0/size", number);
	read_line(path, size, sizeof(size));
	target->n_map_bytes = (size_t)strtoull(size, NULL, 0);
	map = mmap(NULL, target->n_map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, target->uio_fd, 0);
	if (map == MAP_FAILED) {
		enum udf_err err = failed(path, "that memory cannot be mapped");

		close(target->uio_fd);
		target->uio_fd = -1;
		return err;
	}
	target->map = map;
	return UDF_OK;
}

enum udf_err target_create(struct target *target, unsigned device)
{
	char path[PATH_BYTES];
	enum udf_err err;

	*target = (struct target){ .hba = (unsigned)getpid(), .device = device, .uio_fd = -1 };
	hba_path(target, path);
	if (mkdir(path, 0755) && errno != EEXIST)	/* the drives of one process share it */
		return failed(path, "cannot be made");
	target->n_steps = STEP_HBA;
	device_path(target, "", path);
	err = make_dir(path);
	if (err)
		return err;
	target->n_steps = STEP_DEVICE;
	/* The size is of no consequence: the drive itself answers READ CAPACITY.  Nobody listens on netlink. */
	device_path(target, "/control", path);
	err = set(path, "dev_config=mmcsim,dev_size=2048,hw_block_size=2048,nl_reply_supported=-1");
	if (err)
		return err;
	/* A process that was killed does not answer.  After 30 s, the default, sr would begin to reset the drive. */
	device_path(target, "/attrib/cmd_time_out", path);
	err = set(path, ANSWER_SECONDS);
	if (err)
		return err;
	device_path(target, "/enable", path);
	err = set(path, "1");
	if (err)
		return err;
	err = map_uio(target);
	if (err)
		return err;
	target->n_steps = STEP_MAP;
	return UDF_OK;
}

/* ---- the cable ---- */

/* The name of the only entry of DIR_PATH that begins with PREFIX, as "/dev/NAME"; false: there is none. */
static bool find_node(const char *dir_path, const char *prefix, char ret[TARGET_NODE_BYTES])
{
	struct dirent *entry;
	bool found = false;
	DIR *dir = opendir(dir_path);

	while (dir && !found && (entry = readdir(dir))) {
		found = strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
			strlen(entry->d_name) < TARGET_NODE_BYTES - sizeof("/dev/");
		if (found)
			snprintf(ret, TARGET_NODE_BYTES, "/dev/%.24s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

static enum udf_err find_nodes(struct target *target)
{
	char path[PATH_BYTES], address[32], block[PATH_BYTES], generic[PATH_BYTES];
	unsigned n_waits = 0;

	loopback_path(target, "/tpgt_1/address", path);
	read_line(path, address, sizeof(address));
	snprintf(block, sizeof(block), "/sys/bus/scsi/devices/%s:0/block", address);
	snprintf(generic, sizeof(generic), "/sys/bus/scsi/devices/%s:0/scsi_generic", address);
	while (!find_node(block, "sr", target->block_node) || !find_node(generic, "sg", target->generic_node) ||
	       !exists(target->block_node) || !exists(target->generic_node))
		if (!wait_again(&n_waits)) {
			cli_say("mmcsim serve: the kernel made no /dev/srN for its SCSI device %s:0", address);
			return UDF_E_UNSUPPORTED;
		}
	return UDF_OK;
}

/* The kernel splits its own reads and writes; programs that send commands themselves must know the drive. */
static void limit_transfers(const struct target *target, uint32_t max_data_bytes)
{
	char path[PATH_BYTES], now[32], wanted[32];

	snprintf(path, sizeof(path), "/sys/block/%s/queue/max_sectors_kb", target->block_node + strlen("/dev/"));
	read_line(path, now, sizeof(now));
	snprintf(wanted, sizeof(wanted), "%u", max_data_bytes / 1024);
	if (strtoul(now, NULL, 10) > max_data_bytes / 1024)
		write_line(path, wanted);
}

enum udf_err target_attach(struct target *target, uint32_t max_data_bytes)
{
	char path[PATH_BYTES], device[PATH_BYTES], initiator[32];
	enum udf_err err;

	if (mkdir(LOOPBACK, 0755) && errno != EEXIST)
		return failed(LOOPBACK, "cannot be made");
	loopback_path(target, "", path);
	err = make_dir(path);
	if (err)
		return err;
	target->n_steps = STEP_TARGET;
	loopback_path(target, "/tpgt_1", path);
	err = make_dir(path);
	if (err)
		return err;
	target->n_steps = STEP_GROUP;
	loopback_path(target, "/tpgt_1/nexus", path);
	naa_name(target, 1, initiator);
	err = set(path, initiator);
	if (err)
		return err;
	target->n_steps = STEP_NEXUS;
	loopback_path(target, "/tpgt_1/lun/lun_0", path);
	err = make_dir(path);
	if (err)
		return err;
	target->n_steps = STEP_LUN;
	loopback_path(target, "/tpgt_1/lun/lun_0/drive", path);
	device_path(target, "", device);
	if (symlink(device, path))
		return failed(path, "cannot be made");
	target->n_steps = STEP_LINK;
	err = find_nodes(target);
	if (err)
		return err;
	limit_transfers(target, max_data_bytes);
	return UDF_OK;
}

/* ---- the way back ---- */

static void remove_dir(const char *path)
{
	if (rmdir(path))
		failed(path, "cannot be removed");
}

void target_detach(struct target *target)
{
	char path[PATH_BYTES];

	if (target->n_steps >= STEP_LINK) {
		loopback_path(target, "/tpgt_1/lun/lun_0/drive", path);
		if (unlink(path))
			failed(path, "cannot be removed");
	}
	if (target->n_steps >= STEP_LUN) {
		loopback_path(target, "/tpgt_1/lun/lun_0", path);
		remove_dir(path);
	}
	if (target->n_steps >= STEP_NEXUS) {
		loopback_path(target, "/tpgt_1/nexus", path);
		set(path, "NULL");
	}
	if (target->n_steps >= STEP_GROUP) {
		loopback_path(target, "/tpgt_1", path);
		remove_dir(path);
	}
	if (target->n_steps >= STEP_TARGET) {
		loopback_path(target, "", path);
		remove_dir(path);
		target->n_steps = STEP_MAP;
	}
}

void target_remove(struct target *target)
{
	char path[PATH_BYTES];

	target_detach(target);
	if (target->uio_fd >= 0) {
		munmap(target->map, target->n_map_bytes);
		close(target->uio_fd);
		target->uio_fd = -1;
	}
	if (target->n_steps >= STEP_DEVICE) {
		device_path(target, "", path);
		remove_dir(path);
	}
	if (target->n_steps >= STEP_HBA) {
		hba_path(target, path);
		rmdir(path);	/* fails until the last drive has gone */
	}
	target->n_steps = STEP_NOTHING;
}

void target_remove_abandoned(void)
{
	struct dirent *entry;
	unsigned hba, device;
	char path[PATH_BYTES];
	DIR *dir = opendir(CORE);

	while (dir && (entry = readdir(dir))) {
		if (sscanf(entry->d_name, "user_%u", &hba) != 1 ||
		    (hba != (unsigned)getpid() && (kill((pid_t)hba, 0) == 0 || errno != ESRCH)))
			continue;
		for (device = 0; device < 256; device++) {
			struct target target = { .hba = hba, .device = device, .n_steps = STEP_LINK, .uio_fd = -1 };

			device_path(&target, "", path);
			if (exists(path))
				target_remove(&target);
		}
	}
	if (dir)
		closedir(dir);
}
