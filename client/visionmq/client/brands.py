"""Brands: what both clients put into `brand.*`."""

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from visionmq.client.brand_answers import BrandAnswer, BrandCounts, answer_of, chunks
from visionmq.client.brand_runs import run, run_async
from visionmq.client.calls import Call, awaited, blocking, checked, reply_of, result_of
from visionmq.client.pictures import Picture
from visionmq.client.replies import Reply
from visionmq.schemas.brand.recognition import Recognitions, RecognizeParams
from visionmq.schemas.brand.references import (
    Collections,
    ForgetParams,
    Forgotten,
    Labels,
    LabelsParams,
    Learned,
    LearnParams,
)
from visionmq.schemas.brand.report import Calibrated, CalibrateParams, Report, ReportParams

if TYPE_CHECKING:
    from visionmq.client.timelines import Timeline

_MANUAL: Final = "docs/brands.md"
_LONGEST_SOURCE: Final = 256


def sources_of(pictures: Sequence[Picture]) -> list[str]:
    """Return what to call each picture: the name of its file, or its number."""
    return [
        os.fspath(Path(one).name)[-_LONGEST_SOURCE:] if isinstance(one, str | Path) else f"image {number}"
        for number, one in enumerate(pictures, 1)
    ]


# ---- methods --------------------------------------------------------------------------------


def recognize_brands(
    pictures: Iterable[Picture],
    *,
    collection: str | None = None,
    threshold: float | None = None,
    fpr: float | None = None,
    top: int | None = None,
    search: str | None = None,
    verify: bool | None = None,
    text: bool | None = None,
    embedding: bool = False,
    want: Iterable[str] = (),
    pass_back: Any = None,
    **sending: Any,
) -> Call[Reply[Recognitions]]:
    """Say which brands of a collection are in up to 64 pictures: one item a picture, bad ones with their error.

    `fpr` is the wanted rate of pictures without a known brand that get a match (one in a hundred without it);
    `threshold`, a similarity, replaces it. `search` is `auto`, `whole` (the picture is one logo) or `scene`. `want`
    names pictures to return (`overlay`): see `Reply.picture`. `sending` as for `submit`.
    """
    given = {
        "collection": collection,
        "threshold": threshold,
        "fpr": fpr,
        "top": top,
        "search": search,
        "verify": verify,
        "text": text,
        "embedding": embedding,
        "want": want,
        "pass_back": pass_back,
    }
    params = checked(RecognizeParams, given, manual=_MANUAL)
    return reply_of(Recognitions, "brand.recognize", params, pictures, sending)


def learn_brands(
    pictures: Iterable[Picture],
    brand: str | Sequence[str],
    *,
    collection: str | None = None,
    sources: Sequence[str] | None = None,
    replace: bool = False,
    pass_back: Any = None,
    **sending: Any,
) -> Call[Learned]:
    """Keep up to 64 pictures as references of a brand, or of one brand each: one item a picture.

    `sources` are told with each match; files are called by their names without them. `replace` drops what these
    brands had before. `sending` as for `submit`; the same `key` has its effect once.
    """
    sent = list(pictures)
    given: Mapping[str, Any] = {
        "collection": collection,
        **({"brand": brand} if isinstance(brand, str) else {"brands": list(brand)}),
        "sources": sources_of(sent) if sources is None else list(sources),
        "replace": replace,
        "pass_back": pass_back,
    }
    return result_of(Learned, "brand.learn", checked(LearnParams, given, manual=_MANUAL), sent, sending)


def brand_labels(
    collection: str | None = None, *, after: str | None = None, limit: int | None = None, **sending: Any
) -> Call[Labels]:
    """Return a page of a collection's brands by name; `after` is the last name of the page before."""
    given = {"collection": collection, "after": after, "limit": limit}
    return result_of(Labels, "brand.labels", checked(LabelsParams, given, manual=_MANUAL), (), sending)


def brand_collections(**sending: Any) -> Call[Collections]:
    """Return the collections of brands, and how many brands and references each holds."""
    return result_of(Collections, "brand.collections", None, (), sending)


def forget_brand(brand: str, *, collection: str | None = None, **sending: Any) -> Call[Forgotten]:
    """Drop a brand with all its references; raises NotFound for one that is not there."""
    given = {"collection": collection, "brand": brand}
    return result_of(Forgotten, "brand.forget", checked(ForgetParams, given, manual=_MANUAL), (), sending)


def brand_report(collection: str | None = None, *, most: int | None = None, **sending: Any) -> Call[Report]:
    """Return which references are duplicates, stand under two names, or are nearer to another brand."""
    given = {"collection": collection, "most": most}
    return result_of(Report, "brand.report", checked(ReportParams, given, manual=_MANUAL), (), sending)


