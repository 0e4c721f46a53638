# SPDX-License-Identifier: GPL-2.0-or-later
# mkudffs -d: a volume filled from a directory.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
. "$top_srcdir/tests/kernel/list.sh"
mkudffs=$(ours mkudffs) || plan
udf=$(ours udf) || plan
udffsck=$(ours udffsck) || plan
cd "$tmp" || exit 1
uuid=0123456789abcdef

# ---- a tree with some of everything ----
mkdir -p tree/sub/deeper tree/empty tree/links
echo hello >tree/small
: >tree/nothing
head -c 1832 /dev/urandom >tree/just-embedded
head -c 1833 /dev/urandom >tree/just-not-embedded
head -c 2048 /dev/urandom >tree/block
head -c 5000001 /dev/urandom >tree/sub/large
printf x >"tree/sub/name with spaces and 'quotes'"
printf x >"tree/sub/$(printf 'caf\303\251 \346\227\245\346\234\254 \360\237\230\200')"
printf x >"tree/sub/$(printf 'n%.0s' {1..254})"
ln tree/small tree/links/second
ln tree/small tree/links/third
ln -s ../small tree/links/sym
ln -s /absolute/target tree/links/abs
ln -s "$(printf 'long/%.0s' {1..500})end" tree/links/long
mkfifo tree/fifo
chmod 4755 tree/small
chmod 1777 tree/empty
chmod "$(if need root; then echo 0; else echo 400; fi)" tree/block	# a user who is not root must be able to read it
if need root; then
	mknod tree/char c 5 1
	mknod tree/block-device b 259 70000
	chown 1000:2000 tree/small tree/sub tree/links/sym
fi
truncate -s 100M tree/sparse
echo middle | dd of=tree/sparse bs=1 seek=50000001 conv=notrunc status=none
for ((i = 0; i < 600; i++)); do
	echo "piece $i" | dd of=tree/pieces bs=8192 seek=$((i * 3)) conv=notrunc status=none
done
find tree -exec touch -h -d '2011-12-13 14:15:16.171819' {} +
touch -d '1999-01-02 03:04:05.060708' tree/small tree/sub
list_tree tree >tree.list

# check NAME IMAGE: the checker finds no problems, and the extracted tree equals the source tree.
check() {
	local name=$1 image=$2
	ok "$name: the checker finds no problems" "$udffsck" -n "$image"
	rm -rf out
	mkdir out
	ok "$name: udf get extracts everything" "$udf" get "$image" / out
	touch -r tree out
	list_tree out >out.list
	same "$name: the extracted tree equals the source tree" out.list tree.list
}

for block_size in 512 2048 4096; do
	for revision in 1.02 2.01; do
		ok "mkudffs -d fills a volume of revision $revision at $block_size" \
			"$mkudffs" -q -d tree -b $block_size -r $revision --size=24M full.img
		check "$revision at $block_size" full.img
		rm -f full.img
	done
done

# ---- size ----
ok "mkudffs -d makes a new image without --size" "$mkudffs" -d tree -b 2048 fit.img
size=$(stat -c %s fit.img)
ok "the image that mkudffs -d sizes is not much larger than its data" test "$size" -lt 14000000
like "the image that mkudffs -d sizes has fewer than 1000 free blocks" \
	"$("$udffsck" -n fit.img)" ' [0-9]?[0-9]?[0-9] of [0-9]+ blocks'
check "the size that fits" fit.img
like "-n -d prints the layout that mkudffs -d makes" \
	"$("$mkudffs" -n -d tree -b 2048 none.img)" "^blocks=$((size / 2048))$"
ok "--size=min makes an image for a directory" "$mkudffs" -q -d tree -b 2048 --size=min min.img
is "--size=min gives the same size as no --size" "$(stat -c %s min.img)" "$size"
# The reservation of one directory must not take the blocks of another directory or of a long symlink.
mkdir -p tight/later
head -c 3000000 /dev/urandom >tight/big
for ((i = 0; i < 50; i++)); do echo $i >"tight/later/$i"; done
ln -s "$(printf 'a/%.0s' {1..2000})z" tight/zlink
for block_size in 512 1024 2048; do
	ok "the computed size is enough at blocks of $block_size" \
		"$mkudffs" -q -d tight -b $block_size -r 1.02 --new-file tight$block_size.img
	ok "the computed size leaves fewer than 100 free blocks: $block_size" bash -c \
		'"$0" -n "$1" | grep -Eq "clean, 52 files, 2 directories, [0-9]{1,2} of"' "$udffsck" tight$block_size.img
