/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ls, tree and stat. */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "tree/ino_map.h"

/* ---- ls ---- */

struct ls {
	struct command c;
	bool all, itself, is_long, is_human, recursive, as_json;
	struct cli_json json;
	bool titles;			/* a line with each directory's path */
	bool began;			/* something was printed */
	char **waiting;			/* -R: paths of directories, the next one last; owned */
	size_t n_waiting, cap_waiting;
	struct tree_ino_map listed;	/* directories */
};

static void print_id(uint32_t id)
{
	if (id == UDF_ID_NONE)
		printf(" %5s", "-");
	else
		printf(" %5u", id);
}

static void print_long(const struct udf_attr *attr, bool is_human)
{
	char mode[11], when[64], size[CLI_SIZE_BYTES];

	mode_to_text(attr->mode, mode);
	time_to_columns(attr->mtime, when, sizeof(when));
	printf("%s %3u", mode, attr->nlink);
	print_id(attr->uid);
	print_id(attr->gid);
	if (S_ISBLK(attr->mode) || S_ISCHR(attr->mode)) {
		printf(" %7u,%4u", attr->rdev_major, attr->rdev_minor);
	} else if (is_human) {
		cli_size_text(attr->size_bytes, size);
		printf(" %12s", size);
	} else {
		printf(" %12llu", (unsigned long long)attr->size_bytes);
	}
	printf(" %s ", when);
}

static void print_entry(struct ls *ls, const char *path, const char *name, udf_ino ino)
{
	char target[PATH_MAX];
	struct udf_attr attr;
	enum udf_err err = UDF_OK;

	if (ls->is_long || ls->as_json)
		err = udf_getattr(ls->c.fs, ino, &attr);
	if (err) {
		command_fail(&ls->c, path, err, 0);
		return;
	}
	if (ls->as_json) {
		cli_json_object(&ls->json, NULL);
		json_attr(&ls->json, ls->c.fs, path, &attr);
		cli_json_object_end(&ls->json);
		return;
	}
	ls->began = true;
	if (ls->is_long)
		print_long(&attr, ls->is_human);
	print_name(name);
	if (ls->is_long && S_ISLNK(attr.mode) &&
	    udf_readlink(ls->c.fs, ino, target, sizeof(target)) == UDF_OK) {
		printf(" -> ");
		print_name(target);
	}
	putchar('\n');
}

static void wait_for(struct ls *ls, char *path)
{
	if (ls->n_waiting == ls->cap_waiting) {
		size_t cap = ls->cap_waiting ? ls->cap_waiting * 2 : 64;
		char **waiting = realloc(ls->waiting, cap * sizeof(*waiting));

		if (!waiting) {
			command_fail(&ls->c, path, UDF_E_NOMEM, 0);
			free(path);
			return;
		}
		ls->waiting = waiting;
		ls->cap_waiting = cap;
	}
	ls->waiting[ls->n_waiting++] = path;
}

static void list_directory(struct ls *ls, const char *path, udf_ino dir)
{
	struct listing listing;
	enum udf_err err = UDF_E_CORRUPT;	/* for a second time */

	if (!ls->recursive || !tree_ino_map_find(&ls->listed, dir, NULL))
		err = ls->recursive ? tree_ino_map_add(&ls->listed, dir, 0) : UDF_OK;
	if (err) {
		command_fail(&ls->c, path, err, 0);
		return;
	}
	err = listing_load(ls->c.fs, dir, &listing);
	if (err)
		command_fail(&ls->c, path, err, 0);
	if (ls->titles && !ls->as_json) {
		printf("%s", ls->began ? "\n" : "");
		print_name(path);
		puts(":");
		ls->began = true;
	}
	for (size_t i = 0; i < listing.n_items; i++) {
		const struct listing_item *item = &listing.items[i];
		char *item_path;

		if (item->name[0] == '.' && !ls->all)
			continue;
		item_path = path_join(path, item->name);
		print_entry(ls, item_path ? item_path : item->name, item->name, item->ino);
		free(item_path);
	}
	for (size_t i = listing.n_items; i-- > 0 && ls->recursive;) {
		const struct listing_item *item = &listing.items[i];
		char *item_path;

		if (!item->is_directory || (item->name[0] == '.' && !ls->all))
			continue;
		item_path = path_join(path, item->name);
		if (item_path)
			wait_for(ls, item_path);
		else
			command_fail(&ls->c, path, UDF_E_NOMEM, 0);
	}
	listing_done(&listing);
}

static void ls_path(struct ls *ls, const char *path)
{
	struct udf_attr attr;
	enum udf_err err = path_find(ls->c.fs, path, !ls->is_long && !ls->itself, &attr);

	if (err) {
		command_fail(&ls->c, path, err, 0);
		return;
	}
	if (ls->itself || !S_ISDIR(attr.mode)) {
		print_entry(ls, path, path, attr.ino);
		return;
	}
	tree_ino_map_done(&ls->listed);
	list_directory(ls, path, attr.ino);
	while (ls->n_waiting) {
		char *next = ls->waiting[--ls->n_waiting];

		err = path_find(ls->c.fs, next, false, &attr);
		if (err)
			command_fail(&ls->c, next, err, 0);
		else
			list_directory(ls, next, attr.ino);
		free(next);
	}
}

