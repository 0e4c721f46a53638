#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# isowrite's options, and what it refuses.  What other readers see in its images is in isowrite-readers.sh.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
for need in "command isoinfo" "command xorriso" "command bsdtar" "command jq"; do require "$need"; done
cd "$tmp" || exit

mkdir -p tree/sub/deep
echo one >tree/one.txt && echo two >tree/sub/two.txt && echo three >tree/sub/deep/three.o
ln tree/one.txt tree/linked.txt && ln -s one.txt tree/a-link && mkfifo tree/fifo
chmod 640 tree/sub/two.txt && chmod 700 tree/sub/deep
rr() { isoinfo -R -f -i "$1" | sort; }				# the names in the Rock Ridge tree
text() { isoinfo -R -x "$2" -i "$1"; }				# the contents of a file
blocks() { echo $(($(stat -c %s "$1") / 2048)); }
field() { isoinfo -d -i "$1" | sed -n "s/^$2: //p"; }		# of the volume descriptor
SOURCE_DATE_EPOCH=$(date +%s) && export SOURCE_DATE_EPOCH	# images that are compared have the same time

# ---- output ----
exits "an image is written to a file" 0 isowrite -R -o a.iso tree
is "a summary goes to standard error" "$(cat "$err")" \
	"a.iso: $(blocks a.iso) blocks ($(($(blocks a.iso) * 2))K): 4 files, 2 directories"
exits "-quiet prints nothing" 0 isowrite -quiet -R -o a.iso tree
is "-quiet prints nothing: standard error" "$(cat "$err")" ""
isowrite -quiet -R tree >b.iso
same "without -o the image goes to standard output" b.iso a.iso
isowrite -quiet -R -o - tree | cat >b.iso
same "-o - is standard output" b.iso a.iso
is "-print-size prints the real size" "$(isowrite -quiet -R -print-size tree)" "$(blocks a.iso)"
is "-print-size ends with '= N' on standard error" "$(isowrite -R -print-size tree 2>&1 >/dev/null | sed 's/.* = //')" \
	"$(blocks a.iso)"
is "-print-size gives the same to those who read both" \
	"$(isowrite -R -q -print-size tree 2>&1 | sed -e "s/.* = //")" "$(blocks a.iso)"
isowrite -quiet -R -no-pad -o b.iso tree
is "padding is 150 blocks" "$(($(blocks a.iso) - $(blocks b.iso)))" 150
echo old >keep.iso
exits "a failure leaves the older file as it was" 1 isowrite -R -o keep.iso tree nowhere
is "a failure leaves the older file as it was: contents, and no other file" "$(cat keep.iso) $(echo *keep* .*keep*)" \
	"old keep.iso .*keep*"
like "the message names the operand that is missing" "$(cat "$err")" "^isowrite: nowhere: No such file or directory$"
mkdir self && echo x >self/x && isowrite -quiet -R -o self/image.iso self && isowrite -quiet -R -o self/image.iso self
is "an image does not contain itself" "$(rr self/image.iso)" "/x"
ln -s target.iso link.iso && isowrite -quiet -R -o link.iso tree
ok "the file that a symbolic link leads to is made" test -L link.iso -a -s target.iso
exits "a full medium is an error" 1 isowrite -quiet -R -o /dev/full tree
like "a full medium is an error: message" "$(cat "$err")" "^isowrite: /dev/full: cannot write: No space left on device$"
exits "a directory is no output" 1 isowrite -quiet -o tree tree
exits "a simulated drive is no output" 1 isowrite -quiet -o sim:x tree
if need root && [ -b /dev/loop0 ]; then
	exits "a device is no output" 1 isowrite -quiet -o /dev/loop0 tree
	like "the message says how it is burned" "$(cat "$err")" "isowrite dev=/dev/loop0 FILE"
fi
truncate -s 1100M sparse && isowrite -quiet -R -split-output -o part sparse && isowrite -quiet -R -o whole.iso sparse
is "-split-output makes files of 1 GiB" "$(stat -c %s part_00)" 1073741824
ok "the files are the image" cmp <(cat part_0?) whole.iso
ok "zeros of a file are holes in the image" test "$(du -m whole.iso | cut -f1)" -lt 5
rm -f part_0? whole.iso sparse

