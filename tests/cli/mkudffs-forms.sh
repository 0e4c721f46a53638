# SPDX-License-Identifier: GPL-2.0-or-later
# mkudffs -d onto volumes of every form: magneto-optical and write-once media, whose ICBs are of strategy
# 4096, and every kind of space set.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
. "$top_srcdir/tests/kernel/list.sh"
mkudffs=$(ours mkudffs) && udf=$(ours udf) && udffsck=$(ours udffsck) || plan
cd "$tmp" || exit 1

# ---- a tree with some of everything ----
mkdir -p tree/sub tree/empty tree/links tree/many tree/nested/{1..12}/{a..c}/x/y/z
echo hello >tree/small
: >tree/nothing
head -c 1800 /dev/urandom >tree/embedded-or-not
head -c 700001 /dev/urandom >tree/sub/large
for ((i = 0; i < 2000; i++)); do echo "$i" >"tree/many/small file, number $i"; done
for dir in tree/nested/*/*/x/y/z; do head -c 2500 /dev/urandom >"$dir/at the bottom"; done
for ((i = 0; i < 60; i++)); do mkdir "tree/nested/dir-$i" && seq 300 >"tree/nested/dir-$i/$(printf 'n%.0s' {1..200})"; done
ln tree/small tree/links/second
ln tree/sub/large tree/links/third
ln -s ../small tree/links/sym
ln -s "$(printf 'long/%.0s' {1..500})end" tree/links/long
mkfifo tree/fifo
if need root; then
	mknod tree/char c 5 1
	mknod tree/block-device b 259 70000
	chown 1000:2000 tree/small tree/sub tree/links/sym
fi
truncate -s 20M tree/sparse
echo middle | dd of=tree/sparse bs=1 seek=10000001 conv=notrunc status=none
for ((i = 0; i < 300; i++)); do
	echo "piece $i" | dd of=tree/pieces bs=8192 seek=$((i * 3)) conv=notrunc status=none
done
find tree -exec touch -h -d '2011-12-13 14:15:16.171819' {} +
list_tree tree >tree.list
n_files=$(find tree ! -type d | wc -l) n_directories=$(find tree -type d | wc -l)

value() { sed -n "s/^$1=//p" info; }

# fill NAME OPTION...: makes a volume of the computed size.  The checker finds no problems, the extracted tree
# equals the source tree, and udftools' udfinfo counts the same.
fill() {
	local name=$1 free used blocks
	shift
	rm -f full.img
	ok "$name: mkudffs -d fills the volume" "$mkudffs" -q -d tree "$@" full.img || return
	ok "$name: the checker finds no problems" "$udffsck" -n full.img
	read -r free blocks < <(sed -n 's/.* \([0-9]*\) of \([0-9]*\) blocks of .*/\1 \2/p' "$out")
	like "$name: fewer than 1000 blocks remain free" "$free" '^[0-9]?[0-9]?[0-9]$'
	rm -rf out
	mkdir out
	ok "$name: udf get extracts everything" "$udf" get full.img / out
	touch -r tree out
	list_tree out >out.list
	same "$name: the extracted tree equals the source tree" out.list tree.list
	if ! need /usr/bin/udfinfo; then
		skip "$name: udftools' udfinfo counts the same files and blocks" "needs /usr/bin/udfinfo"
		return
	fi
	/usr/bin/udfinfo full.img >info 2>infoerr
	used=$(value usedblocks)
	is "$name: udftools' udfinfo counts the same files and blocks" \
		"$(value integrity) $(value numfiles) $(value numdirs) $(value freeblocks) $(cat infoerr)" \
		"closed $n_files $n_directories $free "
	is "$name: used and free blocks add up to all blocks" \
		"$((used + free)) $(value blocks)" "$blocks $(value blocks)"
}

# Prints from a dump the strategy of the directory and the length of the ICBs that its names point to.
forms() { "$udf" dump full.img "$1" | awk '/StrategyType:/ { print } /^File Identifier/ { fid = 1 }
	fid && /ExtentLength:/ { print; fid = 0 }' | sort -u | tr -d '\t\n'; }

for type in mo worm; do
	for revision in 1.02 1.50 2.00 2.01; do
		for block_size in 512 2048; do
			part_of 3 || continue
			name="$type $revision at $block_size"
			fill "$name" -m $type -r $revision -b $block_size
			is "$name: ICBs have two blocks" "$(forms /nested/dir-1)" \
				"ExtentLength: 0x$(printf %X $((2 * block_size)))StrategyType: 4096"
			exits "$name: udf put refuses the volume" 1 "$udf" put full.img tree/small /more
			like "$name: the refusal names strategy 4096 or write-once media" \
				"$(cat "$err")" 'strategy 4096|write-once'
		done
	done
done
for space in unallocbitmap unalloctable freedbitmap freedtable; do
	for strategy in 4 4096; do
		for block_size in 512 2048; do
			part_of 3 || [ $strategy-$block_size = 4096-2048 ] || continue
			name="$space, strategy $strategy, at $block_size"
			fill "$name" --space=$space --strategy=$strategy -b $block_size
			[ "$strategy" = 4 ] || continue
			is "$name: ICBs have one block" "$(forms /nested/dir-1)" \
				"ExtentLength: 0x$(printf %X "$block_size")StrategyType: 4"
		done
	done
	[[ $space != freed* ]] || {
		exits "$space: udf put refuses the volume" 1 "$udf" put full.img tree/small /more
		like "$space: the refusal names blocks to be erased" "$(cat "$err")" 'erased'
	}
done

# ---- over random bytes, and with a given size ----
head -c 24M /dev/urandom >rubbish.img
for type in mo worm; do
	cp rubbish.img full.img
	ok "$type: mkudffs -d fills a volume over random bytes" "$mkudffs" -q -m $type -b 512 -d tree full.img
	ok "$type: the checker finds no problems over random bytes" "$udffsck" -n full.img
	rm -rf out && mkdir out
	"$udf" get full.img / out
	touch -r tree out
	list_tree out >out.list
	same "$type: random bytes below the volume do not change the extracted tree" out.list tree.list
done
exits "a volume of strategy 4096 that is too small is refused" 1 \
	"$mkudffs" -q -m mo -b 2048 -d tree --size=8M none.img
like "the message says how many blocks the tree takes with its ICBs" \
	"$(cat "$err")" 'tree does not fit: it takes [0-9]+ blocks of 2048 bytes, and [0-9]+ are free'
ok "no file remains of a volume that is too small" test ! -e none.img

# ---- the computed size is enough for any number of files ----
for n in 100 300 1500; do
	mkdir fits
	"$top_builddir/tests/bench/fsbench" tree fits $n 8192 >/dev/null
	for block in 512 1024 2048 4096; do
		rm -f fits.img
		ok "$n files fill a volume of the computed size in blocks of $block" \
			"$mkudffs" -q -m mo -d fits -b $block fits.img
		ok "$n files in blocks of $block: the checker finds no problems" "$udffsck" -n fits.img
	done
	rm -rf fits
done
plan
