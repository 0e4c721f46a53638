/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <libudev.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "medium/drives.h"

/* A field of sysfs, without the blanks at its end. */
static void copy_field(struct udev_device *device, const char *name, char *ret_text, size_t n_bytes)
{
	const char *value = device ? udev_device_get_sysattr_value(device, name) : NULL;
	size_t n;

	snprintf(ret_text, n_bytes, "%s", value ? value : "");
	n = strlen(ret_text);
	while (n && (ret_text[n - 1] == ' ' || ret_text[n - 1] == '\n'))
		ret_text[--n] = '\0';
}

/* False where it has no node. */
static bool describe(struct udev *udev, const char *path, struct medium_drive *ret)
{
	struct udev_device *device = udev_device_new_from_syspath(udev, path);
	const char *node = device ? udev_device_get_devnode(device) : NULL;
	bool ok = node && strlen(node) < sizeof(ret->node);

	if (ok) {
		struct udev_device *unit = udev_device_get_parent_with_subsystem_devtype(device, "scsi", NULL);

		snprintf(ret->node, sizeof(ret->node), "%s", node);
		copy_field(unit, "vendor", ret->vendor, sizeof(ret->vendor));
		copy_field(unit, "model", ret->model, sizeof(ret->model));
		copy_field(unit, "rev", ret->revision, sizeof(ret->revision));
	}
	if (device)
		udev_device_unref(device);
	return ok;
}

static int compare(const void *a, const void *b)
{
	return strverscmp(((const struct medium_drive *)a)->node, ((const struct medium_drive *)b)->node);
}

static enum udf_err collect(struct udev *udev, struct udev_list_entry *first, struct medium_drive **ret_drives,
			    size_t *ret_n_drives)
{
	struct medium_drive *drives = NULL;
	struct udev_list_entry *entry;
	size_t n = 0;

	udev_list_entry_foreach(entry, first) {
		struct medium_drive *larger = reallocarray(drives, n + 1, sizeof(*drives));

		if (!larger) {
			free(drives);
			return UDF_E_NOMEM;
		}
		drives = larger;
		if (describe(udev, udev_list_entry_get_name(entry), &drives[n]))
			n++;
	}
	if (n)
		qsort(drives, n, sizeof(*drives), compare);
	*ret_drives = drives;
	*ret_n_drives = n;
	return UDF_OK;
}

enum udf_err medium_drives(struct medium_drive **ret_drives, size_t *ret_n_drives)
{
	struct udev *udev = udev_new();
	struct udev_enumerate *found = udev ? udev_enumerate_new(udev) : NULL;
	enum udf_err err = UDF_E_NOMEM;

	if (!found)
		goto out;
	if (udev_enumerate_add_match_subsystem(found, "block") < 0 ||
	    udev_enumerate_add_match_sysname(found, "sr[0-9]*") < 0)
		goto out;
	/* A host without /sys has no drives that could be listed. */
	udev_enumerate_scan_devices(found);
	err = collect(udev, udev_enumerate_get_list_entry(found), ret_drives, ret_n_drives);
out:
	if (found)
		udev_enumerate_unref(found);
	if (udev)
		udev_unref(udev);
	return err;
}
