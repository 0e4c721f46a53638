/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Damage of objects: tags, ICBs, extents and contents. */
#include "chk_damage.h"

/* ---- tags and ICBs ---- */

static void tag_checksum(struct volume *v)
{
	fx_break(&v->fx, icb(v, v->file), 4);
}

static void tag_crc(struct volume *v)
{
	fx_break(&v->fx, icb(v, v->file), DATA);
}

static void bytes_after(struct volume *v)
{
	uint8_t *block = malloc(v->bs);

	fx_read(&v->fx, icb(v, v->file), 1, block);
	block[v->bs - 1] = 1;
	fx_write(&v->fx, icb(v, v->file), 1, block);
	free(block);
}

static void crc_length(struct volume *v)
{
	fx_set16(&v->fx, icb(v, v->file), 10, 200);
}

/* An EFE instead of the FE. */
static void make_efe(struct volume *v)
{
	uint8_t *block = calloc(1, v->bs);
	struct udf_fe fe;

	fx_read(&v->fx, icb(v, v->file), 1, block);
	udf_fe_decode(block, &fe);
	memset(block, 0, v->bs);
	fe.tag.id = UDF_TAG_EFE;
	fe.ad_bytes = 6;
	udf_fe_encode(&fe, block);
	memset(block + DATA, 1, 6);
	udf_tag_seal(block, UDF_TAG_EFE, 2, 1, fe.tag.location, DATA - 16 + 6);
	fx_write(&v->fx, icb(v, v->file), 1, block);
	free(block);
}

/* ---- extents ---- */

static void aed_tag(struct volume *v)
{
	fx_set16(&v->fx, aed(v, 1), 0, UDF_TAG_TE);
}

static void aed_length(struct volume *v)
{
	fx_set16(&v->fx, aed(v, 1), 10, 8 + 12);
	fx_set32(&v->fx, aed(v, 1), 20, 12);
}

static void aed_previous(struct volume *v)
{
	fx_set32(&v->fx, aed(v, 0), 16, 1);
}

static void aed_loop(struct volume *v)
{
	fx_set32(&v->fx, aed(v, 0), 24 + 12, v->t.nodes[v->chain].aed_lbn[0]);
}

static void ad_partial(struct volume *v)
{
	set32(v, v->gaps, DATA, v->bs - 8);
	set32(v, v->gaps, DATA + 4 * 16, 108);
}

static void ad_too_long(struct volume *v)
{
	uint32_t n_hole = (1u << 30) - 4;

	set32(v, v->gaps, DATA + 2 * 16, 2u << 30 | n_hole);
	set_size(v, v->gaps, 3 * v->bs + 100 + n_hole);
}

static void ad_zero(struct volume *v)
{
	set32(v, v->data, DATA + 8, 1u << 30);
	set32(v, v->data, L_AD, 16);
}

static void aed_empty(struct volume *v)
{
	set_size(v, v->chain, 2 * v->bs);
	set32(v, v->chain, BLOCKS, 2);
	fx_zero(&v->fx, aed(v, 1), 1);
	fx_set32(&v->fx, aed(v, 1), 20, 0);
	fx_set32(&v->fx, aed(v, 1), 8, 8u << 16);
	fx_set32(&v->fx, aed(v, 1), 12, v->t.nodes[v->chain].aed_lbn[1]);
	fx_set32(&v->fx, aed(v, 1), 0, UDF_TAG_AED | 3u << 16);
	fx_set16(&v->fx, aed(v, 1), 6, 1);
	release(v, v->t.nodes[v->chain].data_lbn[2], 1);
	release(v, v->t.nodes[v->chain].data_lbn[3], 1);
}

/* As after a truncation whose chain was not trimmed any more. */
static void chain_past_new_end(struct volume *v)
{
	set_size(v, v->chain, 100);
	set32(v, v->chain, BLOCKS, 1);
}

static void not_recorded(struct volume *v)
{
	set32(v, v->slink, DATA, 1u << 30 | 10);
	set32(v, v->slink, BLOCKS, 0);
}

