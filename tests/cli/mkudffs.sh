# SPDX-License-Identifier: GPL-2.0-or-later
# mkudffs: files and devices, what is refused, output, reproducible volumes.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
mkudffs=$(ours mkudffs) || plan
cd "$tmp" || exit 1
uuid=0123456789abcdef

is_udf() { blkid -p -s TYPE -o value "$1" 2>/dev/null | grep -q udf; }

# ---- the oldest recipe ----
dd if=/dev/zero of=udfimage bs=1M count=10 2>/dev/null
ok "mkudffs without options makes a volume in an image file" "$mkudffs" udfimage
like "it says what it made" "$(cat "$out")" '^blocks=20480$'
ok "blkid knows it" is_udf udfimage

# ---- image files ----
ok "a new image is made where its size is given" "$mkudffs" --size=64M new.img
is "it has that size" "$(stat -c %s new.img)" $((64 << 20))
ok "it is sparse" test "$(stat -c %b new.img)" -lt 1000
exits "--new-file fails where the file exists" 1 "$mkudffs" --new-file --size=64M new.img
like "and says so" "$(cat "$err")" "new.img: .*exists"
exits "a new image needs a size" 1 "$mkudffs" none.img
like "and the message names the option" "$(cat "$err")" -- '--size'
ok "no file is left behind" test ! -e none.img
: >empty.img
exits "so does an empty file" 1 "$mkudffs" empty.img
like "with the same way out" "$(cat "$err")" "^mkudffs: empty.img: is empty; .*--size"
exits "too small an image is refused" 1 "$mkudffs" -b 2048 --size=35b small.img
ok "and no file is left behind" test ! -e small.img
ok "blocks may be given instead" "$mkudffs" -b 2048 blocks.img 0x200
is "in any base" "$(stat -c %s blocks.img)" $((512 * 2048))
exits "not both" 1 "$mkudffs" --size=1M blocks.img 512
exits "a directory is no device" 1 "$mkudffs" "$tmp"
exits "nor is a character device" 1 "$mkudffs" /dev/null
exits "a directory that does not exist" 1 "$mkudffs" --size=1M none/x.img
exits "nor is a simulated drive, yet" 1 "$mkudffs" --size=1M sim:x.img
is "and no file is made of its name" "$(cat "$err"; ls sim:* 2>/dev/null)" \
	"mkudffs: sim:x.img: simulated drives are not supported by this version"
truncate -s 1M grow.img
ok "a file is made longer where more blocks are asked for" "$mkudffs" -q grow.img 4096
is "as long as that" "$(stat -c %s grow.img)" $((4096 * 512))

truncate -s 4M longer.img
ok "a volume may end before its file" "$mkudffs" longer.img 5000
is "with a warning" "$(cat "$err")" \
	"mkudffs: warning: longer.img: the volume ends before it does: readers look for its other anchors at the end"
ok "one that is as long gets none" "$mkudffs" longer.img 8192
unlike "not a word of it" "$(cat "$err")" 'ends before'
truncate -s $((400 * 512 + 200)) longer.img
ok "half a block behind it" "$mkudffs" longer.img 400
unlike "gives none either" "$(cat "$err")" 'ends before'
truncate -s 4M longer.img
sum=$(sha256sum <longer.img)
exits "a volume without an anchor that could be found" 1 "$mkudffs" longer.img 256
is "is refused" "$(cat "$err")" "mkudffs: longer.img: 256 blocks of 512 bytes are too few on what is larger: readers \
would not find the volume; give at least 257, or a new image"
exits "for a later session too" 1 "$mkudffs" --startblock=1000 longer.img 1256
is "the file stays as it was" "$(sha256sum <longer.img)" "$sum"
ok "with an anchor it is made" "$mkudffs" -q longer.img 257
ok "and found" udfinfo longer.img

head -c 8M /dev/urandom >rubbish.img
ok "write-once in an image that held something else" "$mkudffs" -q -m worm rubbish.img
ok "nothing of that is taken for the volume's" udffsck -n rubbish.img

ok "an image that somebody else may only read" "$mkudffs" -q --new-file --size=1M theirs.img
if need root; then
	chmod 755 . && chmod 444 theirs.img
	exits "is not his to make a volume in" 1 setpriv --reuid 65534 --clear-groups "$mkudffs" -q theirs.img
	is "which is all that is said" "$(cat "$err")" "mkudffs: theirs.img: cannot open: Permission denied"
else
	skip "is not his to make a volume in" "needs root"
	skip "which is all that is said" "needs root"
fi

