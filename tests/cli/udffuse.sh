#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# udffuse: every operation on a mount, what is on the volume afterwards, and how it ends.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require /dev/fuse
require mount
fsop=$top_builddir/tests/cli/fsop
img=$tmp/v.udf mnt=$tmp/mnt log=$tmp/log
mkdir "$mnt"
on_exit 'umount "$mnt" || umount -l "$mnt"; [ -z "${daemon-}" ] || kill "$daemon"'

# With what the daemon said in $log: it stays in the foreground.
start() {	# OPTION...: mount $img on $mnt
	udffuse -f "$@" "$img" "$mnt" 2>"$log" &
	daemon=$!
	wait_until 20 is_mounted || { diag "not mounted: $(cat "$log")"; return 1; }
}
is_mounted() { ! kill -0 "$daemon" 2>/dev/null || mountpoint -q "$mnt"; mountpoint -q "$mnt"; }
ended() {	# waits for the daemon; returns its exit status
	local pid=$daemon
	daemon=
	wait "$pid"
}
stop() { unmount "$mnt" && ended; }
again() { stop && start "$@"; }
make_image() {	# SIZE [OPTION]...
	rm -f "$img"
	mkudffs -q --new-file --size="$1" "${@:2}" "$img"
}
check() {
	ok "$1: udffsck -n finds nothing" udffsck -nv "$img"
	is "$1: no file is created later than it was changed or read" "$(grep -c FILE_CREATION_LATE "$out")" 0
}
sum() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k2); }

# ---- mounting and unmounting ----
ok "mkudffs makes an image" make_image 64M -b 2048
ok "it mounts, and goes to the background" timeout 20 udffuse "$img" "$mnt"
is "the kernel calls it fuse.udffuse, by its image" "$(findmnt -no FSTYPE,SOURCE "$mnt" | tr -s ' ')" \
	"fuse.udffuse $img"
like "root's mount is open to whom the modes allow" "$(findmnt -no OPTIONS "$mnt")" "default_permissions,allow_other"
exits "nobody else mounts it meanwhile" 1 udffuse "$img" "$tmp"
like "and is told why" "$(cat "$err")" "in use|mounted"
ok "it unmounts" unmount "$mnt"
ok "its lock tells when it is closed" timeout 20 flock "$img" true
check "mounted and unmounted"
ok "it mounts in the foreground" start
ok "and ends with the mount" stop

# ---- names ----
start
echo one >"$mnt/a" && mkdir -p "$mnt/d/e/f" && ln -s ../a "$mnt/d/link" && ln "$mnt/a" "$mnt/d/hard"
mkfifo "$mnt/fifo" && mknod "$mnt/null" c 1 3 && mknod "$mnt/disk" b 8 17
ok "a file is there after remounting" again
is "with its contents" "$(cat "$mnt/a")" one
is "a hard link is the same file" "$(stat -c %i,%h "$mnt/d/hard")" "$(stat -c %i "$mnt/a"),2"
is "a symlink has its target" "$(readlink "$mnt/d/link")" ../a
is "a symlink leads to its target" "$(cat "$mnt/d/link")" one
is "a symlink is as long as its target" "$(stat -c %s "$mnt/d/link")" 4
ln -s "$(seq -s / 700)" "$mnt/d/far" && far=$(stat -c %s "$mnt/d/far")
ok "one whose target has blocks of its own is there after remounting" again
is "it is as long, too" "$far $(stat -c %s "$mnt/d/far")" "2691 2691"
is "and has its target" "$(readlink "$mnt/d/far")" "$(seq -s / 700)"
is "a fifo stays one" "$(stat -c %F "$mnt/fifo")" fifo
is "device nodes keep their numbers" "$(stat -c '%F %t,%T' "$mnt/null" "$mnt/disk")" \
	"character special file 1,3
block special file 8,11"
is "directories count their subdirectories" "$(stat -c %h "$mnt/d")" 3
is "'..' has its directory's number" "$(ls -ai "$mnt/d/e" | awk '$2 == ".." { print $1 }')" \
	"$(stat -c %i "$mnt/d")"
