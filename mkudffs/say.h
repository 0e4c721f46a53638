/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of mkudffs on standard error. */
#ifndef MKUDFFS_SAY_H
#define MKUDFFS_SAY_H

/** Print "mkudffs: ..." and end the program with exit status 1. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/** Print "mkudffs: warning: ...". */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
