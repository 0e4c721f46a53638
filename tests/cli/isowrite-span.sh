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
ok "a set of images" booting --plan=plan -o set.iso tree
cp "$err" said
n=$(ls set-0?.iso | wc -l)
like "more than two are needed" "$n" "^[345]$"
is "none is larger than its disc" \
	"$(find . -name 'set-01.iso' -size +1024k; find . -name 'set-0[2-9].iso' -size +1200k)" ""
is "-print-size has their sizes" "$(booting -print-size -quiet tree | xargs)" \
	"$(for i in set-0?.iso; do echo $(($(stat -c %s "$i") / 2048)); done | xargs)"
isoinfo -R -x "/$list" -i set-02.iso >list
like "each has the list of the set, with its own number" "$(sed -n 2p list)" "^# This is disc 02 of 0$n\.$"
is "and its label" "$(isoinfo -d -i set-02.iso | sed -n 's/^Volume id: //p')" Photos_02
is "and the same list otherwise" \
	"$(for i in set-0?.iso; do isoinfo -R -x "/$list" -i "$i" | sed 2d | cksum; done | sort -u | wc -l)" 1
is "the list has every file" "$(grep -v '^#' list | cut -d' ' -f4- | sort)" \
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
is "names of one file are on one disc" \
	"$(grep -E ' (many/favourite|photos/2001/1.jpg)$' list | cut -d' ' -f1 | uniq | wc -l)" 1
favourite=$(grep 'favourite$' list | cut -d' ' -f1)
is "where they stay links" \
	"$(isoinfo -R -l -i "set-$favourite.iso" | grep -cE '^-rw-r--r--   2 .*(favourite|1.jpg) $')" 2
where=$(grep 'photos/2002/1.jpg$' list | cut -d' ' -f1)
like "directories have their modes" "$(isoinfo -R -l -i "set-$where.iso")" '^drwxr-x--x .* 2002 $'
where=$(grep ' directory empty/$' list | cut -d' ' -f1)
like "empty ones too" "$(isoinfo -R -l -i "set-$where.iso")" '^drwxr-x--- .* empty $'
is "what is beside the loader is on the first disc" "$(grep ' boot/' list | cut -c1-2 | xargs)" "01 01"
is "which boots, and no other does" \
	"$(for i in set-0?.iso; do isoinfo -d -i "$i" | grep -c '^El Torito'; done | xargs)" \
	"$(for i in set-0?.iso; do [ $i = set-01.iso ] && echo 1 || echo 0; done | xargs)"

ok "a list of paths may come through a pipe" isowrite -R --span=1200k -graft-points -path-list - -o piped.iso \
	<<<$'one=tree/photos\ntwo=tree/many'
is "and all of them are there" "one two" \
	"$(isoinfo -R -x /$list -i piped-02.iso | grep -v '^#' | cut -d' ' -f4- | cut -d/ -f1 | sort -u | xargs)"

mkdir odd && echo 1 >'odd/back\slash' && echo 2 >$'odd/new\nline' && echo 3 >odd/plain && isowrite -quiet --span=1m -o odd.iso odd
xorriso -osirrox on -indev odd-01.iso -extract / out-odd >/dev/null 2>&1
is "the command of the list takes names of every kind" "$(cd out-odd && bash -c "$(sed -n '/^#   sed -n/s/^# *//p' $list | sed 's/03/01/')" 2>&1
	echo $?)" 0