truncate -s 50G endless && echo old >ended.iso
isowrite -quiet -R -o ended.iso endless 2>/dev/null & writer=$!
ok "an unfinished image has another name" wait_until 30 compgen -G '.ended.iso.*'
kill -TERM $writer && wait $writer
is "a run that is ended leaves what was there" "$? $(cat ended.iso) $(compgen -G '.ended.iso.*')" "143 old "
rm -f endless

# ---- what goes in ----
isowrite -quiet -R -graft-points -o b.iso new/place=tree/sub 'file\=1=tree/one.txt' dir/=tree/one.txt
is "-graft-points puts things elsewhere" "$(rr b.iso | tr '\n' ' ')" \
	"/dir /dir/one.txt /file=1 /new /new/place /new/place/deep /new/place/deep/three.o /new/place/two.txt "
mkdir with=sign && echo y >with=sign/y && isowrite -quiet -R -o b.iso with=sign
is "without -graft-points = is part of a name" "$(rr b.iso)" "/y"
isowrite -quiet -R -root top -o b.iso tree/sub
is "-root puts everything below a directory" "$(rr b.iso | tr '\n' ' ')" "/top /top/deep /top/deep/three.o /top/two.txt "
isowrite -quiet -R -m '*.o' -x tree/sub/two.txt -exclude linked.txt -o b.iso tree
is "-m, -x and -exclude leave out names and paths" "$(rr b.iso | tr '\n' ' ')" "/a-link /fifo /one.txt /sub /sub/deep "
printf 'deep\n*.txt\n' >list && isowrite -quiet -R -exclude-list list -o b.iso tree
is "-exclude-list does so from a file" "$(rr b.iso | tr '\n' ' ')" "/a-link /fifo /sub "
printf 'tree/sub\ntree/one.txt\n' >list && isowrite -quiet -R -path-list list -o b.iso
is "-path-list reads operands" "$(rr b.iso | tr '\n' ' ')" "/deep /deep/three.o /one.txt /two.txt "
isowrite -quiet -R -graft-points -path-list - -o b.iso <<<'x=tree/one.txt'
is "-path-list - reads standard input, with graft points" "$(rr b.iso)" "/x"
mkdir -p bak && touch bak/{a,a~,'a#',a.bak} && isowrite -quiet -R -no-bak -o b.iso bak
is "-no-bak leaves out backup files" "$(rr b.iso)" "/a"
mkdir -p follow && ln -s ../tree/sub follow/d && ln -s nowhere follow/n && ln -s .. follow/loop
isowrite -quiet -R -f -m tree -m '*.iso' -o b.iso follow/d follow/n 2>/dev/null
is "-f follows links, and keeps what leads nowhere" "$(rr b.iso | tr '\n' ' ')" "/deep /deep/three.o /n /two.txt "
mkdir -p turn && echo z >turn/z && ln -s . turn/round
exits "-f does not go round in circles" 3 isowrite -quiet -R -f -o b.iso turn
like "-f does not go round in circles: message" "$(cat "$err")" "^isowrite: turn/round: leads back to a directory that it is in$"
mkdir a b && echo A >a/same && echo B >b/same && isowrite -quiet -R -o b.iso a b
is "of two files with one name, the later one is stored" "$(text b.iso /same)" B
exits "a file in the place of a directory is an error" 1 isowrite -quiet -R -graft-points -o c.iso x=tree x=a/same
for f in 1 2 3; do printf "contents%d" $f >f$f; done
printf 'f3 100\nf1\t-5\n' >weights && isowrite -quiet -R -sort weights -o b.iso f1 f2 f3
is "-sort orders the data" "$(grep -ao 'contents[123]' b.iso | paste -sd' ')" "contents3 contents2 contents1"
isowrite -quiet -R -J -hide one.txt -hide-joliet sub -o b.iso tree
is "-hide hides from Rock Ridge" "$(rr b.iso | grep -c one.txt)$(isoinfo -J -f -i b.iso | grep -c one.txt)" 01
is "-hide-joliet hides from Joliet" "$(isoinfo -J -f -i b.iso | grep -c sub)$(rr b.iso | grep -c '^/sub$')" 01

# ---- how it is stored ----
stat_of() { bsdtar -tvf "$1" "$2" | awk '{ print $1, $2, $3, $4 }'; }
isowrite -quiet -r -o b.iso tree
is "-r makes files readable by all, and root's" "$(stat_of b.iso sub/two.txt)" "-r--r--r-- 1 0 0"
is "-r makes directories accessible to all" "$(stat_of b.iso sub/deep | head -n 1)" "dr-xr-xr-x 2 0 0"
isowrite -quiet -uid 7 -gid 8 -file-mode 0600 -dir-mode 0711 -o b.iso tree
is "-uid, -gid, -file-mode and -dir-mode switch Rock Ridge on" "$(stat_of b.iso sub/two.txt) $(stat_of b.iso sub/deep | head -n 1)" \
	"-rw------- 1 7 8 drwx--x--x 2 7 8"
