#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pktsetup on a kernel with pktcdvd: no kernel at hand has it, so a program stands in for its control node, and records
# what it is asked.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"

cd "$tmp" || exit
truncate -s 1M disk
cp "$top_builddir/tests/kernel/pktcdvd_control" control
cat >guest <<'EOF'
exec 2>&1
mkfifo /run/never
./control $PWD/busy >asked & stand_in=$!
n=0; until [ -e /dev/pktcdvd/control ] || [ $((n += 1)) = 300 ]; do read -rt 0.1 <>/run/never; done
node() { stat -c '%F %t:%T' $1; }
mknod /dev/high b 98 300

pktsetup /dev/pktcdvd0 /dev/ubda; echo "bound: $? $(node /dev/pktcdvd0)"
pktsetup other /dev/ubda; echo "twice: $?"
pktsetup -i other /dev/ubda; echo "ignored: $? $(ls /dev/pktcdvd)"
pktsetup named /dev/high; echo "named: $? $(node /dev/pktcdvd/named)"
pktsetup -s | sed 's/^/shown: /'
touch busy; pktsetup -d /dev/pktcdvd0; echo "busy: $?"; rm busy
pktsetup -d /dev/pktcdvd0; echo "by path: $? $(ls /dev/pktcdvd0 2>/dev/null)"
pktsetup -d 98:300; echo "by drive: $? $(pktsetup -s | wc -l)"
pktsetup named 98:0; echo "left over: $? $(node /dev/pktcdvd/named)"
pktsetup -d 254:300; echo "by number: $? $(pktsetup -s | wc -l)"
pktsetup /dev/ubda; echo "nameless: $? $(pktsetup -s --json | jq -r '.[0].backend')"
pktsetup -d 98:0
pktsetup -d 254:300; echo "none: $?"
pktsetup -i -d 254:300; echo "none, ignored: $?"
pktsetup /dev/null /dev/ubda; echo "taken: $?"
kill $stand_in; wait $stand_in
EOF
ok "the kernel runs the script to its end" uml --modules cuse --disk disk bash guest
said=$(cat "$out")
like "pktsetup binds a drive, and makes the node" "$said" '^bound: 0 block special file fe:12c$'
like "a drive is bound once" "$said" '^twice: 1$'
like "with -i that is no failure, and no node is made" "$said" '^ignored: 0 control$'
like "a name without a slash is below /dev/pktcdvd" "$said" '^named: 0 block special file fe:12d$'
is "-s lists them as udftools does" "$(sed -n 's/^shown: //p' <<<"$said" | paste -sd ,)" \
	" 0 : 254:300 -> 98:0, 1 : 254:301 -> 98:300"
like "one that is in use is not released" "$said" '^busy: 1$'
like "and that is said" "$said" '^pktsetup: /dev/pktcdvd0: it is in use; unmount it first$'
like "its path releases it, and the node goes" "$said" '^by path: 0 $'
like "so do the numbers of its drive" "$said" '^by drive: 0 0$'
like "a node that was left over is made anew" "$said" '^left over: 0 block special file fe:12c$'
like "so do its own numbers" "$said" '^by number: 0 0$'
like "without a name no node is made" "$said" '^nameless: 0 pktcdvd$'
like "what isn't there is not released" "$said" '^none: 1$'
like "with -i that is no failure" "$said" '^none, ignored: 0$'
like "a name that is something else is refused" "$said" '^taken: 1$'
# The kernel's encoding: 12 bits of the major number from bit 8, 20 bits of the minor number around them.
is "the driver was asked in the kernel's numbers" "$(sed -n 1,4p asked | paste -sd ,)" \
	"setup drive 6200 number 0,setup drive 10622c number 0,teardown drive 0 number 10fe2c,teardown drive 0 number 10fe2c"
plan
