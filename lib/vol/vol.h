/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An opened volume: recognition, anchors, descriptor sequences, partitions, integrity, file set.
 * udf_vol_open() fills it for the driver and for the check.  fs and check read its members.  Only vol changes them.
 *
 * Sectors of the volume (lsn) have block_bytes bytes; the bio below may have smaller blocks.
 */
#ifndef UDF_VOL_VOL_H
#define UDF_VOL_VOL_H

#include <udfkit/bio.h>
#include <udfkit/env.h>
#include <udfkit/problem.h>

#include "ecma/types.h"

#define UDF_MAX_MAPS 4
#define UDF_MAX_STRUCTURES 96
#define UDF_REVISION_READ 0x0260	/* highest that type 1 and sparable partitions are read of */
#define UDF_REVISION_WRITE 0x0201	/* highest that is written */

/* What a run of sectors of the volume holds. */
enum udf_structure {
	UDF_STRUCTURE_VRS,
	UDF_STRUCTURE_ANCHOR,
	UDF_STRUCTURE_MAIN_VDS,
	UDF_STRUCTURE_RESERVE_VDS,
	UDF_STRUCTURE_LVID,
	UDF_STRUCTURE_PARTITION,
	UDF_STRUCTURE_SPARING_TABLE,
	UDF_STRUCTURE_SPARE_PACKETS,
};

struct udf_vol_extent {
	enum udf_structure what;
	uint64_t lsn;
	uint64_t n_blocks;
	uint64_t n_used_blocks;		/* of sequences: up to where they end */
};

struct udf_spare {			/* an entry of a sparing table, with its locations as recorded */
	uint32_t original_lbn;		/* UDF_SPARING_DEFECTIVE and above: no packet moved here */
	uint32_t mapped_lsn;
};

/*
 * The sparing tables of a sparable partition (UDF 2.2.9, 2.2.12).  Packets are counted from the beginning of the
 * partition.  If the bio can do it, it replaces packets that have moved, and may move others; else udf_vol_map()
 * leads to their new places, and no more packets move.
 */
struct udf_sparing {
	uint32_t packet_blocks;
	uint32_t table_bytes;		/* what each copy has room for */
	unsigned n_tables;
	uint32_t table_lsn[UDF_MAX_SPARING_TABLES];
	bool table_verifies[UDF_MAX_SPARING_TABLES];
	uint32_t sequence_number;	/* of the table that prevails */
	bool is_stale;			/* a copy does not verify or differs; the first change writes all of them */
	size_t n_spares;
	struct udf_spare *spares;	/* of the table that prevails, by mapped_lsn */
	size_t n_moved;
	struct udf_spare *moved;	/* those in use that can be, by original_lbn, as the volume was opened */
	bool is_mapped_here;		/* by udf_vol_map(), not by the bio */
	const char *why_read_only;	/* NULL: packets may move, if the bio can move them */
};

struct udf_part {			/* one partition reference */
	enum udf_map_kind kind;
	uint16_t number;		/* partition number */
	uint32_t start_lsn;
	uint32_t n_blocks;
	uint32_t access_type;		/* enum udf_access_type, as found */
	struct udf_partition_header header;
};

struct udf_vol_journal {		/* the packet journal of an open volume: see bio_set_journal() */
	uint32_t lsn, n_blocks;		/* n_blocks 0: there is none */
	uint64_t id;			/* 0: there has been none yet */
};

struct udf_vol {
	struct bio *bio;		/* borrowed */
	const struct udf_env *env;	/* borrowed, may be NULL */
	uint32_t block_bytes;
	uint32_t bio_per_block;		/* bio blocks in a sector */
	uint64_t n_sectors;
	uint16_t revision;		/* of the LVD's domain suffix: 0x0102 ... 0x0260 */
	uint16_t tag_version;		/* 2 or 3: what new descriptors carry */
	uint16_t tag_serial;		/* of the anchor: what new descriptors carry */

