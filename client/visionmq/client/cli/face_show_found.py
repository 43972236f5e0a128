"""Found, enrolled and listed faces for a person at a terminal."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from visionmq.client.cli import board
from visionmq.client.cli.board import count
from visionmq.client.cli.document_marks import BAD, DIM, GOOD, NO, OPEN, WARN, YES
from visionmq.client.cli.document_remarks import Remark
from visionmq.client.cli.face_names import issue
from visionmq.client.cli.show import plain

_SHOWN: Final = 8
"""Faces of a picture that have a row; JSON has them all."""


def show_found(lines: Sequence[Mapping[str, Any]]) -> None:
    """Print the faces of each file."""
    console = board.console()
    table = board.grid("", "file", "faces", "size", "at", "quality", "remarks", right=("faces",), wrap=("remarks",))
    short = board.brief([line["file"] for line in lines])
    for line in lines:
        for row in _found_rows(line, short[line["file"]]):
            table.add_row(*row)
    console.print(table)
    good = [line["result"] for line in lines if line["ok"]]
    without = sum(not result["total"] for result in good)
    parts = [f"{count(sum(result['total'] for result in good), 'face')} in {count(len(good), 'picture')}"]
    parts += [f"{without} without a face"] if without else []
    parts += [f"{len(lines) - len(good)} failed"] if len(good) < len(lines) else []
    console.print(board.text(", ".join(parts)))
    if (saved := board.pictures(lines)) is not None:
        console.print(saved)


def _found_rows(line: Mapping[str, Any], name: str) -> Iterator[list[Any]]:
    if not line["ok"]:
        yield [board.sign(NO), name, "", "", "", "", board.text(line["error"]["message"], BAD)]
        return
    result = line["result"]
    if not result["faces"]:
        yield [board.sign(OPEN), name, "0", "", "", "", board.text("no face found", WARN)]
    for number, face in enumerate(result["faces"][:_SHOWN]):
        yield _face_row(face, name if not number else "", str(result["total"]) if not number else "")
    if result["total"] > _SHOWN:
        yield ["", "", "", board.text(f"and {result['total'] - _SHOWN} more", DIM), "", "", ""]


def _face_row(face: Mapping[str, Any], name: str, total: str) -> list[Any]:
    box, quality = face["box"], face["quality"] or {"usable": True, "score": 0.0, "issues": [], "notes": []}
    mark = YES if quality["usable"] else OPEN
    size, place = f"{box['width']:.0f}x{box['height']:.0f}", f"{box['left']:.0f},{box['top']:.0f}"
    remarks = "; ".join(plain(note) for note in quality["notes"]) or ", ".join(map(issue, quality["issues"]))
    return [board.sign(mark), name, total, size, place, f"{quality['score']:.2f}", board.text(remarks, WARN)]


# ---- enrolment ------------------------------------------------------------------------------


def show_enrolled(lines: Sequence[Mapping[str, Any]]) -> None:
    """Print what was kept of each subject, and what was refused and why."""
    console = board.console()
    for line in lines:
        name = board.text(line["subject"], "bold")
        if not line["ok"] and "result" not in line:
            console.print(board.text("").append(board.sign(NO)).append(" ").append(name))
            console.print(board.failure(line))
            continue
        result = line["result"]
        kept, asked = result["kept"], len(result["items"])
        mark = YES if kept == asked else OPEN if kept else NO
        words = f"  {kept} of {asked} pictures kept, {count(result['templates'], 'template')} now"
        console.print(board.text("").append(board.sign(mark)).append(" ").append(name).append(words))
        if rows := [*_enrolled_rows(line, notes=len(lines) == 1)]:
            console.print(board.rows_of(rows))
    if len(lines) > 1:
        console.print(_enrolled_sum(lines))


def _enrolled_sum(lines: Sequence[Mapping[str, Any]]) -> Any:
    results = [line["result"] for line in lines if "result" in line]
    kept = sum(result["kept"] for result in results)
    refused = sum(len(result["items"]) - result["kept"] for result in results)
    parts = [count(len(lines), "subject"), f"{kept:,} pictures kept"]
    return board.text(", ".join([*parts, *([f"{refused:,} refused"] if refused else [])]))


def _enrolled_rows(line: Mapping[str, Any], *, notes: bool) -> Iterator[Remark]:
    result = line["result"]
    for file, item in zip(line["files"], result["items"], strict=False):
        if not item["ok"]:
            yield "refused", f"{board.short(file)}: {plain(item['error']['message'])}", BAD
        for note in (item.get("result") or {}).get("notes", []) if notes else ():
            yield "note", f"{board.short(file)}: {plain(note)}", DIM
    for warning in result["warnings"]:
        yield "look", _named(plain(warning["message"]), line["files"]), WARN
    told = any(warning["code"] == "look_alike" for warning in result["warnings"])
    for alike in () if told else result["look_alikes"]:
        words = f"{plain(alike['subject'])} at {alike['distance']:.3f}, {board.percent(alike['probability'])} the same"
        yield "alike", words, WARN
    if result["repeated"]:
        yield "note", "the same request came before: nothing was stored twice", DIM


def _named(words: str, files: Sequence[str]) -> str:
    """Return a message about pictures, which the service counts from 0, by the names of their files."""

    def name(found: re.Match[str]) -> str:
        number = int(found[1])
        return board.short(files[number]) if number < len(files) else found[0]

    return re.sub(r"\b[Pp]icture (\d+)\b", name, words)


def show_calibrated(found: Mapping[str, Any]) -> None:
    """Print what a collection's own strangers say of the thresholds."""
    console = board.console()
    shipped, own = found["shipped"], found["gallery"]
    low, high = found["measured_interval"]
    rows: list[Remark] = [
        ("pairs", f"{found['pairs']:,} of different subjects, of {found['templates']:,} templates", ""),
        ("release", f"threshold {shipped['threshold']:.3f} for {board.odds(shipped['fmr'])}", ""),
        ("here", f"{found['measured_fmr']:.2e} of them are nearer ({low:.1e} to {high:.1e})", ""),
    ]
    if own is not None:
        rows.append(("own", f"threshold {own['threshold']:.3f} for {board.odds(own['fmr'])}", GOOD))
    rows += [("note", plain(note), WARN) for note in found["notes"]]
    rows.append(("kept", "yes: decisions in this collection go by it" if found["kept"] else "no", ""))
    console.print(board.text(f"{found['collection']}: {found['subjects']:,} subjects", "bold"))
    console.print(board.rows_of(rows))
