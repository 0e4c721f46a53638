#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lib/cli: who may open an image or a device, and which contents may be overwritten.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
helper=$top_builddir/tests/cli/guard_helper
img=$tmp/image

# COMMAND is refused: it ends with status 3 and prints WANTED-LINE to standard error.
refused() {	# NAME WANTED-LINE COMMAND...
	local name=$1 want=$2
	shift 2
	exits "$name" 3 "$@" && is "$name: the message says why and what to do" \
		"$(sed 's/(process [0-9]*)/(process N)/; s/another tool of udfkit is using it; wait until that ends, or unmount it/guard_helper (process N) is using it; wait until that ends/' "$err")" "$want"
}

truncate -s 4M "$img"

# ---- udfkit's own tools among themselves ----

in_use="helper: $img: is in use: guard_helper (process N) is using it; wait until that ends"
held="$in_use, or use --force --force to write to it anyway"
ok "an image that nobody uses may be read" "$helper" read "$img"
ok "an image that nobody uses may be written" "$helper" write "$img"
ok "two tools may read at the same time" "$helper" read "$img" "$helper" read "$img"
refused "a tool can't write while another one reads" "$held" "$helper" read "$img" "$helper" write "$img"
refused "a tool can't read while another one writes" "$in_use" "$helper" write "$img" "$helper" read "$img"
refused "a tool can't write while another one writes" "$held" "$helper" write "$img" "$helper" write "$img"
ln -s image "$tmp/link"
exits "an image is held under every name" 3 "$helper" write "$img" "$helper" write "$tmp/link"
ok "--force overrides another tool's hold" "$helper" write "$img" "$helper" force "$img"
ok "the hold ends with the tool" "$helper" write "$img"
ok "a tool that is about to end is waited for" "$helper" ending "$img" "$helper" write "$img"
is "waiting for a tool that ends prints nothing" "$(cat "$err")" ""

exits "a missing path is an error" 1 "$helper" write "$tmp/nothing"
is "the message about a missing path names it" "$(cat "$err")" \
	"helper: $tmp/nothing: cannot open: No such file or directory"

# ---- loop devices ----

attach() {	# FILE OPTION...: bind a loop device to it, $loop
	local i
	for i in 1 2 3 4 5; do
		loop=$(losetup "${@:2}" -f --show "$1" 2>"$err") && break
	done
	[ -n "$loop" ] && on_exit "losetup -d $loop"
}
if ! need mount; then
	skip "an image behind a loop device is not written" "needs mount"
elif ! need /dev/loop-control; then
	skip "an image behind a loop device is not written" "needs /dev/loop-control"
elif ! attach "$img"; then
	fail "a loop device can be bound" "$(cat "$err")"
