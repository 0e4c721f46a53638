#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Functions of about 70 lines at most.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
cd "$top_srcdir" || exit

# FILE:LINE and the number of lines between the braces, of functions longer than N
longer_than() {
	find lib mkudffs udffuse udffsck udfinfo udflabel udf mmcsim cdrwtool isowrite pktsetup tests -name '*.[ch]' -print0 | sort -z |
		xargs -0 awk -v max="$1" '
			FNR == 1 { start = 0 }
			/^{/ { start = FNR }
			/^}/ {
				if (start && FNR - start - 1 > max)
					print FILENAME ":" start - 1 ": " FNR - start - 1 " lines"
				start = 0
			}'
}
diag "functions of more than 70 lines: $(longer_than 70 | grep -c .)"
longer_than 70 | sed 's/^/#   /'
is "no function has more than 80 lines" "$(longer_than 80)" ""

printf 'int f(void)\n{\n%s}\n' "$(yes '	;' | head -n 90)
" >"$tmp/long.c"
like "a function of more than 80 lines is found" "$(cd "$tmp" && mkdir lib mkudffs udffuse udffsck udfinfo udflabel udf mmcsim cdrwtool isowrite pktsetup tests &&
	mv long.c lib && longer_than 80)" "^lib/long.c:1: 90 lines$"
plan