# ---- a disc that is lost or damaged ----
ok "--check reads a disc with the checksums of the list" isowrite --check set-02.iso
like "it says which one it is" "$(cat "$out")" ": ([0-9]+) of \1 files checked, 0 damaged; disc 02 of 0$n$"
mkdir left && cp set-*.iso left && rm left/set-02.iso
exits "with one disc lost, --check --set fails" 3 isowrite --check --set left/*.iso
is "and names what is missing" "$(sed -n '/^disc 02 of .* is missing/,$p' "$out" | sed 1d)" \
	"$(grep '^02 ' list | cut -d' ' -f4-)"
is "also in JSON" "$(isowrite --check --set --json left/*.iso | jq -r '.[-1].missing[] | .disc, .paths[]')" \
	"$(echo 2; grep '^02 ' list | cut -d' ' -f4- | sed 's,/$,,')"
ok "all of them are whole" isowrite --check --set set-0?.iso
like "which is said" "$(cat "$out")" "^all $n discs of the set are there$"
head -c $((2048 * $(isoinfo -R -l -i set-02.iso | sed -n "s/.*\[ *\([0-9]*\) .*$list.*/\1/p"))) set-02.iso >short.iso
isowrite --check short.iso >said 2>&1
like "a list that can't be read is reported" "$(cat said)" "short.iso: DISC_SET.TXT, the list of the set, is damaged"
cp set-02.iso bad.iso
printf X | dd of=bad.iso bs=1 seek=$(($(stat -c %s bad.iso) - 150 * 2048 - 30000)) conv=notrunc 2>/dev/null
exits "a changed byte is found" 3 isowrite --check bad.iso
isowrite -R --span=1m -o other.iso "tree/a large one" 2>/dev/null
exits "a disc of another set is recognised as one" 1 isowrite --check --set set-01.iso other-01.iso
like "by name" "$(cat "$err")" "other-01.iso: is a disc of another set"

ok "images can be both ISO 9660 and UDF" isowrite -R --bridge --span=2500k -o both.iso tree
is "with the list in both" "$(udf cat both-02.iso $list | cksum)" "$(isoinfo -R -x /$list -i both-02.iso | cksum)"

ok "or UDF alone" isowrite --udf -V Photos --span=2m,2100k --plan=udf.plan -m '*7' -m photos/2001 -o vol.udf tree
n=$(sed -n 's/^set .*: \([0-9]*\) discs$/\1/p' "$err")
like "with more than one volume" "$n" "^[2-9]$"
is "none larger than its disc" "$(find . -name 'vol-01.udf' -size +2048k; find . -name 'vol-0[2-9].udf' -size +2100k)" ""
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
is "and finds all of them" "$(tail -1 "$out")" "all $(find . -name 'vol-0?.udf' | wc -l) discs of the set are there"
mv vol-02.udf lost.udf
exits "a volume that is lost is named" 3 isowrite --check --set vol-0?.udf
is "with everything that was on it" "$(sed -n '/^disc 02 of .* is missing, with/,$p' "$out" | sed 1d | sed 's,/$,,')" \
	"$(sed -n 's/^02 [0-9]* [^ ]* //p' udf.plan | sed 's,/$,,')"
mv lost.udf vol-02.udf
is "what is excluded is nowhere, with the patterns of --udf" "$(grep -cE ' (many/.*7|photos/2001/.*)$' udf.plan)" 0

: >tree/$'new\nline' && : >'tree/back\slash'
ok "names of all kinds" isowrite --no-md5 --span=4m -o odd.iso tree
ok "are found again, also without -R and checksums" isowrite --check --set odd-01.iso
is "where they are one disc" "$(tail -n 1 "$out")" "the only disc of the set is there"
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
ok "all of them are whole" isowrite --check --set $(seq -f sim:u-%g "$n")
is "and there" "$(tail -1 "$out")" "all $n discs of the set are there"
rm -f u.disc* && mmcsim create --media=dvd+rw u.disc && cdrwtool -d sim:u.disc --format >said 2>&1
exits "a disc of the set is not overwritten by the next one" 1 isowrite --udf -quiet --span=2m,2100k --plan=burned.plan \
	--next-disc=true -force dev=sim:u.disc tree
like "which is said" "$(cat "$err")" "holds disc 01 of this very set, which would be lost"
is "the drive says how large a disc is, for UDF, too" "$(isowrite --udf --span=media -quiet -print-size --json dev=sim:u.disc tree | jq -c '[.discs[].size_blocks]')" "[2295104]"
rm -f u.disc* u-[0-9]* burned.plan

