"""When which brands are seen in a film: single frames are smoothed over their neighbours, then joined to spans."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from visionmq.client.brand_answers import chunks
from visionmq.client.brand_runs import patient
from visionmq.client.films import FilmFrame, frames_of
from visionmq.schemas.brand.recognition import BrandMatch

SMOOTHED: Final = 5
"""Frames over which a brand's probability is averaged: a single false frame never makes a span of its own."""
LEAST: Final = 0.35
"""Mean probability over SMOOTHED frames from which on a brand is there: two of five surely, or three likely."""
BRIDGED: Final = 2
"""Frames without a brand that do not end its span: a hand passes, a frame is blurred."""
_TOGETHER: Final = 4
"""Frames of one request."""
_FLYING: Final = 6
"""Requests in flight."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame that was looked at."""

    index: int
    seconds: float
    matches: Sequence[BrandMatch]
    """As recognised in this frame alone."""
    brands: dict[str, float]
    """Mean probability over the frames around it, of each brand that is there by it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A time during which a brand is seen."""

    brand: str
    start: float
    end: float
    frames: int
    """In how many looked-at frames it was recognised."""
    probability: float
    """The highest mean over neighbouring frames."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A film's frames and spans."""

    moments: Sequence[Moment]
    spans: Sequence[Span]
    """By start, then brand."""


def watch(
    client: Any,
    film: str | os.PathLike[str] | int,
    *,
    every: int = 10,
    seconds: float | None = None,
    least: float = LEAST,
    on_frame: Callable[[FilmFrame, Sequence[BrandMatch]], None] | None = None,
    **options: Any,
) -> Timeline:
    """Return the timeline of a video file or a camera, looking at every n-th frame.

    `options` as for `recognize_brands`. `on_frame` is called for each frame when its answer is there.
    """
    source = "camera" if isinstance(film, int) else "video"
    options = patient(client, options, _FLYING)
    looked: list[tuple[int, float, Sequence[BrandMatch]]] = []
    for frame, matches in _recognised(client, frames_of(film, every=every, seconds=seconds), source, options):
        looked.append((frame.index, frame.seconds, matches))
        if on_frame is not None:
            on_frame(frame, matches)
    return timeline(looked, least=least)


async def watch_async(
    client: Any,
    film: str | os.PathLike[str] | int,
    *,
    every: int = 10,
    seconds: float | None = None,
    least: float = LEAST,
    on_frame: Callable[[FilmFrame, Sequence[BrandMatch]], None] | None = None,
    **options: Any,
) -> Timeline:
    """Return the timeline of a video file or a camera; as `watch`, with an `AsyncClient`. Frames are read in a thread."""
    source = "camera" if isinstance(film, int) else "video"
    options = patient(client, options, _FLYING)
    looked: list[tuple[int, float, Sequence[BrandMatch]]] = []
    frames = frames_of(film, every=every, seconds=seconds)
    async for frame, matches in _recognised_async(client, frames, source, options):
        looked.append((frame.index, frame.seconds, matches))
        if on_frame is not None:
            on_frame(frame, matches)
    return timeline(looked, least=least)


async def _recognised_async(
    client: Any, frames: Iterable[FilmFrame], source: str, options: dict[str, Any]
) -> AsyncIterator[tuple[FilmFrame, Sequence[BrandMatch]]]:
    """Yield each frame with its matches, in order; as `_recognised`, for asyncio."""
    flying: deque[tuple[list[FilmFrame], asyncio.Task[Any]]] = deque()
    parts = chunks(frames, _TOGETHER)
    more = True
    try:
        while more or flying:
            part = await asyncio.to_thread(next, parts, None) if more else None
            more = part is not None
            if part is not None:
                asked = client.recognize_brands([frame.jpeg for frame in part], source=source, **options)
                flying.append((part, asyncio.create_task(asked)))
            if flying and (not more or len(flying) >= _FLYING):
                landed, task = flying[0]
                for row in zip(landed, (await task).result.items, strict=True):
                    yield row[0], () if row[1].result is None else row[1].result.matches
                flying.popleft()
    finally:
        for _, task in flying:
            task.cancel()


def _recognised(
    client: Any, frames: Iterable[FilmFrame], source: str, options: dict[str, Any]
) -> Iterator[tuple[FilmFrame, Sequence[BrandMatch]]]:
    """Yield each frame with its matches, in order, several requests in flight."""
    from visionmq.client.brands import recognize_brands

    flying: deque[tuple[list[FilmFrame], Any]] = deque()
    try:
        for part in chunks(frames, _TOGETHER):
            call = recognize_brands([frame.jpeg for frame in part], **options)
            flying.append((part, client.submit(call.operation, call.params, call.images, **call.options)))
            if len(flying) >= _FLYING:
                yield from _landed(client, flying, source)
        while flying:
            yield from _landed(client, flying, source)
    finally:
        for _, future in flying:
            future.cancel()


def _landed(
    client: Any, flying: "deque[tuple[list[FilmFrame], Any]]", source: str
) -> Iterator[tuple[FilmFrame, Sequence[BrandMatch]]]:
    part, future = flying.popleft()
    items = future.result().result.items
    client.brand_counts.count(items, source)
    for frame, item in zip(part, items, strict=True):
        yield frame, () if item.result is None else item.result.matches


def timeline(looked: Sequence[tuple[int, float, Sequence[BrandMatch]]], *, least: float = LEAST) -> Timeline:
    """Return the timeline of frames (index, seconds, matches), in order."""
    names = sorted({match.brand for *_, matches in looked for match in matches})
    series = {name: _smooth([_of(matches, name) for *_, matches in looked]) for name in names}
    moments = [
        Moment(index, at, matches, {name: round(row[place], 4) for name, row in series.items() if row[place] >= least})
        for place, (index, at, matches) in enumerate(looked)
    ]
    spans = [span for name in names for span in _spans(name, series[name], looked, least)]
    return Timeline(moments, sorted(spans, key=lambda span: (span.start, span.brand)))


def _of(matches: Sequence[BrandMatch], name: str) -> float:
    return max((match.probability for match in matches if match.brand == name), default=0.0)


def _smooth(row: Sequence[float]) -> list[float]:
    """Return the mean of each entry and its neighbours; at the ends of those there are."""
    half = SMOOTHED // 2
    parts = [row[max(0, at - half) : at + half + 1] for at in range(len(row))]
    return [sum(part) / len(part) for part in parts]


def _spans(
    name: str, row: Sequence[float], looked: Sequence[tuple[int, float, Sequence[BrandMatch]]], least: float
) -> Iterator[Span]:
    start: int | None = None
    last = 0
    for at, value in enumerate([*row, *[0.0] * (BRIDGED + 1)]):
        if value >= least:
            start, last = at if start is None else start, at
        elif start is not None and at - last > BRIDGED:
            yield _span(name, row, looked, start, last)
            start = None


def _span(
    name: str, row: Sequence[float], looked: Sequence[tuple[int, float, Sequence[BrandMatch]]], start: int, last: int
) -> Span:
    seen = [at for at in range(start, last + 1) if _of(looked[at][2], name) > 0]
    first, end = (seen[0], seen[-1]) if seen else (start, last)
    return Span(name, looked[first][1], looked[end][1], len(seen), round(max(row[start : last + 1]), 4))