printf -v label 'two\nlines\033[2J'
"$mkudffs" -q --size=1M --label="$label" hostile.img
ok "a volume whose label has control characters is overwritten" "$mkudffs" -q hostile.img
is "they are not sent to the terminal" "$(cat "$err")" \
	"mkudffs: hostile.img: overwriting the UDF volume 'two?lines?[2J'"

# ---- symbolic links ----
mkdir elsewhere
ln -s elsewhere/real.img link.img
exits "--new-file makes nothing behind a symbolic link" 1 "$mkudffs" -q --new-file --size=1M link.img
like "and says that it is one" "$(cat "$err")" "^mkudffs: link.img: .*symbolic link"
exits "too small a volume behind one" 1 "$mkudffs" -q -b 2048 --size=35b link.img
ok "the image is made where a symbolic link points to" "$mkudffs" -q --size=1M link.img
ok "it is there" is_udf elsewhere/real.img
ok "the link stays" test -L link.img
ok "it is followed again" "$mkudffs" -q --size=2M link.img
ln -sf nowhere/real.img lost.img
exits "a link into a directory that does not exist" 1 "$mkudffs" -q --size=1M lost.img
is "is told as that" "$(cat "$err")" \
	"mkudffs: lost.img: cannot make the file that this symbolic link points to: No such file or directory"
ln -s elsewhere/huge.img large.img
exits "a file behind a link that fails" 1 bash -c 'ulimit -f 100; exec "$1" -q --size=1M large.img' - "$mkudffs"
is "for a limit on files' sizes" "$(cat "$err")" "mkudffs: large.img: cannot give it its size: File too large"
is "is removed again, and not the link" "$(ls elsewhere; readlink large.img)" "real.img
elsewhere/huge.img"

# ---- interrupted ----
export ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0
mkfifo gate
for signal in INT TERM HUP; do
	rm -f gate.log
	UDFKIT_GATE=gate LD_PRELOAD=$top_builddir/tests/cli/gated_flush.so \
		env --default-signal=INT "$mkudffs" -q --size=4M half.img &
	maker=$!
	wait_until 20 test -s gate.log
	kill -s $signal $maker
	wait $maker
	is "SIG$signal ends it as that signal does" $? $((128 + $(kill -l $signal)))
	ok "and leaves no half an image" test ! -e half.img
done

# ---- the whole range of sizes ----
exits "more than 2^32 - 1 blocks are refused" 1 "$mkudffs" -b 512 huge.img 4294967296
like "with the way out" "$(cat "$err")" "larger blocks"
ok "nothing was made" test ! -e huge.img
exits "a size of which it is too many" 1 "$mkudffs" -n -b 512 --size=4T huge.img

# ---- nothing is written with -n ----
dd if=/dev/urandom of=random.img bs=64k count=16 2>/dev/null
cp random.img before.img
ok "-n prints the layout" "$mkudffs" -n -b 2048 random.img
like "and says that it does not write" "$(head -n 1 "$out")" "^Note: Not writing"
same "and writes nothing" random.img before.img
ok "-n makes no file" "$mkudffs" -n none.img 4096
ok "really none" test ! -e none.img

# ---- what is there already ----
mke2fs -q -F -t ext4 -L precious udfimage 8M 2>/dev/null
cp udfimage before.img
exits "another file system is left alone" 1 "$mkudffs" udfimage
like "it is named" "$(cat "$err")" "ext4"
like "and so is the option that overrides" "$(cat "$err")" "--force"
same "not a byte was changed" udfimage before.img
ok "--force overwrites it" "$mkudffs" -q --force udfimage
ok "and it is UDF then" is_udf udfimage
for fs in ext4 swap "a partition table"; do
	rm -f preserve.img && truncate -s 10M preserve.img
	case $fs in
	ext4) mke2fs -q -F -t ext4 preserve.img 2>/dev/null ;;
	swap) mkswap -q preserve.img 2>/dev/null ;;
	*) printf '\0\0\2\0\x83\xff\xff\xff\1\0\0\0\0\x20\0\0' |
		dd of=preserve.img bs=1 seek=446 conv=notrunc status=none
	   printf '\x55\xaa' | dd of=preserve.img bs=1 seek=510 conv=notrunc status=none ;;
	esac
	head -c 32768 preserve.img >before.img
	ok "over $fs, where the boot area is left alone" "$mkudffs" -q --force -m dvdram preserve.img
	is "only UDF is found: $fs" "$(blkid -p -s TYPE -s PTTYPE -o value preserve.img)" udf
	dd if=before.img of=preserve.img conv=notrunc status=none
	ok "over $fs, where it shall be preserved" "$mkudffs" -q --force -m dvdram --bootarea=preserve preserve.img
	head -c 32768 preserve.img >after.img
	same "not a byte of it is changed: $fs" after.img before.img