int run_ls(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	struct common_options common = { 0 };
	struct ls ls = { .json.out = stdout };
	char **operands;
	const char *arg;
	int id, n;

	while ((id = cli_next(parser, &arg)) != -1) {
		if (take_common(&common, tool, id, arg))
			continue;
		ls.all |= id == 'a';
		ls.itself |= id == 'd';
		ls.is_long |= id == 'l';
		ls.is_human |= id == 'h';
		ls.recursive |= id == 'R';
		ls.as_json |= id == OPTION_JSON;
	}
	n = cli_operands(parser, &operands);
	cli_parser_free(parser);
	if (n < 1)
		cli_bad_usage(tool, "needs an image");
	if (!command_open(&ls.c, tool, operands[0], &common, false))
		return EXIT_FAILURE;
	ls.titles = n > 2 || ls.recursive;
	if (ls.as_json)
		cli_json_list(&ls.json, NULL);
	if (n == 1)
		ls_path(&ls, "/");
	for (int i = 1; i < n; i++)
		ls_path(&ls, operands[i]);
	if (ls.as_json)
		cli_json_list_end(&ls.json);
	free(ls.waiting);
	tree_ino_map_done(&ls.listed);
	return command_close(&ls.c);
}

/* ---- tree ---- */

struct tree {
	struct command c;
	bool all, is_human, as_json;
	struct cli_json json;
	unsigned long n_directories, n_files;	/* that were shown */
};

/* The size of an entry, as tree -h of other systems has it before the name. */
static void print_size(struct command *c, const struct walk_entry *entry)
{
	char size[CLI_SIZE_BYTES] = "?";
	struct udf_attr attr;
	enum udf_err err = udf_getattr(c->fs, entry->ino, &attr);

	if (err)
		command_fail(c, entry->path, err, 0);
	else
		cli_size_text(attr.size_bytes, size);
	printf("[%4s]  ", size);
}

static void print_branch(struct command *c, const struct walk *walk, const struct walk_entry *entry, bool with_size)
{
	char target[PATH_MAX];

	for (unsigned depth = 1; depth < entry->depth; depth++)
		printf("%s", walk_is_last(walk, depth) ? "    " : "|   ");
	printf("%s-- ", walk_is_last(walk, entry->depth) ? "`" : "|");
	if (with_size)
		print_size(c, entry);
	print_name(entry->name);
	if (entry->is_directory)
		putchar('/');
	else if (udf_readlink(c->fs, entry->ino, target, sizeof(target)) == UDF_OK) {
		printf(" -> ");
		print_name(target);
	}
	putchar('\n');
}

/* Begin an object for the directory or file that the walk has reached. */
static void json_begin(struct tree *tree, const char *path, const char *name, udf_ino ino, bool is_directory)
{
	struct udf_attr attr;
	enum udf_err err = udf_getattr(tree->c.fs, ino, &attr);

	cli_json_object(&tree->json, NULL);
	if (name)
		cli_json_text(&tree->json, "name", name);
	if (err) {
		command_fail(&tree->c, path, err, 0);
		cli_json_text(&tree->json, "path", path);
	} else {
		json_attr(&tree->json, tree->c.fs, path, &attr);
	}
	if (is_directory)
		cli_json_list(&tree->json, "contents");
	else
		cli_json_object_end(&tree->json);
}

static void json_end_directory(struct tree *tree)
{
	cli_json_list_end(&tree->json);
	cli_json_object_end(&tree->json);
}

/* All entries of WALK that are to be shown. */
static void show_entries(struct tree *tree, const char *path, struct walk *walk)
{
	unsigned hidden_depth = 0;	/* below a directory that isn't shown */
	struct walk_entry entry;
	enum udf_err err;

	while ((err = walk_next(walk, &entry)) == UDF_OK) {
		if (hidden_depth && entry.depth > hidden_depth)
			continue;
		hidden_depth = 0;
		if (entry.err)
			command_fail(&tree->c, entry.path, entry.err, 0);
		if (entry.name[0] == '.' && !tree->all) {
			hidden_depth = entry.is_directory && !entry.is_leaving ? entry.depth : 0;
			continue;
		}
		if (entry.is_leaving) {
			if (tree->as_json)
				json_end_directory(tree);
			continue;
		}
		if (tree->as_json)
			json_begin(tree, entry.path, entry.name, entry.ino, entry.is_directory);
		else
			print_branch(&tree->c, walk, &entry, tree->is_human);
		if (entry.is_directory)
			tree->n_directories++;
		else
			tree->n_files++;
	}
	if (err != UDF_END)
		command_fail(&tree->c, path, err, 0);
}

