#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel reads volumes that mkudffs -d filled, of every strategy and kind of space set.  Names and contents
# are those of the source tree.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"
top_src=$(cd "$top_srcdir" && pwd)
cd "$tmp" || exit 1

mkdir -p tree/sub/deeper/still tree/empty tree/many 'tree/Ünï 日本 𝄞'
echo "fits into the ICB" >tree/small
: >tree/nothing
seq 100000 | head -c 300001 >tree/sub/large
seq 1000 >tree/sub/deeper/still/medium
for ((i = 0; i < 200; i++)); do echo "$i" >"tree/many/a name that makes the directory long enough $i"; done
truncate -s 700000 tree/hole
printf 'in the middle' | dd of=tree/hole bs=1 seek=333333 conv=notrunc status=none
ln tree/small tree/sub/hard
ln tree/sub/large tree/hard
ln -s ../small tree/sub/soft
ln -s "$(printf 'long/%.0s' {1..55})end" tree/long	# not in the ICB at 512; the kernel reads one block
mkfifo tree/fifo
if need root; then
	mknod tree/device c 5 1
	chown 1000:100 tree/sub/large
fi
chmod 4751 tree/small
chmod 1777 tree/many
find tree -exec touch -h -d '2020-02-29 12:34:56.789012 UTC' {} +
list_tree tree >wanted

cat >volumes <<'EOT'
mo-1.02-512 512 -m mo -r 1.02
mo-1.50-2048 2048 -m mo -r 1.50
mo-2.00-512 512 -m mo -r 2.00
mo-2.01-2048 2048 -m mo -r 2.01
worm-1.02-2048 2048 -m worm -r 1.02
worm-1.50-512 512 -m worm -r 1.50
worm-2.00-2048 2048 -m worm -r 2.00
worm-2.01-512 512 -m worm -r 2.01
table 2048 --space=unalloctable
table-4096 2048 --space=unalloctable --strategy=4096
freedbitmap 2048 --space=freedbitmap
freedbitmap-4096 512 --space=freedbitmap --strategy=4096
freedtable 512 --space=freedtable
freedtable-4096 2048 --space=freedtable --strategy=4096
cdrw-1.50 2048 -m cdrw -r 1.50
cdrw-2.01 2048 -m cdrw
dvdrw-2.00 2048 -m dvdrw -r 2.00
dvdrw-table 2048 -m dvdrw --space=unalloctable
EOT
while read -r name sector options; do
	# shellcheck disable=SC2086
	ok "$name: mkudffs -d fills the volume" mkudffs -q -d tree -b "$sector" $options "$name.img"
done <volumes

# Packets that have moved: the kernel finds them, and what it changes there udf reads.  The volumes are ours, and
# udftools', which udf has filled.
: >moved
if need "command python3"; then
	for name in peer-cdrw peer-dvdrw cdrw-2.00 cdrw-2.01 dvdrw-2.00; do
		case $name in
		peer-*)
			/usr/sbin/mkudffs -b 2048 -m "${name#peer-}" -r 2.01 $name.img 8000 >/dev/null 2>&1
			ok "$name: udf put fills udftools' volume" udf put $name.img tree /
			cp $name.img $name-moved.img
			;;
		*)
			ok "$name: mkudffs -d fills another one" mkudffs -q -d tree -b 2048 -m ${name%-*} \
				-r ${name#*-} $name-moved.img 8000
			;;
		esac
		ok "$name: packets move" python3 "$top_src/tests/common/move-packets" $name-moved.img 2
		exits "$name: udffsck finds no problem where packets have moved" 0 udffsck -n $name-moved.img
		echo "$name-moved" >>moved
	done
else
	skip "the kernel reads packets that have moved" "needs command python3"
fi

cat >script <<'EOT'
. "$1/tests/kernel/list.sh"
mkdir /mnt/volume
while read -r name sector options; do
	loop=$(losetup -f --show -r -b "$sector" "$name.img")
	mount -t udf -o ro "$loop" /mnt/volume && list_tree /mnt/volume >"$name.list" && umount /mnt/volume
	losetup -d "$loop"
done <volumes
while read -r name; do
	loop=$(losetup -f --show -b 2048 "$name.img")
	mount -t udf "$loop" /mnt/volume && {
		list_tree /mnt/volume >"$name.list"
		cat /mnt/volume/tree/sub/large /mnt/volume/sub/large >/mnt/volume/new 2>"$name.said"
		rm /mnt/volume/{,tree/}many/*3
		umount /mnt/volume
	}
	losetup -d "$loop"
done <moved
EOT
ok "the kernel runs the script to its end" uml bash script "$top_src"
while read -r name sector options; do
	same "$name: the kernel lists the source tree" "$name.list" wanted
done <volumes
while read -r name; do
	# Of what udf put copied, the contents.
	case $name in
	peer-*)
		sed -nE 's,^([0-9a-f]{64})  \./,\1  ./tree/,p' wanted >want
		grep -E '^[0-9a-f]{64}  ' "$name.list" >listed
		;;
	*)
		cp wanted want
		cp "$name.list" listed
		;;
	esac
	same "$name: the kernel reads what has moved" listed want
	is "$name: udf reads what the kernel wrote" "$(udf cat "$name.img" /new | cksum)" "$(cksum <tree/sub/large)"
	exits "$name: udffsck finds no problem in what the kernel wrote" 0 udffsck -n "$name.img"
done <moved
plan
