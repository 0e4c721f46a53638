/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FILE.state: a drive and its disc as a text. */
#ifndef UDF_SIM_STATE_H
#define UDF_SIM_STATE_H

#include "sim/drive.h"
#include "sim/text.h"

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

/* ---- answer.c ---- */

enum udf_err sim_drive_set_answer(struct sim_drive *drive, const struct sim_answer *answer);
bool sim_answer_take(struct sim *sim, uint8_t opcode, struct sim_answer *ret_answer);
/** As "OPCODE KIND [SENSE] TIMES", and back. */
void sim_answer_put(struct sim_text *text, const struct sim_answer *answer);
bool sim_answer_get(char *rest, struct sim_answer *ret_answer);

#endif
