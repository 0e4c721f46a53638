#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# udf: files into an image and out of it, without mounting anything.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
img=$tmp/v.udf
cd "$tmp" || exit

make_image() { rm -f "$img"; mkudffs -q --new-file --size="$1" "${@:2}" "$img"; }
check() {
	ok "$1: udffsck -n finds nothing" udffsck -nv "$img"
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
ok "a tree is put" udf put "$img" tree/* /
check "a tree put"
need root || chmod 755 tree/a/size1000	# set-id bits are kept for root
mkdir out
ok "and got" udf get "$img" / out
list_tree tree >want
list_tree out >got
same "names, modes, links, sizes, times and targets are as they were" got want
ok "contents too" bash -c 'cd tree && find . -type f ! -name sparse -exec cmp {} ../out/{} \;' 
is "what lies in a hole too" "$(dd if=out/sparse bs=1M skip=1500 count=1 status=none | head -c 6)" middle
ok "holes stay holes" test "$(stat -c %b out/sparse)" -lt 300
is "hard links are one file" "$(stat -c %i out/large)" "$(stat -c %i out/a/b/link)"
if need root; then
	is "root keeps owners" "$(stat -c %u:%g out/a/size1)" 12:34
else
	skip "root keeps owners" "needs root"
fi
ok "a file is got under another name" udf get "$img" a/size2049 copy
same "with its contents" copy tree/a/size2049
ok "several go into a directory" udf get "$img" a/size1 a/size70000 out
exits "but not onto a file" 1 udf get "$img" a/size1 a/size70000 copy
echo old >out/large
ok "a file that is in the way is replaced" udf get "$img" large out
same "and not written into" out/large tree/large
is "so that its other names keep theirs" "$(cat out/link)" old
mkdir safe && ln -s ../out safe/a
exits "a directory is not copied through a symlink in the target" 1 udf get "$img" a safe
like "but refused" "$(cat "$err")" "^udf get: $img: /?a: "
exits "nor onto a file" 1 udf get "$img" a copy
is "whose name is told" "$(cat "$err")" "udf get: $img: a: cannot be copied to copy: Not a directory"
same "and which stays" copy tree/a/size2049
mkdir -p clash/a && echo file >clash/a/b
exits "nor onto one further down" 1 udf get "$img" a clash
is "whose name is told too" "$(cat "$err")" \
	"udf get: $img: a/b: cannot be copied to clash/a/b: Not a directory"

# Somebody who is not root and may not search a directory once it has its mode.
mkdir -p shut/d/e shut/z unshut && echo in >shut/d/e/f && echo behind >shut/z/g && chmod 0444 shut/d/e
cp "$(ours udf)" udf.copy && chmod 711 "$tmp" . && chmod 755 udf.copy
nobody=()
[ "$(id -u)" != 0 ] || { nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups) && chown 65534 unshut; }
mkudffs -q -b 2048 -d shut --size=min shut.img
ok "a directory that is not to be searched does not end it" "${nobody[@]}" ./udf.copy get shut.img / unshut
is "all is there" "$(find unshut -printf '%m %P\n' | sort -k 2 | sed 1d)" "755 d
444 d/e
644 d/e/f
755 z
644 z/g"
exits "a path that isn't there is an error" 1 udf get "$img" no-such-path out
is "and named" "$(cat "$err")" "udf get: $img: no-such-path: not found"

ok "a file is put under another name" udf put "$img" tree/large /renamed
ok "it is there" bash -c 'udf cat "$1" /renamed | cmp - tree/large' - "$img"
echo new >renamed
ok "a file that is there is replaced" udf put "$img" renamed /
is "by the new one" "$(udf cat "$img" /renamed)" new
mkdir -p more/a && echo more >more/a/more
ok "directories of one name become one" udf put "$img" more/a /
is "with the entries of both" "$(udf ls "$img" /a | paste -sd ' ')" \
	"b more size0 size1 size1000 size2048 size2049 size70000"
exits "a directory does not replace a file" 1 udf put "$img" more/a /renamed/
mkdir -p two/first two/second && chmod 700 two/first && echo x | udf put "$img" - /file
exits "nor by its name" 1 udf put "$img" more/a /file
is "which is told in one line" "$(cat "$err")" "udf put: $img: /file: not a directory"
udf mkdir "$img" /two && echo x | udf put "$img" - /two/second
exits "nor below a directory" 1 udf put "$img" two /
like "whose neighbour keeps its own mode" "$(udf stat "$img" /two/first)" "^mode=0700$"
exits "a file does not replace a directory" 1 bash -c 'echo x >a; udf put "$1" a /' - "$img"
exits "a missing file is an error" 1 udf put "$img" no-such-file /
like "and named" "$(cat "$err")" "no-such-file: No such file"
ok "what is in . goes into a directory itself" bash -c 'cd more && udf mkdir "$1" /dot && udf put "$1" . /dot' - "$img"
is "without a name of its own" "$(udf ls "$img" /dot)" a
check "replaced and merged"

# ---- ls, tree, cat, stat ----
make_image 16M -b 512
mkdir show && echo 12345 >show/file && ln -s file show/link && mkdir show/dir && echo x >show/dir/.dot
chmod 2755 show/dir && chmod 604 show/file
touch -h -d '2001-02-03 04:05:06.5' show/file show/link show/dir/.dot show/dir
udf put "$img" show/* /
is "ls lists by name" "$(udf ls "$img")" "dir
file
link"
is "ls -a shows hidden names" "$(udf ls "$img" /dir; udf ls -a "$img" /dir)" .dot
is "ls -l shows mode, links, owner, size and time" "$(udf ls -l "$img" /file | tr -s ' ')" \
	"-rw----r-- 1 $(id -u) $(id -g) 6 2001-02-03 04:05 /file"
like "ls -l shows where a symlink leads" "$(udf ls -l "$img" /link)" "^l.* 4 2001.* /link -> file$"
like "ls -ld shows a directory itself" "$(udf ls -ld "$img" /dir)" "^drwxr-sr-x   2 .* /dir$"
is "ls -R goes down" "$(udf ls -aR "$img")" "/:
dir
file
link

/dir:
.dot"
is "several paths have titles" "$(udf ls -a "$img" dir /)" "dir:
.dot

/:
dir
file
link"
is "tree draws" "$(udf tree -a "$img")" '/
|-- dir/
|   `-- .dot
|-- file
`-- link -> file

1 directory, 3 files'
is "cat follows a symlink" "$(udf cat "$img" link file)" "12345
12345"
exits "cat refuses a directory" 1 udf cat "$img" dir
is "and says so" "$(cat "$err")" "udf cat: $img: dir: is a directory"
like "stat shows attributes" "$(udf stat "$img" file | paste -sd ' ')" \
	"^path=file type=file mode=0604 nlink=1 uid=$(id -u) gid=$(id -g) size=6 .*mtime=2001-02-03T04:05:06.500000\+00:00"
like "stat does not follow the last symlink" "$(udf stat "$img" link)" "target=file"
exits "what isn't there is an error" 1 udf stat "$img" file nothing
like "the rest is shown" "$(cat "$out")" "path=file"
if need "command python3"; then
	json() { python3 -c 'import json,sys; d=json.load(sys.stdin); print('"$1"')' "${@:2}"; }
	is "ls --json is JSON" "$(udf ls --json -aR "$img" | json '" ".join(e["path"] for e in d)')" \
		"/dir /file /link /dir/.dot"
	is "stat --json too" "$(udf stat --json "$img" file link | json 'd[0]["size"], d[1]["target"]')" "6 file"
	is "dump --json too" "$(udf dump --json "$img" file | json 'd[0]["descriptor"]["InformationLength"]')" 6
	is "an empty listing too" "$(udf ls --json "$img" /dir | json 'd')" "[]"
	is "tree --json nests what is in a directory" \
		"$(udf tree -a --json "$img" | json '[(e["name"], [f["path"] for f in e.get("contents", [])]) for e in d[0]["contents"]]')" \
		"[('dir', ['/dir/.dot']), ('file', []), ('link', [])]"
	is "tree --json leaves hidden names out" \
		"$(udf tree --json "$img" /dir / | json '[(t["path"], [e["name"] for e in t["contents"]]) for t in d]')" \
		"[('/dir', []), ('/', ['dir', 'file', 'link'])]"
	is "ls, stat and tree --json describe a file alike" \
		"$(for how in "ls --json" "stat --json"; do udf $how "$img" /file; done | sed 's/^ *//' | sort -u | wc -l) $(
		udf tree --json "$img" | grep -c "$(udf stat --json "$img" /file | sed -n 's/^ *{\(.*\)}$/\1/p')")" "3 1"
	is "the keys of stat's lines are keys of its JSON" \
		"$(udf stat --json "$img" file | json '" ".join(k for k in sys.argv[1:] if k not in d[0])' \
			$(udf stat "$img" file | sed 's/=.*//'))" ""
	is "times in JSON have a zone with a colon" \
		"$(TZ=XXX-5:30 udf stat --json "$img" file | json 'd[0]["mtime"]')" "2001-02-03T09:35:06.500000+05:30"
