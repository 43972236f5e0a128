"""Draws a portrait: a face of nobody, lit softly, with the contrasts that face detectors look for."""

import cv2
import numpy as np

from visionmq.engine.document.specimen.art import blend, fill, stroke
from visionmq.engine.document.specimen.hair import hair_before, hair_behind
from visionmq.engine.document.specimen.looks import SIZE, Looks, curve, ellipse, invent_looks, outline_of, tint
from visionmq.engine.picture import Pixels


def draw_face(random: np.random.Generator, *, sex: str = "X", age: int = 35) -> Pixels:
    """Return a portrait (390, 300, 3) of a person of this sex and age; the same random state draws the same face."""
    looks = invent_looks(random, sex, age)
    canvas: Pixels = np.empty((SIZE[1], SIZE[0], 3), np.uint8)
    canvas[:] = looks.wall
    if looks.style != 0:
        hair_behind(canvas, looks)
    _shoulders(canvas, looks)
    _neck(canvas, looks)
    _head(canvas, looks)
    for eye in (-1, 1):
        _eye(canvas, looks, eye)
    _nose(canvas, looks)
    _mouth(canvas, looks)
    if looks.beard:
        _beard(canvas, looks)
    if looks.style != 0:
        hair_before(canvas, looks)
    if looks.glasses:
        _glasses(canvas)
    return _photographed(canvas, looks, random)


def _shoulders(canvas: Pixels, looks: Looks) -> None:
    wide = 118 if looks.woman else 138
    body = [(150 - wide, 400), (150 - wide + 4, 352), (150 - wide * 0.72, 322), (120, 304), (180, 304)]
    body += [(150 + wide * 0.72, 322), (150 + wide - 4, 352), (150 + wide, 400)]
    fill(canvas, np.array(body), looks.clothes)
    dark = blend(looks.clothes, (0, 0, 0), 0.6)
    for side in (-1, 1):
        tint(
            canvas,
            np.array([(150 + side * wide, 400), (150 + side * (wide - 8), 350), (150 + side * 86, 400)]),
            dark,
            0.6,
            9,
        )
        fill(
            canvas,
            np.array([(150 + side * 32, 300), (150 + side * 50, 316), (150, 384), (150, 352)]),
            blend(looks.clothes, (255, 255, 255), 0.75),
        )


def _neck(canvas: Pixels, looks: Looks) -> None:
    half = 29 if looks.woman else 37
    fill(
        canvas,
        np.array([(150 - half, 230), (150 + half, 230), (150 + half + 8, 312), (150, 352), (150 - half - 8, 312)]),
        looks.skin,
    )
    shade = blend(looks.skin, (20, 24, 40), 0.62)
    tint(canvas, ellipse(150, 258, half - 5, 20), shade, 0.75, 6)


def _head(canvas: Pixels, looks: Looks) -> None:
    shade, glow = blend(looks.skin, (24, 28, 60), 0.72), blend(looks.skin, (255, 255, 255), 0.72)
    for side in (-1, 1):
        ear = ellipse(150 + side * (looks.half_width + 3), 186, 11, 21)
        fill(canvas, ear, blend(looks.skin, shade, 0.6))
    outline = outline_of(looks)
    layer: Pixels = np.empty_like(canvas)
    layer[:] = looks.skin
    for side in (-1, 1):
        strength = 0.5 + 0.35 * side * looks.light
        tint(layer, ellipse(150 + side * (looks.half_width + 6), 190, 28, 96), shade, strength, 16)
    tint(layer, ellipse(150, 178 + looks.half_height, 54, 22), shade, 0.5, 13)
    tint(layer, ellipse(150, 128, 38, 22), glow, 0.5, 14)
    for side in (-1, 1):
        tint(layer, ellipse(150 + side * 36, 212, 17, 13), glow, 0.42, 9)
        tint(layer, ellipse(150 + side * 38, 220, 15, 11), (128, 130, 226), 0.16, 8)
        tint(layer, ellipse(150 + side * 29, 171, 25, 15), shade, 0.62, 7)
    mask = np.zeros(canvas.shape[:2], np.uint8)
    fill(mask, outline, (255,))
    cover = (mask.astype(np.float32) / 255)[:, :, None]
    canvas[:] = (canvas * (1 - cover) + layer * cover).astype(np.uint8)
    if looks.old:
        for side in (-1, 1):
            curve(canvas, [(150 + side * 21, 210), (150 + side * 30, 222), (150 + side * 33, 236)], shade, 2)
        for height in (118, 127):
            curve(canvas, [(122, height + 2), (150, height - 1), (178, height + 2)], shade, 1)


