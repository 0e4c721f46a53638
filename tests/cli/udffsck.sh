#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# udffsck: exit statuses, the lines that it prints, and its results for volumes of other programs.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
img=$tmp/v.img

make_image() {	# REVISION BYTES-IN-A-BLOCK [OPTION]...: an empty volume by udftools
	rm -f "$img"
	truncate -s 16M "$img"
	/usr/sbin/mkudffs -r "$1" -b "$2" "${@:3}" "$img" >"$tmp/mk.out" 2>&1
}
poke() {	# OFFSET BYTE...: change bytes of the image
	local at=$1
	shift
	printf "$(printf '\\x%s' "$@")" | dd of="$img" bs=1 seek="$at" conv=notrunc status=none
}

# ---- usage ----
exits "udffsck without a device is bad usage" 16 udffsck
exits "two devices are bad usage" 16 udffsck a b
exits "an unknown option is bad usage" 16 udffsck --no-such-option a
for option in -y --yes -fy -yn; do
	exits "$option is refused" 16 udffsck $option "$img"
	like "the message about $option says that there is no repair" \
		"$(cat "$err")" "--yes: repair is not in this version"
done
for option in -an -np; do
	exits "the options in $option exclude each other" 16 udffsck $option "$img"
	like "the message about $option names the two options" \
		"$(cat "$err")" "'(-a|--no-changes)' and '--(no-changes|preen)' exclude each other"
done
exits "--help succeeds" 0 udffsck --help
like "--help names the options" "$(cat "$out")" "--json"
exits "--version succeeds" 0 udffsck --version
exits "a missing file can't be checked" 8 udffsck "$tmp/none"
like "the message about a missing file names it" "$(cat "$err")" "^udffsck: $tmp/none: .*No such file"

# ---- images without a UDF volume ----
truncate -s 4M "$tmp/empty.img"
exits "an empty image can't be checked" 8 udffsck -n "$tmp/empty.img"
like "the message about an empty image says that it is not a UDF volume" "$(cat "$err")" "not a UDF volume"
exits "an empty image can't be checked with --json" 8 udffsck -n --json "$tmp/empty.img"
like "--json does not call an empty image clean" "$(cat "$out")" '"clean": false'
mke2fs -q -F "$tmp/empty.img" 4M >/dev/null 2>&1
exits "another filesystem can't be checked" 8 udffsck -n "$tmp/empty.img"
like "the message about another filesystem names it" "$(cat "$err")" "not a UDF volume: it holds ext2"

# ---- clean volumes of another writer ----
for revision in 1.02 1.50 2.00 2.01; do
	for block_bytes in 512 1024 2048 4096; do
		make_image $revision $block_bytes
		exits "hd $revision in blocks of $block_bytes is clean" 0 udffsck -n "$img"
	done
	for space in unalloctable freedbitmap freedtable; do
		make_image $revision 2048 --space=$space
		exits "hd $revision with $space is clean" 0 udffsck -n "$img"
	done
done
truncate -s 9M "$tmp/small.img"
/usr/sbin/mkudffs -b 32768 "$tmp/small.img" >"$tmp/mk.out" 2>&1
exits "a volume of few blocks, whose partition lies before the anchor, is clean" 0 udffsck -n "$tmp/small.img"
ok "mkudffs makes a small volume in blocks of 32768 bytes" \
	mkudffs -q --new-file --size=9M -b 32768 "$tmp/small-ours.img"
exits "a small volume of our mkudffs is clean" 0 udffsck -n "$tmp/small-ours.img"
make_image 2.01 2048
exits "an empty volume is clean" 0 udffsck -n "$img"
is "the last line counts files, directories and free blocks" "$(tail -n 1 "$out" | sed 's/.*: clean, //')" \
	"0 files, 1 directory, 7668 of 7672 blocks of 2048 bytes free"

# ---- volumes that this version cannot read ----
rm -f "$img"
truncate -s 16M "$img"
/usr/sbin/mkudffs -m cdr "$img" >/dev/null 2>&1
exits "a virtual partition can't be checked" 8 udffsck -n "$img"
is "the message about a virtual partition is one line that names the image" "$(cat "$err")" \
	"udffsck: $img: partition map 1 is virtual (VAT), which this version can't read"

# ---- damage ----
make_image 2.01 2048
cp "$img" "$tmp/good.img"
before=$(sha256sum <"$img")
bitmap=$((257 * 2048))
poke $((bitmap + 24)) ff	# the first blocks: bitmap, file set, both directories
exits "blocks in use that are marked as free are errors" 4 udffsck -n "$img"
is "the report of blocks marked as free names the first block and the count" \
	"$(grep -c . "$out") $(head -n 1 "$out")" \
	"3 USED_MARKED_FREE: block 0: blocks in use are marked as free (4 blocks)"
like "the last line says that nothing was changed" \
	"$(tail -n 1 "$out")" "nothing was changed: this version does not repair"
