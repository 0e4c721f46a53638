/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every tool needs of a command line: option tables (the only source of getopt, usage text and
 * completions), sizes, the host's clock, signals, messages, the in-use guard, what else a device holds,
 * progress.
 */
#ifndef UDF_CLI_CLI_H
#define UDF_CLI_CLI_H

#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <udfkit/env.h>
#include <udfkit/error.h>

#include "base/quoted.h"

/* One row of a tool's option table; the table ends with a row whose long_name and short_name are 0. */
struct cli_option {
	int short_name;			/* 'b', or 0 */
	const char *long_name;		/* "blocksize", or NULL; "speed=": a setting, shown without dashes */
	const char *arg_name;		/* "SIZE"; NULL: takes none; "[N]": optional */
	const char *help;		/* one line; NULL: not shown */
	int id;				/* what cli_next() returns; 0: it returns short_name */
	int group;			/* options of one group > 0 exclude each other */
	const char *choices;		/* "hd dvd dvdram" for completions, or NULL */
};

struct cli_tool {
	const char *name;		/* "mkudffs"; of a command: "udf ls" */
	const char *link_name;		/* "mkfs.udf": its second installed name, for completions; NULL */
	const char *synopsis;		/* "[OPTION]... DEVICE [BLOCKS]" */
	const char *summary;		/* one line */
	const struct cli_option *options;
	int usage_exit;			/* exit status of bad usage: 1, 2 or 16 */
	const char *tail;		/* printed after the options in --help; NULL */
	const struct cli_tool *commands;	/* NULL, or tables of "udf ls", ...; one without name ends them */
	/*
	 * Long names may have one dash, as mkisofs(8) has them: "-iso-level 3", "--iso-level=3".  Short options may be
	 * joined ("-rJ"), and what could be either is refused.  TWO_DASHES lists the long names that help and messages
	 * show with two dashes all the same: " check json ".
	 */
	bool single_dash;
	const char *two_dashes;
};

/*
 * getopt_long over the table.  Operands may be anywhere.  In a tool with commands, the options end
 * at its first operand, the command.  Every tool also has --help and --version, with -h and -V where
 * the table leaves these free, and the hidden --completion=bash.
 */
struct cli_parser;

/**
 * Call this first in main().  It makes sure that file descriptors 0, 1 and 2 are in use, even if the caller has closed
 * them, and that SIGXFSZ is ignored.
 * TOOL and ARGV are borrowed; argv[0] is skipped.  Never NULL: without memory it exits.
 */
struct cli_parser *cli_parser_new(const struct cli_tool *tool, int argc, char **argv);
void cli_parser_free(struct cli_parser *parser);

/**
 * The next option's id, or -1 when there are no more.  *RET_ARG: its argument or NULL.
 * --help (stdout, exit 0) and --version are handled here; bad usage prints one line and
 * "Try '... --help' for more information." and exits with usage_exit.
 */
int cli_next(struct cli_parser *parser, const char **ret_arg);

/** How the option given last was spelled in the table ("--blocksize", "-q"), for messages. */
const char *cli_option_name(const struct cli_parser *parser);

/** Operands, after cli_next() gave -1. */
int cli_operands(struct cli_parser *parser, char ***ret_operands);

/**
 * The command of TOOL that the operands begin with, NULL where it has none of that name.  A parser
 * for it takes the operands as its argc and argv.
 */
const struct cli_tool *cli_find_command(const struct cli_tool *tool, const char *name);

typedef int (*cli_command_run)(const struct cli_tool *tool, int argc, char **argv);

/**
 * All of main() in a tool that has commands: set the locale for characters, read the command line, find the command and
 * run it.  RUNS has one function for each row of TOOL->commands, in the same order.
 * Returns the exit status of the command; bad usage ends the program.
 */
int cli_run_command(const struct cli_tool *tool, const cli_command_run *runs, int argc, char **argv);

