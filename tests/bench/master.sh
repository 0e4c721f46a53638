#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# master.sh [-cx] [-n ROUNDS]: compares isowrite with genisoimage and xorriso: many small files, and few large ones.
#
# Images are on tmpfs, and our tool and the peers run in turn.  It prints seconds, the largest resident set, and the
# ratio of our figure to the peer's: below 1 is less.  Every command is shown.  It needs 5 GB in /dev/shm and GNU time.
. "${top_srcdir:?run by make bench}/tests/bench/lib.sh"

peers=
for peer in genisoimage xorriso; do
	command -v $peer >/dev/null && peers+=" $peer"
done

# master TITLE TREE [OPTION...]: the time aimed at is 1.1 of the faster peer's, the memory xorriso's.
master() {
	command_ours=("$(tool isowrite)" -quiet -R -J "${@:3}" -o image "$2")
	command_genisoimage=(genisoimage -quiet -R -J -o image "$2")
	command_xorriso=(xorriso -as mkisofs -quiet -R -J "${@:3}" -o image "$2")
	aim=([genisoimage.time]=1.1 [xorriso.time]=1.1 [xorriso.memory]=1.0)
	# shellcheck disable=SC2086
	compare "master $1" ours $([ $# = 2 ] && echo $peers || echo xorriso)
}
# bridge TITLE TREE: both in one image, beside ISO 9660 alone
bridge() {
	command_ours=("$(tool isowrite)" -quiet --bridge -J -o image "$2")
	command_plain=("$(tool isowrite)" -quiet -R -J -o image "$2")
	aim=([plain.time]=1.2)
	compare "bridge $1" ours plain
}
# udf TITLE TREE: a UDF volume alone, beside an image with both
udf() {
	command_ours=("$(tool isowrite)" --udf -quiet -o image "$2")
	command_genisoimage=(genisoimage -quiet -udf -R -o image "$2")
	aim=([genisoimage.time]=1.1 [genisoimage.memory]=1.1)
	[[ $peers != *genisoimage* ]] || compare "udf $1" ours genisoimage
}
tree_large a
master "a: 1,024 files of 1 MiB" a
master "a: the same with checksums" a --md5
bridge "a: 1,024 files of 1 MiB" a
rm -rf a
mkdir f && for i in 1 2 3; do head -c 500000000 /dev/urandom >f/$i; done
master "f: 3 files of 500 MB" f
udf "f: 3 files of 500 MB" f
rm -rf f
tree_small b 50000
master "b: 50,000 files of 0 to 8 KiB" b
master "b: the same with checksums" b --md5
bridge "b: 50,000 files of 0 to 8 KiB" b
udf "b: 50,000 files of 0 to 8 KiB" b
rm -rf b
mkdir e && (cd e && seq -f %06g 100000 | xargs touch)
master "e: 100,000 files in one directory" e
udf "e: 100,000 files in one directory" e
rm -rf e
bench_verdict
