#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Direct writes go past the page cache.  Programs that read through the page cache must see them.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require /dev/fuse
require mount
img=$tmp/v.udf mnt=$tmp/mnt
mkdir "$mnt"
on_exit 'umount "$mnt" 2>/dev/null || umount -l "$mnt"'
mkudffs -q --new-file --size=64M -b 2048 "$img"
udffuse "$img" "$mnt" || diag "udffuse failed"
for how in async sync; do
	for reader in read mmap; do
		is "$how direct writes are seen by readers with $reader" \
			"$("$top_builddir/tests/cli/cacheop" cycle "$mnt/$how-$reader" $how $reader 100)" "0 stale, ok"
	done
done
unmount "$mnt" && flock "$img" true
ok "udffsck finds no problems after direct writes" udffsck -n "$img"
plan
