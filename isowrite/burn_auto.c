/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "burn_auto.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/iso9660.h"
#include "bridge/bridge.h"
#include "iso/choose.h"
#include "master.h"
#include "names.h"

#define BLOCK_BYTES 2048u

/* ---- the disc ---- */

/* Discs that can be changed later are better used like disks. */
static void say_like_a_disk(struct burn_work *work)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	const struct request *iso = work->req->iso;
	char dir[UDF_QUOTED_BYTES], device[UDF_QUOTED_BYTES];
	const char *from = udf_quoted(iso->n_operands == 1 ? iso->operands[0] : "DIR", dir);
	const char *to = udf_quoted(work->device, device);

	if (disc->can_overwrite)
		burn_work_refuse(work, "nothing is burned, because the %s can be used like a disk, with UDF, so that "
				 "its files can be changed later: 'mkudffs -d %s %s' makes a volume of them, and "
				 "'udffuse %s MOUNTPOINT' mounts the one that is there",
				 disc->profile->name, from, to, to);
	else
		burn_work_refuse(work, "nothing is burned, because the %s can be used like a disk, with UDF, so that "
				 "its files can be changed later: 'cdrwtool -d %s -q' makes a volume on it, and "
				 "'udffuse %s MOUNTPOINT' mounts that%s",
				 disc->profile->name, to, to,
				 disc->can_blank ? ".  blank=fast burns it anyway" : "");
}

/* False: there is nothing to burn, which has been said.  RET_STATUS: what that means. */
static bool look_at_disc(const struct burn_request *req, bool only_shows, uint64_t *ret_room_blocks, int *ret_status)
{
	static struct burn_work work;
	const struct mmc_disc *disc;
	bool ok;

	*ret_status = 1;
	work = (struct burn_work){ .req = req, .device = burn_device_find(req->device) };
	ok = burn_work_open(&work) == UDF_OK;
	disc = ok ? mmc_drive_disc(work.drive) : NULL;
	if (ok && disc->profile->is_rewritable && !req->blanks) {
		say_like_a_disk(&work);
		*ret_status = only_shows ? 0 : 1;
		ok = false;
	} else if (ok && !req->blanks && disc->state == MMC_STATE_APPENDABLE) {
		burn_work_refuse(&work, "the %s is not blank, and --auto is for discs that are; --append without it "
				 "adds a session with the files that have changed", disc->profile->name);
		ok = false;
	}
	ok = ok && burn_track_room(&work, ret_room_blocks);
	burn_work_close(&work);
	return ok;
}

/* ---- the files ---- */

static bool look_at_files(struct request *iso, struct udf_iso_contents *contents)
{
	struct request all = *iso;
	struct master master;
	uint64_t n_failed;
	bool ok, has_failed = false;

	all.contents = contents;
	all.contents_failed = &has_failed;
	all.plan.rock_ridge = true;
	ok = master_find(&master, &all);
	n_failed = ok ? udf_iso_counts(master.image)->n_failed : 0;
	master_done(&master);
	if (ok && has_failed)
		cli_error(own_name(), NULL, NULL, UDF_E_NOMEM, 0);
	if (n_failed)
		say("nothing was written, because some files or directories can't be read: %" PRIu64 ".  -m GLOB "
		    "leaves them out", n_failed);
	return ok && !n_failed && !has_failed;
}

/* Does an image of ISO 9660 or UDF begin in the file PATH? */
static bool is_image(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	uint8_t sector[ISO_SECTOR_BYTES];
	struct iso_volume volume;
	struct stat st;
	bool is_one = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		      pread(fd, sector, sizeof(sector), ISO_FIRST_DESCRIPTOR * ISO_SECTOR_BYTES) == sizeof(sector) &&
		      (iso_descriptor_decode(sector, &volume) == ISO_PRIMARY ||
		       memcmp(sector, "\0BEA01", 6) == 0);

	if (fd >= 0)
		close(fd);
	return is_one;
}

/* Who gives an image mostly wants that on the disc, and not a disc with the image as a file. */
static void warn_of_images(const struct burn_request *req)
{
	const struct request *iso = req->iso;
	char device[UDF_QUOTED_BYTES], image[UDF_QUOTED_BYTES];

	for (int i = 0; i < iso->n_operands && !iso->graft_points; i++)
		if (is_image(iso->operands[i]))
			say("warning: %s is an image of a disc, and becomes a file on this one; 'isowrite dev=%s %s' "
			    "makes the disc that is in it", iso->operands[i], udf_quoted(req->device, device),
			    udf_quoted(iso->operands[i], image));
}