exits "an existing name is not made again" 1 mkdir "$mnt/d"
exits "a directory with entries is not removed" 1 rmdir "$mnt/d"
like "but refused as not empty" "$(cat "$err")" "not empty"
ok "a name of 254 bytes is made" touch "$mnt/$(printf 'x%.0s' {1..254})"
# As many characters as the volume has room for: 254 of 8 bits, 127 of 16; those beyond U+FFFF take two.
names=("$(printf 'é%.0s' {1..254})" "$(printf '日%.0s' {1..127})" "x$(printf '𝄞%.0s' {1..63})")
for name in "${names[@]}"; do
	echo "$name" >"$mnt/$name"
	exits "a name with more characters than the volume has room for is refused (${#name} + 1)" 1 touch "$mnt/${name}日"
	like "as too long (${#name} + 1)" "$(cat "$err")" "too long"
done
again
ls "$mnt" >"$tmp/listed"
for name in "${names[@]}"; do
	is "a name of ${#name} characters is kept whole" "$(cat "$mnt/$name")" "$name"
	ok "and listed whole (${#name})" grep -Fxq "$name" "$tmp/listed"
	mv "$mnt/$name" "$mnt/renamed" && mv "$mnt/renamed" "$mnt/$name"
	ok "it can be renamed and removed (${#name})" rm "$mnt/$name"
done
is "the longest plain name is known" "$(stat -f -c %l "$mnt")" 254
# Years 1 to 9999 can be recorded.
mkdir "$mnt/times"
for what in file directory; do
	[ $what = file ] && echo x >"$mnt/times/file" || mkdir "$mnt/times/$what"
	for time in 999999999999:253402300799 -99999999999:-62135596800 253402300799:253402300799; do
		touch -d "@${time%:*}" "$mnt/times/$what"
		is "a time of $what that can't be recorded is shown as it is stored ($time)" \
			"$(stat -c '%X %Y' "$mnt/times/$what")" "${time#*:} ${time#*:}"
	done
	again
	is "and shown so after remounting ($what)" "$(stat -c '%X %Y' "$mnt/times/$what")" "253402300799 253402300799"
done
rm -r "$mnt/times"
exits "a name of 255 bytes is too long" 1 touch "$mnt/$(printf 'x%.0s' {1..255})"
like "and refused as that" "$(cat "$err")" "too long"
mkdir "$mnt/odd"
printf '%s\n' "-n" "  spaces  " "quote's \"and\" \\ back*slash?" "Æther – 日本語 – 𝄞" "$(printf 'tab\there')" \
	"trailing." ".hidden" "a:b;c|d<e>f" "ÿ" "CON" "~" '$HOME' >"$tmp/names"
while IFS= read -r name; do echo "$name" >"$mnt/odd/$name"; done <"$tmp/names"
echo x >"$mnt/odd/new
line"
ok "odd names are there after remounting" again
while IFS= read -r name; do
	[ "$(cat "$mnt/odd/$name" 2>/dev/null)" = "$name" ] || echo "$name"
done <"$tmp/names" >"$tmp/lost"
is "every one of them" "$(cat "$tmp/lost")" ""
is "a name with a newline too" "$(cat "$mnt/odd/new
line")" x
is "and no other" "$(find "$mnt/odd" -type f -printf x)" xxxxxxxxxxxxx
exits "a name that isn't UTF-8 is refused" 1 touch "$mnt/odd/$(printf '\xff\xfe')"
is "a name that isn't there is not found, twice" "$(cat "$mnt/no" "$mnt/no" 2>&1 | grep -c 'No such file')" 2
echo there >"$mnt/no"
is "and is found once it is made" "$(cat "$mnt/no")" there

