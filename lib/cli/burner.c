/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "cli/burner.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 1024u
#define MAX_LINES 10000u
#define BLANKS " \t"

/* CDR_NAME of the environment, or of the file. */
struct setting {
	const char *name;
	char value[CLI_BURNER_TEXT_BYTES];
};

enum { DEVICE, SPEED, FIFO, MAX_FIFO, N_SETTINGS };

struct lookup {
	const char *path;		/* of the file */
	struct setting file[N_SETTINGS];
	const char *wanted;		/* the drive whose row is looked for; NULL: none */
	bool has_row;
	struct cli_burner row;
};

/* The next word at *AT into RET; "" is an empty one, and -1 says nothing.  False: it is too long. */
static bool take_word(const char **at, char ret[CLI_BURNER_TEXT_BYTES])
{
	size_t n;

	*at += strspn(*at, BLANKS);
	n = strcspn(*at, BLANKS);
	if (n >= CLI_BURNER_TEXT_BYTES)
		return false;
	memcpy(ret, *at, n);
	ret[n] = '\0';
	*at += n;
	if (strcmp(ret, "\"\"") == 0 || strcmp(ret, "-1") == 0)
		ret[0] = '\0';
	return true;
}

/* "NAME=VALUE": CDR_SPEED=4, or a row of the table, "yamaha= 0,6,0 4 2m burnfree".  False: it is neither. */
static bool take_line(struct lookup *l, char *line)
{
	char *name = line + strspn(line, BLANKS), *equals = strchr(name, '=');
	const char *at;

	if (!*name || *name == '#')
		return true;
	if (!equals || equals == name)
		return false;
	*equals = '\0';
	name[strcspn(name, BLANKS)] = '\0';
	at = equals + 1;
	for (size_t i = 0; i < N_SETTINGS; i++)
		if (strcmp(name, l->file[i].name) == 0)
			return take_word(&at, l->file[i].value);
	if (strncmp(name, "CDR_", 4) == 0 || !l->wanted || l->has_row || strcmp(name, l->wanted) != 0)
		return true;
	l->has_row = true;
	return take_word(&at, l->row.device) && take_word(&at, l->row.speed) && take_word(&at, l->row.fifo) &&
	       take_word(&at, l->row.driver_options);
}

static enum udf_err read_lines(struct lookup *l, FILE *file, char ret_why[CLI_BURNER_WHY_BYTES])
{
	char line[LINE_BYTES];
	unsigned n = 0;

	while (fgets(line, sizeof(line), file)) {
		size_t n_bytes = strlen(line);
		bool is_whole = n_bytes && (line[n_bytes - 1] == '\n' || feof(file));

		line[strcspn(line, "\r\n")] = '\0';
		if (++n > MAX_LINES || !is_whole || !take_line(l, line)) {
			snprintf(ret_why, CLI_BURNER_WHY_BYTES, "%s: line %u is not a valid line of a "
				 "configuration: give "
				 "NAME=VALUE, or a drive as NAME= DEVICE SPEED FIFOSIZE DRIVEROPTS", l->path, n);
			return UDF_E_INVAL;
		}
	}
	if (!ferror(file))
		return UDF_OK;
	snprintf(ret_why, CLI_BURNER_WHY_BYTES, "%s: cannot read: %s", l->path, strerror(errno));
	return UDF_E_IO;
}

/* Read the file for the drive that is WANTED. */
static enum udf_err read_file(struct lookup *l, const char *const *paths, const char *wanted,
			      char ret_why[CLI_BURNER_WHY_BYTES])
{
	const char *own[] = { getenv("ISOWRITE_CONF"), NULL };
	bool must_exist = own[0] && *own[0];
	FILE *file = NULL;
	enum udf_err err;

	l->wanted = wanted;
	for (const char *const *path = must_exist ? own : paths; !file && *path; path++) {
		l->path = *path;
		file = fopen(*path, "re");
		if (!file && (must_exist || errno != ENOENT)) {
			snprintf(ret_why, CLI_BURNER_WHY_BYTES, "%s: cannot open: %s", *path, strerror(errno));
			return UDF_E_IO;
		}
	}
	if (!file)
		return UDF_OK;
	err = read_lines(l, file, ret_why);
	fclose(file);
	return err;
}

/* The first of them that says something; too long a value of the environment is cut, and then refused as it stands. */
static void choose(char ret[CLI_BURNER_TEXT_BYTES], const char *row, const char *variable, const char *file)
{
	const char *value = variable ? getenv(variable) : NULL;

	if (*row)
		value = row;
	else if (!value || !*value)
		value = file;
	snprintf(ret, CLI_BURNER_TEXT_BYTES, "%s", value);
}

static bool is_name(const char *device)
{
	return *device && !strpbrk(device, ",:/@");
}

enum udf_err cli_burner_find(const char *given, const char *const *paths, struct cli_burner *ret_burner,
			     char ret_why[CLI_BURNER_WHY_BYTES])
{
	struct lookup l = { .file = { { .name = "CDR_DEVICE" }, { .name = "CDR_SPEED" }, { .name = "CDR_FIFOSIZE" },
				      { .name = "CDR_MAXFIFOSIZE" } } };
	struct cli_burner burner = { .device = "" };
	const char *device = given;
	enum udf_err err;

	if (!device || !*device)
		device = getenv("CDR_DEVICE");
	err = read_file(&l, paths, device && is_name(device) ? device : NULL, ret_why);
	/* the file itself names the drive, whose row may stand before that line */
	if (!err && (!device || !*device)) {
		memcpy(burner.device, l.file[DEVICE].value, sizeof(burner.device));
		if (is_name(burner.device))
			err = read_file(&l, paths, burner.device, ret_why);
	} else if (!err && device != given) {
		snprintf(burner.device, sizeof(burner.device), "%s", device);
	}
	if (err)
		return err;
	burner.is_named = l.has_row;
	if (l.has_row)
		memcpy(burner.device, l.row.device, sizeof(burner.device));
	choose(burner.speed, l.row.speed, "CDR_SPEED", l.file[SPEED].value);
	choose(burner.fifo, l.row.fifo, "CDR_FIFOSIZE", l.file[FIFO].value);
	choose(burner.max_fifo, "", NULL, l.file[MAX_FIFO].value);
	memcpy(burner.driver_options, l.row.driver_options, sizeof(burner.driver_options));
	*ret_burner = burner;
	return UDF_OK;
}
