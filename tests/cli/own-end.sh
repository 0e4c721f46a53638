#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A volume that ends before its device is checked by its own end.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
img=$tmp/image

clean() {	# NAME: $img is
	exits "$1 is clean" 0 udffsck -n "$img"
	is "$1 has no problems" "$(grep -E '^[A-Z_]+:' "$out")" ""
}
for kind in "hd 512" "hd 2048" "hd 4096" "dvdram 2048" "dvd 2048" "cd 2048" "mo 2048" "worm 512"; do
	read -r media block <<<"$kind"
	rm -f "$img"
	truncate -s 100M "$img"
	ok "mkudffs makes a smaller volume in an image ($kind)" mkudffs -q -m "$media" -b "$block" --size=33M "$img"
	clean "a volume that ends before its image ($kind)"
done

mkudffs -q -l small --size=32M "$tmp/small"
udf mkdir "$tmp/small" /a
rm -f "$img"
truncate -s 200M "$img"
dd if="$tmp/small" of="$img" conv=notrunc status=none
clean "an image that was copied to a larger stick"
ok "an image on a larger stick can be written to" udf mkdir "$img" /b
clean "an image that was written there"

# The stick held another volume, whose anchors are still at its end.
rm -f "$img"
mkudffs -q -l large --size=200M "$img"
dd if="$tmp/small" of="$img" conv=notrunc status=none
clean "an image that was copied over a larger volume"
is "udf ls reads an image that was copied over a larger volume" "$(udf ls "$img")" a

# What is wrong at its own end is still found.
last=$((32 * 1024 * 1024 / 512 - 1))
for lsn in $last $((last - 256)); do
	dd if=/dev/zero of="$img" bs=512 seek=$lsn count=1 conv=notrunc status=none
done
exits "a volume that has lost both anchors at its end has problems" 4 udffsck -n "$img"
like "udffsck reports the lost anchors at the end of the volume" "$(cat "$out")" "ANCHOR"

if need mount && need /dev/loop-control; then
	truncate -s 64M "$tmp/device"
	loop=$(losetup -f --show "$tmp/device") && on_exit "losetup -d $loop"
	ok "mkudffs makes a smaller volume on a device" mkudffs -q --size=16M "$loop"
	exits "a smaller volume on a device is clean" 0 udffsck -n "$loop"
else
	skip "mkudffs makes a smaller volume on a device" "needs /dev/loop-control"
fi
plan