def _eye(canvas: Pixels, looks: Looks, side: int) -> None:
    x, y = 150 + side * 29.0, 174.0
    dark = blend(looks.hair, (26, 24, 30), 0.35)
    white = [
        (x - 15, y + 1),
        (x - 8, y - 5.5),
        (x, y - 7.5),
        (x + 8, y - 5.5),
        (x + 15, y + 1),
        (x + 7, y + 5.5),
        (x, y + 6.5),
        (x - 7, y + 5.5),
    ]
    fill(canvas, np.array(white), (226, 230, 234))
    fill(canvas, ellipse(x, y - 0.5, 7, 7), looks.eyes)
    fill(canvas, ellipse(x, y - 0.5, 3.4, 3.4), (16, 14, 14))
    fill(canvas, ellipse(x + 2.2, y - 3, 1.5, 1.5), (250, 250, 250))
    curve(canvas, [(x - 16, y + 1.5), (x, y - 8.5), (x + 16, y + 1.5)], dark, 3 if looks.woman else 2)
    curve(canvas, [(x - 13, y + 3.5), (x, y + 7.5), (x + 13, y + 3.5)], blend(looks.skin, (30, 30, 60), 0.6), 1)
    curve(canvas, [(x - 15, y - 6), (x, y - 13.5), (x + 15, y - 6)], blend(looks.skin, (24, 26, 50), 0.66), 1)
    brow = blend(looks.hair, looks.skin, 0.85)
    inner, outer = x - side * 17, x + side * 20
    tall = 4.5 if looks.woman else 7.0
    arch = [
        (inner, y - 20),
        (x + side * 4, y - 27),
        (outer, y - 18),
        (x + side * 4, y - 27 + tall),
        (inner, y - 20 + tall),
    ]
    tint(canvas, np.array(arch), brow, 0.95, 1.3)


def _nose(canvas: Pixels, looks: Looks) -> None:
    shade, glow = blend(looks.skin, (20, 24, 60), 0.68), blend(looks.skin, (255, 255, 255), 0.62)
    side = 1 if looks.light > 0 else -1
    tint(
        canvas,
        np.array([(150 + side * 5, 166), (150 + side * 12, 208), (150 + side * 16, 218), (150 + side * 4, 212)]),
        shade,
        0.5,
        4,
    )
    tint(canvas, np.array([(148, 160), (153, 160), (154, 208), (147, 208)]), glow, 0.55, 3.5)
    tint(canvas, ellipse(150, 219, 17, 5), shade, 0.6, 3)
    for nostril in (-1, 1):
        tint(canvas, ellipse(150 + nostril * 7, 218, 4, 2.3), blend(looks.skin, (10, 10, 20), 0.35), 0.95, 1.2)
        curve(canvas, [(150 + nostril * 14, 208), (150 + nostril * 18, 215), (150 + nostril * 13, 219)], shade, 1)


def _mouth(canvas: Pixels, looks: Looks) -> None:
    red = blend(looks.skin, (70, 60, 190) if looks.woman else (74, 76, 150), 0.5)
    half = 24.0
    upper = [(150 - half, 242), (141, 238.5), (150, 241), (159, 238.5), (150 + half, 242), (150, 246.5)]
    lower = [(150 - half, 242), (150, 246.5), (150 + half, 242), (162, 253), (150, 255.5), (138, 253)]
    tint(canvas, np.array(upper), blend(red, (20, 20, 40), 0.82), 0.95, 1.0)
    tint(canvas, np.array(lower), red, 0.95, 1.2)
    curve(canvas, [(150 - half - 2, 241), (150, 246.5), (150 + half + 2, 241)], blend(red, (10, 10, 20), 0.42), 2)
    tint(canvas, ellipse(150, 262, 16, 3.5), blend(looks.skin, (20, 24, 60), 0.7), 0.5, 3)


def _beard(canvas: Pixels, looks: Looks) -> None:
    """Tint jaw and upper lip; the outline holds it, and the mouth is drawn over it again."""
    outer = outline_of(looks, 0.985)
    chin = outer[outer[:, 1] > 205]
    chin = chin[np.argsort(-chin[:, 0])]
    cheeks = np.array([(118, 214), (124, 226), (150, 229), (176, 226), (182, 214)])
    tint(canvas, np.concatenate([chin, cheeks]), looks.hair, looks.beard, 3)
    _mouth(canvas, looks)


def _glasses(canvas: Pixels) -> None:
    frame = (48, 40, 38)
    for side in (-1, 1):
        stroke(canvas, [ellipse(150 + side * 30, 176, 24, 18)], frame, 3, closed=True)
        stroke(canvas, [np.array([(150 + side * 54, 172), (150 + side * 68, 168)])], frame, 3)
    curve(canvas, [(126 + 18, 174), (150, 169), (156, 174)], frame, 3)


def _photographed(canvas: Pixels, looks: Looks, random: np.random.Generator) -> Pixels:
    """Soften, light from one side, and add a photograph's grain."""
    soft = cv2.GaussianBlur(canvas, (0, 0), 0.9).astype(np.float32)
    slope = 1 + 0.07 * looks.light * np.linspace(-1, 1, SIZE[0], dtype=np.float32)
    grain = random.normal(0, 2.2, (SIZE[1], SIZE[0], 1)).astype(np.float32)
    return np.clip(soft * slope[None, :, None] + grain, 0, 255).astype(np.uint8)
