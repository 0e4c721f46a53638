#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# udf: files into an image and out of it, without mounting anything.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
img=$tmp/v.udf
cd "$tmp" || exit

make_image() { rm -f "$img"; mkudffs -q --new-file --size="$1" "${@:2}" "$img"; }
check() {
	ok "$1: udffsck finds no problems" udffsck -nv "$img"
	is "$1: no file is created later than it was changed or read" "$(grep -c FILE_CREATION_LATE "$out")" 0
}
# Type, mode, links, size, mtime, target and name of everything below.
list_tree() {
	(cd "$1" && find . -mindepth 1 \( -type d -printf '%y %m - - %T@ - %P\n' -o \
		-printf '%y %m %n %s %T@ %l %P\n' \) | sed -E 's/(\.[0-9]{6})[0-9]*/\1/' | sort)
}

# ---- a tree in and out ----
mkdir -p tree/a/b/c tree/odd tree/empty
head -c 300000 /dev/urandom >tree/large
for size in 0 1 1000 2048 2049 70000; do head -c $size tree/large >tree/a/size$size; done
truncate -s 3G tree/sparse
printf middle | dd of=tree/sparse bs=1M seek=1500 conv=notrunc status=none
truncate -s 1M tree/hole
ln tree/large tree/a/b/link && ln tree/large tree/link
ln -s ../a tree/odd/symlink && ln -s 'nowhere at/all' tree/dangling && ln -s / tree/root
mkfifo tree/odd/fifo
for name in "-n" "  spaces  " "quote's \"and\" \\ back*slash?" "Æther – 日本語 – 𝄞" ".hidden" "new
line"; do echo "$name" >"tree/odd/$name"; done
chmod 640 tree/a/size1 && chmod 711 tree/a/b && chmod 4755 tree/a/size1000
find tree -exec touch -h -d '2001-02-03 04:05:06.789012' {} +
[ "$(id -u)" != 0 ] || chown 12:34 tree/a/size1

