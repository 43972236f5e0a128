"""Ways to recognise a brand: ours, and what services do without it. All get the same pictures, in memory, on one core."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from benchmarks.branding.sets import Query
from visionmq.engine.api import EngineError, Job
from visionmq.engine.brand.letterbox import letterbox
from visionmq.engine.brand.views import cut
from visionmq.engine.document.network import open_model
from visionmq.engine.registration.features import to_gray
from visionmq.schemas.brand.recognition import RecognizeParams
from visionmq.schemas.brand.references import LearnParams
from visionmq.schemas.brand.report import CalibrateParams
from visionmq.schemas.errors import ErrorCode

_TOGETHER = 16
_LITE0_SIDE = 224


@dataclass(frozen=True, slots=True)
class Guess:
    """A brand that may be in a picture."""

    brand: str
    score: float
    accepted: bool = False
    """By the recipe's own rule, where it has one."""
    quad: Any = None


class Recipe(Protocol):
    """One way to recognise."""

    name: str
    size_mb: float
    """Of its model; 0 for none."""

    def learn(self, gallery: Sequence[Query]) -> None:
        """Take a new gallery."""
        ...

    def find(self, query: Query) -> list[Guess]:
        """Return the brands that may be in a picture, best first."""
        ...


class Ours:
    """`brand.recognize` in process, with a store of its own."""

    def __init__(self, *, name: str = "ours", search: str = "auto", verify: bool = True, text: bool = True) -> None:
        self.name, self._options = name, {"search": search, "verify": verify, "text": text}
        self.size_mb = 0.0
        self._folder = tempfile.TemporaryDirectory()
        self._galleries = 0
        self._engine: Any = None

    def learn(self, gallery: Sequence[Query]) -> None:
        """Learn the gallery in a new collection, and calibrate it."""
        if self._engine is None:
            self._engine, self.size_mb = _engine(Path(self._folder.name))
        self._galleries += 1
        for at in range(0, len(gallery), _TOGETHER):
            part = gallery[at : at + _TOGETHER]
            names = [one.brand or "" for one in part]
            params = LearnParams(collection=self._collection, brands=names, sources=[one.name for one in part])
            self._ask("brand.learn", params, [one.file() for one in part], key=f"{self._collection}-{at}")
        self._ask("brand.calibrate", CalibrateParams(collection=self._collection), [], key=self._collection)

    @property
    def _collection(self) -> str:
        return f"gallery {self._galleries}"

    def _ask(self, operation: str, params: Any, frames: list[bytes], key: str = "") -> Any:
        (answer,) = self._engine.run(operation, [Job(params, frames=frames, key=key, time_left=600)])
        if isinstance(answer, EngineError):
            raise answer
        return answer.result

    def find(self, query: Query) -> list[Guess]:
        """Recognise one picture."""
        params = RecognizeParams(collection=self._collection, **self._options)
        (item,) = self._ask("brand.recognize", params, [query.file()]).items
        if item.result is None:  # too small to be opened: a miss
            return []
        quads = {match.brand: match.quad.points for match in item.result.matches}
        return [
            Guess(one.brand, one.probability, one.brand in quads, quads.get(one.brand))
            for one in item.result.candidates
        ]


def _engine(folder: Path) -> tuple[Any, float]:
    from visionmq.engine.brand.embedding import LogoEmbedding
    from visionmq.engine.brand.engine import BrandEngine
    from visionmq.engine.store.link import open_direct

    link = open_direct(str(folder / "store.db"), keys=str(folder / "keys"))
    made = BrandEngine(LogoEmbedding.load())
    made.bind(_Stored(link))
    made.load()
    data = Path(__file__).parents[2] / "engine/visionmq/engine/brand/data"
    return made, sum(file.stat().st_size for file in data.glob("*.onnx")) / 1e6


