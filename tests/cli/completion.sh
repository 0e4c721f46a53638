#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each tool's completion, as bash uses it, beside its --help.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"

# completed TOOL WORD...: what bash offers when the last word is being typed
completed() {
	bash -uc '
		compopt() { :; }
		. "$1"
		shift
		function_name=$(complete -p "$1" | sed "s/.*-F \([^ ]*\).*/\1/")
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
		"$function_name" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		printf "%s\n" ${COMPREPLY[@]+"${COMPREPLY[@]}"}' - \
		"$top_builddir/doc/completions/$1" "$@"
}

ok "completions are made with the tools" test -e "$top_builddir/doc/completions/stamp"
for tool in $tap_tools; do
	[ -x "$top_builddir/$tool/$tool" ] || continue
	ok "$tool: has a completion that bash can read" bash -n "$top_builddir/doc/completions/$tool"
	is "$tool: what a dash completes to is what --help lists" \
		"$(completed "$tool" "$tool" -- | sort)" \
		"$("$(ours "$tool")" --help | sed -En 's/^ (  |-.)[ ,]? *(--[a-z0-9-]+).*/\2/p' | sort)"
	cd "$tmp" && touch "zebra image.udf"
	[ -n "$(completed "$tool" "$tool" ze)" ] &&
		is "$tool: an operand is completed to a file" "$(completed "$tool" "$tool" ze)" "zebra image.udf"
done
if [ -x "$top_builddir/isowrite/isowrite" ]; then
	is "isowrite: with dev= there are the words of burning" "$(completed isowrite isowrite dev=x -ej)" -eject
	is "isowrite: with dev= the options of mastering are completed, too" "$(completed isowrite isowrite dev=x --spa)" --span
else
	skip "isowrite with dev=" "needs command isowrite"
fi
plan
