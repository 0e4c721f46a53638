#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual of a tool names the options that its --help names, and no others; --help and --version
# behave the same everywhere.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"

# Options as --help lists them: lines that begin with spaces and a dash.
options_of_help() {
	sed -En 's/^ +(-.*)$/\1/p' "$1" | sed -E 's/   .*//; s/  [^-].*//' |
		grep -Eo -- '(^|[ ,])--?[A-Za-z0-9][A-Za-z0-9-]*' | tr -d ' ,' | sort -u
}
# Options that an mdoc manual describes: .It Fl b , -blocksize Ns = Ns Ar size
options_of_manual() {
	awk '$1 == ".It" {
		flag = 0
		for (i = 2; i <= NF; i++)
			if ($i == "Fl")
				flag = 1
			else if ($i ~ /^[A-Z][a-z]$/)
				flag = 0
			else if (flag && $i ~ /^-?[A-Za-z0-9][A-Za-z0-9-]*$/)
				print "-" $i
	}' "$1" | sort -u
}

for tool in $tap_tools pktcdvd-check umount.fuse.udffuse; do
	manual=$(ls "$top_srcdir/doc/man/$tool".[18] 2>/dev/null)
	exits "$tool --help ends with 0" 0 "$tool" --help
	is "$tool --help prints nothing to standard error" "$(cat "$err")" ""
	cp "$out" "$tmp/help"
	# a tool of commands: what each of them takes
	for command in $(sed -n '/^Commands:/,/^$/s/^ \([a-z]*\)  .*/\1/p' "$tmp/help"); do
		exits "$tool $command --help ends with 0" 0 "$tool" "$command" --help
		cat "$out" >>"$tmp/help"
	done
	options_of_help "$tmp/help" >"$tmp/options.help"
	exits "$tool --version ends with 0" 0 "$tool" --version
	like "$tool --version names udfkit" "$(cat "$out")" "udfkit"
	case $tool in udffsck) usage=16 ;; udf|udffuse|mmcsim|isowrite) usage=2 ;; *) usage=1 ;; esac
	exits "$tool --no-such-option ends with $usage" $usage "$tool" --no-such-option
	like "$tool: the message about an unknown option names --help" "$(cat "$err")" "Try '$tool --help'"
	is "$tool: the message about an unknown option is two lines on standard error" \
		"$(wc -l <"$err") $(wc -c <"$out")" "2 0"
	if ! ok "$tool has a manual" test -f "$manual"; then
		continue
	fi
	options_of_manual "$manual" >"$tmp/options.manual"
	is "$tool: options in --help but not in the manual" \
		"$(comm -23 "$tmp/options.help" "$tmp/options.manual")" ""
	is "$tool: options in the manual but not in --help" \
		"$(comm -13 "$tmp/options.help" "$tmp/options.manual")" ""
	if need "command mandoc"; then
		is "$tool: mandoc finds no problem in the manual" \
			"$(mandoc -T lint -W warning "$manual" 2>&1)" ""
	else
		skip "$tool: mandoc finds no problem in the manual" "needs command mandoc"
	fi
done
plan
