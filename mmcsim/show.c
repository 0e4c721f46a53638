/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmcsim show */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

enum { OPTION_JSON = 256, OPTION_PACKETS };

const struct cli_option show_options[] = {
	{ .long_name = "json", .help = "print the state as JSON", .id = OPTION_JSON },
	{ .long_name = "packets", .help = "show also how often each packet was written", .id = OPTION_PACKETS },
	{ .short_name = 0 },
};

static void print_disc(const struct sim_status *s)
{
	printf("disc: %s (%s), profile %04x\n", s->media_text, s->media, s->profile);
	printf("size: %" PRIu32 " blocks in packets of %" PRIu32 "\n", s->n_blocks, s->packet_blocks);
	printf("protected: %s\n", s->write_protected ? "yes" : "no");
	printf("packets: %" PRIu32 ", %" PRIu32 " written, %" PRIu32 " unreadable\n", s->n_packets,
	       s->n_written_packets, s->n_unreadable_packets);
	printf("packet writes: %" PRIu64, s->n_packet_writes);
	if (s->most_rewrites)
		printf(", at most %" PRIu32 " of one packet, that of block %" PRIu32, s->most_rewrites,
		       s->most_rewritten_lba);
	printf("\ndefects: %" PRIu32 "\n", s->n_defects);
	if (s->n_spare_blocks)
		printf("spare blocks: %" PRIu32 " free of %" PRIu32 "\n", s->n_free_spare_blocks, s->n_spare_blocks);
}

/* "track 2: session 1, block 792, 640 blocks, next writable 1432 (358415 free)" */
static void print_tracks(const struct sim *sim, const struct sim_status *s)
{
	struct sim_track_status t;

	printf("sessions: %" PRIu32 "\n", s->n_sessions);
	for (uint32_t i = 0; sim_get_track(sim, i, &t); i++) {
		printf("track %" PRIu32 ": session %" PRIu32 ", block %" PRIu32 ", ", t.number, t.session, t.first_lba);
		if (t.is_empty)
			printf("empty");
		else
			printf("%" PRIu32 " blocks", t.n_blocks);
		if (t.is_packet)
			printf(t.is_fixed_packet ? ", fixed packets" : ", packets");
		if (t.is_reserved)
			printf(", reserved");
		if (t.is_damaged)
			printf(", damaged");
		if (t.has_next_writable)
			printf(", next writable %" PRIu32 " (%" PRIu32 " free)", t.next_writable_lba, t.n_free_blocks);
		printf("\n");
	}
	if (s->n_calibrations)
		printf("calibrations: %" PRIu32 "\n", s->n_calibrations);
}

static void print_text(const struct sim *sim, const struct sim_status *s)
{
	printf("drive: %s%s%s\n", s->state, s->locked ? ", locked" : "", s->in_use ? ", in use" : "");
	printf("quirks: %s\n", *s->quirks ? s->quirks : "none");
	printf("time: %" PRIu64 ".%03u s\n", s->clock_ms / 1000, (unsigned)(s->clock_ms % 1000));
	if (!s->media)
		return;
	print_disc(s);
	print_tracks(sim, s);
}

static void print_packets(const struct sim *sim, const struct sim_status *s)
{
	for (uint32_t i = 0; i < s->n_packets; i++)
		if (sim_packet_writes(sim, i))
			printf("packet %" PRIu32 ": %" PRIu32 "\n", i, sim_packet_writes(sim, i));
}

