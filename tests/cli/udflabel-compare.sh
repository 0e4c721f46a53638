#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# udflabel beside udftools': the same command lines on copies of the same volumes end with the same status and give
# the same identifiers, whichever udfinfo prints them, and the same lines. What differs on purpose is named here and
# in doc/ONDISK.md, "udflabel beside udftools' 2.3".
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
peer=/usr/sbin/udflabel
require "$peer"
ours=$(ours udflabel) || plan
cd "$tmp" || exit 1
uuid=0123456789abcdef

for type in hd dvdram dvd worm mo; do
	mkudffs --new-file -u $uuid -m $type -b 2048 -l Old $type 3000 >/dev/null
done
mkudffs --new-file -u $uuid --read-only -l Old readonly 8000 >/dev/null
mkudffs --new-file --fullvsid=short -l Old novsid 8000 >/dev/null
mkudffs --new-file -u $uuid -r 1.02 -b 512 --owner=Me -l Old r102 8000 >/dev/null
mkudffs --new-file -u $uuid --space=unalloctable -b 4096 -l Old table 8000 >/dev/null
cp hd protected && "$ours" --read-only=on protected >/dev/null
cp hd opened && lsn=$(udfinfo opened | sed -n 's/^start=\([0-9]*\).*LVID$/\1/p')
head -c 1M /dev/zero >zeros

# identifiers FILE: what both udfinfos print of it; the serial number of Windows depends on where descriptors lie.
identifiers() {
	udfinfo --utf8 "$1" 2>&1 | grep -E '^(label|uuid|lvid|vid|vsid|fsid|fullvsid|owner|organization|contact|appid|impid|integrity|softwriteprotect)='
	/usr/bin/udfinfo --utf8 "$1" 2>&1 | grep -E '^(label|uuid|lvid|vid|vsid|fsid|fullvsid|owner|organization|contact|appid|impid|integrity|softwriteprotect)='
}
# lines FILE: without those whose number and order belong to how it is made safe
lines() { grep -vE '^(Updating (Main|Reserve|File)|  \.\.\. |Synchronizing)' "$1" | sed 's/Oranization/Organization/'; }

# same_as_peer VOLUME ARG...: with @ for the file
same_as_peer() {
	local volume=$1 status_ours status_peer
	shift
	rm -f device && cp $volume device 2>/dev/null
	"$peer" "${@//@/device}" >peer.out 2>peer.err
	status_peer=$?
	mv device device.peer 2>/dev/null
	cp $volume device 2>/dev/null
	"$ours" "${@//@/device}" >ours.out 2>ours.err
	status_ours=$?
	is "$volume: udflabel ${*//@/DEVICE} has the exit status of udftools" \
		$status_ours $status_peer || head -3 ours.err peer.err | sed 's/^/# /'
	[ -e device ] || return
	[ $status_peer != 0 ] && { cmp -s device $volume || fail "$volume: udflabel ${*//@/DEVICE} writes nothing when it is refused"; return; }
	is "$volume: udflabel ${*//@/DEVICE} records the identifiers of udftools" \
		"$(identifiers device)" "$(identifiers device.peer)"
	is "$volume: udflabel ${*//@/DEVICE} prints the lines of udftools" \
		"$(lines ours.out)" "$(lines peer.out)"
	# An empty label is the user's choice, and an error by UDF.
	[ $status_ours = 0 ] && udffsck -n device >fsck.out 2>&1 || grep -q DSTRING_EMPTY fsck.out ||
		fail "$volume: udflabel ${*//@/DEVICE} leaves a clean volume" "$(cat fsck.out)"
}

while read -r volume args; do
	eval "set -- $args"
	same_as_peer "$volume" "$@"
