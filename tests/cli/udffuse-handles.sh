#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# File handles, as NFS servers use them: they open an object long after the kernel has forgotten it.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require /dev/fuse
require mount
img=$tmp/v.udf mnt=$tmp/mnt cacheop=$top_builddir/tests/cli/cacheop
mkdir "$mnt"
on_exit 'umount "$mnt" 2>/dev/null || umount -l "$mnt"'
start() { udffuse "$img" "$mnt" || diag "udffuse failed"; }
stop() { unmount "$mnt" && flock "$img" true; }
handle() { "$cacheop" handle "$mnt/$1"; }
opened() { "$cacheop" open-handle "$mnt" "$1"; }
drop_caches() { sync; echo 2 >/proc/sys/vm/drop_caches; }
mkudffs -q --new-file --size=64M -b 2048 "$img"
start
mkdir -p "$mnt/a/b"
for f in one a/two a/b/three gone; do printf '%s' "$f" >"$mnt/$f"; done
ln "$mnt/one" "$mnt/a/link"
declare -A kept
for f in one a/two a/b/three a/link a/b . gone; do kept[$f]=$(handle "$f"); done

check() {
	is "the handle of a file works $1" "$(opened "${kept[one]}")" one
	is "the handle of a file in a directory works $1" "$(opened "${kept[a/b/three]}")" a/b/three
	is "the handle of a second link works $1" "$(opened "${kept[a/link]}")" one
	is "the handle of a directory works $1" "$(opened "${kept[a/b]}")" directory
	is "the handle of the root directory works $1" "$(opened "${kept[.]}")" directory
}
check "at once"
drop_caches
check "after the caches were dropped"
stop
start
check "after a remount"
is "a file has the same handle after a remount" "$(handle one)" "${kept[one]}"

# ---- removed files ----
rm "$mnt/gone"
is "the handle of a removed file is stale" "$(opened "${kept[gone]}")" ESTALE
drop_caches
is "the handle of a removed file is stale after the caches were dropped" "$(opened "${kept[gone]}")" ESTALE
stop
start
is "the handle of a removed file is stale after a remount" "$(opened "${kept[gone]}")" ESTALE
number=${kept[gone]:0:18}	# type and node; the generation follows
for i in $(seq 400); do echo "$i" >"$mnt/new$i"; done
is "another file takes the place of the removed file" \
	"$(for i in $(seq 400); do handle "new$i"; done | grep -c "^$number")" 1
is "the handle of a removed file is stale when another file took its place" "$(opened "${kept[gone]}")" ESTALE
drop_caches
is "the handle of a removed file is stale when another file took its place and the caches were dropped" \
	"$(opened "${kept[gone]}")" ESTALE

# ---- a file that was removed, and in a later mount its block is preallocated, which writes nothing ----
touch "$mnt/reserved" "$mnt/rest"
echo old >"$mnt/old"
kept[old]=$(handle old)
sync "$mnt/old"
rm "$mnt/old"
stop
start
fallocate -l "$(($(stat -f -c '%f * %S' "$mnt") - 100000))" "$mnt/reserved"
for i in $(seq 2 60); do fallocate -l 2048 -o $((i * 2048)) -n "$mnt/rest" || break; done 2>/dev/null
is "the handle of a file that an earlier mount removed is stale when its block was preallocated" \
	"$(opened "${kept[old]}")" ESTALE
stop
start
is "the handle of a removed file is stale after a remount, too" "$(opened "${kept[old]}")" ESTALE
rm "$mnt/reserved" "$mnt/rest"
check "when other files were removed"

# ---- invented handles: the kernel stores a node as two halves of 32 bits, then the generation ----
type=${kept[one]%%:*}
little() { printf '%08x' "$(($1))" | sed -E 's/(..)(..)(..)(..)/\4\3\2\1/'; }
RANDOM=1
for i in $(seq 150); do
	high=$((RANDOM % 3 ? 0 : RANDOM)) low=$((RANDOM % 2 ? RANDOM % 600 : RANDOM << 15 | RANDOM))
	opened "$type:$(little $high)$(little $low)$(little $((1000000 + RANDOM)))"
done | sort -u >"$tmp/opened"
is "invented handles are stale" "$(cat "$tmp/opened")" ESTALE
for high in 0 1 65535 65536 4294967295; do
	for low in 0 1 2 3 34 36 4294967295; do
		for generation in 0 16 17; do opened "$type:$(little $high)$(little $low)$(little $generation)"; done
	done
done >"$tmp/opened"
unlike "invented handles at the limits give no I/O error" "$(sort -u "$tmp/opened")" "errno|EIO"
check "after invented handles"
ok "the mount works after invented handles" touch "$mnt/after"
stop
ok "udffsck finds no problems after handles were used" udffsck -n "$img"
plan
