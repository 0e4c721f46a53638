/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring of target_core_user.  The kernel wrote what is read here, but on behalf of anyone who may send commands to
 * the drive; so every offset and length is checked before it is used.
 */
#include "config.h"

#include <linux/target_core_user.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cdb.h"
#include "tcmu.h"

#define MAILBOX_BYTES 128u

/* of the mailbox, in 32-bit words */
enum {
	WORD_RING_OFFSET = offsetof(struct tcmu_mailbox, cmdr_off) / 4,
	WORD_RING_BYTES = offsetof(struct tcmu_mailbox, cmdr_size) / 4,
	WORD_HEAD = offsetof(struct tcmu_mailbox, cmd_head) / 4,
	WORD_TAIL = offsetof(struct tcmu_mailbox, cmd_tail) / 4,
};

/* of an entry, in bytes; they differ where the kernel has 32 bits */
enum {
	ENTRY_HEADER_BYTES = sizeof(struct tcmu_cmd_entry_hdr),
	ENTRY_COMMAND_BYTES = sizeof(struct tcmu_cmd_entry),
	ENTRY_USER_FLAGS = offsetof(struct tcmu_cmd_entry_hdr, uflags),
	REQUEST_N_IOVECS = offsetof(struct tcmu_cmd_entry, req.iov_cnt),
	REQUEST_CDB_OFFSET = offsetof(struct tcmu_cmd_entry, req.cdb_off),
	REQUEST_IOVECS = offsetof(struct tcmu_cmd_entry, req.iov),
	RESPONSE_STATUS = offsetof(struct tcmu_cmd_entry, rsp.scsi_status),
	RESPONSE_READ_BYTES = offsetof(struct tcmu_cmd_entry, rsp.read_len),
	RESPONSE_SENSE = offsetof(struct tcmu_cmd_entry, rsp.sense_buffer),
};

/* Numbers in the host's byte order, at any alignment. */
static uint16_t host16(const uint8_t *p)
{
	uint16_t number;

	memcpy(&number, p, sizeof(number));
	return number;
}

static uint32_t host32(const uint8_t *p)
{
	uint32_t number;

	memcpy(&number, p, sizeof(number));
	return number;
}

static uint64_t host64(const uint8_t *p)
{
	uint64_t number;

	memcpy(&number, p, sizeof(number));
	return number;
}

enum udf_err tcmu_ring_init(struct tcmu_ring *ring, void *map, size_t n_map_bytes, const struct tcmu_drive *drive)
{
	struct tcmu_ring new = { .words = map, .bytes = map, .n_map_bytes = n_map_bytes, .drive = *drive };

	if (n_map_bytes < MAILBOX_BYTES)
		return UDF_E_CORRUPT;
	if (host16(new.bytes) != TCMU_MAILBOX_VERSION)
		return UDF_E_UNSUPPORTED;
	new.tells_length = host16(new.bytes + 2) & TCMU_MAILBOX_FLAG_CAP_READ_LEN;
	new.ring_offset = new.words[WORD_RING_OFFSET];
	new.n_ring_bytes = new.words[WORD_RING_BYTES];
	if (new.ring_offset < MAILBOX_BYTES || new.ring_offset % 8 || new.n_ring_bytes == 0 || new.n_ring_bytes % 8 ||
	    (uint64_t)new.ring_offset + new.n_ring_bytes > n_map_bytes)
		return UDF_E_CORRUPT;
	*ring = new;
	return UDF_OK;
}

void tcmu_ring_done(struct tcmu_ring *ring)
{
	free(ring->buffer);
	ring->buffer = NULL;
	ring->n_buffer_bytes = 0;
}

/* ---- one command ---- */

struct request {
	uint8_t cdb[MMC_MAX_CDB_BYTES];
	struct iovec *pieces;		/* iov_base is an offset from the start of the memory */
	uint32_t n_pieces;
	uint32_t n_data_bytes;
};

static bool piece_is_valid(const struct tcmu_ring *ring, const struct iovec *piece)
{
	uint64_t offset = (uintptr_t)piece->iov_base;

	return offset >= (uint64_t)ring->ring_offset + ring->n_ring_bytes && offset <= ring->n_map_bytes &&
	       piece->iov_len <= ring->n_map_bytes - offset;
}

/*
 * ENTRY, of N_ENTRY_BYTES, is overwritten by the answer, so all of it is copied.
 * UDF_E_CORRUPT: it refers to what is not its own.  UDF_E_RANGE: more data than the drive takes.
 */
static enum udf_err read_request(const struct tcmu_ring *ring, const uint8_t *entry, uint32_t n_entry_bytes,
				 struct request *ret)
{
	struct request request = { .n_pieces = host32(entry + REQUEST_N_IOVECS) };
	uint64_t cdb_offset = host64(entry + REQUEST_CDB_OFFSET), n_data_bytes = 0;
	uint8_t n_cdb_bytes;

