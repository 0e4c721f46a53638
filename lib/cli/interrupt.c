/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals by which people end a tool. */
#include "config.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
static struct {
	bool is_there;
	pthread_t thread;
	sigset_t signals;
	const char *last_words;
} watcher;

/* What is being shown on a terminal ends in no newline. */
static void say_last_words(void)
{
	const char *line = watcher.last_words;

	if ((isatty(STDERR_FILENO) && write(STDERR_FILENO, "\n", 1) != 1) ||
	    write(STDERR_FILENO, line, strlen(line)) < 0)
		return;		/* there is nobody to read it */
}

static void *watch(void *unused)
{
	sigset_t one;
	int signal_number;

	if (sigwait(&watcher.signals, &signal_number))
		return unused;
	say_last_words();
	signal(signal_number, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, signal_number);
	pthread_sigmask(SIG_UNBLOCK, &one, NULL);
	kill(getpid(), signal_number);
	return unused;
}

static void end_watch(void)
{
	if (!watcher.is_there)
		return;
	pthread_cancel(watcher.thread);
	pthread_join(watcher.thread, NULL);
	pthread_sigmask(SIG_UNBLOCK, &watcher.signals, NULL);
	watcher.is_there = false;
}

void cli_die_of_interrupts(const char *last_words)
{
	struct sigaction old;

	cli_on_interrupt(SIG_DFL);
	sigemptyset(&watcher.signals);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaddset(&watcher.signals, signals[i]);
	watcher.last_words = last_words;
	pthread_sigmask(SIG_BLOCK, &watcher.signals, NULL);
	watcher.is_there = pthread_create(&watcher.thread, NULL, watch, NULL) == 0;
	if (!watcher.is_there)
		pthread_sigmask(SIG_UNBLOCK, &watcher.signals, NULL);
}

void cli_on_interrupt(void (*handler)(int signal_number))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = (int)SA_RESETHAND }, old;

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	end_watch();
}
