/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the simulator share: the disc, the drive, one command at work. */
#ifndef UDF_SIM_INTERNAL_H
#define UDF_SIM_INTERNAL_H

#include <stddef.h>

#include "sim/sim.h"

#define SIM_BLOCK_BYTES 2048u
#define SIM_MAX_UNIT_BLOCKS 32u
#define SIM_MAX_TRANSFER_BYTES (4u << 20)
#define SIM_MAX_DEFECTS 65536u
#define SIM_MAX_TRACKS 254u		/* 99 on CD; a drive may have more on DVD and BD */
#define SIM_CD_TRACKS 99u
#define SIM_MAX_LINKS 65536u

/* ---- sense ---- */

/* A verdict on a command: 0 is GOOD, else key, ASC and ASCQ. */
typedef uint32_t sim_sense;
#define SENSE(key, asc, ascq) ((sim_sense)(key) << 16 | (sim_sense)(asc) << 8 | (sim_sense)(ascq))
#define SENSE_KEY(sense) ((uint8_t)((sense) >> 16))
#define INVALID_OPCODE SENSE(5, 0x20, 0x00)
#define INVALID_IN_CDB SENSE(5, 0x24, 0x00)
#define BAD_LIST_LENGTH SENSE(5, 0x1A, 0x00)
#define INVALID_IN_LIST SENSE(5, 0x26, 0x00)
#define OUT_OF_RANGE SENSE(5, 0x21, 0x00)
#define BAD_WRITE_ADDRESS SENSE(5, 0x21, 0x02)
#define WRONG_SEQUENCE SENSE(5, 0x2C, 0x00)
#define WRONG_MODE SENSE(5, 0x64, 0x00)
#define BAD_PACKET_SIZE SENSE(5, 0x64, 0x01)
#define CANNOT_WRITE SENSE(5, 0x30, 0x05)
#define CANNOT_FORMAT SENSE(5, 0x30, 0x06)
#define NOT_FORMATTED SENSE(5, 0x30, 0x10)
#define FORMAT_CORRUPTED SENSE(3, 0x31, 0x00)
#define UNREADABLE SENSE(3, 0x11, 0x05)

/* A command at work. */
struct sim_command {
	uint8_t cdb[MMC_MAX_CDB_BYTES];
	uint8_t *data;			/* to or from the drive */
	uint32_t n_data_bytes;
	enum mmc_direction direction;
	uint32_t n_done_bytes;		/* of the data */
	/* details of the sense */
	bool has_lba, has_field, has_progress, is_deferred;
	bool field_is_in_list;
	uint32_t lba;
	uint16_t field;
	uint8_t field_bit;		/* 8: not given */
	uint16_t progress;
};

/* ---- quirks ---- */

enum sim_quirk {
#define QUIRK(id, name, text) QUIRK_##id,
#include "sim/quirks.def"
#undef QUIRK
	SIM_N_QUIRKS
};
#define SIM_QUIRKS_BYTES 1024u

struct sim_quirks {
	bool on[SIM_N_QUIRKS];
	sim_sense unwritten;		/* of {unw}; 0: zeros */
	char text[SIM_QUIRKS_BYTES];	/* as given, families resolved */
};

/* ---- disc ---- */

/* Flags of a unit: a packet, ECC block or cluster, in which the medium is written. */
#define UNIT_WRITTEN 0x01u		/* by a host, since the disc was formatted */
#define UNIT_UNREADABLE 0x02u		/* until it is written whole again */
#define UNIT_CHANGED 0x80u		/* since the state was saved; in memory only */

#define SIM_MAX_CHANGED 128u

struct sim_unit {
	uint32_t n_writes;
	uint8_t flags;
};

struct sim_defect {
	uint32_t unit;
	uint32_t n_times[SIM_N_DEFECT_KINDS];
};