# ---- a plan is there as a whole, or not at all ----
mkdir links && echo one >links/one && ln -s one links/link && mkfifo links/fifo && mkdir links/empty
(trap '' XFSZ && ulimit -f 0 && isowrite -R --span=1m --plan=links.plan -o links.iso links) 2>&1 | cat >said
is "a plan that can't be written is not there" "${PIPESTATUS[0]} $(ls -A | grep -c links.plan)" "1 0"
like "that is said" "$(cat said)" "^isowrite: links.plan: cannot write the plan"
for form in "-R" "--udf"; do
	# shellcheck disable=SC2086
	ok "$form: a plan of links" isowrite $form --span=2m --plan=links.plan -o links.iso links
	is "nothing else is beside it" "$(ls -A | grep -c 'links.plan')" 1
	ln -snf empty links/link && chmod 600 links/one && chmod 700 links/empty
	# shellcheck disable=SC2086
	exits "$form: a link that leads elsewhere and modes that have changed" 1 isowrite $form --span=2m --plan=links.plan -o links.iso links
	is "are noticed" "$(sed -n 's/^isowrite: \([a-z]*\): \(.* owner\)$/\1 \2/p' "$err" | sort | tr '\n' ' ')" \
		"empty has another mode or owner link leads elsewhere, or has another owner one has another mode or owner "
	ln -snf one links/link && chmod 644 links/one && chmod 755 links/empty
	# shellcheck disable=SC2086
	ok "$form: as they were, they are those of the plan" isowrite $form --span=2m --plan=links.plan -o links.iso links
	rm links.plan
done
rm -r links links-01.iso

# ---- the same again, and a tree that has changed ----
mv set-02.iso two && rm set-0[3-9].iso
ok "the set goes on with one disc" booting --plan=plan --first-disc=2 -o set.iso tree
is "which is as it was" "$(xorriso -indev set-02.iso -find / -exec report_lba 2>/dev/null)" \
	"$(xorriso -indev two -find / -exec report_lba 2>/dev/null)"
ok "the list of another disc will do as the plan" booting --plan=list -o set.iso tree
echo new >tree/photos/2001/new && echo longer >>tree/boot/config
rm set-0?.iso
exits "a tree that has changed" 1 booting --plan=plan --first-disc=2 -o set.iso tree
like "is noticed, with what is new" "$(cat "$err")" "^isowrite: photos/2001/new: is new$"
like "and what has another size" "$(cat "$err")" "^isowrite: boot/config: has another size$"
is "and nothing is written" "$(ls set-0?.iso 2>/dev/null)" ""
rm tree/photos/2001/new && echo CONFIG >tree/boot/config
exits "so is one with other contents of the same size" 1 booting --plan=plan --first-disc=2 -o set.iso tree
like "by name" "$(cat "$err")" "^isowrite: boot/config: has other contents$"
exits "what is no plan is refused" 1 booting --plan=tree/boot/config -o set.iso tree
like "by name, too" "$(cat "$err")" "^isowrite: tree/boot/config: is not a list of a set of discs$"

cp two set-98.iso
like "an image that another set has left is reported" "$(span -quiet -o set.iso tree 2>&1)" \
	"^isowrite: warning: set-98.iso is of another set: this one has [0-9]+ discs$"
rm set-*.iso

# ---- what can't be ----
mkfifo waits
exits "a plan that is no file is refused" 1 timeout 10 isowrite --span=1m --plan=waits -o set.iso tree
head -c 1300000 /dev/zero >tree/huge
exits "a file that is larger than every disc" 1 span -o set.iso tree
like "is named, with both sizes" "$(cat "$err")" \
	"^isowrite: tree/huge: has 1300000 bytes and fits on no disc of the set: on the largest, 8[0-9]{5} are for"
is "before anything is written" "$(ls set-0?.iso 2>/dev/null)" ""
rm tree/huge
echo >"tree/$(printf 'x%.0s' {1..255})"
for form in --bridge --udf; do
	exits "$form: a name that UDF can't record" 1 isowrite -R $form --span=3m -o set.iso tree
	like "is named" "$(cat "$err")" "^isowrite: tree/xxx*: has a name that UDF can't record"
	like "with what to do" "$(cat "$err")" "-m GLOB"
done
is "nothing is written" "$(ls set-0?.iso 2>/dev/null)" ""
rm tree/xxx*
exits "a disc that is too small for the list" 1 span --span=300k -o set.iso tree
like "is refused with the size that it needs at least" "$(cat "$err")" "no room for files: 3[0-9]{2}K are for the list"
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
	ok "$media: disc after disc" span -G loader --next-disc="sh ./next" --plan=$media.plan dev=sim:d.disc tree
	is "$media: what the first one begins with is on no other" \
		"$(head -c 4 d.disc; head -c 4 2.disc | od -An -tx1 | tr -d " ")" BOOT00000000
	n=$(sed -n 's/^set .*: \([0-9]*\) discs$/\1/p' "$err")
	is "$media: the command knows the disc" "$(cat changes)" \
		"$(for i in $(seq 2 "$n"); do echo "$i of $n in sim:d.disc"; done)"
	whole "$media: all of them are whole"