done
rm -rf tight tight*.img

exits "--size=min needs a directory" 1 "$mkudffs" --size=min none.img
exits "a volume too small for the directory is refused" 1 "$mkudffs" -q -d tree -b 2048 --size=4M none.img
like "the message says how many blocks the directory takes and how many are free" "$(cat "$err")" \
	'^mkudffs: none.img: cannot write: tree does not fit: it takes [0-9]+ blocks of 2048 bytes, and [0-9]+ are free; --size=min'
ok "no file remains of a volume that is too small" test ! -e none.img
exits "--json fails when the directory does not fit" 1 "$mkudffs" --json -d tree -b 2048 --size=4M none.img
is "--json prints nothing when the directory does not fit" "$(cat "$out")" ""
exits "-n reports that the directory does not fit" 1 "$mkudffs" -n -d tree -b 2048 --size=4M none.img
"$mkudffs" -q -l Old --size=4M old.img
cp old.img before.img
exits "an existing volume too small for the directory is refused" 1 "$mkudffs" -q -d tree -b 2048 old.img
same "an existing volume too small for the directory is unchanged" old.img before.img
: >nothing.img
ok "mkudffs -d fills an empty file" "$mkudffs" -q -d tree -b 2048 nothing.img
is "an empty file gets the same size as a new image" "$(stat -c %s nothing.img)" "$size"
rm -f nothing.img
if need mount; then
	mkdir full && mount -t tmpfs -o size=1M tmpfs full
	on_exit 'umount "$tmp/full"'
	truncate -s 64M full/a.img full/b.img
	exits "mkudffs fails when the host filesystem is full" 1 "$mkudffs" -q -d tree -b 2048 full/a.img
	is "the message about a full host filesystem does not call the volume too small" "$(cat "$err")" \
		"mkudffs: full/a.img: cannot write: no space left on the host's filesystem that holds the image"
	ok "no volume is recognized after the host filesystem was full" \
		bash -c '! blkid -p -s TYPE full/a.img | grep -q udf'
else
	skip "mkudffs fails when the host filesystem is full" "needs mount"
fi

if need "command script"; then
	on_terminal "'$mkudffs' -v -d tree -b 2048 --size=min term.img" >term.txt 2>&1
	like "mkudffs -v shows progress in percent on a terminal" "$(cat term.txt)" 'copying: +[0-9]+%'
	rm -f term.img
else
	skip "mkudffs -v shows progress in percent on a terminal" "needs command script"
fi
"$mkudffs" -d tree -b 2048 --size=min term.img >term.txt 2>&1
unlike "mkudffs shows no progress outside a terminal" "$(cat term.txt)" '%'
rm -f term.img

# ---- what --exclude leaves out ----
ok "--exclude accepts patterns for names" "$mkudffs" -q -d tree --exclude='s*' --exclude='*.none' -b 2048 ex.img
is "--exclude by name leaves out matching names in the root directory" "$("$udf" ls ex.img / | grep -c '^s')" 0
is "--exclude by name keeps every other name" \
	"$("$udf" ls ex.img / | wc -l)" "$(find tree -mindepth 1 -maxdepth 1 ! -name 's*' | wc -l)"
is "--exclude by name leaves out matching names in subdirectories" \
	"$("$udf" ls ex.img /links)" "$(printf 'abs\nlong\nthird')"
ok "--exclude accepts patterns for paths" \
	"$mkudffs" -q --new-file -d tree --exclude='sub/l*' --exclude='/links' -b 2048 ex2.img
is "--exclude by path leaves out the file at that path" "$("$udf" ls ex2.img /sub | grep -c large)" 0
is "--exclude by path leaves out a directory and its contents" "$("$udf" ls ex2.img / | grep -c links)" 0
exits "--exclude needs a directory" 1 "$mkudffs" --exclude=x --size=4M none.img

