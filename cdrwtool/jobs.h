/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cdrwtool does with a disc, apart from making a volume on it.  Each says what failed. */
#ifndef CDRWTOOL_JOBS_H
#define CDRWTOOL_JOBS_H

#include "drive.h"

enum udf_err job_format(struct work *work);
enum udf_err job_blank(struct work *work);
enum udf_err job_close_track(struct work *work);
enum udf_err job_close_session(struct work *work);
enum udf_err job_reserve(struct work *work);
enum udf_err job_set_parameters(struct work *work);
enum udf_err job_protect(struct work *work);
enum udf_err job_reopen(struct work *work);
enum udf_err job_eject(struct work *work);
enum udf_err job_load(struct work *work);

/** Can the disc be formatted as REQ says?  Nothing is changed. */
enum udf_err check_format(const struct work *work);

/** The same of -p and -z: do they agree with the packets that the disc has or will have? */
enum udf_err check_packets(const struct work *work);

/** Format as REQ says, without asking. */
enum udf_err format_disc(struct work *work);

/** Set the speed that REQ asks for; a drive that can't is not a failure. */
void set_speed(struct work *work);

/** "cdrwtool: DEVICE: what the disc is now" on standard output. */
void say_result(const struct work *work, const char *what);

#endif