/* A track that is or was written in order, or is reserved for that. */
struct sim_recorded {
	uint32_t session;
	uint32_t start_lba, end_lba;	/* of what is recorded; without run-out */
	uint32_t mode;			/* bytes 6 and 5 of READ TRACK INFORMATION, the first one above */
	uint32_t flags;
	uint32_t reserved_end_lba;	/* with TRACK_RESERVED */
};
#define TRACK_OPEN 0x01u
#define TRACK_SESSION_CLOSED 0x02u	/* of the track's session */
#define TRACK_DAMAGED 0x04u		/* the power failed while it was written */
#define TRACK_RESERVED 0x08u
#define SIM_RUN_OUT_BLOCKS 2u		/* after a track of a CD; a full disc has them beyond its capacity */
#define TRACK_AT_ONCE 0x10u		/* its session was: no run-out blocks follow */
#define TRACK_CURRENT 0x20u		/* open, and written last: some of it may not be synced */
#define TRACK_FIXED_PACKETS 0x40u	/* of a CD: link blocks without addresses lie between them */

/* Room for them is kept for good on write-once media. */
#define SIM_CALIBRATIONS 100u
#define SIM_FEW_CALIBRATIONS 3u

struct sim_family;

/* A kind of disc that one can buy. */
struct sim_kind {
	struct sim_medium medium;
	const struct sim_family *family;
	uint32_t max_blocks;		/* without any spare area that can be given up */
	uint32_t default_blocks;	/* as sold, or as formatted by default */
	uint32_t n_primary_spare_blocks;
	uint16_t unit_blocks;
	uint16_t kbytes_per_s;		/* of reading; writing may be slower */
	uint32_t buffer_bytes;		/* of the drive, with this kind of disc in it */
	bool is_cd;
	bool has_cartridge;
	uint8_t version;		/* of the format, where it makes a difference */
	uint16_t profile;		/* where a family has several; else 0 */
};

/* Everything here but the table of units is saved by the names in state_fields.c. */
struct sim_disc {
	const struct sim_kind *kind;
	uint32_t state;			/* an index of the family's state names */
	uint32_t n_blocks;		/* formatted: what READ and WRITE may address */
	uint32_t front_lba;		/* the end of what is formatted or recorded so far */
	uint32_t synced_lba;		/* of a DVD-RW in the intermediate state: front_lba after a power cut */
	uint32_t n_listed_units, n_replaced_units;	/* defects found by formatting, and in use */
	uint32_t n_supplementary_blocks;	/* spare area that can be given up */
	uint32_t tab, pwp;		/* write protection of the cartridge, and of structure C0h */
	uint32_t exhausted;		/* no spare block was left when one was needed */
	uint32_t endurance;
	uint32_t track_mode, data_mode, session_format;	/* of a formatted CD-RW */
	uint32_t session_is_open;	/* of a formatted CD-RW */
	uint32_t fresh_format;		/* the disc was not reloaded since it was formatted or closed */
	uint32_t dirty_bit;		/* of background formatting */
	uint64_t n_unit_writes;
	struct sim_unit *units;		/* n_units */
	uint32_t changed[SIM_MAX_CHANGED];	/* units with UNIT_CHANGED, where these are few */
	uint32_t n_changed;		/* more than SIM_MAX_CHANGED: any */
	uint32_t n_units;		/* for max_blocks */
	struct sim_defect *defects;
	uint32_t n_defects;
	struct sim_recorded tracks[SIM_MAX_TRACKS];
	uint32_t n_tracks;
	uint32_t *links;		/* of packets of variable length: the first block of each, rising */
	uint32_t n_links, n_saved_links;
	uint32_t n_calibrations;	/* of the laser, each of which takes room */
};

/* ---- drive ---- */

enum sim_op { OP_NONE, OP_LOAD, OP_FORMAT, OP_BLANK, OP_CLOSE, OP_SYNC, OP_OPC, SIM_N_OPS };

/* A long operation, which clients poll for. */
struct sim_operation {
	uint32_t kind;			/* enum sim_op */
	uint64_t start_us, end_us;
	uint32_t poll_us;		/* how far a poll moves the clock */
	uint32_t parameter;		/* for the family that finishes it */
	uint32_t blocks;
	uint32_t no_progress;		/* the drive doesn't say how far it is */
	uint32_t showed_end, hides_start;
};

