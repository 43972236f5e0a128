"""`visionmq broker` and `visionmq worker`: become the program, with the same arguments."""

import os
import sys
from importlib.util import find_spec

import typer

from visionmq.client.cli.failures import Exit, Failure


def missing_for(part: str) -> list[str]:
    """Return the modules a program needs that are not installed."""
    needs = {"worker": ("numpy", "cv2", "PIL", "onnxruntime", "rapidocr")}
    return [module for module in needs.get(part, ()) if find_spec(module) is None]


def check_installed(part: str) -> None:
    """Raise Failure if a program cannot start here."""
    missing = missing_for(part)
    if missing:
        raise Failure(
            f"the {part} needs {', '.join(missing)}, which this installation lacks",
            f"pip install 'visionmq[{part}]'",
            Exit.USAGE,
        )


def _become(part: str, arguments: list[str]) -> None:
    check_installed(part)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", f"visionmq.{part}", *arguments])  # noqa: S606


def broker(context: typer.Context) -> None:
    """Run a broker here; all arguments go to `python -m visionmq.broker`."""
    _become("broker", context.args)


def worker(context: typer.Context) -> None:
    """Run a worker here; all arguments go to `python -m visionmq.worker`."""
    _become("worker", context.args)


PASS_THROUGH = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
"""How both commands are registered: no option is theirs, not even --help."""
