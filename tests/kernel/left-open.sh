#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A volume made here that the kernel's driver left open, as when the machine lost its power.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"
require /dev/fuse
require mount
mnt=$tmp/mnt log=$tmp/log
mkdir "$mnt" && cd "$tmp" || exit
on_exit 'umount "$mnt" || umount -l "$mnt"'

cat >in-guest <<'EOS'
set -e
loop=$(losetup -f --show -b 2048 image)
mount -t udf "$loop" /mnt
mkdir /mnt/dir
for i in 1 2 3 4 5 6 7 8 9; do head -c "${i}0000" /dev/urandom >"/mnt/dir/$i"; done
sync
(cd /mnt && md5sum dir/*) >sums
stat -c %i /mnt/dir/5 >inode
cp image left-open
umount /mnt
EOS
ok "mkudffs makes an image" mkudffs -q --new-file --size=16M -b 2048 image
ok "the kernel writes to the image and leaves it open" uml sh in-guest

mount_it() { udffuse "$1" "$mnt" 2>"$log"; }
unmount_it() { unmount "$mnt" && flock "$1" true; }
exits "udffsck -p lets the boot continue with a volume that the kernel left open" 0 udffsck -p left-open
cp left-open again
ok "udffuse mounts a volume that the kernel left open" mount_it again
for i in 1 2 3 4 5 6 7 8 9; do head -c 30000 /dev/urandom >"$mnt/new$i"; done
is "a volume left open with correct space is mounted read-write" "$(ls "$mnt" | wc -l)" 10
unmount_it again
mount_it again
ok "files that the kernel wrote keep their contents after udffuse has written" \
	bash -c 'cd "$1" && md5sum -c "$2"' - "$mnt" "$tmp/sums"
unmount_it again
unlike "no block has two owners and no id is given twice after udffuse has written" "$(udffsck -n again)" \
	"^(CROSS_LINKED|USED_MARKED_FREE|UNIQUE_ID_DUPLICATE)"
exits "udffsck -p lets the boot continue after udffuse has written" 0 udffsck -p again

# The kernel's inode numbers are sectors: that file's ICB did not reach the disc.
dd if=/dev/zero of=left-open bs=2048 seek="$(cat inode)" count=1 conv=notrunc status=none
ok "udffuse mounts a volume left open with a missing file entry" mount_it left-open
like "the log says that a missing file entry makes the mount read-only and names udffsck" "$(cat "$log")" \
	"^udffuse: $tmp/left-open: mounted read-only: another system left it open.*udffsck -n $tmp/left-open"
exits "touch fails on a volume left open with a missing file entry" 1 touch "$mnt/x"
unmount_it left-open
plan
