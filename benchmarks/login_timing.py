"""Whether the time of a failed login tells a wrong name from a wrong password, or from a locked name.

Three kinds of login are asked in random order, in rounds that hold each kind once, of a store of its own. Each pair of
kinds is compared by the Mann-Whitney U test (two-sided), the Kolmogorov-Smirnov test, and the probability of
superiority A (Vargha and Delaney 2000: the chance that one of the first kind takes longer than one of the second; 0.5
where the time tells nothing) with a 95 % interval by resampling rounds (bootstrap), as neighbours share the machine's
mood. Differences of medians are given in microseconds with theirs. A cheap hash shows what the code around it tells;
the real one shows what an attacker sees. Beside the time on the wall, which is all that can be seen from outside,
stands the time of the processor, in which other programs of the machine hide less.

    python benchmarks/login_timing.py --rounds 3000 --real 300
"""

import argparse
import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from visionmq.engine.access import methods
from visionmq.engine.access.methods import Asked
from visionmq.engine.access.passwords import COST, Cost, Passwords
from visionmq.engine.store.address import read_address
from visionmq.engine.store.messages import Author
from visionmq.engine.store.opened import DirectLink, OpenStore
from visionmq.schemas.access.decisions import ValidateParams
from visionmq.schemas.access.policies import SetPolicyParams
from visionmq.schemas.access.reasons import Reason
from visionmq.schemas.access.users import AddUserParams
from visionmq.schemas.access.vehicles import AddVehicleParams

KINDS = ("wrong name", "wrong password", "locked")
CHEAP = Cost(64, 1, 1)
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
RESAMPLES = 1000
WARM = 50
"""Rounds that are not counted: caches fill."""


def asked(link: DirectLink, method: Any, params: Any, key: str) -> Any:
    """Ask the store once."""
    return link.call(method, Asked(params, Author(key, "benchmark")))


def prepare(link: DirectLink, names: dict[str, list[str]]) -> None:
    """Make the users that exist, with one booking, and lock those that are to be locked."""
    rules = {"failures": 100, "lock_seconds": 86_400, "longest_lock": 86_400}
    asked(link, methods.SET_POLICY, SetPolicyParams(rules=rules), "policy")
    for name in (*names["wrong password"], *names["locked"]):
        asked(link, methods.ADD_USER, AddUserParams(user=name, password="correct horse"), f"add {name}")
    asked(link, methods.ADD_VEHICLE, AddVehicleParams(car="c1"), "car")
    for name in names["locked"]:
        for number in range(100):
            asked(link, methods.VALIDATE, login(name), f"lock {name} {number}")


def login(name: str) -> ValidateParams:
    """Return a login that fails, whatever the name."""
    return ValidateParams(user=name, password="battery staple", car="c1")


def measure(cost: Cost, rounds: int, seed: int, per_name: int, address: str | None) -> np.ndarray[Any, Any]:
    """Return seconds, rounds x kinds x clocks; `per_name` logins are tried on a name before the next one's turn."""
    count = (rounds + WARM) // per_name + 1
    lockable = 2  # locking a hundred times costs; a locked name stays locked
    names = {
        "wrong name": [f"nobody-{number:06}" for number in range(count)],
        "wrong password": [f"person-{number:06}" for number in range(count)],
        "locked": [f"locked-{number:06}" for number in range(lockable)],
    }
    with tempfile.TemporaryDirectory() as folder:
        store = OpenStore(read_address(address or f"{folder}/store.db", f"{folder}/store.keys"))
        store._kept[Passwords] = Passwords(CHEAP)
        with DirectLink(store) as link:
            prepare(link, names)
            if cost != CHEAP:
                give_real_hashes(link, store, cost, names)
            return timed(link, rounds, seed, names, per_name)


def give_real_hashes(link: DirectLink, store: OpenStore, cost: Cost, names: dict[str, list[str]]) -> None:
    """Hash all passwords at the real cost; the locks stay, as only a login with the right password clears one."""
    from sqlalchemy import update

    from visionmq.engine.access.logins import NOBODY, seal_secret
    from visionmq.engine.access.people import find_user
    from visionmq.engine.access.tables import logins

    store._kept[Passwords] = real = Passwords(cost)
    known = real.hash("correct horse")
    with store.session() as session, session.turn():
        for name in (*names["wrong password"], *names["locked"]):
            user = find_user(session, name)
            assert user is not None
            secret = seal_secret(user.box, user.user_id, known)
            session.connection.execute(update(logins).where(logins.c.user_id == user.user_id).values(secret=secret))
        nobody = seal_secret(session.sealer.box(NOBODY), NOBODY, known)
        session.connection.execute(update(logins).where(logins.c.user_id == NOBODY).values(secret=nobody))


