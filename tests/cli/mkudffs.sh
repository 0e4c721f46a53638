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
like "mkudffs prints the number of blocks of the new volume" "$(cat "$out")" '^blocks=20480$'
ok "blkid recognizes the new volume as UDF" is_udf udfimage

# ---- image files ----
ok "--size makes a new image" "$mkudffs" --size=64M new.img
is "a new image has the size that --size gives" "$(stat -c %s new.img)" $((64 << 20))
ok "a new image is a sparse file" test "$(stat -c %b new.img)" -lt 1000
exits "--new-file fails where the file exists" 1 "$mkudffs" --new-file --size=64M new.img
like "--new-file says that the file exists" "$(cat "$err")" "new.img: .*exists"
exits "mkudffs refuses to make a new image without a size" 1 "$mkudffs" none.img
like "the message about a missing size names --size" "$(cat "$err")" -- '--size'
ok "mkudffs leaves no file when the size is missing" test ! -e none.img
: >empty.img
exits "an empty file needs a size like a new image" 1 "$mkudffs" empty.img
like "the message about an empty file names --size" "$(cat "$err")" "^mkudffs: empty.img: is empty; .*--size"
exits "an image that is too small is refused" 1 "$mkudffs" -b 2048 --size=35b small.img
ok "no file remains when the image is too small" test ! -e small.img
ok "a number of blocks makes a new image as --size does" "$mkudffs" -b 2048 blocks.img 0x200
is "the number of blocks may be hexadecimal" "$(stat -c %s blocks.img)" $((512 * 2048))
exits "--size and a number of blocks exclude each other" 1 "$mkudffs" --size=1M blocks.img 512
exits "mkudffs refuses a directory in place of an image" 1 "$mkudffs" "$tmp"
exits "mkudffs refuses a character device" 1 "$mkudffs" /dev/null
exits "mkudffs fails when the image's directory does not exist" 1 "$mkudffs" --size=1M none/x.img
exits "mkudffs makes no simulated drive" 1 "$mkudffs" --size=1M sim:x.img
is "mkudffs says how a simulated drive is made, and makes no file of that name" \
	"$(cat "$err"; ls sim:* 2>/dev/null)" \
	"mkudffs: sim:x.img: there is no simulated drive of this name; 'mmcsim create' makes one"
for what in /dev/null "$tmp"; do
	exits "mkudffs refuses $what" 1 "$mkudffs" -n "$what" 4000
	like "mkudffs says what $what is" "$(cat "$err")" \
		"^mkudffs: $what: (neither an image file nor a block device|is a directory; name an image file or a device)$"
done
truncate -s 1M grow.img
ok "an image grows when more blocks are asked for than it has" "$mkudffs" -q grow.img 4096
is "an image that grew has the size of the blocks asked for" "$(stat -c %s grow.img)" $((4096 * 512))

truncate -s 4M longer.img
ok "a volume may be smaller than its image" "$mkudffs" longer.img 5000
is "mkudffs warns when the volume ends before its image" "$(cat "$err")" \
	"mkudffs: warning: longer.img: the volume ends before it does: readers look for its other anchors at the end"
ok "a volume may be as large as its image" "$mkudffs" longer.img 8192
unlike "mkudffs does not warn when the volume fills its image" "$(cat "$err")" 'ends before'
truncate -s $((400 * 512 + 200)) longer.img
ok "a volume may leave half a block at the end of its image" "$mkudffs" longer.img 400
unlike "mkudffs does not warn of half a block after the volume" "$(cat "$err")" 'ends before'
truncate -s 4M longer.img
sum=$(sha256sum <longer.img)
exits "a volume too small for an anchor that readers find is refused" 1 "$mkudffs" longer.img 256
is "the refusal of too few blocks names the smallest number" \
	"$(cat "$err")" "mkudffs: longer.img: 256 blocks of 512 bytes are too few on what is larger: readers \
would not find the volume; give at least 257, or a new image"
exits "a later session too small for an anchor that readers find is refused" 1 \
	"$mkudffs" --startblock=1000 longer.img 1256
is "a refused size leaves the image unchanged" "$(sha256sum <longer.img)" "$sum"
ok "257 blocks are enough in a larger image" "$mkudffs" -q longer.img 257
ok "udfinfo finds a volume of 257 blocks in a larger image" udfinfo longer.img

# ---- sizes that are refused ----

exits "blocks of 777 bytes are refused" 1 "$mkudffs" -n -b 777 none.img 4000
is "the refusal of a block size names all that are legal" "$(head -n 1 "$err")" \
	"mkudffs: --blocksize can't be '777'; give 512, 1024, 2048, 4096, 8192, 16384 or 32768"
