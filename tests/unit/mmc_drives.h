/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drives as texts (mmc/record.h): what they are asked when they are opened, and what they answer.
 *
 * The replies are those of the standard's layouts and of published dumps.
 */
#ifndef UDF_TESTS_UNIT_MMC_DRIVES_H
#define UDF_TESTS_UNIT_MMC_DRIVES_H

#define REFUSED "< sense 70 00 05 00*4 0A 00*4 24 00*5\n"
#define GOOD "<\n"
#define SENSE(key, asc, ascq) "< sense 70 00 " key " 00*4 0A 00*4 " asc " " ascq " 00*4\n"
#define SENSE_AT(key, lba, asc, ascq) "< sense F0 00 " key " " lba " 0A 00*4 " asc " " ascq " 00*4\n"
#define DEFERRED_AT(key, lba, asc, ascq) "< sense F1 00 " key " " lba " 0A 00*4 " asc " " ascq " 00*4\n"

#define READY "> 00*6\n" GOOD
#define INQUIRY \
	"> 12 00 00 00 24 00\n" \
	"< 05 80 00 32 1F 00 00 00 46 41 4B 45 20 20 20 20 44 52 49 56 45 20*11 31 2E 30 30\n"
/* GET CONFIGURATION; two tokens of hex: the length of the features, and 8 more than that */
#define CONFIGURATION(n, n_all, features) \
	"> 46 00*7 08 00\n< 00 00 00 " n " 00 00 " features "\n" \
	"> 46 00*7 " n_all " 00\n< 00 00 00 " n " 00 00 " features "\n"
#define NO_CAPABILITIES "> 5A 08 2A 00 00 00 00 00 08 00\n" REFUSED
#define DISC_INFORMATION(bytes) \
	"> 51 00*7 04 00\n< 00 20 " bytes "\n> 51 00*7 22 00\n< 00 20 " bytes "\n"
#define TRACK(number, bytes) \
	"> 52 01 00 00 00 " number " 00 00 04 00\n< 00 22 " bytes "\n" \
	"> 52 01 00 00 00 " number " 00 00 24 00\n< 00 22 " bytes "\n"
#define CAPACITY(bytes) "> 25 00*9\n< " bytes " 00 00 08 00\n"
#define FORMATS(n_all, bytes) \
	"> 23 00*7 0C 00\n< 00 00 00 " bytes "\n> 23 00*7 " n_all " 00\n< 00 00 00 " bytes "\n"
#define NO_SPEEDS "> AC 00*9 03 00\n" REFUSED

/* DVD-RAM of 4.7 GB with its default spares, as a drive of TSSTcorp described it */
#define RAM_PROTECTION(byte) \
	"> AD 00*6 C0 00 04 00 00\n< 00 06 00 00 " byte " 00 00 00\n" \
	"> AD 00*6 C0 00 08 00 00\n< 00 06 00 00 " byte " 00 00 00\n"
#define RAM_CONFIGURATION \
	CONFIGURATION("28", "2C", "00 12 00 04 09 04 02 00 00 00 00 20 05 0C 00 22 21 1F 00 00 08 00 00 10 01 00 " \
		      "00 24 05 04 80 00 00 00")
#define RAM_READY_TO_PROTECTION \
	RAM_CONFIGURATION NO_CAPABILITIES DISC_INFORMATION("1F 01 01 01 01 00*9 FF*8 00*10") \
	TRACK("01", "01 01 00 04 01 02 00*12 00 00 00 10 00 22 21 20 00 22 21 1F 00*4") CAPACITY("00 22 21 1F") \
	FORMATS("2C", "28 00 22 21 20 02 00 08 00 00 22 21 20 00 00 08 00 00 23 05 20 00 00 08 00 " \
		      "00 21 FB 20 04 00 08 00 00 21 D5 20 04 00 08 00")
#define RAM_AFTER_PROTECTION \
	"> AD 00*6 09 00 04 00 00\n" REFUSED \
	"> AD 00*6 0A 00 04 00 00\n< 00 0E 00 00\n" \
	"> AD 00*6 0A 00 10 00 00\n< 00 0E 00 00 00 00 31 F0 00 00 E4 00 00 00 E4 00\n" NO_SPEEDS
#define RAM_BEFORE_PROTECTION INQUIRY READY RAM_READY_TO_PROTECTION
#define RAM_AFTER_READY RAM_READY_TO_PROTECTION RAM_PROTECTION("00") RAM_AFTER_PROTECTION
#define RAM RAM_BEFORE_PROTECTION RAM_PROTECTION("00") RAM_AFTER_PROTECTION