static bool choose(const struct burn_request *req, struct udf_iso_contents *contents)
{
	struct request *iso = req->iso;
	struct udf_iso_choice choice;
	char why[UDF_ISO_WHY_BYTES];

	iso->plan.rock_ridge = true;
	warn_of_images(req);
	if (!look_at_files(iso, contents))
		return false;
	udf_iso_choose(contents, !iso->not_for_bridge && udf_bridge_check(&iso->plan, why) == UDF_OK, &choice);
	iso->plan.joliet |= choice.joliet;
	iso->bridge |= choice.bridge;
	/* a set has them in its list */
	iso->plan.checksums |= !iso->no_md5 && !request_spans(iso);
	if (!iso->quiet)
		say("%s: %s", req->device, choice.text);
	if (!iso->quiet && iso->plan.checksums)
		say("%s: with the checksums of all files, which 'isowrite --check' compares; --no-md5 leaves them out",
		    req->device);
	return true;
}

/* ---- how large it is ---- */

/* RET_N_BLOCKS is the size of the image. */
static bool measure(struct request *iso, uint64_t *ret_n_blocks)
{
	struct request copy = *iso;
	struct master master;
	bool ok = master_find(&master, &copy) && master_lay_out(&master, true);

	if (ok)
		*ret_n_blocks = mastered_blocks(&master.mastered);
	master_done(&master);
	return ok;
}

static bool fits(const struct burn_request *req, const struct udf_iso_contents *contents, uint64_t n_blocks,
		 uint64_t room_blocks)
{
	uint64_t largest_blocks = (contents->largest_bytes + BLOCK_BYTES - 1) / BLOCK_BYTES;
	char size[CLI_SIZE_BYTES], room[CLI_SIZE_BYTES];

	n_blocks += req->iso_options.n_pad_blocks;
	if (n_blocks <= room_blocks || req->overburn)
		return true;
	cli_size_text(n_blocks * BLOCK_BYTES, size);
	cli_size_text(room_blocks * BLOCK_BYTES, room);
	if (largest_blocks > room_blocks)
		say("%s: %s don't fit on the disc, which has room for %s, nor on a set of such discs, "
		    "because of '%s' alone", req->device, size, room, contents->largest);
	else
		say("%s: %s don't fit on the disc, which has room for %s; --span=media splits the files over %" PRIu64
		    " or more such discs", req->device, size, room,
		    (n_blocks + room_blocks - 1) / (room_blocks ? room_blocks : 1));
	return false;
}

/* The image of the form that was chosen.  False: that is all, or it doesn't fit. */
static bool look_at_image(const struct burn_request *req, const struct udf_iso_contents *contents,
			  uint64_t room_blocks, int *ret_status)
{
	uint64_t n_blocks = 0;

	if (!measure(req->iso, &n_blocks))
		return false;
	if (req->iso->print_size) {
		printf("%" PRIu64 "\n", n_blocks);
		*ret_status = 0;
		return false;
	}
	return fits(req, contents, n_blocks, room_blocks);
}

bool burn_choose(struct burn_request *req, int *ret_status)
{
	struct udf_iso_contents contents = { .n_files = 0 };
	bool only_shows = req->is_test, goes_on;
	uint64_t room_blocks = 0;

	req->is_test = false;		/* many a medium has no test */
	if (!look_at_disc(req, only_shows, &room_blocks, ret_status))
		return false;
	*ret_status = 1;
	boot_read_mbr(req->iso);
	req->iso->plan.is_reproducible = getenv("SOURCE_DATE_EPOCH") != NULL;
	burn_die_of_interrupts(req->device, NULL);
	goes_on = choose(req, &contents);
	if (goes_on && request_spans(req->iso))
		req->iso->print_size |= only_shows;
	else if (goes_on)
		goes_on = look_at_image(req, &contents, room_blocks, ret_status);
	udf_iso_contents_done(&contents);
	burn_catch_interrupts();
	if (!goes_on || !only_shows || request_spans(req->iso))
		return goes_on;
	*ret_status = 0;
	return false;
}
