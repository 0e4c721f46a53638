#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# udffuse on a medium that takes its time to flush: only who asks for durability waits, others read and change
# what they like, and fsyncs that wait together share a commit.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require /dev/fuse
require mount
img=$tmp/v.udf mnt=$tmp/mnt gate=$tmp/gate
mkdir "$mnt"
on_exit 'open_gate; umount "$mnt" || umount -l "$mnt"; [ -z "${daemon-}" ] || kill "$daemon"'

# Lets the flush go on that waits, and those behind it.
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
# The preloaded library need not come behind the sanitizers'.
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
ok "a flush takes its time" wait_until 20 is_flushing "$before"
echo 3 >/proc/sys/vm/drop_caches
soon "meanwhile a file is read" cmp "$mnt/dir/file" "$tmp/data"
soon "a directory is listed" ls -l "$mnt"
is "all of it" "$(wc -l <"$out")" 14
soon "free space is told" stat -f "$mnt"
soon "a file that is not there is not found" bash -c '! stat "$1"' - "$mnt/none"
waiting=()
for i in 2 3 4 5 6; do
	sync "$mnt/f$i" &
	waiting+=($!)
done
soon "a directory is made" mkdir "$mnt/new"
soon "a file is copied into it" cp "$tmp/data" "$mnt/new/copy"
soon "one is appended to" sh -c 'echo appended >>"$1"' - "$mnt/g2"
soon "truncated, and renamed" sh -c 'truncate -s 5 "$1/g3" && mv "$1/g3" "$1/g7"' - "$mnt"
soon "removed" rm "$mnt/g5"
soon "what was made is read" cmp "$mnt/new/copy" "$tmp/data"

before=$(flushes)
open_gate
wait "$first"
is "the fsync succeeds when the medium has flushed" $? 0
for pid in "${waiting[@]}"; do wait "$pid" || echo "$pid"; done >"$tmp/failed"
is "the other fsyncs succeed" "$(cat "$tmp/failed")" ""
diag "$(($(flushes) - before)) flushes"
ok "with fewer flushes than one commit each takes" test $(($(flushes) - before)) -lt 10
ok "it unmounts" unmount "$mnt"
wait "$daemon"
is "without a failure" $? 0
daemon=
ok "udffsck -n finds nothing" udffsck -n "$img"
udffuse -o ro "$img" "$mnt"
same "what was copied meanwhile is there" "$mnt/new/copy" "$tmp/data"
is "what was appended too" "$(paste -sd ' ' "$mnt/g2")" "2 appended"
is "and names are as they were left" "$(ls "$mnt" | paste -sd ' ')" "dir f1 f2 f3 f4 f5 f6 g1 g2 g4 g6 g7 new"
unmount "$mnt" && flock "$img" true

# ---- killed while a flush is under way, with changes waiting ----
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
is "SIGTERM during a flush: it ends well" $? 0
daemon=
wait "$first"
ok "udffsck -n finds nothing" udffsck -n "$img"
udffuse -o ro "$img" "$mnt"
is "what was written is there" "$(cat "$mnt/synced" "$mnt/late" | paste -sd ' ')" "synced late"
ok "and what was made meanwhile" test -d "$mnt/later"
unmount "$mnt" && flock "$img" true

# ---- and killed for good ----
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
like "SIGKILL during a flush leaves an open volume" "$(cat "$out")" "LVID_OPEN"
is "and nothing worse" \
	"$(grep -v '^udffsck:' "$out" | grep -vE '^(LVID_OPEN|COUNTS_STALE|SPACE_LEAKED|ORPHAN_ICB):')" ""
udffuse "$img" "$mnt"
is "it mounts, and what was synced is there" "$(head -n 2 "$mnt/synced" | paste -sd ' ')" "synced more"
ok "it is written to" cp "$tmp/data" "$mnt/again"
unmount "$mnt" && flock "$img" true
plan
