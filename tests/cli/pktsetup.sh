#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pktsetup without a kernel that serves it: its command line, what it says is missing, its records, and its server,
# which any NBD client can use.  (tests/kernel/pktsetup.sh has the kernel's side.)
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
for need in "command nbdkit" "command nbdsh" "command mke2fs"; do require "$need"; done
plugin=$top_builddir/pktsetup/packets.so
ok "the server of pktsetup is built" test -e "$plugin" || plan
cd "$tmp" || exit
export UDFKIT_RUN_DIR=$tmp/run
mkdir bin

# ---- the command line ----
exits "no operand is bad usage" 1 pktsetup
like "and it is said how to find the drives" "$(cat "$err")" "cdrwtool --list"
exits "-d wants a name" 1 pktsetup -d
exits "three operands are bad usage" 1 pktsetup a b c
exits "-s takes no operand" 1 pktsetup -s a
exits "-d and -s exclude each other" 1 pktsetup -d -s a
ok "-s without packet devices succeeds" pktsetup -s
is "and prints nothing" "$(cat "$out")" ""
ok "--json prints an empty list" pktsetup -s --json
is "as JSON has it" "$(jq -c . "$out")" "[]"
exits "a drive that isn't there is refused" 1 pktsetup x /dev/none
like "by name" "$(cat "$err")" "^pktsetup: /dev/none: there is no such device"
exits "a file is no drive" 1 pktsetup x "$top_srcdir/README.md"
like "which is said, too" "$(cat "$err")" "this is no drive"
exits "nothing is released that isn't there" 1 pktsetup -d x
ok "with -i that is no failure" pktsetup -d -i x

# ---- what is missing ----
mmcsim create --media=cd-rw d.disc
exits "without nbdkit it can't bind" 1 env PATH="$tmp/bin" "$(ours pktsetup)" x sim:d.disc
like "nbdkit is named, with the package and with another way" "$(cat "$err")" "nbdkit is missing.*apt-get install nbdkit.*udffuse sim:d.disc"
ln -s "$(command -v nbdkit)" bin/nbdkit
exits "without nbd-client it can't bind" 1 env PATH="$tmp/bin" "$(ours pktsetup)" x sim:d.disc
like "nbd-client is named" "$(cat "$err")" "nbd-client is missing.*apt-get install nbd-client.*udffuse sim:d.disc"

newline=$(printf 'a\nb.disc')
mmcsim create --media=cd-rw "$newline"
exits "a newline in the path of a simulated drive is refused" 1 pktsetup x "sim:$newline"
like "by name" "$(cat "$err")" "a newline can't be in the path"

# ---- pktcdvd-check ----
exits "pktcdvd-check refuses a disc that isn't formatted" 1 pktcdvd-check sim:d.disc
like "and says what formats it" "$(cat "$err")" "cdrwtool -d sim:.*--format"
exits "with -q it prints nothing" 1 pktcdvd-check -q sim:d.disc
is "neither here nor there" "$(cat "$out" "$err")" ""
ok "a disc is formatted" cdrwtool -d sim:d.disc -q --force
ok "pktcdvd-check finds it good" pktcdvd-check sim:d.disc
like "and says how it is written" "$(cat "$out")" "the CD-RW can be written in packets of 32 blocks"
mmcsim create --media=dvd-ram r.disc
ok "a DVD-RAM is good, too" eval 'cdrwtool -d sim:r.disc --format --force && pktcdvd-check sim:r.disc'
mmcsim eject r.disc && mmcsim insert --write-protect=on r.disc
exits "a write-protected disc is refused" 1 pktcdvd-check sim:r.disc
like "which is said" "$(cat "$err")" "^pktcdvd-check: sim:r.disc: .*protect"

# ---- what is known of packet devices ----
mkdir -p run/pktsetup
printf '%s\n' state=pending released=no path=/dev/pktcdvd/a node=/dev/nbd0 node_number=43:0 device=/dev/sr0 \
	device_number=11:0 disc=CD-RW note= session= >run/pktsetup/0
