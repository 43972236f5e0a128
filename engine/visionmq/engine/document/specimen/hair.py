"""The hair of an invented face: what falls behind the head, and what frames it."""

import numpy as np

from visionmq.engine.document.specimen.art import blend, fill, stroke
from visionmq.engine.document.specimen.looks import Looks, ellipse, tint
from visionmq.engine.picture import Pixels


def hair_behind(canvas: Pixels, looks: Looks) -> None:
    """Paint the hair that the head covers; styles 3 to 6 are long, a bob, a bun, and long again."""
    wide = looks.half_width
    if looks.style in (3, 6):
        long = np.concatenate(
            [ellipse(150, 170, wide + 24, 106, 180, 360), np.array([(150 + wide + 30, 318), (150 - wide - 30, 318)])]
        )
        fill(canvas, long, blend(looks.hair, (0, 0, 0), 0.85))
    elif looks.style == 4:
        fill(
            canvas,
            np.concatenate([ellipse(150, 172, wide + 22, 104, 180, 360), ellipse(150, 238, wide + 20, 30, 0, 180)]),
            blend(looks.hair, (0, 0, 0), 0.85),
        )
    elif looks.style == 5:
        fill(canvas, ellipse(150, 70, 38, 30), blend(looks.hair, (0, 0, 0), 0.8))
    top = ellipse(150, 168, wide + (9 if looks.style < 3 else 15), 102, 175, 365)
    fill(canvas, top, looks.hair)


def hair_before(canvas: Pixels, looks: Looks) -> None:
    """Paint crown, hairline, parting and shine; strands beside the face for the long styles."""
    wide, side = looks.half_width, 1 if looks.light > 0 else -1
    line = {1: 108, 2: 116, 3: 120, 4: 128, 5: 112, 6: 118}[looks.style]
    crown = ellipse(150, 170, wide + (8 if looks.style < 3 else 14), 104, 172, 368)
    part = 150 - side * 18
    hairline = [
        (150 + wide + 4, 182),
        (150 + wide - 5, 148),
        (part + 40 * side if side > 0 else 150 + wide * 0.55, line + 6),
        (part, line - 8),
    ]
    hairline += [(150 - wide * 0.55 if side > 0 else part - 40, line + 6), (150 - wide + 5, 148), (150 - wide - 4, 182)]
    if looks.style == 4:
        hairline = [
            (150 + wide + 4, 200),
            (150 + wide - 8, 146),
            (150, 138),
            (150 - wide + 8, 146),
            (150 - wide - 4, 200),
        ]
    fill(canvas, np.concatenate([crown, np.array(hairline)]), looks.hair)
    if looks.style in (3, 4, 6):
        for edge in (-1, 1):
            strand = [
                (150 + edge * (wide - 6), 140),
                (150 + edge * (wide + 6), 196),
                (150 + edge * (wide - 2), 262),
                (150 + edge * (wide + 26), 310),
                (150 + edge * (wide + 24), 170),
            ]
            if looks.style == 4:
                strand = [
                    (150 + edge * (wide - 8), 140),
                    (150 + edge * (wide + 1), 200),
                    (150 + edge * (wide - 4), 250),
                    (150 + edge * (wide + 16), 240),
                    (150 + edge * (wide + 18), 160),
                ]
            fill(canvas, np.array(strand), looks.hair)
    shine = blend(looks.hair, (255, 255, 255), 0.7)
    stroke(canvas, [np.array([(part, line - 8), (part + side * 3, 84)])], blend(looks.hair, (0, 0, 0), 0.6), 2)
    tint(canvas, ellipse(150 + side * 20, 94, 26, 7), shine, 0.55, 6)
    tint(canvas, ellipse(150 - side * 34, 102, 12, 6), shine, 0.35, 5)
