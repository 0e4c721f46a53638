#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the drive is told, command by command, in whole recipes: cdrwtool -q on a fresh disc of each kind, and then one
# file copied to the mounted volume.  The texts in tests/golden/recipes say why each command is there.
# A mount namespace of its own: other tests that start meanwhile would copy these mounts and keep them.
[ -n "${own_mounts-}" ] || ! unshare -m true 2>/dev/null || own_mounts=1 exec unshare -m --propagation private bash "$0"
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
require /dev/fuse
require mount
cd "$tmp" || exit 1
mkdir mnt
on_exit 'umount mnt || umount -l mnt'

# The commands of a drive's log that change something, and those that failed in doing so.  Writes between two other
# commands may come in any order; those of consecutive blocks are one line, with the first block and the number.  Zeros
# at the end of a command are left out, and those of page 05.
told() {
	awk '
	function hex(text,    i, n) {
		for (i = 1; i <= length(text); i++)
			n = n * 16 + index("123456789ABCDEF", substr(text, i, 1))
		return n
	}
	function writes(    i, first, n) {
		while (n_writes) {
			first = ""
			for (i in size)
				if (first == "" || i + 0 < first)
					first = i + 0
			for (n = 0; (first + n) in size; n_writes--) {
				i = size[first + n]
				delete size[first + n]
				n += i
			}
			print "write " first " " n
		}
	}
	$2 ~ /^(2A|AA)$/ && / good/ {
		at = hex($4 $5 $6 $7)
		if (!(at in size))
			n_writes++
		size[at] = $2 == "2A" ? hex($9 $10) : hex($8 $9 $10 $11)
		next
	}
	$2 ~ /^(04|19|1B|1E|2A|2E|35|53|54|55|58|5B|5D|A1|A3|AA|B6|BB|BF|C1)$/ {
		writes()
		sub(/^[^ ]* /, "")
		sub(/ (out|in) [0-9]+/, "")
		sub(/ good/, "")
		n_data = index($0, " : ")
		data = n_data ? substr($0, n_data) : ""
		cdb = n_data ? substr($0, 1, n_data - 1) : $0
		sub(/( 00)+$/, "", cdb)
		if (length(data) > 150)
			sub(/ 96( 00)+/, " 96 ...", data)
		print cdb data
	}
	END { writes() }' d.disc.log
}

for media in cd-rw dvd-ram dvd+rw dvd-rw bd-re; do
	rm -f d.disc*
	mmcsim create --media=$media d.disc && mmcsim log --on d.disc
	cdrwtool -d sim:d.disc -q --force >/dev/null
	{ echo "== cdrwtool -q"; told; } >got
	# A drive takes long over each block that can't be read: on a BD-RE that was never written there are 18 packets of them.
	n_reads=$(grep -c '^[0-9.]* 28 ' d.disc.log)
	ok "$media: blocks that can't be read are not asked for again and again ($n_reads reads)" [ "$n_reads" -le 80 ]
	: >d.disc.log
	udffuse sim:d.disc mnt && head -c 5000 "$top_srcdir/NEWS" >mnt/file
	umount.fuse.udffuse mnt
	{ echo "== a file"; told; } >>got
	grep -v '^#' "$top_srcdir/tests/golden/recipes/$media.txt" | sed 's/ *#.*//' >wanted
	same "$media: the drive is told what the recipe needs, and nothing else" got wanted || diag "$(diff wanted got)"
done
plan
