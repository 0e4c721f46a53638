#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lib/medium and the file layer on block devices: sizes, sectors, discard.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
helper=$top_builddir/tests/cli/bio_helper
img=$tmp/image

exits "a character device is refused" 1 "$helper" /dev/full rw 0
is "the message says that a character device is neither an image nor a block device" \
	"$(cat "$err")" "helper: /dev/full: neither an image file nor a block device: not supported"

require mount
require /dev/loop-control
attach() {	# FILE OPTION...: $loop
	local i
	for i in 1 2 3 4 5; do
		loop=$(losetup "${@:2}" -f --show "$1" 2>"$err") && break
	done
	[ -n "$loop" ] && on_exit "losetup -d $loop"
}
read_ops() { "$helper" "$1" ro 0 "${@:2}"; }

truncate -s $((4 * 1024 * 1024 + 300)) "$img"
attach "$img" || { fail "a loop device can be bound" "$(cat "$err")"; plan; }
first=$loop
is "a device has blocks of its sector size" "$(read_ops "$first" geometry)" "512 8192 device 512"
is "a device has blocks of the given size" "$("$helper" "$first" rw 2048 geometry)" "2048 2048 device 512"
ok "blocks are written to a device" "$helper" "$first" rw 2048 write 1000 7 65 flush
is "blocks are written to the right place" \
	"$(tail -c +$((1000 * 2048)) "$img" | head -c $((7 * 2048 + 2)) | tr '\0' . |
	sed 's/A\{14336\}/<A>/')" ".<A>."
is "blocks are read back with another block size" "$(read_ops "$first" read 4000 read 4027 read 4028)" "65
65
0"
exits "a write beyond the end of a device is refused" 1 "$helper" "$first" rw 512 write 8191 2 1
like "the message says that the write is out of range" "$(cat "$err")" "write: number or address out of range"

before=$(stat -c %b "$img")
ok "a range of a device can be discarded" "$helper" "$first" rw 2048 discard 1000 6
is "a discarded block is zero and its neighbour is unchanged" "$(read_ops "$first" read 4023 read 4024)" "0
65"
diag "allocated sectors of the image before $before, after $(stat -c %b "$img")"

truncate -s 1M "$tmp/image4k"
if attach "$tmp/image4k" --sector-size 4096; then
	is "a device with sectors of 4096 bytes has blocks of 4096 bytes" \
		"$(read_ops "$loop" geometry)" "4096 256 device 4096"
	ok "blocks of 512 bytes can be written to sectors of 4096 bytes" \
		"$helper" "$loop" rw 512 write 17 1 66 flush
	is "a write of 512 bytes leaves its neighbours in the sector unchanged" \
		"$("$helper" "$loop" ro 512 read 16 read 17 read 18)" "0
66
0"
else
	fail "a loop device with sectors of 4096 can be bound" "$(cat "$err")"
fi

if attach "$img" -r; then
	exits "a write-protected device can't be opened for writing" 1 "$helper" "$loop" rw 0
	like "the message gives the reason of the kernel for a write-protected device" \
		"$(cat "$err")" "^helper: $loop: cannot open: (Permission denied|Read-only file system|Operation not permitted)$"
	ok "a write-protected device can be read" read_ops "$loop" read 0
	exits "a write to a device opened for reading is refused" 1 "$helper" "$loop" ro 0 write 0 1 1
else
	fail "a write-protected loop device can be bound" "$(cat "$err")"
fi
plan