mkdir with-image
echo x >with-image/x
ok "mkudffs -d fills an image inside the source directory" \
	"$mkudffs" -q -d with-image -b 2048 --size=4M with-image/self.img
is "an image inside the source directory is not copied into itself" "$("$udf" ls with-image/self.img /)" x

# ---- owners, root directory ----
ok "--all-root fills a volume" "$mkudffs" -q -d tree --all-root --exclude=sparse -b 2048 root.img
rm -rf out
mkdir out
"$udf" get root.img / out >/dev/null 2>&1
if need root; then
	is "--all-root gives everything to uid 0 and gid 0" \
		"$(find out -mindepth 1 -printf '%U:%G\n' | sort -u)" 0:0
else
	skip "--all-root gives everything to uid 0 and gid 0" "needs root"
fi
chmod 0711 tree
touch -d '2005-06-07 08:09:10' tree
ok "mkudffs -d copies the attributes of the source directory" \
	"$mkudffs" -q --new-file -d tree --exclude=sparse -b 2048 rootdir.img
like "the root directory has the mode of the source directory" "$("$udf" stat rootdir.img /)" '0?711'
like "the root directory has the time of the source directory" "$("$udf" stat rootdir.img /)" '2005-06-07'
ok "mkudffs -d accepts --mode, --uid and --gid" \
	"$mkudffs" -q -d tree --exclude=sparse --mode=0750 --uid=7 --gid=8 -b 2048 --new-file rootopt.img
like "--mode overrides the mode of the source directory" "$("$udf" stat rootopt.img /)" '0?750'

# ---- sizes around the computed one: lib/fs needs some more free blocks ----
mkdir -p around/d
head -c 71000 /dev/zero >around/d/large
ln -s large around/d/link
mkfifo around/fifo
bad=
for n in 372 404 436 468; do
	rm -f around.img
	"$mkudffs" -q -b 512 --label=older around.img $n
	cp around.img before.img
	"$mkudffs" -q -d around --strategy=4096 -b 512 around.img 2>/dev/null || cmp -s around.img before.img || bad+="$n "
done
is "a volume of nearly the right size is filled, or the older volume is kept" "$bad" ""

# ---- what can't be copied ----
mkdir bad
echo x >bad/good
echo x >"bad/$(printf 'not-utf8-\377')"
echo x >"bad/$(printf 'too-long-%.0s' {1..20})$(printf '\346\227\245')"
exits "mkudffs fails on names that UDF can't hold" 1 "$mkudffs" -q -d bad -b 2048 bad.img
like "a name that is not UTF-8 is reported" "$(cat -v "$err")" 'bad/not-utf8-'
like "a name that is too long is reported" "$(cat "$err")" 'bad/too-long'
like "the last line says that not all could be copied" \
	"$(tail -n 1 "$err")" '^mkudffs: bad.img: cannot write: not all of bad could be copied$'
ok "no image remains when not all could be copied" test ! -e bad.img
"$mkudffs" -q --size=8M bad.img
sum=$(sha256sum <bad.img)
exits "mkudffs fails over an older volume on names that UDF can't hold" 1 "$mkudffs" -q -d bad bad.img
is "the older volume is unchanged when not all could be copied" "$(sha256sum <bad.img)" "$sum"
is "each name that can't be copied is reported once" "$(grep -c 'cannot copy' "$err"), $(tail -n 1 "$err")" \
	"2, mkudffs: bad.img: cannot write: not all of bad could be copied"
: >nothing.img
truncate -s 3000001 zeros.img
exits "mkudffs fails over an empty file on names that UDF can't hold" 1 "$mkudffs" -q -d bad nothing.img 5000
like "the message about an empty file says that not all could be copied" \
	"$(tail -n 1 "$err")" "^mkudffs: nothing.img: cannot write: not all of bad could be copied$"
exits "mkudffs fails over a file of zeros on names that UDF can't hold" 1 "$mkudffs" -q -d bad zeros.img
is "an empty file and a file of zeros are unchanged when not all could be copied" \
	"$(stat -c '%s %b' nothing.img zeros.img | tr '\n' ' ')$(tr -d '\0' <zeros.img)" "0 0 3000001 0 "
