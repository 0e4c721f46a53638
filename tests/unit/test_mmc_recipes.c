/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole jobs, compared command by command with the sessions in tests/golden/mmc; and what is refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mmc/blank.h"
#include "mmc/close.h"
#include "mmc/format.h"
#include "mmc/protect.h"
#include "mmc/record.h"
#include "mmc_drives.h"

static struct mmc_transport *replay;

static const char *text_named(const char *name)
{
	static const struct {
		const char *name, *text;
	} texts[] = {
		{ "RAM", RAM },
		{ "RAM_MAX", RAM_MAX },
		{ "RAM_PROTECTED", RAM_BEFORE_PROTECTION RAM_PROTECTION("02") RAM_AFTER_PROTECTION },
		{ "CD_RW_BLANK", CD_RW_BLANK },
		{ "CD_RW_FORMATTED", CD_RW_FORMATTED },
		{ "CD_RW_FORMATTED_OPEN", CD_RW_FORMATTED_OPEN },
		{ "PAGE_05_READ", PAGE_05_READ },
		{ "DVD_RW_BLANK", DVD_RW_BLANK },
		{ "DVD_RW_FULL", DVD_RW_FULL },
		{ "DVD_RW_INTERMEDIATE", DVD_RW_INTERMEDIATE },
		{ "PLUS_RW_BLANK", PLUS_RW_BLANK },
		{ "PLUS_RW_RUNNING", PLUS_RW_RUNNING },
		{ "PLUS_RW_STOPPED", PLUS_RW_STOPPED },
		{ "PLUS_RW_DONE", PLUS_RW_DONE },
		{ "BD_RE_BLANK", BD_RE_BLANK },
		{ "BD_RE_SPARES", BD_RE_SPARES },
		{ "BD_RE_NO_SPARES", BD_RE_NO_SPARES },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!strcmp(texts[i].name, name))
			return texts[i].text;
	fail_msg("@%s has no text", name);
	return NULL;
}

