#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# isowrite masters directories and burns them at once, adds sessions, and leaves a disc alone where it can't be done.
# FILE of a simulated disc holds the user data, so other programs read it as it is.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
for need in "command isoinfo" "command xorriso" "command jq" "command 7z"; do require "$need"; done
[ -x "$top_builddir/isowrite/isowrite" ] || require "command isowrite"
cd "$tmp" || exit

mkdir -p tree/sub more third
head -c 300000 /dev/urandom >tree/random
echo hi >tree/sub/hi && ln -s hi tree/sub/link
echo later >more/later.txt && echo changed >third/hi
disc() { rm -f "$1.disc"* && mmcsim create --media="$1" "$1.disc" && dev=sim:$1.disc data=$1.disc; }
state() { isowrite dev="$dev" -minfo | sed -n 's/^disk status: *//p'; }
last_session() { local a; a=$(isowrite dev="$dev" -msinfo) && echo "${a%,*}"; }
# the sum of FILE in the session at BLOCK, as xorriso reads it
sum_at() {
	rm -f got
	xorriso -osirrox on -load sbsector "$1" -indev "$data" -extract "$2" got >/dev/null 2>&1
	cksum <got
}
list_at() { isoinfo -R -f -T "$1" -i "$data"; }

for media in cd-r dvd-r dvd+r bd-r; do
	disc $media
	ok "$media: a directory is burned and read back" isowrite -R -J -V Photos dev="$dev" -multi --verify tree
	like "$media: the size is reported before burning" "$(cat "$err")" \
		": [0-9]+ blocks \(.*\) from block 0 on: 2 files, 1 directory"
	like "$media: the result is reported after burning" "$(cat "$err")" \
		"from block 0 on, read back and the same; the .* is appendable$"
	is "$media: 7z reads the file" "$(7z x -so "$data" random | cksum)" "$(cksum <tree/random)"
	like "$media: -V is the volume id" "$(isoinfo -d -i "$data")" "^Volume id: Photos$"
	ok "$media: --append adds a session" isowrite --append -R -J dev="$dev" -multi more
	second=$(last_session)
	is "$media: the second session has the files of both" "$(list_at "$second" | sort | xargs)" \
		"/later.txt /random /sub /sub/hi /sub/link"
	isowrite --append -R -J --json --verify -graft-points dev="$dev" sub=third >json 2>"$err"
	is "$media: --json reports the third session, which closes the disc" \
		"$(jq -c '[.state, .sessions, .kept_files, (.written_tracks[0] | .ok, .verified)]' json)" \
		'["complete",3,0,true,true]'
	start=$(jq '.written_tracks[0].start' json)
	is "$media: the third session begins where the drive has its last track" "$start" \
		"$(isowrite dev="$dev" -toc | sed -n 's/^track: *3 lba: *\([0-9]*\) .*/\1/p')"
	is "$media: the third session has the files of all three" "$(list_at "$start" | sort | xargs)" \
		"/later.txt /random /sub /sub/hi /sub/link"
	is "$media: the label stays in the third session" "$(isoinfo -d -T "$start" -i "$data" | grep -c '^Volume id: Photos$')" 1
	is "$media: the third session reads a file of the first one" "$(sum_at "$start" /random)" "$(cksum <tree/random)"
	is "$media: the third session has the new contents of a changed file" "$(sum_at "$start" /sub/hi)" "$(cksum <third/hi)"
done

# ---- nothing has changed ----
disc cd-r
mkdir still && cp -a tree/sub more/later.txt still/ && mkfifo still/pipe
again() { isowrite --append -R -J -V Still dev="$dev" -multi "$@"; }
again still 2>/dev/null
exits "--append of an unchanged tree succeeds" 0 again still
like "the message says that nothing has changed and nothing is burned" "$(cat "$err")" "nothing has changed since the last session, so nothing is burned"
is "--append of an unchanged tree adds no session" "$(last_session)" 0
is "--json lists no track if nothing has changed" "$(again --json still | jq -c '[.written_tracks, .kept_files, .sessions]')" "[[],2,1]"
ok "--append of a part of the tree that is unchanged adds no session" again -graft-points sub=still/sub
added() { local before; before=$(last_session); again "$@" 2>/dev/null; [ "$(last_session)" -gt "$before" ]; }
ok "-force adds a session anyway" added -force still
chmod 600 still/later.txt
ok "--append burns changed permissions" added still
ln -sfn later.txt still/sub/link && touch -d 2001-01-01 still/sub
ok "--append burns a symbolic link with another target" added still
touch -d 2001-01-02 still/sub
ok "--append burns the changed time of a directory" added still
ok "--append burns another label" added -V Other still
ok "--append burns checksums that the last session does not have" added -V Other --md5 still
ok "--append onto a blank disc succeeds" eval 'disc dvd+r; isowrite --append -R dev="$dev" still'

