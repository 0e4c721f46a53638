#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Discs in a drive of the kernel are prepared, mounted by udffuse and by the kernel's udf, and changed.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"

cd "$tmp" || exit
mkdir documents && cp -r "$top_srcdir/doc" documents && head -c 3000000 /dev/urandom >documents/random
(cd documents && find . -type f -exec md5sum {} + | sort -k2) >wanted
cat >guest <<'EOF'
exec 2>&1
mkdir /mnt/disc
listed() { (cd /mnt/disc && find . -type f -exec md5sum {} + | sort -k2) >$1; }
cdrwtool --list
cdrwtool -d $sr -i; echo "info: $?"
mount -t tmpfs none /mnt && mkdir /mnt/disc
echo | cdrwtool -d $sr -q; echo "quick: $?"
cdrwtool -d $sg -i >/dev/null; echo "generic: $?"
udffuse $sr /mnt/disc; echo "udffuse: $?"
cdrwtool -d $sr -b fast --force; echo "in use: $?"
cp -r documents/. /mnt/disc; echo "copied: $?"
umount /mnt/disc; echo "unmounted: $?"
udffsck -n $sr; echo "udffsck: $?"
blockdev --flushbufs $sr
mount -t udf -o ro $sr /mnt/disc; echo "kernel: $?"
listed kernel.$1
umount /mnt/disc
udffuse $sr /mnt/disc; echo "again: $?"
listed ours.$1; rm -r /mnt/disc/doc; umount /mnt/disc
udffsck -n $sr; echo "changed: $?"
EOF
for media in cd-rw dvd-ram; do
	mmcsim create --media=$media $media.disc
	# shellcheck disable=SC2016
	ok "$media: the kernel runs the script to its end" uml --modules 'sr_mod sg udf fuse' \
		mmcsim serve --run="exec bash guest $media" $media.disc
	said=$(cat "$out")
	like "$media: the drive is listed" "$said" '^/dev/sr0: .*(CD-RW|DVD-RAM), '
	like "$media: the disc is prepared in one command" "$said" '^quick: 0$'
	like "$media: the generic device leads to the drive" "$said" '^generic: 0$'
	like "$media: udffuse mounts it" "$said" '^udffuse: 0$'
	like "$media: a mounted drive is refused" "$said" '^in use: 1$'
	like "$media: files are copied" "$said" '^copied: 0$'
	like "$media: the volume is clean" "$said" '^udffsck: 0$'
	like "$media: the kernel's udf mounts it" "$said" '^kernel: 0$'
	same "$media: the kernel reads what udffuse wrote" kernel.$media wanted
	same "$media: udffuse reads it after it is mounted again" ours.$media wanted
	like "$media: the volume is clean after a change" "$said" '^changed: 0$'
done
plan
