#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# umount returns when the volume is committed and closed: a copy made right after it is complete.
# A mount namespace of its own: other tests that start meanwhile would copy these mounts and keep them.
[ -n "${own_mounts-}" ] || ! unshare -m true 2>/dev/null || own_mounts=1 exec unshare -m --propagation private bash "$0"
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require /dev/fuse
require mount
img=$tmp/v.udf mnt=$tmp/mnt copy=$tmp/copy.udf
mkdir "$mnt" "$tmp/other"
on_exit 'umount "$tmp/other"; umount "$mnt" || umount -l "$mnt"'
n_files=3000

fresh() { rm -f "$img" && mkudffs -q --new-file --size=64M -b 2048 "$img"; }
fill() { mkdir "$1/d" && for i in $(seq $n_files); do echo "contents of $i" >"$1/d/f$i"; done; }
# holds_all NAME FILE: a closed volume with all files, each with its contents
holds_all() {
	like "$1: the copy is closed and clean" "$(udffsck -n "$2" 2>&1)" "clean, $n_files files"
	is "$1: the copy has every file" "$(udf ls "$2" /d | wc -l)" $n_files
	is "$1: the copied files have their contents" \
		"$(udf get "$2" /d/f$n_files /d/f1 "$tmp" && cat "$tmp/f1" "$tmp/f$n_files")" \
		"contents of 1
contents of $n_files"
	rm -f "$tmp/f1" "$tmp/f$n_files"
}

# ---- an image ----
fresh
udffuse "$img" "$mnt" && fill "$mnt"
umount.fuse.udffuse "$mnt"
status=$?
cp --sparse=always "$img" "$copy"
is "umount.fuse.udffuse unmounts an image" $status 0
holds_all "an image, unmounted by the helper" "$copy"
ok "an image is not locked after umount.fuse.udffuse" flock -n "$img" true

fresh
udffuse "$img" "$mnt" && fill "$mnt"
exec 7>"$mnt/open"
exits "a mount with an open file is not unmounted" 32 umount.fuse.udffuse "$mnt"
like "the message about a mount with an open file says that it is busy" "$(cat "$err")" "busy"
exec 7>&-
rm "$mnt/open"
mount --bind "$mnt" "$tmp/other"
ok "umount.fuse.udffuse returns when a bind mount keeps the volume" timeout 20 umount.fuse.udffuse "$mnt"
like "the message says that the volume is still mounted elsewhere" "$(cat "$err")" "still mounted elsewhere"
exits "the image is locked while a bind mount keeps the volume" 1 flock -n "$img" true
umount.fuse.udffuse "$tmp/other"
cp --sparse=always "$img" "$copy"
holds_all "an image, when its last mount is gone" "$copy"

udffuse "$img" "$mnt"
if need namespace; then
	unshare -m --propagation private sh -c 'umount.fuse.udffuse "$1"' - "$mnt" 2>"$err"
	like "the message names a mount namespace that keeps the volume" "$(cat "$err")" "mount namespace"
else
	skip "the message names a mount namespace that keeps the volume" "needs namespace"
fi
ok "the volume is readable in the mount namespace that keeps it" test -e "$mnt/d/f1"
exec 7<"$mnt/d/f1"
ok "umount.fuse.udffuse -l returns while a file is open" timeout 20 umount.fuse.udffuse -l "$mnt"
like "the message of -l says when the volume will be closed" "$(cat "$err")" "closed when the last"
is "a file that is open after -l is readable" "$(cat <&7)" "contents of 1"
exec 7<&-
ok "the volume is closed when the last file is closed after -l" timeout 20 flock "$img" true
udffuse "$img" "$mnt"
ok "umount.fuse.udffuse accepts the name of the image" umount.fuse.udffuse "$img"
exits "a directory that is not a mount point is refused" 32 umount.fuse.udffuse "$mnt"
like "the message says that the directory is not mounted" "$(cat "$err")" "not mounted"
exits "a mount of another filesystem is refused" 32 umount.fuse.udffuse /proc
like "the message says that udffuse has not mounted it" "$(cat "$err")" "was not mounted by udffuse"
mkdir "$tmp/odd, dir" && mv "$img" "$tmp/odd, dir/an image.udf"
ln -s "odd, dir" "$tmp/link"
udffuse "$tmp/link/an image.udf" "$tmp/odd, dir" && rm -r "$tmp/odd, dir/d" && fill "$tmp/odd, dir"
(cd "$tmp" && umount.fuse.udffuse "link/")
is "umount.fuse.udffuse accepts spaces, commas and a symbolic link in the names" $? 0
cp --sparse=always "$tmp/odd, dir/an image.udf" "$copy"
holds_all "an image of an odd name" "$copy"

