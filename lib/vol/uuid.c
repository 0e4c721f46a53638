/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The uuid that readers derive from a volume set identifier (udflabel(8)), and a new one. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "vol/vol.h"

#define UUID_DIGITS 16u
#define MIN_BYTES 8u

size_t udf_vol_uuid(const char *full_vsid, char ret_uuid[17])
{
	size_t n_bytes = strlen(full_vsid), n_hex = 0, n_taken, i, at;

	ret_uuid[0] = 0;
	if (n_bytes < MIN_BYTES)
		return 0;
	while (isxdigit((unsigned char)full_vsid[n_hex]))
		n_hex++;
	n_taken = n_hex >= UUID_DIGITS ? UUID_DIGITS : n_hex >= MIN_BYTES ? MIN_BYTES : 0;
	for (at = 0; at < n_taken; at++)
		ret_uuid[at] = (char)tolower((unsigned char)full_vsid[at]);
	for (i = n_taken; at < UUID_DIGITS; i++, at += 2)
		snprintf(ret_uuid + at, 3, "%02x", i < n_bytes ? (unsigned char)full_vsid[i] : 0);
	ret_uuid[UUID_DIGITS] = 0;
	return n_taken;
}

/* 8 digits of the time, 8 unique ones (UDF 2.2.2.5). */
void udf_vol_new_uuid(const struct udf_time *time, const struct udf_env *env, char ret_uuid[17])
{
	uint8_t random[4];

	env->random(env->ctx, random, sizeof(random));
	snprintf(ret_uuid, UUID_DIGITS + 1, "%08x%02x%02x%02x%02x",
		 (unsigned)((uint64_t)time->seconds & 0xFFFFFFFFu), random[0], random[1], random[2], random[3]);
}
