/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdlib.h>

#include "medium/block_path.h"
#include "medium/kernel.h"

struct block_path {
	struct bio bio;
	struct bio *file;
	int fd;			/* the file's */
	struct pkt_held *held;

	/* while the drive is taken */
	bool has_disk_number;
	uint64_t disk_number;
	uint64_t n_writes;
	unsigned n_writing;	/* writes that the kernel has yet to take whole */
	bool is_dirty;		/* the kernel may hold back something that was written */
	bool is_lost;		/* the disc came out meanwhile */
};

static struct block_path *layer_of(struct bio *bio)
{
	return (struct block_path *)(void *)bio;
}

static enum udf_err pass_up(struct block_path *b, enum udf_err err)
{
	if (err)
		__atomic_store_n(&b->bio.host_errno, bio_host_errno(b->file), __ATOMIC_RELAXED);
	return err;
}

/* ---- which disc it is; the drive is taken ---- */

/* Has the kernel learned of a change since the last call? */
static bool kernel_saw_change(struct block_path *b)
{
	uint64_t number;

	if (!b->has_disk_number || !medium_kernel_disk_number(b->fd, &number) || number == b->disk_number)
		return false;
	b->disk_number = number;
	return true;
}

static enum udf_err may_write(struct block_path *b, struct mmc_drive *mmc)
{
	bool has_changed;
	enum udf_err err;

	/* Somebody else's read may have met the unit attention, and then the kernel refuses ours, too. */
	if (!b->is_dirty)
		medium_kernel_look(b->fd);
	has_changed = kernel_saw_change(b);
	if (has_changed)
		mmc_drive_doubt(mmc);
	/* An event has been seen, and the kernel has yet to meet the unit attention. */
	if (b->is_dirty && !has_changed && mmc_drive_is_doubtful(mmc))
		b->is_lost = true;
	if (b->is_lost)
		return UDF_E_IO;
	if (b->is_dirty && !has_changed)
		return UDF_OK;
	err = mmc_drive_prove(mmc);
	if (err && b->is_dirty)
		b->is_lost = true;
	return err ? UDF_E_IO : UDF_OK;
}

/*
 * The kernel could not read.  If that is because of a unit attention, as after a suspend, let it go on if the disc is
 * the same.  Returns true if it is worth another try.
 */
static bool can_go_on(struct block_path *b)
{
	struct mmc_drive *mmc = pkt_held_take(b->held);
	bool ok = false;

	if (!b->is_dirty && !b->is_lost) {
		medium_kernel_look(b->fd);
		if (kernel_saw_change(b)) {
			mmc_drive_doubt(mmc);
			ok = mmc_drive_prove(mmc) == UDF_OK;
		}
	}
	pkt_held_give_back(b->held);
	return ok;
}

bool medium_block_path_is_dirty(struct bio *bio)
{
	return layer_of(bio)->is_dirty;
}

/* ---- the layer ---- */

static enum udf_err block_path_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct block_path *b = layer_of(bio);
	enum udf_err err = bio_read(b->file, at, n_blocks, ret_data);
	struct mmc_drive *mmc;

	if (err && can_go_on(b))
		err = bio_read(b->file, at, n_blocks, ret_data);
	if (err)
		return pass_up(b, err);
	/* nothing waits for a drive that is busy */
	mmc = pkt_held_try_take(b->held);
	if (mmc) {
		mmc_drive_note_read(mmc, at, n_blocks, ret_data);
		pkt_held_give_back(b->held);
	}
	return UDF_OK;
}

static enum udf_err block_path_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct block_path *b = layer_of(bio);
	struct mmc_drive *mmc = pkt_held_take(b->held);
	enum udf_err err = may_write(b, mmc);

	if (!err) {
		b->is_dirty = true;
		b->n_writes++;
		b->n_writing++;
		mmc_drive_note_write(mmc, at, n_blocks, data);
	}
	pkt_held_give_back(b->held);
	if (!err) {
		err = bio_write(b->file, at, n_blocks, data);
		(void)pkt_held_take(b->held);
		b->n_writing--;
		pkt_held_give_back(b->held);
		return pass_up(b, err);
	}
	b->bio.host_errno = 0;
	return err;
}

static enum udf_err block_path_flush(struct bio *bio)
{
	struct block_path *b = layer_of(bio);
	struct mmc_drive *mmc = pkt_held_take(b->held);
	uint64_t n_writes = b->n_writes;
	bool was_writing = b->n_writing != 0;
	bool is_dirty = b->is_dirty;
	enum udf_err err;

	if (b->is_lost || !is_dirty) {
		pkt_held_give_back(b->held);
		return b->is_lost ? UDF_E_IO : UDF_OK;
	}
	pkt_held_give_back(b->held);
	err = bio_flush(b->file);
	if (err)
		return pass_up(b, err);
	mmc = pkt_held_take(b->held);
	/* The kernel holds back nothing now, and the drive may. */
	err = mmc_drive_sync(mmc);
	if (err == UDF_E_UNSUPPORTED || err == UDF_E_INVAL)	/* a drive without a cache */
		err = UDF_OK;
	if (err)
		b->is_lost = true;
	else if (b->n_writes == n_writes && !was_writing)
		b->is_dirty = false;
	pkt_held_give_back(b->held);
	b->bio.host_errno = 0;
	return err ? UDF_E_IO : UDF_OK;
}

static enum udf_err block_path_discard(struct bio *bio, uint64_t at, uint64_t n_blocks)
{
	return pass_up(layer_of(bio), bio_discard(layer_of(bio)->file, at, n_blocks));
}

static void block_path_close(struct bio *bio)
{
	struct block_path *b = layer_of(bio);

	bio_close(b->file);
	pkt_held_unref(b->held);
	free(b);
}

static const struct bio_ops block_path_ops = {
	.read = block_path_read,
	.write = block_path_write,
	.flush = block_path_flush,
	.discard = block_path_discard,
	.close = block_path_close,
};

enum udf_err medium_block_path_new(struct bio *file, struct pkt_held *held, struct bio **ret_bio)
{
	struct block_path *b;
	uint64_t offset_bytes;
	enum udf_err err;
	int fd;

	err = bio_fd_range(file, 0, 0, &fd, &offset_bytes);
	if (err)
		return err;
	b = calloc(1, sizeof(*b));
	if (!b)
		return UDF_E_NOMEM;
	b->bio.ops = &block_path_ops;
	b->bio.geometry = file->geometry;
	b->file = file;
	b->fd = fd;
	b->held = pkt_held_ref(held);
	b->has_disk_number = medium_kernel_disk_number(fd, &b->disk_number);
	*ret_bio = &b->bio;
	return UDF_OK;
}
