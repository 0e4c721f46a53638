/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * growisofs(1): -Z begins a disc, -M adds to one.  Media that are written in order are burned; those that are written
 * in place, and image files, get the image at their beginning.
 */
#include "config.h"

#include "growisofs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "append_file.h"
#include "burn_request.h"
#include "front/image.h"
#include "medium/medium.h"
#include "names.h"

#define MAX_SPEED 10000u

static const struct cli_option options[] = {
	{ 'Z', NULL, "DEVICE[=IMAGE]", "begin the disc in DEVICE; IMAGE /dev/zero overwrites it", 0, 0,
	  NULL },
	{ 'M', NULL, "DEVICE[=IMAGE]", "add a session; IMAGE /dev/zero closes the disc", 0, 0, NULL },
	{ 0, "dvd-compat", NULL, "close the disc after writing; nothing can be added", 0, 0, NULL },
	{ 0, "-speed=", "N", "write at N times the single speed of the medium", 0, 0, NULL },
	{ 0, "dry-run", NULL, "check everything, and write nothing", 0, 0, NULL },
	{ 0, "overburn", NULL, "don't compare sizes; the drive reports a full disc", 0, 0, NULL },
	{ 0, "-use-the-force-luke=", "WORD,...", "tty notray noload dummy dao[:BLOCKS] tracksize:BLOCKS bufsize:SIZE "
	  "wrvfy spare:none 4gms noopc moi", 0, 0, NULL },
	{ 0, "quiet", NULL, "accepted, without effect", 0, 0, NULL },
	/* letters of mkisofs(8), and not of --help and --version */
	{ 'h', NULL, NULL, NULL, 0, 0, NULL },
	{ 'V', NULL, NULL, NULL, 0, 0, NULL },
	{ 0, NULL, NULL, NULL, 0, 0, NULL },
};

static const struct cli_tool tool = {
	.name = "growisofs",
	.synopsis = "[OPTION]... -Z|-M DEVICE=IMAGE\n growisofs [OPTION]... -Z|-M DEVICE MKISOFS-OPTION... DIR...",
	.summary = "Write an image, or an image of the files in each DIR, to a DVD, a BD or an image file.",
	.options = options,
	.usage_exit = 2,
	.tail = "MKISOFS-OPTIONs are those of 'mkisofs --help', apart from -o and -C.  DEVICE is a drive, an image\n"
		"file, or sim:FILE.  Unless -dvd-compat is given, another session can be added to media that have\n"
		"sessions.",
	.single_dash = true,
};

/* What the command line asks for. */
struct grow {
	struct burn_request burn;
	struct burn_image_options of_image;
	char *device, *image;		/* parts of argv */
	bool appends;			/* -M */
	bool dvd_compat, has_tty;
	bool agreed;			/* the user, to overwrite what is there */
	char **files;			/* what is left: options and files of mastering */
	int n_files;
	struct request iso;		/* what they say, for media that are written in order */
	char **words;			/* from which that was read */
};

static void set_size(struct grow *g, const char *name, const char *blocks)
{
	g->of_image.has_size = true;
	g->of_image.size_bytes = cli_take_number(&tool, name, blocks, 1, UINT32_MAX) * 2048;
}

/* One word of -use-the-force-luke=, with what follows its colon, or NULL. */
static void take_luke_word(struct grow *g, const char *word, const char *value)
{
	if (strcmp(word, "tty") == 0) {
		g->has_tty = true;
	} else if (strcmp(word, "notray") == 0 || strcmp(word, "noload") == 0) {
		g->burn.keep_tray = true;
	} else if (strcmp(word, "dummy") == 0) {
		g->burn.is_test = true;
	} else if (strcmp(word, "dao") == 0) {
		g->burn.recording = PKT_RECORD_AT_ONCE;
		g->dvd_compat = true;
		if (value)
			set_size(g, "dao", value);
	} else if (strcmp(word, "tracksize") == 0) {
		set_size(g, "tracksize", value);
	} else if (strcmp(word, "bufsize") == 0) {
		g->burn.fifo_bytes = (size_t)burn_size_number("bufsize", value ? value : "");
		if (g->burn.fifo_bytes > (1u << 30))
			cli_bad_usage(&tool, "bufsize can't be '%s': at most 1g", value);
	} else if (strcmp(word, "wrvfy") == 0) {
		g->burn.verify = true;
	} else if (strcmp(word, "spare") == 0 && value && strcmp(value, "none") == 0) {
		return;			/* a BD-R is never formatted here */
	} else if (strcmp(word, "4gms") != 0 && strcmp(word, "noopc") != 0 && strcmp(word, "moi") != 0) {
		cli_bad_usage(&tool, "-use-the-force-luke=%s%s%s: isowrite doesn't do that", word, value ? ":" : "",
			      value ? value : "");
	}
}

