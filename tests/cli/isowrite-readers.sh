#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Other programs read what isowrite makes: isoinfo, xorriso, 7z and bsdtar agree with the tree on names and contents, for
# a matrix of options.  UDFKIT_ISO=all takes all of them, and large images.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
for need in "command isoinfo" "command xorriso" "command 7z" "command bsdtar"; do require "$need"; done
cd "$tmp" || exit

mkdir -p tree/{empty,deep/1/2/3/4/5/6/7/8/9/10} tree/'odd names'
cp "$top_srcdir"/lib/base/*.c "$top_srcdir/HACKING.md" tree
: >tree/nothing && echo 7 >tree/deep/1/2/3/4/5/6/7/8/9/10/bottom
head -c 2048 /dev/urandom >tree/one-block && head -c 2049 /dev/urandom >tree/block-and-a-byte
head -c 3000000 /dev/urandom >tree/large
for name in 'with space' 'Æther – 日本語' semi\;colon ver\;1 .hidden trailing. UPPER upper "quote's" two.dots.txt; do
	echo "$name" >"tree/odd names/$name"
done
echo long >"tree/odd names/$(printf 'x%.0s' {1..60})" && echo long >"tree/odd names/$(printf 'x%.0s' {1..59})y"
hostile=("$(printf 'n%.0s' {1..255})" $'new\nline' $'\377\376' 'back\slash' $'\033[31m' '*?' '"' 😀)

sums() { (cd "$1" && find . -type f -exec md5sum {} + | sort -k2); }
sums tree >wanted
contents() { cut -c1-32 | sort; }		# without names
by_xorriso() { xorriso -osirrox on -indev "$1" -extract / "$2" >/dev/null 2>&1; chmod -R u+rwX "$2"; }
by_7z() { 7z x -y -o"$2" "$1" >/dev/null; }
by_bsdtar() { mkdir -p "$2" && bsdtar -xf "$1" -C "$2"; }
by_isoinfo() {	# TREE-OPTION IMAGE DIR
	mkdir -p "$3/$1"
	isoinfo ${1:+"$1"} -f -i "$2" | while read -r name; do
		isoinfo ${1:+"$1"} -x "$name" -i "$2" 2>/dev/null >"$3/$1/x" && [ -s "$3/$1/x" ] && md5sum <"$3/$1/x" | cut -c1-32
	done | sort
}
agrees() {	# NAME PROGRAM IMAGE: the program extracts what was put in
	rm -rf got && "by_$2" "$3" got && rm -f got/boot.catalog && sums got >found && same "$1: $2 reads all names and contents" found wanted
}

matrix=("-R" "-r -J" "-R -J -joliet-long --md5" "-R -iso-level 1" "-R -J -iso-level 4 -U")
[ "${UDFKIT_ISO-}" != all ] || matrix+=("-R -iso-level 2 -N -d" "-R -l -max-iso9660-filenames" "-R -J --md5 --acl --xattr"
	"-R -no-cache-inodes" "-R -no-pad" "-J -joliet-long -R -hide-joliet none-of-these" "-R -relaxed-filenames -allow-lowercase"
	"-r -uid 3 -gid 4 -dir-mode 755 -file-mode 644" "-R -J -b one-block -no-emul-boot -boot-load-size 4")
for options in "${matrix[@]}"; do
	# shellcheck disable=SC2086
	ok "$options: isowrite makes an image" isowrite -quiet $options -o a.iso tree || continue
	agrees "$options" xorriso a.iso
	agrees "$options" bsdtar a.iso
	if [[ $options != *-b\ * ]]; then	# 7z shows Joliet where there is one, and cuts off ";1" and a final dot
		rm -rf got && by_7z a.iso got && sums got | contents >found
		contents <wanted >w && same "$options: 7z reads all contents" found w
	fi
	is "$options: isoinfo lists every file" "$(isoinfo -R -f -i a.iso | grep -vc boot.catalog)" "$(find tree -mindepth 1 | wc -l)"
	is "$options: the size is that of the volume descriptor" \
		"$(isoinfo -d -i a.iso | sed -n 's/^Volume size is: //p')" "$(($(stat -c %s a.iso) / 2048))"
done

isowrite -quiet -o a.iso tree
by_isoinfo "" a.iso got >f && find tree -type f -size +0 -exec md5sum {} + | cut -c1-32 | sort >w
same "without -R and -J: isoinfo reads all contents" f w

# ---- names that make trouble elsewhere ----
mkdir hostile
for name in "${hostile[@]}"; do printf '%s' "$name" >"hostile/$name"; done
ok "names of any bytes are stored" isowrite -R -J --md5 -o h.iso hostile
sums hostile >wanted-h
by_xorriso h.iso got-h && sums got-h >found
same "xorriso reads names of any bytes" found wanted-h
rm -rf got-h && by_bsdtar h.iso got-h && sums got-h >found
same "bsdtar reads names of any bytes" found wanted-h
is "7z finds as many files in the Joliet tree" "$(7z l -slt h.iso | grep -c '^Size = ')" "${#hostile[@]}"

# ---- other readers agree with those of other writers ----
genisoimage -quiet -D -R -J -o g.iso tree 2>/dev/null && isowrite -quiet -R -J -o a.iso tree
listed() { isoinfo -R -l -i "$1" 2>/dev/null | awk '/^[-dl]/ { print $1, $3, $4, $5 * ($1 !~ /^d/), $NF }' | sort; }
listed a.iso >f && listed g.iso >w && same "isoinfo -l shows what it shows of genisoimage's image" f w

if [ "${UDFKIT_ISO-}" = all ]; then
	require "space 8000"
	truncate -s 5G sparse && printf 'at the end' | dd of=sparse bs=1 seek=5000000000 conv=notrunc status=none
	ok "a file of 5 GiB is stored" isowrite -quiet -R -J --md5 -o l.iso sparse
	is "xorriso shows the size of a file of 5 GiB" "$(xorriso -indev l.iso -lsl /sparse -- 2>/dev/null | awk '{ print $5 }')" 5368709120
	is "7z shows the size of a file of 5 GiB" "$(7z l -slt l.iso | sed -n 's/^Size = //p')" 5368709120
	is "bsdtar reads a file of 5 GiB" "$(bsdtar -xOf l.iso sparse | md5sum)" "$(md5sum <sparse)"
	exits "--check checks a file of 5 GiB" 0 isowrite --check l.iso
	is "-print-size is the size of an image with a file of 5 GiB" "$(isowrite -quiet -R -J --md5 -print-size sparse)" "$(($(stat -c %s l.iso) / 2048))"
	exits "-iso-level 2 refuses a file of 5 GiB" 3 isowrite -quiet -R -iso-level 2 -o m.iso sparse
	like "the message says which level a file of 5 GiB needs" "$(cat "$err")" "^isowrite: sparse: has 4 GiB or more, which needs ISO level 3$"
	rm -f sparse l.iso m.iso
	mkdir many && (cd many && for i in {0..99}; do mkdir "$i" && (cd "$i" && seq 1000 | xargs touch); done)
	ok "100,000 files are stored" isowrite -quiet -R -o n.iso many
	is "bsdtar lists 100,000 files" "$(bsdtar -tf n.iso | grep -c '/[0-9]*$')" 100000
	mkdir one && (cd one && seq 100000 | xargs touch)
	ok "100,000 files in one directory are stored" isowrite -quiet -R -o n.iso one
	is "bsdtar lists 100,000 files in one directory" "$(bsdtar -tf n.iso | grep -c '[0-9]$')" 100000
fi
plan
