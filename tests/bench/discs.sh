#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# discs.sh: how many bytes a disc in a simulated drive is written for each byte of the user, how many packets a second of the
# drive's time, and how much processor time a MiB takes: a tree of 100 MiB, 1,000 files of 4 KiB with one sync, 100 with a
# sync after each file (plain write-through), 4 KiB at 500 random places of a file of 32 MiB.  Then the same by the kernel's udf
# over a packet device, as pktsetup makes it, in user-mode-linux.  The figures of a working day are those of wear.sh.
# Needs /dev/fuse for the last two, and linux.uml, nbdkit and nbd-client for the kernel; options: -n and -c are ignored.
# MEDIA="cd-rw dvd+rw" chooses.
. "${top_srcdir:?run by make bench}/tests/bench/lib.sh"
PATH=$(printf '%s:' "$top_builddir"/{mmcsim,cdrwtool,udf,udffuse,mkudffs,pktsetup})$PATH
mkdir tree files mnt
for n in {1..60}; do head -c $((n * 55000)) /dev/urandom >tree/$n; done
head -c $((100 * 1048576 - $(du -sb --apparent-size tree | cut -f1))) /dev/urandom >tree/last
for n in {1..1000}; do head -c 4096 /dev/urandom >files/$n; done
head -c 33554432 /dev/urandom >large

# shown: packet writes and milliseconds of the drive's time so far
shown() { mmcsim show d.disc | awk '/^packet writes:/ { n = $3 + 0 } /^time:/ { t = $2 } END { print n, t }'; }
# line NAME BYTES PACKETS MORE: sets $amplification
line() {
	amplification=$(awk -v n="$3" -v u="$unit" -v b="$2" 'BEGIN { printf "%.2f", n * u * 2048 / b }')
	printf '%-8s %-42s %6s bytes a byte, %6d packets%s\n' "$media" "$1" "$amplification" "$3" "$4"
}
# row NAME BYTES AIM COMMAND...
row() {
	local name=$1 bytes=$2 most=$3 was now cpu
	shift 3
	read -ra was <<<"$(shown)"
	cpu=$({ TIMEFORMAT='%U %S'; time "$@" >/dev/null 2>&1; } 2>&1 | awk '{ print $1 + $2 }')
	read -ra now <<<"$(shown)"
	line "$name" "$bytes" $((now[0] - was[0])) \
		"$(awk -v n=$((now[0] - was[0])) -v t="${now[1]}" -v s="${was[1]}" -v c="$cpu" -v b="$bytes" 'BEGIN {
			printf ", %.1f a second, %.1f ms of CPU a MiB", (t > s) ? n / (t - s) : 0, c * 1000 / (b / 1048576) }')"
	judge "$media, $name" "$amplification" "$most"
}
mounted() { # COMMAND: on the disc, mounted in the foreground, so that its time counts
	udffuse -f sim:d.disc mnt &
	local server=$!
	until mountpoint -q mnt; do read -rt 0.1 <> <(:); done
	"$@"
	umount mnt
	wait $server
}
each_synced() { for n in {1..100}; do cp files/$n mnt/s$n && sync mnt/s$n; done; }
random_places() { for n in {1..500}; do dd if=files/$n of=mnt/large bs=4k seek=$((n * 7919 % 8192)) conv=notrunc status=none; done; }

# What the kernel does, in a kernel that has no pktcdvd: NAME|BYTES|COMMAND, each on a packet device of its own.
cat >jobs <<'EOF'
a tree of 100 MiB|104857600|cp -r tree /mnt/k/
1,000 files of 4 KiB, one sync|4096000|cp -r files /mnt/k/
100 of them, each file synced|409600|for n in {1..100}; do cp files/$n /mnt/k/s$n && sync /mnt/k/s$n; done
-|0|cp large /mnt/k/
500 random 4 KiB of 32 MiB|2048000|for n in {1..500}; do dd if=files/$n of=/mnt/k/large bs=4k seek=$((n * 7919 % 8192)) conv=notrunc status=none; done
EOF
cat >guest <<'EOF'
cd $dir && mkdir /mnt/k
while IFS='|' read -r name bytes command; do
	was=$(mmcsim show d.disc | awk '/^packet writes:/ { print $3 + 0 }')
	pktsetup k /dev/sr0 && mount -t udf /dev/pktcdvd/k /mnt/k && eval "$command"; umount /mnt/k; pktsetup -d k
	echo "$name|$bytes|$(($(mmcsim show d.disc | awk '/^packet writes:/ { print $3 + 0 }') - was))" >>rows
done <jobs >/dev/null
EOF
can_kernel() { for tool in linux.uml nbdkit nbd-client; do command -v $tool >/dev/null || return 1; done; }
kernel_rows() {
	: >rows
	UML_PRELOAD=$top_builddir/tests/kernel/wide_registers bash "$top_srcdir/tests/kernel/uml-run" --modules 'sr_mod sg nbd udf' \
		--rw "$PWD" --timeout 1200 --env dir="$PWD" mmcsim serve --run='exec bash guest' d.disc
	while IFS='|' read -r name bytes n; do
		[ "$name" = - ] || line "kernel: $name" "$bytes" "$n" ''
	done <rows
}

for media in ${MEDIA:-cd-rw dvd+rw bd-re dvd-ram}; do
	rm -f d.disc*
	mmcsim create --media=$media d.disc >/dev/null
	cdrwtool -d sim:d.disc -q --force </dev/null >/dev/null 2>&1 || exit 1
	case $media in cd-rw|bd-re) unit=32 ;; *) unit=16 ;; esac
	row "a tree of 100 MiB" 104857600 1.05 udf put sim:d.disc tree /
	row "1,000 files of 4 KiB, one sync" 4096000 1.75 udf put sim:d.disc files /
	[ -c /dev/fuse ] || continue
	row "100 of them, each file synced" 409600 - mounted each_synced
	udf put sim:d.disc large / >/dev/null 2>&1
	row "500 random 4 KiB of 32 MiB" 2048000 - mounted random_places
	can_kernel || continue
	rm -f d.disc*
	mmcsim create --media=$media d.disc >/dev/null
	cdrwtool -d sim:d.disc -q --force </dev/null >/dev/null 2>&1 && kernel_rows
done
bench_verdict
