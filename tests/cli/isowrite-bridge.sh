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

exits "--bridge makes an image" 0 isowrite --bridge -J --md5 -V Both -o a.iso tree
is "a summary goes to standard error" "$(sed 's/ ([0-9.]*M)//' "$err")" "a.iso: $(blocks a.iso) blocks: 11 files, 3 directories"
ok "udffsck finds no problem in the UDF volume of an image" clean a.iso
udfinfo a.iso >info
is "the UDF volume of an image is read-only and closed, and has its label" \
	"$(grep -cxE 'accesstype=readonly|integrity=closed|label=Both|udfrev=2.01' info)" 4
is "the UDF volume of an image has anchors at 256 and at the end" "$(sed -n 's/start=\(.*\), blocks=1, type=ANCHOR/\1/p' info | tr '\n' ' ')" \
	"256 $(($(blocks a.iso) - 1)) "
is "the ISO 9660 volume has the label, Joliet, and the size of the whole image" \
	"$(isoinfo -d -i a.iso | sed -n 's/^Volume id: //p; s/^Volume size is: //p; s/^Joliet.*/Joliet/p' | tr '\n' ' ')" \
	"Both $(blocks a.iso) Joliet "
ok "udf get copies the files of an image" udf get a.iso / udf
is "files from UDF have the types, modes, owners, links, sizes and times of the tree" "$(listing udf)" "$(listing tree)"
ok "files from UDF have the contents of the tree" diff -r --no-dereference -x fifo udf tree
xorriso -osirrox on -indev a.iso -extract / iso >/dev/null 2>&1
unlinked() { sed -E 's/^(f [0-7]* )[0-9]+ /\1/; /^l /s/ [0-9]+ ([^ ]+)$/ \1/'; }	# osirrox makes no hard links, and new times of symlinks
listing iso | seconds | unlinked | sort >f && listing tree | seconds | unlinked | sort >w && same "xorriso reads the same from ISO 9660" f w
ok "xorriso copies the same files from ISO 9660" diff -r --no-dereference -x fifo iso tree
is "names of one file are a hard link in ISO 9660" "$(isoinfo -R -l -i a.iso | awk '$NF == "again" || $NF == "large" { print $2, $10 $11 }' | uniq -c | awk '{ print $1, $2 }')" "2 2"
is "the data of files are stored once for both trees" "$(grep -abo '59998' a.iso | wc -l)" "$(grep -ao '59998' tree/sub/large | wc -l)"
exits "--check compares the checksums of an image" 0 isowrite --check a.iso
is "--check checks all files and the whole image" "$(cat "$out")" "a.iso: 11 of 11 files checked, 0 damaged; the whole image is as it was written"
isowrite --bridge -quiet -o p.iso plain && 7z x -y -tudf -o7u p.iso >said && 7z x -y -tiso -o7i p.iso >said
ok "7-Zip reads the same files from UDF" diff -r plain 7u
sums 7i | cut -c1-32 | sort >f && sums plain | cut -c1-32 | sort >w && same "7-Zip reads the same contents from ISO 9660" f w
for rev in 1.01 1.02 1.50 2.00; do
	isowrite --bridge --udfrev=$rev -quiet -o rev.iso tree && clean rev.iso &&
		udfinfo rev.iso | grep -qx "udfrev=$rev" && cmp <(udf cat rev.iso /sub/large) tree/sub/large
	is "UDF $rev" $? 0
done

# ---- one pass, the same each time ----
SOURCE_DATE_EPOCH=$(date +%s) && export SOURCE_DATE_EPOCH
isowrite --bridge --md5 -quiet -o b.iso tree && isowrite --bridge --md5 -quiet tree | cat >c.iso
same "an image written to a pipe has the same bytes" c.iso b.iso
isowrite -udf -R --md5 -quiet -o c.iso tree
same "-udf makes the same image as --bridge" c.iso b.iso
is "-print-size prints the real size" "$(isowrite --bridge --md5 -quiet -print-size tree)" "$(blocks b.iso)"
mmcsim create --media=dvd+r disc
ok "an image is mastered and burned in one step" isowrite --bridge --md5 dev=sim:disc tree
ok "the disc has the bytes of the image" cmp -n "$(stat -c %s b.iso)" disc b.iso
ok "udffsck finds no problem on the burned disc" clean sim:disc
is "the burned disc has an anchor at its end" "$(udfinfo sim:disc | grep -c type=ANCHOR) $(($(blocks b.iso) % 32))" "2 0"
unset SOURCE_DATE_EPOCH

# ---- boot records ----
mkdir boot && cp -a tree/. boot && head -c 20000 /dev/urandom >boot/loader && head -c 100000 /dev/urandom >boot/efi.img
printf '\xfb\xc0\x78\x70' | dd of=boot/loader bs=1 seek=64 conv=notrunc status=none && head -c 432 /dev/urandom >mbr
ok "--bridge makes an image that boots" isowrite --bridge -J --md5 -quiet -isohybrid-mbr mbr -b loader -c boot.cat -no-emul-boot -boot-load-size 4 \
	-boot-info-table -eltorito-alt-boot -e efi.img -no-emul-boot -isohybrid-gpt-basdat -o boot.iso boot
