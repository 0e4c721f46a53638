#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# format.sh [-cx] [-n ROUNDS]: compares mkudffs with udftools' mkudffs, and mkudffs -d with tar and genisoimage -udf.
#
# Images are on tmpfs, and our tool and the peers run in turn.  It prints seconds, bytes and calls that write, the
# largest resident set, and the ratio of our figure to the peer's: below 1 is less.  Every command is shown.  It needs
# 6 GB in /dev/shm and GNU time.  Writes are counted where strace is installed.
. "${top_srcdir:?run by make bench}/tests/bench/lib.sh"
peer=/usr/sbin/mkudffs
counts_writes=1

# For each size, the aims: the ratio to udftools' time, and the number of calls that write.
while read -r title block_size blocks repeat time_aim calls_aim; do
	command_ours=("$(tool mkudffs)" -q -b "$block_size" image "$blocks")
	command_udftools=("$peer" -b "$block_size" image "$blocks")
	[ ! -x $peer ] || aim[udftools.time]=$time_aim
	aim[ours.calls]=$calls_aim aim[ours.memory]=4096
	# shellcheck disable=SC2046
	compare "format $title" ours $([ ! -x $peer ] || echo udftools)
done <<'EOT'
64MiB/2048 2048 32768 50 1.0 40
1GiB/2048 2048 524288 50 1.0 40
25GB/2048 2048 12207031 20 1.0 40
1TiB/2048 2048 536870912 1 0.2 128
8TiB/4096 4096 2147483648 1 0.25 -
16TiB/4096 4096 4294967295 1 - -
EOT
repeat=1

# fill TITLE TREE [OPTION...]: the caller sets the aims
fill() {
	command_ours=("$(tool mkudffs)" -q "${@:3}" -d "$2" image)
	command_tar=(tar -cf image -C "$2" .)
	command_genisoimage=(genisoimage -quiet -udf -o image "$2")
	# shellcheck disable=SC2046
	compare "fill from $1" ours tar $(command -v genisoimage >/dev/null && echo genisoimage)
}
tree_large a
aim=([tar.time]=1.0 [ours.memory]=4096)
fill "a: 1,024 files of 1 MiB" a -b 2048
rm -rf a
tree_small b 50000
aim=([tar.time]=1.3 [ours.memory]=24576)
fill "b: 50,000 files of 0 to 8 KiB" b -b 2048
rm -rf b
aim=([tar.time]=1.3 [genisoimage.bytes]=0.91 [ours.memory]=40960)
fill "c: /usr/share, in mkudffs' default blocks of 512" /usr/share
aim=([tar.time]=1.3 [ours.memory]=40960)
fill "c: /usr/share, in blocks of 2048" /usr/share -b 2048
tree_small d 500000
aim=([genisoimage.time]=0.25 [ours.memory]=204800)
rounds=1
fill "d: 500,000 files of 0 to 8 KiB" d -b 2048
rm -rf d
bench_verdict
