#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cdrwtool on simulated drives: what is prepared, what is refused, and that nothing is lost without consent.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
cd "$tmp" || exit 1
tool() { cdrwtool -d sim:d.disc "$@"; }
disc() { rm -f d.disc*; mmcsim create "$@" d.disc >/dev/null; }
info() { tool -i | sed -n "s/^$1: //p"; }

# DVD-RAM
disc --media=dvd-ram --unformatted
like "an unformatted DVD-RAM is named" "$(info disc)" "^DVD-RAM, unformatted, up to 4.4GiB$"
exits "mkudffs refuses an unformatted disc" 1 mkudffs sim:d.disc
like "mkudffs names the command that formats it" "$(cat "$err")" "'cdrwtool -d sim:d.disc --format'"
ok "an unformatted disc is formatted without consent" tool --format </dev/null
like "the unformatted disc is formatted afterwards" "$(info disc)" "^DVD-RAM, formatted, 4.3GiB$"
ok "mkudffs picks type and alignment from the disc" mkudffs sim:d.disc
like "mkudffs aligns to the ECC blocks of a DVD-RAM" "$(udfinfo sim:d.disc)" "^start=272, .*type=PSPACE"
cp d.disc.state state
exits "-q of a disc with contents needs consent" 1 tool -q </dev/null
like "the contents are named before consent is asked" "$(cat "$err")" "it holds udf 'LinuxUDF'"
like "the end of standard input leaves the disc unchanged" "$(cat "$err")" "nothing was changed, because standard input ended before ENTER"
ok "the volume is still there" udffsck -n sim:d.disc
uuid=$(udfinfo sim:d.disc | sed -n 's/^uuid=//p')
ok "ENTER on a pipe is consent" tool -q < <(echo)
unlike "there is another volume then" "$(udfinfo sim:d.disc)" "^uuid=$uuid\$"
ok "a full format is waited for" tool --format=full --force
like "a disc that was formatted has no volume" "$(udfinfo sim:d.disc 2>&1)" "no UDF volume|empty"
ok "a disc is write-protected" tool --write-protect=on
like "the protection is shown" "$(info disc)" "write-protected"
exits "a protected disc is not formatted" 1 tool --format --force
like "the message says how the protection is lifted" "$(cat "$err")" "cdrwtool --write-protect=off"
ok "the protection is lifted" tool --write-protect=off
exits "a DVD-RAM is not blanked" 1 tool -b fast --force
like "the message says what to do instead" "$(cat "$err")" "can't be blanked.  Format it"
head -c 100000 /dev/urandom >data
ok "a file is written to the disc" tool -f data -o 32 --force
tail -c +$((32 * 2048 + 1)) d.disc | head -c 100000 >there
same "the file is on the disc, from the block that was named" there data
exits "a volume that is larger than the disc is refused before consent is asked" 1 tool -u 3000000 </dev/null
like "the message about too large a volume has the size of the disc" "$(cat "$err")" "has only 2236704 blocks"
exits "a file that doesn't fit is refused before anything is written" 1 tool -f data -o 2236688 --force
exits "a block inside an ECC block is no place to begin" 1 tool -f data -o 5 --force
ok "the tray is opened" tool --eject
is "an empty drive is named" "$(info disc)" "no medium"
exits "an empty drive formats nothing" 1 tool --format
ok "the tray is closed" tool --load

# CD-RW
disc --media=cd-rw
like "a blank CD-RW is named" "$(info disc)" "^CD-RW, blank"
exits "mkudffs refuses a blank CD-RW" 1 mkudffs sim:d.disc
exits "udffuse refuses a blank CD-RW" 1 udffuse sim:d.disc "$tmp"
ok "a blank CD-RW is prepared without consent" tool -q </dev/null
like "the mount line is printed" "$(cat "$out")" "mount it with: udffuse sim:d.disc DIRECTORY"
like "the volume is sparable, in packets of 32" "$(udfinfo sim:d.disc)" "type=STABLE|type=SPSPACE|type=SSPACE"
like "its revision is 1.50" "$(udfinfo sim:d.disc)" "^udfrev=1.50"
ok "the volume is clean" udffsck -n sim:d.disc
ok "-q takes a formatted CD-RW again" tool -q --force -v 0x0201
like "-v sets the revision" "$(udfinfo sim:d.disc)" "^udfrev=2.01"
exits "-q refuses a size that the disc can't have" 1 tool -q99999999 --force
exits "-q refuses a size that is too small for a volume" 1 tool -q128 --force
ok "the volume is there after both" udffsck -n sim:d.disc
ok "a CD-RW is blanked" tool -b fast --force
like "the CD-RW is blank after -b fast" "$(info disc)" "^CD-RW, blank"
ok "write parameters are shown" tool -g
like "write parameters are in words" "$(cat "$out")" "^packets: "

