# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# list_tree DIR: everything below DIR, a line each, in order: type, mode, owner, link count, size,
# modification time to the microsecond, link target, name; then the checksum of every file.
# A directory's own size and link count are its filesystem's business.
list_tree() (
	cd "$1" || return
	export LC_ALL=C
	find . -mindepth 1 \( -type d -printf 'd %m %U:%G - - %T@ - %P\n' \
		-o -type l -printf 'l %m %U:%G %n %s %T@ %l %P\n' \
		-o \( -type b -o -type c \) -printf '%y %m %U:%G %n - %T@ - %P\n' \
		-o -printf '%y %m %U:%G %n %s %T@ - %P\n' \) |
		sed -E 's/^(([^ ]* ){5}[0-9]*\.[0-9]{6})[0-9]*/\1/' | sort -k8
	find . -type f -print0 | sort -z | xargs -0 -r sha256sum --
)