# ---- rename ----
echo 1 >"$mnt/r1"; echo 2 >"$mnt/r2"; mkdir "$mnt/rd" "$mnt/re" "$mnt/rf"; echo 3 >"$mnt/rf/x"
is "rename without replacing refuses a name that is taken" "$("$fsop" rename noreplace "$mnt/r1" "$mnt/r2")" EEXIST
is "rename without replacing takes a free name" "$("$fsop" rename noreplace "$mnt/r1" "$mnt/r3")" ok
is "two names in one block are exchanged" "$("$fsop" rename exchange "$mnt/r2" "$mnt/r3")" ok
is "and their files with them" "$(cat "$mnt/r2" "$mnt/r3" | tr -d '\n')" 12
is "other ways of renaming are refused" "$("$fsop" rename whiteout "$mnt/r2" "$mnt/r4")" EINVAL
ok "rename replaces a file" mv "$mnt/r2" "$mnt/r3"
is "by the other" "$(cat "$mnt/r3")" 1
ok "rename replaces an empty directory" mv -T "$mnt/rd" "$mnt/re"
exits "rename replaces no other" 1 mv -T "$mnt/re" "$mnt/rf"
ok "a directory moves into another" mv "$mnt/rf" "$mnt/re"
is "with what is in it" "$(cat "$mnt/re/rf/x")" 3
exits "a directory does not move into itself" 1 mv "$mnt/re" "$mnt/re/rf"
is "links of both directories follow" "$(stat -c %h "$mnt/re" "$mnt/re/rf" | paste -sd ' ')" "3 2"
ok "a file moves between directories" mv "$mnt/r3" "$mnt/re/rf/y"
ok "renames hold after remounting" again
is "all of them" "$(cd "$mnt/re" && find . | sort | paste -sd ' ')" ". ./rf ./rf/x ./rf/y"
ok "a tree is removed" rm -r "$mnt/re" "$mnt/odd" "$mnt/d"

# ---- attributes ----
echo x >"$mnt/attr"
chmod 4751 "$mnt/attr" && chown 12:34 "$mnt/attr" && chmod 4751 "$mnt/attr"
touch -a -d '2001-02-03 04:05:06.123456' "$mnt/attr" && touch -m -d '1999-12-31 23:59:59.999999' "$mnt/attr"
touch -d '2001-02-03 04:05:06.123456789' "$mnt/fine"
echo x >"$mnt/made" && fine=$(stat -c '%n %x %y %z' "$mnt/fine" "$mnt/made")
again
is "mode and owner are kept" "$(stat -c '%a %u %g' "$mnt/attr")" "4751 12 34"
is "times are kept, to the microsecond" "$(stat -c '%x %y' "$mnt/attr" | sed 's/000 +0000//g')" \
	"2001-02-03 04:05:06.123456 1999-12-31 23:59:59.999999"
is "a time that is not kept is not shown before" "$fine" "$(stat -c '%n %x %y %z' "$mnt/fine" "$mnt/made")"
mkdir "$mnt/sgid" && chgrp 77 "$mnt/sgid" && chmod 2775 "$mnt/sgid" && mkdir "$mnt/sgid/d" && touch "$mnt/sgid/f"
is "a set-group-id directory hands down its group" "$(stat -c '%a %g' "$mnt/sgid/d" "$mnt/sgid/f" | paste -sd ' ')" \
	"2755 77 644 77"
is "extended attributes are refused" "$("$fsop" xattr "$mnt/attr")" EOPNOTSUPP
chmod 700 "$mnt" && chmod 755 "$mnt"
again
is "so is the root directory's mode" "$(stat -c %a "$mnt")" 755

# ---- data ----
head -c 3000000 /dev/urandom >"$tmp/random"
for size in 0 1 100 1900 2048 2049 4096 65536 2999999 3000000; do
	head -c $size "$tmp/random" >"$mnt/size$size"
done
cp "$tmp/random" "$mnt/patched"
printf patch | dd of="$tmp/random" bs=1 seek=777777 conv=notrunc status=none
printf patch | dd of="$mnt/patched" bs=1 seek=777777 conv=notrunc status=none
cat "$tmp/random" >>"$mnt/patched"
is "a mapping writes" "$("$fsop" mmap "$mnt/mapped" "through a mapping")" ok
again
for size in 0 1 100 1900 2048 2049 4096 65536; do
	head -c $size "$tmp/random" | cmp -s - "$mnt/size$size" || echo $size
done >"$tmp/bad"
is "files of any size are as they were written" "$(cat "$tmp/bad")" ""
ok "a file is overwritten and appended to" cmp <(cat "$tmp/random" "$tmp/random") "$mnt/patched"
is "what a mapping wrote is there" "$(cat "$mnt/mapped")" "through a mapping"
truncate -s 1000 "$mnt/patched" && truncate -s 5000 "$mnt/patched"
ok "a file that shrinks and grows ends in zeros" cmp <(head -c 1000 "$tmp/random"; head -c 4000 /dev/zero) "$mnt/patched"
is "direct reading works" "$(dd if="$mnt/size65536" bs=4096 iflag=direct status=none | sha256sum)" \
	"$(head -c 65536 "$tmp/random" | sha256sum)"