class _Stored:
    def __init__(self, link: Any) -> None:
        self._link = link

    def store(self) -> Any:
        """Return the link."""
        return self._link

    def engine(self, name: str) -> Any:
        """Refuse: brands need no other engine."""
        raise EngineError(ErrorCode.BAD_REQUEST, f"Brands need no engine {name!r}.")


class Hashes:
    """Perceptual hash: the signs of 63 low frequencies; fewest differing bits win."""

    name = "pHash"
    size_mb = 0.0

    def learn(self, gallery: Sequence[Query]) -> None:
        """Hash the gallery."""
        self._names = [one.brand or "" for one in gallery]
        self._hashes = np.array([_hash(one.pixels) for one in gallery])

    def find(self, query: Query) -> list[Guess]:
        """Compare with all."""
        far = (self._hashes != _hash(query.pixels)).sum(axis=1)
        return _ranked(self._names, 1 - far / 63)


def _hash(pixels: Any) -> Any:
    small = cv2.resize(to_gray(cut(pixels)), (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:8, :8].ravel()[1:]
    return low > np.median(low)


class Landmarks:
    """SIFT with the ratio test and a homography by RANSAC; most inliers win."""

    name = "SIFT + RANSAC"
    size_mb = 0.0

    def __init__(self) -> None:
        self._sift: Any = cv2.SIFT.create(nfeatures=300)
        self._matcher = cv2.BFMatcher(cv2.NORM_L2)

    def learn(self, gallery: Sequence[Query]) -> None:
        """Describe the gallery."""
        self._names = [one.brand or "" for one in gallery]
        self._known = [self._sift.detectAndCompute(to_gray(one.pixels), None) for one in gallery]

    def find(self, query: Query) -> list[Guess]:
        """Compare with all."""
        seen = self._sift.detectAndCompute(to_gray(query.pixels), None)
        return _ranked(self._names, np.array([self._inliers(seen, one) for one in self._known], np.float64))

    def _inliers(self, seen: Any, known: Any) -> int:
        if seen[1] is None or known[1] is None or len(known[1]) < 2:
            return 0
        pairs = [pair for pair in self._matcher.knnMatch(seen[1], known[1], k=2) if len(pair) == 2]
        good = [first for first, second in pairs if first.distance < 0.75 * second.distance]
        if len(good) < 4:
            return 0
        ends = [np.float32([points[at].pt for at in index]) for points, index in _ends(seen, known, good)]
        _, mask = cv2.findHomography(ends[0], ends[1], cv2.RANSAC, 5.0)
        return 0 if mask is None else int(mask.sum())


def _ends(seen: Any, known: Any, good: Any) -> list[tuple[Any, list[int]]]:
    return [(seen[0], [one.queryIdx for one in good]), (known[0], [one.trainIdx for one in good])]


class Plain:
    """Features of EfficientNet-Lite0 (ImageNet) with cosine, as the older service had them of a ResNet."""

    name = "EfficientNet-Lite0, cosine"

    def __init__(self, model: Path) -> None:
        self.size_mb = model.stat().st_size / 1e6
        self._session = open_model(model.read_bytes(), model.name)

    def _embed(self, pixels: Any) -> Any:
        square = letterbox(pixels, (_LITE0_SIDE, _LITE0_SIDE))[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32)
        found = self._session.run(None, {self._session.get_inputs()[0].name: (square - 127) / 128})[0][0]
        return found / np.linalg.norm(found)

    def learn(self, gallery: Sequence[Query]) -> None:
        """Embed the gallery."""
        self._names = [one.brand or "" for one in gallery]
        self._vectors = np.array([self._embed(cut(one.pixels)) for one in gallery])

    def find(self, query: Query) -> list[Guess]:
        """Compare with all."""
        return _ranked(self._names, self._vectors @ self._embed(cut(query.pixels)))


def _ranked(names: Sequence[str], scores: Any) -> list[Guess]:
    order = np.argsort(-scores, kind="stable")[:5]
    return [Guess(names[at], float(scores[at])) for at in order]
