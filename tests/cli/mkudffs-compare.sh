# SPDX-License-Identifier: GPL-2.0-or-later
# The layouts and lines of mkudffs are those of udftools' mkudffs; where they differ on purpose
# (doc/ONDISK.md, "New volumes") the difference is named here.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
peer=/usr/sbin/mkudffs
require "$peer"
ours=$(ours mkudffs) || plan
uuid=0123456789abcdef
cd "$tmp" || exit 1

# both ARG...: $got and $want are what the two print without writing.  Where they refuse, udftools
# has printed a part already; that is not compared.
both() {
	local id=(-u $uuid)
	[[ $* != *--fullvsid* ]] || id=()
	got=$("$ours" "$@" -n "${id[@]}" 2>/dev/null) || got="refused"
	want=$("$peer" "$@" "${peer_only[@]}" -n "${id[@]}" 2>/dev/null) || want="refused"
}
peer_only=()	# options that udftools needs for what is our default

# Lines of mkudffs, with sparing tables as unused space: ours fill a packet each, and the second one is not in the
# last anchor's.
without_tables() {
	awk '
	function out() { if (n) print "start=" first ", blocks=" n ", type=USPACE "; n = 0 }
	/type=(STABLE|USPACE)/ {
		split($0, f, /[=,]/)
		if (!n) first = f[2]
		n += f[4]
		next
	}
	{ out(); print }
	END { out() }' <<<"$1"
}

sizes="20 36 93 257 258 300 700 770 1000 3071 3072 100000"
block_sizes="512 1024 2048 4096 8192 16384 32768"
n_cells=0
for type in hd dvdram dvd cd mo worm; do
	peer_only=()
	[ $type != dvdram ] || peer_only=(--packetlen=16)
	for revision in 1.01 1.02 1.50 2.00 2.01; do
		bad='' n_refused=0
		for block_size in $block_sizes; do
			for size in $sizes; do
				part_of 11 || continue
				both -m $type -r $revision -b "$block_size" none.img "$size"
				n_cells=$((n_cells + 1))
				[ "$got" = "$want" ] && continue
				# udftools finds no place for the second sequence of 255 blocks.
				if [[ $type = mo || $type = worm ]] && [[ $size -ge 3072 && $want = refused ]]; then
					n_refused=$((n_refused + 1))
					continue
				fi
				# With packets, udftools finds no place on the smallest volumes.
				if [[ $type = dvdram && $size -lt 257 ]] &&
					[[ $want != *type=PSPACE* || $want = refused || $got = refused ]]; then
					n_refused=$((n_refused + 1))
					continue
				fi
				bad+="$block_size/$size "
			done
		done
		if [ -z "$bad" ]; then
			pass "$type $revision prints what udftools prints ($n_refused sizes only we can make)"
		else
			fail "$type $revision prints what udftools prints" "differs at block size/blocks: $bad"
		fi
	done
done
peer_only=()
for type in cdrw dvdrw; do
	for revision in 1.50 2.00 2.01; do
		bad=''
		for block_size in 2048 4096; do
			for size in 3072 4097 5000 6000 10003 10017 100000 333000 359849 2295104; do
				both -m $type -r $revision -b $block_size none.img $size
				n_cells=$((n_cells + 1))
				[ "$(without_tables "$got")" = "$(without_tables "$want")" ] &&
					[ "$(grep -c STABLE <<<"$got")" = 2 ] || bad+="$block_size/$size "
			done
		done
		is "$type $revision prints what udftools prints, but for the sparing tables" "$bad" ""
	done
done
while read -r n_tables args; do
	# shellcheck disable=SC2086
	both $args none.img 100000
	is "mkudffs and udftools print the same lines with $args, but for the sparing tables" \
		"$(without_tables "$got" | sed 's/USPACE/ERASE/')" "$(without_tables "$want" | sed 's/USPACE/ERASE/')"
	is "mkudffs $args makes as many tables as udftools" \
		"$(grep -c STABLE <<<"$got") $(grep -c STABLE <<<"$want")" "$n_tables $n_tables"
done <<'EOT'
1 -m cdrw --spartable=1
3 -m cdrw --spartable=3 --sparspace=64
4 -m cdrw --spartable=4
2 -m cdrw --sparspace=1000
2 -m cdrw --sparspace=4000
2 -m cdrw -r 2.01 --packetlen=16
2 -m cdrw -r 1.50 --packetlen=16
2 -m dvdrw --packetlen=64
2 -m dvdrw --bootarea=preserve --spartable
2 -m dvdram --spartable --packetlen=16
EOT
diag "$n_cells layouts compared"
both none.img 4294967295
is "mkudffs and udftools print the same layout for the largest volume" "$got" "$want"

# One option each.
while read -r name args; do
	# shellcheck disable=SC2086
	both $args
	[ "$want" != refused ] || diag "udftools refuses: $args"
	is "mkudffs and udftools print the same lines with $name" "$got" "$want"
