"""Figures as text: tables that can go into the documentation as they are."""

from collections.abc import Mapping, Sequence

from benchmarks.reading.scoring import Reading, Score, Truth, unjudged_fields, wrong_fields


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with its columns aligned."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in (head, *rows)]
    rule = ["-" * width for width in widths]
    return "\n".join("| " + " | ".join(line) + " |" for line in (lines[0], rule, *lines[1:]))


def score_table(scores: Mapping[str, Score]) -> str:
    """Return one row a reader."""
    head = (
        "reader", "all lines exactly right", "accepted and right", "character error rate", "silent errors",
        "negatives rejected", "misprints refused", "failures", "ms, median", "ms, p95", "CPU ms, median", "CPU ms, p95",
    )  # fmt: skip
    rows = [
        (
            name,
            f"{score.exact} of {score.zones}",
            f"{score.accepted} of {score.zones}",
            f"{score.error_rate:.2%}",
            str(score.silent),
            f"{score.rejected} of {score.negatives}",
            f"{score.misprints_refused} of {score.misprints}",
            str(score.failures),
            f"{score.median_ms:.0f}",
            f"{score.p95_ms:.0f}",
            f"{score.median_cpu_ms:.0f}",
            f"{score.p95_cpu_ms:.0f}",
        )
        for name, score in scores.items()
    ]
    return table(head, rows)


def faults(names: Sequence[str], pairs: Sequence[tuple[Truth, Reading]]) -> list[str]:
    """Return a line for each picture that was not read exactly, was not accepted, or holds a silent error."""
    lines = []
    for name, (truth, reading) in zip(names, pairs, strict=True):
        notes = []
        if reading.lines != truth.lines:
            notes.append("seen where there is no zone" if not truth.lines else _difference(truth, reading))
        wrong = wrong_fields(reading, truth)
        if wrong:
            notes.append(f"SILENT: {', '.join(wrong)}")
        refused = [field for field, said in (reading.fields or {}).items() if not said.accepted]
        if refused:
            notes.append(f"not accepted: {', '.join(refused)}")
        unjudged = unjudged_fields(reading, truth)
        if unjudged:
            notes.append(f"not judged: {', '.join(unjudged)}")
        if reading.error:
            notes.append(f"error: {reading.error}")
        if notes:
            lines.append(f"  {name}: {'; '.join(notes)}")
    return lines


def _difference(truth: Truth, reading: Reading) -> str:
    if not reading.lines:
        return "nothing found"
    if [len(line) for line in reading.lines] != [len(line) for line in truth.lines]:
        return f"not exact, lines of {[len(line) for line in reading.lines]} characters"
    wrong = [
        f"line {number + 1} at {index + 1}: {found} for {printed}"
        for number, (right, line) in enumerate(zip(truth.lines, reading.lines, strict=True))
        for index, (printed, found) in enumerate(zip(right, line, strict=True))
        if printed != found
    ]
    more = f" and {len(wrong) - 4} more" if len(wrong) > 4 else ""
    return ", ".join(wrong[:4]) + more
