"""`python -m visionmq.worker`: run engines for one or more brokers."""

import argparse
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog

from visionmq.wire import AGENT, logs
from visionmq.wire.keys import KeyFileError, read_identity
from visionmq.wire.sockets import is_endpoint, is_local
from visionmq.worker.parent import Worker
from visionmq.worker.relay import Relay
from visionmq.worker.settings import BUNDLES_VARIABLE, STORE_VARIABLE, Settings, cores, default_name, from_environment

_EXAMPLES = """examples:
  python -m visionmq.worker                                        serve the broker on this host, one child a core
  python -m visionmq.worker --broker tcp://10.0.0.5:5761 --key gpu1.key -n 8
  python -m visionmq.worker --broker tcp://a:5761 --broker tcp://b:5761 --key w.key   serve two brokers
  python -m visionmq.worker --engine document --engine mypackage.engine:MyEngine

SIGTERM: take no more work, finish, end with status 0. A second SIGTERM ends at once.
Status 1: no engine could be loaded; 2: wrong arguments or key file; 143: ended at once.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; defaults come from the environment."""
    known = from_environment()
    made = argparse.ArgumentParser(
        prog="python -m visionmq.worker",
        description="Run vision engines for VisionMQ brokers.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = made.add_argument
    add("--version", action="version", version=AGENT)
    add("--broker", action="append", metavar="ENDPOINT", help=f"worker endpoint ({known.brokers[0]}); may be repeated")
    add("-n", "--children", type=_positive, default=cores(), help="engine processes (default: one a core)")
    add("--engine", action="append", metavar="NAME", help="engine to serve: a name, or module:Class; may be repeated")
    add("--concur", dest="children", type=_concur, default=argparse.SUPPRESS, metavar="N", help="as -n; 0: one a core")
    add("--lazy", action="store_true", help="changes nothing: engines load before the worker is ready")
    add(
        "--bundle", "--bundle_dir", action="append", metavar="DIR", help="folder of document templates; may be repeated"
    )
    add("--store", default=known.store, metavar="ADDRESS", help="a file, or postgresql://USER:PASSWORD@HOST/DATABASE")
    add("--key", default=known.key, metavar="FILE", help="identity file, for brokers that demand keys")
    add("--name", default=known.name or default_name(), help="name in the broker's lists (default: host and pid)")
    add("--job-seconds", type=float, default=known.job_seconds, metavar="S", help="longest run of a job")
    add("--job-mb", type=_positive, default=known.job_mb, metavar="MB", help="memory for a job beyond loaded engines")
    add("--recycle-jobs", type=int, default=known.recycle_jobs, metavar="K", help="replace a child after K jobs")
    add("--recycle-mb", type=int, default=known.recycle_mb, metavar="MB", help="replace a child grown by MB")
    add("--max-wait-ms", type=_duration, default=known.max_wait_ms, metavar="MS", help="wait for jobs to share a call")
    add(
        "--ahead-ms",
        type=_duration,
        default=known.ahead_ms,
        metavar="MS",
        help="work held here, so that jobs share calls",
    )
    add("--log-level", default=known.log_level, choices=["debug", "info", "warning", "error"])
    add("--exit-with-parent", action="store_true", help="end when standard input is closed")
    add("--no-sandbox", action="store_true", help="leave files and network open to engines")
    return made


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def _duration(text: str) -> float:
    value = float(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return value


def _concur(text: str) -> int:
    return _positive(text) if text != "0" else cores()


def read_settings(arguments: Sequence[str] | None = None) -> Settings:
    """Return the settings of a command line; ends the program if it is wrong."""
    known, given = from_environment(), parser().parse_args(arguments)
    return Settings(
        brokers=tuple(given.broker or known.brokers),
        children=given.children,
        engines=tuple(given.engine or known.engines),
        bundles=tuple(given.bundle or known.bundles),
        store=given.store,
        key=given.key,
        name=given.name[:64],
        job_seconds=given.job_seconds,
        job_mb=given.job_mb,
        recycle_jobs=given.recycle_jobs,
        recycle_mb=given.recycle_mb,
        max_wait_ms=given.max_wait_ms,
        ahead_ms=given.ahead_ms,
        log_level=given.log_level,
        exit_with_parent=given.exit_with_parent,
        sandbox=not given.no_sandbox,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a worker; return its exit status."""
    settings = read_settings(arguments)
    relay = Relay()
    logs.configure("worker", level=settings.log_level, sink=relay.put)
    log = structlog.get_logger()
    try:
        identity = read_identity(Path(settings.key)) if settings.key else None
    except KeyFileError as error:
        log.error(str(error))
        return 2
    if strange := [endpoint for endpoint in settings.brokers if not is_endpoint(endpoint)]:
        log.error(f"{strange[0]} is no address of a broker; write it as tcp://HOST:5761")
        return 2
    if absent := [folder for folder in settings.bundles if not os.path.isdir(folder)]:
        log.error(f"{absent[0]} is no folder of document templates; `visionmq document learn` makes one")
        return 2
    if identity is None and not all(is_local(endpoint) for endpoint in settings.brokers):
        log.error("a broker on another host needs --key; make one with `visionmq keys new NAME`")
        return 2
    if settings.bundles:  # engines read it when they load, in the children
        os.environ[BUNDLES_VARIABLE] = os.pathsep.join(os.path.abspath(folder) for folder in settings.bundles)
    if settings.store:  # the keepers read it, which the children start
        os.environ[STORE_VARIABLE] = settings.store if "://" in settings.store else os.path.abspath(settings.store)
    return Worker(settings, identity, relay).run()


if __name__ == "__main__":
    sys.exit(main())
