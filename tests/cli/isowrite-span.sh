#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# isowrite --span: a tree on a set of discs, each of which can be read alone and holds the list of the whole set.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
for need in "command isoinfo" "command xorriso" "command jq" "command 7z"; do require "$need"; done
[ -x "$top_builddir/isowrite/isowrite" ] || require "command isowrite"
cd "$tmp" || exit
export SOURCE_DATE_EPOCH=1700000000
list=DISC_SET.TXT

mkdir -p tree/boot tree/photos/2001 tree/photos/2002 tree/empty tree/many
for i in 1 2 3; do
	head -c 150000 /dev/urandom >tree/photos/2001/$i.jpg
	head -c 180000 /dev/urandom >tree/photos/2002/$i.jpg
done
for i in $(seq 40); do head -c 20000 /dev/urandom >tree/many/$i; done
head -c 400000 /dev/urandom >"tree/a large one"
head -c 2048 /dev/urandom >tree/boot/loader && echo config >tree/boot/config
ln tree/photos/2001/1.jpg tree/many/favourite && ln -s 2001 tree/photos/latest
chmod 751 tree/photos/2002 && chmod 750 tree/empty
find tree -exec touch -d 2020-01-01 {} +

# ---- images ----
span() { isowrite -R -J -V Photos --span=1m,1200k "$@"; }
booting() { span -b boot/loader -no-emul-boot -c boot/catalog "$@"; }
ok "--span makes the images of a set" booting --plan=plan -o set.iso tree
cp "$err" said
n=$(ls set-0?.iso | wc -l)
like "the set needs more than two discs" "$n" "^[345]$"
is "no image is larger than its disc" \
	"$(find . -name 'set-01.iso' -size +1024k; find . -name 'set-0[2-9].iso' -size +1200k)" ""
is "-print-size prints the sizes that the images have" "$(booting -print-size -quiet tree | xargs)" \
	"$(for i in set-0?.iso; do echo $(($(stat -c %s "$i") / 2048)); done | xargs)"
isoinfo -R -x "/$list" -i set-02.iso >list
like "the list on each disc has the number of that disc" "$(sed -n 2p list)" "^# This is disc 02 of 0$n\.$"
is "each disc has its number in its label" "$(isoinfo -d -i set-02.iso | sed -n 's/^Volume id: //p')" Photos_02
is "the list is the same on all discs apart from the number of the disc" \
	"$(for i in set-0?.iso; do isoinfo -R -x "/$list" -i "$i" | sed 2d | cksum; done | sort -u | wc -l)" 1
is "the list of the set has every file" "$(grep -v '^#' list | cut -d' ' -f4- | sort)" \
	"$(cd tree && { find . ! -type d; find . -type d -empty -printf '%p/\n'; } | sed 's/^..//' | sort)"
