/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "iso/span.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iso/internal.h"
#include "iso/md5.h"
#include "iso/pack.h"

#define MAX_ROUNDS 60u		/* of measuring; each that fails makes at least one disc smaller */
#define N_ROOMS UDF_DISC_LIST_MAX_DISCS

/* How many bytes the entries of a directory take, as far as that can be said before anything is measured. */
#define FILE_ENTRY_BYTES 200u
#define NAME_FACTOR 4u
#define DIRECTORY_BYTES (2u * UDF_SPAN_BLOCK_BYTES)

struct entry {
	struct udf_disc_line line;
	char *host_path;
	struct timespec mtime;
	uint64_t dev, ino;		/* of a file whose names stay together; else 0 */
	size_t order;			/* in which it was added */
	size_t first;			/* the first of the names that stay together */
	bool is_pinned;
	bool is_seen, has_changed;	/* see udf_span_look() */
};

struct udf_span {
	struct entry *entries;		/* from udf_span_plan() on in the order of paths */
	size_t n_entries, cap;
	bool is_sorted;
	bool wants_sums, has_sums;
	unsigned n_discs;
	struct udf_span_disc discs[N_ROOMS];
};

enum udf_err udf_span_new(bool sums, struct udf_span **ret_span)
{
	struct udf_span *span = calloc(1, sizeof(*span));

	if (!span)
		return UDF_E_NOMEM;
	span->wants_sums = sums;
	*ret_span = span;
	return UDF_OK;
}

static void entry_done(struct entry *e)
{
	free(e->line.path);
	free(e->host_path);
}

void udf_span_free(struct udf_span *span)
{
	if (!span)
		return;
	for (size_t i = 0; i < span->n_entries; i++)
		entry_done(&span->entries[i]);
	free(span->entries);
	free(span);
}

static enum udf_disc_line_kind kind_of(mode_t mode)
{
	return S_ISREG(mode) ? UDF_LINE_FILE : S_ISDIR(mode) ? UDF_LINE_DIRECTORY :
	       S_ISLNK(mode) ? UDF_LINE_SYMLINK : UDF_LINE_SPECIAL;
}

/* What one sees of ST beside its data: a digest.  False: there is none. */
static bool state_of(const struct stat *st, const char *host_path, uint8_t ret_state[UDF_DISC_STATE_BYTES])
{
	char text[128], target[PATH_MAX];
	uint8_t sum[UDF_MD5_BYTES];
	ssize_t n_target = S_ISLNK(st->st_mode) ? readlink(host_path, target, sizeof(target)) : 0;
	bool has_rdev = S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
	void *md5;

	if (n_target < 0 || udf_md5_begin(&md5))
		return false;
	snprintf(text, sizeof(text), "%o %u %u %llu ", st->st_mode, st->st_uid, st->st_gid,
		 has_rdev ? (unsigned long long)st->st_rdev : 0);
	udf_md5_add(md5, text, strlen(text));
	udf_md5_add(md5, target, (size_t)n_target);
	udf_md5_end(md5, sum);
	memcpy(ret_state, sum, UDF_DISC_STATE_BYTES);
	return true;
}

enum udf_err udf_span_add(struct udf_span *span, const char *path, const char *host_path, const struct stat *st,
			  bool shares)
{
	bool has_names = shares && S_ISREG(st->st_mode) && st->st_nlink > 1;
	struct entry e = { .mtime = st->st_mtim, .order = span->n_entries,
			   .dev = has_names ? st->st_dev : 0, .ino = has_names ? st->st_ino : 0,
			   .line = { .kind = kind_of(st->st_mode),
				     .has_md5 = span->wants_sums && S_ISREG(st->st_mode),
				     .n_bytes = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0 } };

	if (span->n_entries == span->cap) {
		size_t cap = span->cap ? span->cap * 2 : 256;
		struct entry *more = reallocarray(span->entries, cap, sizeof(*more));

		if (!more)
			return UDF_E_NOMEM;
		span->entries = more;
		span->cap = cap;
	}
	e.line.has_state = state_of(st, host_path, e.line.state);
	e.line.path = strdup(path);
	e.host_path = strdup(host_path);
	if (!e.line.path || !e.host_path) {
		entry_done(&e);
		return UDF_E_NOMEM;
	}
	span->entries[span->n_entries++] = e;
	return UDF_OK;
}

/* ---- the tree in order ---- */

static int by_path(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->line.path, y->line.path);

	return order ? order : x->order < y->order ? 1 : -1;	/* the last one first */
}

