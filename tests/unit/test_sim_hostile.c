/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Simulated drives whose host sends anything, whose state was edited by anybody, and without memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "sim_fixture.h"

static struct drive d;
static uint64_t seed;

static uint32_t chance(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* What the table of commands has, and some that it hasn't. */
static const uint8_t opcodes[] = {
	0x00, 0x03, 0x04, 0x12, 0x1B, 0x1E, 0x23, 0x25, 0x28, 0x2A, 0x2B, 0x2E, 0x2F, 0x35, 0x43, 0x46, 0x4A, 0x51,
	0x52, 0x53, 0x54, 0x55, 0x58, 0x5A, 0x5B, 0x5C, 0xA0, 0xA1, 0xA8, 0xAA, 0xAC, 0xAD, 0xB6, 0xBB, 0xBD, 0xBF,
	0x5D, 0x02, 0xBE,
};

/* Mostly small numbers and mostly few bits, so that many commands get far. */
static void make_command(struct mmc_command *command, uint8_t *data)
{
	static const uint32_t sizes[] = { 0, 1, 8, 12, 16, 34, 60, 2048, 32768, 65536 };
	uint8_t opcode = opcodes[chance(sizeof(opcodes))];

	memset(command, 0, sizeof(*command));
	command->cdb[0] = opcode;
	command->n_cdb_bytes = opcode < 0x20 ? 6 : opcode < 0xA0 ? 10 : 12;
	for (unsigned i = 1; i < command->n_cdb_bytes; i++)
		if (chance(4) == 0)
			command->cdb[i] = (uint8_t)(chance(3) ? 1u << chance(8) : chance(256));
	if (opcode == 0x04 && chance(2))
		command->cdb[1] = 0x11;
	command->direction = (enum mmc_direction)chance(3);
	command->n_data_bytes = command->direction == MMC_NO_DATA ? 0 : sizes[chance(sizeof(sizes) / sizeof(*sizes))];
	command->data = command->n_data_bytes ? data : NULL;
	for (uint32_t i = 0; i < 64; i++)
		data[i] = (uint8_t)(chance(3) ? 0 : chance(256));
	data[3] = 8;
}

static void obey_or_refuse(const char *media)
{
	uint8_t *data = calloc(1, 65536);
	char why[SIM_WHY_BYTES];

	drive_start(&d, media, NULL);
	for (unsigned i = 0; i < 3000; i++) {
		struct mmc_command command;

		make_command(&command, data);
		mmc_run(d.transport, &command, &d.reply);
		assert_int_equal(d.reply.delivery, MMC_DELIVERED);
		assert_true(d.reply.n_data_bytes <= command.n_data_bytes);
		assert_int_equal(d.reply.n_sense_bytes, d.reply.status == MMC_STATUS_GOOD ? 0 : 18);
		if (chance(100) == 0)
			sim_advance(d.sim, chance(10000000));
		if (chance(300) == 0 && sim_eject(d.sim, true, why) == UDF_OK)
			SIM_OK(sim_insert(d.sim, NULL, why));
		if (chance(300) == 0)
			sim_power_on(d.sim);
	}
	/* what such a drive saves can be loaded */
	drive_close(&d);
	drive_open(&d);
	drive_end(&d);
	free(data);
}

static void every_command_is_obeyed_or_refused(void **state)
{
	const struct sim_medium *medium;

	(void)state;
	for (size_t i = 0; (medium = sim_medium_at(i)); i++) {
		for (unsigned run = 0; run < 1; run++) {
			seed = 1000 * i + run;
			print_message("%s: seed %u\n", medium->name, (unsigned)seed);
			obey_or_refuse(medium->name);
		}
	}
}

/* Lines of the state are changed, one at a time.  The drive does not open then, or all its replies can be asked for. */
static void ask_everything(void)
{
	static const char *const cdbs[] = {
		"51 00 00 00 00 00 00 00 22 00", "52 01 00 00 00 01 00 00 30 00", "23 00 00 00 00 00 00 00 FC 00",
		"25 00 00 00 00 00 00 00 00 00", "43 00 00 00 00 00 00 08 00 00", "43 02 02 00 00 00 00 08 00 00",
		"43 02 03 00 00 00 00 08 00 00", "46 00 00 00 00 00 00 08 00 00", "5A 08 3F 00 00 00 00 08 00 00",
		"AD 00 00 00 00 00 00 FF 08 00 00 00", "AC 10 00 00 00 00 00 00 00 08 03 00",
		"5C 00 00 00 00 00 00 00 0C 00", "03 00 00 00 12 00",
	};

	for (size_t i = 0; i < sizeof(cdbs) / sizeof(*cdbs); i++)
		(void)drive_in(&d, cdbs[i], 2048);
	(void)drive_read(&d, 0, 1);
	(void)drive_write(&d, 0, 32, 1);
	(void)drive_sync(&d);
	for (unsigned i = 0; i < 40 && drive_do(&d, "00 00 00 00 00 00"); i++)
		;
	(void)drive_do(&d, "5B 00 02 00 00 00 00 00 00 00");
}

static char *read_state(size_t *ret_n_bytes)
{
	char name[128], *text = calloc(1, 65536);
	FILE *f;

	snprintf(name, sizeof(name), "%s.state", d.path);
	f = fopen(name, "r");
	assert_non_null(f);
	*ret_n_bytes = fread(text, 1, 65535, f);
	fclose(f);
	return text;
}

static void write_state(const char *text, size_t n_bytes)
{
	char name[128];
	FILE *f;

	snprintf(name, sizeof(name), "%s.state", d.path);
	f = fopen(name, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n_bytes, f), n_bytes);
	fclose(f);
}

