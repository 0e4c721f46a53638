#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packet devices in a real kernel that has no pktcdvd: the old recipe word for word, two drives at once, the eject
# button, and what becomes of data when something is killed.  It prints what the kernel's udf costs in packets.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"
for need in "command nbdkit" "command nbd-client" "command udevadm"; do require "$need"; done

cd "$tmp" || exit
chmod 755 .
ok "the server of pktsetup is in the build tree" test -e "$top_builddir/pktsetup/packets.so"
mkdir documents && cp -r "$top_srcdir/doc" documents && head -c 1000000 /dev/urandom >documents/random
(cd documents && find . -type f -exec md5sum {} + | sort -k2) >wanted
head -c 300000 /dev/urandom >raw
cp "$top_srcdir/pktsetup/"*.rules .
sed "s,@sbindir@,$(dirname "$(realpath "$(ours pktsetup)")"),g" "$top_srcdir/pktsetup/81-udfkit-pktsetup-auto.rules.in" >81-auto
mmcsim create --media=cd-rw one && mmcsim create --media=cd-rw blank
for media in dvd-ram dvd+rw dvd-rw bd-re; do
	mmcsim create --media=$media $media
	ok "a $media is prepared" cdrwtool -d sim:$media -q --force
done
# pktcdvd-check is pktsetup's
cat >guest <<'EOF'
exec 2>&1
mkfifo /run/never
moment() { read -rt 0.1 <>/run/never; }
soon() { local n=0; until "$@" >/dev/null 2>&1; do [ $((n += 1)) -lt 200 ] || return 1; moment; done; return 0; }
shows() { pktsetup -s | grep "$1"; }
empty() { ! pktsetup -s | grep .; }
listed() { (cd $1 && find . -type f -exec md5sum {} + | sort -k2) >$2; }
server() { pgrep -x nbdkit; }
supervisor() { pgrep -x pktsetup; }
mkdir /mnt/dvd /mnt/two
echo 10 >/proc/sys/vm/dirty_writeback_centisecs

# The recipe.
cdrwtool -d /dev/sr0 -q; echo "prepared: $?"
pktcdvd-check -q /dev/sr0; echo "checked: $?"
pktsetup /dev/pktcdvd0 /dev/sr0; echo "bound: $?"
pktsetup -s | sed 's/^/shown: /'
mount -t udf /dev/pktcdvd0 /mnt/dvd; echo "mounted: $? $(findmnt -no OPTIONS /mnt/dvd | cut -c1-2)"
cp -r documents/. /mnt/dvd; echo "copied: $?"
pktsetup -d /dev/pktcdvd0; echo "in use: $?"
umount /dev/pktcdvd0; echo "unmounted: $?"
soon shows 'all is on the disc'; echo "idle: $? $(blockdev --getss --getiomin /dev/pktcdvd0 | paste -sd ' ')"
pktsetup -d /dev/pktcdvd0 | sed 's/^/session: /'; echo "released: $(ls -d /dev/pktcdvd0 2>/dev/null | wc -l)"
pktsetup -d /dev/pktcdvd0; echo "again: $?"
pktsetup -d -i /dev/pktcdvd0; echo "ignored: $?"
mount -t udf -o ro /dev/sr0 /mnt/dvd; listed /mnt/dvd kernel; umount /mnt/dvd

# Two drives; of the second one a name without a directory.
pktsetup /dev/pktcdvd0 /dev/sr0 >/dev/null && pktsetup two /dev/sr1; echo "two: $? $(pktsetup -s | wc -l) $(readlink /dev/pktcdvd/two)"
pktsetup three /dev/sr1; echo "twice: $?"
pktsetup -i three /dev/sr1; echo "twice, ignored: $?"
pktsetup -s --json | jq -r '.[1] | "json: \(.path) \(.disc) \(.state)"'
mkdir -p /run/udev/rules.d && cp *.rules /run/udev/rules.d
for dev in sr0 nbd1 nbd2; do udevadm test --action=change /sys/block/$dev 2>/dev/null | grep -o "UDISKS_IGNORE=1" | sed "s/^/udev: $dev /"; done
mount -t udf /dev/pktcdvd/two /mnt/two && cp -r documents/. /mnt/two; echo "dvd-ram: $?"
umount /mnt/two; pktsetup -d two >/dev/null; echo "dvd-ram released: $?"

