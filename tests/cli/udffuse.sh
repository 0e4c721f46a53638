#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# udffuse: every operation on a mount, the volume after it, and how udffuse ends.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require /dev/fuse
require mount
fsop=$top_builddir/tests/cli/fsop
img=$tmp/v.udf mnt=$tmp/mnt log=$tmp/log
mkdir "$mnt"
on_exit 'umount "$mnt" || umount -l "$mnt"; [ -z "${daemon-}" ] || kill "$daemon"'

# The daemon stays in the foreground, and its messages go to $log.
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
	ok "$1: udffsck finds no problems" udffsck -nv "$img"
	is "$1: no file is created later than it was changed or read" "$(grep -c FILE_CREATION_LATE "$out")" 0
}
sum() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k2); }

# ---- mounting and unmounting ----
ok "mkudffs makes an image" make_image 64M -b 2048
ok "udffuse mounts an image and goes to the background" timeout 20 udffuse "$img" "$mnt"
is "the kernel shows the mount as fuse.udffuse with the image as its source" \
	"$(findmnt -no FSTYPE,SOURCE "$mnt" | tr -s ' ')" \
	"fuse.udffuse $img"
like "root's mount is open to everyone whom the modes allow" \
	"$(findmnt -no OPTIONS "$mnt")" "default_permissions,allow_other"
exits "a mounted image is not mounted a second time" 1 udffuse "$img" "$tmp"
like "the message says that the image is in use" "$(cat "$err")" "in use|mounted"
ok "umount succeeds" unmount "$mnt"
ok "the image's lock is released when the volume is closed" timeout 20 flock "$img" true
check "mounted and unmounted"
ok "udffuse -f mounts in the foreground" start
ok "udffuse -f ends with status 0 after umount" stop

# ---- names ----
start
echo one >"$mnt/a" && mkdir -p "$mnt/d/e/f" && ln -s ../a "$mnt/d/link" && ln "$mnt/a" "$mnt/d/hard"
mkfifo "$mnt/fifo" && mknod "$mnt/null" c 1 3 && mknod "$mnt/disk" b 8 17
ok "an image with files of every kind is mounted again" again
is "a file keeps its contents after remounting" "$(cat "$mnt/a")" one
is "a hard link is the same file" "$(stat -c %i,%h "$mnt/d/hard")" "$(stat -c %i "$mnt/a"),2"
is "a symlink has its target" "$(readlink "$mnt/d/link")" ../a
is "a symlink leads to its target" "$(cat "$mnt/d/link")" one
is "a symlink is as long as its target" "$(stat -c %s "$mnt/d/link")" 4
ln -s "$(seq -s / 700)" "$mnt/d/far" && far=$(stat -c %s "$mnt/d/far")
ok "a volume with a symlink of 2691 bytes is mounted again" again
is "a symlink of 2691 bytes keeps its size after remounting" "$far $(stat -c %s "$mnt/d/far")" "2691 2691"
is "a symlink of 2691 bytes keeps its target after remounting" "$(readlink "$mnt/d/far")" "$(seq -s / 700)"
is "a fifo stays one" "$(stat -c %F "$mnt/fifo")" fifo
is "device nodes keep their numbers" "$(stat -c '%F %t,%T' "$mnt/null" "$mnt/disk")" \
	"character special file 1,3
block special file 8,11"
is "directories count their subdirectories" "$(stat -c %h "$mnt/d")" 3
is "'..' has the inode number of its directory" "$(ls -ai "$mnt/d/e" | awk '$2 == ".." { print $1 }')" \
	"$(stat -c %i "$mnt/d")"
exits "mkdir refuses a name that exists" 1 mkdir "$mnt/d"
exits "rmdir refuses a directory with entries" 1 rmdir "$mnt/d"
like "the error of rmdir says that the directory is not empty" "$(cat "$err")" "not empty"
ok "a name of 254 bytes can be made" touch "$mnt/$(printf 'x%.0s' {1..254})"
# As many characters as the volume has room for: 254 of 8 bits, 127 of 16; those beyond U+FFFF take two.
names=("$(printf 'é%.0s' {1..254})" "$(printf '日%.0s' {1..127})" "x$(printf '𝄞%.0s' {1..63})")
for name in "${names[@]}"; do
	echo "$name" >"$mnt/$name"
	exits "a name one character longer than the limit is refused (${#name} + 1)" 1 touch "$mnt/${name}日"
	like "the error says that the name is too long (${#name} + 1)" "$(cat "$err")" "too long"
