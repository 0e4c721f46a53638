#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# read.sh [-cx] [-n ROUNDS]: compares "udf get" of a complete volume with libudfread, 7z and cp -a of the tree itself,
# and udffsck with e2fsck.
#
# Everything is on tmpfs.  It needs 8 GB in /dev/shm and GNU time.  Peers that are not installed are left out.
. "${top_srcdir:?run by make bench}/tests/bench/lib.sh"

udfread=$top_builddir/tests/common/udfread_extract

# extract TITLE TREE: each command extracts an image of TREE
extract() {
	"$(tool mkudffs)" -q -b 2048 -d "$2" image || return
	command_ours=("$(tool udf)" get image / out)
	command_cp=(cp -a "$2" out/copy)
	command_libudfread=("$udfread" image out)
	command_7z=(7z x -y -oout image)
	# shellcheck disable=SC2046
	compare "extract $1" ours cp $([ -x "$udfread" ] && echo libudfread) \
		$(command -v 7z >/dev/null && echo 7z)
	rm -rf image out
}

# check N: checks an image with N files, and an ext4 file system with the same files
check() {
	tree_small tree "$1"
	"$(tool mkudffs)" -q -b 2048 -d tree image
	command_ours=("$(tool udffsck)" -n -f image)
	command_e2fsck=(e2fsck -n -f ext4)
	if command -v mke2fs >/dev/null; then
		truncate -s 6G ext4
		mke2fs -q -F -t ext4 -N $(($1 * 11 / 10 + 1000)) -d tree ext4
	fi
	rm -rf tree
	# shellcheck disable=SC2046
	compare "check $1 files" ours $([ -e ext4 ] && echo e2fsck)
	rm -f image ext4
}

before="rm -rf out; mkdir out"
tree_large a
aim=([cp.time]=0.9)
extract "a: 1,024 files of 1 MiB" a
rm -rf a
tree_small b 50000
aim=([libudfread.time]=0.9 [7z.time]=0.5)
extract "b: 50,000 files of 0 to 8 KiB" b
rm -rf b

before=
aim=([e2fsck.time]=2.5 [ours.memory]=16384)
check 50000
aim=([e2fsck.time]=4 [ours.memory]=98304)
check 500000
bench_verdict
