"""Made-up card holders: what is printed for them, a drawn face and a signature. No real person."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from PIL import Image, ImageFilter

from visionmq.engine.document.mrz.layouts import FILLER, check_digit
from visionmq.engine.document.template.sample.canvas import Canvas, Colour, Point

SURNAMES: Final = (
    "SPECIMEN", "HYTHLODAY", "ADEMUS", "BARZANES", "MARLOWE", "VAN DER MEER", "O'HARA", "LINDQVIST", "QUILL", "ABRAXA",
    "FERNANDEZ-RUIZ", "OKONKWO", "ILIESCU", "TANAKA", "BJORNSSON", "DUBOIS", "WEISS", "KOWALSKA", "ORLANDO", "JAX",
)  # fmt: skip
GIVEN_NAMES: Final = (
    "LINA MARIE", "OTTO", "RAPHAEL", "INES", "THEODORA", "JOHN", "VERA", "PETER GILES", "MIRA", "AKIRA", "ZOE",
    "EBELE", "CLARA LUISE", "SVEN", "NOOR", "IVO", "YASMIN", "FRIDA", "ALEXANDER", "BO",
)  # fmt: skip
BRANCHES: Final = ("HARBOUR", "OLD TOWN", "ANYDER BRIDGE", "UNIVERSITY", "NORTH GATE", "GARDENS")
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

_SKIN: Final = ((241, 208, 184), (226, 184, 158), (198, 150, 118), (156, 108, 80), (112, 76, 58))
_HAIR: Final = ((52, 38, 34), (92, 60, 40), (150, 104, 58), (196, 164, 112), (128, 124, 122), (124, 58, 40))
_CLOTH: Final = ((52, 78, 104), (112, 48, 58), (60, 92, 76), (74, 66, 102), (88, 88, 92), (164, 118, 62))


@dataclass(frozen=True, slots=True)
class Holder:
    """What is printed on one card."""

    surname: str
    given_names: str
    number: str
    """As `AL-0429-773`."""
    born: date
    valid_until: date
    branch: str
    interlibrary: bool
    reading_room: bool
    look: int
    """Seed of the face and the signature."""
    signed: bool = True

    def printed(self) -> dict[str, str]:
        """Return each text as it stands on the card."""
        return {
            "surname": self.surname,
            "given_names": self.given_names,
            "number": self.number,
            "born": f"{self.born:%d.%m.%Y}",
            "valid_until": f"{self.valid_until.day:02} {MONTHS[self.valid_until.month - 1]} {self.valid_until.year}",
            "branch": self.branch,
        }

    def fields(self) -> dict[str, str]:
        """Return the truth: what reading should return for each zone."""
        dates = {"born": self.born.isoformat(), "valid_until": self.valid_until.isoformat()}
        boxes = {"interlibrary": self.interlibrary, "reading_room": self.reading_room}
        marks = {name: str(ticked).lower() for name, ticked in boxes.items()}
        marks |= {"portrait": "present", "signature": "present" if self.signed else "absent"}
        return self.printed() | dates | marks | {"mrz": "\n".join(self.zone_lines())}

    def zone_lines(self) -> tuple[str, str]:
        """Return the card's machine-readable zone: format TD2 (ICAO 9303-6), issued by Utopia."""
        names = "<<".join(
            "".join(c if c.isalpha() else FILLER for c in name.replace("'", "")) for name in self._names()
        )
        upper = f"I<UTO{names}".ljust(36, FILLER)[:36]
        number, born, expires = self.number.replace("-", ""), f"{self.born:%y%m%d}", f"{self.valid_until:%y%m%d}"
        parts = [text + check_digit(text) for text in (number, born, expires)]
        optional = FILLER * 7
        lower = f"{parts[0]}UTO{parts[1]}{FILLER}{parts[2]}{optional}"
        return upper, lower + check_digit("".join(parts) + optional)

    def _names(self) -> tuple[str, str]:
        return self.surname, self.given_names


