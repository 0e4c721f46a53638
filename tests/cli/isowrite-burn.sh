#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# isowrite burns: images, pipes and sessions onto simulated discs of every kind that is written in order.  FILE of a simulated
# disc holds the user data, so other programs read it as it is.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
for need in "command isoinfo" "command jq" /dev/fuse; do require "$need"; done
[ -x "$top_builddir/isowrite/isowrite" ] || require "command isowrite"
cd "$tmp" || exit

mkdir tree more
head -c 1500000 /dev/urandom >tree/random && echo later >more/later.txt
ok "an image is made" isowrite -quiet -R -V FIRST -o a.iso tree
size=$(stat -c %s a.iso)
isowrite -quiet -R -o more.iso more
disc() { rm -f "$1.disc"* && mmcsim create --media="$1" ${2+--quirk="$2"} "$1.disc" && dev=sim:$1.disc; }
state() { isowrite dev="$dev" -minfo | sed -n 's/^disk status: *//p'; }

for media in cd-r dvd-r dvd+r bd-r cd-rw dvd-rw; do
	disc $media
	is "a new $media is blank" "$(state)" blank
	exits "$media: -msinfo of a blank disc fails" 1 isowrite dev="$dev" -msinfo
	ok "$media: an image is burned and read back" isowrite dev="$dev" -multi -pad --verify a.iso
	like "$media: that is said" "$(cat "$err")" "from block 0 on, read back and the same; the .* is appendable$"
	ok "$media: the image is on the disc" cmp -n "$size" a.iso $media.disc
	addresses=$(isowrite dev="$dev" -msinfo)
	like "$media: -msinfo gives both addresses" "$addresses" "^0,[0-9]+$"
	isowrite -quiet -R -V SECOND -C "$addresses" -M $media.disc -o second.iso more 2>"$err"
	ok "$media: a second session comes through a pipe of unknown length, and closes the disc" \
		bash -c "cat second.iso | isowrite dev=$dev -"
	is "$media: nothing can follow" "$(state)" complete
	ok "$media: both sessions are one tree" isoinfo -R -f -N "${addresses#*,}" -i second.iso
	like "$media: it has both files" "$(cat "$out")" "/later.txt"
	is "$media: udfinfo gives the label of the newest session, and both sessions" \
		"$(udfinfo --json "$dev" 2>"$err" |
			jq -r '.iso9660 | .label, (.sessions[] | "\(.number) \(.start) \(.label)")' | paste -sd,)" \
		"SECOND,1 0 FIRST,2 ${addresses#*,} SECOND"
	like "$media: a message names each session" "$(udfinfo "$dev" 2>&1)" \
		"session 2: blocks ${addresses#*,} to [0-9]+, ISO 9660 volume 'SECOND'"
	like "$media: -toc lists two tracks" "$(isowrite dev="$dev" -toc)" \
		"^track: +2 lba: +${addresses#*,} .*control: 4 mode: 1"
	exits "$media: a closed disc is refused" 1 isowrite dev="$dev" a.iso
	like "$media: the message says that it is closed" "$(cat "$err")" "closed"
done

# ---- ways of writing ----
for media in cd-r dvd-r; do
	disc $media
	for how in -tao -dao; do
		ok "$media: a test with $how" isowrite dev="$dev" -dummy $how a.iso
		is "$media: the disc is blank after it" "$(state)" blank
	done
	ok "$media: at once" isowrite dev="$dev" -dao --verify a.iso
	is "$media: it is closed by that" "$(state)" complete
done
disc cd-r
exits "at once needs the size" 1 bash -c "cat a.iso | isowrite dev=$dev -sao -"
ok "tsize= tells it" bash -c "cat a.iso | isowrite dev=$dev -multi -sao tsize=$((size / 2048))s --verify -"
ok "-isosize takes it from the image" isowrite dev="$dev" -isosize -multi a.iso
like "a session of an image for block 0 is warned of" "$(cat "$err")" "made for another place .*isowrite --append dev="
ok "several images are several tracks" isowrite dev="$dev" -multi a.iso a.iso
like "the drive has them" "$(mmcsim show cd-r.disc)" "^track 4: session 3"
disc cd-r
ok "speed and buffer are set" isowrite dev="$dev" speed=8 fs=256k a.iso
disc cd-r && echo x >x
ok "one byte is a track" isowrite dev="$dev" x
is "it is filled up to 300 blocks, and two of run-out follow" \
	"$(isowrite dev="$dev" -toc | sed -n 's/^track:lout lba: *\([0-9]*\) .*/\1/p')" 302

# ---- what goes wrong ----
disc cd-r
exits "a source that dies before its first block fails" 1 bash -c "false | isowrite dev=$dev -"
like "the message says that the disc is as it was" "$(cat "$err")" "the source is empty; the CD-R is as it was"
is "it is" "$(state)" blank
exits "an image that is too large is refused" 1 isowrite dev="$dev" tsize=800m a.iso
like "the message has both sizes" "$(cat "$err")" "409600 blocks don't fit: 359847 are free"
truncate -s 100M large
truncate -s 158531584 packets		# 77408 blocks, the most that a small CD holds in packets of 32
disc cd-r-8cm
exits "several images that don't fit together are refused before the first one is written" 1 isowrite dev="$dev" large large
like "with what all of them take" "$(cat "$err")" "nothing can be written: 102552 blocks don't fit: 94348 are free"
exits "padding that does not fit is refused, whatever the size of the source" 1 isowrite dev="$dev" padsize=300m /dev/null
like "with its size" "$(cat "$err")" "153600 blocks don't fit: 94348 are free on the CD-R\."
exits "so is what does not fit with the links between packets" 1 isowrite dev="$dev" pktsize=32 tsize=77409s packets
like "the message has the room in packets" "$(cat "$err")" "77409 blocks don't fit: 77408 are free on the CD-R in packets of 32"
is "nothing of all that was written" "$(state)" blank
ok "one block less fits" isowrite dev="$dev" pktsize=32 -multi packets
exits "a disc that is full takes nothing more" 1 isowrite dev="$dev" a.iso
like "which is said" "$(cat "$err")" "nothing can be written|don't fit|It is full"
exits "-isosize of a pipe is refused" 1 bash -c "cat a.iso | isowrite dev=$dev -isosize -"
like "with the reason" "$(cat "$err")" "standard input: -isosize is for files and drives.*tsize="
for media in dvd+rw dvd-ram; do
	disc $media
	isowrite dev="$dev" a.iso 2>/dev/null
	ok "$media: -fix has nothing to do" isowrite dev="$dev" -fix
	like "$media: which is said" "$(cat "$err")" "no sessions that could be closed; nothing is to be done"
	exits "$media: there are no addresses for a session" 1 isowrite dev="$dev" -msinfo
	like "$media: the message names --append" "$(cat "$err")" "written in place; 'isowrite --append' adds files"
done
disc cd-r
mmcsim defect --kind=write cd-r.disc 320
exits "a block that can't be written is an error" 1 isowrite dev="$dev" a.iso
like "the message names the block, the reason and the state" "$(cat "$err")" \
	"writing stopped at block 320: .*write error.*; the CD-R is appendable now"
exits "then nothing was closed" 1 isowrite dev="$dev" -toc
ok "--finalize closes it" isowrite dev="$dev" --finalize
is "it is closed" "$(state)" complete
# what a run that the user stops leaves, and that --finalize closes it
stopped() {	# MEDIA WORD...: $err is what was said.  The source sends the signal once 2 MiB have been taken from it.
	disc "$1"
	{
		head -c 2M /dev/zero
		read -r pid <pid
		kill -INT "$pid"
		gone "$pid" 10
	} 2>/dev/null | bash -c 'echo $$ >pid; exec "$@"' - isowrite dev="$dev" fs=256k "${@:2}" - 2>"$err"
}
stopped dvd-r
like "a run that was stopped names the command that closes the track" "$(cat "$err")" \
	"the DVD-R is appendable now\\.  Its last track is open; isowrite --finalize closes it"
stopped dvd-r -dao tsize=20m
like "so it does for a track at once, which an empty one follows" "$(cat "$err")" "isowrite --finalize closes it"
ok "--finalize closes the reserved track first" isowrite dev="$dev" --finalize
is "then the disc is closed" "$(state)" complete
stopped cd-r -sao tsize=20m
like "a session at once on CD may be lost" "$(cat "$err")" "A session at once can't be continued"
is "-V alone prints no command that the drive accepted" \
	"$(isowrite dev="$dev" -V -minfo 2>&1 | grep -c "TEST UNIT READY")" 0
like "-v and -V together print all commands" "$(isowrite dev="$dev" -v -V -minfo 2>&1)" "TEST UNIT READY"
exits "a CD-RW that has packets is refused by name" 1 \
	bash -c "mmcsim create --media=cd-rw rw.disc; cdrwtool -d sim:rw.disc --format; isowrite dev=sim:rw.disc a.iso"
like "the message says what to do" "$(cat "$err")" "CD-RW is not written in order.*blank=fast"

# ---- the rest of the old command lines ----

disc cd-r
for words in "-inq:^Vendor_info +: 'UDFKIT  '" "-scanbus:'UDFKIT  ' 'SIMULATED DRIVE ' '.*' Removable CD-ROM" \
	"-checkdrive:^Supported modes: TAO PACKET SAO" "-prcap:^  Does support Buffer-Underrun-Free recording"; do
	like "${words%%:*} has the known form" "$(isowrite dev="$dev" "${words%%:*}")" "${words#*:}"
done
ok "-packet writes in packets, and -noclose leaves the track open" isowrite dev="$dev" -packet -noclose a.iso
like "it is a track of packets that goes on" "$(mmcsim show cd-r.disc)" "^track 1: session 1, block 0, .*packets, next writable"
ok "-packet goes on in it, and closes it" isowrite dev="$dev" -packet -multi a.iso
like "both are one track, closed" "$(mmcsim show cd-r.disc)" "^track 1: session 1, block 0, .* blocks, packets$"
ok "the first one is on the disc" cmp -n "$size" a.iso cd-r.disc
exits "-noclose is for packets" 2 isowrite dev="$dev" -noclose a.iso
ok "pktsize=32" isowrite dev="$dev" pktsize=32 -multi a.iso
like "its packets have 32 blocks" "$(mmcsim show cd-r.disc)" "^track 2: .* blocks, fixed packets$"
disc cd-r
ok "-nofix leaves the session open" isowrite dev="$dev" -nofix a.iso
exits "so it has no table of contents" 1 isowrite dev="$dev" -toc
ok "-fix -multi closes it" isowrite dev="$dev" -fix -multi
is "another one can follow" "$(state)" appendable
ok "msifile= has what -msinfo prints" isowrite dev="$dev" msifile=msi
like "both addresses" "$(cat msi)" "^0,[1-9][0-9]+$"
isowrite dev="$dev" -nofix a.iso 2>/dev/null
ok "-fix closes the disc" isowrite dev="$dev" -fix
is "nothing can follow" "$(state)" complete
disc cd-r
ok "padsize= of /dev/null is a track of padding" isowrite dev="$dev" padsize=1m -multi /dev/null
like "of 512 blocks" "$(mmcsim show cd-r.disc)" "^track 1: session 1, block 0, 51[24] blocks"
split -b 1m a.iso part.
ok "--concat makes one track of several files" isowrite dev="$dev" --concat -dao part.*
start=$(isowrite dev="$dev" -toc | sed -n 's/^track: *2 lba: *\([0-9]*\) .*/\1/p')
ok "it is the image" cmp -n "$size" a.iso cd-r.disc 0 $((start * 2048))
disc cd-r
ok "padsize= is for the next image, -pad for all that follow" isowrite dev="$dev" padsize=1m a.iso -pad a.iso
like "the first track has its own padding" "$(mmcsim show cd-r.disc)" "^track 1: session 1, block 0, $((size / 2048 + 512)) blocks"
disc cd-r
exits "an image that is too large is refused" 1 isowrite dev="$dev" -dummy tsize=360000s a.iso
exits "with -overburn the drive says so" 1 isowrite dev="$dev" -dummy -overburn tsize=360000s a.iso
unlike "and not the size of the disc" "$(cat "$err")" "don't fit"
ok "speed=0, timeout=, -s, driveropts=burnfree, pregap=150, debug=, kd=, minbuf=, driver= and -d are taken" isowrite dev="$dev" \
	-s -d speed=0 timeout=100 driveropts=burnfree pregap=150 debug=2 kd=1 minbuf=40 driver=mmc_cdr -vV -force -dummy a.iso
for words in burnfree:51 noburnfree:11 noburnfree,burnfree:51; do
	isowrite dev="$dev" driveropts="${words%:*}" -dummy a.iso 2>/dev/null
	is "driveropts=${words%:*} sets that in mode page 05" \
		"$(sed -n 's/^drive.pages .*0532\(..\).*/\1/p' cd-r.disc.state)" "${words#*:}"
done
ok "-reset resets the drive" isowrite dev="$dev" -reset
like "its next answer says so" "$(isowrite dev="$dev" -reset -V -toc 2>&1)" "sense 6/29/00"
unlike "without it there is no such answer" "$(isowrite dev="$dev" -V -toc 2>&1)" "29/00"
unlike "-s shows no commands" "$(cat "$err")" "INQUIRY|READ DISC"
like "without it -vV does" "$(isowrite dev="$dev" -vV -toc 2>&1)" "READ DISC INFORMATION"
ok "gracetime= waits" isowrite dev="$dev" gracetime=1 -dummy a.iso
like "and says so" "$(cat "$err")" "writing begins in 1 second;"
mkfifo later
: >"$err"
{ wait_until 20 grep -q 'waiting for standard input' "$err"; mmcsim eject cd-r.disc; cat a.iso; } >later &
isowrite dev="$dev" -waiti -load - <later 2>"$err"
is "-waiti opens the drive only when its input is there" "$?" 0

# ---- mode 2 ----
disc cd-r
mode() { isowrite dev="$dev" -toc | sed -n "s/^track: *$1 .*mode: *//p"; }
ok "-xa writes in mode 2, form 1" isowrite dev="$dev" -xa -multi --verify a.iso
is "so the table of contents says" "$(mode 1)" 2
ok "the blocks are the image's" cmp -n "$size" a.iso cd-r.disc
ok "what follows on such a disc" isowrite --append -R dev="$dev" -multi more
is "is of the same kind" "$(mode 2)" 2
ok "unless there is -data" isowrite dev="$dev" -data -multi more.iso
is "which is for mode 1" "$(mode 3)" 1
exits "at once it is refused" 1 isowrite dev="$dev" -xa -dao a.iso
like "with what does it" "$(cat "$err")" "Write it as a track"

# ---- what would spoil a disc ----

disc cd-rw
isowrite dev="$dev" a.iso 2>/dev/null
exits "an image that is missing is an error" 1 isowrite dev="$dev" blank=fast missing.iso
is "and the disc was not blanked" "$(state)" complete
disc dvd-rw
isowrite dev="$dev" a.iso 2>/dev/null
for words in "-multi a.iso" "-tao a.iso" "-packet a.iso" "-nofix a.iso" "a.iso a.iso" -; do
	# shellcheck disable=SC2086
	exits "DVD-RW, minimally blanked: $words would be refused" 1 bash -c "cat a.iso | isowrite dev=$dev blank=fast $words"
	like "so it is not blanked; the message says what can be done" "$(cat "$err")" \
		"nothing is blanked: .*DVD-RW .*blank it fully \\(blank=all\\)"
done
exits "nor for a directory" 1 isowrite -R dev="$dev" blank=fast -multi more
is "and the disc is as it was" "$(state)" complete
ok "with its size a pipe is burned at once" bash -c "cat a.iso | isowrite dev=$dev blank=fast tsize=$((size / 2048))s -"
ok "blanked fully, it takes sessions" isowrite dev="$dev" blank=all -multi a.iso
is "so another one can follow" "$(state)" appendable
disc cd-rw
isowrite dev="$dev" a.iso 2>/dev/null
exits "an option of another program is no image" 2 isowrite dev="$dev" blank=fast a.iso defpregap=0
is "and the disc was not blanked" "$(state)" complete
disc dvd-r
exits "-multi can't be had of a DVD that is written at once" 1 isowrite dev="$dev" -multi -dao a.iso
is "and the disc is blank" "$(state)" blank
ok "a session is left open" isowrite dev="$dev" -multi a.iso
ok "-dummy --finalize" isowrite dev="$dev" -dummy --finalize a.iso
is "closes nothing" "$(state)" appendable
disc cd-r
head -c 2000000 /dev/zero | isowrite dev="$dev" tsize=600s - >/dev/null 2>&1
is "more data than tsize= is an error" "$?" 1
exits "--verify of several images is refused" 2 isowrite dev="$dev" -multi --verify a.iso a.iso

# ---- discs that can't be written like a disk ----

disc cd-r
mkdir -p mnt
for words in "mkudffs $dev" "udffuse $dev mnt" "udf put $dev a.iso /"; do
	tool=${words% sim:*}
	$words >/dev/null 2>"$err"
	is "$tool refuses a blank CD-R" "$?" 1
	like "and names the command that burns a directory onto it" "$(cat "$err")" \
		"'isowrite --auto dev=sim:[^ ]*cd-r.disc DIR' burns .*'isowrite dev=sim:[^ ]*cd-r.disc IMAGE'"
done
mkudffs -q --new-file -d tree small.udf
exits "a volume whose blocks no system looks for on a disc is refused" 1 isowrite dev="$dev" small.udf
like "the message says how to make the right one" "$(cat "$err")" "'mkudffs -b 2048 small.udf'"
is "the disc is blank as before" "$(state)" blank
exits "so is one from a pipe" 1 bash -c "mkudffs -q --size=8M -d tree - | isowrite dev=$dev -"
like "the message says how to make the right one, too" "$(cat "$err")" "standard input: the UDF volume .*'mkudffs -b 2048' .*the CD-R is as it was"
is "and the disc is blank" "$(state)" blank
mkudffs -q --new-file --media-type=dvd -d tree volume.udf
ok "an image of UDF is burned" isowrite dev="$dev" volume.udf
udf get "$dev" /random copy && is "and read" "$(cksum <copy)" "$(cksum <tree/random)"
ok "it is mounted, read-only" udffuse "$dev" mnt
is "files are there" "$(cksum <mnt/random)" "$(cksum <tree/random)"
exits "and can't be changed" 1 touch mnt/new
unmount mnt
wait_until 20 isowrite dev="$dev" -minfo	# udffuse has let go of the drive
exits "nothing is added to a disc that is closed" 1 isowrite dev="$dev" a.iso
like "the message says why" "$(cat "$err")" "It is closed and can be written only once; take another one\.$"
disc cd-r
isowrite dev="$dev" a.iso 2>/dev/null
head -c 20M /dev/zero >large.iso
for words in "mkudffs $dev" "udf dd a.iso $dev" "udf dd large.iso $dev" "cdrwtool -d $dev -q"; do
	exits "${words% sim:*} refuses a CD-R that holds something" 1 $words
	like "${words% sim:*} does not ask, and does not advise to force it" "$(cat "$err")" "^[^ ]*( dd)?: $dev: the CD-R can[^;]*(;.*adds a session)?$"
done

# ---- blanking ----
disc cd-rw
isowrite dev="$dev" a.iso 2>/dev/null
ok "blank=fast" isowrite dev="$dev" blank=fast
is "it is blank" "$(state)" blank
exits "blank=help lists what there is" 0 isowrite dev="$dev" blank=help
like "with the old names" "$(cat "$out")" "^  trtail"
like "-atip" "$(isowrite dev="$dev" -atip)" "ATIP start of lead out: 359849"
ok "-eject" isowrite dev="$dev" -eject
like "the tray is open" "$(mmcsim show cd-rw.disc)" "^drive: open"
for word in -audio -raw96r cuefile=x -xa1 -mode2 pktsize=16 driveropts=varirec pregap=0 -xa2 -abort -fixx; do
	exits "$word is refused" 2 isowrite dev="$dev" $word a.iso
	like "$word is refused by name" "$(cat "$err")" "^isowrite: .*${word#*=}"
done
exits "an unknown option is bad usage" 2 isowrite dev="$dev" -frobnicate a.iso
exits "a drive that isn't there" 1 isowrite dev=9,9,9 -toc
plan
