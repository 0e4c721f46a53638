#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What people have typed for twenty years: an image file, mkudffs without options, the kernel's mount.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"

cd "$tmp" || exit
cp -r "$top_srcdir/doc" documents
dd if=/dev/zero of=udfimage bs=1M count=10 status=none
ok "mkudffs udfimage" mkudffs udfimage
mkdir udfmnt
cat >script <<'EOF'
set -e
mount -o loop -t udf udfimage udfmnt
cp -r documents udfmnt/
(cd udfmnt && find . -type f -exec md5sum {} + | sort) >inside
umount udfmnt
EOF
ok "the kernel mounts it read-write, files are copied in" uml sh script
(find documents -type f -exec md5sum {} + | sort -k2 | sed 's,  ,  ./,') >wanted
sort -k2 inside >got
same "what was copied in is there" got wanted
ok "udffsck -n finds nothing" udffsck -n udfimage
cat "$out"
plan
