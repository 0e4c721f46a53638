#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel sees the labels that udflabel sets, also after a cut in the middle of a change, and writes such volumes.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"

# Blocks and revision, what is to be done with udflabel, and the label that the kernel names then.
n=0
cell() {	# BLOCK_BYTES REVISION LABEL OPTION...
	local image=$tmp/$((++n)).img
	mkudffs --new-file -b "$1" -r "$2" -l Old "$image" 4000 >/dev/null
	udflabel --utf8 "${@:4}" "$image" "$3" >"$out" 2>&1 || fail "udflabel $*" "$(cat "$out")"
	echo "$1 $n.img rw" >>"$tmp/cells"
	names[n]=$3 what[n]="blocks of $1, revision $2"
}
names=() what=()
for block in 512 1024 2048 4096; do cell $block 2.01 "new label $block"; done
for revision in 1.02 1.50 2.00; do cell 2048 $revision "revision $revision" --fsid=files --owner=me; done
cell 2048 2.01 protected --read-only=on
sed -i '$s/rw$/ro/' "$tmp/cells"
# exchange IMAGE: as a cut after the first anchor leaves it, which names the reserve sequence as the main one
exchange() { python3 - "$1" <<'EOF'
import sys
with open(sys.argv[1], 'r+b') as f:
    f.seek(256 * 2048)
    b = bytearray(f.read(512))
    b[16:24], b[24:32] = b[24:32], b[16:24]
    crc = 0
    for x in b[16:16 + int.from_bytes(b[10:12], 'little')]:
        crc ^= x << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    b[8:10] = crc.to_bytes(2, 'little')
    b[4] = sum(b[:4] + b[5:16]) & 255
    f.seek(256 * 2048)
    f.write(b)
EOF
}
exchanged=
if need "command python3"; then
	cell 2048 2.01 "roles exchanged"
	exchanged=$tmp/$n.img
	ok "the first anchor names the reserve sequence" exchange "$exchanged"
	is "udflabel reads a volume whose sequences have exchanged their roles" "$(udflabel "$exchanged")" "roles exchanged"
else
	skip "udflabel reads a volume whose sequences have exchanged their roles" "needs command python3"
fi

cat >"$tmp/mount.sh" <<'EOF'
mkdir -p /mnt/v
while read -r block image mode; do
	loop=$(losetup -f --show -b "$block" "$1/$image") || exit
	echo "== $image"
	dmesg -C
	mount -t udf -o "$mode" "$loop" /mnt/v || continue
	grep -q "^$loop /mnt/v udf rw" /proc/mounts && echo writable && echo content >/mnt/v/file && cat /mnt/v/file
	umount /mnt/v
	dmesg | grep -o "Mounting volume '[^']*'"
	losetup -d "$loop"
done <"$1/cells"
EOF
ok "the kernel runs the script to its end" uml bash "$tmp/mount.sh" "$tmp"
cp "$out" "$tmp/said"
for ((i = 1; i <= n; i++)); do
	said=$(sed -n "/^== $i.img/,/^==/p" "$tmp/said")
	like "${what[i]}: the kernel mounts the volume by its new label" "$said" "Mounting volume '${names[i]}'"
	if grep -q "^.* $i.img rw$" "$tmp/cells"; then
		like "${what[i]}: the kernel writes to the volume" "$said" "^content$"
		is "${what[i]}: the label is still the new one after the kernel has written to the volume" \
			"$(udflabel --utf8 "$tmp/$i.img")" "${names[i]}"
		# The kernel writes unique ids into names of UDF before 2.00; the anchors differ where that was made so.
		is "${what[i]}: udffsck finds only known problems after the kernel has written to the volume" \
			"$(udffsck -n "$tmp/$i.img" 2>&1 | grep -v '^udffsck:\|ICB\.UDFUniqueID\|^ANCHOR_DIFFERS')" ""
	fi
done
if [ "$exchanged" ]; then
	ok "udflabel sets a label where the sequences have exchanged their roles" udflabel "$exchanged" last
	is "the sequences have their usual roles after udflabel has set a label" \
		"$(udfinfo "$exchanged" | sed -n 's/^start=\([0-9]*\).*MVDS$/\1/p')" 96
	ok "a volume whose sequences had exchanged their roles is clean after udflabel" udffsck -n "$exchanged"
fi
plan
