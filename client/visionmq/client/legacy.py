"""Results of documents, registrations and access, in the shapes of the services that VisionMQ replaces.

    from visionmq.client import Client, legacy

    with Client() as client:
        print(legacy.old_shape(client.document("passport.jpg")))

`{"error": false, "response": {"docType", "fields": {NAME: {"name", "value", "isAccepted", "attr"}}, "forensics"}}`,
or `{"error": true, "desc": TEXT}`. Dates stand as DD.MM.YYYY there. Registrations: see `old_registration`;
access: `old_validation`, `old_face` and `old_return`.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from visionmq.client.errors import VisionMQError
from visionmq.schemas.access.decisions import Decision
from visionmq.schemas.common import Item
from visionmq.schemas.document.documents import Check, Document, Documents, Finding
from visionmq.schemas.document.fields import CheckDigit, Field
from visionmq.schemas.errors import TRAITS, Error, Fault
from visionmq.schemas.registration import Certificate as Seal
from visionmq.schemas.registration import Registered
from visionmq.schemas.registration import Verdict as Sureness

_ISO_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def old_shape(
    result: Documents | Document | Item[Document] | Error | BaseException, *, supported: Sequence[str] = ()
) -> dict[str, Any]:
    """Return one recognition as the old service answered it.

    Of `Documents`, what its pictures say together, or its only picture; ValueError if it holds more.
    `supported` are the document types that `desc` lists where nothing was found.
    """
    match result:
        case Documents():
            return old_shape(_only(result), supported=supported)
        case Item():
            return old_shape(result.error or _there(result.result), supported=supported)
        case Document():
            return _response(result, supported)
        case Error():
            return old_error(f"{result.message} {result.hint}")
        case VisionMQError():
            return old_error(f"{result.message} {result.hint}".strip())
    return old_error(str(result) or type(result).__name__)


def old_error(text: str) -> dict[str, Any]:
    """Return a failure as the old service answered it."""
    return {"error": True, "desc": text}


def _only(result: Documents) -> Document | Item[Document]:
    if result.merged is not None:
        return result.merged.document
    if len(result.items) != 1:
        raise ValueError(f"the old shape holds one recognition, not {len(result.items)}; take the items one by one")
    return result.items[0]


def _there(document: Document | None) -> Document:
    return document if document is not None else Document(doc_type=None)


def _response(document: Document, supported: Sequence[str]) -> dict[str, Any]:
    response: dict[str, Any] = {
        "docType": document.doc_type or "",
        "fields": {name: _field(field) for name, field in document.fields.items()},
    }
    if document.forensics:
        response["forensics"] = {name: _check(name, check) for name, check in document.forensics.items()}
    answer: dict[str, Any] = {"error": False, "response": response}
    if document.doc_type is None:
        answer["desc"] = _nothing(document, supported)
    return answer


def _nothing(document: Document, supported: Sequence[str]) -> str:
    parts = [f"Nothing was found: {document.reason or 'no document that the mask names'}.", document.advice or ""]
    if supported:
        parts.append(f"Supported are {', '.join(supported)}.")
    return " ".join(part for part in parts if part)


def _field(field: Field) -> dict[str, Any]:
    attr = {}
    if field.check_digit is not CheckDigit.ABSENT:
        attr["control_digit_check"] = field.check_digit.value
    return {"name": field.name, "value": old_value(field), "isAccepted": field.accepted, "attr": attr}


def old_value(field: Field) -> str:
    """Return a field's value with dates as DD.MM.YYYY; empty where it cannot be made sense of."""
    if field.value is None:
        return ""
    date = _ISO_DATE.fullmatch(field.value)
    return "{2}.{1}.{0}".format(*date.groups()) if date else field.value


def _check(name: str, check: Check) -> dict[str, Any]:
    """Return one check; a failed one says `failed` and is not accepted."""
    attr = {"reason": check.reason}
    return {"name": name, "value": check.state.value, "isAccepted": check.state is Finding.PASSED, "attr": attr}


# ---- registration ---------------------------------------------------------------------------

_FEW_KEYPOINTS: Final = "No enough keypoints for finding homography matrix"
"""In the old service's own words; programs look for them."""
_OK: Final = 200
_CALLERS_FAULT: Final = 400
_OURS: Final = 500


def old_registration(result: Registered | Error | BaseException) -> dict[str, Any]:
    """Return one registration as the old service answered it.

    `{"ok": true, "payload": {"homography_matrix": 3x3}, "status": 200}` only where the certificate accepts: the shape
    has no room for doubt. Else `{"ok": false, "status", "error"}`, 400 for the caller's mistakes and pictures, 500
    for the service's.
    """
    match result:
        case Registered(matrix=matrix, certificate=Seal(verdict=Sureness.ACCEPT)) if matrix is not None:
            payload = {"homography_matrix": [list(row) for row in matrix]}
            return {"ok": True, "payload": payload, "status": _OK}
        case Registered():
            return _unregistered(_why(result))
        case Error():
            ours = TRAITS[result.code].fault is not Fault.CALLER
            return _unregistered(f"{result.message} {result.hint}", _OURS if ours else _CALLERS_FAULT)
        case VisionMQError():
            ours = result.code is None or TRAITS[result.code].fault is not Fault.CALLER
            return _unregistered(f"{result.message} {result.hint}".strip(), _OURS if ours else _CALLERS_FAULT)
    return _unregistered(str(result) or type(result).__name__, _OURS)


def _unregistered(text: str, status: int = _CALLERS_FAULT) -> dict[str, Any]:
    return {"ok": False, "status": status, "error": text}


def _why(result: Registered) -> str:
    failure = result.failure
    if failure is None:
        reasons = "; ".join(result.certificate.reasons) or "too little speaks for it"
        return f"The matrix is uncertain (probability {result.certificate.probability:.2f}): {reasons}."
    if failure.kind in ("few_keypoints", "few_matches"):
        return f"{_FEW_KEYPOINTS}: {failure.message}"
    return failure.message


# ---- access ---------------------------------------------------------------------------------

_NOBODY: Final = -1


def old_validation(result: Decision | Error | BaseException) -> bool:
    """Return a login's decision as the old service answered message type 1; a failure opens no car."""
    return isinstance(result, Decision) and result.allowed


def old_face(result: Decision | Error | BaseException) -> str | int:
    """Return a face's decision as the old service answered message type 2: the id of who it is, or -1."""
    if isinstance(result, Decision) and result.allowed and result.user_id is not None:
        return result.user_id
    return _NOBODY


def old_return(result: Decision | Error | BaseException) -> bool:
    """Return a car's return as the old service answered message type 3."""
    return isinstance(result, Decision) and result.allowed