done
ok "an old UDF volume is overwritten" "$mkudffs" -l First udfimage
ok "without a question where nobody could answer" "$mkudffs" -l Second udfimage
like "its label is named" "$(cat "$err")" "First"

# ---- options in any order ----
"$mkudffs" -n -q --json --utf8 -u $uuid -m hd -r 1.50 -b 2048 -l L one.img 4000 2>/dev/null
"$mkudffs" -n -u $uuid -l L -b 2048 -r 1.50 -m hd --utf8 one.img 4000 >a.txt
"$mkudffs" one.img 4000 --utf8 -m hd -r 1.50 -b 2048 -l L -u $uuid -n >b.txt
same "options mean the same in any order" a.txt b.txt
exits "encodings exclude each other" 1 "$mkudffs" -n --utf8 --u8 one.img 4000

exits "a partition table needs the disk's first sector" 1 "$mkudffs" -n --startblock=100 --bootarea=mbr one.img 4000
is "and not that of a session" "$(cat "$err")" "mkudffs: one.img: a partition table belongs in the first sector \
of the disk, not of a later session; choose another boot area"

# ---- bad values ----
while read -r name args; do
	# shellcheck disable=SC2086
	exits "refused: $name" 1 "$mkudffs" -n $args one.img 4000
	is "in one line or two: $name" "$(wc -l <"$err")" "$(grep -c . "$err")"
	like "that begins with our name: $name" "$(head -n 1 "$err")" "^mkudffs: "
done <<'EOT'
block-size -b 1000
small-block-size -b 256
large-block-size -b 65536
media -m floppy
revision -r 3.00
revision-text -r two
revision-digits -r 2.001
revision-half -r 2.
strategy --strategy=5
space --space=none
ad --ad=extended
bootarea --bootarea=keep
bootarea-sector --bootarea=mbr:1000
packetlen --packetlen=0
long-packetlen --packetlen=65536
mode --mode=1777
mode-digits --mode=8
uid --uid=-2
uuid-length -u 0123
uuid-case -u 0123456789ABCDEF
size --size=12Q
negative-size --size=-1
option --no-such-option
EOT
exits "no device" 1 "$mkudffs"
like "points to the help" "$(cat "$err")" "Try 'mkudffs --help'"
exits "blocks that are no number" 1 "$mkudffs" -n one.img many
exits "a third operand" 1 "$mkudffs" -n one.img 4000 5000
exits "a label that is no UTF-8" 1 "$mkudffs" -n --utf8 -l $'\377' one.img 4000
exits "a label that is too long" 1 "$mkudffs" -n -l "$(printf 'x%.0s' {1..127})" one.img 4000
for option in label lvid vid vsid fsid fullvsid owner organization contact; do
	exits "a character that UDF can't hold, in --$option" 1 "$mkudffs" -n "--$option=a"$'\357\277\276' one.img 4000
	like "is told by that name" "$(cat "$err")" "^mkudffs: one.img: .*--$option.* has a character that UDF can't hold"
done
for option in lvid vid fsid; do
	ok "an empty --$option is accepted" "$mkudffs" -n "--$option=" one.img 4000
	is "with a warning: $option" "$(cat "$err")" \
		"mkudffs: warning: --$option is empty: UDF wants a text there, and checkers miss it"
done
for option in '--ad=' '--space=' '--bootarea=' '--mode= 755' '--mode=+755' '-r+201' '-r 2.01'; do
	exits "'$option' is no value" 1 "$mkudffs" -n "$option" one.img 4000
	like "by name: $option" "$(head -n 1 "$err")" "^mkudffs: --[a-z-]* can't be '.*'$"
done
x() { printf 'x%.0s' $(seq "$1"); }
too_long() {	# NAME OPTION N N16 TEXT: N characters of Latin-1 fit, N16 of others
	local many wide
	ok "$1 of $3 characters fits" "$mkudffs" -n "$2=$(x "$3")" one.img 4000
	ok "$1 of $3 characters fits, of Latin-1" "$mkudffs" -n "$2=é$(x $(($3 - 1)))" one.img 4000
	exits "but not of one more there" 1 "$mkudffs" -n "$2=é$(x "$3")" one.img 4000
	for many in "$2=$(x $(($3 + 1)))" "$2=$(x 600)"; do
		exits "$1 that is too long" 1 "$mkudffs" -n "$many" one.img 4000
		is "is told with the limit" "$(cat "$err")" \
			"mkudffs: one.img: $5 is too long: at most $3 characters, or $4 if not all of them are Latin-1"
	done
	wide="$2=ł$(x $(($4 - 1)))"
	ok "$1 of $4 characters fits, beyond Latin-1" "$mkudffs" -n "$wide" one.img 4000
	exits "but not of one more" 1 "$mkudffs" -n "${wide}x" one.img 4000
}
too_long "a logical volume identifier" --lvid 126 63 "--lvid or --label: the logical volume identifier"
too_long "a label" --label 126 63 "--lvid or --label: the logical volume identifier"
too_long "a volume identifier" --vid 30 15 "--vid: the volume identifier"
too_long "a volume set identifier" --vsid 110 47 "--vsid: the volume set identifier behind the uuid"
too_long "a whole volume set identifier" --fullvsid 126 63 "--fullvsid: the volume set identifier"
too_long "a file set identifier" --fsid 30 15 "--fsid: the file set identifier"
too_long "an owner" --owner 34 17 "--owner: the owner"
too_long "an organization" --organization 34 17 "--organization: the organization"
too_long "a contact" --contact 34 17 "--contact: the contact"
is "of an option that is given twice the last one counts" \
	"$("$mkudffs" -n -b 512 --lvid=first --lvid=last -b 2048 one.img 4000 | grep -E '^(label|blocksize)=')" "label=last
