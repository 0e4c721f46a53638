/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages that could not be written back.
 *
 * Under the writeback cache write(2) ends when the data is in the kernel's pages.  If they can't be written later, the
 * kernel reports that by fsync() and close() only: a program could write to a full volume for hours.  Before the kernel
 * takes more into its cache it asks one question: for the attributes of the file, if those that it has are no longer
 * valid.  So after a failed writeback we make them invalid, and answer one such question with the error.  The question
 * names an open file, and that of stat() does not.  For reads and seeks the kernel asks only when the attributes have
 * expired, and ours never do.
 *
 * The kernel believes its own size and its own time of a file as long as it has the inode, and it keeps the inode as
 * long as it has a name of the file.  Where the volume has another size or time we drop the names from the kernel's
 * cache (names.c).  The inode then goes with the last open file, and the next lookup shows what the volume has.  We
 * remember in which directory a file was looked up lately; other files are searched for in all directories that the
 * kernel knows.
 *
 * With the inode the kernel forgets the error.  A program that did not look at what close() returned may still call
 * fsync(), and unwritten_reports() answers it.
 *
 * Two helpers do this.  The one that drops names may have to wait in the kernel for whoever uses their directory, and
 * that program may wait for an answer of ours.  So the other helper sends the answers, and waits for the first one only
 * for a while.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "mounted.h"

#define N_HINTS 4096u		/* files whose directory is remembered */
#define N_BUCKETS 4096u
#define MAX_REMEMBERED 65536u	/* files that have failed and that the kernel has forgotten */
#define NAMES_SECONDS 1		/* that answers wait for the names of a file to be dropped */

struct file {			/* a file whose pages could not all be written back */
	struct file *next;
	udf_ino ino;
	uint64_t n_free_blocks;	/* the number that the volume had then */
	enum udf_err err;
	bool refuses;		/* the next attempt to write will be answered with ERR */
	bool drops_names;	/* they are being dropped now */
	struct timespec names_until;	/* answers wait for that until then */
	bool is_known;		/* the kernel has known it since before the failure */
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
	fuse_req_t req;		/* the request for its attributes, or the lookup of its name; or NULL */
	udf_ino dir, ino;	/* ino 0: the object that has the name */
	struct udf_attr attr;	/* the answer, where it has a name */
	size_t n_bytes;		/* of the name, if it has one */
	char name[];
};

/* After this, not even answers to questions that the kernel has asked before make the attributes valid again. */
static void drop_attributes(struct mounted *m, udf_ino ino)
{
	fuse_lowlevel_notify_inval_inode(m->session, node_of(m, ino), -1, 0);
}

static void run_drop_names(struct mounted *m, struct job *job)
{
	struct shown *s = (struct shown *)(void *)job;
	struct file *f;

	names_drop(m, s->ino, s->dir);
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
		names_drop_one(m, s->dir, s->name, s->n_bytes);
	free(s);
}

/*
 * Comes before a reply, so that a program that waits for the reply (in close(), for example) finds the names dropped.
 */
static void wait_for_names(struct mounted *m, udf_ino ino)
{
	const struct file *f;

	pthread_mutex_lock(&m->lock);
	while ((f = find(m, ino)) && f->drops_names) {
		struct timespec until = f->names_until;

		if (pthread_cond_timedwait(&m->unwritten->names_dropped, &m->lock, &until))
			break;
	}
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

/* The attributes are made invalid before the reply.  Otherwise looking at the file would make them valid again. */
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
	helper_stop(&u->answers);	/* this one gives work to the other */
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
	struct shown *s = malloc(sizeof(*s) + what->n_bytes + 1);

	if (!s)
		return false;
	*s = *what;
	s->job.run = run;
	memcpy(s->name, name, what->n_bytes);
	s->name[what->n_bytes] = '\0';	/* libfuse sends that too */
	if (helper_add(helper, m, &s->job))
		return true;
	free(s);
	return false;
}

/* The file INO, whose names have been dropped or are being dropped.  Returns NULL without memory. */
static struct file *know(struct mounted *m, udf_ino ino)
{
	struct unwritten *u = m->unwritten;
	struct file *f = find(m, ino);

	if (!f && u)
		f = add_file(m, ino);
	if (f && !f->is_known) {
		struct shown what = { .ino = ino };

		if (u->hints[hash(ino) % N_HINTS].ino == ino)
			what.dir = u->hints[hash(ino) % N_HINTS].dir;
		f->is_known = true;
		/*
		 * All answers wait for the same moment.  If each waited for a second, many of them would delay
		 * everybody.
		 */
		clock_gettime(CLOCK_REALTIME, &f->names_until);
		f->names_until.tv_sec += NAMES_SECONDS;
		f->drops_names = add_job(m, &u->names, run_drop_names, &what, "");
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
	struct shown what;

	if (!m->unwritten)
		return false;
	m->unwritten->hints[hash(attr->ino) % N_HINTS].ino = attr->ino;
	m->unwritten->hints[hash(attr->ino) % N_HINTS].dir = dir;
	if (!find_known(m, attr->ino))
		return false;
	what = (struct shown){ .req = req, .dir = dir, .ino = attr->ino, .attr = *attr, .n_bytes = n_bytes };
	return add_job(m, &m->unwritten->answers, run_shown, &what, name);
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