else
	skip "--json is JSON" "needs command python3"
fi
is "dump shows the descriptors of the volume" "$(udf dump "$img" | grep -c '^Anchor Volume Descriptor Pointer$')" 3
like "dump shows those of a file" "$(udf dump "$img" /file)" "InformationLength: 6"
is "dump shows the entries of a directory" "$(udf dump "$img" / | grep -c '^File Identifier Descriptor$')" 4
like "dump shows a sector" "$(udf dump --sector=256 "$img")" "^Anchor Volume"
exits "a sector without a descriptor is an error" 1 udf dump --sector=20 "$img"

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
ok "mkdir -p makes directories on the way" udf mkdir -p -m 750 "$img" /n/e/w
is "the last with the mode" "$(udf stat "$img" /n /n/e/w | grep mode | paste -sd ' ')" "mode=0755 mode=0750"
ok "mkdir -p is content with what is there" udf mkdir -p "$img" /n/e/w
exits "mkdir isn't" 1 udf mkdir "$img" /n
ok "mv renames" udf mv "$img" /file /moved
ok "mv moves into a directory" udf mv "$img" /moved /link /n
is "both" "$(udf ls "$img" /n | paste -sd ' ')" "e link moved"
exits "mv -n replaces nothing" 1 udf mv -n "$img" /n/link /n/moved
exits "a directory does not move into itself" 1 udf mv "$img" /n /n/e/w
exits "rm leaves directories" 1 udf rm "$img" /n
ok "rm -r does not" udf rm -r "$img" /n /dir
exits "rm of what isn't there is an error" 1 udf rm "$img" /n
ok "unless -f" udf rm -f "$img" /n
is "all of it is gone" "$(udf ls -a "$img")" ""
check "made, moved and removed"
is "and its space is free" "$(udffsck -n "$img" | sed -n 's/.*clean, \([^,]*, [^,]*\).*/\1/p')" "0 files, 1 directory"