exits "-n fails on names that UDF can't hold" 1 "$mkudffs" -n -d bad bad.img
is "-n reports each name that can't be copied once" "$(grep -c 'cannot copy' "$err")" 2
rm bad/[nt]*
mkdir bad/closed
chmod 0 bad/closed bad/good
if need root; then	# run as a user who may not read everything
	chmod 755 . && chmod 666 bad.img
	exits "mkudffs fails on files that the user may not read" 1 \
		setpriv --reuid 65534 --clear-groups "$mkudffs" -q -d bad bad.img
	is "files that the user may not read are reported" \
		"$(sort "$err")" "mkudffs: bad.img: cannot write: not all of bad could be copied
mkudffs: bad/closed: cannot copy: Permission denied
mkudffs: bad/good: cannot copy: Permission denied"
	is "the older volume is unchanged when files could not be read" "$(sha256sum <bad.img)" "$sum"
else
	skip "mkudffs fails on files that the user may not read" "needs root"
fi
chmod 755 bad/closed bad/good
# ---- what can't be copied is left out with --skip-unreadable ----
mkdir -p part/kept part/closed/below "part/$(printf 'dir-\377')/below"
echo x >part/good
echo x >part/kept/inside
ln part/good part/kept/second
echo x >"part/$(printf 'not-utf8-\377')"
echo x >"part/$(printf 'n%.0s' {1..255})"
head -c 3000000 /dev/urandom >part/secret
ln part/secret part/kept/secret-link
python_socket='import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])'
if need "command python3"; then
	python3 -c "$python_socket" part/socket
fi
chmod 0 part/closed part/secret
unprivileged=()
need root && unprivileged=(setpriv --reuid 65534 --clear-groups) && chmod 755 .
skipped_part="closed: skipped: Permission denied
kept/secret-link: skipped: Permission denied
secret: skipped: Permission denied"
# lists_part NAME: $err lists what can't be copied of part, each path once.
lists_part() {
	is "$1" "$(sed -n 's/^mkudffs: part\///p' "$err" | grep -v -e '^not-utf8' -e '^dir-' -e '^nnnn' | sort)" \
		"$skipped_part"
	is "$1: names that UDF can't hold too" \
		"$(LC_ALL=C grep -ac -E '/(not-utf8|dir-|nnn)[^/]*: skipped: ' "$err"), $(grep -ac ': skipped: ' "$err")" "3, 6"
}
for kind in "-m hd --strategy=4" "-m mo --strategy=4096" "-m hd --space=freedbitmap" "-m dvd"; do
	: >part.img
	chmod 666 part.img
	# shellcheck disable=SC2086
	exits "--skip-unreadable ends with status 3 when something is left out: $kind" 3 \
		"${unprivileged[@]}" "$mkudffs" -q --skip-unreadable -d part -b 2048 $kind part.img
	lists_part "--skip-unreadable lists each path that is left out with its reason: $kind"
	is "the last line says how many paths were left out: $kind" "$(tail -n 1 "$err")" \
		"mkudffs: part.img: the volume was made without what is listed above (skipped: 6)"
	ok "udffsck finds no problems in a volume where something was left out: $kind" "$udffsck" -n part.img
	is "everything else is on the volume: $kind" "$("$udf" ls part.img / | grep -v socket; "$udf" ls part.img /kept)" \
		"$(printf 'good\nkept\ninside\nsecond')"
	ok "what is left out needs no space: $kind" test "$(stat -c %s part.img)" -lt 2500000
done
if need "command python3"; then
	like "a socket is copied with --skip-unreadable" "$("$udf" ls part.img /)" '^socket$'
else
	skip "a socket is copied with --skip-unreadable" "needs command python3"
fi
exits "-n --skip-unreadable ends with status 3" 3 \
	"${unprivileged[@]}" "$mkudffs" -n -q --skip-unreadable -d part -b 2048 part.img
lists_part "-n --skip-unreadable lists what would be left out"
like "the last line of -n says that the volume would be made" "$(tail -n 1 "$err")" 'the volume would be made without'
exits "an older volume is overwritten with --skip-unreadable" 3 \
	"${unprivileged[@]}" "$mkudffs" -q --skip-unreadable -d part -b 2048 part.img