/** One line on stderr, "tool: ...", and the "Try" line; exits with usage_exit. */
void cli_bad_usage(const struct cli_tool *tool, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/** Print the text of --help. */
void cli_print_help(const struct cli_tool *tool, FILE *out);

/**
 * "64M", "1GiB", "1.5G", "0x800", "700MB" (decimal), "3s" (sectors of 2048), "4b" (BLOCK_BYTES; UDF_E_INVAL
 * where that is 0); to bytes.  UDF_E_RANGE for what 64 bits can't hold.
 */
enum udf_err cli_parse_size(const char *text, uint32_t block_bytes, uint64_t *ret_bytes);

#define CLI_SIZE_BYTES 12u

/** N_BYTES for people, as ls -h shows it: "1023", "1.5K", "12M"; powers of 1024, rounded up. */
void cli_size_text(uint64_t n_bytes, char ret[CLI_SIZE_BYTES]);

/** Whole decimal, 0x or 0-prefixed octal number, MIN to MAX (else UDF_E_RANGE). */
enum udf_err cli_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_number);

/** ARG, a number from MIN to MAX; another argument of option NAME ("--pace") ends the program. */
uint64_t cli_take_number(const struct cli_tool *tool, const char *name, const char *arg, uint64_t min, uint64_t max);

/** The argument of --uuid; what is no uuid ends the program. */
const char *cli_take_uuid(const struct cli_tool *tool, const char *arg);

/** The argument of --blocksize; what is no block size ends the program. */
uint32_t cli_take_block_bytes(const struct cli_tool *tool, const char *arg);

/** Where large temporary files are made: $TMPDIR, or /var/tmp. */
const char *cli_spool_dir(void);

/** A UDF revision: "2.01" (or "2.1", which udftools reads as the same), or BCD: "0x0201", "201"; else UDF_E_INVAL. */
enum udf_err cli_parse_revision(const char *text, uint16_t *ret_revision);

/** A block size: a number that is a power of two from 512 to 32768; else UDF_E_INVAL or UDF_E_RANGE. */
enum udf_err cli_parse_block_bytes(const char *text, uint32_t *ret_block_bytes);

/** The command line as bash completion script, on OUT ("--completion=bash", hidden). */
void cli_print_completion(const struct cli_tool *tool, FILE *out);

/* ---- encodings of identifiers: --locale, --u8, --u16, --utf8 ---- */

enum cli_encoding { CLI_LOCALE, CLI_LATIN1, CLI_UTF16, CLI_UTF8 };

/* The rows of these options in a tool's option table; GROUP makes them exclude each other. */
#define CLI_ENCODING_OPTIONS(GROUP) \
	{ 0, "locale", NULL, "texts are in the encoding of the locale (default)", \
	  CLI_OPTION_ENCODING + CLI_LOCALE, GROUP, \
	  NULL }, \
	{ 0, "u8", NULL, "texts are in Latin-1", CLI_OPTION_ENCODING + CLI_LATIN1, GROUP, NULL }, \
	{ 0, "u16", NULL, "texts are in big-endian UTF-16", CLI_OPTION_ENCODING + CLI_UTF16, GROUP, NULL }, \
	{ 0, "utf8", NULL, "texts are in UTF-8", CLI_OPTION_ENCODING + CLI_UTF8, GROUP, NULL }
#define CLI_OPTION_ENCODING 0x10000	/* their ids */

/** Is ID that of one of them?  Then RET_ENCODING is what it chooses. */
bool cli_take_encoding(int id, enum cli_encoding *ret_encoding);

/** "UTF-8", "the locale's", ... for messages: "in ENCODING encoding". */
const char *cli_encoding_name(enum cli_encoding encoding);

/**
 * TEXT in UTF-8, at most CAP bytes with the final NUL; what does not fit is cut.
 * Returns UDF_E_BAD_NAME for a text that is not in ENCODING, UDF_E_UNSUPPORTED for a character set that the
 * host does not know.
 */
