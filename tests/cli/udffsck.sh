#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# udffsck: exit statuses, the lines it prints, what it says of volumes that other programs made.
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
exits "no device is bad usage" 16 udffsck
exits "two devices are bad usage" 16 udffsck a b
exits "an unknown option is bad usage" 16 udffsck --no-such-option a
for option in -y --yes -fy -yn; do
	exits "$option is refused" 16 udffsck $option "$img"
	like "$option is refused by name" "$(cat "$err")" "--yes: repair is not in this version"
done
for option in -an -np; do
	exits "$option contradicts itself" 16 udffsck $option "$img"
	like "$option is told to" "$(cat "$err")" "'(-a|--no-changes)' and '--(no-changes|preen)' exclude each other"
done
exits "--help succeeds" 0 udffsck --help
like "and names the options" "$(cat "$out")" "--json"
exits "--version succeeds" 0 udffsck --version
exits "a missing file can't be checked" 8 udffsck "$tmp/none"
like "and is named" "$(cat "$err")" "^udffsck: $tmp/none: .*No such file"

# ---- what isn't UDF ----
truncate -s 4M "$tmp/empty.img"
exits "an empty image can't be checked" 8 udffsck -n "$tmp/empty.img"
like "an empty image is said to be none" "$(cat "$err")" "not a UDF volume"
exits "nor as JSON" 8 udffsck -n --json "$tmp/empty.img"
like "which doesn't call it clean" "$(cat "$out")" '"clean": false'
mke2fs -q -F "$tmp/empty.img" 4M >/dev/null 2>&1
exits "another file system can't be checked" 8 udffsck -n "$tmp/empty.img"
like "another file system is named" "$(cat "$err")" "not a UDF volume: it holds ext2"

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
ok "ours is made" mkudffs -q --new-file --size=9M -b 32768 "$tmp/small-ours.img"
exits "and is clean, too" 0 udffsck -n "$tmp/small-ours.img"
make_image 2.01 2048
exits "an empty volume is clean" 0 udffsck -n "$img"
is "the last line tells the contents" "$(tail -n 1 "$out" | sed 's/.*: clean, //')" \
	"0 files, 1 directory, 7668 of 7672 blocks of 2048 bytes free"

# ---- volumes that this version has no code for ----
rm -f "$img"
truncate -s 16M "$img"
/usr/sbin/mkudffs -m cdr "$img" >/dev/null 2>&1
exits "a virtual partition can't be checked" 8 udffsck -n "$img"
is "which is told in one line, with the device" "$(cat "$err")" \
	"udffsck: $img: partition map 1 is virtual (VAT), which this version can't read"

# ---- damage ----
make_image 2.01 2048
cp "$img" "$tmp/good.img"
before=$(sha256sum <"$img")
bitmap=$((257 * 2048))
poke $((bitmap + 24)) ff	# the first blocks: bitmap, file set, both directories
exits "blocks in use that are marked free" 4 udffsck -n "$img"
is "are told with place and number" "$(grep -c . "$out") $(head -n 1 "$out")" \
	"3 USED_MARKED_FREE: block 0: blocks in use are marked as free (4 blocks)"
like "and what comes next is told" "$(tail -n 1 "$out")" "nothing was changed: this version does not repair"
poke $((bitmap + 24)) f0
is "the damage was only that" "$(sha256sum <"$img")" "$before"
poke $((bitmap + 24 + 100)) fc
exits "leaked blocks" 4 udffsck -n "$img"
like "are told" "$(cat "$out")" "^SPACE_LEAKED: block 800: .*\(2 blocks\)$"
like "no data are at risk then" "$(tail -n 1 "$out")" "no data are at risk"
exits "a quick check believes a closed volume" 0 udffsck "$img"
exits "-f checks whole" 4 udffsck -f "$img"
exits "--json is one object" 4 udffsck -n --json "$img"
if need "command python3"; then
	is "of valid JSON" "$(python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(d["clean"], d["warnings"], [(f["code"], f["block"], f["found"]) for f in d["findings"]])' "$out")" \
		"False 1 [('SPACE_LEAKED', 800, 2)]"
else
	skip "of valid JSON" "needs command python3"
fi
for option in -a -p --preen; do
	exits "$option believes a closed volume, too" 0 udffsck $option "$img"
	like "$option says what it is, in one line" "$(cat "$out")" "^udffsck: $img: clean, 0 files, [^\n]*free$"
done
exits "-fp checks whole; what costs space alone stops no boot" 0 udffsck -fp "$img"
like "and is told" "$(cat "$out")" "^SPACE_LEAKED: "
is "with what to do about it" "$(tail -n 1 "$out")" \
	"udffsck: $img: nothing was changed: this version does not repair. It may be mounted: no data are at risk by what was found."
poke $((bitmap + 24)) ff
exits "-fa: an error does" 4 udffsck -fa "$img"
is "and is told with what to do about it" "$(tail -n 1 "$out")" \
	"udffsck: $img: nothing was changed: this version does not repair. Copy off what you need: udf get, or udffuse -o ro; a last field of 0 in /etc/fstab keeps it from being checked at boot."
