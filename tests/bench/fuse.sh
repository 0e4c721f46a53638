#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# fuse.sh [-cx] [-n ROUNDS] [OPERATION...]: compares udffuse with libfuse's passthrough_ll, ntfs-3g and fuse2fs.
#
# udffuse has two columns.  "udffuse" has no_default_permissions, as the peers have.  "defaults" is what root gets by
# default, where the kernel checks the modes.  A last round counts the requests of each operation in both.
#
# Client and daemon share one CPU.  Images are on tmpfs, and udffuse and the peers run in turn.  It prints seconds
# or MB, and the ratio of our figure to each peer's: below 1 is less.  -c counts the CPU seconds of client and
# daemon.  It needs root, /dev/fuse and 12 GB in /dev/shm.  Peers that are not installed are left out.
. "${top_srcdir:?run by make bench}/tests/bench/lib.sh"
fsbench=$top_builddir/tests/bench/fsbench
mnt=$work/mnt
mkdir "$mnt"
pin="taskset -c 0"
ulimit -n "$(ulimit -Hn)"	# passthrough_ll holds a descriptor for each file
daemon=
fuse_cleanup() { umount "$mnt" 2>/dev/null; [ -z "$daemon" ] || kill "$daemon" 2>/dev/null; bench_cleanup; }
trap fuse_cleanup EXIT

volume_size=5G
# ---- the file systems: make_NAME makes one, and $daemon_NAME serves it in the foreground ----
make_udffuse() { "$(tool mkudffs)" -q --new-file --size=$volume_size -b 2048 udf; }
daemon_udffuse="$(tool udffuse) -f -o no_default_permissions udf mnt"

make_defaults() { make_udffuse; }
daemon_defaults="$(tool udffuse) -f udf mnt"

examples=/usr/share/doc/libfuse3-dev/examples
make_passthrough() {
	mkdir -p source
	[ -x passthrough_ll ] ||
		gcc -O2 -w $examples/passthrough_ll.c $(pkg-config --cflags --libs fuse3) -o passthrough_ll
}
daemon_passthrough="./passthrough_ll -f -s -o source=$work/source,cache=always,writeback,timeout=86400 mnt"

make_ntfs3g() { truncate -s $volume_size ntfs && mkntfs -q -F -Q -c 4096 ntfs >/dev/null 2>&1; }
daemon_ntfs3g="ntfs-3g -o big_writes,no_detach ntfs mnt"

make_fuse2fs() { truncate -s $volume_size ext2 && mke2fs -q -F -t ext4 ext2; }
daemon_fuse2fs="fuse2fs -f -o rw,fakeroot ext2 mnt"

systems="udffuse defaults"
[ -f $examples/passthrough_ll.c ] && command -v gcc >/dev/null && systems+=" passthrough"
command -v ntfs-3g >/dev/null && command -v mkntfs >/dev/null && systems+=" ntfs3g"
command -v fuse2fs >/dev/null && systems+=" fuse2fs"
systems=${BENCH_SYSTEMS:-$systems}

up() {
	local -n command=daemon_$1
	# shellcheck disable=SC2086
	: >"$1.log"
	(exec $pin $command ${counts_requests:+-d}) >>"$1.log" 2>&1 &
	daemon=$!
	while kill -0 $daemon 2>/dev/null; do mountpoint -q "$mnt" && return; done
	return 1
}
down() { umount "$mnt" || umount -l "$mnt"; wait $daemon; daemon=; }
cold() { note "sync; echo 3 >/proc/sys/vm/drop_caches"; sync; echo 3 >/proc/sys/vm/drop_caches; }
daemon_cpu() { awk '{ t += $1 } END { print t / 1e9 }' /proc/$daemon/task/*/schedstat; }
rss() { awk "/^Vm${1:-RSS}/ { print \$2 / 1024 }" /proc/$daemon/status; }

# count_requests COMMAND...: with $counts_requests, also records the name of each request that the daemon gets
counts_requests=
count_requests() {
	local log=$system.log from
	[ -n "$counts_requests" ] || { "$@"; return; }
	from=$(stat -c %s "$log")
	"$@"
	tail -c +$((from + 1)) "$log" | sed -nE 's/.* opcode: ([A-Z_0-9]+) .*/\1/p' >>"$op.$system.requests"
}

