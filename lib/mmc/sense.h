/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sense data (SPC-3 4.5): what a drive says about a command that it did not simply carry out.
 *
 * Both formats are read, and drives' habits with them: a wrong additional length, other bits in the byte of the key,
 * vendor bytes between the fields.  Sense data are never refused for their form.
 */
#ifndef UDF_MMC_SENSE_H
#define UDF_MMC_SENSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#define MMC_KEY_NO_SENSE 0x0
#define MMC_KEY_RECOVERED 0x1
#define MMC_KEY_NOT_READY 0x2
#define MMC_KEY_MEDIUM 0x3
#define MMC_KEY_HARDWARE 0x4
#define MMC_KEY_ILLEGAL 0x5
#define MMC_KEY_ATTENTION 0x6
#define MMC_KEY_PROTECT 0x7
#define MMC_KEY_BLANK 0x8
#define MMC_KEY_ABORTED 0xB

/* ASC and ASCQ in one number, as "04/08" is written: MMC_ASC(0x04, 0x08). */
#define MMC_ASC(asc, ascq) ((asc) << 8 | (ascq))

struct mmc_sense {
	bool is_present;		/* false: all else is 0 */
	bool is_deferred;		/* about an earlier command; the one that got this was not carried out */
	uint8_t key, asc, ascq;
	bool has_information;		/* the drive says that INFORMATION is valid */
	uint64_t information;		/* usually the address of the block in question */
	bool has_progress;		/* keys 0 and 2 only */
	uint16_t progress;		/* of 65536 */
	bool has_field;			/* key 5 only: which byte is wrong */
	bool is_field_in_cdb;		/* else in the parameter list */
	uint16_t field_byte;
};

/* What the host should do. */
enum mmc_sense_class {
	MMC_SENSE_IGNORE,		/* nothing was wrong, or the drive has mended it */
	MMC_SENSE_RETRY,		/* the same command again, a few times */
	MMC_SENSE_WAIT,			/* the drive is at work: wait and send the command again */
	MMC_SENSE_START,		/* START STOP UNIT first */
	MMC_SENSE_ATTENTION,		/* something happened to drive or medium: ask for its state again */
	MMC_SENSE_FALL_BACK,		/* the drive does not know this variant: try another one */
	MMC_SENSE_USER,			/* a person has to do something */
	MMC_SENSE_REPORT,		/* it failed */
};

struct mmc_sense_meaning {
	enum mmc_sense_class class;
	enum udf_err err;		/* what a command that ends with this fails with */
	const char *text;		/* a phrase in lower case; never NULL */
	const char *advice;		/* a sentence, or NULL */
};

/** Read sense data of N_BYTES.  Returns false, and RET_SENSE is all zeros, if they are none. */
bool mmc_sense_parse(const uint8_t *bytes, size_t n_bytes, struct mmc_sense *ret_sense);

/** ASC and ASCQ as MMC_ASC() makes them. */
uint16_t mmc_sense_code(const struct mmc_sense *sense);

/** What SENSE means.  Codes that no standard gives are judged by their key.  Absent sense is MMC_SENSE_REPORT. */
struct mmc_sense_meaning mmc_sense_meaning(const struct mmc_sense *sense);

/** The name of a sense key ("medium error"); never NULL. */
const char *mmc_sense_key_name(uint8_t key);

#endif
