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
like "the message about a missing operand says how to find the drives" "$(cat "$err")" "cdrwtool --list"
exits "-d without a name is bad usage" 1 pktsetup -d
exits "three operands are bad usage" 1 pktsetup a b c
exits "-s takes no operand" 1 pktsetup -s a
exits "-d and -s exclude each other" 1 pktsetup -d -s a
ok "-s without packet devices succeeds" pktsetup -s
is "-s without packet devices prints nothing" "$(cat "$out")" ""
ok "-s --json without packet devices succeeds" pktsetup -s --json
is "-s --json without packet devices prints an empty list" "$(jq -c . "$out")" "[]"
exits "a drive that isn't there is refused" 1 pktsetup x /dev/none
like "the message names the drive that does not exist" "$(cat "$err")" "^pktsetup: /dev/none: there is no such device"
exits "a file that is not a drive is refused" 1 pktsetup x "$top_srcdir/README.md"
like "the message says that a file is not a drive" "$(cat "$err")" "this is no drive"
exits "-d of a device that does not exist fails" 1 pktsetup -d x
ok "-d -i of a device that does not exist succeeds" pktsetup -d -i x

# ---- what is missing ----
mmcsim create --media=cd-rw d.disc
exits "binding fails without nbdkit" 1 env PATH="$tmp/bin" "$(ours pktsetup)" x sim:d.disc
like "the message names nbdkit, its package and another way" "$(cat "$err")" "nbdkit is missing.*apt-get install nbdkit.*udffuse sim:d.disc"
ln -s "$(command -v nbdkit)" bin/nbdkit
exits "binding fails without nbd-client" 1 env PATH="$tmp/bin" "$(ours pktsetup)" x sim:d.disc
like "the message names nbd-client, its package and another way" "$(cat "$err")" "nbd-client is missing.*apt-get install nbd-client.*udffuse sim:d.disc"

newline=$(printf 'a\nb.disc')
mmcsim create --media=cd-rw "$newline"
exits "a newline in the path of a simulated drive is refused" 1 pktsetup x "sim:$newline"
like "the message says that a newline can't be in the path" "$(cat "$err")" "a newline can't be in the path"

# ---- pktcdvd-check ----
exits "pktcdvd-check refuses a disc that isn't formatted" 1 pktcdvd-check sim:d.disc
like "pktcdvd-check names the command that formats the disc" "$(cat "$err")" "cdrwtool -d sim:.*--format"
exits "pktcdvd-check -q refuses a disc that isn't formatted" 1 pktcdvd-check -q sim:d.disc
is "pktcdvd-check -q prints nothing" "$(cat "$out" "$err")" ""
ok "a disc is formatted" cdrwtool -d sim:d.disc -q --force
ok "pktcdvd-check accepts a formatted CD-RW" pktcdvd-check sim:d.disc
like "pktcdvd-check says how a CD-RW is written" "$(cat "$out")" "the CD-RW can be written in packets of 32 blocks"
mmcsim create --media=dvd-ram r.disc
ok "pktcdvd-check accepts a formatted DVD-RAM" eval 'cdrwtool -d sim:r.disc --format --force && pktcdvd-check sim:r.disc'
mmcsim eject r.disc && mmcsim insert --write-protect=on r.disc
exits "pktcdvd-check refuses a write-protected disc" 1 pktcdvd-check sim:r.disc
like "the message says that the disc is protected" "$(cat "$err")" "^pktcdvd-check: sim:r.disc: .*protect"

# ---- what is known of packet devices ----
mkdir -p run/pktsetup
printf '%s\n' state=pending released=no path=/dev/pktcdvd/a node=/dev/nbd0 node_number=43:0 device=/dev/sr0 \
	device_number=11:0 disc=CD-RW note= session= >run/pktsetup/0
printf '%s\n' state=lost released=yes path=/dev/pktcdvd/b node=/dev/nbd1 node_number=43:1 device=sim:/d \
	device_number=0:0 disc=DVD-RAM 'note=the server was killed' session= >run/pktsetup/3
printf '%s\n' state=done path=/dev/pktcdvd/c >run/pktsetup/4
printf 'what = is\n\0\xff=\nstate=none\n' >run/pktsetup/5
exits "-s fails if data were lost" 1 pktsetup -s
like "-s reports a process that was killed" "$(cat "$out")" "^ 0 : 43:0 -> 11:0  /dev/pktcdvd/a .*the process that kept it was killed; 'pktsetup -d /dev/pktcdvd/a'"
like "-s reports a loss that was recorded" "$(cat "$out")" "^ 3 : 43:1 -> sim:/d  /dev/pktcdvd/b was .*the server was killed"
is "-s does not list devices that were released in order" "$(wc -l <"$out")" 2
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
ok "-d waits for another pktsetup -d, and succeeds as that one does" wait $waiter
like "-d says that another pktsetup has released the device" "$(cat waited)" "b: another pktsetup has released it"
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
like "-d that waited says that the server was killed" "$(cat told)" "b: another pktsetup has released it: the server was killed$"
cp kept run/pktsetup/3
# The process that kept it and its server were killed: the socket is there, and nobody serves it.
touch run/pktsetup/6.socket run/pktsetup/6.server node
printf '%s\n' state=clean released=no path=/dev/pktcdvd/d node="$tmp/node" node_number=43:6 device=sim:/e \
	device_number=0:0 disc=CD-RW note= session= >run/pktsetup/6
