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
ok "K3b's command line is taken" mkisofs -gui -graft-points -volid X -volset '' -appid K3B -publisher '' -preparer K3b \
	-sysid LINUX -volset-size 1 -volset-seqno 1 -rational-rock -joliet -no-cache-inodes -full-iso9660-filenames \
	-iso-level 3 -path-list <(echo "/=dir") -o k3b.iso
is "its image has the files" "$(rr k3b.iso)" "/more"
exits "a volume set of two volumes is refused" 2 mkisofs -volset-size 2 -o no.iso dir
ok "-a, -ucs-level 3, -hide-joliet-trans-tbl, -debug and -input-charset default change nothing" mkisofs -a -r -J \
	-ucs-level 3 -hide-joliet-trans-tbl -debug -input-charset default -o same.iso dir
ok "-jcharset is Joliet" mkisofs -r -jcharset utf-8 -o joliet.iso dir
is "whose tree is there" "$(isoinfo -J -f -i joliet.iso)" "/more"
ok "-log-file takes the messages" mkisofs -r -log-file log -o same.iso dir
like "which are in it" "$(cat log; cat "$err")" "^same.iso: [0-9]+ blocks"
is "and nowhere else" "$(cat "$err")" ""
ok "-new-dir-mode" mkisofs -R -new-dir-mode 0700 -o new.iso -graft-points n/m=dir/more
like "is that of directories without one on the host" "$(isoinfo -R -l -i new.iso)" "^drwx------ .* n *$"
ok "-eltorito-platform" mkisofs -R -b more -no-emul-boot -eltorito-alt-boot -eltorito-platform 0xEF -b efi -no-emul-boot \
	-o efi.iso -graft-points dir efi=dir/more
like "makes a boot image one for EFI" "$(xorriso -indev efi.iso -report_el_torito plain 2>/dev/null)" \
	"1  BIOS .*"$'\n'".*2  UEFI "
exits "one for another machine is refused" 2 mkisofs -R -b more -eltorito-platform ppc -o no.iso dir
ok "-C 16,N means the first session, as growisofs has it" mkisofs -R -C 16,1000 -M k3b.iso -o second.iso d
is "its tree is taken over" "$(isoinfo -R -f -N 1000 -i second.iso | sort | xargs)" "/file-with-a-long-name.text /more"
exits "wodim --devices names no drive where there is none" "$(ls /dev/sr* >/dev/null 2>&1 && echo 0 || echo 1)" wodim --devices

# ---- the environment and the configuration ----
printf '%s\n' '# drives' 'CDR_DEVICE=sim' 'CDR_MAXFIFOSIZE=1m' 'sim= sim:d.disc 4 2m burnfree' 'any=	-1 -1 -1 ""' >conf
export ISOWRITE_CONF=$tmp/conf
speed() { sed -n 's/.*\(SET CD SPEED [^:]*\):.*/\1/p'; }
new_cd() { rm -f d.disc*; mmcsim create --media=cd-r d.disc; }
new_cd
like "dev= takes a name of the configuration" "$(cdrecord dev=sim -inq)" "UDFKIT"
like "CDR_DEVICE of the configuration is taken without dev=" "$(cdrecord -inq)" "UDFKIT"
like "CDR_DEVICE of the environment is taken before it" "$(CDR_DEVICE=sim:nothing cdrecord -inq 2>&1)" "cdrecord: sim:nothing: "
like "isowrite takes it too" "$(CDR_DEVICE=sim isowrite -toc 2>&1)" "sim:d.disc: the CD-R has no table"
four=$(cdrecord dev=sim:d.disc speed=4 -vV -dummy image 2>&1 | speed)
like "speed= is sent to the drive" "$four" "^SET CD SPEED BB "
is "the line of the drive gives the speed" "$(cdrecord dev=sim -vV -dummy image 2>&1 | speed)" "$four"
is "CDR_SPEED does where it says nothing" "$(CDR_SPEED=4 cdrecord dev=sim:d.disc -vV -dummy image 2>&1 | speed)" "$four"
is "the line of the drive is before CDR_SPEED" "$(CDR_SPEED=2 cdrecord dev=sim -vV -dummy image 2>&1 | speed)" "$four"
isnt=$(cdrecord dev=sim speed=2 -vV -dummy image 2>&1 | speed)
[ -n "$isnt" ] && [ "$isnt" != "$four" ] && pass "the command line is before all" || fail "the command line is before all" "$isnt"
exits "CDR_FIFOSIZE is read" 2 env CDR_FIFOSIZE=2g cdrecord dev=sim:d.disc -dummy image
echo junk >>conf
exits "a line that is none is an error" 1 cdrecord -inq
like "the message names file and line" "$(cat "$err")" "^cdrecord: $tmp/conf: line 6 "
unset ISOWRITE_CONF