	uint32_t anchor_lsn[3];		/* of the anchors that verify */
	unsigned n_anchors;
	struct udf_avdp anchor;		/* the first of them */
	bool reserve_used;		/* something came from the reserve sequence */
	struct udf_pvd pvd;
	struct udf_lvd lvd;
	struct udf_iuvd iuvd;		/* prevailing "*UDF LV Info"; tag.id 0 if there is none */
	struct udf_usd usd;		/* header of the prevailing USD; tag.id 0 if there is none */
	struct udf_extent_ad *usd_extents;	/* usd.n_extents of them */
	unsigned n_pds;
	struct udf_pd pds[UDF_MAX_MAPS];	/* prevailing, one a partition number */

	/* As declared: anchors, sequences with their continuations, partitions; any order. */
	unsigned n_structures;
	struct udf_vol_extent structures[UDF_MAX_STRUCTURES];

	unsigned n_parts;
	struct udf_partition_map maps[UDF_MAX_MAPS];
	struct udf_part parts[UDF_MAX_MAPS];

	struct udf_sparing *sparing;	/* of the sparable partition; NULL: there is none */

	/* Prevailing LVID; lvid_lsn 0: none readable */
	uint32_t lvid_lsn;
	struct udf_lvid lvid;
	struct udf_lvid_impl lvid_impl;
	uint8_t *lvid_block;		/* as on the medium: block_bytes */
	bool lvid_is_new;		/* none could be read: it was made in memory, see udf_vol_renew_integrity() */
	uint32_t free_blocks[UDF_MAX_MAPS], size_blocks[UDF_MAX_MAPS];
	struct udf_vol_journal journal;	/* as the LVID has it; until it is written again, as set by lib/fs */
	bool is_unrecovered;		/* the journal could not be read: it must not be given up */
	unsigned n_recovered;		/* packets that are read from the journal until the next flush */

	/* Prevailing FSD; fsd_at.part_ref is a partition reference */
	struct udf_lb_addr fsd_at;
	struct udf_fsd fsd;		/* tag.id 0: none readable (options.allow_partial) */
	uint16_t root_strategy;		/* of the root directory's ICB; 0 if it can't be read */
};

struct udf_vol_options {
	uint32_t block_bytes;		/* 0: find out (device's own, then 512 to 32768) */
	uint64_t anchor_lsn;		/* 0: the legal places; else look there first */
	uint32_t session_lsn;		/* 0: first session */
	uint64_t last_lsn;		/* 0: the device's last sector */
	bool ignores_recognition;	/* open without a recognition sequence too ("novrs") */
	bool allow_partial;		/* info, label: succeed once the LVD is read, whatever its maps
					 * and without a file set; see udf_vol.fsd and parts[].kind */
};

/**
 * Open the volume on BIO (borrowed, must outlive it).
 *
 * @options  NULL for the defaults: the block size is found out, the first session is opened, and the
 *        volume needs a recognition sequence.
 * @sink  With NULL, the first usable anchor, sequence and descriptor are taken, and damage in the other
 *        copy is ignored.  With a sink, both sequences are read to their ends and every violation of the
 *        standards is reported.  A volume without a recognition sequence is then opened too.
 * Returns UDF_E_NOT_UDF if there is no anchor or no recognition sequence; UDF_E_CORRUPT if they lead to no
 * volume; UDF_E_UNSUPPORTED for a partition map that this version can't read, whose name goes to env's log;
 * UDF_E_INVAL for a block size that is not a power of two from 512 to 32768 or is smaller than the bio's;
 * UDF_E_NOMEM, UDF_E_MEDIUM, UDF_E_IO.
 */
enum udf_err udf_vol_open(struct bio *bio, const struct udf_vol_options *options,
			  const struct udf_env *env, struct udf_sink *sink, struct udf_vol **ret_vol);

/** Release VOL, which may be NULL.  Nothing is written. */
void udf_vol_close(struct udf_vol *vol);

/**
 * Read or write N_BLOCKS sectors of the volume, beginning with LSN.  Returns UDF_E_RANGE if they are not all inside
 * the volume, or the error of the bio.
 */