blocksize=2048"
mkdir first last
exits "but not of directories" 1 "$mkudffs" -n -d first -d last one.img 4000
is "which is told" "$(head -n 1 "$err")" "mkudffs: -d is given twice; the volume is filled from one directory"

# ---- what later versions bring ----
for type in cdrw dvdrw cdr dvdr bdr; do
	exits "media type $type is refused" 1 "$mkudffs" -n -m $type one.img 100000
	like "by name: $type" "$(cat "$err")" "$type.*partition"
done
for revision in 2.50 2.60 0x250; do
	exits "revision $revision is refused" 1 "$mkudffs" -n -r $revision one.img 100000
	like "by name: $revision" "$(cat "$err")" "metadata partition"
done
for option in --vat --closed --minblocks=300 --spartable --spartable=2 --sparspace=64; do
	exits "$option is refused" 1 "$mkudffs" -n $option one.img 100000
	like "by name: $option" "$(cat "$err")" "partition"
done

# ---- output ----
ok "--help succeeds" "$mkudffs" --help
like "on standard output" "$(cat "$out")" "--media-type"
ok "--version succeeds" "$mkudffs" --version
like "and names the project" "$(cat "$out")" "udfkit"
ok "-q prints nothing" "$mkudffs" -q --new-file --size=1M quiet.img
is "nothing at all" "$(cat "$out" "$err")" ""
ok "--json" "$mkudffs" -n --json -u $uuid -l 'quo"te' -b 2048 one.img 8192
if need "command python3"; then
	is "is JSON, with the layout" \
		"$(python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(d["label"], d["uuid"], d["blocks"], d["extents"][3]["type"], d["extents"][3]["start"])' "$out")" \
		'quo"te 0123456789abcdef 8192 MVDS 96'
else
	skip "is JSON, with the layout" "needs command python3"
fi
"$mkudffs" -n -v -b 2048 one.img 8192 >v.txt
like "-v prints where things lie" "$(cat v.txt)" '^root=3$'
ok "a full standard output is an error" bash -c '! "$0" -n one.img 4000 >/dev/full 2>/dev/null' "$mkudffs"

# ---- zones ----
zone() {	# TZ: what is recorded, and what the checker says of it
	TZ=$1 "$mkudffs" -q -b 2048 --size=2M zone.img 2>/dev/null
	od -An -tx2 --endian=little -j $((2048 * 96 + 376)) -N 2 zone.img | tr -d ' '
	udffsck -n zone.img >"$out" || cat "$out"
}
is "a zone is recorded" "$(zone Nepal-5:45)" 1159
is "one west of UTC" "$(zone West+3:30)" 1f2e
is "one that is no multiple of 15 minutes is not" "$(zone Odd-5:53)" 1000

# ---- reproducible ----
export SOURCE_DATE_EPOCH=1000000000
"$mkudffs" -q -u $uuid --size=8M a.img
TZ=Asia/Tokyo "$mkudffs" -q -u $uuid --size=8M b.img
same "equal arguments give equal volumes" a.img b.img
"$mkudffs" -q -u $uuid a.img 2>/dev/null
same "also over a volume that was there" a.img b.img
dd if=/dev/urandom of=c.img bs=1M count=8 2>/dev/null
is "a partition table too" "$("$mkudffs" -q -u $uuid --bootarea=mbr --size=8M m1.img
	"$mkudffs" -q -u $uuid --bootarea=mbr --size=8M m2.img; cmp m1.img m2.img && echo equal)" equal
SOURCE_DATE_EPOCH=soon exits "a date that is no number is refused" 1 "$mkudffs" -q --size=8M d.img
unset SOURCE_DATE_EPOCH
plan
