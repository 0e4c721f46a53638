/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <pthread.h>
#include <stdlib.h>

#include "pkt/held.h"

struct pkt_held {
	struct mmc_drive *mmc;
	pthread_mutex_t lock;	/* only one thread may use the drive */
	unsigned n_refs;
};

enum udf_err pkt_held_new(struct mmc_drive *drive, struct pkt_held **ret_held)
{
	struct pkt_held *held = calloc(1, sizeof(*held));

	if (!held)
		return UDF_E_NOMEM;
	held->mmc = drive;
	held->n_refs = 1;
	pthread_mutex_init(&held->lock, NULL);
	*ret_held = held;
	return UDF_OK;
}

struct pkt_held *pkt_held_ref(struct pkt_held *held)
{
	__atomic_fetch_add(&held->n_refs, 1, __ATOMIC_RELAXED);
	return held;
}

void pkt_held_unref(struct pkt_held *held)
{
	struct mmc_drive *mmc;

	if (!held || __atomic_sub_fetch(&held->n_refs, 1, __ATOMIC_ACQ_REL))
		return;
	mmc = held->mmc;
	pkt_held_give_up(held);
	mmc_drive_close(mmc);
}

void pkt_held_give_up(struct pkt_held *held)
{
	pthread_mutex_destroy(&held->lock);
	free(held);
}

struct mmc_drive *pkt_held_take(struct pkt_held *held)
{
	pthread_mutex_lock(&held->lock);
	return held->mmc;
}

struct mmc_drive *pkt_held_try_take(struct pkt_held *held)
{
	return pthread_mutex_trylock(&held->lock) == 0 ? held->mmc : NULL;
}

void pkt_held_give_back(struct pkt_held *held)
{
	pthread_mutex_unlock(&held->lock);
}

struct mmc_drive *pkt_held_look(struct pkt_held *held)
{
	return held->mmc;
}
