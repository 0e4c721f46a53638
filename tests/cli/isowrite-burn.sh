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
	like "$media: the message says that the image was burned and read back" "$(cat "$err")" "from block 0 on, read back and the same; the .* is appendable$"
	ok "$media: the image is on the disc" cmp -n "$size" a.iso $media.disc
	addresses=$(isowrite dev="$dev" -msinfo)
	like "$media: -msinfo prints both addresses" "$addresses" "^0,[0-9]+$"
	isowrite -quiet -R -V SECOND -C "$addresses" -M $media.disc -o second.iso more 2>"$err"
	ok "$media: a second session comes through a pipe of unknown length, and closes the disc" \
		bash -c "cat second.iso | isowrite dev=$dev -"
	is "$media: a second session without -multi closes the disc" "$(state)" complete
	ok "$media: both sessions are one tree" isoinfo -R -f -N "${addresses#*,}" -i second.iso
	like "$media: the second session has the files of both" "$(cat "$out")" "/later.txt"
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
		ok "$media: -dummy with $how succeeds" isowrite dev="$dev" -dummy $how a.iso
		is "$media: the disc is blank after -dummy with $how" "$(state)" blank
	done
	ok "$media: -dao writes an image at once" isowrite dev="$dev" -dao --verify a.iso
	is "$media: -dao closes the disc" "$(state)" complete
done
disc cd-r
exits "-sao of a pipe of unknown size is refused" 1 bash -c "cat a.iso | isowrite dev=$dev -sao -"
ok "-sao of a pipe with tsize= succeeds" bash -c "cat a.iso | isowrite dev=$dev -multi -sao tsize=$((size / 2048))s --verify -"
ok "-isosize takes the size from the image" isowrite dev="$dev" -isosize -multi a.iso
like "burning an image for block 0 as a further session gives a warning" "$(cat "$err")" "made for another place .*isowrite --append dev="
ok "several images can be burned in one run" isowrite dev="$dev" -multi a.iso a.iso
like "several images become several tracks" "$(mmcsim show cd-r.disc)" "^track 4: session 3"
disc cd-r
ok "speed= and fs= are accepted" isowrite dev="$dev" speed=8 fs=256k a.iso
disc cd-r && echo x >x
ok "an image of one byte can be burned" isowrite dev="$dev" x
is "a track of one byte has 300 blocks and two run-out blocks" \
	"$(isowrite dev="$dev" -toc | sed -n 's/^track:lout lba: *\([0-9]*\) .*/\1/p')" 302

# ---- what goes wrong ----
disc cd-r
exits "a source that dies before its first block fails" 1 bash -c "false | isowrite dev=$dev -"
like "the message says that the disc is as it was" "$(cat "$err")" "the source is empty; the CD-R is as it was"
is "the disc is blank after a source that died" "$(state)" blank
exits "an image that is too large is refused" 1 isowrite dev="$dev" tsize=800m a.iso
like "the message has both sizes" "$(cat "$err")" "409600 blocks don't fit: 359847 are free"
truncate -s 100M large
truncate -s 158531584 packets		# 77408 blocks, the most that a small CD holds in packets of 32
disc cd-r-8cm
exits "several images that don't fit together are refused before the first one is written" 1 isowrite dev="$dev" large large
like "the message has the size of all images together" "$(cat "$err")" "nothing can be written: 102552 blocks don't fit: 94348 are free"
exits "padding that does not fit is refused, whatever the size of the source" 1 isowrite dev="$dev" padsize=300m /dev/null
like "the message has the size of the padding" "$(cat "$err")" "153600 blocks don't fit: 94348 are free on the CD-R\."
exits "an image that does not fit with the links between packets is refused" 1 isowrite dev="$dev" pktsize=32 tsize=77409s packets
like "the message has the space on the disc in packets" "$(cat "$err")" "77409 blocks don't fit: 77408 are free on the CD-R in packets of 32"
is "the disc is blank after images that do not fit" "$(state)" blank
ok "an image with one block less fits in packets" isowrite dev="$dev" pktsize=32 -multi packets
exits "a full disc takes no further image" 1 isowrite dev="$dev" a.iso
like "the message says that the disc is full" "$(cat "$err")" "nothing can be written|don't fit|It is full"
exits "-isosize of a pipe is refused" 1 bash -c "cat a.iso | isowrite dev=$dev -isosize -"
like "the message says why -isosize of a pipe is refused" "$(cat "$err")" "standard input: -isosize is for files and drives.*tsize="
for media in dvd+rw dvd-ram; do
	disc $media
	isowrite dev="$dev" a.iso 2>/dev/null
	ok "$media: -fix succeeds without doing anything" isowrite dev="$dev" -fix
	like "$media: the message says that the disc has no sessions" "$(cat "$err")" "no sessions, so there is nothing to close"
	exits "$media: -msinfo fails" 1 isowrite dev="$dev" -msinfo
	like "$media: the message names --append" "$(cat "$err")" "written in place; 'isowrite --append' adds files"
