#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fuse.sh [-cx] [-n ROUNDS] [OPERATION...]: udffuse beside libfuse's passthrough_ll, ntfs-3g and fuse2fs.
#
# Client and daemon share one CPU; images lie on tmpfs; peers and we run in turn, the median of ROUNDS
# (3) counts.  Printed are seconds and our ratio to each peer: below 1 is faster.  -c counts the CPU
# seconds of client and daemon together, for a machine that has other work; -x shows commands.
# Needs root, /dev/fuse, 6 GB in /dev/shm; peers that are missing are left out.
set -u
rounds=3 by_cpu=
while getopts cn:x option; do
	case $option in c) by_cpu=1 ;; n) rounds=$OPTARG ;; x) set -x ;; *) exit 2 ;; esac
done
shift $((OPTIND - 1))
: "${top_builddir:?the build tree}"
top_builddir=$(cd "$top_builddir" && pwd)
fsbench=$top_builddir/tests/bench/fsbench
work=$(mktemp -d /dev/shm/udfkit-bench.XXXXXX) || exit 1
mnt=$work/mnt
mkdir "$mnt"
pin="taskset -c 0"
PATH=$PATH:/usr/sbin:/sbin
daemon=

cleanup() { umount "$mnt" 2>/dev/null; [ -z "$daemon" ] || kill "$daemon" 2>/dev/null; rm -rf "$work"; }
trap cleanup EXIT
trap 'exit 1' INT TERM

# ---- the file systems: make_X makes one, mount_X becomes its daemon, in the foreground ----
make_udffuse() { "$top_builddir/mkudffs/mkudffs" -q --new-file --size=5G -b 2048 "$work/udf"; }
mount_udffuse() { exec $pin "$top_builddir/udffuse/udffuse" -f "$work/udf" "$mnt"; }

examples=/usr/share/doc/libfuse3-dev/examples
make_passthrough() {
	mkdir -p "$work/source"
	[ -x "$work/passthrough_ll" ] ||
		gcc -O2 -w "$examples/passthrough_ll.c" $(pkg-config --cflags --libs fuse3) -o "$work/passthrough_ll"
}
mount_passthrough() {
	exec $pin "$work/passthrough_ll" -f -s \
		-o "source=$work/source,cache=always,writeback,timeout=86400" "$mnt"
}

make_ntfs3g() { truncate -s 5G "$work/ntfs" && mkntfs -q -F -Q -c 4096 "$work/ntfs" >/dev/null 2>&1; }
mount_ntfs3g() { exec $pin ntfs-3g -o big_writes,no_detach "$work/ntfs" "$mnt"; }

make_fuse2fs() { truncate -s 5G "$work/ext2" && mke2fs -q -F -t ext4 "$work/ext2"; }
mount_fuse2fs() { exec $pin fuse2fs -f -o rw,fakeroot "$work/ext2" "$mnt"; }

systems=udffuse
[ -f $examples/passthrough_ll.c ] && command -v gcc >/dev/null && systems+=" passthrough"
command -v ntfs-3g >/dev/null && command -v mkntfs >/dev/null && systems+=" ntfs3g"
command -v fuse2fs >/dev/null && systems+=" fuse2fs"
systems=${BENCH_SYSTEMS:-$systems}

