/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One 24-byte row for every ICB that something names, found by its address. */
#ifndef UDF_CHECK_OBJECTS_H
#define UDF_CHECK_OBJECTS_H

#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#define CHK_NONE 0xFFFFFFFFu		/* no object */

/* What names the object. */
enum chk_role {
	CHK_ROLE_NAMED,			/* a FID of a directory */
	CHK_ROLE_ROOT,			/* the file set descriptor */
	CHK_ROLE_SYSTEM_STREAMS,	/* the file set descriptor */
	CHK_ROLE_STREAM_DIRECTORY,	/* a file's or directory's EFE */
	CHK_ROLE_STREAM,		/* a FID of a stream directory */
	CHK_ROLE_EA_FILE,		/* a file's or directory's ICB */
};

#define CHK_OBJECT_AS_DIRECTORY 0x01	/* its first FID says that it is a directory */
#define CHK_OBJECT_VISITED 0x02
#define CHK_OBJECT_BAD 0x04		/* unreadable, or no File Entry */
#define CHK_OBJECT_LINKED_TWICE 0x08	/* a directory with a second name */
#define CHK_OBJECT_HAS_STREAMS 0x10	/* has a stream directory */
#define CHK_OBJECT_OTHER_PARENT 0x20	/* a directory whose parent FID names another one */
#define CHK_OBJECT_LOST_NAMES 0x40	/* a directory of which not every name could be read */

struct chk_object {
	uint32_t lbn;
	uint32_t parent;	/* who names it first: a directory, or the owner of a stream directory or EA file */
	uint32_t fid_at;	/* of that FID: byte offset in the directory, divided by 4 */
	uint32_t unique_id;	/* files on UDF 2.00+: that FID's; else low half of the ICB's own */
	uint16_t links_stated;
	uint16_t links_counted;	/* stops at 65535 */
	uint8_t part_ref;
	uint8_t role;		/* enum chk_role */
	uint8_t type;		/* enum udf_file_type, once visited */
	uint8_t flags;		/* CHK_OBJECT_... */
};
_Static_assert(sizeof(struct chk_object) == 24, "a row an object: memory is counted by it");

#define CHK_CHUNK_OBJECTS 1024u

struct chk_objects {
	uint32_t n;
	struct chk_object **chunks;
	uint32_t n_chunks, cap_chunks;
	uint32_t *slots;		/* index + 1, 0: empty */
	uint32_t n_slots;		/* a power of two, or 0 */
	uint64_t seed;			/* nobody can choose addresses that collide */
};

void chk_objects_init(struct chk_objects *objects, uint64_t seed);
void chk_objects_done(struct chk_objects *objects);

static inline struct chk_object *chk_object_at(const struct chk_objects *objects, uint32_t index)
{
	return &objects->chunks[index / CHK_CHUNK_OBJECTS][index % CHK_CHUNK_OBJECTS];
}

/** The object whose ICB has this address, or CHK_NONE. */
uint32_t chk_objects_find(const struct chk_objects *objects, uint16_t part_ref, uint32_t lbn);

/** Add a row, which is zero except for the address.  There must be none with this address yet. */
enum udf_err chk_objects_add(struct chk_objects *objects, uint16_t part_ref, uint32_t lbn,
			     uint32_t *ret_index);

#endif