for how in "-b 512" "-b 2048" "-b 4096" "-b 32768" "-m worm -b 2048" "-m mo -b 512" "-m dvd" "-m cd -r 1.02" \
	"-b 2048 --packetlen=16" "--startblock=5000" "--bootarea=preserve -r 1.50"; do
	# shellcheck disable=SC2086
	exits "mkudffs $how refuses a volume of 2 blocks" 1 "$mkudffs" -n $how least.img 2
	least=$(sed -n 's/.*; give at least \([0-9]*\) blocks.*/\1/p' "$err")
	# shellcheck disable=SC2086
	ok "mkudffs $how makes a volume of the smallest size that the refusal names" "$mkudffs" -q $how least.img "$least"
	rm -f least.img
	# shellcheck disable=SC2086
	exits "mkudffs $how makes none of one block less" 1 "$mkudffs" -n $how least.img $((least - 1))
done

truncate -s 1M grow.img
sum=$(sha256sum <grow.img)
exits "an image does not grow more than a hundredfold unasked" 1 "$mkudffs" -q --size=1T grow.img </dev/null
is "the refusal to grow says by how much, and names the option" "$(cat "$err")" \
	"mkudffs: grow.img: would grow from 1048576 to 1099511627776 bytes, more than 100 times; use --force if that is meant"
exits "it does not grow for a number of blocks either" 1 "$mkudffs" -q grow.img 4000000 </dev/null
if need "command script"; then
	on_terminal "'$mkudffs' -q --size=1T grow.img" <<<n >"$out"
	like "on a terminal mkudffs asks whether that is meant" "$(cat "$out")" "more than 100 times; is that meant\? \(y/N\)"
fi
is "the image is unchanged by all that" "$(sha256sum <grow.img)" "$sum"
ok "an image grows a hundredfold" "$mkudffs" -q --size=100M grow.img </dev/null
truncate -s 1M grow.img
ok "with --force an image grows more" "$mkudffs" -q --force --size=200M grow.img
: >empty.img
ok "a file that is empty becomes as large as wanted" "$mkudffs" -q --size=200M empty.img </dev/null
rm -f empty.img grow.img

head -c 8M /dev/urandom >rubbish.img
ok "a write-once volume is made in an image that held random bytes" "$mkudffs" -q -m worm rubbish.img
ok "udffsck finds no problems in a write-once volume over random bytes" udffsck -n rubbish.img

ok "an image is made for the test of permissions" "$mkudffs" -q --new-file --size=1M theirs.img
if need root; then
	chmod 755 . && chmod 444 theirs.img
	exits "mkudffs fails on an image that the user may only read" 1 \
		setpriv --reuid 65534 --clear-groups "$mkudffs" -q theirs.img
	is "the only message about an image without permission is 'Permission denied'" \
		"$(cat "$err")" "mkudffs: theirs.img: cannot open: Permission denied"
else
	skip "mkudffs fails on an image that the user may only read" "needs root"
	skip "the only message about an image without permission is 'Permission denied'" "needs root"
fi

printf -v label 'two\nlines\033[2J'
"$mkudffs" -q --size=1M --label="$label" hostile.img
ok "a volume whose label has control characters is overwritten" "$mkudffs" -q hostile.img
is "control characters of a label do not reach the terminal" "$(cat "$err")" \
	"mkudffs: hostile.img: overwriting the UDF volume 'two?lines?[2J'"

# ---- symbolic links ----
mkdir elsewhere
ln -s elsewhere/real.img link.img
exits "--new-file does not follow a symbolic link" 1 "$mkudffs" -q --new-file --size=1M link.img
like "the message of --new-file says that the name is a symbolic link" \
	"$(cat "$err")" "^mkudffs: link.img: .*symbolic link"
exits "a volume that is too small is refused through a symbolic link" 1 \
	"$mkudffs" -q -b 2048 --size=35b link.img
ok "mkudffs makes the image that a dangling symbolic link points to" "$mkudffs" -q --size=1M link.img
ok "the file that the symbolic link points to is UDF" is_udf elsewhere/real.img
ok "mkudffs keeps the symbolic link" test -L link.img
ok "mkudffs follows a symbolic link to an existing image" "$mkudffs" -q --size=2M link.img
ln -sf nowhere/real.img lost.img
exits "a symbolic link into a missing directory is an error" 1 "$mkudffs" -q --size=1M lost.img
is "the message says that the file of the symbolic link cannot be made" "$(cat "$err")" \
	"mkudffs: lost.img: cannot make the file that this symbolic link points to: No such file or directory"
