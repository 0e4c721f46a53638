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
	like "$media: the size is said before" "$(cat "$err")" \
		": [0-9]+ blocks \(.*\) from block 0 on: 2 files, 1 directory"
	like "$media: and what became of it" "$(cat "$err")" \
		"from block 0 on, read back and the same; the .* is appendable$"
	is "$media: 7z reads the file" "$(7z x -so "$data" random | cksum)" "$(cksum <tree/random)"
	like "$media: -V is the volume id" "$(isoinfo -d -i "$data")" "^Volume id: Photos$"
	ok "$media: a session is added" isowrite --append -R -J dev="$dev" -multi more
	second=$(last_session)
	is "$media: it has the files of both" "$(list_at "$second" | sort | xargs)" \
		"/later.txt /random /sub /sub/hi /sub/link"
	isowrite --append -R -J --json --verify -graft-points dev="$dev" sub=third >json 2>"$err"
	is "$media: a third one, which closes the disc, is reported in JSON" \
		"$(jq -c '[.state, .sessions, .kept_files, (.written_tracks[0] | .ok, .verified)]' json)" \
		'["complete",3,0,true,true]'
	start=$(jq '.written_tracks[0].start' json)
	is "$media: it begins where the drive has its last track" "$start" \
		"$(isowrite dev="$dev" -toc | sed -n 's/^track: *3 lba: *\([0-9]*\) .*/\1/p')"
	is "$media: it has the files of all three" "$(list_at "$start" | sort | xargs)" \
		"/later.txt /random /sub /sub/hi /sub/link"
	is "$media: the label stays" "$(isoinfo -d -T "$start" -i "$data" | grep -c '^Volume id: Photos$')" 1
	is "$media: an old file reads" "$(sum_at "$start" /random)" "$(cksum <tree/random)"
	is "$media: a changed one is the new one" "$(sum_at "$start" /sub/hi)" "$(cksum <third/hi)"
done

# ---- nothing has changed ----
disc cd-r
mkdir still && cp -a tree/sub more/later.txt still/ && mkfifo still/pipe
again() { isowrite --append -R -J -V Still dev="$dev" -multi "$@"; }
again still 2>/dev/null
exits "nothing is burned where nothing has changed" 0 again still
like "which is said" "$(cat "$err")" "nothing has changed since the last session, so nothing is burned"
is "and there is no further session" "$(last_session)" 0
is "in JSON there is no track then" "$(again --json still | jq -c '[.written_tracks, .kept_files, .sessions]')" "[[],2,1]"
ok "a tree that is there as a part of it is no change" again -graft-points sub=still/sub
added() { local before; before=$(last_session); again "$@" 2>/dev/null; [ "$(last_session)" -gt "$before" ]; }
ok "-force adds a session anyway" added -force still
chmod 600 still/later.txt
ok "other permissions are a change" added still
ln -sfn later.txt still/sub/link && touch -d 2001-01-01 still/sub
ok "so is a link that leads to another place" added still
touch -d 2001-01-02 still/sub
ok "and the time of a directory" added still
ok "and another label" added -V Other still
ok "and checksums that the last session has not" added -V Other --md5 still
ok "a blank disc gets its first session" eval 'disc dvd+r; isowrite --append -R dev="$dev" still'

# ---- boot images ----
disc dvd+r
mkdir boot && head -c 30000 /dev/urandom >boot/loader
ok "a disc that boots" isowrite -R --md5 -b loader -no-emul-boot -boot-info-table dev="$dev" -multi boot
ok "and a further session" isowrite -R --md5 --append dev="$dev" -multi more
xorriso -load sbsector "$(last_session)" -indev "$data" -report_el_torito cmd >report 2>/dev/null
like "still boots" "$(cat report)" "any bin_path='/loader'"
like "all files are as their checksums say" "$(isowrite --check "$dev")" \
	"2 of 2 files checked, 0 damaged; the whole image"

# ---- what leaves the disc as it was ----
disc cd-r
cp cd-r.disc.state before
untouched() { is "$1" "$(state), $(stat -c %s "$data")" "blank, 0"; }
ok "-dummy" isowrite -R dev="$dev" -dummy tree
untouched "-dummy leaves the disc as it was"
mkdir large && truncate -s 800M large/file
exits "what does not fit is refused" 1 isowrite -R dev="$dev" large
like "the message has both sizes" "$(cat "$err")" "large: 409[0-9]{3} blocks don't fit: 359847 are free on the CD-R"
untouched "before the disc is touched"
exits "a directory that is missing" 1 isowrite -R dev="$dev" tree nothing
untouched "is no reason to touch it"
# files of the kernel that not even root can open, and that are shorter than they say
closed=/sys/bus/cpu/drivers_probe short=/sys/devices/system/cpu/online
if [ -e "$closed" ] && [ -e "$short" ]; then
	exits "a file that can't be read" 1 isowrite -R -graft-points dev="$dev" file="$closed" tree
	like "is named" "$(cat "$err")" "^isowrite: $closed: Permission denied$"
	untouched "and nothing is burned"
	exits "a file that ends early while it is burned gives status 3" 3 \
		isowrite -R -graft-points dev="$dev" -multi file="$short" tree
	like "it is named" "$(cat "$err")" "^isowrite: $short: became shorter meanwhile"
	like "and the state of the disc" "$(cat "$err")" "from block 0 on; the CD-R is appendable$"
	like "and how many such files there are" "$(cat "$err")" "incomplete on the disc: 1$"
	is "all others are whole" "$(sum_at 0 /random)" "$(cksum <tree/random)"
	like "a disc that is not blank needs --append" "$(isowrite -R dev="$dev" more 2>&1)" \
		"the CD-R is not blank; --append adds a session"
