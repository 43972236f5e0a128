"""The operation `document.make`: a specimen document drawn from fields, with its ground truth."""

from typing import Final

from visionmq.engine.document.mrz.layouts import MASKS
from visionmq.engine.document.specimen.art import load_fonts
from visionmq.engine.document.specimen.draw import SCAN, casual, draw_specimen
from visionmq.engine.picture import encode_jpeg, encode_png
from visionmq.schemas.common import Attachment
from visionmq.schemas.document.specimens import Made, MakeParams

DOC_TYPES: Final = MASKS
"""What can be drawn."""
PICTURE: Final = "specimen"
"""Name of the attachment."""
_QUALITY: Final = 90


def load_maker() -> None:
    """Read what drawing needs; the engine calls it in `load`, for no file may be opened afterwards."""
    load_fonts()


def make_specimen(params: MakeParams) -> tuple[Made, bytes]:
    """Return a specimen's truth and its picture: a photograph as JPEG, or the flat page as PNG.

    The same parameters draw the same picture. Cards with the zone on their back show both sides, the front above.
    Raise NotWritable (a ValueError; the message says what to do) for a document type or a field that cannot be
    written: the caller's mistake.
    """
    made = draw_specimen(
        params.doc_type,
        params.fields,
        seed=abs(params.seed),
        degradation=casual if params.photograph else SCAN,
        all_sides=True,
        table=params.photograph,
    )
    picture = encode_jpeg(made.pixels, _QUALITY) if params.photograph else encode_png(made.pixels)
    truth = Made(
        doc_type=made.doc_type,
        mrz=list(made.lines),
        fields=made.fields,
        quads=made.quads,
        images=[Attachment(PICTURE, 0, media_type="image/jpeg" if params.photograph else "image/png")],
        pass_back=params.pass_back,
    )
    return truth, picture
