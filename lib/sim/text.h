/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts that grow, words and numbers of a line, random numbers. */
#ifndef UDF_SIM_TEXT_H
#define UDF_SIM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

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

#endif
