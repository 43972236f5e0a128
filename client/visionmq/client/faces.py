"""Faces: what both clients put into `face.*`; the gallery's part is in `face_gallery`."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from visionmq.client import face_gallery
from visionmq.client.calls import Call, awaited, blocking, checked, reply_of, result_of
from visionmq.client.errors import BadRequest
from visionmq.client.pictures import Picture
from visionmq.client.replies import Reply
from visionmq.schemas.common import ModelInfo
from visionmq.schemas.face.challenge import Challenge, ChallengeParams, Responded, RespondParams
from visionmq.schemas.face.common import Calibration, Encoding, Several
from visionmq.schemas.face.faces import DetectParams, EncodeParams, Face, FaceItems
from visionmq.schemas.face.identification import Identified, IdentifyParams
from visionmq.schemas.face.verification import Verified, VerifyParams

_MANUAL: Final = "docs/faces.md"

Side: TypeAlias = Picture | Encoding
"""A picture, or an encoding that was made before."""


def encoding_of(face: Face, model: ModelInfo | str) -> Encoding:
    """Return a face of `encode_faces` in the form that the other methods take; raises BadRequest if it has none."""
    if face.encoding is None:
        raise BadRequest("This face has no encoding.", hint="`encode_faces` makes them.", stage="client")
    name = model if isinstance(model, str) else f"{model.name}/{model.version}"
    return Encoding(model=name, values=face.encoding)


def verify_params(a: Side, b: Side | None, given: Mapping[str, Any]) -> tuple[VerifyParams, list[Picture]]:
    """Return the parameters of `face.verify` and its pictures.

    Raises BadRequest unless there is one second side: `b` or a subject.
    """
    if (b is None) == (given.get("subject") is None):
        raise BadRequest(
            "A face is compared with one other.", hint="Give the second picture, or subject=NAME.", stage="client"
        )
    sides: dict[str, Side] = {"a": a} if b is None else {"a": a, "b": b}
    sent = {name: side for name, side in sides.items() if isinstance(side, Encoding)}
    pictures = [side for name, side in sides.items() if name not in sent]
    return checked(VerifyParams, {**given, **sent}, manual=_MANUAL), pictures


# ---- methods --------------------------------------------------------------------------------


def detect_faces(
    pictures: Iterable[Picture], *, most: int = 100, want: Iterable[str] = (), pass_back: Any = None, **sending: Any
) -> Call[Reply[FaceItems]]:
    """Find the faces in up to 64 pictures: one item a picture, which may hold none, bad ones with their error.

    `want` names pictures to return (`overlay`, `crops`): see `Reply.picture`. `sending` as for `submit`.
    """
    params = checked(DetectParams, {"most": most, "want": want, "pass_back": pass_back}, manual=_MANUAL)
    return reply_of(FaceItems, "face.detect", params, pictures, sending)


def encode_faces(
    pictures: Iterable[Picture], *, most: int = 100, want: Iterable[str] = (), pass_back: Any = None, **sending: Any
) -> Call[Reply[FaceItems]]:
    """Find faces and make the encoding of each; `encoding_of` puts them in the form that other methods take."""
    params = checked(EncodeParams, {"most": most, "want": want, "pass_back": pass_back}, manual=_MANUAL)
    return reply_of(FaceItems, "face.encode", params, pictures, sending)


def verify_faces(
    a: Side,
    b: Side | None = None,
    *,
    subject: str | None = None,
    collection: str | None = None,
    fmr: float | None = None,
    threshold: float | None = None,
    prior: float | None = None,
    several: Several | str | None = None,
    strict: bool = False,
    calibration: Calibration | str | None = None,
    want: Iterable[str] = (),
    pass_back: Any = None,
    **sending: Any,
) -> Call[Reply[Verified]]:
    """Decide whether two faces, or a face and a subject's templates, are one person's.

    Each side is a picture or an `Encoding`. `fmr` is the wanted false-match rate (one in 200 without it),
    `threshold` a distance of one's own. `several` is `prominent` or `refuse`. Raises NoFace, SeveralFaces and their
    kin where a face cannot be used. `sending` as for `submit`.
    """
    given = {
        "subject": subject,
        "collection": collection,
        "fmr": fmr,
        "threshold": threshold,
        "prior": prior,
        "several": several,
        "strict": strict,
        "calibration": calibration,
        "want": want,
        "pass_back": pass_back,
    }
    params, pictures = verify_params(a, b, given)
    return reply_of(Verified, "face.verify", params, pictures, sending)


def identify_faces(
    pictures: Iterable[Picture] = (),
    *,
    encodings: Iterable[Encoding] = (),
    collection: str | None = None,
    top: int | None = None,
    fmr: float | None = None,
    threshold: float | None = None,
    margin: float | None = None,
    prior: float | None = None,
    several: Several | str | None = None,
    strict: bool = False,
    calibration: Calibration | str | None = None,
    want: Iterable[str] = (),
    pass_back: Any = None,
    **sending: Any,
) -> Call[Reply[Identified]]:
    """Say whose faces these are, or that nobody knows them: one item a picture, then one an encoding.

    `fmr` is the wanted rate of strangers that are taken for anybody at all, whatever the gallery's size.
    """
    given = {
        "encodings": list(encodings),
        "collection": collection,
        "top": top,
        "fmr": fmr,
        "threshold": threshold,
        "margin": margin,
        "prior": prior,
        "several": several,
        "strict": strict,
        "calibration": calibration,
        "want": want,
        "pass_back": pass_back,
    }
    return reply_of(Identified, "face.identify", checked(IdentifyParams, given, manual=_MANUAL), pictures, sending)


def challenge(actions: int | None = None, *, seconds: float | None = None, **sending: Any) -> Call[Challenge]:
    """Ask for a random sequence of actions that a live person is to show; good for one response."""
    given = {"actions": actions, "seconds": seconds}
    return result_of(Challenge, "face.challenge", checked(ChallengeParams, given, manual=_MANUAL), (), sending)


def respond(challenge: Challenge | str, frames: Iterable[Picture], **sending: Any) -> Call[Responded]:
    """Send the frames that show the actions, up to 64 in the order in which they were taken."""
    token = challenge if isinstance(challenge, str) else challenge.challenge
    params = checked(RespondParams, {"challenge": token}, manual=_MANUAL)
    return result_of(Responded, "face.respond", params, frames, sending)


class FaceCalls:
    """The methods of `Client` about faces."""

    detect_faces = blocking(detect_faces)
    encode_faces = blocking(encode_faces)
    verify_faces = blocking(verify_faces)
    identify_faces = blocking(identify_faces)
    enroll_face = blocking(face_gallery.enroll_face)
    subjects = blocking(face_gallery.subjects)
    face_collections = blocking(face_gallery.face_collections)
    forget_subject = blocking(face_gallery.forget_subject)
    calibrate_faces = blocking(face_gallery.calibrate_faces)
    challenge = blocking(challenge)
    respond = blocking(respond)


class AsyncFaceCalls:
    """The methods of `AsyncClient` about faces."""

    detect_faces = awaited(detect_faces)
    encode_faces = awaited(encode_faces)
    verify_faces = awaited(verify_faces)
    identify_faces = awaited(identify_faces)
    enroll_face = awaited(face_gallery.enroll_face)
    subjects = awaited(face_gallery.subjects)
    face_collections = awaited(face_gallery.face_collections)
    forget_subject = awaited(face_gallery.forget_subject)
    calibrate_faces = awaited(face_gallery.calibrate_faces)
    challenge = awaited(challenge)
    respond = awaited(respond)