#define SIM_MAX_ATTENTIONS 8u
#define SIM_MAX_DEFERRED 64u
#define SIM_PAGES_BYTES 256u
#define SIM_MAX_ANSWERS 32u

struct sim_drive {
	struct sim_quirks quirks;
	uint64_t clock_us;
	uint64_t random;		/* state of the generator */
	uint32_t powered, clean;
	uint32_t tray_open, stopped, locked, persistent;
	uint32_t disc_is_out;		/* taken away */
	char other_disc[4096];		/* in the drive instead of its own; "": none */
	sim_sense attentions[SIM_MAX_ATTENTIONS];
	uint32_t n_attentions;
	sim_sense deferred[SIM_MAX_DEFERRED];
	uint32_t deferred_lba[SIM_MAX_DEFERRED];
	uint32_t n_deferred;
	uint32_t media_event, change_event;	/* codes that wait for GET EVENT STATUS NOTIFICATION; 0: none */
	uint32_t write_kbytes, read_kbytes;	/* per second, as set; 0: the most */
	uint32_t warned_spares;
	uint32_t cut_announced, cut_torn;
	uint64_t cut_after, cut_seed;
	uint32_t log_on;
	struct sim_answer answers[SIM_MAX_ANSWERS];
	uint32_t n_answers;
	struct sim_operation op;
	uint8_t pages[SIM_PAGES_BYTES];	/* current mode pages, one after the other */
};

/* A FILE with its state: a drive, and the disc that belongs to it. */
struct sim_image {
	char *path;
	int fd;				/* of FILE; locked */
	int state_fd;			/* open for appending */
	uint64_t appended_bytes, whole_bytes;	/* since FILE.state was written whole; then */
	struct sim_drive drive;
	struct sim_disc disc;
};

/* Writing with the laser off (Test Write of page 05).  The disc stays as it is. */
struct sim_test {
	bool is_on;
	uint32_t next_lba;
	uint32_t reserved_end_lba;	/* by RESERVE TRACK; 0: none */
};

struct sim_cached {
	uint32_t unit;
	uint32_t blocks;		/* bit n: block n of the unit is there */
	uint8_t *data;
};
#define SIM_MAX_CACHED 64u

/* Of session at once: what the host said that it would write.  It is lost with the power. */
struct sim_cue {
	int64_t next_lba;		/* of WRITE, which begins in the pre-gap */
	uint32_t start_lba, end_lba;	/* of the track; end_lba 0: there is no cue sheet */
};

struct sim {
	struct sim_image *home;		/* the drive, and its own disc */
	struct sim_image *other;	/* of another disc in it; NULL */
	struct sim_drive *drive;	/* home's */
	struct sim_disc *disc;		/* in the drive; NULL: none */
	struct sim_image *disc_image;	/* where it is from */
	bool only_looks;
	bool must_save;			/* before the command ends */
	bool hangs;			/* the command never ends */
	struct sim_cached cache[SIM_MAX_CACHED];
	uint32_t n_cached;
	int log_fd;
	char *request_path;
	struct sim_cue cue;
	struct sim_test test;
	uint64_t stream_end_us;		/* when what was written in order will be on the disc */
	bool is_streaming;		/* something was written in order since the last sync */
	bool is_calibrated;		/* for the disc that is in the drive */
	uint32_t busy_us;		/* time of the command at work */
	uint64_t polled_us;		/* time that passed only because it asked for a long operation: not its own */
};

static inline bool sim_has(const struct sim *sim, enum sim_quirk quirk)
{
	return sim->drive->quirks.on[quirk];
}

/* ---- families ---- */

/* The features whose Current bit moves with the medium.  Also the columns of the families' tables. */
enum sim_feature {
	F04, F10, F1E, F1F, F20, F21, F23, F24, F25, F26, F28, F2A, F2B, F2C, F2D, F2E, F2F, F37, F38, F3B, F40, F41,
	F106, F107, SIM_N_FEATURES
};
#define FEATURE(f) (1u << (f))