done
again
ls "$mnt" >"$tmp/listed"
for name in "${names[@]}"; do
	is "a name of ${#name} characters is kept whole" "$(cat "$mnt/$name")" "$name"
	ok "a name of ${#name} characters is listed whole" grep -Fxq "$name" "$tmp/listed"
	mv "$mnt/$name" "$mnt/renamed" && mv "$mnt/renamed" "$mnt/$name"
	ok "a name of ${#name} characters can be renamed and removed" rm "$mnt/$name"
done
is "statfs reports 254 as the longest plain name" "$(stat -f -c %l "$mnt")" 254
# Years 1 to 9999 can be recorded.
mkdir "$mnt/times"
for what in file directory; do
	[ $what = file ] && echo x >"$mnt/times/file" || mkdir "$mnt/times/$what"
	for time in 999999999999:253402300799 -99999999999:-62135596800 253402300799:253402300799; do
		touch -d "@${time%:*}" "$mnt/times/$what"
		is "a time of a $what that can't be recorded is clamped at once ($time)" \
			"$(stat -c '%X %Y' "$mnt/times/$what")" "${time#*:} ${time#*:}"
	done
	again
	is "a clamped time of a $what is the same after remounting" \
		"$(stat -c '%X %Y' "$mnt/times/$what")" "253402300799 253402300799"
done
rm -r "$mnt/times"
exits "a name of 255 bytes is refused" 1 touch "$mnt/$(printf 'x%.0s' {1..255})"
like "the error says that a name of 255 bytes is too long" "$(cat "$err")" "too long"
mkdir "$mnt/odd"
printf '%s\n' "-n" "  spaces  " "quote's \"and\" \\ back*slash?" "Æther – 日本語 – 𝄞" "$(printf 'tab\there')" \
	"trailing." ".hidden" "a:b;c|d<e>f" "ÿ" "CON" "~" '$HOME' >"$tmp/names"
while IFS= read -r name; do echo "$name" >"$mnt/odd/$name"; done <"$tmp/names"
echo x >"$mnt/odd/new
line"
ok "a volume with odd names is mounted again" again
while IFS= read -r name; do
	[ "$(cat "$mnt/odd/$name" 2>/dev/null)" = "$name" ] || echo "$name"
done <"$tmp/names" >"$tmp/lost"
is "every odd name keeps its contents" "$(cat "$tmp/lost")" ""
is "a name with a newline keeps its contents" "$(cat "$mnt/odd/new
line")" x
is "there are no other names than the odd ones" "$(find "$mnt/odd" -type f -printf x)" xxxxxxxxxxxxx
exits "a name that isn't UTF-8 is refused" 1 touch "$mnt/odd/$(printf '\xff\xfe')"
is "a missing name is not found, twice" "$(cat "$mnt/no" "$mnt/no" 2>&1 | grep -c 'No such file')" 2
echo there >"$mnt/no"
is "a missing name is found once it is made" "$(cat "$mnt/no")" there

# ---- rename ----
echo 1 >"$mnt/r1"; echo 2 >"$mnt/r2"; mkdir "$mnt/rd" "$mnt/re" "$mnt/rf"; echo 3 >"$mnt/rf/x"
is "RENAME_NOREPLACE refuses a name that exists" "$("$fsop" rename noreplace "$mnt/r1" "$mnt/r2")" EEXIST
is "RENAME_NOREPLACE accepts a new name" "$("$fsop" rename noreplace "$mnt/r1" "$mnt/r3")" ok
is "RENAME_EXCHANGE exchanges two names in one block" "$("$fsop" rename exchange "$mnt/r2" "$mnt/r3")" ok
is "exchanged names have exchanged contents" "$(cat "$mnt/r2" "$mnt/r3" | tr -d '\n')" 12
is "other flags of renameat2 are refused" "$("$fsop" rename whiteout "$mnt/r2" "$mnt/r4")" EINVAL
ok "rename replaces a file" mv "$mnt/r2" "$mnt/r3"
is "a file replaced by rename has the contents of the other" "$(cat "$mnt/r3")" 1
ok "rename replaces an empty directory" mv -T "$mnt/rd" "$mnt/re"
exits "rename does not replace a directory with entries" 1 mv -T "$mnt/re" "$mnt/rf"
ok "a directory moves into another" mv "$mnt/rf" "$mnt/re"
is "a moved directory keeps its contents" "$(cat "$mnt/re/rf/x")" 3
exits "a directory does not move into itself" 1 mv "$mnt/re" "$mnt/re/rf"
is "link counts of both directories follow the move" \
	"$(stat -c %h "$mnt/re" "$mnt/re/rf" | paste -sd ' ')" "3 2"
