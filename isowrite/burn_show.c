/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a drive and its disc are: -toc, -atip, -msinfo, -minfo, in the forms that scripts know. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "burn_request.h"
#include "mmc/append.h"
#include "names.h"

#define FRAMES_PER_SECOND 75
#define OFFSET_FRAMES 150
#define LEAD_OUT 0xAA

static bool is_recorded(const struct mmc_track *track)
{
	return !track->is_blank && !track->is_lost && track->n_blocks && !track->has_next_writable;
}

/* As wodim -toc prints it: the address, in blocks of 512 bytes, and as time. */
static void print_toc_row(unsigned number, uint32_t lba, unsigned control, int mode)
{
	uint32_t frames = lba + OFFSET_FRAMES;

	if (number == LEAD_OUT)
		printf("track:lout");
	else
		printf("track:%4u", number);
	printf(" lba: %9" PRIu32 " (%9" PRIu64 ") %02u:%02u:%02u adr: 1 control: %u mode: %d\n", lba, (uint64_t)lba * 4,
	       frames / FRAMES_PER_SECOND / 60, frames / FRAMES_PER_SECOND % 60, frames % FRAMES_PER_SECOND, control,
	       mode);
}

bool burn_show_toc(struct burn_work *work)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	const struct mmc_track *first = NULL, *last = NULL;

	for (uint32_t i = 0; i < disc->n_tracks; i++) {
		if (!is_recorded(&disc->tracks[i]) || disc->tracks[i].start_lba >= disc->n_blocks)
			continue;
		first = first ? first : &disc->tracks[i];
		last = &disc->tracks[i];
	}
	if (!first) {
		burn_work_say(work, "the %s has no table of contents: it is %s", disc->profile->name,
			      mmc_state_name(disc->state));
		return false;
	}
	printf("first: %u last %u\n", first->number, last->number);
	for (const struct mmc_track *track = first; track <= last; track++)
		if (is_recorded(track))
			print_toc_row(track->number, track->start_lba, track->mode & 0x0f,
				      track->data_mode == 2 ? 2 : 1);
	print_toc_row(LEAD_OUT, disc->n_blocks, last->mode & 0x0f, -1);
	return true;
}

bool burn_show_atip(struct burn_work *work)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	const struct mmc_atip *atip = mmc_drive_atip(work->drive);

	if (!atip) {
		burn_work_say(work, "a %s has no ATIP; -minfo shows what is known about it", disc->profile->name);
		return false;
	}
	printf("ATIP info from disk:\n");
	if (atip->is_rewritable)
		printf("  Is erasable\n");
	else
		printf("  Is not erasable\n");
	if (atip->has_speeds && atip->highest_speed)
		printf("  speed low: %u speed high: %u\n", atip->lowest_speed, atip->highest_speed);
	printf("  ATIP start of lead in:  %" PRId32 " (%02u:%02u/%02u)\n", atip->lead_in_lba, atip->lead_in_msf[0],
	       atip->lead_in_msf[1], atip->lead_in_msf[2]);
	printf("  ATIP start of lead out: %" PRIu32 " (%02u:%02u/%02u)\n", atip->lead_out_lba,
	       (atip->lead_out_lba + OFFSET_FRAMES) / FRAMES_PER_SECOND / 60,
	       (atip->lead_out_lba + OFFSET_FRAMES) / FRAMES_PER_SECOND % 60,
	       (atip->lead_out_lba + OFFSET_FRAMES) % FRAMES_PER_SECOND);
	return true;
}

static bool addresses_save(const char *path, const struct mmc_session_addresses *addresses)
{
	FILE *file = fopen(path, "we");
	bool ok = file && fprintf(file, "%" PRIu32 ",%" PRIu32 "\n", addresses->last_lba, addresses->next_lba) > 0;

	ok = (!file || fclose(file) == 0) && ok;
	if (!ok)
		cli_error(own_name(), path, "cannot write", UDF_E_IO, errno);
	return ok;
}

bool burn_show_addresses(struct burn_work *work)
{
	struct mmc_session_addresses addresses;
	enum udf_err err = mmc_session_addresses_read(work->drive, &addresses);

	if (err) {
		burn_work_failed(work, "there are no addresses for another session", err);
		return false;
	}
	printf("%" PRIu32 ",%" PRIu32 "\n", addresses.last_lba, addresses.next_lba);
	return !work->req->msi_file || addresses_save(work->req->msi_file, &addresses);
}

static const char *class_name(const struct mmc_disc *disc)
{
	enum mmc_family family = disc->profile->family;

	return family == MMC_FAMILY_CD ? "CD" : family == MMC_FAMILY_DVD ? "DVD" : family == MMC_FAMILY_BD ? "BD" :
														"other";
}

static void print_tracks(const struct mmc_disc *disc)
{
	printf("\nTrack  Sess Type   Start Addr End Addr   Size\n");
	printf("==============================================\n");
	for (uint32_t i = 0; i < disc->n_tracks; i++) {
		const struct mmc_track *track = &disc->tracks[i];

		if (!is_recorded(track))
			continue;
		printf("%5u %5u %-6s %-10" PRIu32 " %-10" PRIu32 " %" PRIu32 "\n", track->number, track->session,
		       track->mode & 4 ? "Data" : "Audio", track->start_lba, track->start_lba + track->n_blocks - 1,
		       track->n_blocks);
	}
	printf("\n");
}

static void print_speeds(const struct mmc_disc *disc)
{
	uint32_t single = burn_single_speed(disc);

	for (uint32_t i = 0; i < disc->speeds.n_speeds; i++)
		printf("write speed: %" PRIu32 " kB/s, %.1fx\n", disc->speeds.speeds[i].write_kbs,
		       (double)disc->speeds.speeds[i].write_kbs / single);
}

bool burn_show_media(struct burn_work *work)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	struct mmc_session_addresses addresses;

	if (disc->state == MMC_STATE_NO_MEDIUM) {
		burn_work_say(work, "there is no disc in the drive");
		return false;
	}
	printf("Mounted media class:      %s\n", class_name(disc));
	printf("Mounted media type:       %s\n", disc->profile->name);
	if (disc->medium_id[0])
		printf("Media product:            %s\n", disc->medium_id);
	printf("Disk Is %serasable\n", disc->profile->is_rewritable ? "" : "not ");
	printf("disk status:              %s\n", mmc_state_name(disc->state));
	printf("number of sessions:       %u\n", disc->n_sessions);
	print_tracks(disc);
	if (disc->state == MMC_STATE_APPENDABLE && mmc_session_addresses_read(work->drive, &addresses) == UDF_OK)
		printf("Last session start address:         %" PRIu32 "\n", addresses.last_lba);
	if (disc->n_blocks)
		printf("Readable blocks:                    %" PRIu32 "\n", disc->n_blocks);
	if (disc->has_next_writable) {
		printf("Next writable address:              %" PRIu32 "\n", disc->next_writable_lba);
		printf("Remaining writable size:            %" PRIu32 "\n", disc->n_free_blocks);
	}
	print_speeds(disc);
	if (disc->trouble)
		printf("%s\n", disc->trouble);
	return true;
}