struct sim_track {
	uint8_t number, session;
	uint8_t mode, data_mode, valid;	/* bytes 5 to 7 of READ TRACK INFORMATION */
	uint32_t start_lba, next_lba, free_blocks, packet_blocks, n_blocks, last_lba;
};

struct sim_format_row {
	uint32_t n_blocks;
	uint8_t type;			/* format type << 2 */
	uint32_t parameter;
};
#define SIM_MAX_FORMAT_ROWS 8u

/* What the replies of READ DISC INFORMATION and others are made from. */
struct sim_view {
	uint16_t profile;
	uint32_t features;		/* that are current */
	uint8_t disc_status, background, disc_type;	/* bytes 2, 7 and 8 */
	uint8_t n_sessions, first_track, last_track;	/* tracks of the last session */
	uint32_t lead_in, lead_out;	/* bytes 16 to 23 */
	uint32_t lead_in_of_disc;	/* MM SS FF of the first lead-in of a CD */
	struct sim_track tracks[SIM_MAX_TRACKS + 1];
	uint8_t n_tracks;
	uint8_t toc_control;		/* 0: there is no table of contents */
	uint8_t capacity_type;
	uint32_t capacity_blocks;
	struct sim_format_row formats[SIM_MAX_FORMAT_ROWS];
	uint8_t n_formats;
	uint32_t readable_blocks;	/* READ CAPACITY + 1; 0: nothing yet */
};

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

/* ---- quirk.c ---- */

/** Parse TEXT ("a,b=c"; NULL is allowed) on top of RET_QUIRKS, which begins as zeros or as another set. */
enum udf_err sim_quirks_parse(struct sim_quirks *ret_quirks, const char *text, char *ret_why);
/** The quirks of family NAME; NULL: there is none of this name. */
const char *sim_family_quirks(const char *name);

/* ---- text.c: texts that grow ---- */

