/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every tool needs of a command line: option tables (the only source of getopt, usage text and
 * completions), sizes, the in-use guard, progress, opening a device as a volume.
 */
#ifndef UDF_CLI_CLI_H
#define UDF_CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <udfkit/bio.h>
#include <udfkit/env.h>

/* One row of a tool's option table; the table ends with a row whose long_name and short_name are 0. */
struct cli_option {
	int short_name;			/* 'b', or 0 */
	const char *long_name;		/* "blocksize", or NULL */
	const char *arg_name;		/* "SIZE"; NULL: takes none; "[N]": optional */
	const char *help;		/* one line; NULL: not shown */
	int id;				/* what cli_next() returns; short_name serves where 0 */
	int group;			/* options of one group > 0 exclude each other */
	const char *choices;		/* "hd dvd dvdram" for completions, or NULL */
};

struct cli_tool {
	const char *name;		/* "mkudffs" */
	const char *synopsis;		/* "[OPTION]... DEVICE [BLOCKS]" */
	const char *summary;		/* one line */
	const struct cli_option *options;
	int usage_exit;			/* exit status of bad usage: 1, 2 or 16 */
	const char *tail;		/* printed after the options in --help; NULL */
};

struct cli_parser;			/* getopt_long over the table; operands may stand anywhere */

struct cli_parser *cli_parser_new(const struct cli_tool *tool, int argc, char **argv);
void cli_parser_free(struct cli_parser *parser);

/**
 * The next option's id, or -1 when there are no more.  *RET_ARG: its argument or NULL.
 * --help (stdout, exit 0) and --version are handled here; bad usage prints one line and
 * "Try '... --help' for more information." and exits with usage_exit.
 */
int cli_next(struct cli_parser *parser, const char **ret_arg);

/** Operands, after cli_next() gave -1. */
int cli_operands(struct cli_parser *parser, char ***ret_operands);

/** One line on stderr, "tool: ...", and the "Try" line; exits with usage_exit. */
void cli_bad_usage(const struct cli_tool *tool, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/** "64M", "1GiB", "0x800", "700MB" (decimal), "3s" (sectors of 2048), "4b" (BLOCK_BYTES); to bytes. */
enum udf_err cli_parse_size(const char *text, uint32_t block_bytes, uint64_t *ret_bytes);
/** Whole decimal, 0x or 0-prefixed octal number, MIN to MAX. */
enum udf_err cli_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_number);
/** "1.5 GiB" and such, for people. */
const char *cli_format_size(uint64_t n_bytes, char buf[32]);

/** The command line as bash completion script, on OUT ("--completion=bash", hidden). */
void cli_print_completion(const struct cli_tool *tool, FILE *out);

/** JSON text: "..." with escapes; s NULL prints null. */
void cli_json_string(FILE *out, const char *s);

/* ---- guard ---- */

enum cli_guard_mode { CLI_READ, CLI_WRITE };

struct cli_guard;

/**
 * May PATH be opened for MODE?  Refuses (message on stderr, UDF_E_BUSY): mounted or swap (libext2fs),
 * a block device opened exclusively by somebody, an image behind a loop device, or one held by another
 * udfkit tool (flock: shared for readers, exclusive for writers).  FORCE lets a writer pass.
 * *RET_GUARD holds the lock; release it with cli_guard_done().
 */
enum udf_err cli_guard(const char *tool, const char *path, enum cli_guard_mode mode, bool force,
		       struct cli_guard **ret_guard);
void cli_guard_done(struct cli_guard *guard);

/**
 * What does PATH hold?  libblkid's type ("ext4", "iso9660", "udf", ...) in RET_TYPE, label in
 * RET_LABEL; both empty for nothing.  Opens nothing for writing.
 */
enum udf_err cli_probe(const char *path, char ret_type[64], char ret_label[256]);

/* ---- progress: on a terminal only ---- */

struct cli_progress {
	FILE *out;
	bool on;
	const char *what;
	uint64_t last_ms;
};
void cli_progress_init(struct cli_progress *p, FILE *out, bool wanted);
void cli_progress_show(struct cli_progress *p, const char *what, uint64_t done, uint64_t total);
void cli_progress_done(struct cli_progress *p);

/** "tool: PATH: what: reason" on stderr; host_errno 0: udf_strerror(err) is the reason. */
void cli_error(const char *tool, const char *path, const char *what, enum udf_err err, int host_errno);

#endif
