#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the tools say where a drive or disc is not what their user thought: the whole line, with what to do next.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
cd "$tmp" || exit 1
for disc in ram empty; do mmcsim create --media=dvd-ram $disc; done
mmcsim create --media=cd-rw blank
mmcsim create --media=dvd-ram --write-protect protected
mmcsim eject empty
mkudffs -q sim:ram
echo text >text
mkdir dir

# says STATUS LINE COMMAND...: that is all that it says
says() {
	local want=$1 line=$2 got; shift 2
	"$@" </dev/null >"$out" 2>"$err"; got="$? $(head -n 1 "$err")"
	is "$(echo "$*" | sed "s,$tmp/,,g")" "$got" "$want $line"
}
no_drive="there is no simulated drive of this name; 'mmcsim create' makes one"
blank="the CD-RW is blank; 'cdrwtool -d sim:blank -q' makes a volume on it, 'cdrwtool -d sim:blank --format' only formats it"
for tool in "udf ls" "udffsck -n" udfinfo udflabel mkudffs "cdrwtool -i -d"; do
	name=${tool%% -*}
	read -ra command <<<"$tool"
	case $tool in udffsck*) status=8 ;; *) status=1 ;; esac
	says $status "$name: sim:none: $no_drive" "${command[@]}" sim:none
	says $status "$name: sim:: $no_drive" "${command[@]}" sim:
	says $status "$name: sim:text: there is no simulated disc; mmcsim create makes one" "${command[@]}" sim:text
	case $tool in cdrwtool*) continue ;; esac
	says $status "$name: sim:empty: there is no disc in the drive" "${command[@]}" sim:empty
	says $status "$name: sim:blank: $blank" "${command[@]}" sim:blank
	says $status "$name: /dev/null: neither an image file nor a block device" "${command[@]}" /dev/null
done
says 1 "udffuse: sim:none: $no_drive" udffuse sim:none dir
says 1 "udffuse: /dev/sr99: there is no such drive; 'cdrwtool --list' shows those that there are" udffuse /dev/sr99 dir
says 1 "udffuse: sim:$tmp/empty: there is no disc in the drive" udffuse sim:empty dir
says 1 "udffuse: /dev/null: neither an image file nor a block device" udffuse /dev/null dir
says 1 "mmcsim: none: $no_drive" mmcsim eject none
cp blank 'a $b'; cp blank.state 'a $b.state'
says 1 "mkudffs: sim:a \$b: the CD-RW is blank; 'cdrwtool -d \"sim:a \\\$b\" -q' makes a volume on it, \
'cdrwtool -d \"sim:a \\\$b\" --format' only formats it" mkudffs 'sim:a $b'
long=$(printf '%0200d' 0); mkdir "$long"; cp blank blank.state "$long"
says 1 "mkudffs: sim:$long/blank: ${blank//sim:blank/sim:$long/blank}" mkudffs "sim:$long/blank"
# A drive that is late is asked again, and what it did not say is not guessed
mmcsim create --media=cd-rw rw
cdrwtool -d sim:rw -q >"$out"
for opcode in 12 46 51 52; do
	mmcsim answer rw $opcode timeout
	says 0 "" udf mkdir sim:rw /$opcode
	mmcsim answer -t 2 rw $opcode timeout
	udf mkdir sim:rw /no >"$out" 2>"$err" && fail "a drive that is late with $opcode again is reported"
	like "a drive that is late with $opcode again is said to be" "$(cat "$err")" "the drive did not answer in time$"
	mmcsim answer -t 0 rw $opcode timeout
done
ok "udffsck finds no problems" udffsck -n sim:rw

says 1 "cdrwtool: --quick and --blank can't be done in one run" cdrwtool -d sim:blank -q -b fast
plan