# The other media that packets are made for.
others=(dvd+rw dvd-rw bd-re)
for i in 0 1 2; do
	mkdir /mnt/${others[i]}
	pktsetup other /dev/sr$((i + 2)) >/dev/null && mount -t udf /dev/pktcdvd/other /mnt/${others[i]} &&
		cp -r documents/. /mnt/${others[i]}; echo "${others[i]} filled: $?"
	rm /mnt/${others[i]}/doc/CRASH.md; dd if=raw of=/mnt/${others[i]}/random bs=1000 count=5 seek=300 conv=notrunc status=none
	umount /mnt/${others[i]}; pktsetup -d other >/dev/null; echo "${others[i]} released: $?"
done

# Data that no program has synced, and that the server has had for no second.
dd if=raw of=/dev/pktcdvd0 bs=2048 seek=200000 status=none
pktsetup -d /dev/sr0 >/dev/null; echo "pending: $?"

# The button: nothing comes out while a program uses the volume, and then all is written before it does.
pktsetup /dev/pktcdvd0 /dev/sr0 >/dev/null; mount -t udf /dev/pktcdvd0 /mnt/dvd
exec 5</mnt/dvd/random
mmcsim eject $dir/one >/dev/null 2>&1
soon shows 'disc stays'; pktsetup -s | sed 's/^/button: /'
exec 5<&-
cp documents/random /mnt/dvd/late
mmcsim eject $dir/one >/dev/null 2>&1
soon empty; echo "ejected: $? $(grep -c . /proc/self/mounts | head -c0)$(findmnt /mnt/dvd >/dev/null || echo unmounted) $(mmcsim show $dir/one | grep -c '^drive: .*open')"
mmcsim insert $dir/one

# The server is killed.
soon pktsetup killed /dev/sr0; mount -t udf /dev/pktcdvd/killed /mnt/dvd
cp raw /mnt/dvd/lost; sync -f /mnt/dvd
kill -KILL $(server)
soon shows 'killed by signal 9'; pktsetup -s; echo "shown lost: $?"
umount /mnt/dvd
pktsetup -d killed; echo "told lost: $?"
pktsetup -d killed; echo "told once: $?"

# The process that keeps it is killed: the server ends too, but writes what it has.  Then both are killed.
soon pktsetup killed /dev/sr0; dd if=raw of=/dev/pktcdvd/killed bs=2048 seek=210000 status=none
kill -KILL $(supervisor)
pktsetup -s; echo "no keeper: $?"
dd if=raw of=/dev/pktcdvd/killed bs=2048 seek=220000 conv=fsync status=none 2>/dev/null && echo "served on"
pktsetup -d killed; echo "cleared up: $? $(ls /dev/pktcdvd | wc -l) $(server | wc -l)"
pktsetup killed /dev/sr0 >/dev/null; kill -KILL $(supervisor) $(server)
pktsetup -d killed; echo "both: $? $(ls /dev/pktcdvd | wc -l)"
pktsetup killed /dev/sr0 >/dev/null && pktsetup -d killed; echo "bound again: $?"

