#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The computer is suspended while a disc is mounted, and the drive loses its power meanwhile: udffuse goes on afterwards.
# (In user-mode-linux, which wakes up when its process gets SIGUSR1.)
. "${top_srcdir:?run by make check}/tests/kernel/lib.sh"

cd "$tmp" || exit
cat >guest <<'EOF'
exec 2>&1
mkfifo /run/never
moment() { read -rt 0.1 <>/run/never; }
within() { local n=$(($1 * 10)); shift; until "$@"; do [ $((n -= 1)) -gt 0 ] || return 1; moment; done; return 0; }
mkdir -p /mnt/disc
udffuse -f $sr /mnt/disc >$dir/log 2>&1 & server=$!
within 20 mountpoint -q /mnt/disc; echo "mounted: $?"
cp $dir/guest /mnt/disc/first; sync /mnt/disc; echo "first: $?"
[ $medium = dvd-ram ] || cp $dir/guest /mnt/disc/second
mmcsim cut disc >/dev/null; mmcsim cut --on disc >/dev/null
: >$dir/asleep.$medium
echo freeze >/sys/power/state; echo "woke up: $?"
cmp $dir/guest /mnt/disc/first; echo "read: $?"
[ $medium = dvd-ram ] && cp $dir/guest /mnt/disc/second
cp $dir/guest /mnt/disc/third; sync /mnt/disc; echo "third: $?"
umount /mnt/disc; echo "umount: $?"
within 60 sh -c "! kill -0 $server 2>/dev/null"; wait $server; echo "server: $?"
udffsck -n $sr; echo "udffsck: $?"
for file in first second third; do udf cat $sr /$file | cmp - $dir/guest || echo "$file is lost"; done
cat $dir/log
EOF

# The process of the kernel that JOB started
kernel_of() {
	local pid
	for pid in $(pgrep -P "$1"); do
		if tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qx umid=u; then
			echo "$pid"
		else
			kernel_of "$pid"
		fi
	done
}

for medium in cd-rw dvd-ram; do
	rm -f disc*
	mmcsim create --media=$medium disc
	cdrwtool -d sim:disc -q --force >/dev/null
	# shellcheck disable=SC2016
	uml --modules 'sr_mod sg' --env dir="$tmp" --env medium=$medium \
		mmcsim serve --pace=2000 --run='exec bash $dir/guest' disc >said 2>&1 & job=$!
	ok "$medium: the kernel comes as far as to be suspended" wait_until 300 test -e asleep.$medium
	# It may take a moment until it is: what comes too early is no harm.
	wake() { ! kill -0 $job 2>/dev/null || { kill -USR1 $(kernel_of $job | head -n 1) 2>/dev/null; false; }; }
	wait_until 300 wake
	wait $job
	is "$medium: the kernel runs the script to its end" $? 0
	said=$(cat said)
	like "$medium: the kernel was suspended" "$said" '^woke up: 0$'
	like "$medium: udffuse reads what was there" "$said" '^read: 0$'
	like "$medium: what is written afterwards is synced" "$said" '^third: 0$'
	like "$medium: the volume is unmounted" "$said" '^umount: 0$'
	like "$medium: and udffuse ends with success" "$said" '^server: 0$'
	like "$medium: udffsck finds no problems" "$said" '^udffsck: 0$'
	unlike "$medium: what was written before and afterwards is there" "$said" 'is lost$'
done
plan
