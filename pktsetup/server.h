/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nbdkit with our plugin, as a child. */
#ifndef UDF_PKTSETUP_SERVER_H
#define UDF_PKTSETUP_SERVER_H

#include <sys/types.h>

#include "lines.h"
#include "place.h"

struct server {
	pid_t pid;		/* 0: it has ended */
	int exit_status;	/* then, as waitpid() has it */
	struct lines status;	/* what the plugin tells, see export.h */
	struct lines errors;	/* what nbdkit writes to standard error */
	unsigned slot;
	char socket[PATH_MAX];
};

/** Is everything there that it needs?  If not, RET_WHY says what to install. */
bool server_can_start(char ret_why[WHY_BYTES]);

/**
 * Start it for DEVICE, listening on RET->socket; that and the slot are set.  It ends, after it has written everything
 * out, when it gets SIGQUIT and the kernel has disconnected; it does not answer any more after SIGQUIT.  The end of
 * this process is a SIGQUIT, too.  It ignores SIGTERM, SIGINT and SIGHUP, which a session or service that ends sends
 * to all its processes: the kernel has data for it then.  False with RET_WHY.
 */
bool server_start(const char *device, struct server *ret, char ret_why[WHY_BYTES]);

/** Has it ended?  Then pid is 0 and exit_status is set. */
bool server_has_ended(struct server *server);

/** Have it write everything out and end; server_has_ended() says when it has. */
void server_stop(const struct server *server);

#endif
