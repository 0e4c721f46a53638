#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# wear.sh: how often a working day of 480 saves writes each packet of a medium that wears out: fewer than 300 are
# allowed without fsync(2), and 1.1 a save with it.  And how many bytes a medium that is written in packets writes for
# each byte of the user.  Options are ignored.
for test in wear packets; do
	"${top_builddir:?run by make bench}/tests/unit/test_fs_$test" 2>/dev/null | sed -n 's/^# \([0-9]\)/\1/p'
done
