#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# needs all
# make install puts everything where Debian has it; make uninstall leaves nothing.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"

root=$tmp/root
there() { ok "$1 is installed" test -e "$root/usr/$1"; }
link() { is "$1 is a link to $2" "$(readlink "$root/usr/$1")" "$2"; }

# A build tree of another prefix is not at hand: the directories are given to make.
dirs=(prefix=/usr mandir=/usr/share/man bashcompletiondir=/usr/share/bash-completion/completions)
ok "make install succeeds with DESTDIR" make -C "$top_builddir" install DESTDIR="$root" "${dirs[@]}"
for tool in sbin/mkudffs sbin/udffsck sbin/udflabel bin/udffuse bin/udfinfo bin/udf bin/mmcsim bin/cdrwtool bin/isowrite \
	sbin/pktsetup sbin/pktcdvd-check; do
	there $tool
	name=${tool#*/}
	ok "$name has a manual" test -e "$root/usr/share/man/man$([ "${tool%/*}" = sbin ] && echo 8 || echo 1)/$name".?
	there share/bash-completion/completions/$name
	like "$name runs where it is installed" "$("$root/usr/$tool" --version)" "udfkit"
done
link sbin/mkfs.udf mkudffs
link sbin/fsck.udf udffsck
for name in mount.udffuse mount.fuse.udffuse mount.fuseblk.udffuse; do
	is "$name is in /sbin, where mount(8) looks, whatever the prefix" "$(readlink "$root/sbin/$name")" ../usr/bin/udffuse
done
like "umount.fuse.udffuse runs in /sbin" "$("$root/sbin/umount.fuse.udffuse" --version)" "udfkit"
is "umount.fuseblk.udffuse in /sbin is a link to umount.fuse.udffuse" \
	"$(readlink "$root/sbin/umount.fuseblk.udffuse")" umount.fuse.udffuse
link share/man/man8/umount.fuseblk.udffuse.8 umount.fuse.udffuse.8
link share/man/man8/mkfs.udf.8 mkudffs.8
link share/man/man8/fsck.udf.8 udffsck.8
link share/man/man8/mount.udffuse.8 ../man1/udffuse.1
# bash-completion looks for a file of the command's name
completions=share/bash-completion/completions
for pair in mkfs.udf:mkudffs fsck.udf:udffsck mount.udffuse:udffuse; do
	link $completions/${pair%:*} "${pair#*:}"
	# shellcheck disable=SC2016
	is "${pair%:*} completes as ${pair#*:} does" \
		"$(bash -c '. "$1" && complete -p "$2" | sed "s/ [^ ]*$//"' - "$root/usr/$completions/${pair%:*}" "${pair%:*}")" \
		"$(bash -c '. "$1" && complete -p "$2" | sed "s/ [^ ]*$//"' - "$root/usr/$completions/${pair#*:}" "${pair#*:}")"
done
is "no libraries and headers are installed, but the server of pktsetup" \
	"$(cd "$root" && find . -name '*.a' -o -name '*.h' -o -name '*.so*')" ./usr/lib/udfkit/packets.so
is "udev's rule for bound drives is installed, and not the one that binds them" \
	"$(cd "$root" && find . -name '*.rules')" ./usr/lib/udev/rules.d/80-udfkit-pktsetup.rules
ok "make uninstall succeeds with DESTDIR" make -C "$top_builddir" uninstall DESTDIR="$root" "${dirs[@]}"
is "make uninstall leaves nothing" "$(find "$root" ! -type d)" ""

# ---- another folder for the helpers; none that can be written ----
dirs=(DESTDIR= prefix="$tmp/plain" mandir="$tmp/plain/man" bashcompletiondir="$tmp/plain/completions"
	udevrulesdir="$tmp/plain/udev")
ok "make install accepts mounthelperdir" \
	make -C "$top_builddir" install "${dirs[@]}" mounthelperdir="$tmp/plain/helpers"
is "all five helpers are installed in mounthelperdir" "$(ls "$tmp/plain/helpers" | paste -sd ' ')" \
	"mount.fuse.udffuse mount.fuseblk.udffuse mount.udffuse umount.fuse.udffuse umount.fuseblk.udffuse"
ok "make uninstall accepts mounthelperdir" \
	make -C "$top_builddir" uninstall "${dirs[@]}" mounthelperdir="$tmp/plain/helpers"
is "make uninstall removes the helpers from mounthelperdir" "$(find "$tmp/plain" ! -type d)" ""
exits "make install fails when mounthelperdir can't be written" 2 \
	make -C "$top_builddir" install "${dirs[@]}" mounthelperdir=/proc/none
like "the message about mounthelperdir names --with-mount-helpers" "$(cat "$err")" "--with-mount-helpers=DIR"
rm -rf "$tmp/plain"

# ---- mount(8), umount(8) and fstab after a plain make install ----
require mount
require namespace
require /dev/fuse
mkudffs -q --new-file --size=8M "$tmp/v.udf" && mkdir "$tmp/mnt"
echo "$tmp/v.udf $tmp/mnt udffuse noauto 0 0" >"$tmp/fstab"
on_exit 'umount "$tmp/mnt"'
bash "$top_srcdir/tests/cli/with-helpers" - "$tmp/sbin" bash -c '
	make -C "$top_builddir" install "${@:2}" >/dev/null || exit
	findmnt -no FSTYPE "$1/mnt" && exit 1
	mount -t udffuse "$1/v.udf" "$1/mnt" && echo text >"$1/mnt/file" && findmnt -no FSTYPE "$1/mnt" &&
	umount "$1/mnt" && cp "$1/v.udf" "$1/copy.udf" && mount -T "$1/fstab" "$1/mnt" && cat "$1/mnt/file" &&
	umount "$1/mnt"' - "$tmp" "${dirs[@]}" >"$out" 2>"$err"
is "mount -t udffuse, umount and fstab work after make install" "$? $(paste -sd ' ' <"$out")" "0 fuse.udffuse text"
diag "$(cat "$err")"
like "umount after make install waits until the volume is closed" \
	"$(udffsck -n "$tmp/copy.udf")" "clean, 1 file"
plan
