/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages that could not be written back.
 *
 * Under the writeback cache write(2) ends when the data is in the kernel's pages, and what becomes of them is
 * reported by fsync() and close() only: a program could go on writing to a full volume for hours.  There is one
 * question that the kernel asks before it takes more into its cache: the attributes of the file, if those that it
 * has are no longer valid.  So after a failed writeback they are made invalid, and one such question is answered
 * with the error.  It comes with an open file, which tells it from stat(); the kernel asks it of reads and seeks
 * only where the attributes have expired, which ours never do.
 *
 * The kernel believes its own size and its own time of a file for as long as it has the inode, and keeps that for
 * its names.  Where the volume has another they are taken away from it, so that the inode goes with the last open
 * file, and the next lookup shows what the volume has.  A file's directory is known where it was looked up not long
 * ago; else it is searched for in those that the kernel knows.
 *
 * With the inode goes what the kernel remembers of the error.  Somebody who did not look at what close() returned
 * may still ask by fsync(), and is answered here.
 *
 * Two helpers do this.  The one that drops names may have to wait in the kernel for whoever uses their directory,
 * who may wait for an answer of ours: so answers come from the other one, which waits for the first only for
 * a while.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/extent_set.h"
#include "mounted.h"

#define N_HINTS 4096u		/* files whose directory is remembered */
#define N_BUCKETS 4096u
#define ENTRIES_PER_LOCK 4096u	/* of a directory that is searched: others want the lock, too */
#define NAME_CAP 1024u
#define MAX_REMEMBERED 65536u	/* files that failed and that the kernel has forgotten */
#define NAMES_SECONDS 1		/* that an answer waits for names to be dropped */
/* Several writers that meet the end of the volume together lose up to twice as much; speed does not depend on it. */
#define MAX_DIRTY_BYTES (24ll << 20)

struct file {			/* whose pages could not all be written back */
	struct file *next;
	udf_ino ino;
	uint64_t n_free_blocks;	/* with so many on the volume */
	enum udf_err err;
	bool refuses;		/* the next attempt to write will be answered with ERR */
	bool drops_names;	/* which is under way */
	bool is_known;		/* to the kernel, since before they failed */
	bool is_unreported;	/* as far as we know */
};

struct unwritten {
	struct {
		udf_ino ino, dir;
	} hints[N_HINTS];
	struct file *buckets[N_BUCKETS];
	size_t n_files;
	struct helper names, answers;
	pthread_cond_t names_dropped;
};

static uint32_t hash(udf_ino ino)
{
	return (uint32_t)((ino * 0x9E3779B97F4A7C15ull) >> 52);
}

static struct file *find(const struct mounted *m, udf_ino ino)
{
	struct file *f;

	if (!m->unwritten || m->unwritten->n_files == 0)
		return NULL;
	for (f = m->unwritten->buckets[hash(ino) % N_BUCKETS]; f && f->ino != ino; f = f->next)
		;
	return f;
}

/* The same, if the kernel may have a wrong size of it. */
static struct file *find_known(const struct mounted *m, udf_ino ino)
{
	struct file *f = find(m, ino);

	return f && f->is_known ? f : NULL;
}

static struct file *add_file(struct mounted *m, udf_ino ino)
{
	struct file **bucket = &m->unwritten->buckets[hash(ino) % N_BUCKETS];
	struct file *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->ino = ino;
	f->next = *bucket;
	*bucket = f;
	m->unwritten->n_files++;
	return f;
}

static uint64_t n_free_blocks(struct mounted *m)
{
	struct udf_statfs st;

	udf_fs_statfs(m->fs, &st);
	return st.n_free_blocks;
}

/* ---- in the helpers, without the lock ---- */

struct failed_write {
	struct job job;
	fuse_req_t req;
	udf_ino ino;
	enum udf_err err;
};

struct shown {			/* a file that is shown to somebody */
	struct job job;
	fuse_req_t req;		/* which asked for its attributes, with a name for its entry; or NULL */
	udf_ino dir, ino;	/* ino 0: whatever has the name */
	struct udf_attr attr;	/* the answer, where it has a name */
	size_t n_bytes;		/* of the name, if it has one */
	char name[];
};

struct search {			/* for the names of a file */
	struct mounted *m;
	udf_ino ino;
	struct udf_extent_set seen;	/* directories */
	udf_ino *dirs;			/* those to be searched */
	size_t n_dirs, cap_dirs;
	uint64_t next_cookie;
	uint32_t n_entries, n_found;
	bool goes_down;			/* into directories */
	size_t name_bytes;		/* of what has been found; 0: nothing yet */
	char name[NAME_CAP];
};

