/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a drive is: -scanbus, -inq, -checkdrive, -prcap, in the forms that scripts know. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "burn_request.h"
#include "mmc/write_mode.h"

#define CD_KBS 176u
#define MIN_PAGE_BYTES 14u

void burn_show_inquiry(struct burn_work *work)
{
	const struct mmc_inquiry *inquiry = mmc_drive_inquiry(work->drive);

	printf("Device type    : Removable CD-ROM\n");
	printf("Vendor_info    : '%-8s'\n", inquiry->vendor);
	printf("Identification : '%-16s'\n", inquiry->product);
	printf("Revision       : '%-4s'\n", inquiry->revision);
}

void burn_show_scanned(struct burn_work *work)
{
	const struct mmc_inquiry *inquiry = mmc_drive_inquiry(work->drive);

	printf("%s\t'%-8s' '%-16s' '%-4s' Removable CD-ROM\n", work->device, inquiry->vendor, inquiry->product,
	       inquiry->revision);
}

void burn_show_driver(struct burn_work *work)
{
	const struct mmc_configuration *c = mmc_drive_configuration(work->drive);
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);

	printf("Device seems to be: Generic MMC drive");
	if (disc->state != MMC_STATE_NO_MEDIUM)
		printf(" with a %s", disc->profile->name);
	printf(".\nDriver flags   : BURNFREE\n");
	printf("Supported modes:%s%s%s\n", mmc_feature_is_current(c, MMC_FEATURE_CD_TAO) ? " TAO" : "",
	       mmc_feature_is_current(c, MMC_FEATURE_INCREMENTAL) ? " PACKET" : "",
	       mmc_feature_is_current(c, MMC_FEATURE_CD_SAO) || mmc_feature_is_current(c, MMC_FEATURE_DVD_R_WRITE) ?
	       " SAO" : "");
}

/* One bit of mode page 2Ah (MMC-3 5.5.10), in the words of cdrecord(1): "Does" or "Does not" stands before them. */
struct ability {
	uint8_t byte, mask;
	const char *text;		/* NULL: an empty line */
};

static void print_abilities(const uint8_t *page, const struct ability *abilities, size_t n_abilities)
{
	for (size_t i = 0; i < n_abilities; i++)
		if (abilities[i].text)
			printf("  Does %s%s\n", page[abilities[i].byte] & abilities[i].mask ? "" : "not ",
			       abilities[i].text);
		else
			printf("\n");
}

static void print_speed(const char *name, unsigned kbs)
{
	printf("  %s: %5u kB/s (CD %3ux, DVD %2ux)\n", name, kbs, kbs / CD_KBS, kbs / 1385);
}

static void print_mechanism(const uint8_t *page)
{
	static const char *const mechanisms[] = { "caddy", "tray", "pop-up", "reserved", "disc changer",
						  "cartridge changer", "reserved", "reserved" };
	static const struct ability abilities[] = {
		{ 6, 0x08, "support ejection of CD via START/STOP command" },
		{ 6, 0x04, "lock media on power up via prevent jumper" },
		{ 6, 0x01, "allow media to be locked in the drive via PREVENT/ALLOW command" },
	};

	printf("\n  Loading mechanism type: %s\n", mechanisms[page[6] >> 5]);
	print_abilities(page, abilities, sizeof(abilities) / sizeof(abilities[0]));
	printf("  Is %scurrently in a media-locked state\n", page[6] & 0x02 ? "" : "not ");
}

/* The speeds are fields that later standards call obsolete, so that some drives leave them out. */
static void print_numbers(const uint8_t *page, uint32_t n_bytes, const struct mmc_disc *disc)
{
	printf("\n");
	print_speed("Maximum read  speed", get_be16(page + 8));
	print_speed("Current read  speed", get_be16(page + 14));
	if (n_bytes >= 22) {
		print_speed("Maximum write speed", get_be16(page + 18));
		print_speed("Current write speed", get_be16(page + (n_bytes >= 30 ? 28 : 20)));
	}
	printf("  Buffer size in KB: %u\n", get_be16(page + 12));
	printf("  Number of supported write speeds: %" PRIu32 "\n", disc->speeds.n_speeds);
	for (uint32_t i = 0; i < disc->speeds.n_speeds; i++)
		printf("  Write speed # %" PRIu32 ": %5" PRIu32 " kB/s (CD %3" PRIu32 "x, DVD %2" PRIu32 "x)\n", i,
		       disc->speeds.speeds[i].write_kbs, disc->speeds.speeds[i].write_kbs / CD_KBS,
		       disc->speeds.speeds[i].write_kbs / 1385);
}

bool burn_show_capabilities(struct burn_work *work)
{
	static const struct ability abilities[] = {
		{ 2, 0x01, "read CD-R media" }, { 3, 0x01, "write CD-R media" }, { 2, 0x02, "read CD-RW media" },
		{ 3, 0x02, "write CD-RW media" }, { 2, 0x08, "read DVD-ROM media" }, { 2, 0x10, "read DVD-R media" },
		{ 3, 0x10, "write DVD-R media" }, { 2, 0x20, "read DVD-RAM media" },
		{ 3, 0x20, "write DVD-RAM media" }, { 3, 0x04, "support test writing" },
		{ 0, 0, NULL },
		{ 4, 0x10, "read Mode 2 Form 1 blocks" }, { 4, 0x20, "read Mode 2 Form 2 blocks" },
		{ 5, 0x01, "read digital audio blocks" },
		{ 5, 0x02, "restart non-streamed digital audio reads accurately" },
		{ 4, 0x80, "support Buffer-Underrun-Free recording" }, { 4, 0x40, "read multi-session CDs" },
		{ 2, 0x04, "read fixed-packet CD media using Method 2" }, { 5, 0x80, "read CD bar code" },
		{ 5, 0x04, "read R-W subcode information" },
		{ 5, 0x40, "return CD media catalog number" }, { 5, 0x20, "return CD ISRC information" },
		{ 5, 0x10, "support C2 error pointers" }, { 4, 0x01, "play audio CDs" },
	};
	uint8_t page[MMC_MAX_PAGE_BYTES];
	uint32_t n_bytes;
	enum udf_err err = mmc_capabilities_page_read(work->drive, page, &n_bytes);

	if (err || n_bytes < MIN_PAGE_BYTES) {
		burn_work_failed(work, "its capabilities can't be read", err ? err : UDF_E_CORRUPT);
		return false;
	}
	printf("\nDrive capabilities, per MMC-3 page 2A:\n\n");
	print_abilities(page, abilities, sizeof(abilities) / sizeof(abilities[0]));
	print_mechanism(page);
	print_numbers(page, n_bytes, mmc_drive_disc(work->drive));
	return true;
}
