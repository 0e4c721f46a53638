#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Nothing that is in use is overwritten: no tool writes to what is mounted or held, whatever it is called, and one --force
# changes nothing about that.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
img=$tmp/image mnt=$tmp/mnt
mkdir "$mnt"
echo text >"$tmp/file"

# Every tool that writes, on PATH, with each number of --force that does not override.  The bytes of $watched stay.
left_alone() {	# WHAT PATH PATTERN
	local what=$1 path=$2 pattern=$3 force before
	before=$(md5sum <"$watched")
	for force in "" --force; do
		exits "mkudffs $force leaves $what alone" 1 mkudffs -q $force -l new "$path" </dev/null
		like "mkudffs $force says who uses $what" \
			"$(cat "$err")" "^mkudffs: $path: is in use: .*$pattern.*--force --force"
		exits "mkudffs -d $force leaves $what alone" 1 mkudffs -q $force -d "$tmp/tree" "$path" </dev/null
		exits "udf put $force leaves $what alone" 1 udf put $force "$path" "$tmp/file" /
		like "udf put $force says who uses $what" \
			"$(cat "$err")" "^udf put: $path: is in use: .*$pattern.*--force --force"
		exits "udf rm $force leaves $what alone" 1 udf rm $force -r "$path" /a
		exits "udf mkdir $force leaves $what alone" 1 udf mkdir $force "$path" /new
		exits "udf mv $force leaves $what alone" 1 udf mv $force "$path" /a /b
		if need /dev/fuse; then
			exits "udffuse $force leaves $what alone" 1 udffuse $force "$path" "$tmp/second"
			like "udffuse $force says who uses $what" \
				"$(cat "$err")" "^udffuse: .*: is in use: .*$pattern.*--force --force"
		fi
	done
	is "refused commands leave every byte of $what unchanged" "$(md5sum <"$watched")" "$before"
}
mkdir "$tmp/tree" "$tmp/second" "$tmp/tree/d"
# A server that is ended by its number: other tests' mount namespaces may keep copies of the mount.
start() {	# UDFFUSE-ARGUMENT...
	udffuse -f "$@" "$mnt" 2>"$tmp/server" &
	server=$!
	on_exit "kill $server; umount '$mnt'"
	wait_until 20 mountpoint -q "$mnt"
}
stop() { kill "$server" && gone "$server" 20; }
fresh() { rm -f "$img"; mkudffs -q -l old --size=8M "$img" && udf mkdir "$img" /a; }

# ---- images that udffuse has mounted ----

if need /dev/fuse && need mount; then
	fresh
	ok "udffuse mounts an image" start "$img"
	watched=$img
	left_alone "an image that udffuse has mounted" "$img" "mounted on $mnt; unmount that first"
	ln "$img" "$tmp/hard"
	ln -s image "$tmp/soft"
	for name in "$tmp/hard" "$tmp/soft"; do
		exits "mkudffs --force leaves a mounted image alone under the name ${name##*/}" 1 \
			mkudffs -q --force "$name"
		like "mkudffs --force says where the image ${name##*/} is mounted" \
			"$(cat "$err")" "is in use: it is mounted on $mnt"
	done
	exec 5<>"$img"
	exits "mkudffs --force leaves a mounted image alone under the name /proc/self/fd/5" 1 \
		mkudffs -q --force /proc/self/fd/5
	exec 5>&-
	exits "udf ls does not read a mounted image without an option" 1 udf ls "$img"
	like "udf ls says where the image is mounted" \
		"$(cat "$err")" "^udf ls: $img: is in use: it is mounted on $mnt"
	exits "udffsck does not read a mounted image without an option" 8 udffsck -n "$img"
	like "udffsck says where the image is mounted" \
		"$(cat "$err")" "^udffsck: $img: is in use: it is mounted on $mnt"
	touch "$mnt/alive"
	is "the mount works after refused commands" "$(ls "$mnt")" "a
alive"
	ok "mkudffs --force --force overwrites a mounted image" mkudffs -q --force --force -l new "$img"
	is "the image has the new volume after mkudffs --force --force" \
		"$(blkid -o value -s LABEL -p "$img")" new
	ok "udffuse ends though its image was overwritten" stop

	fresh
	ok "udffuse mounts an image read-only" start -o ro "$img"
	left_alone "an image that udffuse has mounted read-only" "$img" "mounted on $mnt"
	ok "udf ls reads an image that is mounted read-only" udf ls "$img"
	ok "udffuse ends after a read-only mount" stop
	ok "mkudffs overwrites an image that was unmounted" mkudffs -q "$img"

	# A mount over the directory that its image lies in, whose server does not answer: nobody waits for it.
	mkdir "$tmp/over"
	mkudffs -q --size=8M "$tmp/over/image"
	udffuse -f "$tmp/over/image" "$tmp/over" 2>/dev/null &
	server=$!
	on_exit "kill -CONT $server; umount '$tmp/over'"
	wait_until 10 mountpoint -q "$tmp/over"
	kill -STOP $server
	mkudffs -q "$img" &
	other=$!
	ok "mkudffs works beside a mount that hangs" gone $other 20
	kill -CONT $server
	ok "a udffuse that was stopped ends at last" stop