enum udf_err udf_vol_read_lsn(struct udf_vol *vol, uint64_t lsn, uint32_t n_blocks, void *ret_data);
enum udf_err udf_vol_write_lsn(struct udf_vol *vol, uint64_t lsn, uint32_t n_blocks, const void *data);

/**
 * The run of sectors that begins with block LBN of partition reference PART_REF.  *RET_N_BLOCKS is its length,
 * at most N_BLOCKS.  Returns UDF_E_RANGE outside the partition and for an unknown reference, UDF_E_UNSUPPORTED
 * for a kind of partition that this version can't read.
 */
enum udf_err udf_vol_map(const struct udf_vol *vol, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks,
			 uint64_t *ret_lsn, uint32_t *ret_n_blocks);

/**
 * Read or write blocks of a partition reference.  Returns the errors of udf_vol_map() and of the bio.  What was
 * written is durable after udf_vol_flush().
 */
enum udf_err udf_vol_read(struct udf_vol *vol, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks,
			  void *ret_data);
enum udf_err udf_vol_write(struct udf_vol *vol, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks,
			   const void *data);
enum udf_err udf_vol_flush(struct udf_vol *vol);

/**
 * Where the blocks from LBN on are in a file of the host: its file descriptor, which is borrowed and valid until the
 * bio is closed; the offset in bytes; and how many blocks follow each other there, at most N_BLOCKS.  Returns
 * UDF_E_UNSUPPORTED if no file descriptor has them (use udf_vol_read() and udf_vol_write() then), UDF_E_RANGE
 * outside the partition.
 */
enum udf_err udf_vol_fd_range(struct udf_vol *vol, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks,
			      int *ret_fd, uint64_t *ret_offset_bytes, uint32_t *ret_n_blocks);

/* ---- integrity.c: what the volume records about itself as a whole, wherever it does so ---- */

struct udf_integrity {
	uint64_t next_unique_id;	/* no object has it or a higher one; never 1 to 15 (UDF 3.2.1.1) */
	uint64_t n_files, n_directories;
	uint64_t n_free_blocks;		/* of one partition; UINT32_MAX: not recorded */
};

/** Is the volume marked as being changed?  If it is so when it is opened, it was not closed in order. */
bool udf_vol_is_marked_open(const struct udf_vol *vol);

/** True if udfkit has marked the volume last, and no other system has done so since. */
bool udf_vol_is_ours(const struct udf_vol *vol);

/** What is recorded.  The free blocks are those of partition reference PART_REF. */
void udf_vol_integrity(const struct udf_vol *vol, uint16_t part_ref, struct udf_integrity *ret);

/**
 * Mark the volume as being changed, before the first change and whenever the ids run out.  The caller flushes.
 *
 * @next_unique_id  The next id that will be given out.
 * @n_ids           How many ids may be given out before the next call; at most 2^31.
 * @ret_end_id      The ids below it may be given out.
 * Returns UDF_E_READ_ONLY where the volume has no place to record it, or the error of the bio.
 */
enum udf_err udf_vol_mark_open(struct udf_vol *vol, uint64_t next_unique_id, uint32_t n_ids, uint64_t *ret_end_id);

/**
 * Mark the volume as closed in order.  Everything else is durable already.  The caller flushes.
 * @integrity  What to record.  The free blocks are those of PART_REF.
 * Returns the errors of udf_vol_mark_open().
 */
enum udf_err udf_vol_mark_closed(struct udf_vol *vol, uint16_t part_ref, const struct udf_integrity *integrity);

/** An object has been found with the id NEXT_UNIQUE_ID - 1.  Later calls know this; nothing is written. */
void udf_vol_raise_next_id(struct udf_vol *vol, uint64_t next_unique_id);