struct sim_text {
	char *bytes;
	size_t n_bytes, cap_bytes;
	bool failed;			/* memory ran out */
};
void sim_text_add(struct sim_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_text_done(struct sim_text *text);
/** Cut the next word off *REST; NULL at the end. */
char *sim_word(char **rest);
bool sim_number(const char *word, uint64_t max, uint64_t *ret_number);
/** RET_WHY (may be NULL), and ERR. */
enum udf_err sim_refuse(char *ret_why, enum udf_err err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/** The next of a sequence of random numbers; it goes on from STATE. */
uint64_t sim_random(uint64_t *state);

/* ---- units.c: the table of units, and the user data ---- */

enum udf_err sim_units_new(struct sim_disc *disc);
void sim_units_free(struct sim_disc *disc);
/** UNIT is to be saved. */
void sim_unit_changed(struct sim_disc *disc, uint32_t unit);
/** Forget what hosts have written; how often stays. */
void sim_units_reset(struct sim_disc *disc);
struct sim_defect *sim_find_defect(struct sim_disc *disc, uint32_t unit);
/** Forget the defects that a certification finds, which puts them on the drive's list.  Returns how many. */
uint32_t sim_certify_defects(struct sim_disc *disc);
enum udf_err sim_put_defect(struct sim_disc *disc, uint32_t unit, enum sim_defect_kind kind, uint32_t n_times);
/** A host has written the blocks from FROM_LBA to before END_LBA. */
void sim_units_count(struct sim *sim, uint32_t from_lba, uint32_t end_lba);
/** User data of the disc at LBA; what is after the end of FILE is zeros.  The host's errors are UDF_E_IO. */
enum udf_err sim_data_read(const struct sim *sim, uint32_t lba, uint32_t n_blocks, uint8_t *ret_data);
enum udf_err sim_data_write(const struct sim *sim, uint32_t lba, uint32_t n_blocks, const uint8_t *data);
/** All zeros, and as large as the disc is now. */
void sim_data_clear(const struct sim *sim);
/** As large as the disc is now. */
void sim_data_resize(const struct sim *sim);

/* ---- media.c ---- */

const struct sim_kind *sim_find_kind(const char *name);

/* ---- answer.c ---- */

enum udf_err sim_drive_set_answer(struct sim_drive *drive, const struct sim_answer *answer);
bool sim_answer_take(struct sim *sim, uint8_t opcode, struct sim_answer *ret_answer);
/** As "OPCODE KIND [SENSE] TIMES", and back. */
void sim_answer_put(struct sim_text *text, const struct sim_answer *answer);
bool sim_answer_get(char *rest, struct sim_answer *ret_answer);

/* ---- state_fields.c ---- */

bool sim_defect_word(const char *word, enum sim_defect_kind *ret_kind);
/** The state as lines; CHANGED_ONLY: in addition to what was written before. */
void sim_state_put(struct sim_text *text, struct sim_image *image, bool changed_only);
enum udf_err sim_state_get(struct sim_image *image, char *line, char *ret_why);
bool sim_state_is_sane(const struct sim_image *image);

/* ---- state.c ---- */

struct sim_image *sim_image_new(const char *path);
void sim_image_free(struct sim_image *image);	/* NULL is allowed */
enum udf_err sim_image_load(struct sim_image *image, enum sim_access access, char *ret_why);
/** Replace FILE.state. */
enum udf_err sim_image_save(struct sim_image *image);
/** Append what has changed to FILE.state, or replace it where it has grown long. */
enum udf_err sim_image_append(struct sim_image *image);

/* ---- clock.c: time, long operations ---- */

void sim_busy_for(struct sim *sim, uint64_t us);
/** Begin.  IMMED false: the command takes that long, and it is complete on return. */
void sim_op_begin(struct sim *sim, enum sim_op kind, uint64_t total_ms, uint32_t n_polls, bool immed);
/** End the operation if its time has come. */
void sim_op_update(struct sim *sim);
void sim_op_poll(struct sim *sim);
uint16_t sim_op_progress(const struct sim *sim);
void sim_op_finish(struct sim *sim);
/** Does an operation run that leaves the disc unusable if it doesn't come to its end? */
bool sim_op_changes_disc(const struct sim *sim);
/** The text of "formatting", ...; NULL: none. */
const char *sim_op_text(const struct sim *sim);

/* ---- attention.c: unit attentions, deferred errors, events ---- */

void sim_attention_add(struct sim *sim, sim_sense sense);
sim_sense sim_attention_take(struct sim *sim);	/* 0: none */
void sim_attention_drop(struct sim *sim, sim_sense sense);
void sim_deferred_add(struct sim *sim, sim_sense sense, uint32_t lba);
bool sim_deferred_take(struct sim *sim, struct sim_command *cmd, sim_sense *ret_sense);
sim_sense cmd_event_status(struct sim *sim, struct sim_command *cmd);
/** Does the drive protect the medium, for WRITE?  0: no. */
sim_sense sim_write_protection(const struct sim *sim);

/* ---- reply.c: parts of commands ---- */

/** Refuse a CDB (or parameter list) for byte FIELD; BIT 0 to 7, or 8. */
sim_sense sim_bad_field(struct sim_command *cmd, uint16_t field, uint8_t bit);
sim_sense sim_bad_list(struct sim_command *cmd, uint16_t field);
sim_sense sim_bad_lba(struct sim_command *cmd, sim_sense sense, uint32_t lba);
/** Send the first ALLOC bytes of REPLY. */
sim_sense sim_reply(struct sim *sim, struct sim_command *cmd, const uint8_t *reply, uint32_t n_bytes, uint32_t alloc);
void sim_sense_bytes(const struct sim_command *cmd, sim_sense sense, uint8_t ret[18]);

/* ---- cache.c: the write cache ---- */

sim_sense sim_cache_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span, const uint8_t *data);
sim_sense sim_cache_read(struct sim *sim, struct sim_command *cmd, const struct sim_span *span, uint8_t *ret_data);
/** Write out everything.  CMD NULL, or not the first error: errors are deferred. */
sim_sense sim_cache_flush(struct sim *sim, struct sim_command *cmd);
uint32_t sim_cached_bytes(const struct sim *sim);
/** The power fails now. */
void sim_power_fail(struct sim *sim);

/* ---- sequence.c: tracks and sessions ---- */

/* How a kind of disc lays out what is written in order. */
struct sim_seq_rules {
	uint32_t n_blocks;		/* what can be written at all */
	uint32_t first_gap_blocks, later_gap_blocks;	/* from a lead-out to the next session's first track */
	uint32_t track_gap_blocks, run_out_blocks;
	uint32_t link_blocks;		/* between packets */
	uint32_t align_blocks, min_track_blocks;
	uint32_t packet_blocks;		/* for READ TRACK INFORMATION */
	uint32_t max_tracks, max_sessions, max_session_tracks;	/* 0: SIM_MAX_TRACKS, any number */
	uint8_t blank_mode, blank_data_mode;	/* of the invisible track */
	uint8_t reserved_bits;		/* of byte 6, of a reserved track in which nothing is */
	bool is_write_once;
	bool uses_page05;		/* for Test Write, and BUFE */
	bool loses_place;		/* what was cut off has no next writable address */
	bool never_damaged;		/* the drive finds the end again after a cut */
	bool repairs_itself;		/* the next WRITE goes on after what was cut off */
	bool has_last_lba;		/* of closed tracks */
	bool reads_open_tracks;		/* as far as they are synced */
	bool only_at_once;		/* no track can be written piece by piece */
	sim_sense gap_sense;		/* of reading between tracks */
};

struct sim_recorded *sim_open_track(struct sim_disc *disc);	/* that is written; NULL: none */
/** Track NUMBER, or FFh for the one that is written.  NULL: it isn't open. */
struct sim_recorded *sim_open_track_at(struct sim_disc *disc, unsigned number);
bool sim_has_reserved_tracks(const struct sim_disc *disc);	/* that aren't full */
/** Is there an invisible track after the last one? */
bool sim_has_invisible_track(const struct sim_disc *disc);
bool sim_session_is_open(const struct sim_disc *disc);
uint32_t sim_n_closed_sessions(const struct sim_disc *disc);
/** May the last session be closed, which waits for all of its tracks?  0: yes. */
sim_sense sim_seq_may_close(struct sim_disc *disc);
/** Of the last session that is closed; 0: none is. */
uint32_t sim_lead_out(const struct sim_disc *disc, const struct sim_seq_rules *rules);
uint32_t sim_next_start(const struct sim_disc *disc, const struct sim_seq_rules *rules);
/** May another track begin?  0: yes. */
sim_sense sim_seq_may_begin(const struct sim_disc *disc, const struct sim_seq_rules *rules);
/** Make the next track.  The disc is SIM_SEQUENTIAL then. */
struct sim_recorded *sim_seq_begin(struct sim_disc *disc, uint32_t mode, const struct sim_seq_rules *rules);
uint32_t sim_seq_limit(const struct sim_disc *disc, const struct sim_seq_rules *rules);
sim_sense sim_seq_check_read(const struct sim *sim, struct sim_command *cmd, const struct sim_span *span,
			     const struct sim_seq_rules *rules);
/** Tracks and sessions of VIEW.  IS_FINAL: the last session was closed for good. */
void sim_seq_describe(const struct sim_disc *disc, const struct sim_seq_rules *rules, bool is_final,
		      struct sim_view *view);
/** Forget everything that was written in order. */
void sim_seq_reset(struct sim_disc *disc);

/* ---- stream.c: writing in order ---- */

sim_sense sim_seq_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span,
			const struct sim_seq_rules *rules, uint32_t mode);
