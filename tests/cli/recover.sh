#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The power fails in the middle of each recipe; then "cdrwtool --recover" brings the disc back to a state in which it can be
# read and written.  What was on it before, and was not to be erased, is there.
#
# A few places in each recipe are cut, on two media.  UDFKIT_CUTS=all cuts at every packet on all rewritable media, and
# UDFKIT_CUTS_SEED=N with other losses in the drive's buffer; that takes some minutes.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
cd "$tmp" || exit 1
seed=${UDFKIT_CUTS_SEED:-1} places="1 6 19" media_here="cd-rw dvd-ram"
[ "${UDFKIT_CUTS-}" != all ] || { places=$(seq 1 400) && media_here="cd-rw dvd-rw dvd+rw bd-re dvd-ram"; }
mkdir before more && cp -r "$top_srcdir/lib/base" before && cp -r "$top_srcdir/lib/bio" "$top_srcdir/NEWS" more
head -c 300000 /dev/urandom >file
genisoimage -quiet -R -o 1.iso more 2>/dev/null || truncate -s 1M 1.iso
mkudffs -q --new-file -b 2048 -d before image 3000

made() { rm -f base.disc* && mmcsim create "$@" base.disc >/dev/null; }
prepared() { made "$@" && cdrwtool -d sim:base.disc -q --force </dev/null >/dev/null; }
filled() { prepared "$@" && udf put sim:base.disc before / >/dev/null; }
keeps_before() { udf get sim:d.disc /before back && diff -r before back; }
takes_a_file() { udf put sim:d.disc file /new && udf get sim:d.disc /new got && cmp file got; }
# usable KEPT: does the volume take a file?  Where a recipe was replacing it, half of it may be there: then the recipe is
# begun again.
usable() {
	takes_a_file || { [ $1 = no ] && cdrwtool -d sim:d.disc -q --force </dev/null && takes_a_file; }
}

# cut_each NAME KEPT COMMAND: COMMAND on a copy of base.disc, with a power cut at packets of it
cut_each() {
	local name=$1 kept=$2 n tried=0 bad=
	for n in $places; do
		rm -rf d.disc* back got
		cp base.disc d.disc && cp base.disc.state d.disc.state
		mmcsim cut --packets=$n --seed=$((seed * 1000 + n)) d.disc >/dev/null 2>&1
		bash -c "$3" >said 2>&1 </dev/null && break	# it was shorter than that
		mmcsim cut --on d.disc >/dev/null 2>&1
		tried=$((tried + 1))
		cdrwtool -d sim:d.disc --recover --force >>said 2>&1 </dev/null || bad="$bad $n:recover"
		[ "$kept" = no ] || keeps_before >>said 2>&1 || bad="$bad $n:lost"
		rm -rf back
		usable $kept >>said 2>&1 || { bad="$bad $n:unusable"; sed 's/^/#   /' said; }
	done
	diag "$name: $tried cuts"
	is "$name: the disc is readable and writable after each cut" "$bad" ""
}

for media in $media_here; do
	filled --media=$media
	cut_each "$media: udf put" yes "udf put sim:d.disc more /"
	cut_each "$media: cdrwtool -q" no "cdrwtool -d sim:d.disc -q --force"
	cut_each "$media: mkudffs" no "mkudffs -q --force sim:d.disc"
	cut_each "$media: udf dd of an ISO" no "udf dd --force --no-verify 1.iso sim:d.disc"
	cut_each "$media: udf dd of an UDF image" no "udf dd --force --no-verify image sim:d.disc"
	cut_each "$media: cdrwtool -f" no "cdrwtool -d sim:d.disc -f file -o 1600 --force"
done
made --media=cd-rw
cut_each "blank cd-rw: cdrwtool -q" no "cdrwtool -d sim:d.disc -q"
made --media=dvd-ram --unformatted
cut_each "unformatted dvd-ram: mkudffs --format" no "mkudffs -q --format sim:d.disc"
plan
