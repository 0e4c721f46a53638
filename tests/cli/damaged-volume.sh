#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every tool calls the remains of a volume a damaged volume, and mkudffs does not overwrite them without --force.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
img=$tmp/image

# mkudffs -b 2048 in 40M: 20480 blocks.  Anchors at 256, 20223 and 20479, descriptor sequences at 96 and 20320, the
# recognition sequence at 16, the file set descriptor in the partition that begins at 257.
fresh() {
	rm -f "$img"
	mkudffs -q -b 2048 -l precious --size=40M "$img"
	mkudffs -n -b 2048 --size=40M "$tmp/none" >"$tmp/plan"
	udf mkdir "$img" /a
}
zero() {	# FIRST COUNT: blocks
	dd if=/dev/zero of="$img" bs=2048 seek="$1" count="$2" conv=notrunc status=none
}
extents() { sed -n "s/^start=\([0-9]*\), blocks=\([0-9]*\), type=$1 *\$/\1 \2/p" "$tmp/plan"; }
lose() {	# TYPE...: all extents of those types
	local type lsn n
	for type; do
		while read -r lsn n; do zero "$lsn" "$n"; done < <(extents "$type")
	done
}
# Every tool calls it a damaged volume and says what is missing, and mkudffs refuses to overwrite it.
is_damaged() {	# WHAT LOST
	local what=$1 lost=$2 before tool
	exits "$what: udfinfo does not open it" 1 udfinfo "$img"
	like "$what: udfinfo says what is missing" \
		"$(cat "$err")" "^udfinfo: $img: a damaged UDF volume.*it has lost its $lost"
	exits "$what: udf ls does not open it" 1 udf ls "$img"
	like "$what: udf ls says what is missing" "$(cat "$err")" "a damaged UDF volume.*it has lost its $lost"
	udffsck -n "$img" >"$out" 2>"$err"
	like "$what: udffsck says what is missing" \
		"$(cat "$out" "$err")" "a damaged UDF volume.*it has lost its $lost.*do not change it|^VRS_MISSING"
	unlike "$what: udffsck does not suggest mkudffs" "$(cat "$out" "$err")" "mkudffs makes"
	if need /dev/fuse; then
		mkdir -p "$tmp/mnt"
		exits "$what: udffuse does not mount it" 1 udffuse "$img" "$tmp/mnt"
		like "$what: udffuse says what is missing" \
			"$(cat "$err")" "a damaged UDF volume.*it has lost its $lost"
	fi
	before=$(md5sum <"$img")
	exits "$what: mkudffs refuses to overwrite it" 1 mkudffs -q "$img" </dev/null
	like "$what: mkudffs calls it a damaged UDF volume and names --force" \
		"$(cat "$err")" "^mkudffs: $img: holds a damaged UDF volume.*use --force to overwrite it"
	exits "$what: mkudffs -d refuses to overwrite it" 1 mkudffs -q -d "$tmp/tree" "$img" </dev/null
	is "$what: refused commands leave every byte unchanged" "$(md5sum <"$img")" "$before"
	if need "command script"; then
		on_terminal "mkudffs -q '$img'" <<<n >"$out"
		like "$what: mkudffs asks on a terminal" "$(cat "$out")" "holds a damaged UDF volume.*overwrite it\? \(y/N\)"
		is "$what: the answer no leaves it unchanged" "$(md5sum <"$img")" "$before"
	fi
	ok "$what: mkudffs --force overwrites it" mkudffs -q --force "$img"
}
mkdir "$tmp/tree"

if need /dev/fuse; then
	fresh
	lose VRS
	udfinfo "$img" 2>"$err"
	like "recognition sequence lost: udfinfo suggests udffuse -o ro,novrs" \
		"$(cat "$err")" "copy off what you need: udffuse -o ro,novrs $img DIRECTORY$"
	mkdir -p "$tmp/mnt"
	ok "recognition sequence lost: udffuse -o ro,novrs mounts it" udffuse -o ro,novrs "$img" "$tmp/mnt"
	is "recognition sequence lost: its files can be copied off" "$(ls "$tmp/mnt")" "a"
	fusermount3 -u "$tmp/mnt"
fi
fresh
lose ANCHOR
is_damaged "all anchors lost" "anchors, and still has its recognition sequence, descriptor sequences and file set"
fresh
lose VRS
is_damaged "recognition sequence lost" "recognition sequence, and still has its anchors"
fresh
lose VRS ANCHOR
is_damaged "recognition sequence and anchors lost" "recognition sequence and anchors, .*descriptor sequences"
fresh
lose VRS ANCHOR MVDS LVID PSPACE
is_damaged "only the reserve descriptor sequence left" ".*still has its descriptor sequence;"
fresh
lose ANCHOR MVDS RVDS LVID PSPACE
is_damaged "only the recognition sequence left" ".*still has its recognition sequence"
fresh
zero 0 20479
is_damaged "only the last anchor left" ".*still has its anchor"
fresh
lose VRS ANCHOR MVDS RVDS LVID
is_damaged "only the file set left" ".*still has its file set descriptor"
fresh
lose MVDS RVDS
is_damaged "both descriptor sequences lost" "descriptor sequence"