ln -s elsewhere/huge.img large.img
exits "mkudffs fails when a limit on file sizes stops the image" 1 \
	bash -c 'ulimit -f 100; exec "$1" -q --size=1M large.img' - "$mkudffs"
is "the message says that the image cannot be given its size" \
	"$(cat "$err")" "mkudffs: large.img: cannot give it its size: File too large"
is "a failed image is removed and the symbolic link to it is kept" \
	"$(ls elsewhere; readlink large.img)" "real.img
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
	is "SIG$signal ends mkudffs with that signal's status" $? $((128 + $(kill -l $signal)))
	ok "mkudffs leaves no half-written image after SIG$signal" test ! -e half.img
done

# ---- the whole range of sizes ----
exits "more than 2^32 - 1 blocks are refused" 1 "$mkudffs" -b 512 huge.img 4294967296
like "the message about too many blocks suggests larger blocks" "$(cat "$err")" "larger blocks"
ok "no file is made when the number of blocks is too large" test ! -e huge.img
exits "a size in bytes of more than 2^32 - 1 blocks is refused" 1 "$mkudffs" -n -b 512 --size=4T huge.img

# ---- nothing is written with -n ----
dd if=/dev/urandom of=random.img bs=64k count=16 2>/dev/null
cp random.img before.img
ok "-n prints the layout" "$mkudffs" -n -b 2048 random.img
like "-n says that it does not write" "$(head -n 1 "$out")" "^Note: Not writing"
same "-n leaves an existing image unchanged" random.img before.img
ok "-n accepts a name that does not exist" "$mkudffs" -n none.img 4096
ok "-n makes no new file" test ! -e none.img

# ---- what is there already ----
mke2fs -q -F -t ext4 -L precious udfimage 8M 2>/dev/null
cp udfimage before.img
exits "mkudffs refuses an image that holds ext4" 1 "$mkudffs" udfimage
like "the refusal names the filesystem that it found" "$(cat "$err")" "ext4"
like "the refusal names --force" "$(cat "$err")" "--force"
same "a refused image is unchanged to the byte" udfimage before.img
ok "--force overwrites another filesystem" "$mkudffs" -q --force udfimage
ok "an image is UDF after --force" is_udf udfimage
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
	ok "a volume whose boot area is erased is made over $fs" "$mkudffs" -q --force -m dvdram preserve.img
	is "libblkid finds only UDF over $fs when the boot area is erased" \
		"$(blkid -p -s TYPE -s PTTYPE -o value preserve.img)" udf
	dd if=before.img of=preserve.img conv=notrunc status=none
	ok "a volume is made over $fs with --bootarea=preserve" \
		"$mkudffs" -q --force -m dvdram --bootarea=preserve preserve.img
	head -c 32768 preserve.img >after.img
	same "--bootarea=preserve leaves the boot area of $fs unchanged" after.img before.img
done
ok "mkudffs overwrites an older UDF volume" "$mkudffs" -l First udfimage
ok "mkudffs overwrites an older UDF volume without a question when there is no terminal" \
	"$mkudffs" -l Second udfimage
like "the message about an overwritten volume names its label" "$(cat "$err")" "First"

# ---- options in any order ----
"$mkudffs" -n -q --json --utf8 -u $uuid -m hd -r 1.50 -b 2048 -l L one.img 4000 2>/dev/null
"$mkudffs" -n -u $uuid -l L -b 2048 -r 1.50 -m hd --utf8 one.img 4000 >a.txt
"$mkudffs" one.img 4000 --utf8 -m hd -r 1.50 -b 2048 -l L -u $uuid -n >b.txt
same "options mean the same in any order" a.txt b.txt
exits "two encodings exclude each other" 1 "$mkudffs" -n --utf8 --u8 one.img 4000

exits "a partition table in a later session is refused" 1 \
	"$mkudffs" -n --startblock=100 --bootarea=mbr one.img 4000
is "the message says that a partition table belongs in the first sector of the disk" \
	"$(cat "$err")" "mkudffs: one.img: a partition table belongs in the first sector \
of the disk, not of a later session; choose another boot area"

