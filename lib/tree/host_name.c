/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tree/host_name.h"

#define EXTENSION_MAX_BYTES 16u		/* with its dot; anything longer is not an extension */

/* Where the extension of NAME begins; its end where there is none. */
static const char *extension_of(const char *name)
{
	const char *end = name + strlen(name), *dot = strrchr(name, '.');

	if (!dot || dot == name || (size_t)(end - dot) > EXTENSION_MAX_BYTES)
		return end;
	return dot;
}

void tree_host_name(const char *name, unsigned nth, size_t cap_bytes, char ret_name[TREE_NAME_CAP])
{
	const char *extension = extension_of(name);
	size_t stem_bytes = (size_t)(extension - name), n_others;
	char number[16] = "";

	if (cap_bytes > TREE_NAME_CAP - 1)
		cap_bytes = TREE_NAME_CAP - 1;
	if (nth > 1 || strlen(name) > cap_bytes)
		snprintf(number, sizeof(number), "~%u", nth);
	n_others = strlen(number) + strlen(extension);
	if (stem_bytes + n_others > cap_bytes) {
		stem_bytes = cap_bytes > n_others ? cap_bytes - n_others : 0;
		while (stem_bytes > 0 && ((unsigned char)name[stem_bytes] & 0xC0) == 0x80)
			stem_bytes--;	/* remove the partial character */
	}
	snprintf(ret_name, TREE_NAME_CAP, "%.*s%s%s", (int)stem_bytes, name, number, extension);
}
