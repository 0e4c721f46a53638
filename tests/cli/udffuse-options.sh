#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Mount options: a line of fstab written for the kernel's udf works when only its type is changed, and
# root's mounts can be entered by everyone.
# A mount namespace of its own: other tests that start meanwhile would copy these mounts and keep them.
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
is "another user reads a file that its mode allows to read" "$(nobody cat "$mnt/file")" text
ok "another user writes to a directory that its mode allows to write to" nobody touch "$mnt/dir/theirs"
exits "another user can't read a file with mode 600" 1 nobody cat "$mnt/secret"
exits "another user can't write to a directory with mode 755" 1 nobody touch "$mnt/none"
is "a file of another user has that user as its owner" "$(stat -c %u:%g "$mnt/dir/theirs")" 65534:65534
like "root's mounts have nosuid and nodev" "$(findmnt -no OPTIONS "$mnt")" "nosuid,nodev"
stop
start -o no_allow_other
exits "no_allow_other keeps others out" 1 nobody cat "$mnt/file"
unlike "no_allow_other turns the check of modes off" "$(findmnt -no OPTIONS "$mnt")" default_permissions
stop
start -o no_default_permissions
exits "no_default_permissions keeps others out" 1 nobody cat "$mnt/file"
stop
start -o no_allow_other,default_permissions
exits "no_allow_other with default_permissions keeps others out" 1 nobody cat "$mnt/file"
like "default_permissions turns the check of modes on" "$(findmnt -no OPTIONS "$mnt")" default_permissions
stop

# ---- options of the kernel's udf ----
shown() { stat -c '%u:%g %a' "$@" | paste -sd ' '; }
ok "mode=, dmode= and umask= are accepted" start -o mode=664,dmode=775,umask=002
is "mode=, dmode= and umask= are shown for files and directories" \
	"$(shown "$mnt/file" "$mnt/dir" "$mnt/secret")" "0:0 664 0:0 775 0:0 664"
stop
ok "uid= and gid= with ignore are accepted" start -o uid=11,gid=12,uid=ignore,gid=ignore
is "uid= and gid= with ignore are shown for every file" \
	"$(shown "$mnt/file" "$mnt/dir/theirs")" "11:12 644 11:12 644"
stop
ok "uid=forget and gid=forget are accepted" start -o uid=forget,gid=forget
touch "$mnt/nobodys"
stop
start
is "a file made with uid=forget belongs to whoever mounts" "$(shown "$mnt/nobodys")" "0:0 644"
is "a file made without uid=forget keeps its owner" "$(shown "$mnt/dir/theirs")" "65534:65534 644"
stop
is "udf ls shows no owner for a file made with uid=forget" \
	"$(udf ls -l "$img" /nobodys | awk '{ print $3, $4 }')" "- -"
for option in unhide undelete adinicb noadinicb shortad longad nostrict strict iocharset=utf8 iocharset=iso8859-1 utf8 \
	session=0 anchor=256 lastblock=8191 bs=2048 novrs volume=1 partition=0 fileset=2 rootdir=3; do
	ok "the kernel's option $option is accepted" start -o $option
	is "a file is readable with the option $option" "$(cat "$mnt/file")" text
	cat "$err" >>"$tmp/said"
	stop
done
is "options without effect bring a warning, and no others do" \
	"$(sed -E "s/.*option '([a-z]*).*/\1/" "$tmp/said" | paste -sd ' ')" \
	"undelete iocharset volume partition fileset rootdir"
exits "session= without a session there is an error" 1 start -o session=100
cp "$img" "$tmp/whole" && dd if=/dev/zero of="$img" bs=2048 seek=16 count=8 conv=notrunc status=none
exits "a volume without a recognition sequence is not mounted" 1 start
ok "novrs mounts a volume without a recognition sequence" start -o novrs
is "novrs reads a file of a volume without a recognition sequence" "$(cat "$mnt/file")" text
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
exits "nosymfollow follows no symbolic link" 1 cat "$mnt/link"
is "nosymfollow lets programs read a symbolic link" "$(readlink "$mnt/link")" file
stop
ok "udffsck finds no problems after mounts with every option" udffsck -n "$img"
plan
