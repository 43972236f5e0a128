"""Campaigns against processes: C1 worker crash, C2 freeze, C5 broker crash, C13 rolling restart."""

import signal

from tests.faults.run import Campaign, Options, Report

LOSABLE = frozenset({"done", "timeout", "deadline_exceeded"})
POISONS = (
    ("test.crash", frozenset({"engine_crashed"})),
    ("test.abort", frozenset({"engine_crashed"})),
    ("test.oom", frozenset({"out_of_memory"})),
)


def measure(options: Options, short: tuple[int, float], long: tuple[int, float]) -> tuple[int, float]:
    """Return (requests, least seconds) as asked for, or else of the short or long form."""
    requests, seconds = long if options.long else short
    if options.requests is not None:
        requests, seconds = options.requests, 0.0
    return requests, seconds if options.seconds is None else options.seconds


def freeze_one(campaign: Campaign, seconds: float) -> None:
    """SIGSTOP one worker for a while: its parent process alone, or its engines too, in turn."""
    worker = campaign.rng.choice(campaign.service.workers)
    thaw = worker.freeze(tree=campaign.faults["SIGSTOP"] % 2 == 1)
    campaign.faults["SIGSTOP"] += 1
    campaign.pause(seconds)
    thaw()


def c1(options: Options) -> Report:
    """kill -9 a worker each second; in the long form SIGSTOPs and poison besides."""
    requests, seconds = measure(options, (1_500, 8.0), (100_000, 0.0))
    with Campaign("c1 worker crash", options, workers=4 if options.long else 2) as campaign:

        def kill() -> None:
            count = len(campaign.service.workers)
            index = campaign.rng.randrange(count) if options.long else campaign.faults["kill -9 worker"] % count
            campaign.service.kill_worker(index)
            campaign.faults["kill -9 worker"] += 1

        def one(number: int) -> None:
            if options.long and number % 2_000 == 1_999:
                operation, allowed = POISONS[number // 2_000 % 3]
                campaign.send(operation, allowed=allowed)
                campaign.faults["poison"] += 1
            else:
                campaign.send_digest()

        campaign.every(1.0, kill)
        if options.long:
            campaign.every(3.0, lambda: freeze_one(campaign, 2.5))
        campaign.load(requests, seconds, one)
        return campaign.report()


def c2(options: Options) -> Report:
    """SIGSTOP a worker for 2.5 s, longer than its liveness; some requests have little time."""
    requests, seconds = measure(options, (1_000, 7.0), (20_000, 60.0))
    with Campaign("c2 worker freeze", options) as campaign:

        def one(number: int) -> None:
            if number % 5 == 0:
                campaign.send_digest(timeout=1.0, allowed=LOSABLE)
            else:
                campaign.send_digest()

        campaign.every(0.5, lambda: freeze_one(campaign, 2.5))
        campaign.load(requests, seconds, one)
        return campaign.report()


def c5(options: Options) -> Report:
    """kill -9 the broker under load, and start it on the same ports; clients send again by themselves."""
    requests, seconds = measure(options, (1_000, 6.0), (50_000, 60.0))
    with Campaign("c5 broker crash", options) as campaign:

        def kill() -> None:
            campaign.service.restart_broker()
            campaign.faults["kill -9 broker"] += 1

        campaign.every(5.0 if options.long else 2.5, kill)
        campaign.load(requests, seconds, lambda _: campaign.send_digest())
        return campaign.report()


def c13(options: Options) -> Report:
    """SIGTERM the workers one by one and the broker once, under load: nobody sees an error."""
    requests, seconds = measure(options, (1_500, 7.0), (50_000, 60.0))
    with Campaign("c13 rolling restart", options) as campaign:
        service = campaign.service

        def roll() -> None:
            for index, worker in enumerate(service.workers):
                _expect_zero(campaign, worker.name, worker.terminate())
                service.workers[index] = service.make_worker(index)
                service.workers[index].announcement()
                campaign.faults["SIGTERM worker"] += 1
            _expect_zero(campaign, "broker", service.broker.terminate(40.0))
            service.restarts += 1
            service.start_broker()
            campaign.faults["SIGTERM broker"] += 1

        campaign.once(0.5, roll)
        campaign.load(requests, seconds, lambda _: campaign.send_digest())
        return campaign.report()


def _expect_zero(campaign: Campaign, name: str, status: int) -> None:
    if status:
        campaign.violations.append(f"{name} ended with status {status} on {signal.Signals.SIGTERM.name}")