isowrite -quiet -R -o b.iso tree
is "-R keeps modes and owners" "$(stat_of b.iso sub/two.txt)" "-rw-r----- 1 $(id -u) $(id -g)"
is "names of one file are hard links" "$(stat_of b.iso one.txt | cut -c1-12)$(bsdtar -tvf b.iso | grep -c 'link to')" "-rw-r--r-- 21"
isowrite -quiet -R -no-cache-inodes -o c.iso tree
is "-no-cache-inodes makes files of their own of them" "$(bsdtar -tvf c.iso | grep -c 'link to') $(($(blocks c.iso) - $(blocks b.iso)))" "0 1"
exits "without Rock Ridge links and special files are left out" 0 isowrite -o b.iso tree
like "the message counts the links and special files that are left out" "$(cat "$err")" "warning: symbolic links and special files left out: 2"
isowrite -quiet -V 'My disc' -A app -P pub -p prep -sysid sys -volset set -copyright c -abstract a -biblio b -o b.iso tree
is "identifiers are stored" "$(for i in Volume Application Publisher 'Data preparer' System 'Volume set'; do field b.iso "$i id"; done |
	paste -sd,)" "My disc,APP,PUB,PREP,SYS,set"
is "names of files with texts are stored" "$(for i in Copyright Abstract Bibliographic; do field b.iso "$i File id"; done | paste -sd,)" "C,A,B"
exits "a volume id that is too long is refused" 1 isowrite -V 123456789012345678901234567890123 -o c.iso tree
like "a volume id that is too long is refused: message" "$(cat "$err")" "has 33 bytes; at most 32 fit"
mkdir names && touch names/{a-long-name-of-more-than-8.text,'Lower Case',two.dots.here}
isowrite -quiet -iso-level 1 -o b.iso names
is "-iso-level 1 has names of 8.3" "$(isoinfo -f -i b.iso | sort | paste -sd' ')" "/A_LONG_N.TEX;1 /LOWER_CA.;1 /TWO_DOTS.HER;1"
isowrite -quiet -iso-level 2 -o b.iso names
is "-iso-level 2 has names of 31" "$(isoinfo -f -i b.iso | sort | head -n 1)" "/A_LONG_NAME_OF_MORE_THAN_8.TEXT;1"
isowrite -quiet -U -o b.iso names
is "-U leaves names as they are" "$(isoinfo -f -i b.iso | sort | paste -sd' ')" "/Lower Case /a-long-name-of-more-than-8.text /two.dots.here"
isowrite -quiet -N -d -o b.iso names
is "-N and -d leave out version and dot" "$(isoinfo -f -i b.iso | sort | sed -n 2p)" "/LOWER_CASE"
isowrite -quiet -iso-level 4 -o b.iso names
like "-iso-level 4 adds a tree of ISO 9660:1999" "$(od -An -tx1 -j34816 -N7 b.iso)" "02 43 44 30 30 31 02"
long=$(printf 'x%.0s' {1..100}) && mkdir joliet && touch "joliet/$long" && isowrite -quiet -J -o b.iso joliet
is "Joliet has names of 64" "$(isoinfo -J -f -i b.iso | wc -c)" 66
isowrite -quiet -joliet-long -o b.iso joliet
is "-joliet-long has names of up to 103" "$(isoinfo -J -f -i b.iso)" "/$long"
mkdir latin && touch latin/$'\344' && isowrite -quiet -R -J -input-charset iso8859-1 -output-charset utf-8 -o b.iso latin
is "-input-charset and -output-charset convert names" "$(rr b.iso)" "/ä"
if need "command setfacl" && need "command setfattr" && touch acl && setfacl -m u:7:r acl 2>/dev/null && setfattr -n user.a -v b acl 2>/dev/null; then
	isowrite -quiet -R --acl --xattr -o b.iso acl
	like "--acl records access control lists" "$(xorriso -acl on -indev b.iso -getfacl /acl -- 2>/dev/null)" "^user:(7|lp):r--"
	like "--xattr records extended attributes" "$(xorriso -xattr on -indev b.iso -getfattr /acl -- 2>/dev/null)" 'user.a="b"'
