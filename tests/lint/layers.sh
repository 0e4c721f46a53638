#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A layer of lib/ includes only what stands below it, and no other layer's private headers.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"

# LAYER: the layers whose headers it may include
allowed="
base:
ecma: base
bio: base
vol: base ecma
fs: base ecma vol
tree: base ecma vol fs
mkfs: base ecma vol fs tree
check: base ecma vol
medium: base bio
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
cd "$top_srcdir/lib" || exit
for dir in */; do
	layer=${dir%/}
	may=" $layer $(sed -n "s/^$layer: *//p" <<<"$allowed") "
	if ! grep -q "^$layer:" <<<"$allowed"; then
		fail "lib/$layer stands in the list of layers"
		continue
	fi
	wrong=
	while IFS=: read -r file line text; do
		header=$(sed -E 's/.*[<"]([^>"]*)[>"].*/\1/' <<<"$text")
		case $header in
		udfkit/*) owner=$(sed -n "s,^$header ,,p" <<<"$public") ;;
		*/*) owner=${header%%/*}; [ -d "$owner" ] || continue ;;
		*) continue ;;
		esac
		case $may in *" $owner "*) ;; *) [ "$owner" = '*' ] || wrong+="$file:$line includes $header"$'\n' ;; esac
		case $owner:$header in
		"$layer":*) ;;
		*/internal.h|*/private.h|*/layer.h) wrong+="$file:$line includes the private $header"$'\n' ;;
		esac
	done < <(grep -n '^ *# *include' $(find "$layer" -name '*.[ch]') /dev/null)
	is "lib/$layer includes only what stands below it" "$wrong" ""
done
plan
