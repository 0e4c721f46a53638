// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a sparable partition and its sparing tables may be (UDF 2.2.9, 2.2.12). */
#include "base/checked.h"
#include "vol/internal.h"

#define FAR_SECTORS 1000u	/* one scratch should not reach two copies */

static void check_packets(const struct udf_vol *vol, const struct udf_part *part, struct udf_sink *sink)
{
	uint32_t packet = vol->sparing->packet_blocks;

	if (part->start_lsn % packet || part->n_blocks % packet)
		udf_report(sink, UDF_P_PART_PACKETS, vol_place(part->start_lsn, "partition"),
			   part->start_lsn % packet ? part->start_lsn : part->n_blocks, packet);
}

static void check_tables(const struct udf_vol *vol, struct udf_sink *sink)
{
	const struct udf_sparing *sparing = vol->sparing;
	uint32_t packet = sparing->packet_blocks, low = UINT32_MAX, high = 0;
	unsigned i, j;

	for (i = 0; i < sparing->n_tables; i++) {
		uint32_t lsn = sparing->table_lsn[i];

		low = (uint32_t)udf_min64(low, lsn);
		high = (uint32_t)udf_max64(high, lsn);
		for (j = 0; j < i && sparing->table_lsn[j] / packet != lsn / packet; j++)
			;
		if (lsn % packet || j < i)
			udf_report(sink, UDF_P_SPARING_TABLE_PACKET, vol_place(lsn, "sparing table"), lsn, packet);
	}
	/* A small volume has no room for a distance. */
	if (sparing->n_tables > 1 && high - low < FAR_SECTORS && vol->n_sectors > 2 * FAR_SECTORS)
		udf_report(sink, UDF_P_SPARING_TABLES_NEAR, vol_place(low, "sparing table"), high - low, FAR_SECTORS);
}

void vol_check_sparing(const struct udf_vol *vol, struct udf_sink *sink)
{
	unsigned ref;

	for (ref = 0; ref < vol->n_parts && vol->sparing; ref++)
		if (vol->parts[ref].kind == UDF_MAP_SPARABLE)
			check_packets(vol, &vol->parts[ref], sink);
	if (vol->sparing)
		check_tables(vol, sink);
}
