"""Counts what a reader got right, refused, and stated wrongly; pure."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Span = tuple[int, int, int]
"""Line, start, end."""

_UPPER: dict[str, Span] = {"document_code": (0, 0, 2), "issuer": (0, 2, 5)}
_LOWER: dict[str, Span] = {
    "number": (1, 0, 9),
    "number_check_digit": (1, 9, 10),
    "nationality": (1, 10, 13),
    "birth_date": (1, 13, 19),
    "birth_date_check_digit": (1, 19, 20),
    "gender": (1, 20, 21),
    "expiry_date": (1, 21, 27),
    "expiry_date_check_digit": (1, 27, 28),
}
SPANS: dict[str, dict[str, Span]] = {
    "TD3": {
        **_UPPER,
        **_LOWER,
        "optional_data": (1, 28, 42),
        "optional_data_check_digit": (1, 42, 43),
        "composite_check_digit": (1, 43, 44),
    },
    "TD2": {**_UPPER, **_LOWER, "optional_data": (1, 28, 35), "composite_check_digit": (1, 35, 36)},
    "MRVA": {**_UPPER, **_LOWER, "optional_data": (1, 28, 44)},
    "MRVB": {**_UPPER, **_LOWER, "optional_data": (1, 28, 36)},
    "TD1": {
        **_UPPER,
        "number": (0, 5, 14),
        "number_check_digit": (0, 14, 15),
        "optional_data": (0, 15, 30),
        "birth_date": (1, 0, 6),
        "birth_date_check_digit": (1, 6, 7),
        "gender": (1, 7, 8),
        "expiry_date": (1, 8, 14),
        "expiry_date_check_digit": (1, 14, 15),
        "nationality": (1, 15, 18),
        "optional_data_2": (1, 18, 29),
        "composite_check_digit": (1, 29, 30),
    },
    "IDFRA": {
        **_UPPER,
        "surname": (0, 5, 30),
        "optional_data": (0, 30, 36),
        "number": (1, 0, 12),
        "number_check_digit": (1, 12, 13),
        "given_names": (1, 13, 27),
        "birth_date": (1, 27, 33),
        "birth_date_check_digit": (1, 33, 34),
        "composite_check_digit": (1, 35, 36),
        "gender": (1, 34, 35),
    },
}
"""Where the fields stand, written down apart from the engine's own tables, so that an error there shows."""

_TRUTH_NAMES = {
    "document_code": "document_code",
    "issuer": "issuer",
    "surname": "surname",
    "given_names": "given_names",
    "number": "document_number",
    "nationality": "nationality",
    "birth_date": "birth_date",
    "gender": "sex",
    "expiry_date": "expiry_date",
}
_LONGER = ("number", "number_check_digit")
"""A TD1 number of more than nine characters goes on in the optional data, and its digit with it."""
_BY_VALUE = ("surname", "given_names")


@dataclass(frozen=True, slots=True)
class Truth:
    """What stands on one picture; no lines where there is no zone."""

    lines: tuple[str, ...] = ()
    kind: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    digits_fit: bool = True
    """False where check digits are wrong as printed: to be read so, and not accepted as a whole."""

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "Truth":
        """Return an entry of a truth.json."""
        lines = tuple(entry.get("mrz") or ())
        return cls(lines, entry.get("type"), entry.get("fields") or {}, entry.get("all_checks_ok") is not False)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class Said:
    """One field as a reader states it."""

    value: str | None
    raw: str
    accepted: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader says of one picture."""

    lines: tuple[str, ...] = ()
    accepted: bool = False
    """The zone as a whole; each reader's own rule, see benchmarks/README.md."""
    ms: float = 0.0
    fields: Mapping[str, Said] | None = None
    """By name; None for readers that accept or refuse the whole zone."""
    error: str | None = None
    cpu_ms: float = 0.0
    """Processor time, children included: what one idle core would take, however busy the machine was."""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Reading":
        """Return a line of a reader's output."""
        fields = said.get("fields")
        return cls(
            tuple(said["lines"]),
            said["accepted"],
            said["ms"],
            None if fields is None else {name: Said(*stated) for name, stated in fields.items()},
            said.get("error"),
            said.get("cpu_ms", 0.0),
        )

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def is_right(name: str, said: Said, truth: Truth) -> bool | None:
    """Return whether a field states what is printed; None where the truth does not tell."""
    if name == "full_mrz":
        return said.value == truth.text
    if name.startswith("mrz_line"):
        number = int(name[len("mrz_line") :]) - 1
        return number < len(truth.lines) and said.value == truth.lines[number]
    if not truth.lines:
        return False
    short = name.removeprefix("mrz_")
    span = SPANS.get(truth.kind or "", {}).get(short)
    verdicts = []
    if span is not None and short not in _BY_VALUE:
        line, start, end = span
        printed = _bare(truth.lines[line][start:end])
        if truth.kind == "TD1" and short == "optional_data" and truth.lines[0][14] == "<" != truth.lines[0][15]:
            printed = printed.partition("<")[2].strip("<")  # what stands before goes on with a long number
            verdicts.append(said.raw.strip("<") == printed)
        else:
            verdicts.append(_bare(said.raw).startswith(printed))
            verdicts.append(short in _LONGER or len(_bare(said.raw)) == len(printed))
    known = truth.fields.get(_TRUTH_NAMES.get(short, short), truth.fields.get(short))
    if known is not None:
        verdicts.append(_states(short, said, known))
    return all(verdicts) if verdicts else None