else
	refused "an image behind a loop device is not written" \
		"helper: $img: is in use: $loop uses it; run 'losetup -d $loop' first, or give that device, or use --force --force to write to it anyway" \
		"$helper" write "$img"
	truncate -s 1M "$tmp/other"
	ok "an image that is not behind a loop device is written" "$helper" write "$tmp/other"
	ok "an image behind a loop device may be read" "$helper" read "$img"
	ok "--force writes to an image behind a loop device" "$helper" force "$img"
	ok "the loop device itself may be written" "$helper" write "$loop"
	exits "a loop device is not written while the image behind it is held" 3 \
		"$helper" read "$img" "$helper" write "$loop"
	ok "a loop device may be read while the image behind it is read" \
		"$helper" read "$img" "$helper" read "$loop"
	refused "a device opened exclusively is not written" \
		"helper: $loop: is in use: it is opened exclusively or has a mounted partition, and guard_helper (process N) has it open; end its use first, or use --force --force to write to it anyway" \
		"$helper" exclusive "$loop" "$helper" write "$loop"
	ok "a device opened exclusively may be read" "$helper" exclusive "$loop" "$helper" read "$loop"
	exits "a device opened exclusively is not opened exclusively again" 3 \
		"$helper" exclusive "$loop" "$helper" exclusive "$loop"
	whole=$loop
	mkudffs -q --new-file -b 512 "$tmp/volume" 4000
	attach "$tmp/volume"
	ok "a device that is held exclusively is made read-only, and writable again" "$helper" remount "$loop"
	loop=$whole

	# Where /sys is not mounted, the driver knows what a loop device shows.
	without_sys() {
		if [ -d /sys/block ]; then
			unshare -m --propagation private sh -c 'mount -t tmpfs none /sys && exec "$@"' - "$@"
		else
			"$@"
		fi
	}
	if [ -d /sys/block ] && ! need namespace; then
		skip "without /sys, an image behind a loop device is not written" "needs namespace"
	else
		exits "without /sys, an image behind a loop device is not written" 3 without_sys "$helper" write "$img"
		like "without /sys, the message names the loop device" "$(cat "$err")" "is in use: $loop uses it;"
		ok "without /sys, another image is written" without_sys "$helper" write "$tmp/other"
		exits "without /sys, a loop device is not written while the image behind it is held" 3 \
			without_sys "$helper" read "$img" "$helper" write "$loop"
		ok "without /sys, a loop device is written" without_sys "$helper" write "$loop"
		truncate -s 4M "$tmp/disk"
		whole=$loop
		attach "$tmp/disk" -P	# so that its partitions disappear with it
		disk=$loop loop=$whole
		ok "a partition is made" "$helper" partition "$disk"
		read -ra numbers < <(awk -v name="${disk#/dev/}p1" '$4 == name' /proc/partitions)
		mknod "$tmp/partition" b "${numbers[@]:0:2}"	# not every /dev gets a node by itself
		exits "a partition is not written while the image behind its disk is held" 3 \
			"$helper" read "$tmp/disk" "$helper" write "$tmp/partition"
		exits "without /sys, a partition is not written while the image behind its disk is held" 3 \
			without_sys "$helper" read "$tmp/disk" "$helper" write "$tmp/partition"
	fi

	if ! need "command mke2fs"; then
		skip "a mounted device is not written" "needs command mke2fs"
	else
		mke2fs -q -F "$loop" >/dev/null 2>&1
		mkdir "$tmp/mnt"
		if ! mount -t ext4 -o ro "$loop" "$tmp/mnt" 2>"$err"; then
			skip "a mounted device is not written" "needs /proc/fs/ext4"
		else
			on_exit 'umount "$tmp/mnt"'
			refused "a mounted device is not written" \
				"helper: $loop: is in use: it is mounted on $tmp/mnt; unmount that first, or use --force --force to write to it anyway" \
				"$helper" write "$loop"
			exits "the image behind a mounted device is not written" 3 "$helper" write "$img"
			like "the message says where the device of the image is mounted" "$(cat "$err")" \
				": is in use: $loop, which shows the same, is mounted on $tmp/mnt; "
			ok "a mounted device may be read" "$helper" read "$loop"
			ok "a mounted device is written with --force" "$helper" force "$loop"
			unmount "$tmp/mnt"
			ok "an unmounted device may be written" "$helper" write "$loop"
		fi
	fi
fi

# ---- contents of an image ----

probed() {	# NAME FILE WANTED
	ok "$1 is probed" "$helper" probe "$2" && is "the contents of $1 are recognized" "$(cat "$out")" "$3"
}
fresh() { rm -f "$tmp/fs"; truncate -s 8M "$tmp/fs"; }

fresh
probed "a file of zeros" "$tmp/fs" "|"
ok "a file of zeros may be overwritten" "$helper" overwrite "$tmp/fs"
is "overwriting a file of zeros prints nothing" "$(cat "$err")" ""
: >"$tmp/empty"
probed "an empty file" "$tmp/empty" "|"
exits "a folder can't be probed" 1 "$helper" probe "$tmp"

if need "command mke2fs"; then
	fresh
	mke2fs -q -F -t ext4 -L 'my data' "$tmp/fs" >/dev/null 2>&1
	probed "ext4" "$tmp/fs" "ext4|my data"
	refused "ext4 is not overwritten" \
		"helper: $tmp/fs: holds ext4 'my data'; use --wipe to overwrite it" \
		"$helper" overwrite "$tmp/fs"
	ok "--force overwrites ext4" "$helper" overwrite-force "$tmp/fs"
