"""Replies as the lines that programs read: one a file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_SUFFIXES: Final = {"image/jpeg": "jpg", "image/png": "png"}


def make_line(file: Path, outcome: Any, stem: Path) -> dict[str, Any]:
    """Return the line of one file: its result, or what went wrong with it.

    Pictures that came with the result are saved as `stem` and their own name.
    """
    if isinstance(outcome, Exception):
        return {"file": str(file), "ok": False, "error": describe(outcome)}
    return _line(file, outcome, _plain(outcome), 0, stem)


def make_lines(
    files: Sequence[Path], outcomes: Mapping[Path, Exception], reply: Any, stem: Path
) -> list[dict[str, Any]]:
    """Return the lines of files that were read together, and one more for what they say together.

    `outcomes` are the files that could not be sent; `reply` is the reply to the others, or an error.
    Pictures are saved as `stem`, the file's own name and theirs.
    """
    sent = [file for file in files if file not in outcomes]
    answers = {file: _answer(file, number, reply, stem) for number, file in enumerate(sent)}
    lines = [answers[file] if file in answers else make_line(file, outcomes[file], stem) for file in files]
    merged = None if not sent or isinstance(reply, Exception) else _plain(reply).get("merged")
    return [*lines, _together(sent, merged)] if merged else lines


def _answer(file: Path, number: int, reply: Any, stem: Path) -> dict[str, Any]:
    if isinstance(reply, Exception):
        return make_line(file, reply, stem)
    return _line(file, reply, _plain(reply), number, stem / f"{number + 1}-{file.stem}")


def _together(files: Sequence[Path], merged: Mapping[str, Any]) -> dict[str, Any]:
    about = {name: merged[name] for name in ("final", "pictures", "missing")}
    return {
        "file": None,
        "files": [str(file) for file in files],
        "ok": True,
        "result": merged["document"],
        "merged": about,
    }


def _plain(reply: Any) -> dict[str, Any]:
    import msgspec

    result: dict[str, Any] = msgspec.to_builtins(reply.result)
    return result


def _line(file: Path, reply: Any, result: Mapping[str, Any], number: int, stem: Path) -> dict[str, Any]:
    item = result["items"][number]
    if not item["ok"]:
        return {"file": str(file), "ok": False, "error": item["error"] | {"request_id": reply.request_id}}
    line: dict[str, Any] = {"file": str(file), "ok": True, "result": item["result"]}
    attached = [one for one in result.get("images", []) if one["item"] == number]
    saved = save_pictures(stem, attached, reply.images)
    return line | {"images": saved} if saved else line


def describe(error: Exception) -> dict[str, Any]:
    """Return an error as it stands in a line."""
    from visionmq.client.errors import VisionMQError

    if not isinstance(error, VisionMQError):
        return {"code": "unreadable", "message": str(error), "hint": "Check the file.", "request_id": None}
    code = str(error.code) if error.code is not None else type(error).__name__.lower()
    return {
        "code": code,
        "message": error.message,
        "hint": error.hint,
        "retryable": error.retryable,
        "request_id": error.request_id,
    }


def save_pictures(stem: Path, attachments: Sequence[Mapping[str, Any]], frames: Any) -> dict[str, str]:
    """Write the pictures that came with a result as STEM-NAME.EXT and return where."""
    saved = {}
    for attachment in attachments:
        suffix = _SUFFIXES.get(attachment["media_type"], "bin")
        name = "".join(c if c.isalnum() else "-" for c in attachment["name"])
        path = stem.with_name(f"{stem.name}-{name}.{suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(frames[attachment["frame"]]))
        saved[attachment["name"]] = str(path)
    return saved
