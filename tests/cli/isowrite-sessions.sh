#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sessions: ours after those of genisoimage and xorriso, and theirs after ours, on images.  The readers get the last
# session by its first block, as a drive would tell it.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
for need in "command genisoimage" "command isoinfo" "command xorriso"; do require "$need"; done
cd "$tmp" || exit

mkdir -p first/sub second/sub third
echo one >first/one && echo same >first/sub/same && head -c 500000 /dev/urandom >first/large && echo old >first/sub/changes
cp -a first/large second && echo two >second/two && echo newer-and-longer >second/sub/changes
echo three >third/three
names() { isoinfo -R -f -T "$2" -i "$1" | sort | paste -sd' '; }	# IMAGE SESSION
all="/large /one /sub /sub/changes /sub/same /two"

# append IMAGE SESSION-FILE: at the next multiple of 16 blocks.  Sets $next before.
next_of() { next=$((($(stat -c %s "$1") / 2048 + 15) / 16 * 16)); }
append() { dd if="$2" of="$1" bs=2048 seek="$next" conv=notrunc status=none; }
extracted() {	# IMAGE SESSION: is all as it should be?
	rm -rf got && xorriso -osirrox on -load sbsector "$2" -indev "$1" -extract / got >/dev/null 2>&1
	chmod -R u+rwX got
	[ "$(cat got/one got/two got/sub/same got/sub/changes)" = "$(cat first/one second/two first/sub/same second/sub/changes)" ] &&
		cmp got/large first/large
}

for writer in isowrite genisoimage "xorriso -as mkisofs"; do
	$writer -quiet -R -J -o disc.iso first 2>"$err"
	cp disc.iso "${writer%% *}.iso"
	next_of disc.iso
	ok "isowrite makes a session after that of $writer" isowrite -quiet -R -J -C "0,$next" -M disc.iso -o session second
	ok "the session after that of ${writer%% *} holds only new files" test "$(stat -c %s session)" -lt 450000
	append disc.iso session
	is "isoinfo sees both sessions' files ($writer)" "$(names disc.iso "$next")" "$all"
	ok "xorriso reads both sessions' files ($writer)" extracted disc.iso "$next"
	is "the first session is as it was ($writer)" "$(cmp -n "$(stat -c %s "${writer%% *}.iso")" disc.iso "${writer%% *}.iso"; echo $?)" 0
done

# Theirs after ours
isowrite -quiet -R -J -o disc.iso first
next_of disc.iso
genisoimage -quiet -R -J -C "0,$next" -M disc.iso -o session second 2>"$err"
append disc.iso session
is "genisoimage makes a session after ours" "$(names disc.iso "$next")" "$all"
ok "xorriso reads it" extracted disc.iso "$next"
isowrite -quiet -R -J -o disc.iso first
ok "xorriso appends to ours" xorriso -dev disc.iso -map second / -commit
is "what xorriso appended is there" "$(xorriso -indev disc.iso -find / -type f -- 2>/dev/null | sort | paste -sd' ')" \
	"'/large' '/one' '/sub/changes' '/sub/same' '/two'"

# Checksums through sessions, and a third one
isowrite -quiet -R --md5 -V Label -o disc.iso first
next_of disc.iso
isowrite -R --md5 -C "0,$next" -M disc.iso -o session second >"$out" 2>"$err"
append disc.iso session
exits "--check --session checks the second session, with files of the first" 0 isowrite --check --session "$next" disc.iso
like "--check --session counts them" "$(cat "$out")" "5 of 5 files checked"
is "a session keeps the label of the one before" "$(isoinfo -d -T "$next" -i disc.iso | sed -n 's/^Volume id: //p')" Label
last=$next
next_of disc.iso
isowrite -quiet -R --md5 -V Other -C "$last,$next" -M disc.iso -o session third
append disc.iso session
is "a third session follows" "$(names disc.iso "$next")" "/large /one /sub /sub/changes /sub/same /three /two"
is "its label may be another one" "$(isoinfo -d -T "$next" -i disc.iso | sed -n 's/^Volume id: //p')" Other
at=$(grep -abo same disc.iso | while IFS=: read -r n _; do [ $((n % 2048)) = 0 ] && echo "$n"; done | head -n 1)
printf S | dd of=disc.iso bs=1 seek="$at" conv=notrunc status=none
exits "damage in the first session is found from the third" 3 isowrite --check --session "$next" disc.iso
like "damage in the first session is found from the third: name" "$(cat "$err")" ": /sub/same: differs"

# -C alone: a session that takes over nothing
isowrite -quiet -R -C 0,1000 -o session third
truncate -s 0 disc.iso && next=1000 && append disc.iso session
is "-C alone makes a session of its own" "$(names disc.iso 1000)" "/three"
for wrong in 5 5,x 0x,1 ,3 7,7; do
	exits "-C $wrong is refused" "$([ $wrong = 7,7 ] && echo 1 || echo 2)" isowrite -quiet -R -C $wrong -M xorriso.iso -o never second
done
exits "a session that is not there is an error" 1 isowrite -quiet -R -C 3,5000 -M isowrite.iso -o never second
like "a session that is not there is an error: message" "$(cat "$err")" "^isowrite: isowrite.iso: no ISO 9660 session begins at block 3$"
: >short && exits "an image without a single descriptor is an error" 1 isowrite --check short
is "the message names the image without a session" "$(cat "$err")" "isowrite: short: no ISO 9660 session begins at block 0"
cp disc.iso both.iso
exits "-o must not be the image that -M continues" 1 \
	isowrite -quiet -R -C "$last,$next" -M both.iso -o both.iso second
ok "the image that -M continues stays as it was" cmp disc.iso both.iso
plan