for i in set-0?.iso; do
	d=${i%.iso}; d=${d#set-}
	7z x -snl -o"out-$d" "$i" >/dev/null 2>&1
	is "disc $d alone holds what the list says, and nothing else" \
		"$(cd "out-$d" && find . -type f ! -name $list ! -name catalog ! -path '*BOOT*' | cut -c3- | sort)" \
		"$(grep "^$d [0-9]* [0-9a-f]\{32\} " list | cut -d' ' -f4- | sort)"
	is "disc $d: the command in the list compares the checksums" \
		"$(cd "out-$d" && sed -n "s/^$d [0-9]* \([0-9a-f]\{32\}\) /\1  /p" $list | md5sum -c --quiet 2>&1)" ""
done
is "all names of a file are on one disc" \
	"$(grep -E ' (many/favourite|photos/2001/1.jpg)$' list | cut -d' ' -f1 | uniq | wc -l)" 1
favourite=$(grep 'favourite$' list | cut -d' ' -f1)
is "names of one file stay hard links" \
	"$(isoinfo -R -l -i "set-$favourite.iso" | grep -cE '^-rw-r--r--   2 .*(favourite|1.jpg) $')" 2
where=$(grep 'photos/2002/1.jpg$' list | cut -d' ' -f1)
like "directories keep their modes on the discs" "$(isoinfo -R -l -i "set-$where.iso")" '^drwxr-x--x .* 2002 $'
where=$(grep ' directory empty/$' list | cut -d' ' -f1)
like "empty directories keep their modes on the discs" "$(isoinfo -R -l -i "set-$where.iso")" '^drwxr-x--- .* empty $'
is "the files in the directory of the boot image are on the first disc" "$(grep ' boot/' list | cut -c1-2 | xargs)" "01 01"
is "only the first disc boots" \
	"$(for i in set-0?.iso; do isoinfo -d -i "$i" | grep -c '^El Torito'; done | xargs)" \
	"$(for i in set-0?.iso; do [ $i = set-01.iso ] && echo 1 || echo 0; done | xargs)"

ok "the operands of --span may come through a pipe" isowrite -R --span=1200k -graft-points -path-list - -o piped.iso \
	<<<$'one=tree/photos\ntwo=tree/many'
is "all paths from the pipe are in the image" "one two" \
	"$(isoinfo -R -x /$list -i piped-02.iso | grep -v '^#' | cut -d' ' -f4- | cut -d/ -f1 | sort -u | xargs)"

mkdir odd && echo 1 >'odd/back\slash' && echo 2 >$'odd/new\nline' && echo 3 >odd/plain && isowrite -quiet --span=1m -o odd.iso odd
xorriso -osirrox on -indev odd-01.iso -extract / out-odd >/dev/null 2>&1
is "the command in the list checks names with special characters" "$(cd out-odd && bash -c "$(sed -n '/^#   sed -n/s/^# *//p' $list | sed 's/03/01/')" 2>&1
	echo $?)" 0

# ---- a disc that is lost or damaged ----
ok "--check reads a disc with the checksums of the list" isowrite --check set-02.iso
like "--check reports the number of the disc and its files" "$(cat "$out")" ": ([0-9]+) of \1 files checked, 0 damaged; disc 02 of 0$n$"
mkdir left && cp set-*.iso left && rm left/set-02.iso
mkdir uneven && head -c 2500k /dev/urandom >uneven/large && echo small >uneven/small
ok "a set is made whose large file does not fit on the first disc" isowrite -quiet -R --span=1m,4m -o uneven.iso uneven
is "no disc of the set is empty" "$(isoinfo -R -f -i uneven-01.iso | sort | xargs)" "/DISC_SET.TXT /small"
exits "with one disc lost, --check --set fails" 3 isowrite --check --set left/*.iso
is "--check --set lists the files on the missing disc" "$(sed -n '/^disc 02 of .* is missing/,$p' "$out" | sed 1d)" \
	"$(grep '^02 ' list | cut -d' ' -f4-)"
is "--check --set --json lists the files on the missing discs" "$(isowrite --check --set --json left/*.iso | jq -r '.[-1].missing[] | .disc, .paths[]')" \
	"$(echo 2; grep '^02 ' list | cut -d' ' -f4- | sed 's,/$,,')"
ok "--check --set succeeds if all discs of a set are there" isowrite --check --set set-0?.iso
like "--check --set reports that all discs of the set are there" "$(cat "$out")" "^all $n discs of the set are there$"
head -c $((2048 * $(isoinfo -R -l -i set-02.iso | sed -n "s/.*\[ *\([0-9]*\) .*$list.*/\1/p"))) set-02.iso >short.iso
isowrite --check short.iso >said 2>&1
like "a list that can't be read is reported" "$(cat said)" "short.iso: DISC_SET.TXT, the list of the set, is damaged"
cp set-02.iso bad.iso
at=$(($(stat -c %s bad.iso) - 150 * 2048 - 30000))
byte=$(($(od -An -tu1 -j $at -N 1 bad.iso) ^ 255))	# a byte of random data may be any letter
printf "\\$(printf %03o $byte)" | dd of=bad.iso bs=1 seek=$at conv=notrunc 2>/dev/null
exits "a changed byte is found" 3 isowrite --check bad.iso
isowrite -R --span=1m -o other.iso "tree/a large one" 2>/dev/null
exits "--check --set refuses a disc of another set" 1 isowrite --check --set set-01.iso other-01.iso
like "--check --set names the disc of another set" "$(cat "$err")" "other-01.iso: is a disc of another set"