done
discs dvd+r
exits "a command that fails ends the set" 1 span --next-disc="exit 7" --plan=resume dev=sim:d.disc tree
like "with what to do" "$(cat "$err")" "the same command with --first-disc=2 --plan=resume goes on with it$"
mmcsim eject d.disc && mmcsim insert d.disc 2.disc
ok "which works" span --next-disc="sh ./next" --plan=resume --first-disc=2 dev=sim:d.disc tree
whole "and all discs are there"
discs dvd+r
late=$(sed -n 's/^02 [0-9]* [0-9a-f]* \(many.*\)/\1/p' resume | head -n 1)
exits "a file that changes before its disc is made" 1 \
	span --next-disc="echo more >>tree/$late; sh ./next" --plan=resume dev=sim:d.disc tree
like "is named" "$(cat "$err")" "^isowrite: tree/$late: has changed since the set was planned$"
like "with what to do about it" "$(cat "$err")" "When they are so again, the same command with --first-disc=2"
is "and that disc stays as it was" "$(isowrite dev=sim:d.disc -minfo | sed -n 's/^disk status: *//p')" blank
head -c 20000 "tree/$late" >x && cat x >"tree/$late"
discs dvd+r
mmcsim answer --times=9 d.disc 1B 5/53/02
exits "a tray that stays shut ends the set" 1 span --plan=resume dev=sim:d.disc tree </dev/null
like "and the disc in it counts as made" "$(cat "$err")" "disc 02 of .* was not made.* with --first-disc=2"
discs dvd+r
mmcsim defect d.disc 300
exits "a disc that can't be written ends the set" 1 span --plan=resume dev=sim:d.disc tree
like "and is to be replaced" "$(cat "$err")" "no part of the set; take another one"

discs dvd+r
mkfifo answers && exec {answers}<>answers
isowrite -R -J --span=1200k dev=sim:d.disc tree <answers 2>said & job=$!
asked() {
	local line="insert disc $1 of 03 (a blank one, for [^ ]*) into sim:d.disc and press ENTER"
	[ "$(grep -oc "$line" said)" = "$2" ]
}
ok "without a command the user is asked" wait_until 20 asked 02 1
like "the disc that is ready is out" "$(mmcsim show d.disc)" "^drive: open"
mmcsim insert d.disc && echo >&"$answers"
ok "and is asked again for one that is not blank" wait_until 20 asked 02 2
mmcsim eject d.disc && mmcsim insert d.disc 2.disc && echo >&"$answers"
ok "then for the next one" wait_until 20 asked 03 1
mmcsim insert d.disc 3.disc && echo >&"$answers"
wait $job
is "until all are made" "$?" 0
n=3
whole "as they should be"
discs dvd+r
exits "at the end of input the set ends" 1 isowrite -R --span=1200k dev=sim:d.disc tree </dev/null
like "and the message says how to go on" "$(cat "$err")" \
	"the same command with --first-disc=2 --plan=FILE goes on with it, where FILE is $list of a disc"
is "the drive says how large a disc is" \
	"$(isowrite -R --span=media -print-size --json dev=sim:5.disc tree | jq -c '[.discs[].size_blocks]')" \
	'[2295104]'
discs cd-rw
blanks() { span --plan=again blank=fast dev=sim:d.disc "$@" tree; }
exits "a disc of the set that is still in the drive is not blanked for the next one" 1 blanks --next-disc=true
like "the message says which one it is" "$(cat "$err")" "holds disc 01 of this very set, which would be lost"
like "it is as it was" "$(isowrite --check d.disc)" ", 0 damaged; disc 01 of"
exits "nor is it when the set goes on" 1 blanks --first-disc=2 --next-disc=true
like "for itself it may be" "$(blanks --next-disc="exit 7" 2>&1)" "^isowrite: disc 02 of .* was not made"
discs dvd-ram
exits "nor is one overwritten where discs are written in place" 1 \
	span --plan=again --next-disc=true -force dev=sim:d.disc tree
like "which one it is is said there, too" "$(cat "$err")" "holds disc 01 of this very set, which would be lost"
like "it is as it was, too" "$(isowrite --check d.disc)" ", 0 damaged; disc 01 of"
plan
