#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel and udfkit use one volume, for every type, revision and block size that both support:
# mkudffs makes it and udffuse fills it.  The kernel mounts it and lists the files that udffuse wrote.  It
# creates, writes, renames and deletes files.  Then udffsck -n finds only the known faults of the kernel,
# and udffuse reads what the kernel reads after it has mounted the volume again, which is what it wrote.
# A part of the types, revisions and block sizes is tried; UDFKIT_MATRIX=all tries all of them.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"

types="hd dvdram mo worm dvd cd"
revisions="1.02 1.50 2.00 2.01"
blocks="512 1024 2048 4096 8192 16384 32768"
# NAME MKUDFFS-OPTIONS...: more of one kind of volume
extra=(
	"unalloctable --space=unalloctable"
	"freedbitmap --space=freedbitmap"
	"freedtable --space=freedtable"
	"short --ad=short"
	"long --ad=long"
	"noefe --noefe"
	"strategy4096 --strategy=4096"
	"anchors --bootarea=mbr"
)

# What the kernel does not do right (Linux 6.1), as udffsck reports it.
known_faults=(
	# another name for a file is not counted as one more
	'^LVID_FILE_COUNT: '
	# a directory that moved keeps the unique id of its old parent
	'^PARENT_FID_UNIQUE_ID: '
	# a free slot that is used again keeps bytes of the longer name after the new one (6.1 only)
	'^RESERVED: .*, Padding: '
	# unique ids in the names of UDF before 2.00, which has no such field
	'^FIELD_ODD: .*, ICB\.UDFUniqueID: '
	# writing into the last block of a file makes its extent whole blocks long
	'^AD_BODY_LONG: '
	# (what udffsck sums up)
	'^udffsck: '
)

make_tree() {	# DIR
	local i
	mkdir -p "$1/ours/many" "$1/ours/tree/a/b" "$1/ours/moved/inner" "$1/Ünï 日本 𝄞"
	cd "$1" || return
	echo "fits into the ICB" >ours/small
	seq 1000 >ours/medium
	head -c 300000 "$data" >ours/large
	head -c 9999 "$data" >ours/cut
	echo renamed >ours/renamed
	echo inner >ours/moved/inner/file
	: >ours/empty
	head -c 5000 "$data" >ours/gone
	truncate -s 700000 ours/hole
	printf 'in the middle' | dd of=ours/hole bs=1 seek=333333 conv=notrunc status=none
	for i in {100..160}; do
		echo "$i" >"ours/many/a name that makes the directory long enough $i"
	done
	head -c 20000 "$data" >ours/tree/a/b/file
	echo linked >ours/hard && ln ours/hard "ours/tree/other name"
	ln -s ../ours/small ours/soft
	ln -s /an/absolute/path ours/absolute
	mkfifo ours/fifo
	echo odd >"Ünï 日本 𝄞/$(printf 'n%.0s' {1..200})"
	chmod 4751 ours/medium
	chmod 1777 ours/many
	if [ "$(id -u)" = 0 ]; then
		chown 1000:100 ours/large
		mknod ours/device c 5 1
	fi
	find . -exec touch -h -d '2020-02-29 12:34:56.789012 UTC' {} +
	cd "$OLDPWD" || return
}

data=$tmp/data
seq 60000 | head -c 300000 >"$data"
cells=() n_cells=0 left=
cell() {	# NAME SECTOR_BYTES WANT OPTION...: make and fill one
	local name=$1 sector=$2 want=$3
	shift 3
	if exits "$name: mkudffs makes it" 0 \
		mkudffs --new-file --blocksize="$sector" "$@" "$tmp/$name.img" $((12582912 / sector)); then
		cells+=("$name $sector $want")
	fi
	n_cells=$((n_cells + 1))
}

make_tree "$tmp/tree"
list_tree "$tmp/tree" >"$tmp/wanted"
# as a tar file, since times lose their fractions on the way through the host's tree
tar -C "$tmp/tree" --format=posix --sparse -cf "$tmp/tree.tar" ours "Ünï 日本 𝄞"
: >"$tmp/nothing"
for type in $types; do
	for revision in $revisions; do
		for block in $blocks; do
			if [ "$block" -gt 4096 ]; then
				left+="$type-$revision-$block: the kernel knows blocks up to 4096 bytes"$'\n'
				continue
			fi
			part_of 37 || [ $type-$revision-$block = hd-2.01-2048 ] || continue
			want=rw
			case $type in
			worm) want="ro (written once)" ;;
			dvd|cd) want="ro (read-only medium)" ;;
			esac
			cell "$type-$revision-$block" "$block" "$want" --media-type="$type" --udfrev="$revision"
		done
	done
done
# Packet media have blocks of 2048 bytes, and sparing tables came with 1.50.
for type in cdrw dvdrw bdre; do
	for revision in 1.50 2.00 2.01; do
		part_of 4 || continue
		cell "$type-$revision-2048" 2048 rw --media-type="$type" --udfrev="$revision"
	done