enum udf_err cli_text_to_utf8(enum cli_encoding encoding, const char *text, char *ret, size_t cap);

/** TEXT (UTF-8) on OUT in ENCODING; a newline becomes a space, what ENCODING does not have a '?'. */
void cli_put_text(FILE *out, enum cli_encoding encoding, const char *text);

/* ---- times ---- */

#define CLI_TIME_BYTES 96u

/**
 * WHEN in the host's zone as RFC 3339 has it: "2026-11-28T10:20:30.123456+01:00".  The year has four digits: a
 * time before year 0 or after 9999 in that zone is shown in UTC.
 */
void cli_time_text(struct udf_time when, char ret[CLI_TIME_BYTES]);

/* ---- JSON: every tool writes it with these ---- */

/*
 * JSON in the making: start with { .out = stdout }.  Values are written in order; KEY names a member of an object
 * and is NULL for an element of a list and for the outermost value.  The same thing has the same name in all tools:
 * that of udfinfo's line, with underscores between its words (free_blocks), and in lower case.
 */
struct cli_json {
	FILE *out;
	unsigned depth;		/* of objects and lists that are not ended yet */
	bool needs_comma, ends_object;
};

void cli_json_object(struct cli_json *json, const char *key);
void cli_json_object_end(struct cli_json *json);
void cli_json_list(struct cli_json *json, const char *key);
/** The end of the outermost object or list ends the line. */
void cli_json_list_end(struct cli_json *json);

