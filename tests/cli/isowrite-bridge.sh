#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# isowrite --bridge: one image that is both ISO 9660 and UDF.  What the kernel sees is in tests/kernel/isofs.sh.
# UDFKIT_ISO=all tries large files and many of them, too.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
for need in "command isoinfo" "command xorriso" "command 7z"; do require "$need"; done
cd "$tmp" || exit

mkdir -p tree/sub/deep tree/empty
echo one >tree/one && echo two >tree/sub/two && seq 60000 >tree/sub/large && : >tree/nothing
ln tree/sub/large tree/again && chmod 4750 tree/sub/two && chmod 1777 tree/empty && touch -d '2001-02-03 04:05:06 UTC' tree/one
for n in 1 2047 2048 2049; do head -c $n /dev/urandom >tree/$n; done
echo 'name' >'tree/Æther – 日本語' && echo long >"tree/$(printf 'x%.0s' {1..250})"
cp -a tree plain		# what 7-Zip reads of UDF
ln -s sub/two tree/link && ln -s "$(printf 'y%.0s' {1..200})/../../$(printf 'z%.0s' {1..200})" tree/sub/far && mkfifo tree/fifo
listing() { (cd "$1" && find . \( -type d -printf '%y %m %U %G %T@ %P\n' -o -printf '%y %m %n %U %G %s %l %T@ %P\n' \) |
	sed -E 's/(\.[0-9]{6})[0-9]* /\1 /' | sort); }
seconds() { sed -E 's/\.[0-9]{6} / /'; }
sums() { (cd "$1" && find . -type f -exec md5sum {} + | sort -k2); }
clean() { udffsck -n "$1" >said 2>&1 && grep -q ': clean, .*, 0 of [0-9]* blocks' said; }
blocks() { echo $(($(stat -c %s "$1") / 2048)); }

exits "an image is made" 0 isowrite --bridge -J --md5 -V Both -o a.iso tree
is "a summary goes to standard error" "$(sed 's/ ([0-9.]*M)//' "$err")" "a.iso: $(blocks a.iso) blocks: 11 files, 3 directories"
ok "udffsck finds nothing in the UDF volume" clean a.iso
udfinfo a.iso >info
is "that is read-only, closed and has its label" \
	"$(grep -cxE 'accesstype=readonly|integrity=closed|label=Both|udfrev=2.01' info)" 4
is "it has anchors at 256 and at the end" "$(sed -n 's/start=\(.*\), blocks=1, type=ANCHOR/\1/p' info | tr '\n' ' ')" \
	"256 $(($(blocks a.iso) - 1)) "
is "the ISO 9660 volume has the label, Joliet, and the size of the whole image" \
	"$(isoinfo -d -i a.iso | sed -n 's/^Volume id: //p; s/^Volume size is: //p; s/^Joliet.*/Joliet/p' | tr '\n' ' ')" \
	"Both $(blocks a.iso) Joliet "
