/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls to every transport. */
#include <errno.h>

#include "mmc/transport.h"

static bool is_well_formed(const struct mmc_transport *transport, const struct mmc_command *command)
{
	if (command->n_cdb_bytes < 6 || command->n_cdb_bytes > MMC_MAX_CDB_BYTES)
		return false;
	return command->direction == MMC_NO_DATA ? command->n_data_bytes == 0
						 : command->n_data_bytes <= transport->max_data_bytes;
}

void mmc_run(struct mmc_transport *transport, const struct mmc_command *command, struct mmc_reply *ret_reply)
{
	struct mmc_reply reply = { .delivery = MMC_HOST_FAILED };

	if (is_well_formed(transport, command))
		transport->ops->run(transport, command, &reply);
	if (reply.n_data_bytes > command->n_data_bytes)
		reply.n_data_bytes = command->n_data_bytes;
	if (reply.n_sense_bytes > MMC_MAX_SENSE_BYTES)
		reply.n_sense_bytes = MMC_MAX_SENSE_BYTES;
	*ret_reply = reply;
}

void mmc_wait(struct mmc_transport *transport, uint32_t wait_ms)
{
	transport->ops->wait(transport, wait_ms);
}

uint64_t mmc_now_ms(struct mmc_transport *transport)
{
	return transport->ops->now_ms(transport);
}

enum udf_err mmc_reset(struct mmc_transport *transport, int *ret_errno)
{
	*ret_errno = transport->ops->reset ? transport->ops->reset(transport) : ENOTTY;
	if (*ret_errno == ENOTTY || *ret_errno == EOPNOTSUPP)
		return UDF_E_UNSUPPORTED;
	return *ret_errno ? udf_err_from_errno(*ret_errno) : UDF_OK;
}

void mmc_transport_close(struct mmc_transport *transport)
{
	if (transport)
		transport->ops->close(transport);
}