# note COMMAND...: records a command of an operation, which is shown with its row
note() { [ -n "$counts_requests" ] || echo "$*" >>"$op.$system.commands"; }
# shellcheck disable=SC2086
run_fsbench() { (cd mnt && $pin "$fsbench" "$@" 2>>"$work/errors" || echo failed failed); }
run() {		# FSBENCH-ARGUMENT...: the seconds that count
	local before clock cpu
	note "fsbench $*"
	before=$(daemon_cpu)
	count_requests run_fsbench "$@" >seconds
	read -r clock cpu <seconds
	[ "$clock" != failed ] || { echo -; return; }
	[ -z "$by_cpu" ] || clock=$(awk -v a="$before" -v b="$(daemon_cpu)" -v c="$cpu" 'BEGIN { print b - a + c }')
	echo "$clock"
}
clock() { note "$*"; { TIMEFORMAT=%R; time count_requests "$@" >>"$work/errors" 2>&1; } 2>&1; }	# COMMAND...
quietly() { note "(untimed: $*)"; (cd mnt && "$@") >/dev/null 2>>"$work/errors"; }

# ---- operations: op_NAME SYSTEM prints one figure; all of them run on one volume, in this order ----
ops_all="roundtrip create list_cold list_warm read_cold delete flat5k flat100k flat1m seqwrite
	seqread_cold seqread_warm randread randwrite untar unmount rss_idle rss_18k fresh aged"
op_roundtrip() { quietly touch one; run stat one 100000; }
op_create() { quietly mkdir tree; run create tree 18000 1000; }
op_list_cold() { cold; run list tree; }
op_list_warm() { run list tree; }
op_read_cold() { cold; run readall tree; }
op_delete() { run delete tree; }
op_flat5k() { quietly mkdir flat5k; run flat flat5k 5000; }
# Not fuse2fs, which is quadratic, nor passthrough_ll, which holds a descriptor for each file.
op_flat100k() {
	case $1 in fuse2fs|passthrough|defaults) echo -; return ;; esac
	quietly mkdir flat100k; run flat flat100k 100000; quietly rm -r flat100k
}
op_flat1m() {
	case $1$round in fuse2fs*|passthrough*|defaults*|*[2-9]) echo -; return ;; esac
	quietly mkdir flat1m; run flat flat1m 1000000; quietly rm -r flat1m
}
op_seqwrite() { run write big 1024; }
op_seqread_cold() { cold; run read big; }
op_seqread_warm() { run read big; }
op_randread() { cold; run randread big 20000; }
op_randwrite() { run randwrite big 20000; quietly rm big; }
op_untar() {
	[ -f tar ] || tar cf tar -C /usr/share/doc --exclude='*.gz' . 2>/dev/null
	quietly mkdir untar
	clock $pin tar xf tar -C mnt/untar
	quietly rm -r untar
}
op_unmount() {
	quietly mkdir many; run create many 18000 1000 >/dev/null
	clock down
	up "$1"; quietly rm -r many
}
op_rss_idle() { down; up "$1"; rss; }
op_rss_18k() { quietly mkdir many; run create many 18000 1000 >/dev/null; quietly ls -lR .; rss HWM; quietly rm -r many; }
# The last ones have a volume of 1 GiB: one large file on it when it is fresh, and in the pieces between small files.
op_fresh() {
	[ "$1" != passthrough ] || { echo -; return; }
	down; rm -f udf ntfs ext2
	volume_size=1G "make_$1" && up "$1"
	run write big 384
	quietly rm big
}
op_aged() {
	[ "$1" != passthrough ] || { echo -; return; }
	quietly mkdir small
	quietly "$fsbench" age small 92
	run write big 384
}

