"""Decisions for a person at a terminal."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import typer

from visionmq.client.cli import board
from visionmq.client.cli.access_ask import moment
from visionmq.client.cli.document_marks import BAD, DIM, GOOD, NO, WARN, YES
from visionmq.client.cli.document_remarks import Remark
from visionmq.client.cli.failures import Exit
from visionmq.client.cli.show import plain, print_json

if TYPE_CHECKING:
    from visionmq.schemas.access.decisions import Decision, FaceEvidence

ADVICE: Final = {
    "login_failed": "Wrong name, wrong password, or locked out: which one is not told. `access user list` shows locks.",
    "no_live_booking": "`visionmq access bookings --car CAR` shows who may take the car, and when.",
    "car_out_of_service": "`visionmq access car edit CAR --state free` puts it back into service.",
    "face_not_recognised": "None of those who may take this car now. More pictures help: `face enroll`.",
    "face_ambiguous": "Two who may take this car look too much alike for this picture; take another one.",
    "face_not_enrolled": "Enrol the booker: visionmq face enroll USER FILE... --collection access.",
    "nonce_refused": "Each encoding needs a fresh nonce: `visionmq access nonce CAR`.",
    "proof_refused": "The device key is not this car's: `visionmq access car key CAR` makes a new one.",
    "model_differs": "The car encodes with another model than the store; update the car.",
    "nothing_to_return": "`visionmq access bookings --user USER` shows what has begun.",
    "selfie_copies_portrait": "Take a new selfie now, with the camera, not a picture that there is already.",
    "selfie_refused": "Take the selfie again: one face, from the front, sharp and near.",
    "portrait_not_found": "Photograph the document flat, whole and without glare.",
    "document_not_read": "Photograph the document flat, whole and without glare.",
    "identity_not_confirmed": "With --user and the password the reasons about the record are told.",
    "record_incomplete": "`visionmq access user edit NAME --full-name ... --birth-date ...` completes the record.",
}
"""What to do about a reason, for those where something can be done."""


def print_decision(decision: "Decision", *, as_json: bool, saved: Mapping[str, str] | None = None) -> None:
    """Print a decision, and where its pictures are; raises Exit with code 1 if it is a denial."""
    import msgspec

    if as_json:
        print_json({**msgspec.to_builtins(decision), "images": saved or {}})
    else:
        console = board.console()
        console.print(heading(decision))
        pictures = [("pictures", f"{plain(name)}: {plain(path)}", "cyan") for name, path in (saved or {}).items()]
        console.print(board.rows_of([*rows(decision), *pictures]))
    finish(decision)


def finish(decision: "Decision") -> None:
    """Raise Exit with code 1 for a denial."""
    if not decision.allowed:
        raise typer.Exit(Exit.SOME_FAILED)


def heading(decision: "Decision") -> Any:
    """Return the decision and its reasons in one line."""
    mark, word = (YES, "allowed") if decision.allowed else (NO, "denied")
    line = board.text("").append(board.sign(mark)).append(f" {word}", mark.style)
    why = ", ".join(reason.replace("_", " ") for reason in decision.reasons)
    return line.append(board.text(f"  {decision.car}: {why}"))


def rows(decision: "Decision") -> Iterator[Remark]:
    """Yield what a decision rests on, and what can be done."""
    if decision.user_id is not None:
        yield "user", plain(decision.user_id) + (f", {decision.role}" if decision.role else ""), ""
    if decision.booking is not None:
        yield "booking", plain(decision.booking), ""
    if decision.face is not None:
        yield from _face(decision.face)
    for one in decision.evidence:
        yield "evidence", f"{plain(one.kind):<10} {plain(one.id)}", DIM
    again = "; the same request came before: this is what was decided then" if decision.repeated else ""
    yield (
        "written",
        f"audit entry {decision.audit_sequence} by policy {decision.policy}, {moment(decision.decided_at)}{again}",
        DIM,
    )
    for reason in decision.reasons:
        if reason in ADVICE and not decision.allowed:
            yield "next", ADVICE[reason], WARN


def _face(face: "FaceEvidence") -> Iterator[Remark]:
    if not face.candidates:
        yield "face", "nobody to compare with", BAD
    elif face.distance is None:
        yield "face", f"not within {face.threshold:.3f} of anybody; how far is told to the audit log alone", BAD
    else:
        style = GOOD if face.distance <= face.threshold else BAD
        margin = "" if face.margin is None else f", the next {face.margin:.3f} farther"
        yield "face", f"{face.distance:.3f}, the same up to {face.threshold:.3f}{margin}", style
    who = board.count(face.candidates, "person")
    edge = ", encoded by the car" if face.at_edge else ""
    yield "compared", f"with {who}; {board.odds(face.false_match_rate)} strangers would pass{edge}", DIM
    if face.cannot_detect:
        yield "blind to", plain(face.cannot_detect), DIM
