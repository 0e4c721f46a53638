/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file or device holds, by libblkid, and how that is erased. */
#include "config.h"

#include <blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/quoted.h"
#include "cli/cli.h"

#define MAX_SIGNATURES 64	/* that one device is looked through for */

/* For a message: whoever made the label may have put control characters in it. */
static void copy_value(blkid_probe probe, const char *name, char *ret, size_t cap)
{
	const char *value = NULL;

	if (blkid_probe_lookup_value(probe, name, &value, NULL) != 0 || !value)
		return;
	snprintf(ret, cap, "%s", value);
	udf_replace_controls(ret);
}

/* Where several signatures contradict each other, the first that isn't UDF is reported. */
static int probe_first(blkid_probe probe, char *type, char *label)
{
	int r;

	blkid_reset_probe(probe);
	while ((r = blkid_do_probe(probe)) == 0) {
		char this_type[64] = "";

		copy_value(probe, "TYPE", this_type, sizeof(this_type));
		if (!this_type[0])
			copy_value(probe, "PTTYPE", this_type, sizeof(this_type));
		if (!this_type[0] || (type[0] && strcmp(this_type, "udf") == 0))
			continue;
		snprintf(type, 64, "%s", this_type);
		label[0] = '\0';
		copy_value(probe, "LABEL", label, 256);
		if (strcmp(type, "udf") != 0)
			break;
	}
	return r < 0 ? -1 : 0;
}

static enum udf_err probe_fd(int fd, char *type, char *label)
{
	blkid_probe probe = blkid_new_probe();
	int r = -1;

	if (!probe)
		return UDF_E_NOMEM;
	errno = 0;
	if (blkid_probe_set_device(probe, fd, 0, 0) == 0) {
		blkid_probe_enable_superblocks(probe, 1);
		blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL);
		blkid_probe_enable_partitions(probe, 1);
		r = blkid_do_safeprobe(probe);
		if (r == 0) {
			copy_value(probe, "TYPE", type, 64);
			copy_value(probe, "LABEL", label, 256);
			if (!type[0])
				copy_value(probe, "PTTYPE", type, 64);
		} else if (r == -2) {
			r = probe_first(probe, type, label);
		}
	}
	blkid_free_probe(probe);
	if (r >= 0)
		return UDF_OK;
	return errno ? udf_err_from_errno(errno) : UDF_E_IO;
}

enum udf_err cli_probe(const char *path, char ret_type[64], char ret_label[256])
{
	char type[64] = "", label[256] = "";
	enum udf_err err;
	struct stat st;
	int fd;

	if (stat(path, &st) < 0)
		return udf_err_from_errno(errno);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return UDF_E_UNSUPPORTED;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return udf_err_from_errno(errno);
	err = probe_fd(fd, type, label);
	close(fd);
	if (err)
		return err;
	memcpy(ret_type, type, sizeof(type));
	memcpy(ret_label, label, sizeof(label));
	return UDF_OK;
}

void cli_signature_text(const char *type, const char *label, char ret_text[CLI_SIGNATURE_BYTES])
{
	static const char *const tables[] = { "dos", "gpt", "PMBR", "mac", "bsd", "sgi", "sun", "atari" };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (strcmp(type, tables[i]) == 0) {
			snprintf(ret_text, CLI_SIGNATURE_BYTES, "a partition table (%s)", type);
			return;
		}
	}
	snprintf(ret_text, CLI_SIGNATURE_BYTES, "%s%s%s%s", type, label[0] ? " '" : "", label, label[0] ? "'" : "");
}

enum udf_err cli_wipe_foreign(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
	enum udf_err err = UDF_OK;
	blkid_probe probe;

	if (fd < 0)
		return udf_err_from_errno(errno);
	probe = blkid_new_probe();
	if (!probe) {
		close(fd);
		return UDF_E_NOMEM;
	}
	errno = 0;
	if (blkid_probe_set_device(probe, fd, 0, 0) == 0) {
		blkid_probe_enable_superblocks(probe, 1);
		blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_MAGIC);
		blkid_probe_enable_partitions(probe, 1);
		blkid_probe_set_partitions_flags(probe, BLKID_PARTS_MAGIC);
		for (int i = 0; i < MAX_SIGNATURES && !err && blkid_do_probe(probe) == 0; i++) {
			char type[64] = "";

			copy_value(probe, "TYPE", type, sizeof(type));
			if (strcmp(type, "udf") != 0 && blkid_do_wipe(probe, 0) < 0)
				err = errno ? udf_err_from_errno(errno) : UDF_E_IO;
		}
	}
	if (!err && fdatasync(fd))
		err = udf_err_from_errno(errno);
	blkid_free_probe(probe);
	close(fd);
	return err;
}

bool cli_can_ask(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool cli_agrees(const char *tool, const char *path, const char *question)
{
	char answer[16] = "";

	fprintf(stderr, "%s: %s: ", tool, path);
	cli_put_name(stderr, question);
	fputs("? (y/N) ", stderr);
	fflush(stderr);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	answer[strcspn(answer, "\n")] = '\0';
	return strcmp(answer, "y") == 0 || strcmp(answer, "Y") == 0 || strcmp(answer, "yes") == 0;
}