ok "--span makes images that are both ISO 9660 and UDF" isowrite -R --bridge --span=2500k -o both.iso tree
is "both trees of a --bridge image have the same list" "$(udf cat both-02.iso $list | cksum)" "$(isoinfo -R -x /$list -i both-02.iso | cksum)"

ok "--span makes UDF volumes" isowrite --udf -V Photos --span=2m,2100k --plan=udf.plan -m '*7' -m photos/2001 -o vol.udf tree
n=$(sed -n 's/^set .*: \([0-9]*\) discs$/\1/p' "$err")
like "the set needs more than one volume" "$n" "^[2-9]$"
is "no volume is larger than its disc" "$(find . -name 'vol-01.udf' -size +2048k; find . -name 'vol-0[2-9].udf' -size +2100k)" ""
for i in vol-0?.udf; do
	d=${i%.udf}; d=${d#vol-}
	udf get "$i" / "get-$d" >/dev/null 2>&1
	is "volume $d holds what the list says" "$(cd "get-$d" && find . ! -type d ! -name $list | cut -c3- | sort)" \
		"$(grep "^$d " udf.plan | grep -v ' directory ' | cut -d' ' -f4- | sort)"
	is "volume $d has the same data" \
		"$(cd "get-$d" && sed -n "s/^$d [0-9]* \([0-9a-f]\{32\}\) /\1  /p" $list | md5sum -c --quiet 2>&1)" ""
	ok "volume $d is clean" udffsck -n "$i"
done
ok "--check reads the checksums of all volumes" isowrite --check --set vol-0?.udf
is "--check --set finds all volumes of the set" "$(tail -1 "$out")" "all $(find . -name 'vol-0?.udf' | wc -l) discs of the set are there"
mv vol-02.udf lost.udf
exits "--check --set fails if a volume of the set is missing" 3 isowrite --check --set vol-0?.udf
is "--check --set lists everything that was on the missing volume" "$(sed -n '/^disc 02 of .* is missing, with/,$p' "$out" | sed 1d | sed 's,/$,,')" \
	"$(sed -n 's/^02 [0-9]* [^ ]* //p' udf.plan | sed 's,/$,,')"
mv lost.udf vol-02.udf
is "files that --udf excludes are not in the plan" "$(grep -cE ' (many/.*7|photos/2001/.*)$' udf.plan)" 0

: >tree/$'new\nline' && : >'tree/back\slash'
ok "--span makes a set of names of all kinds" isowrite --no-md5 --span=4m -o odd.iso tree
ok "--check --set finds names of all kinds without -R and checksums" isowrite --check --set odd-01.iso
is "--check --set reports the only disc of a set" "$(tail -n 1 "$out")" "the only disc of the set is there"
rm tree/$'new\nline' 'tree/back\slash'

for form in --bridge --udf; do
	n=$(isowrite -R $form --span=1g -print-size -quiet tree)
	is "$form: what just fits on one disc is on one" \
		"$(isowrite -R $form --span=$((n * 2048)) -print-size -quiet tree)" "$n"
done

# ---- volumes of UDF onto discs ----
cat >next-udf <<'EOF2'
cp u.disc u-$((ISOWRITE_DISC - 1)) && cp u.disc.state u-$((ISOWRITE_DISC - 1)).state && rm u.disc u.disc.state &&
	mmcsim create --media=dvd+r u.disc >/dev/null
EOF2
mmcsim create --media=dvd+r u.disc
ok "a set of UDF volumes is burned disc by disc" isowrite --udf -quiet --span=2m,2100k --plan=burned.plan \
	--next-disc='sh ./next-udf' dev=sim:u.disc tree
n=$(sed -n 's/^# This is the plan of 0\([0-9]\) discs.$/\1/p' burned.plan)
cp u.disc u-$n && cp u.disc.state u-$n.state
ok "--check --set succeeds for UDF volumes on discs" isowrite --check --set $(seq -f sim:u-%g "$n")
is "--check --set finds all UDF volumes on the discs" "$(tail -1 "$out")" "all $n discs of the set are there"
rm -f u.disc* && mmcsim create --media=dvd+rw u.disc && cdrwtool -d sim:u.disc --format >said 2>&1
exits "a disc of the set is not overwritten by the next one" 1 isowrite --udf -quiet --span=2m,2100k --plan=burned.plan \
	--next-disc=true -force dev=sim:u.disc tree
like "the message names the disc of the set that would be lost" "$(cat "$err")" "holds disc 01 of this very set, which would be lost"
is "--span=media asks the drive for the size of UDF volumes" "$(isowrite --udf --span=media -quiet -print-size --json dev=sim:u.disc tree | jq -c '[.discs[].size_blocks]')" "[2295104]"
rm -f u.disc* u-[0-9]* burned.plan

# ---- a plan is there as a whole, or not at all ----
mkdir links && echo one >links/one && ln -s one links/link && mkfifo links/fifo && mkdir links/empty
(trap '' XFSZ && ulimit -f 0 && isowrite -R --span=1m --plan=links.plan -o links.iso links) 2>&1 | cat >said
is "no part of a plan is left if the plan can't be written" "${PIPESTATUS[0]} $(ls -A | grep -c links.plan)" "1 0"
like "the message says that the plan can't be written" "$(cat said)" "^isowrite: links.plan: cannot write the plan"
for form in "-R" "--udf"; do
	# shellcheck disable=SC2086
	ok "$form: --plan stores the plan of a tree with links" isowrite $form --span=2m --plan=links.plan -o links.iso links
	is "$form: storing a plan leaves no other file beside it" "$(ls -A | grep -c 'links.plan')" 1
	ln -snf empty links/link && chmod 600 links/one && chmod 700 links/empty
	# shellcheck disable=SC2086
	exits "$form: a tree with changed links and modes is not the tree of the plan" 1 isowrite $form --span=2m --plan=links.plan -o links.iso links
	is "$form: changed links and modes are reported with their names" "$(sed -n 's/^isowrite: \([a-z]*\): \(.* owner\)$/\1 \2/p' "$err" | sort | tr '\n' ' ')" \
		"empty has another mode or owner link leads elsewhere, or has another owner one has another mode or owner "
	ln -snf one links/link && chmod 644 links/one && chmod 755 links/empty
	# shellcheck disable=SC2086
	ok "$form: a tree that is restored is the tree of the plan" isowrite $form --span=2m --plan=links.plan -o links.iso links
	rm links.plan
done
rm -r links links-01.iso

# ---- the same again, and a tree that has changed ----
mv set-02.iso two && rm set-0[3-9].iso
ok "--first-disc=2 makes the discs from the second on" booting --plan=plan --first-disc=2 -o set.iso tree
is "a disc that is made again is the same" "$(xorriso -indev set-02.iso -find / -exec report_lba 2>/dev/null)" \
	"$(xorriso -indev two -find / -exec report_lba 2>/dev/null)"
ok "the list of a disc can be used as --plan" booting --plan=list -o set.iso tree
echo new >tree/photos/2001/new && echo longer >>tree/boot/config
rm set-0?.iso
exits "--plan refuses a tree that has changed" 1 booting --plan=plan --first-disc=2 -o set.iso tree
like "--plan reports a new file" "$(cat "$err")" "^isowrite: photos/2001/new: is new$"
like "--plan reports a file of another size" "$(cat "$err")" "^isowrite: boot/config: has another size$"
is "nothing is written if the tree has changed" "$(ls set-0?.iso 2>/dev/null)" ""
rm tree/photos/2001/new && echo CONFIG >tree/boot/config
exits "--plan refuses a file with other contents of the same size" 1 booting --plan=plan --first-disc=2 -o set.iso tree
like "--plan reports the file with other contents" "$(cat "$err")" "^isowrite: boot/config: has other contents$"
exits "--plan refuses a file that is not a plan" 1 booting --plan=tree/boot/config -o set.iso tree
like "the message names the file that is not a plan" "$(cat "$err")" "^isowrite: tree/boot/config: is not a list of a set of discs$"

cp two set-98.iso
like "an image that another set has left is reported" "$(span -quiet -o set.iso tree 2>&1)" \
	"^isowrite: warning: set-98.iso is of another set: this one has [0-9]+ discs$"
rm set-*.iso

# ---- what can't be ----
mkfifo waits
exits "a plan that is no file is refused" 1 timeout 10 isowrite --span=1m --plan=waits -o set.iso tree
head -c 1300000 /dev/zero >tree/huge
exits "--span fails if a file is larger than every disc" 1 span -o set.iso tree
like "the message names the file that is too large, and both sizes" "$(cat "$err")" \
	"^isowrite: tree/huge: has 1300000 bytes and fits on no disc of the set: on the largest, 8[0-9]{5} are for"
is "nothing is written if a file is too large for every disc" "$(ls set-0?.iso 2>/dev/null)" ""
rm tree/huge
echo >"tree/$(printf 'x%.0s' {1..255})"
for form in --bridge --udf; do
	exits "$form: a set with a name that UDF can't record is refused" 1 isowrite -R $form --span=3m -o set.iso tree
	like "$form: the message has the name that UDF can't record" "$(cat "$err")" "^isowrite: tree/xxx*: has a name that UDF can't record"
	like "$form: the message advises to leave the file out" "$(cat "$err")" "-m GLOB"
done
is "nothing is written if UDF can't record a name" "$(ls set-0?.iso 2>/dev/null)" ""
rm tree/xxx*
exits "a disc that is too small for the list is refused" 1 span --span=300k -o set.iso tree
like "the message says how much the list of the set needs" "$(cat "$err")" "no room for files: 3[0-9]{2}K are for the list"
echo >tree/$list
like "a file with the name of the list is refused" \
	"$(span -o set.iso tree 2>&1)" "$list: the files have one of this name"
rm tree/$list
for words in "-o set.iso --first-disc=2" "-o set.iso --next-disc=x" "" "-o -" "-o set.iso --udf --tar=x" "-o set.iso -C 0,1" \
	"-o set.iso --span=x" "-o set.iso --span=media"; do
	# shellcheck disable=SC2086
	exits "'$words' is bad usage" 2 isowrite --span=1m $words tree
done
exits "--plan alone is bad usage" 2 isowrite --plan=plan -o x.iso tree

# ---- discs ----
cat >next <<'END'
mmcsim eject d.disc && mmcsim insert d.disc "$ISOWRITE_DISC.disc" &&
echo "$ISOWRITE_DISC of $ISOWRITE_DISCS in $ISOWRITE_DEVICE" >>changes
END
discs() {
	rm -f ./*.disc* changes
	for i in d 2 3 4 5; do mmcsim create --media="$1" $i.disc; done
}
whole() {
	# shellcheck disable=SC2046
	is "$1" "$(isowrite --check --set d.disc $(seq -f %g.disc 2 "$n") | tail -n 1)" \
		"all $n discs of the set are there"
}
printf BOOT >loader
for media in cd-r dvd+r; do
	discs $media
	ok "$media: a set is burned disc after disc" span -G loader --next-disc="sh ./next" --plan=$media.plan dev=sim:d.disc tree
	is "$media: only the first disc has the boot loader" \
		"$(head -c 4 d.disc; head -c 4 2.disc | od -An -tx1 | tr -d " ")" BOOT00000000
	n=$(sed -n 's/^set .*: \([0-9]*\) discs$/\1/p' "$err")
	is "$media: --next-disc tells the command the number of the disc" "$(cat changes)" \
		"$(for i in $(seq 2 "$n"); do echo "$i of $n in sim:d.disc"; done)"
	whole "$media: all burned discs are whole"
done
discs dvd+r
exits "a --next-disc command that fails ends the set" 1 span --next-disc="exit 7" --plan=resume dev=sim:d.disc tree
like "the message names the options that continue the set" "$(cat "$err")" "the same command with --first-disc=2 --plan=resume goes on with it$"
mmcsim eject d.disc && mmcsim insert d.disc 2.disc
ok "--first-disc continues a set" span --next-disc="sh ./next" --plan=resume --first-disc=2 dev=sim:d.disc tree
whole "a set that was continued has all discs"
discs dvd+r
late=$(sed -n 's/^02 [0-9]* [0-9a-f]* \(many.*\)/\1/p' resume | head -n 1)
exits "a file that changes before its disc is made ends the set" 1 \
	span --next-disc="echo more >>tree/$late; sh ./next" --plan=resume dev=sim:d.disc tree
like "the message names the file that has changed" "$(cat "$err")" "^isowrite: tree/$late: has changed since the set was planned$"
like "the message says how to continue after a file has changed" "$(cat "$err")" "When they are so again, the same command with --first-disc=2"
is "the disc stays blank if a file has changed" "$(isowrite dev=sim:d.disc -minfo | sed -n 's/^disk status: *//p')" blank
head -c 20000 "tree/$late" >x && cat x >"tree/$late"
discs dvd+r
mmcsim answer --times=9 d.disc 1B 5/53/02
exits "a tray that can't be opened ends the set" 1 span --plan=resume dev=sim:d.disc tree </dev/null
like "a disc in a tray that can't be opened counts as made" "$(cat "$err")" "disc 02 of .* was not made.* with --first-disc=2"
discs dvd+r
mmcsim defect d.disc 300
exits "a write error ends the set" 1 span --plan=resume dev=sim:d.disc tree
like "the message says that a disc with a write error must be replaced" "$(cat "$err")" "no part of the set; take another one"

discs dvd+r
mkfifo answers && exec {answers}<>answers
isowrite -R -J --span=1200k dev=sim:d.disc tree <answers 2>said & job=$!
asked() {
	local line="insert disc $1 of 03 (a blank one, for [^ ]*) into sim:d.disc and press ENTER"
	[ "$(grep -oc "$line" said)" = "$2" ]
}
ok "without --next-disc the user is asked for the next disc" wait_until 20 asked 02 1
like "the tray is open when the user is asked for the next disc" "$(mmcsim show d.disc)" "^drive: open"
mmcsim insert d.disc && echo >&"$answers"
ok "the user is asked again if the disc is not blank" wait_until 20 asked 02 2
mmcsim eject d.disc && mmcsim insert d.disc 2.disc && echo >&"$answers"
ok "the user is asked for the third disc after the second" wait_until 20 asked 03 1
mmcsim insert d.disc 3.disc && echo >&"$answers"
wait $job
is "a set with questions to the user ends with status 0" "$?" 0
n=3
whole "a set with questions to the user is whole"
discs dvd+r
exits "the end of standard input ends the set" 1 isowrite -R --span=1200k dev=sim:d.disc tree </dev/null
like "the message says how to continue after standard input ended" "$(cat "$err")" \
	"the same command with --first-disc=2 --plan=FILE goes on with it, where FILE is $list of a disc"
is "--span=media asks the drive for the size of a disc" \
	"$(isowrite -R --span=media -print-size --json dev=sim:5.disc tree | jq -c '[.discs[].size_blocks]')" \
	'[2295104]'
discs cd-rw
blanks() { span --plan=again blank=fast dev=sim:d.disc "$@" tree; }
exits "a disc of the set is not blanked for the next one" 1 blanks --next-disc=true
like "the message names the disc of the set that would be blanked" "$(cat "$err")" "holds disc 01 of this very set, which would be lost"
like "the disc of the set that was not blanked is undamaged" "$(isowrite --check d.disc)" ", 0 damaged; disc 01 of"
exits "a disc of the set is not blanked by --first-disc either" 1 blanks --first-disc=2 --next-disc=true
like "a disc of the set may be blanked to make that same disc again" "$(blanks --next-disc="exit 7" 2>&1)" "^isowrite: disc 02 of .* was not made"
discs dvd-ram
exits "a disc of the set that is written in place is not overwritten" 1 \
	span --plan=again --next-disc=true -force dev=sim:d.disc tree
like "the message names the disc of the set that would be overwritten" "$(cat "$err")" "holds disc 01 of this very set, which would be lost"
like "the disc of the set that was not overwritten is undamaged" "$(isowrite --check d.disc)" ", 0 damaged; disc 01 of"
plan