/* The same formatted with as many blocks as there are, without supplementary spares */
#define RAM_MAX \
	INQUIRY READY RAM_CONFIGURATION NO_CAPABILITIES DISC_INFORMATION("1F 01 01 01 01 00*9 FF*8 00*10") \
	TRACK("01", "01 01 00 04 01 02 00*12 00 00 00 10 00 23 05 20 00 23 05 1F 00*4") CAPACITY("00 23 05 1F") \
	FORMATS("2C", "28 00 23 05 20 02 00 08 00 00 22 21 20 00 00 08 00 00 23 05 20 00 00 08 00 " \
		      "00 21 FB 20 04 00 08 00 00 21 D5 20 04 00 08 00") RAM_PROTECTION("00") RAM_AFTER_PROTECTION

/* CD-RW of 80 minutes */
#define CD_RW_CONFIGURATION(tao) \
	CONFIGURATION("1C", "20", "00 0A 00 26 01 00 00 2D " tao " 04 46 00 3F 0F 00 23 05 08 00*8")
#define ATIP \
	"> 43 02 04 00 00 00 00 00 04 00\n< 00 1A 00 00\n" \
	"> 43 02 04 00 00 00 00 00 1C 00\n< 00 1A 00 00 D1 00 CC 00 61 0F 23 00 4F 3B 4A 00 24 1A D8 00*9\n"
#define CD_RW_FORMATTED \
	INQUIRY READY CD_RW_CONFIGURATION("08") NO_CAPABILITIES \
	DISC_INFORMATION("1E 01 01 01 01 20 20 00*7 FF*8 00*10") \
	TRACK("01", "01 01 00 07 B2 00*13 00 00 00 20 00 04 81 60 00*8") CAPACITY("00 04 81 5F") \
	FORMATS("14", "10 00 04 81 60 02 00 08 00 00 04 81 60 40 00 00 20") ATIP NO_SPEEDS
#define CD_RW_BLANK \
	INQUIRY READY CD_RW_CONFIGURATION("09") NO_CAPABILITIES \
	DISC_INFORMATION("10 01 01 01 01 20 FF 00*8 61 0F 23 00 4F 3B 4A 00*10") \
	TRACK("01", "01 01 00 04 4F 01 00*8 00 05 7D A7 00*4 00 05 7D A7 00*8") CAPACITY("00 00 00 00") \
	FORMATS("14", "10 00 05 7D A7 01 00 08 00 00 04 81 60 40 00 00 20") ATIP NO_SPEEDS

/* The same with its session left open, as the first drives leave it */
#define CD_RW_FORMATTED_OPEN \
	INQUIRY READY CD_RW_CONFIGURATION("08") NO_CAPABILITIES \
	DISC_INFORMATION("15 01 01 01 01 20 20 00*8 61 0F 23 00 4F 3B 4A 00*10") \
	TRACK("01", "01 01 00 07 B2 00*13 00 00 00 20 00 04 81 60 00*8") CAPACITY("00 04 81 5F") \
	FORMATS("14", "10 00 04 81 60 02 00 08 00 00 04 81 60 40 00 00 20") ATIP NO_SPEEDS

/* DVD-RW: blank in order, formatted whole, and formatted quickly with nothing written yet */
#define DVD_RW_CONFIGURATION(profile) \
	CONFIGURATION("1C", "20", "00 " profile " 00 21 0D 08 01 00 01 01 10 00 00 00 00 23 05 08 00*8")
#define DVD_RW_FORMATS(type, more) \
	FORMATS("24", "20 00 23 10 20 " type " 00 08 00 00 23 10 20 00 00 08 00 00 23 10 20 40 00 00 10 " \
		      "00 23 10 20 54 00 00 10" more)
#define NO_LEAD_IN "> AD 00*6 0E 00 04 00 00\n" REFUSED
#define DVD_RW_BLANK \
	INQUIRY READY DVD_RW_CONFIGURATION("14") NO_CAPABILITIES DISC_INFORMATION("10 01 01 01 01 20 00*8 FF*8 00*10") \
	TRACK("01", "01 01 00 04 61 01 00*8 00 23 10 20 00 00 00 10 00 23 10 20 00*8") CAPACITY("00 00 00 00") \
	DVD_RW_FORMATS("01", "") NO_LEAD_IN NO_SPEEDS
#define DVD_RW_FULL \
	INQUIRY READY DVD_RW_CONFIGURATION("13") NO_CAPABILITIES DISC_INFORMATION("1E 01 01 01 01 20 00*8 FF*8 00*10") \
	TRACK("01", "01 01 00 04 31 02 00*12 00 00 00 10 00 23 10 20 00 23 10 1F 00*4") CAPACITY("00 23 10 1F") \
	DVD_RW_FORMATS("02", "") NO_LEAD_IN NO_SPEEDS
#define DVD_RW_INTERMEDIATE \
	INQUIRY READY DVD_RW_CONFIGURATION("13") NO_CAPABILITIES DISC_INFORMATION("15 01 01 01 01 20 00*8 FF*8 00*10") \
	TRACK("01", "01 01 00 04 71 01 00*8 00 23 10 20 00 00 00 10 00 23 10 20 00*8") CAPACITY("00 00 00 00") \
	DVD_RW_FORMATS("03", "") NO_LEAD_IN NO_SPEEDS

