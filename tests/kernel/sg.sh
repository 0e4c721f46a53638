#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lib/mmc through the real sg, sr and cdrom drivers: as a member of the group that owns the drive, without root.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"
export job; job=$(realpath "$top_builddir/tests/kernel/drive_job")

cd "$tmp" || exit
cat >guest <<'EOF'
exec 2>&1
as_member() { setpriv --reuid 65534 --regid 65534 --groups 24 "$@"; }
chgrp 24 $sr $sg; chmod 660 $sr $sg
setpriv --reuid 65534 --regid 65534 --clear-groups "$job" $sr open; echo "stranger: $?"
as_member "$job" $sg; echo "member: $?"
dd if=$sr of=kernel bs=2048 skip=320 count=64 2>/dev/null; echo "dd: $? $(blockdev --getsize64 $sr)"
[ "$medium" != dvd-ram ] || { as_member "$job" $sr resize; echo "resized: $? $(blockdev --getsize64 $sr)"; }
[ "$medium" != dvd-ram ] || {
	mmcsim answer -t 9 disc 1B 5/24/00 2>/dev/null
	cdrwtool -d $sr --force -m 2236704; echo "shut: $? $(blockdev --getsize64 $sr)"
}
EOF
for medium in dvd-ram cd-rw; do
	rm -f disc disc.state kernel
	mmcsim create --media=$medium disc
	export medium
	ok "the jobs run: $medium" uml --modules 'sr_mod sg' --env job --env medium mmcsim serve --pace=2000 --run="exec bash '$tmp/guest'" disc
	said=$(cat "$out")
	like "the message names the group that may use it: $medium" "$said" '^open: permission denied; .*used by group cdrom; Join that group'
	like "a /dev/sgN leads to its /dev/srN: $medium" "$said" '^open: ok$'
	like "the drive is held: $medium" "$said" '^open: in use; another program uses the drive'
	like "the disc is formatted: $medium" "$said" '^format: ok$'
	like "what was written comes back: $medium" "$said" '^write and read: ok$'
	like "the tray goes out and in: $medium" "$said" '^load: ok$'
	like "a member of the group can do all of it: $medium" "$said" '^member: 0$'
	is "the kernel reads what was written: $medium" "$(cksum <kernel)" "$(dd if=disc bs=2048 skip=320 count=64 2>/dev/null | cksum)"
	case $medium in
	dvd-ram) size=2236704 ;;
	cd-rw) size=295264 ;;
	esac
	like "the kernel knows the size: $medium" "$said" "^dd: 0 $((size * 2048))$"
	[ $medium != dvd-ram ] || {
		like "the kernel does not see a new size by itself" "$said" '^stale: 1$'
		like "it does after the medium was reloaded" "$said" "^resized: 0 $((2295072 * 2048))$"
		like "and for root also where the tray stays shut" "$said" "^shut: 0 $((2236704 * 2048))$"
	}
done
plan
