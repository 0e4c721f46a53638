#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/tap-run and tests/summary lose no result.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
unset UDFKIT_TALLY UDFKIT_PACKAGES

run() {	# SCRIPT: runs it by tap-run, with the output in $tmp/tap and the record in $tmp/tally
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
is "the last line counts passed, failed and skipped cases" "$(tail -n 1 "$out")" "2 passed, 0 failed, 0 skipped"

run 'echo 1..1; echo ok 1 - a; echo 1..2; echo ok 1 - b; echo ok 2 - c'
is "the plans of several runs become one" "$(tail -n 2 "$tmp/tap")" "ok 3 - c
1..3"

run 'echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1'
is "a failing case is counted once" "$(summary "$tmp/tally")" "failed: $(sed -n 's/^fail\t\([^\t]*\).*/\1/p' "$tmp/tally"): b
1 passed, 1 failed, 0 skipped"
exits "a failing case is a failure" 1 summary "$tmp/tally"

run 'echo 1..3; echo ok 1 - a; kill -SEGV $$'
like "a test that is killed by a signal fails" "$(cat "$tmp/tap")" "^not ok 2 - ends without an error"
run 'echo 1..3; echo ok 1 - a'
like "a test with missing cases fails" \
	"$(cat "$tmp/tap")" "^not ok 2 - runs what it planned \(3 planned, 1 run\)"
run 'exit 0'
like "a test without output fails" "$(cat "$tmp/tap")" "^not ok 1 - runs what it planned"
run 'echo 1..1; echo ok; exec tail -f /dev/null' 1
like "a test that hangs fails" "$(cat "$tmp/tap")" "^not ok 2 - ends within 1 s"
run 'p=${ASAN_OPTIONS##*log_path=}; echo report >"${p%%:*}.1"; echo 1..1; echo ok'
like "a sanitizer's report makes a test fail" "$(cat "$tmp/tap")" "^not ok 2 - no sanitizer report"
like "'Bail out!' makes a test fail" \
	"$(run 'echo 1..9; echo Bail out! no disc'; cat "$tmp/tap")" "^not ok 1 - gave up: no disc"

run 'echo 1..1; echo "ok 1 - a # SKIP needs command no-such-command"; '
exits "a run with only skipped cases is a failure" 1 summary "$tmp/tally"
printf 'ok\tx\ty\t\n' >"$tmp/passed"
exits "a skip for what the machine lacks is allowed" 0 summary "$tmp/tally" "$tmp/passed"
is "the last line counts skipped cases" "$(tail -n 1 "$out")" "1 passed, 0 failed, 1 skipped"
exits "a skip for a missing command is a failure where every package was installed" 1 \
	env UDFKIT_PACKAGES=installed bash "$top_srcdir/tests/summary" "$tmp/tally" "$tmp/passed"
run 'echo 1..1; echo "ok 1 - a # SKIP needs command sh"'
exits "a skip of a case that could have run is a failure" 1 summary "$tmp/tally" "$tmp/passed"
run 'echo 1..1; echo "ok 1 - a # SKIP too tired"'
exits "a skip whose reason can't be checked is a failure" 1 summary "$tmp/tally" "$tmp/passed"
run 'echo "1..0 # SKIP needs /dev/no-such-device"'
is "a whole test that is skipped counts once" "$(summary "$tmp/tally" | tail -n 1)" \
	"0 passed, 0 failed, 1 skipped"

# ---- no test of the tree is missing in a build ----
whole() {	# in a build whose Makefile says what is read here
	mkdir -p "$tmp/build" && cat >"$tmp/build/Makefile"
	top_builddir=$tmp/build bash "$top_srcdir/tests/lint/whole.sh"
}
listing='print-programs:
	@$(MAKE) -s -C "'$top_builddir'" print-programs
print-tests:
	@bash "$(tree)/tests/list" unit cli crash kernel fuzz lint'
unlike "a build that has every test of the tree passes" \
	"$(printf 'tree = %s\n%s\n' "$top_srcdir" "$listing" | whole)" "^not ok"
like "a test that no module.am names is reported by name" \
	"$(printf 'tree = %s\n%s | grep -v udf-tool\n' "$top_srcdir" "$listing" | whole)" \
	"^not ok .* tests/cli/udf-tool\.sh is a test of this build"
without=$(printf 'tree = %s\nMISSING_TEST_PACKAGES = libcmocka-dev\n%s | grep -v /unit/\n' "$top_srcdir" "$listing" | whole)
like "without cmocka each unit test is reported by name" \
	"$without" "^not ok .* tests/unit/test_base_crc16 is a test of this build"
like "the message about missing unit tests names the package of cmocka" \
	"$without" "apt-get install libcmocka-dev; then run configure again"
is "as many unit tests are reported as the tree has" "$(grep -c '^not ok .* tests/unit/' <<<"$without")" \
	"$(find "$top_srcdir/tests/unit" -name 'test_*.c' | wc -l)"

# ---- only what a test needs is built ----
suite="tests/cli/scale.sh tests/cli/manuals.sh tests/lint/order.sh tests/lint/source.sh tests/unit/test_medium"
needs() {
	bash "$top_srcdir/tests/needs" "$suite" "$1" "tests/unit/test_medium tests/cli/fsop tests/cli/many tests/bench/fsbench" \
		"udf/udf udffuse/udffuse udffuse/umount.fuse.udffuse udffsck/udffsck mkudffs/mkudffs" >"$tmp/needs" || return
	tr ' ' '\n' <"$tmp/needs" | sort | xargs
}
is "a script needs the tools and programs that it names" "$(needs tests/cli/scale.sh)" \
	"mkudffs/mkudffs tests/cli/fsop tests/cli/many udffsck/udffsck udffuse/udffuse"
is "a script that goes through all tools needs all of them" "$(needs tests/cli/manuals.sh)" \
	"mkudffs/mkudffs udf/udf udffsck/udffsck udffuse/udffuse udffuse/umount.fuse.udffuse"
is "a program needs itself" "$(needs tests/unit/test_medium)" "tests/unit/test_medium"
is "a script that reads only sources needs nothing" "$(needs tests/lint/source.sh)" ""
is "a script that looks at all objects needs the target all" "$(needs tests/lint/order.sh)" "all"
is "the whole suite needs everything" "$(needs "$suite")" \
	"all tests/bench/fsbench tests/cli/fsop tests/cli/many tests/unit/test_medium"
exits "a test that the build does not have is refused" 1 needs "tests/lint/source.sh tests/cli/udfinfo.sh"
like "the message names the test that the build does not have" \
	"$(cat "$err")" "^make check: tests/cli/udfinfo\.sh is not part of this build"

# What make would link for "make check TESTS=..." where nothing is built.  (A source tree that has been configured
# itself cannot be configured elsewhere.)
mkdir "$tmp/fresh"
linked_for() {
	make -n -C "$tmp/fresh" check TESTS="$1" >"$out" 2>"$err" &&
		grep -oE ' -o [^ ]+' "$out" | sed 's/^ -o //' | grep -v '\.o$' | sort | xargs
}
if [ ! -e "$top_srcdir/config.status" ]; then
	ok "configure succeeds in an empty folder" sh -c 'cd "$1" && "$2/configure" -q' - "$tmp/fresh" "$top_srcdir"
	is "check of one script builds only the tools that it uses" \
		"$(linked_for tests/cli/own-end.sh)" "mkudffs/mkudffs udf/udf udffsck/udffsck"
	is "check of a script builds no tool for a peer of that name" \
		"$(linked_for tests/cli/mkudffs-readers.sh)" "mkudffs/mkudffs"
	is "check of a script that runs no tool builds nothing" "$(linked_for tests/lint/source.sh)" ""
fi

# ---- a test has the same environment whoever starts it ----
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
same "a test has the same environment whoever starts it" "$tmp/odd" "$tmp/usual"
like "TMPDIR of a test has no odd characters" "$(cat "$tmp/odd")" "plain place"
like "tap-run says that it replaces TMPDIR" "$(cat "$tmp/tap")" "^# TMPDIR is /"

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
is "a shell test that ends early runs its on_exit commands" "$(sed -n 2p "$tmp/where")" "cleaned"
ok "a shell test that ends early removes its temporary directory" test ! -e "$(sed -n 1p "$tmp/where")"

for tool in $tap_tools; do
	found=$(type -P "$tool")
	if [ -x "$top_builddir/$tool/$tool" ]; then
		is "$tool is found in the build tree" "$found" "$top_builddir/$tool/$tool"
	fi
done
plan