printf '%s\n' state=lost released=yes path=/dev/pktcdvd/b node=/dev/nbd1 node_number=43:1 device=sim:/d \
	device_number=0:0 disc=DVD-RAM 'note=the server was killed' session= >run/pktsetup/3
printf '%s\n' state=done path=/dev/pktcdvd/c >run/pktsetup/4
printf 'what = is\n\0\xff=\nstate=none\n' >run/pktsetup/5
exits "-s fails where data were lost" 1 pktsetup -s
like "a process that was killed is reported" "$(cat "$out")" "^ 0 : 43:0 -> 11:0  /dev/pktcdvd/a .*the process that kept it was killed; 'pktsetup -d /dev/pktcdvd/a'"
like "so is a loss that was noted" "$(cat "$out")" "^ 3 : 43:1 -> sim:/d  /dev/pktcdvd/b was .*the server was killed"
is "what was released in order is not listed" "$(wc -l <"$out")" 2
# Another one releases it meanwhile: it holds the lock, removes the record, and ends.
echo >go && rm go && mkfifo go
/usr/bin/python3 -c 'import fcntl, os
f = open("run/pktsetup/3.release", "w"); fcntl.lockf(f, fcntl.LOCK_EX); open("held", "w"); open("go").read()' &
holder=$!
on_exit "kill $holder"
wait_until 30 test -e held; cp run/pktsetup/3 kept
pktsetup -d b 2>waited &
waiter=$!
wait_until 30 grep -q "another pktsetup is releasing it" waited; rm run/pktsetup/3; echo >go
ok "-d waits for another one that releases the same, and does not take its end for a loss" wait $waiter
like "and says who has released it" "$(cat waited)" "b: another pktsetup has released it"
cp kept run/pktsetup/3
rm held; mkfifo loss
/usr/bin/python3 -c 'import fcntl
f = open("run/pktsetup/3.release", "w"); fcntl.lockf(f, fcntl.LOCK_EX); open("held", "w"); f.write(open("loss").read()); f.flush()' &
on_exit "kill $!"
wait_until 30 test -e held
pktsetup -d b 2>told &
waiter=$!
wait_until 30 grep -q "another pktsetup is releasing it" told; rm run/pktsetup/3; echo -n "the server was killed" >loss
wait $waiter; is "where something was lost, both of them fail" $? 1
like "and say so" "$(cat told)" "b: another pktsetup has released it: the server was killed$"
cp kept run/pktsetup/3
# The process that kept it and its server were killed: the socket is there, and nobody serves it.
touch run/pktsetup/6.socket run/pktsetup/6.server node
printf '%s\n' state=clean released=no path=/dev/pktcdvd/d node="$tmp/node" node_number=43:6 device=sim:/e \
	device_number=0:0 disc=CD-RW note= session= >run/pktsetup/6
ok "what a killed server has left is not waited for" timeout 20 "$(ours pktsetup)" -d d
ok "and its socket is removed" test ! -e run/pktsetup/6.socket
exits "-d says what was lost" 1 pktsetup -d b
like "in words" "$(cat "$err")" "^pktsetup: /dev/pktcdvd/b: the server was killed"
is "and leaves word to those who wait for it" "$(cat run/pktsetup/3.release)" "the server was killed"
exits "once" 1 pktsetup -d b
like "then it is not known any more" "$(cat "$err")" "no such packet device"
rm -r run

# ---- the server ----
# In a build with sanitizers, their library must be loaded before nbdkit.
asan=$(ldd "$plugin" | awk '$1 ~ /^lib(asan|clang_rt.asan)/ { print $3 }')
[ -z "$asan" ] || export ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0"
serve() {	# DEVICE: $server is its process; what it tells comes in the file "told"
	rm -f socket
	LD_PRELOAD=$asan nbdkit --foreground --unix "$tmp/socket" "$plugin" device="$1" status=3 3>told 2>said &
	server=$!
	on_exit "kill $server"
	wait_until 30 test -S socket && wait_until 30 grep -q ready told
}
stop() { kill "$server" && gone "$server" 60; }
prelude="
import nbd, os, sys
h = nbd.NBD()
h.connect_unix('$tmp/socket')
def error(f, *args):
    try:
        f(*args)
        return 'no error'
    except nbd.Error as e:
        return e.errno
