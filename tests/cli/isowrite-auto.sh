#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# isowrite --auto chooses by drive, disc and files, and says why.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
for need in "command isoinfo"; do require "$need"; done
[ -x "$top_builddir/isowrite/isowrite" ] || require "command isowrite"
cd "$tmp" || exit

mkdir -p tree/sub long huge many
echo hi >tree/sub/hi && ln -s hi tree/sub/link
name=$(printf 'n%.0s' $(seq 80))
echo hi >"long/$name"
truncate -s 5G huge/movie
for i in 1 2 3; do truncate -s 300M many/$i; done
disc() { rm -f d.disc*; mmcsim create --media="$1" d.disc; }
state() { isowrite dev=sim:d.disc -minfo | sed -n 's/^disk status: *//p'; }

disc dvd+r
ok "-dummy shows the choice" isowrite --auto -dummy dev=sim:d.disc tree
like "which is ISO 9660 for small files, with the reason" "$(cat "$err")" \
	"^isowrite: sim:d.disc: ISO 9660 with Rock Ridge and Joliet, which every system reads: "
is "and nothing is written" "$(state)" blank
like "-print-size prints the size of that" "$(isowrite --auto -print-size dev=sim:d.disc tree 2>/dev/null)" "^[0-9]+$"
is "and writes nothing" "$(state)" blank
ok "it is burned" isowrite --auto -V Chosen --verify dev=sim:d.disc tree
is "with Rock Ridge" "$(isoinfo -R -f -i d.disc | sort | xargs)" "/sub /sub/hi /sub/link"
is "and Joliet" "$(isoinfo -J -f -i d.disc | sort | xargs)" "/sub /sub/hi"
like "the checksums of all files are recorded" "$(isowrite --check sim:d.disc)" "1 of 1 files checked, 0 damaged; the whole"
exits "a disc that is closed is refused" 1 isowrite --auto dev=sim:d.disc tree
disc bd-r
ok "a long name" isowrite --auto dev=sim:d.disc long
like "is a reason for UDF, too" "$(cat "$err")" "UDF over the same data \(--bridge\), because the name of '$name' has 80"
is "where it is" "$(udf ls sim:d.disc)" "$name"
like "and it has checksums, too" "$(isowrite --check sim:d.disc)" "1 of 1 files checked, 0 damaged"
disc bd-r
ok "--no-md5 leaves the checksums out" isowrite --auto --no-md5 dev=sim:d.disc tree
exits "so that there is nothing to compare" 1 isowrite --check sim:d.disc
disc bd-r
ok "so is a file of 4 GiB" isowrite --auto -dummy dev=sim:d.disc huge
like "which Windows reads there only" "$(cat "$err")" "because 'movie' has 4 GiB or more"
exits "what another option forbids is not chosen" 0 isowrite --auto -hide x -dummy dev=sim:d.disc huge
like "and it is said what that means" "$(cat "$err")" "level 3\.  'movie' has 4 GiB or more, which Windows can't read"

isowrite -R -quiet -o given.iso tree && isowrite --udf -quiet -o given.udf tree
exits "an image may be a file on the disc" 0 isowrite --auto -dummy dev=sim:d.disc given.iso given.udf tree/sub/hi
is "but what makes a disc of it is named" "$(sed -n "s/.*warning: .* is an image of a disc, .*; '\(.*\)' makes the disc that is in it/\1/p" "$err" | xargs)" \
	"isowrite dev=sim:d.disc given.iso isowrite dev=sim:d.disc given.udf"

disc cd-r
exits "what doesn't fit is refused" 1 isowrite --auto dev=sim:d.disc many
like "with the option that splits it" "$(cat "$err")" "--span=media splits the files over 2 or more such discs$"
exits "a file that is too large by itself" 1 isowrite --auto dev=sim:d.disc huge
like "is named" "$(cat "$err")" "nor on a set of such discs, because of 'movie' alone$"
is "the disc is as it was" "$(state)" blank
ok "a set gets the same form" isowrite --auto --span=1m --next-disc=false dev=sim:d.disc tree
is "and is burned" "$(isoinfo -J -f -i d.disc | sort | xargs)" "/DISC_SET.TXT /sub /sub/hi"

disc dvd-ram
exits "a disc that is written like a disk is left to mkudffs" 1 isowrite --auto dev=sim:d.disc tree
like "by the command that does it" "$(cat "$err")" \
	"UDF, because the DVD-RAM is written like a disk, .* 'mkudffs -d tree sim:d.disc' makes a volume of them, and 'udffuse"
ok "which does" mkudffs -d tree sim:d.disc
disc cd-rw
ok "with -dummy that is the answer" isowrite --auto -dummy dev=sim:d.disc tree
like "for one that has to be formatted, too" "$(cat "$err")" "UDF, because the CD-RW .* 'cdrwtool -d sim:d.disc -q' makes"
ok "blank= burns it all the same" isowrite --auto blank=fast dev=sim:d.disc tree
for words in "-o x" "dev=sim:d.disc --append" "dev=sim:d.disc --udf" "dev=sim:d.disc -auto"; do
	# shellcheck disable=SC2086
	exits "'$words' is bad usage" 2 isowrite --auto $words tree
done
plan
