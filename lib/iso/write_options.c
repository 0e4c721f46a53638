/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan as options of libisofs. */
#include "config.h"

#include "iso/internal.h"

#define ISOHYBRID (1 << 1)	/* iso_write_opts_set_system_area() */

static void set_names(IsoWriteOpts *opts, const struct udf_iso_plan *plan)
{
	iso_write_opts_set_iso_level(opts, (int)plan->level);
	iso_write_opts_set_iso1999(opts, plan->iso_1999);
	iso_write_opts_set_allow_deep_paths(opts, 1);
	iso_write_opts_set_allow_longer_paths(opts, 1);
	iso_write_opts_set_max_37_char_filenames(opts, plan->names_37);
	iso_write_opts_set_omit_version_numbers(opts, plan->no_version ? 1 : 2);
	iso_write_opts_set_no_force_dots(opts, plan->no_dot ? 3 : 2);
	iso_write_opts_set_allow_lowercase(opts, plan->lower_case);
	iso_write_opts_set_allow_7bit_ascii(opts, plan->any_ascii);
	iso_write_opts_set_relaxed_vol_atts(opts, 1);
	iso_write_opts_set_joliet(opts, plan->joliet);
	iso_write_opts_set_joliet_long_names(opts, plan->joliet_long);
	iso_write_opts_set_joliet_longer_paths(opts, 1);
	iso_write_opts_set_output_charset(opts, plan->output_charset);
}

static void set_contents(IsoWriteOpts *opts, const struct udf_iso_plan *plan)
{
	bool aaip = plan->acls || plan->xattrs || (plan->checksums && plan->rock_ridge);

	iso_write_opts_set_rockridge(opts, plan->rock_ridge);
	/* As mkisofs(8) has it: old readers know this version, with a file serial number that it doesn't mention. */
	iso_write_opts_set_rrip_version_1_10(opts, 1);
	iso_write_opts_set_rrip_1_10_px_ino(opts, 1);
	iso_write_opts_set_hardlinks(opts, plan->hard_links && plan->rock_ridge);
	iso_write_opts_set_aaip(opts, aaip);
	iso_write_opts_set_record_md5(opts, plan->checksums, plan->checksums && plan->rock_ridge);
	iso_write_opts_set_sort_files(opts, plan->sorted);
	iso_write_opts_set_tail_blocks(opts, plan->pad_blocks);
	iso_write_opts_set_replace_mode(opts, 0, 0, 0, 0);
}

static void set_times(IsoWriteOpts *opts, const struct udf_iso_image *image)
{
	/* Times of directory records are those of the files, as mkisofs(8) has it, and not when the image was made. */
	iso_write_opts_set_dir_rec_mtime(opts, 7);
	udf_iso_times_of_volume(opts, image->now);
	iso_write_opts_set_always_gmt(opts, image->plan->is_reproducible);
}

/* The disk's GUID (RFC 4122, version 4), where a boot image is listed in a GPT. */
static void set_guid(IsoWriteOpts *opts, const struct udf_iso_image *image)
{
	uint8_t guid[16];

	image->env->random(image->env->ctx, guid, sizeof(guid));
	guid[7] = (uint8_t)((guid[7] & 0x0F) | 0x40);	/* the text's third group is stored little-endian */
	guid[8] = (uint8_t)((guid[8] & 0x3F) | 0x80);
	iso_write_opts_set_gpt_guid(opts, guid, 1);
}

enum udf_err udf_iso_write_options(const struct udf_iso_image *image, IsoWriteOpts **ret_opts)
{
	const struct udf_iso_plan *plan = image->plan;
	IsoWriteOpts *opts;

	if (iso_write_opts_new(&opts, 0) < 0)
		return UDF_E_NOMEM;
	set_names(opts, plan);
	set_contents(opts, plan);
	set_times(opts, image);
	set_guid(opts, image);
	iso_write_opts_set_ms_block(opts, plan->start_block);
	iso_write_opts_set_overwrite_buf(opts, plan->front);
	iso_write_opts_set_appendable(opts, plan->previous != NULL);
	if (plan->system_area)
		iso_write_opts_set_system_area(opts, (char *)(uintptr_t)plan->system_area,
					       plan->isohybrid ? ISOHYBRID : 0, 0);
	*ret_opts = opts;
	return UDF_OK;
}
