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
ok "--auto -dummy succeeds" isowrite --auto -dummy dev=sim:d.disc tree
like "--auto chooses ISO 9660 for small files, and prints the reason" "$(cat "$err")" \
	"^isowrite: sim:d.disc: ISO 9660 with Rock Ridge and Joliet, which every system reads: "
is "--auto -dummy writes nothing" "$(state)" blank
like "--auto -print-size prints the size of the image" "$(isowrite --auto -print-size dev=sim:d.disc tree 2>/dev/null)" "^[0-9]+$"
is "--auto -print-size writes nothing" "$(state)" blank
ok "--auto burns small files" isowrite --auto -V Chosen --verify dev=sim:d.disc tree
is "--auto burns small files with Rock Ridge" "$(isoinfo -R -f -i d.disc | sort | xargs)" "/sub /sub/hi /sub/link"
is "--auto burns small files with Joliet" "$(isoinfo -J -f -i d.disc | sort | xargs)" "/sub /sub/hi"
like "--auto records the checksums of all files" "$(isowrite --check sim:d.disc)" "1 of 1 files checked, 0 damaged; the whole"
exits "--auto refuses a closed disc" 1 isowrite --auto dev=sim:d.disc tree
disc bd-r
ok "--auto burns a file with a long name" isowrite --auto dev=sim:d.disc long
like "--auto adds UDF because of a long name" "$(cat "$err")" "UDF over the same data \(--bridge\), because the name of '$name' has 80"
is "the UDF tree has the long name" "$(udf ls sim:d.disc)" "$name"
like "--auto records checksums in an image with UDF" "$(isowrite --check sim:d.disc)" "1 of 1 files checked, 0 damaged"
disc bd-r
ok "--auto --no-md5 burns a tree" isowrite --auto --no-md5 dev=sim:d.disc tree
exits "--auto --no-md5 records no checksums" 1 isowrite --check sim:d.disc
disc bd-r
ok "--auto -dummy shows the choice for a file of 4 GiB" isowrite --auto -dummy dev=sim:d.disc huge
like "--auto adds UDF because of a file of 4 GiB" "$(cat "$err")" "because 'movie' has 4 GiB or more"
exits "--auto with an option that UDF can't have succeeds" 0 isowrite --auto -hide x -dummy dev=sim:d.disc huge
like "--auto says what Windows can't read without UDF" "$(cat "$err")" "level 3\.  'movie' has 4 GiB or more, which Windows can't read"

isowrite -R -quiet -o given.iso tree && isowrite --udf -quiet -o given.udf tree
exits "--auto takes an image as a file for the disc" 0 isowrite --auto -dummy dev=sim:d.disc given.iso given.udf tree/sub/hi
is "--auto warns of an image that becomes a file, and names the command that burns it" "$(sed -n "s/.*warning: .* is an image of a disc, .*; '\(.*\)' makes the disc that is in it/\1/p" "$err" | xargs)" \
	"isowrite dev=sim:d.disc given.iso isowrite dev=sim:d.disc given.udf"

disc cd-r
exits "--auto refuses files that don't fit" 1 isowrite --auto dev=sim:d.disc many
like "the message names --span=media for files that don't fit" "$(cat "$err")" "--span=media splits the files over 2 or more such discs$"
exits "--auto refuses a file that is larger than the disc" 1 isowrite --auto dev=sim:d.disc huge
like "the message names the file that is larger than the disc" "$(cat "$err")" "nor on a set of such discs, because of 'movie' alone$"
is "the disc is blank after files that don't fit" "$(state)" blank
ok "--auto with --span burns a set" isowrite --auto --span=1m --next-disc=false dev=sim:d.disc tree
is "each disc of the set has the format that --auto chose" "$(isoinfo -J -f -i d.disc | sort | xargs)" "/DISC_SET.TXT /sub /sub/hi"

disc dvd-ram
exits "--auto burns nothing onto a disc that is written in place" 1 isowrite --auto dev=sim:d.disc tree
like "--auto names the mkudffs command for a disc that is written in place" "$(cat "$err")" \
	"nothing is burned, because the DVD-RAM can be used like a disk, with UDF.* 'mkudffs -d tree sim:d.disc' makes a volume of them, and 'udffuse"
ok "the mkudffs command that --auto names succeeds" mkudffs -d tree sim:d.disc
disc cd-rw
ok "--auto -dummy of a CD-RW succeeds" isowrite --auto -dummy dev=sim:d.disc tree
like "--auto names the cdrwtool command for a CD-RW" "$(cat "$err")" "nothing is burned, because the CD-RW .* 'cdrwtool -d sim:d.disc -q' makes"
ok "--auto with blank=fast burns a CD-RW" isowrite --auto blank=fast dev=sim:d.disc tree
for words in "-o x" "dev=sim:d.disc --append" "dev=sim:d.disc --udf" "dev=sim:d.disc -auto"; do
	# shellcheck disable=SC2086
	exits "'$words' is bad usage" 2 isowrite --auto $words tree
done
plan