bool sim_is_test(const struct sim *sim);
/** Writing stops when the buffer runs empty: page 05 doesn't allow the drive to go on after a link. */
bool sim_may_underrun(const struct sim *sim);
/** The stream is on the disc, and the open track ends with a whole packet or ECC block. */
void sim_seq_flush(struct sim *sim, const struct sim_seq_rules *rules);
/** TRACK NULL: the one that is written. */
void sim_seq_close_track(struct sim *sim, struct sim_recorded *track, const struct sim_seq_rules *rules);
void sim_seq_close_session(struct sim *sim, const struct sim_seq_rules *rules);
sim_sense sim_seq_reserve(struct sim *sim, struct sim_command *cmd, uint32_t n_blocks, uint32_t mode,
			  const struct sim_seq_rules *rules);
sim_sense sim_seq_repair(struct sim *sim, struct sim_command *cmd, unsigned number, const struct sim_seq_rules *rules);
void sim_seq_cut(struct sim *sim, const struct sim_seq_rules *rules);
/** kB/s at which the disc is written now. */
uint32_t sim_write_kbytes(const struct sim *sim);
/** The laser is calibrated, which takes room on the disc.  0: there was some. */
sim_sense sim_calibrate(struct sim *sim);

/* ---- ordered.c: operations of the families that are written in order, by the rules of each ---- */

