#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# udflabel: what scripts, udisks and libblockdev rely on, refusals, and that all readers see the new labels.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
cd "$tmp" || exit 1
uuid=0123456789abcdef

# volume ARG...: a new v.img
volume() { rm -f v.img; mkudffs --new-file -u $uuid -l Old "$@" v.img "${blocks:-4000}" >/dev/null; }
value() { udfinfo --utf8 v.img | sed -n "s/^$1=//p"; }
clean() { ok "$1" udffsck -n v.img && is "$1: udffsck prints no remark" "$(grep -vc ': clean,' "$out")$(cat "$err")" "0"; }
unchanged() { same "$1" v.img v.before; }
refused() {	# NAME MESSAGE ARG...
	local name=$1 message=$2
	shift 2
	cp v.img v.before
	exits "$name is refused" 1 udflabel "$@"
	like "$name is refused with the reason" "$(cat "$err")" "$message"
	unchanged "$name is refused before anything is written"
}

# As libblockdev and udisks call it.
volume
is "udflabel DEVICE prints the label and nothing else" "$(udflabel v.img)" "Old"
exits "--utf8 --lvid --vid DEVICE ends with 0" 0 udflabel --utf8 "--lvid=A label of more than thirty characters" \
	"--vid=A label of more than thirty ch" v.img
is "the new label is shown" "$(udflabel v.img)" "A label of more than thirty characters"
is "the volume identifier is the one given" "$(value vid)" "A label of more than thirty ch"
exits "--uuid=UUID DEVICE ends with 0" 0 udflabel --uuid=fedcba9876543210 v.img
is "the uuid is the one given" "$(value uuid)" "fedcba9876543210"
is "--uuid keeps the remaining volume set identifier" "$(value vsid)" "LinuxUDF"
exits "--uuid=random DEVICE ends with 0" 0 udflabel --uuid=random v.img
like "a random uuid has 16 digits" "$(value uuid)" '^[0-9a-f]{16}$'
unlike "--uuid=random makes a new uuid" "$(value uuid)" "fedcba9876543210"
exits "DEVICE LABEL ends with 0" 0 udflabel v.img "Holiday 2026"
is "DEVICE LABEL sets the label" "$(value lvid)" "Holiday 2026"
is "DEVICE LABEL sets the volume identifier" "$(value vid)" "Holiday 2026"
clean "a volume with another label is clean"

# Every size of blocks and revision; what all readers see.
for revision in 1.01 1.02 1.50 2.00 2.01; do
	for size in 512 1024 2048 4096 8192 16384 32768; do
		volume -r $revision -b $size
		udflabel --utf8 --lvid=Größe --vid=äöü --fsid=files --owner=Zoë --uuid=00112233aabbccdd --vsid=set \
			v.img >/dev/null 2>"$err" || fail "$revision $size: ends with 0" "$(cat "$err")"
		is "$revision, blocks of $size: all identifiers are the new ones" \
			"$(udfinfo --utf8 v.img | grep -E '^(label|uuid|lvid|vid|vsid|fsid|owner)=' | tr '\n' ' ')" \
			"label=Größe uuid=00112233aabbccdd lvid=Größe vid=äöü vsid=set fsid=files owner=Zoë "
		udffsck -n v.img >"$out" 2>&1 || fail "$revision, blocks of $size: the check finds nothing" "$(cat "$out")"
	done
done
for space in unalloctable unallocbitmap; do
	volume --space=$space
	udflabel v.img Another >/dev/null
	clean "--space=$space: a volume with another label is clean"
done
blocks=200 volume -b 2048
is "a volume with one descriptor sequence takes a label" "$(udflabel v.img One >/dev/null; udflabel v.img)" One
volume --media-type=mo
is "strategy 4096 on rewritable media takes a label" "$(udflabel v.img Mo >/dev/null; udflabel v.img)" Mo
clean "strategy 4096: a volume with another label is clean"

# The files stay.
volume -b 2048 && mkdir -p tree/d && seq 20000 >tree/d/f && udf put v.img tree / >/dev/null
udflabel v.img "With files" >/dev/null
is "files stay when the label changes" "$(udf cat v.img /tree/d/f | cksum)" "$(cksum <tree/d/f)"
clean "a volume with files and another label is clean"
free=$(value freeblocks)
for i in $(seq 20); do udflabel v.img "Label $i" >/dev/null; done
is "twenty changes use up no block" "$(value freeblocks)" "$free"
clean "a volume with twenty labels, one after another, is clean"
udf put v.img - /rest </dev/zero >/dev/null 2>&1 	# until the volume is full
is "a full volume takes a label" "$(udflabel v.img Full >/dev/null; udflabel v.img)" Full
ok "a full volume with another label is clean" udffsck -n v.img

