"""The manual of registration names every option, parameter, key, picture and failure."""

import re
from pathlib import Path

import pytest
import typer

from visionmq.client.cli import app
from visionmq.client.cli.register_names import ALGORITHMS, BLENDS, ESTIMATORS, TRANSFORMS, WANTS
from visionmq.schemas import registration as r

DOCS = Path(__file__).parents[2] / "docs"
MANUAL = (DOCS / "registration.md").read_text()
BOTH = MANUAL + (DOCS / "cli.md").read_text()


@pytest.mark.parametrize("command", ["pair", "warp", "stitch"])
def test_every_option_is_explained(command):
    group = typer.main.get_command(app.app).commands["register"]
    options = {name for param in group.commands[command].params for name in param.opts if name.startswith("-")}
    assert not {name for name in options - {"--help", "-b"} if f"`{name}" not in BOTH}


@pytest.mark.parametrize(
    "kind",
    [
        r.RegisterParams,
        r.WarpParams,
        r.StitchParams,
        r.Registered,
        r.Warped,
        r.Stitched,
        r.Certificate,
        r.Failure,
        r.Try,
    ],
)
def test_every_key_is_explained(kind):
    assert not {name for name in kind.__struct_fields__ if f"`{name}`" not in MANUAL}


@pytest.mark.parametrize("kind", [r.Points, r.Reprojection, r.Decomposition])
def test_every_part_of_a_registration_is_explained(kind):
    assert not {name for name in kind.__struct_fields__ if f"`{name}`" not in MANUAL}


def test_every_name_is_explained():
    for names in (ALGORITHMS, BLENDS, ESTIMATORS, TRANSFORMS, WANTS):
        assert not {name for name in names if f"`{name}`" not in MANUAL}


def test_the_command_line_knows_what_the_engine_knows():
    pictures = pytest.importorskip("visionmq.engine.registration.pictures", reason="needs the worker's libraries")
    from visionmq.engine.registration import answer, asked, plan, stitch

    assert set(WANTS) == {*pictures.WANTS, "*"}
    assert set(TRANSFORMS) == set(plan.Transform)
    assert set(ESTIMATORS) == set(plan.Estimator)
    assert set(ALGORITHMS) >= set(asked.algorithms())
    assert set(BLENDS) == set(stitch.BLENDS)
    assert not {kind for kind in answer.HINTS if f"`{kind}`" not in MANUAL}


def test_every_figure_of_a_certificate_is_explained():
    outcome = pytest.importorskip("visionmq.engine.registration.outcome", reason="needs the worker's libraries")
    from dataclasses import fields

    assert not {field.name for field in fields(outcome.Certificate) if f"`{field.name}`" not in MANUAL}


def test_the_contents_lead_to_the_sections():
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^## (.+)$", MANUAL, re.M)
    }
    assert set(re.findall(r"^\d+\. \[.+?\]\(#(.+?)\)", MANUAL, re.M)) == headings
