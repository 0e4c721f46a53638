#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --tar of mkudffs and isowrite: what an archive holds is on the volume, and what archives made to do harm can't do.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
for need in "command python3" "command bsdtar" /usr/include/archive.h; do require "$need"; done
cd "$tmp" || exit
export TMPDIR=$tmp		# of the spool

mkdir -p tree/sub/deep tree/empty
echo one >tree/one && echo two >tree/sub/two && seq 60000 >tree/sub/large && : >tree/nothing
echo ä >'tree/Ünï 日本'
ln tree/sub/large tree/again && ln -s sub/two tree/link && mkfifo tree/fifo
chmod 4750 tree/sub/two && chmod 1777 tree/empty
truncate -s 5G tree/sparse && echo "beyond 4 GiB" | dd of=tree/sparse bs=1 seek=4500000001 conv=notrunc status=none
touch -d '2001-02-03 04:05:06.123456 UTC' tree/sub/deep tree/one
listing() { (cd "$1" && find . \( -type d -printf '%y %m %U %G %T@ %P\n' -o -printf '%y %m %n %U %G %s %l %T@ %P\n' \) |
	sed -E 's/(\.[0-9]{6})[0-9]* /\1 /' | sort); }
clean() { udffsck "$1" >said 2>&1 && grep -q ': clean, ' said; }
# one IMAGE: the volume has the tree
one() { ok "udffsck finds nothing" clean "$1"; rm -rf out; ok "files come back" udf get "$1" / out
	is "types, modes, owners, links, sizes and times are those of the tree" "$(listing out)" "$(listing tree)"
	ok "contents are those of the tree" diff -r --exclude=fifo --exclude=sparse tree out
	is "what is beyond 4 GiB is there" "$(tail -c +4500000002 out/sparse | head -c 12)" "beyond 4 GiB"; }

tar --format=posix -S -C tree -cf a.tar . && gzip -k a.tar
exits "isowrite takes an archive" 0 isowrite --udf --tar a.tar -o a.udf
like "isowrite says where the data of an archive are copied" "$(cat "$err")" \
	"^isowrite: a.tar: the data are first copied to a temporary file in $tmp$"
one a.udf
exits "mkudffs takes one from a pipe, compressed" 0 sh -c 'gzip -dc a.tar.gz | gzip | mkudffs -b 2048 --tar - b.img'
one b.img
rm -rf out tree/sparse b.img
SOURCE_DATE_EPOCH=$(date +%s) && export SOURCE_DATE_EPOCH
tar --format=posix -C tree -cf a.tar .
(cd tree && find . | sort -r | bsdtar --format=pax --no-recursion -cf ../b.tar -T -)
isowrite --udf -quiet --tar a.tar -o a.udf && isowrite --udf -quiet --tar - -o - <b.tar | cat >b.udf
same "the order of the archive makes no difference" b.udf a.udf
is "-print-size prints the real size" "$(isowrite --udf -quiet --tar a.tar -print-size)" \
	"$(($(stat -c %s a.udf) / 2048))"
isowrite --udf -quiet -m '*a*' --tar a.tar -o c.udf
is "-exclude leaves files out" "$(udf ls c.udf / | tr '\n' ' ')" "$(cd tree && ls -d [!a]* | grep -v a | tr '\n' ' ')"
unset SOURCE_DATE_EPOCH

# ---- archives that nobody made in good faith ----
python3 - <<'EOT'
import io, tarfile
def make(name, *entries):
    with tarfile.open(name, "w", format=tarfile.PAX_FORMAT) as t:
        for path, kind, what in entries:
            i = tarfile.TarInfo(path)
            i.type, i.mtime, i.mode = kind, 1000000000, 0o644
            if kind == tarfile.REGTYPE:
                i.size = len(what)
                t.addfile(i, io.BytesIO(what))
            else:
                i.linkname = what
                t.addfile(i)
F, D, S, L = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
make("up.tar", ("../../out-of-it", F, b"x"), ("a/../../b", F, b"x"), ("good", F, b"good\n"))
make("absolute.tar", ("/etc/shadow", F, b"mine\n"), ("//x/./y//z", F, b"z\n"))
make("links.tar", ("a", L, "b"), ("b", F, b"b\n"), ("c", L, "b"), ("d", L, "/b"), ("e", L, "nowhere/b"), ("f", D, ""),
     ("g", L, "f"), ("self", L, "self"))
