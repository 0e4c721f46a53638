#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make install puts everything where Debian has it; make uninstall leaves nothing.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"

root=$tmp/root
there() { ok "$1 is installed" test -e "$root/usr/$1"; }
link() { is "$1 is a link" "$(readlink "$root/usr/$1")" "$2"; }

# A build tree of another prefix is not at hand: the directories are given to make.
dirs=(prefix=/usr mandir=/usr/share/man bashcompletiondir=/usr/share/bash-completion/completions)
ok "make install" make -C "$top_builddir" install DESTDIR="$root" "${dirs[@]}"
for tool in sbin/mkudffs sbin/udffsck bin/udffuse bin/udfinfo bin/udf; do
	there $tool
	name=${tool#*/}
	ok "$name has a manual" test -e "$root/usr/share/man/man$([ "${tool%/*}" = sbin ] && echo 8 || echo 1)/$name".?
	there share/bash-completion/completions/$name
	like "$name runs where it is installed" "$("$root/usr/$tool" --version)" "udfkit"
done
link sbin/mkfs.udf mkudffs
link sbin/fsck.udf udffsck
link sbin/mount.udffuse ../bin/udffuse
link share/man/man8/mkfs.udf.8 mkudffs.8
link share/man/man8/fsck.udf.8 udffsck.8
link share/man/man8/mount.udffuse.8 ../man1/udffuse.1
# bash-completion looks for a file of the command's name
completions=share/bash-completion/completions
for pair in mkfs.udf:mkudffs fsck.udf:udffsck mount.udffuse:udffuse; do
	link $completions/${pair%:*} "${pair#*:}"
	# shellcheck disable=SC2016
	is "${pair%:*} completes as ${pair#*:} does" \
		"$(bash -c '. "$1" && complete -p "$2" | sed "s/ [^ ]*$//"' - "$root/usr/$completions/${pair%:*}" "${pair%:*}")" \
		"$(bash -c '. "$1" && complete -p "$2" | sed "s/ [^ ]*$//"' - "$root/usr/$completions/${pair#*:}" "${pair#*:}")"
done
is "nothing else is installed" "$(find "$root" -name '*.a' -o -name '*.h' -o -name '*.so*')" ""
ok "make uninstall" make -C "$top_builddir" uninstall DESTDIR="$root" "${dirs[@]}"
is "make uninstall leaves nothing" "$(find "$root" ! -type d)" ""
plan
