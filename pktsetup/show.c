/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of packet devices: a line begins as that of udftools, with the numbers of packet device and drive. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "pktcdvd.h"
#include "record.h"
#include "request.h"
#include "show.h"

static const char *words(const struct record *r)
{
	switch (r->state) {
	case RECORD_CLEAN:
		return "all is on the disc";
	case RECORD_PENDING:
		return "not all is on the disc yet";
	case RECORD_FAILING:
	case RECORD_LOST:
	case RECORD_DONE:
		break;
	}
	return r->note;
}

static void show_line(const struct record *r)
{
	printf("%2u : %u:%u -> ", r->slot, major(r->node_number), minor(r->node_number));
	if (r->device_number)
		printf("%u:%u", major(r->device_number), minor(r->device_number));
	else
		printf("%s", r->device);
	printf("  %s%s (%s), the %s in %s: %s\n", r->path, r->is_released ? " was" : "", r->node, r->disc,
	       r->device, words(r));
	if (r->state != RECORD_LOST && r->state != RECORD_FAILING && r->note[0])
		printf("     %s\n", r->note);
}

static void show_json(struct cli_json *json, const struct record *r)
{
	cli_json_object(json, NULL);
	cli_json_text(json, "path", r->path);
	cli_json_text(json, "backend", "nbd");
	cli_json_text(json, "node", r->node);
	cli_json_text(json, "device", r->device);
	cli_json_text(json, "disc", r->disc);
	cli_json_text(json, "state", record_state_name(r->state));
	cli_json_bool(json, "released", r->is_released);
	cli_json_text(json, "note", r->note[0] ? r->note : NULL);
	cli_json_object_end(json);
}

static void show_kernels(const struct pktcdvd_device *device, struct cli_json *json)
{
	if (!json) {
		printf("%2u : %u:%u -> %u:%u\n", device->index, major(device->number), minor(device->number),
		       major(device->drive), minor(device->drive));
		return;
	}
	cli_json_object(json, NULL);
	cli_json_text(json, "backend", "pktcdvd");
	cli_json_format(json, "node", "%u:%u", major(device->number), minor(device->number));
	cli_json_format(json, "device", "%u:%u", major(device->drive), minor(device->drive));
	cli_json_object_end(json);
}

int show_run(bool is_json)
{
	struct cli_json json = { .out = stdout };
	struct pktcdvd_device device;
	struct record r;
	int fd = pktcdvd_open(false), status = 0;

	if (is_json)
		cli_json_list(&json, NULL);
	for (unsigned i = 0; fd >= 0 && pktcdvd_next(fd, &i, &device);)
		show_kernels(&device, is_json ? &json : NULL);
	pktcdvd_close(fd);
	for (unsigned slot = 0; slot < RECORD_SLOTS; slot++) {
		if (!record_load(slot, &r))
			continue;
		if (!record_holder(slot) && r.state != RECORD_LOST) {
			snprintf(r.note, sizeof(r.note),
				 "the process that kept it was killed; 'pktsetup -d %.500s' clears up, and says "
				 "whether all is on the disc", r.path);
			r.state = RECORD_FAILING;
			status = 1;
		}
		if (r.state == RECORD_LOST)
			status = 1;
		if (is_json)
			show_json(&json, &r);
		else
			show_line(&r);
	}
	if (is_json)
		cli_json_list_end(&json);
	return status;
}
