#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# udfinfo: the same lines as udftools' for every volume that other programs make (where they differ,
# doc/ONDISK.md says why), and what it says of everything else.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require "command /usr/bin/udfinfo"
img=$tmp/v.img
uuid=0123456789abcdef

make_image() {	# TYPE REVISION BLOCK-BYTES [OPTION]...: an empty volume of 3000 blocks by udftools
	rm -f "$img"
	/usr/sbin/mkudffs --utf8 -m "$1" -r "$2" -b "$3" "${@:4}" --new-file "$img" 3000 >"$tmp/mk.out" 2>&1
}
hd() { make_image hd 2.01 2048 --uuid=$uuid "$@"; }
zero() {	# SECTOR COUNT: zeros into sectors of 2048 bytes
	dd if=/dev/zero of="$img" bs=2048 seek="$1" count="$2" conv=notrunc status=none
}
as_peer() {	# NAME [OPTION]...: both print the same on $img
	local name=$1
	shift
	udfinfo "$@" "$img" >"$tmp/ours" 2>"$tmp/ours.err"
	/usr/bin/udfinfo "$@" "$img" >"$tmp/peers" 2>"$tmp/peers.err"
	[ -s "$tmp/ours" ] || { fail "$name" "nothing printed: $(cat "$tmp/ours.err")"; return; }
	same "$name" "$tmp/ours" "$tmp/peers"
}
line() { udfinfo "${@:2}" "$img" 2>/dev/null | sed -n "s/^$1=//p"; }

# ---- volumes of udftools ----
for type in hd dvd dvdram cd mo worm dvdrw cdrw; do
	for revision in 1.01 1.02 1.50 2.00 2.01; do
		make_image $type $revision 2048 || continue	# sparable volumes begin with 1.50
		: >"$tmp/ours" >"$tmp/peers"
		for ((bytes = 512; bytes <= 32768; bytes *= 2)); do
			make_image $type $revision $bytes || continue
			udfinfo "$img" >>"$tmp/ours" 2>"$tmp/ours.err"
			/usr/bin/udfinfo "$img" >>"$tmp/peers" 2>"$tmp/peers.err"
		done
		same "$type $revision, blocks of 512 to 32768 bytes: as udftools" "$tmp/ours" "$tmp/peers"
	done
done
is "the sizes were looked at" "$(grep -c ^blocksize= "$tmp/ours")" 7

for option in --space=unalloctable --space=freedbitmap --space=freedtable --read-only --ad=long --noefe \
	--strategy=4096 --bootarea=mbr --packetlen=32 "--owner=A --organization=B --contact=C"; do
	# shellcheck disable=SC2086 # several options
	hd $option
	as_peer "with $option: as udftools"
done

# ---- volumes of others ----
mkdir "$tmp/d" && echo hello >"$tmp/d/hello.txt"
if need "command genisoimage"; then
	genisoimage -quiet -udf -o "$img" "$tmp/d" 2>/dev/null
	as_peer "a bridge disc: as udftools"
else
	skip "a bridge disc: as udftools" "needs command genisoimage"
fi
if need "command newfs_udf"; then
	for bytes in 512 2048; do
		rm -f "$img"
		newfs_udf -b $bytes -s 5000 -L LABEL "$img" >"$tmp/mk.out" 2>&1
		as_peer "a volume of udfclient, blocks of $bytes bytes: as udftools"
	done
else
	skip "a volume of udfclient: as udftools" "needs command newfs_udf"
fi

# ---- what is not read: everything else is shown ----
for type in cdr dvdr bdr; do
	make_image $type "$([ $type = bdr ] && echo 2.50 || echo 2.01)" 2048
	udfinfo "$img" 2>"$err" | grep -Ev '^(fsid|winserialnum|usedblocks|freeblocks|integrity)=' >"$tmp/ours"
	/usr/bin/udfinfo "$img" 2>/dev/null |
		grep -Ev '^(fsid|winserialnum|usedblocks|freeblocks|integrity|vatblock)=' >"$tmp/peers"
	same "$type: as udftools but for what the virtual partition holds" "$tmp/ours" "$tmp/peers"
	like "$type: what is not read is named" "$(cat "$err")" "partition map 1 is virtual"
done

