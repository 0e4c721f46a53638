/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "describe.h"
#include "list.h"
#include "medium/drive.h"
#include "medium/drives.h"
#include "mmc/drive.h"

/* What is in a drive, or why that can't be seen */
struct entry {
	const struct medium_drive *drive;
	const char *medium, *state;	/* NULL: not known */
	char text[DESCRIBE_BYTES + MEDIUM_WHY_BYTES];
	const char *use;		/* NULL: not known */
};

static void look(const struct medium_drive *drive, struct entry *entry)
{
	struct mmc_transport *transport = NULL;
	struct mmc_drive *opened = NULL;
	struct mmc_failure failure = { .text = "" };
	char why[MEDIUM_WHY_BYTES];

	*entry = (struct entry){ .drive = drive };
	if (medium_drive_open(drive->node, &transport, why)) {
		snprintf(entry->text, sizeof(entry->text), "%s", why);
		return;
	}
	if (mmc_drive_open(transport, cli_host_env(), NULL, &opened, &failure)) {
		mmc_transport_close(transport);
		snprintf(entry->text, sizeof(entry->text), "%s", failure.text);
		return;
	}
	entry->medium = mmc_drive_disc(opened)->profile->name;
	entry->state = mmc_state_name(mmc_drive_disc(opened)->state);
	describe_disc(mmc_drive_disc(opened), entry->text);
	entry->use = describe_use(mmc_drive_disc(opened));
	mmc_drive_close(opened);
}

static void print_json(struct cli_json *json, const struct entry *entry)
{
	cli_json_object(json, NULL);
	cli_json_text(json, "device", entry->drive->node);
	cli_json_text(json, "vendor", entry->drive->vendor);
	cli_json_text(json, "product", entry->drive->model);
	cli_json_text(json, "medium", entry->medium);
	cli_json_text(json, "state", entry->state);
	cli_json_text(json, "text", entry->text);
	cli_json_text(json, "use", entry->use);
	cli_json_object_end(json);
}

int list_drives(const struct request *req)
{
	struct cli_json json = { .out = stdout };
	struct medium_drive *drives = NULL;
	size_t n_drives = 0;
	enum udf_err err = medium_drives(&drives, &n_drives);

	if (err) {
		cli_say("cdrwtool: cannot list the drives: %s", udf_strerror(err));
		return 1;
	}
	if (req->json)
		cli_json_list(&json, NULL);
	for (size_t i = 0; i < n_drives; i++) {
		struct entry entry;

		look(&drives[i], &entry);
		if (req->json)
			print_json(&json, &entry);
		else
			printf("%s: %s %s: %s%s%s\n", drives[i].node, drives[i].vendor, drives[i].model, entry.text,
			       entry.use ? "; " : "", entry.use ? entry.use : "");
	}
	if (req->json)
		cli_json_list_end(&json);
	else if (n_drives == 0)
		printf("no optical drive was found\n");
	free(drives);
	return 0;
}
