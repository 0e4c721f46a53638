#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# quickstart, in a small tree with a configure, package tools and tests of its own: when it configures
# again, which packages it asks for, and which results it refuses.
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
unset UDFKIT_TALLY UDFKIT_PACKAGES CC CFLAGS

tree=$tmp/tree bin=$tmp/bin
mkdir -p "$tree/tests/unit" "$tree/doc" "$bin"
cp "$top_srcdir/quickstart" "$top_srcdir/configure.ac" "$tree/"
cp "$top_srcdir/tests/summary" "$top_srcdir/tests/list" "$tree/tests/"
mkdir "$tree"/tests/{cli,crash,kernel,fuzz,lint}
touch "$tree/tests/unit/test_one.c" "$tree/tests/cli/two.sh"
printf '%s\n' unit/test_one cli/two.sh >"$tmp/runs"	# what "make check" runs

make_command() {	# NAME: its text is read
	{ echo '#!/bin/bash'; echo "world=$tmp"; cat; } >"$bin/$1"
	chmod +x "$bin/$1"
}
# What is installed stands in $world/installed, what a release has in $world/available.
make_command dpkg-query <<'END'
printf '%s\n' "${@:4}" | grep -xFf - "$world/installed" | sed 's/$/ installed/'
END
make_command apt-cache <<'END'
case $1 in
policy)	printf '%s\n' "${@:2}" | grep -xFf - "$world/available" |
		sed 's/$/:\n  Installed: (none)\n  Candidate: 1/' ;;
depends) cat "$world/depends" ;;
esac
exit 0
END
make_command apt-get <<'END'
echo "apt-get $*" >>"$world/calls"
for word; do
	case $word in install) names=1 ;; -*) ;; *) [ -z "${names-}" ] || packages+=("$word") ;; esac
done
for package in ${packages[@]+"${packages[@]}"}; do
	grep -qxF -- "$package" "$world/available" || { echo "E: Unable to locate package $package"; exit 100; }
done
[ -z "${names-}" ] || printf '%s\n' "${packages[@]}" >>"$world/installed"
waits_to_be_shown() {	# until quickstart has shown the last line of what is written here
	echo "$1"
	timeout 30 tail -n +1 -F "$world/.out" | grep -qm 1 -E "^ +[0-9]+ s  $1"
}
[ ! -e "$world/slow" ] || waits_to_be_shown "Setting up a-slow-package"
exit 0
END
make_command pkg-config <<'END'
for module; do :; done
grep -qxF -- "$module" "$world/modules" && echo 1.0
END
make_command sudo <<'END'
[ "$1" != -n ] || shift
exec "$@"
END
cat >"$tree/configure" <<END
#!/bin/bash
[ -e ../configure.ac ] || exit 1
echo "configure \$*" >>"$tmp/calls"
printf '#!/bin/bash\n[ "\$1" = --config ] && echo "%s"\n' "\$(printf "'%s' " "\$@")" >config.status
chmod +x config.status
printf 'all:\n\t@echo make >>"$tmp/calls"\nclean:\n\t@echo clean >>"$tmp/calls"\n' >Makefile
printf 'check:\n\t@while read -r t; do printf "ok\\\\t%%s\\\\tcase\\\\t\\\\n" \$\$t; done <"$tmp/runs" >\$\$UDFKIT_TALLY\n' >>Makefile
printf '\t@[ ! -e "$tmp/slow" ] || (echo PASS: a slow test; timeout 30 tail -n +1 -F "$tmp/.out" | ' >>Makefile
printf 'grep -qm 1 -E "^ +[0-9]+ s  PASS: a slow test")\n' >>Makefile
printf '\t@cat "$tmp/skips" 2>/dev/null >>\$\$UDFKIT_TALLY; true\n' >>Makefile
END
chmod +x "$tree/configure"
touch -d '1 hour ago' "$tree/configure.ac"

every_package() {	# as quickstart has them
	sed -n '/^build_packages=/,/"$/p; /^test_packages=/,/"$/p' "$tree/quickstart" |
		sed 's/^[a-z_]*=//' | tr -s '"|\t ' '\n' | grep .
}
{ every_package; echo libclang-rt-77-dev; } | sort -u >"$tmp/available"
printf 'clang\n  Depends: clang-77\n  Depends: libc6\n' >"$tmp/depends"
: >"$tmp/installed"
printf '%s\n' libudev blkid ext2fs fuse3 >"$tmp/modules"
quickstart() { (PATH=$bin:$PATH; cd "$tree" && bash ./quickstart "$@"); }
did() { grep -E "^$1" "$tmp/calls" 2>/dev/null; : >"$tmp/calls"; }

