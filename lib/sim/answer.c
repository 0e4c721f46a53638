/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers that a drive was told to give, in place of its own: whatever a real drive was ever seen to answer. */
#include "config.h"

#include <ctype.h>
#include <string.h>

#include "sim/state.h"

static const char *const words[SIM_N_ANSWERS] = { "sense", "busy", "timeout", "lost" };

enum udf_err sim_set_answer(struct sim *sim, const struct sim_answer *answer)
{
	return sim_drive_set_answer(sim->drive, answer);
}

enum udf_err sim_drive_set_answer(struct sim_drive *drive, const struct sim_answer *answer)
{
	uint32_t n = 0;

	if (answer->n_sense_bytes > MMC_MAX_SENSE_BYTES)
		return UDF_E_INVAL;
	if (answer->n_times == 0) {
		for (uint32_t i = 0; i < drive->n_answers; i++)
			if (drive->answers[i].opcode != answer->opcode)
				drive->answers[n++] = drive->answers[i];
		drive->n_answers = n;
		return UDF_OK;
	}
	if (drive->n_answers == SIM_MAX_ANSWERS)
		return UDF_E_NOSPC;
	drive->answers[drive->n_answers++] = *answer;
	return UDF_OK;
}

/* The oldest answer for OPCODE; it is used up. */
bool sim_answer_take(struct sim *sim, uint8_t opcode, struct sim_answer *ret_answer)
{
	struct sim_drive *drive = sim->drive;

	for (uint32_t i = 0; i < drive->n_answers; i++) {
		struct sim_answer *answer = &drive->answers[i];

		if (answer->opcode != opcode)
			continue;
		*ret_answer = *answer;
		if (--answer->n_times == 0) {
			drive->n_answers--;
			memmove(answer, answer + 1, (drive->n_answers - i) * sizeof(*answer));
		}
		sim->must_save = true;
		return true;
	}
	return false;
}

/* ---- as text: "2A sense 5/21/02", "A1 busy 3", "2A sense 70000300... 2" ---- */

void sim_answer_put(struct sim_text *text, const struct sim_answer *answer)
{
	sim_text_add(text, "%02x %s", answer->opcode, words[answer->kind]);
	if (answer->kind == SIM_ANSWER_SENSE)
		sim_text_add(text, " ");
	for (uint32_t i = 0; i < answer->n_sense_bytes; i++)
		sim_text_add(text, "%02x", answer->sense[i]);
	if (answer->kind == SIM_ANSWER_SENSE && answer->n_sense_bytes == 0)
		sim_text_add(text, "none");
	sim_text_add(text, " %u", answer->n_times);
}

static int hex_digit(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	return isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* One byte from one or two digits at *REST. */
static bool get_byte(const char **rest, uint8_t *ret)
{
	int value = hex_digit(**rest);

	if (value < 0)
		return false;
	++*rest;
	if (hex_digit(**rest) >= 0)
		value = value << 4 | hex_digit(*(*rest)++);
	*ret = (uint8_t)value;
	return true;
}

/* KEY/ASC/ASCQ as 18 bytes, or the bytes themselves, or "none". */
static bool get_sense(const char *word, struct sim_answer *answer)
{
	uint8_t *s = answer->sense;

	if (strcmp(word, "none") == 0)
		return true;
	if (strchr(word, '/')) {
		s[0] = 0x70;
		s[7] = 10;
		answer->n_sense_bytes = 18;
		return get_byte(&word, &s[2]) && s[2] < 16 && *word++ == '/' && get_byte(&word, &s[12]) &&
		       *word++ == '/' && get_byte(&word, &s[13]) && *word == 0;
	}
	if (strlen(word) % 2 || strlen(word) > 2 * MMC_MAX_SENSE_BYTES)
		return false;
	while (*word)
		if (!get_byte(&word, &s[answer->n_sense_bytes++]))
			return false;
	return answer->n_sense_bytes > 0;
}

bool sim_answer_get(char *rest, struct sim_answer *ret_answer)
{
	const char *opcode = sim_word(&rest), *kind = sim_word(&rest), *times;
	struct sim_answer answer = { .n_times = 1 };
	uint64_t n_times = 1;
	int i = 0;

	if (!opcode || !kind || !get_byte(&opcode, &answer.opcode) || *opcode)
		return false;
	while (i < SIM_N_ANSWERS && strcmp(words[i], kind) != 0)
		i++;
	if (i == SIM_N_ANSWERS)
		return false;
	answer.kind = (enum sim_answer_kind)i;
	if (answer.kind == SIM_ANSWER_SENSE) {
		const char *sense = sim_word(&rest);

		if (!sense || !get_sense(sense, &answer))
			return false;
	}
	times = sim_word(&rest);
	if (times && !sim_number(times, UINT32_MAX, &n_times))
		return false;
	answer.n_times = (uint32_t)n_times;
	*ret_answer = answer;
	return true;
}
