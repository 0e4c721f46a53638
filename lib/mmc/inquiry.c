/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mmc/inquiry.h"

void mmc_text_copy(const uint8_t *field, size_t n_bytes, char *ret_text)
{
	while (n_bytes && (field[n_bytes - 1] == ' ' || field[n_bytes - 1] == 0))
		n_bytes--;
	for (size_t i = 0; i < n_bytes; i++)
		ret_text[i] = field[i] >= 0x20 && field[i] < 0x7F ? (char)field[i] : '?';
	ret_text[n_bytes] = 0;
}

enum udf_err mmc_inquiry_parse(const uint8_t *reply, size_t n_bytes, struct mmc_inquiry *ret_inquiry)
{
	struct mmc_inquiry inquiry = { 0 };

	if (n_bytes < 5)
		return UDF_E_CORRUPT;
	inquiry.is_optical = (reply[0] & 0x1F) == 5;
	if (n_bytes >= 16)
		mmc_text_copy(reply + 8, 8, inquiry.vendor);
	if (n_bytes >= 32)
		mmc_text_copy(reply + 16, 16, inquiry.product);
	if (n_bytes >= 36)
		mmc_text_copy(reply + 32, 4, inquiry.revision);
	*ret_inquiry = inquiry;
	return UDF_OK;
}