make_image 64M -b 2048
ok "udf put copies a tree" udf put "$img" tree/* /
check "after udf put of a tree"
need root || chmod 755 tree/a/size1000	# set-id bits are kept for root
mkdir out
ok "udf get copies a tree" udf get "$img" / out
list_tree tree >want
list_tree out >got
same "names, modes, links, sizes, times and targets survive put and get" got want
ok "contents of files survive put and get" \
	bash -c 'cd tree && find . -type f ! -name sparse -exec cmp {} ../out/{} \;' 
is "data in the middle of a sparse file survive put and get" \
	"$(dd if=out/sparse bs=1M skip=1500 count=1 status=none | head -c 6)" middle
ok "holes are holes after put and get" test "$(stat -c %b out/sparse)" -lt 300
is "hard links are one file after put and get" "$(stat -c %i out/large)" "$(stat -c %i out/a/b/link)"
if need root; then
	is "owners survive put and get by root" "$(stat -c %u:%g out/a/size1)" 12:34
else
	skip "owners survive put and get by root" "needs root"
fi
ok "udf get copies a file to another name" udf get "$img" a/size2049 copy
same "a file copied to another name has its contents" copy tree/a/size2049
ok "udf get copies several files into a directory" udf get "$img" a/size1 a/size70000 out
exits "udf get refuses to copy several files to a file" 1 udf get "$img" a/size1 a/size70000 copy
echo old >out/large
ok "udf get replaces a file of the same name" udf get "$img" large out
same "the replaced file has the new contents" out/large tree/large
is "another hard link to the replaced file keeps the old contents" "$(cat out/link)" old
mkdir safe && ln -s ../out safe/a
exits "udf get does not copy a directory through a symlink in the target" 1 udf get "$img" a safe
like "the message about a symlink in the target names the directory" "$(cat "$err")" "^udf get: $img: /?a: "
exits "udf get does not copy a directory to a file" 1 udf get "$img" a copy
is "the message about a file in place of a directory names it" \
	"$(cat "$err")" "udf get: $img: a: cannot be copied to copy: Not a directory"
same "the file in place of a directory is unchanged" copy tree/a/size2049
mkdir -p clash/a && echo file >clash/a/b
exits "udf get does not copy a directory to a file in a subdirectory" 1 udf get "$img" a clash
is "the message about a file in a subdirectory names it" "$(cat "$err")" \
	"udf get: $img: a/b: cannot be copied to clash/a/b: Not a directory"

# Somebody who is not root and may not search a directory once it has its mode.
mkdir -p shut/d/e shut/z unshut && echo in >shut/d/e/f && echo behind >shut/z/g && chmod 0444 shut/d/e
cp "$(ours udf)" udf.copy && chmod 711 "$tmp" . && chmod 755 udf.copy
nobody=()
[ "$(id -u)" != 0 ] || { nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups) && chown 65534 unshut; }
mkudffs -q -b 2048 -d shut --size=min shut.img
ok "udf get by an ordinary user continues after a directory without search permission" \
	"${nobody[@]}" ./udf.copy get shut.img / unshut
is "udf get by an ordinary user copies every file and mode" \
	"$(find unshut -printf '%m %P\n' | sort -k 2 | sed 1d)" "755 d
444 d/e
644 d/e/f
755 z
644 z/g"
exits "udf get of a missing path is an error" 1 udf get "$img" no-such-path out
is "the message about a missing path names it" "$(cat "$err")" "udf get: $img: no-such-path: not found"

ok "udf put copies a file to another name" udf put "$img" tree/large /renamed
ok "a file put under another name has its contents" bash -c 'udf cat "$1" /renamed | cmp - tree/large' - "$img"
echo new >renamed
ok "udf put replaces a file" udf put "$img" renamed /
is "the file replaced by udf put has the new contents" "$(udf cat "$img" /renamed)" new
mkdir -p more/a && echo more >more/a/more
ok "udf put merges directories of the same name" udf put "$img" more/a /
is "a merged directory has the entries of both" "$(udf ls "$img" /a | paste -sd ' ')" \
	"b more size0 size1 size1000 size2048 size2049 size70000"
exits "udf put does not replace a file with a directory of the same name in it" 1 \
	udf put "$img" more/a /renamed/
mkdir -p two/first two/second && chmod 700 two/first && echo x | udf put "$img" - /file
exits "udf put does not replace a file with a directory" 1 udf put "$img" more/a /file
is "the message about a file in place of a directory is one line" \
	"$(cat "$err")" "udf put: $img: /file: not a directory"
udf mkdir "$img" /two && echo x | udf put "$img" - /two/second
exits "udf put does not replace a file in a directory with a directory" 1 udf put "$img" two /
like "the directory next to the refused one keeps its mode" "$(udf stat "$img" /two/first)" "^mode=0700$"
exits "udf put does not replace a directory with a file" 1 bash -c 'echo x >a; udf put "$1" a /' - "$img"
exits "udf put of a missing host file is an error" 1 udf put "$img" no-such-file /
like "the message about a missing host file names it" "$(cat "$err")" "no-such-file: No such file"
ok "udf put of . copies its contents into the directory" \
	bash -c 'cd more && udf mkdir "$1" /dot && udf put "$1" . /dot' - "$img"
is "udf put of . makes no directory for ." "$(udf ls "$img" /dot)" a
check "after replacing and merging"

# ---- ls, tree, cat, stat ----
make_image 16M -b 512
mkdir show && echo 12345 >show/file && ln -s file show/link && mkdir show/dir && echo x >show/dir/.dot
chmod 2755 show/dir && chmod 604 show/file
touch -h -d '2001-02-03 04:05:06.5' show/file show/link show/dir/.dot show/dir
udf put "$img" show/* /
is "ls lists names in alphabetical order" "$(udf ls "$img")" "dir
file
link"
is "ls -a shows hidden names" "$(udf ls "$img" /dir; udf ls -a "$img" /dir)" .dot
is "ls -l shows mode, links, owner, size and time" "$(udf ls -l "$img" /file | tr -s ' ')" \
	"-rw----r-- 1 $(id -u) $(id -g) 6 2001-02-03 04:05 /file"
like "ls -l shows where a symlink leads" "$(udf ls -l "$img" /link)" "^l.* 4 2001.* /link -> file$"
like "ls -ld shows a directory itself" "$(udf ls -ld "$img" /dir)" "^drwxr-sr-x   2 .* /dir$"
is "ls -R lists subdirectories" "$(udf ls -aR "$img")" "/:
dir
file
link

/dir:
.dot"
is "ls of several paths prints titles" "$(udf ls -a "$img" dir /)" "dir:
.dot

/:
dir
file
link"
is "tree draws the directories" "$(udf tree -a "$img")" '/
|-- dir/
|   `-- .dot
|-- file
`-- link -> file

1 directory, 3 files'
is "cat follows a symlink" "$(udf cat "$img" link file)" "12345
12345"
exits "cat refuses a directory" 1 udf cat "$img" dir
is "the message of cat says that the path is a directory" "$(cat "$err")" "udf cat: $img: dir: is a directory"
like "stat shows attributes" "$(udf stat "$img" file | paste -sd ' ')" \
	"^path=file type=file mode=0604 nlink=1 uid=$(id -u) gid=$(id -g) size=6 .*mtime=2001-02-03T04:05:06.500000\+00:00"
like "stat does not follow the last symlink" "$(udf stat "$img" link)" "target=file"
exits "stat of a missing path is an error" 1 udf stat "$img" file nothing
like "stat shows the other paths when one is missing" "$(cat "$out")" "path=file"
if need "command python3"; then
	json() { python3 -c 'import json,sys; d=json.load(sys.stdin); print('"$1"')' "${@:2}"; }
	is "ls --json prints valid JSON" "$(udf ls --json -aR "$img" | json '" ".join(e["path"] for e in d)')" \
		"/dir /file /link /dir/.dot"
	is "stat --json prints valid JSON" \
		"$(udf stat --json "$img" file link | json 'd[0]["size"], d[1]["target"]')" "6 file"
	is "dump --json prints valid JSON" \
		"$(udf dump --json "$img" file | json 'd[0]["descriptor"]["InformationLength"]')" 6
	is "ls --json prints an empty array for an empty directory" \
		"$(udf ls --json "$img" /dir | json 'd')" "[]"
	is "tree --json nests the contents of a directory" \
		"$(udf tree -a --json "$img" | json '[(e["name"], [f["path"] for f in e.get("contents", [])]) for e in d[0]["contents"]]')" \
		"[('dir', ['/dir/.dot']), ('file', []), ('link', [])]"
	is "tree --json leaves hidden names out" \
		"$(udf tree --json "$img" /dir / | json '[(t["path"], [e["name"] for e in t["contents"]]) for t in d]')" \
		"[('/dir', []), ('/', ['dir', 'file', 'link'])]"
	is "ls, stat and tree --json describe a file in the same way" \
		"$(for how in "ls --json" "stat --json"; do udf $how "$img" /file; done | sed 's/^ *//' | sort -u | wc -l) $(
		udf tree --json "$img" | grep -c "$(udf stat --json "$img" /file | sed -n 's/^ *{\(.*\)}$/\1/p')")" "3 1"
	is "the keys of stat's lines are keys of its JSON" \
		"$(udf stat --json "$img" file | json '" ".join(k for k in sys.argv[1:] if k not in d[0])' \
			$(udf stat "$img" file | sed 's/=.*//'))" ""
	is "times in JSON have a zone with a colon" \
		"$(TZ=XXX-5:30 udf stat --json "$img" file | json 'd[0]["mtime"]')" "2001-02-03T09:35:06.500000+05:30"
else
	skip "ls --json prints valid JSON" "needs command python3"
fi
is "dump shows the descriptors of the volume" "$(udf dump "$img" | grep -c '^Anchor Volume Descriptor Pointer$')" 3
like "dump shows the descriptors of a file" "$(udf dump "$img" /file)" "InformationLength: 6"
is "dump shows the entries of a directory" "$(udf dump "$img" / | grep -c '^File Identifier Descriptor$')" 4
like "dump --sector shows the descriptor in a sector" "$(udf dump --sector=256 "$img")" "^Anchor Volume"
exits "dump --sector fails on a sector without a descriptor" 1 udf dump --sector=20 "$img"