fi

# ---- booting ----
mkdir boot && head -c 30000 /dev/urandom >boot/loader && truncate -s 1440K boot/floppy && truncate -s 100K boot/efi.img
torito() { xorriso -indev "$1" -report_el_torito plain 2>/dev/null; }
isowrite -quiet -R -b floppy -c catalog -o b.iso boot
like "-b makes a floppy disk" "$(torito b.iso)" "El Torito boot img : +1 +BIOS +y +fd1.4 "
like "-c shows the catalog" "$(rr b.iso)" "^/catalog$"
isowrite -quiet -R -J -b floppy -c catalog -hide catalog -o b.iso boot
is "-hide hides the catalog" "$(rr b.iso | grep -c catalog)$(isoinfo -J -f -i b.iso | grep -c catalog)" 01
isowrite -quiet -R -o b.iso -b loader -c boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table -boot-load-seg 0x7c0 \
	-eltorito-alt-boot -e efi.img -no-emul-boot -isohybrid-gpt-basdat boot
like "-no-emul-boot, -boot-load-size and -boot-load-seg" "$(torito b.iso)" "El Torito boot img : +1 +BIOS +y +none +0x07c0 +0x00 +4 "
like "-eltorito-alt-boot and -e make one for EFI" "$(torito b.iso)" "El Torito boot img : +2 +UEFI +y +none "
lba=$(torito b.iso | awk '/boot img : +1/ { print $NF }')
is "-boot-info-table says where the image is" "$(xorriso -indev b.iso -osirrox on -extract /loader got 2>/dev/null
	od -An -tu4 -j8 -N12 got | tr -s ' ')" " 16 $lba 30000"
cmp -s <(tail -c +65 boot/loader) <(tail -c +65 got); is "the rest of the boot image is as it was" $? 0
ok "the host's file is not patched" test "$(stat -c %s boot/loader)" = 30000 -a "$(od -An -tu4 -j8 -N4 boot/loader | tr -d ' ')" != 16
isowrite -quiet -R -o b.iso -b floppy -no-boot boot
like "-no-boot" "$(torito b.iso)" "El Torito boot img : +1 +BIOS +n +fd1.4 "
exits "a boot image that is not there is an error" 1 isowrite -R -o c.iso -b none boot
like "a boot image that is not there is an error: message" "$(cat "$err")" "the boot image none is not a file in the image"
head -c 400 /dev/urandom >mbr && isowrite -quiet -R -G mbr -o b.iso boot
ok "-G fills the beginning of the image" cmp -n 400 mbr b.iso
isowrite -quiet -R -isohybrid-mbr mbr -b loader -c boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table -o b.iso boot
is "-isohybrid-mbr makes a partition table" "$(od -An -tx1 -j446 -N1 b.iso)$(od -An -tx1 -j510 -N2 b.iso)" " 80 55 aa"
ok "the isohybrid image is a multiple of 1 MiB" test $(($(stat -c %s b.iso) % 1048576)) = 0
exits "isohybrid without a boot image is refused" 1 isowrite -R -isohybrid-mbr mbr -o c.iso boot
exits "a boot option without a boot image is refused" 2 isowrite -R -no-emul-boot -o c.iso boot

# ---- checking ----
exits "--md5 needs Rock Ridge" 2 isowrite --md5 -o c.iso tree
isowrite -quiet -R --md5 -o b.iso tree
exits "--check of a whole image" 0 isowrite --check b.iso
is "--check of a whole image: result" "$(cat "$out")" "b.iso: 4 of 4 files checked, 0 damaged; the whole image is as it was written"
ok "xorriso finds the checksums right" test "$(xorriso -md5 on -indev b.iso -check_md5_r SORRY / -- 2>&1 | grep -c 'File contents and their MD5 checksums match')" = 1
at=$(grep -abo three b.iso | tail -n 1 | cut -d: -f1) && printf T | dd of=b.iso bs=1 seek="$at" conv=notrunc status=none
exits "--check of a damaged image" 3 isowrite --check b.iso
like "--check names the file" "$(cat "$err")" "^isowrite: b.iso: /sub/deep/three.o: differs from its checksum$"
is "--check --json" "$(isowrite --check --json b.iso | jq -c '.[0] | [.damaged[0].path, .whole, .checked_files, .damaged_files]')" \
	'["/sub/deep/three.o",false,4,1]'
