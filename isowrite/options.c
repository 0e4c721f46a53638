/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line -> what is asked for. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/iso9660.h"
#include "request.h"
#include "table.h"

/* The option that PARSER gave last is refused, because of WHY, an id of table.h. */
static void __attribute__((noreturn)) refuse(const struct cli_parser *parser, int why)
{
	static const char *const reasons[] = {
		[OPT_NOT_DONE - OPT_NOT_DONE] = "isowrite doesn't do that",
		[OPT_NO_GROWISOFS - OPT_NOT_DONE] = "that begins a disc with growisofs; here dev=DEVICE does",
		[OPT_NO_HFS - OPT_NOT_DONE] = "isowrite makes no HFS",
		[OPT_NO_PLATFORM - OPT_NOT_DONE] = "isowrite makes images that boot with El Torito only",
		[OPT_NO_JIGDO - OPT_NOT_DONE] = "isowrite makes no jigdo files",
		[OPT_NO_DVD_VIDEO - OPT_NOT_DONE] = "isowrite makes no DVD-Video",
		[OPT_NO_TRANS_TBL - OPT_NOT_DONE] = "isowrite makes no files TRANS.TBL; -R records the names of the "
						    "host",
	};

	cli_bad_usage(&isowrite_tool, "option '%s': %s", cli_option_name(parser), reasons[why - OPT_NOT_DONE]);
}

static int32_t mode_number(const char *option, const char *arg)
{
	char *end;
	unsigned long mode = strtoul(arg, &end, 8);

	if (end == arg || *end || mode > 07777)
		cli_bad_usage(&isowrite_tool, "%s can't be '%s': give permissions in octal, such as 0555", option, arg);
	return (int32_t)mode;
}

static void set_level(struct udf_iso_plan *plan, const char *arg)
{
	uint64_t level;

	if (cli_parse_number(arg, 1, 4, &level))
		cli_bad_usage(&isowrite_tool, "-iso-level can't be '%s': give 1, 2, 3 or 4", arg);
	plan->iso_1999 = level == 4;
	plan->level = level == 4 ? 3 : (unsigned)level;
}

/* Options of the ISO 9660 names; false: it is another one. */
static bool name_option(struct request *req, int id)
{
	struct udf_iso_plan *plan = &req->plan;

	switch (id) {
	case 'l':
		plan->level = plan->level < 2 ? 2 : plan->level;
		break;
	case OPT_NAMES_37:
		plan->names_37 = true;
		break;
	case 'N':
		plan->no_version = true;
		break;
	case 'd':
		plan->no_dot = true;
		break;
	case OPT_LOWER_CASE:
		plan->lower_case = true;
		break;
	case OPT_ANY_ASCII:
		plan->any_ascii = true;
		break;
	case 'U':
		plan->names_37 = plan->no_version = plan->no_dot = plan->lower_case = plan->any_ascii = true;
		break;
	default:
		return false;
	}
	return true;
}

/* Options that are a text of the plan, the request or a volume descriptor. */
static bool text_option(struct request *req, int id, const char *arg)
{
	struct udf_iso_ids *ids = &req->plan.ids;
	const struct {
		int id;
		const char **text;
	} texts[] = {
		{ 'V', &ids->volume }, { 'A', &ids->application }, { OPT_PUBLISHER, &ids->publisher },
		{ OPT_PREPARER, &ids->preparer }, { OPT_SYSID, &ids->system }, { OPT_VOLSET, &ids->volume_set },
		{ OPT_COPYRIGHT, &ids->copyright }, { OPT_ABSTRACT, &ids->abstract },
		{ OPT_BIBLIO, &ids->bibliography },
		{ OPT_OUTPUT_CHARSET, &req->plan.output_charset },
		{ 'o', &req->output }, { OPT_ROOT, &req->root }, { OPT_PATH_LIST, &req->path_list },
		{ OPT_TAR, &req->tar }, { 'C', &req->session }, { 'M', &req->previous },
		{ OPT_PLAN, &req->span_plan }, { OPT_NEXT_DISC, &req->next_disc },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].id == id) {
			*texts[i].text = arg;
			return true;
		}
	}
	return false;
}