# ---- pipes, and what is no file ----
make_image 64M -b 2048
ok "put - makes a file of standard input" bash -c 'udf put "$1" - /piped <tree/large' - "$img"
is "get - prints it" "$(udf get "$img" /piped - | sha256sum)" "$(sha256sum <tree/large)"
ok "a longer input replaces a shorter file" bash -c 'cat tree/large tree/large | udf put "$1" - /piped' - "$img"
is "wholly" "$(udf cat "$img" /piped | sha256sum)" "$(cat tree/large tree/large | sha256sum)"
exits "standard input has no name of its own" 1 bash -c 'udf put "$1" - / </dev/null' - "$img"
like "which is told" "$(cat "$err")" "^udf put: $img: -: standard input has no name"
mkdir holder && cp "$img" holder/image.udf && echo beside >holder/file
ok "a directory that holds the image is put" udf put holder/image.udf holder /
is "but for the image" "$(udf ls holder/image.udf /holder)" file
exits "the image does not go into itself" 1 udf put "$img" "$img" /
like "and is told to be in use" "$(cat "$err")" "^udf put: $img: .*(busy|use)"
for habit in -r -R -a -p; do
	ok "put $habit is accepted" udf put $habit "$img" tree/a /
	ok "get $habit is accepted" udf get $habit "$img" a out