is "an unlinked file stays while it is open" "$("$fsop" unlinked "$mnt/gone" still)" "still, 0 links"

# ---- holes ----
truncate -s 5T "$mnt/sparse"
printf begin | dd of="$mnt/sparse" conv=notrunc status=none
printf end | dd of="$mnt/sparse" bs=1 seek=$((5 * 1024 * 1024 * 1024 * 1024 - 3)) conv=notrunc status=none
again
is "a file of 5 TiB is as large as that" "$(stat -c %s "$mnt/sparse")" $((5 << 40))
ok "it takes no more than its blocks" test "$(stat -c %b "$mnt/sparse")" -lt 64
ok "what lies in the file entry itself is no hole" test "$(stat -c %b "$mnt/size100")" -ge 1
is "its beginning is there" "$(head -c 5 "$mnt/sparse")" begin
is "its end is there" "$(tail -c 3 "$mnt/sparse")" end
is "seeking finds the data behind the hole" "$("$fsop" seek data "$mnt/sparse" 1048576)" \
	$(((5 << 40) - 4096))
is "seeking finds the hole" "$("$fsop" seek hole "$mnt/sparse" 0)" 4096
is "seeking finds the end of a file without holes" "$("$fsop" seek hole "$mnt/size65536" 0)" 65536
is "seeking for data at the end is refused" "$("$fsop" seek data "$mnt/size65536" 65536)" ENXIO
is "seeking finds data that is not written back yet" "$("$fsop" dirty-seek "$mnt/fresh")" $((50 << 20))
ok "a copy of a file with holes is the same" bash -c 'cp --sparse=always "$1/fresh" "$1/copy" && cmp "$1/fresh" "$1/copy"' - "$mnt"
ok "space is allocated ahead" fallocate -l 1M "$mnt/ahead"
is "and counted, with the block of the file entry" "$(stat -c '%s %b' "$mnt/ahead")" \
	"1048576 $((2048 + $(stat -f -c %S "$mnt") / 512))"
ok "beyond the end too" fallocate -n -l 2M "$mnt/ahead"
is "which leaves the size" "$(stat -c %s "$mnt/ahead")" 1048576
ok "it reads as zero" cmp -n 1048576 "$mnt/ahead" /dev/zero
free=$(stat -f -c %f "$mnt")
exits "more than there is can't be allocated" 1 fallocate -l 1G "$mnt/ahead"
like "for want of space" "$(cat "$err")" "No space left"
exits "nor beyond the end" 1 fallocate -n -l 1G "$mnt/ahead"
is "and nothing is taken" "$(stat -f -c %f "$mnt")" "$free"
truncate -s 1048576 "$mnt/ahead"
is "truncating gives back what was allocated beyond the end" "$(($(stat -f -c '(%f - '"$free"') * %S' "$mnt")))" 1048576
cp "$tmp/random" "$mnt/punched"
ok "a hole is punched" fallocate -p -o 4096 -l 1000000 "$mnt/punched"
ok "a range is zeroed" fallocate -z -o 2000000 -l 5000 "$mnt/punched"
again
ok "both read as zero, the rest as before" cmp "$mnt/punched" <(
	head -c 4096 "$tmp/random"; head -c 1000000 /dev/zero
	tail -c +1004097 "$tmp/random" | head -c 995904; head -c 5000 /dev/zero
	tail -c +2005001 "$tmp/random")
ok "the hole gave space back" test "$(stat -c %b "$mnt/punched")" -lt 4500
rm "$mnt/sparse" "$mnt/fresh" "$mnt/copy"
stop
check "all of it"

