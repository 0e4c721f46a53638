/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing a list of allocation descriptors: as many as fit into the area of an ICB (of a file or of a space
 * table), and the remaining ones into a chain of allocation extent descriptors (AEDs, ECMA-167 4/14.5), one
 * block each.  extent_map.h reads what this writes.
 */
#ifndef UDF_VOL_AD_CHAIN_H
#define UDF_VOL_AD_CHAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <udfkit/error.h>

#include "ecma/types.h"

struct udf_vol;

/** Blocks that one descriptor can name; its length in bytes has 30 bits. */
static inline uint32_t udf_ad_max_blocks(uint32_t block_bytes)
{
	return 0x3FFFFFFFu / block_bytes;
}

struct udf_ad_list {
	enum udf_ad_kind kind;		/* UDF_AD_SHORT or UDF_AD_LONG */
	uint16_t part_ref;		/* of the extents */
	uint16_t aed_part_ref;		/* of the AEDs: that of the ICB */
	uint32_t block_bytes;
	uint32_t area_bytes;		/* in the ICB, for descriptors */
	/*
	 * Gives the next descriptor of the list, with its length and type and its block, 0 in a hole.
	 * False after the last.
	 */
	bool (*next)(void *ctx, struct udf_short_ad *ret_ad);
	void *ctx;
};

/** Descriptors that the ICB holds if N_AEDS follow.  The one that names the first AED is not counted. */
uint32_t udf_ad_list_in_area(const struct udf_ad_list *list, uint64_t n_aeds);

/** Descriptors that an AED holds; the one that names the next AED takes the place of one of them. */
uint32_t udf_ad_list_in_aed(const struct udf_ad_list *list);

/** AEDs that N_ADS descriptors need: UINT32_MAX where the area has no room for one that names an AED. */
uint32_t udf_ad_list_n_aeds(const struct udf_ad_list *list, uint64_t n_ads);

/** The most descriptors that the area and N_AEDS AEDs hold. */
uint64_t udf_ad_list_capacity(const struct udf_ad_list *list, uint32_t n_aeds);

/**
 * Put descriptors from list->next into AREA (area_bytes), and zeros into what remains of it.
 *
 * @aed_lbns  Blocks of the AEDs that follow, N_AEDS of them; may be NULL if there are none.
 * Returns the bytes that the descriptors take.
 */
uint32_t udf_ad_list_put(const struct udf_ad_list *list, const uint32_t *aed_lbns, uint32_t n_aeds,
			 uint8_t *ret_area);

/**
 * Write the AEDs with the descriptors that list->next gives from here on; neighbours go out in one write.
 * There must be a descriptor for each AED; those for which N_AEDS AEDs have no room are left out.
 *
 * @buffer  Scratch of N_BUFFER_BLOCKS blocks, one or more.
 * @ret_lbn  The block at which a write failed; untouched otherwise.
 * Returns as udf_vol_write().  The caller flushes before it lets an ICB refer to the chain.
 */
enum udf_err udf_ad_list_write_aeds(struct udf_vol *vol, const struct udf_ad_list *list, const uint32_t *aed_lbns,
				    uint32_t n_aeds, uint8_t *buffer, uint32_t n_buffer_blocks, uint32_t *ret_lbn);

#endif