done
exits "the root is not removed" 1 udf rm -r "$img" /
like "as it has no name" "$(cat "$err")" "^udf rm: $img: /: is no name"
exits "nor is . moved" 1 udf mv "$img" a/. /b
like "for the same reason" "$(cat "$err")" "^udf mv: $img: a/\.: is no name"
exits "mkdir of the root says that it is there" 1 udf mkdir "$img" /
like "in words" "$(cat "$err")" "exists"
if need root; then
	mkfifo pipe
	exits "a FIFO in the way is not replaced by a file" 1 udf get "$img" piped pipe
	is "it is still one" "$(stat -c %F pipe)" fifo
fi
check "pipes and refusals"

# ---- limits and refusals ----
make_image 4M -b 2048
head -c 6000000 /dev/urandom >toolarge
exits "a file that does not fit is an error" 1 udf put "$img" toolarge /
is "told once" "$(cat "$err")" "udf put: $img: toolarge: no space left on the volume"
check "full"
exits "no command is bad usage" 2 udf
exits "an unknown command is bad usage" 2 udf frobnicate "$img"
like "and named" "$(cat "$err")" "no such command: 'frobnicate'"
for command in ls tree cat get put rm mkdir mv stat dump; do
	exits "udf $command without operands is bad usage" 2 udf $command
	exits "udf $command --help succeeds" 0 udf $command --help
	like "and shows how it is used" "$(cat "$out")" "udf $command \[OPTION\]... IMAGE"
done
before=$(sha256sum <"$img")
udf ls -R "$img" >/dev/null; udf tree "$img" >/dev/null; udf get "$img" / out; udf dump "$img" / >/dev/null
is "reading changes nothing" "$(sha256sum <"$img")" "$before"
truncate -s 1M none
exits "what isn't UDF is refused" 1 udf ls none
like "and called what it is" "$(cat "$err")" "^udf: none: not a UDF volume: it is empty|^udf ls: none: not a UDF volume: it is empty"
make_image 4M -b 2048
cp "$img" rest
dd if=/dev/zero of=rest bs=2048 seek=16 count=4 conv=notrunc status=none
exits "a volume without recognition sequence is refused" 1 udf ls rest
like "but not called empty" "$(cat "$err")" "^udf ls: rest: a damaged UDF volume 'LinuxUDF': it has lost its recognition sequence, "
cp "$img" rest
root=$(udf stat rest / | sed -n 's/^block=//p') part=$(udfinfo rest | sed -n 's/^start=\([0-9]*\),.*PSPACE$/\1/p')
dd if=/dev/zero of=rest bs=2048 seek=$((part + root)) count=1 conv=notrunc status=none
exits "a volume without root directory is refused" 1 udf ls rest
is "and the check is named" "$(cat "$err")" \
	"udf ls: rest: cannot read the root directory: structure is damaged; 'udffsck -n rest' tells more"
cp rest "it's my rest.img"
exits "a path that the shell would take for several" 1 udf ls "it's my rest.img"
is "is quoted in the command" "$(cat "$err")" "udf ls: it's my rest.img: cannot read the root directory: structure is \
damaged; 'udffsck -n \"it's my rest.img\"' tells more"
printf '\0\0\2\0\x83\xff\xff\xff\1\0\0\0\0\x20\0\0' | dd of=none bs=1 seek=446 conv=notrunc status=none
printf '\x55\xaa' | dd of=none bs=1 seek=510 conv=notrunc status=none
exits "a partitioned image is refused" 1 udf ls none
like "and called that" "$(cat "$err")" "it holds a partition table \(dos\)$"
if need /usr/sbin/mkudffs; then
	truncate -s 30M sparable
	/usr/sbin/mkudffs -m cdrw sparable >/dev/null 2>&1
	exits "what this version has no code for is refused" 1 udf ls sparable
	is "in one line, with the image" "$(cat "$err")" \
		"udf ls: sparable: partition map 0 is sparable, which this version can't read"
