#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A full volume under the kernel's writeback cache, which accepts data before it is known whether there is space.
# Writers get an error soon, other programs get none, and files show the size that is stored.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require /dev/fuse
require mount
img=$tmp/v.udf mnt=$tmp/mnt cacheop=$top_builddir/tests/cli/cacheop
mkdir "$mnt"
on_exit 'umount "$mnt" 2>/dev/null || umount -l "$mnt"'
start() { udffuse "$img" "$mnt" || diag "udffuse failed"; }
stop() { unmount "$mnt" && flock "$img" true; }
fresh() { rm -f "$img"; mkudffs -q --new-file --size="$1" -b 2048 "$img"; start; }
free_bytes() { echo $(($(stat -f -c '%f * %S' "$mnt"))); }
is_full() { [ "$(free_bytes)" -lt 65536 ]; }
fill() { "$cacheop" fill "$@"; }
accepted() { awk '{ s += $2 } END { printf "%.0f\n", s }' "$@"; }
slack=$((64 << 20))
# at_most NAME GOT LIMIT
at_most() { if [ "$2" -le "$3" ]; then pass "$1"; else fail "$1" "$2 is more than $3"; fi; }
sizes() { (cd "$mnt" && find . -type f -printf '%p %s\n' | sort); }
# The sizes shown now are the sizes after a remount.
stored_sizes_are_shown() {
	sizes >"$tmp/shown"
	stop
	start
	sizes >"$tmp/stored"
	same "$1" "$tmp/shown" "$tmp/stored"
}
healthy() { stop; ok "udffsck finds no problems $1" udffsck -n "$img"; }

for size in 64M 1G; do
	fresh $size
	room=$(free_bytes)
	fill "$mnt/log" start 65536 12000000000 >"$tmp/first"
	at_most "$size: a writer is refused after at most 64 MiB more than there is room for" \
		"$(accepted "$tmp/first")" $((room + slack))
	like "$size: the error of a writer on a full volume is ENOSPC" "$(cat "$tmp/first")" ", ENOSPC, then"
	for i in 2 3 4; do
		fill "$mnt/log" append 65536 12000000000 >"$tmp/next"
		at_most "$size: attempt $i to append is refused after at most 64 MiB" \
			"$(accepted "$tmp/next")" $slack
	done
	# Only the next attempt to write gets the error.
	fill "$mnt/log" append 65536 12000000000 >/dev/null
	is "$size: a descriptor for reading and writing gets at most one error" \
		"$("$cacheop" again "$mnt/log" | sed 's/^1 refused.*/0 refused/')" "0 refused"
	is "$size: a file that has its blocks can be overwritten on a full volume" \
		"$("$cacheop" again "$mnt/log")" "0 refused"
	stored_sizes_are_shown "$size: the size shown after the last close is the stored one"
	healthy "after filling a volume of $size"
done

fresh 64M
: >"$mnt/log"
coproc watch { "$cacheop" watch "$mnt/log"; }
exec {watch_in}>&"${watch[1]}" {watch_out}<&"${watch[0]}"
for i in 1 2 3; do
	fill "$mnt/log" append 65536 12000000000 >"$tmp/next"
	at_most "a writer is refused while others look at the file, attempt $i" "$(accepted "$tmp/next")" \
		$((($i == 1 ? 64 << 20 : 0) + slack))
done
exec {watch_in}>&-
eval "exec ${watch[1]}>&-"
read -r said <&"$watch_out"
is "a descriptor for reading never gets an error on a full volume" "$said" "0 refused"
stored_sizes_are_shown "the size shown after the reader's close is the stored one"
healthy "after filling a volume that others look at"

fresh 64M
room=$(free_bytes)
for i in 1 2 3 4; do fill "$mnt/log$i" start 65536 12000000000 >"$tmp/writer$i" & done
wait
at_most "four writers at once are refused after at most 64 MiB more than there is room for" \
	"$(accepted "$tmp"/writer[1-4])" $((room + slack))
is "each of four writers gets ENOSPC" \
	"$(grep -c ', ENOSPC, ' "$tmp"/writer[1-4] | cut -d: -f2 | tr -d '\n')" 1111
stored_sizes_are_shown "the sizes shown for the files of four writers are the stored ones"
head -c 100000000 /dev/urandom >"$tmp/huge"
head -c 10485760 "$tmp/huge" >"$tmp/more"
exits "cp to a full volume fails" 1 cp "$tmp/huge" "$mnt/log1"
exits "dd to a full volume fails" 1 dd if=/dev/zero of="$mnt/log2" bs=1M count=3000 seek=30
stored_sizes_are_shown "the sizes shown for the files of cp and dd are the stored ones"
healthy "after four writers, cp and dd filled it"

