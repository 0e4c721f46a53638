#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The largest volumes and directories, and how much memory they take.  The time limits are generous: they only
# show whether the time grows with the volume.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require /dev/fuse
require mount
require "memory 2500"
fsop=$top_builddir/tests/cli/fsop many=$top_builddir/tests/cli/many
mnt=$tmp/mnt big=$tmp/big log=$tmp/log
mkdir "$mnt" "$big"
on_exit 'umount "$mnt" || umount -l "$mnt"; [ -z "${daemon-}" ] || { kill "$daemon"; wait "$daemon"; }; umount "$big"'
# tmpfs, because ext4 has no files of 16 TiB.
mount -t tmpfs -o size=2500M none "$big"

start() {	# IMAGE [OPTION]...
	udffuse -f "${@:2}" "$1" "$mnt" 2>"$log" &
	daemon=$!
	wait_until 20 is_mounted || { diag "not mounted: $(cat "$log")"; return 1; }
}
is_mounted() { ! kill -0 "$daemon" 2>/dev/null || mountpoint -q "$mnt"; mountpoint -q "$mnt"; }
stop() {
	local pid=$daemon
	unmount "$mnt" && daemon= && wait "$pid"
}
most() {	# NAME KIB LIMIT: passes if KIB is not more
	if [ "${2:-x}" -le "$3" ] 2>/dev/null; then pass "$1"; else fail "$1" "${2:-nothing} KiB instead of $3"; fi
}
memory() { awk -v what="$1:" '$1 == what { print $2 }' "/proc/$daemon/status"; }	# VmHWM, VmRSS
plain=; need "plain build" && plain=1
limit() {	# NAME KIB LIMIT: like most, only in plain builds, because sanitizers take memory themselves
	if [ $plain ]; then most "$@"; else diag "not measured under sanitizers: $1"; fi
}
milliseconds() { local t=$EPOCHREALTIME; echo $((${t/./} / 1000)); }
takes() {	# NAME MILLISECONDS COMMAND...
	local name=$1 most=$2 begin
	shift 2
	begin=$(milliseconds)
	"$@" >"$out" 2>"$err" || { fail "$name" "$(cat "$err")"; return; }
	begin=$(($(milliseconds) - begin))
	diag "$begin ms: $*"
	if [ $begin -le "$most" ]; then pass "$name"; else fail "$name" "$begin ms instead of $most"; fi
}

# ---- 2^32 - 1 blocks ----
n_blocks=4294967295
for bs in 512 4096; do
	img=$big/$bs.udf
	truncate -s $((n_blocks * bs)) "$img"
	limit "mkudffs takes at most 4 MiB for $n_blocks blocks of $bs bytes" \
		"$("$fsop" peak "$(ours mkudffs)" -b $bs "$img")" 4096
	takes "a volume of $n_blocks blocks of $bs bytes is mounted within 2 seconds" 2000 start "$img"
	takes "the free space of $n_blocks blocks is known within 2 seconds" 2000 df "$mnt"
	limit "mounting $n_blocks blocks of $bs bytes takes at most 16 MiB" "$(memory VmHWM)" 16384
	# One file takes nearly all of it, so that the file begins and ends where the volume does.
	size=$(($(stat -f -c '%a * %S' "$mnt") / 65536 * 65536 - (128 << 20)))
	ok "a file that fills $n_blocks blocks of $bs bytes is allocated" fallocate -l $size "$mnt/all"
	head -c 65536 /dev/urandom >"$tmp/first"
	head -c 65536 /dev/urandom >"$tmp/last"
	dd if="$tmp/first" of="$mnt/all" bs=64k conv=notrunc,fsync status=none
	ok "the end of the file is written: blocks of $bs" \
		dd if="$tmp/last" of="$mnt/all" bs=64k seek=$((size / 65536 - 1)) conv=notrunc,fsync
	limit "filling $n_blocks blocks of $bs bytes takes at most 16 MiB" "$(memory VmHWM)" 16384
	stop && start "$img" -o ro
	ok "the first 64 KiB of the file are right after a new mount: blocks of $bs" \
		cmp -n 65536 "$mnt/all" "$tmp/first"
	ok "the last 64 KiB of the file are right after a new mount: blocks of $bs" \
		cmp -i $((size - 65536)):0 "$mnt/all" "$tmp/last"
	most "the file ends near the end of the volume: blocks of $bs" \
		"$(($(stat -f -c '%a * %S' "$mnt") >> 10))" $((129 << 10))
	stop
	ok "udffsck finds no problems in a full volume: blocks of $bs" udffsck -n "$img"
	start "$img"
	ok "the file that fills the volume is deleted: blocks of $bs" rm "$mnt/all"
	stop
	ok "udffsck finds no problems after the deletion: blocks of $bs" udffsck -n "$img"
	truncate -s $(((n_blocks + 1) * bs)) "$img"
	exits "a volume of 2^32 blocks is refused: blocks of $bs" 1 mkudffs -b $bs "$img"
	like "the refusal of 2^32 blocks names both numbers: blocks of $bs" \
		"$(cat "$err")" "$((n_blocks + 1)) blocks of $bs bytes are more than $n_blocks"
	rm "$img"
