/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's side of NBD: its nodes, and nbd-client, which connects them. */
#ifndef UDF_PKTSETUP_NBD_H
#define UDF_PKTSETUP_NBD_H

#include <stdbool.h>
#include <sys/types.h>

#include "place.h"

#define NBD_NODE_BYTES 64u

/** Has the kernel NBD?  Its module is loaded if it is there. */
bool nbd_is_there(void);

/**
 * Connect a free node to the server that listens on SOCKET.
 * @ret_why  On failure, a sentence.
 */
bool nbd_connect(const char *socket, char ret_node[NBD_NODE_BYTES], dev_t *ret_number, char ret_why[WHY_BYTES]);

/** Is NODE connected? */
bool nbd_is_connected(const char *node);

/** Have the kernel write what it holds for NODE, and the server too.  Returns 0 or an errno value. */
int nbd_sync(const char *node);

/** Unmount what is mounted from it, or at least have it written: nobody asks whether it is in use. */
void nbd_let_go(dev_t number);

/** End the connection; what the kernel still holds for NODE is lost. */
void nbd_disconnect(const char *node);

/**
 * Is a volume on NODE mounted, or has somebody else NODE for himself?  RET_USE says who.
 * @unmounts  Try to unmount it first; that fails while a program uses the volume.
 */
bool nbd_is_in_use(const char *node, dev_t number, bool unmounts, char ret_use[WHY_BYTES]);

#endif
