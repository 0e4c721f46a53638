#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What people have typed for twenty years: an image file, mkudffs without options, the kernel's mount.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"

cd "$tmp" || exit
cp -r "$top_srcdir/doc" documents
dd if=/dev/zero of=udfimage bs=1M count=10 status=none
ok "mkudffs without options makes a volume in a file of 10 MiB" mkudffs udfimage
mkdir udfmnt
cat >script <<'EOF'
set -e
mount -o loop -t udf udfimage udfmnt
cp -r documents udfmnt/
(cd udfmnt && find . -type f -exec md5sum {} + | sort) >inside
umount udfmnt
EOF
ok "the kernel mounts the volume read-write and copies files into it" uml sh script
(find documents -type f -exec md5sum {} + | sort -k2 | sed 's,  ,  ./,') >wanted
sort -k2 inside >got
same "files that the kernel copied have their contents" got wanted
ok "udffsck finds no problems in what the kernel wrote" udffsck -n udfimage
cat "$out"
plan
