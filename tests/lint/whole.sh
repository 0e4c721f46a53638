#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# This build runs every test that the tree holds.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"

lacks=$(sed -n 's/^MISSING_TEST_PACKAGES = *//p' "$top_builddir/Makefile")
why="no module.am adds it to TESTS"
[ -z "$lacks" ] || why="configure did not find $lacks.  On Debian: apt-get install $lacks; then run configure again"

bash "$top_srcdir/tests/list" >"$tmp/tree"
ok "the build lists its tests" make -s -C "$top_builddir" print-tests
sort "$out" >"$tmp/build"
for test in $(comm -23 "$tmp/tree" "$tmp/build"); do
	fail "$test is a test of this build" "$why"
done
is "every test of this build is one of the tree" "$(comm -13 "$tmp/tree" "$tmp/build")" ""
is "no test of this build is listed twice" "$(uniq -d "$tmp/build")" ""
if [ -z "$lacks" ]; then
	pass "configure found every package that tests need"
else
	fail "configure found every package that tests need" "$why"
fi

# tests/needs finds what a script uses by its path
ok "the build lists what tests use" make -s -C "$top_builddir" print-programs
sort "$out" >"$tmp/programs"
cd "$top_srcdir" || exit
grep -rhoE --include=*.sh --include=uml-run 'top_builddir[}"]*/tests/[^" ;|)]*' tests/cli tests/kernel tests/lint |
	sed 's,.*/tests/,tests/,' | grep -v '\[' | sort -u >"$tmp/used"
is "scripts name each program that they use by its whole path" "$(comm -23 "$tmp/used" "$tmp/programs")" ""
is "programs of tests are in EXTRA_PROGRAMS, so that only those are built that a test needs" \
	"$(grep -lE '^check_(PROGRAMS|LIBRARIES|SCRIPTS) *\+=' tests/*/*.am)" ""
plan
