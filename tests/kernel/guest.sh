#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest.sh DIR: runs inside the kernel of tests/kernel/uml-run.  For each line "NAME SECTOR_BYTES FILL"
# of DIR/cells: with FILL "udffuse", DIR/tree.tar is unpacked on DIR/NAME.img through udffuse; the kernel
# mounts it, lists what is on it, changes it, and lists it again; then udffuse does.  It leaves
# NAME.mount ("rw", "ro", or what mount said), the lists NAME.before, NAME.after, NAME.again (of the kernel, after
# mounting anew) and NAME.read, NAME.ops (what went wrong), and NAME.log (what the kernel said); and in DIR/release
# which kernel this is.
. "${0%/*}/list.sh"
dir=$1
mnt=/mnt/cell
mkdir -p "$mnt"
uname -r >"$dir/release"

# The changes; each line of it is one that the listing shows.
change() {	# MOUNTPOINT
	cd "$1" || return
	local big=$dir/data i
	# create: inside the ICB, a few blocks, many blocks, with a hole, empty
	mkdir made made/sub 'made/Ü 日本 𝄞'
	echo small >made/small
	head -c 3000 "$big" >made/medium
	cp "$big" made/large
	: >made/empty
	echo end | dd of=made/hole bs=64k seek=9 status=none
	echo odd >"made/$(printf 'n%.0s' {1..180})"
	ln made/medium made/sub/hard
	ln -s ../made/small made/sub/soft
	mkfifo made/fifo
	# a directory that leaves its ICB, grows over blocks and loses every second name again
	mkdir many
	for i in {100..170}; do
		echo $i >many/a-name-that-takes-some-room-in-the-directory-$i
	done
	rm many/*[02468]
	# write: append, overwrite in the middle, cut short, make longer
	cat "$big" >>made/small
	printf 'changed' | dd of=made/large bs=1 seek=70000 conv=notrunc status=none
	cp made/large made/cut && truncate -s 4321 made/cut
	truncate -s 200000 made/medium
	chmod 600 made/medium
	chown 1234:4321 made/small
	# rename: within, over another, into another directory, a directory with contents
	mv made/empty made/renamed
	echo goes >made/goes && echo stays >made/stays && mv made/stays made/goes
	mv many/*-101 made/sub/
	mkdir -p made/from/inner && echo x >made/from/inner/x && mv made/from made/sub/moved
	# delete
	mkdir made/gone && touch made/gone/x && rm -r made/gone
	# what udfkit put there
	if [ -d ours ]; then
		cat "$big" >>ours/small
		echo more >>ours/large
		printf 'changed' | dd of=ours/medium bs=1 seek=1000 conv=notrunc status=none
		truncate -s 100 ours/cut
		mv ours/renamed "ours/renamed by the kernel"
		mv ours/moved made/
		rm ours/gone ours/many/*[13579]
		rm -r ours/tree
		ln ours/hard made/hard
		touch -d '2001-02-03 04:05:06.789012 UTC' ours/large
	fi
	cd /
}

kernel_part() {	# IMAGE SECTOR_BYTES RESULTS
	local loop how=$3.mount
	loop=$(losetup -f --show -b "$2" "$1") || { echo "no loop device" >"$how"; return; }
	if mount -t udf "$loop" "$mnt" 2>"$how"; then
		if [ -w "$mnt" ]; then echo rw; else echo ro; fi >"$how"
		list_tree "$mnt" >"$3.before" 2>&1
		if [ "$(cat "$how")" = rw ]; then
			change "$mnt" >>"$3.ops" 2>&1
			list_tree "$mnt" >"$3.after" 2>&1
		fi
		umount "$mnt" || echo "umount failed" >>"$3.ops"
		if [ "$(cat "$how")" = rw ] && mount -t udf -o ro "$loop" "$mnt" 2>>"$3.ops"; then
			list_tree "$mnt" >"$3.again" 2>&1
			umount "$mnt" || echo "umount failed" >>"$3.ops"
		fi
	fi
	losetup -d "$loop"
}
# umount comes back before udffuse has ended; it holds the image as long
unmount_fuse() { umount "$mnt" && flock "$1" true; }

while read -r name sector fill; do
	dmesg -C
	: >"$dir/$name.ops"
	if [ "$fill" = udffuse ] && udffuse "$dir/$name.img" "$mnt" 2>>"$dir/$name.ops"; then
		(tar -C "$mnt" -xpf "$dir/tree.tar"; unmount_fuse "$dir/$name.img") >>"$dir/$name.ops" 2>&1
	fi
	kernel_part "$dir/$name.img" "$sector" "$dir/$name"
	if udffuse -o ro "$dir/$name.img" "$mnt" >>"$dir/$name.ops" 2>&1; then
		list_tree "$mnt" >"$dir/$name.read" 2>&1
		unmount_fuse "$dir/$name.img" >>"$dir/$name.ops" 2>&1
	fi
	dmesg >"$dir/$name.log"
done <"$dir/cells"
