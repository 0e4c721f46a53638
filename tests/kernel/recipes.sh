#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Command lines that people have typed for twenty years, as they stand, on drives of a kernel: /dev/hdd and /dev/scd0 are
# the names that udev once gave to /dev/sr0.  tests/cli/recipes.list has those that need no kernel, and recipe.sh the one
# with an image file.  Then what such lines are typed for: a set of four DVD-RAM discs, and two drives at once.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"
for need in "command genisoimage" "command sg_start" "command mke2fs"; do require "$need"; done

cd "$tmp" || exit
for disc in one two three four; do mmcsim create --media=dvd-ram $disc; done
mmcsim create --media=cd-rw rw
mkdir documents && cp -r "$top_srcdir/doc" documents && head -c 2000000 /dev/urandom >documents/random
for n in 1 2 3 4; do mkdir part$n && head -c ${n}00000 /dev/urandom >part$n/data && echo "disc $n of 4" >part$n/label; done
genisoimage -quiet -R -o 1.iso documents 2>"$err"
cat >guest <<'EOF'
exec 2>&1
mkfifo /run/never
ln -s $sr /dev/hdd && ln -s $sr /dev/scd0 && ln -s $sr2 /dev/scd1
mkdir -p /mnt/dvd /mnt/one /mnt/two
moment() { read -rt 0.1 <>/run/never; }
ready() { sg_raw "$1" 0 0 0 0 0 0 >/dev/null 2>&1; }
loaded() { local n=0; until ready "$1" || [ $((n += 1)) = 50 ]; do moment; done; }
# stays FILE...: is everything of these directories on /mnt/dvd?
stays() { (cd "$1" && find . -type f -exec cmp {} /mnt/dvd/{} \;) && echo "$2: 0"; }
change() { sg_start --eject /dev/scd0; mmcsim insert one "$1"; loaded /dev/scd0; }

# lines 1 and 9's neighbours: a UDF on DVD-RAM, with the kernel's udf
mkudffs --media-type=dvdram /dev/hdd >/dev/null; echo "line 1: $?"
mount -t udf /dev/hdd /mnt/dvd && cp -r documents/. /mnt/dvd; echo "line 1, written: $?"
umount /dev/hdd
mount /dev/hdd /mnt/dvd; stays documents "line 1, read"; umount /mnt/dvd
udffsck -n /dev/hdd >/dev/null; echo "line 1, checked: $?"

dd if=1.iso of=/dev/scd0 bs=64k status=none; echo "line 8: $?"
blockdev --flushbufs $sr
mount /dev/scd0 /mnt/dvd; echo "line 8, mounted: $? $(findmnt -no FSTYPE /mnt/dvd)"; stays documents "line 8, read"; umount /mnt/dvd
udf dd --force 1.iso /dev/scd00; echo "line 8, mistyped: $? $(ls /dev/scd00 2>/dev/null)"

mke2fs -q -b 2048 /dev/scd0 60000; echo "line 9: $?"
mount /dev/scd0 /mnt/dvd && cp -r documents/. /mnt/dvd; echo "line 9, written: $?"; umount /mnt/dvd
blockdev --flushbufs $sr
e2fsck -f -n /dev/scd0 >/dev/null; echo "line 9, checked: $?"