# ---- many names ----
make_image 64M -b 512
start
mkdir "$mnt/many"
is "5000 files are made in a directory" "$("$fsop" make-many "$mnt/many" 5000)" ok
is "all are listed" "$(ls "$mnt/many" | sort -n | sha256sum)" "$(seq 0 4999 | sha256sum)"
again
is "after remounting too" "$(ls "$mnt/many" | sort -n | sha256sum)" "$(seq 0 4999 | sha256sum)"
is "with whole attributes" "$(ls -l "$mnt/many" | grep -c '^-rw-r--r--')" 5000
ok "half of them is removed" bash -c 'cd "$1" && seq 0 2 4998 | xargs rm' - "$mnt/many"
is "the rest is listed" "$(ls "$mnt/many" | sort -n | sha256sum)" "$(seq 1 2 4999 | sha256sum)"
is "names that are free again are taken" "$(cd "$mnt/many" && seq 0 2 4998 | xargs touch && ls | wc -l)" 5000
ok "the directory is removed with all" rm -r "$mnt/many"
stop
check "5000 files made and removed"
is "nothing is left of them" "$(udffsck -n "$img" | sed -n 's/.*clean, \([^,]*, [^,]*\).*/\1/p')" "0 files, 1 directory"

make_image 4M -b 512
head -c 3850000 /dev/urandom >"$tmp/fill"
start
mkdir "$mnt/many" && "$fsop" make-many "$mnt/many" 2000 >"$tmp/made" && rm -r "$mnt/many"
cp "$tmp/fill" "$mnt/fill"
again
same "blocks of a directory that was made and removed hold what came after it" "$mnt/fill" "$tmp/fill"
stop
check "a directory's blocks under a file"

# ---- how it ends ----
make_image 64M -b 2048
start
mkfifo "$tmp/hold"
"$fsop" hold "$mnt/held" "not closed yet" <"$tmp/hold" >"$tmp/held" &
holder=$!
exec 8>"$tmp/hold"
wait_until 20 grep -q ok "$tmp/held"
cp "$tmp/random" "$mnt/written"
kill -TERM "$daemon"
ok "SIGTERM ends it, though a file is open" ended
ok "the mount is gone" bash -c '! mountpoint -q "$1"' - "$mnt"
exec 8>&-
wait "$holder"
check "after SIGTERM"
start
is "what was written to the open file is there" "$(cat "$mnt/held")" "not closed yet"
same "and the file before it" "$mnt/written" "$tmp/random"
kill -INT "$daemon"
ok "SIGINT ends it" ended
start
kill -HUP "$daemon"
ok "SIGHUP ends it" ended
check "after SIGHUP"

start
cp "$tmp/random" "$mnt/synced" && sync "$mnt/synced"
mkdir "$mnt/dir" && echo name >"$mnt/dir/file" && sync "$mnt/dir/file"
kill -KILL "$daemon"
ended 2>/dev/null
unmount "$mnt"
start
is "after SIGKILL it is mounted read-write at once" "$(touch "$mnt/new" && echo yes)" yes
same "what was synced is there" "$mnt/synced" "$tmp/random"
is "a new file that was synced has its name" "$(cat "$mnt/dir/file")" name
stop
is "after SIGKILL the check finds only what the contract allows" \
	"$(udffsck -n "$img" | grep -E '^[A-Z_]+:' | grep -vE '^(LVID_OPEN|COUNTS_STALE|SPACE_LEAKED|ORPHAN_ICB|FILE_LINK_COUNT_HIGH|DIRECTORY_(LINK_COUNT_STALE|PARENT_STALE|LINKED_TWICE)|OBJECT_SIZE_STALE):')" ""

# ---- full ----
make_image 8M -b 2048
start
echo before >"$mnt/before"
like "a full volume is told at fsync" "$(dd if=/dev/zero of="$mnt/big" bs=1M count=20 conv=fsync 2>&1)" 'No space left'
is "what was there before is unharmed" "$(cat "$mnt/before")" before
rm "$mnt/big" && sync "$mnt"
free=$(($(stat -f -c '%a * %S' "$mnt")))
is "it is told too when only the last pages did not fit" \
	"$(dd if=/dev/zero of="$mnt/big" bs=$((free + 8192)) count=1 conv=fsync 2>&1 | grep -c 'No space left')" 1
exits "no file is made on it" 1 bash -c 'for i in $(seq 2000); do mkdir "$1/d$i" || exit; done' - "$mnt"
like "for the same reason" "$(cat "$err")" "No space left"
rm -r "$mnt"/big "$mnt"/d* 2>/dev/null
sync "$mnt"
ok "what is removed gives its space back" dd if=/dev/zero of="$mnt/again" bs=1M count=6 conv=fsync
stop
check "full and emptied"