def calibrate_brands(collection: str | None = None, **sending: Any) -> Call[Calibrated]:
    """Measure how near strangers come to a collection; its thresholds follow from then on, in all workers."""
    given = {"collection": collection}
    return result_of(Calibrated, "brand.calibrate", checked(CalibrateParams, given, manual=_MANUAL), (), sending)


_COUNTS: Final = "_brand_counts"


class _Counting:
    """Counts what a client has had recognised."""

    @property
    def brand_counts(self) -> BrandCounts:
        """What this client has sent to be recognised, and what came of it."""
        made: BrandCounts = self.__dict__.setdefault(_COUNTS, BrandCounts())
        return made


class BrandCalls(_Counting):
    """The methods of `Client` about brands."""

    learn_brands = blocking(learn_brands)
    brand_labels = blocking(brand_labels)
    brand_collections = blocking(brand_collections)
    forget_brand = blocking(forget_brand)
    brand_report = blocking(brand_report)
    calibrate_brands = blocking(calibrate_brands)
    _recognize_brands = blocking(recognize_brands)

    def recognize_brands(
        self: Any, pictures: Iterable[Picture], *, source: str = "still", **options: Any
    ) -> Reply[Recognitions]:
        """Say which brands are in up to 64 pictures; options as for the function `recognize_brands`."""
        reply: Reply[Recognitions] = self._recognize_brands(pictures, **options)
        self.brand_counts.count(reply.result.items, source)
        return reply

    def brands(self: Any, pictures: Iterable[Picture], **options: Any) -> list[BrandAnswer]:
        """Return one answer a picture, of any number and sizes: label, matched file, embedding, similarity.

        Options as for `recognize_brands`. A picture that cannot be read, here or there, is an answer with its error.
        """
        answers: list[BrandAnswer] = []
        for items in run(self, pictures, {"embedding": True, **options}):
            self.brand_counts.count(items)
            answers.extend(map(answer_of, items))
        return answers

    def brand_timeline(self: Any, film: str | os.PathLike[str] | int, **options: Any) -> "Timeline":
        """Return when which brands are seen in a video file, or by a camera (its number); needs OpenCV here.

        Options as for `timelines.watch`: `every` (frames), `seconds`, `least`, and those of `recognize_brands`.
        """
        from visionmq.client.timelines import watch

        return watch(self, film, **options)

    def learn_brand_film(
        self: Any, film: str | os.PathLike[str], brand: str, *, every: int = 10, **options: Any
    ) -> list[Learned]:
        """Keep every n-th frame of a video file as a reference of a brand; needs OpenCV here.

        Options as for `learn_brands`.
        """
        from visionmq.client.films import frames_of

        frames = frames_of(film, every=every)
        return [
            self.learn_brands([one.jpeg for one in part], brand, sources=[one.name for one in part], **options)
            for part in chunks(frames)
        ]


class AsyncBrandCalls(_Counting):
    """The methods of `AsyncClient` about brands."""

    learn_brands = awaited(learn_brands)
    brand_labels = awaited(brand_labels)
    brand_collections = awaited(brand_collections)
    forget_brand = awaited(forget_brand)
    brand_report = awaited(brand_report)
    calibrate_brands = awaited(calibrate_brands)
    _recognize_brands = awaited(recognize_brands)

    async def recognize_brands(
        self: Any, pictures: Iterable[Picture], *, source: str = "still", **options: Any
    ) -> Reply[Recognitions]:
        """Say which brands are in up to 64 pictures; options as for the function `recognize_brands`."""
        reply: Reply[Recognitions] = await self._recognize_brands(pictures, **options)
        self.brand_counts.count(reply.result.items, source)
        return reply

    async def brands(self: Any, pictures: Iterable[Picture], **options: Any) -> list[BrandAnswer]:
        """Return one answer a picture, of any number and sizes; as `Client.brands`."""
        answers: list[BrandAnswer] = []
        async for items in run_async(self, pictures, {"embedding": True, **options}):
            self.brand_counts.count(items)
            answers.extend(map(answer_of, items))
        return answers

    async def brand_timeline(self: Any, film: str | os.PathLike[str] | int, **options: Any) -> "Timeline":
        """Return when which brands are seen in a video file, or by a camera; as `Client.brand_timeline`."""
        from visionmq.client.timelines import watch_async

        return await watch_async(self, film, **options)

    async def learn_brand_film(
        self: Any, film: str | os.PathLike[str], brand: str, *, every: int = 10, **options: Any
    ) -> list[Learned]:
        """Keep every n-th frame of a video file as a reference of a brand; as `Client.learn_brand_film`."""
        from visionmq.client.films import frames_of

        parts = chunks(frames_of(film, every=every))
        learnt: list[Learned] = []
        while part := await asyncio.to_thread(next, parts, None):
            names = [one.name for one in part]
            learnt.append(await self.learn_brands([one.jpeg for one in part], brand, sources=names, **options))
        return learnt
