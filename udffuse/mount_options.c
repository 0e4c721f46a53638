/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of -o: our own, those of the kernel's udf, and those that mount(8) and fstab(5) have for every filesystem.
 */
#include "config.h"

#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

/*
 * Words that have no effect here: those of mount(8) and fstab(5), and hints of the kernel's udf.  Only the beginning
 * of a word is compared with "NAME=" and "x-NAME".
 */
static const char *const ignored[] = {
	"auto", "noauto", "defaults", "user", "nouser", "users", "nousers", "owner", "noowner",
	"group", "nogroup", "_netdev", "nofail", "loud", "silent", "async", "relatime", "norelatime",
	"strictatime", "nostrictatime", "lazytime", "nolazytime", "noatime", "diratime", "atime", "iversion",
	"noiversion", "mand", "nomand", "nonempty", "iocharset=utf8", "utf8", "nodiratime", "discard", "nodiscard",
	"auto_unmount", "comment", "symfollow", "dirasync", "quota", "noquota", "usrquota", "grpquota",
	"noloop", "unhide", "adinicb", "noadinicb", "shortad", "longad", "strict", "nostrict",
};
static const char *const ignored_starts[] = { "x-", "X-", "comment=", "user=", "subtype=", "fsname=",
					      "helper=", "uhelper=", "user_id=", "group_id=", "blksize=",
					      "max_read=", "rootmode=" };
static const char *const for_kernel[] = { "suid", "nosuid", "dev", "nodev", "exec", "noexec", "sync",
					  "dirsync" };
/* Labels of security modules.  They may contain commas inside quotation marks. */
static const char *const for_kernel_starts[] = { "context=", "fscontext=", "defcontext=", "rootcontext=" };

static bool is_in(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}
#define IS_IN(word, list) is_in(word, list, sizeof(list) / sizeof((list)[0]))

static bool starts_with(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strncmp(word, list[i], strlen(list[i])) == 0)
			return true;
	return false;
}
#define STARTS_WITH(word, list) starts_with(word, list, sizeof(list) / sizeof((list)[0]))

/*
 * Options of the kernel's udf that udffuse does not have.  A line of fstab with one still works, and a message says
 * what to use instead.
 */
static bool is_of_kernel(const char *word)
{
	static const struct {
		const char *start, *instead;
	} table[] = {
		{ "undelete", "deleted names are not shown; to recover them, copy the image before anything is "
			      "written to it" },
		{ "iocharset=", "names are always in UTF-8; leave it out" },
		{ "volume=", "the kernel ignores it too; leave it out" },
		{ "partition=", "the kernel ignores it too; leave it out" },
		{ "fileset=", "the kernel ignores it too; leave it out" },
		{ "rootdir=", "the kernel ignores it too; leave it out" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strncmp(word, table[i].start, strlen(table[i].start)) != 0)
			continue;
		say(UDF_LOG_WARNING, "mount option '%s' is ignored: %s", word, table[i].instead);
		return true;
	}
	return false;
}

static uint64_t number_of(const struct cli_tool *tool, const char *word, const char *value, uint64_t min,
			  uint64_t max)
{
	uint64_t number;

	if (cli_parse_number(value, min, max, &number))
		cli_bad_usage(tool, "mount option '%s': not a number from %llu to %llu", word,
			      (unsigned long long)min, (unsigned long long)max);
	return number;
}

static mode_t mode_of(const struct cli_tool *tool, const char *word, const char *value)
{
	char *end;
	unsigned long mask = strtoul(value, &end, 8);

	if (!value[0] || strspn(value, "01234567") != strlen(value) || mask > 07777)
		cli_bad_usage(tool, "mount option '%s': not an octal number up to 7777", word);
	return (mode_t)mask;
}

/* uid= and gid=: a number, or one of the words that the kernel's udf accepts. */
static void take_id(const struct cli_tool *tool, const char *word, const char *value, bool *has, unsigned *id,
		    bool *forgets)
{
	if (strcmp(value, "forget") == 0) {
		*forgets = true;
	} else if (strcmp(value, "ignore") == 0) {
		*has = true;
	} else {
		*id = (unsigned)number_of(tool, word, value, 0, UINT32_MAX - 1);
		*has = true;
	}
}