"
client() { /usr/bin/python3 -c "$prelude$1"; }
# stays COMMANDS: a client that does this and stays connected until $client is killed
stays() {
	/usr/bin/python3 -c "$prelude$1; open('$tmp/wrote', 'w'); sys.stdin.read()" <&"$tap_pipe" &
	client=$!
	on_exit "kill $client"
	wait_until 30 test -e wrote; rm -f wrote
}
on_disc() { tail -c +$((2048 * $1 + 1)) d.disc | head -c "$2"; }

serve sim:d.disc
like "the server says when it is ready, and with what" "$(cat told)" "^ready 604700672 CD-RW$"
is "size, sectors and packets are announced" "$(client '
print(h.get_size(), h.get_block_size(nbd.SIZE_MINIMUM), h.get_block_size(nbd.SIZE_PREFERRED), h.is_rotational(),
      h.can_multi_conn(), h.can_flush())')" "604700672 2048 65536 True False True"
is "parts of sectors are refused" "$(client '
h.set_strict_mode(0)
print(error(h.pwrite, b"x" * 512, 0), error(h.pread, 512, 512), error(h.pread, 2048, 1024))')" "EINVAL EINVAL EINVAL"
exits "the drive is held" 1 pktcdvd-check sim:d.disc
# The client stays, so that it is no disconnect that writes it out.
stays 'h.pwrite(b"idle" * 512, 2048 * 5000); assert h.pread(2048, 2048 * 5000) == b"idle" * 512'
like "that something is pending is reported at once" "$(cat told)" "^pending$"
ok "a second later all is clean" wait_until 30 grep -q clean told
is "and on the disc" "$(on_disc 5000 8)" idleidle
ok "one client goes without a word" kill $client
client 'h.pwrite(b"sync" * 512, 2048 * 5100); h.flush(); os.kill(os.getpid(), 9)' 2>/dev/null
is "what was flushed is on the disc" "$(on_disc 5100 8)" syncsync
client 'h.pwrite(b"bye " * 512, 2048 * 5200); h.shutdown()'
ok "a client that disconnects has its data on the disc" wait_until 5 eval '[ "$(on_disc 5200 8)" = "bye bye " ]'
stays 'h.pwrite(b"term" * 512, 2048 * 5300); os.kill('$server', 15)'
ok "SIGTERM ends it" eval 'wait_until 30 grep -q "^clean" <(tail -n 1 told); kill $client; gone "$server" 30'
is "after it has written what was pending" "$(on_disc 5300 8)" termterm
like "it tells how much it has written" "$(cat told)" "^session [0-9]+ packets of 64 KiB were written"
unlike "nothing was lost" "$(cat told)" "^lost"
like "the drive is let go" "$(mmcsim show d.disc)" "^drive: formatted$"

# The button
serve sim:d.disc
stays 'h.pwrite(b"eject" * 2048, 2048 * 6000); os.system("mmcsim eject d.disc >/dev/null 2>&1")'
ok "a press of the button is reported" wait_until 30 grep -q eject told
is "after what was pending has been written" "$(grep -v ready told | paste -sd ,)" "pending,clean,eject"
is "and that is on the disc" "$(on_disc 6000 10)" ejecteject
kill $client
stop

