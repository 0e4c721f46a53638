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
	is "$media: isoinfo lists the files that growisofs -Z wrote" "$(list)" "$old"
	is "$media: isoinfo reads the file that growisofs -Z wrote" "$(sum /random)" "$(cksum <tree/random)"
	ok "$media: -M adds files" growisofs -M "$dev" -R -J more
	is "$media: the session begins with a packet" $(($(block) % 32)) 0
	is "$media: the tree at the beginning has the files of both sessions" "$(list)" "$both"
	is "$media: the Joliet tree has the files of both sessions" "$(isoinfo -J -f -i d.disc | sort | xargs)" "/later.txt /random /sub /sub/hi"
	is "$media: a file of the first session can still be read" "$(sum /random)" "$(cksum <tree/random)"
	ok "$media: --append replaces a file" isowrite --append -R -J --md5 --verify -graft-points dev="$dev" sub=third
	is "$media: xorriso finds the newest tree" \
		"$(xorriso -indev d.disc -find / -type f 2>/dev/null | tr -d "'" | sort | xargs)" "/later.txt /random /sub/hi"
	is "$media: the replaced file has its new contents" "$(sum /sub/hi)" "$(cksum <third/hi)"
	like "$media: the label stays after a session was added" "$(isoinfo -d -i d.disc)" "^Volume id: Photos$"
	ok "$media: isowrite --check finds nothing damaged" isowrite --check "$dev"
done

disc dvd-ram
ok "--span=media takes the size of a disc that is written in place" isowrite -r --span=media dev="$dev" tree
like "a set of one disc that is written in place has its list" "$(isoinfo -R -x /DISC_SET.TXT -i d.disc)" "This is disc 01 of 01"
like "isowrite --check finds no damage on a set of one disc" "$(isowrite --check "$dev")" "3 of 3 files checked, 0 damaged"

for media in dvd+rw bd-re; do
	rm -f d.disc* && mmcsim create --media=$media d.disc
	exits "$media, not formatted: growisofs -M is refused" 1 growisofs -M "$dev" -R more
	like "$media, not formatted: the message advises -Z" "$(cat "$err")" "is unformatted; -Z begins it"
	exits "$media: growisofs -Z of a missing image fails" 1 growisofs -Z "$dev"=nothing.iso
	is "$media: a missing image and a dry run do not format the disc" "$(growisofs -dry-run -Z "$dev" -R tree 2>/dev/null; state)" unformatted
	ok "$media: growisofs -Z formats the disc and masters the files" growisofs -Z "$dev" -R tree
	is "$media: isoinfo lists the files on the disc that -Z formatted" "$(list)" "$old"
	rm -f d.disc* && mmcsim create --media=$media d.disc
	isowrite -quiet -R -o image.iso tree
	ok "$media: -Z DEV=IMAGE formats the disc" growisofs -Z "$dev"=image.iso
	ok "$media: -Z DEV=IMAGE writes the image after formatting" cmp -n "$(stat -c %s image.iso)" image.iso d.disc
	rm -f d.disc* && mmcsim create --media=$media d.disc
	ok "$media: cdrecord -format succeeds" cdrecord -format dev="$dev"
	is "$media: cdrecord -format formats and does nothing else" "$(state)" formatted
done
rm -f d.disc* && mmcsim create --media=dvd+rw d.disc
ok "cdrecord formats an unformatted disc before it writes an image" cdrecord dev="$dev" image.iso
ok "cdrecord writes the image to the disc that it formatted" cmp -n "$(stat -c %s image.iso)" image.iso d.disc
exits "-format together with blank= is bad usage" 2 cdrecord -format blank=fast dev="$dev"
rm -f d.disc* && mmcsim create --media=cd-rw d.disc
exits "cdrecord -format of a CD-RW is refused" 1 cdrecord -format dev="$dev"
like "the message names the command that formats a CD-RW" "$(cat "$err")" "cdrwtool -d sim:d.disc -q"

# ---- images, pipes and what is asked before ----
disc dvd+rw
isowrite -quiet -R -o image.iso tree
ok "isowrite dev= writes an image to its beginning" isowrite dev="$dev" --verify image.iso
like "the message says that the image was written and read back" "$(cat "$err")" \
	"from block 0 on, read back and the same; the DVD.RW is formatted"
is "the disc has the files of the image" "$(list)" "$old"
exits "isowrite does not overwrite a disc that holds an image" 1 isowrite -R dev="$dev" more
like "the message names -force, which overwrites the disc" "$(cat "$err")" "holds iso9660 .* use -force to overwrite it"
exits "growisofs does not overwrite a disc that holds an image" 1 growisofs -Z "$dev" -R more
like "growisofs names its own word that overwrites the disc" "$(cat "$err")" "-use-the-force-luke=tty overwrites it"
is "a disc that was not overwritten has its old files" "$(list)" "$old"
exits "cdrecord -dummy writes nothing to a disc written in place" 0 cdrecord -force -dummy dev="$dev" image.iso
ok "cdrecord -force writes an image from a pipe" bash -c "isowrite -quiet -R more | cdrecord -force dev=$dev -"
is "the disc has the files of the image from the pipe" "$(list)" "/later.txt"
ok "growisofs writes an image from /dev/fd/0" \
	bash -c "isowrite -quiet -R third | growisofs -use-the-force-luke=tty -Z $dev=/dev/fd/0"