# Journeys over the mount
if need /dev/fuse; then
	for media in dvd-ram cd-rw dvd+rw dvd-rw bd-re; do
		disc --media=$media
		tool -q --force >/dev/null 2>&1
		mkdir -p m
		ok "$media: a volume is mounted" udffuse sim:d.disc m
		cp -r "$top_srcdir/lib/base" m/tree
		fallocate -l 100000 m/room
		cp -r "$top_srcdir/lib/base" m/again
		rm -r m/again
		exits "$media: a disc in use is not formatted" 1 tool --format --force
		ok "$media: it is unmounted" unmount m
		ok "$media: the volume is clean" wait_until 20 udffsck -n sim:d.disc
		ok "$media: udf reads what was written" udf get sim:d.disc /tree back
		ok "$media: udf reads the files as they were written" diff -r "$top_srcdir/lib/base" back
		rm -rf back
		# Where nothing was ever written, a fresh disc can't be read.
		tool --format --force >/dev/null 2>&1
		tool -q --force >/dev/null 2>&1
		ok "$media: mkudffs fills a volume on it" mkudffs -q -d "$top_srcdir/lib/base" sim:d.disc
		udf get sim:d.disc / back
		ok "$media: the volume that mkudffs filled holds its files" diff -r "$top_srcdir/lib/base" back
		rm -rf back
	done
else
	skip "volumes on discs are mounted" "needs /dev/fuse"
fi

# Images onto discs
disc --media=dvd-ram
mkudffs -q --new-file -b 2048 -d "$top_srcdir/lib/base" fits.udf 3000
mkudffs -q --new-file small-blocks.udf 12000
ok "udf dd writes an image to a disc" udf dd fits.udf sim:d.disc
cmp -s -n "$(stat -c %s fits.udf)" fits.udf d.disc && pass "the disc holds the image" || fail "the disc holds the image"
ok "the volume is found on the larger disc" udffsck -n sim:d.disc
ok "udf dd says that it overwrites a volume" udf dd --no-verify fits.udf sim:d.disc
like "the message names the volume" "$(cat "$err")" "overwriting the UDF volume"
exits "an image with blocks that no system mounts on a disc is refused" 1 udf dd --force small-blocks.udf sim:d.disc
like "the message says how to make the right one" "$(cat "$err")" "'mkudffs -b 2048 small-blocks.udf'"
truncate -s 5G large
exits "mkudffs refuses blocks of 512 bytes on a disc" 1 mkudffs -q --force -b 512 sim:d.disc
like "the message of mkudffs says which block size the disc has" "$(cat "$err")" "'mkudffs -b 2048 sim:d.disc'"
md5sum fits.udf >sums && ln fits.udf same.udf
exits "udf dd does not write an image onto itself" 1 udf dd --force fits.udf same.udf
ok "an image that udf dd must not write onto itself stays as it was" md5sum -c --quiet sums
rm same.udf
# Cut off in the middle, the disc has neither the old volume nor half of the new one.
cp d.disc whole.disc && cp d.disc.state whole.disc.state
mmcsim cut --packets=40 d.disc >/dev/null 2>&1
exits "udf dd that is cut off fails" 1 udf dd --force --no-verify fits.udf sim:d.disc
like "udf dd that is cut off says what the disc holds, and how to continue" "$(cat "$err")" \
	"only a part of the image.*: udf dd --force fits.udf sim:d.disc"
mmcsim cut --on d.disc >/dev/null 2>&1
is "blkid finds no volume in half an image" "$(blkid -p -o value -s TYPE d.disc)" ""
exits "udf ls finds no volume in half an image" 1 udf ls sim:d.disc
ok "the command that udf dd named writes the image" udf dd --force fits.udf sim:d.disc
same "the disc holds the whole image" fits.udf <(head -c "$(stat -c %s fits.udf)" d.disc)
mv whole.disc d.disc && mv whole.disc.state d.disc.state
exits "an image that does not fit is refused" 1 udf dd --force large sim:d.disc
mv d.disc ram.disc && mv d.disc.state ram.disc.state
disc --media=bd-re
tool --format --force >/dev/null 2>&1
head -c 150000 fits.udf >odd
ok "an image may end within a packet of a disc that was never written" udf dd odd sim:d.disc
mv ram.disc d.disc && mv ram.disc.state d.disc.state
same_start() { cmp -s -n 6000000 fits.udf d.disc; }
ok "images that were refused left the disc as it was" same_start
exits "a mistyped device is reported" 1 udf dd fits.udf "$tmp/sr00"
ok "no file is made for a mistyped device" test ! -e "$tmp/sr00"
disc --media=cd-rw
tool -q >/dev/null
mmcsim defect --kind=write d.disc 160 >/dev/null
exits "what can't be written is reported" 1 udf dd fits.udf sim:d.disc
like "the message says what failed" "$(cat "$err")" "cannot (write|make durable).*medium error"

