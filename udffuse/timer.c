/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timers and signals.  Both interrupt the loop's read.  They may also arrive just before it, so the timer repeats
 * until the loop has noticed them.
 */
#include "config.h"

#include <signal.h>
#include <sys/time.h>

#include "mounted.h"

#define TICK_SECONDS 1		/* how soon after a change udf_fs_tick() is called first */

static volatile sig_atomic_t caught_signal, rang;

static void set_timer(uint32_t seconds)
{
	struct itimerval timer = { .it_value.tv_sec = (time_t)seconds,
				   .it_interval.tv_sec = seconds ? TICK_SECONDS : 0 };

	setitimer(ITIMER_REAL, &timer, NULL);
}

static void on_timer(int signal_number)
{
	(void)signal_number;
	rang = 1;
}

static void on_signal(int signal_number)
{
	caught_signal = signal_number;
	set_timer(TICK_SECONDS);
}

void timer_catch_signals(void)
{
	static const int ends[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigaction(ends[i], &action, NULL);
	action.sa_handler = on_timer;
	sigaction(SIGALRM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool timer_caught_signal(void)
{
	return caught_signal != 0;
}

bool timer_has_rung(void)
{
	bool has_rung = rang;

	rang = 0;
	return has_rung;
}

void timer_set(struct mounted *m, uint32_t seconds)
{
	m->has_timer = seconds > 0;
	if (!caught_signal)
		set_timer(seconds);
	/* It may have arrived just now, and its timer may have been lost. */
	if (caught_signal)
		set_timer(TICK_SECONDS);
}

void timer_arm(struct mounted *m)
{
	if (m->needs_tick && !m->has_timer)
		timer_set(m, TICK_SECONDS);
}

void timer_stop(void)
{
	set_timer(0);
}