static void take_luke(struct grow *g, const char *words)
{
	char *copy = strdup(words), *rest = copy, *word;

	if (!copy)
		cli_bad_usage(&tool, "out of memory");
	while ((word = strsep(&rest, ",")) != NULL) {
		char *value = strchr(word, ':');

		if (value)
			*value++ = '\0';
		if (*word)
			take_luke_word(g, word, value);
	}
	free(copy);
}

/* "/dev/dvd", or "/dev/dvd=image.iso".  The '=' of a file that is there by its whole name is a part of that. */
static void take_device(struct grow *g, bool appends, char *arg)
{
	struct stat st;
	char *equals = arg ? strchr(arg, '=') : NULL;

	if (!arg || !*arg)
		cli_bad_usage(&tool, "-%c needs a device", appends ? 'M' : 'Z');
	if (g->device)
		cli_bad_usage(&tool, "give -Z or -M only once");
	g->appends = appends;
	g->device = arg;
	if (!equals || stat(arg, &st) == 0)
		return;
	*equals = '\0';
	g->image = equals + 1;
}

/* "2.4" too, the lowest speed of many drives: a drive takes its highest one up to what it is asked for. */
static void set_speed(struct grow *g, const char *arg)
{
	char whole[8] = "";
	size_t n = arg ? strspn(arg, "0123456789") : 0;
	bool has_part = n && n < sizeof(whole) && arg[n] == '.' && arg[n + 1] &&
			strspn(arg + n + 1, "0123456789") == strlen(arg + n + 1);

	if (has_part)
		memcpy(whole, arg, n);
	g->burn.has_speed = true;
	g->burn.speed = (uint32_t)cli_take_number(&tool, "-speed", has_part ? whole : arg, 1, MAX_SPEED) + has_part;
}

static void __attribute__((noreturn)) end_of_output(void)
{
	exit(cli_flush_output(own_name()) ? 0 : 1);
}

/* False: it is none of growisofs's own. */
static bool take_flag(struct grow *g, const char *arg)
{
	if (strcmp(arg, "-dvd-compat") == 0)
		g->dvd_compat = true;
	else if (strcmp(arg, "-overburn") == 0)
		g->burn.overburn = true;
	else if (strcmp(arg, "-dry-run") == 0)
		g->burn.check_only = true;
	else if (strcmp(arg, "-use-the-force-luke") == 0)
		g->has_tty = true;
	else if (strcmp(arg, "-poor-man") == 0 || strcmp(arg, "-dvd-video") == 0 || strcmp(arg, "-free-space") == 0)
		cli_bad_usage(&tool, "'%s': isowrite doesn't do that", arg);
	else
		return false;
	return true;
}

static void take(struct grow *g, char **argv, int *at)
{
	static const char luke[] = "-use-the-force-luke=", speed[] = "-speed=";
	char *arg = argv[*at];

	if (strncmp(arg, "--", 2) == 0 && arg[2])
		arg++;
	if (arg[0] == '-' && (arg[1] == 'Z' || arg[1] == 'M')) {
		take_device(g, arg[1] == 'M', arg[2] ? arg + 2 : argv[++*at]);
	} else if (strncmp(arg, luke, sizeof(luke) - 1) == 0) {
		take_luke(g, arg + sizeof(luke) - 1);
	} else if (strncmp(arg, speed, sizeof(speed) - 1) == 0) {
		set_speed(g, arg + sizeof(speed) - 1);
	} else if (strcmp(arg, "-speed") == 0) {
		set_speed(g, argv[++*at]);
	} else if (strcmp(arg, "-help") == 0 || strcmp(arg, "-?") == 0) {
		cli_print_help(&tool, stdout);
		end_of_output();
	} else if (strcmp(arg, "-version") == 0) {
		printf("%s (%s) %s\n", own_name(), PACKAGE_NAME, PACKAGE_VERSION);
		end_of_output();
	} else if (!take_flag(g, arg)) {
		g->files[g->n_files++] = argv[*at];
	}
}

static void read_command_line(struct grow *g, int argc, char **argv)
{
	g->files = calloc((size_t)argc + 1, sizeof(*g->files));
	if (!g->files)
		cli_bad_usage(&tool, "out of memory");
	for (int i = 1; i < argc && argv[i]; i++)
		take(g, argv, &i);
	if (!g->device)
		cli_bad_usage(&tool, "give -Z DEVICE=IMAGE, or -M DEVICE=IMAGE");
	for (int i = 0; g->image && i < g->n_files; i++)
		if (strcmp(g->files[i], "-quiet") != 0)
			cli_bad_usage(&tool, "'%s' doesn't go with DEVICE=IMAGE, which writes an image as it is",
				      g->files[i]);
	if (!g->image && !g->n_files)
		cli_bad_usage(&tool, "nothing is given to write; give a DIR, or %s=IMAGE", g->device);
}