# ---- options ----
chown_shown() { stat -c '%u %g %a' "$mnt/before"; }
start -o uid=65534,gid=65533,umask=027
is "uid, gid and umask are shown" "$(chown_shown)" "65534 65533 640"
exits "another owner is refused then" 1 chown 1 "$mnt/before"
ok "the owner that is shown is not" chown 65534:65533 "$mnt/before"
stop
start -o allow_other
chmod 640 "$mnt/before" && chmod 711 "$tmp"
nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
exits "with allow_other modes hold others" 1 nobody cat "$mnt/before"
like "they are told so" "$(cat "$err")" "Permission denied"
chmod 644 "$mnt/before"
ok "what modes let them read, they read" nobody cat "$mnt/before"
exits "they write nothing that is another's" 1 nobody rm "$mnt/before"
stop
start -o default_permissions
like "root's own mount has the check on demand" "$(findmnt -no OPTIONS "$mnt")" default_permissions
stop
start -o noatime,nosuid,nodev,rw,relatime,x-gvfs-hide,cache=4M,commit=1
is "the owner on the volume is the one recorded" "$(chown_shown)" "0 0 644"
like "the kernel's options go to the kernel" "$(findmnt -no OPTIONS "$mnt")" "nosuid,nodev"
touch -a -d '2001-01-01' "$mnt/before"
again -o noatime
cat "$mnt/before" >/dev/null
again
is "noatime keeps access times" "$(stat -c %x "$mnt/before" | cut -c 1-4)" 2001
stop
ok "-o ro mounts read-only" start -o ro
exits "nothing is written then" 1 touch "$mnt/x"
is "files are read" "$(cat "$mnt/before")" before
sha256sum <"$img" >"$tmp/before"
ok "another may read meanwhile" udffsck -n "$img"
stop
ok "and nothing was changed" cmp "$tmp/before" <(sha256sum <"$img")
ln -s "$(ours udffuse)" "$tmp/mount.udffuse"
ok "mount(8) calls it with its options" "$tmp/mount.udffuse" "$img" "$mnt" -o rw,noexec -n
like "and they count" "$(findmnt -no OPTIONS "$mnt")" "^rw.*noexec"
unmount "$mnt" && flock "$img" true
ok "mount -f mounts nothing" "$tmp/mount.udffuse" -f "$img" "$mnt"
ok "really nothing" bash -c '! mountpoint -q "$1"' - "$mnt"

# ---- what is refused, and what is read only ----
exits "--help succeeds" 0 udffuse --help
exits "no mount point is bad usage" 2 udffuse "$img"
exits "an unknown option is bad usage" 2 udffuse --no-such-option "$img" "$mnt"
exits "an unknown mount option is bad usage" 2 udffuse -o no-such-option "$img" "$mnt"
is "and told in one line" "$(head -n 1 "$err")" "udffuse: unknown mount option 'no-such-option'"
exits "uid= takes a number" 2 udffuse -o uid=me "$img" "$mnt"
exits "a missing device is an error" 1 udffuse "$tmp/none" "$mnt"
is "and is named" "$(cat "$err")" "udffuse: $tmp/none: No such file or directory"
exits "a missing mount point is an error" 1 udffuse "$img" "$tmp/none"
no_mount="udffuse: $img: cannot be mounted on"
is "device and mount point are named, and what to do" "$(cat "$err")" \
	"$no_mount $tmp/none: there is no such directory; make it first: mkdir -p $tmp/none"
ln -s none "$tmp/dangling"
exits "a symbolic link to nothing is one too" 1 udffuse "$img" "$tmp/dangling"
like "as what it is" "$(cat "$err")" "^$no_mount $tmp/dangling: it is a symbolic link to something that does not"
exits "a mount point that is a file is an error" 1 udffuse "$img" "$img"
is "as what it is" "$(cat "$err")" "$no_mount $img: it is not a directory; name one"
start
kill -KILL "$daemon"
ended 2>/dev/null
ls "$mnt" >/dev/null 2>&1
exits "a mount point whose server was killed is an error" 1 udffuse "$img" "$mnt"
is "with the way out" "$(cat "$err")" \
	"$no_mount $mnt: a mount whose server has died is there; take that away first: fusermount3 -u $mnt"
