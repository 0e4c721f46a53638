/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "iso/disc_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iso/internal.h"

#define FIRST_LINE "# udfkit disc set, format 1\n"
#define ID_LINE "# set "
#define STATE_LINE "#= "
#define MD5_DIGITS 32u

static const char *const kind_words[] = {
	[UDF_LINE_FILE] = "-", [UDF_LINE_DIRECTORY] = "directory", [UDF_LINE_SYMLINK] = "symlink",
	[UDF_LINE_SPECIAL] = "special",
};
#define N_KINDS (sizeof(kind_words) / sizeof(kind_words[0]))

int udf_disc_line_compare(const struct udf_disc_line *a, const struct udf_disc_line *b)
{
	return strcmp(a->path, b->path);
}

/* ---- writing ---- */

static void put_hex_of(const uint8_t *bytes, size_t n_bytes, char *ret)
{
	for (size_t i = 0; i < n_bytes; i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

static void put_hex(const uint8_t *bytes, char ret[MD5_DIGITS + 1])
{
	put_hex_of(bytes, MD5_DIGITS / 2, ret);
}

static void put_path(FILE *out, const char *path)
{
	for (; *path; path++) {
		bool is_escaped = *path == '\n' || *path == '\r' || *path == '\\';

		if (is_escaped)
			putc('\\', out);
		putc(!is_escaped || *path == '\\' ? *path : *path == '\n' ? 'n' : 'r', out);
	}
}

static void put_line(FILE *out, const struct udf_disc_line *line)
{
	char hex[MD5_DIGITS + 1], columns[96];

	put_hex(line->md5, hex);
	snprintf(columns, sizeof(columns), "%02u %" PRIu64 " %s ", line->disc, line->n_bytes,
		 line->kind == UDF_LINE_FILE && line->has_md5 ? hex : kind_words[line->kind]);
	fputs(columns, out);
	put_path(out, line->path);
	fputs(line->kind == UDF_LINE_DIRECTORY ? "/\n" : "\n", out);
}

static enum udf_err write_lines(const struct udf_disc_line *const *lines, size_t n_lines, char **ret_text,
				size_t *ret_n_bytes)
{
	FILE *out = open_memstream(ret_text, ret_n_bytes);

	if (!out)
		return UDF_E_NOMEM;
	for (size_t i = 0; i < n_lines; i++)
		put_line(out, lines[i]);
	return fclose(out) == 0 ? UDF_OK : UDF_E_NOMEM;
}

/* Of a plan: what goes into no disc's list. */
static void put_states(FILE *out, const struct udf_disc_line *const *lines, size_t n_lines)
{
	char hex[2 * UDF_DISC_STATE_BYTES + 1];

	for (size_t i = 0; i < n_lines; i++) {
		if (!lines[i]->has_state)
			continue;
		put_hex_of(lines[i]->state, UDF_DISC_STATE_BYTES, hex);
		fputs(STATE_LINE, out);
		fputs(hex, out);
		putc(' ', out);
		put_path(out, lines[i]->path);
		putc('\n', out);
	}
}

static enum udf_err digest(const char *text, size_t n_bytes, char ret_id[UDF_DISC_LIST_ID_BYTES])
{
	void *md5 = NULL;
	char sum[16];

	if (iso_md5_start(&md5) < 0)
		return UDF_E_NOMEM;
	for (size_t n; n_bytes; n_bytes -= n, text += n) {
		n = n_bytes < ((size_t)1 << 30) ? n_bytes : (size_t)1 << 30;
		iso_md5_compute(md5, (char *)(uintptr_t)text, (int)n);
	}
	iso_md5_end(&md5, sum);
	put_hex((const uint8_t *)sum, ret_id);
	return UDF_OK;
}

/* Its length depends on nothing but the lines: a list can be measured before it is known. */
static void put_head(FILE *out, unsigned here, unsigned n_discs, const char *id)
{
	char line[64];

	if (here)
		snprintf(line, sizeof(line), "# This is disc %02u of %02u.\n", here, n_discs);
	else
		snprintf(line, sizeof(line), "# This is the plan of %02u discs.\n", n_discs);
	fputs(FIRST_LINE, out);
	fputs(line, out);
	fputs(ID_LINE, out);
	fputs(id, out);
	fputs("\n#\n# Every disc of the set holds this list of all its files.  The columns:\n"
	      "# disc, size in bytes, checksum (MD5), path\n#\n"
	      "# What disc 03 holds:      grep '^03 ' " UDF_DISC_LIST_NAME "\n"
	      "# Which disc has a file:   grep 'NAME' " UDF_DISC_LIST_NAME "\n"
	      "# Is all of disc 03 as it was written?  In its root directory:\n"
	      "#   sed -n 's/^03 [0-9]* \\([0-9a-f]\\{32\\}\\) /\\1  /p' " UDF_DISC_LIST_NAME
	      " | sed '/\\\\/s/^/\\\\/' | md5sum -c --quiet\n#\n",
	      out);
}

enum udf_err udf_disc_list_write(const struct udf_disc_line *const *lines, size_t n_lines, unsigned here,
				 unsigned n_discs, char **ret_text, size_t *ret_n_bytes,
				 char ret_id[UDF_DISC_LIST_ID_BYTES])
{
	char *body = NULL, id[UDF_DISC_LIST_ID_BYTES];
	size_t n_body = 0;
	FILE *out;
	enum udf_err err = write_lines(lines, n_lines, &body, &n_body);

	if (!err)
		err = digest(body, n_body, id);
	out = err ? NULL : open_memstream(ret_text, ret_n_bytes);
	if (out) {
		put_head(out, here, n_discs, id);
		if (!here)
			put_states(out, lines, n_lines);
		fwrite(body, 1, n_body, out);
		if (fclose(out))
			err = UDF_E_NOMEM;
	} else {
		err = UDF_E_NOMEM;
	}
	free(body);
	if (!err && ret_id)
		memcpy(ret_id, id, sizeof(id));
	return err;
}

/* ---- reading ---- */

struct reader {
	const char *at, *end;
	struct udf_disc_list *list;
	size_t cap, n_line;		/* the line of the text, from 1 on */
	char *ret_why;
	const char *comments;		/* that come before the lines */
};

static enum udf_err damaged(const struct reader *r)
{
	snprintf(r->ret_why, UDF_DISC_LIST_WHY_BYTES, "line %zu of the list of the set is damaged", r->n_line);
	return UDF_E_CORRUPT;
}

bool udf_disc_list_is_one(const char *text, size_t n_bytes)
{
	return n_bytes >= strlen(FIRST_LINE) && memcmp(text, FIRST_LINE, strlen(FIRST_LINE)) == 0;
}

/* Take WORD, if it is what follows. */
static bool take(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
		return false;
	r->at += n;
	return true;
}

/* Digits; at least one, and not more than 64 bits hold. */
static bool take_number(struct reader *r, uint64_t *ret)
{
	const char *first = r->at;
	uint64_t n = 0;

	for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
		uint64_t digit = (uint64_t)(*r->at - '0');

		if (n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*ret = n;
	return r->at > first;
}

static bool take_disc(struct reader *r, unsigned *ret)
{
	uint64_t n = 0;

	if (!take_number(r, &n) || n < 1 || n > UDF_DISC_LIST_MAX_DISCS)
		return false;
	*ret = (unsigned)n;
	return true;
}

static int digit_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_md5(struct reader *r, uint8_t ret[16])
{
	if ((size_t)(r->end - r->at) < MD5_DIGITS)
		return false;
	for (size_t i = 0; i < MD5_DIGITS / 2; i++) {
		int high = digit_of(r->at[2 * i]), low = digit_of(r->at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high * 16 + low);
	}
	r->at += MD5_DIGITS;
	return true;
}

static bool take_kind(struct reader *r, struct udf_disc_line *line)
{
	line->has_md5 = take_md5(r, line->md5);
	if (line->has_md5)
		return true;
	for (size_t i = 0; i < N_KINDS; i++) {
		if (take(r, kind_words[i])) {
			line->kind = (enum udf_disc_line_kind)i;
			return line->kind == UDF_LINE_FILE || line->n_bytes == 0;
		}
	}
	return false;
}

/* The remainder of the line, without its escapes. */
static enum udf_err take_path(struct reader *r, struct udf_disc_line *line)
{
	const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
	char *to;

	if (!newline || memchr(r->at, '\0', (size_t)(newline - r->at)))
		return damaged(r);
	to = line->path = malloc((size_t)(newline - r->at) + 1);
	if (!to)
		return UDF_E_NOMEM;
	for (; r->at < newline; r->at++) {
		if (*r->at == '\\' && r->at + 1 < newline) {
			r->at++;
			*to++ = *r->at == 'n' ? '\n' : *r->at == 'r' ? '\r' : *r->at;
		} else {
			*to++ = *r->at;
		}
	}
	r->at = newline + 1;
	if (line->kind == UDF_LINE_DIRECTORY && to > line->path && to[-1] == '/')
		to--;
	*to = '\0';
	return *line->path ? UDF_OK : damaged(r);
}

static enum udf_err take_line(struct reader *r)
{
	struct udf_disc_list *list = r->list;
	struct udf_disc_line line = { .kind = UDF_LINE_FILE }, *more;
	enum udf_err err;

	if (!take_disc(r, &line.disc) || line.disc > list->n_discs || !take(r, " ") ||
	    !take_number(r, &line.n_bytes) || !take(r, " ") || !take_kind(r, &line) || !take(r, " "))
		return damaged(r);
	err = take_path(r, &line);
	if (!err && list->n_lines == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 256;
		more = reallocarray(list->lines, r->cap, sizeof(*more));
		if (more)
			list->lines = more;
		else
			err = UDF_E_NOMEM;
	}
	if (err)
		free(line.path);
	else
		list->lines[list->n_lines++] = line;
	return err;
}

static enum udf_err take_head(struct reader *r)
{
	struct udf_disc_list *list = r->list;
	uint8_t id[16];

	if (!take(r, FIRST_LINE)) {
		snprintf(r->ret_why, UDF_DISC_LIST_WHY_BYTES, "is not a list of a set of discs");
		return UDF_E_CORRUPT;
	}
	r->n_line = 2;
	if (take(r, "# This is disc ")) {
		if (!take_disc(r, &list->here) || !take(r, " of ") || !take_disc(r, &list->n_discs) ||
		    !take(r, ".\n") || list->here > list->n_discs)
			return damaged(r);
	} else if (!take(r, "# This is the plan of ") || !take_disc(r, &list->n_discs) || !take(r, " discs.\n")) {
		return damaged(r);
	}
	r->n_line = 3;
	if (!take(r, ID_LINE) || !take_md5(r, id) || !take(r, "\n"))
		return damaged(r);
	put_hex(id, list->id);
	r->comments = r->at;
	while (r->at < r->end && *r->at == '#') {
		const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));

		r->n_line++;
		if (!newline)
			return damaged(r);
		r->at = newline + 1;
	}
	return UDF_OK;
}

static int compare(const void *a, const void *b)
{
	return udf_disc_line_compare(a, b);
}

static bool take_state(struct reader *r, uint8_t ret[UDF_DISC_STATE_BYTES])
{
	if ((size_t)(r->end - r->at) < 2u * UDF_DISC_STATE_BYTES)
		return false;
	for (size_t i = 0; i < UDF_DISC_STATE_BYTES; i++, r->at += 2) {
		int high = digit_of(r->at[0]), low = digit_of(r->at[1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high * 16 + low);
	}
	return true;
}

/* Give the lines their states.  What of a comment is no state is none. */
static enum udf_err take_states(struct reader *r, const char *end)
{
	struct udf_disc_line line, *found;
	enum udf_err err = UDF_OK;

	for (r->at = r->comments; r->at < end && !err;) {
		const char *next = (const char *)memchr(r->at, '\n', (size_t)(end - r->at)) + 1;

		line = (struct udf_disc_line){ .kind = UDF_LINE_FILE };
		if (take(r, STATE_LINE) && take_state(r, line.state) && take(r, " ")) {
			err = take_path(r, &line);
			found = err ? NULL : bsearch(&line, r->list->lines, r->list->n_lines, sizeof(line), compare);
			if (found) {
				found->has_state = true;
				memcpy(found->state, line.state, sizeof(line.state));
			}
			free(line.path);
		}
		r->at = next;
	}
	return err;
}

enum udf_err udf_disc_list_read(const char *text, size_t n_bytes, struct udf_disc_list *ret,
				char ret_why[UDF_DISC_LIST_WHY_BYTES])
{
	struct reader r = { .at = text, .end = text + n_bytes, .list = ret, .n_line = 1, .ret_why = ret_why };
	char id[UDF_DISC_LIST_ID_BYTES];
	const char *lines;
	enum udf_err err;

	*ret = (struct udf_disc_list){ .here = 0 };
	snprintf(ret_why, UDF_DISC_LIST_WHY_BYTES, "%s", udf_strerror(UDF_E_NOMEM));
	err = take_head(&r);
	if (!err)
		err = digest(r.at, (size_t)(r.end - r.at), id);
	if (!err && strcmp(id, ret->id) != 0) {
		snprintf(ret_why, UDF_DISC_LIST_WHY_BYTES, "the list of the set differs from its own checksum");
		err = UDF_E_CORRUPT;
	}
	lines = r.at;
	while (!err && r.at < r.end) {
		r.n_line++;
		err = take_line(&r);
	}
	if (!err && ret->n_lines)
		qsort(ret->lines, ret->n_lines, sizeof(*ret->lines), compare);
	if (!err && ret->n_lines)
		err = take_states(&r, lines);
	return err;
}

void udf_disc_list_done(struct udf_disc_list *list)
{
	for (size_t i = 0; i < list->n_lines; i++)
		free(list->lines[i].path);
	free(list->lines);
	*list = (struct udf_disc_list){ .here = 0 };
}

const struct udf_disc_line *udf_disc_list_find(const struct udf_disc_list *list, const char *path)
{
	const struct udf_disc_line key = { .path = (char *)(uintptr_t)path };

	return list->n_lines ? bsearch(&key, list->lines, list->n_lines, sizeof(key), compare) : NULL;
}