cp "$tmp/good.img" "$img"
exits "progress can go to a descriptor" 0 bash -c "udffsck -n -C 3 '$img' 3>'$tmp/progress'"
like "as e2fsck writes it" "$(head -n 1 "$tmp/progress")" "^1 2 2 $img$"
is "nothing was written to the image by all that" "$(sha256sum <"$img")" "$(sha256sum <"$tmp/good.img")"
cp "$tmp/good.img" "$tmp/rest.img"
dd if=/dev/zero of="$tmp/rest.img" bs=1k seek=32 count=32 conv=notrunc status=none
exits "a volume without recognition sequence is checked" 4 udffsck -n "$tmp/rest.img"
like "and nobody is sent to tools that refuse it" "$(tail -n 1 "$out")" "Copy off what you need: udffuse -o ro,novrs\.$"
# Remarks that nobody reads stop it half way: a pipe holds 64 KiB.
mkudffs -q --new-file --size=8M -b 512 "$tmp/late.img"
mkdir "$tmp/late" && (cd "$tmp/late" && seq 2500 | xargs touch -d 2090-01-01)
udf put "$tmp/late.img" "$tmp/late" /
mkfifo "$tmp/fifo"
udffsck -n -v "$tmp/late.img" >"$tmp/fifo" 2>"$err" &
checker=$!
exec 9<"$tmp/fifo"
ok "findings are shown while it checks" read -r -u 9
kill -TERM "$checker"
cat <&9 >"$tmp/said"
exec 9<&-
wait "$checker"
is "it ends at once when it is interrupted, with status 32" "$?" 32
like "having said so" "$(tail -n 1 "$tmp/said")" "cancelled; not checked to the end$"
is "and nothing else" "$(cat "$err")" ""

# ---- as fsck(8) calls it at boot ----
cp "$tmp/good.img" "$tmp/larger.img"
truncate -s +5M "$tmp/larger.img"
exits "an image copied to a larger device is clean" 0 udffsck -n "$tmp/larger.img"
unlike "it has all its anchors" "$(cat "$out")" "^ANCHOR_COUNT: "
cp "$tmp/good.img" "$tmp/cut.img"
truncate -s -1M "$tmp/cut.img"
exits "an image that has lost its end has too few anchors" 4 udffsck -n "$tmp/cut.img"
like "which is reported" "$(cat "$out")" "^ANCHOR_COUNT: "
exits "an image copied to a larger device stops no boot" 0 udffsck -p "$tmp/larger.img"
# What is recorded twice may be lost once.
lose() {	# NAME SECTOR N-SECTORS [WHAT]: the volume with zeros there, or WHAT
	cp "$tmp/good.img" "$img"
	if [ $# = 4 ]; then
		poke $(($2 * 2048 + 30)) $4
	else
		dd if=/dev/zero of="$img" bs=2048 seek=$2 count=$3 conv=notrunc status=none
	fi
	udffsck -n "$img" >"$out"
	like "$1: no data are at risk" "$(tail -n 1 "$out")" "It may be mounted: no data are at risk|: clean, "
	for option in -fa -fp -a; do
		exits "$1: stops no boot with $option" 0 udffsck $option "$img"
	done
	unlike "$1: nobody has to copy anything" "$(cat "$out")" "[Cc]opy off"
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
is "two of three anchors lost: the rest is found" "$(udffsck -n "$img" | grep -c ^ANCHOR_COUNT)" 1
make_image 2.01 2048 && cp "$img" "$tmp/good.img"
cp "$tmp/good.img" "$img"
poke $((260 * 2048 + 30)) a7
exits "damage to the root directory is more" 4 udffsck -fp "$img"
like "and data have to be copied" "$(tail -n 1 "$out")" "Copy off what you need"
cp "$tmp/good.img" "$img"
mkdir "$tmp/bin"
ln -s "$(ours udffsck)" "$tmp/bin/fsck.udf"
by_fsck() { PATH=$tmp/bin:$PATH fsck -t udf -T "$@"; }
is_open() { udfinfo "$1" | grep -q '^integrity=opened$'; }
if need "command fsck"; then
	exits "fsck -a passes what was closed" 0 by_fsck -a -C0 "$img"
	like "as clean" "$(cat "$out")" "^udffsck: $img: clean, "
	poke $((bitmap + 24)) ff
	exits "which is not looked at closely" 0 by_fsck -a "$img"
	exits "but for -f" 4 by_fsck -a -C0 "$img" -- -f
	poke $((bitmap + 24)) f0
	truncate -s 4M "$tmp/blank.img"
	exits "what holds no UDF can't be checked" 8 by_fsck -a "$tmp/blank.img"
	exits "repair by fsck -y is refused" 16 by_fsck -y "$img"
	echo "$img /mnt udf defaults 0 2" >"$tmp/fstab"
	exits "fsck -A passes what is in fstab" 0 env FSTAB_FILE="$tmp/fstab" PATH="$tmp/bin:$PATH" fsck -A -a -T
	like "as clean, too" "$(cat "$out")" "^udffsck: $img: clean, "
else
	skip "fsck -a passes what was closed" "needs command fsck"
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
exits "left so by a crash" 4 udffsck -n "$tmp/crash.img"
like "it is said to be" "$(cat "$out")" "^LVID_OPEN: "
like "and that no data are at risk" "$(tail -n 1 "$out")" "It may be mounted: no data are at risk"
for option in -a -p -pf; do
	exits "with $option it stops no boot" 0 udffsck $option "$tmp/crash.img"
	like "with $option it has been checked whole" "$(cat "$out")" " 0 errors, [0-9]+ warnings?; 0 files, 1 directory, "
done
same "and nothing was changed" "$tmp/crash.img" "$tmp/crashed.img"
if need "command fsck"; then
	exits "nor does it by fsck -a" 0 by_fsck -a -C0 "$tmp/crash.img"
else
	skip "nor does it by fsck -a" "needs command fsck"
fi

chmod 0444 "$img"
exits "a read-only image can be checked" 0 udffsck -n "$img"
plan
