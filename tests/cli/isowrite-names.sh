#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# isowrite through links with the names of older programs: it takes their command lines, and speaks under their names.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
for need in "command isoinfo" "command xorriso"; do require "$need"; done
cd "$tmp" || exit

mkdir names private_collection d dir && for name in mkisofs genisoimage cdrecord wodim dvdrecord growisofs; do ln -s "$(ours isowrite)" names/$name; done
PATH=$tmp/names:$PATH
hash -r
echo secret >private_collection/diary && echo data >d/file-with-a-long-name.text && echo more >dir/more
SOURCE_DATE_EPOCH=$(date +%s) && export SOURCE_DATE_EPOCH
rr() { isoinfo -R -f -i "$1" | sort | paste -sd' '; }

for name in mkisofs genisoimage; do
	ok "$name -r -o cd_image private_collection/" $name -r -o cd_image private_collection/
	is "$name -r -o cd_image private_collection/: the image holds it" "$(isoinfo -R -x /diary -i cd_image)" secret
	mkdir -p here && cp d/* here && (cd here && rm -f somefile && $name -R -J -o somefile . && $name -R -J -o somefile .) 2>"$err"
	is "$name -R -J -o somefile . holds no older somefile" "$(rr here/somefile)" "/file-with-a-long-name.text"
	# shellcheck disable=SC2006
	IMG_SIZE=`$name -R -q -print-size d 2>&1 | sed -e "s/.* = //"`
	$name -R -q d >image
	is "$name -R -q -print-size: the size for tsize=\${IMG_SIZE}s" "$IMG_SIZE" "$(($(stat -c %s image) / 2048))"
	NEXT=0,$(((IMG_SIZE + 15) / 16 * 16))
	ok "$name -R -o cd_image2 -C \$NEXT -M image dir" $name -R -o cd_image2 -C "$NEXT" -M image dir
	dd if=cd_image2 of=image bs=2048 seek="${NEXT#0,}" conv=notrunc status=none
	is "$name -R -o cd_image2 -C \$NEXT -M image dir: the session has both" \
		"$(isoinfo -R -f -T "${NEXT#0,}" -i image | sort | paste -sd' ')" "/file-with-a-long-name.text /more"
	ok "$name -R -J -split-output -o somefile ." $name -R -J -split-output -o split d
	ok "$name -R -J -split-output -o somefile .: somefile_00 is an image" isoinfo -d -i split_00
	truncate -s 1440K d/boot.img
	ok "$name -b boot.img -c boot.catalog" $name -quiet -R -b boot.img -c boot.catalog -o boot.iso d
	like "$name -b boot.img -c boot.catalog: a floppy disk" "$(xorriso -indev boot.iso -report_el_torito plain 2>/dev/null)" \
		"boot img : +1 +BIOS +y +fd1.4 "
	rm d/boot.img
	like "$name -version says who it is" "$($name -version)" "^$name \(udfkit\)"
	$name -quiet -o short.iso d && $name -quiet -l -o long.iso d
	is "$name has names of 8.3 without Rock Ridge and -iso-level" "$(isoinfo -f -i short.iso)" "/FILE_WIT.TEX;1"
	is "$name -l has names of 31" "$(isoinfo -f -i long.iso)" "/FILE_WITH_A_LONG_NAME.TEXT;1"
	exits "$name -udf makes UDF, too" 0 $name -quiet -udf -o both.iso d
	ok "$name -udf: udfinfo finds it" udfinfo both.iso
	exits "$name -dvd-video is refused by name" 2 $name -dvd-video -o never d
	like "$name: bad usage points to its own help" "$(cat "$err")" "Try '$name --help'"
	exits "$name: a missing directory is an error" 1 $name -o never missing
	like "$name: messages bear its name" "$(cat "$err")" "^$name: missing: "
done

mmcsim create --media=cd-r d.disc
for name in cdrecord wodim dvdrecord; do
	like "$name -version says who it is" "$($name -version)" "^$name \(udfkit\)"
	ok "$name -help" $name -help
	like "$name -help shows its words" "$(cat "$out")" "^     pktsize=<BLOCKS> "
	ok "$name -v dev=... -multi burns" $name -v dev=sim:d.disc -multi image
	like "$name: messages bear its name" "$(cat "$err")" "^$name: sim:d.disc: image: "
	exits "$name -audio is refused by name" 2 $name dev=sim:d.disc -audio image
	like "$name: bad usage points to its own help" "$(cat "$err")" "^Try '$name --help'"
	exits "$name masters nothing" 2 $name -o never d
done

# ---- what burning programs and old scripts give mkisofs ----
ok "mkisofs accepts the command line of K3b" mkisofs -gui -graft-points -volid X -volset '' -appid K3B -publisher '' -preparer K3b \
	-sysid LINUX -volset-size 1 -volset-seqno 1 -rational-rock -joliet -no-cache-inodes -full-iso9660-filenames \
	-iso-level 3 -path-list <(echo "/=dir") -o k3b.iso
is "the image of K3b's command line has the files" "$(rr k3b.iso)" "/more"
exits "a volume set of two volumes is refused" 2 mkisofs -volset-size 2 -o no.iso dir
ok "-a, -ucs-level 3, -hide-joliet-trans-tbl, -debug and -input-charset default change nothing" mkisofs -a -r -J \
	-ucs-level 3 -hide-joliet-trans-tbl -debug -input-charset default -o same.iso dir
ok "mkisofs -jcharset succeeds" mkisofs -r -jcharset utf-8 -o joliet.iso dir
is "mkisofs -jcharset makes a Joliet tree" "$(isoinfo -J -f -i joliet.iso)" "/more"
ok "mkisofs -log-file succeeds" mkisofs -r -log-file log -o same.iso dir
like "mkisofs -log-file writes messages to the file" "$(cat log; cat "$err")" "^same.iso: [0-9]+ blocks"
is "mkisofs -log-file prints no messages" "$(cat "$err")" ""
ok "mkisofs -new-dir-mode succeeds" mkisofs -R -new-dir-mode 0700 -o new.iso -graft-points n/m=dir/more
like "-new-dir-mode sets the mode of directories that only graft points name" "$(isoinfo -R -l -i new.iso)" "^drwx------ .* n *$"
ok "mkisofs -eltorito-platform succeeds" mkisofs -R -b more -no-emul-boot -eltorito-alt-boot -eltorito-platform 0xEF -b efi -no-emul-boot \
	-o efi.iso -graft-points dir efi=dir/more
like "-eltorito-platform 0xEF makes a boot image for EFI" "$(xorriso -indev efi.iso -report_el_torito plain 2>/dev/null)" \
	"1  BIOS .*"$'\n'".*2  UEFI "
exits "-eltorito-platform ppc is refused" 2 mkisofs -R -b more -eltorito-platform ppc -o no.iso dir
ok "-C 16,N means the first session, as growisofs has it" mkisofs -R -C 16,1000 -M k3b.iso -o second.iso d
is "the session of -C 16,N has the tree of the first session" "$(isoinfo -R -f -N 1000 -i second.iso | sort | xargs)" "/file-with-a-long-name.text /more"
exits "wodim --devices names no drive where there is none" "$(ls /dev/sr* >/dev/null 2>&1 && echo 0 || echo 1)" wodim --devices

# ---- the environment and the configuration ----
printf '%s\n' '# drives' 'CDR_DEVICE=sim' 'CDR_MAXFIFOSIZE=1m' 'sim= sim:d.disc 4 2m burnfree' 'any=	-1 -1 -1 ""' >conf
export ISOWRITE_CONF=$tmp/conf
speed() { sed -n 's/.*\(SET CD SPEED [^:]*\):.*/\1/p'; }
new_cd() { rm -f d.disc*; mmcsim create --media=cd-r d.disc; }
new_cd
like "dev= takes a name of the configuration" "$(cdrecord dev=sim -inq)" "UDFKIT"
like "CDR_DEVICE of the environment precedes that of the configuration" "$(cdrecord -inq)" "UDFKIT"
like "isowrite takes CDR_DEVICE from the environment" "$(CDR_DEVICE=sim:nothing cdrecord -inq 2>&1)" "cdrecord: sim:nothing: "
like "isowrite takes it too" "$(CDR_DEVICE=sim isowrite -toc 2>&1)" "sim:d.disc: the CD-R has no table"
four=$(cdrecord dev=sim:d.disc speed=4 -vV -dummy image 2>&1 | speed)
like "speed= is sent to the drive" "$four" "^SET CD SPEED BB "
is "the line of the drive gives the speed" "$(cdrecord dev=sim -vV -dummy image 2>&1 | speed)" "$four"
is "CDR_SPEED gives the speed if the line of the drive has none" "$(CDR_SPEED=4 cdrecord dev=sim:d.disc -vV -dummy image 2>&1 | speed)" "$four"
is "the line of the drive precedes CDR_SPEED" "$(CDR_SPEED=2 cdrecord dev=sim -vV -dummy image 2>&1 | speed)" "$four"
isnt=$(cdrecord dev=sim speed=2 -vV -dummy image 2>&1 | speed)
[ -n "$isnt" ] && [ "$isnt" != "$four" ] && pass "the command line is before all" || fail "the command line is before all" "$isnt"
exits "CDR_FIFOSIZE of 2g is refused" 2 env CDR_FIFOSIZE=2g cdrecord dev=sim:d.disc -dummy image
echo junk >>conf
exits "an invalid line of the configuration is an error" 1 cdrecord -inq
like "the message names the file and the number of the invalid line" "$(cat "$err")" "^cdrecord: $tmp/conf: line 6 "
unset ISOWRITE_CONF