/* ---- contents ---- */

static void ea_on_stream(struct volume *v)
{
	volume_put_free_ea(v, v->s1);
}

/* Another name for the attribute, and the sum of its header. */
static void rename_ea(struct volume *v, const char *id)
{
	uint8_t *ea = v->t.nodes[v->ea].eas + UDF_EAHD_BYTES;
	uint16_t sum = 0;

	memset(ea + 17, 0, 23);
	memcpy(ea + 17, id, strlen(id));
	put_le32(ea + 12, 4);
	for (int i = 0; i < 48; i++)
		sum = (uint16_t)(sum + ea[i]);
	put_le16(ea + 48, sum);
}

static void ea_of_later_revision(struct volume *v)
{
	/* Room for the 48 bytes of *UDF OS/400 DirInfo. */
	struct tree_node *n = &v->t.nodes[v->ea];

	n->n_ea_bytes += 44;
	put_le32(n->eas + 20, n->n_ea_bytes);
	put_le32(n->eas + UDF_EAHD_BYTES + 8, 52 + 44);
	rename_ea(v, "*UDF OS/400 DirInfo");
	put_le32(n->eas + UDF_EAHD_BYTES + 12, 48);
	n->eas[UDF_EAHD_BYTES + 48] = (uint8_t)(n->eas[UDF_EAHD_BYTES + 48] + 44);
}

static void ea_unknown(struct volume *v)
{
	rename_ea(v, "*UDF Nothing");
}

static void late_creation_attribute(struct volume *v)
{
	/* A File Entry (ECMA-167 4/14.9) has no ObjectSize of 8 bytes before it. */
	fx_set16(&v->fx, icb(v, v->times), MODIFICATION - 8 + 2, 1990);
}

static void ea_location(struct volume *v)
{
	uint8_t *block = malloc(v->bs);

	fx_read(&v->fx, icb(v, v->ea), 1, block);
	put_le32(block + DATA + 16, 32);
	udf_tag_reseal(block + DATA);
	udf_tag_reseal(block);
	fx_write(&v->fx, icb(v, v->ea), 1, block);
	free(block);
}

static void ea_file_bytes(struct volume *v)
{
	int file = v->t.nodes[v->with_ea_file].ea_file;

	fx_set32(&v->fx, tree_lsn(&v->t, v->t.nodes[file].data_lbn[0]), 12, 0);
}

static void stream_entry_directory(struct volume *v)
{
	set_fid8(v, v->t.nodes[v->streams].stream_dir, "s1", FID_FLAGS, 2);
}

static void system_stream_of_file(struct volume *v)
{
	tree_stream(&v->t, v->streams, "*UDF Backup", 1);
}

static void streams_of_stream(struct volume *v)
{
	set32(v, v->s1, STREAM_ICB, v->bs);
	set32(v, v->s1, STREAM_ICB + 4, v->t.nodes[v->file].lbn);
}

static void streams_shared(struct volume *v)
{
	set32(v, v->with_ea_file, STREAM_ICB, v->bs);
	set32(v, v->with_ea_file, STREAM_ICB + 4, v->t.nodes[v->t.nodes[v->streams].stream_dir].lbn);
}

/* ---- the table ---- */