ok "a file moves between directories" mv "$mnt/r3" "$mnt/re/rf/y"
ok "a volume with renamed files is mounted again" again
is "all renamed files are in their new places after remounting" \
	"$(cd "$mnt/re" && find . | sort | paste -sd ' ')" ". ./rf ./rf/x ./rf/y"
ok "rm -r removes a tree" rm -r "$mnt/re" "$mnt/odd" "$mnt/d"

# ---- attributes ----
echo x >"$mnt/attr"
chmod 4751 "$mnt/attr" && chown 12:34 "$mnt/attr" && chmod 4751 "$mnt/attr"
touch -a -d '2001-02-03 04:05:06.123456' "$mnt/attr" && touch -m -d '1999-12-31 23:59:59.999999' "$mnt/attr"
touch -d '2001-02-03 04:05:06.123456789' "$mnt/fine"
echo x >"$mnt/made" && fine=$(stat -c '%n %x %y %z' "$mnt/fine" "$mnt/made")
again
is "mode and owner are kept" "$(stat -c '%a %u %g' "$mnt/attr")" "4751 12 34"
is "times are kept to the microsecond" "$(stat -c '%x %y' "$mnt/attr" | sed 's/000 +0000//g')" \
	"2001-02-03 04:05:06.123456 1999-12-31 23:59:59.999999"
is "a file shows the same times before and after remounting" \
	"$fine" "$(stat -c '%n %x %y %z' "$mnt/fine" "$mnt/made")"
mkdir "$mnt/sgid" && chgrp 77 "$mnt/sgid" && chmod 2775 "$mnt/sgid" && mkdir "$mnt/sgid/d" && touch "$mnt/sgid/f"
is "a set-group-id directory gives its group to new files" \
	"$(stat -c '%a %g' "$mnt/sgid/d" "$mnt/sgid/f" | paste -sd ' ')" \
	"2755 77 644 77"
is "extended attributes are refused" "$("$fsop" xattr "$mnt/attr")" EOPNOTSUPP
chmod 700 "$mnt" && chmod 755 "$mnt"
again
is "the mode of the root directory is kept" "$(stat -c %a "$mnt")" 755

# ---- data ----
head -c 3000000 /dev/urandom >"$tmp/random"
for size in 0 1 100 1900 2048 2049 4096 65536 2999999 3000000; do
	head -c $size "$tmp/random" >"$mnt/size$size"
done
cp "$tmp/random" "$mnt/patched"
printf patch | dd of="$tmp/random" bs=1 seek=777777 conv=notrunc status=none
printf patch | dd of="$mnt/patched" bs=1 seek=777777 conv=notrunc status=none
cat "$tmp/random" >>"$mnt/patched"
is "a shared mapping writes to a file" "$("$fsop" mmap "$mnt/mapped" "through a mapping")" ok
again
for size in 0 1 100 1900 2048 2049 4096 65536; do
	head -c $size "$tmp/random" | cmp -s - "$mnt/size$size" || echo $size
done >"$tmp/bad"
is "files of ten sizes keep their contents after remounting" "$(cat "$tmp/bad")" ""
ok "a file overwritten in the middle and appended to has the right contents" \
	cmp <(cat "$tmp/random" "$tmp/random") "$mnt/patched"
is "what a mapping wrote is there after remounting" "$(cat "$mnt/mapped")" "through a mapping"
truncate -s 1000 "$mnt/patched" && truncate -s 5000 "$mnt/patched"
ok "a file that was cut and extended ends in zeros" \
	cmp <(head -c 1000 "$tmp/random"; head -c 4000 /dev/zero) "$mnt/patched"
is "O_DIRECT reads return the contents" \
	"$(dd if="$mnt/size65536" bs=4096 iflag=direct status=none | sha256sum)" \
	"$(head -c 65536 "$tmp/random" | sha256sum)"
is "an unlinked file stays while it is open" "$("$fsop" unlinked "$mnt/gone" still)" "still, 0 links"

# ---- holes ----
truncate -s 5T "$mnt/sparse"
printf begin | dd of="$mnt/sparse" conv=notrunc status=none
printf end | dd of="$mnt/sparse" bs=1 seek=$((5 * 1024 * 1024 * 1024 * 1024 - 3)) conv=notrunc status=none
again
is "a file of 5 TiB keeps its size after remounting" "$(stat -c %s "$mnt/sparse")" $((5 << 40))
ok "a sparse file of 5 TiB takes fewer than 64 sectors" test "$(stat -c %b "$mnt/sparse")" -lt 64
ok "a file embedded in its file entry is not shown as a hole" test "$(stat -c %b "$mnt/size100")" -ge 1
is "the beginning of a sparse file of 5 TiB is right" "$(head -c 5 "$mnt/sparse")" begin
is "the end of a sparse file of 5 TiB is right" "$(tail -c 3 "$mnt/sparse")" end
is "SEEK_DATA finds the data after a hole" "$("$fsop" seek data "$mnt/sparse" 1048576)" \
	$(((5 << 40) - 4096))