#define SIM_INCREMENTAL 0x2104u		/* mode of a track of a DVD or BD that is written piece by piece */
/* What the parameter of OP_CLOSE says. */
#define SIM_CLOSE_TRACK 0x10u		/* the session stays open */
#define SIM_CLOSE_FINAL 0x20u		/* no further session can follow */

struct sim_seq_rules sim_rules_of(const struct sim *sim);
/** Describe a DVD or BD.  The caller sets its profile, and its features except Random Readable. */
void sim_ordered_describe(const struct sim *sim, struct sim_view *view);
uint32_t sim_ordered_read_limit(const struct sim *sim);
sim_sense sim_ordered_check_read(const struct sim *sim, struct sim_command *cmd, const struct sim_span *span);
sim_sense sim_ordered_may_write(const struct sim *sim);
sim_sense sim_ordered_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span);
sim_sense sim_ordered_sync(struct sim *sim, struct sim_command *cmd);
sim_sense sim_ordered_repair(struct sim *sim, struct sim_command *cmd, unsigned track);
sim_sense sim_ordered_begin_close(struct sim *sim, uint32_t parameter, uint64_t ms, bool immed);
/** Close track NUMBER, if it is open. */
sim_sense sim_ordered_close_track(struct sim *sim, unsigned number, uint64_t ms, bool immed);
void sim_ordered_finish_close(struct sim *sim);
void sim_ordered_cut(struct sim *sim, enum sim_op op);

/* ---- cue.c: session at once ---- */

/** SEND CUE SHEET, for the next session of a disc that can take one. */
sim_sense sim_cue_read(struct sim *sim, struct sim_command *cmd, const struct sim_seq_rules *rules);
sim_sense sim_cue_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span,
			const struct sim_seq_rules *rules, uint32_t mode);
/** If all blocks of the cue sheet were written, close the session. */
bool sim_cue_finish(struct sim *sim, const struct sim_seq_rules *rules);
sim_sense cmd_cue_sheet(struct sim *sim, struct sim_command *cmd);

/* ---- cd.c: CD-R, and CD-RW that isn't formatted ---- */

enum { SIM_CD_LOST = SIM_OTHER_STATES, SIM_OTHER_CD_STATES };	/* see sim_cd_lose() */

struct sim_seq_rules sim_cd_rules(const struct sim *sim);
uint32_t sim_msf(uint32_t lba);	/* 00 MM SS FF */
uint32_t sim_cd_last_lead_out(const struct sim_disc *disc);
#define SIM_LEAD_IN_OF_ATIP 0x00610F23u	/* 97:15:35 */
/**
 * Describe a CD that isn't formatted.  The caller sets its profile and capacities, and, before the call, the features
 * of its state.
 */