ok "files come back from UDF" udf get a.iso / udf
is "types, modes, owners, links, sizes and times are those of the tree" "$(listing udf)" "$(listing tree)"
ok "contents are those of the tree" diff -r --no-dereference -x fifo udf tree
xorriso -osirrox on -indev a.iso -extract / iso >/dev/null 2>&1
unlinked() { sed -E 's/^(f [0-7]* )[0-9]+ /\1/; /^l /s/ [0-9]+ ([^ ]+)$/ \1/'; }	# osirrox makes no hard links, and new times of symlinks
listing iso | seconds | unlinked | sort >f && listing tree | seconds | unlinked | sort >w && same "xorriso reads the same from ISO 9660" f w
ok "xorriso reads the same contents" diff -r --no-dereference -x fifo iso tree
is "a hard link is one there, too" "$(isoinfo -R -l -i a.iso | awk '$NF == "again" || $NF == "large" { print $2, $10 $11 }' | uniq -c | awk '{ print $1, $2 }')" "2 2"
is "all data are there once" "$(grep -abo '59998' a.iso | wc -l)" "$(grep -ao '59998' tree/sub/large | wc -l)"
exits "--check reads the checksums" 0 isowrite --check a.iso
is "it has checked the whole image" "$(cat "$out")" "a.iso: 11 of 11 files checked, 0 damaged; the whole image is as it was written"
isowrite --bridge -quiet -o p.iso plain && 7z x -y -tudf -o7u p.iso >said && 7z x -y -tiso -o7i p.iso >said
ok "7-Zip reads the same from UDF" diff -r plain 7u
sums 7i | cut -c1-32 | sort >f && sums plain | cut -c1-32 | sort >w && same "7-Zip reads the same contents from ISO 9660" f w
for rev in 1.01 1.02 1.50 2.00; do
	isowrite --bridge --udfrev=$rev -quiet -o rev.iso tree && clean rev.iso &&
		udfinfo rev.iso | grep -qx "udfrev=$rev" && cmp <(udf cat rev.iso /sub/large) tree/sub/large
	is "UDF $rev" $? 0
done

# ---- one pass, the same each time ----
SOURCE_DATE_EPOCH=$(date +%s) && export SOURCE_DATE_EPOCH
isowrite --bridge --md5 -quiet -o b.iso tree && isowrite --bridge --md5 -quiet tree | cat >c.iso
same "a pipe takes the same bytes" c.iso b.iso
isowrite -udf -R --md5 -quiet -o c.iso tree
same "-udf, as mkisofs has it, means the same" c.iso b.iso
is "-print-size prints the real size" "$(isowrite --bridge --md5 -quiet -print-size tree)" "$(blocks b.iso)"
mmcsim create --media=dvd+r disc
ok "it is mastered and burned at once" isowrite --bridge --md5 dev=sim:disc tree
ok "the disc has the same bytes" cmp -n "$(stat -c %s b.iso)" disc b.iso
ok "the disc is a UDF volume" clean sim:disc
is "with an anchor at its end, too" "$(udfinfo sim:disc | grep -c type=ANCHOR) $(($(blocks b.iso) % 32))" "2 0"
unset SOURCE_DATE_EPOCH

# ---- boot records ----
mkdir boot && cp -a tree/. boot && head -c 20000 /dev/urandom >boot/loader && head -c 100000 /dev/urandom >boot/efi.img
printf '\xfb\xc0\x78\x70' | dd of=boot/loader bs=1 seek=64 conv=notrunc status=none && head -c 432 /dev/urandom >mbr
ok "an image that boots" isowrite --bridge -J --md5 -quiet -isohybrid-mbr mbr -b loader -c boot.cat -no-emul-boot -boot-load-size 4 \
	-boot-info-table -eltorito-alt-boot -e efi.img -no-emul-boot -isohybrid-gpt-basdat -o boot.iso boot
xorriso -indev boot.iso -report_el_torito plain -report_system_area plain >said 2>/dev/null
is "its boot images are found" "$(sed -n 's/^El Torito img path : *//p' said | tr '\n' ' ')" "1  /loader 2  /efi.img "
unlike "its GPT and the second one agree" "$(cat said)" "GPT backup problems"
like "its partitions are there" "$(cat said)" "GPT partition path : *2  /efi.img"
ok "udffsck finds nothing in it" clean boot.iso
is "the boot catalog and the patched boot image are the same in both trees" \
	"$(udf cat boot.iso /boot.cat | md5sum) $(udf cat boot.iso /loader | md5sum)" \
	"$(isoinfo -R -x /boot.cat -i boot.iso | md5sum) $(isoinfo -R -x /loader -i boot.iso | md5sum)"
exits "--check finds it as it was written" 0 isowrite --check boot.iso