done

# ---- a file beyond 4 TiB ----
img=$big/v.udf
mkudffs -q --new-file --size=64M -b 2048 "$img"
start "$img"
size=$((5 << 40))
ok "a file of 5 TiB is written at its end" \
	dd if="$tmp/last" of="$mnt/sparse" bs=64k seek=$((size / 65536 - 1)) conv=fsync
ok "a file of 5 TiB is written at its beginning" dd if="$tmp/first" of="$mnt/sparse" bs=64k conv=notrunc,fsync
stop && start "$img"
is "a file of 5 TiB keeps its size after a new mount" "$(stat -c %s "$mnt/sparse")" $size
ok "the beginning of a file of 5 TiB is right after a new mount" cmp -n 65536 "$mnt/sparse" "$tmp/first"
ok "the end of a file of 5 TiB is right after a new mount" cmp -i $((size - 65536)):0 "$mnt/sparse" "$tmp/last"
is "a file of 5 TiB has a hole between its beginning and its end" \
	"$("$fsop" seek data "$mnt/sparse" 65536)" $((size - 65536))
limit "an idle mount takes at most 4 MiB" "$(memory VmRSS)" 4096

# ---- 18,000 files ----
mkdir "$mnt/dir"
idle=$(memory VmRSS)	# most of it is libraries
is "18,000 files are made in one directory" "$("$fsop" make-many "$mnt/dir" 18000)" ok
is "all of 18,000 files are listed" "$(ls -l "$mnt/dir" | grep -c '^-')" 18000
limit "18,000 files take at most 5.5 MiB" $(($(memory VmHWM) - idle)) 5632
stop
ok "udffsck finds no problems with 18,000 files" udffsck -n "$img"
rm "$img"

# ---- a directory of 1,000,000 names ----
n=1000000; [ $plain ] || n=50000
mkudffs -q --new-file --size=1G -b 512 "$img"
ok "a directory gets $n names, and loses a third of them" "$many" "$img" $n
cp "$out" "$tmp/said"
is "every one of the $n names is made" "$(grep -c "^$n made" "$tmp/said")" 1
is "every one of the $n names is listed once" "$(grep listed "$tmp/said")" "$n listed"
limit "making and deleting $n names takes no more than the cache's 32 MiB" \
	"$(awk '$2 == "KB" && $1 > most { most = $1 } END { print most }' "$tmp/said")" 32768
start "$img"
before=$(memory VmHWM)
ls -f "$mnt/many" | grep '^file-' | sort >"$tmp/listed"
is "a new mount lists every remaining name" "$(wc -l <"$tmp/listed")" $((n - (n + 2) / 3))
is "a new mount lists each name once" "$(uniq -d "$tmp/listed" | wc -l)" 0
ok "stat succeeds on every hundredth name" bash -c \
	'cd "$1" && awk "NR % 100 == 0" "$2" | xargs stat -c %n' - "$mnt/many" "$tmp/listed"
is "stat prints every hundredth name" "$(wc -l <"$out")" $(($(wc -l <"$tmp/listed") / 100))
exits "a deleted name is not found" 1 stat "$mnt/many/file-0000300"
limit "listing the names on a new mount takes no more than the cache's 32 MiB" \
	$(($(memory VmHWM) - before)) 32768
stop
ok "udffsck finds no problems in a directory that lost a third of $n names" udffsck -n "$img"
plan
