#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# isowrite and growisofs on discs that are written in place: images at their beginning, and sessions after those,
# whose descriptors take the place of the older ones.  FILE of a simulated disc holds the user data, so others read
# it as it is.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
for need in "command isoinfo" "command xorriso" "command jq"; do require "$need"; done
[ -x "$top_builddir/isowrite/isowrite" ] || require "command isowrite"
cd "$tmp" || exit

mkdir -p tree/sub more third names && for name in growisofs cdrecord; do ln -s "$(ours isowrite)" names/$name; done
PATH=$tmp/names:$PATH
head -c 300000 /dev/urandom >tree/random
echo hi >tree/sub/hi && ln -s hi tree/sub/link
echo later >more/later.txt && echo changed >third/hi
dev=sim:d.disc old="/random /sub /sub/hi /sub/link" both="/later.txt /random /sub /sub/hi /sub/link"
disc() {
	rm -f d.disc* && mmcsim create --media="$1" d.disc
	[ "$1" = dvd-ram ] || cdrwtool -d "$dev" --format >/dev/null 2>&1
}
state() { isowrite dev="$dev" -minfo | sed -n 's/^disk status: *//p'; }
list() { isoinfo -R -f -i "${1:-d.disc}" 2>/dev/null | sort | xargs; }
sum() { isoinfo -R -x "$1" -i "${2:-d.disc}" 2>/dev/null | cksum; }
block() { sed -n 's/.* from block \([0-9]*\) on.*/\1/p' "$err" | tail -1; }

for media in dvd-ram dvd+rw bd-re dvd-rw; do
	disc $media
	ok "$media: growisofs -Z masters files onto it" growisofs -Z "$dev" -R -J -V Photos tree
	is "$media: isoinfo lists them" "$(list)" "$old"
	is "$media: and reads them" "$(sum /random)" "$(cksum <tree/random)"
	ok "$media: -M adds files" growisofs -M "$dev" -R -J more
	is "$media: the session begins with a packet" $(($(block) % 32)) 0
	is "$media: the tree at the beginning has both" "$(list)" "$both"
	is "$media: so has that of Joliet" "$(isoinfo -J -f -i d.disc | sort | xargs)" "/later.txt /random /sub /sub/hi"
	is "$media: an older file reads" "$(sum /random)" "$(cksum <tree/random)"
	ok "$media: --append replaces one" isowrite --append -R -J --md5 --verify -graft-points dev="$dev" sub=third
	is "$media: xorriso finds the newest tree" \
		"$(xorriso -indev d.disc -find / -type f 2>/dev/null | tr -d "'" | sort | xargs)" "/later.txt /random /sub/hi"
	is "$media: the file is the new one" "$(sum /sub/hi)" "$(cksum <third/hi)"
	like "$media: the label stays, and the volume ends where it does" "$(isoinfo -d -i d.disc)" "^Volume id: Photos$"
	ok "$media: isowrite --check finds nothing damaged" isowrite --check "$dev"
done

disc dvd-ram
ok "--span=media takes the size of a disc that is written in place" isowrite -r --span=media dev="$dev" tree
like "a set of one disc is on it" "$(isoinfo -R -x /DISC_SET.TXT -i d.disc)" "This is disc 01 of 01"
like "nothing of it is damaged" "$(isowrite --check "$dev")" "3 of 3 files checked, 0 damaged"

for media in dvd+rw bd-re; do
	rm -f d.disc* && mmcsim create --media=$media d.disc
	exits "$media, not formatted: -M has nothing to add to" 1 growisofs -M "$dev" -R more
	like "$media: which is said" "$(cat "$err")" "is unformatted; -Z begins it"
	exits "$media: a missing image does not have it formatted" 1 growisofs -Z "$dev"=nothing.iso
	is "$media: a dry run doesn't either" "$(growisofs -dry-run -Z "$dev" -R tree 2>/dev/null; state)" unformatted
	ok "$media: -Z formats it and masters the files" growisofs -Z "$dev" -R tree
	is "$media: isoinfo lists them" "$(list)" "$old"
	rm -f d.disc* && mmcsim create --media=$media d.disc
	isowrite -quiet -R -o image.iso tree
	ok "$media: -Z DEV=IMAGE formats it, too" growisofs -Z "$dev"=image.iso
	ok "$media: and writes the image" cmp -n "$(stat -c %s image.iso)" image.iso d.disc
	rm -f d.disc* && mmcsim create --media=$media d.disc
	ok "$media: cdrecord -format" cdrecord -format dev="$dev"
	is "$media: does that alone" "$(state)" formatted