done <<'EOT'
hd @
hd --utf8 @
hd -b 2048 @
hd -b 4096 @
hd --blocksize=777 @
hd @ New
hd @ "two words"
hd @ ""
hd @ New surplus
hd
hd --no-such-option @
hd --utf8 @ Größe
hd --utf8 @ 日本語
hd --utf8 @ "disc 💿"
hd --utf8 @ "123456789012345678901234567890 and more"
hd --utf8 --lvid=LV @
hd --utf8 --vid=V @
hd --utf8 --vid=123456789012345678901234567890 @
hd --utf8 --vid=1234567890123456789012345678901 @
hd --utf8 --vid=日本語日本語日本語日本語日本語 @
hd --utf8 --vid=日本語日本語日本語日本語日本語日 @
hd --lvid=LV --vid=V --fsid=F @
hd --lvid=LV @ New
hd --fsid=F @
hd --fsid="$(printf %31s x)" @
hd --uuid=fedcba9876543210 @
hd -u fedcba9876543210 @
hd --uuid=FEDCBA9876543210 @
hd --uuid=fedcba987654321 @
hd --uuid=fedcba987654321g @
hd --vsid=set @
hd --vsid="$(printf %111s x)" @
hd --vsid="$(printf %110s x)" @
hd --utf8 --vsid=日本 @
hd --utf8 --uuid=fedcba9876543210 --vsid=日本 @
hd --uuid=fedcba9876543210 --vsid=set @
hd --fullvsid=fedcba9876543210whole @
hd --fullvsid=FEDCBA9876543210whole @
hd --fullvsid=fedcba98whole @
hd --owner=Me --organization=Us --contact=here @
hd --utf8 --owner=日本 @
hd --owner="$(printf %35s x)" @
hd --appid="*app" --impid="*me" @
hd --appid= @
hd --appid=app @
hd --appid="*$(printf %23s x)" @
hd --u8 --lvid=$'M\xfcnchen' @
hd --u16 --lvid=$'\x65\xe5\x67\x2c' @
hd -n @ New
hd --no-write --uuid=fedcba9876543210 @
hd --startblock=0 --lastblock=2999 @ New
dvdram @ New
r102 --utf8 --lvid=Größe --owner= @
r102 --uuid=fedcba9876543210 @
table @ New
dvd @
dvd @ New
dvd --fsid=F @
dvd --force @ New
readonly @ New
readonly --force --uuid=fedcba9876543210 @
protected @
protected @ New
protected --force @ New
worm @ New
worm --fsid=F @
worm --force --lvid=L --vid=V @
mo @ New
mo --uuid=fedcba9876543210 --fsid=F @
zeros @
zeros @ New
missing @
missing @ New
EOT

# A volume that was not closed.
dd if=opened of=lvid bs=2048 skip="$lsn" count=1 status=none
udf mkdir opened /d >/dev/null	# (makes it ours)
cp opened closed
printf '\0' | dd of=opened bs=1 seek=$((lsn * 2048 + 28)) conv=notrunc status=none
same_as_peer opened @ New

# Differences on purpose: udftools' side is shown so that a change of it is noticed.
cp hd device
exits "udftools' udflabel wants the encoding before the other options" 1 "$peer" device New --utf8
ok "our udflabel accepts the encoding after the label" "$ours" device New --utf8
cp hd device
exits "udftools' udflabel --help ends with 1" 1 "$peer" --help
ok "our udflabel --help ends with 0" "$ours" --help
cp hd device
"$peer" --fullvsid=fedcba9876543210whole --vsid=rest device >/dev/null
is "udftools' udflabel uses the last of --fullvsid and --vsid" \
	"$(udfinfo device | grep ^fullvsid)" "fullvsid=${uuid}rest"
cp hd device
"$ours" --fullvsid=fedcba9876543210whole --vsid=rest device >/dev/null
is "our udflabel uses --fullvsid in any order" \
	"$(udfinfo device | grep ^fullvsid)" "fullvsid=fedcba9876543210whole"
cp novsid device
"$peer" --vsid=rest device >/dev/null
is "udftools' udflabel clears a volume set identifier without uuid" \
	"$(udfinfo device | grep ^fullvsid)" "fullvsid="
cp novsid device
exits "our udflabel wants --uuid for a volume set identifier without uuid" 1 "$ours" --vsid=rest device
cp hd device
"$peer" --utf8 device "a label whose 16-bit form is long 日本" >/dev/null
is "udftools' udflabel cuts the 16-bit form of a volume identifier" \
	"$(udfinfo device | grep ^vid)" "vid=a label whose 1"
cp hd device
"$ours" --utf8 device "a label whose 16-bit form is long 日本" >/dev/null
is "our udflabel cuts a volume identifier at a character and records it in 8 bits" \
	"$(udfinfo device | grep ^vid)" \
	"vid=a label whose 16-bit form is l"
plan
