#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Large writes to udffuse: sequential data go from a pipe to the image without passing through the memory of the
# daemon, and must be stored in the right place.
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
	same "blocks of $block_size: large writes through the page cache are stored" "$mnt/copy" "$tmp/data"
	same "blocks of $block_size: large direct writes are stored" "$mnt/direct" "$tmp/data"
	same "blocks of $block_size: direct writes at odd offsets are stored" "$mnt/odd" "$tmp/data"
	same "blocks of $block_size: writes over existing data are stored" "$mnt/patched" "$tmp/patched"
	stop
	ok "blocks of $block_size: udffsck finds no problems after large writes" udffsck -n "$img"
done

# ---- with other requests in between, into free space in many pieces ----
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
same "the first of two files written at the same time has its contents" "$mnt/one" "$tmp/data"
same "the second of two files written at the same time has its contents" "$mnt/two" "$tmp/data"
for i in $(seq 1 2 599); do cmp -s -n 60000 "$mnt/pieces/$i" "$tmp/data" || echo "$i"; done >"$tmp/bad"
is "files next to the free space are unchanged" "$(cat "$tmp/bad")" ""

# ---- a writer keeps its file open while other programs read it ----
# A program that closes a descriptor of the file would have the kernel ask for its attributes: none is passed on.
fsop=$top_builddir/tests/cli/fsop
for size in 1 700 300000 9000000; do
	for how in buffered fsync; do
		coproc HOLD { exec "$fsop" write-and-hold "$mnt/held" $size $how; }
		read -r said <&"${HOLD[0]}"
		is "a writer of $size bytes, $how, keeps its file open" "$said" written
		blocks=$(stat -c %b "$mnt/held")
		ok "$size bytes, $how: the open file is not shown as a hole" test "$blocks" -gt 0
		[ $how = buffered ] ||
			ok "$size bytes: after fsync all blocks of the open file are counted" \
				test $((blocks * 512)) -ge $size
		tar -C "$mnt" -cSf "$tmp/held.tar" held
		cp --sparse=auto "$mnt/held" "$tmp/held.copy"
		tar -C "$tmp" -xSf "$tmp/held.tar"
		eval "exec ${HOLD[1]}>&-"
		wait $HOLD_PID
		[ $how = buffered ] || is "$size bytes: closing the file does not change its blocks" \
			"$(stat -c %b "$mnt/held")" "$blocks"
		ok "$size bytes, $how: tar -S stores the contents of the open file" cmp "$tmp/held" "$mnt/held"
		ok "$size bytes, $how: cp --sparse=auto copies the contents of the open file" \
			cmp "$tmp/held.copy" "$mnt/held"
		rm "$mnt/held"
	done
done

# ---- no room on the volume ----
: >"$mnt/none"
for size in 64K 1000K; do
	is "direct writes of $size to a full volume fail with ENOSPC" \
		"$(dd if=/dev/zero of="$mnt/zero" bs=$size count=2000 oflag=direct 2>&1 | grep -c 'No space left')" 1
	is "direct writes of $size before the volume was full are kept" \
		$(($(stat -c %s "$mnt/zero") > 6000000)) 1
	rm "$mnt/zero"
done
like "fsync on a full volume fails with ENOSPC" \
	"$(dd if=/dev/zero of="$mnt/zero" bs=1M count=100 conv=fsync 2>&1)" 'No space left'
sync "$mnt"
# Both are written back: data that a failed write leaves in the pipe must not go to the next file.
dd if="$tmp/data" of="$mnt/none" bs=1M count=4 conv=notrunc status=none
dd if="$tmp/data" of="$mnt/one" bs=1M count=8 skip=9 conv=notrunc status=none
sync -f "$mnt/one"
exits "fsync of a file whose data did not fit fails" 1 sync "$mnt/none"
ok "fsync of a file whose data fitted succeeds" sync "$mnt/one"
rm "$mnt/zero" "$mnt/two" "$mnt/none"
ok "a file is written after space was freed" cp "$tmp/data" "$mnt/two"
again
same "a file written after space was freed has its contents" "$mnt/two" "$tmp/data"
ok "data written while the volume was full are kept" cmp -n $((8 << 20)) "$mnt/one" "$tmp/data" 0 $((9 << 20))
stop
ok "udffsck finds no problems after the volume was full" udffsck -n "$img"

# ---- no room for the image ----
mkdir "$tmp/small"
mount -t tmpfs -o size=12M tmpfs "$tmp/small"
img=$tmp/small/v.udf
mkudffs -q --new-file --size=64M -b 2048 "$img"
start
head -c 5000000 "$tmp/data" >"$mnt/first" && sync "$mnt/first"
like "fsync fails when the filesystem of the image is full" \
	"$(dd if="$tmp/data" of="$mnt/second" bs=1M conv=fsync 2>&1)" 'No space left|Input/output'
stop
mount -o remount,size=80M "$tmp/small"
start
same "data synced before the filesystem of the image was full are kept" \
	"$mnt/first" <(head -c 5000000 "$tmp/data")
ok "a file is written after the filesystem of the image has grown" cp "$tmp/data" "$mnt/third"
again
same "a file written after the filesystem has grown has its contents" "$mnt/third" "$tmp/data"
stop
unmount "$tmp/small"

# ---- a block device ----
require /dev/loop-control
img=$tmp/v.udf
for _ in 1 2 3 4 5; do loop=$(losetup -f --show "$img" 2>"$err") && break; done
[ -n "$loop" ] && on_exit "losetup -d $loop" || fail "a loop device can be bound" "$(cat "$err")"
mounts_device() { udffuse "$loop" "$mnt"; }
ok "udffuse mounts a device" mounts_device
rm "$mnt/one" "$mnt/two"
ok "a file is written to a device" cp "$tmp/data" "$mnt/device"
unmount "$mnt" && flock "$loop" true && mounts_device
same "a file on a device keeps its contents after a new mount" "$mnt/device" "$tmp/data"
unmount "$mnt" && flock "$loop" true
plan
