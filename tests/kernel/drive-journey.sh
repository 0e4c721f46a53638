#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The whole way on a drive of the kernel: an ordinary user of group cdrom prepares a disc with cdrwtool, and writes it
# through udffuse, while udev's and blkid's probes come by every moment and somebody presses the eject button.  Then the
# kernel reads it, and writes it where it can.  (In a simulated drive, in user-mode-linux.)
#
# Nothing keeps root from "cdrom_id --eject-media", which unlocks the drive first and does not care who holds it.  But
# udev runs it only when the kernel reports a press of the button, and while the drive is held the kernel looks only
# when somebody opens it.  At the end it is run all the same, while files are written.
#
# UDFKIT_MEDIA="dvd+rw bd-re dvd-rw" goes that way with other media.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"
for need in "command sg_start" "command udevadm" "/usr/lib/udev/cdrom_id"; do require "$need"; done

cd "$tmp" || exit
chmod 755 .
mkdir bin && for tool in cdrwtool udffuse udffsck; do cp "$(ours $tool)" bin/; done
cp -r "$top_srcdir/doc" documents && head -c 2000000 /dev/urandom >documents/random
chmod -R a+rX bin documents
(cd documents && find . -type f -exec md5sum {} + | sort -k2) >wanted
cat >guest <<'EOF'
exec 2>&1
PATH=$dir/bin:$PATH
mkfifo /run/never
chmod 666 /dev/fuse
chgrp cdrom $sr $sg && chmod 660 $sr $sg
mkdir -p /mnt/disc && chown nobody /mnt/disc
user() { setpriv --reuid nobody --regid nogroup --groups cdrom -- "$@"; }
loop() { while :; do "$@"; read -rt 0.2 <>/run/never; done >/dev/null 2>&1; }
listed() { (cd /mnt/disc && find . -type f -exec md5sum {} + | sort -k2) >$1; }

echo 100 >/sys/block/sr0/events_poll_msecs
loop /usr/lib/udev/cdrom_id --lock-media $sr & loops=$!
loop blkid -p $sr & loops="$loops $!"
user cdrwtool -d $sr -q --force; echo "prepared: $?"
user udffuse $sr /mnt/disc; echo "udffuse: $?"
user cp -r $dir/documents/. /mnt/disc; echo "copied: $?"
kill $loops; wait $loops; pkill -x cdrom_id
udevadm monitor --kernel --property >$dir/events & monitor=$!
# The button would unmount it while nothing is open.
user sh -c 'exec tail -f /dev/null 3</mnt/disc/CRASH.md' &
mmcsim eject $dir/disc 2>&1 | grep -v 'in use'
user rm /mnt/disc/random; user cp $dir/documents/random /mnt/disc; echo "changed: $?"
user sync -f /mnt/disc; echo "synced: $?"
kill $monitor; wait $monitor; echo "ejects: $(grep -c DISK_EJECT_REQUEST $dir/events)"
pkill -x tail
umount /mnt/disc 2>/dev/null; mountpoint -q /mnt/disc; echo "unmounted: $?"
n=0; while pgrep -x udffuse >/dev/null && [ $((n += 1)) -lt 100 ]; do read -rt 0.2 <>/run/never; done
# cdrwtool asked for this where a probe had locked the drive: Linux learns of the new size when the disc comes in.
sg_prevent --allow $sr; sg_start --eject $sr; sg_start --load $sr; for _ in 1 2 3 4 5; do sg_raw $sr 0 0 0 0 0 0; done >/dev/null 2>&1
mount -t udf $sr /mnt/disc; echo "kernel: $? $(findmnt -no OPTIONS /mnt/disc | cut -c1-2)"
listed $dir/read
[ ! -w /mnt/disc/random ] || echo more >/mnt/disc/by-the-kernel
umount /mnt/disc
user udffuse -o ro $sr /mnt/disc; echo "again: $? $(user cat /mnt/disc/by-the-kernel 2>/dev/null)"
umount /mnt/disc
n=0; while pgrep -x udffuse >/dev/null && [ $((n += 1)) -lt 100 ]; do read -rt 0.2 <>/run/never; done
user udffsck -n $sr; echo "checked: $?"