/**
 * Where no record can be read, make a new one in memory: marked open and ours, without counts and ids.  A power cut may
 * cost the record on media that are written in packets, since a packet that is being written comes back unreadable.
 * The next udf_vol_mark_open() writes it, with the whole packet that it is in.
 * Returns UDF_E_READ_ONLY on other media, and where nothing says where the record belongs.
 */
enum udf_err udf_vol_renew_integrity(struct udf_vol *vol);

/** Can the integrity descriptor say where a packet journal is? */
bool udf_vol_can_journal(const struct udf_vol *vol);

/**
 * Keep the journal that vol->journal names.  It is durable that it does.  Returns the errors of bio_set_journal().
 * An open volume has one from its first change on, where its medium is written in packets that wear out.
 */
enum udf_err udf_vol_begin_journal(struct udf_vol *vol);

/**
 * Write in place what is only in the journal, and keep none any more.  The integrity descriptor may still name it.
 * Returns the errors of bio_settle(); the journal goes on then.
 */
enum udf_err udf_vol_end_journal(struct udf_vol *vol);

/** Is the volume on a medium that is written in packets, or made for one? */
bool udf_vol_is_in_packets(const struct udf_vol *vol);

/** What could not be written where one of the calls above has failed: "integrity descriptor at sector 128". */
void udf_vol_integrity_name(const struct udf_vol *vol, char *ret_text, size_t cap);

/* How many spare packets of a sparable partition there are of each kind. */
struct udf_spare_counts {
	size_t n_used, n_free, n_bad;
};
struct udf_spare_counts udf_vol_count_spares(const struct udf_sparing *sparing);

/**
 * The uuid that readers derive from a volume set identifier in UTF-8.  If it begins with 16 hexadecimal digits, the
 * uuid is these in lower case; if it begins with 8, it is these and the hexadecimal form of the next 4 bytes;
 * otherwise it is the hexadecimal form of the first 8 bytes.  It is "" for fewer than 8 bytes.
 * Returns how many bytes of the identifier are part of the uuid unchanged; after them is the identifier proper.
 */
size_t udf_vol_uuid(const char *full_vsid, char ret_uuid[17]);

/** A uuid for a volume made or renamed at TIME: 8 digits of that, 8 of ENV's random bytes. */
void udf_vol_new_uuid(const struct udf_time *time, const struct udf_env *env, char ret_uuid[17]);

/**
 * Why the volume can't be written ("access type is read-only", ...), or NULL where it can:
 * access type, write protection of LVD and FSD, freed sets, missing space set, minimum write
 * revision, no LVID.  What the kernel's driver alone can't write counts as writable.
 */
const char *udf_vol_why_read_only(const struct udf_vol *vol);

/**
 * The same for the volume being new, and about to be filled: blocks of freed sets need no erasing then,
 * and no entry of strategy 4096 is replaced by another.
 */
const char *udf_vol_why_not_filled(const struct udf_vol *vol);

/* What udf_vol_look() has found. */
struct udf_traces {
	bool has_recognition;		/* NSR02 or NSR03, in its sequence */
	bool has_part_of_recognition;	/* BEA01 or TEA01 */
	unsigned n_anchors;		/* that verify, at whatever place */
	unsigned n_sequences;		/* logical volume descriptors: 2 for the main and the reserve sequence */
	unsigned n_descriptors;		/* other volume descriptors, and integrity descriptors */
	bool has_file_set;
	uint32_t block_bytes;		/* of the logical volume; 0 where none was found */
	uint8_t label[128];		/* dstring, of the logical volume */
	bool is_zero;			/* all that was read */
	bool was_read_whole;		/* the whole device was read */
	bool is_unreadable;		/* a part of it could not be read */
};

/**
 * Look for traces of a volume on BIO, whether it can be opened or not, in the first and the last 10 MiB.  An
 * unreadable block is passed over.  Fails for want of memory only.
 */
enum udf_err udf_vol_look(struct bio *bio, struct udf_traces *ret);

/** Is there anything of a UDF volume?  Whoever overwrites it should be asked. */
bool udf_traces_are_any(const struct udf_traces *traces);

#endif