# ---- the first time, and then again ----
ok "check configures, builds and tests" quickstart check
is "check configures without options when none are given" "$(did configure)" "configure "
ok "a second check passes" quickstart check
is "a second check does not configure again" "$(did configure)" ""
echo cmocka >>"$tmp/modules"
ok "check passes once a library has been installed" quickstart check
is "an installed library makes check configure again" "$(did configure)" "configure "
sed -i /blkid/d "$tmp/modules"
ok "check passes once a library has been removed" quickstart check
is "a removed library makes check configure again" "$(did configure)" "configure "
ok "check passes options to configure" quickstart check --enable-werror "--prefix=/a b"
is "other options make check configure again and build everything again" "$(did 'configure|clean')" \
	"configure --enable-werror --prefix=/a b
clean"
ok "check with the same options passes" quickstart check --enable-werror "--prefix=/a b"
is "the same options do not make check configure again" "$(did configure)" ""
echo '# changed' >>"$tree/configure"
ok "check passes once configure itself has changed" quickstart check --enable-werror "--prefix=/a b"
is "check runs a configure that has changed" \
	"$(did 'configure|clean')" "configure --enable-werror --prefix=/a b"
(cd "$tree/build" && ../configure --by-hand)
: >"$tmp/calls"
ok "check passes after somebody configured by hand" quickstart check
is "check builds with its own options, whatever was configured by hand" "$(did 'configure|clean')" "configure 
clean"

# ---- the journey keeps the options that it finds ----
mkdir -p "$tree/build/mkudffs"
printf '#!/bin/sh\necho mkudffs >>"%s/calls"\nexit 1\n' "$tmp" >"$tree/build/mkudffs/mkudffs"
chmod +x "$tree/build/mkudffs/mkudffs"
(cd "$tree/build" && ../configure --by-hand)
: >"$tmp/calls"
exits "quickstart without check stops where mkudffs fails" 1 quickstart
is "quickstart without check uses the options of the last configure" \
	"$(did 'configure|make')" "configure --by-hand
make"
echo blkid >>"$tmp/modules"
exits "quickstart without check stops at the same place again" 1 quickstart
is "an installed library makes quickstart without check configure again" \
	"$(did 'configure|make')" "configure --by-hand
make"

# ---- packages go by the names that the release has ----
exits "check passes on a release with other names" 0 quickstart check	# all is installed by now
asked() { grep -E "^apt-get .*install" "$tmp/calls" | tr ' ' '\n'; }
: >"$tmp/calls" && : >"$tmp/installed"
sed -i '/^p7zip-full$/d; /^pkgconf$/d' "$tmp/available"
ok "check installs missing packages" quickstart check
like "check installs the runtime library of the installed clang" "$(asked)" "^libclang-rt-77-dev$"
like "check installs a package under its new name where the old one does not exist" "$(asked)" "^7zip$"
like "check installs a package under its old name where the new one does not exist" "$(asked)" "^pkg-config$"
like "check installs jq" "$(asked)" "^jq$"
like "check installs python3" "$(asked)" "^python3$"
: >"$tmp/calls" && : >"$tmp/installed"
printf 'clang\n  Depends: clang-14\n' >"$tmp/depends"
ok "check passes where the release lacks a package of the tests" quickstart check
like "check names the package that the release lacks" \
	"$(cat "$out")" "^this release does not have: libclang-rt-14-dev$"
printf 'clang\n  Depends: clang-77\n' >"$tmp/depends"

# ---- no test is skipped for what could be installed ----
: >"$tmp/installed"
printf 'skip\tcli/two.sh\tcase\tneeds command no-such-command\n' >"$tmp/skips"
exits "a case that is skipped for a command makes check fail" 1 quickstart check
like "check names the case that is skipped for a command" \
	"$(cat "$out")" "^skipped, though it could have run: cli/two\.sh: case"
rm "$tmp/skips"

# ---- what takes long is seen to go on ----
touch "$tmp/slow" && : >"$tmp/installed"
started=$SECONDS
ok "check passes where packages and tests take long" quickstart check
is "check shows progress of packages and tests within 10 s" \
	"$(grep -cE '^ +[5-9] s  (Setting up a-slow-package|PASS: a slow test)$' "$out") in time: $((SECONDS - started < 30))" "2 in time: 1"
rm "$tmp/slow"

# ---- a suite that is smaller than the tree's ----
echo unit/test_one >"$tmp/runs"
exits "a suite that leaves out a test of the tree makes check fail" 1 quickstart check
like "check names the test that did not run" "$(cat "$out")" "^failed: cli/two\.sh: it did not run"
like "check counts the test that did not run as failed" "$(cat "$err")" "1 passed, 1 failed"
printf '%s\n' unit/test_one cli/two.sh >"$tmp/runs"

plan