done
disc cd-r
mmcsim defect --kind=write cd-r.disc 320
exits "a block that can't be written is an error" 1 isowrite dev="$dev" a.iso
like "the message names the block, the reason and the state" "$(cat "$err")" \
	"writing stopped at block 320: .*write error.*; the CD-R is appendable now"
exits "a disc with a write error has no table of contents, since nothing was closed" 1 isowrite dev="$dev" -toc
ok "--finalize closes a disc with a write error" isowrite dev="$dev" --finalize
is "a disc with a write error is complete after --finalize" "$(state)" complete
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
like "a stopped track at once is followed by advice to use --finalize" "$(cat "$err")" "isowrite --finalize closes it"
ok "--finalize closes a stopped track at once" isowrite dev="$dev" --finalize
is "the disc of the stopped track is complete after --finalize" "$(state)" complete
stopped cd-r -sao tsize=20m
like "a stopped session at once on CD is reported as one that can't be continued" "$(cat "$err")" "A session at once can't be continued"
is "-V alone prints no command that the drive accepted" \
	"$(isowrite dev="$dev" -V -minfo 2>&1 | grep -c "TEST UNIT READY")" 0
like "-v and -V together print all commands" "$(isowrite dev="$dev" -v -V -minfo 2>&1)" "TEST UNIT READY"
exits "a CD-RW that has packets is refused by name" 1 \
	bash -c "mmcsim create --media=cd-rw rw.disc; cdrwtool -d sim:rw.disc --format; isowrite dev=sim:rw.disc a.iso"
like "the message says how to use a CD-RW that has packets" "$(cat "$err")" "CD-RW is not written in order.*blank=fast"

# ---- the rest of the old command lines ----

disc cd-r
for words in "-inq:^Vendor_info +: 'UDFKIT  '" "-scanbus:'UDFKIT  ' 'SIMULATED DRIVE ' '.*' Removable CD-ROM" \
	"-checkdrive:^Supported modes: TAO PACKET SAO" "-prcap:^  Does support Buffer-Underrun-Free recording"; do
	like "${words%%:*} has the known form" "$(isowrite dev="$dev" "${words%%:*}")" "${words#*:}"
done
ok "-packet writes in packets, and -noclose leaves the track open" isowrite dev="$dev" -packet -noclose a.iso
like "the track that -noclose left open is a track of packets" "$(mmcsim show cd-r.disc)" "^track 1: session 1, block 0, .*packets, next writable"
ok "-packet continues an open track and closes it" isowrite dev="$dev" -packet -multi a.iso
like "the track that -packet continued is closed" "$(mmcsim show cd-r.disc)" "^track 1: session 1, block 0, .* blocks, packets$"
ok "the first image is in the track that was continued" cmp -n "$size" a.iso cd-r.disc
exits "-noclose without -packet is bad usage" 2 isowrite dev="$dev" -noclose a.iso
ok "pktsize=32 writes a track" isowrite dev="$dev" pktsize=32 -multi a.iso
like "pktsize=32 writes fixed packets" "$(mmcsim show cd-r.disc)" "^track 2: .* blocks, fixed packets$"
disc cd-r
ok "-nofix leaves the session open" isowrite dev="$dev" -nofix a.iso
exits "a disc with an open session has no table of contents" 1 isowrite dev="$dev" -toc
ok "-fix -multi closes the session" isowrite dev="$dev" -fix -multi
is "another session can follow after -fix -multi" "$(state)" appendable
ok "msifile= succeeds" isowrite dev="$dev" msifile=msi
like "msifile= writes both addresses to the file" "$(cat msi)" "^0,[1-9][0-9]+$"
isowrite dev="$dev" -nofix a.iso 2>/dev/null
ok "-fix closes the disc" isowrite dev="$dev" -fix
is "nothing can follow after -fix" "$(state)" complete
disc cd-r
ok "padsize= of /dev/null is a track of padding" isowrite dev="$dev" padsize=1m -multi /dev/null
like "the track of padding has 512 blocks" "$(mmcsim show cd-r.disc)" "^track 1: session 1, block 0, 51[24] blocks"
split -b 1m a.iso part.
ok "--concat makes one track of several files" isowrite dev="$dev" --concat -dao part.*
start=$(isowrite dev="$dev" -toc | sed -n 's/^track: *2 lba: *\([0-9]*\) .*/\1/p')
ok "--concat writes the joined image" cmp -n "$size" a.iso cd-r.disc 0 $((start * 2048))
disc cd-r
ok "padsize= before an image and -pad after it are accepted" isowrite dev="$dev" padsize=1m a.iso -pad a.iso
like "padsize= applies to the next image" "$(mmcsim show cd-r.disc)" "^track 1: session 1, block 0, $((size / 2048 + 512)) blocks"
disc cd-r
exits "an image that is too large is refused" 1 isowrite dev="$dev" -dummy tsize=360000s a.iso
exits "-overburn leaves it to the drive to report a full disc" 1 isowrite dev="$dev" -dummy -overburn tsize=360000s a.iso
unlike "-overburn does not compare the size with that of the disc" "$(cat "$err")" "don't fit"
ok "speed=0, timeout=, -s, driveropts=burnfree, pregap=150, debug=, kd=, minbuf=, driver= and -d are taken" isowrite dev="$dev" \
	-s -d speed=0 timeout=100 driveropts=burnfree pregap=150 debug=2 kd=1 minbuf=40 driver=mmc_cdr -vV -force -dummy a.iso
