#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# needs all
# A layer of lib/ includes and calls only what stands below it, and includes no other layer's private
# headers.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"

# LAYER: the layers whose headers it may include
allowed="
base:
ecma: base
bio: base
emit: base ecma
vol: base ecma
fs: base ecma vol
tree: base ecma vol fs
tar: base tree
mkfs: base ecma emit vol fs tree
master: base ecma emit vol fs tree mkfs
bridge: base ecma emit vol fs tree mkfs master iso
label: base ecma vol fs
check: base ecma vol
mmc: base
sim: base mmc
pkt: base bio mmc
burn: base mmc pkt
medium: base bio mmc sim pkt
iso: base bio
cli: base bio
front: base ecma bio vol fs check medium cli
"
# public headers and the layer they belong to; bio.h is what vol and fs take
public="
udfkit/env.h base
udfkit/error.h base
udfkit/problem.h base
udfkit/problems.def base
udfkit/bio.h *
udfkit/fs.h fs
"
# LAYER: itself and what it may use
may_use() { echo " $1 $(sed -n "s/^$1: *//p" <<<"$allowed") "; }

cd "$top_srcdir/lib" || exit
for dir in */; do
	layer=${dir%/}
	may=$(may_use "$layer")
	if ! grep -q "^$layer:" <<<"$allowed"; then
		fail "lib/$layer is in the list of layers"
		continue
	fi
	wrong=
	while IFS=: read -r file line text; do
		header=${text#*[<\"]} header=${header%%[>\"]*}
		case $header in
		udfkit/*) owner=$(sed -n "s,^$header ,,p" <<<"$public") ;;
		*/*) owner=${header%%/*}; [ -d "$owner" ] || continue ;;
		*) continue ;;
		esac
		if [ "$owner" != '*' ] && [[ $may != *" $owner "* ]]; then
			wrong+="$file:$line includes $header"$'\n'
		fi
		case $owner:$header in
		"$layer":*) ;;
		*/internal.h|*/private.h|*/layer.h|*:fs/*) wrong+="$file:$line includes the private $header"$'\n' ;;
		esac
	done < <(grep -n '^ *# *include' $(find "$layer" -name '*.[ch]') /dev/null)
	is "lib/$layer includes only headers of lower layers" "$wrong" ""
done

# Declarations in a lower layer's header could hide a definition higher up: what is linked tells.
cd "$top_builddir/lib" || exit
for archive in libudf*.a; do
	layer=${archive#libudf} layer=${layer%.a}
	nm "$archive" | awk -v layer="$layer" 'NF == 3 && $2 ~ /[TDRB]/ { print $3, layer }' >>"$tmp/defined"
	nm "$archive" | awk -v layer="$layer" 'NF == 2 && $1 == "U" { print $2, layer }' >>"$tmp/called"
done
LC_ALL=C sort -u -o "$tmp/defined" "$tmp/defined"
LC_ALL=C sort -u -o "$tmp/called" "$tmp/called"
LC_ALL=C join "$tmp/called" "$tmp/defined" >"$tmp/calls"	# symbol, caller, owner
for archive in libudf*.a; do
	layer=${archive#libudf} layer=${layer%.a}
	may="$(may_use "$layer") bio "		# of which udfkit/bio.h stands for all
	is "lib/$layer calls only functions of lower layers" "$(awk -v layer="$layer" -v may="$may" '
		$2 == layer && !index(may, " " $3 " ") { print $1, "of lib/" $3 }' "$tmp/calls")" ""
done
ok "the check finds calls between layers" grep -q "^udf_vol_open fs\|^udf_vol_open front" "$tmp/calls"
plan