# ---- texts ----
hd -l "déjà"
as_peer "a label in UTF-8" --utf8
as_peer "a label in the locale's encoding" --locale
LC_ALL=C as_peer "a label that the locale can't show"
is "a label in Latin-1" "$(line label --u8 | od -An -tx1 | tr -d ' \n')" 64e96ae00a
is "a label in UTF-16" "$(line label --u16 | od -An -tx1 | tr -d ' \n')" 006400e9006a00e00a
hd -l "日本😀"
as_peer "a label of wide characters" --utf8
is "wide characters in Latin-1 are question marks" "$(line label --u8)" "???"
is "wide characters in UTF-16" "$(line label --u16 | od -An -tx1 | tr -d ' \n')" 65e5672cd83dde000a

for text in 0123456789abcdef 0123456789ABCDEFxyz 01234567XYZ 01234567 0123456 ghijklmnopqrstuvw \
	0123456789abcdeg déjàdéjàdéjàdéjà 0123456é 01234567éèabc 日本 日本ab 日本abcdefghijkl "012345678 abcdef"; do
	make_image hd 2.01 2048 --fullvsid="$text"
	as_peer "uuid and vsid of '$text': as udftools" --utf8
done

# ---- a file smaller than one of the blocks that are asked for ----
for n in 0 1 600; do
	head -c $n /dev/zero >"$tmp/tiny"
	exits "no block of 2048 bytes in $n" 1 udfinfo -b 2048 "$tmp/tiny"
	is "no volume is what it is: $n" "$(cat "$err")" \
		"udfinfo: $tmp/tiny: no UDF volume with blocks of 2048 bytes: it is smaller than one of them"
done

# ---- damage ----
hd
zero 256 1
as_peer "without the first anchor: as udftools"
hd
zero 2999 1
as_peer "without the last anchor: as udftools"
hd
zero 96 16
as_peer "without the main sequence: as udftools"
like "and a warning says so" "$(cat "$tmp/ours.err")" "warning: main descriptor sequence is damaged"
hd
zero 2983 16
as_peer "without the reserve sequence: as udftools"
hd
zero 128 2
as_peer "without integrity descriptor the bitmap is counted: as udftools"
like "and a warning says so" "$(cat "$tmp/ours.err")" "warning: no integrity descriptor"
hd --space=unalloctable
zero 128 2
as_peer "without integrity descriptor the table is counted: as udftools"
hd
zero 258 1
as_peer "without file set: as udftools"
like "and a warning says so" "$(cat "$tmp/ours.err")" "warning: no file set descriptor"

hd
truncate -s 8M "$img"
as_peer "in a larger image: as udftools"
as_peer "in a larger image with the last block given: as udftools" --lastblock=2999
is "blocks behind the volume are counted" "$(line behindblocks --lastblock=2999)" 1096
hd
truncate -s 5M "$img"
as_peer "in a truncated image: as udftools"
hd
as_peer "with the block size given: as udftools" --blocksize=2048
as_peer "with the block size given in short: as udftools" -b 2048

# ---- a session that begins later ----
cp "$img" "$tmp/first.img"
truncate -s $((8000 * 2048)) "$img"
/usr/sbin/mkudffs -b 2048 --startblock=4000 -l SECOND "$img" >"$tmp/mk.out" 2>&1
as_peer "a later session: as udftools" --startblock=4000
is "a later session is named" "$(line startblock --startblock=4000)" 4000
is "it is the volume of that session" "$(line label --startblock=4000)" SECOND

# ---- JSON ----
hd -l 'A "quoted" label'
if need "command jq"; then
	ok "JSON is valid" jq -e . <(udfinfo --json "$img")
	is "JSON has the label" "$(udfinfo --json "$img" | jq -r .label)" 'A "quoted" label'
	is "JSON has numbers" "$(udfinfo --json "$img" | jq '.blocksize * .blocks')" $((2048 * 3000))
	is "JSON has the areas" "$(udfinfo --json "$img" | jq -r '.extents[] | "start=\(.start), blocks=\(.blocks), type=\(.type)"')" \
		"$(udfinfo "$img" | grep ^start=)"
	is "JSON has the keys of the lines" \
		"$(udfinfo --json "$img" | jq -r 'keys_unsorted[]' | grep -Ev '^(startblock|lastblock|extents)$')" \
		"$(udfinfo "$img" | sed -n 's/^\([a-z]*\)=.*/\1/p' | grep -v '^start$')"
else
	skip "JSON" "needs command jq"
fi

