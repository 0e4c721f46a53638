# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Shared by the benchmarks.  A script begins with
#	. "${top_srcdir:?run by make bench}/tests/bench/lib.sh"
# Options of each: -n ROUNDS (default 3; the median counts); -c: CPU seconds, for a machine that does other work too.
#
#   $work                       a directory on tmpfs, the current one, removed at the end
#   tool NAME                   prints the path of our tool
#   median                      of the numbers on standard input, one on each line
#   ratio A B
#   compare TITLE NAME...       runs the commands in the arrays command_NAME in turn, ours first, and prints
#                               seconds, bytes and calls written, KB of the largest resident set, ratios
#   before                      a command that runs before each command; "" for none
#   counts_writes               1: run the commands once more under strace
#   repeat                      how often a command runs for one figure
#   aim[PEER.time|bytes|calls|memory]=RATIO and aim[ours.calls|memory]=FIGURE
#                               the highest ratio or figure that we aim at; compare prints whether it is reached,
#                               and clears the aims
set -u
rounds=3 by_cpu=
while getopts cn:x bench_option; do
	case $bench_option in c) by_cpu=1 ;; n) rounds=$OPTARG ;; x) set -x ;; *) exit 2 ;; esac
done
shift $((OPTIND - 1))
: "${top_builddir:?the build tree}"
top_builddir=$(cd "$top_builddir" && pwd) top_srcdir=$(cd "$top_srcdir" && pwd)
PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d /dev/shm/udfkit-bench.XXXXXX) || exit 1
bench_cleanup() { rm -rf "$work"; }
trap 'bench_cleanup' EXIT
trap 'exit 1' INT TERM
cd "$work" || exit 1
[ -z "$by_cpu" ] || echo "(CPU seconds)"

tool() { echo "$top_builddir/$1/$1"; }
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { if (a ~ /^[0-9]/ && b > 0) printf "%.2f", a / b; else printf "-" }'; }

declare -A aim=()
n_reached=0 missed=()
# judge WHAT FIGURE AIM
judge() {
	[ "$2" != - ] && [ "$3" != - ] || return 0
	if awk -v a="$2" -v b="$3" 'BEGIN { exit !(a <= b) }'; then
		n_reached=$((n_reached + 1))
		echo "      aim: $1 at most $3: reached"
	else
		missed+=("$1: $2, not $3")
		echo "      aim: $1 at most $3: missed"
	fi
}
# At the end of a script.
bench_verdict() {
	echo "-- $n_reached aims reached, ${#missed[@]} missed"
	[ ${#missed[@]} = 0 ] || printf '   %s\n' "${missed[@]}"
}

before="rm -f image" counts_writes= repeat=1
bench_time=$(type -P time) || { echo "needs GNU time"; exit 0; }
# bench_once COMMAND...: prints the seconds and KB of one run; "-" where it fails.
bench_once() {
	# shellcheck disable=SC2016
	if "$bench_time" -o once.out -f '%e %U %S %M' sh -c 'n=$1 before=$2; shift 2
		while [ $n -gt 0 ]; do eval "$before"; "$@" || exit; n=$((n - 1)); done' \
		sh $repeat "$( [ $repeat = 1 ] || echo "$before")" "$@" >once.log 2>&1; then
		awk -v cpu="$by_cpu" -v n=$repeat '{ print (cpu ? $2 + $3 : $1) / n, $4 }' once.out
	else
		echo "- -"
	fi
}
# bench_writes COMMAND...: prints the number of calls that write, and of bytes.
bench_writes() {
	command -v strace >/dev/null || { echo "- -"; return; }
	strace -f -o writes.out -e trace=write,pwrite64,writev,pwritev,copy_file_range "$@" >/dev/null 2>&1
	awk '/ = [0-9]+$/ { n++; bytes += $NF } END { print n + 0, bytes + 0 }' writes.out
}

compare() {
	local title=$1 name round metric
	local -A seconds kb calls bytes value
	shift
	echo "-- $title"
	for name; do
		local -n command=command_$name
		echo "   $name: ${command[*]}"
		: >"$name.runs"
	done
	for ((round = 0; round < rounds; round++)); do
		for name; do
			local -n command=command_$name
			eval "$before"
			bench_once "${command[@]}" >>"$name.runs"
		done
	done
	for name; do
		local -n command=command_$name
		calls[$name]=- bytes[$name]=-
		if [ -n "$counts_writes" ]; then
			eval "$before"
			read -r calls[$name] bytes[$name] < <(bench_writes "${command[@]}")
		fi
		seconds[$name]=$(awk '{ print $1 }' "$name.runs" | median)
		kb[$name]=$(awk '{ print $2 }' "$name.runs" | median)
		printf '   %-12s %9s s' "$name" "${seconds[$name]}"
		[ -z "$counts_writes" ] || printf ' %12s bytes %7s calls' "${bytes[$name]}" "${calls[$name]}"
		printf ' %8s KB' "${kb[$name]}"
		value=([ours.calls]=${calls[$1]} [ours.memory]=${kb[$1]})
		if [ "$name" = "$1" ]; then
			echo
		else
			value[$name.time]=$(ratio "${seconds[$1]}" "${seconds[$name]}")
			value[$name.bytes]=$(ratio "${bytes[$1]}" "${bytes[$name]}")
			value[$name.calls]=$(ratio "${calls[$1]}" "${calls[$name]}")
			value[$name.memory]=$(ratio "${kb[$1]}" "${kb[$name]}")
			printf '   ratio: time %s' "${value[$name.time]}"
			[ -z "$counts_writes" ] ||
				printf ', bytes %s, calls %s' "${value[$name.bytes]}" "${value[$name.calls]}"
			printf ', memory %s\n' "${value[$name.memory]}"
		fi
		for metric in time bytes calls memory; do
			[ -z "${aim[$name.$metric]-}" ] ||
				judge "$title, $name $metric" "${value[$name.$metric]}" "${aim[$name.$metric]}"
		done
	done
	aim=()
	eval "$before"
}

# ---- trees ----

tree_large() {	# DIR: 1,024 files of 1 MiB
	local i
	head -c 1048576 /dev/urandom >block && mkdir "$1" || return
	for ((i = 0; i < 1024; i++)); do cp block "$1/$(printf 'file-%04d' $i)"; done
}
tree_small() {	# DIR N: N files of 0 to 8 KiB, a hundred in each folder
	mkdir "$1" && "$top_builddir/tests/bench/fsbench" tree "$1" "$2" 8192 >/dev/null
}
