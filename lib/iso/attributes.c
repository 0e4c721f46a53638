/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modes, owners, times, access control lists and extended attributes of objects in the image. */
#include "config.h"

#include "iso/internal.h"

static mode_t rational_mode(mode_t mode)
{
	mode_t all = mode | (mode >> 3) | (mode >> 6);

	if (S_ISDIR(mode) || (all & 0111))
		return 0555;
	return 0444;
}

static mode_t mode_for(const struct udf_iso_owners *owners, mode_t mode)
{
	mode_t permissions = mode & 07777;

	if (S_ISLNK(mode))
		return permissions;
	if (owners->rational)
		permissions = rational_mode(mode);
	if (S_ISDIR(mode) && owners->dir_mode >= 0)
		permissions = (mode_t)owners->dir_mode;
	if (S_ISREG(mode) && owners->file_mode >= 0)
		permissions = (mode_t)owners->file_mode;
	return permissions;
}

static uint32_t owner_for(const struct udf_iso_owners *owners, int64_t wanted, uint32_t on_host)
{
	if (wanted >= 0)
		return (uint32_t)wanted;
	return owners->rational ? 0 : on_host;
}

/* A reproducible image has no time later than its own. */
static time_t time_for(const struct udf_iso_image *image, time_t at)
{
	return image->plan->is_reproducible && at > image->now ? image->now : at;
}

static uint32_t fraction_for(const struct udf_iso_image *image, const struct timespec *at)
{
	return time_for(image, at->tv_sec) == at->tv_sec ? (uint32_t)(at->tv_nsec / 1000) : 0;
}

void udf_iso_set_stat(const struct udf_iso_image *image, IsoNode *node, const struct stat *st)
{
	const struct udf_iso_owners *owners = &image->plan->owners;
	bool fixed = image->plan->is_reproducible;

	iso_node_set_permissions(node, mode_for(owners, st->st_mode));
	iso_node_set_uid(node, owner_for(owners, owners->uid, st->st_uid));
	iso_node_set_gid(node, owner_for(owners, owners->gid, st->st_gid));
	/* The times of access and of the inode's change are those of this copy of the tree. */
	udf_iso_times_set(node, &(struct udf_iso_times){
		.modified = time_for(image, st->st_mtime),
		.accessed = time_for(image, fixed ? st->st_mtime : st->st_atime),
		.changed = time_for(image, fixed ? st->st_mtime : st->st_ctime) });
	/* Without memory for them there are seconds, as in the ISO 9660 tree. */
	if (image->plan->fine_times)
		(void)udf_iso_fractions_set(node, &(struct udf_iso_fractions){
			.modified = fraction_for(image, &st->st_mtim),
			.accessed = fraction_for(image, fixed ? &st->st_mtim : &st->st_atim),
			.changed = fraction_for(image, fixed ? &st->st_mtim : &st->st_ctim) });
}

int udf_iso_set_attributes(const struct udf_iso_image *image, IsoNode *node, const char *path)
{
	const struct udf_iso_plan *plan = image->plan;
	int what = (plan->acls ? 1 : 0) | (plan->xattrs ? 0 : 4), ret;
	size_t n = 0, *lengths = NULL;
	char **names = NULL, **values = NULL;

	if (!plan->acls && !plan->xattrs)
		return 1;
	/* libisofs's interface takes no const, but does not write to the path. */
	ret = iso_local_get_attrs((char *)(uintptr_t)path, &n, &names, &lengths, &values, what);
	if (ret > 0 && n)
		ret = iso_node_set_attrs(node, n, names, lengths, values, plan->acls ? 1 : 0);
	iso_local_get_attrs((char *)(uintptr_t)path, &n, &names, &lengths, &values, 1 << 15);
	return ret;
}