/* ---- files that are mastered ---- */

/* Options that mkisofs(8) has and growisofs(1) gives itself. */
static void check_iso(const struct grow *g, const char *session)
{
	const struct request *iso = &g->iso;
	char quoted[UDF_QUOTED_BYTES];

	if (iso->output || iso->split_output || iso->print_size || iso->check)
		cli_bad_usage(&tool, "-o, -split-output, -print-size and --check are not for growisofs: the image goes "
			      "to %s", g->device);
	if (request_spans(iso))
		cli_bad_usage(&tool, "growisofs writes one disc; 'isowrite --span=media dev=%s DIR' makes a set",
			      udf_quoted(g->device, quoted));
	if (iso->session != session)
		cli_bad_usage(&tool, "-C is not for growisofs: -M finds the last session by itself");
}

/* As isowrite --append does it: that there is a previous session; which one, the disc says. */
static void read_files(struct grow *g)
{
	static char name[] = "growisofs", session_option[] = "-C", session[] = "0,0", previous_option[] = "-M";
	size_t n = 0;

	g->words = calloc((size_t)g->n_files + 6, sizeof(*g->words));
	if (!g->words)
		cli_bad_usage(&tool, "out of memory");
	g->words[n++] = name;
	if (g->appends) {
		g->words[n++] = session_option;
		g->words[n++] = session;
		g->words[n++] = previous_option;
		g->words[n++] = g->device;
	}
	for (int i = 0; i < g->n_files; i++)
		g->words[n++] = g->files[i];
	request_read(&g->iso, CALLED_GROWISOFS, (int)n, g->words);
	check_iso(g, g->appends ? session : NULL);
	g->burn.iso = &g->iso;
	g->burn.append = g->appends;
	g->burn.appends_always = true;		/* as growisofs(1) does */
}

/* ---- where the image goes ---- */

/*
 * A disc that is written in place, or the reason why there is none.
 *
 * @ret_in_place  Else it is written in order.
 * @ret_status	  What it means that there is none: 0, if that was all.
 */
static bool look_at_disc(struct grow *g, bool *ret_in_place, int *ret_status)
{
	static struct burn_work work;
	const struct mmc_disc *disc;
	bool ok = false;

	work = (struct burn_work){ .req = &g->burn, .device = g->device };
	if (burn_work_open(&work) == UDF_OK) {
		disc = mmc_drive_disc(work.drive);
		*ret_in_place = disc->can_overwrite || disc->state == MMC_STATE_UNFORMATTED ||
				disc->state == MMC_STATE_FORMATTED || disc->state == MMC_STATE_INTERMEDIATE;
		ok = true;
		if (disc->profile->number != MMC_DVD_R && disc->profile->number != MMC_DVD_R_DL &&
		    disc->profile->number != MMC_DVD_RW_SEQUENTIAL)
			g->burn.recording = PKT_RECORD_BY_MEDIUM;	/* dao is for these */
		if (!*ret_in_place && !g->appends && disc->state == MMC_STATE_APPENDABLE) {
			burn_work_say(&work, "the %s is not blank; -M adds a session", disc->profile->name);
			ok = false;
		} else if (g->appends && (disc->state == MMC_STATE_BLANK || disc->state == MMC_STATE_UNFORMATTED)) {
			burn_work_say(&work, "the %s is %s; -Z begins it", disc->profile->name,
				      mmc_state_name(disc->state));
			ok = false;
		} else if (!*ret_in_place && !g->dvd_compat && pkt_track_is_at_once_only(disc)) {
			burn_work_say(&work, "the %s was blanked minimally: it is written at once, as with "
				      "-dvd-compat, and closed by that", disc->profile->name);
			g->dvd_compat = true;
		} else if (disc->state == MMC_STATE_UNFORMATTED && g->image && access(g->image, R_OK) == 0) {
			ok = burn_format(&work);
			*ret_status = ok && (g->burn.check_only || g->burn.is_test) ? 0 : 1;
			ok = ok && *ret_status;
		}
	}
	burn_work_close(&work);
	return ok;
}

/*
 * Without a terminal nobody can be asked; growisofs(1) refuses then, too.
 *
 * @asks_later  What writes asks on a terminal by itself.
 */