def invent(random: np.random.Generator) -> Holder:
    """Return a holder; the same generator state gives the same one."""
    return Holder(
        surname=str(random.choice(SURNAMES)),
        given_names=str(random.choice(GIVEN_NAMES)),
        number=f"AL-{int(random.integers(0, 10000)):04}-{int(random.integers(0, 1000)):03}",
        born=date(1935, 1, 1) + timedelta(days=int(random.integers(0, 29000))),
        valid_until=date(2025, 1, 1) + timedelta(days=int(random.integers(0, 4500))),
        branch=str(random.choice(BRANCHES)),
        interlibrary=bool(random.integers(0, 2)),
        reading_room=bool(random.integers(0, 2)),
        look=int(random.integers(0, 2**31)),
        signed=bool(random.random() < 0.85),
    )


SPECIMEN: Final = Holder(
    "SPECIMEN", "LINA MARIE", "AL-0429-773", date(1987, 4, 12), date(2034, 9, 30), "HARBOUR", False, False, 1516
)
"""Who the bundle's clean picture shows."""


def portrait(look: int, width: float, height: float, per_mm: float) -> Image.Image:
    """Return a drawn head and shoulders before a pale wall, in millimetres."""
    random = np.random.default_rng(look)
    canvas = Canvas.blank(width, height, per_mm, (214, 222, 228))
    for row in range(40):
        shade = int(row * 0.7)
        canvas.box(0, height * row / 40, width, height, (216 - shade, 223 - shade, 229 - shade))
    tone = int(random.integers(len(_SKIN)))
    hair = _HAIR[int(random.integers(len(_HAIR) if tone < 3 else 2))]
    skin, cloth = _SKIN[tone], _CLOTH[int(random.integers(len(_CLOTH)))]
    middle, size = (width / 2 + float(random.normal(0, 0.4)), height * 0.44), width * float(random.uniform(0.21, 0.24))
    style = int(random.integers(0, 4))
    _hair_behind(canvas, middle, size, hair, style)
    _shoulders(canvas, middle, size, skin, cloth, height)
    _head(canvas, middle, size, skin, hair, style)
    _face(canvas, middle, size, skin, hair, random)
    return canvas.finished().filter(ImageFilter.GaussianBlur(per_mm * 0.06))


def _darker(colour: Colour, part: float = 0.86) -> Colour:
    return tuple(round(value * part) for value in colour)


def _shoulders(canvas: Canvas, at: Point, size: float, skin: Colour, cloth: Colour, bottom: float) -> None:
    x, y = at
    canvas.box(x - 2.0 * size, y + 1.75 * size, x + 2.0 * size, bottom + size, cloth, radius=0.9 * size)
    canvas.box(x - 0.46 * size, y + 0.7 * size, x + 0.46 * size, y + 2.0 * size, _darker(skin, 0.9), radius=0.3 * size)
    canvas.shape([(x - 0.62 * size, y + 1.72 * size), (x, y + 2.5 * size), (x + 0.62 * size, y + 1.72 * size)], skin)
    canvas.line(
        [(x - 0.66 * size, y + 1.7 * size), (x, y + 2.55 * size), (x + 0.66 * size, y + 1.7 * size)],
        0.22 * size,
        _darker(cloth, 0.75),
    )


def _hair_behind(canvas: Canvas, at: Point, size: float, hair: Colour, style: int) -> None:
    x, y = at
    if style == 0:
        canvas.box(x - 1.22 * size, y - 1.4 * size, x + 1.22 * size, y + 1.9 * size, hair, radius=1.1 * size)
    elif style == 1:
        canvas.oval((x, y - 1.6 * size), 0.55 * size, 0.5 * size, hair)


