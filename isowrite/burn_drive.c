/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drive of the burning half: found, opened, and what it says when something fails. */
#include "config.h"

#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "burn_request.h"
#include "medium/drive.h"
#include "medium/drives.h"
#include "names.h"

#define DEVICES_RULE "-------------------------------------------------------------------------"
#define CD_KBS_BY_10 1764u
#define DVD_KBS 1385u
#define BD_KBS 4496u

static volatile bool is_interrupted;

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	is_interrupted = true;
}

void burn_catch_interrupts(void)
{
	cli_on_interrupt(on_interrupt);
}

void burn_die_of_interrupts(const char *where, const char *how_to_go_on)
{
	static char words[3 * UDF_QUOTED_BYTES];

	snprintf(words, sizeof(words), "%s: %s: interrupted; nothing was written\n%s%s%s%s", own_name(), where,
		 how_to_go_on ? own_name() : "", how_to_go_on ? ": " : "", how_to_go_on ? how_to_go_on : "",
		 how_to_go_on ? "\n" : "");
	cli_die_of_interrupts(words);
}

bool burn_is_interrupted(void)
{
	return is_interrupted;
}

/* "1,0,0" or "ATAPI:1,0,0": bus, target, unit.  What is before the last colon names a way that Linux no longer has. */
static bool is_bus_address(const char *dev, unsigned *ret_bus, unsigned *ret_target, unsigned *ret_unit)
{
	const char *colon = strrchr(dev, ':');
	int end = 0;

	if (colon)
		dev = colon + 1;
	if (sscanf(dev, "%u,%u,%u%n", ret_bus, ret_target, ret_unit, &end) == 3 && !dev[end])
		return true;
	*ret_bus = 0;
	return sscanf(dev, "%u,%u%n", ret_target, ret_unit, &end) == 2 && !dev[end];
}

struct sr_address {
	unsigned bus, target, unit;
};

/* The kernel's address of /dev/srN: host, channel, target, unit. */
static bool address_of(const char *node, struct sr_address *ret_address)
{
	char path[PATH_MAX], link[PATH_MAX];
	unsigned channel;
	ssize_t n;
	char *last;

	snprintf(path, sizeof(path), "/sys/class/block/%s/device", strrchr(node, '/') ? strrchr(node, '/') + 1 : node);
	n = readlink(path, link, sizeof(link) - 1);
	if (n <= 0)
		return false;
	link[n] = 0;
	last = strrchr(link, '/');
	return sscanf(last ? last + 1 : link, "%u:%u:%u:%u", &ret_address->bus, &channel, &ret_address->target,
		      &ret_address->unit) == 4;
}

size_t burn_scan(void)
{
	struct medium_drive *drives = NULL;
	struct sr_address address;
	size_t n_drives = 0;
	unsigned last_bus = UINT_MAX;

	if (medium_drives(&drives, &n_drives) != UDF_OK)
		return 0;
	for (size_t i = 0; i < n_drives; i++) {
		if (!address_of(drives[i].node, &address)) {
			printf("%s\t'%-8.8s' '%-16.16s' Removable CD-ROM\n", drives[i].node, drives[i].vendor,
			       drives[i].model);
			continue;
		}
		if (address.bus != last_bus)
			printf("scsibus%u:\n", address.bus);
		last_bus = address.bus;
		printf("\t%u,%u,%u\t%3u) '%-8.8s' '%-16.16s' '%-4.4s' Removable CD-ROM\n", address.bus, address.target,
		       address.unit, address.bus * 100 + address.target, drives[i].vendor, drives[i].model,
		       drives[i].revision);
	}
	free(drives);
	return n_drives;
}

size_t burn_list_devices(void)
{
	struct medium_drive *drives = NULL;
	size_t n_drives = 0;

	if (medium_drives(&drives, &n_drives) != UDF_OK)
		return 0;
	if (n_drives)
		printf("%s: Overview of accessible drives (%zu found) :\n%s\n", own_name(), n_drives, DEVICES_RULE);
	for (size_t i = 0; i < n_drives; i++)
		printf(" %zu  dev='%s'\t%s : '%.8s' '%.16s'\n", i, drives[i].node,
		       access(drives[i].node, R_OK | W_OK) == 0 ? "rwrw--" : "------", drives[i].vendor,
		       drives[i].model);
	if (n_drives)
		puts(DEVICES_RULE);
	free(drives);
	return n_drives;
}

const char *burn_device_find(const char *dev)
{
	static char found[64];
	struct medium_drive *drives = NULL;
	struct sr_address wanted, address;
	size_t n_drives = 0;

	if (!is_bus_address(dev, &wanted.bus, &wanted.target, &wanted.unit))
		return dev;
	if (medium_drives(&drives, &n_drives) == UDF_OK)
		for (size_t i = 0; i < n_drives && !found[0]; i++)
			if (address_of(drives[i].node, &address) && address.bus == wanted.bus &&
			    address.target == wanted.target && address.unit == wanted.unit)
				snprintf(found, sizeof(found), "%s", drives[i].node);
	free(drives);
	if (!found[0]) {
		say("dev=%s: there is no drive at this address; 'cdrwtool --list' shows the drives", dev);
		exit(1);
	}
	return found;
}

