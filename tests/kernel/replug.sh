#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A USB adapter that is reset takes its drive away and brings it back under another number: a CD-RW that udffuse has
# mounted goes on.  (In a simulated drive, in user-mode-linux, whose SCSI device is removed and looked for again.)
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"

cd "$tmp" || exit
mmcsim create --media=cd-rw disc
cdrwtool -d sim:disc -q </dev/null >/dev/null
cat >guest <<'EOF'
exec 2>&1
mkfifo /run/never
moment() { read -rt 0.1 <>/run/never; }
within() { local n=$(($1 * 10)); shift; until "$@"; do [ $((n -= 1)) -gt 0 ] || return 1; moment; done; return 0; }
mkdir -p /mnt/disc
udffuse -f $sr /mnt/disc >$dir/log 2>&1 & server=$!
within 20 mountpoint -q /mnt/disc; echo "mounted: $?"
cp $dir/guest /mnt/disc/first; sync /mnt/disc; echo "first: $?"
device=$(realpath /sys/block/sr0/device); host=${device%/target*}
cp $dir/guest /mnt/disc/second
echo 1 >$device/delete
echo - - - >$host/scsi_host/${host##*/}/scan
within 20 test -b /dev/sr1; echo "another number: $?"
cp $dir/guest /mnt/disc/third; sync /mnt/disc; echo "third: $?"
umount /mnt/disc; echo "umount: $?"
within 60 sh -c "! kill -0 $server 2>/dev/null"; wait $server; echo "server: $?"
udffsck -n /dev/sr1; echo "udffsck: $?"
udf cat /dev/sr1 /second | cmp - $dir/guest && udf cat /dev/sr1 /third | cmp - $dir/guest; echo "read: $?"
EOF
# shellcheck disable=SC2016
ok "the kernel runs the script to its end" uml --modules 'sr_mod sg' --env dir="$tmp" \
	mmcsim serve --pace=2000 --run='exec bash $dir/guest' disc
said=$(cat "$out")
like "udffuse mounts the disc" "$said" '^mounted: 0$'
like "the drive comes back under another number" "$said" '^another number: 0$'
like "what is written afterwards is synced" "$said" '^third: 0$'
like "the volume is unmounted" "$said" '^umount: 0$'
like "and udffuse ends with success" "$said" '^server: 0$'
like "udffsck finds no problems" "$said" '^udffsck: 0$'
like "what was written before and afterwards is there" "$said" '^read: 0$'
plan