for words in burnfree:51 noburnfree:11 noburnfree,burnfree:51; do
	isowrite dev="$dev" driveropts="${words%:*}" -dummy a.iso 2>/dev/null
	is "driveropts=${words%:*} sets that in mode page 05" \
		"$(sed -n 's/^drive.pages .*0532\(..\).*/\1/p' cd-r.disc.state)" "${words#*:}"
done
ok "-reset resets the drive" isowrite dev="$dev" -reset
like "the drive answers that it was reset after -reset" "$(isowrite dev="$dev" -reset -V -toc 2>&1)" "sense 6/29/00"
unlike "the drive does not answer that it was reset without -reset" "$(isowrite dev="$dev" -V -toc 2>&1)" "29/00"
unlike "-s shows no commands" "$(cat "$err")" "INQUIRY|READ DISC"
like "-vV shows the commands of -toc" "$(isowrite dev="$dev" -vV -toc 2>&1)" "READ DISC INFORMATION"
ok "gracetime= succeeds" isowrite dev="$dev" gracetime=1 -dummy a.iso
like "gracetime= says when writing begins" "$(cat "$err")" "writing begins in 1 second;"
mkfifo later
: >"$err"
{ wait_until 20 grep -q 'waiting for standard input' "$err"; mmcsim eject cd-r.disc; cat a.iso; } >later &
isowrite dev="$dev" -waiti -load - <later 2>"$err"
is "-waiti opens the drive only when its input is there" "$?" 0

# ---- mode 2 ----
disc cd-r
mode() { isowrite dev="$dev" -toc | sed -n "s/^track: *$1 .*mode: *//p"; }
ok "-xa writes an image" isowrite dev="$dev" -xa -multi --verify a.iso
is "-xa makes a track of mode 2" "$(mode 1)" 2
ok "-xa writes the blocks of the image" cmp -n "$size" a.iso cd-r.disc
ok "--append to a disc of mode 2 succeeds" isowrite --append -R dev="$dev" -multi more
is "--append to a disc of mode 2 makes a track of mode 2" "$(mode 2)" 2
ok "-data on a disc of mode 2 succeeds" isowrite dev="$dev" -data -multi more.iso
is "-data makes a track of mode 1" "$(mode 3)" 1
exits "-xa together with -dao is refused" 1 isowrite dev="$dev" -xa -dao a.iso
like "the message says how -xa can be written" "$(cat "$err")" "Write it as a track"

# ---- what would spoil a disc ----

disc cd-rw
isowrite dev="$dev" a.iso 2>/dev/null
exits "a missing image with blank= fails" 1 isowrite dev="$dev" blank=fast missing.iso
is "a missing image with blank= leaves the disc unblanked" "$(state)" complete
disc dvd-rw
isowrite dev="$dev" a.iso 2>/dev/null
for words in "-multi a.iso" "-tao a.iso" "-packet a.iso" "-nofix a.iso" "a.iso a.iso" -; do
	# shellcheck disable=SC2086
	exits "DVD-RW, minimally blanked: $words would be refused" 1 bash -c "cat a.iso | isowrite dev=$dev blank=fast $words"
	like "DVD-RW, minimally blanked: the message for $words says what to do" "$(cat "$err")" \
		"nothing is blanked: .*DVD-RW .*blank it fully \\(blank=all\\)"