done
rm -f d.disc* && mmcsim create --media=dvd+rw d.disc
ok "cdrecord formats what must be formatted" cdrecord dev="$dev" image.iso
ok "and writes the image" cmp -n "$(stat -c %s image.iso)" image.iso d.disc
exits "-format is not with blank=" 2 cdrecord -format blank=fast dev="$dev"
rm -f d.disc* && mmcsim create --media=cd-rw d.disc
exits "a CD-RW is not formatted for images" 1 cdrecord -format dev="$dev"
like "which says what formats it" "$(cat "$err")" "cdrwtool -d sim:d.disc -q"

# ---- images, pipes and what is asked before ----
disc dvd+rw
isowrite -quiet -R -o image.iso tree
ok "isowrite dev= writes an image to its beginning" isowrite dev="$dev" --verify image.iso
like "which is said, and that it was read back" "$(cat "$err")" \
	"from block 0 on, read back and the same; the DVD.RW is formatted"
is "it is there" "$(list)" "$old"
exits "what is there is not overwritten" 1 isowrite -R dev="$dev" more
like "the message names what does it" "$(cat "$err")" "holds iso9660 .* use -force to overwrite it"
exits "nor by growisofs" 1 growisofs -Z "$dev" -R more
like "which has its own word" "$(cat "$err")" "-use-the-force-luke=tty overwrites it"
is "it is as it was" "$(list)" "$old"
exits "-dummy writes nothing" 0 cdrecord -force -dummy dev="$dev" image.iso
ok "cdrecord -force takes a pipe" bash -c "isowrite -quiet -R more | cdrecord -force dev=$dev -"
is "whose image is there" "$(list)" "/later.txt"
ok "growisofs takes it as /dev/fd/0" \
	bash -c "isowrite -quiet -R third | growisofs -use-the-force-luke=tty -Z $dev=/dev/fd/0"
is "and its image is there" "$(list)" "/hi"
exits "but overwrites nothing unasked" 1 bash -c "isowrite -quiet -R more | growisofs -Z $dev=/dev/fd/0"
ok "cdrecord has the other one again" bash -c "isowrite -quiet -R more | cdrecord -force dev=$dev -"
exits "a pipe that is empty fails" 1 bash -c "false | cdrecord -force dev=$dev -"
is "and leaves the disc as it was" "$(list)" "/later.txt"
exits "a pipe with more than tsize= fails" 1 bash -c "cat image.iso | cdrecord -force tsize=100s dev=$dev -"
ok "it is written again" isowrite -force -R --json dev="$dev" tree
is "--json has where it is" "$(jq -c '[.state, (.written_tracks[0] | .ok, .start)]' "$out")" '["formatted",true,0]'
exits "two images are no tracks here" 1 isowrite -force dev="$dev" image.iso image.iso
mkdir large && truncate -s 5G large/file
exits "what does not fit is refused" 1 isowrite --append -R dev="$dev" large
is "the disc is as it was" "$(list)" "$old"
isowrite -quiet --bridge -force dev="$dev" tree
exits "no session is added to a UDF volume, which would not get the files" 1 growisofs -M "$dev" -R more
like "which is said" "$(cat "$err")" "the image is also a UDF volume"
disc dvd-ram
exits "nor to what is no image" 1 growisofs -M "$dev" -R more
like "which is said, too" "$(cat "$err")" "no ISO 9660 image begins at block 0"

# ---- the power fails ----
disc dvd+rw
isowrite -quiet -R dev="$dev" tree 2>/dev/null
cp --sparse=always d.disc kept && cp d.disc.state kept.state
n_old=0 n_new=0
for torn in old new; do
	for ((n = 1; n < 40; n++)); do
		cp --sparse=always kept d.disc && cp kept.state d.disc.state
		mmcsim cut --packets=$n --torn=$torn d.disc >/dev/null 2>&1
		growisofs -M "$dev" -R more >/dev/null 2>&1 && break
		mmcsim cut --on d.disc >/dev/null 2>&1
		found="$(list) $(sum /random)"
		case $found in
		"$old $(cksum <tree/random)") n_old=$((n_old + 1)) ;;
		"$both $(cksum <tree/random)") n_new=$((n_new + 1)) ;;
		*) fail "a power cut at packet $n of -M leaves the old tree or the new" "$found" ;;
		esac
	done
	is "a packet that is cut is the $torn one: all packets of -M were tried" "$((n > 3 && n < 40))" 1
done
is "both trees were found" "$((n_old > 3 && n_new > 0))" 1
plan