ok "which is one" fusermount3 -u "$mnt"
ok "then it is mounted" start
stop
with_null() { unshare -m bash -c 'mount --bind /dev/null /dev/fuse && exec "$@"' - udffuse "$img" "$mnt"; }
if need namespace; then
	exits "a mount that fails is an error" 1 with_null
	is "of which libfuse's reason is a part" "$(cat "$err")" \
		"$no_mount $mnt: mount failed: Invalid argument; the kernel's log (dmesg) may say more"
else
	skip "a mount that fails is an error" "needs namespace"
fi
exits "one that the kernel does not permit" 1 setpriv --bounding-set -sys_admin udffuse "$img" "$mnt"
like "is told as that" "$(tail -n 1 "$err")" "^$no_mount $mnt: fusermount3 refused it, .*--cap-add SYS_ADMIN"
truncate -s 4M "$tmp/empty"
exits "an empty image is not mounted" 1 udffuse "$tmp/empty" "$mnt"
like "it is called empty" "$(cat "$err")" "^udffuse: $tmp/empty: not a UDF volume: it is empty"
mke2fs -q -F -L Other "$tmp/empty" 4M >/dev/null 2>&1
exits "ext2 is not mounted" 1 udffuse "$tmp/empty" "$mnt"
like "it is called that" "$(cat "$err")" "holds ext2 'Other'"
if need "command genisoimage" ; then
	genisoimage -quiet -o "$tmp/iso" "$top_srcdir/doc" 2>/dev/null
	exits "ISO 9660 is not mounted" 1 udffuse "$tmp/iso" "$mnt"
	like "it is called that" "$(cat "$err")" "holds iso9660"
	genisoimage -quiet -udf -o "$tmp/iso" "$top_srcdir/doc" 2>/dev/null
	img=$tmp/iso
	ok "a read-only UDF volume is mounted" start
	like "read-only, and one line says why" "$(cat "$log")" "^udffuse: $tmp/iso: mounted read-only: .+"
	is "one line" "$(wc -l <"$log")" 1
	same "and is read" "$mnt/CRASH.md" "$top_srcdir/doc/CRASH.md"
	stop
	img=$tmp/v.udf
else
	skip "ISO 9660 is called that" "needs command genisoimage"
fi

# ---- left open by another system ----
peer=/usr/sbin/mkudffs
if [ -x $peer ]; then
	rm -f "$tmp/kind" && truncate -s 20M "$tmp/kind" && $peer -m cdr "$tmp/kind" >/dev/null 2>&1
	exits "a kind of volume that is not read is not mounted" 1 udffuse "$tmp/kind" "$mnt"
	is "it is named, in one line" "$(cat "$err")" \
		"udffuse: $tmp/kind: partition map 1 is virtual (VAT), which this version can't read"
	left_open() {	# a volume of udftools that is marked open
		rm -f "$img"
		truncate -s 8M "$img"
		lvid=$($peer -b 2048 "$img" | sed -n 's/.*start=\([0-9]*\),.*type=LVID.*/\1/p')
		"$fsop" open-lvid "$img" "$lvid" 2048
	}
	is "a volume of another writer is marked open" "$(left_open)" ok
	ok "it is mounted" start
	is "read-write, as its space is in order" "$(touch "$mnt/new" && echo yes)" yes
	stop
	ok "the new file is there" udffuse -o ro "$img" "$mnt"
	ok "by its name" test -e "$mnt/new"
	unmount "$mnt" && flock "$img" true
	left_open >/dev/null
	bitmap=$($peer -b 2048 -n "$img" | sed -n 's/.*start=\([0-9]*\),.*type=PSPACE.*/\1/p')
	printf 'broken' | dd of="$img" bs=2048 seek="$bitmap" conv=notrunc status=none
	ok "with its bitmap damaged it is mounted too" start
	like "but read-only, and the check is named" "$(cat "$log")" "^udffuse: $img: mounted read-only: .*udffsck -n $img"
	exits "nothing is written" 1 touch "$mnt/x"
	stop
else
	skip "volumes that another system left open" "needs $peer"
fi