static void tree_path(struct tree *tree, const char *path)
{
	unsigned depth = tree->json.depth;
	struct udf_attr attr;
	struct walk *walk;
	enum udf_err err = path_find(tree->c.fs, path, true, &attr);

	if (!err && !S_ISDIR(attr.mode))
		err = UDF_E_NOT_DIR;
	if (!err)
		err = walk_new(tree->c.fs, attr.ino, path, &walk);
	if (err) {
		command_fail(&tree->c, path, err, 0);
		return;
	}
	tree->n_directories = 0;
	tree->n_files = 0;
	if (tree->as_json) {
		json_begin(tree, path, NULL, attr.ino, true);
	} else {
		print_name(path);
		putchar('\n');
	}
	show_entries(tree, path, walk);
	walk_free(walk);
	while (tree->json.depth > depth)	/* more than one where the walk failed half way */
		json_end_directory(tree);
	if (!tree->as_json)
		printf("\n%lu director%s, %lu file%s\n", tree->n_directories, tree->n_directories == 1 ? "y" : "ies",
		       tree->n_files, tree->n_files == 1 ? "" : "s");
}

int run_tree(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	struct common_options common = { 0 };
	struct tree tree = { .json.out = stdout };
	char **operands;
	const char *arg;
	int id, n;

	while ((id = cli_next(parser, &arg)) != -1) {
		if (take_common(&common, tool, id, arg))
			continue;
		tree.all |= id == 'a';
		tree.is_human |= id == 'h';
		tree.as_json |= id == OPTION_JSON;
	}
	n = cli_operands(parser, &operands);
	cli_parser_free(parser);
	if (n < 1)
		cli_bad_usage(tool, "needs an image");
	if (!command_open(&tree.c, tool, operands[0], &common, false))
		return EXIT_FAILURE;
	if (tree.as_json)
		cli_json_list(&tree.json, NULL);
	if (n == 1)
		tree_path(&tree, "/");
	for (int i = 1; i < n; i++)
		tree_path(&tree, operands[i]);
	if (tree.as_json)
		cli_json_list_end(&tree.json);
	return command_close(&tree.c);
}

/* ---- stat ---- */

static void print_time(const char *name, struct udf_time when)
{
	char text[CLI_TIME_BYTES];

	cli_time_text(when, text);
	printf("%s=%s\n", name, text);
}

static void print_stat(struct command *c, const char *path, const struct udf_attr *attr)
{
	char target[PATH_MAX];

	printf("path=%s\ntype=%s\nmode=%04o\nnlink=%u\n", path, type_name(attr->mode), attr->mode & 07777,
	       attr->nlink);
	printf(attr->uid == UDF_ID_NONE ? "uid=\n" : "uid=%u\n", attr->uid);
	printf(attr->gid == UDF_ID_NONE ? "gid=\n" : "gid=%u\n", attr->gid);
	printf("size=%llu\nallocated=%llu\n", (unsigned long long)attr->size_bytes,
	       (unsigned long long)attr->allocated_bytes);
	if (S_ISBLK(attr->mode) || S_ISCHR(attr->mode))
		printf("device=%u:%u\n", attr->rdev_major, attr->rdev_minor);
	if (S_ISLNK(attr->mode) && udf_readlink(c->fs, attr->ino, target, sizeof(target)) == UDF_OK)
		printf("target=%s\n", target);
	print_time("atime", attr->atime);
	print_time("mtime", attr->mtime);
	print_time("ctime", attr->ctime);
	print_time("btime", attr->btime);
	printf("partition=%u\nblock=%u\nunique_id=%llu\n", (unsigned)(attr->ino >> 32), (uint32_t)attr->ino,
	       (unsigned long long)attr->unique_id);
}

int run_stat(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	struct common_options common = { 0 };
	struct cli_json json = { .out = stdout };
	bool as_json = false, began = false;
	struct command c;
	char **operands;
	const char *arg;
	int id, n;

	while ((id = cli_next(parser, &arg)) != -1)
		if (!take_common(&common, tool, id, arg))
			as_json |= id == OPTION_JSON;
	n = cli_operands(parser, &operands);
	cli_parser_free(parser);
	if (n < 2)
		cli_bad_usage(tool, "needs an image and a path");
	if (!command_open(&c, tool, operands[0], &common, false))
		return EXIT_FAILURE;
	if (as_json)
		cli_json_list(&json, NULL);
	for (int i = 1; i < n; i++) {
		struct udf_attr attr;
		enum udf_err err = path_find(c.fs, operands[i], false, &attr);

		if (err) {
			command_fail(&c, operands[i], err, 0);
			continue;
		}
		if (as_json) {
			cli_json_object(&json, NULL);
			json_attr(&json, c.fs, operands[i], &attr);
			cli_json_object_end(&json);
		} else {
			printf("%s", began ? "\n" : "");
			print_stat(&c, operands[i], &attr);
		}
		began = true;
	}
	if (as_json)
		cli_json_list_end(&json);
	return command_close(&c);
}
