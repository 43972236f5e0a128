"""`visionmq case`: document, selfie and booking in one decision."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from visionmq.client.cli.access_ask import PasswordStdin, read_password, when
from visionmq.client.cli.failures import Exit, Failure
from visionmq.client.cli.group import examples, make_group
from visionmq.client.cli.options import settings_of, talks
from visionmq.client.cli.stores import Store, service
from visionmq.schemas.case import WANTS

if TYPE_CHECKING:
    from visionmq.client.cli.document_remarks import Remark
    from visionmq.schemas.case import Case, CaseProgress, Comparison, DocumentEvidence, FaceSeen, IdentityEvidence

ENGINES: Final = ("access",)
"""It brings those of documents and faces."""

group = make_group(
    "Document, selfie and booking in one request and one decision.",
    epilog=examples("visionmq case verify licence.jpg selfie.jpg --car car-7"),
)


def complete_want(incomplete: str) -> list[str]:
    """Return the pictures that begin so."""
    return [name for name in (*WANTS, "*") if name.startswith(incomplete)]


@talks
def verify(
    context: typer.Context,
    document: Annotated[Path, typer.Argument(metavar="DOCUMENT", help="Picture of the identity document.")],
    selfie: Annotated[Path, typer.Argument(metavar="SELFIE", help="Picture of who stands before the car.")],
    car: Annotated[str, typer.Option("--car", metavar="CAR", help="The car's id.")],
    user: Annotated[
        str | None, typer.Option("--user", "-u", metavar="USER", help="Login name. [whoever holds the booking]")
    ] = None,
    login: Annotated[bool, typer.Option("--login", help="Ask for the user's password: then all reasons are told.")] = (
        False
    ),
    password_stdin: PasswordStdin = False,
    now: Annotated[
        str | None, typer.Option("--now", metavar="WHEN", help="Judge the document and the age as of then.")
    ] = None,
    forensics: Annotated[bool, typer.Option("--forensics/--no-forensics", help="Judge the document's looks.")] = True,
    want: Annotated[
        list[str] | None,
        typer.Option(
            "--want",
            metavar="NAME",
            help=f"Pictures to save: {', '.join(WANTS)}, * for all; may be repeated.",
            autocompletion=complete_want,
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FOLDER", help="Where pictures go. [.]")] = (
        None
    ),
    store: Store = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")] = False,
    as_lines: Annotated[
        bool, typer.Option("--jsonl", help="Print evidence as it arrives, one JSON object a line, the answer last.")
    ] = False,
) -> None:
    """Read a document, compare its portrait with a selfie, hold both against the booking of a car, and decide once.

    Evidence is shown as it arrives. Exit code 0: allowed, 1: denied.
    """
    from visionmq.client.cli.places import words

    if as_json and as_lines:
        raise Failure("--json and --jsonl exclude each other", code=Exit.USAGE)
    secret = read_password(stdin=password_stdin) if login or password_stdin else None
    if secret is not None and user is None:
        raise Failure("a password is somebody's", "Name the user with --user.", Exit.USAGE)
    asked = words(want)
    show = _Evidence(as_lines=as_lines, silent=as_json)
    with service(settings_of(context), ENGINES, store=store) as client:
        reply = client.verify_case(
            document,
            selfie,
            car,
            user=user,
            password=secret,
            now=None if now is None else when(now, "--now"),
            forensics=forensics,
            want=WANTS if "*" in asked else asked,
            on_evidence=show,
        )
    saved = _save(reply, (output or Path()) / f"{document.stem}-{selfie.stem}")
    _print(reply.result, saved, as_json=as_json, as_lines=as_lines)


def _save(reply: Any, stem: Path) -> dict[str, str]:
    import msgspec

    from visionmq.client.cli.document_lines import save_pictures

    return save_pictures(stem, msgspec.to_builtins(reply.result.images), reply.images)


class _Evidence:
    """Shows each stage once, when it arrives."""

    def __init__(self, *, as_lines: bool, silent: bool) -> None:
        self._as_lines, self._silent = as_lines, silent
        self._seen: set[str] = set()

    def __call__(self, stage: str, progress: "CaseProgress") -> None:
        """Show what is new: on standard output as JSON, else on standard error for a person."""
        import msgspec

        if self._as_lines:
            line = {"stage": stage, "evidence": {k: v for k, v in msgspec.to_builtins(progress).items() if v}}
            print(msgspec.json.encode(line).decode(), flush=True)
        elif not self._silent and sys.stderr.isatty():
            for name, text, _ in _evidence(progress):
                if name not in self._seen:
                    self._seen.add(name)
                    print(f"  {name:<11} {text}", file=sys.stderr, flush=True)


def _print(case: "Case", saved: dict[str, str], *, as_json: bool, as_lines: bool) -> None:
    import msgspec

    from visionmq.client.cli.access_show import finish
    from visionmq.client.cli.show import print_json

    whole = {**msgspec.to_builtins(case), "images": saved}
    if as_lines:
        print(msgspec.json.encode({"ok": True, "result": whole}).decode())
    elif as_json:
        print_json(whole)
    else:
        print_case(case, saved)
    finish(case.decision)


def print_case(case: "Case", saved: dict[str, str]) -> None:
    """Print a decision and what it rests on."""
    from visionmq.client.cli import access_show, board
    from visionmq.client.cli.show import plain

    console = board.console()
    console.print(access_show.heading(case.decision))
    found = [*_evidence(case), *_identity(case.identity), *access_show.rows(case.decision)]
    found += [("pictures", f"{plain(name)}: {plain(path)}", "cyan") for name, path in saved.items()]
    console.print(board.rows_of(found))


def _evidence(known: "CaseProgress | Case") -> Iterator["Remark"]:
    if known.document is not None:
        yield from _document(known.document)
    if known.portrait is not None:
        yield from _face("portrait", known.portrait)
    if known.selfie is not None:
        yield from _face("selfie", known.selfie)
    if known.comparison is not None:
        yield from _comparison(known.comparison)


def _document(seen: "DocumentEvidence") -> Iterator["Remark"]:
    from visionmq.client.cli.document_marks import BAD, WARN
    from visionmq.client.cli.document_names import title
    from visionmq.client.cli.show import plain

    if seen.doc_type is None:
        yield "document", plain(seen.reason or "not read"), BAD
    else:
        name = " ".join(part for part in (seen.given_names, seen.surname) if part) or "no name read"
        born = f", born {seen.birth_date}" if seen.birth_date else ""
        age = f" ({seen.age} years)" if seen.age is not None else ""
        until = f", valid until {seen.expiry_date}" if seen.expiry_date else ""
        yield "document", plain(f"{title(seen.doc_type)}: {name}{born}{age}{until}"), "" if seen.valid else WARN
    for check, reason in seen.failed_checks.items():
        yield "document", plain(f"{check.replace('_', ' ')}: {reason}"), BAD
    if seen.advice:
        yield "document", plain(seen.advice), WARN


def _face(name: str, seen: "FaceSeen") -> Iterator["Remark"]:
    from visionmq.client.cli.document_marks import BAD
    from visionmq.client.cli.face_names import issue
    from visionmq.client.cli.show import plain

    if seen.found and not seen.refused:
        yield name, "a face" + (f", quality {seen.quality:.2f}" if seen.quality is not None else ""), ""
    else:
        yield name, plain(seen.message or issue(seen.refused or "no_face")), BAD


def _comparison(seen: "Comparison") -> Iterator["Remark"]:
    from visionmq.client.cli import board
    from visionmq.client.cli.document_marks import BAD, DIM, GOOD, WARN
    from visionmq.client.cli.show import plain

    if seen.distance is None:
        yield "comparison", "not possible", BAD
        return
    style = WARN if seen.same is None else GOOD if seen.same else BAD
    likely = "" if seen.probability is None else f", {board.percent(seen.probability)} likely one person"
    yield "comparison", f"{seen.distance:.3f}, the same up to {seen.threshold:.3f}{likely}", style
    if seen.cannot_detect:
        yield "blind to", plain(seen.cannot_detect), DIM


def _identity(seen: "IdentityEvidence") -> Iterator["Remark"]:
    from visionmq.client.cli.document_marks import BAD, DIM, GOOD, WARN

    styles = {"same": GOOD, "different": BAD, "unknown": WARN, "untold": DIM}
    for name in ("name", "birth_date", "enrolled_face"):
        state = str(getattr(seen, name))
        yield "record", f"{name.replace('_', ' ')}: {state}", styles.get(state, "")


group.command(
    "verify",
    epilog=examples(
        "visionmq case verify licence.jpg selfie.jpg --car car-7",
        "visionmq case verify licence.jpg selfie.jpg --car car-7 --user ada --login --want overlay -o out/",
        "visionmq case verify licence.jpg selfie.jpg --car car-7 --jsonl",
    ),
)(verify)
