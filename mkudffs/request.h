/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line of mkudffs asks for.  The order of options has no meaning. */
#ifndef MKUDFFS_REQUEST_H
#define MKUDFFS_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/cli.h"
#include "mkfs/mkfs.h"

enum text_field {
	TEXT_LVID, TEXT_VID, TEXT_VSID, TEXT_FSID, TEXT_FULL_VSID, TEXT_OWNER, TEXT_ORGANIZATION,
	TEXT_CONTACT, TEXT_N_FIELDS
};

struct request {
	const char *device;
	bool to_stdout;			/* DEVICE was "-"; it is a name for messages now */
	const char *blocks_text;	/* NULL: not given */
	const char *size_text;		/* NULL: not given */
	uint32_t block_bytes;		/* 0: find out */
	int media;			/* enum udf_media_type, -1: not given */
	uint16_t revision;		/* 0: not given */
	const char *texts[TEXT_N_FIELDS];
	const char *label;
	enum cli_encoding encoding;
	const char *uuid;
	uint32_t uid, gid;
	bool uid_given, gid_given;
	int mode;			/* -1: not given */
	bool read_only;
	int boot_area;			/* enum udf_boot_area, -1: not given */
	uint32_t mbr_sector_bytes;
	unsigned strategy;		/* 0: not given */
	int space;			/* enum udf_space_kind, -1: not given */
	int ad;				/* enum udf_ad_kind, -1: not given */
	bool no_efe;
	uint32_t packet_blocks;		/* 0: not given */
	unsigned n_sparing_tables;	/* 0: not given */
	uint32_t spare_blocks;		/* 0: not given */
	uint32_t start_lsn;
	unsigned n_forced;		/* --force: one overwrites what is there, two what is in use */
	bool no_write, new_file, format, quiet, verbose, json;
	const char *directory;		/* to fill the volume from; NULL: leave it empty */
	int directory_fd;
	bool is_tar;			/* DIRECTORY is an archive, "-": standard input */
	struct udf_tar *tar;		/* once it was read */
	const char **excludes;		/* n_excludes of them */
	size_t n_excludes;
	bool all_root;
	struct skipped *skipped;	/* --skip-unreadable: what was left out; NULL: not given */
};

/** Read the command line into REQ; what makes no sense ends the program with one line. */
void request_read(struct request *req, int argc, char **argv);

/** Set all texts of PARAMS from REQ. */
void request_set_texts(const struct request *req, struct udf_mkfs_params *params);

#endif