# ---- bad values ----
while read -r name args; do
	# shellcheck disable=SC2086
	exits "bad value is refused: $name" 1 "$mkudffs" -n $args one.img 4000
	is "the message about a bad value has no empty lines: $name" "$(wc -l <"$err")" "$(grep -c . "$err")"
	like "the message about a bad value begins with mkudffs: $name" "$(head -n 1 "$err")" "^mkudffs: "
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
exits "mkudffs without a device is bad usage" 1 "$mkudffs"
like "the message about a missing device names --help" "$(cat "$err")" "Try 'mkudffs --help'"
exits "a number of blocks that is no number is refused" 1 "$mkudffs" -n one.img many
exits "a third operand is refused" 1 "$mkudffs" -n one.img 4000 5000
exits "a label that is not UTF-8 is refused" 1 "$mkudffs" -n --utf8 -l $'\377' one.img 4000
exits "a label of 127 characters is refused" 1 "$mkudffs" -n -l "$(printf 'x%.0s' {1..127})" one.img 4000
for option in label lvid vid vsid fsid fullvsid owner organization contact; do
	exits "--$option refuses a character that UDF can't hold" 1 \
		"$mkudffs" -n "--$option=a"$'\357\277\276' one.img 4000
	like "the message names --$option and the character that UDF can't hold" \
		"$(cat "$err")" "^mkudffs: one.img: .*--$option.* has a character that UDF can't hold"
done
for option in lvid vid fsid; do
	ok "an empty --$option is accepted" "$mkudffs" -n "--$option=" one.img 4000
	is "an empty --$option brings a warning" "$(cat "$err")" \
		"mkudffs: warning: --$option is empty: UDF wants a text there, and checkers miss it"
done
for option in '--ad=' '--space=' '--bootarea=' '--mode= 755' '--mode=+755' '-r+201' '-r 2.01'; do
	exits "'$option' is no valid value" 1 "$mkudffs" -n "$option" one.img 4000
	like "the message names the option of the bad value: $option" \
		"$(head -n 1 "$err")" "^mkudffs: --[a-z-]* can't be '.*'; give ."
done
x() { printf 'x%.0s' $(seq "$1"); }
too_long() {	# NAME OPTION N N16 TEXT: N characters of Latin-1 fit, N16 of others
	local many wide
	ok "$1 of $3 characters fits" "$mkudffs" -n "$2=$(x "$3")" one.img 4000
	ok "$1 of $3 Latin-1 characters fits" "$mkudffs" -n "$2=é$(x $(($3 - 1)))" one.img 4000
	exits "$1 of $(($3 + 1)) Latin-1 characters is refused" 1 "$mkudffs" -n "$2=é$(x "$3")" one.img 4000
	for many in "$2=$(x $(($3 + 1)))" "$2=$(x 600)"; do
		exits "$1 that is too long is refused" 1 "$mkudffs" -n "$many" one.img 4000
		is "the message about $1 that is too long names the limits" "$(cat "$err")" \
			"mkudffs: one.img: $5 is too long: at most $3 characters, or $4 if not all of them are Latin-1"
	done
	wide="$2=ł$(x $(($4 - 1)))"
	ok "$1 of $4 characters beyond Latin-1 fits" "$mkudffs" -n "$wide" one.img 4000
	exits "$1 of $(($4 + 1)) characters beyond Latin-1 is refused" 1 "$mkudffs" -n "${wide}x" one.img 4000
}
too_long "a logical volume identifier" --lvid 126 63 "--lvid or --label: the logical volume identifier"
too_long "a label" --label 126 63 "--lvid or --label: the logical volume identifier"
too_long "a volume identifier" --vid 30 15 "--vid: the volume identifier"
too_long "a volume set identifier" --vsid 110 47 "--vsid: the volume set identifier after the uuid"
too_long "a whole volume set identifier" --fullvsid 126 63 "--fullvsid: the volume set identifier"
too_long "a file set identifier" --fsid 30 15 "--fsid: the file set identifier"
too_long "an owner" --owner 34 17 "--owner: the owner"
too_long "an organization" --organization 34 17 "--organization: the organization"
too_long "a contact" --contact 34 17 "--contact: the contact"
is "the last one counts when an option is given twice" \
	"$("$mkudffs" -n -b 512 --lvid=first --lvid=last -b 2048 one.img 4000 | grep -E '^(label|blocksize)=')" "label=last
blocksize=2048"
mkdir first last
exits "two directories to fill from are refused" 1 "$mkudffs" -n -d first -d last one.img 4000
is "the message says that -d is given twice" \
	"$(head -n 1 "$err")" "mkudffs: -d is given twice; the volume is filled from one directory or archive"

# ---- what later versions bring ----
for type in cdr dvdr bdr; do
	exits "media type $type is refused" 1 "$mkudffs" -n -m $type one.img 100000
	like "the message about media type $type names it and its partition" "$(cat "$err")" "$type.*partition"
