#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A DVD-RAM in a drive of the kernel, which udffuse writes through the kernel's page cache: how much is held back, the
# drive's button, a disc that is taken out and put back, and another disc in its place.  udev's and blkid's probes come
# by every moment.  (In a simulated drive, in user-mode-linux.)
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"
for need in "command sg_raw" "/usr/lib/udev/cdrom_id"; do require "$need"; done

cd "$tmp" || exit
for d in disc other; do mmcsim create --media=dvd-ram $d && mkudffs -q --label=$d sim:$d; done
# The volume is in there; all of it would take long.
begins() { head -c 100M other | cksum; }
before=$(begins)
head -c 20M /dev/urandom >large
cat >guest <<'EOF'
exec 2>&1
mkfifo /run/never
moment() { read -rt 0.1 <>/run/never; }
# within SECONDS COMMAND: waits until it succeeds
within() { local n=$(($1 * 10)); shift; until "$@"; do [ $((n -= 1)) -gt 0 ] || return 1; moment; done; return 0; }
loop() { while :; do "$@"; read -rt 0.2 <>/run/never; done >/dev/null 2>&1; }
mkdir -p /mnt/disc
begin() { udffuse -f $sr /mnt/disc >>$dir/log 2>&1 & server=$!; within 20 mountpoint -q /mnt/disc; }
dead() { ! kill -0 $server 2>/dev/null; }
ended() { within 60 dead; wait $server; }
said() { grep -qE "$1" $dir/log; }
press() { mmcsim eject "$@" $dir/disc >/dev/null 2>&1; moment; moment; moment; }
put() { mmcsim insert "$@" >/dev/null 2>&1; moment; moment; moment; }
# meminfo NAME: in kB
meminfo() { sed -n "s/^$1: *\([0-9]*\) kB/\1/p" /proc/meminfo; }
held_back() { echo $((($(meminfo Dirty) + $(meminfo Writeback)) / 1024)); }

begin; echo "mounted: $?"
echo "timeout: $(cat /sys/block/sr0/device/timeout)"
sync; sysctl -q vm.dirty_background_ratio=80 vm.dirty_ratio=90
most=0
for i in 0 1 2 3 4; do
	dd if=$dir/large of=/mnt/disc/large bs=1M skip=$((i * 4)) seek=$((i * 4)) count=4 oflag=direct conv=notrunc status=none
	now=$(held_back); [ $now -le $most ] || most=$now
done
echo "held back: $most"
cmp $dir/large /mnt/disc/large; echo "large: $?"
sync /mnt/disc
echo 100 >/sys/block/sr0/events_poll_msecs
loop /usr/lib/udev/cdrom_id --lock-media $sr & loops=$!
loop blkid -p $sr & loops="$loops $!"
exec 7</mnt/disc/large
press
within 20 said 'the disc stays in the drive'; echo "busy: $?"
cmp $dir/large /mnt/disc/large; echo "goes on: $?"
exec 7<&-
press
ended; echo "button: $?"
echo "tray: $(sg_raw $sr 0 0 0 0 0 0 2>&1 | grep -c 'not present')"
# The disc comes out by force and in again, while nothing is held back: the mount goes on.
put $dir/disc
echo "generic: $(udf ls $sg)"
begin; echo "again: $?"
cp $dir/guest /mnt/disc/first; sync /mnt/disc
press --force; put $dir/disc
cp $dir/guest /mnt/disc/second; sync /mnt/disc; echo "the same: $?"
# It is out when something is written.
press --force
cp $dir/guest /mnt/disc/third; sync /mnt/disc; echo "out: $?"
umount /mnt/disc; echo "umount: $?"; ended; echo "server: $?"
put $dir/disc; begin
cmp $dir/guest /mnt/disc/first && cmp $dir/guest /mnt/disc/second; echo "still there: $?"
# Another one in its place
press --force; put $dir/disc $dir/other
cp $dir/guest /mnt/disc/fourth; sync /mnt/disc; echo "other: $?"
umount /mnt/disc; ended; echo "other server: $?"
kill $loops; wait $loops
# A drive that does not answer any more
press --force; put $dir/disc $dir/disc; begin
cp $dir/guest /mnt/disc/fifth; mmcsim cut $dir/disc >/dev/null 2>&1; began=$SECONDS
umount /mnt/disc; ended; echo "dead: $? $((SECONDS - began > 100))"
EOF
# shellcheck disable=SC2016
ok "the kernel runs the script to its end" uml --modules 'sr_mod sg' --env dir="$tmp" \
	mmcsim serve --pace=2000 --run='exec bash $dir/guest' disc
said=$(cat "$out")
like "udffuse mounts it" "$said" '^mounted: 0$'
like "the kernel waits longer than its usual 30 seconds for the drive" "$said" '^timeout: 200$'
held=$(sed -n 's/^held back: //p' "$out")
ok "not more is held back than can be written in ten seconds" test "${held:-99}" -le 14
like "what was written is read" "$said" '^large: 0$'
like "the button is refused while a file is open" "$said" '^busy: 0$'
like "and the mount goes on" "$said" '^goes on: 0$'
like "the button unmounts a volume that nobody uses" "$said" '^button: 0$'
like "the tray is open then" "$said" '^tray: 1$'
like "the name of the generic device leads to the disc" "$said" '^generic: .*large$'
like "the disc is mounted again" "$said" '^again: 0$'
like "the disc is known again after it was out" "$said" '^the same: 0$'
like "without the disc a sync fails" "$said" '^out: 1$'
like "umount ends all the same" "$said" '^umount: 0$'
like "udffuse ends with failure" "$said" '^server: 1$'
like "what was synced before is there" "$said" '^still there: 0$'
like "with another disc in its place a sync fails" "$said" '^other: 1$'
like "udffuse ends with failure then" "$said" '^other server: 1$'
like "with a dead drive umount ends soon, and udffuse with failure" "$said" '^dead: 1 0$'
is "nothing was written to the other disc" "$(begins)" "$before"
plan