static void put_tracks(struct cli_json *json, const struct sim *sim)
{
	struct sim_track_status t;

	cli_json_list(json, "tracks");
	for (uint32_t i = 0; sim_get_track(sim, i, &t); i++) {
		cli_json_object(json, NULL);
		cli_json_number(json, "number", t.number);
		cli_json_number(json, "session", t.session);
		cli_json_number(json, "first_block", t.first_lba);
		cli_json_number(json, "blocks", t.n_blocks);
		cli_json_bool(json, "empty", t.is_empty);
		cli_json_bool(json, "packets", t.is_packet);
		cli_json_bool(json, "fixed_packets", t.is_fixed_packet);
		cli_json_bool(json, "reserved", t.is_reserved);
		cli_json_bool(json, "damaged", t.is_damaged);
		if (t.has_next_writable)
			cli_json_number(json, "next_writable_block", t.next_writable_lba);
		cli_json_number(json, "free_blocks", t.n_free_blocks);
		cli_json_object_end(json);
	}
	cli_json_list_end(json);
}

static void print_json(const struct sim *sim, const struct sim_status *s, bool packets)
{
	struct cli_json json = { .out = stdout };

	cli_json_object(&json, NULL);
	cli_json_text(&json, "state", s->state);
	cli_json_bool(&json, "powered", s->powered);
	cli_json_bool(&json, "tray_open", s->tray_open);
	cli_json_bool(&json, "locked", s->locked);
	cli_json_bool(&json, "in_use", s->in_use);
	cli_json_text(&json, "quirks", s->quirks);
	cli_json_number(&json, "clock_ms", s->clock_ms);
	cli_json_number(&json, "pending_attentions", s->n_pending_attentions);
	cli_json_text(&json, "media", s->media);
	if (s->media) {
		cli_json_text(&json, "disc", s->disc_path);
		cli_json_number(&json, "profile", s->profile);
		cli_json_bool(&json, "write_protected", s->write_protected);
		cli_json_number(&json, "blocks", s->n_blocks);
		cli_json_number(&json, "packet_blocks", s->packet_blocks);
		cli_json_number(&json, "packets", s->n_packets);
		cli_json_number(&json, "written_packets", s->n_written_packets);
		cli_json_number(&json, "unreadable_packets", s->n_unreadable_packets);
		cli_json_number(&json, "packet_writes", s->n_packet_writes);
		cli_json_number(&json, "most_rewrites", s->most_rewrites);
		cli_json_number(&json, "most_rewritten_block", s->most_rewritten_lba);
		cli_json_number(&json, "defects", s->n_defects);
		cli_json_number(&json, "spare_blocks", s->n_spare_blocks);
		cli_json_number(&json, "free_spare_blocks", s->n_free_spare_blocks);
		cli_json_number(&json, "sessions", s->n_sessions);
		cli_json_number(&json, "calibrations", s->n_calibrations);
		put_tracks(&json, sim);
	}
	if (packets) {
		cli_json_list(&json, "writes_of_packets");
		for (uint32_t i = 0; i < s->n_packets; i++)
			cli_json_number(&json, NULL, sim_packet_writes(sim, i));
		cli_json_list_end(&json);
	}
	cli_json_object_end(&json);
}

int run_show(const struct cli_tool *tool, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(tool, argc, argv);
	bool as_json = false, packets = false;
	struct sim_status status;
	char why[SIM_WHY_BYTES];
	struct sim *sim = NULL;
	const char *arg;
	char **operands;
	enum udf_err err;
	int id;

	while ((id = cli_next(parser, &arg)) != -1) {
		as_json |= id == OPTION_JSON;
		packets |= id == OPTION_PACKETS;
	}
	if (cli_operands(parser, &operands) != 1)
		cli_bad_usage(tool, "needs one file");
	err = sim_open(operands[0], SIM_LOOK, why, &sim);
	if (err) {
		cli_error("mmcsim", operands[0], why[0] ? why : "cannot show it", err, 0);
		cli_parser_free(parser);
		return 1;
	}
	sim_get_status(sim, &status);
	if (as_json) {
		print_json(sim, &status, packets);
	} else {
		print_text(sim, &status);
		if (packets)
			print_packets(sim, &status);
	}
	(void)sim_close(sim);
	cli_parser_free(parser);
	if (fflush(stdout) != 0) {
		cli_say("mmcsim: cannot write to standard output: %s", strerror(errno));
		return 1;
	}
	return 0;
}