done
exits "a directory with blank=fast and -multi is refused on a DVD-RW" 1 isowrite -R dev="$dev" blank=fast -multi more
is "a directory that is refused leaves the DVD-RW unblanked" "$(state)" complete
ok "a pipe with tsize= is burned at once on a DVD-RW" bash -c "cat a.iso | isowrite dev=$dev blank=fast tsize=$((size / 2048))s -"
ok "a DVD-RW that is blanked fully takes a session" isowrite dev="$dev" blank=all -multi a.iso
is "another session can follow on a DVD-RW that was blanked fully" "$(state)" appendable
disc cd-rw
isowrite dev="$dev" a.iso 2>/dev/null
exits "a refused option together with blank= is bad usage" 2 isowrite dev="$dev" blank=fast a.iso defpregap=0
is "a refused option together with blank= leaves the disc unblanked" "$(state)" complete
disc dvd-r
exits "-multi together with -dao is refused on a DVD" 1 isowrite dev="$dev" -multi -dao a.iso
is "the DVD is blank after -multi with -dao" "$(state)" blank
ok "a session with -multi is burned on a DVD" isowrite dev="$dev" -multi a.iso
ok "-dummy --finalize succeeds" isowrite dev="$dev" -dummy --finalize a.iso
is "-dummy --finalize leaves the disc appendable" "$(state)" appendable
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
	like "$tool names the command that burns a directory onto a blank CD-R" "$(cat "$err")" \
		"'isowrite --auto dev=sim:[^ ]*cd-r.disc DIR' burns .*'isowrite dev=sim:[^ ]*cd-r.disc IMAGE'"
done
mkudffs -q --new-file -d tree small.udf
exits "a volume with blocks of 512 bytes is refused" 1 isowrite dev="$dev" small.udf
like "the message says how to make a volume with blocks of 2048 bytes" "$(cat "$err")" "'mkudffs -b 2048 small.udf'"
is "the disc is blank after a volume was refused" "$(state)" blank
exits "a volume with blocks of 512 bytes from a pipe is refused" 1 bash -c "mkudffs -q --size=8M -d tree - | isowrite dev=$dev -"
like "the message says how to make a suitable volume for a pipe" "$(cat "$err")" "standard input: the UDF volume .*'mkudffs -b 2048' .*the CD-R is as it was"
is "the disc is blank after a volume from a pipe was refused" "$(state)" blank
mkudffs -q --new-file --media-type=dvd -d tree volume.udf
ok "an image of a UDF volume is burned" isowrite dev="$dev" volume.udf
udf get "$dev" /random copy && is "and read" "$(cksum <copy)" "$(cksum <tree/random)"
ok "udffuse mounts the burned volume" udffuse "$dev" mnt
is "files of the burned volume can be read" "$(cksum <mnt/random)" "$(cksum <tree/random)"
exits "files of the burned volume can't be changed" 1 touch mnt/new
unmount mnt
wait_until 20 isowrite dev="$dev" -minfo	# udffuse has let go of the drive
exits "an image for a closed disc is refused" 1 isowrite dev="$dev" a.iso
like "the message says that the disc is closed" "$(cat "$err")" "It is closed and can be written only once; take another one\.$"
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
ok "blank=fast succeeds" isowrite dev="$dev" blank=fast
is "the disc is blank after blank=fast" "$(state)" blank
exits "blank=help succeeds" 0 isowrite dev="$dev" blank=help
like "blank=help lists the old names of kinds" "$(cat "$out")" "^  trtail"
like "-atip shows the start of the lead-out" "$(isowrite dev="$dev" -atip)" "ATIP start of lead out: 359849"
ok "-eject succeeds" isowrite dev="$dev" -eject
like "the tray is open after -eject" "$(mmcsim show cd-rw.disc)" "^drive: open"
for word in -audio -raw96r cuefile=x -xa1 -mode2 pktsize=16 driveropts=varirec pregap=0 -xa2 -abort -fixx; do
	exits "$word is refused" 2 isowrite dev="$dev" $word a.iso
	like "$word is refused by name" "$(cat "$err")" "^isowrite: .*${word#*=}"
done
exits "an unknown setting is bad usage, and no name of a file" 2 isowrite dev="$dev" write_start_address=32 a.iso
like "the unknown setting is named" "$(cat "$err")" "'write_start_address=32' is not an option for burning"
exits "an unknown option is bad usage" 2 isowrite dev="$dev" -frobnicate a.iso
exits "a drive address that does not exist fails" 1 isowrite dev=9,9,9 -toc
plan