# ---- sizes for people ----
truncate -s 1500 "$tmp/size1500"
ok "a file of 1500 bytes goes in" udf put "$img" "$tmp/size1500" /
is "ls -lh shows sizes for people" "$(udf ls -lh "$img" /file /size1500 | tr -s ' ' | cut -d ' ' -f 5,8)" "6 /file
1.5K /size1500"
is "ls -h and -l may be given apart" "$(udf ls -h -l "$img" /size1500)" "$(udf ls --human-readable --long "$img" /size1500)"
like "tree -h shows sizes before the names" "$(udf tree -h "$img")" "-- \[1\.5K\]  size1500"
like "the help of ls is --help" "$(udf ls --help)" "^Usage:"
ok "the file of 1500 bytes is removed" udf rm "$img" /size1500

# ---- mkdir, mv, rm ----
ok "mkdir -p makes missing parent directories" udf mkdir -p -m 750 "$img" /n/e/w
is "mkdir -m sets the mode of the last directory only" \
	"$(udf stat "$img" /n /n/e/w | grep mode | paste -sd ' ')" "mode=0755 mode=0750"
ok "mkdir -p accepts a directory that exists" udf mkdir -p "$img" /n/e/w
exits "mkdir refuses a directory that exists" 1 udf mkdir "$img" /n
ok "mv renames a file" udf mv "$img" /file /moved
ok "mv moves several files into a directory" udf mv "$img" /moved /link /n
is "the moved files are in the directory" "$(udf ls "$img" /n | paste -sd ' ')" "e link moved"
exits "mv -n does not replace a file" 1 udf mv -n "$img" /n/link /n/moved
exits "mv refuses to move a directory into itself" 1 udf mv "$img" /n /n/e/w
exits "rm refuses a directory" 1 udf rm "$img" /n
ok "rm -r removes directories" udf rm -r "$img" /n /dir
exits "rm of a missing path is an error" 1 udf rm "$img" /n
ok "rm -f accepts a missing path" udf rm -f "$img" /n
is "nothing remains after rm -r of everything" "$(udf ls -a "$img")" ""
check "after mkdir, mv and rm"
is "the volume has 0 files after rm -r of everything" \
	"$(udffsck -n "$img" | sed -n 's/.*clean, \([^,]*, [^,]*\).*/\1/p')" "0 files, 1 directory"

# ---- pipes, and what is no file ----
make_image 64M -b 2048
ok "put - makes a file from standard input" bash -c 'udf put "$1" - /piped <tree/large' - "$img"
is "get to - prints the file" "$(udf get "$img" /piped - | sha256sum)" "$(sha256sum <tree/large)"
ok "put - replaces a shorter file with a longer one" \
	bash -c 'cat tree/large tree/large | udf put "$1" - /piped' - "$img"
is "the file that put - replaced has the new contents" \
	"$(udf cat "$img" /piped | sha256sum)" "$(cat tree/large tree/large | sha256sum)"
exits "put - to a directory is refused" 1 bash -c 'udf put "$1" - / </dev/null' - "$img"
like "the message about put - to a directory says that standard input has no name" \
	"$(cat "$err")" "^udf put: $img: -: standard input has no name"
mkdir holder && cp "$img" holder/image.udf && echo beside >holder/file
ok "udf put copies a directory that holds the image" udf put holder/image.udf holder /
is "the image is not copied into itself with its directory" "$(udf ls holder/image.udf /holder)" file
exits "udf put refuses to copy the image into itself" 1 udf put "$img" "$img" /
like "the message says that the image is busy or in use" "$(cat "$err")" "^udf put: $img: .*(busy|use)"
for habit in -r -R -a -p; do
	ok "put accepts $habit" udf put $habit "$img" tree/a /
	ok "get accepts $habit" udf get $habit "$img" a out
done
exits "rm -r refuses the root directory" 1 udf rm -r "$img" /
like "the message of rm -r says that / cannot be removed by this name" "$(cat "$err")" \
	"^udf rm: $img: /: cannot be removed or moved by this name; name the object itself"
exits "mv refuses a path that ends in ." 1 udf mv "$img" a/. /b
like "the message of mv says that . cannot be moved by this name" "$(cat "$err")" \
	"^udf mv: $img: a/\.: cannot be removed or moved by this name; name the object itself"
exits "mkdir refuses the root directory" 1 udf mkdir "$img" /
like "the message of mkdir says that / exists" "$(cat "$err")" "exists"
if need root; then
	mkfifo pipe
	exits "udf get does not replace a FIFO" 1 udf get "$img" piped pipe
	is "the FIFO is still a FIFO after udf get" "$(stat -c %F pipe)" fifo
fi
check "after pipes and refusals"

# ---- limits and refusals ----
make_image 4M -b 2048
head -c 6000000 /dev/urandom >toolarge
exits "udf put of a file that does not fit is an error" 1 udf put "$img" toolarge /
is "the message about a file that does not fit is printed once" \
	"$(cat "$err")" "udf put: $img: toolarge: no space left on the volume"
check "after a file that did not fit"
exits "udf without a command is bad usage" 2 udf
exits "an unknown command is bad usage" 2 udf frobnicate "$img"
like "the message about an unknown command names it" "$(cat "$err")" "no such command: 'frobnicate'"
for command in ls tree cat get put rm mkdir mv stat dump; do
	exits "udf $command without operands is bad usage" 2 udf $command
	exits "udf $command --help succeeds" 0 udf $command --help
	like "udf $command --help shows the usage" "$(cat "$out")" "udf $command \[OPTION\]... IMAGE"
done
before=$(sha256sum <"$img")
udf ls -R "$img" >/dev/null; udf tree "$img" >/dev/null; udf get "$img" / out; udf dump "$img" / >/dev/null
is "ls, tree, get and dump do not change the image" "$(sha256sum <"$img")" "$before"
truncate -s 1M none
exits "ls refuses an image without a UDF volume" 1 udf ls none
like "the message says that the image is empty" \
	"$(cat "$err")" "^udf: none: not a UDF volume: it is empty|^udf ls: none: not a UDF volume: it is empty"
