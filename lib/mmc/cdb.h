/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command descriptor blocks: one function a command, which fills its bytes, its direction and its timeout.
 *
 * No function sends anything.  Data are borrowed: they must live until the command was sent.  The timeouts are those of
 * burning programs that have worked with drives for twenty years.
 */
#ifndef UDF_MMC_CDB_H
#define UDF_MMC_CDB_H

#include "mmc/transport.h"

#define MMC_BLOCK_BYTES 2048u

/* Operation codes */
enum mmc_op {
	MMC_TEST_UNIT_READY = 0x00,
	MMC_REQUEST_SENSE = 0x03,
	MMC_FORMAT_UNIT = 0x04,
	MMC_INQUIRY = 0x12,
	MMC_START_STOP_UNIT = 0x1B,
	MMC_PREVENT_ALLOW = 0x1E,
	MMC_READ_FORMAT_CAPACITIES = 0x23,
	MMC_READ_CAPACITY = 0x25,
	MMC_READ_10 = 0x28,
	MMC_WRITE_10 = 0x2A,
	MMC_VERIFY_10 = 0x2F,
	MMC_SYNCHRONIZE_CACHE = 0x35,
	MMC_READ_TOC = 0x43,
	MMC_GET_CONFIGURATION = 0x46,
	MMC_GET_EVENT_STATUS = 0x4A,
	MMC_READ_DISC_INFORMATION = 0x51,
	MMC_READ_TRACK_INFORMATION = 0x52,
	MMC_RESERVE_TRACK = 0x53,
	MMC_SEND_OPC_INFORMATION = 0x54,
	MMC_MODE_SELECT_10 = 0x55,
	MMC_REPAIR_TRACK = 0x58,
	MMC_MODE_SENSE_10 = 0x5A,
	MMC_CLOSE_TRACK_SESSION = 0x5B,
	MMC_READ_BUFFER_CAPACITY = 0x5C,
	MMC_SEND_CUE_SHEET = 0x5D,
	MMC_BLANK = 0xA1,
	MMC_READ_12 = 0xA8,
	MMC_WRITE_12 = 0xAA,
	MMC_GET_PERFORMANCE = 0xAC,
	MMC_READ_DISC_STRUCTURE = 0xAD,
	MMC_SET_STREAMING = 0xB6,
	MMC_SET_CD_SPEED = 0xBB,
	MMC_SEND_DISC_STRUCTURE = 0xBF,
};

/** The name of an operation code ("READ DISC INFORMATION"); "command" for one that this file does not build. */
const char *mmc_op_name(uint8_t op);

struct mmc_command mmc_cdb_test_unit_ready(void);
struct mmc_command mmc_cdb_request_sense(void *ret_data, uint8_t n_bytes);
struct mmc_command mmc_cdb_inquiry(void *ret_data, uint8_t n_bytes);

enum mmc_motion { MMC_STOP = 0, MMC_START = 1, MMC_EJECT = 2, MMC_LOAD = 3 };
struct mmc_command mmc_cdb_start_stop_unit(enum mmc_motion motion, bool is_immediate);

/** PERSISTENT: the button becomes an eject request, which GET EVENT STATUS NOTIFICATION reports. */
struct mmc_command mmc_cdb_prevent_allow(bool is_prevented, bool is_persistent);

struct mmc_command mmc_cdb_read_capacity(void *ret_data8);
struct mmc_command mmc_cdb_read_format_capacities(void *ret_data, uint16_t n_bytes);
struct mmc_command mmc_cdb_get_configuration(uint16_t first_feature, void *ret_data, uint16_t n_bytes);
struct mmc_command mmc_cdb_get_event_status(uint8_t classes, void *ret_data, uint16_t n_bytes);
struct mmc_command mmc_cdb_read_disc_information(uint8_t data_type, void *ret_data, uint16_t n_bytes);

/** TRACK is a track number; FFh is the invisible or incomplete track of a CD or DVD+R. */
struct mmc_command mmc_cdb_read_track_information(uint16_t track, void *ret_data, uint16_t n_bytes);

/** FORMAT: 0 TOC, 1 sessions, 2 full TOC, 4 ATIP.  FIRST is a track or session. */
struct mmc_command mmc_cdb_read_toc(uint8_t format, uint8_t first, void *ret_data, uint16_t n_bytes);