exits "--check of an image without checksums" 1 isowrite --check a.iso
like "--check of an image without checksums: message" "$(cat "$err")" "it holds no checksums"
exits "--check of what is no image" 1 isowrite --check tree/one.txt
xorriso -as mkisofs -quiet -R --md5 -o x.iso tree 2>/dev/null
exits "--check reads the checksums of xorriso" 0 isowrite --check x.iso

# ---- what can't be read ----
if [ "$(id -u)" != 0 ] || need "command setpriv"; then
	mkdir closed && echo 1 >closed/open && echo 2 >closed/shut && chmod 0 closed/shut && mkdir -m 0 closed/dir && chmod 777 .
	as_user() { if [ "$(id -u)" = 0 ]; then setpriv --reuid 12345 --regid 12345 --clear-groups "$@"; else "$@"; fi; }
	if as_user test -x "$(ours isowrite)"; then
		exits "what can't be read is left out, and said in the exit status" 3 as_user "$(ours isowrite)" -quiet -R -o /dev/stdout closed
		cp "$out" c.iso
		is "what can't be read is named" "$(grep -v ' incomplete ' "$err" | sort)" \
			"isowrite: closed/dir/: Permission denied
isowrite: closed/shut: Permission denied"
		is "files that can be read are stored" "$(rr c.iso | paste -sd' ')" "/dir /open"
	fi
	chmod 755 closed/dir
fi

# ---- reproducible ----
SOURCE_DATE_EPOCH=1000000000
cp -a tree copy && rm copy/fifo && mkfifo copy/fifo && touch -r tree copy
isowrite -quiet -R -J --md5 -b one.txt -no-emul-boot -isohybrid-gpt-basdat -isohybrid-mbr mbr -o r1.iso tree
touch -a -d '1999-01-01' copy/one.txt
TZ=America/New_York isowrite -quiet -R -J --md5 -b one.txt -no-emul-boot -isohybrid-gpt-basdat -isohybrid-mbr mbr -o r2.iso copy
ok "SOURCE_DATE_EPOCH makes the same image of the same tree elsewhere" cmp r1.iso r2.iso
is "no file is newer than it" "$(TZ=UTC bsdtar -tvf r1.iso one.txt | grep -c '2001')" 1

# ---- what is refused ----
for option in -dvd-video -hfs -h -T -z -XA -jigdo-jigdo -sparc-boot -stream-media-size -append_partition -old-root -i -hidden; do
	exits "$option is refused" 2 isowrite -quiet "$option" x -o never.iso tree
	like "$option is refused by name" "$(head -n 1 "$err")" "option '-[A-Za-z_-]*': isowrite"
done
for option in -appended_part_as_gpt -partition_cyl_align -part_like_isohybrid -posix-H -disallow_dir_id_ext; do
	exits "$option is refused, and not read as joined letters" 2 isowrite -quiet $option -o never.iso tree
	like "$option is named as it was given" "$(head -n 1 "$err")" "option '$option': isowrite doesn't do that"
done
exits "-T is refused" 2 isowrite -T -o never.iso tree
like "the message about -T says what -R does" "$(cat "$err")" "no files TRANS.TBL; -R records the names"
ok "the usual abbreviations of options are not ambiguous" \
	isowrite -q -R -input-ch UTF-8 -joliet-l -dir-m 0755 -print-s -o never.iso tree
exits "an unknown option is refused" 2 isowrite -no-such-thing -o never.iso tree
exits "a word about burning without dev= is refused" 2 isowrite -R speed=4 tree
like "a word about burning without dev= is refused with its name" "$(cat "$err")" "'speed=4': this is for burning, with dev=DEVICE"
exits "no operand is bad usage" 2 isowrite -o never.iso
exits "-M without -C is bad usage" 2 isowrite -M a.iso -o never.iso tree
exits "no file is made where devices are" 1 isowrite -R -o /dev/udfkit-none tree
is "nothing is made of what is refused" "$(echo never*)" "never*"
on_terminal "$(ours isowrite) -R tree" >said 2>&1
like "an image is not written to a terminal" "$(cat said)" "standard output is a terminal; give -o FILE, or pipe the image into another program"
is "--json says what was made" "$(isowrite -R --json -o c.iso tree | jq -c '[.image, .blocks, .files, .directories, .symlinks, .failed]')" \
	"[\"c.iso\",$(blocks a.iso),4,2,1,0]"
plan