/* Options that choose files. */
static bool file_option(struct request *req, int id, const char *arg)
{
	switch (id) {
	case OPT_GRAFT_POINTS:
		req->graft_points = true;
		break;
	case 'm':
		patterns_add(&req->excludes, arg, 0);
		break;
	case OPT_EXCLUDE_LIST:
		patterns_add_file(&req->excludes, arg);
		break;
	case OPT_NO_BAK:
		patterns_add(&req->excludes, "*~*", 0);
		patterns_add(&req->excludes, "*#*", 0);
		patterns_add(&req->excludes, "*.bak", 0);
		break;
	case OPT_HIDE:
		patterns_add(&req->hidden, arg, 0);
		break;
	case OPT_HIDE_LIST:
		patterns_add_file(&req->hidden, arg);
		break;
	case OPT_HIDE_JOLIET:
		patterns_add(&req->hidden_joliet, arg, 0);
		break;
	case OPT_HIDE_JOLIET_LIST:
		patterns_add_file(&req->hidden_joliet, arg);
		break;
	case OPT_SORT:
		patterns_add_sort_file(&req->sorted, arg);
		req->plan.sorted = true;
		break;
	case 'f':
		req->plan.follow_links = true;
		break;
	default:
		return false;
	}
	return true;
}

/* Options of modes, owners, links and checksums. */
static bool attribute_option(struct request *req, int id, const char *arg)
{
	struct udf_iso_owners *owners = &req->plan.owners;

	switch (id) {
	case 'r':
		owners->rational = true;
		break;
	case OPT_UID:
		owners->uid = (uint32_t)cli_take_number(&isowrite_tool, "-uid", arg, 0, UINT32_MAX);
		break;
	case OPT_GID:
		owners->gid = (uint32_t)cli_take_number(&isowrite_tool, "-gid", arg, 0, UINT32_MAX);
		break;
	case OPT_DIR_MODE:
		owners->dir_mode = mode_number("-dir-mode", arg);
		break;
	case OPT_NEW_DIR_MODE:
		owners->new_dir_mode = mode_number("-new-dir-mode", arg);
		break;
	case OPT_FILE_MODE:
		owners->file_mode = mode_number("-file-mode", arg);
		break;
	case 'R':
		break;
	default:
		return false;
	}
	req->plan.rock_ridge = true;	/* only there they can be recorded */
	return true;
}

/* "990m,4500m", or "media" */
static void set_span(struct request *req, const char *arg)
{
	char *copy = strdup(arg), *at = copy, *word;
	uint64_t n_bytes;

	req->n_span = 0;
	req->spans_media = strcmp(arg, "media") == 0;
	while (copy && !req->spans_media && (word = strsep(&at, ","))) {
		if (cli_parse_size(word, 0, &n_bytes) || n_bytes < UDF_SPAN_BLOCK_BYTES)
			cli_bad_usage(&isowrite_tool, "--span can't be '%s': give the sizes of the discs, such as "
				      "990m,4500m, or media", arg);
		if (req->n_span == UDF_DISC_LIST_MAX_DISCS)
			cli_bad_usage(&isowrite_tool, "--span: a set has at most %u discs", UDF_DISC_LIST_MAX_DISCS);
		req->span_blocks[req->n_span++] = n_bytes / UDF_SPAN_BLOCK_BYTES;
	}
	free(copy);
}

/* "default" is what genisoimage(1) has for the charset of the locale; ours is UTF-8. */
static void set_input_charset(struct udf_iso_plan *plan, const char *arg)
{
	plan->input_charset = strcmp(arg, "default") == 0 ? NULL : arg;
}

/* What was printed before stays where it is. */
static void set_log_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0) {
		cli_error(own_name(), path, "cannot open", udf_err_from_errno(errno), errno);
		exit(1);
	}
	fflush(stderr);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

/* Options that only say yes; false: it is another one. */
static bool flag_option(struct request *req, int id)
{
	const struct {
		int id;
		bool *flag;
	} flags[] = {
		{ OPT_ACL, &req->plan.acls }, { OPT_XATTR, &req->plan.xattrs },
		{ OPT_PRINT_SIZE, &req->print_size }, { OPT_SPLIT_OUTPUT, &req->split_output },
		{ OPT_QUIET, &req->quiet }, { 'v', &req->verbose }, { OPT_JSON, &req->json },
		{ OPT_CHECK, &req->check }, { OPT_AUTO, &req->chooses }, { OPT_SET, &req->check_set },
		{ OPT_UDF, &req->udf },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (flags[i].id == id) {
			*flags[i].flag = true;
			return true;
		}
	}
	return false;
}