# ---- boot images ----
disc dvd+r
mkdir boot && head -c 30000 /dev/urandom >boot/loader
ok "a disc that boots is burned" isowrite -R --md5 -b loader -no-emul-boot -boot-info-table dev="$dev" -multi boot
ok "a session is added to a disc that boots" isowrite -R --md5 --append dev="$dev" -multi more
xorriso -load sbsector "$(last_session)" -indev "$data" -report_el_torito cmd >report 2>/dev/null
like "a disc that boots still boots after a session was added" "$(cat report)" "any bin_path='/loader'"
like "checksums agree after a session was added to a disc that boots" "$(isowrite --check "$dev")" \
	"2 of 2 files checked, 0 damaged; the whole image"

# ---- what leaves the disc as it was ----
disc cd-r
cp cd-r.disc.state before
untouched() { is "$1" "$(state), $(stat -c %s "$data")" "blank, 0"; }
ok "-dummy with a directory succeeds" isowrite -R dev="$dev" -dummy tree
untouched "-dummy leaves the disc as it was"
mkdir large && truncate -s 800M large/file
exits "a directory that does not fit is refused" 1 isowrite -R dev="$dev" large
like "the message has the size of the image and the space on the disc" "$(cat "$err")" "large: 409[0-9]{3} blocks don't fit: 359847 are free on the CD-R"
untouched "a directory that does not fit leaves the disc as it was"
exits "a missing directory fails" 1 isowrite -R dev="$dev" tree nothing
untouched "a missing directory leaves the disc as it was"
# files of the kernel that not even root can open, and that are shorter than they say
closed=/sys/bus/cpu/drivers_probe short=/sys/devices/system/cpu/online
if [ -e "$closed" ] && [ -e "$short" ]; then
	exits "a file that can't be read fails" 1 isowrite -R -graft-points dev="$dev" file="$closed" tree
	like "the message names the file that can't be read" "$(cat "$err")" "^isowrite: $closed: Permission denied$"
	untouched "a file that can't be read leaves the disc as it was"
	exits "a file that ends early while it is burned gives status 3" 3 \
		isowrite -R -graft-points dev="$dev" -multi file="$short" tree
	like "the message names the file that ended early" "$(cat "$err")" "^isowrite: $short: became shorter meanwhile"
	like "the message has the state of the disc after a file ended early" "$(cat "$err")" "from block 0 on; the CD-R is appendable$"
	like "the message counts the incomplete files" "$(cat "$err")" "incomplete on the disc: 1$"
	is "other files are whole after a file ended early" "$(sum_at 0 /random)" "$(cksum <tree/random)"
	like "a disc that is not blank needs --append" "$(isowrite -R dev="$dev" more 2>&1)" \
		"the CD-R is not blank; --append adds a session"
else
	skip "files that can't be read" "needs files of the kernel in /sys"
fi
disc cd-rw
isowrite -R dev="$dev" tree 2>/dev/null
exits "a directory that would not fit on the blanked disc is refused" 1 isowrite -R dev="$dev" blank=fast large
is "a directory that would not fit leaves the disc unblanked" "$(state)" complete
truncate -s 900M large.iso
exits "an image that would not fit on the blanked disc is refused" 1 isowrite dev="$dev" blank=fast large.iso
is "an image that would not fit leaves the disc unblanked" "$(state)" complete
exits "a directory with blank=session is bad usage" 2 isowrite -R dev="$dev" blank=session more
is "a directory with blank=session leaves the disc as it was" "$(state)" complete
like "--append to a closed disc is refused" "$(isowrite --append -R dev="$dev" more 2>&1)" \
	"closed; blank=fast blanks it first"
ok "blank=fast blanks the disc before a directory is burned" isowrite -V NEW dev="$dev" blank=fast more
like "the blanked disc has the new tree" "$(isoinfo -d -i "$data")" "^Volume id: NEW$"
ok "a graft point may have the name of a setting" isowrite -R -graft-points dev="$dev" blank=fast fs=256k debug="$PWD/more"
like "a graft point with the name of a setting is a file in the image" "$(isoinfo -R -l -i "$data")" "debug"

# ---- what stops it ----
disc cd-r
mmcsim defect --kind=write "$data" 64
isowrite -R dev="$dev" --json tree >json 2>"$err"
is "a write error ends with status 1" "$?" 1
is "--json reports the write error and the state of the disc" \
	"$(jq -c '[.written_tracks[0].bad_block, .written_tracks[0].ok, .state]' json)" \
	'[64,false,"appendable"]'
like "--json has the message about the write error" "$(jq -r .error json)" "tree: writing stopped at block 64: .*; the CD-R is appendable now"
disc bd-r
truncate -s 20G large/file
isowrite -R dev="$dev" fs=128k large 2>"$err" & job=$!
ok "burning begins before the signal is sent" wait_until 20 [ -s "$data" ]
kill -TERM $job
gone $job 20 || kill -KILL $job
wait $job
is "a signal ends burning soon" "$?" 1
like "the message after a signal has the state of the disc" "$(cat "$err")" \
	"(writing|the source) was cancelled; the BD-R is appendable now"
