/* SPDX-License-Identifier: GPL-2.0-or-later */
/* El Torito: boot images, and the catalog that lists them. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iso/internal.h"

#define PLATFORM_EFI 0xEF

static enum eltorito_boot_media_type type_of(enum udf_iso_emulation emulation)
{
	switch (emulation) {
	case UDF_ISO_HARD_DISK:
		return ELTORITO_HARD_DISC_EMUL;
	case UDF_ISO_NO_EMULATION:
		return ELTORITO_NO_EMUL;
	case UDF_ISO_FLOPPY:
	default:
		return ELTORITO_FLOPPY_EMUL;
	}
}

/* "/isolinux/isolinux.bin" */
static char *absolute(const char *path)
{
	char *text = malloc(strlen(path) + 2);

	if (text)
		sprintf(text, "%s%s", *path == '/' ? "" : "/", path);
	return text;
}

static void set_details(ElToritoBootImage *boot, const struct udf_iso_boot *b)
{
	if (b->is_efi)
		el_torito_set_boot_platform_id(boot, PLATFORM_EFI);
	if (b->not_bootable)
		el_torito_set_no_bootable(boot);
	if (b->load_segment)
		el_torito_set_load_seg(boot, (short)b->load_segment);
	if (b->load_sectors)
		el_torito_set_load_size(boot, (short)(uint16_t)b->load_sectors);
	else if (b->emulation == UDF_ISO_NO_EMULATION)
		el_torito_set_full_load(boot, 1);
	el_torito_set_isolinux_options(boot, (b->info_table ? 1 : 0) | (b->in_gpt ? 1 << 2 : 0), 0);
}

static enum udf_err add_boot(struct udf_iso_image *image, const struct udf_iso_boot *b, bool is_first, char *ret_why)
{
	const char *catalog = image->plan->boot_catalog ? image->plan->boot_catalog : "boot.catalog";
	char *path = absolute(b->path), *catalog_path = absolute(catalog);
	char what[UDF_ISO_WHY_BYTES / 2];
	ElToritoBootImage *boot = NULL;
	IsoNode *node;
	int ret = (int)ISO_OUT_OF_MEM;

	if (!path || !catalog_path)
		goto out;
	if (iso_tree_path_to_node(image->iso, path, &node) != 1 || !ISO_NODE_IS_FILE(node)) {
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "the boot image %s is not a file in the image; its path is "
			 "relative to the root directory of the image", b->path);
		free(path);
		free(catalog_path);
		return UDF_E_NOT_FOUND;
	}
	ret = is_first ? iso_image_set_boot_image(image->iso, path, type_of(b->emulation), catalog_path, &boot) :
			 iso_image_add_boot_image(image->iso, path, type_of(b->emulation), 0, &boot);
	if (ret > 0)
		set_details(boot, b);
out:
	snprintf(what, sizeof(what), "the boot image %.200s", b->path);
	free(path);
	free(catalog_path);
	return ret < 0 ? udf_iso_why(ret, what, ret_why) : UDF_OK;
}

/* The catalog is a file of the image, too, and can be hidden as such. */
static void hide_catalog(const struct udf_iso_image *image)
{
	const struct udf_iso_listener *l = image->listener;
	const char *path = image->plan->boot_catalog ? image->plan->boot_catalog : "boot.catalog";
	const char *slash = strrchr(path, '/');
	bool on_iso = false, on_joliet = false;

	if (!l->hides)
		return;
	l->hides(l->ctx, path, slash ? slash + 1 : path, &on_iso, &on_joliet);
	iso_image_set_boot_catalog_hidden(image->iso, (on_iso ? LIBISO_HIDE_ON_RR | LIBISO_HIDE_ON_1999 : 0) |
					  (on_joliet ? LIBISO_HIDE_ON_JOLIET : 0));
}

enum udf_err udf_iso_add_boots(struct udf_iso_image *image, char ret_why[UDF_ISO_WHY_BYTES])
{
	const struct udf_iso_plan *plan = image->plan;
	enum udf_err err = UDF_OK;

	if (image->has_boots)
		return UDF_OK;
	image->has_boots = true;
	if (plan->n_boots)
		iso_image_remove_boot_image(image->iso);	/* of the previous session */
	for (size_t i = 0; i < plan->n_boots && !err; i++)
		err = add_boot(image, &plan->boots[i], i == 0, ret_why);
	if (plan->n_boots && !err)
		hide_catalog(image);
	return err;
}