	if (cdb_offset < ring->ring_offset || cdb_offset >= ring->n_map_bytes)
		return UDF_E_CORRUPT;
	n_cdb_bytes = cdb_n_bytes(ring->bytes[cdb_offset]);
	if (n_cdb_bytes > ring->n_map_bytes - cdb_offset ||
	    request.n_pieces > (n_entry_bytes - REQUEST_IOVECS) / sizeof(struct iovec))
		return UDF_E_CORRUPT;
	memcpy(request.cdb, ring->bytes + cdb_offset, n_cdb_bytes);
	if (request.n_pieces) {
		request.pieces = malloc(request.n_pieces * sizeof(*request.pieces));
		if (!request.pieces)
			return UDF_E_NOMEM;
		memcpy(request.pieces, entry + REQUEST_IOVECS, request.n_pieces * sizeof(*request.pieces));
	}
	for (uint32_t i = 0; i < request.n_pieces; i++) {
		if (!piece_is_valid(ring, &request.pieces[i])) {
			free(request.pieces);
			return UDF_E_CORRUPT;
		}
		n_data_bytes += request.pieces[i].iov_len;	/* at most 2^28 pieces, each smaller than the map */
	}
	if (n_data_bytes > ring->drive.max_data_bytes) {
		free(request.pieces);
		return UDF_E_RANGE;
	}
	request.n_data_bytes = (uint32_t)n_data_bytes;
	*ret = request;
	return UDF_OK;
}

static bool make_room(struct tcmu_ring *ring, uint32_t n_bytes)
{
	uint8_t *buffer;

	if (n_bytes <= ring->n_buffer_bytes)
		return true;
	buffer = realloc(ring->buffer, n_bytes);
	if (!buffer)
		return false;
	ring->buffer = buffer;
	ring->n_buffer_bytes = n_bytes;
	return true;
}

/* The first N_BYTES of the command's data, between the buffer and the pieces. */
static void copy_pieces(struct tcmu_ring *ring, const struct request *request, uint32_t n_bytes, bool into_pieces)
{
	uint32_t done_bytes = 0;

	for (uint32_t i = 0; i < request->n_pieces && done_bytes < n_bytes; i++) {
		uint8_t *piece = ring->bytes + (uintptr_t)request->pieces[i].iov_base;
		uint32_t n = n_bytes - done_bytes;

		if (n > request->pieces[i].iov_len)
			n = (uint32_t)request->pieces[i].iov_len;
		if (into_pieces)
			memcpy(piece, ring->buffer + done_bytes, n);
		else
			memcpy(ring->buffer + done_bytes, piece, n);
		done_bytes += n;
	}
}

/* REPLY: the drive refused, with sense in fixed format. */
static void set_sense(struct mmc_reply *reply, uint8_t key, uint8_t code, uint8_t qualifier)
{
	*reply = (struct mmc_reply){ .delivery = MMC_DELIVERED, .status = MMC_STATUS_CHECK, .n_sense_bytes = 18 };
	reply->sense[0] = 0x70;
	reply->sense[2] = key;
	reply->sense[7] = 10;
	reply->sense[12] = code;
	reply->sense[13] = qualifier;
}

/* What a host sees of a drive that did not answer. */
static void set_undelivered(struct mmc_reply *reply)
{
	if (reply->delivery == MMC_TIMED_OUT)
		set_sense(reply, 0x0B, 0x08, 0x01);	/* logical unit communication time-out */
	else if (reply->delivery != MMC_DELIVERED)
		set_sense(reply, 0x04, 0x44, 0x00);	/* internal target failure */
}

static void run_request(struct tcmu_ring *ring, const struct request *request, struct mmc_reply *ret_reply)
{
	struct mmc_command command = { .n_cdb_bytes = cdb_n_bytes(request->cdb[0]) };

	memcpy(command.cdb, request->cdb, sizeof(command.cdb));
	if (!make_room(ring, request->n_data_bytes)) {
		set_sense(ret_reply, 0x04, 0x44, 0x00);
		return;
	}
	if (request->n_data_bytes) {
		command.direction = cdb_direction(request->cdb[0]);
		command.data = ring->buffer;
		command.n_data_bytes = request->n_data_bytes;
		command.timeout_ms = UINT32_MAX;	/* the kernel has its own */
		if (command.direction == MMC_TO_DRIVE)
			copy_pieces(ring, request, request->n_data_bytes, false);
	}
	ring->drive.run(ring->drive.ctx, &command, ret_reply);
	set_undelivered(ret_reply);
	if (command.direction != MMC_FROM_DRIVE) {
		ret_reply->n_data_bytes = 0;
	} else if (ring->tells_length) {
		copy_pieces(ring, request, ret_reply->n_data_bytes, true);
	} else {	/* the reader is given everything, so nothing of an earlier command may stand there */
		memset(ring->buffer + ret_reply->n_data_bytes, 0, command.n_data_bytes - ret_reply->n_data_bytes);
		copy_pieces(ring, request, command.n_data_bytes, true);
	}
}

