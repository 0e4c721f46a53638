/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded before the kernel of user-mode-linux (LD_PRELOAD), so that it runs on processors with AMX.
 *
 * User-mode-linux 6.1 keeps the floating point registers of a process in 2,696 bytes, up to AVX-512 and the protection
 * keys.  Since 5.16 the host refuses to set them unless all of its registers are given, which are 11,008 bytes on such
 * a processor; the guest's first process then dies, and the guest with it.  Here what the guest does not know of is
 * left as it is.
 */
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define STATE_MAX (64 * 1024)	/* with room: the state of a processor with AMX is 11,008 bytes */

typedef long ptrace_fn(enum __ptrace_request request, pid_t pid, void *addr, void *data);

static long set_registers(ptrace_fn *real, pid_t pid, const struct iovec *given)
{
	static _Thread_local unsigned char state[STATE_MAX];
	struct iovec whole = { state, sizeof(state) };

	if (real(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &whole) == -1)
		return -1;
	if (given->iov_len < whole.iov_len)
		memcpy(state, given->iov_base, given->iov_len);
	else
		whole = *given;
	return real(PTRACE_SETREGSET, pid, (void *)NT_X86_XSTATE, &whole);
}

long ptrace(enum __ptrace_request request, ...)
{
	static ptrace_fn *real;
	va_list ap;
	pid_t pid;
	void *addr, *data;

	va_start(ap, request);
	pid = va_arg(ap, pid_t);
	addr = va_arg(ap, void *);
	data = va_arg(ap, void *);
	va_end(ap);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "ptrace");
	if (request == PTRACE_SETREGSET && addr == (void *)NT_X86_XSTATE)
		return set_registers(real, pid, data);
	return real(request, pid, addr, data);
}
