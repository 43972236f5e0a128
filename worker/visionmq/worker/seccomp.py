"""A seccomp filter, written out as classic BPF: the calls an engine process has no use for.

Refused calls fail with EPERM, so that libraries see an ordinary error. `clone` is allowed for
threads only; `clone3`, whose flags a filter cannot see, fails with ENOSYS and libc falls back to
`clone`. Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
"""

import ctypes
import errno
import platform
import struct
from typing import Final

_LOAD, _JUMP_EQUAL, _JUMP_LEAST, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW: Final = 0x7FFF0000
_ERROR: Final = 0x00050000
_KILL: Final = 0x80000000
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_CLONE_THREAD: Final = 0x10000
_X32_BIT: Final = 0x40000000
_SECCOMP: Final = {"x86_64": 317, "aarch64": 277}
_ARCH: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CLONE: Final = {"x86_64": 56, "aarch64": 220}
_CLONE3: Final = 435
_MODE_FILTER: Final = 1
_ALL_THREADS: Final = 1

_SAME_EVERYWHERE: Final = (
    *(424, 425, 426, 427, 428, 429, 430, 431, 432, 433, 434, 437, 438, 442),  # pidfd, io_uring, mount API, openat2
)
_REFUSED: Final = {
    "x86_64": (
        *(2, 85, 257, 304, 303),  # open, creat, openat, open_by_handle_at, name_to_handle_at
        *(41, 42, 43, 49, 50, 53, 288),  # socket, connect, accept, bind, listen, socketpair, accept4
        *(57, 58, 59, 322),  # fork, vfork, execve, execveat
        *(62, 101, 310, 311),  # kill, ptrace, process_vm_readv, process_vm_writev
        *(76, 82, 83, 84, 86, 87, 88, 90, 92, 94, 133),  # truncate, rename, mkdir, rmdir, link, unlink, ...
        *(258, 259, 260, 263, 264, 265, 266, 268, 316),  # the same with directory descriptors
        *(155, 161, 165, 166, 272, 308),  # pivot_root, chroot, mount, umount2, unshare, setns
        *(175, 246, 248, 249, 250, 298, 313, 320, 321, 323),  # modules, kexec, keys, perf, bpf, userfaultfd
    ),
    "aarch64": (
        *(56, 265, 264),
        *(198, 203, 202, 200, 201, 199, 242),
        *(221, 281),
        *(129, 117, 270, 271),
        *(33, 34, 35, 36, 37, 38, 45, 53, 54, 276),
        *(41, 51, 40, 39, 97, 268),
        *(105, 104, 217, 218, 219, 241, 273, 280, 282, 294),
    ),
}


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def build(machine: str) -> bytes:
    """Return the filter's instructions for a machine of `platform.machine()`; KeyError if unknown."""
    refuse, missing = _ERROR | errno.EPERM, _ERROR | errno.ENOSYS
    steps = [
        _step(_LOAD, _ARCH_AT),
        _step(_JUMP_EQUAL, _ARCH[machine], 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER_AT),
        _step(_JUMP_LEAST, _X32_BIT, 0, 1),
        _step(_RETURN, refuse),
        _step(_JUMP_EQUAL, _CLONE3, 0, 1),
        _step(_RETURN, missing),
    ]
    for number in (*_REFUSED[machine], *_SAME_EVERYWHERE):
        steps += [_step(_JUMP_EQUAL, number, 0, 1), _step(_RETURN, refuse)]
    steps += [
        _step(_JUMP_EQUAL, _CLONE[machine], 0, 3),
        _step(_LOAD, _FIRST_ARGUMENT_AT),
        _step(_JUMP_BITS, _CLONE_THREAD, 1, 0),
        _step(_RETURN, refuse),
        _step(_RETURN, _ALLOW),
    ]
    return b"".join(steps)


def install() -> str:
    """Put the filter on all threads of this process; it cannot be taken off.

    Raises OSError if the kernel refuses, or the machine is unknown. Needs no-new-privileges.
    """
    machine = platform.machine()
    if machine not in _REFUSED:
        raise OSError(errno.ENOSYS, f"no filter is written for {machine}")
    code = build(machine)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(buffer))
    call = ctypes.CDLL(None, use_errno=True).syscall
    if call(_SECCOMP[machine], _MODE_FILTER, _ALL_THREADS, ctypes.byref(program)) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return "seccomp"