# ---- growisofs ----
mkdir -p some && echo thesis >thesis.pdf && : >some/file
like "growisofs --help shows its settings with their dash" "$(growisofs --help | paste -sd' ')" \
	" -speed=<N>.* -use-the-force-luke=<WORD"
unlike "growisofs --help does not offer -V, which is the volume id" "$(growisofs --help)" "-V, --version"
exits "growisofs -Z does not replace a file of an unknown kind unasked" 1 growisofs -Z thesis.pdf -R some
is "a file that growisofs -Z does not replace stays as it was" "$(cat thesis.pdf)" thesis
ok "-use-the-force-luke=tty replaces it" growisofs -use-the-force-luke=tty -Z thesis.pdf -R some
is "the file that was replaced is an ISO 9660 image" "$(blkid -p -o value -s TYPE thesis.pdf)" iso9660
new() { rm -f d.disc*; mmcsim create --media="$1" d.disc; }
shown() { mmcsim show d.disc | sed -n 's/^drive: //p'; }
new dvd+r
exits "growisofs -speed=2. is bad usage" 2 growisofs -speed=2. -Z sim:d.disc=image
ok "growisofs -Z DEV=IMAGE begins a disc" growisofs -speed=2.4 -Z sim:d.disc=image
like "growisofs: messages bear its name" "$(cat "$err")" "^growisofs: sim:d.disc: image: "
is "another session can follow after growisofs -Z" "$(shown)" appendable
exits "growisofs -Z of a disc that is not blank is refused" 1 growisofs -Z sim:d.disc=image
exits "growisofs -dry-run -M succeeds" 0 growisofs -dry-run -M sim:d.disc=image
is "growisofs -dry-run -M writes nothing" "$(mmcsim show d.disc | grep -c '^track.* [1-9][0-9]* blocks')" 1
ok "growisofs -M DEV=IMAGE adds a session" growisofs -M sim:d.disc=image
is "the disc has two tracks after growisofs -M" "$(mmcsim show d.disc | grep -c '^track.* [1-9][0-9]* blocks')" 2
exits "growisofs -dry-run -M DEV=/dev/zero succeeds" 0 growisofs -dry-run -M sim:d.disc=/dev/zero
is "growisofs -dry-run -M DEV=/dev/zero does not close the disc" "$(shown)" appendable
ok "growisofs -M DEV=/dev/zero succeeds" growisofs -M sim:d.disc=/dev/zero
is "growisofs -M DEV=/dev/zero closes the disc" "$(shown)" complete
new dvd-r
# shellcheck disable=SC2002
cat image | growisofs -use-the-force-luke=tty,notray,noload,bufsize:1m,spare:none,4gms,noopc,wrvfy,dao:500 \
	-Z sim:d.disc=/dev/stdin 2>"$err"