done <<'EOT'
bootarea=erase -m dvd --bootarea=erase none.img 4000
bootarea=preserve -m hd --bootarea=preserve none.img 4000
bootarea=mbr -m hd --bootarea=mbr none.img 4000
bootarea=mbr:4096 -m hd -b 4096 --bootarea=mbr:4096 none.img 4000
read-only -m hd --read-only none.img 4000
strategy=4096 -m hd --strategy=4096 none.img 4000
strategy=4 -m worm --strategy=4 none.img 1000
space=unalloctable --space=unalloctable none.img 4001
space=freedtable --space=freedtable none.img 4001
space=freedbitmap --space=freedbitmap none.img 4001
ad=short --ad=short none.img 4000
ad=long --ad=long none.img 4000
noefe --noefe none.img 4000
packetlen=2 --packetlen=2 none.img 4000
packetlen=16 --packetlen=16 none.img 4000
packetlen=32 --packetlen=32 -b 2048 none.img 4000
startblock --startblock=1000 none.img 4000
startblock=hd-small --startblock=1000 none.img 2000
uid-gid-mode --uid=1000 --gid=-1 --mode=0700 none.img 4000
short-revision -r 2.1 none.img 4000
hex-numbers -b 0x800 -r 0x0150 none.img 0x2000
octal-blocks none.img 010000
label --label=Some none.img 4000
lvid-vid --lvid=Long --vid=Short none.img 4000
fsid-and-owner --fsid=F --owner=O --organization=X --contact=C none.img 4000
vsid --vsid=SetName none.img 4000
fullvsid=short --fullvsid=abc none.img 4000
fullvsid=upper --fullvsid=0123456789ABCDEFrest none.img 4000
fullvsid=8 --fullvsid=01234567rest none.img 4000
fullvsid=text --fullvsid=SomeVolumeSet none.img 4000
udisks --utf8 --media-type=hd --udfrev=0x201 --blocksize=512 --lvid=L --vid=L none.img 4000
EOT

# texts NAME ARG...: what the two record, byte by byte.
texts() {
	local name=$1
	shift
	rm -f ours.img peer.img
	# The encoding has to come first for udftools.
	if ! "$peer" "$@" -u $uuid -b 2048 peer.img 1000 >/dev/null 2>&1 ||
		! "$ours" -q -u $uuid -b 2048 "$@" ours.img 1000 2>/dev/null; then
		fail "identifiers are recorded as udftools records them: $name" "an exit status is not 0"
		return
	fi
	for side in ours peer; do
		dd if=$side.img bs=2048 skip=96 count=1 status=none | head -c 200 | tail -c +25 |
			od -An -v -tx1 >$side.txt
		dd if=$side.img bs=2048 skip=97 count=1 status=none | head -c 212 | tail -c +85 |
			od -An -v -tx1 >>$side.txt
	done
	same "identifiers are recorded as udftools records them: $name" ours.txt peer.txt
}
texts ascii --utf8 --label=Plain
texts "Latin-1 as UTF-8" --utf8 --label=$'caf\303\251'
texts "Latin-1 in the locale's encoding" --label=$'caf\303\251'
texts "Latin-1 bytes" --u8 --label=$'caf\351'
texts "UTF-16 bytes" --u16 --label=AB
texts "beyond Latin-1" --utf8 --label=$'\346\227\245\346\234\254'
texts "beyond 16 bits" --utf8 --label=$'a\360\237\230\200'
texts "too long for the volume identifier" --utf8 --label="$(printf 'x%.0s' {1..60})"
texts "Latin-1 too long for 16 bits" --utf8 --label="$(printf '\303\244%.0s' {1..28})"
texts "Latin-1 too long for 16 bits and for the volume identifier" --utf8 --lvid="$(printf '\303\244%.0s' {1..100})"
texts "wide volume set identifier" --utf8 --vsid=$'\346\227\245'

# Everything else that udfinfo prints about an image.
for type in hd dvdram mo worm; do
	peer_only=() own_keys='filename|appid|impid|winserialnum'
	# Our bitmap has whole packets.
	[ $type != dvdram ] || peer_only=(--packetlen=16) own_keys+='|usedblocks|freeblocks'
	for revision in 1.02 1.50 2.00 2.01; do
		rm -f ours.img peer.img
		"$ours" -q -u $uuid -m $type -r $revision -b 2048 --owner=O --contact=C ours.img 2000 2>/dev/null
		"$peer" -u $uuid -m $type "${peer_only[@]}" -r $revision -b 2048 --owner=O --contact=C peer.img 2000 >/dev/null 2>&1
		for side in ours peer; do
			/usr/bin/udfinfo $side.img 2>&1 | grep -Ev "^($own_keys)=" >$side.txt
		done
		same "udftools' udfinfo prints the same of our $type volume as of its own, revision $revision" \
			ours.txt peer.txt
	done
done

# Volumes that only we can make, read by udftools.
for type in mo worm; do
	for size in 12850 60000 3000000; do
		rm -f ours.img
		"$ours" -q -u $uuid -m $type -b 2048 ours.img $size
		is "udftools' udfinfo finds our $type volume of $size blocks closed" \
			"$(/usr/bin/udfinfo ours.img 2>&1 | grep -E 'Warning|^(integrity|numdirs)=')" \
			"numdirs=1
integrity=closed"
	done
done
plan
