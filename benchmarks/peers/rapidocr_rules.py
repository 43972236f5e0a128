"""RapidOCR with the rules of ICAO 9303: letters and digits by position, a look-alike mended where a check digit asks for it.

Accepted: every check digit of the layout passes, and at least the number's, both dates' and (where there is one) the composite.
"""

from typing import Any

from benchmarks.peers.rapidocr_lines import load, pick, rows
from benchmarks.peers.serving import answer, serve

TO_DIGIT = str.maketrans("OQDIZSGB", "00012568")
TO_LETTER = str.maketrans("0125682", "OIZSGBZ")

# For each layout and line: kinds of stretches (n digits, a letters) as start, end.
TD3 = {0: (("a", 0, 44),), 1: (("n", 9, 10), ("a", 10, 13), ("n", 13, 20), ("a", 20, 21), ("n", 21, 28), ("n", 42, 44))}
TD2 = {0: (("a", 0, 36),), 1: (("n", 9, 10), ("a", 10, 13), ("n", 13, 20), ("a", 20, 21), ("n", 21, 28), ("n", 35, 36))}
VISA = {0: (("a", 0, 44),), 1: (("n", 9, 10), ("a", 10, 13), ("n", 13, 20), ("a", 20, 21), ("n", 21, 28))}
TD1 = {
    0: (("a", 0, 5), ("n", 14, 15)),
    1: (("n", 0, 7), ("a", 7, 8), ("n", 8, 15), ("a", 15, 18), ("n", 29, 30)),
    2: (("a", 0, 30),),
}
FRANCE = {
    0: (("a", 0, 30),),
    1: (("n", 0, 4), ("n", 7, 13), ("a", 13, 27), ("n", 27, 34), ("a", 34, 35), ("n", 35, 36)),
}

# Check digits: the stretches that are covered, and where the digit stands; the last entry is the composite one.
CHECKS = {
    "TD3": (
        (((1, 0, 9),), (1, 9)),
        (((1, 13, 19),), (1, 19)),
        (((1, 21, 27),), (1, 27)),
        (((1, 28, 42),), (1, 42)),
        (((1, 0, 10), (1, 13, 20), (1, 21, 43)), (1, 43)),
    ),
    "TD2": (
        (((1, 0, 9),), (1, 9)),
        (((1, 13, 19),), (1, 19)),
        (((1, 21, 27),), (1, 27)),
        (((1, 0, 10), (1, 13, 20), (1, 21, 35)), (1, 35)),
    ),
    "VISA": ((((1, 0, 9),), (1, 9)), (((1, 13, 19),), (1, 19)), (((1, 21, 27),), (1, 27))),
    "TD1": (
        (((0, 5, 14),), (0, 14)),
        (((1, 0, 6),), (1, 6)),
        (((1, 8, 14),), (1, 14)),
        (((0, 5, 30), (1, 0, 7), (1, 8, 15), (1, 18, 29)), (1, 29)),
    ),
    "FRANCE": ((((1, 0, 12),), (1, 12)), (((1, 27, 33),), (1, 33)), (((0, 0, 36), (1, 0, 35)), (1, 35))),
}
POSITIONS = {"TD3": TD3, "TD2": TD2, "VISA": VISA, "TD1": TD1, "FRANCE": FRANCE}
LIKE = {
    "O": "0",
    "0": "O",
    "I": "1",
    "1": "I",
    "S": "5",
    "5": "S",
    "B": "8",
    "8": "B",
    "Z": "2",
    "2": "Z",
    "G": "6",
    "6": "G",
}


def layout_of(lines: list[str]) -> str:
    if len(lines) == 3:
        return "TD1"
    if lines[0].startswith("V"):
        return "VISA"
    if lines[0].startswith("IDFRA"):
        return "FRANCE"
    return "TD3" if len(lines[0]) == 44 else "TD2"


def obey(lines: list[str], layout: str) -> list[str]:
    """Return the lines with digits where digits must stand, and letters where letters must."""
    out = list(lines)
    for number, stretches in POSITIONS[layout].items():
        for kind, start, end in stretches:
            text = out[number][start:end].translate(TO_DIGIT if kind == "n" else TO_LETTER)
            out[number] = out[number][:start] + text + out[number][end:]
    return out


def digit(text: str) -> str:
    values = (0 if c == "<" else int(c, 36) for c in text)
    return str(sum(value * (7, 3, 1)[index % 3] for index, value in enumerate(values)) % 10)


def passes(lines: list[str], check: Any) -> bool:
    parts, (line, at) = check
    text = "".join(lines[number][start:end] for number, start, end in parts)
    found = lines[line][at]
    return found == digit(text) or (found == "<" and not text.strip("<"))


def mend(lines: list[str], layout: str) -> list[str]:
    """Exchange one look-alike in a field whose check digit fails, if just one exchange passes it."""
    *fields, _ = CHECKS[layout]
    for check in fields:
        if passes(lines, check):
            continue
        (number, start, end), *_ = check[0]
        found = []
        for index in range(start, end):
            other = LIKE.get(lines[number][index])
            if other is not None:
                tried = list(lines)
                tried[number] = tried[number][:index] + other + tried[number][index + 1 :]
                found += [tried] if passes(tried, check) else []
        lines = found[0] if len(found) == 1 else lines
    return lines


def main() -> None:
    engine = load()

    def read(name: str) -> dict[str, Any]:
        lines = pick(rows(engine(name)))
        if not lines:
            return answer([], accepted=False)
        layout = layout_of(lines)
        lines = mend(obey(lines, layout), layout)
        return answer(lines, accepted=all(passes(lines, check) for check in CHECKS[layout]))

    serve(read)


if __name__ == "__main__":
    main()