rm -f "$data"
# a file system that hangs: the writer waits for a file that doesn't come
if need /dev/fuse; then
	mkdir -p hung mnt
	truncate -s 40M hung/file
	mkudffs -q --new-file -d hung hung.udf
	udffuse -f hung.udf mnt 2>/dev/null & fuse=$!
	on_exit "kill -CONT $fuse; umount $tmp/mnt; kill $fuse"
	wait_until 20 [ -e mnt/file ]
	disc bd-r
	# Looking for leaks begins with stopping all threads, and one that waits for such a file can't be stopped.
	without_leaks() { ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 exec "$@"; }
	without_leaks isowrite -R dev="$dev" gracetime=1 fs=128k mnt 2>said & job=$!
	wait_until 20 grep -q "writing begins" said
	kill -STOP $fuse
	ok "data that were read before a file hangs are burned" wait_until 20 [ -s "$data" ]
	kill -TERM $job
	ok "a signal ends burning soon although a file hangs" gone $job 8
	kill -CONT $fuse
	gone $job 20 || kill -KILL $job
	wait $job
	like "the message after a signal has the state of the disc although a file hangs" "$(cat said)" \
		"(writing|reading the source) was cancelled; the BD-R is appendable now"
	disc bd-r
	kill -STOP $fuse
	without_leaks isowrite -R dev="$dev" mnt/file 2>said & job=$!
	# (a program that asks for the drive meanwhile might be in its way)
	waits_for_file() { grep -qs -e request_wait_answer -e fuse_ -e folio_wait -e page_bit /proc/$job/task/*/wchan; }
	ok "isowrite waits for a file that hangs while it looks for files" wait_until 20 waits_for_file
	kill -TERM $job
	ok "a signal ends it soon although a file that it looks for hangs" gone $job 8
	kill -CONT $fuse
	gone $job 20 || kill -KILL $job
	wait $job
	is "the disc is blank after a signal while files were looked for" "$(state)" blank
	is "the message says that nothing was written while files were looked for" "$(cat said)" "isowrite: $dev: interrupted; nothing was written"
	# the file is on the second disc of a set
	kill -CONT $fuse
	mkdir -p first && head -c 40M /dev/zero >first/file
	cat >next.sh <<-END
		mmcsim eject bd-r.disc && mmcsim create --media=bd-r two.disc && mmcsim insert bd-r.disc two.disc
		kill -STOP $fuse
	END
	without_leaks isowrite -R --span=45m --no-md5 --next-disc="sh ./next.sh" -graft-points dev="$dev" \
		a=first/file b=mnt/file 2>said & job=$!
	wait_until 60 grep -q "disc 02 of 02$" said
	ok "isowrite waits for a file of the second disc that hangs" wait_until 20 waits_for_file
	kill -TERM $job
	ok "a signal ends a set soon although a file of the second disc hangs" gone $job 8
	kill -CONT $fuse
	gone $job 20 || kill -KILL $job
	wait $job
	like "the message after a signal says how to continue the set" "$(tail -n 2 said)" "nothing was written.*
isowrite: disc 02 of 02 was not made; the same command with --first-disc=2 --plan=FILE goes on with it, where FILE"
	ok "the hung file system is unmounted" unmount mnt
	wait $fuse
	rm -f "$data"
else
	skip "a signal ends it although a file hangs" "needs /dev/fuse"
fi

# ---- what is refused by name ----
disc cd-r
is "--json reports a missing image as its error" \
	"$(isowrite dev="$dev" --json missing.iso 2>/dev/null | jq -c '[.error, .state, .written_tracks]')" \
	'["missing.iso: No such file or directory","blank",[]]'
for words in "-o x" "-C 0,1 -M x" -print-size --check tsize=3 -isosize "--append blank=fast" "--append -C 5,10" \
	"--append -M x" "--json -toc" \
	-frobnicate; do
	# shellcheck disable=SC2086
	exits "$words with a directory is bad usage" 2 isowrite -R dev="$dev" $words tree
done
disc dvd+rw
ok "-dummy with an unformatted disc succeeds" isowrite -R dev="$dev" -dummy tree
is "-dummy does not format a disc" "$(state)" unformatted
ok "a directory is burned onto an unformatted disc" isowrite -R dev="$dev" --verify tree
like "the message says that the disc is formatted first" "$(cat "$err")" "the DVD.RW is not formatted, so that is done first$"
is "the disc that was formatted first has the files" "$(list_at 0 | sort | xargs)" "/random /sub /sub/hi /sub/link"
disc bd-re
ok "--append formats an unformatted disc" isowrite --append -R dev="$dev" tree
is "the disc that --append formatted has the files" "$(list_at 0 | sort | xargs)" "/random /sub /sub/hi /sub/link"
plan
