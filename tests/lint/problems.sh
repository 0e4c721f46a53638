#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A problem without a test that expects it does not exist; and the manual lists every one of them.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
cd "$top_srcdir" || exit

codes=$(sed -n 's/^PROBLEM(\([A-Z0-9_]*\),.*/\1/p' include/udfkit/problems.def)
is "no problem is listed twice" "$(sort <<<"$codes" | uniq -d)" ""
# UDF_P_NAME, or a row of the table of damages: D("what", NAME, ...
expected=$(grep -hoE 'UDF_P_[A-Z0-9_]+|^\sD\("[^"]*", [A-Z0-9_]+' tests/unit/*.c | sed 's/^UDF_P_//; s/.*, //' | sort -u)
is "every problem is expected by a unit test" "$(sort <<<"$codes" | comm -23 - <(echo "$expected"))" ""
used=$(grep -rhoE 'UDF_P_[A-Z0-9_]+' lib | sed 's/^UDF_P_//' | sort -u)
is "every problem is reported by the library" "$(sort <<<"$codes" | comm -23 - <(echo "$used"))" ""

# The list of the manual: ".It Sy CODE Pq severity" and the text as a sentence.
sed -n 's/^PROBLEM(\([A-Z0-9_]*\), UDF_SEV_\([A-Z]*\), "\(.*\)")$/\1 \L\2\E \u\3./p' include/udfkit/problems.def |
	sed 's/ info / remark /; s/^\([^ ]*\) \(place\|space\) /\1 error /' | sort >"$tmp/listed"
sed -n '/^\.It Sy/{N;s/^\.It Sy \([A-Z0-9_]*\) Pq \([a-z]*\)\n/\1 \2 /p}' doc/man/udffsck.8 | sort >"$tmp/manual"
same "udffsck's manual lists the problems, with severity and text" "$tmp/manual" "$tmp/listed"
plan
