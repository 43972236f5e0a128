"""The frame of a film that shows each brand best: cut out for its plot, and drawn on for who asked for an overlay."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from visionmq.client import Client
    from visionmq.client.films import FilmFrame
    from visionmq.schemas.brand.recognition import BrandMatch

CUT: Final = (112, 68)
"""Width and height in pixels that a cut-out fits into: twice what the plot shows, for sharp screens."""
_MARGIN: Final = 0.12
"""Of a brand's box that is shown around it."""
_QUALITY: Final = 85


@dataclass(slots=True)
class BestFrames:
    """The frame with the likeliest match of each brand, of those seen so far."""

    _best: dict[str, "tuple[BrandMatch, FilmFrame]"] = field(default_factory=dict[str, "tuple[BrandMatch, FilmFrame]"])

    def see(self, frame: "FilmFrame", matches: "Sequence[BrandMatch]") -> None:
        """Look at a frame and what was recognised in it."""
        for match in matches:
            known = self._best.get(match.brand)
            if known is None or match.probability > known[0].probability:
                self._best[match.brand] = match, frame

    def cut_outs(self, brands: Iterable[str]) -> dict[str, bytes]:
        """Return a small JPEG of each brand as it was seen."""
        return {name: _cut(*self._best[name]) for name in brands if name in self._best}

    def overlays(
        self, client: "Client", brands: Iterable[str], params: Mapping[str, Any], stem: Path
    ) -> dict[str, str]:
        """Ask for the annotated best frame of each brand; write them as STEM-BRAND-SECONDSs.jpg and return where."""
        saved: dict[str, str] = {}
        for name in brands:
            if name not in self._best:
                continue
            frame = self._best[name][1]
            reply = client.call("brand.recognize", {**params, "want": ["overlay"]}, [frame.jpeg])
            word = "".join(letter if letter.isalnum() else "-" for letter in name)
            path = stem.with_name(f"{stem.name}-{word}-{frame.seconds:.2f}s.jpg")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(reply.images[0]))
            saved[f"overlay {name}"] = str(path)
        return saved


def _cut(match: "BrandMatch", frame: "FilmFrame") -> bytes:
    """Return the upright box of a match with a little around it, as JPEG."""
    import cv2
    import numpy as np

    pixels = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None  # it was encoded here
    points = np.array(match.quad.points, np.float64)
    pad = _MARGIN * float(np.ptp(points, axis=0).max())
    (left, top), (right, bottom) = points.min(axis=0) - pad, points.max(axis=0) + pad
    height, width = pixels.shape[:2]
    columns = slice(min(max(0, int(left)), width - 1), max(1, int(right) + 1))
    rows = slice(min(max(0, int(top)), height - 1), max(1, int(bottom) + 1))
    part = pixels[rows, columns]
    scale = min(CUT[0] / part.shape[1], CUT[1] / part.shape[0])
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    _, file = cv2.imencode(".jpg", cv2.resize(part, size, interpolation=method), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return file.tobytes()