else
	skip "files that can't be read" "needs files of the kernel in /sys"
fi
disc cd-rw
isowrite -R dev="$dev" tree 2>/dev/null
exits "what would not fit after blanking" 1 isowrite -R dev="$dev" blank=fast large
is "does not blank the disc" "$(state)" complete
truncate -s 900M large.iso
exits "nor does an image that would not fit" 1 isowrite dev="$dev" blank=fast large.iso
is "which is not blanked either" "$(state)" complete
exits "what blanks only a part is refused" 2 isowrite -R dev="$dev" blank=session more
is "before it is done" "$(state)" complete
like "nothing is added to a disc that is closed" "$(isowrite --append -R dev="$dev" more 2>&1)" \
	"closed; blank=fast blanks it first"
ok "blank= and a directory" isowrite -V NEW dev="$dev" blank=fast more
like "the new tree is there" "$(isoinfo -d -i "$data")" "^Volume id: NEW$"
ok "a graft point may have the name of a setting" isowrite -R -graft-points dev="$dev" blank=fast fs=256k debug="$PWD/more"
like "it is no setting then" "$(isoinfo -R -l -i "$data")" "debug"

# ---- what stops it ----
disc cd-r
mmcsim defect --kind=write "$data" 64
isowrite -R dev="$dev" --json tree >json 2>"$err"
is "a block that can't be written" "$?" 1
is "is in the result, with the state of the disc" \
	"$(jq -c '[.written_tracks[0].bad_block, .written_tracks[0].ok, .state]' json)" \
	'[64,false,"appendable"]'
like "and in words" "$(jq -r .error json)" "tree: writing stopped at block 64: .*; the CD-R is appendable now"
disc bd-r
truncate -s 20G large/file
isowrite -R dev="$dev" fs=128k large 2>"$err" & job=$!
ok "writing begins" wait_until 20 [ -s "$data" ]
kill -TERM $job
gone $job 20 || kill -KILL $job
wait $job
is "a signal ends it soon" "$?" 1
like "the message has the state of the disc" "$(cat "$err")" \
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
	ok "what is in memory is burned" wait_until 20 [ -s "$data" ]
	kill -TERM $job
	ok "a signal ends it soon although a file hangs" gone $job 8
	kill -CONT $fuse
	gone $job 20 || kill -KILL $job
	wait $job
	like "and the message has the state of the disc" "$(cat said)" \
		"(writing|reading the source) was cancelled; the BD-R is appendable now"
	disc bd-r
	kill -STOP $fuse
	without_leaks isowrite -R dev="$dev" mnt/file 2>said & job=$!
	# (a program that asks for the drive meanwhile might be in its way)
	waits_for_file() { grep -qs -e request_wait_answer -e fuse_ -e folio_wait -e page_bit /proc/$job/task/*/wchan; }
	ok "it looks for the file" wait_until 20 waits_for_file
	kill -TERM $job
	ok "a signal ends it soon although a file that it looks for hangs" gone $job 8
	kill -CONT $fuse
	gone $job 20 || kill -KILL $job
	wait $job
	is "the disc is blank" "$(state)" blank
	is "that is said" "$(cat said)" "isowrite: $dev: interrupted; nothing was written"
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
	ok "it looks for the file of the second disc" wait_until 20 waits_for_file
	kill -TERM $job
	ok "so it does in the middle of a set" gone $job 8
	kill -CONT $fuse
	gone $job 20 || kill -KILL $job
	wait $job
	like "which says how to go on" "$(tail -n 2 said)" "nothing was written.*
isowrite: disc 02 of 02 was not made; the same command with --first-disc=2 --plan=FILE goes on with it, where FILE"
	ok "the hung file system is unmounted" unmount mnt
	wait $fuse
	rm -f "$data"
else
	skip "a signal ends it although a file hangs" "needs /dev/fuse"
fi

# ---- what is refused by name ----
disc cd-r
is "an image that is missing is the error in JSON" \
	"$(isowrite dev="$dev" --json missing.iso 2>/dev/null | jq -c '[.error, .state, .written_tracks]')" \
	'["missing.iso: No such file or directory","blank",[]]'
for words in "-o x" "-C 0,1 -M x" -print-size --check tsize=3 -isosize "--append blank=fast" "--append -C 5,10" \
	"--append -M x" "--json -toc" \
	-frobnicate; do
	# shellcheck disable=SC2086
	exits "$words with a directory is bad usage" 2 isowrite -R dev="$dev" $words tree
done
disc dvd+rw
ok "in a test no disc is formatted" isowrite -R dev="$dev" -dummy tree
is "it is as it was" "$(state)" unformatted
ok "a disc that has to be formatted is" isowrite -R dev="$dev" --verify tree
like "which is said" "$(cat "$err")" "the DVD.RW is not formatted, so that is done first$"
is "it has the files" "$(list_at 0 | sort | xargs)" "/random /sub /sub/hi /sub/link"
disc bd-re
ok "--append onto such a disc is its first session" isowrite --append -R dev="$dev" tree
is "it has them too" "$(list_at 0 | sort | xargs)" "/random /sub /sub/hi /sub/link"
plan
