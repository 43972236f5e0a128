"""The command `visionmq`; commands import what they need when they run, so that it starts quickly."""

import sys
from collections.abc import Sequence


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (default: this process's) and return its exit code."""
    from visionmq.client.cli.app import command
    from visionmq.client.cli.failures import Exit, explain

    try:
        code = command().main(
            args=None if arguments is None else list(arguments), prog_name="visionmq", standalone_mode=False
        )
    except BrokenPipeError:
        _drop_output()
        return Exit.OK
    except (Exception, KeyboardInterrupt) as failure:
        return explain(failure)
    return code if isinstance(code, int) else Exit.OK


def _drop_output() -> None:
    """Let nothing more be written: the reader (`head`, for instance) has gone."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run())
