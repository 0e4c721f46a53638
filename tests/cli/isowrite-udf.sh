#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# isowrite --udf: read-only UDF volumes, written front to back.  What the kernel sees is in tests/kernel/isofs.sh.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require "command jq"
cd "$tmp" || exit

mkdir -p tree/sub/deep tree/empty
echo one >tree/one && echo two >tree/sub/two && seq 60000 >tree/sub/large && : >tree/nothing
ln tree/sub/large tree/again && ln -s sub/two tree/link && chmod 4750 tree/sub/two && chmod 1777 tree/empty
for n in 2047 2048 2049 4096; do head -c $n /dev/urandom >tree/$n; done
truncate -s 5G tree/sparse && echo "beyond 4 GiB" | dd of=tree/sparse bs=1 seek=4500000001 conv=notrunc status=none
cp -a tree plain && rm plain/sparse plain/link	# what 7-Zip reads
listing() { (cd "$1" && find . \( -type d -printf '%y %m %U %G %T@ %P\n' -o -printf '%y %m %n %U %G %s %l %T@ %P\n' \) |
	sed -E 's/(\.[0-9]{6})[0-9]* /\1 /' | sort); }
clean() { udffsck "$1" >said 2>&1 && grep -q ': clean, .*, 0 of [0-9]* blocks' said; }
blocks() { echo $(($(stat -c %s "$1") / 2048)); }

exits "a volume is written to a file" 0 isowrite --udf -V Photos -o a.udf tree
is "a summary goes to standard error" "$(sed 's/ ([0-9.]*M)//' "$err")" \
	"a.udf: UDF 2.01, $(blocks a.udf) blocks: 10 files, 3 directories"
ok "udffsck finds no problem in the volume, and it has no block to spare" clean a.udf
udfinfo a.udf >info
is "the volume is read-only and closed, and has its label" \
	"$(grep -cxE 'accesstype=readonly|integrity=closed|label=Photos|udfrev=2.01' info)" 4
is "the volume has both anchors" "$(sed -n 's/start=\(.*\), blocks=1, type=ANCHOR/\1/p' info | tr '\n' ' ')" \
	"256 $(($(blocks a.udf) - 1)) "
ok "udf get copies the files of the volume" udf get a.udf / out
is "the copied files have the types, modes, owners, links, sizes and times of the tree" "$(listing out)" "$(listing tree)"
ok "the copied files have the contents of the tree" diff -r -x sparse tree out
is "the data after 4 GiB of a file are in the volume" "$(tail -c +4500000002 out/sparse | head -c 12)" "beyond 4 GiB"
if need "command 7z"; then
	isowrite --udf -quiet -o p.udf plain && 7z x -y -tudf -o7z p.udf >said
	ok "7-Zip reads the contents of the tree" diff -r plain 7z
else
	skip "7-Zip reads the contents of the tree" "needs command 7z"
fi
for rev in 1.01 1.02 1.50 2.00; do
	isowrite --udf --udfrev=$rev -quiet -o rev.udf tree && clean rev.udf &&
		udfinfo rev.udf | grep -qx "udfrev=$rev" && cmp <(udf cat rev.udf /sub/large) tree/sub/large
	is "UDF $rev" $? 0
done
rm -rf out 7z rev.udf tree/sparse

# ---- names that UDF can't hold ----
mkdir -p odd/$'dir-\351' && printf a >odd/$'\377.txt' && echo b >odd/"$(printf 'x%.0s' {1..250}).jpeg" && echo c >odd/$'dir-\351'/below
ln -s $'dir-\351/below' odd/link && ln odd/$'\377.txt' odd/$'\376.txt'
exits "a volume is made although UDF can't hold some names" 0 isowrite --udf -quiet -o odd.udf odd
like "each name that UDF can't hold is reported" "$(tr -d '\376\377' <"$err")" \
	"^isowrite: odd/.txt: warning: UDF can't record a name; the volume has þ#[0-9A-F]{4}.txt instead"
is "five names that UDF can't hold are reported, with the target of a link" "$(grep -c warning "$err")" 5
like "files with names that UDF can't hold have changed names" "$(udf ls -R odd.udf / | tr '\n' ' ' | tr -s x)" \
	"^/: dir-é#[0-9A-F]{4} link x#[0-9A-F]{4}.jpeg þ#[0-9A-F]{4}.txt ÿ#[0-9A-F]{4}.txt  /dir-é#[0-9A-F]{4}: below $"