enum mmc_page_control { MMC_PAGE_CURRENT = 0, MMC_PAGE_CHANGEABLE = 1, MMC_PAGE_DEFAULT = 2 };
struct mmc_command mmc_cdb_mode_sense(enum mmc_page_control control, uint8_t page, void *ret_data, uint16_t n_bytes);
struct mmc_command mmc_cdb_mode_select(const void *data, uint16_t n_bytes);

struct mmc_command mmc_cdb_read(uint32_t lba, uint16_t n_blocks, void *ret_data);
struct mmc_command mmc_cdb_write(uint32_t lba, uint16_t n_blocks, const void *data);
/** WRITE(12) with Streaming: DVD-RAM and BD-RE don't verify then.  Whole write units only. */
struct mmc_command mmc_cdb_write_streaming(uint32_t lba, uint32_t n_blocks, const void *data);
/** Whether the medium can be read there; no data are transferred. */
struct mmc_command mmc_cdb_verify(uint32_t lba, uint16_t n_blocks);
struct mmc_command mmc_cdb_synchronize_cache(bool is_immediate);

struct mmc_command mmc_cdb_read_buffer_capacity(void *ret_data12);

/* Numbers are those of the standard (MMC-6 6.2.3). */
enum mmc_blanking {
	MMC_BLANK_DISC = 0,
	MMC_BLANK_MINIMAL = 1,
	MMC_BLANK_TRACK = 2,
	MMC_BLANK_UNRESERVE = 3,
	MMC_BLANK_TAIL = 4,
	MMC_BLANK_UNCLOSE = 5,
	MMC_BLANK_SESSION = 6,
};
struct mmc_command mmc_cdb_blank(enum mmc_blanking type, uint32_t start, bool is_immediate);

enum mmc_closing {
	MMC_CLOSE_STOP_FORMAT = 0,	/* background formatting of DVD+RW */
	MMC_CLOSE_TRACK = 1,
	MMC_CLOSE_SESSION = 2,
	MMC_CLOSE_FINALIZE_MINIMAL = 5,	/* DVD+R */
	MMC_CLOSE_FINALIZE = 6,		/* DVD+R, BD-R */
};
struct mmc_command mmc_cdb_close(enum mmc_closing function, uint16_t track, bool is_immediate);

struct mmc_command mmc_cdb_send_cue_sheet(const void *sheet, uint32_t n_bytes);
struct mmc_command mmc_cdb_reserve_track(uint32_t n_blocks);
struct mmc_command mmc_cdb_send_opc(void);
struct mmc_command mmc_cdb_repair_track(uint16_t track, bool is_immediate);

/*
 * The parameter list of FORMAT UNIT: a header and one descriptor, 12 bytes (MMC-6 6.5).  IS_COMPLETE_LIST is
 * for a quick format of DVD-RAM, which keeps the known defects.
 */
#define MMC_FORMAT_LIST_BYTES 12u
struct mmc_format_list {
	bool has_options;		/* FOV: the drive looks at the options below */
	bool is_certification_off;	/* DCRT */
	bool is_immediate;
	uint32_t n_blocks;
	uint8_t type;			/* 00h to 31h, as READ FORMAT CAPACITIES lists it */
	uint8_t subtype;		/* 0 to 3 */
	uint32_t parameter;		/* 24 bits that depend on the type */
};
void mmc_format_list_encode(const struct mmc_format_list *list, uint8_t ret_bytes[MMC_FORMAT_LIST_BYTES]);
struct mmc_command mmc_cdb_format_unit(const void *list12, bool is_complete_list);

/* The form of the first CD-RW drives: the size alone; the packets are those of mode page 05h. */
void mmc_format_list_encode_old(uint32_t n_blocks, uint8_t ret_bytes[MMC_FORMAT_LIST_BYTES]);
struct mmc_command mmc_cdb_format_unit_old(const void *list12);

/** Speeds in kB/s of 1000 bytes; FFFFh is the highest. */
struct mmc_command mmc_cdb_set_cd_speed(uint16_t read_kbs, uint16_t write_kbs);
#define MMC_STREAMING_BYTES 28u
struct mmc_command mmc_cdb_set_streaming(const void *data28);
struct mmc_command mmc_cdb_get_performance(uint8_t type, uint16_t n_descriptors, void *ret_data, uint32_t n_bytes);

struct mmc_command mmc_cdb_read_disc_structure(bool is_bd, uint8_t format, void *ret_data, uint16_t n_bytes);
struct mmc_command mmc_cdb_send_disc_structure(uint8_t format, const void *data, uint16_t n_bytes);

#endif