uint32_t burn_work_capacity(const struct burn_work *work)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	const struct mmc_atip *atip = mmc_drive_atip(work->drive);

	if (disc->profile->family == MMC_FAMILY_CD && atip && atip->lead_out_lba)
		return work->req->recording == PKT_RECORD_FIXED_PACKETS ?
		       pkt_fixed_packets_room(atip->lead_out_lba) : atip->lead_out_lba;
	if (disc->profile->family == MMC_FAMILY_CD)
		return UINT32_MAX;
	return disc->max_blocks ? disc->max_blocks : UINT32_MAX;
}

bool burn_work_fits_blanked(struct burn_work *work, uint64_t n_blocks)
{
	if (work->req->overburn || n_blocks <= burn_work_capacity(work))
		return true;
	burn_work_refuse(work, "%" PRIu64 " blocks don't fit: the %s has %" PRIu32, n_blocks,
			 mmc_drive_disc(work->drive)->profile->name, burn_work_capacity(work));
	return false;
}

void burn_work_say(struct burn_work *work, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	cli_progress_done(&work->progress);
	say("%s: %s", work->device, text);
}

void burn_work_refuse(struct burn_work *work, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(work->error, sizeof(work->error), format, args);
	va_end(args);
	burn_work_say(work, "%s", work->error);
}

void burn_work_failed(struct burn_work *work, const char *what, enum udf_err err)
{
	const struct mmc_failure *failure = mmc_drive_failure(work->drive);

	if (err == UDF_E_NOMEM)
		burn_work_refuse(work, "%s: %s", what, udf_strerror(err));
	else
		burn_work_refuse(work, "%s: %s%s%s", what, failure->text, failure->advice ? ".  " : "",
				 failure->advice ? failure->advice : "");
}

static bool show_progress(void *ctx, const struct mmc_progress *progress)
{
	struct burn_work *work = ctx;

	if (progress->has_fraction)
		cli_progress_show(&work->progress, progress->what, progress->fraction, 65536);
	else
		cli_progress_show(&work->progress, progress->what, progress->elapsed_ms / 1000, 0);
	return !is_interrupted;
}

/* -V: every command that the drive refused; twice, or with -v: every command. */
static void show_command(void *ctx, const struct mmc_command *command, const struct mmc_reply *reply)
{
	struct burn_work *work = ctx;
	bool shows_all = work->req->shown_commands > 1 || work->req->verbose;
	char text[512];

	if (!shows_all && reply->delivery == MMC_DELIVERED && reply->status == MMC_STATUS_GOOD)
		return;
	mmc_command_describe(command, reply, text, sizeof(text));
	burn_work_say(work, "%s", text);
}

static enum udf_err take_guard(struct burn_work *work)
{
	if (medium_is_simulated(work->device))
		return UDF_OK;
	return cli_guard(own_name(), work->device, CLI_WRITE, NULL, false, &work->guard);
}

/* A drive that hangs answers nothing before, so nothing is asked. */
bool burn_reset(struct burn_work *work)
{
	struct mmc_transport *transport = NULL;
	char why[MEDIUM_WHY_BYTES];
	int host_errno = 0;
	enum udf_err err = take_guard(work);

	if (err)
		return false;
	if (medium_drive_open(work->device, &transport, why) != UDF_OK) {
		burn_work_refuse(work, "%s", why);
		cli_guard_done(work->guard);
		work->guard = NULL;
		return false;
	}
	err = mmc_reset(transport, &host_errno);
	if (err == UDF_E_UNSUPPORTED)
		burn_work_refuse(work, "the host can't reset the drive; switch it off and on");
	else if (err)
		burn_work_refuse(work, "cannot reset it: %s%s", strerror(host_errno),
				 err == UDF_E_NO_PERMISSION ? ".  Become root" : "");
	mmc_transport_close(transport);
	cli_guard_done(work->guard);
	work->guard = NULL;
	return !err;
}

enum udf_err burn_work_open(struct burn_work *work)
{
	struct mmc_transport *transport = NULL;
	struct mmc_failure failure = { .text = "" };
	char why[MEDIUM_WHY_BYTES];
	enum udf_err err;
	bool shows_commands;

	cli_about_init(&work->about, cli_host_env(), work->device);
	cli_progress_init(&work->progress, stderr, true);
	shows_commands = work->req->shown_commands && !work->req->silent;
	work->hooks = (struct mmc_hooks){ .ctx = work, .progress = show_progress,
					  .command = shows_commands ? show_command : NULL,
					  .min_timeout_ms = work->req->min_timeout_ms };
	err = take_guard(work);
	if (err)
		return err;
	err = medium_drive_open(work->device, &transport, why);
	if (err) {
		burn_work_refuse(work, "%s", why);
		return err;
	}
	err = mmc_drive_open(transport, &work->about.env, &work->hooks, &work->drive, &failure);
	cli_progress_done(&work->progress);
	if (!err)
		return UDF_OK;
	burn_work_refuse(work, "%s%s%s", failure.text[0] ? failure.text : udf_strerror(err),
			 failure.advice ? ".  " : "", failure.advice ? failure.advice : "");
	mmc_transport_close(transport);
	return err;
}

void burn_work_close(struct burn_work *work)
{
	cli_progress_done(&work->progress);
	mmc_drive_close(work->drive);
	cli_guard_done(work->guard);
}

uint32_t burn_single_speed(const struct mmc_disc *disc)
{
	if (disc->profile->family == MMC_FAMILY_BD)
		return BD_KBS;
	/* rounded up, so that a drive that rounds down finds its speed */
	return disc->profile->family == MMC_FAMILY_DVD ? DVD_KBS : CD_KBS_BY_10 / 10 + 1;
}
