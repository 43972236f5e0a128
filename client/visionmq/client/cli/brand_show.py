"""Brands for a person at a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from visionmq.client.cli import board
from visionmq.client.cli.document_marks import BAD, DIM, GOOD, NO, OPEN, WARN, YES


def show_found(lines: Sequence[Mapping[str, Any]]) -> None:
    """Print a row a picture and brand, the spans of films, and what they add up to."""
    console = board.console()
    table = board.grid("", "file", "brand", "sure", "similar", "like", right=("sure", "similar"))
    stills = [line for line in lines if "frame" not in line and "timeline" not in line]
    for line in stills:
        for row in _rows(line):
            table.add_row(*row)
    if stills:
        console.print(table)
        console.print(_sum(stills))
    for line in lines:
        if "timeline" in line:
            _film(console, line)
    if (saved := board.pictures(lines)) is not None:
        console.print(saved)


def _rows(line: Mapping[str, Any]) -> Iterator[list[Any]]:
    name = board.short(line["file"])
    if not line["ok"]:
        yield [board.sign(NO), name, board.text(line["error"]["message"], BAD), "", "", ""]
        return
    result = line["result"]
    for match in result["matches"]:
        figures = [board.percent(match["probability"]), f"{match['similarity']:.2f}"]
        yield [board.sign(YES), name, board.text(match["brand"], GOOD), *figures, board.text(_like(match), DIM)]
        name = ""
    if not result["matches"]:
        near = ", ".join(f"{one['brand']} {one['similarity']:.2f}" for one in result["candidates"][:2])
        yield [board.sign(OPEN), name, board.text("unknown", WARN), "", "", board.text(near, DIM)]


def _like(match: Mapping[str, Any]) -> str:
    why = f", {match['inliers']} landmarks" if match["verified"] else ""
    read = f", reads {match['text']!r}" if match["text"] else ""
    return f"{match['reference']}{why}{read}"


def _sum(lines: Sequence[Mapping[str, Any]]) -> Any:
    good = [line["result"] for line in lines if line["ok"]]
    known = sum(bool(result["matches"]) for result in good)
    parts = [f"{known} with a known brand", f"{len(good) - known} unknown"]
    if len(good) < len(lines):
        parts.append(f"{len(lines) - len(good)} failed")
    return board.text(f"{board.count(len(lines), 'picture')}: {', '.join(parts)}")


def _film(console: Any, line: Mapping[str, Any]) -> None:
    table = board.grid("brand", "from", "to", "frames", "sure", right=("from", "to", "frames", "sure"))
    for span in line["timeline"]:
        figures = [f"{span['start']:.1f} s", f"{span['end']:.1f} s", str(span["frames"])]
        table.add_row(board.text(span["brand"], GOOD), *figures, board.percent(span["probability"]))
    console.print(board.text(line["file"], "bold"))
    console.print(table if line["timeline"] else board.text("no known brand is seen", WARN))


def show_report(report: Mapping[str, Any]) -> None:
    """Print what is odd about a collection."""
    console = board.console()
    for kind, words in (("contradictions", "under two names"), ("duplicates", "twice under one name")):
        if report[kind]:
            table = board.grid("brand", "picture", "brand", "picture", "similar", right=("similar",))
            for pair in report[kind]:
                files = [board.short(pair[f"{side}_source"], 30) for side in ("first", "second")]
                table.add_row(pair["first"], files[0], pair["second"], files[1], f"{pair['similarity']:.3f}")
            console.print(board.text(f"{len(report[kind])} pairs of pictures are the same, {words}", "bold"))
            console.print(table)
    if report["outliers"]:
        table = board.grid("brand", "picture", "own", "nearer to", "similar", right=("own", "similar"))
        for one in report["outliers"]:
            figures = f"{one['own']:.2f}", one["other"], f"{one['similarity']:.2f}"
            table.add_row(one["brand"], board.short(one["source"], 30), *figures)
        console.print(board.text(f"{len(report['outliers'])} pictures are nearer to another brand", "bold"))
        console.print(table)
    sizes = f"{board.count(report['brands'], 'brand')}, {board.count(report['references'], 'picture')}"
    console.print(board.text(f"{report['collection']}: {sizes}, {report['lonely']} brands with one picture only"))