# The disc is taken out of a volume that is written, again and again.
user udffuse $sr /mnt/disc; user cp $dir/documents/CRASH.md /mnt/disc/kept; user sync /mnt/disc/kept /mnt/disc; echo "kept: $?"
loop /usr/lib/udev/cdrom_id --eject-media $sr & loops=$!
n=0; while user cp $dir/documents/random /mnt/disc/late && user sync -f /mnt/disc && [ $((n += 1)) -lt 100 ]; do :; done
user sync -f /mnt/disc; echo "taken out: $?"
umount /mnt/disc; mountpoint -q /mnt/disc; echo "left: $?"
n=0; while pgrep -x udffuse >/dev/null && [ $((n += 1)) -lt 300 ]; do read -rt 0.2 <>/run/never; done
pgrep -x udffuse >/dev/null; echo "ended: $?"
kill $loops; wait $loops; pkill -x cdrom_id
n=0; until mmcsim insert $dir/disc 2>/dev/null; sg_raw $sr 0 0 0 0 0 0 >/dev/null 2>&1 || [ $((n += 1)) -ge 100 ]; do read -rt 0.2 <>/run/never; done
user udffuse $sr /mnt/disc; user cmp $dir/documents/CRASH.md /mnt/disc/kept; echo "after that: $?"
user cp $dir/documents/random /mnt/disc/late; user sync -f /mnt/disc; echo "written: $?"
umount /mnt/disc
dmesg | grep -i 'sr0.*error' | tail -3
EOF
for medium in ${UDFKIT_MEDIA:-dvd-ram cd-rw}; do
	rm -f disc* read
	mmcsim create --media="$medium" disc
	[ -z "${UDFKIT_CLIENTS_DIR-}" ] || mmcsim log --on disc
	# shellcheck disable=SC2016
	ok "$medium: the kernel runs the script to its end" uml --modules 'sr_mod sg' \
		--env dir="$tmp" mmcsim serve --pace=2000 --run='exec bash $dir/guest' disc
	said=$(cat "$out")
	like "$medium: a user of group cdrom prepares it" "$said" '^prepared: 0$'
	like "$medium: and mounts it" "$said" '^udffuse: 0$'
	like "$medium: files are copied while programs probe the drive" "$said" '^copied: 0$'
	like "$medium: files are replaced after the eject button was pressed" "$said" '^changed: 0$'
	like "$medium: and synced" "$said" '^synced: 0$'
	like "$medium: the kernel tells udev nothing of the button" "$said" '^ejects: 0$'
	like "$medium: it is unmounted, if the button has not done that" "$said" '^unmounted: 32$'
	case $medium in dvd-ram|dvd+rw|bd-re) mode=rw ;; *) mode=ro ;; esac
	like "$medium: the kernel mounts it $mode" "$said" "^kernel: 0 $mode"
	same "$medium: the kernel reads what was written" read wanted
	if [ $mode = rw ]; then
		like "$medium: udffuse reads what the kernel wrote" "$said" '^again: 0 more$'
	else
		like "$medium: udffuse mounts it again" "$said" '^again: 0 $'
	fi
	like "$medium: udffsck finds no problems" "$said" '^checked: 0$'
	like "$medium: a file is synced" "$said" '^kept: 0$'
	like "$medium: sync fails when root has the disc taken out" "$said" '^taken out: 1$'
	like "$medium: the mount can be left" "$said" '^left: (1|32)$'
	like "$medium: and its process ends" "$said" '^ended: 1$'
	like "$medium: what was synced is there when the disc is in again" "$said" '^after that: 0$'
	like "$medium: and it is written again" "$said" '^written: 0$'
done
plan
