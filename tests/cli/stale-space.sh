#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Volumes that were closed in order, and whose space bitmap calls blocks free that are in use.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
img=$tmp/v.udf

# make_lying BLOCK_SIZE BITS: a volume with /d, in whose bitmap the first 8 * BITS blocks are free
make_lying() {
	local start
	rm -f "$img"
	start=$(mkudffs --new-file --size=$((600 * $1)) -b "$1" "$img" | sed -n 's/^start=\([0-9]*\),.*PSPACE.*/\1/p')
	mkdir -p "$tmp/d" && for i in $(seq 40); do echo "$i" >"$tmp/d/$i"; done
	udf put "$img" "$tmp/d" /
	head -c "$2" /dev/zero | tr '\0' '\377' | dd of="$img" bs=1 seek=$((start * $1 + 24)) conv=notrunc status=none
	ok "blocks of $1: the bitmap calls blocks free that are in use" \
		grep -q ^USED_MARKED_FREE <(udffsck -n "$img")
}
is_whole() {
	rm -rf "$tmp/back" && mkdir "$tmp/back"
	udf get "$img" /d "$tmp/back"
	ok "$1: what was there before is unharmed" diff -r "$tmp/d" "$tmp/back/d"
	is "$1: the check finds no errors" "$(udffsck -n "$img" | grep -c USED_MARKED_FREE)" 0
}

for block_size in 512 2048; do
	make_lying $block_size 8
	head -c $((100 * block_size)) /dev/urandom >"$tmp/new"
	udf put "$img" "$tmp/new" / 2>"$tmp/err"
	is "udf put says once that the record of free space was wrong" \
		"$(grep -c 'record of free space was wrong' "$tmp/err")" 1
	same "udf put stores what it was given" <(udf cat "$img" /new) "$tmp/new"
	is_whole "udf put"
	udf rm "$img" /new 2>"$tmp/err"
	is "the next change has nothing to say" "$(cat "$tmp/err")" ""
done

require /dev/fuse
require mount
mnt=$tmp/mnt
mkdir "$mnt"
on_exit 'umount "$mnt" 2>/dev/null || umount -l "$mnt"'
for bits in 1 8; do
	make_lying 512 $bits
	udffuse -f "$img" "$mnt" 2>"$tmp/err" &
	daemon=$!
	wait_until 20 mountpoint -q "$mnt"
	mkdir "$mnt/a"
	(set +e; for i in $(seq 600); do echo >"$mnt/a/n$i"; done) 2>/dev/null
	n_made=$(ls "$mnt/a" | wc -l)
	ok "udffuse: the volume can be filled" test "$n_made" -gt 100
	unmount "$mnt" && wait $daemon
	is "udffuse says once that the record of free space was wrong" \
		"$(grep -c 'record of free space was wrong' "$tmp/err")" 1
	is_whole udffuse
	is "udffuse: what was made is there" "$(udf ls "$img" /a | wc -l)" "$n_made"
done
plan
