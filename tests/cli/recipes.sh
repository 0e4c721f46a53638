#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Command lines that people have typed for twenty years, as they stand (tests/cli/recipes.list), on simulated drives.
# tests/kernel/recipes.sh has those that need a kernel.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
for need in "command genisoimage" "command isoinfo" "command mke2fs"; do require "$need"; done
cd "$tmp" || exit 1
mkdir documents && cp "$top_srcdir/NEWS" documents/NEWS
# The names under which they were typed: those of isowrite, see isowrite(1)
mkdir names && for name in mkisofs cdrecord dvdrecord; do ln -s "$(ours isowrite)" names/$name; done
PATH=$tmp/names:$PATH
new() { rm -f d.disc*; mmcsim create "$@" d.disc >/dev/null; }
export -f new

while IFS=$'\t' read -r line status output command; do
	case $line in ''|'#'*) continue ;; esac
	name="line $line: $command"
	bash -c "$command" >said 2>&1 </dev/null
	is_status=$?
	if [ $is_status != "$status" ]; then
		fail "$name" "exit status $is_status, not $status"
		sed 's/^/#   /' said
	elif [ "$output" = - ] || grep -qE -- "$output" said; then
		pass "$name"
	else
		fail "$name" "it does not say $output:"
		sed 's/^/#   /' said
	fi
done <"$top_srcdir/tests/cli/recipes.list"
plan
