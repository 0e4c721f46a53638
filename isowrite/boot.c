/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options about booting.  They are about the boot image that is being described, as in mkisofs(8). */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "names.h"
#include "request.h"
#include "table.h"

#define EFI_PLATFORM 0xEFu

/* Describe one more boot image. */
static struct udf_iso_boot *begin(struct request *req)
{
	if (req->plan.n_boots == MAX_BOOTS)
		cli_bad_usage(&isowrite_tool, "a boot catalog has room for %d boot images only", MAX_BOOTS);
	return &req->boots[req->plan.n_boots++];
}

static struct udf_iso_boot *current(struct request *req)
{
	return req->plan.n_boots ? &req->boots[req->plan.n_boots - 1] : begin(req);
}

static void set_efi(struct request *req, const char *arg)
{
	struct udf_iso_boot *boot = current(req)->path ? begin(req) : current(req);

	boot->path = arg;
	boot->is_efi = true;
	boot->emulation = UDF_ISO_NO_EMULATION;
}

/* By name, or by the number of El Torito. */
static void set_platform(struct request *req, const char *arg)
{
	uint64_t n = UINT64_MAX;

	if (strcmp(arg, "x86") == 0)
		n = 0;
	else if (strcasecmp(arg, "efi") == 0)
		n = EFI_PLATFORM;
	else
		(void)cli_parse_number(arg, 0, UINT8_MAX, &n);
	if (n != 0 && n != EFI_PLATFORM)
		cli_bad_usage(&isowrite_tool, "-eltorito-platform can't be '%s': isowrite makes images that boot with "
			      "a BIOS (x86) or EFI (efi)", arg);
	current(req)->is_efi = n == EFI_PLATFORM;
	if (n == EFI_PLATFORM)
		current(req)->emulation = UDF_ISO_NO_EMULATION;
}

void boot_option(struct request *req, int id, const char *arg)
{
	switch (id) {
	case OPT_BOOT_IMAGE:
		current(req)->path = arg;
		break;
	case OPT_EFI_BOOT:
		set_efi(req, arg);
		break;
	case OPT_BOOT_CATALOG:
		req->plan.boot_catalog = arg;
		break;
	case OPT_NO_EMUL_BOOT:
		current(req)->emulation = UDF_ISO_NO_EMULATION;
		break;
	case OPT_HARD_DISK_BOOT:
		current(req)->emulation = UDF_ISO_HARD_DISK;
		break;
	case OPT_NO_BOOT:
		current(req)->not_bootable = true;
		break;
	case OPT_PLATFORM:
		set_platform(req, arg);
		break;
	case OPT_LOAD_SIZE:
		current(req)->load_sectors = strcmp(arg, "full") == 0 ? 0 :
			(uint32_t)cli_take_number(&isowrite_tool, "-boot-load-size", arg, 0, 0xFFFF);
		break;
	case OPT_LOAD_SEG:
		current(req)->load_segment =
			(uint16_t)cli_take_number(&isowrite_tool, "-boot-load-seg", arg, 0, 0xFFFF);
		break;
	case OPT_INFO_TABLE:
		current(req)->info_table = true;
		break;
	case OPT_ALT_BOOT:
		begin(req);
		break;
	case OPT_ISOHYBRID_GPT:
		current(req)->in_gpt = true;
		break;
	default:
		req->mbr = arg;
		req->plan.isohybrid = id == OPT_ISOHYBRID_MBR;
		break;
	}
}

void boot_finish(struct request *req)
{
	for (size_t i = 0; i < req->plan.n_boots; i++)
		if (!req->boots[i].path)
			cli_bad_usage(&isowrite_tool, "boot image %zu has no path: give it with -b or -e", i + 1);
	if (req->plan.boot_catalog && !req->plan.n_boots)
		cli_bad_usage(&isowrite_tool, "-c needs a boot image: give it with -b");
}

void boot_read_mbr(struct request *req)
{
	static uint8_t area[UDF_ISO_SYSTEM_AREA_BYTES + 1];
	size_t n_bytes = 0;
	ssize_t n;
	int fd;

	if (!req->mbr)
		return;
	fd = open(req->mbr, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && n_bytes < sizeof(area)) {
		n = read(fd, area + n_bytes, sizeof(area) - n_bytes);
		if (n == 0)
			break;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			close(fd);
			fd = -1;
			break;
		}
		n_bytes += (size_t)n;
	}
	if (fd < 0) {
		cli_error(own_name(), req->mbr, "cannot read", UDF_E_IO, errno);
		exit(1);
	}
	close(fd);
	if (n_bytes > UDF_ISO_SYSTEM_AREA_BYTES) {
		say("%s: is larger than the 32 KiB at the beginning of an image", req->mbr);
		exit(1);
	}
	req->plan.system_area = area;
	req->mbr = NULL;	/* a pipe could not be read again */
}
