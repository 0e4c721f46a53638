/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a family of media does in its own way. */
#ifndef UDF_SIM_FAMILY_H
#define UDF_SIM_FAMILY_H

#include "sim/command.h"
#include "sim/drive.h"
#include "sim/view.h"

/* A FORMAT UNIT whose form is right. */
struct sim_format {
	uint32_t n_blocks;
	uint8_t type, sub_type;
	uint32_t parameter;
	bool compare_list;		/* CmpLst of the CDB */
	uint8_t options;		/* byte 1 of the header */
};
#define FORMAT_FOV 0x80u
#define FORMAT_DCRT 0x20u
#define FORMAT_IMMED 0x02u

/* A READ or WRITE. */
struct sim_span {
	uint32_t lba, n_blocks;
	bool now;			/* FUA */
	bool streaming;
};

/* The first states of each family that is written in order.  Others follow them. */
enum { SIM_BLANK, SIM_SEQUENTIAL, SIM_COMPLETE, SIM_OTHER_STATES };

struct sim_seq_rules;

struct sim_family {
	const char *const *state_names;	/* in the order of the family's enum; ends with NULL */
	void (*describe)(const struct sim *sim, struct sim_view *view);
	/** A new disc: set state and sizes.  The units are there.  NULL: sold in the first state, without blocks. */
	void (*make)(struct sim_disc *disc, bool unformatted);
	/** How tracks are laid out now.  NULL: the disc is never written in order. */
	struct sim_seq_rules (*rules)(const struct sim *sim);
	/** May blocks be read (NULL: always) or written at all?  Write protection comes from elsewhere. */
	sim_sense (*may_read)(const struct sim *sim);
	sim_sense (*may_write)(const struct sim *sim);
	/** The end of what can be written at random; NULL: n_blocks. */
	uint32_t (*write_limit)(const struct sim *sim);
	/** The end of what can be read; NULL: n_blocks.  And what else is wrong with a READ; NULL: nothing. */
	uint32_t (*read_limit)(const struct sim *sim);
	sim_sense (*check_read)(const struct sim *sim, struct sim_command *cmd, const struct sim_span *span);
	/** Media that are written in order do all of a WRITE and SYNCHRONIZE CACHE.  NULL: written at random. */
	sim_sense (*write)(struct sim *sim, struct sim_command *cmd, const struct sim_span *span);
	sim_sense (*sync)(struct sim *sim, struct sim_command *cmd);
	/** With write: is the disc written at random now?  NULL: it never is. */
	bool (*is_random)(const struct sim *sim);
	/** SPAN is in the cache.  NULL: nothing to do. */
	void (*wrote)(struct sim *sim, const struct sim_span *span);
	/** The span is inside the disc.  NULL: any will do. */
	sim_sense (*check_write)(const struct sim *sim, struct sim_command *cmd, const struct sim_span *span);
	/** NULL: CANNOT_FORMAT. */
	sim_sense (*format)(struct sim *sim, struct sim_command *cmd, const struct sim_format *format);
	/** With format code 7 of old drives.  NULL: there is none. */
	sim_sense (*format_legacy)(struct sim *sim, struct sim_command *cmd);
	sim_sense (*blank)(struct sim *sim, struct sim_command *cmd, unsigned type, uint32_t start, bool immed);
	/** SEND CUE SHEET.  NULL: INVALID_OPCODE. */
	sim_sense (*cue_sheet)(struct sim *sim, struct sim_command *cmd);
	sim_sense (*close)(struct sim *sim, struct sim_command *cmd, unsigned function, unsigned track, bool immed);
	sim_sense (*reserve)(struct sim *sim, struct sim_command *cmd, uint32_t n_blocks);
	sim_sense (*repair)(struct sim *sim, struct sim_command *cmd, unsigned track);
	/**
	 * READ DISC STRUCTURE: the data after the header at RET, at most 4096 bytes; 0: there is none of this
	 * format.
	 */
	sim_sense (*structure)(const struct sim *sim, unsigned format, uint8_t *ret, uint32_t *ret_n_bytes);
	const uint8_t *structures;	/* format codes, for FFh; ends with FFh */
	/** The operation that runs (OP_FORMAT, OP_BLANK, OP_CLOSE) is complete. */
	void (*finish)(struct sim *sim);
	/** MS of virtual time have passed.  NULL: nothing happens. */
	void (*pass_time)(struct sim *sim, uint64_t ms);
	/** Is the disc being formatted in the background, and how far?  NULL: never. */
	bool (*background)(const struct sim *sim, uint16_t *ret_progress);
	/** The disc was loaded.  NULL: nothing to do. */
	void (*load)(struct sim *sim);
	/** READ TOC/PMA/ATIP, format 4.  NULL: there is none. */
	uint32_t (*atip)(const struct sim *sim, uint8_t ret[64]);
	/** The disc leaves the drive in good order.  NULL: nothing to do. */
	void (*eject)(struct sim *sim);
	/** The power failed while OP ran; OP_NONE: while nothing did. */
	void (*cut)(struct sim *sim, enum sim_op op);
	/** May mode page 05 become PAGE?  AT is its place in the list.  NULL: yes. */
	sim_sense (*check_page05)(const struct sim *sim, struct sim_command *cmd, const uint8_t *page, uint16_t at);
	bool is_bd;
	bool uses_page05;		/* the page has an effect */
	bool calibrates;		/* the laser, in an area that fills up */
	bool replaces_defects;		/* the drive does, invisibly */
	bool unwritten_is_unreadable;
};
extern const struct sim_family sim_dvdram, sim_cdrw, sim_cdr, sim_dvdrw, sim_dvdr, sim_dvdplusrw, sim_dvdplusr,
	sim_dvdplusr_dl, sim_bdre, sim_bdr;

#endif