poke $((bitmap + 24)) f0
is "the damaged byte was the only difference" "$(sha256sum <"$img")" "$before"
poke $((bitmap + 24 + 100)) fc
exits "leaked blocks are a problem" 4 udffsck -n "$img"
like "the report of leaked blocks names the first block and the count" \
	"$(cat "$out")" "^SPACE_LEAKED: block 800: .*\(2 blocks\)$"
like "leaked blocks put no data at risk" "$(tail -n 1 "$out")" "no data are at risk"
exits "without -f a closed volume is not checked" 0 udffsck "$img"
exits "-f checks a closed volume" 4 udffsck -f "$img"
exits "--json exits with the status of the check" 4 udffsck -n --json "$img"
if need "command python3"; then
	is "--json prints one valid object with the problem" "$(python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(d["clean"], d["warnings"], [(f["code"], f["block"], f["found"]) for f in d["findings"]])' "$out")" \
		"False 1 [('SPACE_LEAKED', 800, 2)]"
else
	skip "--json prints one valid object with the problem" "needs command python3"
fi
for option in -a -p --preen; do
	exits "$option does not check a closed volume" 0 udffsck $option "$img"
	like "$option prints one line for a closed volume" \
		"$(cat "$out")" "^udffsck: $img: clean, 0 files, [^\n]*free$"
done
exits "-fp exits with 0 where only space is lost" 0 udffsck -fp "$img"
like "-fp reports leaked blocks" "$(cat "$out")" "^SPACE_LEAKED: "
is "the last line of -fp says that the volume may be mounted" "$(tail -n 1 "$out")" \
	"udffsck: $img: nothing was changed: this version does not repair. It may be mounted: no data are at risk by what was found."
poke $((bitmap + 24)) ff
exits "-fa exits with 4 on an error" 4 udffsck -fa "$img"
is "the last line of -fa says what to do about an error" "$(tail -n 1 "$out")" \
	"udffsck: $img: nothing was changed: this version does not repair. Copy off what you need: udf get, or udffuse -o ro; a last field of 0 in /etc/fstab keeps it from being checked at boot."
cp "$tmp/good.img" "$img"
exits "-C writes progress to a file descriptor" 0 bash -c "udffsck -n -C 3 '$img' 3>'$tmp/progress'"
like "progress has the form that e2fsck writes" "$(head -n 1 "$tmp/progress")" "^1 2 2 $img$"
is "udffsck does not write to the image" "$(sha256sum <"$img")" "$(sha256sum <"$tmp/good.img")"
cp "$tmp/good.img" "$tmp/rest.img"
dd if=/dev/zero of="$tmp/rest.img" bs=1k seek=32 count=32 conv=notrunc status=none
exits "a volume without a recognition sequence is checked" 4 udffsck -n "$tmp/rest.img"
like "the advice for a missing recognition sequence is a mount with novrs" \
	"$(tail -n 1 "$out")" "Copy off what you need: udffuse -o ro,novrs\.$"
# udffsck waits when nobody reads its output, because a pipe holds 64 KiB.
mkudffs -q --new-file --size=8M -b 512 "$tmp/late.img"
mkdir "$tmp/late" && (cd "$tmp/late" && seq 2500 | xargs touch -d 2090-01-01)
udf put "$tmp/late.img" "$tmp/late" /
mkfifo "$tmp/fifo"
udffsck -n -v "$tmp/late.img" >"$tmp/fifo" 2>"$err" &
checker=$!
exec 9<"$tmp/fifo"
ok "problems are printed while the check runs" read -r -u 9
kill -TERM "$checker"
cat <&9 >"$tmp/said"
exec 9<&-
wait "$checker"
is "SIGTERM ends the check with status 32" "$?" 32
like "the last line of an interrupted check says that it was cancelled" \
	"$(tail -n 1 "$tmp/said")" "cancelled; not checked to the end$"
is "an interrupted check prints nothing to standard error" "$(cat "$err")" ""