make_image 4M -b 2048
cp "$img" rest
dd if=/dev/zero of=rest bs=2048 seek=16 count=4 conv=notrunc status=none
exits "a volume without recognition sequence is refused" 1 udf ls rest
like "the message calls a volume without a recognition sequence damaged" \
	"$(cat "$err")" "^udf ls: rest: a damaged UDF volume 'LinuxUDF': it has lost its recognition sequence, "
cp "$img" rest
root=$(udf stat rest / | sed -n 's/^block=//p') part=$(udfinfo rest | sed -n 's/^start=\([0-9]*\),.*PSPACE$/\1/p')
dd if=/dev/zero of=rest bs=2048 seek=$((part + root)) count=1 conv=notrunc status=none
exits "a volume without root directory is refused" 1 udf ls rest
is "the message about a damaged root directory names udffsck" "$(cat "$err")" \
	"udf ls: rest: cannot read the root directory: structure is damaged; 'udffsck -n rest' reports more"
cp rest "it's my rest.img"
exits "ls refuses a damaged volume with odd characters in its path" 1 udf ls "it's my rest.img"
is "the message quotes odd characters of the path in the command" \
	"$(cat "$err")" "udf ls: it's my rest.img: cannot read the root directory: structure is \
damaged; 'udffsck -n \"it's my rest.img\"' reports more"
printf '\0\0\2\0\x83\xff\xff\xff\1\0\0\0\0\x20\0\0' | dd of=none bs=1 seek=446 conv=notrunc status=none
printf '\x55\xaa' | dd of=none bs=1 seek=510 conv=notrunc status=none
exits "a partitioned image is refused" 1 udf ls none
like "the message names the partition table" "$(cat "$err")" "it holds a partition table \(dos\)$"
if need /usr/sbin/mkudffs; then
	truncate -s 30M sparable
	/usr/sbin/mkudffs -m cdrw sparable >/dev/null 2>&1
	seq 10000 >numbers
	exits "a file is copied into udftools' sparable volume" 0 udf put sparable numbers /
	exits "the sparable volume has no problem then" 0 udffsck -n sparable
	is "the file in the sparable volume reads back" "$(udf cat sparable /numbers | cksum)" "$(cksum <numbers)"
	dd if=/dev/zero of=sparable bs=2048 seek=160 count=1 conv=notrunc status=none
	dd if=/dev/zero of=sparable bs=2048 seek=15328 count=1 conv=notrunc status=none
	exits "a volume that lost its sparing tables is not written" 1 udf rm sparable /numbers
	like "the message says that the sparing tables are lost" "$(cat "$err")" \
		"no copy of its sparing table can be read"
	exits "a volume that lost its sparing tables is still read" 0 udf cat sparable /numbers
	/usr/sbin/mkudffs -m cdr sparable >/dev/null 2>&1
	exits "a volume with a virtual partition is refused" 1 udf ls sparable
	is "the message names the virtual partition in one line" "$(cat "$err")" \
		"udf ls: sparable: partition map 1 is virtual (VAT), which this version can't read"
else
	skip "udftools' volumes for CD-RW and CD-R" "needs /usr/sbin/mkudffs"
fi
if need "command genisoimage"; then
	genisoimage -quiet -udf -o iso "$top_srcdir/doc" 2>/dev/null
	is "files of a read-only volume are readable" \
		"$(udf cat iso CRASH.md | sha256sum)" "$(sha256sum <"$top_srcdir/doc/CRASH.md")"
	exits "rm refuses a read-only volume" 1 udf rm iso CRASH.md
	like "the message says that the volume cannot be written" \
		"$(cat "$err")" "^udf rm: iso: cannot be written: "
else
	skip "files of a read-only volume are readable" "needs command genisoimage"
fi

# A symlink of many short names takes three times its length on the volume, and several blocks.
long=$(printf 'a/%.0s' {1..2000})z
ln -s "$long" longlink
make_image 1M -b 512
ok "udf put copies a symlink with a target of 4001 bytes" udf put "$img" longlink /
ok "udf get copies a symlink with a target of 4001 bytes" \
	bash -c 'udf get "$1" longlink gotlink && [ "$(readlink gotlink)" = "$(readlink longlink)" ]' - "$img"
free=$(udffsck -n "$img" | sed 's/.*, \([0-9]*\) of [0-9]* blocks.*/\1/')
for ((i = 1; i <= 40; i += 3)); do
	make_image 1M -b 512
	head -c $(((free + 24 - i) * 512)) /dev/zero | udf put "$img" - /filler 2>/dev/null
	if udf put "$img" longlink / 2>"$err"; then
		udf stat "$img" longlink | grep -qFx "target=$long" || echo "$i: another target"
	else
		grep -q "no space left" "$err" || cat "$err"
	fi
	udffsck -n "$img" >"$out" || cat "$out"
done >lost
is "a symlink that does not fit is refused and never cut" "$(cat lost)" ""

# ---- a path through symlinks ----
make_image 4M -b 2048
mkdir s && echo here >s/file && ln -s . s/self && ln -s loop s/loop && ln -s /s/file s/absolute && ln -s ../../s s/up
udf put "$img" s /
is "symlinks in a path are followed in the volume" "$(udf cat "$img" s/self/self/up/absolute)" here
exits "a path through a symlink to itself is an error" 1 udf cat "$img" s/loop
exits "ls of a path below a file is an error" 1 udf ls "$img" s/file/

# ---- what can be done about it ----
make_image 16M -b 2048
udf put "$img" s /
exits "rm without -r refuses a directory with entries" 1 udf rm "$img" s
is "the message about a directory names -r" \
	"$(cat "$err")" "udf rm: $img: s: is a directory; -r removes it, with all that is in it"
head -c 8000000 /dev/urandom >large
udf put "$img" s large / && cp "$img" half && truncate -s 4M half
for command in "get half large got" "cat half large"; do
	# shellcheck disable=SC2086
	udf $command >/dev/null 2>"$err"
	is "udf ${command%% *}: the message says that the file is stored beyond the end of the image" \
		"$? $(cat "$err")" \
		"1 udf ${command%% *}: half: large: is stored beyond the end of the image, which is shorter than its volume; copy the whole image again"