# ---- libmount's table, by which umount(8) finds the helper ----
n_notes() { grep -cF "$(printf %s "$tmp" | sed 's/ /\\040/g')/" /run/mount/utab; }
if [ "$(id -u)" = 0 ] && [ -w /run/mount ]; then
	odd="$tmp/odd, dir"
	udffuse "$odd/an image.udf" "$odd"
	is "root's mount has one entry in libmount's table" "$(n_notes)" 1
	umount "$odd" && flock "$tmp/odd, dir/an image.udf" true
	is "umount(8) leaves no entry in libmount's table" "$(n_notes)" 0
	udffuse "$odd/an image.udf" "$odd"
	umount.fuse.udffuse "$odd"
	is "umount.fuse.udffuse leaves no entry in libmount's table" "$(n_notes)" 0
	udffuse -f "$odd/an image.udf" "$odd" 2>"$tmp/log" &
	wait_until 20 mountpoint -q "$odd" && kill -TERM $!
	wait $!
	is "SIGTERM leaves no entry in libmount's table" "$(n_notes)" 0
	udffuse -f "$odd/an image.udf" "$odd" 2>"$tmp/log" &
	wait_until 20 mountpoint -q "$odd" && kill -KILL $!
	wait $! 2>/dev/null
	wait_until 20 umount -i -n "$odd"	# -n: the table stays as it is
	is "SIGKILL leaves an entry in libmount's table" "$(n_notes)" 1
	udffuse "$odd/an image.udf" "$odd"
	is "the next mount reuses the entry that SIGKILL left in libmount's table" "$(n_notes)" 1
	umount.fuse.udffuse "$odd"
	is "the entry that SIGKILL left is removed by the next unmount" "$(n_notes)" 0
	mount -f -i -c -t fuse.udffuse -o x-udffuse /dev/another "$odd"
	udffuse "$odd/an image.udf" "$odd"
	umount.fuse.udffuse "$odd"
	like "the entry of another device stays in libmount's table" \
		"$(grep -F "$tmp/" /run/mount/utab)" "SRC=/dev/another"
	umount --fake -i -c "$odd"
fi

# ---- where the volume can't be closed: the host's file system is full ----
if [ -n "${own_mounts-}" ]; then
	mkdir "$tmp/full" && mount -t tmpfs -o size=2M tmpfs "$tmp/full"
	on_exit 'umount "$tmp/full"'
	unwritten="the host's file system is full"
	mkudffs -q --new-file --size=64M -b 2048 "$tmp/full/v.udf"
	udffuse -o commit=3600 "$tmp/full/v.udf" "$mnt"
	mkdir "$mnt"/d{1..100} && head -c 2M /dev/zero >"$tmp/full/rest" 2>/dev/null
	exits "$unwritten: umount reports that the volume could not be closed" 32 umount.fuse.udffuse "$mnt"
	like "$unwritten: umount names what to do" "$(cat "$err")" "umount: $mnt: .*latest changes may be lost.*udffsck -n $tmp/full/v.udf"
	exits "$unwritten: the volume is unmounted" 32 umount.fuse.udffuse "$mnt"
	rm "$tmp/full/rest"
	ok "$unwritten: when there is room the volume mounts again" udffuse "$tmp/full/v.udf" "$mnt"
	ok "$unwritten: when there is room the volume is unmounted" umount.fuse.udffuse "$mnt"
	is "$unwritten: when there is room umount reports nothing" "$(cat "$err")" ""
fi

# ---- a medium whose flush takes long (a gate holds the flush); also through umount(8) ----
gate=$tmp/gate
# The preloaded library may come before those of the sanitizers.
export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
open_gate() { rm -f "$gate.open" && mv "$gate" "$gate.open" && timeout 5 sh -c ': >"$1"' - "$gate.open"; }
is_flushing() { [ "$(wc -l <"$gate.log")" -gt "$1" ]; }
has_ended() { ! kill -0 "$1" 2>/dev/null || [[ $(ps -o stat= -p "$1") == Z* ]]; }
cat >"$tmp/unmounts" <<'EOF'
UDFKIT_GATE=$1 LD_PRELOAD=$2/tests/cli/gated_flush.so udffuse -o commit=3600 "$3" "$4"
mkdir "$4/d" && for i in $(seq "$5"); do echo "contents of $i" >"$4/d/f$i"; done
wc -l <"$1.log" >"$1.before"
mkfifo "$1"
shift 5
"$@"
EOF
# waits_for_medium NAME UMOUNT...: the program that runs UMOUNT does not end before the medium has flushed
waits_for_medium() {
	local name=$1 pid
	fresh
	: >"$gate.log"
	"${inside[@]}" bash "$tmp/unmounts" "$gate" "$top_builddir" "$img" "$mnt" $n_files "${@:2}" 2>"$err" &
	pid=$!
	wait_until 60 test -p "$gate"
	ok "$name: unmounting flushes the medium" wait_until 20 is_flushing "$(cat "$gate.before")"
	exits "$name: unmounting waits for the flush" 1 wait_until 1 has_ended $pid
	open_gate
	wait $pid
	is "$name: unmounting succeeds after the flush" $? 0
	cp --sparse=always "$img" "$copy"
	holds_all "$name" "$copy"
}
inside=()
waits_for_medium "the helper" umount.fuse.udffuse "$mnt"
mkdir "$tmp/over" && on_exit 'umount "$tmp/over" || umount -l "$tmp/over"'
img=$tmp/over/v.udf mnt=$tmp/over waits_for_medium "the helper, where the mount hides its image" \
	umount.fuse.udffuse "$tmp/over"