is "SEEK_HOLE finds the hole" "$("$fsop" seek hole "$mnt/sparse" 0)" 4096
is "SEEK_HOLE finds the end of a file without holes" "$("$fsop" seek hole "$mnt/size65536" 0)" 65536
is "SEEK_DATA at the end of a file is refused" "$("$fsop" seek data "$mnt/size65536" 65536)" ENXIO
is "SEEK_DATA finds data that are not written back yet" "$("$fsop" dirty-seek "$mnt/fresh")" $((50 << 20))
ok "a sparse copy of a file with holes has the same contents" \
	bash -c 'cp --sparse=always "$1/fresh" "$1/copy" && cmp "$1/fresh" "$1/copy"' - "$mnt"
ok "fallocate allocates space" fallocate -l 1M "$mnt/ahead"
is "st_blocks counts preallocated blocks and the block of the file entry" "$(stat -c '%s %b' "$mnt/ahead")" \
	"1048576 $((2048 + $(stat -f -c %S "$mnt") / 512))"
ok "fallocate -n allocates space after the end of a file" fallocate -n -l 2M "$mnt/ahead"
is "fallocate -n leaves the size unchanged" "$(stat -c %s "$mnt/ahead")" 1048576
ok "preallocated space reads as zero" cmp -n 1048576 "$mnt/ahead" /dev/zero
free=$(stat -f -c %f "$mnt")
exits "fallocate of more than the free space fails" 1 fallocate -l 1G "$mnt/ahead"
like "the error of fallocate is 'No space left'" "$(cat "$err")" "No space left"
exits "fallocate -n of more than the free space fails" 1 fallocate -n -l 1G "$mnt/ahead"
is "a failed fallocate takes no blocks" "$(stat -f -c %f "$mnt")" "$free"
truncate -s 1048576 "$mnt/ahead"
is "truncate frees the blocks allocated after the end" \
	"$(($(stat -f -c '(%f - '"$free"') * %S' "$mnt")))" 1048576
cp "$tmp/random" "$mnt/punched"
ok "fallocate -p punches a hole" fallocate -p -o 4096 -l 1000000 "$mnt/punched"
ok "fallocate -z zeroes a range" fallocate -z -o 2000000 -l 5000 "$mnt/punched"
again
ok "a punched hole and a zeroed range read as zero, the remaining bytes are unchanged" cmp "$mnt/punched" <(
	head -c 4096 "$tmp/random"; head -c 1000000 /dev/zero
	tail -c +1004097 "$tmp/random" | head -c 995904; head -c 5000 /dev/zero
	tail -c +2005001 "$tmp/random")
ok "a punched hole frees its blocks" test "$(stat -c %b "$mnt/punched")" -lt 4500
rm "$mnt/sparse" "$mnt/fresh" "$mnt/copy"
stop
check "files, links, times and holes"

# ---- many names ----
make_image 64M -b 512
start
mkdir "$mnt/many"
is "5000 files can be made in one directory" "$("$fsop" make-many "$mnt/many" 5000)" ok
is "all 5000 names are listed" "$(ls "$mnt/many" | sort -n | sha256sum)" "$(seq 0 4999 | sha256sum)"
again
is "all 5000 names are listed after remounting" \
	"$(ls "$mnt/many" | sort -n | sha256sum)" "$(seq 0 4999 | sha256sum)"
is "all 5000 files are listed with their modes" "$(ls -l "$mnt/many" | grep -c '^-rw-r--r--')" 5000
ok "every second of 5000 names is removed" bash -c 'cd "$1" && seq 0 2 4998 | xargs rm' - "$mnt/many"
is "the remaining 2500 names are listed" "$(ls "$mnt/many" | sort -n | sha256sum)" "$(seq 1 2 4999 | sha256sum)"
is "2500 removed names can be made again" "$(cd "$mnt/many" && seq 0 2 4998 | xargs touch && ls | wc -l)" 5000
ok "rm -r removes a directory with 5000 names" rm -r "$mnt/many"
stop
check "5000 files made and removed"
is "no file remains after rm -r" \
	"$(udffsck -n "$img" | sed -n 's/.*clean, \([^,]*, [^,]*\).*/\1/p')" "0 files, 1 directory"

