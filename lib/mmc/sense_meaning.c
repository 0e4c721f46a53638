/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sense codes mean, and what the host should do (MMC-6 Annex F, SPC-4 Annex D). */
#include "mmc/sense.h"

#define KEY(k) (1u << (k))
#define ANY_KEY 0xFFFFu
#define ANY_ASCQ 0xFF			/* codes from 80h up are the vendors', so no row needs FFh itself */

/* A row holds for its keys, its ASC, and ASCQ from first to last.  The first row that fits counts. */
struct row {
	uint16_t keys;
	uint8_t asc, ascq, last_ascq;
	enum mmc_sense_class class;
	enum udf_err err;
	const char *text, *advice;
};

#define R(keys, asc, ascq, class, err, text, advice) \
	{ keys, asc, ascq, ascq, MMC_SENSE_##class, UDF_##err, text, advice }
#define RANGE(keys, asc, first, last, class, err, text, advice) \
	{ keys, asc, first, last, MMC_SENSE_##class, UDF_##err, text, advice }
#define ALL(keys, asc, class, err, text, advice) { keys, asc, 0, ANY_ASCQ, MMC_SENSE_##class, UDF_##err, text, advice }

#define WORN "The medium is worn out or dirty: save its files and take another one."
#define CLEAN "Clean the medium and try again, or use another one."
#define SLOWER "Try a lower speed (--speed), or another medium."
#define CABLE "Check the cable, the USB adapter and the power of the drive."
#define OTHER_DISC "Insert a medium that this drive can write."
#define REBLANK "Blank or format the medium again; what was on it is lost."
#define BLANK_SLOWLY "Blank the medium fully at its lowest speed; if that fails too, it is worn out."
#define TAB "Move the tab of the cartridge, or use another medium."

static const struct row rows[] = {
	/* what is not an error, or is mended by the drive */
	R(KEY(2), 0x00, 0x17, RETRY, E_IO, "the drive asks to be cleaned", CLEAN),
	R(ANY_KEY, 0x00, 0x16, WAIT, E_BUSY, "operation in progress", NULL),
	R(KEY(0) | KEY(1), 0x00, 0x17, IGNORE, OK, "the drive asks to be cleaned", NULL),
	R(KEY(0) | KEY(1), 0x5D, 0x03, IGNORE, OK, "the spare area is nearly used up", WORN),
	RANGE(KEY(0) | KEY(1), 0x5D, 0x00, 0x02, IGNORE, OK, "a failure is predicted", NULL),
	R(KEY(0), 0x04, 0x04, WAIT, E_BUSY, "format in progress", NULL),

	/* not ready */
	R(KEY(2), 0x04, 0x00, WAIT, E_BUSY, "not ready, cause not reportable", NULL),
	R(KEY(2), 0x04, 0x01, WAIT, E_BUSY, "becoming ready", NULL),
	R(KEY(2), 0x04, 0x02, START, E_BUSY, "stopped", NULL),
	R(KEY(2), 0x04, 0x03, USER, E_IO, "manual intervention required", "Eject the medium and insert it again."),
	R(KEY(2), 0x04, 0x04, WAIT, E_BUSY, "format in progress", NULL),
	RANGE(KEY(2), 0x04, 0x05, 0x07, WAIT, E_BUSY, "operation in progress", NULL),
	R(KEY(2), 0x04, 0x08, WAIT, E_BUSY, "long write in progress", NULL),
	R(KEY(2), 0x04, 0x09, WAIT, E_BUSY, "self-test in progress", NULL),
	ALL(KEY(2), 0x04, WAIT, E_BUSY, "not ready", NULL),
	R(ANY_KEY, 0x3A, 0x02, USER, E_NOT_FOUND, "the tray is open", "Close the tray with a medium in it."),
	ALL(ANY_KEY, 0x3A, USER, E_NOT_FOUND, "no medium in the drive", "Insert a medium."),
	ALL(ANY_KEY, 0x05, REPORT, E_IO, "the drive does not respond", CABLE),
	RANGE(KEY(2), 0x5E, 0x00, 0x04, RETRY, E_IO, "in a low-power state", NULL),

	/* the mechanism and the way to it */
	ALL(KEY(3) | KEY(4), 0x02, RETRY, E_MEDIUM, "no seek complete", CLEAN),
	ALL(KEY(3) | KEY(4), 0x06, RETRY, E_MEDIUM, "no reference position found", CLEAN),
	ALL(ANY_KEY, 0x08, RETRY, E_IO, "communication with the drive failed", CABLE),
	ALL(KEY(3) | KEY(4), 0x09, RETRY, E_MEDIUM, "tracking or focus lost", CLEAN),
	ALL(KEY(3) | KEY(4), 0x15, RETRY, E_MEDIUM, "positioning error", CLEAN),
	ALL(ANY_KEY, 0x1B, RETRY, E_IO, "transfer error", CABLE),
	RANGE(KEY(3) | KEY(4), 0x3E, 0x00, 0x02, RETRY, E_IO, "the drive failed its own configuration", CABLE),
	ALL(KEY(4), 0x40, RETRY, E_IO, "diagnostic failure of the drive", "Eject the medium and try again."),
	ALL(KEY(3) | KEY(4), 0x44, RETRY, E_IO, "internal failure of the drive", "Eject the medium and try again."),

	/* writing */
	ALL(KEY(1), 0x0C, IGNORE, OK, "write error, recovered", NULL),
	ALL(KEY(3) | KEY(4), 0x03, REPORT, E_MEDIUM, "write fault", SLOWER),
	R(KEY(3) | KEY(4), 0x0C, 0x00, REPORT, E_MEDIUM, "write error", SLOWER),
	R(KEY(3) | KEY(4), 0x0C, 0x02, REPORT, E_MEDIUM, "write error, no replacement block", WORN),
	R(KEY(3) | KEY(4), 0x0C, 0x03, REPORT, E_MEDIUM, "write error, replacement recommended", WORN),
	R(ANY_KEY, 0x0C, 0x07, REPORT, E_MEDIUM, "write error, the track must be recovered",
	  "Close or repair the track (cdrwtool --recover)."),
	R(ANY_KEY, 0x0C, 0x08, REPORT, E_MEDIUM, "write error, recovery failed", SLOWER),
	R(ANY_KEY, 0x0C, 0x09, REPORT, E_MEDIUM, "loss of streaming while writing", SLOWER),
	R(ANY_KEY, 0x0C, 0x0A, REPORT, E_MEDIUM, "the drive added padding blocks", NULL),
	R(ANY_KEY, 0x0C, 0x0F, REPORT, E_MEDIUM, "too many defects", WORN),
	ALL(ANY_KEY, 0x0C, REPORT, E_MEDIUM, "write error", SLOWER),
	ALL(ANY_KEY, 0x32, REPORT, E_MEDIUM, "no replacement block is left", WORN),
	R(ANY_KEY, 0x73, 0x02, REPORT, E_MEDIUM, "the power calibration area is full", "Blank the medium fully."),
	RANGE(KEY(1), 0x73, 0x00, 0x7F, IGNORE, OK, "the power calibration area is nearly full", NULL),
	R(ANY_KEY, 0x73, 0x03, REPORT, E_MEDIUM, "laser power calibration failed", SLOWER),
	R(ANY_KEY, 0x73, 0x04, REPORT, E_MEDIUM, "the program memory area can't be updated", SLOWER),
	R(ANY_KEY, 0x73, 0x05, REPORT, E_MEDIUM, "the program memory area is full", "Blank the medium fully."),
	R(ANY_KEY, 0x73, 0x11, REPORT, E_MEDIUM, "the power calibration area is full", "Blank the medium fully."),
	R(ANY_KEY, 0x73, 0x17, REPORT, E_MEDIUM, "the recording management area is full", "Blank the medium fully."),
	ALL(ANY_KEY, 0x73, REPORT, E_MEDIUM, "CD control error", SLOWER),

	/* reading */
	RANGE(KEY(1), 0x17, 0x00, 0x7F, IGNORE, OK, "data recovered with retries", NULL),
	RANGE(KEY(1), 0x18, 0x00, 0x7F, IGNORE, OK, "data recovered with correction", NULL),
	ALL(KEY(3) | KEY(4) | KEY(11), 0x11, RETRY, E_MEDIUM, "the block can't be read", CLEAN),
	ALL(KEY(3), 0x14, RETRY, E_MEDIUM, "nothing is recorded there", NULL),
	ALL(KEY(14), 0x1D, REPORT, E_MEDIUM, "the data differ from what was written", SLOWER),
	ALL(KEY(8), 0x00, REPORT, E_MEDIUM, "nothing is recorded there", NULL),
	R(ANY_KEY, 0x57, 0x00, REPORT, E_MEDIUM, "the table of contents can't be read", REBLANK),
	ALL(ANY_KEY, 0x6F, REPORT, E_NO_PERMISSION, "the medium is protected against copying", NULL),

	/* requests that don't fit drive, medium or state */
	R(KEY(5), 0x1A, 0x00, FALL_BACK, E_UNSUPPORTED, "wrong length of the parameter list", NULL),
	R(KEY(5), 0x20, 0x00, FALL_BACK, E_UNSUPPORTED, "the drive does not know this command", NULL),
	R(KEY(5), 0x21, 0x00, REPORT, E_RANGE, "the block address is out of range", NULL),
	R(KEY(5), 0x21, 0x02, REPORT, E_INVAL, "the drive can't write at this address", NULL),
	ALL(KEY(5), 0x21, REPORT, E_INVAL, "invalid block address", NULL),
	ALL(KEY(5), 0x24, FALL_BACK, E_UNSUPPORTED, "the drive does not support this form of the command", NULL),
	ALL(KEY(5), 0x25, REPORT, E_NOT_FOUND, "there is no such unit", NULL),
	ALL(KEY(5), 0x26, FALL_BACK, E_UNSUPPORTED, "the drive refuses these parameters", NULL),
	ALL(KEY(5), 0x2B, REPORT, E_UNSUPPORTED, "the copy can't be made", NULL),
	ALL(KEY(5), 0x2C, REPORT, E_INVAL, "the command does not fit the state of the medium", NULL),
	ALL(ANY_KEY, 0x2E, RETRY, E_IO, "not enough time for the command", NULL),
	ALL(KEY(5), 0x39, FALL_BACK, E_UNSUPPORTED, "the drive can't save parameters", NULL),
	ALL(KEY(5), 0x3B, REPORT, E_INVAL, "wrong slot of the changer", NULL),
	R(ANY_KEY, 0x53, 0x00, USER, E_IO, "the tray does not move", "Check that nothing blocks the tray."),
	R(ANY_KEY, 0x53, 0x02, USER, E_BUSY, "the medium is locked in the drive",
	  "Unmount it, or end the program that uses it."),
	R(ANY_KEY, 0x63, 0x00, REPORT, E_NOSPC, "the end of the writable area is reached", NULL),
	R(ANY_KEY, 0x63, 0x01, REPORT, E_NOSPC, "the packet does not fit in the space that is left", NULL),
	R(KEY(5), 0x64, 0x01, REPORT, E_INVAL, "wrong packet size", NULL),
	ALL(KEY(5), 0x64, REPORT, E_INVAL, "the track holds another kind of data", NULL),
	R(ANY_KEY, 0x72, 0x03, REPORT, E_INVAL, "a track is still open", "Close the track first."),
	R(ANY_KEY, 0x72, 0x04, REPORT, E_INVAL, "a reserved track is not fully written", "Close that track first."),
	RANGE(KEY(5), 0x72, 0x05, 0x07, REPORT, E_NOSPC, "no more tracks can be reserved", NULL),
	R(ANY_KEY, 0x72, 0x01, REPORT, E_MEDIUM, "the lead-in can't be written", SLOWER),
	R(ANY_KEY, 0x72, 0x02, REPORT, E_MEDIUM, "the lead-out can't be written", SLOWER),
	ALL(ANY_KEY, 0x72, REPORT, E_MEDIUM, "the session can't be closed",
	  "This drive may still read it; other drives may not."),

	/* the medium as a whole; some drives report 27h with key 5 */
	R(ANY_KEY, 0x27, 0x01, USER, E_READ_ONLY, "the drive is write protected", NULL),
	R(ANY_KEY, 0x27, 0x02, USER, E_READ_ONLY, "writing is switched off in the drive",
	  "Switch the drive off and on."),
	R(ANY_KEY, 0x27, 0x04, USER, E_READ_ONLY, "the medium is write protected until somebody lifts it",
	  "Lift the protection with cdrwtool --write-protect=off."),
	R(ANY_KEY, 0x27, 0x05, USER, E_READ_ONLY, "the medium is write protected for good", "Use another medium."),
	R(ANY_KEY, 0x27, 0x06, USER, E_READ_ONLY, "the medium may not be written any more", WORN),
	ALL(KEY(5), 0x27, USER, E_READ_ONLY, "the drive refuses to write this medium", OTHER_DISC),
	ALL(ANY_KEY, 0x27, USER, E_READ_ONLY, "the medium is write protected", TAB),
	R(ANY_KEY, 0x30, 0x00, USER, E_UNSUPPORTED, "the drive can't handle this medium", CLEAN),
	RANGE(ANY_KEY, 0x30, 0x01, 0x02, USER, E_UNSUPPORTED, "the drive can't read this medium", REBLANK),
	R(ANY_KEY, 0x30, 0x03, USER, E_UNSUPPORTED, "a cleaning disc is in the drive", "Insert a medium."),
	R(ANY_KEY, 0x30, 0x07, USER, E_IO, "cleaning failed", NULL),
	RANGE(ANY_KEY, 0x30, 0x04, 0x05, USER, E_UNSUPPORTED, "the drive can't write this medium, or not at its speeds",
	      OTHER_DISC),
	R(ANY_KEY, 0x30, 0x06, USER, E_UNSUPPORTED, "the medium can't be erased or formatted this way",
	  "It is write-once, or it needs another command."),
	R(ANY_KEY, 0x30, 0x08, USER, E_UNSUPPORTED, "the drive does not support this medium or its speed", OTHER_DISC),
	R(ANY_KEY, 0x30, 0x09, REPORT, E_INVAL, "the last session is not closed", "Close the session first."),
	R(ANY_KEY, 0x30, 0x10, USER, E_INVAL, "the medium is not formatted", "Format it with cdrwtool --format."),
	R(ANY_KEY, 0x30, 0x11, USER, E_UNSUPPORTED, "the drive does not support this version of the medium",
	  OTHER_DISC),
	ALL(ANY_KEY, 0x30, USER, E_UNSUPPORTED, "the drive can't handle this medium", OTHER_DISC),
	R(ANY_KEY, 0x31, 0x00, USER, E_CORRUPT, "the format of the medium is damaged", REBLANK),
	R(ANY_KEY, 0x31, 0x01, REPORT, E_MEDIUM, "formatting failed", SLOWER),
	ALL(ANY_KEY, 0x31, REPORT, E_MEDIUM, "formatting failed", WORN),
	ALL(ANY_KEY, 0x51, REPORT, E_MEDIUM, "erasing failed", BLANK_SLOWLY),

	/* unit attentions */
	R(KEY(6), 0x28, 0x00, ATTENTION, E_IO, "the medium may have changed", NULL),
	ALL(KEY(6), 0x29, ATTENTION, E_IO, "the drive was reset or switched on", NULL),
	R(KEY(6), 0x5A, 0x01, ATTENTION, E_IO, "somebody wants to take the medium out", NULL),
	R(KEY(6), 0x5D, 0x03, ATTENTION, E_IO, "the spare area is nearly used up", WORN),
	ALL(KEY(1), 0x37, IGNORE, OK, "a parameter was rounded", NULL),
};

#undef R
#undef RANGE
#undef ALL

/* Codes that no row has: the key decides. */
static const struct mmc_sense_meaning by_key[16] = {
	[0x0] = { MMC_SENSE_REPORT, UDF_E_IO, "the drive gave no reason",
	  "Eject the medium, insert it and try again." },
	[0x1] = { MMC_SENSE_IGNORE, UDF_OK, "recovered error", NULL },
	[0x2] = { MMC_SENSE_USER, UDF_E_IO, "not ready", NULL },
	[0x3] = { MMC_SENSE_REPORT, UDF_E_MEDIUM, "medium error", CLEAN },
	[0x4] = { MMC_SENSE_REPORT, UDF_E_IO, "hardware error", CABLE },
	[0x5] = { MMC_SENSE_REPORT, UDF_E_UNSUPPORTED, "the drive refuses the command", NULL },
	[0x6] = { MMC_SENSE_ATTENTION, UDF_E_IO, "unit attention", NULL },
	[0x7] = { MMC_SENSE_USER, UDF_E_READ_ONLY, "the medium is protected", NULL },
	[0x8] = { MMC_SENSE_REPORT, UDF_E_MEDIUM, "nothing is recorded there", NULL },
	[0x9] = { MMC_SENSE_REPORT, UDF_E_IO, "error of the vendor's own", NULL },
	[0xA] = { MMC_SENSE_REPORT, UDF_E_IO, "copy aborted", NULL },
	[0xB] = { MMC_SENSE_RETRY, UDF_E_IO, "the command was aborted", CABLE },
	[0xC] = { MMC_SENSE_REPORT, UDF_E_IO, "unknown error", NULL },
	[0xD] = { MMC_SENSE_REPORT, UDF_E_NOSPC, "the medium is full", NULL },
	[0xE] = { MMC_SENSE_REPORT, UDF_E_MEDIUM, "the data differ", NULL },
	[0xF] = { MMC_SENSE_IGNORE, UDF_OK, "completed", NULL },
};

struct mmc_sense_meaning mmc_sense_meaning(const struct mmc_sense *sense)
{
	if (!sense->is_present)
		return by_key[MMC_KEY_NO_SENSE];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		if ((row->keys & KEY(sense->key)) && row->asc == sense->asc && sense->ascq >= row->ascq &&
		    sense->ascq <= row->last_ascq && sense->ascq < 0x80)
			return (struct mmc_sense_meaning){ row->class, row->err, row->text, row->advice };
	}
	return by_key[sense->key];
}

const char *mmc_sense_key_name(uint8_t key)
{
	static const char *const names[16] = {
		"no sense", "recovered error", "not ready", "medium error", "hardware error", "illegal request",
		"unit attention", "data protect", "blank check", "vendor specific", "copy aborted", "aborted command",
		"obsolete", "volume overflow", "miscompare", "completed",
	};

	return names[key & 0x0F];
}