# ---- as fsck(8) calls it at boot ----
cp "$tmp/good.img" "$tmp/larger.img"
truncate -s +5M "$tmp/larger.img"
exits "an image copied to a larger device is clean" 0 udffsck -n "$tmp/larger.img"
unlike "an image copied to a larger device has enough anchors" "$(cat "$out")" "^ANCHOR_COUNT: "
cp "$tmp/good.img" "$tmp/cut.img"
truncate -s -1M "$tmp/cut.img"
exits "an image that has lost its end is a problem with -n" 4 udffsck -n "$tmp/cut.img"
like "the report says that an image without its end has too few anchors" "$(cat "$out")" "^ANCHOR_COUNT: "
exits "an image copied to a larger device does not stop the boot" 0 udffsck -p "$tmp/larger.img"
# One copy of a structure that is recorded twice may be lost.
lose() {	# NAME SECTOR N-SECTORS [BYTE]: writes zeros there, or damages the first sector with BYTE
	cp "$tmp/good.img" "$img"
	if [ $# = 4 ]; then
		poke $(($2 * 2048 + 30)) $4
	else
		dd if=/dev/zero of="$img" bs=2048 seek=$2 count=$3 conv=notrunc status=none
	fi
	udffsck -n "$img" >"$out"
	like "$1: no data are at risk" "$(tail -n 1 "$out")" "It may be mounted: no data are at risk|: clean, "
	for option in -fa -fp -a; do
		exits "$1: $option lets the boot continue" 0 udffsck $option "$img"
	done
	unlike "$1: udffsck does not advise to copy data off" "$(cat "$out")" "[Cc]opy off"
}
lose "the main sequence lost" 96 16
lose "the reserve sequence lost" 8032 16
lose "a primary volume descriptor damaged" 96 1 a7
lose "a logical volume descriptor damaged" 8033 1 a7
lose "a partition descriptor lost" 98 1
lose "the first anchor lost" 256 1
lose "the last anchor lost" 8191 1
lose "an anchor damaged" 256 1 a7
dd if=/dev/zero of="$tmp/good.img" bs=2048 seek=256 count=1 conv=notrunc status=none
lose "two of three anchors lost" 8191 1
is "two of three anchors lost: udffsck reports the number of anchors" \
	"$(udffsck -n "$img" | grep -c ^ANCHOR_COUNT)" 1
make_image 2.01 2048 && cp "$img" "$tmp/good.img"
cp "$tmp/good.img" "$img"
poke $((260 * 2048 + 30)) a7
exits "damage to the root directory stops the boot" 4 udffsck -fp "$img"
like "damage to the root directory brings the advice to copy data off" \
	"$(tail -n 1 "$out")" "Copy off what you need"
cp "$tmp/good.img" "$img"
mkdir "$tmp/bin"
ln -s "$(ours udffsck)" "$tmp/bin/fsck.udf"
by_fsck() { PATH=$tmp/bin:$PATH fsck -t udf -T "$@"; }
is_open() { udfinfo "$1" | grep -q '^integrity=opened$'; }
if need "command fsck"; then
	exits "fsck -a passes a closed volume" 0 by_fsck -a -C0 "$img"
	like "fsck -a calls a closed volume clean" "$(cat "$out")" "^udffsck: $img: clean, "
	poke $((bitmap + 24)) ff
	exits "fsck -a does not check a closed volume" 0 by_fsck -a "$img"
	exits "fsck -a with -f checks a closed volume" 4 by_fsck -a -C0 "$img" -- -f
	poke $((bitmap + 24)) f0
	truncate -s 4M "$tmp/blank.img"
	exits "fsck -a fails on an image without UDF" 8 by_fsck -a "$tmp/blank.img"
	exits "fsck -y is refused" 16 by_fsck -y "$img"
	echo "$img /mnt udf defaults 0 2" >"$tmp/fstab"
	exits "fsck -A passes a closed volume in fstab" 0 \
		env FSTAB_FILE="$tmp/fstab" PATH="$tmp/bin:$PATH" fsck -A -a -T
	like "fsck -A calls a closed volume in fstab clean" "$(cat "$out")" "^udffsck: $img: clean, "
else
	skip "fsck -a passes a closed volume" "needs command fsck"
fi
mkudffs -q --new-file --size=16M "$tmp/crash.img"
mkfifo "$tmp/data"
udf put "$tmp/crash.img" - /file <"$tmp/data" &
writer=$!
exec 9>"$tmp/data"
head -c 4M /dev/zero >&9
ok "a volume is open while it is written" wait_until 20 is_open "$tmp/crash.img"
kill -KILL "$writer"
exec 9>&-
wait "$writer" 2>/dev/null
cp "$tmp/crash.img" "$tmp/crashed.img"
exits "a volume that a crash left open is a problem with -n" 4 udffsck -n "$tmp/crash.img"
like "the report says that the volume was left open" "$(cat "$out")" "^LVID_OPEN: "
like "a volume left open puts no data at risk" "$(tail -n 1 "$out")" "It may be mounted: no data are at risk"
for option in -a -p -pf; do
	exits "$option lets the boot continue with a volume left open" 0 udffsck $option "$tmp/crash.img"
	like "$option checks a volume left open completely" \
		"$(cat "$out")" " 0 errors, [0-9]+ warnings?; 0 files, 1 directory, "
done
same "checking a volume left open does not change it" "$tmp/crash.img" "$tmp/crashed.img"
if need "command fsck"; then
	exits "fsck -a lets the boot continue with a volume left open" 0 by_fsck -a -C0 "$tmp/crash.img"
else
	skip "fsck -a lets the boot continue with a volume left open" "needs command fsck"
fi

chmod 0444 "$img"
exits "a read-only image can be checked" 0 udffsck -n "$img"
plan