/* DVD+RW: unformatted, formatting in the background, stopped and not closed, formatted whole */
#define PLUS_RW_STATE(information, track, capacity, type) \
	INQUIRY READY CONFIGURATION("14", "18", "00 1A 00 20 05 0C 00*4 00 00 08 00 00 10 01 00") NO_CAPABILITIES \
	DISC_INFORMATION(information " 00*8 FF*8 00*10") \
	TRACK("01", "01 01 00 04 " track " 00 00*8 00*4 00 00 00 10 00 23 05 40 00*8") CAPACITY(capacity) \
	FORMATS("14", "10 00 23 05 40 " type " 00 08 00 00 23 05 40 98 00 00 00") \
	"> AD 00*6 11 00 04 00 00\n" REFUSED NO_SPEEDS
#define PLUS_RW_BLANK PLUS_RW_STATE("10 01 01 01 01 00 00", "61", "00 00 00 00", "01")
#define PLUS_RW_RUNNING PLUS_RW_STATE("1E 01 01 01 01 06 00", "21", "00 23 05 3F", "02")
#define PLUS_RW_STOPPED PLUS_RW_STATE("1E 01 01 01 01 01 00", "21", "00 23 05 3F", "02")
#define PLUS_RW_DONE PLUS_RW_STATE("1E 01 01 01 01 03 00", "21", "00 23 05 3F", "02")

/* BD-RE: unformatted; with the usual spares; without any.  FEATURE is byte 4 of 0023h: what tests the drive can do */
#define BD_RE_STATE(feature, information, capacity, size, type) \
	INQUIRY READY \
	CONFIGURATION("28", "2C", "00 43 00 20 05 0C 00*4 00 00 08 00 00 20 01 00 00 23 05 08 " feature " 80 00*6 " \
				  "00 41 05 04 00*4") \
	NO_CAPABILITIES DISC_INFORMATION(information " 01 01 01 01 00*9 FF*8 00*10") \
	TRACK("01", "01 01 00 04 01 00 00*12 00 00 00 20 " size " 00*8") CAPACITY(capacity) \
	FORMATS("34", "30 " size " " type " 00 08 00 00 B4 74 00 00 00 30 00 00 B4 74 00 C0 00 30 00 " \
		      "00 B0 74 00 C0 00 50 00 00 B8 74 00 C0 00 10 00 00 BA 74 00 C4 00 08 00") \
	"> AD 01 00*5 C0 00 04 00 00\n" REFUSED "> AD 01 00*5 0A 00 04 00 00\n" REFUSED \
	"> AD 01 00*5 00 00 04 00 00\n" REFUSED NO_SPEEDS
#define BD_RE_BLANK BD_RE_STATE("0B", "10", "00 00 00 00", "00 BA 74 00", "01")
#define BD_RE_BLANK_NO_TESTS BD_RE_STATE("08", "10", "00 00 00 00", "00 BA 74 00", "01")
#define BD_RE_SPARES BD_RE_STATE("0B", "1E", "00 B4 73 FF", "00 B4 74 00", "02")
#define BD_RE_NO_SPARES BD_RE_STATE("0B", "1E", "00 BA 73 FF", "00 BA 74 00", "02")

/* What cannot be written or erased any more */
#define CD_R_CLOSED \
	INQUIRY READY CONFIGURATION("0C", "10", "00 09 00 2D 08 04 46 00 3F 0F") NO_CAPABILITIES \
	DISC_INFORMATION("0E 01 01 01 01 20 00*8 FF*8 00*10") \
	TRACK("01", "01 01 00 04 01 00 00*16 00 00 85 81 00*8") CAPACITY("00 00 85 82") \
	"> 23 00*7 0C 00\n" REFUSED "> 43 02 04 00 00 00 00 00 04 00\n" REFUSED NO_SPEEDS

/* Mode page 05h read and set: fixed packets of 32 blocks in mode 2, track mode 7 */
#define PAGE_05 "05 32 60 05 08 07 00*9 96 00*36"
#define PAGE_05_READ \
	"> 5A 08 05 00 00 00 00 00 08 00\n< 00 3A 00*6\n" \
	"> 5A 08 05 00 00 00 00 00 3C 00\n< 00 3A 00*6 " PAGE_05 "\n"
#define PAGE_05_PACKETS(track_mode) "00*8 05 32 40 " track_mode " 0A 00*3 20 00*4 20 00 96 00*32 00 00 08 00"
#define PAGE_05_SET(track_mode) "> 55 10 00 00 00 00 00 00 3C 00 : " PAGE_05_PACKETS(track_mode) "\n"

#endif
