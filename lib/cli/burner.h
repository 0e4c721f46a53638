/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the environment and a configuration file say of drives that burn, as cdrecord(1) has it: CDR_DEVICE, CDR_SPEED,
 * CDR_FIFOSIZE, and a table of drives.
 */
#ifndef UDF_CLI_BURNER_H
#define UDF_CLI_BURNER_H

#include <stdbool.h>
#include <udfkit/error.h>

#define CLI_BURNER_TEXT_BYTES 256u
#define CLI_BURNER_WHY_BYTES 512u

/* The texts of the configuration, which the tool interprets; a text is empty if nothing sets it. */
struct cli_burner {
	char device[CLI_BURNER_TEXT_BYTES];		/* if it is not the one that was given */
	bool is_named;					/* the file has a drive of the name that was given */
	char speed[CLI_BURNER_TEXT_BYTES];
	char fifo[CLI_BURNER_TEXT_BYTES];		/* a size */
	char max_fifo[CLI_BURNER_TEXT_BYTES];		/* no fifo is larger */
	char driver_options[CLI_BURNER_TEXT_BYTES];
};

/**
 * Look up what is not on the command line.
 *
 * The device is GIVEN, else CDR_DEVICE of the environment, else that of the file.  If it has none of the characters
 * ",:/@" and the file has a drive of that name, it is the device of that drive.  Speed and fifo are those of the named
 * drive, else of the environment, else of the file.  In the file -1 says nothing, as a missing field does.
 *
 * @given    The device of the command line; NULL: there is none.
 * @paths    Configuration files, NULL at the end; the first one that is there is read.  ISOWRITE_CONF in the
 *           environment takes their place, and must be there.
 * @ret_why  On failure, a phrase that says why.
 * Returns UDF_E_IO for a file that can't be read, UDF_E_INVAL for a line of it that is none.
 */
enum udf_err cli_burner_find(const char *given, const char *const *paths, struct cli_burner *ret_burner,
			     char ret_why[CLI_BURNER_WHY_BYTES]);

#endif
