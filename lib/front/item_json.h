/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors as JSON. */
#ifndef UDF_FRONT_ITEM_JSON_H
#define UDF_FRONT_ITEM_JSON_H

#include "cli/cli.h"
#include "ecma/dump.h"

/**
 * Write an item of a dump; the items of one descriptor, in order, make one object.  Its first member,
 * "Descriptor", is the descriptor's name.  KEY names the object where it is a member itself, else it is NULL.
 */
void front_item_to_json(struct cli_json *json, const char *key, const struct udf_item *item);

#endif
