"""Campaign C4: a partition between worker and broker, both ways and one way only."""

from urllib.parse import urlsplit

from tests.faults.processes import LOSABLE, measure
from tests.faults.proxy import Proxy
from tests.faults.run import Campaign, Options, Report

_CUTS = (
    ("cut both ways", True, True),
    ("cut towards the broker", True, False),
    ("cut towards the worker", False, True),
)


def c4(options: Options) -> Report:
    """Cut one of two workers off, so that its connections stay but nothing passes; then heal."""
    requests, seconds = measure(options, (1_200, 16.0), (20_000, 170.0))
    lasting = (1.0, 5.0, 30.0) if options.long else (3.0,)
    campaign = Campaign("c4 partition", options)
    broker = urlsplit(campaign.service.worker_endpoint)
    assert broker.hostname
    assert broker.port
    with Proxy((broker.hostname, broker.port)) as proxy:
        campaign.service.route(0, proxy.endpoint)
        with campaign:

            def cuts() -> None:
                for length in lasting:
                    for name, up, down in _CUTS:
                        proxy.cut(up=up, down=down)
                        campaign.faults[name] += 1
                        campaign.pause(length)
                        proxy.heal()
                        campaign.pause(2.0)

            def one(number: int) -> None:
                if number % 5 == 0:
                    campaign.send_digest(timeout=1.0, allowed=LOSABLE)
                else:
                    campaign.send_digest()

            campaign.once(0.5, cuts)
            campaign.load(requests, seconds, one)
            return campaign.report()
