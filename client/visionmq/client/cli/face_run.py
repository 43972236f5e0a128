"""What `visionmq face verify`, `detect`, `encode` and `identify` do once their command lines are understood."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from visionmq.client.cli.face_names import WANTS
from visionmq.client.cli.face_pairs import Pair, stems
from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.options import Settings
from visionmq.client.cli.places import Places, each, patience, words
from visionmq.client.cli.stores import service

ENGINES: Final = ("face",)
STDIN: Final = "-"


def wanted(given: Sequence[str] | None) -> list[str]:
    """Return the pictures that were asked for; `*` stands for all."""
    asked = words(given)
    return [name for name in WANTS if name != "*"] if "*" in asked else list(asked)


def params_of(kind: Any, given: Mapping[str, Any]) -> Any:
    """Return parameters; raises Failure for values that are out of bounds."""
    from visionmq.client.calls import checked
    from visionmq.client.errors import BadRequest

    try:
        return checked(kind, given, manual="docs/faces.md")
    except BadRequest as mistake:
        raise Failure(mistake.message, mistake.hint, Exit.USAGE) from None


def verify(
    pairs: Sequence[Pair],
    given: Mapping[str, Any],
    places: Places,
    settings: Settings,
    *,
    store: str | None,
    window: int,
) -> None:
    """Compare all pairs and write all lines; ends with exit code 1 if some failed."""
    from visionmq.client.cli.face_show import show_verified
    from visionmq.schemas.face.verification import VerifyParams

    params, subject = params_of(VerifyParams, given), given.get("subject")
    places.check()
    done = places.done("a", "b")
    left = [pair for pair in pairs if (pair.a, subject or pair.b) not in done]
    named = {id(pair): places.pictures() / stem for pair, stem in zip(pairs, stems(pairs), strict=True)}
    failed = 0
    with closing(places.open(show_verified)) as sink:
        if left:
            gallery = subject is not None
            connection = service(settings, ENGINES, store=store, together=len(left), tell=gallery, kept=gallery)
            with connection as client:
                seconds = patience(settings.timeout, min(window, len(left)))
                submit = _sender(client, params, subject, seconds)
                line_of = _verified_line(subject, named)
                failed = each(left, submit, line_of, sink, window=window, what="comparing")
    places.finish(len(left) - failed, failed)


def _sender(client: Any, params: Any, subject: str | None, seconds: float | None) -> Callable[[Pair], Any]:
    from visionmq.client.errors import BadRequest

    def submit(pair: Pair) -> Any:
        if pair.trouble:
            raise BadRequest(pair.trouble, hint="One pair a line: first.jpg,second.jpg", stage="client")
        sides = [(pair.a, pair.a_place)] if subject else [(pair.a, pair.a_place), (pair.b, pair.b_place)]
        pictures = [picture(place or Path(name)) for name, place in sides]
        return client.submit("face.verify", params, pictures, timeout=seconds)

    return submit


def picture(file: Path) -> Any:
    """Return what to send for a file: its path, or for `-` the bytes on standard input."""
    return sys.stdin.buffer.read() if str(file) == STDIN else file


def _verified_line(subject: str | None, named: Mapping[int, Path]) -> Callable[[Pair, Any], dict[str, Any]]:
    from visionmq.client.cli.document_lines import describe, save_pictures

    def line_of(pair: Pair, outcome: Any) -> dict[str, Any]:
        line: dict[str, Any] = {"a": pair.a, "b": subject or pair.b}
        if isinstance(outcome, Exception):
            return line | {"ok": False, "error": describe(outcome)}
        result = plain_of(outcome.result)
        saved = save_pictures(named[id(pair)], _numbered(result["images"]), outcome.images)
        line |= {"ok": True, "result": result}
        return line | {"images": saved} if saved else line

    return line_of


def plain_of(result: Any) -> dict[str, Any]:
    """Return a result as a dictionary, without what is for programs that hold the reply."""
    import msgspec

    made: dict[str, Any] = msgspec.to_builtins(result)
    made.pop("pass_back", None)
    return made


def _numbered(attachments: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return attachments under names of their own: a picture of the second side, and a further crop, get a number."""
    names = [one["name"] for one in attachments]
    seen: dict[str, int] = {}
    made: list[Mapping[str, Any]] = []
    for one in attachments:
        seen[one["name"]] = seen.get(one["name"], 0) + 1
        many = names.count(one["name"]) > 1
        made.append({**one, "name": f"{one['name']}-{seen[one['name']]}" if many else one["name"]})
    return made


def files(
    operation: str,
    paths: Sequence[Path],
    params: Any,
    places: Places,
    settings: Settings,
    *,
    show: Callable[[Sequence[Mapping[str, Any]]], None],
    store: str | None,
    window: int,
    what: str,
    tell: bool = False,
) -> None:
    """Send each file on its own and write its line; ends with exit code 1 if some failed."""
    from visionmq.client.cli.batch import short_names
    from visionmq.client.cli.document_read import find_files

    places.check()
    done = places.done("file")
    found = [file for file in find_files(paths) if (str(file),) not in done]
    named = short_names(found)
    failed = 0
    with closing(places.open(show)) as sink:
        if found:
            connection = service(settings, ENGINES, store=store, together=len(found), tell=tell, kept=tell)
            with connection as client:
                seconds = patience(settings.timeout, min(window, len(found)))
                failed = each(
                    found,
                    lambda file: client.submit(operation, params, [picture(file)], timeout=seconds),
                    lambda file, outcome: file_line(file, outcome, places.pictures() / named[file]),
                    sink,
                    window=window,
                    what=what,
                )
    places.finish(len(found) - failed, failed)


def file_line(file: Path, outcome: Any, stem: Path) -> dict[str, Any]:
    """Return the line of one file: its item of the result, with what the result says of all."""
    from visionmq.client.cli.document_lines import describe, save_pictures

    line: dict[str, Any] = {"file": str(file)}
    if isinstance(outcome, Exception):
        return line | {"ok": False, "error": describe(outcome)}
    result = plain_of(outcome.result)
    (item,), images = result.pop("items"), result.pop("images")
    if not item["ok"]:
        return line | {"ok": False, "error": item["error"] | {"request_id": outcome.request_id}}
    saved = save_pictures(stem, _numbered(images), outcome.images)
    line |= {"ok": True, "result": item["result"] | result}
    return line | {"images": saved} if saved else line