is "the known words of -use-the-force-luke= are taken, for a pipe at once" "$? $(shown)" "0 complete"
new dvd-r
ok "growisofs -dvd-compat -Z succeeds" growisofs -dvd-compat -Z sim:d.disc=image
is "growisofs -dvd-compat closes the disc" "$(shown)" complete
new dvd-rw
isowrite dev=sim:d.disc blank=fast
ok "growisofs -Z writes a minimally blanked DVD-RW" growisofs -Z sim:d.disc=image
like "the message says that a minimally blanked DVD-RW is written at once" "$(cat "$err")" "blanked minimally: it is written at once, as with -dvd-compat, and closed by that"
is "a minimally blanked DVD-RW is closed by being written" "$(shown)" complete
for word in seek:4 break:100 spare:min nonsense; do
	exits "-use-the-force-luke=$word is refused" 2 growisofs -use-the-force-luke=$word -Z sim:d.disc=image
	like "the message about -use-the-force-luke=$word names it" "$(cat "$err")" "^growisofs: -use-the-force-luke=$word"
done
like "growisofs: bad usage points to its own help" "$(cat "$err")" "^Try 'growisofs --help'"
for target in sim:d.disc f.img; do
	new dvd-ram && : >f.img
	ok "growisofs -Z writes an image to $target in place" growisofs -Z $target=image
	ok "$target holds the image that growisofs -Z wrote" cmp -n "$(stat -c %s image)" image ${target#sim:}
	exits "$target: growisofs -Z does not overwrite an image" 1 growisofs -Z $target=image
	like "$target: the message names the word that overwrites an image" "$(cat "$err")" "holds iso9660 .*-use-the-force-luke=tty"
	ok "$target: -use-the-force-luke=tty overwrites an image" growisofs -use-the-force-luke=tty -Z $target=cd_image2
	ok "$target holds the image that overwrote the first one" cmp -n "$(stat -c %s cd_image2)" cd_image2 ${target#sim:}
done
ok "growisofs -Z FILE masters files into it" growisofs -use-the-force-luke=tty -Z f.img -quiet -R d
is "the file of growisofs -Z has the mastered files" "$(rr f.img)" "/file-with-a-long-name.text"
exits "growisofs -dry-run -M FILE succeeds" 0 growisofs -dry-run -M f.img -R dir
is "growisofs -dry-run -M FILE writes nothing" "$(rr f.img)" "/file-with-a-long-name.text"
ok "growisofs -M FILE adds files" growisofs -use-the-force-luke=wrvfy -M f.img -R dir
is "the tree at the beginning of the file has all files" "$(rr f.img) $(isoinfo -R -x /more -i f.img)" \
	"/file-with-a-long-name.text /more more"
head -c 440 /dev/urandom >boot440 && growisofs -Z boot.img -quiet -R -G boot440 -b more -no-emul-boot dir
ok "growisofs -M adds files to an image that boots" growisofs -M boot.img -quiet -R d
ok "growisofs -M keeps the boot code of an image" cmp -n 440 boot440 boot.img
like "growisofs -M keeps the boot image of an image" "$(xorriso -indev boot.img -report_el_torito cmd 2>/dev/null)" "bin_path='/more'"
cp f.img huge.img
printf '\377\377\377\377\377\377\377\377' | dd of=huge.img bs=1 seek=$((32768 + 80)) conv=notrunc status=none
cp huge.img huge.before
exits "-M of an image that claims more blocks than there are is refused" 1 growisofs -M huge.img -R d
ok "an image that claims more blocks than it has stays as it was" cmp huge.img huge.before
echo thesis >text && exits "-M of a file that is no image is refused" 1 growisofs -M text -R dir
is "a text that growisofs -M refuses stays as it was" "$(cat text)" thesis
ok "growisofs -Z FILE makes a file that does not exist" growisofs -Z fresh.img -quiet -R d
is "the file that growisofs -Z made has the files" "$(rr fresh.img)" "/file-with-a-long-name.text"
exits "growisofs -Z makes no file under /dev" 1 growisofs -Z /dev/never-there -quiet -R d
exits "growisofs -M of a missing file fails" 1 growisofs -M never -R d
exits "growisofs -o is bad usage" 2 growisofs -Z f.img -o other d
exits "growisofs --span is bad usage" 2 growisofs -Z sim:d.disc --span=1m d
for media in dvd-r bd-r; do
	new $media
	exits "$media: growisofs -dry-run of files succeeds" 0 growisofs -dry-run -Z sim:d.disc -R d
	is "$media: growisofs -dry-run of files writes nothing" "$(shown)" blank
	ok "$media: growisofs -Z masters and burns files" growisofs -Z sim:d.disc -quiet -R -J d
	is "$media: the disc has the files that growisofs -Z mastered" "$(rr d.disc)" "/file-with-a-long-name.text"
	ok "$media: growisofs -M adds files" growisofs -dvd-compat -M sim:d.disc -R -J dir
	last=$(isowrite dev=sim:d.disc -toc | sed -n 's/^track: *2 lba: *\([0-9]*\) .*/\1/p')
	is "$media: the session of growisofs -M has all files, and the disc is closed" \
		"$(isoinfo -R -f -T "$last" -i d.disc | sort | paste -sd' ') $(shown)" "/file-with-a-long-name.text /more complete"
done
printf 'boot code' >mbr && new dvd+r
ok "growisofs -Z with -G succeeds" growisofs -Z sim:d.disc -quiet -R -G mbr d
is "the file of -G is at the beginning of the disc" "$(head -c 9 d.disc)" "boot code"
ok "growisofs -Z FILE=/dev/zero succeeds" growisofs -use-the-force-luke=tty -Z f.img=/dev/zero
is "growisofs -Z FILE=/dev/zero overwrites the file with zeros" "$(tr -d '\0' <f.img | wc -c)" 0
exits "growisofs -dry-run -Z FILE=IMAGE succeeds" 0 growisofs -dry-run -Z never=image
is "growisofs -dry-run -Z FILE=IMAGE makes no file" "$(stat never 2>&1 | grep -c 'No such')" 1
ok "growisofs -Z FILE=IMAGE makes a file that does not exist" growisofs -Z made.img=image
ok "the file that growisofs -Z FILE=IMAGE made is the image" cmp image made.img
exits "growisofs -Z FILE=IMAGE fails if there is no IMAGE" 1 growisofs -Z never=nothing
exits "growisofs -Z FILE=/dev/zero fails if there is no FILE" 1 growisofs -Z never=/dev/zero
exits "growisofs -Z FILE=IMAGE makes no file under /dev" 1 growisofs -Z /dev/never-there=image
is "no file is left by growisofs -Z that failed" "$(stat never /dev/never-there 2>&1 | grep -c 'No such')" 2
plan
