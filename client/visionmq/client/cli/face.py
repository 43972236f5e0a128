"""`visionmq face`: find faces, compare them, say whose they are, and keep a gallery of them."""

from typing import Any, Final

from visionmq.client.cli import face_keep as keep
from visionmq.client.cli import face_look as look
from visionmq.client.cli.face_challenge import challenge, respond
from visionmq.client.cli.group import examples, make_group

group = make_group(
    "Find faces, compare them, say whose they are, and keep a gallery of them.",
    epilog=examples(
        "visionmq face verify ada.jpg unknown.jpg",
        "visionmq face enroll ada ada1.jpg ada2.jpg --consent 'signed on paper, form 12'",
        "visionmq face identify visitors/ --jsonl",
        "visionmq face forget ada -o receipt.json",
    ),
)
_COMMANDS: Final[tuple[tuple[str, Any, tuple[str, ...]], ...]] = (
    (
        "verify",
        look.verify,
        (
            "visionmq face verify ada.jpg unknown.jpg",
            "visionmq face verify ada.jpg unknown.jpg --fmr 1e-4 --want overlay -o out/",
            "visionmq face verify --pairs pairs.csv --jsonl | jq .result.distance",
            "visionmq face verify door.jpg --subject ada --collection staff",
        ),
    ),
    (
        "identify",
        look.identify,
        ("visionmq face identify door.jpg", "visionmq face identify visitors/ --collection staff --top 3 --jsonl"),
    ),
    (
        "detect",
        look.detect,
        ("visionmq face detect group.jpg --want overlay -o out/", "visionmq face detect scans/ --jsonl"),
    ),
    (
        "encode",
        look.encode,
        ("visionmq face encode ada.jpg --jsonl", "visionmq face encode album/ --want crops -o out/"),
    ),
    (
        "enroll",
        keep.enroll,
        (
            "visionmq face enroll ada ada1.jpg ada2.jpg",
            "visionmq face enroll ada album/ --consent 'signed on paper, form 12' --strict",
            "visionmq face enroll --folder people/ --collection staff",
        ),
    ),
    ("subjects", keep.subjects, ("visionmq face subjects", "visionmq face subjects --collection staff --jsonl")),
    ("collections", keep.collections, ("visionmq face collections",)),
    ("forget", keep.forget, ("visionmq face forget ada -o receipt.json", "visionmq face forget ada --yes")),
    (
        "calibrate",
        keep.calibrate,
        ("visionmq face calibrate --collection staff", "visionmq face calibrate --measure-only"),
    ),
    (
        "challenge",
        challenge,
        ("visionmq face challenge --camera 0", "visionmq face challenge frames/", "visionmq face challenge --json"),
    ),
    ("respond", respond, ("visionmq face respond challenge.json frames/",)),
)
for _name, _function, _examples in _COMMANDS:
    group.command(_name, epilog=examples(*_examples))(_function)