def _head(canvas: Canvas, at: Point, size: float, skin: Colour, hair: Colour, style: int) -> None:
    x, y = at
    for side in (-1, 1):
        canvas.oval((x + side * size, y + 0.1 * size), 0.2 * size, 0.3 * size, _darker(skin, 0.93))
    canvas.oval((x, y), size, 1.32 * size, skin)
    canvas.slice((x, y - 0.28 * size), 1.06 * size, 1.16 * size, (180, 360), hair)
    parting = -0.3 if style % 2 else 0.25
    canvas.slice((x + parting * size, y - 0.32 * size), 0.76 * size, 0.34 * size, (0, 180), hair)


def _face(canvas: Canvas, at: Point, size: float, skin: Colour, hair: Colour, random: np.random.Generator) -> None:
    x, y = at
    iris = (62, 78, 74) if random.random() < 0.5 else (74, 52, 38)
    glasses, beard = random.random() < 0.35, random.random() < 0.2
    if beard:
        canvas.slice((x, y + 0.5 * size), 0.92 * size, 0.86 * size, (0, 180), _darker(hair, 1.05))
    for side in (-1, 1):
        eye = (x + side * 0.42 * size, y + 0.12 * size)
        canvas.oval(eye, 0.2 * size, 0.12 * size, (250, 248, 246))
        canvas.oval(eye, 0.1 * size, 0.115 * size, iris)
        brow = [(eye[0] + d * size, eye[1] - (0.3 - abs(d) * 0.3) * size) for d in (-0.24, -0.08, 0.08, 0.24)]
        canvas.line(brow, 0.08 * size, _darker(hair, 0.9))
        if glasses:
            ring = [
                (eye[0] + 0.32 * size * math.cos(a), eye[1] + 0.26 * size * math.sin(a))
                for a in np.linspace(0, 6.4, 30)
            ]
            canvas.line(ring, 0.055 * size, (44, 42, 46))
    if glasses:
        canvas.line([(x - 0.11 * size, y + 0.1 * size), (x + 0.11 * size, y + 0.1 * size)], 0.05 * size, (44, 42, 46))
    nose = [(x + 0.03 * size, y + 0.14 * size), (x - 0.1 * size, y + 0.5 * size), (x + 0.08 * size, y + 0.54 * size)]
    canvas.line(nose, 0.06 * size, _darker(skin, 0.8))
    smile = float(random.uniform(0.04, 0.14))
    mouth = [(x + d * size, y + (0.86 - smile * (abs(d) / 0.3) ** 2) * size) for d in np.linspace(-0.3, 0.3, 9)]
    canvas.line(mouth, 0.1 * size, (172, 92, 88))


def signature(look: int, width: float, height: float, per_mm: float) -> Image.Image:
    """Return a line of looping handwriting on clear ground, in millimetres."""
    random = np.random.default_rng(look + 1)
    canvas = Canvas.blank(width, height, per_mm, (255, 255, 255, 0))
    count = int(random.integers(5, 9))
    points: list[Point] = []
    for number in range(count * 2 + 1):
        tall = 0.9 if number in (1, count) or random.random() < 0.15 else 0.35
        up = number % 2
        x = width * (0.08 + 0.72 * number / (count * 2)) + float(random.normal(0, 0.5))
        points.append((x, height * (0.78 - up * tall * 0.72) + float(random.normal(0, 0.35))))
    points.append((width * 0.93, height * float(random.uniform(0.35, 0.6))))
    canvas.line(_smooth(points), 0.38, (30, 42, 96, 235))
    if random.random() < 0.6:
        tail = [(width * 0.2, height * 0.9), (width * 0.55, height * 0.8), (width * 0.88, height * 0.86)]
        canvas.line(_smooth(tail), 0.26, (30, 42, 96, 220))
    return canvas.finished()


def _smooth(points: list[Point]) -> list[Point]:
    """Return a Catmull-Rom curve through the points, with loops where it turns."""
    ends = np.array([points[0], *points, points[-1]])
    curve = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for t in np.linspace(0, 1, 14, endpoint=False):
            both = 2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
            loop = 0.35 * math.sin(math.pi * t) * (c[1] - b[1]) / 2
            curve.append((float(both[0] / 2 + loop), float(both[1] / 2)))
    return curve