# The rule that binds discs by itself: what udev would run, in place of systemd-run; it knows the default directory only.
# (udevadm of systemd 252 prints "run: 'COMMAND'", that of 257 "RUN{program} : COMMAND".)
cp $dir/81-auto /run/udev/rules.d/81-auto.rules
auto() { udevadm test --action=change /sys/block/$1 2>/dev/null | sed -nE "s/^(run: '| *RUN\{program\} : ).*systemd-run .*(\/pktsetup [^']*)'?\$/\2/p" | paste -sd '|' | sed "s/^/auto: $2: /"; }
auto sr1 'a DVD-RAM'; auto sr4 'a BD-RE'
pktsetup -i $(auto sr1 x | sed 's/.* //') | sed 's/^/auto: /'
auto sr1 'it is bound'
pktsetup -i -d 11:1 >/dev/null; mmcsim eject $dir/dvd-ram; auto sr1 'the tray is open'
pktsetup -i -d 11:1; echo "auto: released: $?"; mmcsim insert $dir/dvd-ram
pktcdvd-check -q /dev/sr5; echo "blank: $?"; auto sr5 'blank'

# What is known of it can't be stored: then it is not bound, and nothing goes on.
slot=$(cd /run/udfkit/pktsetup; n=0; while [ -e $n ]; do n=$((n + 1)); done; echo $n)
mkdir /run/udfkit/pktsetup/$slot.new; pktsetup unkept /dev/sr0; echo "not stored: $? $(server | wc -l) $(supervisor | wc -l)"
rmdir /run/udfkit/pktsetup/$slot.new

# A kernel without NBD, as far as pktsetup can see.
pktsetup -d nothing
mount -t tmpfs none /sys/block; mkdir /run/none; printf '#!/bin/sh\nexit 1\n' >/run/none/modprobe; chmod +x /run/none/modprobe
PATH=/run/none:$PATH pktsetup none /dev/sr0; echo "no nbd: $?"
EOF
# shellcheck disable=SC2016
ok "the kernel runs the script to its end" uml --modules 'sr_mod sg nbd udf' --env dir="$tmp" \
	mmcsim serve --run='exec bash guest' one dvd-ram dvd+rw dvd-rw bd-re blank
said=$(cat "$out")
like "cdrwtool -d /dev/sr0 -q prepares the disc" "$said" '^prepared: 0$'
like "pktcdvd-check finds it good" "$said" '^checked: 0$'
like "pktsetup /dev/pktcdvd0 /dev/sr0 binds the drive" "$said" '^bound: 0$'
like "pktsetup -s lists it as udftools does" "$said" '^shown:  0 : 43:0 -> 11:0  /dev/pktcdvd0 .*CD-RW.*on the disc'
like "mount -t udf /dev/pktcdvd0 mounts it for writing" "$said" '^mounted: 0 rw$'
like "files are copied" "$said" '^copied: 0$'
like "a packet device with a mounted volume is not released" "$said" '^in use: 1$'
like "umount /dev/pktcdvd0 unmounts it" "$said" '^unmounted: 0$'
like "what nobody has synced is written after a second, and sectors have 2048 bytes" "$said" '^idle: 0 2048 '
like "pktsetup -d releases it, and the node is gone" "$said" '^released: 0$'
like "what is no packet device is not released" "$said" '^again: 1$'
like "with -i that is no failure" "$said" '^ignored: 0$'
same "the kernel reads the same from the drive itself" kernel wanted
diag "the kernel's udf, $(du -sk documents | cut -f1) KiB in $(wc -l <wanted) files: $(sed -n 's/^session: //p' <<<"$said")"
like "two drives are bound at once, by path and by name" "$said" '^two: 0 2 /dev/nbd1$'
like "a drive is bound once" "$said" '^twice: 1$'
like "with -i that is no failure, either" "$said" '^twice, ignored: 0$'
like "scripts read the list as JSON" "$said" '^json: /dev/pktcdvd/two DVD-RAM clean$'
is "udisks is told to leave bound drives and their nodes alone, and no others" \
	"$(sed -n 's/^udev: //p' <<<"$said" | paste -sd ,)" "sr0 UDISKS_IGNORE=1,nbd1 UDISKS_IGNORE=1"
