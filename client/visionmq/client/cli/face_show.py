"""Comparisons and identities of faces for a person at a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from visionmq.client.cli import board
from visionmq.client.cli.document_marks import BAD, DIM, GOOD, NO, OPEN, WARN, YES
from visionmq.client.cli.document_remarks import Remark
from visionmq.client.cli.face_names import UNKNOWN, issue
from visionmq.client.cli.show import plain

if TYPE_CHECKING:
    from rich.text import Text

_FIGURES: Final = 34
"""Columns that the figures of a row need, beside the names."""


def show_verified(lines: Sequence[Mapping[str, Any]]) -> None:
    """Print comparisons: one in full, many as a table and what they add up to."""
    console = board.console()
    if len(lines) == 1:
        _one_verified(console, lines[0])
        return
    room = max(12, (console.width - _FIGURES) // 2)
    table = board.grid("", "a", "b", "distance", "sure", "remarks", right=("distance", "sure"), wrap=("remarks",))
    short = board.brief([line[side] for line in lines for side in ("a", "b")], min(room, 40))
    for line in lines:
        table.add_row(*_verified_row(line, [short[line[side]] for side in ("a", "b")]))
    console.print(table)
    console.print(_verified_sum(lines))
    if (saved := board.pictures(lines)) is not None:
        console.print(saved)


def _verified_row(line: Mapping[str, Any], names: Sequence[str]) -> list[Any]:
    if not line["ok"]:
        return [board.sign(OPEN), *names, "", "", board.text(line["error"]["message"], WARN)]
    result = line["result"]
    remarks = "; ".join(dict.fromkeys(note for side in ("a", "b") for note in _remarks(result[side])))
    mark = YES if result["same"] else NO
    figures = [f"{result['distance']:.3f}", board.percent(result["probability"])]
    return [board.sign(mark), *names, *figures, board.text(remarks, DIM)]


def _verified_sum(lines: Sequence[Mapping[str, Any]]) -> "Text":
    good = [line["result"] for line in lines if line["ok"]]
    same = sum(result["same"] for result in good)
    parts = [f"{same} the same person", f"{len(good) - same} different"]
    if len(good) < len(lines):
        parts.append(f"{len(lines) - len(good)} not compared")
    bound = f"; the same up to {good[0]['threshold']:.3f}" if good else ""
    return board.text(f"{len(lines)} pairs: {', '.join(parts)}{bound}")


def _one_verified(console: Any, line: Mapping[str, Any]) -> None:
    console.print(board.text(f"{line['a']}  {line['b']}", "bold"))
    if not line["ok"]:
        console.print(board.failure(line))
        return
    result = line["result"]
    mark, words = (YES, "the same person") if result["same"] else (NO, "two different persons")
    heading = board.text("  ").append(board.sign(mark)).append(f" {words}", mark.style)
    console.print(heading.append(f"  {_likely(result)}", DIM))
    console.print(board.rows_of([*_verified_rows(line)]))


def _likely(result: Mapping[str, Any]) -> str:
    before = "" if result["prior"] == 0.5 else f", {board.percent(result['prior'])} before"
    return f"{board.percent(result['probability'])} likely one person{board.between(result['interval'])}{before}"


def _verified_rows(line: Mapping[str, Any]) -> Iterator[Remark]:
    result = line["result"]
    point = result["operating_point"]
    yield "distance", f"{result['distance']:.3f}, the same up to {result['threshold']:.3f}", "bold"
    yield "errors", _rates(point), ""
    yield "measured", plain(point["measured_on"]), DIM
    for side in ("a", "b"):
        for note in _side(result[side]):
            yield side, note, ""
        for note in _remarks(result[side]):
            yield side, note, WARN
    yield from _cannot(result["presentation"])
    yield "model", model(result["model"]), DIM
    for name, path in line.get("images", {}).items():
        yield "pictures", f"{plain(name):<11} {plain(path)}", "cyan"


def _rates(point: Mapping[str, Any]) -> str:
    wrong = f"{board.odds(point['fmr'])} pairs of strangers would pass for one person"
    if point["extrapolated"]:
        wrong += " (extrapolated)"
    missed = point["fnmr"]
    part = "not measured" if missed is None else board.percent(missed)
    return f"{wrong}; turned away of one person's pictures: {part}"


def model(info: Mapping[str, Any]) -> str:
    """Return a model with its version and licence."""
    return plain(f"{info['name']} {info['version']} ({info['licence']})")


def _side(side: Mapping[str, Any]) -> Iterator[str]:
    if side["source"] == "subject":
        yield f"subject {plain(side['subject'])}, {side['templates']} templates"
    elif side["source"] == "encoding":
        yield "an encoding made elsewhere"
    elif side["face"] is not None:
        yield where(side["face"])


def where(face: Mapping[str, Any]) -> str:
    """Return where a face is and how large."""
    box = face["box"]
    return f"face of {box['width']:.0f} x {box['height']:.0f} pixels at {box['left']:.0f},{box['top']:.0f}"


def _remarks(side: Mapping[str, Any]) -> Iterator[str]:
    yield from (plain(note) for note in side["notes"])
    quality = (side["face"] or {}).get("quality")
    if quality:
        yield from (plain(note) for note in quality["notes"] or [issue(code) for code in quality["issues"]])


def _cannot(presentation: Mapping[str, Any]) -> Iterator[Remark]:
    if presentation["passed"] is False:
        yield "alive", "no: this looks like a picture of a picture", BAD
    if presentation["cannot_detect"]:
        yield "blind to", plain("; ".join(presentation["cannot_detect"])), DIM


# ---- who ------------------------------------------------------------------------------------


def show_identified(lines: Sequence[Mapping[str, Any]]) -> None:
    """Print who each face belongs to: one with its candidates, many as a table."""
    console = board.console()
    table = board.grid("", "file", "who", "distance", "sure", "next", right=("distance", "sure"), wrap=("next",))
    short = board.brief([line["file"] for line in lines])
    for line in lines:
        table.add_row(*_identified_row(line, short[line["file"]]))
    console.print(table)
    if len(lines) == 1 and lines[0]["ok"]:
        console.print(board.rows_of([*_identified_rows(lines[0])]))
    known = sum(line["ok"] and line["result"]["known"] for line in lines)
    failed = sum(not line["ok"] for line in lines)
    good = [line["result"] for line in lines if line["ok"]]
    among = f" among {good[0]['subjects']:,} subjects of {plain(good[0]['collection'])}" if good else ""
    parts = [f"{known} known", f"{len(good) - known} unknown", *([f"{failed} failed"] if failed else [])]
    console.print(board.text(f"{board.count(len(lines), 'face')}{among}: {', '.join(parts)}"))
    if good and not good[0]["subjects"]:
        console.print(board.text("Nobody is enrolled yet: visionmq face enroll NAME FILE...", WARN))
    if (saved := board.pictures(lines)) is not None:
        console.print(saved)


def _identified_row(line: Mapping[str, Any], name: str) -> list[Any]:
    if not line["ok"]:
        return [board.sign(NO), name, "", "", "", board.text(line["error"]["message"], BAD)]
    result = line["result"]
    others = ", ".join(f"{plain(one['subject'])} {one['distance']:.3f}" for one in result["candidates"][1:3])
    if result["known"]:
        figures = [f"{result['distance']:.3f}", board.percent(result["probability"])]
        return [board.sign(YES), name, board.text(result["subject"], GOOD), *figures, board.text(others, DIM)]
    why = UNKNOWN.get(result["unknown"] or "", "")
    nearest = ", ".join(f"{plain(one['subject'])} {one['distance']:.3f}" for one in result["candidates"][:2])
    return [board.sign(OPEN), name, board.text("unknown", WARN), "", "", board.text(f"{why}: {nearest}".rstrip(": "))]


def _identified_rows(line: Mapping[str, Any]) -> Iterator[Remark]:
    result = line["result"]
    if result["reason"]:
        yield "why", plain(result["reason"]), ""
    for one in result["candidates"]:
        figures = f"{one['distance']:.3f}  {board.percent(one['probability'])}"
        yield "candidates", f"{figures}  {plain(one['subject'])}", ""
    for note in _remarks(result["probe"]):
        yield "face", note, WARN
    if point := result["operating_point"]:
        share = f"the same up to {point['threshold']:.3f}: {board.odds(point['fmr'])} strangers would pass for anybody"
        yield "errors", f"{share}, compared with {board.count(point['comparisons'], 'template')}", ""
        yield "measured", plain(point["measured_on"]), DIM
    yield from _cannot(result["presentation"])
    yield "model", model(result["model"]), DIM
