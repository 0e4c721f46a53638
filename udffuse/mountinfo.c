/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "mountinfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

struct wanted {
	const char *target, *source;
	dev_t dev;		/* where both are NULL */
};

static bool is_wanted(const struct wanted *w, const struct cli_mount *mount)
{
	if (w->target)
		return strcmp(mount->target, w->target) == 0;
	if (w->source)
		return strcmp(mount->source, w->source) == 0 && mountinfo_is_udffuse(mount);
	return mount->dev == w->dev;
}

/* Take the last one, because later mounts hide earlier ones. */
static bool find(const struct wanted *w, struct cli_mount *ret)
{
	struct cli_table table;
	struct cli_mount mount;

	ret->line = NULL;
	cli_table_open_mounts(&table, "self");
	while (cli_table_next_mount(&table, &mount)) {
		if (!is_wanted(w, &mount))
			continue;
		free(ret->line);
		*ret = mount;
		cli_table_keep_line(&table);
	}
	cli_table_close(&table);
	return ret->line != NULL;
}

bool mountinfo_find(const char *target, struct cli_mount *ret)
{
	return find(&(struct wanted){ .target = target }, ret);
}

bool mountinfo_find_source(const char *source, struct cli_mount *ret)
{
	return find(&(struct wanted){ .source = source }, ret);
}

bool mountinfo_has_device(dev_t dev)
{
	struct cli_mount entry;
	bool found = find(&(struct wanted){ .dev = dev }, &entry);

	if (found)
		mountinfo_done(&entry);
	return found;
}

void mountinfo_done(struct cli_mount *entry)
{
	free(entry->line);
	entry->line = NULL;
}

bool mountinfo_is_udffuse(const struct cli_mount *entry)
{
	return strcmp(entry->type, "fuse.udffuse") == 0 || strcmp(entry->type, "fuseblk.udffuse") == 0;
}

bool mountinfo_has_option(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (; *list; list += strcspn(list, ","), list += *list == ',')
		if (strcspn(list, ",") == n && strncmp(list, name, n) == 0)
			return true;
	return false;
}

unsigned long mountinfo_flags(const struct cli_mount *entry)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} table[] = {
		{ "ro", MS_RDONLY },	       { "nosuid", MS_NOSUID },		{ "nodev", MS_NODEV },
		{ "noexec", MS_NOEXEC },       { "noatime", MS_NOATIME },	{ "nodiratime", MS_NODIRATIME },
		{ "relatime", MS_RELATIME },   { "nosymfollow", MS_NOSYMFOLLOW },
	};
	unsigned long flags = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (mountinfo_has_option(entry->options, table[i].name))
			flags |= table[i].flag;
	return flags;
}

char *mountinfo_path(const char *path)
{
	size_t n = strlen(path);
	char *copy = strdup(path), *slash, *parent = NULL, *full = NULL;
	const char *name;

	while (copy && n > 1 && copy[n - 1] == '/')
		copy[--n] = '\0';
	if (!copy)
		return NULL;
	slash = strrchr(copy, '/');
	name = slash ? slash + 1 : copy;
	/* a name that identifies nothing, as "." */
	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		full = realpath(copy, NULL);
		goto out;
	}
	if (slash == copy)
		parent = strdup("");
	else if (slash)
		*slash = '\0';
	if (!parent) {
		parent = realpath(slash ? copy : ".", NULL);
		if (parent && strcmp(parent, "/") == 0)
			parent[0] = '\0';
	}
	if (parent && asprintf(&full, "%s/%s", parent, name) < 0)
		full = NULL;
	free(parent);
out:
	free(copy);
	return full;
}