# ---- the limit of what the kernel holds back, which /sys sets (Linux 6.2) ----
if need namespace; then
	limit_without_sys=$(unshare -m --propagation private sh -c '
		while umount -l /sys; do :; done 2>/dev/null
		udffuse "$1" "$2" && mount -t sysfs none /sys || exit
		limit=/sys/class/bdi/$(stat -c %Hd:%Ld "$2")/max_bytes
		if [ -e "${limit%/*}" ] && [ ! -e "$limit" ]; then echo 0 "not in this kernel"; else cat "$limit"; fi
		umount "$2"' - "$img" "$mnt" 2>&1)
	diag "limit: $limit_without_sys"
	# The kernel keeps the limit as a share of its memory, so what it shows varies a little; without it, it is gigabytes.
	at_most "what the kernel holds back is limited where /sys is not mounted" "${limit_without_sys%% *}" $((28 << 20))
	flock "$img" true
else
	skip "what the kernel holds back is limited where /sys is not mounted" "needs namespace"
fi

# ---- names ----
fresh 64M
mkdir -p "$mnt/a/b/c" "$mnt/many"
: >"$mnt/a/b/c/one"
ln "$mnt/a/b/c/one" "$mnt/two"
(cd "$mnt/many" && seq 9000 | xargs touch && stat -c %s -- * >/dev/null)	# much else is looked up meanwhile
stat "$mnt/a/b/c/one" "$mnt/two" >/dev/null
exec {held}>>"$mnt/two"
(cd "$mnt/many" && stat -c %s -- * >/dev/null)
head -c 200000000 /dev/zero >&"$held" 2>"$err"
mv "$mnt/two" "$mnt/three"
exec {held}>&-
stored_sizes_are_shown "all names of a file show the stored size, long after they were looked up"
healthy "after a file with two names lost data"

# ---- mappings and holes ----
fresh 64M
like "a mapping of more than there is room for fails when it is written back" \
	"$(fill "$mnt/map" mmap 65536 200000000)" "then ENOSPC"
stored_sizes_are_shown "the size shown for a mapped file is the stored one"
rm "$mnt/map"
truncate -s 500M "$mnt/holes"
exits "filling holes beyond the free space fails" 1 \
	dd if=/dev/zero of="$mnt/holes" bs=1M count=480 conv=notrunc
like "the error of filling holes is 'No space left'" "$(cat "$err")" "No space left"
stored_sizes_are_shown "the size shown for a file with filled holes is the stored one"
healthy "after a mapping and filled holes"

# ---- the writer ignored the error of close() ----
fresh 64M
for i in 1 2 3; do echo 0123456789 >"$mnt/small$i"; done
fill "$mnt/large" start 65536 12000000000 >/dev/null
for i in 1 2; do head -c 8000 /dev/zero >>"$mnt/small$i" 2>/dev/null; done
exits "fsync reports lost data after the writer has ended" 1 sync "$mnt/small1"
ok "fsync reports lost data once" sync "$mnt/small1"
ok "fsync does not report an error of a file that lost nothing" sync "$mnt/small3"
rm "$mnt/large"
truncate -s 0 "$mnt/small2"
ok "fsync does not report lost data of a file that was truncated since" sync "$mnt/small2"
healthy "after files lost data"

# ---- space comes and goes ----
fresh 64M
head -c 60000000 "$tmp/huge" >"$tmp/large"
for i in 1 2 3 4 5; do
	exits "round $i: cp of more than the free space fails" 1 cp "$tmp/large" "$tmp/more" "$mnt"
	is_full || diag "free: $(free_bytes)"
	rm "$mnt/more"
	ok "round $i: a refused writer can write when there is space again" cp -f "$tmp/more" "$mnt/large"
	rm "$mnt/large"
done
exits "cp fills a volume and fails" 1 cp "$tmp/large" "$tmp/more" "$mnt"
exec {held}>>"$mnt/more"
to_held() { "$@" >&"$held"; }
exits "a descriptor that stays open gets an error on a full volume" 1 \
	to_held dd if=/dev/zero bs=1M count=100 status=none
rm "$mnt/large"
ok "a descriptor that stays open can write when there is space again" \
	to_held dd if="$tmp/more" bs=1M status=none
exec {held}>&-
same "data written when there is space again are kept" <(tail -c 10M "$mnt/more") "$tmp/more"
rm "$mnt"/*
# Writers that stay within the free space get no error.  Some blocks are left for descriptors.
for i in 1 2 3; do
	n=$((($(free_bytes) - 400000) / 4))
	for j in 1 2 3 4; do fill "$mnt/part$j" start 10000 $n >"$tmp/writer$j" & done
	wait
	is "round $i: four writers fill the free space without an error" \
		"$(cut -d' ' -f3- "$tmp"/writer[1-4] | sort -u)" "ok, then ok"
	rm "$mnt"/part?
done
healthy "after rounds of filling and removing"
plan