static bool may_overwrite(struct grow *g, bool asks_later)
{
	char type[64], label[256], what[CLI_SIGNATURE_BYTES], contents[MEDIUM_PATH_BYTES];
	struct stat st;

	if (g->has_tty)
		return true;
	if (cli_probe(medium_contents_path(g->device, contents), type, label) == UDF_OK && type[0])
		cli_signature_text(type, label, what);
	else if (!g->image && stat(g->device, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		snprintf(what, sizeof(what), "data of an unknown kind");
	else
		return true;
	if (cli_can_ask()) {
		g->agreed = !asks_later && cli_agrees(own_name(), g->device, "overwrite what it holds");
		return asks_later || g->agreed;
	}
	say("%s: holds %s; -use-the-force-luke=tty overwrites it", g->device, what);
	return false;
}

static int write_in_place(struct grow *g)
{
	bool is_zeros = strcmp(g->image, "/dev/zero") == 0;
	struct front_image job = { .tool = own_name(), .image = is_zeros ? NULL : g->image, .target = g->device,
				   .options = { .n_forced = g->has_tty }, .may_grow = true,
				   .makes_file = !g->appends && !is_zeros, .verify = g->burn.verify,
				   .check_only = g->burn.check_only || g->burn.is_test,
				   .is_interrupted = burn_is_interrupted };

	if (g->appends && is_zeros) {
		say("%s: it has no sessions, so there is nothing to close", g->device);
		return 0;
	}
	if (g->appends) {
		say("%s: it has no sessions, so another image can't be added; -Z replaces the image that it holds",
		    g->device);
		return 1;
	}
	return (job.check_only || may_overwrite(g, true)) && front_image_write(&job) == UDF_OK ? 0 : 1;
}

/* Returns the exit status, or 0 with the words that make the image. */
static int master_in_place(struct grow *g, char ***ret_words)
{
	static char name[] = "growisofs", output[] = "-o", print_size[] = "-print-size";
	bool writes = !g->burn.check_only && !g->burn.is_test;
	size_t n = 0;

	read_files(g);
	if (g->appends) {
		g->iso.plan.is_reproducible = getenv("SOURCE_DATE_EPOCH") != NULL;
		return append_to_file(&g->iso, g->device, g->burn.verify, !writes);
	}
	if (writes && !may_overwrite(g, false))
		return 1;
	*ret_words = calloc((size_t)g->n_files + 4, sizeof(**ret_words));
	if (!*ret_words)
		cli_bad_usage(&tool, "out of memory");
	(*ret_words)[n++] = name;
	(*ret_words)[n++] = writes ? output : print_size;
	if (writes)
		(*ret_words)[n++] = g->device;
	memcpy(*ret_words + n, g->files, (size_t)g->n_files * sizeof(*g->files));
	return 0;
}

/* By the drive: what is written in order, and what is mastered for a disc that is written in place. */
static int burn(struct grow *g, bool in_place)
{
	struct burn_request *req = &g->burn;
	bool is_zeros = g->image && strcmp(g->image, "/dev/zero") == 0;

	if (is_zeros && !g->appends) {
		say("%s: /dev/zero has no end, so it can't be burned; 'cdrecord dev=%s blank=all' blanks a "
		    "rewritable disc", g->device,
		    g->device);
		return 1;
	}
	req->device = g->device;
	req->is_multi = !g->dvd_compat;
	req->finalize = is_zeros;
	req->operands = &g->image;
	req->images = &g->of_image;
	req->n_operands = g->image && !is_zeros ? 1 : 0;
	if (!g->image)
		read_files(g);
	if (in_place && !g->appends && !req->check_only && !req->is_test && !may_overwrite(g, false))
		return 1;
	req->force = g->has_tty || g->agreed;
	req->force_word = "-use-the-force-luke=tty";
	return burn_do(req, NULL);
}

/* A file, or the name of one that -Z makes. */
static bool is_image_file(const struct grow *g)
{
	struct stat st;

	if (medium_is_simulated(g->device))
		return false;
	if (stat(g->device, &st) == 0)
		return S_ISREG(st.st_mode);
	return errno == ENOENT && !g->appends && !cli_is_device_name(g->device);
}

/* "/dev/fd/0", which mkisofs is piped into. */
static bool is_stream(const char *image)
{
	struct stat st;

	return stat(image, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

void growisofs_main(int argc, char **argv, int *ret_status, char ***ret_words)
{
	static struct grow g = { .burn = { .fifo_bytes = 32u << 20 } };
	bool in_place = false, is_file;

	*ret_status = 1;
	*ret_words = NULL;

	read_command_line(&g, argc, argv);
	burn_catch_interrupts();
	is_file = is_image_file(&g);
	if (is_file || look_at_disc(&g, &in_place, ret_status)) {
		if (!is_file && (!in_place || !g.image || (is_stream(g.image) && !g.appends)))
			*ret_status = burn(&g, in_place);
		else
			*ret_status = g.image ? write_in_place(&g) : master_in_place(&g, ret_words);
	}
	if (g.words)
		request_done(&g.iso);
	free(g.words);
	free(g.files);
}
