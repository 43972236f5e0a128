"""What a flood of one client costs another, and how quickly a full queue says so.

    python -m benchmarks.fairness [--flood 10000] [--job-ms 50] [--probes 40]

A broker and one worker with one engine process; jobs sleep. A polite client asks one request after the
other, first alone, then while another client has thousands waiting. The aim: the median rises by no
more than one job's time.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

from visionmq.client import Client
from visionmq.client.errors import Busy
from visionmq.schemas.system import EchoParams


def _start(*arguments: str) -> "tuple[subprocess.Popen[bytes], dict[str, str]]":
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments, "--exit-with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def _median(client: Client, probes: int, job_ms: float) -> float:
    times = []
    for _ in range(probes):
        began = time.perf_counter()
        client.call("system.echo", EchoParams(sleep_ms=job_ms))
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flood", type=int, default=10_000)
    parser.add_argument("--job-ms", type=float, default=50.0)
    parser.add_argument("--probes", type=int, default=40)
    options = parser.parse_args()
    listen = ("--clients", "tcp://127.0.0.1:*", "--workers", "tcp://127.0.0.1:*")
    broker, bound = _start("visionmq.broker", *listen, "--max-waiting-per-client", str(options.flood))
    worker, _ = _start("visionmq.worker", "--broker", bound["workers"], "-n", "1", "--engine", "system")
    try:
        with (
            Client(bound["clients"], timeout=600) as polite,
            Client(bound["clients"], timeout=600, retries=0) as greedy,
        ):
            alone = _median(polite, options.probes, options.job_ms)
            params = EchoParams(sleep_ms=options.job_ms)
            flood = [greedy.submit("system.echo", params, timeout=600) for _ in range(options.flood)]
            while greedy.info().waiting < options.flood * 0.9:
                time.sleep(0.05)
            crowded = _median(polite, options.probes, options.job_ms)
            refusals = []
            while len(refusals) < options.probes:
                if greedy.info().waiting < options.flood:
                    greedy.submit("system.echo", params, timeout=600)
                    continue
                began = time.perf_counter()
                try:
                    greedy.submit("system.echo", params, timeout=600).result(1)
                except Busy:
                    refusals.append((time.perf_counter() - began) * 1000)
                except TimeoutError:
                    continue  # a place came free in between
            print(
                f"median alone {alone:.1f} ms; with {len(flood):,} waiting {crowded:.1f} ms; one job {options.job_ms:.0f} ms"
            )
            print(f"rise: {(crowded - alone) / options.job_ms:.2f} jobs (aim: at most 1)")
            print(f"busy, with its retry_after: median {statistics.median(refusals):.1f} ms of {len(refusals)}")
    finally:
        for process in (worker, broker):
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