inside=(bash "$top_srcdir/tests/cli/with-helpers" "$top_builddir/udffuse" "$tmp/helpers")
if need namespace; then
	waits_for_medium "umount(8) with an absolute path" umount "$mnt"
	rm -rf "$tmp/helpers"
	waits_for_medium "umount(8) with a relative path" sh -c 'cd "$1" && umount mnt' - "$tmp"
	rm -rf "$tmp/helpers"
else
	skip "umount(8) waits for the medium" "needs namespace"
fi

# ---- mounting an image that is being closed waits ----
fresh
: >"$gate.log"
UDFKIT_GATE=$gate LD_PRELOAD=$top_builddir/tests/cli/gated_flush.so udffuse -o commit=3600 "$img" "$mnt"
echo text >"$mnt/file" && before=$(wc -l <"$gate.log") && mkfifo "$gate" && umount -i "$mnt"
wait_until 20 is_flushing "$before"
timeout 60 udffuse "$img" "$mnt" 2>"$tmp/says" &
pid=$!
ok "mounting an image that is being closed says that it waits" \
	wait_until 30 grep -q "waiting until that is done" "$tmp/says"
exits "mounting an image that is being closed waits" 1 has_ended $pid
open_gate
wait $pid
is "mounting succeeds when the image is closed" "$? $(cat "$mnt/file")" "0 text"
umount.fuse.udffuse "$mnt"
for i in $(seq 20); do udffuse "$img" "$mnt" && echo "$i" >"$mnt/file" && umount -i "$mnt" || break; done 2>"$err"
is "an image can be unmounted and mounted again 20 times without a wait in umount" "$i $(cat "$err")" "20 "
flock "$img" true

# ---- committed before it is unmounted ----
fresh
udffuse "$img" "$mnt" && echo rests >"$mnt/file"
has_it() { cp --sparse=always "$img" "$copy" && udf cat "$copy" /file | grep -q rests; }
ok "a change is committed within 10 s while the volume is mounted" wait_until 10 has_it
umount.fuse.udffuse "$mnt"
udffuse -o commit=3600 "$img" "$mnt" && echo waits >"$mnt/late"
cp --sparse=always "$img" "$copy"
exits "commit=3600 does not commit a change at once" 1 udf cat "$copy" /late
umount.fuse.udffuse "$mnt"

# ---- a block device ----
require /dev/loop-control
for sector_bytes in 512 4096; do
	rm -f "$img" && mkudffs -q --new-file --size=64M -b 4096 "$img"
	for _ in 1 2 3 4 5; do loop=$(losetup -b $sector_bytes -f --show "$img" 2>"$err") && break; done
	[ -n "$loop" ] && on_exit "losetup -d $loop" || fail "a loop device can be bound" "$(cat "$err")"
	what="a device with sectors of $sector_bytes"
	ok "$what is mounted" udffuse "$loop" "$mnt"
	is "$what: the kernel shows it as fuseblk.udffuse" \
		"$(findmnt -no FSTYPE,SOURCE "$mnt" | tr -s ' ')" "fuseblk.udffuse $loop"
	fill "$mnt"
	exits "$what: mkudffs is refused while it is mounted" 1 mkudffs -q "$loop"
	unmount "$mnt"
	cp --sparse=always "$loop" "$copy"
	holds_all "$what, unmounted by umount(8) alone" "$copy"
	udffuse "$loop" "$mnt" && rm -r "$mnt/d" && fill "$mnt"
	umount.fuse.udffuse "$mnt"
	cp --sparse=always "$loop" "$copy"
	holds_all "$what, unmounted by the helper" "$copy"
	udffuse -o ro "$loop" "$mnt" && udffuse -o ro "$loop" "$tmp/other"
	is "$what: two read-only mounts can read it at the same time" \
		"$(cat "$mnt/d/f7" "$tmp/other/d/f7")" "contents of 7
contents of 7"
	umount.fuse.udffuse "$mnt" && umount.fuse.udffuse "$tmp/other"
	again_and_again() { for i in $(seq 20); do udffuse "$loop" "$mnt" && echo "$i" >"$mnt/$i" && umount "$mnt" || return; done; }
	ok "$what: it can be unmounted and mounted again 20 times" again_and_again
	udffuse "$loop" "$mnt" && is "$what: files of 20 mounts are kept" \
		"$(cat "$mnt/1" "$mnt/20" | paste -sd ' ')" "1 20"
	rm -f "$mnt"/[0-9]* && umount "$mnt"
	udffuse -f "$loop" "$mnt" 2>"$tmp/log" &
	daemon=$!
	wait_until 20 mountpoint -q "$mnt" && rm -r "$mnt/d" && fill "$mnt"
	kill -TERM $daemon
	wait $daemon
	is "$what: SIGTERM ends udffuse with status 0" $? 0
	cp --sparse=always "$loop" "$copy"
	holds_all "$what, after SIGTERM" "$copy"
	losetup -d "$loop"
done
plan