make_image 4M -b 512
head -c 3850000 /dev/urandom >"$tmp/fill"
start
mkdir "$mnt/many" && "$fsop" make-many "$mnt/many" 2000 >"$tmp/made" && rm -r "$mnt/many"
cp "$tmp/fill" "$mnt/fill"
again
same "a file that took the blocks of a removed directory keeps its contents" "$mnt/fill" "$tmp/fill"
stop
check "a file in the blocks of a removed directory"

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
ok "SIGTERM ends udffuse with status 0 though a file is open" ended
ok "the mount is gone after SIGTERM" bash -c '! mountpoint -q "$1"' - "$mnt"
exec 8>&-
wait "$holder"
check "after SIGTERM"
start
is "data written to an open file survive SIGTERM" "$(cat "$mnt/held")" "not closed yet"
same "a file written before SIGTERM keeps its contents" "$mnt/written" "$tmp/random"
kill -INT "$daemon"
ok "SIGINT ends udffuse with status 0" ended
start
kill -HUP "$daemon"
ok "SIGHUP ends udffuse with status 0" ended
check "after SIGHUP"

start
cp "$tmp/random" "$mnt/synced" && sync "$mnt/synced"
mkdir "$mnt/dir" && echo name >"$mnt/dir/file" && sync "$mnt/dir/file"
kill -KILL "$daemon"
ended 2>/dev/null
unmount "$mnt"
start
is "a volume left by SIGKILL is mounted read-write at once" "$(touch "$mnt/new" && echo yes)" yes
same "a synced file survives SIGKILL" "$mnt/synced" "$tmp/random"
is "the name of a synced new file survives SIGKILL" "$(cat "$mnt/dir/file")" name
stop
is "after SIGKILL the check finds only what the contract allows" \
	"$(udffsck -n "$img" | grep -E '^[A-Z_]+:' | grep -vE '^(LVID_OPEN|COUNTS_STALE|SPACE_LEAKED|ORPHAN_ICB|FILE_LINK_COUNT_HIGH|DIRECTORY_(LINK_COUNT_STALE|PARENT_STALE|LINKED_TWICE)|OBJECT_SIZE_STALE):')" ""

# ---- full ----
make_image 8M -b 2048
start
echo before >"$mnt/before"
like "fsync reports a full volume" \
	"$(dd if=/dev/zero of="$mnt/big" bs=1M count=20 conv=fsync 2>&1)" 'No space left'
is "a file from before the volume was full keeps its contents" "$(cat "$mnt/before")" before
rm "$mnt/big" && sync "$mnt"
free=$(($(stat -f -c '%a * %S' "$mnt")))
is "fsync reports a full volume when only the last pages did not fit" \
	"$(dd if=/dev/zero of="$mnt/big" bs=$((free + 8192)) count=1 conv=fsync 2>&1 | grep -c 'No space left')" 1
exits "mkdir on a full volume fails" 1 bash -c 'for i in $(seq 2000); do mkdir "$1/d$i" || exit; done' - "$mnt"
like "the error of mkdir is 'No space left'" "$(cat "$err")" "No space left"
rm -r "$mnt"/big "$mnt"/d* 2>/dev/null
sync "$mnt"
ok "removed files free their space" dd if=/dev/zero of="$mnt/again" bs=1M count=6 conv=fsync
stop
check "a volume that was full and emptied"

