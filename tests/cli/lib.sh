# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Shell tests that speak TAP.  A test begins with
#	. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
# and ends with "plan".  Our tools stand first in PATH, out of the build tree; peers bear the same
# names and are called by absolute path.  To run one test by hand:
#	top_srcdir=SRC top_builddir=BUILD bash SRC/tests/cli/NAME.sh
#
#   ok NAME COMMAND...          passes if COMMAND succeeds; its output is shown if it doesn't
#   exits NAME STATUS COMMAND.. passes if COMMAND exits with STATUS; leaves $out, $err (files)
#   is NAME GOT WANT            passes if the two texts are equal
#   like NAME TEXT REGEX        passes if TEXT matches the extended regular expression
#   unlike NAME TEXT REGEX      passes if it doesn't
#   same NAME FILE WANTED       passes if the two files hold the same
#   pass NAME, fail NAME [WHY]  for what was found out otherwise
#   skip NAME REASON            "needs /dev/fuse" and such; tests/summary lists the forms
#   need REASON || ...          succeeds if the machine has it: need "command 7z" || skip ...
#   require REASON              ends the test, skipped, if the machine doesn't have it
#   ours NAME                   prints the path of our tool in the build tree
#   part_of N                   succeeds once in N calls, or always with UDFKIT_MATRIX=all: for cells of a matrix
#   on_exit COMMAND             runs COMMAND (a string) when the test ends, the last one first
#   on_terminal COMMAND         runs COMMAND (a string for sh) on a terminal: need "command script"
#   wait_until SECONDS COMMAND  tries COMMAND until it succeeds
#   gone PID SECONDS            waits until a process has ended
#   unmount DIR                 unmounts, once nobody is passing by: df and others look into every mount
#   diag TEXT                   a line for the reader of the log
# $tmp is a directory of the test's own, removed at the end.
set -u
unset CDPATH
export LC_ALL=C.UTF-8 TZ=UTC SHELL=/bin/sh
umask 022
: "${top_builddir:?the build tree}" "${top_srcdir:?the source tree}"
top_builddir=$(cd "$top_builddir" && pwd) top_srcdir=$(cd "$top_srcdir" && pwd)

tap_n=0 tap_failed=0 tap_planned= tap_cells=0 tap_cleanup=()
tmp=$(mktemp -d "${TMPDIR:-/tmp}/udfkit-test.XXXXXX") || { echo "Bail out! no temporary directory"; exit 1; }
out=$tmp/.out err=$tmp/.err

