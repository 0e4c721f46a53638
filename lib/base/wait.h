/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that wait no longer than so many milliseconds. */
#ifndef UDF_BASE_WAIT_H
#define UDF_BASE_WAIT_H

#include <pthread.h>
#include <stdbool.h>

/** Like pthread_cond_init(), for udf_wait_ms(): a clock that is set doesn't disturb the wait. */
void udf_wait_init(pthread_cond_t *condition);

/** Like pthread_cond_wait().  Returns false if nothing was signalled for MS. */
bool udf_wait_ms(pthread_cond_t *condition, pthread_mutex_t *lock, unsigned ms);

/**
 * CALL(CTX), in a thread of its own where one can be started.
 *
 * Returns false if it has not returned after MS.  It goes on then, so what CTX points to must stay.
 */
bool udf_call_within_ms(void (*call)(void *ctx), void *ctx, unsigned ms);

#endif