def _bare(raw: str) -> str:
    return raw.rstrip("<")


def _plain(text: str) -> str:
    return " ".join(text.replace("<", " ").split())


def _states(short: str, said: Said, known: str) -> bool:
    """Whether the value is the known one; codes and sex are compared as printed."""
    if said.value is None:
        return False
    if short.endswith("_date"):
        digits = known.replace("-", "")
        return said.value.replace("-", "").endswith(digits)
    if short in ("surname", "given_names", "number"):
        return _plain(said.value) == _plain(known)
    return _plain(known) in (_plain(said.raw), _plain(said.value))


def wrong_fields(reading: Reading, truth: Truth) -> list[str]:
    """Return what was accepted and is wrong: silent errors, by name."""
    if reading.fields is None:
        return ["zone"] if reading.accepted and reading.lines != truth.lines else []
    return [name for name, said in reading.fields.items() if said.accepted and is_right(name, said, truth) is False]


def unjudged_fields(reading: Reading, truth: Truth) -> list[str]:
    """Return the accepted fields that the truth says nothing about."""
    fields = reading.fields or {}
    return [name for name, said in fields.items() if said.accepted and is_right(name, said, truth) is None]


def distance(first: str, second: str) -> int:
    """Return Levenshtein's distance: the fewest insertions, deletions and exchanges."""
    row = list(range(len(second) + 1))
    for index, left in enumerate(first, 1):
        above, row[0] = row[0], index
        for column, right in enumerate(second, 1):
            above, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, above + (left != right))
    return row[-1]


@dataclass(frozen=True, slots=True)
class Score:
    """The figures of one reader on one set."""

    zones: int
    exact: int
    accepted: int
    """Zones accepted as a whole and right."""
    character_errors: int
    characters: int
    silent: int
    """Pictures with at least one thing accepted and wrong, negatives included."""
    negatives: int
    rejected: int
    """Negatives in which nothing was found."""
    misprints: int
    misprints_refused: int
    """Zones printed with wrong check digits that were not accepted as a whole."""
    failures: int
    """Pictures that ended in an error, a crash or no answer in time."""
    median_ms: float
    p95_ms: float
    mean_ms: float
    median_cpu_ms: float
    p95_cpu_ms: float
    slowest_ms: float

    @property
    def error_rate(self) -> float:
        """Characters wrong, missing or too many, by the characters printed."""
        return self.character_errors / self.characters if self.characters else 0.0


def score(pairs: Sequence[tuple[Truth, Reading]]) -> Score:
    """Return the figures of one reader's readings, each beside its truth."""
    zones = [(truth, reading) for truth, reading in pairs if truth.lines]
    others = [reading for truth, reading in pairs if not truth.lines]
    misprints = [reading for truth, reading in zones if not truth.digits_fit]
    times = sorted(reading.ms for _, reading in pairs)
    cpu = sorted(reading.cpu_ms for _, reading in pairs)
    return Score(
        zones=len(zones),
        exact=sum(reading.lines == truth.lines for truth, reading in zones),
        accepted=sum(reading.accepted and reading.lines == truth.lines for truth, reading in zones),
        character_errors=sum(distance("".join(truth.lines), "".join(reading.lines)) for truth, reading in zones),
        characters=sum(len("".join(truth.lines)) for truth, _ in zones),
        silent=sum(bool(wrong_fields(reading, truth)) for truth, reading in pairs),
        negatives=len(others),
        rejected=sum(not reading.lines and not reading.accepted for reading in others),
        misprints=len(misprints),
        misprints_refused=sum(not reading.accepted for reading in misprints),
        failures=sum(reading.error is not None for _, reading in pairs),
        median_ms=statistics.median(times) if times else 0.0,
        p95_ms=quantile(times, 0.95),
        median_cpu_ms=statistics.median(cpu) if cpu else 0.0,
        p95_cpu_ms=quantile(cpu, 0.95),
        mean_ms=statistics.fmean(times) if times else 0.0,
        slowest_ms=times[-1] if times else 0.0,
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the least value that this share of the values does not exceed."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