# ---- aims: OPERATION.PEER is the highest ratio, OPERATION.ours the highest figure ----
aim=(
	[roundtrip.passthrough]=1.05
	[create.ntfs3g]=0.80 [create.fuse2fs]=0.48
	[list_cold.passthrough]=1.0 [list_cold.ntfs3g]=0.33 [list_cold.fuse2fs]=0.18
	[list_warm.passthrough]=1.1
	[read_cold.passthrough]=1.0
	[delete.ntfs3g]=1.0 [delete.fuse2fs]=0.5
	[flat5k.ntfs3g]=1.0
	[seqwrite.passthrough]=1.1 [seqwrite.fuse2fs]=0.3
	[seqread_cold.passthrough]=1.1 [seqread_warm.passthrough]=1.05
	[randread.passthrough]=1.1 [randwrite.passthrough]=1.3
	[untar.passthrough]=1.0 [untar.ntfs3g]=0.73 [untar.fuse2fs]=0.28
	[unmount.ours]=0.10
	[rss_idle.ours]=3 [rss_18k.ours]=8
)

ops=${*:-$ops_all}
# Figures go to the file $op.$system: in a subshell, operations could not set $daemon.
for ((round = 1; round <= rounds; round++)); do
	for system in $systems; do
		rm -rf source udf ntfs ext2
		"make_$system" && up "$system" || { echo "$system does not mount" >&2; continue; }
		for op in $ops; do
			: >"$op.$system.commands"
			"op_$op" "$system" >>"$op.$system"
		done
		down
	done
done

# The same operations once more, for the requests alone: -d has the daemon write a line for each.
counted=
for op in $ops; do
	case $op in create|list_*|read_cold|delete|flat5k|seq*|rand*|untar) counted+=" $op" ;; esac
done
counts_requests=1
for system in udffuse defaults; do
	[ -n "$counted" ] && [[ " $systems " == *" $system "* ]] || continue
	rm -rf source udf ntfs ext2
	"make_$system" && up "$system" || continue
	for op in $counted; do "op_$op" "$system" >/dev/null; done
	down
done
counts_requests=

echo "-- each with its client: $pin"
for system in $systems; do
	declare -n command=daemon_$system
	echo "   $system: $command"
done
printf '   %-13s' operation
for system in $systems; do printf ' %11s' "$system"; done
echo "   ratios"
for op in $ops; do
	declare -A figure=()
	printf '   %-13s' "$op"
	for system in $systems; do
		figure[$system]=$(grep '^[0-9]' "$op.$system" 2>/dev/null | median)
		printf ' %11s' "${figure[$system]:=-}"
	done
	for system in $systems; do
		[ "$system" = udffuse ] || printf '  %s' "$(ratio "${figure[udffuse]}" "${figure[$system]}")"
	done
	echo
	sed 's/^/      /' "$op.udffuse.commands"
	for system in $systems; do
		[ -z "${aim[$op.$system]-}" ] || judge "$op, ratio to $system" \
			"$(ratio "${figure[udffuse]}" "${figure[$system]}")" "${aim[$op.$system]}"
	done
	[ -z "${aim[$op.ours]-}" ] || judge "$op" "${figure[udffuse]}" "${aim[$op.ours]}"
	[ "$op" != flat5k ] || small=${figure[udffuse]}
	[ "$op" != fresh ] || fresh=${figure[udffuse]}
	[ "$op" != aged ] || [ -z "${fresh-}" ] ||
		judge "aged, ratio to fresh" "$(ratio "${figure[udffuse]}" "$fresh")" 2.0
	case $op in flat100k) n=20 ;; flat1m) n=200 ;; *) continue ;; esac
	[ -z "${small-}" ] ||
		judge "$op, time a file to flat5k's" \
			"$(awk -v a="${figure[udffuse]}" -v b="$small" -v n=$n 'BEGIN { printf "%.2f", a / n / b }')" 1.3
done
if [ -n "$counted" ]; then
	echo "-- requests: of udffuse with no_default_permissions, and of what root mounts by default"
	for op in $counted; do
		for system in udffuse defaults; do
			[ -f "$op.$system.requests" ] || continue
			printf '   %-13s %-9s %7d  %s\n' "$op" $system "$(wc -l <"$op.$system.requests")" \
				"$(sort "$op.$system.requests" | uniq -c | sort -rn | awk '{ printf "%s %d  ", $2, $1 }')"
		done
	done
fi
bench_verdict
[ ! -s errors ] || sort errors | uniq -c | head >&2
