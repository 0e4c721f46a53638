#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mount -o remount,ro returns when the volume is closed; remount,rw makes every check of a fresh mount.
# A mount namespace of its own: other tests that start meanwhile would copy these mounts and keep them.
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
refused() { exits "$1" 1 mount -o remount,"$2" "$mnt"; like "$1: the message gives the reason" "$(cat "$err")" "$3"; }

remounts() {	# WHAT SOURCE
	local what=$1 source=$2
	ok "$what: mount succeeds" mount -t udffuse "$source" "$mnt"
	echo one >"$mnt/one" && mkdir "$mnt/dir"
	exec 7>"$mnt/writing"
	refused "$what: a file open for writing prevents remount,ro" ro "open for writing"
	is "$what: writing continues after a refused remount,ro" \
		"$(flag) $(echo two >"$mnt/two" && cat "$mnt/two")" "rw two"
	exec 7>&-
	exec 7<"$mnt/one"
	ok "$what: remount,ro succeeds" mount -o remount,ro "$mnt"
	cp --sparse=always "$source" "$copy"
	like "$what: after remount,ro a copy is closed and clean" \
		"$(udffsck -n "$copy")" "clean, 3 files, 2 directories"
	is "$what: after remount,ro a copy has all written files" \
		"$(udf cat "$copy" /one /two | paste -sd ' ')" "one two"
	is "$what: after remount,ro the kernel shows ro" "$(flag)" ro
	exits "$what: after remount,ro touch fails" 1 touch "$mnt/no"
	is "$what: after remount,ro files are readable" "$(cat "$mnt/one" <&7)" one
	ok "$what: after remount,ro udffsck can read it" udffsck -n "$source"
	ok "$what: a second remount,ro succeeds" mount -o remount,ro "$mnt"

	flock -s "$source" sh -c 'echo; read -r _' <"$tmp/hold" >"$tmp/held" &
	local holder=$!
	exec 8>"$tmp/hold"
	read -r _ <"$tmp/held"
	refused "$what: a reader of the image prevents remount,rw" rw "in use"
	is "$what: after a refused remount,rw the mount stays read-only" "$(flag) $(cat "$mnt/one")" "ro one"
	exec 8>&-
	wait $holder
	ok "$what: remount,rw succeeds" mount -o remount,rw "$mnt"
	is "$what: after remount,rw the kernel shows rw" "$(flag)" rw
	exits "$what: after remount,rw mkudffs is refused" 1 mkudffs -q "$source"
	ok "$what: after remount,rw files can be written and removed" \
		sh -c 'echo three >"$1/dir/three" && rm "$1/two"' - "$mnt"
	# a file that was opened while it was read-only, and is removed now
	rm "$mnt/one" && head -c 3000000 /dev/urandom >"$mnt/large" && sync "$mnt/large"
	is "$what: a removed file that was opened before remount,rw can be read" "$(cat <&7)" one
	exec 7<&-
	ok "$what: umount succeeds after remounts" umount "$mnt"
	like "$what: after umount the volume is closed and clean" \
		"$(udffsck -n "$source")" "clean, 3 files, 2 directories"
}
mkfifo "$tmp/hold" "$tmp/held"
mkudffs -q --new-file --size=32M -b 2048 "$img"
remounts "an image" "$img"

# ---- a volume that was marked as open already ----
mkudffs -q --new-file --size=8M "$tmp/left.udf"
udffuse -f "$tmp/left.udf" "$mnt" 2>"$tmp/log" &
wait_until 20 mountpoint -q "$mnt" && echo text >"$mnt/file" && sync "$mnt/file" && kill -KILL $!
wait $! 2>/dev/null
umount -i "$mnt"
mount -t udffuse "$tmp/left.udf" "$mnt" && echo more >"$mnt/more"
ok "what was left open by a crash becomes read-only" mount -o remount,ro "$mnt"
like "remount,ro reports that a volume stays marked as open" "$(cat "$err")" "stays marked as open.*udffsck -n $tmp/left.udf"
is "what was left open has all that was written when it is read-only" "$(udf cat "$tmp/left.udf" /file /more | paste -sd ' ')" "text more"
like "what was left open stays marked as open" "$(udffsck -n "$tmp/left.udf" 2>&1)" "was not closed"
umount "$mnt"

# ---- what is refused ----
mount -t udffuse -o ro "$img" "$mnt"
ok "remount,rw makes a read-only mount writable" mount -o remount,rw "$mnt"
mount -o remount,ro "$mnt" && cp "$img" "$tmp/other"
mv "$img" "$tmp/moved" && mv "$tmp/other" "$img"
refused "an image that was replaced does not become writable" rw "replaced by another"
mv "$tmp/moved" "$img"
chmod 444 "$img"
ok "remount accepts other flags" mount -o remount,ro,noexec "$mnt"
like "remount applies other flags" "$(findmnt -no OPTIONS "$mnt")" "^ro,nosuid,nodev,noexec"
umount "$mnt"
mkdir "$tmp/user" && chmod 711 "$tmp"
udffuse -o ro "$img" "$mnt"
exits "an ordinary user can't remount" 1 setpriv --reuid 65534 --regid 65534 --clear-groups \
	"$tmp/sbin/mount.fuse.udffuse" "$img" "$mnt" -o remount,rw
umount "$mnt"
mkudffs -q --new-file --size=8M --media-type=dvd "$tmp/dvd.udf"
mount -t udffuse "$tmp/dvd.udf" "$mnt" 2>/dev/null
refused "a volume on read-only media does not become writable" rw "stays read-only"
umount "$mnt"

# ---- a block device ----
require /dev/loop-control
for _ in 1 2 3 4 5; do loop=$(losetup -f --show "$img" 2>"$err") && break; done
[ -n "$loop" ] && on_exit "losetup -d $loop" || fail "a loop device can be bound" "$(cat "$err")"
udffuse "$loop" "$mnt" && rm -rf "$mnt"/* && umount "$mnt"
remounts "a device" "$loop"
mount -t udffuse -o ro "$loop" "$mnt"
blockdev --setro "$loop"
refused "a write-protected device does not become writable" \
	rw "cannot be opened for writing|Permission|write-protected"
blockdev --setrw "$loop"
umount "$mnt"
plan