# A bitmap that calls blocks free that are in use: none of them is taken for the file set descriptor.
rm -f v.img
start=$(mkudffs --new-file -b 512 v.img 4000 | sed -n 's/^start=\([0-9]*\),.*PSPACE.*/\1/p')
udf put v.img tree / >/dev/null
head -c 8 /dev/zero | tr '\0' '\377' | dd of=v.img bs=1 seek=$((start * 512 + 24)) conv=notrunc status=none
ok "a volume whose bitmap is wrong takes a label" udflabel v.img Right
like "the wrong bitmap is reported" "$(cat "$err")" "record of free space was wrong"
is "files stay when a volume with a wrong bitmap gets a label" \
	"$(udf cat v.img /tree/d/f | cksum)" "$(cksum <tree/d/f)"
clean "a volume whose bitmap was wrong is clean"

if need "command blkid"; then
	volume && udflabel --utf8 --uuid=00112233aabbccdd --lvid=Größe --vid=v v.img >/dev/null
	is "blkid sees the new label and uuid" "$(blkid -p -o value -s LABEL v.img) $(blkid -p -o value -s UUID v.img)" "Größe 00112233aabbccdd"
else
	skip "blkid sees the new label and uuid" "needs command blkid"
fi
if need "command /usr/bin/udfinfo"; then
	is "udftools' udfinfo prints the same identifiers" \
		"$(/usr/bin/udfinfo --utf8 v.img 2>"$err" | sed -n '/^label/,/^impid/p'; cat "$err")" \
		"$(udfinfo --utf8 v.img | sed -n '/^label/,/^impid/p')"
	is "udftools' udflabel prints the same label" "$(/usr/sbin/udflabel --utf8 v.img)" "$(udflabel --utf8 v.img)"
else
	skip "udftools' udfinfo prints the same identifiers" "needs command /usr/bin/udfinfo"
	skip "udftools' udflabel prints the same label" "needs command /usr/bin/udfinfo"
fi

# -n
volume && cp v.img v.before
ok "-n ends with 0" udflabel -n --lvid=x --vid=y --fsid=z v.img
unchanged "-n writes nothing"
like "-n says that it writes nothing" "$(cat "$out")" "^Note: Not writing to device, just simulating$"
like "-n names the blocks that it would write" "$(cat "$out")" "^  \.\.\. at block 97$"
chmod a-w v.img
ok "-n works on a file that can't be written" udflabel -n v.img x
chmod u+w v.img

# Write protection.
volume -b 2048
ok "--read-only=on ends with 0" udflabel --read-only=on v.img
is "--read-only=on protects the volume" "$(value softwriteprotect)" yes
like "a protected volume is not written" "$(udf mkdir v.img /d 2>&1)" "write-protected"
refused "a label for a protected volume" "write-protected \(soft\); --read-only=off" v.img New
ok "--force changes a protected volume" udflabel --force v.img New
is "--force says what it overrides" "$(cat "$err")" \
	"udflabel: v.img: warning: the volume is write-protected (soft); --force changes it anyway"
is "--force keeps the protection" "$(udflabel v.img) $(value softwriteprotect)" "New yes"
ok "--read-only=off with a label ends with 0" udflabel --read-only=off v.img Free
is "--read-only=off clears the protection" "$(udflabel v.img) $(value softwriteprotect)" "Free no"
ok "a volume that was protected can be written again" udf mkdir v.img /d
clean "a volume that was protected is clean"
volume --read-only
refused "--read-only=off on a read-only partition" "would not make it writable" --read-only=off v.img
refused "a label for a read-only partition" "read-only by its access type" v.img New
ok "--force changes a read-only partition" udflabel --force v.img New
is "--force sets the label of a read-only partition" "$(udflabel v.img)" New
clean "a read-only partition with another label is clean"
volume --media-type=worm
refused "a label for a write-once partition" "write-once" v.img New
ok "--force changes a write-once image" udflabel --force v.img New

# Texts.
volume
refused "a label of 127 characters" "label is too long: at most 126 characters, or 63" v.img "$(printf '%127s' x)"
refused "an owner of 35 characters" "owner is too long: at most 34" --owner="$(printf '%35s' x)" v.img
refused "a uuid in capitals" "16 hexadecimal digits in lower case" --uuid=0123456789ABCDEF v.img
refused "a short uuid" "16 hexadecimal digits in lower case" --uuid=123 v.img
refused "an application identifier without asterisk" "does not begin with '\*'" --appid=x v.img
refused "a text that is not in its encoding" "not a text in UTF-8 encoding" --utf8 v.img $'\xff'
refused "a size of blocks that is none" "can't be '777'" -b 777 v.img
refused "a third operand" "quote a label with spaces" v.img two words
ok "--u8 accepts a label in Latin-1" udflabel --u8 v.img $'M\xfcnchen'
is "--utf8 prints a label in UTF-8" "$(udflabel --utf8 v.img)" "München"
is "--u8 prints a label in Latin-1" "$(udflabel --u8 v.img)" $'M\xfcnchen'
ok "--u16 accepts a label in UTF-16" udflabel --u16 v.img $'\x65\xe5\x67\x2c'
is "--utf8 prints a label that was given in UTF-16" "$(udflabel --utf8 v.img)" "日本"
ok "--utf8 accepts a character above U+FFFF" udflabel --utf8 v.img "disc 💿"
is "--utf8 prints a character above U+FFFF" "$(udflabel --utf8 v.img)" "disc 💿"
ok "a label longer than the volume identifier is accepted" \
	udflabel --utf8 v.img "a label whose 16-bit form is long 日本"