/** TEXT is UTF-8; each byte that is not becomes U+FFFD.  NULL prints null. */
void cli_json_text(struct cli_json *json, const char *key, const char *text);
/** A text of at most 127 bytes. */
void cli_json_format(struct cli_json *json, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void cli_json_number(struct cli_json *json, const char *key, uint64_t number);
void cli_json_signed(struct cli_json *json, const char *key, int64_t number);
void cli_json_bool(struct cli_json *json, const char *key, bool yes);
/** As cli_time_text() has it. */
void cli_json_time(struct cli_json *json, const char *key, struct udf_time when);

/* ---- host ---- */

/*
 * cli_host_env() (udfkit/env.h) gives the host's clock in its local zone, the kernel's random bytes,
 * and log lines as "tool: line" on stderr.  With SOURCE_DATE_EPOCH in the environment the clock
 * always shows that instant in UTC and the random bytes are the same in each run; a value that is
 * no number is a fatal error.  A tool that keeps running, as udffuse does, unsets the variable first.
 */

/* An environment whose log lines name the file or device: "tool: PATH: line". */
struct cli_about {
	struct udf_env env;		/* to be used; its clock and chance are BELOW's */
	const struct udf_env *below;
	const char *path;
	bool logged_error;		/* an error was logged: nothing more need be said */
};

/** Over BELOW, about PATH (both borrowed).  ABOUT stays where it is while its env is in use. */
void cli_about_init(struct cli_about *about, const struct udf_env *below, const char *path);

/** "tool: PATH: what: reason" on stderr; host_errno 0: udf_strerror(err) is the reason. */
void cli_error(const char *tool, const char *path, const char *what, enum udf_err err, int host_errno);

#define CLI_OPEN_BYTES 128u

/** Why the device or image file PATH can't be opened, with what to do; host_errno as for cli_error(). */
void cli_open_text(const char *path, enum udf_err err, int host_errno, char ret_text[CLI_OPEN_BYTES]);

/** Flush standard output, which must be done before the exit.  If anything could not be written, says so: false. */
bool cli_flush_output(const char *tool);

struct cli_holes {
	int fd;
	bool makes_them, ends_with_one;
};

/** What is written to FD from now on makes holes of zeros, where FD is at the end of a file, and not O_APPEND. */
void cli_holes_begin(struct cli_holes *holes, int fd);

/** False: see errno. */
bool cli_holes_write(struct cli_holes *holes, const void *data, size_t n_bytes);

/** The file gets its size, where it ends with a hole.  False: see errno. */
bool cli_holes_end(const struct cli_holes *holes);

/**
 * Have HANDLER called at the first SIGINT, SIGTERM and SIGHUP; the second of a kind ends the program.  Those that
 * are ignored already (nohup) stay so.
 */
void cli_on_interrupt(void (*handler)(int signal_number));

/**
 * Until the next cli_on_interrupt(), such a signal ends the program at once, after the line LAST_WORDS on standard
 * error, which is borrowed.  No handler would run while a file system that hangs keeps a call waiting.  Nothing may be
 * started in between, since a program that is inherits blocked signals.
 */
void cli_die_of_interrupts(const char *last_words);

/* ---- names in messages: those on an image may come from anybody ---- */

/** NAME on OUT; on a terminal, '?' for each control character in it. */
void cli_put_name(FILE *out, const char *name);

/**
 * Print a line on stderr, after flushing stdout.  On a terminal, control characters in it become '?'.  The newline
 * is added.
 */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** From now on SAY is given each line in place of stderr; NULL: stderr again. */
void cli_say_to(void (*say)(void *ctx, const char *line), void *ctx);
void cli_vsay(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* ---- guard ---- */

enum cli_guard_mode { CLI_READ, CLI_WRITE };

struct cli_guard;

/**
 * May PATH be opened for MODE?  If not, one line on stderr says why and what to do.
 *
 * A reader is refused only where another tool of udfkit is writing.  A writer is refused where PATH, one of its
 * partitions or what is behind a loop device is in use: mounted (by the kernel or by udffuse), swap space, a block
 * device that somebody has opened exclusively or that another one uses, an image behind a loop device, locked by
 * another program (fcntl), or held by another udfkit tool in any mode.
 * Call this before the path is opened for work: an exclusive opening of our own would look like somebody else's.
 *
 * @option    How the tool's user overrides that, for the message: "--force --force", "--mounted".  NULL: impossible.
 * @override  That option was given: everything passes.  A reader still waits for a writer that is about to end.
 * @ret_guard  Holds an advisory lock on the file or device (and on the file behind a loop device),
 *	       shared for readers, exclusive for writers; release it with cli_guard_done().  It also
 *	       ends with the process and its children.
 * Returns UDF_E_BUSY if it is refused, or why PATH can't be opened.  Both print a message on stderr.
 */
enum udf_err cli_guard(const char *tool, const char *path, enum cli_guard_mode mode,
		       const char *option, bool override, struct cli_guard **ret_guard);

/* What overrides the guard of a writer, in every tool: one --force does not. */
#define CLI_FORCE_IN_USE "--force --force"

/* What overrides the guard of a reader, in every tool that has one, and the row of the tool's option table. */
#define CLI_READ_IN_USE "--mounted"
#define CLI_READ_IN_USE_OPTION(ID) \
	{ .long_name = "mounted", .help = "read it even while it is mounted or being changed", .id = (ID) }

/* A reason with two paths in it. */
#define CLI_IN_USE_BYTES 8448u

/**
 * The file or device that loop device RDEV shows, or the one that RDEV is a partition of.  RET_PATH is empty
 * where only its numbers are known, which happens where /sys is not mounted.
 */
bool cli_behind_loop(dev_t rdev, char ret_path[PATH_MAX], struct stat *ret_st);

/**
 * Is PATH mounted, or is a udfkit tool writing to it?  Then RET_TEXT says so, as cli_guard_in_use() does.  This is
 * for a reader that takes no guard.  The answer may be out of date as soon as it is given.
 */
bool cli_is_changing(const char *path, char ret_text[CLI_IN_USE_BYTES]);

/**
 * Would a new file of this name lie among the device nodes in /dev?  A name that is there for no device is a typing
 * error, and a file there would fill the memory that /dev is kept in.
 */
bool cli_is_device_name(const char *path);

/** By what PATH was in use where OVERRIDE was needed, such as "it is mounted on /mnt"; NULL where it was not. */
const char *cli_guard_in_use(const struct cli_guard *guard);
void cli_guard_done(struct cli_guard *guard);	/* NULL is allowed */

/**
 * Hold PATH for MODE from now on, as the one who has it mounted: a lock of somebody else prevents that, our
 * own mount does not.  If it fails, one line on stderr says why, and GUARD is not changed.
 *
 * @is_locked  This process has record locks of its own on PATH, which keep everybody else from it.
 */
enum udf_err cli_guard_change(struct cli_guard *guard, const char *tool, const char *path,
			      enum cli_guard_mode mode, bool is_locked);

/**
 * The holder of GUARD (NULL is allowed) only has to write what is pending, and then ends.  From now on
 * others wait for it, and are not refused.  They say so after 3 seconds, and give up after ten minutes.  So
 * `umount MOUNTPOINT; udffsck -n IMAGE` works also where umount(8) returns before udffuse has ended.
 */
void cli_guard_ending(struct cli_guard *guard);

/**
 * The holder of GUARD could not close the volume properly.  Who waits for the guard learns that from
 * cli_guard_holder() until cli_guard_done_failed(), which returns after a second.
 */
void cli_guard_failed(struct cli_guard *guard);
void cli_guard_done_failed(struct cli_guard *guard);

enum cli_holder {
	CLI_HOLDER_NONE,	/* nobody who writes, or a file system without locks */
	CLI_HOLDER_WRITES,
	CLI_HOLDER_ENDS,	/* see cli_guard_ending() */
	CLI_HOLDER_FAILED,	/* see cli_guard_failed() */
};

/** Who writes the file or device that FD was opened for?  Only as of now, and not this process. */
enum cli_holder cli_guard_holder(int fd);

#define CLI_SIGNATURE_BYTES 352

/**
 * What does PATH hold?  libblkid's type ("ext4", "iso9660", "udf", ..., or of a partition table "gpt",
 * "dos") in RET_TYPE, label in RET_LABEL; both are empty if nothing is known.  Opens nothing for writing.
 */
enum udf_err cli_probe(const char *path, char ret_type[64], char ret_label[256]);

/** What cli_probe() found, in words: "ext4 'my data'", "a partition table (gpt)". */
void cli_signature_text(const char *type, const char *label, char ret_text[CLI_SIGNATURE_BYTES]);

/** Are standard input and error a terminal, so that the user can be asked? */
bool cli_can_ask(void);

/** Ask "TOOL: PATH: QUESTION? (y/N)" on the terminal; only "y" and "yes" are yes. */
bool cli_agrees(const char *tool, const char *path, const char *question);

/** Erase the signatures in PATH that are not UDF's (their magic bytes), so that none of them is found any more. */
enum udf_err cli_wipe_foreign(const char *path);

/* ---- progress: on a terminal only ---- */

struct cli_progress {
	FILE *out;
	bool on;
	const char *what;	/* what the line on the terminal is about; NULL: there is none */
	uint64_t last_ms;
	const char *timed;	/* what START_MS is about */
	uint64_t start_ms;
};

/** Shows on OUT where WANTED and OUT is a terminal. */
void cli_progress_init(struct cli_progress *p, FILE *out, bool wanted);

/** At most ten times a second.  TOTAL 0: not known.  WHAT is borrowed until the next call. */
void cli_progress_show(struct cli_progress *p, const char *what, uint64_t done, uint64_t total);

/**
 * The same for bytes, with units: "copying: 25% of 40MiB, 1.0MiB/s, 0:30 left".  Where the total is not known, how
 * much is done.  The rate is the average since WHAT began.
 */
void cli_progress_bytes(struct cli_progress *p, const char *what, uint64_t done_bytes, uint64_t total_bytes);

/** Take the line away, before a message or at the end. */
void cli_progress_done(struct cli_progress *p);

#endif
