"""A reader as a process: names of files come in on standard input, one line of JSON a file goes out.

It runs under the interpreter of the peers' own environment, so it imports nothing of VisionMQ.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any


def answer(lines: list[str], *, accepted: bool, **more: Any) -> dict[str, Any]:
    """Return what a reader says of one picture; no lines where it found no zone."""
    return {"lines": lines, "accepted": accepted, **more}


def serve(read: Callable[[str], dict[str, Any]]) -> None:
    """Answer each file named on standard input; whatever the reader raises is a failure on that file."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not get between the answers
    out.write("ready\n")
    out.flush()
    for line in sys.stdin:
        began, before = time.perf_counter(), sum(os.times()[:4])
        try:
            said = read(line.rstrip("\n"))
        except Exception as error:  # a peer's crash is a result, whatever its kind
            said = answer([], accepted=False, error=f"{type(error).__name__}: {error}"[:300])
        said["ms"] = round((time.perf_counter() - began) * 1000, 1)
        said["cpu_ms"] = round((sum(os.times()[:4]) - before) * 1000, 1)
        out.write(json.dumps(said) + "\n")
        out.flush()
