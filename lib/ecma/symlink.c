/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cs0.h"
#include "ecma/symlink.h"

enum component_type {
	COMPONENT_AGREED_ROOT = 1,
	COMPONENT_ROOT = 2,
	COMPONENT_PARENT = 3,
	COMPONENT_CURRENT = 4,
	COMPONENT_NAME = 5,
};

/* Add one component.  NAME is used only for COMPONENT_NAME. */
static enum udf_err component_put(uint8_t *ret, size_t cap, enum component_type type,
				  const char *name, size_t n_name_bytes, size_t *ret_n_bytes)
{
	uint8_t cs0[UDF_CS0_NAME_MAX_BYTES];
	size_t n_cs0_bytes = 0;
	enum udf_err err;

	if (type == COMPONENT_NAME) {
		if (memchr(name, '\0', n_name_bytes))
			return UDF_E_BAD_NAME;
		err = udf_cs0_from_utf8(name, n_name_bytes, cs0, sizeof(cs0), &n_cs0_bytes);
		if (err)
			return err;
	}
	if (cap < UDF_COMPONENT_FIXED_BYTES + n_cs0_bytes)
		return UDF_E_NAME_TOO_LONG;
	ret[0] = (uint8_t)type;
	ret[UDF_COMPONENT_NAME_BYTES_AT] = (uint8_t)n_cs0_bytes;
	put_le16(ret + UDF_COMPONENT_VERSION_AT, 0);
	memcpy(ret + UDF_COMPONENT_FIXED_BYTES, cs0, n_cs0_bytes);
	*ret_n_bytes = UDF_COMPONENT_FIXED_BYTES + n_cs0_bytes;
	return UDF_OK;
}

static enum component_type type_of_name(const char *name, size_t n_bytes)
{
	if (n_bytes == 1 && name[0] == '.')
		return COMPONENT_CURRENT;
	if (n_bytes == 2 && name[0] == '.' && name[1] == '.')
		return COMPONENT_PARENT;
	return COMPONENT_NAME;
}

static size_t skip_slashes(const char *path, size_t n_path_bytes, size_t at)
{
	while (at < n_path_bytes && path[at] == '/')
		at++;
	return at;
}

enum udf_err udf_symlink_from_path(const char *path, size_t n_path_bytes, uint8_t *ret_data,
				   size_t cap, size_t *ret_n_bytes)
{
	size_t at, n_bytes = 0, n;
	enum udf_err err;

	if (n_path_bytes == 0)
		return UDF_E_INVAL;
	if (path[0] == '/') {
		err = component_put(ret_data, cap, COMPONENT_AGREED_ROOT, NULL, 0, &n_bytes);
		if (err)
			return err;
	}
	at = skip_slashes(path, n_path_bytes, 0);
	while (at < n_path_bytes) {
		const char *name = path + at;
		const char *slash = memchr(name, '/', n_path_bytes - at);
		size_t n_name = slash ? (size_t)(slash - name) : n_path_bytes - at;

		err = component_put(ret_data + n_bytes, cap - n_bytes, type_of_name(name, n_name),
				    name, n_name, &n);
		if (err)
			return err;
		n_bytes += n;
		at = skip_slashes(path, n_path_bytes, at + n_name);
		if (at == n_path_bytes && slash) {
			err = component_put(ret_data + n_bytes, cap - n_bytes, COMPONENT_CURRENT,
					    NULL, 0, &n);
			if (err)
				return err;
			n_bytes += n;
		}
	}
	*ret_n_bytes = n_bytes;
	return UDF_OK;
}

/* The path that is being built.  There is always room for a NUL after it. */
struct path {
	char *bytes;
	size_t n_bytes, cap;
};

static enum udf_err path_add(struct path *path, const char *text, size_t n_bytes)
{
	bool needs_slash = path->n_bytes > 0 && path->bytes[path->n_bytes - 1] != '/';

	if (path->cap - path->n_bytes <= n_bytes + (needs_slash ? 1 : 0))
		return UDF_E_NAME_TOO_LONG;
	if (needs_slash)
		path->bytes[path->n_bytes++] = '/';
	memcpy(path->bytes + path->n_bytes, text, n_bytes);
	path->n_bytes += n_bytes;
	return UDF_OK;
}

static enum udf_err component_get(struct path *path, uint8_t type, const uint8_t *id, size_t n_id)
{
	char name[UDF_HOST_NAME_MAX_BYTES + 1];
	size_t n_name;
	enum udf_err err;

	switch (type) {
	case COMPONENT_AGREED_ROOT:
	case COMPONENT_ROOT:
		path->n_bytes = 0;
		return path_add(path, "/", 1);
	case COMPONENT_PARENT:
		return path_add(path, "..", 2);
	case COMPONENT_CURRENT:
		return path_add(path, ".", 1);
	case COMPONENT_NAME:
		if (n_id < 2)
			return UDF_E_CORRUPT;
		err = udf_host_name(id, n_id, name, &n_name);
		return err ? err : path_add(path, name, n_name);
	default:
		return UDF_E_CORRUPT;
	}
}

enum udf_err udf_symlink_to_path(const uint8_t *data, size_t n_bytes, char *ret_path, size_t cap)
{
	struct path path = { .bytes = ret_path, .cap = cap };

	if (n_bytes == 0)
		return UDF_E_CORRUPT;
	for (size_t at = 0; at < n_bytes;) {
		size_t n_id;
		enum udf_err err;

		if (n_bytes - at < UDF_COMPONENT_FIXED_BYTES)
			return UDF_E_CORRUPT;
		n_id = data[at + UDF_COMPONENT_NAME_BYTES_AT];
		if (n_bytes - at - UDF_COMPONENT_FIXED_BYTES < n_id)
			return UDF_E_CORRUPT;
		err = component_get(&path, data[at], data + at + UDF_COMPONENT_FIXED_BYTES, n_id);
		if (err)
			return err;
		at += UDF_COMPONENT_FIXED_BYTES + n_id;
	}
	ret_path[path.n_bytes] = '\0';
	return UDF_OK;
}