static void answer(const struct tcmu_ring *ring, uint8_t *entry, const struct mmc_reply *reply, bool was_read)
{
	uint32_t n_read_bytes = reply->n_data_bytes;

	memset(entry + ENTRY_HEADER_BYTES, 0, ENTRY_COMMAND_BYTES - ENTRY_HEADER_BYTES);
	entry[RESPONSE_STATUS] = reply->status;
	if (reply->status == MMC_STATUS_CHECK)
		memcpy(entry + RESPONSE_SENSE, reply->sense, reply->n_sense_bytes);
	/* With a length the kernel takes the data although the command failed. */
	if (ring->tells_length && was_read && (n_read_bytes || reply->status == MMC_STATUS_GOOD)) {
		memcpy(entry + RESPONSE_READ_BYTES, &n_read_bytes, sizeof(n_read_bytes));
		entry[ENTRY_USER_FLAGS] |= TCMU_UFLAG_READ_LEN;
	}
}

static void serve_command(struct tcmu_ring *ring, uint8_t *entry, uint32_t n_entry_bytes)
{
	struct request request = { .pieces = NULL };
	struct mmc_reply reply = { .delivery = MMC_HOST_FAILED };
	bool was_read = false;
	enum udf_err err = read_request(ring, entry, n_entry_bytes, &request);

	if (err == UDF_E_RANGE) {
		set_sense(&reply, 0x05, 0x24, 0x00);	/* invalid field in CDB */
	} else if (err) {
		set_sense(&reply, 0x04, 0x44, 0x00);
	} else {
		run_request(ring, &request, &reply);
		was_read = request.n_data_bytes && cdb_direction(request.cdb[0]) == MMC_FROM_DRIVE;
	}
	answer(ring, entry, &reply, was_read);
	free(request.pieces);
}

/* ---- the ring ---- */

/* Take the entry at AT from the ring; UDF_E_CORRUPT: there is none. */
static enum udf_err serve_entry(struct tcmu_ring *ring, uint32_t at, uint32_t *ret_n_entry_bytes)
{
	uint8_t *entry = ring->bytes + ring->ring_offset + at;
	uint32_t word = host32(entry), n_entry_bytes = word & ~(uint32_t)TCMU_OP_MASK;

	if (n_entry_bytes < ENTRY_HEADER_BYTES || n_entry_bytes > ring->n_ring_bytes - at)
		return UDF_E_CORRUPT;
	switch (word & TCMU_OP_MASK) {
	case TCMU_OP_PAD:
	case TCMU_OP_TMR:	/* the command that it is about is answered in its turn */
		break;
	case TCMU_OP_CMD:
		if (n_entry_bytes < ENTRY_COMMAND_BYTES)
			return UDF_E_CORRUPT;
		serve_command(ring, entry, n_entry_bytes);
		break;
	default:
		entry[ENTRY_USER_FLAGS] |= TCMU_UFLAG_UNKNOWN_OP;
		break;
	}
	*ret_n_entry_bytes = n_entry_bytes;
	return UDF_OK;
}

enum udf_err tcmu_ring_serve(struct tcmu_ring *ring, unsigned *ret_n_done)
{
	uint32_t *head = &ring->words[WORD_HEAD], *tail = &ring->words[WORD_TAIL];
	uint32_t at = __atomic_load_n(tail, __ATOMIC_RELAXED), end;

	*ret_n_done = 0;
	while (at != (end = __atomic_load_n(head, __ATOMIC_ACQUIRE))) {
		/* Entries reach neither across the end of the ring nor past the head. */
		uint32_t limit = end > at ? end : ring->n_ring_bytes, n_entry_bytes;
		enum udf_err err;

		if (at >= ring->n_ring_bytes || at % 8 || end >= ring->n_ring_bytes || end % 8)
			return UDF_E_CORRUPT;
		err = serve_entry(ring, at, &n_entry_bytes);
		if (err)
			return err;
		if (n_entry_bytes > limit - at)
			return UDF_E_CORRUPT;
		at = (at + n_entry_bytes) % ring->n_ring_bytes;
		__atomic_store_n(tail, at, __ATOMIC_RELEASE);
		(*ret_n_done)++;
	}
	return UDF_OK;
}
