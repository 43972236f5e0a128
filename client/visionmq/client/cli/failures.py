"""What a person sees when a command fails: one line that says why, one that says what to do."""

import sys
from enum import IntEnum
from typing import Final

import typer

from visionmq.schemas.errors import ErrorCode
from visionmq.wire.keys import KeyFileError


class Exit(IntEnum):
    """The exit codes of `visionmq` (docs/cli.md)."""

    OK = 0
    SOME_FAILED = 1
    """Some files, checks or requests failed."""
    USAGE = 2
    UNREACHABLE = 3
    REFUSED = 4
    """The broker answered no: key, rights, rate, full queue, no worker."""
    TIMED_OUT = 5
    INTERRUPTED = 130


_REFUSALS: Final = {
    ErrorCode.UNAUTHORIZED,
    ErrorCode.FORBIDDEN,
    ErrorCode.RATE_LIMITED,
    ErrorCode.BUSY,
    ErrorCode.NO_WORKER,
    ErrorCode.SHUTTING_DOWN,
}


class Failure(Exception):
    """A command cannot go on; `hint` says what to do about it."""

    def __init__(self, message: str, hint: str = "", code: Exit = Exit.SOME_FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code


def report(message: str, hint: str = "", request_id: str | None = None) -> None:
    """Print an error and what to do about it on stderr; no traceback."""
    print(f"error: {message}" + (f" [request {request_id}]" if request_id else ""), file=sys.stderr)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)


def explain(failure: BaseException) -> Exit:
    """Report a failure in a person's words and return the exit code it stands for."""
    from visionmq.client.errors import VisionMQError

    match failure:
        case KeyboardInterrupt() | typer.Abort():
            report("interrupted")
            return Exit.INTERRUPTED
        case Failure():
            report(failure.message, failure.hint)
            return failure.code
        case VisionMQError():
            report(failure.message, failure.hint, failure.request_id)
            return exit_code(failure)
        case KeyFileError():
            report(str(failure))
            return Exit.USAGE
        case OSError():
            where = f"{failure.filename}: " if failure.filename else ""
            report(
                f"{where}{failure.strerror or failure}",
                "Look at the place named after -o: its room, its rights, its kind.",
            )
            return Exit.SOME_FAILED
    return _explain_usage(failure)


def _explain_usage(failure: BaseException) -> Exit:
    format_message = getattr(failure, "format_message", None)
    if format_message is None:
        raise failure
    context = getattr(failure, "ctx", None)
    message = str(format_message())
    if not message:  # a group without a command: its help has been printed
        return Exit.USAGE
    path = context.command_path if context is not None else "visionmq"
    report(message, f"`{path} --help` shows how it is used.")
    return Exit.USAGE


def exit_code(failure: BaseException) -> Exit:
    """Return the exit code for an error of the client library."""
    from visionmq.client.errors import Unreachable, VisionMQError

    if isinstance(failure, Unreachable):
        return Exit.UNREACHABLE
    if isinstance(failure, TimeoutError):
        return Exit.TIMED_OUT
    if isinstance(failure, VisionMQError) and failure.code in _REFUSALS:
        return Exit.REFUSED
    return Exit.SOME_FAILED
