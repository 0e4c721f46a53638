/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One drive that this kernel sees. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "served.h"
#include "target.h"
#include "tcmu.h"

struct served {
	struct mmc_transport *transport;
	uint32_t pace;
	uint64_t last_ms;		/* of our clock, when the drive's was last moved on */
	pthread_mutex_t lock;		/* of the transport and last_ms */

	struct target target;
	struct tcmu_ring ring;
	pthread_t thread;
	int stop_fd;			/* readable: the thread ends */
	bool has_ring, has_thread;
};

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The drive works on while nobody asks it anything. */
static void pass_time(struct served *served)
{
	uint64_t now_ms = clock_ms(), wait_ms = (now_ms - served->last_ms) * served->pace;

	served->last_ms = now_ms;
	if (wait_ms)
		mmc_wait(served->transport, wait_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)wait_ms);
}

static void run_command(void *ctx, const struct mmc_command *command, struct mmc_reply *ret_reply)
{
	struct served *served = ctx;

	served_lock(served);
	mmc_run(served->transport, command, ret_reply);
	served_unlock(served);
}

static void *serve(void *arg)
{
	struct served *served = arg;
	struct pollfd fds[2] = { { .fd = served->target.uio_fd, .events = POLLIN },
				 { .fd = served->stop_fd, .events = POLLIN } };
	enum udf_err err = UDF_OK;
	uint32_t number = 0;
	unsigned n_done;

	while (!err) {
		err = tcmu_ring_serve(&served->ring, &n_done);
		if (n_done && write(served->target.uio_fd, &number, sizeof(number)) < 0)
			err = udf_err_from_errno(errno);
		if (err || (poll(fds, 2, -1) < 0 && errno != EINTR) || fds[1].revents)
			break;
		/* The number of events says nothing that the ring does not say better. */
		if (fds[0].revents && read(served->target.uio_fd, &number, sizeof(number)) < 0 && errno != EAGAIN)
			err = udf_err_from_errno(errno);
		number = 0;
	}
	if (err)
		cli_error("mmcsim serve", served->target.block_node, "can't be served any more", err, 0);
	return NULL;
}

/* Memory, locks and the thread; what has been made when it fails is served_stop()'s to undo. */
static enum udf_err start(struct served *served, unsigned device)
{
	const struct tcmu_drive drive = { run_command, served, served->transport->max_data_bytes };
	enum udf_err err = target_create(&served->target, device);
	int host_error;

	if (err)
		return err;
	err = tcmu_ring_init(&served->ring, served->target.map, served->target.n_map_bytes, &drive);
	if (err) {
		cli_error("mmcsim serve", "target_core_user", "its memory is not as expected", err, 0);
		return err;
	}
	served->has_ring = true;
	served->stop_fd = eventfd(0, EFD_CLOEXEC);
	host_error = served->stop_fd < 0 ? errno : pthread_create(&served->thread, NULL, serve, served);
	if (host_error) {
		cli_error("mmcsim serve", "thread", "cannot be started", udf_err_from_errno(host_error), host_error);
		return udf_err_from_errno(host_error);
	}
	served->has_thread = true;
	return target_attach(&served->target, served->transport->max_data_bytes);
}

enum udf_err served_start(struct mmc_transport *transport, unsigned device, uint32_t pace, struct served **ret_served)
{
	struct served *served = calloc(1, sizeof(*served));
	enum udf_err err;

	if (!served)
		return UDF_E_NOMEM;
	served->transport = transport;
	served->pace = pace;
	served->last_ms = clock_ms();
	served->stop_fd = -1;
	pthread_mutex_init(&served->lock, NULL);
	err = start(served, device);
	if (err) {
		served_stop(served);
		return err;
	}
	*ret_served = served;
	return UDF_OK;
}

const char *served_block_node(const struct served *served)
{
	return served->target.block_node;
}

const char *served_generic_node(const struct served *served)
{
	return served->target.generic_node;
}

void served_lock(struct served *served)
{
	pthread_mutex_lock(&served->lock);
	pass_time(served);
}

void served_unlock(struct served *served)
{
	pthread_mutex_unlock(&served->lock);
}

void served_stop(struct served *served)
{
	const uint64_t one = 1;

	if (!served)
		return;
	target_detach(&served->target);
	if (served->has_thread && write(served->stop_fd, &one, sizeof(one)) == (ssize_t)sizeof(one))
		pthread_join(served->thread, NULL);
	if (served->stop_fd >= 0)
		close(served->stop_fd);
	if (served->has_ring)
		tcmu_ring_done(&served->ring);
	target_remove(&served->target);
	pthread_mutex_destroy(&served->lock);
	free(served);
}
