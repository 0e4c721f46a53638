#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Simulated drives, as people make and treat them on the command line.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
cd "$tmp" || exit

ok "a DVD-RAM is made" mmcsim create --media=dvd-ram d.disc
is "a DVD-RAM has the size of a real one" "$(stat -c %s d.disc)" $((2236704 * 2048))
like "the state of a drive is a text" "$(cat d.disc.state)" "^disc.state ready$"
ok "mmcsim show succeeds" mmcsim show d.disc
like "mmcsim show prints the medium and its size" "$(cat "$out")" "^size: 2236704 blocks in packets of 16$"
ok "mmcsim show --json succeeds" mmcsim show --json d.disc
like "JSON has the same names as the text" "$(cat "$out")" '"media": ?"dvd-ram".*"profile": ?18.*"blocks": ?2236704'
cp "$out" "$tmp/json"
if need "command python3"; then
	ok "what is printed is JSON" python3 -m json.tool "$tmp/json"
else
	skip "what is printed is JSON" "needs command python3"
fi

exits "a disc is not made where a file is" 1 mmcsim create d.disc
is "the message names the file" "$(cat "$err")" "mmcsim: d.disc: it exists already"
rm -f e.disc
exits "an unknown medium is refused" 1 mmcsim create --media=floppy e.disc
like "the message names the medium" "$(cat "$err")" "simulates no medium 'floppy'"
exits "an unknown quirk is refused" 1 mmcsim create --quirk=wp-late,sulks e.disc
like "the message names the quirk" "$(cat "$err")" "no quirk 'sulks'"
ok "nothing is left of what was refused" test ! -e e.disc -a ! -e e.disc.state
exits "an option that makes no sense is bad usage" 2 mmcsim defect --kind=bent d.disc 1
exits "a command that doesn't exist is bad usage" 2 mmcsim explode d.disc

ok "the disc is ejected" mmcsim eject d.disc
like "the tray is open after mmcsim eject" "$(mmcsim show d.disc)" "^drive: open$"
ok "its tab is moved, and it is inserted" mmcsim insert --write-protect=on d.disc
like "the disc is protected after its tab was moved" "$(mmcsim show d.disc)" "^protected: yes$"
exits "a disc is not inserted over another" 1 mmcsim insert d.disc
like "the message says what to do" "$(cat "$err")" "mmcsim eject takes it out"

ok "a packet is damaged" mmcsim defect d.disc 100
like "the damaged packet is counted as a defect" "$(mmcsim show d.disc)" "^defects: 1$"
ok "a damaged packet is repaired" mmcsim defect --times=0 d.disc 111
like "a repaired packet is not counted as a defect" "$(mmcsim show d.disc)" "^defects: 0$"
exits "a block after the end can't be damaged" 1 mmcsim defect d.disc 99999999
ok "mmcsim cut succeeds" mmcsim cut d.disc
like "the drive is off after mmcsim cut" "$(mmcsim show d.disc)" "^drive: off$"
ok "mmcsim answer succeeds" mmcsim answer --times=3 d.disc 2A 3/0C/00
like "the answer is in the state" "$(tail -n 40 d.disc.state)" "^drive.answer 2a sense 70000300000000 ?0a000000000c00.* 3$"
exits "an answer that makes no sense is refused" 1 mmcsim answer d.disc 2A 3/0C
exits "a drive without a state is no drive" 1 mmcsim show /dev/null
ok "all that can be simulated is listed" mmcsim list
like "the list has the media" "$(cat "$out")" "^  dvd-ram-8cm "
names() { mmcsim list | sed -n "/^$1:/,/^[a-z]/s/^  \([^ ]*\).*/\1/p"; }
is "the completion of --media offers what the list has" \
	"$(sed -n '/choices = "cd-rw/,/}/p' "$top_srcdir/mmcsim/create.c" | grep -o '"[^"]*"' | tr -d '"' | tr -s ' ' '\n' | sort)" \
	"$(names media | sort)"
for media in $(names media); do
	ok "$media is made" mmcsim create --media="$media" "$media.disc"
done
for media in cd-r dvd-r dvd+r bd-r; do
	like "a blank $media has an empty track that can be written" "$(mmcsim show "$media.disc")" \
		"^track 1: session 1, block 0, empty.*next writable 0 \([0-9]+ free\)$"
done
like "tracks are in JSON too" "$(mmcsim show --json cd-r.disc)" '"number": ?1,.*"next_writable_block": ?0'
sed -i 's/^disc.blocks .*/disc.blocks 359849/; s/^disc.front .*/disc.front 359847/' cd-r.disc.state
like "a CD that is full has run-out blocks too" "$(mmcsim show cd-r.disc)" "^size: 359849 blocks"
for drive in $(names drives); do
	ok "the drive $drive is made" mmcsim create --drive="$drive" "$drive.disc"
done
plan