else
	skip "what this version has no code for is refused" "needs /usr/sbin/mkudffs"
fi
if need "command genisoimage"; then
	genisoimage -quiet -udf -o iso "$top_srcdir/doc" 2>/dev/null
	is "a read-only volume is read" "$(udf cat iso CRASH.md | sha256sum)" "$(sha256sum <"$top_srcdir/doc/CRASH.md")"
	exits "and not written" 1 udf rm iso CRASH.md
	like "for its own reason" "$(cat "$err")" "^udf rm: iso: cannot be written: "
else
	skip "a read-only volume is read" "needs command genisoimage"
fi

# A symlink of many short names takes three times its length on the volume, and several blocks.
long=$(printf 'a/%.0s' {1..2000})z
ln -s "$long" longlink
make_image 1M -b 512
ok "the longest symlinks are put" udf put "$img" longlink /
ok "and got" bash -c 'udf get "$1" longlink gotlink && [ "$(readlink gotlink)" = "$(readlink longlink)" ]' - "$img"
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
is "one that does not fit is not cut" "$(cat lost)" ""

# ---- a path through symlinks ----
make_image 4M -b 2048
mkdir s && echo here >s/file && ln -s . s/self && ln -s loop s/loop && ln -s /s/file s/absolute && ln -s ../../s s/up
udf put "$img" s /
is "symlinks on the way are followed in the volume" "$(udf cat "$img" s/self/self/up/absolute)" here
exits "a symlink to itself ends" 1 udf cat "$img" s/loop
exits "a file is no directory" 1 udf ls "$img" s/file/

# ---- what can be done about it ----
make_image 16M -b 2048
udf put "$img" s /
exits "rm leaves a directory" 1 udf rm "$img" s
is "and tells the option" "$(cat "$err")" "udf rm: $img: s: is a directory; -r removes it, with all that is in it"
head -c 8000000 /dev/urandom >large
udf put "$img" s large / && cp "$img" half && truncate -s 4M half
for command in "get half large got" "cat half large"; do
	# shellcheck disable=SC2086
	udf $command >/dev/null 2>"$err"
	is "udf ${command%% *}: a file behind the end of an image is told as that" "$? $(cat "$err")" \
		"1 udf ${command%% *}: half: large: lies beyond the end of the image, which is shorter than its volume"
done
is "what lies before is read" "$(udf cat half s/file)" here
ok "that of the file itself, too" cmp -n "$(stat -c %s got)" got large
ok "up to that end" test "$(stat -c %s got)" -gt 2500000
mkdir many && (cd many && seq 3000 | xargs touch)
mkudffs -q -d many many.img && truncate -s -1M many.img
udf get many.img / many-got 2>"$err"
is "so is one whose file entry is cut off, in a directory that is copied" \
	"$? $(sed 's,: /[0-9]*: ,: N: ,' "$err" | sort -u)" \
	"1 udf get: many.img: N: lies beyond the end of the image, which is shorter than its volume"
rm -r many many.img many-got

