/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "front/item_json.h"

void front_item_to_json(struct cli_json *json, const char *key, const struct udf_item *item)
{
	const char *name = item->depth ? item->name : key;

	switch (item->kind) {
	case UDF_ITEM_OPEN:
		if (item->is_list)
			cli_json_list(json, name);
		else
			cli_json_object(json, name);
		if (item->depth == 0 && item->name)
			cli_json_text(json, "Descriptor", item->name);
		break;
	case UDF_ITEM_CLOSE:
		if (item->is_list)
			cli_json_list_end(json);
		else
			cli_json_object_end(json);
		break;
	case UDF_ITEM_TEXT:
		cli_json_text(json, name, item->text);
		break;
	case UDF_ITEM_NUMBER:	/* JSON has no hexadecimal numbers */
		if (item->is_signed)
			cli_json_signed(json, name, (int64_t)item->number);
		else
			cli_json_number(json, name, item->number);
		break;
	}
}
