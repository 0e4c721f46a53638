/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals by which people end a tool. */
#include "config.h"

#include <signal.h>

#include "cli/cli.h"

void cli_on_interrupt(void (*handler)(int signal_number))
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = handler, .sa_flags = (int)SA_RESETHAND }, old;

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}