/* Answers to questions that the kernel asked before this will not make them valid again, either. */
static void drop_attributes(struct mounted *m, udf_ino ino)
{
	fuse_lowlevel_notify_inval_inode(m->session, node_of(m, ino), -1, 0);
}

static void drop_name(struct mounted *m, udf_ino dir, const char *name, size_t n_bytes)
{
	fuse_lowlevel_notify_inval_entry(m->session, node_of(m, dir), name, n_bytes);
}

/* Those that the kernel does not know have no names there. */
static void add_directory(struct search *s, udf_ino dir)
{
	bool is_known = true;

	if (dir != s->m->root && !udf_is_referenced(s->m->fs, dir))
		return;
	if (udf_extent_set_add(&s->seen, dir, 1, &is_known) || is_known)
		return;
	if (s->n_dirs == s->cap_dirs) {
		size_t cap = s->cap_dirs ? s->cap_dirs * 2 : 64;
		udf_ino *dirs = realloc(s->dirs, cap * sizeof(*dirs));

		if (!dirs)
			return;
		s->dirs = dirs;
		s->cap_dirs = cap;
	}
	s->dirs[s->n_dirs++] = dir;
}

/* Up to the first name of the file, or as long as the lock may be held. */
static bool look_at(void *ctx, const struct udf_dirent *entry)
{
	struct search *s = ctx;

	if (s->name_bytes || s->n_entries == ENTRIES_PER_LOCK)
		return false;
	s->n_entries++;
	s->next_cookie = entry->next_cookie;
	if (S_ISDIR(entry->attr->mode) && s->goes_down)
		add_directory(s, entry->attr->ino);
	if (entry->attr->ino == s->ino && entry->name_bytes < NAME_CAP) {
		memcpy(s->name, entry->name, entry->name_bytes);
		s->name_bytes = entry->name_bytes;
	}
	return true;
}

/* Drop the names that the file has in DIR. */
static void search_directory(struct search *s, udf_ino dir)
{
	enum udf_err err;

	s->next_cookie = 0;
	do {
		s->n_entries = 0;
		s->name_bytes = 0;
		pthread_mutex_lock(&s->m->lock);
		err = udf_readdir(s->m->fs, dir, s->next_cookie, false, look_at, s);
		pthread_mutex_unlock(&s->m->lock);
		if (s->name_bytes) {
			drop_name(s->m, dir, s->name, s->name_bytes);
			s->n_found++;
		}
	} while ((!err || err == UDF_END) && s->n_entries > 0);
}

/* Until as many are found as the file has. */
static void drop_names(struct mounted *m, udf_ino ino)
{
	struct search s = { .m = m, .ino = ino };
	struct udf_attr attr;
	udf_ino hint = 0;
	size_t i;

	udf_extent_set_init(&s.seen);
	pthread_mutex_lock(&m->lock);
	if (udf_getattr(m->fs, ino, &attr))
		attr.nlink = 0;
	if (m->unwritten->hints[hash(ino) % N_HINTS].ino == ino)
		hint = m->unwritten->hints[hash(ino) % N_HINTS].dir;
	pthread_mutex_unlock(&m->lock);
	if (hint)
		search_directory(&s, hint);
	if (s.n_found < attr.nlink) {
		s.n_found = 0;
		s.goes_down = true;
		pthread_mutex_lock(&m->lock);
		add_directory(&s, m->root);
		pthread_mutex_unlock(&m->lock);
	}
	for (i = 0; i < s.n_dirs && s.n_found < attr.nlink; i++)
		search_directory(&s, s.dirs[i]);
	free(s.dirs);
	udf_extent_set_done(&s.seen);
}

static void run_drop_names(struct mounted *m, struct job *job)
{
	struct shown *s = (struct shown *)(void *)job;
	struct file *f;

	drop_names(m, s->ino);
	pthread_mutex_lock(&m->lock);
	f = find(m, s->ino);
	if (f)
		f->drops_names = false;
	pthread_cond_broadcast(&m->unwritten->names_dropped);
	pthread_mutex_unlock(&m->lock);
	free(s);
}

static void run_drop_name(struct mounted *m, struct job *job)
{
	struct shown *s = (struct shown *)(void *)job;
	struct udf_attr attr;
	bool drops;

	pthread_mutex_lock(&m->lock);
	if (!s->ino && udf_lookup(m->fs, s->dir, s->name, s->n_bytes, &attr) == UDF_OK) {
		s->ino = attr.ino;
		udf_forget(m->fs, s->ino, 1);
	}
	drops = find_known(m, s->ino) != NULL;
	pthread_mutex_unlock(&m->lock);
	if (drops)
		drop_name(m, s->dir, s->name, s->n_bytes);
	free(s);
}

