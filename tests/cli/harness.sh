#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No result gets lost: tests/tap-run and tests/summary.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
unset UDFKIT_TALLY UDFKIT_PACKAGES

run() {	# SCRIPT: what tap-run makes of it, in $tmp/tap; the record in $tmp/tally
	printf '%s\n' "$1" >"$tmp/case.sh"
	rm -f "$tmp/tally"
	UDFKIT_TALLY=$tmp/tally UDFKIT_TEST_TIMEOUT=${2:-60} \
		bash "$top_srcdir/tests/tap-run" bash "$tmp/case.sh" >"$tmp/tap"
}
summary() { bash "$top_srcdir/tests/summary" "$@"; }

run 'echo 1..2; echo ok 1 - a; echo noise; echo ok 2 - b'
is "a good test passes through" "$(cat "$tmp/tap")" "ok 1 - a
# noise
ok 2 - b
1..2"
exits "a run without failures is a success" 0 summary "$tmp/tally"
is "totals of it" "$(tail -n 1 "$out")" "2 passed, 0 failed, 0 skipped"

run 'echo 1..1; echo ok 1 - a; echo 1..2; echo ok 1 - b; echo ok 2 - c'
is "several plans become one" "$(tail -n 2 "$tmp/tap")" "ok 3 - c
1..3"

run 'echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1'
is "a failing case is counted once" "$(summary "$tmp/tally")" "failed: $(sed -n 's/^fail\t\([^\t]*\).*/\1/p' "$tmp/tally"): b
1 passed, 1 failed, 0 skipped"
exits "a failing case is a failure" 1 summary "$tmp/tally"

run 'echo 1..3; echo ok 1 - a; kill -SEGV $$'
like "a test that dies early fails" "$(cat "$tmp/tap")" "^not ok 2 - ends without an error"
run 'echo 1..3; echo ok 1 - a'
like "missing cases fail" "$(cat "$tmp/tap")" "^not ok 2 - runs what it planned \(3 planned, 1 run\)"
run 'exit 0'
like "a test without output fails" "$(cat "$tmp/tap")" "^not ok 1 - runs what it planned"
run 'echo 1..1; echo ok; exec tail -f /dev/null' 1
like "a test that hangs fails" "$(cat "$tmp/tap")" "^not ok 2 - ends within 1 s"
run 'p=${ASAN_OPTIONS##*log_path=}; echo report >"${p%%:*}.1"; echo 1..1; echo ok'
like "a sanitizer's report fails, whatever the test says" "$(cat "$tmp/tap")" "^not ok 2 - no sanitizer report"
like "cases after 'Bail out!' are not passed over" "$(run 'echo 1..9; echo Bail out! no disc'; cat "$tmp/tap")" "^not ok 1 - gave up: no disc"

run 'echo 1..1; echo "ok 1 - a # SKIP needs command no-such-command"; '
exits "nothing but skips is not a success" 1 summary "$tmp/tally"
printf 'ok\tx\ty\t\n' >"$tmp/passed"
exits "a skip for what the machine lacks is allowed" 0 summary "$tmp/tally" "$tmp/passed"
is "and counted" "$(tail -n 1 "$out")" "1 passed, 0 failed, 1 skipped"
exits "no command may be missing where every package was installed" 1 \
	env UDFKIT_PACKAGES=installed bash "$top_srcdir/tests/summary" "$tmp/tally" "$tmp/passed"
run 'echo 1..1; echo "ok 1 - a # SKIP needs command sh"'
exits "a skip of what could have run is refused" 1 summary "$tmp/tally" "$tmp/passed"
run 'echo 1..1; echo "ok 1 - a # SKIP too tired"'
exits "a skip without a reason that can be checked is refused" 1 summary "$tmp/tally" "$tmp/passed"
run 'echo "1..0 # SKIP needs /dev/no-such-device"'
is "a whole test that is skipped counts once" "$(summary "$tmp/tally" | tail -n 1)" \
	"0 passed, 0 failed, 1 skipped"

# ---- no test gets lost either ----
whole() {	# in a build whose Makefile says what is read here
	mkdir -p "$tmp/build" && cat >"$tmp/build/Makefile"
	top_builddir=$tmp/build bash "$top_srcdir/tests/lint/whole.sh"
}
listing='print-programs:
	@$(MAKE) -s -C "'$top_builddir'" print-programs
print-tests:
	@bash "$(tree)/tests/list" unit cli crash kernel fuzz lint'
