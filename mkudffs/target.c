/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "target.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <udfkit/bio.h>

#include "base/bytes.h"
#include "medium/medium.h"

static struct front_target_options options_of(const struct request *req)
{
	return (struct front_target_options){ .n_forced = req->n_forced, .new_file = req->new_file };
}

void target_inspect(struct front_target *target, const struct request *req)
{
	struct stat st;

	if (req->to_stdout) {
		*target = (struct front_target){ .tool = "mkudffs", .path = req->device, .is_zero = true };
		if (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode)) {
			target->dev = st.st_dev;	/* no part of what it is filled from */
			target->ino = st.st_ino;
		}
		return;
	}
	if (front_target_inspect("mkudffs", req->device, target))
		exit(1);
}

void target_claim(struct front_target *target, const struct request *req, uint64_t size_bytes)
{
	struct front_target_options options = options_of(req);

	if (front_target_claim(target, &options, size_bytes))
		exit(1);
}

static char *volatile unfinished;	/* the file to remove where a signal ends us */

static void remove_unfinished(int signal_number)
{
	const char *path = unfinished;

	if (path)
		unlink(path);
	raise(signal_number);	/* SA_RESETHAND: now it ends us */
}

void target_open(struct front_target *target, const struct request *req, uint64_t size_bytes)
{
	struct front_target_options options = options_of(req);

	if (!target->exists) {
		if (front_target_create(target, &options))
			exit(1);
		unfinished = target->created_path ? strdup(target->created_path) : NULL;
		cli_on_interrupt(remove_unfinished);
	}
	if (front_target_open(target, &options, size_bytes))
		exit(1);
}

void target_close(struct front_target *target, bool failed)
{
	char *path = unfinished;

	front_target_close(target, failed);
	unfinished = NULL;
	free(path);
}

enum udf_err target_wipe(struct front_target *target, const struct request *req)
{
	char contents[MEDIUM_PATH_BYTES];

	if (!req->n_forced || target->is_zero || req->start_lsn || req->boot_area == UDF_BOOT_PRESERVE)
		return UDF_OK;
	return cli_wipe_foreign(medium_contents_path(target->path, contents));
}

uint32_t target_mbr_signature(struct front_target *target)
{
	uint8_t sector[512];

	if (!target->bio || target->bio->geometry.block_bytes != sizeof(sector) ||
	    bio_read(target->bio, 0, 1, sector) ||
	    get_le16(sector + 510) != 0xAA55)
		return 0;
	return get_le32(sector + 440);
}