up() {
	("mount_$1") >/dev/null 2>&1 &
	daemon=$!
	while kill -0 $daemon 2>/dev/null; do mountpoint -q "$mnt" && return; done
	return 1
}
down() { umount "$mnt" || umount -l "$mnt"; wait $daemon; daemon=; }
cold() { sync; echo 3 >/proc/sys/vm/drop_caches; }
daemon_cpu() { cat /proc/$daemon/task/*/schedstat | awk '{ t += $1 } END { print t / 1e9 }'; }
run() {
	local before clock cpu
	before=$(daemon_cpu)
	read -r clock cpu < <($pin "$fsbench" "$@" 2>>"$work/errors" || echo failed failed)
	[ -z "$by_cpu" ] || clock=$(awk -v a="$before" -v b="$(daemon_cpu)" -v c="$cpu" 'BEGIN { print b - a + c }')
	echo "$clock"
}
rss() { awk "/^Vm${1:-RSS}/ { print \$2 / 1024 }" /proc/$daemon/status; }

# ---- operations: each prints one number ----
ops_all="roundtrip create list_cold list_warm read_cold delete flat5k flat100k seqwrite seqread_cold
	seqread_warm randread randwrite untar unmount rss_idle rss_18k"
op_roundtrip() { touch "$mnt/one"; run stat "$mnt/one" 100000; }
op_create() { mkdir "$mnt/tree"; run create "$mnt/tree" 18000 1000; }
op_list_cold() { cold; run list "$mnt/tree"; }
op_list_warm() { run list "$mnt/tree"; }
op_read_cold() { cold; run readall "$mnt/tree"; }
op_delete() { run delete "$mnt/tree"; }
op_flat5k() { mkdir "$mnt/flat5k"; run flat "$mnt/flat5k" 5000; }
op_flat100k() {
	[ "$1" != fuse2fs ] || { echo -; return; }	# quadratic: takes longer than all the rest
	mkdir "$mnt/flat100k"; run flat "$mnt/flat100k" 100000; rm -r "$mnt/flat100k"
}
op_seqwrite() { run write "$mnt/big" 1024; }
op_seqread_cold() { cold; run read "$mnt/big"; }
op_seqread_warm() { run read "$mnt/big"; }
op_randread() { cold; run randread "$mnt/big" 20000; }
op_randwrite() { run randwrite "$mnt/big" 20000; rm "$mnt/big"; }
op_untar() {
	[ -f "$work/tar" ] || tar cf "$work/tar" -C /usr/share/doc --exclude='*.gz' . 2>/dev/null
	mkdir -p "$mnt/untar"
	{ TIMEFORMAT=%R; time $pin tar xf "$work/tar" -C "$mnt/untar" 2>/dev/null; } 2>&1
	rm -r "$mnt/untar"
}
op_unmount() {	# after 18,000 creates
	mkdir "$mnt/many"; run create "$mnt/many" 18000 1000 >/dev/null
	{ TIMEFORMAT=%R; time down; } 2>&1
	up "$1"; rm -r "$mnt/many"
}
op_rss_idle() { down; up "$1"; rss; }
op_rss_18k() { mkdir "$mnt/many"; run create "$mnt/many" 18000 1000 >/dev/null; ls -lR "$mnt" >/dev/null; rss HWM; rm -r "$mnt/many"; }

median() { grep '^[0-9]' | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

ops=${*:-$ops_all}
for round in $(seq "$rounds"); do
	for system in $systems; do
		rm -rf "$work/source" "$work/udf" "$work/ntfs" "$work/ext2"
		"make_$system" && up "$system" || { echo "$system does not mount" >&2; continue; }
		for op in $ops; do
			"op_$op" "$system" >>"$work/$op.$system"
		done
		down
	done
done

printf '%-14s' operation
for system in $systems; do printf ' %13s' "$system"; done
printf '   ours/peer\n'
for op in $ops; do
	printf '%-14s' "$op"
	ours=$(median <"$work/$op.udffuse" 2>/dev/null)
	ratios=
	for system in $systems; do
		value=$(median <"$work/$op.$system")
		value=${value:--}
		printf ' %13s' "$value"
		[ "$system" = udffuse ] || ratios+=$(awk -v a="$ours" -v b="$value" \
			'BEGIN { if (a > 0 && b > 0) printf "  %.2f", a / b; else printf "  -" }')
	done
	printf ' %s\n' "$ratios"
done
[ ! -s "$work/errors" ] || sort "$work/errors" | uniq -c | head >&2
