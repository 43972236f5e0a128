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
LENGTHS = (30, 36, 44)
LEAST = 25
"""Characters: a shorter text is no line of a zone."""

THREADS = {
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "Global.log_level": "error",
}


def load() -> Any:
    return RapidOCR(params=THREADS)


def rows(result: Any) -> list[str]:
    """Return the texts from top to bottom, pieces at one height joined from left to right."""
    if result.boxes is None:
        return []
    pieces = []
    for box, text in zip(result.boxes, result.txts, strict=True):
        ys = [point[1] for point in box]
        pieces.append((sum(ys) / 4, max(ys) - min(ys), min(point[0] for point in box), text))
    joined: list[list[Any]] = []
    for middle, height, left, text in sorted(pieces):
        if joined and abs(joined[-1][0] - middle) < height / 2:
            joined[-1][1].append((left, text))
        else:
            joined.append([middle, [(left, text)]])
    return ["".join(text for _, text in sorted(row)) for _, row in joined]


def cleaned(text: str) -> str:
    return "".join(text.upper().translate(FILLERS).split())


def candidates(texts: list[str]) -> list[str]:
    """Return the texts that are long enough and of the zone's alphabet but for a few characters."""
    lines = [cleaned(text) for text in texts]
    lines = [line for line in lines if len(line) >= LEAST and sum(c in ALPHABET for c in line) >= 0.9 * len(line)]
    return ["".join(c for c in line if c in ALPHABET) for line in lines]


def fitted(line: str, length: int) -> str:
    """Return the line at its length: runs of `<` at the end are read too short or too long."""
    return line.rstrip("<").ljust(length, "<") if len(line) != length else line


def pick(texts: list[str]) -> list[str]:
    """Return the lines of the zone, or nothing."""
    lines = candidates(texts)
    for count, lengths in ((3, (30,)), (2, (44, 36))):
        tail = lines[-count:]
        for length in lengths:
            if len(tail) == count and all(abs(len(line) - length) <= 4 for line in tail):
                return [fitted(line, length) for line in tail]
    return []


def main() -> None:
    engine = load()

    def read(name: str) -> dict[str, Any]:
        lines = pick(rows(engine(name)))
        return answer(lines, accepted=bool(lines))

    serve(read)


if __name__ == "__main__":
    main()
