/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "skipped.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "say.h"

static void *must_have(void *memory)
{
	if (!memory)
		die("%s", strerror(ENOMEM));
	return memory;
}

struct skipped *skipped_new(void)
{
	return must_have(calloc(1, sizeof(struct skipped)));
}

void skipped_free(struct skipped *skipped)
{
	if (!skipped)
		return;
	for (size_t i = 0; i < skipped->n_items; i++) {
		free(skipped->items[i].path);
		free(skipped->items[i].reason);
	}
	free(skipped->items);
	free(skipped);
}

void skipped_add(struct skipped *skipped, const char *path, const char *reason)
{
	if (skipped->n_items == skipped->cap) {
		skipped->cap = skipped->cap ? skipped->cap * 2 : 16;
		skipped->items = must_have(reallocarray(skipped->items, skipped->cap, sizeof(*skipped->items)));
	}
	skipped->items[skipped->n_items++] = (struct skipped_item){
		.path = must_have(strdup(path)), .reason = must_have(strdup(reason)),
	};
}

void skipped_print(const struct skipped *skipped, const char *directory, const char *device, bool is_made)
{
	if (skipped->n_items == 0)
		return;
	for (size_t i = 0; i < skipped->n_items; i++)
		cli_say("mkudffs: %s/%s: skipped: %s", directory, skipped->items[i].path, skipped->items[i].reason);
	cli_say("mkudffs: %s: the volume %s without what is listed above (skipped: %zu)", device,
		is_made ? "was made" : "would be made", skipped->n_items);
}
