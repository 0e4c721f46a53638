/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --udf --span: of each directory only what is on the disc that is being made, and the list of the set. */
#ifndef ISOWRITE_UDF_SET_H
#define ISOWRITE_UDF_SET_H

#include "request.h"
#include "tree/host_walk.h"

struct udf_set_dir {
	const struct request *req;
	int dir_fd;			/* borrowed */
};

/** As host_walk() does it for the directory that WALK_CTX, a struct udf_set_dir, is about. */
enum udf_err udf_set_walk(void *walk_ctx, const struct host_walk *walk, uint64_t root_tag);

struct udf_set_list {
	int fd;				/* of the list, in memory; -1: there is none */
	struct stat st;
};

/** Put the list TEXT into memory as a file that was changed at SECONDS.  False, after a message, if that fails. */
bool udf_set_list_open(const char *text, size_t n_bytes, int64_t seconds, struct udf_set_list *ret_list);

/** A directory that only holds the list: WALK_CTX is a struct udf_set_list. */
enum udf_err udf_set_list_walk(void *walk_ctx, const struct host_walk *walk, uint64_t root_tag);

/** Note in REQ->set what the directories hold.  False, after messages, if that fails. */
bool udf_set_collect(const struct request *req);

#endif
