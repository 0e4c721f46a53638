/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bytes.h"
#include "base/checked.h"
#include "mmc/mode_page.h"

enum udf_err mmc_mode_page_find(const uint8_t *reply, size_t n_bytes, uint8_t page, const uint8_t **ret_page,
				uint32_t *ret_n_bytes)
{
	uint64_t end, at;

	if (n_bytes < MMC_MODE_HEADER_BYTES)
		return UDF_E_NOT_FOUND;
	end = udf_min64(n_bytes, get_be16(reply) + 2u);
	for (at = MMC_MODE_HEADER_BYTES + (uint64_t)get_be16(reply + 6); at + 2 <= end; at += 2u + reply[at + 1]) {
		if ((reply[at] & 0x3F) != page)
			continue;
		if (at + 2 + reply[at + 1] > end)
			break;
		*ret_page = reply + at;
		*ret_n_bytes = 2u + reply[at + 1];
		return UDF_OK;
	}
	return UDF_E_NOT_FOUND;
}

enum udf_err mmc_write_parameters_parse(const uint8_t *page, uint32_t n_bytes,
					struct mmc_write_parameters *ret_parameters)
{
	if (n_bytes < MMC_WRITE_PAGE_MIN_BYTES)
		return UDF_E_CORRUPT;
	*ret_parameters = (struct mmc_write_parameters){
		.is_underrun_free = page[2] & 0x40,
		.is_link_size_valid = page[2] & 0x20,
		.is_test = page[2] & 0x10,
		.write_type = page[2] & 0x0F,
		.multi_session = page[3] >> 6,
		.is_fixed_packet = page[3] & 0x20,
		.track_mode = page[3] & 0x0F,
		.data_block_type = page[4] & 0x0F,
		.link_size = page[5],
		.session_format = page[8],
		.packet_blocks = get_be32(page + 10),
	};
	return UDF_OK;
}

void mmc_write_parameters_encode(const struct mmc_write_parameters *p, uint8_t *page, uint32_t n_bytes)
{
	static const uint8_t subheader[4] = { 0, 0, 8, 0 };	/* data in mode 2 form 1 */

	if (n_bytes < MMC_WRITE_PAGE_MIN_BYTES)
		return;
	page[0] &= 0x3F;
	page[2] = (uint8_t)((page[2] & 0x80) | p->is_underrun_free << 6 | p->is_link_size_valid << 5 | p->is_test << 4 |
			    (p->write_type & 0x0F));
	page[3] = (uint8_t)(p->multi_session << 6 | p->is_fixed_packet << 5 | (page[3] & 0x10) |
			    (p->track_mode & 0x0F));
	page[4] = (uint8_t)((page[4] & 0xF0) | (p->data_block_type & 0x0F));
	page[5] = p->link_size;
	page[7] = 0;			/* the host application code of a disc of ours */
	page[8] = p->session_format;
	put_be32(page + 10, p->packet_blocks);
	if (n_bytes >= 52)
		memcpy(page + 48, p->data_block_type == 10 ? subheader : (const uint8_t[4]){ 0 }, sizeof(subheader));
}

enum udf_err mmc_capabilities_parse(const uint8_t *page, uint32_t n_bytes, struct mmc_capabilities *ret_capabilities)
{
	struct mmc_capabilities c = { 0 };

	if (n_bytes < 14)
		return UDF_E_CORRUPT;
	c.reads_dvd_ram = page[2] & 0x20;
	c.reads_fixed_packets = page[2] & 0x04;
	c.reads_cd_rw = page[2] & 0x02;
	c.writes_dvd_ram = page[3] & 0x20;
	c.writes_dvd_r = page[3] & 0x10;
	c.writes_cd_rw = page[3] & 0x02;
	c.writes_cd_r = page[3] & 0x01;
	c.is_locked = page[6] & 0x02;
	c.buffer_kib = get_be16(page + 12);
	if (n_bytes >= 22) {
		c.max_write_kbs = get_be16(page + 18);
		c.write_kbs = get_be16(page + 20);
	}
	if (n_bytes >= 30)
		c.write_kbs = get_be16(page + 28);
	*ret_capabilities = c;
	return UDF_OK;
}