done
is "a file before the end of a cut image is readable" "$(udf cat half s/file)" here
ok "udf get copies the readable part of a file in a cut image" cmp -n "$(stat -c %s got)" got large
ok "the readable part of a file in a cut image is more than 2500000 bytes" test "$(stat -c %s got)" -gt 2500000
mkdir many && (cd many && seq 3000 | xargs touch)
mkudffs -q -d many many.img && truncate -s -1M many.img
udf get many.img / many-got 2>"$err"
is "udf get reports files whose file entries are beyond the end of the image" \
	"$? $(sed 's,: /[0-9]*: ,: N: ,' "$err" | sort -u)" \
	"1 udf get: many.img: N: is stored beyond the end of the image, which is shorter than its volume; copy the whole image again"
rm -r many many.img many-got

# ---- names that are malformed on the volume ----
if need "command python3"; then
	make_image 16M -b 2048
	mkdir -p broken/dir && echo 1 >broken/good && echo 2 >broken/malformed && echo 3 >broken/dir/inner
	udf put "$img" broken/. /
	# The compression id of "malformed" and "dir" becomes 7, which UDF does not have; checksums are made right again.
	cat >break-names.py <<-'END'
		import sys
		def crc(data):
		    c = 0
		    for byte in data:
		        c ^= byte << 8
		        for _ in range(8):
		            c = (c << 1 ^ 0x1021 if c & 0x8000 else c << 1) & 0xffff
		    return c
		data = bytearray(open(sys.argv[1], "rb").read())
		for name in sys.argv[2:]:
		    at = data.index(bytes([8]) + name.encode()) - 38
		    while int.from_bytes(data[at:at + 2], "little") != 257:
		        at -= 4
		    data[data.index(bytes([8]) + name.encode(), at)] = 7
		    # the entry, and the ICB around it where it holds the directory
		    for tag in at, at - at % 2048:
		        if int.from_bytes(data[tag:tag + 2], "little") in (257, 261, 266):
		            n = int.from_bytes(data[tag + 10:tag + 12], "little")
		            data[tag + 8:tag + 10] = crc(data[tag + 16:tag + 16 + n]).to_bytes(2, "little")
		            data[tag + 4] = (sum(data[tag:tag + 16]) - data[tag + 4]) % 256
		open(sys.argv[1], "wb").write(data)
	END
	python3 break-names.py "$img" malformed dir
	like "the check finds the malformed names" "$(udffsck -n "$img")" "FID"
	mkdir broken-got
	exits "get of malformed names ends with status 1" 1 udf get "$img" / broken-got
	is "get reports each malformed name" "$(sed 's/#..../#N/g' "$err" | sort)" \
		"udf get: $img: /dir#N: its name is damaged on the volume; copied to broken-got/dir#N
udf get: $img: /malformed#N: its name is damaged on the volume; copied to broken-got/malformed#N"
	is "get copies what has a malformed name" "$(cat broken-got/good broken-got/malformed#* broken-got/dir#*/inner | paste -sd ' ')" \
		"1 2 3"
	name=$(udf ls "$img" / | grep malformed)
	is "what ls shows for a malformed name can be read" "$(udf cat "$img" "$name")" 2
	ok "what ls shows for a malformed name can be removed" udf rm "$img" "$name"
	is "a removed malformed name is gone" "$(udf ls "$img" / | sed 's/#.*//' | paste -sd ' ')" "dir good"
else
	skip "get of malformed names ends with status 1" "needs command python3"
fi