# udfinfo still shows a volume without a file set descriptor, so the other tools are asked.
file_set_is_lost() {	# WHAT
	exits "$1: udf ls does not open it" 1 udf ls "$img"
	like "$1: udf ls says what is missing" "$(cat "$err")" "a damaged UDF volume 'precious': it has lost its file set"
	udffsck -n "$img" >"$out" 2>"$err"
	like "$1: udffsck says what is missing" "$(cat "$err")" "it has lost its file set descriptor.*; do not change it"
	before=$(md5sum <"$img")
	exits "$1: mkudffs refuses to overwrite it" 1 mkudffs -q "$img" </dev/null
	is "$1: mkudffs leaves every byte unchanged" "$(md5sum <"$img")" "$before"
}
fresh
zero 257 16
file_set_is_lost "file set descriptor lost"
rm -f "$img"
mkudffs -q -m cdrw -l precious --size=40M "$img"
zero 1312 64
file_set_is_lost "file set descriptor of a sparable partition lost"

if need "command wipefs"; then
	fresh
	wipefs -q -a "$img"
	is_damaged "what wipefs leaves" "recognition sequence"
fi

# ---- what an interrupted mkudffs leaves ----

fresh
lose VRS ANCHOR
before=$(md5sum <"$img")
exits "interrupted mkudffs: without a terminal the same command is refused" 1 mkudffs -q -b 2048 -l second "$img" </dev/null
like "interrupted mkudffs: the refusal names the old volume, and the option" "$(cat "$err")" \
	"holds a damaged UDF volume 'precious': .*; use --force to overwrite it"
is "interrupted mkudffs: the old volume can still be saved" "$(md5sum <"$img")" "$before"
ok "interrupted mkudffs: --force makes the volume" mkudffs -q -b 2048 -l second --force "$img" </dev/null
ok "interrupted mkudffs: the volume is whole then" udffsck -n "$img"

# ---- another file system over it ----

if need "command mke2fs"; then
	fresh
	mke2fs -q -F -t ext4 -L mine "$img" >/dev/null 2>&1
	zero 20479 1
	for tool in "udfinfo" "udf ls" "udffsck -n"; do
		$tool "$img" >"$out" 2>"$err"
		like "$tool names the file system that was made over a volume" "$(cat "$err")" "it holds ext4 'mine'"
		unlike "$tool suggests no repair of UDF for another filesystem" \
			"$(cat "$out" "$err")" "damaged|'udffsck -n|novrs"
	done
	exits "mkudffs refuses to overwrite a filesystem that was made over a volume" 1 mkudffs -q "$img"
	like "mkudffs names the filesystem that was made over a volume" \
		"$(cat "$err")" "holds ext4 'mine'; use --force to overwrite it"
fi

# ---- nothing ----

rm -f "$img"
truncate -s 40M "$img"
udfinfo "$img" 2>"$err"
like "a large file of zeros is called empty" "$(cat "$err")" "it is empty, its first and last 10 MiB are zeros"
truncate -s 1M "$img"
udfinfo "$img" 2>"$err"
like "a file of zeros that was read completely is called empty" "$(cat "$err")" "it is empty, nothing but zeros"
openssl_free_noise() { awk 'BEGIN { srand(7); for (i = 0; i < 200000; i++) printf "%c", 33 + int(rand() * 90) }'; }
openssl_free_noise >"$img"
for tool in "udfinfo" "udf ls" "udffsck -n"; do
	$tool "$img" >"$out" 2>"$err"
	like "$tool does not call other contents empty" "$(cat "$err")" "no UDF volume found: .*libblkid does not know what it holds"
	unlike "$tool does not suggest mkudffs for unknown contents" "$(cat "$err")" "empty|mkudffs makes"
done
ok "mkudffs overwrites unknown contents without asking" mkudffs -q --size=10M "$img"

# ---- and a volume that is whole ----

fresh
ok "mkudffs overwrites a whole volume" mkudffs -q -l second "$img"
is "mkudffs names the volume that it overwrites" \
	"$(cat "$err")" "mkudffs: $img: overwriting the UDF volume 'precious'"
fresh
zero 256 1
ok "mkudffs overwrites a volume that has lost the anchor at 256" mkudffs -q -l second "$img"
is "mkudffs names a volume that libblkid finds no label of" \
	"$(cat "$err")" "mkudffs: $img: overwriting the UDF volume 'precious'"
rm -f "$img"
printf -v label 'two\nlines\033[2J\xc2\x9b2J'
mkudffs -q --size=40M --label="$label" "$img"
mkudffs -q "$img" 2>"$err"
is "control characters of a label, U+009B too, do not reach the terminal" \
	"$(cat "$err")" "mkudffs: $img: overwriting the UDF volume 'two?lines?[2J??2J'"
rm -f "$img"
mkudffs -q -b 2048 --size=40M --label="$label" "$img"
zero 16 8
udf ls "$img" 2>"$err"
like "control characters of a damaged volume do not reach the terminal" "$(cat "$err")" "a damaged UDF volume 'two\?lines\?\[2J\?\?2J': it has lost"
plan