# Reserved tracks of a CD-RW: a gap of 152 blocks follows each, for run-out and pregap
disc --media=cd-rw
tracks() { mmcsim show d.disc | sed -n 's/^track //p'; }
ok "a track is reserved" tool -r 3000
ok "a second track is reserved, rounded up to the shortest size" tool -r 100
is "the drive shows both reserved tracks and the remaining one" "$(tracks)" \
	"1: session 1, block 0, empty, reserved, next writable 0 (3000 free)
2: session 1, block 3152, empty, reserved, next writable 3152 (300 free)
3: session 1, block 3604, empty, next writable 3604 (356243 free)"
exits "more than remains is not reserved" 1 tool -r 400000
like "the message says how much remains" "$(cat "$err")" "cannot reserve a track: 400000 blocks can't be reserved: 356243 are free"
like "-i names the reserved tracks" "$(tool -i)" "track 2: session 1, start 3152, 300 blocks, blank, reserved"
ok "a reserved track is closed without anything in it" tool -c 1
like "a reserved track that was closed is an ordinary track" "$(tracks)" "^1: session 1, block 0, 3000 blocks$"
ok "reserved tracks are erased with the disc" tool -q --force
exits "nothing is reserved on a disc that is formatted" 1 tool -r 3000
is "a formatted disc has one track" "$(tracks | wc -l)" 1

# What a format is asked for and can't have is refused, and nothing happens to the disc
for media in cd-rw dvd+rw dvd-rw; do
	disc --media=$media
	tool -q --force >"$out" 2>&1
	for job in --format -q; do
		exits "$job --spare=max is refused for a $media" 1 tool $job --spare=max --force
		like "the message says why" "$(cat "$err")" "a drive keeps no spare blocks on a [CD]"
		exits "$job --certify is refused for a $media" 1 tool $job --certify --force
		like "the message says why" "$(cat "$err")" "a drive does not test a [CD]"
	done
	ok "the volume is still there" udffsck -n sim:d.disc
	ok "no spare blocks can be had" tool --format --spare=none --force
done
for media in dvd-ram bd-re; do
	disc --media=$media
	ok "-q makes a volume on a $media" tool -q --force
	ok "-q --spare=max formats a $media that is formatted, to have them" tool -q --spare=max --force
	max=$(tool -i | sed -n 's/^blocks: \([0-9]*\).*/\1/p')
	ok "-q --spare=none, too" tool -q --spare=none --force
	none=$(tool -i | sed -n 's/^blocks: \([0-9]*\).*/\1/p')
	ok "a $media with more spare blocks has fewer others" [ "$max" -lt "$none" ]
	is "the volume has the new size" "$(udfinfo sim:d.disc | sed -n 's/^blocks=//p')" "$none"
	ok "-q --certify formats it with a test" tool -q --certify --force
done

# A volume that is not aligned to the clusters of a BD-RE that was never written: they hold an anchor and free blocks
cp -r "$top_srcdir/doc" tree
for how in --packetlen=1 --packetlen=16 --packetlen=48 "-d tree --packetlen=16"; do
	disc --media=bd-re
	tool --format --force >"$out"
	read -ra words <<<"$how"
	ok "mkudffs $how makes a volume on it" mkudffs -q --force "${words[@]}" sim:d.disc
	ok "the volume that mkudffs $how made has no problems" udffsck -n sim:d.disc
done
ok "udf get copies the files of the volume that mkudffs $how made" udf get sim:d.disc / got
ok "the volume that mkudffs $how made holds its files" diff -r tree got

# What is before the volume may be boot code.  It shares a packet with the recognition sequence.
for media in cd-rw dvd-ram dvd+rw dvd-rw bd-re; do
	disc --media=$media
	tool -q --force >"$out" 2>&1
	yes boot | head -c 32768 | tee boot | dd of=d.disc conv=notrunc status=none
	ok "mkudffs makes a volume on a $media that has boot code" mkudffs -q --force sim:d.disc
	ok "the boot area of a $media is kept" cmp -n 32768 boot d.disc
done

# Bad usage, and drives that are none
exits "a run without a job is bad usage" 1 cdrwtool -d sim:d.disc
exits "two jobs in one run are bad usage" 1 tool -i -q
exits "a job without a drive is bad usage" 1 cdrwtool -i
exits "a revision that doesn't exist is bad usage" 1 tool -q -v 3.00
exits "a drive that doesn't exist is reported" 1 cdrwtool -d sim:none -i
like "the message says how to make one" "$(cat "$err")" "mmcsim create"
: >file
exits "a file is no drive" 1 cdrwtool -d file -i
ok "all drives are listed" cdrwtool --list
disc --media=dvd-ram
ok "info is printed as JSON" tool -i --json
if need "command jq"; then
	is "JSON names medium and state" "$(jq -r '.medium + " " + .state' "$out")" "DVD-RAM formatted"
else
	skip "JSON names medium and state" "needs command jq"
fi
plan
