"""Real brokers and workers as processes of ours, to be stopped, frozen, killed and started again."""

import contextlib
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil

from tests.faults.ledger import Ledger, StartRecord
from tests.faults.recorder import RECORD
from visionmq.client import PATIENT, Client, VisionMQError
from visionmq.schemas.admin import Info

ROOT = Path(__file__).parents[2]
ENGINE = "tests.faults.recorder:RecordingEngine"
START_SECONDS = 60.0


def free_port(rng: random.Random) -> int:
    """Return a port below those the kernel gives out.

    A client that connects again and again to a dead port of the ephemeral range can at last meet itself there.
    """
    for _ in range(100):
        port = rng.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port between 20000 and 32000")


def _python_path() -> str:
    return os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH")) if part)


class Program:
    """A process of ours; it ends when we do, for its standard input is our pipe."""

    def __init__(self, name: str, command: Sequence[str], log: Path, environment: dict[str, str]) -> None:
        self.name, self.log = name, log
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command, "--exit-with-parent"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": _python_path(), **environment},
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def announcement(self) -> dict[str, Any]:
        """Wait for the line that says it serves."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        line = self.process.stdout.readline() if ready else b""
        if not line:
            raise RuntimeError(f"{self.name} did not start: {self.log.read_text()[-2000:]}")
        found: dict[str, Any] = json.loads(line)
        return found

    def signal(self, number: int) -> None:
        if self.alive:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9, and take its exit status."""
        self.signal(signal.SIGKILL)
        self._collect()

    def terminate(self, seconds: float = 30.0) -> int:
        """SIGTERM; return the exit status."""
        self.signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        finally:
            self.kill()

    def freeze(self, *, tree: bool) -> Callable[[], None]:
        """SIGSTOP it, or its children too; return what makes them go on."""
        with contextlib.suppress(psutil.Error):
            family = [psutil.Process(self.pid)]
            family += family[0].children(recursive=True) if tree else []
            for one in family:
                one.suspend()

            def thaw() -> None:
                for one in family:
                    with contextlib.suppress(psutil.Error):
                        one.resume()

            return thaw
        return lambda: None

    def _collect(self) -> None:
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


class Service:
    """One broker on fixed ports, some workers, a ledger, and the record of starts."""

    def __init__(
        self, *, seed: int, workers: int = 2, children: int = 1, through: dict[int, str] | None = None
    ) -> None:
        self.rng = random.Random(seed)
        self._folder = tempfile.TemporaryDirectory(prefix="visionmq-faults-")
        self.folder = Path(self._folder.name)
        self.ledger = Ledger()
        self._starts = StartRecord(self.folder / "starts", self.ledger.starts)
        self.endpoint, self.worker_endpoint = (f"tcp://127.0.0.1:{free_port(self.rng)}" for _ in range(2))
        self.children = children
        self._through = through or {}
        self._wanted = workers
        self.restarts = 0
        self.broker: Program
        self.workers: list[Program] = []

    def route(self, index: int, endpoint: str) -> None:
        """Have worker `index` connect to this endpoint, a proxy's, instead of the broker's."""
        self._through[index] = endpoint

    def __enter__(self) -> "Service":
        try:
            self.start_broker()
            self.workers = [self.make_worker(index) for index in range(self._wanted)]
            for worker in self.workers:
                worker.announcement()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for program in [*self.workers, *([self.broker] if hasattr(self, "broker") else [])]:
            program.signal(signal.SIGCONT)
            program.kill()
        self._starts.close()
        self._folder.cleanup()

    def start_broker(self) -> None:
        """Start a broker on our ports, and wait until it listens."""
        command = ["visionmq.broker", "--clients", self.endpoint, "--workers", self.worker_endpoint]
        self.broker = Program("broker", [*command, "--log-level", "warning"], self.folder / "broker.log", {})
        self.broker.announcement()

    def make_worker(self, index: int) -> Program:
        """Start worker `index`, without waiting for it."""
        endpoint = self._through.get(index, self.worker_endpoint)
        command = ["visionmq.worker", "--broker", endpoint, "-n", str(self.children), "--engine", ENGINE]
        command += ["--name", f"w{index}", "--job-mb", "256", "--log-level", "error"]
        environment = {RECORD: str(self.folder / "starts")}
        return Program(f"w{index}", command, self.folder / f"w{index}.log", environment)

    def kill_worker(self, index: int) -> None:
        """kill -9 a worker and start another in its place at once."""
        self.workers[index].kill()
        self.workers[index] = self.make_worker(index)

    def restart_broker(self) -> None:
        """kill -9 the broker and start another on the same ports."""
        self.broker.kill()
        self.restarts += 1
        self.start_broker()

    def client(self) -> Client:
        """Return a client that waits out what may pass by itself."""
        return Client(self.endpoint, timeout=60.0, retries=PATIENT, connect_seconds=10.0)

    # ---- at the end ----------------------------------------------------------------------

    def settled(self, client: Client, seconds: float = 20.0) -> tuple[Info, list[str]]:
        """Wait until all tables are back where they were; return the last info and what is amiss."""
        end = time.monotonic() + seconds
        while True:
            try:
                info = client.info(timeout=2.0)
                amiss = self._amiss(info, client)
            except VisionMQError as error:
                info, amiss = None, [f"no info: {error}"]
            if info is not None and (not amiss or time.monotonic() > end):
                return info, amiss
            if time.monotonic() > end + 10:
                raise RuntimeError(amiss)
            time.sleep(0.05)

    def _amiss(self, info: Info, client: Client) -> list[str]:
        ledger = info.ledger
        total = ledger.done + ledger.failed + ledger.cancelled + ledger.expired + ledger.open
        figures = {
            "open": (ledger.open, 0),
            "waiting": (info.waiting, 0),
            "running": (info.running, 0),
            "bytes waiting": (info.waiting_bytes, 0),
            "workers": (info.workers, self._wanted),
            "children": (info.children, self._wanted * self.children),
            "accepted": (ledger.accepted, total),
            "leases held": (sum(worker.held for worker in client.workers(timeout=2.0)), 0),
        }
        return [f"{name}: {is_now}, not {wanted}" for name, (is_now, wanted) in figures.items() if is_now != wanted]