static bool is_below(const char *path, const char *dir, size_t n_bytes)
{
	return strncmp(path, dir, n_bytes) == 0 && (path[n_bytes] == '/' || n_bytes == 0);
}

/* The first entry whose path is not less than the N_BYTES of PATH and a slash. */
static size_t find_below(const struct udf_span *span, const char *path, size_t n_bytes)
{
	size_t low = 0, high = span->n_entries;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *other = span->entries[middle].line.path;
		int order = strncmp(other, path, n_bytes);

		if (order < 0 || (order == 0 && (unsigned char)other[n_bytes] < '/'))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct entry *find(const struct udf_span *span, const char *path)
{
	size_t low = 0, high = span->n_entries;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(span->entries[middle].line.path, path);

		if (order == 0)
			return &span->entries[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Is there something below the directory that is entry AT? */
static bool has_children(const struct udf_span *span, size_t at)
{
	const char *path = span->entries[at].line.path;
	size_t n = strlen(path), below = find_below(span, path, n);

	return below < span->n_entries && is_below(span->entries[below].line.path, path, n);
}

/* Of several entries for one path the last one stays, and directories only where they are empty. */
static enum udf_err sort(struct udf_span *span)
{
	size_t n = 0;
	bool *drop;

	if (span->is_sorted)
		return UDF_OK;
	span->is_sorted = true;
	if (!span->n_entries)
		return UDF_E_NO_DATA;
	drop = calloc(span->n_entries, sizeof(*drop));
	if (!drop)
		return UDF_E_NOMEM;
	qsort(span->entries, span->n_entries, sizeof(*span->entries), by_path);
	for (size_t i = 0; i < span->n_entries; i++)
		drop[i] = (i && strcmp(span->entries[i].line.path, span->entries[i - 1].line.path) == 0) ||
			  !*span->entries[i].line.path ||
			  (span->entries[i].line.kind == UDF_LINE_DIRECTORY && has_children(span, i));
	for (size_t i = 0; i < span->n_entries; i++) {
		if (drop[i])
			entry_done(&span->entries[i]);
		else
			span->entries[n++] = span->entries[i];
	}
	span->n_entries = n;
	free(drop);
	return n ? UDF_OK : UDF_E_NO_DATA;
}

static int by_inode(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry *const *)a, *y = *(const struct entry *const *)b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Names of one file: all of them know the first, and where one is pinned, all are. */
static enum udf_err find_names(struct udf_span *span)
{
	struct entry **sorted = calloc(span->n_entries, sizeof(*sorted));

	if (!sorted)
		return UDF_E_NOMEM;
	for (size_t i = 0; i < span->n_entries; i++) {
		sorted[i] = &span->entries[i];
		span->entries[i].first = i;
	}
	qsort(sorted, span->n_entries, sizeof(*sorted), by_inode);
	for (size_t i = 0, end; i < span->n_entries; i = end) {
		bool is_pinned = sorted[i]->is_pinned;

		for (end = i + 1; end < span->n_entries && sorted[i]->ino && sorted[end]->ino == sorted[i]->ino &&
				  sorted[end]->dev == sorted[i]->dev; end++)
			is_pinned |= sorted[end]->is_pinned;
		for (size_t k = i; k < end; k++) {
			sorted[k]->first = sorted[i]->first;
			sorted[k]->is_pinned = is_pinned;
		}
	}
	free(sorted);
	return UDF_OK;
}

static void pin(struct udf_span *span, const struct udf_span_wish *wish)
{
	for (size_t k = 0; k < wish->n_pinned; k++) {
		size_t n = strlen(wish->pinned[k]);

		for (size_t i = 0; i < span->n_entries; i++) {
			const char *path = span->entries[i].line.path;

			if (strcmp(path, wish->pinned[k]) == 0 || (n && is_below(path, wish->pinned[k], n)))
				span->entries[i].is_pinned = true;
		}
	}
}

/* ---- the plan ---- */

struct planning {
	struct udf_span *span;
	const struct udf_span_wish *wish;
	struct udf_pack_item *items;
	unsigned *disc_of;
	uint64_t fixed_blocks;			/* what every disc has */
	uint64_t all_blocks;			/* of one image of everything; UINT64_MAX: there can be none */
	uint64_t reserve_blocks[N_ROOMS];	/* what is not for files */
	uint64_t room_bytes[N_ROOMS];
};

static uint64_t size_of(const struct udf_span_wish *wish, unsigned disc)
{
	return wish->size_blocks[disc <= wish->n_sizes ? disc - 1 : wish->n_sizes - 1];
}

static uint64_t blocks_of(uint64_t n_bytes)
{
	return n_bytes / UDF_SPAN_BLOCK_BYTES + (n_bytes % UDF_SPAN_BLOCK_BYTES != 0);
}

/* How many directories of PATH does OTHER not share? */
static unsigned new_directories(const char *path, const char *other)
{
	size_t same = 0;
	unsigned n = 0;

	while (path[same] && path[same] == other[same])
		same++;
	for (const char *at = path + same; *at; at++)
		n += *at == '/';
	return n;
}

static uint64_t entry_bytes(const struct udf_span *span, size_t i)
{
	const struct entry *e = &span->entries[i];
	const char *path = e->line.path, *slash = strrchr(path, '/');
	unsigned n_dirs = new_directories(path, i ? span->entries[i - 1].line.path : "") +
			  (e->line.kind == UDF_LINE_DIRECTORY);

	return FILE_ENTRY_BYTES + NAME_FACTOR * strlen(slash ? slash + 1 : path) +
	       n_dirs * (DIRECTORY_BYTES + FILE_ENTRY_BYTES);
}

static uint64_t data_blocks(const struct udf_span *span, size_t i)
{
	const struct entry *e = &span->entries[i];

	return e->first == i ? blocks_of(e->line.n_bytes) : 0;
}

/*
 * What each entry takes: its data, and its share of what an image of the whole tree has besides.  Where there can be no
 * such image the share is what was said above.
 */
static void weigh(struct planning *p)
{
	const struct udf_span *span = p->span;
	uint64_t n_data = 0, n_entry_bytes = 0, wanted;

	for (size_t i = 0; i < span->n_entries; i++) {
		n_data += data_blocks(span, i);
		n_entry_bytes += entry_bytes(span, i);
	}
	wanted = n_entry_bytes;
	if (p->all_blocks != UINT64_MAX && p->all_blocks >= n_data + p->fixed_blocks)
		wanted = (p->all_blocks - n_data - p->fixed_blocks) * UDF_SPAN_BLOCK_BYTES;
	for (size_t i = 0; i < span->n_entries; i++) {
		const struct entry *e = &span->entries[i];

		p->items[i] = (struct udf_pack_item){
			.path = e->line.path, .first = e->first, .is_pinned = e->is_pinned,
			.n_bytes = data_blocks(span, i) * UDF_SPAN_BLOCK_BYTES +
				   entry_bytes(span, i) * wanted / n_entry_bytes };
	}
}

static void make_rooms(struct planning *p)
{
	for (unsigned disc = 1; disc <= N_ROOMS; disc++) {
		uint64_t size = size_of(p->wish, disc), reserve = p->reserve_blocks[disc - 1];

		p->room_bytes[disc - 1] = size > reserve ? (size - reserve) * UDF_SPAN_BLOCK_BYTES : 0;
	}
}

static uint64_t largest_size(const struct udf_span_wish *wish)
{
	uint64_t largest = 0;

	for (unsigned i = 0; i < wish->n_sizes; i++)
		if (largest < wish->size_blocks[i])
			largest = wish->size_blocks[i];
	return largest;
}

static void report_too_large(const struct planning *p, size_t i)
{
	const struct entry *e = &p->span->entries[i];
	uint64_t size = e->is_pinned ? size_of(p->wish, 1) : largest_size(p->wish);

	if (p->wish->too_large)
		p->wish->too_large(p->wish->ctx, e->host_path, e->line.n_bytes,
				   (size - p->fixed_blocks) * UDF_SPAN_BLOCK_BYTES, e->is_pinned);
}

/* Files that are too large by their data alone are found at once, and all of them. */
static enum udf_err check_sizes(const struct planning *p)
{
	uint64_t largest = largest_size(p->wish), first = size_of(p->wish, 1);
	enum udf_err err = UDF_OK;

	for (unsigned i = 0; i < p->wish->n_sizes; i++)
		if (p->wish->size_blocks[i] <= p->fixed_blocks)
			return UDF_E_INVAL;
	for (size_t i = 0; i < p->span->n_entries; i++) {
		const struct entry *e = &p->span->entries[i];

		if (data_blocks(p->span, i) + p->fixed_blocks <= (e->is_pinned ? first : largest))
			continue;
		report_too_large(p, i);
		err = UDF_E_RANGE;
	}
	return err;
}

static void assign(struct planning *p)
{
	struct udf_span *span = p->span;

	memset(span->discs, 0, sizeof(span->discs));
	for (size_t i = 0; i < span->n_entries; i++) {
		struct udf_disc_line *line = &span->entries[i].line;
		struct udf_span_disc *disc = &span->discs[p->disc_of[i] - 1];

		line->disc = p->disc_of[i];
		disc->n_files += line->kind == UDF_LINE_FILE;
		disc->n_bytes += span->entries[i].first == i ? line->n_bytes : 0;
	}
}

/* Is there one file alone on DISC, whatever its names?  RET_ITEM is it. */
static bool has_one_file(const struct planning *p, unsigned disc, size_t *ret_item)
{
	bool found = false;

	for (size_t i = 0; i < p->span->n_entries; i++) {
		if (p->disc_of[i] != disc || (found && p->span->entries[i].first == p->span->entries[*ret_item].first))
			continue;
		if (found)
			return false;
		*ret_item = i;
		found = true;
	}
	return found;
}

/* Measure all discs.  RET_FIT: all are small enough; else those that are not get less room the next time. */
static enum udf_err measure(struct planning *p, unsigned round, bool *ret_fit)
{
	struct udf_span *span = p->span;
	size_t item = 0;
	enum udf_err err = UDF_OK;

	*ret_fit = true;
	for (unsigned i = 0; i < span->n_discs && !err; i++) {
		struct udf_span_disc *disc = &span->discs[i];

		disc->size_blocks = size_of(p->wish, i + 1);
		err = p->wish->measure(p->wish->ctx, i + 1, &disc->n_blocks);
		if (err || disc->n_blocks <= disc->size_blocks)
			continue;
		if (has_one_file(p, i + 1, &item) && disc->size_blocks == largest_size(p->wish)) {
			report_too_large(p, item);
			return UDF_E_RANGE;
		}
		p->reserve_blocks[i] += disc->n_blocks - disc->size_blocks + round;
		*ret_fit = false;
	}
	return err;
}

/*
 * A file that fits by itself may be refused by what was only estimated.  So one that is alone too large for its
 * estimate is tried all the same, as long as measuring has not shown the contrary.
 */
static void make_fit(struct planning *p)
{
	uint64_t largest = 0;

	for (unsigned i = 0; i < N_ROOMS; i++)
		if (largest < p->room_bytes[i])
			largest = p->room_bytes[i];
	for (size_t i = 0; i < p->span->n_entries; i++) {
		uint64_t n_data = data_blocks(p->span, i) * UDF_SPAN_BLOCK_BYTES;

		if (p->items[i].n_bytes > largest && n_data <= largest)
			p->items[i].n_bytes = largest;
	}
}

/* Everything on the first disc, which needs no estimate. */
static void put_on_one(struct planning *p)
{
	for (size_t i = 0; i < p->span->n_entries; i++)
		p->disc_of[i] = 1;
	p->span->n_discs = 1;
	assign(p);
}

static enum udf_err measure_all(struct planning *p)
{
	enum udf_err err = p->wish->measure(p->wish->ctx, UDF_SPAN_ALL, &p->all_blocks);

	if (err == UDF_E_FILE_TOO_BIG)
		p->all_blocks = UINT64_MAX;
	return err == UDF_E_FILE_TOO_BIG ? UDF_OK : err;
}

static enum udf_err plan(struct planning *p)
{
	struct udf_span *span = p->span;
	size_t item = 0;
	bool fit = false;
	enum udf_err err = p->wish->measure(p->wish->ctx, UDF_SPAN_NOTHING, &p->fixed_blocks);

	for (unsigned i = 0; i < N_ROOMS; i++)
		p->reserve_blocks[i] = p->fixed_blocks;
	if (!err)
		err = measure_all(p);
	if (!err && p->all_blocks <= size_of(p->wish, 1)) {
		put_on_one(p);
		err = measure(p, 0, &fit);
	}
	if (!err && !fit)
		err = check_sizes(p);
	if (!err && !fit)
		weigh(p);
	for (unsigned round = 0; !err && !fit; round++) {
		make_rooms(p);
		make_fit(p);
		err = udf_pack(p->items, span->n_entries, p->room_bytes, N_ROOMS, p->disc_of, &span->n_discs, &item);
		if (err == UDF_E_RANGE)
			report_too_large(p, item);
		if (err == UDF_E_NOSPC || (!err && round == MAX_ROUNDS))
			err = UDF_E_NOSPC;
		if (err)
			break;
		assign(p);
		err = measure(p, round, &fit);
	}
	return err;
}

enum udf_err udf_span_plan(struct udf_span *span, const struct udf_span_wish *wish)
{
	struct planning p = { .span = span, .wish = wish };
	enum udf_err err = sort(span);

	if (err)
		return err;
	pin(span, wish);
	err = find_names(span);
	p.items = calloc(span->n_entries, sizeof(*p.items));
	p.disc_of = calloc(span->n_entries, sizeof(*p.disc_of));
	if (!p.items || !p.disc_of)
		err = UDF_E_NOMEM;
	if (!err)
		err = plan(&p);
	free(p.items);
	free(p.disc_of);
	return err;
}

unsigned udf_span_n_discs(const struct udf_span *span)
{
	return span->n_discs;
}

const struct udf_span_disc *udf_span_disc(const struct udf_span *span, unsigned disc)
{
	return &span->discs[disc - 1];
}

bool udf_span_wants(const struct udf_span *span, uint32_t disc, const char *path, bool is_directory)
{
	const struct entry *e;
	size_t n = strlen(path);

	if (disc == UDF_SPAN_ALL || (is_directory && !n))
		return true;
	if (disc == UDF_SPAN_NOTHING)
		return false;
	e = find(span, path);
	if (e && e->line.disc == disc)
		return true;
	if (!is_directory)
		return false;
	for (size_t i = find_below(span, path, n); i < span->n_entries; i++) {
		if (!is_below(span->entries[i].line.path, path, n))
			break;
		if (span->entries[i].line.disc == disc)
			return true;
	}
	return false;
}

void udf_span_look(struct udf_span *span, const char *path, const struct stat *st)
{
	struct entry *e = (struct entry *)(uintptr_t)find(span, path);
	uint8_t state[UDF_DISC_STATE_BYTES];

	if (!e)
		return;
	e->is_seen = true;
	e->has_changed = e->line.kind != kind_of(st->st_mode) ||
			 (e->line.kind == UDF_LINE_FILE && (e->line.n_bytes != (uint64_t)st->st_size ||
							    e->mtime.tv_sec != st->st_mtim.tv_sec ||
							    e->mtime.tv_nsec != st->st_mtim.tv_nsec)) ||
			 (e->line.has_state && state_of(st, e->host_path, state) &&
			  memcmp(state, e->line.state, sizeof(state)) != 0);
}

uint64_t udf_span_changes(struct udf_span *span, unsigned disc,
			  void (*changed)(void *ctx, const char *host_path, bool is_there), void *ctx)
{
	uint64_t n = 0;

	for (size_t i = 0; i < span->n_entries; i++) {
		struct entry *e = &span->entries[i];

		if (e->line.disc == disc && (!e->is_seen || e->has_changed)) {
			changed(ctx, e->host_path, e->is_seen);
			n++;
		}
		e->is_seen = e->has_changed = false;
	}
	return n;
}

/* ---- checksums ---- */

struct summing {
	bool (*progress)(void *ctx, uint64_t done_bytes, uint64_t total_bytes);
	void *ctx;
	uint64_t done_bytes, total_bytes;
	uint8_t *buffer;		/* UDF_ISO_READ_BYTES */
};

/* UDF_E_IO with errno, or with 0 where the size is another one. */
static enum udf_err sum_fd(struct summing *s, int fd, struct entry *e)
{
	uint64_t n_bytes = 0;
	void *md5 = NULL;
	ssize_t n = 1;
	enum udf_err err = iso_md5_start(&md5) < 0 ? UDF_E_NOMEM : UDF_OK;

	while (!err && n > 0 && n_bytes <= e->line.n_bytes) {
		n = read(fd, s->buffer, UDF_ISO_READ_BYTES);
		if (n < 0 && errno == EINTR) {
			n = 1;
			continue;
		}
		if (n < 0) {
			err = UDF_E_IO;
			break;
		}
		iso_md5_compute(md5, (char *)s->buffer, (int)n);
		n_bytes += (uint64_t)n;
		s->done_bytes += (uint64_t)n;
		if (s->progress && !s->progress(s->ctx, s->done_bytes, s->total_bytes))
			err = UDF_E_CANCELLED;
	}
	if (md5)
		iso_md5_end(&md5, (char *)e->line.md5);
	if (!err && n_bytes != e->line.n_bytes) {
		errno = 0;
		err = UDF_E_IO;
	}
	return err;
}

static enum udf_err sum_file(struct summing *s, struct entry *e)
{
	int fd = udf_iso_open(e->host_path, O_RDONLY | O_NONBLOCK | O_NOATIME), host_errno;
	enum udf_err err = fd < 0 ? UDF_E_IO : sum_fd(s, fd, e);

	if (fd < 0 && errno == EPERM) {		/* somebody else's */
		fd = udf_iso_open(e->host_path, O_RDONLY | O_NONBLOCK);
		err = fd < 0 ? UDF_E_IO : sum_fd(s, fd, e);
	}
	if (fd >= 0) {
		host_errno = errno;
		close(fd);
		errno = host_errno;
	}
	return err;
}

enum udf_err udf_span_sum(struct udf_span *span,
			  void (*failed)(void *ctx, const char *host_path, int host_errno),
			  bool (*progress)(void *ctx, uint64_t done_bytes, uint64_t total_bytes), void *ctx)
{
	struct summing s = { .progress = progress, .ctx = ctx, .buffer = malloc(UDF_ISO_READ_BYTES) };
	enum udf_err err = s.buffer ? UDF_OK : UDF_E_NOMEM, first = UDF_OK;

	span->has_sums = true;
	for (size_t i = 0; i < span->n_entries; i++)
		s.total_bytes += span->entries[i].first == i ? span->entries[i].line.n_bytes : 0;
	for (size_t i = 0; i < span->n_entries && (!err || err == UDF_E_IO); i++) {
		struct entry *e = &span->entries[i];

		if (e->line.kind != UDF_LINE_FILE)
			continue;
		if (e->first != i) {
			memcpy(e->line.md5, span->entries[e->first].line.md5, sizeof(e->line.md5));
			continue;
		}
		err = sum_file(&s, e);
		if (err == UDF_E_IO)
			failed(ctx, e->host_path, errno);
		if (!first)
			first = err;
	}
	free(s.buffer);
	return err && err != UDF_E_IO ? err : first;
}

/* ---- the list ---- */

static int by_disc(const void *a, const void *b)
{
	const struct udf_disc_line *x = *(const struct udf_disc_line *const *)a;
	const struct udf_disc_line *y = *(const struct udf_disc_line *const *)b;

	if (x->disc != y->disc)
		return x->disc < y->disc ? -1 : 1;
	return udf_disc_line_compare(x, y);
}

enum udf_err udf_span_list(const struct udf_span *span, unsigned disc, char **ret_text, size_t *ret_n_bytes,
			   char ret_id[UDF_DISC_LIST_ID_BYTES])
{
	const struct udf_disc_line **lines = calloc(span->n_entries + 1, sizeof(*lines));
	enum udf_err err;

	if (!lines)
		return UDF_E_NOMEM;
	for (size_t i = 0; i < span->n_entries; i++)
		lines[i] = &span->entries[i].line;
	qsort(lines, span->n_entries, sizeof(*lines), by_disc);
	err = udf_disc_list_write(lines, span->n_entries, disc, span->n_discs, ret_text, ret_n_bytes, ret_id);
	free(lines);
	return err;
}

/* ---- an older plan ---- */

static const char *difference(const struct udf_disc_line *now, const struct udf_disc_line *then, bool sums)
{
	if (!then)
		return "is new";
	if (!now)
		return "is missing now";
	if (now->kind != then->kind)
		return "is another kind of file";
	if (now->n_bytes != then->n_bytes)
		return "has another size";
	if (sums && now->has_md5 && then->has_md5 && memcmp(now->md5, then->md5, sizeof(now->md5)) != 0)
		return "has other contents";
	if (now->has_state && then->has_state && memcmp(now->state, then->state, sizeof(now->state)) != 0)
		return now->kind == UDF_LINE_SYMLINK ? "leads elsewhere, or has another owner" :
		       "has another mode or owner";
	return now->disc != then->disc ? "would be on another disc" : NULL;
}

bool udf_span_compare(const struct udf_span *span, const struct udf_disc_list *older,
		      void (*differs)(void *ctx, const char *path, const char *what), void *ctx)
{
	bool same = true;

	for (size_t i = 0; i < span->n_entries; i++) {
		const struct udf_disc_line *now = &span->entries[i].line;
		const char *what = difference(now, udf_disc_list_find(older, now->path), span->has_sums);

		if (what)
			differs(ctx, now->path, what);
		same &= !what;
	}
	for (size_t i = 0; i < older->n_lines; i++) {
		if (find(span, older->lines[i].path))
			continue;
		differs(ctx, older->lines[i].path, difference(NULL, &older->lines[i], false));
		same = false;
	}
	return same;
}
