#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# udffuse as an ordinary user, where /dev/fuse is open to everyone (in user-mode-linux), and through
# mount(8), as root.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"

chmod 755 "$tmp"
mkdir "$tmp/user" && cd "$tmp/user" || exit
ok "mkudffs makes an image" mkudffs --new-file --blocksize=2048 --uid=65534 --gid=65534 image 8192
# The user comes to copies: source and build tree may be closed to him.
cp -r "$top_srcdir/doc" "$tmp/documents"
mkdir "$tmp/bin" && cp "$(ours udffuse)" "$top_builddir/udffuse/umount.fuse.udffuse" "$tmp/bin/"
cp "$top_srcdir/tests/cli/with-helpers" "$tmp/with-helpers"
chmod -R a+rX "$tmp/documents" "$tmp/bin"
(cd "$tmp/documents" && find . -type f -exec md5sum {} + | sort -k2) >"$tmp/wanted"
chmod 777 . && chmod 666 image

# $1: the directory of the image; $2: the mount point
cat >"$tmp/as-user" <<'EOF'
set -e
PATH=$1/../bin:$PATH
# fusermount3 wants an /etc/mtab, which a bare system does not have
if [ -e /etc/mtab ]; then leave="fusermount3 -u"; else leave=umount; fi
udffuse "$1/image" "$2"
cp -r "$1/../documents/." "$2"
stat -c 'owner %u' "$2/ARCHITECTURE.md"
$leave "$2"
udffuse -o ro "$1/image" "$2"
! touch "$2/no" 2>/dev/null
(cd "$2" && find . -type f -exec md5sum {} + | sort -k2)
$leave "$2"
EOF
# The line of the manual: any user mounts it and unmounts it.  $1: image or device; $2: mount point; $3: files that are copied
cat >"$tmp/by-fstab" <<'EOF'
set -e
mount "$2"
findmnt -no FSTYPE,OPTIONS "$2"
mkdir "$2/new"
for i in $(seq "$3"); do echo "contents of $i" >"$2/new/f$i"; done
umount "$2"
cp --sparse=always "$1" "$1.copy" 2>/dev/null || cp --sparse=always "$1" "$(dirname "$0")/user/device.copy"
EOF
cat >"$tmp/as-root" <<'EOF'
chmod 666 /dev/fuse
mkdir -m 777 /mnt/user
setpriv --reuid 65534 --regid 65534 --clear-groups sh "$1/as-user" "$1/user" /mnt/user
echo "exit status $?"
# As from fstab: mount(8) finds udffuse by the name in the type.
set -e
mount -t tmpfs none /usr/local/bin
cp "$1/bin/udffuse" /usr/local/bin/udffuse
mount -t fuse.udffuse "$1/user/image" /mnt/user -o ro,allow_other,nosuid
findmnt -no FSTYPE,OPTIONS /mnt/user
setpriv --reuid 12345 --regid 12345 --clear-groups head -n 1 /mnt/user/ARCHITECTURE.md
umount /mnt/user
# As from fstab, by a user who may use the device and owns the mount point.
mkdir /run/disk && chown 65534 /run/disk
loop=$(losetup -f --show "$1/user/device")
chown 65534 "$loop"
printf '%s\n' "$1/user/image2 /mnt/user udffuse noauto,user,uid=65534 0 0" \
	"$loop /run/disk fuse.udffuse noauto,user,uid=65534 0 0" >/run/fstab
mount --bind /run/fstab /etc/fstab
n=0
for what in "$1/user/image2 /mnt/user" "$loop /run/disk"; do
	bash "$1/with-helpers" "$1/bin" "/run/helpers$((n = n + 1))" \
		setpriv --reuid 65534 --regid 65534 --clear-groups sh "$1/by-fstab" $what 300
	echo "by fstab: $?"
done
losetup -d "$loop"
EOF
for name in image2 device; do mkudffs -q --new-file --blocksize=2048 --uid=65534 --gid=65534 $name 8192 && chmod 666 $name; done
ok "the kernel runs the script to its end" uml sh "$tmp/as-root" "$tmp"
cp "$out" "$tmp/said"
like "an ordinary user mounts an image, writes, unmounts and mounts it read-only" \
	"$(cat "$tmp/said")" "exit status 0"
like "files of an ordinary user belong to that user" "$(cat "$tmp/said")" "^owner 65534"
grep '  \./' "$tmp/said" >"$tmp/got"
same "files of an ordinary user have their contents after a new mount" "$tmp/got" "$tmp/wanted"
like "mount -t fuse.udffuse mounts an image" "$(cat "$tmp/said")" "^fuse\.udffuse +ro,nosuid"
like "allow_other lets another user read" "$(cat "$tmp/said")" "^# Architecture"
is "an ordinary user mounts and unmounts an image and a device by fstab" \
	"$(grep -c '^by fstab: 0' "$tmp/said")" 2
like "a user's mount by fstab has nosuid, nodev and noexec" \
	"$(cat "$tmp/said")" "^fuse\.udffuse +rw,nosuid,nodev,noexec"
for name in image2 device; do
	like "umount by a user returns when the $name is closed" "$(udffsck -n "$name.copy")" "clean, 300 files"
done
ok "udffsck finds no problems after a user's mounts" udffsck -n image
plan
