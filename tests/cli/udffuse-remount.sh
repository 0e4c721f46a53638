#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mount -o remount: read-only the volume is closed when it returns; writable every check of a fresh mount is made.
# In a mount namespace of its own: others that begin meanwhile would take these mounts with them, and keep them.
[ -n "${own_mounts-}" ] || ! unshare -m true 2>/dev/null || own_mounts=1 exec unshare -m --propagation private bash "$0"
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require /dev/fuse
require mount
img=$tmp/v.udf mnt=$tmp/mnt copy=$tmp/copy.udf
mkdir "$mnt"
on_exit 'umount "$mnt" || umount -l "$mnt"'
# mount(8) and umount(8) with our helpers in /sbin, in the namespace where the volume is mounted
sbin=$(realpath /sbin) && mkdir "$tmp/real" "$tmp/sbin" && mount --bind "$sbin" "$tmp/real"
on_exit 'umount "$sbin"; umount "$tmp/real"'
(cd "$tmp/sbin" && find "$tmp/real" -mindepth 1 -maxdepth 1 -print0 | xargs -0 ln -s -t .)
for name in mount.udffuse mount.fuse.udffuse mount.fuseblk.udffuse; do ln -sf "$(ours udffuse)" "$tmp/sbin/$name"; done
for name in umount.fuse.udffuse umount.fuseblk.udffuse; do
	ln -sf "$top_builddir/udffuse/umount.fuse.udffuse" "$tmp/sbin/$name"
done
mount --bind "$tmp/sbin" "$sbin"
flag() { findmnt -no OPTIONS "$mnt" | cut -d, -f1; }
refused() { exits "$1" 1 mount -o remount,"$2" "$mnt"; like "$1: the reason is said" "$(cat "$err")" "$3"; }

remounts() {	# WHAT SOURCE
	local what=$1 source=$2
	ok "$what mounts" mount -t udffuse "$source" "$mnt"
	echo one >"$mnt/one" && mkdir "$mnt/dir"
	exec 7>"$mnt/writing"
	refused "$what: while a file is open for writing it does not become read-only" ro "open for writing"
	is "$what: and is written on" "$(flag) $(echo two >"$mnt/two" && cat "$mnt/two")" "rw two"
	exec 7>&-
	exec 7<"$mnt/one"
	ok "$what becomes read-only" mount -o remount,ro "$mnt"
	cp --sparse=always "$source" "$copy"
	like "$what: a copy made then is closed and clean" "$(udffsck -n "$copy")" "clean, 3 files, 2 directories"
	is "$what: with all that was written" "$(udf cat "$copy" /one /two | paste -sd ' ')" "one two"
	is "$what: the kernel has it read-only" "$(flag)" ro
	exits "$what: nothing is written" 1 touch "$mnt/no"
	is "$what: it is read on" "$(cat "$mnt/one" <&7)" one
	ok "$what: others may read the image meanwhile" udffsck -n "$source"
	ok "$what: to ask again changes nothing" mount -o remount,ro "$mnt"

	flock -s "$source" sh -c 'echo; read -r _' <"$tmp/hold" >"$tmp/held" &
	local holder=$!
	exec 8>"$tmp/hold"
	read -r _ <"$tmp/held"
	refused "$what: while somebody else reads it, it does not become writable" rw "in use"
	is "$what: it stays read-only" "$(flag) $(cat "$mnt/one")" "ro one"
	exec 8>&-
	wait $holder
	ok "$what becomes writable" mount -o remount,rw "$mnt"
	is "$what: in the kernel too" "$(flag)" rw
	exits "$what: nobody else gets at it then" 1 mkudffs -q "$source"
	ok "$what: it is written" sh -c 'echo three >"$1/dir/three" && rm "$1/two"' - "$mnt"
	# a file that was opened while it was read-only, and is removed now
	rm "$mnt/one" && head -c 3000000 /dev/urandom >"$mnt/large" && sync "$mnt/large"
	is "$what: a file from before that is removed can be read while it is open" "$(cat <&7)" one
	exec 7<&-
	ok "$what: it is unmounted" umount "$mnt"
	like "$what: closed and clean" "$(udffsck -n "$source")" "clean, 3 files, 2 directories"
}
mkfifo "$tmp/hold" "$tmp/held"
mkudffs -q --new-file --size=32M -b 2048 "$img"
remounts "an image" "$img"

# ---- what is refused ----
mount -t udffuse -o ro "$img" "$mnt"
ok "what was mounted read-only becomes writable" mount -o remount,rw "$mnt"
mount -o remount,ro "$mnt" && cp "$img" "$tmp/other"
mv "$img" "$tmp/moved" && mv "$tmp/other" "$img"
refused "an image that another has replaced does not become writable" rw "replaced by another"
mv "$tmp/moved" "$img"
chmod 444 "$img"
ok "other flags are kept or changed" mount -o remount,ro,noexec "$mnt"
like "as asked for" "$(findmnt -no OPTIONS "$mnt")" "^ro,nosuid,nodev,noexec"
umount "$mnt"
mkdir "$tmp/user" && chmod 711 "$tmp"
udffuse -o ro "$img" "$mnt"
exits "an ordinary user does not remount" 1 setpriv --reuid 65534 --regid 65534 --clear-groups \
	"$tmp/sbin/mount.fuse.udffuse" "$img" "$mnt" -o remount,rw
umount "$mnt"
mkudffs -q --new-file --size=8M --media-type=dvd "$tmp/dvd.udf"
mount -t udffuse "$tmp/dvd.udf" "$mnt" 2>/dev/null
refused "a volume that can't be written does not become writable" rw "stays read-only"
umount "$mnt"

# ---- a block device ----
require /dev/loop-control
for _ in 1 2 3 4 5; do loop=$(losetup -f --show "$img" 2>"$err") && break; done
[ -n "$loop" ] && on_exit "losetup -d $loop" || fail "a loop device can be bound" "$(cat "$err")"
udffuse "$loop" "$mnt" && rm -rf "$mnt"/* && umount "$mnt"
remounts "a device" "$loop"
mount -t udffuse -o ro "$loop" "$mnt"
blockdev --setro "$loop"
refused "a device that has become write-protected does not become writable" rw "cannot be opened for writing|Permission|write-protected"
blockdev --setrw "$loop"
umount "$mnt"
plan
