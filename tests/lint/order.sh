#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# needs all
# Files of one folder do not call each other in a circle: each calls only files that stand before it in
# the list of doc/ARCHITECTURE.md, section "The order of files".  The linked symbols are compared, so a
# call that no include shows is seen too.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
largest_group=5		# files in brackets call each other; lib/fs alone may have such a group

# "FOLDER PLACE FILE": one line for each listed file; files of a group have the same place.
awk '
	/^## / { listed = ($0 == "## The order of files") }
	!listed || !/^    / { next }
	/^    [^ ]/ { folder = $1; $1 = "" }
	{
		for (i = 1; i <= NF; i++) {
			name = $i
			if (name == "") continue
			if (sub(/^\[/, "", name)) { place++; grouped = 1 }
			ends = sub(/\]$/, "", name)
			if (!grouped) place++
			print folder, place, name
			if (ends) grouped = 0
		}
	}' "$top_srcdir/doc/ARCHITECTURE.md" >"$tmp/order"
ok "doc/ARCHITECTURE.md lists the files in their order" grep -q "^lib/fs " "$tmp/order"

# symbols_of FOLDER: "FILE T SYMBOL" for what a file defines, "FILE U SYMBOL" for what it uses
symbols_of() {
	local object name objects=()
	for object in "$top_builddir/$1"/*.o; do
		name=${object##*/} name=${name%.o} name=${name##*-}
		[ -e "$top_srcdir/$1/$name.c" ] || continue	# left over from an earlier state of the tree
		objects+=("$object")
	done
	[ ${#objects[@]} = 0 ] || nm -A "${objects[@]}" | awk '
		{
			name = substr($0, 1, index($0, ".o:") - 1)
			sub(/.*[\/-]/, "", name)
			$0 = substr($0, index($0, ".o:") + 3)
		}
		NF == 3 && $2 ~ /[TDRBVW]/ { print name, "T", $3 }
		NF == 2 && $1 == "U" { print name, "U", $2 }'
}
# wrong_calls FOLDER ORDER: calls of a file to one that does not stand before it
wrong_calls() {
	awk -v folder="$1" '
		FILENAME != "-" { if ($1 == folder) place[$3] = $2; next }
		$2 == "T" { owner[$3] = $1 }
		$2 == "U" { user[++n] = $1; used[n] = $3 }
		END {
			for (i = 1; i <= n; i++) {
				if (!(used[i] in owner)) continue
				to = owner[used[i]]
				if (user[i] != to && place[to] > place[user[i]])
					print user[i] ".c calls " used[i] "() of " to ".c"
			}
		}' "$2" -
}

folders=$(cd "$top_builddir" && find lib mkudffs mmcsim cdrwtool isowrite pktsetup udf* -name '*.o' -printf '%h\n' 2>/dev/null | sort -u)
for folder in $folders; do
	symbols_of "$folder" >"$tmp/symbols"
	cut -d' ' -f1 "$tmp/symbols" | sort -u >"$tmp/files"
	awk -v folder="$folder" '$1 == folder { print $3 }' "$tmp/order" | sort >"$tmp/listed"
	same "every file of $folder stands once in its list" "$tmp/listed" "$tmp/files"
	is "each file of $folder calls only files that stand before it" \
		"$(wrong_calls "$folder" "$tmp/order" <"$tmp/symbols")" ""
done
is "the only group of files that call each other is in lib/fs, and has at most $largest_group files" \
	"$(awk '{ n[$1 " " $2]++ } END { for (g in n) if (n[g] > 1) print g, n[g] }' "$tmp/order" |
		awk -v largest="$largest_group" '$1 != "lib/fs" || $3 > largest || ++n > 1')" ""

# A call upward would be seen.
printf 'here 1 low\nhere 2 high\n' >"$tmp/two"
is "a call to a file that stands later is reported" \
	"$(printf 'low U f\nhigh T f\nhigh U g\nlow T g\n' | wrong_calls here "$tmp/two")" "low.c calls f() of high.c"
plan
