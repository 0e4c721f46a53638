# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For tests that need a real kernel: tests/cli/lib.sh and
#   uml [OPTION...] COMMAND...   runs COMMAND in a kernel of its own, where $tmp is writable
. "${top_srcdir:?run by make check}/tests/cli/lib.sh"
. "$top_srcdir/tests/kernel/list.sh"
require "command linux.uml"
[ "$(getconf LONG_BIT)" = 64 ] || require user-mode-linux
kernel_tests=$top_srcdir/tests/kernel
export UML_PRELOAD=$top_builddir/tests/kernel/wide_registers
uml_seconds=$((${UDFKIT_TEST_TIMEOUT:-1800} * 9 / 10))	# there is time then to say what hangs
uml_options=(--modules loop --timeout "$uml_seconds")
for tap_dir in "$top_srcdir" "$top_builddir"; do	# below what the guest has something of its own over
	case $tap_dir/ in /run/*|/mnt/*|/var/tmp/*|/dev/*) uml_options+=(--rw "$tap_dir") ;; esac
done

uml() { bash "$kernel_tests/uml-run" "${uml_options[@]}" --rw "$tmp" "$@"; }
