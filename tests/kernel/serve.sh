#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mmcsim serve: simulated drives become drives of the kernel, are ejected, lose their power, and go away again.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"
require "command sg_raw"

cd "$tmp" || exit
for disc in one two; do mmcsim create --media=dvd-ram $disc; done
cat >guest <<'EOF'
exec 2>&1
targets=/sys/kernel/config/target
mkfifo /run/never
moment() { read -rt 0.1 <>/run/never; }
left() { ls -d $targets/core/user_* $targets/loopback/naa.* /dev/sr[0-9]* /dev/sg[0-9]* 2>/dev/null | wc -l; }
started() { local n=0; until [ "$(wc -l <nodes)" = "$1" ] || [ $((n += 1)) = 300 ]; do moment; done; }
# becomes TEXT: whether TEST UNIT READY says TEXT within some seconds
# TEST UNIT READY: sg_turs of sg3_utils 1.48 sends nothing.
ready() { sg_raw "$1" 0 0 0 0 0 0; }
becomes() {
	local n=0 said
	until said=$(ready /dev/sr0 2>&1); [[ $said = *$1* ]]; do
		[ $((n += 1)) -lt 300 ] || { echo "it stays: $said"; return 1; }
		moment
	done
	true	# not what the last moment gave
}

mmcsim serve one missing; echo "missing: $? $(left)"
setpriv --reuid 65534 --clear-groups mmcsim serve one; echo "user: $?"
mmcsim serve --run='echo "run: $sr $sg $sr2 $sg2"; exit 7' one two; echo "run: $? $(left)"
mmcsim serve --run='kill -TERM $$' one; echo "killed: $?"

mmcsim serve one two >nodes & server=$!
started 2
sed 's/^/nodes: /' nodes
head -c 64k /dev/zero >/dev/sr0; echo "both: $? $(sg_readcap /dev/sr1 | grep -c 2236704)"
mmcsim eject one
becomes 'edium not present'; echo "ejected: $? $(ready /dev/sr1 2>/dev/null && echo ready)"
mmcsim insert one
becomes 'Status: Good'; echo "inserted: $?"
mmcsim serve one; echo "again: $?"
mmcsim cut one
becomes 'ardware'
dd if=/dev/sr0 of=/dev/null bs=2048 count=1 iflag=direct 2>/dev/null; echo "cut: $?"
kill $server; wait $server; echo "ended: $? $(left)"

: >nodes; mmcsim serve two >nodes & server=$!
started 1
kill $server; kill $server; wait $server; echo "twice: $? $(left)"

: >nodes; mmcsim serve two >nodes & server=$!
started 1
kill -KILL $server; wait $server; mmcsim serve --run=true one; echo "abandoned: $? $(left)"
EOF
ok "the kernel runs the script to its end" uml --modules 'sr_mod sg' bash guest
said=$(cat "$out")
like "a drive that can't be opened is named, and the others are taken back" "$said" '^missing: 1 0$'
like "the message names the file that is missing" "$said" '^mmcsim serve: missing: .*'
like "the message names what serving needs" "$said" '^mmcsim serve: .*root'
like "a command finds the nodes of every drive in its environment" "$said" '^run: /dev/sr0 /dev/sg0 /dev/sr1 /dev/sg1$'
like "the exit status is the command's, and no drive is left" "$said" '^run: 7 0$'
like "a command that dies of a signal gives 128 and its number" "$said" '^killed: 143$'
like "the nodes of each drive are printed when they can be used" "$said" '^nodes: one: /dev/sr0 /dev/sg0$'
like "the second drive has nodes of its own" "$said" '^nodes: two: /dev/sr1 /dev/sg1$'
like "two drives work at once" "$said" '^both: 0 1$'
like "mmcsim eject opens the tray of a drive that is served, and of no other" "$said" '^ejected: 0 ready$'
like "mmcsim insert closes it again" "$said" '^inserted: 0$'
like "a drive is served once" "$said" '^again: 1$'
like "without power the kernel reads an error" "$said" '^cut: 1$'
like "SIGTERM takes every drive away in order" "$said" '^ended: 0 0$'
like "a second SIGTERM does not disturb that" "$said" '^twice: 0 0$'
like "drives of a server that was killed are removed by the next one" "$said" '^abandoned: 0 0$'
plan
