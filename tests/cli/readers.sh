#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Independent readers (7-Zip, GRUB, udfclient and libudfread) find all names and contents, both on volumes
# that mkudffs -d fills and on volumes that the driver's code writes.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
mkudffs=$(ours mkudffs) && udf=$(ours udf) && udffsck=$(ours udffsck) || plan
udfread=$top_builddir/tests/common/udfread_extract
top_src=$(cd "$top_srcdir" && pwd)
cd "$tmp" || exit 1

# The tree has no symlinks and devices, which 7-Zip does not accept, and no holes, which it calls an unsupported
# method and GRUB reads wrong.  The tests in tests/kernel have them.
mkdir -p tree/sub/many tree/sub/deep/er 'tree/Ünï 日本' tree/none
echo hello >tree/small
: >tree/empty
head -c 5000 /dev/urandom >tree/medium
head -c 3000001 /dev/urandom >tree/sub/large
for i in {1..400}; do
	echo "$i" >"tree/sub/many/a file whose name takes some room, number $i"
done
echo odd >'tree/Ünï 日本/€ and ä'
echo deep >tree/sub/deep/er/file
(cd tree && find . -type f -exec sha256sum {} + | sort -k2) >wanted

# Each reader extracts $image, which has blocks of $block_size bytes, into the directory out and prints checksums.
sums() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k2); }
read_7z() { 7z x -y -tudf -oout "$image" >said 2>&1 && sums out; }
read_udfread() { "$udfread" "$image" out >said 2>&1 && sums out; }
read_udfclient() {
	local root
	root=$(printf 'ls\nquit\n' | udfclient -b $block_size "$image" 2>/dev/null |
		sed -n 's/^d.* \([^ ]*:[^ ]*\)$/\1/p' | head -n 1)
	# One by one, with the names in quotes.  It finds only ASCII names.
	(cd tree && find . -type d) | (cd out && xargs -d '\n' mkdir -p)
	{
		(cd tree && find . -type f) | sed -n '/^[ -~]*$/s,^\./,,p' | while read -r file; do
			printf 'get "/%s/%s" "%s"\n' "$root" "$file" "out/$file"
		done
		echo quit
	} >commands
	udfclient -b $block_size "$image" <commands >said 2>&1 && sums out
}
read_grub() {
	local file
	while read -r sum file; do
		if grub-fstest "$PWD/$image" cmp "(loop0)/${file#./}" "$PWD/tree/${file#./}" >said 2>&1; then
			echo "$sum  $file"
		fi
	done <wanted-of-it
}

is_there() {
	case $1 in
	7z) need "command 7z" || { lacks="command 7z"; return 1; } ;;
	udfread) need /usr/include/udfread/udfread.h || { lacks=/usr/include/udfread/udfread.h; return 1; } ;;
	udfclient) need "command udfclient" || { lacks="command udfclient"; return 1; } ;;
	grub) need "command grub-fstest" || { lacks="command grub-fstest"; return 1; } ;;
	esac
}

# The driver's code; names and space come and go in between.
put() {
	"$mkudffs" -q --new-file --size=24M -r "$revision" -b "$block_size" "$image" &&
		"$udf" put "$image" tree/sub/large /first && "$udf" put -r "$image" tree/. / &&
		"$udf" rm "$image" /first
}
fill() { "$mkudffs" -q --size=24M -r "$revision" -b "$block_size" -d tree "$image" "$@"; }
# Strategy 4096, and the space sets from which only mkudffs -d takes blocks.
fill_mo() { fill --media-type=mo; }
fill_worm() { fill --media-type=worm; }
fill_freedbitmap() { fill --space=freedbitmap; }
fill_freedtable() { fill --space=freedtable; }
# Sparable volumes, which neither GRUB nor 7-Zip nor libudfread knows.  In the second one packets have moved.
fill_cdrw() { fill --media-type=cdrw; }
fill_moved() { fill --media-type=dvdrw && python3 "$top_src/tests/common/move-packets" "$image" 2 >/dev/null; }

while read -r how revision block_size readers; do
	if [ "$how" = fill_moved ] && ! need "command python3"; then
		skip "$how $revision is read" "needs command python3"
		continue
	fi
	image=$how-$revision-$block_size.img
	ok "$how $revision at $block_size: the volume is made" $how || { sed 's/^/#   /' "$err"; continue; }
	for reader in $readers; do
		name="$how $revision at $block_size: $reader reads every file unchanged"
		is_there "$reader" || { skip "$name" "needs $lacks"; continue; }
		case $reader in
		udfclient) LC_ALL=C grep '^[ -~]*$' wanted ;;
		grub) while read -r line; do
			[[ $line != */many/* ]] || part_of 10 || continue	# GRUB is started for each file
			echo "$line"
		done <wanted ;;
		*) cat wanted ;;
		esac >wanted-of-it
		rm -rf out && mkdir out
		"read_$reader" >got
		same "$name" got wanted-of-it || diag "$(tail -n 5 said)"
	done
	ok "$how $revision at $block_size: udffsck finds no problems" "$udffsck" -n "$image"
	rm -f "$image"
done <<'EOT'
fill 2.01 2048 7z grub udfclient udfread
fill 2.01 512 7z grub udfclient
fill 1.02 2048 7z udfread
fill 1.50 4096 grub udfclient
fill 2.00 1024 grub
fill_mo 1.02 512 grub
fill_mo 2.01 2048 grub
fill_worm 1.50 2048 grub
fill_worm 2.01 512 grub
fill_freedbitmap 2.01 512 7z grub udfclient
fill_freedbitmap 1.02 2048 7z grub udfclient udfread
fill_freedtable 2.01 2048 7z grub udfclient udfread
fill_cdrw 1.50 2048 udfclient
fill_moved 2.01 2048 udfclient
put 2.01 2048 7z grub udfclient
put 1.02 512 7z grub udfclient
put 2.01 4096 grub udfclient
EOT
plan
