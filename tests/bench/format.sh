#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# format.sh [-cx] [-n ROUNDS]: mkudffs beside udftools' mkudffs; mkudffs -d beside tar and genisoimage -udf.
#
# Images lie on tmpfs; peers and we run in turn, the median of ROUNDS (3) counts.  Printed are seconds,
# bytes and calls that write, the largest resident set, and our ratio to the peer: below 1 is less.  -c
# counts CPU seconds, for a machine that has other work.  Every command is shown.
# Needs 6 GB in /dev/shm and GNU time; writes are counted where strace is at hand.
set -u
rounds=3 by_cpu=
while getopts cn:x option; do
	case $option in c) by_cpu=1 ;; n) rounds=$OPTARG ;; x) set -x ;; *) exit 2 ;; esac
done
: "${top_builddir:?the build tree}"
ours=$(cd "$top_builddir" && pwd)/mkudffs/mkudffs
peer=/usr/sbin/mkudffs
time=$(type -P time) || { echo "format.sh: needs GNU time"; exit 0; }
work=$(mktemp -d /dev/shm/udfkit-bench.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
cd "$work" || exit 1

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.2f", a / b; else printf "-" }'; }

# once COMMAND...: seconds of one run, the mean of $repeat ones, and KB; "-" where it fails.
repeat=1
once() {
	# shellcheck disable=SC2016
	if "$time" -o once.out -f '%e %U %S %M' sh -c 'n=$1; shift
		while [ $n -gt 0 ]; do rm -f image; "$@" || exit; n=$((n - 1)); done' sh $repeat "$@" >/dev/null 2>&1; then
		awk -v cpu="$by_cpu" -v n=$repeat '{ print (cpu ? $2 + $3 : $1) / n, $4 }' once.out
	else
		echo "- -"
	fi
}

# writes COMMAND...: calls and bytes.
writes() {
	command -v strace >/dev/null || { echo "- -"; return; }
	strace -f -o writes.out -e trace=write,pwrite64,writev,pwritev,copy_file_range "$@" >/dev/null 2>&1
	awk '/ = [0-9]+$/ { n++; bytes += $NF } END { print n + 0, bytes + 0 }' writes.out
}

# compare TITLE NAME... : the commands are in command_NAME arrays, the first is ours.  Each makes image.
compare() {
	local title=$1 name round
	shift
	echo "-- $title"
	for name; do
		local -n command=command_$name
		echo "   $name: ${command[*]}"
		: >"$name.runs"
	done
	for ((round = 0; round < rounds; round++)); do
		for name; do
			local -n command=command_$name
			once "${command[@]}" >>"$name.runs"
		done
	done
	for name; do
		local -n command=command_$name
		rm -f image
		writes "${command[@]}" >"$name.writes"
	done
	for name; do
		local seconds kb calls bytes ours_seconds ours_kb ours_calls ours_bytes
		seconds=$(awk '{ print $1 }' "$name.runs" | median)
		kb=$(awk '{ print $2 }' "$name.runs" | median)
		read -r calls bytes <"$name.writes"
		printf '   %-10s %10s s %12s bytes %8s calls %9s KB' "$name" "$seconds" "$bytes" "$calls" "$kb"
		if [ "$name" = "$1" ]; then
			ours_seconds=$seconds ours_kb=$kb ours_calls=$calls ours_bytes=$bytes
			echo
		else
			echo "   ratio: time $(ratio "$ours_seconds" "$seconds")," \
				"bytes $(ratio "$ours_bytes" "$bytes")," \
				"calls $(ratio "$ours_calls" "$calls"), memory $(ratio "$ours_kb" "$kb")"
		fi
	done
	rm -f image
}

[ -z "$by_cpu" ] || echo "(CPU seconds)"
while read -r title block_size blocks repeat; do
	command_ours=("$ours" -q -b "$block_size" image "$blocks")
	command_udftools=("$peer" -b "$block_size" image "$blocks")
	if [ -x $peer ]; then
		compare "format $title" ours udftools
	else
		compare "format $title" ours
	fi
done <<'EOT'
64MiB/2048 2048 32768 50
1GiB/2048 2048 524288 50
25GB/2048 2048 12207031 20
1TiB/2048 2048 536870912 1
8TiB/4096 4096 2147483648 1
EOT

repeat=1
# ---- trees: a = large files, b = small files, c = a real one ----
mkdir a b
head -c 1048576 /dev/urandom >block
for ((i = 0; i < 1024; i++)); do cp block "a/$(printf 'file-%04d' $i)"; done
awk 'BEGIN { srand(1); for (i = 0; i < 50000; i++) print int(i / 100), i, int(rand() * 8193) }' |
	while read -r directory number size; do
		[ $((number % 100)) != 0 ] || mkdir "b/d$directory"
		echo "$size b/d$directory/file-$number"
	done >sizes
# One process for all of them.
awk '{ printf "head -c %d block >%s\n", $1, $2 }' sizes | sh
for tree in a b /usr/share; do
	command_ours=("$ours" -q -b 2048 -d $tree image)
	command_tar=(tar -cf image -C $tree .)
	command_genisoimage=(genisoimage -quiet -udf -o image $tree)
	peers="tar"
	command -v genisoimage >/dev/null && peers+=" genisoimage"
	# shellcheck disable=SC2086
	compare "fill from $tree" ours $peers
	[ $tree != a ] || rm -rf a
done