/* Replies come after this: who waits for one, as close() does, finds the kernel without what it had. */
static void wait_for_names(struct mounted *m, udf_ino ino)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += NAMES_SECONDS;
	pthread_mutex_lock(&m->lock);
	while (find(m, ino) && find(m, ino)->drops_names)
		if (pthread_cond_timedwait(&m->unwritten->names_dropped, &m->lock, &end))
			break;
	pthread_mutex_unlock(&m->lock);
}

static void run_failed_write(struct mounted *m, struct job *job)
{
	struct failed_write *w = (struct failed_write *)(void *)job;

	wait_for_names(m, w->ino);
	drop_attributes(m, w->ino);
	reply_err(w->req, w->err);
	free(w);
}

static void run_differs(struct mounted *m, struct job *job)
{
	struct shown *s = (struct shown *)(void *)job;
	struct udf_attr attr;

	wait_for_names(m, s->ino);
	pthread_mutex_lock(&m->lock);
	reply_attr(s->req, udf_getattr(m->fs, s->ino, &attr), &attr);
	pthread_mutex_unlock(&m->lock);
	free(s);
}

/* The reply goes out when the attributes are invalid, so that whoever looks at the file does not make them valid. */
static void run_shown(struct mounted *m, struct job *job)
{
	struct shown *s = (struct shown *)(void *)job;
	struct udf_attr attr;
	const struct file *f;
	bool refuses;

	pthread_mutex_lock(&m->lock);
	f = find(m, s->ino);
	refuses = f && f->refuses;
	pthread_mutex_unlock(&m->lock);
	if (refuses)
		drop_attributes(m, s->ino);
	pthread_mutex_lock(&m->lock);
	if (s->req && s->n_bytes)
		reply_entry(s->req, UDF_OK, &s->attr);
	else if (s->req)
		reply_attr(s->req, udf_getattr(m->fs, s->ino, &attr), &attr);
	s->job.run = run_drop_name;
	if (s->n_bytes && helper_add(&m->unwritten->names, m, &s->job))
		s = NULL;
	pthread_mutex_unlock(&m->lock);
	free(s);
}

/* ---- how much the kernel may hold back ---- */

/* Lower what is set in FILE of /sys to MAX, or set it where nothing is; false if there is no such file. */
static bool limit(const char *directory, const char *file, long long max)
{
	char path[128];
	long long now = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	f = fopen(path, "r+e");
	if (!f)
		return false;
	if (fscanf(f, "%lld", &now) == 1 && (now == 0 || now > max) && fseek(f, 0, SEEK_SET) == 0)
		fprintf(f, "%lld\n", max);
	fclose(f);
	return true;
}

/*
 * What the kernel has accepted when the volume turns out to be full is lost.  It holds back up to a hundredth of
 * what may be dirty in all, which is much on a large machine.  Only root may lower that, and not before Linux 6.2.
 */
void unwritten_limit(const struct mounted *m)
{
	static const char *const suffixes[] = { "", "-fuseblk" };
	struct statx stx;

	/* not synchronised: nobody is there yet to answer */
	if (statx(AT_FDCWD, m->mountpoint, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &stx))
		return;
	for (size_t i = 0; i < 2; i++) {
		char directory[64];

		snprintf(directory, sizeof(directory), "/sys/class/bdi/%u:%u%s", stx.stx_dev_major,
			 stx.stx_dev_minor, suffixes[i]);
		if (limit(directory, "strict_limit", 1) && limit(directory, "max_bytes", MAX_DIRTY_BYTES))
			return;
	}
}

/* ---- for the loop, which holds the lock ---- */

void unwritten_start(struct mounted *m)
{
	m->unwritten = calloc(1, sizeof(*m->unwritten));
	if (m->unwritten)
		pthread_cond_init(&m->unwritten->names_dropped, NULL);
}

void unwritten_stop(struct mounted *m)
{
	struct unwritten *u = m->unwritten;

	if (!u)
		return;
	helper_stop(&u->answers);	/* which gives work to the other */
	helper_stop(&u->names);
	for (size_t i = 0; i < N_BUCKETS; i++) {
		struct file *f, *next;

		for (f = u->buckets[i]; f; f = next) {
			next = f->next;
			free(f);
		}
	}
	pthread_cond_destroy(&u->names_dropped);
	free(u);
	m->unwritten = NULL;
}