# ---- options ----
chown_shown() { stat -c '%u %g %a' "$mnt/before"; }
start -o uid=65534,gid=65533,umask=027
is "uid=, gid= and umask= are shown" "$(chown_shown)" "65534 65533 640"
exits "with uid= chown to another owner is refused" 1 chown 1 "$mnt/before"
ok "with uid= chown to the shown owner succeeds" chown 65534:65533 "$mnt/before"
stop
start -o allow_other
chmod 640 "$mnt/before" && chmod 711 "$tmp"
nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
exits "with allow_other a closed mode keeps another user out" 1 nobody cat "$mnt/before"
like "with allow_other the error is 'Permission denied'" "$(cat "$err")" "Permission denied"
chmod 644 "$mnt/before"
ok "with allow_other another user reads what the modes allow" nobody cat "$mnt/before"
exits "with allow_other another user can't remove root's file" 1 nobody rm "$mnt/before"
stop
start -o default_permissions
like "default_permissions is accepted on root's own mount" "$(findmnt -no OPTIONS "$mnt")" default_permissions
stop
start -o noatime,nosuid,nodev,rw,relatime,x-gvfs-hide,cache=4M,commit=1
is "without uid= the recorded owner is shown" "$(chown_shown)" "0 0 644"
like "nosuid and nodev are passed to the kernel" "$(findmnt -no OPTIONS "$mnt")" "nosuid,nodev"
touch -a -d '2001-01-01' "$mnt/before"
again -o noatime
cat "$mnt/before" >/dev/null
again
is "noatime keeps access times" "$(stat -c %x "$mnt/before" | cut -c 1-4)" 2001
stop
ok "-o ro mounts read-only" start -o ro
exits "touch fails on a read-only mount" 1 touch "$mnt/x"
is "files are readable on a read-only mount" "$(cat "$mnt/before")" before
sha256sum <"$img" >"$tmp/before"
ok "udffsck reads the image while it is mounted read-only" udffsck -n "$img"
stop
ok "a read-only mount does not change the image" cmp "$tmp/before" <(sha256sum <"$img")
ln -s "$(ours udffuse)" "$tmp/mount.udffuse"
ok "mount.udffuse accepts the options of mount(8)" "$tmp/mount.udffuse" "$img" "$mnt" -o rw,noexec -n
like "mount.udffuse applies the options of mount(8)" "$(findmnt -no OPTIONS "$mnt")" "^rw.*noexec"
unmount "$mnt" && flock "$img" true
ok "mount.udffuse -f succeeds" "$tmp/mount.udffuse" -f "$img" "$mnt"
ok "mount.udffuse -f mounts nothing" bash -c '! mountpoint -q "$1"' - "$mnt"

# ---- what is refused, and what is read only ----
exits "--help succeeds" 0 udffuse --help
exits "udffuse without a mount point is bad usage" 2 udffuse "$img"
exits "an unknown option is bad usage" 2 udffuse --no-such-option "$img" "$mnt"
exits "an unknown mount option is bad usage" 2 udffuse -o no-such-option "$img" "$mnt"
is "the message about an unknown mount option is one line" \
	"$(head -n 1 "$err")" "udffuse: unknown mount option 'no-such-option'"
exits "uid= with a name is bad usage" 2 udffuse -o uid=me "$img" "$mnt"
exits "a missing device is an error" 1 udffuse "$tmp/none" "$mnt"
is "the message about a missing device names it" "$(cat "$err")" "udffuse: $tmp/none: cannot open: No such file or directory"
exits "a missing mount point is an error" 1 udffuse "$img" "$tmp/none"
no_mount="udffuse: $img: cannot be mounted on"
is "the message about a missing mount point says to make it" "$(cat "$err")" \
	"$no_mount $tmp/none: there is no such directory; make it first: mkdir -p $tmp/none"
ln -s none "$tmp/dangling"
exits "a mount point that is a dangling symbolic link is an error" 1 udffuse "$img" "$tmp/dangling"
like "the message says that the mount point is a dangling symbolic link" \
	"$(cat "$err")" "^$no_mount $tmp/dangling: it is a symbolic link to something that does not"
exits "a mount point that is a file is an error" 1 udffuse "$img" "$img"
is "the message says that the mount point is not a directory" \
	"$(cat "$err")" "$no_mount $img: it is not a directory; name a directory"
start
kill -KILL "$daemon"
ended 2>/dev/null
ls "$mnt" >/dev/null 2>&1
exits "a mount point whose server was killed is an error" 1 udffuse "$img" "$mnt"
is "the message about a mount whose server died names fusermount3 -u" "$(cat "$err")" \
	"$no_mount $mnt: a mount is there whose server has died; remove that mount first: fusermount3 -u $mnt"
ok "fusermount3 -u removes a mount whose server died" fusermount3 -u "$mnt"
ok "udffuse mounts again after fusermount3 -u" start
stop
with_null() { unshare -m bash -c 'mount --bind /dev/null /dev/fuse && exec "$@"' - udffuse "$img" "$mnt"; }
if need namespace; then
	exits "a mount that the kernel refuses is an error" 1 with_null
	is "the message about a refused mount has the reason of the kernel" "$(cat "$err")" \
		"$no_mount $mnt: mount failed: Invalid argument; the kernel's log (dmesg) may say more"
else
	skip "a mount that the kernel refuses is an error" "needs namespace"
fi
exits "a mount without CAP_SYS_ADMIN is an error" 1 setpriv --bounding-set -sys_admin udffuse "$img" "$mnt"
like "the message about a mount without CAP_SYS_ADMIN names --cap-add SYS_ADMIN" \
	"$(tail -n 1 "$err")" "^$no_mount $mnt: fusermount3 refused it, .*--cap-add SYS_ADMIN"
