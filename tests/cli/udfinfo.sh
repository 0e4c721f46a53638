#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# udfinfo prints the lines of udftools for every volume that other programs make (doc/ONDISK.md gives the
# reason for each difference), and clear messages about everything else.
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
as_peer() {	# NAME [OPTION]...: our udfinfo and that of udftools print the same lines about $img
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
		same "udfinfo prints the lines of udftools: $type $revision, blocks of 512 to 32768 bytes" \
			"$tmp/ours" "$tmp/peers"
	done
done
is "volumes of all seven block sizes were compared" "$(grep -c ^blocksize= "$tmp/ours")" 7

for option in --space=unalloctable --space=freedbitmap --space=freedtable --read-only --ad=long --noefe \
	--strategy=4096 --bootarea=mbr --packetlen=32 "--owner=A --organization=B --contact=C"; do
	# shellcheck disable=SC2086 # several options
	hd $option
	as_peer "udfinfo prints the lines of udftools: $option"
done

# ---- volumes of others ----
mkdir "$tmp/d" && echo hello >"$tmp/d/hello.txt"
if need "command genisoimage"; then
	genisoimage -quiet -udf -o "$img" "$tmp/d" 2>/dev/null
	as_peer "udfinfo prints the lines of udftools: a bridge disc"
else
	skip "udfinfo prints the lines of udftools: a bridge disc" "needs command genisoimage"
fi
if need "command newfs_udf"; then
	for bytes in 512 2048; do
		rm -f "$img"
		newfs_udf -b $bytes -s 5000 -L LABEL "$img" >"$tmp/mk.out" 2>&1
		as_peer "udfinfo prints the lines of udftools: a volume of udfclient, blocks of $bytes bytes"
	done
else
	skip "udfinfo prints the lines of udftools: a volume of udfclient" "needs command newfs_udf"
fi

# ---- virtual partitions are not read, but everything else is shown ----
for type in cdr dvdr bdr; do
	make_image $type "$([ $type = bdr ] && echo 2.50 || echo 2.01)" 2048
	udfinfo "$img" 2>"$err" | grep -Ev '^(fsid|winserialnum|usedblocks|freeblocks|integrity)=' >"$tmp/ours"
	/usr/bin/udfinfo "$img" 2>/dev/null |
		grep -Ev '^(fsid|winserialnum|usedblocks|freeblocks|integrity|vatblock)=' >"$tmp/peers"
	same "udfinfo prints the lines of udftools: $type, without what the virtual partition holds" \
		"$tmp/ours" "$tmp/peers"
	like "a warning says that the partition of $type media is virtual" \
		"$(cat "$err")" "partition map 1 is virtual"
done

# ---- texts ----
hd -l "déjà"
as_peer "udfinfo prints the lines of udftools: a label with --utf8" --utf8
as_peer "udfinfo prints the lines of udftools: a label with --locale" --locale
LC_ALL=C as_peer "udfinfo prints the lines of udftools: a label that the locale can't show"
is "--u8 prints a label in Latin-1" "$(line label --u8 | od -An -tx1 | tr -d ' \n')" 64e96ae00a
is "--u16 prints a label in UTF-16" "$(line label --u16 | od -An -tx1 | tr -d ' \n')" 006400e9006a00e00a
hd -l "日本😀"
as_peer "udfinfo prints the lines of udftools: a label of wide characters" --utf8
is "--u8 prints wide characters as question marks" "$(line label --u8)" "???"
is "--u16 prints wide characters in UTF-16" "$(line label --u16 | od -An -tx1 | tr -d ' \n')" 65e5672cd83dde000a

for text in 0123456789abcdef 0123456789ABCDEFxyz 01234567XYZ 01234567 0123456 ghijklmnopqrstuvw \
	0123456789abcdeg déjàdéjàdéjàdéjà 0123456é 01234567éèabc 日本 日本ab 日本abcdefghijkl "012345678 abcdef"; do
	make_image hd 2.01 2048 --fullvsid="$text"
	as_peer "udfinfo prints the lines of udftools: uuid and vsid of '$text'" --utf8
done

# ---- a file smaller than one block of the given size ----
for n in 0 1 600; do
	head -c $n /dev/zero >"$tmp/tiny"
	exits "-b 2048 fails on a file of $n bytes" 1 udfinfo -b 2048 "$tmp/tiny"
	is "the message about a file of $n bytes says that it is smaller than a block" "$(cat "$err")" \
		"udfinfo: $tmp/tiny: no UDF volume with blocks of 2048 bytes: it is smaller than one of them"
done

# ---- damage ----
hd
zero 256 1
as_peer "udfinfo prints the lines of udftools: without the first anchor"
hd
zero 2999 1
as_peer "udfinfo prints the lines of udftools: without the last anchor"
hd
zero 96 16
as_peer "udfinfo prints the lines of udftools: without the main sequence"
like "a warning says that the main sequence is damaged" \
	"$(cat "$tmp/ours.err")" "warning: main descriptor sequence is damaged"
hd
zero 2983 16
as_peer "udfinfo prints the lines of udftools: without the reserve sequence"
hd
zero 128 2
as_peer "udfinfo prints the lines of udftools: without an integrity descriptor, free blocks from the bitmap"
like "a warning says that there is no integrity descriptor" \
	"$(cat "$tmp/ours.err")" "warning: no integrity descriptor"
hd --space=unalloctable
zero 128 2
as_peer "udfinfo prints the lines of udftools: without an integrity descriptor, free blocks from the table"
hd
zero 258 1
as_peer "udfinfo prints the lines of udftools: without a file set descriptor"
like "a warning says that there is no file set descriptor" \
	"$(cat "$tmp/ours.err")" "warning: no file set descriptor"

hd
truncate -s 8M "$img"
as_peer "udfinfo prints the lines of udftools: in a larger image"
as_peer "udfinfo prints the lines of udftools: in a larger image with --lastblock" --lastblock=2999
is "blocks after the volume are counted" "$(line behindblocks --lastblock=2999)" 1096
hd
truncate -s 5M "$img"
as_peer "udfinfo prints the lines of udftools: in a truncated image"
hd
as_peer "udfinfo prints the lines of udftools: --blocksize=2048" --blocksize=2048
as_peer "udfinfo prints the lines of udftools: -b 2048" -b 2048

# ---- a session that begins later ----
cp "$img" "$tmp/first.img"
truncate -s $((8000 * 2048)) "$img"
/usr/sbin/mkudffs -b 2048 --startblock=4000 -l SECOND "$img" >"$tmp/mk.out" 2>&1
as_peer "udfinfo prints the lines of udftools: a later session" --startblock=4000
is "--startblock selects the start of a later session" "$(line startblock --startblock=4000)" 4000
is "--startblock shows the label of a later session" "$(line label --startblock=4000)" SECOND

# ---- JSON ----
hd -l 'A "quoted" label'
if need "command jq"; then
	ok "--json prints valid JSON" jq -e . <(udfinfo --json "$img")
	is "--json prints the label with its quotes" \
		"$(udfinfo --json "$img" | jq -r .label)" 'A "quoted" label'
	is "--json prints sizes as numbers" \
		"$(udfinfo --json "$img" | jq '.block_size * .blocks')" $((2048 * 3000))
	is "--json prints the same areas as the lines" \
		"$(udfinfo --json "$img" | jq -r '.extents[] | "start=\(.start), blocks=\(.blocks), type=\(.type)"')" \
		"$(udfinfo "$img" | grep ^start=)"
	is "--json has the keys of the lines, with underscores between their words" \
		"$(udfinfo --json "$img" | jq -r 'keys_unsorted[]' | grep -Ev '^(start_block|last_block|extents)$' | tr -d _)" \
		"$(udfinfo "$img" | sed -n 's/^\([a-z]*\)=.*/\1/p' | grep -v '^start$')"
	is "--json has underscores in the names of several words" "$(udfinfo --json "$img" | jq -r 'keys_unsorted[]' | grep _ | paste -sd ' ')" \
		"full_vsid app_id imp_id win_serial_num block_size used_blocks free_blocks behind_blocks num_files num_dirs \
udf_rev udf_write_rev start_block last_block access_type soft_write_protect hard_write_protect"
	is "udflabel, mkudffs and udffsck have the same names in their JSON" \
		"$({ udflabel --json "$img"; mkudffs -n --json "$tmp/none.img" 4000; udffsck -n --json "$img"; } |
			jq -r 'keys_unsorted[]' | sort -u | grep -vxFf <(udfinfo --json "$img" | jq -r 'keys_unsorted[]') |
			paste -sd ' ')" "cancelled changed checked clean errors findings media_type remarks warnings written"
