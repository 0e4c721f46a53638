#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel reads volumes that mkudffs -d filled, of every strategy and kind of space set.  Names and contents
# are those of the source tree.
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"
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
EOT
while read -r name sector options; do
	# shellcheck disable=SC2086
	ok "$name: mkudffs -d fills the volume" mkudffs -q -d tree -b "$sector" $options "$name.img"
done <volumes

cat >script <<'EOT'
. "$1/tests/kernel/list.sh"
mkdir /mnt/volume
while read -r name sector options; do
	loop=$(losetup -f --show -r -b "$sector" "$name.img")
	mount -t udf -o ro "$loop" /mnt/volume && list_tree /mnt/volume >"$name.list" && umount /mnt/volume
	losetup -d "$loop"
done <volumes
EOT
ok "the kernel runs the script to its end" uml bash script "$(cd "$top_srcdir" && pwd)"
while read -r name sector options; do
	same "$name: the kernel lists the source tree" "$name.list" wanted
done <volumes
plan