static void edit_states(const char *media)
{
	static const char *const values[] = { "0", "1", "7", "4294967295", "18446744073709551615", "x", "" };
	char why[SIM_WHY_BYTES], *text, edited[65536 + 64];
	size_t n_bytes;

	drive_start(&d, media, NULL);
	drive_close(&d);
	text = read_state(&n_bytes);
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		char *space = memchr(line, ' ', (size_t)(end - line));

		for (size_t i = 0; space && i < sizeof(values) / sizeof(*values); i++) {
			int n = snprintf(edited, sizeof(edited), "%.*s %s%s", (int)(space - text), text, values[i],
					 end);

			write_state(edited, (size_t)n);
			if (sim_open(d.path, SIM_USE, why, &d.sim))
				continue;
			SIM_OK(sim_transport_new(d.sim, false, &d.transport));
			ask_everything();
			mmc_transport_close(d.transport);
			(void)sim_close(d.sim);
		}
	}
	d.sim = NULL;
	free(text);
	drive_end(&d);
}

static void an_edited_state_is_refused_or_harmless(void **state)
{
	const struct sim_medium *medium;

	(void)state;
	for (size_t i = 0; (medium = sim_medium_at(i)); i++)
		edit_states(medium->name);
}

static void drives_are_made_and_opened_without_memory(void **state)
{
	const struct sim_create_options options = { .media = "cd-rw" };
	char why[SIM_WHY_BYTES], other[128];
	struct sim *sim;
	enum udf_err err = UDF_E_NOMEM;

	(void)state;
	drive_start(&d, "cd-rw", NULL);
	drive_close(&d);
	for (uint64_t n = 1; err == UDF_E_NOMEM; n++) {
		snprintf(other, sizeof(other), "%s/other.disc", d.dir);
		alloc_fail_nth(n);
		err = sim_create(other, &options, why);
		alloc_fail_nth(0);
		assert_true(err == UDF_OK || err == UDF_E_NOMEM);
		assert_int_equal(access(other, F_OK) == 0, err == UDF_OK);
	}
	err = UDF_E_NOMEM;
	for (uint64_t n = 1; err == UDF_E_NOMEM; n++) {
		alloc_fail_nth(n);
		err = sim_open(d.path, SIM_USE, why, &sim);
		alloc_fail_nth(0);
		assert_true(err == UDF_OK || err == UDF_E_NOMEM);
	}
	SIM_OK(sim_close(sim));
	drive_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_is_obeyed_or_refused),
		cmocka_unit_test(an_edited_state_is_refused_or_harmless),
		cmocka_unit_test(drives_are_made_and_opened_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
