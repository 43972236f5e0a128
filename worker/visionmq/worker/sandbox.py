"""What an engine process gives up before it sees the first picture.

After `close`, the process can open no file, make no socket, start no program, watch no other
process, write no core file and take no more memory than it was granted. Linux has all of it;
elsewhere the layers that lack are named. Landlock: docs.kernel.org/userspace-api/landlock.html.
"""

import ctypes
import resource
import sys
from collections.abc import Callable
from typing import Final

from visionmq.worker import seccomp

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_SIGKILL: Final = 9

_LANDLOCK_CREATE: Final = 444
_LANDLOCK_RESTRICT: Final = 446
_LANDLOCK_VERSION: Final = 1
_FS_RIGHTS_BY_ABI: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many file-system rights each Landlock version knows."""
_NET_RIGHTS: Final = 0b11
_SCOPES: Final = 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = [
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    ]


def libc() -> ctypes.CDLL:
    """Return the C library, with errno kept."""
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), what)
    return result


def _prctl(option: int, value: int) -> None:
    _check(libc().prctl(option, ctypes.c_ulong(value), 0, 0, 0), "prctl")


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends (Linux)."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, _SIGKILL)


def _bound_memory(job_mb: int) -> str:
    with open("/proc/self/statm", "rb") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    limit = now + job_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return f"memory {job_mb} MiB"


def _no_files() -> str:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    return "no core file, no file growth"


def _no_privileges() -> str:
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    return "no new privileges"


def _landlock() -> str:
    call = libc().syscall
    version = _check(call(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), _LANDLOCK_VERSION), "landlock")
    rights = (1 << _FS_RIGHTS_BY_ABI.get(version, 16)) - 1
    rules = _Ruleset(rights, _NET_RIGHTS if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _check(call(_LANDLOCK_CREATE, ctypes.byref(rules), ctypes.c_size_t(size), 0), "landlock ruleset")
    _check(call(_LANDLOCK_RESTRICT, ruleset, 0), "landlock restrict")
    # The descriptor stays open for the life of the process: closing it would change nothing.
    return f"landlock {version}"


def close(job_mb: int) -> list[str]:
    """Give up what can be given up, for good; return what is in force and what is not, and why."""
    if sys.platform != "linux":
        return [f"no sandbox: {sys.platform} has none that is supported"]
    layers: list[tuple[str, Callable[[], str]]] = [
        ("memory", lambda: _bound_memory(job_mb)),
        ("files", _no_files),
        ("privileges", _no_privileges),
        ("landlock", _landlock),
        ("seccomp", seccomp.install),
    ]
    report = []
    for name, layer in layers:
        try:
            report.append(layer())
        except (OSError, ValueError) as error:
            report.append(f"no {name}: {error}")
    return report