# ---- growisofs ----
mkdir -p some && echo thesis >thesis.pdf && : >some/file
like "growisofs --help shows its settings with their dash" "$(growisofs --help | paste -sd' ')" \
	" -speed=<N>.* -use-the-force-luke=<WORD"
unlike "growisofs --help does not offer -V, which is the volume id" "$(growisofs --help)" "-V, --version"
exits "growisofs -Z does not replace a file of an unknown kind unasked" 1 growisofs -Z thesis.pdf -R some
is "which stays as it was" "$(cat thesis.pdf)" thesis
ok "-use-the-force-luke=tty replaces it" growisofs -use-the-force-luke=tty -Z thesis.pdf -R some
is "it is an image then" "$(blkid -p -o value -s TYPE thesis.pdf)" iso9660
new() { rm -f d.disc*; mmcsim create --media="$1" d.disc; }
shown() { mmcsim show d.disc | sed -n 's/^drive: //p'; }
new dvd+r
exits "-speed=2. is no speed" 2 growisofs -speed=2. -Z sim:d.disc=image
ok "growisofs -Z DEV=IMAGE begins a disc" growisofs -speed=2.4 -Z sim:d.disc=image
like "growisofs: messages bear its name" "$(cat "$err")" "^growisofs: sim:d.disc: image: "
is "it can be appended to" "$(shown)" appendable
exits "-Z of a disc that is not blank is refused" 1 growisofs -Z sim:d.disc=image
exits "-dry-run checks" 0 growisofs -dry-run -M sim:d.disc=image
is "and writes nothing" "$(mmcsim show d.disc | grep -c '^track.* [1-9][0-9]* blocks')" 1
ok "-M DEV=IMAGE adds a session" growisofs -M sim:d.disc=image
is "there are two" "$(mmcsim show d.disc | grep -c '^track.* [1-9][0-9]* blocks')" 2
exits "-dry-run closes no disc" 0 growisofs -dry-run -M sim:d.disc=/dev/zero
is "it can still be appended to" "$(shown)" appendable
ok "-M DEV=/dev/zero closes the disc" growisofs -M sim:d.disc=/dev/zero
is "it is closed" "$(shown)" complete
new dvd-r
# shellcheck disable=SC2002
cat image | growisofs -use-the-force-luke=tty,notray,noload,bufsize:1m,spare:none,4gms,noopc,wrvfy,dao:500 \
	-Z sim:d.disc=/dev/stdin 2>"$err"
is "the known words of -use-the-force-luke= are taken, for a pipe at once" "$? $(shown)" "0 complete"
new dvd-r
ok "-dvd-compat closes the disc" growisofs -dvd-compat -Z sim:d.disc=image
is "it is closed" "$(shown)" complete
new dvd-rw
isowrite dev=sim:d.disc blank=fast
ok "a minimally blanked DVD-RW is written at once" growisofs -Z sim:d.disc=image
like "which is said" "$(cat "$err")" "blanked minimally: it is written at once, as with -dvd-compat, and closed by that"
is "it is closed" "$(shown)" complete
for word in seek:4 break:100 spare:min nonsense; do
	exits "-use-the-force-luke=$word is refused" 2 growisofs -use-the-force-luke=$word -Z sim:d.disc=image
	like "by name" "$(cat "$err")" "^growisofs: -use-the-force-luke=$word"