# ---- nothing that one get wrote is overwritten by it, and names appear when what they name is whole ----
make_image 16M -b 2048
mkdir -p same/one/d same/two/d && echo first >same/one/name.txt && echo second >same/two/name.txt
echo first >same/one/d/f && echo second >same/two/d/f
udf put "$img" same/* /
mkdir same-got && echo old >same-got/name.txt
exits "get of two files of one name says so" 1 udf get "$img" one/name.txt two/name.txt same-got
is "and names the copy" "$(cat "$err")" "udf get: $img: two/name.txt: its name on the host was taken by another \
object of this run; copied to same-got/name~2.txt"
is "both are there, in place of the old one" "$(cat same-got/name.txt same-got/name~2.txt | paste -sd ' ')" "first second"
exits "get of two directories of one name says so too" 1 udf get "$img" one/d two/d same-got
is "and keeps both" "$(cat same-got/d/f same-got/d~2/f | paste -sd ' ')" "first second"
ok "get of one file given twice copies it once" udf get "$img" one/name.txt one/name.txt same-got
is "under its own name" "$(ls same-got | paste -sd ' '; cat same-got/name.txt)" "d d~2 name.txt name~2.txt
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
	is "SIG$signal ends a get" $? $((128 + $(kill -l $signal)))
	kill -KILL $reader	# TERM may be lost before it is cat
	wait $reader 2>/dev/null
	(cd many-got && find . -type f ! -name '.udf-get-*' | while read -r name; do
		cmp -s "$name" "../many/$name" || echo "$name"; done) >lost
	is "SIG$signal leaves only whole files" "$(cat lost)" ""
	[ $signal = KILL ] || is "SIG$signal leaves no temporary name" "$(find many-got -name '.udf-get-*')" ""
	[ $signal = KILL ] || is "SIG$signal is reported" "$(cat "$err")" \
		"udf get: many.img: interrupted; what was done before that stays"
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
exits "rm leaves a directory that can't be read, without -r" 1 udf rm "$img" dir
ok "rm -f removes the name of a file that can't be read" udf rm -f "$img" file
ok "rm -rf that of a directory" udf rm -rf "$img" dir
ok "rm -rf removes a directory with such names in it" udf rm -rf "$img" deep
is "nothing else is touched" "$(udf ls -a "$img" | paste -sd ' ') $(udf cat "$img" good)" "good stays"
udffsck -n "$img" >"$out"
unlike "the directory is in order, and leaked space is all that is left" "$(cat "$out")" \
	"^(ORPHAN|LVID|LINK|NAME|ICB|ENTRY|FID)[A-Z_]*:"

# ---- a slash at the end asks for a directory ----
exits "put makes no file of such a name" 1 udf put "$img" renamed /new/
is "and says so" "$(cat "$err")" "udf put: $img: /new/: not a directory"
exits "nor of standard input" 1 udf put "$img" - /new/
ok "but a directory" udf put "$img" s /new/
udf put "$img" renamed /
exits "nor does mv" 1 udf mv "$img" renamed /other/
ok "but a directory again" udf mv "$img" new /other/
exits "nor does get" 1 udf get "$img" renamed other/
is "which says so too" "$(cat "$err")" "udf get: other/: Not a directory"
ok "but a directory" udf get "$img" other other/
ok "as it is called" test -f other/file

# ---- without standard input, output or error ----
make_image 4M -b 2048
head -c 32768 "$img" >before
for command in "put $img none /" "put -v $img s /" "mkdir $img /s" "rm $img /none" "mv $img /none /s"; do
	# shellcheck disable=SC2086
	udf $command <&- >&- 2>&-
	# shellcheck disable=SC2086
	udf $command <&- 2>&-
done >lost
same "what can't be told is not written to the image" <(head -c 32768 "$img") before
ok "which stays in order" udffsck -n "$img"
exits "a put of no standard input fails" 1 bash -c 'udf put "$1" - /nothing <&-' - "$img"
exits "and a listing on no standard output" 1 bash -c 'udf ls "$1" >&-' - "$img"

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
	is "SIG$signal ends a put as that signal does" $? $((128 + $(kill -l $signal)))
	is "which is told" "$(cat "$err")" "udf put: $img: interrupted; what was done before that stays"
	ok "the volume is closed and in order" udffsck -n "$img"
	is "without half a file" "$(udf ls "$img" / | grep -c part)" 0
done
ok "a file of /proc, whose size is 0, is put" udf put "$img" /proc/version /
is "with what it gives" "$(udf cat "$img" version)" "$(cat /proc/version)"
exec 7<>feed 8>feed 7>&-	# a pipe without a reader
exits "a reader who has gone away is an error" 1 bash -c 'udf put -v "$1" s / >&8' - "$img"
is "which is told" "$(cat "$err")" "udf put: standard output: cannot write: Broken pipe"
exec 8>&-
ok "but leaves the volume closed" udffsck -n "$img"

# ---- a file that is replaced stays until the new one is whole ----
make_image 4M -b 2048
mkdir keep keep/d new new/d
head -c 1000000 /dev/urandom >keep/d/file && cp keep/d/file "$tmp/old file"
head -c 2000000 /dev/urandom >new/d/file && echo small >new/d/small
ln -s file keep/d/z-link
udf put "$img" keep/d "$tmp/old file" /
is_kept() {
	ok "$1: the old one stays as it was" cmp "$tmp/old file" <(udf cat "$img" "${2:-/d/file}" 2>&1)
	is "$1: no other name is there" "$(udf ls -aR "$img" / | grep -c 'udf-put')" 0
	check "$1"
}
beside="no space left for it beside the old one, which stays; to remove that first: udf rm $img"
exits "without room for both a file is not replaced" 1 udf put "$img" new/d/file /d
is "and told what to do" "$(cat "$err")" "udf put: $img: new/d/file: $beside /d/file"
is_kept "no room for both"
exits "nor in a tree" 1 udf put "$img" new/d /
is "whose path is told" "$(cat "$err")" "udf put: $img: new/d/file: $beside /d/file"
is_kept "no room in a tree"
exits "nor under another name" 1 udf put "$img" new/d/file "old file"
is "which is quoted" "$(cat "$err")" "udf put: $img: new/d/file: $beside \"old file\""
is_kept "no room for another name" "/old file"
exits "nor what is in ." 1 udf put "$img" new/. /
is "with its path" "$(cat "$err")" "udf put: $img: new/./d/file: $beside /d/file"
exits "nor by standard input" 1 bash -c 'udf put "$1" - d/file <new/d/file' - "$img"
is "told too" "$(cat "$err")" "udf put: $img: standard input: $beside d/file"
is_kept "no room for standard input"
exits "nor a symlink" 1 udf put "$img" new/d/file /d/z-link
is "which stays one" "$(udf stat "$img" d/z-link | grep target)" "target=file"
udf rm "$img" "old file" && ok "with room it is" udf put "$img" new/d /
ok "by the new one" bash -c 'udf cat "$1" d/file | cmp - new/d/file' - "$img"
is "under no other name" "$(udf ls -a "$img" /d | paste -sd ' ')" "file small z-link"
ok "a symlink is replaced by a file" udf put "$img" new/d/small /d/z-link
is "itself" "$(udf stat "$img" d/z-link | grep type; udf cat "$img" d/z-link)" "type=file
small"
ok "a file by a symlink" udf put "$img" keep/d/z-link /d/small
is "too" "$(udf stat "$img" d/small | grep target)" "target=file"
if [ -e /dev/null ] && need root; then
	ok "a file by a device" udf put "$img" /dev/null /d/small
	is "as well" "$(udf stat "$img" d/small | grep type)" "type=char device"
fi
exits "a new file that doesn't fit" 1 udf put "$img" tree/large "$tmp/toolarge" /
like "is told" "$(cat "$err")" "toolarge: no space left on the volume$"
is "and not half there" "$(udf ls -a "$img" | paste -sd ' ')" "d large"
check "replaced"

cp new/d/small "$tmp/old file" && udf put "$img" "$tmp/old file" / && udf put "$img" "$tmp/old file" /.udf-put-0
exits "what can't be read replaces nothing" 1 udf put "$img" /proc/self/mem "/old file"
is "which is told" "$(cat "$err")" "udf put: $img: /proc/self/mem: Input/output error"
is "the old one stays" "$(udf cat "$img" "/old file")" small
exits "nor is it half there as a new one" 1 udf put "$img" /proc/self/mem /other
is "under any name" "$(udf ls -a "$img" | paste -sd ' ')" ".udf-put-0 d large old file"
exits "standard input that can't be read replaces nothing" 1 bash -c 'udf put "$1" - "/old file" <.' - "$img"
is "which is told of it too" "$(cat "$err")" "udf put: $img: standard input: Is a directory"
is "either" "$(udf cat "$img" "/old file")" small
ok "a file whose name is like a temporary one is replaced" udf put "$img" tree/a/size1000 /.udf-put-0
ok "and another beside it" udf put "$img" tree/a/size1000 "/old file"
is "both are there" "$(udf cat "$img" .udf-put-0 "old file" | sha256sum)" \
	"$(cat tree/a/size1000 tree/a/size1000 | sha256sum)"
check "unreadable"

# Hard links among what goes in, where names are taken already.
make_image 4M -b 2048
mkdir -p hl/links hl/other && cd hl && echo one >links/a && ln links/a links/b && ln links/a links/c && echo two >other/a
udf put "$img" links /
ok "hard links replace hard links" udf put "$img" links /
is "and are one file again" "$(udf stat "$img" links/a links/b links/c | grep ^block= | sort -u | wc -l)" 1
is "of three names" "$(udf stat "$img" links/c | grep nlink=)" "nlink=3"
ok "a file that is given twice is itself" udf put "$img" links/a links/a /
is "with what it holds" "$(udf cat "$img" a)" one
ok "a link to what has been replaced since is a copy" udf put "$img" links/b other/a links/a other/a links/c /
is "or a link" "$(udf cat "$img" a b c | paste -sd ' '; udf stat "$img" b c | grep nlink=)" "two one one
nlink=2
nlink=2"
udf rm "$img" a b c
ok "its last name may be the one replaced" udf put "$img" links/a other/a links/b links/c /
is "and both others are one file" "$(udf cat "$img" a b c | paste -sd ' '; udf stat "$img" b c | grep nlink=)" "two one one
nlink=2
nlink=2"
cd .. && check "hard links"

# Interrupted, and killed.
make_image 4M -b 2048
cp tree/a/size70000 "$tmp/old file" && udf put "$img" "$tmp/old file" /
for signal in INT KILL; do
	interrupt_put $signal "/old file"
	is "SIG$signal ends a put" $? $((128 + $(kill -l $signal)))
	if [ $signal = INT ]; then
		is_kept "interrupted" "/old file"
	else
		ok "killed: the old one stays as it was" cmp "$tmp/old file" <(udf cat "$img" "/old file" 2>&1)
		ok "killed: at most a temporary name is left" test "$(udf ls -a "$img" | grep -cvE '^(\.udf-put-[0-9]+|old file)$')" = 0
		ok "killed: the next one replaces it" udf put "$img" tree/a/size1000 "/old file"
		is "killed: by what is whole" "$(udf cat "$img" "/old file" | sha256sum)" "$(sha256sum <tree/a/size1000)"
		is "killed: nothing else is wrong" "$(udffsck -n "$img" | grep -vE '^(LVID_OPEN|COUNTS_STALE|udffsck): ')" ""
	fi
done

# ---- names that a hostile image may have ----
make_image 4M -b 2048
mkdir -p evil/$'d\e[31m\xC2\x9B1m' clash && echo x >evil/$'d\e[31m\xC2\x9B1m'/$'f\a\x7F' && echo y >$'clash/d\e[31m\xC2\x9B1m'
udf put "$img" evil/* / && udf put "$img" evil /
if need "command script"; then
	shown() { on_terminal "$1" </dev/null | tr -d '\r'; }
	export img evil_path=$'/d\e[31m\xC2\x9B1m'
	is "their control characters don't reach the terminal in messages" \
		"$(shown "udf get '$img' / clash" | grep -o 'udf get: .*')" \
		"udf get: $img: /d?[31m?1m: cannot be copied to clash/d?[31m?1m: Not a directory"
	is "nor those of their paths" "$(shown 'udf rm "$img" "$evil_path"')" \
		"udf rm: $img: /d?[31m?1m: is a directory; -r removes it, with all that is in it"
	is "nor in listings" "$(shown "udf ls '$img'")" "d?[31m?1m
evil"
	is "nor those of a label" \
		"$(rm -f label; mkudffs -q --new-file --size=1M -l $'a\e[31m' label; shown "echo n | mkudffs -q label" | cat -v)" \
		"mkudffs: label: overwriting the UDF volume 'a?[31m'"
else
	skip "their control characters don't reach the terminal in messages" "needs command script"
fi
udf get "$img" / clash 2>"$err"
is "in a file they stay as they are" "$(cat "$err")" \
	"udf get: $img: "$'/d\e[31m\xC2\x9B1m: cannot be copied to clash/d\e[31m\xC2\x9B1m: Not a directory'
plan
