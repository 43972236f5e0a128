"""Passwords: argon2id (RFC 9106), at most two hashes at once on a host.

A hash takes 19 MiB; without a bound, many logins at once would take all memory. Each keeper works on one request
at a time, so what has to be counted are keepers: two locked files are the two places.
"""

import contextlib
import os
import stat
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

PLACES: Final = 2


class Cost(NamedTuple):
    """What a hash costs."""

    memory_kib: int
    passes: int
    lanes: int


COST: Final = Cost(19 * 1024, 2, 1)
"""OWASP's least for argon2id (Password Storage Cheat Sheet); 36 to 54 ms on the machine it was chosen on."""


class Passwords:
    """Hashes and checks passwords; one object a process."""

    def __init__(self, cost: Cost | None = None) -> None:
        memory, passes, lanes = cost or COST
        self._hasher = PasswordHasher(
            time_cost=passes, memory_cost=memory, parallelism=lanes, hash_len=32, salt_len=16, type=Type.ID
        )
        self._places = _places()

    def hash(self, password: str) -> str:
        """Return a new hash in PHC form, with its own salt and cost."""
        with _one_of(self._places):
            return self._hasher.hash(_normal(password))

    def fits(self, password: str, known: str) -> bool:
        """Whether a password is that of a hash; takes as long either way."""
        with _one_of(self._places), contextlib.suppress(VerificationError, InvalidHashError):
            return self._hasher.verify(known, _normal(password))
        return False

    def is_old(self, known: str) -> bool:
        """Whether a hash was made at another cost than today's."""
        return self._hasher.check_needs_rehash(known)


def _normal(password: str) -> str:
    """Return one form of what keyboards write in several (RFC 8265, OpaqueString)."""
    return unicodedata.normalize("NFC", password)


def _places() -> list[Path]:
    """Return the files to lock, in a folder that is this user's alone; none where it cannot be had."""
    if os.name != "posix":
        return []
    folder = Path(tempfile.gettempdir()) / f"visionmq-{os.getuid()}"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022:
            return [folder / f"hash-{number}.lock" for number in range(PLACES)]
    return []


@contextlib.contextmanager
def _one_of(places: list[Path]) -> Iterator[None]:
    """Hold one of the places; wait for it where all are taken. Without places nothing is counted."""
    if not places:
        yield
        return
    import fcntl

    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(open(place, "ab")) for place in places]
        for file in files:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
        else:
            fcntl.flock(files[os.getpid() % len(files)], fcntl.LOCK_EX)
        yield
