"""The manual of brands names every option, parameter, key and word."""

from pathlib import Path

import pytest
import typer

from visionmq.client.brand_answers import BrandAnswer, BrandCounts
from visionmq.client.cli import app
from visionmq.client.cli.brand_options import SEARCHES, WANTS
from visionmq.client.timelines import Span
from visionmq.schemas.brand.recognition import BrandMatch, Recognition, Recognitions, RecognizeParams
from visionmq.schemas.brand.references import LearnedPicture, LearnParams
from visionmq.schemas.brand.report import Report

DOCS = Path(__file__).parents[2] / "docs"
MANUAL = (DOCS / "brands.md").read_text()
BOTH = MANUAL + (DOCS / "cli.md").read_text()
EVERYWHERE = {"images", "models", "pass_back", "raw", "items", "notes"}


def test_every_command_and_option_is_explained():
    for name, command in typer.main.get_command(app.app).commands["brand"].commands.items():
        assert f"`{name}`" in BOTH or f"brand {name}" in BOTH, name
        options = {opt for param in command.params for opt in param.opts if opt.startswith("--")}
        assert not {opt for opt in options - {"--help"} if opt not in BOTH}, name


@pytest.mark.parametrize(
    "kind", [RecognizeParams, LearnParams, Recognition, Recognitions, BrandMatch, LearnedPicture, Report]
)
def test_every_key_is_explained(kind):
    assert not {name for name in set(kind.__struct_fields__) - EVERYWHERE if f"`{name}`" not in MANUAL}


@pytest.mark.parametrize("kind", [BrandAnswer, BrandCounts, Span])
def test_every_field_of_the_clients_answers_is_explained(kind):
    assert not {name for name in kind.__slots__ if f"`{name}`" not in MANUAL and f".{name}" not in MANUAL}


def test_every_word_is_explained():
    assert not {word for word in [*WANTS, *SEARCHES] if f"`{word}`" not in MANUAL and word != "*"}
