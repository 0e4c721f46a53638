#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules for every source file.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"

cd "$top_srcdir" || exit
code=$(find include lib mkudffs udffuse udffsck udfinfo udflabel udf mmcsim cdrwtool isowrite pktsetup tests -name '*.[ch]' -o -name '*.def' | sort)
text=$(find lib mkudffs udffuse udffsck udfinfo udflabel udf mmcsim cdrwtool isowrite pktsetup tests doc -name '*.sh' -o -name '*.am' | sort)
none() { is "$1" "$2" ""; }

# shellcheck disable=SC2086
{
none "every file begins with its licence" \
	"$(awk 'function done() { if (file != "" && !seen) print file }
		FNR == 1 { done(); file = FILENAME; seen = 0 }
		FNR <= 2 && /SPDX-License-Identifier: GPL-2.0-or-later/ { seen = 1 }
		END { done() }' $code $text)"
none "no file of the library and the tools has more than 800 lines" \
	"$(wc -l $(grep -v '^tests/' <<<"$code") | awk '$1 > 800 && $2 != "total"')"
none "no line of code has more than 120 columns" \
	"$(awk -F '\t' '{
		width = 0
		for (i = 1; i <= NF; i++)
			width += length($i) + (i < NF ? 8 - (width + length($i)) % 8 : 0)
		if (width > 120)
			print FILENAME ":" FNR
	}' $code)"
none "nothing in lib/ prints, ends the program, or reads environment and clock (lib/cli and waits apart)" \
	"$(grep -nE '\b(printf|fprintf|puts|perror|exit|_exit|abort|getenv|time|gettimeofday|clock_gettime|getrandom)\(' \
		$(grep '^lib/' <<<"$code" | grep -vE '^lib/(cli/|base/wait\.c)') | grep -vE '^[^:]*:[0-9]*:\s*(/?\*|//)')"
none "no struct is packed" "$(grep -nE '__attribute__ *\(\( *packed|#pragma pack' $code)"
none "no comment says TODO, FIXME or XXX" "$(grep -nE '\b(TODO|FIXME|XXX:)' $code $text | grep -v '^tests/lint/source.sh')"
none "no test sleeps" "$(grep -nE '\b(sleep|usleep|nanosleep)\b *[(0-9$]' $(grep '^tests/' <<<"$code $text") | grep -v '^tests/lint/source.sh')"
}
plan
