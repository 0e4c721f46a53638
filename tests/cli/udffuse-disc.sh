#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# udffuse on discs in simulated drives: from a disc to files and back, the drive's button, a disc that is taken out, a
# power cut.
# A mount namespace of its own: other tests that start meanwhile would copy these mounts and keep them.
[ -n "${own_mounts-}" ] || ! unshare -m true 2>/dev/null || own_mounts=1 exec unshare -m --propagation private bash "$0"
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require /dev/fuse
require mount
cd "$tmp" || exit 1
mnt=$tmp/mnt
mkdir "$mnt"
on_exit 'umount "$mnt" || umount -l "$mnt"'

disc() { rm -f d.disc*; mmcsim create "$@" d.disc >/dev/null; }
# begin: mounts sim:d.disc in the foreground, with its messages in "log"
begin() {
	udffuse -f sim:d.disc "$mnt" 2>log &
	server=$!
	wait_until 20 mountpoint -q "$mnt"
}
# ended: waits until the server has ended; its exit status
ended() { gone $server 20 && wait $server; }
fill() { cp -r "$top_srcdir/lib/base" "$mnt/tree" && head -c 3000000 /dev/urandom >data && cp data "$mnt/data"; }
holds() { diff -r "$top_srcdir/lib/base" "$mnt/tree" && cmp data "$mnt/data"; }
# press: the button; the drive hears of it with its next command
press() { mmcsim eject d.disc "$@" >/dev/null 2>&1; }
tray_is() { mmcsim show d.disc | grep -q "^drive: .*$1"; }

# ---- each kind of disc, in the background and by a relative name ----
for media in dvd-ram cd-rw; do
	disc --media=$media
	if [ $media = cd-rw ]; then
		ok "$media: a blank disc is prepared" cdrwtool -d sim:d.disc -q </dev/null
	else
		ok "$media: a volume is made" mkudffs sim:d.disc
	fi
	ok "$media: it is mounted" udffuse sim:d.disc "$mnt"
	ok "$media: a tree is copied onto it" fill
	exits "$media: it is not mounted twice" 1 udffuse sim:d.disc "$tmp"
	like "$media: the message names who has it" "$(cat "$err")" "is in use"
	exits "$media: no volume is made on it while it is mounted" 1 mkudffs sim:d.disc
	ok "$media: umount waits until everything is written" umount.fuse.udffuse "$mnt"
	like "$media: the volume is closed and clean" "$(udffsck -n sim:d.disc 2>&1)" "clean"
	begin
	ok "$media: everything is there again" holds
	ok "$media: a file is changed" cp "$top_srcdir/NEWS" "$mnt/data"
	ok "$media: a file is removed" rm "$mnt/tree/crc16.c"
	unmount "$mnt"
	ok "$media: udffuse ends with success" ended
	like "$media: it says what was written" "$(cat log)" \
		"[0-9]+ packets of (32|64) KiB were written, [0-9.]+ bytes for each byte"
	like "$media: the volume is clean after the changes" "$(udffsck -n sim:d.disc 2>&1)" "clean"
	ok "$media: udf reads it, too" udf get sim:d.disc /data got
	same "$media: udf reads what was written" got "$top_srcdir/NEWS"
	rm -f got
done

# ---- a set of four discs, as backup programs make them: one drive, and nothing of a disc is seen on the next ----
rm -f d.disc*
mmcsim create --media=cd-rw d.disc
for n in 1 2 3 4; do mmcsim create --media=cd-rw disc$n; done
lay_in() { press; mmcsim insert d.disc disc"$1"; }
# write_disc, add_to_disc, read_disc N: each ends with the disc taken out; what they print is wrong
write_disc() {
	lay_in "$1" && cdrwtool -d sim:d.disc -q --force >/dev/null && udffuse sim:d.disc "$mnt" || echo "disc $1 is not mounted"
	ls "$mnt"
	echo "$1" >"$mnt/number" && cp -r "$top_srcdir/lib/base" "$mnt/only on $1" || echo "disc $1 is not written"
	umount.fuse.udffuse "$mnt"
}
add_to_disc() {
	lay_in "$1" && udffuse sim:d.disc "$mnt" || echo "disc $1 is not mounted"
	[ "$(cd "$mnt" && echo *)" = "number only on $1" ] && [ "$(cat "$mnt/number")" = "$1" ] || ls "$mnt"
	echo "second $1" >"$mnt/number" && mv "$mnt/only on $1" "$mnt/moved on $1" || echo "disc $1 is not written"
	umount.fuse.udffuse "$mnt"
}
read_disc() {
	lay_in "$1" && udffuse -o ro sim:d.disc "$mnt" || echo "disc $1 is not mounted"
	[ "$(cat "$mnt/number")" = "second $1" ] || cat "$mnt/number"
	diff -r "$mnt/moved on $1" "$top_srcdir/lib/base"
	umount.fuse.udffuse "$mnt"
	wait_until 20 udffsck -n sim:d.disc >/dev/null || udffsck -n sim:d.disc
}
each() { for n in 1 2 3 4; do "$1" $n; done 2>&1; }
is "a set of four discs: each is made and written, and empty at first" "$(each write_disc)" ""
is "a set of four discs: each is found as it was, and written again" "$(each add_to_disc)" ""
is "a set of four discs: each has its own, and is whole" "$(each read_disc)" ""