/* Joliet, and the characters of names. */
static bool charset_option(struct request *req, int id, const char *arg)
{
	struct udf_iso_plan *plan = &req->plan;

	switch (id) {
	case 'J':
	case OPT_JOLIET_LONG:
		plan->joliet = true;
		plan->joliet_long |= id == OPT_JOLIET_LONG;
		break;
	case OPT_JOLIET_CHARSET:
		plan->joliet = true;
		set_input_charset(plan, arg);
		break;
	case OPT_INPUT_CHARSET:
		set_input_charset(plan, arg);
		break;
	case OPT_UCS_LEVEL:
		if (strcmp(arg, "3") != 0)
			cli_bad_usage(&isowrite_tool, "-ucs-level can't be '%s': Joliet is recorded with level 3", arg);
		break;
	default:
		return false;
	}
	return true;
}

static void other_option(struct request *req, int id, const char *arg)
{
	struct udf_iso_plan *plan = &req->plan;

	switch (id) {
	case OPT_VOLSET_NUMBER:
		if (strcmp(arg, "1") != 0)
			cli_bad_usage(&isowrite_tool, "'%s': isowrite makes volume sets of one volume; --span makes "
				      "sets of discs", arg);
		break;
	case OPT_LOG_FILE:
		set_log_file(arg);
		break;
	case OPT_ISO_LEVEL:
		set_level(plan, arg);
		break;
	case OPT_CACHE_INODES:
	case OPT_NO_CACHE_INODES:
		plan->hard_links = id == OPT_CACHE_INODES;
		break;
	case OPT_MD5:
	case OPT_NO_MD5:
		req->md5 = id == OPT_MD5;
		req->no_md5 = id == OPT_NO_MD5;
		break;
	case OPT_SPAN:
		set_span(req, arg);
		break;
	case OPT_FIRST_DISC:
		req->first_disc = (unsigned)cli_take_number(&isowrite_tool, "--first-disc", arg, 1,
							    UDF_DISC_LIST_MAX_DISCS);
		break;
	case OPT_PAD:
	case OPT_NO_PAD:
		plan->pad_blocks = id == OPT_PAD ? UDF_ISO_PAD_BLOCKS : 0;
		break;
	case OPT_SESSION:
		req->check_block = (uint32_t)cli_take_number(&isowrite_tool, "--session", arg, 0, UINT32_MAX);
		req->has_check_block = true;
		break;
	case OPT_BRIDGE:
		req->bridge = plan->rock_ridge = true;
		break;
	case OPT_UDFREV:
		if (cli_parse_revision(arg, &req->udf_revision))
			cli_bad_usage(&isowrite_tool, "--udfrev can't be '%s': give a revision, such as 2.01", arg);
		break;
	default:		/* OPT_NO_EFFECT */
		break;
	}
}

/* "0,11702", as cdrecord -msinfo prints it */
static void read_session(struct request *req)
{
	const char *comma = strchr(req->session, ',');
	char last[32];
	uint64_t from = 0, to = 0;

	snprintf(last, sizeof(last), "%.*s", (int)(comma ? comma - req->session : 0), req->session);
	if (!comma || cli_parse_number(last, 0, UINT32_MAX, &from) ||
	    cli_parse_number(comma + 1, 0, UINT32_MAX, &to))
		cli_bad_usage(&isowrite_tool, "-C can't be '%s': give two block numbers, such as 0,11702",
			      req->session);
	req->plan.previous_block = (uint32_t)from;
	/* growisofs(1) names the block of the volume descriptor; no session but the first can be meant */
	if (from == ISO_FIRST_DESCRIPTOR)
		req->plan.previous_block = 0;
	req->plan.start_block = (uint32_t)to;
}

/* "dev=/dev/sr0", "speed=8": a word of cdrecord's. */
static void refuse_burning(const char *operand)
{
	static const char *const words[] = { "dev=", "speed=", "blank=", "fs=", "tsize=", "padsize=", "driveropts=",
					     "gracetime=", "timeout=", "pktsize=", "minbuf=", "msifile=", "driver=" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(operand, words[i], strlen(words[i])) == 0 && access(operand, F_OK) != 0)
			cli_bad_usage(&isowrite_tool, "'%s': this is for burning, with dev=DEVICE and an image",
				      operand);
}