else
	skip "an image that udffuse has mounted is left alone" "needs /dev/fuse"
fi

# ---- another program's lock, such as a virtual machine's ----

if need "command python3"; then
	fresh
	watched=$img
	python3 -c 'import fcntl, sys
f = open(sys.argv[1], "r+b"); fcntl.lockf(f, fcntl.LOCK_SH, 1, 100); print("locked", flush=True); sys.stdin.read()' \
		"$img" <&"$tap_pipe" >"$tmp/said" &
	holder=$!
	on_exit "kill $holder"
	wait_until 10 grep -q locked "$tmp/said"
	left_alone "an image that a program has locked" "$img" "process $holder has locked a part of it"
	kill $holder
	wait $holder 2>/dev/null
	ok "an image can be written again when the program with the lock has ended" udf mkdir "$img" /new
else
	skip "an image that a program has locked is left alone" "needs command python3"
fi

# ---- devices ----

require mount
require /dev/loop-control
attach() {	# FILE OPTION...: $loop
	local i
	for i in 1 2 3 4 5; do
		loop=$(losetup "${@:2}" -f --show "$1" 2>"$err") && break
	done
	[ -n "$loop" ] && on_exit "losetup -d $loop"
}
fresh
watched=$img
attach "$img" || { fail "a loop device can be bound" "$(cat "$err")"; plan; }
first=$loop
attach "$img" || { fail "a second loop device can be bound" "$(cat "$err")"; plan; }
second=$loop
attach "$first" || { fail "a loop device can be bound to a device" "$(cat "$err")"; plan; }
above=$loop
left_alone "an image behind loop devices" "$img" "/dev/loop[0-9]* uses it"
exits "mkudffs --force leaves a device that another loop device shows alone" 1 mkudffs -q --force "$first"
like "mkudffs --force names the other loop device" "$(cat "$err")" "$above uses it"
mknod "$tmp/node" b 7 "${second#/dev/loop}"

if need /dev/fuse; then
	ok "udffuse mounts a device" start "$second"
	left_alone "a device that udffuse has mounted" "$second" "mounted on $mnt"
	exits "mkudffs --force leaves a mounted device alone under another device node" 1 \
		mkudffs -q --force "$tmp/node"
	like "mkudffs --force says where the device of that node is mounted" \
		"$(cat "$err")" "is in use: it is mounted on $mnt"
	exits "mkudffs --force leaves the image behind a mounted device alone" 1 mkudffs -q --force "$img"
	like "mkudffs --force says where the device of that image is mounted" \
		"$(cat "$err")" "$second, which shows the same, is mounted on $mnt"
	losetup -d "$above"
	exits "mkudffs --force leaves another loop device of a mounted image alone" 1 \
		mkudffs -q --force "$first"
	like "mkudffs --force says where the image of that loop device is mounted" \
		"$(cat "$err")" "is mounted on $mnt"
	ok "udffuse ends after the device was left alone" stop
	ok "an unmounted device is overwritten though other loop devices show it" mkudffs -q "$second"
	fresh_label=$(blkid -o value -s LABEL -p "$second")
	is "the device has the new volume" "$fresh_label" LinuxUDF
else
	skip "a device that udffuse has mounted is left alone" "needs /dev/fuse"
	losetup -d "$above"
fi

if need "command mkswap" && need "command swapon"; then
	truncate -s 8M "$tmp/swap"
	attach "$tmp/swap" && mkswap -q "$loop" && swap=$loop
	if [ -n "${swap:-}" ] && swapon "$swap" 2>/dev/null; then
		on_exit "swapoff $swap"
		exits "mkudffs --force leaves swap space alone" 1 mkudffs -q --force "$swap"
		like "mkudffs --force says that the device is used as swap space" \
			"$(cat "$err")" "is in use: it is used as swap space; run swapoff first"
		swapoff "$swap"
		exits "mkudffs refuses swap space that is not in use" 1 mkudffs -q "$swap"
		like "the message about swap space that is not in use names --force" \
			"$(cat "$err")" "holds swap; use --force to overwrite it"
		ok "mkudffs --force overwrites swap space that is not in use" mkudffs -q --force "$swap"
	fi
fi
plan