# ---- read-only, and writable ----
ok "a disc is mounted read-only" udffuse -o ro sim:d.disc "$mnt"
exits "nothing can be written then" 1 touch "$mnt/no"
ok "remount,rw makes the mount writable, though the drive can't be opened twice" udffuse -o remount,rw sim:d.disc "$mnt"
ok "a file is written" cp "$top_srcdir/COPYING" "$mnt/copying"
ok "remount,ro makes the mount read-only" udffuse -o remount,ro sim:d.disc "$mnt"
same "the file is there" "$mnt/copying" "$top_srcdir/COPYING"
ok "a mount that was remounted is unmounted" umount.fuse.udffuse "$mnt"
# umount waits for what has to be written; a mount that was only read may have the drive for a moment longer
ok "the volume is clean" wait_until 20 udffsck -n sim:d.disc

# ---- the button ----
disc --media=dvd-ram
mkudffs sim:d.disc >/dev/null
begin
fill
exec 7<"$mnt/data"
press
ok "the button is refused while a file is open" wait_until 20 grep -q "the disc stays in the drive" log
like "the message says how to find who has it" "$(cat log)" "'fuser -vm $mnt' shows which"
ok "the mount goes on" cmp data "$mnt/data"
exec 7<&-
press
ok "the button unmounts a volume that nobody uses" ended
ok "the tray is open then" tray_is open
mmcsim insert d.disc >/dev/null
like "the volume was closed" "$(udffsck -n sim:d.disc 2>&1)" "clean"
begin
ok "nothing was lost" holds

# ---- the disc is taken out by force ----
date >"$mnt/new"
press --force
exits "a sync reports that the disc is gone" 1 sync "$mnt/new"
ok "the server says so" wait_until 20 grep -qE "taken out|read-only from now on" log
ok "umount ends all the same" unmount "$mnt"
exits "udffuse ends with failure" 1 ended
mmcsim insert d.disc >/dev/null
begin
ok "what was synced before is there" holds
unmount "$mnt"
ended

# ---- a power cut ----
disc --media=cd-rw
cdrwtool -d sim:d.disc -q </dev/null >/dev/null
begin
fill
ok "the tree is synced" sync "$mnt"
mmcsim cut --packets=3 d.disc >/dev/null 2>&1
for i in $(seq 60); do cp "$top_srcdir/COPYING" "$mnt/after-$i"; done 2>/dev/null
sync "$mnt" 2>/dev/null
unmount "$mnt"
ended
begin
ok "what was synced before the cut is there" holds
ok "the volume can be written after the cut" cp data "$mnt/again"
unmount "$mnt"
ok "the volume that was written after the cut is closed" ended

# ---- a packet that the disc does not take, and no spare one (the journal holds what was synced) ----
disc --media=dvd+rw
cdrwtool -d sim:d.disc -q --force >/dev/null 2>&1
begin
cp data "$mnt/data"
unmount "$mnt"
ended
at=$(($(/usr/bin/python3 -c 'import mmap
f = open("d.disc", "rb"); print(mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ).find(open("data", "rb").read(2048)))') / 2048 + 64))
mmcsim defect -k write d.disc $at
begin
ok "a file is changed where the disc can't be written" eval \
	'printf new | dd of="$mnt/data" bs=2048 seek=64 conv=notrunc,fsync status=none'
for i in $(seq 60); do cp "$top_srcdir/NEWS" "$mnt/n$i" && sync "$mnt/n$i" && echo "n$i"; done >synced 2>/dev/null
ok "what was synced is read back" grep -q new <(tail -c +$((64 * 2048 + 1)) "$mnt/data" | head -c 3)
unmount "$mnt"
exits "udffuse ends with failure" 1 ended
like "it names the packet, and what to do" "$(cat log)" \
	"1 packet of 32 KiB can't be written, which begins at block $((at / 16 * 16)); what was synced stays in the volume's journal.*copy the files"
ok "all that was synced can be copied from the disc" udf get sim:d.disc / copied
is "the change, too" "$(tail -c +$((64 * 2048 + 1)) copied/data | head -c 3)" new
is "with the files that were synced since" "$(for n in $(cat synced); do cmp "copied/$n" "$top_srcdir/NEWS" 2>&1; done)" ""
exits "udf fails to change the disc" 1 udf rm sim:d.disc /data
like "and names the packet" "$(cat "$err")" "1 packet of 32 KiB can't be written"

# ---- what can't be mounted ----
disc --media=dvd-ram --unformatted
exits "an unformatted disc is refused" 1 udffuse sim:d.disc "$mnt"
like "the message names the command that formats it" "$(cat "$err")" "'cdrwtool -d sim:$tmp/d.disc --format' only formats it"
plan