lists_part "each path is listed once over an older volume"
ok "udffsck finds no problems in a volume that replaced an older one" "$udffsck" -n part.img
exits "without --skip-unreadable mkudffs still refuses" 1 \
	"${unprivileged[@]}" "$mkudffs" -q -d part -b 2048 part.img
like "without --skip-unreadable nothing is called skipped" "$(grep -ac skipped "$err")" '^0$'
exits "--json --skip-unreadable ends with status 3" 3 \
	"${unprivileged[@]}" "$mkudffs" --json --skip-unreadable -d part -b 2048 part.img
if need "command python3"; then
	is "--json lists what was left out" "$(python3 -c 'import json, sys
d = json.load(open(sys.argv[1], errors="replace"))
print(len(d["skipped"]), [s["reason"] for s in d["skipped"] if s["path"] == "secret"], d["num_files"])' "$out")" \
		"6 ['Permission denied'] 3"
else
	skip "--json lists what was left out" "needs command python3"
fi
chmod 755 part/closed part/secret
ok "--skip-unreadable ends with status 0 when everything can be copied" \
	"$mkudffs" -q --skip-unreadable -d tree/links --new-file -b 2048 whole.img
is "nothing is listed when everything can be copied" "$(cat "$err")" ""
mkdir shut
echo x >shut/file
chmod 444 shut
if need root; then
	exits "--skip-unreadable fails when the directory itself can't be read" 1 \
		"${unprivileged[@]}" "$mkudffs" -q --skip-unreadable -d shut part.img
else
	skip "--skip-unreadable fails when the directory itself can't be read" "needs root"
fi
chmod 755 shut
exits "--skip-unreadable needs a directory" 1 "$mkudffs" --skip-unreadable --size=4M none.img
exits "--skip-unreadable still fails when the directory does not fit" 1 \
	"$mkudffs" -q --skip-unreadable -d tree -b 2048 --size=4M none.img
ok "no image remains when the directory does not fit with --skip-unreadable" test ! -e none.img
# Files of sysfs say that they have 4096 bytes, and end before that.
clocks=/sys/devices/system/clocksource/clocksource0
if need $clocks/current_clocksource; then
	exits "--skip-unreadable leaves out files that end early" 3 \
		"$mkudffs" -q --skip-unreadable -d $clocks -b 2048 --new-file early.img
	like "a file that ends early is listed" "$(cat "$err")" "/current_clocksource: skipped: it changed meanwhile"
	is "a file that ends early is not on the volume" "$("$udf" ls early.img / | grep -c current)" 0
	ok "udffsck finds no problems after files that end early were removed" "$udffsck" -n early.img
else
	skip "--skip-unreadable leaves out files that end early" "needs $clocks/current_clocksource"
fi

ok "--json fills a volume" "$mkudffs" --json -d tree/links -b 2048 --new-file links.img
if need "command python3"; then
	is "--json prints the counts of files, directories and links" "$(python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(d["num_files"], d["num_dirs"], d["num_links"])' "$out")" "4 0 1"
else
	skip "--json prints the counts of files, directories and links" "needs command python3"
fi
exits "mkudffs -d fails on a directory that does not exist" 1 "$mkudffs" -d nowhere --size=4M none.img
exits "mkudffs -d fails on a file in place of a directory" 1 "$mkudffs" -d tree/small --size=4M none.img
ok "no image is made without a directory to copy" test ! -e none.img
for block_size in 512 2048; do
	ok "a volume with a space table is filled: $block_size" \
		"$mkudffs" -q -d tree -b $block_size --space=unalloctable --new-file table$block_size.img
	check "space table, $block_size" table$block_size.img
	ok "a filled volume with a space table can be written to: $block_size" \
		"$udf" put table$block_size.img tree/nothing /more
	ok "writing to a volume with a space table leaves no problems: $block_size" \
		"$udffsck" -n table$block_size.img
done

# ---- media that can't be written afterwards ----
for type in dvd cd; do
	ok "a read-only volume is filled: $type" "$mkudffs" -q -m $type -d tree -b 2048 $type.img
	check "$type" $type.img
	need /usr/bin/udfinfo && like "udftools' udfinfo finds the filled volume read-only: $type" \
		"$(/usr/bin/udfinfo $type.img)" 'accesstype=readonly'
