# SPDX-License-Identifier: GPL-2.0-or-later
# Volumes for CD-RW and DVD-RW: every tool knows their sparing tables.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
top_src=$(cd "$top_srcdir" && pwd)
cd "$tmp" || exit 1

codes() {	# of the problems that the last udffsck reported, on one line
	sed -n 's/^\([A-Z][A-Z0-9_]*\): .*/\1/p' "$out" | sort -u | tr '\n' ' '
}
zero() { dd if=/dev/zero of="$1" bs=2048 seek="$2" count=1 conv=notrunc status=none; }
sparing() {	# IMAGE: what udfinfo reports about its sparing tables
	udfinfo --json "$1" | python3 -c 'import json, sys
s = json.load(sys.stdin)["sparing"]
print(*(s[k] for k in ("packet_blocks", "tables", "readable_tables", "sequence_number", "used_packets",
	"free_packets", "bad_packets")))'
}

mkdir tree
seq 20000 >tree/numbers
for i in {1..40}; do echo "$i" >"tree/$i"; done
for media in "cdrw 32 32" "dvdrw 16 64"; do
	read -r type packet n_spares <<<"$media"
	for revision in 1.50 2.00 2.01; do
		name="$type $revision"
		rm -f disc.img
		ok "$name: mkudffs -d fills it" mkudffs -q -m "$type" -r "$revision" -d tree disc.img 8000
		exits "$name: udffsck finds no problem" 0 udffsck -n disc.img
		is "$name: udf cat reads a file" "$(udf cat disc.img /numbers | cksum)" "$(cksum <tree/numbers)"
		if need "command python3"; then
			is "$name: udfinfo reports the sparing tables" "$(sparing disc.img)" \
				"$packet 2 2 0 0 $n_spares 0"
		fi
		ok "$name: udf put changes it" udf put disc.img tree/numbers /again
		ok "$name: udflabel changes the label" udflabel disc.img Renamed
		is "$name: the label is the new one" "$(udfinfo disc.img | sed -n 's/^label=//p')" Renamed
		exits "$name: udffsck finds no problem in what was changed" 0 udffsck -n disc.img
	done
done

if need "command python3"; then
	udf get disc.img / got
	is "every second packet moves to a spare one" \
		"$(($(python3 "$top_src/tests/common/move-packets" disc.img 2) > 3))" 1
	exits "udffsck finds no problem where packets have moved" 0 udffsck -n disc.img
	like "udffsck reports how many spare packets are used" "$(cat "$out")" ", [0-9]+ of 64 spare packets used$"
	like "udfinfo reports the same" "$(sparing disc.img)" "^16 2 2 1 [1-9][0-9]* [0-9]+ 0$"
	udf get disc.img / again
	ok "files are read from the spare packets" diff -r got again
	ok "files are changed in the spare packets" udf put disc.img tree/numbers /again
	exits "udffsck finds no problem in what was changed there" 0 udffsck -n disc.img
	is "what was changed there reads back" "$(udf cat disc.img /again | cksum)" "$(cksum <tree/numbers)"
else
	skip "packets that have moved are read" "needs command python3"
fi

first=$(udfinfo disc.img | sed -n 's/^start=\([0-9]*\), .*type=STABLE$/\1/p' | head -n 1)
second=$(udfinfo disc.img | sed -n 's/^start=\([0-9]*\), .*type=STABLE$/\1/p' | tail -n 1)
like "udfinfo -v shows the sparing table" "$(udfinfo -v disc.img)" "sector $first: Sparing Table"
like "udf dump shows the sparing table" "$(udf dump disc.img)" "Sparing Table"
zero disc.img "$first"
exits "a lost sparing table is a problem" 4 udffsck -n disc.img
like "the lost sparing table is named by its sector" "$(cat "$out")" "sector $first, sparing table"
ok "a volume with one sparing table left is still written" udf put disc.img tree/1 /one
exits "the first change writes the lost table again" 0 udffsck -n disc.img
zero disc.img "$first"
zero disc.img "$second"
exits "two lost sparing tables are a problem" 4 udffsck -n disc.img
like "udffsck says that packets can't be found" "$(codes)" SPARING_LOST
exits "a volume without sparing tables is not written" 1 udf put disc.img tree/2 /two
like "the message says why" "$(cat "$err")" "no copy of its sparing table can be read"
exits "a volume without sparing tables is read" 0 udf cat disc.img /again
need "command python3" || skip "udfinfo reports the sparing tables" "needs command python3"
plan