/* How owners and modes are shown. */
static bool take_presentation(struct presentation *show, const struct cli_tool *tool, const char *word,
			      size_t n, const char *value)
{
	if (strncmp(word, "uid", n) == 0 && n == 3) {
		take_id(tool, word, value, &show->has_uid, &show->uid, &show->forgets_uid);
	} else if (strncmp(word, "gid", n) == 0 && n == 3) {
		take_id(tool, word, value, &show->has_gid, &show->gid, &show->forgets_gid);
	} else if (strncmp(word, "umask", n) == 0 && n == 5) {
		show->umask = mode_of(tool, word, value) & 0777;
	} else if (strncmp(word, "mode", n) == 0 && n == 4) {
		show->mode = mode_of(tool, word, value) & 0777;
		show->has_mode = true;
	} else if (strncmp(word, "dmode", n) == 0 && n == 5) {
		show->dmode = mode_of(tool, word, value) & 0777;
		show->has_dmode = true;
	} else {
		return false;
	}
	return true;
}

/* Where the volume begins and ends. */
static bool take_place(struct udf_vol_options *vol, const struct cli_tool *tool, const char *word, size_t n,
		       const char *value)
{
	if (strncmp(word, "bs", n) == 0 && n == 2) {
		if (cli_parse_block_bytes(value, &vol->block_bytes))
			cli_bad_usage(tool, "mount option '%s': not a power of two from 512 to 32768", word);
	} else if (strncmp(word, "session", n) == 0 && n == 7) {
		vol->session_lsn = (uint32_t)number_of(tool, word, value, 0, UINT32_MAX);
	} else if (strncmp(word, "anchor", n) == 0 && n == 6) {
		vol->anchor_lsn = number_of(tool, word, value, 0, UINT32_MAX);
	} else if (strncmp(word, "lastblock", n) == 0 && n == 9) {
		vol->last_lsn = number_of(tool, word, value, 0, UINT32_MAX);
	} else {
		return false;
	}
	return true;
}

/* Options with a value; false if WORD is none of them. */
static bool take_value(struct options *o, const struct cli_tool *tool, const char *word)
{
	const char *value = strchr(word, '=');
	size_t n = value ? (size_t)(value++ - word) : 0;
	uint64_t n_bytes;

	if (!value)
		return false;
	if (strncmp(word, "cache", n) == 0 && n == 5) {
		if (cli_parse_size(value, 1, &n_bytes) || n_bytes < 1u << 20 || n_bytes > 1u << 30)
			cli_bad_usage(tool, "mount option '%s': not a size from 1M to 1G", word);
		o->cache_bytes = (uint32_t)n_bytes;
		return true;
	}
	if (strncmp(word, "commit", n) == 0 && n == 6) {
		o->commit_seconds = (uint32_t)number_of(tool, word, value, 1, 86400);
		return true;
	}
	return take_presentation(&o->show, tool, word, n, value) || take_place(&o->vol, tool, word, n, value);
}

static void take_word(struct options *o, const struct cli_tool *tool, const char *word)
{
	if (strcmp(word, "ro") == 0)
		o->read_only = true;
	else if (strcmp(word, "rw") == 0)
		o->read_only = false;
	else if (strcmp(word, "allow_other") == 0)
		o->others = OTHERS_ALLOWED;
	else if (strcmp(word, "no_allow_other") == 0)
		o->others = OTHERS_KEPT_OUT;
	else if (strcmp(word, "default_permissions") == 0)
		o->modes = MODES_CHECKED;
	else if (strcmp(word, "no_default_permissions") == 0)
		o->modes = MODES_UNCHECKED;
	else if (strcmp(word, "remount") == 0)
		o->remount = true;
	else if (strcmp(word, "novrs") == 0)
		o->vol.ignores_recognition = true;
	else if (strcmp(word, "nosymfollow") == 0)
		o->no_symlinks = true;
	else if (IS_IN(word, for_kernel))
		fuse_opt_add_opt(&o->kernel_flags, word);
	else if (STARTS_WITH(word, for_kernel_starts))
		fuse_opt_add_opt_escaped(&o->kernel_flags, word);
	else if (word[0] && !IS_IN(word, ignored) && !take_value(o, tool, word) &&
		 !STARTS_WITH(word, ignored_starts) && !is_of_kernel(word))
		cli_bad_usage(tool, "unknown mount option '%s'", word);
}

/* The end of a word: a comma that is not in quotation marks. */
static char *end_of(char *word)
{
	bool quoted = false;

	for (; *word && (quoted || *word != ','); word++)
		if (*word == '"')
			quoted = !quoted;
	return word;
}

void options_take_words(struct options *o, const char *list, const struct cli_tool *tool)
{
	char *copy = strdup(list), *word = copy, *end;
	bool is_last = !copy;

	while (!is_last) {
		end = end_of(word);
		is_last = *end == '\0';
		*end = '\0';
		take_word(o, tool, word);
		word = end + 1;
	}
	free(copy);
}
