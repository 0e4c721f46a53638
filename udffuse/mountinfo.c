/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "mountinfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#define MOUNTINFO "/proc/self/mountinfo"

/* "\040" stands for a space, and so on. */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		if (s[0] == '\\' && strspn(s + 1, "01234567") >= 3) {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

/*
 * "36 35 98:0 /root /target rw,noatime master:1 - type source rw,errors=continue": between the options and the dash
 * any number of fields.  The words become strings of LINE.
 */
static bool parse(char *line, struct mount_entry *ret)
{
	enum { ID, PARENT, DEVICE, ROOT, TARGET, OPTIONS, N_FIRST };
	char *words[N_FIRST] = { NULL }, *rest = line, *word, *type, *source, *super_options;

	line[strcspn(line, "\n")] = '\0';
	for (int i = 0; i < N_FIRST; i++)
		words[i] = strsep(&rest, " ");
	do
		word = strsep(&rest, " ");
	while (word && strcmp(word, "-") != 0);
	type = strsep(&rest, " ");
	source = strsep(&rest, " ");
	super_options = strsep(&rest, " ");
	if (!super_options || sscanf(words[DEVICE], "%u:%u", &ret->major, &ret->minor) != 2)
		return false;
	unescape(words[TARGET]);
	unescape(source);
	ret->line = line;
	ret->target = words[TARGET];
	ret->options = words[OPTIONS];
	ret->type = type;
	ret->source = source;
	ret->super_options = super_options;
	return true;
}

struct wanted {
	const char *target, *source;
	unsigned major, minor;	/* where both are NULL */
};

static bool is_wanted(const struct wanted *w, const struct mount_entry *entry)
{
	if (w->target)
		return strcmp(entry->target, w->target) == 0;
	if (w->source)
		return strcmp(entry->source, w->source) == 0 && mountinfo_is_udffuse(entry);
	return entry->major == w->major && entry->minor == w->minor;
}

/* The last one: later mounts hide earlier ones. */
static bool find(const struct wanted *w, struct mount_entry *ret)
{
	FILE *f = fopen(MOUNTINFO, "re");
	struct mount_entry entry, found = { .line = NULL };
	char *line = NULL;
	size_t cap = 0;

	if (!f)
		return false;
	while (getline(&line, &cap, f) >= 0) {
		if (!parse(line, &entry) || !is_wanted(w, &entry))
			continue;
		free(found.line);
		found = entry;
		line = NULL;
		cap = 0;
	}
	free(line);
	fclose(f);
	*ret = found;
	return found.line != NULL;
}

bool mountinfo_find(const char *target, struct mount_entry *ret)
{
	return find(&(struct wanted){ .target = target }, ret);
}

bool mountinfo_find_source(const char *source, struct mount_entry *ret)
{
	return find(&(struct wanted){ .source = source }, ret);
}

bool mountinfo_has_device(unsigned major, unsigned minor)
{
	struct mount_entry entry;
	bool found = find(&(struct wanted){ .major = major, .minor = minor }, &entry);

	if (found)
		mountinfo_done(&entry);
	return found;
}

void mountinfo_done(struct mount_entry *entry)
{
	free(entry->line);
	entry->line = NULL;
}

bool mountinfo_is_udffuse(const struct mount_entry *entry)
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

unsigned long mountinfo_flags(const struct mount_entry *entry)
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
	/* a name that says nothing by itself, as "." */
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
