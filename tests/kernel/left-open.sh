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
ok "the kernel writes to it, and loses its power" uml sh in-guest

mount_it() { udffuse "$1" "$mnt" 2>"$log"; }
unmount_it() { unmount "$mnt" && flock "$1" true; }
exits "a system that starts is not stopped by it" 0 udffsck -p left-open
cp left-open again
ok "it is mounted" mount_it again
for i in 1 2 3 4 5 6 7 8 9; do head -c 30000 /dev/urandom >"$mnt/new$i"; done
is "read-write, as its space is in order" "$(ls "$mnt" | wc -l)" 10
unmount_it again
mount_it again
ok "what the kernel wrote is unharmed" bash -c 'cd "$1" && md5sum -c "$2"' - "$mnt" "$tmp/sums"
unmount_it again
unlike "no block has two owners, no id is given twice" "$(udffsck -n again)" \
	"^(CROSS_LINKED|USED_MARKED_FREE|UNIQUE_ID_DUPLICATE)"
exits "nor does it stop a system that starts" 0 udffsck -p again

# The kernel's inode numbers are sectors: that file's ICB did not reach the disc.
dd if=/dev/zero of=left-open bs=2048 seek="$(cat inode)" count=1 conv=notrunc status=none
ok "with more than that wrong it is mounted" mount_it left-open
like "but read-only, with the check named" "$(cat "$log")" \
	"^udffuse: $tmp/left-open: mounted read-only: another system left it open.*udffsck -n $tmp/left-open"
exits "nothing is written then" 1 touch "$mnt/x"
unmount_it left-open
plan
