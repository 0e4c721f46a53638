#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A volume made over an older one with another block size: the new one opens, whatever the older one has left.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"

# Both volumes in one image: all blocks of the new one that are not zero stand over the old one.
make_pair() {	# OLD-BLOCK-SIZE NEW-BLOCK-SIZE [MKUDFFS-OPTION]...
	rm -f "$tmp/both" "$tmp/new"
	mkudffs -q -b "$1" -l old "${@:3}" --size=24M "$tmp/both" &&
		mkudffs -q -b "$2" -l new "${@:3}" --size=24M "$tmp/new" &&
		udf mkdir "$tmp/new" /alive &&
		dd if="$tmp/new" of="$tmp/both" bs="$2" conv=notrunc,sparse status=none
}
label() { udfinfo "$tmp/both" 2>"$err" | sed -n 's/^label=//p'; }

sizes="512 1024 2048 4096 8192 16384 32768"
for old in $sizes; do
	for new in $sizes; do
		[ "$old" = "$new" ] && continue
		make_pair "$old" "$new" || fail "a pair of volumes is made"
		is "blocks of $new bytes over blocks of $old: udfinfo shows the new volume" "$(label)" new
		is "blocks of $new bytes over blocks of $old: udf ls reads the new volume" "$(udf ls "$tmp/both" 2>&1)" alive
	done
done
plan
