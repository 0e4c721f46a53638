#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Volumes that were closed cleanly, but in whose space bitmap blocks in use are marked as free.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
img=$tmp/v.udf

# make_lying BLOCK_SIZE BYTES: a volume with /d, whose bitmap marks the first 8 * BYTES blocks as free
make_lying() {
	local start
	rm -f "$img"
	start=$(mkudffs --new-file --size=$((600 * $1)) -b "$1" "$img" | sed -n 's/^start=\([0-9]*\),.*PSPACE.*/\1/p')
	mkdir -p "$tmp/d" && for i in $(seq 40); do echo "$i" >"$tmp/d/$i"; done
	udf put "$img" "$tmp/d" /
	head -c "$2" /dev/zero | tr '\0' '\377' | dd of="$img" bs=1 seek=$((start * $1 + 24)) conv=notrunc status=none
	ok "blocks of $1: udffsck reports blocks in use that are marked as free" \
		grep -q ^USED_MARKED_FREE <(udffsck -n "$img")
}
is_whole() {
	rm -rf "$tmp/back" && mkdir "$tmp/back"
	udf get "$img" /d "$tmp/back"
	ok "$1: the files from before are unchanged" diff -r "$tmp/d" "$tmp/back/d"
	is "$1: no blocks in use remain marked as free" "$(udffsck -n "$img" | grep -c USED_MARKED_FREE)" 0
}

for block_size in 512 2048; do
	make_lying $block_size 8
	head -c $((100 * block_size)) /dev/urandom >"$tmp/new"
	udf put "$img" "$tmp/new" / 2>"$tmp/err"
	is "udf put says once that the record of free space was wrong" \
		"$(grep -c 'record of free space was wrong' "$tmp/err")" 1
	same "udf put stores the new file unchanged" <(udf cat "$img" /new) "$tmp/new"
	is_whole "udf put"
	udf rm "$img" /new 2>"$tmp/err"
	is "the next change prints no message" "$(cat "$tmp/err")" ""
done

require /dev/fuse
require mount
mnt=$tmp/mnt
mkdir "$mnt"
on_exit 'umount "$mnt" 2>/dev/null || umount -l "$mnt"'
for n_bytes in 1 8; do
	make_lying 512 $n_bytes
	udffuse -f "$img" "$mnt" 2>"$tmp/err" &
	daemon=$!
	wait_until 20 mountpoint -q "$mnt"
	mkdir "$mnt/a"
	(set +e; for i in $(seq 600); do echo >"$mnt/a/n$i"; done) 2>/dev/null
	n_made=$(ls "$mnt/a" | wc -l)
	ok "udffuse: more than 100 files can be made" test "$n_made" -gt 100
	unmount "$mnt" && wait $daemon
	is "udffuse says once that the record of free space was wrong" \
		"$(grep -c 'record of free space was wrong' "$tmp/err")" 1
	is_whole udffuse
	is "udffuse: every new file is in the directory after unmounting" \
		"$(udf ls "$img" /a | wc -l)" "$n_made"
done
plan
