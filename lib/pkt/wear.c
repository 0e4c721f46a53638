/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/checked.h"
#include "pkt/wear.h"

#define PAGE_PACKETS 4096u
#define MAX_PAGES 65536u	/* 16 TiB of packets of 64 KiB */

void pkt_wear_init(struct pkt_wear *wear, uint64_t n_packets)
{
	*wear = (struct pkt_wear){ .n_pages = (size_t)udf_min64(udf_ceil_div(n_packets, PAGE_PACKETS), MAX_PAGES) };
}

void pkt_wear_done(struct pkt_wear *wear)
{
	for (size_t i = 0; wear->pages && i < wear->n_pages; i++)
		free(wear->pages[i]);
	free(wear->pages);
}

void pkt_wear_count(struct pkt_wear *wear, uint64_t no)
{
	uint64_t page = no / PAGE_PACKETS;
	uint16_t *count;

	if (!wear->pages)
		wear->pages = calloc(wear->n_pages, sizeof(*wear->pages));
	wear->is_incomplete |= !wear->pages;
	if (!wear->pages || page >= wear->n_pages)
		return;
	if (!wear->pages[page])
		wear->pages[page] = calloc(PAGE_PACKETS, sizeof(**wear->pages));
	wear->is_incomplete |= !wear->pages[page];
	if (!wear->pages[page])
		return;
	count = &wear->pages[page][no % PAGE_PACKETS];
	if (*count < UINT16_MAX)
		++*count;
	if (*count > wear->max) {
		wear->max = *count;
		wear->max_no = no;
	}
}

bool pkt_wear_may_be_written(const struct pkt_wear *wear, uint64_t no)
{
	uint64_t page = no / PAGE_PACKETS;

	if (wear->is_incomplete || page >= wear->n_pages)
		return true;
	return wear->pages && wear->pages[page] && wear->pages[page][no % PAGE_PACKETS] > 0;
}
