"""Many files with a bounded number of requests in flight; results come in the files' order."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

T = TypeVar("T")

SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"})
"""What is taken from a folder; a file that is named itself is sent whatever it is called."""


class Pending(Protocol):
    """A request in flight."""

    def result(self) -> Any:
        """Return the reply, or raise."""

    def cancel(self) -> Any:
        """Give the request up, on the server too."""


def pictures(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files as named and the pictures in folders and below, sorted by path.

    Raises FileNotFoundError for a path that is not there.
    """
    for path in paths:
        if path.is_dir():
            yield from sorted(
                found for found in path.rglob("*") if found.suffix.lower() in SUFFIXES and found.is_file()
            )
        elif path.exists():
            yield path
        else:
            raise FileNotFoundError(path)


def short_names(files: Sequence[Path]) -> dict[Path, str]:
    """Return a name for the pictures of each file: its own, or with its folders where two share one."""
    counts = Counter(file.stem for file in files)
    return {
        file: file.stem if counts[file.stem] == 1 else "_".join(part for part in file.parts if part.strip("/.\\:"))
        for file in files
    }


def in_order(items: Iterable[T], submit: Callable[[T], Pending], *, window: int) -> Iterator[tuple[T, Any | Exception]]:
    """Yield each item, such as a file, with its reply or its error, in order, with at most `window` requests in flight.

    What is still in flight when the iteration ends early (Ctrl-C, an error) is cancelled.
    """
    flying: deque[tuple[T, Pending | Exception]] = deque()
    try:
        for item in items:
            flying.append((item, _submit(submit, item)))
            if len(flying) >= window:
                yield _land(flying)
        while flying:
            yield _land(flying)
    finally:
        for _, request in flying:
            if not isinstance(request, Exception):
                request.cancel()


def _submit(submit: Callable[[T], Pending], item: T) -> Pending | Exception:
    try:
        return submit(item)
    except Exception as error:
        return error


def _land(flying: deque[tuple[T, Pending | Exception]]) -> tuple[T, Any | Exception]:
    item, request = flying[0]
    outcome: Any | Exception = request
    if not isinstance(request, Exception):
        try:
            outcome = request.result()
        except Exception as error:
            outcome = error
    flying.popleft()
    return item, outcome
