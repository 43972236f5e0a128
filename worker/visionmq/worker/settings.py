"""The settings of a worker, read once."""

import os
import socket
from typing import Final

from msgspec import Struct

from visionmq.wire.sockets import WORKER_ENDPOINT
from visionmq.worker.credit import AHEAD_SECONDS

DEFAULT_ENGINES: Final = ("system", "document", "registration", "face", "access", "brand", "store")
BUNDLES_VARIABLE: Final = "VISIONMQ_BUNDLES"
"""Folders of document templates, separated as in PATH; engines read it when they load."""
STORE_VARIABLE: Final = "VISIONMQ_STORE"
"""Where the store is, for the keepers that engines start when they load."""


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


class Settings(Struct, frozen=True, kw_only=True):
    """Everything that can be set, with its default; sizes in MiB, times in seconds unless named otherwise."""

    brokers: tuple[str, ...] = (WORKER_ENDPOINT,)
    """Worker endpoints of the brokers to serve; one session with each."""
    children: int = 1
    """Engine processes; one a core is best, as each computes with one thread."""
    engines: tuple[str, ...] = DEFAULT_ENGINES
    """Names of the registry, or `module:Class`."""
    bundles: tuple[str, ...] = ()
    """Folders of document templates."""
    store: str | None = None
    """The store's file, or postgresql://USER:PASSWORD@HOST/DATABASE; None for that of the user's data folder."""
    key: str | None = None
    """Identity file for brokers that demand keys."""
    name: str = ""
    job_seconds: float = 300.0
    """A job that runs longer ends as `deadline_exceeded`, whatever time its client granted."""
    job_mb: int = 2048
    """Address space a child may take beyond what its loaded engines have."""
    recycle_jobs: int = 0
    """Jobs after which a child is replaced; 0 for never."""
    recycle_mb: int = 1024
    """Growth of a child's resident memory, against its warm state, after which it is replaced; 0 for never."""
    max_wait_ms: float = 0.0
    """How long a job may wait for others to share one call with."""
    ahead_ms: float = 1000 * AHEAD_SECONDS
    """Work that may wait here behind what runs: more lets slow jobs of several clients share a call, but none goes elsewhere."""
    log_level: str = "info"
    exit_with_parent: bool = False
    sandbox: bool = True


def default_name() -> str:
    """Return `HOST-PID`, at most 64 characters."""
    return f"{socket.gethostname()[:50]}-{os.getpid()}"


def from_environment() -> Settings:
    """Return the defaults, with what the environment says.

    VISIONMQ_WORKER_BROKER (comma separated), VISIONMQ_BUNDLES, VISIONMQ_STORE and VISIONMQ_KEY.
    """
    brokers = tuple(part for part in os.environ.get("VISIONMQ_WORKER_BROKER", "").split(",") if part)
    bundles = tuple(part for part in os.environ.get(BUNDLES_VARIABLE, "").split(os.pathsep) if part)
    return Settings(
        brokers=brokers or (WORKER_ENDPOINT,),
        bundles=bundles,
        store=os.environ.get(STORE_VARIABLE) or None,
        key=os.environ.get("VISIONMQ_KEY") or None,
    )