static void check_operands(struct request *req)
{
	if (!request_spans(req) && (req->span_plan || req->first_disc || req->next_disc))
		cli_bad_usage(&isowrite_tool, "%s is for --span", req->span_plan ? "--plan" : req->first_disc ?
			      "--first-disc" : "--next-disc");
	if (req->first_disc > 1 && !req->span_plan)
		cli_bad_usage(&isowrite_tool, "--first-disc needs --plan=FILE, which says what the discs before it "
			      "hold: the plan that was stored, or " UDF_DISC_LIST_NAME " of one of these discs");
	if (req->chooses && (req->udf || req->session))
		cli_bad_usage(&isowrite_tool, "--auto makes the choice, and begins a disc; leave out --udf, --append, "
			      "-C and -M");
	if (request_spans(req) && (req->session || req->previous))
		cli_bad_usage(&isowrite_tool, "--span makes whole discs; leave out -C and -M, and with dev= --append");
	if (req->udf && req->not_for_udf)
		cli_bad_usage(&isowrite_tool, "option '%s' doesn't go with --udf", req->not_for_udf);
	if (req->bridge && req->udf)
		cli_bad_usage(&isowrite_tool, "--udf makes UDF only, and --bridge makes both; give one of them");
	if (req->bridge && req->previous)
		cli_bad_usage(&isowrite_tool, "--bridge makes a first session; --append and -M don't go with it");
	if (req->bridge && req->not_for_bridge)
		cli_bad_usage(&isowrite_tool, "option '%s' doesn't go with --bridge", req->not_for_bridge);
	if (req->udf_revision && !req->udf && !req->bridge)
		cli_bad_usage(&isowrite_tool, "--udfrev needs --udf or --bridge");
	if (req->tar && request_spans(req))
		cli_bad_usage(&isowrite_tool, "--tar doesn't go with --span");
	if (req->tar && !req->udf)
		cli_bad_usage(&isowrite_tool, "--tar needs --udf");
	if (req->tar && req->n_operands)
		cli_bad_usage(&isowrite_tool, "--tar and '%s' don't go together: a volume is made of an archive or "
			      "of directories",
			      req->operands[0]);
	if (req->check_set && !req->check)
		cli_bad_usage(&isowrite_tool, "--set is for --check");
	if (req->check) {
		if (!req->n_operands)
			cli_bad_usage(&isowrite_tool, "--check needs an IMAGE");
		return;
	}
	for (int i = 0; i < req->n_operands && !req->graft_points; i++)
		refuse_burning(req->operands[i]);
	if (!req->n_operands && !req->path_list && !req->tar)
		cli_bad_usage(&isowrite_tool, "no DIR is given for the image");
	if (req->previous && !req->session)
		cli_bad_usage(&isowrite_tool, "-M needs -C LAST,NEXT: where the last session begins, and where the "
			      "new one will, as 'isowrite dev=DEVICE -msinfo' prints it; 'isowrite --append "
			      "dev=DEVICE DIR' needs neither");
	if (req->md5 && !req->plan.rock_ridge && !req->udf)
		cli_bad_usage(&isowrite_tool, "--md5 needs -R or -r: checksums are recorded with Rock Ridge");
	if (req->split_output && (!req->output || strcmp(req->output, "-") == 0))
		cli_bad_usage(&isowrite_tool, "-split-output needs -o FILE");
	if (req->json && !req->output && !req->print_size)
		cli_bad_usage(&isowrite_tool, "--json needs -o FILE: the image would go to standard output too");
}