# ---- what goes in is the same for both trees ----
isowrite --bridge -quiet -graft-points -m '20*' -r -o g.iso put/here=tree/sub tree 2>said
is "-graft-points, -exclude and -r change both" "$(udf ls g.iso /put/here; udf ls -l g.iso / | grep -cE '^-r--r--r-- |20..$')" \
	"$(printf 'deep\nfar\nlarge\ntwo\n6')"
mkdir -p odd/$'dir-\351' && printf a >odd/$'\377.txt' && echo b >odd/good && echo c >odd/$'dir-\351'/below
ln -s $'dir-\351/below' odd/link
exits "names that UDF can't hold stop nothing" 0 isowrite --bridge -quiet -o odd.iso odd
like "each is reported" "$(tr -d '\377' <"$err")" \
	"^isowrite: .txt: warning: UDF can't record a name; the UDF volume has ÿ#[0-9A-F]{4}.txt instead"
is "three are, with the one that a link leads to" "$(grep -c warning "$err")" 3
like "UDF has all files, with changed names" "$(udf ls -R odd.iso / | tr '\n' ' ')" \
	"^/: dir-é#[0-9A-F]{4} good link ÿ#[0-9A-F]{4}.txt  /dir-é#[0-9A-F]{4}: below $"
ok "they come back" udf get odd.iso / odd-back
is "with their contents" "$(cat odd-back/ÿ*.txt odd-back/dir*/below odd-back/link)" "$(printf 'ac\nc')"
is "ISO 9660 has the names as they are" "$(xorriso -indev odd.iso -find / 2>/dev/null | grep -c $'\351\|\377')" 3

# ---- refused ----
for options in "--udf" "-hide x" "-hide-list $err" "-input-charset latin1" "-output-charset latin1" "--tar -"; do
	# shellcheck disable=SC2086
	exits "$options" 2 isowrite --bridge $options -o never tree
	like "$options is named" "$(cat "$err")" "${options%% *}"
done
exits "a later session" 2 isowrite --bridge -C 0,1600 -o never tree
like "its option is named" "$(cat "$err")" "cdrecord-params"
exits "--append" 2 isowrite --bridge --append dev=sim:disc tree
like "--append is named" "$(cat "$err")" "--append"
exits "a revision that can't be made" 2 isowrite --bridge --udfrev=2.50 -o never tree
exits "a full medium is an error" 1 isowrite --bridge -quiet -o /dev/full tree
is "nothing is left behind" "$(echo never* .*never*)" "never* .*never*"

if [ "${UDFKIT_ISO-}" = all ]; then
	require "space 8000"
	mkdir big && truncate -s 5G big/sparse && printf 'at the end' | dd of=big/sparse bs=1 seek=5000000000 conv=notrunc status=none
	truncate -s 4294967295 big/almost && truncate -s 4294967296 big/just
	ok "files of 4 GiB and more are stored" isowrite --bridge -J -quiet -o l.iso big
	ok "udffsck finds nothing" clean l.iso
	is "the largest is whole in both trees" "$(udf cat l.iso /sparse | md5sum) $(bsdtar -xOf l.iso sparse | md5sum)" \
		"$(md5sum <big/sparse) $(md5sum <big/sparse)"
	for type in udf iso; do
		is "7-Zip sees all sizes in the $type tree" "$(7z l -slt -t$type l.iso | sed -n 's/^Size = //p' | sort | tr '\n' ' ')" \
			"4294967295 4294967296 5368709120 "
	done
	rm -rf big l.iso
	mkdir many many/one && (cd many && for i in {0..99}; do mkdir "$i" && (cd "$i" && seq 1000 | xargs touch); done)
	(cd many/one && seq 100000 | xargs touch)
	ok "200,000 files are stored" isowrite --bridge -quiet -o n.iso many
	ok "udffsck finds nothing in them" clean n.iso
	is "all are in the UDF tree" "$(udf ls -R n.iso / | grep -c '^[0-9][0-9]*$')" 200100
fi
plan
