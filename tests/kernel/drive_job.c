/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lib/mmc does with a drive of this kernel: opened by its node, formatted, written and read back.  Prints a line
 * for each step.
 */
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "mmc/blank.h"
#include "mmc/format.h"
#include "mmc/protect.h"
#include "mmc/sg.h"

#define LBA 320u
#define N_BLOCKS 64u

static uint8_t data[N_BLOCKS * 2048], back[N_BLOCKS * 2048];

static int report(const char *step, enum udf_err err, const struct mmc_failure *failure)
{
	if (err)
		printf("%s: %s; %s; %s\n", step, udf_strerror(err), failure->text,
		       failure->advice ? failure->advice : "-");
	else
		printf("%s: ok\n", step);
	fflush(stdout);
	return err != UDF_OK;
}

static struct mmc_transport *transport;		/* of the drive that was opened last */

static int opened(const char *path, struct mmc_drive **ret_drive)
{
	struct mmc_failure failure = { 0 };
	enum udf_err err = mmc_sg_open(path, false, &transport, &failure);

	if (!err) {
		err = mmc_drive_open(transport, NULL, NULL, ret_drive, &failure);
		if (err)
			mmc_transport_close(transport);
	}
	return report("open", err, &failure);
}

static int written(struct mmc_drive *drive)
{
	enum udf_err err = mmc_drive_write(drive, LBA, N_BLOCKS, data);

	if (!err)
		err = mmc_drive_sync(drive);
	if (!err)
		err = mmc_drive_read(drive, LBA, N_BLOCKS, back);
	if (!err && memcmp(data, back, sizeof(data)))
		err = UDF_E_CORRUPT;
	return report("write and read", err, mmc_drive_failure(drive));
}

static void disc_print(const struct mmc_drive *drive)
{
	const struct mmc_disc *disc = mmc_drive_disc(drive);

	printf("disc: %s, %s, %u of %u blocks\n", disc->profile->name, mmc_state_name(disc->state), disc->n_blocks,
	       disc->max_blocks);
}

/* A DVD-RAM gets another size; the kernel has to notice. */
static int resized(struct mmc_drive *drive)
{
	int status = report("resize", mmc_format(drive, &(struct mmc_format_options){ .n_blocks = 2295072 }),
			    mmc_drive_failure(drive));
	uint64_t n_bytes = 0;

	(void)ioctl(mmc_sg_fd(transport), BLKGETSIZE64, &n_bytes);
	printf("stale: %d\n", n_bytes != (uint64_t)mmc_drive_disc(drive)->n_blocks * 2048);
	return status | report("reload", mmc_drive_reload(drive), mmc_drive_failure(drive));
}

/* drive_job DEVICE: each job in turn; drive_job DEVICE open|resize: nothing but that */
int main(int argc, char **argv)
{
	struct mmc_drive *drive = NULL;
	bool is_resize = argc == 3 && !strcmp(argv[2], "resize");
	int status = 0;

	if (argc < 2)
		return 2;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 13 + i / 2048);
	if (opened(argv[1], &drive))
		return 1;
	disc_print(drive);
	if (is_resize)
		status |= resized(drive);
	if (argc < 3) {
		struct mmc_drive *second = NULL;

		opened(argv[1], &second);	/* we hold it */
		status |= report("format", mmc_format(drive, NULL), mmc_drive_failure(drive));
		disc_print(drive);
		status |= written(drive);
		if (mmc_drive_disc(drive)->profile->number == MMC_DVD_RAM) {
			status |= report("protect", mmc_protect(drive, true), mmc_drive_failure(drive));
			status |= report("unprotect", mmc_protect(drive, false), mmc_drive_failure(drive));
		} else {
			status |= report("blank", mmc_blank(drive, MMC_BLANK_MINIMAL, 0), mmc_drive_failure(drive));
			disc_print(drive);
			status |= report("format again", mmc_format(drive, NULL), mmc_drive_failure(drive));
			status |= written(drive);
		}
		status |= report("lock", mmc_drive_lock(drive, true), mmc_drive_failure(drive));
		status |= report("eject", mmc_drive_eject(drive), mmc_drive_failure(drive));
		status |= report("load", mmc_drive_load(drive), mmc_drive_failure(drive));
		disc_print(drive);
	}
	mmc_drive_close(drive);
	return status;
}