tap_end() {
	local status=$? i
	trap - EXIT INT TERM HUP
	for ((i = ${#tap_cleanup[@]} - 1; i >= 0; i--)); do
		eval "${tap_cleanup[i]}" >/dev/null 2>&1
	done
	rm -rf --one-file-system "$tmp"
	[ -n "$tap_planned" ] || { fail "runs to its end (stopped with status $status)"; echo "1..$tap_n"; }
	exit 0
}
trap tap_end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

plan() { echo "1..$tap_n"; tap_planned=1; exit 0; }
diag() { printf '%s\n' "$*" | sed 's/^/# /'; }
pass() { echo "ok $((++tap_n)) - ${1//#/number }"; }
fail() {
	tap_failed=$((tap_failed + 1))
	echo "not ok $((++tap_n)) - ${1//#/number }"
	shift
	[ $# = 0 ] || diag "$*"
}
skip() { echo "ok $((++tap_n)) - ${1//#/number } # SKIP $2"; }
part_of() { [ "${UDFKIT_MATRIX-}" = all ] || [ $((tap_cells++ % $1)) = 0 ]; }
on_exit() { tap_cleanup+=("$1"); }
on_terminal() { script -qec "$1" /dev/null; }

ok() {
	local name=$1 status
	shift
	"$@" >"$out" 2>"$err"
	status=$?
	if [ $status = 0 ]; then
		pass "$name"
	else
		fail "$name" "exit status $status: $*"
		head -n 40 "$out" "$err" | sed 's/^/#   /'
	fi
	return $status
}
exits() {
	local name=$1 want=$2 status
	shift 2
	"$@" >"$out" 2>"$err"
	status=$?
	if [ $status = "$want" ]; then
		pass "$name"
	else
		fail "$name" "exit status $status, not $want: $*"
		head -n 40 "$out" "$err" | sed 's/^/#   /'
		return 1
	fi
}
is() {
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got:  $2"; diag "want: $3"; return 1; fi
}
like() {
	if grep -Eq -- "$3" <<<"$2"; then pass "$1"; else fail "$1" "does not match /$3/:"; diag "$2"; return 1; fi
}
unlike() {
	if ! grep -Eq -- "$3" <<<"$2"; then pass "$1"; else fail "$1" "matches /$3/:"; diag "$2"; return 1; fi
}
same() {
	if cmp -s -- "$2" "$3"; then
		pass "$1"
	else
		fail "$1" "$2 is not as $3:"
		diff -u --text -- "$3" "$2" 2>&1 | head -n 40 | sed 's/^/#   /'
		return 1
	fi
}

need() {
	case $1 in
	/*) if [ -c "$1" ] || [ -b "$1" ]; then ( : <>"$1" ) 2>/dev/null; else [ -e "$1" ]; fi ;;
	"command "*) command -v "${1#command }" >/dev/null 2>&1 ;;
	root) [ "$(id -u)" = 0 ] ;;
	mount) mkdir -p "$tmp/.mount" && mount -t tmpfs none "$tmp/.mount" 2>/dev/null && umount "$tmp/.mount" ;;
	namespace) unshare -m true 2>/dev/null ;;	# (not in a chroot whose / is no mount point)
	"space "*) [ "$(df -Pm "$tmp" | awk 'NR == 2 { print $4 }')" -ge "${1#space }" ] ;;
	"memory "*) [ "$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)" -ge "${1#memory }" ] ;;
	user-mode-linux) LC_ALL=C.UTF-8 bash "$top_srcdir/tests/kernel/uml-run" --timeout 300 echo >/dev/null 2>&1 ;;
	"plain build") ! grep -q '^INSTRUMENT_CFLAGS = .*-fsanitize' "$top_builddir/Makefile" ;;
	*) fail "a need that is known: $1"; return 1 ;;
	esac
}

require() {
	need "$1" && return
	[ $tap_n = 0 ] || { skip "the rest" "needs $1"; plan; }
	echo "1..0 # SKIP needs $1"
	tap_planned=1
	exit 0
}

# Waiting is reading from a pipe that nobody writes to.
exec {tap_pipe}<> <(:)
wait_until() {
	local tries=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		[ $((tries--)) -gt 0 ] || return 1
		read -r -t 0.05 -u "$tap_pipe"
	done
	return 0	# and not what read said
}
unmount() {
	local said= status=1
	tap_unmount() { said=$(umount "$1" 2>&1); status=$?; [[ $said != *busy* ]]; }
	wait_until 20 tap_unmount "$1"
	[ -z "$said" ] || printf '%s\n' "$said" >&2
	return $status
}
gone() { timeout "$2" tail -s 0.05 --pid="$1" -f /dev/null; }

# ours NAME: the tool's path in the build tree.
tap_tools="mkudffs udffuse udffsck udfinfo udflabel udf mmcsim cdrwtool isowrite pktsetup"
ours() {
	echo "$top_builddir/$1/$1"
	[ -x "$top_builddir/$1/$1" ] || { echo "$1 is not in the build tree" >&2; return 1; }
}
PATH=$PATH:/usr/sbin:/sbin	# which an ordinary user's does not have everywhere
for tap_tool in $tap_tools; do
	[ -x "$top_builddir/$tap_tool/$tap_tool" ] && PATH=$top_builddir/$tap_tool:$PATH
done
export PATH
hash -r
for tap_tool in $tap_tools; do
	tap_found=$(command -v "$tap_tool")
	case $tap_found in
	"$top_builddir/$tap_tool/$tap_tool") ;;
	"") ;;
	*)
		# Not built: then nothing of that name may be found at all.
		eval "$tap_tool() { fail '$tap_tool is ours' 'not built; a peer stands at $tap_found'; return 127; }" ;;
	esac
done
unset tap_tool tap_found
