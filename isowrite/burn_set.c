/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --span with dev=: a set of discs, burned one after another.  Between two of them the drive is not open. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "burn.h"
#include "burn_auto.h"
#include "burn_request.h"
#include "names.h"
#include "set.h"

#define POLL_MS 200

/* How much the disc in the drive takes: --span=media. */
static bool ask_medium(const struct burn_request *req, uint64_t *ret_blocks)
{
	static struct burn_work work;
	bool ok;

	work = (struct burn_work){ .req = req, .device = burn_device_find(req->device) };
	ok = burn_work_open(&work) == UDF_OK;
	if (ok && burn_is_in_place(&work))
		*ret_blocks = mmc_drive_disc(work.drive)->n_blocks;
	else
		ok = ok && burn_track_room(&work, ret_blocks);
	burn_work_close(&work);
	return ok;
}

/* ---- the next disc ---- */

static bool run_command(const struct burn_request *req, const char *command, unsigned disc, unsigned n_discs)
{
	char number[16], total[16];
	int status = -1;
	pid_t pid;

	snprintf(number, sizeof(number), "%u", disc);
	snprintf(total, sizeof(total), "%u", n_discs);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		setenv("ISOWRITE_DISC", number, 1);
		setenv("ISOWRITE_DISCS", total, 1);
		setenv("ISOWRITE_DEVICE", burn_device_find(req->device), 1);
		dup2(STDERR_FILENO, STDOUT_FILENO);	/* --json has standard output */
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (pid < 0) {
		cli_error(own_name(), NULL, "--next-disc: cannot start the command", UDF_E_IO, errno);
		return false;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status == 0)
		return true;
	if (WIFEXITED(status))
		say("--next-disc: '%s' has ended with status %d", command, WEXITSTATUS(status));
	else
		say("--next-disc: '%s' was ended by a signal", command);
	return false;
}

/* Wait for a line on standard input.  False at its end, and after an interrupt. */
static bool wait_for_enter(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char c = 0;
	ssize_t n;

	while (c != '\n') {
		if (poll(&input, 1, POLL_MS) <= 0) {
			if (burn_is_interrupted())
				return false;
			continue;
		}
		n = read(STDIN_FILENO, &c, 1);
		if (n == 0 || (n < 0 && errno != EINTR))
			return false;
	}
	return !burn_is_interrupted();
}

static bool ask_user(const struct burn_request *req, const struct set *set, unsigned disc)
{
	const struct udf_span_disc *planned = udf_span_disc(set->view.span, disc);
	char size[CLI_SIZE_BYTES];
	bool ok;

	cli_size_text(planned->n_blocks * UDF_SPAN_BLOCK_BYTES, size);
	fflush(stdout);
	fprintf(stderr, "%s: insert disc %02u of %02u (a blank one, for %s) into %s and press ENTER: ", own_name(),
		disc, set_n_discs(set), size, req->device);
	ok = wait_for_enter();
	if (!isatty(STDIN_FILENO) || !ok)
		fputc('\n', stderr);
	return ok;
}

/* ---- one disc ---- */

/*
 * A disc that is refused before anything is written, because it is not blank or too small, can be replaced by another
 * one where somebody is asked for it.
 */
static int burn_disc(const struct burn_request *req, struct set *set, unsigned disc, bool is_first,
		     struct burn_outcome *outcome)
{
	const char *command = set->req->next_disc;
	struct burn_request one = *req;
	char go_on[SET_GO_ON_BYTES];
	int status;

	*outcome = (struct burn_outcome){ .hangs = outcome->hangs };
	if (!is_first && command && !run_command(req, command, disc, set_n_discs(set)))
		return 1;
	do {
		if (!is_first && !command && !ask_user(req, set, disc))
			return 1;
		one.iso = set_disc(set, disc);
		if (!set->req->quiet && !req->json)
			say("disc %02u of %02u", disc, set_n_discs(set));
		one.how_to_go_on = set_how_to_go_on(set, disc, false, go_on);
		one.load |= !is_first;
		one.eject |= !command && disc < set_n_discs(set);
		status = one.iso ? burn_do(&one, outcome) : 1;
	} while (status == 1 && !is_first && !command && !outcome->was_touched && !outcome->hangs &&
		 !burn_is_interrupted());
	return status;
}

static void say_how_to_go_on(const struct set *set, unsigned disc, int status, const struct burn_outcome *outcome)
{
	if (outcome->was_made && disc < set_n_discs(set))
		set_say_how_to_go_on(set, disc + 1, false);
	if (outcome->was_made)
		return;
	if (outcome->was_touched)
		say("the disc in the drive is incomplete, and no part of the set; take another one");
	set_say_how_to_go_on(set, disc, status == EXIT_INCOMPLETE);
}

static int burn_set(const struct burn_request *req)
{
	static struct set set;
	struct burn_outcome outcome = { .hangs = false };
	uint64_t media_blocks = 0;
	unsigned first = req->iso->first_disc ? req->iso->first_disc : 1;
	int status;

	if (req->iso->spans_media && !ask_medium(req, &media_blocks))
		return 1;
	req->iso->json = req->json;
	boot_read_mbr(req->iso);
	req->iso->plan.is_reproducible = getenv("SOURCE_DATE_EPOCH") != NULL;
	burn_die_of_interrupts(req->device, NULL);
	status = set_plan(&set, req->iso, req->iso->spans_media ? &media_blocks : NULL,
			  req->iso_options.n_pad_blocks) ? 0 : 1;
	burn_catch_interrupts();
	if (status == 0 && req->iso->print_size) {
		set_print_sizes(&set);
	} else {
		for (unsigned disc = first; status == 0 && disc <= set_n_discs(&set); disc++) {
			status = burn_disc(req, &set, disc, disc == first, &outcome);
			if (status)
				say_how_to_go_on(&set, disc, status, &outcome);
		}
	}
	if (!outcome.hangs)
		set_done(&set);
	return status;
}

int burn_main(int argc, char **argv)
{
	struct burn_request req;
	int status;

	burn_request_read(&req, argc, argv);
	if (!req.iso || !req.iso->chooses || burn_choose(&req, &status))
		status = req.iso && request_spans(req.iso) ? burn_set(&req) : burn_do(&req, NULL);
	burn_request_done(&req);
	return cli_flush_output(own_name()) ? status : 1;
}