else
	skip "ext4 is not overwritten" "needs command mke2fs"
fi

if need "command mkswap"; then
	fresh
	mkswap -q "$tmp/fs" 2>/dev/null
	probed "swap space" "$tmp/fs" "swap|"
else
	skip "swap space is probed" "needs command mkswap"
fi

if need "command genisoimage"; then
	mkdir "$tmp/tree"
	genisoimage -quiet -V MY_DISC -o "$tmp/iso" "$tmp/tree" 2>/dev/null
	probed "ISO 9660" "$tmp/iso" "iso9660|MY_DISC"
	exits "ISO 9660 is not overwritten" 3 "$helper" overwrite "$tmp/iso"
else
	skip "ISO 9660 is not overwritten" "needs command genisoimage"
fi

# A partition table: the entry of one partition and the boot signature.
fresh
printf '\0\0\2\0\x83\xff\xff\xff\1\0\0\0\0\x20\0\0' | dd of="$tmp/fs" bs=1 seek=446 conv=notrunc status=none
printf '\x55\xaa' | dd of="$tmp/fs" bs=1 seek=510 conv=notrunc status=none
probed "a partition table" "$tmp/fs" "dos|"
exits "a partition table is not overwritten" 3 "$helper" overwrite "$tmp/fs"

if [ -x /usr/sbin/mkudffs ]; then
	fresh
	/usr/sbin/mkudffs -b 512 -l 'Old disc' "$tmp/fs" >/dev/null
	probed "UDF" "$tmp/fs" "udf|Old disc"
	ok "an older UDF volume is overwritten" "$helper" overwrite "$tmp/fs"
	is "the message names the older UDF volume" "$(cat "$err")" \
		"helper: $tmp/fs: overwriting the UDF volume 'Old disc'"
	if need "command script"; then
		asked() { on_terminal "'$helper' overwrite '$tmp/fs'" <<<"$1"; }
		ok "on a terminal the answer y overwrites an older UDF volume" asked y
		like "the question on a terminal names the label" \
			"$(cat "$out")" "holds the UDF volume 'Old disc'; overwrite it\? \(y/N\)"
		exits "on a terminal the answer n keeps an older UDF volume" 4 asked n
		exits "on a terminal an empty answer keeps an older UDF volume" 4 asked ""
	else
		skip "on a terminal the answer y overwrites an older UDF volume" "needs command script"
	fi
else
	skip "an older UDF volume is overwritten" "needs /usr/sbin/mkudffs"
fi
exits "no image is made where devices are" 1 mkudffs --new-file /dev/udfkit-none 5000
like "the message says that the device is missing" "$(cat "$err" "$out")" "^mkudffs: /dev/udfkit-none: there is no such device"

# A drive with another disc than its own: what counts is the disc that is in it.
cd "$tmp" || exit
for disc in own.disc other.disc; do mmcsim create --media=dvd-ram $disc >/dev/null; done
cdrwtool -d sim:own.disc --format >/dev/null 2>&1
mmcsim eject own.disc && mmcsim insert own.disc other.disc && cdrwtool -d sim:own.disc --format >/dev/null 2>&1
mke2fs -q -F -L mine own.disc 4096k >/dev/null 2>&1
exits "what the drive's own disc holds doesn't matter while another one is in it" 0 mkudffs sim:own.disc
mke2fs -q -F -L theirs other.disc 4096k >/dev/null 2>&1
exits "what the disc in the drive holds is not overwritten" 1 mkudffs sim:own.disc
like "the message names that" "$(cat "$err")" "^mkudffs: sim:own.disc: holds .*'theirs'"
ok "--force overwrites the disc in the drive" mkudffs --force sim:own.disc
is "its own disc, which is out, is as it was" "$(blkid -p -o value -s LABEL own.disc)" mine
plan