static bool add_job(struct mounted *m, struct helper *helper, void (*run)(struct mounted *, struct job *),
		    const struct shown *what, const char *name)
{
	struct shown *s = malloc(sizeof(*s) + what->n_bytes);

	if (!s)
		return false;
	*s = *what;
	s->job.run = run;
	memcpy(s->name, name, what->n_bytes);
	if (helper_add(helper, m, &s->job))
		return true;
	free(s);
	return false;
}

/* The file of INO, whose names are dropped or being dropped; NULL where memory is short. */
static struct file *know(struct mounted *m, udf_ino ino)
{
	struct unwritten *u = m->unwritten;
	struct file *f = find(m, ino);

	if (!f && u)
		f = add_file(m, ino);
	if (f && !f->is_known) {
		f->is_known = true;
		f->drops_names = add_job(m, &u->names, run_drop_names, &(struct shown){ .ino = ino }, "");
	}
	return f;
}

bool unwritten_differs(struct mounted *m, fuse_req_t req, udf_ino ino)
{
	struct shown what = { .req = req, .ino = ino };

	return know(m, ino) && add_job(m, &m->unwritten->answers, run_differs, &what, "");
}

void unwritten_failed(struct mounted *m, fuse_req_t req, udf_ino ino, enum udf_err err)
{
	struct unwritten *u = m->unwritten;
	struct file *f = know(m, ino);
	struct failed_write *w;

	w = f ? malloc(sizeof(*w)) : NULL;
	if (w) {
		f->n_free_blocks = n_free_blocks(m);
		f->err = err;
		f->refuses = true;
		f->is_unreported = true;
		*w = (struct failed_write){ { .run = run_failed_write }, req, ino, err };
	}
	if (!w || !helper_add(&u->answers, m, &w->job)) {
		free(w);
		reply_err(req, err);
	}
}

bool unwritten_refuses(struct mounted *m, udf_ino ino, enum udf_err *ret_err)
{
	struct file *f = find(m, ino);

	if (!f || !f->refuses)
		return false;
	f->refuses = false;
	if (f->err == UDF_E_NOSPC && n_free_blocks(m) > f->n_free_blocks)
		return false;
	f->is_unreported = false;
	*ret_err = f->err;
	return true;
}

bool unwritten_reports(struct mounted *m, udf_ino ino, enum udf_err *ret_err)
{
	struct file *f = find(m, ino);

	if (!f || f->is_known || !f->is_unreported)
		return false;
	f->is_unreported = false;
	*ret_err = f->err;
	return true;
}

bool unwritten_shows(struct mounted *m, fuse_req_t req, udf_ino ino)
{
	const struct file *f = find(m, ino);

	return f && f->refuses &&
	       add_job(m, &m->unwritten->answers, run_shown, &(struct shown){ .req = req, .ino = ino }, "");
}

bool unwritten_names(struct mounted *m, fuse_req_t req, udf_ino dir, const char *name, size_t n_bytes,
		     const struct udf_attr *attr)
{
	struct shown what = { .req = req, .dir = dir, .ino = attr->ino, .attr = *attr, .n_bytes = n_bytes };

	if (!m->unwritten)
		return false;
	m->unwritten->hints[hash(attr->ino) % N_HINTS].ino = attr->ino;
	m->unwritten->hints[hash(attr->ino) % N_HINTS].dir = dir;
	return find_known(m, attr->ino) && add_job(m, &m->unwritten->answers, run_shown, &what, name);
}

void unwritten_renamed(struct mounted *m, udf_ino dir, const char *name, size_t n_bytes)
{
	struct shown what = { .dir = dir, .n_bytes = n_bytes };

	if (m->unwritten && m->unwritten->n_files)
		add_job(m, &m->unwritten->names, run_drop_name, &what, name);
}

static void remove_file(struct mounted *m, struct file *f)
{
	struct file **at;

	for (at = &m->unwritten->buckets[hash(f->ino) % N_BUCKETS]; *at != f; at = &(*at)->next)
		;
	*at = f->next;
	free(f);
	m->unwritten->n_files--;
}

void unwritten_cut(struct mounted *m, udf_ino ino)
{
	struct file *f = find(m, ino);

	if (f)
		f->refuses = f->is_unreported = false;
}

void unwritten_made(struct mounted *m, udf_ino ino)
{
	struct file *f = find(m, ino);

	if (f)
		remove_file(m, f);
}

void unwritten_forget(struct mounted *m, udf_ino ino)
{
	struct file *f = find(m, ino);

	if (!f || udf_is_referenced(m->fs, ino))
		return;
	f->is_known = f->refuses = false;
	if (!f->is_unreported || m->unwritten->n_files > MAX_REMEMBERED)
		remove_file(m, f);
}