done
for revision in 2.50 2.60 0x250; do
	exits "revision $revision is refused" 1 "$mkudffs" -n -r $revision one.img 100000
	like "the message about revision $revision names the metadata partition" \
		"$(cat "$err")" "metadata partition"
done
for option in --vat --closed --minblocks=300; do
	exits "$option is refused" 1 "$mkudffs" -n $option one.img 100000
	like "the message about $option names the partition it needs" "$(cat "$err")" "partition"
done

# ---- sparing tables ----
while read -r message args; do
	# shellcheck disable=SC2086
	exits "mkudffs $args is refused" 1 "$mkudffs" -n $args one.img 100000
	like "the message about $args says why" "$(head -n 1 "$err")" "${message//_/ }"
done <<'EOT'
need_UDF_1.50 -m cdrw -r 1.02
need_UDF_1.50 -r 1.02 --spartable
for_media_that_are_rewritten -m dvd --spartable
for_media_that_are_rewritten -m worm --spartable
power_of_two -m cdrw --packetlen=48
it_is_16_or_32 -m cdrw -r 2.00 --packetlen=64
not_fit_a_block -m cdrw --sparspace=8000
less_than_a_packet -m cdrw --sparspace=31
needs_--spartable --sparspace=64
from_1_to -m cdrw --sparspace=0
from_1_to_4 -m cdrw --spartable=5
EOT
like "a volume for cdrw that is too small names the least size" \
	"$("$mkudffs" -n -m cdrw one.img 700 2>&1)" "give at least 1505 blocks"

# ---- output ----
ok "--help succeeds" "$mkudffs" --help
like "--help prints to standard output" "$(cat "$out")" "--media-type"
ok "--version succeeds" "$mkudffs" --version
like "--version names udfkit" "$(cat "$out")" "udfkit"
ok "-q makes a volume" "$mkudffs" -q --new-file --size=1M quiet.img
is "-q prints nothing" "$(cat "$out" "$err")" ""
ok "--json succeeds" "$mkudffs" -n --json -u $uuid -l 'quo"te' -b 2048 one.img 8192
if need "command python3"; then
	is "--json prints the layout as valid JSON" \
		"$(python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(d["label"], d["uuid"], d["blocks"], d["extents"][3]["type"], d["extents"][3]["start"])' "$out")" \
		'quo"te 0123456789abcdef 8192 MVDS 96'
else
	skip "--json prints the layout as valid JSON" "needs command python3"
fi
"$mkudffs" -n -v -b 2048 one.img 8192 >v.txt
like "-v prints the block of the root directory" "$(cat v.txt)" '^root=3$'
ok "mkudffs fails when standard output is full" \
	bash -c '! "$0" -n one.img 4000 >/dev/full 2>/dev/null' "$mkudffs"

# ---- zones ----
zone() {	# TZ: what is recorded, and what the checker says of it
	TZ=$1 "$mkudffs" -q -b 2048 --size=2M zone.img 2>/dev/null
	od -An -tx2 --endian=little -j $((2048 * 96 + 376)) -N 2 zone.img | tr -d ' '
	udffsck -n zone.img >"$out" || cat "$out"
}
is "the time zone east of UTC is recorded" "$(zone Nepal-5:45)" 1159
is "the time zone west of UTC is recorded" "$(zone West+3:30)" 1f2e
is "a time zone that is no multiple of 15 minutes is recorded as UTC" "$(zone Odd-5:53)" 1000

# ---- reproducible ----
export SOURCE_DATE_EPOCH=1000000000
"$mkudffs" -q -u $uuid --size=8M a.img
TZ=Asia/Tokyo "$mkudffs" -q -u $uuid --size=8M b.img
same "equal arguments give equal volumes" a.img b.img
"$mkudffs" -q -u $uuid a.img 2>/dev/null
same "equal arguments give equal volumes over an older volume" a.img b.img
dd if=/dev/urandom of=c.img bs=1M count=8 2>/dev/null
is "equal arguments give equal partition tables" "$("$mkudffs" -q -u $uuid --bootarea=mbr --size=8M m1.img
	"$mkudffs" -q -u $uuid --bootarea=mbr --size=8M m2.img; cmp m1.img m2.img && echo equal)" equal
SOURCE_DATE_EPOCH=soon exits "SOURCE_DATE_EPOCH that is no number is refused" 1 "$mkudffs" -q --size=8M d.img
unset SOURCE_DATE_EPOCH
plan