static void golden_read(const char *name, char *ret_text, size_t n_bytes)
{
	const char *srcdir = getenv("top_srcdir");
	char path[512], line[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/tests/golden/mmc/%s.txt", srcdir ? srcdir : ".", name);
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s cannot be opened", path);
	ret_text[0] = 0;
	while (fgets(line, sizeof(line), file)) {
		const char *piece = line;

		if (line[0] == '@') {
			line[strcspn(line, "\n")] = 0;
			piece = text_named(line + 1);
		}
		assert_true(strlen(ret_text) + strlen(piece) < n_bytes);
		strcat(ret_text, piece);
	}
	fclose(file);
}

static struct mmc_drive *open_with(const char *text)
{
	struct mmc_drive *drive = NULL;
	struct mmc_failure failure = { 0 };

	assert_int_equal(mmc_replay_new(text, 65536, &replay), UDF_OK);
	if (mmc_drive_open(replay, NULL, NULL, &drive, &failure))
		fail_msg("%s; %s", failure.text, mmc_replay_mismatch(replay));
	return drive;
}

static struct mmc_drive *golden_drive(const char *name)
{
	static char text[65536];

	print_message("%s\n", name);
	golden_read(name, text, sizeof(text));
	return open_with(text);
}

/* The job ended as it should, and sent exactly what the session has. */
static void ends(struct mmc_drive *drive, enum udf_err err, enum udf_err wanted)
{
	const char *mismatch = mmc_replay_mismatch(replay);

	if (mismatch)
		fail_msg("%s; the job says: %s", mismatch, mmc_drive_failure(drive)->text);
	if (err != wanted)
		fail_msg("%s: %s", udf_strerror(err), mmc_drive_failure(drive)->text);
	mmc_drive_close(drive);
}

static void formats(const char *name, struct mmc_format_options options, enum udf_err wanted)
{
	struct mmc_drive *drive = golden_drive(name);

	ends(drive, mmc_format(drive, &options), wanted);
}

static void formats_dvd_ram(void **state)
{
	(void)state;
	formats("format-dvd-ram-quick", (struct mmc_format_options){ .how = MMC_HOW_USUAL }, UDF_OK);
	formats("format-dvd-ram-no-list", (struct mmc_format_options){ .how = MMC_HOW_QUICK }, UDF_OK);
	formats("format-dvd-ram-full", (struct mmc_format_options){ .how = MMC_HOW_FULL,
								   .spares = MMC_SPARES_NONE }, UDF_OK);
	formats("format-dvd-ram-full", (struct mmc_format_options){ .how = MMC_HOW_FULL, .n_blocks = 2295072 },
		UDF_OK);
}

static void formats_cd_rw(void **state)
{
	(void)state;
	formats("format-cd-rw", (struct mmc_format_options){ .how = MMC_HOW_USUAL }, UDF_OK);
	formats("format-cd-rw", (struct mmc_format_options){ .how = MMC_HOW_FULL, .n_blocks = 295264 }, UDF_OK);
	formats("format-cd-rw-page-refused", (struct mmc_format_options){ .how = MMC_HOW_FULL }, UDF_OK);
	formats("format-cd-rw-old", (struct mmc_format_options){ .how = MMC_HOW_FULL }, UDF_OK);
}

static void a_format_that_changed_nothing_is_no_success(void **state)
{
	struct mmc_drive *drive = golden_drive("format-cd-rw-in-vain");
	enum udf_err err = mmc_format(drive, NULL);

	(void)state;
	assert_non_null(strstr(mmc_drive_failure(drive)->text, "is blank"));
	assert_non_null(strstr(mmc_drive_failure(drive)->advice, "small session"));
	ends(drive, err, UDF_E_MEDIUM);
}

static void formats_dvd_rw(void **state)
{
	struct mmc_drive *drive;

	(void)state;
	formats("format-dvd-rw-full", (struct mmc_format_options){ .how = MMC_HOW_USUAL }, UDF_OK);
	formats("format-dvd-rw-quick", (struct mmc_format_options){ .how = MMC_HOW_QUICK }, UDF_OK);
	drive = golden_drive("grow-dvd-rw");
	ends(drive, mmc_format_grow(drive), UDF_OK);
	drive = golden_drive("close-dvd-rw");
	ends(drive, mmc_close_session(drive), UDF_OK);
}

static void formats_dvd_plus_rw(void **state)
{
	struct mmc_drive *drive;

	(void)state;
	formats("format-dvd+rw", (struct mmc_format_options){ .how = MMC_HOW_USUAL }, UDF_OK);
	formats("restart-dvd+rw", (struct mmc_format_options){ .how = MMC_HOW_USUAL, .waits_for_background = true },
		UDF_OK);
	drive = golden_drive("restart-dvd+rw");
	ends(drive, mmc_format_wait(drive), UDF_OK);
	drive = golden_drive("stop-dvd+rw");
	ends(drive, mmc_format_stop(drive), UDF_OK);
	/* nothing to do is no error */
	drive = open_with(PLUS_RW_DONE);
	assert_int_equal(mmc_format_stop(drive), UDF_OK);
	assert_int_equal(mmc_format_restart(drive), UDF_OK);
	ends(drive, mmc_format(drive, NULL), UDF_OK);
}

static void formats_bd_re(void **state)
{
	(void)state;
	formats("format-bd-re", (struct mmc_format_options){ .how = MMC_HOW_USUAL }, UDF_OK);
	formats("format-bd-re-pioneer", (struct mmc_format_options){ .how = MMC_HOW_QUICK }, UDF_OK);
	formats("format-bd-re-no-spares", (struct mmc_format_options){ .spares = MMC_SPARES_NONE }, UDF_OK);
	formats("format-bd-re-full", (struct mmc_format_options){ .how = MMC_HOW_FULL, .spares = MMC_SPARES_MAX },
		UDF_OK);
}

static void blanks(void **state)
{
	static const struct {
		const char *name;
		enum mmc_blanking type;
	} rows[] = {
		{ "blank-cd-rw", MMC_BLANK_MINIMAL },
		{ "blank-cd-rw-worn", MMC_BLANK_MINIMAL },
		{ "blank-cd-rw-no-immed", MMC_BLANK_MINIMAL },
		{ "blank-dvd-rw", MMC_BLANK_DISC },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mmc_drive *drive = golden_drive(rows[i].name);

		ends(drive, mmc_blank(drive, rows[i].type, 0), UDF_OK);
	}
}

static void protects(void **state)
{
	struct mmc_drive *drive = golden_drive("protect-dvd-ram");

	(void)state;
	ends(drive, mmc_protect(drive, true), UDF_OK);
	drive = golden_drive("protect-dvd-ram-in-vain");
	ends(drive, mmc_protect(drive, true), UDF_E_IO);
}

/* ---- what is refused before anything is sent ---- */

typedef enum udf_err (*job)(struct mmc_drive *drive);

static enum udf_err format_usual(struct mmc_drive *drive) { return mmc_format(drive, NULL); }
static enum udf_err format_quick(struct mmc_drive *drive)
{
	return mmc_format(drive, &(struct mmc_format_options){ .how = MMC_HOW_QUICK });
}
static enum udf_err format_full(struct mmc_drive *drive)
{
	return mmc_format(drive, &(struct mmc_format_options){ .how = MMC_HOW_FULL });
}
static enum udf_err format_odd(struct mmc_drive *drive)
{
	return mmc_format(drive, &(struct mmc_format_options){ .n_blocks = 1000000 });
}
static enum udf_err blank(struct mmc_drive *drive) { return mmc_blank(drive, MMC_BLANK_MINIMAL, 0); }
static enum udf_err protect(struct mmc_drive *drive) { return mmc_protect(drive, true); }
static enum udf_err unprotect(struct mmc_drive *drive) { return mmc_protect(drive, false); }
static enum udf_err reserve(struct mmc_drive *drive) { return mmc_reserve_track(drive, 1000000); }

static void what_cannot_be_done_is_refused_by_name(void **state)
{
	static const char tab[] = RAM_BEFORE_PROTECTION RAM_PROTECTION("04") RAM_AFTER_PROTECTION;
	static const struct {
		const char *text;
		job run;
		enum udf_err err;
		const char *word;
	} rows[] = {
		{ CD_R_CLOSED, format_usual, UDF_E_UNSUPPORTED, "a CD-R is write-once and can't be formatted" },
		{ CD_R_CLOSED, blank, UDF_E_UNSUPPORTED, "a CD-R is write-once and can't be blanked" },
		{ RAM, blank, UDF_E_UNSUPPORTED, "a DVD-RAM can't be blanked" },
		{ PLUS_RW_DONE, blank, UDF_E_UNSUPPORTED, "a DVD+RW can't be blanked" },
		{ BD_RE_BLANK, blank, UDF_E_UNSUPPORTED, "a BD-RE can't be blanked" },
		{ CD_RW_BLANK, format_quick, UDF_E_UNSUPPORTED, "a CD-RW can't be formatted quickly" },
		{ CD_RW_BLANK, format_odd, UDF_E_INVAL, "only to 295264" },
		{ RAM, format_odd, UDF_E_INVAL, "2236704, 2295072, 2226976, 2217248" },
		{ BD_RE_BLANK, format_odd, UDF_E_INVAL, "it can have" },
		{ BD_RE_BLANK_NO_TESTS, format_full, UDF_E_UNSUPPORTED, "can't test a BD-RE" },
		{ PLUS_RW_BLANK, mmc_format_restart, UDF_E_INVAL, "not formatted" },
		{ RAM, mmc_format_restart, UDF_E_UNSUPPORTED, "background" },
		{ RAM, mmc_format_grow, UDF_E_UNSUPPORTED, "does not grow" },
		{ RAM, mmc_close_session, UDF_E_UNSUPPORTED, "has no sessions" },
		{ RAM, reserve, UDF_E_UNSUPPORTED, "reserved" },
		{ CD_RW_BLANK, reserve, UDF_E_NOSPC, "359847 are free" },
		{ tab, format_usual, UDF_E_READ_ONLY, "tab" },
		{ tab, unprotect, UDF_E_READ_ONLY, "tab" },
		{ CD_RW_BLANK, protect, UDF_E_UNSUPPORTED, "no write protection" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mmc_drive *drive = open_with(rows[i].text);
		enum udf_err err = rows[i].run(drive);

		print_message("%s\n", mmc_drive_failure(drive)->text);
		assert_non_null(strstr(mmc_drive_failure(drive)->text, rows[i].word));
		ends(drive, err, rows[i].err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_dvd_ram),
		cmocka_unit_test(formats_cd_rw),
		cmocka_unit_test(a_format_that_changed_nothing_is_no_success),
		cmocka_unit_test(formats_dvd_rw),
		cmocka_unit_test(formats_dvd_plus_rw),
		cmocka_unit_test(formats_bd_re),
		cmocka_unit_test(blanks),
		cmocka_unit_test(protects),
		cmocka_unit_test(what_cannot_be_done_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