is "the volume identifier is cut from a longer label at a character" \
	"$(value vid)" "a label whose 16-bit form is l"
ok "an empty label is accepted" udflabel v.img ""
is "an empty label prints an empty line" "$(udflabel v.img)" ""
ok "an option for the encoding may follow the label" udflabel v.img é --utf8
volume --fullvsid=short
refused "a uuid where the volume set identifier has none" "give both --uuid and --vsid" --uuid=$uuid v.img
ok "--uuid and --vsid are accepted together" udflabel --uuid=$uuid --vsid=set v.img
is "--uuid and --vsid make the volume set identifier" "$(value fullvsid)" "${uuid}set"
ok "--fullvsid is accepted with --vsid" udflabel --fullvsid=ABCDEF0123456789x --vsid=y v.img
is "--fullvsid sets the whole volume set identifier" \
	"$(value fullvsid) $(value uuid)" "ABCDEF0123456789x abcdef0123456789"

# An image that is larger than its volume.  The last anchor of an older, larger volume is at its end.
sector() { dd if="$1" bs=2048 skip="$2" count=1 status=none; }
rm -f v.img old.img
mkudffs -q --new-file -b 2048 -l Older old.img 8000 && mkudffs -q --new-file -b 2048 -l Old v.img 4000
truncate -s $((8000 * 2048)) v.img
dd if=old.img of=v.img bs=2048 skip=7999 seek=7999 count=1 conv=notrunc status=none
ok "a volume that ends before its image takes a label" udflabel v.img New
is "a volume that ends before its image has the label" "$(udflabel v.img)" New
is "an anchor of another volume stays" "$(sector v.img 7999 | md5sum)" "$(sector old.img 7999 | md5sum)"
is "the anchors of the volume name the same sequences" \
	"$(sector v.img 3999 | tail -c +17 | md5sum)" "$(sector v.img 256 | tail -c +17 | md5sum)"
exchange() {	# SECTOR: as a change of labels that is cut off leaves its anchor
	python3 -c 'import binascii, sys
at = 2048 * int(sys.argv[1])
with open("v.img", "r+b") as image:
    image.seek(at)
    tag, body = bytearray(image.read(16)), bytearray(image.read(496))
    body[0:16] = body[8:16] + body[0:8]
    tag[8:10] = binascii.crc_hqx(bytes(body[:tag[10] + 256 * tag[11]]), 0).to_bytes(2, "little")
    tag[4] = (sum(tag) - tag[4]) % 256
    image.seek(at)
    image.write(tag + body)' "$1"
}
if need "command python3"; then
	exchange 256
	ok "a volume with exchanged sequences in its first anchor takes a label" udflabel v.img Newer
	is "its anchors name the same sequences then" \
		"$(sector v.img 3999 | tail -c +17 | md5sum)" "$(sector v.img 256 | tail -c +17 | md5sum)"
	is "the label is the new one" "$(udflabel v.img)" Newer
else
	skip "an exchanged anchor is put in order" "needs command python3"
fi

# JSON
volume
is "--json shows the labels" "$(udflabel --json v.img)" '{"filename": "v.img", "label": "Old", "lvid": "Old", "vid": "Old", "fsid": "LinuxUDF", "owner": "", "organization": "", "contact": "", "app_id": "*udfkit mkudffs", "imp_id": "*udfkit", "uuid": "0123456789abcdef", "vsid": "LinuxUDF", "full_vsid": "0123456789abcdefLinuxUDF", "soft_write_protect": false, "hard_write_protect": false, "changed": false, "written": false}'
like "--json shows what was written" "$(udflabel --json v.img 'a "b"')" '"label": "a \\"b\\"".*"changed": true, "written": true}$'

# What is no volume, and what is damaged or in use.
truncate -s 1M zeros
exits "a file of zeros has no label" 1 udflabel zeros
like "the message about a file of zeros says that it is empty" "$(cat "$err")" "zeros: .*empty"
exits "a file of zeros takes no label" 1 udflabel zeros x
exits "a missing file ends with 1" 1 udflabel missing
like "the message about a missing file names it" "$(cat "$err")" "missing.*No such file"
volume -b 2048
dd if=/dev/zero of=v.img bs=2048 seek=97 count=1 conv=notrunc status=none
is "the label of a volume with a damaged sequence is shown" "$(udflabel v.img)" Old
refused "a label for a volume with a damaged sequence" "missing in the main sequence; .udffsck -n v.img. reports" v.img New
volume -b 2048
mkfifo hold && (exec 5<>hold; flock 9; read -r -u 5 _) 9<>v.img &
holder=$!
on_exit "kill $holder"
wait_until 10 eval '! flock -n v.img true'
is "the label of a volume that is held is shown" "$(udflabel v.img)" Old
refused "a label for a volume that is held" "in use|written to|busy" v.img New
refused "a label for a volume that is held, with one --force" "in use|written to|busy" --force v.img New
echo >hold; wait $holder
ok "a volume takes a label when it is no longer held" udflabel v.img New
plan