ok "udf get copies the files with changed names" udf get odd.udf / odd-back
is "the files with changed names have their contents" "$(cat odd-back/[xþ]* odd-back/dir*/below odd-back/link)" "$(printf 'b\nac\nc')"
is "the files with changed names keep their hard links" "$(stat -c %h odd-back/þ*)" 2
ok "udffsck finds no problem in the volume with changed names" clean odd.udf
rm -rf odd odd-back odd.udf

# ---- checksums ----
touch -r tree/one tree
exits "--udf --md5 makes a volume" 0 isowrite --udf --md5 -quiet -o sums.udf tree
exits "--check succeeds for a volume with checksums" 0 isowrite --check sums.udf
is "--check checks all files of a volume" "$(cat "$out")" "sums.udf: 10 of 10 files checked, 0 damaged"
is "the list of the volume has the checksums that md5sum computes" \
	"$(udf cat sums.udf /DISC_SET.TXT | sed -n 's/^01 [0-9]* \([0-9a-f]\{32\}\) /\1  .\//p' | sort -k2)" \
	"$(cd tree && find . -type f -exec md5sum {} + | sort -k2)"
is "the list of the volume has empty directories and links" "$(udf cat sums.udf /DISC_SET.TXT | grep -cE '^01 0 (directory empty/|directory sub/deep/|symlink link)$')" 3
ok "udffsck finds no problem in the volume with checksums" clean sums.udf
at=$(grep -abo '^59998$' sums.udf | head -1 | cut -d: -f1)
cp sums.udf bad.udf && printf X | dd of=bad.udf bs=1 seek="$at" conv=notrunc status=none
exits "--check finds a byte that has changed in a volume" 3 isowrite --check bad.udf
is "--check reports all names of the file that has changed" "$(sort "$err")" "$(printf 'isowrite: bad.udf: /%s: differs from its checksum\n' again sub/large)"
tar -C tree -cf tree.tar . && isowrite --udf --md5 -quiet --tar=tree.tar -o tar.udf 2>said
is "a volume made of an archive has checksums" "$(isowrite --check tar.udf)" "tar.udf: 10 of 10 files checked, 0 damaged"
is "-print-size includes the list of checksums" "$(isowrite --udf --md5 -quiet -print-size tree)" "$(blocks sums.udf)"
mkdir taken && : >taken/DISC_SET.TXT
exits "--md5 refuses a tree with a file that has the name of the list" 1 isowrite --udf --md5 -o no.udf taken
like "the message says how to leave out the file with the name of the list" "$(cat "$err")" "-m DISC_SET.TXT leaves it out"
isowrite --udf -quiet -o none.udf tree
exits "--check of a volume without checksums ends with status 1" 1 isowrite --check none.udf
like "the message says that the volume holds no checksums" "$(cat "$err")" "^isowrite: none.udf: it holds no checksums"
mmcsim create --media=bd-r bd && isowrite --udf --md5 -quiet tree | isowrite -silent dev=sim:bd -
is "--check checks a volume on a disc" "$(isowrite --check sim:bd)" "sim:bd: 10 of 10 files checked, 0 damaged"
rm -rf bd* taken ./*.udf tree.tar

# ---- burned at once ----
for media in cd-r dvd-r dvd+r bd-r dvd+rw; do
	rm -f disc disc.state && mmcsim create --media=$media disc
	[ $media != dvd+rw ] || cdrwtool -d sim:disc --format >said 2>&1
	exits "$media: a volume is made and burned at once" 0 isowrite --udf --md5 -V Disc dev=sim:disc tree
	is "$media: all files are on it" "$(isowrite --check sim:disc)" "sim:disc: 10 of 10 files checked, 0 damaged"
	[[ $media == cd-r || $media == dvd+rw ]] || is "$media: with both anchors" "$(udfinfo sim:disc | grep -c type=ANCHOR)" 2
done
isowrite --udf --json dev=sim:disc -force tree >json 2>said
is "--json of a burned volume has the counts" "$(jq -r '"\(.files) \(.directories) \(.failed)"' json)" "9 3 0"
tar -C tree -cf tree.tar . && isowrite --udf -silent --tar=tree.tar dev=sim:disc -force 2>said
ok "a volume made of an archive is burned" cmp <(udf cat sim:disc /sub/large) tree/sub/large
for words in --append -pad padsize=10s; do
	exits "$words together with --udf dev= is bad usage" 2 isowrite --udf $words dev=sim:disc tree
done
rm -f disc disc.state tree.tar

# ---- one pass, the same each time ----
SOURCE_DATE_EPOCH=$(date +%s) && export SOURCE_DATE_EPOCH
isowrite --udf -quiet -o b.udf tree && isowrite --udf -quiet tree | cat >c.udf
same "a volume written to a pipe has the same bytes" c.udf b.udf
mkdir hollow && truncate -s 3M hollow/zeros && isowrite --udf -quiet hollow >c.udf && isowrite --udf -quiet -o d.udf hollow
same "a volume written to a file as standard output has the same bytes" c.udf d.udf
is "a volume written to a file as standard output has holes" "$(($(stat -c %b c.udf) - $(stat -c %b d.udf) < 100))" 1
cp -a tree copy && isowrite --udf -quiet -o - copy >c.udf
same "a copy of the tree gives the same volume" c.udf b.udf
mmcsim create --media=dvd-r disc && isowrite --udf -quiet tree | isowrite -silent dev=sim:disc -
is "a volume burned on a disc has both anchors" "${PIPESTATUS[*]} $(udfinfo sim:disc | grep -c type=ANCHOR)" "0 0 2"
is "-print-size prints the real size" "$(isowrite --udf -quiet -print-size tree)" "$(blocks b.udf)"
is "-print-size ends with '= N' on standard error" \
	"$(isowrite --udf -print-size tree 2>&1 >/dev/null | sed 's/.* = //')" "$(blocks b.udf)"
isowrite --udf -quiet --json -o d.udf tree >json
is "--json has the counts" "$(jq -r '"\(.blocks) \(.files) \(.directories) \(.hard_links) \(.failed)"' json)" \
	"$(blocks d.udf) 9 3 1 0"
unset SOURCE_DATE_EPOCH

# ---- several directories, what is left out ----
mkdir -p more/sub && echo three >more/sub/three && echo other >more/one
exits "two directories become one; a file that is there twice is reported" 3 isowrite --udf -quiet -o m.udf tree more
like "the message names the file that exists in both directories" "$(cat "$err")" "^isowrite: more/one: already exists$"
is "the volume has the other files of both directories" "$(udf cat m.udf /sub/two /sub/three /one)" "$(printf 'two\nthree\none')"
exits "-exclude leaves files out" 0 isowrite --udf -quiet -m '20*' -m sub/two -o m.udf tree
like "-v reports the files that -exclude leaves out" "$(isowrite --udf -v -m '20*' -m sub/two -o m.udf tree 2>&1)" "^isowrite: tree/sub/two: left out$"
is "the volume lacks the files that -exclude leaves out" "$(udf ls m.udf / /sub | grep -cE '^(20.*|two)$')" 0
mkdir self && echo x >self/x && isowrite --udf -quiet -o self/v.udf self && isowrite --udf -quiet -o self/v.udf self
is "a volume does not contain itself" "$(udf ls self/v.udf /)" x
mkdir changing && head -c 2000000 /dev/urandom >changing/a && seq 1000 >changing/b
isowrite --udf -quiet changing 2>said | { head -c 2048 && : >changing/b && cat; } >changed.udf
is "a file that changes meanwhile is reported" "${PIPESTATUS[0]} $(head -n 1 said)" \
	"3 isowrite: changing/b: it changed meanwhile"
ok "udffsck finds no problem in the volume with a changed file" clean changed.udf

# ---- refused ----
exits "--udfrev=2.5x is bad usage" 2 isowrite --udf --udfrev=2.5x -o never tree
exits "--udfrev=2.50 is bad usage" 2 isowrite --udf --udfrev=2.50 -o never tree
like "the message says why --udfrev=2.50 can't be made" "$(cat "$err")" "2.50.*metadata partition"
exits "-r together with --udf is bad usage" 2 isowrite --udf -r -o never tree
like "the message names the option that doesn't go with --udf" "$(cat "$err")" "option '-rational-rock' doesn't go with --udf"
exits "--udfrev without --udf is bad usage" 2 isowrite --udfrev=2.01 -o never tree
exits "--udf of a file is refused" 1 isowrite --udf -o never tree/one
exits "--udf of a missing directory fails" 1 isowrite --udf -o never nowhere
exits "--udf fails if the medium is full" 1 isowrite --udf -quiet -o /dev/full tree
is "--udf that fails leaves no file behind" "$(echo never* .*never*)" "never* .*never*"
plan
