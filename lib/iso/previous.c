/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of a session that is on the medium already. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <udfkit/bio.h>

#include "base/iso9660.h"
#include "iso/internal.h"

static int source_open(IsoDataSource *source)
{
	(void)source;
	return 1;
}

static int source_close(IsoDataSource *source)
{
	(void)source;
	return 1;
}

static int source_read_block(IsoDataSource *source, uint32_t lba, uint8_t *buffer)
{
	enum udf_err err = bio_read(source->data, lba, 1, buffer);

	if (err == UDF_E_NOMEM)
		return (int)ISO_OUT_OF_MEM;
	return err ? (int)ISO_DATA_SOURCE_SORRY : 1;
}

static void source_free_data(IsoDataSource *source)
{
	(void)source;
}

enum udf_err udf_iso_data_source_new(struct bio *bio, IsoDataSource **ret_source)
{
	IsoDataSource *source = malloc(sizeof(*source));

	if (!source)
		return UDF_E_NOMEM;
	*source = (IsoDataSource){
		.refcount = 1,
		.open = source_open,
		.close = source_close,
		.read_block = source_read_block,
		.free_data = source_free_data,
		.data = bio,
	};
	*ret_source = source;
	return UDF_OK;
}

static void note_forms(IsoImage *iso, IsoReadImageFeatures *features, struct udf_iso_previous *ret)
{
	uint32_t start, end;
	char md5[UDF_ISO_MD5_BYTES];

	ret->rock_ridge = iso_read_image_features_has_rockridge(features) == 1;
	ret->joliet = iso_read_image_features_has_joliet(features) == 1;
	ret->iso_1999 = iso_read_image_features_has_iso1999(features) == 1;
	ret->checksums = iso_image_get_session_md5(iso, &start, &end, md5, 0) == 1;
}

static int import(IsoImage *iso, IsoDataSource *source, uint32_t block, bool with_damage,
		  struct udf_iso_previous *ret_previous)
{
	IsoReadImageFeatures *features = NULL;	/* libisofs 1.5.6 follows the pointer even where none is given */
	IsoReadOpts *opts = NULL;
	int ret = iso_read_opts_new(&opts, 0);

	if (ret < 0)
		return ret;
	iso_read_opts_set_start_block(opts, block);
	iso_read_opts_set_no_aaip(opts, 0);
	iso_read_opts_set_no_md5(opts, with_damage ? 2 : 0);
	iso_read_opts_auto_input_charset(opts, 1);
	ret = iso_image_import(iso, source, opts, &features);
	if (features && ret >= 0 && ret_previous)
		note_forms(iso, features, ret_previous);
	if (features)
		iso_read_image_features_destroy(features);
	iso_read_opts_free(opts);
	return ret;
}

enum udf_err udf_iso_import(IsoImage *iso, struct bio *bio, uint32_t block, struct udf_iso_previous *ret_previous,
			    bool *ret_is_damaged, char ret_why[UDF_ISO_WHY_BYTES])
{
	IsoDataSource *source = NULL;
	enum udf_err err = udf_iso_data_source_new(bio, &source);
	int ret = (int)ISO_WRONG_PVD;

	if (err)
		return udf_iso_why((int)ISO_OUT_OF_MEM, "", ret_why);
	if (bio->geometry.n_blocks > (uint64_t)block + ISO_FIRST_DESCRIPTOR)
		ret = import(iso, source, block, false, ret_previous);
	if ((unsigned)ret == ISO_SB_TREE_CORRUPTED && ret_is_damaged) {
		*ret_is_damaged = true;
		ret = import(iso, source, block, true, ret_previous);
	}
	iso_data_source_unref(source);
	if ((unsigned)ret == ISO_WRONG_PVD) {
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "no ISO 9660 session begins at block %u", (unsigned)block);
		return UDF_E_CORRUPT;
	}
	return ret < 0 ? udf_iso_why(ret, "the session can't be read", ret_why) : UDF_OK;
}
