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
plan
