/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mode pages: what they hold, what may be changed.
 *
 * Page 05, the write parameters, belongs to the drive, not to the disc.  What it says matters only to CD-R(W) and to
 * DVD-R(W) that is written sequentially; their families check its values.
 */
#include "config.h"

#include <string.h>

#include "base/bytes.h"
#include "sim/family.h"
#include "sim/mode.h"

#define HEADER_BYTES 8u
#define PAGE_2A_BYTES 64u

/* Default values and mask, without code and length; what follows is zeros. */
static const struct page {
	uint8_t code, n_bytes;
	uint8_t initial[16], mask[16];
	bool masks_rest;		/* everything after byte 17 may be changed */
} pages[] = {
	{ 0x01, 12, { 0x00, 0x10, 0, 0, 0, 0, 0x08 }, { 0xF5, 0xFF, 0, 0, 0, 0, 0xFF }, false },
	{ 0x05, 52, { 0x60, 0x05, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x96 },
	  { 0x7F, 0xFF, 0x0F, 0xFF, 0x00, 0x3F, 0xFF, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, true },
	{ 0x08, 12, { 0x04 }, { 0x04 }, false },
	{ 0x0E, 16, { 0x04, 0, 0, 0, 0, 0x4B, 0x01, 0xFF, 0x02, 0xFF },
	  { 0x02, 0, 0, 0, 0, 0, 0x0F, 0xFF, 0x0F, 0xFF, 0x0F, 0xFF, 0x0F, 0xFF }, false },
	{ 0x1A, 12, { 0x00, 0x03, 0, 0, 0x02, 0x58, 0, 0, 0x12, 0xC0 },
	  { 0x00, 0x03, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, false },
	{ 0x1D, 10, { 0, 0, 0, 0, 0, 0x3C, 0x07, 0x08 }, { 0, 0, 0x04, 0, 0xFF, 0xFF, 0xFF, 0xFF }, false },
};
#define N_PAGES (sizeof(pages) / sizeof(*pages))

/* Where the page is in drive->pages. */
static uint32_t place_of(unsigned index)
{
	uint32_t at = 0;

	for (unsigned i = 0; i < index; i++)
		at += pages[i].n_bytes;
	return at;
}

static bool is_dvd(const struct sim *sim)
{
	return sim->disc && !sim->disc->kind->is_cd;
}

/* Default values, which follow the medium in part. */
static void put_initial(const struct sim *sim, const struct page *page, uint8_t *p)
{
	memset(p, 0, page->n_bytes);
	p[0] = page->code;
	p[1] = (uint8_t)(page->n_bytes - 2);
	memcpy(p + 2, page->initial, page->n_bytes - 2u < 16 ? page->n_bytes - 2u : 16);
	if (page->code == 0x05) {
		p[2] = sim_has(sim, QUIRK_NO_BUFE) ? 0x20 : p[2];
		p[5] = is_dvd(sim) ? 0x10 : 0x07;
		p[13] = is_dvd(sim) ? 0x10 : 0x20;
	}
	if (page->code == 0x01 && sim->disc && sim->disc->kind->family->replaces_defects)
		p[2] = 0xC0;
}

static void put_mask(const struct sim *sim, const struct page *page, uint8_t *p)
{
	memset(p, page->masks_rest ? 0xff : 0, page->n_bytes);
	p[0] = page->code;
	p[1] = (uint8_t)(page->n_bytes - 2);
	memcpy(p + 2, page->mask, page->n_bytes - 2u < 16 ? page->n_bytes - 2u : 16);
	if (page->code == 0x1D && sim_has(sim, QUIRK_SWPP))
		p[4] |= 0x03;
	if (page->code == 0x05 && sim_has(sim, QUIRK_NO_BUFE))
		p[2] &= 0xBF;
}

void sim_pages_reset(struct sim *sim)
{
	for (unsigned i = 0; i < N_PAGES; i++)
		put_initial(sim, &pages[i], sim->drive->pages + place_of(i));
}

void sim_page_reset(struct sim *sim, unsigned code)
{
	for (unsigned i = 0; i < N_PAGES; i++)
		if (pages[i].code == code)
			put_initial(sim, &pages[i], sim->drive->pages + place_of(i));
}

uint8_t sim_page_byte(const struct sim *sim, unsigned code, unsigned at)
{
	for (unsigned i = 0; i < N_PAGES; i++)
		if (pages[i].code == code && at < pages[i].n_bytes)
			return sim->drive->pages[place_of(i) + at];
	return 0;
}

void sim_page_set(struct sim *sim, unsigned code, unsigned at, uint8_t byte)
{
	for (unsigned i = 0; i < N_PAGES; i++)
		if (pages[i].code == code && at < pages[i].n_bytes)
			sim->drive->pages[place_of(i) + at] = byte;
}

static uint16_t speed_now(const struct sim *sim)
{
	uint32_t most = sim->disc ? sim->disc->kind->kbytes_per_s : 7056;
	uint32_t set = sim->drive->write_kbytes;

	return (uint16_t)(set && set < most ? set : most);
}

/* Capabilities: layout of MMC-3, numbers of a Pioneer BDR-203. */
static void put_capabilities(const struct sim *sim, bool mask, uint8_t *p)
{
	static const uint8_t head[] = { 0x2A, 0x3E, 0x3F, 0x37, 0xF1, 0x63, 0x29, 0x23 };
	uint16_t speed = speed_now(sim);

	memset(p, 0, PAGE_2A_BYTES);
	memcpy(p, head, mask ? 2 : sizeof(head));
	if (mask)
		return;
	if (sim->drive->locked)
		p[6] |= 0x02;
	put_be16(p + 8, speed);
	put_be16(p + 10, 0x0100);
	put_be16(p + 12, 0x0FA0);
	put_be16(p + 14, speed);
	put_be16(p + 18, speed);
	put_be16(p + 20, speed);
	put_be16(p + 22, 1);
	put_be16(p + 28, speed);
	put_be16(p + 30, 1);
	put_be16(p + 34, speed);
}

bool sim_uses_page05(const struct sim *sim)
{
	const struct sim_family *family = sim->disc ? sim->disc->kind->family : NULL;

	if (!family || !family->uses_page05)
		return false;
	return sim->disc->kind->is_cd || !family->is_random(sim);
}

static bool is_absent(const struct sim *sim, const struct page *page)
{
	return page->code == 0x05 && sim_has(sim, QUIRK_PAGE05_ABSENT) && sim->disc && !sim_uses_page05(sim);
}

static uint32_t put_page(const struct sim *sim, unsigned i, unsigned control, uint8_t *p)
{
	if (control == 1)
		put_mask(sim, &pages[i], p);
	else if (control == 2)
		put_initial(sim, &pages[i], p);
	else
		memcpy(p, sim->drive->pages + place_of(i), pages[i].n_bytes);
	return pages[i].n_bytes;
}

sim_sense cmd_mode_sense(struct sim *sim, struct sim_command *cmd)
{
	unsigned control = cmd->cdb[2] >> 6, code = cmd->cdb[2] & 0x3f;
	uint8_t reply[HEADER_BYTES + SIM_PAGES_BYTES + PAGE_2A_BYTES] = { 0 };
	uint32_t at = HEADER_BYTES;

	if (control == 3)
		return SENSE(5, 0x39, 0x00);
	for (unsigned i = 0; i < N_PAGES; i++)
		if ((code == 0x3f || code == pages[i].code) && !is_absent(sim, &pages[i]))
			at += put_page(sim, i, control, reply + at);
	if (code == 0x3f || code == 0x2A) {
		put_capabilities(sim, control == 1, reply + at);
		at += PAGE_2A_BYTES;
	}
	if (at == HEADER_BYTES)
		return sim_bad_field(cmd, 2, 5);
	put_be16(reply, (uint16_t)(at - 2));
	if (sim->disc && (sim->disc->tab || sim->disc->pwp))
		reply[3] = 0x80;
	return sim_reply(sim, cmd, reply, at, get_be16(cmd->cdb + 7));
}

/* ---- MODE SELECT ---- */

static sim_sense select_page(struct sim *sim, struct sim_command *cmd, const uint8_t *list, uint32_t at,
			     uint32_t left_bytes)
{
	uint8_t mask[64], *current;
	unsigned i = 0;

	while (i < N_PAGES && (pages[i].code != (list[at] & 0x3f) || is_absent(sim, &pages[i])))
		i++;
	if (i == N_PAGES)
		return sim_bad_list(cmd, (uint16_t)at);
	if (left_bytes < pages[i].n_bytes || list[at + 1] != pages[i].n_bytes - 2)
		return BAD_LIST_LENGTH;
	put_mask(sim, &pages[i], mask);
	current = sim->drive->pages + place_of(i);
	for (uint32_t k = 2; k < pages[i].n_bytes; k++)
		if ((list[at + k] ^ current[k]) & (uint8_t)~mask[k])
			return sim_bad_list(cmd, (uint16_t)(at + k));
	if (pages[i].code == 0x05 && sim->disc && sim->disc->kind->family->check_page05) {
		sim_sense sense = sim->disc->kind->family->check_page05(sim, cmd, list + at, (uint16_t)at);

		if (sense)
			return sense;
	}
	memcpy(current + 2, list + at + 2, pages[i].n_bytes - 2u);
	return 0;
}

/* Pages before one that is refused keep their new values, as in real drives. */
sim_sense cmd_mode_select(struct sim *sim, struct sim_command *cmd)
{
	uint32_t n_bytes = get_be16(cmd->cdb + 7), at = HEADER_BYTES;
	uint8_t list[512];

	if (!(cmd->cdb[1] & 0x10))
		return sim_bad_field(cmd, 1, 4);
	if (cmd->cdb[1] & 1)
		return sim_bad_field(cmd, 1, 0);
	if (n_bytes == 0)
		return 0;
	if (n_bytes < HEADER_BYTES + 2 || n_bytes > sizeof(list) || cmd->n_data_bytes < n_bytes)
		return BAD_LIST_LENGTH;
	memcpy(list, cmd->data, n_bytes);
	at += get_be16(list + 6);		/* block descriptors are ignored */
	if (at + 2 > n_bytes)
		return BAD_LIST_LENGTH;
	while (at + 2 <= n_bytes) {
		sim_sense sense = select_page(sim, cmd, list, at, n_bytes - at);

		if (sense)
			return sense;
		at += list[at + 1] + 2u;
	}
	cmd->n_done_bytes = n_bytes;
	sim->must_save = true;
	return 0;
}