# a set of four discs: write, unmount, eject, insert the next, mount
n=0
for disc in one two three four; do
	n=$((n + 1))
	[ $n = 1 ] || change $disc
	mkudffs --media-type=dvdram --force /dev/scd0 >/dev/null && mount -t udf /dev/scd0 /mnt/dvd || echo "set: disc $n is refused"
	ls /mnt/dvd | grep -v lost+found
	cp part$n/* /mnt/dvd; umount /mnt/dvd
done
n=0
for disc in one two three four; do
	n=$((n + 1))
	change $disc
	udffuse -o ro /dev/scd0 /mnt/dvd; cat /mnt/dvd/label
	stays part$n "set, disc $n"
	umount /mnt/dvd
	until udffsck -n /dev/scd0 >/dev/null 2>&1; do moment; [ $((tries = ${tries-0} + 1)) -lt 100 ] || { echo "set: disc $n is damaged"; break; }; done
done

# line 3, and two drives at once
echo | cdrwtool -d /dev/scd1 -q >/dev/null; echo "line 3: $?"
udffuse /dev/scd0 /mnt/one; echo "first drive: $?"
udffuse /dev/scd1 /mnt/two; echo "second drive: $?"
cp -r documents /mnt/one/ & first=$!
cp -r documents /mnt/two/ & second=$!
wait $first; echo "both at once: $?"; wait $second; echo "both at once: $?"
for dir in one two; do umount.fuse.udffuse /mnt/$dir; echo "unmounted: $?"; done
for drive in $sr $sr2; do
	udf get $drive /documents back >/dev/null && diff -r documents back >/dev/null; echo "read back: $?"
	udffsck -n $drive >/dev/null; echo "clean: $?"
	rm -rf back
done
# line 10: each letter that asks nothing of the disc
cdrwtool -d /dev/scd1 -i | grep -c CD-RW; cdrwtool -d /dev/scd1 -g | grep -c packets:
cdrwtool -d /dev/scd1 -b fast --force >/dev/null; echo "line 10, blanked: $?"
mkudffs --media-type=cdrw /dev/scd1 2>&1 | grep -c 'cdrwtool -d /dev/scd1 --format'
EOF
# shellcheck disable=SC2016
ok "the kernel runs the script to its end" uml --modules 'sr_mod sg udf fuse' \
	mmcsim serve --run='exec bash guest' one rw
said=$(cat "$out")
expect() { like "$1" "$said" "^$2\$"; }
expect "line 1: mkudffs --media-type=dvdram /dev/hdd" 'line 1: 0'
expect "line 1: the kernel's udf writes it" 'line 1, written: 0'
expect "line 1: what it wrote is there" 'line 1, read: 0'
expect "line 1: udffsck finds no problems" 'line 1, checked: 0'
expect "line 8: dd if=1.iso of=/dev/scd0" 'line 8: 0'
expect "line 8: mount takes it for what it is" 'line 8, mounted: 0 iso9660'
expect "line 8: its files are there" 'line 8, read: 0'
expect "line 8: a mistyped device does not become a file" 'line 8, mistyped: 1 '
expect "line 9: mke2fs -b 2048 /dev/scd0" 'line 9: 0'
expect "line 9: mounted and written" 'line 9, written: 0'
expect "line 9: e2fsck -f finds no problems" 'line 9, checked: 0'
unlike "a set of four discs: each new volume is empty" "$said" '^(data|label)$'
unlike "a set of four discs: each is taken, and none is damaged" "$said" '^set: '
for n in 1 2 3 4; do
	expect "a set of four discs: number $n is read as itself" "disc $n of 4"
	expect "a set of four discs: number $n has its data" "set, disc $n: 0"
done
expect "line 3: cdrwtool -d /dev/scd1 -q" 'line 3: 0'
is "two drives at once: both are mounted" "$(grep -cE '^(first|second) drive: 0$' "$out")" 2
is "two drives at once: both are written" "$(grep -c '^both at once: 0$' "$out")" 2
is "two drives at once: both are unmounted" "$(grep -c '^unmounted: 0$' "$out")" 2
is "two drives at once: both hold what was written" "$(grep -c '^read back: 0$' "$out")" 2
is "two drives at once: both are clean" "$(grep -c '^clean: 0$' "$out")" 2
expect "line 10: a CD-RW is blanked" 'line 10, blanked: 0'
is "line 10, and line 2 on a blank disc: what is asked for is said" "$(grep -cx 1 "$out")" 3
cat "$out" | sed 's/^/# /'
plan
