"""Where fields are in the picture: shares of the bands that the zone's characters take."""

from collections.abc import Sequence

import numpy as np

from visionmq.engine.document.mrz.band import Band
from visionmq.engine.document.mrz.reading import Array, even_centres
from visionmq.engine.document.mrz.zone import Zone
from visionmq.schemas.common import Quad


def quads_of(zone: Zone, bands: Sequence[Band]) -> dict[str, Quad]:
    """Return where the zone, its lines and its fields are, in pixels of the picture as shown, by name."""
    first, last = bands[0].quad(), bands[-1].quad()
    quads = {"full_mrz": to_quad(np.array([first[0], first[1], last[2], last[3]]))}
    quads |= {f"mrz_line{number + 1}": to_quad(band.quad()) for number, band in enumerate(bands)}
    for span in zone.layout.spans:
        edges = _edges(zone, span.line)
        quads[span.name] = to_quad(bands[span.line].part(edges[span.start], edges[span.end]))
    return quads


def to_quad(corners: Array) -> Quad:
    """Return four corners (4, 2) as a result's quad, to a tenth of a pixel."""
    return Quad([(round(float(x), 1), round(float(y), 1)) for x, y in corners])


def _edges(zone: Zone, line: int) -> Array:
    """Return where each character of a line begins, and the last ends, as fractions of its band."""
    centres = zone.centres[line] if zone.centres else even_centres(len(zone.texts[line]))
    middles = (centres[1:] + centres[:-1]) / 2
    first, last = 2 * centres[0] - middles[0], 2 * centres[-1] - middles[-1]
    return np.concatenate([[first], middles, [last]])