truncate -s 4M "$tmp/empty"
exits "an empty image is not mounted" 1 udffuse "$tmp/empty" "$mnt"
like "the message says that an empty image is empty" \
	"$(cat "$err")" "^udffuse: $tmp/empty: not a UDF volume: it is empty"
mke2fs -q -F -L Other "$tmp/empty" 4M >/dev/null 2>&1
exits "ext2 is not mounted" 1 udffuse "$tmp/empty" "$mnt"
like "the message names ext2 and its label" "$(cat "$err")" "holds ext2 'Other'"
if need "command genisoimage" ; then
	genisoimage -quiet -o "$tmp/iso" "$top_srcdir/doc" 2>/dev/null
	exits "ISO 9660 is not mounted" 1 udffuse "$tmp/iso" "$mnt"
	like "the message names ISO 9660" "$(cat "$err")" "holds iso9660"
	genisoimage -quiet -udf -o "$tmp/iso" "$top_srcdir/doc" 2>/dev/null
	img=$tmp/iso
	ok "a read-only UDF volume is mounted" start
	like "the log of a read-only mount says why it is read-only" \
		"$(cat "$log")" "^udffuse: $tmp/iso: mounted read-only: .+"
	is "the log of a read-only mount is one line" "$(wc -l <"$log")" 1
	same "a file of a read-only UDF volume has the right contents" \
		"$mnt/CRASH.md" "$top_srcdir/doc/CRASH.md"
	stop
	img=$tmp/v.udf
else
	skip "ISO 9660 is not mounted" "needs command genisoimage"
fi

# ---- left open by another system ----
peer=/usr/sbin/mkudffs
if [ -x $peer ]; then
	rm -f "$tmp/kind" && truncate -s 20M "$tmp/kind" && $peer -m cdr "$tmp/kind" >/dev/null 2>&1
	exits "a volume with a virtual partition is not mounted" 1 udffuse "$tmp/kind" "$mnt"
	is "the message names the virtual partition in one line" "$(cat "$err")" \
		"udffuse: $tmp/kind: partition map 1 is virtual (VAT), which this version can't read"
	left_open() {	# a volume of udftools that is marked open
		rm -f "$img"
		truncate -s 8M "$img"
		lvid=$($peer -b 2048 "$img" | sed -n 's/.*start=\([0-9]*\),.*type=LVID.*/\1/p')
		"$fsop" open-lvid "$img" "$lvid" 2048
	}
	is "a volume of udftools is marked as open" "$(left_open)" ok
	ok "a volume that another system left open is mounted" start
	is "a volume left open with correct space is mounted read-write" "$(touch "$mnt/new" && echo yes)" yes
	stop
	ok "the volume left open is mounted again" udffuse -o ro "$img" "$mnt"
	ok "a new file on a volume left open has its name after remounting" test -e "$mnt/new"
	unmount "$mnt" && flock "$img" true
	left_open >/dev/null
	bitmap=$($peer -b 2048 -n "$img" | sed -n 's/.*start=\([0-9]*\),.*type=PSPACE.*/\1/p')
	printf 'broken' | dd of="$img" bs=2048 seek="$bitmap" conv=notrunc status=none
	ok "a volume left open with a damaged bitmap is mounted" start
	like "the log says that a damaged bitmap makes the mount read-only and names udffsck" \
		"$(cat "$log")" "^udffuse: $img: mounted read-only: .*udffsck -n $img"
	exits "touch fails on a volume left open with a damaged bitmap" 1 touch "$mnt/x"
	stop
else
	skip "a volume that another system left open is mounted" "needs $peer"
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
exits "reading a file in the missing part of an image fails" 1 cat "$mnt/two"
like "the error for a missing part of an image is EIO" "$(cat "$err")" "Input/output error"
cat "$mnt/two" >"$tmp/got" 2>/dev/null
ok "the bytes read before the error are right" cmp -n "$(stat -c %s "$tmp/got")" "$tmp/got" "$tmp/random"
exits "reading a file that is half in the missing part fails" 1 cat "$mnt/split"
is "a file half in the missing part is read up to that part" "$(cat "$mnt/split" 2>/dev/null | sha256sum)" \
	"$(head -c 8192 "$tmp/random" | sha256sum)"