# A packet that can't be written, and no spare ones: CD-RW has none of its own.
mmcsim defect -k write d.disc 7040
serve sim:d.disc
is "a flush reports what can't be written" "$(client 'h.pwrite(b"bad " * 512, 2048 * 7040); print(error(h.flush))')" EIO
like "which is reported" "$(cat told)" "^failing "
stop
like "and at the end it is lost" "$(cat told)" "^lost "
# A power cut: the kernel could not read the packet that was being written, and would not look into the volume's journal.
# Of three packets in a row one is new, one is of the journal, and one is written in its place.
unreadable() { mmcsim show d.disc | grep -o '[0-9]* unreadable'; }
for n in 6 7 8; do
	rm -f d.disc*; mmcsim create --media=cd-rw d.disc && cdrwtool -d sim:d.disc -q --force >/dev/null
	udf put sim:d.disc "$top_srcdir/NEWS" /
	mmcsim cut --packets=$n d.disc >/dev/null 2>&1
	udf put sim:d.disc "$top_srcdir/COPYING" / >/dev/null 2>&1
	mmcsim cut --on d.disc >/dev/null 2>&1
	before=$(unreadable)
	serve sim:d.disc
	stop
	echo "$before then $(unreadable) with $(udf ls sim:d.disc / | grep NEWS)"
done >cuts
like "what a power cut made unreadable is written from the journal when the disc is bound" "$(cat cuts)" "^1 unreadable then 0 unreadable"
is "and what was synced is there after each cut" "$(grep -c NEWS cuts)" 3

# Another filesystem on a disc that was only formatted.  The kernel writes a page of 4096 bytes, which it reads before.
python_pages='
PAGE = 4096
def change(at, data):
    page = bytearray(h.pread(PAGE, at - at % PAGE))
    page[at % PAGE:at % PAGE + len(data)] = data
    h.pwrite(bytes(page), at - at % PAGE)
def wrote(name):
    image = open(name, "rb").read()
    return [(at, image[at:at + 2048]) for at in range(0, len(image), 2048) if image[at:at + 2048].strip(b"\0")]
'
pages() { client "$python_pages$1"; }
truncate -s 40M ext2 && mke2fs -q -F -b 2048 ext2
for medium in bd-re "bd-re --quirk=unw=blank" "bd-re --quirk=unw=2100" dvd+rw "dvd+rw --quirk=unw=1105" dvd-rw cd-rw dvd-ram; do
	rm -f d.disc*
	mmcsim create --media=$medium d.disc && cdrwtool -d sim:d.disc --format --force >/dev/null 2>&1
	serve sim:d.disc
	is "$medium: on a disc that was only formatted, another filesystem can be made" "$(pages '
for at, data in wrote("ext2"): change(at, data)
h.flush()
print(all(h.pread(2048, at) == data for at, data in wrote("ext2")), h.pread(2048, 300 << 20) == bytes(2048))' 2>&1)" "True True"
	stop
	unlike "$medium: nothing is lost" "$(cat told)" "^lost"
	serve sim:d.disc
	is "$medium: when it is bound again, files can be written where nothing was" "$(pages '
h.pwrite(b"file" * 512, 100002 * 2048)
h.pwrite(b"more" * 512, 100005 * 2048)
h.flush()
print(bytes(h.pread(2048, 100002 * 2048)[:4]), h.pread(2048, 100003 * 2048) == bytes(2048), bytes(h.pread(2048, 100005 * 2048)[:4]))
print(all(h.pread(2048, at) == data for at, data in wrote("ext2")))' 2>&1 | paste -sd ' ')" "b'file' True b'more' True"
	stop
	mmcsim defect -k read d.disc 100000
	serve sim:d.disc
	is "$medium: a damaged packet is not completed with zeros" "$(pages '
h.pwrite(b"lost" * 512, 100004 * 2048)
print(error(h.flush))
print(error(h.pread, 2048, 100003 * 2048))' 2>&1 | paste -sd ' ')" "EIO EIO"
	stop
done
exits "a drive that can't be opened is refused" 1 env LD_PRELOAD="$asan" nbdkit --foreground -U "$tmp/other" "$plugin" device=sim:none
like "by name, and with advice" "$(cat "$err")" "sim:.*mmcsim create"
plan