else
	skip "--json prints valid JSON" "needs command jq"
fi

# ---- descriptors ----
hd -l LABEL
ok "-v succeeds" udfinfo -v "$img"
is "-v finds nothing wrong with a new volume" "$(cat "$err")" ""
is "-v shows every descriptor (PVD LVD PD USD IUVD TD, twice)" \
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
is "-v shows the fields of a descriptor" "$(grep -c '^.VolumeIdentifier: LABEL$' "$out")" 2
is "-v shows the tables after the fields of a descriptor" "$(grep -A1 SizeTable "$out")" "	SizeTable
		-: 2720"
if need "command jq"; then
	is "-v --json prints the fields of a descriptor" \
		"$(udfinfo -v --json "$img" | jq '.descriptors | map(select(.sector == 98)) | .[0].PartitionLength')" 2720
else
	skip "-v --json prints the fields of a descriptor" "needs command jq"
fi
printf X | dd of="$img" bs=1 seek=$((96 * 2048 + 30)) conv=notrunc status=none
ok "-v on a damaged volume succeeds" udfinfo -v "$img"
like "-v warns of a damaged descriptor and names its sector" "$(cat "$err")" "sector 96: .*CRC is wrong"

# ---- usage and failures ----
exits "--help succeeds" 0 udfinfo --help
like "--help names the options" "$(cat "$out")" "--blocksize"
exits "-h prints the help" 0 udfinfo -h
exits "--version succeeds" 0 udfinfo --version
exits "udfinfo without a device is bad usage" 1 udfinfo
exits "two devices are bad usage" 1 udfinfo "$img" "$img"
exits "an unknown option is bad usage" 1 udfinfo --no-such "$img"
for value in 0 511 1000 65536 x -1; do
	exits "a block size of $value is bad usage" 1 udfinfo --blocksize=$value "$img"