# One image is like a disk without a medium, the other like a disk that begins with bad sectors.
for disk in disk sick; do
	for command in "udf ls" udfinfo "udffsck -n" "udffuse -f"; do
		$command "$mnt/$disk" $([ "$command" != "udffuse -f" ] || echo "$tmp") >"$out" 2>"$err"
		like "$command: the message says that an image on a $disk can't be read" "$(cat "$err")" \
			"^${command% -*}: $mnt/$disk: cannot be read: (medium|input/output) error; the kernel's log "
	done
done
ok "a file before the missing part is readable" cmp -n 2000000 "$mnt/one" "$tmp/random"
truncate -s "$size" "$img"
stop
truncate -s 4000000 "$img"
start -o ro
exits "reading the missing part of a truncated image fails" 1 cat "$mnt/two"
like "the error for the missing part of a truncated image is EIO" "$(cat "$err")" "Input/output error"
ok "a file in the remaining part of a truncated image is readable" cmp -n 2000000 "$mnt/one" "$tmp/random"
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
	exits "mkdir fails when metadata can't be written" 1 mkdir "$mnt/more"
	like "the volume is a read-only file system after metadata could not be written" \
		"$(cat "$err")" "Read-only file system"
	like "the log names the device, what failed and the reason" "$(cat "$log")" \
		"^udffuse: $img: cannot write .*: no space left on the host's filesystem that holds the image; the volume is read-only from now on"
	is "the log about a failed write of metadata is one line" "$(wc -l <"$log")" 1
	unmount "$mnt"
	ended && fail "udffuse ends with an error after metadata could not be written" \
		|| pass "udffuse ends with an error after metadata could not be written"
fi
# Names of objects that cannot be read, because their ICBs are zero.
spoil() {	# PATH...: in $img
	local part path
	part=$(udfinfo "$img" | sed -n 's/^start=\([0-9]*\),.*PSPACE$/\1/p')
	for path in "$@"; do
		dd if=/dev/zero of="$img" bs=2048 seek=$((part + $(udf stat "$img" "$path" | sed -n 's/^block=//p'))) \
			count=1 conv=notrunc status=none
	done
}
img=$tmp/spoilt.udf
make_image 4M -b 2048
mkdir -p "$tmp/spoilt/dir" && echo x >"$tmp/spoilt/file" && echo stays >"$tmp/spoilt/good"
for tree in rm python find busybox; do
	mkdir -p "$tmp/spoilt/$tree/dir/more" "$tmp/spoilt/$tree/whole" && echo x | tee "$tmp/spoilt/$tree/file" \
		>"$tmp/spoilt/$tree/whole/file"
done
udf put "$img" "$tmp"/spoilt/* /
spoil file dir {rm,python,find,busybox}/{dir,file}
start
exits "a file whose file entry can't be read is not opened" 1 cat "$mnt/file"
exits "a copy of a file that can't be read is an error" 1 cp "$mnt/file" "$tmp/copy"
exits "a sparse archive of a file that can't be read is an error" 2 tar -cSf "$tmp/copy.tar" -C "$mnt" file
exits "writing to a file that can't be read is refused before it is cached" 1 \
	dd if=/dev/zero of="$mnt/file" bs=10 count=1 conv=notrunc
exits "truncating a file that can't be read is refused" 1 dd if=/dev/zero of="$mnt/file" bs=10 count=1
exits "a copy of a directory that can't be read is an error" 1 cp -r "$mnt/dir" "$tmp/copy.d"
exits "an archive of a directory that can't be read is an error" 2 tar -cf "$tmp/copy.tar" -C "$mnt" dir
exits "nothing is made in a directory that can't be read" 1 touch "$mnt/dir/new"
ok "rm removes the name of a file that can't be read" rm -f "$mnt/file"
ok "rmdir removes the name of a directory that can't be read" rmdir "$mnt/dir"
ok "rm -rf removes a tree with names in it that can't be read" rm -rf "$mnt/rm"
ok "find -delete removes a tree with names in it that can't be read" find "$mnt/find" -delete
if command -v python3 >/dev/null; then
	ok "Python's rmtree removes a tree with names in it that can't be read" \
		python3 -c 'import shutil, sys; shutil.rmtree(sys.argv[1])' "$mnt/python"
else
	rm -rf "$mnt/python"
fi
if command -v busybox >/dev/null; then
	ok "busybox's rm removes a tree with names in it that can't be read" busybox rm -rf "$mnt/busybox"
else
	rm -rf "$mnt/busybox"
fi
is "removing unreadable files leaves the others unchanged" "$(ls -A "$mnt"; cat "$mnt/good")" "good
stays"
again
is "removed names of unreadable files stay removed after remounting" "$(ls -A "$mnt")" good
stop
plan