done
ok "--read-only fills a volume" "$mkudffs" -q --read-only -d tree -b 2048 ro.img
check "--read-only" ro.img
need /usr/bin/udfinfo && like "udftools' udfinfo finds the volume of --read-only write-protected" \
	"$(/usr/bin/udfinfo ro.img)" 'softwriteprotect=yes'

# ---- reproducible ----
cp -a tree copy
find copy -exec touch -a -d '2020-01-01' -h {} +
ok "mkudffs -d fills a volume at a fixed date" \
	env SOURCE_DATE_EPOCH=1600000000 "$mkudffs" -q -u $uuid -d tree --exclude=sparse -b 2048 a.img
TZ=America/New_York SOURCE_DATE_EPOCH=1600000000 "$mkudffs" -q -u $uuid -d copy --exclude=sparse -b 2048 b.img
same "two copies of a tree give equal volumes" a.img b.img
dd if=/dev/urandom of=c.img bs="$(stat -c %s a.img)" count=1 status=none
SOURCE_DATE_EPOCH=1600000000 "$mkudffs" -q -u $uuid -d tree --exclude=sparse -b 2048 c.img
rm -rf out out2
mkdir out out2
"$udf" get a.img / out && "$udf" get c.img / out2
list_tree out >a.list
list_tree out2 >c.list
same "random bytes below the volume do not change the extracted tree" c.list a.list
mkdir future
echo x >future/x
touch -d '2090-01-01' future/x
ok "mkudffs -d copies a file with a future date" "$mkudffs" -q -d future -b 2048 future.img
ok "a file's future date is clamped to the volume's time" "$udffsck" -n future.img

# ---- large ----
mkdir huge
truncate -s 6G huge/sparse
echo end | dd of=huge/sparse bs=1 seek=6000000000 conv=notrunc status=none
ok "a file of 6 GiB, most of it a hole, is copied" "$mkudffs" -q -d huge -b 2048 huge.img
ok "a sparse file takes little space in the image" test "$(stat -c %s huge.img)" -lt 2000000
ok "udffsck finds no problems in a volume with a sparse file of 6 GiB" "$udffsck" -n huge.img
is "the last bytes of a sparse file of 6 GiB are right" \
	"$("$udf" cat huge.img /sparse | tail -c +6000000001 | head -c 4)" end
mkdir many
(cd many && seq 5000 | sed 's/^/file-/' | xargs touch)
deep=deep
mkdir deep
(cd deep && for ((i = 0; i < 300; i++)); do mkdir "level-$i" && cd "level-$i" || exit; done && echo bottom >file)
mv deep many/
ok "5000 files and 300 levels of directories are copied" "$mkudffs" -q -d many -b 2048 many.img
ok "udffsck finds no problems in a volume of 5000 files and 300 levels" "$udffsck" -n many.img
rm -rf out
mkdir out
"$udf" get many.img / out
is "udf get extracts all 5000 files and the one at the bottom" "$(find out -type f | wc -l)" 5001
is "the file below 300 levels is extracted" "$(find out -name file -exec cat {} +)" bottom
rm -rf many out deep

# ---- the computed size is enough for any number of files ----
# Directories are stored in one extent, because some readers accept no others.
extents() { "$udf" dump fits.img "$1" | sed '/^File Identifier/,$d' | grep -c ExtentType; }
for n in 100 300 1500 2500; do
	mkdir fits
	"$top_builddir/tests/bench/fsbench" tree fits $n 8192 >/dev/null
	for block in 512 1024 2048 4096; do
		rm -f fits.img
		ok "a tree of $n files fills a volume of the computed size, blocks of $block" \
			"$mkudffs" -q -d fits -b $block fits.img
		ok "udffsck finds no problems with $n files in blocks of $block" "$udffsck" -n fits.img
		is "directories are stored in one extent: $n files, blocks of $block" \
			"$(for dir in fits/*; do extents "/${dir#*/}"; done | sort -n | tail -n 1)" 1
	done
	rm -rf fits
done
plan