unlike "a build with every test of the tree is whole" "$(printf 'tree = %s\n%s\n' "$top_srcdir" "$listing" | whole)" "^not ok"
like "a test that no module.am names is missing by name" \
	"$(printf 'tree = %s\n%s | grep -v udf-tool\n' "$top_srcdir" "$listing" | whole)" \
	"^not ok .* tests/cli/udf-tool\.sh is a test of this build"
without=$(printf 'tree = %s\nMISSING_TEST_PACKAGES = libcmocka-dev\n%s | grep -v /unit/\n' "$top_srcdir" "$listing" | whole)
like "without cmocka each unit test is missing by name" "$without" "^not ok .* tests/unit/test_base_crc16 is a test of this build"
like "and the package is named" "$without" "apt-get install libcmocka-dev; then run configure again"
is "as many are missing as the tree has" "$(grep -c '^not ok .* tests/unit/' <<<"$without")" \
	"$(find "$top_srcdir/tests/unit" -name 'test_*.c' | wc -l)"

# ---- only what a test needs is built ----
needs() { bash "$top_srcdir/tests/needs" "tests/cli/scale.sh tests/lint/source.sh tests/unit/test_medium" "$1" \
	"tests/unit/test_medium tests/cli/fsop tests/cli/many tests/bench/fsbench"; }
is "a script needs the programs that it names" "$(needs tests/cli/scale.sh | tr ' ' '\n' | sort | tr '\n' ' ')" \
	"tests/cli/fsop tests/cli/many "
is "a program needs itself" "$(needs tests/unit/test_medium)" "tests/unit/test_medium"
is "a script that names none needs none" "$(needs tests/lint/source.sh)" ""
is "the whole suite needs everything" "$(needs "tests/cli/scale.sh tests/lint/source.sh tests/unit/test_medium")" \
	"tests/unit/test_medium tests/cli/fsop tests/cli/many tests/bench/fsbench"
exits "a test that the build does not have is refused" 1 needs "tests/lint/source.sh tests/cli/udfinfo.sh"
like "by name" "$(cat "$err")" "^make check: tests/cli/udfinfo\.sh is not part of this build"

# ---- whoever starts it, a test finds the same ----
surroundings='env | grep -v "SAN_OPTIONS=\|^TMPDIR=" | sort; umask; ulimit -a; ulimit -H -n; grep ^SigIgn: /proc/self/status
	readlink /proc/self/fd/0; [[ $TMPDIR =~ ^[a-zA-Z0-9/._-]*$ ]] && echo "files lie in a plain place"
	echo 1..1; echo ok'
run "$surroundings"
grep '^# [^T]' "$tmp/tap" >"$tmp/usual"
mkdir "$tmp/odd place"
(
	umask 077
	ulimit -S -n 64 -s 4096 -f 100000
	trap '' HUP INT PIPE TERM
	export BASH_ENV=/dev/null BLOCK_SIZE=1000 CDPATH=.:/ GREP_COLORS=odd HOME=/ LANG=odd LC_ALL=POSIX LOGNAME=odd \
		MAKEFLAGS=n POSIXLY_CORRECT=1 SHELL=/bin/false SOURCE_DATE_EPOCH=1 TAR_OPTIONS=--odd TERM=odd \
		TMPDIR="$tmp/odd place" TZ=Asia/Tokyo USER=odd
	run "$surroundings" <<<"something to read"
)
grep '^# [^T]' "$tmp/tap" >"$tmp/odd"
same "a test finds the same surroundings whoever starts it" "$tmp/odd" "$tmp/usual"
like "of which TMPDIR has no odd characters" "$(cat "$tmp/odd")" "plain place"
like "and that another than the caller's is taken is told" "$(cat "$tmp/tap")" "^# TMPDIR is /"

cat >"$tmp/inner.sh" <<'EOF'
. "$top_srcdir/tests/cli/lib.sh"
echo "$tmp" >"$1"
on_exit "echo cleaned >>'$1'"
pass "first"
[ "$2" = early ] && exit 3
fail "second"
plan
EOF
bash "$tmp/inner.sh" "$tmp/where" early >"$tmp/tap"
like "a shell test that ends early fails" "$(cat "$tmp/tap")" "^not ok 2 - runs to its end \(stopped with status 3\)"
is "what it registered for its end is done" "$(sed -n 2p "$tmp/where")" "cleaned"
ok "its temporary directory is gone" test ! -e "$(sed -n 1p "$tmp/where")"

for tool in $tap_tools; do
	found=$(type -P "$tool")
	if [ -x "$top_builddir/$tool/$tool" ]; then
		is "$tool is the build tree's" "$found" "$top_builddir/$tool/$tool"
	fi
done
plan