void sim_cd_describe(const struct sim *sim, struct sim_view *view);
sim_sense sim_cd_may_write(const struct sim *sim);
sim_sense sim_cd_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span);
sim_sense sim_cd_sync(struct sim *sim, struct sim_command *cmd);
sim_sense sim_cd_cue_sheet(struct sim *sim, struct sim_command *cmd);
sim_sense sim_cd_close(struct sim *sim, struct sim_command *cmd, unsigned function, unsigned track, bool immed);
void sim_cd_finish_close(struct sim *sim);
sim_sense sim_cd_reserve(struct sim *sim, struct sim_command *cmd, uint32_t n_blocks);
sim_sense sim_cd_check_page05(const struct sim *sim, struct sim_command *cmd, const uint8_t *page, uint16_t at);
/** The disc is SIM_CD_LOST: it can't be read, and it can't be written, but CD-RW can still be blanked. */
void sim_cd_lose(struct sim *sim);
void sim_cd_cut(struct sim *sim, enum sim_op op);
void sim_cd_load(struct sim *sim);
uint32_t sim_cd_atip(const struct sim *sim, uint8_t *ret);

/* ---- border.c: DVD-R, and DVD-RW that isn't formatted ---- */

struct sim_seq_rules sim_border_rules(const struct sim *sim);
sim_sense sim_border_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span);
sim_sense sim_border_sync(struct sim *sim, struct sim_command *cmd);
sim_sense sim_border_reserve(struct sim *sim, struct sim_command *cmd, uint32_t n_blocks);
sim_sense sim_border_close(struct sim *sim, struct sim_command *cmd, unsigned function, unsigned track, bool immed);
sim_sense sim_border_check_page05(const struct sim *sim, struct sim_command *cmd, const uint8_t *page, uint16_t at);
/** The structures of DVD-R and DVD-RW; BOOK is their first byte. */
sim_sense sim_border_structure(const struct sim *sim, uint8_t book, unsigned format, uint8_t *ret,
			       uint32_t *ret_n_bytes);
extern const uint8_t sim_border_structures[];

/* ---- power.c ---- */

/** Append what has changed to the state files. */
enum udf_err sim_save(struct sim *sim);

/* ---- tray.c ---- */

void sim_tray_open(struct sim *sim);
void sim_load(struct sim *sim);
void sim_find_disc(struct sim *sim);
sim_sense cmd_start_stop(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_prevent(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_mechanism(struct sim *sim, struct sim_command *cmd);

/* ---- the commands ---- */

sim_sense cmd_inquiry(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_report_luns(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_configuration(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_mode_sense(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_mode_select(struct sim *sim, struct sim_command *cmd);
void sim_pages_reset(struct sim *sim);
void sim_page_reset(struct sim *sim, unsigned code);
/** Does mode page 05 have an effect on this disc? */
bool sim_uses_page05(const struct sim *sim);
/** Byte AT of the current mode page CODE. */
uint8_t sim_page_byte(const struct sim *sim, unsigned code, unsigned at);
void sim_page_set(struct sim *sim, unsigned code, unsigned at, uint8_t byte);
sim_sense cmd_disc_information(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_track_information(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_format_capacities(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_capacity(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_toc(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_read_structure(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_send_structure(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_performance(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_set_speed(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_set_streaming(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_buffer_capacity(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_opc(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_read(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_write(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_write_verify(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_verify(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_seek(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_sync(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_format(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_blank(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_close(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_reserve(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_repair(struct sim *sim, struct sim_command *cmd);

/* ---- command.c ---- */

/**
 * Execute CMD in the drive's present state.  RET_SENSE is set where the verdict isn't 0, and where it is
 * deferred.
 */
sim_sense sim_execute(struct sim *sim, struct sim_command *cmd, uint8_t ret_sense[18]);

/* ---- log.c ---- */

void sim_log_open(struct sim *sim);
void sim_log_command(struct sim *sim, const struct sim_command *cmd, uint8_t n_cdb_bytes, sim_sense sense);

/* ---- hooks.c ---- */

/** Do what others have asked for. */

#endif
