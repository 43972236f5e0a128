"""Plain RapidOCR at its defaults, and the lines that look like a zone picked from what it reads.

What a person writes in an afternoon: upper case, no blanks, the quotation marks that OCR makes of fillers back to `<`, pieces
on one height joined, the last two or three lines of a zone's length, filled up with `<`. Nothing is checked, so all that is
found counts as accepted.
"""

from typing import Any

from rapidocr import RapidOCR

from benchmarks.peers.serving import answer, serve

FILLERS = str.maketrans({character: "<" for character in "‹く〈＜ㄑ«《("})
ALPHABET = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<")
LEAST, LONGEST = 25, 50
"""Characters: a text of other lengths is no line of a zone."""

THREADS = {
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "Global.log_level": "error",
}


def load() -> Any:
    return RapidOCR(params=THREADS)


def rows(result: Any) -> list[str]:
    """Return the texts from top to bottom; pieces at one height joined from left to right if no zone came whole."""
    if result.boxes is None:
        return []
    pieces = []
    for box, text in zip(result.boxes, result.txts, strict=True):
        ys = [point[1] for point in box]
        pieces.append((sum(ys) / 4, max(ys) - min(ys), min(point[0] for point in box), text))
    whole = [text for *_, text in sorted(pieces) if len(cleaned(text)) >= LEAST and "<" in cleaned(text)]
    if len(whole) >= 2:
        return whole  # lines of the zone that came in one piece
    joined: list[list[Any]] = []
    for middle, height, left, text in sorted(pieces):
        if joined and abs(joined[-1][0] - middle) < height / 2:
            joined[-1][1].append((left, text))
        else:
            joined.append([middle, [(left, text)]])
    return ["".join(text for _, text in sorted(row)) for _, row in joined]


def cleaned(text: str) -> str:
    return "".join(text.upper().translate(FILLERS).split())


def legal(line: str) -> float:
    return sum(character in ALPHABET for character in line) / len(line)


def candidates(texts: list[str]) -> list[str]:
    """Return the texts that are long enough and of the zone's alphabet but for a few characters."""
    lines = [cleaned(text) for text in texts]
    lines = [line for line in lines if len(line) >= LEAST and "<" in line and legal(line) >= 0.9]
    return ["".join(c for c in line if c in ALPHABET) for line in lines]


def fitted(line: str, length: int) -> str:
    """Return the line at its length: runs of `<` at the end are read too short or too long."""
    return line.rstrip("<").ljust(length, "<") if len(line) != length else line


def pick(texts: list[str]) -> list[str]:
    """Return the lines of the zone, or nothing: the last three if all are short, else the last two."""
    lines = [line for line in candidates(texts) if len(line) <= LONGEST]
    if len(lines) >= 3 and all(len(line) <= 33 for line in lines[-3:]):
        return [fitted(line, 30) for line in lines[-3:]]
    if len(lines) < 2:
        return []
    length = 44 if max(len(line) for line in lines[-2:]) > 40 else 36
    return [fitted(line, length) for line in lines[-2:]]


def main() -> None:
    engine = load()

    def read(name: str) -> dict[str, Any]:
        lines = pick(rows(engine(name)))
        return answer(lines, accepted=bool(lines))

    serve(read)


if __name__ == "__main__":
    main()