static const struct damage rows[] = {
	D("tag checksum of an ICB", TAG_CHECKSUM, .edit = tag_checksum),
	D("byte of an embedded file", TAG_CRC, .edit = tag_crc),
	D("length of an ICB's CRC", TAG_CRC_LENGTH, .edit = crc_length),
	D("tag location of an ICB", TAG_LOCATION, ICB(file, 12, 4, 1)),
	D("tag serial number", TAG_SERIAL, ICB(file, 6, 2, 9)),
	D("tag serial number of a name", TAG_SERIAL, FID(dir, "b", 6, 2, 9)),
	D("version of a name", TAG_VERSION_MIX, FID(dir, "b", 2, 2, 2)),
	D("EFE of version 2", TAG_VERSION, ICB(file, 2, 2, 2)),
	D("reserved byte of a tag", RESERVED, ICB(file, 5, 1, 1)),
	D("no file entry", ICB_INVALID, ICB(file, 0, 2, 999)),
	D("strategy", ICB_STRATEGY, ICB(file, STRATEGY, 2, 5)),
	D("kind of allocation descriptors", ICB_AD_KIND, ICB(file, FLAGS, 2, UDF_AD_EXTENDED)),
	D("unknown file type", ICB_FILE_TYPE, ICB(fifo, FILE_TYPE, 1, 200), .also = UDF_P_FILE_TYPE),
	D("EA file with a name", FILE_TYPE, ICB(file, FILE_TYPE, 1, UDF_FT_EA_FILE)),
	D("entry without a type", FILE_TYPE_ZERO, ICB(file, FILE_TYPE, 1, UDF_FT_UNSPECIFIED)),
	D("contents of a FIFO", SPECIAL_FILE_DATA, ICB(file, FILE_TYPE, 1, UDF_FT_FIFO)),
	D("contents of a socket", SPECIAL_FILE_DATA, ICB(data, FILE_TYPE, 1, UDF_FT_SOCKET)),
	D("contents of a device", SPECIAL_FILE_DATA, ICB(with_ea_file, FILE_TYPE, 1, UDF_FT_CHAR_DEVICE),
	  .also = UDF_P_DEVICE_EA_MISSING),
	D("length of a FIFO without contents", SPECIAL_FILE_DATA, SIZE(fifo, 5), .also = UDF_P_FE_EMBEDDED_LENGTH),
	D("reserved byte of an ICB tag", RESERVED, ICB(file, ICB_RESERVED, 1, 1)),
	D("contiguous flag", FIELD_ODD, ICB(file, FLAGS, 2, UDF_AD_EMBEDDED | UDF_ICB_CONTIGUOUS)),
	D("record format", FIELD, ICB(file, RECORD_FORMAT, 1, 1)),
	D("checkpoint 0", FIELD, ICB(file, CHECKPOINT, 4, 0)),
	D("lengths beyond the block", FE_LENGTH, ICB(data, L_AD, 4, BS), .also = UDF_P_SPACE_LEAKED),
	D("piece of an allocation descriptor", FE_AD_LENGTH, ICB(data, L_AD, 4, 12),
	  .also = UDF_P_TAG_CRC_LENGTH),
	D("embedded bytes beyond the information length", FE_EMBEDDED_LENGTH, SIZE(file, 5)),
	D("blocks of an embedded file", FE_EMBEDDED_LENGTH, ICB(file, BLOCKS, 4, 1)),
	D("month 13", TIMESTAMP, ICB(file, MODIFICATION + 4, 1, 13)),
	D("time of another type", TIMESTAMP, ICB(file, MODIFICATION, 2, 0x0000)),
	D("file from the future", FILE_TIME_LATE, ICB(file, MODIFICATION + 2, 2, 2090)),
	D("created after it was changed", FILE_CREATION_LATE, ICB(file, MODIFICATION + 2, 2, 1990)),
	D("created in an attribute after it was changed", FILE_CREATION_LATE, .edit = late_creation_attribute,
	  .revision = "1.50"),
	D("bytes after a file entry", TAIL_NOT_ZERO, .edit = bytes_after),
	D("file entries where EFEs should be", FILE_ENTRY_OLD, .extra = "--noefe"),
	D("EFE before UDF 2.00", REVISION, .edit = make_efe, .revision = "1.50"),
	D("recorded blocks", BLOCKS_RECORDED, ICB(data, BLOCKS, 4, 4)),
	D("object size", OBJECT_SIZE_STALE, ICB(file, OBJECT_SIZE, 4, 7)),
	D("object size without the streams", OBJECT_SIZE_STALE, ICB(streams, OBJECT_SIZE, 4, 9)),

	D("hole with a location", AD_HOLE_LOCATION, ICB(gaps, DATA + 2 * 16 + 4, 4, 5)),
	D("flags of an allocation descriptor", AD_FLAGS, ICB(gaps, DATA + 10, 2, 2)),
	D("extent outside the partition", AD_LOCATION, ICB(data, DATA + 4, 4, 0xFFFFF0), .also = UDF_P_SPACE_LEAKED),
	D("extents shorter than the file", AD_BODY_SHORT, SIZE(data, 3 * BS)),
	D("extents without the file's last block", AD_BODY_MISSING, SIZE(data, 3 * BS + 1)),
	D("last extent longer than the file", AD_BODY_LONG, SIZE(data, 2 * BS + 5)),
	D("recorded extents after the file", AD_TAIL, SIZE(gaps, 4 * BS), .also = UDF_P_AD_PARTIAL),
	D("extent of half a block in the middle", AD_PARTIAL, .edit = ad_partial),
	D("extent too long", AD_LENGTH, .edit = ad_too_long, .also = UDF_P_AD_PARTIAL),
	D("empty descriptor that is not zero", AD_ZERO, .edit = ad_zero, .also = UDF_P_TAG_CRC_LENGTH),
	D("continuation of two blocks", AED_EXTENT, ICB(chain, DATA + 8, 4, 3u << 30 | 2 * BS)),
	D("length of an allocation extent", AED_LENGTH, .edit = aed_length, .also = UDF_P_SPACE_LEAKED),
	D("previous allocation extent", AED_PREVIOUS, .edit = aed_previous),
	D("chain that loops", AED_LOOP, .edit = aed_loop, .also = UDF_P_SPACE_LEAKED),
	D("allocation extent that is none", TAG_ID, .edit = aed_tag, .also = UDF_P_SPACE_LEAKED),
	D("empty allocation extent", AED_EMPTY, .edit = aed_empty),
	D("chain past the end of the file", ALLOCATION_PAST_END, SIZE(chain, 2 * BS + 50)),
	D("chain past the new end of the file", ALLOCATION_PAST_END, .edit = chain_past_new_end),
	D("symlink that was not recorded", DATA_NOT_RECORDED, .edit = not_recorded),

	D("symlink component", SYMLINK_BAD, ICB(link, DATA, 1, 9)),
	D("version of a symlink component", FIELD, ICB(link, DATA + 2, 2, 1)),
	D("device without numbers", DEVICE_EA_MISSING, ICB(fifo, FILE_TYPE, 1, UDF_FT_BLOCK_DEVICE)),
	D("type of an attribute", EA_TYPE, ICB(times, DATA + 24, 4, UDF_EA_ALT_PERMISSIONS)),
	D("length of an attribute", EA_SPACE, ICB(times, DATA + 24 + 8, 4, 4)),
	D("content of an attribute", EA_SPACE, ICB(times, DATA + 24 + 12, 4, 200)),
	D("checksum of an attribute", EA_CHECKSUM, ICB(ea, DATA + 24 + 48, 1, 0)),
	D("attribute of a later revision", REVISION, .edit = ea_of_later_revision, .before = true, .revision = "1.50"),
	D("attribute that UDF does not know", FIELD_ODD, .edit = ea_unknown, .before = true),
	D("attribute of a stream", EA_FORBIDDEN, .edit = ea_on_stream, .before = true),
	D("location of the attributes", EA_LOCATION, .edit = ea_location),
	D("attribute file", TAG_LOCATION, .edit = ea_file_bytes),
	D("stream bit", STREAM_FLAG, ICB(s1, FLAGS, 2, UDF_AD_EMBEDDED)),
	D("directory among streams", STREAM_DIRECTORY_ENTRY, .edit = stream_entry_directory),
	D("system stream of a file", STREAM_NAME, .edit = system_stream_of_file, .before = true),
	D("link count of a stream", OWNED_LINK_COUNT, ICB(s1, LINK_COUNT, 2, 2)),
	D("streams of a stream", STREAM_FORBIDDEN, .edit = streams_of_stream),
	D("stream directory of two files", OWNED_TWICE, .edit = streams_shared),
};

const struct damages damages_of_objects = { rows, sizeof(rows) / sizeof(rows[0]) };
