#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Mount options: a line of fstab that was written for the kernel's udf works when only its type is changed, and
# root's mounts can be entered by everyone.
# In a mount namespace of its own: others that begin meanwhile would take these mounts with them, and keep them.
[ -n "${own_mounts-}" ] || ! unshare -m true 2>/dev/null || own_mounts=1 exec unshare -m --propagation private bash "$0"
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require /dev/fuse
require mount
img=$tmp/v.udf mnt=$tmp/mnt
mkdir "$mnt" && chmod 711 "$tmp"
on_exit 'umount "$mnt" || umount -l "$mnt"'
start() { udffuse "$@" "$img" "$mnt" 2>"$err"; }
stop() { umount.fuse.udffuse "$mnt"; }
nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
mkudffs -q --new-file --size=16M -b 2048 "$img"

# ---- who may enter what root mounts ----
start && echo text >"$mnt/file" && mkdir "$mnt/dir" && chmod 777 "$mnt/dir" && echo secret >"$mnt/secret" && chmod 600 "$mnt/secret"
is "others read what modes let them read" "$(nobody cat "$mnt/file")" text
ok "and write where modes let them" nobody touch "$mnt/dir/theirs"
exits "but not what is closed to them" 1 nobody cat "$mnt/secret"
exits "nor where they may not" 1 nobody touch "$mnt/none"
is "what they make is theirs" "$(stat -c %u:%g "$mnt/dir/theirs")" 65534:65534
like "programs with set-user-id and devices of the volume have no power" "$(findmnt -no OPTIONS "$mnt")" "nosuid,nodev"
stop
start -o no_allow_other
exits "no_allow_other keeps others out" 1 nobody cat "$mnt/file"
unlike "and then modes are not checked" "$(findmnt -no OPTIONS "$mnt")" default_permissions
stop
start -o no_default_permissions
exits "where modes are not checked others are kept out" 1 nobody cat "$mnt/file"
stop
start -o no_allow_other,default_permissions
exits "the check of modes can be had without others" 1 nobody cat "$mnt/file"
like "it is on then" "$(findmnt -no OPTIONS "$mnt")" default_permissions
stop

# ---- options of the kernel's udf ----
shown() { stat -c '%u:%g %a' "$@" | paste -sd ' '; }
ok "mode=, dmode= and umask=" start -o mode=664,dmode=775,umask=002
is "are shown for files and directories" "$(shown "$mnt/file" "$mnt/dir" "$mnt/secret")" "0:0 664 0:0 775 0:0 664"
stop
ok "uid= and gid= with ignore" start -o uid=11,gid=12,uid=ignore,gid=ignore
is "are shown for every file" "$(shown "$mnt/file" "$mnt/dir/theirs")" "11:12 644 11:12 644"
stop
ok "uid=forget and gid=forget" start -o uid=forget,gid=forget
touch "$mnt/nobodys"
stop
start
is "a file of theirs is recorded without an owner: it belongs to whoever mounts" "$(shown "$mnt/nobodys")" "0:0 644"
is "older files keep theirs" "$(shown "$mnt/dir/theirs")" "65534:65534 644"
stop
is "as udf ls shows" "$(udf ls -l "$img" /nobodys | awk '{ print $3, $4 }')" "- -"
for option in unhide undelete adinicb noadinicb shortad longad nostrict strict iocharset=utf8 iocharset=iso8859-1 utf8 \
	session=0 anchor=256 lastblock=8191 bs=2048 novrs volume=1 partition=0 fileset=2 rootdir=3; do
	ok "the kernel's option $option is accepted" start -o $option
	is "$option: the volume is there" "$(cat "$mnt/file")" text
	cat "$err" >>"$tmp/said"
	stop
done
is "what has no effect is said, with what to do instead" "$(sed -E "s/.*option '([a-z]*).*/\1/" "$tmp/said" | paste -sd ' ')" \
	"undelete iocharset volume partition fileset rootdir"
exits "a session where there is none is not mounted" 1 start -o session=100
cp "$img" "$tmp/whole" && dd if=/dev/zero of="$img" bs=2048 seek=16 count=8 conv=notrunc status=none
exits "a volume whose recognition sequence is gone is not mounted" 1 start
ok "but with novrs" start -o novrs
is "with what is on it" "$(cat "$mnt/file")" text
stop
cp "$tmp/whole" "$img"
for option in mode=999 dmode=x umask=8 uid=you session=-1 anchor=x lastblock= bs=1000; do
	exits "$option is refused" 2 start -o "$option"
done

# ---- options that mount(8) and fstab(5) have for every filesystem ----
for option in async atime noatime auto noauto defaults dev nodev diratime nodiratime dirsync exec noexec group \
	iversion noiversion mand nomand _netdev nofail relatime norelatime strictatime nostrictatime lazytime nolazytime \
	suid nosuid silent loud owner noowner ro rw sync user nouser users nousers user=me X-any x-any=1 x-systemd.automount \
	nosymfollow symfollow discard nodiscard auto_unmount comment=x quota noquota usrquota grpquota; do
	ok "the option $option is accepted" start -o $option
	stop
done
start && ln -s file "$mnt/link" && stop
start -o nosymfollow
exits "nosymfollow: no link is followed" 1 cat "$mnt/link"
is "but read" "$(readlink "$mnt/link")" file
stop
ok "udffsck -n finds nothing" udffsck -n "$img"
plan
