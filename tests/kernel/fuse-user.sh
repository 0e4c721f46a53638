#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# udffuse as an ordinary user, where /dev/fuse is open to everyone (in user-mode-linux), and through
# mount(8), as root.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"

chmod 755 "$tmp"
mkdir "$tmp/user" && cd "$tmp/user" || exit
ok "mkudffs makes an image" mkudffs --new-file --blocksize=2048 --uid=65534 --gid=65534 image 8192
cp -r "$top_srcdir/doc" "$tmp/documents"
(cd "$tmp/documents" && find . -type f -exec md5sum {} + | sort -k2) >"$tmp/wanted"
chmod 777 . && chmod 666 image
[ "$(id -u)" != 0 ] || chown -R 65534:65534 .

cat >"$tmp/as-user" <<'EOF'
set -e
cd "$1"
mkdir mnt
udffuse image mnt
cp -r ../documents/. mnt/
stat -c 'owner %u' mnt/ARCHITECTURE.md
fusermount3 -u mnt
udffuse -o ro image mnt
! touch mnt/no 2>/dev/null
(cd mnt && find . -type f -exec md5sum {} + | sort -k2) >got
fusermount3 -u mnt
EOF
cat >"$tmp/as-root" <<'EOF'
chmod 666 /dev/fuse
setpriv --reuid 65534 --regid 65534 --clear-groups sh "$1/as-user" "$1/user"
echo "exit status $?"
# fstab's line: mount(8) finds udffuse by the type's name
set -e
cd "$1/user"
export PATH="$2:$PATH"
mount -t fuse.udffuse "$PWD/image" mnt -o ro,allow_other,nosuid
findmnt -no FSTYPE,OPTIONS mnt
test -r mnt/ARCHITECTURE.md
umount mnt
EOF
ok "the kernel runs the test" uml sh "$tmp/as-root" "$tmp" "$top_builddir/udffuse"
cp "$out" "$tmp/said"
like "a user mounts an image, writes, unmounts, mounts it read-only" "$(cat "$tmp/said")" "exit status 0"
like "the files are the user's" "$(cat "$tmp/said")" "^owner 65534"
same "the files are there" got "$tmp/wanted"
like "mount -t fuse.udffuse mounts it" "$(cat "$tmp/said")" "^fuse\.?[a-z]* .*ro"
ok "udffsck -n finds nothing" udffsck -n image
plan
