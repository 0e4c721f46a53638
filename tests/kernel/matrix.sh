#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel and udfkit on one volume, for every type, revision and block size that both know:
# mkudffs makes it; the kernel mounts it, creates, writes, renames, deletes, and finds all of it again
# when it mounts the volume once more.
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

data=$tmp/data
seq 30000 | head -c 150000 >"$data"
cells=() n_cells=0
cell() {	# NAME SECTOR_BYTES WANT OPTION...: make and fill one
	local name=$1 sector=$2 want=$3
	shift 3
	if exits "$name: mkudffs makes it" 0 \
		mkudffs --new-file --blocksize="$sector" "$@" "$tmp/$name.img" $((12582912 / sector)); then
		cells+=("$name $sector $want")
	fi
	n_cells=$((n_cells + 1))
}

for type in $types; do
	for revision in $revisions; do
		for block in $blocks; do
			if [ "$block" -gt 4096 ]; then
				left+="$type-$revision-$block: the kernel knows blocks up to 4096 bytes"$'\n'
				continue
			fi
			want=rw
			case $type in
			worm) want="ro (written once)" ;;
			dvd|cd) want="ro (read-only medium)" ;;
			esac
			cell "$type-$revision-$block" "$block" "$want" --media-type="$type" --udfrev="$revision"
		done
	done
done
for more in "${extra[@]}"; do
	read -r name options <<<"$more"
	case $name in freed*) want="ro (the kernel does not take freed space)" ;; *) want=rw ;; esac
	# shellcheck disable=SC2086
	cell "hd-2.01-2048-$name" 2048 "$want" --media-type=hd --udfrev=2.01 $options
done

# Two kernels at once, half of the cells each.
for half in 0 1; do
	mkdir -p "$tmp/half$half"
	ln "$data" "$tmp/half$half/data"
	for ((i = half; i < ${#cells[@]}; i += 2)); do
		read -r name sector want <<<"${cells[i]}"
		mv "$tmp/$name.img" "$tmp/half$half/"
		echo "$name $sector"
	done >"$tmp/half$half/cells"
	bash "$kernel_tests/uml-run" --modules loop --rw "$tmp/half$half" --timeout 550 -- \
		bash "$kernel_tests/guest.sh" "$tmp/half$half" >"$tmp/half$half/said" 2>&1 &
	pids[half]=$!
done
for half in 0 1; do
	wait "${pids[half]}"
	is "kernel $half ran to its end" "$?" 0 || cat "$tmp/half$half/said"
done

for ((i = 0; i < ${#cells[@]}; i++)); do
	read -r name sector want <<<"${cells[i]}"
	at=$tmp/half$((i % 2))/$name
	is "$name: the kernel mounts it ${want}" "$(cat "$at.mount")" "${want%% *}" || sed 's/^/# /' "$at.log"
	if [ "$want" = rw ]; then
		is "$name: the kernel changes it without complaint" "$(cat "$at.ops")" ""
		ok "$name: the changes are there" grep -q ' made/sub/moved/inner/x$' "$at.after"
		same "$name: the kernel finds them again" "$at.again" "$at.after"
	fi
	rm -f "$at.img"
done

diag "$n_cells cells; not made:"
diag "${left%$'\n'}"
diag "other types (cdrw dvdrw cdr dvdr bdr) and revisions (2.50 2.60): mkudffs refuses them by name"
plan