done
exits "two encodings are bad usage" 1 udfinfo --u8 --utf8 "$img"
exits "--vatblock is refused" 1 udfinfo --vatblock=5 "$img"
like "the message about --vatblock says that virtual partitions can't be used" \
	"$(cat "$err")" "virtual partitions can't be used"
exits "a wrong block size is an error" 1 udfinfo -b 512 "$img"
like "the message about a wrong block size names it" "$(cat "$err")" "no UDF volume with blocks of 512 bytes"
exits "a missing file is an error" 1 udfinfo "$tmp/none"
like "the message about a missing file names it" "$(cat "$err")" "^udfinfo: $tmp/none: .*No such file"
exits "a directory is an error" 1 udfinfo "$tmp"
truncate -s 4M "$tmp/empty"
exits "an empty image is an error" 1 udfinfo "$tmp/empty"
is "udfinfo prints nothing about an empty image" "$(cat "$out")" ""
like "the message says that an empty image is empty" "$(cat "$err")" "not a UDF volume: it is empty"
if need "command mke2fs"; then
	mke2fs -q -F "$tmp/empty" >/dev/null 2>&1
	exits "another filesystem is an error" 1 udfinfo "$tmp/empty"
	like "the message about another filesystem names it" "$(cat "$err")" "ext2"
else
	skip "another filesystem is an error" "needs command mke2fs"
fi
# ---- ISO 9660, as others make and read it; an image without UDF ----
if need "command genisoimage" && need "command isoinfo" && need "command jq"; then
	genisoimage -quiet -V 'Two words' -b hello.txt -no-emul-boot -o "$img" "$tmp/d" 2>/dev/null
	blocks=$(isoinfo -d -i "$img" | sed -n 's/^Volume size is: //p')
	exits "an ISO 9660 image has no UDF volume" 1 udfinfo "$img"
	is "nothing about it is printed where the lines of a volume would be" "$(cat "$out")" ""
	like "a message gives its label and its size" "$(cat "$err")" \
		"^udfinfo: $img: ISO 9660 volume 'Two words': $blocks blocks of 2048 bytes \\("
	exits "--json of it ends with the same status" 1 udfinfo --json "$img"
	is "--json has its label and size, and no label of UDF" \
		"$(jq -r '[.label, .iso9660.label, .iso9660.blocks, .iso9660.missing_blocks] | join(" ")' "$out")" \
		" Two words $blocks 0"
	truncate -s 100K "$img"
	udfinfo "$img" 2>"$err"
	like "an image that is cut off is called so" "$(cat "$err")" \
		"cut off: the last $((blocks - 50)) of these blocks"
	poke() { printf "%b" "$2" | dd of="$img" bs=1 seek=$((16 * 2048 + $1)) conv=notrunc status=none; }
	poke 80 '\xff\xff\xff\xff'
	is "a size that can't be is shown as recorded" \
		"$(udfinfo --json "$img" 2>"$err" | jq '.iso9660 | .blocks - .missing_blocks')" 50
	poke 40 '\x01"\xff'
	is "--json stays valid with any bytes in the label" \
		"$(udfinfo --json "$img" 2>"$err" | jq -r .iso9660.label | od -An -tx1 -N5)" " 01 22 ef bf bd"
	poke 128 '\0\0'
	exits "a block size of 0 is an error" 1 udfinfo --json "$img"
	is "nothing is printed for a block size of 0" "$(cat "$out")" ""
	poke 128 '\0\x08'
	poke 0 '\x02'
	exits "descriptors without a primary one are an error" 1 udfinfo --json "$img"
	is "nothing is printed for descriptors without a primary one" "$(cat "$out")" ""
else
	skip "an ISO 9660 image has no UDF volume" "needs genisoimage, isoinfo and jq"
fi
hd
zero 16 3
exits "a volume without a recognition sequence is an error" 1 udfinfo "$img"
like "a volume without a recognition sequence is called a damaged UDF volume" "$(cat "$err")" \
	"^udfinfo: $img: a damaged UDF volume 'LinuxUDF': it has lost its recognition sequence, and still has its anchors"
hd
zero 97 1
zero 2984 1
exits "a volume without a logical volume descriptor is an error" 1 udfinfo "$img"
like "the message about a damaged volume names udffsck" \
	"$(cat "$err")" "a damaged UDF volume: it has lost its descriptor sequences.*'udffsck -n $img' reports more"
exits "output that can't be written is an error" 1 bash -c 'udfinfo "$1" >/dev/full' - "$tmp/first.img"

sum=$(cksum <"$tmp/first.img")
udfinfo -v "$tmp/first.img" >/dev/null 2>&1
is "udfinfo does not write to the image" "$(cksum <"$tmp/first.img")" "$sum"
plan
