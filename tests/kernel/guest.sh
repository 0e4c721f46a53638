#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest.sh DIR: runs inside the kernel of tests/kernel/uml-run.  For each line "NAME SECTOR_BYTES" of
# DIR/cells: the kernel mounts DIR/NAME.img, lists what is on it, changes it, and lists it again.
# It leaves NAME.mount ("rw", "ro", or what mount said), the lists NAME.before, NAME.after and
# NAME.again (after another mount), NAME.ops (what failed), NAME.log (what the kernel said).
. "${0%/*}/list.sh"
dir=$1
mnt=/mnt/cell
mkdir -p "$mnt"

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

while read -r name sector; do
	dmesg -C
	loop=$(losetup -f --show -b "$sector" "$dir/$name.img") || { echo "no loop device" >"$dir/$name.mount"; continue; }
	if ! mount -t udf "$loop" "$mnt" 2>"$dir/$name.mount"; then
		dmesg >"$dir/$name.log"
		losetup -d "$loop"
		continue
	fi
	if [ -w "$mnt" ]; then echo rw; else echo ro; fi >"$dir/$name.mount"
	list_tree "$mnt" >"$dir/$name.before" 2>&1
	if [ "$(cat "$dir/$name.mount")" = rw ]; then
		change "$mnt" >"$dir/$name.ops" 2>&1
		list_tree "$mnt" >"$dir/$name.after" 2>&1
		umount "$mnt" && mount -r -t udf "$loop" "$mnt" && list_tree "$mnt" >"$dir/$name.again" 2>&1
	fi
	umount "$mnt" || echo "umount failed" >>"$dir/$name.ops"
	losetup -d "$loop"
	dmesg >"$dir/$name.log"
done <"$dir/cells"
