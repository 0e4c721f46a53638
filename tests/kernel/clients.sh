#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that know nothing of udfkit identify, format and write simulated discs, in a kernel that "mmcsim serve" gave a
# drive.  The rows are in clients.list; doc/MEDIA.md has the outcomes.
#
# UDFKIT_CLIENTS=all runs all rows, UDFKIT_CLIENTS=MEDIUM those of one medium; with UDFKIT_CLIENTS_DIR=DIR, what each
# client said and which commands it sent stay in DIR.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"
for client in cdrskin xorriso growisofs wodim genisoimage sg_inq mmc_format; do require "command $client"; done

# rows WHEN [MEDIUM]: the rows that run
rows() {
	awk -F '\t' -v when="$1" -v medium="${2-}" \
		'NF == 5 && index(when, $2) && (medium == "" || medium == $1)' "$kernel_tests/clients.list"
}
when="ci all"
case ${UDFKIT_CLIENTS-} in
'') when=ci; media=$(rows $when | cut -f 1 | uniq) ;;
all) media=$(rows "$when" | cut -f 1 | uniq) ;;
*) media=$UDFKIT_CLIENTS ;;
esac
keep=${UDFKIT_CLIENTS_DIR-}
cd "$tmp" || exit
mkdir -p tree/more data
head -c 700000 /dev/urandom >tree/random
cp "$top_srcdir/HACKING.md" "$top_srcdir/NEWS" tree/more/
genisoimage -quiet -R -J -o first.iso "$top_srcdir/doc" tree/random 2>"$err"
genisoimage -quiet -R -J -o other.iso tree 2>>"$err"

for medium in $media; do
	rm -rf "$medium" && mkdir "$medium" && cp first.iso other.iso "$medium" && cp -r tree "$medium"
	rows "$when" "$medium" >"$medium/list"
	cut -f 5- "$medium/list" >"$medium/rows"
	ok "mmcsim makes a disc: $medium" mmcsim create --media="$medium" "$medium/disc" || continue
	mmcsim log --on "$medium/disc"
	# shellcheck disable=SC2016
	uml --modules 'sr_mod sg' --env UDFKIT_CLIENT_SECONDS mmcsim serve --pace=2000 \
		--run="exec bash '$kernel_tests/clients-guest' '$tmp/$medium'" "$medium/disc" >"$medium/serve.out" 2>&1
	is "the server ends in order: $medium" "$? $(cat "$medium/serve.out")" "0 "
	n=0
	while IFS=$'\t' read -r _ _ status output command; do
		n=$((n + 1))
		got=$(cat "$medium/$n.status" 2>/dev/null)
		if [ "$output" = - ]; then [ ! -s "$medium/$n.out" ]; else grep -Eq -- "$output" "$medium/$n.out"; fi
		if [ $? = 0 ] && [ "$got" = "$status" ]; then
			pass "$medium: $command"
		else
			fail "$medium: $command" "status ${got:-none}, not $status, or no match for /$output/:"
			tr '\r\b' '\n ' <"$medium/$n.out" | tail -n 25 | sed 's/^/#   /'
		fi
	done <"$medium/list"
	[ -z "$keep" ] || { mkdir -p "$keep" && rm -rf "$keep/$medium" && cp -r "$medium" "$keep/"; }
done
plan