# ---- descriptors ----
hd -l LABEL
ok "-v succeeds" udfinfo -v "$img"
is "and finds nothing wrong" "$(cat "$err")" ""
is "and shows every descriptor (PVD LVD PD USD IUVD TD, twice)" \
	"$(sed -n 's/^\(sector\|block\) \([0-9]*\): /\2 /p' "$out")" \
	"16 Volume Structure Descriptor
17 Volume Structure Descriptor
18 Volume Structure Descriptor
256 Anchor Volume Descriptor Pointer
2999 Anchor Volume Descriptor Pointer
96 Primary Volume Descriptor
97 Logical Volume Descriptor
98 Partition Descriptor
99 Unallocated Space Descriptor
100 Implementation Use Volume Descriptor
101 Terminating Descriptor
2983 Primary Volume Descriptor
2984 Logical Volume Descriptor
2985 Partition Descriptor
2986 Unallocated Space Descriptor
2987 Implementation Use Volume Descriptor
2988 Terminating Descriptor
128 Logical Volume Integrity Descriptor
1 File Set Descriptor"
is "with its fields" "$(grep -c '^.VolumeIdentifier: LABEL$' "$out")" 2
is "and what lies behind them" "$(grep -A1 SizeTable "$out")" "	SizeTable
		-: 2720"
if need "command jq"; then
	is "-v and JSON" "$(udfinfo -v --json "$img" | jq '.descriptors | map(select(.sector == 98)) | .[0].PartitionLength')" 2720
else
	skip "-v and JSON" "needs command jq"
fi
printf X | dd of="$img" bs=1 seek=$((96 * 2048 + 30)) conv=notrunc status=none
ok "-v on a damaged volume succeeds" udfinfo -v "$img"
like "and says what is wrong, and where" "$(cat "$err")" "sector 96: .*CRC is wrong"

# ---- usage and failures ----
exits "--help succeeds" 0 udfinfo --help
like "and names the options" "$(cat "$out")" "--blocksize"
exits "-h is --help" 0 udfinfo -h
exits "--version succeeds" 0 udfinfo --version
exits "no device is bad usage" 1 udfinfo
exits "two devices are bad usage" 1 udfinfo "$img" "$img"
exits "an unknown option is bad usage" 1 udfinfo --no-such "$img"
for value in 0 511 1000 65536 x -1; do
	exits "no block size: $value" 1 udfinfo --blocksize=$value "$img"
done
exits "two encodings are bad usage" 1 udfinfo --u8 --utf8 "$img"
exits "--vatblock is refused" 1 udfinfo --vatblock=5 "$img"
like "by name" "$(cat "$err")" "virtual partitions can't be read"
exits "a wrong block size fails" 1 udfinfo -b 512 "$img"
like "and is named" "$(cat "$err")" "no UDF volume with blocks of 512 bytes"
exits "a missing file fails" 1 udfinfo "$tmp/none"
like "and is named" "$(cat "$err")" "^udfinfo: $tmp/none: .*No such file"
exits "a directory fails" 1 udfinfo "$tmp"
truncate -s 4M "$tmp/empty"
exits "an empty image fails" 1 udfinfo "$tmp/empty"
is "and prints nothing" "$(cat "$out")" ""
like "and says what it isn't" "$(cat "$err")" "not a UDF volume: it is empty"
if need "command mke2fs"; then
	mke2fs -q -F "$tmp/empty" >/dev/null 2>&1
	exits "another file system fails" 1 udfinfo "$tmp/empty"
	like "and is named" "$(cat "$err")" "ext2"
else
	skip "another file system fails" "needs command mke2fs"
fi
hd
zero 16 3
exits "anchors without recognition sequence fail" 1 udfinfo "$img"
like "and are called a damaged volume" "$(cat "$err")" \
	"^udfinfo: $img: a damaged UDF volume 'LinuxUDF': it has lost its recognition sequence, and still has its anchors"
hd
zero 97 1
zero 2984 1
exits "a volume without logical volume descriptor fails" 1 udfinfo "$img"
like "and the check is named" "$(cat "$err")" "a damaged UDF volume: it has lost its descriptor sequences.*'udffsck -n $img' reports more"
exits "output that can't be written fails" 1 bash -c 'udfinfo "$1" >/dev/full' - "$tmp/first.img"

sum=$(cksum <"$tmp/first.img")
udfinfo -v "$tmp/first.img" >/dev/null 2>&1
is "the image is not written" "$(cksum <"$tmp/first.img")" "$sum"
plan
