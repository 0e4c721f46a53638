# SPDX-License-Identifier: GPL-2.0-or-later
# Independent readers agree on what mkudffs makes: udftools' udfinfo, libblkid, 7-Zip, GRUB, udfclient.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
mkudffs=$(ours mkudffs) || plan
cd "$tmp" || exit 1
uuid=0123456789abcdef

value() { sed -n "s/^$1=//p" "$2"; }

for type in hd dvdram mo worm dvd cdrw dvdrw bdre; do
	for revision in 1.02 1.50 2.00 2.01; do
		for block_size in 512 1024 2048 4096; do
			case $type-$revision in
			cdrw-1.02|dvdrw-1.02) continue ;;	# sparing tables came with 1.50
			esac
			[[ $type != bdre || $block_size = 2048 ]] || continue
			part_of 3 || continue
			image=$type-$revision-$block_size.img
			"$mkudffs" -q -m $type -r $revision -b $block_size -u $uuid -l 'Disc é' $image 4000
			# Nothing may be wrong with any one of them for the case to pass.
			bad=
			if need /usr/bin/udfinfo; then
				/usr/bin/udfinfo $image >info 2>infoerr || bad+=" udfinfo-exit-status"
				[ ! -s infoerr ] || bad+=" udfinfo-says:$(head -n 1 infoerr)"
				[ "$(value label info)" = 'Disc é' ] || bad+=" udfinfo-label"
				[ "$(value uuid info)" = $uuid ] || bad+=" udfinfo-uuid"
				[ "$(value blocksize info)" = $block_size ] || bad+=" udfinfo-blocksize"
				[ "$(value udfrev info)" = $revision ] || bad+=" udfinfo-revision"
				[ "$(value integrity info)" = closed ] || bad+=" udfinfo-integrity"
				[ "$(value numdirs info)" = 1 ] || bad+=" udfinfo-directories"
			fi
			[ "$(blkid -p -s LABEL -o value $image)" = 'Disc é' ] || bad+=" blkid-label"
			[ "$(blkid -p -s UUID -o value $image)" = $uuid ] || bad+=" blkid-uuid"
			[ "$(blkid -p -s VERSION -o value $image)" = $revision ] || bad+=" blkid-version"
			# 7-Zip knows blocks of 512 and 2048 bytes, strategy 4 and no sparing tables; not udftools' either.
			if need "command 7z" && [[ $block_size = 512 || $block_size = 2048 ]] &&
				[[ $type != mo && $type != worm && $type != *rw ]]; then
				7z l -tudf $image >7z.txt 2>&1 || bad+=" 7z"
				grep -q '0 files' 7z.txt || bad+=" 7z-listing"
			fi
			# GRUB reads blocks of its own sectors' size and larger, and no sparable volumes either.
			if need "command grub-fstest" && [[ $type != *rw ]]; then
				grub-fstest "$PWD/$image" ls '(loop0)/' >grub.txt 2>&1 || bad+=" grub"
			fi
			# udfclient takes a second for each.
			if need "command udfclient" &&
				[[ $type = hd && $block_size != 1024 || $type = *rw && $block_size = 2048 ]]; then
				echo ls / | timeout 20 udfclient -b $block_size $image >client.txt 2>&1 ||
					bad+=" udfclient"
				grep -qi 'error\|not mounted\|corrupt' client.txt && bad+=" udfclient-says"
			fi
			if [ -z "$bad" ]; then
				pass "other readers find nothing wrong with $type $revision at $block_size"
			else
				fail "other readers find nothing wrong with $type $revision at $block_size" \
					"$bad"
				[ ! -e client.txt ] || diag "$(grep -i 'error\|not mounted\|corrupt' client.txt | head -n 3)"
				[ ! -e grub.txt ] || diag "$(head -n 3 grub.txt)"
			fi
			rm -f $image
		done
	done
done
for tool in /usr/bin/udfinfo "command 7z" "command grub-fstest" "command udfclient"; do
	need "$tool" || skip "the volumes are read by ${tool##*[ /]}" "needs $tool"
done
plan