ok "-d does not wait for a server that was killed" timeout 20 "$(ours pktsetup)" -d d
ok "-d removes the socket of a server that was killed" test ! -e run/pktsetup/6.socket
exits "-d fails if data were lost" 1 pktsetup -d b
like "-d says that the server was killed" "$(cat "$err")" "^pktsetup: /dev/pktcdvd/b: the server was killed"
is "-d leaves the result to others that wait for it" "$(cat run/pktsetup/3.release)" "the server was killed"
exits "-d reports a loss once only" 1 pktsetup -d b
like "a device that was released is not known any more" "$(cat "$err")" "no such packet device"
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
like "the server reports that it is ready, with the size and the medium" "$(cat told)" "^ready 604700672 CD-RW$"
is "the server announces size, sectors and packets" "$(client '
print(h.get_size(), h.get_block_size(nbd.SIZE_MINIMUM), h.get_block_size(nbd.SIZE_PREFERRED), h.is_rotational(),
      h.can_multi_conn(), h.can_flush())')" "604700672 2048 65536 True False True"
is "the server refuses parts of sectors" "$(client '
h.set_strict_mode(0)
print(error(h.pwrite, b"x" * 512, 0), error(h.pread, 512, 512), error(h.pread, 2048, 1024))')" "EINVAL EINVAL EINVAL"
exits "the server holds the drive" 1 pktcdvd-check sim:d.disc
# The client stays, so that it is no disconnect that writes it out.
stays 'h.pwrite(b"idle" * 512, 2048 * 5000); assert h.pread(2048, 2048 * 5000) == b"idle" * 512'
like "the server reports pending data at once" "$(cat told)" "^pending$"
ok "the server reports that all is written within a second" wait_until 30 grep -q clean told
is "data of an idle client are on the disc" "$(on_disc 5000 8)" idleidle
ok "a client is killed without disconnecting" kill $client
client 'h.pwrite(b"sync" * 512, 2048 * 5100); h.flush(); os.kill(os.getpid(), 9)' 2>/dev/null
is "data that a killed client flushed are on the disc" "$(on_disc 5100 8)" syncsync
client 'h.pwrite(b"bye " * 512, 2048 * 5200); h.shutdown()'
ok "data of a client that disconnects are on the disc" wait_until 5 eval '[ "$(on_disc 5200 8)" = "bye bye " ]'
stays 'h.pwrite(b"term" * 512, 2048 * 5300); os.kill('$server', 15)'
ok "SIGTERM ends the server" eval 'wait_until 30 grep -q "^clean" <(tail -n 1 told); kill $client; gone "$server" 30'
is "data that were pending at SIGTERM are on the disc" "$(on_disc 5300 8)" termterm
like "the server reports how much it has written" "$(cat told)" "^session [0-9]+ packets of 64 KiB were written"
unlike "the server reports no loss" "$(cat told)" "^lost"
like "the drive is free after the server has ended" "$(mmcsim show d.disc)" "^drive: formatted$"

# The button
serve sim:d.disc
stays 'h.pwrite(b"eject" * 2048, 2048 * 6000); os.system("mmcsim eject d.disc >/dev/null 2>&1")'
ok "the server reports a press of the eject button" wait_until 30 grep -q eject told
is "the server reports the eject button after pending data were written" "$(grep -v ready told | paste -sd ,)" "pending,clean,eject"
is "data that were pending at the eject button are on the disc" "$(on_disc 6000 10)" ejecteject
kill $client
stop

# A packet that can't be written, and no spare ones: CD-RW has none of its own.
mmcsim defect -k write d.disc 7040
serve sim:d.disc
is "a flush fails if data can't be written" "$(client 'h.pwrite(b"bad " * 512, 2048 * 7040); print(error(h.flush))')" EIO
like "the server reports data that can't be written" "$(cat told)" "^failing "
stop
like "the server reports the loss at its end" "$(cat told)" "^lost "
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
like "packets that a power cut made unreadable are restored from the journal when the disc is bound" "$(cat cuts)" "^1 unreadable then 0 unreadable"
is "synced data are there after each power cut" "$(grep -c NEWS cuts)" 3

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
	unlike "$medium: no data are lost on a disc that was only formatted" "$(cat told)" "^lost"
	serve sim:d.disc
	is "$medium: files can be written to blank blocks after the disc is bound again" "$(pages '
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
exits "the server refuses a drive that can't be opened" 1 env LD_PRELOAD="$asan" nbdkit --foreground -U "$tmp/other" "$plugin" device=sim:none
like "the message names the drive and advises what to do" "$(cat "$err")" "sim:.*mmcsim create"
plan
