"""The asyncio client has the same manners."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.client.fake_broker import FakeBroker, echo
from tests.client.test_client import hold
from visionmq.client import AsyncClient, Client, errors
from visionmq.schemas import messages as m


def test_replies_and_errors_arrive() -> None:
    async def talk(endpoint: str) -> None:
        async with AsyncClient(endpoint) as client:
            replies = await asyncio.gather(*(client.echo(images=[bytes(size)]) for size in range(1, 20)))
            assert [reply.result.sizes for reply in replies] == [[size] for size in range(1, 20)]
            with pytest.raises(errors.BadImage):
                await client.echo(images=[b""])

    with FakeBroker() as broker:
        asyncio.run(talk(broker.endpoint))


def test_cancelling_the_task_cancels_on_the_server() -> None:
    async def talk(broker: FakeBroker) -> None:
        async with AsyncClient(broker.endpoint) as client:
            task = asyncio.create_task(client.ping())
            await asyncio.to_thread(broker.wait_for, m.Request)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(broker.wait_for, m.Cancel)

    with FakeBroker(hold) as broker:
        asyncio.run(talk(broker))


@pytest.mark.parametrize("ordered", [True, False])
def test_map_takes_asynchronous_items_within_its_window(ordered: bool) -> None:
    taken: list[int] = []

    async def source() -> AsyncIterator[bytes]:
        for number in range(1, 31):
            taken.append(number)
            yield bytes(number)

    async def talk(endpoint: str) -> None:
        yielded = 0
        async with AsyncClient(endpoint) as client:
            async for outcome in client.map("system.echo", source(), window=3, ordered=ordered):
                assert len(taken) <= yielded + 3
                yielded += 1
                assert outcome.unwrap().result.sizes == [outcome.index + 1]
        assert yielded == 30

    with FakeBroker() as broker:
        asyncio.run(talk(broker.endpoint))


def test_progress_is_told_in_the_event_loop() -> None:
    def steps(broker: FakeBroker, peer: bytes, request: m.Request, body: bytes, images: object) -> None:
        broker.reply(peer, request.id, b'{"stage": "read"}', state=m.State.PROGRESS)
        echo(broker, peer, request, body, [])

    async def talk(endpoint: str) -> None:
        loops = []
        async with AsyncClient(endpoint) as client:
            await client.call("system.echo", on_progress=lambda _: loops.append(asyncio.get_running_loop()))
            await asyncio.sleep(0)
        assert loops == [asyncio.get_running_loop()]

    with FakeBroker(steps) as broker:
        asyncio.run(talk(broker.endpoint))


def test_both_clients_have_the_same_methods() -> None:
    def public(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert public(Client) == public(AsyncClient)
