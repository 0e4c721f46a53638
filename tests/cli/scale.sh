#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The largest volumes and directories, and how much memory they take.  Time bounds are generous: they
# tell what grows with the volume from what doesn't.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require /dev/fuse
require mount
require "memory 2500"
fsop=$top_builddir/tests/cli/fsop many=$top_builddir/tests/cli/many
mnt=$tmp/mnt big=$tmp/big log=$tmp/log
mkdir "$mnt" "$big"
on_exit 'umount "$mnt" || umount -l "$mnt"; [ -z "${daemon-}" ] || { kill "$daemon"; wait "$daemon"; }; umount "$big"'
# Files of 16 TiB, which ext4 does not have.
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
limit() {	# NAME KIB LIMIT: memory; a case of plain builds only, as sanitizers take it for themselves
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
	takes "it is mounted at once" 2000 start "$img"
	takes "its free space is known at once" 2000 df "$mnt"
	limit "which takes at most 16 MiB" "$(memory VmHWM)" 16384
	# nearly all of it in one file, so that its ends are those of the volume
	size=$(($(stat -f -c '%a * %S' "$mnt") / 65536 * 65536 - (128 << 20)))
	ok "a file that fills it is allocated" fallocate -l $size "$mnt/all"
	head -c 65536 /dev/urandom >"$tmp/first"
	head -c 65536 /dev/urandom >"$tmp/last"
	dd if="$tmp/first" of="$mnt/all" bs=64k conv=notrunc,fsync status=none
	ok "its end is written" \
		dd if="$tmp/last" of="$mnt/all" bs=64k seek=$((size / 65536 - 1)) conv=notrunc,fsync
	limit "all that takes at most 16 MiB" "$(memory VmHWM)" 16384
	stop && start "$img" -o ro
	ok "its beginning is there" cmp -n 65536 "$mnt/all" "$tmp/first"
	ok "its end is there" cmp -i $((size - 65536)):0 "$mnt/all" "$tmp/last"
	most "it ends near the volume's end" "$(($(stat -f -c '%a * %S' "$mnt") >> 10))" $((129 << 10))
	stop
	ok "udffsck -n finds nothing" udffsck -n "$img"
	start "$img"
	ok "it is deleted" rm "$mnt/all"
	stop
	ok "and gives its space back" udffsck -n "$img"
	truncate -s $(((n_blocks + 1) * bs)) "$img"
	exits "one block more is refused" 1 mkudffs -b $bs "$img"
	like "by name" "$(cat "$err")" "$((n_blocks + 1)) blocks of $bs bytes are more than $n_blocks"
	rm "$img"
done

# ---- a file beyond 4 TiB ----
img=$big/v.udf
mkudffs -q --new-file --size=64M -b 2048 "$img"
start "$img"
size=$((5 << 40))
ok "a file of 5 TiB is written at its end" \
	dd if="$tmp/last" of="$mnt/sparse" bs=64k seek=$((size / 65536 - 1)) conv=fsync
ok "and at its beginning" dd if="$tmp/first" of="$mnt/sparse" bs=64k conv=notrunc,fsync
stop && start "$img"
is "it has its size" "$(stat -c %s "$mnt/sparse")" $size
ok "its beginning is there" cmp -n 65536 "$mnt/sparse" "$tmp/first"
ok "its end is there" cmp -i $((size - 65536)):0 "$mnt/sparse" "$tmp/last"
is "and nothing between" "$("$fsop" seek data "$mnt/sparse" 65536)" $((size - 65536))
limit "what was mounted, and idles, takes at most 4 MiB" "$(memory VmRSS)" 4096

# ---- 18,000 files ----
mkdir "$mnt/dir"
is "18,000 files are made" "$("$fsop" make-many "$mnt/dir" 18000)" ok
is "and listed" "$(ls -l "$mnt/dir" | grep -c '^-')" 18000
limit "which takes at most 8 MiB" "$(memory VmHWM)" 8192
stop
ok "udffsck -n finds nothing" udffsck -n "$img"
rm "$img"

# ---- a directory of 1,000,000 names ----
n=1000000; [ $plain ] || n=50000
mkudffs -q --new-file --size=1G -b 512 "$img"
ok "a directory gets $n names, and loses a third of them" "$many" "$img" $n
cp "$out" "$tmp/said"
is "all were made" "$(grep -c "^$n made" "$tmp/said")" 1
is "each was listed, and once" "$(grep listed "$tmp/said")" "$n listed"
limit "that takes no more than the cache's 32 MiB" \
	"$(awk '$2 == "KB" && $1 > most { most = $1 } END { print most }' "$tmp/said")" 32768
start "$img"
before=$(memory VmHWM)
ls -f "$mnt/many" | grep '^file-' | sort >"$tmp/listed"
is "a mount lists what is left" "$(wc -l <"$tmp/listed")" $((n - (n + 2) / 3))
is "each once" "$(uniq -d "$tmp/listed" | wc -l)" 0
ok "each hundredth is found" bash -c \
	'cd "$1" && awk "NR % 100 == 0" "$2" | xargs stat -c %n' - "$mnt/many" "$tmp/listed"
is "all of those" "$(wc -l <"$out")" $(($(wc -l <"$tmp/listed") / 100))
exits "one that was deleted is not" 1 stat "$mnt/many/file-0000300"
limit "that takes no more than the cache's 32 MiB" $(($(memory VmHWM) - before)) 32768
stop
ok "udffsck -n finds nothing" udffsck -n "$img"
plan