make("through.tar", ("s", S, "/etc"), ("s/passwd", F, b"x"), ("f", F, b"f\n"), ("f/x", F, b"x"),
     ("d/x", F, b"x\n"), ("d", F, b"d"))
make("twice.tar", ("f", F, b"first\n"), ("f", F, b"second\n"), ("d/x", F, b"x\n"), ("d", D, ""), ("g", F, b"1\n"),
     ("h", L, "g"),
     ("g", F, b"2\n"), ("s", S, "x"), ("s", D, ""), ("s/in", F, b"in\n"))
make("names.tar", ("n" * 5000, F, b"x"), ("m" * 300, F, b"x"), ("/".join(["d"] * 1500), F, b"deep\n"), (".", F, b"x"))
make("bad.tar", ("a", F, b"x" * 100000))
data = bytearray(open("bad.tar", "rb").read())
open("cut.tar", "wb").write(data[:50000])
open("header.tar", "wb").write(data[:512] + b"\x55" * 512 + data[1024:2048])
i = tarfile.TarInfo("huge")
i.size = 1 << 62
open("huge.tar", "wb").write(i.tobuf(tarfile.GNU_FORMAT) + b"x" * 4096)
i = tarfile.TarInfo("sparse")		# a map of one hole, of 2^60 bytes
i.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": "sparse",
                 "GNU.sparse.size": str(1 << 60),
                 "GNU.sparse.numblocks": "1", "GNU.sparse.map": "%d,0" % (1 << 60)}
open("hole.tar", "wb").write(i.tobuf(tarfile.PAX_FORMAT) + bytes(1024))
EOT
# made STATUS ARCHIVE: isowrite makes v.udf of it, and ends with STATUS
made() { rm -f v.udf; exits "$2: status" "$1" isowrite --udf -quiet --tar "$2" -o v.udf; cp "$err" why
	ok "$2: the volume is whole" clean v.udf; }
made 3 up.tar
is "names that lead out are reported" "$(grep -c ': its name leads out of the archive$' why)" 2
is "names that lead out of the archive are left out" "$(udf ls v.udf /)" good
made 0 absolute.tar
is "absolute names are below the root" "$(udf cat v.udf /etc/shadow /x/y/z)" "$(printf 'mine\nz')"
made 3 links.tar
is "links to what is not there yet, or no file" \
	"$(grep -c ': is a hard link to a file that the archive does not hold before it$' why)" 4
is "the others are one file" "$(udf cat v.udf /c) $(udf stat --json v.udf /b | grep -c '"nlink": 3')" "b 1"
made 3 through.tar
is "nothing goes through a symlink or a file" "$(grep -c ': the archive holds it below a name that is not a directory$' why)" 2
is "a directory that holds something stays" "$(udf cat v.udf /d/x) $(grep -c 'it is not empty$' why)" "x 1"
made 0 twice.tar
is "the later one counts, and a link keeps the older one" \
	"$(udf cat v.udf /f /g /h /d/x /s/in | tr '\n' ' ')" "second 2 1 x in "
made 3 names.tar
is "names that are too long are reported" "$(cut -c 1-40 why | grep -c '^isowrite: names.tar: [mn.]')" 3
is "1500 levels are no problem" "$(udf cat v.udf "$(printf '/d%.0s' {1..1500})")" deep
for archive in cut.tar header.tar huge.tar one; do
	[ -e $archive ] || cp tree/one $archive
	exits "$archive is refused" 1 isowrite --udf -quiet --tar $archive -o never
	like "$archive: it says why" "$(cat "$err")" "^isowrite: $archive: the archive can't be read: "
done
made 3 hole.tar
like "a file of 2^60 bytes is too big" "$(cat why)" "hole.tar: sparse: the file is too big"
exits "mkudffs refuses what it can't copy" 1 mkudffs -q --tar up.tar -s 4M never
like "mkudffs names the file that it can't copy" "$(cat "$err")" "up.tar: ../../out-of-it: cannot copy: its name leads out of the archive"
exits "--skip-unreadable leaves it out" 3 mkudffs -q --skip-unreadable --tar up.tar v.img
is "the rest is there" "$(udf ls v.img /)" good
exits "an archive that is not there" 1 isowrite --udf -quiet --tar nowhere -o never
exits "--tar without --udf" 2 isowrite --tar a.tar -o never
exits "--tar and a directory" 2 isowrite --udf --tar a.tar -o never tree
exits "--tar and -d" 1 mkudffs --tar a.tar -d tree never
is "nothing is left behind" "$(echo never* .never* udfkit.*)" "never* .never* udfkit.*"
plan
