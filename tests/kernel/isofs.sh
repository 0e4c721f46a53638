#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel mounts what isowrite makes: isofs Rock Ridge, Joliet, and a second session; udf a UDF volume.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"
require "command jq"
cd "$tmp" || exit

mkdir -p tree/sub/{1/2/3/4/5/6/7/8/9,empty} new
cp -r "$top_srcdir/doc" tree && echo bottom >tree/sub/1/2/3/4/5/6/7/8/9/bottom && echo new >new/new
head -c 3000000 /dev/urandom >tree/random && ln tree/random tree/again && ln -s random tree/link && mkfifo tree/fifo
mknod tree/null c 1 3 2>/dev/null; chmod 4750 tree/doc/CRASH.md; touch -d '2001-02-03 04:05:06 UTC' tree/sub/empty
echo 'Æther – 日本語' >'tree/Æther – 日本語'
list() { (cd "$1" && find . \( -type d -printf '%y %m %U %G %T@ %P\n' -o -printf '%y %m %n %U %G %s %l %T@ %P\n' \) |
	sed 's/\.[0-9]* / /' | LC_ALL=C sort); }
sums() { (cd "$1" && find . -type f -exec md5sum {} + | sort -k2); }
list tree >wanted.list && sums tree >wanted.sums
cp -a tree both && cp -a new/new both && sums both >wanted.both

isowrite -quiet -R -J --md5 -o rr.iso tree || fail "isowrite makes an image"
isowrite -quiet -J -iso-level 3 -o joliet.iso tree || fail "isowrite makes an image with Joliet only"
isowrite --udf -quiet tree | cat >volume.udf || fail "isowrite makes a UDF volume"
isowrite --bridge -J --md5 -quiet tree | cat >bridge.iso || fail "isowrite makes an image that is both"
next=$((($(stat -c %s rr.iso) / 2048 + 15) / 16 * 16))
isowrite -quiet -R -C "0,$next" -M rr.iso -o session new || fail "isowrite makes a session"
mmcsim create --media=dvd+r disc && isowrite -R -J dev=sim:disc -multi tree 2>"$err" || fail "isowrite burns a directory"
mmcsim create --media=dvd-ram ram && for files in "tree" "--append new"; do
	# shellcheck disable=SC2086
	isowrite -R dev=sim:ram $files 2>"$err" || fail "isowrite writes in place"
done
added=$(isowrite -R --append --json dev=sim:disc new | jq '.written_tracks[0].start') || fail "isowrite adds a session"
cp rr.iso two.iso && dd if=session of=two.iso bs=2048 seek=$next conv=notrunc status=none
{ declare -f list sums; cat <<EOF; } >guest
exec 2>&1
mkdir /mnt/iso
mount -t iso9660 -o loop,ro rr.iso /mnt/iso; echo "rr: \$?"
list /mnt/iso >got.list; sums /mnt/iso >got.sums; umount /mnt/iso
mount -t iso9660 -o loop,ro,norock,iocharset=utf8 joliet.iso /mnt/iso; echo "joliet: \$?"
sums /mnt/iso >got.joliet; umount /mnt/iso
mount -t iso9660 -o loop,ro,sbsector=$next two.iso /mnt/iso; echo "second: \$?"
sums /mnt/iso >got.both; umount /mnt/iso
mount -t iso9660 -o loop,ro,sbsector=$added disc /mnt/iso; echo "added: \$?"
sums /mnt/iso >got.added; umount /mnt/iso
mount -t iso9660 -o loop,ro ram /mnt/iso; echo "in place: \$?"
sums /mnt/iso >got.place; umount /mnt/iso
mount -t udf -o loop,ro volume.udf /mnt/iso; echo "udf: \$?"
list /mnt/iso >got.udf.list; sums /mnt/iso >got.udf; umount /mnt/iso
for type in iso9660 udf; do
	mount -t \$type -o loop,ro bridge.iso /mnt/iso; echo "bridge as \$type: \$?"
	list /mnt/iso >got.\$type.list; sums /mnt/iso >got.\$type; umount /mnt/iso
done
EOF
ok "the kernel runs the script to its end" uml bash guest
said=$(cat "$out")
like "the kernel mounts Rock Ridge" "$said" '^rr: 0'
same "types, modes, links, owners, sizes and times are those of the tree" got.list wanted.list
same "contents are those of the tree" got.sums wanted.sums
like "the kernel mounts Joliet" "$said" '^joliet: 0'
same "names and contents in the Joliet tree are those of the tree" got.joliet wanted.sums
like "the kernel mounts the second session" "$said" '^second: 0'
same "it has the files of both" got.both wanted.both
like "the kernel mounts a session that was added to a disc" "$said" '^added: 0'
same "it has the files of both, too" got.added wanted.both
like "the kernel mounts what was added in place, without an option" "$said" '^in place: 0'
same "it has the files of both, too" got.place wanted.both
like "the kernel mounts the UDF volume" "$said" '^udf: 0'
same "types, modes, links, owners, sizes and times on UDF are those of the tree" got.udf.list wanted.list
same "contents on UDF are those of the tree" got.udf wanted.sums
for type in iso9660 udf; do
	like "the kernel mounts an image of both kinds as $type" "$said" "^bridge as $type: 0"
	same "types, modes, links, owners, sizes and times are those of the tree, too" got.$type.list wanted.list
	same "and so are contents" got.$type wanted.sums
done
plan
