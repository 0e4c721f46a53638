#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --mounted reads an image that udffuse has mounted.  Messages say where it is mounted, and readers survive changes.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require /dev/fuse
require mount
img=$tmp/image mnt=$tmp/mnt
mkdir "$mnt" "$tmp/tree"
for i in $(seq 200); do echo "text $i" >"$tmp/tree/file$i"; done
mkudffs -q -b 2048 -l mine --size=40M "$img"
udffuse -f "$img" "$mnt" 2>"$tmp/server" &
server=$!
on_exit "kill $server; umount '$mnt'"
wait_until 20 mountpoint -q "$mnt"
cp -r "$tmp/tree" "$mnt/tree"
sync "$mnt"

# ---- without the option ----

for command in ls tree "cat" "get" "stat" dump; do
	case $command in
	cat | stat) operands=(/tree/file1) ;;
	get) operands=(/tree "$tmp/refused") ;;
	*) operands=() ;;
	esac
	exits "udf $command refuses a mounted image" 1 udf $command "$img" "${operands[@]}"
	is "udf $command says where the image is mounted and names --mounted" "$(cat "$err")" \
		"udf $command: $img: is in use: it is mounted on $mnt; unmount that first, or use --mounted to read it anyway"
done
exits "udffsck refuses a mounted image" 8 udffsck -n "$img"
like "udffsck says where the image is mounted and names --mounted" \
	"$(cat "$err")" "mounted on $mnt; .*use --mounted"
ok "udfinfo reads a mounted image" udfinfo "$img"
is "udfinfo warns that the image is mounted and says where" "$(cat "$err")" \
	"udfinfo: $img: warning: it is mounted on $mnt: the latest changes may not be shown"

# ---- with --mounted ----

is "udf ls --mounted lists committed files of a mounted image" "$(udf ls --mounted "$img" /tree | wc -l)" 200
ok "udf tree --mounted reads a mounted image" udf tree --mounted "$img"
is "udf cat --mounted reads a file of a mounted image" "$(udf cat --mounted "$img" /tree/file7)" "text 7"
ok "udf stat --mounted reads a mounted image" udf stat --mounted "$img" /tree
ok "udf dump --mounted reads a mounted image" udf dump --mounted "$img"
ok "udf get --mounted copies a directory of a mounted image" udf get --mounted "$img" /tree "$tmp/copy"
same "udf get --mounted copies whole files of a mounted image" "$tmp/copy/file9" "$tmp/tree/file9"
exits "udf get --mounted of a missing path is an error" 1 udf get --mounted "$img" /nothing "$tmp/x"
is "udf get --mounted says where the image is mounted when it fails" "$(tail -n 1 "$err")" \
	"udf get: $img: it is mounted on $mnt: it may have changed while it was read"
ok "udfinfo --mounted reads a mounted image" udfinfo --mounted "$img"
is "udfinfo --mounted does not warn" "$(cat "$err")" ""
exits "udffsck -n --mounted finds a mounted volume open" 4 udffsck -n --mounted "$img"
like "udffsck -n --mounted finds no errors in a mounted volume" "$(cat "$out")" " 0 errors, .*200 files"
is "udffsck -n --mounted says where the image is mounted" "$(cat "$err")" \
	"udffsck: $img: it is mounted on $mnt: it may have changed while it was read"
exits "udf mkdir does not accept --mounted" 2 udf mkdir --mounted "$img" /new
ln -s image "$tmp/link"
ln "$img" "$tmp/hard"
for name in link hard; do
	exits "udf ls refuses a mounted image under the name $name" 1 udf ls "$tmp/$name"
	like "udf ls says where the image $name is mounted" "$(cat "$err")" "it is mounted on $mnt"
	ok "udf ls --mounted reads a mounted image under the name $name" udf ls --mounted "$tmp/$name"
done

# ---- while files on the mount change ----

churn() {
	local i
	for i in $(seq 6); do
		cp -r "$tmp/tree" "$mnt/copy$i" && sync "$mnt"
		mv "$mnt/copy$i" "$mnt/moved" && rm -r "$mnt/moved" && sync "$mnt"
	done
}
churn &
writer=$!
on_exit "kill $writer"
worst=0 rounds=0
while kill -0 $writer 2>/dev/null; do
	for command in "udf ls -R --mounted $img" "udf tree --mounted $img" "udfinfo -v --mounted $img" \
		"udffsck -n --mounted $img" "udf get --mounted $img / $tmp/changing"; do
		timeout 60 $command >"$out" 2>"$err"
		status=$?
		[ $status -gt $worst ] && worst=$status && last="$command: $(tail -n 3 "$err")"
	done
	rm -rf "$tmp/changing"
	rounds=$((rounds + 1))
done
ok "the program that changes files on the mount ends without an error" wait $writer
if [ $worst -le 8 ] && [ $rounds -gt 0 ]; then
	pass "readers of a changing volume end, with at most an error"
else
	fail "readers of a changing volume end, with at most an error" "status $worst: ${last:-}"
fi
is "the mount works after other programs have read its image" "$(ls "$mnt/tree" | wc -l)" 200
kill $server
ok "udffuse ends after other programs have read its image" gone $server 20
ok "udffsck finds no problems after other programs have read the image" udffsck -n "$img"
ok "--mounted also reads an image that is not mounted" udf ls --mounted "$img"
is "--mounted prints no message about an image that is not mounted" "$(cat "$err")" ""

# ---- a writer that is about to end is waited for ----

helper=$top_builddir/tests/cli/guard_helper
ok "--mounted waits for a writer that is about to end" "$helper" ending "$img" udf ls --mounted "$img"
is "--mounted prints no message about a writer that has ended" "$(cat "$err")" ""
plan