# ---- faults ----
make_image 64M -b 2048
start
head -c 8192 "$tmp/random" >"$mnt/split" && sync "$mnt/split"
cp "$tmp/random" "$mnt/one" && cp "$tmp/random" "$mnt/two"
sync "$mnt/two" && cat "$tmp/random" >>"$mnt/split"
head -c 1048576 "$tmp/random" >"$mnt/disk" && sync "$mnt/disk" && cp "$mnt/disk" "$mnt/sick"
truncate -s 16M "$mnt/sick"
stop
start
size=$(stat -c %s "$img")
truncate -s 4000000 "$img"
exits "a file whose blocks can't be read gives an error" 1 cat "$mnt/two"
like "EIO" "$(cat "$err")" "Input/output error"
cat "$mnt/two" >"$tmp/got" 2>/dev/null
ok "and nothing but what is in it" cmp -n "$(stat -c %s "$tmp/got")" "$tmp/got" "$tmp/random"
exits "one that lies half in front of them too" 1 cat "$mnt/split"
is "it is read that far and no further" "$(cat "$mnt/split" 2>/dev/null | sha256sum)" \
	"$(head -c 8192 "$tmp/random" | sha256sum)"
# A disk without a medium, as it were, and one that only begins with bad sectors.
for disk in disk sick; do
	for command in "udf ls" udfinfo "udffsck -n" "udffuse -f"; do
		$command "$mnt/$disk" $([ "$command" != "udffuse -f" ] || echo "$tmp") >"$out" 2>"$err"
		like "$command: a $disk that can't be read is called that" "$(cat "$err")" \
			"^${command% -*}: $mnt/$disk: cannot be read: (medium|input/output) error; the kernel's log "
	done
done
ok "the file before it is read" cmp -n 2000000 "$mnt/one" "$tmp/random"
truncate -s "$size" "$img"
stop
truncate -s 4000000 "$img"
start -o ro
exits "an image that was cut off before it was mounted" 1 cat "$mnt/two"
like "fails alike" "$(cat "$err")" "Input/output error"
ok "with what is left of it" cmp -n 2000000 "$mnt/one" "$tmp/random"
stop
if need "memory 100"; then
	mkdir "$tmp/small"
	mount -t tmpfs -o size=4M none "$tmp/small"
	on_exit 'umount -l "$tmp/small"'
	img=$tmp/small/v.udf
	make_image 64M -b 2048
	start
	dd if=/dev/zero of="$mnt/fill" bs=1M count=16 status=none conv=fsync 2>/dev/null
	for i in 1 2 3; do mkdir "$mnt/dir$i" 2>/dev/null && sync "$mnt/dir$i" 2>/dev/null; done
	exits "when metadata can't be written the volume turns read-only" 1 mkdir "$mnt/more"
	like "what is tried then is refused as that" "$(cat "$err")" "Read-only file system"
	like "the device, what failed and why are said" "$(cat "$log")" \
		"^udffuse: $img: cannot write .*: no space left where the volume is stored; the volume is read-only from now on"
	is "in one line" "$(wc -l <"$log")" 1
	unmount "$mnt"
	ended && fail "and its end is not a success" || pass "and its end is not a success"
fi
# Names of what can't be read: their ICBs are zero.
img=$tmp/spoilt.udf
make_image 4M -b 2048
mkdir -p "$tmp/spoilt/dir" && echo x >"$tmp/spoilt/file" && echo stays >"$tmp/spoilt/good"
udf put "$img" "$tmp"/spoilt/* /
part=$(udfinfo "$img" | sed -n 's/^start=\([0-9]*\),.*PSPACE$/\1/p')
for path in file dir; do
	dd if=/dev/zero of="$img" bs=2048 seek=$((part + $(udf stat "$img" $path | sed -n 's/^block=//p'))) count=1 \
		conv=notrunc status=none
done
start
exits "a file that can't be read is not there to be opened" 1 cat "$mnt/file"
ok "rm removes its name" rm -f "$mnt/file"
ok "rmdir removes the name of a directory that can't be read" rmdir "$mnt/dir"
is "nothing else is touched" "$(ls -A "$mnt"; cat "$mnt/good")" "good
stays"
again
is "and the names stay removed" "$(ls -A "$mnt")" good
stop
plan