done
cell "cdrw-2.01-2048-spartable" 2048 rw --media-type=cdrw --spartable=4 --sparspace=64
cell "cdrw-2.01-512-packetlen" 512 rw --media-type=cdrw --packetlen=64
cell "hd-2.01-4096-spartable" 4096 rw --spartable --packetlen=16
for more in "${extra[@]}"; do
	read -r name options <<<"$more"
	case $name in freed*) want="ro (the kernel does not take freed space)" ;; *) want=rw ;; esac
	# shellcheck disable=SC2086
	cell "hd-2.01-2048-$name" 2048 "$want" --media-type=hd --udfrev=2.01 $options
done

# udffuse fills what it can write: not files of ICB strategy 4096.  Nor does it fill a volume whose space is
# kept in a table, though it could: the kernel, having used up one of several extents of a table, takes what
# remains of it for 2^30 bytes more, and hands out blocks in use.
filled() {
	case $2:$1 in
	rw:mo-*|rw:*-strategy4096|rw:*-unalloctable) echo - ;;
	rw:*) echo udffuse ;;
	*) echo - ;;
	esac
}

# Two kernels at once, half of the cells each.
for half in 0 1; do
	mkdir -p "$tmp/half$half"
	ln "$data" "$tmp/tree.tar" "$tmp/half$half/"
	for ((i = half; i < ${#cells[@]}; i += 2)); do
		read -r name sector want <<<"${cells[i]}"
		mv "$tmp/$name.img" "$tmp/half$half/"
		echo "$name $sector $(filled "$name" "$want")"
	done >"$tmp/half$half/cells"
	bash "$kernel_tests/uml-run" "${uml_options[@]}" --rw "$tmp/half$half" -- \
		bash "$kernel_tests/guest.sh" "$tmp/half$half" >"$tmp/half$half/said" 2>&1 &
	pids[half]=$!
done
for half in 0 1; do
	wait "${pids[half]}"
	is "kernel $half runs its script to its end" "$?" 0 || diag "$(cat "$tmp/half$half/said")"
done

# Linux 6.12 sometimes loses the first block of a file that grows out of its ICB.  That block is then in memory only,
# and after the next mount the kernel itself reads other bytes there.
kept() {	# LIST
	case $(cat "$tmp/half0/release") in
	6.1.*) cat "$1" ;;
	*) grep -vE '^[0-9a-f]{64}  \./(made|ours)/small$' "$1" ;;
	esac
}

# What was asked for, and udffsck -v remarks on.
remarks_on() {	# CELL
	case $1 in
	worm-*|mo-*) echo '^LVID_UNTERMINATED: .*blank block' ;;
	*-noefe) echo '^FILE_ENTRY_OLD: ' ;;
	esac
}

patterns=$(printf '%s\n' "${known_faults[@]}")
n_done=0
for ((i = 0; i < ${#cells[@]}; i++)); do
	read -r name sector want <<<"${cells[i]}"
	at=$tmp/half$((i % 2))/$name
	bad=$tap_failed
	is "$name: the kernel mounts it $want" "$(cat "$at.mount")" "${want%% *}" || diag "$(cat "$at.log")"
	[ "$(filled "$name" "$want")" = udffuse ] && wanted=$tmp/wanted || wanted=$tmp/nothing
	same "$name: the kernel lists the files that udffuse wrote" "$at.before" "$wanted"
	if [ "$want" = rw ]; then
		is "$name: the kernel changes files without an error" \
			"$(cat "$at.ops")$(grep -c ' made/sub/moved/inner/x$' "$at.after")" 1
		kept "$at.after" >"$tmp/wrote"
		kept "$at.again" >"$tmp/again"
		same "$name: the kernel reads what it wrote before" "$tmp/again" "$tmp/wrote"
		same "$name: udffuse reads what the kernel reads" "$at.read" "$at.again"
	else
		same "$name: udffuse lists the files of the volume" "$at.read" "$wanted"
	fi
	udffsck -n -v "$at.img" >"$at.found" 2>"$at.said"
	is "$name: the check finds only the kernel's known faults" \
		"$(grep -Evf <(echo "$patterns"; remarks_on "$name") "$at.found")" ""
	if [ "$name" = hd-2.01-2048 ]; then
		exits "$name: udffsck -p lets the boot continue with the kernel's known faults" 0 \
			udffsck -p -f "$at.img"
		like "$name: udffsck -p reports the kernel's known faults" "$(cat "$out")" "^PARENT_FID_UNIQUE_ID: "
	fi
	rm -f "$at.img"
	[ "$bad" != "$tap_failed" ] || n_done=$((n_done + 1))
done

diag "matrix: $n_done of $n_cells cells hold; not made:"
diag "${left%$'\n'}"
diag "types cdr dvdr bdr, revisions 2.50 and 2.60: mkudffs refuses them by name"
plan
