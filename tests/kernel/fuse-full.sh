#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A full volume mounted by udffuse, in another kernel than the host's: see tests/cli/udffuse-full.sh.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"
cd "$tmp" || exit
mkdir bin && cp "$(ours udffuse)" "$top_builddir/tests/cli/cacheop" bin/
ok "mkudffs makes an image" mkudffs -q --new-file --size=64M -b 2048 image

cat >in-guest <<'EOS'
set -e
bin/udffuse image /mnt
: >/mnt/log
mkfifo end
bin/cacheop watch /mnt/log <end >seen & exec 5>end
for i in 1 2; do bin/cacheop fill /mnt/log append 65536 1000000000; done >filled
exec 5>&-
wait
bin/cacheop again /mnt/log >again
bin/cacheop again /mnt/log >>again
for i in 1 2 3; do bin/cacheop fill "/mnt/f$i" start 65536 1000000000 & done >>filled
wait
stat -c %s /mnt/log >shown
umount /mnt
flock image true
bin/udffuse image /mnt
stat -c %s /mnt/log >stored
umount /mnt
flock image true
EOS
ok "the kernel runs the script to its end" uml sh in-guest
at_most() { if [ "$2" -le "$3" ]; then pass "$1"; else fail "$1" "$2 is more than $3"; fi; }
accepted() { sed -n "$1p" filled | tr -dc '0-9 ' | awk '{ s += $1 } END { print s }'; }
like "a writer on a full volume gets ENOSPC" "$(sed -n 1p filled)" ", ENOSPC, then"
at_most "a writer on a full volume gets ENOSPC after at most 64 MiB more than fit" \
	"$(accepted 1)" $((128 << 20))
at_most "the next writer gets ENOSPC after at most 64 MiB" "$(accepted 2)" $((64 << 20))
is "a descriptor for reading never gets an error on a full volume" "$(cat seen)" "0 refused"
like "a descriptor for reading and writing gets at most one error" "$(head -n 1 again)" "^[01] refused"
is "a file that has its blocks can be overwritten on a full volume" "$(tail -n 1 again)" "0 refused"
same "the size shown after the last close is the stored one" shown stored
ok "udffsck finds no problems after the volume was full" udffsck -n image
plan