is "the disc has the files of the image from /dev/fd/0" "$(list)" "/hi"
exits "growisofs does not overwrite a disc from /dev/fd/0 unasked" 1 bash -c "isowrite -quiet -R more | growisofs -Z $dev=/dev/fd/0"
ok "cdrecord writes the image from a pipe again" bash -c "isowrite -quiet -R more | cdrecord -force dev=$dev -"
exits "an empty pipe fails" 1 bash -c "false | cdrecord -force dev=$dev -"
is "an empty pipe leaves the disc as it was" "$(list)" "/later.txt"
exits "a pipe with more data than tsize= fails" 1 bash -c "cat image.iso | cdrecord -force tsize=100s dev=$dev -"
ok "a disc can be written after a pipe failed" isowrite -force -R --json dev="$dev" tree
is "--json reports the state of the disc and where the image begins" "$(jq -c '[.state, (.written_tracks[0] | .ok, .start)]' "$out")" '["formatted",true,0]'
exits "two images for a disc without tracks are refused" 1 isowrite -force dev="$dev" image.iso image.iso
mkdir large && truncate -s 5G large/file
exits "--append of a file that does not fit is refused" 1 isowrite --append -R dev="$dev" large
is "the disc is as it was after a file did not fit" "$(list)" "$old"
isowrite -quiet --bridge -force dev="$dev" tree
exits "no session is added to a UDF volume, which would not get the files" 1 growisofs -M "$dev" -R more
like "the message says that the image is also a UDF volume" "$(cat "$err")" "the image is also a UDF volume"
disc dvd-ram
exits "no session is added to a disc without an image" 1 growisofs -M "$dev" -R more
like "the message says that the disc holds no ISO 9660 image" "$(cat "$err")" "no ISO 9660 image begins at block 0"

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
is "power cuts left the old tree and the new tree, each at least once" "$((n_old > 3 && n_new > 0))" 1

# the packet of the descriptors itself can't be read after it
keep() { cp --sparse=always "$1" "$2" && cp "$1.state" "$2.state"; }
# UDFKIT_CUTS=all cuts at every packet on all media
media_cut="dvd+rw bd-re" step=3
[ "${UDFKIT_CUTS-}" != all ] || { media_cut="dvd-ram dvd+rw dvd-rw bd-re" && step=1; }
for media in $media_cut; do
	disc $media
	isowrite -quiet -R -J dev="$dev" tree 2>/dev/null
	keep d.disc kept
	n_found=0
	for ((n = 1; n < 40; n++)); do
		keep kept d.disc
		mmcsim cut --packets=$n d.disc >/dev/null 2>&1
		growisofs -M "$dev" -R -J more >/dev/null 2>&1 && break
		mmcsim cut --on d.disc >/dev/null 2>&1
		keep d.disc cut
		isowrite --finalize dev="$dev" 2>"$err" || fail "$media: --finalize after a cut at packet $n" "$(cat "$err")"
		grep -q "lead to that session" "$err" || continue
		n_found=$((n_found + 1))
		is "$media: --finalize leads to the newest tree" "$(list) $(sum /random)" "$both $(cksum <tree/random)"
		is "$media: so does Joliet" "$(isoinfo -J -f -i d.disc | sort | xargs)" "/later.txt /random /sub /sub/hi"
		ok "$media: then nothing is to be restored" isowrite --finalize dev="$dev"
		like "$media: which is said" "$(cat "$err")" "so there is nothing to close"
		keep cut d.disc
		ok "$media: --append of what has not changed restores it, too" isowrite --append -R -J dev="$dev" more
		like "$media: it names the session that it found" "$(cat "$err")" \
			"newest session, from block [1-9][0-9]+ on, was found"
		is "$media: the tree has all" "$(list) $(sum /random)" "$both $(cksum <tree/random)"
	done
	is "$media: the cut in that packet was among them" "$n_found" 1
done
# what was on the disc before an image that is not complete is no session of it
disc dvd+rw
isowrite -quiet -R dev="$dev" tree 2>/dev/null
isowrite -quiet --append -R dev="$dev" more 2>/dev/null
keep d.disc kept
n_refused=0
mkdir other && head -c 400000 /dev/urandom >other/o
for ((n = 2; n < 60; n += n < 5 ? 1 : step)); do
	keep kept d.disc
	mmcsim cut --packets=$n d.disc >/dev/null 2>&1
	isowrite -force -R dev="$dev" other >/dev/null 2>&1 && break
	mmcsim cut --on d.disc >/dev/null 2>&1
	isowrite --finalize dev="$dev" >"$out" 2>&1 || n_refused=$((n_refused + 1))
	case "$(list)" in
	*later*) fail "a cut at packet $n of a new image brings no older session back" "$(cat "$out")" ;;
	esac
done
is "packets of a new image up to its end were tried, and one was the first of it" "$((n < 60)) $n_refused" "1 1"
plan