like "the automatic rule binds a DVD-RAM that comes in" "$said" '^auto: a DVD-RAM: /pktsetup -i 11:1$'
like "and a BD-RE" "$said" '^auto: a BD-RE: /pktsetup -i 11:4$'
like "its command line does" "$said" '^auto: /dev/pktcdvd/pktcdvd0: the DVD-RAM in /dev/sr1, through /dev/nbd'
unlike "what is bound is not bound again" "$said" '^auto: it is bound: .'
like "an empty drive is released" "$said" '^auto: the tray is open: /pktsetup -i -d 11:1$'
like "which is no failure where nothing is bound" "$said" '^auto: released: 0$'
like "a disc that is not formatted fails the rule's check" "$said" '^blank: 1$'
if [ "$(udevadm --version)" -lt 256 ]; then
	unlike "so it is left alone" "$said" '^auto: blank: .'
else
	diag "udevadm test of systemd 256 and later does not run what a rule checks"
fi
like "a drive whose record can't be stored is not bound, and no server is left" "$said" '^not stored: 1 0 0$'
like "a DVD-RAM takes files too" "$said" '^dvd-ram: 0$'
like "and is released" "$said" '^dvd-ram released: 0$'
like "the drive's own name releases it, with data pending" "$said" '^pending: 0$'
is "what was pending is on the disc" "$(tail -c +409600001 one | head -c 300000 | md5sum)" "$(md5sum <raw)"
like "the button lets nothing out while a program uses the volume" "$said" '^button: .*the disc stays in the drive, because it is mounted on /mnt/dvd'
like "when nobody does, it unmounts the volume and opens the tray" "$said" '^ejected: 0 unmounted 1$'
like "pktsetup -s says that the server was killed, and fails" "$said" '^shown lost: 1$'
like "it says what to do" "$said" 'killed by signal 9, and what .* is lost, at .*: check the volume'
like "so does pktsetup -d" "$said" '^told lost: 1$'
like "the loss is told once" "$said" '^told once: 1$'
like "when the process that keeps it is killed, pktsetup -s says so" "$said" 'the process that kept it was killed; .pktsetup -d'
like "and fails" "$said" '^no keeper: 1$'
unlike "nothing is served any more" "$said" '^served on'
like "pktsetup -d says that what was written then is lost, and clears up" "$said" '^cleared up: 1 0 0$'
like "when the server is killed too, it says so" "$said" 'was killed, and what was not on the disc yet is lost'
like "and clears up" "$said" '^both: 1 0$'
like "then the drive can be bound again" "$said" '^bound again: 0$'
is "what was pending when the process that keeps it was killed is on the disc" \
	"$(tail -c +430080001 one | head -c 300000 | md5sum)" "$(md5sum <raw)"
like "without NBD the message names udffuse" "$said" 'neither pktcdvd nor NBD.*udffuse /dev/sr0'
like "and the exit status is 1" "$said" '^no nbd: 1$'
ok "udffsck finds no errors in what the kernel wrote on the DVD-RAM" udffsck -n sim:dvd-ram
ok "udf reads it" udf get sim:dvd-ram / got
(cd got && find . -type f -exec md5sum {} + | sort -k2) >read
same "and it is what was copied" read wanted
cp -r documents changed; rm changed/doc/CRASH.md; dd if=raw of=changed/random bs=1000 count=5 seek=300 conv=notrunc status=none
for media in dvd+rw dvd-rw bd-re; do
	like "a $media takes files, too" "$said" "^${media/+/.} filled: 0$"
	like "and is released with all on it" "$said" "^${media/+/.} released: 0$"
	like "udffsck finds no errors in it" "$(udffsck -n sim:$media 2>&1)" " 0 errors|clean"
	rm -rf got; ok "udf reads it" udf get sim:$media / got
	ok "and it is what was copied and changed" diff -r got changed
done
ok "udf reads what was written before the tray opened" udf get sim:one /late late
same "it is whole" late documents/random
plan
