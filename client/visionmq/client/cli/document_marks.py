"""Signs and colours for what was accepted, what failed, and what is open."""

import sys
from typing import Final, NamedTuple

GOOD: Final = "green"
BAD: Final = "bold red"
WARN: Final = "yellow"
DIM: Final = "dim"


class Mark(NamedTuple):
    """One sign, its likeness where only ASCII can be drawn, and its colour."""

    sign: str
    ascii: str
    style: str


YES: Final = Mark("✔", "+", GOOD)
NO: Final = Mark("✘", "x", BAD)
OPEN: Final = Mark("?", "?", WARN)
FINDINGS: Final = {"passed": YES, "failed": NO, "undefined": OPEN}


def drawable(mark: Mark) -> str:
    """Return the sign as standard output can show it."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return mark.sign if encoding.lower().replace("-", "").startswith("utf") else mark.ascii