done
like "growisofs: bad usage points to its own help" "$(cat "$err")" "^Try 'growisofs --help'"
for target in sim:d.disc f.img; do
	new dvd-ram && : >f.img
	ok "$target, which is written in place: -Z writes the image" growisofs -Z $target=image
	ok "$target holds it" cmp -n "$(stat -c %s image)" image ${target#sim:}
	exits "$target: what is there is not overwritten" 1 growisofs -Z $target=image
	like "$target: the message says how it is" "$(cat "$err")" "holds iso9660 .*-use-the-force-luke=tty"
	ok "$target: with that word it is" growisofs -use-the-force-luke=tty -Z $target=cd_image2
	ok "$target holds the other image" cmp -n "$(stat -c %s cd_image2)" cd_image2 ${target#sim:}
done
ok "-Z FILE masters files into it" growisofs -use-the-force-luke=tty -Z f.img -quiet -R d
is "it has the files" "$(rr f.img)" "/file-with-a-long-name.text"
exits "-dry-run -M FILE checks" 0 growisofs -dry-run -M f.img -R dir
is "and writes nothing" "$(rr f.img)" "/file-with-a-long-name.text"
ok "-M FILE adds files" growisofs -use-the-force-luke=wrvfy -M f.img -R dir
is "the tree at its beginning has all" "$(rr f.img) $(isoinfo -R -x /more -i f.img)" \
	"/file-with-a-long-name.text /more more"
head -c 440 /dev/urandom >boot440 && growisofs -Z boot.img -quiet -R -G boot440 -b more -no-emul-boot dir
ok "-M of what boots" growisofs -M boot.img -quiet -R d
ok "keeps the boot code" cmp -n 440 boot440 boot.img
like "and the boot image" "$(xorriso -indev boot.img -report_el_torito cmd 2>/dev/null)" "bin_path='/more'"
cp f.img huge.img
printf '\377\377\377\377\377\377\377\377' | dd of=huge.img bs=1 seek=$((32768 + 80)) conv=notrunc status=none
cp huge.img huge.before
exits "-M of an image that claims more blocks than there are is refused" 1 growisofs -M huge.img -R d
ok "it stays as it was" cmp huge.img huge.before
echo thesis >text && exits "-M of a file that is no image is refused" 1 growisofs -M text -R dir
is "it stays as it was" "$(cat text)" thesis
ok "-Z FILE makes a file" growisofs -Z fresh.img -quiet -R d
is "with the files" "$(rr fresh.img)" "/file-with-a-long-name.text"
exits "none is made under /dev" 1 growisofs -Z /dev/never-there -quiet -R d
exits "-M makes none" 1 growisofs -M never -R d
exits "-o is not for growisofs" 2 growisofs -Z f.img -o other d
exits "nor is a set of discs" 2 growisofs -Z sim:d.disc --span=1m d
for media in dvd-r bd-r; do
	new $media
	exits "$media: -dry-run of files checks" 0 growisofs -dry-run -Z sim:d.disc -R d
	is "$media: and writes nothing" "$(shown)" blank
	ok "$media: -Z masters and burns files" growisofs -Z sim:d.disc -quiet -R -J d
	is "$media: they are on it" "$(rr d.disc)" "/file-with-a-long-name.text"
	ok "$media: -M adds files" growisofs -dvd-compat -M sim:d.disc -R -J dir
	last=$(isowrite dev=sim:d.disc -toc | sed -n 's/^track: *2 lba: *\([0-9]*\) .*/\1/p')
	is "$media: the session has all, and the disc is closed" \
		"$(isoinfo -R -f -T "$last" -i d.disc | sort | paste -sd' ') $(shown)" "/file-with-a-long-name.text /more complete"
done
printf 'boot code' >mbr && new dvd+r
ok "-G of a disc that is mastered and burned at once" growisofs -Z sim:d.disc -quiet -R -G mbr d
is "the file is at its beginning" "$(head -c 9 d.disc)" "boot code"
ok "-Z FILE=/dev/zero clears it" growisofs -use-the-force-luke=tty -Z f.img=/dev/zero
is "it is zeros" "$(tr -d '\0' <f.img | wc -c)" 0
exits "-dry-run -Z FILE=IMAGE checks" 0 growisofs -dry-run -Z never=image
is "and makes nothing" "$(stat never 2>&1 | grep -c 'No such')" 1
ok "-Z FILE=IMAGE makes a file" growisofs -Z made.img=image
ok "which is the image" cmp image made.img
exits "of no image it makes none" 1 growisofs -Z never=nothing
exits "of zeros for ever neither" 1 growisofs -Z never=/dev/zero
exits "nor below /dev" 1 growisofs -Z /dev/never-there=image
is "there is none" "$(stat never /dev/never-there 2>&1 | grep -c 'No such')" 2
plan