# ---- nothing that one get wrote is overwritten by it, and names appear when what they name is whole ----
make_image 16M -b 2048
mkdir -p same/one/d same/two/d && echo first >same/one/name.txt && echo second >same/two/name.txt
echo first >same/one/d/f && echo second >same/two/d/f
udf put "$img" same/* /
mkdir same-got && echo old >same-got/name.txt
exits "udf get of two files of one name is an error" 1 udf get "$img" one/name.txt two/name.txt same-got
is "the message about two files of one name names the second copy" \
	"$(cat "$err")" "udf get: $img: two/name.txt: its name on the host was taken by another \
object of this run; copied to same-got/name~2.txt"
is "both files of one name are copied, and the old file is replaced" \
	"$(cat same-got/name.txt same-got/name~2.txt | paste -sd ' ')" "first second"
exits "udf get of two directories of one name is an error" 1 udf get "$img" one/d two/d same-got
is "both directories of one name are copied" "$(cat same-got/d/f same-got/d~2/f | paste -sd ' ')" "first second"
ok "udf get of one file given twice succeeds" udf get "$img" one/name.txt one/name.txt same-got
is "udf get of one file given twice copies it once" \
	"$(ls same-got | paste -sd ' '; cat same-got/name.txt)" "d d~2 name.txt name~2.txt
first"
mkdir many && (cd many && for ((i = 0; i < 2000; i++)); do echo $i >"$i-$(printf 'n%.0s' {1..80})"; done)
cp tree/large many/large && mkudffs -q -d many many.img
mkfifo names && exec 7<>names
for signal in INT TERM HUP KILL; do
	rm -rf many-got && mkdir many-got
	env --default-signal=INT udf get -v many.img / many-got >&7 2>"$err" &
	getter=$!		# which can't name all: nobody reads the names
	wait_until 20 bash -c '[ "$(ls many-got | wc -l)" -gt 500 ]' || fail "a get begins"
	kill -s $signal $getter
	cat <&7 >/dev/null &
	reader=$!
	wait $getter
	is "SIG$signal ends udf get with that signal's status" $? $((128 + $(kill -l $signal)))
	kill -KILL $reader	# TERM may be lost before it is cat
	wait $reader 2>/dev/null
	(cd many-got && find . -name '.udf-get-*' -prune -o -type f -print | while read -r name; do
		cmp -s "$name" "../many/$name" || echo "$name"; done) >lost
	is "SIG$signal: udf get leaves only complete files" "$(cat lost)" ""
	[ $signal = KILL ] || is "SIG$signal: udf get leaves no temporary name" \
		"$(find many-got -name '.udf-get-*')" ""
	[ $signal = KILL ] || is "SIG$signal: udf get reports the interruption" "$(cat "$err")" \
		"udf get: many.img: interrupted; what was done before is kept"
done
exec 7>&-
rm -r many many.img many-got

# ---- names of what can't be read ----
make_image 4M -b 2048
mkdir -p spoilt/dir spoilt/deep/dir && echo x >spoilt/file && echo x >spoilt/deep/file && echo stays >spoilt/good
udf put "$img" spoilt/* /
part=$(udfinfo "$img" | sed -n 's/^start=\([0-9]*\),.*PSPACE$/\1/p')
for path in file dir deep/file deep/dir; do
	dd if=/dev/zero of="$img" bs=2048 seek=$((part + $(udf stat "$img" $path | sed -n 's/^block=//p'))) count=1 \
		conv=notrunc status=none
done
exits "rm without -r refuses a directory that can't be read" 1 udf rm "$img" dir
ok "rm -f removes the name of a file that can't be read" udf rm -f "$img" file
ok "rm -rf removes the name of a directory that can't be read" udf rm -rf "$img" dir
ok "rm -rf removes a directory with unreadable objects in it" udf rm -rf "$img" deep
is "rm -rf of unreadable objects leaves the others unchanged" \
	"$(udf ls -a "$img" | paste -sd ' ') $(udf cat "$img" good)" "good stays"
udffsck -n "$img" >"$out"
unlike "rm -rf of unreadable objects leaves only leaked space" "$(cat "$out")" \
	"^(ORPHAN|LVID|LINK|NAME|ICB|ENTRY|FID)[A-Z_]*:"

# ---- a slash at the end asks for a directory ----
exits "udf put of a file to a path with a slash at its end is refused" 1 udf put "$img" renamed /new/
is "the message about a slash at the end says that it is not a directory" \
	"$(cat "$err")" "udf put: $img: /new/: not a directory"
exits "put - to a path with a slash at its end is refused" 1 udf put "$img" - /new/
ok "udf put of a directory accepts a path with a slash at its end" udf put "$img" s /new/
udf put "$img" renamed /
exits "mv of a file to a path with a slash at its end is refused" 1 udf mv "$img" renamed /other/
ok "mv of a directory accepts a path with a slash at its end" udf mv "$img" new /other/
exits "udf get of a file to a path with a slash at its end is refused" 1 udf get "$img" renamed other/
is "the message of udf get about a slash at the end says that it is not a directory" \
	"$(cat "$err")" "udf get: other/: Not a directory"
ok "udf get of a directory accepts a path with a slash at its end" udf get "$img" other other/
ok "the directory is copied under the given name" test -f other/file

# ---- without standard input, output or error ----
make_image 4M -b 2048
head -c 32768 "$img" >before
for command in "put $img none /" "put -v $img s /" "mkdir $img /s" "rm $img /none" "mv $img /none /s"; do
	# shellcheck disable=SC2086
	udf $command <&- >&- 2>&-
	# shellcheck disable=SC2086
	udf $command <&- 2>&-
done >lost
same "with standard output closed no message is written to the image" <(head -c 32768 "$img") before
ok "the volume is clean after commands with closed descriptors" udffsck -n "$img"
exits "put - with standard input closed fails" 1 bash -c 'udf put "$1" - /nothing <&-' - "$img"
exits "ls with standard output closed fails" 1 bash -c 'udf ls "$1" >&-' - "$img"

# ---- interrupted ----
interrupt_put() {	# SIGNAL PATH: of a put that waits for the rest of its input; returns its status
	local putter
	# A script's job has SIGINT ignored.
	env --default-signal=INT udf put "$img" - "$2" <feed 2>"$err" &
	putter=$!
	exec 7>feed
	head -c 100000 /dev/urandom >&7
	wait_until 20 flock -n -E 0 "$img" false || fail "a put takes hold of the image"
	kill -s "$1" $putter
	exec 7>&-
	wait $putter
}
make_image 4M -b 2048
mkfifo feed
for signal in INT TERM HUP; do
	interrupt_put $signal /part
	is "SIG$signal ends udf put with that signal's status" $? $((128 + $(kill -l $signal)))
	is "SIG$signal: udf put reports the interruption" \
		"$(cat "$err")" "udf put: $img: interrupted; what was done before is kept"
	ok "SIG$signal: udf put leaves the volume closed and clean" udffsck -n "$img"
	is "SIG$signal: udf put leaves no partial file" "$(udf ls "$img" / | grep -c part)" 0
done
ok "udf put copies a file of /proc, whose size is 0" udf put "$img" /proc/version /
is "a file of /proc has its contents on the volume" "$(udf cat "$img" version)" "$(cat /proc/version)"
exec 7<>feed 8>feed 7>&-	# a pipe without a reader
exits "udf put -v fails when nobody reads its output" 1 bash -c 'udf put -v "$1" s / >&8' - "$img"
is "the message about unread output says 'Broken pipe'" \
	"$(cat "$err")" "udf put: standard output: cannot write: Broken pipe"
exec 8>&-
ok "the volume is closed and clean after unread output" udffsck -n "$img"

# ---- a file that is replaced stays until the new one is whole ----
make_image 4M -b 2048
mkdir keep keep/d new new/d
head -c 1000000 /dev/urandom >keep/d/file && cp keep/d/file "$tmp/old file"
head -c 2000000 /dev/urandom >new/d/file && echo small >new/d/small
ln -s file keep/d/z-link
udf put "$img" keep/d "$tmp/old file" /
is_kept() {
	ok "$1: the old file is unchanged" cmp "$tmp/old file" <(udf cat "$img" "${2:-/d/file}" 2>&1)
	is "$1: no temporary name remains" "$(udf ls -aR "$img" / | grep -c 'udf-put')" 0
	check "$1"
}
beside="no space on the volume for it beside the old one, which is kept; to remove the old one first: udf rm $img"
exits "udf put does not replace a file when there is no space for both" 1 udf put "$img" new/d/file /d
is "the message about no space for both names udf rm" \
	"$(cat "$err")" "udf put: $img: new/d/file: $beside /d/file"
is_kept "no space for both files"
exits "udf put of a tree does not replace a file when there is no space for both" 1 udf put "$img" new/d /
is "the message about no space in a tree names the path" \
	"$(cat "$err")" "udf put: $img: new/d/file: $beside /d/file"
is_kept "no space for both files in a tree"
exits "udf put to another name does not replace a file when there is no space for both" 1 \
	udf put "$img" new/d/file "old file"
is "the message about no space quotes a name with a space" \
	"$(cat "$err")" "udf put: $img: new/d/file: $beside \"old file\""
is_kept "no space for both files under another name" "/old file"
exits "udf put of . does not replace a file when there is no space for both" 1 udf put "$img" new/. /
is "the message about no space for a file of . names the path" \
	"$(cat "$err")" "udf put: $img: new/./d/file: $beside /d/file"
exits "put - does not replace a file when there is no space for both" 1 \
	bash -c 'udf put "$1" - d/file <new/d/file' - "$img"
is "the message about no space for standard input names udf rm" \
	"$(cat "$err")" "udf put: $img: standard input: $beside d/file"
is_kept "no space for both files from standard input"
exits "udf put does not replace a symlink when there is no space" 1 udf put "$img" new/d/file /d/z-link
is "the symlink keeps its target when there is no space" \
	"$(udf stat "$img" d/z-link | grep target)" "target=file"
udf rm "$img" "old file" && ok "udf put replaces a file when there is space for both" udf put "$img" new/d /
ok "the file replaced when there is space has the new contents" \
	bash -c 'udf cat "$1" d/file | cmp - new/d/file' - "$img"
is "no temporary name remains after files were replaced" \
	"$(udf ls -a "$img" /d | paste -sd ' ')" "file small z-link"
ok "udf put replaces a symlink with a file" udf put "$img" new/d/small /d/z-link
is "the file that replaced a symlink has its contents" \
	"$(udf stat "$img" d/z-link | grep type; udf cat "$img" d/z-link)" "type=file
small"
ok "udf put replaces a file with a symlink" udf put "$img" keep/d/z-link /d/small
is "the symlink that replaced a file has its target" "$(udf stat "$img" d/small | grep target)" "target=file"
if [ -e /dev/null ] && need root; then
	ok "udf put replaces a file with a device node" udf put "$img" /dev/null /d/small
	is "the device node that replaced a file is a character device" \
		"$(udf stat "$img" d/small | grep type)" "type=char device"
fi
exits "udf put of a small and a too large file is an error" 1 udf put "$img" tree/large "$tmp/toolarge" /
like "the message names the file that does not fit" "$(cat "$err")" "toolarge: no space left on the volume$"
is "the file that does not fit is not on the volume" "$(udf ls -a "$img" | paste -sd ' ')" "d large"
check "after files were replaced"

cp new/d/small "$tmp/old file" && udf put "$img" "$tmp/old file" / && udf put "$img" "$tmp/old file" /.udf-put-0
exits "a host file that can't be read replaces nothing" 1 udf put "$img" /proc/self/mem "/old file"
is "the message names the host file that can't be read" \
	"$(cat "$err")" "udf put: $img: /proc/self/mem: Input/output error"
is "the old file is unchanged when the host file can't be read" "$(udf cat "$img" "/old file")" small
exits "udf put of an unreadable host file to a new name is an error" 1 udf put "$img" /proc/self/mem /other
is "no partial file remains of an unreadable host file" \
	"$(udf ls -a "$img" | paste -sd ' ')" ".udf-put-0 d large old file"
exits "standard input that can't be read replaces nothing" 1 bash -c 'udf put "$1" - "/old file" <.' - "$img"
is "the message names standard input that can't be read" \
	"$(cat "$err")" "udf put: $img: standard input: Is a directory"
is "the old file is unchanged when standard input can't be read" "$(udf cat "$img" "/old file")" small
ok "udf put replaces a file whose name looks like a temporary one" udf put "$img" tree/a/size1000 /.udf-put-0
ok "udf put replaces a file next to one whose name looks like a temporary one" \
	udf put "$img" tree/a/size1000 "/old file"
is "a file whose name looks like a temporary one keeps its contents" \
	"$(udf cat "$img" .udf-put-0 "old file" | sha256sum)" \
	"$(cat tree/a/size1000 tree/a/size1000 | sha256sum)"
check "after unreadable host files"

# Hard links among what goes in, where names are taken already.
make_image 4M -b 2048
mkdir -p hl/links hl/other && cd hl && echo one >links/a && ln links/a links/b && ln links/a links/c && echo two >other/a
udf put "$img" links /
ok "udf put replaces hard links with hard links" udf put "$img" links /
is "hard links that replaced hard links are one file" \
	"$(udf stat "$img" links/a links/b links/c | grep ^block= | sort -u | wc -l)" 1
is "hard links that replaced hard links have three names" "$(udf stat "$img" links/c | grep nlink=)" "nlink=3"
ok "udf put accepts one file given twice" udf put "$img" links/a links/a /
is "a file given twice has its contents" "$(udf cat "$img" a)" one
ok "udf put links to a file that a later argument replaces" \
	udf put "$img" links/b other/a links/a other/a links/c /
is "links to a replaced file keep the contents of the first file" \
	"$(udf cat "$img" a b c | paste -sd ' '; udf stat "$img" b c | grep nlink=)" "two one one
nlink=2
nlink=2"
udf rm "$img" a b c
ok "udf put replaces the first of three hard links within one run" \
	udf put "$img" links/a other/a links/b links/c /
is "the other two hard links remain one file" \
	"$(udf cat "$img" a b c | paste -sd ' '; udf stat "$img" b c | grep nlink=)" "two one one
nlink=2
nlink=2"
cd .. && check "after hard links"

# Interrupted, and killed.
make_image 4M -b 2048
cp tree/a/size70000 "$tmp/old file" && udf put "$img" "$tmp/old file" /
for signal in INT KILL; do
	interrupt_put $signal "/old file"
	is "SIG$signal ends udf put in place of an old file with that signal's status" \
		$? $((128 + $(kill -l $signal)))
	if [ $signal = INT ]; then
		is_kept "udf put interrupted over an old file" "/old file"
	else
		ok "udf put killed over an old file: the old file is unchanged" \
			cmp "$tmp/old file" <(udf cat "$img" "/old file" 2>&1)
		ok "udf put killed over an old file: at most a temporary name remains" \
			test "$(udf ls -a "$img" | grep -cvE '^(\.udf-put-[0-9]+|old file)$')" = 0
		ok "udf put killed over an old file: the next put replaces the file" \
			udf put "$img" tree/a/size1000 "/old file"
		is "udf put killed over an old file: the next put stores the whole file" \
			"$(udf cat "$img" "/old file" | sha256sum)" "$(sha256sum <tree/a/size1000)"
		is "udf put killed over an old file: no other problems remain" \
			"$(udffsck -n "$img" | grep -vE '^(LVID_OPEN|COUNTS_STALE|udffsck): ')" ""
	fi
done

# ---- names that a hostile image may have ----
make_image 4M -b 2048
mkdir -p evil/$'d\e[31m\xC2\x9B1m' clash && echo x >evil/$'d\e[31m\xC2\x9B1m'/$'f\a\x7F' && echo y >$'clash/d\e[31m\xC2\x9B1m'
udf put "$img" evil/* / && udf put "$img" evil /
# ---- which side is full ----
if need mount; then
	mkdir full && mount -t tmpfs -o size=2M tmpfs full
	on_exit 'umount "$tmp/full"'
	mkudffs -q --new-file --size=64M full/host.img
	head -c 4M /dev/zero | tr '\0' x >four-mib
	exits "put fails when the host's filesystem is full" 1 udf put full/host.img four-mib /
	like "put says that the host is full, and not the volume" "$(head -n 1 "$err")" \
		"no space left on the host's filesystem that holds the image"
	unlike "a put that fails on a full host does not call the volume full" "$(cat "$err")" "left on the volume|beside the old"
	mkudffs -q --new-file --size=1M small.img
	exits "put fails when the volume is full" 1 udf put small.img four-mib /
	is "put says that the volume is full" "$(cat "$err")" "udf put: small.img: four-mib: no space left on the volume"
else
	skip "put fails when the host's filesystem is full" "needs mount"
fi

if need "command script"; then
	shown() { on_terminal "$1" </dev/null | tr -d '\r'; }
	export img evil_path=$'/d\e[31m\xC2\x9B1m'
	is "control characters of names do not reach the terminal in messages" \
		"$(shown "udf get '$img' / clash" | grep -o 'udf get: .*')" \
		"udf get: $img: /d?[31m?1m: cannot be copied to clash/d?[31m?1m: Not a directory"
	is "control characters of paths do not reach the terminal in messages" \
		"$(shown 'udf rm "$img" "$evil_path"')" \
		"udf rm: $img: /d?[31m?1m: is a directory; -r removes it, with all that is in it"
	head -c 2M /dev/zero | tr '\0' x >two-mib
	mkudffs -q --new-file --size=8M shown.img
	like "put shows on a terminal how much of how much is copied" "$(shown "udf put shown.img two-mib /")" \
		"copying: [0-9]+% of 2\.0MiB"
	like "get shows on a terminal how much of how much is copied" "$(shown "udf get shown.img / ." | tr '\r' '\n')" "copying: [0-9]+% of 2\.0MiB"
	like "mkudffs -d shows on a terminal how much of how much is copied" "$(mkdir of && mv two-mib of && shown "mkudffs -d of --new-file of.img")" \
		"copying: [0-9]+% of 2\.0MiB"
	is "control characters of names do not reach the terminal in listings" \
		"$(shown "udf ls '$img'")" "d?[31m?1m
evil"
	is "control characters of a label do not reach the terminal" \
		"$(rm -f label; mkudffs -q --new-file --size=1M -l $'a\e[31m' label; shown "echo n | mkudffs -q label" | cat -v)" \
		"mkudffs: label: overwriting the UDF volume 'a?[31m'"
else
	skip "control characters of names do not reach the terminal in messages" "needs command script"
fi
udf get "$img" / clash 2>"$err"
is "control characters of names are kept in messages written to a file" "$(cat "$err")" \
	"udf get: $img: "$'/d\e[31m\xC2\x9B1m: cannot be copied to clash/d\e[31m\xC2\x9B1m: Not a directory'
# ---- the entry of a file is in a packet that can't be read any more ----
# The ways out: the file is removed, or another one replaces it by its name.
lost_disc() {
	rm -f lost.disc*
	mmcsim create --media=$1 lost.disc >/dev/null && cdrwtool -d sim:lost.disc -q --force >/dev/null 2>&1
	rm -rf lost && mkdir lost && for n in 1 2 3 4 5; do echo old >"lost/f$n"; done
	udf put sim:lost.disc lost /
	lsn=$(($(udfinfo sim:lost.disc | sed -n 's/^start=\([0-9]*\),.*PSPACE.*/\1/p') +
		$(udf stat sim:lost.disc /lost/f1 | sed -n 's/^block=//p')))
	mmcsim defect --kind=read lost.disc $lsn
}
mkdir lost-entries && cd lost-entries || exit
echo new >new
for media in cd-rw dvd+rw bd-re; do
	lost_disc $media
	exits "$media: a file whose entry is lost can't be read" 1 udf cat sim:lost.disc /lost/f1
	like "$media: udffsck reports it by name" "$(udffsck -n sim:lost.disc 2>&1)" "BLOCK_UNREADABLE: /lost/f1"
	ok "$media: it is replaced by its name" udf put sim:lost.disc new /lost/f1
	is "$media: and holds what is new" "$(udf cat sim:lost.disc /lost/f1)" new
	cp new f2
	ok "$media: so is one whose name is that of the source" udf put sim:lost.disc f2 /lost
	is "$media: and holds what is new, too" "$(udf cat sim:lost.disc /lost/f2)" new
	ok "$media: another file is moved over one" eval 'udf put sim:lost.disc new / && udf mv sim:lost.disc /new /lost/f3'
	ok "$media: one is removed" udf rm sim:lost.disc /lost/f4
	exits "$media: a directory does not replace one" 1 udf put sim:lost.disc lost /lost/f5
	ok "$media: the directory is removed with the last of them" udf rm -r sim:lost.disc /lost
done
plan