def timed(link: DirectLink, rounds: int, seed: int, names: dict[str, list[str]], per_name: int) -> np.ndarray[Any, Any]:
    """Return the seconds of each login, on the wall and of the processor."""
    shuffle, seconds = random.Random(seed), np.zeros((rounds + WARM, len(KINDS), len(CLOCKS)))
    for turn in range(rounds + WARM):
        order = list(range(len(KINDS)))
        shuffle.shuffle(order)
        for kind in order:
            own = names[KINDS[kind]]
            request = Asked(login(own[(turn // per_name) % len(own)]), Author(f"{turn:06}-{kind}", "benchmark"))
            start = [clock() for clock in CLOCKS.values()]
            told = link.call(methods.VALIDATE, request)
            seconds[turn, kind] = [clock() - since for clock, since in zip(CLOCKS.values(), start, strict=True)]
            assert told.reasons == [Reason.LOGIN_FAILED]
    return seconds[WARM:]


def superiority(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    """Return the chance that a value of the first is the larger; ties count half."""
    ordered = np.sort(other)
    below, upto = (np.searchsorted(ordered, one, side) for side in ("left", "right"))
    return float((below + upto).mean() / 2 / len(other))


def compare(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any], seed: int) -> dict[str, Any]:
    """Return what two kinds of equally many rounds differ by."""
    draw, count = np.random.default_rng(seed), len(one)
    picks = draw.integers(0, count, (RESAMPLES, count))
    resampled = [superiority(one[pick], other[pick]) for pick in picks]
    medians = [float(np.median(one[pick]) - np.median(other[pick])) * 1e6 for pick in picks]
    a = superiority(one, other)
    return {
        "mann_whitney_p": round(mann_whitney(a, count), 4),
        "kolmogorov_smirnov_p": round(kolmogorov_smirnov(one, other), 4),
        "superiority": round(a, 4),
        "superiority_95": [round(float(end), 4) for end in np.quantile(resampled, [0.025, 0.975])],
        "median_difference_us": round(float(np.median(one) - np.median(other)) * 1e6, 2),
        "median_difference_95_us": [round(float(end), 2) for end in np.quantile(medians, [0.025, 0.975])],
    }


def mann_whitney(a: float, count: int) -> float:
    """Return the two-sided p of U = a n^2 for two samples of n, by its normal limit (no ties in times)."""
    from math import erfc, sqrt

    z = (a - 0.5) * count * count / sqrt(count * count * (2 * count + 1) / 12)
    return erfc(abs(z) / sqrt(2))


def kolmogorov_smirnov(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    """Return the two-sided p of the largest distance between two distributions (Smirnov's limit)."""
    values = np.concatenate([one, other])
    parts = [np.searchsorted(np.sort(sample), values, "right") / len(sample) for sample in (one, other)]
    scaled = float(np.abs(parts[0] - parts[1]).max()) * np.sqrt(len(one) * len(other) / len(values))
    terms = [(-1) ** (k - 1) * np.exp(-2 * (k * scaled) ** 2) for k in range(1, 101)]
    return float(np.clip(2 * sum(terms), 0, 1)) if scaled > 0.2 else 1.0


def report(name: str, cost: Cost, seconds: np.ndarray[Any, Any], seed: int) -> dict[str, Any]:
    """Return the figures of one run."""
    pairs = [(0, 1), (0, 2), (1, 2)]
    return {
        "run": name,
        "cost": cost._asdict(),
        "rounds": len(seconds),
        **{
            clock: {
                "median_ms": {kind: round(float(np.median(part[:, i])) * 1e3, 3) for i, kind in enumerate(KINDS)},
                "compared": {
                    f"{KINDS[i]} / {KINDS[j]}": compare(part[:, i], part[:, j], seed + 10 * i + j) for i, j in pairs
                },
            }
            for clock, part in zip(CLOCKS, np.moveaxis(seconds, 2, 0), strict=True)
        },
    }


def main() -> None:
    """Measure and print JSON lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3000, help="logins of each kind with a cheap hash; 0 for none")
    parser.add_argument("--real", type=int, default=300, help="logins of each kind with the real hash; 0 for none")
    parser.add_argument("--per-name", type=int, default=3, help="tries of one name in a row")
    parser.add_argument("--store", help="address of an empty PostgreSQL database, instead of a SQLite file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=Path, help="write all times to this .npz file")
    options = parser.parse_args()
    kept = {}
    for name, cost, rounds in (("cheap", CHEAP, options.rounds), ("real", COST, options.real)):
        if rounds:
            kept[name] = measure(cost, rounds, options.seed, options.per_name, options.store)
            print(json.dumps(report(name, cost, kept[name], options.seed)), flush=True)
    if options.save:
        np.savez(options.save, **kept)


if __name__ == "__main__":
    main()
