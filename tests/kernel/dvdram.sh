#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A DVD-RAM is a removable disk: the kernel's block path writes it, under ISO 9660, UDF and ext2, while udev's and blkid's
# probes come by every moment.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"
for need in "command genisoimage" "command sg_start" "command mke2fs" "/usr/lib/udev/cdrom_id"; do require "$need"; done

cd "$tmp" || exit
mmcsim create --media=dvd-ram disc
mkdir documents && cp -r "$top_srcdir/doc" "$top_srcdir/HACKING.md" documents && head -c 3000000 /dev/urandom >documents/random
genisoimage -quiet -R -o image.iso documents 2>"$err"
(cd documents && find . -type f -exec md5sum {} + | sort -k2) >wanted
cat >guest <<'EOF'
exec 2>&1
mkfifo /run/never
while :; do
	/usr/lib/udev/cdrom_id --lock-media $sr
	blkid -p $sr
	read -rt 0.2 <>/run/never
done >/dev/null 2>&1 & probes=$!
echo 100 >/sys/block/sr0/events_poll_msecs

mkdir /mnt/disc
listed() { (cd /mnt/disc && find . -type f -exec md5sum {} + | sort -k2) >$1; }
change() {
	blockdev --flushbufs $sr
	umount /mnt/disc 2>/dev/null
}
dd if=image.iso of=$sr bs=64k conv=fsync status=none; echo "dd: $?"
change; mount $sr /mnt/disc; echo "iso: $? $(findmnt -no FSTYPE /mnt/disc)"
listed iso; change

mkudffs -q --force --media-type=dvdram $sr; echo "mkudffs: $?"
change; mount -t udf $sr /mnt/disc; echo "udf: $? $(findmnt -no OPTIONS /mnt/disc)"
cp -r documents/. /mnt/disc; echo "copied: $?"
umount /mnt/disc; change; mount -t udf -o ro $sr /mnt/disc
listed udf; change
udffsck -n $sr; echo "udffsck: $?"

mke2fs -q -F -b 2048 $sr 100000; echo "mke2fs: $?"
mount $sr /mnt/disc; echo "ext2: $? $(findmnt -no FSTYPE /mnt/disc)"
cp -r documents/. /mnt/disc; echo "copied: $?"
umount /mnt/disc; change; mount -o ro $sr /mnt/disc
listed ext2; change
e2fsck -fn $sr; echo "e2fsck: $?"
kill $probes; wait $probes
sg_prevent --allow $sr
sg_start --eject $sr; echo "eject: $?"
EOF
# shellcheck disable=SC2016
ok "the kernel runs the script to its end" uml --modules 'sr_mod sg' mmcsim serve --run='exec bash guest' disc
said=$(cat "$out")
like "dd writes an ISO image" "$said" '^dd: 0$'
like "the kernel mounts the ISO image" "$said" '^iso: 0 iso9660$'
same "files in the ISO image have their contents" iso wanted
like "mkudffs replaces it with UDF" "$said" '^mkudffs: 0$'
like "the kernel mounts UDF read-write" "$said" '^udf: 0 rw,'
same "files on UDF have their contents after a new mount" udf wanted
like "udffsck finds no problems in what the kernel wrote" "$said" '^udffsck: 0$'
like "mke2fs replaces it with ext2" "$said" '^mke2fs: 0$'
like "the kernel mounts ext2" "$said" '^ext2: 0 ext[24]$'
sed -i '/lost+found/d' ext2
same "files on ext2 have their contents after a new mount" ext2 wanted
like "e2fsck finds no problems" "$said" '^e2fsck: 0$'
like "the disc comes out at the end" "$said" '^eject: 0$'
# The disc as any other program sees it: FILE holds the data from its beginning.
ok "e2fsck finds no problems in the disc's file" e2fsck -fn disc
plan
