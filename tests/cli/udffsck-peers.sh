#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# udffsck on volumes of other programs: they are clean, or have the known problems of their writer.
# (Volumes that the kernel wrote: tests/kernel.)
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
img=$tmp/v.img

codes() {	# of the problems that the last udffsck reported, on one line
	sed -n 's/^\([A-Z][A-Z0-9_]*\): .*/\1/p' "$out" | sort -u | tr '\n' ' '
}

# ---- udftools ----
for media in hd dvdram dvd cd mo worm; do
	for revision in 1.02 1.50 2.00 2.01; do
		rm -f "$img"
		truncate -s $((3000 * 2048)) "$img"	# its mo and worm fail at most other sizes
		/usr/sbin/mkudffs -m $media -r $revision -b 2048 "$img" >/dev/null 2>&1
		exits "udftools: $media $revision is clean" 0 udffsck -n "$img"
		case $media in
		dvd|cd)
			udffsck -nv "$img" >"$out"
			like "udftools: free space on the read-only $media $revision is a remark" \
				"$(codes)" "LVID_FREE_READ_ONLY "
			;;
		esac
	done
done
for media in "cdrw 2.00" "cdrw 2.01" "dvdrw 2.01"; do
	rm -f "$img"
	truncate -s 300M "$img"
	/usr/sbin/mkudffs -m ${media% *} -r ${media#* } "$img" >/dev/null 2>&1
	exits "udftools: $media is clean" 0 udffsck -n "$img"
done
rm -f "$img"
truncate -s 300M "$img"
/usr/sbin/mkudffs -m cdrw -r 1.50 "$img" >/dev/null 2>&1
exits "udftools: cdrw 1.50 has a problem" 4 udffsck -n "$img"
is "udftools: the only problem of cdrw 1.50 is an id" "$(codes)" "FIELD_ODD "
like "udftools: that id belongs to its Non-Allocatable Space" "$(cat "$out")" "^FIELD_ODD: /Non-Allocatable Space,"
rm -f "$img"
truncate -s 300M "$img"
/usr/sbin/mkudffs -m dvdrw -r 1.50 "$img" >/dev/null 2>&1
exits "udftools: dvdrw 1.50 has problems" 4 udffsck -n "$img"
# It aligns to 16 blocks, and records packets of 32.
is "udftools: the only problems of dvdrw 1.50 are packets that begin in the middle" \
	"$(codes)" "FIELD_ODD PART_PACKETS SPARING_TABLE_PACKET "
rm -f "$img"
truncate -s 300M "$img"
/usr/sbin/mkudffs -m cdr -r 2.01 "$img" >/dev/null 2>&1
exits "udftools: cdr can't be checked" 8 udffsck -n "$img"
like "the message about cdr names the partition map" "$(cat "$err")" "partition map 1 is virtual"

# ---- genisoimage ----
mkdir -p "$tmp/tree/sub"
echo one >"$tmp/tree/one"
head -c 100000 /dev/zero >"$tmp/tree/sub/zeros"
seq 1000 >"$tmp/tree/sub/numbers"
for i in {1..150}; do echo "$i" >"$tmp/tree/sub/file number $i"; done
genisoimage -quiet -udf -o "$img" "$tmp/tree" 2>/dev/null
exits "genisoimage: a bridge disc has problems" 4 udffsck -n "$img"
# The problems: an identifier with flags, contiguous files, ids in names of UDF 1.02, two different sequences.
is "genisoimage: the problems are the known three and no others" \
	"$(codes)" "ENTITY_ID FIELD_ODD VDS_COPIES_DIFFER "
exits "genisoimage: the problems do not stop the boot" 0 udffsck -fa "$img"
like "genisoimage: the problems put no data at risk" \
	"$(tail -n 1 "$out")" "It may be mounted: no data are at risk"
udffsck -n "$img" >"$out"
is "at most 20 problems of one kind are printed" "$(grep -c ^FIELD_ODD: "$out")" 21
like "the remaining problems of one kind are counted" "$(cat "$out")" "^FIELD_ODD: [0-9]+ more \(-v\)$"
udffsck -nv "$img" >"$out"
ok "-v prints all problems of one kind" test "$(grep -c ^FIELD_ODD: "$out")" -gt 150
ln "$tmp/tree/one" "$tmp/tree/two"
genisoimage -quiet -udf -cache-inodes -o "$img" "$tmp/tree" 2>/dev/null
udffsck -n "$img" >"$out"
like "genisoimage: hard links are two files on the same blocks" "$(cat "$out")" \
	"^CROSS_LINKED_READ_ONLY: /two, block [0-9]+, /one: "
exits "genisoimage: hard links do not stop the boot on a read-only volume" 0 udffsck -fp "$img"

# ---- udfclient ----
for block_bytes in 512 1024 2048 4096; do
	rm -f "$img"
	newfs_udf -b $block_bytes -s $((16777216 / block_bytes)) -L LABEL "$img" >/dev/null 2>&1
	exits "newfs_udf: an empty volume in blocks of $block_bytes is clean" 0 udffsck -n "$img"
done
rm -f "$img"
newfs_udf -b 2048 -s 8192 -L LABEL "$img" >/dev/null 2>&1
root=$(printf 'ls\nquit\n' | udfclient -b 2048 "$img" 2>/dev/null | sed -n 's/^d.* \([^ ]*:fileset\)$/\1/p' | head -n 1)
(cd "$tmp" && printf 'cd %s\nmkdir made\ncd made\nput tree/one\nmkdir below\ncd ..\nput tree/one\nsync\nquit\n' "$root" |
	udfclient -b 2048 -W "$img" >"$tmp/udfclient.out" 2>&1)
exits "udfclient: a volume that it wrote to is clean" 0 udffsck -n "$img"
like "udfclient: its files and directories are counted" "$(cat "$out")" "clean, [0-9]+ files?, 3 directories"
plan
