"""The manual names every option of the commands and every key of the results."""

import re
from pathlib import Path

import pytest
import typer

from visionmq.client.cli import app
from visionmq.client.cli.document_names import MODES, WANTS
from visionmq.schemas.document.documents import Check, Document, Measure, Merged, Quality, RecognizeParams
from visionmq.schemas.document.fields import Alternative, Edit, Field
from visionmq.schemas.document.templates import TemplateZone, ZoneKind

DOCS = Path(__file__).parents[2] / "docs"
MANUAL = (DOCS / "documents.md").read_text()
BOTH = MANUAL + (DOCS / "cli.md").read_text()


def options(command: str) -> set[str]:
    group = typer.main.get_command(app.app).commands["document"]
    return {name for param in group.commands[command].params for name in param.opts if name.startswith("-")}


@pytest.mark.parametrize("command", ["read", "make", "learn", "masks"])
def test_every_option_is_explained(command):
    unexplained = {name for name in options(command) - {"--help"} if f"{name}" not in BOTH}
    assert not unexplained


@pytest.mark.parametrize("kind", [Document, Field, Edit, Alternative, Quality, Measure, Check, Merged])
def test_every_key_of_a_result_is_explained(kind):
    assert not {name for name in kind.__struct_fields__ if f"`{name}`" not in MANUAL}


@pytest.mark.parametrize("kind", [RecognizeParams, TemplateZone])
def test_every_parameter_is_explained(kind):
    assert not {name for name in kind.__struct_fields__ if f"`{name}`" not in MANUAL}


def test_every_picture_mode_and_kind_of_zone_is_explained():
    for name in (*WANTS, *MODES, *ZoneKind):
        assert re.search(rf"`{re.escape(name)}", MANUAL), name


def test_every_type_and_field_of_a_zone_is_explained():
    layouts = pytest.importorskip("visionmq.engine.document.mrz.layouts", reason="needs the worker's libraries")
    for layout in layouts.LAYOUTS:
        assert f"`{layout.doc_type}`" in MANUAL
        assert not {span.name for span in layout.spans if span.name != "names" and f"`{span.name}`" not in MANUAL}


def test_the_contents_lead_to_the_sections():
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^## (.+)$", MANUAL, re.M)
    }
    assert set(re.findall(r"^\d+\. \[.+?\]\(#(.+?)\)", MANUAL, re.M)) == headings
