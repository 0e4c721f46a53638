#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# mkudffs -: volumes on standard output.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
cd "$tmp" || exit

mkdir -p tree/sub/empty && echo one >tree/one && seq 60000 >tree/sub/large && ln tree/sub/large tree/again && ln -s sub tree/link
: >tree/nothing && chmod 4750 tree/one && head -c 511 /dev/urandom >tree/511 && truncate -s 3M tree/sparse &&
	echo end | dd of=tree/sparse bs=1 seek=2000001 conv=notrunc status=none
listing() { (cd "$1" && find . \( -type d -printf '%y %m %U %G %T@ %P\n' -o -printf '%y %m %n %U %G %s %l %T@ %P\n' \) |
	sed -E 's/(\.[0-9]{6})[0-9]* /\1 /' | sort); }
clean() { udffsck -n "$1" >said 2>&1 && grep -q ': clean' said; }
listing tree >wanted

# ---- the same bytes as in a file ----
export SOURCE_DATE_EPOCH=1000000000
for options in "" "-m dvd" "-m cdrw" "-m dvdrw -b 2048" "-m worm" "-m mo" "-b 4096" "--bootarea=mbr" "--startblock=320 -b 2048" \
	"--udfrev=1.02 --read-only" "--space=unalloctable"; do
	part_of 2 || continue
	rm -f a.img
	# shellcheck disable=SC2086
	mkudffs -q -u 0123456789abcdef $options --size=8M a.img 2>/dev/null
	# shellcheck disable=SC2086
	mkudffs -q -u 0123456789abcdef $options --size=8M - 2>/dev/null | cat >b.img
	same "an empty volume is the same in a pipe: ${options:-no options}" b.img a.img
done
unset SOURCE_DATE_EPOCH

# ---- into a file: what is zero is a hole ----
SOURCE_DATE_EPOCH=1000000000 mkudffs -q -u 0123456789abcdef --size=20M - 2>/dev/null | cat >a.img
SOURCE_DATE_EPOCH=1000000000 mkudffs -q -u 0123456789abcdef --size=20M - 2>/dev/null >b.img
same "standard output can be a file" b.img a.img
is "zeros take no room in it" "$(($(stat -c %b b.img) < 2000))" 1
head -c 21M /dev/urandom >b.img && tail -c 1M b.img >rest
SOURCE_DATE_EPOCH=1000000000 mkudffs -q -u 0123456789abcdef --size=20M - 2>/dev/null 1<>b.img
same "zeros are written over what is there" <(head -c 20M b.img) a.img
same "nothing after it is lost" <(tail -c 1M b.img) rest
: >b.img && SOURCE_DATE_EPOCH=1000000000 mkudffs -q -u 0123456789abcdef --size=20M - 2>/dev/null >>b.img
same "a volume is added to the end of a file opened for appending" b.img a.img
rm a.img b.img rest

# ---- filled ----
for options in "" "-m dvd -b 2048" "-m cdrw" "-m worm -b 2048" "-b 4096 --size=20M --space=freedbitmap"; do
	# shellcheck disable=SC2086
	mkudffs -q $options -d tree - 2>/dev/null | cat >c.img
	is "a directory goes into a pipe: ${options:-no options}" "${PIPESTATUS[0]}" 0
	ok "udffsck finds nothing" clean c.img
	rm -rf out && udf get c.img / out && listing out >found && same "everything is there" found wanted && diff -r out tree >said
	is "the files of the volume have their contents" $? 0
done
exits "the layout goes to standard error" 0 mkudffs -d tree -
cp "$out" v.img && cp "$err" lines
ok "the volume alone to standard output" clean v.img
is "standard error has the lines that mkudffs prints for a file" "$(grep -c '^start=' lines) $(sed -n 's/^blocks=//p' lines)" \
	"$(mkudffs -n -d tree - | grep -c '^start=') $(($(stat -c %s v.img) / 512))"
is "a volume is no part of itself" "$(cd tree && mkudffs -q -d . - >self.img && udf ls self.img / | grep -c self; rm self.img)" 0
if need /usr/include/archive.h; then
	tar -C tree -cf tree.tar . && mkudffs -q --tar - - <tree.tar | cat >t.img
	ok "an archive goes from pipe to pipe" cmp <(udf cat t.img /sub/large) tree/sub/large
else
	skip "an archive goes from pipe to pipe" "needs /usr/include/archive.h"
fi

# ---- what goes wrong ----
refused() { exits "$1" 1 mkudffs -q "${@:3}" && like "$1: message" "$(cat "$err")" "$2" && is "$1: nothing is written" "$(stat -c %s "$out")" 0; }
refused "no size" "how large should the volume be" -
refused "a tree that doesn't fit" "does not fit" -d tree --size=200K -
refused "a directory that is not there" "cannot open" -d nowhere -
refused "--json" "--json" --json --size=8M -
refused "--format" "--format" --format --size=8M -
exits "a full medium is an error" 1 bash -c 'mkudffs -q --size=8M - >/dev/full'
mkdir changing && head -c 2000000 /dev/urandom >changing/a && seq 1000 >changing/b
mkudffs -q -d changing - 2>said | { head -c 512 && : >changing/b && cat; } >changed.img
is "a file that changes meanwhile is reported" "${PIPESTATUS[0]} $(head -n 1 said)" \
	"1 mkudffs: changing/b: it changed meanwhile: zeros are in its place"
like "a terminal is refused" "$(script -qec "$(ours mkudffs) --size=8M -" /dev/null </dev/null)" "would go to the terminal"
ok "no file of that name is made" test ! -e ./-
plan