/* A UDF volume always has the names, modes, owners and links that -R and -J are for. */
static bool goes_with_udf(int id)
{
	static const int ids[] = { 'o', 'R', 'J', 'V', 'm', 'v', OPT_EXCLUDE_LIST, OPT_NO_BAK, OPT_PRINT_SIZE,
				   OPT_SPLIT_OUTPUT, OPT_QUIET, OPT_JSON, OPT_UDF, OPT_UDFREV, OPT_TAR, OPT_NO_EFFECT,
				   OPT_SPAN, OPT_PLAN, OPT_FIRST_DISC, OPT_NEXT_DISC, OPT_MD5, OPT_NO_MD5,
				   OPT_LOG_FILE };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* Both trees are the same, have UTF-8 names, and stand alone. */
static bool goes_with_bridge(int id)
{
	static const int ids[] = { OPT_HIDE, OPT_HIDE_LIST, OPT_INPUT_CHARSET, OPT_JOLIET_CHARSET,
				   OPT_OUTPUT_CHARSET, 'C', 'M' };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (ids[i] == id)
			return false;
	return true;
}

static void take_option(struct request *req, const struct cli_parser *parser, int id, const char *arg)
{
	if (id >= OPT_NOT_DONE)
		refuse(parser, id);
	if (!req->not_for_udf && !goes_with_udf(id))
		req->not_for_udf = strdup(cli_option_name(parser));
	if (!req->not_for_bridge && !goes_with_bridge(id))
		req->not_for_bridge = strdup(cli_option_name(parser));
	if (id >= OPT_BOOT_FIRST)
		boot_option(req, id, arg);
	else if (!name_option(req, id) && !text_option(req, id, arg) && !file_option(req, id, arg) &&
		 !attribute_option(req, id, arg) && !flag_option(req, id) && !charset_option(req, id, arg))
		other_option(req, id, arg);
}

bool request_spans(const struct request *req)
{
	return req->n_span || req->spans_media;
}

void request_default_ids(struct udf_iso_ids *ids)
{
	if (!ids->volume)
		ids->volume = "CDROM";
	if (!ids->system)
		ids->system = "LINUX";
	if (!ids->application)
		ids->application = "UDFKIT ISOWRITE " PACKAGE_VERSION;
}

static void __attribute__((noreturn)) out_of_memory(void)
{
	cli_error(own_name(), NULL, NULL, UDF_E_NOMEM, 0);
	exit(1);
}

/* For a set, or a choice, the files are walked over several times; a list from a pipe can be read only once. */
static void load_path_list(struct request *req)
{
	FILE *list = list_open(req->path_list);
	size_t n = (size_t)req->n_operands, n_text = 0;
	char *line = NULL, *text, **more;

	req->listed = calloc(n + 1, sizeof(*req->listed));
	if (!req->listed)
		out_of_memory();
	if (n)
		memcpy(req->listed, req->operands, n * sizeof(*req->listed));
	req->n_listed_first = req->n_operands;
	while ((text = list_next(list, req->path_list, &line, &n_text))) {
		more = n < INT_MAX ? reallocarray(req->listed, n + 1, sizeof(*more)) : NULL;
		if (!more || !(more[n] = strdup(text)))
			out_of_memory();
		req->listed = more;
		n++;
	}
	req->operands = req->listed;
	req->n_operands = (int)n;
	req->path_list = NULL;
	if (!n)
		cli_bad_usage(&isowrite_tool, "no DIR is given for the image");
}

void request_done(struct request *req)
{
	for (int i = req->n_listed_first; req->listed && i < req->n_operands; i++)
		free(req->listed[i]);
	free(req->listed);
	patterns_done(&req->excludes);
	patterns_done(&req->hidden);
	patterns_done(&req->hidden_joliet);
	patterns_done(&req->sorted);
	free(req->not_for_udf);
	free(req->not_for_bridge);
}

/* mkisofs(8) means an image that is both by -udf; --udf is that where we stand in for it. */
static void take_old_udf(enum called called, int argc, char **argv)
{
	static char bridge[] = "--bridge";

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "-udf") == 0 || (called != CALLED_ISOWRITE && strcmp(argv[i], "--udf") == 0))
			argv[i] = bridge;
}

/* -auto of mkisofs(8) names a file for the HFS of a disc that starts by itself. */
static void refuse_old_auto(enum called called, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "-auto") == 0 || (called != CALLED_ISOWRITE && strcmp(argv[i], "--auto") == 0))
			cli_bad_usage(&isowrite_tool, "option '-auto': isowrite makes no HFS");
}

void request_read(struct request *req, enum called called, int argc, char **argv)
{
	struct cli_parser *parser;
	const char *arg;
	int id;

	memset(req, 0, sizeof(*req));
	udf_iso_plan_init(&req->plan);
	/* as mkisofs(8) has it, where no option says otherwise: names of 8.3 characters */
	if (called != CALLED_ISOWRITE)
		req->plan.level = 1;
	take_old_udf(called, argc, argv);
	refuse_old_auto(called, argc, argv);
	parser = cli_parser_new(&isowrite_tool, argc, argv);
	req->plan.boots = req->boots;
	while ((id = cli_next(parser, &arg)) != -1)
		take_option(req, parser, id, arg);
	req->n_operands = cli_operands(parser, &req->operands);
	cli_parser_free(parser);
	if (request_spans(req) || req->chooses)
		req->plan.rock_ridge = true;	/* the list of a set has the names of the host */
	boot_finish(req);
	check_operands(req);
	if (req->session)
		read_session(req);
	req->plan.checksums = req->md5;
	if (!req->previous && !req->udf)
		request_default_ids(&req->plan.ids);
	if (req->output && strcmp(req->output, "-") == 0)
		req->output = NULL;
	if (req->path_list && (request_spans(req) || req->chooses))
		load_path_list(req);
}