xorriso -indev boot.iso -report_el_torito plain -report_system_area plain >said 2>/dev/null
is "both boot images are found" "$(sed -n 's/^El Torito img path : *//p' said | tr '\n' ' ')" "1  /loader 2  /efi.img "
unlike "both GPTs of an image that boots agree" "$(cat said)" "GPT backup problems"
like "an image that boots has a partition for its boot image" "$(cat said)" "GPT partition path : *2  /efi.img"
ok "udffsck finds no problem in an image that boots" clean boot.iso
is "the boot catalog and the patched boot image are the same in both trees" \
	"$(udf cat boot.iso /boot.cat | md5sum) $(udf cat boot.iso /loader | md5sum)" \
	"$(isoinfo -R -x /boot.cat -i boot.iso | md5sum) $(isoinfo -R -x /loader -i boot.iso | md5sum)"
exits "--check finds an image that boots unchanged" 0 isowrite --check boot.iso

# ---- what goes in is the same for both trees ----
isowrite --bridge -quiet -graft-points -m '20*' -r -o g.iso put/here=tree/sub tree 2>said
is "-graft-points, -exclude and -r apply to both trees" "$(udf ls g.iso /put/here; udf ls -l g.iso / | grep -cE '^-r--r--r-- |20..$')" \
	"$(printf 'deep\nfar\nlarge\ntwo\n6')"
mkdir -p odd/$'dir-\351' && printf a >odd/$'\377.txt' && echo b >odd/good && echo c >odd/$'dir-\351'/below
ln -s $'dir-\351/below' odd/link
exits "an image is made although UDF can't hold some names" 0 isowrite --bridge -quiet -o odd.iso odd
like "each name that UDF can't hold is reported" "$(tr -d '\377' <"$err")" \
	"^isowrite: .txt: warning: UDF can't record a name; the UDF volume has ÿ#[0-9A-F]{4}.txt instead"
is "three names that UDF can't hold are reported, with the target of a link" "$(grep -c warning "$err")" 3
like "files with names that UDF can't hold have changed names in UDF" "$(udf ls -R odd.iso / | tr '\n' ' ')" \
	"^/: dir-é#[0-9A-F]{4} good link ÿ#[0-9A-F]{4}.txt  /dir-é#[0-9A-F]{4}: below $"
ok "udf get copies the files with changed names" udf get odd.iso / odd-back
is "the files with changed names have their contents" "$(cat odd-back/ÿ*.txt odd-back/dir*/below odd-back/link)" "$(printf 'ac\nc')"
is "ISO 9660 has the names as on the host" "$(xorriso -indev odd.iso -find / 2>/dev/null | grep -c $'\351\|\377')" 3

# ---- refused ----
for options in "--udf" "-hide x" "-hide-list $err" "-input-charset latin1" "-output-charset latin1" "--tar -"; do
	# shellcheck disable=SC2086
	exits "$options together with --bridge is bad usage" 2 isowrite --bridge $options -o never tree
	like "the message names $options" "$(cat "$err")" "${options%% *}"
done
exits "-C of a later session together with --bridge is bad usage" 2 isowrite --bridge -C 0,1600 -o never tree
like "the message names -cdrecord-params" "$(cat "$err")" "cdrecord-params"
exits "--append together with --bridge is bad usage" 2 isowrite --bridge --append dev=sim:disc tree
like "the message names --append" "$(cat "$err")" "--append"
exits "--bridge --udfrev=2.50 is bad usage" 2 isowrite --bridge --udfrev=2.50 -o never tree
exits "--bridge fails if the medium is full" 1 isowrite --bridge -quiet -o /dev/full tree
is "--bridge that fails leaves no file behind" "$(echo never* .*never*)" "never* .*never*"

if [ "${UDFKIT_ISO-}" = all ]; then
	require "space 8000"
	mkdir big && truncate -s 5G big/sparse && printf 'at the end' | dd of=big/sparse bs=1 seek=5000000000 conv=notrunc status=none
	truncate -s 4294967295 big/almost && truncate -s 4294967296 big/just
	ok "files of 4 GiB and more are stored" isowrite --bridge -J -quiet -o l.iso big
	ok "udffsck finds no problem in an image with large files" clean l.iso
	is "the largest file has the same contents in both trees" "$(udf cat l.iso /sparse | md5sum) $(bsdtar -xOf l.iso sparse | md5sum)" \
		"$(md5sum <big/sparse) $(md5sum <big/sparse)"
	for type in udf iso; do
		is "7-Zip sees all sizes in the $type tree" "$(7z l -slt -t$type l.iso | sed -n 's/^Size = //p' | sort | tr '\n' ' ')" \
			"4294967295 4294967296 5368709120 "
	done
	rm -rf big l.iso
	mkdir many many/one && (cd many && for i in {0..99}; do mkdir "$i" && (cd "$i" && seq 1000 | xargs touch); done)
	(cd many/one && seq 100000 | xargs touch)
	ok "200,000 files are stored" isowrite --bridge -quiet -o n.iso many
	ok "udffsck finds no problem in an image with 200,000 files" clean n.iso
	is "all 200,000 files are in the UDF tree" "$(udf ls -R n.iso / | grep -c '^[0-9][0-9]*$')" 200100
fi
plan
