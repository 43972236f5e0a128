"""The manual of faces names every option, parameter, key, refusal and word."""

import re
from pathlib import Path

import pytest
import typer

from visionmq.client.cli import app
from visionmq.client.cli.face_names import ACTIONS, CALIBRATIONS, ISSUES, SEVERAL, UNKNOWN, WANTS
from visionmq.schemas.face.calibration import Calibrated
from visionmq.schemas.face.challenge import Action, Responded, StepEvidence
from visionmq.schemas.face.common import DEFAULT_FMR, Calibration, Several
from visionmq.schemas.face.comparison import OperatingPoint, Presentation, Side
from visionmq.schemas.face.enrolment import Enrolled, EnrollParams, Kept
from visionmq.schemas.face.faces import DetectParams, Face, FaceQuality
from visionmq.schemas.face.gallery import ForgetReceipt
from visionmq.schemas.face.identification import DEFAULT_SEARCH_FMR, Candidate, IdentifyParams, Identity, Unknown
from visionmq.schemas.face.verification import Verified, VerifyParams

DOCS = Path(__file__).parents[2] / "docs"
MANUAL = (DOCS / "faces.md").read_text()
BOTH = MANUAL + (DOCS / "cli.md").read_text()
SHARED = {"--help", "-b"}


def commands(group: str) -> dict:
    return typer.main.get_command(app.app).commands[group].commands


@pytest.mark.parametrize("group", ["face", "audit", "store"])
def test_every_command_and_option_is_explained(group):
    for name, command in commands(group).items():
        assert f"{group} {name}" in BOTH, name
        options = {opt for param in command.params for opt in param.opts if opt.startswith("--")}
        assert not {opt for opt in options - SHARED if f"{opt}" not in BOTH}, name


@pytest.mark.parametrize(
    "kind",
    [
        VerifyParams,
        IdentifyParams,
        EnrollParams,
        DetectParams,
        Verified,
        OperatingPoint,
        Side,
        Face,
        FaceQuality,
        Presentation,
        Identity,
        Candidate,
        Enrolled,
        Kept,
        ForgetReceipt,
        Calibrated,
        Responded,
        StepEvidence,
    ],
)
def test_every_key_is_explained(kind):
    everywhere = {"images", "models", "pass_back"}
    assert not {name for name in set(kind.__struct_fields__) - everywhere if f"`{name}`" not in MANUAL}


def test_every_word_is_explained():
    for words in (WANTS, SEVERAL, CALIBRATIONS, UNKNOWN, ISSUES, ACTIONS):
        assert not {word for word in words if f"`{word}`" not in MANUAL}


def test_the_command_line_knows_what_the_wire_knows():
    assert set(SEVERAL) == set(Several)
    assert set(CALIBRATIONS) == set(Calibration)
    assert set(UNKNOWN) == set(Unknown)
    assert set(ACTIONS) == set(Action)


def test_the_defaults_that_the_manual_gives_are_those_of_the_wire():
    row = next(line for line in MANUAL.splitlines() if line.startswith("| `fmr`"))
    assert row.endswith(f"| {DEFAULT_FMR:g} |")
    assert f"**anybody** ({DEFAULT_SEARCH_FMR:g} without it)" in MANUAL
    assert f"`fmr`, {DEFAULT_FMR:g} without it" in MANUAL


def test_the_command_line_knows_the_pictures_of_the_engine():
    asked = pytest.importorskip("visionmq.engine.face.asked", reason="needs the worker's libraries")
    assert set(WANTS) == {*asked.WANTS, "*"}


def test_the_contents_lead_to_the_sections():
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^## (.+)$", MANUAL, re.M)
    }
    assert set(re.findall(r"^\d+\. \[.+?\]\(#(.+?)\)", MANUAL, re.M)) == headings
