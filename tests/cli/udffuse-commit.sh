#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# udffuse on a medium whose flush takes long: only programs that ask for durability wait.  Others read and change
# files meanwhile, and fsyncs that wait together share a commit.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require /dev/fuse
require mount
img=$tmp/v.udf mnt=$tmp/mnt gate=$tmp/gate
mkdir "$mnt"
on_exit 'open_gate; umount "$mnt" || umount -l "$mnt"; [ -z "${daemon-}" ] || kill "$daemon"'

# Lets the waiting flush continue, and all later ones.
open_gate() {
	[ -p "$gate" ] || return
	rm -f "$gate.open"
	mv "$gate" "$gate.open"
	timeout 5 sh -c ': >"$1"' - "$gate.open"
}
# soon NAME COMMAND...: passes if COMMAND succeeds without waiting for the gate; its output is in $out
soon() {
	local name=$1 pid
	shift
	"$@" >"$out" 2>"$err" &
	pid=$!
	wait_until 10 has_ended "$pid" || open_gate
	wait "$pid" && [ -p "$gate" ] && pass "$name" || fail "$name" "$(cat "$err")"
}
has_ended() { ! kill -0 "$1" 2>/dev/null || [[ $(ps -o stat= -p "$1") == Z* ]]; }
is_mounted() { mountpoint -q "$mnt"; }
flushes() { cat "$gate.log" 2>/dev/null | wc -l; }
is_flushing() { [ "$(flushes)" -gt "$1" ]; }
# The preloaded library may come before those of the sanitizers.
export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0

mkudffs -q --new-file --size=64M -b 2048 "$img"
UDFKIT_GATE=$gate LD_PRELOAD=$top_builddir/tests/cli/gated_flush.so udffuse -f "$img" "$mnt" 2>"$tmp/log" &
daemon=$!
wait_until 20 is_mounted || diag "$(cat "$tmp/log")"
mkdir "$mnt/dir"
head -c 300000 /dev/urandom >"$tmp/data"
cp "$tmp/data" "$mnt/dir/file" && sync "$mnt/dir/file" && sync "$mnt"
for i in 1 2 3 4 5 6; do echo "$i" >"$mnt/f$i"; echo "$i" >"$mnt/g$i"; done

before=$(flushes)
mkfifo "$gate"
sync "$mnt/f1" &
first=$!
ok "the flush of an fsync is held by the gate" wait_until 20 is_flushing "$before"
echo 3 >/proc/sys/vm/drop_caches
soon "a file is read while a flush is running" cmp "$mnt/dir/file" "$tmp/data"
soon "a directory is listed while a flush is running" ls -l "$mnt"
is "all names are listed while a flush is running" "$(wc -l <"$out")" 14
soon "free space is reported while a flush is running" stat -f "$mnt"
soon "a missing file is not found while a flush is running" bash -c '! stat "$1"' - "$mnt/none"
waiting=()
for i in 2 3 4 5 6; do
	sync "$mnt/f$i" &
	waiting+=($!)
done
soon "a directory is made while a flush is running" mkdir "$mnt/new"
soon "a file is copied while a flush is running" cp "$tmp/data" "$mnt/new/copy"
soon "a file is appended to while a flush is running" sh -c 'echo appended >>"$1"' - "$mnt/g2"
soon "a file is truncated and renamed while a flush is running" \
	sh -c 'truncate -s 5 "$1/g3" && mv "$1/g3" "$1/g7"' - "$mnt"
soon "a file is removed while a flush is running" rm "$mnt/g5"
soon "a new file is read back while a flush is running" cmp "$mnt/new/copy" "$tmp/data"

before=$(flushes)
open_gate
wait "$first"
is "the first fsync succeeds after the flush" $? 0
for pid in "${waiting[@]}"; do wait "$pid" || echo "$pid"; done >"$tmp/failed"
is "five fsyncs that waited for the flush succeed" "$(cat "$tmp/failed")" ""
diag "$(($(flushes) - before)) flushes"
ok "waiting fsyncs share commits" test $(($(flushes) - before)) -lt 10
ok "umount succeeds after the flushes" unmount "$mnt"
wait "$daemon"
is "udffuse ends with status 0 after the flushes" $? 0
daemon=
ok "udffsck finds no problems after changes during a flush" udffsck -n "$img"
udffuse -o ro "$img" "$mnt"
same "a file copied during a flush keeps its contents" "$mnt/new/copy" "$tmp/data"
is "data appended during a flush are kept" "$(paste -sd ' ' "$mnt/g2")" "2 appended"
is "names made, renamed and removed during a flush are kept" \
	"$(ls "$mnt" | paste -sd ' ')" "dir f1 f2 f3 f4 f5 f6 g1 g2 g4 g6 g7 new"
unmount "$mnt" && flock "$img" true

# ---- SIGTERM while a flush is running and changes are waiting ----
UDFKIT_GATE=$gate LD_PRELOAD=$top_builddir/tests/cli/gated_flush.so udffuse -f "$img" "$mnt" 2>"$tmp/log" &
daemon=$!
wait_until 20 is_mounted
echo synced >"$mnt/synced" && sync "$mnt/synced"
before=$(flushes)
mkfifo "$gate"
echo late >"$mnt/late"
sync "$mnt/late" 2>/dev/null &
first=$!
wait_until 20 is_flushing "$before"
mkdir "$mnt/later"
kill -TERM "$daemon"
open_gate
wait "$daemon"
is "SIGTERM during a flush: udffuse ends with status 0" $? 0
daemon=
wait "$first"
ok "SIGTERM during a flush: udffsck finds no problems" udffsck -n "$img"
udffuse -o ro "$img" "$mnt"
is "SIGTERM during a flush: files of both fsyncs are kept" \
	"$(cat "$mnt/synced" "$mnt/late" | paste -sd ' ')" "synced late"
ok "SIGTERM during a flush: a directory made during the flush is kept" test -d "$mnt/later"
unmount "$mnt" && flock "$img" true

# ---- killed by SIGKILL while a flush is running ----
UDFKIT_GATE=$gate LD_PRELOAD=$top_builddir/tests/cli/gated_flush.so udffuse -f "$img" "$mnt" 2>"$tmp/log" &
daemon=$!
wait_until 20 is_mounted
echo more >>"$mnt/synced" && sync "$mnt/synced"
before=$(flushes)
mkfifo "$gate"
echo later >>"$mnt/late"
sync "$mnt/late" 2>/dev/null &
first=$!
wait_until 20 is_flushing "$before"
rm "$mnt/f1" && mkdir "$mnt/last" && cp "$tmp/data" "$mnt/last"
kill -KILL "$daemon"
rm "$gate"
wait "$daemon" "$first" 2>/dev/null
daemon=
unmount "$mnt"
udffsck -n "$img" >"$out"
like "SIGKILL during a flush: the volume is left open" "$(cat "$out")" "LVID_OPEN"
is "SIGKILL during a flush: the check finds only what the contract allows" \
	"$(grep -v '^udffsck:' "$out" | grep -vE '^(LVID_OPEN|COUNTS_STALE|SPACE_LEAKED|ORPHAN_ICB):')" ""
udffuse "$img" "$mnt"
is "SIGKILL during a flush: synced data are kept" "$(head -n 2 "$mnt/synced" | paste -sd ' ')" "synced more"
ok "SIGKILL during a flush: the volume can be written to again" cp "$tmp/data" "$mnt/again"
unmount "$mnt" && flock "$img" true
plan
