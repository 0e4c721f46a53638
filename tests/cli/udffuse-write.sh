#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Large writes to udffuse: what comes one behind the other goes from a pipe to the image, past the daemon's
# memory, and must land where it belongs all the same.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require /dev/fuse
require mount
img=$tmp/v.udf mnt=$tmp/mnt
mkdir "$mnt"
on_exit 'umount "$mnt" 2>/dev/null || umount -l "$mnt"; umount "$tmp/small" 2>/dev/null'
start() { udffuse "$@" "$img" "$mnt" || diag "udffuse failed"; }
stop() { unmount "$mnt" && flock "$img" true; }
again() { stop; start; }

head -c 30000001 /dev/urandom >"$tmp/data"
for block_size in 512 2048 4096 32768; do
	rm -f "$img"
	mkudffs -q --new-file --size=192M -b $block_size "$img"
	start
	cp "$tmp/data" "$mnt/copy"
	dd if="$tmp/data" of="$mnt/direct" bs=1M oflag=direct status=none
	dd if="$tmp/data" of="$mnt/odd" bs=777777 oflag=direct status=none
	cp "$tmp/data" "$tmp/patched" && cp "$tmp/data" "$mnt/patched"
	for file in "$tmp/patched" "$mnt/patched"; do
		dd if="$tmp/data" of="$file" bs=1M skip=3 seek=7 count=9 conv=notrunc status=none
		dd if="$tmp/data" of="$file" bs=500001 skip=5 seek=31 count=20 conv=notrunc status=none
	done
	again
	same "blocks of $block_size: large writes through the cache" "$mnt/copy" "$tmp/data"
	same "past it" "$mnt/direct" "$tmp/data"
	same "at odd places" "$mnt/odd" "$tmp/data"
	same "over what is there" "$mnt/patched" "$tmp/patched"
	stop
	ok "udffsck -n finds nothing" udffsck -n "$img"
done

# ---- other requests in between; free space in pieces ----
rm -f "$img"
mkudffs -q --new-file --size=96M -b 2048 "$img"
start
mkdir "$mnt/pieces"
for i in $(seq 600); do head -c 60000 "$tmp/data" >"$mnt/pieces/$i"; done
rm "$mnt"/pieces/*[02468]
(while [ ! -e "$tmp/enough" ]; do ls -l "$mnt/pieces"; stat -f "$mnt"; echo x >"$mnt/small"; rm "$mnt/small"; done) >/dev/null 2>&1 &
others=$!
cp "$tmp/data" "$mnt/one" &
cp "$tmp/data" "$mnt/two" && sync "$mnt/two"
wait $!
touch "$tmp/enough"
wait $others
again
same "two files are written at once, between others' requests" "$mnt/one" "$tmp/data"
same "both of them" "$mnt/two" "$tmp/data"
for i in $(seq 1 2 599); do cmp -s -n 60000 "$mnt/pieces/$i" "$tmp/data" || echo "$i"; done >"$tmp/bad"
is "into free space between files that are unharmed" "$(cat "$tmp/bad")" ""

# ---- a writer that keeps its file open, seen by programs that have nothing to do with it ----
# A program that closes a descriptor of the file would have the kernel ask for its attributes: none is passed on.
fsop=$top_builddir/tests/cli/fsop
for size in 1 700 300000 9000000; do
	for how in buffered fsync; do
		coproc HOLD { exec "$fsop" write-and-hold "$mnt/held" $size $how; }
		read -r said <&"${HOLD[0]}"
		is "a writer of $size bytes, $how, keeps its file open" "$said" written
		blocks=$(stat -c %b "$mnt/held")
		ok "$size bytes, $how: it is not shown as a hole" test "$blocks" -gt 0
		[ $how = buffered ] ||
			ok "$size bytes: after fsync all of its blocks are counted" test $((blocks * 512)) -ge $size
		tar -C "$mnt" -cSf "$tmp/held.tar" held
		cp --sparse=auto "$mnt/held" "$tmp/held.copy"
		tar -C "$tmp" -xSf "$tmp/held.tar"
		eval "exec ${HOLD[1]}>&-"
		wait $HOLD_PID
		[ $how = buffered ] || is "$size bytes: closing the file changes nothing" "$(stat -c %b "$mnt/held")" "$blocks"
		ok "$size bytes, $how: tar -S stores what was written" cmp "$tmp/held" "$mnt/held"
		ok "$size bytes, $how: cp --sparse=auto copies what was written" cmp "$tmp/held.copy" "$mnt/held"
		rm "$mnt/held"
	done
done

# ---- no room on the volume ----
: >"$mnt/none"
for size in 64K 1000K; do
	is "a full volume is told past the cache, too: writes of $size" \
		"$(dd if=/dev/zero of="$mnt/zero" bs=$size count=2000 oflag=direct 2>&1 | grep -c 'No space left')" 1
	is "and what has been written of it is there" $(($(stat -c %s "$mnt/zero") > 6000000)) 1
	rm "$mnt/zero"
done
like "a full volume is told" "$(dd if=/dev/zero of="$mnt/zero" bs=1M count=100 conv=fsync 2>&1)" 'No space left'
sync "$mnt"
# Written back one after the other: what a write without room leaves in the pipe is not the next one's.
dd if="$tmp/data" of="$mnt/none" bs=1M count=4 conv=notrunc status=none
dd if="$tmp/data" of="$mnt/one" bs=1M count=8 skip=9 conv=notrunc status=none
sync -f "$mnt/one"
exits "a file that there is no room for fails" 1 sync "$mnt/none"
ok "one that has its room does not" sync "$mnt/one"
rm "$mnt/zero" "$mnt/two" "$mnt/none"
ok "it goes on when there is room" cp "$tmp/data" "$mnt/two"
again
same "with what it is given" "$mnt/two" "$tmp/data"
ok "as it did meanwhile" cmp -n $((8 << 20)) "$mnt/one" "$tmp/data" 0 $((9 << 20))
stop
ok "udffsck -n finds nothing" udffsck -n "$img"

# ---- no room for the image ----
mkdir "$tmp/small"
mount -t tmpfs -o size=12M tmpfs "$tmp/small"
img=$tmp/small/v.udf
mkudffs -q --new-file --size=64M -b 2048 "$img"
start
head -c 5000000 "$tmp/data" >"$mnt/first" && sync "$mnt/first"
like "the file system of the image is full: that is told" \
	"$(dd if="$tmp/data" of="$mnt/second" bs=1M conv=fsync 2>&1)" 'No space left|Input/output'
stop
mount -o remount,size=80M "$tmp/small"
start
same "what was synced before is there" "$mnt/first" <(head -c 5000000 "$tmp/data")
ok "with room for the image writing goes on" cp "$tmp/data" "$mnt/third"
again
same "and all of it is there" "$mnt/third" "$tmp/data"
stop
unmount "$tmp/small"

# ---- a block device ----
require /dev/loop-control
img=$tmp/v.udf
for _ in 1 2 3 4 5; do loop=$(losetup -f --show "$img" 2>"$err") && break; done
[ -n "$loop" ] && on_exit "losetup -d $loop" || fail "a loop device can be bound" "$(cat "$err")"
mounts_device() { udffuse "$loop" "$mnt"; }
ok "a device mounts" mounts_device
rm "$mnt/one" "$mnt/two"
ok "and is written to" cp "$tmp/data" "$mnt/device"
unmount "$mnt" && flock "$loop" true && mounts_device
same "with what it is given" "$mnt/device" "$tmp/data"
unmount "$mnt" && flock "$loop" true
plan
