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
mkdir "$tmp/bin" && cp "$(ours udffuse)" "$tmp/bin/"
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
EOF
ok "the kernel runs the test" uml sh "$tmp/as-root" "$tmp"
cp "$out" "$tmp/said"
like "a user mounts an image, writes, unmounts, mounts it read-only" "$(cat "$tmp/said")" "exit status 0"
like "the files are the user's" "$(cat "$tmp/said")" "^owner 65534"
grep '  \./' "$tmp/said" >"$tmp/got"
same "the files are there" "$tmp/got" "$tmp/wanted"
like "mount -t fuse.udffuse mounts it" "$(cat "$tmp/said")" "^fuse\.udffuse +ro,nosuid"
like "allow_other lets others read" "$(tail -n 1 "$tmp/said")" "^# Architecture"
ok "udffsck -n finds nothing" udffsck -n image
plan
